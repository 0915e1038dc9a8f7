/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of a flow leave in the order in which they came, although some of a burst are too long
 * for where they go and are fragmented, and others are not; or they have IP options, marks of
 * congestion or came in fragments themselves, and so take other ways through the nodes.
 */
#include <stdio.h>
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
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_CBC_SHA1_96, 1 },
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

/* ---- different ways through the nodes -------------------------------------------------------- */

static const uint8_t nops[4] = { 1, 1, 1, 1 };

/* The packet @i of a flow to @dst, ECN capable; @options: with IP options. */
static struct rte_mbuf *
numbered(unsigned int i, uint32_t dst, uint16_t len, bool options)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = dst, .id = (uint16_t)(i + 1), .tos = 2,
		.len = len };

	if (options) {
		p.options = nops;
		p.options_len = sizeof(nops);
	}
	return dp_frame(0, &p);
}

/* Some with options, which ip4_input looks at, some without, by way of each table of sources. */
static void
test_options(void)
{
	static const uint32_t dsts[] = { IP4(203, 0, 113, 7), DP_TO_TUN(3) };
	struct rte_mbuf *m[BURST_MAX];

	for (unsigned int k = 0; k < 2 * RTE_DIM(dsts); k++) {
		struct chan_if c = dp_if(DP_IF_LAN);

		ev_open(&ev_plain_gre);
		c.verify4 = k / 2 ? CHAN_VERIFY_ANY : CHAN_VERIFY_OFF;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, c), 0);
		for (unsigned int i = 0; i < BURST_MAX; i++)
			m[i] = numbered(i, dsts[k % 2], 100, i % 5 == 2);
		dp_run(0, m, BURST_MAX);
		CU_ASSERT_EQUAL(dp.n_out, BURST_MAX);
		if (k % 2 != 0)
			to_lan();
		CU_ASSERT_TRUE(in_order(EV_L2));
		CU_ASSERT_EQUAL(dp_all_drops(), 0);
		DP_END();
	}
}

/* A VLAN's packets and multicast in between, which nobody waits for. */
static void
test_vlan_between(void)
{
	struct rte_mbuf *m[BURST_MAX];
	unsigned int last[2] = { 0 };

	dp_open(NULL);
	dp_world();
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct dp_pkt p = { .src = i % 2 ? DP_VLAN_HOST : DP_LAN_HOST,
			.id = (uint16_t)(i + 1),
			.dst = i % 8 == 6 ? IP4(239, 0, 0, 1) : IP4(203, 0, 113, 7),
			.vlan = i % 2 ? DP_VLAN : 0, .options = nops,
			.dst_mac = i % 8 == 6 ? (const uint8_t[]){ 1, 0, 0x5e, 0, 0, 1 } : NULL,
			.options_len = i % 5 == 3 ? sizeof(nops) : 0 };

		m[i] = dp_frame(0, &p);
	}
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_BROADCAST), BURST_MAX / 8);
	CU_ASSERT_EQUAL(dp.n_out, BURST_MAX - BURST_MAX / 8);
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		unsigned int id = rte_be_to_cpu_16(ip->packet_id), flow = id % 2;

		CU_ASSERT_TRUE(id > last[flow]);
		last[flow] = id;
	}
	DP_END();
}

/* IP options into the outer header of a frame. */
static void
outer_options(struct rte_mbuf *m)
{
	char *p = rte_pktmbuf_prepend(m, sizeof(nops));
	struct rte_ipv4_hdr *ip;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	if (p == NULL) /* the compiler does not know what the line above does */
		return;
	memmove(p, p + sizeof(nops), EV_L2 + sizeof(*ip));
	memcpy(p + EV_L2 + sizeof(*ip), nops, sizeof(nops));
	ip = ev_ip(m);
	ip->version_ihl++;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(m->data_len - EV_L2));
	ev_sum_again(ip);
}

/* What makes some packets out of a tunnel unlike the others. */
enum unlike { OUTER_ECN, OUTER_OPTIONS, INNER_OPTIONS, OUTER_FRAGMENTS, MOVED, ALL_OF_IT };

static void
make_unlike(struct rte_mbuf *m, unsigned int i, enum unlike how, bool udp)
{
	if (udp && ((how == MOVED && i % 4 == 2) || (how == ALL_OF_IT && i % 6 == 4))) {
		ev_ip(m)->src_addr = RTE_BE32(IP4(203, 0, 113, 9));
		ev_sum_again(ev_ip(m));
	}
	if (how == OUTER_ECN || (how == ALL_OF_IT && i % 5 < 2)) {
		ev_ip(m)->type_of_service = i & 3;
		ev_sum_again(ev_ip(m));
	}
	if ((how == OUTER_OPTIONS && i % 3 == 1) || (how == ALL_OF_IT && i % 7 == 5))
		outer_options(m);
}

/* Out of a tunnel into the LAN. */
static void
unlike_in(const struct esp_variant *v, enum unlike how)
{
	struct rte_mbuf *m[DP_OUT_MAX];
	struct chan_tun c;
	unsigned int n = 0;

	ev_open(v);
	c = dp_tun(3);
	c.kind = v->kind;
	c.mtu = 9000;
	c.flags |= CHAN_TUN_FRAG_AFTER;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		bool inner = (how == INNER_OPTIONS || how == ALL_OF_IT) && i % 4 == 1;
		bool cut = (how == OUTER_FRAGMENTS || how == ALL_OF_IT) && i % 3 == 1;

		dp_run1(0, numbered(i, DP_TO_TUN(3), cut ? 1500 : 100, inner));
		for (unsigned int k = 0; k < dp.n_out; k++) {
			m[n] = dp_turn(dp.out[k].m);
			make_unlike(m[n++], i, how, v->udp);
		}
		dp.n_out = 0;
	}
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	dp_run1(1, m[0]); /* the first of an SA takes another way */
	for (unsigned int at = 1; at < n; at += BURST_MAX)
		dp_run(1, m + at, (uint16_t)RTE_MIN(n - at, (unsigned int)BURST_MAX));
	CU_ASSERT_TRUE(in_order(EV_L2));
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	if (!in_order(EV_L2) || dp_all_drops() != 0)
		fprintf(stderr, "algorithm %u, mode %u, udp %u, way %u\n", v->alg, v->mode,
				v->udp, how);
	DP_END();
}

static void
test_unlike(void)
{
	static const struct esp_variant variants[] = {
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_GCM16 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_GCM16, 1 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_CBC_SHA1_96 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_CBC_SHA1_96, 1 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false, CHAN_ESP_AES128_CBC_SHA256_128, 1 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true, CHAN_ESP_AES128_GCM16 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true, CHAN_ESP_AES128_GCM16, 1 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true, CHAN_ESP_AES128_CBC_SHA1_96 },
		{ CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true, CHAN_ESP_AES128_CTR_SHA1_96 },
		{ CHAN_TUN_GRE, CHAN_SA_TUNNEL, false, CHAN_ESP_AES128_GCM16 },
		{ CHAN_TUN_IPSEC, CHAN_SA_TUNNEL, false, CHAN_ESP_AES128_GCM16 },
	};

	for (unsigned int i = 0; i < RTE_DIM(variants); i++) {
		dp.protected_kind = variants[i].kind;
		for (enum unlike how = OUTER_ECN; how <= ALL_OF_IT; how++) {
			unlike_in(&variants[i], how);
			if (variants[i].kind != CHAN_TUN_GRE)
				continue;
			dp.protected_key = DP_TUN_KEY;
			unlike_in(&variants[i], how);
			dp.protected_key = 0;
		}
	}
	dp.protected_kind = CHAN_TUN_GRE;
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
	{ "some with IP options", test_options },
	{ "a VLAN's and multicast in between", test_vlan_between },
	{ "out of a tunnel, by different ways", test_unlike },
	{ "IPv6", test_ip6 },
	{ "no buffers for pieces", test_no_buffers },
};

int
main(void)
{
	dp_eal();
	return cu_run("order", cases, RTE_DIM(cases));
}
