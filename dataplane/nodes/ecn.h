/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Congestion marks out of a tunnel, RFC 6040 section 4.2: a mark of the way outside reaches the
 * inner packet, or the packet is dropped if its sender would not understand.
 */
#ifndef CULVERT_DATAPLANE_NODES_ECN_H
#define CULVERT_DATAPLANE_NODES_ECN_H

#include "dataplane/nodes/ip6.h"

#define ECN_MASK 0x03
#define ECN_CE   0x03
#define ECN_ECT1 0x01
#define ECN_ECT0 0x02

/** The inner ECN field for these two. -1: the packet must be dropped. */
static inline int
ecn_combine(uint8_t outer, uint8_t inner)
{
	outer &= ECN_MASK;
	inner &= ECN_MASK;
	if (inner == 0)
		return outer == ECN_CE ? -1 : 0;
	if (outer == ECN_CE)
		return ECN_CE;
	return outer == ECN_ECT1 && inner == ECN_ECT0 ? ECN_ECT1 : inner;
}

/** Is the inner ECN field what it was? */
static inline bool
ecn_stays(uint8_t outer, uint8_t inner)
{
	return ecn_combine(outer, inner) == (inner & ECN_MASK);
}

/** The same for an inner IPv4 header; its checksum is kept in line. false: drop. */
static inline bool
ecn_out_ip4(struct rte_ipv4_hdr *ip, uint8_t outer)
{
	int ecn = ecn_combine(outer, ip->type_of_service);
	uint16_t old, new;
	uint32_t sum;

	if (ecn < 0)
		return false;
	if (ecn == (ip->type_of_service & ECN_MASK))
		return true;
	/* The checksum is changed, not made anew: a wrong one stays wrong. RFC 1624 */
	memcpy(&old, ip, sizeof(old));
	ip->type_of_service = (uint8_t)((ip->type_of_service & ~ECN_MASK) | ecn);
	memcpy(&new, ip, sizeof(new));
	sum = (uint32_t)(uint16_t)~ip->hdr_checksum + (uint16_t)~old + new;
	sum = (sum & 0xffff) + (sum >> 16);
	ip->hdr_checksum = (rte_be16_t)~(sum + (sum >> 16));
	return true;
}

/** The same for an inner IPv6 header, which has no checksum. */
static inline bool
ecn_out_ip6(struct rte_ipv6_hdr *ip, uint8_t outer)
{
	int ecn = ecn_combine(outer, ip6_traffic_class(ip));

	if (ecn < 0)
		return false;
	ip->vtc_flow = (ip->vtc_flow & ~RTE_BE32(ECN_MASK << 20)) |
			rte_cpu_to_be_32((uint32_t)ecn << 20);
	return true;
}

#endif
