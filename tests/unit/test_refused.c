/* SPDX-License-Identifier: BSD-3-Clause */
/* What the packet path refuses of IPv4 and Ethernet, under which name, and what it lets pass. */
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define FAR IP4(203, 0, 113, 7) /* somewhere behind the gateway */

static void
world(void)
{
	dp_open(NULL);
	dp_world();
}

static const struct refused {
	struct dp_pkt p;
	enum chan_drop why;
} refused[] = {
	{ { .src = IP4(0, 1, 2, 3), .dst = FAR }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = IP4(127, 0, 0, 1), .dst = FAR }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = IP4(224, 0, 0, 5), .dst = FAR }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = IP4(240, 0, 0, 1), .dst = FAR }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = UINT32_MAX, .dst = FAR }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = DP_LAN_ADDR, .dst = DP_LAN_ADDR }, CHAN_DROP_IP_MARTIAN_SRC }, /* "land" */
	{ { .src = DP_WAN_ADDR, .dst = DP_LAN_ADDR, .dport = 500 }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = DP_WAN_ADDR, .dst = DP_LAN_ADDR, .proto = IPPROTO_TCP },
		CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = DP_LAN_ADDR, .dst = DP_WAN_ADDR, .proto = IPPROTO_ICMP,
		.payload = (const uint8_t[]){ ICMP_ECHO, 0, 0xf7, 0xff, 0, 0, 0, 0 },
		.payload_len = 8 }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = DP_LAN_ADDR, .dst = DP_LAN_ADDR, .proto = 89 }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = DP_LAN_ADDR, .dst = DP_LAN_ADDR, .proto = 112 }, CHAN_DROP_IP_MARTIAN_SRC },
	{ { .src = DP_LAN_ADDR, .dst = FAR, .ttl = 1 }, CHAN_DROP_IP_TTL }, /* no word to us */
	{ { .src = DP_LAN_HOST, .dst = IP4(127, 0, 0, 1) }, CHAN_DROP_IP_MARTIAN_DST },
	{ { .src = DP_LAN_HOST, .dst = IP4(0, 0, 0, 1) }, CHAN_DROP_IP_MARTIAN_DST },
	{ { .src = DP_LAN_HOST, .dst = IP4(240, 0, 0, 1) }, CHAN_DROP_IP_MARTIAN_DST },
	{ { .src = DP_LAN_HOST, .dst = IP4(255, 0, 0, 1) }, CHAN_DROP_IP_MARTIAN_DST },
	{ { .src = DP_LAN_HOST, .dst = UINT32_MAX }, CHAN_DROP_IP_BROADCAST },
	{ { .src = DP_LAN_HOST, .dst = IP4(10, 1, 0, 255) }, CHAN_DROP_IP_BROADCAST },
	{ { .src = DP_LAN_HOST, .dst = IP4(10, 2, 0, 0) }, CHAN_DROP_IP_BROADCAST },
	{ { .src = DP_LAN_HOST, .dst = IP4(239, 1, 2, 3) }, CHAN_DROP_IP_BROADCAST },
	{ { .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 5) }, CHAN_DROP_IP_BROADCAST }, /* no OSPF */
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .frag = RTE_IPV4_HDR_MF_FLAG },
		CHAN_DROP_REASS_BAD }, /* 44 bytes: no multiple of 8 */
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .len = 27 }, CHAN_DROP_RX_RUNT },
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP, .len = 27 },
		CHAN_DROP_ICMP_BAD },
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP }, CHAN_DROP_ICMP_BAD },
	{ { .src = DP_LAN_HOST, .dst = FAR,
		.dst_mac = (const uint8_t[]){ 2, 0, 0, 0, 0, 7 } }, CHAN_DROP_ETH_NOT_US },
	{ { .src = DP_LAN_HOST, .dst = FAR,
		.dst_mac = (const uint8_t[]){ 255, 255, 255, 255, 255, 255 } },
		CHAN_DROP_IP_BROADCAST },
	{ { .src = DP_LAN_HOST, .dst = FAR, .options = (const uint8_t[]){ 131, 3, 4, 0 },
		.options_len = 4 }, CHAN_DROP_IP_OPTIONS }, /* loose source route */
	{ { .src = DP_LAN_HOST, .dst = FAR, .options = (const uint8_t[]){ 137, 3, 4, 0 },
		.options_len = 4 }, CHAN_DROP_IP_OPTIONS }, /* strict source route */
	{ { .src = DP_LAN_HOST, .dst = FAR, .options = (const uint8_t[]){ 7, 5, 4, 0 },
		.options_len = 4 }, CHAN_DROP_IP_OPTIONS }, /* longer than the header */
	{ { .src = DP_LAN_HOST, .dst = FAR, .options = (const uint8_t[]){ 7, 1, 4, 0 },
		.options_len = 4 }, CHAN_DROP_IP_OPTIONS }, /* shorter than itself */
	{ { .src = DP_LAN_HOST, .dst = FAR, .options = (const uint8_t[]){ 1, 1, 1, 7 },
		.options_len = 4 }, CHAN_DROP_IP_OPTIONS }, /* no length byte */
};

/* Each refused under its name, and silently. */
static void
test_refused(void)
{
	world();
	for (unsigned int i = 0; i < RTE_DIM(refused); i++) {
		uint64_t before = dp_drops(refused[i].why), all = dp_all_drops();

		dp_send(0, &refused[i].p);
		if (dp_drops(refused[i].why) != before + 1 || dp_all_drops() != all + 1 ||
				dp.n_out != 0 || !dp_conserves()) {
			fprintf(stderr, "row %u\n", i);
			CU_FAIL("refused");
		}
		dp_clear();
	}
	DP_END();
}

/* Well-formed options go through (record route, timestamp, router alert, padding). */
static void
test_options_pass(void)
{
	static const uint8_t good[][8] = {
		{ 7, 7, 4, 0, 0, 0, 0, 0 }, { 68, 8, 5, 0, 0, 0, 0, 0 },
		{ 148, 4, 0, 0, 1, 1, 0, 0 }
	};
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .options_len = 8 };

	world();
	for (unsigned int i = 0; i < RTE_DIM(good); i++) {
		p.options = good[i];
		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 64));
		dp_clear();
	}
	DP_END();
}

/* One bit wrong in each byte of the header. */
static void
test_header_bits(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR };

	world();
	for (unsigned int bit = 0; bit < 160; bit++) {
		struct rte_mbuf *m = dp_frame(0, &p);

		rte_pktmbuf_mtod(m, uint8_t *)[14 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		dp_run1(0, m);
		CU_ASSERT_EQUAL(dp.n_out, 0);
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 160);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_IP_CHECKSUM) > 100);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_IP_VERSION) >= 4);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_IP_LENGTH) > 8);
	DP_END();
}

/* Every prefix of a good frame is dropped (or, from where it is whole, forwarded). */
static void
test_truncated(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR };

	world();
	for (uint16_t cut = 1; cut <= 78; cut++) {
		struct rte_mbuf *m = dp_frame(0, &p);

		rte_pktmbuf_trim(m, cut);
		dp_run1(0, m);
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 78);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

static void
test_eth_types(void)
{
	static const uint8_t types[][2] = { { 0x88, 0xa8 }, { 0x88, 0xcc }, { 0x00, 0x40 } };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR };

	world();
	for (unsigned int i = 0; i < RTE_DIM(types); i++) {
		struct rte_mbuf *m = dp_frame(0, &p);

		memcpy(rte_pktmbuf_mtod_offset(m, char *, 12), types[i], 2);
		dp_run1(0, m);
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ETH_TYPE), 3);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_refused), CU_CASE(test_options_pass), CU_CASE(test_header_bits),
	CU_CASE(test_truncated), CU_CASE(test_eth_types),
};

int
main(void)
{
	dp_eal();
	return cu_run("refused", cases, RTE_DIM(cases));
}
