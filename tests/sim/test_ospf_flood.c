/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flooding step by step (RFC 2328 section 13): LSAs made by the test come to router A on a LAN, as
 * if B or C had sent them; what A does of it is read off its trace. And that the trace can read
 * anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define ADDR    0x0a000000u
#define FAR     77u /* the router whose LSAs they are: nobody here */
#define LSID    0x0a4d0000u
#define LSID_S  "10.77.0.0"
#define ARRIVAL 100 /* ms, as the world's routers have it */

enum who { A = 1, B = 2, C = 3 };
enum ack { NO_ACK, DIRECT, DELAYED };

struct lan {
	struct world *w;
	struct router *r[4];
};

/* A, B and C; @dr and @bdr become what they are called. */
static void
lan_begin(struct lan *l, enum who dr, enum who bdr)
{
	struct net *net;

	l->w = world_new(50);
	net = world_net(l->w);
	for (uint32_t i = A; i <= C; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, ADDR + i, 24);

		c.priority = i == dr ? 200 : i == bdr ? 100 : 0;
		l->r[i] = world_router(l->w, i);
		world_attach(l->r[i], net, &c);
	}
	CU_ASSERT_TRUE_FATAL(world_until(l->w, 20000, world_quiet));
	world_run(l->w, 5000);
	CU_ASSERT_EQUAL_FATAL(l->r[A]->ports->ifp->dr, ADDR + dr);
	CU_ASSERT_EQUAL_FATAL(l->r[A]->ports->ifp->bdr, ADDR + bdr);
	ospf_trace_on(l->r[A]->o, OSPF_TRACE_LSA);
}

static struct ospf_lsdb *
db_of(const struct lan *l)
{
	return &TAILQ_FIRST(&l->r[A]->o->areas)->lsdb;
}

static struct ospf_lsa *
lsa_at(const struct lan *l, uint32_t adv)
{
	return ospf_lsdb_find(db_of(l), OSPF_LSA_SUMMARY, LSID, adv);
}

static size_t
lsa_make(uint8_t *buf, size_t cap, uint8_t type, uint32_t adv, int32_t seq, uint16_t age)
{
	struct ospf_lsa_hdr h = { .age = age, .options = OSPF_OPT_E, .type = type, .id = LSID,
		.adv = adv, .seq = seq, .len = OSPF_LSA_HDR_LEN + OSPF_SUMMARY_BODY_LEN };
	struct ospf_summary s = { .mask = 0xffff0000, .metric = (uint32_t)seq & 0xff };
	struct wr w = wr_init(buf, cap);
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	ospf_summary_write(body, &s);
	ospf_lsa_hdr_write(&w, &h);
	wr_bytes(&w, body, sizeof(body));
	ospf_lsa_cksum_set(buf, w.len);
	return w.len;
}

/* An update of @from with one LSA reaches A; what A does at once, and within its delays. */
static void
hear(struct lan *l, enum who from, const uint8_t *lsa, size_t len)
{
	struct router *a = l->r[A];
	struct ospf_if *ifp = l->r[from]->ports->ifp;
	struct ospf_out p;
	uint64_t seq = 0;

	ospf_out_begin(&p, ifp, OSPF_PKT_LSU);
	wr_be32(&p.w, 1);
	wr_bytes(&p.w, lsa, len);
	CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
	ospf_input(a->o, a->ports->ifp, ADDR + from, OSPF_ALL_ROUTERS, p.buf, p.w.len,
			l->w->now_ms);
}

/* An acknowledgment of @from reaches A. */
static void
hear_ack(struct lan *l, enum who from, const uint8_t *lsa)
{
	struct router *a = l->r[A];
	struct ospf_if *ifp = l->r[from]->ports->ifp;
	struct ospf_out p;
	uint64_t seq = 0;

	ospf_out_begin(&p, ifp, OSPF_PKT_LSACK);
	wr_bytes(&p.w, lsa, OSPF_LSA_HDR_LEN);
	CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
	ospf_input(a->o, a->ports->ifp, ADDR + from, OSPF_ALL_ROUTERS, p.buf, p.w.len,
			l->w->now_ms);
}

static void
forget(struct lan *l)
{
	struct router *a = l->r[A];

	if (a->lines != NULL)
		a->lines[a->n_lines = 0] = '\0';
}

/* A packet of @kind in A's trace that names the LSA: sent to @to, NULL: to anybody. */
static bool
sent(const struct lan *l, const char *kind, const char *to)
{
	const char *p = l->r[A]->lines, *end, *lsa;
	char head[80];

	snprintf(head, sizeof(head), "to %s%s%s", to != NULL ? to : "", to != NULL ? ": " : "",
			to != NULL ? kind : "");
	while (p != NULL && (p = strstr(p, head)) != NULL) {
		end = strstr(p, "\nto ");
		end = end != NULL ? end : p + strlen(p);
		lsa = strstr(p, LSID_S);
		if (strstr(p, kind) != NULL && strstr(p, kind) < end && lsa != NULL && lsa < end)
			return true;
		p++;
	}
	return false;
}

static const char update[] = "Link State Update", acknowledgment[] = "Link State Acknowledgment";

static bool
sent_to_group(const struct lan *l, const char *kind)
{
	return sent(l, kind, "224.0.0.5") || sent(l, kind, "224.0.0.6");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Nobody else knows the router FAR: the database has what was put into it before. */
static const struct step {
	const char *rfc;
	enum who dr, bdr, from;
	int32_t have; /* sequence number in the database, 0: none */
	uint32_t ago_ms; /* when it came */
	int32_t seq;
	uint16_t age;
	bool installed, flooded, sent_back;
	enum ack ack;
	int bad; /* enum ospf_bad, -1: none */
} steps[] = {
	{ "5b-f, table 19 row 1: flooded back by the DR, no acknowledgment", A, B, C,
	  0, 0, 5, 10, true, true, false, NO_ACK, -1 },
	{ "5, table 19 row 2: newer, Backup, from the DR", B, A, B,
	  4, 5000, 5, 10, true, false, false, DELAYED, -1 },
	{ "5, table 19 row 2: newer, Backup, not from the DR", B, A, C,
	  4, 5000, 5, 10, true, false, false, NO_ACK, -1 },
	{ "5, table 19 row 2: newer, neither, from the DR", B, C, B,
	  4, 5000, 5, 10, true, false, false, DELAYED, -1 },
	{ "5a: newer, but sooner than MinLSArrival", A, B, C,
	  4, ARRIVAL / 2, 5, 10, false, false, false, NO_ACK, OSPF_BAD_LSA_ARRIVAL },
	{ "5a: newer, just after MinLSArrival", A, B, C,
	  4, ARRIVAL, 5, 10, true, true, false, NO_ACK, -1 },
	{ "4, table 19 row 5: MaxAge, not in the database, nobody exchanges", A, B, C,
	  0, 0, 5, OSPF_MAX_AGE, false, false, false, DIRECT, -1 },
	{ "5, MaxAge is newer (13.1): flushed", A, B, C,
	  5, 5000, 5, OSPF_MAX_AGE, true, true, false, NO_ACK, -1 },
	{ "7, table 19 row 4: the same, no implied acknowledgment", A, B, C,
	  5, 5000, 5, 10, false, false, false, DIRECT, -1 },
	{ "8: older than the database's", A, B, C,
	  6, 5000, 5, 10, false, false, true, NO_ACK, -1 },
	{ "13.1: ages further apart than MaxAgeDiff, the younger is newer", A, B, C,
	  5, 1000 * (OSPF_MAX_AGE_DIFF + 20), 5, 10, true, true, false, NO_ACK, -1 },
};

static void
database_put(struct lan *l, const struct step *s)
{
	uint8_t lsa[64];
	size_t len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, s->have, 1);

	/* From the DR: all three have it then, and nobody owes an acknowledgment any more. */
	if (s->have == 0)
		return;
	hear(l, s->from, lsa, len);
	if (s->ago_ms > ARRIVAL)
		world_run(l->w, s->ago_ms);
	else
		l->w->now_ms += s->ago_ms;
}

static void
step_run(const struct step *s)
{
	enum ack ack;
	struct lan l;
	uint8_t lsa[64];
	size_t len;
	const struct ospf_lsa *now;
	uint64_t bad;
	char to[IP4_STR_LEN];
	bool ok;

	lan_begin(&l, s->dr, s->bdr);
	database_put(&l, s);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, s->seq, s->age);
	bad = s->bad >= 0 ? l.r[A]->o->n.bad[s->bad] : 0;
	forget(&l);
	hear(&l, s->from, lsa, len);
	now = lsa_at(&l, FAR);
	ip4_str(ADDR + s->from, to);
	ok = (now != NULL && now->h.seq == s->seq && now->h.age == s->age) == s->installed;
	ack = sent(&l, acknowledgment, to) ? DIRECT : NO_ACK;
	world_run(l.w, OSPF_ACK_DELAY_MS + 100);
	if (ack == NO_ACK && sent_to_group(&l, acknowledgment))
		ack = DELAYED;
	ok = ok && ack == s->ack && sent_to_group(&l, update) == s->flooded &&
			sent(&l, update, to) == s->sent_back &&
			(s->bad < 0 || l.r[A]->o->n.bad[s->bad] == bad + 1);
	if (!ok)
		printf("\n  %s: acknowledgment %d, flooded %d, sent back %d\n%s", s->rfc, ack,
				sent_to_group(&l, update), sent(&l, update, to), l.r[A]->lines);
	CU_ASSERT_TRUE(ok);
	world_free(l.w);
}

static void
test_steps(void)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		step_run(&steps[i]);
}

/* ---- what has no row ------------------------------------------------------------------------- */

/* Steps 1 to 3, and the reserved number of section 12.1.6. */
static void
test_not_looked_at(void)
{
	struct lan l;
	uint8_t lsa[64];
	const uint64_t *bad;
	size_t len;

	lan_begin(&l, A, B);
	bad = l.r[A]->o->n.bad;
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	lsa[len - 1] ^= 1;
	hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_CHECKSUM], 1);
	len = lsa_make(lsa, sizeof(lsa), 8, FAR, 5, 10);
	hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_TYPE], 1);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_NSSA, FAR, 5, 10); /* the area is no NSSA */
	hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_TYPE], 2);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, OSPF_INITIAL_SEQ - 1, 10);
	hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_SEQ], 1);
	CU_ASSERT_PTR_NULL(lsa_at(&l, FAR));
	CU_ASSERT_FALSE(sent(&l, acknowledgment, NULL));
	world_free(l.w);
}

/* Step 3, and its like of RFC 3101 and 5250: what is told all over the AS stays out of a stub area,
 * and of an NSSA. */
static void
test_stub_area(void)
{
	static const uint8_t areas[] = { OSPF_AREA_STUB, OSPF_AREA_NSSA };
	static const uint8_t types[] = { OSPF_LSA_EXTERNAL, OSPF_LSA_OPAQUE_AS };

	for (size_t i = 0; i < sizeof(areas); i++) {
		const struct ospf_area_cfg area = { .id = 0, .type = areas[i] };
		struct lan l;
		uint8_t lsa[64];
		size_t len;

		lan_begin(&l, A, B);
		for (uint32_t r = A; r <= C; r++)
			CU_ASSERT_EQUAL(ospf_area_set(l.r[r]->o, &area, l.w->now_ms), 0);
		world_run(l.w, 2000);
		CU_ASSERT_TRUE(world_until(l.w, 20000, world_quiet));
		for (size_t t = 0; t < sizeof(types); t++) {
			len = lsa_make(lsa, sizeof(lsa), types[t], FAR, 5, 10);
			hear(&l, C, lsa, len);
			CU_ASSERT_EQUAL(l.r[A]->o->n.bad[OSPF_BAD_LSA_TYPE], t + 1);
			CU_ASSERT_PTR_NULL(ospf_lsdb_find(&l.r[A]->o->as_db, types[t], LSID, FAR));
		}
		world_free(l.w);
	}
}

/* Table 19 row 3: the instance that we have just flooded comes back: an implied acknowledgment. */
static void
test_implied(void)
{
	static const struct {
		enum who dr, bdr, from;
		enum ack ack;
	} rows[] = { { B, A, B, DELAYED }, { B, C, B, NO_ACK } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t body[OSPF_SUMMARY_BODY_LEN];
		struct ospf_summary s = { .mask = 0xffff0000, .metric = 1 };
		const struct ospf_lsa *own;
		const struct ospf_nbr *n;
		struct lan l;
		uint8_t lsa[64];

		lan_begin(&l, rows[i].dr, rows[i].bdr);
		ospf_summary_write(body, &s);
		CU_ASSERT_EQUAL(ospf_originate(db_of(&l), OSPF_LSA_SUMMARY, LSID, OSPF_OPT_E, body,
						sizeof(body)), 0);
		own = lsa_at(&l, A);
		CU_ASSERT_PTR_NOT_NULL_FATAL(own);
		n = ospf_nbr_by_id(l.r[A]->ports->ifp, rows[i].from);
		CU_ASSERT_EQUAL(n->n_unacked, 1);
		memcpy(lsa, own->data, own->h.len);
		forget(&l);
		hear(&l, rows[i].from, lsa, own->h.len);
		CU_ASSERT_EQUAL(n->n_unacked, 0);
		CU_ASSERT_FALSE(sent(&l, acknowledgment, "10.0.0.2"));
		world_run(l.w, OSPF_ACK_DELAY_MS + 50);
		CU_ASSERT_EQUAL(sent_to_group(&l, acknowledgment), rows[i].ack == DELAYED);
		world_free(l.w);
	}
}

/* Section 13.4: LSAs that say they are ours. Wanted, we are back above them, by way of a flush
 * after the last sequence number; not wanted, they are flushed. */
static void
test_own_received(void)
{
	static const struct {
		int32_t seq;
		uint16_t age;
		bool wanted, wraps;
	} rows[] = {
		{ 0x1000, 10, true, false },
		{ 0x1000, OSPF_MAX_AGE, true, false }, /* somebody flushes ours */
		{ OSPF_MAX_SEQ - 1, 10, true, false },
		{ OSPF_MAX_SEQ, 10, true, true },
		{ OSPF_MAX_SEQ, OSPF_MAX_AGE, true, true },
		{ 0x1000, 10, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t body[OSPF_SUMMARY_BODY_LEN], lsa[64];
		struct ospf_summary s = { .mask = 0xffff0000, .metric = 200 };
		const struct ospf_lsa *own, *theirs;
		struct lan l;
		size_t len;

		lan_begin(&l, A, B);
		ospf_summary_write(body, &s);
		if (rows[i].wanted)
			CU_ASSERT_EQUAL(ospf_originate(db_of(&l), OSPF_LSA_SUMMARY, LSID,
							OSPF_OPT_E, body, sizeof(body)), 0);
		world_run(l.w, 5000);
		len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, A, rows[i].seq, rows[i].age);
		hear(&l, C, lsa, len);
		world_run(l.w, 20000);
		own = lsa_at(&l, A);
		theirs = ospf_lsdb_find(&TAILQ_FIRST(&l.r[B]->o->areas)->lsdb, OSPF_LSA_SUMMARY,
				LSID, A);
		if (!rows[i].wanted) {
			CU_ASSERT_PTR_NULL(own);
			CU_ASSERT_PTR_NULL(theirs);
		} else {
			CU_ASSERT_PTR_NOT_NULL_FATAL(own);
			CU_ASSERT_PTR_NOT_NULL_FATAL(theirs);
			CU_ASSERT_EQUAL(own->h.seq, rows[i].wraps ? OSPF_INITIAL_SEQ
								  : rows[i].seq + 1);
			CU_ASSERT_EQUAL(theirs->h.seq, own->h.seq);
			CU_ASSERT_TRUE(ospf_summary_read(theirs->data, theirs->h.len, &s));
			CU_ASSERT_EQUAL(s.metric, 200);
		}
		CU_ASSERT_TRUE(world_quiet(l.w));
		world_free(l.w);
	}
}

/* Step 8: while ours is on its way out at the last number, an older one is not answered. */
static void
test_wrapping(void)
{
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, OSPF_MAX_SEQ, OSPF_MAX_AGE - 1);
	hear(&l, C, lsa, len);
	ospf_lsa_expire(lsa_at(&l, FAR));
	forget(&l);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	hear(&l, C, lsa, len);
	CU_ASSERT_FALSE(sent(&l, update, "10.0.0.3"));
	CU_ASSERT_FALSE(sent(&l, acknowledgment, "10.0.0.3"));
	world_free(l.w);
}

/* Step 8: the database's copy is sent back, but not more than once within MinLSArrival. */
static void
test_sent_back(void)
{
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 6, 10);
	hear(&l, C, lsa, len);
	world_run(l.w, 5000);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	for (int i = 0; i < 3; i++) { /* at 0, just before, and at MinLSArrival */
		forget(&l);
		l.w->now_ms += i == 0 ? 0 : i == 1 ? ARRIVAL - 1 : 1;
		hear(&l, C, lsa, len);
		CU_ASSERT_EQUAL(sent(&l, update, "10.0.0.3"), i != 1);
		CU_ASSERT_FALSE(sent(&l, acknowledgment, "10.0.0.3"));
	}
	CU_ASSERT_EQUAL(lsa_at(&l, FAR)->h.seq, 6);
	world_free(l.w);
}

/* Section 13.3, step 5: an LSA has grown older by InfTransDelay when it is sent on, to MaxAge at
 * most. */
static void
test_transmit_delay(void)
{
	static const struct {
		uint16_t delay_s, age;
		const char *sent;
	} rows[] = { { 1, 10, "age 11," }, { 7, 10, "age 17," }, { 10, 3595, "age 3600," } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t lsa[64];
		struct lan l;
		size_t len;

		lan_begin(&l, A, B);
		l.r[A]->ports->ifp->cfg.transmit_delay_s = rows[i].delay_s;
		len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, rows[i].age);
		forget(&l);
		hear(&l, C, lsa, len);
		world_run(l.w, 50);
		CU_ASSERT_TRUE(sent_to_group(&l, update));
		CU_ASSERT_TRUE(world_said(l.r[A], rows[i].sent));
		world_free(l.w);
	}
}

/* Section 13.4: a network-LSA of an address of ours, by whomever, is flushed. */
static void
test_own_network(void)
{
	struct ospf_lsa_hdr h = { .age = 10, .options = OSPF_OPT_E, .type = OSPF_LSA_NETWORK,
		.id = ADDR + A, .adv = FAR, .seq = 5, .len = OSPF_LSA_HDR_LEN + 8 };
	uint8_t lsa[64];
	struct wr w = wr_init(lsa, sizeof(lsa));
	struct lan l;

	lan_begin(&l, A, B);
	ospf_lsa_hdr_write(&w, &h);
	wr_be32(&w, 0xffffff00);
	wr_be32(&w, FAR);
	ospf_lsa_cksum_set(lsa, w.len);
	hear(&l, C, lsa, w.len);
	world_run(l.w, 5000);
	for (uint32_t i = A; i <= C; i++)
		CU_ASSERT_PTR_NULL(ospf_lsdb_find(world_db(l.r[i]), OSPF_LSA_NETWORK, ADDR + A,
				FAR));
	CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(db_of(&l), OSPF_LSA_NETWORK, ADDR + A, A));
	CU_ASSERT_TRUE(world_said(l.r[A], "age 3600"));
	CU_ASSERT_TRUE(world_quiet(l.w));
	world_free(l.w);
}

/* Step 4's other half: somebody is in Exchange or Loading. */
static void
test_while_exchanging(void)
{
	struct ospf_lsa_hdr h = { .type = OSPF_LSA_SUMMARY, .id = LSID, .adv = FAR };
	struct ospf_nbr *n;
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	/* C begins anew, and is stopped in the midst of it. */
	n = ospf_nbr_by_id(l.r[A]->ports->ifp, C);
	world_reboot(l.r[C]);
	for (int i = 0; i < 20000 && n->state != OSPF_NBR_EXCHANGE && n->state != OSPF_NBR_LOADING;
			i++) {
		world_run(l.w, 1);
		n = ospf_nbr_by_id(l.r[A]->ports->ifp, C);
		CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	}
	CU_ASSERT_TRUE_FATAL(n->state == OSPF_NBR_EXCHANGE || n->state == OSPF_NBR_LOADING);
	forget(&l);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, OSPF_MAX_AGE);
	hear(&l, B, lsa, len);
	CU_ASSERT_PTR_NOT_NULL(lsa_at(&l, FAR)); /* it is kept until they are through */
	CU_ASSERT_FALSE(sent(&l, acknowledgment, "10.0.0.2"));
	CU_ASSERT_PTR_NULL(ospf_request_find(n, &h));
	CU_ASSERT_TRUE(world_until(l.w, 30000, world_quiet));
	world_run(l.w, 2000);
	CU_ASSERT_PTR_NULL(lsa_at(&l, FAR));
	world_free(l.w);
}

/* Section 13.3, step 1b: what C is asked for comes from B. Newer than described or the same, it is
 * asked for no more; if it is older C still has the better one. */
static void
test_asked_of_another(void)
{
	for (int32_t more = -1; more <= 1; more++) {
		struct ospf_lsa_hdr h = { .age = 1, .type = OSPF_LSA_SUMMARY, .id = LSID,
			.adv = FAR, .len = OSPF_LSA_HDR_LEN + OSPF_SUMMARY_BODY_LEN };
		struct ospf_dd d = { .mtu = 1500, .options = OSPF_OPT_E | OSPF_OPT_O };
		uint8_t lsa[64];
		struct ospf_nbr *n;
		struct ospf_if *ifp;
		struct ospf_out p;
		struct lan l;
		uint64_t seq = 0;
		size_t len;

		lan_begin(&l, A, B);
		ifp = l.r[C]->ports->ifp;
		n = ospf_nbr_by_id(l.r[A]->ports->ifp, C);
		l.r[C]->ports->cut = true; /* the test speaks for it */
		ospf_nbr_event(n, OSPF_NE_SEQ_MISMATCH, "test");
		lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 1);
		h.seq = 5;
		h.cksum = (uint16_t)(lsa[16] << 8 | lsa[17]);
		for (int i = 0; i < 2; i++) { /* C is master: its ID is higher */
			d.flags = i == 0 ? OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS
					 : OSPF_DD_M | OSPF_DD_MS;
			d.seq = 100 + (uint32_t)i;
			ospf_out_begin(&p, ifp, OSPF_PKT_DD);
			ospf_dd_write(&p.w, &d);
			if (i == 1)
				ospf_lsa_hdr_write(&p.w, &h);
			CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
			ospf_input(l.r[A]->o, l.r[A]->ports->ifp, ADDR + C, ADDR + A, p.buf,
					p.w.len, l.w->now_ms);
		}
		CU_ASSERT_EQUAL_FATAL(n->state, OSPF_NBR_EXCHANGE);
		CU_ASSERT_PTR_NOT_NULL(ospf_request_find(n, &h));
		len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5 + more, 1);
		hear(&l, B, lsa, len);
		CU_ASSERT_PTR_NOT_NULL(lsa_at(&l, FAR));
		CU_ASSERT_EQUAL(ospf_request_find(n, &h) == NULL, more >= 0);
		/* Step 1d: only what C does not have is retransmitted to it. */
		CU_ASSERT_EQUAL(ospf_unacked_has(lsa_at(&l, FAR), n), more > 0);
		world_free(l.w);
	}
}

/* Section 13.6: who has not acknowledged is told again, alone. Section 13.7: an acknowledgment of
 * another instance, or before Exchange, is none. */
static void
test_retransmission(void)
{
	const struct ospf_nbr *n;
	uint8_t lsa[64], older[64];
	struct ospf_lsa *own;
	struct lan l;
	uint64_t bad;

	lan_begin(&l, A, B);
	n = ospf_nbr_by_id(l.r[A]->ports->ifp, C);
	CU_ASSERT_EQUAL_FATAL(world_summary(l.r[A], LSID, 1), 0);
	memcpy(older, lsa_at(&l, A)->data, OSPF_LSA_HDR_LEN);
	world_run(l.w, 6000);
	l.r[C]->ports->cut = true;
	CU_ASSERT_EQUAL_FATAL(world_summary(l.r[A], LSID, 2), 0);
	own = lsa_at(&l, A);
	CU_ASSERT_EQUAL_FATAL(own->h.seq, OSPF_INITIAL_SEQ + 1);
	memcpy(lsa, own->data, OSPF_LSA_HDR_LEN);
	world_run(l.w, 100);
	forget(&l);
	world_run(l.w, 1600);
	CU_ASSERT_TRUE(sent(&l, update, "10.0.0.3"));
	CU_ASSERT_FALSE(sent(&l, update, "10.0.0.2"));
	CU_ASSERT_FALSE(sent_to_group(&l, update));
	hear_ack(&l, C, older);
	CU_ASSERT_TRUE(ospf_unacked_has(own, n));
	hear_ack(&l, C, lsa);
	CU_ASSERT_FALSE(ospf_unacked_has(own, n));
	CU_ASSERT_EQUAL(n->n_unacked, 0);
	ospf_nbr_event(ospf_nbr_by_id(l.r[A]->ports->ifp, C), OSPF_NE_SEQ_MISMATCH, "test");
	bad = l.r[A]->o->n.bad[OSPF_BAD_STATE];
	hear_ack(&l, C, lsa);
	CU_ASSERT_EQUAL(l.r[A]->o->n.bad[OSPF_BAD_STATE], bad + 1);
	world_free(l.w);
}

/* ---- flushed a moment ago -------------------------------------------------------------------- */

/* Out of the database, and a copy from before comes late: it is not news, whether A ever had the
 * LSA or met it flushed. Its sender is told. An hour later nobody remembers. */
static void
test_late_copy(void)
{
	for (int had = 0; had < 2; had++) {
		uint8_t lsa[64];
		struct lan l;
		size_t len;

		lan_begin(&l, A, B);
		if (had) {
			len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
			hear(&l, C, lsa, len);
			world_run(l.w, 3000);
			CU_ASSERT_PTR_NOT_NULL(lsa_at(&l, FAR));
		}
		len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, OSPF_MAX_AGE);
		hear(&l, C, lsa, len);
		world_run(l.w, 3000);
		CU_ASSERT_PTR_NULL(lsa_at(&l, FAR));
		forget(&l);
		len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
		hear(&l, C, lsa, len);
		CU_ASSERT(lsa_at(&l, FAR) == NULL || ospf_lsa_is_max_age(lsa_at(&l, FAR)));
		CU_ASSERT_TRUE(sent(&l, update, "10.0.0.3"));
		CU_ASSERT_TRUE(world_said(l.r[A], "age 3600"));
		CU_ASSERT_FALSE(sent(&l, acknowledgment, "10.0.0.3"));
		CU_ASSERT_EQUAL(l.r[A]->o->n.lsa_flushed_again, 1);
		world_run(l.w, 3000);
		CU_ASSERT_PTR_NULL(lsa_at(&l, FAR));
		CU_ASSERT_TRUE(world_quiet(l.w));
		/* A newer one is news; so is the old one when nobody remembers. */
		len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, had ? 6 : 5, 10);
		if (!had)
			world_run(l.w, 3600000);
		hear(&l, C, lsa, len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lsa_at(&l, FAR));
		CU_ASSERT_EQUAL(lsa_at(&l, FAR)->h.seq, had ? 6 : 5);
		CU_ASSERT_FALSE(ospf_lsa_is_max_age(lsa_at(&l, FAR)));
		world_free(l.w);
	}
}

/* A late copy has reached a neighbour without such a memory: its acknowledgment gives it away. One
 * of what is not older, or of what nobody knows, says nothing. */
static void
test_late_acknowledgment(void)
{
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, OSPF_MAX_AGE);
	hear(&l, C, lsa, len);
	world_run(l.w, 1000);
	forget(&l);
	hear_ack(&l, C, lsa);
	lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 6, 10);
	hear_ack(&l, C, lsa);
	lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR + 1, 5, 10);
	hear_ack(&l, C, lsa);
	CU_ASSERT_FALSE(sent(&l, update, NULL));
	CU_ASSERT_EQUAL(l.r[A]->o->n.lsa_flushed_again, 0);
	lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	hear_ack(&l, C, lsa);
	CU_ASSERT_TRUE(sent(&l, update, "10.0.0.3"));
	CU_ASSERT_TRUE(world_said(l.r[A], "age 3600"));
	CU_ASSERT_EQUAL(l.r[A]->o->n.lsa_flushed_again, 1);
	world_run(l.w, 3000);
	CU_ASSERT_PTR_NULL(lsa_at(&l, FAR));
	CU_ASSERT_TRUE(world_quiet(l.w));
	world_free(l.w);
}

/* Wanted again, our own goes on above what was flushed: an acknowledgment of that, held up on its
 * way, is none of the new one. */
static void
test_wanted_again(void)
{
	uint8_t body[OSPF_SUMMARY_BODY_LEN], lsa[64];
	struct ospf_summary s = { .mask = 0xffff0000, .metric = 1 };
	const struct ospf_nbr *n;
	struct lan l;

	lan_begin(&l, A, B);
	ospf_summary_write(body, &s);
	for (int32_t i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(ospf_originate(db_of(&l), OSPF_LSA_SUMMARY, LSID, OSPF_OPT_E, body,
						sizeof(body)), 0);
		world_run(l.w, 3000);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lsa_at(&l, A));
		CU_ASSERT_EQUAL(lsa_at(&l, A)->h.seq, OSPF_INITIAL_SEQ + (i < 3 ? i - 1 : 0));
		n = ospf_nbr_by_id(l.r[A]->ports->ifp, B);
		ospf_flush(db_of(&l), OSPF_LSA_SUMMARY, LSID);
		CU_ASSERT_EQUAL(n->n_unacked, 1);
		if (i == 2) {
			hear_ack(&l, B, lsa);
			CU_ASSERT_EQUAL(n->n_unacked, 1);
		}
		memcpy(lsa, lsa_at(&l, A)->data, OSPF_LSA_HDR_LEN);
		world_run(l.w, i < 2 ? 3000 : 70000);
		CU_ASSERT_PTR_NULL(lsa_at(&l, A));
	}
	world_free(l.w);
}

/* An LSA of ours that keeps changing, among others: its instances are so far apart on the wire that
 * a neighbour with the RFC's MinLSArrival of 1 s refuses none, though pacing delays some and not
 * others. What it refused would come again only after the retransmission interval. */
static void
test_own_changes(void)
{
	struct world *w = world_new(61);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	b->o->cfg.lsa_arrival_ms = 1000;
	CU_ASSERT_TRUE_FATAL(world_until(w, 20000, world_quiet));
	for (uint32_t i = 0; i < 6000; i++) {
		uint32_t quiet_for = world_random(w, 400) == 0 ? 12000 : 0;

		ospf_tick(a->o, w->now_ms);
		if (i % 7 == 0)
			CU_ASSERT_EQUAL(world_summary(a, LSID, 1 + i), 0);
		CU_ASSERT_EQUAL(world_summary(a, LSID + 0x10000 * (1 + world_random(w, 50)),
						1 + i), 0);
		world_run(w, world_random(w, 30) + quiet_for);
	}
	CU_ASSERT_EQUAL(b->o->n.bad[OSPF_BAD_LSA_ARRIVAL], 0);
	world_run(w, 20000);
	CU_ASSERT_TRUE(world_quiet(w));
	world_free(w);
}

/* ---- the trace ------------------------------------------------------------------------------- */

static void
test_trace(void)
{
	static const char *const words[] = {
		"to 224.0.0.5: Hello, ", "  mask 255.255.255.0, hello 1 s, dead 4 s, options 0x",
		" priority 100, DR 10.0.0.2, BDR 10.0.0.1, neighbors 0.0.0.", "a password",
		"Database Description, ", "MTU 1500, flags I M MS, sequence ",
		"Link State Request, ",
		"  router 0.0.0.2 of 0.0.0.2", "Link State Update, ", "    transit, id 10.0.0.2",
		"    mask 255.255.255.0, routers 0.0.0.", "Link State Acknowledgment, ",
		"neighbor 0.0.0.2 Loading -> Full: ", "election: DR 10.0.0.2, BDR 10.0.0.1",
		"interface Waiting -> ", "originated, new", "installed, new",
	};
	struct world *w = world_new(60);
	struct net *net = world_net(w);
	struct router *r[3];

	for (uint32_t i = A; i <= B; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, ADDR + i, 24);

		c.priority = i == B ? 200 : 100;
		c.auth.type = OSPF_AUTH_SIMPLE;
		c.auth.n_keys = 1;
		c.auth.keys[0].len = 6;
		memcpy(c.auth.keys[0].secret, "sesame", 6);
		r[i] = world_router(w, i);
		ospf_trace_on(r[i]->o, OSPF_TRACE_ALL);
		world_attach(r[i], net, &c);
	}
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	world_run(w, 5000);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!world_said(r[A], words[i]))
			printf("\n  the trace does not say \"%s\"\n", words[i]);
		CU_ASSERT_TRUE(world_said(r[A], words[i]));
	}
	CU_ASSERT_FALSE(world_said(r[A], "sesame"));
	/* No topic, nothing. */
	ospf_trace_on(r[A]->o, 0);
	r[A]->lines[r[A]->n_lines = 0] = '\0';
	world_run(w, 5000);
	CU_ASSERT_FALSE(world_said(r[A], "Hello"));
	world_free(w);
}

/* Each beginning of an update goes through the trace, from a copy of exactly its size. */
static void
test_trace_prefixes(void)
{
	struct ospf_if *ifp;
	struct ospf_out p;
	uint64_t seq = 0;
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	ifp = l.r[B]->ports->ifp;
	len = lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	for (uint8_t type = OSPF_PKT_HELLO; type < OSPF_N_PKTS; type++) {
		ospf_out_begin(&p, ifp, (enum ospf_pkt)type);
		if (type == OSPF_PKT_LSU)
			wr_be32(&p.w, 1);
		wr_bytes(&p.w, lsa, len);
		CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
		for (size_t n = 0; n <= p.w.len; n++) {
			uint8_t *copy = malloc(n + 1);

			memcpy(copy, p.buf, n);
			ospf_trace_on(l.r[A]->o, OSPF_TRACE_ALL);
			ospf_trace_packet(l.r[A]->ports->ifp, false, ADDR + B, copy, n);
			free(copy);
		}
	}
	CU_ASSERT_TRUE(world_said(l.r[A], "(what follows is malformed)"));
	world_free(l.w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_steps), CU_CASE(test_not_looked_at), CU_CASE(test_implied),
	CU_CASE(test_own_received), CU_CASE(test_wrapping), CU_CASE(test_while_exchanging),
	CU_CASE(test_stub_area), CU_CASE(test_sent_back), CU_CASE(test_transmit_delay),
	CU_CASE(test_own_network), CU_CASE(test_asked_of_another), CU_CASE(test_retransmission),
	CU_CASE(test_late_copy), CU_CASE(test_late_acknowledgment), CU_CASE(test_wanted_again),
	CU_CASE(test_own_changes), CU_CASE(test_trace), CU_CASE(test_trace_prefixes),
};

CU_MAIN("ospf_flood", cases)
