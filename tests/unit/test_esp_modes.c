/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Around ESP: transport and tunnel mode, with GRE and without, in UDP or not, through the whole
 * path and against the independent ESP of esp_ref.c. Padding for traffic flow confidentiality, and
 * what an authenticated peer may get wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/esp_int.h"
#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"
#include "tests/unit/esp_variant.h"

#define NEXT_IP4 4
#define NEXT_IP6 41
#define NEXT_GRE 47

static const struct esp_variant tunnel_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, false,
	CHAN_ESP_AES128_GCM16, 0, 0, 0 };
static const struct esp_variant tunnel_ip = { CHAN_TUN_IPSEC, CHAN_SA_TUNNEL, false,
	CHAN_ESP_AES128_GCM16, 0, 0, 0 };

/* ---- every combination --------------------------------------------------------------------- */

/* What is in front of the inner packet, once decrypted. @return its length, 0 if it is wrong. */
static unsigned int
wrapping(const struct esp_variant *v, const uint8_t *p, unsigned int len)
{
	static const uint8_t plain[4] = { 0, 0, 8, 0 };
	static const uint8_t keyed[8] = { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY };
	unsigned int gre_len = dp.protected_key != 0 ? sizeof(keyed) : sizeof(plain);
	struct rte_ipv4_hdr ip;

	if (v->kind == CHAN_TUN_IPSEC)
		return v->mode == CHAN_SA_TUNNEL ? UINT32_MAX : 0;
	if (v->mode == CHAN_SA_TUNNEL) {
		memcpy(&ip, p, sizeof(ip));
		if (!dp_ip_ok(&ip, len) || ip.next_proto_id != IPPROTO_GRE ||
				rte_be_to_cpu_32(ip.src_addr) !=
				(v->inner_local != 0 ? v->inner_local : DP_WAN_ADDR) ||
				rte_be_to_cpu_32(ip.dst_addr) !=
				(v->inner != 0 ? v->inner : DP_PEER(2)))
			return 0;
		p += sizeof(ip);
	}
	if (memcmp(p, dp.protected_key != 0 ? keyed : plain, gre_len) != 0)
		return 0;
	return v->mode == CHAN_SA_TUNNEL ? sizeof(ip) + gre_len : gre_len;
}

/* The frame dp.out[0] of an inner packet of @len bytes, judged by the reference. */
static bool
out_is_right(const struct esp_variant *v, unsigned int len)
{
	struct rte_mbuf *m = dp.out[0].m;
	const struct rte_ipv4_hdr *ip = ev_ip(m);
	const struct rte_udp_hdr *udp = ev_udp(m);
	const struct chan_sa c = ev_sa(DP_SA_OUT, v);
	const uint8_t *esp = (const uint8_t *)(ip + 1) + (v->udp ? sizeof(*udp) : 0);
	unsigned int left = (unsigned int)(m->data_len - (esp - (const uint8_t *)ip) - EV_L2);
	unsigned int pad, front, next;
	uint8_t plain[2000];
	int n;

	if (!dp_ip_ok(ip, m->data_len - EV_L2) ||
			ip->next_proto_id != (v->udp ? IPPROTO_UDP : IPPROTO_ESP))
		return false;
	if (v->udp && (udp->src_port != RTE_BE16(4500) || udp->dst_port != RTE_BE16(EV_PEER_PORT) ||
			udp->dgram_cksum != 0 ||
			rte_be_to_cpu_16(udp->dgram_len) != m->data_len - EV_L2 - 20))
		return false;
	n = ref_open(&c, 0, esp, left, plain);
	if (n < 2)
		return false;
	pad = plain[n - 2];
	next = plain[n - 1];
	if (next != (v->mode == CHAN_SA_TUNNEL ? NEXT_IP4 : NEXT_GRE))
		return false;
	front = wrapping(v, plain, (unsigned int)n - 2 - pad);
	if (front == 0)
		return false;
	front = front == UINT32_MAX ? 0 : front;
	return (unsigned int)n == front + len + pad + 2 &&
			pad == ref_pad(v->alg, front + len) &&
			dp_ip_ok((const struct rte_ipv4_hdr *)(plain + front), len);
}

/* One byte too long for one packet: two, each as long as the link takes at most. */
static bool
makes_two(unsigned int len)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .len = (uint16_t)len };
	bool ok;

	dp_send(0, &p);
	ok = dp.n_out == 2 && dp.out[0].m->data_len <= EV_L2 + 1500 &&
			dp.out[1].m->data_len <= EV_L2 + 1500;
	dp_clear();
	return ok;
}

/* Some length, then exactly the longest that fits: its frame is as long as the link takes; and one
 * byte more. */
static bool
both_ways(const struct esp_variant *v)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .len = 131 };
	unsigned int mtu, longest;
	bool ok;

	ev_become(v);
	mtu = tunnel_by_id(dp.t, 2)->mtu;
	dp_send(0, &p);
	ok = dp.n_out == 1 && out_is_right(v, p.len);
	dp_clear();
	p.len = (uint16_t)mtu;
	dp_send(0, &p);
	ok = ok && dp.n_out == 1 && out_is_right(v, p.len);
	longest = dp.n_out == 1 ? dp.out[0].m->data_len - (unsigned int)EV_L2 : 0;
	ok = ok && longest <= 1500 && longest + esp_algs[v->alg].align > 1500;
	dp_clear();
	ok = ok && makes_two(mtu + 1);
	dp_run1(1, ev_from_peer());
	return ev_arrived() && ok;
}

static void
every_combination_works_both_ways(void)
{
	static const struct {
		uint8_t kind, mode;
	} shapes[] = { { CHAN_TUN_GRE, CHAN_SA_TRANSPORT }, { CHAN_TUN_GRE, CHAN_SA_TUNNEL },
		{ CHAN_TUN_IPSEC, CHAN_SA_TUNNEL } };
	unsigned int n_bad = 0;

	dp_open(NULL);
	dp_world();
	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++)
		for (unsigned int i = 0; i < RTE_DIM(shapes) * 8; i++) {
			struct esp_variant v = { shapes[i / 8].kind, shapes[i / 8].mode, i & 1,
				(uint8_t)alg, i >> 1 & 1 };

			if (i & 4 && v.kind != CHAN_TUN_GRE)
				continue;
			dp.protected_key = i & 4 ? DP_TUN_KEY : 0;
			if (!both_ways(&v)) {
				printf("%s esn %u mode %u kind %u udp %d key %u\n",
						chan_esp_alg_str(alg), v.esn, v.mode, v.kind, v.udp,
						dp.protected_key);
				n_bad++;
			}
		}
	dp.protected_key = 0;
	CU_ASSERT_EQUAL(n_bad, 0);
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* Bytes to be changed in packet @i of a burst, counted from its end; 0: none. */
static unsigned int
broken_at(unsigned int i)
{
	return i % 8 == 3 ? 1 : i % 8 == 6 ? 60 : 0;
}

/*
 * A burst of packets of one SA by the short ways: the good ones arrive, what was changed on its way
 * does not, and nothing arrives a second time.
 */
static bool
burst_arrives(const struct esp_variant *v)
{
	struct rte_mbuf *m[BURST_MAX], *again[BURST_MAX];
	unsigned int n_good = 0;
	bool ok;

	ev_open(v);
	dp_run1(1, ev_from_peer()); /* the first one of an SA is not usual */
	ok = ev_arrived();
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		m[i] = ev_from_peer();
		again[i] = dp_raw(rte_pktmbuf_mtod(m[i], void *), m[i]->data_len);
		if (broken_at(i) != 0)
			rte_pktmbuf_mtod(m[i], uint8_t *)[m[i]->data_len - broken_at(i)] ^= 4;
		else
			n_good++;
	}
	dp_run(1, m, BURST_MAX);
	ok = ok && dp.n_out == n_good && dp_drops(CHAN_DROP_ESP_ICV) == BURST_MAX - n_good;
	for (unsigned int i = 0; ok && i < dp.n_out; i++)
		ok = dp_ip_ok(dp_out_ip(i), 200) && dp.out[i].m->data_len == EV_L2 + 200 &&
				dp_out_ip(i)->time_to_live == 7;
	dp_clear();
	dp_run(1, again, BURST_MAX);
	ok = ok && dp.n_out == BURST_MAX - n_good && dp_drops(CHAN_DROP_ESP_REPLAY) == n_good;
	DP_END();
	return ok;
}

static void
a_burst_of_each_algorithm_arrives_once(void)
{
	unsigned int n_bad = 0;

	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++)
		for (unsigned int i = 0; i < 4; i++) {
			const struct esp_variant v = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, i & 1,
				(uint8_t)alg, (uint8_t)(i >> 1) };

			if (!burst_arrives(&v)) {
				printf("%s esn %u udp %u\n", chan_esp_alg_str(alg), v.esn, v.udp);
				n_bad++;
			}
		}
	CU_ASSERT_EQUAL(n_bad, 0);
}

/* ---- inside a tunnel-mode SA --------------------------------------------------------------- */

static uint64_t next_seq;

/* ESP from the peer with @len bytes of @payload of type @next; @tos of the outer header. */
static void
seal_and_run(const struct esp_variant *v, const void *payload, unsigned int len, uint8_t next,
		uint8_t tos)
{
	struct chan_sa c = ev_sa(DP_SA_IN, v);
	static uint8_t frame[2000];
	struct rte_udp_hdr udp = { .src_port = RTE_BE16(EV_PEER_PORT), .dst_port = RTE_BE16(4500) };
	unsigned int pad = ref_pad(v->alg, len), front = v->udp ? sizeof(udp) : 0;
	struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR,
		.proto = v->udp ? IPPROTO_UDP : IPPROTO_ESP, .tos = tos, .payload = frame };
	uint8_t iv[16] = { (uint8_t)++next_seq };

	p.payload_len = (uint16_t)(front + ref_seal(&c, next_seq, iv, payload, len, NULL, pad,
			(uint8_t)pad, next, frame + front));
	udp.dgram_len = rte_cpu_to_be_16(p.payload_len);
	memcpy(frame, &udp, front);
	dp_clear();
	dp_send(1, &p);
}

struct inside {
	struct rte_ipv4_hdr ip; /* from tunnel end to tunnel end */
	uint8_t gre[4];
	struct rte_ipv4_hdr pkt;
	uint8_t data[44];
	uint8_t tfc[64]; /* padding for traffic flow confidentiality */
} __attribute__((packed));

static struct inside
inside(void)
{
	struct inside x = { .gre = { 0, 0, 8, 0 } };

	x.ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45, .total_length = RTE_BE16(88),
		.time_to_live = 64, .next_proto_id = IPPROTO_GRE, .src_addr = RTE_BE32(DP_PEER(2)),
		.dst_addr = RTE_BE32(DP_WAN_ADDR) };
	ev_sum_again(&x.ip);
	x.pkt = (struct rte_ipv4_hdr){ .version_ihl = 0x45, .total_length = RTE_BE16(64),
		.time_to_live = 64, .next_proto_id = 200, .src_addr = RTE_BE32(DP_TO_TUN(2)),
		.dst_addr = RTE_BE32(DP_LAN_HOST) };
	ev_sum_again(&x.pkt);
	return x;
}

static bool
forwarded(void)
{
	return dp.n_out == 1 && dp.out[0].port == 0 &&
			dp.out[0].m->data_len == EV_L2 + 64 && dp_ip_ok(dp_out_ip(0), 64);
}

static void
extra_bytes_after_the_packet_are_cut_off(void)
{
	struct inside x = inside();

	next_seq = 0;
	ev_open(&tunnel_gre);
	seal_and_run(&tunnel_gre, &x, 88, NEXT_IP4, 0);
	CU_ASSERT_TRUE(forwarded());
	for (unsigned int tfc = 1; tfc <= sizeof(x.tfc); tfc++) {
		seal_and_run(&tunnel_gre, &x, 88 + tfc, NEXT_IP4, 0);
		CU_ASSERT_TRUE(forwarded());
	}
	next_seq = 0;
	ev_become(&tunnel_ip);
	for (unsigned int tfc = 0; tfc <= sizeof(x.tfc); tfc++) {
		seal_and_run(&tunnel_ip, &x.pkt, 64 + tfc, NEXT_IP4, 0);
		CU_ASSERT_TRUE(forwarded());
		CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_drops, 0);
	}
	next_seq = 0;
	ev_become(&ev_plain_gre);
	for (unsigned int tfc = 0; tfc <= sizeof(x.tfc); tfc++) {
		seal_and_run(&ev_plain_gre, x.gre, 68 + tfc, NEXT_GRE, 0);
		CU_ASSERT_TRUE(forwarded());
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* One packet that must be dropped, and why. */
#define REFUSED(v, len, next, tos, why, stmt)                                                      \
	do {                                                                                      \
		struct inside x = inside();                                                       \
		uint64_t before = dp_drops(why);                                                  \
                                                                                                  \
		stmt;                                                                             \
		seal_and_run(v, (v)->kind == CHAN_TUN_IPSEC ? (void *)&x.pkt : (void *)&x, len,   \
				next, tos);                                                       \
		CU_ASSERT_EQUAL(dp_drops(why), before + 1);                                       \
		CU_ASSERT_EQUAL(dp.n_out, 0);                                                     \
	} while (0)

static void
what_a_tunnel_mode_peer_may_get_wrong(void)
{
	struct dp_pkt in_clear = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = NEXT_IP4 };
	const struct esp_variant *v = &tunnel_gre;

	next_seq = 0;
	ev_open(v);
	REFUSED(v, 88, NEXT_GRE, 0, CHAN_DROP_ESP_NEXT_HDR, );
	REFUSED(v, 88, 6, 0, CHAN_DROP_ESP_NEXT_HDR, );
	REFUSED(v, 88, 0, 0, CHAN_DROP_ESP_NEXT_HDR, );
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_VERSION, x.ip.version_ihl = 0x65);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_VERSION, x.ip.version_ihl = 0x44);
	REFUSED(v, 87, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, );
	REFUSED(v, 19, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, );
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, x.ip.total_length = RTE_BE16(19));
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH,
			(x.ip.version_ihl = 0x4f, x.ip.total_length = RTE_BE16(59)));
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.next_proto_id = IPPROTO_UDP);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.src_addr ^= 1);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.dst_addr ^= 1);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_REASS_BAD,
			(x.ip.fragment_offset = RTE_BE16(0x2000), ev_sum_again(&x.ip)));
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_CHECKSUM, x.ip.hdr_checksum ^= 1);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_CHECKSUM, x.ip.time_to_live ^= 1);
	REFUSED(v, 22, NEXT_IP4, 0, CHAN_DROP_GRE_SHORT,
			(x.ip.total_length = RTE_BE16(22), ev_sum_again(&x.ip)));
	REFUSED(v, 88, NEXT_IP4, 3, CHAN_DROP_GRE_ECN, );
	REFUSED(v, 88, NEXT_IP6, 0, CHAN_DROP_SA_TUNNEL, );
	next_seq = 0;
	ev_become(&ev_plain_gre);
	REFUSED(&ev_plain_gre, 88, NEXT_IP4, 0, CHAN_DROP_ESP_NEXT_HDR, );
	next_seq = 0;
	ev_become(&tunnel_ip);
	REFUSED(&tunnel_ip, 63, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, );
	REFUSED(&tunnel_ip, 64, NEXT_IP4, 3, CHAN_DROP_GRE_ECN, );
	REFUSED(&tunnel_ip, 64, NEXT_IP4, 0, CHAN_DROP_IP_CHECKSUM, x.pkt.hdr_checksum ^= 1);
	/* Whether it is one at all, ip6_input looks. */
	REFUSED(&tunnel_ip, 64, NEXT_IP6, 0, CHAN_DROP_IP6_VERSION, );
	/* And IP in IP without ESP is not a way in. */
	dp_send(1, &in_clear);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO), 1);
	DP_END();
}

/* Bytes @at.. of what is behind the header around GRE, in a fragment of its own. */
static void
run_fragment(const struct esp_variant *v, const struct inside *x, unsigned int at,
		unsigned int len, uint8_t tos)
{
	struct inside f = *x;
	bool more = at + len < 68;

	f.ip.type_of_service = tos;
	f.ip.total_length = rte_cpu_to_be_16((uint16_t)(sizeof(f.ip) + len));
	f.ip.fragment_offset = rte_cpu_to_be_16((uint16_t)(at / 8 | (more ? 0x2000u : 0)));
	ev_sum_again(&f.ip);
	memcpy(f.gre, x->gre + at, len);
	seal_and_run(v, &f, (unsigned int)sizeof(f.ip) + len, NEXT_IP4, 0);
}

static const struct esp_variant nat_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, true,
	CHAN_ESP_AES128_CBC_SHA1_96, 1, IP4(192, 168, 1, 7), IP4(203, 0, 113, 1) };

/* RFC 4301 section 7: a peer may fragment what is around GRE before it encrypts. IOS does. */
static void
fragments_before_encryption(void)
{
	static const struct esp_variant *const variants[] = { &tunnel_gre, &nat_gre };

	for (unsigned int i = 0; i < 4; i++) {
		const struct esp_variant *v = variants[i / 2];
		unsigned int first = i % 2;
		struct inside x = inside();

		next_seq = 0;
		dp_open_workers(NULL, 2);
		dp_world();
		ev_become(v);
		dp_use(i % 2);
		x.ip.src_addr = rte_cpu_to_be_32(v->inner != 0 ? v->inner : DP_PEER(2));
		x.ip.dst_addr = rte_cpu_to_be_32(v->inner_local != 0 ? v->inner_local :
				DP_WAN_ADDR);
		for (unsigned int n = 0; n < 3; n++) {
			run_fragment(v, &x, first ? 48 : 0, first ? 20 : 48, 0);
			CU_ASSERT_EQUAL(dp.n_out, 0);
			run_fragment(v, &x, first ? 0 : 48, first ? 48 : 20, 0);
			CU_ASSERT_TRUE(forwarded());
		}
		CU_ASSERT_EQUAL(dp_all_drops(), 0);
		DP_END();
	}
}

/* What of them does not pass, and that nothing of it leaves in the clear. */
static void
fragments_that_are_wrong(void)
{
	struct dp_pkt clear = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload_len = 20, .frag = 6, .id = 1 };
	struct inside x = inside(), y = inside();

	next_seq = 0;
	ev_open(&tunnel_gre);
	x.ip.packet_id = RTE_BE16(1);
	y.ip.src_addr ^= 1;
	run_fragment(&tunnel_gre, &y, 0, 48, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_SA_TUNNEL), 1);
	run_fragment(&tunnel_gre, &x, 0, 8, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_TINY), 1);
	/* Of one in the clear and one that was protected no packet is made. */
	run_fragment(&tunnel_gre, &x, 0, 48, 0);
	clear.payload = x.gre + 48;
	dp_send(1, &clear);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp.w->stats->reass_held, 2);
	run_fragment(&tunnel_gre, &x, 40, 28, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_OVERLAP), 2);
	/* Marked and unmarkable pieces: RFC 3168 section 5.3. */
	run_fragment(&tunnel_gre, &x, 0, 48, 3);
	run_fragment(&tunnel_gre, &x, 48, 20, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_BAD), 2);
	/* Its time is over: no ICMP error, which would quote it in the clear. */
	run_fragment(&tunnel_gre, &x, 0, 48, 0);
	dp_clear();
	dp_clock(true);
	for (unsigned int i = 0; i < 3; i++)
		dp_tick();
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_REASS_TIME) >= 1);
	CU_ASSERT_EQUAL(dp.w->stats->reass_held, 0);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	dp_clock(false);
	DP_END();
}

/* We are behind a NAT, alone or as well: the far end has another address for us. */
static const struct esp_variant outside_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, true,
	CHAN_ESP_AES128_GCM16, 0, 0, IP4(203, 0, 113, 1) };
static const struct esp_variant both_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, true,
	CHAN_ESP_AES128_GCM16, 0, IP4(192, 168, 1, 7), IP4(203, 0, 113, 1) };

/* Past NAT an end has another address inside, both ways, wherever the NAT puts the far end. */
static void
other_addresses_inside(const struct esp_variant *v)
{
	uint32_t remote = v->inner != 0 ? v->inner : DP_PEER(2);
	uint32_t local = v->inner_local != 0 ? v->inner_local : DP_WAN_ADDR;
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .len = 131 };
	struct chan_sa move = ev_sa(DP_SA_OUT, v);
	struct inside in = inside();

	next_seq = 0;
	ev_open(v);
	dp_send(0, &p);
	CU_ASSERT_TRUE_FATAL(dp.n_out == 1 && out_is_right(v, p.len));
	CU_ASSERT_EQUAL(ev_ip(dp.out[0].m)->dst_addr, RTE_BE32(DP_PEER(2)));
	CU_ASSERT_EQUAL(ev_ip(dp.out[0].m)->src_addr, RTE_BE32(DP_WAN_ADDR));
	dp_clear();
	move.remote = IP4(203, 0, 113, 9);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	dp_send(0, &p);
	CU_ASSERT_TRUE_FATAL(dp.n_out == 1 && out_is_right(v, p.len));
	in.ip.src_addr = rte_cpu_to_be_32(remote);
	in.ip.dst_addr = rte_cpu_to_be_32(local);
	ev_sum_again(&in.ip);
	seal_and_run(v, &in, 88, NEXT_IP4, 0);
	CU_ASSERT_TRUE(forwarded());
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL,
			(x.ip.src_addr = rte_cpu_to_be_32(remote ^ 1),
					x.ip.dst_addr = rte_cpu_to_be_32(local)));
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL,
			(x.ip.src_addr = rte_cpu_to_be_32(remote),
					x.ip.dst_addr = rte_cpu_to_be_32(local ^ 1)));
	/* Neither by the addresses of outside. */
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, );
	DP_END();
}

static void
a_private_address_inside(void)
{
	other_addresses_inside(&ev_private_gre);
	other_addresses_inside(&outside_gre);
	other_addresses_inside(&both_gre);
}

/* A congestion mark reaches the innermost packet through both headers. */
static void
congestion_marks_go_inwards(void)
{
	struct inside x = inside();

	next_seq = 0;
	ev_open(&tunnel_gre);
	x.ip.type_of_service = 2;
	ev_sum_again(&x.ip);
	x.pkt.type_of_service = 2;
	ev_sum_again(&x.pkt);
	seal_and_run(&tunnel_gre, &x, 88, NEXT_IP4, 3);
	CU_ASSERT_TRUE_FATAL(forwarded());
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 3);
	next_seq = 0;
	ev_become(&tunnel_ip);
	seal_and_run(&tunnel_ip, &x.pkt, 64, NEXT_IP4, 3);
	CU_ASSERT_TRUE_FATAL(forwarded());
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 3);
	DP_END();
}

/* A rekey may change the mode: for a while both are there. */
static void
inbound_sas_of_both_modes_at_once(void)
{
	struct inside x = inside();
	struct chan_sa c;

	next_seq = 0;
	ev_open(&ev_plain_gre);
	c = ev_sa(DP_SA_IN, &tunnel_gre);
	c.sa_id = 60;
	c.spi = 1u << CHAN_SPI_IDX_BITS | 60;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	for (unsigned int i = 1; i <= 4; i++) {
		uint8_t esp[300], iv[8] = { (uint8_t)i };
		unsigned int pad = ref_pad(c.alg, 88);
		struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_ESP,
			.payload = esp };

		seal_and_run(&ev_plain_gre, x.gre, 68, NEXT_GRE, 0);
		CU_ASSERT_TRUE(forwarded());
		p.payload_len = (uint16_t)ref_seal(&c, i, iv, &x, 88, NULL, pad, (uint8_t)pad,
				NEXT_IP4, esp);
		dp_clear();
		dp_send(1, &p);
		CU_ASSERT_TRUE(forwarded());
	}
	DP_END();
}

static void
kinds_are_checked(void)
{
	struct chan_tun c;
	struct chan_sa sa;

	ev_open(&tunnel_ip);
	c = dp_tun(2);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EBUSY); /* it has SAs */
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.kind");
	c = dp_tun(9);
	c.kind = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.kind");
	c.kind = CHAN_TUN_IPSEC;
	c.flags |= CHAN_TUN_KEY;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.flags");
	sa = ev_sa(DP_SA_IN, &ev_plain_gre);
	sa.sa_id = 60;
	sa.spi = 1u << CHAN_SPI_IDX_BITS | 60;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.mode");
	sa.mode = 2;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.mode");
	DP_END();
}

/* ---- the crypto library ------------------------------------------------------------------- */

/* A library that has no room for jobs, and one that does none of those it is given. */
static uint32_t
no_jobs(IMB_MGR *mgr, uint32_t n, IMB_JOB **jobs)
{
	(void)mgr;
	(void)n;
	(void)jobs;
	return 0;
}

static uint32_t
no_cipher(IMB_MGR *mgr, IMB_JOB *jobs, uint32_t n, IMB_CIPHER_MODE mode, IMB_CIPHER_DIRECTION dir,
		IMB_KEY_SIZE_BYTES key_len)
{
	(void)mgr;
	(void)mode;
	(void)dir;
	(void)key_len;
	for (uint32_t i = 0; i < n; i++)
		jobs[i].status = IMB_STATUS_ERROR;
	return 0;
}

/* Nothing leaves that was not encrypted, nothing is taken that was not decrypted; and when the
 * library works again, what it failed to decrypt is no replay. */
static void
the_library_fails(void)
{
	static const uint8_t algs[] = { CHAN_ESP_AES128_CBC_SHA256_128, CHAN_ESP_AES256_CBC_SHA1_96,
		CHAN_ESP_AES128_CTR_SHA1_96, CHAN_ESP_CHACHA20_POLY1305, CHAN_ESP_AES128_GMAC };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2), .len = 200 };

	for (unsigned int i = 0; i < RTE_DIM(algs); i++) {
		struct esp_variant v = ev_plain_gre;
		struct rte_mbuf *m, *again;
		IMB_MGR *mgr, works;

		v.alg = algs[i];
		ev_open(&v);
		m = ev_from_peer();
		again = dp_raw(rte_pktmbuf_mtod(m, const void *), m->data_len);
		mgr = dp.w->esp->crypt.mgr;
		works = *mgr;
		mgr->get_next_burst = no_jobs;
		mgr->submit_cipher_burst_nocheck = no_cipher;
		dp_send(0, &p);
		CU_ASSERT_EQUAL(dp.n_out, 0);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_CRYPTO), 1);
		CU_ASSERT_EQUAL(dp.w->tun_stats[2].out_drops, 1);
		dp_run1(1, m);
		CU_ASSERT_EQUAL(dp.n_out, 0);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ICV), 1);
		mgr->get_next_burst = works.get_next_burst;
		mgr->submit_cipher_burst_nocheck = works.submit_cipher_burst_nocheck;
		dp_run1(1, again);
		CU_ASSERT_TRUE(ev_arrived());
		dp_send(0, &p);
		CU_ASSERT_EQUAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp_all_drops(), 2);
		DP_END();
	}
}

static const struct cu_case cases[] = {
	CU_CASE(every_combination_works_both_ways),
	CU_CASE(a_burst_of_each_algorithm_arrives_once),
	CU_CASE(extra_bytes_after_the_packet_are_cut_off),
	CU_CASE(what_a_tunnel_mode_peer_may_get_wrong), CU_CASE(fragments_before_encryption),
	CU_CASE(fragments_that_are_wrong), CU_CASE(a_private_address_inside),
	CU_CASE(congestion_marks_go_inwards), CU_CASE(inbound_sas_of_both_modes_at_once),
	CU_CASE(kinds_are_checked), CU_CASE(the_library_fails),
};

int
main(void)
{
	dp_eal();
	return cu_run("esp_modes", cases, RTE_DIM(cases));
}
