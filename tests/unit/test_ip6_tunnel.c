/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 into tunnels and out of them. */
#include <errno.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

static void
world(void)
{
	dp_open(NULL);
	d6_world();
	dp_attach();
}

static void
test_tunnel_plain(void)
{
	static const uint8_t gre[4] = { 0, 0, 0x86, 0xdd };
	struct d6_pkt p = { .dst = "2001:db8:100::5", .len = 200, .tc = 0xb9 };
	const struct rte_ipv4_hdr *ip;
	const struct rte_ipv6_hdr *in;

	world();
	d6_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	ip = dp_out_ip(0);
	CU_ASSERT_TRUE(dp_ip_ok(ip, 20 + 4 + 200));
	CU_ASSERT_EQUAL(ip->next_proto_id, IPPROTO_GRE);
	CU_ASSERT_EQUAL(ip->type_of_service, 0xb9);
	CU_ASSERT_EQUAL(ip->fragment_offset, 0); /* no longer than every link takes */
	CU_ASSERT_EQUAL(memcmp(ip + 1, gre, 4), 0);
	in = (const struct rte_ipv6_hdr *)((const char *)(ip + 1) + 4);
	CU_ASSERT_EQUAL(in->vtc_flow, RTE_BE32(0x6b912345));
	CU_ASSERT_EQUAL(in->hop_limits, 63);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_bytes, 200);
	dp_clear();
	p.len = 1300;
	d6_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
	DP_END();
}

/* Key, sequence number and checksum. */
static void
test_tunnel_options(void)
{
	struct d6_pkt p = { .dst = "2001:db8:101::5", .len = 200 };
	struct chan_tun c;
	uint8_t *gre;

	world();
	d6_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 20 + 16 + 200));
	gre = (uint8_t *)(dp_out_ip(0) + 1);
	CU_ASSERT_EQUAL(gre[0], 0xb0);
	CU_ASSERT_EQUAL(gre[2], 0x86);
	CU_ASSERT_EQUAL(gre[11], DP_TUN_KEY);
	CU_ASSERT_EQUAL(rte_raw_cksum(gre, 216), 0xffff);
	dp_clear();
	c = dp_tun(0);
	c.flags |= CHAN_TUN_TOS_SET | CHAN_TUN_DF;
	c.flags |= CHAN_TUN_TTL_COPY;
	c.tos = 0xb8;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.dst = "2001:db8:100::5";
	p.tc = 0x02;
	d6_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 0xba);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, RTE_BE16(RTE_IPV4_HDR_DF_FLAG));
	CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, 63);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 20 + 4 + 200));
	DP_END();
}

static void
test_tunnel_too_big(void)
{
	struct d6_pkt p = { .dst = "2001:db8:100::5", .len = 1401 };

	world();
	d6_send(0, &p);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_TOO_BIG, 0, 1400, D6_LAN_ADDR, D6_LAN_HOST));
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_drops, 1);
	dp_clear();
	p.len = 1400;
	d6_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	DP_END();
}

/*
 * What every link must carry a tunnel carries, too, however little its own underlay takes: the
 * outer packet is fragmented (RFC 8200 section 5). Longer ones are told the least MTU there is.
 */
static void
test_tunnel_small(void)
{
	struct d6_pkt p = { .dst = "2001:db8:100::5", .len = 1280 };
	struct chan_if wan = d6_if(DP_IF_WAN);
	unsigned int total = 0;

	world();
	wan.mtu = 1000;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	d6_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int len = rte_be_to_cpu_16(dp_out_ip(i)->total_length);

		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(i), len) && len <= 1000);
		total += len - 20;
	}
	CU_ASSERT_EQUAL(total, 4 + 1280);
	dp_clear();
	p.len = 1281;
	d6_send(0, &p);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_TOO_BIG, 0, 1280, D6_LAN_ADDR, D6_LAN_HOST));
	DP_END();
}

/* Out of a tunnel: forwarded, answered from the tunnel's address, with the outside's mark. */
static void
test_tunnel_in(void)
{
	struct d6_pkt inner = { .src = "2001:db8:100::5", .dst = D6_LAN_HOST, .len = 100 };
	struct dp_pkt p = { .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE };
	struct chan_tun c = { 0 };
	struct ip6_addr own;
	uint8_t buf[256] = { 0, 0, 0x86, 0xdd };
	struct rte_mbuf *m;

	world();
	m = d6_frame(0, &inner);
	memcpy(buf + 4, rte_pktmbuf_mtod_offset(m, void *, 14), 100);
	rte_pktmbuf_free(m);
	p.payload = buf;
	p.payload_len = 104;
	dp_send(1, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 0);
	CU_ASSERT_EQUAL(d6_out(0)->hop_limits, 63);
	CU_ASSERT_EQUAL(dp.w->tun_stats[0].in_bytes, 100);
	dp_clear();
	p.tos = 3; /* congestion outside; inside nobody who would understand */
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_ECN), 1);
	buf[5] |= 0x20; /* ECT(0) */
	dp_send(1, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(ip6_traffic_class(d6_out(0)), 3);
	dp_clear();
	buf[4 + 7] = 1; /* hop limit */
	c = dp_tun(0);
	own = d6_addr("2001:db8:77::1");
	memcpy(c.addr6, &own, sizeof(own));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.tos = 0;
	dp_send(1, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1); /* back into the tunnel */
	CU_ASSERT_TRUE(d6_is_addr((uint8_t *)(dp_out_ip(0) + 1) + 4 + 8, "2001:db8:77::1"));
	DP_END();
}

/* No leak: the protected tunnel's IPv6 goes through ESP or not at all, out and in. */
static void
test_tunnel_protected(void)
{
	struct d6_pkt p = { .dst = "2001:db8:103::5", .src = D6_LAN_HOST, .len = 100 };
	struct d6_pkt out = { .dst = "2001:db8:102::5" };
	struct d6_pkt inner = { .src = "2001:db8:102::5", .dst = D6_LAN_HOST, .len = 100 };
	struct dp_pkt clear = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE };
	uint8_t buf[104] = { 0, 0, 0x86, 0xdd };
	struct rte_mbuf *m;

	world();
	d6_send(0, &out);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_EQUAL(dp.events[0].type, CHAN_EV_ACQUIRE);
	dp_clear();
	dp_world_sas();
	m = d6_frame(0, &inner);
	memcpy(buf + 4, rte_pktmbuf_mtod_offset(m, void *, 14), 100);
	rte_pktmbuf_free(m);
	clear.payload = buf;
	clear.payload_len = sizeof(buf);
	dp_send(1, &clear);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_CLEAR), 1);
	/* What the peer sends, and its destination behind the VLAN. */
	CU_ASSERT_EQUAL(d6_route("2001:db8:103::/48", DP_NH_TUN3), 0);
	d6_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	CU_ASSERT_EQUAL(d6_route("2001:db8:103::/48", D6_NH_VLAN_HOST), 0);
	m = dp.out[--dp.n_out].m;
	dp_run1(1, dp_turn(m));
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(d6_is_addr(d6_out(0)->dst_addr, "2001:db8:103::5"));
	CU_ASSERT_EQUAL(d6_out(0)->hop_limits, 62);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_packets, 1);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_tunnel_plain), CU_CASE(test_tunnel_options), CU_CASE(test_tunnel_too_big),
	CU_CASE(test_tunnel_small), CU_CASE(test_tunnel_in), CU_CASE(test_tunnel_protected),
};

int
main(void)
{
	dp_eal();
	return cu_run("ip6_tunnel", cases, RTE_DIM(cases));
}
