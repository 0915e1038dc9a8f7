/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, prefixes and the Internet checksum. */
#include <errno.h>
#include <string.h>

#include "common/inet.h"
#include "tests/unit/cu.h"

static void
addresses_parse_strictly(void)
{
	static const struct {
		const char *s;
		int err;
		uint32_t addr;
	} rows[] = {
		{ "1.2.3.4", 0, 0x01020304 },
		{ "255.255.255.255", 0, 0xffffffff },
		{ "0.0.0.0", 0, 0 },
		{ "256.1.1.1", -EINVAL, 0 },
		{ "1.2.3", -EINVAL, 0 },
		{ "1.2.3.4.5", -EINVAL, 0 },
		{ "01.2.3.4", -EINVAL, 0 },
		{ " 1.2.3.4", -EINVAL, 0 },
		{ "1.2.3.4 ", -EINVAL, 0 },
		{ "+1.2.3.4", -EINVAL, 0 },
		{ "1..3.4", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t addr = 0;

		CU_ASSERT_EQUAL(ip4_parse(rows[i].s, &addr), rows[i].err);
		if (rows[i].err == 0)
			CU_ASSERT_EQUAL(addr, rows[i].addr);
	}
}

static void
prefixes_keep_host_bits(void)
{
	char buf[IP4_PREFIX_STR_LEN];
	struct ip4_prefix p;

	CU_ASSERT_EQUAL(ip4_prefix_parse("10.1.2.3/24", &p), 0);
	CU_ASSERT_STRING_EQUAL(ip4_prefix_str(&p, buf), "10.1.2.3/24");
	CU_ASSERT_TRUE(ip4_prefix_contains(&p, 0x0a0102ff));
	CU_ASSERT_FALSE(ip4_prefix_contains(&p, 0x0a010300));
	CU_ASSERT_EQUAL(ip4_prefix_parse("10.1.2.3/33", &p), -EINVAL);
	CU_ASSERT_EQUAL(ip4_prefix_parse("10.1.2.3", &p), -EINVAL);
	CU_ASSERT_EQUAL(ip4_prefix_parse("0.0.0.0/0", &p), 0);
	CU_ASSERT_TRUE(ip4_prefix_contains(&p, 0xffffffff));
	CU_ASSERT_EQUAL(ip4_mask(0), 0);
	CU_ASSERT_EQUAL(ip4_mask(32), 0xffffffff);
}

static void
mac_addresses_round_trip(void)
{
	char buf[MAC_STR_LEN];
	uint8_t mac[6];

	CU_ASSERT_EQUAL(mac_parse("02:aB:00:ff:10:9f", mac), 0);
	CU_ASSERT_STRING_EQUAL(mac_str(mac, buf), "02:ab:00:ff:10:9f");
	CU_ASSERT_EQUAL(mac_parse("02:ab:00:ff:10", mac), -EINVAL);
	CU_ASSERT_EQUAL(mac_parse("02:ab:00:ff:10:9f:", mac), -EINVAL);
	CU_ASSERT_EQUAL(mac_parse("02:ab:00:ff:10:9", mac), -EINVAL);
	CU_ASSERT_EQUAL(mac_parse("02-ab-00-ff-10-9f", mac), -EINVAL);
}

/* The example header of RFC 1071's method: verified when the sum over all of it folds to zero. */
static void
a_header_with_its_checksum_sums_to_zero(void)
{
	uint8_t hdr[20] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61,
		0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7 };
	uint16_t sum;

	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(hdr, sizeof(hdr), 0)), 0);
	hdr[10] = hdr[11] = 0;
	sum = inet_sum_fold(inet_sum(hdr, sizeof(hdr), 0));
	memcpy(hdr + 10, &sum, sizeof(sum));
	CU_ASSERT_EQUAL(hdr[10], 0xb8);
	CU_ASSERT_EQUAL(hdr[11], 0x61);
	/* In pieces, the second of odd length. */
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(hdr + 8, 11, inet_sum(hdr, 8, 0))),
			inet_sum_fold(inet_sum(hdr, 19, 0)));
}

static void
unicast_hosts(void)
{
	CU_ASSERT_TRUE(ip4_is_unicast_host(0x0a000001));
	CU_ASSERT_FALSE(ip4_is_unicast_host(0x7f000001));
	CU_ASSERT_FALSE(ip4_is_unicast_host(0x00000001));
	CU_ASSERT_FALSE(ip4_is_unicast_host(0xe0000005));
	CU_ASSERT_FALSE(ip4_is_unicast_host(0xffffffff));
}

static const struct cu_case cases[] = {
	CU_CASE(addresses_parse_strictly),
	CU_CASE(prefixes_keep_host_bits),
	CU_CASE(mac_addresses_round_trip),
	CU_CASE(a_header_with_its_checksum_sums_to_zero),
	CU_CASE(unicast_hosts),
};
CU_MAIN("inet", cases)
