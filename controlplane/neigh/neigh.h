/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours of one address family: the cache (cache.h) with its protocol, between the channel and
 * the mirror. A neighbour that answers becomes a next hop and, on a connected subnet, a host route;
 * gateways and tunnels' next hops are pinned, so that they are resolved before a packet needs them.
 *
 * IPv4 addresses are IPv4-mapped (ip6_mapped()).
 */
#ifndef CULVERT_CONTROLPLANE_NEIGH_NEIGH_H
#define CULVERT_CONTROLPLANE_NEIGH_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "common/inet6.h"
#include "controlplane/neigh/cache.h"

struct cp;
struct neigh;

/** Neighbours by ARP, or (@ip6) by neighbour discovery. NULL: out of memory or randomness. */
struct neigh *neigh_new(struct cp *cp, bool ip6);
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
uint32_t neigh_use(struct neigh *n, uint32_t if_id, const struct ip6_addr *addr);
/** What was not used is let go, and all neighbours are named to the mirror. */
void neigh_end(struct neigh *n);

/** Is a packet of class ARP (which has both) an IPv6 packet? */
bool neigh_is_ip6(const struct chan_pkt *pkt);
/** A message of class ARP, of the family. */
void neigh_punt(struct neigh *n, const struct chan_pkt *pkt);
/** The dataplane wants this neighbour. */
void neigh_wanted(struct neigh *n, uint32_t if_id, const struct ip6_addr *addr);
/** The dataplane is in line: what could not be sent before can be now. */
void neigh_synced(struct neigh *n);
/** There is no dataplane, or a new one that knows no interface yet: nothing is sent. */
void neigh_detached(struct neigh *n);
/** What is known of a neighbour; @mac (6 bytes) may be NULL. */
enum neigh_state neigh_lookup(const struct neigh *n, uint32_t if_id, const struct ip6_addr *addr,
		uint8_t *mac);
/** All entries, a few at a time until @at->done; in between they may change. */
void neigh_scan(const struct neigh *n, struct hmap_scan *at,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg);
/** Addresses of ours that others have claimed. */
void neigh_conflicts(const struct neigh *n, void (*fn)(void *arg, const struct neigh_conflict *s),
		void *arg);
/** "clear arp", "clear ipv6 neighbors": how many entries that were. */
uint32_t neigh_clear(struct neigh *n);

/** Virtual addresses that are answered for on an interface, in place of those set before. */
void neigh_virtual_set(
		struct neigh *n, uint32_t if_id, const struct neigh_virtual *v, uint32_t n_v);

/* The same for IPv4 addresses in host order. */

static inline uint32_t
neigh_use4(struct neigh *n, uint32_t if_id, uint32_t addr)
{
	struct ip6_addr a = ip6_mapped(addr);

	return neigh_use(n, if_id, &a);
}

static inline void
neigh_wanted4(struct neigh *n, uint32_t if_id, uint32_t addr)
{
	struct ip6_addr a = ip6_mapped(addr);

	neigh_wanted(n, if_id, &a);
}

static inline enum neigh_state
neigh_lookup4(const struct neigh *n, uint32_t if_id, uint32_t addr, uint8_t *mac)
{
	struct ip6_addr a = ip6_mapped(addr);

	return neigh_lookup(n, if_id, &a, mac);
}

#endif
