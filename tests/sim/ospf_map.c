/* SPDX-License-Identifier: BSD-3-Clause */
/* Random networks of several areas: made, measured, cut. See ospf_map.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/ospf_map.h"
#include "tests/unit/cu.h"

static uint32_t
rnd(struct map *m, uint32_t below)
{
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((m->random >> 33) % below);
}

/* ---- a map ---------------------------------------------------------------------------------- */

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
		struct port *p = n == 1 ? land_stub(&m->l, routers[k], area, seg_addr(s, k), cost)
					: land_attach(&m->l, routers[k], wire, area, seg_addr(s, k),
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

bool
map_in_area(const struct map *m, uint32_t r, uint32_t area)
{
	for (uint32_t i = 0; i < m->n_segs; i++)
		for (uint32_t k = 0; k < m->seg[i].n; k++)
			if (m->seg[i].area == area && m->seg[i].end[k].r == r)
				return true;
	return false;
}

bool
map_is_abr(const struct map *m, uint32_t r)
{
	uint32_t n = 0;

	for (uint32_t a = 0; a < m->n_areas; a++)
		n += map_in_area(m, r, a);
	return n > 1; /* the backbone is always one of them */
}

/* Does this router tell of the prefix already? */
static bool
is_told(const struct map *m, uint32_t n, uint32_t adv, const struct ip4_prefix *p)
{
	for (uint32_t i = 0; i < n; i++)
		if (m->ext[i].adv == adv && m->ext[i].e.prefix.addr == p->addr)
			return true;
	return false;
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
		if (m->n_exts > 1 && rnd(m, 2) == 0 &&
				!is_told(m, m->n_exts - 1, x->adv, &x[-1].e.prefix))
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

		if (!map_is_abr(m, r) || rnd(m, 2) == 0)
			continue;
		m->range[r] = (struct ospf_range){ .area = area,
			.prefix = { 0xac100000u + (area << 16), 16 }, .advertise = rnd(m, 4) != 0,
			.has_cost = rnd(m, 2) == 0, .cost = 1 + rnd(m, 20) };
		CU_ASSERT_EQUAL(ospf_calc_ranges(m->l.c[r], &m->range[r], 1), 0);
	}
}

struct map *
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

void
map_free(struct map *m)
{
	land_free(&m->l);
	free(m);
}

/* ---- distances within areas ----------------------------------------------------------------- */

static void
link_known(uint32_t (*d)[NODES], uint32_t a, uint32_t b, uint32_t cost)
{
	if (cost < d[a][b])
		d[a][b] = cost;
}

void
map_distances(struct map *m)
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

/* ---- cuts ----------------------------------------------------------------------------------- */

/* Does the backbone hang together? */
static bool
is_whole(struct map *m)
{
	map_distances(m);
	for (uint32_t i = 0; i < m->l.n; i++)
		for (uint32_t k = 0; k < m->l.n; k++)
			if (map_in_area(m, i, 0) && map_in_area(m, k, 0) && m->dist[0][i][k] >= INF)
				return false;
	return true;
}

void
map_cut_one(struct map *m)
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
