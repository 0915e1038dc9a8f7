/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF's parts: LSAs and packets on the wire, which instance is newer, authentication, election. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/unit/cu.h"

/* ---- LSAs -------------------------------------------------------------------------------- */

/* A router-LSA with a point-to-point and a stub link, checksum 0. */
static const uint8_t router_lsa[] = {
	0, 1, 2, 1, 10, 0, 0, 1, 10, 0, 0, 1, 0x80, 0, 0, 1, 0, 0, 0, 48, /* header */
	1, 0, 0, 2,                                                       /* B, two links */
	10, 0, 0, 2, 10, 1, 0, 1, 1, 0, 0, 10,                            /* to 10.0.0.2 */
	10, 1, 0, 0, 255, 255, 255, 252, 3, 0, 0, 10,                     /* 10.1.0.0/30 */
};

/* The checksum's definition (RFC 905 annex B.3), byte by byte: both sums are zero. */
static bool
sums_are_zero(const uint8_t *p, size_t len)
{
	unsigned int a = 0, b = 0;

	for (size_t i = 0; i < len; i++) {
		a = (a + p[i]) % 255;
		b = (b + a) % 255;
	}
	return a == 0 && b == 0;
}

static void
test_checksum(void)
{
	uint8_t lsa[300];

	srand(1);
	for (size_t len = 20; len < sizeof(lsa); len++) {
		for (size_t i = 0; i < len; i++)
			lsa[i] = (uint8_t)rand();
		ospf_lsa_cksum_set(lsa, len);
		CU_ASSERT_TRUE(sums_are_zero(lsa + 2, len - 2));
		CU_ASSERT_TRUE(ospf_lsa_cksum_ok(lsa, len));
		/* The age may change, nothing else. */
		lsa[0] ^= 1;
		CU_ASSERT_TRUE(ospf_lsa_cksum_ok(lsa, len));
		lsa[2 + (size_t)rand() % (len - 2)] ^= 0x10;
		CU_ASSERT_FALSE(ospf_lsa_cksum_ok(lsa, len));
	}
	memset(lsa, 0, 24);
	CU_ASSERT_FALSE(ospf_lsa_cksum_ok(lsa, 24));
	CU_ASSERT_FALSE(ospf_lsa_cksum_ok(lsa, 19));
}

static void
test_router_lsa(void)
{
	struct ospf_link l;
	struct rd r;

	CU_ASSERT_PTR_NULL(ospf_lsa_check(router_lsa, sizeof(router_lsa)));
	CU_ASSERT_EQUAL(ospf_rlsa_flags(router_lsa, sizeof(router_lsa)), OSPF_RLSA_B);
	r = ospf_rlsa_links(router_lsa, sizeof(router_lsa));
	CU_ASSERT_TRUE(ospf_rlsa_next(&r, &l));
	CU_ASSERT_TRUE(l.id == 0x0a000002 && l.data == 0x0a010001 && l.type == OSPF_LINK_P2P &&
			l.metric == 10);
	CU_ASSERT_TRUE(ospf_rlsa_next(&r, &l));
	CU_ASSERT_TRUE(l.id == 0x0a010000 && l.data == 0xfffffffc && l.type == OSPF_LINK_STUB);
	CU_ASSERT_FALSE(ospf_rlsa_next(&r, &l));
}

/* Every prefix is refused, with its length field as it is or as long as the prefix. */
static void
test_prefixes_of_lsas(void)
{
	for (size_t len = 0; len < sizeof(router_lsa); len++) {
		uint8_t *cut = malloc(len + 1);

		memcpy(cut, router_lsa, len);
		CU_ASSERT_PTR_NOT_NULL(ospf_lsa_check(cut, len));
		if (len >= OSPF_LSA_HDR_LEN) {
			cut[18] = 0;
			cut[19] = (uint8_t)len;
			CU_ASSERT_PTR_NOT_NULL(ospf_lsa_check(cut, len));
		}
		free(cut);
	}
}

static void
test_bodies(void)
{
	static const struct {
		uint8_t type;
		uint8_t len;
		uint8_t body[20];
		bool good;
	} rows[] = {
		{ OSPF_LSA_NETWORK, 28, { 255, 255, 255, 0, 1, 1, 1, 1 }, true },
		{ OSPF_LSA_NETWORK, 24, { 255, 255, 255, 0 }, false },
		{ OSPF_LSA_NETWORK, 28, { 255, 0, 255, 0, 1, 1, 1, 1 }, false },
		{ OSPF_LSA_SUMMARY, 28, { 255, 255, 0, 0, 0, 0, 0, 5 }, true },
		{ OSPF_LSA_SUMMARY, 24, { 255, 255, 0, 0 }, false },
		{ OSPF_LSA_SUMMARY, 28, { 0, 255, 0, 0, 0, 0, 0, 5 }, false },
		{ OSPF_LSA_SUMMARY, 32, { 255, 255, 0, 0, 0, 0, 0, 5, 1, 0, 0, 9 }, true },
		{ OSPF_LSA_ASBR_SUMMARY, 28, { 0, 0, 0, 0, 0, 0, 0, 5 }, true },
		{ OSPF_LSA_EXTERNAL, 36, { 255, 255, 255, 0, 0x80, 0, 0, 20 }, true },
		{ OSPF_LSA_EXTERNAL, 32, { 255, 255, 255, 0, 0x80, 0, 0, 20 }, false },
		{ OSPF_LSA_NSSA, 36, { 255, 255, 255, 0, 0, 0, 0, 20 }, true },
		{ OSPF_LSA_OPAQUE_AREA, 23, { 1, 2, 3 }, true },
		{ 6, 28, { 0 }, false },
		{ 8, 28, { 0 }, false },
		{ 12, 28, { 0 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t lsa[40] = { 0, 1, 2, rows[i].type };

		lsa[19] = rows[i].len;
		memcpy(lsa + 20, rows[i].body, sizeof(rows[i].body));
		CU_ASSERT_EQUAL(ospf_lsa_check(lsa, rows[i].len) == NULL, rows[i].good);
	}
}

/* Section 13.1, a row for each rule. */
static void
test_newer(void)
{
	static const struct {
		struct ospf_lsa_hdr a, b;
		int cmp;
	} rows[] = {
		{ { .seq = 2 }, { .seq = 1 }, 1 },
		{ { .seq = OSPF_INITIAL_SEQ }, { .seq = OSPF_MAX_SEQ }, -1 },
		{ { .seq = 0 }, { .seq = -1 }, 1 },
		{ { .seq = 1, .cksum = 7 }, { .seq = 1, .cksum = 8 }, -1 },
		{ { .age = 3600 }, { .age = 3599 }, 1 },
		{ { .age = 3600 }, { .age = 3600 }, 0 },
		{ { .age = 0 }, { .age = 900 }, 0 },
		{ { .age = 0 }, { .age = 901 }, 1 },
		{ { .age = 5, .seq = 3 }, { .age = 5, .seq = 3 }, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(ospf_lsa_cmp(&rows[i].a, &rows[i].b), rows[i].cmp);
		CU_ASSERT_EQUAL(ospf_lsa_cmp(&rows[i].b, &rows[i].a), -rows[i].cmp);
	}
}

/* ---- election: section 9.4 ---------------------------------------------------------------- */

static void
test_election(void)
{
	/* Routers 1..4 have addresses 1..4; who says what, and who it is then. */
	static const struct {
		struct ospf_candidate c[4];
		uint32_t dr, bdr;
	} rows[] = {
		/* nobody says anything: the highest is BDR, and becomes DR in the same pass */
		{ { { 1, 1, 0, 0, 1 }, { 2, 2, 0, 0, 1 }, { 3, 3, 0, 0, 1 } }, 3, 3 },
		/* priority before router ID */
		{ { { 1, 1, 0, 0, 9 }, { 2, 2, 0, 0, 1 }, { 3, 3, 0, 0, 1 } }, 1, 1 },
		/* who is DR stays DR, whatever the others' priority */
		{ { { 1, 1, 1, 2, 1 }, { 2, 2, 1, 2, 1 }, { 3, 3, 1, 2, 255 } }, 1, 2 },
		/* the DR has gone: the BDR moves up */
		{ { { 2, 2, 1, 2, 1 }, { 3, 3, 1, 2, 9 } }, 2, 2 },
		/* priority 0 is never elected */
		{ { { 1, 1, 0, 0, 0 }, { 2, 2, 0, 0, 1 }, { 3, 3, 3, 0, 0 } }, 2, 2 },
		{ { { 1, 1, 0, 0, 0 }, { 2, 2, 0, 0, 0 } }, 0, 0 },
		/* two say they are DR (a healed LAN): the higher one */
		{ { { 1, 1, 1, 2, 1 }, { 2, 2, 1, 2, 1 }, { 3, 3, 3, 4, 1 }, { 4, 4, 3, 4, 1 } }, 3,
			4 },
		/* a DR without BDR: the best of the others */
		{ { { 1, 1, 1, 0, 1 }, { 2, 2, 1, 0, 1 }, { 3, 3, 1, 0, 5 } }, 1, 3 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t n = 0, dr, bdr;

		while (n < 4 && rows[i].c[n].addr != 0)
			n++;
		ospf_elect(rows[i].c, n, &dr, &bdr);
		CU_ASSERT_EQUAL(dr, rows[i].dr);
		CU_ASSERT_EQUAL(bdr, rows[i].bdr);
	}
}

/* ---- packets ----------------------------------------------------------------------------- */

static void
test_hello_on_the_wire(void)
{
	struct ospf_hello h = { .mask = 0xffffff00, .hello_s = 10, .options = 2, .priority = 1,
		.dead_s = 40, .dr = 0x0a000001, .bdr = 0x0a000002 }, got;
	uint8_t buf[24];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	ospf_hello_write(&w, &h);
	CU_ASSERT_EQUAL(w.len, 20);
	r = rd_init(buf, w.len);
	ospf_hello_read(&r, &got);
	CU_ASSERT_FALSE(r.bad);
	CU_ASSERT_EQUAL(memcmp(&h, &got, sizeof(h)), 0);
	for (size_t len = 0; len < w.len; len++) {
		r = rd_init(buf, len);
		ospf_hello_read(&r, &got);
		CU_ASSERT_TRUE(r.bad);
	}
}

static void
test_updates_on_the_wire(void)
{
	struct ospf_lsa_hdr h;
	const uint8_t *lsa;

	for (size_t len = 0; len <= sizeof(router_lsa); len++) {
		uint8_t *cut = malloc(len + 1);
		struct rd r;

		memcpy(cut, router_lsa, len);
		r = rd_init(cut, len);
		CU_ASSERT_EQUAL(ospf_lsu_next(&r, &h, &lsa), len == sizeof(router_lsa));
		CU_ASSERT_EQUAL(r.bad, len != sizeof(router_lsa));
		free(cut);
	}
}

/* ---- authentication ---------------------------------------------------------------------- */

static struct ospf_auth
auth(uint8_t type, uint8_t alg, bool extended, const char *secret)
{
	struct ospf_auth a;

	memset(&a, 0, sizeof(a));
	a.type = type;
	a.extended = extended;
	a.n_keys = 1;
	a.keys[0].id = 5;
	a.keys[0].alg = alg;
	a.keys[0].len = (uint8_t)strlen(secret);
	memcpy(a.keys[0].secret, secret, a.keys[0].len);
	return a;
}

static size_t
packet(const struct ospf_auth *a, uint8_t buf[256], uint64_t *seq)
{
	struct wr w = wr_init(buf, 256);

	wr_u8(&w, OSPF_VERSION);
	wr_u8(&w, OSPF_PKT_HELLO);
	wr_zero(&w, 22);
	wr_bytes(&w, "twenty bytes of Hello", 20);
	CU_ASSERT_EQUAL(ospf_auth_sign(a, &w, 0x0a000001, 1700000000, seq), 0);
	return w.len;
}

static enum ospf_auth_verdict
check(const struct ospf_auth *a, const uint8_t *buf, size_t len, uint32_t src)
{
	struct rd r = rd_init(buf, len);
	struct ospf_hdr h;

	ospf_hdr_read(&r, &h);
	CU_ASSERT_FALSE(r.bad);
	return ospf_auth_check(a, &h, buf, len, src, 1700000000);
}

static void
test_auth(void)
{
	static const size_t trailer[] = { 16, 20, 32, 48, 64 };

	for (int i = 0; i < 2 * OSPF_N_ALGS; i++) {
		uint8_t alg = (uint8_t)(i % OSPF_N_ALGS), buf[256];
		bool extended = i >= OSPF_N_ALGS;
		struct ospf_auth a = auth(OSPF_AUTH_CRYPT, alg, extended, "correct horse battery"),
				 b = auth(OSPF_AUTH_CRYPT, alg, extended, "correct horse cattery");
		uint64_t seq = 0;
		size_t len = packet(&a, buf, &seq);

		if (alg == OSPF_ALG_MD5) /* MD5 has room for 16 bytes of it */
			b = auth(OSPF_AUTH_CRYPT, alg, extended, "wrong horse");
		CU_ASSERT_EQUAL(len, 44 + trailer[alg] + (extended ? 8 : 0));
		CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000001), OSPF_AUTH_OK);
		CU_ASSERT_EQUAL(check(&b, buf, len, 0x0a000001), OSPF_AUTH_DIGEST);
		CU_ASSERT_EQUAL(check(&a, buf, len - 1, 0x0a000001), OSPF_AUTH_LENGTH);
		/* RFC 7474: the source address is covered. */
		CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000002), extended && alg != OSPF_ALG_MD5
				? OSPF_AUTH_DIGEST : OSPF_AUTH_OK);
		buf[30] ^= 1;
		CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000001), OSPF_AUTH_DIGEST);
		buf[30] ^= 1;
		buf[extended ? 44 : 20] ^= 1; /* the sequence number */
		CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000001), OSPF_AUTH_DIGEST);
		buf[extended ? 44 : 20] ^= 1;
		buf[19] += 8; /* the length of what follows */
		CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000001), OSPF_AUTH_LENGTH);
		buf[19] -= 8;
		for (int at = extended ? 20 : 18; at < (extended ? 24 : 19); at++) {
			buf[at] ^= 1; /* each byte of the key's ID */
			CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000001), OSPF_AUTH_KEY_ID);
			buf[at] ^= 1;
		}
		a.extended = !extended;
		CU_ASSERT_EQUAL(check(&a, buf, len, 0x0a000001), OSPF_AUTH_TYPE);
	}
}

/* RFC 7474 section 3 byte by byte: 24 bits of zero, the length of number and digest, a key ID of 32
 * bits; the number is behind the packet, and not in its length. The digests come from elsewhere. */
static void
test_extended(void)
{
	static const struct {
		uint8_t alg, len;
		uint8_t digest[32];
	} rows[] = {
		{ OSPF_ALG_HMAC_SHA1, 20, { 0xe7, 0xfe, 0xa1, 0xd0, 0x0a, 0x8b, 0x1e, 0x30, 0xa6,
			0x07, 0x63, 0x1a, 0xd0, 0x9c, 0x28, 0x81, 0x94, 0xc5, 0xf9, 0x63 } },
		{ OSPF_ALG_HMAC_SHA256, 32, { 0x65, 0xc0, 0xec, 0x48, 0x1d, 0x8d, 0x62, 0xe4, 0xeb,
			0x97, 0xbd, 0x6e, 0xc0, 0xb2, 0x44, 0x6d, 0xad, 0xaf, 0x39, 0x50, 0x80,
			0x46, 0x5e, 0x17, 0x6f, 0x72, 0xfb, 0x6b, 0xb1, 0xe7, 0xf9, 0xb7 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ospf_auth a = auth(OSPF_AUTH_CRYPT, rows[i].alg, true,
				"correct horse battery");
		const uint8_t head[] = { 0, 44, [10] = 0, 0, 0, 3, 0, 0, 0,
			(uint8_t)(8 + rows[i].len), 0, 0, 0, 5 };
		const uint8_t number[8] = { 0x65, 0x53, 0xf1, 0x00 }; /* 1700000000 */
		uint64_t seq = 0;
		uint8_t buf[256];
		struct ospf_hdr h;
		struct rd r;

		CU_ASSERT_EQUAL(packet(&a, buf, &seq), 44u + 8 + rows[i].len);
		CU_ASSERT(memcmp(buf + 2, head, sizeof(head)) == 0);
		CU_ASSERT(memcmp(buf + 44, number, sizeof(number)) == 0);
		CU_ASSERT(memcmp(buf + 52, rows[i].digest, rows[i].len) == 0);
		/* Any prefix: the number is read where it is there. */
		for (size_t len = OSPF_HDR_LEN; len <= 52; len++) {
			r = rd_init(buf, len);
			ospf_hdr_read(&r, &h);
			CU_ASSERT_FALSE(r.bad);
			CU_ASSERT_EQUAL(h.seq, len == 52 ? 1700000000ull << 32 : 0);
			CU_ASSERT_EQUAL(rd_left(&r), len - OSPF_HDR_LEN);
		}
	}
}

static void
test_simple(void)
{
	struct ospf_auth a = auth(OSPF_AUTH_SIMPLE, 0, false, "secret"),
			 b = auth(OSPF_AUTH_SIMPLE, 0, false, "secreT"),
			 none = { .type = OSPF_AUTH_NONE };
	uint8_t buf[256];
	uint64_t seq = 0;
	size_t len = packet(&a, buf, &seq);

	CU_ASSERT_EQUAL(len, 44);
	CU_ASSERT_EQUAL(check(&a, buf, len, 1), OSPF_AUTH_OK);
	CU_ASSERT_EQUAL(check(&b, buf, len, 1), OSPF_AUTH_PASSWORD);
	CU_ASSERT_EQUAL(check(&none, buf, len, 1), OSPF_AUTH_TYPE);
}

/* Numbers follow the clock, never go back, and of AuType 3 never repeat. */
static void
test_sequence(void)
{
	struct ospf_auth a = auth(OSPF_AUTH_CRYPT, OSPF_ALG_MD5, false, "k");
	uint64_t seq = 0, last;
	uint8_t buf[256];

	packet(&a, buf, &seq);
	CU_ASSERT_EQUAL(seq, 1700000000);
	seq = 1800000000; /* the clock was set back */
	packet(&a, buf, &seq);
	CU_ASSERT_EQUAL(seq, 1800000001);
	seq = 0;
	for (uint32_t i = 0; i < 3; i++) { /* several within a second */
		packet(&a, buf, &seq);
		CU_ASSERT_EQUAL(seq, 1700000000u + i);
	}
	for (int i = 0; i < 2; i++) { /* the last one, and those of AuType 3 */
		seq = i == 0 ? UINT32_MAX : 1700000000ull << 32;
		packet(&a, buf, &seq);
		CU_ASSERT_EQUAL(seq, 1700000000);
	}
	a.extended = true;
	seq = 0;
	packet(&a, buf, &seq);
	CU_ASSERT_EQUAL(seq, 1700000000ull << 32);
	last = seq;
	packet(&a, buf, &seq);
	CU_ASSERT_TRUE(seq > last);
}

static void
test_key_lifetimes(void)
{
	struct ospf_auth a = auth(OSPF_AUTH_CRYPT, OSPF_ALG_MD5, false, "one");

	a.n_keys = 3;
	a.keys[1] = a.keys[2] = a.keys[0];
	a.keys[0].id = 0;
	a.keys[0].send_until_s = 200;
	a.keys[1].id = 1;
	a.keys[1].send_from_s = 100;
	a.keys[1].send_until_s = 300;
	a.keys[2].id = 2;
	a.keys[2].send_from_s = 150;
	a.keys[2].send_until_s = 160;
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 50)->id, 0);
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 100)->id, 1);
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 155)->id, 2);
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 160)->id, 1);
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 299)->id, 1);
	/* All are over: the last one that was valid, rather than none. */
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 5000)->id, 1);
	/* One whose time has not come is no such key, while there is one that was valid. */
	a.keys[2].send_from_s = 9000;
	a.keys[2].send_until_s = 9999;
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 5000)->id, 1);
	a.n_keys = 1;
	a.keys[0] = a.keys[2];
	CU_ASSERT_EQUAL(ospf_auth_send_key(&a, 5000)->id, 2);
}

static const struct cu_case cases[] = {
	CU_CASE(test_checksum),
	CU_CASE(test_router_lsa),
	CU_CASE(test_prefixes_of_lsas),
	CU_CASE(test_bodies),
	CU_CASE(test_newer),
	CU_CASE(test_election),
	CU_CASE(test_hello_on_the_wire),
	CU_CASE(test_updates_on_the_wire),
	CU_CASE(test_auth),
	CU_CASE(test_extended),
	CU_CASE(test_simple),
	CU_CASE(test_sequence),
	CU_CASE(test_key_lifetimes),
};

CU_MAIN("ospf", cases)
