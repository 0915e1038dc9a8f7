/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * esp_encrypt - put packets into ESP (RFC 4303 section 3.3).
 *
 * in     data at the Ethernet header of the tunnel's template, ctx the struct tunnel
 * out    tx of the tunnel's port
 * drops  TUN_NO_SA, SA_DEAD, SA_SEQ, NO_MBUF, CRYPTO
 *
 *     Ethernet | IPv4 | SPI, seq | IV | GRE | inner packet | padding, length, 47 | ICV
 *                       ^ written  ^           untouched     ^ written             ^ by the cipher
 *
 * What gre_encap has prepared itself, the usual packets (esp_out.h), comes first in the batch.
 *
 * That is transport mode with GRE as payload. Out of the usual: a UDP header in front of ESP (RFC
 * 3948); tunnel mode with another IPv4 header in front of GRE, or without GRE.
 *
 * Three passes: prepare everything for the whole burst, one call into the crypto, finish.
 *
 * The nonces of AES-GCM, AES-GMAC, ChaCha20-Poly1305 and AES-CTR. Their IV is the 64-bit sequence
 * number plus a number drawn at random when the SA was installed. Under one SA it cannot
 * repeat: a sequence number is given out once, over all workers, and never wraps. Should the
 * same key ever be installed again (which the control plane has no reason to do), the two runs
 * of IVs start at unrelated points of 2^64.
 */
#include <rte_ip.h>
#include <rte_udp.h>

#include "dataplane/nodes/esp_out.h"
#include "dataplane/nodes/tx.h"
#include "dataplane/tables/sa.h"
#include "dataplane/tables/tunnel.h"

#define NEXT_HDR_IP4 4
#define NEXT_HDR_IP6 41
#define NEXT_HDR_GRE 47

static void
esp_out_drop(struct worker *w, uint32_t tun_id, struct rte_mbuf *m, enum chan_drop why)
{
	w->tun_stats[tun_id].out_drops++;
	pkt_drop(w, m, why);
}

uint64_t
seq_claim(struct sa *sa, struct sa_numbers *own, unsigned int want)
{
	uint64_t seq = __atomic_load_n(&sa->seq, __ATOMIC_RELAXED), n;

	do {
		if (seq >= sa->seq_max)
			return 0;
		n = RTE_MIN((uint64_t)want, sa->seq_max - seq);
	} while (!__atomic_compare_exchange_n(&sa->seq, &seq, seq + n, true, __ATOMIC_RELAXED,
			__ATOMIC_RELAXED));
	*own = (struct sa_numbers){ .last = seq + 1, .end = seq + n };
	return seq + 1;
}

static inline uint64_t
seq_next(const struct worker *w, struct sa *sa)
{
	const struct sa_table *st = w->tables->sas;
	struct sa_numbers *own;

	if (!w->shared_sas)
		return seq_alone(sa);
	own = &st->numbers[w->id][sa->sa_id];
	return seq_has(sa, own, false) ? seq_use(own) : seq_claim(sa, own, st->numbers_block);
}

/* Write the IV, fill in nonce and AAD. @hdr is the ESP header. */
static __rte_always_inline void
esp_out_iv(struct worker *w, const struct sa *sa, struct crypt_op *op, uint8_t *iv, uint64_t hdr,
		uint64_t seq, struct esp_shape sh)
{
	if (sh.nonce) {
		uint64_t iv_be = rte_cpu_to_be_64(sa->iv_base + seq);

		memcpy(iv, &iv_be, sizeof(iv_be));
		esp_nonce(op, sa, iv_be);
	} else if (sh.iv_len != 0) {
		memcpy(iv, crypt_iv(&w->esp->crypt), sh.iv_len);
	}
	if (sh.aead)
		esp_aad_aead(op, hdr, seq, sh.esn);
	else
		esp_aad_integ(op, seq, sh.esn);
}

/*
 * Write all of one packet that is known before the cipher runs. @sh and the last two are mostly
 * constants of the caller: each frequent kind of SA gets code of its own.
 * @param ip_len  from the outer IPv4 header to the ESP header.
 * @return false if it was dropped.
 */
static __rte_always_inline bool
esp_out_prepare(struct worker *w, struct tunnel *tun, struct sa *sa, struct rte_mbuf *m,
		struct crypt_op *op, struct esp_shape sh, unsigned int ip_len, uint8_t next_hdr)
{
	uint8_t *esp = rte_pktmbuf_mtod_offset(m, uint8_t *, tun->l2_len + ip_len);
	uint8_t *data = esp + ESP_HDR_LEN + sh.iv_len;
	uint32_t payload = rte_pktmbuf_data_len(m) -
			   (uint32_t)(data - rte_pktmbuf_mtod(m, uint8_t *));
	uint32_t body = (payload + ESP_TRAILER_LEN + sh.align - 1) & ~(uint32_t)(sh.align - 1);
	uint32_t pad = body - payload - ESP_TRAILER_LEN;
	uint32_t grow = body - payload + sa->icv_len;
	uint8_t *tail = data + payload;
	struct chan_sa_stats *stats = &w->sa_stats[sa->sa_id];
	uint64_t seq, hdr;

	if (unlikely(rte_pktmbuf_tailroom(m) < MBUF_TAILROOM_NEEDED)) {
		esp_out_drop(w, tun->id, m, CHAN_DROP_NO_MBUF);
		return false;
	}
	seq = seq_next(w, sa);
	if (unlikely(seq == 0)) {
		esp_out_drop(w, tun->id, m, CHAN_DROP_SA_SEQ);
		return false;
	}
	hdr = (uint64_t)rte_cpu_to_be_32((uint32_t)seq) << 32 | sa->spi_be;
	memcpy(esp, &hdr, sizeof(hdr));
	esp_out_iv(w, sa, op, esp + ESP_HDR_LEN, hdr, seq, sh);
	/* All of the padding pattern, then its length over what was too much. */
	memcpy(tail, esp_pad_bytes, sh.align);
	tail[pad] = (uint8_t)pad;
	tail[pad + 1] = next_hdr;

	op->sa = sa;
	op->data = data;
	op->icv = data + body;
	op->len = (uint16_t)body;
	op->alg = sa->alg;
	m->data_len = (uint16_t)(m->data_len + grow);
	m->pkt_len += grow;
	tunnel_outer_len(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, tun->l2_len),
			(uint16_t)(m->data_len - tun->l2_len));
	stats_add(&stats->packets, 1);
	stats_add(&stats->bytes, body);
	return true;
}

/*
 * Tunnel mode around GRE (RFC 4301 section 5.1.2): a second IPv4 header after the IV, from
 * tunnel end to tunnel end, as the far end names both. TOS, DF and TTL are the outer one's,
 * which were made for GRE. What stands in front of it, @head bytes, moves up.
 */
static bool
esp_out_inner_hdr(struct worker *w, const struct tunnel *tun, const struct sa *sa,
		struct rte_mbuf *m, unsigned int head)
{
	struct rte_ipv4_hdr ip;
	uint8_t *p;

	if (rte_pktmbuf_headroom(m) < sizeof(ip))
		return false;
	p = (uint8_t *)rte_pktmbuf_prepend(m, sizeof(ip));
	memmove(p, p + sizeof(ip), head);
	memcpy(&ip, p + tun->l2_len, sizeof(ip));
	ip.total_length = rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_data_len(m) - head));
	ip.packet_id = rte_cpu_to_be_16(w->ip_id++);
	ip.next_proto_id = NEXT_HDR_GRE;
	ip.src_addr = sa_inner_local_be(sa, tun->local);
	ip.dst_addr = sa_inner_be(sa, tun->remote);
	ip.hdr_checksum = 0;
	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memcpy(p + head, &ip, sizeof(ip));
	return true;
}

/* The kinds without code of their own. */
static __rte_noinline bool
esp_out_other(struct worker *w, struct tunnel *tun, struct sa *sa, struct rte_mbuf *m,
		struct crypt_op *op)
{
	unsigned int ip_len = sizeof(struct rte_ipv4_hdr) +
			(sa_in_udp(sa) ? sizeof(struct rte_udp_hdr) : 0);
	unsigned int head = tun->l2_len + ip_len + ESP_HDR_LEN + sa->iv_len;
	uint8_t next_hdr = NEXT_HDR_GRE;
	bool ok;

	if (sa->mode == CHAN_SA_TUNNEL && tun->gre_len != 0) {
		next_hdr = NEXT_HDR_IP4;
		if (!esp_out_inner_hdr(w, tun, sa, m, head)) {
			esp_out_drop(w, tun->id, m, CHAN_DROP_NO_MBUF);
			return false;
		}
	} else if (sa->mode == CHAN_SA_TUNNEL) {
		next_hdr = *rte_pktmbuf_mtod_offset(m, const uint8_t *, head) >> 4 == 6 ?
				NEXT_HDR_IP6 : NEXT_HDR_IP4;
	}
	if (esp_alg_is_gcm(sa->alg) && !sa->esn)
		ok = esp_out_prepare(w, tun, sa, m, op, ESP_SHAPE_GCM(false), ip_len, next_hdr);
	else
		ok = esp_out_prepare(w, tun, sa, m, op, esp_shape_of(sa), ip_len, next_hdr);
	if (ok && sa_in_udp(sa))
		rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, tun->l2_len +
				sizeof(struct rte_ipv4_hdr))->dgram_len =
				rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_data_len(m) - tun->l2_len -
						sizeof(struct rte_ipv4_hdr)));
	return ok;
}

static __rte_always_inline bool
esp_out_one(struct worker *w, struct tunnel *tun, struct rte_mbuf *m, struct crypt_op *op)
{
	struct sa *sa = tun->sa_out;

	if (unlikely(sa == NULL)) {
		esp_out_drop(w, tun->id, m, CHAN_DROP_TUN_NO_SA);
		return false;
	}
	if (unlikely(sa_is_dead(sa))) {
		esp_out_drop(w, tun->id, m, CHAN_DROP_SA_DEAD);
		return false;
	}
	if (likely(sa->kind == SA_KIND_GCM))
		return esp_out_prepare(w, tun, sa, m, op, ESP_SHAPE_GCM(false),
				sizeof(struct rte_ipv4_hdr), NEXT_HDR_GRE);
	if (sa->kind == SA_KIND_GCM_ESN)
		return esp_out_prepare(w, tun, sa, m, op, ESP_SHAPE_GCM(true),
				sizeof(struct rte_ipv4_hdr), NEXT_HDR_GRE);
	if (sa->kind == SA_KIND_CBC)
		return esp_out_prepare(w, tun, sa, m, op, ESP_SHAPE_CBC(false),
				sizeof(struct rte_ipv4_hdr), NEXT_HDR_GRE);
	if (sa->kind == SA_KIND_CBC_ESN)
		return esp_out_prepare(w, tun, sa, m, op, ESP_SHAPE_CBC(true),
				sizeof(struct rte_ipv4_hdr), NEXT_HDR_GRE);
	return esp_out_other(w, tun, sa, m, op);
}

/* The SA, its counters and the end of the packet, where the trailer goes. */
static inline void
esp_out_prefetch(const struct worker *w, const struct tunnel *tun, const struct rte_mbuf *m)
{
	const struct sa *sa = tun->sa_out;

	rte_prefetch0_write(rte_pktmbuf_mtod_offset(m, const char *, rte_pktmbuf_data_len(m)));
	if (likely(sa != NULL))
		rte_prefetch0_write(&w->sa_stats[sa->sa_id]);
}

void
esp_encrypt(struct worker *w)
{
	struct pktvec *v = &w->esp_encrypt;
	struct esp_batch *b = &w->esp->out;
	unsigned int n = w->n_esp_ready, n_in = v->n;
	bool keys_soon = sa_keys_soon(w->tables->sas);
	struct tx_run run = tx_run_begin(w);

	v->n = 0;
	w->n_esp_ready = 0;
	for (unsigned int i = 0; i < n_in; i++)
		rte_prefetch0_write(((const struct tunnel *)v->ctx[i])->sa_out);
	for (unsigned int i = 0; i < n_in; i++) {
		struct tunnel *tun = v->ctx[i];

		if (i + 2 < n_in)
			esp_out_prefetch(w, v->ctx[i + 2], v->m[i + 2]);
		if (likely(esp_out_one(w, tun, v->m[i], &b->ops[n]))) {
			if (unlikely(keys_soon) &&
					esp_algs[b->ops[n].sa->alg].cipher == ESP_CIPHER_GCM)
				gcm_key_soon(&b->ops[n].sa->key.batch);
			b->pkts[n++] = (struct esp_pkt){ .m = v->m[i], .egress = tun->egress,
				.len = rte_pktmbuf_pkt_len(v->m[i]) };
		}
	}
	crypt_encrypt(&w->esp->crypt, b->ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct esp_pkt *p = &b->pkts[i];

		if (unlikely(!b->ops[i].ok)) {
			esp_out_drop(w, b->ops[i].sa->tun_id, p->m, CHAN_DROP_CRYPTO);
			continue;
		}
		tx_run_to(&run, p->egress.port, p->egress.if_id);
		tx_run_put(&run, p->m, p->len);
	}
	tx_run_end(&run);
}
