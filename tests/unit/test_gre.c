/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnels from end to end: GRE with its options, ESP around it, MTU, and the invariant that nothing
 * of a protected tunnel is ever seen in the clear, neither on its way out nor in.
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"


static void
world(void)
{
	dp_open(NULL);
	dp_world();
}

static void
set_tun(uint32_t id, uint32_t set, uint32_t clear)
{
	struct chan_tun c = dp_tun(id);

	c.flags = (c.flags | set) & ~clear;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
}

/* ---- out ------------------------------------------------------------------------------------ */

static void
test_plain_out(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .tos = 0xb9, .ttl = 9,
		.len = 100 };
	const struct rte_ipv4_hdr *ip, *inner;

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	ip = dp_out_ip(0);
	CU_ASSERT_EQUAL(dp.out[0].m->data_len, 14 + 20 + 4 + 100);
	CU_ASSERT_TRUE(dp_ip_ok(ip, 124));
	CU_ASSERT_EQUAL(ip->src_addr, RTE_BE32(DP_WAN_ADDR));
	CU_ASSERT_EQUAL(ip->dst_addr, RTE_BE32(DP_PEER(0)));
	CU_ASSERT_EQUAL(ip->time_to_live, 64);
	CU_ASSERT_EQUAL(ip->type_of_service, 0xb9);
	CU_ASSERT_EQUAL(ip->fragment_offset, 0);
	CU_ASSERT_EQUAL(ip->next_proto_id, IPPROTO_GRE);
	CU_ASSERT_EQUAL(memcmp(ip + 1, (const uint8_t[]){ 0, 0, 8, 0 }, 4), 0);
	inner = (const struct rte_ipv4_hdr *)((const uint8_t *)(ip + 1) + 4);
	CU_ASSERT_TRUE(dp_ip_ok(inner, 100));
	CU_ASSERT_EQUAL(inner->time_to_live, 8);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_packets, 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_bytes, 100);
	DP_END();
}

static void
test_options_out(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(1), .len = 101 };

	world();
	for (uint32_t seq = 0; seq < 3; seq++) {
		const uint8_t *gre;

		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 20 + 16 + 101));
		gre = (const uint8_t *)(dp_out_ip(0) + 1);
		CU_ASSERT_EQUAL(memcmp(gre, (const uint8_t[]){ 0xb0, 0, 8, 0 }, 4), 0);
		CU_ASSERT_EQUAL(rte_raw_cksum(gre, 16 + 101), 0xffff);
		CU_ASSERT_EQUAL(memcmp(gre + 6, (const uint8_t[]){ 0, 0, 0, 0, 0, DP_TUN_KEY }, 6),
				0);
		CU_ASSERT_EQUAL(gre[15], seq);
		dp_clear();
	}
	DP_END();
}

/* TOS and DF of the outer header, set or copied; ECN is always copied (RFC 6040). */
static void
test_outer_fields(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .tos = 0x2a,
		.frag = RTE_IPV4_HDR_DF_FLAG };
	struct chan_tun c;

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 88));
	dp_clear();
	c = dp_tun(0);
	c.flags |= CHAN_TUN_TOS_SET | CHAN_TUN_DF;
	c.tos = 0xb8;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.frag = 0;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 0xba);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 88));
	dp_clear();
	/* A fragment inside is whole outside. */
	p.frag = RTE_IPV4_HDR_MF_FLAG | 100;
	c.flags &= ~(uint32_t)CHAN_TUN_DF;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, 0);
	DP_END();
}

static void
test_underlay_vlan(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(1) };
	struct chan_tun c;

	world();
	c = dp_tun(1);
	c.nh_id = DP_NH_VLAN_HOST;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 0);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[0].m, uint8_t *)[15], DP_VLAN);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 20 + 16 + 64));
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_VLAN].out_packets, 1);
	DP_END();
}

/* The textbook: a 1500-byte packet into a tunnel of IP MTU 1476 leaves as 1500 and 68 bytes. */
static void
test_fragment_first(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .len = 1500 };
	struct chan_tun c;

	world();
	c = dp_tun(0);
	c.mtu = 1476;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1500));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(1), 68));
	CU_ASSERT_EQUAL(dp.w->stats->absorbed, 1);
	CU_ASSERT_EQUAL(dp.w->stats->made, 2);
	dp_clear();
	p.len = 1476;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	DP_END();
}

static void
test_too_big(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .len = 1401,
		.frag = RTE_IPV4_HDR_DF_FLAG };
	const struct icmp_hdr *icmp;

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 0);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, RTE_BE32(DP_LAN_HOST));
	icmp = (const struct icmp_hdr *)(dp_out_ip(0) + 1);
	CU_ASSERT_EQUAL(icmp->type, ICMP_UNREACH);
	CU_ASSERT_EQUAL(icmp->code, ICMP_UNREACH_NEEDFRAG);
	CU_ASSERT_EQUAL(icmp->rest[1], RTE_BE16(1400));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_drops, 1);
	DP_END();
}

/*
 * A tunnel's MTU is never more than its underlay takes: exactly the longest packet that fits, for
 * every algorithm and GRE option, and not one byte more.
 */
static void
test_mtu_fits(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .frag = RTE_IPV4_HDR_DF_FLAG };

	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++) {
		if (esp_algs[alg].icv_len == 0)
			continue; /* not built in */
		for (uint32_t opts = 0; opts < 8; opts++) {
			struct chan_tun_sa_out bind = { 2, DP_SA_OUT };
			struct chan_sa sa;
			struct chan_tun c;
			uint16_t mtu, longest;

			world();
			c = dp_tun(2);
			c.mtu = 9000;
			c.flags |= opts << 2; /* key, checksum, sequence */
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
			sa = dp_sa(DP_SA_OUT);
			sa.alg = (uint8_t)alg;
			sa.enc_key_len = esp_algs[alg].enc_key_len;
			sa.auth_key_len = esp_algs[alg].auth_key_len;
			sa.salt_len = esp_algs[alg].salt_len;
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), 0);
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind), 0);
			mtu = tunnel_by_id(dp.t, 2)->mtu;
			CU_ASSERT_TRUE(mtu > 1400 && mtu < 1460);
			p.len = mtu;
			dp_send(0, &p);
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
			longest = (uint16_t)(dp.out[0].m->data_len - 14);
			CU_ASSERT_EQUAL(dp.out[0].port, 1);
			CU_ASSERT_TRUE(longest <= 1500);
			CU_ASSERT_TRUE(longest + esp_algs[alg].align > 1500);
			CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), longest));
			dp_clear();
			p.len++;
			dp_send(0, &p);
			CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 1);
			DP_END();
		}
	}
}

static void
test_refused_out(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0) };
	struct chan_tun c;

	world();
	set_tun(0, 0, CHAN_TUN_UP);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_DOWN), 1);
	c = dp_tun(0);
	c.nh_id = CHAN_NONE;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_ROUTE), 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_drops, 2);
	CU_ASSERT_EQUAL(dp.n_out, 2); /* the sender is told */
	for (unsigned int i = 0; i < dp.n_out; i++)
		CU_ASSERT_EQUAL(dp_out_ip(i)->next_proto_id, IPPROTO_ICMP);
	DP_END();
}

/* The underlay neighbour is resolved only after the first packets. */
static void
test_underlay_wait(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .ttl = 7 };
	struct chan_tun c;
	struct chan_nh nh;

	world();
	c = dp_tun(0);
	c.nh_id = DP_NH_GW2;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_EQUAL(dp.events[0].type, CHAN_EV_NEIGH);
	CU_ASSERT_EQUAL(dp.events[0].addr, DP_WAN_GW2);
	dp_tick();
	CU_ASSERT_EQUAL(dp.n_out, 0);
	nh = dp_nh(DP_NH_GW2);
	nh.resolved = 1;
	nh.mac[5] = 253;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	dp_tick();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[0].m, uint8_t *)[5], 253);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_GRE);
	CU_ASSERT_EQUAL(((struct rte_ipv4_hdr *)((char *)(dp_out_ip(0) + 1) + 4))->time_to_live, 6);
	DP_END();
}

static void
test_loop_guard(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0) };
	struct rte_mbuf *m;

	world();
	m = dp_frame(0, &p);
	rte_pktmbuf_adj(m, 14);
	pkt_meta_ours(m);
	pkt_meta(m)->encaps = 4;
	dp.w->stats->rx++;
	lookup_add(dp.w, m, LOOKUP_TTL_DONE);
	path_drain(dp.w);
	dp_flush();
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_LOOP), 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

/* ---- in ------------------------------------------------------------------------------------- */

/* GRE from @peer with these header bytes in front of a packet for the LAN host. */
static struct rte_mbuf *
gre_frame(uint32_t peer, const uint8_t *gre, uint16_t gre_len, uint8_t outer_tos, uint8_t inner_tos)
{
	struct dp_pkt in = { .src = IP4(10, 100, 0, 5), .dst = DP_LAN_HOST, .tos = inner_tos };
	struct rte_mbuf *m = dp_frame(0, &in), *out;
	uint8_t buf[128];
	struct dp_pkt p = { .src = peer, .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE, .payload = buf,
		.payload_len = (uint16_t)(gre_len + 64), .tos = outer_tos };

	memcpy(buf, gre, gre_len);
	memcpy(buf + gre_len, rte_pktmbuf_mtod_offset(m, uint8_t *, 14), 64);
	if (gre_len >= 8 && (gre[0] & 0x80) && gre[4] == 0) {
		uint16_t sum = (uint16_t)~rte_raw_cksum(buf, gre_len + 64u);

		memcpy(buf + 4, &sum, 2);
	}
	out = dp_frame(1, &p);
	rte_pktmbuf_free(m);
	return out;
}

static const struct gre_row {
	uint32_t peer;
	uint8_t gre[16];
	uint16_t len;
	int why; /* enum chan_drop, or -1: it gets in */
} gre_rows[] = {
	{ DP_PEER(0), { 0, 0, 8, 0 }, 4, -1 },
	{ DP_PEER(0), { 0x80, 0, 8, 0 }, 8, -1 },
	{ DP_PEER(0), { 0x10, 0, 8, 0, 0, 0, 0, 9 }, 8, -1 },
	{ DP_PEER(0), { 0x02, 0, 8, 0 }, 4, -1 }, /* reserved bits that are to be ignored */
	{ DP_PEER(0), { 0x00, 0x08, 8, 0 }, 4, -1 },
	{ DP_PEER(1), { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, -1 },
	{ DP_PEER(1), { 0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, DP_TUN_KEY, 1, 2, 3, 4 }, 16, -1 },
	{ DP_PEER(0), { 0x80, 0, 8, 0, 0x12, 0x34 }, 8, CHAN_DROP_GRE_CHECKSUM },
	{ DP_PEER(0), { 0x40, 0, 8, 0, 0, 0, 0, 0 }, 8, CHAN_DROP_GRE_FLAGS }, /* routing */
	{ DP_PEER(0), { 0x08, 0, 8, 0 }, 4, CHAN_DROP_GRE_FLAGS },
	{ DP_PEER(0), { 0x04, 0, 8, 0 }, 4, CHAN_DROP_GRE_FLAGS },
	{ DP_PEER(0), { 0x00, 1, 8, 0 }, 4, CHAN_DROP_GRE_FLAGS }, /* version 1 */
	{ DP_PEER(0), { 0, 0, 0x65, 0x58 }, 4, CHAN_DROP_GRE_PROTO },
	{ DP_PEER(0), { 0, 0, 0, 0 }, 4, CHAN_DROP_PUNT_NOBODY }, /* keepalive */
	{ DP_PEER(0), { 0, 0, 0x89, 9, 8, 0, 1, 1, 0, 1, 0, 7 }, 12, -1 }, /* metadata */
	{ DP_PEER(0), { 0, 0, 0x89, 9, 0x65, 0x58, 1, 1, 0, 1 }, 12, CHAN_DROP_GRE_PROTO },
	{ DP_PEER(0), { 0, 0, 0x89, 9, 8, 0, 2, 1, 0, 1 }, 12, CHAN_DROP_GRE_PROTO },
	{ DP_PEER(0), { 0, 0, 0x89, 9, 8, 0, 1, 255 }, 8, CHAN_DROP_GRE_PROTO },
	{ DP_PEER(0), { 0x20, 0, 8, 0, 0, 0, 0, 1 }, 8, CHAN_DROP_GRE_KEY },
	{ DP_PEER(1), { 0, 0, 8, 0 }, 4, CHAN_DROP_GRE_NO_TUNNEL },
	{ DP_PEER(1), { 0x20, 0, 8, 0, 0, 0, 1, DP_TUN_KEY }, 8, CHAN_DROP_GRE_NO_TUNNEL },
	{ DP_PEER(9), { 0, 0, 8, 0 }, 4, CHAN_DROP_GRE_NO_TUNNEL },
	{ DP_PEER(2), { 0, 0, 8, 0 }, 4, CHAN_DROP_GRE_CLEAR },
};

static void
test_in(void)
{
	world();
	for (unsigned int i = 0; i < RTE_DIM(gre_rows); i++) {
		const struct gre_row *r = &gre_rows[i];
		uint64_t all = dp_all_drops(), before = r->why < 0 ? 0 : dp_drops(r->why);
		bool ok;

		dp_run1(1, gre_frame(r->peer, r->gre, r->len, 0, 0));
		if (r->why < 0)
			ok = dp.n_out == 1 && dp.out[0].port == 0 && dp_ip_ok(dp_out_ip(0), 64);
		else
			ok = dp.n_out == 0 && dp_drops(r->why) == before + 1 &&
					dp_all_drops() == all + 1;
		if (!ok) {
			fprintf(stderr, "row %u\n", i);
			CU_FAIL("GRE in");
		}
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].in_packets, 6);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].in_bytes, 6 * 64);
	CU_ASSERT_EQUAL(dp.w->tun_stats[1].in_packets, 2);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_drops, 1);
	set_tun(0, 0, CHAN_TUN_UP);
	dp_run1(1, gre_frame(DP_PEER(0), gre_rows[0].gre, 4, 0, 0));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_DOWN), 1);
	DP_END();
}

/* Every prefix of a GRE packet with all options is dropped for what it lacks. */
static void
test_in_short(void)
{
	uint8_t gre[16] = { 0xb0, 0, 8, 0, 1, 1, 0, 0, 0, 0, 0, DP_TUN_KEY };
	struct dp_pkt p = { .src = DP_PEER(1), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = gre };

	world();
	for (uint16_t len = 0; len < 16; len++) {
		p.payload_len = len;
		p.len = (uint16_t)(20 + len);
		dp_send(1, &p);
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_SHORT), 16);
	/* Empty tunnels' packets: nothing behind GRE, or half a header. */
	memset(gre, 0, sizeof(gre));
	gre[2] = 8;
	p.src = DP_PEER(0);
	for (uint16_t len = 4; len < 16; len++) {
		p.payload_len = len;
		p.len = (uint16_t)(20 + len);
		dp_send(1, &p);
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_RX_RUNT), 12);
	DP_END();
}

/* RFC 6040 section 4.2, figure 4: rows inner, columns outer; 4: dropped. */
static void
test_ecn(void)
{
	static const uint8_t want[4][4] = {
		{ 0, 0, 0, 4 }, { 1, 1, 1, 3 }, { 2, 1, 2, 3 }, { 3, 3, 3, 3 }
	};

	world();
	for (uint8_t inner = 0; inner < 4; inner++) {
		for (uint8_t outer = 0; outer < 4; outer++) {
			uint64_t before = dp_drops(CHAN_DROP_GRE_ECN);

			dp_run1(1, gre_frame(DP_PEER(0), gre_rows[0].gre, 4, 0xb8 | outer,
					0x28 | inner));
			if (want[inner][outer] == 4) {
				CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_ECN), before + 1);
				continue;
			}
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
			CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 0x28 | want[inner][outer]);
			CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 64));
			dp_clear();
		}
	}
	DP_END();
}

/* An error about a packet out of a tunnel comes from the tunnel's address. */
static void
test_icmp_source(void)
{
	struct dp_pkt in = { .src = DP_TO_TUN(0), .dst = IP4(203, 0, 113, 7), .ttl = 1 };
	struct rte_mbuf *m = NULL;
	uint8_t buf[68] = { 0, 0, 8, 0 };
	struct dp_pkt p = { .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = buf, .payload_len = sizeof(buf) };
	const struct rte_ipv4_hdr *inner;

	world();
	m = dp_frame(0, &in);
	memcpy(buf + 4, rte_pktmbuf_mtod_offset(m, uint8_t *, 14), 64);
	rte_pktmbuf_free(m);
	dp_send(1, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1); /* back through the tunnel */
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_GRE);
	inner = (const struct rte_ipv4_hdr *)((const uint8_t *)(dp_out_ip(0) + 1) + 4);
	CU_ASSERT_EQUAL(inner->src_addr, RTE_BE32(IP4(172, 16, 0, 1)));
	CU_ASSERT_EQUAL(inner->dst_addr, RTE_BE32(DP_TO_TUN(0)));
	CU_ASSERT_EQUAL(inner->next_proto_id, IPPROTO_ICMP);
	DP_END();
}

/* OSPF out of a tunnel tells the control plane which. */
static void
test_punt_from_tunnel(void)
{
	struct dp_pkt in = { .src = IP4(172, 16, 0, 2), .dst = IP4(224, 0, 0, 5), .proto = 89,
		.ttl = 1 };
	struct rte_mbuf *m;
	uint8_t buf[68] = { 0, 0, 8, 0 };
	struct dp_pkt p = { .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = buf, .payload_len = sizeof(buf) };

	world();
	dp_attach();
	m = dp_frame(0, &in);
	memcpy(buf + 4, rte_pktmbuf_mtod_offset(m, uint8_t *, 14), 64);
	rte_pktmbuf_free(m);
	dp_send(1, &p);
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_OSPF));
	CU_ASSERT_EQUAL(dp.punted.tun_id, 0);
	CU_ASSERT_EQUAL(dp.punted.if_id, CHAN_NONE);
	CU_ASSERT_EQUAL(dp.punted.l3_off, 0);
	CU_ASSERT_EQUAL(dp.punted.len, 64);
	DP_END();
}

/* ---- protected ------------------------------------------------------------------------------ */

/* A packet that the peer of tunnel 2 sends us: encrypted by its end, tunnel 3. */
static struct rte_mbuf *
from_peer(const struct dp_pkt *inner)
{
	struct rte_mbuf *m;

	dp_send(0, inner);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	m = dp_turn(dp.out[0].m);
	dp.n_out = 0;
	dp_clear();
	return m;
}

static void
test_protected_out(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .len = 100 };
	const uint8_t *d;

	world();
	dp_world_sas();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	/* 20 + 8 + 8 + (4 + 100 + 2, to 4) + 16 */
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 160));
	d = (const uint8_t *)(dp_out_ip(0) + 1);
	CU_ASSERT_EQUAL(memcmp(d, (const uint8_t[]){ 0, 0, 0x10, 0, 0, 0, 0, 1 }, 8), 0);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_WAN].out_packets, 1);
	DP_END();
}

static void
test_protected_in(void)
{
	struct dp_pkt p = { .src = IP4(10, 1, 0, 99), .dst = DP_TO_TUN(3), .len = 200 };
	struct chan_nh nh = { .nh_id = DP_NH_FREE, .type = CHAN_NH_ADJ, .if_id = DP_IF_LAN,
		.gw = IP4(10, 1, 0, 99), .resolved = 1, .mac = { 2, 0, 0, 0, 1, 99 } };
	struct rte_mbuf *m;

	world();
	dp_world_sas();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	m = from_peer(&p);
	/* For the peer 10.103/16 is far away; here it is on the LAN. */
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_FREE), 0);
	dp_run1(1, m);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 0);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 200));
	CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, 62);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_packets, 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_bytes, 200);
	CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_IN].packets, 1);
	DP_END();
}

/* What is said about a packet out of ESP names its tunnel and its SA. */
static void
test_protected_origin(void)
{
	struct dp_pkt p = { .src = IP4(10, 102, 0, 5), .dst = DP_TO_TUN(3), .ttl = 2 };
	struct dp_pkt ospf = { .src = IP4(172, 16, 2, 2), .dst = DP_TO_TUN(3), .proto = 89 };
	uint64_t before;
	struct rte_mbuf *m;

	world();
	dp_world_sas();
	dp_attach();
	/* Expires on its way on: an error goes back, through the tunnel it came from. */
	m = from_peer(&p);
	before = dp.w->tun_stats[2].out_packets;
	dp_run1(1, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].out_packets, before + 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	dp_clear();
	m = from_peer(&ospf);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LOCAL), 0);
	dp_run1(1, m);
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_OSPF));
	CU_ASSERT_EQUAL(dp.punted.tun_id, 2);
	CU_ASSERT_EQUAL(dp.punted.sa_id, DP_SA_IN);
	CU_ASSERT_EQUAL(dp.punted.if_id, CHAN_NONE);
	CU_ASSERT_EQUAL(dp.punted.l3_off, 0);
	DP_END();
}

/* The mark of a congested way outside arrives inside, through ESP too. */
static void
test_protected_ecn(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3), .tos = 2 };
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;

	world();
	dp_world_sas();
	m = from_peer(&p);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
	CU_ASSERT_EQUAL(ip->type_of_service, 2);
	ip->type_of_service = 3;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, 20);
	dp_run1(1, m);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 3);
	DP_END();
}

/* A GRE key inside that is not the tunnel's, or that is another tunnel's. */
static void
test_protected_wrong_inside(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3) };
	struct chan_tun peer, other;

	world();
	dp_world_sas();
	peer = dp_tun(3);
	peer.flags |= CHAN_TUN_KEY;
	peer.key = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, peer), 0);
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_KEY), 1);
	/* Now there is a tunnel with that key, but the SA is not its. */
	other = dp_tun(2);
	other.tun_id = 9;
	other.flags |= CHAN_TUN_KEY;
	other.key = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, other), 0);
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_SA_TUNNEL), 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

/*
 * No leak out: whatever is missing, and at each step of setting up and taking down, a packet for
 * the protected tunnel leaves as ESP or not at all.
 */
static bool
leaks(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .tos = 0, .len = 300 };
	bool leak = false;

	dp_send(0, &p);
	p.len = 1480; /* in fragments */
	dp_send(0, &p);
	p.len = 1480;
	p.frag = RTE_IPV4_HDR_DF_FLAG;
	dp_send(0, &p);
	dp_tick();
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);

		leak |= ip->next_proto_id != IPPROTO_ESP &&
				(ip->next_proto_id != IPPROTO_ICMP || dp.out[i].port != 0);
	}
	dp_clear();
	return leak;
}

static void
test_no_leak_out(void)
{
	struct chan_tun_sa_out bind = { 2, DP_SA_OUT }, none = { 2, CHAN_NONE };
	struct chan_sa sa;
	struct chan_tun c;
	struct chan_nh nh;

	world();
	CU_ASSERT_FALSE(leaks()); /* no SA yet */
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_TUN_NO_SA) >= 2);
	sa = dp_sa(DP_SA_OUT);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), 0);
	CU_ASSERT_FALSE(leaks()); /* installed, not bound */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind), 0);
	CU_ASSERT_FALSE(leaks());
	CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_OUT].packets, 3);
	nh = dp_nh(DP_NH_GW);
	nh.resolved = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_FALSE(leaks()); /* held */
	nh.resolved = 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_FALSE(leaks()); /* let go when the SA has gone */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind), 0);
	c = dp_tun(2);
	c.remote = DP_PEER(30); /* the SA is for the former peer */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(tunnel_by_id(dp.t, 2)->out, TUN_OUT_NO_SA);
	CU_ASSERT_FALSE(leaks());
	c = dp_tun(2);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_FALSE(leaks());
	set_tun(2, 0, CHAN_TUN_UP);
	CU_ASSERT_FALSE(leaks());
	set_tun(2, 0, 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	CU_ASSERT_FALSE(leaks());
	/* The same tunnel without protection does let them out: the test can see. */
	set_tun(2, 0, CHAN_TUN_PROTECT);
	CU_ASSERT_TRUE(leaks());
	DP_END();
}

/* The acquire event: at most one a second for each tunnel. */
static void
test_acquire(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2) };

	world();
	for (unsigned int i = 0; i < 20; i++)
		dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_EQUAL(dp.events[0].type, CHAN_EV_ACQUIRE);
	CU_ASSERT_EQUAL(dp.events[0].id, 2);
	p.dst = DP_TO_TUN(3);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 2);
	CU_ASSERT_EQUAL(dp.events[1].id, 3);
	dp_clock(true);
	for (unsigned int i = 0; i < 20; i++)
		dp_send(0, &p);
	CU_ASSERT_TRUE(dp.n_events > 2);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 41);
	DP_END();
}

/* No leak in: garbage for the ESP of the tunnel, and what was tampered with. */
static void
test_no_leak_in(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3) };

	world();
	dp_world_sas();
	CU_ASSERT_EQUAL(dp_route(IP4(10, 104, 0, 0), 16, DP_NH_LAN_HOST), 0);
	for (unsigned int byte = 34; byte < 34 + 104; byte++) {
		struct rte_mbuf *m = from_peer(&p);

		rte_pktmbuf_mtod(m, uint8_t *)[byte] ^= 1;
		dp_run1(1, m);
		CU_ASSERT_EQUAL(dp.n_out, 0);
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_packets, 0);
	CU_ASSERT_EQUAL(dp_all_drops(), 104);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_plain_out), CU_CASE(test_options_out), CU_CASE(test_outer_fields),
	CU_CASE(test_underlay_vlan), CU_CASE(test_fragment_first), CU_CASE(test_too_big),
	CU_CASE(test_mtu_fits), CU_CASE(test_refused_out), CU_CASE(test_underlay_wait),
	CU_CASE(test_loop_guard), CU_CASE(test_in), CU_CASE(test_in_short), CU_CASE(test_ecn),
	CU_CASE(test_icmp_source), CU_CASE(test_punt_from_tunnel), CU_CASE(test_protected_out),
	CU_CASE(test_protected_in), CU_CASE(test_protected_origin),
	CU_CASE(test_protected_ecn),
	CU_CASE(test_protected_wrong_inside), CU_CASE(test_no_leak_out), CU_CASE(test_acquire),
	CU_CASE(test_no_leak_in),
};

int
main(void)
{
	dp_eal();
	return cu_run("gre", cases, RTE_DIM(cases));
}
