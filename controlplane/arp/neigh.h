/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours: the ARP engine between the channel and the mirror. A neighbour that answers becomes a
 * next hop and, on a connected subnet, a /32 route; gateways and tunnels' next hops are pinned, so
 * that they are resolved before a packet needs them.
 */
#ifndef CULVERT_CONTROLPLANE_ARP_NEIGH_H
#define CULVERT_CONTROLPLANE_ARP_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "controlplane/arp/arp.h"

struct cp;
struct neigh;

struct neigh *neigh_new(struct cp *cp);
void neigh_free(struct neigh *n);

/** Interfaces as they are now, and the configured timeout. */
void neigh_update_ifs(struct neigh *n);

/** First attachment of this process, after neigh_update_ifs(): the neighbours that a former control
 *  plane knew of the same run of the dataplane. So a restart resolves nothing anew under running
 *  traffic. */
void neigh_restore(struct neigh *n, uint64_t boot_id);
/** Once a second: note for a restart what has changed. */
void neigh_second(struct neigh *n, uint64_t now_ms);

/* Within one naming of everything (mirror_begin() .. mirror_commit()): */
void neigh_begin(struct neigh *n);
/** Somebody sends through this neighbour: keep it resolved. Its nh_id, or CHAN_NONE. */
uint32_t neigh_use(struct neigh *n, uint32_t if_id, uint32_t addr);
/** What was not used is let go, and all neighbours are named to the mirror. */
void neigh_end(struct neigh *n);

/** A message of class ARP. */
void neigh_punt(struct neigh *n, const struct chan_pkt *pkt);
/** The dataplane wants this neighbour. */
void neigh_wanted(struct neigh *n, uint32_t if_id, uint32_t addr);
/** The dataplane is in line: what could not be sent before can be now. */
void neigh_synced(struct neigh *n);
/** There is no dataplane, or a new one that knows no interface yet: nothing is sent. */
void neigh_detached(struct neigh *n);
bool neigh_reachable(const struct neigh *n, uint32_t if_id, uint32_t addr);
const struct arp_engine *neigh_engine(const struct neigh *n);
/** "clear arp": how many entries that were. */
uint32_t neigh_clear(struct neigh *n);

/** Virtual addresses that are answered for on an interface, in place of those set before. */
struct arp_virtual;
void neigh_virtual_set(struct neigh *n, uint32_t if_id, const struct arp_virtual *v, uint32_t n_v);

#endif
