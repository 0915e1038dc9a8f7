/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragmentation by a tunnel: before encapsulation, after it, and in two on the way to ESP.
 */
#include <string.h>

#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define DF        RTE_IPV4_HDR_DF_FLAG
#define MF        RTE_IPV4_HDR_MF_FLAG

static void
world(void)
{
	dp_open(NULL);
	dp_world();
}

static void
set_flags(uint32_t id, uint32_t set)
{
	struct chan_tun c = dp_tun(id);

	c.flags |= set;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
}

/* The inner packet in the plain GRE frame dp.out[@i]. */
static struct rte_ipv4_hdr *
inner(unsigned int i)
{
	return (struct rte_ipv4_hdr *)((char *)(dp_out_ip(i) + 1) + 4);
}

/* A packet's payload, byte by byte from the position on, so that pieces can be told apart. */
static void
pattern(uint8_t *p, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8));
}

/*
 * Put pieces (IPv4 packets at @hdrs) together: in order, without gap or overlap, the last one
 * without MF. @return the payload's length, 0 if something is wrong.
 */
static unsigned int
join(const struct rte_ipv4_hdr *const *hdrs, unsigned int n, uint8_t *out, bool more_after)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int hdr = ip4_hdr_len(hdrs[i]);
		unsigned int len = rte_be_to_cpu_16(hdrs[i]->total_length) - hdr;
		uint16_t frag = rte_be_to_cpu_16(hdrs[i]->fragment_offset);
		bool mf = (frag & MF) != 0;

		if ((frag & 0x1fff) * 8u != at || mf != (i + 1 < n || more_after) || (frag & DF) ||
				hdrs[i]->packet_id != hdrs[0]->packet_id ||
				!dp_ip_ok(hdrs[i], hdr + len))
			return 0;
		memcpy(out + at, (const uint8_t *)hdrs[i] + hdr, len);
		at += len;
	}
	return at;
}

/* Every length of packet against several MTUs: the pieces are exact, and together the packet. */
static void
test_fragments_exact(void)
{
	static const uint16_t mtus[] = { 576, 577, 583, 584, 1300, 1400, 1476 };
	uint8_t payload[1480], got[2048];

	world();
	pattern(payload, sizeof(payload));
	for (unsigned int k = 0; k < RTE_DIM(mtus); k++) {
		struct chan_tun c = dp_tun(0);

		c.mtu = mtus[k];
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
		for (uint16_t len = (uint16_t)(mtus[k] - 1); len <= 1500;
				len += len < 1490 ? 13 : 1) {
			struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0),
				.payload = payload, .payload_len = (uint16_t)(len - 20) };
			const struct rte_ipv4_hdr *hdrs[8];

			dp_send(0, &p);
			CU_ASSERT_FATAL(dp.n_out >= 1 && dp.n_out <= 8);
			for (unsigned int i = 0; i < dp.n_out; i++) {
				hdrs[i] = inner(i);
				CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(i), dp.out[i].m->data_len - 14u));
				CU_ASSERT_TRUE(dp.out[i].m->data_len <= 14 + 24 + mtus[k]);
				if (i + 1 < dp.n_out) /* as much as fits in each but the last */
					CU_ASSERT_TRUE(dp.out[i].m->data_len + 8 > 14 + 24 +
							mtus[k]);
			}
			CU_ASSERT_EQUAL(join(hdrs, dp.n_out, got, false), len - 20u);
			CU_ASSERT_EQUAL(memcmp(got, payload, len - 20u), 0);
			dp_clear();
		}
	}
	DP_END();
}

/* A fragment is cut further: offsets add up, MF of all pieces stays; one past the end is
 * refused. */
static void
test_fragment_of_fragment(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .len = 1500,
		.frag = MF | 185 };

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(inner(0)->fragment_offset, rte_cpu_to_be_16(MF | 185));
	CU_ASSERT_EQUAL(inner(1)->fragment_offset, rte_cpu_to_be_16(MF | (185 + 1376 / 8)));
	CU_ASSERT_TRUE(dp_ip_ok(inner(0), 1396));
	CU_ASSERT_TRUE(dp_ip_ok(inner(1), 20 + 104));
	dp_clear();
	p.frag = 8191;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_FRAG_FAIL), 1);
	DP_END();
}

/* RFC 791: options with the copied flag go into all pieces, the others into the first only. */
static void
test_fragment_options(void)
{
	static const uint8_t options[] = { 7, 7, 4, 0, 0, 0, 0, /* record route: not copied */
		0x88, 4, 0x12, 0x34, /* stream id: copied */ 1, 1, 1, 1, 0 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .len = 1500,
		.options = options,
		.options_len = sizeof(options) };

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(ip4_hdr_len(inner(0)), 36);
	CU_ASSERT_EQUAL(ip4_hdr_len(inner(1)), 24);
	CU_ASSERT_EQUAL(memcmp(inner(1) + 1, options + 7, 4), 0);
	CU_ASSERT_TRUE(dp_ip_ok(inner(0), 36 + 1360));
	CU_ASSERT_TRUE(dp_ip_ok(inner(1), 24 + 1464 - 1360));
	DP_END();
}

/* A burst of long packets is cut in order, and all of them, although pieces fill several
 * vectors. */
static void
test_fragment_burst(void)
{
	struct rte_mbuf *m[BURST_MAX];
	struct chan_tun c;

	world();
	c = dp_tun(0);
	c.mtu = 576;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST,
			.dst = i % 4 == 3 ? DP_TO_TUN(2) : DP_TO_TUN(0),
			.sport = (uint16_t)(i + 1), .dport = 9, .len = 1500 };

		m[i] = dp_frame(0, &p);
	}
	dp_world_sas();
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 48 * 3 + 16 * 2);
	CU_ASSERT_EQUAL(dp.w->stats->made, 48 * 3 + 16 * 2);
	CU_ASSERT_EQUAL(dp.w->stats->absorbed, BURST_MAX);
	for (unsigned int i = 0, last = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		uint16_t port;

		CU_ASSERT_TRUE(dp_ip_ok(ip, dp.out[i].m->data_len - 14u));
		if (ip->next_proto_id != IPPROTO_GRE || inner(i)->fragment_offset != RTE_BE16(MF))
			continue;
		memcpy(&port, inner(i) + 1, sizeof(port));
		CU_ASSERT_TRUE(rte_be_to_cpu_16(port) > last);
		last = rte_be_to_cpu_16(port);
	}
	DP_END();
}

static void
test_ignore_df(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .len = 1500, .frag = DF };

	world();
	set_flags(0, CHAN_TUN_IGNORE_DF);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_TRUE(dp_ip_ok(inner(0), 1396));
	CU_ASSERT_TRUE(dp_ip_ok(inner(1), 124));
	CU_ASSERT_EQUAL(inner(0)->fragment_offset, RTE_BE16(MF));
	CU_ASSERT_EQUAL(inner(1)->fragment_offset, RTE_BE16(1376 / 8));
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 0);
	DP_END();
}

/* Out of buffers: dropped by name, nothing lost. */
static void
test_fragment_no_buffers(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .len = 1500 };
	struct rte_mbuf *m, *all[8192];
	unsigned int n = 0;

	world();
	m = dp_frame(0, &p);
	while (n < RTE_DIM(all) && (all[n] = rte_pktmbuf_alloc(dp.pool)) != NULL)
		n++;
	CU_ASSERT_TRUE(n < RTE_DIM(all));
	dp_run1(0, m);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_FRAG_FAIL), 1);
	rte_pktmbuf_free_bulk(all, n);
	DP_END();
}

/*
 * After encapsulation: the outer packet is cut, plain GRE here. A router that puts the pieces
 * together finds the GRE packet of the whole inner one.
 */
static void
test_fragment_after(void)
{
	static const uint16_t frags[] = { 0, DF };
	uint8_t payload[1480], got[2048];

	pattern(payload, sizeof(payload));
	for (unsigned int k = 0; k < 2; k++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .payload = payload,
			.payload_len = sizeof(payload), .frag = frags[k] };
		const struct rte_ipv4_hdr *hdrs[2];

		world();
		set_flags(0, CHAN_TUN_FRAG_AFTER | (k == 1 ? CHAN_TUN_IGNORE_DF : 0));
		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
		for (unsigned int i = 0; i < 2; i++) {
			hdrs[i] = dp_out_ip(i);
			CU_ASSERT_EQUAL(hdrs[i]->next_proto_id, IPPROTO_GRE);
			CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[i].m, void *),
					rte_pktmbuf_mtod(dp.out[0].m, void *), 14), 0);
		}
		CU_ASSERT_TRUE(dp_ip_ok(hdrs[0], 1500));
		CU_ASSERT_EQUAL(join(hdrs, 2, got, false), 1504);
		CU_ASSERT_EQUAL(memcmp(got, (const uint8_t[]){ 0, 0, 8, 0 }, 4), 0);
		CU_ASSERT_TRUE(dp_ip_ok((const struct rte_ipv4_hdr *)(got + 4), 1500));
		CU_ASSERT_EQUAL(memcmp(got + 24, payload, 1480), 0);
		CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_WAN].out_packets, 2);
		CU_ASSERT_EQUAL(dp.w->if_stats[DP_IF_WAN].out_bytes, 14 + 1500 + 14 + 20 + 24);
		CU_ASSERT_EQUAL(dp.w->tun_stats[0].out_packets, 1);
		dp_clear();
		/* Above the configured MTU, but the underlay takes it whole. */
		p.payload_len = 1410;
		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1454));
		DP_END();
	}
}

/* The same through ESP: the joined pieces decrypt at the far end to the whole packet. */
static void
test_fragment_after_esp(void)
{
	uint8_t payload[1480], esp[2048];
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3), .payload = payload,
		.payload_len = sizeof(payload) };
	const struct rte_ipv4_hdr *hdrs[2];
	struct dp_pkt whole = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_ESP,
		.payload = esp };
	struct rte_mbuf *m;

	pattern(payload, sizeof(payload));
	world();
	dp_world_sas();
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_TUN3), 0);
	set_flags(3, CHAN_TUN_FRAG_AFTER);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	hdrs[0] = dp_out_ip(0);
	hdrs[1] = dp_out_ip(1);
	CU_ASSERT_EQUAL(hdrs[0]->next_proto_id, IPPROTO_ESP);
	whole.payload_len = (uint16_t)join(hdrs, 2, esp, false);
	CU_ASSERT_EQUAL(whole.payload_len, 8 + 8 + 4 + 1500 + 2 + 2 + 16);
	dp_clear();
	/* A destination on the LAN: what comes out of tunnel 2 is forwarded there. */
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	m = dp_frame(1, &whole);
	dp_run1(1, m);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1500));
	CU_ASSERT_EQUAL(memcmp(dp_out_ip(0) + 1, payload, sizeof(payload)), 0);
	DP_END();
}

/* What tunnel 3 sent, back in by the WAN port: tunnel 2 takes it out for the LAN. */
static void
turn_all(void)
{
	struct dp_out sent[DP_OUT_MAX];
	unsigned int n = dp.n_out;

	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	memcpy(sent, dp.out, n * sizeof(sent[0]));
	dp.n_out = 0;
	for (unsigned int i = 0; i < n; i++)
		dp_run1(1, dp_turn(sent[i].m));
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_TUN3), 0);
}

/* A world whose tunnel 3 has @mtu and an SA that tunnel 2 knows. */
static void
world_cut(uint16_t mtu)
{
	struct chan_tun c;

	world();
	dp_world_sas();
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_TUN3), 0);
	c = dp_tun(3);
	c.mtu = mtu;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
}

/* Cut in two before ESP: bursts of every length there is room for, against several MTUs. The far
 * end gets two pieces of each, in order, and together they are the packet. */
static void
test_cut_exact(void)
{
	static const uint16_t mtus[] = { 600, 767, 768, 1400, 1402 };
	uint8_t payload[1480], got[2048];

	pattern(payload, sizeof(payload));
	for (unsigned int k = 0; k < RTE_DIM(mtus); k++) {
		unsigned int step = (mtus[k] - 20u) & ~7u, at = mtus[k] - 19u;
		unsigned int end_at = RTE_MIN(2 * step, (unsigned int)sizeof(payload));

		world_cut(mtus[k]);
		while (at <= end_at) {
			struct rte_mbuf *m[BURST_MAX];
			uint16_t first = (uint16_t)at, n = 0;

			for (; n < BURST_MAX && at <= end_at; at++) {
				struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3),
					.payload = payload, .payload_len = (uint16_t)at };

				m[n++] = dp_frame(0, &p);
			}
			dp_run(0, m, n);
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 2u * n);
			turn_all();
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 2u * n);
			for (unsigned int i = 0; i < n; i++) {
				const struct rte_ipv4_hdr *hdrs[] = { dp_out_ip(2 * i),
					dp_out_ip(2 * i + 1) };

				CU_ASSERT_EQUAL(rte_be_to_cpu_16(hdrs[0]->total_length), 20 + step);
				CU_ASSERT_EQUAL(join(hdrs, 2, got, false), first + i);
				CU_ASSERT_EQUAL(memcmp(got, payload, first + i), 0);
			}
			dp_clear();
		}
		CU_ASSERT_EQUAL(dp_all_drops(), 0);
		DP_END();
	}
}

/* In a burst with what has to go the long way: a fragment, options, three pieces. None is lost. */
static void
test_cut_mixed(void)
{
	static const uint8_t options[] = { 0x88, 4, 0x12, 0x34 };
	unsigned int pieces = 0, have[BURST_MAX] = { 0 };
	struct rte_mbuf *m[BURST_MAX];

	world_cut(600);
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3), .len = 1000,
			.id = (uint16_t)(i + 1) };

		if (i % 7 == 1)
			p.frag = MF | 8;
		else if (i % 7 == 3)
			p.len = 1480;
		if (i % 7 == 5) {
			p.options = options;
			p.options_len = sizeof(options);
		}
		pieces += i % 7 == 3 ? 3 : 2;
		m[i] = dp_frame(0, &p);
	}
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, pieces);
	CU_ASSERT_EQUAL(dp.w->stats->made, pieces);
	CU_ASSERT_EQUAL(dp.w->stats->absorbed, BURST_MAX);
	turn_all();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, pieces);
	for (unsigned int i = 0; i < pieces; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		unsigned int id = rte_be_to_cpu_16(ip->packet_id) - 1u;
		unsigned int payload = dp.out[i].m->data_len - 14u - ip4_hdr_len(ip);

		CU_ASSERT_TRUE(dp_ip_ok(ip, dp.out[i].m->data_len - 14u));
		CU_ASSERT_FATAL(id < BURST_MAX);
		/* Those of one packet one after the other. */
		CU_ASSERT_EQUAL((rte_be_to_cpu_16(ip->fragment_offset) & 0x1fffu) * 8,
				have[id] + (id % 7 == 1 ? 64 : 0));
		have[id] += payload;
	}
	for (unsigned int i = 0; i < BURST_MAX; i++)
		CU_ASSERT_EQUAL(have[i], i % 7 == 3 ? 1460 : i % 7 == 5 ? 976 : 980);
	DP_END();
}

/* Neither buffers nor a living SA: dropped by name, each piece that was made. */
static void
test_cut_refused(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3), .len = 1500 };
	struct rte_mbuf *m, *all[8192];
	unsigned int n = 0;

	world_cut(1400);
	m = dp_frame(0, &p);
	while (n < RTE_DIM(all) && (all[n] = rte_pktmbuf_alloc(dp.pool)) != NULL)
		n++;
	CU_ASSERT_TRUE(n < RTE_DIM(all));
	dp_run1(0, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_FRAG_FAIL), 1);
	rte_pktmbuf_free_bulk(all, n);
	sa_by_id(dp.t->sas, DP_SA_PEER_OUT)->seq = UINT32_MAX - 1;
	dp_send(0, &p); /* one number left: a piece leaves, the other has none */
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_SA_SEQ), 1);
	dp_clear();
	sa_by_id(dp.t->sas, DP_SA_PEER_OUT)->dead = 1;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_SA_DEAD), 2);
	DP_END();
}

/* No SA any more: the packet that waits to be cut is dropped, nothing of it leaves. */
static void
test_fragment_after_no_sa(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3), .len = 1500 };

	world();
	set_flags(3, CHAN_TUN_FRAG_AFTER);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);
	dp_world_sas();
	sa_by_id(dp.t->sas, DP_SA_PEER_OUT)->dead = 1;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_SA_DEAD), 1);
	DP_END();
}

/* RFC 6864 section 4: packets with DF may all have the same identification. When DF is ignored, the
 * pieces of each have one of their own; those of what has no DF, or is a fragment, the sender's. */
static void
test_identification(void)
{
	static const uint8_t options[] = { 0x88, 4, 0x12, 0x34 };
	static const struct {
		uint16_t frag, len;
		uint8_t options_len;
		bool anew;
	} rows[] = {
		{ DF, 1500, 0, true }, { DF, 2900, 0, true }, { DF, 1500, 4, true },
		{ 0, 1500, 0, false }, { DF | MF, 1500, 0, false }, { DF | 8, 1500, 0, false },
	};

	for (uint32_t tun = 0; tun <= 3; tun += 3)
		for (unsigned int k = 0; k < RTE_DIM(rows); k++) {
			struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(tun),
				.len = rows[k].len, .frag = rows[k].frag, .id = 0x1111,
				.options = options, .options_len = rows[k].options_len };
			const struct rte_ipv4_hdr *ip[8];
			unsigned int per;

			world_cut(1400);
			set_flags(tun, CHAN_TUN_IGNORE_DF);
			dp_send(0, &p);
			dp_send(0, &p);
			if (tun == 3)
				turn_all();
			per = dp.n_out / 2;
			CU_ASSERT_TRUE_FATAL(per >= 2 && per <= 4 && dp.n_out == 2 * per);
			for (unsigned int i = 0; i < dp.n_out; i++) {
				ip[i] = tun == 3 ? dp_out_ip(i) : inner(i);
				CU_ASSERT_TRUE(dp_ip_ok(ip[i], rte_be_to_cpu_16(ip[i]->total_length)));
				CU_ASSERT_EQUAL(ip[i]->packet_id, ip[i / per * per]->packet_id);
			}
			CU_ASSERT_EQUAL(ip[0]->packet_id != ip[per]->packet_id, rows[k].anew);
			if (!rows[k].anew)
				CU_ASSERT_EQUAL(ip[0]->packet_id, RTE_BE16(0x1111));
			DP_END();
		}
}

static const struct cu_case cases[] = {
	CU_CASE(test_identification),
	CU_CASE(test_fragments_exact), CU_CASE(test_cut_exact), CU_CASE(test_cut_mixed),
	CU_CASE(test_cut_refused), CU_CASE(test_fragment_of_fragment),
	CU_CASE(test_fragment_options), CU_CASE(test_fragment_burst), CU_CASE(test_ignore_df),
	CU_CASE(test_fragment_no_buffers), CU_CASE(test_fragment_after),
	CU_CASE(test_fragment_after_esp), CU_CASE(test_fragment_after_no_sa),
};

int
main(void)
{
	dp_eal();
	return cu_run("gre_fragment", cases, RTE_DIM(cases));
}
