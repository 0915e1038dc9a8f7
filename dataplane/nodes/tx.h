/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tx - the end of the path: frames go into the transmit buffer of their port. The worker's loop
 * (worker_loop.c) hands the buffers to the device after each burst with tx_send(), which counts
 * stats->tx and TX_FULL for what the device took and refused, or gives them up with TX_DOWN.
 */
#ifndef CULVERT_DATAPLANE_NODES_TX_H
#define CULVERT_DATAPLANE_NODES_TX_H

#include <rte_ip.h>

#include "dataplane/tables/tunnel.h"
#include "dataplane/worker.h"

/** Hand @n packets to a device. Returns how many it took, from the first on. */
typedef uint16_t tx_burst_fn(void *arg, struct rte_mbuf **m, uint16_t n);

/**
 * Send what is in @port's buffer. Data that is refused is dropped; PKT_CONTROL waits there, counted
 * as held and in w->n_late, and is the first to leave at the next call.
 */
void tx_send(struct worker *w, uint16_t port, tx_burst_fn *burst, void *arg);
/** Drop all that is in @port's buffer, also what has waited. */
void tx_give_up(struct worker *w, uint16_t port, enum chan_drop why);
/** @tx is full: true if there is room for @m now, at the cost of a data packet; else @m is gone. */
bool tx_make_room(struct worker *w, struct txbuf *tx, struct rte_mbuf *m);

/**
 * Append a finished frame to @port's buffer and count it on interface @if_id. A buffer can only
 * be full when fragmentation made more of a burst than it holds: counted as TX_FULL.
 */
static inline void
tx_add(struct worker *w, uint16_t port, uint32_t if_id, struct rte_mbuf *m)
{
	struct txbuf *tx = &w->tx[port];

	if (unlikely(tx->n == RTE_DIM(tx->m)) && !tx_make_room(w, tx, m))
		return;
	w->if_stats[if_id].out_packets++;
	w->if_stats[if_id].out_bytes += rte_pktmbuf_pkt_len(m);
	tx->m[tx->n++] = m;
}

/*
 * A run of frames for the same port and interface, as most of a burst is: counted once. Between its
 * begin and end nobody else appends to a buffer.
 */
struct tx_run {
	struct worker *w;
	struct rte_mbuf **next, **end; /* the free places of @tx */
	struct txbuf *tx;              /* NULL: no frame yet */
	uint32_t port;
	uint32_t if_id;
	uint64_t bytes;
	const void *last; /* the caller's: what tx_run_to() was last called for */
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
	uint16_t n;

	if (r->tx == NULL)
		return;
	n = (uint16_t)(r->next - r->tx->m);
	r->w->if_stats[r->if_id].out_packets += n - r->tx->n;
	r->w->if_stats[r->if_id].out_bytes += r->bytes;
	r->tx->n = n;
	r->bytes = 0;
}

/** The frames from here on are of interface @if_id on @port. */
static inline void
tx_run_to(struct tx_run *r, uint16_t port, uint32_t if_id)
{
	if (likely(r->tx != NULL && port == r->port && if_id == r->if_id))
		return;
	tx_run_end(r);
	r->tx = &r->w->tx[port];
	r->next = &r->tx->m[r->tx->n];
	r->end = &r->tx->m[RTE_DIM(r->tx->m)];
	r->port = port;
	r->if_id = if_id;
}

/** The buffer is full: its frames are booked, then one may have to give way to @m. By value: a run
 *  whose address is given away would have to be kept in memory. */
struct tx_run tx_run_full(struct tx_run r, struct rte_mbuf *m);

/** The same as tx_add(), but counted when the run ends. @len: of the frame @m. */
static inline void
tx_run_put(struct tx_run *r, struct rte_mbuf *m, uint32_t len)
{
	if (unlikely(r->next == r->end)) {
		*r = tx_run_full(*r, m);
		return;
	}
	r->bytes += len;
	*r->next++ = m;
}

static inline void
tx_run_add(struct tx_run *r, uint16_t port, uint32_t if_id, struct rte_mbuf *m)
{
	tx_run_to(r, port, if_id);
	tx_run_put(r, m, rte_pktmbuf_pkt_len(m));
}

/** A finished frame of @tun. */
static inline void
tx_tunnel(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m)
{
	tx_add(w, tun->egress.port, tun->egress.if_id, m);
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
