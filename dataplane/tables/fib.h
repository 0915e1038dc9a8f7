/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing table: longest prefix match from an IPv4 address to a hop number, with rte_fib in
 * its DIR-24-8 form (one or two loads, sixteen addresses at once where there is AVX-512). Its RIB
 * is the record of which routes exist. One writer, the main core; any number of readers.
 */
#ifndef CULVERT_DATAPLANE_TABLES_FIB_H
#define CULVERT_DATAPLANE_TABLES_FIB_H

#include <stdint.h>

#include <rte_fib.h>
#include <rte_prefetch.h>

struct rte_rcu_qsbr;

struct fib {
	struct rte_fib *fib;
	struct rte_rib *rib; /* of @fib; a node's extension: the number of the sync that named it */
	const uint32_t *first; /* @fib's table of the upper 24 bits */
	/* ... is laid out as we think: it may be read, not just prefetched */
	bool first_known;
	uint32_t *reserved;  /* the library's count of groups, if it goes wrong; else NULL */
	struct rte_rcu_qsbr *rcu;
	uint64_t token;      /* quiescent state to wait for before the next change that needs it */
	bool token_set;
	uint64_t n_waits;    /* times that a change had to wait for it */
	uint32_t n_routes;
	uint32_t n_long;     /* of them longer than 24 bits */
	uint32_t max_routes;
};

/** An empty table; hop number 0 is its answer to what has no route. NULL if out of memory. */
struct fib *fib_new(uint32_t max_routes, int socket_id, struct rte_rcu_qsbr *rcu);
/** NULL is fine. */
void fib_free(struct fib *f);
/** At the process's end: what DPDK has of it goes with its memory; to free it, DPDK would write
 *  zeroes into all of it, used or not. NULL is fine. */
void fib_leave(struct fib *f);

/** The hop number of exactly this prefix; 0: no such route. */
uint32_t fib_get(const struct fib *f, uint32_t prefix, uint8_t len);
/** Add or change a route. @hop 1..2^31-1. 0, -ENOSPC (table full), -ENOMEM. */
int fib_set(struct fib *f, uint32_t prefix, uint8_t len, uint32_t hop);
/** Remove a route that exists. 0 or -errno. */
int fib_del(struct fib *f, uint32_t prefix, uint8_t len);

/** Name a route in sync @sync. The route exists. */
void fib_mark(struct fib *f, uint32_t prefix, uint8_t len, uint32_t sync);
/** Remove each route not named in @sync; @gone is told the hop number it had. */
void fib_sweep(struct fib *f, uint32_t sync, void (*gone)(void *arg, uint32_t hop), void *arg);

/** An address will be looked up soon: its entry in the first table, on the way to the cache. */
static inline void
fib_prefetch(const struct fib *f, uint32_t addr)
{
	rte_prefetch0(f->first + (addr >> 8));
}

/** Look up @n addresses (host order). Any worker. */
static inline void
fib_lookup(const struct fib *f, uint32_t *addrs, uint64_t *hops, unsigned int n)
{
	rte_fib_lookup_bulk(f->fib, addrs, hops, (int)n);
}

#endif
