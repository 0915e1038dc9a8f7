/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash map from 64-bit keys to records that embed a struct hnode, and a pool of small numbers
 * to name records by. The map owns its bucket array only.
 */
#ifndef CULVERT_CONTROLPLANE_UTIL_HMAP_H
#define CULVERT_CONTROLPLANE_UTIL_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hnode {
	struct hnode *next;
	uint64_t key;
};

struct hmap {
	struct hnode **bucket;
	uint32_t n_buckets; /* power of two, 0 before the first insert */
	uint32_t n;
};

/** The record a node is part of; NULL stays NULL. */
#define HMAP_ENTRY(node, type, member) \
	((node) == NULL ? NULL : (type *)(void *)((char *)(node)-offsetof(type, member)))

/** Forget the buckets; the records are the caller's to free. Zeroed storage is an empty map. */
void hmap_fini(struct hmap *h);
struct hnode *hmap_find(const struct hmap *h, uint64_t key);
/** @node->key is set to @key, which must not be in the map yet. 0 or -ENOMEM. */
int hmap_insert(struct hmap *h, struct hnode *node, uint64_t key);
/** @node must be in the map. */
void hmap_remove(struct hmap *h, struct hnode *node);
/** Walk over all, in no order: @it starts zeroed. The node returned may be removed by the caller
 *  before the next call; nothing may be inserted meanwhile. NULL at the end. */
struct hmap_iter {
	uint32_t bucket;
	struct hnode *next;
	bool started;
};
struct hnode *hmap_next(const struct hmap *h, struct hmap_iter *it);
/** A walk that outlasts changes: what is in the map from its first step to its last is met once,
 *  whatever comes or goes meanwhile. @s starts zeroed. */
struct hmap_scan {
	uint32_t at;
	bool done;
};
/** One bucket further: the first of its records, whose others are behind it by ->next; NULL: it has
 *  none. Nothing may be asked for when @s->done. */
struct hnode *hmap_scan(const struct hmap *h, struct hmap_scan *s);

/**
 * Numbers 0..limit-1, handed out lowest first while new, and freed ones again in the order in
 * which they were freed: a number that was just given back stays unused as long as possible.
 */
struct idpool {
	uint32_t limit;
	uint32_t fresh;  /* numbers from here on have never been handed out */
	uint32_t *freed; /* ring of freed numbers */
	uint32_t head, n_freed, cap;
	uint8_t *taken; /* one byte for each number below @fresh, and reserved ones above */
};

/** Zeroed storage with limit 0 is an empty pool. Growing keeps what is taken. 0 or -ENOMEM. */
int idpool_resize(struct idpool *p, uint32_t limit);
void idpool_fini(struct idpool *p);
/** A number, or UINT32_MAX when all are taken. */
uint32_t idpool_take(struct idpool *p);
/** Take one number in particular. 0, -EINVAL (beyond the limit) or -EBUSY (taken). */
int idpool_reserve(struct idpool *p, uint32_t id);
/** Give a taken number back; anything else is ignored. */
void idpool_give(struct idpool *p, uint32_t id);

#endif
