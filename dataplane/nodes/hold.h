/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold - packets that wait for a neighbour's MAC address, and the rate limits of the two events
 * that ask the control plane for something: CHAN_EV_NEIGH and CHAN_EV_ACQUIRE. One per worker.
 */
#ifndef CULVERT_DATAPLANE_NODES_HOLD_H
#define CULVERT_DATAPLANE_NODES_HOLD_H

#include "dataplane/worker.h"

struct ip6_addr;
struct tunnel;

/** For w->hold. NULL if out of memory. */
struct hold *hold_new(uint32_t max_tunnels, int socket_id);
/** Frees the packets, too, uncounted: for a worker that has ended. NULL is fine. */
void hold_free(struct hold *h);

/** Let @m (data at its IPv4 header, TTL done) wait for neighbour @addr on @if_id, ask for it. */
void hold_neigh(struct worker *w, struct rte_mbuf *m, uint32_t if_id, uint32_t addr);
/** The same for an IPv6 packet and neighbour. */
void hold_neigh6(struct worker *w, struct rte_mbuf *m, uint32_t if_id, const struct ip6_addr *addr);
/** Let @m, to be sent into @tun, wait for the tunnel's underlay neighbour. */
void hold_tunnel(struct worker *w, struct rte_mbuf *m, const struct tunnel *tun);
/** Release what can be sent now, drop what has waited too long. */
void hold_tick(struct worker *w);

/** Ask for an SA for @tun_id, at most once a second. */
void hold_acquire(struct worker *w, uint32_t tun_id);

#endif
