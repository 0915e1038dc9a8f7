/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_lookup - where an IPv6 packet goes, and its hop limit (RFC 8200 section 3).
 *
 * in     data at the IPv6 header, checked or made here; ctx: enum lookup6_flag
 * out    ip6_rewrite  ctx the adjacency
 *        gre6_encap   ctx the tunnel
 *        ip6_local    for one of our addresses
 *        hold         the neighbour is not known yet
 * drops  NO_ROUTE, IP6_HOP_LIMIT, IF_DOWN, IP6_SCOPE; each with an ICMPv6 error
 */
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"

/* May @m be sent on? @return false if it has ended here. */
static inline bool
ip6_forward_ok(struct worker *w, struct rte_mbuf *m, uintptr_t ctx)
{
	struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	if (unlikely(ctx & LOOKUP6_LINK_SRC)) {
		icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_SCOPE, 0, CHAN_DROP_IP6_SCOPE);
		return false;
	}
	if (unlikely(ctx & LOOKUP6_HOPS_DONE))
		return true;
	if (unlikely(ip->hop_limits <= 1)) {
		icmp6_error(w, m, ICMP6_TIME_EXCEEDED, 0, 0, CHAN_DROP_IP6_HOP_LIMIT);
		return false;
	}
	ip->hop_limits--;
	return true;
}

/* All that is not for a known neighbour or a tunnel. */
static void
ip6_other(struct worker *w, struct rte_mbuf *m, uintptr_t ctx, hop_t hop)
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
	icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_NO_ROUTE, 0, CHAN_DROP_NO_ROUTE);
}

static inline void
ip6_dispatch(struct worker *w, struct rte_mbuf *m, uintptr_t ctx, hop_t hop)
{
	enum hop_tag tag = hop_tag(hop);

	if (likely(tag == HOP_ADJ)) {
		if (likely(ip6_forward_ok(w, m, ctx)))
			pktvec_add(&w->ip6_rewrite, m, hop_ptr(hop));
	} else if (likely(tag == HOP_TUN)) {
		if (likely(ip6_forward_ok(w, m, ctx)))
			pktvec_add(&w->gre6_encap, m, hop_ptr(hop));
	} else {
		ip6_other(w, m, ctx, hop);
	}
}

void
ip6_lookup(struct worker *w)
{
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
	/* ICMPv6 errors are appended to this very vector, never past the packet at hand. */
	for (unsigned int i = 0; i < n; i++)
		ip6_dispatch(w, v->m[i], (uintptr_t)v->ctx[i], hops[i]);
}
