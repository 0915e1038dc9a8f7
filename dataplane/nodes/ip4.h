/* SPDX-License-Identifier: BSD-3-Clause */
/* What several nodes do with IPv4 headers: classes of addresses, checksums, flows, hops. */
#ifndef CULVERT_DATAPLANE_NODES_IP4_H
#define CULVERT_DATAPLANE_NODES_IP4_H

#include <string.h>

#include <netinet/in.h>

#include <rte_hash_crc.h>
#include <rte_ip.h>

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
	sum = (word >> 16) + RTE_BE16(0x0100);
	sum += sum >> 16;
	word = ((word & 0xffff) - 1) | sum << 16;
	memcpy(&ip->time_to_live, &word, sizeof(word));
}

/**
 * A number that is the same for all packets of a flow: 5-tuple, and for fragments, which may not have
 * the ports, addresses and protocol only.
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

/** Meta data of a packet that was made or injected here. */
static inline void
pkt_meta_ours(struct rte_mbuf *m)
{
	*pkt_meta(m) = (struct pkt_meta){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE,
		.sa_id = CHAN_NONE, .flags = PKT_OURS };
}

#endif
