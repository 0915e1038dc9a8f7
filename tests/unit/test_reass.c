/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly of fragments for ourselves: in every order, of every protocol that is for us, and
 * what hostile senders try: overlaps, contradictions, tiny pieces, too long packets, gaps, floods.
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define MF RTE_IPV4_HDR_MF_FLAG

static uint8_t body[65535]; /* of the packet that is sent in pieces, behind its IPv4 header */
static uint16_t next_id = 1;

/* ---- pieces --------------------------------------------------------------------------------- */

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

	dp_send(0, &p);
}

/* Is what was sent one echo reply to body's @len bytes, in order, whole or in pieces? */
static bool
replied(uint32_t len)
{
	static uint8_t got[65535];
	uint32_t n = 0;

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
	dp_world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
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
			dp_send(0, &p[i]);
			/* A copy of something that has come; the last one would start anew. */
			if (i + 1 < n && rand() % 3 == 0)
				dp_send(0, &p[(unsigned int)rand() % (i + 1)]);
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
		dp_send(0, &a);
		dp_send(0, &b);
		CU_ASSERT_EQUAL(dp.n_out, rows[i].whole != 255);
		if (dp.n_out == 1)
			CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 0x48 | rows[i].whole);
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
	{ "no multiple of 8", { { 0, 601, true } }, DROPPED(1, BAD) },
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

		world();
		make_echo(1000);
		for (unsigned int k = 0; k < RTE_DIM(h->p) && h->p[k].len != 0; k++) {
			struct dp_pkt p = piece(h->p[k].off, h->p[k].len, h->p[k].more);

			if (h->p[k].off + h->p[k].len > sizeof(body))
				p.payload = body;
			dp_send(0, &p);
		}
		if (dp_all_drops() != h->n_dropped || dp.w->stats->held != h->n_held ||
				(h->n_dropped != 0 && dp_drops(h->reason) != h->n_dropped) ||
				(h->whole ? !replied(1000) : dp.n_out != 0)) {
			fprintf(stderr, "%s: %lu dropped, %lu held\n", h->name,
					(unsigned long)dp_all_drops(),
					(unsigned long)dp.w->stats->held);
			CU_FAIL("hostile");
		}
		end();
	}
}

/* An empty last fragment cannot be told by dp_pkt's zero length. */
static void
test_empty(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .frag = 100, .len = 20 };

	world();
	dp_send(0, &p);
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
		dp_send(0, &p);
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
		dp_send(1, &p);
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
	make_echo(1000);
	for (uint32_t host = 0; host < 40; host++) {
		struct dp_pkt a = piece(0, 600, true), b = piece(600, 400, false);
		unsigned int before = owned[0] + owned[1];

		a.src = b.src = IP4(203, 0, 113, host);
		dp.w = host % 2 ? one : two;
		dp_send(0, &a);
		dp.w = host % 2 ? two : one;
		dp_send(0, &b);
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
	/* Each piece went to its owner; together they conserve. */
	CU_ASSERT_EQUAL(one->stats->rx + one->stats->made + stats.rx + stats.made,
			one->stats->tx + one->stats->absorbed + stats.tx + stats.absorbed);
	CU_ASSERT_EQUAL(one->stats->held + stats.held, 0);
	reass_free(two->reass);
	free(two);
	dp.w = one;
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(test_orders), CU_CASE(test_interleaved), CU_CASE(test_pairs), CU_CASE(test_lengths),
	CU_CASE(test_random), CU_CASE(test_esp), CU_CASE(test_punted), CU_CASE(test_forwarded),
	CU_CASE(test_no_mixing), CU_CASE(test_ecn), CU_CASE(test_hostile), CU_CASE(test_empty),
	CU_CASE(test_too_many), CU_CASE(test_timeout), CU_CASE(test_one_source),
	CU_CASE(test_many_sources), CU_CASE(test_buffers), CU_CASE(test_handover),
};

int
main(void)
{
	dp_eal();
	return cu_run("reass", cases, RTE_DIM(cases));
}
