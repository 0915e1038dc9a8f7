/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When an ICMP error is sent, and what is in it: RFC 792, RFC 1122 section 3.2.2, RFC 1812 section
 * 4.3, a row for each rule. RFC 4443's of IPv6 are in test_ip6.c.
 */
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define FAR IP4(203, 0, 113, 7) /* somewhere behind the gateway */
#define MF  RTE_IPV4_HDR_MF_FLAG
#define DF  RTE_IPV4_HDR_DF_FLAG

#define OPT(...) .options = (const uint8_t[]){ __VA_ARGS__ }, \
	.options_len = sizeof((const uint8_t[]){ __VA_ARGS__ })
#define DATA(...) .payload = (const uint8_t[]){ __VA_ARGS__ }, \
	.payload_len = sizeof((const uint8_t[]){ __VA_ARGS__ })

static const uint8_t to_all[6] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t to_group[6] = { 1, 0, 0x5e, 0, 0, 5 };

#define SILENT 0xff

/* A packet that ends here for @why, and what its sender hears of it. */
struct row {
	const char *rfc;
	struct dp_pkt p; /* .src 0: DP_LAN_HOST, .dst 0: FAR */
	enum chan_drop why;
	uint8_t type, code; /* type SILENT: nothing */
	uint32_t word;      /* the second word of the ICMP header */
};

/* clang-format off */
static const struct row rows[] = {
	/* ---- no error about an error; about all else of ICMP */
	{ "1812 4.3.2.7 unreachable", { .ttl = 1, .proto = 1, DATA(3, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 source quench", { .ttl = 1, .proto = 1, DATA(4, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 redirect", { .ttl = 1, .proto = 1, DATA(5, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 time exceeded", { .ttl = 1, .proto = 1, DATA(11, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 parameter", { .ttl = 1, .proto = 1, DATA(12, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 error behind options", { .ttl = 1, .proto = 1, OPT(7, 3, 4, 0),
		DATA(3, 0, 0, 0, 0, 0, 0, 0) }, CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 ICMP without a type", { .ttl = 1, .proto = 1, .len = 20 },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 no error: reply", { .ttl = 1, .proto = 1, DATA(0, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 4.3.2.7 no error: timestamp", { .ttl = 1, .proto = 1,
		DATA(13, 0, 0, 0, 0, 0, 0, 0) }, CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 4.3.2.7 error, but TCP", { .ttl = 1, .proto = 6, DATA(3, 0, 0, 0, 0, 0, 0, 0) },
		CHAN_DROP_IP_TTL, 11, 0, 0 },
	/* ---- of fragments about the first alone */
	{ "1812 4.3.2.7 first fragment", { .ttl = 1, .frag = MF }, CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 4.3.2.7 second fragment", { .ttl = 1, .frag = MF | 1 }, CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 last fragment", { .ttl = 1, .frag = 8191 }, CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 fragment, options", { .frag = 1, OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	/* ---- nor about what was sent to many, or by nobody */
	{ "1812 4.3.2.7 multicast", { .dst = IP4(239, 1, 1, 1), .ttl = 1 },
		CHAN_DROP_IP_BROADCAST, SILENT },
	{ "1812 4.3.2.7 broadcast", { .dst = UINT32_MAX, .ttl = 1 },
		CHAN_DROP_IP_BROADCAST, SILENT },
	{ "1812 4.3.2.7 directed broadcast", { .dst = IP4(10, 2, 0, 255), .ttl = 1 },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.2.3.1 the old form of it", { .dst = IP4(10, 2, 0, 0), .ttl = 1 },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 the same, options", { .dst = IP4(10, 2, 0, 255), OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	{ "1812 4.3.2.7 link-layer broadcast", { .dst_mac = to_all, OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	{ "1812 4.3.2.7 link-layer multicast", { .dst_mac = to_group, .ttl = 1 },
		CHAN_DROP_IP_BROADCAST, SILENT },
	{ "1812 4.3.2.7 from net 0", { .src = IP4(0, 0, 0, 1), OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	{ "1812 4.3.2.7 from loopback", { .src = IP4(127, 0, 0, 1), OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	{ "1812 4.3.2.7 from a group", { .src = IP4(224, 0, 0, 9), OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	{ "1812 4.3.2.7 from class E", { .src = IP4(250, 0, 0, 9), OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	{ "1812 4.3.2.7 from a broadcast", { .src = IP4(10, 1, 0, 255), .ttl = 1 },
		CHAN_DROP_IP_TTL, SILENT },
	{ "1812 4.3.2.7 from us", { .src = DP_LAN_ADDR, OPT(7, 9, 4, 0) },
		CHAN_DROP_IP_OPTIONS, SILENT },
	/* ---- time exceeded */
	{ "1812 5.3.1 TTL 1", { .ttl = 1 }, CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 5.3.1 on the way to a network of ours", { .dst = DP_VLAN_HOST, .ttl = 1 },
		CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 5.3.1 on the way to an unknown neighbour", { .dst = IP4(10, 2, 0, 77), .ttl = 1 },
		CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 5.3.1 on the way into a tunnel", { .dst = DP_TO_TUN(0), .ttl = 1 },
		CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1122 3.2.1.7 at its end", { .dst = DP_LAN_ADDR, .dport = 7, .ttl = 1 },
		CHAN_DROP_LOCAL_PROTO, 3, 3, 0 },
	/* ---- unreachable */
	{ "1812 4.3.3.1 null route", { .dst = IP4(10, 9, 1, 1) }, CHAN_DROP_NULL_ROUTE, 3, 1, 0 },
	{ "1122 3.2.2.1 port", { .dst = DP_WAN_ADDR, .dport = 7 }, CHAN_DROP_LOCAL_PROTO, 3, 3, 0 },
	{ "1122 3.2.2.1 protocol", { .dst = DP_WAN_ADDR, .proto = 200 },
		CHAN_DROP_LOCAL_PROTO, 3, 2, 0 },
	{ "1122 4.1.3.4 wrong UDP checksum", { .dst = DP_WAN_ADDR,
		DATA(3, 232, 7, 208, 0, 10, 0x12, 0x34, 1, 2) }, CHAN_DROP_LOCAL_PROTO, SILENT },
	{ "1122 4.1.3.4 UDP checksum of 0: none", { .dst = DP_WAN_ADDR,
		DATA(3, 232, 7, 208, 0, 10, 0, 0, 1, 2) }, CHAN_DROP_LOCAL_PROTO, 3, 3, 0 },
	{ "768 right UDP checksum", { .src = IP4(10, 1, 0, 10), .dst = IP4(192, 0, 2, 1),
		DATA(3, 232, 7, 208, 0, 10, 0x27, 0x14, 1, 2) }, CHAN_DROP_LOCAL_PROTO, 3, 3, 0 },
	{ "768 right UDP checksum, odd length, bytes behind", { .src = IP4(10, 1, 0, 10),
		.dst = IP4(192, 0, 2, 1), DATA(3, 232, 7, 208, 0, 9, 0x27, 0x18, 1, 99, 99) },
		CHAN_DROP_LOCAL_PROTO, 3, 3, 0 },
	{ "768 UDP length past the packet", { .dst = DP_WAN_ADDR,
		DATA(3, 232, 7, 208, 0, 11, 0, 0, 1, 2) }, CHAN_DROP_RX_RUNT, SILENT },
	{ "768 UDP length under 8", { .dst = DP_WAN_ADDR,
		DATA(3, 232, 7, 208, 0, 7, 0, 0, 1, 2) }, CHAN_DROP_RX_RUNT, SILENT },
	/* ---- fragmentation needed */
	{ "1191 4 MTU of the link", { .len = 1501, .frag = DF }, CHAN_DROP_TOO_BIG, 3, 4, 1500 },
	{ "1191 4 first fragment", { .len = 1504, .frag = DF | MF },
		CHAN_DROP_TOO_BIG, 3, 4, 1500 },
	{ "1191 4 second fragment", { .len = 1504, .frag = DF | MF | 1 },
		CHAN_DROP_TOO_BIG, SILENT },
	{ "1191 4 MTU of the tunnel", { .dst = DP_TO_TUN(0), .len = 1401, .frag = DF },
		CHAN_DROP_TOO_BIG, 3, 4, 1400 },
	{ "1191 4 MTU of the tunnel, options", { .dst = DP_TO_TUN(0), .len = 1404, .frag = DF,
		OPT(7, 3, 4, 0) }, CHAN_DROP_TOO_BIG, 3, 4, 1400 },
	/* ---- parameter problem: the pointer is to the option */
	{ "1812 4.3.3.5 option longer than the header", { OPT(7, 5, 4, 0) },
		CHAN_DROP_IP_OPTIONS, 12, 0, 20u << 24 },
	{ "1812 4.3.3.5 option of length 0", { OPT(1, 7, 0, 0) },
		CHAN_DROP_IP_OPTIONS, 12, 0, 21u << 24 },
	{ "1812 4.3.3.5 option of length 1", { OPT(7, 3, 4, 68, 1, 0, 0, 0) },
		CHAN_DROP_IP_OPTIONS, 12, 0, 23u << 24 },
	{ "1812 4.3.3.5 option without length", { OPT(1, 1, 1, 7) },
		CHAN_DROP_IP_OPTIONS, 12, 0, 23u << 24 },
	{ "1122 3.2.2.5 the same for us", { .dst = DP_LAN_ADDR, OPT(148, 9, 0, 0) },
		CHAN_DROP_IP_OPTIONS, 12, 0, 20u << 24 },
	{ "7126 4.3.5 loose source route", { OPT(131, 3, 4, 0) }, CHAN_DROP_IP_OPTIONS, SILENT },
	{ "7126 4.4.5 strict source route", { OPT(137, 3, 4, 0) }, CHAN_DROP_IP_OPTIONS, SILENT },
	/* ---- how much is quoted */
	{ "1812 4.3.2.3 all of it", { .ttl = 1, .len = 548 }, CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 4.3.2.3 no more than 576", { .ttl = 1, .len = 549 }, CHAN_DROP_IP_TTL, 11, 0, 0 },
	{ "1812 4.3.2.3 a short one", { .ttl = 1, .proto = 6, .len = 20 },
		CHAN_DROP_IP_TTL, 11, 0, 0 },
};
/* clang-format on */

static const struct icmp_hdr *
out_icmp(unsigned int i)
{
	return (const struct icmp_hdr *)(dp_out_ip(i) + 1);
}

/* Is dp.out[0] the error that @r has about @p, from @src, in order from the first byte to the
 * last? The quote: RFC 1812 section 4.3.2.3. */
static bool
error_ok(const struct row *r, const struct dp_pkt *p, uint32_t src, unsigned int about_len)
{
	const struct rte_ipv4_hdr *ip = dp_out_ip(0);
	const struct icmp_hdr *icmp = out_icmp(0);
	const struct rte_ipv4_hdr *quote = (const struct rte_ipv4_hdr *)(icmp + 1);
	unsigned int len = rte_be_to_cpu_16(ip->total_length);

	return dp_ip_ok(ip, dp.out[0].m->data_len - 14u) && ip->next_proto_id == IPPROTO_ICMP &&
	       ip->type_of_service == 0xc0 && ip->fragment_offset == 0 &&
	       rte_be_to_cpu_32(ip->src_addr) == src &&
	       rte_be_to_cpu_32(ip->dst_addr) == p->src && icmp->type == r->type &&
	       icmp->code == r->code &&
	       rte_be_to_cpu_32(icmp->rest[0] | (uint32_t)icmp->rest[1] << 16) == r->word &&
	       rte_raw_cksum(icmp, len - sizeof(*ip)) == 0xffff &&
	       len == RTE_MIN(576u, 28 + about_len) &&
	       rte_be_to_cpu_32(quote->src_addr) == p->src &&
	       rte_be_to_cpu_32(quote->dst_addr) == p->dst;
}

static void
check(const struct row *r, bool tagged)
{
	struct dp_pkt p = r->p;
	struct rte_mbuf *m;
	unsigned int len;
	bool ok;

	p.src = p.src != 0 ? p.src : DP_LAN_HOST;
	p.dst = p.dst != 0 ? p.dst : FAR;
	p.vlan = tagged ? 7 << 13 : 0; /* a priority */
	dp_open(NULL);
	dp_world();
	m = dp_frame(0, &p);
	len = m->data_len - (tagged ? 18u : 14u);
	dp_run1(0, m);
	ok = dp_drops(r->why) == 1 && dp_all_drops() == 1 && dp_conserves() &&
	     (r->type == SILENT ? dp.n_out == 0 :
			     dp.n_out == 1 && dp.out[0].port == 0 &&
					     error_ok(r, &p, DP_LAN_ADDR, len));
	CU_ASSERT_TRUE(ok);
	if (!ok)
		fprintf(stderr, "RFC %s%s: %u sent, drops %lu of %lu\n", r->rfc,
				tagged ? ", tagged" : "", dp.n_out,
				(unsigned long)dp_drops(r->why), (unsigned long)dp_all_drops());
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static void
test_rows(void)
{
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		check(&rows[i], false);
		check(&rows[i], true);
	}
}

/* A network that cannot be reached: its hosts, but not its broadcast address. */
static void
test_down(void)
{
	static const struct row host = { "1812 4.3.3.1", { .src = DP_LAN_HOST,
		.dst = IP4(10, 2, 0, 9) }, CHAN_DROP_IF_DOWN, 3, 1, 0 };
	struct dp_pkt all = { .src = DP_LAN_HOST, .dst = IP4(10, 2, 0, 255) };
	struct chan_if vlan = dp_if(DP_IF_VLAN);

	dp_open(NULL);
	dp_world();
	vlan.admin_up = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, vlan), 0);
	dp_send(0, &host.p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(error_ok(&host, &host.p, DP_LAN_ADDR, 64));
	dp_clear();
	dp_send(0, &all);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IF_DOWN), 2);
	DP_END();
}

/* A network of two (RFC 3021) has no broadcast address. */
static void
test_point_to_point(void)
{
	static const struct row r = { "3021", { .src = DP_LAN_HOST, .dst = DP_VLAN_ADDR - 1,
		.ttl = 1 }, CHAN_DROP_IP_TTL, 11, 0, 0 };
	struct chan_if vlan = dp_if(DP_IF_VLAN);

	dp_open(NULL);
	dp_world();
	vlan.addr_lens[0] = 31;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, vlan), 0);
	dp_send(0, &r.p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(error_ok(&r, &r.p, DP_LAN_ADDR, 64));
	DP_END();
}

/* Where sources are looked up, one that has not been hears nothing of its options. */
static void
test_unverified(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR, OPT(7, 9, 4, 0) };
	struct chan_if lan = dp_if(DP_IF_LAN);

	dp_open(NULL);
	dp_world();
	lan.verify4 = CHAN_VERIFY_RX;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, lan), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_OPTIONS), 1);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_rows), CU_CASE(test_down), CU_CASE(test_point_to_point),
	CU_CASE(test_unverified),
};

int
main(void)
{
	dp_eal();
	return cu_run("rfc_icmp", cases, RTE_DIM(cases));
}
