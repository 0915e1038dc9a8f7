/* SPDX-License-Identifier: BSD-3-Clause */
/* See spf_topo.h. */
#include "tests/unit/spf_topo.h"

#include <stdlib.h>
#include <string.h>

/* ---- a topology --------------------------------------------------------------------------- */

uint32_t
topo_rnd(struct topo *t, uint32_t below)
{
	t->random = t->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((t->random >> 33) % below);
}

uint32_t
topo_rid(uint32_t i)
{
	return 0x01000001u + i;
}

uint32_t
topo_p2p_addr(uint32_t link, bool b)
{
	return P2P_NET + link * 4 + (b ? 2 : 1);
}

uint32_t
topo_lan_addr(uint32_t lan, uint32_t router)
{
	return LAN_NET + (lan << 16) + 1 + router;
}

void
topo_link_add(struct topo *t, uint32_t a, uint32_t b, uint32_t max_cost)
{
	if ((t->n_links & (t->n_links - 1)) == 0)
		t->links = realloc(t->links, (2 * t->n_links + 1) * sizeof(*t->links));
	t->links[t->n_links++] = (struct link){ .a = a, .b = b,
		.cost_ab = (uint16_t)(1 + topo_rnd(t, max_cost)),
		.cost_ba = b >= t->n_routers ? 0 : (uint16_t)(1 + topo_rnd(t, max_cost)) };
}

void
topo_index(struct topo *t)
{
	t->first = malloc((t->n_routers + t->n_lans) * sizeof(*t->first));
	t->next = malloc(2 * t->n_links * sizeof(*t->next));
	memset(t->first, 0xff, (t->n_routers + t->n_lans) * sizeof(*t->first));
	for (uint32_t i = 0; i < t->n_links; i++) {
		t->next[2 * i] = t->first[t->links[i].a];
		t->first[t->links[i].a] = 2 * i;
		t->next[2 * i + 1] = t->first[t->links[i].b];
		t->first[t->links[i].b] = 2 * i + 1;
	}
}

/* A ring keeps it together; then random links until each has @degree, and LANs of 2 to 6. */
struct topo
topo_new(uint64_t seed, uint32_t n, uint32_t degree, uint32_t n_lans, uint32_t max_cost)
{
	struct topo t = { .n_routers = n, .n_lans = n_lans, .random = seed * 2 + 1 };

	for (uint32_t i = 0; i + 1 < n; i++)
		topo_link_add(&t, i, i + 1, max_cost);
	for (uint32_t i = 0; i < n * (degree - 2) / 2; i++) {
		uint32_t a = topo_rnd(&t, n), b = topo_rnd(&t, n);

		if (a != b)
			topo_link_add(&t, a, b, max_cost);
	}
	for (uint32_t l = 0; l < n_lans; l++) {
		uint32_t at = topo_rnd(&t, n), members = 2 + topo_rnd(&t, 5);

		/* The root is on the first one. */
		for (uint32_t k = 0; k < members && k < n; k++)
			topo_link_add(&t, l == 0 && k == 0 ? 0 : (at + k * 7 + (l == 0)) % n, n + l,
					max_cost);
	}
	/* A router has one interface on a LAN only. */
	for (uint32_t i = 0; i < t.n_links; i++)
		for (uint32_t k = i + 1; t.links[i].b >= n && k < t.n_links; k++)
			if (t.links[k].a == t.links[i].a && t.links[k].b == t.links[i].b)
				t.links[k--] = t.links[--t.n_links];
	topo_index(&t);
	return t;
}

void
topo_free(struct topo *t)
{
	free(t->links);
	free(t->first);
	free(t->next);
}

/* ---- the oracle --------------------------------------------------------------------------- */

/* Distances from @from, by a queue of what has become nearer. */
static uint32_t *
distances(const struct topo *t, uint32_t from)
{
	uint32_t n = t->n_routers + t->n_lans, head = 0, tail = 0;
	uint32_t *dist = malloc(n * sizeof(*dist)), *queue = malloc(n * sizeof(*queue));
	bool *queued = calloc(n, sizeof(*queued));

	memset(dist, 0xff, n * sizeof(*dist));
	dist[from] = 0;
	queue[tail++ % n] = from;
	for (queued[from] = true; head != tail;) {
		uint32_t v = queue[head++ % n];

		queued[v] = false;
		for (uint32_t e = t->first[v]; e != FAR; e = t->next[e]) {
			const struct link *l = &t->links[e / 2];
			uint32_t w = e % 2 == 0 ? l->b : l->a;
			uint32_t d = dist[v] + (e % 2 == 0 ? l->cost_ab : l->cost_ba);

			if (d >= dist[w])
				continue;
			dist[w] = d;
			if (!queued[w])
				queue[tail++ % n] = w;
			queued[w] = true;
		}
	}
	free(queue);
	free(queued);
	return dist;
}

static void
way_add(struct oracle *o, uint32_t user, uint32_t gw, uint32_t cost, uint32_t node)
{
	if (o->n_ways == WAYS_MAX)
		return;
	o->ways[o->n_ways++] = (struct way){ .hop = { .user = user, .gw = gw }, .cost = cost,
		.dist = distances(o->t, node), .node = node };
}

/* The interface on link @i has the number i + 1. */
struct oracle
oracle_new(const struct topo *t)
{
	struct oracle o = { .t = t, .dist = distances(t, 0) };

	for (uint32_t i = 0; i < t->n_links; i++) {
		const struct link *l = &t->links[i];

		if (l->a != 0 && l->b != 0)
			continue;
		if (l->b < t->n_routers)
			way_add(&o, i + 1, topo_p2p_addr(i, l->a == 0),
					l->a == 0 ? l->cost_ab : l->cost_ba,
					l->a == 0 ? l->b : l->a);
		for (uint32_t k = 0; k < t->n_links && l->b >= t->n_routers; k++)
			if (k != i && t->links[k].b == l->b)
				way_add(&o, i + 1,
						topo_lan_addr(l->b - t->n_routers, t->links[k].a),
						l->cost_ab, t->links[k].a);
	}
	return o;
}

void
oracle_free(struct oracle *o)
{
	free(o->dist);
	for (uint32_t i = 0; i < o->n_ways; i++)
		free(o->ways[i].dist);
}

/* Add the first hops of all shortest ways to @node, at @dist. */
void
oracle_hops(const struct oracle *o, uint32_t node, uint32_t dist, struct spf_hops *s)
{
	for (uint32_t i = 0; i < o->n_ways; i++) {
		const struct way *w = &o->ways[i];
		bool known = false;

		/* From the neighbour on, without coming back: a way back to us is never shorter. */
		if (w->dist[node] == FAR || w->cost + w->dist[node] != dist)
			continue;
		for (uint32_t k = 0; k < s->n; k++)
			known |= s->h[k].user == w->hop.user && s->h[k].gw == w->hop.gw;
		if (!known && s->n < SPF_ECMP_MAX)
			s->h[s->n++] = w->hop;
	}
}
