/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 neighbours: the ND engine between the channel and the mirror, as arp/neigh.h for IPv4. A
 * neighbour that answers becomes a next hop and, on a prefix of ours, a /128 route; gateways are
 * pinned, so that they are resolved before a packet needs them.
 */
#ifndef CULVERT_CONTROLPLANE_ND_NEIGH6_H
#define CULVERT_CONTROLPLANE_ND_NEIGH6_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "controlplane/nd/nd.h"

struct cp;
struct neigh6;

/** NULL: out of memory or randomness. */
struct neigh6 *neigh6_new(struct cp *cp);
void neigh6_free(struct neigh6 *n);

/** Interfaces as they are now. */
void neigh6_update_ifs(struct neigh6 *n);

/* Within one naming of everything (mirror_begin() .. mirror_commit()): */
void neigh6_begin(struct neigh6 *n);
/** Somebody sends through this neighbour: keep it resolved. Its nh_id, or CHAN_NONE. */
uint32_t neigh6_use(struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr);
/** What was not used is let go, and all neighbours are named to the mirror. */
void neigh6_end(struct neigh6 *n);

/** Is it an IPv6 packet (of class ARP, which has both)? */
bool neigh6_is_message(const struct chan_pkt *pkt);
void neigh6_punt(struct neigh6 *n, const struct chan_pkt *pkt);
/** The dataplane wants this neighbour. */
void neigh6_wanted(struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr);
/** The dataplane is in line: what could not be sent before can be now. */
void neigh6_synced(struct neigh6 *n);
const struct nd_engine *neigh6_engine(const struct neigh6 *n);
/** "clear ipv6 neighbors": how many entries that were. */
uint32_t neigh6_clear(struct neigh6 *n);

/** Virtual addresses that are answered for on an interface, in place of those set before. */
struct nd_virtual;
void neigh6_virtual_set(struct neigh6 *n, uint32_t if_id, const struct nd_virtual *v, uint32_t n_v);

#endif
