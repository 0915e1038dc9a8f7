/* SPDX-License-Identifier: BSD-3-Clause */
/* The graph of an area, from LSAs; see spf_graph.h. */
#include "controlplane/ospf/spf_graph.h"

#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_lsa.h"

#define BUCKETS_MIN 64

static uint32_t
vertex_hash(bool net, uint32_t id)
{
	return (uint32_t)(((uint64_t)id + (net ? UINT64_C(1) << 32 : 0)) *
					  UINT64_C(0x9e3779b97f4a7c15) >>
			  32);
}

void
spf_graph_init(struct spf_graph *g, struct spf_prefixes *prefixes)
{
	memset(g, 0, sizeof(*g));
	g->prefixes = prefixes;
	g->root = SPF_NONE;
}

void
spf_graph_fini(struct spf_graph *g)
{
	for (uint32_t i = 0; i < g->n; i++)
		for (uint32_t k = 0; k < g->v[i].stubs.n; k++)
			spf_prefix_put(g->prefixes, g->stubs[g->v[i].stubs.at + k].prefix);
	free(g->v);
	free(g->bucket);
	free(g->edges);
	free(g->stubs);
	free(g->dist);
	free(g->hops);
	free(g->parent);
	free(g->order);
	free(g->heap);
	spf_graph_init(g, g->prefixes);
}

/* ---- vertices ------------------------------------------------------------------------------ */

uint32_t
spf_graph_find(const struct spf_graph *g, bool net, uint32_t id)
{
	uint32_t i = g->cap > 0 ? g->bucket[vertex_hash(net, id) & g->mask] : SPF_NONE;

	while (i != SPF_NONE && (g->v[i].id != id || g->v[i].net != net))
		i = g->v[i].next;
	return i;
}

static bool
vertices_grow(struct spf_graph *g)
{
	uint32_t cap = g->cap == 0 ? BUCKETS_MIN : 2 * g->cap;
	struct spf_vertex *v = realloc(g->v, cap * sizeof(*v));
	uint32_t *bucket;

	if (v == NULL)
		return false;
	g->v = v;
	bucket = malloc(cap * sizeof(*bucket));
	if (bucket == NULL)
		return false;
	free(g->bucket);
	g->bucket = bucket;
	g->cap = cap;
	g->mask = cap - 1;
	memset(bucket, 0xff, cap * sizeof(*bucket));
	for (uint32_t i = 0; i < g->n; i++) {
		uint32_t *b = &bucket[vertex_hash(v[i].net, v[i].id) & g->mask];

		v[i].next = *b;
		*b = i;
	}
	return true;
}

uint32_t
spf_graph_vertex(struct spf_graph *g, bool net, uint32_t id)
{
	uint32_t i = spf_graph_find(g, net, id), *b;

	if (i != SPF_NONE)
		return i;
	if (g->n == g->cap && !vertices_grow(g))
		return SPF_NONE;
	i = g->n++;
	b = &g->bucket[vertex_hash(net, id) & g->mask];
	g->v[i] = (struct spf_vertex){ .id = id, .net = net, .next = *b };
	*b = i;
	return i;
}

/* ---- arrays of links and stubs -------------------------------------------------------------- */

/* Room for @n items of @size in part @p: where it stands if it is large enough, else at the end of
 * the array. */
static bool
part_room(void **array, uint32_t *end, uint32_t *cap, uint32_t *waste, struct spf_part *p,
		uint32_t n, size_t size)
{
	uint32_t room = (n + 3u) & ~3u;

	if (n <= p->cap)
		return true;
	if (*end + room > *cap) {
		uint32_t more = *cap * 2 > *end + room ? *cap * 2 : *end + room + 1024;
		void *to = realloc(*array, more * size);

		if (to == NULL)
			return false;
		*array = to;
		*cap = more;
	}
	*waste += p->cap;
	p->at = *end;
	p->cap = room;
	*end += room;
	return true;
}

/* Move together what has become holes. Without memory it stays as it is. */
static void
edges_compact(struct spf_graph *g)
{
	struct spf_edge *to = malloc((g->n_edges + 1u) * sizeof(*to));
	uint32_t at = 0;

	if (to == NULL)
		return;
	for (uint32_t i = 0; i < g->n; i++) {
		struct spf_part *p = &g->v[i].edges;

		if (p->n > 0)
			memcpy(to + at, g->edges + p->at, p->n * sizeof(*to));
		p->at = at;
		p->cap = p->n;
		at += p->n;
	}
	free(g->edges);
	g->edges = to;
	g->cap_edges = g->n_edges + 1;
	g->n_edges = at;
	g->waste_edges = 0;
}

static void
stubs_compact(struct spf_graph *g)
{
	struct spf_stub *to = malloc((g->n_stubs + 1u) * sizeof(*to));
	uint32_t at = 0;

	if (to == NULL)
		return;
	for (uint32_t i = 0; i < g->n; i++) {
		struct spf_part *p = &g->v[i].stubs;

		if (p->n > 0)
			memcpy(to + at, g->stubs + p->at, p->n * sizeof(*to));
		p->at = at;
		p->cap = p->n;
		at += p->n;
	}
	free(g->stubs);
	g->stubs = to;
	g->cap_stubs = g->n_stubs + 1;
	g->n_stubs = at;
	g->waste_stubs = 0;
}

/* ---- LSAs ----------------------------------------------------------------------------------- */

/* What an LSA says, before it is compared with what was there. */
struct parsed {
	struct spf_edge *edges;
	struct spf_stub *stubs;
	uint32_t n_edges, n_stubs;
};

static int
edge_cmp(const void *pa, const void *pb)
{
	const struct spf_edge *a = pa, *b = pb;

	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	if (a->data != b->data)
		return a->data < b->data ? -1 : 1;
	if (a->metric != b->metric)
		return (int)a->metric - (int)b->metric;
	return (int)a->type - (int)b->type;
}

static uint8_t
mask_len(uint32_t mask)
{
	return (uint8_t)(mask == 0 ? 0 : 32 - __builtin_ctz(mask));
}

static bool
stub_add(struct spf_graph *g, struct parsed *x, uint32_t addr, uint32_t mask, uint16_t metric)
{
	struct ip4_prefix p = { .addr = addr & mask, .len = mask_len(mask) };
	uint32_t id = spf_prefix_get(g->prefixes, &p);

	if (id == SPF_NONE)
		return false;
	x->stubs[x->n_stubs++] = (struct spf_stub){ .prefix = id, .metric = metric };
	return true;
}

static bool
edge_add(struct spf_graph *g, struct parsed *x, bool net, uint32_t id, uint32_t data,
		uint16_t metric, uint8_t type)
{
	uint32_t to = spf_graph_vertex(g, net, id);

	if (to == SPF_NONE)
		return false;
	x->edges[x->n_edges++] = (struct spf_edge){
		.to = to, .data = data, .metric = metric, .type = type
	};
	return true;
}

static bool
parse_router(struct spf_graph *g, const uint8_t *lsa, size_t len, struct parsed *x)
{
	struct rd r = ospf_rlsa_links(lsa, len);
	struct ospf_link l;
	bool ok = true;

	while (ok && ospf_rlsa_next(&r, &l)) {
		if (l.type == OSPF_LINK_STUB)
			ok = stub_add(g, x, l.id, l.data, l.metric);
		else if (l.type == OSPF_LINK_TRANSIT)
			ok = edge_add(g, x, true, l.id, l.data, l.metric, l.type);
		else if (l.type == OSPF_LINK_P2P || l.type == OSPF_LINK_VIRTUAL)
			ok = edge_add(g, x, false, l.id, l.data, l.metric, l.type);
	}
	return ok;
}

/* A network with a mask of 32 bits has no prefix of its own: it is suppressed (RFC 6860). */
static bool
parse_network(struct spf_graph *g, uint32_t id, const uint8_t *lsa, size_t len, struct parsed *x)
{
	struct rd r = ospf_nlsa_routers(lsa, len);
	uint32_t mask = ospf_nlsa_mask(lsa, len), router;
	bool ok = mask == UINT32_MAX || stub_add(g, x, id, mask, 0);

	while (ok && ospf_nlsa_next(&r, &router))
		ok = edge_add(g, x, false, router, 0, 0, 0);
	return ok;
}

static void
parsed_drop(struct spf_graph *g, struct parsed *x)
{
	for (uint32_t i = 0; i < x->n_stubs; i++)
		spf_prefix_put(g->prefixes, x->stubs[i].prefix);
	free(x->edges);
	free(x->stubs);
}

static void
stubs_put(struct spf_graph *g, struct spf_vertex *v)
{
	for (uint32_t i = 0; i < v->stubs.n; i++)
		spf_prefix_put(g->prefixes, g->stubs[v->stubs.at + i].prefix);
	v->stubs.n = 0;
}

/* Take over what has changed. */
static enum spf_what
vertex_set(struct spf_graph *g, uint32_t i, const struct parsed *x, uint8_t flags, uint32_t adv)
{
	struct spf_vertex *v = &g->v[i];
	enum spf_what what = SPF_SAME;
	bool same_edges = v->there && v->edges.n == x->n_edges &&
			  (x->n_edges == 0 || memcmp(g->edges + v->edges.at, x->edges,
						      x->n_edges * sizeof(*x->edges)) == 0);
	bool same_stubs = v->there && v->stubs.n == x->n_stubs &&
			  (x->n_stubs == 0 || memcmp(g->stubs + v->stubs.at, x->stubs,
						      x->n_stubs * sizeof(*x->stubs)) == 0);

	if (!same_stubs || v->flags != flags)
		what = SPF_STUBS;
	/* With Dijkstra goes what becomes of virtual links: their ends are border routers. */
	if (!same_edges || v->adv != adv || ((v->flags ^ flags) & (OSPF_RLSA_B | OSPF_RLSA_V)) != 0)
		what = SPF_LINKS;
	stubs_put(g, v); /* what it still has is held by @x, too */
	if (!part_room((void **)&g->edges, &g->n_edges, &g->cap_edges, &g->waste_edges, &v->edges,
			    x->n_edges, sizeof(*g->edges)) ||
			!part_room((void **)&g->stubs, &g->n_stubs, &g->cap_stubs, &g->waste_stubs,
					&v->stubs, x->n_stubs, sizeof(*g->stubs)))
		return SPF_NO_MEMORY;
	if (x->n_edges > 0)
		memcpy(g->edges + v->edges.at, x->edges, x->n_edges * sizeof(*x->edges));
	if (x->n_stubs > 0)
		memcpy(g->stubs + v->stubs.at, x->stubs, x->n_stubs * sizeof(*x->stubs));
	v->edges.n = x->n_edges;
	v->stubs.n = x->n_stubs;
	v->flags = flags;
	v->adv = adv;
	if (!v->there)
		g->n_there++;
	v->there = true;
	return what;
}

enum spf_what
spf_graph_set(struct spf_graph *g, const uint8_t *lsa, size_t len)
{
	size_t max = len / 4 + 1; /* no link is shorter */
	struct parsed x = { .edges = calloc(max, sizeof(*x.edges)),
		.stubs = calloc(max, sizeof(*x.stubs)) };
	struct rd r = rd_init(lsa, len);
	enum spf_what what = SPF_NO_MEMORY;
	struct ospf_lsa_hdr h;
	bool net, ok;
	uint32_t i;

	ospf_lsa_hdr_read(&r, &h);
	net = h.type == OSPF_LSA_NETWORK;
	i = spf_graph_vertex(g, net, net ? h.id : h.adv);
	if (x.edges == NULL || x.stubs == NULL || i == SPF_NONE)
		goto fail;
	ok = net ? parse_network(g, h.id, lsa, len, &x) : parse_router(g, lsa, len, &x);
	if (!ok)
		goto fail;
	qsort(x.edges, x.n_edges, sizeof(*x.edges), edge_cmp);
	what = vertex_set(g, i, &x, net ? 0 : ospf_rlsa_flags(lsa, len), net ? h.adv : 0);
	if (what == SPF_NO_MEMORY)
		goto fail;
	free(x.edges);
	free(x.stubs);
	if (g->waste_edges > g->n_edges / 2 + 1024)
		edges_compact(g);
	if (g->waste_stubs > g->n_stubs / 2 + 1024)
		stubs_compact(g);
	return what;

fail:
	parsed_drop(g, &x);
	return what;
}

enum spf_what
spf_graph_del(struct spf_graph *g, bool net, uint32_t id)
{
	uint32_t i = spf_graph_find(g, net, id);

	if (i == SPF_NONE || !g->v[i].there)
		return SPF_SAME;
	stubs_put(g, &g->v[i]);
	g->v[i].edges.n = 0;
	g->v[i].flags = 0;
	g->v[i].there = false;
	g->n_there--;
	return SPF_LINKS;
}

const struct spf_edge *
spf_graph_link(const struct spf_graph *g, uint32_t from, uint32_t to)
{
	const struct spf_edge *e = g->edges + g->v[from].edges.at;
	uint32_t lo = 0, hi = g->v[from].edges.n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (e[mid].to < to)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < g->v[from].edges.n && e[lo].to == to ? &e[lo] : NULL;
}
