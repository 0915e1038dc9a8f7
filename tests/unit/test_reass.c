/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly of fragments for ourselves, IPv4 and IPv6: in every order, of every protocol that is for us, and
 * what hostile senders try: overlaps, contradictions, tiny pieces, too long packets, gaps, floods.
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"
#include "tests/unit/dp_fixture.h"

#define MF RTE_IPV4_HDR_MF_FLAG

static uint8_t body[65535]; /* of the packet that is sent in pieces, behind its IPv4 header */
static uint16_t next_id = 1;
static bool six; /* what is sent is IPv6 */
static uint32_t echo_src = DP_LAN_HOST;

/* Run a test with both versions. */
#define BOTH(test) \
	static void test##_ip4(void) \
	{ \
		six = false; \
		test(); \
	} \
	static void test##_ip6(void) \
	{ \
		six = true; \
		test(); \
		six = false; \
	}

/* ---- pieces --------------------------------------------------------------------------------- */

/* What stands for an IPv4 address in IPv6: every one is in a /64 of its own. */
static const char *
addr6(uint32_t a, char *buf, size_t size)
{
	if (a == DP_LAN_ADDR)
		return D6_LAN_ADDR;
	if (a == DP_LAN_HOST)
		return D6_LAN_HOST;
	snprintf(buf, size, "2001:db8:%x:%x::7", a >> 16, a & 0xffff);
	return buf;
}

/* The fragment that @p describes, as IPv6. */
static void
put6(uint16_t port, const struct dp_pkt *p)
{
	uint8_t frag[8 + 2048] = { p->proto == IPPROTO_ICMP ? IP6_ICMP : p->proto };
	uint16_t word = (uint16_t)((p->frag & 0x1fff) << 3 | (p->frag & MF ? 1 : 0));
	char src[40], dst[40];
	struct d6_pkt d = { .src = addr6(p->src, src, sizeof(src)), .proto = IP6_FRAGMENT,
		.dst = addr6(p->dst, dst, sizeof(dst)), .tc = p->tos, .payload = frag,
		.payload_len = (uint16_t)(8 + p->payload_len) };

	frag[2] = (uint8_t)(word >> 8);
	frag[3] = (uint8_t)word;
	frag[6] = (uint8_t)(p->id >> 8);
	frag[7] = (uint8_t)p->id;
	if (p->payload != NULL)
		memcpy(frag + 8, p->payload, p->payload_len);
	d6_send(port, &d);
}

static void
put(uint16_t port, const struct dp_pkt *p)
{
	if (six)
		put6(port, p);
	else
		dp_send(port, p);
}

/* The sum of an ICMPv6 message from @src, as @proto has it, to @dst. */
static uint16_t
sum6(const char *src, const char *dst, const uint8_t *msg, uint32_t len)
{
	struct ip6_addr a = d6_addr(src), b = d6_addr(dst);
	struct rte_ipv6_hdr ip = { .proto = IP6_ICMP };

	memcpy(ip.src_addr, &a, sizeof(a));
	memcpy(ip.dst_addr, &b, sizeof(b));
	return d6_icmp_sum(&ip, msg, len);
}

static void
make_echo6(uint32_t len)
{
	char src[40];
	uint16_t sum;

	memset(body, 0, 8);
	body[0] = ICMP6_ECHO;
	sum = (uint16_t)~sum6(addr6(echo_src, src, sizeof(src)), D6_LAN_ADDR, body, len);
	memcpy(body + 2, &sum, sizeof(sum));
}

/* An echo request of @len bytes. */
static void
make_echo(uint32_t len)
{
	struct icmp_hdr icmp = { .type = ICMP_ECHO };

	for (uint32_t i = 0; i < len; i++)
		body[i] = (uint8_t)(i * 7 + i / 256);
	memcpy(body, &icmp, sizeof(icmp));
	icmp.cksum = (rte_be16_t)~rte_raw_cksum(body, len);
	memcpy(body, &icmp, sizeof(icmp));
	if (six)
		make_echo6(len);
}

/* @len bytes of body from @off on, as a fragment to the LAN address. */
static struct dp_pkt
piece(uint32_t off, uint32_t len, bool more)
{
	return (struct dp_pkt){ .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP,
		.id = next_id, .frag = (uint16_t)(off / 8 | (more ? MF : 0)),
		.payload = body + off, .payload_len = (uint16_t)len };
}

static void
send_piece(uint32_t off, uint32_t len, bool more)
{
	struct dp_pkt p = piece(off, len, more);

	put(0, &p);
}

/* As replied(): no piece longer than every link takes, all of one identification. */
static bool
replied6(uint32_t len)
{
	static uint8_t got[65535];
	uint32_t n = 0, id = 0;
	bool more = false;

	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv6_hdr *ip = d6_out(i);
		uint32_t k = rte_be_to_cpu_16(ip->payload_len), hdr_len = 0, this_id = 0;
		const uint8_t *p = (const uint8_t *)(ip + 1);
		struct ip6_addr to = d6_addr(D6_LAN_HOST);

		if (ip->proto == IP6_FRAGMENT) {
			hdr_len = 8;
			memcpy(&this_id, p + 4, sizeof(this_id));
			more = (p[3] & 1) != 0;
			if ((uint32_t)(p[2] << 8 | (p[3] & 0xf8)) != n || p[0] != IP6_ICMP ||
					(i != 0 && this_id != id))
				return false;
			id = this_id;
		}
		if (memcmp(ip->dst_addr, &to, sizeof(to)) != 0 || k + 40 > IP6_MIN_MTU ||
				n + k > sizeof(got))
			return false;
		memcpy(got + n, p + hdr_len, k - hdr_len);
		n += k - hdr_len;
	}
	return n == len && !more && got[0] == ICMP6_ECHO_REPLY &&
			memcmp(got + 4, body + 4, len - 4) == 0 &&
			sum6(D6_LAN_ADDR, D6_LAN_HOST, got, len) == 0xffff;
}

/* Is what was sent one echo reply to body's @len bytes, in order, whole or in pieces? */
static bool
replied(uint32_t len)
{
	static uint8_t got[65535];
	uint32_t n = 0;

	if (six)
		return replied6(len);
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		uint32_t off = (rte_be_to_cpu_16(ip->fragment_offset) & 0x1fffu) * 8u;
		uint32_t k = rte_be_to_cpu_16(ip->total_length) - 20u;

		if (ip->dst_addr != RTE_BE32(DP_LAN_HOST) || off != n || off + k > sizeof(got) ||
				!dp_ip_ok(ip, k + 20) || k > 1480)
			return false;
		memcpy(got + off, ip + 1, k);
		n += k;
	}
	return n == len && got[0] == ICMP_ECHOREPLY && memcmp(got + 4, body + 4, len - 4) == 0 &&
			rte_raw_cksum(got, len) == 0xffff;
}

static void
world(void)
{
	struct chan_param param = { .icmp_error_pps = 1000, .icmp_echo_pps = 1000000 };

	dp_open(NULL);
	d6_world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
}

/* One sent packet: an ICMPv6 error about what the LAN host sent. */
static void
expect_error6(uint8_t type, uint8_t code, uint32_t arg)
{
	const struct icmp6_hdr *icmp;

	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	icmp = (const struct icmp6_hdr *)(d6_out(0) + 1);
	CU_ASSERT_EQUAL(d6_out(0)->proto, IP6_ICMP);
	CU_ASSERT_EQUAL(icmp->type, type);
	CU_ASSERT_EQUAL(icmp->code, code);
	CU_ASSERT_EQUAL(icmp->arg, rte_cpu_to_be_32(arg));
}

static void
end(void)
{
	CU_ASSERT_TRUE(dp_conserves());
	CU_ASSERT_EQUAL(dp_close(), 0);
}

/* ---- in order and out of order -------------------------------------------------------------- */

static void
test_orders(void)
{
	static const uint8_t orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	static const struct {
		uint32_t off, len;
	} cut[3] = { { 0, 800 }, { 800, 56 }, { 856, 201 } };

	world();
	make_echo(1057);
	for (unsigned int o = 0; o < 6; o++) {
		for (unsigned int k = 0; k < 3; k++) {
			unsigned int i = orders[o][k];

			CU_ASSERT_EQUAL(dp.w->stats->held, k);
			send_piece(cut[i].off, cut[i].len, i != 2);
		}
		CU_ASSERT_TRUE(replied(1057));
		CU_ASSERT_EQUAL(dp.w->stats->held, 0);
		CU_ASSERT_TRUE(dp_conserves());
		dp_clear();
		next_id++;
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
}

/* Two packets at once, their pieces alternating, in one burst. */
static void
test_interleaved(void)
{
	struct rte_mbuf *m[4];
	struct dp_pkt p;

	world();
	make_echo(1000);
	for (unsigned int i = 0; i < 4; i++) {
		p = i < 2 ? piece(0, 600, true) : piece(600, 400, false);
		p.id = (uint16_t)(p.id + i % 2);
		m[i] = dp_frame(0, &p);
	}
	next_id += 2;
	dp_run(0, m, 4);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_out_ip(0)->total_length, RTE_BE16(1020));
	CU_ASSERT_EQUAL(dp_out_ip(1)->total_length, RTE_BE16(1020));
	end();
}

/* Every length around what one buffer, and what the longest buffer, takes. */
/* Two fragments in one burst or one at a time: what becomes of them must be the same. */
struct fate {
	unsigned int n_out, len, tos;
	uint64_t drops, held, in, whole;
};

static struct fate
fate_of(const struct dp_pkt *a, const struct dp_pkt *b, bool at_once)
{
	struct rte_mbuf *m[2];
	struct fate f;

	world();
	m[0] = dp_frame(0, a);
	m[1] = dp_frame(0, b);
	if (at_once) {
		dp_run(0, m, 2);
	} else {
		dp_run1(0, m[0]);
		dp_run1(0, m[1]);
	}
	f = (struct fate){ .n_out = dp.n_out, .drops = dp_all_drops(), .held = dp.w->stats->held,
		.in = dp.w->stats->reass_in, .whole = dp.w->stats->reass_out };
	if (dp.n_out == 1) {
		f.len = dp_out_ip(0)->total_length;
		f.tos = dp_out_ip(0)->type_of_service;
		CU_ASSERT_TRUE(replied(rte_be_to_cpu_16(dp_out_ip(0)->total_length) - 20u));
	}
	end();
	return f;
}

/* Field by field: what is between them is anybody's guess. */
static bool
same_fate(const struct fate *a, const struct fate *b)
{
	return a->n_out == b->n_out && a->drops == b->drops && a->held == b->held &&
			a->in == b->in && a->whole == b->whole && a->len == b->len &&
			a->tos == b->tos;
}

static void
test_pairs(void)
{
	static const uint8_t options[4] = { 1, 1, 1, 1 };
	unsigned int n_joined = 0;

	make_echo(1000);
	for (unsigned int i = 0; i < 14; i++) {
		struct dp_pkt a = piece(0, 600, true), b = piece(600, 400, false), swap;
		struct fate once, each;

		switch (i) {
		case 1: b.id++; break;
		case 2: b.src++; break;
		case 3: b.proto = IPPROTO_UDP; break;
		case 4: b.dst = DP_WAN_ADDR; break;
		case 5: b = piece(608, 392, false); break; /* a gap */
		case 6: b = piece(592, 408, false); break; /* an overlap */
		case 7: b = piece(600, 400, true); break; /* more to come */
		case 8: a = piece(8, 592, true); break; /* no beginning */
		case 9: a = piece(0, 8, true); b = piece(8, 992, false); break; /* tiny */
		case 10: a.tos = 2; b.tos = 3; break; /* marked */
		case 11: a.tos = 0; b.tos = 3; break; /* must not be */
		case 12: swap = a; a = b; b = swap; break;
		case 13: a.options = options; a.options_len = sizeof(options); break;
		default: break;
		}
		once = fate_of(&a, &b, true);
		each = fate_of(&a, &b, false);
		CU_ASSERT_TRUE(same_fate(&once, &each));
		n_joined += once.n_out;
	}
	CU_ASSERT_EQUAL(n_joined, 4); /* 0, 10, 12, 13 */
	next_id += 2;
}

static void
test_lengths(void)
{
	static const uint32_t lens[] = { 9, 56, 1480, 1481, 3600, 3700, 3800, 3900, 4000, 4080,
		4100, 9000, 20000, 64000, 65000 };

	world();
	for (unsigned int i = 0; i < RTE_DIM(lens); i++) {
		uint32_t at = 0, step = lens[i] > 1480 ? 1480 : lens[i] > 48 ? 48 : 8;

		make_echo(lens[i]);
		if (lens[i] < 48) /* too short to be cut honestly */
			continue;
		for (; at + step < lens[i]; at += step)
			send_piece(at, step, true);
		send_piece(at, lens[i] - at, false);
		if (!replied(lens[i])) {
			fprintf(stderr, "length %u: %u sent\n", lens[i], dp.n_out);
			CU_FAIL("reply");
		}
		CU_ASSERT_TRUE(dp_conserves());
		dp_clear();
		next_id++;
	}
	end();
}

/* Random cuts in random order, with duplicates: whole, and the same bytes. */
static void
test_random(void)
{
	unsigned int bad = 0;

	world();
	srand(3);
	for (unsigned int round = 0; round < 400; round++) {
		struct dp_pkt p[40];
		uint32_t len = 100 + (uint32_t)rand() % 1900, at = 0;
		unsigned int n = 0;
		bool whole = false;

		make_echo(len);
		while (at < len && n < 40) {
			uint32_t k = RTE_MIN(len - at, 48u + 8u * ((uint32_t)rand() % 40));

			p[n++] = piece(at, k, at + k < len);
			at += k;
		}
		for (unsigned int i = n - 1; i > 0; i--) {
			unsigned int k = (unsigned int)rand() % (i + 1);
			struct dp_pkt t = p[i];

			p[i] = p[k];
			p[k] = t;
		}
		for (unsigned int i = 0; i < n; i++) {
			put(0, &p[i]);
			/* A copy of something that has come; the last one would start anew. */
			if (i + 1 < n && rand() % 3 == 0)
				put(0, &p[(unsigned int)rand() % (i + 1)]);
		}
		whole = replied(len);
		bad += !whole || dp.w->stats->held != 0 || !dp_conserves();
		dp_clear();
		next_id++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_REASS_DUP) > 100);
	CU_ASSERT_EQUAL(dp_all_drops(), dp_drops(CHAN_DROP_REASS_DUP));
	end();
}

/* ---- what is for us ------------------------------------------------------------------------- */

/* The frame @m cut at @at bytes of payload (a multiple of 8) into @a and @b. */
static void
cut_frame(const struct rte_mbuf *m, uint32_t at, struct rte_mbuf **a, struct rte_mbuf **b)
{
	const uint8_t *d = rte_pktmbuf_mtod(m, const uint8_t *);
	struct rte_ipv4_hdr ip;
	uint32_t len;
	uint8_t buf[2048];

	memcpy(&ip, d + 14, sizeof(ip));
	len = rte_be_to_cpu_16(ip.total_length);
	memcpy(buf, d, 34 + at);
	ip.total_length = rte_cpu_to_be_16((uint16_t)(20 + at));
	ip.fragment_offset = RTE_BE16(MF);
	ip.hdr_checksum = 0;
	ip.hdr_checksum = (rte_be16_t)~rte_raw_cksum(&ip, 20);
	memcpy(buf + 14, &ip, 20);
	*a = dp_raw(buf, (uint16_t)(34 + at));
	memcpy(buf + 34, d + 34 + at, len - 20 - at);
	ip.total_length = rte_cpu_to_be_16((uint16_t)(len - at));
	ip.fragment_offset = rte_cpu_to_be_16((uint16_t)(at / 8));
	ip.hdr_checksum = 0;
	ip.hdr_checksum = (rte_be16_t)~rte_raw_cksum(&ip, 20);
	memcpy(buf + 14, &ip, 20);
	*b = dp_raw(buf, (uint16_t)(14 + len - at));
}

/* ESP in two outer fragments, cut everywhere; the inner packet goes on as if nothing had been. */
static void
test_esp(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 103, 0, 5), .len = 300 };
	struct chan_route to_lan = { .prefix = IP4(10, 103, 0, 5), .len = 32, .id = DP_NH_LAN_HOST };
	struct rte_mbuf *m, *a, *b;
	uint64_t in;

	world();
	dp_world_sas();
	for (uint32_t at = 48; at < 350; at += 8) {
		CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_TUN3), 0);
		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		m = dp_turn(dp.out[--dp.n_out].m);
		if (at >= m->data_len - 34u) {
			rte_pktmbuf_free(m);
			break;
		}
		cut_frame(m, at, &a, &b);
		rte_pktmbuf_free(m);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_SET, to_lan), 0);
		in = dp.w->tun_stats[2].in_packets;
		dp_run1(1, at % 16 ? a : b);
		dp_run1(1, at % 16 ? b : a);
		CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_packets, in + 1);
		CU_ASSERT_EQUAL(dp.n_out, 1);
		CU_ASSERT_TRUE(dp.n_out == 1 && dp_out_ip(0)->total_length == RTE_BE16(300));
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, to_lan), 0);
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
}

/* IKE, OSPF and OSPF's group: punted whole, with the Ethernet header in front. */
static void
test_punted(void)
{
	static const struct {
		uint32_t dst;
		uint8_t proto;
		enum chan_class cls;
	} rows[] = {
		{ DP_LAN_ADDR, IPPROTO_UDP, CHAN_CLASS_IKE },
		{ DP_LAN_ADDR, 89, CHAN_CLASS_OSPF },
		{ IP4(224, 0, 0, 5), 89, CHAN_CLASS_OSPF },
	};
	uint8_t whole[1800];
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR,
		.dport = 500, .len = 1820 };
	struct rte_mbuf *m = NULL;

	world();
	dp_attach();
	m = dp_frame(0, &p);
	memcpy(whole, rte_pktmbuf_mtod_offset(m, char *, 34), sizeof(whole));
	rte_pktmbuf_free(m);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct dp_pkt f = { .src = DP_LAN_HOST, .dst = rows[i].dst, .proto = rows[i].proto,
			.id = next_id++, .payload = whole + 1400, .payload_len = 400,
			.frag = 1400 / 8 };

		dp_send(0, &f);
		f.frag = MF;
		f.payload = whole;
		f.payload_len = 1400;
		dp_send(0, &f);
		CU_ASSERT_TRUE_FATAL(dp_punted(rows[i].cls));
		CU_ASSERT_EQUAL(dp.punted.len, 14 + 1820);
		CU_ASSERT_EQUAL(dp.punted.l3_off, 14);
		CU_ASSERT_EQUAL(memcmp(dp.punted.data + 34, whole, sizeof(whole)), 0);
		CU_ASSERT_TRUE(dp_ip_ok((const struct rte_ipv4_hdr *)(dp.punted.data + 14), 1820));
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
}

/* Fragments to somebody else go on as they are. */
static void
test_forwarded(void)
{
	struct dp_pkt p = piece(0, 800, true);

	world();
	p.dst = IP4(203, 0, 113, 7);
	dp_send(0, &p);
	p.frag = 100;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp_out_ip(1)->fragment_offset, RTE_BE16(100));
	end();
}

/* The first half in the clear, the second out of a tunnel: two packets that never get whole. */
static void
test_no_mixing(void)
{
	uint8_t gre[1024] = { 0, 0, 8, 0 };
	struct dp_pkt p = piece(600, 400, false), out = { .src = DP_PEER(0), .dst = DP_WAN_ADDR,
		.proto = IPPROTO_GRE, .payload = gre, .payload_len = 424 };
	struct rte_mbuf *m;

	world();
	make_echo(1000);
	send_piece(0, 600, true);
	m = dp_frame(0, &p);
	memcpy(gre + 4, rte_pktmbuf_mtod_offset(m, char *, 14), 420);
	rte_pktmbuf_free(m);
	dp_send(1, &out);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp.w->stats->held, 2);
	dp_send(0, &p);
	CU_ASSERT_TRUE(replied(1000));
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	next_id++;
	end();
}

/* RFC 3168 section 5.3. */
static void
test_ecn(void)
{
	static const struct {
		uint8_t a, b, whole; /* 255: dropped */
	} rows[] = { { 0, 0, 0 }, { 2, 3, 3 }, { 3, 2, 3 }, { 1, 3, 3 }, { 3, 3, 3 },
		{ 0, 3, 255 }, { 3, 0, 255 }, { 2, 2, 2 } };

	world();
	make_echo(1000);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct dp_pkt a = piece(0, 600, true), b = piece(600, 400, false);

		a.tos = (uint8_t)(0x48 | rows[i].a);
		b.tos = (uint8_t)(0x48 | rows[i].b);
		put(0, &a);
		put(0, &b);
		CU_ASSERT_EQUAL(dp.n_out, rows[i].whole != 255);
		if (dp.n_out == 1)
			CU_ASSERT_EQUAL(six ? ip6_traffic_class(d6_out(0)) :
					dp_out_ip(0)->type_of_service, 0x48 | rows[i].whole);
		dp_clear();
		next_id++;
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_BAD), 4);
	end();
}

/* ---- hostile -------------------------------------------------------------------------------- */

#define DROPPED(n, why) .n_dropped = (n), .reason = CHAN_DROP_REASS_##why
static const struct hostile {
	const char *name;
	struct {
		uint32_t off, len;
		bool more;
	} p[6]; /* ends with length 0 */
	unsigned int n_dropped;
	enum chan_drop reason;
	unsigned int n_held;
	bool whole; /* of 1000 bytes all the same */
	bool told;  /* IPv6: the sender hears that the payload's length is wrong */
} hostile[] = {
	{ "overlap by 8", { { 0, 608, true }, { 600, 400, false } }, DROPPED(2, OVERLAP) },
	{ "teardrop: inside the first", { { 0, 600, true }, { 48, 56, false } }, DROPPED(2, BAD) },
	{ "teardrop: inside, more", { { 0, 600, true }, { 48, 56, true } }, DROPPED(2, OVERLAP) },
	{ "around the other", { { 48, 56, true }, { 0, 600, true } }, DROPPED(2, OVERLAP) },
	{ "overlaps the next", { { 400, 600, false }, { 0, 408, true } }, DROPPED(2, OVERLAP) },
	{ "overlaps the one before", { { 0, 400, true }, { 800, 200, false }, { 392, 408, true } },
		DROPPED(3, OVERLAP) },
	{ "same start, longer", { { 0, 400, true }, { 0, 408, true } }, DROPPED(2, OVERLAP) },
	{ "same start, shorter", { { 0, 400, true }, { 0, 392, true } }, DROPPED(2, OVERLAP) },
	{ "the same twice", { { 0, 600, true }, { 0, 600, true }, { 600, 400, false } },
		DROPPED(1, DUP), .whole = true },
	{ "the last twice", { { 600, 400, false }, { 600, 400, false }, { 0, 600, true } },
		DROPPED(1, DUP), .whole = true },
	{ "two ends", { { 600, 400, false }, { 600, 408, false } }, DROPPED(2, BAD) },
	{ "two ends, the second earlier", { { 600, 400, false }, { 400, 64, false } },
		DROPPED(2, BAD) },
	{ "beyond the end", { { 600, 400, false }, { 1000, 48, true } }, DROPPED(2, BAD) },
	{ "end before what has come", { { 600, 400, true }, { 48, 100, false } }, DROPPED(2, BAD) },
	{ "no multiple of 8", { { 0, 601, true } }, DROPPED(1, BAD), .told = true },
	{ "tiny first", { { 0, 40, true } }, DROPPED(1, TINY) },
	{ "tiny middle", { { 48, 8, true } }, DROPPED(1, TINY) },
	{ "as small as honest ones get", { { 0, 48, true }, { 48, 952, false } }, .whole = true },
	{ "gap", { { 0, 400, true }, { 408, 592, false } }, .n_held = 2 },
	{ "ping of death", { { 65528, 100, false } }, DROPPED(1, LONG) },
	{ "too long by a little", { { 64800, 736, true } }, DROPPED(1, LONG) },
	{ "contradiction harms only its packet", { { 0, 600, true }, { 0, 40, true },
		{ 600, 400, false } }, DROPPED(1, TINY), .whole = true },
};

static void
test_hostile(void)
{
	for (unsigned int i = 0; i < RTE_DIM(hostile); i++) {
		const struct hostile *h = &hostile[i];

		if (six && h->reason == CHAN_DROP_REASS_TINY)
			continue; /* IPv6 has no such limit */
		world();
		make_echo(1000);
		for (unsigned int k = 0; k < RTE_DIM(h->p) && h->p[k].len != 0; k++) {
			struct dp_pkt p = piece(h->p[k].off, h->p[k].len, h->p[k].more);

			if (h->p[k].off + h->p[k].len > sizeof(body))
				p.payload = body;
			put(0, &p);
		}
		if (dp_all_drops() != h->n_dropped || dp.w->stats->held != h->n_held ||
				(h->n_dropped != 0 && dp_drops(h->reason) != h->n_dropped) ||
				(h->whole ? !replied(1000) : dp.n_out != (six && h->told))) {
			fprintf(stderr, "%s: %lu dropped, %lu held\n", h->name,
					(unsigned long)dp_all_drops(),
					(unsigned long)dp.w->stats->held);
			CU_FAIL("hostile");
		}
		if (six && h->told)
			expect_error6(ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD, 4);
		end();
	}
}

/* An empty last fragment cannot be told by dp_pkt's zero length. */
static void
test_empty(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .frag = 100, .len = 20 };

	world();
	put(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_BAD), 1);
	end();
}

/* 64 pieces are taken, 65 are not. */
static void
test_too_many(void)
{
	world();
	make_echo(64 * 48);
	for (uint32_t i = 0; i < 64; i++)
		send_piece(i * 48, 48, i != 63);
	CU_ASSERT_TRUE(replied(64 * 48));
	dp_clear();
	next_id++;
	for (uint32_t i = 0; i < 65; i++)
		send_piece(i * 48, 48, true);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_MANY), 65);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	end();
}

/* What does not get whole goes when its time is over; the sender is told if it began well. */
static void
test_timeout(void)
{
	struct chan_param param = { .icmp_error_pps = 1000, .reass_ms = 100 };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	make_echo(1000);
	send_piece(0, 400, true);
	send_piece(800, 200, false);
	next_id++;
	send_piece(400, 400, true);
	next_id++;
	dp_tick();
	CU_ASSERT_EQUAL(dp.w->stats->held, 3);
	dp_clock(true); /* a hundred cycles are 100 ms */
	dp_tick();
	dp_clock(false);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_TIME), 3);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	if (six) {
		expect_error6(ICMP6_TIME_EXCEEDED, ICMP6_TIME_REASSEMBLY, 0);
		end();
		return;
	}
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ICMP);
	CU_ASSERT_EQUAL(((const struct icmp_hdr *)(dp_out_ip(0) + 1))->type, ICMP_TIME_EXCEEDED);
	CU_ASSERT_EQUAL(((const struct icmp_hdr *)(dp_out_ip(0) + 1))->code, ICMP_EXC_FRAGTIME);
	end();
}

/* ---- limits --------------------------------------------------------------------------------- */

/* One source cannot take the table: it gets its share, and others still get through. */
static void
test_one_source(void)
{
	struct chan_param param = { .reass_packets = 100, .reass_per_src = 10,
		.icmp_echo_pps = 1000 };
	struct dp_pkt p;

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	make_echo(1000);
	send_piece(0, 600, true); /* before the flood */
	for (unsigned int i = 0; i < 5000; i++) {
		p = piece(48, 48, true);
		p.src = IP4(10, 1, 0, 77);
		p.id = (uint16_t)i;
		put(0, &p);
	}
	CU_ASSERT_EQUAL(dp.w->stats->held, 11);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_SOURCE), 4990);
	send_piece(600, 400, false);
	CU_ASSERT_TRUE(replied(1000));
	CU_ASSERT_EQUAL(dp.w->stats->held, 10);
	next_id++;
	end();
}

/* Many sources fill it: the oldest give way, so who sends his pieces in a row gets through. */
static void
test_many_sources(void)
{
	struct chan_param param = { .reass_packets = 100, .icmp_echo_pps = 1000 };
	struct dp_pkt p;

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	make_echo(1000);
	for (unsigned int i = 0; i < 3000; i++) {
		p = piece(48, 48, true);
		p.src = IP4(203, 0, i >> 8, i);
		put(1, &p);
		if (i == 2000)
			send_piece(0, 600, true);
		if (i == 2050)
			send_piece(600, 400, false);
	}
	CU_ASSERT_TRUE(replied(1000));
	CU_ASSERT_EQUAL(dp.w->stats->held, 100);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_FULL), 2900);
	next_id++;
	end();
}

/* Never more fragments than a worker's share of the buffers. */
static void
test_buffers(void)
{
	struct chan_param param = { .reass_packets = 65536, .reass_per_src = 65536 };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	for (unsigned int i = 0; i < 2 * DP_PIECES; i++) {
		send_piece(48 * (i % 4), 48, true);
		next_id = (uint16_t)(next_id + (i % 4 == 3));
	}
	CU_ASSERT_TRUE(dp.w->stats->held <= DP_PIECES && dp.w->stats->held > DP_PIECES - 4);
	CU_ASSERT_EQUAL(dp.w->stats->held + dp_drops(CHAN_DROP_REASS_FULL), 2 * DP_PIECES);
	end();
}

/* ---- several workers ------------------------------------------------------------------------ */

/* Pieces that come to different workers meet at their owner. */
static void
test_handover(void)
{
	struct reass_conf conf = { .max_pieces = 64, .socket_id = SOCKET_ID_ANY };
	struct worker *one, *two = aligned_alloc(64, RTE_ALIGN(sizeof(*two), 64));
	struct chan_worker_stats stats = { 0 };
	unsigned int owned[2] = { 0, 0 };
	struct reass *all[2];

	world();
	one = dp.w;
	memcpy(two, one, sizeof(*two));
	two->id = 1;
	two->stats = &stats;
	two->reass = reass_new(&conf);
	all[0] = one->reass;
	all[1] = two->reass;
	CU_ASSERT_EQUAL(reass_connect(all, 2), 0);
	for (uint32_t host = 0; host < 40; host++) {
		struct dp_pkt a = piece(0, 600, true), b = piece(600, 400, false);
		unsigned int before = owned[0] + owned[1];

		a.src = b.src = echo_src = IP4(203, 0, 113, host);
		make_echo(1000);
		dp.w = host % 2 ? one : two;
		put(0, &a);
		dp.w = host % 2 ? two : one;
		put(0, &b);
		for (unsigned int k = 0; k < 2; k++) {
			dp.w = k ? two : one;
			path_handover(dp.w);
			dp_flush();
			owned[k] += dp.n_out;
			dp_clear();
		}
		CU_ASSERT_EQUAL(owned[0] + owned[1], before + 1);
	}
	CU_ASSERT_TRUE(owned[0] > 5 && owned[1] > 5);
	/* A fragment counts once, whoever received it. */
	CU_ASSERT_EQUAL(one->stats->reass_in + stats.reass_in, 2 * 40);
	CU_ASSERT_EQUAL(one->stats->reass_out + stats.reass_out, 40);
	/* Each piece went to its owner; together they conserve. */
	CU_ASSERT_EQUAL(one->stats->rx + one->stats->made + stats.rx + stats.made,
			one->stats->tx + one->stats->absorbed + stats.tx + stats.absorbed);
	CU_ASSERT_EQUAL(one->stats->held + stats.held, 0);
	reass_free(two->reass);
	free(two);
	dp.w = one;
	echo_src = DP_LAN_HOST;
	CU_ASSERT_EQUAL(dp_close(), 0);
}

/* ---- IPv6 alone ----------------------------------------------------------------------------- */

/* A fragment of UDP with headers in front of its payload; what becomes of it. */
static const struct refused6 {
	const char *name;
	uint8_t proto, bytes[32]; /* behind the IPv6 header */
	uint16_t len;
	enum chan_drop why;
	int code; /* of the Parameter Problem that goes back, or -1 */
	uint32_t arg;
} refused6[] = {
	{ "cut in the fragment header", IP6_FRAGMENT, { 17 }, 7, CHAN_DROP_IP6_FRAGMENT, -1, 0 },
	{ "first without all of UDP's header", IP6_FRAGMENT, { 17, [3] = 1 }, 8,
		CHAN_DROP_IP6_FRAGMENT, ICMP6_PARAM_CHAIN, 0 },
	{ "atomic without it", IP6_FRAGMENT, { 17 }, 15, CHAN_DROP_IP6_FRAGMENT,
		ICMP6_PARAM_CHAIN, 0 },
	{ "options that go on in the next", IP6_FRAGMENT, { 60, [3] = 1, [8] = 17, 3 }, 24,
		CHAN_DROP_IP6_FRAGMENT, ICMP6_PARAM_CHAIN, 0 },
	{ "a fragment in a fragment", IP6_FRAGMENT, { 44, [3] = 1, [8] = 17, [11] = 1 }, 32,
		CHAN_DROP_IP6_FRAGMENT, -1, 0 },
	{ "hop-by-hop options behind it", IP6_FRAGMENT, { 0, [3] = 1, [8] = 17 }, 32,
		CHAN_DROP_IP6_EXT, -1, 0 },
	{ "an atomic one's segment left", IP6_FRAGMENT, { 43, [8] = 17, [11] = 1 }, 32,
		CHAN_DROP_IP6_EXT, -1, 0 },
	{ "no multiple of 8", IP6_FRAGMENT, { 17, [3] = 9 }, 31, CHAN_DROP_REASS_BAD,
		ICMP6_PARAM_FIELD, 4 },
	{ "beyond 65,535", IP6_FRAGMENT, { 17, [2] = 0xff, 0xf8 }, 31, CHAN_DROP_REASS_LONG,
		ICMP6_PARAM_FIELD, 42 },
	{ "the same behind options", IP6_DEST_OPTIONS, { 44, [8] = 17, [10] = 0xff, 0xf8 }, 31,
		CHAN_DROP_REASS_LONG, ICMP6_PARAM_FIELD, 50 },
	{ "longer than is put together", IP6_FRAGMENT, { 17, [2] = 0xfe, 0xf8 }, 24,
		CHAN_DROP_REASS_LONG, -1, 0 },
	{ "an ICMPv6 error, no multiple of 8", IP6_FRAGMENT, { 58, [3] = 1, [8] = 1 }, 31,
		CHAN_DROP_REASS_BAD, -1, 0 },
	{ "perhaps one", IP6_FRAGMENT, { 58, [3] = 9, [8] = 128 }, 31, CHAN_DROP_REASS_BAD, -1,
		0 },
};

static void
test_refused6(void)
{
	for (unsigned int i = 0; i < RTE_DIM(refused6); i++) {
		const struct refused6 *r = &refused6[i];
		struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = r->proto, .payload = r->bytes,
			.payload_len = r->len };

		world();
		d6_send(0, &p);
		if (dp_drops(r->why) != 1 || dp_all_drops() != 1 || dp.n_out != (r->code >= 0) ||
				dp.w->stats->held != 0) {
			fprintf(stderr, "%s: %lu dropped, %u sent\n", r->name,
					(unsigned long)dp_all_drops(), dp.n_out);
			CU_FAIL("refused");
		}
		if (r->code >= 0)
			expect_error6(ICMP6_PARAM_PROBLEM, (uint8_t)r->code, r->arg);
		end();
	}
}

/* @len bytes of body from @off on, behind @n headers of options and a fragment header. */
static void
send_optioned(const char *dst, uint32_t off, uint32_t len, bool more, unsigned int n)
{
	uint8_t buf[2048] = { 0 };
	uint8_t *f = buf + 8 * n;
	struct d6_pkt p = { .dst = dst, .proto = n != 0 ? IP6_DEST_OPTIONS : IP6_FRAGMENT,
		.payload = buf, .payload_len = (uint16_t)(8 * n + 8 + len) };

	for (unsigned int i = 0; i < n; i++) {
		buf[8 * i] = i + 1 < n ? IP6_DEST_OPTIONS : IP6_FRAGMENT;
		buf[8 * i + 2] = 1; /* PadN over the other six bytes */
		buf[8 * i + 3] = 4;
	}
	f[0] = IP6_ICMP;
	f[2] = (uint8_t)(off >> 8);
	f[3] = (uint8_t)(off | (more ? 1 : 0));
	f[7] = (uint8_t)next_id;
	memcpy(f + 8, body + off, len);
	d6_send(0, &p);
}

/* An atomic fragment never waits, also between others of its identification (RFC 6946). */
static void
test_atomic6(void)
{
	six = true;
	world();
	make_echo(1000);
	for (unsigned int n = 0; n < 4; n++) {
		send_optioned(D6_LAN_ADDR, 0, 600, true, n);
		CU_ASSERT_EQUAL(dp.w->stats->held, 1);
		make_echo(200);
		send_optioned(D6_LAN_ADDR, 0, 200, false, n);
		CU_ASSERT_TRUE(replied(200));
		dp_clear();
		make_echo(1000);
		/* Of the headers those of the first fragment count. */
		send_optioned(D6_LAN_ADDR, 600, 400, false, 3 - n);
		CU_ASSERT_TRUE(replied(1000));
		dp_clear();
		next_id++;
	}
	CU_ASSERT_EQUAL(dp.w->stats->reass_in, 8);
	CU_ASSERT_EQUAL(dp.w->stats->reass_out, 4);
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
	six = false;
}

/* A /64 is one source. */
static void
test_source6(void)
{
	struct chan_param param = { .reass_per_src = 10 };
	uint8_t frag[16] = { 17, [3] = 9 };
	char src[40];

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	for (unsigned int i = 1; i <= 50; i++) {
		struct d6_pkt p = { .src = src, .dst = D6_LAN_ADDR, .proto = IP6_FRAGMENT,
			.payload = frag, .payload_len = sizeof(frag) };

		snprintf(src, sizeof(src), "2001:db8:5::%x", i);
		d6_send(0, &p);
	}
	CU_ASSERT_EQUAL(dp.w->stats->held, 10);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_SOURCE), 40);
	end();
}

BOTH(test_orders)
BOTH(test_lengths)
BOTH(test_random)
BOTH(test_ecn)
BOTH(test_hostile)
BOTH(test_empty)
BOTH(test_too_many)
BOTH(test_timeout)
BOTH(test_one_source)
BOTH(test_many_sources)
BOTH(test_buffers)
BOTH(test_handover)

static const struct cu_case cases[] = {
	CU_CASE(test_interleaved), CU_CASE(test_pairs), CU_CASE(test_esp), CU_CASE(test_punted),
	CU_CASE(test_forwarded), CU_CASE(test_no_mixing), CU_CASE(test_orders_ip4),
	CU_CASE(test_orders_ip6), CU_CASE(test_lengths_ip4), CU_CASE(test_lengths_ip6),
	CU_CASE(test_random_ip4), CU_CASE(test_random_ip6), CU_CASE(test_ecn_ip4),
	CU_CASE(test_ecn_ip6), CU_CASE(test_hostile_ip4), CU_CASE(test_hostile_ip6),
	CU_CASE(test_empty_ip4), CU_CASE(test_empty_ip6), CU_CASE(test_too_many_ip4),
	CU_CASE(test_too_many_ip6), CU_CASE(test_timeout_ip4), CU_CASE(test_timeout_ip6),
	CU_CASE(test_one_source_ip4), CU_CASE(test_one_source_ip6),
	CU_CASE(test_many_sources_ip4), CU_CASE(test_many_sources_ip6),
	CU_CASE(test_buffers_ip4), CU_CASE(test_buffers_ip6), CU_CASE(test_handover_ip4),
	CU_CASE(test_handover_ip6), CU_CASE(test_refused6), CU_CASE(test_atomic6),
	CU_CASE(test_source6),
};

int
main(void)
{
	dp_eal();
	return cu_run("reass", cases, RTE_DIM(cases));
}
