/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flooding step by step (RFC 2328 section 13): LSAs made by the test come to router A on a LAN, as
 * if B or C had sent them; what A does of it is read off its trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_lan.h"
#include "tests/unit/cu.h"

#define ARRIVAL 100 /* ms, as the world's routers have it */

enum ack { NO_ACK, DIRECT, DELAYED };

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
	size_t len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, s->have, 1);

	/* From the DR: all three have it then, and nobody owes an acknowledgment any more. */
	if (s->have == 0)
		return;
	lan_hear(l, s->from, lsa, len);
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
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, s->seq, s->age);
	bad = s->bad >= 0 ? l.r[A]->o->n.bad[s->bad] : 0;
	lan_forget(&l);
	lan_hear(&l, s->from, lsa, len);
	now = lan_lsa(&l, FAR);
	ip4_str(ADDR + s->from, to);
	ok = (now != NULL && now->h.seq == s->seq && now->h.age == s->age) == s->installed;
	ack = lan_sent(&l, LAN_ACK, to) ? DIRECT : NO_ACK;
	world_run(l.w, OSPF_ACK_DELAY_MS + 100);
	if (ack == NO_ACK && lan_sent_to_group(&l, LAN_ACK))
		ack = DELAYED;
	ok = ok && ack == s->ack && lan_sent_to_group(&l, LAN_UPDATE) == s->flooded &&
			lan_sent(&l, LAN_UPDATE, to) == s->sent_back &&
			(s->bad < 0 || l.r[A]->o->n.bad[s->bad] == bad + 1);
	if (!ok)
		printf("\n  %s: acknowledgment %d, flooded %d, sent back %d\n%s", s->rfc, ack,
				lan_sent_to_group(&l, LAN_UPDATE), lan_sent(&l, LAN_UPDATE, to), l.r[A]->lines);
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
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	lsa[len - 1] ^= 1;
	lan_hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_CHECKSUM], 1);
	len = lan_lsa_make(lsa, sizeof(lsa), 8, FAR, 5, 10);
	lan_hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_TYPE], 1);
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_NSSA, FAR, 5, 10); /* the area is no NSSA */
	lan_hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_TYPE], 2);
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, OSPF_INITIAL_SEQ - 1, 10);
	lan_hear(&l, C, lsa, len);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_SEQ], 1);
	CU_ASSERT_PTR_NULL(lan_lsa(&l, FAR));
	CU_ASSERT_FALSE(lan_sent(&l, LAN_ACK, NULL));
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
			len = lan_lsa_make(lsa, sizeof(lsa), types[t], FAR, 5, 10);
			lan_hear(&l, C, lsa, len);
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
		CU_ASSERT_EQUAL(ospf_originate(lan_db(&l), OSPF_LSA_SUMMARY, LSID, OSPF_OPT_E, body,
						sizeof(body)), 0);
		own = lan_lsa(&l, A);
		CU_ASSERT_PTR_NOT_NULL_FATAL(own);
		n = ospf_nbr_by_id(l.r[A]->ports->ifp, rows[i].from);
		CU_ASSERT_EQUAL(n->n_unacked, 1);
		memcpy(lsa, own->data, own->h.len);
		lan_forget(&l);
		lan_hear(&l, rows[i].from, lsa, own->h.len);
		CU_ASSERT_EQUAL(n->n_unacked, 0);
		CU_ASSERT_FALSE(lan_sent(&l, LAN_ACK, "10.0.0.2"));
		world_run(l.w, OSPF_ACK_DELAY_MS + 50);
		CU_ASSERT_EQUAL(lan_sent_to_group(&l, LAN_ACK), rows[i].ack == DELAYED);
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
			CU_ASSERT_EQUAL(ospf_originate(lan_db(&l), OSPF_LSA_SUMMARY, LSID,
							OSPF_OPT_E, body, sizeof(body)), 0);
		world_run(l.w, 5000);
		len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, A, rows[i].seq, rows[i].age);
		lan_hear(&l, C, lsa, len);
		world_run(l.w, 20000);
		own = lan_lsa(&l, A);
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
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, OSPF_MAX_SEQ, OSPF_MAX_AGE - 1);
	lan_hear(&l, C, lsa, len);
	ospf_lsa_expire(lan_lsa(&l, FAR));
	lan_forget(&l);
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	lan_hear(&l, C, lsa, len);
	CU_ASSERT_FALSE(lan_sent(&l, LAN_UPDATE, "10.0.0.3"));
	CU_ASSERT_FALSE(lan_sent(&l, LAN_ACK, "10.0.0.3"));
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
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 6, 10);
	lan_hear(&l, C, lsa, len);
	world_run(l.w, 5000);
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	for (int i = 0; i < 3; i++) { /* at 0, just before, and at MinLSArrival */
		lan_forget(&l);
		l.w->now_ms += i == 0 ? 0 : i == 1 ? ARRIVAL - 1 : 1;
		lan_hear(&l, C, lsa, len);
		CU_ASSERT_EQUAL(lan_sent(&l, LAN_UPDATE, "10.0.0.3"), i != 1);
		CU_ASSERT_FALSE(lan_sent(&l, LAN_ACK, "10.0.0.3"));
	}
	CU_ASSERT_EQUAL(lan_lsa(&l, FAR)->h.seq, 6);
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
		len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, rows[i].age);
		lan_forget(&l);
		lan_hear(&l, C, lsa, len);
		world_run(l.w, 50);
		CU_ASSERT_TRUE(lan_sent_to_group(&l, LAN_UPDATE));
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
	lan_hear(&l, C, lsa, w.len);
	world_run(l.w, 5000);
	for (uint32_t i = A; i <= C; i++)
		CU_ASSERT_PTR_NULL(ospf_lsdb_find(world_db(l.r[i]), OSPF_LSA_NETWORK, ADDR + A,
				FAR));
	CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(lan_db(&l), OSPF_LSA_NETWORK, ADDR + A, A));
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
	lan_forget(&l);
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, OSPF_MAX_AGE);
	lan_hear(&l, B, lsa, len);
	CU_ASSERT_PTR_NOT_NULL(lan_lsa(&l, FAR)); /* it is kept until they are through */
	CU_ASSERT_FALSE(lan_sent(&l, LAN_ACK, "10.0.0.2"));
	CU_ASSERT_PTR_NULL(ospf_request_find(n, &h));
	CU_ASSERT_TRUE(world_until(l.w, 30000, world_quiet));
	world_run(l.w, 2000);
	CU_ASSERT_PTR_NULL(lan_lsa(&l, FAR));
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
		lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 1);
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
		len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5 + more, 1);
		lan_hear(&l, B, lsa, len);
		CU_ASSERT_PTR_NOT_NULL(lan_lsa(&l, FAR));
		CU_ASSERT_EQUAL(ospf_request_find(n, &h) == NULL, more >= 0);
		/* Step 1d: only what C does not have is retransmitted to it. */
		CU_ASSERT_EQUAL(ospf_unacked_has(lan_lsa(&l, FAR), n), more > 0);
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
	memcpy(older, lan_lsa(&l, A)->data, OSPF_LSA_HDR_LEN);
	world_run(l.w, 6000);
	l.r[C]->ports->cut = true;
	CU_ASSERT_EQUAL_FATAL(world_summary(l.r[A], LSID, 2), 0);
	own = lan_lsa(&l, A);
	CU_ASSERT_EQUAL_FATAL(own->h.seq, OSPF_INITIAL_SEQ + 1);
	memcpy(lsa, own->data, OSPF_LSA_HDR_LEN);
	world_run(l.w, 100);
	lan_forget(&l);
	world_run(l.w, 1600);
	CU_ASSERT_TRUE(lan_sent(&l, LAN_UPDATE, "10.0.0.3"));
	CU_ASSERT_FALSE(lan_sent(&l, LAN_UPDATE, "10.0.0.2"));
	CU_ASSERT_FALSE(lan_sent_to_group(&l, LAN_UPDATE));
	lan_hear_ack(&l, C, older);
	CU_ASSERT_TRUE(ospf_unacked_has(own, n));
	lan_hear_ack(&l, C, lsa);
	CU_ASSERT_FALSE(ospf_unacked_has(own, n));
	CU_ASSERT_EQUAL(n->n_unacked, 0);
	ospf_nbr_event(ospf_nbr_by_id(l.r[A]->ports->ifp, C), OSPF_NE_SEQ_MISMATCH, "test");
	bad = l.r[A]->o->n.bad[OSPF_BAD_STATE];
	lan_hear_ack(&l, C, lsa);
	CU_ASSERT_EQUAL(l.r[A]->o->n.bad[OSPF_BAD_STATE], bad + 1);
	world_free(l.w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_steps), CU_CASE(test_not_looked_at), CU_CASE(test_implied),
	CU_CASE(test_own_received), CU_CASE(test_wrapping), CU_CASE(test_while_exchanging),
	CU_CASE(test_stub_area), CU_CASE(test_sent_back), CU_CASE(test_transmit_delay),
	CU_CASE(test_own_network), CU_CASE(test_asked_of_another), CU_CASE(test_retransmission),
};

CU_MAIN("ospf_flood", cases)
