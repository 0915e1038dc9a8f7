/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an AS boundary router tells of the outside by type 5 LSAs (RFC 2328 section 12.4.4): what it
 * redistributes, and what it translates from type 7 (route_nssa.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

int
calc_wanted_cmp(const void *pa, const void *pb)
{
	const struct ospf_ext *a = pa, *b = pb;

	if (a->prefix.addr != b->prefix.addr)
		return a->prefix.addr < b->prefix.addr ? -1 : 1;
	return (int)a->prefix.len - (int)b->prefix.len;
}

int
ospf_calc_externals(struct ospf_calc *c, const struct ospf_ext *e, uint32_t n)
{
	struct ospf_ext *copy = malloc((n + 1u) * sizeof(*copy));

	if (copy == NULL)
		return -ENOMEM;
	if (n > 0) {
		memcpy(copy, e, n * sizeof(*e));
		qsort(copy, n, sizeof(*copy), calc_wanted_cmp);
	}
	if (n == c->n_wanted && (n == 0 || memcmp(copy, c->wanted, n * sizeof(*copy)) == 0)) {
		free(copy);
		return 0;
	}
	free(c->wanted);
	c->wanted = copy;
	c->n_wanted = n;
	calc_soon(c, "redistribution");
	return 0;
}

void
calc_ext_own(struct calc_owns *w, uint8_t type, uint8_t options, const struct ip4_prefix *p,
		bool longer, const struct ospf_external *x)
{
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];

	ospf_external_write(body, x);
	calc_own_add(w, type, options, calc_own_id(p, longer), body, sizeof(body));
}

/* A type 5 LSA to be, before it gets its link state ID. */
struct told {
	struct ip4_prefix p;
	struct ospf_external x;
};

struct telling {
	struct told *at;
	uint32_t n, cap;
	bool failed;
};

static void
told_add(struct telling *t, const struct ip4_prefix *p, const struct ospf_external *x)
{
	if (t->n == t->cap) {
		uint32_t cap = t->cap == 0 ? 64 : 2 * t->cap;
		void *more = realloc(t->at, cap * sizeof(*t->at));

		if (more == NULL) {
			t->failed = true;
			return;
		}
		t->at = more;
		t->cap = cap;
	}
	t->at[t->n] = (struct told){ .p = *p, .x = *x };
	t->at[t->n++].x.mask = ip4_mask(p->len);
}

static int
told_cmp(const void *pa, const void *pb)
{
	const struct told *a = pa, *b = pb;

	if (a->p.addr != b->p.addr)
		return a->p.addr < b->p.addr ? -1 : 1;
	return (int)a->p.len - (int)b->p.len;
}

static void
redistributed_tell(const struct ospf_calc *c, struct telling *t)
{
	struct calc_forward *f = calc_forwards(c, NULL);

	t->failed |= f == NULL;
	for (uint32_t i = 0; f != NULL && i < c->n_wanted; i++) {
		const struct ospf_ext *e = &c->wanted[i];
		struct ospf_external x = { .type2 = e->type2, .metric = e->metric, .tag = e->tag,
			.forward = f[i].addr };

		if (!f[i].told)
			told_add(t, &e->prefix, &x);
	}
	free(f);
}

/* Type 7 LSAs one by one, but for those that another translator has told of. */
static void
singles_tell(struct ospf_calc *c, struct telling *t)
{
	bool *told = calc_nssa_told(c);

	for (uint32_t p = 0; p < c->prefixes.n; p++) {
		const struct calc_ext *e = calc_nssa_single(c, p);
		struct ospf_external x;

		if (e == NULL || (told != NULL && told[p]))
			continue;
		x = (struct ospf_external){ .type2 = e->type2, .metric = e->metric,
			.tag = e->tag, .forward = e->forward };
		told_add(t, &c->prefixes.at[p].p, &x);
		e->area->n_translated++;
	}
	free(told);
}

static void
ranges_tell(struct ospf_calc *c, struct telling *t)
{
	for (uint32_t i = 0; i < c->n_nssa_ranges; i++) {
		const struct calc_nssa_range *r = &c->nssa_ranges[i];
		struct ospf_external x = { .type2 = r->type2, .metric = r->metric,
			.tag = r->cfg.tag };

		if (!calc_nssa_range_active(c, r))
			continue;
		told_add(t, &r->cfg.prefix, &x);
		ospf_area_find(c->o, r->cfg.area)->n_translated++;
	}
}

/* Of two NSSAs with the same range one is told of. */
static bool
same_prefix(const struct told *a, const struct told *b)
{
	return told_cmp(a, b) == 0;
}

static void
as_tell(struct ospf_calc *c, bool translate)
{
	struct calc_owns w = { .n = 0 };
	struct telling t = { .n = 0 };

	redistributed_tell(c, &t);
	if (translate) {
		singles_tell(c, &t);
		ranges_tell(c, &t);
		if (t.n > 0)
			qsort(t.at, t.n, sizeof(*t.at), told_cmp);
	}
	for (uint32_t i = 0; i < t.n; i++) {
		bool more = i + 1 < t.n;

		if (more && same_prefix(&t.at[i], &t.at[i + 1]))
			continue;
		calc_ext_own(&w, OSPF_LSA_EXTERNAL, OSPF_OPT_E, &t.at[i].p,
				more && t.at[i + 1].p.addr == t.at[i].p.addr, &t.at[i].x);
	}
	w.failed |= t.failed;
	free(t.at);
	calc_own_apply(&c->o->as_db, &c->owns, &w);
}

void
calc_asbr(struct ospf_calc *c)
{
	struct calc_owns none = { .n = 0 };
	bool normal = false, translate = false, any = c->n_wanted > 0;
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link) {
		bool nssa = ca->a->cfg.type == OSPF_AREA_NSSA;

		normal |= ca->a->cfg.type == OSPF_AREA_NORMAL;
		translate |= ca->a->translator != OSPF_TRANSLATOR_DISABLED;
		ca->a->n_translated = 0;
		if (nssa)
			calc_nssa_tell(c, ca);
		else if (ca->nssa_owns.n > 0)
			calc_own_apply(&ca->a->lsdb, &ca->nssa_owns, &none);
		/* RFC 3101 section 3.1: all border routers of an NSSA are boundary routers, be it
		 * others that translate: elections go by it. */
		any |= nssa && (ca->nssa_owns.n > 0 || ospf_is_abr(c->o));
	}
	ospf_asbr_set(c->o, any || translate);
	if (normal)
		as_tell(c, translate);
	else if (c->owns.n > 0)
		calc_own_apply(&c->o->as_db, &c->owns, &none);
}
