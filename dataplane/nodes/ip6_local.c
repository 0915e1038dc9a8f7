/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_local - IPv6 packets for one of our addresses: past the extension headers (RFC 8200 section
 * 4) to what is in them.
 *
 * in     data at the IPv6 header, checked
 * out    icmp6_input, nd_input
 *        punt  OSPF, VRRP and answers to TCP probes for the control plane
 * drops  IP6_MARTIAN_SRC, IP6_FRAGMENT, IP6_EXT, LOCAL_PROTO (with an ICMPv6 error), and those of
 *        frag6_input() and icmp6_input()
 *
 * Fragments are put together first. What is asked of the headers on the way: ip6_ext.c.
 */
#include <rte_tcp.h>

#include "dataplane/nodes/frag6.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"

#define IPPROTO_OSPF 89
#define IPPROTO_VRRP 112

/* As with IPv4: nothing here speaks TCP, but for probes, whose answers come without extension
 * headers. */
static void
ip6_tcp(struct worker *w, struct rte_mbuf *m, unsigned int off)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, off);

	if (m->data_len < off + sizeof(*tcp))
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
	else if (off == sizeof(struct rte_ipv6_hdr) && (tcp->tcp_flags & RTE_TCP_ACK_FLAG) != 0 &&
			(tcp->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG)) != 0 &&
			rte_be_to_cpu_16(tcp->dst_port) >= CHAN_PROBE_PORT_MIN)
		punt(w, m, CHAN_CLASS_OTHER);
	else
		icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_PORT, 0, CHAN_DROP_LOCAL_PROTO);
}

static inline void
ip6_local_one(struct worker *w, struct rte_mbuf *m)
{
	struct ip6_at at;

	/* As with IPv4: nobody but us may have our address, and we do not talk to ourselves. */
	if ((pkt_meta(m)->flags & PKT_OURS) == 0 && ip6_from_us(w, m)) {
		pkt_drop(w, m, CHAN_DROP_IP6_MARTIAN_SRC);
		return;
	}
	at = ip6_at_start(m);
	if (!ip6_ext_ok(w, m, &at))
		return;
	if (at.proto == IP6_FRAGMENT) {
		m = frag6_input(w, m);
		if (m == NULL)
			return;
		at = ip6_at_start(m);
		if (!ip6_ext_ok(w, m, &at))
			return;
	}
	switch (at.proto) {
	case IP6_ICMP:
		icmp6_input(w, m, at.off);
		break;
	case IP6_FRAGMENT:
		pkt_drop(w, m, CHAN_DROP_IP6_FRAGMENT);
		break;
	case IPPROTO_OSPF:
		punt(w, m, CHAN_CLASS_OSPF);
		break;
	case IPPROTO_VRRP:
		punt(w, m, CHAN_CLASS_VRRP);
		break;
	case IP6_NONE:
		pkt_drop(w, m, CHAN_DROP_LOCAL_PROTO);
		break;
	case IPPROTO_TCP:
		ip6_tcp(w, m, at.off);
		break;
	case IPPROTO_UDP:
		icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_PORT, 0, CHAN_DROP_LOCAL_PROTO);
		break;
	default:
		/* The pointer is to the field that names it. */
		icmp6_error(w, m, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_NEXT_HEADER, at.field,
				CHAN_DROP_LOCAL_PROTO);
		break;
	}
}

void
ip6_local(struct worker *w)
{
	struct pktvec *v = &w->ip6_local;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++)
		ip6_local_one(w, v->m[i]);
}
