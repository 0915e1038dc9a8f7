/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing table from distances (RFC 2328 sections 16.1 (4), 16.2, 16.3, 16.4 and RFC 3101
 * section 2.5): networks within areas, then those that area border routers tell of, then what lies
 * outside the AS. All of it each time, as a walk over arrays: what is expensive are the distances.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

static int
tables_room(struct ospf_calc *c)
{
	void *p;

	if (c->prefixes.n > c->cap_rt) {
		p = realloc(c->rt, c->prefixes.cap * sizeof(*c->rt));
		if (p == NULL)
			return -ENOMEM;
		c->rt = p;
		c->cap_rt = c->prefixes.cap;
	}
	if (c->asbrs.n > c->cap_asbr) {
		p = realloc(c->asbr, c->asbrs.cap * sizeof(*c->asbr));
		if (p == NULL)
			return -ENOMEM;
		c->asbr = p;
		c->cap_asbr = c->asbrs.cap;
	}
	return 0;
}

/* ---- within an area ------------------------------------------------------------------------- */

static void
intra_offer(struct ospf_calc *c, uint32_t prefix, uint32_t area, uint32_t cost, uint32_t hops)
{
	struct calc_rt *rt = &c->rt[prefix];

	if (rt->kind == OSPF_ROUTE_NONE || cost < rt->cost)
		*rt = (struct calc_rt){ .kind = OSPF_ROUTE_INTRA, .area = area, .cost = cost,
			.hops = hops };
	else if (cost == rt->cost && rt->hops != 0 && hops != 0) /* 0: it is our own */
		rt->hops = spf_set_union(&c->sets, rt->hops, hops);
	else if (cost == rt->cost)
		rt->hops = 0;
}

static void
area_intra(struct ospf_calc *c, const struct calc_area *ca)
{
	const struct spf_graph *g = &ca->g;

	for (uint32_t v = 0; v < g->n_run; v++) {
		const struct spf_stub *s = g->stubs + g->v[v].stubs.at;

		if (!g->v[v].there || g->dist[v] == SPF_INF)
			continue;
		for (uint32_t i = 0; i < g->v[v].stubs.n; i++)
			intra_offer(c, s[i].prefix, ca->a->cfg.id, g->dist[v] + s[i].metric,
					g->hops[v]);
	}
}

/* ---- ways to ASBRs -------------------------------------------------------------------------- */

/* Section 16.4.1: with compatibility to RFC 1583 only the cost counts. */
static bool
asbr_better(const struct ospf_calc *c, const struct calc_asbr *a, const struct calc_asbr *b)
{
	if (b->cost == SPF_INF)
		return true;
	if (!c->cfg.rfc1583 && a->rank != b->rank)
		return a->rank > b->rank;
	if (a->cost != b->cost)
		return a->cost < b->cost;
	return a->area > b->area; /* the largest area ID wins */
}

/* ASBR number @i, if it can be reached within the area; else SPF_NONE. */
static uint32_t
asbr_vertex(const struct ospf_calc *c, const struct calc_area *ca, uint32_t i)
{
	uint32_t v = spf_graph_find(&ca->g, false, c->asbrs.at[i].p.addr);

	if (v == SPF_NONE || v == ca->g.root || spf_graph_dist(&ca->g, v) == SPF_INF ||
			(ca->g.v[v].flags & OSPF_RLSA_E) == 0)
		return SPF_NONE;
	return v;
}

static void
asbrs_intra(struct ospf_calc *c, const struct calc_area *ca)
{
	for (uint32_t i = 0; i < c->asbrs.n; i++) {
		uint32_t v = asbr_vertex(c, ca, i);
		struct calc_asbr a;

		if (c->asbrs.at[i].refs == 0 || v == SPF_NONE)
			continue;
		a = (struct calc_asbr){ .cost = ca->g.dist[v], .hops = ca->g.hops[v],
			.area = ca->a->cfg.id,
			.rank = ca->a->cfg.id != 0 ? 2 : 1, .intra = true };
		if (asbr_better(c, &a, &c->asbr[i]))
			c->asbr[i] = a;
	}
}

/* ---- between areas -------------------------------------------------------------------------- */

struct calc_range *
calc_range_of(const struct ospf_calc *c, uint32_t area, const struct ip4_prefix *p)
{
	struct calc_range *best = NULL;

	for (uint32_t i = 0; i < c->n_ranges; i++) {
		struct calc_range *r = &c->ranges[i];

		if (r->cfg.area == area && r->cfg.prefix.len <= p->len &&
				ip4_prefix_contains(&r->cfg.prefix, p->addr) &&
				(best == NULL || r->cfg.prefix.len > best->cfg.prefix.len))
			best = r;
	}
	return best;
}

bool
calc_may_leave(const struct ospf_calc *c, uint32_t area, const struct ip4_prefix *p)
{
	return c->out.permits == NULL || c->out.permits(c->out.ctx, area, true, p);
}

static void
ranges_look(struct ospf_calc *c)
{
	bool any = c->n_ranges > 0 && ospf_is_abr(c->o);

	for (uint32_t i = 0; i < c->n_ranges; i++) {
		c->ranges[i].active = c->ranges[i].told = false;
		c->ranges[i].cost = 0;
	}
	for (uint32_t i = 0; any && i < c->prefixes.n; i++) {
		struct calc_range *r;

		if (c->rt[i].kind != OSPF_ROUTE_INTRA)
			continue;
		r = calc_range_of(c, c->rt[i].area, &c->prefixes.at[i].p);
		if (r == NULL)
			continue;
		r->active = true;
		if (!calc_may_leave(c, c->rt[i].area, &c->prefixes.at[i].p))
			continue;
		r->told = true;
		if (c->rt[i].cost > r->cost)
			r->cost = c->rt[i].cost;
	}
}

/* Section 16.2 (3): an active range of ours is not to be taken from others. */
static bool
is_own_range(const struct ospf_calc *c, const struct ip4_prefix *p)
{
	for (uint32_t i = 0; i < c->n_ranges; i++)
		if (c->ranges[i].active && c->ranges[i].cfg.prefix.addr == p->addr &&
				c->ranges[i].cfg.prefix.len == p->len)
			return true;
	return false;
}

static void
inter_asbr(struct ospf_calc *c, const struct calc_sum *s, const struct calc_area *ca, uint32_t cost,
		uint32_t hops)
{
	struct calc_asbr a = { .cost = cost, .hops = hops, .area = ca->a->cfg.id, .rank = 1 };
	struct calc_asbr *is = &c->asbr[s->what];

	/* Another border router of the same areas tells of us: no way leads there. */
	if (c->asbrs.at[s->what].p.addr == c->o->cfg.router_id)
		return;
	/* Section 16.2 (4): within this area is better at any cost. A way within another area is
	 * weighed against it (16.4 (3)). */
	if (asbr_vertex(c, ca, s->what) != SPF_NONE)
		return;
	if (is->cost == cost && is->area == a.area && !is->intra)
		is->hops = spf_set_union(&c->sets, is->hops, hops);
	else if (asbr_better(c, &a, is))
		*is = a;
}

static void
inter_offer(struct ospf_calc *c, const struct calc_sum *s, const struct calc_area *ca,
		uint32_t cost,
		uint32_t hops)
{
	struct calc_rt *rt = &c->rt[s->what];

	if (rt->kind == OSPF_ROUTE_INTRA || is_own_range(c, &c->prefixes.at[s->what].p))
		return;
	if (rt->kind == OSPF_ROUTE_NONE || cost < rt->cost)
		*rt = (struct calc_rt){ .kind = OSPF_ROUTE_INTER, .area = ca->a->cfg.id,
			.cost = cost, .hops = hops };
	else if (cost == rt->cost)
		rt->hops = spf_set_union(&c->sets, rt->hops, hops);
}

static void
area_inter(struct ospf_calc *c, const struct calc_area *ca)
{
	for (uint32_t i = 0; i < ca->n_sums; i++) {
		const struct calc_sum *s = &ca->sums[i];
		uint32_t d;

		if (!s->used)
			continue;
		d = spf_graph_dist(&ca->g, s->adv);
		if (d == SPF_INF || s->adv == ca->g.root ||
				(ca->g.v[s->adv].flags & OSPF_RLSA_B) == 0 ||
				d + s->metric >= SPF_INF - OSPF_LS_INFINITY)
			continue;
		if (s->asbr)
			inter_asbr(c, s, ca, d + s->metric, ca->g.hops[s->adv]);
		else
			inter_offer(c, s, ca, d + s->metric, ca->g.hops[s->adv]);
	}
}

/* Is the way through a transit area, of @cost by @via, at least as good as the one that there
 * is? */
static void
transit_offer(struct ospf_calc *c, uint32_t cost, uint32_t via, uint32_t *is_cost, uint32_t *hops)
{
	if (cost < *is_cost) {
		*is_cost = cost;
		*hops = via;
	} else if (cost == *is_cost) {
		*hops = spf_set_union(&c->sets, *hops, via);
	}
}

/* Section 16.3: a shorter way through an area that carries virtual links, to networks and ASBRs
 * that are reached through the backbone. */
static void
area_transit(struct ospf_calc *c, const struct calc_area *ca)
{
	for (uint32_t i = 0; i < ca->n_sums; i++) {
		const struct calc_sum *s = &ca->sums[i];
		struct calc_asbr *asbr;
		struct calc_rt *rt;
		uint32_t d, via;

		if (!s->used)
			continue;
		d = spf_graph_dist(&ca->g, s->adv);
		if (d == SPF_INF || s->adv == ca->g.root)
			continue;
		via = ca->g.hops[s->adv];
		if (s->asbr) {
			asbr = &c->asbr[s->what];
			if (asbr->cost != SPF_INF && asbr->area == 0)
				transit_offer(c, d + s->metric, via, &asbr->cost, &asbr->hops);
			continue;
		}
		rt = &c->rt[s->what];
		if (rt->area == 0 && rt->hops != 0 && (rt->kind == OSPF_ROUTE_INTRA ||
							      rt->kind == OSPF_ROUTE_INTER))
			transit_offer(c, d + s->metric, via, &rt->cost, &rt->hops);
	}
}

/* ---- outside the AS ------------------------------------------------------------------------- */

/* The internal route to an address, by the longest match; NULL: none. */
static const struct calc_rt *
internal_lookup(const struct ospf_calc *c, uint32_t addr)
{
	for (int len = 32; len >= 0; len--) {
		struct ip4_prefix p = { .addr = addr & ip4_mask((uint8_t)len),
			.len = (uint8_t)len };
		uint32_t at;

		if (c->prefixes.n_len[len] == 0)
			continue;
		at = spf_prefix_find(&c->prefixes, &p);
		if (at != SPF_NONE && c->rt[at].kind != OSPF_ROUTE_NONE &&
				c->rt[at].kind <= OSPF_ROUTE_INTER)
			return &c->rt[at];
	}
	return NULL;
}

struct way {
	uint32_t cost, hops;
	uint8_t rank;
};

/* It is us that others are to forward to: no way of ours leads there. */
static bool
is_own_addr(const struct ospf_calc *c, uint32_t addr)
{
	const struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link) {
		const struct ospf_if *ifp = calc_if_of(c, ca->a, addr);

		if (ifp != NULL && !ifp->cfg.unnumbered && ifp->state != OSPF_IFS_DOWN)
			return true;
	}
	return false;
}

static bool
way_to_forward(struct ospf_calc *c, const struct calc_ext *e, struct way *w)
{
	const struct calc_rt *rt = internal_lookup(c, e->forward);
	uint32_t user = 0;

	/* Type 7: within its own area (RFC 3101 section 2.5 (3)). */
	if (rt == NULL || is_own_addr(c, e->forward) || (e->area != NULL &&
			(rt->kind != OSPF_ROUTE_INTRA || rt->area != e->area->cfg.id)))
		return false;
	w->cost = rt->cost;
	w->hops = rt->hops;
	w->rank = rt->kind == OSPF_ROUTE_INTRA && rt->area != 0 ? 2 : 1;
	if (rt->hops != 0) {
		if (spf_set_is_direct(&c->sets, rt->hops))
			w->hops = spf_set_through(&c->sets, rt->hops, e->forward);
		return true;
	}
	/* On a network of ours that is a stub to others: the interface has its address there. */
	for (uint32_t i = 0; i < c->n_ifs && user == 0; i++)
		if (c->ifs[i].ifp->state != OSPF_IFS_DOWN &&
				ip4_prefix_contains(&c->ifs[i].ifp->cfg.addr, e->forward))
			user = c->ifs[i].ifp->cfg.user;
	w->hops = user != 0 ? spf_set_of_one(&c->sets, user, e->forward) : 0;
	return w->hops != 0;
}

static bool
way_to_ext(struct ospf_calc *c, const struct calc_ext *e, struct way *w)
{
	const struct calc_asbr *a = &c->asbr[e->asbr];

	if (e->area != NULL) { /* the ASBR is in the area, and within it its way counts */
		const struct calc_area *ca = calc_area_of(c, e->area);
		uint32_t v = ca != NULL ? spf_graph_find(&ca->g, false, e->adv) : SPF_NONE;

		if (v == SPF_NONE || spf_graph_dist(&ca->g, v) == SPF_INF || v == ca->g.root)
			return false;
		*w = (struct way){ .cost = ca->g.dist[v], .hops = ca->g.hops[v], .rank = 2 };
	} else {
		if (a->cost == SPF_INF)
			return false;
		*w = (struct way){ .cost = a->cost, .hops = a->hops, .rank = a->rank };
	}
	return e->forward == 0 || way_to_forward(c, e, w);
}

/* > 0: @a is better than @b. Section 16.4 (6), RFC 3101 section 2.5 (6). */
static int
ext_cmp(const struct ospf_calc *c, const struct calc_rt *a, const struct calc_rt *b)
{
	bool a2 = a->kind == OSPF_ROUTE_E2 || a->kind == OSPF_ROUTE_N2;
	bool b2 = b->kind == OSPF_ROUTE_E2 || b->kind == OSPF_ROUTE_N2;

	if (a2 != b2)
		return a2 ? -1 : 1;
	if (a2 && a->metric2 != b->metric2)
		return a->metric2 < b->metric2 ? 1 : -1;
	if (!c->cfg.rfc1583 && a->rank != b->rank)
		return (int)a->rank - (int)b->rank;
	if (a->cost != b->cost)
		return a->cost < b->cost ? 1 : -1;
	return 0;
}

static void
ext_offer(struct ospf_calc *c, uint32_t i)
{
	const struct calc_ext *e = &c->exts[i];
	struct calc_rt *rt = &c->rt[e->prefix], x;
	struct way w;
	int cmp;

	if (rt->kind == OSPF_ROUTE_INTRA || rt->kind == OSPF_ROUTE_INTER ||
			is_own_range(c, &c->prefixes.at[e->prefix].p) || !way_to_ext(c, e, &w))
		return;
	/* RFC 3101 section 2.5 (3): of a default route only what is meant to leave the area counts
	 * for border routers, else two of them would point to one another; nothing if they keep
	 * summaries from the area. */
	if (e->area != NULL && (!e->propagate || e->area->cfg.no_summary) &&
			c->prefixes.at[e->prefix].p.len == 0 && ospf_is_abr(c->o))
		return;
	x = (struct calc_rt){ .rank = w.rank, .hops = w.hops, .tag = e->tag, .adv = e->adv,
		.ext = i, .area = e->area != NULL ? e->area->cfg.id : 0,
		.how = e->area == NULL ? 1 : e->propagate ? 2 : 0 };
	if (e->type2)
		x.kind = e->area != NULL ? OSPF_ROUTE_N2 : OSPF_ROUTE_E2;
	else
		x.kind = e->area != NULL ? OSPF_ROUTE_N1 : OSPF_ROUTE_E1;
	x.cost = e->type2 ? w.cost : w.cost + e->metric;
	x.metric2 = e->type2 ? e->metric : 0;
	cmp = rt->kind == OSPF_ROUTE_NONE ? 1 : ext_cmp(c, &x, rt);
	if (cmp > 0) {
		*rt = x;
	} else if (cmp == 0) {
		/* RFC 3101 section 2.5 (6) (e): one of them speaks for those with the same address
		 * to forward to, which have the same next hops; others are further ways. */
		uint32_t hops = spf_set_union(&c->sets, rt->hops, x.hops);

		if (x.how > rt->how || (x.how == rt->how && x.adv > rt->adv))
			*rt = x;
		rt->hops = hops;
	}
}

/* ---- all ------------------------------------------------------------------------------------ */

int
calc_table(struct ospf_calc *c)
{
	const struct calc_area *ca, *backbone = calc_backbone(c);
	bool abr = ospf_is_abr(c->o) && backbone != NULL && backbone->g.n_order > 1;

	if (tables_room(c) != 0)
		return -ENOMEM;
	if (c->prefixes.n > 0)
		memset(c->rt, 0, c->prefixes.n * sizeof(*c->rt));
	for (uint32_t i = 0; i < c->asbrs.n; i++)
		c->asbr[i] = (struct calc_asbr){ .cost = SPF_INF };
	TAILQ_FOREACH (ca, &c->areas, link) {
		area_intra(c, ca);
		if (ca->a->cfg.type == OSPF_AREA_NORMAL)
			asbrs_intra(c, ca);
	}
	ranges_look(c);
	/* RFC 3509: a border router listens to the backbone alone, as long as it has one. */
	TAILQ_FOREACH (ca, &c->areas, link)
		if (!abr || ca == backbone)
			area_inter(c, ca);
	TAILQ_FOREACH (ca, &c->areas, link)
		if (abr && ca->a->transit)
			area_transit(c, ca);
	for (uint32_t i = 0; i < c->n_exts; i++)
		if (c->exts[i].used)
			ext_offer(c, i);
	return 0;
}
