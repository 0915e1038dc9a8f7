/* SPDX-License-Identifier: BSD-3-Clause */
/* What the RIB's files share: one computation under way. Each of them is compiled once for IPv4 and
 * once, with RIB_IPV6, for IPv6 (rib_addr.h). Nobody else includes this. */
#ifndef CULVERT_CONTROLPLANE_RIB_TABLE_H
#define CULVERT_CONTROLPLANE_RIB_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef RIB_IPV6
#include "controlplane/rib/rib6.h"
#include "controlplane/rib/rib6_names.h"
#else
#include "controlplane/rib/rib.h"
#endif
#include "controlplane/rib/rib_addr.h"

enum cand_why {
	CAND_OK,
	CAND_LINK_DOWN,
	CAND_NO_NEXT_HOP, /* the gateway has no route */
	CAND_SELF,        /* the gateway would be reached through this route */
	CAND_CYCLE,       /* ... through routes that depend on this one */
	CAND_OWN,         /* the gateway is our own address */
	CAND_NULL,        /* the gateway is covered by a null route */
	CAND_HELD,        /* the gateway is behind a protected tunnel that is down */
	CAND_TRACK,       /* the object it is bound to is down */
	CAND_RECURSIVE,   /* would carry the outer packets of the tunnel @suppressed */
};

/* One offer for a prefix: an address of a link, a line of static routes, or one next hop of a
 * routing protocol's route. */
struct cand {
	RIB_PREFIX prefix;
	uint32_t metric;
	uint32_t link;
	RIB_ADDR gw;
	uint32_t tag;
	const char *track; /* in the table's track_names; NULL: it is bound to none */
	uint8_t proto; /* enum rib_proto */
	uint8_t kind;  /* enum rib_kind */
	uint8_t distance;
	bool null;
	bool track_down;
	/* Computed. */
	bool usable;
	bool barred; /* @why is final: a cycle was seen */
	bool fresh;  /* nothing has been computed yet */
	uint8_t why; /* enum cand_why */
	uint32_t match; /* group that the gateway resolves through, UINT32_MAX: none */
	/* The tunnel it was suppressed for, RIB_NO_LINK: not. Stands until the whole is computed
	 * anew, so that the search for tunnels that are up comes to an end. */
	uint32_t suppressed;
};

/* All offers for one prefix: cands[first .. first + n - 1], by distance. */
struct group {
	RIB_PREFIX prefix;
	uint32_t first, n;
	uint32_t best, n_best; /* those in use; n_best 0: none */
	uint32_t holder; /* none in use: protected tunnel, or link held, that holds the prefix; or
			  * RIB_NO_LINK */
};

struct rib_table {
	struct rib_link *links;
	uint32_t n_links;
	struct cand *cands;
	uint32_t n_cands;
	struct group *groups; /* sorted by address, then length */
	uint32_t n_groups;
	struct rib_lens lens;
	bool *tun_down;                /* [n_links] */
	struct rib_underlay *underlay; /* [n_links] */
	RIB_ADDR *own;                 /* addresses of interfaces that are up, sorted */
	uint32_t n_own;
	char *track_names; /* of static offers, one after the other */
	uint32_t n_recursive; /* static offers that are found through a gateway */
	uint32_t n_suppressed;
};

/** By address, then length: the order of groups and of all results. */
static inline int
rib_prefix_cmp(const RIB_PREFIX *a, const RIB_PREFIX *b)
{
	int c = rib_addr_cmp(a->addr, b->addr);

	return c != 0 ? c : (int)a->len - (int)b->len;
}

/** Is it found through its gateway? */
static inline bool
rib_cand_is_recursive(const struct cand *c)
{
	return !c->null && c->link == RIB_NO_LINK;
}

/** rib_gather.c: make the table's links, offers and groups from @in. 0 or -ENOMEM. */
int rib_gather(struct rib_table *t, const struct rib_input *in);
/** The order of offers: prefix, distance, protocol, metric, next hop. */
int rib_cand_cmp(const struct cand *a, const struct cand *b);

/** The same as a comparison for qsort(). */
int rib_cand_qsort_cmp(const void *a, const void *b);
/** The offers that a route of a protocol is, their number; nothing is computed yet. */
uint32_t rib_dyn_cands(const struct rib_table *t, const struct rib_dyn *d,
		const struct rib_hop *hops, struct cand out[RIB_ECMP_MAX]);
/** Append the group of a prefix whose @n offers begin at @first; there must be room. */
void rib_group_add(struct rib_table *t, const RIB_PREFIX *p, uint32_t first, uint32_t n);

/**
 * rib_patch.c: @t becomes @old with other routes of the protocol, those of @in, of which nothing
 * else is looked at. Links, and what is known of them, are @old's own, shared: whoever ends one of
 * the two tables forgets them there first. @out as of rib_patch().
 */
int rib_table_patch(struct rib_table *t, const struct rib_table *old, const struct rib_input *in,
		struct rib_changes *out);

/** rib_words.c: why offer @c of @g is not used. Returns @buf. */
const char *rib_cand_why(const struct rib_table *t, const struct group *g, const struct cand *c,
		char *buf, size_t len);

/** Why tunnel @i has no way to its far end. Returns @buf. */
const char *rib_table_underlay_why(const struct rib_table *t, uint32_t i, char *buf, size_t len);
/** The interface that is up on whose subnet @gw is, RIB_NO_LINK: none. */
uint32_t rib_link_towards(const struct rib_table *t, RIB_ADDR gw);

/** Decide about the offers of one group, of those that are @fresh from the beginning, while all
 *  other groups stay what they are. */
void rib_group_decide(struct rib_table *t, struct group *g);
/** Do routes lead over it? */
bool rib_link_works(const struct rib_table *t, uint32_t link);
/** Decide which offers are usable and which tunnels are up, until nothing changes any more. */
void rib_resolve(struct rib_table *t);
/** Do two offers for a prefix share the traffic, if both are usable? */
bool rib_cand_equal(const struct cand *a, const struct cand *b);
/** Append the resolved next hops of @c, without duplicates, to @out (RIB_ECMP_MAX). 0 or -ELOOP. */
int rib_cand_nhs(const struct rib_table *t, const struct cand *c, struct rib_nh *out, uint32_t *n);
/** The group that covers @addr best, of those in use and, with @held, of those that a tunnel which
 * is down holds; UINT32_MAX: none. */
uint32_t rib_group_lookup(const struct rib_table *t, RIB_ADDR addr, bool held);
/** The group of exactly @p, in use or not; UINT32_MAX: none. */
uint32_t rib_group_find(const struct rib_table *t, const RIB_PREFIX *p);

#endif
