/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz reassembly: an input is a first byte (bit 0: IPv6; bit 1: behind options) and a list of
 * fragments of packets to us,
 *
 *     offset / 8 (2, big-endian; bit 15: more follow)  length (1, in eights, and 0..7)  id and
 *     source (1)
 *
 * all cut out of one pattern, so that whatever comes out whole must have the pattern's bytes at
 * every offset. After each input every packet must be accounted for, and nothing may stay for ever.
 */
#include <stdio.h>
#include <string.h>

#include "common/wire.h"
#include "dataplane/nodes/ip4.h"
#include "tests/fuzz/fuzz_dp.h"
#include "tests/unit/dp6_fixture.h"
#include "tests/unit/dp_fixture.h"

static uint8_t pattern[65536 + 2048];

/* The same of an IPv6 packet, with or without options: no fragment header is left. */
static void
check_punted6(const uint8_t *p, unsigned int len)
{
	unsigned int off = p[6] == IP6_DEST_OPTIONS ? 48 : 40;

	check(len >= off && (unsigned int)(p[4] << 8 | p[5]) + 40 == len, "length");
	check(p[off == 48 ? 40 : 6] == 89, "next header");
	check(memcmp(p + off, pattern, len - off) == 0, "bytes");
}

/* The fragment @off, @who of @len bytes, as IPv6. */
static void
send6(uint16_t off, uint16_t len, uint8_t who, bool options)
{
	uint8_t buf[16 + 2048] = { IP6_FRAGMENT, 0, 1, 4 };
	uint8_t *f = buf + (options ? 8 : 0);
	char src[40];
	struct d6_pkt p = { .src = src, .dst = D6_LAN_ADDR, .payload = buf,
		.proto = options ? IP6_DEST_OPTIONS : IP6_FRAGMENT,
		.payload_len = (uint16_t)(f + 8 + len - buf) };

	snprintf(src, sizeof(src), "2001:db8:1:%x::2", who & 3);
	f[0] = 89;
	f[1] = 0;
	f[2] = (uint8_t)(off >> 5);
	f[3] = (uint8_t)(off << 3 | off >> 15);
	f[7] = (uint8_t)(1 + (who >> 2 & 7));
	memcpy(f + 8, pattern + (off & 0x1fff) * 8u, len);
	d6_send(0, &p);
}

/* OSPF is for us without a look inside: what was punted is what was put together. */
static void
check_punted(void)
{
	while (dp_punted(CHAN_CLASS_OSPF)) {
		const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(dp.punted.data + 14);
		unsigned int len = dp.punted.len - 14u;

		if (dp.punted.data[14] >> 4 == 6) {
			check_punted6(dp.punted.data + 14, len);
			continue;
		}
		check(dp_ip_ok(ip, len), "header");
		check(memcmp(ip + 1, pattern, len - sizeof(*ip)) == 0, "bytes");
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct chan_param param = { .reass_ms = 100, .reass_packets = 8, .reass_per_src = 5 };

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + i / 256);
	param.punt_pps[CHAN_CLASS_OSPF] = 1000000;
	param.punt_burst[CHAN_CLASS_OSPF] = 65536;
	fuzz_dp_open(&param, d6_world);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	uint8_t kind = rd_u8(&r);

	while (rd_left(&r) >= 4) {
		uint16_t off = rd_be16(&r);
		uint8_t len = rd_u8(&r), who = rd_u8(&r);
		struct dp_pkt p = { .src = IP4(10, 1, 0, 20 + (who & 3)), .dst = DP_LAN_ADDR,
			.proto = 89, .id = (uint16_t)(1 + (who >> 2 & 7)),
			.frag = (uint16_t)((off & 0x1fff) |
				(off & 0x8000 ? RTE_IPV4_HDR_MF_FLAG : 0)),
			.payload = pattern + (off & 0x1fff) * 8u };

		/* Mostly multiples of 8, as honest ones are; 0: none at all. */
		p.payload_len = (uint16_t)((len >> 1) * 8u + (len & 1 ? who >> 5 : 0));
		if (p.payload_len == 0)
			p.len = 20;
		if (kind & 1)
			send6(off, p.payload_len, who, (kind & 2) != 0);
		else
			dp_send(0, &p);
		check_punted();
		check(dp_conserves(), "conservation");
		dp_clear();
	}
	fuzz_dp_drain();
	check(dp.w->stats->reass_held == 0, "gauge");
	return 0;
}
