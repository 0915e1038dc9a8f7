/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Next hops as workers see them. A route leads to a hop: one 64-bit word of pointer and tag, so
 * that one load says both what to do with a packet and where the data for it is. The main core
 * replaces hops with one store; what they pointed to is freed after a quiescent period.
 */
#ifndef CULVERT_DATAPLANE_TABLES_NEXTHOP_H
#define CULVERT_DATAPLANE_TABLES_NEXTHOP_H

#include <assert.h>
#include <stdint.h>

#include <rte_common.h>

#include "common/channel.h"
#include "common/inet6.h"

struct tables;

/* What a hop says; the low bits of the word. The rest is the pointer named beside the tag. */
enum hop_tag {
	HOP_NONE,  /* no route or null route; no pointer */
	HOP_ADJ,   /* struct nexthop: resolved neighbour on an interface that is up */
	HOP_TUN,   /* struct tunnel */
	HOP_LOCAL, /* one of our addresses; no pointer */
	HOP_GLEAN, /* struct nexthop: destination is on the wire of its interface, unresolved */
	HOP_WAIT,  /* struct nexthop: neighbour not resolved yet */
	HOP_GROUP, /* struct nhgroup */
	HOP_DOWN,  /* struct nexthop: its interface is down */
};

#define HOP_TAG_MASK ((uintptr_t)7)

typedef uintptr_t hop_t; /* tag and pointer in one word; a plain integer, hence the typedef */

static inline enum hop_tag
hop_tag(hop_t h)
{
	return (enum hop_tag)(h & HOP_TAG_MASK);
}

static inline void *
hop_ptr(hop_t h)
{
	return (void *)(h & ~HOP_TAG_MASK);
}

/** The same where the tag is known: an offset of what is loaded instead of a mask. */
static inline void *
hop_ptr_of(hop_t h, enum hop_tag tag)
{
	return (void *)(h - tag);
}

#define NH_L2_ROOM 24 /* Ethernet header with or without VLAN tag, right-aligned */

/* An adjacency. Immutable once published: a change makes a new one. */
struct nexthop {
	uint8_t l2[NH_L2_ROOM]; /* the last l2_len bytes are the Ethernet header to prepend */
	uint8_t l2_len;         /* 14 or 18 */
	uint8_t resolved;
	uint16_t port;
	uint16_t mtu; /* of IP packets on the interface */
	uint32_t if_id;
	uint32_t nh_id;
	uint32_t gw; /* neighbour's address; 0 for GLEAN */
	struct ip6_addr gw6; /* of an IPv6 neighbour; else zero */
} __rte_cache_aligned;
static_assert(sizeof(struct nexthop) == 64, "one cache line");

/* An ECMP group: hop numbers of its members, looked up anew for each packet. Of one with a single
 * member workers see the member's own word instead. */
struct nhgroup {
	uint32_t n;
	uint32_t hops[CHAN_ECMP_MAX];
} __rte_cache_aligned;

#endif
