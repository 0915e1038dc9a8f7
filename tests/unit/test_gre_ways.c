/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tunnels may be told to do with packets: TTL and DF of the outer header, fragmentation
 * before and after encapsulation, the path's MTU; and what the statistics region says of it.
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "common/mtu.h"
#include "dataplane/nodes/icmp.h"
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

static const struct chan_tun_info *
info(uint32_t id)
{
	return (const struct chan_tun_info *)((char *)dp.stats + dp.stats->tun_info_off) + id;
}

/* ---- outer header --------------------------------------------------------------------------- */

static void
test_ttl_copy(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .len = 101 };
	static const uint8_t ttls[] = { 2, 9, 64, 128, 255 };

	world();
	for (uint32_t id = 0; id < 2; id++) { /* without and with GRE options */
		set_flags(id, CHAN_TUN_TTL_COPY);
		p.dst = DP_TO_TUN(id);
		for (unsigned int i = 0; i < RTE_DIM(ttls); i++) {
			p.ttl = ttls[i];
			dp_send(0, &p);
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
			CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, ttls[i] - 1);
			CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), (id == 0 ? 24 : 36) + 101));
			dp_clear();
		}
	}
	set_flags(0, 0);
	p.dst = DP_TO_TUN(0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, 64);
	DP_END();
}

static void
test_df_clear(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .frag = DF };

	world();
	set_flags(0, CHAN_TUN_DF_CLEAR);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, 0);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 88));
	DP_END();
}

/* Each field that is out of range is refused by its name. */
static void
test_refused(void)
{
	static const struct {
		uint32_t flags;
		uint16_t path_mtu, mss4, mss6;
		const char *field;
	} rows[] = {
		{ CHAN_TUN_DF | CHAN_TUN_DF_CLEAR, 0, 0, 0, "tun.flags" },
		{ CHAN_TUN_DF | CHAN_TUN_FRAG_AFTER, 0, 0, 0, "tun.flags" },
		{ 1u << 31, 0, 0, 0, "tun.flags" },
		{ 0, 255, 0, 0, "tun.path_mtu" },
		{ 0, 9601, 0, 0, "tun.path_mtu" },
		{ 0, 0, 87, 0, "tun.mss4" },
		{ 0, 0, 9001, 0, "tun.mss4" },
		{ 0, 0, 0, 87, "tun.mss6" },
		{ 0, 256, 88, 9000, NULL },
		{ CHAN_TUN_DF_CLEAR | CHAN_TUN_FRAG_AFTER, 0, CHAN_MSS_AUTO, CHAN_MSS_AUTO, NULL },
	};

	world();
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct chan_tun c = dp_tun(0);

		c.flags |= rows[i].flags;
		c.path_mtu = rows[i].path_mtu;
		c.mss4 = rows[i].mss4;
		c.mss6 = rows[i].mss6;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), rows[i].field != NULL ? -EINVAL : 0);
		if (rows[i].field != NULL)
			CU_ASSERT_STRING_EQUAL(dp.field, rows[i].field);
	}
	DP_END();
}

/* ---- MTU ------------------------------------------------------------------------------------ */

/* The path takes less than the interface: so does the tunnel, until that is forgotten. */
static void
test_path_mtu(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .frag = DF };
	struct chan_tun c;

	world();
	c = dp_tun(0);
	c.mtu = 9000;
	c.path_mtu = 1300;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.len = 1276;
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1300));
	dp_clear();
	p.len = 1277;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 1);
	CU_ASSERT_EQUAL(((const struct icmp_hdr *)(dp_out_ip(0) + 1))->rest[1], RTE_BE16(1276));
	dp_clear();
	c.path_mtu = 9600; /* more than the interface's says nothing */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.len = 1476;
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1500));
	DP_END();
}

/* What `show tunnel mtu` is made of is there, with each change: SA, path, options, underlay. */
static void
test_info(void)
{
	struct chan_tun_sa_out none = { 2, CHAN_NONE };
	struct chan_if i;
	struct chan_tun c;

	world();
	CU_ASSERT_EQUAL(info(0)->underlay_mtu, 1500);
	CU_ASSERT_EQUAL(info(0)->budget, 1476);
	CU_ASSERT_EQUAL(info(0)->mtu, 1400);
	CU_ASSERT_EQUAL(info(0)->gre, 4);
	CU_ASSERT_EQUAL(info(0)->esp_hdr, 0);
	CU_ASSERT_EQUAL(info(1)->gre, 16);
	CU_ASSERT_EQUAL(info(1)->budget, 1464);
	dp_world_sas();
	CU_ASSERT_EQUAL(info(2)->esp_hdr, 8);
	CU_ASSERT_EQUAL(info(2)->budget, 1442);
	CU_ASSERT_EQUAL(info(2)->iv, 8);
	CU_ASSERT_EQUAL(info(2)->align, 4);
	CU_ASSERT_EQUAL(info(2)->icv, 16);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(info(2)->esp_hdr, 0);
	i = dp_if(DP_IF_WAN);
	i.mtu = 1492;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	CU_ASSERT_EQUAL(info(0)->underlay_mtu, 1492);
	CU_ASSERT_EQUAL(info(0)->budget, 1468);
	c = dp_tun(0);
	c.path_mtu = 1300;
	c.cookie = 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(info(0)->path_mtu, 1300);
	CU_ASSERT_EQUAL(info(0)->budget, 1276);
	CU_ASSERT_EQUAL(info(0)->mtu, 1276);
	CU_ASSERT_EQUAL(info(0)->cookie, 77);
	c.nh_id = CHAN_NONE;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(info(0)->underlay_mtu, 0);
	CU_ASSERT_EQUAL(info(0)->budget, 0);
	CU_ASSERT_EQUAL(info(0)->present, 1);
	DP_END();
}

/* ---- fragmentation -------------------------------------------------------------------------- */

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

/* ---- payload types -------------------------------------------------------------------------- */

static void
send_type(uint16_t type)
{
	uint8_t gre[40] = { 0, 0, (uint8_t)(type >> 8), (uint8_t)type };
	struct dp_pkt p = { .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = gre, .payload_len = sizeof(gre) };

	dp_send(1, &p);
}

static void
test_types_counted(void)
{
	const struct chan_gre_type *types;
	uint64_t total = 0, common = 0;

	world();
	types = dp.w->stats->gre_types;
	send_type(0x6558);
	send_type(0x6558);
	send_type(0x88be);
	CU_ASSERT_EQUAL(types[0].type, 0x6558);
	CU_ASSERT_EQUAL(types[0].n, 2);
	CU_ASSERT_EQUAL(types[1].type, 0x88be);
	CU_ASSERT_EQUAL(types[1].n, 1);
	/* A flood of other types: the sum stays right, and what is common stays in the table. */
	for (unsigned int i = 0; i < 300; i++) {
		send_type((uint16_t)(0x9000 + i));
		send_type(0x6558);
	}
	for (unsigned int i = 0; i < CHAN_GRE_TYPES; i++) {
		total += types[i].n;
		if (types[i].type == 0x6558)
			common = types[i].n;
	}
	CU_ASSERT_EQUAL(common, 302);
	CU_ASSERT_EQUAL(total, 603);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_PROTO), 603);
	DP_END();
}

/* ---- straight from the look-up -------------------------------------------------------------- */

#define N_KINDS 60

/* What became of a burst for tunnel 3: its counters, and what came out of it at the far end. */
struct fate {
	struct chan_tun_stats tun;
	uint64_t ttl, too_big;
	unsigned int n;
	uint16_t len[N_KINDS];
	uint8_t ttls[N_KINDS], tos[N_KINDS];
};

/* Packets of all lengths: some whose TTL is over, some too long, of these some with DF. */
static unsigned int
burst_of_kinds(struct rte_mbuf **m)
{
	for (unsigned int i = 0; i < N_KINDS; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3),
			.tos = (uint8_t)(4 * i),
			.ttl = i % 9 == 4 ? 1 : (uint8_t)(3 + i), .id = (uint16_t)(1 + i),
			.len = (uint16_t)(i % 7 == 3 ? 1401 + i : 40 + 22 * i),
			.frag = i % 14 == 3 ? DF : 0 };

		m[i] = dp_frame(0, &p);
	}
	return N_KINDS;
}

/* Tunnel 3 and its far end with @alg, tunnel 2 with AES-GCM: both are sent the short way. */
static void
world_straight(enum chan_esp_alg alg)
{
	const struct esp_alg *a = &esp_algs[alg];
	struct chan_tun_sa_out bind[] = { { 2, DP_SA_OUT }, { 3, DP_SA_PEER_OUT } };

	world();
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = dp_sa(id);

		if (id != DP_SA_OUT) {
			c.alg = alg;
			c.enc_key_len = a->enc_key_len;
			c.auth_key_len = a->auth_key_len;
			c.salt_len = a->salt_len;
		}
		CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	for (unsigned int i = 0; i < RTE_DIM(bind); i++) {
		CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
		CU_ASSERT_TRUE(dp.t->tuns[bind[i].tun_id]->opts & TUN_OPT_SHORT);
	}
}

/* The burst by itself, or with a packet in it that is for a neighbour. */
static void
run_kinds(enum chan_esp_alg alg, bool straight, struct fate *f)
{
	struct dp_pkt lan = { .src = DP_TO_TUN(2), .dst = DP_LAN_HOST };
	struct rte_mbuf *m[BURST_MAX];
	unsigned int n, n_esp = 0;

	world_straight(alg);
	n = burst_of_kinds(m);
	if (!straight)
		m[n++] = dp_frame(0, &lan);
	dp_run(0, m, (uint16_t)n);
	for (unsigned int i = 0; i < dp.n_out; i++)
		if (dp.out[i].port == 1)
			m[n_esp++] = dp_turn(dp.out[i].m);
		else
			rte_pktmbuf_free(dp.out[i].m);
	dp.n_out = 0;
	*f = (struct fate){ .tun = dp.w->tun_stats[3], .ttl = dp_drops(CHAN_DROP_IP_TTL),
		.too_big = dp_drops(CHAN_DROP_TOO_BIG) };
	CU_ASSERT_FATAL(n_esp <= BURST_MAX);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	dp_run(1, m, (uint16_t)n_esp);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, n_esp);
	for (unsigned int i = 0; i < n_esp; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		unsigned int k = rte_be_to_cpu_16(ip->packet_id) - 1u;

		CU_ASSERT_TRUE(dp_ip_ok(ip, dp.out[i].m->data_len - 14u));
		CU_ASSERT_FATAL(k < N_KINDS);
		f->n++;
		f->len[k] = (uint16_t)(f->len[k] + rte_be_to_cpu_16(ip->total_length));
		f->ttls[k] = ip->time_to_live;
		f->tos[k] = ip->type_of_service;
	}
	DP_END();
}

static void
straight(enum chan_esp_alg alg)
{
	struct fate a, b;

	run_kinds(alg, true, &a);
	run_kinds(alg, false, &b);
	CU_ASSERT_EQUAL(memcmp(&a.tun, &b.tun, sizeof(a.tun)), 0);
	CU_ASSERT_EQUAL(a.ttl, 7);
	CU_ASSERT_EQUAL(b.ttl, 7);
	CU_ASSERT_EQUAL(a.too_big, b.too_big);
	CU_ASSERT_TRUE(a.too_big > 0);
	CU_ASSERT_EQUAL(a.n, b.n);
	for (unsigned int i = 0; i < N_KINDS; i++) {
		CU_ASSERT_EQUAL(a.len[i], b.len[i]);
		CU_ASSERT_EQUAL(a.ttls[i], b.ttls[i]);
		CU_ASSERT_EQUAL(a.tos[i], b.tos[i]);
		CU_ASSERT_TRUE(a.len[i] == 0 || a.ttls[i] == 1 + i); /* two hops */
	}
}

/* A burst that goes from the look-up straight into a tunnel (gre_encap_looked_up()) fares as one
 * that goes there by way of gre_encap's vector. */
static void
test_straight(void)
{
	straight(CHAN_ESP_AES128_GCM16);
	straight(CHAN_ESP_AES128_CBC_SHA1_96);
	straight(CHAN_ESP_AES256_CBC_SHA256_128);
}

/* Tunnels with AES-GCM and AES-CBC in turn, either first: each packet leaves under its own SA. */
static void
test_straight_mixed(void)
{
	struct rte_mbuf *m[BURST_MAX], *back[BURST_MAX];
	unsigned int n_back;

	for (unsigned int first = 0; first < 2; first++) {
		world_straight(CHAN_ESP_AES128_CBC_SHA1_96);
		for (unsigned int i = 0; i < BURST_MAX; i++) {
			struct dp_pkt p = { .src = DP_LAN_HOST, .len = (uint16_t)(40 + i),
				.dst = (i + first) % 2 ? DP_TO_TUN(3) : DP_TO_TUN(2) };

			m[i] = dp_frame(0, &p);
		}
		dp_run(0, m, BURST_MAX);
		CU_ASSERT_EQUAL(dp.n_out, BURST_MAX);
		CU_ASSERT_EQUAL(dp.w->tun_stats[2].out_packets, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp.w->tun_stats[3].out_packets, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_OUT].packets, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_PEER_OUT].packets, BURST_MAX / 2);
		n_back = 0;
		for (unsigned int i = 0; i < dp.n_out; i++)
			if (dp_out_ip(i)->dst_addr == rte_cpu_to_be_32(DP_WAN_ADDR))
				back[n_back++] = dp_turn(dp.out[i].m);
			else
				rte_pktmbuf_free(dp.out[i].m);
		dp.n_out = 0;
		CU_ASSERT_EQUAL_FATAL(n_back, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
		dp_run(1, back, (uint16_t)n_back);
		CU_ASSERT_EQUAL(dp.n_out, n_back);
		DP_END();
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_ttl_copy), CU_CASE(test_df_clear), CU_CASE(test_refused),
	CU_CASE(test_path_mtu), CU_CASE(test_info), CU_CASE(test_fragments_exact),
	CU_CASE(test_cut_exact), CU_CASE(test_cut_mixed), CU_CASE(test_cut_refused),
	CU_CASE(test_fragment_of_fragment), CU_CASE(test_fragment_options),
	CU_CASE(test_fragment_burst), CU_CASE(test_ignore_df), CU_CASE(test_fragment_no_buffers),
	CU_CASE(test_fragment_after), CU_CASE(test_fragment_after_esp),
	CU_CASE(test_fragment_after_no_sa), CU_CASE(test_types_counted),
	CU_CASE(test_straight), CU_CASE(test_straight_mixed),
};

int
main(void)
{
	dp_eal();
	return cu_run("gre_ways", cases, RTE_DIM(cases));
}
