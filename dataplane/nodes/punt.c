/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * punt - packets for the control plane, through one ring per worker and class, so that a flood of
 * one class cannot starve another and a control plane that has stopped reading cannot block us.
 *
 * in     data at the IP header or the ARP message, behind l3_off bytes of Ethernet header
 * drops  PUNT_NOBODY, PUNT_SIZE, PUNT_FULL; counted by class, too
 */
#include "dataplane/nodes/nodes.h"

static void
punt_drop(struct worker *w, struct rte_mbuf *m, enum chan_class cls, enum chan_drop why)
{
	w->stats->punt_drops[cls]++;
	pkt_drop(w, m, why);
}

void
punt(struct worker *w, struct rte_mbuf *m, enum chan_class cls)
{
	const struct pkt_meta *meta = pkt_meta(m);
	uint32_t len = (uint32_t)m->data_len + meta->l3_off;
	struct chan_pkt *slot;

	if (worker_rings(w) == NULL) {
		punt_drop(w, m, cls, CHAN_DROP_PUNT_NOBODY);
		return;
	}
	if (len > CHAN_PKT_DATA) {
		punt_drop(w, m, cls, CHAN_DROP_PUNT_SIZE);
		return;
	}
	slot = ring_out_slot(&w->punt_out[cls]);
	if (slot == NULL) {
		punt_drop(w, m, cls, CHAN_DROP_PUNT_FULL);
		return;
	}
	slot->len = (uint16_t)len;
	slot->l3_off = meta->l3_off;
	slot->cls = (uint8_t)cls;
	slot->mode = 0;
	slot->worker = w->id;
	slot->zero = 0;
	slot->if_id = meta->if_id;
	slot->tun_id = meta->tun_id;
	slot->sa_id = meta->sa_id;
	memset(slot->spare, 0, sizeof(slot->spare));
	memcpy(slot->data, rte_pktmbuf_mtod(m, const char *) - meta->l3_off, len);
	ring_out_push(&w->punt_out[cls]);
	w->stats->punted[cls]++;
	w->wake_cp = true;
	rte_pktmbuf_free(m);
}

void
punt_flush(struct worker *w)
{
	struct chan_rings *rings = worker_rings(w);

	if (likely(!w->wake_cp))
		return;
	w->wake_cp = false;
	if (rings != NULL)
		ring_wake_cp(rings, w->wake_cp_fd);
}
