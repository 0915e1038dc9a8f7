/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours by RFC 2328, whole tables: each event in each state (10.3), with whom an adjacency is
 * wanted (10.4), what a Hello must be like and what it does (8.2, 9.5.1, 10.5), each Database
 * Description in ExStart and Exchange (10.6) and each request (10.7).
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/ospf_scene.h"
#include "tests/unit/cu.h"

#define N_STATES 8

/* ---- section 10.3 ---------------------------------------------------------------------------- */

enum { SAME = -1, DOWN = OSPF_NBR_DOWN, ATTEMPT = OSPF_NBR_ATTEMPT, INIT = OSPF_NBR_INIT,
	TWOWAY = OSPF_NBR_2WAY, EXSTART = OSPF_NBR_EXSTART, EXCHANGE = OSPF_NBR_EXCHANGE,
	LOADING = OSPF_NBR_LOADING, FULL = OSPF_NBR_FULL };

/* By state, from Down to Full; on a non-broadcast network, where all of them can be. */
/* clang-format off */
static const struct event_row {
	const char *name;
	enum ospf_nbr_event event;
	bool wanted; /* the adjacency, when it comes */
	int next[N_STATES];
} events[] = {
	{ "HelloReceived", OSPF_NE_HELLO, true,
	  { INIT, INIT, SAME, SAME, SAME, SAME, SAME, SAME } },
	{ "Start", OSPF_NE_START, true,
	  { ATTEMPT, SAME, SAME, SAME, SAME, SAME, SAME, SAME } },
	{ "2-WayReceived", OSPF_NE_2WAY, true,
	  { SAME, SAME, EXSTART, SAME, SAME, SAME, SAME, SAME } },
	{ "2-WayReceived, no adjacency", OSPF_NE_2WAY, false,
	  { SAME, SAME, TWOWAY, SAME, SAME, SAME, SAME, SAME } },
	{ "NegotiationDone", OSPF_NE_NEGOTIATED, true,
	  { SAME, SAME, SAME, SAME, EXCHANGE, SAME, SAME, SAME } },
	{ "ExchangeDone", OSPF_NE_EXCHANGE_DONE, true,
	  { SAME, SAME, SAME, SAME, SAME, FULL, SAME, SAME } },
	{ "LoadingDone", OSPF_NE_LOADED, true,
	  { SAME, SAME, SAME, SAME, SAME, SAME, FULL, SAME } },
	{ "AdjOK?", OSPF_NE_ADJ_OK, true,
	  { SAME, SAME, SAME, EXSTART, SAME, SAME, SAME, SAME } },
	{ "AdjOK?, no adjacency", OSPF_NE_ADJ_OK, false,
	  { SAME, SAME, SAME, SAME, TWOWAY, TWOWAY, TWOWAY, TWOWAY } },
	{ "SeqNumberMismatch", OSPF_NE_SEQ_MISMATCH, true,
	  { SAME, SAME, SAME, SAME, SAME, EXSTART, EXSTART, EXSTART } },
	{ "BadLSReq", OSPF_NE_BAD_LS_REQ, true,
	  { SAME, SAME, SAME, SAME, SAME, EXSTART, EXSTART, EXSTART } },
	{ "1-Way", OSPF_NE_1WAY, true,
	  { SAME, SAME, SAME, INIT, INIT, INIT, INIT, INIT } },
	{ "KillNbr", OSPF_NE_KILL, true,
	  { DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN } },
	{ "InactivityTimer", OSPF_NE_TIMEOUT, true,
	  { DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN } },
	{ "LLDown", OSPF_NE_LINK_DOWN, true,
	  { DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN } },
};
/* clang-format on */

/* What the state brings with it, and what goes: "the lists are cleared". */
static bool
is_as_in(const struct ospf_nbr *n)
{
	if (n->inactivity.on != (n->state != OSPF_NBR_DOWN))
		return false;
	if (n->state < OSPF_NBR_EXCHANGE && (!TAILQ_EMPTY(&n->request_list) || n->n_unacked != 0))
		return false;
	if (n->state == OSPF_NBR_EXSTART && (!n->master || !n->dd_timer.on))
		return false;
	return n->state >= OSPF_NBR_EXSTART || !n->dd_timer.on;
}

static void
event_run(const struct event_row *e, enum ospf_nbr_state in)
{
	enum ospf_nbr_state next = e->next[in] == SAME ? in : (enum ospf_nbr_state)e->next[in];
	uint32_t dd_seq;
	struct ospf_nbr *n;
	struct scene s;
	bool ok;

	scene_begin(&s, OSPF_IF_NBMA, LOW, OSPF_AREA_NORMAL);
	n = scene_bring(&s, in);
	n->configured = true; /* it stays when it is Down */
	if (in >= OSPF_NBR_EXCHANGE) /* something that it has to acknowledge */
		CU_ASSERT_EQUAL(world_summary(s.a, UNKNOWN + 0x10000, 1), 0);
	CU_ASSERT_EQUAL(n->n_unacked, in >= OSPF_NBR_EXCHANGE);
	dd_seq = n->dd_seq;
	scene_dr(&s, e->wanted);
	ospf_nbr_event(n, e->event, "test");
	ok = n->state == next && is_as_in(n);
	/* Entering ExStart: "increments the DD sequence number". */
	if (next == OSPF_NBR_EXSTART && in > OSPF_NBR_EXSTART)
		ok = ok && n->dd_seq == dd_seq + 1;
	if (!ok)
		printf("\n  10.3, %s in %s: %s\n", e->name, ospf_nbr_state_str(in),
				ospf_nbr_state_str(n->state));
	CU_ASSERT_TRUE(ok);
	world_free(s.w);
}

static void
test_10_3_events(void)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		for (int in = DOWN; in <= FULL; in++)
			event_run(&events[i], (enum ospf_nbr_state)in);
}

/* ---- section 10.4 ---------------------------------------------------------------------------- */

static void
test_10_4_adjacencies(void)
{
	enum { OTHER = 99 };
	static const struct {
		enum ospf_if_type type;
		enum ospf_if_state state;
		uint32_t dr, bdr; /* numbers of routers */
		bool wanted;
	} rows[] = {
		{ OSPF_IF_P2P, OSPF_IFS_P2P, 0, 0, true },
		{ OSPF_IF_P2MP, OSPF_IFS_P2P, 0, 0, true },
		{ OSPF_IF_P2MP_NB, OSPF_IFS_P2P, 0, 0, true },
		{ OSPF_IF_VLINK, OSPF_IFS_P2P, 0, 0, true },
		{ OSPF_IF_BROADCAST, OSPF_IFS_DR, A, OTHER, true },
		{ OSPF_IF_BROADCAST, OSPF_IFS_BACKUP, OTHER, A, true },
		{ OSPF_IF_BROADCAST, OSPF_IFS_DROTHER, LOW, OTHER, true },
		{ OSPF_IF_BROADCAST, OSPF_IFS_DROTHER, OTHER, LOW, true },
		{ OSPF_IF_BROADCAST, OSPF_IFS_DROTHER, OTHER, OTHER + 1, false },
		{ OSPF_IF_BROADCAST, OSPF_IFS_DROTHER, 0, 0, false },
		{ OSPF_IF_BROADCAST, OSPF_IFS_WAITING, 0, 0, false },
		{ OSPF_IF_NBMA, OSPF_IFS_DR, A, OTHER, true },
		{ OSPF_IF_NBMA, OSPF_IFS_DROTHER, LOW, OTHER, true },
		{ OSPF_IF_NBMA, OSPF_IFS_DROTHER, OTHER, OTHER + 1, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_if ifp = { .cfg = { .type = (uint8_t)rows[i].type },
			.state = rows[i].state,
			.dr = rows[i].dr != 0 ? ADDR + rows[i].dr : 0,
			.bdr = rows[i].bdr != 0 ? ADDR + rows[i].bdr : 0 };
		const struct ospf_nbr n = { .ifp = &ifp, .addr = ADDR + LOW };

		if (ospf_nbr_adjacency_wanted(&n) != rows[i].wanted)
			printf("\n  10.4, row %zu\n", i);
		CU_ASSERT_EQUAL(ospf_nbr_adjacency_wanted(&n), rows[i].wanted);
	}
}

/* ---- sections 8.2, 9.5.1, 10.5 --------------------------------------------------------------- */

static struct ospf_hello
hello_of(const struct scene *s)
{
	struct ospf_hello h = { .mask = 0xffffff00, .hello_s = 1, .dead_s = 600,
		.options = s->options & (uint8_t)~OSPF_OPT_O, .priority = 0 };

	if (s->ifp->area->cfg.type == OSPF_AREA_NSSA)
		h.options |= OSPF_OPT_NP;
	return h;
}

static void
hear_hello(struct scene *s, const struct ospf_hello *h, uint32_t lists)
{
	struct ospf_out p;

	ospf_out_begin(&p, s->ifp, OSPF_PKT_HELLO);
	ospf_hello_write(&p.w, h);
	if (lists != 0)
		wr_be32(&p.w, lists);
	scene_hear(s, &p);
}

static const struct hello_row {
	const char *what;
	enum ospf_if_type type;
	uint8_t area, len; /* of the area; of A's address, 0: 24 */
	uint32_t mask;     /* 0: as A's */
	int hello_s, dead_s; /* more than A's */
	uint8_t options;   /* bits that differ */
	uint32_t far, src, dst; /* 0: as usual */
	int bad;           /* -1: taken */
} hellos[] = {
	/* clang-format off */
	{ "as it should be", OSPF_IF_BROADCAST, .bad = -1 },
	{ "hello interval longer", OSPF_IF_P2P, .hello_s = 1, .bad = OSPF_BAD_HELLO_INTERVAL },
	{ "hello interval 0", OSPF_IF_P2P, .hello_s = -1, .bad = OSPF_BAD_HELLO_INTERVAL },
	{ "dead interval longer", OSPF_IF_P2P, .dead_s = 1, .bad = OSPF_BAD_DEAD_INTERVAL },
	{ "dead interval shorter", OSPF_IF_P2P, .dead_s = -1, .bad = OSPF_BAD_DEAD_INTERVAL },
	{ "another mask", OSPF_IF_BROADCAST, .mask = 0xffff0000, .bad = OSPF_BAD_MASK },
	{ "another mask", OSPF_IF_NBMA, .mask = 0xffff0000, .bad = OSPF_BAD_MASK },
	{ "another mask", OSPF_IF_P2MP, .mask = 0xffff0000, .bad = OSPF_BAD_MASK },
	{ "another mask", OSPF_IF_P2MP_NB, .mask = 0xffff0000, .bad = OSPF_BAD_MASK },
	{ "another mask, on a link", OSPF_IF_P2P, .mask = 0xffff0000, .bad = -1 },
	{ "another mask, ours is of 32 bits", OSPF_IF_P2MP, .len = 32, .mask = 0xffff0000,
	  .bad = -1 },
	{ "from another network", OSPF_IF_BROADCAST, .src = 0x0b000001, .bad = OSPF_BAD_SOURCE },
	{ "from another network", OSPF_IF_NBMA, .src = 0x0b000001, .bad = OSPF_BAD_SOURCE },
	{ "from another network", OSPF_IF_P2MP, .src = 0x0b000001, .bad = OSPF_BAD_SOURCE },
	{ "from another network, on a link", OSPF_IF_P2P, .src = 0x0b000001, .bad = -1 },
	{ "from elsewhere, ours is of 32 bits", OSPF_IF_P2MP, .len = 32, .mask = 0xffffffff,
	  .src = 0x0b000001, .bad = -1 },
	{ "from our address", OSPF_IF_BROADCAST, .src = ADDR + A, .bad = OSPF_BAD_SOURCE },
	{ "to DR and BDR, which A is not", OSPF_IF_BROADCAST, .dst = OSPF_ALL_DRS,
	  .bad = OSPF_BAD_DESTINATION },
	{ "without E, not a stub area", OSPF_IF_P2P, .options = OSPF_OPT_E,
	  .bad = OSPF_BAD_AREA_TYPE },
	{ "with E in a stub area", OSPF_IF_P2P, .area = OSPF_AREA_STUB, .options = OSPF_OPT_E,
	  .bad = OSPF_BAD_AREA_TYPE },
	{ "as it should be in a stub area", OSPF_IF_P2P, .area = OSPF_AREA_STUB, .bad = -1 },
	{ "with N in a stub area", OSPF_IF_P2P, .area = OSPF_AREA_STUB, .options = OSPF_OPT_NP,
	  .bad = OSPF_BAD_AREA_TYPE },
	{ "with N, not an NSSA", OSPF_IF_P2P, .options = OSPF_OPT_NP, .bad = OSPF_BAD_AREA_TYPE },
	{ "without N in an NSSA", OSPF_IF_P2P, .area = OSPF_AREA_NSSA, .options = OSPF_OPT_NP,
	  .bad = OSPF_BAD_AREA_TYPE },
	{ "with E in an NSSA", OSPF_IF_P2P, .area = OSPF_AREA_NSSA, .options = OSPF_OPT_E,
	  .bad = OSPF_BAD_AREA_TYPE },
	{ "as it should be in an NSSA", OSPF_IF_P2P, .area = OSPF_AREA_NSSA, .bad = -1 },
	{ "all other option bits", OSPF_IF_P2P,
	  .options = 0xff & ~(OSPF_OPT_E | OSPF_OPT_NP), .bad = -1 },
	{ "with our router ID", OSPF_IF_BROADCAST, .far = A, .src = ADDR + LOW,
	  .bad = OSPF_BAD_ROUTER_ID },
	/* clang-format on */
};

static void
hello_run(const struct hello_row *r)
{
	struct ospf_if_cfg c;
	struct ospf_hello h;
	struct scene s;
	bool ok;

	scene_begin(&s, r->type, HIGH, r->area);
	if (r->len != 0) {
		c = s.ifp->cfg;
		c.addr.len = r->len;
		s.ifp = ospf_if_set(s.a->o, &c, true, s.w->now_ms);
	}
	h = hello_of(&s);
	h.hello_s = (uint16_t)(h.hello_s + r->hello_s);
	h.dead_s = (uint32_t)((int)h.dead_s + r->dead_s);
	h.options ^= r->options;
	h.mask = r->mask != 0 ? r->mask : h.mask;
	s.far = r->far != 0 ? r->far : s.far;
	s.src = r->src != 0 ? r->src : s.src;
	s.dst = r->dst != 0 ? r->dst : s.dst;
	hear_hello(&s, &h, A);
	ok = (s.ifp->n_nbrs == 1) == (r->bad < 0);
	for (int b = 0; b < OSPF_N_BADS; b++)
		ok = ok && s.a->o->n.bad[b] == (b == r->bad);
	if (r->bad < 0)
		ok = ok && scene_state(&s) == (ospf_if_is_multiaccess(s.ifp) ? OSPF_NBR_2WAY
									      : OSPF_NBR_EXSTART);
	if (!ok)
		printf("\n  Hello, %s, type %d: %s\n%s", r->what, r->type,
				ospf_nbr_state_str(scene_state(&s)), s.a->lines);
	CU_ASSERT_TRUE(ok);
	world_free(s.w);
}

static void
test_10_5_hello(void)
{
	for (size_t i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++)
		hello_run(&hellos[i]);
}

/* Who does not list us is heard, no more; that it does not any more ends an adjacency. */
static void
test_10_5_lists_us(void)
{
	struct ospf_hello h;
	struct scene s;

	for (int in = INIT; in <= FULL; in++) {
		if (in == TWOWAY)
			continue; /* on a link there is none */
		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, (enum ospf_nbr_state)in);
		h = hello_of(&s);
		hear_hello(&s, &h, 0x01010101);
		CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_INIT);
		hear_hello(&s, &h, A);
		CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXSTART);
		world_free(s.w);
	}
}

/* BackupSeen and NeighborChange: what a neighbour says of DR and BDR. */
static void
test_10_5_dr(void)
{
	enum { NONE = 0, ME = HIGH, OTHER = 9 };
	static const struct {
		uint32_t dr, bdr;
		bool lists_us, ends_wait;
	} rows[] = {
		{ ME, NONE, true, true },   { ME, OTHER, true, false },
		{ NONE, ME, true, true },   { OTHER, ME, true, true },
		{ NONE, NONE, true, false }, { OTHER, NONE, true, false },
		{ ME, NONE, false, false }, { OTHER, ME, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_if_cfg c;
		struct ospf_hello h;
		struct scene s;

		scene_begin(&s, OSPF_IF_BROADCAST, HIGH, OSPF_AREA_NORMAL);
		c = s.ifp->cfg;
		c.priority = 1;
		ospf_if_set(s.a->o, &c, false, s.w->now_ms);
		ospf_if_set(s.a->o, &c, true, s.w->now_ms);
		CU_ASSERT_EQUAL_FATAL(s.ifp->state, OSPF_IFS_WAITING);
		h = hello_of(&s);
		h.priority = 1;
		h.dr = rows[i].dr != NONE ? ADDR + rows[i].dr : 0;
		h.bdr = rows[i].bdr != NONE ? ADDR + rows[i].bdr : 0;
		hear_hello(&s, &h, rows[i].lists_us ? A : 0);
		CU_ASSERT_EQUAL(s.ifp->state != OSPF_IFS_WAITING, rows[i].ends_wait);
		ospf_if_event(s.ifp, OSPF_IFE_WAIT);
		/* From then on: it declares itself DR, does so no more, may not become it any
		 * more. */
		h.dr = ADDR + HIGH;
		h.bdr = 0;
		hear_hello(&s, &h, A);
		CU_ASSERT_EQUAL(s.ifp->dr, ADDR + HIGH);
		h.dr = 0;
		hear_hello(&s, &h, A);
		CU_ASSERT(s.ifp->dr == ADDR + A || s.ifp->bdr == ADDR + A);
		h.priority = 0;
		hear_hello(&s, &h, A);
		CU_ASSERT(s.ifp->dr == ADDR + A && s.ifp->bdr == 0);
		world_free(s.w);
	}
}

/* Section 9.5.1: a router that cannot become DR has no beat for neighbours that can; it answers
 * each Hello of theirs. */
static void
test_9_5_1_reply(void)
{
	static const struct {
		enum ospf_if_type type;
		uint8_t ours, its; /* priorities */
		bool is_dr, answers;
	} rows[] = {
		{ OSPF_IF_NBMA, 0, 1, false, true },
		{ OSPF_IF_NBMA, 0, 0, false, false },
		{ OSPF_IF_NBMA, 0, 1, true, false },
		{ OSPF_IF_NBMA, 1, 1, false, false },
		{ OSPF_IF_BROADCAST, 0, 1, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_hello h;
		struct scene s;

		scene_begin(&s, rows[i].type, HIGH, OSPF_AREA_NORMAL);
		s.ifp->cfg.priority = rows[i].ours;
		h = hello_of(&s);
		h.priority = rows[i].its;
		h.dr = rows[i].is_dr ? ADDR + HIGH : 0;
		h.bdr = rows[i].is_dr ? 0 : ADDR + 9;
		for (int k = 0; k < 3; k++) {
			hear_hello(&s, &h, A);
			world_run(s.w, 2000);
		}
		if (!rows[i].is_dr)
			s.ifp->dr = s.ifp->bdr = 0;
		scene_forget(&s);
		hear_hello(&s, &h, A);
		CU_ASSERT_EQUAL(scene_said(&s, "Hello"), rows[i].answers);
		world_free(s.w);
	}
}

/* Two routers with one address, or at one end of a link: the one that is there stays, until it was
 * not heard for a while; the other one is counted and spoken of. */
static void
test_10_5_two_routers(void)
{
	static const enum ospf_if_type types[] = { OSPF_IF_BROADCAST, OSPF_IF_NBMA, OSPF_IF_P2MP,
		OSPF_IF_P2P };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum ospf_nbr_state in = types[i] == OSPF_IF_P2P ? OSPF_NBR_FULL : OSPF_NBR_2WAY;
		struct ospf_hello h;
		struct scene s;

		scene_begin(&s, types[i], LOW, OSPF_AREA_NORMAL);
		if (types[i] == OSPF_IF_P2MP)
			in = OSPF_NBR_FULL;
		scene_bring(&s, in);
		h = hello_of(&s);
		for (int k = 1; k <= 5; k++) {
			s.far = LOW;
			hear_hello(&s, &h, A);
			s.far = HIGH;
			hear_hello(&s, &h, A);
			CU_ASSERT_EQUAL(s.ifp->n_nbrs, 1);
			s.far = LOW;
			CU_ASSERT_EQUAL(scene_state(&s), in);
			CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_SECOND], (uint64_t)k);
			s.w->now_ms += 1000;
		}
		CU_ASSERT_TRUE(world_said(s.a, types[i] == OSPF_IF_P2P ? "second router"
								       : "duplicate address"));
		s.w->now_ms += 1000; /* two intervals since it was heard */
		s.far = HIGH;
		hear_hello(&s, &h, A);
		CU_ASSERT(scene_state(&s) >= OSPF_NBR_2WAY && s.ifp->n_nbrs == 1);
		world_free(s.w);
	}
}

/* Another router has our address: it is not heard, and spoken of; a packet of ours that comes back
 * is no such thing. */
static void
test_our_address(void)
{
	struct ospf_hello h;
	struct scene s;

	scene_begin(&s, OSPF_IF_BROADCAST, A, OSPF_AREA_NORMAL);
	s.src = ADDR + A;
	h = hello_of(&s);
	hear_hello(&s, &h, 0);
	CU_ASSERT_FALSE(world_said(s.a, "duplicate address"));
	s.far = HIGH;
	hear_hello(&s, &h, 0);
	CU_ASSERT_TRUE(world_said(s.a, "duplicate address"));
	CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_SOURCE], 2);
	CU_ASSERT_EQUAL(s.ifp->n_nbrs, 0);
	world_free(s.w);
}

/* ---- section 10.6 ---------------------------------------------------------------------------- */

/* ExStart, all flags: the two rows of the RFC, else it is ignored. */
static enum ospf_nbr_state
want_in_exstart(uint32_t far, uint8_t flags, bool its_number, bool empty)
{
	if (far == HIGH && flags == (I | M | MS) && empty)
		return OSPF_NBR_EXCHANGE;
	if (far == LOW && (flags & (I | MS)) == 0 && its_number)
		return OSPF_NBR_EXCHANGE;
	return OSPF_NBR_EXSTART;
}

/* Unknown bits of the flags are not looked at (R, of out-of-band resynchronisation, is one). */
static void
test_10_6_exstart(void)
{
	for (int k = 0; k < 128; k++) {
		uint8_t flags = (k & (I | M | MS)) | ((k & 64) != 0 ? 0xf8 : 0);
		bool its_number = (k & 8) != 0, empty = (k & 16) != 0;
		struct ospf_nbr *n;
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, (k & 32) != 0 ? HIGH : LOW, OSPF_AREA_NORMAL);
		n = scene_bring(&s, OSPF_NBR_EXSTART);
		scene_hear_dd(&s, flags, n->dd_seq + !its_number, empty ? 0 : OSPF_LSA_SUMMARY);
		if (scene_state(&s) != want_in_exstart(s.far, flags & 7, its_number, empty))
			printf("\n  10.6, ExStart, far %u, flags %u, number %d, empty %d: %s\n",
					s.far, flags, its_number, empty,
					ospf_nbr_state_str(scene_state(&s)));
		CU_ASSERT_EQUAL(scene_state(&s),
				want_in_exstart(s.far, flags & 7, its_number, empty));
		if (scene_state(&s) == OSPF_NBR_EXCHANGE)
			CU_ASSERT_EQUAL(n->master, s.far == LOW);
		world_free(s.w);
	}
}

struct described {
	uint32_t far;
	uint8_t flags;
	int off; /* of its number from the one that came last */
	bool same_options;
};

/* Exchange: a duplicate, the next one, or SeqNumberMismatch. What begins anew as master is answered
 * at once, for A is back in ExStart then. */
static enum ospf_nbr_state
want_in_exchange(const struct described *d)
{
	uint8_t last = d->far == HIGH ? I | M | MS : M;

	if (d->flags == last && d->off == 0 && d->same_options)
		return OSPF_NBR_EXCHANGE;
	if (d->far == HIGH && d->flags == (I | M | MS))
		return OSPF_NBR_EXCHANGE;
	if (((d->flags & MS) != 0) != (d->far == HIGH) || (d->flags & I) != 0 ||
			!d->same_options || d->off != 1)
		return OSPF_NBR_EXSTART;
	return (d->flags & M) != 0 ? OSPF_NBR_EXCHANGE : OSPF_NBR_FULL;
}

static void
test_10_6_exchange(void)
{
	for (int k = 0; k < 128; k++) {
		struct described d = { .far = (k & 8) != 0 ? HIGH : LOW,
			.flags = (uint8_t)(k & (I | M | MS)), .off = (k >> 4 & 3) - 1,
			.same_options = (k & 64) == 0 };
		struct ospf_nbr *n;
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, d.far, OSPF_AREA_NORMAL);
		n = scene_bring(&s, OSPF_NBR_EXCHANGE);
		s.options ^= d.same_options ? 0 : OSPF_OPT_DC;
		scene_hear_dd(&s, d.flags, n->rx_dd_seq + (uint32_t)d.off, 0);
		if (scene_state(&s) != want_in_exchange(&d))
			printf("\n  10.6, Exchange, far %u, flags %u, number %+d, options %d: %s\n",
					d.far, d.flags, d.off, d.same_options,
					ospf_nbr_state_str(scene_state(&s)));
		CU_ASSERT_EQUAL(scene_state(&s), want_in_exchange(&d));
		world_free(s.w);
	}
}

/* An MTU that is too large is a reason not to look at it, in each state; a smaller one is none. */
static void
test_10_6_mtu(void)
{
	static const uint16_t mtus[] = { 1501, 65535, 1500, 1499, 0 };

	for (int in = INIT; in <= FULL; in++)
		for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++)
			for (int ignore = 0; ignore < 2; ignore++) {
				bool taken = mtus[i] <= 1500 || ignore;
				enum ospf_nbr_state now;
				struct scene s;

				if (in == TWOWAY)
					continue;
				scene_begin(&s, OSPF_IF_P2P, HIGH, OSPF_AREA_NORMAL);
				scene_bring(&s, (enum ospf_nbr_state)in);
				s.ifp->cfg.mtu_ignore = ignore;
				s.mtu = mtus[i];
				scene_hear_dd(&s, I | M | MS, THEIRS + 50, 0);
				now = scene_state(&s);
				CU_ASSERT_EQUAL(now, taken ? OSPF_NBR_EXCHANGE
							   : (enum ospf_nbr_state)in);
				CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_MTU],
						mtus[i] != 1500 && !ignore);
				world_free(s.w);
			}
}

/* Before Init nobody describes anything. */
static void
test_10_6_too_early(void)
{
	for (int in = DOWN; in <= ATTEMPT; in++) {
		struct scene s;

		scene_begin(&s, OSPF_IF_NBMA, HIGH, OSPF_AREA_NORMAL);
		scene_bring(&s, (enum ospf_nbr_state)in);
		scene_hear_dd(&s, I | M | MS, THEIRS, 0);
		CU_ASSERT_EQUAL(scene_state(&s), (enum ospf_nbr_state)in);
		CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_NO_NEIGHBOR], 1);
		world_free(s.w);
	}
}

/* ---- section 10.7 ---------------------------------------------------------------------------- */

static const struct request_row {
	const char *what;
	uint32_t type, id, adv;
	bool bad;
} requests[] = {
	/* clang-format off */
	{ "what A has", OSPF_LSA_ROUTER, A, A, false },
	{ "of another router", OSPF_LSA_ROUTER, A, LOW, true },
	{ "under another ID", OSPF_LSA_ROUTER, LOW, A, true },
	{ "of another type", OSPF_LSA_NETWORK, A, A, true },
	{ "of type 0", 0, A, A, true },
	{ "of a type that nobody knows", 8, A, A, true },
	{ "of the largest type there is", UINT32_MAX, A, A, true },
	{ "of a type that is one that A has, but for its upper bytes", 0x101, A, A, true },
	/* clang-format on */
};

static void
hear_request(struct scene *s, uint32_t type, uint32_t id, uint32_t adv)
{
	struct ospf_lsr q = { .type = type, .id = id, .adv = adv };
	struct ospf_out p;

	ospf_out_begin(&p, s->ifp, OSPF_PKT_LSR);
	ospf_lsr_write(&p.w, &q);
	scene_hear(s, &p);
}

static void
test_10_7_requests(void)
{
	for (int in = INIT; in <= FULL; in++)
		for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
			const struct request_row *r = &requests[i];
			bool heard = in >= EXCHANGE;
			int next = heard && r->bad ? EXSTART : in;
			struct ospf_nbr *n;
			struct scene s;

			scene_begin(&s, OSPF_IF_BROADCAST, LOW, OSPF_AREA_NORMAL);
			n = scene_bring(&s, (enum ospf_nbr_state)in);
			hear_request(&s, r->type, r->id, r->adv);
			CU_ASSERT_EQUAL(scene_state(&s), (enum ospf_nbr_state)next);
			CU_ASSERT_EQUAL(scene_said(&s, "Link State Update"), heard && !r->bad);
			/* "should not be placed on the link state retransmission list" */
			CU_ASSERT_EQUAL(n->n_unacked, 0);
			CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_STATE], !heard);
			world_free(s.w);
		}
}

/* What A has of the whole AS, as a border router, is not part of a stub area's database. */
static void
test_10_7_stub_area(void)
{
	static const uint8_t areas[] = { OSPF_AREA_NORMAL, OSPF_AREA_STUB, OSPF_AREA_NSSA };

	for (size_t i = 0; i < sizeof(areas); i++) {
		uint8_t body[OSPF_EXTERNAL_BODY_LEN] = { 0xff };
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, LOW, areas[i]);
		CU_ASSERT_EQUAL(ospf_originate(&s.a->o->as_db, OSPF_LSA_EXTERNAL, UNKNOWN,
				OSPF_OPT_E, body, sizeof(body)), 0);
		scene_bring(&s, OSPF_NBR_FULL);
		hear_request(&s, OSPF_LSA_EXTERNAL, UNKNOWN, A);
		CU_ASSERT_EQUAL(scene_state(&s), areas[i] == OSPF_AREA_NORMAL ? OSPF_NBR_FULL
									      : OSPF_NBR_EXSTART);
		CU_ASSERT_EQUAL(scene_said(&s, "Link State Update"), areas[i] == OSPF_AREA_NORMAL);
		world_free(s.w);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_10_3_events), CU_CASE(test_10_4_adjacencies), CU_CASE(test_10_5_hello),
	CU_CASE(test_10_5_lists_us), CU_CASE(test_10_5_dr), CU_CASE(test_9_5_1_reply),
	CU_CASE(test_10_5_two_routers), CU_CASE(test_our_address), CU_CASE(test_10_6_exstart),
	CU_CASE(test_10_6_exchange), CU_CASE(test_10_6_mtu), CU_CASE(test_10_6_too_early),
	CU_CASE(test_10_7_requests), CU_CASE(test_10_7_stub_area),
};

CU_MAIN("ospf_nbr_rfc", cases)
