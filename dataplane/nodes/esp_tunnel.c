/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * esp_tunnel - what comes out of an SA in tunnel mode (RFC 4303 section 3.1.2): an IP packet.
 *
 *     GRE tunnel    outer IP | ESP | IP from tunnel end to tunnel end, 47 | GRE | packet
 *                   -> gre_decap, as if it had come in transport mode. Past a NAT the ends have
 *                   other addresses here than outside: the far end's own, and the one that the
 *                   far end has for us: the SA knows them. A peer may cut what is too long before
 *                   it encrypts (RFC 4301 section 7): such fragments are put together here, by the
 *                   worker that has them, for what an SA sends comes by one queue
 *     IPsec tunnel  outer IP | ESP | packet
 *                   -> ip4_input, ip6_input; whether it may come this way its policies say
 *                   (policy.c)
 *
 * The packet may be followed by padding for traffic flow confidentiality (RFC 4303 section
 * 2.7): its own length counts, the rest is cut off. Congestion marks go inwards by RFC 6040.
 *
 * drops  SA_TUNNEL, IP_VERSION, IP_LENGTH, IP_CHECKSUM, TUN_DOWN, GRE_ECN, ESP_NEXT_HDR,
 *        POLICY_SELECTOR, REASS_*
 */
#include "dataplane/nodes/ecn.h"
#include "dataplane/nodes/esp_int.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/mss.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/tables/policy.h"
#include "dataplane/tables/tunnel.h"

#define NEXT_HDR_IP4 4
#define NEXT_HDR_IP6 41

static void
tunnel_drop(struct worker *w, const struct sa *sa, struct rte_mbuf *m, enum chan_drop why)
{
	w->tun_stats[sa->tun_id].in_drops++;
	pkt_drop(w, m, why);
}

/* The inner IPv4 header of @m: lengths, and nothing after its total length. CHAN_N_DROPS: fine. */
static enum chan_drop
inner_trim(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int total;

	if (m->data_len < sizeof(*ip))
		return CHAN_DROP_IP_LENGTH;
	if (ip->version_ihl >> 4 != 4 || ip4_hdr_len(ip) < sizeof(*ip))
		return CHAN_DROP_IP_VERSION;
	total = rte_be_to_cpu_16(ip->total_length);
	if (total < ip4_hdr_len(ip) || total > m->data_len)
		return CHAN_DROP_IP_LENGTH;
	mbuf_set(m, m->data_off, total);
	return CHAN_N_DROPS;
}

/* A fragment of what is around GRE: the whole if it was the last, else NULL. What came protected is
 * quoted to nobody: no ICMP error goes back if the others do not come. */
static struct rte_mbuf *
tunnel_gre_fragment(struct worker *w, const struct sa *sa, const struct tunnel *tun,
		struct rte_mbuf *m)
{
	pkt_from_tunnel(m, tun->id, sa->sa_id, pkt_meta(m)->encaps);
	pkt_meta(m)->flags |= PKT_OURS;
	return reass_put_here(w, m);
}

/* Around GRE: from the far end to us. What is inside then goes the way of GRE. */
static void
tunnel_gre(struct worker *w, struct sa *sa, const struct tunnel *tun, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int off;

	if (ip->next_proto_id != IPPROTO_GRE || ip->src_addr != sa_inner_be(sa, tun->remote) ||
			ip->dst_addr != sa_inner_local_be(sa, tun->local)) {
		tunnel_drop(w, sa, m, CHAN_DROP_SA_TUNNEL);
		return;
	}
	if (unlikely(rte_raw_cksum(ip, ip4_hdr_len(ip)) != 0xffff)) { /* RFC 1122 3.2.1.2 */
		tunnel_drop(w, sa, m, CHAN_DROP_IP_CHECKSUM);
		return;
	}
	if (unlikely((ip->fragment_offset & IP4_FRAG_BITS) != 0)) {
		m = tunnel_gre_fragment(w, sa, tun, m);
		if (m == NULL)
			return;
	}
	ip = mbuf_ip4(m);
	off = ip4_hdr_len(ip);
	pkt_meta(m)->outer_tos = ip->type_of_service;
	mbuf_set(m, m->data_off + off, m->data_len - off);
	pktvec_add(&w->gre_decap, m, sa);
}

/* No selector is for IPv6 groups, and nobody looks them up: they would pass all policies. */
static bool
is_group6(const struct rte_mbuf *m)
{
	return m->data_len >= sizeof(struct rte_ipv6_hdr) &&
			ip6_is_multicast(ip6_dst(mbuf_ip6(m)));
}

/* Without GRE: out of the tunnel. What its policies say comes with the look-up (policy.c). */
static void
tunnel_ip(struct worker *w, struct sa *sa, const struct tunnel *tun, struct rte_mbuf *m,
		bool is_ip6)
{
	const struct policy_set *policies = __atomic_load_n(&w->tables->policies,
			__ATOMIC_ACQUIRE);
	struct chan_tun_stats *stats = &w->tun_stats[tun->id];
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *);

	if (!(tun->opts & TUN_OPT_UP)) {
		tunnel_drop(w, sa, m, CHAN_DROP_TUN_DOWN);
		return;
	}
	if (is_ip6 && policies != NULL && policy_names_tunnel(policies, tun->id) && is_group6(m)) {
		tunnel_drop(w, sa, m, CHAN_DROP_POLICY_SELECTOR);
		return;
	}
	if (is_ip6)
		mss_clamp_ip6(ip, m->data_len, tun->mss6);
	else
		mss_clamp_ip4(ip, m->data_len, tun->mss4);
	pkt_from_tunnel(m, tun->id, sa->sa_id, 0);
	stats->in_packets++;
	stats->in_bytes += m->data_len;
	pktvec_add(is_ip6 ? &w->ip6_input : &w->ip4_input, m, NULL);
}

static void
tunnel_in4(struct worker *w, struct sa *sa, const struct tunnel *tun, struct rte_mbuf *m,
		uint8_t outer_tos)
{
	enum chan_drop why = inner_trim(m);

	if (why == CHAN_N_DROPS && !ecn_out_ip4(mbuf_ip4(m), outer_tos))
		why = CHAN_DROP_GRE_ECN;
	if (why != CHAN_N_DROPS)
		tunnel_drop(w, sa, m, why);
	else if (tun->gre_len != 0)
		tunnel_gre(w, sa, tun, m);
	else
		tunnel_ip(w, sa, tun, m, false);
}

/* ip6_input trims, and says what is wrong. */
static void
tunnel_in6(struct worker *w, struct sa *sa, const struct tunnel *tun, struct rte_mbuf *m,
		uint8_t outer_tos)
{
	if (tun->gre_len != 0)
		tunnel_drop(w, sa, m, CHAN_DROP_SA_TUNNEL);
	else if (m->data_len >= sizeof(struct rte_ipv6_hdr) &&
			!ecn_out_ip6(mbuf_ip6(m), outer_tos))
		tunnel_drop(w, sa, m, CHAN_DROP_GRE_ECN);
	else
		tunnel_ip(w, sa, tun, m, true);
}

void
esp_tunnel_in(struct worker *w, struct sa *sa, struct rte_mbuf *m, unsigned int off,
		unsigned int len, uint8_t next_hdr)
{
	const struct tunnel *tun = tunnel_by_id(w->tables, sa->tun_id);
	uint8_t outer_tos = mbuf_ip4(m)->type_of_service;

	if (sa->mode != CHAN_SA_TUNNEL || (next_hdr != NEXT_HDR_IP4 && next_hdr != NEXT_HDR_IP6)) {
		tunnel_drop(w, sa, m, CHAN_DROP_ESP_NEXT_HDR);
		return;
	}
	if (tun == NULL) {
		tunnel_drop(w, sa, m, CHAN_DROP_SA_TUNNEL);
		return;
	}
	pkt_set_origin(m, tun->id, sa->sa_id);
	mbuf_set(m, off, len);
	if (next_hdr == NEXT_HDR_IP4)
		tunnel_in4(w, sa, tun, m, outer_tos);
	else
		tunnel_in6(w, sa, tun, m, outer_tos);
}
