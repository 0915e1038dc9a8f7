/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verify - may a packet that is to be forwarded come from where it says, by the way it came (RFC
 * 3704, unicast reverse path forwarding)? There has to be a route to its source: by the same
 * interface or tunnel (CHAN_VERIFY_RX), or by any (CHAN_VERIFY_ANY). The default route is one. A
 * null route is none, nor are our own addresses, which nobody else sends from.
 *
 * What is for ourselves is not asked: ESP and IKE know their peers by better things than a route,
 * and a peer that comes by another way than the one back is still the peer.
 *
 * in     ip4_verify: checked by ip4_input, or a usual packet of ethernet_input
 * out    ip4_lookup
 * drops  IP_VERIFY, IP_MARTIAN_SRC, IP6_VERIFY, IP6_MARTIAN_SRC
 */
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/verify.h"

/* The way a packet came in, and what is asked there. */
struct way {
	uint32_t if_id, tun_id; /* one of them CHAN_NONE */
	enum chan_verify verify;
};

static struct way
way_of(const struct worker *w, struct rte_mbuf *m, bool is_ip6)
{
	struct way way = { .if_id = pkt_meta(m)->if_id, .tun_id = pkt_origin(m).tun_id };
	const struct tunnel *tun = tunnel_by_id(w->tables, way.tun_id);
	const struct iface *i = iface_by_id(w->tables, way.if_id);

	if (tun != NULL)
		way.verify = is_ip6 ? tun->verify6 : tun->verify4;
	else if (i != NULL)
		way.verify = is_ip6 ? i->verify6 : i->verify4;
	return way;
}

/* Does @hop, which is no group, lead back? */
static bool
leads_back(const struct way *way, hop_t hop)
{
	switch (hop_tag(hop)) {
	case HOP_ADJ:
	case HOP_GLEAN:
	case HOP_WAIT:
	case HOP_DOWN:
		return way->verify == CHAN_VERIFY_ANY ||
		       ((const struct nexthop *)hop_ptr(hop))->if_id == way->if_id;
	case HOP_TUN:
		return way->verify == CHAN_VERIFY_ANY ||
		       ((const struct tunnel *)hop_ptr(hop))->id == way->tun_id;
	case HOP_NONE:
	case HOP_LOCAL:
	case HOP_GROUP:
		break;
	}
	return false;
}

/* The same of the hop that a source's route gives: of a group, one member is enough. */
static bool
source_ok(const struct worker *w, const struct way *way, hop_t hop)
{
	const struct nhgroup *g;

	if (hop_tag(hop) != HOP_GROUP)
		return leads_back(way, hop);
	g = hop_ptr(hop);
	for (uint32_t k = 0; k < g->n; k++)
		if (leads_back(way, hop_by_number(w->tables, g->hops[k])))
			return true;
	return false;
}

/* @src, @dst: where the routes to both lead. @return CHAN_N_DROPS, or why it is dropped. */
static enum chan_drop
verdict(const struct worker *w, struct rte_mbuf *m, bool is_ip6, hop_t src, hop_t dst)
{
	struct way way = way_of(w, m, is_ip6);

	if (hop_tag(dst) == HOP_LOCAL || way.verify == CHAN_VERIFY_OFF)
		return CHAN_N_DROPS;
	if (hop_tag(src) == HOP_LOCAL)
		return is_ip6 ? CHAN_DROP_IP6_MARTIAN_SRC : CHAN_DROP_IP_MARTIAN_SRC;
	if (source_ok(w, &way, src))
		return CHAN_N_DROPS;
	return is_ip6 ? CHAN_DROP_IP6_VERIFY : CHAN_DROP_IP_VERIFY;
}

static void
verify_drop(struct worker *w, struct rte_mbuf *m, enum chan_drop why)
{
	struct pkt_origin o = pkt_origin(m);

	if (o.tun_id != CHAN_NONE)
		w->tun_stats[o.tun_id].in_drops++;
	pkt_drop(w, m, why);
}

void
ip4_verify(struct worker *w)
{
	struct pktvec *v = &w->ip4_verify;
	uint32_t addrs[2 * BURST_MAX];
	uint64_t numbers[2 * BURST_MAX];
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		addrs[2 * i] = rte_be_to_cpu_32(mbuf_ip4(v->m[i])->src_addr);
		addrs[2 * i + 1] = rte_be_to_cpu_32(mbuf_ip4(v->m[i])->dst_addr);
	}
	fib_lookup(w->tables->fib, addrs, numbers, 2 * n);
	for (unsigned int i = 0; i < n; i++) {
		enum chan_drop why = verdict(w, v->m[i], false,
				hop_by_number(w->tables, numbers[2 * i]),
				hop_by_number(w->tables, numbers[2 * i + 1]));

		if (likely(why == CHAN_N_DROPS))
			lookup_add(w, v->m[i], 0);
		else
			verify_drop(w, v->m[i], why);
	}
}

bool
ip6_verify(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	uint8_t addrs[2][16];
	uint64_t numbers[2];
	enum chan_drop why;

	if (ip6_is_link_local(ip6_src(ip))) /* leaves its link in no case: ip6_lookup */
		return true;
	memcpy(addrs[0], ip->src_addr, sizeof(addrs[0]));
	memcpy(addrs[1], ip->dst_addr, sizeof(addrs[1]));
	fib6_lookup(w->tables->fib6, addrs, numbers, 2);
	why = verdict(w, m, true, hop_by_number(w->tables, numbers[0]),
			hop_by_number(w->tables, numbers[1]));
	if (why != CHAN_N_DROPS)
		verify_drop(w, m, why);
	return why == CHAN_N_DROPS;
}
