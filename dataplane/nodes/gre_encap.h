/* SPDX-License-Identifier: BSD-3-Clause */
/* What gre_encap.c does for IPv4 and gre6_encap.c for IPv6 packets in the same way. */
#ifndef CULVERT_DATAPLANE_NODES_GRE_ENCAP_H
#define CULVERT_DATAPLANE_NODES_GRE_ENCAP_H

#include <netinet/ip.h>

#include "dataplane/nodes/tx.h"
#include "dataplane/worker.h"

#define MAX_ENCAPS 4 /* tunnels within tunnels that a packet may pass here */

/**
 * The outer header's fields that differ from packet to packet; @inner the first 8 bytes of the
 * inner IPv4 header, or what stands for them. Leaves the sum of all but the total length in the
 * place of the checksum.
 */
static inline void
encap_outer(struct worker *w, const struct tunnel *tun, uint8_t *ip, uint64_t inner)
{
	uint64_t var = (inner & tun->ip_copy) | (uint64_t)w->ip_id++ << 32;
	uint64_t first = tun->ip_set | var;
	uint32_t sum = (uint32_t)tun->ip_sum + (uint32_t)(var & 0xffff) +
			(uint32_t)(var >> 32 & 0xffff) + (uint32_t)(var >> 48);
	uint16_t folded;

	sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t)(sum + (sum >> 16));
	memcpy(ip, &first, sizeof(first));
	memcpy(ip + offsetof(struct rte_ipv4_hdr, hdr_checksum), &folded, sizeof(folded));
}

/** GRE without protection: the outer header is finished, the frame leaves. */
static inline void
encap_plain_tx(struct worker *w, struct tunnel *tun, struct rte_mbuf *m)
{
	tunnel_outer_len(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, tun->l2_len),
			(uint16_t)(m->data_len - tun->l2_len));
	tx_tunnel(w, tun, m);
}

/** The outer TTL is the inner one. The template has zero there, and its sum counts none. @ip: the
 *  outer header, after encap_outer(). */
void encap_ttl(uint8_t *ip, uint8_t ttl);
/** That TTL, of @m whose own is @ttl. What is made here has one for reasons of its own, OSPF's is 1:
 *  it would not reach the far end. */
static inline uint8_t
encap_ttl_of(struct rte_mbuf *m, uint8_t ttl)
{
	return pkt_meta(m)->flags & PKT_OURS ? IPDEFTTL : ttl;
}

/** GRE checksum and sequence number: what is not in the template. @len: @gre to the packet's
 *  end. */
void encap_gre_options(struct tunnel *tun, uint8_t *gre, size_t len);

/** Headers in front of an inner IPv6 packet. In gre6_encap.c. */
void encap6_one(struct worker *w, struct tunnel *tun, struct rte_mbuf *m);

/**
 * Usual packets from the front of @v, which is gre_frag's: cut in two, both pieces left for
 * esp_encrypt, which must have nothing waiting. They stay in @v, for the caller to take out.
 * @return how many; 0: the first one is not usual, or there are no buffers. In gre_cut.c.
 */
unsigned int gre_cut(struct worker *w, struct pktvec *v);

/** A packet that does not go: the tunnel takes none now or it has no room; held or dropped. */
void encap_not(struct worker *w, struct tunnel *tun, struct rte_mbuf *m);

#endif
