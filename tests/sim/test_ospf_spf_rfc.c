/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing table step by step (RFC 2328 sections 16.1, 16.2, 16.4): router 1 has the LSAs of
 * routers behind its neighbour, which the test writes, and which are in each row what the step is
 * about. All in the backbone:
 *
 *    1 --10-- 2 --10-- 77, which has 172.16.77.0/24 at 1 and tells of what others have
 */
#include <stdio.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define FAR     77u
#define OTHER   78u /* has no router-LSA */
#define NEXT    2u
#define STUB    0xac104d00u /* 172.16.77.0 */
#define TARGET  0x08000000u /* what is told of, /16 */
#define CARRIER 0x0a630001u /* 10.99.0.1, a network between 2 and 77: the DR's address */
#define HOST    0x0b000005u /* an address to forward to */
#define INF     OSPF_LS_INFINITY

struct lsa {
	uint16_t age;
	uint8_t type;
	uint32_t id, adv;
	struct wr w;
	uint8_t data[256];
};

static void
lsa_begin(struct lsa *x, uint8_t type, uint32_t id, uint32_t adv)
{
	*x = (struct lsa){ .type = type, .id = id, .adv = adv };
	x->w = wr_init(x->data, sizeof(x->data));
	wr_zero(&x->w, OSPF_LSA_HDR_LEN);
}

/* Into the database of router 1, newer than what is there. */
static void
lsa_put(struct land *l, struct lsa *x)
{
	struct ospf_lsdb *db = x->type == OSPF_LSA_EXTERNAL ? &l->r[0]->o->as_db : world_db(l->r[0]);
	const struct ospf_lsa *was = ospf_lsdb_find(db, x->type, x->id, x->adv);
	struct ospf_lsa_hdr h = { .age = x->age, .options = OSPF_OPT_E, .type = x->type, .id = x->id,
		.adv = x->adv, .seq = was != NULL ? was->h.seq + 1 : OSPF_INITIAL_SEQ,
		.len = (uint16_t)x->w.len };
	struct wr head = wr_init(x->data, OSPF_LSA_HDR_LEN);

	ospf_lsa_hdr_write(&head, &h);
	h.cksum = ospf_lsa_cksum_set(x->data, h.len);
	CU_ASSERT_PTR_NULL_FATAL(ospf_lsa_check(x->data, h.len));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ospf_lsdb_install(db, &h, x->data, true));
}

static void
link_put(struct lsa *x, uint8_t type, uint32_t id, uint32_t data, uint16_t metric)
{
	wr_be32(&x->w, id);
	wr_be32(&x->w, data);
	wr_u8(&x->w, type);
	wr_u8(&x->w, 0);
	wr_be16(&x->w, metric);
}

static void
router_begin(struct lsa *x, uint32_t id, uint8_t flags, uint16_t n)
{
	lsa_begin(x, OSPF_LSA_ROUTER, id, id);
	wr_u8(&x->w, flags);
	wr_u8(&x->w, 0);
	wr_be16(&x->w, n);
}

/* How 2 and 77 hang together; what 77 is. */
struct shape {
	uint8_t flags;      /* of 77's router-LSA */
	bool no_back;       /* 77 does not tell of its link */
	uint16_t age;       /* of its router-LSA */
	uint16_t metric;    /* of 2's link there; 0: 10 */
	enum { LINK, NETWORK, NO_NETWORK, NOT_LISTED } by;
};

static void
shape_put(struct land *l, const struct shape *s)
{
	uint8_t type = s->by == LINK ? OSPF_LINK_P2P : OSPF_LINK_TRANSIT;
	uint16_t metric = s->metric != 0 ? s->metric : 10;
	struct lsa x;

	router_begin(&x, NEXT, 0, 2);
	link_put(&x, OSPF_LINK_P2P, 1, 0x0a010202, 10);
	link_put(&x, type, s->by == LINK ? FAR : CARRIER, CARRIER, metric);
	lsa_put(l, &x);
	router_begin(&x, FAR, s->flags, s->no_back ? 1 : 2);
	x.age = s->age;
	link_put(&x, OSPF_LINK_STUB, STUB, 0xffffff00, 1);
	if (!s->no_back)
		link_put(&x, type, s->by == LINK ? NEXT : CARRIER, CARRIER + 1, 10);
	lsa_put(l, &x);
	if (s->by == LINK || s->by == NO_NETWORK)
		return;
	lsa_begin(&x, OSPF_LSA_NETWORK, CARRIER, NEXT);
	wr_be32(&x.w, 0xffffff00);
	wr_be32(&x.w, NEXT);
	if (s->by == NETWORK)
		wr_be32(&x.w, FAR);
	lsa_put(l, &x);
}

static struct land
begin(const struct shape *s)
{
	struct land l = land_new(51, 2);

	land_join(&l, 0, 1, 0, 10);
	CU_ASSERT_TRUE_FATAL(land_settle(&l));
	shape_put(&l, s);
	ospf_calc_now(l.c[0]);
	return l;
}

/* The route to a prefix is of this kind and cost, or there is none. */
static void
route_is(const struct land *l, const char *rfc, uint32_t addr, uint8_t len,
		enum ospf_route_kind kind, uint32_t metric)
{
	const struct ospf_route *r = land_route(l, 0, addr, len);
	bool ok = kind == OSPF_ROUTE_NONE ? r == NULL
			: r != NULL && r->kind == kind && r->metric == metric;

	if (!ok)
		printf("\n  %s: kind %d, metric %u\n", rfc, r != NULL ? r->kind : 0,
				r != NULL ? r->metric : 0);
	CU_ASSERT_TRUE(ok);
}

/* ---- 16.1 ------------------------------------------------------------------------------------ */

static void
test_16_1(void)
{
	static const struct {
		const char *rfc;
		struct shape s;
		uint32_t stub; /* cost of 77's network; 0: it cannot be reached */
		bool network;  /* the one in between can */
	} rows[] = {
		{ "16.1: over a link", { 0 }, 21, false },
		{ "16.1 (2) (b): no link back", { .no_back = true }, 0, false },
		{ "16.1 (2) (b): MaxAge", { .age = OSPF_MAX_AGE }, 0, false },
		{ "16.1 (2) (b): no network-LSA", { .by = NO_NETWORK }, 0, false },
		{ "16.1 (2): over a network", { .by = NETWORK }, 21, true },
		{ "16.1 (2) (b): not in the network-LSA", { .by = NOT_LISTED }, 0, true },
		{ "16.1 (2) (b): it is, but says nothing of it", { .by = NETWORK, .no_back = true },
			0, true },
		{ "6987: at the highest metric there is a way", { .metric = 0xffff }, 65546, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct land l = begin(&rows[i].s);

		route_is(&l, rows[i].rfc, STUB, 24, rows[i].stub != 0 ? OSPF_ROUTE_INTRA
				: OSPF_ROUTE_NONE, rows[i].stub);
		route_is(&l, rows[i].rfc, CARRIER & 0xffffff00, 24, rows[i].network
				? OSPF_ROUTE_INTRA : OSPF_ROUTE_NONE, 20);
		land_free(&l);
	}
}

/* ---- 16.2 ------------------------------------------------------------------------------------ */

static void
summary_put(struct land *l, uint8_t type, uint32_t id, uint32_t adv, uint32_t metric, uint16_t age)
{
	struct ospf_summary s = { .mask = type == OSPF_LSA_SUMMARY ? 0xffff0000 : 0,
		.metric = metric };
	uint8_t body[OSPF_SUMMARY_BODY_LEN];
	struct lsa x;

	lsa_begin(&x, type, id, adv);
	x.age = age;
	ospf_summary_write(body, &s);
	wr_bytes(&x.w, body, sizeof(body));
	lsa_put(l, &x);
}

static void
test_16_2(void)
{
	static const struct {
		const char *rfc;
		struct shape s;
		uint32_t adv, metric, cost; /* cost 0: no route */
		uint16_t age;
	} rows[] = {
		{ "16.2: by a border router", { .flags = OSPF_RLSA_B }, FAR, 5, 25, 1 },
		{ "16.2 (1): LSInfinity", { .flags = OSPF_RLSA_B }, FAR, INF, 0, 1 },
		{ "16.2 (1): just below", { .flags = OSPF_RLSA_B }, FAR, INF - 1, 20 + INF - 1, 1 },
		{ "16.2 (1): MaxAge", { .flags = OSPF_RLSA_B }, FAR, 5, 0, OSPF_MAX_AGE },
		{ "16.2 (2): our own", { .flags = OSPF_RLSA_B }, 1, 5, 0, 1 },
		{ "16.2 (4): no border router", { .flags = OSPF_RLSA_E }, FAR, 5, 0, 1 },
		{ "16.2 (4): unknown", { .flags = OSPF_RLSA_B }, OTHER, 5, 0, 1 },
		{ "16.2 (4): cut off", { .flags = OSPF_RLSA_B, .no_back = true }, FAR, 5, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct land l = begin(&rows[i].s);

		summary_put(&l, OSPF_LSA_SUMMARY, TARGET, rows[i].adv, rows[i].metric, rows[i].age);
		ospf_calc_now(l.c[0]);
		route_is(&l, rows[i].rfc, TARGET, 16, rows[i].cost != 0 ? OSPF_ROUTE_INTER
				: OSPF_ROUTE_NONE, rows[i].cost);
		land_free(&l);
	}
}

/* ---- 16.4 ------------------------------------------------------------------------------------ */

static void
external_put(struct land *l, uint32_t adv, const struct ospf_external *e, uint16_t age)
{
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];
	struct lsa x;

	lsa_begin(&x, OSPF_LSA_EXTERNAL, TARGET, adv);
	x.age = age;
	ospf_external_write(body, e);
	wr_bytes(&x.w, body, sizeof(body));
	lsa_put(l, &x);
}

/* How the address to forward to is known. */
enum known { UNKNOWN, INTRA, INTER, EXTERNAL };

static void
known_put(struct land *l, enum known how)
{
	const struct ospf_external e = { .mask = 0xffff0000, .metric = 1 };
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];
	struct lsa x;

	if (how == INTER) {
		summary_put(l, OSPF_LSA_SUMMARY, HOST & 0xffff0000, FAR, 7, 1);
	} else if (how == EXTERNAL) {
		lsa_begin(&x, OSPF_LSA_EXTERNAL, HOST & 0xffff0000, FAR);
		ospf_external_write(body, &e);
		wr_bytes(&x.w, body, sizeof(body));
		lsa_put(l, &x);
	}
}

static void
test_16_4(void)
{
#define ASBR { .flags = OSPF_RLSA_E | OSPF_RLSA_B }
	static const struct {
		const char *rfc;
		struct shape s;
		uint32_t adv;
		struct ospf_external e;
		enum known known;
		enum ospf_route_kind kind;
		uint32_t metric;
		uint16_t age;
	} rows[] = {
		{ "16.4: type 1", ASBR, FAR, { .metric = 5 }, UNKNOWN, OSPF_ROUTE_E1, 25, 1 },
		{ "16.4: type 2", ASBR, FAR, { .metric = 5, .type2 = true }, UNKNOWN, OSPF_ROUTE_E2,
			5, 1 },
		{ "16.4 (1): LSInfinity", ASBR, FAR, { .metric = INF }, UNKNOWN, OSPF_ROUTE_NONE, 0,
			1 },
		{ "16.4 (1): LSInfinity, type 2", ASBR, FAR, { .metric = INF, .type2 = true },
			UNKNOWN, OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (1): MaxAge", ASBR, FAR, { .metric = 5 }, UNKNOWN, OSPF_ROUTE_NONE, 0,
			OSPF_MAX_AGE },
		{ "16.4 (2): our own", ASBR, 1, { .metric = 5 }, UNKNOWN, OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (3): no boundary router", { .flags = OSPF_RLSA_B }, FAR, { .metric = 5 },
			UNKNOWN, OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (3): unknown", ASBR, OTHER, { .metric = 5 }, UNKNOWN, OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (3): cut off", { .flags = OSPF_RLSA_E, .no_back = true }, FAR,
			{ .metric = 5 }, UNKNOWN, OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (3): forward within an area", ASBR, FAR, { .metric = 5, .forward = STUB + 9 },
			INTRA, OSPF_ROUTE_E1, 26, 1 },
		{ "16.4 (3): forward to another area", ASBR, FAR, { .metric = 5, .forward = HOST },
			INTER, OSPF_ROUTE_E1, 32, 1 },
		{ "16.4 (3): forward outside", ASBR, FAR, { .metric = 5, .forward = HOST }, EXTERNAL,
			OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (3): forward to nowhere", ASBR, FAR, { .metric = 5, .forward = HOST },
			UNKNOWN, OSPF_ROUTE_NONE, 0, 1 },
		{ "16.4 (3): forward, but the ASBR is not reached", ASBR, OTHER,
			{ .metric = 5, .forward = STUB + 9 }, INTRA, OSPF_ROUTE_NONE, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct land l = begin(&rows[i].s);
		struct ospf_external e = rows[i].e;

		e.mask = 0xffff0000;
		known_put(&l, rows[i].known);
		external_put(&l, rows[i].adv, &e, rows[i].age);
		ospf_calc_now(l.c[0]);
		route_is(&l, rows[i].rfc, TARGET, 16, rows[i].kind, rows[i].metric);
		land_free(&l);
	}
}

/* Type 4: the way to an ASBR of another area (16.2), and what it takes away when it goes. */
static void
test_16_2_asbr(void)
{
	const struct ospf_external e = { .mask = 0xffff0000, .metric = 5 };
	const struct shape s = { .flags = OSPF_RLSA_B };
	static const uint32_t metrics[] = { 3, INF, 4 };
	struct land l = begin(&s);

	external_put(&l, OTHER, &e, 1);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		summary_put(&l, OSPF_LSA_ASBR_SUMMARY, OTHER, FAR, metrics[i], 1);
		ospf_calc_now(l.c[0]);
		route_is(&l, "16.2: type 4", TARGET, 16, metrics[i] == INF ? OSPF_ROUTE_NONE
				: OSPF_ROUTE_E1, 25 + metrics[i]);
	}
	summary_put(&l, OSPF_LSA_ASBR_SUMMARY, OTHER, FAR, 4, OSPF_MAX_AGE);
	ospf_calc_now(l.c[0]);
	route_is(&l, "16.2 (1): type 4, MaxAge", TARGET, 16, OSPF_ROUTE_NONE, 0);
	land_free(&l);
}

/* Section 11: within the area before between areas before type 1 before type 2, at any cost. */
static void
test_11_preference(void)
{
	const struct shape s = ASBR;
	struct ospf_external e = { .mask = 0xffff0000, .metric = 1, .type2 = true };
	struct land l = begin(&s);
	struct lsa x;

	external_put(&l, FAR, &e, 1);
	ospf_calc_now(l.c[0]);
	route_is(&l, "type 2", TARGET, 16, OSPF_ROUTE_E2, 1);
	e.type2 = false;
	e.metric = 50000;
	external_put(&l, NEXT, &e, 1);
	router_begin(&x, NEXT, OSPF_RLSA_E, 2);
	link_put(&x, OSPF_LINK_P2P, 1, 0x0a010202, 10);
	link_put(&x, OSPF_LINK_P2P, FAR, CARRIER, 10);
	lsa_put(&l, &x);
	ospf_calc_now(l.c[0]);
	route_is(&l, "type 1", TARGET, 16, OSPF_ROUTE_E1, 50010);
	summary_put(&l, OSPF_LSA_SUMMARY, TARGET, FAR, 100000, 1);
	ospf_calc_now(l.c[0]);
	route_is(&l, "between areas", TARGET, 16, OSPF_ROUTE_INTER, 100020);
	router_begin(&x, NEXT, OSPF_RLSA_E, 3);
	link_put(&x, OSPF_LINK_P2P, 1, 0x0a010202, 10);
	link_put(&x, OSPF_LINK_P2P, FAR, CARRIER, 10);
	link_put(&x, OSPF_LINK_STUB, TARGET, 0xffff0000, 65535);
	lsa_put(&l, &x);
	summary_put(&l, OSPF_LSA_SUMMARY, TARGET, FAR, 1, 1);
	ospf_calc_now(l.c[0]);
	route_is(&l, "within the area", TARGET, 16, OSPF_ROUTE_INTRA, 65545);
	land_free(&l);
}

static const struct cu_case cases[] = {
	CU_CASE(test_16_1),
	CU_CASE(test_16_2),
	CU_CASE(test_16_2_asbr),
	CU_CASE(test_16_4),
	CU_CASE(test_11_preference),
};

CU_MAIN("ospf_spf_rfc", cases)
