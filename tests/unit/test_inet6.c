/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 addresses and prefixes: text, classes, what is derived from them. */
#include <errno.h>
#include <string.h>

#include "common/inet6.h"
#include "tests/unit/cu.h"

static struct ip6_addr
addr(const char *s)
{
	struct ip6_addr a = { { 0 } };

	CU_ASSERT_EQUAL_FATAL(ip6_parse(s, &a), 0);
	return a;
}

/* RFC 5952: what is read, and how it is written. */
static void
test_text(void)
{
	static const char *good[][2] = {
		{ "2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a" },
		{ "::", "::" }, { "0:0:0:0:0:0:0:1", "::1" }, { "fe80::1", "fe80::1" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	};
	static const char *bad[] = { "", ":", ":::", "1", "2001:db8::1/64", "fe80::1%eth0",
		"1:2:3:4:5:6:7:8:9", "12345::", "::g", " ::1", "::1 ", "192.0.2.1" };
	struct ip6_addr a;
	char buf[IP6_STR_LEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		a = addr(good[i][0]);
		CU_ASSERT_STRING_EQUAL(ip6_str(&a, buf), good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(ip6_parse(bad[i], &a), -EINVAL);
}

static void
test_prefix_text(void)
{
	static const char *good[] = { "::/0", "2001:db8::/32", "2001:db8::1/128", "fe80::/9" };
	static const char *bad[] = { "::", "::/", "::/129", "::/-1", "::/+1", "::/01", "::/1x",
		"::/0128", "/64", "::g/64", "::/1000",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64" };
	struct ip6_prefix p;
	char buf[IP6_PREFIX_STR_LEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_EQUAL(ip6_prefix_parse(good[i], &p), 0);
		CU_ASSERT_STRING_EQUAL(ip6_prefix_str(&p, buf), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(ip6_prefix_parse(bad[i], &p), -EINVAL);
}

/* Every length against bits counted one by one. */
static void
test_mask(void)
{
	struct ip6_addr ones, m;
	struct ip6_prefix p;

	memset(&ones, 0xff, sizeof(ones));
	for (unsigned int len = 0; len <= 128; len++) {
		unsigned int n = 0, last = 0;

		m = ip6_masked(&ones, (uint8_t)len);
		for (unsigned int bit = 0; bit < 128; bit++) {
			if (m.b[bit / 8] >> (7 - bit % 8) & 1) {
				n++;
				last = bit;
			}
		}
		CU_ASSERT_EQUAL(n, len);
		CU_ASSERT_TRUE(len == 0 || last == len - 1);
	}
	CU_ASSERT_EQUAL(ip6_prefix_parse("2001:db8:8000::/33", &p), 0);
	m = addr("2001:db8:ffff::1");
	CU_ASSERT_TRUE(ip6_prefix_contains(&p, &m));
	m = addr("2001:db8:7fff::1");
	CU_ASSERT_FALSE(ip6_prefix_contains(&p, &m));
}

static void
test_classes(void)
{
	static const struct {
		const char *s;
		bool host, multicast, link_local, martian;
	} rows[] = {
		{ "::", false, false, false, true },
		{ "::1", false, false, false, true },
		{ "::192.0.2.1", false, false, false, true },
		{ "::ffff:192.0.2.1", false, false, false, true },
		{ "::ff00:192.0.2.1", true, false, false, false },
		{ "0:0:0:0:1::", true, false, false, false },
		{ "2001:db8::1", true, false, false, false },
		{ "64:ff9b::192.0.2.1", true, false, false, false },
		{ "fe80::1", true, false, true, false },
		{ "febf::1", true, false, true, false },
		{ "fec0::1", true, false, false, false },
		{ "fd00::1", true, false, false, false },
		{ "ff02::1", false, true, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip6_addr a = addr(rows[i].s);

		CU_ASSERT_EQUAL(ip6_is_unicast_host(&a), rows[i].host);
		CU_ASSERT_EQUAL(ip6_is_multicast(&a), rows[i].multicast);
		CU_ASSERT_EQUAL(ip6_is_link_local(&a), rows[i].link_local);
		CU_ASSERT_EQUAL(ip6_is_martian(&a), rows[i].martian);
	}
}

static void
test_derived(void)
{
	static const uint8_t mac[6] = { 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde };
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0xff, 0x28, 0x9c, 0x5a };
	struct ip6_addr a = ip6_link_local_of(mac), b = addr("fe80::3656:78ff:fe9a:bcde");
	uint8_t m[6];

	CU_ASSERT_TRUE(ip6_equal(&a, &b)); /* RFC 2464 section 5's example */
	a = addr("fe80::2aa:ff:fe28:9c5a");
	a = ip6_solicited_node(&a);
	b = addr("ff02::1:ff28:9c5a");
	CU_ASSERT_TRUE(ip6_equal(&a, &b));
	ip6_multicast_mac(&a, m);
	CU_ASSERT_EQUAL(memcmp(m, group_mac, 6), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(test_text), CU_CASE(test_prefix_text), CU_CASE(test_mask), CU_CASE(test_classes),
	CU_CASE(test_derived),
};

CU_MAIN("inet6", cases)
