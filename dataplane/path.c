/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path - the wiring of the nodes. A worker takes a burst through all of it and sends what came
 * out; no packet waits in a vector between two bursts.
 *
 *   rx -> ethernet_input -> ip4_input -> ip4_lookup -+-> (ip4_rewrite) -------------> tx
 *              |                ^            ^       +-> gre_encap --> esp_encrypt -> tx
 *              v                |            |       +-> hold
 *            punt <-------------+------------+-------+-> ip4_local --> punt
 *                               |            |                |
 *                               |       icmp, inject     esp_decrypt
 *                               |                             |
 *                               +--------- gre_decap <--------+--> tx (usual packet, esp_in.h)
 *
 * ip4_verify stands before ip4_lookup for what comes in where sources are looked up.
 *
 * IPv6 goes the same way through ip6_input, ip6_lookup, ip6_local, ip6_rewrite and gre6_encap; both
 * share ethernet_input, esp_encrypt, esp_decrypt and gre_decap.
 *
 * ip4_frag and gre_frag stand before ip4_rewrite and gre_encap for what is too long, and for what
 * came behind it. icmp6_long answers, in fragments, what came in fragments.
 *
 * Why the vectors cannot overflow: each packet is in one vector only, a burst has at most BURST_MAX
 * packets, and a node that makes a packet (ICMP) ends another. Fragmentation is the one step
 * that makes more of them: it runs when all other vectors are empty, on as many as have room
 * with all their pieces.
 */
#include <rte_cycles.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/police.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/nodes/trace.h"

/* Run a node on its vector. Traced, there is one packet on its way, and its steps are noted. */
#define RUN(w, traced, node, id) \
	do { \
		if (traced) \
			trace_step((w), CHAN_TRACE_##id, &(w)->node); \
		node(w); \
	} while (0)

/* What came in, until it is clear where it goes out. */
static __rte_always_inline void
path_inwards(struct worker *w, bool traced)
{
	do {
		if (w->ip4_input.n != 0)
			RUN(w, traced, ip4_input, IP4_INPUT);
		if (unlikely(w->ip4_verify.n != 0))
			RUN(w, traced, ip4_verify, IP4_VERIFY);
		if (w->ip4_lookup.n != 0)
			RUN(w, traced, ip4_lookup, IP4_LOOKUP);
		if (unlikely(w->ip6_input.n != 0))
			RUN(w, traced, ip6_input, IP6_INPUT);
		if (unlikely(w->ip6_lookup.n != 0))
			RUN(w, traced, ip6_lookup, IP6_LOOKUP);
		if (unlikely(w->ip6_local.n != 0))
			RUN(w, traced, ip6_local, IP6_LOCAL);
		if (w->ip4_local.n != 0)
			RUN(w, traced, ip4_local, IP4_LOCAL);
		if (w->esp_decrypt.n != 0)
			RUN(w, traced, esp_decrypt, ESP_DECRYPT);
		if (w->gre_decap.n != 0)
			RUN(w, traced, gre_decap, GRE_DECAP);
	} while (w->ip4_input.n != 0 || w->ip4_lookup.n != 0 || w->ip6_input.n != 0 ||
			w->ip6_lookup.n != 0);
}

static __rte_always_inline void
path_outwards(struct worker *w, bool traced)
{
	if (w->gre_encap.n != 0)
		RUN(w, traced, gre_encap, GRE_ENCAP);
	if (unlikely(w->gre6_encap.n != 0))
		RUN(w, traced, gre6_encap, GRE6_ENCAP);
	if (w->esp_encrypt.n != 0 || w->n_esp_ready != 0)
		RUN(w, traced, esp_encrypt, ESP_ENCRYPT);
	if (w->ip4_rewrite.n != 0)
		RUN(w, traced, ip4_rewrite, IP4_REWRITE);
	if (unlikely(w->ip6_rewrite.n != 0))
		RUN(w, traced, ip6_rewrite, IP6_REWRITE);
}

static __rte_always_inline void
path_drain_as(struct worker *w, bool traced)
{
	for (;;) {
		path_inwards(w, traced);
		path_outwards(w, traced);
		if (w->ip4_lookup.n != 0 || w->ip6_lookup.n != 0) /* ICMP errors */
			continue;
		if (unlikely(w->gre_frag.n != 0))
			RUN(w, traced, gre_frag, GRE_FRAG);
		else if (unlikely(w->ip4_frag.n != 0))
			RUN(w, traced, ip4_frag, IP4_FRAG);
		else if (unlikely(w->icmp6_long.n != 0))
			icmp6_long(w);
		else
			return;
	}
}

void
path_drain(struct worker *w)
{
	if (unlikely(w->tracing != NULL))
		path_drain_as(w, true);
	else
		path_drain_as(w, false);
}

static inline void
path_burst(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	if (n == 0)
		return;
	ethernet_input(w, port, m, n);
	path_drain(w);
}

/* Packets that may match one by one, the others between them together: all in their order. */
static void
path_traced(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	uint16_t from = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct trace_filter *f = trace_running(w);

		if (f == NULL || trace_skips(f, m[i]))
			continue;
		path_burst(w, port, m + from, (uint16_t)(i - from));
		trace_begin(w, CHAN_TRACE_RX, m[i], port);
		path_burst(w, port, m + i, 1);
		trace_end(w);
		from = (uint16_t)(i + 1);
	}
	path_burst(w, port, m + from, (uint16_t)(n - from));
}

void
path_run(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	w->now_tsc = rte_rdtsc();
	if (unlikely(w->tables->trace != NULL))
		path_traced(w, port, m, n);
	else
		path_burst(w, port, m, n);
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
		pktvec_add(mbuf_is_ip6(m[i]) ? &w->ip6_input : &w->ip4_input, m[i], NULL);
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
