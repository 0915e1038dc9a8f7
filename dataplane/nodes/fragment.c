/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fragment - IPv4 fragmentation (RFC 791 section 3.2) with librte_ip_frag, of packets without
 * DF that are longer than an interface's or a tunnel's MTU. Before encapsulation, so that each
 * outer packet is whole.
 *
 * in     ip4_frag, gre_frag: one packet a call, since its pieces may fill a vector
 * out    ip4_rewrite, gre_encap
 * drops  FRAG_FAIL
 */
#include <rte_ip_frag.h>

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"

/* Pieces are copies in buffers of their own: what follows needs one segment with room around it. */
static void
fragment(struct worker *w, struct rte_mbuf *m, uint16_t mtu, struct pktvec *to, void *ctx)
{
	struct rte_mbuf *pieces[BURST_MAX];
	int n = rte_ipv4_fragment_copy_nonseg_packet(m, pieces, BURST_MAX, mtu, w->pool);

	if (n <= 0) {
		pkt_drop(w, m, CHAN_DROP_FRAG_FAIL);
		return;
	}
	for (int i = 0; i < n; i++) {
		*pkt_meta(pieces[i]) = *pkt_meta(m);
		ip4_set_cksum(mbuf_ip4(pieces[i]));
		pktvec_add(to, pieces[i], ctx);
	}
	w->stats->made += (unsigned int)n;
	w->stats->absorbed++;
	rte_pktmbuf_free(m);
}

void
ip4_frag(struct worker *w)
{
	struct pktvec *v = &w->ip4_frag;
	struct nexthop *nh = v->ctx[--v->n];

	fragment(w, v->m[v->n], nh->mtu, &w->ip4_rewrite, nh);
}

void
gre_frag(struct worker *w)
{
	struct pktvec *v = &w->gre_frag;
	struct tunnel *tun = v->ctx[--v->n];

	fragment(w, v->m[v->n], tun->mtu, &w->gre_encap, tun);
}
