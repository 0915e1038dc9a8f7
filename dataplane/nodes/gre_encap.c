/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gre_encap - into a tunnel: MTU, the template of the outer headers, GRE (RFC 2784, RFC 2890).
 *
 * in     data at the inner IPv4 header, ctx the struct tunnel
 * out    tx           plain GRE, finished
 *        esp_encrypt  protected: the outer IPv4 header lacks total length and checksum (tx.h),
 *                     the ESP header its sequence number, the IV is room only
 *        gre_frag     longer than the tunnel's MTU, DF clear; what follows such a packet, so that
 *                     it does not overtake it
 *        hold         the underlay neighbour is not known yet
 *        mgre_take    into a multipoint tunnel itself
 * drops  TUN_DOWN, TUN_NO_ROUTE, TUN_NO_SA, TUN_LOOP, TOO_BIG, NO_MBUF
 *
 * No leak: what a tunnel does with a packet is one byte, @out, which the main core derives from
 * everything at once (tunnel.c). A protected tunnel's is never TUN_OUT_PLAIN.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/esp_out.h"
#include "dataplane/nodes/gre_encap.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/mgre.h"
#include "dataplane/nodes/mss.h"
#include "dataplane/nodes/nodes.h"

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
	case TUN_OUT_MULTI:
		mgre_take(w, tun, m);
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
	if ((mbuf_ip4(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) &&
			!(tun->frag & TUN_FRAG_IGNORE_DF)) {
		w->tun_stats[tun->id].out_drops++;
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG, tun->mtu, CHAN_DROP_TOO_BIG);
	} else {
		pktvec_add(&w->gre_frag, m, tun);
	}
}

void
encap_ttl(uint8_t *ip, uint8_t ttl)
{
	uint16_t sum;
	uint32_t wide;

	memcpy(&sum, ip + offsetof(struct rte_ipv4_hdr, hdr_checksum), sizeof(sum));
	wide = (uint32_t)sum + ttl; /* the first byte of its word as loaded */
	sum = (uint16_t)((wide & 0xffff) + (wide >> 16));
	memcpy(ip + offsetof(struct rte_ipv4_hdr, hdr_checksum), &sum, sizeof(sum));
	ip[offsetof(struct rte_ipv4_hdr, time_to_live)] = ttl;
}

void
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

#define ENCAP_OPTIONS (TUN_OPT_CSUM | TUN_OPT_SEQ | TUN_OPT_TTL_COPY)

/* What most tunnels do not have. @data: the inner packet @m of @len bytes, headers in front of it. */
static void
encap_options(struct tunnel *tun, struct rte_mbuf *m, uint8_t *data, unsigned int len)
{
	if (tun->opts & TUN_OPT_TTL_COPY)
		encap_ttl(data - tun->hdr_len + tun->l2_len, encap_ttl_of(m,
				data[offsetof(struct rte_ipv4_hdr, time_to_live)]));
	encap_gre_options(tun, data - tun->gre_len, (size_t)tun->gre_len + len);
}

/* Headers in front of the inner packet. */
static inline void
encap_one(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	const uint8_t *tmpl = tun->tmpl + TUN_TMPL_ROOM;
	unsigned int len = m->data_len, hdr_len = tun->hdr_len;
	struct chan_tun_stats *stats = &w->tun_stats[tun->id];
	uint64_t inner;

	/* Bytes 0 to 7 only: the TTL and checksum behind them may just have been stored. */
	memcpy(&inner, data, sizeof(inner));
	memcpy(data - 64, tmpl - 64, 64);
	if (unlikely(hdr_len > 64))
		memcpy(data - TUN_TMPL_ROOM, tmpl - TUN_TMPL_ROOM, TUN_TMPL_ROOM - 64);
	encap_outer(w, tun, data - hdr_len + tun->l2_len, inner);
	if (unlikely(tun->opts & (ENCAP_OPTIONS | TUN_OPT_MSS))) {
		if ((tun->opts & TUN_OPT_MSS) && mss_maybe_syn4(data))
			mss_clamp_ip4(data, len, tun->mss4);
		if (tun->opts & ENCAP_OPTIONS)
			encap_options(tun, m, data, len);
	}
	mbuf_set(m, m->data_off - hdr_len, len + hdr_len);
	stats->out_packets++;
	stats->out_bytes += len;
}

/* Behind a packet that is to be cut, of whose flow it may be: it waits for its turn there. */
static void
encap_behind(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	if (tun->out > TUN_OUT_ESP || m->data_len > tun->mtu)
		encap_not(w, tun, m);
	else
		pktvec_add(&w->gre_frag, m, tun);
}

__rte_noinline void
encap_not(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	if (tun->out > TUN_OUT_ESP)
		encap_refuse(w, tun, m);
	else if (m->data_len > tun->mtu)
		encap_too_big(w, tun, m);
	else if (m->data_off < TUN_TMPL_ROOM)
		encap_drop(w, tun, m, CHAN_DROP_NO_MBUF);
	else
		encap_drop(w, tun, m, CHAN_DROP_TUN_LOOP);
}

/* Undo DF in the outer header of a frame whose checksum is still the plain sum (encap_outer()). */
static void
encap_clear_df(struct rte_ipv4_hdr *ip)
{
	const rte_be16_t df = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	uint32_t sum;

	if (!(ip->fragment_offset & df))
		return;
	ip->fragment_offset &= (rte_be16_t)~df;
	sum = (uint32_t)ip->hdr_checksum + (uint16_t)~df;
	ip->hdr_checksum = (uint16_t)((sum & 0xffff) + (sum >> 16));
}

struct rte_mbuf *
gre_encap_whole(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	struct txbuf *tx = &w->tx[tun->egress.port];
	uint16_t before = tx->n;

	if (unlikely(m->data_off < TUN_TMPL_ROOM)) {
		encap_drop(w, tun, m, CHAN_DROP_NO_MBUF);
		return NULL;
	}
	if (unlikely(pkt_meta(m)->encaps++ >= MAX_ENCAPS)) {
		encap_drop(w, tun, m, CHAN_DROP_TUN_LOOP);
		return NULL;
	}
	if (unlikely(before == RTE_DIM(tx->m))) {
		encap_drop(w, tun, m, CHAN_DROP_TX_FULL);
		return NULL;
	}
	if (mbuf_is_ip6(m))
		encap6_one(w, tun, m);
	else
		encap_one(w, tun, m);
	encap_clear_df(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, tun->l2_len));
	if (tun->out == TUN_OUT_ESP) {
		pktvec_add(&w->esp_encrypt, m, tun);
		esp_encrypt(w);
	} else {
		encap_plain_tx(w, tun, m);
	}
	if (tx->n == before)
		return NULL;
	/* Back from the transmit buffer: it has not been sent yet. */
	m = tx->m[--tx->n];
	w->if_stats[tun->egress.if_id].out_packets--;
	w->if_stats[tun->egress.if_id].out_bytes -= rte_pktmbuf_pkt_len(m);
	return m;
}

/* The tunnel sends nothing now; an answer that nobody waits for is just dropped. */
static enum chan_drop
answer_refused(const struct tunnel *tun)
{
	switch ((enum tun_out)tun->out) {
	case TUN_OUT_NO_SA:
		return CHAN_DROP_TUN_NO_SA;
	case TUN_OUT_NO_ROUTE:
		return CHAN_DROP_TUN_NO_ROUTE;
	case TUN_OUT_WAIT:
		return CHAN_DROP_NEIGH_WAIT;
	default:
		return CHAN_DROP_TUN_DOWN;
	}
}

void
gre_answer(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	unsigned int hdr_len = tun->hdr_len - tun->gre_len;
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *), *ip = data - hdr_len + tun->l2_len;

	if (unlikely(tun->out > TUN_OUT_ESP)) {
		encap_drop(w, tun, m, answer_refused(tun));
		return;
	}
	if (unlikely(m->data_off < TUN_TMPL_ROOM || m->data_len + tun->gre_len > tun->mtu)) {
		encap_drop(w, tun, m, CHAN_DROP_NO_MBUF);
		return;
	}
	memcpy(data - hdr_len, tun->tmpl + TUN_TMPL_ROOM - tun->hdr_len, hdr_len);
	encap_outer(w, tun, ip, 0);
	if (tun->opts & TUN_OPT_TTL_COPY)
		encap_ttl(ip, IPDEFTTL);
	mbuf_set(m, m->data_off - hdr_len, m->data_len + hdr_len);
	if (tun->out == TUN_OUT_ESP)
		pktvec_add(&w->esp_encrypt, m, tun);
	else
		encap_plain_tx(w, tun, m);
}

static inline void
encap_prefetch(const void *tun)
{
	rte_prefetch0(tun);
	rte_prefetch0(RTE_PTR_ADD(tun, 64));
}

/* The tunnel is at hand: what it leads to, and where headers and trailer go. @shared: see
 * esp_out_short(). */
static __rte_always_inline void
encap_prefetch_next(const struct esp_short *s, const struct tunnel *tun, const struct rte_mbuf *m,
		bool shared)
{
	const char *data = rte_pktmbuf_mtod(m, const char *);

	rte_prefetch0_write(tun->sa_out);
	rte_prefetch0_write(&s->tun_stats[tun->id].out_packets);
	rte_prefetch0_write(&s->sa_stats[tun->sa_id]); /* nowhere in particular if not short */
	if (shared)
		rte_prefetch0_write(&s->numbers[tun->sa_id]);
	rte_prefetch0_write(data - 64);
	rte_prefetch0_write(data + m->data_len);
}

/* What does not take the short way; @takes: the tunnel takes it at all. @ip_id, and what is
 * returned: the number of the next packet. By value: a struct whose address is given away stays in
 * memory. */
static __rte_noinline uint16_t
encap_long(struct worker *w, uint16_t ip_id, struct tunnel *tun, struct rte_mbuf *m, bool takes)
{
	w->ip_id = ip_id;
	if (unlikely(!takes)) {
		encap_not(w, tun, m);
	} else {
		encap_one(w, tun, m);
		if (likely(tun->out == TUN_OUT_ESP))
			pktvec_add(&w->esp_encrypt, m, tun);
		else
			encap_plain_tx(w, tun, m);
	}
	return w->ip_id;
}

/* A packet of gre_encap_looked_up() that is for the node itself, or ends here. @ip_id: see
 * encap_long(). */
static __rte_noinline uint16_t
encap_looked_up_other(struct worker *w, uint16_t ip_id, struct tunnel *tun, struct rte_mbuf *m)
{
	w->ip_id = ip_id;
	if (unlikely(!ip4_ttl(w, m, 0)))
		return w->ip_id;
	if (m->data_len > tun->mtu && tun->out <= TUN_OUT_ESP)
		encap_too_big(w, tun, m); /* what gre_encap would find, too */
	else
		pktvec_add(&w->gre_encap, m, tun);
	return w->ip_id;
}

/* What a packet wants that is at hand soon: its tunnel's first line has been asked for. */
static __rte_always_inline void
encap_ahead(const struct esp_short *s, const struct tunnel *tun, const struct rte_mbuf *m,
		bool shared)
{
	rte_prefetch0(RTE_PTR_ADD(tun, 64));
	encap_prefetch_next(s, tun, m, shared);
}

/* false: it is to be cut, and what follows it waits behind it. */
static __rte_always_inline bool
encap_looked_up(struct worker *w, struct esp_short *s, struct rte_mbuf *m, const hop_t *hops,
		unsigned int n, enum sa_kind kind, bool shared, bool more)
{
	struct tunnel *tun = hop_ptr_of(*hops, HOP_TUN);
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *);
	unsigned int n_frag;

	if (unlikely(m->data_len > tun->max_len || m->data_off < TUN_TMPL_ROOM ||
			pkt_meta(m)->encaps >= MAX_ENCAPS ||
			ip[offsetof(struct rte_ipv4_hdr, time_to_live)] <= 1) ||
			unlikely(!esp_out_is_short(tun, m)) ||
			unlikely(!esp_out_short(s, tun, m, kind, hops, n, shared, more))) {
		n_frag = w->gre_frag.n;
		s->ip_id = encap_looked_up_other(w, s->ip_id, tun, m);
		return w->gre_frag.n == n_frag;
	}
	ip4_ttl_dec((struct rte_ipv4_hdr *)ip);
	return true;
}

/* The rest of such a burst. */
static __rte_noinline void
encap_looked_up_behind(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops,
		unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (ip4_ttl(w, m[i], 0))
			encap_behind(w, hop_ptr_of(hops[i], HOP_TUN), m[i]);
}

static __rte_always_inline void
encap_burst(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops, unsigned int n,
		enum sa_kind kind, bool shared, bool more)
{
	struct esp_short s = esp_short_begin(w);
	unsigned int i = 0;
	bool go_on = true;

	for (; i < n && i < PREFETCH_AHEAD; i++)
		encap_ahead(&s, hop_ptr_of(hops[i], HOP_TUN), m[i], shared);
	for (i = 0; likely(go_on) && i + PREFETCH_AHEAD < n; i++) {
		encap_ahead(&s, hop_ptr_of(hops[i + PREFETCH_AHEAD], HOP_TUN),
				m[i + PREFETCH_AHEAD], shared);
		go_on = encap_looked_up(w, &s, m[i], &hops[i], n - i, kind, shared, more);
	}
	for (; likely(go_on) && i < n; i++)
		go_on = encap_looked_up(w, &s, m[i], &hops[i], n - i, kind, shared, more);
	esp_short_end(w, &s);
	if (unlikely(!go_on))
		encap_looked_up_behind(w, m + i, hops + i, n - i);
}

static __rte_noinline void
encap_burst_gcm_shared(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops,
		unsigned int n)
{
	encap_burst(w, m, hops, n, SA_KIND_GCM, true, false);
}

static __rte_noinline void
encap_burst_gcm_more(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops, unsigned int n)
{
	encap_burst(w, m, hops, n, SA_KIND_GCM, w->shared_sas, true);
}

static __rte_noinline void
encap_burst_gcm_esn(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops, unsigned int n)
{
	if (w->shared_sas)
		encap_burst(w, m, hops, n, SA_KIND_GCM_ESN, true, false);
	else
		encap_burst(w, m, hops, n, SA_KIND_GCM_ESN, false, false);
}

static __rte_noinline void
encap_burst_gcm_esn_more(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops,
		unsigned int n)
{
	encap_burst(w, m, hops, n, SA_KIND_GCM_ESN, w->shared_sas, true);
}

static __rte_noinline void
encap_burst_cbc(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops, unsigned int n)
{
	if (w->shared_sas)
		encap_burst(w, m, hops, n, SA_KIND_CBC, true, true);
	else
		encap_burst(w, m, hops, n, SA_KIND_CBC, false, true);
}

static __rte_noinline void
encap_burst_cbc_esn(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops, unsigned int n)
{
	if (w->shared_sas)
		encap_burst(w, m, hops, n, SA_KIND_CBC_ESN, true, true);
	else
		encap_burst(w, m, hops, n, SA_KIND_CBC_ESN, false, true);
}

/* The first packet's tunnel, which has TUN_OPT_SHORT, chooses the loop; packets for tunnels of
 * another kind of SA go the long way. While no tunnel has @more and there are not many SAs, AES-GCM
 * has loops without it: 1.3 cycles a packet. */
void
gre_encap_looked_up(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops, unsigned int n)
{
	bool more = __atomic_load_n(&w->tables->n_more, __ATOMIC_RELAXED) != 0 ||
			sa_keys_soon(w->tables->sas);
	const struct tunnel *first = hop_ptr_of(hops[0], HOP_TUN);

	if (first->sa_kind == SA_KIND_GCM_ESN)
		(more ? encap_burst_gcm_esn_more : encap_burst_gcm_esn)(w, m, hops, n);
	else if (first->sa_kind == SA_KIND_CBC)
		encap_burst_cbc(w, m, hops, n);
	else if (first->sa_kind == SA_KIND_CBC_ESN)
		encap_burst_cbc_esn(w, m, hops, n);
	else if (unlikely(more))
		encap_burst_gcm_more(w, m, hops, n);
	else if (w->shared_sas)
		encap_burst_gcm_shared(w, m, hops, n);
	else
		encap_burst(w, m, hops, n, SA_KIND_GCM, false, false);
}

/* @kind, a constant: of the SAs whose packets take the short way. */
static __rte_always_inline void
gre_encap_as(struct worker *w, enum sa_kind kind)
{
	struct pktvec *v = &w->gre_encap;
	struct esp_short s = esp_short_begin(w);
	unsigned int n = v->n, n_frag = w->gre_frag.n, i;

	v->n = 0;
	for (i = 0; i < n && i < PREFETCH_AHEAD; i++)
		encap_prefetch(v->ctx[i]);
	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];
		struct tunnel *tun = v->ctx[i];

		if (i + PREFETCH_AHEAD < n)
			encap_prefetch(v->ctx[i + PREFETCH_AHEAD]);
		if (i + 2 < n)
			encap_prefetch_next(&s, v->ctx[i + 2], v->m[i + 2], w->shared_sas);
		if (unlikely(m->data_len > tun->max_len || m->data_off < TUN_TMPL_ROOM ||
				pkt_meta(m)->encaps++ >= MAX_ENCAPS)) {
			s.ip_id = encap_long(w, s.ip_id, tun, m, false);
			if (w->gre_frag.n == n_frag)
				continue;
			break;
		}
		if (likely(esp_out_is_short(tun, m)) &&
				likely(esp_out_short(&s, tun, m, kind, &v->ctx[i], n - i,
						w->shared_sas, true)))
			continue;
		s.ip_id = encap_long(w, s.ip_id, tun, m, true);
	}
	esp_short_end(w, &s);
	while (++i < n)
		encap_behind(w, v->ctx[i], v->m[i]);
}

static __rte_noinline void
gre_encap_esn(struct worker *w)
{
	gre_encap_as(w, SA_KIND_GCM_ESN);
}

void
gre_encap(struct worker *w)
{
	const struct tunnel *first = w->gre_encap.ctx[0];

	if (first->sa_kind == SA_KIND_GCM_ESN)
		gre_encap_esn(w);
	else
		gre_encap_as(w, SA_KIND_GCM);
}
