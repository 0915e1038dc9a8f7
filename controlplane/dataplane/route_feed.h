/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB's result to the mirror: next hops, groups, routes. All of it when everything is named, or
 * what a routing protocol has changed, a slice at a time, so that no timer waits for ten thousand
 * routes. What waits here is looked up in the RIB when its turn has come: should it have changed
 * once more, the later state is sent, once.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_ROUTE_FEED_H
#define CULVERT_CONTROLPLANE_DATAPLANE_ROUTE_FEED_H

#include <stdint.h>

#include "common/inet.h"

struct cp;
struct route_feed;

/** NULL: no memory. */
struct route_feed *route_feed_new(struct cp *cp);
void route_feed_free(struct route_feed *x);

/** Within mirror_begin() and mirror_commit(): name all routes. What waited is among them. */
void route_feed_all(struct route_feed *x);
void route_feed_all6(struct route_feed *x);
/** These prefixes have other routes now, or none: the first slice is named and sent before this
 *  returns, the others as the loop comes round. */
void route_feed_changed(struct route_feed *x, const struct ip4_prefix *prefixes, uint32_t n);

struct route_feed_counts {
	uint64_t n_whole;    /* times that all routes were named */
	uint64_t n_parts;    /* times that changed ones were */
	uint64_t n_prefixes; /* ... how many these were */
	uint64_t n_slices;   /* ... in how many turns of the loop */
	uint32_t n_waiting;  /* prefixes that are still to be named */
};
void route_feed_counts(const struct route_feed *x, struct route_feed_counts *out);

#endif
