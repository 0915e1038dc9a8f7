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
 * A packet in the table is a chain of its fragments, in order of their offsets and without
 * overlaps, so that "as many bytes as the last fragment's end" means complete. The usual fragment
 * is the first, or follows the one that came before it: neither touches the others. In the end the
 * rest is copied behind the first fragment if there is room in its buffer, which is the case when
 * a tunnel's packet was a little too long for a link on its way; else all goes into a new buffer.
 * A packet of two fragments that come one right after the other never sees the table: reass_pair().
 *
 * What an outsider can do to the table, and what is done about it:
 *
 *   overlaps       all of the packet is dropped (as RFC 5722 has it); an exact duplicate is ignored
 *   tiny pieces    of IPv4: every link takes 68 bytes (RFC 791), a shorter piece that is not the
 *                  last is nobody's honest work (RFC 1858); of IPv6 frag6.c wants all headers in
 *                  the first fragment (RFC 7112)
 *   gaps           the packet goes when its time is over
 *   floods         a limit on packets, on fragments held, and on packets of one source; the oldest
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
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <rte_ring.h>

#include "dataplane/nodes/frag6.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/reass.h"

#define MIN_MTU     68 /* RFC 791 section 3.2 */
#define RING_SLOTS  1024
#define EXPIRE_MAX  BURST_MAX /* a tick's ICMP errors must fit a vector */
#define OWNER_SEED  0x6f776e72u /* the same in every worker */

#define ECN_BITS    3u
#define ECN_NOT_ECT 0u
#define ECN_CE      3u

struct reass_src;

/* Which packet a fragment is of. No padding: keys are compared as bytes. */
struct reass_key {
	uint32_t hash;
	struct ip6_addr src, dst; /* IPv4's: mapped */
	uint32_t id;              /* as in the header */
	uint32_t proto;           /* IPv4's; IPv6's identification is one for all protocols */
	uint32_t tun_id;
	uint32_t if_id; /* of packets between link-local addresses; else CHAN_NONE */
};

static_assert(sizeof(struct reass_key) == 5 * 4 + 2 * 16, "no padding");

/* A packet in reassembly. */
struct reass_pkt {
	LIST_ENTRY(reass_pkt) by_key;
	TAILQ_ENTRY(reass_pkt) by_age;
	TAILQ_ENTRY(reass_pkt) of_src;
	struct reass_src *owner;
	struct rte_mbuf *head, *tail; /* fragments by offset, linked by their next */
	uint64_t since_tsc;
	struct reass_key key;
	uint8_t n;
	uint8_t ecn;        /* set of 1 << ECN field */
	uint32_t head_off;  /* of the first fragment held */
	uint32_t tail_end;  /* where the last one held ends */
	uint32_t got;       /* bytes of payload held */
	uint32_t total;     /* bytes of payload in all; 0: the last fragment has not come */
};

TAILQ_HEAD(pkt_queue, reass_pkt);

/* A source with packets in the table. */
struct reass_src {
	LIST_ENTRY(reass_src) by_addr;
	struct pkt_queue pkts; /* oldest first */
	struct ip6_addr addr;
	uint32_t n;
};

LIST_HEAD(pkt_list, reass_pkt);
LIST_HEAD(src_list, reass_src);

struct reass {
	uint32_t max_pieces, n_pieces;
	uint32_t n_pkts;
	uint32_t mask;   /* of both tables of buckets */
	uint32_t secret;
	struct rte_mempool *big;
	struct pkt_queue by_age; /* oldest first */
	struct pkt_list *buckets;
	struct src_list *src_buckets;
	struct pkt_list free_pkts;
	struct src_list free_srcs;
	struct reass_pkt *pkts; /* [max_pieces] */
	struct reass_src *srcs; /* [max_pieces] */
	/* Handing over: written while no worker runs. */
	unsigned int n_workers;
	struct rte_ring *rings[CHAN_MAX_WORKERS]; /* of all workers */
	struct rte_ring *own;
};

/* A fragment as its header says. */
struct piece {
	uint32_t off, len; /* of its payload */
	uint32_t hdr_len;  /* all in front of it; of IPv6 the fragment header, too */
	bool last;
};

/* ---- life ----------------------------------------------------------------------------------- */

struct reass *
reass_new(const struct reass_conf *c)
{
	uint32_t buckets = rte_align32pow2(RTE_MAX(c->max_pieces, 64u));
	struct reass *r = rte_zmalloc_socket("reass", sizeof(*r), RTE_CACHE_LINE_SIZE,
			c->socket_id);

	if (r == NULL)
		return NULL;
	r->max_pieces = RTE_MAX(c->max_pieces, 1u);
	r->mask = buckets - 1;
	r->secret = (uint32_t)rte_rand();
	r->big = c->big;
	r->n_workers = 1;
	TAILQ_INIT(&r->by_age);
	r->buckets = rte_zmalloc_socket("reass", buckets * sizeof(*r->buckets), 0, c->socket_id);
	r->src_buckets = rte_zmalloc_socket("reass", buckets * sizeof(*r->src_buckets), 0,
			c->socket_id);
	r->pkts = rte_zmalloc_socket("reass", r->max_pieces * sizeof(*r->pkts), 0, c->socket_id);
	r->srcs = rte_zmalloc_socket("reass", r->max_pieces * sizeof(*r->srcs), 0, c->socket_id);
	if (r->buckets == NULL || r->src_buckets == NULL || r->pkts == NULL || r->srcs == NULL) {
		reass_free(r);
		return NULL;
	}
	for (uint32_t i = r->max_pieces; i-- > 0;) {
		LIST_INSERT_HEAD(&r->free_pkts, &r->pkts[i], by_key);
		LIST_INSERT_HEAD(&r->free_srcs, &r->srcs[i], by_addr);
	}
	return r;
}

static void
chain_free(struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		rte_pktmbuf_free(m);
		m = next;
	}
}

void
reass_free(struct reass *r)
{
	struct reass_pkt *p;
	void *m;

	if (r == NULL)
		return;
	TAILQ_FOREACH(p, &r->by_age, by_age)
		chain_free(p->head);
	while (r->own != NULL && rte_ring_sc_dequeue(r->own, &m) == 0)
		rte_pktmbuf_free(m);
	free(r->own);
	rte_free(r->srcs);
	rte_free(r->pkts);
	rte_free(r->src_buckets);
	rte_free(r->buckets);
	rte_free(r);
}

int
reass_connect(struct reass *const *all, unsigned int n)
{
	ssize_t len = rte_ring_get_memsize(RING_SLOTS);

	for (unsigned int i = 0; i < n && n > 1; i++) {
		all[i]->own = aligned_alloc(RTE_CACHE_LINE_SIZE,
				RTE_ALIGN_CEIL((size_t)len, RTE_CACHE_LINE_SIZE));
		if (all[i]->own == NULL)
			return -ENOMEM;
		if (rte_ring_init(all[i]->own, "reass", RING_SLOTS, RING_F_SC_DEQ) != 0)
			return -EINVAL;
		for (unsigned int k = 0; k < n; k++)
			all[k]->rings[i] = all[i]->own;
		all[i]->n_workers = n;
	}
	return 0;
}

/* ---- the table ------------------------------------------------------------------------------ */

static struct reass_key
key4_of(const struct reass *r, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	uint32_t tun_id = pkt_origin(m).tun_id;
	uint32_t word = (uint32_t)ip->packet_id << 8 | ip->next_proto_id;

	return (struct reass_key){ .src = ip6_mapped(rte_be_to_cpu_32(ip->src_addr)),
		.dst = ip6_mapped(rte_be_to_cpu_32(ip->dst_addr)), .id = ip->packet_id,
		.proto = ip->next_proto_id, .tun_id = tun_id, .if_id = CHAN_NONE,
		.hash = rte_jhash_3words(ip->src_addr, ip->dst_addr, word, r->secret ^ tun_id) };
}

/* Of both addresses of an IPv6 packet. */
static uint32_t
addrs6_hash(const struct rte_mbuf *m, uint32_t seed)
{
	uint32_t words[8];

	memcpy(words, mbuf_ip6(m)->src_addr, sizeof(words)); /* and the destination behind it */
	return rte_jhash_32b(words, RTE_DIM(words), seed);
}

static struct reass_key
key6_of(const struct reass *r, struct rte_mbuf *m, rte_be32_t id)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	bool on_link = ip6_is_link_local(ip6_src(ip)) || ip6_is_link_local(ip6_dst(ip));

	return (struct reass_key){ .src = *ip6_src(ip), .dst = *ip6_dst(ip), .id = id,
		.tun_id = pkt_origin(m).tun_id,
		.if_id = on_link ? pkt_meta(m)->if_id : CHAN_NONE,
		.hash = addrs6_hash(m, r->secret ^ id) };
}

/* The source that answers for @k: an IPv4 address, or the /64 of an IPv6 one. */
static struct ip6_addr
key_source(const struct reass_key *k)
{
	return ip6_is_martian(&k->src) ? k->src : ip6_masked(&k->src, 64);
}

static inline uint32_t
src_hash(const struct reass *r, const struct ip6_addr *addr)
{
	uint32_t word[4];

	memcpy(word, addr, sizeof(word));
	return rte_jhash_3words(word[0], word[1], word[3], r->secret) & r->mask;
}

static struct reass_pkt *
pkt_find(const struct reass *r, const struct reass_key *k)
{
	struct reass_pkt *p;

	LIST_FOREACH(p, &r->buckets[k->hash & r->mask], by_key)
		if (p->key.hash == k->hash && memcmp(&p->key, k, sizeof(*k)) == 0)
			return p;
	return NULL;
}

static struct reass_src *
src_find(const struct reass *r, const struct ip6_addr *addr)
{
	struct reass_src *s;

	LIST_FOREACH(s, &r->src_buckets[src_hash(r, addr)], by_addr)
		if (memcmp(&s->addr, addr, sizeof(*addr)) == 0)
			return s;
	return NULL;
}

/* Take @p out of the table. Its fragments are the caller's. */
static void
pkt_remove(struct worker *w, struct reass_pkt *p)
{
	struct reass *r = w->reass;
	struct reass_src *s = p->owner;

	LIST_REMOVE(p, by_key);
	TAILQ_REMOVE(&r->by_age, p, by_age);
	TAILQ_REMOVE(&s->pkts, p, of_src);
	if (--s->n == 0) {
		LIST_REMOVE(s, by_addr);
		LIST_INSERT_HEAD(&r->free_srcs, s, by_addr);
	}
	LIST_INSERT_HEAD(&r->free_pkts, p, by_key);
	r->n_pkts--;
	r->n_pieces -= p->n;
	w->stats->held -= p->n;
	w->stats->reass_held -= p->n;
}

/* Drop @p and all its fragments. */
static void
pkt_discard(struct worker *w, struct reass_pkt *p, enum chan_drop why)
{
	struct rte_mbuf *m = p->head, *next;

	pkt_remove(w, p);
	for (; m != NULL; m = next) {
		next = m->next;
		m->next = NULL;
		pkt_drop(w, m, why);
	}
}

static inline uint32_t
param_of(const uint32_t *field, uint32_t def)
{
	uint32_t v = __atomic_load_n(field, __ATOMIC_RELAXED);

	return v != 0 ? v : def;
}

/* A place for the packet @k, of which nothing has come yet. */
static struct reass_pkt *
pkt_new(struct worker *w, const struct reass_key *k)
{
	const struct chan_param *param = &w->tables->param;
	struct ip6_addr source = key_source(k);
	struct reass *r = w->reass;
	struct reass_src *s = src_find(r, &source);
	struct reass_pkt *p;

	if (s != NULL && s->n >= param_of(&param->reass_per_src, REASS_DEFAULT_PER_SRC))
		pkt_discard(w, TAILQ_FIRST(&s->pkts), CHAN_DROP_REASS_SOURCE);
	while (r->n_pkts >= param_of(&param->reass_packets, REASS_DEFAULT_PACKETS))
		pkt_discard(w, TAILQ_FIRST(&r->by_age), CHAN_DROP_REASS_FULL);
	s = src_find(r, &source); /* it may have been its only packet */
	if (s == NULL) {
		s = LIST_FIRST(&r->free_srcs);
		LIST_REMOVE(s, by_addr);
		s->addr = source;
		TAILQ_INIT(&s->pkts);
		LIST_INSERT_HEAD(&r->src_buckets[src_hash(r, &source)], s, by_addr);
	}
	p = LIST_FIRST(&r->free_pkts);
	LIST_REMOVE(p, by_key);
	*p = (struct reass_pkt){ .owner = s, .since_tsc = w->now_tsc, .key = *k };
	LIST_INSERT_HEAD(&r->buckets[k->hash & r->mask], p, by_key);
	TAILQ_INSERT_TAIL(&r->by_age, p, by_age);
	TAILQ_INSERT_TAIL(&s->pkts, p, of_src);
	s->n++;
	r->n_pkts++;
	return p;
}

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
		pkt_discard(w, p, CHAN_DROP_REASS_LONG);
		return NULL;
	}
	if (!whole_ecn(first, p->ecn)) {
		pkt_discard(w, p, CHAN_DROP_REASS_BAD);
		return NULL;
	}
	m = first;
	if (first->data_off + len + MBUF_TAILROOM_NEEDED > first->buf_len)
		m = whole_alloc(w, first, len);
	if (m == NULL) {
		pkt_discard(w, p, CHAN_DROP_NO_MBUF);
		return NULL;
	}
	pkt_remove(w, p);
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
		return addrs6_hash(m, OWNER_SEED);
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

/* Put @m, in order by itself, to the others of @k. The whole packet, or NULL. */
static struct rte_mbuf *
piece_put(struct worker *w, struct rte_mbuf *m, const struct piece *f, const struct reass_key *k)
{
	struct reass *r = w->reass;
	struct reass_pkt *p;
	enum chan_drop why;

	w->stats->reass_in++;
	while (r->n_pieces >= r->max_pieces)
		pkt_discard(w, TAILQ_FIRST(&r->by_age), CHAN_DROP_REASS_FULL);
	p = pkt_find(r, k);
	if (p == NULL)
		p = pkt_new(w, k);
	why = pkt_add(p, m, f);
	if (why != CHAN_N_DROPS) {
		pkt_drop(w, m, why);
		if (why != CHAN_DROP_REASS_DUP)
			pkt_discard(w, p, why);
		return NULL;
	}
	r->n_pieces++;
	w->stats->held++;
	w->stats->reass_held++;
	return p->total != 0 && p->got == p->total ? pkt_finish(w, p) : NULL;
}

struct rte_mbuf *
reass_put(struct worker *w, struct rte_mbuf *m)
{
	struct piece f = piece4_of(m);
	enum chan_drop why = piece4_check(w, &f);
	struct reass_key k;

	if (why != CHAN_N_DROPS) {
		fragment_drop(w, m, why);
		return NULL;
	}
	if (w->reass->n_workers > 1 && handed_over(w, m))
		return NULL;
	k = key4_of(w->reass, m);
	return piece_put(w, m, &f, &k);
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
	k = key6_of(w->reass, m, id);
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
		pkt_discard(w, p, CHAN_DROP_REASS_TIME);
		return;
	}
	p->head = first->next;
	pkt_discard(w, p, CHAN_DROP_REASS_TIME);
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
	uint64_t ms = param_of(&w->tables->param.reass_ms, REASS_DEFAULT_MS);
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
