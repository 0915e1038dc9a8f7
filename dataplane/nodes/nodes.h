/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The nodes of the packet path, one file each. Every burst function takes the whole of its vector
 * in struct worker and sorts each packet into exactly one other vector, a transmit buffer, the
 * hold, a punt ring, or pkt_drop(). path.c calls them in this order:
 *
 *   ethernet_input -> ip4_input -> ip4_lookup +-> ip4_rewrite -> tx
 *                         ^                   +-> gre_encap (-> esp_encrypt) -> tx
 *                         |                   +-> hold (neighbour unknown)
 *                         |                   +-> ip4_local +-> punt
 *                         |                                 +-> esp_decrypt -+
 *                         +---------------- gre_decap <-----+----------------+
 *
 * IPv6 has nodes of its own for each ip4_ and for gre_encap; both meet in gre_decap, esp_* and tx.
 * ip4_frag and gre_frag make fragments of what is too long; icmp_error makes ICMP errors.
 */
#ifndef CULVERT_DATAPLANE_NODES_NODES_H
#define CULVERT_DATAPLANE_NODES_NODES_H

#include "dataplane/tables/nexthop.h"
#include "dataplane/worker.h"

/** Frames of one port as received: Ethernet and VLAN header off, ours only. Counts stats->rx. */
void ethernet_input(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n);
/** w->ip4_input: the checks of RFC 1812 section 5.2.2. -> ip4_lookup */
void ip4_input(struct worker *w);
/** w->ip4_verify: whether the source may come in there (RFC 3704). -> ip4_lookup */
void ip4_verify(struct worker *w);
/** w->ip4_lookup: where to; TTL. -> ip4_rewrite, gre_encap, ip4_local, hold */
void ip4_lookup(struct worker *w);
/** w->ip4_rewrite: MTU and Ethernet header. -> tx, ip4_frag */
void ip4_rewrite(struct worker *w);
/** w->ip4_local: what is for us. -> esp_decrypt, gre_decap, punt, echo replies to ip4_lookup */
void ip4_local(struct worker *w);
/** w->gre_encap: MTU, template, GRE. -> tx, esp_encrypt, gre_frag, hold */
void gre_encap(struct worker *w);
/** w->gre_decap: GRE off, the tunnel's rules. -> ip4_input, ip6_input */
void gre_decap(struct worker *w);
/** The same for IPv6. w->ip6_input: RFC 8200's checks. -> ip6_lookup, ip6_local, punt */
void ip6_input(struct worker *w);
/** w->ip6_lookup. -> ip6_rewrite, gre6_encap, ip6_local, hold */
void ip6_lookup(struct worker *w);
/** w->ip6_rewrite. -> tx */
void ip6_rewrite(struct worker *w);
/** w->ip6_local. -> punt, echo replies to ip6_lookup or tx */
void ip6_local(struct worker *w);
/** w->gre6_encap. -> tx, esp_encrypt, hold */
void gre6_encap(struct worker *w);
/** Packets of w->ip4_frag or w->gre_frag in pieces: at least one, as many as there is room for.
 *  -> ip4_rewrite / gre_encap, tx. The other vectors must be empty. */
void ip4_frag(struct worker *w);
void gre_frag(struct worker *w);

/**
 * A burst straight from ip4_lookup: @n packets @m, at least one, that are all for tunnels, the
 * first one's with TUN_OPT_SHORT; data at the IPv4 header, TTL to be decremented, and the @hops
 * that lead there. What usual packets there are (esp_out.h) is left for esp_encrypt, all others in
 * w->gre_encap.
 */
void gre_encap_looked_up(struct worker *w, struct rte_mbuf *const *m, const hop_t *hops,
		unsigned int n);

/**
 * For fragments of outer packets: all of gre_encap and esp_encrypt for one packet, however long.
 * The vectors of both must be empty.
 * @return the frame, not yet in a transmit buffer, its outer DF clear; NULL if it was dropped.
 */
struct rte_mbuf *gre_encap_whole(struct worker *w, struct tunnel *tun, struct rte_mbuf *m);

/**
 * Send what is a GRE packet already, data at its GRE header, out of @tun: all that the tunnel puts
 * around a packet but for GRE. For answers to the peer's keepalives. -> esp_encrypt, tx
 */
void gre_answer(struct worker *w, struct tunnel *tun, struct rte_mbuf *m);

/**
 * Hand @m to the control plane, data at the IP header or the ARP message. With pkt_meta's l3_off
 * the Ethernet header in front of data goes along. Frees @m, counts.
 */
void punt(struct worker *w, struct rte_mbuf *m, enum chan_class cls);

/** Wake the control plane after punts and events, at the end of a burst. */
void punt_flush(struct worker *w);

/**
 * Drop @m (data at its IPv4 header) under @why and, where RFC 1812 section 4.3.2.7 allows and the
 * rate limit does not forbid, send its sender an ICMP error. -> ip4_lookup
 * @param arg  the second word of the ICMP header, host order: the MTU of a fragmentation-needed
 *             message (RFC 1191 section 4), the pointer of a parameter problem in the upper byte
 */
void icmp_error(struct worker *w, struct rte_mbuf *m, uint8_t type, uint8_t code, uint32_t arg,
		enum chan_drop why);

/** Answer an echo request that ip4_local has checked, in place or dropped by rate. -> ip4_lookup */
void icmp_echo_reply(struct worker *w, struct rte_mbuf *m);

#endif
