/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Out of a tunnel by the short way (nodes/ethernet_input.c, nodes/esp_in.h) and by the long one,
 * packet by packet and in a burst: the same packets leave, the same are dropped for the same
 * reasons, and all is counted in the same places. What takes the short way at all is asked of
 * gre_usual().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_tcp.h>

#include "dataplane/nodes/gre.h"
#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"
#include "tests/unit/esp_variant.h"

#define INNER_LEN  64
#define ROOM       2000
#define MOVED_PORT 777
#define VIRTUAL    IP4(192, 0, 2, 77) /* of ours, and no interface's */

/* What is in GRE. */
enum inside { PLAIN, BAD_SUM, TTL_OVER, MARTIAN, TOO_LONG, OPTIONS, IN_GRE, SYN, TO_TUNNEL };

static const struct shape {
	const char *what;
	uint8_t gre[16];
	uint8_t gre_len;
	uint8_t inside; /* enum inside */
	uint8_t tos;    /* of the outer header */
	uint8_t len;    /* of all of it; 0: whole */
	bool usual, usual_keyed; /* takes the short way out of a tunnel without, with a key */
} shapes[] = {
	{ "plain", { 0, 0, 8, 0 }, 4, PLAIN, 0, 0, true, false },
	{ "keyed", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 0, 0, false, true },
	{ "another key", { 0x20, 0, 8, 0, 0, 0, 1, DP_TUN_KEY }, 8 },
	{ "and another", { 0x20, 0, 8, 0, DP_TUN_KEY, 0, 0, 0 }, 8 },
	{ "no key", { 0x20, 0, 8, 0, 0, 0, 0, 0 }, 8 },
	{ "sequence", { 0x10, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "key, sequence", { 0x30, 0, 8, 0, 0, 0, 0, DP_TUN_KEY, 0, 0, 0, 1 }, 12 },
	{ "ignored bit", { 0x20, 8, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "version", { 0x20, 1, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "routing", { 0x60, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "checksum", { 0xa0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, DP_TUN_KEY }, 12 },
	{ "type", { 0x20, 0, 0x88, 0xbe, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "IPv6", { 0x20, 0, 0x86, 0xdd, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "keepalive's answer", { 0x20, 0, 0, 0, 0, 0, 0, DP_TUN_KEY }, 8 },
	{ "metadata", { 0x20, 0, 0x89, 9, 0, 0, 0, DP_TUN_KEY, 8, 0, 1, 0 }, 12 },
	{ "2 bytes", { 0x20, 0, 8, 0 }, 8, PLAIN, 0, 2 },
	{ "4 bytes", { 0x20, 0, 8, 0 }, 8, PLAIN, 0, 4 },
	{ "7 bytes", { 0x20, 0, 8, 0, 0, 0, 0 }, 8, PLAIN, 0, 7 },
	{ "8 bytes", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 0, 8 },
	{ "27 bytes", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 0, 27 },
	{ "cut", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 0, 71 },
	{ "cut plain", { 0, 0, 8, 0 }, 4, PLAIN, 0, 23 },
	{ "bad sum", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, BAD_SUM },
	{ "martian", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, MARTIAN },
	{ "too long", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, TOO_LONG },
	{ "TTL", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, TTL_OVER, 0, 0, false, true },
	{ "plain, TTL", { 0, 0, 8, 0 }, 4, TTL_OVER, 0, 0, true, false },
	{ "options", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, OPTIONS },
	{ "GRE", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, IN_GRE },
	{ "SYN", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, SYN },
	{ "plain SYN", { 0, 0, 8, 0 }, 4, SYN },
	{ "to a tunnel", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, TO_TUNNEL, 0, 0, false, true },
	{ "plain to a tunnel", { 0, 0, 8, 0 }, 4, TO_TUNNEL, 0, 0, true, false },
	{ "mark", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 3 },
	{ "able", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 2, 0, false, true },
	{ "plain mark", { 0, 0, 8, 0 }, 4, PLAIN, 3 },
	{ "last keyed", { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY }, 8, PLAIN, 0, 0, false, true },
	{ "last", { 0, 0, 8, 0 }, 4, PLAIN, 0, 0, true, false },
};
static_assert(RTE_DIM(shapes) <= BURST_MAX, "a burst");

/* What is around ESP, at an SA in UDP or not. */
enum around {
	AS_IT_SHOULD, IN_UDP, NOT_IN_UDP, FROM_PORT, FROM_ADDR, TO_PORT, UDP_CHECKSUM, UDP_LONGER,
	UDP_SHORTER, UDP_TINY, UDP_TINIER, MORE_BEHIND, UDP_NO_SPI, UDP_OTHER_SPI, UDP_KEEPALIVE,
	UDP_4, UDP_7, UDP_8, WITH_OPTIONS, TAMPERED, MF, N_AROUND
};

/* What became of all of them. */
struct fate {
	uint64_t drops[CHAN_N_DROPS];
	struct chan_tun_stats tun, tun0;
	uint64_t sa_packets, sa_bytes, sa_replay, punted, absorbed, nat_keepalives;
	uint16_t moved_port; /* that the first report of a move names; one a second */
	unsigned int n_lan, n_wan, lan_len, wan_len;
	uint8_t lan[BURST_MAX * 2 * INNER_LEN]; /* the frames to the LAN, in their order */
};

static const struct esp_variant *variant;
static bool keyed;
static bool virtual; /* tunnel 2 ends at VIRTUAL */
static uint64_t next_seq;

/* ---- packets -------------------------------------------------------------------------------- */

static void
put_inside(uint8_t *p, enum inside what)
{
	struct rte_ipv4_hdr ip = { .version_ihl = 0x45, .total_length = RTE_BE16(INNER_LEN),
		.time_to_live = what == TTL_OVER ? 1 : 64, .next_proto_id = 200,
		.type_of_service = 2, .src_addr = RTE_BE32(DP_TO_TUN(2)),
		.dst_addr = RTE_BE32(DP_LAN_HOST) };
	struct rte_tcp_hdr tcp = { .data_off = 6 << 4, .tcp_flags = RTE_TCP_SYN_FLAG };

	memset(p, 0, INNER_LEN);
	if (what == MARTIAN)
		ip.src_addr = RTE_BE32(IP4(127, 0, 0, 1));
	else if (what == TOO_LONG)
		ip.total_length = RTE_BE16(INNER_LEN + 1);
	else if (what == OPTIONS)
		ip.version_ihl = 0x46;
	else if (what == IN_GRE)
		ip.next_proto_id = IPPROTO_GRE;
	else if (what == SYN)
		ip.next_proto_id = IPPROTO_TCP;
	else if (what == TO_TUNNEL)
		ip.dst_addr = RTE_BE32(DP_TO_TUN(0));
	memcpy(p, &ip, sizeof(ip));
	if (what == SYN) {
		memcpy(p + sizeof(ip), &tcp, sizeof(tcp));
		memcpy(p + sizeof(ip) + sizeof(tcp), (const uint8_t[]){ 2, 4, 9000 >> 8, 200 }, 4);
	}
	if (what != BAD_SUM) {
		uint16_t sum = (uint16_t)~rte_raw_cksum(p, what == OPTIONS ? 24 : 20);

		memcpy(p + offsetof(struct rte_ipv4_hdr, hdr_checksum), &sum, sizeof(sum));
	}
}

/* GRE and what is in it. @return its length. */
static unsigned int
put_gre(uint8_t *p, const struct shape *s)
{
	memcpy(p, s->gre, s->gre_len);
	put_inside(p + s->gre_len, (enum inside)s->inside);
	return s->len != 0 ? s->len : s->gre_len + (unsigned int)INNER_LEN;
}

/* The same, as the peer sends it. */
static struct rte_mbuf *
frame(const struct shape *s)
{
	const struct chan_sa c = ev_sa(DP_SA_IN, variant);
	struct rte_udp_hdr udp = { .src_port = RTE_BE16(EV_PEER_PORT), .dst_port = RTE_BE16(4500) };
	unsigned int front = variant->udp ? sizeof(udp) : 0, len, pad;
	uint8_t iv[16] = { (uint8_t)++next_seq }, gre[ROOM], data[ROOM];
	struct dp_pkt p = { .src = DP_PEER(2), .dst = virtual ? VIRTUAL : DP_WAN_ADDR,
		.tos = s->tos, .payload = data,
		.proto = variant->udp ? IPPROTO_UDP : IPPROTO_ESP };

	len = put_gre(gre, s);
	pad = ref_pad(variant->alg, len);
	p.payload_len = (uint16_t)(front + ref_seal(&c, next_seq, iv, gre, len, NULL, pad,
			(uint8_t)pad, SA_NEXT_GRE, data + front));
	udp.dgram_len = rte_cpu_to_be_16(p.payload_len);
	memcpy(data, &udp, front);
	return dp_frame(1, &p);
}

/* Behind the IPv4 header of @m comes something else: what @what says. */
static void
around_udp(struct rte_mbuf *m, enum around what)
{
	struct rte_udp_hdr *udp = ev_udp(m);
	uint8_t *esp = (uint8_t *)(udp + 1);
	unsigned int len = rte_be_to_cpu_16(udp->dgram_len);
	static const struct {
		uint8_t what;
		uint8_t left; /* of UDP and the packet */
	} cut[] = { { UDP_KEEPALIVE, 9 }, { UDP_4, 12 }, { UDP_7, 15 }, { UDP_8, 16 } };

	if (what == FROM_PORT)
		udp->src_port = RTE_BE16(MOVED_PORT);
	else if (what == TO_PORT)
		udp->dst_port = RTE_BE16(4501);
	else if (what == UDP_CHECKSUM)
		udp->dgram_cksum = 1;
	else if (what == UDP_LONGER)
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)(len + 1));
	else if (what == UDP_SHORTER)
		udp->dgram_len = rte_cpu_to_be_16((uint16_t)(len - 4));
	else if (what == UDP_TINY)
		udp->dgram_len = RTE_BE16(8);
	else if (what == UDP_TINIER)
		udp->dgram_len = RTE_BE16(7);
	else if (what == UDP_NO_SPI)
		memset(esp, 0, 4);
	else if (what == UDP_OTHER_SPI)
		esp[3] ^= 1;
	else if (what == UDP_KEEPALIVE)
		*esp = 0xff;
	for (unsigned int i = 0; i < RTE_DIM(cut); i++)
		if (cut[i].what == what) {
			rte_pktmbuf_trim(m, (uint16_t)(len - cut[i].left));
			udp->dgram_len = rte_cpu_to_be_16(cut[i].left);
		}
}

static void
add_udp(struct rte_mbuf *m)
{
	struct rte_udp_hdr udp = { .src_port = RTE_BE16(EV_PEER_PORT), .dst_port = RTE_BE16(4500) };
	unsigned int head = EV_L2 + sizeof(struct rte_ipv4_hdr);
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, sizeof(udp));

	if (p == NULL)
		abort();
	memmove(p, p + sizeof(udp), head);
	udp.dgram_len = rte_cpu_to_be_16((uint16_t)(m->data_len - head));
	memcpy(p + head, &udp, sizeof(udp));
	ev_ip(m)->next_proto_id = IPPROTO_UDP;
}

static void
take_udp(struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(p + sizeof(struct rte_udp_hdr), p, EV_L2 + sizeof(struct rte_ipv4_hdr));
	rte_pktmbuf_adj(m, sizeof(struct rte_udp_hdr));
	ev_ip(m)->next_proto_id = IPPROTO_ESP;
}

static void
add_options(struct rte_mbuf *m)
{
	unsigned int head = EV_L2 + sizeof(struct rte_ipv4_hdr);
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, 4);

	memmove(p, p + 4, head);
	memset(p + head, 1, 4);
	ev_ip(m)->version_ihl++;
}

/* A good packet with @what around it. */
static struct rte_mbuf *
around(enum around what)
{
	struct rte_mbuf *m = frame(&shapes[keyed]);

	if (variant->udp)
		around_udp(m, what);
	if (what == IN_UDP && !variant->udp)
		add_udp(m);
	else if (what == NOT_IN_UDP && variant->udp)
		take_udp(m);
	else if (what == FROM_ADDR)
		ev_ip(m)->src_addr ^= RTE_BE32(1);
	else if (what == MORE_BEHIND)
		memset(rte_pktmbuf_append(m, 4), 0, 4);
	else if (what == WITH_OPTIONS)
		add_options(m);
	else if (what == TAMPERED)
		rte_pktmbuf_mtod(m, uint8_t *)[m->data_len - 1] ^= 1;
	ev_ip(m)->total_length = rte_cpu_to_be_16((uint16_t)(m->data_len - EV_L2));
	if (what == MF)
		ev_ip(m)->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	ev_ip(m)->hdr_checksum = 0;
	ev_ip(m)->hdr_checksum = (uint16_t)~rte_raw_cksum(ev_ip(m), ip4_hdr_len(ev_ip(m)));
	return m;
}

/* ---- ways ----------------------------------------------------------------------------------- */

static void
ends_at_virtual(void)
{
	struct chan_tun_sa_out bind = { 2, CHAN_NONE };

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind), 0);
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_IN; id += DP_SA_IN - DP_SA_OUT) {
		struct chan_sa sa = { .sa_id = id };

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
		sa = ev_sa(id, variant);
		sa.local = VIRTUAL;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), 0);
	}
	CU_ASSERT_EQUAL(dp_route(VIRTUAL, 32, DP_NH_LOCAL), 0);
}

static void
world(void)
{
	struct chan_tun_sa_out out = { 2, DP_SA_OUT };
	struct chan_tun c;

	ev_open(variant);
	dp_attach();
	c = dp_tun(2);
	if (virtual) {
		c.local = VIRTUAL;
		ends_at_virtual();
	}
	c.kind = variant->kind;
	c.mss4 = 1000;
	c.flags |= keyed ? CHAN_TUN_KEY : 0;
	c.key = keyed ? DP_TUN_KEY : 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	if (virtual)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, out), 0);
	next_seq = 0;
	/* The first of an SA takes the long way. */
	dp_run1(1, frame(&shapes[keyed]));
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.w->esp_addr_be, virtual ? RTE_BE32(VIRTUAL) : 0);
	dp_clear();
}

/* @m goes by the nodes for what is less usual: as if nothing had come yet, as where sources are
 * looked up, and with a VLAN tag that says nothing. */
static void
long_way(struct rte_mbuf *m)
{
	static const uint8_t tag[4] = { 0x81, 0, 0xe0, 0 };
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, sizeof(tag));

	if (p == NULL)
		abort();
	memmove(p, p + sizeof(tag), 2 * RTE_ETHER_ADDR_LEN);
	memcpy(p + 2 * RTE_ETHER_ADDR_LEN, tag, sizeof(tag));
	sa_by_id(dp.t->sas, DP_SA_IN)->watch |= SA_WATCH_FIRST;
	dp.t->tun_opts[2] &= (uint8_t)~TUN_OPT_UP;
}

static void
see(struct fate *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->drops, dp.w->stats->drops, sizeof(f->drops));
	f->tun = dp.w->tun_stats[2];
	f->tun0 = dp.w->tun_stats[0];
	f->sa_packets = dp.w->sa_stats[DP_SA_IN].packets;
	f->sa_bytes = dp.w->sa_stats[DP_SA_IN].bytes;
	f->sa_replay = dp.w->sa_stats[DP_SA_IN].replay;
	f->absorbed = dp.w->stats->absorbed;
	f->nat_keepalives = dp.w->stats->nat_keepalives;
	while (dp_punted(CHAN_CLASS_KEEPALIVE) || dp_punted(CHAN_CLASS_IKE))
		f->punted++;
	for (unsigned int i = dp.n_events; i-- > 0;)
		if (dp.events[i].type == CHAN_EV_SA_MOVED)
			f->moved_port = dp.events[i].port;
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_mbuf *m = dp.out[i].m;

		if (dp.out[i].port != 0) { /* sealed anew: of other bytes each time */
			f->n_wan++;
			f->wan_len += m->data_len;
			continue;
		}
		CU_ASSERT_FATAL(f->lan_len + m->data_len <= sizeof(f->lan));
		memcpy(f->lan + f->lan_len, rte_pktmbuf_mtod(m, const void *), m->data_len);
		f->n_lan++;
		f->lan_len += m->data_len;
	}
}

/* All shapes, or all that may be around; good packets after each of the latter. */
static void
run(struct fate *f, bool outside, bool is_long, bool burst)
{
	unsigned int n = outside ? 2 * N_AROUND : RTE_DIM(shapes);
	struct rte_mbuf *m[BURST_MAX];

	world();
	for (unsigned int i = 0; i < n; i++) {
		m[i] = outside ? around(i % 2 ? AS_IT_SHOULD : (enum around)(i / 2)) :
				 frame(&shapes[i]);
		if (is_long)
			long_way(m[i]);
		if (!burst)
			dp_run1(1, m[i]);
	}
	if (burst)
		dp_run(1, m, (uint16_t)n);
	see(f);
	DP_END();
}

static void
same(const struct esp_variant *v, bool has_key)
{
	static struct fate short_way, other;

	variant = v;
	keyed = has_key;
	for (unsigned int i = 0; i < 4; i++) {
		bool outside = i & 1, burst = i & 2;

		run(&short_way, outside, false, burst);
		run(&other, outside, true, burst);
		CU_ASSERT_EQUAL(memcmp(&short_way, &other, sizeof(other)), 0);
		CU_ASSERT_TRUE(short_way.n_lan >= 4);
		CU_ASSERT_TRUE(outside || short_way.n_wan >= 2);
		CU_ASSERT_TRUE(outside || short_way.drops[CHAN_DROP_GRE_KEY] >= 4);
		CU_ASSERT_EQUAL(short_way.moved_port, outside && v->udp ? MOVED_PORT : 0);
		if (memcmp(&short_way, &other, sizeof(other)) != 0)
			printf("%s udp %u esn %u key %u outside %u burst %u: %u %u, %u %u\n",
					chan_esp_alg_str(v->alg), v->udp, v->esn, has_key, outside,
					burst, short_way.n_lan, other.n_lan, short_way.n_wan,
					other.n_wan);
	}
}

static void
both_ways_do_the_same(void)
{
	static const uint8_t algs[] = { CHAN_ESP_AES128_GCM16, CHAN_ESP_AES256_GCM16,
		CHAN_ESP_AES128_CBC_SHA1_96, CHAN_ESP_AES256_CBC_SHA256_128,
		CHAN_ESP_CHACHA20_POLY1305 };

	for (unsigned int i = 0; i < RTE_DIM(algs) * 8; i++) {
		struct esp_variant v = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, i & 1, algs[i / 8],
			(uint8_t)(i >> 1 & 1) };

		same(&v, i >> 2 & 1);
	}
}

/* The address of a virtual router is as good, from the second packet on. */
static void
both_ways_do_the_same_at_another_address(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct esp_variant v = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, i & 1,
			CHAN_ESP_AES128_GCM16, 0 };

		virtual = true;
		same(&v, i >> 1);
	}
	virtual = false;
}

/* ... until another router has it: then nothing that comes for it is decrypted here. */
static void
an_address_that_goes(void)
{
	for (unsigned int udp = 0; udp < 2; udp++) {
		struct esp_variant v = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, (uint8_t)udp,
			CHAN_ESP_AES128_GCM16, 0 };

		variant = &v;
		keyed = false;
		virtual = true;
		world();
		CU_ASSERT_EQUAL(dp.w->esp_addr_be, RTE_BE32(VIRTUAL));
		dp_run1(1, frame(&shapes[0]));
		CU_ASSERT_EQUAL(dp.n_out, 1);
		dp_clear();
		CU_ASSERT_EQUAL(dp_route(VIRTUAL, 32, DP_NH_NULL), 0);
		dp_run1(1, frame(&shapes[0]));
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NULL_ROUTE), 1);
		CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_IN].packets, 2);
		CU_ASSERT_EQUAL(dp.w->esp_addr_be, 0);
		DP_END();
	}
	virtual = false;
}

/* ---- who takes it --------------------------------------------------------------------------- */

static void
what_is_usual(void)
{
	uint8_t gre[ROOM];

	variant = &ev_plain_gre;
	for (unsigned int k = 0; k < 2; k++) {
		keyed = k != 0;
		world();
		for (unsigned int i = 0; i < RTE_DIM(shapes); i++) {
			unsigned int len = put_gre(gre, &shapes[i]);
			struct ip4_words h;
			const uint8_t *ip = gre_usual(dp.t, 2, tunnel_opts_by_id(dp.t, 2), gre, len,
					shapes[i].tos, &h);
			bool want = keyed ? shapes[i].usual_keyed : shapes[i].usual;

			CU_ASSERT_EQUAL(ip != NULL, want);
			if ((ip != NULL) != want)
				printf("%s, key %u\n", shapes[i].what, k);
			if (ip != NULL)
				CU_ASSERT_TRUE(ip == gre + shapes[i].gre_len &&
						ip4_total(&h) == INNER_LEN);
		}
		DP_END();
	}
}

/* A tunnel's key counts from the command on that gives it. */
static void
a_key_that_changes(void)
{
	struct chan_tun c;

	variant = &ev_plain_gre;
	keyed = true;
	world();
	c = dp_tun(2);
	c.flags |= CHAN_TUN_KEY;
	c.key = UINT32_C(1) << 8 | DP_TUN_KEY; /* "another key" */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_run1(1, frame(&shapes[1]));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_KEY), 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	dp_run1(1, frame(&shapes[2]));
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	c.flags &= ~(uint32_t)CHAN_TUN_KEY;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_run1(1, frame(&shapes[2]));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_KEY), 2);
	dp_run1(1, frame(&shapes[0]));
	CU_ASSERT_EQUAL(dp.n_out, 1);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(both_ways_do_the_same),
	CU_CASE(both_ways_do_the_same_at_another_address), CU_CASE(an_address_that_goes),
	CU_CASE(what_is_usual), CU_CASE(a_key_that_changes),
};

int
main(void)
{
	dp_eal();
	return cu_run("esp_ways", cases, RTE_DIM(cases));
}
