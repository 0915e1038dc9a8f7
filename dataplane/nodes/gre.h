/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short way out of a protected tunnel: what gre_decap.c does with the usual packet, for
 * esp_decrypt.c to do while it has the packet at hand. All that is not usual takes the long way.
 */
#ifndef CULVERT_DATAPLANE_NODES_GRE_H
#define CULVERT_DATAPLANE_NODES_GRE_H

#include "dataplane/nodes/ecn.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/mss.h"

/** Bits of enum tun_opt with which a packet of this IPv4 protocol is not usual (gre_decap.c). */
extern const uint8_t gre_unusual[256];

/**
 * Is it a packet without GRE options, with a usual IPv4 packet inside, out of a tunnel that takes
 * such packets and whose outer header has no congestion mark to be carried over (that it is able to
 * take one is none)? Keepalives and,
 * where the MSS is clamped, TCP's SYN packets are not usual.
 *
 * @param opts       enum tun_opt of the tunnel of the SA that protected it; 0: there is none.
 * @param p          the GRE header, @len bytes from there on.
 * @param outer_tos  of the outer IPv4 header.
 * @param h          out: the inner header, at @p + GRE_USUAL_LEN.
 */
#define GRE_USUAL_LEN 4
static inline bool
gre_usual(unsigned int opts, const uint8_t *p, unsigned int len, uint8_t outer_tos,
		struct ip4_words *h)
{
	uint32_t word;

	if (unlikely(len < GRE_USUAL_LEN + sizeof(struct rte_ipv4_hdr) ||
			(opts & (TUN_OPT_KEY | TUN_OPT_UP)) != TUN_OPT_UP) ||
			(unlikely((outer_tos & ECN_MASK) != 0) &&
			!ecn_stays(outer_tos, p[GRE_USUAL_LEN + 1])))
		return false;
	memcpy(&word, p, sizeof(word));
	*h = ip4_load(p + GRE_USUAL_LEN);
	if (unlikely((gre_unusual[h->b >> 8 & 0xff] & opts) != 0) &&
			((h->b >> 8 & 0xff) == IPPROTO_GRE || mss_maybe_syn4(p + GRE_USUAL_LEN)))
		return false;
	return likely(word == RTE_BE32(RTE_ETHER_TYPE_IPV4)) && ip4_usual(h, len - GRE_USUAL_LEN);
}

#endif
