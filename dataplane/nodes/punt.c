/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * punt - packets for the control plane, through one ring per worker and class, so that a flood of
 * one class cannot starve another and a control plane that has stopped reading cannot block us.
 *
 * in     data at the IP header or the ARP message, behind l3_off bytes of Ethernet header; what
 *        came out of ESP and is GRE without IP inside: at the GRE header
 * drops  PUNT_NOBODY, PUNT_SIZE, PUNT_POLICED, PUNT_FULL; counted by class, too
 *
 * OSPF's Hellos keep adjacencies alive: they have buckets of their own, and the last places of
 * their ring. An LSA may be longer than a slot (a router with some hundred links): OSPF's packets
 * take as many slots as they need. So do IKE's with many proposals or certificates (RFC 7296
 * section 2: 3000 bytes at least), as far as the engine would put fragments together.
 */
#include <rte_jhash.h>

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/police.h"

#define OSPF_HELLO  1  /* RFC 2328 section A.3.2, RFC 5340 section A.3.2 */
#define HELLO_PLACES 64 /* of the ring, for nothing else */
#define IKE_SLOTS    17 /* 33 KiB */

/* How many slots a packet may take. */
static uint32_t
slots_max(enum chan_class cls)
{
	return cls == CHAN_CLASS_OSPF ? CHAN_PUNT_SLOTS : cls == CHAN_CLASS_IKE ? IKE_SLOTS : 1;
}

static void
punt_drop(struct worker *w, struct rte_mbuf *m, enum chan_class cls, enum chan_drop why)
{
	w->stats->punt_drops[cls]++;
	pkt_drop(w, m, why);
}

/* What tells sources apart: the IP address; of an ARP message, the Ethernet address; of GRE out of
 * ESP, the tunnel, for thousands of branches answer keepalives. */
static uint32_t
punt_source(struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t l2_len = pkt_meta(m)->l3_off;
	uint32_t addr[4] = { 0 };

	if (p[0] >> 4 == 4 && m->data_len >= sizeof(struct rte_ipv4_hdr))
		return ((const struct rte_ipv4_hdr *)p)->src_addr;
	if (p[0] >> 4 == 6 && m->data_len >= sizeof(struct rte_ipv6_hdr))
		memcpy(addr, p + 8, sizeof(addr));
	else if (l2_len >= sizeof(struct rte_ether_hdr))
		memcpy(addr, p - l2_len + RTE_ETHER_ADDR_LEN, RTE_ETHER_ADDR_LEN);
	else
		addr[0] = pkt_origin(m).tun_id;
	return rte_jhash_32b(addr, RTE_DIM(addr), 0);
}

static bool
punt_is_hello(const struct rte_mbuf *m, enum chan_class cls)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	unsigned int off = p[0] >> 4 == 4 ? (p[0] & 0xfu) * 4 : sizeof(struct rte_ipv6_hdr);

	/* Version and type are the first two bytes of both versions. */
	return cls == CHAN_CLASS_OSPF && m->data_len >= off + 2 && p[off + 1] == OSPF_HELLO;
}

/* May it go, and is there a place? CHAN_N_DROPS: yes. */
static enum chan_drop
punt_admit(struct worker *w, struct rte_mbuf *m, enum chan_class cls)
{
	bool hello = punt_is_hello(m, cls);

	if (!police_ok(w, cls, punt_source(m), hello)) {
		w->stats->punt_policed[cls]++;
		return CHAN_DROP_PUNT_POLICED;
	}
	if (cls == CHAN_CLASS_OSPF && !hello && ring_out_room(&w->punt_out[cls]) <= HELLO_PLACES)
		return CHAN_DROP_PUNT_FULL;
	return CHAN_N_DROPS;
}

/* Bytes @at.. of the packet, as much as fits, into a slot that must be there. How many. */
static uint32_t
punt_slot(struct worker *w, struct rte_mbuf *m, enum chan_class cls, uint32_t at, uint32_t total)
{
	const struct pkt_meta *meta = pkt_meta(m);
	struct pkt_origin from = pkt_origin(m);
	struct chan_pkt *slot = ring_out_slot(&w->punt_out[cls]);
	uint32_t len = RTE_MIN(total - at, (uint32_t)CHAN_PKT_DATA);

	slot->len = (uint16_t)len;
	slot->l3_off = meta->l3_off;
	slot->cls = (uint8_t)cls;
	slot->mode = 0;
	slot->worker = w->id;
	slot->zero = 0;
	slot->if_id = meta->if_id;
	slot->tun_id = from.tun_id;
	slot->sa_id = from.sa_id;
	slot->part_off = at;
	slot->part_total = len < total ? total : 0;
	slot->at_ms = 0;
	memcpy(slot->data, rte_pktmbuf_mtod(m, const char *) - meta->l3_off + at, len);
	ring_out_push(&w->punt_out[cls]);
	return len;
}

void
punt(struct worker *w, struct rte_mbuf *m, enum chan_class cls)
{
	uint32_t len = (uint32_t)m->data_len + pkt_meta(m)->l3_off;
	uint32_t n_slots = (len + CHAN_PKT_DATA - 1) / CHAN_PKT_DATA;
	enum chan_drop why;

	if (worker_rings(w) == NULL) {
		punt_drop(w, m, cls, CHAN_DROP_PUNT_NOBODY);
		return;
	}
	if (n_slots > slots_max(cls)) {
		punt_drop(w, m, cls, CHAN_DROP_PUNT_SIZE);
		return;
	}
	why = punt_admit(w, m, cls);
	if (why == CHAN_N_DROPS && ring_out_room(&w->punt_out[cls]) <
					   n_slots + (n_slots > 1 ? HELLO_PLACES : 0))
		why = CHAN_DROP_PUNT_FULL;
	if (why != CHAN_N_DROPS) {
		punt_drop(w, m, cls, why);
		return;
	}
	for (uint32_t at = 0; at < len;)
		at += punt_slot(w, m, cls, at, len);
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
