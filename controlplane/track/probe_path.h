/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of a probe's packets: out of an interface to a neighbour, into a tunnel, or by the
 * routes. IPv4 addresses are IPv4-mapped.
 */
#ifndef CULVERT_CONTROLPLANE_PROBE_PATH_H
#define CULVERT_CONTROLPLANE_PROBE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"

struct cp;

struct probe_way {
	const char *interface; /* or tunnel; "": by the routes */
	struct ip6_addr next_hop; /* zero: the target itself; only with an interface */
	struct ip6_addr source;   /* zero: that of the interface, or of the one the route
				   * leads to */
};

/** The address of an interface or tunnel for packets to @target. False: it has none, or there is no
 *  such interface. */
bool probe_source_of(const struct cp *cp, const char *name, const struct ip6_addr *target,
		struct ip6_addr *source);
/** Is it an address of ours? */
bool probe_is_ours(const struct cp *cp, const struct ip6_addr *a);
/** Our address that a packet to @target leaves from. False: there is none, @why says why. */
bool probe_source(const struct cp *cp, const struct probe_way *w, const struct ip6_addr *target,
		struct ip6_addr *source, char *why, size_t why_len);
/** Send a packet, from its IP header on. False: it could not be, @why says why, or is "". */
bool probe_out(struct cp *cp, const struct probe_way *w, const struct ip6_addr *target,
		const uint8_t *pkt, size_t len, char *why, size_t why_len);

#endif
