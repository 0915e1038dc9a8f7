/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * esp_decrypt - take packets out of ESP (RFC 4303 section 3.4).
 *
 * in     data at the outer IPv4 header, validated, for one of our addresses; ESP behind it (a UDP
 *        header is gone, see ip4_local.c)
 * out    tx          a usual packet out of a usual GRE header to a known neighbour (esp_in.h)
 *        gre_encap   the same into another tunnel
 *        ip4_lookup  the same to elsewhere, data at the inner IPv4 header
 *        gre_decap   all others with GRE, data at the GRE header, ctx the SA
 *        ip4_input   out of a tunnel without GRE (esp_tunnel.c)
 *        dummy packets are absorbed
 * drops  ESP_SHORT, ESP_NO_SA, ESP_ADDR, SA_DEAD, ESP_ALIGN, ESP_REPLAY, ESP_ICV, ESP_PAD,
 *        ESP_NEXT_HDR
 *
 * The order is section 3.4's: SA, replay check, ICV, then the window moves (and checks again: the
 * packet's twin may have been in the same burst), then the trailer. Authenticated is not the same
 * as well-formed: pad length, padding and next header are checked like any received byte.
 */
#include <rte_ip.h>

#include "dataplane/nodes/esp_in.h"
#include "dataplane/tables/sa.h"
#include "dataplane/tables/tables_int.h"

#define NEXT_HDR_DUMMY 59 /* RFC 4303 section 2.6 */
#define SPI_EVENTS_PER_S 10

/* ---- events -------------------------------------------------------------------------------- */

static void
esp_unknown_spi(struct worker *w, rte_be32_t spi_be, const struct rte_ipv4_hdr *ip)
{
	struct esp_worker *e = w->esp;
	struct chan_event ev = {
		.type = CHAN_EV_UNKNOWN_SPI,
		.worker = w->id,
		.id = CHAN_NONE,
		.arg = rte_be_to_cpu_32(spi_be),
		.addr = rte_be_to_cpu_32(ip->src_addr),
	};

	if (e->spi_tsc == 0 || w->now_tsc - e->spi_tsc >= w->tsc_hz) {
		e->spi_tsc = w->now_tsc;
		e->n_spi = 0;
	}
	if (e->n_spi < SPI_EVENTS_PER_S) {
		e->n_spi++;
		worker_event(w, &ev);
	}
}

/* Count a failure; raise the event when the count reaches a power of two, at most once a second. */
static __rte_noinline void
esp_auth_fail(struct worker *w, struct sa *sa)
{
	uint32_t n = ++w->sa_stats[sa->sa_id].auth_fail;
	uint64_t last = __atomic_load_n(&sa->trouble_tsc, __ATOMIC_RELAXED);
	struct chan_event ev = {
		.type = CHAN_EV_SA_TROUBLE,
		.worker = w->id,
		.id = sa->sa_id,
		.arg = n,
	};

	if ((n & (n - 1)) != 0 || (last != 0 && w->now_tsc - last < w->tsc_hz))
		return;
	__atomic_store_n(&sa->trouble_tsc, w->now_tsc, __ATOMIC_RELAXED);
	worker_event(w, &ev);
}

static void
esp_first(struct worker *w, struct sa *sa)
{
	struct chan_event ev = {
		.type = CHAN_EV_SA_FIRST,
		.worker = w->id,
		.id = sa->sa_id,
		.arg = rte_be_to_cpu_32(sa->spi_be),
	};

	if (__atomic_fetch_and(&sa->watch, (uint8_t)~SA_WATCH_FIRST, __ATOMIC_RELAXED) &
			SA_WATCH_FIRST)
		worker_event(w, &ev);
}

/*
 * RFC 7296 section 2.23: an authenticated packet says where the peer is now. It must be the newest
 * that has come, or one held back on its way would send us to where the peer has been.
 */
static void
esp_moved(struct worker *w, struct sa *sa, struct rte_mbuf *m, uint64_t seq)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	rte_be16_t port_be = pkt_origin_at(m)->udp_src;
	uint64_t last = __atomic_load_n(&sa->moved_tsc, __ATOMIC_RELAXED);
	struct chan_event ev = {
		.type = CHAN_EV_SA_MOVED,
		.worker = w->id,
		.id = sa->sa_id,
		.arg = rte_be_to_cpu_32(sa->spi_be),
		.addr = rte_be_to_cpu_32(ip->src_addr),
		.port = rte_be_to_cpu_16(port_be),
	};

	if (ip->src_addr == __atomic_load_n(&sa->remote_be, __ATOMIC_RELAXED) &&
			port_be == __atomic_load_n(&sa->remote_port_be, __ATOMIC_RELAXED))
		return;
	if (seq != __atomic_load_n(&sa->seq, __ATOMIC_RELAXED) ||
			(last != 0 && w->now_tsc - last < w->tsc_hz))
		return;
	__atomic_store_n(&sa->moved_tsc, w->now_tsc, __ATOMIC_RELAXED);
	worker_event(w, &ev);
}

static __rte_noinline void
esp_watch(struct worker *w, struct sa *sa, struct rte_mbuf *m, uint64_t seq)
{
	uint8_t watch = __atomic_load_n(&sa->watch, __ATOMIC_RELAXED);

	if (watch & SA_WATCH_FIRST)
		esp_first(w, sa);
	if (watch & SA_WATCH_MOVED)
		esp_moved(w, sa, m, seq);
}

/* ---- pass 1 -------------------------------------------------------------------------------- */

static __rte_noinline void
esp_in_drop(struct worker *w, const struct sa *sa, struct rte_mbuf *m, enum chan_drop why)
{
	w->tun_stats[sa->tun_id].in_drops++;
	pkt_drop(w, m, why);
}

static inline const struct rte_ipv4_hdr *
outer_ip(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
}

static inline rte_be32_t
esp_spi(const struct rte_mbuf *m, unsigned int ip_len)
{
	rte_be32_t spi_be;

	memcpy(&spi_be, rte_pktmbuf_mtod_offset(m, const char *, ip_len), sizeof(spi_be));
	return spi_be;
}

/* The replay window of an SA that several workers share is theirs one at a time. */
static inline bool
esp_in_replay_commit(struct worker *w, struct sa *sa, uint64_t seq)
{
	bool ok;

	if (w->shared_sas)
		sa_lock(sa);
	ok = replay_commit(sa, seq);
	if (w->shared_sas)
		sa_unlock(sa);
	return ok;
}

/*
 * Lengths, replay, nonce and AAD of a packet whose SA is known. @sh is mostly a constant of the
 * caller: each frequent kind of SA gets code of its own. false if the packet was dropped.
 */
static __rte_always_inline bool
esp_in_prepare(struct worker *w, struct sa *sa, struct rte_mbuf *m, unsigned int ip_len,
		struct crypt_op *op, uint64_t *seq, struct esp_shape sh)
{
	uint32_t fixed = ESP_HDR_LEN + sh.iv_len + sa->icv_len;
	uint8_t *esp = rte_pktmbuf_mtod_offset(m, uint8_t *, ip_len);
	uint32_t len = rte_pktmbuf_data_len(m) - ip_len;
	uint64_t hdr, iv;
	uint32_t seq_lo;

	if (unlikely(len < fixed + sh.align)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_SHORT);
		return false;
	}
	len -= fixed;
	if (unlikely((len & (sh.align - 1u)) != 0)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_ALIGN);
		return false;
	}
	memcpy(&hdr, esp, sizeof(hdr));
	seq_lo = rte_be_to_cpu_32((uint32_t)(hdr >> 32));
	*seq = sh.esn ? replay_seq_esn(sa, seq_lo) : seq_lo;
	if (unlikely(!replay_check(sa, *seq))) {
		w->sa_stats[sa->sa_id].replay++;
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_REPLAY);
		return false;
	}
	op->data = esp + ESP_HDR_LEN + sh.iv_len;
	if (sh.nonce) {
		memcpy(&iv, esp + ESP_HDR_LEN, sizeof(iv));
		esp_nonce(op, sa, iv);
	}
	if (sh.aead)
		esp_aad_aead(op, hdr, *seq, sh.esn);
	else
		esp_aad_integ(op, *seq, sh.esn);
	op->sa = sa;
	op->icv = op->data + len;
	op->len = (uint16_t)len;
	op->alg = sa->alg;
	return true;
}

/*
 * Is it from where the SA's packets come from? In UDP the peer's address and port may change (RFC
 * 3948 section 2.3); whether it was the peer, the ICV says. Without UDP an SA takes packets in UDP,
 * too (RFC 7296 section 2.23), with one in UDP it does not go the other way round.
 */
static bool
esp_in_addr_ok(const struct sa *sa, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = outer_ip(m);

	if (ip->dst_addr != sa->local_be)
		return false;
	if (sa_in_udp(sa))
		return (pkt_meta(m)->flags & PKT_ESP_UDP) != 0;
	return ip->src_addr == __atomic_load_n(&sa->remote_be, __ATOMIC_RELAXED);
}

/* Not a living SA with code of its own whose SPI and addresses the packet has: what is it? */
static __rte_noinline bool
esp_in_other(struct worker *w, struct rte_mbuf *m, rte_be32_t spi_be, unsigned int ip_len,
		struct crypt_op *op, uint64_t *seq)
{
	struct sa *sa = sa_find_in(w->tables->sas, spi_be);

	if (sa == NULL) {
		esp_unknown_spi(w, spi_be, outer_ip(m));
		pkt_drop(w, m, CHAN_DROP_ESP_NO_SA);
		return false;
	}
	if (!esp_in_addr_ok(sa, m)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_ADDR);
		return false;
	}
	if (sa_is_dead(sa)) {
		esp_in_drop(w, sa, m, CHAN_DROP_SA_DEAD);
		return false;
	}
	if (esp_alg_is_gcm(sa->alg) && !sa->esn)
		return esp_in_prepare(w, sa, m, ip_len, op, seq, ESP_SHAPE_GCM(false));
	return esp_in_prepare(w, sa, m, ip_len, op, seq, esp_shape_of(sa));
}

static __rte_noinline bool
esp_in_one(struct worker *w, struct sa *sa, struct rte_mbuf *m, struct crypt_op *op, uint64_t *seq)
{
	const struct rte_ipv4_hdr *ip = outer_ip(m);
	unsigned int ip_len = rte_ipv4_hdr_len(ip);
	uint64_t is, want;
	rte_be32_t spi_be;

	if (unlikely(m->nb_segs != 1 || rte_pktmbuf_data_len(m) < ip_len + ESP_HDR_LEN)) {
		pkt_drop(w, m, CHAN_DROP_ESP_SHORT);
		return false;
	}
	spi_be = esp_spi(m, ip_len);
	memcpy(&is, &ip->src_addr, sizeof(is));
	memcpy(&want, &sa->remote_be, sizeof(want));
	if (unlikely(!sa_has_spi(sa, spi_be) || is != want || sa_is_dead(sa)))
		return esp_in_other(w, m, spi_be, ip_len, op, seq);
	if (likely(sa->kind == SA_KIND_GCM))
		return esp_in_prepare(w, sa, m, ip_len, op, seq, ESP_SHAPE_GCM(false));
	if (sa->kind == SA_KIND_GCM_ESN)
		return esp_in_prepare(w, sa, m, ip_len, op, seq, ESP_SHAPE_GCM(true));
	if (sa->kind == SA_KIND_CBC)
		return esp_in_prepare(w, sa, m, ip_len, op, seq, ESP_SHAPE_CBC(false));
	if (sa->kind == SA_KIND_CBC_ESN)
		return esp_in_prepare(w, sa, m, ip_len, op, seq, ESP_SHAPE_CBC(true));
	return esp_in_other(w, m, spi_be, ip_len, op, seq);
}

/* ---- pass 3 -------------------------------------------------------------------------------- */

/*
 * RFC 4303 section 2.4: the pad length, and that the padding is 1, 2, 3, ... @tail is the last 8
 * bytes as loaded: room for up to 6 of padding, all that GCM needs without padding for secrecy.
 */
static const struct {
	uint64_t want, mask;
} esp_pads[] = {
	{ 0, 0 },
	{ UINT64_C(0x0000010000000000), UINT64_C(0x0000ff0000000000) },
	{ UINT64_C(0x0000020100000000), UINT64_C(0x0000ffff00000000) },
	{ UINT64_C(0x0000030201000000), UINT64_C(0x0000ffffff000000) },
	{ UINT64_C(0x0000040302010000), UINT64_C(0x0000ffffffff0000) },
	{ UINT64_C(0x0000050403020100), UINT64_C(0x0000ffffffffff00) },
	{ UINT64_C(0x0000060504030201), UINT64_C(0x0000ffffffffffff) },
};

static inline bool
esp_padding_ok(const struct crypt_op *op, unsigned int pad, uint64_t tail)
{
	const uint8_t *p = op->data + op->len - ESP_TRAILER_LEN - pad;

	if (unlikely(pad + ESP_TRAILER_LEN > op->len))
		return false;
	if (likely(pad < RTE_DIM(esp_pads)))
		return ((tail ^ esp_pads[pad].want) & esp_pads[pad].mask) == 0;
	for (unsigned int i = 0; i < pad; i++)
		if (unlikely(p[i] != i + 1))
			return false;
	return true;
}

/*
 * What came out of ESP: @len bytes at the GRE header @data. The usual packet is out of GRE at
 * once and goes to @lookup, if there is one; all others to gre_decap.
 */
static __rte_always_inline void
esp_in_next(struct worker *w, struct sa *sa, struct rte_mbuf *m, const uint8_t *data,
		unsigned int len, struct pktvec *lookup, unsigned int *n_lookup)
{
	unsigned int opts = tunnel_opts_by_id(w->tables, sa->tun_id);
	struct chan_tun_stats *stats = &w->tun_stats[sa->tun_id];
	unsigned int off = (unsigned int)(data - (const uint8_t *)m->buf_addr);
	uint8_t outer_tos = outer_ip(m)->type_of_service;
	const uint8_t *inner = NULL;
	struct ip4_words h;

	if (likely(lookup != NULL))
		inner = gre_usual(w->tables, sa->tun_id, opts, data, len, outer_tos, &h);
	if (unlikely(inner == NULL)) {
		pkt_set_origin(m, sa->tun_id, sa->sa_id);
		pkt_meta(m)->outer_tos = outer_tos;
		mbuf_set(m, off, len);
		pktvec_add(&w->gre_decap, m, sa);
		return;
	}
	pkt_from_tunnel(m, sa->tun_id, sa->sa_id, pkt_meta(m)->encaps);
	mbuf_set(m, off + (unsigned int)(inner - data), ip4_total(&h));
	stats->in_packets++;
	stats->in_bytes += ip4_total(&h);
	lookup->m[*n_lookup] = m;
	lookup->ctx[*n_lookup] = (void *)lookup_ctx(h.c, 0);
	++*n_lookup;
}

/* A packet that the cipher is done with: it goes on, is dropped or absorbed. */
static __rte_noinline void
esp_in_finish(struct worker *w, struct sa *sa, const struct crypt_op *op, const struct esp_pkt *p,
		struct pktvec *lookup, unsigned int *n_lookup)
{
	struct chan_sa_stats *stats = &w->sa_stats[sa->sa_id];
	uint32_t len = op->len;
	const uint8_t *data = op->data;
	struct rte_mbuf *m = p->m;
	unsigned int pad, next;
	uint64_t tail;

	if (unlikely(!op->ok)) {
		esp_auth_fail(w, sa);
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_ICV);
		return;
	}
	if (unlikely(!esp_in_replay_commit(w, sa, p->seq))) {
		stats->replay++;
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_REPLAY);
		return;
	}
	stats_add(&stats->packets, 1);
	stats_add(&stats->bytes, len);
	stats->last_tsc = w->now_tsc;
	if (unlikely(__atomic_load_n(&sa->watch, __ATOMIC_RELAXED) != 0))
		esp_watch(w, sa, m, p->seq);

	/* At least 4 bytes of it are ciphertext's, the others header and IV: all there. */
	memcpy(&tail, data + len - sizeof(tail), sizeof(tail));
	pad = tail >> 48 & 0xff;
	next = tail >> 56;
	if (unlikely(next == NEXT_HDR_DUMMY)) {
		w->stats->absorbed++;
		rte_pktmbuf_free(m);
		return;
	}
	if (unlikely(!esp_padding_ok(op, pad, tail))) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_PAD);
		return;
	}
	len -= ESP_TRAILER_LEN + pad;
	if (likely(next == sa->next_hdr))
		esp_in_next(w, sa, m, data, len, lookup, n_lookup);
	else
		esp_tunnel_in(w, sa, m, (unsigned int)(data - (const uint8_t *)m->buf_addr), len,
				(uint8_t)next);
}

/* What pass 3 will want. */
static inline void
esp_in_prefetch(const struct worker *w, const struct sa *sa)
{
	rte_prefetch0_write(&w->sa_stats[sa->sa_id]);
	rte_prefetch0_write(&w->tun_stats[sa->tun_id]);
}

/* ---- the node ------------------------------------------------------------------------------ */

/* In UDP: which short way is open behind the cipher? The UDP header is gone, so that the outer one
 * is where that way looks for it. */
static inline enum op_usual
esp_in_udp_usual(const struct sa *sa)
{
	if (!sa_in_udp(sa) || sa->mode != CHAN_SA_TRANSPORT)
		return OP_UNUSUAL;
	switch (esp_algs[sa->alg].cipher) {
	case ESP_CIPHER_GCM:
		return OP_USUAL_GCM;
	case ESP_CIPHER_CBC:
		return OP_USUAL_CBC;
	default:
		return OP_UNUSUAL;
	}
}

/* The peer's address and port are not new: esp_moved() would have nothing to do. */
static inline bool
esp_in_not_moved(const struct sa *sa, struct rte_mbuf *m)
{
	return outer_ip(m)->src_addr == __atomic_load_n(&sa->remote_be, __ATOMIC_RELAXED) &&
	       pkt_origin_at(m)->udp_src == __atomic_load_n(&sa->remote_port_be, __ATOMIC_RELAXED);
}

/* A packet in UDP that has taken the long way before the cipher. */
static __rte_noinline uint8_t
esp_in_usual_udp(const struct sa *sa, struct rte_mbuf *m)
{
	return __atomic_load_n(&sa->watch, __ATOMIC_RELAXED) == SA_WATCH_MOVED &&
	       outer_ip(m)->version_ihl == RTE_IPV4_VHL_DEF && esp_in_not_moved(sa, m) ?
			(uint8_t)esp_in_udp_usual(sa) : OP_UNUSUAL;
}

/* The short way behind the cipher, for a packet that has taken the long one before it? */
static inline uint8_t
esp_in_usual(const struct sa *sa, const struct rte_mbuf *m)
{
	if (__atomic_load_n(&sa->watch, __ATOMIC_RELAXED) != 0 ||
			outer_ip(m)->version_ihl != RTE_IPV4_VHL_DEF)
		return OP_UNUSUAL;
	if (sa->kind == SA_KIND_CBC || sa->kind == SA_KIND_CBC_ESN)
		return OP_USUAL_CBC;
	return sa->kind == SA_KIND_GCM || sa->kind == SA_KIND_GCM_ESN ? OP_USUAL_GCM : OP_UNUSUAL;
}

/* Where the SA of a packet is that came by way of ip4_local. */
static inline struct sa *
esp_slot_of(const struct worker *w, const struct rte_mbuf *m)
{
	return esp_slot(w->tables->sas, (const char *)outer_ip(m) + rte_ipv4_hdr_len(outer_ip(m)));
}

static __rte_noinline bool
esp_cbc_finish(const struct esp_in_burst *b, const struct crypt_op *op, const struct esp_pkt *p,
		struct esp_inner *in, uint32_t *dst)
{
	return esp_short_finish(b, op, p->m, p->seq, in, dst, OP_USUAL_CBC);
}

static __rte_noinline bool
esp_gcm_finish(const struct esp_in_burst *b, const struct crypt_op *op, const struct esp_pkt *p,
		struct esp_inner *in, uint32_t *dst)
{
	return esp_short_finish(b, op, p->m, p->seq, in, dst, OP_USUAL_GCM);
}

/* ---- order --------------------------------------------------------------------------------- */

/* One of 64 bits for an SA. That some share one costs time at worst. */
static inline uint64_t
sa_bit(const struct sa *sa)
{
	return UINT64_C(1) << (sa->sa_id & 63);
}

/* IPv4 behind a GRE header without options, or with a key only, as around usual packets? A tunnel's
 * others have another header all of them, and those of IPv6 are of other flows. */
static inline bool
op_is_plain(const struct crypt_op *op)
{
	rte_be32_t word;

	if (op->len < sizeof(word))
		return false;
	memcpy(&word, op->data, sizeof(word));
	return word == GRE_WORD_PLAIN || word == GRE_WORD_KEYED;
}

/*
 * A packet that does not take the short way behind the cipher. One of an SA whose others may take
 * it goes by gre_decap, whatever is in it: only so those behind it in the burst can stay there.
 * @return the SA's bit if it has gone to gre_decap, where the others of the burst must follow, or
 * they would overtake it; else 0. Out of an SA in tunnel mode all go the same way.
 */
static __rte_noinline uint64_t
esp_in_long(struct worker *w, const struct crypt_op *op, const struct esp_pkt *p,
		struct pktvec *lookup, unsigned int *n_lookup)
{
	struct sa *sa = (struct sa *)(uintptr_t)op->sa;
	bool mixed = op->usual != OP_UNUSUAL || esp_in_udp_usual(sa) != OP_UNUSUAL ||
			outer_ip(p->m)->version_ihl != RTE_IPV4_VHL_DEF;
	bool follow = sa->mode == CHAN_SA_TRANSPORT && op_is_plain(op);
	unsigned int n_gre = w->gre_decap.n;

	esp_in_finish(w, sa, op, p, mixed ? NULL : lookup, n_lookup);
	return follow && w->gre_decap.n != n_gre ? sa_bit(sa) : 0;
}

/*
 * The rest of a burst, from @op to @end, behind such a packet. @behind: the bits of SAs whose
 * packets must not take the short way, nor that to @lookup.
 * @return how many have been put into @in.
 */
static __rte_noinline unsigned int
esp_in_behind(struct worker *w, const struct esp_in_burst *b, const struct crypt_op *op,
		const struct crypt_op *end, uint64_t behind, struct pktvec *lookup,
		unsigned int *n_lookup, struct esp_inner *in, uint32_t *dst)
{
	const struct esp_pkt *pkt = w->esp->in.pkts + (op - w->esp->in.ops);
	unsigned int n = 0;

	for (; op < end; op++, pkt++) {
		if (behind & sa_bit(op->sa))
			esp_in_finish(w, (struct sa *)(uintptr_t)op->sa, op, pkt, NULL, NULL);
		else if ((op->usual == OP_USUAL_GCM && esp_gcm_finish(b, op, pkt, &in[n],
				&dst[n])) || (op->usual == OP_USUAL_CBC &&
				esp_cbc_finish(b, op, pkt, &in[n], &dst[n])))
			n++;
		else
			behind |= esp_in_long(w, op, pkt, lookup, n_lookup);
	}
	return n;
}

/* The short way behind the cipher, for an operation that is not of the burst's kind. */
static __rte_always_inline bool
esp_finish_other(const struct esp_in_burst *b, const struct crypt_op *op, const struct esp_pkt *p,
		struct esp_inner *in, uint32_t *dst, enum op_usual kind)
{
	if (kind != OP_USUAL_CBC)
		return op->usual == OP_USUAL_CBC && esp_cbc_finish(b, op, p, in, dst);
	return op->usual == OP_USUAL_GCM && esp_gcm_finish(b, op, p, in, dst);
}

/* The short way as far as the cipher, for a packet that the burst's own loop does not take. */
static __rte_always_inline bool
esp_prepare_as(const struct sa *sa, struct rte_mbuf *m, struct crypt_op *op, uint64_t *seq,
		bool udp)
{
	switch (sa_kind_of(sa)) {
	case SA_KIND_GCM:
		return esp_short_prepare(sa, m, op, seq, OP_USUAL_GCM, false, udp);
	case SA_KIND_GCM_ESN:
		return esp_short_prepare(sa, m, op, seq, OP_USUAL_GCM, true, udp);
	case SA_KIND_CBC:
		return esp_short_prepare(sa, m, op, seq, OP_USUAL_CBC, false, udp);
	case SA_KIND_CBC_ESN:
		return esp_short_prepare(sa, m, op, seq, OP_USUAL_CBC, true, udp);
	default:
		return false;
	}
}

/* ... or the long way; false if it was dropped. @sa: where its SA would be. */
static __rte_noinline bool
esp_prepare_other(struct worker *w, struct sa *sa, struct rte_mbuf *m, struct crypt_op *op,
		uint64_t *seq)
{
	if (sa->kind & SA_KIND_UDP ? esp_prepare_as(sa, m, op, seq, true) :
			esp_prepare_as(sa, m, op, seq, false))
		return true;
	if (!esp_in_one(w, sa, m, op, seq))
		return false;
	op->usual = likely(!sa_in_udp(op->sa)) ? esp_in_usual(op->sa, m) :
			esp_in_usual_udp(op->sa, m);
	return true;
}

/* All of the vector. @kind, @esn, @udp, constants: what most of it is; the others take other ways
 * as far as the cipher. */
static __rte_always_inline void
esp_decrypt_as(struct worker *w, enum op_usual kind, bool esn, bool udp)
{
	struct pktvec *v = &w->esp_decrypt, *lookup = &w->ip4_lookup;
	struct esp_in_burst b = { .tables = w->tables, .tun_stats = w->tun_stats,
		.sa_stats = w->sa_stats, .now_tsc = w->now_tsc, .shared = w->shared_sas };
	struct esp_worker *e = w->esp;
	struct esp_inner inner[BURST_MAX], *in = inner;
	uint32_t dsts[BURST_MAX], *dst = dsts;
	struct crypt_op *op = e->in.ops, *end;
	struct esp_pkt *pkt = e->in.pkts;
	unsigned int n_in = v->n, n_lookup = lookup->n;
	bool keys_soon = sa_keys_soon(w->tables->sas);
	uint64_t behind = 0;

	v->n = 0;
	for (unsigned int i = 0; i < n_in; i++) {
		struct sa *sa = v->ctx[i];
		struct rte_mbuf *m = v->m[i];

		if (unlikely(sa == NULL))
			sa = esp_slot_of(w, m);
		if (unlikely(!esp_short_prepare(sa, m, op, &pkt->seq, kind, esn, udp)) &&
				!esp_prepare_other(w, sa, m, op, &pkt->seq))
			continue;
		esp_in_prefetch(w, sa);
		if (kind == OP_USUAL_CBC)
			rte_prefetch0(&sa->key);
		else if (unlikely(keys_soon))
			gcm_key_soon(&sa->key.batch);
		pkt->m = m;
		op++;
		pkt++;
	}
	end = op;
	crypt_decrypt(&e->crypt, e->in.ops, (unsigned int)(end - e->in.ops));
	pkt = e->in.pkts;
	for (op = e->in.ops; op < end; op++, pkt++) {
		if (likely(esp_short_finish(&b, op, pkt->m, pkt->seq, in, dst, kind)) ||
				esp_finish_other(&b, op, pkt, in, dst, kind)) {
			in++;
			dst++;
			continue;
		}
		behind = esp_in_long(w, op, pkt, lookup, &n_lookup);
		if (unlikely(behind != 0))
			break;
	}
	if (unlikely(behind != 0))
		in += esp_in_behind(w, &b, op + 1, end, behind, lookup, &n_lookup, in, dst);
	lookup->n = (uint16_t)n_lookup;
	if (in != inner)
		esp_short_forward(w, inner, dsts, (unsigned int)(in - inner));
}

static __rte_noinline void
esp_decrypt_gcm_udp(struct worker *w)
{
	esp_decrypt_as(w, OP_USUAL_GCM, false, true);
}

static __rte_noinline void
esp_decrypt_gcm_esn(struct worker *w)
{
	esp_decrypt_as(w, OP_USUAL_GCM, true, false);
}

static __rte_noinline void
esp_decrypt_cbc(struct worker *w)
{
	esp_decrypt_as(w, OP_USUAL_CBC, false, false);
}

static __rte_noinline void
esp_decrypt_cbc_esn(struct worker *w)
{
	esp_decrypt_as(w, OP_USUAL_CBC, true, false);
}

void
esp_decrypt(struct worker *w)
{
	const struct sa *first = w->esp_decrypt.ctx[0];

	switch (first != NULL ? (unsigned int)first->kind : SA_KIND_GCM) {
	case SA_KIND_GCM | SA_KIND_UDP:
		esp_decrypt_gcm_udp(w);
		break;
	case SA_KIND_GCM_ESN:
	case SA_KIND_GCM_ESN | SA_KIND_UDP:
		esp_decrypt_gcm_esn(w);
		break;
	case SA_KIND_CBC:
	case SA_KIND_CBC | SA_KIND_UDP:
		esp_decrypt_cbc(w);
		break;
	case SA_KIND_CBC_ESN:
	case SA_KIND_CBC_ESN | SA_KIND_UDP:
		esp_decrypt_cbc_esn(w);
		break;
	default:
		esp_decrypt_as(w, OP_USUAL_GCM, false, false);
	}
}
