/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_input - the checks of RFC 8200 and RFC 4291 before anything is done with a packet.
 *
 * in     data at the IPv6 header (not looked at yet), single segment
 * out    ip6_lookup  unicast; trimmed to its length
 *        ip6_local   to a link-local address of ours
 *        punt        neighbour discovery and VRRP to a multicast group; neighbour discovery to
 *                    what may be a virtual router's address
 * drops  RX_RUNT, IP6_VERSION, IP6_LENGTH, IP6_MARTIAN_SRC, IP6_MARTIAN_DST, IP6_SCOPE,
 *        IP6_MULTICAST, IP6_VERIFY, and those of nd_input()
 *
 * Extension headers are not looked at here: a router may forward without processing the hop-by-hop
 * options (RFC 8200 section 4.3), all others are for the destination. A jumbogram (RFC 2675) is
 * refused: no link here takes one.
 */
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/verify.h"

#define PREFETCH_AHEAD 4

#define IPPROTO_VRRP 112
#define VMAC_IPV6    2 /* the last byte but one of a virtual MAC address */

static const uint8_t group_vrrp[16] = { 0xff, 0x02, [15] = 0x12 }; /* RFC 9568 section 5.1.2.2 */

/*
 * Multicast. Nothing is routed that way; neighbour discovery is for the control plane. Listener
 * reports (RFC 3810) need no answer of ours: we forward no groups.
 */
static void
ip6_cast(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	if (ip->proto == IP6_ICMP && nd_is_message(m) && (ip->dst_addr[1] & 0x0f) == 2)
		nd_input(w, m);
	else if (ip->proto == IPPROTO_VRRP && memcmp(ip->dst_addr, group_vrrp, 16) == 0)
		punt(w, m, CHAN_CLASS_VRRP);
	else
		pkt_drop(w, m, CHAN_DROP_IP6_MULTICAST);
}

/*
 * A host asks a virtual router whether it is still there, at an address that, without accept mode,
 * is not ours: those messages are accepted all the same (RFC 9568 section 6.1, Accept_Mode). The
 * control plane knows whose they are.
 */
static bool
ip6_asks_virtual(struct worker *w, struct rte_mbuf *m)
{
	const struct iface *i;

	if (mbuf_ip6(m)->hop_limits != ND_HOPS || !nd_is_message(m))
		return false;
	i = iface_by_id(w->tables, pkt_meta(m)->if_id);
	for (unsigned int k = 0; i != NULL && k < i->n_vmacs; k++)
		if (i->vmacs[k] >> 8 == VMAC_IPV6)
			return true;
	return false;
}

/* To a link-local address: ours on this very link, or nobody's that we may send it to. */
static void
ip6_link_local(struct worker *w, struct rte_mbuf *m)
{
	const struct iface *i = iface_by_id(w->tables, pkt_meta(m)->if_id);

	if (i != NULL && iface_has_addr6(i, ip6_dst(mbuf_ip6(m))))
		pktvec_add(&w->ip6_local, m, NULL);
	else
		pkt_drop(w, m, CHAN_DROP_IP6_SCOPE);
}

static inline void
ip6_input_one(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	const struct ip6_addr *src, *dst;
	unsigned int len;

	if (unlikely(m->data_len < sizeof(*ip))) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	if (unlikely(!mbuf_is_ip6(m))) {
		pkt_drop(w, m, CHAN_DROP_IP6_VERSION);
		return;
	}
	len = rte_be_to_cpu_16(ip->payload_len) + (unsigned int)sizeof(*ip);
	if (unlikely(len > m->data_len || (len == sizeof(*ip) && ip->proto == IP6_HOP_BY_HOP))) {
		pkt_drop(w, m, CHAN_DROP_IP6_LENGTH);
		return;
	}
	mbuf_set(m, m->data_off, len); /* without the padding of a short frame */
	src = ip6_src(ip);
	dst = ip6_dst(ip);
	/* Only a host that has no address yet may send without one, and only to its link. */
	if (unlikely(!ip6_is_unicast_host(src) && !(ip6_is_zero(src) && ip6_is_multicast(dst))))
		pkt_drop(w, m, CHAN_DROP_IP6_MARTIAN_SRC);
	else if (unlikely(ip6_is_multicast(dst)))
		ip6_cast(w, m);
	else if (unlikely(ip6_is_martian(dst)))
		pkt_drop(w, m, CHAN_DROP_IP6_MARTIAN_DST);
	else if (unlikely(pkt_meta(m)->flags & PKT_L2_CAST))
		pkt_drop(w, m, CHAN_DROP_IP6_MULTICAST);
	else if (unlikely(ip->proto == IP6_ICMP) && ip6_asks_virtual(w, m))
		nd_input(w, m);
	else if (unlikely(ip6_is_link_local(dst)))
		ip6_link_local(w, m);
	else if (likely(!(pkt_meta(m)->flags & PKT_VERIFY)) || ip6_verify(w, m))
		lookup6_add(w, m, ip6_is_link_local(src) ? LOOKUP6_LINK_SRC : 0);
}

void
ip6_input(struct worker *w)
{
	struct pktvec *v = &w->ip6_input;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(v->m[i + PREFETCH_AHEAD], void *));
		ip6_input_one(w, v->m[i]);
	}
}
