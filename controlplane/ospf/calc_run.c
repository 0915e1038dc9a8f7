/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is computed, and when; see ospf_calc.h. The throttle: after a quiet time a change is
 * computed with after spf_start_ms; while changes go on each Dijkstra waits until the hold time
 * since the last one is over, which doubles up to spf_max_ms. Quiet for twice the hold time brings
 * it back. Calculations without Dijkstra wait for spf_start_ms only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

#define SETS_MAX        65536 /* sets of next hops, then they are made anew */
#define VERTICES_SPARE  4096
#define SPF_BURST       8 /* a failure, its end, and the neighbours that come back one by one */

struct calc_area *
calc_area_of(const struct ospf_calc *c, const struct ospf_area *a)
{
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link)
		if (ca->a == a)
			return ca;
	return NULL;
}

struct calc_area *
calc_backbone(const struct ospf_calc *c)
{
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link)
		if (ca->a->cfg.id == 0)
			return ca;
	return NULL;
}

/* ---- when ------------------------------------------------------------------------------------ */

static bool
spf_due(const struct ospf_calc *c)
{
	const struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link)
		if (ca->spf)
			return true;
	return false;
}

/* How long from now a calculation waits. */
static uint32_t
wait_ms(const struct ospf_calc *c, bool spf)
{
	uint64_t since = c->o->now_ms - c->ran_ms;

	if (!spf || c->ran_ms == 0 || since >= c->hold_ms + (uint64_t)c->cfg.spf_start_ms)
		return c->cfg.spf_start_ms;
	return (uint32_t)(c->hold_ms - (since < c->hold_ms ? since : c->hold_ms)) +
	       c->cfg.spf_start_ms;
}

void
calc_soon(struct ospf_calc *c, const char *trigger)
{
	bool spf = spf_due(c);
	uint64_t due;

	if (c->stopping)
		return;
	if (c->n_triggers++ == 0) {
		snprintf(c->trigger, sizeof(c->trigger), "%s", trigger != NULL ? trigger : "");
		c->asked_ms = c->o->now_ms;
	}
	due = c->o->now_ms + wait_ms(c, spf);
	/* What needs no Dijkstra does not wait for one that is held back, and never the reverse. */
	if (c->pending && c->timer.due_ms <= due)
		return;
	c->pending = true;
	timer_set(&c->o->timers, &c->timer, due);
}

/* The first SPF_BURST calculations in a row stay spf_hold_ms apart, then the time doubles. */
static void
hold_advance(struct ospf_calc *c)
{
	uint64_t now = c->o->now_ms;

	if (c->ran_ms == 0 || now - c->ran_ms >= 2 * (uint64_t)c->hold_ms) {
		c->hold_ms = c->cfg.spf_hold_ms;
		c->n_burst = 0;
	} else if (c->n_burst < SPF_BURST) {
		c->n_burst++;
	} else if (c->hold_ms * 2 <= c->cfg.spf_max_ms) {
		c->hold_ms *= 2;
	} else {
		c->hold_ms = c->cfg.spf_max_ms;
	}
	c->ran_ms = now > 0 ? now : 1;
}

/* ---- Dijkstra -------------------------------------------------------------------------------- */

static int
if_cmp(const void *pa, const void *pb)
{
	const struct calc_if *a = pa, *b = pb;

	if (a->area != b->area)
		return (uintptr_t)a->area < (uintptr_t)b->area ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

static int
ifs_index(struct ospf_calc *c)
{
	struct ospf_if *ifp;

	c->n_ifs = 0;
	TAILQ_FOREACH (ifp, &c->o->ifs, link) {
		if (c->n_ifs == c->cap_ifs) {
			uint32_t cap = c->cap_ifs == 0 ? 16 : 2 * c->cap_ifs;
			void *p = realloc(c->ifs, cap * sizeof(*c->ifs));

			if (p == NULL)
				return -1;
			c->ifs = p;
			c->cap_ifs = cap;
		}
		c->ifs[c->n_ifs++] = (struct calc_if){ .area = ifp->area, .ifp = ifp,
			.key = ifp->cfg.unnumbered ? ifp->cfg.user : ifp->cfg.addr.addr };
	}
	if (c->n_ifs > 0)
		qsort(c->ifs, c->n_ifs, sizeof(*c->ifs), if_cmp);
	c->ifs_stale = false;
	return 0;
}

struct ospf_if *
calc_if_of(const struct ospf_calc *c, const struct ospf_area *a, uint32_t data)
{
	struct calc_if key = { .area = a, .key = data };
	const struct calc_if *x = c->n_ifs > 0 ? bsearch(&key, c->ifs, c->n_ifs, sizeof(*c->ifs),
								 if_cmp)
					       : NULL;

	return x != NULL ? x->ifp : NULL;
}

struct first_arg {
	struct ospf_calc *c;
	struct calc_area *ca;
};

/* The far end of a virtual link is reached as it is in the transit area. */
static uint32_t
virtual_hops(const struct ospf_calc *c, uint32_t router_id)
{
	struct ospf_if *ifp;

	TAILQ_FOREACH (ifp, &c->o->ifs, link) {
		const struct calc_area *ca;

		if (ifp->cfg.type != OSPF_IF_VLINK || ifp->vlink_id != router_id)
			continue;
		TAILQ_FOREACH (ca, &c->areas, link) {
			uint32_t v = spf_graph_find(&ca->g, false, router_id);

			if (ca->a->cfg.id == ifp->vlink_area && v != SPF_NONE &&
					spf_graph_dist(&ca->g, v) != SPF_INF)
				return ca->g.hops[v];
		}
	}
	return 0;
}

/* Section 16.1.1: next hops over a link of our own. */
static uint32_t
first_hops(void *ctx, const struct spf_edge *e)
{
	const struct first_arg *x = ctx;
	const struct spf_vertex *v = &x->ca->g.v[e->to];
	const struct ospf_if *ifp;
	const struct ospf_nbr *n;

	if (e->type == OSPF_LINK_VIRTUAL)
		return virtual_hops(x->c, v->id);
	ifp = calc_if_of(x->c, x->ca->a, e->data);
	if (ifp == NULL)
		return 0;
	if (e->type == OSPF_LINK_TRANSIT)
		return spf_set_of_one(&x->c->sets, ifp->cfg.user, 0);
	n = ospf_nbr_by_id(ifp, v->id);
	return n != NULL && ospf_nbr_is_full(n) ?
			spf_set_of_one(&x->c->sets, ifp->cfg.user, n->addr) : 0;
}

/* TransitCapability (section 6): a router there is the end of a virtual link. */
static bool
area_is_transit(const struct ospf_calc *c, const struct calc_area *ca)
{
	if (!c->cfg.transit)
		return false;
	for (uint32_t i = 0; i < ca->g.n_order; i++)
		if ((ca->g.v[ca->g.order[i]].flags & OSPF_RLSA_V) != 0)
			return ca->a->cfg.id != 0;
	return false;
}

/* Link data of an unnumbered link is the number of an interface: not what any address is like. */
static uint32_t
edge_addr(const struct spf_edge *e)
{
	return e->data >> 24 != 0 ? e->data : 0;
}

/* The address of vertex @v on the link by which it is reached: where packets for it can go. If that
 * has none: another one of its addresses in the area. 0: there is none. */
static uint32_t
vertex_addr(const struct spf_graph *g, uint32_t v)
{
	const struct spf_edge *edges = g->edges + g->v[v].edges.at;
	const struct spf_edge *e = g->parent[v] != SPF_NONE
			? spf_graph_link(g, v, g->parent[v]) : NULL;
	uint32_t addr = e != NULL ? edge_addr(e) : 0;

	for (uint32_t i = 0; e != NULL && addr == 0 && i < g->v[v].edges.n; i++)
		addr = edge_addr(&edges[i]);
	return addr;
}

static void
vlinks_update(struct ospf_calc *c, const struct calc_area *ca)
{
	struct ospf_if *ifp;

	TAILQ_FOREACH (ifp, &c->o->ifs, link) {
		const struct spf_hops *h;
		const struct ospf_if *out;
		uint32_t v, dst;

		if (ifp->cfg.type != OSPF_IF_VLINK || ifp->vlink_area != ca->a->cfg.id)
			continue;
		v = spf_graph_find(&ca->g, false, ifp->vlink_id);
		/* Section 15: nor by a way that costs more than an interface can. */
		dst = v != SPF_NONE && spf_graph_dist(&ca->g, v) <= OSPF_MAX_LINK_METRIC
				? vertex_addr(&ca->g, v) : 0;
		if (dst == 0 || ca->g.hops[v] == 0 || (ca->g.v[v].flags & OSPF_RLSA_B) == 0) {
			ospf_vlink_set(ifp, false, 0, 0, 0);
			continue;
		}
		h = &c->sets.at[ca->g.hops[v]];
		out = ospf_if_by_user(c->o, h->h[0].user);
		ospf_vlink_set(ifp, true, ca->g.dist[v], out != NULL ? out->cfg.addr.addr : 0, dst);
	}
}

static void
area_run(struct ospf_calc *c, struct calc_area *ca)
{
	struct first_arg x = { .c = c, .ca = ca };

	if (ca->stale || ca->g.n > 8 * ca->g.n_there + VERTICES_SPARE)
		calc_area_rebuild(c, ca);
	ca->spf = false;
	spf_graph_run(&ca->g, &c->sets, c->o->cfg.router_id, first_hops, &x);
	ca->a->transit = area_is_transit(c, ca);
	if (ca->a->cfg.id != 0)
		vlinks_update(c, ca);
	c->stats.n_spf++;
}

/* Areas that carry virtual links come before the backbone. */
static uint32_t
areas_run(struct ospf_calc *c)
{
	struct calc_area *ca, *backbone = calc_backbone(c);
	uint32_t n = 0;

	if (c->sets.n > SETS_MAX) {
		spf_sets_clear(&c->sets);
		TAILQ_FOREACH (ca, &c->areas, link)
			ca->spf = true;
	}
	TAILQ_FOREACH (ca, &c->areas, link) {
		if (!ca->spf || ca == backbone)
			continue;
		area_run(c, ca);
		n++;
		if (backbone != NULL && ca->a->transit)
			backbone->spf = true;
	}
	if (backbone != NULL && backbone->spf) {
		area_run(c, backbone);
		n++;
	}
	return n;
}

/* ---- log and alarm --------------------------------------------------------------------------- */

static void
on_calm(void *arg)
{
	struct ospf_calc *c = arg;

	c->stats.storm = false;
	ospf_log(c->o, LVL_NOTICE, "SPF storm is over");
}

/* So many calculations within so many seconds are a storm; it is over when so many seconds had
 * less. */
static void
storm_watch(struct ospf_calc *c)
{
	uint32_t n = c->cfg.storm_runs, max = sizeof(c->storm_ms) / sizeof(c->storm_ms[0]);
	uint64_t first;

	if (n == 0 || c->cfg.storm_s == 0)
		return;
	if (n > max)
		n = max;
	c->storm_ms[c->n_storm++ % max] = c->o->now_ms;
	if (c->n_storm < n)
		return;
	first = c->storm_ms[(c->n_storm - n) % max];
	if (c->o->now_ms - first > c->cfg.storm_s * UINT64_C(1000))
		return;
	if (!c->stats.storm)
		ospf_log(c->o, LVL_WARNING, "SPF storm: %u calculations within %u s, the last "
					    "one for %s", n, c->cfg.storm_s, c->trigger);
	c->stats.storm = true;
	timer_set(&c->o->timers, &c->calm, c->o->now_ms + c->cfg.storm_s * UINT64_C(1000));
}

static uint64_t
clock_us(const struct ospf_calc *c)
{
	return c->out.clock_us != NULL ? c->out.clock_us(c->out.ctx) : 0;
}

static void
log_add(struct ospf_calc *c, uint32_t n_areas, uint64_t t0, uint64_t t1, uint64_t t2)
{
	struct ospf_calc_entry *e = &c->log[c->n_log++ % OSPF_CALC_LOG];

	*e = (struct ospf_calc_entry){ .at_ms = c->o->now_ms,
		.n_triggers = c->n_triggers,
		.n_areas = n_areas,
		.waited_ms = (uint32_t)(c->o->now_ms - c->asked_ms),
		.spf_us = (uint32_t)(t1 - t0),
		.routes_us = (uint32_t)(t2 - t1),
		.n_routes = c->n_routes };
	memcpy(e->trigger, c->trigger, sizeof(e->trigger));
	if (t2 - t0 > c->stats.spf_us_max)
		c->stats.spf_us_max = t2 - t0;
	c->stats.total_us += t2 - t0;
	ospf_trace_line(c->o, OSPF_TRACE_SPF, NULL, 0, 0, "calculation for %s and %u more, after "
			"%u ms: Dijkstra in %u areas, %u us; %u routes, %u us", c->trigger,
			c->n_triggers > 0 ? c->n_triggers - 1 : 0, e->waited_ms, n_areas, e->spf_us,
			c->n_routes, e->routes_us);
	ospf_log(c->o, LVL_DEBUG,
			"calculation for %s and %u more: Dijkstra in %u areas, %u routes, "
			"%u us",
			c->trigger, c->n_triggers > 0 ? c->n_triggers - 1 : 0, n_areas, c->n_routes,
			(uint32_t)(t2 - t0));
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void
compute(struct ospf_calc *c, bool dijkstra)
{
	uint64_t t0 = clock_us(c), t1, t2;
	uint32_t n_areas = 0;

	timer_stop(&c->o->timers, &c->timer);
	c->pending = false;
	if (ifs_index(c) != 0)
		return;
	if (dijkstra && spf_due(c)) {
		n_areas = areas_run(c);
		hold_advance(c);
		storm_watch(c);
	} else {
		c->stats.n_partial++;
	}
	t1 = clock_us(c);
	if (calc_table(c) != 0)
		goto no_memory;
	calc_nssa(c);
	if (calc_lay_out(c) != 0)
		goto no_memory;
	t2 = clock_us(c);
	log_add(c, n_areas, t0, t1, t2);
	c->n_triggers = 0;
	if (c->out.routes != NULL)
		c->out.routes(c->out.ctx, c->routes, c->n_routes, c->hops, c->n_hops);
	calc_abr(c);
	calc_asbr(c);
	return;

no_memory:
	ospf_log(c->o, LVL_ERROR, "out of memory for routes: the former ones stand");
}

void
ospf_calc_now(struct ospf_calc *c)
{
	compute(c, true);
}

static void
on_timer(void *arg)
{
	struct ospf_calc *c = arg;
	uint32_t more;

	c->pending = false;
	more = spf_due(c) ? wait_ms(c, true) : 0;
	compute(c, more <= c->cfg.spf_start_ms);
	if (spf_due(c) && !c->pending)
		calc_soon(c, c->trigger);
}

/* ---- ears ------------------------------------------------------------------------------------ */

static void
on_lsa(void *ctx, struct ospf_lsa *lsa, enum ospf_change change)
{
	calc_on_lsa(ctx, lsa, change);
}

static void
on_if(void *ctx, struct ospf_if *ifp)
{
	struct ospf_calc *c = ctx;
	struct calc_area *ca = ifp->area != NULL ? calc_area_of(c, ifp->area) : NULL;
	char why[OSPF_LSA_STR_LEN];

	c->ifs_stale = true;
	if (ca != NULL)
		ca->spf = true;
	snprintf(why, sizeof(why), "interface %s", ifp->cfg.name);
	calc_soon(c, why);
}

static void
on_deposed(void *arg)
{
	calc_soon(arg, "translator deposed");
}

static void
on_area(void *ctx, struct ospf_area *a, bool going)
{
	struct ospf_calc *c = ctx;
	struct calc_area *ca = calc_area_of(c, a);

	if (going) {
		if (ca != NULL)
			calc_area_free(c, ca);
		calc_soon(c, "area gone");
		return;
	}
	if (ca == NULL) {
		ca = calloc(1, sizeof(*ca));
		if (ca == NULL)
			return;
		ca->a = a;
		ca->free_sum = SPF_NONE;
		ca->deposed = (struct timer){ .fn = on_deposed, .arg = c };
		spf_graph_init(&ca->g, &c->prefixes);
		TAILQ_INSERT_TAIL(&c->areas, ca, link);
	}
	ca->spf = true;
	calc_soon(c, "area");
}

void
ospf_calc_all(struct ospf_calc *c, const char *trigger)
{
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link)
		ca->spf = true;
	calc_soon(c, trigger);
}

static void
on_instance(void *ctx)
{
	ospf_calc_all(ctx, "configuration");
}

/* ---- life ------------------------------------------------------------------------------------ */

void
ospf_calc_cfg_defaults(struct ospf_calc_cfg *cfg)
{
	*cfg = (struct ospf_calc_cfg){ .spf_start_ms = 1,
		.spf_hold_ms = 50,
		.spf_max_ms = 5000,
		.rfc1583 = true,
		.transit = true,
		.max_paths = SPF_ECMP_MAX,
		.storm_runs = 20,
		.storm_s = 10 };
}

/* What the engine has already. */
static struct ospf_calc *
calc_take_over(struct ospf_calc *c)
{
	struct ospf_area *a;
	struct ospf_lsa *lsa;

	TAILQ_FOREACH (a, &c->o->areas, link) {
		struct calc_area *ca;

		on_area(c, a, false);
		ca = calc_area_of(c, a);
		if (ca != NULL)
			calc_area_rebuild(c, ca);
		OSPF_LSDB_FOREACH (lsa, &a->lsdb, OSPF_LSA_NSSA)
			if (!ospf_lsa_is_max_age(lsa))
				calc_on_lsa(c, lsa, OSPF_LSA_NEW);
	}
	OSPF_LSDB_FOREACH (lsa, &c->o->as_db, OSPF_LSA_EXTERNAL)
		if (!ospf_lsa_is_max_age(lsa))
			calc_on_lsa(c, lsa, OSPF_LSA_NEW);
	return c;
}

struct ospf_calc *
ospf_calc_new(struct ospf *o, const struct ospf_calc_out *out)
{
	struct ospf_calc *c = calloc(1, sizeof(*c));
	struct ospf_calc_ops ops = { .lsa = on_lsa,
		.ifp = on_if,
		.if_gone = on_if,
		.area = on_area,
		.instance = on_instance,
		.ctx = c };

	if (c == NULL || spf_sets_init(&c->sets) != 0) {
		free(c);
		return NULL;
	}
	c->o = o;
	c->out = *out;
	c->timer.fn = on_timer;
	c->timer.arg = c;
	c->calm.fn = on_calm;
	c->calm.arg = c;
	c->free_ext = SPF_NONE;
	TAILQ_INIT(&c->areas);
	spf_prefixes_init(&c->prefixes);
	spf_prefixes_init(&c->asbrs);
	ospf_calc_cfg_defaults(&c->cfg);
	c->hold_ms = c->cfg.spf_hold_ms;
	ospf_calc_attach(o, &ops);
	return calc_take_over(c);
}

void
ospf_calc_free(struct ospf_calc *c)
{
	struct ospf_calc_ops none = { .ctx = NULL };
	struct ospf_lsa *lsa;

	if (c == NULL)
		return;
	c->stopping = true;
	timer_stop(&c->o->timers, &c->timer);
	timer_stop(&c->o->timers, &c->calm);
	ospf_calc_attach(c->o, &none);
	while (!TAILQ_EMPTY(&c->areas))
		calc_area_free(c, TAILQ_FIRST(&c->areas));
	OSPF_LSDB_FOREACH (lsa, &c->o->as_db, OSPF_LSA_EXTERNAL)
		lsa->calc = NULL;
	spf_prefixes_fini(&c->prefixes);
	spf_prefixes_fini(&c->asbrs);
	spf_sets_fini(&c->sets);
	free(c->exts);
	free(c->rt);
	free(c->asbr);
	free(c->ifs);
	free(c->ranges);
	free(c->nssa_ranges);
	free(c->wanted);
	free(c->owns.at);
	free(c->routes);
	free(c->hops);
	free(c);
}

void
ospf_calc_set(struct ospf_calc *c, const struct ospf_calc_cfg *cfg)
{
	bool transit = c->cfg.transit;

	if (memcmp(&c->cfg, cfg, sizeof(*cfg)) == 0)
		return;
	c->cfg = *cfg;
	if (c->cfg.max_paths == 0 || c->cfg.max_paths > SPF_ECMP_MAX)
		c->cfg.max_paths = SPF_ECMP_MAX;
	if (c->hold_ms < cfg->spf_hold_ms || c->hold_ms > cfg->spf_max_ms)
		c->hold_ms = cfg->spf_hold_ms;
	if (c->cfg.transit != transit)
		ospf_calc_all(c, "configuration"); /* Dijkstra tells which areas are transit ones */
	calc_soon(c, "configuration");
}

int
ospf_calc_ranges(struct ospf_calc *c, const struct ospf_range *r, uint32_t n)
{
	struct calc_range *copy = calloc(n + 1u, sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		copy[i].cfg = r[i];
	free(c->ranges);
	c->ranges = copy;
	c->n_ranges = n;
	calc_soon(c, "area ranges");
	return 0;
}
