/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of packets in reassembly, and what may be in it (reass.c says why): found by a secret
 * hash, in order of age, and by source.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/reass_int.h"

#define RING_SLOTS 1024

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

struct reass_key
reass_key4(const struct reass *r, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	uint32_t tun_id = pkt_origin(m).tun_id;
	uint32_t word = (uint32_t)ip->packet_id << 8 | ip->next_proto_id;

	return (struct reass_key){ .src = ip6_mapped(rte_be_to_cpu_32(ip->src_addr)),
		.dst = ip6_mapped(rte_be_to_cpu_32(ip->dst_addr)), .id = ip->packet_id,
		.proto = ip->next_proto_id, .tun_id = tun_id, .if_id = CHAN_NONE,
		.hash = rte_jhash_3words(ip->src_addr, ip->dst_addr, word, r->secret ^ tun_id) };
}

uint32_t
reass_hash6(const struct rte_mbuf *m, uint32_t seed)
{
	uint32_t words[8];

	memcpy(words, mbuf_ip6(m)->src_addr, sizeof(words)); /* and the destination behind it */
	return rte_jhash_32b(words, RTE_DIM(words), seed);
}

struct reass_key
reass_key6(const struct reass *r, struct rte_mbuf *m, rte_be32_t id)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	bool on_link = ip6_is_link_local(ip6_src(ip)) || ip6_is_link_local(ip6_dst(ip));

	return (struct reass_key){ .src = *ip6_src(ip), .dst = *ip6_dst(ip), .id = id,
		.tun_id = pkt_origin(m).tun_id,
		.if_id = on_link ? pkt_meta(m)->if_id : CHAN_NONE,
		.hash = reass_hash6(m, r->secret ^ id) };
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

struct reass_pkt *
reass_find(const struct reass *r, const struct reass_key *k)
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

void
reass_remove(struct worker *w, struct reass_pkt *p)
{
	struct reass *r = w->reass;
	struct reass_src *s = p->owner;

	LIST_REMOVE(p, by_key);
	TAILQ_REMOVE(&r->by_age, p, by_age);
	TAILQ_REMOVE(&s->pkts, p, of_src);
	s->n_pieces -= p->n;
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

void
reass_discard(struct worker *w, struct reass_pkt *p, enum chan_drop why)
{
	struct rte_mbuf *m = p->head, *next;

	reass_remove(w, p);
	for (; m != NULL; m = next) {
		next = m->next;
		m->next = NULL;
		pkt_drop(w, m, why);
	}
}

struct reass_pkt *
reass_add(struct worker *w, const struct reass_key *k)
{
	const struct chan_param *param = &w->tables->param;
	struct ip6_addr source = key_source(k);
	struct reass *r = w->reass;
	struct reass_src *s = src_find(r, &source);
	struct reass_pkt *p;

	if (s != NULL && (s->n >= reass_param(&param->reass_per_src, REASS_DEFAULT_PER_SRC) ||
			reass_src_is_full(r, s)))
		reass_discard(w, TAILQ_FIRST(&s->pkts), CHAN_DROP_REASS_SOURCE);
	while (r->n_pkts >= reass_param(&param->reass_packets, REASS_DEFAULT_PACKETS))
		reass_discard(w, TAILQ_FIRST(&r->by_age), CHAN_DROP_REASS_FULL);
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
