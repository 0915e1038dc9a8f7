/* SPDX-License-Identifier: BSD-3-Clause */
/* The ICMP header (RFC 792) as both icmp.c and ip4_local.c read it; rate limits. */
#ifndef CULVERT_DATAPLANE_NODES_ICMP_H
#define CULVERT_DATAPLANE_NODES_ICMP_H

#include <stdint.h>

#include <rte_byteorder.h>

#include "dataplane/worker.h"

struct icmp_hdr {
	uint8_t type;
	uint8_t code;
	rte_be16_t cksum;
	/* echo: id and sequence; fragmentation needed: 0 and the MTU; parameter problem: the pointer
	 * in the first byte */
	rte_be16_t rest[2];
};

/** May another ICMP or ICMPv6 error, or echo reply, be sent now? Takes a token. */
bool icmp_may_error(struct worker *w);
bool icmp_may_echo(struct worker *w);

#endif
