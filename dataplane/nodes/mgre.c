/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mgre - packets sent into a multipoint tunnel; see mgre.h.
 *
 * in     packets for a tunnel with TUN_OUT_MULTI, from gre_encap and gre6_encap
 * out    gre_encap, gre6_encap   copies, each for a member
 * drops  TUN_NO_MEMBER, TUN_MCAST_FULL, NO_MBUF
 *
 * The packet itself is held until all of its copies have been made, and then absorbed.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/mgre.h"
#include "dataplane/nodes/nodes.h"

#define COPIES_MAX (BURST_MAX / 2) /* at a time: leaves room in transmit buffers */

static bool
is_multicast(const struct rte_mbuf *m)
{
	if (mbuf_is_ip6(m))
		return ip6_is_multicast(ip6_dst(mbuf_ip6(m)));
	return (mbuf_ip4(m)->dst_addr & RTE_BE32(0xf0000000)) == RTE_BE32(0xe0000000) ||
			mbuf_ip4(m)->dst_addr == UINT32_MAX;
}

void
mgre_take(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m)
{
	struct mgre_queue *q = &w->mgre;
	unsigned int at = (q->first + q->n) % MGRE_QUEUE;

	if (!is_multicast(m)) {
		w->tun_stats[tun->id].out_drops++;
		if (mbuf_is_ip6(m))
			icmp6_error(w, m, ICMP6_UNREACH, ICMP6_UNREACH_ADDRESS, 0,
					CHAN_DROP_TUN_NO_MEMBER);
		else
			icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_HOST, 0,
					CHAN_DROP_TUN_NO_MEMBER);
		return;
	}
	if (q->n == MGRE_QUEUE) {
		w->tun_stats[tun->id].out_drops++;
		pkt_drop(w, m, CHAN_DROP_TUN_MCAST_FULL);
		return;
	}
	q->m[at] = m;
	q->tun_id[at] = tun->id;
	q->n++;
	w->stats->held++;
}

/* A copy of @from for @tun. */
static void
copy_one(struct worker *w, const struct rte_mbuf *from, struct tunnel *tun)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

	w->stats->made++;
	if (m == NULL || rte_pktmbuf_tailroom(m) < from->data_len) {
		w->tun_stats[tun->id].out_drops++;
		w->stats->drops[CHAN_DROP_NO_MBUF]++;
		rte_pktmbuf_free(m);
		return;
	}
	memcpy(rte_pktmbuf_append(m, from->data_len), rte_pktmbuf_mtod(from, const void *),
			from->data_len);
	pkt_meta_copy(m, (struct rte_mbuf *)(uintptr_t)from);
	pktvec_add(mbuf_is_ip6(m) ? &w->gre6_encap : &w->gre_encap, m, tun);
}

unsigned int
path_mgre(struct worker *w)
{
	struct mgre_queue *q = &w->mgre;
	const struct tun_members *ms;
	unsigned int n = 0;
	uint32_t n_ids;

	if (likely(q->n == 0))
		return 0;
	w->now_tsc = rte_rdtsc();
	ms = tunnel_members(w->tables, q->tun_id[q->first]);
	n_ids = ms != NULL ? __atomic_load_n(&ms->n, __ATOMIC_ACQUIRE) : 0;
	/* A member that leaves meanwhile may cost another its copy: hellos come again. */
	for (; n < COPIES_MAX && q->next < n_ids; q->next++) {
		struct tunnel *tun = tunnel_by_id(w->tables, ms->ids[q->next]);

		if (tun == NULL)
			continue;
		copy_one(w, q->m[q->first], tun);
		n++;
	}
	if (q->next >= n_ids) {
		rte_pktmbuf_free(q->m[q->first]);
		w->stats->absorbed++;
		w->stats->held--;
		q->first = (uint16_t)((q->first + 1) % MGRE_QUEUE);
		q->n--;
		q->next = 0;
	}
	path_drain(w);
	punt_flush(w);
	return n + 1;
}
