/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From configuration and state to what the dataplane should hold: the one place where interfaces,
 * neighbours, routes, tunnels and peers meet. Everything is named anew whenever something changed;
 * the mirror sends the difference.
 *
 *	configuration ─┐  interfaces → RIB → tunnels' underlay ┐
 *	ports, links  ─┴→                └→ next hops, routes ─┴→ mirror → dataplane
 *
 * This is a run; over thousands of tunnels it takes several turns of the loop (reconcile_run.c).
 *
 * The life of an attachment: limits, ids of tunnels that are already there, names for everything,
 * adopted SAs, one sync; when the dataplane has answered its end, IKE begins.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_RECONCILE_H
#define CULVERT_CONTROLPLANE_DATAPLANE_RECONCILE_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/rib/rib.h"

struct chan_client;
struct cp;
struct mirror_io;
struct reconcile;

struct reconcile *reconcile_new(struct cp *cp);
void reconcile_free(struct reconcile *r);

/** The configuration (cp->cfg) is another: everything, IKE's peers too. Nothing points into the
 *  former one when this returns; with thousands of tunnels the rest follows in turns of the loop to
 *  come (reconcile_run.c). 0 or -ENOMEM. */
int reconcile_config(struct reconcile *r);
/** Links or the branches of groups have changed: everything but IKE's peers, when the loop comes
 *  round. vpn_reconciled() is called at the end. */
void reconcile_soon(struct reconcile *r);

/** All routes of a routing protocol. Hops' links are indices into @names here. */
struct rib_source {
	const struct rib_dyn *routes; /* sorted by address, then length */
	const struct rib_hop *hops;
	/* of interfaces and tunnels; unknown ones are passed over */
	const char (*names)[RIB_LINK_NAME];
	uint32_t n_routes, n_hops, n_names;
};
/** These are OSPF's routes from now on: copied, and in the RIB before this returns, or at the end
 *  of a run over several turns. What has changed goes to the dataplane in slices (route_feed.h),
 *  the first one at once. 0 or -ENOMEM. */
int reconcile_routes(struct reconcile *r, const struct rib_source *s);
/** How routes went to the dataplane so far. */
struct route_feed_counts;
void reconcile_route_counts(const struct reconcile *r, struct route_feed_counts *out);
/** There are none any more; applied when the loop comes round. */
void reconcile_drop_routes(struct reconcile *r);
/** Is the tracked object @name up? Asked for static routes bound to one, whenever routes are
 *  computed. Without such a function, and for objects it does not know, it should be true.
 *  A change is told by reconcile_soon(). */
void reconcile_set_track(struct reconcile *r, bool (*up)(void *ctx, const char *name), void *ctx);
/** Called after each time that routes were computed: redistribution and tracking look at them. The
 *  same a second time does nothing. */
void reconcile_on_routes(struct reconcile *r, void (*fn)(void *ctx), void *ctx);

/** The dataplane is there: bring it in line. */
void reconcile_attached(struct reconcile *r, struct chan_client *c);
void reconcile_detached(struct reconcile *r);
/** It has taken everything in. */
void reconcile_synced(struct reconcile *r);
/** Once a second: ports that changed without an event, objects that were refused. */
void reconcile_second(struct reconcile *r, uint64_t now_ms);

#endif
