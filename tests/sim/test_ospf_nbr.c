/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exchange of databases step by step (RFC 2328 sections 10.6, 10.7): router A alone, brought to
 * a state by events and packets of a neighbour that the test plays. Rows are named by their place
 * in the RFC; test_ospf_nbr_rfc.c has what is the same for all states.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/ospf_scene.h"
#include "tests/unit/cu.h"

enum { INIT = OSPF_NBR_INIT, TWOWAY = OSPF_NBR_2WAY, EXSTART = OSPF_NBR_EXSTART,
	EXCHANGE = OSPF_NBR_EXCHANGE, LOADING = OSPF_NBR_LOADING, FULL = OSPF_NBR_FULL };

/* ---- section 10.6 ---------------------------------------------------------------------------- */

static const struct dd_row {
	const char *rfc;
	enum ospf_if_type type;
	uint32_t far;
	int in;
	uint8_t flags;
	int32_t off; /* of its number from what comes next */
	uint8_t options; /* bits of them that differ */
	uint8_t lsa;     /* type of an LSA that it describes */
	uint8_t area;
	int next;
	bool answer;
} dds[] = {
	{ "Init: 2-WayReceived, then as in ExStart", OSPF_IF_P2P, HIGH, INIT, I | M | MS, 0, 0, 0,
	  0, EXCHANGE, true },
	{ "2-Way: ignored", OSPF_IF_BROADCAST, HIGH, TWOWAY, I | M | MS, 0, 0, 0, 0, TWOWAY,
	  false },
	{ "ExStart: it is master", OSPF_IF_P2P, HIGH, EXSTART, I | M | MS, 0, 0, 0, 0, EXCHANGE,
	  true },
	{ "ExStart: its ID is lower, it is not", OSPF_IF_P2P, LOW, EXSTART, I | M | MS, 7, 0, 0, 0,
	  EXSTART, false },
	{ "ExStart: not empty", OSPF_IF_P2P, HIGH, EXSTART, I | M | MS, 0, 0, OSPF_LSA_SUMMARY, 0,
	  EXSTART, false },
	{ "ExStart: it is slave", OSPF_IF_P2P, LOW, EXSTART, M, 0, 0, 0, 0, EXCHANGE, true },
	{ "ExStart: slave with another number", OSPF_IF_P2P, LOW, EXSTART, M, 1, 0, 0, 0, EXSTART,
	  false },
	{ "ExStart: slave, though its ID is higher", OSPF_IF_P2P, HIGH, EXSTART, M, 0, 0, 0, 0,
	  EXSTART, false },
	{ "Exchange: the next, we are master", OSPF_IF_P2P, LOW, EXCHANGE, M, 0, 0, 0, 0, EXCHANGE,
	  true },
	{ "Exchange: the next, we are slave", OSPF_IF_P2P, HIGH, EXCHANGE, M | MS, 0, 0, 0, 0,
	  EXCHANGE, true },
	{ "Exchange: the last one", OSPF_IF_P2P, LOW, EXCHANGE, 0, 0, 0, 0, 0, FULL, false },
	{ "Exchange: the last one, with something to ask for", OSPF_IF_P2P, HIGH, EXCHANGE, MS, 0,
	  0, OSPF_LSA_SUMMARY, 0, LOADING, true },
	{ "Exchange: wrong MS bit, we are master", OSPF_IF_P2P, LOW, EXCHANGE, M | MS, 0, 0, 0, 0,
	  EXSTART, true },
	{ "Exchange: wrong MS bit, we are slave", OSPF_IF_P2P, HIGH, EXCHANGE, M, 0, 0, 0, 0,
	  EXSTART, true },
	{ "Exchange: I bit", OSPF_IF_P2P, LOW, EXCHANGE, I | M, 0, 0, 0, 0, EXSTART, true },
	{ "Exchange: other options", OSPF_IF_P2P, LOW, EXCHANGE, M, 0, OSPF_OPT_E, 0, 0, EXSTART,
	  true },
	{ "Exchange: out of sequence, we are master", OSPF_IF_P2P, LOW, EXCHANGE, M, 1, 0, 0, 0,
	  EXSTART, true },
	{ "Exchange: out of sequence, we are slave", OSPF_IF_P2P, HIGH, EXCHANGE, M | MS, 1, 0, 0,
	  0, EXSTART, true },
	{ "Exchange: an LSA of an unknown type", OSPF_IF_P2P, LOW, EXCHANGE, M, 0, 0, 8, 0, EXSTART,
	  true },
	{ "Exchange: an AS-external LSA in a stub area", OSPF_IF_P2P, LOW, EXCHANGE, M, 0, 0,
	  OSPF_LSA_EXTERNAL, OSPF_AREA_STUB, EXSTART, true },
	{ "Loading: anything but a duplicate", OSPF_IF_P2P, LOW, LOADING, 0, 0, 0, 0, 0, EXSTART,
	  true },
	{ "Full: anything but a duplicate", OSPF_IF_P2P, HIGH, FULL, MS, 0, 0, 0, 0, EXSTART,
	  true },
	{ "Full: it begins anew, with a lower ID", OSPF_IF_P2P, LOW, FULL, I | M | MS, 7, 0, 0, 0,
	  EXSTART, true },
};

static void
test_descriptions(void)
{
	for (size_t i = 0; i < sizeof(dds) / sizeof(dds[0]); i++) {
		const struct dd_row *d = &dds[i];
		uint32_t next;
		struct scene s;
		struct ospf_nbr *n;
		bool ok;

		scene_begin(&s, d->type, d->far, d->area);
		n = scene_bring(&s, (enum ospf_nbr_state)d->in);
		next = d->far == LOW || d->in == EXSTART ? n->dd_seq : n->dd_seq + 1;
		s.options ^= d->options;
		scene_hear_dd(&s, d->flags, next + (uint32_t)d->off, d->lsa);
		ok = scene_state(&s) == (enum ospf_nbr_state)d->next &&
				world_said(s.a, "to 224.0.0.5: Database Description") == d->answer;
		if (!ok)
			printf("\n  10.6, %s: %s\n%s", d->rfc, ospf_nbr_state_str(scene_state(&s)),
					s.a->lines);
		CU_ASSERT_TRUE(ok);
		world_free(s.w);
	}
}

/* A duplicate in each state: the master discards it, the slave says again what it said last. */
static void
test_duplicates(void)
{
	static const int states[] = { EXCHANGE, LOADING, FULL };

	for (size_t i = 0; i < 2 * sizeof(states) / sizeof(states[0]); i++) {
		enum ospf_nbr_state in = (enum ospf_nbr_state)states[i / 2];
		struct ospf_nbr *n;
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, i % 2 == 0 ? LOW : HIGH, OSPF_AREA_NORMAL);
		n = scene_bring(&s, in);
		scene_hear_dd(&s, n->rx_dd_flags, n->rx_dd_seq, in == OSPF_NBR_LOADING ? OSPF_LSA_SUMMARY
										  : 0);
		CU_ASSERT_EQUAL(scene_state(&s), in);
		CU_ASSERT_EQUAL(world_said(s.a, "to 224.0.0.5: Database Description"), i % 2 == 1);
		world_free(s.w);
	}
}

/* Section 10.8: a slave lets go of its last packet after RouterDeadInterval; a duplicate then is
 * out of sequence. */
static void
test_late_duplicate(void)
{
	struct ospf_nbr *n;
	struct scene s;

	scene_begin(&s, OSPF_IF_P2P, HIGH, OSPF_AREA_NORMAL);
	n = scene_bring(&s, OSPF_NBR_FULL);
	for (int i = 0; i < 2; i++) {
		world_run(s.w, 400000);
		ospf_nbr_event(n, OSPF_NE_HELLO, "test");
	}
	scene_hear_dd(&s, n->rx_dd_flags, n->rx_dd_seq, 0);
	CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXSTART);
	world_free(s.w);
}

/* A first word that is never answered: after a while another one is said. A neighbour that took the
 * first, and whose answer cannot be used (FRR repeats it with the key of then), begins anew too. */
static void
test_another_first_word(void)
{
	struct ospf_nbr *n;
	struct scene s;
	uint32_t first;

	scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
	n = scene_bring(&s, OSPF_NBR_EXSTART);
	first = n->dd_seq;
	world_run(s.w, 20000);
	CU_ASSERT_EQUAL(n->dd_seq, first);
	world_run(s.w, 40000);
	CU_ASSERT_EQUAL(n->dd_seq, first + 1);
	CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXSTART);
	scene_hear_dd(&s, M, n->dd_seq, 0);
	CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXCHANGE);
	world_free(s.w);
}

/* A slave whose own first word comes right behind ours has not heard it, or both have crossed: if
 * no answer comes, ours is said again soon, not only when the patience with answers is over. */
static void
test_slave_calls(void)
{
	static const uint32_t after_ms[] = { 5, 150 };

	for (size_t i = 0; i < sizeof(after_ms) / sizeof(*after_ms); i++) {
		struct ospf_nbr *n;
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		n = scene_bring(&s, OSPF_NBR_EXSTART);
		world_run(s.w, after_ms[i]);
		scene_hear_dd(&s, I | M | MS, THEIRS, 0);
		CU_ASSERT_FALSE(world_said(s.a, "to 224.0.0.5: Database Description"));
		world_run(s.w, 250 - after_ms[i]);
		CU_ASSERT_TRUE(world_said(s.a, "to 224.0.0.5: Database Description"));
		CU_ASSERT_TRUE(world_said(s.a, "flags I M MS"));
		CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXSTART);
		scene_hear_dd(&s, M, n->dd_seq, 0);
		CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXCHANGE);
		world_free(s.w);
	}
}

/* ---- sections 10.7 and 13, step 6 ------------------------------------------------------------ */

static void
test_requests(void)
{
	static const struct {
		const char *rfc;
		int in;
		uint32_t id; /* of a router-LSA */
		int next;
		bool answer;
	} rows[] = {
		{ "not before Exchange", EXSTART, A, EXSTART, false },
		{ "one that A has", EXCHANGE, A, EXCHANGE, true },
		{ "one that A has, in Full", FULL, A, FULL, true },
		{ "BadLSReq: one that A has not", FULL, UNKNOWN, EXSTART, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_lsr q = { .type = OSPF_LSA_ROUTER, .id = rows[i].id, .adv = A };
		struct ospf_out p;
		struct scene s;
		bool ok;

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, (enum ospf_nbr_state)rows[i].in);
		ospf_out_begin(&p, s.ifp, OSPF_PKT_LSR);
		ospf_lsr_write(&p.w, &q);
		scene_hear(&s, &p);
		ok = scene_state(&s) == (enum ospf_nbr_state)rows[i].next &&
		     world_said(s.a, "to 224.0.0.5: Link State Update") == rows[i].answer;
		if (!ok)
			printf("\n  10.7, %s: %s\n%s", rows[i].rfc,
					ospf_nbr_state_str(scene_state(&s)), s.a->lines);
		CU_ASSERT_TRUE(ok);
		world_free(s.w);
	}
}

/* What it sends is what A has already, or older, though it described something newer. */
static void
test_older_than_described(void)
{
	for (int older = 0; older < 2; older++) {
		const struct ospf_lsa *own;
		struct ospf_dd d = { .mtu = 1500, .flags = 0 };
		struct ospf_lsa_hdr h;
		struct ospf_nbr *n;
		struct ospf_out p;
		struct scene s;
		uint8_t lsa[128];

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		for (uint32_t metric = 1; metric <= 2; metric++) {
			CU_ASSERT_EQUAL_FATAL(world_summary(s.a, UNKNOWN, metric), 0);
			world_run(s.w, 6000);
		}
		n = scene_bring(&s, OSPF_NBR_EXCHANGE);
		own = ospf_lsdb_find(world_db(s.a), OSPF_LSA_SUMMARY, UNKNOWN, A);
		CU_ASSERT_FATAL(own != NULL && own->h.seq > OSPF_INITIAL_SEQ &&
				own->h.len <= sizeof(lsa));
		h = own->h;
		h.seq++;
		d.options = s.options;
		d.seq = n->dd_seq;
		ospf_out_begin(&p, s.ifp, OSPF_PKT_DD);
		ospf_dd_write(&p.w, &d);
		ospf_lsa_hdr_write(&p.w, &h);
		scene_hear(&s, &p);
		CU_ASSERT_EQUAL_FATAL(scene_state(&s), OSPF_NBR_LOADING);
		memcpy(lsa, own->data, own->h.len);
		if (older) {
			struct wr seq = wr_init(lsa + 12, 4);

			wr_be32(&seq, (uint32_t)own->h.seq - 1);
			ospf_lsa_cksum_set(lsa, own->h.len);
		}
		ospf_out_begin(&p, s.ifp, OSPF_PKT_LSU);
		wr_be32(&p.w, 1);
		wr_bytes(&p.w, lsa, own->h.len);
		scene_hear(&s, &p);
		CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXSTART);
		world_free(s.w);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_descriptions), CU_CASE(test_duplicates),
	CU_CASE(test_late_duplicate), CU_CASE(test_another_first_word), CU_CASE(test_slave_calls),
	CU_CASE(test_requests), CU_CASE(test_older_than_described),
};

CU_MAIN("ospf_nbr", cases)
