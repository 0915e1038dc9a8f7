/* SPDX-License-Identifier: BSD-3-Clause */
/* What several nodes do with IPv6 headers (RFC 8200): addresses, flows, hops. */
#ifndef CULVERT_DATAPLANE_NODES_IP6_H
#define CULVERT_DATAPLANE_NODES_IP6_H

#include "common/inet6.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip4.h"

#define IP6_MIN_MTU 1280 /* RFC 8200 section 5 */

/* Next header values that RFC 8200 calls extension headers, and some more. */
enum ip6_proto {
	IP6_HOP_BY_HOP = 0,
	IP6_ROUTING = 43,
	IP6_FRAGMENT = 44,
	IP6_ICMP = 58,
	IP6_NONE = 59,
	IP6_DEST_OPTIONS = 60,
};

/** In place of a context in w->ip6_lookup. */
enum lookup6_flag {
	/* the hop limit is to be left alone: it is ours, or was held */
	LOOKUP6_HOPS_DONE = 1u << 0,
	LOOKUP6_LINK_SRC = 1u << 1,  /* link-local source: not to be forwarded */
};

static inline struct rte_ipv6_hdr *
mbuf_ip6(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
}

static inline bool
mbuf_is_ip6(const struct rte_mbuf *m)
{
	return (*rte_pktmbuf_mtod(m, const uint8_t *) >> 4) == 6;
}

static inline const struct ip6_addr *
ip6_src(const struct rte_ipv6_hdr *ip)
{
	return (const struct ip6_addr *)ip->src_addr;
}

static inline const struct ip6_addr *
ip6_dst(const struct rte_ipv6_hdr *ip)
{
	return (const struct ip6_addr *)ip->dst_addr;
}

/** The traffic class: DSCP and ECN, as the TOS byte of IPv4. */
static inline uint8_t
ip6_traffic_class(const struct rte_ipv6_hdr *ip)
{
	return (uint8_t)(rte_be_to_cpu_32(ip->vtc_flow) >> 20);
}

/**
 * A number that is the same for all packets of a flow: 5-tuple; behind extension headers, addresses
 * and flow label (RFC 6437 section 4.1).
 */
static inline uint32_t
ip6_flow_hash(const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	uint64_t addrs[4];
	uint32_t hash, ports;

	memcpy(addrs, ip->src_addr, sizeof(addrs)); /* and the destination behind it */
	hash = rte_hash_crc(addrs, sizeof(addrs), ip->proto);
	if ((ip->proto == IPPROTO_TCP || ip->proto == IPPROTO_UDP) &&
			m->data_len >= sizeof(*ip) + sizeof(ports))
		memcpy(&ports, ip + 1, sizeof(ports));
	else
		ports = ip->vtc_flow & RTE_BE32(RTE_IPV6_HDR_FL_MASK);
	return rte_hash_crc_4byte(ports, hash);
}

/* A place in a packet's chain of headers. */
struct ip6_at {
	unsigned int off;   /* where a header is, from the IPv6 header on */
	unsigned int field; /* where the one before it says which it is */
	unsigned int n;     /* extension headers passed */
	uint8_t proto;      /* which it is */
};

static inline struct ip6_at
ip6_at_start(const struct rte_mbuf *m)
{
	return (struct ip6_at){ .off = sizeof(struct rte_ipv6_hdr), .proto = mbuf_ip6(m)->proto,
		.field = offsetof(struct rte_ipv6_hdr, proto) };
}

/** ip6_skip_ext() from @at on, which is where it ended. */
bool ip6_skip(const struct rte_mbuf *m, struct ip6_at *at);
/**
 * Past the extension headers of @m: @off is where @proto, the first that is none, begins. A
 * fragment header and what follows it is not looked into. In ip6_ext.c.
 * @return false if they are not all there, or too many.
 */
bool ip6_skip_ext(const struct rte_mbuf *m, unsigned int *off, uint8_t *proto);
/** The same of a packet for us, from @at on: may all of them end here? If not, or if they are not
 *  all there, it is dropped as IP6_EXT, where RFC 8200 wants it with an ICMPv6 error. */
bool ip6_ext_ok(struct worker *w, struct rte_mbuf *m, struct ip6_at *at);

/** May @m be sent on? One hop is taken off. @ctx: enum lookup6_flag. False: it has ended here. */
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

/** The hop for a packet: of a group, its flow's member. */
static inline hop_t
ip6_hop(const struct tables *t, uint64_t number, const struct rte_mbuf *m)
{
	hop_t hop = hop_by_number(t, number);

	if (unlikely(hop_tag(hop) == HOP_GROUP)) {
		const struct nhgroup *g = hop_ptr(hop);

		hop = hop_by_number(t, g->hops[(uint64_t)ip6_flow_hash(m) * g->n >> 32]);
	}
	return hop;
}

/** Is @a, an address of @m, one of our own? A link-local one: of the interface it came by. */
static inline bool
ip6_is_ours(const struct worker *w, struct rte_mbuf *m, const struct ip6_addr *a)
{
	const struct iface *i;
	uint8_t addr[1][16];
	uint64_t number;

	if (ip6_is_link_local(a)) {
		i = iface_by_id(w->tables, pkt_meta(m)->if_id);
		return i != NULL && iface_has_addr6(i, a);
	}
	memcpy(addr[0], a, sizeof(addr[0]));
	fib6_lookup(w->tables->fib6, addr, &number, 1);
	return hop_tag(hop_by_number(w->tables, number)) == HOP_LOCAL;
}

static inline bool
ip6_from_us(const struct worker *w, struct rte_mbuf *m)
{
	return ip6_is_ours(w, m, ip6_src(mbuf_ip6(m)));
}

/** Append to w->ip6_lookup. @flags: enum lookup6_flag. */
static inline void
lookup6_add(struct worker *w, struct rte_mbuf *m, uintptr_t flags)
{
	pktvec_add(&w->ip6_lookup, m, (void *)flags);
}

#endif
