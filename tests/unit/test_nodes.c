/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet path but tunnels: Ethernet, routes, ICMP, neighbours. */
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/nodes/icmp.h"
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

static struct icmp_hdr *
out_icmp(unsigned int i)
{
	return (struct icmp_hdr *)(dp_out_ip(i) + 1);
}

/* One sent packet, an ICMP message of this kind, in order from the first byte to the last. */
static void
expect_icmp(uint8_t type, uint8_t code, uint32_t src, uint32_t dst)
{
	const struct rte_ipv4_hdr *ip;

	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	ip = dp_out_ip(0);
	CU_ASSERT_TRUE(dp_ip_ok(ip, dp.out[0].m->data_len - 14));
	CU_ASSERT_EQUAL(ip->next_proto_id, IPPROTO_ICMP);
	CU_ASSERT_EQUAL(rte_be_to_cpu_32(ip->src_addr), src);
	CU_ASSERT_EQUAL(rte_be_to_cpu_32(ip->dst_addr), dst);
	CU_ASSERT_EQUAL(out_icmp(0)->type, type);
	CU_ASSERT_EQUAL(out_icmp(0)->code, code);
	CU_ASSERT_EQUAL(rte_raw_cksum(out_icmp(0), dp.out[0].m->data_len - 34), 0xffff);
}

/* ---- forwarding ----------------------------------------------------------------------------- */

static void
test_forward(void)
{
	static const uint8_t l2[14] = { 2, 0, 0, 0, 3, 254, 2, 0, 0, 0, 0, 2, 8, 0 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .ttl = 17, .len = 100 };

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	CU_ASSERT_EQUAL(dp.out[0].m->data_len, 114);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), l2, 14), 0);
	CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, 16);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 100));
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_LAN].in_packets, 1);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_LAN].in_bytes, 114);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_WAN].out_packets, 1);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_WAN].out_bytes, 114);
	DP_END();
}

/* The checksum after the decrement, for every checksum there can be. */
static void
test_ttl_checksum(void)
{
	struct rte_ipv4_hdr ip = { .version_ihl = RTE_IPV4_VHL_DEF, .time_to_live = 64,
		.next_proto_id = 17, .src_addr = RTE_BE32(DP_LAN_HOST), .dst_addr = RTE_BE32(FAR) };
	unsigned int bad = 0;

	for (uint32_t id = 0; id < 65536; id++) {
		ip.packet_id = (uint16_t)id;
		ip.time_to_live = (uint8_t)(1 + id % 255);
		ip.hdr_checksum = 0;
		ip.hdr_checksum = (uint16_t)~rte_raw_cksum(&ip, sizeof(ip));
		ip4_ttl_dec(&ip);
		bad += ip.time_to_live != id % 255 || ip.next_proto_id != 17 ||
				rte_raw_cksum(&ip, sizeof(ip)) != 0xffff;
	}
	CU_ASSERT_EQUAL(bad, 0);
}

static void
test_vlan(void)
{
	static const uint8_t l2[18] =
			{ 2, 0, 0, 0, 2, 10, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 100, 8, 0 };
	struct dp_pkt to = { .src = FAR, .dst = DP_VLAN_HOST };
	struct dp_pkt from = { .src = DP_VLAN_HOST, .dst = FAR, .vlan = DP_VLAN };
	struct dp_pkt prio = { .src = DP_LAN_HOST, .dst = FAR, .vlan = 5 << 13 };
	struct dp_pkt other = { .src = DP_VLAN_HOST, .dst = FAR, .vlan = 101 };

	world();
	dp_send(1, &to);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), l2, 18), 0);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 64));
	dp_send(0, &from);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_VLAN].in_packets, 1);
	dp_send(0, &prio);
	CU_ASSERT_EQUAL(dp.n_out, 3);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_LAN].in_packets, 1);
	dp_send(0, &other);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ETH_VLAN), 1);
	DP_END();
}

/* Ethernet pads short packets: what is behind the total length is cut off. */
static void
test_padding_trimmed(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .len = 30 };
	struct rte_mbuf *m;

	world();
	m = dp_frame(0, &p);
	rte_pktmbuf_append(m, 16);
	dp_run1(0, m);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].m->data_len, 44);
	CU_ASSERT_EQUAL(dp.out[0].m->pkt_len, 44);
	DP_END();
}

/* A device may scatter a long frame over several buffers: what follows wants one. */
static void
test_segments(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .len = 1000 };
	struct rte_mbuf *whole, *head, *tail;
	const char *d;

	world();
	whole = dp_frame(0, &p);
	d = rte_pktmbuf_mtod(whole, const char *);
	head = dp_raw(d, 20);
	tail = dp_raw(d + 20, 994);
	rte_pktmbuf_free(whole);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, tail), 0);
	dp_run1(0, head);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].m->nb_segs, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1000));
	CU_ASSERT_EQUAL(((uint8_t *)(dp_out_ip(0) + 1))[900], (uint8_t)(900 * 7 + 1));
	DP_END();
}

static void
test_ecmp(void)
{
	struct chan_nhg g = { .nhg_id = 3, .n = 2, .nh_ids = { DP_NH_GW, DP_NH_LAN_HOST } };
	struct chan_route r = { .prefix = IP4(203, 0, 113, 0), .len = 24, .is_group = 1, .id = 3 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR };
	unsigned int n[2] = { 0 };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_SET, r), 0);
	for (uint16_t port = 1; port <= 400; port++) {
		p.sport = port;
		dp_send(0, &p);
		dp_send(0, &p); /* a flow stays on its path */
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
		CU_ASSERT_EQUAL(dp.out[0].port, dp.out[1].port);
		n[dp.out[0].port]++;
		dp_clear();
	}
	CU_ASSERT_TRUE(n[0] > 120 && n[1] > 120);
	/* Fragments with and without ports are one flow. */
	p.frag = RTE_IPV4_HDR_MF_FLAG;
	for (uint16_t port = 1; port <= 64; port++) {
		p.sport = port;
		dp_send(0, &p);
		CU_ASSERT_EQUAL(dp.out[0].port, dp.out[dp.n_out - 1].port);
	}
	DP_END();
}

static void
test_fragment(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .len = 3000 };
	unsigned int at = 0;
	uint8_t whole[3000];

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 3);
	for (unsigned int i = 0; i < 3; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		unsigned int len = dp.out[i].m->data_len - 14;
		unsigned int off = rte_be_to_cpu_16(ip->fragment_offset);

		CU_ASSERT_TRUE_FATAL(dp_ip_ok(ip, len) && len <= 1500);
		CU_ASSERT_EQUAL(ip->time_to_live, 63);
		CU_ASSERT_EQUAL((off & RTE_IPV4_HDR_OFFSET_MASK) * 8, at);
		CU_ASSERT_EQUAL((off & RTE_IPV4_HDR_MF_FLAG) != 0, i < 2);
		memcpy(whole + at, ip + 1, len - 20);
		at += len - 20;
	}
	CU_ASSERT_EQUAL(at, 2980);
	for (unsigned int i = 8; i < at; i++)
		if (whole[i] != (uint8_t)(i * 7 + 1))
			CU_FAIL("payload");
	DP_END();
}

static void
test_too_big(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .len = 1501,
		.frag = RTE_IPV4_HDR_DF_FLAG };

	world();
	dp_send(0, &p);
	expect_icmp(ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG, DP_LAN_ADDR, DP_LAN_HOST);
	CU_ASSERT_EQUAL(rte_be_to_cpu_16(out_icmp(0)->rest[1]), 1500);
	CU_ASSERT_EQUAL(dp.out[0].m->data_len, 14 + 576);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 1);
	dp_clear();
	p.len = 1500;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].m->data_len, 1514);
	DP_END();
}

/* Frames to the virtual MAC addresses of virtual routers that we are the active one of, by the
 * short way or the long; and no longer when we are not. */
static void
test_virtual_mac(void)
{
	static const uint8_t v4[6] = { 0, 0, 0x5e, 0, 1, 10 }, v6[6] = { 0, 0, 0x5e, 0, 2, 20 };
	static const uint8_t other[6] = { 0, 0, 0x5e, 0, 1, 11 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR };
	struct chan_if lan;

	world();
	lan = dp_if(DP_IF_LAN);
	lan.n_vmacs = 2;
	lan.vmacs[0] = 0x010a;
	lan.vmacs[1] = 0x0214;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), 0);
	p.dst_mac = v4;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	p.dst_mac = v6;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	p.dst_mac = other;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ETH_NOT_US), 1);
	lan.n_vmacs = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), 0);
	p.dst_mac = v4;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ETH_NOT_US), 2);
	lan.n_vmacs = CHAN_IF_VMACS + 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), -EINVAL);
	lan.n_vmacs = 1;
	lan.vmacs[0] = 0x0300;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "if.vmacs");
	dp_clear();
	DP_END();
}

static void
test_if_down(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR };
	struct chan_if lan, wan;

	world();
	lan = dp_if(DP_IF_LAN);
	wan = dp_if(DP_IF_WAN);
	wan.admin_up = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	dp_send(0, &p);
	expect_icmp(ICMP_UNREACH, ICMP_UNREACH_HOST, DP_LAN_ADDR, DP_LAN_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IF_DOWN), 1);
	dp_clear();
	wan.admin_up = 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	lan.admin_up = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IF_DOWN), 2);
	DP_END();
}

/* ---- ICMP ----------------------------------------------------------------------------------- */

static void
test_no_route(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 9, 1, 1) };
	struct chan_route def = { 0 };

	world();
	dp_send(0, &p);
	expect_icmp(ICMP_UNREACH, ICMP_UNREACH_HOST, DP_LAN_ADDR, DP_LAN_HOST);
	/* The quote is the packet that was refused, header first. */
	CU_ASSERT_EQUAL(((struct rte_ipv4_hdr *)(out_icmp(0) + 1))->dst_addr,
			rte_cpu_to_be_32(p.dst));
	dp_clear();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, def), 0);
	p.dst = FAR;
	dp_send(0, &p);
	expect_icmp(ICMP_UNREACH, ICMP_UNREACH_NET, DP_LAN_ADDR, DP_LAN_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NULL_ROUTE), 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NO_ROUTE), 1);
	DP_END();
}

static void
test_ttl_expired(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .ttl = 1 };

	world();
	dp_send(0, &p);
	expect_icmp(ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, DP_LAN_ADDR, DP_LAN_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 1);
	dp_clear();
	/* For us it is not in transit. */
	p.dst = DP_LAN_ADDR;
	p.dport = 9;
	dp_send(0, &p);
	expect_icmp(ICMP_UNREACH, ICMP_UNREACH_PORT, DP_LAN_ADDR, DP_LAN_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO), 1);
	DP_END();
}

/* TCP to us is refused, but for what answers the control plane's probes. */
static void
test_tcp_for_us(void)
{
	static const struct row {
		uint16_t dport;
		uint8_t flags;
		bool punted;
	} rows[] = {
		{ CHAN_PROBE_PORT_MIN, 0x12, true }, { 65535, 0x14, true },
		{ CHAN_PROBE_PORT_MIN - 1, 0x12, false }, { 65535, 0x02, false },
		{ 65535, 0x10, false }, { 65535, 0x04, false },
	};

	world();
	dp_attach();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t tcp[20] = { 0, 80, (uint8_t)(rows[i].dport >> 8), (uint8_t)rows[i].dport,
			[12] = 0x50, [13] = rows[i].flags };
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_TCP,
			.payload = tcp, .payload_len = sizeof(tcp) };
		uint64_t before = dp_drops(CHAN_DROP_LOCAL_PROTO);

		dp_send(0, &p);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO) - before, !rows[i].punted);
		CU_ASSERT_EQUAL(dp_punted(CHAN_CLASS_OTHER), rows[i].punted);
		p.payload_len = 19;
		dp_send(0, &p);
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_RX_RUNT), sizeof(rows) / sizeof(rows[0]));
	DP_END();
}

/* RFC 1812 section 4.3.2.7: what no error may be sent about. All expire in transit. */
static void
test_no_icmp_about(void)
{
	static const uint8_t unreach[8] = { ICMP_UNREACH, 1, 0xfe, 0xfe };
	static const uint8_t ping[8] = { ICMP_ECHO, 0, 0xf7, 0xff };
	const struct dp_pkt quiet[] = {
		{ .src = DP_LAN_HOST, .dst = FAR, .ttl = 1, .proto = IPPROTO_ICMP,
			.payload = unreach,
			.payload_len = 8 },
		{ .src = DP_LAN_HOST, .dst = FAR, .ttl = 1, .frag = 10 },
		{ .src = IP4(10, 1, 0, 255), .dst = FAR, .ttl = 1 },
	};
	struct dp_pkt loud = { .src = DP_LAN_HOST, .dst = FAR, .ttl = 1, .proto = IPPROTO_ICMP,
		.payload = ping, .payload_len = 8 };

	world();
	for (unsigned int i = 0; i < RTE_DIM(quiet); i++)
		dp_send(0, &quiet[i]);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), RTE_DIM(quiet));
	CU_ASSERT_EQUAL(dp.n_out, 0);
	dp_send(0, &loud);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	DP_END();
}

static void
test_icmp_rate(void)
{
	struct chan_param param = { .icmp_error_pps = 40, .icmp_echo_pps = 0, .hold_ms = 1000 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, .ttl = 1 };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	for (unsigned int i = 0; i < 200; i++)
		dp_send(0, &p);
	/* A bucket of a quarter second, and what a slow machine lets flow in meanwhile. */
	CU_ASSERT_TRUE(dp.n_out >= 11 && dp.n_out < 60);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 200);
	DP_END();
}

static void
test_echo(void)
{
	uint8_t ping[16] = { ICMP_ECHO, 0, 0, 0, 1, 2, 3, 4, 5 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP,
		.payload = ping, .payload_len = 16, .tos = 0x28, .ttl = 1 };
	uint8_t rr[4] = { 7, 3, 4, 0 };
	uint16_t sum = (uint16_t)~rte_raw_cksum(ping, 16);

	memcpy(ping + 2, &sum, 2);
	world();
	dp_send(0, &p);
	expect_icmp(ICMP_ECHOREPLY, 0, DP_LAN_ADDR, DP_LAN_HOST);
	CU_ASSERT_EQUAL(memcmp((uint8_t *)out_icmp(0) + 4, ping + 4, 12), 0);
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 0x28);
	CU_ASSERT_EQUAL(dp.w->stats->absorbed, 1);
	CU_ASSERT_EQUAL(dp.w->stats->made, 1);
	dp_clear();
	p.options = rr;
	p.options_len = 4;
	dp_send(0, &p);
	expect_icmp(ICMP_ECHOREPLY, 0, DP_LAN_ADDR, DP_LAN_HOST);
	DP_END();
}

static void
test_echo_rate(void)
{
	static const uint8_t ping[8] = { ICMP_ECHO, 0, 0xf7, 0xff };
	struct chan_param param = { .icmp_error_pps = 40, .icmp_echo_pps = 0, .hold_ms = 1000 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP,
		.payload = ping, .payload_len = 8 };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ICMP_LIMIT), 1);
	DP_END();
}

/* ---- neighbours ----------------------------------------------------------------------------- */

static void
test_hold(void)
{
	struct chan_nh nh = { .nh_id = DP_NH_FREE, .type = CHAN_NH_ADJ, .if_id = DP_IF_LAN,
		.gw = IP4(10, 1, 0, 77), .resolved = 1, .mac = { 2, 0, 0, 0, 1, 77 } };
	struct dp_pkt p = { .src = FAR, .dst = IP4(10, 1, 0, 77), .ttl = 9 };

	world();
	for (unsigned int i = 0; i < 5; i++)
		dp_send(1, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp.w->stats->held, 4);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NEIGH_WAIT), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1); /* once, not five times */
	CU_ASSERT_EQUAL(dp.events[0].type, CHAN_EV_NEIGH);
	CU_ASSERT_EQUAL(dp.events[0].id, DP_IF_LAN);
	CU_ASSERT_EQUAL(dp.events[0].addr, IP4(10, 1, 0, 77));
	CU_ASSERT_TRUE(dp_conserves());
	dp_tick();
	CU_ASSERT_EQUAL(dp.n_out, 0);

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 1, 0, 77), 32, DP_NH_FREE), 0);
	dp_tick();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 4);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	for (unsigned int i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(i), 64));
		CU_ASSERT_EQUAL(dp_out_ip(i)->time_to_live, 8); /* decremented once */
		CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[i].m, uint8_t *)[5], 77);
	}
	DP_END();
}

static void
test_hold_gateway(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 20, 3, 4) };
	struct chan_nh nh;

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_EQUAL(dp.events[0].addr, DP_WAN_GW2);
	nh = dp_nh(DP_NH_GW2);
	nh.resolved = 1;
	memcpy(nh.mac, (const uint8_t[]){ 2, 0, 0, 0, 3, 253 }, 6);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	dp_tick();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	DP_END();
}

/* Tunnel 2 with all that leads to it away, and there again as @c says. */
static void
replace_tunnel(const struct chan_tun *c)
{
	struct chan_route r = { .prefix = IP4(10, 102, 0, 0), .len = 16, .id = DP_NH_TUN2 };
	struct chan_nh nh = dp_nh(DP_NH_TUN2);

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, r), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, *c), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, *c), 0);
}

/* What waits for a tunnel's neighbour does not leave through another tunnel that has its id. */
static void
test_hold_tunnel_replaced(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2) };
	struct chan_tun_sa_out none = { 2, CHAN_NONE };
	struct chan_sa sa_out = { .sa_id = DP_SA_OUT }, sa_in = { .sa_id = DP_SA_IN };
	struct chan_nh gw = dp_nh(DP_NH_GW);
	struct chan_tun c = dp_tun(2);

	dp_open(NULL);
	dp_world();
	dp_world_sas();
	gw.resolved = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, gw), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa_out), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa_in), 0);
	c.flags = CHAN_TUN_UP;
	c.remote = DP_PEER(7);
	replace_tunnel(&c);
	gw.resolved = 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, gw), 0);
	dp_tick();
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_DOWN), 1);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	DP_END();
}

static void
test_hold_timeout(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 20, 3, 4) };

	world();
	dp_clock(true);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	while (rte_rdtsc() - dp.w->now_tsc <= 1000)
		rte_pause();
	dp_tick();
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NEIGH_FAIL), 1);
	expect_icmp(ICMP_UNREACH, ICMP_UNREACH_HOST, DP_LAN_ADDR, DP_LAN_HOST);
	/* The next packet asks again. */
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_events, 2);
	DP_END();
}

/* A scan of unused addresses fills the table and no more. */
static void
test_hold_flood(void)
{
	struct dp_pkt p = { .src = FAR };

	world();
	for (uint32_t i = 0; i < 2000; i++) {
		p.dst = IP4(10, 1, 0, 2) + i % 250;
		if (p.dst == DP_LAN_HOST)
			continue;
		dp_send(1, &p);
	}
	CU_ASSERT_TRUE(dp.w->stats->held <= 1024);
	CU_ASSERT_TRUE(dp.w->stats->held > 500);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_NEIGH_WAIT) > 0);
	CU_ASSERT_TRUE(dp.n_events <= 249);
	CU_ASSERT_TRUE(dp_conserves());
	dp_clock(true);
	for (unsigned int i = 0; i < 100 && dp.w->stats->held != 0; i++) {
		path_tick(dp.w);
		dp_flush();
		dp_clear();
	}
	dp_clock(false);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_forward), CU_CASE(test_ttl_checksum), CU_CASE(test_vlan),
	CU_CASE(test_padding_trimmed), CU_CASE(test_segments), CU_CASE(test_ecmp),
	CU_CASE(test_fragment), CU_CASE(test_too_big), CU_CASE(test_virtual_mac),
	CU_CASE(test_if_down), CU_CASE(test_no_route), CU_CASE(test_ttl_expired),
	CU_CASE(test_tcp_for_us), CU_CASE(test_no_icmp_about), CU_CASE(test_icmp_rate),
	CU_CASE(test_echo), CU_CASE(test_echo_rate), CU_CASE(test_hold),
	CU_CASE(test_hold_gateway), CU_CASE(test_hold_tunnel_replaced),
	CU_CASE(test_hold_timeout), CU_CASE(test_hold_flood),
};

int
main(void)
{
	dp_eal();
	return cu_run("nodes", cases, RTE_DIM(cases));
}
