/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reass - fragments of packets for ourselves, put together again (RFC 791 section 3.2, RFC 815,
 * RFC 8200 section 4.5).
 * One table per worker. With several workers every packet has an owner, by its addresses and
 * protocol; fragments that arrive at another worker are handed over to it through a ring.
 */
#ifndef CULVERT_DATAPLANE_NODES_REASS_H
#define CULVERT_DATAPLANE_NODES_REASS_H

#include "dataplane/worker.h"

/* What holds while the control plane has not said otherwise (struct chan_param). */
#define REASS_DEFAULT_MS      1000
#define REASS_DEFAULT_PACKETS 1024
#define REASS_DEFAULT_PER_SRC 256

#define REASS_PIECES_MAX 64    /* fragments of one packet */
#define REASS_BIG_ROOM   65535 /* data room of a buffer for what no usual buffer takes */
#define REASS_BIG_BUFS   64    /* such buffers per worker: they are gone within a burst */

struct reass;

struct reass_conf {
	uint32_t max_pieces;     /* fragments held at most: the share of the packet buffers */
	struct rte_mempool *big; /* buffers of REASS_BIG_ROOM, or NULL: what is longer is dropped */
	int socket_id;
};

/** For w->reass. NULL if out of memory. */
struct reass *reass_new(const struct reass_conf *c);
/** Frees the fragments, too, uncounted: for a worker that has ended. NULL is fine. */
void reass_free(struct reass *r);
/** The tables of @n workers, in their order: let them hand fragments over. 0 or -ENOMEM. */
int reass_connect(struct reass *const *all, unsigned int n);

/**
 * A fragment to us: data at its IPv4 header, checked, nothing behind its total length.
 * @return the whole packet, in one segment, if this was the last piece; NULL: the fragment is
 *         held, handed over or dropped.
 */
struct rte_mbuf *reass_put(struct worker *w, struct rte_mbuf *m);
/** The same of a fragment whose others come to this very worker: it is not handed over. */
struct rte_mbuf *reass_put_here(struct worker *w, struct rte_mbuf *m);
/** The same of IPv6, with a fragment header that frag6_input() has looked at and that says @id. The
 *  whole is without it. ICMPv6 errors -> ip6_lookup, tx. */
struct rte_mbuf *reass_put6(struct worker *w, struct rte_mbuf *m, rte_be32_t id);
/**
 * Two fragments that came one after the other, as for reass_put(): are they all of a packet, in
 * order, with nothing wrong with them, and does it fit into @first's buffer?
 * @return true: @first is the whole now, @last is gone; false: nothing was done.
 */
bool reass_pair(struct worker *w, struct rte_mbuf *first, struct rte_mbuf *last);
/** Fragments of both versions that other workers handed over, at most @max. How many there were. */
unsigned int reass_take(struct worker *w, struct rte_mbuf **m, unsigned int max);
/** Drop what has waited too long. -> ip4_lookup, ip6_lookup (ICMP), drained here. */
void reass_tick(struct worker *w);

#endif
