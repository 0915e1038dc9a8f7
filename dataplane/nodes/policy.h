/* SPDX-License-Identifier: BSD-3-Clause */
/* Security policies, as ip4_lookup and ip6_lookup apply them; see policy.c. */
#ifndef CULVERT_DATAPLANE_NODES_POLICY_H
#define CULVERT_DATAPLANE_NODES_POLICY_H

#include "dataplane/tables/nexthop.h"
#include "dataplane/tables/policy.h"
#include "dataplane/worker.h"

/** Packets on their way through a look-up, and what it knows of them. */
struct policy_burst {
	unsigned int n;
	struct rte_mbuf *m[BURST_MAX];
	void *ctx[BURST_MAX]; /* see lookup_add(), lookup6_add() */
	hop_t hops[BURST_MAX];
	uint64_t numbers[BURST_MAX];
};

/**
 * Sort out what policies do not leave to the routing table: dropped, or to gre_encap. What remains
 * in @b is routed on. An ICMP error may be added to w->ip4_lookup for each packet taken out.
 */
void policy_apply(struct worker *w, const struct policy_set *s, struct policy_burst *b);
/** The same of IPv6: to gre6_encap, errors to w->ip6_lookup. */
void policy_apply6(struct worker *w, const struct policy_set *s, struct policy_burst *b);

#endif
