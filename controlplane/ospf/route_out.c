/* SPDX-License-Identifier: BSD-3-Clause */
/* The routing table laid out for readers: sorted by prefix, next hops in full; what show asks
 * for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

static int
room(struct ospf_calc *c, uint32_t n_routes)
{
	void *p;

	if (n_routes > c->cap_routes) {
		p = realloc(c->routes, (n_routes + n_routes / 2) * sizeof(*c->routes));
		if (p == NULL)
			return -ENOMEM;
		c->routes = p;
		c->cap_routes = n_routes + n_routes / 2;
	}
	if (c->n_hops + SPF_ECMP_MAX > c->cap_hops) {
		uint32_t cap = 2 * c->cap_hops + 1024;

		p = realloc(c->hops, cap * sizeof(*c->hops));
		if (p == NULL)
			return -ENOMEM;
		c->hops = p;
		c->cap_hops = cap;
	}
	return 0;
}

static void
route_add(struct ospf_calc *c, const struct ip4_prefix *p, const struct calc_rt *rt)
{
	const struct spf_hops *h = &c->sets.at[rt->hops];
	struct ospf_route *r = &c->routes[c->n_routes++];
	bool type2 = rt->kind == OSPF_ROUTE_E2 || rt->kind == OSPF_ROUTE_N2;

	*r = (struct ospf_route){ .prefix = *p,
		.kind = rt->kind,
		.direct = rt->hops == 0 || spf_set_is_direct(&c->sets, rt->hops),
		.area = rt->area,
		.metric = type2 ? rt->metric2 : rt->cost,
		.cost = rt->cost,
		.tag = rt->tag,
		.adv = rt->adv,
		.first_hop = c->n_hops };
	for (uint32_t i = 0; i < h->n && i < c->cfg.max_paths; i++)
		c->hops[c->n_hops++] = h->h[i];
	r->n_hops = c->n_hops - r->first_hop;
}

static int
route_cmp(const void *pa, const void *pb)
{
	const struct ospf_route *a = pa, *b = pb;

	if (a->prefix.addr != b->prefix.addr)
		return a->prefix.addr < b->prefix.addr ? -1 : 1;
	return (int)a->prefix.len - (int)b->prefix.len;
}

/* An active range is discarded where no more specific route is (section 12.4.3), lest it circle
 * between us and those we told of it. */
static void
ranges_add(struct ospf_calc *c)
{
	uint32_t n_before = c->n_routes;

	for (uint32_t i = 0; i < c->n_ranges; i++) {
		const struct calc_range *r = &c->ranges[i];
		uint32_t at = spf_prefix_find(&c->prefixes, &r->cfg.prefix);

		if (!r->active || (at != SPF_NONE && c->rt[at].kind == OSPF_ROUTE_INTRA))
			continue;
		c->routes[c->n_routes++] = (struct ospf_route){ .prefix = r->cfg.prefix,
			.kind = OSPF_ROUTE_DISCARD, .area = r->cfg.area };
	}
	if (c->n_routes > n_before)
		qsort(c->routes, c->n_routes, sizeof(*c->routes), route_cmp);
}

/* The same of type 7 ranges that a type 5 LSA of ours stands for. */
static void
nssa_ranges_add(struct ospf_calc *c)
{
	uint32_t n_before = c->n_routes;

	for (uint32_t i = 0; i < c->n_nssa_ranges; i++) {
		const struct calc_nssa_range *r = &c->nssa_ranges[i];
		uint32_t at = spf_prefix_find(&c->prefixes, &r->cfg.prefix);

		if (!calc_nssa_range_active(c, r) ||
				(at != SPF_NONE && c->rt[at].kind != OSPF_ROUTE_NONE))
			continue;
		c->routes[c->n_routes++] = (struct ospf_route){ .prefix = r->cfg.prefix,
			.kind = OSPF_ROUTE_DISCARD, .area = r->cfg.area };
	}
	if (c->n_routes > n_before)
		qsort(c->routes, c->n_routes, sizeof(*c->routes), route_cmp);
}

int
calc_lay_out(struct ospf_calc *c)
{
	uint32_t n;
	const uint32_t *sorted = spf_prefixes_sorted(&c->prefixes, &n);

	c->n_routes = 0;
	c->n_hops = 0;
	if (sorted == NULL || room(c, n + c->n_ranges + c->n_nssa_ranges + 1) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct calc_rt *rt = &c->rt[sorted[i]];

		if (rt->kind == OSPF_ROUTE_NONE)
			continue;
		if (c->n_hops + SPF_ECMP_MAX > c->cap_hops && room(c, 0) != 0)
			return -ENOMEM;
		route_add(c, &c->prefixes.at[sorted[i]].p, rt);
	}
	if (c->n_ranges > 0 && ospf_is_abr(c->o))
		ranges_add(c);
	nssa_ranges_add(c);
	return 0;
}

/* ---- show ----------------------------------------------------------------------------------- */

const struct ospf_route *
ospf_calc_routes(const struct ospf_calc *c, uint32_t *n)
{
	*n = c->n_routes;
	return c->routes;
}

const struct spf_hop *
ospf_calc_hops(const struct ospf_calc *c)
{
	return c->hops;
}

const struct ospf_calc_entry *
ospf_calc_log(const struct ospf_calc *c, uint32_t i)
{
	if (i >= c->n_log || i >= OSPF_CALC_LOG)
		return NULL;
	return &c->log[(c->n_log - 1 - i) % OSPF_CALC_LOG];
}

void
ospf_calc_stats(const struct ospf_calc *c, struct ospf_calc_stats *s)
{
	*s = c->stats;
	s->pending = c->pending;
	s->wait_ms = c->hold_ms;
}

/* The area with the least ID that is not below @id. */
static const struct calc_area *
area_from(const struct ospf_calc *c, uint64_t id)
{
	const struct calc_area *ca, *found = NULL;

	TAILQ_FOREACH (ca, &c->areas, link)
		if (ca->a->cfg.id >= id && (found == NULL || ca->a->cfg.id < found->a->cfg.id))
			found = ca;
	return found;
}

/* False: this vertex is none. */
static bool
border_at(const struct ospf_calc *c, const struct calc_area *ca, uint32_t v, struct ospf_border *b)
{
	const struct spf_graph *g = &ca->g;
	uint8_t flags = g->v[v].flags & (OSPF_RLSA_B | OSPF_RLSA_E);
	const struct spf_hops *h;

	if (flags == 0 || v == g->root || spf_graph_dist(g, v) == SPF_INF)
		return false;
	h = &c->sets.at[g->hops[v]];
	*b = (struct ospf_border){ .router_id = g->v[v].id, .area = ca->a->cfg.id,
		.cost = g->dist[v], .abr = (flags & OSPF_RLSA_B) != 0,
		.asbr = (flags & OSPF_RLSA_E) != 0, .n_hops = h->n };
	memcpy(b->hops, h->h, h->n * sizeof(h->h[0]));
	return true;
}

bool
ospf_calc_border_next(const struct ospf_calc *c, struct ospf_border_place *at,
		struct ospf_border *b)
{
	const struct calc_area *ca;

	while ((ca = area_from(c, at->area)) != NULL) {
		if (ca->a->cfg.id != at->area)
			*at = (struct ospf_border_place){ .area = ca->a->cfg.id };
		while (at->v < ca->g.n_run)
			if (border_at(c, ca, at->v++, b))
				return true;
		*at = (struct ospf_border_place){ .area = at->area + 1 };
	}
	return false;
}
