/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_lookup - where a packet goes (RFC 1812 section 5.2.3), and its TTL (section 5.3.1).
 *
 * in     data at the IPv4 header, checked or made here; ctx: see lookup_add()
 * out    tx           a usual packet to a known neighbour, ip4_out.h
 *        ip4_rewrite  others to known neighbours, ctx the adjacency
 *        gre_encap    ctx the tunnel; a usual burst for tunnels by gre_encap_looked_up()
 *        ip4_local    for one of our addresses
 *        hold         the neighbour is not known yet
 * drops  NO_ROUTE, NULL_ROUTE, IP_TTL, IF_DOWN, IP_BROADCAST; all but the last with an ICMP error
 *
 * Three passes: all addresses through the FIB at once, then the hop words with a prefetch of what
 * they point to, then the packets. Security policies stand before the last, if there are any.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/ip4_out.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/policy.h"

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

/* All that is not for a known neighbour or a tunnel. */
static void
ip4_other(struct worker *w, struct rte_mbuf *m, uintptr_t ctx, hop_t hop, uint64_t number)
{
	switch (hop_tag(hop)) {
	case HOP_LOCAL:
		pktvec_add(&w->ip4_local, m, NULL);
		return;
	case HOP_GLEAN:
	case HOP_WAIT:
		if (ip4_ttl(w, m, ctx))
			ip4_unresolved(w, m, hop);
		return;
	case HOP_DOWN:
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_HOST, 0, CHAN_DROP_IF_DOWN);
		return;
	case HOP_NONE:
	case HOP_ADJ:
	case HOP_TUN:
	case HOP_GROUP: /* has no group as member */
		break;
	}
	if (number == 0)
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_NET, 0, CHAN_DROP_NO_ROUTE);
	else
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_HOST, 0, CHAN_DROP_NULL_ROUTE);
}

/* Vectors are filled with their lengths in registers: in memory, each packet would have to wait for
 * the length that the one before has stored. Nobody else adds to these two meanwhile. A packet to a
 * known neighbour leaves at once, unless its steps are being traced. */
static void
ip4_dispatch(struct worker *w, struct rte_mbuf *const *m, void *const *ctx, const hop_t *hops,
		const uint64_t *numbers, unsigned int n)
{
	struct pktvec *adj = &w->ip4_rewrite, *tun = &w->gre_encap;
	uint16_t n_adj = adj->n, n_tun = tun->n;
	uintptr_t no_short = w->tracing != NULL ? UINTPTR_MAX : LOOKUP_TTL_DONE;
	struct tx_run run = tx_run_begin(w);

	for (unsigned int i = 0; i < n; i++) {
		enum hop_tag tag = hop_tag(hops[i]);
		uintptr_t c = (uintptr_t)ctx[i];
		struct rte_mbuf *p = m[i];

		if (likely(tag == HOP_ADJ)) {
			if (likely((c & no_short) == 0 && p->data_off >= NH_L2_ROOM) &&
					likely(ip4_out_short(&run, hop_ptr(hops[i]), p,
							rte_pktmbuf_mtod(p, uint8_t *),
							p->data_len)))
				continue;
			if (unlikely(!ip4_ttl(w, p, c)))
				continue;
			if (p->data_len > ((const struct nexthop *)hop_ptr(hops[i]))->mtu)
				no_short = UINTPTR_MAX; /* nobody overtakes it */
			adj->m[n_adj] = p;
			adj->ctx[n_adj++] = hop_ptr(hops[i]);
		} else if (likely(tag == HOP_TUN)) {
			if (unlikely(!ip4_ttl(w, p, c)))
				continue;
			tun->m[n_tun] = p;
			tun->ctx[n_tun++] = hop_ptr(hops[i]);
		} else {
			ip4_other(w, p, c, hops[i], numbers[i]);
		}
	}
	adj->n = n_adj;
	tun->n = n_tun;
	tx_run_end(&run);
}

/* A burst for tunnels only, as most of what comes from a LAN: the same with all in registers. */
static void
ip4_to_tunnels(struct worker *w, struct rte_mbuf *const *m, void *const *ctx, const hop_t *hops,
		unsigned int n)
{
	struct pktvec *tun = &w->gre_encap;
	unsigned int n_tun = tun->n;

	for (unsigned int i = 0; i < n; i++) {
		if (unlikely(!ip4_ttl(w, m[i], (uintptr_t)ctx[i])))
			continue;
		tun->m[n_tun] = m[i];
		tun->ctx[n_tun++] = hop_ptr(hops[i]);
	}
	tun->n = (uint16_t)n_tun;
}

/* May such a burst, @first its first hop, go into tunnels at once? Not if most of it would come
 * back (@first tells), if a TTL is to be left alone (@flags: of all of lookup_ctx()), or if the
 * steps are being traced. */
static inline bool
ip4_straight(const struct worker *w, hop_t first, uintptr_t flags)
{
	const struct tunnel *tun = hop_ptr_of(first, HOP_TUN);

	return w->tracing == NULL && (flags & LOOKUP_TTL_DONE) == 0 &&
	       (tun->opts & TUN_OPT_SHORT) != 0;
}

/* The burst by way of the security policies. They may take any packet out of it. */
static void
ip4_policies(struct worker *w, const struct policy_set *s, const hop_t *hops,
		const uint64_t *numbers, unsigned int n)
{
	const struct pktvec *v = &w->ip4_lookup;
	struct policy_burst b = { .n = n };

	memcpy(b.m, v->m, n * sizeof(b.m[0]));
	memcpy(b.ctx, v->ctx, n * sizeof(b.ctx[0]));
	memcpy(b.hops, hops, n * sizeof(b.hops[0]));
	memcpy(b.numbers, numbers, n * sizeof(b.numbers[0]));
	policy_apply(w, s, &b);
	ip4_dispatch(w, b.m, b.ctx, b.hops, b.numbers, b.n);
}

void
ip4_lookup(struct worker *w)
{
	const struct policy_set *policies;
	struct pktvec *v = &w->ip4_lookup;
	uint32_t dst[BURST_MAX];
	uint64_t numbers[BURST_MAX];
	hop_t hops[BURST_MAX];
	unsigned int n = v->n, others = 0;
	uintptr_t flags = 0;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		dst[i] = (uint32_t)(uintptr_t)v->ctx[i];
		flags |= (uintptr_t)v->ctx[i];
	}
	fib_lookup(w->tables->fib, dst, numbers, n);
	for (unsigned int i = 0; i < n; i++) {
		hops[i] = ip4_hop(w->tables, numbers[i], v->m[i]);
		rte_prefetch0(hop_ptr(hops[i]));
		others |= hop_tag(hops[i]) ^ HOP_TUN;
	}
	policies = __atomic_load_n(&w->tables->policies, __ATOMIC_ACQUIRE);
	if (unlikely(policies != NULL)) {
		ip4_policies(w, policies, hops, numbers, n);
		return;
	}
	/* ICMP errors are appended to this very vector, never past the packet at hand. */
	if (others == 0 && n != 0 && ip4_straight(w, hops[0], flags))
		gre_encap_looked_up(w, v->m, hops, n);
	else if (others == 0)
		ip4_to_tunnels(w, v->m, v->ctx, hops, n);
	else
		ip4_dispatch(w, v->m, v->ctx, hops, numbers, n);
}
