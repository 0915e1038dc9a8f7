/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gre_encap - into a tunnel: MTU, the template of the outer headers, GRE (RFC 2784, RFC 2890).
 *
 * in     data at the inner IPv4 header, ctx the struct tunnel
 * out    tx           plain GRE, finished
 *        esp_encrypt  protected: the outer IPv4 header lacks total length and checksum (tx.h),
 *                     the ESP header its sequence number, the IV is room only
 *        gre_frag     longer than the tunnel's MTU, DF clear
 *        hold         the underlay neighbour is not known yet
 * drops  TUN_DOWN, TUN_NO_ROUTE, TUN_NO_SA, TUN_LOOP, TOO_BIG, NO_MBUF
 *
 * No leak: what a tunnel does with a packet is one byte, @out, which the main core derives from
 * everything at once (tunnel.c). A protected tunnel's is never TUN_OUT_PLAIN.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/tx.h"

#define MAX_ENCAPS     4  /* tunnels within tunnels that a packet may pass here */
#define PREFETCH_AHEAD 4

static inline void
encap_drop(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m, enum chan_drop why)
{
	w->tun_stats[tun->id].out_drops++;
	pkt_drop(w, m, why);
}

/* The tunnel does not take packets now. */
static void
encap_refuse(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	switch ((enum tun_out)tun->out) {
	case TUN_OUT_WAIT:
		hold_tunnel(w, m, tun);
		return;
	case TUN_OUT_NO_SA:
		hold_acquire(w, tun->id);
		encap_drop(w, tun, m, CHAN_DROP_TUN_NO_SA);
		return;
	case TUN_OUT_NO_ROUTE:
		w->tun_stats[tun->id].out_drops++;
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_HOST, 0, CHAN_DROP_TUN_NO_ROUTE);
		return;
	case TUN_OUT_DOWN:
	case TUN_OUT_PLAIN:
	case TUN_OUT_ESP:
		break;
	}
	w->tun_stats[tun->id].out_drops++;
	icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_HOST, 0, CHAN_DROP_TUN_DOWN);
}

static void
encap_too_big(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	if (mbuf_ip4(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) {
		w->tun_stats[tun->id].out_drops++;
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG, tun->mtu, CHAN_DROP_TOO_BIG);
	} else {
		pktvec_add(&w->gre_frag, m, tun);
	}
}

/* GRE checksum and sequence number: what is not in the template. @gre to the packet's end. */
static void
encap_gre_options(struct tunnel *tun, uint8_t *gre, size_t len)
{
	if (tun->opts & TUN_OPT_SEQ) {
		rte_be32_t seq = rte_cpu_to_be_32(
				__atomic_fetch_add(&tun->state->gre_seq, 1, __ATOMIC_RELAXED));

		memcpy(gre + tun->gre_len - sizeof(seq), &seq, sizeof(seq));
	}
	if (tun->opts & TUN_OPT_CSUM) {
		uint16_t sum = (uint16_t)~rte_raw_cksum(gre, len);

		memcpy(gre + 4, &sum, sizeof(sum));
	}
}

/* The outer header's fields that differ from packet to packet; @inner its first 8 bytes. */
static inline void
encap_outer(struct worker *w, const struct tunnel *tun, struct rte_ipv4_hdr *ip, uint64_t inner)
{
	uint8_t tos = tun->tos_set | (uint8_t)((inner >> 8 & 0xff) & tun->tos_mask);
	rte_be16_t frag = tun->df_set | ((rte_be16_t)(inner >> 48) & tun->df_copy);
	uint16_t id = w->ip_id++;
	uint32_t sum = (uint32_t)tun->ip_sum + ((uint32_t)tos << 8) + frag + id;

	sum = (sum & 0xffff) + (sum >> 16);
	ip->type_of_service = tos;
	ip->packet_id = id;
	ip->fragment_offset = frag;
	ip->hdr_checksum = (uint16_t)(sum + (sum >> 16));
}

static inline void
encap_one(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *), *outer;
	const uint8_t *tmpl = tun->tmpl + TUN_TMPL_ROOM;
	unsigned int len = m->data_len;
	struct chan_tun_stats *stats = &w->tun_stats[tun->id];
	struct rte_ipv4_hdr *ip;
	uint64_t inner;

	/* Bytes 0 to 7 only: the TTL and checksum behind them may just have been stored. */
	memcpy(&inner, data, sizeof(inner));
	outer = data - tun->hdr_len;
	memcpy(data - 64, tmpl - 64, 64);
	if (unlikely(tun->hdr_len > 64))
		memcpy(data - TUN_TMPL_ROOM, tmpl - TUN_TMPL_ROOM, TUN_TMPL_ROOM - 64);
	ip = (struct rte_ipv4_hdr *)(outer + tun->l2_len);
	encap_outer(w, tun, ip, inner);
	if (unlikely(tun->opts & (TUN_OPT_CSUM | TUN_OPT_SEQ)))
		encap_gre_options(tun, data - tun->gre_len, (size_t)tun->gre_len + len);
	m->data_off = (uint16_t)(m->data_off - tun->hdr_len);
	m->data_len = (uint16_t)(len + tun->hdr_len);
	m->pkt_len = len + tun->hdr_len;
	stats->out_packets++;
	stats->out_bytes += len;
	if (likely(tun->out == TUN_OUT_ESP)) {
		pktvec_add(&w->esp_encrypt, m, tun);
	} else {
		tunnel_outer_len(ip, (uint16_t)(m->data_len - tun->l2_len));
		tx_tunnel(w, tun, m);
	}
}

void
gre_encap(struct worker *w)
{
	struct pktvec *v = &w->gre_encap;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n && i < PREFETCH_AHEAD; i++) {
		rte_prefetch0(v->ctx[i]);
		rte_prefetch0(RTE_PTR_ADD(v->ctx[i], 64));
	}
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];
		struct tunnel *tun = v->ctx[i];

		if (i + PREFETCH_AHEAD < n) {
			const struct tunnel *next = v->ctx[i + PREFETCH_AHEAD];

			rte_prefetch0(next);
			rte_prefetch0(RTE_PTR_ADD(next, 64));
		}
		if (i + 1 < n)
			rte_prefetch0_write(&w->tun_stats[((struct tunnel *)v->ctx[i + 1])->id]);
		if (unlikely(tun->out > TUN_OUT_ESP))
			encap_refuse(w, tun, m);
		else if (unlikely(m->data_len > tun->mtu))
			encap_too_big(w, tun, m);
		else if (unlikely(m->data_off < TUN_TMPL_ROOM))
			encap_drop(w, tun, m, CHAN_DROP_NO_MBUF);
		else if (unlikely(pkt_meta(m)->encaps++ >= MAX_ENCAPS))
			encap_drop(w, tun, m, CHAN_DROP_TUN_LOOP);
		else
			encap_one(w, tun, m);
	}
}
