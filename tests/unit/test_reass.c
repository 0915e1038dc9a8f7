/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly of fragments for ourselves, IPv4 and IPv6: in every order, of every protocol that is
 * for us, by several workers. What is malformed or meant to harm is test_reass_hostile.c's.
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/reass_fixture.h"

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

	rf_open();
	rf_make_echo(1057);
	for (unsigned int o = 0; o < 6; o++) {
		for (unsigned int k = 0; k < 3; k++) {
			unsigned int i = orders[o][k];

			CU_ASSERT_EQUAL(dp.w->stats->held, k);
			rf_send_piece(cut[i].off, cut[i].len, i != 2);
		}
		CU_ASSERT_TRUE(rf_replied(1057));
		CU_ASSERT_EQUAL(dp.w->stats->held, 0);
		CU_ASSERT_TRUE(dp_conserves());
		dp_clear();
		rf.next_id++;
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* Two packets at once, their pieces alternating, in one burst. */
static void
test_interleaved(void)
{
	struct rte_mbuf *m[4];
	struct dp_pkt p;

	rf_open();
	rf_make_echo(1000);
	for (unsigned int i = 0; i < 4; i++) {
		p = i < 2 ? rf_piece(0, 600, true) : rf_piece(600, 400, false);
		p.id = (uint16_t)(p.id + i % 2);
		m[i] = dp_frame(0, &p);
	}
	rf.next_id += 2;
	dp_run(0, m, 4);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_out_ip(0)->total_length, RTE_BE16(1020));
	CU_ASSERT_EQUAL(dp_out_ip(1)->total_length, RTE_BE16(1020));
	DP_END();
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

	rf_open();
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
		CU_ASSERT_TRUE(rf_replied(rte_be_to_cpu_16(dp_out_ip(0)->total_length) - 20u));
	}
	DP_END();
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

	rf_make_echo(1000);
	for (unsigned int i = 0; i < 14; i++) {
		struct dp_pkt a = rf_piece(0, 600, true), b = rf_piece(600, 400, false), swap;
		struct fate once, each;

		switch (i) {
		case 1: b.id++; break;
		case 2: b.src++; break;
		case 3: b.proto = IPPROTO_UDP; break;
		case 4: b.dst = DP_WAN_ADDR; break;
		case 5: b = rf_piece(608, 392, false); break; /* a gap */
		case 6: b = rf_piece(592, 408, false); break; /* an overlap */
		case 7: b = rf_piece(600, 400, true); break; /* more to come */
		case 8: a = rf_piece(8, 592, true); break; /* no beginning */
		case 9: a = rf_piece(0, 8, true); b = rf_piece(8, 992, false); break; /* tiny */
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
	rf.next_id += 2;
}

static void
test_lengths(void)
{
	static const uint32_t lens[] = { 9, 56, 1480, 1481, 3600, 3700, 3800, 3900, 4000, 4080,
		4100, 9000, 20000, 64000, 65000 };

	rf_open();
	for (unsigned int i = 0; i < RTE_DIM(lens); i++) {
		uint32_t at = 0, step = lens[i] > 1480 ? 1480 : lens[i] > 48 ? 48 : 8;

		rf_make_echo(lens[i]);
		if (lens[i] < 48) /* too short to be cut honestly */
			continue;
		for (; at + step < lens[i]; at += step)
			rf_send_piece(at, step, true);
		rf_send_piece(at, lens[i] - at, false);
		if (!rf_replied(lens[i])) {
			fprintf(stderr, "length %u: %u sent\n", lens[i], dp.n_out);
			CU_FAIL("reply");
		}
		CU_ASSERT_TRUE(dp_conserves());
		dp_clear();
		rf.next_id++;
	}
	DP_END();
}

/* Random cuts in random order, with duplicates: whole, and the same bytes. */
static void
test_random(void)
{
	unsigned int bad = 0;

	rf_open();
	srand(3);
	for (unsigned int round = 0; round < 400; round++) {
		struct dp_pkt p[40];
		uint32_t len = 100 + (uint32_t)rand() % 1900, at = 0;
		unsigned int n = 0;
		bool whole = false;

		rf_make_echo(len);
		while (at < len && n < 40) {
			uint32_t k = RTE_MIN(len - at, 48u + 8u * ((uint32_t)rand() % 40));

			p[n++] = rf_piece(at, k, at + k < len);
			at += k;
		}
		for (unsigned int i = n - 1; i > 0; i--) {
			unsigned int k = (unsigned int)rand() % (i + 1);
			struct dp_pkt t = p[i];

			p[i] = p[k];
			p[k] = t;
		}
		for (unsigned int i = 0; i < n; i++) {
			rf_put(0, &p[i]);
			/* A copy of something that has come; the last one would start anew. */
			if (i + 1 < n && rand() % 3 == 0)
				rf_put(0, &p[(unsigned int)rand() % (i + 1)]);
		}
		whole = rf_replied(len);
		bad += !whole || dp.w->stats->held != 0 || !dp_conserves();
		dp_clear();
		rf.next_id++;
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_REASS_DUP) > 100);
	CU_ASSERT_EQUAL(dp_all_drops(), dp_drops(CHAN_DROP_REASS_DUP));
	DP_END();
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

/* ESP in two outer fragments, cut everywhere; the inner packet goes on as if nothing was. */
static void
test_esp(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 103, 0, 5), .len = 300 };
	struct chan_route to_lan = { .prefix = IP4(10, 103, 0, 5), .len = 32,
		.id = DP_NH_LAN_HOST };
	struct rte_mbuf *m, *a, *b;
	uint64_t in;

	rf_open();
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
	DP_END();
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

	rf_open();
	dp_attach();
	m = dp_frame(0, &p);
	memcpy(whole, rte_pktmbuf_mtod_offset(m, char *, 34), sizeof(whole));
	rte_pktmbuf_free(m);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct dp_pkt f = { .src = DP_LAN_HOST, .dst = rows[i].dst, .proto = rows[i].proto,
			.id = rf.next_id++, .payload = whole + 1400, .payload_len = 400,
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
	DP_END();
}

/* Fragments to somebody else go on as they are. */
static void
test_forwarded(void)
{
	struct dp_pkt p = rf_piece(0, 800, true);

	rf_open();
	p.dst = IP4(203, 0, 113, 7);
	dp_send(0, &p);
	p.frag = 100;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp_out_ip(1)->fragment_offset, RTE_BE16(100));
	DP_END();
}

/* The first half in the clear, the second out of a tunnel: two packets that never get whole. */
static void
test_no_mixing(void)
{
	uint8_t gre[1024] = { 0, 0, 8, 0 };
	struct dp_pkt p = rf_piece(600, 400, false), out = { .src = DP_PEER(0), .dst = DP_WAN_ADDR,
		.proto = IPPROTO_GRE, .payload = gre, .payload_len = 424 };
	struct rte_mbuf *m;

	rf_open();
	rf_make_echo(1000);
	rf_send_piece(0, 600, true);
	m = dp_frame(0, &p);
	memcpy(gre + 4, rte_pktmbuf_mtod_offset(m, char *, 14), 420);
	rte_pktmbuf_free(m);
	dp_send(1, &out);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp.w->stats->held, 2);
	dp_send(0, &p);
	CU_ASSERT_TRUE(rf_replied(1000));
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	rf.next_id++;
	DP_END();
}

/* RFC 3168 section 5.3. */
static void
test_ecn(void)
{
	static const struct {
		uint8_t a, b, whole; /* 255: dropped */
	} rows[] = { { 0, 0, 0 }, { 2, 3, 3 }, { 3, 2, 3 }, { 1, 3, 3 }, { 3, 3, 3 },
		{ 0, 3, 255 }, { 3, 0, 255 }, { 2, 2, 2 } };

	rf_open();
	rf_make_echo(1000);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct dp_pkt a = rf_piece(0, 600, true), b = rf_piece(600, 400, false);

		a.tos = (uint8_t)(0x48 | rows[i].a);
		b.tos = (uint8_t)(0x48 | rows[i].b);
		rf_put(0, &a);
		rf_put(0, &b);
		CU_ASSERT_EQUAL(dp.n_out, rows[i].whole != 255);
		if (dp.n_out == 1)
			CU_ASSERT_EQUAL(rf.six ? ip6_traffic_class(d6_out(0)) :
					dp_out_ip(0)->type_of_service, 0x48 | rows[i].whole);
		dp_clear();
		rf.next_id++;
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_BAD), 4);
	DP_END();
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

	rf_open();
	one = dp.w;
	memcpy(two, one, sizeof(*two));
	two->id = 1;
	two->stats = &stats;
	two->reass = reass_new(&conf);
	all[0] = one->reass;
	all[1] = two->reass;
	CU_ASSERT_EQUAL(reass_connect(all, 2), 0);
	for (uint32_t host = 0; host < 40; host++) {
		struct dp_pkt a = rf_piece(0, 600, true), b = rf_piece(600, 400, false);
		unsigned int before = owned[0] + owned[1];

		a.src = b.src = rf.echo_src = IP4(203, 0, 113, host);
		rf_make_echo(1000);
		dp.w = host % 2 ? one : two;
		rf_put(0, &a);
		dp.w = host % 2 ? two : one;
		rf_put(0, &b);
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
	rf.echo_src = DP_LAN_HOST;
	CU_ASSERT_EQUAL(dp_close(), 0);
}

BOTH(test_orders)
BOTH(test_lengths)
BOTH(test_random)
BOTH(test_ecn)
BOTH(test_handover)

static const struct cu_case cases[] = {
	CU_CASE(test_orders_ip4), CU_CASE(test_orders_ip6), CU_CASE(test_interleaved),
	CU_CASE(test_pairs), CU_CASE(test_lengths_ip4), CU_CASE(test_lengths_ip6),
	CU_CASE(test_random_ip4), CU_CASE(test_random_ip6), CU_CASE(test_esp),
	CU_CASE(test_punted), CU_CASE(test_forwarded), CU_CASE(test_no_mixing),
	CU_CASE(test_ecn_ip4), CU_CASE(test_ecn_ip6), CU_CASE(test_handover_ip4),
	CU_CASE(test_handover_ip6),
};

int
main(void)
{
	dp_eal();
	return cu_run("reass", cases, RTE_DIM(cases));
}
