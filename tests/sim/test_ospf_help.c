/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Help with the graceful restart of another (RFC 3623 section 3): when it is given, to whom not,
 * and what ends it. The grace-LSAs are the test's. In all cases A restarts, B is its helper, and C
 * is behind B:
 *
 *    A ------ B ------ C
 */
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_restart.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define PERIOD_S 60
#define SUMMARY  0x0a4d0000u

struct chain {
	struct world *w;
	struct router *a, *b, *c;
	struct port *at_a; /* A's */
	struct ospf_if *to_a; /* B's */
};

/* @type: of the area that A and B are in, which is not C's if it is no normal one. */
static struct chain
chain_new(uint64_t seed, uint32_t area, enum ospf_area_type type)
{
	struct ospf_if_cfg cfg = world_if_cfg(OSPF_IF_P2P, 0, 0);
	struct ospf_area_cfg ac = { .id = area, .type = (uint8_t)type, .default_cost = 1 };
	struct chain k = { .w = world_new(seed) };

	k.a = world_router(k.w, 1);
	k.b = world_router(k.w, 2);
	k.c = world_router(k.w, 3);
	CU_ASSERT_EQUAL_FATAL(ospf_area_set(k.a->o, &ac, k.w->now_ms), 0);
	CU_ASSERT_EQUAL_FATAL(ospf_area_set(k.b->o, &ac, k.w->now_ms), 0);
	cfg.area_id = area;
	world_link_as(k.a, k.b, &cfg);
	world_link(k.b, k.c);
	k.at_a = k.a->ports;
	CU_ASSERT_TRUE_FATAL(world_until(k.w, 20000, world_settled));
	world_run(k.w, 12000);
	k.to_a = ospf_if_by_user(k.b->o, 1);
	CU_ASSERT_TRUE_FATAL(k.to_a != NULL && ospf_nbr_by_id(k.to_a, 1) != NULL);
	return k;
}

static const struct ospf_nbr *
nbr_a(const struct chain *k)
{
	return ospf_nbr_by_id(k->to_a, 1);
}

/* The grace-LSA of router @id reaches the one whose interface this is. */
static void
ask_of(struct ospf_if *to, uint32_t id, uint32_t period_s, uint16_t age)
{
	const struct ospf_lsa *was = ospf_lsdb_find(&to->lsdb, OSPF_LSA_OPAQUE_LINK,
			OSPF_GRACE_ID, id);
	struct ospf_lsa_hdr h = { .age = age, .options = OSPF_OPT_E, .type = OSPF_LSA_OPAQUE_LINK,
		.id = OSPF_GRACE_ID, .adv = id,
		.seq = was != NULL ? was->h.seq + 1 : OSPF_INITIAL_SEQ,
		.len = OSPF_LSA_HDR_LEN + 16 };
	uint8_t lsa[OSPF_LSA_HDR_LEN + 16];
	struct wr w = wr_init(lsa, sizeof(lsa));

	ospf_lsa_hdr_write(&w, &h);
	wr_be16(&w, OSPF_GRACE_PERIOD);
	wr_be16(&w, 4);
	wr_be32(&w, period_s);
	wr_be16(&w, OSPF_GRACE_REASON);
	wr_be16(&w, 1);
	wr_be32(&w, OSPF_RESTART_SOFTWARE << 24);
	CU_ASSERT_FALSE_FATAL(w.bad);
	h.cksum = ospf_lsa_cksum_set(lsa, h.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ospf_lsdb_install(&to->lsdb, &h, lsa, true));
}

static void
ask(struct chain *k, uint32_t period_s, uint16_t age)
{
	ask_of(k->to_a, 1, period_s, age);
}

/* It may be silent, and stays in our router-LSA, until its time is over. */
static void
test_helped(void)
{
	struct chain k = chain_new(12, 0, OSPF_AREA_NORMAL);
	const struct ospf_nbr *n = nbr_a(&k);
	int32_t seq = ospf_lsdb_find(world_db(k.c), OSPF_LSA_ROUTER, 2, 2)->h.seq;

	ask(&k, PERIOD_S, 0);
	CU_ASSERT_TRUE(n->gr_helping);
	world_kill(k.a);
	world_run(k.w, 20000);
	CU_ASSERT_TRUE(ospf_nbr_is_full(n));
	world_reboot(k.a);
	CU_ASSERT_TRUE(world_until(k.w, 5000, world_settled));
	CU_ASSERT_PTR_EQUAL(nbr_a(&k), n);
	CU_ASSERT_EQUAL(ospf_lsdb_find(world_db(k.c), OSPF_LSA_ROUTER, 2, 2)->h.seq, seq);
	/* It never takes its grace-LSA back here. */
	world_run(k.w, PERIOD_S * 1000);
	CU_ASSERT_FALSE(n->gr_helping);
	CU_ASSERT_TRUE(world_quiet(k.w));
	world_free(k.w);
}

/* Section 3.1 (2): a change on its retransmission list. Refreshes do not count, but do not hide a
 * change before them either. */
static void
test_unacknowledged(void)
{
	static const struct {
		bool change, refresh, helped;
	} rows[] = { { true, false, false }, { false, true, true }, { true, true, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct chain k = chain_new(40 + i, 0, OSPF_AREA_NORMAL);

		CU_ASSERT_EQUAL(world_summary(k.c, SUMMARY, 1), 0);
		world_run(k.w, 10000);
		CU_ASSERT_EQUAL(nbr_a(&k)->n_unacked, 0);
		k.at_a->cut = true;
		if (rows[i].change)
			CU_ASSERT_EQUAL(world_summary(k.c, SUMMARY, 2), 0);
		world_run(k.w, 200);
		if (rows[i].refresh)
			ospf_own_refresh(ospf_lsdb_find(world_db(k.c), OSPF_LSA_SUMMARY, SUMMARY,
					3));
		world_run(k.w, 200);
		CU_ASSERT_EQUAL(nbr_a(&k)->n_unacked, 1);
		ask(&k, PERIOD_S, 0);
		CU_ASSERT_EQUAL(nbr_a(&k)->gr_helping, rows[i].helped);
		CU_ASSERT_EQUAL(world_said(k.b, "not helped: the topology has changed"),
				!rows[i].helped);
		world_free(k.w);
	}
}

/* A begins anew, and B has noticed. */
static void
reboot(struct chain *k)
{
	world_reboot(k->a);
	for (int i = 0; i < 5000 && nbr_a(k) != NULL && nbr_a(k)->state == OSPF_NBR_FULL; i++)
		world_run(k->w, 1);
	CU_ASSERT_TRUE_FATAL(nbr_a(k) != NULL && nbr_a(k)->state < OSPF_NBR_FULL);
}

/* Not Full, no more time, no grace period, switched off: not helped. */
static void
test_refused(void)
{
	struct chain k = chain_new(50, 0, OSPF_AREA_NORMAL);
	struct ospf_cfg cfg = k.b->o->cfg;

	ask(&k, PERIOD_S, PERIOD_S);
	CU_ASSERT_FALSE(nbr_a(&k)->gr_helping);
	ask(&k, 0, 0);
	CU_ASSERT_FALSE(nbr_a(&k)->gr_helping);
	ask(&k, OSPF_GRACE_MAX_S + 1, 0);
	CU_ASSERT_FALSE(nbr_a(&k)->gr_helping);
	cfg.gr_helper = false;
	ospf_set(k.b->o, &cfg, k.w->now_ms);
	ask(&k, PERIOD_S, 0);
	CU_ASSERT_FALSE(nbr_a(&k)->gr_helping);
	CU_ASSERT_TRUE(world_said(k.b, "not helped: help is switched off"));
	cfg.gr_helper = true;
	ospf_set(k.b->o, &cfg, k.w->now_ms);
	reboot(&k);
	ask(&k, PERIOD_S, 0);
	CU_ASSERT_FALSE(nbr_a(&k)->gr_helping);
	CU_ASSERT_TRUE(world_said(k.b, "not helped: it is not Full"));
	world_free(k.w);
}

/* Asked again while it is helped, be it not Full: another period, from then on. */
static void
test_asked_again(void)
{
	struct chain k = chain_new(51, 0, OSPF_AREA_NORMAL);

	ask(&k, 20, 0);
	world_kill(k.a);
	world_run(k.w, 15000);
	reboot(&k);
	world_kill(k.a);
	ask(&k, 20, 0);
	world_run(k.w, 15000);
	CU_ASSERT_TRUE(nbr_a(&k) != NULL && nbr_a(&k)->gr_helping);
	world_run(k.w, 6000);
	CU_ASSERT_TRUE(world_said(k.b, "grace period is over"));
	world_free(k.w);
}

/* Section 3.2: a change that it would have been told of ends help; a refresh does not, nor does
 * what stays out of its area. */
static void
test_change(void)
{
	static const struct {
		enum ospf_area_type type;
		uint8_t lsa;
		bool ends;
	} rows[] = {
		{ OSPF_AREA_NORMAL, OSPF_LSA_SUMMARY, true },
		{ OSPF_AREA_NORMAL, OSPF_LSA_EXTERNAL, true },
		{ OSPF_AREA_STUB, OSPF_LSA_EXTERNAL, false },
	};
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];
	struct ospf_external x = { .mask = 0xff000000, .metric = 1 };

	ospf_external_write(body, &x);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool stub = rows[i].type == OSPF_AREA_STUB;
		struct chain k = chain_new(60 + i, stub ? 1 : 0, rows[i].type);
		int err;

		if (!stub)
			CU_ASSERT_EQUAL(world_summary(k.c, SUMMARY, 1), 0);
		world_run(k.w, 10000);
		ask(&k, PERIOD_S, 0);
		if (!stub)
			ospf_own_refresh(ospf_lsdb_find(world_db(k.c), OSPF_LSA_SUMMARY, SUMMARY,
					3));
		world_run(k.w, 2000);
		CU_ASSERT_TRUE(nbr_a(&k)->gr_helping);
		err = rows[i].lsa == OSPF_LSA_SUMMARY
				? world_summary(k.c, SUMMARY, 2)
				: ospf_originate(&k.c->o->as_db, OSPF_LSA_EXTERNAL, 0x08000000,
						OSPF_OPT_E, body, sizeof(body));
		CU_ASSERT_EQUAL(err, 0);
		world_run(k.w, 2000);
		CU_ASSERT_EQUAL(nbr_a(&k)->gr_helping, !rows[i].ends);
		CU_ASSERT_EQUAL(world_said(k.b, "the topology has changed"), rows[i].ends);
		world_free(k.w);
	}
}

/* Links to routers in a router-LSA. */
static uint32_t
n_p2p(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;
	uint32_t n = 0;

	while (ospf_rlsa_next(&r, &l))
		n += l.type == OSPF_LINK_P2P;
	return n;
}

/* Section 3.2, each reason for which help ends, A being silent: B tells of the adjacency until then
 * and no longer than it takes to miss A's Hellos. */
static void
test_ends(void)
{
	static const enum end { FLUSHED, PERIOD, CHANGE, INTERFACE } ends[] = { FLUSHED, PERIOD,
		CHANGE, INTERFACE };
	static const char *const words[] = { "it has finished", "grace period is over",
		"the topology has changed", "interface is down" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct chain k = chain_new(80 + i, 0, OSPF_AREA_NORMAL);
		struct ospf_if_cfg cfg = k.to_a->cfg;
		const struct ospf_lsa *b = ospf_lsdb_find(world_db(k.c), OSPF_LSA_ROUTER, 2, 2);

		ask(&k, PERIOD_S, 0);
		world_kill(k.a);
		world_run(k.w, 20000);
		CU_ASSERT_TRUE(nbr_a(&k) != NULL && nbr_a(&k)->gr_helping);
		CU_ASSERT_EQUAL(n_p2p(b), 2);
		switch (ends[i]) {
		case FLUSHED:
			ask(&k, PERIOD_S, OSPF_MAX_AGE);
			break;
		case PERIOD:
			world_run(k.w, (PERIOD_S - 20) * 1000);
			break;
		case CHANGE:
			CU_ASSERT_EQUAL(world_summary(k.c, SUMMARY, 1), 0);
			break;
		case INTERFACE:
			CU_ASSERT_PTR_EQUAL(ospf_if_set(k.b->o, &cfg, false, k.w->now_ms), k.to_a);
			break;
		}
		world_run(k.w, 6000);
		CU_ASSERT_TRUE(world_said(k.b, "its graceful restart is over"));
		CU_ASSERT_TRUE(world_said(k.b, words[ends[i]]));
		CU_ASSERT_PTR_NULL(nbr_a(&k));
		CU_ASSERT_EQUAL(n_p2p(ospf_lsdb_find(world_db(k.c), OSPF_LSA_ROUTER, 2, 2)), 1);
		world_free(k.w);
	}
}

/* Section 3: A is the DR of a network. It stays so while it is helped. When help ends DR and BDR are
 * elected anew (3.2): one that is not heard, or has begun without knowing what it was, is no more;
 * who is then tells of the network. */
static void
test_designated_router(void)
{
	for (int back = 0; back < 2; back++) {
		struct world *w = world_new(90);
		struct router *r[3];
		struct ospf_if *ifp[3];
		uint32_t a;

		world_lan(w, r, 3); /* the DR is the one with the highest ID */
		CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
		for (uint32_t i = 0; i < 3; i++)
			ifp[i] = world_lan_of(r[i]);
		CU_ASSERT_EQUAL_FATAL(ifp[2]->state, OSPF_IFS_DR);
		a = ifp[2]->cfg.addr.addr;
		for (uint32_t i = 0; i < 2; i++)
			ask_of(ifp[i], 3, PERIOD_S, 0);
		world_kill(r[2]);
		world_run(w, 20000);
		for (uint32_t i = 0; i < 2; i++) {
			CU_ASSERT_TRUE(ifp[i]->dr == a && ospf_nbr_by_addr(ifp[i], a)->gr_helping);
			CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(world_db(r[i]), OSPF_LSA_NETWORK, a, 3));
		}
		if (back)
			world_reboot(r[2]);
		world_run(w, 5000);
		for (uint32_t i = 0; i < 2; i++)
			ask_of(ifp[i], 3, PERIOD_S, OSPF_MAX_AGE);
		world_run(w, 15000);
		for (uint32_t i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(ifp[i]->dr, ifp[1]->cfg.addr.addr);
		CU_ASSERT_TRUE(ospf_originates(world_db(r[1]), OSPF_LSA_NETWORK,
				ifp[1]->cfg.addr.addr));
		if (back)
			CU_ASSERT_TRUE(world_quiet(w));
		world_free(w);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_helped), CU_CASE(test_unacknowledged), CU_CASE(test_refused),
	CU_CASE(test_asked_again), CU_CASE(test_change), CU_CASE(test_ends),
	CU_CASE(test_designated_router),
};

CU_MAIN("ospf_help", cases)
