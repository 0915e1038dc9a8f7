/* SPDX-License-Identifier: BSD-3-Clause */
/* From packets to what policies are looked up by; see policy_key.c. */
#ifndef CULVERT_DATAPLANE_NODES_POLICY_KEY_H
#define CULVERT_DATAPLANE_NODES_POLICY_KEY_H

#include "dataplane/nodes/ip6.h"
#include "dataplane/tables/policy.h"

static inline bool
policy_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
			proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

static inline bool
policy_has_type(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/** What the @left bytes at @p, behind all IP headers, tell of ports, or of ICMP's type and code. */
static inline void
policy_read_ports(uint8_t proto, const void *p, unsigned int left, rte_be16_t *sport,
		rte_be16_t *dport)
{
	*sport = *dport = 0;
	if (policy_has_type(proto)) {
		if (left >= 2)
			memcpy(sport, p, 2);
		*dport = left >= 2 ? *sport : POLICY_NO_TYPE;
	} else if (policy_has_ports(proto) && left >= 4) {
		memcpy(sport, p, 2);
		memcpy(dport, RTE_PTR_ADD(p, 2), 2);
	}
}

/** The selector of the @len bytes from the header @ip on, as the packet goes. */
static inline struct policy_key
policy_key_of(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	struct policy_key k = { .proto = ip->next_proto_id,
		.src = ip->src_addr,
		.dst = ip->dst_addr };
	unsigned int off = ip4_hdr_len(ip);
	bool first = (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0;

	policy_read_ports(k.proto, RTE_PTR_ADD(ip, off), first && len > off ? len - off : 0,
			&k.sport, &k.dport);
	return k;
}

/** Source and destination exchanged. */
static inline struct policy_key
policy_key_exchanged(const struct policy_key *k)
{
	return (struct policy_key){ .proto = k->proto,
		.src = k->dst,
		.dst = k->src,
		.sport = k->dport,
		.dport = k->sport };
}

static inline struct policy_key6
policy_key6_exchanged(const struct policy_key6 *k)
{
	struct policy_key6 x = { .proto = k->proto, .sport = k->dport, .dport = k->sport };

	memcpy(x.src, k->dst, sizeof(x.src));
	memcpy(x.dst, k->src, sizeof(x.dst));
	return x;
}

/**
 * The selector of the @len bytes (40 at least) from the IPv6 header @ip on: the protocol is what
 * stands behind the extension headers.
 * @return false: it cannot be told; they are cut off, too many, or in another fragment.
 */
bool policy_key6_of(const struct rte_ipv6_hdr *ip, unsigned int len, struct policy_key6 *k);

/**
 * Of an ICMP error that was made here: the selector of the answer to what it quotes. Else one that
 * no policy for a network has: all zero.
 */
struct policy_key policy_key_quoted(const struct rte_mbuf *m);
struct policy_key6 policy_key6_quoted(const struct rte_mbuf *m);

#endif
