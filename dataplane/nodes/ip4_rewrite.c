/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_rewrite - out of an interface to a known neighbour: MTU (RFC 1812 section 5.2.6) and the
 * Ethernet header, which the next hop has ready.
 *
 * in     data at the IPv4 header, ctx the struct nexthop
 * out    tx        data at the Ethernet header
 *        ip4_frag  too long, may be fragmented; what follows such a packet, so that it does not
 *                  overtake it
 * drops  TOO_BIG (with ICMP fragmentation needed), NO_MBUF
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/ip4_out.h"
#include "dataplane/nodes/nodes.h"

/* Too long, or behind such a one. */
static void
ip4_too_big(struct worker *w, struct rte_mbuf *m, struct nexthop *nh)
{
	if (m->data_len > nh->mtu &&
			(mbuf_ip4(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG, nh->mtu, CHAN_DROP_TOO_BIG);
	else
		pktvec_add(&w->ip4_frag, m, nh);
}

void
ip4_rewrite(struct worker *w)
{
	struct pktvec *v = &w->ip4_rewrite;
	struct tx_run run = tx_run_begin(w);
	unsigned int n = v->n, n_frag = w->ip4_frag.n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];
		struct nexthop *nh = v->ctx[i];

		if (unlikely(m->data_len > nh->mtu || w->ip4_frag.n != n_frag)) {
			ip4_too_big(w, m, nh);
			continue;
		}
		if (unlikely(m->data_off < NH_L2_ROOM)) {
			pkt_drop(w, m, CHAN_DROP_NO_MBUF);
			continue;
		}
		l2_write(rte_pktmbuf_mtod(m, uint8_t *), nh);
		mbuf_set(m, m->data_off - nh->l2_len, m->data_len + nh->l2_len);
		tx_run_add(&run, nh->port, nh->if_id, m);
	}
	tx_run_end(&run);
}
