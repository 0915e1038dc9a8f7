/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ARP engine (RFC 826, RFC 5227 for announcements and conflicts): the cache of neighbours,
 * without I/O. Messages, interfaces and the clock come in; frames and changes of neighbours go out
 * through struct arp_ops.
 *
 * An entry is made by arp_resolve() (a packet waits), arp_pin() (somebody depends on it: gateways,
 * tunnels) or by a request that asks for one of our addresses. A resolution is three requests a
 * second apart. A reachable entry is probed by unicast when its time is over and stays usable
 * meanwhile; without an answer it goes, or, pinned, is asked for by broadcast again and again.
 *
 * All times are monotonic milliseconds. Addresses are host order.
 */
#ifndef CULVERT_CONTROLPLANE_ARP_H
#define CULVERT_CONTROLPLANE_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet.h"

#define ARP_IF_ADDRS     8
#define ARP_TRIES        3
#define ARP_TRY_MS       1000
#define ARP_NEGATIVE_MS  3000  /* a failed entry is not asked for again so long */
#define ARP_PIN_RETRY_MS 2000  /* but a pinned one is, this often */
#define ARP_PIN_PROBE_MS 30000 /* pinned entries are probed this often at least */
#define ARP_DEFEND_MS    10000 /* RFC 5227 section 2.4, DEFEND_INTERVAL */
#define ARP_ANNOUNCE_MS  2000  /* RFC 5227 section 1.1, ANNOUNCE_INTERVAL */
#define ARP_MAX_ENTRIES  4096  /* of one interface, default */

enum arp_state {
	ARP_GONE, /* no entry: only in arp_ops.changed */
	ARP_INCOMPLETE,
	ARP_REACHABLE,
	ARP_STALE, /* time is over, being probed; still usable */
	ARP_FAILED,
};

struct arp_ops {
	/** Send a frame out of an interface. */
	void (*send)(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len);
	/** The entry changed its state or its MAC (valid when REACHABLE or STALE, else NULL).
	 *  Must not call back into the engine. */
	void (*changed)(void *ctx, uint32_t if_id, uint32_t addr, enum arp_state state,
			const uint8_t *mac);
	/** Somebody else uses our address; called at most once in ARP_DEFEND_MS per interface. */
	void (*conflict)(void *ctx, uint32_t if_id, uint32_t addr, const uint8_t *mac);
};

struct arp_engine;

struct arp_if_cfg {
	uint32_t if_id;
	uint8_t mac[6];
	bool up;
	uint8_t n_addrs;
	struct ip4_prefix addrs[ARP_IF_ADDRS]; /* with host bits */
};

/** An address that we answer for with the MAC address of a virtual router. */
struct arp_virtual {
	uint32_t addr;
	uint8_t mac[6];
};

struct arp_show {
	uint32_t if_id, addr;
	enum arp_state state;
	uint8_t mac[6]; /* when REACHABLE or STALE */
	bool pinned;
	uint64_t age_ms; /* since it was last confirmed, or made */
};

/** @max_entries of each interface, 0: ARP_MAX_ENTRIES. @timeout_ms: see arp_set_timeout(). */
struct arp_engine *arp_new(
		const struct arp_ops *ops, void *ctx, uint32_t max_entries, uint64_t timeout_ms);
/** Frees; no callback is called. NULL is fine. */
void arp_free(struct arp_engine *a);
/** How long a neighbour counts as reachable without being heard; from the next confirmation on. */
void arp_set_timeout(struct arp_engine *a, uint64_t timeout_ms);

/**
 * Add or change an interface. New addresses of an interface that is up are announced. Going down
 * forgets what was learned there (pinned entries stay, incomplete). The same again touches nothing.
 * @return 0 or -ENOMEM.
 */
int arp_if_set(struct arp_engine *a, const struct arp_if_cfg *cfg, uint64_t now_ms);
/** Remove an interface and all its entries, pinned or not; each is reported ARP_GONE. */
void arp_if_del(struct arp_engine *a, uint32_t if_id);

/** The virtual addresses of an interface, in place of those set before; announcing them is the
 *  caller's business. What was known of them as neighbours is forgotten. 0, -ENOENT or -ENOMEM. */
int arp_virtual_set(struct arp_engine *a, uint32_t if_id, const struct arp_virtual *v, uint32_t n);

/** A message received on @if_id, from behind the Ethernet header. 0, -EBADMSG or -ENOENT. */
int arp_input(struct arp_engine *a, uint32_t if_id, const uint8_t *msg, size_t len,
		uint64_t now_ms);
/** A packet waits for this neighbour. Addresses off the interface's subnets are ignored. */
void arp_resolve(struct arp_engine *a, uint32_t if_id, uint32_t addr, uint64_t now_ms);
/** Keep this neighbour resolved until arp_unpin(). 0, -ENOENT (no such interface) or -ENOMEM. */
int arp_pin(struct arp_engine *a, uint32_t if_id, uint32_t addr, uint64_t now_ms);
void arp_unpin(struct arp_engine *a, uint32_t if_id, uint32_t addr, uint64_t now_ms);
/** Forget all learned entries; pinned ones are asked for anew. How many entries that were. */
uint32_t arp_clear(struct arp_engine *a, uint64_t now_ms);

/** What was sent so far may not have reached the wire: announce our addresses, and ask once more
 * for pinned neighbours that have not answered. */
void arp_kick(struct arp_engine *a, uint64_t now_ms);

/** A neighbour known from before a restart: usable at once, and probed within a second. Ignored if
 *  the interface is not up, the address is not on it, or there is an entry. */
void arp_seed(struct arp_engine *a, uint32_t if_id, uint32_t addr, const uint8_t mac[6],
		uint64_t now_ms);

/** State of one neighbour; @mac (6 bytes) may be NULL. */
enum arp_state arp_lookup(const struct arp_engine *a, uint32_t if_id, uint32_t addr, uint8_t *mac);

/** Run what is due. */
void arp_tick(struct arp_engine *a, uint64_t now_ms);
/** When arp_tick() is to be called next; UINT64_MAX: nothing pending. */
uint64_t arp_next_ms(const struct arp_engine *a);

void arp_for_each(const struct arp_engine *a, uint64_t now_ms,
		void (*fn)(void *arg, const struct arp_show *e), void *arg);
const char *arp_state_str(enum arp_state s);

#endif
