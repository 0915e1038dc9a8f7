/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_lookup - where an IPv6 packet goes, and its hop limit (RFC 8200 section 3).
 *
 * in     data at the IPv6 header, checked or made here; ctx: enum lookup6_flag
 * out    ip6_rewrite  ctx the adjacency
 *        gre6_encap   ctx the tunnel
 *        ip6_local    for one of our addresses
 *        hold         the neighbour is not known yet
 * drops  NO_ROUTE, NULL_ROUTE, IP6_HOP_LIMIT, IF_DOWN, IP6_SCOPE; each with an ICMPv6 error
 *
 * Security policies stand before the last pass, if there are any.
 */
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/policy.h"

/* All that is not for a known neighbour or a tunnel. */
static void
ip6_other(struct worker *w, struct rte_mbuf *m, uintptr_t ctx, hop_t hop, uint64_t number)
{
	const struct nexthop *nh = hop_ptr(hop);

	switch (hop_tag(hop)) {
	case HOP_LOCAL:
		pktvec_add(&w->ip6_local, m, NULL);
		return;
	case HOP_GLEAN:
		if (ip6_forward_ok(w, m, ctx))
			hold_neigh6(w, m, nh->if_id, ip6_dst(mbuf_ip6(m)));
		return;
	case HOP_WAIT:
		/* An IPv4 neighbour cannot be asked for in IPv6: nobody routes so. */
		if (ip6_is_zero(&nh->gw6))
			break;
		if (ip6_forward_ok(w, m, ctx))
			hold_neigh6(w, m, nh->if_id, &nh->gw6);
		return;
	case HOP_DOWN:
		icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_ADDRESS, 0, CHAN_DROP_IF_DOWN);
		return;
	case HOP_NONE:
	case HOP_ADJ:
	case HOP_TUN:
	case HOP_GROUP: /* has no group as member */
		break;
	}
	icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_NO_ROUTE, 0,
			number == 0 ? CHAN_DROP_NO_ROUTE : CHAN_DROP_NULL_ROUTE);
}

static inline void
ip6_dispatch(struct worker *w, struct rte_mbuf *m, uintptr_t ctx, hop_t hop, uint64_t number)
{
	enum hop_tag tag = hop_tag(hop);

	if (likely(tag == HOP_ADJ)) {
		if (likely(ip6_forward_ok(w, m, ctx)))
			pktvec_add(&w->ip6_rewrite, m, hop_ptr(hop));
	} else if (likely(tag == HOP_TUN)) {
		if (likely(ip6_forward_ok(w, m, ctx)))
			pktvec_add(&w->gre6_encap, m, hop_ptr(hop));
	} else {
		ip6_other(w, m, ctx, hop, number);
	}
}

static void
ip6_policies(struct worker *w, const struct policy_set *s, struct pktvec *v, const hop_t *hops,
		const uint64_t *numbers, unsigned int n)
{
	struct policy_burst b = { .n = n };

	memcpy(b.m, v->m, n * sizeof(b.m[0]));
	memcpy(b.ctx, v->ctx, n * sizeof(b.ctx[0]));
	memcpy(b.hops, hops, n * sizeof(b.hops[0]));
	memcpy(b.numbers, numbers, n * sizeof(b.numbers[0]));
	policy_apply6(w, s, &b);
	for (unsigned int i = 0; i < b.n; i++)
		ip6_dispatch(w, b.m[i], (uintptr_t)b.ctx[i], b.hops[i], b.numbers[i]);
}

void
ip6_lookup(struct worker *w)
{
	const struct policy_set *policies;
	struct pktvec *v = &w->ip6_lookup;
	uint8_t dst[BURST_MAX][16];
	uint64_t numbers[BURST_MAX];
	hop_t hops[BURST_MAX];
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++)
		memcpy(dst[i], mbuf_ip6(v->m[i])->dst_addr, sizeof(dst[i]));
	fib6_lookup(w->tables->fib6, dst, numbers, n);
	for (unsigned int i = 0; i < n; i++) {
		hops[i] = ip6_hop(w->tables, numbers[i], v->m[i]);
		rte_prefetch0(hop_ptr(hops[i]));
	}
	policies = __atomic_load_n(&w->tables->policies, __ATOMIC_ACQUIRE);
	if (unlikely(policies != NULL)) {
		ip6_policies(w, policies, v, hops, numbers, n);
		return;
	}
	/* ICMPv6 errors are appended to this very vector, never past the packet at hand. */
	for (unsigned int i = 0; i < n; i++)
		ip6_dispatch(w, v->m[i], (uintptr_t)v->ctx[i], hops[i], numbers[i]);
}
