/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache of neighbours and its state machine, without I/O, for both address families: what ARP
 * (arp/arp.h) and neighbour discovery (nd/nd.h) have in common. Interfaces and the clock come in;
 * frames and changes of neighbours go out through struct neigh_ops. Which messages ask, answer and
 * announce is the protocol's part (cache_int.h).
 *
 * An entry is made by neigh_cache_resolve() (a packet waits), neigh_cache_pin() (somebody depends
 * on it: gateways, tunnels) or by a message that asks for one of our addresses. A resolution is
 * three requests a second apart. A reachable entry is probed by unicast when its time is over and
 * stays usable meanwhile; without an answer it goes, or, pinned, all are asked for it again and
 * again.
 *
 * All times are monotonic milliseconds. IPv4 addresses are IPv4-mapped (ip6_mapped()), and the
 * lengths of their prefixes 96 more.
 */
#ifndef CULVERT_CONTROLPLANE_NEIGH_CACHE_H
#define CULVERT_CONTROLPLANE_NEIGH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"
#include "controlplane/util/hmap.h"

#define NEIGH_IF_ADDRS     8
#define NEIGH_TRIES        3    /* RFC 4861: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */
#define NEIGH_TRY_MS       1000 /* RFC 4861: RETRANS_TIMER */
#define NEIGH_NEGATIVE_MS  3000 /* a failed entry is not asked for again so long */
#define NEIGH_PIN_RETRY_MS 2000 /* but a pinned one is, this often */

enum neigh_state {
	NEIGH_GONE, /* no entry: only in neigh_ops.changed */
	NEIGH_INCOMPLETE,
	NEIGH_REACHABLE,
	NEIGH_STALE, /* usable, being probed or about to be */
	NEIGH_FAILED,
};

/** Somebody else claims an address of ours. */
struct neigh_conflict {
	uint32_t if_id;
	struct ip6_addr addr;
	uint8_t mac[6]; /* of who claimed it last */
	bool has_mac;
	bool open;      /* it goes on */
	bool begins;    /* it was not open before */
	uint64_t heard, defended; /* claims, our answers; since the address was first claimed */
	uint64_t age_ms; /* since the last claim */
};

struct neigh_ops {
	/** Send a frame out of an interface. */
	void (*send)(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len);
	/** The entry changed its state or its MAC (valid when REACHABLE or STALE, else NULL).
	 *  Must not call back into the cache. */
	void (*changed)(void *ctx, uint32_t if_id, const struct ip6_addr *addr,
			enum neigh_state state, const uint8_t *mac);
	/** Somebody else claims an address of ours, which we defend: told when it begins, every ten
	 *  seconds while it goes on, and (open false) when nothing was heard for as long. */
	void (*conflict)(void *ctx, const struct neigh_conflict *s);
	/** Another has said that @addr, a virtual one of ours, is at our virtual MAC address:
	 *  bridges send to it from here on. Must not call back into the cache. */
	void (*twin)(void *ctx, uint32_t if_id, const struct ip6_addr *addr);
};

struct neigh_if_cfg {
	uint32_t if_id;
	uint8_t mac[6];
	bool up;
	uint8_t n_addrs; /* 0: the family is not spoken there */
	struct ip6_prefix addrs[NEIGH_IF_ADDRS]; /* with host bits */
};

/** An address that we answer for with the MAC address of a virtual router. */
struct neigh_virtual {
	struct ip6_addr addr;
	uint8_t mac[6];
};

struct neigh_show {
	uint32_t if_id;
	struct ip6_addr addr;
	enum neigh_state state;
	uint8_t mac[6]; /* when REACHABLE or STALE */
	bool pinned;
	uint64_t age_ms; /* since it was last confirmed, or made */
};

struct neigh_cache;

/** Frees; no callback is called. NULL is fine. */
void neigh_cache_free(struct neigh_cache *c);

/**
 * Add or change an interface. New addresses of an interface that is up are announced. Going down
 * forgets what was learned there (pinned entries stay, incomplete). The same again touches nothing.
 * @return 0 or -ENOMEM.
 */
int neigh_cache_if_set(struct neigh_cache *c, const struct neigh_if_cfg *cfg, uint64_t now_ms);
/** Remove an interface and all its entries, pinned or not; each is reported NEIGH_GONE. */
void neigh_cache_if_del(struct neigh_cache *c, uint32_t if_id);

/** The virtual addresses of an interface, in place of those set before; announcing them is the
 *  caller's business. What was known of them as neighbours is forgotten. 0, -ENOENT or -ENOMEM. */
int neigh_cache_virtual_set(
		struct neigh_cache *c, uint32_t if_id, const struct neigh_virtual *v, uint32_t n);

/** A packet waits for this neighbour. Addresses off the interface's prefixes are ignored. */
void neigh_cache_resolve(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr,
		uint64_t now_ms);
/** Keep this neighbour resolved until it is unpinned; @mark says whose use it is.
 *  0, -ENOENT (no such interface), -ENOMEM. */
int neigh_cache_pin(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr,
		uint32_t mark, uint64_t now_ms);
void neigh_cache_unpin(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr);
/** Unpin all whose last mark is another than @mark. */
void neigh_cache_unpin_others(struct neigh_cache *c, uint32_t mark);
bool neigh_cache_pinned(const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr);
/** Forget all learned entries; pinned ones are asked for anew. How many entries that were. */
uint32_t neigh_cache_clear(struct neigh_cache *c, uint64_t now_ms);
/** What was sent so far may not have reached the wire: announce our addresses, and ask once more
 *  for pinned neighbours that have not answered. */
void neigh_cache_kick(struct neigh_cache *c, uint64_t now_ms);
/** A neighbour known from before a restart: usable at once, and probed within a second. Ignored if
 *  the interface is not up, the address is not on it, or there is an entry. */
void neigh_cache_seed(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr,
		const uint8_t mac[6], uint64_t now_ms);

/** State of one neighbour; @mac (6 bytes, zero when not known) may be NULL. */
enum neigh_state neigh_cache_lookup(const struct neigh_cache *c, uint32_t if_id,
		const struct ip6_addr *addr, uint8_t *mac);

/** Run what is due. */
void neigh_cache_tick(struct neigh_cache *c, uint64_t now_ms);
/** When neigh_cache_tick() is to be called next; UINT64_MAX: nothing pending. */
uint64_t neigh_cache_next_ms(const struct neigh_cache *c);

void neigh_cache_for_each(const struct neigh_cache *c, uint64_t now_ms,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg);

/** The same a few entries at a time, until @at->done; in between the cache may change. */
void neigh_cache_scan(const struct neigh_cache *c, uint64_t now_ms, struct hmap_scan *at,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg);

/** Addresses of ours that others have claimed. */
void neigh_cache_conflicts(const struct neigh_cache *c, uint64_t now_ms,
		void (*fn)(void *arg, const struct neigh_conflict *s), void *arg);

/** A state in which packets can be sent. */
static inline bool
neigh_is_known(enum neigh_state s)
{
	return s == NEIGH_REACHABLE || s == NEIGH_STALE;
}

const char *neigh_state_str(enum neigh_state s);

#endif
