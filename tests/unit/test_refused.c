/* SPDX-License-Identifier: BSD-3-Clause */
/* What the packet path refuses of IPv4 and Ethernet, under which name, and what it lets pass. */
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
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
};

/* Each refused under its name, and silently; what a sender is told of is in test_rfc_icmp.c. */
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

/* What became of a packet. */
struct fate {
	uint64_t drops[CHAN_N_DROPS], absorbed;
	unsigned int n_out, out_len, n_punted, punted_len;
};

/* @p with a priority tag (IEEE 802.1Q) or none, and @trail bytes behind its IP packet. */
static struct fate
fate_of(const struct dp_pkt *p, bool tagged, unsigned int trail)
{
	struct dp_pkt x = *p;
	struct rte_mbuf *m;
	struct fate f = { 0 };

	dp_open(NULL);
	dp_world();
	dp_attach();
	x.vlan = tagged ? 7 << 13 : 0; /* VLAN 0 */
	m = dp_frame(1, &x);
	if (trail != 0)
		memset(rte_pktmbuf_append(m, (uint16_t)trail), 0xff, trail);
	dp_run1(1, m);
	memcpy(f.drops, dp.w->stats->drops, sizeof(f.drops));
	f.absorbed = dp.w->stats->absorbed;
	f.n_out = dp.n_out;
	f.out_len = dp.n_out != 0 ? dp.out[0].m->data_len : 0;
	for (enum chan_class cls = 0; cls < CHAN_N_CLASSES; cls++)
		while (dp_punted(cls)) {
			f.n_punted++;
			f.punted_len = dp.punted.len - (unsigned int)dp.punted.l3_off;
		}
	DP_END();
	return f;
}

/* Bytes behind the packet, as of a short frame's padding, and a priority tag in front of it: neither
 * changes what becomes of it, whatever it is. */
static void
test_padding_and_priority(void)
{
	/* UDP from and to these ports, and behind it: IKE, IKE behind its marker, a keepalive. */
	static const uint8_t ike[40] = { 0x01, 0xf4, 0x01, 0xf4, 0, 40, 0, 0, 1 };
	static const uint8_t marked[44] = { 0x11, 0x94, 0x11, 0x94, 0, 44, 0, 0, 0, 0, 0, 0, 1 };
	static const uint8_t alive[9] = { 0x11, 0x94, 0x11, 0x94, 0, 9, 0, 0, 0xff };
	static const uint8_t esp_udp[64] = { 0x11, 0x94, 0x11, 0x94, 0, 64, 0, 0, 9, 9, 9, 9 };
	static const uint8_t esp[64] = { 9, 9, 9, 9 };
	static const uint8_t echo[8] = { ICMP_ECHO, 0, 0xf7, 0xff };
	static const uint8_t keepalive[28] = { 0, 0, 8, 0, 0x45, 0, 0, 24, 0, 0, 0, 0, 255, 47,
		0xcf, 0x80, 192, 0, 2, 1, 198, 51, 100, 1 };
	const struct row {
		uint8_t proto;
		const void *payload;
		uint16_t len;
		uint32_t src, dst;
	} rows[] = {
		{ IPPROTO_UDP, ike, 8, FAR, DP_LAN_HOST },
		{ IPPROTO_UDP, ike, sizeof(ike), FAR, DP_WAN_ADDR },
		{ IPPROTO_UDP, marked, sizeof(marked), FAR, DP_WAN_ADDR },
		{ IPPROTO_UDP, alive, sizeof(alive), FAR, DP_WAN_ADDR },
		{ IPPROTO_UDP, esp_udp, sizeof(esp_udp), FAR, DP_WAN_ADDR },
		{ IPPROTO_UDP, esp, 8, FAR, DP_WAN_ADDR },
		{ IPPROTO_TCP, esp, 20, FAR, DP_WAN_ADDR },
		{ IPPROTO_ESP, esp, sizeof(esp), FAR, DP_WAN_ADDR },
		{ IPPROTO_GRE, keepalive, sizeof(keepalive), DP_PEER(0), DP_WAN_ADDR },
		{ IPPROTO_ICMP, echo, sizeof(echo), FAR, DP_WAN_ADDR },
		{ 89, ike, sizeof(ike), DP_WAN_GW, IP4(224, 0, 0, 5) },
		{ 89, ike, sizeof(ike), DP_WAN_GW, DP_WAN_ADDR },
		{ 112, ike, 20, DP_WAN_GW, IP4(224, 0, 0, 18) },
		{ 99, ike, 20, FAR, DP_WAN_ADDR },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		const struct row *r = &rows[i];
		struct dp_pkt p = { .src = r->src, .dst = r->dst, .proto = r->proto,
			.payload = r->payload, .payload_len = r->len };
		struct fate want = fate_of(&p, false, 0), got;

		for (unsigned int trail = 0; trail < 48; trail += 1 + trail / 3) {
			got = fate_of(&p, trail % 2 != 0, trail);
			CU_ASSERT_EQUAL(memcmp(&got, &want, sizeof(got)), 0);
			if (memcmp(&got, &want, sizeof(got)) != 0)
				fprintf(stderr, "row %u, %u bytes behind\n", i, trail);
		}
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_refused), CU_CASE(test_options_pass), CU_CASE(test_header_bits),
	CU_CASE(test_truncated), CU_CASE(test_eth_types), CU_CASE(test_padding_and_priority),
};

int
main(void)
{
	dp_eal();
	return cu_run("refused", cases, RTE_DIM(cases));
}
