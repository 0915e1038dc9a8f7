/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * esp_decrypt - take packets out of ESP (RFC 4303 section 3.4), transport mode, GRE inside.
 *
 * in     data at the outer IPv4 header, validated; protocol 50, for one of our addresses
 * out    gre_decap, data at the GRE header, ctx the SA; dummy packets are absorbed
 * drops  ESP_SHORT, ESP_NO_SA, ESP_ADDR, SA_DEAD, ESP_ALIGN, ESP_REPLAY, ESP_ICV, ESP_PAD,
 *        ESP_NEXT_HDR
 *
 * The order is section 3.4's: SA, replay check, ICV, then the window moves (and checks again: the
 * packet's twin may have been in the same burst), then the trailer. Authenticated is not the same
 * as well-formed: pad length, padding and next header are checked like any received byte.
 */
#include <rte_ip.h>

#include "dataplane/nodes/esp_int.h"
#include "dataplane/tables/replay.h"
#include "dataplane/tables/sa.h"
#include "dataplane/tables/tables_int.h"

#define NEXT_HDR_GRE   47
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
static void
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
		.arg = rte_be_to_cpu_32(__atomic_load_n(&sa->spi_be, __ATOMIC_RELAXED)),
	};

	if (__atomic_exchange_n(&sa->first, 0, __ATOMIC_RELAXED) != 0)
		worker_event(w, &ev);
}

/* ---- pass 1 -------------------------------------------------------------------------------- */

static void
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

/* Where the SPI is; the caller of this for prefetching has not checked any length yet. */
static inline rte_be32_t
esp_spi(const struct rte_mbuf *m, unsigned int ip_len)
{
	rte_be32_t spi_be;

	memcpy(&spi_be, rte_pktmbuf_mtod_offset(m, const char *, ip_len), sizeof(spi_be));
	return spi_be;
}

/* The replay window of an SA that several workers share is theirs one at a time. */
static inline bool
esp_in_replay_check(struct worker *w, struct sa *sa, uint32_t seq_lo, uint64_t *seq)
{
	bool ok;

	if (w->shared_sas)
		rte_spinlock_lock(&sa->lock);
	*seq = replay_seq(sa, seq_lo);
	ok = replay_check(sa, *seq);
	if (w->shared_sas)
		rte_spinlock_unlock(&sa->lock);
	return ok;
}

static inline bool
esp_in_replay_commit(struct worker *w, struct sa *sa, uint64_t seq)
{
	bool ok;

	if (w->shared_sas)
		rte_spinlock_lock(&sa->lock);
	ok = replay_commit(sa, seq);
	if (w->shared_sas)
		rte_spinlock_unlock(&sa->lock);
	return ok;
}

/* Lengths, replay, nonce and AAD of a packet whose SA is known. false if it was dropped. */
static inline bool
esp_in_prepare(struct worker *w, struct sa *sa, struct rte_mbuf *m, unsigned int ip_len,
		struct crypt_op *op, uint64_t *seq, unsigned int iv_len, unsigned int icv_len,
		unsigned int align, bool gcm)
{
	uint8_t *esp = rte_pktmbuf_mtod_offset(m, uint8_t *, ip_len);
	uint32_t len = rte_pktmbuf_data_len(m) - ip_len;
	uint32_t fixed = ESP_HDR_LEN + iv_len + icv_len;
	uint64_t hdr, iv;

	if (unlikely(len < fixed + align)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_SHORT);
		return false;
	}
	len -= fixed;
	if (unlikely((len & (align - 1)) != 0)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_ALIGN);
		return false;
	}
	memcpy(&hdr, esp, sizeof(hdr));
	if (unlikely(!esp_in_replay_check(w, sa, rte_be_to_cpu_32((uint32_t)(hdr >> 32)), seq))) {
		w->sa_stats[sa->sa_id].replay++;
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_REPLAY);
		return false;
	}
	if (gcm) {
		memcpy(&iv, esp + ESP_HDR_LEN, sizeof(iv));
		store16(op->nonce, sa->salt | iv << 32, iv >> 32);
		esp_aad(op, sa, (rte_be32_t)hdr, *seq);
	} else {
		esp_hmac_tail(op, sa, *seq);
	}
	op->sa = sa;
	op->data = esp + ESP_HDR_LEN + iv_len;
	op->icv = op->data + len;
	op->len = (uint16_t)len;
	op->alg = sa->alg;
	return true;
}

static inline bool
esp_in_one(struct worker *w, struct rte_mbuf *m, struct crypt_op *op, uint64_t *seq)
{
	const struct rte_ipv4_hdr *ip = outer_ip(m);
	unsigned int ip_len = rte_ipv4_hdr_len(ip);
	rte_be32_t spi_be;
	struct sa *sa;

	if (unlikely(m->nb_segs != 1 || rte_pktmbuf_data_len(m) < ip_len + ESP_HDR_LEN)) {
		pkt_drop(w, m, CHAN_DROP_ESP_SHORT);
		return false;
	}
	spi_be = esp_spi(m, ip_len);
	sa = sa_find_in(w->tables->sas, spi_be);
	if (unlikely(sa == NULL)) {
		esp_unknown_spi(w, spi_be, ip);
		pkt_drop(w, m, CHAN_DROP_ESP_NO_SA);
		return false;
	}
	if (unlikely(ip->src_addr != sa->remote_be || ip->dst_addr != sa->local_be)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_ADDR);
		return false;
	}
	if (unlikely(sa_is_dead(sa))) {
		esp_in_drop(w, sa, m, CHAN_DROP_SA_DEAD);
		return false;
	}
	if (likely(esp_alg_is_gcm(sa->alg)))
		return esp_in_prepare(w, sa, m, ip_len, op, seq, 8, 16, 4, true);
	return esp_in_prepare(w, sa, m, ip_len, op, seq, 16, sa->icv_len, 16, false);
}

/* ---- pass 3 -------------------------------------------------------------------------------- */

/* RFC 4303 section 2.4: the pad length, and that the padding is 1, 2, 3, ... */
static inline bool
esp_padding_ok(const struct crypt_op *op, unsigned int pad)
{
	const uint8_t *p = op->data + op->len - ESP_TRAILER_LEN - pad;

	if (unlikely(pad + ESP_TRAILER_LEN > op->len))
		return false;
	for (unsigned int i = 0; i < pad; i++)
		if (unlikely(p[i] != i + 1))
			return false;
	return true;
}

static inline void
esp_in_finish(struct worker *w, const struct crypt_op *op, struct rte_mbuf *m, uint64_t seq)
{
	struct sa *sa = (struct sa *)(uintptr_t)op->sa;
	struct chan_sa_stats *stats = &w->sa_stats[sa->sa_id];
	unsigned int pad, next;
	struct pkt_meta *meta;

	if (unlikely(!op->ok)) {
		esp_auth_fail(w, sa);
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_ICV);
		return;
	}
	if (unlikely(!esp_in_replay_commit(w, sa, seq))) {
		stats->replay++;
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_REPLAY);
		return;
	}
	stats->packets++;
	stats->bytes += op->len;
	stats->last_tsc = w->now_tsc;
	if (unlikely(sa->first))
		esp_first(w, sa);

	pad = op->data[op->len - 2];
	next = op->data[op->len - 1];
	if (unlikely(next == NEXT_HDR_DUMMY)) {
		w->stats->absorbed++;
		rte_pktmbuf_free(m);
		return;
	}
	if (unlikely(!esp_padding_ok(op, pad))) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_PAD);
		return;
	}
	if (unlikely(next != NEXT_HDR_GRE)) {
		esp_in_drop(w, sa, m, CHAN_DROP_ESP_NEXT_HDR);
		return;
	}
	meta = pkt_meta(m);
	meta->sa_id = sa->sa_id;
	meta->outer_tos = outer_ip(m)->type_of_service;
	m->data_off = (uint16_t)(op->data - (uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)(op->len - ESP_TRAILER_LEN - pad);
	m->pkt_len = m->data_len;
	pktvec_add(&w->gre_decap, m, sa);
}

/* ---- the node ------------------------------------------------------------------------------ */

void
esp_decrypt(struct worker *w)
{
	const struct sa_table *sas = w->tables->sas;
	struct pktvec *v = &w->esp_decrypt;
	struct esp_worker *e = w->esp;
	unsigned int n = 0, n_in = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n_in; i++) {
		struct sa *sa = sa_slot_in(sas,
				esp_spi(v->m[i], rte_ipv4_hdr_len(outer_ip(v->m[i]))));

		rte_prefetch0_write(sa);
		rte_prefetch0_write(sa->ring_inline);
	}
	for (unsigned int i = 0; i < n_in; i++) {
		if (likely(esp_in_one(w, v->m[i], &e->ops[n], &e->pkts[n].seq))) {
			rte_prefetch0_write(&w->sa_stats[e->ops[n].sa->sa_id]);
			e->pkts[n++].m = v->m[i];
		}
	}
	crypt_decrypt(&e->crypt, e->ops, n);
	for (unsigned int i = 0; i < n; i++)
		esp_in_finish(w, &e->ops[i], e->pkts[i].m, e->pkts[i].seq);
}
