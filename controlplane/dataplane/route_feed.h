/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB's result to the mirror: next hops, groups, routes. All of it when everything is named, or
 * what a routing protocol has changed, a slice at a time, so that no timer waits for ten thousand
 * routes. What waits here is looked up in the RIB when its turn has come: should it have changed
 * once more, the later state is sent, once.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_ROUTE_FEED_H
#define CULVERT_CONTROLPLANE_DATAPLANE_ROUTE_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/inet.h"

struct cp;
struct route_feed;

/** NULL: no memory. */
struct route_feed *route_feed_new(struct cp *cp);
void route_feed_free(struct route_feed *x);

/** All routes are about to be named: what waits is among them, and waits for that. */
void route_feed_hold(struct route_feed *x);
/** Within mirror_begin() and mirror_commit(): name all routes. What waited is among them. */
void route_feed_all(struct route_feed *x);
void route_feed_all6(struct route_feed *x);
/** Are there routes that are to lead into groups of one, now that mirror_nhg_ones() was called? */
bool route_feed_wants_ones(const struct route_feed *x);
/** These prefixes, sorted, have other routes now, or none: what moves together (route_move.h) and
 *  the first slice of the rest is named and sent before this returns, the others as the loop comes
 *  round. @prefixes are the caller's, in another order then. */
void route_feed_changed(struct route_feed *x, struct ip4_prefix *prefixes, uint32_t n);

struct route_feed_counts {
	uint64_t n_whole;    /* times that all routes were named */
	uint64_t n_parts;    /* times that changed ones were */
	uint64_t n_prefixes; /* ... how many these were */
	uint64_t n_groups;   /* next-hop groups that were sent another way, with all their routes */
	uint64_t n_slices;   /* ... in how many turns of the loop */
	uint32_t n_waiting;  /* prefixes that are still to be named */
};
void route_feed_counts(const struct route_feed *x, struct route_feed_counts *out);

#endif
