/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz reassembly: an input is a list of fragments of echo requests to us,
 *
 *     offset / 8 (2, big-endian; bit 15: more follow)  length (1, in eights, and 0..7)  id and source (1)
 *
 * all cut out of one pattern, so that whatever comes out whole must have the pattern's bytes at
 * every offset. After each input every packet must be accounted for, and nothing may stay for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/lsan_interface.h>

#include "common/wire.h"
#include "dataplane/nodes/ip4.h"
#include "tests/unit/dp_fixture.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t pattern[65536 + 2048];

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

/* OSPF is for us without a look inside: what was punted is what was put together. */
static void
check_punted(void)
{
	while (dp_punted(CHAN_CLASS_OSPF)) {
		const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(dp.punted.data + 14);
		unsigned int len = dp.punted.len - 14u;

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
	/* What is made here lives as long as the process. */
	__lsan_disable();
	dp_eal();
	dp_open(NULL);
	check(DP_APPLY(CHAN_CMD_PARAM_SET, param) == 0, "parameters");
	dp_world();
	dp_attach();
	dp_tick();
	__lsan_enable();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);

	while (rd_left(&r) >= 4) {
		uint16_t off = rd_be16(&r);
		uint8_t len = rd_u8(&r), who = rd_u8(&r);
		struct dp_pkt p = { .src = IP4(10, 1, 0, 20 + (who & 3)), .dst = DP_LAN_ADDR,
			.proto = 89, .id = (uint16_t)(1 + (who >> 2 & 7)),
			.frag = (uint16_t)((off & 0x1fff) | (off & 0x8000 ? RTE_IPV4_HDR_MF_FLAG : 0)),
			.payload = pattern + (off & 0x1fff) * 8u };

		/* Mostly multiples of 8, as honest ones are; 0: none at all. */
		p.payload_len = (uint16_t)((len >> 1) * 8u + (len & 1 ? who >> 5 : 0));
		if (p.payload_len == 0)
			p.len = 20;
		dp_send(0, &p);
		check_punted();
		check(dp_conserves(), "conservation");
		dp_clear();
	}
	dp_clock(true);
	while (dp.w->stats->held != 0)
		dp_tick();
	dp_clock(false);
	dp_clear();
	check(dp_conserves(), "conservation of what was held");
	check(dp.w->stats->reass_held == 0, "gauge");
	return 0;
}
