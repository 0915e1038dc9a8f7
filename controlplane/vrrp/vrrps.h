/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VRRP engine in its surroundings: virtual routers as configured on the interfaces, packets by
 * way of the dataplane, and what follows from a role: virtual MAC addresses in the dataplane, ARP
 * and neighbour discovery at the virtual addresses, routes to them, IKE.
 */
#ifndef CULVERT_CONTROLPLANE_VRRPS_H
#define CULVERT_CONTROLPLANE_VRRPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "common/inet.h"
#include "common/inet6.h"
#include "controlplane/util/debug_ring.h"

struct cp;
struct vrrps;
struct vrrp_engine;

struct vrrps *vrrps_new(struct cp *cp);
/** Frees without a word: see vrrps_leave(). NULL is fine, here and everywhere below. */
void vrrps_free(struct vrrps *x);
/** We are about to stop: the active ones say so. */
void vrrps_leave(struct vrrps *x);

/** Look at configuration, interfaces and tracked objects anew. */
void vrrps_update(struct vrrps *x);
/** A tracked object has changed: so may priorities. */
void vrrps_tracks(struct vrrps *x);
/** ARP and neighbour discovery know their interfaces: tell them the virtual addresses. */
void vrrps_answer_all(struct vrrps *x);
/** Keep the peers resolved that are reached at link-local addresses: of neigh6, between
 *  neigh_begin() and neigh_end(). */
void vrrps_neighbours(struct vrrps *x);
/** The dataplane is in line with what we want, or is not there. */
void vrrps_synced(struct vrrps *x, bool synced);
void vrrps_punt(struct vrrps *x, const struct chan_pkt *pkt);
/** vrrp_claimed(); an IPv4 address is mapped. */
void vrrps_claimed(struct vrrps *x, uint32_t if_id, const struct ip6_addr *addr);

/** Virtual MAC addresses that an interface receives now, 0xXXYY as in struct chan_if; their number,
 *  at most CHAN_IF_VMACS. */
uint8_t vrrps_vmacs(const struct vrrps *x, uint32_t if_id, uint16_t *out);
/** Virtual addresses at which we are reachable now, with length 32; at most @max of them. */
uint8_t vrrps_addrs4(const struct vrrps *x, uint32_t if_id, struct ip4_prefix *out, uint8_t max);
/** The same of IPv6, the link-local ones or the others, with length 128. */
uint8_t vrrps_addrs6(const struct vrrps *x, uint32_t if_id, bool link_local,
		struct ip6_prefix *out, uint8_t max);

/** Are we the active router of the group "lan/10", in either family? False if there is none. */
bool vrrps_is_active(const struct vrrps *x, const char *group);
const struct vrrp_engine *vrrps_engine(const struct vrrps *x);

/* `debug vrrp`. */
enum vrrp_debug_topic {
	VRRP_DEBUG_ALL,
	VRRP_DEBUG_PACKETS, /* as they go and come */
	VRRP_DEBUG_ERRORS,  /* what is refused */
	VRRP_DEBUG_EVENTS,  /* changes of state */
};
struct vrrp_debug_filter {
	char interface[32]; /* "": any */
	uint8_t group;      /* 0: any */
	enum vrrp_debug_topic topic;
	struct ip6_addr neighbor; /* zero: any; an IPv4 one is mapped */
};
/* debug_msg.about */
struct vrrp_debug_about {
	char interface[32];
	uint8_t vrid; /* 0: of none */
	bool ip6, out;
	struct ip6_addr peer; /* where it came from, or goes to; zero: nowhere */
};
/** Begin, or go on with another filter. Returns the number that the next message will have. */
uint64_t vrrps_debug_start(struct vrrps *x, const struct vrrp_debug_filter *f);
void vrrps_debug_stop(struct vrrps *x);
/** Its messages; read by debug_ring_read(). */
struct debug_ring *vrrps_debug_ring(struct vrrps *x);

#endif
