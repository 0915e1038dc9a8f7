/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 2328 appendix A, sections 12.1, 13.5, 13.7 and 14 as tables: packets and LSAs of each length,
 * fields at their ends, acknowledgments by kind of network, when a flushed LSA goes. Router A with
 * one neighbour, which the test plays; test_ospf_flood.c has section 13 on a LAN.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/ospf_scene.h"
#include "tests/unit/cu.h"

#define FAR 77u /* the router whose LSAs they are: nobody here */

/* ---- appendix A ------------------------------------------------------------------------------ */

/* Of a body of zeros: no LSAs, no neighbours. */
static bool
is_length(enum ospf_pkt type, size_t len)
{
	switch (type) {
	case OSPF_PKT_HELLO:
		return len >= 20 && len % 4 == 0;
	case OSPF_PKT_DD:
		return len >= 8 && (len - 8) % 20 == 0;
	case OSPF_PKT_LSR:
		return len % 12 == 0;
	case OSPF_PKT_LSU:
		return len == 4;
	default:
		return len % 20 == 0;
	}
}

static void
test_a_3_lengths(void)
{
	for (int type = OSPF_PKT_HELLO; type <= OSPF_PKT_LSACK; type++)
		for (size_t len = 0; len <= 64; len++) {
			bool good = is_length((enum ospf_pkt)type, len);
			struct ospf_out p;
			struct scene s;

			scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
			scene_bring(&s, OSPF_NBR_FULL);
			ospf_out_begin(&p, s.ifp, (enum ospf_pkt)type);
			wr_zero(&p.w, len);
			scene_hear(&s, &p);
			if (s.a->o->n.bad[OSPF_BAD_MALFORMED] == good)
				printf("\n  type %d, %zu bytes\n", type, len);
			CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_MALFORMED], !good);
			if (!good)
				CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_FULL);
			world_free(s.w);
		}
}

/* ---- section 12.1 ---------------------------------------------------------------------------- */

struct lsa {
	const char *what;
	uint8_t type;
	uint32_t id, adv; /* 0: UNKNOWN, FAR */
	int32_t seq;      /* 0: 5 */
	uint16_t age;
	uint8_t options;
	uint8_t len;      /* of the body */
	uint8_t body[16];
	int bad;          /* -1: it is taken */
};

static size_t
lsa_write(const struct lsa *l, uint8_t *buf, size_t cap)
{
	struct ospf_lsa_hdr h = { .age = l->age, .options = l->options, .type = l->type,
		.id = l->id != 0 ? l->id : UNKNOWN, .adv = l->adv != 0 ? l->adv : FAR,
		.seq = l->seq != 0 ? l->seq : 5, .len = OSPF_LSA_HDR_LEN + l->len };
	struct wr w = wr_init(buf, cap);

	ospf_lsa_hdr_write(&w, &h);
	wr_bytes(&w, l->body, l->len);
	ospf_lsa_cksum_set(buf, w.len);
	return w.len;
}

static void
hear_update(struct scene *s, uint32_t n, const uint8_t *lsas, size_t len)
{
	struct ospf_out p;

	ospf_out_begin(&p, s->ifp, OSPF_PKT_LSU);
	wr_be32(&p.w, n);
	wr_bytes(&p.w, lsas, len);
	scene_hear(s, &p);
}

#define MASK16 0xff, 0xff, 0, 0

static const struct lsa lsas[] = {
	/* clang-format off */
	{ "summary", OSPF_LSA_SUMMARY, .len = 8, .body = { MASK16 }, .bad = -1 },
	{ "age MaxAge - 1", OSPF_LSA_SUMMARY, .age = 3599, .len = 8, .body = { MASK16 }, .bad = -1 },
	{ "all options", OSPF_LSA_SUMMARY, .options = 0xff, .len = 8, .body = { MASK16 }, .bad = -1 },
	{ "no options", OSPF_LSA_SUMMARY, .options = 0, .len = 8, .body = { MASK16 }, .bad = -1 },
	{ "the first number", OSPF_LSA_SUMMARY, .seq = OSPF_INITIAL_SEQ, .len = 8,
	  .body = { MASK16 }, .bad = -1 },
	{ "the last number", OSPF_LSA_SUMMARY, .seq = OSPF_MAX_SEQ, .len = 8, .body = { MASK16 },
	  .bad = -1 },
	{ "number -1", OSPF_LSA_SUMMARY, .seq = -1, .len = 8, .body = { MASK16 }, .bad = -1 },
	{ "the reserved number", OSPF_LSA_SUMMARY, .seq = OSPF_INITIAL_SEQ - 1, .len = 8,
	  .body = { MASK16 }, .bad = OSPF_BAD_LSA_SEQ },
	{ "a metric of infinity", OSPF_LSA_SUMMARY, .len = 8,
	  .body = { MASK16, 0, 0xff, 0xff, 0xff }, .bad = -1 },
	{ "metrics by TOS", OSPF_LSA_SUMMARY, .len = 12, .body = { MASK16 }, .bad = -1 },
	{ "summary that ends in its metric", OSPF_LSA_SUMMARY, .len = 7, .body = { MASK16 },
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "summary with half a TOS", OSPF_LSA_SUMMARY, .len = 10, .body = { MASK16 },
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "summary without body", OSPF_LSA_SUMMARY, .bad = OSPF_BAD_LSA_MALFORMED },
	{ "router without links", OSPF_LSA_ROUTER, FAR, .len = 4, .bad = -1 },
	{ "router without body", OSPF_LSA_ROUTER, FAR, .bad = OSPF_BAD_LSA_MALFORMED },
	{ "router with flags and links that nobody knows", OSPF_LSA_ROUTER, FAR, .len = 16,
	  .body = { 0xff, 0xff, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 99, 0, 0, 1 }, .bad = -1 },
	{ "router with fewer links than it says", OSPF_LSA_ROUTER, FAR, .len = 4,
	  .body = { 0, 0, 0, 1 }, .bad = OSPF_BAD_LSA_MALFORMED },
	{ "router with more links than it says", OSPF_LSA_ROUTER, FAR, .len = 16,
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "router under another ID", OSPF_LSA_ROUTER, UNKNOWN, .len = 4,
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "the neighbour's router-LSA under another ID", OSPF_LSA_ROUTER, UNKNOWN, LOW, .len = 4,
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "network", OSPF_LSA_NETWORK, .len = 8, .body = { MASK16, 0, 0, 0, FAR }, .bad = -1 },
	{ "network without a router", OSPF_LSA_NETWORK, .len = 4, .body = { MASK16 },
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "a mask with holes", OSPF_LSA_NETWORK, .len = 8, .body = { 0xff, 0, 0xff, 0 },
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "external", OSPF_LSA_EXTERNAL, .len = 16, .body = { MASK16 }, .bad = -1 },
	{ "external of 15 bytes", OSPF_LSA_EXTERNAL, .len = 15, .body = { MASK16 },
	  .bad = OSPF_BAD_LSA_MALFORMED },
	{ "type 7 where there is no NSSA", OSPF_LSA_NSSA, .len = 16, .body = { MASK16 },
	  .bad = OSPF_BAD_LSA_TYPE },
	{ "type 0", 0, .len = 8, .bad = OSPF_BAD_LSA_TYPE },
	{ "type 6", 6, .len = 8, .bad = OSPF_BAD_LSA_TYPE },
	{ "type 12", 12, .len = 8, .bad = OSPF_BAD_LSA_TYPE },
	{ "type 255", 255, .len = 8, .bad = OSPF_BAD_LSA_TYPE },
	{ "opaque of 20 bytes", OSPF_LSA_OPAQUE_AREA, .bad = -1 },
	{ "opaque of 21 bytes", OSPF_LSA_OPAQUE_AREA, .len = 1, .bad = -1 },
	/* clang-format on */
};

static void
lsa_run(const struct lsa *l)
{
	const struct ospf_lsa *got;
	struct ospf_lsdb *db;
	uint8_t buf[64];
	struct scene s;
	size_t len;
	bool ok;

	scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
	scene_bring(&s, OSPF_NBR_FULL);
	len = lsa_write(l, buf, sizeof(buf));
	hear_update(&s, 1, buf, len);
	db = ospf_lsdb_of(s.a->o, s.ifp->area, s.ifp, l->type);
	got = db != NULL ? ospf_lsdb_find(db, l->type, l->id != 0 ? l->id : UNKNOWN,
					   l->adv != 0 ? l->adv : FAR) : NULL;
	ok = (got != NULL) == (l->bad < 0) && scene_state(&s) == OSPF_NBR_FULL;
	/* Byte by byte: others are told of what we do not know as well. */
	ok = ok && (got == NULL || (got->h.len == len && memcmp(got->data, buf, len) == 0));
	for (int b = 0; b < OSPF_N_BADS; b++)
		ok = ok && s.a->o->n.bad[b] == (b == l->bad);
	if (!ok)
		printf("\n  LSA: %s\n%s", l->what, s.a->lines);
	CU_ASSERT_TRUE(ok);
	world_free(s.w);
}

static void
test_12_1_lsas(void)
{
	for (size_t i = 0; i < sizeof(lsas) / sizeof(lsas[0]); i++)
		lsa_run(&lsas[i]);
}

/* An age beyond MaxAge is MaxAge: such an LSA is flushed, not kept. */
static void
test_12_1_1_age(void)
{
	static const uint16_t ages[] = { 3600, 3601, 0x7fff, 0x8000, 0xffff };

	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		struct lsa l = { .type = OSPF_LSA_SUMMARY, .len = 8, .body = { MASK16 } };
		struct scene s;
		uint8_t buf[64];
		size_t len;

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, OSPF_NBR_FULL);
		len = lsa_write(&l, buf, sizeof(buf));
		hear_update(&s, 1, buf, len);
		CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(world_db(s.a), l.type, UNKNOWN, FAR));
		s.w->now_ms += 1000;
		l.age = ages[i];
		len = lsa_write(&l, buf, sizeof(buf));
		hear_update(&s, 1, buf, len);
		world_run(s.w, 3000);
		CU_ASSERT_PTR_NULL(ospf_lsdb_find(world_db(s.a), l.type, UNKNOWN, FAR));
		world_free(s.w);
	}
}

/* Checksums: none at all, and each bit of the LSA that is another one, but for its age. */
static void
test_12_1_7_checksum(void)
{
	const struct lsa l = { .type = OSPF_LSA_SUMMARY, .len = 8, .body = { MASK16 } };
	uint8_t buf[64], bent[64];
	size_t len = lsa_write(&l, buf, sizeof(buf));
	struct scene s;

	scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
	scene_bring(&s, OSPF_NBR_FULL);
	memcpy(bent, buf, len);
	bent[16] = bent[17] = 0;
	hear_update(&s, 1, bent, len);
	CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_LSA_CHECKSUM], 1);
	for (size_t bit = 16; bit < len * 8; bit++) {
		if (bit / 8 == 18 || bit / 8 == 19)
			continue; /* its length: another packet */
		memcpy(bent, buf, len);
		bent[bit / 8] ^= (uint8_t)(1 << bit % 8);
		hear_update(&s, 1, bent, len);
	}
	CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_LSA_CHECKSUM], 1 + (len - 4) * 8);
	CU_ASSERT_EQUAL(ospf_lsdb_n(world_db(s.a), OSPF_LSA_SUMMARY), 0);
	CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_FULL);
	world_free(s.w);
}

/* An LSA's length against what is there, and the number of LSAs: of such a packet nothing is
 * taken, not even what comes before. */
static void
test_a_3_5_updates(void)
{
	static const struct {
		uint16_t len; /* that the second LSA says; 0: the true one */
		uint32_t n;
		bool good;
	} rows[] = {
		{ 0, 2, true }, { 1, 2, false }, { 19, 2, false }, { 20, 2, false },
		{ 27, 2, false }, { 29, 2, false }, { 65535, 2, false }, { 0, 0, false },
		{ 0, 1, false }, { 0, 3, false }, { 0, UINT32_MAX, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lsa l = { .type = OSPF_LSA_SUMMARY, .len = 8, .body = { MASK16 } };
		uint8_t buf[128];
		struct scene s;
		size_t len;

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, OSPF_NBR_FULL);
		len = lsa_write(&l, buf, sizeof(buf));
		l.id = UNKNOWN + 0x10000;
		lsa_write(&l, buf + len, sizeof(buf) - len);
		if (rows[i].len != 0) {
			buf[len + 18] = (uint8_t)(rows[i].len >> 8);
			buf[len + 19] = (uint8_t)rows[i].len;
		}
		hear_update(&s, rows[i].n, buf, 2 * len);
		CU_ASSERT_EQUAL(ospf_lsdb_n(world_db(s.a), OSPF_LSA_SUMMARY),
				rows[i].good ? 2u : 0u);
		CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_MALFORMED], !rows[i].good);
		world_free(s.w);
	}
}

/* The largest LSA, and one byte more. */
static void
test_12_1_large(void)
{
	static uint8_t buf[OSPF_LSA_MAX_LEN + 4];
	static const size_t lens[] = { OSPF_LSA_MAX_LEN, OSPF_LSA_MAX_LEN + 1 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct ospf_lsa_hdr h = { .type = OSPF_LSA_OPAQUE_AREA, .id = UNKNOWN, .adv = FAR,
			.seq = 5, .len = (uint16_t)lens[i] };
		struct wr w = wr_init(buf, sizeof(buf));
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, OSPF_NBR_FULL);
		ospf_lsa_hdr_write(&w, &h);
		ospf_lsa_cksum_set(buf, lens[i]);
		hear_update(&s, 1, buf, lens[i]);
		CU_ASSERT_EQUAL(ospf_lsdb_n(world_db(s.a), OSPF_LSA_OPAQUE_AREA), i == 0);
		CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_LSA_MALFORMED], i == 1);
		world_free(s.w);
	}
}

/* ---- section 13.5 ---------------------------------------------------------------------------- */

enum ack { NO_ACK, DIRECT, DELAYED };

/* A second neighbour, to whom is flooded what the first one says. */
static struct ospf_nbr *
another(struct scene *s)
{
	struct ospf_nbr *n = ospf_nbr_new(s->ifp, FAR, ADDR + FAR);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	ospf_nbr_event(n, OSPF_NE_HELLO, "test");
	ospf_nbr_event(n, OSPF_NE_2WAY, "test");
	ospf_nbr_event(n, OSPF_NE_NEGOTIATED, "test");
	CU_ASSERT_EQUAL_FATAL(n->state, OSPF_NBR_EXCHANGE);
	return n;
}

/* Table 19 where there is no DR; test_ospf_flood.c has it with one. */
static void
test_13_5_acknowledgments(void)
{
	static const struct {
		const char *what;
		enum ospf_if_type type;
		bool two; /* neighbours */
		int32_t have, seq;
		uint16_t age;
		enum ack ack;
	} rows[] = {
		{ "newer", OSPF_IF_P2P, false, 0, 5, 1, DELAYED },
		{ "newer than the database's", OSPF_IF_P2P, false, 4, 5, 1, DELAYED },
		{ "the same", OSPF_IF_P2P, false, 5, 5, 1, DIRECT },
		{ "older", OSPF_IF_P2P, false, 6, 5, 1, NO_ACK },
		{ "MaxAge, not there", OSPF_IF_P2P, false, 0, 5, OSPF_MAX_AGE, DIRECT },
		{ "MaxAge, there", OSPF_IF_P2P, false, 5, 5, OSPF_MAX_AGE, DELAYED },
		{ "newer", OSPF_IF_P2MP, false, 0, 5, 1, DELAYED },
		{ "newer, flooded back", OSPF_IF_P2MP, true, 0, 5, 1, NO_ACK },
		{ "the same", OSPF_IF_P2MP, true, 5, 5, 1, DIRECT },
		{ "newer, flooded back", OSPF_IF_P2MP_NB, true, 0, 5, 1, NO_ACK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lsa l = { .type = OSPF_LSA_SUMMARY, .len = 8, .body = { MASK16 } };
		enum ack ack = NO_ACK;
		struct scene s;
		uint8_t buf[64];
		size_t len;

		scene_begin(&s, rows[i].type, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, OSPF_NBR_FULL);
		if (rows[i].two)
			another(&s);
		l.seq = rows[i].have;
		if (rows[i].have != 0) {
			len = lsa_write(&l, buf, sizeof(buf));
			hear_update(&s, 1, buf, len);
			world_run(s.w, 1000);
		}
		scene_forget(&s);
		l.seq = rows[i].seq;
		l.age = rows[i].age;
		len = lsa_write(&l, buf, sizeof(buf));
		hear_update(&s, 1, buf, len);
		if (scene_said(&s, "Link State Acknowledgment"))
			ack = DIRECT;
		world_run(s.w, OSPF_ACK_DELAY_MS + 10);
		if (ack == NO_ACK && scene_said(&s, "Link State Acknowledgment"))
			ack = DELAYED;
		if (ack != rows[i].ack)
			printf("\n  13.5, %s, type %d: %d\n", rows[i].what, rows[i].type, ack);
		CU_ASSERT_EQUAL(ack, rows[i].ack);
		world_free(s.w);
	}
}

/* An implied acknowledgment, and one that crosses a newer instance. */
static void
test_13_7_implied(void)
{
	struct ospf_lsa *own;
	struct ospf_nbr *n;
	uint8_t buf[64];
	struct scene s;

	scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
	n = scene_bring(&s, OSPF_NBR_FULL);
	CU_ASSERT_EQUAL(world_summary(s.a, UNKNOWN, 1), 0);
	own = ospf_lsdb_find(world_db(s.a), OSPF_LSA_SUMMARY, UNKNOWN, A);
	CU_ASSERT_FATAL(own != NULL && own->h.len <= sizeof(buf) && n->n_unacked == 1);
	memcpy(buf, own->data, own->h.len);
	scene_forget(&s);
	hear_update(&s, 1, buf, own->h.len);
	CU_ASSERT_EQUAL(n->n_unacked, 0);
	CU_ASSERT_FALSE(scene_said(&s, "Link State Acknowledgment"));
	world_free(s.w);
}

/* ---- section 13.7 ---------------------------------------------------------------------------- */

static void
hear_ack(struct scene *s, const struct ospf_lsa_hdr *h)
{
	struct ospf_out p;

	ospf_out_begin(&p, s->ifp, OSPF_PKT_LSACK);
	ospf_lsa_hdr_write(&p.w, h);
	scene_hear(s, &p);
}

static void
test_13_7_acknowledged(void)
{
	static const struct {
		const char *what;
		int seq, cksum; /* more than it has */
		uint16_t age;
		uint8_t type;   /* 0: its own */
		uint32_t id;    /* the same */
		int in;
		bool counts;
	} rows[] = {
		{ "the instance", 0, 0, 0, 0, 0, OSPF_NBR_FULL, true },
		{ "the instance, somewhat older", 0, 0, 100, 0, 0, OSPF_NBR_FULL, true },
		{ "in Exchange", 0, 0, 0, 0, 0, OSPF_NBR_EXCHANGE, true },
		{ "in Loading", 0, 0, 0, 0, 0, OSPF_NBR_LOADING, true },
		{ "an older one", -1, 0, 0, 0, 0, OSPF_NBR_FULL, false },
		{ "a newer one", 1, 0, 0, 0, 0, OSPF_NBR_FULL, false },
		{ "of another checksum", 0, 1, 0, 0, 0, OSPF_NBR_FULL, false },
		{ "its flush", 0, 0, OSPF_MAX_AGE, 0, 0, OSPF_NBR_FULL, false },
		{ "of another type", 0, 0, 0, OSPF_LSA_ASBR_SUMMARY, 0, OSPF_NBR_FULL, false },
		{ "of a type that nobody knows", 0, 0, 0, 8, 0, OSPF_NBR_FULL, false },
		{ "of another ID", 0, 0, 0, 0, 1, OSPF_NBR_FULL, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_lsa_hdr h;
		struct ospf_lsa *own;
		struct ospf_nbr *n;
		struct scene s;

		scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
		n = scene_bring(&s, (enum ospf_nbr_state)rows[i].in);
		CU_ASSERT_EQUAL(world_summary(s.a, UNKNOWN + 0x10000, 1), 0);
		own = ospf_lsdb_find(world_db(s.a), OSPF_LSA_SUMMARY, UNKNOWN + 0x10000, A);
		CU_ASSERT_FATAL(own != NULL && n->n_unacked == 1);
		h = own->h;
		h.seq += rows[i].seq;
		h.cksum = (uint16_t)(h.cksum + rows[i].cksum);
		h.age = rows[i].age;
		h.type = rows[i].type != 0 ? rows[i].type : h.type;
		h.id += rows[i].id;
		hear_ack(&s, &h);
		if (n->n_unacked != !rows[i].counts)
			printf("\n  13.7, %s\n", rows[i].what);
		CU_ASSERT_EQUAL(n->n_unacked, !rows[i].counts);
		CU_ASSERT_EQUAL(scene_state(&s), (enum ospf_nbr_state)rows[i].in);
		world_free(s.w);
	}
}

/* What A has of the whole AS is no business of a neighbour in a stub area, whatever it
 * acknowledges. */
static void
test_13_7_stub_area(void)
{
	uint8_t body[OSPF_EXTERNAL_BODY_LEN] = { 0xff };
	struct ospf_lsa_hdr h;
	struct ospf_lsa *own;
	struct ospf_nbr *n;
	uint32_t n_unacked;
	struct scene s;

	scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_STUB);
	n = scene_bring(&s, OSPF_NBR_FULL);
	for (int flush = 0; flush < 2; flush++) {
		CU_ASSERT_EQUAL(ospf_originate(&s.a->o->as_db, OSPF_LSA_EXTERNAL, UNKNOWN,
				OSPF_OPT_E, body, sizeof(body)), 0);
		own = ospf_lsdb_find(&s.a->o->as_db, OSPF_LSA_EXTERNAL, UNKNOWN, A);
		CU_ASSERT_PTR_NOT_NULL_FATAL(own);
		h = own->h;
		h.seq--;
		if (flush) {
			ospf_flush(&s.a->o->as_db, OSPF_LSA_EXTERNAL, UNKNOWN);
			world_run(s.w, 2000);
		}
		scene_forget(&s);
		n_unacked = n->n_unacked;
		hear_ack(&s, &h);
		CU_ASSERT_FALSE(scene_said(&s, "Link State Update"));
		CU_ASSERT_EQUAL(n->n_unacked, n_unacked);
	}
	world_free(s.w);
}

/* ---- section 14 ------------------------------------------------------------------------------ */

/* A flushed LSA stays while (a) somebody has to acknowledge it, (b) somebody exchanges databases:
 * in either order. */
static void
test_14_removal(void)
{
	for (int ack_first = 0; ack_first < 2; ack_first++) {
		struct ospf_lsdb *db;
		struct ospf_nbr *other;
		struct ospf_lsa_hdr h;
		struct ospf_lsa *own;
		struct scene s;

		scene_begin(&s, OSPF_IF_P2MP, LOW, OSPF_AREA_NORMAL);
		scene_bring(&s, OSPF_NBR_FULL);
		db = world_db(s.a);
		CU_ASSERT_EQUAL(world_summary(s.a, UNKNOWN, 1), 0);
		own = ospf_lsdb_find(db, OSPF_LSA_SUMMARY, UNKNOWN, A);
		CU_ASSERT_PTR_NOT_NULL_FATAL(own);
		other = another(&s);
		ospf_flush(db, OSPF_LSA_SUMMARY, UNKNOWN);
		h = own->h;
		CU_ASSERT_EQUAL(h.age, OSPF_MAX_AGE);
		for (int k = 0; k < 2; k++) {
			world_run(s.w, 20000);
			CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(db, OSPF_LSA_SUMMARY, UNKNOWN, A));
			if ((k == 0) == ack_first)
				hear_ack(&s, &h);
			else
				ospf_nbr_event(other, OSPF_NE_KILL, "test");
		}
		world_run(s.w, 1000);
		CU_ASSERT_PTR_NULL(ospf_lsdb_find(db, OSPF_LSA_SUMMARY, UNKNOWN, A));
		world_free(s.w);
	}
}

/* Nobody refreshes an LSA of a router that has gone: at MaxAge, to the second, it is flooded. */
static void
test_14_max_age(void)
{
	const struct lsa l = { .type = OSPF_LSA_SUMMARY, .age = 3500, .len = 8,
		.body = { MASK16 } };
	struct ospf_nbr *n;
	struct scene s;
	uint8_t buf[64];
	size_t len;

	scene_begin(&s, OSPF_IF_P2P, LOW, OSPF_AREA_NORMAL);
	n = scene_bring(&s, OSPF_NBR_FULL);
	len = lsa_write(&l, buf, sizeof(buf));
	hear_update(&s, 1, buf, len);
	world_run(s.w, 20000);
	while (n->n_unacked > 0) { /* our router-LSA names the neighbour now */
		struct ospf_lsa *own = ospf_lsdb_find(world_db(s.a), OSPF_LSA_ROUTER, A, A);

		hear_ack(&s, &own->h);
	}
	scene_forget(&s);
	world_run(s.w, 79000);
	CU_ASSERT_FALSE(scene_said(&s, "Link State Update"));
	CU_ASSERT_EQUAL(n->n_unacked, 0);
	world_run(s.w, 2000);
	CU_ASSERT_TRUE(scene_said(&s, "Link State Update"));
	CU_ASSERT_TRUE(world_said(s.a, "age 3600"));
	CU_ASSERT_EQUAL(n->n_unacked, 1);
	world_free(s.w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_a_3_lengths), CU_CASE(test_12_1_lsas), CU_CASE(test_12_1_1_age),
	CU_CASE(test_12_1_7_checksum), CU_CASE(test_a_3_5_updates), CU_CASE(test_12_1_large),
	CU_CASE(test_13_5_acknowledgments), CU_CASE(test_13_7_implied),
	CU_CASE(test_13_7_acknowledged), CU_CASE(test_13_7_stub_area), CU_CASE(test_14_removal),
	CU_CASE(test_14_max_age),
};

CU_MAIN("ospf_flood_rfc", cases)
