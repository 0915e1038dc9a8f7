/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes of several simulated routers together: that following them leads there, what border
 * routers tell areas of each type, what becomes of externals on the way, and that a failure is
 * routed around.
 */
#include <string.h>

#include "controlplane/ospf/ospf_restart.h"
#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

/* A network of its own, 172.16.i.0/24. */
static void
stub(struct land *l, uint32_t i, uint32_t area)
{
	land_stub(l, i, area, 0xac100001u + (i << 8), 1);
}

static struct ospf_if *
if_of_user(const struct router *r, uint32_t user)
{
	return ospf_if_by_user(r->o, user);
}

/* Who has this address: number, or UINT32_MAX. */
static uint32_t
owner(const struct land *l, uint32_t addr)
{
	for (uint32_t i = 0; i < l->n; i++)
		for (const struct port *p = l->r[i]->ports; p != NULL; p = p->next_of_router)
			if (p->ifp->cfg.addr.addr == addr)
				return i;
	return UINT32_MAX;
}

/* Follow every next hop of every router on the way: all lead to @to, each a step nearer. */
static bool
leads(const struct land *l, uint32_t from, uint32_t to, uint32_t addr, uint8_t len, uint32_t depth)
{
	const struct ospf_route *r = land_route(l, from, addr, len);

	if (from == to)
		return true;
	if (r == NULL || r->n_hops == 0 || depth > l->n)
		return false;
	for (uint32_t k = 0; k < r->n_hops; k++) {
		const struct spf_hop *h = &ospf_calc_hops(l->c[from])[r->first_hop + k];
		const struct ospf_if *ifp = if_of_user(l->r[from], h->user);
		uint32_t next = owner(l, h->gw);

		if (ifp == NULL || next == UINT32_MAX ||
				!ip4_prefix_contains(&ifp->cfg.addr, h->gw) ||
				!leads(l, next, to, addr, len, depth + 1))
			return false;
	}
	return true;
}

static uint32_t
n_lost(const struct land *l)
{
	uint32_t lost = 0;

	for (uint32_t from = 0; from < l->n; from++)
		for (uint32_t to = 0; to < l->n; to++)
			lost += !leads(l, from, to, 0xac100000u + (to << 8), 24, 0);
	return lost;
}

/* A LAN of three, links around it; then one after the other breaks. */
static void
test_everybody_reaches_all(void)
{
	struct land l = land_new(5, 9);
	struct net *lan = world_net(l.w);
	struct net *broken[2];

	for (uint32_t i = 0; i < 3; i++)
		land_attach(&l, i, lan, 0, 0xc0a80001u + i, 10, OSPF_IF_BROADCAST);
	for (uint32_t i = 0; i < 9; i++)
		stub(&l, i, 0);
	for (uint32_t i = 2; i < 8; i++)
		land_join(&l, i, i + 1, 0, (uint16_t)(5 + i % 2));
	land_join(&l, 8, 0, 0, 10);
	broken[0] = land_join(&l, 1, 5, 0, 3);
	broken[1] = land_join(&l, 4, 8, 0, 3);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(n_lost(&l), 0);
	for (int k = 0; k < 2; k++) {
		for (struct port *p = broken[k]->ports; p != NULL; p = p->next_of_net)
			p->cut = true;
		world_run(l.w, 5000);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(n_lost(&l), 0);
	}
	land_free(&l);
}

/* 0 -- area 0 -- 1 -- area 1 -- 2 */
static struct land
three(enum ospf_area_type type, bool no_summary, bool nssa_default)
{
	struct land l = land_new(7, 3);
	struct ospf_area_cfg a = { .id = 1, .type = (uint8_t)type, .no_summary = no_summary,
		.default_cost = 7, .nssa_default = nssa_default };

	for (uint32_t i = 1; i < 3; i++)
		CU_ASSERT_EQUAL(ospf_area_set(l.r[i]->o, &a, l.w->now_ms), 0);
	stub(&l, 0, 0);
	stub(&l, 2, 1);
	land_join(&l, 0, 1, 0, 10);
	land_join(&l, 1, 2, 1, 10);
	return l;
}

static const struct ospf_ext outside = { .prefix = { 0x08000000, 8 }, .type2 = true, .metric = 20,
	.tag = 5 };

static void
test_normal_area(void)
{
	struct land l = three(OSPF_AREA_NORMAL, false, false);
	const struct ospf_route *r;

	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &outside, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, 2, 0xac100000, 24);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT(r->kind == OSPF_ROUTE_INTER && r->metric == 21 && r->n_hops == 1);
	r = land_route(&l, 2, 0x08000000, 8);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT(r->kind == OSPF_ROUTE_E2 && r->metric == 20 && r->cost == 20 && r->tag == 5);
	r = land_route(&l, 0, 0xac100200, 24);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_INTER && r->metric == 21);
	/* It is taken back. */
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], NULL, 0), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NULL(land_route(&l, 2, 0x08000000, 8));
	CU_ASSERT_EQUAL(ospf_lsdb_n(&l.r[2]->o->as_db, OSPF_LSA_EXTERNAL), 0);
	land_free(&l);
}

/* Two border routers of the same areas, one of them an ASBR: the other one tells the backbone of
 * it, but it tells nobody of itself by type 4. */
static void
test_told_of_itself(void)
{
	struct land l = land_new(1, 3);
	const struct ospf_area *a[2];

	land_join(&l, 0, 1, 0, 10);
	land_join(&l, 0, 2, 1, 1);
	land_join(&l, 1, 2, 1, 1);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &outside, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	for (uint32_t i = 0; i < 2; i++)
		a[i] = ospf_area_find(l.r[0]->o, i);
	CU_ASSERT_FATAL(a[0] != NULL && a[1] != NULL);
	CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(&a[0]->lsdb, OSPF_LSA_ASBR_SUMMARY, 1, 2));
	CU_ASSERT_PTR_NULL(ospf_lsdb_find(&a[1]->lsdb, OSPF_LSA_ASBR_SUMMARY, 1, 1));
	land_free(&l);
}

static void
test_stub_area(void)
{
	for (int no_summary = 0; no_summary < 2; no_summary++) {
		struct land l = three(OSPF_AREA_STUB, no_summary != 0, false);
		const struct ospf_route *r;

		CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &outside, 1), 0);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_PTR_NULL(land_route(&l, 2, 0x08000000, 8));
		r = land_route(&l, 2, 0, 0);
		CU_ASSERT_FATAL(r != NULL);
		CU_ASSERT(r->kind == OSPF_ROUTE_INTER && r->metric == 17);
		CU_ASSERT_EQUAL(land_route(&l, 2, 0xac100000, 24) == NULL, no_summary != 0);
		CU_ASSERT_PTR_NOT_NULL(land_route(&l, 0, 0xac100200, 24));
		land_free(&l);
	}
}

static void
test_nssa(void)
{
	struct land l = three(OSPF_AREA_NSSA, false, true);
	struct ospf_ext mine = { .prefix = { 0x09000000, 8 }, .metric = 30, .tag = 9 };
	const struct ospf_route *r;

	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &outside, 1), 0);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[2], &mine, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	/* Type 5 does not come in, a type 7 default route does; type 7 goes out as type 5. */
	CU_ASSERT_PTR_NULL(land_route(&l, 2, 0x08000000, 8));
	r = land_route(&l, 2, 0, 0);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_N2 && r->metric == 7);
	r = land_route(&l, 1, 0x09000000, 8);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT(r->kind == OSPF_ROUTE_N1 && r->metric >= 40);
	r = land_route(&l, 0, 0x09000000, 8);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT(r->kind == OSPF_ROUTE_E1 && r->tag == 9 && r->n_hops == 1);
	CU_ASSERT_EQUAL(r->adv, 2); /* who translated */
	land_free(&l);
}

/* An area's networks leave it as one, which is discarded where it is made. */
static void
test_ranges(void)
{
	struct land l = three(OSPF_AREA_NORMAL, false, false);
	struct ospf_range range = { .area = 1, .prefix = { 0xac100200, 23 }, .advertise = true };
	const struct ospf_route *r;

	CU_ASSERT_EQUAL(ospf_calc_ranges(l.c[1], &range, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NULL(land_route(&l, 0, 0xac100200, 24));
	r = land_route(&l, 0, 0xac100200, 23);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_INTER && r->metric == 21);
	r = land_route(&l, 1, 0xac100200, 23);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_DISCARD);
	range.advertise = false;
	CU_ASSERT_EQUAL(ospf_calc_ranges(l.c[1], &range, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NULL(land_route(&l, 0, 0xac100200, 23));
	CU_ASSERT_PTR_NULL(land_route(&l, 0, 0xac100200, 24));
	CU_ASSERT_EQUAL(ospf_calc_ranges(l.c[1], NULL, 0), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 0, 0xac100200, 24));
	land_free(&l);
}

/* Appendix E: networks with the same address and other masks have link state IDs of their own. */
static void
test_same_address(void)
{
	struct land l = three(OSPF_AREA_NORMAL, false, false);
	struct ospf_ext e[3] = { { .prefix = { 0x08000000, 8 }, .metric = 1 },
		{ .prefix = { 0x08000000, 16 }, .metric = 2 },
		{ .prefix = { 0x08000000, 24 }, .metric = 3 } };

	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], e, 3), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	for (int i = 0; i < 3; i++) {
		const struct ospf_route *r = land_route(&l, 2, 0x08000000, e[i].prefix.len);

		CU_ASSERT(r != NULL && r->metric == 20 + e[i].metric);
	}
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], e, 2), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NULL(land_route(&l, 2, 0x08000000, 24));
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 2, 0x08000000, 16));
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 2, 0x08000000, 8));
	land_free(&l);
}

/* Where the first packet of a route with one next hop goes. */
static uint32_t
gateway(const struct land *l, uint32_t i, const struct ospf_route *r)
{
	CU_ASSERT_EQUAL_FATAL(r->n_hops, 1);
	return ospf_calc_hops(l->c[i])[r->first_hop].gw;
}

/*
 * Section 16.3: 0 is in the backbone by a virtual link to 4 through area 1, which has a shorter way
 * to the backbone's networks and ASBRs by 1 and 2, and takes it unless it is told not to:
 *
 *    0 --1-- 1 --1-- 2 --1-- 3, an ASBR with a network
 *    |               |
 *    +--10-- 4 --10--+         0-1-2, 0-4: area 1; 2-3, 2-4: the backbone
 */
static void
test_transit_area(void)
{
	struct land l = land_new(11, 5);
	const struct ospf_route *r;
	struct ospf_calc_cfg cfg;
	struct net *shorter;

	land_join(&l, 0, 1, 1, 1);
	shorter = land_join(&l, 1, 2, 1, 1);
	land_join(&l, 2, 3, 0, 1);
	land_join(&l, 0, 4, 1, 10);
	land_join(&l, 2, 4, 0, 10);
	stub(&l, 3, 0);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[3], &outside, 1), 0);
	land_vlink(&l, 0, 4);
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, 0, 0xac100300, 24);
	CU_ASSERT_FATAL(r != NULL && r->kind == OSPF_ROUTE_INTRA && r->area == 0);
	CU_ASSERT_EQUAL(r->metric, 4);
	CU_ASSERT_EQUAL(gateway(&l, 0, r), 0x0a010202);
	CU_ASSERT_TRUE(leads(&l, 0, 3, 0xac100300, 24, 0));
	r = land_route(&l, 0, 0x08000000, 8);
	CU_ASSERT_FATAL(r != NULL && r->kind == OSPF_ROUTE_E2);
	CU_ASSERT_EQUAL(r->cost, 3);
	CU_ASSERT_EQUAL(gateway(&l, 0, r), 0x0a010202);
	ospf_calc_cfg_defaults(&cfg);
	for (int transit = 0; transit < 2; transit++) {
		cfg.transit = transit != 0;
		ospf_calc_set(l.c[0], &cfg);
		CU_ASSERT_TRUE(land_settle(&l));
		r = land_route(&l, 0, 0xac100300, 24);
		CU_ASSERT_FATAL(r != NULL && r->metric == (transit ? 4 : 22));
		CU_ASSERT_EQUAL(gateway(&l, 0, r), transit ? 0x0a010202 : 0x0a010502);
	}
	/* Without it the virtual link's own way is left. */
	for (struct port *p = shorter->ports; p != NULL; p = p->next_of_net)
		p->cut = true;
	world_run(l.w, 5000);
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, 0, 0xac100300, 24);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT_EQUAL(r->metric, 22);
	CU_ASSERT_EQUAL(gateway(&l, 0, r), 0x0a010502);
	r = land_route(&l, 0, 0x08000000, 8);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT_EQUAL(r->cost, 21);
	land_free(&l);
}

/* The neighbour at the other end of a virtual link. */
static const struct ospf_nbr *
vlink_nbr(const struct router *r)
{
	const struct port *p = r->ports;

	while (p != NULL && p->ifp->cfg.type != OSPF_IF_VLINK)
		p = p->next_of_router;
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return TAILQ_FIRST(&p->ifp->nbrs);
}

/*
 * A virtual link with routers between its ends: another way through the transit area is another
 * address and another cost, but the same neighbour (section 15). Only when there is no way is it
 * down.
 *
 *    0 --1-- 1 --1-- 2 --1-- 3
 *    +--5--- 4 --5---+         2-3: the backbone; the others: area 1; the virtual link: 0-2
 */
static void
test_vlink_moves(void)
{
	struct land l = land_new(12, 5);
	const struct ospf_nbr *n[2];
	const struct ospf_route *r;
	struct net *first, *second;
	uint32_t changes[2];

	first = land_join(&l, 0, 1, 1, 1);
	land_join(&l, 1, 2, 1, 1);
	land_join(&l, 2, 3, 0, 1);
	second = land_join(&l, 0, 4, 1, 5);
	land_join(&l, 2, 4, 1, 5);
	stub(&l, 3, 0);
	land_vlink(&l, 0, 2);
	CU_ASSERT_TRUE(land_settle(&l));
	n[0] = vlink_nbr(l.r[0]);
	n[1] = vlink_nbr(l.r[2]);
	CU_ASSERT_TRUE_FATAL(n[0]->state == OSPF_NBR_FULL && n[1]->state == OSPF_NBR_FULL);
	CU_ASSERT_EQUAL(n[0]->ifp->cfg.cost, 2);
	r = land_route(&l, 0, 0xac100300, 24);
	CU_ASSERT_FATAL(r != NULL && r->metric == 4);
	for (int k = 0; k < 2; k++)
		changes[k] = n[k]->n_changes;
	for (struct port *p = first->ports; p != NULL; p = p->next_of_net)
		p->cut = true;
	world_run(l.w, 5000);
	CU_ASSERT_TRUE(land_settle(&l));
	for (int k = 0; k < 2; k++) {
		CU_ASSERT_PTR_EQUAL(vlink_nbr(l.r[2 * k]), n[k]);
		CU_ASSERT_EQUAL(n[k]->n_changes, changes[k]);
		CU_ASSERT_EQUAL(n[k]->ifp->cfg.cost, 10);
	}
	CU_ASSERT_EQUAL(n[0]->ifp->cfg.addr.addr, 0x0a010501);
	CU_ASSERT_EQUAL(n[1]->addr, 0x0a010501);
	r = land_route(&l, 0, 0xac100300, 24);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT_EQUAL(r->metric, 12);
	CU_ASSERT_EQUAL(gateway(&l, 0, r), 0x0a010502);
	/* No way at all, and the first one again. */
	for (struct port *p = second->ports; p != NULL; p = p->next_of_net)
		p->cut = true;
	world_run(l.w, 5000);
	CU_ASSERT_TRUE(vlink_nbr(l.r[0]) == NULL || vlink_nbr(l.r[0])->state < OSPF_NBR_FULL);
	CU_ASSERT_PTR_NULL(land_route(&l, 0, 0xac100300, 24));
	for (struct port *p = first->ports; p != NULL; p = p->next_of_net)
		p->cut = false;
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, 0, 0xac100300, 24);
	CU_ASSERT_FATAL(r != NULL && r->metric == 4);
	land_free(&l);
}

/*
 * Section 15: a way that costs more than an interface can does not carry a virtual link.
 *
 *    0 --C-- 1 --1-- 2 --1-- 3         2-3: the backbone; the others: area 1
 */
static void
test_vlink_too_dear(void)
{
	static const struct {
		uint16_t cost;
		bool up;
	} rows[] = { { 0xfffe, true }, { 0xffff, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct land l = land_new(13, 4);
		const struct ospf_nbr *n;

		land_join(&l, 0, 1, 1, rows[i].cost);
		land_join(&l, 1, 2, 1, 1);
		land_join(&l, 2, 3, 0, 1);
		land_vlink(&l, 0, 2);
		CU_ASSERT_EQUAL(land_settle(&l), rows[i].up);
		n = vlink_nbr(l.r[0]);
		CU_ASSERT_EQUAL(n != NULL && n->state == OSPF_NBR_FULL, rows[i].up);
		if (rows[i].up)
			CU_ASSERT_EQUAL(n->ifp->cfg.cost, 0xffff);
		land_free(&l);
	}
}

static uint32_t
n_routes_to(const struct land *l, uint32_t i, uint32_t addr, uint8_t len)
{
	uint32_t n, found = 0;
	const struct ospf_route *r = ospf_calc_routes(l->c[i], &n);

	for (uint32_t k = 0; k < n; k++)
		found += r[k].prefix.addr == addr && r[k].prefix.len == len;
	return found;
}

/* Section 16.2 (3): what is called as a range of ours is ignored only as long as that has something
 * in it; without, another border router knows better. An external LSA does not, ever. */
static void
test_empty_range(void)
{
	struct land l = land_new(14, 3);
	struct ospf_range range = { .area = 1, .prefix = { 0xac100200, 23 }, .advertise = true };
	struct ospf_ext same = { .prefix = range.prefix, .type2 = true, .metric = 20 };
	const struct ospf_route *r;
	struct net *inside;

	land_join(&l, 0, 1, 0, 1);
	inside = land_join(&l, 0, 2, 1, 10);
	land_join(&l, 1, 2, 1, 10);
	stub(&l, 0, 1);
	stub(&l, 2, 1);
	for (uint32_t i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(ospf_calc_ranges(l.c[i], &range, 1), 0);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[2], &same, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, 0, 0xac100200, 23);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT_EQUAL(r->kind, OSPF_ROUTE_DISCARD);
	CU_ASSERT_EQUAL(n_routes_to(&l, 0, 0xac100200, 23), 1);
	for (struct port *p = inside->ports; p != NULL; p = p->next_of_net)
		p->cut = true;
	world_run(l.w, 5000);
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, 0, 0xac100200, 23);
	CU_ASSERT_FATAL(r != NULL);
	CU_ASSERT_EQUAL(r->kind, OSPF_ROUTE_INTER);
	CU_ASSERT_EQUAL(r->metric, 12);
	land_free(&l);
}

/* What @i has computed, as a number. */
static uint64_t
routes_sum(const struct land *l, uint32_t i)
{
	const struct spf_hop *hops = ospf_calc_hops(l->c[i]);
	uint32_t n;
	const struct ospf_route *r = ospf_calc_routes(l->c[i], &n);
	uint64_t h = n;

	for (uint32_t k = 0; k < n; k++) {
		h = h * 1099511628211u + r[k].prefix.addr + r[k].prefix.len;
		h = h * 1099511628211u + r[k].kind;
		h = h * 1099511628211u + r[k].metric + r[k].cost;
		for (uint32_t j = 0; j < r[k].n_hops; j++)
			h = h * 1099511628211u + hops[r[k].first_hop + j].gw +
					hops[r[k].first_hop + j].user;
	}
	return h;
}

/* The process of @i ends, having asked for help, and another one begins. */
static void
restart(struct land *l, uint32_t i, uint64_t gone_ms)
{
	const struct ospf_calc_out out = { .routes = NULL };
	struct ospf_restart saved;

	CU_ASSERT_TRUE_FATAL(ospf_restart_prepare(l->r[i]->o, OSPF_RESTART_SOFTWARE, l->w->now_ms));
	while (!ospf_restart_ready(l->r[i]->o))
		world_run(l->w, 50);
	CU_ASSERT_EQUAL_FATAL(ospf_restart_save(l->r[i]->o, &saved), 0);
	world_kill(l->r[i]);
	world_run(l->w, gone_ms);
	ospf_calc_free(l->c[i]);
	CU_ASSERT_EQUAL_FATAL(world_restart(l->r[i], &saved, NULL, 0, 0), 0);
	l->c[i] = ospf_calc_new(l->r[i]->o, &out);
}

/*
 * A border router restarts gracefully (RFC 3623) that has a virtual link and tells an external:
 * nobody's routes change, nor do those that it would have used itself.
 *
 *    3 --5-- 0 --1-- 1 --1-- 2, 3-0: area 0; 0-1: area 1, with the virtual link; 1-2: area 2
 */
static void
test_graceful_restart(void)
{
	struct land l = land_new(21, 4);
	uint64_t before[4];

	land_join(&l, 0, 1, 1, 1);
	land_join(&l, 1, 2, 2, 1);
	land_join(&l, 0, 3, 0, 5);
	stub(&l, 2, 2);
	stub(&l, 3, 0);
	land_vlink(&l, 0, 1);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &outside, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 3, 0xac100200, 24));
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 2, 0x08000000, 8));
	for (uint32_t i = 0; i < 4; i++)
		before[i] = routes_sum(&l, i);
	restart(&l, 0, 10000);
	for (int k = 0; k < 600; k++) {
		if (k == 10) /* before it is over */
			CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &outside, 1), 0);
		for (uint32_t i = 1; i < 4; i++)
			CU_ASSERT_EQUAL(routes_sum(&l, i), before[i]);
		world_run(l.w, 50);
	}
	CU_ASSERT_EQUAL(routes_sum(&l, 0), before[0]);
	CU_ASSERT_TRUE(world_said(l.r[0], "all neighbours are Full"));
	land_free(&l);
}

/*
 * Section 16.4.1: 0 is between the areas. 1 is an ASBR that it reaches through the backbone (5) and
 * through area 1 (10), 2 one in area 1 (20). Without compatibility to RFC 1583 a way within an area
 * that is not the backbone is the better one, whatever it costs.
 */
static void
test_rfc1583(void)
{
	struct ospf_ext far = { .prefix = { 0x09000000, 8 }, .type2 = true, .metric = 20 };
	struct land l = land_new(13, 3);
	struct net *backbone = world_net(l.w);
	struct ospf_calc_cfg cfg;
	const struct ospf_route *r;

	land_attach(&l, 0, backbone, 0, 0x0a640001, 5, OSPF_IF_P2P);
	land_attach(&l, 1, backbone, 0, 0x0a640002, 5, OSPF_IF_P2P);
	land_join(&l, 0, 1, 1, 10);
	land_join(&l, 0, 2, 1, 20);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[1], (struct ospf_ext[]){ outside, far }, 2), 0);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[2], &outside, 1), 0);
	for (int compatible = 1; compatible >= 0; compatible--) {
		ospf_calc_cfg_defaults(&cfg);
		cfg.rfc1583 = compatible != 0;
		ospf_calc_set(l.c[0], &cfg);
		CU_ASSERT_TRUE(land_settle(&l));
		/* One ASBR, two ways to it. */
		r = land_route(&l, 0, 0x09000000, 8);
		CU_ASSERT_FATAL(r != NULL);
		CU_ASSERT_EQUAL(r->cost, compatible ? 5 : 10);
		CU_ASSERT_EQUAL(gateway(&l, 0, r), compatible ? 0x0a640002 : 0x0a010202);
		/* Two ASBRs of the same metric: the nearer one in both cases, by its way. */
		r = land_route(&l, 0, 0x08000000, 8);
		CU_ASSERT_FATAL(r != NULL);
		CU_ASSERT_EQUAL(r->adv, 2);
		CU_ASSERT_EQUAL(r->cost, compatible ? 5 : 10);
	}
	/* In area 1 the first one is no more: through the backbone, 5, or within area 1, 20. */
	for (struct port *p = l.r[1]->ports; p != NULL; p = p->next_of_router)
		if (p->ifp->area->cfg.id == 1)
			p->cut = true;
	world_run(l.w, 5000);
	for (int compatible = 1; compatible >= 0; compatible--) {
		cfg.rfc1583 = compatible != 0;
		ospf_calc_set(l.c[0], &cfg);
		world_run(l.w, 12000);
		r = land_route(&l, 0, 0x08000000, 8);
		CU_ASSERT_FATAL(r != NULL);
		CU_ASSERT_EQUAL(r->adv, compatible ? 2 : 3);
		CU_ASSERT_EQUAL(r->cost, compatible ? 5 : 20);
	}
	land_free(&l);
}

/* Ways to an ASBR are known by area, and with compatibility to RFC 1583 the cheapest one is taken,
 * be it through the backbone: 0 and 1 are border routers, 2 is the ASBR in area 1. */
static void
test_rfc1583_inter(void)
{
	struct land l = land_new(15, 3);
	struct ospf_calc_cfg cfg;
	const struct ospf_route *r;

	land_attach(&l, 0, world_net(l.w), 0, 0x0a640001, 1, OSPF_IF_P2P);
	land_attach(&l, 1, l.w->nets, 0, 0x0a640002, 1, OSPF_IF_P2P);
	land_join(&l, 0, 2, 1, 10);
	land_join(&l, 1, 2, 1, 2);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[2], &outside, 1), 0);
	for (int compatible = 1; compatible >= 0; compatible--) {
		ospf_calc_cfg_defaults(&cfg);
		cfg.rfc1583 = compatible != 0;
		for (uint32_t i = 0; i < 3; i++)
			ospf_calc_set(l.c[i], &cfg);
		CU_ASSERT_TRUE(land_settle(&l));
		r = land_route(&l, 0, 0x08000000, 8);
		CU_ASSERT_FATAL(r != NULL);
		CU_ASSERT_EQUAL(r->cost, compatible ? 3 : 10);
		CU_ASSERT_EQUAL(gateway(&l, 0, r), compatible ? 0x0a640002 : 0x0a010302);
	}
	land_free(&l);
}

static uint32_t
times_said(const struct router *r, const char *text)
{
	uint32_t n = 0;

	for (const char *at = r->lines; at != NULL && (at = strstr(at, text)) != NULL; at++)
		n++;
	return n;
}

/* Calculations in quick succession: one warning for all, and a notice when there is quiet. */
static void
test_storm(void)
{
	struct land l = land_new(17, 2);
	struct ospf_calc_stats st;
	struct ospf_calc_cfg cfg;

	land_join(&l, 0, 1, 0, 10);
	CU_ASSERT_TRUE(land_settle(&l));
	world_run(l.w, 10000);
	ospf_calc_cfg_defaults(&cfg);
	cfg.storm_runs = 5;
	cfg.storm_s = 10;
	cfg.spf_hold_ms = cfg.spf_max_ms = 10;
	ospf_calc_set(l.c[0], &cfg);
	for (int i = 1; i <= 9; i++) {
		ospf_calc_all(l.c[0], "test");
		world_run(l.w, 100);
		ospf_calc_stats(l.c[0], &st);
		CU_ASSERT_EQUAL(st.storm, i >= 5);
		CU_ASSERT_EQUAL(times_said(l.r[0],
				"SPF storm: 5 calculations within 10 s, the last one "
						   "for test"), i >= 5);
	}
	world_run(l.w, 9000);
	ospf_calc_stats(l.c[0], &st);
	CU_ASSERT_TRUE(st.storm);
	CU_ASSERT_FALSE(world_said(l.r[0], "SPF storm is over"));
	world_run(l.w, 2000);
	ospf_calc_stats(l.c[0], &st);
	CU_ASSERT_FALSE(st.storm);
	CU_ASSERT_EQUAL(times_said(l.r[0], "SPF storm is over"), 1);
	/* Four are none. */
	for (int i = 1; i <= 4; i++) {
		ospf_calc_all(l.c[0], "test");
		world_run(l.w, 100);
	}
	world_run(l.w, 20000);
	CU_ASSERT_EQUAL(times_said(l.r[0], "SPF storm: "), 1);
	CU_ASSERT_EQUAL(times_said(l.r[0], "SPF storm is over"), 1);
	/* Where it is not watched for, there is none. */
	cfg.storm_runs = 0;
	ospf_calc_set(l.c[0], &cfg);
	for (int i = 1; i <= 30; i++) {
		ospf_calc_all(l.c[0], "test");
		world_run(l.w, 100);
	}
	CU_ASSERT_EQUAL(times_said(l.r[0], "SPF storm: "), 1);
	land_free(&l);
}

static const struct cu_case cases[] = {
	CU_CASE(test_everybody_reaches_all),
	CU_CASE(test_normal_area),
	CU_CASE(test_told_of_itself),
	CU_CASE(test_stub_area),
	CU_CASE(test_nssa),
	CU_CASE(test_ranges),
	CU_CASE(test_same_address),
	CU_CASE(test_transit_area),
	CU_CASE(test_vlink_moves), CU_CASE(test_vlink_too_dear),
	CU_CASE(test_empty_range),
	CU_CASE(test_graceful_restart),
	CU_CASE(test_rfc1583),
	CU_CASE(test_rfc1583_inter),
	CU_CASE(test_storm),
};

CU_MAIN("ospf_routes", cases)
