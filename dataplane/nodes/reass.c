/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reass - outer fragments for one of our addresses become whole packets.
 *
 * in     a fragment, data at the IPv4 or IPv6 header, checked
 * out    the whole packet to the caller, in one segment
 *        the owner's ring, where several workers are
 * drops  REASS_*, NO_MBUF (of IPv6 with the ICMPv6 errors of RFC 8200 section 4.5)
 *
 * Not rte_ip_frag's reassembly: it says neither why it drops nor how much, has one limit for all
 * sources, cannot tell overlap from gap, frees out of sight (our counters must add up), takes eight
 * fragments in the usual build, and answers with a chain of segments where the next nodes
 * want one.
 *
 * A packet in the table (reass_table.c) is a chain of its fragments, in order of their offsets and
 * without overlaps, so that "as many bytes as the last fragment's end" means complete. The usual
 * fragment is the first, or follows the one that came before it: neither touches the others. In the
 * end the rest is copied behind the first fragment if there is room in its buffer, which is the
 * case when a tunnel's packet was a little too long for a link on its way; else all goes into a new
 * buffer. A packet of two fragments that come one right after the other never sees the table:
 * reass_pair().
 *
 * What an outsider can do to the table, and what is done about it:
 *
 *   overlaps       all of the packet is dropped (as RFC 5722 has it); an exact duplicate is ignored
 *   tiny pieces    of IPv4: every link takes 68 bytes (RFC 791), a shorter piece that is not the
 *                  last is nobody's honest work (RFC 1858); of IPv6 frag6.c wants all headers in
 *                  the first fragment (RFC 7112)
 *   gaps           the packet goes when its time is over
 *   floods         a limit on packets, on fragments held, and on both of one source; the oldest
 *                  gives way to the newest (of that source, if it is the source's limit), since
 *                  honest fragments follow each other closely
 *   collisions     the hash has a secret
 *
 * Fragments that came through a tunnel are never put together with others: what is authentic and
 * what is not do not mix. Nor are those between link-local addresses of different links.
 *
 * Both IP versions share the table, its limits and counters: IPv4's addresses are in it in their
 * IPv4-mapped form, which no packet on a wire may have. A source is an IPv4 address or a /64, of
 * whose addresses a host may have any number.
 *
 * The owner of a packet is a matter of addresses and protocol alone. Receive queues need not
 * agree with that: ports differ, and so do their hashes. A fragment costs the way to another
 * core, then; packets of one flow stay in order.
 */
#include <netinet/ip_icmp.h>

#include <rte_jhash.h>
#include <rte_ring.h>

#include "dataplane/nodes/frag6.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/reass_int.h"

#define MIN_MTU     68 /* RFC 791 section 3.2 */
#define EXPIRE_MAX  BURST_MAX /* a tick's ICMP errors must fit a vector */
#define OWNER_SEED  0x6f776e72u /* the same in every worker */

#define ECN_BITS    3u
#define ECN_NOT_ECT 0u
#define ECN_CE      3u

/* A fragment as its header says. */
struct piece {
	uint32_t off, len; /* of its payload */
	uint32_t hdr_len;  /* all in front of it; of IPv6 the fragment header, too */
	bool last;
};

/* ---- fragments ------------------------------------------------------------------------------ */

static inline struct piece
piece4_of(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	uint16_t field = rte_be_to_cpu_16(ip->fragment_offset);
	uint32_t hdr_len = ip4_hdr_len(ip);

	return (struct piece){ .off = (field & RTE_IPV4_HDR_OFFSET_MASK) * 8u,
		.len = m->data_len - hdr_len, .hdr_len = hdr_len,
		.last = (field & RTE_IPV4_HDR_MF_FLAG) == 0 };
}

static struct piece
piece6_of(const struct rte_mbuf *m)
{
	struct frag6 f;

	if (!frag6_read(m, &f)) /* frag6_input() has read it: it is there */
		return (struct piece){ .last = true };
	return (struct piece){ .off = f.offset, .len = m->data_len - f.off - FRAG6_HDR_LEN,
		.hdr_len = f.off + FRAG6_HDR_LEN, .last = !f.more };
}

static inline struct piece
piece_of(const struct rte_mbuf *m)
{
	return unlikely(mbuf_is_ip6(m)) ? piece6_of(m) : piece4_of(m);
}

static inline uint8_t
ecn_of(const struct rte_mbuf *m)
{
	return ECN_BITS & (unlikely(mbuf_is_ip6(m)) ? ip6_traffic_class(mbuf_ip6(m)) :
			mbuf_ip4(m)->type_of_service);
}

/* The longest packet that a buffer takes: a little under 64 KB, or what the usual ones take. */
static uint32_t
whole_max(const struct worker *w)
{
	struct rte_mempool *pool = w->reass->big != NULL ? w->reass->big : w->pool;

	/* Headers in front; the first fragment may have options that the others have not. */
	return rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM - MBUF_TAILROOM_NEEDED -
			UINT8_MAX;
}

/* What is wrong with a fragment by itself; CHAN_N_DROPS: nothing. */
static enum chan_drop
piece_check(const struct worker *w, const struct piece *f)
{
	if (f->len == 0 || (!f->last && f->len % 8 != 0))
		return CHAN_DROP_REASS_BAD;
	if (f->off + f->len + f->hdr_len > whole_max(w))
		return CHAN_DROP_REASS_LONG;
	return CHAN_N_DROPS;
}

/* The same of IPv4's, which may not be shorter than any link makes them. */
static enum chan_drop
piece4_check(const struct worker *w, const struct piece *f)
{
	enum chan_drop why = piece_check(w, f);

	if (why == CHAN_N_DROPS && !f->last && f->len < ((MIN_MTU - f->hdr_len) & ~7u))
		why = CHAN_DROP_REASS_TINY;
	return why;
}

/* Drop @m for @why. RFC 8200 section 4.5 says of what the sender of an IPv6 fragment is told. */
static void
piece6_refuse(struct worker *w, struct rte_mbuf *m, const struct piece *f, enum chan_drop why)
{
	uint32_t before = f->hdr_len - FRAG6_HDR_LEN, fixed = sizeof(struct rte_ipv6_hdr);

	if (why == CHAN_DROP_REASS_BAD && f->len % 8 != 0)
		icmp6_error(w, m, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD,
				offsetof(struct rte_ipv6_hdr, payload_len), why);
	else if (why == CHAN_DROP_REASS_LONG && before - fixed + f->off + f->len > UINT16_MAX)
		icmp6_error(w, m, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD,
				before + FRAG6_OFFSET_FIELD, why);
	else
		pkt_drop(w, m, why);
}

/* Where in the chain a fragment goes that neither leads nor follows all others. */
static enum chan_drop
chain_insert(struct reass_pkt *p, struct rte_mbuf *m, const struct piece *f)
{
	struct rte_mbuf *prev = NULL, *next = p->head;
	struct piece o;

	while (next != NULL) {
		o = piece_of(next);
		if (o.off >= f->off)
			break;
		if (o.off + o.len > f->off)
			return CHAN_DROP_REASS_OVERLAP;
		prev = next;
		next = next->next;
	}
	if (next != NULL && o.off == f->off && o.len == f->len)
		return CHAN_DROP_REASS_DUP;
	if (next != NULL && f->off + f->len > o.off)
		return CHAN_DROP_REASS_OVERLAP;
	m->next = next;
	if (prev == NULL)
		p->head = m;
	else
		prev->next = m;
	if (next == NULL)
		p->tail = m;
	return CHAN_N_DROPS;
}

/* Put @m into its packet. CHAN_N_DROPS: done; else why not. */
static enum chan_drop
pkt_add(struct reass_pkt *p, struct rte_mbuf *m, const struct piece *f)
{
	enum chan_drop why;
	uint32_t end = f->off + f->len;

	/* One packet has one end. */
	if (p->total != 0 ? (end > p->total || (f->last && end != p->total)) :
			f->last && end < p->tail_end)
		return CHAN_DROP_REASS_BAD;
	if (p->n == REASS_PIECES_MAX)
		return CHAN_DROP_REASS_MANY;
	if (p->n == 0) {
		p->head = p->tail = m;
	} else if (f->off >= p->tail_end) {
		p->tail->next = m;
		p->tail = m;
	} else {
		why = chain_insert(p, m, f);
		if (why != CHAN_N_DROPS)
			return why;
	}
	if (f->last)
		p->total = end;
	p->head_off = p->n == 0 ? f->off : RTE_MIN(p->head_off, f->off);
	p->tail_end = RTE_MAX(p->tail_end, end);
	p->got += f->len;
	p->ecn |= (uint8_t)(1u << ecn_of(m));
	p->n++;
	return CHAN_N_DROPS;
}

/* ---- whole packets -------------------------------------------------------------------------- */

/* A buffer in which the headers of @first, in front of @len bytes, have been copied. */
static struct rte_mbuf *
whole_alloc(struct worker *w, struct rte_mbuf *first, uint32_t len)
{
	uint32_t l2 = pkt_meta(first)->l3_off, need = RTE_PKTMBUF_HEADROOM + l2 + len;
	struct rte_mempool *pool = w->pool;
	struct rte_mbuf *m;

	if (need + MBUF_TAILROOM_NEEDED > rte_pktmbuf_data_room_size(pool))
		pool = w->reass->big;
	m = rte_pktmbuf_alloc(pool);
	if (m == NULL)
		return NULL;
	m->data_off = (uint16_t)(RTE_PKTMBUF_HEADROOM + l2);
	memcpy(rte_pktmbuf_mtod(m, char *) - l2, rte_pktmbuf_mtod(first, char *) - l2,
			l2 + first->data_len);
	pkt_meta_copy(m, first);
	return m;
}

/* ECN of the whole, RFC 3168 section 5.3. False: marked and unmarkable pieces, to be dropped. */
static bool
whole_ecn(struct rte_mbuf *m, uint8_t seen)
{
	if ((seen & 1u << ECN_CE) == 0)
		return true;
	if (seen & 1u << ECN_NOT_ECT)
		return false;
	if (unlikely(mbuf_is_ip6(m)))
		mbuf_ip6(m)->vtc_flow |= RTE_BE32(ECN_CE << 20);
	else
		mbuf_ip4(m)->type_of_service |= ECN_CE;
	return true;
}

/* The header of the whole, of @len bytes, whose first fragment is in place. */
static inline void
whole4_header(struct rte_mbuf *m, uint32_t len)
{
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	mbuf_set(m, m->data_off, len);
	ip->total_length = rte_cpu_to_be_16((uint16_t)len);
	ip->fragment_offset &= RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
	ip4_set_cksum(ip);
}

/* The same of IPv6, where @len is with the fragment header: it goes. */
static void
whole6_header(struct rte_mbuf *m, uint32_t len)
{
	struct frag6 f;

	mbuf_set(m, m->data_off, len);
	if (frag6_read(m, &f))
		frag6_strip(m, &f);
	pkt_meta(m)->flags |= PKT_REASS;
}

/* All is there: one segment out of the fragments of @p. */
static struct rte_mbuf *
pkt_finish(struct worker *w, struct reass_pkt *p)
{
	struct rte_mbuf *first = p->head, *m, *next;
	uint32_t len = piece_of(first).hdr_len + p->total;
	uint16_t at;

	/* The first fragment may have longer headers than those that were looked at alone. */
	if (len > whole_max(w)) {
		reass_discard(w, p, CHAN_DROP_REASS_LONG);
		return NULL;
	}
	if (!whole_ecn(first, p->ecn)) {
		reass_discard(w, p, CHAN_DROP_REASS_BAD);
		return NULL;
	}
	m = first;
	if (first->data_off + len + MBUF_TAILROOM_NEEDED > first->buf_len)
		m = whole_alloc(w, first, len);
	if (m == NULL) {
		reass_discard(w, p, CHAN_DROP_NO_MBUF);
		return NULL;
	}
	reass_remove(w, p);
	w->stats->reass_out++;
	w->stats->absorbed += p->n - 1u;
	at = first->data_len;
	for (struct rte_mbuf *f = first->next; f != NULL; f = next) {
		struct piece d = piece_of(f);

		memcpy(rte_pktmbuf_mtod_offset(m, char *, at),
				rte_pktmbuf_mtod_offset(f, char *, d.hdr_len), d.len);
		at = (uint16_t)(at + d.len);
		next = f->next;
		f->next = NULL;
		rte_pktmbuf_free(f);
	}
	first->next = NULL;
	if (m != first)
		rte_pktmbuf_free(first);
	if (unlikely(mbuf_is_ip6(m)))
		whole6_header(m, len);
	else
		whole4_header(m, len);
	return m;
}

/* ---- handing over --------------------------------------------------------------------------- */

/* What the owner is chosen by: the same for all fragments of a packet, in every worker. */
static uint32_t
owner_hash(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	if (mbuf_is_ip6(m))
		return reass_hash6(m, OWNER_SEED);
	return rte_jhash_3words(ip->src_addr, ip->dst_addr, ip->next_proto_id, OWNER_SEED);
}

/* A fragment that is not put to others. */
static void
fragment_drop(struct worker *w, struct rte_mbuf *m, enum chan_drop why)
{
	w->stats->reass_in++;
	pkt_drop(w, m, why);
}

/* Is it another worker's? Then it is gone. */
static bool
handed_over(struct worker *w, struct rte_mbuf *m)
{
	struct reass *r = w->reass;
	uint32_t hash = owner_hash(m);
	unsigned int owner = (unsigned int)((uint64_t)hash * r->n_workers >> 32);

	if (owner == w->id)
		return false;
	if (rte_ring_mp_enqueue(r->rings[owner], m) == 0)
		w->stats->absorbed++; /* and made, and counted as a fragment, there */
	else
		fragment_drop(w, m, CHAN_DROP_REASS_RING);
	return true;
}

unsigned int
reass_take(struct worker *w, struct rte_mbuf **m, unsigned int max)
{
	unsigned int n;

	if (w->reass == NULL || w->reass->own == NULL)
		return 0;
	n = rte_ring_sc_dequeue_burst(w->reass->own, (void **)m, max, NULL);
	w->stats->made += n;
	return n;
}

/* ---- public --------------------------------------------------------------------------------- */

/* @p's source has to give up its oldest packet. @p, or NULL if that was the one. */
static struct reass_pkt *
source_room(struct worker *w, struct reass_pkt *p)
{
	struct reass_pkt *oldest = TAILQ_FIRST(&p->owner->pkts);

	reass_discard(w, oldest, CHAN_DROP_REASS_SOURCE);
	return oldest == p ? NULL : p;
}

/* Put @m, in order by itself, to the others of @k. The whole packet, or NULL. */
static struct rte_mbuf *
piece_put(struct worker *w, struct rte_mbuf *m, const struct piece *f, const struct reass_key *k)
{
	struct reass *r = w->reass;
	struct reass_pkt *p;
	enum chan_drop why;

	w->stats->reass_in++;
	while (r->n_pieces >= r->max_pieces)
		reass_discard(w, TAILQ_FIRST(&r->by_age), CHAN_DROP_REASS_FULL);
	p = reass_find(r, k);
	if (p != NULL && reass_src_is_full(r, p->owner))
		p = source_room(w, p);
	if (p == NULL)
		p = reass_add(w, k);
	why = pkt_add(p, m, f);
	if (why != CHAN_N_DROPS) {
		pkt_drop(w, m, why);
		if (why != CHAN_DROP_REASS_DUP)
			reass_discard(w, p, why);
		return NULL;
	}
	p->owner->n_pieces++;
	r->n_pieces++;
	w->stats->held++;
	w->stats->reass_held++;
	return p->total != 0 && p->got == p->total ? pkt_finish(w, p) : NULL;
}

static struct rte_mbuf *
piece4_put(struct worker *w, struct rte_mbuf *m, bool hand_over)
{
	struct piece f = piece4_of(m);
	enum chan_drop why = piece4_check(w, &f);
	struct reass_key k;

	if (why != CHAN_N_DROPS) {
		fragment_drop(w, m, why);
		return NULL;
	}
	if (hand_over && handed_over(w, m))
		return NULL;
	k = reass_key4(w->reass, m);
	return piece_put(w, m, &f, &k);
}

struct rte_mbuf *
reass_put(struct worker *w, struct rte_mbuf *m)
{
	return piece4_put(w, m, w->reass->n_workers > 1);
}

struct rte_mbuf *
reass_put_here(struct worker *w, struct rte_mbuf *m)
{
	return piece4_put(w, m, false);
}

struct rte_mbuf *
reass_put6(struct worker *w, struct rte_mbuf *m, rte_be32_t id)
{
	struct piece f = piece6_of(m);
	enum chan_drop why = piece_check(w, &f);
	struct reass_key k;

	if (why != CHAN_N_DROPS) {
		w->stats->reass_in++;
		piece6_refuse(w, m, &f, why);
		return NULL;
	}
	if (w->reass->n_workers > 1 && handed_over(w, m))
		return NULL;
	k = reass_key6(w->reass, m, id);
	return piece_put(w, m, &f, &k);
}

/* Are these the headers of fragments of one packet? */
static inline bool
same_packet(struct rte_mbuf *a, struct rte_mbuf *b)
{
	const struct rte_ipv4_hdr *x = mbuf_ip4(a), *y = mbuf_ip4(b);

	return x->packet_id == y->packet_id && x->src_addr == y->src_addr &&
	       x->dst_addr == y->dst_addr && x->next_proto_id == y->next_proto_id &&
	       pkt_origin(a).tun_id == pkt_origin(b).tun_id;
}

bool
reass_pair(struct worker *w, struct rte_mbuf *first, struct rte_mbuf *last)
{
	struct piece a = piece4_of(first), b = piece4_of(last);
	uint32_t len = a.hdr_len + a.len + b.len;
	uint8_t ecn = (uint8_t)(1u << (mbuf_ip4(first)->type_of_service & ECN_BITS) |
			1u << (mbuf_ip4(last)->type_of_service & ECN_BITS));

	if (a.off != 0 || a.last || !b.last || b.off != a.len || !same_packet(first, last) ||
			piece4_check(w, &a) != CHAN_N_DROPS ||
			piece4_check(w, &b) != CHAN_N_DROPS ||
			first->data_off + len + MBUF_TAILROOM_NEEDED > first->buf_len ||
			!whole_ecn(first, ecn))
		return false;
	memcpy(rte_pktmbuf_mtod_offset(first, char *, first->data_len),
			rte_pktmbuf_mtod_offset(last, char *, b.hdr_len), b.len);
	whole4_header(first, len);
	rte_pktmbuf_free(last);
	w->stats->reass_in += 2;
	w->stats->reass_out++;
	w->stats->absorbed++;
	return true;
}

/* Time is over: RFC 792 and RFC 8200 want the source told if the first fragment is there. */
static void
pkt_expire(struct worker *w, struct reass_pkt *p)
{
	struct rte_mbuf *first = p->head_off == 0 ? p->head : NULL;

	if (first == NULL) {
		reass_discard(w, p, CHAN_DROP_REASS_TIME);
		return;
	}
	p->head = first->next;
	reass_discard(w, p, CHAN_DROP_REASS_TIME);
	first->next = NULL;
	if (mbuf_is_ip6(first))
		icmp6_error(w, first, ICMP6_TIME_EXCEEDED, ICMP6_TIME_REASSEMBLY, 0,
				CHAN_DROP_REASS_TIME);
	else
		icmp_error(w, first, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0,
				CHAN_DROP_REASS_TIME);
}

void
reass_tick(struct worker *w)
{
	uint64_t ms = reass_param(&w->tables->param.reass_ms, REASS_DEFAULT_MS);
	uint64_t wait_tsc = ms * w->tsc_hz / 1000;
	unsigned int n = 0;
	struct reass_pkt *p;

	while (n < EXPIRE_MAX && (p = TAILQ_FIRST(&w->reass->by_age)) != NULL &&
			w->now_tsc - p->since_tsc >= wait_tsc) {
		pkt_expire(w, p);
		n++;
	}
	if (n != 0)
		path_drain(w);
}
