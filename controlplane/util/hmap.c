/* SPDX-License-Identifier: BSD-3-Clause */
/* Chained hash map on 64-bit keys, and a pool of numbers; see hmap.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/util/hmap.h"

#define HMAP_FIRST_BUCKETS 64u

static uint32_t
slot(uint64_t key, uint32_t n_buckets)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (n_buckets - 1);
}

/* Double the buckets. Without memory the map just gets slower. */
static int
grow(struct hmap *h)
{
	uint32_t n = h->n_buckets == 0 ? HMAP_FIRST_BUCKETS : h->n_buckets * 2;
	struct hnode **b = calloc(n, sizeof(struct hnode *));

	if (b == NULL)
		return h->n_buckets == 0 ? -ENOMEM : 0;
	for (uint32_t i = 0; i < h->n_buckets; i++) {
		for (struct hnode *e = h->bucket[i], *next; e != NULL; e = next) {
			uint32_t at = slot(e->key, n);

			next = e->next;
			e->next = b[at];
			b[at] = e;
		}
	}
	free(h->bucket);
	h->bucket = b;
	h->n_buckets = n;
	return 0;
}

void
hmap_fini(struct hmap *h)
{
	free(h->bucket);
	memset(h, 0, sizeof(*h));
}

struct hnode *
hmap_find(const struct hmap *h, uint64_t key)
{
	if (h->n_buckets == 0)
		return NULL;
	for (struct hnode *e = h->bucket[slot(key, h->n_buckets)]; e != NULL; e = e->next)
		if (e->key == key)
			return e;
	return NULL;
}

int
hmap_insert(struct hmap *h, struct hnode *node, uint64_t key)
{
	uint32_t at;
	int err;

	if (h->n >= h->n_buckets) {
		err = grow(h);
		if (err != 0)
			return err;
	}
	at = slot(key, h->n_buckets);
	node->key = key;
	node->next = h->bucket[at];
	h->bucket[at] = node;
	h->n++;
	return 0;
}

void
hmap_remove(struct hmap *h, struct hnode *node)
{
	struct hnode **at = &h->bucket[slot(node->key, h->n_buckets)];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	h->n--;
}

struct hnode *
hmap_next(const struct hmap *h, struct hmap_iter *it)
{
	struct hnode *e;

	if (!it->started) {
		it->started = true;
		it->next = h->n_buckets > 0 ? h->bucket[0] : NULL;
	}
	while (it->next == NULL && it->bucket + 1 < h->n_buckets)
		it->next = h->bucket[++it->bucket];
	e = it->next;
	if (e != NULL)
		it->next = e->next;
	return e;
}

/*
 * Buckets in the order of their numbers' bits read backwards. A map that has doubled has each
 * bucket's records in two, which stand side by side in that order: what was passed is passed.
 */
struct hnode *
hmap_scan(const struct hmap *h, struct hmap_scan *s)
{
	struct hnode *first = h->n_buckets > 0 ? h->bucket[s->at] : NULL;
	uint32_t bit = h->n_buckets >> 1;

	while ((s->at & bit) != 0) {
		s->at &= ~bit;
		bit >>= 1;
	}
	s->at |= bit;
	s->done = bit == 0;
	return first;
}

int
idpool_resize(struct idpool *p, uint32_t limit)
{
	uint8_t *taken;
	uint32_t *freed;

	if (limit <= p->cap) {
		p->limit = limit;
		return 0;
	}
	taken = realloc(p->taken, limit);
	if (taken == NULL)
		return -ENOMEM;
	memset(taken + p->cap, 0, limit - p->cap);
	p->taken = taken;
	freed = calloc(limit, sizeof(*freed));
	if (freed == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n_freed; i++)
		freed[i] = p->freed[(p->head + i) % p->cap];
	free(p->freed);
	p->freed = freed;
	p->head = 0;
	p->cap = limit;
	p->limit = limit;
	return 0;
}

void
idpool_fini(struct idpool *p)
{
	free(p->taken);
	free(p->freed);
	memset(p, 0, sizeof(*p));
}

uint32_t
idpool_take(struct idpool *p)
{
	while (p->fresh < p->limit) {
		uint32_t id = p->fresh++;

		if (p->taken[id] == 0) {
			p->taken[id] = 1;
			return id;
		}
	}
	/* A number at or above a lowered limit goes to the end of the queue. */
	for (uint32_t i = p->n_freed; i > 0; i--) {
		uint32_t id = p->freed[p->head];

		p->head = (p->head + 1) % p->cap;
		p->n_freed--;
		if (p->taken[id] != 0)
			continue; /* reserved meanwhile */
		if (id < p->limit) {
			p->taken[id] = 1;
			return id;
		}
		p->freed[(p->head + p->n_freed) % p->cap] = id;
		p->n_freed++;
	}
	return UINT32_MAX;
}

int
idpool_reserve(struct idpool *p, uint32_t id)
{
	if (id >= p->limit)
		return -EINVAL;
	if (p->taken[id] != 0)
		return -EBUSY;
	p->taken[id] = 1;
	return 0;
}

void
idpool_give(struct idpool *p, uint32_t id)
{
	if (id >= p->cap || p->taken[id] == 0)
		return;
	p->taken[id] = 0;
	if (id >= p->fresh)
		return; /* was reserved ahead of its turn, which is still to come */
	if (p->n_freed == p->cap)
		return; /* full of numbers that were reserved meanwhile: this is one of them */
	p->freed[(p->head + p->n_freed) % p->cap] = id;
	p->n_freed++;
}
