/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject - packets of the control plane. Nothing in a slot is trusted: its header and data are
 * copied first, then checked.
 *
 * in     the inject ring
 * out    tx          CHAN_INJECT_FRAME
 *        ip4_lookup  CHAN_INJECT_ROUTE
 *        gre_encap   CHAN_INJECT_TUN
 * drops  INJECT_BAD, NO_MBUF, IF_DOWN
 */
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/tx.h"

#define CHAN_PKT_HEADER offsetof(struct chan_pkt, data)

/* A whole IPv4 packet with a correct header, from an address that may send? */
static bool
inject_ip4_ok(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int len;

	if (m->data_len < sizeof(*ip))
		return false;
	len = ip4_hdr_len(ip);
	return (ip->version_ihl >> 4) == 4 && len >= sizeof(*ip) && len <= m->data_len &&
			rte_be_to_cpu_16(ip->total_length) == m->data_len &&
			ip->time_to_live != 0 && rte_raw_cksum(ip, len) == 0xffff;
}

static void
inject_frame(struct worker *w, struct rte_mbuf *m, uint32_t if_id)
{
	const struct iface *i = iface_by_id(w->tables, if_id);
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	if (i == NULL || m->data_len < sizeof(*eth) ||
			m->data_len > sizeof(*eth) + i->mtu ||
			eth->ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		pkt_drop(w, m, CHAN_DROP_INJECT_BAD);
		return;
	}
	if (!i->admin_up) {
		pkt_drop(w, m, CHAN_DROP_IF_DOWN);
		return;
	}
	if (i->vlan != 0) {
		uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, sizeof(struct rte_vlan_hdr));
		rte_be16_t tag[2] = { RTE_BE16(RTE_ETHER_TYPE_VLAN), rte_cpu_to_be_16(i->vlan) };

		if (p == NULL) {
			pkt_drop(w, m, CHAN_DROP_NO_MBUF);
			return;
		}
		memmove(p, p + sizeof(tag), 2 * RTE_ETHER_ADDR_LEN);
		memcpy(p + 2 * RTE_ETHER_ADDR_LEN, tag, sizeof(tag));
	}
	tx_add(w, i->port, i->id, m);
}

/* @h: the header of the slot, our copy. */
static void
inject_one(struct worker *w, struct rte_mbuf *m, const struct chan_pkt *h)
{
	struct tunnel *tun;

	switch (h->mode) {
	case CHAN_INJECT_FRAME:
		inject_frame(w, m, h->if_id);
		return;
	case CHAN_INJECT_ROUTE:
		if (!inject_ip4_ok(m))
			break;
		pkt_meta(m)->flags |= PKT_CP;
		lookup_add(w, m, LOOKUP_TTL_DONE);
		return;
	case CHAN_INJECT_TUN:
		tun = tunnel_by_id(w->tables, h->tun_id);
		if (tun == NULL || !inject_ip4_ok(m))
			break;
		pktvec_add(&w->gre_encap, m, tun);
		return;
	}
	pkt_drop(w, m, CHAN_DROP_INJECT_BAD);
}

/* Copy a slot into a buffer. NULL: it was dropped. */
static struct rte_mbuf *
inject_copy(struct worker *w, const struct chan_pkt *slot, struct chan_pkt *h)
{
	struct rte_mbuf *m;
	char *p;

	memcpy(h, slot, CHAN_PKT_HEADER);
	if (h->len == 0 || h->len > CHAN_PKT_DATA) {
		w->stats->drops[CHAN_DROP_INJECT_BAD]++;
		return NULL;
	}
	m = rte_pktmbuf_alloc(w->pool);
	p = m != NULL ? rte_pktmbuf_append(m, h->len) : NULL;
	if (p == NULL) {
		w->stats->drops[CHAN_DROP_NO_MBUF]++;
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(p, slot->data, h->len);
	pkt_meta_ours(m);
	return m;
}

unsigned int
path_inject(struct worker *w, unsigned int max)
{
	struct chan_pkt h;
	const struct chan_pkt *slot;
	struct rte_mbuf *m;
	unsigned int n = 0;

	if (worker_rings(w) == NULL)
		return 0;
	max = RTE_MIN(max, (unsigned int)BURST_MAX);
	while (n < max && (slot = ring_in_slot(&w->inject_in)) != NULL) {
		m = inject_copy(w, slot, &h);
		ring_in_pop(&w->inject_in);
		n++;
		if (m != NULL)
			inject_one(w, m, &h);
	}
	w->stats->injected += n;
	if (n != 0) {
		w->now_tsc = rte_rdtsc();
		path_drain(w);
		punt_flush(w);
	}
	return n;
}
