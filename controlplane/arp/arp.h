/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP (RFC 826; RFC 5227 for announcements and conflicts): the messages that fill the cache of
 * neighbours (neigh/cache.h), whose addresses are IPv4-mapped here.
 *
 * A neighbour makes an entry by asking for one of our addresses, and changes its own with any
 * message. Who claims an address of ours is answered by announcements (neigh/defend.c).
 */
#ifndef CULVERT_CONTROLPLANE_ARP_H
#define CULVERT_CONTROLPLANE_ARP_H

#include "common/inet.h"
#include "controlplane/neigh/cache.h"

#define ARP_PIN_PROBE_MS 30000 /* pinned entries are probed this often at least */
#define ARP_ANNOUNCE_MS  2000  /* RFC 5227 section 1.1, ANNOUNCE_INTERVAL */
#define ARP_TIMEOUT_MS   UINT64_C(1200000) /* default */
#define ARP_MAX_ENTRIES  4096  /* of one interface, default */

/** @max_entries of each interface, 0: ARP_MAX_ENTRIES. @timeout_ms: see arp_set_timeout(). @seed: a
 *  random number. NULL: no memory. */
struct neigh_cache *arp_new(const struct neigh_ops *ops, void *ctx, uint32_t max_entries,
		uint64_t timeout_ms, uint64_t seed);
/** How long a neighbour counts as reachable without being heard; from the next confirmation on. */
void arp_set_timeout(struct neigh_cache *c, uint64_t timeout_ms);

/** A message received on @if_id, from behind the Ethernet header. 0, -EBADMSG or -ENOENT. */
int arp_input(struct neigh_cache *c, uint32_t if_id, const uint8_t *msg, size_t len,
		uint64_t now_ms);

/** An address or prefix (with host bits) as the cache has it. */
static inline struct ip6_prefix
arp_prefix(const struct ip4_prefix *p)
{
	return (struct ip6_prefix){ .addr = ip6_mapped(p->addr), .len = (uint8_t)(p->len + 96) };
}

#endif
