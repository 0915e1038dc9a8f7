/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshots for people and machines: the answers of `show` and `clear`, in the shapes of
 * docs/mgmt.md. show.c registers them; show_net.c has interfaces, routes, neighbours and drops,
 * show_vpn.c tunnels and SAs, counters.c what "clear counters" takes off.
 */
#ifndef CULVERT_CONTROLPLANE_SHOW_H
#define CULVERT_CONTROLPLANE_SHOW_H

#include <stdint.h>

struct chan_trace_rec;
struct cp;
struct show;

/** Registers all subjects with cp->mgmt, which must be there. NULL without memory. */
struct show *show_new(struct cp *cp);
void show_free(struct show *s);
/** A step of a traced packet has come. */
void show_trace(struct show *s, const struct chan_trace_rec *rec);
/** Once a second: how busy the workers were meanwhile. */
void show_second(struct show *s, uint64_t now_ms);

#endif
