/* SPDX-License-Identifier: BSD-3-Clause */
/* What several nodes do with IPv4 headers: classes of addresses, checksums, flows, hops. */
#ifndef CULVERT_DATAPLANE_NODES_IP4_H
#define CULVERT_DATAPLANE_NODES_IP4_H

#include <string.h>

#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <rte_hash_crc.h>
#include <rte_ip.h>

#include "dataplane/nodes/nodes.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/worker.h"

/* What may be said of an address by its first byte; RFC 1812 sections 5.3.7 and 4.2.2.11. */
enum addr_class {
	ADDR_BAD_SRC = 1u << 0,
	ADDR_BAD_DST = 1u << 1,
	ADDR_CAST = 1u << 2, /* multicast, or the byte of limited broadcast */
};

extern const uint8_t addr_classes[256];

#define IP4_FRAG_BITS RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)

static inline struct rte_ipv4_hdr *
mbuf_ip4(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
}

static inline unsigned int
ip4_hdr_len(const struct rte_ipv4_hdr *ip)
{
	return (ip->version_ihl & 0xfu) * 4;
}

/** A fresh header checksum. */
static inline void
ip4_set_cksum(struct rte_ipv4_hdr *ip)
{
	uint16_t sum;

	ip->hdr_checksum = 0;
	sum = rte_raw_cksum(ip, ip4_hdr_len(ip));
	ip->hdr_checksum = (rte_be16_t)~sum;
}

/** TTL one less, checksum brought in line (RFC 1624): one load and one store for both. */
static inline void
ip4_ttl_dec(struct rte_ipv4_hdr *ip)
{
	uint32_t word, sum;

	memcpy(&word, &ip->time_to_live, sizeof(word)); /* TTL, protocol, checksum */
	/* The checksum is the upper half: its carry is added by hand. TTL is not 0. */
	sum = word + ((uint32_t)RTE_BE16(0x0100) << 16) - 1;
	sum += (uint32_t)(sum < word - 1) << 16;
	memcpy(&ip->time_to_live, &sum, sizeof(sum));
}

/**
 * A number that is the same for all packets of a flow: 5-tuple, and for fragments, which may not
 * have the ports, addresses and protocol only.
 */
static inline uint32_t
ip4_flow_hash(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	uint32_t hash = rte_hash_crc_4byte(ip->src_addr, ip->next_proto_id);
	uint32_t ports, off = ip4_hdr_len(ip);

	hash = rte_hash_crc_4byte(ip->dst_addr, hash);
	if ((ip->fragment_offset & IP4_FRAG_BITS) == 0 && m->data_len >= off + sizeof(ports) &&
			(ip->next_proto_id == IPPROTO_TCP || ip->next_proto_id == IPPROTO_UDP)) {
		memcpy(&ports, (const char *)ip + off, sizeof(ports));
		hash = rte_hash_crc_4byte(ports, hash);
	}
	return hash;
}

/** The hop for a packet: of a group, its flow's member. */
static inline hop_t
ip4_hop(const struct tables *t, uint64_t number, const struct rte_mbuf *m)
{
	hop_t hop = hop_by_number(t, number);

	if (unlikely(hop_tag(hop) == HOP_GROUP)) {
		const struct nhgroup *g = hop_ptr(hop);

		/* Multiply-shift instead of a division; members are next hops, never groups. */
		hop = hop_by_number(t,
				g->hops[(uint64_t)ip4_flow_hash(m) * g->n >> 32]);
	}
	return hop;
}

/* The 20 bytes of a header without options, as three words. */
struct ip4_words {
	uint64_t a; /* version to fragment offset */
	uint64_t b; /* TTL to source */
	uint32_t c; /* destination */
	uint8_t src, dst; /* first bytes of both */
};

static inline struct ip4_words
ip4_load(const void *ip)
{
	struct ip4_words h;

	memcpy(&h.a, ip, 8);
	memcpy(&h.b, (const char *)ip + 8, 8);
	memcpy(&h.c, (const char *)ip + 16, 4);
	/* Loads are cheaper than shifts. */
	h.src = ((const uint8_t *)ip)[12];
	h.dst = ((const uint8_t *)ip)[16];
	return h;
}

/**
 * Is the header checksum right? RFC 1071, 64 bits at a time: the carry of each addition goes into
 * the next. 2^16 is 1 modulo 65535, so the ones' complement sum of its words is the number modulo
 * 65535, and the sum is right if that divides it (it is not 0: there is a version in it). An odd
 * divisor divides n if n times its inverse modulo 2^64 is no more than 2^64 / divisor. The inverse
 * is -k, and so is the quotient k; of -k * n both sides are negated here.
 */
static inline bool
ip4_sum_ok(const struct ip4_words *h)
{
	const uint64_t k = UINT64_C(0x0001000100010001);
	uint64_t sum, carry;

	carry = __builtin_add_overflow(h->a, h->b, &sum);
	carry = __builtin_add_overflow(sum, h->c + carry, &sum);
	sum += carry;
	return sum * k >= -k;
}

static inline unsigned int
ip4_total(const struct ip4_words *h)
{
	return rte_bswap32((uint32_t)h->a) & 0xffff;
}

/**
 * Is the header one of a usual packet, all checks of ip4_input passed: no options, whole, checksum
 * right, unicast, no martian? The rest is for ip4_input to sort out. @have: bytes received of it.
 * ip4_usual_rest() is for who knows of version and header length already.
 */
static __rte_always_inline bool
ip4_usual_rest(const struct ip4_words *h, unsigned int have)
{
	uint8_t classes = addr_classes[h->src] | addr_classes[h->dst];

	/* @have is at least a header: one comparison for 20 <= total <= have. */
	return likely(ip4_total(h) - (unsigned int)sizeof(struct rte_ipv4_hdr) <=
			have - (unsigned int)sizeof(struct rte_ipv4_hdr) &&
			classes == 0 && ip4_sum_ok(h));
}

static __rte_always_inline bool
ip4_usual(const struct ip4_words *h, unsigned int have)
{
	return likely((h->a & 0xff) == RTE_IPV4_VHL_DEF) && ip4_usual_rest(h, have);
}

/**
 * What ip4_lookup wants to know of a packet, in place of a context: the destination in host
 * order, and whether its TTL is to be left alone (it is ours, or was held).
 */
#define LOOKUP_TTL_DONE ((uintptr_t)1 << 32)

static inline uintptr_t
lookup_ctx(rte_be32_t dst, uintptr_t flags)
{
	return rte_be_to_cpu_32(dst) | flags;
}

/** TTL one less, unless @ctx says that it has been. False: the packet has ended here. */
static inline bool
ip4_ttl(struct worker *w, struct rte_mbuf *m, uintptr_t ctx)
{
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	if (unlikely(ctx & LOOKUP_TTL_DONE))
		return true;
	if (unlikely(ip->time_to_live <= 1)) {
		icmp_error(w, m, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, CHAN_DROP_IP_TTL);
		return false;
	}
	ip4_ttl_dec(ip);
	return true;
}

/** Append to w->ip4_lookup. The packet's destination is read from its header. */
static inline void
lookup_add(struct worker *w, struct rte_mbuf *m, uintptr_t flags)
{
	pktvec_add(&w->ip4_lookup, m, (void *)lookup_ctx(mbuf_ip4(m)->dst_addr, flags));
}

/**
 * Move the data of a single-segment packet to @off and make it @len long. One store for both
 * lengths (and vlan_tci behind them, which nobody here uses).
 */
static inline void
mbuf_set(struct rte_mbuf *m, unsigned int off, unsigned int len)
{
	uint64_t lens = len | (uint64_t)len << 32;

	static_assert(offsetof(struct rte_mbuf, data_len) ==
					offsetof(struct rte_mbuf, pkt_len) + 4 &&
			offsetof(struct rte_mbuf, vlan_tci) ==
					offsetof(struct rte_mbuf, pkt_len) + 6, "one store");
	m->data_off = (uint16_t)off;
	memcpy((char *)m + offsetof(struct rte_mbuf, pkt_len), &lens, sizeof(lens));
}

/** Is @addr (host order) one of our own, of interfaces, tunnels or virtual routers? */
static inline bool
ip4_is_ours(const struct tables *t, uint32_t addr)
{
	uint64_t number;

	fib_lookup(t->fib, &addr, &number, 1);
	return hop_tag(hop_by_number(t, number)) == HOP_LOCAL;
}

/** Meta data of a packet that was made or injected here. */
static inline void
pkt_meta_ours(struct rte_mbuf *m)
{
	*pkt_meta(m) = (struct pkt_meta){ .if_id = CHAN_NONE, .flags = PKT_OURS };
}

#endif
