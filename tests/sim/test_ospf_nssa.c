/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 3101, section by section: what an NSSA's routers tell by type 7, who translates it to type 5,
 * and what of it.
 *
 *     0 -- area 0 -- 1 and 2, border routers -- area 1, an NSSA, a LAN -- 3
 *
 * Router i has the ID i + 1: of the border routers number 2 has the higher one.
 */
#include <string.h>

#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define STABILITY_S 40
#define OUTSIDE     0x08000000u

enum { CORE, LOW, HIGH, INSIDE, N_ROUTERS };

static void
nssa_set(struct land *l, uint32_t i, bool always, uint32_t stability_s)
{
	struct ospf_area_cfg a = { .id = 1, .type = OSPF_AREA_NSSA, .default_cost = 7,
		.nssa_translate_always = always, .nssa_stability_s = stability_s,
		.nssa_default = true };

	CU_ASSERT_EQUAL(ospf_area_set(l->r[i]->o, &a, l->w->now_ms), 0);
}

static struct land
begin(uint32_t stability_s)
{
	struct land l = land_new(11, N_ROUTERS);
	struct net *lan = world_net(l.w);

	for (uint32_t i = LOW; i < N_ROUTERS; i++) {
		nssa_set(&l, i, false, stability_s);
		land_attach(&l, i, lan, 1, 0xc0a80000u + i, 10, OSPF_IF_BROADCAST);
	}
	land_join(&l, CORE, LOW, 0, 10);
	land_join(&l, CORE, HIGH, 0, 10);
	return l;
}

static const struct ospf_area *
area(const struct land *l, uint32_t i)
{
	return ospf_area_find(l->r[i]->o, 1);
}

/* The type 5 LSA with this ID of router @adv, as the core has it. False: there is none. */
static bool
type5(const struct land *l, uint32_t adv, uint32_t id, struct ospf_external *x)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(&l->r[CORE]->o->as_db, OSPF_LSA_EXTERNAL, id,
			l->r[adv]->id);

	return lsa != NULL && !ospf_lsa_is_max_age(lsa) &&
			ospf_external_read(lsa->data, lsa->h.len, x);
}

static bool
is_told(const struct land *l, uint32_t adv, uint32_t id)
{
	struct ospf_external x;

	return type5(l, adv, id, &x);
}

/* The type 7 LSA with this ID of router @adv. */
static const struct ospf_lsa *
type7(const struct land *l, uint32_t adv, uint32_t id, struct ospf_external *x)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(&area(l, INSIDE)->lsdb, OSPF_LSA_NSSA, id,
			l->r[adv]->id);

	CU_ASSERT_FATAL(lsa != NULL && ospf_external_read(lsa->data, lsa->h.len, x));
	return lsa;
}

/* Flags of the router-LSA of @adv, as router @i has it in this area. */
static uint8_t
flags(const struct land *l, uint32_t i, uint32_t area_id, uint32_t adv)
{
	uint32_t id = l->r[adv]->id;
	const struct ospf_lsa *lsa = ospf_lsdb_find(&ospf_area_find(l->r[i]->o, area_id)->lsdb,
			OSPF_LSA_ROUTER, id, id);

	CU_ASSERT_PTR_NOT_NULL_FATAL(lsa);
	return ospf_rlsa_flags(lsa->data, lsa->h.len);
}

/* Router INSIDE tells of @n networks, 8.k.0.0/16, with metric @metric[k]; above 0: type 2. */
static void
tell(struct land *l, const int *metric, uint32_t n)
{
	struct ospf_ext e[8];

	for (uint32_t k = 0; k < n; k++)
		e[k] = (struct ospf_ext){ .prefix = { OUTSIDE + (k << 16), 16 }, .tag = 5 + k,
			.type2 = metric[k] > 0,
			.metric = (uint32_t)(metric[k] > 0 ? metric[k] : -metric[k]) };
	CU_ASSERT_EQUAL(ospf_calc_externals(l->c[INSIDE], e, n), 0);
}

/* ---- 2.3, 2.4: type 7 LSAs ------------------------------------------------------------------- */

static void
test_2_4_type_7(void)
{
	const struct ospf_ext mine = { .prefix = { 0x09000000, 8 }, .metric = 3 };
	struct land l = begin(0);
	const struct ospf_lsa *lsa;
	struct ospf_external x;

	tell(&l, (int[]){ 20 }, 1);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[LOW], &mine, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	/* Inside: the P bit, and an address of ours in the area. */
	lsa = type7(&l, INSIDE, OUTSIDE, &x);
	CU_ASSERT((lsa->h.options & OSPF_OPT_NP) != 0 && (lsa->h.options & OSPF_OPT_E) == 0);
	CU_ASSERT_EQUAL(x.forward, 0xc0a80000u + INSIDE);
	/* A border router tells the outside itself: no P bit, and nothing is translated. */
	lsa = type7(&l, LOW, 0x09000000, &x);
	CU_ASSERT((lsa->h.options & OSPF_OPT_NP) == 0 && x.forward == 0);
	CU_ASSERT_TRUE(is_told(&l, LOW, 0x09000000));
	CU_ASSERT_FALSE(is_told(&l, HIGH, 0x09000000));
	/* Nor of the default route, which stays in the area. */
	lsa = type7(&l, HIGH, 0, &x);
	CU_ASSERT((lsa->h.options & OSPF_OPT_NP) == 0 && x.type2 && x.metric == 7);
	CU_ASSERT_FALSE(is_told(&l, LOW, 0) || is_told(&l, HIGH, 0));
	land_free(&l);
}

static void
if_set(struct land *l, const struct port *p, bool up)
{
	struct ospf_if_cfg c = p->ifp->cfg;

	CU_ASSERT_PTR_EQUAL(ospf_if_set(p->r->o, &c, up, l->w->now_ms), p->ifp);
}

/* The address that INSIDE has others forward to, inside and, translated, outside; the core has a
 * way there. 0: there is none, the P bit is clear and nothing is translated. */
static void
forward_is(struct land *l, uint32_t addr)
{
	const struct ospf_lsa *lsa;
	struct ospf_external x;

	world_run(l->w, 30000);
	lsa = type7(l, INSIDE, OUTSIDE, &x);
	CU_ASSERT_FALSE(ospf_lsa_is_max_age(lsa));
	CU_ASSERT_EQUAL(x.forward, addr);
	CU_ASSERT_EQUAL((lsa->h.options & OSPF_OPT_NP) != 0, addr != 0);
	CU_ASSERT_EQUAL(type5(l, HIGH, OUTSIDE, &x), addr != 0);
	CU_ASSERT(addr == 0 || x.forward == addr);
	CU_ASSERT_EQUAL(land_route(l, CORE, OUTSIDE, 16) != NULL, addr != 0);
	CU_ASSERT_PTR_NOT_NULL(land_route(l, LOW, OUTSIDE, 16));
}

/* A loopback's address, else a stub network's, else any of the area's; another one when it goes. */
static void
test_2_3_which_address(void)
{
	const uint32_t lan = 0xc0a80000u + INSIDE, link = 0x0a090901, quiet = 0xac100101,
		       stub = 0xac100201, lo = 0xac1003fe;
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_LOOPBACK, lo, 32);
	struct land l = begin(0);
	struct net *pair = world_net(l.w);
	struct port *stub_port, *quiet_port, *lo_port, *lan_port = l.r[INSIDE]->ports;

	tell(&l, (int[]){ 20 }, 1);
	forward_is(&l, lan);
	/* A link is no stub network, and the LAN is the first of the interfaces. */
	land_attach(&l, INSIDE, pair, 1, link, 10, OSPF_IF_P2P);
	land_attach(&l, LOW, pair, 1, link + 1, 10, OSPF_IF_P2P);
	forward_is(&l, lan);
	/* Without other routers, not passive, is a stub network as well. */
	quiet_port = land_attach(&l, INSIDE, world_net(l.w), 1, quiet, 10, OSPF_IF_BROADCAST);
	forward_is(&l, quiet);
	stub_port = land_stub(&l, INSIDE, 1, stub, 10);
	forward_is(&l, quiet);
	if_set(&l, quiet_port, false);
	forward_is(&l, stub);
	c.area_id = 1;
	lo_port = world_attach(l.r[INSIDE], world_net(l.w), &c);
	forward_is(&l, lo);
	if_set(&l, lo_port, false);
	forward_is(&l, stub);
	if_set(&l, stub_port, false);
	forward_is(&l, lan);
	if_set(&l, lan_port, false);
	forward_is(&l, link);
	if_set(&l, lo_port, true);
	forward_is(&l, lo);
	land_free(&l);
}

/* Of a network that is suppressed (RFC 6860) nobody has a route: it is none to forward to. */
static void
test_2_3_suppressed(void)
{
	struct land l = begin(0);
	struct port *lan = l.r[INSIDE]->ports;
	struct ospf_if_cfg c = lan->ifp->cfg;

	c.prefix_suppression = true;
	CU_ASSERT_PTR_EQUAL(ospf_if_set(lan->r->o, &c, true, l.w->now_ms), lan->ifp);
	tell(&l, (int[]){ 20 }, 1);
	forward_is(&l, 0);
	land_stub(&l, INSIDE, 1, 0xac100201, 10);
	forward_is(&l, 0xac100201);
	land_free(&l);
}

/* Without an address in the area nobody translates it, but it is told of within the area; when
 * an address comes, it leaves the area. */
static void
test_2_3_no_address(void)
{
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a090901, 24);
	struct land l = begin(0);
	struct net *pair = world_net(l.w);
	struct port *lan = l.r[INSIDE]->ports;

	c.area_id = 1;
	c.unnumbered = true;
	world_attach(l.r[INSIDE], pair, &c);
	c.addr.addr++;
	world_attach(l.r[LOW], pair, &c);
	tell(&l, (int[]){ 20 }, 1);
	forward_is(&l, 0xc0a80000u + INSIDE);
	if_set(&l, lan, false);
	forward_is(&l, 0);
	if_set(&l, lan, true);
	forward_is(&l, 0xc0a80000u + INSIDE);
	land_free(&l);
}

/* ---- 2.5: routes ----------------------------------------------------------------------------- */

/* (3): a default route from inside. Without the P bit it is none for border routers; nor with it if
 * they keep summaries from the area. */
static void
test_2_5_default(void)
{
	static const struct {
		uint8_t options;
		bool no_summary, taken;
	} rows[] = {
		{ OSPF_OPT_NP, false, true }, { 0, false, false }, { OSPF_OPT_NP, true, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_external x = { .metric = 9, .type2 = true,
			.forward = 0xc0a80000u + INSIDE };
		struct ospf_area_cfg a = { .id = 1, .type = OSPF_AREA_NSSA, .default_cost = 7,
			.no_summary = rows[i].no_summary };
		uint8_t body[OSPF_EXTERNAL_BODY_LEN];
		struct land l = begin(0);
		const struct ospf_route *r;

		for (uint32_t k = LOW; k <= HIGH; k++)
			CU_ASSERT_EQUAL(ospf_area_set(l.r[k]->o, &a, l.w->now_ms), 0);
		tell(&l, (int[]){ 20 }, 1);
		ospf_external_write(body, &x);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(ospf_originate(&ospf_area_find(l.r[INSIDE]->o, 1)->lsdb,
				OSPF_LSA_NSSA, 0, rows[i].options, body, sizeof(body)), 0);
		CU_ASSERT_TRUE(land_settle(&l));
		r = land_route(&l, HIGH, 0, 0);
		CU_ASSERT_EQUAL(r != NULL && r->kind == OSPF_ROUTE_N2, rows[i].taken);
		CU_ASSERT_EQUAL(is_told(&l, HIGH, 0), rows[i].taken);
		land_free(&l);
	}
}

/* (6) (e): two routers tell of the same network, one inside and one in the backbone, as far away as
 * one another. Only LSAs with the same address to forward to are weighed by type; these are two
 * ways. The route is of type 7, and is told of. */
static void
test_2_5_equal(void)
{
	const struct ospf_ext same = { .prefix = { OUTSIDE, 16 }, .type2 = true, .metric = 20 };
	struct land l = begin(0);
	const struct ospf_route *r;

	tell(&l, (int[]){ 20 }, 1);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[CORE], &same, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	for (uint32_t i = LOW; i <= HIGH; i++) {
		r = land_route(&l, i, OUTSIDE, 16);
		CU_ASSERT_FATAL(r != NULL);
		CU_ASSERT(r->kind == OSPF_ROUTE_N2 && r->metric == 20 && r->cost == 10);
		CU_ASSERT_EQUAL(r->n_hops, 2);
	}
	CU_ASSERT_TRUE(is_told(&l, HIGH, OUTSIDE));
	CU_ASSERT_FALSE(is_told(&l, LOW, OUTSIDE));
	land_free(&l);
}

/* ---- 3.1: who translates --------------------------------------------------------------------- */

static void
test_3_1_election(void)
{
	struct land l = begin(0);
	struct ospf_external x;

	tell(&l, (int[]){ 20 }, 1);
	CU_ASSERT_TRUE(land_settle(&l));
	/* The highest router ID of the border routers: not the one inside. */
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_ELECTED);
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT_EQUAL(area(&l, INSIDE)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT_TRUE(type5(&l, HIGH, OUTSIDE, &x));
	CU_ASSERT(x.type2 && x.metric == 20 && x.tag == 5 && x.forward == 0xc0a80000u + INSIDE);
	CU_ASSERT_FALSE(is_told(&l, LOW, OUTSIDE));
	CU_ASSERT_EQUAL(area(&l, HIGH)->n_translated, 1);
	/* Always: says so by Nt, which counts more than the ID. */
	nssa_set(&l, LOW, true, 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_ENABLED);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT_TRUE(is_told(&l, LOW, OUTSIDE));
	CU_ASSERT_FALSE(is_told(&l, HIGH, OUTSIDE));
	/* It is gone: the next one. */
	world_kill(l.r[LOW]);
	world_run(l.w, 20000);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_ELECTED);
	CU_ASSERT_TRUE(is_told(&l, HIGH, OUTSIDE));
	land_free(&l);
}

/* All border routers are boundary routers to the backbone, whoever translates and whether or not
 * they have anything to tell: the E bit, but not in a stub area. */
static void
test_3_1_boundary_routers(void)
{
	const struct ospf_area_cfg quiet = { .id = 1, .type = OSPF_AREA_NSSA, .default_cost = 7 };
	const struct ospf_area_cfg normal = { .id = 1, .default_cost = 1 };
	const struct ospf_area_cfg stub = { .id = 2, .type = OSPF_AREA_STUB, .default_cost = 7 };
	struct land l = begin(0);

	for (uint32_t i = LOW; i < N_ROUTERS; i++)
		CU_ASSERT_EQUAL(ospf_area_set(l.r[i]->o, &quiet, l.w->now_ms), 0);
	CU_ASSERT_EQUAL(ospf_area_set(l.r[LOW]->o, &stub, l.w->now_ms), 0);
	land_stub(&l, LOW, 2, 0xac100001u, 1);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT((flags(&l, CORE, 0, LOW) & OSPF_RLSA_E) != 0);
	CU_ASSERT((flags(&l, CORE, 0, HIGH) & OSPF_RLSA_E) != 0);
	CU_ASSERT((flags(&l, INSIDE, 1, LOW) & OSPF_RLSA_E) != 0);
	CU_ASSERT((flags(&l, LOW, 2, LOW) & OSPF_RLSA_E) == 0);
	CU_ASSERT((flags(&l, CORE, 0, CORE) & OSPF_RLSA_E) == 0);
	/* No NSSA any more. */
	for (uint32_t i = LOW; i < N_ROUTERS; i++)
		CU_ASSERT_EQUAL(ospf_area_set(l.r[i]->o, &normal, l.w->now_ms), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT((flags(&l, CORE, 0, LOW) & OSPF_RLSA_E) == 0);
	land_free(&l);
}

/* The one with the highest ID is cut off from the backbone, though it has an interface there: what
 * it translates goes nowhere, so the next one does. Both do, each for its part of the backbone. */
static void
test_3_1_partition(void)
{
	struct land l = begin(0);

	land_stub(&l, HIGH, 0, 0xac100001u, 1);
	tell(&l, (int[]){ 20 }, 1);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT(is_told(&l, HIGH, OUTSIDE) && !is_told(&l, LOW, OUTSIDE));
	for (struct port *p = l.r[HIGH]->ports; p != NULL; p = p->next_of_router)
		p->cut = p->cut || (p->ifp->area->cfg.id == 0 && !p->ifp->cfg.passive);
	world_run(l.w, 10000);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_ELECTED);
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_ELECTED);
	CU_ASSERT_TRUE(is_told(&l, LOW, OUTSIDE));
	for (struct port *p = l.r[HIGH]->ports; p != NULL; p = p->next_of_router)
		p->cut = false;
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT(is_told(&l, HIGH, OUTSIDE) && !is_told(&l, LOW, OUTSIDE));
	land_free(&l);
}

/* A translator that was deposed goes on for the stability interval, and is back without a gap. */
static void
test_3_1_stability(void)
{
	struct land l = begin(STABILITY_S);
	struct router *low = l.r[LOW];
	uint32_t n_events;

	tell(&l, (int[]){ 20, 20 }, 2);
	CU_ASSERT_EQUAL(ospf_calc_nssa_ranges(l.c[HIGH], &(struct ospf_nssa_range){ .area = 1,
			.prefix = { OUTSIDE, 8 }, .advertise = true }, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	world_run(l.w, STABILITY_S * 1000);
	n_events = area(&l, HIGH)->n_translator_events;
	nssa_set(&l, LOW, true, STABILITY_S);
	world_run(l.w, 5000);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_DEPOSED);
	CU_ASSERT(ospf_calc_deposed_ms(l.c[HIGH], area(&l, HIGH)) > 30000);
	CU_ASSERT(is_told(&l, LOW, OUTSIDE) && is_told(&l, HIGH, OUTSIDE));
	/* Elected again in time: it never ceased. */
	nssa_set(&l, LOW, false, STABILITY_S);
	world_run(l.w, 5000);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_ELECTED);
	CU_ASSERT_EQUAL(ospf_calc_deposed_ms(l.c[HIGH], area(&l, HIGH)), 0);
	CU_ASSERT_EQUAL(area(&l, HIGH)->n_translator_events, n_events + 2);
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_DEPOSED);
	world_run(l.w, STABILITY_S * 1000 + 1000);
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT_FALSE(is_told(&l, LOW, OUTSIDE));
	/* The interval runs out. */
	nssa_set(&l, LOW, true, STABILITY_S);
	world_run(l.w, STABILITY_S * 1000 - 2000);
	CU_ASSERT_TRUE(is_told(&l, HIGH, OUTSIDE));
	world_run(l.w, 5000);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT_FALSE(is_told(&l, HIGH, OUTSIDE));
	CU_ASSERT_EQUAL(area(&l, HIGH)->n_translated, 0);
	/* Who is no border router any more does not go on. */
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_ENABLED);
	for (struct port *p = low->ports; p != NULL; p = p->next_of_router)
		if (p->ifp->area->cfg.id == 0)
			ospf_if_set(low->o, &p->ifp->cfg, false, l.w->now_ms);
	world_run(l.w, 1000);
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_DISABLED);
	CU_ASSERT_TRUE(world_said(low, "area 0.0.0.1: translator enabled -> disabled"));
	land_free(&l);
}

/* ---- 3.2: what is translated ----------------------------------------------------------------- */

/* (1): the P bit, and an address to forward to that can be reached within the area. */
static void
test_3_2_1_conditions(void)
{
	static const struct {
		uint8_t options;
		uint32_t forward;
		bool told;
	} rows[] = {
		{ OSPF_OPT_NP, 0xc0a80000u + INSIDE, true },
		{ 0, 0xc0a80000u + INSIDE, false },
		{ OSPF_OPT_NP, 0, false },
		{ OSPF_OPT_NP, 0x0a0a0a0a, false }, /* nowhere */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct land l = begin(0);
		struct ospf_external x = { .mask = 0xff000000, .metric = 9, .type2 = true,
			.forward = rows[i].forward };
		uint8_t body[OSPF_EXTERNAL_BODY_LEN];
		struct ospf_area *a = ospf_area_find(l.r[INSIDE]->o, 1);

		ospf_external_write(body, &x);
		/* Known for an AS boundary router, it tells of another network as well. */
		tell(&l, (int[]){ 20 }, 1);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(ospf_originate(&a->lsdb, OSPF_LSA_NSSA, 0x0b000000,
				rows[i].options, body, sizeof(body)), 0);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(is_told(&l, HIGH, 0x0b000000), rows[i].told);
		CU_ASSERT_FALSE(is_told(&l, LOW, 0x0b000000));
		land_free(&l);
	}
}

/* (2): of several translators that tell of the same the one with the highest ID does. */
static void
test_3_2_2_equivalent(void)
{
	struct land l = begin(0);

	nssa_set(&l, LOW, true, 0);
	nssa_set(&l, HIGH, true, 0);
	tell(&l, (int[]){ 20 }, 1);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(area(&l, LOW)->translator, OSPF_TRANSLATOR_ENABLED);
	CU_ASSERT_EQUAL(area(&l, HIGH)->translator, OSPF_TRANSLATOR_ENABLED);
	CU_ASSERT_TRUE(is_told(&l, HIGH, OUTSIDE));
	CU_ASSERT_FALSE(is_told(&l, LOW, OUTSIDE));
	CU_ASSERT_EQUAL(area(&l, LOW)->n_translated, 0);
	world_kill(l.r[HIGH]);
	world_run(l.w, 20000);
	CU_ASSERT_TRUE(is_told(&l, LOW, OUTSIDE));
	land_free(&l);
}

struct range_row {
	const char *what;
	int metric[4]; /* of what is told: below 0: type 1 */
	struct ospf_nssa_range range[2];
	uint32_t told[2]; /* link state IDs that are told of, 0: no further one */
	struct ospf_external x; /* of the first */
};

#define R(a, l, ...) { .area = 1, .prefix = { a, l }, __VA_ARGS__ }

/* (3). The way from the translator to the one inside costs 10. */
static const struct range_row range_rows[] = {
	{ "one that gathers three of type 2: one more than the highest metric",
	  { 20, 30, 25 }, { R(OUTSIDE, 8, .advertise = true, .tag = 99) }, { OUTSIDE },
	  { .type2 = true, .metric = 31, .tag = 99 } },
	{ "of type 1: the highest cost, from the translator",
	  { -20, -30 }, { R(OUTSIDE, 8, .advertise = true) }, { OUTSIDE }, { .metric = 40 } },
	{ "of both types: type 2",
	  { -90, 20, -80 }, { R(OUTSIDE, 8, .advertise = true) }, { OUTSIDE },
	  { .type2 = true, .metric = 21 } },
	{ "a cost of its own",
	  { 20, 30 }, { R(OUTSIDE, 8, .advertise = true, .has_cost = true, .cost = 5) },
	  { OUTSIDE }, { .type2 = true, .metric = 5 } },
	{ "not advertised: nothing",
	  { 20, 30 }, { R(OUTSIDE, 8) }, { 0 }, { .metric = 0 } },
	{ "the most specific range counts: one is hidden, the other one told of as it is",
	  { 20, 30 }, { R(OUTSIDE, 8), R(OUTSIDE + 0x10000, 16, .advertise = true) },
	  { OUTSIDE + 0x10000 },
	  { .type2 = true, .metric = 30, .tag = 6, .forward = 0xc0a80000u + INSIDE } },
	{ "the only one in it is the range itself: as it is",
	  { 20 }, { R(OUTSIDE, 16, .advertise = true, .tag = 99) }, { OUTSIDE },
	  { .type2 = true, .metric = 20, .tag = 5, .forward = 0xc0a80000u + INSIDE } },
	{ "a range of another area",
	  { 20 }, { { .area = 2, .prefix = { OUTSIDE, 8 }, .advertise = true } }, { OUTSIDE },
	  { .type2 = true, .metric = 20, .tag = 5, .forward = 0xc0a80000u + INSIDE } },
	{ "nothing in it",
	  { 20 }, { R(0x0c000000, 8, .advertise = true) }, { OUTSIDE },
	  { .type2 = true, .metric = 20, .tag = 5, .forward = 0xc0a80000u + INSIDE } },
	{ "no metric goes beyond what there is",
	  { 0xfffffe, 1 }, { R(OUTSIDE, 8, .advertise = true) }, { OUTSIDE },
	  { .type2 = true, .metric = 0xfffffe } },
};

static void
range_row(const struct range_row *row)
{
	struct land l = begin(0);
	struct ospf_external x = { .metric = 0 };
	uint32_t n = 0, n_told = 0, n_wanted = (row->told[0] != 0) + (row->told[1] != 0);

	while (n < 4 && row->metric[n] != 0)
		n++;
	tell(&l, row->metric, n);
	CU_ASSERT_EQUAL(ospf_calc_nssa_ranges(l.c[HIGH], row->range,
			row->range[1].area != 0 ? 2 : 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	for (uint32_t i = 0; i < 2 && row->told[i] != 0; i++)
		n_told += is_told(&l, HIGH, row->told[i]);
	if (n_told != n_wanted ||
			ospf_lsdb_n(&l.r[CORE]->o->as_db, OSPF_LSA_EXTERNAL) != n_told ||
			(n_told > 0 && (!type5(&l, HIGH, row->told[0], &x) ||
					x.type2 != row->x.type2 || x.metric != row->x.metric ||
					x.tag != row->x.tag || x.forward != row->x.forward)))
		CU_FAIL(row->what);
	CU_ASSERT_EQUAL(area(&l, HIGH)->n_translated, n_told);
	land_free(&l);
}

static void
test_3_2_3_ranges(void)
{
	for (size_t i = 0; i < sizeof(range_rows) / sizeof(range_rows[0]); i++)
		range_row(&range_rows[i]);
}

/* What is in an active range and nowhere else goes nowhere, lest it circles; and what we
 * redistribute ourselves is told of by us. */
static void
test_3_2_3_discard(void)
{
	const struct ospf_nssa_range range = R(OUTSIDE, 8, .advertise = true);
	const struct ospf_ext mine = { .prefix = { OUTSIDE, 8 }, .metric = 77, .type2 = true };
	struct ospf_nssa_range_state s;
	struct land l = begin(0);
	const struct ospf_route *r;
	struct ospf_external x;

	CU_ASSERT_EQUAL(ospf_calc_nssa_ranges(l.c[HIGH], &range, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NULL(land_route(&l, HIGH, OUTSIDE, 8));
	tell(&l, (int[]){ 20, 30 }, 2);
	CU_ASSERT_TRUE(land_settle(&l));
	r = land_route(&l, HIGH, OUTSIDE, 8);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_DISCARD);
	r = land_route(&l, HIGH, OUTSIDE, 16);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_N2);
	r = land_route(&l, CORE, OUTSIDE, 8);
	CU_ASSERT(r != NULL && r->kind == OSPF_ROUTE_E2 && r->adv == l.r[HIGH]->id);
	CU_ASSERT_FATAL(ospf_calc_nssa_range(l.c[HIGH], 0, &s));
	CU_ASSERT(s.active && s.n == 2 && s.type2 && s.metric == 31);
	CU_ASSERT_FALSE(ospf_calc_nssa_range(l.c[HIGH], 1, &s));
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[HIGH], &mine, 1), 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_TRUE(type5(&l, HIGH, OUTSIDE, &x));
	CU_ASSERT_EQUAL(x.metric, 77);
	CU_ASSERT_EQUAL(ospf_lsdb_n(&l.r[CORE]->o->as_db, OSPF_LSA_EXTERNAL), 1);
	/* All of it goes with its source (section 3.3). */
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[HIGH], NULL, 0), 0);
	tell(&l, NULL, 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(ospf_lsdb_n(&l.r[CORE]->o->as_db, OSPF_LSA_EXTERNAL), 0);
	CU_ASSERT_PTR_NULL(land_route(&l, HIGH, OUTSIDE, 8));
	land_free(&l);
}

static const struct cu_case cases[] = {
	CU_CASE(test_2_4_type_7),
	CU_CASE(test_2_3_which_address),
	CU_CASE(test_2_3_suppressed),
	CU_CASE(test_2_3_no_address),
	CU_CASE(test_2_5_default),
	CU_CASE(test_2_5_equal),
	CU_CASE(test_3_1_election),
	CU_CASE(test_3_1_boundary_routers),
	CU_CASE(test_3_1_partition),
	CU_CASE(test_3_1_stability),
	CU_CASE(test_3_2_1_conditions),
	CU_CASE(test_3_2_2_equivalent),
	CU_CASE(test_3_2_3_ranges),
	CU_CASE(test_3_2_3_discard),
};

CU_MAIN("ospf_nssa", cases)
