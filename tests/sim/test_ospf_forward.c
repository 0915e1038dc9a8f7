/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses to forward to (RFC 2328 sections 12.4.4 and 16.4 (3), RFC 3101 sections 2.3 and 2.4):
 * when the next hop outside is told of, what takes it back, and which of several routers tells.
 *
 *     FAR -- area 0 -- NEAR -- the LAN -- TELLER and OTHER, and a router without OSPF
 *
 * Router i has the ID i + 1.
 */
#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define OUTSIDE 0x08000000u
#define LAN     0xc0a80000u
#define HOST    (LAN + 99) /* without OSPF */

enum { FAR, NEAR, TELLER, OTHER, N_ROUTERS };

/* What a router tells of 8.0.0.0/8. */
static void
tell(struct land *l, uint32_t i, uint32_t next_hop, uint32_t metric)
{
	struct ospf_ext e = { .prefix = { OUTSIDE, 8 }, .metric = metric, .next_hop = next_hop };

	CU_ASSERT_EQUAL(ospf_calc_externals(l->c[i], &e, next_hop != UINT32_MAX), 0);
}

#define NOTHING UINT32_MAX

/* The LAN is in @area; FAR is in the backbone. */
static struct land
begin(uint32_t area, enum ospf_area_type type)
{
	struct ospf_area_cfg a = { .id = area, .type = type, .default_cost = 1 };
	struct land l = land_new(21, N_ROUTERS);
	struct net *lan = world_net(l.w);

	for (uint32_t i = NEAR; i < N_ROUTERS; i++) {
		if (area != 0)
			CU_ASSERT_EQUAL(ospf_area_set(l.r[i]->o, &a, l.w->now_ms), 0);
		land_attach(&l, i, lan, area, LAN + i, 10, OSPF_IF_BROADCAST);
	}
	land_join(&l, FAR, NEAR, 0, 5);
	return l;
}

static struct ospf_lsdb *
db_of(const struct land *l, uint32_t i, uint8_t type)
{
	return type == OSPF_LSA_EXTERNAL ? &l->r[i]->o->as_db
					 : &ospf_area_find(l->r[i]->o, 1)->lsdb;
}

/* The LSA of @adv, as router @i has it; NULL: none. */
static const struct ospf_lsa *
lsa_of(const struct land *l, uint32_t i, uint8_t type, uint32_t adv, struct ospf_external *x)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(db_of(l, i, type), type, OUTSIDE,
			l->r[adv]->id);

	if (lsa == NULL || ospf_lsa_is_max_age(lsa))
		return NULL;
	CU_ASSERT_TRUE_FATAL(ospf_external_read(lsa->data, lsa->h.len, x));
	return lsa;
}

/* The address in it; NOTHING: there is no such LSA. */
static uint32_t
told(const struct land *l, uint32_t i, uint8_t type, uint32_t adv)
{
	struct ospf_external x;

	return lsa_of(l, i, type, adv, &x) != NULL ? x.forward : NOTHING;
}

/* The one way of router @i goes to @gw, and costs @cost. */
static void
route_is(const struct land *l, uint32_t i, uint32_t gw, uint32_t cost)
{
	const struct ospf_route *r = land_route(l, i, OUTSIDE, 8);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL_FATAL(r->n_hops, 1);
	CU_ASSERT_EQUAL(ospf_calc_hops(l->c[i])[r->first_hop].gw, gw);
	CU_ASSERT_EQUAL(r->metric, cost);
}

/* ---- type 5 ---------------------------------------------------------------------------------- */

/* Others send to the next hop, not to who tells of it; and again to this when it is not told. */
static void
test_used(void)
{
	struct land l = begin(0, OSPF_AREA_NORMAL);

	tell(&l, TELLER, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), HOST);
	route_is(&l, NEAR, HOST, 10 + 7);
	route_is(&l, OTHER, HOST, 10 + 7);
	route_is(&l, FAR, 0x0a010202, 5 + 10 + 7);
	/* Another router outside, one that is not on the LAN, none, one on it again, gone. */
	tell(&l, TELLER, HOST + 1, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	route_is(&l, NEAR, HOST + 1, 10 + 7);
	tell(&l, TELLER, 0x0b000001, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), 0);
	route_is(&l, NEAR, LAN + TELLER, 10 + 7);
	tell(&l, TELLER, 0, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), 0);
	tell(&l, TELLER, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), HOST);
	tell(&l, TELLER, NOTHING, 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), NOTHING);
	CU_ASSERT_PTR_NULL(land_route(&l, NEAR, OUTSIDE, 8));
	land_free(&l);
}

/* Kinds of networks; each is changed into from the first one, and back. */
static void
test_conditions(void)
{
	static const struct {
		enum ospf_if_type type;
		bool passive, suppressed, down;
		uint32_t addr;
		bool named;
	} rows[] = {
		{ .type = OSPF_IF_BROADCAST, .named = true },
		{ .type = OSPF_IF_NBMA, .named = true },
		{ .type = OSPF_IF_P2P },
		{ .type = OSPF_IF_P2MP },
		{ .type = OSPF_IF_P2MP_NB },
		{ .type = OSPF_IF_BROADCAST, .passive = true },
		{ .type = OSPF_IF_BROADCAST, .suppressed = true },
		{ .type = OSPF_IF_BROADCAST, .down = true },
		{ .type = OSPF_IF_BROADCAST, .addr = LAN + 50, .named = true },
		{ .type = OSPF_IF_BROADCAST, .addr = 0x0b000001 }, /* another network */
		{ .type = OSPF_IF_BROADCAST, .addr = HOST },       /* ours itself */
	};
	struct land l = begin(0, OSPF_AREA_NORMAL);
	struct port *lan = l.r[TELLER]->ports;
	struct ospf_if_cfg first = lan->ifp->cfg;

	land_stub(&l, TELLER, 0, 0x0c000001, 10);
	tell(&l, TELLER, HOST, 7);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_if_cfg c = first;

		c.type = (uint8_t)rows[i].type;
		c.passive = rows[i].passive;
		c.prefix_suppression = rows[i].suppressed;
		c.addr.addr = rows[i].addr != 0 ? rows[i].addr : c.addr.addr;
		for (int back = 0; back < 2; back++) {
			CU_ASSERT_PTR_EQUAL(ospf_if_set(lan->r->o, back ? &first : &c,
					back || !rows[i].down, l.w->now_ms), lan->ifp);
			world_run(l.w, 30000);
			CU_ASSERT_EQUAL(told(&l, TELLER, OSPF_LSA_EXTERNAL, TELLER),
					back || rows[i].named ? HOST : 0);
		}
	}
	land_free(&l);
}

/* In an area that does not carry type 5 nobody is named in type 5. */
static void
test_areas(void)
{
	for (enum ospf_area_type type = OSPF_AREA_NORMAL; type <= OSPF_AREA_NSSA; type++) {
		struct land l = begin(1, type);

		land_join(&l, FAR, TELLER, 0, 50);
		tell(&l, TELLER, HOST, 7);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER),
				type == OSPF_AREA_NORMAL ? HOST : 0);
		land_free(&l);
	}
}

/* Section 16.4 (3) by a router that is itself the address: it is no way to anywhere. */
static void
test_own_address(void)
{
	struct land l = begin(0, OSPF_AREA_NORMAL);

	tell(&l, TELLER, LAN + OTHER, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), LAN + OTHER);
	route_is(&l, NEAR, LAN + OTHER, 10 + 7);
	CU_ASSERT_PTR_NULL(land_route(&l, OTHER, OUTSIDE, 8));
	land_free(&l);
}

/* Section 12.4.4: destination, cost and address (not 0) the same, both reachable: the one with the
 * higher router ID tells. */
static void
test_two_tell(void)
{
	static const struct {
		uint32_t next_hop, metric;
		bool both;
	} rows[] = {
		{ HOST, 7, false },
		{ HOST + 1, 7, true },
		{ HOST, 8, true },
		{ 0, 7, true },
		{ HOST, 7, false },
	};
	struct land l = begin(0, OSPF_AREA_NORMAL);

	tell(&l, TELLER, HOST, 7);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tell(&l, OTHER, rows[i].next_hop, rows[i].metric);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, OTHER), rows[i].next_hop);
		CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER),
				rows[i].both ? HOST : NOTHING);
		CU_ASSERT_PTR_NOT_NULL(land_route(&l, FAR, OUTSIDE, 8));
	}
	/* Type 2 is another cost than type 1. */
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[OTHER], &(struct ospf_ext){
			.prefix = { OUTSIDE, 8 }, .type2 = true, .metric = 7, .next_hop = HOST }, 1),
			0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), HOST);
	tell(&l, OTHER, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), NOTHING);
	/* It cannot be reached any more: its LSA is there still. */
	world_kill(l.r[OTHER]);
	world_run(l.w, 20000);
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, OTHER), HOST);
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), HOST);
	land_free(&l);
}

/* The one that stays tells no more: the other one does. */
static void
test_two_one_ceases(void)
{
	struct land l = begin(0, OSPF_AREA_NORMAL);

	tell(&l, TELLER, HOST, 7);
	tell(&l, OTHER, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), NOTHING);
	tell(&l, OTHER, NOTHING, 0);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, TELLER), HOST);
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, OTHER), NOTHING);
	route_is(&l, OTHER, HOST, 10 + 7);
	land_free(&l);
}

/* ---- type 7 ---------------------------------------------------------------------------------- */

/* The LSA of @adv within the NSSA: this address, and P or not. */
static void
type7_is(const struct land *l, uint32_t adv, uint32_t forward, bool p)
{
	struct ospf_external x;
	const struct ospf_lsa *lsa = lsa_of(l, NEAR, OSPF_LSA_NSSA, adv, &x);

	CU_ASSERT_PTR_NOT_NULL_FATAL(lsa);
	CU_ASSERT_EQUAL(x.forward, forward);
	CU_ASSERT_EQUAL((lsa->h.options & OSPF_OPT_NP) != 0, p);
}

/* RFC 3101 section 2.3: the next hop outside comes before an address of ours. */
static void
test_nssa(void)
{
	struct land l = begin(1, OSPF_AREA_NSSA);
	struct port *lan = l.r[TELLER]->ports;
	struct ospf_if_cfg was = lan->ifp->cfg, c = was;

	land_stub(&l, TELLER, 1, 0xac100201, 10);
	tell(&l, TELLER, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, TELLER, HOST, true);
	route_is(&l, OTHER, HOST, 10 + 7);
	route_is(&l, NEAR, HOST, 10 + 7);
	/* Translated as it is. */
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, NEAR), HOST);
	route_is(&l, FAR, 0x0a010202, 5 + 10 + 7);
	c.prefix_suppression = true;
	CU_ASSERT_PTR_EQUAL(ospf_if_set(lan->r->o, &c, true, l.w->now_ms), lan->ifp);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, TELLER, 0xac100201, true);
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, NEAR), 0xac100201);
	CU_ASSERT_PTR_EQUAL(ospf_if_set(lan->r->o, &was, true, l.w->now_ms), lan->ifp);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, TELLER, HOST, true);
	land_free(&l);
}

/* A border router tells the outside by type 5 for itself, and there names nobody in an NSSA. */
static void
test_nssa_border(void)
{
	struct land l = begin(1, OSPF_AREA_NSSA);

	tell(&l, NEAR, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, NEAR, HOST, false);
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, NEAR), 0);
	route_is(&l, TELLER, HOST, 10 + 7);
	tell(&l, NEAR, 0, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, NEAR, 0, false);
	route_is(&l, TELLER, LAN + NEAR, 10 + 7);
	land_free(&l);
}

/* RFC 3101 section 2.4: of two LSAs for the same the less preferred one goes: without the P bit,
 * else of the lower router ID. */
static void
test_nssa_two_tell(void)
{
	struct land l = begin(1, OSPF_AREA_NSSA);

	tell(&l, TELLER, HOST, 7);
	tell(&l, OTHER, HOST, 7);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, OTHER, HOST, true);
	CU_ASSERT_EQUAL(told(&l, NEAR, OSPF_LSA_NSSA, TELLER), NOTHING);
	CU_ASSERT_EQUAL(told(&l, FAR, OSPF_LSA_EXTERNAL, NEAR), HOST);
	/* A border router with the highest ID of all: without the P bit. */
	land_join(&l, FAR, OTHER, 0, 50);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, TELLER, HOST, true);
	CU_ASSERT_EQUAL(told(&l, NEAR, OSPF_LSA_NSSA, OTHER), NOTHING);
	tell(&l, TELLER, NOTHING, 0);
	CU_ASSERT_TRUE(land_settle(&l));
	type7_is(&l, OTHER, HOST, false);
	CU_ASSERT_EQUAL(told(&l, NEAR, OSPF_LSA_NSSA, TELLER), NOTHING);
	land_free(&l);
}

static const struct cu_case cases[] = {
	CU_CASE(test_used),
	CU_CASE(test_conditions),
	CU_CASE(test_areas),
	CU_CASE(test_own_address),
	CU_CASE(test_two_tell),
	CU_CASE(test_two_one_ceases),
	CU_CASE(test_nssa),
	CU_CASE(test_nssa_border),
	CU_CASE(test_nssa_two_tell),
};

CU_MAIN("ospf_forward", cases)
