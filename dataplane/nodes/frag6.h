/* SPDX-License-Identifier: BSD-3-Clause */
/* The fragment header of IPv6 (RFC 8200 section 4.5) of packets for ourselves. */
#ifndef CULVERT_DATAPLANE_NODES_FRAG6_H
#define CULVERT_DATAPLANE_NODES_FRAG6_H

#include "dataplane/worker.h"

#define FRAG6_HDR_LEN      8u
#define FRAG6_OFFSET_FIELD 2u /* in it: offset, two reserved bits, more fragments */
#define FRAG6_MORE         1u

/* A packet's fragment header. */
struct frag6 {
	unsigned int off;   /* where it is, from the IPv6 header on */
	unsigned int field; /* where the header before it says that it comes */
	uint32_t offset;    /* of the fragment, in bytes */
	rte_be32_t id;
	uint8_t next;
	bool more;
};

/** @m, data at its IPv6 header: false if no whole fragment header is behind headers that may be
 *  in front of one. */
bool frag6_read(const struct rte_mbuf *m, struct frag6 *f);
/** Take the fragment header @f out of @m; what is in front of it, Ethernet too, moves up. */
void frag6_strip(struct rte_mbuf *m, const struct frag6 *f);
/**
 * A packet with a fragment header, to us.
 * @return the packet without it, if it was all of it (RFC 6946) or the last piece that was
 *         missing; NULL: held, handed over or dropped. -> ip6_lookup, tx (ICMPv6 errors)
 */
struct rte_mbuf *frag6_input(struct worker *w, struct rte_mbuf *m);

#endif
