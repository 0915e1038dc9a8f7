/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What security policies are looked up by (RFC 4301 section 4.4.1.1): addresses, protocol, ports,
 * ICMP's type and code.
 *
 * In IPv6 the protocol is looked for behind hop-by-hop and destination options, routing and
 * fragment headers. All of them must be in the first fragment (RFC 7112): another fragment tells
 * the protocol, if no more of them follow in it, and no ports or ICMP type.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/policy_key.h"

#define EXT_MAX       8
#define FRAG_HDR_LEN  8
#define FRAG_OFF_MASK 0xfff8

static bool
is_ext(uint8_t proto)
{
	return proto == IP6_HOP_BY_HOP || proto == IP6_DEST_OPTIONS || proto == IP6_ROUTING ||
			proto == IP6_FRAGMENT;
}

/* Past the extension headers; *@off is 0 in a fragment but the first. */
static bool
skip_ext(const struct rte_ipv6_hdr *ip, unsigned int len, uint8_t *proto, unsigned int *off)
{
	const uint8_t *p = (const uint8_t *)ip;

	*off = sizeof(*ip);
	*proto = ip->proto;
	for (unsigned int n = 0; is_ext(*proto); n++) {
		const uint8_t *ext = p + *off;
		bool is_frag = *proto == IP6_FRAGMENT;

		if (n == EXT_MAX || len < *off + FRAG_HDR_LEN)
			return false;
		*proto = ext[0];
		if (is_frag && ((ext[2] << 8 | ext[3]) & FRAG_OFF_MASK) != 0) {
			*off = 0;
			return !is_ext(*proto);
		}
		*off += is_frag ? FRAG_HDR_LEN : 8u + ext[1] * 8u;
	}
	return *off <= len;
}

bool
policy_key6_of(const struct rte_ipv6_hdr *ip, unsigned int len, struct policy_key6 *k)
{
	unsigned int off;

	memset(k, 0, sizeof(*k));
	memcpy(k->src, ip->src_addr, sizeof(k->src));
	memcpy(k->dst, ip->dst_addr, sizeof(k->dst));
	if (!skip_ext(ip, len, &k->proto, &off))
		return false;
	policy_read_ports(k->proto, RTE_PTR_ADD(ip, off), off != 0 ? len - off : 0, &k->sport,
			&k->dport);
	return true;
}

struct policy_key
policy_key_quoted(const struct rte_mbuf *m)
{
	const unsigned int off = sizeof(struct rte_ipv4_hdr) + sizeof(struct icmp_hdr);
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	struct policy_key k = { 0 };
	uint8_t type;

	if (ip->next_proto_id != IPPROTO_ICMP || m->data_len < off + sizeof(*ip))
		return k;
	type = ((const struct icmp_hdr *)(ip + 1))->type;
	if (type != ICMP_UNREACH && type != ICMP_TIME_EXCEEDED && type != ICMP_PARAMETERPROB)
		return k;
	k = policy_key_of(RTE_PTR_ADD(ip, off), m->data_len - off);
	return policy_key_exchanged(&k);
}

struct policy_key6
policy_key6_quoted(const struct rte_mbuf *m)
{
	const unsigned int off = sizeof(struct rte_ipv6_hdr) + sizeof(struct icmp6_hdr);
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	struct policy_key6 k = { 0 };

	if (ip->proto != IP6_ICMP || m->data_len < off + sizeof(*ip) ||
			((const struct icmp6_hdr *)(ip + 1))->type >= ICMP6_ECHO)
		return k;
	/* If the protocol cannot be told, the addresses still can. */
	policy_key6_of(RTE_PTR_ADD(ip, off), m->data_len - off, &k);
	return policy_key6_exchanged(&k);
}
