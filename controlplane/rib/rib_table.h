/* SPDX-License-Identifier: BSD-3-Clause */
/* What rib.c and rib_resolve.c share: one computation under way. Nobody else includes this. */
#ifndef CULVERT_CONTROLPLANE_RIB_TABLE_H
#define CULVERT_CONTROLPLANE_RIB_TABLE_H

#include "controlplane/rib/rib.h"

enum cand_why {
	CAND_OK,
	CAND_LINK_DOWN,
	CAND_NO_NEXT_HOP, /* the gateway has no route */
	CAND_SELF,        /* the gateway would be reached through this route */
	CAND_CYCLE,       /* ... through routes that depend on this one */
	CAND_OWN,         /* the gateway is our own address */
	CAND_NULL,        /* the gateway is covered by a null route */
	CAND_HELD,        /* the gateway is behind a protected tunnel that is down */
};

/* One offer for a prefix: an address of a link, or a line of static routes. */
struct cand {
	struct ip4_prefix prefix;
	enum rib_proto proto;
	uint8_t distance;
	bool null;
	uint32_t link;
	uint32_t gw;
	/* Computed. */
	bool usable;
	bool barred; /* @why is final: a cycle was seen */
	enum cand_why why;
	uint32_t match; /* group that the gateway resolves through, UINT32_MAX: none */
};

/* All offers for one prefix: cands[first .. first + n - 1], by distance. */
struct group {
	struct ip4_prefix prefix;
	uint32_t first, n;
	uint32_t best, n_best; /* those in use; n_best 0: none */
	uint32_t holder; /* none in use: protected tunnel that holds the prefix, or RIB_NO_LINK */
};

struct rib_table {
	struct rib_link *links;
	uint32_t n_links;
	struct cand *cands;
	uint32_t n_cands;
	struct group *groups; /* sorted by address, then length */
	uint32_t n_groups;
	uint64_t lens;                 /* set of prefix lengths that occur, bit 0..32 */
	bool *tun_down;                /* [n_links] */
	struct rib_underlay *underlay; /* [n_links] */
	uint32_t *own;                 /* addresses of interfaces that are up, sorted */
	uint32_t n_own;
};

/** Decide which offers are usable and which tunnels are up, until nothing changes any more. */
void rib_resolve(struct rib_table *t);
/** Append the resolved next hops of @c, without duplicates, to @out (RIB_ECMP_MAX). 0 or -ELOOP. */
int rib_cand_nhs(const struct rib_table *t, const struct cand *c, struct rib_nh *out, uint32_t *n);
/** The group that covers @addr best, of those in use and, with @held, of those that a tunnel which
 * is down holds; UINT32_MAX: none. */
uint32_t rib_group_lookup(const struct rib_table *t, uint32_t addr, bool held);
/** The group of exactly @p, in use or not; UINT32_MAX: none. */
uint32_t rib_group_find(const struct rib_table *t, const struct ip4_prefix *p);

#endif
