/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_lookup - where a packet goes (RFC 1812 section 5.2.3), and its TTL (section 5.3.1).
 *
 * in     data at the IPv4 header, checked by ip4_input or made here
 * out    ip4_rewrite  ctx the adjacency
 *        gre_encap    ctx the tunnel
 *        ip4_local    for one of our addresses
 *        hold         the neighbour is not known yet
 * drops  NO_ROUTE, IP_TTL, IF_DOWN, IP_BROADCAST; all but the last with an ICMP error
 *
 * Three passes: all addresses through the FIB at once, then the hop words with a prefetch of what
 * they point to, then the packets.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"

/* @return false if the packet has ended here. */
static inline bool
ip4_ttl(struct worker *w, struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	if (unlikely(pkt_meta(m)->flags & (PKT_OURS | PKT_TTL_DONE)))
		return true;
	if (unlikely(ip->time_to_live <= 1)) {
		icmp_error(w, m, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, CHAN_DROP_IP_TTL);
		return false;
	}
	ip4_ttl_dec(ip);
	return true;
}

/* The neighbour is unknown. */
static void
ip4_unresolved(struct worker *w, struct rte_mbuf *m, hop_t hop)
{
	const struct nexthop *nh = hop_ptr(hop);
	const struct iface *i = iface_by_id(w->tables, nh->if_id);
	uint32_t dst = rte_be_to_cpu_32(mbuf_ip4(m)->dst_addr);

	if (hop_tag(hop) == HOP_WAIT)
		hold_neigh(w, m, nh->if_id, nh->gw);
	else if (i == NULL || iface_is_bcast(i, dst)) /* RFC 2644: no directed broadcasts */
		pkt_drop(w, m, CHAN_DROP_IP_BROADCAST);
	else
		hold_neigh(w, m, nh->if_id, dst);
}

static inline void
ip4_dispatch(struct worker *w, struct rte_mbuf *m, hop_t hop, uint64_t number)
{
	switch (hop_tag(hop)) {
	case HOP_ADJ:
		if (ip4_ttl(w, m))
			pktvec_add(&w->ip4_rewrite, m, hop_ptr(hop));
		return;
	case HOP_TUN:
		if (ip4_ttl(w, m))
			pktvec_add(&w->gre_encap, m, hop_ptr(hop));
		return;
	case HOP_LOCAL:
		pktvec_add(&w->ip4_local, m, NULL);
		return;
	case HOP_GLEAN:
	case HOP_WAIT:
		if (ip4_ttl(w, m))
			ip4_unresolved(w, m, hop);
		return;
	case HOP_DOWN:
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_HOST, 0, CHAN_DROP_IF_DOWN);
		return;
	case HOP_NONE:
	case HOP_GROUP: /* has no group as member */
		break;
	}
	icmp_error(w, m, ICMP_UNREACH, number == 0 ? ICMP_UNREACH_NET : ICMP_UNREACH_HOST, 0,
			CHAN_DROP_NO_ROUTE);
}

void
ip4_lookup(struct worker *w)
{
	struct pktvec *v = &w->ip4_lookup;
	uint32_t dst[BURST_MAX];
	uint64_t numbers[BURST_MAX];
	hop_t hops[BURST_MAX];
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++)
		dst[i] = rte_be_to_cpu_32(mbuf_ip4(v->m[i])->dst_addr);
	fib_lookup(w->tables->fib, dst, numbers, n);
	for (unsigned int i = 0; i < n; i++) {
		hops[i] = ip4_hop(w->tables, numbers[i], v->m[i]);
		rte_prefetch0(hop_ptr(hops[i]));
	}
	/* ICMP errors are appended to this very vector, never past the packet at hand. */
	for (unsigned int i = 0; i < n; i++)
		ip4_dispatch(w, v->m[i], hops[i], numbers[i]);
}
