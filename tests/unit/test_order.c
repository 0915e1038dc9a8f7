/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of a flow leave in the order in which they came, although some of a burst are too long
 * for where they go and are fragmented, and others are not.
 */
#include <string.h>

#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"
#include "tests/unit/esp_variant.h"

static const uint16_t lens[] = { 64, 1500, 100, 1400, 1401, 900, 1500, 1490, 64, 65, 1500 };

/* A burst of one flow, numbered from 1 by their identification. */
static void
burst(uint32_t dst)
{
	struct rte_mbuf *m[BURST_MAX];

	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = dst, .id = (uint16_t)(i + 1),
			.len = lens[i % RTE_DIM(lens)] };

		m[i] = dp_frame(0, &p);
	}
	dp_run(0, m, BURST_MAX);
}

/* The headers of all that was sent, @at in the frames: all numbers, one after the other, and of
 * each the pieces by offset. */
static bool
in_order(unsigned int at)
{
	unsigned int number = 0, end = 0;
	bool more = false;

	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(dp.out[i].m,
				const struct rte_ipv4_hdr *, at);
		unsigned int frag = rte_be_to_cpu_16(ip->fragment_offset);

		if (!more) {
			number++;
			end = 0;
		}
		if (rte_be_to_cpu_16(ip->packet_id) != number ||
				(frag & RTE_IPV4_HDR_OFFSET_MASK) * 8 != end)
			return false;
		more = (frag & RTE_IPV4_HDR_MF_FLAG) != 0;
		end += rte_be_to_cpu_16(ip->total_length) - ip4_hdr_len(ip);
	}
	return number == BURST_MAX && !more;
}

/* What tunnel 3 has sent, by way of its far end, one by one: what that is on the LAN. */
static void
to_lan(void)
{
	struct rte_mbuf *m[DP_OUT_MAX];
	unsigned int n = dp.n_out;

	for (unsigned int i = 0; i < n; i++)
		m[i] = dp_turn(dp.out[i].m);
	dp.n_out = 0;
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	for (unsigned int i = 0; i < n; i++)
		dp_run1(1, m[i]);
}

static void
test_protected(void)
{
	static const struct esp_variant variants[] = {
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_GCM16 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_GCM16, 1 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_CBC_SHA1_96 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true, CHAN_ESP_AES128_GCM16 },
		{ CHAN_TUN_GRE, CHAN_SA_TUNNEL, false, CHAN_ESP_AES128_CBC_SHA256_128 },
		{ CHAN_TUN_IPSEC, CHAN_SA_TUNNEL, false, CHAN_ESP_AES128_GCM16 },
	};
	static const uint32_t ways[] = { 0, CHAN_TUN_FRAG_AFTER };

	for (unsigned int i = 0; i < RTE_DIM(variants) * RTE_DIM(ways); i++) {
		struct chan_tun c;

		dp.protected_kind = variants[i / 2].kind;
		ev_open(&variants[i / 2]);
		c = dp_tun(3);
		c.flags |= ways[i % 2];
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
		burst(DP_TO_TUN(3));
		CU_ASSERT_TRUE(dp.n_out > BURST_MAX);
		to_lan();
		CU_ASSERT_TRUE(in_order(EV_L2));
		CU_ASSERT_EQUAL(dp_all_drops(), 0);
		DP_END();
	}
	dp.protected_kind = CHAN_TUN_GRE;
}

/* Of several tunnels in a burst, and one that takes nothing: all but its packets leave. */
static void
test_several(void)
{
	struct chan_tun_sa_out unbind = { 2, CHAN_NONE };
	struct rte_mbuf *m[BURST_MAX];
	unsigned int last[2] = { 0 }, n[2] = { 0 };
	bool ok = true;

	dp_open(NULL);
	dp_world();
	dp_world_sas();
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .len = lens[i % RTE_DIM(lens)],
			.id = (uint16_t)(i + 1), .dst = DP_TO_TUN(i % 3) };

		m[i] = dp_frame(0, &p);
	}
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, unbind), 0);
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), BURST_MAX / 3);
	for (unsigned int i = 0; i < dp.n_out; i++) {
		unsigned int k = dp_out_ip(i)->dst_addr == RTE_BE32(DP_PEER(1));
		const struct rte_ipv4_hdr *ip = RTE_PTR_ADD(dp_out_ip(i), 24 + 12 * k);

		ok = ok && rte_be_to_cpu_16(ip->packet_id) >= last[k];
		last[k] = rte_be_to_cpu_16(ip->packet_id);
		n[k] += (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0;
	}
	CU_ASSERT_TRUE(ok);
	CU_ASSERT_EQUAL(n[0] + n[1], BURST_MAX - BURST_MAX / 3);
	DP_END();
}

static void
test_plain_gre(void)
{
	dp_open(NULL);
	dp_world();
	burst(DP_TO_TUN(0));
	CU_ASSERT_TRUE(dp.n_out > BURST_MAX);
	CU_ASSERT_TRUE(in_order(EV_L2 + 24));
	DP_END();
}

/* The same when the outer packets are cut: the first piece of each has the number in it. */
static void
test_plain_gre_after(void)
{
	struct chan_tun c = dp_tun(0);
	unsigned int n = 0;
	bool ok = true;

	dp_open(NULL);
	dp_world();
	c.flags |= CHAN_TUN_FRAG_AFTER;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	burst(DP_TO_TUN(0));
	CU_ASSERT_TRUE(dp.n_out > BURST_MAX);
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = RTE_PTR_ADD(dp_out_ip(i), 24);

		if ((dp_out_ip(i)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0)
			ok = ok && rte_be_to_cpu_16(ip->packet_id) == ++n;
	}
	CU_ASSERT_TRUE(ok);
	CU_ASSERT_EQUAL(n, BURST_MAX);
	DP_END();
}

/* Out of an interface that takes less than another. */
static void
test_interface(void)
{
	struct chan_if c = dp_if(DP_IF_WAN);

	dp_open(NULL);
	dp_world();
	c.mtu = 1400;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, c), 0);
	burst(IP4(203, 0, 113, 7));
	CU_ASSERT_TRUE(in_order(EV_L2));
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* Out of a tunnel into a LAN that takes less. */
static void
test_out_of_tunnel(void)
{
	struct chan_if c = dp_if(DP_IF_LAN);
	struct rte_mbuf *m[BURST_MAX];

	ev_open(&ev_plain_gre);
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3),
			.id = (uint16_t)(i + 1), .len = lens[i % RTE_DIM(lens)] / 2 };

		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		m[i] = dp_turn(dp.out[0].m);
		dp.n_out = 0;
	}
	c.mtu = 700;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, c), 0);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	dp_run1(1, m[0]); /* the first of an SA takes another way */
	dp_run(1, m + 1, BURST_MAX - 1);
	CU_ASSERT_TRUE(dp.n_out > BURST_MAX);
	CU_ASSERT_TRUE(in_order(EV_L2));
	DP_END();
}

/* IPv6 of up to 1280 bytes is fragmented outside, if the tunnel takes less. */
static void
test_ip6(void)
{
	struct rte_mbuf *m[BURST_MAX];
	struct chan_tun c = dp_tun(0);
	unsigned int n = 0;

	dp_open(NULL);
	d6_world();
	c.path_mtu = 1000;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct d6_pkt p = { .dst = "2001:db8:100::5", .sport = (uint16_t)(i + 1),
			.len = i % 3 == 1 ? 1280 : 100 };

		m[i] = d6_frame(0, &p);
	}
	dp_run(0, m, BURST_MAX);
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const uint8_t *p = RTE_PTR_ADD(dp_out_ip(i), 24 + 40);

		if (!(dp_out_ip(i)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)))
			CU_ASSERT_EQUAL(p[0] << 8 | p[1], ++n);
	}
	CU_ASSERT_EQUAL(n, BURST_MAX);
	CU_ASSERT_EQUAL(dp.n_out, BURST_MAX + BURST_MAX / 3);
	DP_END();
}

/* No buffers for pieces: what needs none is sent. */
static void
test_no_buffers(void)
{
	struct rte_mbuf *m[3], *all[8192];
	unsigned int n = 0;

	dp_open(NULL);
	dp_world();
	for (unsigned int i = 0; i < 3; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0),
			.id = (uint16_t)(i + 1), .len = i == 0 ? 1500 : 64 };

		m[i] = dp_frame(0, &p);
	}
	while (n < RTE_DIM(all) && (all[n] = rte_pktmbuf_alloc(dp.pool)) != NULL)
		n++;
	dp_run(0, m, 3);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_FRAG_FAIL), 1);
	rte_pktmbuf_free_bulk(all, n);
	DP_END();
}

static const struct cu_case cases[] = {
	{ "into protected tunnels, cut before and after", test_protected },
	{ "several tunnels, one without an SA", test_several },
	{ "into plain GRE", test_plain_gre },
	{ "into plain GRE, cut after", test_plain_gre_after },
	{ "out of an interface", test_interface },
	{ "out of a tunnel into a LAN", test_out_of_tunnel },
	{ "IPv6", test_ip6 },
	{ "no buffers for pieces", test_no_buffers },
};

int
main(void)
{
	dp_eal();
	return cu_run("order", cases, RTE_DIM(cases));
}
