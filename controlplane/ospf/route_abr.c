/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an area border router tells each area of the others (RFC 2328 section 12.4.3): type 3 LSAs
 * for networks, aggregated by area ranges; type 4 for ASBRs; to stub areas a default route, to
 * totally stubby ones nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

/* Does interface number @user belong to @a? */
static bool
calc_hops_in(const struct ospf_calc *c, uint32_t hops, const struct ospf_area *a)
{
	const struct spf_hops *h = &c->sets.at[hops];

	for (uint32_t i = 0; i < h->n; i++) {
		const struct ospf_if *ifp = ospf_if_by_user(c->o, h->h[i].user);

		if (ifp != NULL && ifp->area == a)
			return true;
	}
	return false;
}

/* A network to be told of, before it gets its link state ID. */
struct told {
	struct ip4_prefix p;
	uint32_t metric;
};

struct telling {
	struct ospf_calc *c;
	struct calc_area *to;
	struct told *at;
	uint32_t n, cap;
	struct calc_owns owns;
};

/* Filtered by the prefix list of the area that is told. */
static bool
may_enter(const struct telling *t, const struct ip4_prefix *p)
{
	const struct ospf_calc_out *out = &t->c->out;

	if (out->permits == NULL || out->permits(out->ctx, t->to->a->cfg.id, false, p))
		return true;
	t->to->a->n_filtered_in++;
	return false;
}

static void
told_add(struct telling *t, const struct ip4_prefix *p, uint32_t metric)
{
	if (t->n == t->cap) {
		uint32_t cap = t->cap == 0 ? 64 : 2 * t->cap;
		void *more = realloc(t->at, cap * sizeof(*t->at));

		if (more == NULL) {
			t->owns.failed = true;
			return;
		}
		t->at = more;
		t->cap = cap;
	}
	t->at[t->n++] = (struct told){ .p = *p, .metric = metric };
}

static int
told_cmp(const void *pa, const void *pb)
{
	const struct told *a = pa, *b = pb;

	if (a->p.addr != b->p.addr)
		return a->p.addr < b->p.addr ? -1 : 1;
	return (int)a->p.len - (int)b->p.len;
}

/* Active ranges, at the cost of what is farthest in them unless another one is configured. */
static void
ranges_tell(struct telling *t)
{
	const struct ospf_calc *c = t->c;

	for (uint32_t i = 0; i < c->n_ranges; i++) {
		const struct calc_range *r = &c->ranges[i];

		if (!r->active || !r->told || !r->cfg.advertise ||
				r->cfg.area == t->to->a->cfg.id ||
				(r->cfg.area == 0 && t->to->a->transit) ||
				!may_enter(t, &r->cfg.prefix))
			continue;
		told_add(t, &r->cfg.prefix, r->cfg.has_cost ? r->cfg.cost : r->cost);
	}
}

static void
networks_tell(struct telling *t)
{
	struct ospf_calc *c = t->c;
	const struct ospf_area *to = t->to->a;
	uint32_t n;
	const uint32_t *sorted = spf_prefixes_sorted(&c->prefixes, &n);

	for (uint32_t i = 0; sorted != NULL && i < n; i++) {
		const struct ip4_prefix *p = &c->prefixes.at[sorted[i]].p;
		const struct calc_rt *rt = &c->rt[sorted[i]];
		bool intra = rt->kind == OSPF_ROUTE_INTRA;

		if ((!intra && rt->kind != OSPF_ROUTE_INTER) || rt->area == to->cfg.id ||
				(!intra && (to->cfg.id == 0 || rt->area != 0)) ||
				rt->cost >= OSPF_LS_INFINITY ||
				calc_hops_in(c, rt->hops, to))
			continue;
		if (intra && !(rt->area == 0 && to->transit) &&
				calc_range_of(c, rt->area, p) != NULL)
			continue;
		if (!calc_may_leave(c, rt->area, p) || !may_enter(t, p))
			continue;
		told_add(t, p, rt->cost);
	}
	ranges_tell(t);
}

static void
default_tell(struct telling *t)
{
	const struct ip4_prefix any = { .addr = 0, .len = 0 };
	const struct ospf_area_cfg *a = &t->to->a->cfg;
	bool wanted = a->type == OSPF_AREA_STUB || (a->type == OSPF_AREA_NSSA && a->no_summary);

	if (wanted)
		told_add(t, &any, a->default_cost != 0 ? a->default_cost : 1);
}

static void
asbrs_tell(struct telling *t)
{
	struct ospf_calc *c = t->c;
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	for (uint32_t i = 0; i < c->asbrs.n; i++) {
		const struct calc_asbr *a = &c->asbr[i];
		struct ospf_summary s = { .metric = a->cost };

		if (c->asbrs.at[i].refs == 0 || a->cost >= OSPF_LS_INFINITY ||
				a->area == t->to->a->cfg.id ||
				(!a->intra && (t->to->a->cfg.id == 0 || a->area != 0)) ||
				calc_hops_in(c, a->hops, t->to->a))
			continue;
		ospf_summary_write(body, &s);
		calc_own_add(&t->owns, OSPF_LSA_ASBR_SUMMARY, ospf_area_options(t->to->a),
				c->asbrs.at[i].p.addr, body, sizeof(body));
	}
}

static void
area_tell(struct ospf_calc *c, struct calc_area *to)
{
	struct telling t = { .c = c, .to = to };
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	if (to->a->cfg.type == OSPF_AREA_NORMAL || !to->a->cfg.no_summary)
		networks_tell(&t);
	default_tell(&t);
	if (t.n > 0)
		qsort(t.at, t.n, sizeof(*t.at), told_cmp);
	for (uint32_t i = 0; i < t.n; i++) {
		struct ospf_summary s =
				{ .mask = ip4_mask(t.at[i].p.len), .metric = t.at[i].metric };
		bool longer = i + 1 < t.n && t.at[i + 1].p.addr == t.at[i].p.addr;

		/* The same twice: a default route, ours and another's. */
		if (longer && t.at[i + 1].p.len == t.at[i].p.len)
			continue;
		ospf_summary_write(body, &s);
		calc_own_add(&t.owns, OSPF_LSA_SUMMARY, ospf_area_options(to->a),
				calc_own_id(&t.at[i].p, longer), body, sizeof(body));
	}
	if (to->a->cfg.type == OSPF_AREA_NORMAL)
		asbrs_tell(&t);
	free(t.at);
	calc_own_apply(&to->a->lsdb, &to->owns, &t.owns);
}

/* How many networks their own areas' lists keep in; what is kept out is counted on the way. */
static void
filtered_count(struct ospf_calc *c, bool abr)
{
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link)
		ca->a->n_filtered_in = ca->a->n_filtered_out = 0;
	for (uint32_t i = 0; abr && c->out.permits != NULL && i < c->prefixes.n; i++) {
		const struct calc_rt *rt = &c->rt[i];
		struct ospf_area *a;

		if (rt->kind != OSPF_ROUTE_INTRA ||
				calc_may_leave(c, rt->area, &c->prefixes.at[i].p))
			continue;
		a = ospf_area_find(c->o, rt->area);
		if (a != NULL)
			a->n_filtered_out++;
	}
}

void
calc_abr(struct ospf_calc *c)
{
	struct calc_owns none = { .n = 0 };
	struct calc_area *ca;
	bool abr = ospf_is_abr(c->o);

	filtered_count(c, abr);
	TAILQ_FOREACH (ca, &c->areas, link) {
		if (abr)
			area_tell(c, ca);
		else if (ca->owns.n > 0)
			calc_own_apply(&ca->a->lsdb, &ca->owns, &none);
	}
}
