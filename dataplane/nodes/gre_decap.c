/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gre_decap - out of a tunnel: GRE (RFC 2784, RFC 2890), and whether the packet may come this way.
 *
 * in     ctx a struct sa: it was protected; data at the GRE header
 *        ctx NULL: it came in the clear; data at the outer IPv4 header
 * out    ip4_input, ip6_input  data at the inner IP header, pkt_origin's tun_id set
 *        esp_encrypt  answers to the peer's keepalives, or tx from a plain tunnel
 *        punt         answers to our keepalives, NHRP
 * drops  GRE_*, SA_TUNNEL, TUN_DOWN, IP_MARTIAN_SRC, and what gre_answer() has
 *
 * Keepalives are not in any RFC; they work as IOS and RouterOS do them. A sends B a GRE packet
 * whose payload is an IP packet from B to A, and the payload of that a GRE header of protocol 0. B
 * just forwards the inner packet, and A knows that both directions work:
 *
 *     A to B   IP A>B | GRE IPv4 | IP B>A | GRE 0
 *     B to A                       IP B>A | GRE 0
 *
 * We are B, too; what comes back leaves through the tunnel's own protection, never by the routing
 * table: there it would be in the clear.
 *
 * Sequence numbers of received packets (RFC 2890) are not looked at: packets that overtook each
 * other are handed on, as by most routers, since a drop is worse. Replay is what ESP is for.
 *
 * The usual protected packet does not come here: esp_decrypt takes it out of GRE at once, gre.h.
 * No leak inwards: a protected tunnel takes only what came through an SA of its own.
 */
#include "dataplane/nodes/gre.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"

#define GRE_CSUM    0x8000u
#define GRE_KEY     0x2000u
#define GRE_SEQ     0x1000u
/* Bits 1, 4 and 5 and the version must be zero (RFC 2784 section 2.3); bits 6 to 12 are ignored. */
#define GRE_REFUSED 0x4c07u

#define GRE_PROTO_NONE 0 /* of a keepalive's answer */
#define GRE_PROTO_NHRP 0x2001 /* RFC 2332 section 5.1 */
#define ETHER_TYPE_METADATA 0x8909

#define KEEPALIVE_MAX 128 /* longest inner packet that is taken for a keepalive */

const uint8_t gre_unusual[256] = {
	[IPPROTO_TCP] = TUN_OPT_MSS,
	[IPPROTO_GRE] = TUN_OPT_UP,
};

const uint8_t *
gre_usual_keyed(const struct tables *t, uint32_t tun_id, const uint8_t *p, unsigned int len,
		uint8_t outer_tos)
{
	unsigned int opts = tunnel_opts_by_id(t, tun_id);
	struct {
		rte_be32_t word, key;
	} is;
	struct ip4_words h;

	if (len < sizeof(is) || !(opts & TUN_OPT_UP) || !(opts & TUN_OPT_KEY))
		return NULL;
	memcpy(&is, p, sizeof(is));
	p += sizeof(is);
	return is.word == GRE_WORD_KEYED &&
			is.key == __atomic_load_n(&t->tun_keys_be[tun_id], __ATOMIC_RELAXED) &&
			gre_usual_inside(opts, p, len - sizeof(is), outer_tos, &h) ? p : NULL;
}

/* What was read of a GRE header. */
struct gre {
	uint16_t proto_be;
	uint16_t len;
	bool keyed;
	uint32_t key; /* host order; 0 without one */
};

/* @return the reason to drop, or CHAN_N_DROPS. @p: @left bytes from the GRE header on. */
static enum chan_drop
gre_parse(const uint8_t *p, unsigned int left, struct gre *g)
{
	rte_be32_t key_be;
	uint16_t flags;

	if (left < 4)
		return CHAN_DROP_GRE_SHORT;
	flags = (uint16_t)(p[0] << 8 | p[1]);
	if ((flags & GRE_REFUSED) != 0)
		return CHAN_DROP_GRE_FLAGS;
	memcpy(&g->proto_be, p + 2, sizeof(g->proto_be));
	g->len = (uint16_t)(4 + (flags & GRE_CSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) +
			(flags & GRE_SEQ ? 4 : 0));
	if (left < g->len)
		return CHAN_DROP_GRE_SHORT;
	if ((flags & GRE_CSUM) && rte_raw_cksum(p, left) != 0xffff)
		return CHAN_DROP_GRE_CHECKSUM;
	g->keyed = (flags & GRE_KEY) != 0;
	g->key = 0;
	if (g->keyed) {
		memcpy(&key_be, p + (flags & GRE_CSUM ? 8 : 4), sizeof(key_be));
		g->key = rte_be_to_cpu_32(key_be);
	}
	return CHAN_N_DROPS;
}

/*
 * Some of Cisco's boxes put their metadata, a security group tag, in front of every payload: the
 * payload's EtherType, a version, a number of 4-byte options, the options. It is stepped over.
 * @p: @left bytes behind the GRE header. Anything else is left as it is.
 */
static void
gre_metadata(const uint8_t *p, unsigned int left, struct gre *g)
{
	unsigned int len;

	if (g->proto_be != RTE_BE16(ETHER_TYPE_METADATA) || left < 4)
		return;
	len = 4 + 4u * p[3];
	if (p[2] != 1 || left < len)
		return;
	memcpy(&g->proto_be, p, sizeof(g->proto_be));
	g->len = (uint16_t)(g->len + len);
}

static inline bool
gre_key_fits(const struct tunnel *tun, const struct gre *g)
{
	return g->keyed == ((tun->opts & TUN_OPT_KEY) != 0) && g->key == tun->key;
}

/* The key of a packet on an SA is not that of the SA's tunnel: another tunnel's, or nobody's? */
static enum chan_drop
gre_wrong_key(const struct worker *w, const struct tunnel *tun, const struct gre *g)
{
	struct tun_key k = { .local = tun->local, .remote = tun->remote, .key = g->key,
		.keyed = g->keyed };

	return tunnel_find(w->tables, &k) != NULL ? CHAN_DROP_SA_TUNNEL : CHAN_DROP_GRE_KEY;
}

/* @outer has an ECN field that is not 0. What is too short, ip4_input or ip6_input will name. */
static bool
gre_ecn_ok(struct rte_mbuf *m, uint8_t outer)
{
	return m->data_len < sizeof(struct rte_ipv4_hdr) || ecn_out_ip4(mbuf_ip4(m), outer);
}

static bool
gre_ecn6_ok(struct rte_mbuf *m, uint8_t outer)
{
	return m->data_len < sizeof(struct rte_ipv6_hdr) || ecn_out_ip6(mbuf_ip6(m), outer);
}

static inline void
decap_drop(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m, enum chan_drop why)
{
	w->tun_stats[tun->id].in_drops++;
	pkt_drop(w, m, why);
}

/*
 * Count a payload type that is not carried. When the table is full, the rarest type makes room and
 * the new one takes over its count: a type that comes often ends up in the table, however many
 * others there are (the Space-Saving algorithm; its counts are upper bounds then).
 */
static void
decap_count_type(struct worker *w, rte_be16_t type_be)
{
	struct chan_gre_type *types = w->stats->gre_types, *rarest = &types[0];
	uint32_t type = rte_be_to_cpu_16(type_be);

	for (unsigned int i = 0; i < CHAN_GRE_TYPES; i++) {
		if (types[i].type == type && types[i].n != 0) {
			rarest = &types[i];
			break;
		}
		if (types[i].n < rarest->n)
			rarest = &types[i];
	}
	rarest->type = type;
	rarest->n++;
}

/* The SA that the packet came through, if the peer may know an end by another address: in UDP (RFC
 * 3948), past a NAT, or as the peer said to IKE. Else NULL. */
static const struct sa *
past_nat(const struct worker *w, struct rte_mbuf *m)
{
	const struct sa *sa = sa_by_id(w->tables->sas, pkt_origin(m).sa_id);

	if (sa == NULL || (sa->remote_port_be | sa->inner_be | sa->inner_local_be) == 0)
		return NULL;
	return sa;
}

/* An IPv4 packet that holds a GRE header of protocol 0: what a keepalive asks to be sent. */
static bool
keepalive_ok(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int len = rte_be_to_cpu_16(ip->total_length);
	struct gre g;

	return ip->version_ihl == RTE_IPV4_VHL_DEF && len >= sizeof(*ip) && len <= m->data_len &&
			len <= KEEPALIVE_MAX && (ip->fragment_offset & IP4_FRAG_BITS) == 0 &&
			rte_raw_cksum(ip, sizeof(*ip)) == 0xffff &&
			gre_parse((const uint8_t *)(ip + 1), len - sizeof(*ip), &g) ==
			CHAN_N_DROPS && g.proto_be == GRE_PROTO_NONE;
}

/*
 * An inner packet with GRE inside, data at its IPv4 header. The peer's keepalive goes back.
 *
 * It is from us to the peer, as the peer knows both: past a NAT these may be others than the
 * tunnel's, so one of them has to do, the tunnel's own or what the peer said to IKE.
 * @return false if it is another one: to be forwarded.
 */
static bool
decap_keepalive(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int len = rte_be_to_cpu_16(ip->total_length);
	struct chan_tun_stats *stats = &w->tun_stats[tun->id];
	const struct sa *sa = past_nat(w, m);
	bool from_us = ip->src_addr == rte_cpu_to_be_32(tun->local) ||
			(sa != NULL && ip->src_addr == sa_inner_local_be(sa, tun->local));
	bool to_peer = ip->dst_addr == rte_cpu_to_be_32(tun->remote) ||
			(sa != NULL && ip->dst_addr == sa_inner_be(sa, tun->remote));

	if (!(from_us || to_peer))
		return false;
	if (!keepalive_ok(m) || !((from_us && to_peer) || sa != NULL)) {
		if (!from_us)
			return false;
		/* From our own address, and nothing that we could have sent. */
		decap_drop(w, tun, m, CHAN_DROP_IP_MARTIAN_SRC);
		return true;
	}
	stats->in_packets++;
	stats->in_bytes += len;
	pkt_meta_ours(m);
	mbuf_set(m, m->data_off + sizeof(*ip), len - sizeof(*ip));
	gre_answer(w, tun, m);
	return true;
}

/* An inner IPv4 packet that is not as most are, before it goes on. false: it goes nowhere. */
static bool
decap_unusual(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *);

	if (m->data_len < sizeof(struct rte_ipv4_hdr))
		return true; /* ip4_input will say what is wrong with it */
	if (ip[offsetof(struct rte_ipv4_hdr, next_proto_id)] == IPPROTO_GRE)
		return !decap_keepalive(w, tun, m);
	if (tun->opts & TUN_OPT_MSS)
		mss_clamp_ip4(ip, m->data_len, tun->mss4);
	return true;
}

/* The answer to a keepalive of ours, NHRP, or nothing that is carried. */
static void
decap_other(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m, const struct gre *g)
{
	if (g->proto_be == GRE_PROTO_NONE || g->proto_be == RTE_BE16(GRE_PROTO_NHRP)) {
		pkt_from_tunnel(m, tun->id, pkt_origin(m).sa_id, 0);
		punt(w, m, g->proto_be == GRE_PROTO_NONE ? CHAN_CLASS_KEEPALIVE : CHAN_CLASS_NHRP);
		return;
	}
	decap_count_type(w, g->proto_be);
	decap_drop(w, tun, m, CHAN_DROP_GRE_PROTO);
}

/* The packet belongs to @tun; its GRE header is at @off. */
static void
decap_finish(struct worker *w, struct tunnel *tun, struct rte_mbuf *m, unsigned int off,
		struct gre *g, uint8_t outer_tos)
{
	struct chan_tun_stats *stats = &w->tun_stats[tun->id];
	bool is_ip6;

	if (unlikely(!(tun->opts & TUN_OPT_UP))) {
		decap_drop(w, tun, m, CHAN_DROP_TUN_DOWN);
		return;
	}
	if (unlikely(g->proto_be != RTE_BE16(RTE_ETHER_TYPE_IPV4)))
		gre_metadata(rte_pktmbuf_mtod_offset(m, const uint8_t *, off + g->len),
				m->data_len - off - g->len, g);
	is_ip6 = g->proto_be == RTE_BE16(RTE_ETHER_TYPE_IPV6);
	if (unlikely(!is_ip6 && g->proto_be != RTE_BE16(RTE_ETHER_TYPE_IPV4))) {
		decap_other(w, tun, m, g);
		return;
	}
	off += g->len;
	mbuf_set(m, m->data_off + off, m->data_len - off);
	if (unlikely((outer_tos & ECN_MASK) != 0) &&
			!(is_ip6 ? gre_ecn6_ok(m, outer_tos) : gre_ecn_ok(m, outer_tos))) {
		decap_drop(w, tun, m, CHAN_DROP_GRE_ECN);
		return;
	}
	if (is_ip6)
		mss_clamp_ip6(rte_pktmbuf_mtod(m, uint8_t *), m->data_len, tun->mss6);
	else if (!decap_unusual(w, tun, m))
		return;
	pkt_from_tunnel(m, tun->id, pkt_origin(m).sa_id, pkt_meta(m)->encaps);
	if (unlikely((is_ip6 ? tun->verify6 : tun->verify4) != CHAN_VERIFY_OFF))
		pkt_meta(m)->flags |= PKT_VERIFY;
	stats->in_packets++;
	stats->in_bytes += m->data_len;
	pktvec_add(is_ip6 ? &w->ip6_input : &w->ip4_input, m, NULL);
}

/* A packet that came through @sa. */
static void
decap_protected(struct worker *w, const struct sa *sa, struct rte_mbuf *m)
{
	struct tunnel *tun = tunnel_by_id(w->tables, sa->tun_id);
	enum chan_drop why;
	struct gre g;

	if (tun == NULL) {
		pkt_drop(w, m, CHAN_DROP_SA_TUNNEL);
		return;
	}
	why = gre_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &g);
	if (why == CHAN_N_DROPS && !gre_key_fits(tun, &g))
		why = gre_wrong_key(w, tun, &g);
	if (why != CHAN_N_DROPS)
		decap_drop(w, tun, m, why);
	else
		decap_finish(w, tun, m, 0, &g, pkt_meta(m)->outer_tos);
}

/* No tunnel has the packet's addresses and key. Is it the key? */
static enum chan_drop
gre_no_tunnel(const struct worker *w, struct tun_key k)
{
	if (!k.keyed)
		return CHAN_DROP_GRE_NO_TUNNEL;
	k.keyed = 0;
	k.key = 0;
	return tunnel_find(w->tables, &k) != NULL ? CHAN_DROP_GRE_KEY : CHAN_DROP_GRE_NO_TUNNEL;
}

/* The multipoint tunnel that takes packets of this key from anybody. */
static const struct tunnel *
gre_multipoint(const struct worker *w, struct tun_key k)
{
	k.remote = 0;
	return tunnel_find(w->tables, &k);
}

static void
decap_clear(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int off = ip4_hdr_len(ip);
	const struct tunnel *tun;
	struct tun_key k;
	struct gre g;
	enum chan_drop why = gre_parse((const uint8_t *)ip + off, m->data_len - off, &g);

	if (why != CHAN_N_DROPS) {
		pkt_drop(w, m, why);
		return;
	}
	k = (struct tun_key){ .local = rte_be_to_cpu_32(ip->dst_addr),
		.remote = rte_be_to_cpu_32(ip->src_addr), .key = g.key, .keyed = g.keyed };
	tun = tunnel_find(w->tables, &k);
	if (tun == NULL)
		tun = gre_multipoint(w, k);
	if (tun == NULL)
		pkt_drop(w, m, gre_no_tunnel(w, k));
	else if (tun->opts & TUN_OPT_PROTECT)
		decap_drop(w, tun, m, CHAN_DROP_GRE_CLEAR);
	else
		decap_finish(w, tunnel_by_id(w->tables, tun->id), m, off, &g, ip->type_of_service);
}

void
gre_decap(struct worker *w)
{
	struct pktvec *v = &w->gre_decap;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		const struct sa *sa = v->ctx[i];

		if (sa == NULL)
			decap_clear(w, v->m[i]);
		else
			decap_protected(w, sa, v->m[i]);
	}
}
