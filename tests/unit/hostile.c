/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of hostile.h; their frames are in hostile_frame.c. */
#include "tests/unit/hostile_int.h"

#include <netinet/ip_icmp.h>
#include <string.h>

#include <rte_udp.h>

#include "common/wire.h"
#include "dataplane/nodes/ip4.h"

#define DEPTH_MAX  6 /* packets in packets */
#define SPIS_MAX   64
#define NUMBERED   0x4e756d62u /* in front of the number of a usual packet */

static uint64_t state = 1;
static uint32_t known_spis[SPIS_MAX];
static unsigned int n_known_spis;
static uint32_t n_numbered;

/* ---- numbers -------------------------------------------------------------------------------- */

void
hostile_seed(uint64_t seed)
{
	state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	n_numbered = 0;
}

/* xorshift64*: the same on every machine. */
uint32_t
rnd(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * UINT64_C(0x2545f4914f6cdd1d) >> 33) % n;
}

bool
rnd_one_in(uint32_t n)
{
	return rnd(n) == 0;
}

void
rnd_fill(uint8_t *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		p[i] = (uint8_t)rnd(256);
}

void
hostile_spis(const uint32_t *spis, unsigned int n)
{
	n_known_spis = RTE_MIN(n, (unsigned int)SPIS_MAX);
	memcpy(known_spis, spis, n_known_spis * sizeof(*spis));
}

static uint16_t
fit(unsigned int len)
{
	return (uint16_t)RTE_MIN(len, (unsigned int)HOSTILE_MAX);
}

/* ---- addresses ------------------------------------------------------------------------------ */

static bool
is_ours(uint32_t addr)
{
	return addr == DP_LAN_ADDR || addr == DP_WAN_ADDR || addr == DP_VLAN_ADDR ||
	       addr >> 16 == (172 << 8 | 16);
}

uint32_t
rnd_addr(void)
{
	static const uint32_t addrs[] = {
		DP_LAN_HOST,
		DP_LAN_ADDR,
		DP_WAN_ADDR,
		DP_VLAN_HOST,
		DP_VLAN_ADDR,
		DP_WAN_GW,
		DP_PEER(0),
		DP_PEER(1),
		DP_PEER(2),
		IP4(10, 100, 0, 5),
		IP4(10, 101, 0, 5),
		IP4(10, 102, 0, 5),
		IP4(10, 103, 0, 5),
		IP4(10, 102, 7, 5),
		IP4(10, 1, 0, 70),
		IP4(10, 20, 0, 1),
		IP4(10, 9, 0, 1),
		IP4(203, 0, 113, 7),
		IP4(224, 0, 0, 5),
		IP4(224, 0, 0, 18),
		UINT32_MAX,
		IP4(10, 1, 0, 255),
		IP4(127, 0, 0, 1),
		0,
		IP4(240, 0, 0, 1),
		IP4(172, 16, 0, 1),
	};

	return PICK(addrs);
}

/* Mostly to us, that is where most of the code is. */
static uint32_t
rnd_dst(void)
{
	return rnd(2) ? DP_WAN_ADDR : rnd_addr();
}

static uint32_t
rnd_stranger(void)
{
	uint32_t a;

	do
		a = rnd_one_in(3) ? rnd_addr() : DP_PEER(rnd(4));
	while (is_ours(a));
	return a;
}

/* ---- IPv4 ----------------------------------------------------------------------------------- */

/* Options that are right, too long, too short, cut off, or refused. @return a multiple of 4. */
static unsigned int
put_options(uint8_t *p)
{
	static const uint8_t kinds[] = { 0, 1, 7, 68, 131, 137, 148, 130, 136, 134, 82, 25, 30, 158,
		255 };
	unsigned int len = 4 * (1 + rnd(10)), at = 0;

	memset(p, rnd(2), len);
	while (at < len) {
		unsigned int n = rnd(2) ? 3 + rnd(9) : rnd(40);

		p[at] = PICK(kinds);
		if (p[at] <= 1) {
			at++;
			continue;
		}
		if (at + 1 == len)
			break;
		if (rnd(3))
			n = RTE_MIN(n, len - at);
		p[at + 1] = (uint8_t)n;
		if (at + 2 < len)
			p[at + 2] = (uint8_t)rnd(48);
		at += RTE_MAX(n, 1u);
	}
	return len;
}

static uint16_t put_ip4(uint8_t *p, unsigned int depth);
static uint16_t put_ip6(uint8_t *p, unsigned int depth);

/* What a lie does to the header at @p of @hdr_len bytes, @len with all. */
static void
lie_ip4(uint8_t *p, unsigned int len)
{
	switch (rnd(7)) {
	case 0:
		put16(p + 2, rnd(2) ? rnd(65536) : len + rnd(9) - 4);
		break;
	case 1:
		p[0] = (uint8_t)(0x40 | rnd(16));
		break;
	case 2:
		p[0] = (uint8_t)rnd(256);
		break;
	case 3:
		p[8] = (uint8_t)rnd(2); /* TTL */
		break;
	case 4:
		put16(p + 2, rnd(60));
		break;
	default:
		break;
	}
}

/* The header in front of @len bytes that begin @at. @return of the whole packet. */
static uint16_t
finish_ip4(uint8_t *p, uint32_t src, uint32_t dst, uint8_t proto, unsigned int hdr_len,
		unsigned int len)
{
	static const uint16_t frags[] = { 0x4000, 0x2000, 0x0001, 0x2001, 0x1fff, 0x3fff, 0x8000,
		0xffff, 0x00b9, 0x20b9 };
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;

	*ip = (struct rte_ipv4_hdr){ .version_ihl = (uint8_t)(0x40 | hdr_len / 4),
		.type_of_service = (uint8_t)(rnd(2) ? 0 : rnd(256)),
		.total_length = rte_cpu_to_be_16((uint16_t)(hdr_len + len)),
		.packet_id = (uint16_t)rnd(8),
		.time_to_live = (uint8_t)(2 + rnd(200)),
		.next_proto_id = proto,
		.src_addr = rte_cpu_to_be_32(src),
		.dst_addr = rte_cpu_to_be_32(dst) };
	if (rnd_one_in(8))
		ip->fragment_offset = rte_cpu_to_be_16(PICK(frags));
	if (rnd_one_in(6))
		lie_ip4(p, hdr_len + len);
	ip->hdr_checksum = 0;
	if (rte_ipv4_hdr_len(ip) >= 20 && rte_ipv4_hdr_len(ip) <= hdr_len + len)
		ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
	if (rnd_one_in(30))
		ip->hdr_checksum ^= (uint16_t)(1 + rnd(65535));
	return (uint16_t)(hdr_len + len);
}

/* A well-formed small packet: what a keepalive has inside. */
static unsigned int
put_plain(uint8_t *p, uint32_t src, uint32_t dst, uint8_t proto, unsigned int len)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;

	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)(20 + len)),
		.time_to_live = 255,
		.next_proto_id = proto,
		.src_addr = rte_cpu_to_be_32(src),
		.dst_addr = rte_cpu_to_be_32(dst) };
	ip4_set_cksum(ip);
	return 20 + len;
}

uint16_t
hostile_usual(uint8_t *p)
{
	static const uint16_t lens[] = { 28, 40, 64, 65, 66, 67, 128, 576, 1372, 1400, 1500 };
	const uint32_t dsts[] = { DP_TO_TUN(0), DP_TO_TUN(1), DP_TO_TUN(2), DP_TO_TUN(2),
		DP_LAN_HOST, DP_VLAN_HOST, IP4(203, 0, 113, 7), IP4(10, 20, 0, 1) };
	unsigned int len = PICK(lens);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;

	rnd_fill(p + 20, 20);
	put32(p + 28, NUMBERED);
	put32(p + 32, ++n_numbered);
	memset(p + 40, 0x55, len);
	put_plain(p, IP4(10, 1, 0, 2 + rnd(200)), PICK(dsts), IPPROTO_UDP, len - 20);
	ip->type_of_service = (uint8_t)(rnd(2) ? 0 : rnd(256));
	ip->fragment_offset = rnd_one_in(4) ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0;
	ip4_set_cksum(ip);
	return (uint16_t)len;
}

uint32_t
hostile_number(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	struct rd r = rd_init(ip, len);

	if (ip->version_ihl != RTE_IPV4_VHL_DEF || ip->next_proto_id != IPPROTO_UDP ||
			(ip->fragment_offset & IP4_FRAG_BITS) != 0)
		return 0;
	rd_bytes(&r, 28);
	return rd_be32(&r) == NUMBERED ? rd_be32(&r) : 0;
}

/* ---- GRE ------------------------------------------------------------------------------------ */

/* A header of @flags and type; optional fields cut off once in a while. @return its length. */
static unsigned int
put_gre_header(uint8_t *p, uint16_t flags, uint16_t type)
{
	unsigned int len = 4;

	put16(p, flags);
	put16(p + 2, type);
	if (flags & 0x8000) {
		put32(p + len, 0);
		len += 4;
	}
	if (flags & 0x2000) {
		put32(p + len, rnd_one_in(4) ? rnd(100) : DP_TUN_KEY);
		len += 4;
	}
	if (flags & 0x1000) {
		put32(p + len, rnd(1000));
		len += 4;
	}
	return len;
}

static void
sum_gre(uint8_t *p, unsigned int len)
{
	uint16_t sum;

	if (!(p[0] & 0x80) || len < 8 || rnd_one_in(10))
		return;
	p[4] = p[5] = 0;
	sum = (uint16_t)~rte_raw_cksum(p, len);
	memcpy(p + 4, &sum, sizeof(sum));
}

/* Keepalives in keepalives: from us to the peer, who sends it on to us, and so on. */
static unsigned int
put_keepalive(uint8_t *p, unsigned int n)
{
	uint32_t peer = DP_PEER(rnd(4));
	unsigned int at = 0, len, hdr;

	for (unsigned int i = 0; i < n; i++) {
		bool back = i % 2 == 0;

		at += 20;
		hdr = put_gre_header(p + at, rnd_one_in(4) ? 0x2000 : 0, i + 1 == n ? 0 : 0x800);
		put_plain(p + at - 20, back ? DP_WAN_ADDR : peer, back ? peer : DP_WAN_ADDR,
				IPPROTO_GRE, 0);
		at += hdr;
	}
	len = at + (rnd_one_in(4) ? rnd(80) : 0);
	memset(p + at, 0, len - at);
	for (unsigned int i = 0, off = 0; i < n; i++) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(p + off);

		ip->total_length = rte_cpu_to_be_16((uint16_t)(len - off));
		ip4_set_cksum(ip);
		off += 20 + (p[off + 20] & 0x20 ? 8 : 4);
	}
	return len;
}

static unsigned int
put_metadata(uint8_t *p, unsigned int depth)
{
	uint8_t n = (uint8_t)(rnd_one_in(4) ? rnd(256) : rnd(3));

	put16(p, rnd(2) ? 0x800 : 0x86dd);
	p[2] = (uint8_t)(rnd_one_in(6) ? rnd(256) : 1);
	p[3] = n;
	memset(p + 4, 7, 4u * RTE_MIN(n, 8));
	return 4 + 4u * RTE_MIN(n, 8) + put_ip4(p + 4 + 4u * RTE_MIN(n, 8), depth + 1);
}

static unsigned int
put_gre(uint8_t *p, unsigned int depth)
{
	static const uint16_t odd[] = { 0x4000, 0x0800, 0x0400, 0x0001, 0x0007, 0xffff, 0x0380,
		0x00f8, 0x3081, 0x0100 };
	static const uint16_t types[] = { 0x2001, 0x6558, 0x880b, 0x0806, 0xffff, 0x0000, 0x8847 };
	uint16_t flags = (uint16_t)((rnd_one_in(4) ? 0x8000 : 0) | (rnd_one_in(3) ? 0x2000 : 0) |
				    (rnd_one_in(4) ? 0x1000 : 0));
	unsigned int kind = rnd(10), len;

	if (dp.protected_key != 0)
		flags ^= 0x2000; /* most with one, then */
	if (rnd_one_in(12))
		flags |= PICK(odd);
	len = put_gre_header(p, flags,
			kind < 6    ? 0x800
			: kind == 6 ? 0x86dd
			: kind == 7 ? 0x8909
			: kind == 8 ? PICK(types)
				    : 0);
	if (depth >= DEPTH_MAX || kind >= 8)
		len += rnd(40);
	else if (kind == 6)
		len += put_ip6(p + len, depth + 1);
	else if (kind == 7)
		len += put_metadata(p + len, depth);
	else if (kind == 1)
		len += hostile_usual(p + len);
	else if (kind == 0)
		len += put_keepalive(p + len, 1 + rnd(rnd(2) ? 1 : 5));
	else
		len += put_ip4(p + len, depth + 1);
	sum_gre(p, len);
	return rnd_one_in(20) ? rnd(RTE_MIN(len, 16u)) : len;
}

uint16_t
hostile_gre(uint8_t *p)
{
	if (rnd(2)) { /* for once, as it should be */
		unsigned int len = put_gre_header(p, 0, 0x800);

		return (uint16_t)(len + hostile_usual(p + len));
	}
	return fit(put_gre(p, 1));
}

/* ---- what else IPv4 carries ----------------------------------------------------------------- */

static unsigned int
put_esp(uint8_t *p)
{
	unsigned int len = rnd(2) ? rnd(40) : 8 + rnd(300);

	rnd_fill(p, len);
	if (len >= 8) {
		put32(p, n_known_spis != 0 && rnd(4) ? known_spis[rnd(n_known_spis)] : rnd(300));
		put32(p + 4, rnd(2) ? rnd(100) : rnd(UINT32_MAX));
	}
	return len;
}

static unsigned int
put_udp(uint8_t *p)
{
	static const uint16_t ports[] = { 500, 4500, 4500, 4500, 53, 1701, 0, 65535 };
	unsigned int len = 8 + rnd(200);

	put16(p, PICK(ports));
	put16(p + 2, PICK(ports));
	rnd_fill(p + 8, len - 8);
	switch (rnd(6)) {
	case 0: /* keepalives of the right length and others */
		len = 8 + rnd(4);
		memset(p + 8, 0xff, len - 8);
		break;
	case 1:
		memset(p + 8, 0, 4); /* no ESP */
		len = rnd(3) ? len : 8 + rnd(8);
		break;
	case 2:
		len = 8 + put_esp(p + 8);
		break;
	}
	len = RTE_MAX(len, 8u);
	put16(p + 4, rnd_one_in(6) ? rnd(65536) : rnd_one_in(6) ? rnd(12) : len);
	put16(p + 6, rnd(3) ? 0 : rnd(65536));
	return rnd_one_in(20) ? rnd(8) : len;
}

/* SYN with options, right or not: what the clamp looks at. */
static unsigned int
put_tcp(uint8_t *p)
{
	unsigned int hdr = 20 + 4 * rnd(11), at = 20;

	rnd_fill(p, 20);
	p[12] = (uint8_t)((rnd_one_in(6) ? rnd(16) : hdr / 4) << 4);
	p[13] = rnd(3) ? 0x02 : (uint8_t)rnd(256);
	while (at < hdr) {
		p[at] = (uint8_t)rnd(5);
		if (p[at] < 2 || at + 1 == hdr) {
			at++;
			continue;
		}
		p[at + 1] = (uint8_t)(p[at] == 2 && rnd(4) ? 4 : rnd(12));
		for (unsigned int i = at + 2; i < hdr && i < at + 4; i++)
			p[i] = (uint8_t)rnd(256);
		at += RTE_MAX(p[at + 1], 2);
	}
	return rnd_one_in(10) ? rnd(hdr) : hdr + rnd(20);
}

/* Echo, or an error that quotes what we have sent, or says so; its checksum mostly right. */
static unsigned int
put_icmp(uint8_t *p)
{
	static const uint8_t types[] = { ICMP_ECHO, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_UNREACH,
		ICMP_UNREACH, ICMP_TIME_EXCEEDED, ICMP_REDIRECT, ICMP_PARAMETERPROB, 13, 255 };
	unsigned int len = 8 + rnd(60);
	uint16_t sum;

	rnd_fill(p, len);
	p[0] = PICK(types);
	p[1] = (uint8_t)rnd(6);
	put16(p + 2, 0);
	if (p[0] == ICMP_UNREACH || p[0] == ICMP_TIME_EXCEEDED) {
		put16(p + 6, rnd(2) ? 1200 : rnd(65536));
		len = 8 + put_plain(p + 8, rnd(3) ? DP_WAN_ADDR : rnd_addr(),
					  rnd(3) ? DP_PEER(rnd(3)) : rnd_addr(),
					  rnd(3) ? IPPROTO_ESP : 17, 40 + rnd(1400));
		len = 28 + RTE_MAX(put_esp(p + 28), 8u);
		if (rnd_one_in(4))
			len = 8 + rnd(29);
	}
	sum = (uint16_t)~rte_raw_cksum(p, len);
	memcpy(p + 2, &sum, sizeof(sum));
	if (rnd_one_in(12))
		p[2] ^= 0x10;
	return len;
}

static uint16_t
put_ip4(uint8_t *p, unsigned int depth)
{
	static const uint8_t protos[] = { 4, 41, 51, 89, 112, 103, 132, 0, 255, 47, 50 };
	uint32_t src = rnd_addr(), dst = rnd_dst();
	unsigned int hdr = 20, len;
	uint8_t proto;

	if (rnd_one_in(8))
		hdr += put_options(p + 20);
	switch (rnd(8)) {
	case 0:
		proto = IPPROTO_TCP;
		len = put_tcp(p + hdr);
		break;
	case 1:
		proto = IPPROTO_ICMP;
		src = rnd_stranger();
		len = put_icmp(p + hdr);
		break;
	case 2:
		proto = IPPROTO_ESP;
		src = rnd_stranger();
		len = put_esp(p + hdr);
		break;
	case 3:
	case 4:
		if (depth < DEPTH_MAX) {
			proto = IPPROTO_GRE;
			src = rnd_stranger();
			len = put_gre(p + hdr, depth + 1);
			break;
		}
		/* fallthrough */
	case 5:
		proto = PICK(protos);
		src = rnd_stranger();
		len = rnd(60);
		rnd_fill(p + hdr, len);
		if (len != 0)
			p[hdr] = 0xff; /* nothing that could be GRE */
		break;
	default:
		proto = IPPROTO_UDP;
		len = put_udp(p + hdr);
		if (depth == 0 && rnd_one_in(4)) {
			len = 100 + rnd(1300); /* longer than MTUs */
			rnd_fill(p + hdr, len);
		}
		break;
	}
	return finish_ip4(p, src, dst, proto, hdr, len);
}

uint16_t
hostile_ip4(uint8_t *p)
{
	return fit(put_ip4(p, 0));
}

/* ---- IPv6 ----------------------------------------------------------------------------------- */

static const char *
rnd_addr6(void)
{
	static const char *const addrs[] = { D6_LAN_HOST, D6_LAN_ADDR, D6_LAN_LINK, D6_VLAN_HOST,
		D6_WAN_ADDR, D6_FAR, "2001:db8:1::77", "2001:db8:20::1", "2001:db8:9::1",
		"2001:db8:100::5", "2001:db8:101::5", "2001:db8:102::5", "2001:db8:103::5",
		"fe80::77", "ff02::1", "ff02::5", "ff02::1:ff00:1", "::", "::1",
		"::ffff:10.1.0.1" };

	return PICK(addrs);
}

/* One extension header of type @type in front of @next. @return its length. */
static unsigned int
put_ext(uint8_t *p, uint8_t type, uint8_t next)
{
	unsigned int units = rnd_one_in(6) ? rnd(20) : rnd(3), len = 8 * (units + 1);

	memset(p, 0, len);
	p[0] = next;
	p[1] = (uint8_t)(rnd_one_in(12) ? rnd(256) : units);
	if (type == IP6_FRAGMENT) {
		p[1] = (uint8_t)(rnd_one_in(6) ? rnd(256) : 0);
		put16(p + 2, rnd(3) ? rnd(2) : rnd(65536));
		put32(p + 4, rnd(8));
		return 8;
	}
	if (type == 51) { /* AH counts in 4 bytes, less 2 */
		p[1] = (uint8_t)(2 * (units + 1) - 2);
		return len;
	}
	if (type == IP6_ROUTING) {
		p[2] = (uint8_t)rnd(5);
		p[3] = (uint8_t)rnd(256);
		return len;
	}
	/* Options: padding, router alert, jumbo, and those that are to be refused by their bits. */
	p[2] = (uint8_t)(const uint8_t[]){ 0, 1, 5, 0xc2, 0x80, 0x40, 0xc9, 0x1e }[rnd(8)];
	p[3] = (uint8_t)(rnd_one_in(3) ? rnd(256) : 4);
	put32(p + 4, rnd(2) ? 65536 + rnd(1000) : 0);
	return len;
}

static unsigned int
put_icmp6(uint8_t *p)
{
	static const uint8_t types[] = { 1, 2, 3, 128, 128, 129, 133, 134, 135, 136, 137, 143 };
	unsigned int len = 8 + rnd(100);

	rnd_fill(p, len);
	p[0] = PICK(types);
	p[1] = 0;
	return len;
}

static uint16_t
put_ip6(uint8_t *p, unsigned int depth)
{
	static const uint8_t exts[] = { IP6_ROUTING, IP6_FRAGMENT, IP6_DEST_OPTIONS, 51, 0, 135,
		139, 140 };
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)p;
	struct ip6_addr src = d6_addr(rnd_addr6()), dst = d6_addr(rnd_addr6());
	unsigned int n = rnd(3) ? rnd(3) : rnd(12), at = sizeof(*ip), len, icmp_at;
	uint8_t chain[13];

	for (unsigned int i = 0; i < n; i++)
		chain[i] = i == 0 && rnd(2) ? 0 : PICK(exts);
	chain[n] = (const uint8_t[]){ 6, 17, IP6_ICMP, IP6_ICMP, IP6_NONE, 50, 89, 4, 200 }[rnd(9)];
	for (unsigned int i = 0; i < n; i++)
		at += put_ext(p + at, chain[i], chain[i + 1]);
	icmp_at = at;
	if (chain[n] == IP6_ICMP)
		at += put_icmp6(p + at);
	else if (chain[n] == 17)
		at += put_udp(p + at);
	else if (chain[n] == 6)
		at += put_tcp(p + at);
	else if (chain[n] == 4 && depth < DEPTH_MAX)
		at += put_ip4(p + at, depth + 1);
	else
		at += rnd(60);
	len = at - (unsigned int)sizeof(*ip);
	*ip = (struct rte_ipv6_hdr){ .vtc_flow = rte_cpu_to_be_32(6u << 28 | rnd(1 << 28)),
		.payload_len = rte_cpu_to_be_16((uint16_t)len),
		.proto = chain[0],
		.hop_limits = (const uint8_t[]){ 0, 1, 2, 64, 255, 255 }[rnd(6)] };
	memcpy(ip->src_addr, &src, sizeof(src));
	memcpy(ip->dst_addr, &dst, sizeof(dst));
	if (chain[n] == IP6_ICMP && rnd(8)) {
		uint16_t sum;

		put16(p + icmp_at + 2, 0);
		sum = (uint16_t)~d6_icmp_sum(ip, p + icmp_at, at - icmp_at);
		memcpy(p + icmp_at + 2, &sum, sizeof(sum));
	}
	if (rnd_one_in(12))
		ip->payload_len = rte_cpu_to_be_16((uint16_t)(rnd(2) ? 0 : rnd(65536)));
	return (uint16_t)(rnd_one_in(12) ? rnd(at) : at);
}

uint16_t
hostile_ip6(uint8_t *p)
{
	return fit(put_ip6(p, 0));
}
