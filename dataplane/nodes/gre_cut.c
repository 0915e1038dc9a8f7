/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gre_cut - the usual packet that is too long for its tunnel (RFC 791 section 3.2): cut in two,
 * and both pieces put into GRE and ESP while they are at hand (esp_out.h), for the same batch of
 * the cipher. gre_frag takes all others. Usual is a tunnel with TUN_OPT_SHORT and AES-GCM that
 * fragments before encapsulation, and a whole packet without options that two pieces hold; or what
 * followed one and fits.
 *
 *     IPv4 20 | payload, a multiple of 8 bytes | rest         as it came
 *     IPv4 20 | payload                                       the first piece, in its place
 *                                       IPv4 20 | rest        the second, in a buffer of its own
 */
#include "dataplane/nodes/esp_out.h"
#include "dataplane/nodes/gre_encap.h"

#define IP_LEN  ((unsigned int)sizeof(struct rte_ipv4_hdr))
#define UNIT    8u /* of the fragment offset */
#define PAIRS   (BURST_MAX / 2)
#define COPY    16u

/* Payload of the first piece. */
static inline unsigned int
cut_step(const struct tunnel *tun)
{
	return (tun->max_len - IP_LEN) & ~(UNIT - 1);
}

static inline bool
cut_fits(const struct tunnel *tun, const struct rte_mbuf *m)
{
	return m->data_len <= tun->max_len;
}

/* Of one that fits it does not matter what is in it, of an IPv6 packet only that it is none. */
static inline bool
cut_usual(const struct tunnel *tun, struct rte_mbuf *m, enum sa_kind kind)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	return ip->version_ihl == RTE_IPV4_VHL_DEF && esp_out_is_short(tun, m) &&
	       tun->sa_kind == kind && !(tun->frag & TUN_FRAG_AFTER) &&
	       (cut_fits(tun, m) || ((ip->fragment_offset & IP4_FRAG_BITS) == 0 &&
	       m->data_len - IP_LEN <= 2 * cut_step(tun))) && m->data_off >= TUN_TMPL_ROOM &&
	       pkt_meta(m)->encaps < MAX_ENCAPS;
}

/* memcpy(), of which a call would take longer than the rest of a usual packet does. */
static inline void
cut_copy(uint8_t *to, const uint8_t *from, unsigned int len)
{
	if (unlikely(len < COPY)) {
		memcpy(to, from, len);
		return;
	}
	for (unsigned int i = 0; i + COPY < len; i += COPY)
		memcpy(to + i, from + i, COPY);
	memcpy(to + len - COPY, from + len - COPY, COPY);
}

/*
 * A piece's header at @ip, of @len bytes with its payload: as @h but for length, fragment field and
 * checksum; @base: the sum of all others (RFC 1624). Eight bytes at a time, since they are soon
 * loaded so.
 */
static inline void
cut_header(uint8_t *ip, const struct ip4_words *h, unsigned int len, rte_be16_t frag_be,
		uint32_t base)
{
	uint64_t a = (h->a & UINT64_C(0x0000ffff0000ffff)) | rte_bswap32(len) |
			(uint64_t)frag_be << 48;
	uint32_t sum = base + rte_cpu_to_be_16((uint16_t)len) + frag_be;
	uint64_t b;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	b = (h->b & ~UINT64_C(0xffff0000)) | (uint64_t)(uint16_t)~sum << 16;
	memcpy(ip, &a, sizeof(a));
	memcpy(ip + sizeof(a), &b, sizeof(b));
}

/* What had DF may have any identification, always the same even: as @id its pieces are not taken
 * for another's (RFC 6864 section 4). @base: see cut_header(). */
static inline void
cut_identify(struct ip4_words *h, uint32_t *base, uint16_t id)
{
	*base += (uint16_t)~(h->a >> 32) + id;
	h->a = (h->a & ~UINT64_C(0x0000ffff00000000)) | (uint64_t)id << 32;
}

/* One more encapsulation, of both pieces. Whole words: to store a byte and load the word that it
 * is in would take as long as the rest of the cut. */
static inline void
cut_meta(struct rte_mbuf *m, struct rte_mbuf *rest)
{
	uint64_t meta;

	static_assert(sizeof(struct pkt_meta) == sizeof(meta), "one word");
	memcpy(&meta, pkt_meta(m), sizeof(meta));
	meta += UINT64_C(1) << 8 * offsetof(struct pkt_meta, encaps);
	memcpy(pkt_meta(m), &meta, sizeof(meta));
	memcpy(pkt_meta(rest), &meta, sizeof(meta));
	if (unlikely(pkt_meta(m)->flags & (PKT_TUNNEL | PKT_ESP_UDP)))
		*pkt_origin_at(rest) = *pkt_origin_at(m);
}

/* The rest of @m goes to the fresh buffer @rest. */
static __rte_always_inline void
cut_two(struct esp_short *s, struct rte_mbuf *m, struct rte_mbuf *rest, unsigned int step)
{
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *), *to = rte_pktmbuf_mtod(rest, uint8_t *);
	unsigned int left = m->data_len - IP_LEN - step;
	struct ip4_words h = ip4_load(ip);
	uint32_t base = (uint32_t)(uint16_t)~(h.b >> 16) + (uint16_t)~(h.a >> 16) +
			(uint16_t)~(h.a >> 48);

	if (unlikely((h.a >> 48 & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0))
		cut_identify(&h, &base, s->ip_id++);
	cut_copy(to + IP_LEN, ip + IP_LEN + step, left);
	cut_header(to, &h, IP_LEN + left, rte_cpu_to_be_16((uint16_t)(step / UNIT)), base);
	memcpy(to + offsetof(struct rte_ipv4_hdr, dst_addr), &h.c, sizeof(h.c));
	cut_header(ip, &h, IP_LEN + step, RTE_BE16(RTE_IPV4_HDR_MF_FLAG), base);
	cut_meta(m, rest);
	mbuf_set(rest, rest->data_off, IP_LEN + left);
	mbuf_set(m, m->data_off, IP_LEN + step);
}

/* Where the cut goes through @m, and where the second piece and its headers go. */
static inline void
cut_prefetch(const struct tunnel *tun, const struct rte_mbuf *m, const struct rte_mbuf *rest)
{
	const char *to = rte_pktmbuf_mtod(rest, const char *);

	rte_prefetch0_write(rte_pktmbuf_mtod_offset(m, const char *, IP_LEN + cut_step(tun)));
	rte_prefetch0_write(to - 64);
	rte_prefetch0_write(to);
}

/* How many packets from the front of @v are usual, and have room with both their pieces; @n_long of
 * them are to be cut. */
static inline unsigned int
cut_count(const struct pktvec *v, unsigned int *n_long, enum sa_kind kind)
{
	unsigned int n = 0, max = RTE_MIN(v->n, (unsigned int)PAIRS);

	*n_long = 0;
	for (unsigned int i = 0; i < max; i++)
		rte_prefetch0(&((const struct tunnel *)v->ctx[i])->frag);
	for (; n < max && likely(cut_usual(v->ctx[n], v->m[n], kind)); n++)
		*n_long += !cut_fits(v->ctx[n], v->m[n]);
	return n;
}

/* What the short way does not take is dropped under its name behind gre_encap. */
static __rte_always_inline void
cut_send(struct worker *w, struct esp_short *s, struct rte_mbuf *m, const struct pktvec *v,
		unsigned int i, unsigned int n, enum sa_kind kind)
{
	struct tunnel *tun = v->ctx[i];

	if (unlikely(!esp_out_short(s, tun, m, kind, &v->ctx[i], n - i, w->shared_sas, true)))
		pktvec_add(&w->gre_encap, m, tun);
}

/* @kind, a constant: of the SAs of all that is taken. */
static __rte_always_inline unsigned int
gre_cut_as(struct worker *w, struct pktvec *v, enum sa_kind kind)
{
	struct rte_mbuf *rests[PAIRS + 3], **rest = rests;
	unsigned int n_long, n = cut_count(v, &n_long, kind);
	struct esp_short s;

	if (n == 0 || (likely(n_long != 0) &&
			unlikely(rte_pktmbuf_alloc_bulk(w->pool, rests, n_long) != 0)))
		return 0;
	for (unsigned int i = 0; i < 3; i++) /* the prefetch may look beyond the last */
		rests[n_long + i] = v->m[0];
	s = esp_short_begin(w);
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];
		struct tunnel *tun = v->ctx[i];

		if (i + 2 < n)
			cut_prefetch(v->ctx[i + 2], v->m[i + 2], rest[2]);
		if (unlikely(cut_fits(tun, m))) {
			pkt_meta(m)->encaps++;
			cut_send(w, &s, m, v, i, n, kind);
			continue;
		}
		cut_two(&s, m, *rest, cut_step(tun));
		cut_send(w, &s, m, v, i, n, kind);
		cut_send(w, &s, *rest++, v, i, n, kind);
	}
	esp_short_end(w, &s);
	w->stats->made += 2 * n_long;
	w->stats->absorbed += n_long;
	return n;
}

static __rte_noinline unsigned int
gre_cut_esn(struct worker *w, struct pktvec *v)
{
	return gre_cut_as(w, v, SA_KIND_GCM_ESN);
}

unsigned int
gre_cut(struct worker *w, struct pktvec *v)
{
	const struct tunnel *first = v->ctx[0];

	return first->sa_kind == SA_KIND_GCM_ESN ? gre_cut_esn(w, v) :
						   gre_cut_as(w, v, SA_KIND_GCM);
}
