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
#include "dataplane/tables/tables_int.h"

/** Bits of enum tun_opt with which a packet of this IPv4 protocol is not usual (gre_decap.c). */
extern const uint8_t gre_unusual[256];

/* The first four bytes of a GRE header around IPv4: without options, with a key only. */
#define GRE_WORD_PLAIN RTE_BE32(RTE_ETHER_TYPE_IPV4)
#define GRE_WORD_KEYED RTE_BE32(UINT32_C(0x2000) << 16 | RTE_ETHER_TYPE_IPV4)

#define GRE_PLAIN_LEN 4 /* without options */

/* What gre_usual() says of all but the GRE header, with the inner header at @ip. */
static inline bool
gre_usual_inside(unsigned int opts, const uint8_t *ip, unsigned int len, uint8_t outer_tos,
		struct ip4_words *h)
{
	if (unlikely(len < sizeof(struct rte_ipv4_hdr)) ||
			(unlikely((outer_tos & ECN_MASK) != 0) && !ecn_stays(outer_tos, ip[1])))
		return false;
	*h = ip4_load(ip);
	if (unlikely((gre_unusual[h->b >> 8 & 0xff] & opts) != 0) &&
			((h->b >> 8 & 0xff) == IPPROTO_GRE || mss_maybe_syn4(ip)))
		return false;
	return ip4_usual(h, len);
}

/** The same as gre_usual() out of a tunnel with a key, which is the GRE header's, too, and all that
 *  is in it. NULL: it is not. */
const uint8_t *gre_usual_keyed(const struct tables *t, uint32_t tun_id, const uint8_t *p,
		unsigned int len, uint8_t outer_tos);

/**
 * Is it a packet without GRE options but for the tunnel's key, with a usual IPv4 packet inside, out
 * of a tunnel that takes such packets and whose outer header has no congestion mark to be carried
 * over (that it is able to take one is none)? Keepalives and, where the MSS is clamped, TCP's SYN
 * packets are not usual.
 *
 * @param opts       enum tun_opt of the tunnel of the SA that protected it; 0: there is none.
 * @param p          the GRE header, @len bytes from there on.
 * @param outer_tos  of the outer IPv4 header.
 * @param h          out: the inner header.
 * @return where that is; NULL: it is not.
 */
static inline const uint8_t *
gre_usual(const struct tables *t, uint32_t tun_id, unsigned int opts, const uint8_t *p,
		unsigned int len, uint8_t outer_tos, struct ip4_words *h)
{
	const uint8_t *ip = p + GRE_PLAIN_LEN;
	uint32_t word;

	if (unlikely(len < GRE_PLAIN_LEN))
		return NULL;
	memcpy(&word, p, sizeof(word));
	if (likely((opts & (TUN_OPT_KEY | TUN_OPT_UP)) == TUN_OPT_UP))
		return gre_usual_inside(opts, ip, len - GRE_PLAIN_LEN, outer_tos, h) &&
				likely(word == GRE_WORD_PLAIN) ? ip : NULL;
	ip = gre_usual_keyed(t, tun_id, p, len, outer_tos);
	if (ip != NULL)
		*h = ip4_load(ip);
	return ip;
}

#endif
