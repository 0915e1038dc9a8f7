/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short way out of a protected tunnel, for esp_decrypt.c: the usual packet from ESP to the wire
 * with nothing in between that is not needed for it. Usual is what SA_TRAITS_SHORT says of the SA,
 * an outer header without options, the SA's addresses (and port: a UDP header is gone by then), a
 * number that is ahead of all before;
 * inside, a usual packet in a usual GRE header (gre.h) for a known neighbour or another tunnel.
 *
 * Three steps, each of which leaves a packet untouched that it does not take, for the long way to
 * find out why, to name the reason and to drop it or not:
 *
 *   esp_short_prepare()  before the cipher
 *   esp_short_finish()   after it: ICV, replay window, trailer, GRE, the inner header
 *   esp_short_forward()  TTL, Ethernet header, transmit buffer
 *
 * In between, the mbuf still says that its data is the outer header.
 */
#ifndef CULVERT_DATAPLANE_NODES_ESP_IN_H
#define CULVERT_DATAPLANE_NODES_ESP_IN_H

#include <immintrin.h>

#include "dataplane/nodes/esp_int.h"
#include "dataplane/nodes/gre.h"
#include "dataplane/nodes/ip4_out.h"
#include "dataplane/tables/replay.h"

#define SHORT_IP_LEN   20 /* outer IPv4 header */
#define SHORT_IV_LEN   8
#define SHORT_ICV_LEN  16
#define SHORT_PAYLOAD  (SHORT_IP_LEN + ESP_HDR_LEN + SHORT_IV_LEN) /* where it begins */
#define SHORT_MIN_BODY 4  /* ciphertext, in units of as much */

/* What an operation's bytes from @len on are: length, 8 bytes of AAD, algorithm, ok, usual. */
static_assert(offsetof(struct crypt_op, len) % 8 == 0 &&
		offsetof(struct crypt_op, aad_len) == offsetof(struct crypt_op, len) + 2 &&
		offsetof(struct crypt_op, alg) == offsetof(struct crypt_op, len) + 3 &&
		offsetof(struct crypt_op, ok) == offsetof(struct crypt_op, len) + 4 &&
		offsetof(struct crypt_op, usual) == offsetof(struct crypt_op, len) + 5,
		"one store");

/* @usual: the short way is open behind the cipher, too. AES-GCM as above; AES-CBC with any
 * integrity algorithm in transport mode; both out of UDP, too, if the peer has not moved. And @ok
 * and @usual, loaded as one. */
enum op_usual { OP_UNUSUAL, OP_USUAL_GCM, OP_USUAL_CBC };
#define OP_GOOD(usual) (1 | (usual) << 8)
#define SHORT_CBC_PAYLOAD (SHORT_IP_LEN + ESP_HDR_LEN + 16)

/* ... and from @len on for one that takes the short way from the start. */
static __rte_always_inline uint64_t
op_tail(enum op_usual usual, bool esn, int len, uint8_t alg)
{
	unsigned int aad_len = (usual == OP_USUAL_GCM ? 8 : 0) + (esn ? 4 : 0);

	return (uint32_t)len | aad_len << 16 | (uint64_t)alg << 24 | (uint64_t)usual << 40;
}

/* Alive, with nothing to be looked out for; AES-CBC with an ICV of any length. @more: SA_TRAITS_UDP
 * or 0. */
static __rte_always_inline bool
sa_is_short(const struct sa *sa, enum op_usual usual, bool esn, uint32_t more)
{
	if (usual == OP_USUAL_GCM)
		return sa_traits(sa) == (SA_TRAITS_SHORT(esn) | more);
	return (sa_traits(sa) & 0xffffff) == ((esn ? SA_KIND_CBC_ESN : SA_KIND_CBC) | more);
}

/* ... in UDP, and @m came so, from the port that the SA knows: the peer has not moved, if the
 * address is the SA's, too. */
static __rte_always_inline bool
sa_is_short_udp(const struct sa *sa, struct rte_mbuf *m, enum op_usual usual, bool esn)
{
	return sa_is_short(sa, usual, esn, SA_TRAITS_UDP) &&
	       (pkt_meta(m)->flags & PKT_ESP_UDP) != 0 && pkt_origin_at(m)->udp_src ==
			__atomic_load_n(&sa->remote_port_be, __ATOMIC_RELAXED);
}

/* Salt, IV, 0: the IV, behind the ESP header at @esp, and what stands around it, and the salt over
 * the first 4 bytes. */
static __rte_always_inline void
short_nonce(struct crypt_op *op, const struct sa *sa, const uint8_t *esp)
{
	__m128i nonce = _mm_loadu_si128((const __m128i *)(const void *)(esp + 4));

	nonce = _mm_castps_si128(_mm_insert_ps(_mm_castsi128_ps(nonce),
			_mm_castsi128_ps(_mm_cvtsi32_si128((int)sa->salt)), 0x08));
	_mm_store_si128((__m128i *)(void *)op->nonce, nonce);
}

/**
 * Lengths, SA, addresses, replay; the nonce and AAD of @op. false: not usual, or not right.
 * @param usual, esn, udp  constants of the caller: which SAs are taken.
 */
static __rte_always_inline bool
esp_short_prepare(const struct sa *sa, struct rte_mbuf *m, struct crypt_op *op,
		uint64_t *seq_out, enum op_usual usual, bool esn, bool udp)
{
	const int payload_at = usual == OP_USUAL_GCM ? SHORT_PAYLOAD : SHORT_CBC_PAYLOAD;
	const int block = usual == OP_USUAL_GCM ? SHORT_MIN_BODY : 16;
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *);
	int len = m->data_len - payload_at -
			(usual == OP_USUAL_GCM ? SHORT_ICV_LEN : sa->icv_len);
	uint64_t hdr, is, want, seq;

	memcpy(&hdr, ip + SHORT_IP_LEN, sizeof(hdr));
	memcpy(&is, ip + offsetof(struct rte_ipv4_hdr, src_addr), sizeof(is));
	memcpy(&want, &sa->remote_be, sizeof(want));
	if (unlikely(*ip != RTE_IPV4_VHL_DEF || m->nb_segs != 1 || len < block ||
			(len & (block - 1)) != 0 || !sa_has_spi(sa, (rte_be32_t)hdr) ||
			(udp ? !sa_is_short_udp(sa, m, usual, esn) :
			!sa_is_short(sa, usual, esn, 0)) || is != want))
		return false;
	seq = rte_be_to_cpu_32((uint32_t)(hdr >> 32));
	if (esn)
		seq = replay_seq_esn(sa, (uint32_t)seq);
	if (unlikely(seq <= __atomic_load_n(&sa->seq, __ATOMIC_RELAXED)) &&
			!replay_check(sa, seq))
		return false;
	if (usual == OP_USUAL_GCM) {
		short_nonce(op, sa, ip + SHORT_IP_LEN);
		esp_aad_aead(op, hdr, seq, esn);
	} else if (esn) {
		esp_aad_integ(op, seq, esn);
	}
	op->sa = sa;
	op->data = ip + payload_at;
	op->icv = ip + payload_at + len;
	hdr = op_tail(usual, esn, len, sa->alg);
	memcpy(&op->len, &hdr, sizeof(hdr));
	*seq_out = seq;
	return true;
}

/* What is to be seen behind the plaintext, if it is padded for alignment only: 1, 2, 3, the pad
 * length and next header 47, as the last 8 bytes are loaded. By pad length; RFC 4303
 * section 2.4. */
static const struct {
	uint64_t want, mask;
} esp_short_tails[] = {
	{ UINT64_C(0x2f00000000000000), UINT64_C(0xffff000000000000) },
	{ UINT64_C(0x2f01010000000000), UINT64_C(0xffffff0000000000) },
	{ UINT64_C(0x2f02020100000000), UINT64_C(0xffffffff00000000) },
	{ UINT64_C(0x2f03030201000000), UINT64_C(0xffffffffff000000) },
};

static __rte_always_inline bool
esp_short_tail_gcm(uint64_t tail, unsigned int pad)
{
	return pad < RTE_DIM(esp_short_tails) &&
	       ((tail ^ esp_short_tails[pad].want) & esp_short_tails[pad].mask) == 0;
}

/*
 * The same with up to 15 bytes of padding: byte j of the 16 in front of the pad length, which are
 * there since a block is ciphertext's, must be pad - 15 + j, if it is padding.
 */
static __rte_always_inline bool
esp_short_tail_cbc(const uint8_t *end, uint64_t tail, unsigned int pad)
{
	const __m128i left = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(end - ESP_TRAILER_LEN - 16));
	unsigned int same = (unsigned int)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_add_epi8(v, left),
			_mm_set1_epi8((char)pad)));

	return tail >> 56 == SA_NEXT_GRE && pad < 16 && (same | 0xffffu >> pad) == 0xffff;
}

/* Out of ESP and GRE, and not yet gone. */
struct esp_inner {
	struct rte_mbuf *m;
	uint8_t *ip;
	const struct sa *sa;
	uint32_t len;
};

/* What does not change over a burst: kept out of memory that stores might change. */
struct esp_in_burst {
	const struct tables *tables;
	struct chan_tun_stats *tun_stats;
	struct chan_sa_stats *sa_stats;
	uint64_t now_tsc;
	bool shared;
};

/* Into the window: mostly the next one, whose bit is in the word of the last. */
static __rte_always_inline bool
esp_short_commit(struct sa *sa, uint64_t seq)
{
	uint64_t top = sa->seq, *word = &sa->ring[(seq >> 6) & sa->ring_mask];

	if (unlikely(seq <= top || (seq ^ top) >> 6 != 0))
		return replay_commit(sa, seq);
	/* A window of 0 has a word, too, that nobody looks at. */
	__atomic_store_n(&sa->seq, seq, __ATOMIC_RELAXED);
	__atomic_store_n(word, *word | UINT64_C(1) << (seq & 63), __ATOMIC_RELAXED);
	return true;
}

/** Window of an SA that several workers share. */
static __rte_noinline bool
esp_shared_commit(struct sa *sa, uint64_t seq)
{
	bool ok;

	sa_lock(sa);
	ok = replay_commit(sa, seq);
	sa_unlock(sa);
	return ok;
}

/**
 * The cipher is done with @op of @m, number @seq. All checks come first: what fails one is left as
 * it is, and counted nowhere.
 * @param dst    out: the inner destination, host order.
 * @param usual  a constant of the caller: which operations are taken.
 */
static __rte_always_inline bool
esp_short_finish(const struct esp_in_burst *b, const struct crypt_op *op, struct rte_mbuf *m,
		uint64_t seq, struct esp_inner *in, uint32_t *dst, enum op_usual usual)
{
	const int payload_at = usual == OP_USUAL_GCM ? SHORT_PAYLOAD : SHORT_CBC_PAYLOAD;
	struct sa *sa = (struct sa *)(uintptr_t)op->sa;
	unsigned int opts = tunnel_opts_by_id(b->tables, sa->tun_id);
	const uint8_t *gre = op->data, *inner;
	unsigned int len = op->len, pad, left, total;
	struct chan_tun_stats *ts;
	struct chan_sa_stats *ss;
	struct ip4_words h;
	uint64_t tail;
	uint16_t good;

	memcpy(&good, &op->ok, sizeof(good));
	memcpy(&tail, gre + len - sizeof(tail), sizeof(tail));
	pad = tail >> 48 & 0xff;
	left = len - ESP_TRAILER_LEN - pad;
	if (unlikely(good != OP_GOOD(usual) || (int)left < 0 ||
			!(usual == OP_USUAL_GCM ? esp_short_tail_gcm(tail, pad) :
			esp_short_tail_cbc(gre + len, tail, pad))))
		return false;
	inner = gre_usual(b->tables, sa->tun_id, opts, gre, left, gre[1 - payload_at], &h);
	if (unlikely(inner == NULL))
		return false;
	if (likely(!b->shared) ? unlikely(!esp_short_commit(sa, seq)) : !esp_shared_commit(sa, seq))
		return false;
	ss = &b->sa_stats[sa->sa_id];
	stats_add(&ss->packets, 1);
	stats_add(&ss->bytes, len);
	ss->last_tsc = b->now_tsc;
	ts = &b->tun_stats[sa->tun_id];
	stats_add(&ts->in_packets, 1);
	total = ip4_total(&h);
	stats_add(&ts->in_bytes, total);
	*in = (struct esp_inner){ m, (uint8_t *)(uintptr_t)inner, sa, total };
	*dst = rte_be_to_cpu_32(h.c);
	return true;
}

/* The mbuf says what is in it, for the nodes to come. */
static inline void
esp_inner_set(const struct esp_inner *in)
{
	pkt_from_tunnel(in->m, in->sa->tun_id, in->sa->sa_id, pkt_meta(in->m)->encaps);
	mbuf_set(in->m, (unsigned int)(in->ip - (uint8_t *)in->m->buf_addr), in->len);
}

/* All that does not go to a neighbour at once. @hop: where to, or HOP_NONE: to be looked up. */
static __rte_noinline void
esp_inner_other(struct worker *w, const struct esp_inner *in, uint32_t dst, hop_t hop)
{
	esp_inner_set(in);
	if (hop_tag(hop) != HOP_TUN)
		pktvec_add(&w->ip4_lookup, in->m, (void *)(uintptr_t)dst);
	else if (ip4_ttl(w, in->m, dst))
		pktvec_add(&w->gre_encap, in->m, hop_ptr(hop));
}

/* ... by way of the look-up. */
static __rte_noinline void
esp_inner_look_up(struct worker *w, const struct esp_inner *in, const uint32_t *dst, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		esp_inner_other(w, &in[i], dst[i], HOP_NONE);
}

/** Packets out of ESP and GRE: on their way. */
static inline void
esp_short_forward(struct worker *w, const struct esp_inner *in, uint32_t *dst, unsigned int n)
{
	struct tx_run run = tx_run_begin(w);
	uint64_t numbers[BURST_MAX];

	if (unlikely(w->tracing != NULL || __atomic_load_n(&w->tables->policies,
			__ATOMIC_RELAXED) != NULL)) {
		esp_inner_look_up(w, in, dst, n);
		return;
	}
	fib_lookup(w->tables->fib, dst, numbers, n);
	for (unsigned int i = 0; i < n; i++) {
		hop_t hop = hop_by_number(w->tables, numbers[i]);

		if (unlikely(hop_tag(hop) != HOP_ADJ)) {
			esp_inner_other(w, &in[i], dst[i], hop);
		} else if (unlikely(!ip4_out_short(&run, hop_ptr(hop), in[i].m, in[i].ip,
				in[i].len))) {
			/* If it is too long, nobody shall overtake it. */
			esp_inner_look_up(w, &in[i], &dst[i], n - i);
			break;
		}
	}
	tx_run_end(&run);
}

#endif
