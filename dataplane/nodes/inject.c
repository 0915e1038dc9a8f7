/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject - packets of the control plane. Nothing in a slot is trusted: its header and data are
 * copied first, then checked.
 *
 * in     the inject ring
 * out    tx          CHAN_INJECT_FRAME
 *        ip4_lookup, ip6_lookup  CHAN_INJECT_ROUTE
 *        gre_encap, gre6_encap   CHAN_INJECT_TUN
 * drops  INJECT_BAD, INJECT_STALE, NO_MBUF, IF_DOWN
 */
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/trace.h"
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

static bool
inject_ip6_ok(const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	return m->data_len >= sizeof(*ip) && ip->hop_limits != 0 &&
			rte_be_to_cpu_16(ip->payload_len) == m->data_len - sizeof(*ip) &&
			ip6_is_unicast_host(ip6_src(ip)) && !ip6_is_martian(ip6_dst(ip));
}

/* A packet to be routed, of either version. */
static bool
inject_route(struct worker *w, struct rte_mbuf *m)
{
	if (mbuf_is_ip6(m)) {
		/* Link-local and group addresses need an interface: those come as frames. */
		if (!inject_ip6_ok(m) || ip6_is_link_local(ip6_dst(mbuf_ip6(m))) ||
				ip6_is_multicast(ip6_dst(mbuf_ip6(m))))
			return false;
		lookup6_add(w, m, LOOKUP6_HOPS_DONE);
		return true;
	}
	if (!inject_ip4_ok(m))
		return false;
	pkt_meta(m)->flags |= PKT_CP;
	lookup_add(w, m, LOOKUP_TTL_DONE);
	return true;
}

static bool
inject_tunnel(struct worker *w, struct rte_mbuf *m, uint32_t tun_id)
{
	struct tunnel *tun = tunnel_by_id(w->tables, tun_id);

	if (tun == NULL)
		return false;
	if (mbuf_is_ip6(m)) {
		if (!inject_ip6_ok(m))
			return false;
		pktvec_add(&w->gre6_encap, m, tun);
		return true;
	}
	if (!inject_ip4_ok(m))
		return false;
	pktvec_add(&w->gre_encap, m, tun);
	return true;
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
	switch (h->mode) {
	case CHAN_INJECT_FRAME:
		inject_frame(w, m, h->if_id);
		return;
	case CHAN_INJECT_ROUTE:
		if (!inject_route(w, m))
			break;
		return;
	case CHAN_INJECT_TUN:
		if (!inject_tunnel(w, m, h->tun_id))
			break;
		return;
	}
	pkt_drop(w, m, CHAN_DROP_INJECT_BAD);
}

/* Has it waited too long? One that seems to come from the future has not. */
static bool
is_stale(uint32_t at_ms, uint32_t now_ms)
{
	uint32_t age_ms = now_ms - at_ms;

	return at_ms != 0 && age_ms > CHAN_INJECT_AGE_MS && age_ms < UINT32_MAX / 2;
}

/* Copy a slot into a buffer. NULL: it was dropped. */
static struct rte_mbuf *
inject_copy(struct worker *w, const struct chan_pkt *slot, struct chan_pkt *h, uint32_t now_ms)
{
	struct rte_mbuf *m;
	char *p;

	memcpy(h, slot, CHAN_PKT_HEADER);
	if (h->len == 0 || h->len > CHAN_PKT_DATA) {
		w->stats->drops[CHAN_DROP_INJECT_BAD]++;
		return NULL;
	}
	if (is_stale(h->at_ms, now_ms)) {
		w->stats->drops[CHAN_DROP_INJECT_STALE]++;
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
	pkt_meta(m)->flags |= PKT_CONTROL;
	return m;
}

unsigned int
path_inject(struct worker *w, unsigned int max)
{
	struct chan_pkt h;
	const struct chan_pkt *slot;
	struct rte_mbuf *m;
	unsigned int n = 0;
	uint32_t now_ms = 0;
	bool traced;

	if (worker_rings(w) == NULL)
		return 0;
	traced = trace_running(w) != NULL; /* one by one, then */
	max = RTE_MIN(max, (unsigned int)BURST_MAX);
	while (n < max && (slot = ring_in_slot(&w->inject_in)) != NULL) {
		if (n == 0)
			now_ms = chan_clock_ms();
		m = inject_copy(w, slot, &h, now_ms);
		ring_in_pop(&w->inject_in);
		n++;
		if (unlikely(traced) && m != NULL)
			trace_begin(w, CHAN_TRACE_INJECT, m, 0);
		if (m != NULL)
			inject_one(w, m, &h);
		if (unlikely(traced)) {
			path_drain(w);
			trace_end(w);
		}
	}
	w->stats->injected += n;
	if (n != 0) {
		w->now_tsc = rte_rdtsc();
		path_drain(w);
		punt_flush(w);
	}
	return n;
}
