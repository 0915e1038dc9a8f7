/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet path of IPv6: checks, routes, neighbours, ICMPv6, neighbour discovery. */
#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

static void
world(void)
{
	dp_open(NULL);
	d6_world();
	dp_attach();
}

static struct icmp6_hdr *
out_icmp(unsigned int i)
{
	return (struct icmp6_hdr *)(d6_out(i) + 1);
}

static void
expect_drop(const struct d6_pkt *p, enum chan_drop why)
{
	uint64_t before = dp_drops(why);

	d6_send(0, p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(why), before + 1);
	if (dp_drops(why) != before + 1)
		fprintf(stderr, "not %s\n", chan_drop_str(why));
	dp_clear();
}

/* ---- forwarding ----------------------------------------------------------------------------- */

static void
test_forward(void)
{
	static const uint8_t l2[14] = { 2, 0, 0, 0, 3, 254, 2, 0, 0, 0, 0, 2, 0x86, 0xdd };
	struct d6_pkt p = { .hops = 17, .len = 100, .tc = 0xab };

	world();
	d6_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), l2, 14), 0);
	CU_ASSERT_EQUAL(d6_out(0)->hop_limits, 16);
	CU_ASSERT_EQUAL(d6_out(0)->vtc_flow, RTE_BE32(0x6ab12345));
	CU_ASSERT_EQUAL(rte_be_to_cpu_16(d6_out(0)->payload_len), 60);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_LAN].in_packets, 1);
	CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_WAN].out_bytes, 114);
	DP_END();
}

static void
test_vlan(void)
{
	static const uint8_t l2[18] = { 2, 0, 0, 0, 2, 10, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 100, 0x86,
		0xdd };
	struct d6_pkt to = { .src = D6_FAR, .dst = D6_VLAN_HOST };
	struct d6_pkt from = { .src = D6_VLAN_HOST, .vlan = DP_VLAN };

	world();
	d6_send(1, &to);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), l2, 18), 0);
	d6_send(0, &from);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_TRUE(d6_is_addr(d6_out(1)->src_addr, D6_VLAN_HOST));
	DP_END();
}

/* A frame's padding does not travel on, and the longest prefix decides. */
static void
test_padding(void)
{
	struct d6_pkt p = { .len = 44, .proto = 99 };
	struct rte_mbuf *m;

	world();
	m = d6_frame(0, &p);
	memset(rte_pktmbuf_append(m, 10), 0xee, 10);
	dp_run1(0, m);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].m->data_len, 58);
	DP_END();
}

static void
test_ecmp(void)
{
	struct chan_nhg g = { .nhg_id = 3, .n = 2, .nh_ids = { D6_NH_GW, D6_NH_VLAN_HOST } };
	struct chan_route6 r = { .len = 48, .is_group = 1, .id = 3 };
	struct ip6_addr a = d6_addr("2001:db8:30::");
	unsigned int on[2] = { 0 };

	world();
	memcpy(r.prefix, &a, sizeof(a));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE6_SET, r), 0);
	for (uint16_t port = 1; port <= 64; port++) {
		struct d6_pkt p = { .dst = "2001:db8:30::5", .sport = port };

		d6_send(0, &p);
		d6_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
		CU_ASSERT_EQUAL(dp.out[0].port, dp.out[1].port); /* a flow stays on its way */
		on[dp.out[0].port]++;
		dp_clear();
	}
	CU_ASSERT_TRUE(on[0] > 10 && on[1] > 10);
	DP_END();
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void
test_malformed(void)
{
	struct d6_pkt p = { 0 };
	uint8_t frame[14 + 39];
	struct rte_mbuf *m = NULL;

	world();
	m = d6_frame(0, &p);
	memcpy(frame, rte_pktmbuf_mtod(m, void *), sizeof(frame));
	rte_pktmbuf_free(m);
	for (uint16_t len = 14; len <= sizeof(frame); len++)
		dp_run1(0, dp_raw(frame, len));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_RX_RUNT), 40);
	m = d6_frame(0, &p);
	rte_pktmbuf_trim(m, 1);
	dp_run1(0, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP6_LENGTH), 1);
	m = d6_frame(0, &p);
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 14) = 0x45;
	dp_run1(0, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP6_VERSION), 1);
	p.len = 40; /* a jumbogram */
	p.hop_by_hop = true;
	expect_drop(&p, CHAN_DROP_IP6_LENGTH);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

static void
test_martians(void)
{
	static const struct {
		const char *src, *dst;
		enum chan_drop why;
	} cases[] = {
		{ "::", D6_FAR, CHAN_DROP_IP6_MARTIAN_SRC },
		{ "::", D6_LAN_ADDR, CHAN_DROP_IP6_MARTIAN_SRC },
		{ "::1", D6_FAR, CHAN_DROP_IP6_MARTIAN_SRC },
		{ "::ffff:10.1.0.10", D6_FAR, CHAN_DROP_IP6_MARTIAN_SRC },
		{ "::10.1.0.10", D6_FAR, CHAN_DROP_IP6_MARTIAN_SRC },
		{ "ff02::1", D6_FAR, CHAN_DROP_IP6_MARTIAN_SRC },
		{ D6_LAN_ADDR, D6_LAN_ADDR, CHAN_DROP_IP6_MARTIAN_SRC }, /* "land" */
		{ D6_LAN_LINK, D6_LAN_LINK, CHAN_DROP_IP6_MARTIAN_SRC },
		{ D6_LAN_HOST, "::", CHAN_DROP_IP6_MARTIAN_DST },
		{ D6_LAN_HOST, "::1", CHAN_DROP_IP6_MARTIAN_DST },
		{ D6_LAN_HOST, "::ffff:192.0.2.1", CHAN_DROP_IP6_MARTIAN_DST },
		{ D6_LAN_HOST, "ff02::1", CHAN_DROP_IP6_MULTICAST },
		{ D6_LAN_HOST, "ff0e::1234", CHAN_DROP_IP6_MULTICAST },
		{ D6_LAN_HOST, "fe80::99", CHAN_DROP_IP6_SCOPE },
	};
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct d6_pkt cast = { .dst_mac = group };
	struct d6_pkt forged = { .src = D6_LAN_ADDR, .dst = D6_FAR, .hops = 1 };

	world();
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct d6_pkt p = { .src = cases[i].src, .dst = cases[i].dst };

		expect_drop(&p, cases[i].why);
	}
	/* No word to ourselves about what was forged. */
	expect_drop(&forged, CHAN_DROP_IP6_HOP_LIMIT);
	/* A unicast packet in a multicast frame is not ours to forward. */
	expect_drop(&cast, CHAN_DROP_IP6_MULTICAST);
	DP_END();
}

/* ---- ICMPv6 errors -------------------------------------------------------------------------- */

static void
test_errors(void)
{
	struct d6_pkt hops = { .hops = 1 }, none = { .dst = "2001:db8:9::1" };
	struct d6_pkt port = { .dst = D6_LAN_ADDR }, next = { .dst = D6_WAN_ADDR, .proto = 200 };
	struct d6_pkt big = { .len = 1500 };
	struct chan_if wan = d6_if(DP_IF_WAN);

	world();
	d6_send(0, &hops);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_TIME_EXCEEDED, 0, 0, D6_LAN_ADDR, D6_LAN_HOST));
	dp_clear();
	d6_send(0, &none);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_NO_ROUTE, 0,
			D6_LAN_ADDR, D6_LAN_HOST));
	dp_clear();
	d6_send(0, &port);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_PORT, 0,
			D6_LAN_ADDR, D6_LAN_HOST));
	dp_clear();
	d6_send(0, &next);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_PARAM_PROBLEM, 1, 6, D6_WAN_ADDR, D6_LAN_HOST));
	dp_clear();
	wan.mtu = 1400;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	d6_send(0, &big);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_TOO_BIG, 0, 1400, D6_LAN_ADDR, D6_LAN_HOST));
	/* As much of the packet as fits in 1280 bytes. */
	CU_ASSERT_EQUAL(rte_be_to_cpu_16(d6_out(0)->payload_len) + 40, 1280);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 1);
	dp_clear();
	big.len = 1400;
	d6_send(0, &big);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	wan.admin_up = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	d6_send(0, &big);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_ADDRESS, 0,
			D6_LAN_ADDR, D6_LAN_HOST));
	DP_END();
}

/* RFC 4443 section 2.4 (e): about what no error is sent. */
static void
test_no_errors(void)
{
	static const uint8_t unreach[16] = { 1, 0 }, redirect[48] = { 137, 0 };
	static const uint8_t hidden[24] = { IP6_ICMP, 0, 1, 4, 0, 0, 0, 0, 1, 0 };
	static const uint8_t endless[16] = { IP6_DEST_OPTIONS, 255 };
	struct d6_pkt p = { .hops = 1, .proto = IP6_ICMP, .payload = unreach,
		.payload_len = sizeof(unreach) };

	world();
	expect_drop(&p, CHAN_DROP_IP6_HOP_LIMIT);
	p.payload = redirect;
	p.payload_len = sizeof(redirect);
	expect_drop(&p, CHAN_DROP_IP6_HOP_LIMIT);
	/* An error behind an extension header, and what may be one. */
	p.proto = IP6_DEST_OPTIONS;
	p.payload = hidden;
	p.payload_len = sizeof(hidden);
	expect_drop(&p, CHAN_DROP_IP6_HOP_LIMIT);
	p.payload = endless;
	p.payload_len = sizeof(endless);
	expect_drop(&p, CHAN_DROP_IP6_HOP_LIMIT);
	DP_END();
}

static void
test_error_rate(void)
{
	struct chan_param param = { .icmp_error_pps = 4, .icmp_echo_pps = 4, .hold_ms = 1000 };
	struct d6_pkt p = { .hops = 1 };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	for (int i = 0; i < 50; i++)
		d6_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP6_HOP_LIMIT), 50);
	CU_ASSERT_TRUE(dp.n_out >= 1 && dp.n_out <= 3);
	DP_END();
}

/* A link-local source stays on its link; the error goes back over the link, unrouted. */
static void
test_scope(void)
{
	static const uint8_t sender[6] = { 2, 0, 0, 0, 9, 9 };
	struct d6_pkt p = { .src = "fe80::77" };

	world();
	d6_send(0, &p);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_SCOPE, 0,
			D6_LAN_ADDR, "fe80::77"));
	CU_ASSERT_EQUAL(dp.out[0].port, 0);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), sender, 6), 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP6_SCOPE), 1);
	DP_END();
}

/* ---- echo ----------------------------------------------------------------------------------- */

static void
test_echo(void)
{
	static const uint8_t echo[20] =
			{ ICMP6_ECHO, 0, 0, 0, 0x12, 0x34, 0, 1, 'h', 'e', 'l', 'l' };
	static const uint8_t behind[28] = { IP6_ICMP, 0, 1, 4, 0, 0, 0, 0, ICMP6_ECHO, 0, 0, 0 };
	static const uint8_t sender[6] = { 2, 0, 0, 0, 9, 9 };
	struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = IP6_ICMP, .payload = echo,
		.payload_len = sizeof(echo), .hops = 1 };
	struct rte_mbuf *m;

	world();
	d6_send(0, &p);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_ECHO_REPLY, 0, 0x12340001, D6_LAN_ADDR, D6_LAN_HOST));
	CU_ASSERT_EQUAL(memcmp(out_icmp(0) + 1, echo + 8, 12), 0);
	CU_ASSERT_EQUAL(d6_out(0)->hop_limits, 64);
	dp_clear();
	/* To a link-local address, from one. */
	p.src = "fe80::77";
	p.dst = D6_LAN_LINK;
	d6_send(0, &p);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_ECHO_REPLY, 0, 0x12340001, D6_LAN_LINK, "fe80::77"));
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), sender, 6), 0);
	dp_clear();
	/* Spoilt on the way. */
	m = d6_frame(0, &p);
	rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 40)[10] ^= 1;
	dp_run1(0, m);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ICMP_BAD), 1);
	/* Extension headers do not come back. */
	p = (struct d6_pkt){ .dst = D6_LAN_ADDR, .proto = IP6_HOP_BY_HOP, .hop_by_hop = true,
		.payload = behind, .payload_len = sizeof(behind) };
	m = d6_frame(0, &p);
	{
		uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, 14);
		uint16_t sum = (uint16_t)~d6_icmp_sum((struct rte_ipv6_hdr *)ip, ip + 48, 20);

		memcpy(ip + 50, &sum, sizeof(sum));
	}
	dp_run1(0, m);
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_ECHO_REPLY, 0, 0, D6_LAN_ADDR, D6_LAN_HOST));
	CU_ASSERT_EQUAL(rte_be_to_cpu_16(d6_out(0)->payload_len), 20);
	DP_END();
}

/* Every prefix of a chain of extension headers, and chains that are too long or not ours to end. */
static void
test_extensions(void)
{
	uint8_t chain[8 * 12] = { 0 };
	struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = IP6_DEST_OPTIONS, .payload = chain };

	world();
	for (unsigned int i = 0; i < sizeof(chain); i += 8)
		chain[i] = IP6_DEST_OPTIONS;
	for (p.payload_len = 0; p.payload_len < sizeof(chain); p.payload_len++)
		expect_drop(&p, CHAN_DROP_IP6_EXT);
	chain[0] = IP6_FRAGMENT; /* one in a fragment */
	p.proto = IP6_FRAGMENT;
	expect_drop(&p, CHAN_DROP_IP6_FRAGMENT);
	chain[0] = 200;
	p.proto = IP6_NONE;
	expect_drop(&p, CHAN_DROP_LOCAL_PROTO);
	DP_END();
}

/* What is wrong with a header, and what its sender is told: RFC 8200 section 4. */
static void
test_extension_errors(void)
{
	enum { SILENT = 0xff };
	static const struct {
		uint8_t proto;
		uint8_t code, pointer;
		uint8_t bytes[24]; /* of the payload */
	} rows[] = {
		{ IP6_DEST_OPTIONS, SILENT, 0, { 17, 0, 0x40, 4 } },
		{ IP6_DEST_OPTIONS, 2, 42, { 17, 0, 0x80, 4 } },
		{ IP6_DEST_OPTIONS, 2, 42, { 17, 0, 0xc0, 4 } },
		{ IP6_DEST_OPTIONS, 2, 43, { 17, 0, 0, 0xc9, 3 } }, /* behind Pad1 */
		{ IP6_DEST_OPTIONS, 2, 46, { 17, 1, 1, 2, 0, 0, 0x9e } }, /* behind PadN */
		{ IP6_DEST_OPTIONS, SILENT, 0, { 17, 0, 1, 5 } }, /* longer than the header */
		{ IP6_DEST_OPTIONS, SILENT, 0, { 17, 0, 1, 3, 0, 0, 0, 1 } }, /* no length */
		{ IP6_HOP_BY_HOP, 2, 42, { 17, 0, 0xc2, 4 } }, /* a jumbogram: RFC 2675 */
		{ IP6_HOP_BY_HOP, 2, 50, { 60, 0, 5, 2, 0, 0, 0, 0, 17, 0, 0xc2 } },
		{ IP6_DEST_OPTIONS, 1, 40, { IP6_HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4 } },
		{ IP6_ROUTING, 0, 42, { 17, 0, 0, 1 } }, /* RFC 5095 */
		{ IP6_ROUTING, 0, 42, { 17, 0, 4, 255 } },
		{ IP6_FRAGMENT, 2, 50, { 60, 0, 0, 1, 0, 0, 0, 9, 17, 0, 0x80, 4 } },
		{ IP6_FRAGMENT, 0, 50, { IP6_ROUTING, 0, 0, 1, 0, 0, 0, 9, 17, 0, 0, 1 } },
		{ IP6_FRAGMENT, 1, 48, { 60, 0, 0, 0, 0, 0, 0, 9, IP6_HOP_BY_HOP, 0, 1, 4, 0, 0, 0,
			0, 17, 0, 1, 4 } },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		uint8_t bytes[48] = { 0 };
		struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = rows[i].proto, .payload = bytes,
			.hop_by_hop = rows[i].proto == IP6_HOP_BY_HOP,
			.payload_len = sizeof(bytes) };
		bool ok;

		memcpy(bytes, rows[i].bytes, sizeof(rows[i].bytes));
		world();
		d6_send(0, &p);
		ok = rows[i].code == SILENT ? dp.n_out == 0 : d6_icmp_is(ICMP6_PARAM_PROBLEM,
				rows[i].code, rows[i].pointer, D6_LAN_ADDR, D6_LAN_HOST);
		CU_ASSERT_TRUE(ok && dp_drops(CHAN_DROP_IP6_EXT) == 1 && dp_all_drops() == 1);
		if (!ok || dp_all_drops() != 1)
			fprintf(stderr, "row %u\n", i);
		DP_END();
	}
}

/* Which header is not known, is pointed to behind others, too; what may be skipped, is. */
static void
test_unknown_header(void)
{
	static const uint8_t behind[24] = { IP6_DEST_OPTIONS, 0, 0x1e, 4, 0, 0, 0, 0,
		200, 0, 0x05, 2, 0, 0, 1, 0 };
	struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = IP6_HOP_BY_HOP, .hop_by_hop = true,
		.payload = behind, .payload_len = sizeof(behind) };

	world();
	d6_send(0, &p);
	CU_ASSERT_TRUE(d6_icmp_is(ICMP6_PARAM_PROBLEM, ICMP6_PARAM_NEXT_HEADER, 48, D6_LAN_ADDR,
			D6_LAN_HOST));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO), 1);
	DP_END();
}

/* RFC 4443 section 2.2 (a): the address that was asked for answers, by whatever way it came. */
static void
test_error_address(void)
{
	struct d6_pkt p = { .dst = D6_WAN_ADDR };

	world();
	d6_send(0, &p);
	CU_ASSERT_TRUE(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_PORT, 0, D6_WAN_ADDR, D6_LAN_HOST));
	dp_clear();
	p.src = "fe80::77";
	p.dst = D6_LAN_LINK;
	d6_send(0, &p);
	CU_ASSERT_TRUE(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_PORT, 0, D6_LAN_LINK, "fe80::77"));
	DP_END();
}

static void
test_null_route(void)
{
	struct d6_pkt p = { .dst = "2001:db8:6::1" };

	world();
	CU_ASSERT_EQUAL(d6_route("2001:db8:6::/48", DP_NH_NULL), 0);
	d6_send(0, &p);
	CU_ASSERT_TRUE(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_NO_ROUTE, 0, D6_LAN_ADDR,
			D6_LAN_HOST));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NULL_ROUTE), 1);
	DP_END();
}

/* ---- neighbours ----------------------------------------------------------------------------- */

static void
test_hold(void)
{
	struct d6_pkt p = { .dst = "2001:db8:1::77" }, via = { .dst = "2001:db8:20::1" };
	struct ip6_addr want = d6_addr("2001:db8:1::77"), gw = d6_addr("2001:db8:f::fd");
	struct chan_nh nh;

	world();
	d6_send(1, &p);
	d6_send(1, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp.w->stats->held, 2);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_EQUAL(dp.events[0].type, CHAN_EV_NEIGH);
	CU_ASSERT_EQUAL(dp.events[0].id, DP_IF_LAN);
	CU_ASSERT_EQUAL(dp.events[0].addr, 0);
	CU_ASSERT_EQUAL(memcmp(dp.events[0].addr6, &want, 16), 0);
	nh = d6_nh(D6_NH_LAN_HOST);
	nh.nh_id = D6_NH_FREE;
	memcpy(nh.gw6, &want, 16);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(d6_route("2001:db8:1::77/128", D6_NH_FREE), 0);
	dp_tick();
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(d6_out(0)->hop_limits, 63);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	dp_clear();
	/* A gateway. */
	d6_send(0, &via);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_EQUAL(dp.events[0].id, DP_IF_WAN);
	CU_ASSERT_EQUAL(memcmp(dp.events[0].addr6, &gw, 16), 0);
	nh = d6_nh(D6_NH_WAIT);
	nh.resolved = 1;
	nh.mac[0] = 2;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	dp_tick();
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	DP_END();
}

static void
test_hold_timeout(void)
{
	struct d6_pkt p = { .dst = "2001:db8:20::1" };

	world();
	dp_clock(true);
	d6_send(0, &p);
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	while (rte_rdtsc() - dp.w->now_tsc <= 1000)
		rte_pause();
	dp_tick();
	CU_ASSERT_TRUE_FATAL(d6_icmp_is(ICMP6_UNREACH, ICMP6_UNREACH_ADDRESS, 0,
			D6_LAN_ADDR, D6_LAN_HOST));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NEIGH_FAIL), 1);
	dp_clock(false);
	DP_END();
}

/* Neighbour discovery comes up with its Ethernet header, if it comes from the link. */
static void
test_nd(void)
{
	uint8_t ns[32] = { 135, 0 };
	struct d6_pkt p = { .dst = "ff02::1:ff00:1", .proto = IP6_ICMP, .payload = ns,
		.payload_len = sizeof(ns), .hops = 255 };
	struct rte_mbuf *m;

	world();
	d6_send(0, &p);
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_ARP));
	CU_ASSERT_EQUAL(dp.punted.l3_off, 14);
	CU_ASSERT_EQUAL(dp.punted.if_id, DP_IF_LAN);
	CU_ASSERT_EQUAL(dp.punted.len, 14 + 40 + 32);
	CU_ASSERT_EQUAL(dp.punted.data[12], 0x86);
	CU_ASSERT_EQUAL(dp.punted.data[14 + 40], 135);
	p.src = "::"; /* duplicate address detection */
	d6_send(0, &p);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_ARP));
	p.src = "fe80::77";
	p.dst = D6_LAN_LINK;
	d6_send(0, &p);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_ARP));
	p.dst = D6_LAN_ADDR;
	d6_send(0, &p);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_ARP));
	p.hops = 254;
	expect_drop(&p, CHAN_DROP_IP6_ND);
	p.hops = 255;
	ns[1] = 1;
	expect_drop(&p, CHAN_DROP_ICMP_BAD);
	ns[1] = 0;
	m = d6_frame(0, &p);
	rte_pktmbuf_mtod_offset(m, uint8_t *, 54)[20] ^= 1;
	dp_run1(0, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ICMP_BAD), 2);
	/* To a network: it would be forwarded, were it not. */
	p.dst = "ff05::1";
	expect_drop(&p, CHAN_DROP_IP6_MULTICAST);
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_ARP));
	DP_END();
}

/* Hosts ask a virtual router whether it is there by unicast, at addresses that are not ours without
 * accept mode: as long as we are active, they are heard. */
static void
test_nd_virtual(void)
{
	static const uint8_t vmac[6] = { 0, 0, 0x5e, 0, 2, 20 };
	uint8_t ns[32] = { 135, 0 };
	struct d6_pkt p = { .src = "fe80::77", .proto = IP6_ICMP, .payload = ns,
		.payload_len = sizeof(ns), .hops = 255, .dst_mac = vmac };
	static const char *const to[] = { "fe80::1:1", "2001:db8:1::99" };
	struct chan_if lan;

	world();
	lan = d6_if(DP_IF_LAN);
	lan.n_vmacs = 2;
	lan.vmacs[0] = 0x0114;
	lan.vmacs[1] = 0x0214;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), 0);
	for (int i = 0; i < 2; i++) {
		p.dst = to[i];
		d6_send(0, &p);
		CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_ARP));
		CU_ASSERT_EQUAL(dp.n_out, 0);
	}
	p.dst = to[0];
	ns[0] = 128; /* ping gets no answer there */
	expect_drop(&p, CHAN_DROP_IP6_SCOPE);
	ns[0] = 135;
	p.hops = 254;
	expect_drop(&p, CHAN_DROP_IP6_SCOPE);
	p.hops = 255;
	lan.n_vmacs = 1; /* a virtual router of IPv4 alone */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), 0);
	p.dst_mac = NULL;
	expect_drop(&p, CHAN_DROP_IP6_SCOPE);
	DP_END();
}

/* ---- inject --------------------------------------------------------------------------------- */

static void
test_inject(void)
{
	struct d6_pkt p = { .src = D6_LAN_ADDR, .dst = D6_FAR, .hops = 1 };
	struct rte_mbuf *m;
	uint8_t *ip;

	world();
	m = d6_frame(0, &p);
	ip = rte_pktmbuf_mtod_offset(m, uint8_t *, 14);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, ip, 80));
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 0, ip, 80));
	CU_ASSERT_EQUAL(path_inject(dp.w, 16), 2);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_GRE);
	CU_ASSERT_EQUAL(d6_out(1)->hop_limits, 1); /* as it was written */
	dp_clear();
	for (uint16_t len = 1; len < 80; len++) {
		CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, ip, len));
		CU_ASSERT_EQUAL(path_inject(dp.w, 1), 1);
	}
	ip[24] = 0xfe; /* link-local: it would need an interface */
	ip[25] = 0x80;
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, ip, 80));
	CU_ASSERT_EQUAL(path_inject(dp.w, 1), 1);
	dp_flush();
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_INJECT_BAD), 80);
	rte_pktmbuf_free(m);
	DP_END();
}

/* ---- tables --------------------------------------------------------------------------------- */

static void
test_refused(void)
{
	struct chan_if i = d6_if(DP_IF_LAN);
	struct chan_nh nh = d6_nh(D6_NH_GW);
	struct chan_route6 r = { .len = 129, .id = D6_NH_GW };
	struct chan_tun tun = dp_tun(0);

	world();
	i.addrs6[0][0] = 0xff;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "if.addrs6");
	i = d6_if(DP_IF_LAN);
	i.n_addrs6 = CHAN_IF_ADDRS + 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), -EINVAL);
	i = d6_if(DP_IF_LAN);
	i.addr_lens6[1] = 129;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "if.addr_lens6");
	nh.gw6[0] = 0xff;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "nh.gw6");
	nh = d6_nh(D6_NH_GW);
	nh.gw = DP_WAN_GW;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), -EINVAL);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE6_SET, r), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "route6.len");
	r.len = 7;
	r.prefix[0] = 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE6_SET, r), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "route6.prefix");
	r.prefix[0] = 2;
	r.id = DP_NHS - 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE6_SET, r), -ENOENT);
	tun.nh_id = D6_NH_GW; /* outer headers are IPv4 */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, tun), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.nh_id");
	tun = dp_tun(0);
	tun.addr6[0] = 0xff;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, tun), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.addr6");
	/* References are counted. */
	nh = d6_nh(D6_NH_GW);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), -EBUSY);
	DP_END();
}

static void
test_sync(void)
{
	struct d6_pkt gone = { .dst = "2001:db8:f::fe" }, kept = { .dst = D6_VLAN_HOST };
	uint8_t none = 0;

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_BEGIN, none), 0);
	for (uint32_t id = 0; id <= DP_IF_VLAN; id++) {
		struct chan_if c = d6_if(id);

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, c), 0);
	}
	{
		struct chan_nh nh = d6_nh(D6_NH_VLAN_HOST);

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	}
	CU_ASSERT_EQUAL(d6_route("2001:db8:2::10/128", D6_NH_VLAN_HOST), 0);
	d6_send(0, &gone);
	CU_ASSERT_EQUAL(dp.n_out, 1); /* until the end all is as before */
	dp_clear();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_END, none), 0);
	CU_ASSERT_EQUAL(dp.t->fib6->n_routes, 1);
	d6_send(0, &gone);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NO_ROUTE), 2); /* and the error about it */
	dp_clear();
	d6_send(0, &kept);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(d6_unroute("2001:db8:2::10/128"), 0);
	CU_ASSERT_EQUAL(d6_unroute("2001:db8:2::10/128"), 0);
	CU_ASSERT_EQUAL(dp.t->fib6->n_routes, 0);
	DP_END();
}

/* As with IPv4: TCP to us is refused, but for what answers the control plane's probes. */
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
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* behind eight bytes of destination options, which say nothing */
		uint8_t tcp[28] = { IPPROTO_TCP, 0, 1, 4, [8] = 0, 80,
			(uint8_t)(rows[i].dport >> 8), (uint8_t)rows[i].dport, [20] = 0x50,
			[21] = rows[i].flags };
		struct d6_pkt p = { .src = D6_LAN_HOST, .dst = D6_LAN_ADDR, .proto = IPPROTO_TCP,
			.payload = tcp + 8, .payload_len = 20 };
		uint64_t before = dp_drops(CHAN_DROP_LOCAL_PROTO);

		d6_send(0, &p);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO) - before, !rows[i].punted);
		CU_ASSERT_EQUAL(dp_punted(CHAN_CLASS_OTHER), rows[i].punted);
		p.payload_len = 19;
		d6_send(0, &p);
		dp_clear();
		before = dp_drops(CHAN_DROP_LOCAL_PROTO);
		p.proto = IP6_DEST_OPTIONS;
		p.payload = tcp;
		p.payload_len = sizeof(tcp);
		d6_send(0, &p);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO) - before, 1);
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_RX_RUNT), sizeof(rows) / sizeof(rows[0]));
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_forward), CU_CASE(test_vlan), CU_CASE(test_padding), CU_CASE(test_ecmp),
	CU_CASE(test_malformed), CU_CASE(test_martians), CU_CASE(test_errors),
	CU_CASE(test_no_errors), CU_CASE(test_error_rate), CU_CASE(test_scope), CU_CASE(test_echo),
	CU_CASE(test_extensions), CU_CASE(test_extension_errors), CU_CASE(test_unknown_header),
	CU_CASE(test_error_address), CU_CASE(test_null_route),
	CU_CASE(test_hold), CU_CASE(test_hold_timeout), CU_CASE(test_nd),
	CU_CASE(test_nd_virtual),
	CU_CASE(test_inject), CU_CASE(test_refused), CU_CASE(test_sync),
	CU_CASE(test_tcp_for_us),
};

int
main(void)
{
	dp_eal();
	return cu_run("ip6", cases, RTE_DIM(cases));
}
