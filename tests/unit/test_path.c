/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The invariants of the packet path, under thousands of random packets, good, spoilt and hostile,
 * while the control plane changes everything under them:
 *
 *   conservation   what came in went out, was punted, absorbed, dropped under a name, or is held;
 *                  and no buffer is lost
 *   no leak out    nothing for the protected tunnels' networks leaves in the clear
 *   no leak in     a protected tunnel lets in what its SA has authenticated, nothing else
 *   in order       every IPv4 packet that is sent has a right header
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

#define BURSTS 3000

static uint32_t
rnd(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* ---- packets -------------------------------------------------------------------------------- */

static uint32_t
rnd_addr(void)
{
	static const uint32_t addrs[] = {
		DP_LAN_HOST, DP_LAN_ADDR, DP_WAN_ADDR, DP_VLAN_HOST, DP_VLAN_ADDR, DP_WAN_GW,
		DP_PEER(0),
		DP_PEER(1), DP_PEER(2), IP4(10, 100, 0, 5), IP4(10, 101, 0, 5), IP4(10, 102, 0, 5),
		IP4(10, 103, 0, 5), IP4(10, 102, 7, 5), IP4(10, 1, 0, 70), IP4(10, 20, 0, 1),
		IP4(10, 9, 0, 1), IP4(203, 0, 113, 7), IP4(224, 0, 0, 5), UINT32_MAX,
		IP4(10, 1, 0, 255), IP4(127, 0, 0, 1), 0,
	};

	return addrs[rnd(RTE_DIM(addrs))];
}

/* GRE with random options in front of an inner packet; its checksum is right or missing. */
static uint16_t
rnd_gre(uint8_t *buf)
{
	struct dp_pkt inner = { .src = rnd_addr(), .dst = rnd_addr(),
		.len = (uint16_t)(28 + rnd(400)) };
	struct rte_mbuf *m = dp_frame(0, &inner);
	uint16_t len = 4, all;

	memset(buf, 0, 16);
	buf[2] = 8;
	if (rnd(4) == 0) {
		buf[0] |= 0x80;
		len += 4;
	}
	if (rnd(3) == 0) {
		buf[0] |= 0x20;
		buf[len + 3] = DP_TUN_KEY;
		len += 4;
	}
	memcpy(buf + len, rte_pktmbuf_mtod_offset(m, uint8_t *, 14), inner.len);
	all = (uint16_t)(len + inner.len);
	if (buf[0] & 0x80) {
		uint16_t sum = (uint16_t)~rte_raw_cksum(buf, all);

		memcpy(buf + 4, &sum, 2);
	}
	rte_pktmbuf_free(m);
	return all;
}

static uint16_t
rnd_icmp(uint8_t *buf)
{
	uint16_t len = (uint16_t)(8 + rnd(100)), sum;

	for (unsigned int i = 0; i < len; i++)
		buf[i] = (uint8_t)rnd(256);
	buf[0] = (const uint8_t[]){ ICMP_ECHO, ICMP_ECHOREPLY, ICMP_UNREACH, 255 }[rnd(4)];
	buf[2] = buf[3] = 0;
	sum = (uint16_t)~rte_raw_cksum(buf, len);
	memcpy(buf + 2, &sum, 2);
	return len;
}

/* One packet encrypted by the peer of tunnel 2, once in a while with wrong contents. */
static struct rte_mbuf *
rnd_esp(void)
{
	struct dp_pkt p = { .src = rnd_addr(), .dst = IP4(10, 103, 0, 5), .tos = (uint8_t)rnd(256),
		.len = (uint16_t)(20 + rnd(1400)), .frag = rnd(4) == 0 ? RTE_IPV4_HDR_DF_FLAG : 0 };
	unsigned int before = dp.n_out;
	struct rte_mbuf *m;

	dp_send(0, &p);
	if (dp.n_out != before + 1 || dp_out_ip(before)->next_proto_id != IPPROTO_ESP)
		return NULL;
	m = dp.out[--dp.n_out].m;
	return dp_turn(m);
}

static bool with_ip6; /* half of the packets */

static struct rte_mbuf *
rnd_frame6(uint16_t port)
{
	static const char *const addrs[] = { D6_LAN_HOST, D6_LAN_ADDR, D6_LAN_LINK, D6_VLAN_HOST,
		D6_FAR, "2001:db8:1::77", "2001:db8:20::1", "2001:db8:9::1", "2001:db8:100::5",
		"2001:db8:101::5", "2001:db8:102::5", "2001:db8:103::5", "fe80::77", "ff02::1",
		"ff02::1:ff00:1", "::", "::1", "::ffff:10.1.0.1" };
	static const uint8_t protos[] = { 6, 17, IP6_ICMP, IP6_ICMP, IP6_ICMP, IP6_ROUTING,
		IP6_FRAGMENT, IP6_DEST_OPTIONS, IP6_NONE, 47, 50, 89, 200 };
	uint8_t buf[1600];
	struct d6_pkt p = { .src = addrs[rnd(RTE_DIM(addrs))], .dst = addrs[rnd(RTE_DIM(addrs))],
		.hops = (const uint8_t[]){ 1, 2, 64, 255 }[rnd(4)], .tc = (uint8_t)rnd(256),
		.payload = buf, .payload_len = (uint16_t)rnd(rnd(2) ? 120 : sizeof(buf)) };

	for (unsigned int i = 0; i < p.payload_len; i++)
		buf[i] = (uint8_t)rnd(256);
	p.proto = rnd(12) == 0 ? 0 : protos[rnd(RTE_DIM(protos))];
	p.hop_by_hop = p.proto == 0;
	if (p.proto == IP6_ICMP && p.payload_len > 1) {
		buf[0] = (const uint8_t[]){ 1, 128, 129, 133, 135, 136, 143 }[rnd(7)];
		buf[1] = 0;
	}
	if (rnd(8) == 0)
		p.vlan = DP_VLAN;
	return d6_frame(port, &p);
}

static struct rte_mbuf *
rnd_frame(uint16_t port)
{
	static const uint16_t lens[] = { 20, 28, 40, 64, 576, 1400, 1401, 1500, 1501, 2900 };
	uint8_t buf[1024];
	struct dp_pkt p = { .src = rnd_addr(), .dst = rnd_addr(), .ttl = (uint8_t)rnd(4) * 60,
		.tos = (uint8_t)rnd(256), .len = lens[rnd(RTE_DIM(lens))] };
	struct rte_mbuf *m;

	if (with_ip6 && rnd(2))
		return rnd_frame6(port);
	if (rnd(8) == 0)
		p.frag = (const uint16_t[]){ RTE_IPV4_HDR_DF_FLAG, RTE_IPV4_HDR_MF_FLAG, 5,
			RTE_IPV4_HDR_MF_FLAG | 9 }[rnd(4)];
	switch (rnd(8)) {
	case 0:
		p.proto = IPPROTO_GRE;
		p.src = DP_PEER(rnd(4));
		p.dst = DP_WAN_ADDR;
		p.payload_len = rnd_gre(buf);
		break;
	case 1:
		p.proto = IPPROTO_ICMP;
		p.payload_len = rnd_icmp(buf);
		break;
	case 2:
		m = rnd_esp();
		if (m != NULL)
			return m;
		break;
	case 3:
		p.dport = rnd(2) ? 500 : 4500;
		break;
	case 4:
		p.proto = (const uint8_t[]){ 6, 47, 50, 89, 112, 255 }[rnd(6)];
		break;
	case 5:
		p.vlan = DP_VLAN;
		break;
	}
	if (p.payload_len != 0) {
		p.payload = buf;
		p.len = 0;
	}
	return dp_frame(port, &p);
}

/* Spoil some of it, mostly with the checksum made right again, so that it gets further. */
static void
rnd_mutate(struct rte_mbuf *m)
{
	uint8_t *d = rte_pktmbuf_mtod(m, uint8_t *);
	unsigned int n = rnd(4);

	for (unsigned int i = 0; i < n; i++)
		d[rnd(rnd(2) ? RTE_MIN(m->data_len, 60u) : m->data_len)] ^= (uint8_t)(1 << rnd(8));
	if (n != 0 && rnd(4) != 0 && m->data_len >= 34) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(d + 14);

		if (rte_ipv4_hdr_len(ip) >= 20 && rte_ipv4_hdr_len(ip) + 14u <= m->data_len) {
			ip->hdr_checksum = 0;
			ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
		}
	}
	if (rnd(10) == 0)
		rte_pktmbuf_trim(m, (uint16_t)rnd(m->data_len));
	else if (rnd(10) == 0)
		rte_pktmbuf_append(m, (uint16_t)rnd(60));
}

/* ---- commands ------------------------------------------------------------------------------- */

static void
rnd_change(void)
{
	struct chan_tun_sa_out bind = { 2, rnd(2) ? DP_SA_OUT : CHAN_NONE };
	struct chan_nh nh = dp_nh(DP_NH_GW);
	struct chan_tun tun = dp_tun(rnd(3));
	struct chan_if i = dp_if(rnd(3));

	struct chan_trace trace = { .count = rnd(30), .if_id = CHAN_NONE,
		.tun_id = rnd(3) ? CHAN_NONE : rnd(3) };

	if (rnd(10) == 0)
		DP_APPLY(CHAN_CMD_TRACE_SET, trace);
	switch (rnd(8)) {
	case 0:
		DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind);
		break;
	case 1:
		nh.resolved = (uint8_t)rnd(2);
		DP_APPLY(CHAN_CMD_NH_SET, nh);
		break;
	case 2:
		tun.mtu = (uint16_t)(576 + rnd(1000));
		tun.flags ^= rnd(4) == 0 ? CHAN_TUN_UP : rnd(8) << 2;
		tun.nh_id = rnd(5) == 0 ? CHAN_NONE : rnd(5) == 0 ? DP_NH_GW2 : DP_NH_GW;
		DP_APPLY(CHAN_CMD_TUN_SET, tun);
		break;
	case 3:
		i.admin_up = rnd(4) != 0;
		i.mtu = (uint16_t)(576 + rnd(925));
		DP_APPLY(CHAN_CMD_IF_SET, i);
		break;
	case 4:
		dp_route(IP4(10, 102, 7, 0), 24 + (uint8_t)rnd(9) % 9, DP_NH_TUN2);
		break;
	case 5:
		if (dp.rings == NULL)
			dp_attach();
		else if (rnd(4) == 0)
			dp_detach();
		break;
	case 6:
		tables_tick(dp.t, 1000);
		break;
	default:
		/* And all as it was. */
		dp_world();
		bind.sa_id = DP_SA_OUT;
		DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind);
		break;
	}
}

static void
rnd_inject(void)
{
	struct rte_mbuf *m = rnd_frame(0);
	const uint8_t *d;
	uint8_t mode = (uint8_t)rnd(4);

	rnd_mutate(m);
	d = rte_pktmbuf_mtod(m, const uint8_t *);
	if (dp.rings != NULL && m->data_len > 14 && m->data_len < CHAN_PKT_DATA)
		dp_inject((enum chan_inject_mode)mode, rnd(5), mode == 0 ? d : d + 14,
				(uint16_t)(m->data_len - (mode == 0 ? 0 : 14)));
	rte_pktmbuf_free(m);
	path_inject(dp.w, 1 + rnd(64));
	dp_flush();
}

/* ---- checks --------------------------------------------------------------------------------- */

static bool
is_secret(uint32_t addr)
{
	return (addr >> 16) == (10 << 8 | 102) || (addr >> 16) == (10 << 8 | 103);
}

/* Is this a packet that only a protected tunnel may carry, to be seen by all? */
static bool
sent_leaks(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	const uint8_t *gre = (const uint8_t *)(ip + 1);
	rte_be32_t dst;

	if (is_secret(rte_be_to_cpu_32(ip->dst_addr)))
		return true;
	if (ip->next_proto_id != IPPROTO_GRE || len < 44 || rte_ipv4_hdr_len(ip) != 20 ||
			ip->src_addr != RTE_BE32(DP_WAN_ADDR))
		return false;
	gre += 4 + (gre[0] & 0x80 ? 4 : 0) + (gre[0] & 0x20 ? 4 : 0) + (gre[0] & 0x10 ? 4 : 0);
	if (gre + 20 > (const uint8_t *)ip + len)
		return false;
	memcpy(&dst, gre + 16, 4);
	return is_secret(rte_be_to_cpu_32(dst));
}

/* The same of an IPv6 frame; and every length right. */
static const char *
sent_wrong6(const struct rte_ipv6_hdr *ip, unsigned int len)
{
	struct ip6_prefix secret = { .addr = d6_addr("2001:db8:102::"), .len = 47 };

	if (len < sizeof(*ip) || rte_be_to_cpu_16(ip->payload_len) + sizeof(*ip) != len ||
			ip->hop_limits == 0)
		return "bad header";
	if (len > 1500)
		return "too long";
	return ip6_prefix_contains(&secret, ip6_dst(ip)) ? "leak" : NULL;
}

static bool
is_ip6_frame(const uint8_t *d)
{
	const uint8_t *type = d + (d[12] == 0x81 ? 16 : 12);

	return type[0] == 0x86 && type[1] == 0xdd;
}

static unsigned int
sent_wrong(void)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < dp.n_out; i++) {
		const uint8_t *d = rte_pktmbuf_mtod(dp.out[i].m, const uint8_t *);
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		unsigned int len = dp.out[i].m->data_len -
				(unsigned int)((const uint8_t *)ip - d);

		const char *what = is_ip6_frame(d) ? sent_wrong6((const void *)ip, len) :
				!dp_ip_ok(ip, len) ? "bad header" : len > 1500 ? "too long" :
				sent_leaks(ip, len) ? "leak" :
				dp.out[i].m->pkt_len != dp.out[i].m->data_len ? "length" : NULL;

		if (what == NULL)
			continue;
		printf("\n    sent: %s, from %08x to %08x, protocol %u, length %u", what,
				rte_be_to_cpu_32(ip->src_addr), rte_be_to_cpu_32(ip->dst_addr),
				ip->next_proto_id, len);
		bad++;
	}
	return bad;
}

static void
random_run(void)
{
	unsigned int lost = 0, wrong = 0, reasons = 0;

	dp_open(NULL);
	if (with_ip6)
		d6_world();
	else
		dp_world();
	dp_world_sas();
	srand(20);
	for (unsigned int b = 0; b < BURSTS && lost + wrong == 0; b++) {
		struct rte_mbuf *m[BURST_MAX];
		uint16_t port = (uint16_t)rnd(2), n = (uint16_t)(1 + rnd(BURST_MAX));

		for (uint16_t i = 0; i < n; i++) {
			m[i] = rnd_frame(port);
			if (rnd(3) == 0)
				rnd_mutate(m[i]);
		}
		dp_run(port, m, n);
		wrong += sent_wrong();
		dp_clear();
		if (rnd(4) == 0)
			rnd_inject();
		dp_clear(); /* frames are the control plane's own affair */
		if (rnd(3) == 0)
			rnd_change();
		dp_clock(rnd(20) == 0);
		dp_tick();
		dp_clock(false);
		wrong += sent_wrong();
		lost += !dp_conserves();
		wrong += dp.w->tun_stats[2].in_packets > dp.w->sa_stats[DP_SA_IN].packets;
		dp_clear();
	}
	CU_ASSERT_EQUAL(lost, 0);
	CU_ASSERT_EQUAL(wrong, 0);
	/* The test has been everywhere it means to go. */
	CU_ASSERT_TRUE(dp.w->tun_stats[0].in_packets > 100 && dp.w->tun_stats[0].out_packets > 100);
	CU_ASSERT_TRUE(dp.w->tun_stats[1].in_packets > 50 && dp.w->tun_stats[1].out_packets > 50);
	CU_ASSERT_TRUE(dp.w->tun_stats[2].in_packets > 100 && dp.w->tun_stats[2].out_packets > 100);
	for (unsigned int k = 0; k < CHAN_N_DROPS; k++)
		reasons += dp.w->stats->drops[k] != 0;
	CU_ASSERT_TRUE(reasons >= 30);
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static void
test_random(void)
{
	with_ip6 = false;
	random_run();
}

/* The same with every second packet of IPv6. */
static void
test_random6(void)
{
	with_ip6 = true;
	random_run();
	with_ip6 = false;
}

/* Pure noise of every length. */
static void
test_noise(void)
{
	uint8_t buf[256];

	dp_open(NULL);
	dp_world();
	srand(21);
	for (unsigned int i = 0; i < 100000; i++) {
		uint16_t len = (uint16_t)rnd(sizeof(buf));

		for (unsigned int k = 0; k < len; k++)
			buf[k] = (uint8_t)rnd(256);
		if (rnd(2) && len > 14)
			memcpy(buf,
					(const uint8_t[]){ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9, 8, 0,
					0x45 }, 15);
		dp_run1((uint16_t)rnd(2), dp_raw(buf, len));
		dp_clear();
	}
	DP_END();
}

/* An empty pool: what cannot be made is counted, what is there is not lost. */
static void
test_no_buffers(void)
{
	struct rte_mbuf *m[4], *all[4096];
	struct dp_pkt big = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .len = 3000 };
	struct dp_pkt into = { .src = DP_LAN_HOST, .dst = IP4(10, 100, 0, 1), .len = 1500 };
	struct dp_pkt dead = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .ttl = 1 };
	unsigned int n = 0;

	dp_open(NULL);
	dp_world();
	m[0] = dp_frame(0, &big);
	m[1] = dp_frame(0, &into);
	m[2] = dp_frame(0, &dead);
	while ((all[n] = rte_pktmbuf_alloc(dp.pool)) != NULL)
		n++;
	dp_run(0, m, 3);
	rte_pktmbuf_free_bulk(all, n);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 1);
	/* What was dropped first left room for a part only; fragments come all or none. */
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_FRAG_FAIL) >= 1);
	DP_END();
}

/* More fragments than a transmit buffer takes. */
static void
test_tx_full(void)
{
	struct dp_pkt big = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .len = 4000 };
	struct rte_mbuf *m[BURST_MAX];
	struct chan_if wan;

	dp_open(NULL);
	dp_world();
	wan = dp_if(DP_IF_WAN);
	wan.mtu = 576;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	for (unsigned int i = 0; i < BURST_MAX; i++)
		m[i] = dp_frame(0, &big);
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL(dp.n_out, 4 * BURST_MAX);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TX_FULL), 8 * BURST_MAX - 4 * BURST_MAX);
	DP_END();
}

/* A burst of one port with packets into a tunnel and out of one: neither disturbs the other. */
static void
test_in_and_out(void)
{
	struct dp_pkt in = { .src = IP4(10, 9, 0, 1), .dst = DP_TO_TUN(3), .len = 200 };
	struct dp_pkt out = { .src = IP4(203, 0, 113, 7), .dst = DP_TO_TUN(2), .len = 100 };
	struct rte_mbuf *m[8];
	unsigned int n_lan = 0;

	dp_open(NULL);
	dp_world();
	dp_world_sas();
	for (unsigned int i = 0; i < 4; i++)
		m[i] = dp_frame(0, &in);
	dp_run(0, m, 4);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 4);
	for (unsigned int i = 0; i < 4; i++) {
		m[i < 2 ? i : i + 4] = dp_turn(dp.out[i].m);
		m[2 + i] = dp_frame(1, &out);
	}
	dp.n_out = 0;
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	dp_run(1, m, 8);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 8);
	for (unsigned int i = 0; i < 8; i++) {
		bool lan = dp.out[i].port == 0;

		n_lan += lan;
		CU_ASSERT_EQUAL(dp_out_ip(i)->next_proto_id, lan ? IPPROTO_UDP : IPPROTO_ESP);
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(i), lan ? 200 : 160));
	}
	CU_ASSERT_EQUAL(n_lan, 4);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].out_packets, 4);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_packets, 4);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_random), CU_CASE(test_random6), CU_CASE(test_noise), CU_CASE(test_no_buffers),
	CU_CASE(test_tx_full), CU_CASE(test_in_and_out),
};

int
main(void)
{
	dp_eal();
	return cu_run("path", cases, RTE_DIM(cases));
}
