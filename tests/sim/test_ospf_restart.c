/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A router of ours restarts gracefully (RFC 3623) with neighbours of ours that help: for everybody
 * else nothing happens. And all that ends such a restart early, or badly.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_restart.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define LONG_MS  20000 /* of several dead intervals */
#define SHORT_MS 1500

/* What @seen knows: all LSAs with their contents; with the sequence numbers of those that @but has
 * not originated. Any new instance of another router's is a difference. */
static uint64_t
known(const struct router *seen, const struct router *but)
{
	uint64_t sum = 0;

	for (int t = OSPF_LSA_ROUTER; t < OSPF_LSA_OPAQUE_LINK; t++) {
		const struct ospf_lsa *lsa;

		OSPF_LSDB_FOREACH (lsa, world_db(seen), t) {
			uint64_t h = (uint64_t)t << 56 ^ (uint64_t)lsa->h.id << 20 ^ lsa->h.adv;

			if (lsa->h.adv != but->id)
				h = h * 31 + (uint32_t)lsa->h.seq;
			for (uint16_t i = OSPF_LSA_HDR_LEN; i < lsa->h.len; i++)
				h = (h ^ lsa->data[i]) * UINT64_C(0x100000001b3);
			sum += ospf_lsa_is_max_age(lsa) ? h * 7 : h;
		}
	}
	return sum;
}

static const struct ospf_lsa *
grace_at(const struct router *seen, uint32_t adv)
{
	for (const struct port *p = seen->ports; p != NULL; p = p->next_of_router) {
		const struct ospf_lsa *lsa = ospf_lsdb_find(&p->ifp->lsdb, OSPF_LSA_OPAQUE_LINK,
				OSPF_GRACE_ID, adv);

		if (lsa != NULL)
			return lsa;
	}
	return NULL;
}

static void
ask(struct router *r)
{
	CU_ASSERT_TRUE_FATAL(ospf_restart_prepare(r->o, OSPF_RESTART_SOFTWARE, r->w->now_ms));
	for (int i = 0; i < 100 && !ospf_restart_ready(r->o); i++)
		world_run(r->w, 100);
	CU_ASSERT_TRUE_FATAL(ospf_restart_ready(r->o));
}

/* Ask for help, take down what is needed, end, and let @gone_ms pass. */
static struct ospf_restart
leave(struct router *r, uint64_t gone_ms)
{
	struct ospf_restart saved;

	ask(r);
	CU_ASSERT_EQUAL_FATAL(ospf_restart_save(r->o, &saved), 0);
	world_kill(r);
	world_run(r->w, gone_ms);
	return saved;
}

static struct ospf_restart_stats
stats(const struct router *r)
{
	struct ospf_restart_stats s;

	ospf_restart_stats(r->o, &s);
	return s;
}

static bool
one_restarts(struct world *w)
{
	for (uint32_t i = 0; i < w->n_routers; i++)
		if (ospf_restarting(w->routers[i]->o))
			return true;
	return false;
}

static bool
none_restarts(struct world *w)
{
	return !one_restarts(w);
}

/* Until its restart is over, and a while longer, @seen must know the same as before. */
static void
come_back(struct router *r, struct ospf_restart *saved, const struct router *seen, uint64_t before)
{
	struct world *w = r->w;

	CU_ASSERT_EQUAL_FATAL(known(seen, r), before);
	CU_ASSERT_EQUAL_FATAL(world_restart(r, saved, NULL, 0, 0), 0);
	for (int i = 0; i < 400 && ospf_restarting(r->o); i++) {
		world_run(w, 50);
		CU_ASSERT_EQUAL(known(seen, r), before);
	}
	CU_ASSERT_TRUE(stats(r).well);
	for (int i = 0; i < 300; i++) {
		world_run(w, 50);
		CU_ASSERT_EQUAL(known(seen, r), before);
	}
	CU_ASSERT_TRUE(world_quiet(w));
	CU_ASSERT_PTR_NULL(grace_at(seen, r->id));
	CU_ASSERT_PTR_NULL(grace_at(r, r->id));
}

/* Each role on a LAN, and a router between links: much later than the dead interval. */
static void
test_nobody_notices(void)
{
	for (uint32_t who = 0; who < 6; who++) {
		struct world *w = world_new(120 + who);
		struct ospf_restart saved;
		struct router *r[7];
		uint32_t dr, bdr;
		uint64_t before;

		world_lan(w, r, 5);
		r[5] = world_router(w, 100);
		r[6] = world_router(w, 101);
		world_link(r[0], r[5]);
		world_link(r[4], r[6]);
		world_link(r[5], r[6]);
		CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
		world_run(w, 3000);
		before = known(r[6], r[who]);
		dr = world_lan_of(r[1])->dr;
		bdr = world_lan_of(r[1])->bdr;
		saved = leave(r[who], LONG_MS);
		CU_ASSERT_PTR_NOT_NULL(grace_at(r[who == 0 ? 1 : 0], r[who]->id));
		come_back(r[who], &saved, r[6], before);
		for (uint32_t i = 0; i < 5; i++) {
			CU_ASSERT_TRUE(world_lan_of(r[i])->dr == dr);
			CU_ASSERT_TRUE(world_lan_of(r[i])->bdr == bdr);
		}
		world_free(w);
	}
}

/* Point-to-multipoint and a network without broadcast. */
static void
test_other_networks(void)
{
	static const enum ospf_if_type types[] = { OSPF_IF_P2MP, OSPF_IF_NBMA, OSPF_IF_P2MP_NB };

	for (unsigned int t = 0; t < 3; t++) {
		struct world *w = world_new(140 + t);
		struct net *net = world_net(w);
		struct ospf_restart saved;
		struct router *r[3];
		uint64_t before;

		for (uint32_t i = 0; i < 3; i++) {
			struct ospf_if_cfg c = world_if_cfg(types[t], 0xac100001u + i, 24);

			for (uint32_t k = 0; k < 3; k++)
				if (k != i && types[t] != OSPF_IF_P2MP)
					c.nbma[c.n_nbma++] = (struct ospf_nbma_cfg){
						.addr = 0xac100001u + k, .priority = 1,
						.poll_s = 2 };
			r[i] = world_router(w, i + 1);
			world_attach(r[i], net, &c);
		}
		CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
		world_run(w, 3000);
		before = known(r[0], r[2]);
		saved = leave(r[2], LONG_MS);
		come_back(r[2], &saved, r[0], before);
		world_free(w);
	}
}

/* What the former process has kept makes it short: the neighbours never see another state. */
static void
test_with_kept_state(void)
{
	struct world *w = world_new(150);
	struct ospf_restart saved;
	struct router *r[3];
	uint32_t changes;
	uint8_t *kept;
	size_t len;

	world_lan(w, r, 3);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	changes = ospf_nbr_by_id(r[1]->ports->ifp, 1)->n_changes;
	ask(r[0]);
	kept = ospf_keep_save(r[0]->o, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
	saved = leave(r[0], SHORT_MS);
	CU_ASSERT_TRUE(ospf_nbr_by_id(r[1]->ports->ifp, 1)->gr_helping);
	CU_ASSERT_EQUAL(world_restart(r[0], &saved, kept, len, SHORT_MS), 0);
	free(kept);
	CU_ASSERT_TRUE(ospf_restarting(r[0]->o));
	CU_ASSERT_TRUE(world_until(w, 3000, none_restarts));
	CU_ASSERT_TRUE(stats(r[0]).well);
	world_run(w, LONG_MS);
	CU_ASSERT_EQUAL(ospf_nbr_by_id(r[1]->ports->ifp, 1)->n_changes, changes);
	CU_ASSERT_FALSE(ospf_nbr_by_id(r[1]->ports->ifp, 1)->gr_helping);
	CU_ASSERT_TRUE(world_quiet(w));
	CU_ASSERT_PTR_NULL(grace_at(r[1], 1));
	world_free(w);
}

/* What it announced stays as long as it restarts, and goes when it does not want it any more. */
static void
test_unwanted_is_flushed(void)
{
	struct world *w = world_new(151);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_restart saved;
	const struct ospf_lsa *lsa;

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	CU_ASSERT_EQUAL(world_summary(a, 0x0a010000, 1), 0);
	world_run(w, 3000);
	saved = leave(a, LONG_MS);
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
	while (ospf_restarting(a->o)) {
		lsa = ospf_lsdb_find(world_db(b), OSPF_LSA_SUMMARY, 0x0a010000, 1);
		CU_ASSERT_TRUE(lsa != NULL && !ospf_lsa_is_max_age(lsa));
		world_run(w, 50);
	}
	world_run(w, 12000);
	CU_ASSERT_PTR_NULL(ospf_lsdb_find(world_db(b), OSPF_LSA_SUMMARY, 0x0a010000, 1));
	CU_ASSERT_TRUE(world_quiet(w));
	world_free(w);
}

/* Grace-LSAs and acknowledgments get lost: sent again until all are there. */
static void
test_loss(void)
{
	for (uint32_t seed = 0; seed < 10; seed++) {
		struct world *w = world_new(160 + seed);
		struct ospf_restart saved;
		struct router *r[4];
		struct net *net = world_lan(w, r, 3);
		struct net *link;
		uint64_t before;

		r[3] = world_router(w, 100);
		link = world_link(r[2], r[3]);
		CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
		world_run(w, 3000);
		before = known(r[3], r[2]);
		net->loss_permille = link->loss_permille = 200;
		ask(r[2]);
		CU_ASSERT_TRUE(r[2]->o->n.lsa_retransmitted > 0 || seed > 0);
		net->loss_permille = link->loss_permille = 0;
		saved = leave(r[2], LONG_MS);
		CU_ASSERT_TRUE(world_said(r[2], "neighbours have acknowledged"));
		come_back(r[2], &saved, r[3], before);
		world_free(w);
	}
}

/* A neighbour that does not answer: there is a limit, and a line that names it. */
static void
test_no_acknowledgment(void)
{
	struct world *w = world_new(170);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_restart saved;
	uint64_t from;

	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);

	c.dead_ms = 40000;
	world_link_as(a, b, &c);
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	world_kill(b);
	from = w->now_ms;
	ask(a);
	CU_ASSERT_TRUE(w->now_ms - from >= OSPF_RESTART_WAIT_MS);
	CU_ASSERT_TRUE(w->now_ms - from <= OSPF_RESTART_WAIT_MS + 1000);
	CU_ASSERT_EQUAL(ospf_restart_save(a->o, &saved), 0);
	CU_ASSERT_TRUE(world_said(a, "1 of 1 neighbours have not acknowledged (0.0.0.2)"));
	ospf_restart_fini(&saved);
	world_free(w);
}

/* One that may not help: it gives us up, its LSA says so, and we are a router like any other. */
static void
test_not_helped(void)
{
	struct world *w = world_new(171);
	struct router *a = world_router(w, 1), *b = world_router(w, 2), *c = world_router(w, 3);
	struct ospf_restart saved;
	struct ospf_cfg cfg = b->o->cfg;

	cfg.gr_helper = false;
	ospf_set(b->o, &cfg, w->now_ms);
	world_link(a, b);
	world_link(a, c);
	world_link(b, c);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	world_run(w, 3000);
	saved = leave(a, LONG_MS);
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
	CU_ASSERT_TRUE(world_until(w, 5000, none_restarts));
	CU_ASSERT_FALSE(stats(a).well);
	CU_ASSERT_TRUE(world_said(a, "does not name us any more"));
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	world_run(w, 15000);
	CU_ASSERT_TRUE(world_quiet(w));
	CU_ASSERT_PTR_NULL(grace_at(c, 1));
	world_free(w);
}

/* The topology changes meanwhile: the helpers leave (section 3.2), and so do we. */
static void
test_topology_changes(void)
{
	struct world *w = world_new(172);
	struct router *a = world_router(w, 1), *b = world_router(w, 2), *c = world_router(w, 3);
	struct router *d = world_router(w, 4);
	struct ospf_restart saved;

	world_link(a, b);
	world_link(a, c);
	world_link(b, c);
	world_link(c, d);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	world_run(w, 3000);
	saved = leave(a, SHORT_MS);
	world_kill(d);
	world_run(w, LONG_MS);
	CU_ASSERT_TRUE(world_said(b, "its graceful restart is over: the topology has changed"));
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
	CU_ASSERT_TRUE(world_until(w, 5000, none_restarts));
	CU_ASSERT_FALSE(stats(a).well);
	CU_ASSERT_TRUE(world_said(a, "does not name us any more"));
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	world_free(w);
}

/* A neighbour is gone: it is waited for until the grace period is over. Then, and not before, our
 * LSA says that it is. */
static void
test_grace_is_over(void)
{
	struct world *w = world_new(173);
	struct router *a = world_router(w, 1), *b = world_router(w, 2), *c = world_router(w, 3);
	struct ospf_restart saved;
	const struct ospf_lsa *lsa;
	uint16_t len;

	world_link(a, b);
	world_link(a, c);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	saved = leave(a, SHORT_MS);
	len = ospf_lsdb_find(world_db(c), OSPF_LSA_ROUTER, 1, 1)->h.len;
	world_kill(b);
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
	world_run(w, 50000);
	CU_ASSERT_TRUE(ospf_restarting(a->o));
	CU_ASSERT_EQUAL(stats(a).n_missing, 1);
	lsa = ospf_lsdb_find(world_db(c), OSPF_LSA_ROUTER, 1, 1);
	CU_ASSERT_EQUAL(lsa->h.len, len);
	world_run(w, 10000);
	CU_ASSERT_FALSE(ospf_restarting(a->o));
	CU_ASSERT_TRUE(world_said(a, "the grace period is over; missing: 0.0.0.2"));
	lsa = ospf_lsdb_find(world_db(c), OSPF_LSA_ROUTER, 1, 1);
	CU_ASSERT_EQUAL(lsa->h.len, len - 12); /* the link to b; its network stays */
	CU_ASSERT_PTR_NULL(grace_at(c, 1));
	CU_ASSERT_EQUAL(stats(a).ended_ms != 0, true);
	world_free(w);
}

/* An interface goes down while we restart, or one of before does not come up. */
static void
test_interface_is_lost(void)
{
	for (int absent = 0; absent < 2; absent++) {
		struct world *w = world_new(174 + (uint64_t)absent);
		struct router *a = world_router(w, 1), *b = world_router(w, 2);
		struct router *c = world_router(w, 3);
		struct ospf_restart saved;
		struct ospf_if_cfg cfg;

		world_link(a, b);
		world_link(a, c);
		CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
		saved = leave(a, SHORT_MS);
		b->ports->cut = true;
		cfg = a->ports->next_of_router->ifp->cfg; /* towards b */
		if (absent)
			strcpy(saved.ifs[0].name, "gone");
		CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
		if (!absent)
			ospf_if_set(a->o, &cfg, false, w->now_ms);
		world_run(w, absent ? 11000 : 100);
		CU_ASSERT_FALSE(ospf_restarting(a->o));
		CU_ASSERT_TRUE(world_said(a, absent ? "interface gone has not come up"
						    : "interface if1 has gone down"));
		world_free(w);
	}
}

/* The numbers of authentication go on, though the clock was set back; and what was recorded before
 * the restart is not taken after it. */
static void
test_sequence_numbers(void)
{
	struct world *w = world_new(180);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);
	struct ospf_restart saved;
	uint64_t before;

	c.auth = (struct ospf_auth){ .type = OSPF_AUTH_CRYPT, .extended = true, .n_keys = 1 };
	c.auth.keys[0] = (struct ospf_key){ .id = 1, .alg = OSPF_ALG_HMAC_SHA256, .len = 3,
		.secret = "abc" };
	world_link_as(a, b, &c);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	world_run(w, 3000);
	before = known(b, a);
	saved = leave(a, LONG_MS);
	CU_ASSERT_EQUAL(saved.n_ifs, 1);
	CU_ASSERT_EQUAL(saved.ifs[0].crypt_seq, a->ports->ifp->crypt_seq);
	CU_ASSERT_TRUE(saved.nbrs[0].crypt_seen);
	a->wall_s_off = (uint64_t)-3600;
	saved.nbrs[0].crypt_seq[OSPF_PKT_HELLO - 1] += (uint64_t)100 << 32; /* b is behind now */
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
	world_run(w, 3000);
	CU_ASSERT_EQUAL(a->ports->ifp->n_nbrs, 0);
	CU_ASSERT_TRUE(a->o->n.bad[OSPF_BAD_AUTH_SEQ] > 0);
	CU_ASSERT_EQUAL(b->o->n.bad[OSPF_BAD_AUTH_SEQ], 0);
	b->wall_s_off = 200;
	for (int i = 0; i < 100 && ospf_restarting(a->o); i++)
		world_run(w, 100);
	CU_ASSERT_TRUE(stats(a).well);
	world_run(w, 5000);
	CU_ASSERT_EQUAL(known(b, a), before);
	CU_ASSERT_EQUAL(b->o->n.bad[OSPF_BAD_AUTH_SEQ], 0);
	world_free(w);
}

/* Asked, and then stopped for good: no help is wanted; the same while it restarts. */
static void
test_stopped(void)
{
	for (int during = 0; during < 2; during++) {
		struct world *w = world_new(181 + (uint64_t)during);
		struct router *a = world_router(w, 1), *b = world_router(w, 2);
		struct ospf_restart saved;

		world_link(a, b);
		CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
		world_run(w, 2000);
		if (during) {
			saved = leave(a, SHORT_MS);
			CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
			for (int i = 0; i < 100 && stats(a).n_missing > 0; i++)
				world_run(w, 10);
			CU_ASSERT_TRUE(ospf_restarting(a->o));
		} else {
			ask(a);
		}
		CU_ASSERT_TRUE(ospf_nbr_by_id(b->ports->ifp, 1)->gr_helping);
		ospf_stop(a->o, w->now_ms);
		world_run(w, 500);
		world_kill(a);
		CU_ASSERT_FALSE(ospf_nbr_by_id(b->ports->ifp, 1)->gr_helping);
		CU_ASSERT_TRUE(ospf_nbr_by_id(b->ports->ifp, 1)->state < OSPF_NBR_2WAY);
		CU_ASSERT_TRUE(ospf_lsdb_find(world_db(b), OSPF_LSA_ROUTER, 1, 1) == NULL ||
				ospf_lsa_is_max_age(ospf_lsdb_find(world_db(b), OSPF_LSA_ROUTER, 1,
						1)));
		world_free(w);
	}
}

/* Ended once more while it restarts: the next process goes on with the same. */
static void
test_twice(void)
{
	struct world *w = world_new(183);
	struct ospf_restart saved, copy;
	struct router *r[4];
	uint64_t before;

	world_lan(w, r, 3);
	r[3] = world_router(w, 100);
	world_link(r[0], r[3]);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	world_run(w, 3000);
	before = known(r[3], r[2]);
	saved = leave(r[2], SHORT_MS);
	copy = saved;
	copy.ifs = calloc(saved.n_ifs, sizeof(*copy.ifs));
	copy.nbrs = calloc(saved.n_nbrs, sizeof(*copy.nbrs));
	memcpy(copy.ifs, saved.ifs, saved.n_ifs * sizeof(*copy.ifs));
	memcpy(copy.nbrs, saved.nbrs, saved.n_nbrs * sizeof(*copy.nbrs));
	CU_ASSERT_EQUAL(world_restart(r[2], &saved, NULL, 0, 0), 0);
	world_run(w, 40);
	CU_ASSERT_TRUE(ospf_restarting(r[2]->o));
	world_kill(r[2]);
	world_run(w, 6000);
	come_back(r[2], &copy, r[3], before);
	world_free(w);
}

/* Asked again while a neighbour still has the flushed grace-LSA of the time before, which is newer
 * than the first one of a new process: it must have the next one, not that. */
static void
test_asked_again(void)
{
	struct world *w = world_new(185);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_restart saved;
	const struct ospf_lsa *lsa;

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	saved = leave(a, SHORT_MS);
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), 0);
	for (int i = 0; i < 1000 && stats(a).n_missing > 0; i++)
		world_run(w, 10);
	b->o->n_exchange++; /* what is flushed stays, as long as one exchanges databases */
	CU_ASSERT_TRUE(world_until(w, 5000, none_restarts));
	world_run(w, 5000);
	lsa = grace_at(b, 1);
	CU_ASSERT_TRUE_FATAL(lsa != NULL && ospf_lsa_is_max_age(lsa));
	CU_ASSERT_PTR_NULL(grace_at(a, 1));
	ask(a);
	CU_ASSERT_TRUE(ospf_nbr_by_id(b->ports->ifp, 1)->gr_helping);
	lsa = grace_at(b, 1);
	CU_ASSERT_TRUE(lsa != NULL && !ospf_lsa_is_max_age(lsa));
	b->o->n_exchange--;
	world_free(w);
}

/* Nothing to be asked, nothing to begin with. */
static void
test_refused(void)
{
	struct world *w = world_new(184);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_restart saved, other;
	struct ospf_cfg cfg = a->o->cfg;

	CU_ASSERT_FALSE(ospf_restart_prepare(a->o, OSPF_RESTART_SOFTWARE, w->now_ms));
	world_link(a, b);
	CU_ASSERT_FALSE(ospf_restart_prepare(a->o, OSPF_RESTART_SOFTWARE, w->now_ms));
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	cfg.restart_s = 0;
	ospf_set(a->o, &cfg, w->now_ms);
	CU_ASSERT_FALSE(ospf_restart_prepare(a->o, OSPF_RESTART_SOFTWARE, w->now_ms));
	cfg.restart_s = 5;
	ospf_set(a->o, &cfg, w->now_ms);
	saved = leave(a, SHORT_MS);
	other = saved;
	other.router_id = 9;
	CU_ASSERT_EQUAL(world_restart(a, &other, NULL, 0, 0), -EINVAL);
	CU_ASSERT_FALSE(ospf_restarting(a->o));
	world_kill(a);
	world_run(w, 10000);
	CU_ASSERT_EQUAL(world_restart(a, &saved, NULL, 0, 0), -ETIME);
	ospf_restart_fini(&saved);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	CU_ASSERT_PTR_NULL(grace_at(b, 1)); /* flushed when it came back */
	world_free(w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_nobody_notices), CU_CASE(test_other_networks), CU_CASE(test_with_kept_state),
	CU_CASE(test_unwanted_is_flushed), CU_CASE(test_loss), CU_CASE(test_no_acknowledgment),
	CU_CASE(test_not_helped), CU_CASE(test_topology_changes), CU_CASE(test_grace_is_over),
	CU_CASE(test_interface_is_lost), CU_CASE(test_sequence_numbers), CU_CASE(test_stopped),
	CU_CASE(test_twice), CU_CASE(test_asked_again), CU_CASE(test_refused),
};

CU_MAIN("ospf_restart", cases)
