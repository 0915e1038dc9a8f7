/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_local - packets for one of our addresses.
 *
 * in     data at the IPv4 header, checked
 * out    esp_decrypt, gre_decap
 *        ip4_lookup  echo replies and errors made here
 *        punt        IKE, OSPF, VRRP, ICMP for the control plane
 * drops  REASS_* (reass.c), ICMP_BAD, ICMP_LIMIT, LOCAL_PROTO (with an ICMP error), RX_RUNT
 */
#include <netinet/ip_icmp.h>

#include <rte_udp.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/reass.h"

#define IPPROTO_OSPF 89
#define IPPROTO_VRRP 112

#define PORT_IKE       500
#define PORT_IKE_NAT_T 4500

static void
local_udp(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int off = ip4_hdr_len(ip);
	const struct rte_udp_hdr *udp;

	if (m->data_len < off + sizeof(*udp)) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, off);
	if (udp->dst_port == RTE_BE16(PORT_IKE) || udp->dst_port == RTE_BE16(PORT_IKE_NAT_T))
		punt(w, m, CHAN_CLASS_IKE);
	else
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_PORT, 0, CHAN_DROP_LOCAL_PROTO);
}

static void
local_icmp(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int off = ip4_hdr_len(ip);
	const struct icmp_hdr *icmp;

	if (m->data_len < off + sizeof(*icmp)) {
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
		return;
	}
	icmp = rte_pktmbuf_mtod_offset(m, const struct icmp_hdr *, off);
	if (rte_raw_cksum(icmp, m->data_len - off) != 0xffff)
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
	else if (icmp->type == ICMP_ECHO)
		icmp_echo_reply(w, m);
	else
		punt(w, m, CHAN_CLASS_ICMP);
}

static inline void
ip4_local_one(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	if (unlikely((ip->fragment_offset & IP4_FRAG_BITS) != 0)) {
		m = reass_put(w, m);
		if (m == NULL)
			return;
		ip = mbuf_ip4(m);
	}
	if (likely(ip->next_proto_id == IPPROTO_ESP)) {
		pktvec_add(&w->esp_decrypt, m,
				esp_slot(w, (const char *)ip + ip4_hdr_len(ip)));
		return;
	}
	switch (ip->next_proto_id) {
	case IPPROTO_GRE:
		pktvec_add(&w->gre_decap, m, NULL);
		break;
	case IPPROTO_UDP:
		local_udp(w, m);
		break;
	case IPPROTO_ICMP:
		local_icmp(w, m);
		break;
	case IPPROTO_OSPF:
		punt(w, m, CHAN_CLASS_OSPF);
		break;
	case IPPROTO_VRRP:
		punt(w, m, CHAN_CLASS_VRRP);
		break;
	case IPPROTO_TCP:
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_PORT, 0, CHAN_DROP_LOCAL_PROTO);
		break;
	default:
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_PROTOCOL, 0, CHAN_DROP_LOCAL_PROTO);
		break;
	}
}

void
ip4_local(struct worker *w)
{
	struct pktvec *v = &w->ip4_local;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++)
		ip4_local_one(w, v->m[i]);
}
