/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NSSAs (RFC 3101): type 7 LSAs of our own (section 2.4); which border router translates type 7 to
 * type 5 (section 3.1), what of it is gathered by address ranges and what is told of one by one
 * (section 3.2). A translator that was deposed goes on for TranslatorStabilityInterval.
 */
#include <errno.h>
#include <stdlib.h>

#include "controlplane/ospf/calc_int.h"

const char *
ospf_translator_str(enum ospf_translator t)
{
	static const char *const names[] = { "disabled", "elected", "enabled", "deposed" };

	return names[t];
}

const struct ospf_ext *
calc_wanted(const struct ospf_calc *c, const struct ip4_prefix *p)
{
	struct ospf_ext key = { .prefix = *p };

	return c->n_wanted > 0 ? bsearch(&key, c->wanted, c->n_wanted, sizeof(*c->wanted),
						 calc_wanted_cmp) : NULL;
}

/* ---- type 7 ---------------------------------------------------------------------------------- */

static void
default_tell(struct ospf_calc *c, const struct ospf_area *a, struct calc_owns *w)
{
	const struct ip4_prefix any = { .addr = 0, .len = 0 };
	struct ospf_external x = { .type2 = true,
		.metric = a->cfg.default_cost != 0 ? a->cfg.default_cost : 1 };
	bool longer = c->n_wanted > 0 && c->wanted[0].prefix.addr == 0;

	calc_ext_own(w, OSPF_LSA_NSSA, ospf_area_options(a) & (uint8_t)~OSPF_OPT_NP, &any, longer,
			&x);
}

/*
 * As a border router we tell the outside of it ourselves, by type 5: nobody is to translate it.
 * Without an address that others could forward to nobody may (section 2.3): it stays in the area.
 */
void
calc_nssa_tell(struct ospf_calc *c, struct calc_area *ca)
{
	bool abr = ospf_is_abr(c->o);
	struct calc_forward *f = calc_forwards(c, ca->a);
	uint8_t options = ospf_area_options(ca->a) & (uint8_t)~OSPF_OPT_NP;
	bool has_default = false;
	struct calc_owns w = { .failed = f == NULL };

	for (uint32_t i = 0; f != NULL && i < c->n_wanted; i++) {
		const struct ospf_ext *e = &c->wanted[i];
		struct ospf_external x = { .mask = ip4_mask(e->prefix.len), .type2 = e->type2,
			.metric = e->metric, .tag = e->tag, .forward = f[i].addr };
		bool longer = i + 1 < c->n_wanted && c->wanted[i + 1].prefix.addr == e->prefix.addr;
		uint8_t p = x.forward != 0 && !abr ? OSPF_OPT_NP : 0;

		has_default |= e->prefix.len == 0;
		if (!f[i].told)
			calc_ext_own(&w, OSPF_LSA_NSSA, options | p, &e->prefix, longer, &x);
	}
	free(f);
	if (abr && ca->a->cfg.nssa_default && !has_default)
		default_tell(c, ca->a, &w);
	calc_own_apply(&ca->a->lsdb, &ca->nssa_owns, &w);
}

/* ---- who translates -------------------------------------------------------------------------- */

static bool
is_border(const struct spf_graph *g, uint32_t v)
{
	return !g->v[v].net && (g->v[v].flags & OSPF_RLSA_B) != 0 &&
			spf_graph_dist(g, v) != SPF_INF;
}

/* One that is cut off from us in the backbone cannot tell our part of it anything. Section 3.1 asks
 * for a way to it as a boundary router; not all say that they are one. */
static bool
is_in_backbone(const struct ospf_calc *c, uint32_t router_id)
{
	const struct calc_area *backbone = calc_backbone(c);
	uint32_t v = backbone != NULL ? spf_graph_find(&backbone->g, false, router_id) : SPF_NONE;

	return v != SPF_NONE && spf_graph_dist(&backbone->g, v) != SPF_INF;
}

/* Section 3.1: the border router with the highest ID that can be reached in the area and in the
 * backbone, of those that always translate if there are any. */
static bool
elected(const struct ospf_calc *c, const struct calc_area *ca)
{
	const struct spf_graph *g = &ca->g;

	for (uint32_t v = 0; v < g->n_run; v++) {
		if (v == g->root || !is_border(g, v) || !is_in_backbone(c, g->v[v].id))
			continue;
		if ((g->v[v].flags & OSPF_RLSA_NT) != 0 || g->v[v].id > c->o->cfg.router_id)
			return false;
	}
	return true;
}

static enum ospf_translator
translator_next(struct ospf_calc *c, struct calc_area *ca)
{
	const struct ospf_area *a = ca->a;
	bool can = a->cfg.type == OSPF_AREA_NSSA && ospf_is_abr(c->o);

	if (can && a->cfg.nssa_translate_always)
		return OSPF_TRANSLATOR_ENABLED;
	if (can && elected(c, ca))
		return OSPF_TRANSLATOR_ELECTED;
	if (!can || a->translator == OSPF_TRANSLATOR_DISABLED || a->cfg.nssa_stability_s == 0)
		return OSPF_TRANSLATOR_DISABLED;
	if (a->translator == OSPF_TRANSLATOR_DEPOSED)
		return ca->deposed.on ? OSPF_TRANSLATOR_DEPOSED : OSPF_TRANSLATOR_DISABLED;
	timer_set(&c->o->timers, &ca->deposed,
			c->o->now_ms + a->cfg.nssa_stability_s * UINT64_C(1000));
	return OSPF_TRANSLATOR_DEPOSED;
}

static void
translator_update(struct ospf_calc *c, struct calc_area *ca)
{
	struct ospf_area *a = ca->a;
	enum ospf_translator next = translator_next(c, ca);
	char id[IP4_STR_LEN];

	if (next != OSPF_TRANSLATOR_DEPOSED)
		timer_stop(&c->o->timers, &ca->deposed);
	if (next == a->translator)
		return;
	a->n_translator_events++;
	ospf_log(c->o, LVL_INFO, "area %s: translator %s -> %s", ip4_str(a->cfg.id, id),
			ospf_translator_str(a->translator), ospf_translator_str(next));
	a->translator = next;
}

uint32_t
ospf_calc_deposed_ms(const struct ospf_calc *c, const struct ospf_area *a)
{
	const struct calc_area *ca = calc_area_of(c, a);

	if (ca == NULL || !ca->deposed.on || ca->deposed.due_ms <= c->o->now_ms)
		return 0;
	return (uint32_t)(ca->deposed.due_ms - c->o->now_ms);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

int
ospf_calc_nssa_ranges(struct ospf_calc *c, const struct ospf_nssa_range *r, uint32_t n)
{
	struct calc_nssa_range *copy = calloc(n + 1u, sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		copy[i].cfg = r[i];
	free(c->nssa_ranges);
	c->nssa_ranges = copy;
	c->n_nssa_ranges = n;
	calc_soon(c, "type 7 ranges");
	return 0;
}

/* The most specific one. */
static struct calc_nssa_range *
range_of(const struct ospf_calc *c, uint32_t area, const struct ip4_prefix *p)
{
	struct calc_nssa_range *best = NULL;

	for (uint32_t i = 0; i < c->n_nssa_ranges; i++) {
		struct calc_nssa_range *r = &c->nssa_ranges[i];

		if (r->cfg.area == area && r->cfg.prefix.len <= p->len &&
				ip4_prefix_contains(&r->cfg.prefix, p->addr) &&
				(best == NULL || r->cfg.prefix.len > best->cfg.prefix.len))
			best = r;
	}
	return best;
}

/* Section 3.2 (1): the P bit, an address to forward to, and that we do not tell of it anyway. */
static const struct calc_ext *
translatable(const struct ospf_calc *c, uint32_t prefix)
{
	const struct calc_rt *rt = &c->rt[prefix];
	const struct calc_ext *e;

	if (rt->kind != OSPF_ROUTE_N1 && rt->kind != OSPF_ROUTE_N2)
		return NULL;
	e = &c->exts[rt->ext];
	if (!e->used || e->area == NULL || e->area->translator == OSPF_TRANSLATOR_DISABLED ||
			!e->propagate || e->forward == 0 ||
			calc_wanted(c, &c->prefixes.at[prefix].p) != NULL)
		return NULL;
	return e;
}

/*
 * Section 3.2 (3): type 2 if any of them is, and then one more than the highest metric. What is
 * gathered has no address to forward to: of type 1, the cost is from here, lest the way seems
 * shorter than it is.
 */
static void
range_take(struct ospf_calc *c, struct calc_nssa_range *r, uint32_t prefix,
		const struct calc_ext *e)
{
	uint32_t metric = e->type2 ? e->metric + 1 : c->rt[prefix].cost;

	r->only = r->n++ == 0 ? prefix : SPF_NONE;
	if (e->type2 && !r->type2)
		r->metric = 0;
	r->type2 |= e->type2;
	if (e->type2 == r->type2 && metric > r->metric)
		r->metric = metric;
	if (r->cfg.has_cost)
		r->metric = r->cfg.cost;
	if (r->metric >= OSPF_LS_INFINITY)
		r->metric = OSPF_LS_INFINITY - 1;
}

static bool
is_range_itself(const struct ospf_calc *c, const struct calc_nssa_range *r)
{
	const struct ip4_prefix *p = r->only != SPF_NONE ? &c->prefixes.at[r->only].p : NULL;

	return p != NULL && p->addr == r->cfg.prefix.addr && p->len == r->cfg.prefix.len;
}

bool
calc_nssa_range_active(const struct ospf_calc *c, const struct calc_nssa_range *r)
{
	return r->n > 0 && r->cfg.advertise && !is_range_itself(c, r) &&
			calc_wanted(c, &r->cfg.prefix) == NULL;
}

const struct calc_ext *
calc_nssa_single(const struct ospf_calc *c, uint32_t p)
{
	const struct calc_ext *e = translatable(c, p);
	const struct calc_nssa_range *r;

	if (e == NULL)
		return NULL;
	r = range_of(c, e->area->cfg.id, &c->prefixes.at[p].p);
	return r == NULL || (r->cfg.advertise && r->only == p && is_range_itself(c, r)) ? e : NULL;
}

/* Can it be reached within the area, as a border router of it? */
static bool
translates_there(const struct ospf_calc *c, const struct ospf_area *a, uint32_t router_id)
{
	const struct calc_area *ca = calc_area_of(c, a);
	uint32_t v = ca != NULL ? spf_graph_find(&ca->g, false, router_id) : SPF_NONE;

	return v != SPF_NONE && is_border(&ca->g, v);
}

bool *
calc_nssa_told(const struct ospf_calc *c)
{
	bool *told = calloc(c->prefixes.n + 1u, sizeof(*told));

	for (uint32_t i = 0; told != NULL && i < c->n_exts; i++) {
		const struct calc_ext *x = &c->exts[i], *e;

		if (!x->used || x->area != NULL || x->forward == 0 ||
				x->adv < c->o->cfg.router_id || c->asbr[x->asbr].cost == SPF_INF)
			continue;
		e = calc_nssa_single(c, x->prefix);
		if (e != NULL && e->type2 == x->type2 && e->metric == x->metric &&
				e->forward == x->forward && translates_there(c, e->area, x->adv))
			told[x->prefix] = true;
	}
	return told;
}

bool
ospf_calc_nssa_range(const struct ospf_calc *c, uint32_t i, struct ospf_nssa_range_state *s)
{
	const struct calc_nssa_range *r;

	if (i >= c->n_nssa_ranges)
		return false;
	r = &c->nssa_ranges[i];
	*s = (struct ospf_nssa_range_state){ .cfg = &r->cfg, .n = r->n, .type2 = r->type2,
		.metric = r->metric, .active = calc_nssa_range_active(c, r) };
	return true;
}

/* ---- all ------------------------------------------------------------------------------------- */

void
calc_nssa(struct ospf_calc *c)
{
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link)
		translator_update(c, ca);
	for (uint32_t i = 0; i < c->n_nssa_ranges; i++) {
		struct calc_nssa_range *r = &c->nssa_ranges[i];

		*r = (struct calc_nssa_range){ .cfg = r->cfg, .only = SPF_NONE };
	}
	for (uint32_t p = 0; c->n_nssa_ranges > 0 && p < c->prefixes.n; p++) {
		const struct calc_ext *e = translatable(c, p);
		struct calc_nssa_range *r = e == NULL ? NULL
				: range_of(c, e->area->cfg.id, &c->prefixes.at[p].p);

		if (r != NULL)
			range_take(c, r, p, e);
	}
}
