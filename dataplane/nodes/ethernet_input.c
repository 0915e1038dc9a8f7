/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ethernet_input - whose frame is it, and what is in it (IEEE 802.3, 802.1Q).
 *
 * in     frames as received from one port
 * out    ip4_input   data at the IPv4 header, pkt_meta filled in
 *        punt        ARP, data at the Ethernet header
 * drops  RX_RUNT, ETH_TYPE, ETH_VLAN, ETH_NOT_US, IF_DOWN, NO_MBUF
 */
#include <string.h>

#include "dataplane/nodes/nodes.h"
#include "dataplane/tables/tables_int.h"

#define MAC_MASK      UINT64_C(0xffffffffffff) /* the first six bytes, on a little-endian machine */
#define MAC_GROUP_BIT UINT64_C(1)
static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "MAC addresses are compared as numbers");

#define PREFETCH_AHEAD 4

static inline uint64_t
mac_load(const void *mac)
{
	uint64_t v;

	memcpy(&v, mac, sizeof(v));
	return v & MAC_MASK;
}

/* Interface and length of the Ethernet header of a frame whose type is not plain IPv4. */
static const struct iface *
eth_classify(struct iface *const *vlans, const struct rte_mbuf *m, rte_be16_t *type,
		unsigned int *l2_len, enum chan_drop *why)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(eth + 1);
	const struct iface *i;
	unsigned int vlan = 0;

	*l2_len = sizeof(*eth);
	*type = eth->ether_type;
	if (*type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		if (m->data_len < sizeof(*eth) + sizeof(*tag)) {
			*why = CHAN_DROP_RX_RUNT;
			return NULL;
		}
		*l2_len += sizeof(*tag);
		*type = tag->eth_proto;
		vlan = rte_be_to_cpu_16(tag->vlan_tci) & 0xfff; /* 0: just a priority */
	}
	*why = CHAN_DROP_ETH_VLAN;
	i = vlans != NULL ? __atomic_load_n(&vlans[vlan], __ATOMIC_ACQUIRE) : NULL;
	if (i != NULL && !i->admin_up) {
		*why = CHAN_DROP_IF_DOWN;
		return NULL;
	}
	return i;
}

static inline void
eth_accept(struct worker *w, struct rte_mbuf *m, uint32_t if_id, unsigned int l2_len,
		uint8_t flags)
{
	*pkt_meta(m) = (struct pkt_meta){ .if_id = if_id, .tun_id = CHAN_NONE,
		.sa_id = CHAN_NONE, .l3_off = (uint8_t)l2_len, .flags = flags };
	m->data_off = (uint16_t)(m->data_off + l2_len);
	m->data_len = (uint16_t)(m->data_len - l2_len);
	m->pkt_len = m->data_len;
	pktvec_add(&w->ip4_input, m, NULL);
}

/* All that is not an untagged IPv4 frame to our MAC address. */
static void
eth_slow(struct worker *w, struct iface *const *vlans, struct rte_mbuf *m)
{
	const struct iface *i;
	enum chan_drop why;
	unsigned int l2_len;
	rte_be16_t type;
	uint64_t dst;

	if (m->nb_segs != 1 && rte_pktmbuf_linearize(m) != 0) {
		pkt_drop(w, m, CHAN_DROP_NO_MBUF);
		return;
	}
	if (m->data_len < sizeof(struct rte_ether_hdr)) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	i = eth_classify(vlans, m, &type, &l2_len, &why);
	if (i == NULL) {
		pkt_drop(w, m, why);
		return;
	}
	w->if_stats[i->id].in_packets++;
	w->if_stats[i->id].in_bytes += m->data_len;
	dst = mac_load(rte_pktmbuf_mtod(m, const void *));
	if (dst != mac_load(&i->mac) && !(dst & MAC_GROUP_BIT)) {
		pkt_drop(w, m, CHAN_DROP_ETH_NOT_US);
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		eth_accept(w, m, i->id, l2_len, dst & MAC_GROUP_BIT ? PKT_L2_CAST : 0);
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_ARP)) {
		*pkt_meta(m) = (struct pkt_meta){ .if_id = i->id, .tun_id = CHAN_NONE,
			.sa_id = CHAN_NONE, .l3_off = (uint8_t)l2_len };
		punt(w, m, CHAN_CLASS_ARP);
	} else {
		pkt_drop(w, m, CHAN_DROP_ETH_TYPE);
	}
}

void
ethernet_input(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	struct iface *const *vlans = __atomic_load_n(&w->tables->vlans[port], __ATOMIC_ACQUIRE);
	const struct iface *i = NULL; /* the port's untagged interface, if it is up */
	uint64_t mac = 0, n_fast = 0, bytes = 0;

	if (vlans != NULL)
		i = __atomic_load_n(&vlans[0], __ATOMIC_ACQUIRE);
	if (i != NULL && i->admin_up)
		mac = mac_load(&i->mac);
	w->stats->rx += n;
	for (unsigned int k = 0; k < n && k < PREFETCH_AHEAD; k++)
		rte_prefetch0_write(rte_pktmbuf_mtod(m[k], void *));
	for (unsigned int k = 0; k < n; k++) {
		const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m[k], struct rte_ether_hdr *);

		if (k + PREFETCH_AHEAD < n) {
			rte_prefetch0_write(rte_pktmbuf_mtod(m[k + PREFETCH_AHEAD], void *));
			rte_prefetch0_write(&m[k + PREFETCH_AHEAD]->cacheline1);
		}
		/* mac is 0 without an interface that is up, which no valid frame is sent to, but
		 * a forged one may be: hence the last test. */
		if (unlikely(m[k]->nb_segs != 1 || m[k]->data_len < sizeof(*eth) ||
				mac_load(eth) != mac ||
				eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) || mac == 0)) {
			eth_slow(w, vlans, m[k]);
			continue;
		}
		n_fast++;
		bytes += m[k]->data_len;
		eth_accept(w, m[k], i->id, sizeof(*eth), 0);
	}
	if (n_fast != 0) {
		w->if_stats[i->id].in_packets += n_fast;
		w->if_stats[i->id].in_bytes += bytes;
	}
}
