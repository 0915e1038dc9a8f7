/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE's datagrams in IPv4: built, parsed back, and refused when anything is wrong with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/vpn/udp.h"
#include "tests/unit/cu.h"

static const uint8_t payload[] = "an IKE message of some bytes";

static size_t
build(uint16_t sport, uint16_t dport, uint8_t *buf, size_t cap)
{
	struct udp_msg m = { .src = 0x01010102,
		.dst = 0x02020202,
		.sport = sport,
		.dport = dport,
		.data = payload,
		.len = sizeof(payload) };

	return udp_build(&m, 7, buf, cap);
}

/* From a heap copy of exactly this size. */
static int
parse(const uint8_t *p, size_t len, struct udp_msg *out)
{
	uint8_t *copy = calloc(1, len > 0 ? len : 1);
	struct rd r = rd_init(copy, len);
	int err;

	memcpy(copy, p, len);
	err = udp_parse(&r, out);
	if (err == 0) {
		CU_ASSERT_EQUAL(out->len, sizeof(payload));
		CU_ASSERT_EQUAL(memcmp(out->data, payload, sizeof(payload)), 0);
	}
	free(copy);
	return err;
}

static void
test_round_trip(void)
{
	static const struct {
		uint16_t sport, dport;
		size_t len;
	} rows[] = {
		{ 500, 500, 28 + sizeof(payload) },
		{ 4500, 4500, 32 + sizeof(payload) },
	};
	uint8_t buf[128];
	struct udp_msg m;

	for (size_t i = 0; i < 2; i++) {
		size_t n = build(rows[i].sport, rows[i].dport, buf, sizeof(buf));

		CU_ASSERT_EQUAL(n, rows[i].len);
		CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(buf, 20, 0)), 0);
		CU_ASSERT_EQUAL(parse(buf, n, &m), 0);
		CU_ASSERT_EQUAL(m.src, 0x01010102);
		CU_ASSERT_EQUAL(m.dst, 0x02020202);
		CU_ASSERT_EQUAL(m.sport, rows[i].sport);
		CU_ASSERT_EQUAL(m.dport, rows[i].dport);
		/* Ethernet padding behind it does not count. */
		memset(buf + n, 0xee, 8);
		CU_ASSERT_EQUAL(parse(buf, n + 8, &m), 0);
	}
	CU_ASSERT_EQUAL(build(500, 500, buf, 28 + sizeof(payload) - 1), 0);
}

static void
test_prefixes(void)
{
	uint8_t buf[128];
	struct udp_msg m;
	size_t n = build(4500, 4500, buf, sizeof(buf));

	for (size_t len = 0; len < n; len++)
		CU_ASSERT_EQUAL(parse(buf, len, &m), -EBADMSG);
}

/* One byte changed, with the sums made good again where that is not the point. */
static void
test_refused(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		bool mend_ip;
		int err;
	} rows[] = {
		{ 0, 0x65, true, -EBADMSG }, /* version 6 */
		{ 0, 0x44, true, -EBADMSG }, /* header of 16 bytes */
		{ 8, 63, false, -EBADMSG },  /* header checksum */
		{ 6, 0x20, true, -EBADMSG }, /* more fragments */
		{ 7, 0x01, true, -EBADMSG }, /* not the first fragment */
		{ 9, 6, true, -EBADMSG },    /* TCP */
		{ 25, 7, true, -EBADMSG },   /* UDP length below its header */
		{ 25, 200, true, -EBADMSG }, /* ... beyond the packet */
		{ 30, 'x', true, -EBADMSG }, /* UDP checksum */
	};
	uint8_t buf[128];
	struct udp_msg m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = build(500, 500, buf, sizeof(buf));

		buf[rows[i].at] = rows[i].value;
		if (rows[i].mend_ip) {
			uint16_t sum;

			memset(buf + 10, 0, 2);
			sum = inet_sum_fold(inet_sum(buf, 20, 0));
			memcpy(buf + 10, &sum, 2);
		}
		CU_ASSERT_EQUAL(parse(buf, n, &m), rows[i].err);
	}
}

/* In fragments that begin where the one before ends, and together are the packet. */
static void
test_fragments(void)
{
	static uint8_t data[5000], buf[5100], again[5100], out[1500];
	struct udp_msg m = { .src = 0x01010102, .dst = 0x02020202, .sport = 4500, .dport = 4500,
		.data = data, .len = sizeof(data) };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 11);
	for (size_t len = 1200; len <= sizeof(data); len += 4) {
		size_t n, at = 0, piece, have = 20;
		unsigned int frag = 0x2000;

		m.len = len;
		n = udp_build(&m, 7, buf, sizeof(buf));
		memcpy(again, buf, 20);
		while ((piece = udp_fragment(buf, n, &at, out, 1280)) != 0) {
			CU_ASSERT_TRUE(piece <= 1280);
			CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(out, 20, 0)), 0);
			CU_ASSERT_EQUAL((size_t)(out[2] << 8 | out[3]), piece);
			frag = (unsigned int)(out[6] << 8 | out[7]);
			CU_ASSERT_EQUAL((frag & 0x1fff) * 8, have - 20);
			CU_ASSERT_EQUAL((frag & 0x2000) != 0, have + piece - 20 < n);
			CU_ASSERT_TRUE_FATAL(have + piece - 20 <= n);
			memcpy(again + have, out + 20, piece - 20);
			have += piece - 20;
		}
		CU_ASSERT_EQUAL(have, n);
		CU_ASSERT_EQUAL(memcmp(again, buf, n), 0);
	}
}

static void
test_other_traffic(void)
{
	uint8_t buf[128];
	struct udp_msg m;
	size_t n = build(500, 53, buf, sizeof(buf));

	CU_ASSERT_EQUAL(parse(buf, n, &m), -EPROTONOSUPPORT);
	/* On 4500 without the marker: ESP in UDP. Without a checksum, as RFC 3948 has it. */
	n = build(500, 4500, buf, sizeof(buf));
	memset(buf + 26, 0, 2);
	CU_ASSERT_EQUAL(parse(buf, n, &m), -EPROTONOSUPPORT);
	/* No checksum is fine elsewhere too. */
	n = build(500, 500, buf, sizeof(buf));
	memset(buf + 26, 0, 2);
	CU_ASSERT_EQUAL(parse(buf, n, &m), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(test_round_trip),
	CU_CASE(test_prefixes),
	CU_CASE(test_refused),
	CU_CASE(test_fragments),
	CU_CASE(test_other_traffic),
};

CU_MAIN("udp", cases)
