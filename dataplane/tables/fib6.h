/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv6 routing table: longest prefix match from an address to a hop number, with rte_fib6 in
 * its trie form (24 bits, then 8 at a time). The same hop numbers as in fib.h. One writer, the main
 * core; any number of readers.
 */
#ifndef CULVERT_DATAPLANE_TABLES_FIB6_H
#define CULVERT_DATAPLANE_TABLES_FIB6_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_fib6.h>

struct rte_rcu_qsbr;

struct fib6 {
	struct rte_fib6 *fib;
	/* of @fib; each node's extension is the number of the sync that named it */
	struct rte_rib6 *rib;
	struct rte_rcu_qsbr *rcu;
	uint64_t token;       /* quiescent state to wait for before the next change */
	bool token_set;
	uint64_t n_waits;     /* times that a change had to wait for it */
	/* the library's stack of free groups, of @n_groups places, and the position in it; NULL:
	 * not known. From @clean_end on are those that readers may still look at */
	uint32_t *pool;
	const uint32_t *pool_pos;
	uint32_t n_groups, clean_end;
	uint32_t n_routes;
	uint32_t n_long;      /* of them longer than 24 bits */
	uint32_t max_routes;
	/* the library's count of groups, where it has to be put right; or NULL */
	uint32_t *reserved;
};

/** Bytes that a table for @max_routes takes at most. */
uint64_t fib6_memory(uint32_t max_routes);
/** An empty table; hop number 0 is its answer to what has no route. NULL if out of memory. */
struct fib6 *fib6_new(uint32_t max_routes, int socket_id, struct rte_rcu_qsbr *rcu);
/** NULL is fine. */
void fib6_free(struct fib6 *f);
/** At the process's end; see fib_leave(). NULL is fine. */
void fib6_leave(struct fib6 *f);

/** The hop number of exactly this prefix; 0: no such route. */
uint32_t fib6_get(const struct fib6 *f, const uint8_t prefix[16], uint8_t len);
/** Add or change a route. @hop 1..2^31-1. 0, -ENOSPC (table full), -ENOMEM. */
int fib6_set(struct fib6 *f, const uint8_t prefix[16], uint8_t len, uint32_t hop);
/** Remove a route that exists. 0 or -errno. */
int fib6_del(struct fib6 *f, const uint8_t prefix[16], uint8_t len);

/** Name a route in sync @sync. The route exists. */
void fib6_mark(struct fib6 *f, const uint8_t prefix[16], uint8_t len, uint32_t sync);
/** Remove each route not named in @sync; @gone is told the hop number it had. */
void fib6_sweep(struct fib6 *f, uint32_t sync, void (*gone)(void *arg, uint32_t hop), void *arg);

/** Look up @n addresses. Any worker. */
static inline void
fib6_lookup(const struct fib6 *f, uint8_t addrs[][16], uint64_t *hops, unsigned int n)
{
	rte_fib6_lookup_bulk(f->fib, addrs, hops, (int)n);
}

#endif
