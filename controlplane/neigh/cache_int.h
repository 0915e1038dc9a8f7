/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of the cache of neighbours, for the protocols that fill it: arp/arp.c and nd/nd.c. */
#ifndef CULVERT_CONTROLPLANE_NEIGH_CACHE_INT_H
#define CULVERT_CONTROLPLANE_NEIGH_CACHE_INT_H

#include <sys/queue.h>

#include "controlplane/neigh/cache.h"
#include "controlplane/util/hmap.h"

struct neigh_entry {
	struct hnode node; /* by interface and address */
	TAILQ_ENTRY(neigh_entry) link;
	uint32_t if_id;
	struct ip6_addr addr;
	enum neigh_state state;
	uint8_t mac[6];
	bool pinned;
	uint32_t mark; /* of the last pin */
	uint8_t tries; /* requests sent in this state */
	uint64_t due_ms;
	uint64_t since_ms; /* confirmed, or made */
};
TAILQ_HEAD(neigh_list, neigh_entry);

/* An address of ours that somebody else claims, or has claimed. */
struct neigh_contest {
	struct ip6_addr addr;
	uint8_t mac[6];        /* of the last claim, if has_mac */
	bool has_mac;
	bool open;             /* told, and not over */
	uint64_t heard, defended; /* claims; our answers. heard 0: no such contest */
	uint64_t heard_ms, told_ms;
	uint64_t due_ms;       /* when it is answered next; UINT64_MAX: it is */
	uint64_t paced_ms;     /* CONTEST_GAP_MS for each answer, from the first of a row */
};
#define NEIGH_CONTESTS 16 /* addresses of an interface that are remembered */

struct neigh_if {
	struct hnode node; /* by if_id */
	struct neigh_if_cfg cfg;
	struct neigh_list known, unknown;
	uint32_t n_entries;
	uint64_t announce_ms; /* when our addresses are announced (again); UINT64_MAX: not */
	struct neigh_contest *contests; /* NEIGH_CONTESTS, or NULL while there was none */
	struct neigh_virtual *virt;
	uint32_t n_virt;
};

/** What differs between the protocols. */
struct neigh_proto {
	uint32_t announce_ms; /* from an address's first announcement to the next */
	/** May @addr be a neighbour's on this prefix of ours? */
	bool (*host)(const struct ip6_prefix *p, const struct ip6_addr *addr);
	/** Ask for @addr: all, or (@mac not NULL) the one who had it last. */
	void (*ask)(struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr,
			const uint8_t *mac);
	/** An address of ours is new on the interface. */
	void (*arrive)(struct neigh_cache *c, const struct neigh_if *f,
			const struct ip6_addr *addr);
	/** Tell all that an address is ours. */
	void (*announce)(struct neigh_cache *c, const struct neigh_if *f,
			const struct ip6_addr *addr);
	/** How long an entry counts as reachable, from when it was confirmed. */
	uint64_t (*reachable_ms)(const struct neigh_cache *c, const struct neigh_entry *e);
};

struct neigh_cache {
	const struct neigh_proto *proto;
	struct neigh_ops ops;
	void *ctx;
	uint32_t max_entries; /* of one interface */
	uint64_t timeout_ms;  /* ARP's */
	uint64_t seed;
	struct hmap ifs, entries;
	uint64_t next_ms;
};

/** @seed: a random number. NULL: no memory. */
struct neigh_cache *neigh_cache_new(const struct neigh_proto *proto, const struct neigh_ops *ops,
		void *ctx, uint32_t max_entries, uint64_t seed);

struct neigh_if *neigh_if_find(const struct neigh_cache *c, uint32_t if_id);
/** The MAC address that we have at @addr: the interface's own, or a virtual one; NULL: not ours. */
const uint8_t *neigh_if_mac_at(const struct neigh_if *f, const struct ip6_addr *addr);
/** The prefix of ours that a neighbour is on, NULL if it is on none, or is ourselves. */
const struct ip6_prefix *neigh_if_prefix(const struct neigh_cache *c, const struct neigh_if *f,
		const struct ip6_addr *addr);
/** The address to ask for @addr from: of the same prefix if there is one. There must be one. */
const struct ip6_addr *neigh_if_source(const struct neigh_cache *c, const struct neigh_if *f,
		const struct ip6_addr *addr);
/** Set a time when something is due; the cache's tick comes then. */
void neigh_due_at(struct neigh_cache *c, uint64_t *field, uint64_t at_ms);

/** Somebody else claims @addr, which is ours: it will be defended (defend.c). @mac may be NULL. */
void neigh_if_conflict(struct neigh_cache *c, struct neigh_if *f, const struct ip6_addr *addr,
		const uint8_t *mac, uint64_t now_ms);
/** Somebody says that @addr, which is ours and at @mine, is at @mac (NULL: it did not say): the
 *  claim of a stranger, or of a router that was the active one before, or is so, too. */
void neigh_if_claimed(struct neigh_cache *c, struct neigh_if *f, const struct ip6_addr *addr,
		const uint8_t *mine, const uint8_t *mac, uint64_t now_ms);
/** Send what defence is due, tell of it, and see to it that the cache's tick comes again. */
void neigh_if_defend(struct neigh_cache *c, struct neigh_if *f, uint64_t now_ms);
void neigh_contest_show(const struct neigh_if *f, const struct neigh_contest *t, uint64_t now_ms,
		struct neigh_conflict *out);

struct neigh_entry *neigh_entry_find(
		const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr);
/** That of a neighbour who asks for us; made if need be. NULL: no room, no memory. */
struct neigh_entry *neigh_entry_get(struct neigh_cache *c, struct neigh_if *f,
		const struct ip6_addr *addr, uint64_t now_ms);
/** Confirmed at @mac. */
void neigh_entry_confirm(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e,
		const uint8_t mac[6], uint64_t now_ms);
/** Just told of, at @mac: to be probed in @delay_ms. */
void neigh_entry_doubt(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e,
		const uint8_t mac[6], uint64_t now_ms, uint32_t delay_ms);

#endif
