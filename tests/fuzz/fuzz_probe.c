/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers to probes, ICMP and TCP: any bytes may come, from anybody. */
#include <assert.h>

#include "common/channel.h"
#include "controlplane/track/probe.h"
#include "controlplane/track/probe_tcp.h"
#include "tests/fuzz/fuzz.h"

#define TARGET 0x01010101u
#define SOURCE 0x01010102u

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static struct probe p; /* large */
	const struct probe_cfg c = { .target = ip6_mapped(TARGET), .errors = true,
		.port = size % 2 != 0 ? 443 : 0,
		.interval_ms = 10, .timeout_ms = 100, .down_after = 1, .up_after = 1, .size = 32 };
	struct ip6_addr source = ip6_mapped(SOURCE);
	uint8_t pkt[PROBE_PACKET_MAX];
	struct probe_tcp_answer a;
	size_t len = 0;
	bool changed, ours;

	probe_init(&p, &c, 0xc000, secret, 1);
	assert(probe_send(&p, &source, 1, pkt) != 0);
	if (c.port != 0) {
		ours = probe_input_tcp(&p, data, size, 5, &changed, pkt, &len);
		assert(len == 0 || (ours && len == PROBE_TCP4_LEN));
		if (ours)
			assert(probe_tcp_parse(data, size, &a) == 0 && a.to.dport == 443);
	} else {
		ours = probe_input(&p, data, size, 5, &changed);
	}
	assert(ours || p.stats.answered + p.stats.refused + p.stats.late == 0);
	assert(p.stats.answered <= 1);
	if (ours)
		fuzz_reached(p.stats.answered ? "answered" : p.stats.refused ? "refused" : "late");
	return 0;
}
