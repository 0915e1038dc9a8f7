/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tx - the end of the path: frames go into the transmit buffer of their port. The worker's loop
 * (worker.c) hands the buffers to the device after each burst, empties them, and counts
 * stats->tx, TX_DOWN and TX_FULL for what the device took and refused.
 */
#ifndef CULVERT_DATAPLANE_NODES_TX_H
#define CULVERT_DATAPLANE_NODES_TX_H

#include <rte_ip.h>

#include "dataplane/tables/tunnel.h"
#include "dataplane/worker.h"

/**
 * Append a finished frame to @port's buffer and count it on interface @if_id. A buffer can only
 * be full when fragmentation made more of a burst than it holds: counted as TX_FULL.
 */
static inline void
tx_add(struct worker *w, uint16_t port, uint32_t if_id, struct rte_mbuf *m)
{
	struct txbuf *tx = &w->tx[port];

	if (unlikely(tx->n == RTE_DIM(tx->m))) {
		pkt_drop(w, m, CHAN_DROP_TX_FULL);
		return;
	}
	w->if_stats[if_id].out_packets++;
	w->if_stats[if_id].out_bytes += rte_pktmbuf_pkt_len(m);
	tx->m[tx->n++] = m;
}

/* A run of frames for the same port and interface, as most of a burst is: counted once. */
struct tx_run {
	struct worker *w;
	struct txbuf *tx; /* NULL: no frame yet */
	uint32_t port;
	uint32_t if_id;
	uint32_t n;
	uint64_t bytes;
};

static inline struct tx_run
tx_run_begin(struct worker *w)
{
	return (struct tx_run){ .w = w };
}

/** Book the run. Frames of other ports may follow. */
static inline void
tx_run_end(struct tx_run *r)
{
	if (r->tx != NULL) {
		r->w->if_stats[r->if_id].out_packets += r->n;
		r->w->if_stats[r->if_id].out_bytes += r->bytes;
	}
	r->n = 0;
	r->bytes = 0;
}

/** The same as tx_add(), but counted when the run ends. */
static inline void
tx_run_add(struct tx_run *r, uint16_t port, uint32_t if_id, struct rte_mbuf *m)
{
	if (unlikely(r->tx == NULL || port != r->port || if_id != r->if_id)) {
		tx_run_end(r);
		r->tx = &r->w->tx[port];
		r->port = port;
		r->if_id = if_id;
	}
	if (unlikely(r->tx->n == RTE_DIM(r->tx->m))) {
		pkt_drop(r->w, m, CHAN_DROP_TX_FULL);
		return;
	}
	r->n++;
	r->bytes += rte_pktmbuf_pkt_len(m);
	r->tx->m[r->tx->n++] = m;
}

/** A finished frame of @tun. */
static inline void
tx_tunnel(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m)
{
	tx_add(w, tun->port, tun->if_id, m);
}

/**
 * Fill in the outer total length. gre_encap has left in hdr_checksum the folded sum (not
 * complemented) of all of the header but total length, so this is all that is left to do.
 * @param ip     the outer header in the frame.
 * @param total  its total length in bytes, host order.
 */
static inline void
tunnel_outer_len(struct rte_ipv4_hdr *ip, uint16_t total)
{
	uint16_t len_be = rte_cpu_to_be_16(total);
	uint32_t sum = (uint32_t)ip->hdr_checksum + len_be;

	sum = (sum & 0xffff) + (sum >> 16);
	ip->total_length = len_be;
	ip->hdr_checksum = (rte_be16_t)~sum;
}

#endif
