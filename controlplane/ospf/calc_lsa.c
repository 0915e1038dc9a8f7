/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an LSA that came, changed or went means to the route calculation: types 1 and 2 go into
 * their area's graph, types 3, 4, 5 and 7 into arrays, and only what really differs asks for a
 * calculation. LSAs of our own are not calculated with, but for our router-LSAs and network-LSAs.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

/* An entry's place in its array is kept in the LSA. */
static uint32_t
place_get(const struct ospf_lsa *lsa)
{
	return lsa->calc == NULL ? SPF_NONE : (uint32_t)((uintptr_t)lsa->calc - 1);
}

static void
place_set(struct ospf_lsa *lsa, uint32_t at)
{
	lsa->calc = at == SPF_NONE ? NULL : (void *)((uintptr_t)at + 1);
}

static struct ip4_prefix
prefix_of(uint32_t addr, uint32_t mask)
{
	return (struct ip4_prefix){ .addr = addr & mask,
		.len = (uint8_t)(mask == 0 ? 0 : 32 - __builtin_ctz(mask)) };
}

static uint32_t
asbr_get(struct ospf_calc *c, uint32_t router_id)
{
	struct ip4_prefix p = { .addr = router_id, .len = 32 };

	return spf_prefix_get(&c->asbrs, &p);
}

static void
soon(struct ospf_calc *c, const struct ospf_lsa *lsa)
{
	char buf[OSPF_LSA_STR_LEN];

	calc_soon(c, c->n_triggers == 0 ? ospf_lsa_str(&lsa->h, buf) : NULL);
}

/* ---- types 1 and 2 --------------------------------------------------------------------------- */

/* Another network-LSA with this ID, of a router that was the DR before: better than none. */
static struct ospf_lsa *
other_network(const struct ospf_lsa *lsa)
{
	struct ospf_lsa *x;

	OSPF_LSDB_FOREACH (x, lsa->db, OSPF_LSA_NETWORK)
		if (x != lsa && x->h.id == lsa->h.id && !ospf_lsa_is_max_age(x))
			return x;
	return NULL;
}

static void
on_vertex(struct ospf_calc *c, struct calc_area *ca, struct ospf_lsa *lsa, bool there)
{
	bool net = lsa->h.type == OSPF_LSA_NETWORK;
	uint32_t at = spf_graph_find(&ca->g, net, net ? lsa->h.id : lsa->h.adv);
	enum spf_what what;

	if (!there && net && at != SPF_NONE) {
		struct ospf_lsa *other = other_network(lsa);

		if (ca->g.v[at].there && ca->g.v[at].adv != lsa->h.adv)
			return; /* that one counts already */
		if (other != NULL) {
			lsa = other;
			there = true;
		}
	}
	if (there)
		what = spf_graph_set(&ca->g, lsa->data, lsa->h.len);
	else
		what = spf_graph_del(&ca->g, net, net ? lsa->h.id : lsa->h.adv);
	if (what == SPF_SAME)
		return;
	/* Without memory the graph is not what it should be: begin again. */
	if (what == SPF_LINKS || what == SPF_NO_MEMORY)
		ca->spf = true;
	soon(c, lsa);
}

/* Its database is emptied: what reaches MaxAge has left the graph before. All of them go, and the
 * graph is made anew once. */
static void
on_vertex_gone(struct ospf_calc *c, struct calc_area *ca, const struct ospf_lsa *lsa)
{
	ca->stale = ca->spf = true;
	soon(c, lsa);
}

/* ---- types 3 and 4 --------------------------------------------------------------------------- */

static void
sum_drop(struct ospf_calc *c, struct calc_area *ca, struct ospf_lsa *lsa)
{
	uint32_t at = place_get(lsa);
	struct calc_sum *s;

	if (at == SPF_NONE)
		return;
	s = &ca->sums[at];
	spf_prefix_put(s->asbr ? &c->asbrs : &c->prefixes, s->what);
	*s = (struct calc_sum){ .what = ca->free_sum };
	ca->free_sum = at;
	place_set(lsa, SPF_NONE);
}

static uint32_t
sum_place(struct calc_area *ca)
{
	uint32_t at = ca->free_sum;

	if (at != SPF_NONE) {
		ca->free_sum = ca->sums[at].what;
		return at;
	}
	if (ca->n_sums == ca->cap_sums) {
		uint32_t cap = ca->cap_sums == 0 ? 64 : 2 * ca->cap_sums;
		void *p = realloc(ca->sums, cap * sizeof(*ca->sums));

		if (p == NULL)
			return SPF_NONE;
		ca->sums = p;
		ca->cap_sums = cap;
	}
	return ca->n_sums++;
}

static void
sum_set(struct ospf_calc *c, struct calc_area *ca, struct ospf_lsa *lsa)
{
	struct calc_sum s = { .used = true, .asbr = lsa->h.type == OSPF_LSA_ASBR_SUMMARY };
	struct ospf_summary body;
	uint32_t at;

	sum_drop(c, ca, lsa);
	if (!ospf_summary_read(lsa->data, lsa->h.len, &body) || body.metric >= OSPF_LS_INFINITY)
		return;
	s.metric = body.metric;
	if (s.asbr) {
		s.what = asbr_get(c, lsa->h.id);
	} else {
		struct ip4_prefix p = prefix_of(lsa->h.id, body.mask);

		s.what = spf_prefix_get(&c->prefixes, &p);
	}
	s.adv = spf_graph_vertex(&ca->g, false, lsa->h.adv);
	if (s.what == SPF_NONE)
		return;
	at = s.adv != SPF_NONE ? sum_place(ca) : SPF_NONE;
	if (at == SPF_NONE) {
		spf_prefix_put(s.asbr ? &c->asbrs : &c->prefixes, s.what);
		return;
	}
	ca->sums[at] = s;
	place_set(lsa, at);
}

/* ---- types 5 and 7 --------------------------------------------------------------------------- */

static void
ext_drop(struct ospf_calc *c, struct ospf_lsa *lsa)
{
	uint32_t at = place_get(lsa);
	struct calc_ext *e;

	if (at == SPF_NONE)
		return;
	e = &c->exts[at];
	spf_prefix_put(&c->prefixes, e->prefix);
	spf_prefix_put(&c->asbrs, e->asbr);
	*e = (struct calc_ext){ .prefix = c->free_ext };
	c->free_ext = at;
	place_set(lsa, SPF_NONE);
}

static uint32_t
ext_place(struct ospf_calc *c)
{
	uint32_t at = c->free_ext;

	if (at != SPF_NONE) {
		c->free_ext = c->exts[at].prefix;
		return at;
	}
	if (c->n_exts == c->cap_exts) {
		uint32_t cap = c->cap_exts == 0 ? 64 : 2 * c->cap_exts;
		void *p = realloc(c->exts, cap * sizeof(*c->exts));

		if (p == NULL)
			return SPF_NONE;
		c->exts = p;
		c->cap_exts = cap;
	}
	return c->n_exts++;
}

static void
ext_set(struct ospf_calc *c, struct ospf_lsa *lsa)
{
	struct calc_ext e = { .used = true, .adv = lsa->h.adv };
	struct ospf_external body;
	struct ip4_prefix p;
	uint32_t at;

	ext_drop(c, lsa);
	if (!ospf_external_read(lsa->data, lsa->h.len, &body) || body.metric >= OSPF_LS_INFINITY)
		return;
	p = prefix_of(lsa->h.id, body.mask);
	e.metric = body.metric;
	e.type2 = body.type2;
	e.forward = body.forward;
	e.tag = body.tag;
	if (lsa->h.type == OSPF_LSA_NSSA) {
		e.area = lsa->db->area;
		e.propagate = (lsa->h.options & OSPF_OPT_NP) != 0;
	}
	e.prefix = spf_prefix_get(&c->prefixes, &p);
	if (e.prefix == SPF_NONE)
		return;
	e.asbr = asbr_get(c, lsa->h.adv);
	at = e.asbr != SPF_NONE ? ext_place(c) : SPF_NONE;
	if (at == SPF_NONE) {
		spf_prefix_put(&c->prefixes, e.prefix);
		spf_prefix_put(&c->asbrs, e.asbr);
		return;
	}
	c->exts[at] = e;
	place_set(lsa, at);
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool
is_ours(const struct ospf_calc *c, const struct ospf_lsa *lsa)
{
	return lsa->h.adv == c->o->cfg.router_id;
}

static void
on_summary(struct ospf_calc *c, struct calc_area *ca, struct ospf_lsa *lsa, bool there)
{
	bool was = lsa->calc != NULL;

	if (there && !is_ours(c, lsa))
		sum_set(c, ca, lsa);
	else
		sum_drop(c, ca, lsa);
	if (was || lsa->calc != NULL)
		soon(c, lsa);
}

static void
on_external(struct ospf_calc *c, struct ospf_lsa *lsa, bool there)
{
	bool was = lsa->calc != NULL;

	if (there && !is_ours(c, lsa))
		ext_set(c, lsa);
	else
		ext_drop(c, lsa);
	if (was || lsa->calc != NULL)
		soon(c, lsa);
}

void
calc_on_lsa(struct ospf_calc *c, struct ospf_lsa *lsa, enum ospf_change change)
{
	bool there = change == OSPF_LSA_NEW || change == OSPF_LSA_CHANGED;
	struct calc_area *ca = lsa->db->area != NULL ? calc_area_of(c, lsa->db->area) : NULL;

	switch (lsa->h.type) {
	case OSPF_LSA_ROUTER:
	case OSPF_LSA_NETWORK:
		if (ca != NULL && change != OSPF_LSA_REMOVED)
			on_vertex(c, ca, lsa, there);
		else if (ca != NULL && lsa->h.age < OSPF_MAX_AGE)
			on_vertex_gone(c, ca, lsa);
		break;
	case OSPF_LSA_SUMMARY:
	case OSPF_LSA_ASBR_SUMMARY:
		if (ca != NULL)
			on_summary(c, ca, lsa, there);
		break;
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_NSSA:
		on_external(c, lsa, there);
		break;
	default:
		break;
	}
}

void
calc_area_rebuild(struct ospf_calc *c, struct calc_area *ca)
{
	static const uint8_t types[] = { OSPF_LSA_ROUTER, OSPF_LSA_NETWORK };
	struct ospf_lsdb *db = &ca->a->lsdb;
	struct ospf_lsa *lsa;

	spf_graph_fini(&ca->g);
	for (size_t i = 0; i < sizeof(types); i++)
		OSPF_LSDB_FOREACH (lsa, db, types[i])
			if (!ospf_lsa_is_max_age(lsa))
				spf_graph_set(&ca->g, lsa->data, lsa->h.len);
	for (uint8_t type = OSPF_LSA_SUMMARY; type <= OSPF_LSA_ASBR_SUMMARY; type++)
		OSPF_LSDB_FOREACH (lsa, db, type)
			if (!ospf_lsa_is_max_age(lsa) && !is_ours(c, lsa))
				sum_set(c, ca, lsa);
	ca->spf = true;
	ca->stale = false;
}

void
calc_area_free(struct ospf_calc *c, struct calc_area *ca)
{
	struct ospf_lsdb *db = &ca->a->lsdb;
	struct ospf_lsa *lsa;

	for (uint8_t type = OSPF_LSA_SUMMARY; type <= OSPF_LSA_ASBR_SUMMARY; type++)
		OSPF_LSDB_FOREACH (lsa, db, type)
			sum_drop(c, ca, lsa);
	OSPF_LSDB_FOREACH (lsa, db, OSPF_LSA_NSSA)
		ext_drop(c, lsa);
	spf_graph_fini(&ca->g);
	free(ca->sums);
	free(ca->owns.at);
	free(ca->nssa_owns.at);
	timer_stop(&c->o->timers, &ca->deposed);
	TAILQ_REMOVE(&c->areas, ca, link);
	free(ca);
}
