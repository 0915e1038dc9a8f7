/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two tables that make the route calculation a walk over arrays: prefixes by number, and sets of
 * next hops by number. LSAs are looked up in them when they come, not at each calculation.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_SPF_TAB_H
#define CULVERT_CONTROLPLANE_OSPF_SPF_TAB_H

#include <stdbool.h>
#include <stdint.h>

#include "common/inet.h"

#define SPF_NONE     UINT32_MAX
#define SPF_ECMP_MAX 16

/* ---- prefixes ------------------------------------------------------------------------------ */

struct spf_prefix {
	struct ip4_prefix p;
	uint32_t next; /* in its bucket, or in the free list */
	uint32_t refs; /* 0: free */
};

struct spf_prefixes {
	struct spf_prefix *at;
	uint32_t n, cap; /* numbers are below @n; some may be free */
	uint32_t free;   /* list of free ones, SPF_NONE: none */
	uint32_t n_used;
	uint32_t *bucket;
	uint32_t mask;     /* buckets - 1 */
	uint32_t *sorted;  /* [n_sorted] numbers by address, then length */
	uint32_t n_sorted; /* 0: to be sorted anew */
	uint32_t n_len[33]; /* how many there are of a length */
};

void spf_prefixes_init(struct spf_prefixes *t);
void spf_prefixes_fini(struct spf_prefixes *t);
/** The number of this prefix, which must be given back; SPF_NONE: out of memory. */
uint32_t spf_prefix_get(struct spf_prefixes *t, const struct ip4_prefix *p);
/** SPF_NONE is fine. */
void spf_prefix_put(struct spf_prefixes *t, uint32_t id);
/** The number of a prefix, if it is there; else SPF_NONE. */
uint32_t spf_prefix_find(const struct spf_prefixes *t, const struct ip4_prefix *p);
/** All numbers in order. NULL: out of memory. */
const uint32_t *spf_prefixes_sorted(struct spf_prefixes *t, uint32_t *n);

/* ---- next hops ----------------------------------------------------------------------------- */

/** One way to leave. */
struct spf_hop {
	uint32_t user; /* number of the interface (ospf_if_cfg.user) */
	uint32_t gw;   /* 0: what is looked for is on the interface's own network */
};

struct spf_hops {
	uint32_t n;
	struct spf_hop h[SPF_ECMP_MAX]; /* sorted */
};

/* Sets are made and never changed: the same hops have the same number. 0 is the empty set. */
struct spf_sets {
	struct spf_hops *at;
	uint32_t n, cap;
	uint32_t *bucket, *next;
	uint32_t mask;
	struct {
		uint32_t a, b, both;
	} cache[256]; /* of unions */
};

/** 0 or -ENOMEM. */
int spf_sets_init(struct spf_sets *t);
void spf_sets_fini(struct spf_sets *t);
/** Forget all sets. */
void spf_sets_clear(struct spf_sets *t);
/** The set of these hops, in any order; @s is sorted by it. 0 when out of memory. */
uint32_t spf_set_of(struct spf_sets *t, struct spf_hops *s);
uint32_t spf_set_of_one(struct spf_sets *t, uint32_t user, uint32_t gw);
/** Both together; the first SPF_ECMP_MAX in their order, if there are more. */
uint32_t spf_set_union(struct spf_sets *t, uint32_t a, uint32_t b);
/** @a, and whatever is directly on an interface's network is reached through @gw there. */
uint32_t spf_set_through(struct spf_sets *t, uint32_t a, uint32_t gw);
/** Has it a hop that is directly on an interface's network? */
bool spf_set_is_direct(const struct spf_sets *t, uint32_t a);

#endif
