/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short way to a known neighbour: what ip4_lookup.c and ip4_rewrite.c do with the usual packet
 * once its next hop is known, for whoever has the packet at hand. What is too long, or whose TTL
 * is over, takes the long way.
 */
#ifndef CULVERT_DATAPLANE_NODES_IP4_OUT_H
#define CULVERT_DATAPLANE_NODES_IP4_OUT_H

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/tx.h"

/** The Ethernet header in front of @data, in two overlapping stores of constant size. */
static __rte_always_inline void
l2_write(uint8_t *data, const struct nexthop *nh)
{
	const uint8_t *l2 = nh->l2 + NH_L2_ROOM;

	if (likely(nh->l2_len == 14)) {
		memcpy(data - 14, l2 - 14, 8);
		memcpy(data - 8, l2 - 8, 8);
	} else {
		memcpy(data - 18, l2 - 18, 16);
		memcpy(data - 8, l2 - 8, 8);
	}
}

/**
 * Send @m to @nh. The packet of @len bytes begins at @ip, where it has room for an Ethernet header
 * in front of it; where @m says that its data is does not matter. Its header has been checked.
 * @return false: nothing was done.
 */
static __rte_always_inline bool
ip4_out_short(struct tx_run *run, const struct nexthop *nh, struct rte_mbuf *m, uint8_t *ip,
		unsigned int len)
{
	unsigned int off = (unsigned int)(ip - (uint8_t *)m->buf_addr), l2_len = nh->l2_len;

	if (unlikely(len > nh->mtu) ||
			unlikely(ip[offsetof(struct rte_ipv4_hdr, time_to_live)] <= 1))
		return false;
	ip4_ttl_dec((struct rte_ipv4_hdr *)ip);
	l2_write(ip, nh);
	mbuf_set(m, off - l2_len, len + l2_len);
	if (unlikely(nh != run->last)) {
		tx_run_to(run, nh->port, nh->if_id);
		run->last = nh;
	}
	tx_run_put(run, m, len + l2_len);
	return true;
}

#endif
