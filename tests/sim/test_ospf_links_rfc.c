/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a router tells of its interfaces, by kind and state: router-LSAs (RFC 2328 section 12.4.1)
 * and network-LSAs (12.4.2), link by link; with max-metric (RFC 6987 section 3) and with prefix
 * suppression (RFC 6860 section 2). Routers 1 and 2 on one network, of which 2 is DR if there is
 * one; 2 also has a network of its own.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define NET   0x0a000000u
#define MASK  0xffffff00u
#define HOST  0xffffffffu
#define COST  10
#define DEAR  OSPF_MAX_LINK_METRIC
#define STUB2 0xac100000u

struct link {
	uint8_t type;
	uint32_t id, data;
	uint16_t metric;
};

enum { ALONE = 1, PASSIVE = 2, SUPPRESSED = 4, MAX_METRIC = 8, UNNUMBERED = 16, WAITING = 32 };

#define STUB    { OSPF_LINK_STUB, NET, MASK, COST }
#define SELF    { OSPF_LINK_STUB, NET + 1, HOST, 0 }
#define P2P(c)  { OSPF_LINK_P2P, 2, NET + 1, c }
#define NET2(c) { OSPF_LINK_TRANSIT, NET + 2, NET + 1, c }

/* Of router 1. */
static const struct row {
	const char *rfc;
	enum ospf_if_type type;
	unsigned int how;
	struct link links[2];
} rows[] = {
	{ "12.4.1.1: no neighbour", OSPF_IF_P2P, ALONE, { STUB } },
	{ "12.4.1.1: Full", OSPF_IF_P2P, 0, { P2P(COST), STUB } },
	{ "12.4.1.1: unnumbered", OSPF_IF_P2P, UNNUMBERED, { { OSPF_LINK_P2P, 2, 1, COST } } },
	{ "12.4.1.1: unnumbered, alone", OSPF_IF_P2P, UNNUMBERED | ALONE, { { 0 } } },
	{ "12.4.1.1: passive", OSPF_IF_P2P, PASSIVE, { STUB } },
	{ "12.4.1.2: Waiting", OSPF_IF_BROADCAST, WAITING, { STUB } },
	{ "12.4.1.2: DR without neighbours", OSPF_IF_BROADCAST, ALONE, { STUB } },
	{ "12.4.1.2: Full with the DR", OSPF_IF_BROADCAST, 0, { NET2(COST) } },
	{ "12.4.1.2: passive", OSPF_IF_BROADCAST, PASSIVE, { STUB } },
	{ "12.4.1.2: non-broadcast, Full", OSPF_IF_NBMA, 0, { NET2(COST) } },
	{ "12.4.1.2: non-broadcast, alone", OSPF_IF_NBMA, ALONE, { STUB } },
	{ "12.4.1.3: loopback", OSPF_IF_LOOPBACK, 0, { SELF } },
	{ "12.4.1.4: no neighbour", OSPF_IF_P2MP, ALONE, { SELF } },
	{ "12.4.1.4: Full", OSPF_IF_P2MP, 0, { P2P(COST), SELF } },
	{ "12.4.1.4: non-broadcast, Full", OSPF_IF_P2MP_NB, 0, { P2P(COST), SELF } },
	{ "6987: link", OSPF_IF_P2P, MAX_METRIC, { P2P(DEAR), STUB } },
	{ "6987: network", OSPF_IF_BROADCAST, MAX_METRIC, { NET2(DEAR) } },
	{ "6987: stub network", OSPF_IF_BROADCAST, MAX_METRIC | ALONE, { STUB } },
	{ "6987: point-to-multipoint", OSPF_IF_P2MP, MAX_METRIC, { P2P(DEAR), SELF } },
	{ "6860 2.1.2: link", OSPF_IF_P2P, SUPPRESSED, { P2P(COST) } },
	{ "6860 2.1.2: link, alone", OSPF_IF_P2P, SUPPRESSED | ALONE, { { 0 } } },
	{ "6860 2.2.2: network", OSPF_IF_BROADCAST, SUPPRESSED, { NET2(COST) } },
	{ "6860 2.2.2: network, alone", OSPF_IF_BROADCAST, SUPPRESSED | ALONE, { { 0 } } },
	{ "6860 2.3.1: non-broadcast", OSPF_IF_NBMA, SUPPRESSED, { NET2(COST) } },
	{ "6860 2.3.2: point-to-multipoint", OSPF_IF_P2MP, SUPPRESSED, { P2P(COST) } },
	{ "6860 2.3.2: the same, non-broadcast", OSPF_IF_P2MP_NB, SUPPRESSED, { P2P(COST) } },
	{ "6860 2.3.2: the same, alone", OSPF_IF_P2MP, SUPPRESSED | ALONE, { { 0 } } },
	{ "6860 1: hosts are there", OSPF_IF_BROADCAST, SUPPRESSED | PASSIVE, { STUB } },
	{ "6860 1: a loopback is not for transit", OSPF_IF_LOOPBACK, SUPPRESSED, { SELF } },
};

static struct land
begin(const struct row *row)
{
	struct land l = land_new(31, 2);
	struct net *net = world_net(l.w);

	for (uint32_t i = 0; i < 2; i++) {
		struct ospf_if_cfg c = world_if_cfg(row->type, NET + 1 + i, 24);
		struct ospf_cfg o = l.r[i]->o->cfg;

		if (row->type == OSPF_IF_LOOPBACK)
			c.addr.len = 32;
		c.cost = COST;
		c.passive = (row->how & PASSIVE) != 0;
		c.unnumbered = (row->how & UNNUMBERED) != 0;
		if (row->type == OSPF_IF_NBMA || row->type == OSPF_IF_P2MP_NB) {
			c.nbma[0] = (struct ospf_nbma_cfg){ .addr = NET + 2 - i, .priority = 1,
				.poll_s = 5 };
			c.n_nbma = 1;
		}
		o.max_metric = (row->how & MAX_METRIC) != 0;
		o.prefix_suppression = (row->how & SUPPRESSED) != 0;
		CU_ASSERT_EQUAL(ospf_set(l.r[i]->o, &o, l.w->now_ms), 0);
		world_attach(l.r[i], net, &c)->cut = (row->how & ALONE) != 0;
	}
	land_stub(&l, 1, 0, STUB2 + 1, 1);
	world_run(l.w, row->how & WAITING ? 1000 : 30000);
	return l;
}

static bool
has_link(const struct ospf_lsa *lsa, const struct link *want)
{
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;

	while (ospf_rlsa_next(&r, &l))
		if (l.type == want->type && l.id == want->id && l.data == want->data &&
				l.metric == want->metric)
			return true;
	return false;
}

static uint32_t
n_links(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;
	uint32_t n = 0;

	while (ospf_rlsa_next(&r, &l))
		n++;
	return n;
}

static void
test_12_4_1_links(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct land l = begin(&rows[i]);
		const struct ospf_lsa *lsa = ospf_lsdb_find(world_db(l.r[0]), OSPF_LSA_ROUTER, 1, 1);
		bool ok = true;
		uint32_t n = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(lsa);
		for (; n < 2 && rows[i].links[n].type != 0; n++)
			ok = ok && has_link(lsa, &rows[i].links[n]);
		ok = ok && n_links(lsa) == n;
		if (!ok)
			printf("\n  %s: %u links\n", rows[i].rfc, n_links(lsa));
		CU_ASSERT_TRUE(ok);
		land_free(&l);
	}
}

/* Who is Full with the other one has its networks, whatever is hidden in between; the network in
 * between is known where it is told of. */
static void
test_reached(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool lan = rows[i].type == OSPF_IF_BROADCAST || rows[i].type == OSPF_IF_NBMA;
		bool link = rows[i].type == OSPF_IF_P2P;
		bool apart = (rows[i].how & (ALONE | PASSIVE | WAITING)) != 0 ||
				rows[i].type == OSPF_IF_LOOPBACK;
		bool hidden = (rows[i].how & (SUPPRESSED | UNNUMBERED)) != 0 &&
				(rows[i].how & PASSIVE) == 0;
		struct land l = begin(&rows[i]);
		const struct ospf_route *r = land_route(&l, 0, STUB2, 24);

		CU_ASSERT_EQUAL(r != NULL, !apart);
		if (r != NULL)
			CU_ASSERT_EQUAL(ospf_calc_hops(l.c[0])[r->first_hop].gw, NET + 2);
		CU_ASSERT_EQUAL(land_route(&l, 0, NET, 24) != NULL, (lan || link) && !hidden);
		if (!lan && !link && rows[i].type != OSPF_IF_LOOPBACK)
			CU_ASSERT_EQUAL(land_route(&l, 0, NET + 2, 32) != NULL, !hidden && !apart);
		land_free(&l);
	}
}

/* The network-LSA of router 2, as router @i has it; NULL: none. */
static const struct ospf_lsa *
network_of(const struct land *l, uint32_t i)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(world_db(l->r[i]), OSPF_LSA_NETWORK, NET + 2, 2);

	return lsa != NULL && !ospf_lsa_is_max_age(lsa) ? lsa : NULL;
}

static void
test_12_4_2_network(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool lan = rows[i].type == OSPF_IF_BROADCAST || rows[i].type == OSPF_IF_NBMA;
		struct land l = begin(&rows[i]);
		const struct ospf_lsa *lsa = network_of(&l, 0);
		struct rd r;
		uint32_t id, seen = 0;

		/* Others have it, if somebody is Full; only the DR tells of it. */
		CU_ASSERT_EQUAL(lsa != NULL, lan && (rows[i].how & (ALONE | PASSIVE | WAITING)) == 0);
		CU_ASSERT_EQUAL(ospf_lsdb_n(world_db(l.r[0]), OSPF_LSA_NETWORK), lsa != NULL);
		if (lsa != NULL) {
			/* RFC 6860 section 2.2.2.1. */
			CU_ASSERT_EQUAL(ospf_nlsa_mask(lsa->data, lsa->h.len),
					rows[i].how & SUPPRESSED ? HOST : MASK);
			r = ospf_nlsa_routers(lsa->data, lsa->h.len);
			while (ospf_nlsa_next(&r, &id))
				seen |= 1u << id;
			CU_ASSERT_EQUAL(seen, 1u << 1 | 1u << 2);
			/* The last neighbour is gone: so is the LSA. */
			world_kill(l.r[0]);
			world_run(l.w, 10000);
			CU_ASSERT_PTR_NULL(network_of(&l, 1));
		}
		land_free(&l);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_12_4_1_links),
	CU_CASE(test_reached),
	CU_CASE(test_12_4_2_network),
};

CU_MAIN("ospf_links_rfc", cases)
