/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From configuration and state to what the dataplane should hold: the one place where interfaces,
 * neighbours, routes, tunnels and peers meet. Everything is named anew whenever something changed;
 * the mirror sends the difference.
 *
 *	configuration ─┐  interfaces → RIB → tunnels' underlay ┐
 *	ports, links  ─┴→                └→ next hops, routes ─┴→ mirror → dataplane
 *
 * The life of an attachment: limits, ids of tunnels that are already there, names for everything,
 * adopted SAs, one sync; when the dataplane has answered its end, IKE begins.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_RECONCILE_H
#define CULVERT_CONTROLPLANE_DATAPLANE_RECONCILE_H

#include <stdint.h>

struct chan_client;
struct cp;
struct mirror_io;
struct reconcile;

struct reconcile *reconcile_new(struct cp *cp);
void reconcile_free(struct reconcile *r);

/** The configuration (cp->cfg) is another: everything, now. 0 or -ENOMEM. */
int reconcile_config(struct reconcile *r);
/** Links have changed: everything but IKE's peers, when the loop comes round. */
void reconcile_soon(struct reconcile *r);

/** The dataplane is there: bring it in line. */
void reconcile_attached(struct reconcile *r, struct chan_client *c);
void reconcile_detached(struct reconcile *r);
/** It has taken everything in. */
void reconcile_synced(struct reconcile *r);
/** Once a second: ports that changed without an event, objects that were refused. */
void reconcile_second(struct reconcile *r, uint64_t now_ms);

#endif
