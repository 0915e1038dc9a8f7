/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMPv6 (RFC 4443) that the dataplane answers itself, and neighbour discovery on its way up. */
#ifndef CULVERT_DATAPLANE_NODES_ICMP6_H
#define CULVERT_DATAPLANE_NODES_ICMP6_H

#include <stdint.h>

#include <rte_byteorder.h>

#include "dataplane/worker.h"

enum icmp6_type {
	ICMP6_UNREACH = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAM_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_ND_FIRST = 133, /* RS, RA, NS, NA, redirect (RFC 4861) */
	ICMP6_ND_LAST = 137,
};

enum icmp6_unreach {
	ICMP6_UNREACH_NO_ROUTE = 0,
	ICMP6_UNREACH_SCOPE = 2,
	ICMP6_UNREACH_ADDRESS = 3,
	ICMP6_UNREACH_PORT = 4,
};

#define ICMP6_PARAM_FIELD       0
#define ICMP6_PARAM_NEXT_HEADER 1
#define ICMP6_PARAM_OPTION      2
#define ICMP6_PARAM_CHAIN       3 /* RFC 7112 section 5 */

#define ICMP6_TIME_REASSEMBLY 1

#define ND_HOPS 255 /* RFC 4861 section 6.1: nothing that was forwarded has it */

struct icmp6_hdr {
	uint8_t type;
	uint8_t code;
	rte_be16_t cksum;
	rte_be32_t arg; /* echo: id and sequence; too big: MTU; parameter problem: pointer */
} __rte_packed; /* may be at any address */

/**
 * Drop @m (data at its IPv6 header) under @why and, where RFC 4443 section 2.4 allows and the rate
 * limit does not forbid, send its sender an ICMPv6 error. -> ip6_lookup, or tx for a link-local
 * sender.
 * @param arg  of Packet Too Big: the MTU; of Parameter Problem: the pointer; else 0. Host order.
 */
void icmp6_error(struct worker *w, struct rte_mbuf *m, uint8_t type, uint8_t code, uint32_t arg,
		enum chan_drop why);
/** ICMPv6 to one of our addresses; its header is at @off, the extension headers before it are
 *  checked. -> echo replies to ip6_lookup or tx, icmp6_long. Drops ICMP_BAD, ICMP_LIMIT,
 *  LOCAL_PROTO. */
void icmp6_input(struct worker *w, struct rte_mbuf *m, unsigned int off);
/** w->icmp6_long: echo requests that were put together of fragments, one at a time. -> echo
 *  replies, in fragments, to ip6_lookup or tx. Drops ICMP_LIMIT, FRAG_FAIL. */
void icmp6_long(struct worker *w);
/** Is @m, ICMPv6 without extension headers, by its type a message of neighbour discovery? */
bool nd_is_message(const struct rte_mbuf *m);
/** Such a message, to us or a group: for the control plane. Drops IP6_ND, ICMP_BAD. */
void nd_input(struct worker *w, struct rte_mbuf *m);

#endif
