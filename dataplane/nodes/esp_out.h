/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short way into a protected tunnel: what gre_encap.c and esp_encrypt.c do with the usual
 * packet, in one go, for gre_encap.c to do while it has the packet at hand. Usual is a tunnel
 * with TUN_OPT_SHORT: GRE over ESP in transport mode, in UDP or not, nothing in the GRE header that
 * differs from packet to packet, AES-GCM or AES-CBC. So all that is written lies at
 * fixed distances from the inner packet:
 *
 *     Ethernet | IPv4 | (UDP) | SPI, seq | IV | GRE | inner packet | padding, length, 47 | ICV
 *     template ------------------------------------>|              | one store, ICV over its end
 *
 * The operation is left for esp_encrypt, which puts it through the cipher with all others.
 */
#ifndef CULVERT_DATAPLANE_NODES_ESP_OUT_H
#define CULVERT_DATAPLANE_NODES_ESP_OUT_H

#include <rte_udp.h>

#include "dataplane/nodes/esp_int.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/mss.h"
#include "dataplane/tables/sa.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/tables/tunnel.h"

#define SHORT_GCM_ALIGN 4
#define SHORT_CBC_ALIGN 16

/* RFC 4303 section 2.4: padding is 1, 2, 3, ... */
static const uint8_t esp_pad_bytes[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

/* Plain, for who has the SA to itself: the next number, 0 when they are used up (RFC 4303 section
 * 3.3.3: never a cycle). */
static __rte_always_inline uint64_t
seq_alone(struct sa *sa)
{
	uint64_t seq = sa->seq;

	if (unlikely(seq >= sa->seq_max))
		return 0;
	__atomic_store_n(&sa->seq, seq + 1, __ATOMIC_RELAXED);
	return seq + 1;
}

/*
 * Where workers share SAs, each takes a few numbers at once, its own, and uses them up one by one:
 * so the SA's line can stay in the caches of all of them for most packets, and as many atomic
 * operations are saved.
 *
 * No number is given out twice: the SA's only grows, by compare-and-swap, never past the end. All
 * that it grows by belongs to who made it grow, who uses each number once: it remembers one range
 * only, and moves forward in it.
 *
 * Nor do they come too late for the peer's window (RFC 4303 section 3.4.3: at least 32): what a
 * worker has left from an earlier burst is given up, like a packet lost on the way, when others
 * have taken SA_NUMBERS_AHEAD since.
 */

/** May this worker use what is left of its @own? @sure: it did so a moment ago, in this burst. */
static __rte_always_inline bool
seq_has(const struct sa *sa, const struct sa_numbers *own, bool sure)
{
	return own->last != own->end && (sure || __atomic_load_n(&sa->seq, __ATOMIC_RELAXED) -
			own->end <= SA_NUMBERS_AHEAD);
}

static __rte_always_inline uint64_t
seq_use(struct sa_numbers *own)
{
	return ++own->last;
}

/** Take @want numbers, or what there is left of them, and use the first; 0: there is none. In
 *  esp_encrypt.c. */
uint64_t seq_claim(struct sa *sa, struct sa_numbers *own, unsigned int want);

/** Does @m take the short way into @tun? Not what may have to be changed inside. */
static inline bool
esp_out_is_short(const struct tunnel *tun, const struct rte_mbuf *m)
{
	if (unlikely(!(tun->opts & TUN_OPT_SHORT)))
		return false;
	return likely(!(tun->opts & TUN_OPT_MSS)) ||
	       !mss_maybe_syn4(rte_pktmbuf_mtod(m, const uint8_t *));
}

/* What does not change over a burst: kept out of memory that stores might change. */
struct esp_short {
	struct crypt_op *op; /* the next free one */
	struct esp_pkt *pkt;
	struct chan_tun_stats *tun_stats;
	struct chan_sa_stats *sa_stats;
	struct sa_numbers *numbers; /* by SA, if workers share them; else NULL */
	const struct sa *sure;      /* whose numbers were taken last */
	struct crypt *crypt;        /* IVs for AES-CBC */
	uint32_t numbers_block;
	uint16_t ip_id;
	bool keys_soon;             /* sa_keys_soon() */
};

static __rte_always_inline struct esp_short
esp_short_begin(const struct worker *w)
{
	return (struct esp_short){ .op = &w->esp->out.ops[w->n_esp_ready],
		.pkt = &w->esp->out.pkts[w->n_esp_ready], .tun_stats = w->tun_stats,
		.sa_stats = w->sa_stats, .ip_id = w->ip_id,
		.numbers = w->shared_sas ? w->tables->sas->numbers[w->id] : NULL,
		.keys_soon = sa_keys_soon(w->tables->sas),
		.crypt = &w->esp->crypt, .numbers_block = w->tables->sas->numbers_block };
}

static __rte_always_inline void
esp_short_end(struct worker *w, const struct esp_short *s)
{
	w->n_esp_ready = (uint16_t)(s->op - w->esp->out.ops);
	w->ip_id = s->ip_id;
}

/*
 * The same for the first of @n packets, at @same a word of 8 bytes for each, equal words for one
 * tunnel: enough for all in a row that are of this tunnel.
 */
static __rte_noinline uint64_t
seq_claim_run(struct sa *sa, struct sa_numbers *own, unsigned int block, const void *same,
		unsigned int n)
{
	unsigned int k = 1;

	while (k < n && memcmp((const char *)same + 8 * k, same, 8) == 0)
		k++;
	return seq_claim(sa, own, RTE_MAX(k, block));
}

/* RFC 4303 section 2.4: padding 1, 2, 3, pad length, next header 47; by pad length. */
static const uint64_t esp_short_trailers[SHORT_GCM_ALIGN] = {
	0x2f00, 0x2f0101, 0x2f020201, 0x2f03030201,
};

/* The same for blocks of 16 bytes. @tail: where the payload of @payload bytes ends. */
static __rte_always_inline void
esp_short_pad_block(uint8_t *tail, uint32_t payload)
{
	uint32_t pad = -(payload + ESP_TRAILER_LEN) & (SHORT_CBC_ALIGN - 1);
	uint16_t end = (uint16_t)(pad | 0x2f00);

	memcpy(tail, esp_pad_bytes, SHORT_CBC_ALIGN);
	memcpy(tail + pad, &end, sizeof(end));
}

/*
 * The outer IPv4 header at @ip, of which the template has given all but the first 8 bytes and the
 * checksum; @inner: the first 8 bytes of the inner one.
 */
static __rte_always_inline void
esp_short_ip(const struct tunnel *tun, uint8_t *ip, uint64_t inner, uint32_t total, uint16_t id)
{
	/* All 32 bits of @total swapped are the lower 16 swapped, 16 bits up. */
	uint64_t var = (inner & tun->ip_copy) | rte_bswap32(total) | (uint64_t)id << 32;
	uint64_t first = tun->ip_set | var;
	uint32_t sum, carry;
	uint16_t check;

	/* Ones' complement: the words of a number may be added in any order, or two at a time, the
	 * carry into the next. A number and its halves exchanged, added: the upper half. RFC
	 * 1071 */
	carry = __builtin_add_overflow((uint32_t)var, (uint32_t)(var >> 32), &sum);
	carry = __builtin_add_overflow(sum, tun->ip_sum + carry, &sum);
	sum += carry;
	check = (uint16_t)~((sum + (sum >> 16 | sum << 16)) >> 16);
	memcpy(ip, &first, sizeof(first));
	memcpy(ip + offsetof(struct rte_ipv4_hdr, hdr_checksum), &check, sizeof(check));
}

/* What few tunnels have: a UDP header (RFC 3948), of which the length is not in the template; a
 * template longer than the line that is copied. @esp: where its header goes; @len: to the end. */
static __rte_always_inline void
esp_short_more(const struct tunnel *tun, uint8_t *data, uint8_t *esp, uint32_t len)
{
	const unsigned int more = TUN_TMPL_SHORT - 64;
	uint16_t len_be = rte_cpu_to_be_16((uint16_t)(len + sizeof(struct rte_udp_hdr)));

	memcpy(data - TUN_TMPL_SHORT, tun->tmpl + TUN_TMPL_ROOM - TUN_TMPL_SHORT, more);
	if (sa_in_udp(tun->sa_out))
		memcpy(esp - sizeof(struct rte_udp_hdr) + offsetof(struct rte_udp_hdr, dgram_len),
				&len_be, sizeof(len_be));
}

/**
 * Encapsulate @m, the inner packet at data, and leave it to esp_encrypt. Length, room in front and
 * how often it was encapsulated have been checked; @tun has TUN_OPT_SHORT.
 * @param kind  of SA, not SA_KIND_OTHER; tunnels of another are not taken. A constant.
 * @param same  words of this packet and of the @n - 1 after it, the same for the same tunnel.
 * @param shared  do workers share SAs? Best a constant.
 * @param more  are tunnels with that field taken, and keys asked for ahead? Without it AES-GCM
 *              only. A constant.
 * @return false: nothing was done, take the long way (which knows why, and drops it).
 */
static __rte_always_inline bool
esp_out_short(struct esp_short *s, struct tunnel *tun, struct rte_mbuf *m, enum sa_kind kind,
		const void *same, unsigned int n, bool shared, bool more)
{
	const bool cbc = kind == SA_KIND_CBC || kind == SA_KIND_CBC_ESN;
	const bool esn = kind == SA_KIND_GCM_ESN || kind == SA_KIND_CBC_ESN;
	const uint32_t aad_len = cbc ? (esn ? 4 : 0) : (esn ? 12 : 8);
	const uint32_t iv_len = cbc ? 16 : 8, align = cbc ? SHORT_CBC_ALIGN : SHORT_GCM_ALIGN;
	const uint32_t hdrs = (uint32_t)sizeof(struct rte_ipv4_hdr) + ESP_HDR_LEN + iv_len;
	struct sa *sa = tun->sa_out;
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t len = m->data_len, hdr_len = tun->hdr_len, l2_len = tun->l2_len;
	uint32_t ip_gre = more ? tun->ip_gre : hdrs;
	uint32_t gre_len = more ? tun->gre : hdr_len - l2_len - hdrs;
	uint8_t *gre = data - gre_len;
	uint32_t payload = len + gre_len;
	uint32_t body = (payload + ESP_TRAILER_LEN + align - 1) & ~(align - 1);
	uint32_t total = ip_gre + body + sa->icv_len;
	uint32_t shape;
	uint64_t inner, seq, hdr, iv_be;
	struct chan_tun_stats *ts;
	struct chan_sa_stats *ss;

	if (unlikely(m->data_off + len + MBUF_TAILROOM_NEEDED > m->buf_len ||
			!sa_is_alive(sa, kind, more)))
		return false;
	if (likely(!shared)) {
		seq = seq_alone(sa);
	} else {
		struct sa_numbers *own = &s->numbers[sa->sa_id];

		seq = likely(seq_has(sa, own, s->sure == sa)) ? seq_use(own) :
				seq_claim_run(sa, own, s->numbers_block, same, n);
		s->sure = sa;
	}
	if (unlikely(seq == 0))
		return false;

	/* Bytes 0 to 7 only: the TTL and checksum behind them may just have been stored. */
	memcpy(&inner, data, sizeof(inner));
	memcpy(data - 64, tun->tmpl + TUN_TMPL_ROOM - 64, 64);
	if (more && unlikely(tun->more))
		esp_short_more(tun, data, gre - iv_len - ESP_HDR_LEN, ESP_HDR_LEN + iv_len + body +
				sa->icv_len);
	esp_short_ip(tun, gre - ip_gre, inner, total, s->ip_id++);
	hdr = (uint64_t)rte_cpu_to_be_32((uint32_t)seq) << 32 | sa->spi_be;
	memcpy(gre - iv_len - ESP_HDR_LEN, &hdr, sizeof(hdr));
	if (cbc) {
		memcpy(gre - iv_len, crypt_iv(s->crypt), iv_len);
		if (esn)
			esp_aad_integ(s->op, seq, esn);
		esp_short_pad_block(data + len, payload);
	} else {
		iv_be = rte_cpu_to_be_64(sa->iv_base + seq);
		memcpy(gre - iv_len, &iv_be, sizeof(iv_be));
		memcpy(data + len, &esp_short_trailers[-(payload + ESP_TRAILER_LEN) & 3], 8);
		esp_nonce(s->op, sa, iv_be);
		esp_aad_aead(s->op, hdr, seq, esn);
	}
	mbuf_set(m, m->data_off - hdr_len, l2_len + total);

	if (more && !cbc && unlikely(s->keys_soon))
		gcm_key_soon(&sa->key.batch);
	s->op->sa = sa;
	s->op->data = gre;
	s->op->icv = gre + body;
	/* Here, not above: a byte that waits on the stack is loaded as a word, which stalls. */
	shape = body | aad_len << 16 | (uint32_t)sa->alg << 24;
	memcpy(&s->op->len, &shape, sizeof(shape));
	s->op++;
	s->pkt->m = m;
	s->pkt->egress = tun->egress;
	s->pkt->len = l2_len + total;
	s->pkt++;
	ts = &s->tun_stats[tun->id];
	stats_add(&ts->out_packets, 1);
	stats_add(&ts->out_bytes, len);
	ss = &s->sa_stats[sa->sa_id];
	stats_add(&ss->packets, 1);
	stats_add(&ss->bytes, body);
	return true;
}
static_assert(offsetof(struct crypt_op, aad_len) == offsetof(struct crypt_op, len) + 2 &&
		offsetof(struct crypt_op, alg) == offsetof(struct crypt_op, len) + 3, "one store");

#endif
