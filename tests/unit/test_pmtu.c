/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP about the path's MTU: what is read of it, what is refused, what is remembered for how
 * long. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/tunnel/pmtu.h"
#include "tests/unit/cu.h"

#define HUB    0x01010102u
#define BRANCH 0x02020202u
#define ROUTER 0x09090909u

struct msg {
	uint8_t b[128];
	size_t len;
};

static uint8_t *
put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *
put_ip(uint8_t *p, unsigned int len, uint8_t proto, uint32_t src, uint32_t dst)
{
	memset(p, 0, 20);
	p[0] = 0x45;
	put16(p + 2, len);
	p[8] = 64;
	p[9] = proto;
	put16(put16(p + 12, src >> 16), src & 0xffff);
	put16(put16(p + 16, dst >> 16), dst & 0xffff);
	return p + 20;
}

/* Fragmentation needed, with next-hop MTU @mtu, about a packet of @len bytes whose payload begins
 * so. */
static struct msg
make(unsigned int mtu, unsigned int len, uint8_t proto, const uint8_t *payload, size_t n)
{
	struct msg m = { .len = 20 + 8 + 20 + n };
	uint8_t *p = put_ip(m.b, (unsigned int)m.len, 1, ROUTER, HUB);

	p[0] = 3;
	p[1] = 4;
	put16(p + 6, mtu);
	p = put_ip(p + 8, len, proto, HUB, BRANCH);
	memcpy(p, payload, n);
	return m;
}

static const uint8_t esp[8] = { 0xc0, 1, 2, 3, 0, 0, 0, 9 };
static const uint8_t natt[12] = { 0x11, 0x94, 0x30, 0x39, 5, 0, 0, 0, 0xc0, 1, 2, 3 };
static const uint8_t gre[8] = { 0, 0, 8, 0, 0x45, 0, 5, 0 };
static const uint8_t gre_key[8] = { 0x20, 0, 8, 0, 0, 0, 0, 42 };
static const uint8_t gre_sum_key[12] = { 0xa0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 42 };

static void
quotes_are_read(void)
{
	struct msg m = make(1300, 1500, 50, esp, sizeof(esp));
	struct pmtu_quote q;

	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_LOWERED);
	CU_ASSERT_EQUAL(q.from, ROUTER);
	CU_ASSERT_EQUAL(q.src, HUB);
	CU_ASSERT_EQUAL(q.dst, BRANCH);
	CU_ASSERT_EQUAL(q.mtu, 1300);
	CU_ASSERT_EQUAL(q.len, 1500);
	CU_ASSERT_TRUE(q.esp && !q.udp);
	CU_ASSERT_EQUAL(q.spi, 0xc0010203);
	m = make(1300, 1500, 17, natt, sizeof(natt));
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_LOWERED);
	CU_ASSERT_TRUE(q.esp && q.udp);
	CU_ASSERT_EQUAL(q.sport, 4500);
	CU_ASSERT_EQUAL(q.dport, 12345);
	CU_ASSERT_EQUAL(q.spi, 0xc0010203);
	m = make(1300, 1500, 47, gre, sizeof(gre));
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_LOWERED);
	CU_ASSERT_FALSE(q.esp || q.keyed);
	m = make(1300, 1500, 47, gre_key, sizeof(gre_key));
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_LOWERED);
	CU_ASSERT_TRUE(q.keyed);
	CU_ASSERT_EQUAL(q.key, 42);
	m = make(1300, 1500, 47, gre_sum_key, sizeof(gre_sum_key));
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_LOWERED);
	CU_ASSERT_EQUAL(q.key, 42);
}

/* Every prefix is refused, from a copy of exactly its size. */
static void
prefixes_are_refused(void)
{
	struct msg all[] = { make(1300, 1500, 50, esp, 4), make(1300, 1500, 17, natt, 12),
		make(1300, 1500, 47, gre, 4), make(1300, 1500, 47, gre_sum_key, 12) };

	for (unsigned int i = 0; i < 4; i++) {
		for (size_t n = 0; n <= all[i].len; n++) {
			uint8_t *copy = malloc(n + (n == 0));
			struct pmtu_quote q;

			CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
			memcpy(copy, all[i].b, n);
			CU_ASSERT_EQUAL(pmtu_parse(copy, n, &q) == PMTU_LOWERED, n == all[i].len);
			free(copy);
		}
	}
}

static void
others_are_refused(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum pmtu_verdict want;
	} rows[] = {
		{ 0, 0x44, PMTU_MALFORMED },  { 0, 0x65, PMTU_MALFORMED },
		{ 9, 17, PMTU_MALFORMED },    { 20, 11, PMTU_OTHER },
		{ 21, 3, PMTU_OTHER },        { 28, 0x44, PMTU_MALFORMED },
		{ 28, 0x65, PMTU_MALFORMED }, { 28, 0x4f, PMTU_MALFORMED },
		{ 35, 1, PMTU_MALFORMED },    /* not the first fragment */
		{ 37, 6, PMTU_MALFORMED },    /* TCP */
		{ 37, 17, PMTU_MALFORMED },   /* UDP, but not of ours */
	};
	static const uint8_t ike[12] = { 0x11, 0x94, 0x11, 0x94, 5, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t pptp[8] = { 0x30, 1, 0x88, 0x0b }, routing[8] = { 0x40, 0, 8, 0 };
	struct pmtu_quote q;
	struct msg m;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum pmtu_verdict v;

		m = make(1300, 1500, 50, esp, sizeof(esp));
		m.b[rows[i].at] = rows[i].value;
		v = pmtu_parse(m.b, m.len, &q);
		if (v != rows[i].want)
			fprintf(stderr, "row %u: %s\n", i, pmtu_verdict_str(v));
		CU_ASSERT_EQUAL(v, rows[i].want);
	}
	m = make(1300, 1500, 17, ike, sizeof(ike)); /* IKE in UDP 4500 is no SA's packet */
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_MALFORMED);
	m = make(1300, 1500, 47, pptp, sizeof(pptp));
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_MALFORMED);
	m = make(1300, 1500, 47, routing, sizeof(routing));
	CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_MALFORMED);
}

/* RFC 1191 section 5: a router that does not say; section 7.1 has the plateaus. */
static void
old_routers_are_guessed(void)
{
	static const uint16_t rows[][2] =
			{ { 1500, 1492 }, { 1492, 1006 }, { 1006, 508 }, { 508, 296 },
		{ 296, 68 }, { 9000, 8166 }, { 65535, 32000 } };
	struct pmtu_quote q;

	for (unsigned int i = 0; i < 7; i++) {
		struct msg m = make(0, rows[i][0], 50, esp, sizeof(esp));

		CU_ASSERT_EQUAL(pmtu_parse(m.b, m.len, &q), PMTU_LOWERED);
		CU_ASSERT_EQUAL(q.mtu, rows[i][1]);
	}
}

static void
only_lower_and_not_below_the_floor(void)
{
	struct pmtu p = { 0 };
	struct pmtu_quote q = { .from = ROUTER, .mtu = 1400, .len = 1500 };

	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 1000), PMTU_LOWERED);
	CU_ASSERT_EQUAL(p.mtu, 1400);
	CU_ASSERT_EQUAL(p.from, ROUTER);
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 1999), PMTU_CONFIRMED);
	CU_ASSERT_EQUAL(p.learned_ms, 1000); /* not noted with every packet */
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 2000), PMTU_CONFIRMED);
	CU_ASSERT_EQUAL(p.learned_ms, 2000);
	q.mtu = 1450;
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 3000), PMTU_NOT_LESS);
	CU_ASSERT_EQUAL(p.learned_ms, 2000);
	q.mtu = 1500; /* not less than the packet that it says was too long */
	p.mtu = 0;
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 3000), PMTU_NOT_LESS);
	q.mtu = 67;
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 3000), PMTU_NOT_LESS);
	q.mtu = 68;
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 4000), PMTU_LOWERED);
	CU_ASSERT_EQUAL(p.mtu, 576);
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 5000), PMTU_CONFIRMED);
	CU_ASSERT_EQUAL(p.mtu, 576);
}

static void
it_is_forgotten(void)
{
	struct pmtu p = { 0 };
	struct pmtu_quote q = { .mtu = 1400, .len = 1500 };

	CU_ASSERT_FALSE(pmtu_expire(&p, 600, 10000000));
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 1000), PMTU_LOWERED);
	CU_ASSERT_FALSE(pmtu_expire(&p, 600, 600999));
	CU_ASSERT_EQUAL(pmtu_learn(&p, &q, 576, 600999), PMTU_CONFIRMED);
	CU_ASSERT_FALSE(pmtu_expire(&p, 600, 601000));
	CU_ASSERT_TRUE(pmtu_expire(&p, 600, 1200999));
	CU_ASSERT_EQUAL(p.mtu, 0);
	CU_ASSERT_FALSE(pmtu_expire(&p, 600, 1200999));
	CU_ASSERT_STRING_EQUAL(pmtu_verdict_str(PMTU_NO_SA), "no-sa");
	CU_ASSERT_STRING_EQUAL(pmtu_verdict_str(PMTU_N_VERDICTS), "?");
}

static const struct cu_case cases[] = {
	CU_CASE(quotes_are_read),
	CU_CASE(prefixes_are_refused),
	CU_CASE(others_are_refused),
	CU_CASE(old_routers_are_guessed),
	CU_CASE(only_lower_and_not_below_the_floor),
	CU_CASE(it_is_forgotten),
};
CU_MAIN("pmtu", cases)
