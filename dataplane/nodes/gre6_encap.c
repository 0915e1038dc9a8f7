/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gre6_encap - IPv6 packets into a tunnel (RFC 7676 over IPv4): as gre_encap, in a node of its own
 * so that IPv4 need not ask.
 *
 * in     data at the inner IPv6 header, ctx the struct tunnel
 * out    tx, esp_encrypt, hold, as of gre_encap; gre_frag, also what follows in the burst
 * drops  TUN_DOWN, TUN_NO_ROUTE, TUN_NO_SA, TUN_LOOP, TOO_BIG (with Packet Too Big), NO_MBUF
 *
 * Against IPv4 differ: the GRE protocol type; where DSCP and ECN come from; DF, which IPv6 has not:
 * where DF is copied, a packet counts as one that has it set, for no router may fragment it
 * (RFC 4459 section 3.2), unless it is of the length that every link must carry (RFC 8200 section
 * 5): that one may be fragmented outside rather than be lost, and is if the tunnel takes less.
 */
#include "dataplane/nodes/gre_encap.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/mss.h"
#include "dataplane/nodes/nodes.h"

/* The tunnel does not take packets now, the packet is too long, or something is wrong with it. */
static void
encap6_not(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	if (tun->out == TUN_OUT_NO_ROUTE || tun->out == TUN_OUT_DOWN) {
		w->tun_stats[tun->id].out_drops++;
		icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_ADDRESS, 0,
				tun->out == TUN_OUT_DOWN ? CHAN_DROP_TUN_DOWN :
				CHAN_DROP_TUN_NO_ROUTE);
	} else if (tun->out <= TUN_OUT_ESP && m->data_len > tun->mtu &&
			m->data_len <= IP6_MIN_MTU) {
		pktvec_add(&w->gre_frag, m, tun);
	} else if (tun->out <= TUN_OUT_ESP && m->data_len > tun->mtu) {
		w->tun_stats[tun->id].out_drops++;
		icmp6_error(w, m, ICMP6_TOO_BIG, 0, RTE_MAX(tun->mtu, IP6_MIN_MTU),
				CHAN_DROP_TOO_BIG);
	} else {
		encap_not(w, tun, m);
	}
}

/* The first 8 bytes of an IPv4 header that has what this IPv6 header has. */
static inline uint64_t
as_ip4(const struct rte_ipv6_hdr *ip, unsigned int len)
{
	uint64_t df = len > IP6_MIN_MTU ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0;

	return (uint64_t)ip6_traffic_class(ip) << 8 | df << 48;
}

void
encap6_one(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	rte_be16_t proto = RTE_BE16(RTE_ETHER_TYPE_IPV6);
	unsigned int len = m->data_len, hdr_len = tun->hdr_len;
	struct chan_tun_stats *stats = &w->tun_stats[tun->id];
	uint64_t inner = as_ip4(mbuf_ip6(m), len);

	memcpy(data - hdr_len, tun->tmpl + TUN_TMPL_ROOM - hdr_len, hdr_len);
	if (likely(tun->gre_len != 0))
		memcpy(data - tun->gre_len + 2, &proto, sizeof(proto));
	encap_outer(w, tun, data - hdr_len + tun->l2_len, inner);
	if (unlikely(tun->opts & TUN_OPT_MSS))
		mss_clamp_ip6(data, len, tun->mss6);
	if (unlikely(tun->opts & TUN_OPT_TTL_COPY))
		encap_ttl(data - hdr_len + tun->l2_len, encap_ttl_of(m, mbuf_ip6(m)->hop_limits));
	if (unlikely(tun->opts & (TUN_OPT_CSUM | TUN_OPT_SEQ)))
		encap_gre_options(tun, data - tun->gre_len, (size_t)tun->gre_len + len);
	mbuf_set(m, m->data_off - hdr_len, len + hdr_len);
	stats->out_packets++;
	stats->out_bytes += len;
}

void
gre6_encap(struct worker *w)
{
	struct pktvec *v = &w->gre6_encap;
	unsigned int n = v->n, n_frag = w->gre_frag.n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];
		struct tunnel *tun = v->ctx[i];

		/* Behind one that is to be cut: not before it. */
		if (unlikely(w->gre_frag.n != n_frag) && m->data_len <= tun->max_len) {
			pktvec_add(&w->gre_frag, m, tun);
			continue;
		}
		if (unlikely(m->data_len > tun->max_len || m->data_off < TUN_TMPL_ROOM ||
				pkt_meta(m)->encaps++ >= MAX_ENCAPS)) {
			encap6_not(w, tun, m);
			continue;
		}
		encap6_one(w, tun, m);
		if (likely(tun->out == TUN_OUT_ESP))
			pktvec_add(&w->esp_encrypt, m, tun);
		else
			encap_plain_tx(w, tun, m);
	}
}
