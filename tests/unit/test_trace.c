/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet traces: the right steps of the right packets, headers and nothing else in them, and a
 * path that does the same as without.
 */
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

#define FAR IP4(203, 0, 113, 7)

static struct chan_trace_rec recs[64];
static unsigned int n_recs;

static void
world(void)
{
	dp_open(NULL);
	dp_world();
	dp_world_sas();
	dp_attach();
}

static void
d6_world_open(void)
{
	dp_open(NULL);
	d6_world();
	dp_world_sas();
	dp_attach();
}

static struct chan_trace
any(uint32_t count)
{
	return (struct chan_trace){ .trace_id = 7, .count = count, .if_id = CHAN_NONE,
		.tun_id = CHAN_NONE };
}

static void
trace(struct chan_trace t)
{
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TRACE_SET, t), 0);
}

static void
collect(void)
{
	n_recs = 0;
	while (n_recs < RTE_DIM(recs) && dp_traced(&recs[n_recs]))
		n_recs++;
}

/* Are the next records from *@at on these steps, the last one marked? */
static bool
steps_are(unsigned int *at, const enum chan_trace_node *nodes, unsigned int n)
{
	bool ok = *at + n <= n_recs;

	for (unsigned int i = 0; ok && i < n; i++) {
		const struct chan_trace_rec *r = &recs[*at + i];

		ok = r->node == nodes[i] && r->step == i && r->last == (i == n - 1) &&
				r->trace_id == 7 && (i == 0 || r->tsc >= recs[*at + i - 1].tsc);
		if (!ok)
			fprintf(stderr, "step %u is %s\n", i, chan_trace_node_str(r->node));
	}
	*at += n;
	return ok;
}

/* Two of three packets that match, none of those that do not. */
static void
test_forwarded(void)
{
	static const enum chan_trace_node way[] = { CHAN_TRACE_RX, CHAN_TRACE_IP4_LOOKUP,
		CHAN_TRACE_IP4_REWRITE, CHAN_TRACE_TX };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = FAR }, other = { .src = DP_LAN_HOST,
		.dst = IP4(203, 0, 112, 7) };
	struct chan_trace t = any(2);
	struct rte_mbuf *m[6];
	unsigned int at = 0;

	world();
	t.family = 4;
	t.dst = IP4(203, 0, 113, 0);
	t.dst_len = 24;
	t.proto = 17;
	trace(t);
	for (unsigned int i = 0; i < 6; i++)
		m[i] = dp_frame(0, i % 2 ? &p : &other);
	dp_run(0, m, 6);
	CU_ASSERT_EQUAL(dp.n_out, 6);
	/* All in their order, as without a trace. */
	for (unsigned int i = 0; i < dp.n_out; i++)
		CU_ASSERT_EQUAL(dp_out_ip(i)->dst_addr,
				rte_cpu_to_be_32(i % 2 ? p.dst : other.dst));
	collect();
	CU_ASSERT_EQUAL(n_recs, 8);
	CU_ASSERT_TRUE(steps_are(&at, way, 4));
	CU_ASSERT_TRUE(steps_are(&at, way, 4));
	CU_ASSERT_EQUAL(recs[0].packet, 1);
	CU_ASSERT_EQUAL(recs[4].packet, 2);
	CU_ASSERT_EQUAL(recs[1].if_id, DP_IF_LAN);
	CU_ASSERT_EQUAL(recs[1].len, 64);
	CU_ASSERT_EQUAL(recs[3].arg, 1);     /* the port */
	CU_ASSERT_EQUAL(recs[3].bytes[8], 63); /* TTL */
	CU_ASSERT_EQUAL(recs[1].n_bytes, 28); /* IPv4 and UDP */
	CU_ASSERT_TRUE(trace_running(dp.w) == NULL);
	DP_END();
}

static void
test_dropped(void)
{
	static const enum chan_trace_node way[] = { CHAN_TRACE_RX, CHAN_TRACE_IP4_LOOKUP,
		CHAN_TRACE_DROP, CHAN_TRACE_IP4_LOOKUP, CHAN_TRACE_IP4_REWRITE, CHAN_TRACE_TX };
	struct dp_pkt good = { .src = DP_LAN_HOST, .dst = FAR };
	struct dp_pkt dead = { .src = DP_LAN_HOST, .dst = FAR, .ttl = 1 };
	struct chan_trace t = any(5);
	unsigned int at = 0;

	world();
	t.drops_only = 1;
	trace(t);
	dp_send(0, &good);
	dp_send(0, &dead);
	dp_run1(0, dp_raw("short", 5));
	collect();
	CU_ASSERT_TRUE(steps_are(&at, way, RTE_DIM(way)));
	CU_ASSERT_EQUAL(recs[2].arg, CHAN_DROP_IP_TTL);
	CU_ASSERT_EQUAL(recs[at].node, CHAN_TRACE_RX);
	CU_ASSERT_EQUAL(recs[at + 1].arg, CHAN_DROP_RX_RUNT);
	CU_ASSERT_EQUAL(n_recs, at + 2);
	DP_END();
}

/* What is inside of ESP is seen when it is out; no byte of its payload is in the records. */
static void
test_decrypted(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 103, 0, 5), .len = 200 };
	struct chan_trace t = any(5);
	bool inner = false;
	struct rte_mbuf *m;

	world();
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	m = dp_turn(dp.out[--dp.n_out].m);
	t.family = 4;
	t.dst = IP4(10, 103, 0, 5);
	t.dst_len = 32;
	t.tun_id = 2;
	trace(t);
	dp_run1(1, m);
	collect();
	CU_ASSERT_TRUE_FATAL(n_recs >= 4);
	CU_ASSERT_EQUAL(recs[0].node, CHAN_TRACE_RX);
	CU_ASSERT_EQUAL(recs[1].node, CHAN_TRACE_ESP_DECRYPT);
	CU_ASSERT_EQUAL(recs[1].n_bytes, 28); /* IPv4, SPI, sequence number */
	for (unsigned int i = 0; i < n_recs; i++) {
		CU_ASSERT_TRUE(recs[i].n_bytes <= 28);
		for (unsigned int k = recs[i].n_bytes; k < CHAN_TRACE_BYTES; k++)
			CU_ASSERT_EQUAL(recs[i].bytes[k], 0);
		inner = inner || (recs[i].node == CHAN_TRACE_IP4_LOOKUP && recs[i].tun_id == 2 &&
				recs[i].sa_id == DP_SA_IN && recs[i].len == 200);
	}
	CU_ASSERT_TRUE(inner);
	DP_END();
}

/* Into a tunnel, named by the filter; injected packets too. */
static void
test_tunnel(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 102, 0, 5), .len = 100 };
	struct dp_pkt q = { .src = DP_LAN_HOST, .dst = IP4(10, 100, 0, 5) };
	struct chan_trace t = any(5);
	struct rte_mbuf *m = dp_frame(0, &p);
	bool encap = false;

	world();
	t.tun_id = 2;
	trace(t);
	dp_send(0, &q);
	dp_send(0, &p);
	collect();
	CU_ASSERT_TRUE_FATAL(n_recs >= 4);
	for (unsigned int i = 0; i < n_recs; i++) {
		CU_ASSERT_EQUAL(recs[i].packet, 1);
		encap = encap || (recs[i].node == CHAN_TRACE_GRE_ENCAP && recs[i].arg == 2);
	}
	CU_ASSERT_TRUE(encap);
	CU_ASSERT_EQUAL(recs[n_recs - 1].node, CHAN_TRACE_TX);
	CU_ASSERT_EQUAL(recs[n_recs - 1].bytes[9], IPPROTO_ESP);
	dp_clear();
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 2, rte_pktmbuf_mtod_offset(m, void *, 14), 100));
	path_inject(dp.w, BURST_MAX);
	dp_flush();
	collect();
	CU_ASSERT_TRUE_FATAL(n_recs >= 3);
	CU_ASSERT_EQUAL(recs[0].node, CHAN_TRACE_INJECT);
	CU_ASSERT_EQUAL(recs[n_recs - 1].node, CHAN_TRACE_TX);
	rte_pktmbuf_free(m);
	DP_END();
}

/* Where it ends in other ways: punted, held, answered. */
static void
test_ends(void)
{
	struct dp_pkt ike = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .dport = 500 };
	struct dp_pkt unknown = { .src = DP_LAN_HOST, .dst = IP4(10, 20, 0, 1) };
	struct dp_pkt piece = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .len = 148,
		.frag = RTE_IPV4_HDR_MF_FLAG };

	world();
	trace(any(10));
	dp_send(0, &ike);
	collect();
	CU_ASSERT_EQUAL(recs[n_recs - 1].node, CHAN_TRACE_PUNT);
	CU_ASSERT_EQUAL(recs[n_recs - 1].arg, CHAN_CLASS_IKE);
	dp_send(0, &unknown);
	collect();
	CU_ASSERT_EQUAL(recs[n_recs - 1].node, CHAN_TRACE_HELD);
	dp_send(0, &piece);
	collect();
	CU_ASSERT_EQUAL(recs[n_recs - 1].node, CHAN_TRACE_HELD);
	/* Nobody reads: packets go on, records do not. */
	for (unsigned int i = 0; i < 3000; i++) {
		dp_send(0, &ike);
		if (i % 100 == 0)
			trace(any(1000));
	}
	CU_ASSERT_TRUE(dp_conserves());
	/* Who wanted it has gone. */
	tables_sync_abort(dp.t);
	CU_ASSERT_PTR_NULL(dp.t->trace);
	DP_END();
}

/* Which of the packets below are recorded under a filter. */
static void
test_filters(void)
{
	enum { UDP4 = 1, TCP4 = 2, UDP6 = 4, TCP6 = 8, EXT6 = 16, REST6 = 32 };
	static const uint8_t ext[16] = { 17, 0, [8] = 3, 232, 7, 208 }; /* UDP 1000 to 2000 */
	static const uint8_t later[16] = { 17, 0, 0, 9, 0, 0, 0, 7 };   /* not the first fragment */
	static const struct {
		struct chan_trace want;
		unsigned int hits;
	} cases[] = {
		{ { .proto = 17 }, UDP4 | UDP6 | EXT6 | REST6 },
		{ { .proto = 6 }, TCP4 | TCP6 },
		{ { .family = 6 }, UDP6 | TCP6 | EXT6 | REST6 },
		{ { .family = 4 }, UDP4 | TCP4 },
		{ { .dport = 2000 }, UDP4 | UDP6 | EXT6 },
		{ { .dport = 443 }, TCP4 | TCP6 },
		{ { .sport = 1000, .family = 6 }, UDP6 | TCP6 | EXT6 },
		{ { .sport = 1001 }, 0 },
		{ { .family = 6, .src6 = { 0x20, 1, 0xd, 0xb8, 0, 1 }, .src_len = 48 },
		  UDP6 | TCP6 | EXT6 | REST6 },
		{ { .family = 6, .src6 = { 0x20, 1, 0xd, 0xb8, 0, 2 }, .src_len = 48 }, 0 },
		{ { .family = 6, .dst6 = { 0x20, 1, 0xd, 0xb8, 0xaa, 0xaa, [15] = 7 },
		    .dst_len = 128, .proto = 6, .dport = 443 }, TCP6 },
	};
	uint8_t tcp[20] = { 3, 232, 1, 187 }; /* 1000 to 443 */

	d6_world_open();
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct chan_trace t = cases[i].want;
		unsigned int hits = 0;

		t.trace_id = 7;
		t.count = 100;
		t.if_id = t.tun_id = CHAN_NONE;
		trace(t);
		for (unsigned int bit = 0; bit < 6; bit++) {
			if (1u << bit == UDP4)
				dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = FAR });
			else if (1u << bit == TCP4)
				dp_send(0,
						&(struct dp_pkt){ .src = DP_LAN_HOST, .dst = FAR,
						.proto = 6,
					.payload = tcp, .payload_len = sizeof(tcp) });
			else if (1u << bit == UDP6)
				d6_send(0, &(struct d6_pkt){ .src = D6_LAN_HOST });
			else if (1u << bit == TCP6)
				d6_send(0, &(struct d6_pkt){ .proto = 6, .payload = tcp,
					.payload_len = sizeof(tcp) });
			else
				d6_send(0, &(struct d6_pkt){ .proto = 1u << bit == EXT6 ? 60 : 44,
					.payload = 1u << bit == EXT6 ? ext : later,
					.payload_len = sizeof(ext) });
			collect();
			hits |= n_recs != 0 ? 1u << bit : 0;
			if (1u << bit == UDP6 && n_recs != 0)
				CU_ASSERT_EQUAL(recs[0].n_bytes, 48); /* IPv6 and UDP */
			dp_clear();
		}
		if (hits != cases[i].hits)
			fprintf(stderr, "filter %zu: %#x\n", i, hits);
		CU_ASSERT_EQUAL(hits, cases[i].hits);
	}
	DP_END();
}

/* IPv6 inside of GRE inside of ESP. */
static void
test_inside_esp6(void)
{
	struct d6_pkt p = { .src = D6_FAR, .dst = D6_LAN_HOST };
	struct chan_trace t = any(5);
	struct rte_mbuf *m;

	d6_world_open();
	m = d6_frame(0, &p);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 3, rte_pktmbuf_mtod_offset(m, uint8_t *, 14),
			(uint16_t)(m->data_len - 14)));
	rte_pktmbuf_free(m);
	path_inject(dp.w, 1);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	m = dp_turn(dp.out[--dp.n_out].m);
	t.family = 6;
	memcpy(t.dst6, &(struct ip6_addr){ { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 0x10 } }, 16);
	t.dst_len = 128;
	t.dport = 2000;
	trace(t);
	dp_run1(1, m);
	collect();
	CU_ASSERT_TRUE_FATAL(n_recs >= 4);
	CU_ASSERT_EQUAL(recs[1].node, CHAN_TRACE_ESP_DECRYPT);
	CU_ASSERT_EQUAL(recs[n_recs - 1].node, CHAN_TRACE_TX);
	CU_ASSERT_EQUAL(recs[n_recs - 1].bytes[0] >> 4, 6);
	dp_clear();
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_forwarded), CU_CASE(test_dropped), CU_CASE(test_decrypted),
	CU_CASE(test_tunnel), CU_CASE(test_ends), CU_CASE(test_filters), CU_CASE(test_inside_esp6),
};

int
main(void)
{
	dp_eal();
	return cu_run("trace", cases, RTE_DIM(cases));
}
