/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What routers of a map should have: what border routers tell of the distances within areas, by the
 * letter of RFC 2328 section 16 and RFC 3101. See ospf_map.h.
 */
#include "tests/sim/ospf_map.h"

#define NONE UINT32_MAX

static void
hop_add(struct want *w, uint32_t user, uint32_t gw)
{
	for (uint32_t i = 0; i < w->hops.n; i++)
		if (w->hops.h[i].user == user && w->hops.h[i].gw == gw)
			return;
	if (w->hops.n < SPF_ECMP_MAX)
		w->hops.h[w->hops.n++] = (struct spf_hop){ .user = user, .gw = gw };
}

/* All first hops of shortest ways from @r to node @to within an area. */
static void
hops_add(const struct map *m, uint32_t r, uint32_t area, uint32_t to, struct want *w)
{
	const uint32_t (*d)[NODES] = m->dist[area];

	for (uint32_t i = 0; i < m->n_segs; i++) {
		const struct seg *s = &m->seg[i];

		if (s->area != area || s->cut)
			continue;
		for (uint32_t k = 0; k < s->n; k++)
			for (uint32_t j = 0; s->end[k].r == r && j < s->n; j++)
				if (j != k && s->end[k].cost + d[s->end[j].r][to] == d[r][to])
					hop_add(w, s->end[k].user, seg_addr(s, j));
	}
}

/* ---- internal routes ------------------------------------------------------------------------ */

uint32_t
want_range_target(const struct map *m, uint32_t area)
{
	return m->n_segs + area;
}

static uint32_t
intra_cost(const struct map *m, uint32_t r, uint32_t i)
{
	const struct seg *s = &m->seg[i];
	uint32_t best = INF;

	if (seg_is_lan(s))
		return m->dist[s->area][r][m->l.n + i];
	for (uint32_t k = 0; k < s->n; k++)
		if (m->dist[s->area][r][s->end[k].r] + s->end[k].cost < best)
			best = m->dist[s->area][r][s->end[k].r] + s->end[k].cost;
	return best;
}

/* If @r's range of this area is active: the cost of what is farthest in it. NONE: it is not. */
static uint32_t
range_cost(const struct map *m, uint32_t r, uint32_t area)
{
	uint32_t most = NONE;

	for (uint32_t i = 0; i < m->n_segs && m->range[r].prefix.len > 0; i++) {
		uint32_t cost = m->seg[i].n == 1 && m->seg[i].area == area &&
				m->range[r].area == area ? intra_cost(m, r, i) : INF;

		if (cost < INF && (most == NONE || cost > most))
			most = cost;
	}
	return most;
}

static uint32_t inter_cost(const struct map *m, uint32_t r, uint32_t to, struct want *w);

/* What border router @c tells area @area of target @to; INF: nothing. */
static uint32_t
told(const struct map *m, uint32_t c, uint32_t to, uint32_t area)
{
	uint32_t cost;

	if (!map_is_abr(m, c) || !map_in_area(m, c, area) || m->area[area].no_summary)
		return INF;
	if (to >= m->n_segs) {
		const struct ospf_range *g = &m->range[c];

		cost = range_cost(m, c, to - m->n_segs);
		if (cost != NONE)
			return area == to - m->n_segs || !g->advertise ? INF
					: g->has_cost ? g->cost : cost;
	} else {
		cost = intra_cost(m, c, to);
		if (cost < INF)
			return area == m->seg[to].area || (m->seg[to].n == 1 &&
					range_cost(m, c, m->seg[to].area) != NONE) ? INF : cost;
	}
	return area == 0 ? INF : inter_cost(m, c, to, NULL);
}

/* The area in which @r listens to summaries (RFC 3509). */
static uint32_t
listens(const struct map *m, uint32_t r)
{
	uint32_t area = 0;

	while (!map_in_area(m, r, area))
		area++;
	return area;
}

static uint32_t
inter_cost(const struct map *m, uint32_t r, uint32_t to, struct want *w)
{
	uint32_t area = listens(m, r), best = INF;

	for (int again = 0; again < 2; again++)
		for (uint32_t c = 0; c < m->l.n; c++) {
			uint32_t d = m->dist[area][r][c], t;

			if (c == r || d >= INF || (t = told(m, c, to, area)) >= INF)
				continue;
			if (again == 0 && d + t < best)
				best = d + t;
			else if (again == 1 && d + t == best && w != NULL)
				hops_add(m, r, area, c, w);
		}
	return best;
}

struct want
want_internal(const struct map *m, uint32_t r, uint32_t to)
{
	struct want w = { .kind = OSPF_ROUTE_NONE };
	const struct seg *s = &m->seg[to];
	uint32_t cost;

	if (to >= m->n_segs && range_cost(m, r, to - m->n_segs) != NONE)
		return (struct want){ .kind = OSPF_ROUTE_DISCARD };
	cost = to < m->n_segs ? intra_cost(m, r, to) : INF;
	if (cost < INF) {
		w.kind = OSPF_ROUTE_INTRA;
		if (seg_is_lan(s))
			hops_add(m, r, s->area, m->l.n + to, &w);
		for (uint32_t k = 0; k < s->n; k++) {
			w.any_hops |= s->end[k].r == r;
			if (!seg_is_lan(s) &&
					m->dist[s->area][r][s->end[k].r] + s->end[k].cost == cost)
				hops_add(m, r, s->area, s->end[k].r, &w);
		}
	} else {
		cost = inter_cost(m, r, to, &w);
		w.kind = cost < INF ? OSPF_ROUTE_INTER : OSPF_ROUTE_NONE;
	}
	w.metric = w.cost = cost;
	return w;
}

/* ---- ASBRs and externals -------------------------------------------------------------------- */

static uint32_t
asbr_told(const struct map *m, uint32_t c, uint32_t a, uint32_t area)
{
	const struct pref *p = &m->pref[c][a];

	if (!map_is_abr(m, c) || !map_in_area(m, c, area) ||
			m->area[area].type != OSPF_AREA_NORMAL || p->cost >= INF ||
			p->area == area || (!p->intra && area == 0))
		return INF;
	return p->cost;
}

static uint32_t
rank(uint32_t area, bool intra)
{
	return intra && area != 0 ? 2 : 1;
}

static bool
pref_better(const struct map *m, const struct pref *p, const struct pref *q)
{
	if (q->cost >= INF || p->cost >= INF)
		return p->cost < q->cost;
	if (!m->rfc1583 && rank(p->area, p->intra) != rank(q->area, q->intra))
		return rank(p->area, p->intra) > rank(q->area, q->intra);
	return p->cost != q->cost ? p->cost < q->cost : p->area > q->area;
}

static struct pref
asbr_pref(const struct map *m, uint32_t r, uint32_t a)
{
	struct pref best = { .cost = INF };

	for (uint32_t area = 0; a != r && area < m->n_areas; area++) {
		struct pref p = { .cost = m->dist[area][r][a], .area = area, .intra = true };

		if (!map_in_area(m, r, area) || m->area[area].type != OSPF_AREA_NORMAL)
			continue;
		if (p.cost >= INF && area == listens(m, r)) {
			p.intra = false;
			for (uint32_t c = 0; c < m->l.n; c++) {
				uint32_t cost = m->dist[area][r][c] + asbr_told(m, c, a, area);

				if (c != r && cost < p.cost)
					p.cost = cost;
			}
		}
		if (pref_better(m, &p, &best))
			best = p;
	}
	return best;
}

/* What each tells follows from what the others tell, until nothing changes. */
void
want_begin(struct map *m)
{
	map_distances(m);
	for (uint32_t r = 0; r < m->l.n; r++)
		for (uint32_t a = 0; a < m->l.n; a++)
			m->pref[r][a] = (struct pref){ .cost = INF };
	for (int round = 0; round < 20; round++)
		for (uint32_t r = 0; r < m->l.n; r++)
			for (uint32_t a = 0; a < m->l.n; a++)
				m->pref[r][a] = asbr_pref(m, r, a);
}

static void
asbr_hops(const struct map *m, uint32_t r, uint32_t a, struct want *w)
{
	const struct pref *p = &m->pref[r][a];

	if (p->intra) {
		hops_add(m, r, p->area, a, w);
		return;
	}
	for (uint32_t c = 0; c < m->l.n; c++)
		if (c != r && m->dist[p->area][r][c] + asbr_told(m, c, a, p->area) == p->cost)
			hops_add(m, r, p->area, c, w);
}

/* One LSA of an external, as @r sees it. */
struct offer {
	struct want w;
	uint32_t rank, how;
	const struct ext *from;
};

/* > 0: @x is better. Section 16.4 (6), RFC 3101 section 2.5 (6). */
static int
offer_cmp(const struct map *m, const struct offer *x, const struct offer *y)
{
	bool x2 = x->w.kind == OSPF_ROUTE_E2 || x->w.kind == OSPF_ROUTE_N2;
	bool y2 = y->w.kind == OSPF_ROUTE_E2 || y->w.kind == OSPF_ROUTE_N2;

	if (x2 != y2)
		return y2 ? 1 : -1;
	if (x->w.metric != y->w.metric && x2)
		return x->w.metric < y->w.metric ? 1 : -1;
	if (!m->rfc1583 && x->rank != y->rank)
		return x->rank > y->rank ? 1 : -1;
	if (x->w.cost != y->w.cost)
		return x->w.cost < y->w.cost ? 1 : -1;
	return 0;
}

/* Of equal ones: all their hops; kind and origin are those of a type 7 LSA with the P bit, else of
 * type 5, then of the highest router ID. */
static void
offer_join(struct offer *best, const struct offer *x)
{
	struct want hops = best->w;

	for (uint32_t i = 0; i < x->w.hops.n; i++)
		hop_add(&hops, x->w.hops.h[i].user, x->w.hops.h[i].gw);
	hops.any_hops |= x->w.any_hops;
	if (x->how > best->how || (x->how == best->how && x->from->adv > best->from->adv))
		*best = *x;
	best->w.hops = hops.hops;
	best->w.any_hops = hops.any_hops;
}

static void
offer_take(const struct map *m, struct offer *best, struct offer *x, const struct ext *e,
		bool type7)
{
	int cmp;

	x->w.kind = type7 ? e->e.type2 ? OSPF_ROUTE_N2 : OSPF_ROUTE_N1
			  : e->e.type2 ? OSPF_ROUTE_E2 : OSPF_ROUTE_E1;
	if (!e->e.type2)
		x->w.cost += e->e.metric;
	x->w.metric = e->e.type2 ? e->e.metric : x->w.cost;
	x->from = e;
	cmp = best->w.kind == OSPF_ROUTE_NONE ? 1 : offer_cmp(m, x, best);
	if (cmp > 0)
		*best = *x;
	else if (cmp == 0)
		offer_join(best, x);
}

/* The NSSA that @r is in without being a border router; 0: none. */
static uint32_t
nssa_of(const struct map *m, uint32_t r)
{
	uint32_t area = listens(m, r);

	return m->area[area].type == OSPF_AREA_NSSA ? area : 0;
}

/* Is nobody else there? A LAN that is silent is a stub network of each; a link is none. */
static bool
is_stub(const struct seg *s)
{
	return s->n == 1 || (s->lan && s->cut);
}

/* The segment of the forwarding address of an ASBR within an NSSA (RFC 3101 section 2.3): of its
 * first stub network, else of its first interface. */
static uint32_t
forward_seg(const struct map *m, uint32_t a)
{
	uint32_t best = NONE, user = NONE;

	for (uint32_t i = 0; i < m->n_segs; i++) {
		const struct seg *s = &m->seg[i];

		for (uint32_t k = 0; k < s->n; k++) {
			bool stub = is_stub(s), had = best != NONE && is_stub(&m->seg[best]);

			if (s->end[k].r != a || stub < had ||
					(stub == had && s->end[k].user >= user))
				continue;
			user = s->end[k].user;
			best = i;
		}
	}
	return best;
}

/* RFC 3101 section 3.1: others count if they can be reached in the NSSA and in the backbone. */
static bool
translates(const struct map *m, uint32_t t, uint32_t nssa)
{
	for (uint32_t c = t + 1; c < m->l.n; c++)
		if (map_is_abr(m, c) && map_in_area(m, c, nssa) && m->dist[nssa][t][c] < INF &&
				m->dist[0][t][c] < INF)
			return false;
	return map_is_abr(m, t) && map_in_area(m, t, nssa);
}

/* By the forwarding address of @a, an ASBR within an NSSA. A router's own network may be known as
 * part of a range only. */
static struct offer
forwarded(const struct map *m, uint32_t r, uint32_t a)
{
	uint32_t seg = forward_seg(m, a), area = m->seg[seg].area;
	struct offer x = { .w = want_internal(m, r, seg), .how = 1 };

	if (x.w.kind == OSPF_ROUTE_NONE && m->seg[seg].n == 1)
		x.w = want_internal(m, r, want_range_target(m, area));
	if (x.w.kind == OSPF_ROUTE_DISCARD)
		x.w.kind = OSPF_ROUTE_NONE;
	x.rank = rank(area, x.w.kind == OSPF_ROUTE_INTRA);
	return x;
}

static bool
in_normal_area(const struct map *m, uint32_t r)
{
	for (uint32_t area = 0; area < m->n_areas; area++)
		if (map_in_area(m, r, area) && m->area[area].type == OSPF_AREA_NORMAL)
			return true;
	return false;
}

/* Type 7, as @r sees it: told by routers of an NSSA, and without the P bit by border routers. */
static void
type7(const struct map *m, uint32_t r, const struct ext *e, struct offer *best)
{
	uint32_t a = e->adv;

	for (uint32_t area = 1; area < m->n_areas; area++) {
		struct offer x = { .rank = 2 };

		if (m->area[area].type != OSPF_AREA_NSSA || !map_in_area(m, r, area) ||
				!map_in_area(m, a, area) || m->dist[area][r][a] >= INF || a == r)
			continue;
		if (nssa_of(m, a) != 0) {
			x = forwarded(m, r, a);
			x.how = 2;
			if (x.w.kind != OSPF_ROUTE_INTRA)
				continue;
		} else {
			x.w.cost = m->dist[area][r][a];
			hops_add(m, r, area, a, &x.w);
		}
		offer_take(m, best, &x, e, true);
	}
}

/* Type 5 of the ASBR itself. */
static void
type5(const struct map *m, uint32_t r, const struct ext *e, struct offer *best)
{
	const struct pref *p = &m->pref[r][e->adv];
	struct offer x = { .how = 1 };

	if (e->adv == r || nssa_of(m, e->adv) != 0 || !in_normal_area(m, r) || p->cost >= INF)
		return;
	x.w.cost = p->cost;
	x.rank = rank(p->area, p->intra);
	asbr_hops(m, r, e->adv, &x.w);
	offer_take(m, best, &x, e, false);
}

static bool
is_told(const struct map *m, const struct ext *e, uint32_t prefix)
{
	return e->e.prefix.addr == prefix && m->area[listens(m, e->adv)].type != OSPF_AREA_STUB;
}

/* The type 7 LSA for a prefix that @t translates: the one that its own route comes from (RFC 3101
 * section 3.2), unless it tells of the prefix itself. NULL: none. */
static const struct ext *
translated(const struct map *m, uint32_t t, uint32_t prefix)
{
	struct offer best = { .w = { .kind = OSPF_ROUTE_NONE } };

	for (uint32_t i = 0; i < m->n_exts; i++) {
		if (!is_told(m, &m->ext[i], prefix))
			continue;
		if (m->ext[i].adv == t)
			return NULL;
		type7(m, t, &m->ext[i], &best);
		type5(m, t, &m->ext[i], &best);
	}
	if ((best.w.kind != OSPF_ROUTE_N1 && best.w.kind != OSPF_ROUTE_N2) || best.how != 2 ||
			!translates(m, t, nssa_of(m, best.from->adv)))
		return NULL;
	return best.from;
}

struct want
want_external(const struct map *m, uint32_t r, uint32_t prefix)
{
	struct offer best = { .w = { .kind = OSPF_ROUTE_NONE } };

	for (uint32_t i = 0; i < m->n_exts; i++)
		if (is_told(m, &m->ext[i], prefix)) {
			type7(m, r, &m->ext[i], &best);
			type5(m, r, &m->ext[i], &best);
		}
	for (uint32_t t = 0; in_normal_area(m, r) && t < m->l.n; t++) {
		const struct ext *e = t != r && m->pref[r][t].cost < INF
				? translated(m, t, prefix) : NULL;
		struct offer x;

		if (e == NULL)
			continue;
		x = forwarded(m, r, e->adv);
		if (x.w.kind != OSPF_ROUTE_NONE)
			offer_take(m, &best, &x, e, false);
	}
	return best.w;
}

struct want
want_default(const struct map *m, uint32_t r)
{
	uint32_t area = listens(m, r);
	const struct ospf_area_cfg *cfg = &m->area[area];
	struct want w = { .kind = OSPF_ROUTE_NONE, .cost = INF };

	if (cfg->type != OSPF_AREA_STUB && !cfg->no_summary)
		return w;
	for (uint32_t c = 0; c < m->l.n; c++)
		if (map_is_abr(m, c) && map_in_area(m, c, area) && m->dist[area][r][c] < w.cost)
			w.cost = m->dist[area][r][c];
	for (uint32_t c = 0; c < m->l.n && w.cost < INF; c++)
		if (map_is_abr(m, c) && map_in_area(m, c, area) && m->dist[area][r][c] == w.cost) {
			w.kind = OSPF_ROUTE_INTER;
			hops_add(m, r, area, c, &w);
		}
	w.cost += cfg->default_cost;
	w.metric = w.cost;
	return w;
}
