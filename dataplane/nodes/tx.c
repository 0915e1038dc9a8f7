/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tx - what happens at a transmit queue that is full: data is dropped, packets of the control plane
 * are not (while there is data to be dropped in their place). They wait in the port's buffer, and
 * leave before anything else as soon as the device takes packets again. A port so congested loses
 * data; its routing neighbours and its VRRP peers notice nothing.
 */
#include <rte_pause.h>

#include "dataplane/nodes/tx.h"

#define TX_TRIES 16 /* at a full queue, before what is left counts as refused */

/* Offer @n packets. Returns how many were taken. */
static uint16_t
tx_offer(tx_burst_fn *burst, void *arg, struct rte_mbuf **m, uint16_t n)
{
	uint16_t sent = 0;

	for (int tries = 0; tries < TX_TRIES && sent < n; tries++) {
		uint16_t k = burst(arg, m + sent, (uint16_t)(n - sent));

		sent = (uint16_t)(sent + k);
		if (k == 0)
			rte_pause();
	}
	return sent;
}

/* The device did not take it. */
static void
tx_refused(struct worker *w, struct txbuf *tx, struct rte_mbuf *m)
{
	if (!(pkt_meta(m)->flags & PKT_CONTROL) || tx->n_late == RTE_DIM(tx->late)) {
		pkt_drop(w, m, CHAN_DROP_TX_FULL);
		return;
	}
	tx->late[tx->n_late++] = m;
	w->n_late++;
	w->stats->held++;
}

/* @n of the waiting ones have left the port's buffer. */
static void
late_gone(struct worker *w, struct txbuf *tx, uint16_t n)
{
	tx->n_late = (uint16_t)(tx->n_late - n);
	w->n_late -= n;
	w->stats->held -= n;
	memmove(tx->late, tx->late + n, tx->n_late * sizeof(tx->late[0]));
}

void
tx_send(struct worker *w, uint16_t port, tx_burst_fn *burst, void *arg)
{
	struct txbuf *tx = &w->tx[port];
	uint16_t n = tx->n, sent = 0;

	tx->n = 0;
	if (unlikely(tx->n_late != 0)) {
		uint16_t k = tx_offer(burst, arg, tx->late, tx->n_late);

		w->stats->tx += k;
		late_gone(w, tx, k);
	}
	if (likely(tx->n_late == 0))
		sent = tx_offer(burst, arg, tx->m, n);
	w->stats->tx += sent;
	for (uint16_t i = sent; i < n; i++)
		tx_refused(w, tx, tx->m[i]);
}

void
tx_give_up(struct worker *w, uint16_t port, enum chan_drop why)
{
	struct txbuf *tx = &w->tx[port];
	uint16_t n = tx->n, n_late = tx->n_late;

	tx->n = 0;
	for (uint16_t i = 0; i < n; i++)
		pkt_drop(w, tx->m[i], why);
	for (uint16_t i = 0; i < n_late; i++)
		pkt_drop(w, tx->late[i], why);
	late_gone(w, tx, n_late);
}

bool
tx_make_room(struct worker *w, struct txbuf *tx, struct rte_mbuf *m)
{
	if (pkt_meta(m)->flags & PKT_CONTROL) {
		for (uint16_t i = tx->n; i-- > 0;) {
			if (pkt_meta(tx->m[i])->flags & PKT_CONTROL)
				continue;
			pkt_drop(w, tx->m[i], CHAN_DROP_TX_FULL);
			tx->m[i] = tx->m[--tx->n];
			return true;
		}
	}
	pkt_drop(w, m, CHAN_DROP_TX_FULL);
	return false;
}

struct tx_run
tx_run_full(struct tx_run r, struct rte_mbuf *m)
{
	tx_run_end(&r);
	tx_add(r.w, (uint16_t)r.port, r.if_id, m);
	r.next = &r.tx->m[r.tx->n];
	return r;
}
