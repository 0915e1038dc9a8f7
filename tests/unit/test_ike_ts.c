/* SPDX-License-Identifier: BSD-3-Clause */
/* Traffic selectors: bytes, narrowing (RFC 7296 section 2.9) and what the initiator accepts. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_wire.h"
#include "tests/unit/cu.h"

#define NET10  IP4_RANGE(0x0a000000, 0x0affffff)
#define NET101 IP4_RANGE(0x0a010000, 0x0a01ffff)
#define NET102 IP4_RANGE(0x0a020000, 0x0a02ffff)
#define ALL4   IP4_RANGE(0, UINT32_MAX)
/* 2001:db8:N::/48 */
#define NET6(n) \
	{ .is_ip6 = true, .lo = { 0x20, 1, 0xd, 0xb8, 0, (n) }, \
		.hi = { 0x20, 1, 0xd, 0xb8, 0, (n), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
			0xff, 0xff, 0xff } }
#define HOST6(n) \
	{ .is_ip6 = true, .lo = { 0x20, 1, 0xd, 0xb8, 0, (n), [15] = 1 }, \
		.hi = { 0x20, 1, 0xd, 0xb8, 0, (n), [15] = 1 } }
#define ALL    0, UINT16_MAX

static struct ike_ts_list
one(uint8_t proto, uint16_t lo, uint16_t hi, struct ip_range addr)
{
	return (struct ike_ts_list){ .n = 1, .ts = { { proto, lo, hi, addr } } };
}

/* Field by field: there is padding between them. */
static bool
equal(const struct ike_ts *a, const struct ike_ts *b)
{
	return a->proto == b->proto && a->port_lo == b->port_lo && a->port_hi == b->port_hi &&
	       ip_range_within(&a->addr, &b->addr) && ip_range_within(&b->addr, &a->addr);
}

static void
what_both_want_is_agreed(void)
{
	static const struct {
		struct ike_ts offered, own, both;
	} cases[] = {
		/* clang-format off */
		{ { 0, ALL, NET10 },           { 0, ALL, NET101 },     { 0, ALL, NET101 } },
		{ { 0, ALL, NET101 },          { 0, ALL, NET10 },      { 0, ALL, NET101 } },
		{ { 0, ALL, ALL4 },            { 6, ALL, NET101 },     { 6, ALL, NET101 } },
		{ { 6, 80, 90, NET101 },       { 0, ALL, NET101 },     { 6, 80, 90, NET101 } },
		{ { 6, 80, 90, NET101 },       { 6, 85, 99, NET101 },  { 6, 85, 90, NET101 } },
		{ { 0, ALL, IP4_RANGE(0x0a010080, 0x0a02ffff) }, { 0, ALL, NET101 },
		  { 0, ALL, IP4_RANGE(0x0a010080, 0x0a01ffff) } },
		{ { 17, 53, 53, IP4_RANGE(9, 9) }, { 17, 53, 53, IP4_RANGE(9, 9) },
		  { 17, 53, 53, IP4_RANGE(9, 9) } },
		{ { 0, ALL, NET6(1) },         { 0, ALL, HOST6(1) },   { 0, ALL, HOST6(1) } },
		{ { 58, ALL, HOST6(2) },       { 0, ALL, NET6(2) },    { 58, ALL, HOST6(2) } },
		/* clang-format on */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ike_ts_list off = { .n = 1, .ts = { cases[i].offered } }, out;
		struct ike_ts_list own = { .n = 1, .ts = { cases[i].own } };

		CU_ASSERT_TRUE(ike_ts_narrow(&off, &own, &out));
		CU_ASSERT_EQUAL(out.n, 1);
		CU_ASSERT_TRUE(equal(&out.ts[0], &cases[i].both));
		CU_ASSERT_TRUE(ike_ts_within(&out, &own) && ike_ts_within(&out, &off));
	}
}

static void
nothing_in_common_is_nothing(void)
{
	static const struct ike_ts cases[][2] = {
		{ { 0, ALL, NET101 }, { 0, ALL, NET102 } },
		{ { 6, ALL, NET101 }, { 17, ALL, NET101 } },
		{ { 6, 80, 89, NET101 }, { 6, 90, 99, NET101 } },
		{ { 0, UINT16_MAX, 0, NET101 }, { 0, ALL, NET101 } },       /* OPAQUE */
		/* upside down */
		{ { 0, ALL, IP4_RANGE(0x0a01ffff, 0x0a010000) }, { 0, ALL, NET101 } },
		{ { 0, ALL, NET6(1) }, { 0, ALL, NET6(2) } },
		{ { 0, ALL, ALL4 },
			{ 0, ALL, { .is_ip6 = true, .hi = { 0xff, 0xff, 0xff, 0xff } } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ike_ts_list off = { .n = 1, .ts = { cases[i][0] } }, out;
		struct ike_ts_list own = { .n = 1, .ts = { cases[i][1] } };

		CU_ASSERT_FALSE(ike_ts_narrow(&off, &own, &out));
		CU_ASSERT_EQUAL(out.n, 0);
	}
}

/* Section 2.9: the first selector may be the packet that asked for the SA. What a wider one says
 * already is said once, and the peer's order stays. */
static void
lists_are_narrowed_pair_by_pair(void)
{
	struct ike_ts_list off = { .n = 3,
		.ts = { { 6, 1234, 1234, IP4_RANGE(0x0a020001, 0x0a020001) },
			{ 0, ALL, NET102 }, { 0, ALL, NET101 } } };
	struct ike_ts_list own = { .n = 2, .ts = { { 0, ALL, NET101 }, { 0, ALL, NET102 } } }, out;

	CU_ASSERT_TRUE(ike_ts_narrow(&off, &own, &out));
	CU_ASSERT_EQUAL(out.n, 2);
	CU_ASSERT_TRUE(equal(&out.ts[0], &own.ts[1]) && equal(&out.ts[1], &own.ts[0]));
	CU_ASSERT_TRUE(ike_ts_same(&out, &own));
}

static void
more_than_fit_are_cut_off(void)
{
	struct ike_ts_list off = { .n = IKE_MAX_TS }, own = { .n = IKE_MAX_TS }, out;

	for (unsigned int i = 0; i < IKE_MAX_TS; i++) {
		off.ts[i] = (struct ike_ts){ 6, (uint16_t)(10 * i), (uint16_t)(10 * i + 5), NET10 };
		own.ts[i] = (struct ike_ts){ 0, ALL,
			ip_range4(0x0a000000 + 256 * i, 0x0a0000ff + 256 * i) };
	}
	CU_ASSERT_TRUE(ike_ts_narrow(&off, &own, &out));
	CU_ASSERT_EQUAL(out.n, IKE_MAX_TS);
	CU_ASSERT_TRUE(ike_ts_within(&out, &own));
	CU_ASSERT_TRUE(ike_ts_within(&out, &off));
}

static void
an_answer_is_part_of_the_offer(void)
{
	struct ike_ts_list own = { .n = 2, .ts = { { 6, ALL, NET101 }, { 17, ALL, NET102 } } };
	struct ike_ts_list none = { .n = 0 }, l;

	CU_ASSERT_TRUE(ike_ts_within(&own, &own));
	CU_ASSERT_FALSE(ike_ts_within(&none, &own));
	CU_ASSERT_FALSE(ike_ts_within(&own, &none));
	l = one(6, 80, 80, ip_range4(0x0a010001, 0x0a010001));
	CU_ASSERT_TRUE(ike_ts_within(&l, &own));
	CU_ASSERT_FALSE(ike_ts_same(&l, &own));
	l = one(17, 80, 80, ip_range4(0x0a010001, 0x0a010001));
	CU_ASSERT_FALSE(ike_ts_within(&l, &own));
	l = one(0, ALL, (struct ip_range)NET101);
	CU_ASSERT_FALSE(ike_ts_within(&l, &own));
	l = one(6, ALL, ip_range4(0x0a010000, 0x0a020000));
	CU_ASSERT_FALSE(ike_ts_within(&l, &own));
	l = one(6, ALL, ip_range4(0x0a01000f, 0x0a010000)); /* upside down */
	CU_ASSERT_FALSE(ike_ts_within(&l, &own));
	l = one(6, 9, 8, (struct ip_range)NET101);
	CU_ASSERT_FALSE(ike_ts_within(&l, &own));
}

static void
a_host_is_one_selector(void)
{
	struct ike_ts_list h = ike_ts_host(47, 0x0a000001),
			wide = one(0, ALL, (struct ip_range)NET10), out;

	CU_ASSERT_TRUE(ike_ts_narrow(&wide, &h, &out));
	CU_ASSERT_TRUE(ike_ts_same(&out, &h));
	wide = one(47, 1, UINT16_MAX, (struct ip_range)NET10);
	CU_ASSERT_TRUE(ike_ts_narrow(&wide, &h, &out));
	CU_ASSERT_FALSE(ike_ts_same(&out, &h));
}

static void
a_list_survives_the_wire(void)
{
	struct ike_ts_list l = { .n = 3,
		.ts = { { 6, 80, 90, NET101 }, { 17, 53, 53, NET6(9) }, { 0, ALL, NET102 } } }, got;
	uint8_t buf[128], *copy;
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);
	struct rd r;

	ike_put_ts(&c, IKE_PL_TSI, &l);
	CU_ASSERT_EQUAL_FATAL(w.len, 4 + 4 + 2 * 16 + 40);
	r = rd_init(buf + 4, w.len - 4);
	CU_ASSERT_EQUAL(ike_ts_parse(&r, &got), 0);
	CU_ASSERT_EQUAL(got.n, 3);
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT_TRUE(equal(&got.ts[i], &l.ts[i]));
	for (size_t n = 0; n < w.len - 4; n++) {
		copy = malloc(n > 0 ? n : 1);
		memcpy(copy, buf + 4, n);
		r = rd_init(copy, n);
		CU_ASSERT_NOT_EQUAL(ike_ts_parse(&r, &got), 0);
		free(copy);
	}
}

static void
selectors_of_other_kinds_are_stepped_over(void)
{
	/* One Fibre Channel range (type 9, RFC 4595), one IPv4 range. */
	static const uint8_t body[] = { 2, 0, 0, 0, 9, 0, 0, 16, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0, 0xff, 0xff, 0xff, 7, 47, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 1, 10, 0, 0, 1 };
	struct ike_ts_list l, h = ike_ts_host(47, 0x0a000001);
	struct rd r = rd_init(body, sizeof(body));

	CU_ASSERT_EQUAL(ike_ts_parse(&r, &l), 0);
	CU_ASSERT_EQUAL(l.n, 1);
	CU_ASSERT_TRUE(ike_ts_same(&l, &h));
	r = rd_init(body, sizeof(body) - 16); /* the count says two */
	CU_ASSERT_NOT_EQUAL(ike_ts_parse(&r, &l), 0);
}

static void
people_can_read_them(void)
{
	struct ike_ts_list l = { .n = 2,
		.ts = { { 6, 80, 80, IP4_RANGE(1, 1) }, { 0, ALL, NET101 } } };
	char buf[64];

	CU_ASSERT_STRING_EQUAL(ike_ts_str(&l, buf, sizeof(buf)), "protocol 6 0.0.0.1:80-80...");
	l = one(0, ALL, (struct ip_range)NET101);
	CU_ASSERT_STRING_EQUAL(ike_ts_str(&l, buf, sizeof(buf)), "10.1.0.0-10.1.255.255");
	l = one(6, 443, 443, (struct ip_range)HOST6(1));
	CU_ASSERT_STRING_EQUAL(ike_ts_str(&l, buf, sizeof(buf)),
			"protocol 6 [2001:db8:1::1]:443-443");
	l = one(1, 0x800, 0x8ff, (struct ip_range)NET101);
	CU_ASSERT_STRING_EQUAL(ike_ts_str(&l, buf, sizeof(buf)),
			"protocol 1 10.1.0.0-10.1.255.255:8/0-8/255");
	l = one(58, 0x8000, 0x8000, (struct ip_range)HOST6(1));
	CU_ASSERT_STRING_EQUAL(ike_ts_str(&l, buf, sizeof(buf)),
			"protocol 58 [2001:db8:1::1]:128/0-128/0");
	l.n = 0;
	CU_ASSERT_STRING_EQUAL(ike_ts_str(&l, buf, sizeof(buf)), "none");
}

static const struct cu_case cases[] = {
	CU_CASE(what_both_want_is_agreed),
	CU_CASE(nothing_in_common_is_nothing),
	CU_CASE(lists_are_narrowed_pair_by_pair),
	CU_CASE(more_than_fit_are_cut_off),
	CU_CASE(an_answer_is_part_of_the_offer),
	CU_CASE(a_host_is_one_selector),
	CU_CASE(a_list_survives_the_wire),
	CU_CASE(selectors_of_other_kinds_are_stepped_over),
	CU_CASE(people_can_read_them),
};

CU_MAIN("ike_ts", cases)
