/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour discovery engine (RFC 4861, RFC 4862 section 5.4): the cache of IPv6 neighbours,
 * without I/O. Messages, interfaces and the clock come in; frames and changes of neighbours go out
 * through struct nd_ops.
 *
 * It follows the ARP engine: an entry is made by nd_resolve() (a packet waits), nd_pin() (somebody
 * depends on it) or by a solicitation that asks for one of our addresses. Since nobody tells the
 * engine which neighbours are being sent to, an entry whose reachable time is over is probed at
 * once (section 7.3.3's PROBE without the wait of DELAY), and stays usable meanwhile.
 *
 * Left out on purpose: router discovery and redirects (a router configures its routes), proxies.
 *
 * All times are monotonic milliseconds.
 */
#ifndef CULVERT_CONTROLPLANE_ND_H
#define CULVERT_CONTROLPLANE_ND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"

#define ND_IF_ADDRS      8
#define ND_TRIES         3     /* MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */
#define ND_TRY_MS        1000  /* RETRANS_TIMER */
#define ND_REACHABLE_MS  30000 /* REACHABLE_TIME; spread over the upper half */
#define ND_DELAY_MS      5000  /* DELAY_FIRST_PROBE_TIME: of what was just learned */
#define ND_NEGATIVE_MS   3000  /* a failed entry is not asked for again so long */
#define ND_PIN_RETRY_MS  2000  /* but a pinned one is, this often */
#define ND_CONFLICT_MS   10000 /* one line of a conflict in this time */
#define ND_MAX_ENTRIES   2048  /* of one interface, default */

enum nd_state {
	ND_GONE, /* no entry: only in nd_ops.changed */
	ND_INCOMPLETE,
	ND_REACHABLE,
	ND_STALE, /* usable, being probed or about to be */
	ND_FAILED,
};

struct nd_ops {
	/** Send a frame out of an interface. */
	void (*send)(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len);
	/** The entry changed its state or its MAC (valid when REACHABLE or STALE, else NULL).
	 *  Must not call back into the engine. */
	void (*changed)(void *ctx, uint32_t if_id, const struct ip6_addr *addr,
			enum nd_state state, const uint8_t *mac);
	/** Somebody else uses our address, or wants to; at most once in ND_CONFLICT_MS. */
	void (*conflict)(void *ctx, uint32_t if_id, const struct ip6_addr *addr);
};

struct nd_if_cfg {
	uint32_t if_id;
	uint8_t mac[6];
	bool up;
	uint8_t n_addrs; /* 0: IPv6 is not spoken there */
	struct ip6_prefix addrs[ND_IF_ADDRS]; /* with host bits; one is link-local */
};

/** An address that we answer for with the MAC address of a virtual router. */
struct nd_virtual {
	struct ip6_addr addr;
	uint8_t mac[6];
};

struct nd_show {
	uint32_t if_id;
	struct ip6_addr addr;
	enum nd_state state;
	uint8_t mac[6]; /* when REACHABLE or STALE */
	bool pinned;
	uint64_t age_ms; /* since it was last confirmed, or made */
};

struct nd_engine;

/** @max_entries of each interface, 0: ND_MAX_ENTRIES. @seed: a random number. NULL: no memory. */
struct nd_engine *nd_new(const struct nd_ops *ops, void *ctx, uint32_t max_entries, uint64_t seed);
/** Frees; no callback is called. NULL is fine. */
void nd_free(struct nd_engine *e);

/**
 * Add or change an interface. New addresses of an interface that is up are tested for duplicates
 * and announced. Going down forgets what was learned there (pinned entries stay, incomplete). The
 * same again touches nothing. @return 0 or -ENOMEM.
 */
int nd_if_set(struct nd_engine *e, const struct nd_if_cfg *cfg, uint64_t now_ms);
/** Remove an interface and all its entries, pinned or not; each is reported ND_GONE. */
void nd_if_del(struct nd_engine *e, uint32_t if_id);

/** The virtual addresses of an interface, in place of those set before; announcing them is the
 *  caller's business. What was known of them as neighbours is forgotten. 0, -ENOENT or -ENOMEM. */
int nd_virtual_set(struct nd_engine *e, uint32_t if_id, const struct nd_virtual *v, uint32_t n);

/** A message received on @if_id, from the IPv6 header on. 0, -EBADMSG, -ENOMSG or -ENOENT. */
int nd_input(struct nd_engine *e, uint32_t if_id, const uint8_t *pkt, size_t len, uint64_t now_ms);
/** A packet waits for this neighbour. Addresses off the interface's prefixes are ignored. */
void nd_resolve(struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms);
/** Keep this neighbour resolved until nd_unpin(). 0, -ENOENT (no such interface) or -ENOMEM. */
int nd_pin(struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms);
void nd_unpin(struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms);
/** Forget all learned entries; pinned ones are asked for anew. How many entries that were. */
uint32_t nd_clear(struct nd_engine *e, uint64_t now_ms);
/** What was sent so far may not have reached the wire: announce our addresses, and ask once more
 *  for pinned neighbours that have not answered. */
void nd_kick(struct nd_engine *e, uint64_t now_ms);

/** State of one neighbour; @mac (6 bytes) may be NULL. */
enum nd_state nd_lookup(const struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr,
		uint8_t *mac);

/** Run what is due. */
void nd_tick(struct nd_engine *e, uint64_t now_ms);
/** When nd_tick() is to be called next; UINT64_MAX: nothing pending. */
uint64_t nd_next_ms(const struct nd_engine *e);

void nd_for_each(const struct nd_engine *e, uint64_t now_ms,
		void (*fn)(void *arg, const struct nd_show *s), void *arg);
const char *nd_state_str(enum nd_state s);

#endif
