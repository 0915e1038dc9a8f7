/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dijkstra's algorithm (RFC 2328 section 16.1) with sets of next hops (section 16.1.1).
 *
 * The heap holds 64-bit words: distance, "is a router", vertex. So of equal distances networks come
 * first, as section 16.1 (3) wants it: all ways of the same length to what is behind them are known
 * by the time it is settled. An entry that was overtaken by a better one stays in the heap and is
 * passed over when it comes out; four children to a node, for fewer cache lines on the way down.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_lsa.h"
#include "controlplane/ospf/spf_graph.h"

#define HEAP_WAYS 4

static int
run_room(struct spf_graph *g)
{
	uint32_t n = g->n;
	void *p;

	if (n <= g->cap_run)
		return 0;
	n += n / 2;
	if ((p = realloc(g->dist, n * sizeof(*g->dist))) == NULL)
		return -ENOMEM;
	g->dist = p;
	if ((p = realloc(g->hops, n * sizeof(*g->hops))) == NULL)
		return -ENOMEM;
	g->hops = p;
	if ((p = realloc(g->parent, n * sizeof(*g->parent))) == NULL)
		return -ENOMEM;
	g->parent = p;
	if ((p = realloc(g->order, n * sizeof(*g->order))) == NULL)
		return -ENOMEM;
	g->order = p;
	g->cap_run = n;
	return 0;
}

/* ---- heap ------------------------------------------------------------------------------------ */

static inline uint64_t
heap_key(const struct spf_graph *g, uint32_t v)
{
	return (uint64_t)g->dist[v] << 32 | (g->v[v].net ? 0 : UINT64_C(1) << 31) | v;
}

static int
heap_push(struct spf_graph *g, uint64_t key)
{
	uint32_t at = g->n_heap;
	uint64_t *h;

	if (at == g->cap_heap) {
		uint32_t cap = g->cap_heap == 0 ? 1024 : 2 * g->cap_heap;

		h = realloc(g->heap, cap * sizeof(*h));
		if (h == NULL)
			return -ENOMEM;
		g->heap = h;
		g->cap_heap = cap;
	}
	h = g->heap;
	g->n_heap++;
	while (at > 0 && h[(at - 1) / HEAP_WAYS] > key) {
		h[at] = h[(at - 1) / HEAP_WAYS];
		at = (at - 1) / HEAP_WAYS;
	}
	h[at] = key;
	return 0;
}

static uint64_t
heap_pop(struct spf_graph *g)
{
	uint64_t *h = g->heap, top = h[0], last = h[--g->n_heap];
	uint32_t n = g->n_heap, at = 0;

	for (;;) {
		uint32_t first = at * HEAP_WAYS + 1, best = first;

		if (first >= n)
			break;
		for (uint32_t k = first + 1; k < first + HEAP_WAYS && k < n; k++)
			if (h[k] < h[best])
				best = k;
		if (h[best] >= last)
			break;
		h[at] = h[best];
		at = best;
	}
	if (n > 0)
		h[at] = last;
	return top;
}

/* ---- the algorithm --------------------------------------------------------------------------- */

struct run {
	struct spf_graph *g;
	struct spf_sets *sets;
	uint32_t (*first)(void *ctx, const struct spf_edge *e);
	void *ctx;
};

/*
 * Next hops to @w over edge @e of @v. What is behind a network of ours is reached through the
 * address that it has there, which its own link to the network tells; else as @v is.
 */
static uint32_t
hops_over(const struct run *r, uint32_t v, const struct spf_edge *e)
{
	const struct spf_graph *g = r->g;
	const struct spf_edge *back;
	uint32_t set = 0;

	if (v == g->root)
		return r->first(r->ctx, e);
	if (!g->v[v].net || !spf_set_is_direct(r->sets, g->hops[v]))
		return g->hops[v];
	back = spf_graph_link(g, e->to, v);
	for (uint32_t at = g->v[e->to].edges.at; back < g->edges + at + g->v[e->to].edges.n &&
			back->to == v; back++)
		set = spf_set_union(r->sets, set,
				spf_set_through(r->sets, g->hops[v], back->data));
	return set;
}

/* Section 16.1 (2): the edges of @v, which is settled. */
static int
relax(const struct run *r, uint32_t v)
{
	struct spf_graph *g = r->g;
	const struct spf_vertex *from = &g->v[v];
	uint32_t base = g->dist[v];

	for (uint32_t i = 0; i < from->edges.n; i++) {
		const struct spf_edge *e = &g->edges[from->edges.at + i];
		uint32_t d = base + e->metric, set;

		if (e->to == v || e->to == g->root || d < base || d == SPF_INF ||
				d > g->dist[e->to] ||
				!g->v[e->to].there || spf_graph_link(g, e->to, v) == NULL)
			continue;
		/* Settled already: over links that cost nothing another way of the same length may
		 * turn up late. It is not needed to get there. */
		if (d == g->dist[e->to] && d == base && g->v[e->to].net == from->net)
			continue;
		set = hops_over(r, v, e);
		if (set == 0)
			continue;
		if (d == g->dist[e->to]) {
			g->hops[e->to] = spf_set_union(r->sets, g->hops[e->to], set);
			continue;
		}
		g->dist[e->to] = d;
		g->hops[e->to] = set;
		g->parent[e->to] = v;
		if (heap_push(g, heap_key(g, e->to)) != 0)
			return -ENOMEM;
	}
	return 0;
}

int
spf_graph_run(struct spf_graph *g, struct spf_sets *sets, uint32_t root_id,
		uint32_t (*first)(void *ctx, const struct spf_edge *e), void *ctx)
{
	struct run r = { .g = g, .sets = sets, .first = first, .ctx = ctx };

	g->n_order = 0;
	g->n_heap = 0;
	g->root = spf_graph_find(g, false, root_id);
	g->n_run = 0;
	if (run_room(g) != 0)
		return -ENOMEM;
	g->n_run = g->n;
	if (g->n > 0)
		memset(g->dist, 0xff, g->n * sizeof(*g->dist));
	if (g->root == SPF_NONE || !g->v[g->root].there)
		return -ENOENT;
	g->dist[g->root] = 0;
	g->hops[g->root] = 0;
	g->parent[g->root] = SPF_NONE;
	if (heap_push(g, heap_key(g, g->root)) != 0)
		return -ENOMEM;
	while (g->n_heap > 0) {
		uint64_t key = heap_pop(g);
		uint32_t v = (uint32_t)key & 0x7fffffff;

		if (key >> 32 != g->dist[v])
			continue;
		g->order[g->n_order++] = v;
		if (relax(&r, v) != 0)
			return -ENOMEM;
	}
	return 0;
}
