/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracked objects and probes in their surroundings: what is seen of interfaces, tunnels, routes and
 * SAs goes into the engines, probes go out by way of the dataplane, and what depends on an object
 * is told: virtual routers, static routes, and whoever else has asked.
 */
#ifndef CULVERT_CONTROLPLANE_TRACKS_H
#define CULVERT_CONTROLPLANE_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

struct cp;
struct chan_pkt;
struct cfg_sla;
struct probe;
struct tracks;
struct track_engine;

struct tracks *tracks_new(struct cp *cp);
/** NULL is fine, here and everywhere below. */
void tracks_free(struct tracks *x);

/** Take the configuration over, look at everything, and tell who depends on what has changed. */
void tracks_update(struct tracks *x);
/** The dataplane is in line: what was up before a restart is looked at again in a moment. */
void tracks_synced(struct tracks *x);
/** Is it up? True if there is no such object. After a change routes are computed anew, and who has
 *  asked for that by reconcile_on_routes() is called. */
bool tracks_is_up(const struct tracks *x, const char *name);
/** An ICMP message to us; true if it was the answer to a probe. */
bool tracks_icmp(struct tracks *x, const struct chan_pkt *pkt);

/** A TCP segment to a port of probes. */
void tracks_tcp(struct tracks *x, const struct chan_pkt *pkt);

const struct track_engine *tracks_engine(const struct tracks *x);
/** Probe @i, NULL: there are no more. *@cfg: what it is. */
const struct probe *tracks_probe(const struct tracks *x, uint32_t i, const struct cfg_sla **cfg);

#endif
