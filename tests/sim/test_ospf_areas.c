/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random networks of several areas (normal, stub, NSSA; with ranges and externals of both types),
 * whose routers tell each other everything themselves. What each of them has computed is compared,
 * entry by entry, with an oracle that knows the map and no LSA: distances within areas by Floyd and
 * Warshall, then what border routers tell of them, by the letter of RFC 2328 section 16 and RFC
 * 3101. Then links are cut, and it is compared again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define SEEDS     60 /* OSPF_SEEDS in the environment: more of them */
#define N_AREAS   4
#define N_SEGS    60
#define N_ENDS    4
#define N_EXTS    8
#define NODES     (LAND_MAX + N_SEGS)
#define INF       (1u << 28)
#define NONE      UINT32_MAX

/* A link, a LAN, or, with one end, a network of a router's own; a /24. */
struct seg {
	uint32_t area, net, n;
	bool lan, cut;
	struct {
		uint32_t r, cost, user;
		struct port *port;
	} end[N_ENDS];
};

struct ext {
	uint32_t adv;
	struct ospf_ext e;
};

/* The way of a router to an ASBR: the one that section 16.4 (3) has it use. */
struct pref {
	uint32_t cost, area;
	bool intra;
};

struct map {
	struct land l;
	uint64_t random;
	bool rfc1583;
	uint32_t n_areas, n_segs, n_exts;
	struct ospf_area_cfg area[N_AREAS];
	struct seg seg[N_SEGS];
	struct ext ext[N_EXTS];
	struct ospf_range range[LAND_MAX]; /* len 0: the router has none */
	uint32_t dist[N_AREAS][NODES][NODES];
	struct pref pref[LAND_MAX][LAND_MAX];
};

/* What a router should have. */
struct want {
	uint32_t kind, metric, cost;
	bool any_hops; /* a network of its own, or of an address on one */
	struct spf_hops hops;
};

static uint32_t
rnd(struct map *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((m->random >> 33) % below);
}

/* ---- a map ---------------------------------------------------------------------------------- */

static uint32_t
end_addr(const struct seg *s, uint32_t k)
{
	return s->net + 1 + k;
}

static void
seg_add(struct map *m, uint32_t area, bool lan, const uint32_t *routers, uint32_t n)
{
	struct seg *s = &m->seg[m->n_segs];
	struct net *wire = world_net(m->l.w);

	CU_ASSERT_FATAL(m->n_segs < N_SEGS && n <= N_ENDS);
	*s = (struct seg){ .area = area, .lan = lan, .n = n };
	s->net = n == 1 ? 0xac100000u + (area << 16) + (m->n_segs << 8)
			: (lan ? 0xc0a80000u : 0x0a000000u) + (m->n_segs << 8);
	for (uint32_t k = 0; k < n; k++) {
		uint16_t cost = (uint16_t)(1 + rnd(m, 6));
		struct port *p = n == 1 ? land_stub(&m->l, routers[k], area, end_addr(s, k), cost)
					: land_attach(&m->l, routers[k], wire, area, end_addr(s, k),
							  cost, lan ? OSPF_IF_BROADCAST
								    : OSPF_IF_P2P);

		s->end[k].r = routers[k];
		s->end[k].cost = cost;
		s->end[k].port = p;
		s->end[k].user = p->ifp->cfg.user;
	}
	m->n_segs++;
}

/* @n routers hang together: a tree, some links more, perhaps a LAN; and networks of their own. */
static void
area_make(struct map *m, uint32_t area, const uint32_t *r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(ospf_area_set(m->l.r[r[i]]->o, &m->area[area],
						m->l.w->now_ms), 0);
	for (uint32_t i = 1; i < n; i++)
		seg_add(m, area, false, (uint32_t[]){ r[i], r[rnd(m, i)] }, 2);
	for (uint32_t i = rnd(m, n); i > 0; i--) {
		uint32_t a = rnd(m, n), b = rnd(m, n);

		if (a != b)
			seg_add(m, area, false, (uint32_t[]){ r[a], r[b] }, 2);
	}
	if (n >= 3 && rnd(m, 2) == 0)
		seg_add(m, area, true, r, n < N_ENDS ? n : N_ENDS);
	for (uint32_t i = 0; i < n; i++)
		if (rnd(m, 3) != 0)
			seg_add(m, area, false, &r[i], 1);
}

static bool
in_area(const struct map *m, uint32_t r, uint32_t area)
{
	for (uint32_t i = 0; i < m->n_segs; i++)
		for (uint32_t k = 0; k < m->seg[i].n; k++)
			if (m->seg[i].area == area && m->seg[i].end[k].r == r)
				return true;
	return false;
}

static bool
is_abr(const struct map *m, uint32_t r)
{
	uint32_t n = 0;

	for (uint32_t a = 0; a < m->n_areas; a++)
		n += in_area(m, r, a);
	return n > 1; /* the backbone is always one of them */
}

static void
exts_make(struct map *m)
{
	struct ospf_ext list[N_EXTS];

	while (m->n_exts < N_EXTS) {
		struct ext *x = &m->ext[m->n_exts++];

		x->adv = rnd(m, m->l.n);
		/* Two may tell of the same; one router does not do so twice. */
		x->e = (struct ospf_ext){ .prefix = { 0x08000000u + (m->n_exts << 16), 16 },
			.type2 = rnd(m, 2) == 0, .metric = 1 + rnd(m, 5) };
		if (m->n_exts > 1 && rnd(m, 2) == 0 && x[-1].adv != x->adv)
			x->e.prefix = x[-1].e.prefix;
	}
	for (uint32_t r = 0; r < m->l.n; r++) {
		uint32_t n = 0;

		for (uint32_t i = 0; i < m->n_exts; i++)
			if (m->ext[i].adv == r)
				list[n++] = m->ext[i].e;
		CU_ASSERT_EQUAL(ospf_calc_externals(m->l.c[r], list, n), 0);
	}
}

/* Some border routers summarise the own networks of an area, also of one that is not theirs. */
static void
ranges_make(struct map *m)
{
	for (uint32_t r = 0; r < m->l.n; r++) {
		uint32_t area = 1 + rnd(m, m->n_areas - 1);

		if (!is_abr(m, r) || rnd(m, 2) == 0)
			continue;
		m->range[r] = (struct ospf_range){ .area = area,
			.prefix = { 0xac100000u + (area << 16), 16 }, .advertise = rnd(m, 4) != 0,
			.has_cost = rnd(m, 2) == 0, .cost = 1 + rnd(m, 20) };
		CU_ASSERT_EQUAL(ospf_calc_ranges(m->l.c[r], &m->range[r], 1), 0);
	}
}

static struct map *
map_new(uint64_t seed)
{
	struct map *m = calloc(1, sizeof(*m));
	uint32_t n_core, r[LAND_MAX], n_in[N_AREAS] = { 0 }, at;
	struct ospf_calc_cfg cfg;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	m->random = seed * 2 + 1;
	rnd(m, 2);
	m->rfc1583 = rnd(m, 2) == 0;
	m->n_areas = 2 + rnd(m, N_AREAS - 1);
	at = n_core = 2 + rnd(m, 3);
	for (uint32_t a = 0; a < m->n_areas; a++) {
		static const uint8_t types[] = { OSPF_AREA_NORMAL, OSPF_AREA_NORMAL, OSPF_AREA_STUB,
			OSPF_AREA_NSSA };

		m->area[a] = (struct ospf_area_cfg){ .id = a, .default_cost = 1 };
		if (a == 0)
			continue;
		m->area[a].type = types[rnd(m, 4)];
		m->area[a].no_summary = m->area[a].type != OSPF_AREA_NORMAL && rnd(m, 3) == 0;
		m->area[a].default_cost = 1 + rnd(m, 9);
		n_in[a] = 1 + rnd(m, 3);
		at += n_in[a];
	}
	m->l = land_new(seed, at);
	for (uint32_t i = 0; i < n_core; i++)
		r[i] = i;
	area_make(m, 0, r, n_core);
	at = n_core;
	for (uint32_t a = 1; a < m->n_areas; a++) {
		uint32_t n = 0;

		r[n++] = rnd(m, n_core);
		if (rnd(m, 2) == 0) {
			r[n] = (r[0] + 1) % n_core;
			n++;
		}
		for (uint32_t i = 0; i < n_in[a]; i++)
			r[n++] = at++;
		area_make(m, a, r, n);
	}
	ospf_calc_cfg_defaults(&cfg);
	cfg.rfc1583 = m->rfc1583;
	for (uint32_t i = 0; i < m->l.n; i++)
		ospf_calc_set(m->l.c[i], &cfg);
	exts_make(m);
	ranges_make(m);
	return m;
}

static void
map_free(struct map *m)
{
	land_free(&m->l);
	free(m);
}

/* ---- distances within areas ----------------------------------------------------------------- */

static bool
is_lan(const struct seg *s)
{
	return s->lan && !s->cut;
}

static void
link_known(uint32_t (*d)[NODES], uint32_t a, uint32_t b, uint32_t cost)
{
	if (cost < d[a][b])
		d[a][b] = cost;
}

static void
distances(struct map *m)
{
	uint32_t n = m->l.n + m->n_segs;

	memset(m->dist, 0, sizeof(m->dist));
	for (uint32_t a = 0; a < m->n_areas; a++) {
		uint32_t (*d)[NODES] = m->dist[a];

		for (uint32_t i = 0; i < n; i++)
			for (uint32_t k = 0; k < n; k++)
				d[i][k] = i == k ? 0 : INF;
		for (uint32_t i = 0; i < m->n_segs; i++) {
			const struct seg *s = &m->seg[i];

			if (s->area != a || s->cut || s->n < 2)
				continue;
			for (uint32_t k = 0; k < s->n; k++) {
				if (s->lan) {
					link_known(d, s->end[k].r, m->l.n + i, s->end[k].cost);
					link_known(d, m->l.n + i, s->end[k].r, 0);
				} else {
					link_known(d, s->end[k].r, s->end[1 - k].r, s->end[k].cost);
				}
			}
		}
		for (uint32_t k = 0; k < n; k++)
			for (uint32_t i = 0; i < n; i++)
				for (uint32_t j = 0; j < n; j++)
					if (d[i][k] + d[k][j] < d[i][j])
						d[i][j] = d[i][k] + d[k][j];
	}
}

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
					hop_add(w, s->end[k].user, end_addr(s, j));
	}
}

/* ---- internal routes ------------------------------------------------------------------------ */

/* What a route leads to: a segment, or (from n_segs on) the range of the networks of an area. */
static uint32_t
range_target(const struct map *m, uint32_t area)
{
	return m->n_segs + area;
}

static uint32_t
intra_cost(const struct map *m, uint32_t r, uint32_t i)
{
	const struct seg *s = &m->seg[i];
	uint32_t best = INF;

	if (is_lan(s))
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

	if (!is_abr(m, c) || !in_area(m, c, area) || m->area[area].no_summary)
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

	while (!in_area(m, r, area))
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

static struct want
internal(const struct map *m, uint32_t r, uint32_t to)
{
	struct want w = { .kind = OSPF_ROUTE_NONE };
	const struct seg *s = &m->seg[to];
	uint32_t cost;

	if (to >= m->n_segs && range_cost(m, r, to - m->n_segs) != NONE)
		return (struct want){ .kind = OSPF_ROUTE_DISCARD };
	cost = to < m->n_segs ? intra_cost(m, r, to) : INF;
	if (cost < INF) {
		w.kind = OSPF_ROUTE_INTRA;
		if (is_lan(s))
			hops_add(m, r, s->area, m->l.n + to, &w);
		for (uint32_t k = 0; k < s->n; k++) {
			w.any_hops |= s->end[k].r == r;
			if (!is_lan(s) && m->dist[s->area][r][s->end[k].r] + s->end[k].cost == cost)
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

	if (!is_abr(m, c) || !in_area(m, c, area) || m->area[area].type != OSPF_AREA_NORMAL ||
			p->cost >= INF || p->area == area || (!p->intra && area == 0))
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

		if (!in_area(m, r, area) || m->area[area].type != OSPF_AREA_NORMAL)
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
static void
asbr_prefs(struct map *m)
{
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
	return (int)x->how - (int)y->how;
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
	for (uint32_t i = 0; cmp == 0 && i < x->w.hops.n; i++)
		hop_add(&best->w, x->w.hops.h[i].user, x->w.hops.h[i].gw);
	best->w.any_hops |= cmp == 0 && x->w.any_hops;
	if (cmp == 0 && e->adv > best->from->adv)
		best->from = e;
}

/* The NSSA that @r is in without being a border router; 0: none. */
static uint32_t
nssa_of(const struct map *m, uint32_t r)
{
	uint32_t area = listens(m, r);

	return m->area[area].type == OSPF_AREA_NSSA ? area : 0;
}

/* The segment of the forwarding address of an ASBR within an NSSA: of its first interface. */
static uint32_t
forward_seg(const struct map *m, uint32_t a)
{
	uint32_t first = NONE, user = NONE;

	for (uint32_t i = 0; i < m->n_segs; i++)
		for (uint32_t k = 0; k < m->seg[i].n; k++)
			if (m->seg[i].end[k].r == a && m->seg[i].end[k].user < user) {
				user = m->seg[i].end[k].user;
				first = i;
			}
	return first;
}

static bool
translates(const struct map *m, uint32_t t, uint32_t nssa)
{
	for (uint32_t c = t + 1; c < m->l.n; c++)
		if (is_abr(m, c) && in_area(m, c, nssa) && m->dist[nssa][t][c] < INF)
			return false;
	return is_abr(m, t) && in_area(m, t, nssa);
}

/* By the forwarding address of @a, an ASBR within an NSSA. */
static struct offer
forwarded(const struct map *m, uint32_t r, uint32_t a)
{
	struct offer x = { .w = internal(m, r, forward_seg(m, a)), .how = 1 };

	x.rank = rank(m->seg[forward_seg(m, a)].area, x.w.kind == OSPF_ROUTE_INTRA);
	return x;
}

static bool
in_normal_area(const struct map *m, uint32_t r)
{
	for (uint32_t area = 0; area < m->n_areas; area++)
		if (in_area(m, r, area) && m->area[area].type == OSPF_AREA_NORMAL)
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

		if (m->area[area].type != OSPF_AREA_NSSA || !in_area(m, r, area) ||
				!in_area(m, a, area) || m->dist[area][r][a] >= INF || a == r)
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

static struct want
external(const struct map *m, uint32_t r, uint32_t prefix)
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

/* The default route of stub areas and totally stubby NSSAs. */
static struct want
by_default(const struct map *m, uint32_t r)
{
	uint32_t area = listens(m, r);
	const struct ospf_area_cfg *cfg = &m->area[area];
	struct want w = { .kind = OSPF_ROUTE_NONE, .cost = INF };

	if (cfg->type != OSPF_AREA_STUB && !cfg->no_summary)
		return w;
	for (uint32_t c = 0; c < m->l.n; c++)
		if (is_abr(m, c) && in_area(m, c, area) && m->dist[area][r][c] < w.cost)
			w.cost = m->dist[area][r][c];
	for (uint32_t c = 0; c < m->l.n && w.cost < INF; c++)
		if (is_abr(m, c) && in_area(m, c, area) && m->dist[area][r][c] == w.cost) {
			w.kind = OSPF_ROUTE_INTER;
			hops_add(m, r, area, c, &w);
		}
	w.cost += cfg->default_cost;
	w.metric = w.cost;
	return w;
}

/* ---- comparison ----------------------------------------------------------------------------- */

struct tally {
	const struct map *m;
	uint64_t seed;
	uint32_t r, n_expected, wrong;
};

static bool
hops_same(const struct land *l, uint32_t i, const struct ospf_route *r, const struct spf_hops *s)
{
	const struct spf_hop *h = ospf_calc_hops(l->c[i]) + r->first_hop;
	uint32_t found = 0;

	for (uint32_t k = 0; k < s->n; k++)
		for (uint32_t j = 0; j < r->n_hops; j++)
			found += h[j].user == s->h[k].user && h[j].gw == s->h[k].gw;
	return found == s->n && r->n_hops == s->n;
}

static void
check(struct tally *t, uint32_t addr, uint8_t len, const struct want *w)
{
	const struct ospf_route *r = land_route(&t->m->l, t->r, addr, len);
	struct ip4_prefix p = { .addr = addr, .len = len };
	char s[IP4_PREFIX_STR_LEN];
	bool good;

	t->n_expected += w->kind != OSPF_ROUTE_NONE;
	if (w->kind == OSPF_ROUTE_NONE || r == NULL)
		good = w->kind == OSPF_ROUTE_NONE && r == NULL;
	else if (w->kind == OSPF_ROUTE_DISCARD)
		good = r->kind == w->kind;
	else
		good = r->kind == w->kind && r->metric == w->metric && r->cost == w->cost &&
				(w->any_hops || hops_same(&t->m->l, t->r, r, &w->hops));
	if (good)
		return;
	t->wrong++;
	printf("\n  seed %llu, router %u, %s: kind %u metric %u cost %u, %u hops; expected kind %u "
			"metric %u cost %u, %u hops", (unsigned long long)t->seed, t->r,
			ip4_prefix_str(&p, s), r != NULL ? r->kind : 0, r != NULL ? r->metric : 0,
			r != NULL ? r->cost : 0, r != NULL ? r->n_hops : 0, w->kind, w->metric,
			w->cost, w->hops.n);
}

static void
compare(struct map *m, uint64_t seed)
{
	struct tally t = { .m = m, .seed = seed };

	distances(m);
	asbr_prefs(m);
	for (t.r = 0; t.r < m->l.n; t.r++) {
		struct want w = by_default(m, t.r);
		uint32_t n;

		t.n_expected = 0;
		check(&t, 0, 0, &w);
		for (uint32_t i = 0; i < m->n_segs; i++) {
			w = internal(m, t.r, i);
			check(&t, m->seg[i].net, 24, &w);
		}
		for (uint32_t a = 1; a < m->n_areas; a++) {
			w = internal(m, t.r, range_target(m, a));
			check(&t, 0xac100000u + (a << 16), 16, &w);
		}
		for (uint32_t i = 0; i < m->n_exts; i++)
			if (i == 0 || m->ext[i].e.prefix.addr != m->ext[i - 1].e.prefix.addr) {
				w = external(m, t.r, m->ext[i].e.prefix.addr);
				check(&t, m->ext[i].e.prefix.addr, 16, &w);
			}
		ospf_calc_routes(m->l.c[t.r], &n);
		CU_ASSERT_EQUAL(n, t.n_expected);
		t.wrong += n != t.n_expected;
	}
	CU_ASSERT_EQUAL(t.wrong, 0);
}

/* Does the backbone hang together? */
static bool
is_whole(struct map *m)
{
	distances(m);
	for (uint32_t i = 0; i < m->l.n; i++)
		for (uint32_t k = 0; k < m->l.n; k++)
			if (in_area(m, i, 0) && in_area(m, k, 0) && m->dist[0][i][k] >= INF)
				return false;
	return true;
}

/* A link or LAN is silent from now on; areas may fall apart by that, the backbone does not. */
static void
cut_one(struct map *m)
{
	for (int tries = 0; tries < 20; tries++) {
		struct seg *s = &m->seg[rnd(m, m->n_segs)];

		if (s->cut || s->n < 2)
			continue;
		s->cut = true;
		if (is_whole(m)) {
			for (uint32_t k = 0; k < s->n; k++)
				s->end[k].port->cut = true;
			return;
		}
		s->cut = false;
	}
}

static void
test_random_areas(void)
{
	const char *more = getenv("OSPF_SEEDS");
	uint32_t n = more != NULL ? (uint32_t)strtoul(more, NULL, 10) : SEEDS;

	for (uint64_t seed = 1; seed <= n; seed++) {
		struct map *m = map_new(seed);

		for (int round = 0; round < 3; round++) {
			CU_ASSERT_TRUE(land_settle(&m->l));
			world_run(m->l.w, 12000);
			compare(m, seed);
			cut_one(m);
			world_run(m->l.w, 6000);
		}
		map_free(m);
	}
}

static const struct cu_case cases[] = { CU_CASE(test_random_areas) };

CU_MAIN("ospf_areas", cases)
