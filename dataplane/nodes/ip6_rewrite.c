/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_rewrite - an IPv6 packet out of an interface to a known neighbour: MTU and Ethernet header.
 * Routers do not fragment (RFC 8200 section 4.5).
 *
 * in     data at the IPv6 header, ctx the struct nexthop
 * out    tx  data at the Ethernet header
 * drops  TOO_BIG (with Packet Too Big), NO_MBUF
 */
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/tx.h"

/* The next hop's header is made for IPv4: all but the EtherType is the same. */
static inline void
l2_write6(uint8_t *data, const struct nexthop *nh)
{
	rte_be16_t type = RTE_BE16(RTE_ETHER_TYPE_IPV6);

	memcpy(data - nh->l2_len, nh->l2 + NH_L2_ROOM - nh->l2_len, nh->l2_len);
	memcpy(data - sizeof(type), &type, sizeof(type));
}

void
ip6_rewrite(struct worker *w)
{
	struct pktvec *v = &w->ip6_rewrite;
	struct tx_run run = tx_run_begin(w);
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];
		const struct nexthop *nh = v->ctx[i];

		if (unlikely(m->data_len > nh->mtu)) {
			icmp6_error(w, m, ICMP6_TOO_BIG, 0, nh->mtu, CHAN_DROP_TOO_BIG);
			continue;
		}
		if (unlikely(m->data_off < NH_L2_ROOM)) {
			pkt_drop(w, m, CHAN_DROP_NO_MBUF);
			continue;
		}
		l2_write6(rte_pktmbuf_mtod(m, uint8_t *), nh);
		mbuf_set(m, m->data_off - nh->l2_len, m->data_len + nh->l2_len);
		tx_run_add(&run, nh->port, nh->if_id, m);
	}
	tx_run_end(&run);
}
