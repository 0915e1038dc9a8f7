/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefixes and ranges of either family, against numbers counted one by one where that is
 * possible. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip_range.h"
#include "tests/unit/cu.h"

static struct ip_prefix
prefix(const char *text)
{
	struct ip_prefix p;

	CU_ASSERT_EQUAL_FATAL(ip_prefix_parse(text, &p), 0);
	return p;
}

static bool
reads(const struct ip_range *r, const char *text)
{
	char buf[IP_RANGE_STR_LEN];

	return strcmp(ip_range_str(r, buf), text) == 0;
}

static void
prefixes_in_words(void)
{
	static const char *const good[] = { "0.0.0.0/0", "192.0.2.0/24", "10.1.2.3/32", "::/0",
		"2001:db8::/33", "fe80::1/128" };
	static const char *const bad[] = { "", "1.2.3.4", "1.2.3.4/33", "::/129", "::", "x/8",
		"1.2.3/8", "2001:db8::/", "1.2.3.4:/8" };
	struct ip_prefix p;
	char buf[IP_PREFIX_STR_LEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		p = prefix(good[i]);
		CU_ASSERT_STRING_EQUAL(ip_prefix_str(&p, buf), good[i]);
		CU_ASSERT_EQUAL(p.is_ip6, strchr(good[i], ':') != NULL);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(ip_prefix_parse(bad[i], &p), -EINVAL);
}

static void
prefixes_are_ranges(void)
{
	static const struct {
		const char *prefix, *range;
	} cases[] = {
		{ "0.0.0.0/0", "0.0.0.0-255.255.255.255" },
		{ "10.1.0.0/17", "10.1.0.0-10.1.127.255" },
		{ "10.1.2.3/16", "10.1.0.0-10.1.255.255" },
		{ "192.0.2.1/32", "192.0.2.1" },
		{ "::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8::/65", "2001:db8::-2001:db8::7fff:ffff:ffff:ffff" },
		{ "2001:db8::1/128", "2001:db8::1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_prefix p = prefix(cases[i].prefix);
		struct ip_range r = ip_range_of(&p);

		CU_ASSERT_TRUE(reads(&r, cases[i].range));
		CU_ASSERT_FALSE(ip_range_empty(&r));
	}
}

static void
prefixes_have_an_order(void)
{
	static const char *const order[] = { "0.0.0.0/0", "0.0.0.0/8", "10.0.0.0/8", "10.0.0.0/9",
		"192.0.2.0/24", "::/0", "::/1", "2001:db8::/32" };
	const int n = sizeof(order) / sizeof(order[0]);

	for (int i = 0; i < n; i++)
		for (int k = 0; k < n; k++) {
			struct ip_prefix a = prefix(order[i]), b = prefix(order[k]);
			int c = ip_prefix_cmp(&a, &b);

			CU_ASSERT_TRUE(i < k ? c < 0 : i == k ? c == 0 : c > 0);
		}
}

static void
nested_prefixes(void)
{
	static const struct {
		const char *a, *b;
		bool nested;
	} cases[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", true },
		{ "10.0.0.0/8", "11.0.0.0/8", false },
		{ "0.0.0.0/0", "11.0.0.0/8", true },
		{ "::/0", "0.0.0.0/0", false },
		{ "2001:db8::/32", "2001:db8:1::/48", true },
		{ "2001:db8::/33", "2001:db8:8000::/33", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_prefix a = prefix(cases[i].a), b = prefix(cases[i].b);

		CU_ASSERT_EQUAL(ip_prefix_nested(&a, &b), cases[i].nested);
		CU_ASSERT_EQUAL(ip_prefix_nested(&b, &a), cases[i].nested);
	}
}

/* IPv4 ranges of few numbers, and the same numbers as the last byte of IPv6 ones. */
static struct ip_range
small(bool is_ip6, uint32_t lo, uint32_t hi)
{
	struct ip_range r = { .is_ip6 = is_ip6 };

	if (!is_ip6)
		return ip_range4(lo, hi);
	r.lo[15] = (uint8_t)lo;
	r.hi[15] = (uint8_t)hi;
	return r;
}

static bool
same(const struct ip_range *a, const struct ip_range *b)
{
	return memcmp(a->lo, b->lo, sizeof(a->lo)) == 0 && memcmp(a->hi, b->hi, sizeof(a->hi)) == 0;
}

static void
sets_of_numbers(void)
{
	enum { N = 7 };

	for (unsigned int k = 0; k < 2u * N * N * N * N; k++) {
		bool is_ip6 = k % 2 != 0;
		unsigned int at = k / 2, v[4];
		struct ip_range a, b, both, joined, want;

		for (int i = 0; i < 4; i++, at /= N)
			v[i] = at % N;
		if (v[0] > v[1] || v[2] > v[3])
			continue;
		a = small(is_ip6, v[0], v[1]);
		b = small(is_ip6, v[2], v[3]);
		CU_ASSERT_EQUAL(ip_range_within(&a, &b), v[2] <= v[0] && v[1] <= v[3]);
		want = small(is_ip6, v[0] > v[2] ? v[0] : v[2], v[1] < v[3] ? v[1] : v[3]);
		CU_ASSERT_EQUAL(ip_range_meet(&a, &b, &both), !ip_range_empty(&want));
		CU_ASSERT_TRUE(ip_range_empty(&want) || same(&both, &want));
		joined = a;
		want = small(is_ip6, v[0] < v[2] ? v[0] : v[2], v[1] > v[3] ? v[1] : v[3]);
		if (v[1] + 1 < v[2] || v[3] + 1 < v[0])
			want = a;
		CU_ASSERT_EQUAL(ip_range_join(&joined, &b), !(v[1] + 1 < v[2] || v[3] + 1 < v[0]));
		CU_ASSERT_TRUE(same(&joined, &want));
	}
}

static void
the_ends_of_the_numbers(void)
{
	struct ip_range a = ip_range4(0xffffff00, UINT32_MAX), b = ip_range4(0, 5), all, six;

	CU_ASSERT_FALSE(ip_range_join(&a, &b)); /* nothing comes after the last address */
	b = ip_range4(0xfffffe00, 0xfffffeff);
	CU_ASSERT_TRUE(ip_range_join(&a, &b));
	CU_ASSERT_TRUE(reads(&a, "255.255.254.0-255.255.255.255"));
	all = ip_range_all(false);
	six = ip_range_all(true);
	CU_ASSERT_FALSE(ip_range_within(&all, &six) || ip_range_meet(&all, &six, &a));
	CU_ASSERT_FALSE(ip_range_join(&all, &six));
	a = ip_range4(0x0a000001, 0x0a000001);
	CU_ASSERT_EQUAL(ip_range_host4(&a), 0x0a000001);
	CU_ASSERT_EQUAL(ip_range_host4(&all), 0);
	memset(six.hi, 0, sizeof(six.hi));
	CU_ASSERT_EQUAL(ip_range_host4(&six), 0);
	a = ip_range4(2, 1);
	CU_ASSERT_TRUE(ip_range_empty(&a));
}

static const struct cu_case cases[] = {
	CU_CASE(prefixes_in_words),
	CU_CASE(prefixes_are_ranges),
	CU_CASE(prefixes_have_an_order),
	CU_CASE(nested_prefixes),
	CU_CASE(sets_of_numbers),
	CU_CASE(the_ends_of_the_numbers),
};

CU_MAIN("ip_range", cases)
