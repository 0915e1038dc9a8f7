/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an AS boundary router tells of the outside (RFC 2328 section 12.4.4): type 5 LSAs, in NSSAs
 * type 7 (RFC 3101 section 2.4); and what a border router of an NSSA that was elected to do so
 * translates from type 7 to type 5 (RFC 3101 section 3).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

static int
ext_cmp(const void *pa, const void *pb)
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
		qsort(copy, n, sizeof(*copy), ext_cmp);
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

static void
ext_own(struct calc_owns *w, uint8_t type, uint8_t options, const struct ip4_prefix *p, bool longer,
		const struct ospf_external *x)
{
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];

	ospf_external_write(body, x);
	calc_own_add(w, type, options, calc_own_id(p, longer), body, sizeof(body));
}

/* ---- type 7 ---------------------------------------------------------------------------------- */

/* An address of ours in the area, where others may send what is for the outside; 0: none is up. */
static uint32_t
forward_addr(const struct ospf_calc *c, const struct ospf_area *a)
{
	const struct ospf_if *ifp;
	uint32_t addr = 0;

	TAILQ_FOREACH (ifp, &c->o->ifs, link) {
		if (ifp->area != a || ifp->state == OSPF_IFS_DOWN || ifp->cfg.addr.addr == 0 ||
				ifp->cfg.type == OSPF_IF_VLINK || ifp->cfg.unnumbered)
			continue;
		if (ifp->cfg.type == OSPF_IF_LOOPBACK)
			return ifp->cfg.addr.addr;
		if (addr == 0)
			addr = ifp->cfg.addr.addr;
	}
	return addr;
}

/* As a border router we tell the outside of it ourselves, by type 5: nobody is to translate it. */
static void
nssa_tell(struct ospf_calc *c, struct calc_area *ca)
{
	bool abr = ospf_is_abr(c->o);
	uint32_t forward = forward_addr(c, ca->a);
	uint8_t options = ospf_area_options(ca->a) & (uint8_t)~OSPF_OPT_NP;
	bool has_default = false;
	struct calc_owns w = { .n = 0 };

	for (uint32_t i = 0; i < c->n_wanted; i++) {
		const struct ospf_ext *e = &c->wanted[i];
		struct ospf_external x = { .mask = ip4_mask(e->prefix.len), .type2 = e->type2,
			.metric = e->metric, .tag = e->tag, .forward = abr ? 0 : forward };
		bool longer = i + 1 < c->n_wanted && c->wanted[i + 1].prefix.addr == e->prefix.addr;

		has_default |= e->prefix.len == 0;
		if (!abr && forward == 0)
			continue;
		ext_own(&w, OSPF_LSA_NSSA, abr ? options : options | OSPF_OPT_NP, &e->prefix,
				longer,
				&x);
	}
	if (abr && ca->a->cfg.nssa_default && !has_default) {
		const struct ip4_prefix any = { .addr = 0, .len = 0 };
		struct ospf_external x = { .type2 = true,
			.metric = ca->a->cfg.default_cost != 0 ? ca->a->cfg.default_cost : 1 };
		bool longer = c->n_wanted > 0 && c->wanted[0].prefix.addr == 0;

		ext_own(&w, OSPF_LSA_NSSA, options, &any, longer, &x);
	}
	calc_own_apply(&ca->a->lsdb, &ca->nssa_owns, &w);
}

/* ---- translation ----------------------------------------------------------------------------- */

/* RFC 3101 section 3.1: always, or the border router with the highest ID that can be reached, of
 * those that always do if there are any. */
static bool
elected(const struct ospf_calc *c, const struct calc_area *ca)
{
	const struct spf_graph *g = &ca->g;

	if (ca->a->cfg.nssa_translate_always)
		return true;
	for (uint32_t v = 0; v < g->n_run; v++) {
		if (v == g->root || g->v[v].net || (g->v[v].flags & OSPF_RLSA_B) == 0 ||
				spf_graph_dist(g, v) == SPF_INF)
			continue;
		if ((g->v[v].flags & OSPF_RLSA_NT) != 0 || g->v[v].id > c->o->cfg.router_id)
			return false;
	}
	return true;
}

static bool
is_wanted(const struct ospf_calc *c, const struct ip4_prefix *p)
{
	struct ospf_ext key = { .prefix = *p };

	return c->n_wanted > 0 && bsearch(&key, c->wanted, c->n_wanted, sizeof(*c->wanted),
						  ext_cmp) != NULL;
}

/* The type 7 LSA that the route to a prefix comes from, if it is for us to translate. */
static const struct calc_ext *
translatable(const struct ospf_calc *c, uint32_t prefix)
{
	const struct calc_rt *rt = &c->rt[prefix];
	const struct calc_ext *e;

	if (rt->kind != OSPF_ROUTE_N1 && rt->kind != OSPF_ROUTE_N2)
		return NULL;
	e = &c->exts[rt->ext];
	if (!e->used || e->area == NULL || !e->area->translator || !e->propagate ||
			e->forward == 0 ||
			is_wanted(c, &c->prefixes.at[prefix].p))
		return NULL;
	return e;
}

/* ---- type 5 ---------------------------------------------------------------------------------- */

/* Ours and translated ones, both sorted, into one list. */
static void
as_tell(struct ospf_calc *c, bool translate)
{
	struct calc_owns w = { .n = 0 };
	uint32_t n = 0, k = 0;
	const uint32_t *sorted = translate ? spf_prefixes_sorted(&c->prefixes, &n) : NULL;
	const struct ip4_prefix *last = NULL;

	/* From the end, so that of two with the same address the longer one is known. */
	k = c->n_wanted;
	for (uint32_t i = sorted != NULL ? n : 0; i > 0 || k > 0;) {
		const struct calc_ext *t = i > 0 ? translatable(c, sorted[i - 1]) : NULL;
		const struct ip4_prefix *p;
		struct ospf_external x;

		if (i > 0 && t == NULL) {
			i--;
			continue;
		}
		p = t != NULL ? &c->prefixes.at[sorted[i - 1]].p : NULL;
		if (k > 0 && (p == NULL || ext_cmp(&c->wanted[k - 1], &(struct ospf_ext){
								.prefix = *p }) > 0)) {
			const struct ospf_ext *e = &c->wanted[--k];

			p = &e->prefix;
			x = (struct ospf_external){ .type2 = e->type2, .metric = e->metric,
				.tag = e->tag };
		} else {
			i--;
			x = (struct ospf_external){ .type2 = t->type2, .metric = t->metric,
				.tag = t->tag, .forward = t->forward };
		}
		x.mask = ip4_mask(p->len);
		ext_own(&w, OSPF_LSA_EXTERNAL, OSPF_OPT_E, p, last != NULL && last->addr == p->addr,
				&x);
		last = p;
	}
	calc_own_apply(&c->o->as_db, &c->owns, &w);
}

void
calc_asbr(struct ospf_calc *c)
{
	struct calc_owns none = { .n = 0 };
	bool abr = ospf_is_abr(c->o), normal = false, translate = false, any = c->n_wanted > 0;
	struct calc_area *ca;

	TAILQ_FOREACH (ca, &c->areas, link) {
		bool nssa = ca->a->cfg.type == OSPF_AREA_NSSA;

		normal |= ca->a->cfg.type == OSPF_AREA_NORMAL;
		ca->a->translator = nssa && abr && elected(c, ca);
		translate |= ca->a->translator;
		if (nssa)
			nssa_tell(c, ca);
		else if (ca->nssa_owns.n > 0)
			calc_own_apply(&ca->a->lsdb, &ca->nssa_owns, &none);
		any |= nssa && ca->nssa_owns.n > 0;
	}
	ospf_asbr_set(c->o, any || translate);
	if (normal)
		as_tell(c, translate);
	else if (c->owns.n > 0)
		calc_own_apply(&c->o->as_db, &c->owns, &none);
}
