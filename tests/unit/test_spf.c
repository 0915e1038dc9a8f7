/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route calculation against an oracle (spf_topo.h): random topologies of up to 10,000 routers
 * with point-to-point links and LANs, two areas, externals. Routes are compared entry by entry.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/spf_box.h"

static void
check_random(uint64_t seed, uint32_t n, uint32_t degree, uint32_t n_lans, uint32_t max_cost)
{
	struct topo t = topo_new(seed, n, degree, n_lans, max_cost);
	struct oracle o = oracle_new(&t);
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_now(b.c);
	if (box_compare(&b, &t, &o) != 0)
		printf("seed %llu: %u routers, %u LANs\n", (unsigned long long)seed, n, n_lans);
	CU_ASSERT_EQUAL(box_compare(&b, &t, &o), 0);
	box_stop(&b);
	oracle_free(&o);
	topo_free(&t);
}

static void
test_small(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		check_random(seed, 3 + (uint32_t)seed % 20, 3, 0, seed % 3 == 0 ? 1 : 10);
}

static void
test_lans(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		check_random(seed, 8 + (uint32_t)seed % 20, 3, 1 + (uint32_t)seed % 6,
				seed % 3 == 0 ? 2 : 10);
}

static void
test_thousand(void)
{
	check_random(7, 1000, 5, 100, 20);
	check_random(8, 1000, 5, 0, 3);
}

static void
test_ten_thousand(void)
{
	check_random(9, 10000, 5, 200, 100);
}

/* One link after the other changes, or breaks in one direction: what is kept up to date LSA by LSA
 * is the same as what is made anew. */
static void
test_changes(void)
{
	struct topo t = topo_new(3, 60, 4, 5, 10);
	struct ospf_calc_stats st;
	struct box b;
	uint64_t n_spf;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_now(b.c);
	for (uint32_t round = 0; round < 40; round++) {
		struct link *l = &t.links[topo_rnd(&t, t.n_links)];
		struct oracle o;

		l->cost_ab = (uint16_t)(1 + topo_rnd(&t, 30));
		box_router_lsa(&b, &t, l->a, 0, 0);
		ospf_calc_now(b.c);
		o = oracle_new(&t);
		CU_ASSERT_EQUAL(box_compare(&b, &t, &o), 0);
		oracle_free(&o);
	}
	/* A stub's cost, and that of an external, cost no Dijkstra; a refresh nothing at all. */
	ospf_calc_stats(b.c, &st);
	n_spf = st.n_spf;
	box_router_lsa(&b, &t, 30, 0, 99);
	ospf_calc_now(b.c);
	CU_ASSERT(box_route(&b, LOOPBACK + 30, 32)->metric >= 99);
	box_external_lsa(&b, 30, 0x08000000,
			&(struct ospf_external){ .mask = 0xff000000, .metric = 5 });
	ospf_calc_now(b.c);
	ospf_calc_stats(b.c, &st);
	CU_ASSERT_EQUAL(st.n_spf, n_spf);
	CU_ASSERT_EQUAL(st.n_partial, 2);
	CU_ASSERT_FALSE(st.pending);
	box_router_lsa(&b, &t, 30, 0, 99);
	ospf_calc_stats(b.c, &st);
	CU_ASSERT_FALSE(st.pending);
	box_stop(&b);
	topo_free(&t);
}

/* A link that only one end tells of is none (section 16.1 (2) (b)). */
static void
test_one_way(void)
{
	struct topo t = { .n_routers = 3 }, cut;
	struct oracle o;
	struct box b;

	topo_link_add(&t, 0, 1, 1);
	topo_link_add(&t, 1, 2, 1);
	topo_index(&t);
	cut = (struct topo){ .n_routers = 3 };
	topo_link_add(&cut, 0, 1, 1);
	topo_index(&cut);
	box_start(&b, &t);
	box_fill(&b, &t);
	box_router_lsa(&b, &cut, 2, 0, 0);
	ospf_calc_now(b.c);
	CU_ASSERT_PTR_NULL(box_route(&b, LOOPBACK + 2, 32));
	CU_ASSERT_PTR_NOT_NULL(box_route(&b, P2P_NET + 4, 30)); /* as a stub of router 1 */
	box_router_lsa(&b, &t, 2, 0, 0);
	ospf_calc_now(b.c);
	o = oracle_new(&t);
	CU_ASSERT_EQUAL(box_compare(&b, &t, &o), 0);
	oracle_free(&o);
	box_stop(&b);
	topo_free(&t);
	topo_free(&cut);
}

/* Networks of another area, told by several border routers; externals of several ASBRs. */
static void
test_inter_and_external(void)
{
	struct topo t = topo_new(21, 120, 4, 6, 9);
	struct oracle o = oracle_new(&t);
	uint32_t metric[10][200], n_nets = 200;
	struct box b;
	uint32_t wrong = 0;

	box_start(&b, &t);
	box_fill(&b, &t);
	for (uint32_t k = 0; k < 10; k++) { /* routers 10, 20 ... are border routers and ASBRs */
		box_router_lsa(&b, &t, 10 * (k + 1), OSPF_RLSA_B | OSPF_RLSA_E, 0);
		for (uint32_t i = 0; i < n_nets; i++) {
			struct ospf_external x = { .mask = 0xffffff00, .type2 = i % 2 == 0,
				.tag = k };

			metric[k][i] = topo_rnd(&t, 4) == 0 ? OSPF_LS_INFINITY
							     : 1 + topo_rnd(&t, 30);
			box_summary_lsa(&b, 10 * (k + 1), 0x0b000000 + (i << 8), metric[k][i]);
			x.metric = metric[k][i];
			box_external_lsa(&b, 10 * (k + 1), 0x0c000000 + (i << 8), &x);
		}
	}
	ospf_calc_now(b.c);
	for (uint32_t i = 0; i < n_nets; i++) {
		const struct ospf_route *in = box_route(&b, 0x0b000000 + (i << 8), 24);
		const struct ospf_route *ex = box_route(&b, 0x0c000000 + (i << 8), 24);
		struct spf_hops si = { .n = 0 }, sx = { .n = 0 };
		uint32_t best = FAR, best2 = FAR, near2 = FAR;

		for (uint32_t k = 0; k < 10; k++) {
			uint32_t d = o.dist[10 * (k + 1)], m = metric[k][i];

			if (m == OSPF_LS_INFINITY)
				continue;
			best = d + m < best ? d + m : best;
			if (m < best2 || (m == best2 && d < near2))
				near2 = d;
			best2 = m < best2 ? m : best2;
		}
		for (uint32_t k = 0; k < 10; k++) {
			uint32_t at = 10 * (k + 1), d = o.dist[at], m = metric[k][i];

			if (m != OSPF_LS_INFINITY && d + m == best)
				oracle_hops(&o, at, d, &si);
			if (i % 2 == 0 ? m == best2 && d == near2 : d + m == best)
				oracle_hops(&o, at, d, &sx);
		}
		if (best == FAR) {
			wrong += in != NULL || ex != NULL;
			continue;
		}
		wrong += in == NULL || in->kind != OSPF_ROUTE_INTER || in->metric != best ||
			 !box_hops_equal(&b, in, &si);
		wrong += ex == NULL || ex->kind != (i % 2 == 0 ? OSPF_ROUTE_E2 : OSPF_ROUTE_E1) ||
			 ex->metric != (i % 2 == 0 ? best2 : best) || !box_hops_equal(&b, ex, &sx);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	/* Without the B bit a summary does not count, without E neither does an external. */
	for (uint32_t k = 0; k < 10; k++)
		box_router_lsa(&b, &t, 10 * (k + 1), 0, 0);
	ospf_calc_now(b.c);
	CU_ASSERT_PTR_NULL(box_route(&b, 0x0b000000 + (1 << 8), 24));
	CU_ASSERT_PTR_NULL(box_route(&b, 0x0c000000 + (1 << 8), 24));
	box_stop(&b);
	oracle_free(&o);
	topo_free(&t);
}

/* An external with a forwarding address is reached as that address is (section 16.4 (3)). */
static void
test_forwarding(void)
{
	struct topo t = topo_new(5, 20, 3, 0, 5);
	struct ospf_external x = { .mask = 0xff000000, .metric = 7, .forward = LOOPBACK + 12 };
	const struct ospf_route *r, *to;
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	box_router_lsa(&b, &t, 3, OSPF_RLSA_E, 0);
	box_external_lsa(&b, 3, 0x08000000, &x);
	x.forward = 0x7b000001; /* no way there */
	box_external_lsa(&b, 3, 0x09000000, &x);
	ospf_calc_now(b.c);
	r = box_route(&b, 0x08000000, 8);
	to = box_route(&b, LOOPBACK + 12, 32);
	CU_ASSERT_FATAL(r != NULL && to != NULL);
	CU_ASSERT_EQUAL(r->metric, to->metric + 7);
	CU_ASSERT_EQUAL(r->n_hops, to->n_hops);
	CU_ASSERT_EQUAL(memcmp(ospf_calc_hops(b.c) + r->first_hop, ospf_calc_hops(b.c) +
			to->first_hop, r->n_hops * sizeof(struct spf_hop)), 0);
	CU_ASSERT_PTR_NULL(box_route(&b, 0x09000000, 8));
	box_stop(&b);
	topo_free(&t);
}

/* LSAs that are well-formed but make no sense: from random routers, with random links, masks and
 * forwarding addresses, come, change and go. Nothing to compare: it must end, and hold together. */
static void
test_nonsense(void)
{
	static const uint8_t types[] = { OSPF_LSA_ROUTER, OSPF_LSA_NETWORK, OSPF_LSA_SUMMARY,
		OSPF_LSA_ASBR_SUMMARY, OSPF_LSA_EXTERNAL, OSPF_LSA_ROUTER };
	struct topo t = topo_new(11, 12, 4, 3, 4);
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	for (uint32_t round = 0; round < 4000; round++) {
		uint8_t body[4 + 12 * 12], type = types[topo_rnd(&t, sizeof(types))];
		uint32_t from = 1 + topo_rnd(&t, 14), id = topo_rid(from);
		bool as = type == OSPF_LSA_EXTERNAL;
		struct wr w = wr_init(body, sizeof(body));
		uint16_t n = (uint16_t)(1 + topo_rnd(&t, 12));

		if (type == OSPF_LSA_ROUTER) {
			wr_u8(&w, (uint8_t)topo_rnd(&t, 8));
			wr_u8(&w, 0);
			wr_be16(&w, n);
			for (uint32_t i = 0; i < n; i++)
				box_link_write(&w, topo_rnd(&t, 3) == 0
						? topo_lan_addr(topo_rnd(&t, 3), topo_rnd(&t, 14))
						: topo_rid(topo_rnd(&t, 14)),
						topo_rnd(&t, 2) == 0 ? 0xffffff00
						: topo_p2p_addr(topo_rnd(&t, 30), false),
						OSPF_LINK_P2P,
						(uint16_t)(topo_rnd(&t, 3) * 0x7fff));
			for (uint32_t i = 0; i < n; i++)
				body[4 + 12 * i + 8] = (uint8_t)(1 + topo_rnd(&t, 5));
			for (uint32_t i = 0; i < n; i++)
				if (body[4 + 12 * i + 8] == OSPF_LINK_STUB)
					memset(body + 4 + 12 * i + 4, 0xff, 4);
		} else {
			wr_be32(&w,
					type == OSPF_LSA_ASBR_SUMMARY ? 0 :
					ip4_mask((uint8_t)topo_rnd(&t, 33)));
			wr_be32(&w, type == OSPF_LSA_NETWORK ? topo_rid(topo_rnd(&t, 14))
							     :
							     topo_rnd(&t, 2) << 31 |
								topo_rnd(&t, 3) * 0x7fffff);
			if (as) {
				wr_be32(&w, topo_rnd(&t, 2) == 0 ? 0 : LOOPBACK + topo_rnd(&t, 14));
				wr_be32(&w, round);
			}
			id = type == OSPF_LSA_NETWORK
					? topo_lan_addr(topo_rnd(&t, 3), topo_rnd(&t, 14))
					: LOOPBACK + topo_rnd(&t, 40);
		}
		if (as)
			type = OSPF_LSA_EXTERNAL;
		box_install(as ? &b.o->as_db : &b.area->lsdb, type, id, topo_rid(from), body,
				w.len);
		if (topo_rnd(&t, 4) == 0) {
			struct ospf_lsa *lsa =
					ospf_lsdb_find(as ? &b.o->as_db : &b.area->lsdb, type, id,
					topo_rid(from));

			ospf_lsa_expire(lsa);
			if (topo_rnd(&t, 2) == 0)
				ospf_lsdb_remove(lsa);
		}
		if (topo_rnd(&t, 8) == 0)
			ospf_calc_now(b.c);
	}
	ospf_calc_now(b.c);
	box_stop(&b);
	topo_free(&t);
}

/* The wait stays short for a burst, grows while changes go on, and is short again after a quiet
 * time. */
static void
test_throttle(void)
{
	struct topo t = topo_new(3, 10, 3, 0, 10);
	struct ospf_calc_cfg cfg;
	uint64_t now = 100000, first_gap = 0, last_gap = 0, at = 0;
	uint32_t calls, n_short = 0;
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_cfg_defaults(&cfg);
	cfg.spf_max_ms = 1000;
	ospf_calc_set(b.c, &cfg);
	ospf_tick(b.o, now);
	for (int i = 0; i < 3; i++) { /* what the start has left behind is done, then it is quiet */
		now += 10000;
		ospf_tick(b.o, now);
	}
	calls = b.n_calls;
	for (uint64_t end = now + 6000; now < end; now += 5) {
		t.links[1].cost_ab = (uint16_t)(1 + now / 5 % 50);
		ospf_tick(b.o, now);
		box_router_lsa(&b, &t, 1, 0, 0);
		if (b.n_calls != calls) {
			if (at != 0 && first_gap == 0)
				first_gap = now - at;
			last_gap = at != 0 ? now - at : 0;
			n_short += at != 0 && last_gap <= 65;
			at = now;
			calls = b.n_calls;
		}
	}
	CU_ASSERT(first_gap >= 45 && first_gap <= 65);
	CU_ASSERT(n_short >= 8 && n_short <= 10);
	CU_ASSERT(last_gap >= 990 && last_gap <= 1020);
	for (int i = 0; i < 3; i++) {
		now += 10000;
		ospf_tick(b.o, now);
	}
	calls = b.n_calls;
	t.links[1].cost_ab = 77;
	box_router_lsa(&b, &t, 1, 0, 0);
	ospf_tick(b.o, now + 2);
	CU_ASSERT_EQUAL(b.n_calls, calls + 1);
	CU_ASSERT_STRING_EQUAL(ospf_calc_log(b.c, 0)->trigger, "router 1.0.0.2 of 1.0.0.2");
	CU_ASSERT_EQUAL(ospf_calc_log(b.c, 0)->n_areas, 1);
	box_stop(&b);
	topo_free(&t);
}

static const struct cu_case cases[] = {
	CU_CASE(test_small),
	CU_CASE(test_lans),
	CU_CASE(test_one_way),
	CU_CASE(test_changes),
	CU_CASE(test_inter_and_external),
	CU_CASE(test_forwarding),
	CU_CASE(test_nonsense),
	CU_CASE(test_throttle),
	CU_CASE(test_thousand),
	CU_CASE(test_ten_thousand),
};

CU_MAIN("spf", cases)
