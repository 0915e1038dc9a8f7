/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path - the wiring of the nodes. A worker takes a burst through all of it and sends what came
 * out; no packet waits in a vector between two bursts.
 *
 *   rx -> ethernet_input -> ip4_input -> ip4_lookup -+-> ip4_rewrite ---------------> tx
 *              |                ^            ^       +-> gre_encap --> esp_encrypt -> tx
 *              v                |            |       +-> hold
 *            punt <-------------+------------+-------+-> ip4_local --> punt
 *                               |            |                |
 *                               |       icmp, inject     esp_decrypt
 *                               |                             |
 *                               +--------- gre_decap <--------+--> ip4_lookup (usual packet)
 *
 * IPv6 goes the same way through ip6_input, ip6_lookup, ip6_local, ip6_rewrite and gre6_encap; both
 * share ethernet_input, esp_encrypt, esp_decrypt and gre_decap.
 *
 * ip4_frag and gre_frag stand before ip4_rewrite and gre_encap for what is too long.
 *
 * Why the vectors cannot overflow: each packet is in one vector only, a burst has at most BURST_MAX
 * packets, and a node that makes a packet (ICMP) ends another. Fragmentation is the one step
 * that makes more of them: it runs when all other vectors are empty, a packet at a time.
 */
#include <rte_cycles.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/police.h"
#include "dataplane/nodes/reass.h"

/* What came in, until it is clear where it goes out. */
static void
path_inwards(struct worker *w)
{
	do {
		if (w->ip4_input.n != 0)
			ip4_input(w);
		if (w->ip4_lookup.n != 0)
			ip4_lookup(w);
		if (unlikely(w->ip6_input.n != 0))
			ip6_input(w);
		if (unlikely(w->ip6_lookup.n != 0))
			ip6_lookup(w);
		if (unlikely(w->ip6_local.n != 0))
			ip6_local(w);
		if (w->ip4_local.n != 0)
			ip4_local(w);
		if (w->esp_decrypt.n != 0)
			esp_decrypt(w);
		if (w->gre_decap.n != 0)
			gre_decap(w);
	} while (w->ip4_input.n != 0 || w->ip4_lookup.n != 0 || w->ip6_input.n != 0 ||
			w->ip6_lookup.n != 0);
}

static void
path_outwards(struct worker *w)
{
	if (w->gre_encap.n != 0)
		gre_encap(w);
	if (unlikely(w->gre6_encap.n != 0))
		gre6_encap(w);
	if (w->esp_encrypt.n != 0 || w->n_esp_ready != 0)
		esp_encrypt(w);
	if (w->ip4_rewrite.n != 0)
		ip4_rewrite(w);
	if (unlikely(w->ip6_rewrite.n != 0))
		ip6_rewrite(w);
}

void
path_drain(struct worker *w)
{
	for (;;) {
		path_inwards(w);
		path_outwards(w);
		if (w->ip4_lookup.n != 0 || w->ip6_lookup.n != 0) /* ICMP errors */
			continue;
		if (unlikely(w->gre_frag.n != 0))
			gre_frag(w);
		else if (unlikely(w->ip4_frag.n != 0))
			ip4_frag(w);
		else
			return;
	}
}

void
path_run(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	w->now_tsc = rte_rdtsc();
	ethernet_input(w, port, m, n);
	path_drain(w);
	punt_flush(w);
}

unsigned int
path_handover(struct worker *w)
{
	struct rte_mbuf *m[BURST_MAX];
	unsigned int n = reass_take(w, m, BURST_MAX);

	if (n == 0)
		return 0;
	w->now_tsc = rte_rdtsc();
	for (unsigned int i = 0; i < n; i++)
		pktvec_add(&w->ip4_input, m[i], NULL);
	path_drain(w);
	punt_flush(w);
	return n;
}

void
path_tick(struct worker *w)
{
	w->now_tsc = rte_rdtsc();
	hold_tick(w);
	reass_tick(w);
	police_tick(w);
	punt_flush(w);
}
