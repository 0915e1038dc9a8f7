/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fragment - IPv4 fragmentation (RFC 791 section 3.2) of packets that are longer than an
 * interface's or a tunnel's MTU. Before encapsulation, so that each outer packet is whole; or
 * after it (TUN_FRAG_AFTER), when the outer packet is sent in pieces. So are IPv6 packets of up to
 * 1280 bytes in a tunnel that takes less.
 *
 * in     ip4_frag, gre_frag: of packets without DF (or a tunnel that does not care), and of those
 *        that followed them in the burst, as many from the front as have room with all their
 *        pieces; the rest stays. So packets of a flow stay in order, whatever their lengths
 * out    ip4_rewrite, gre_encap; tx for pieces of outer packets
 * drops  FRAG_FAIL
 *
 * The first piece stays where it is: its buffer is cut short. So of a 1500-byte packet for a tunnel
 * of 1400 only the last 124 bytes are copied, and a burst of such packets becomes one burst of
 * pieces. librte_ip_frag copies or chains all of them, a packet at a time. The usual packet for a
 * protected tunnel does not come back here: gre_cut.c.
 */
#include "dataplane/nodes/gre_encap.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/tx.h"

#define DF_BE         RTE_BE16(RTE_IPV4_HDR_DF_FLAG)
#define MF            RTE_IPV4_HDR_MF_FLAG
#define OFFSET_UNIT   8u
#define OPTION_COPIED 0x80u /* RFC 791: this option goes into every fragment */
#define OPTION_END    0u
#define OPTION_NOP    1u

/* How a packet is cut. */
struct cut {
	unsigned int hdr_len;
	unsigned int step; /* payload of all pieces but the last */
	unsigned int n;    /* pieces; 1: it is not cut */
};

static inline struct cut
cut_plan(const struct rte_mbuf *m, unsigned int mtu)
{
	struct cut c = { .hdr_len = ip4_hdr_len(mbuf_ip4(m)), .n = 1 };
	unsigned int payload = m->data_len - c.hdr_len;
	unsigned int offset = OFFSET_UNIT * rte_be_to_cpu_16(mbuf_ip4(m)->fragment_offset &
			RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK));

	if (m->data_len <= mtu)
		return c;
	if (unlikely(offset + payload > UINT16_MAX)) { /* a fragment of no possible packet */
		c.n = BURST_MAX + 1;
		return c;
	}
	c.step = (mtu - c.hdr_len) & ~(OFFSET_UNIT - 1);
	c.n = payload <= 2 * c.step ? 2 : (payload + c.step - 1) / c.step;
	return c;
}

/* The fields of a piece's header, and its checksum from @base: the sum of the others (RFC 1624). */
static inline void
piece_header(struct rte_ipv4_hdr *ip, unsigned int len, rte_be16_t frag_be, uint32_t base)
{
	rte_be16_t len_be = rte_cpu_to_be_16((uint16_t)len);
	uint32_t sum = base + len_be + frag_be;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->total_length = len_be;
	ip->fragment_offset = frag_be;
	ip->hdr_checksum = (rte_be16_t)~sum;
}

/* Options of @from that belong into later pieces too, behind @to's 20 bytes. Length of the
 * header. */
static unsigned int
piece_options(struct rte_ipv4_hdr *to, const struct rte_ipv4_hdr *from, unsigned int hdr_len)
{
	const uint8_t *o = (const uint8_t *)(from + 1), *end = (const uint8_t *)from + hdr_len;
	uint8_t *p = (uint8_t *)(to + 1);
	unsigned int len, out;

	/* ip4_input has checked the lengths; here they just must not lead out of the header. */
	while (o < end && *o != OPTION_END) {
		len = *o == OPTION_NOP || o + 1 == end ? 1 : RTE_MAX(o[1], 2u);
		len = RTE_MIN(len, (unsigned int)(end - o));
		if (*o & OPTION_COPIED) {
			memcpy(p, o, len);
			p += len;
		}
		o += len;
	}
	while ((p - (uint8_t *)to) % 4 != 0)
		*p++ = OPTION_END;
	out = (unsigned int)(p - (uint8_t *)to);
	to->version_ihl = (uint8_t)(IPVERSION << 4 | out / 4);
	return out;
}

/* A later piece: @len bytes of payload at @data in the fresh buffer @m. */
static inline void
piece_fill(struct rte_mbuf *m, const struct rte_mbuf *whole, unsigned int hdr_len,
		const uint8_t *data, unsigned int len, rte_be16_t frag_be, uint32_t base)
{
	const struct rte_ipv4_hdr *from = mbuf_ip4(whole);
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	memcpy(ip, from, sizeof(*ip));
	if (likely(hdr_len == sizeof(*ip))) {
		piece_header(ip, hdr_len + len, frag_be, base);
	} else {
		hdr_len = piece_options(ip, from, hdr_len);
		ip->total_length = rte_cpu_to_be_16((uint16_t)(hdr_len + len));
		ip->fragment_offset = frag_be;
		ip4_set_cksum(ip);
	}
	memcpy((uint8_t *)ip + hdr_len, data, len);
	mbuf_set(m, m->data_off, hdr_len + len);
	pkt_meta_copy(m, (struct rte_mbuf *)(uintptr_t)whole);
}

/*
 * Cut @m. Its first piece stays in it, the others go into the c->n - 1 fresh buffers @more. A packet
 * with DF that the tunnel ignores may have any identification, always the same even: it gets
 * another one, so that nobody takes its pieces for those of the next (RFC 6864 section 4).
 */
static inline void
cut_packet(struct worker *w, struct rte_mbuf *m, const struct cut *c, struct rte_mbuf **more)
{
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	const uint8_t *payload = (const uint8_t *)ip + c->hdr_len;
	unsigned int left = m->data_len - c->hdr_len - c->step, at = c->step;
	uint16_t frag = rte_be_to_cpu_16(ip->fragment_offset & ~DF_BE), last = frag & MF;
	uint32_t base = (uint32_t)(uint16_t)~ip->hdr_checksum + (uint16_t)~ip->total_length +
			(uint16_t)~ip->fragment_offset;

	if (unlikely(ip->fragment_offset == DF_BE)) {
		base += (uint16_t)~ip->packet_id + w->ip_id;
		ip->packet_id = w->ip_id++;
	}
	for (unsigned int i = 0; i < c->n - 1; i++) {
		unsigned int len = RTE_MIN(left, c->step);
		uint16_t f = (uint16_t)((frag & ~MF) + at / OFFSET_UNIT);

		f |= i + 2 == c->n ? last : MF;
		piece_fill(more[i], m, c->hdr_len, payload + at, len, rte_cpu_to_be_16(f), base);
		at += len;
		left -= len;
	}
	piece_header(ip, c->hdr_len + c->step, rte_cpu_to_be_16(frag | MF), base);
	mbuf_set(m, m->data_off, c->hdr_len + c->step);
}

static inline unsigned int
vec_mtu(const struct pktvec *v, unsigned int i, bool tunnel)
{
	return tunnel ? ((const struct tunnel *)v->ctx[i])->mtu :
			((const struct nexthop *)v->ctx[i])->mtu;
}

/* The first @n of @v are done with. */
static void
vec_drop_front(struct pktvec *v, unsigned int n)
{
	v->n = (uint16_t)(v->n - n);
	memmove(v->m, v->m + n, v->n * sizeof(v->m[0]));
	memmove(v->ctx, v->ctx + n, v->n * sizeof(v->ctx[0]));
}

/* No buffers for the first @n of @v: what is not cut needs none. */
static void
frag_fail(struct worker *w, struct pktvec *v, const struct cut *cuts, unsigned int n,
		struct pktvec *to)
{
	for (unsigned int i = 0; i < n; i++)
		if (cuts[i].n == 1)
			pktvec_add(to, v->m[i], v->ctx[i]);
		else
			pkt_drop(w, v->m[i], CHAN_DROP_FRAG_FAIL);
	vec_drop_front(v, n);
}

/* Cut the packet @i of @v, and its pieces to @to. @return the next free buffer. */
static inline struct rte_mbuf **
cut_to(struct worker *w, const struct pktvec *v, unsigned int i, const struct cut *c,
		struct rte_mbuf **more, struct pktvec *to)
{
	cut_packet(w, v->m[i], c, more);
	pktvec_add(to, v->m[i], v->ctx[i]);
	for (unsigned int k = 1; k < c->n; k++)
		pktvec_add(to, *more++, v->ctx[i]);
	w->stats->made += c->n;
	w->stats->absorbed++;
	return more;
}

/* Packets from the front of @v, as many as have room in @to, which is empty. */
static __rte_always_inline void
fragment(struct worker *w, struct pktvec *v, struct pktvec *to, bool tunnel)
{
	struct rte_mbuf *more[BURST_MAX], **next = more;
	struct cut cuts[BURST_MAX];
	unsigned int n = 0, n_pieces = 0;

	for (; n < v->n; n++) {
		if (tunnel && ((((const struct tunnel *)v->ctx[n])->frag & TUN_FRAG_AFTER) ||
				mbuf_is_ip6(v->m[n])))
			break;
		cuts[n] = cut_plan(v->m[n], vec_mtu(v, n, tunnel));
		if (n_pieces + cuts[n].n > BURST_MAX)
			break;
		n_pieces += cuts[n].n;
	}
	if (unlikely(n == 0 || (n_pieces != n && rte_pktmbuf_alloc_bulk(w->pool, more,
			n_pieces - n) != 0))) {
		frag_fail(w, v, cuts, RTE_MAX(n, 1u), to);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (cuts[i].n == 1)
			pktvec_add(to, v->m[i], v->ctx[i]);
		else
			next = cut_to(w, v, i, &cuts[i], next, to);
	}
	vec_drop_front(v, n);
}

void
ip4_frag(struct worker *w)
{
	fragment(w, &w->ip4_frag, &w->ip4_rewrite, false);
}

/*
 * The frame @m of @tun, finished but for its length: out, whole if it fits, else in pieces, each
 * with the same Ethernet header.
 */
static void
frag_outer(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m)
{
	const uint8_t *l2 = tun->tmpl + TUN_TMPL_ROOM - tun->hdr_len;
	unsigned int l2_len = tun->l2_len;
	struct rte_mbuf *pieces[BURST_MAX];
	struct cut c;

	if (m->data_len <= tun->underlay + l2_len) {
		tx_tunnel(w, tun, m);
		return;
	}
	mbuf_set(m, m->data_off + l2_len, m->data_len - l2_len);
	c = cut_plan(m, tun->underlay);
	if (c.n > BURST_MAX || rte_pktmbuf_alloc_bulk(w->pool, pieces + 1, c.n - 1) != 0) {
		w->tun_stats[tun->id].out_drops++;
		pkt_drop(w, m, CHAN_DROP_FRAG_FAIL);
		return;
	}
	pieces[0] = m;
	cut_packet(w, m, &c, pieces + 1);
	w->stats->made += c.n;
	w->stats->absorbed++;
	for (unsigned int i = 0; i < c.n; i++) {
		mbuf_set(pieces[i], pieces[i]->data_off - l2_len, pieces[i]->data_len + l2_len);
		memcpy(rte_pktmbuf_mtod(pieces[i], uint8_t *), l2, l2_len);
		tx_tunnel(w, tun, pieces[i]);
	}
}

void
gre_frag(struct worker *w)
{
	struct pktvec *v = &w->gre_frag;
	struct tunnel *tun = v->ctx[0];
	struct rte_mbuf *m = v->m[0];
	unsigned int n = likely(w->tracing == NULL) ? gre_cut(w, v) : 0;

	if (likely(n != 0)) {
		vec_drop_front(v, n);
		return;
	}
	if (likely(!(tun->frag & TUN_FRAG_AFTER) && !mbuf_is_ip6(m))) {
		fragment(w, v, &w->gre_encap, true);
		return;
	}
	vec_drop_front(v, 1);
	if (m->data_len <= tun->mtu) {
		pktvec_add(mbuf_is_ip6(m) ? &w->gre6_encap : &w->gre_encap, m, tun);
		return;
	}
	m = gre_encap_whole(w, tun, m);
	if (m != NULL)
		frag_outer(w, tun, m);
}
