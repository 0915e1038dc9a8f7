/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other routes of a routing protocol, all else as it was: what is in the table stays decided, but
 * for prefixes whose offers are others than before. A protocol's change is mostly small, and
 * neither tunnels nor gateways have to be looked at again unless it concerns one of them.
 *
 * Two walks over the groups that are there and the routes that are to be, side by side, for both
 * are sorted. The first one finds what differs and writes nothing; when that is nothing, or more
 * depends on it than its own prefixes, it was all. The second one copies groups that stay and makes
 * the others anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib_table.h"

struct patch {
	const struct rib_table *old;
	struct rib_table *t;
	const struct rib_input *in;
	struct rib_changes *out;
	uint32_t cap_changes;
	RIB_ADDR *watched; /* sorted: addresses whose best route matters to others */
	uint32_t n_watched;
	uint32_t *made; /* [n_made] of @t's groups, those that have other offers than before */
	uint32_t n_made;
};

/* One prefix of the walk: what is there (NULL: nothing), what is to be. */
struct step {
	const struct group *g;
	const struct rib_dyn *d;
	RIB_PREFIX prefix;
};

struct walk {
	uint32_t g, d; /* the next ones */
};

static bool
walk_next(const struct patch *p, struct walk *w, struct step *s)
{
	const struct group *g = w->g < p->old->n_groups ? &p->old->groups[w->g] : NULL;
	const struct rib_dyn *d = w->d < p->in->n_dyns ? &p->in->dyns[w->d] : NULL;
	int c;

	if (g == NULL && d == NULL)
		return false;
	c = g == NULL ? 1 : d == NULL ? -1 : rib_prefix_cmp(&g->prefix, &d->prefix);
	s->g = c <= 0 ? g : NULL;
	s->d = c >= 0 ? d : NULL;
	s->prefix = c <= 0 ? g->prefix : d->prefix;
	w->g += c <= 0;
	w->d += c >= 0;
	return true;
}

/* ---- what differs ------------------------------------------------------------------------ */

static bool
same_offer(const struct cand *a, const struct cand *b)
{
	return a->link == b->link && rib_addr_equal(a->gw, b->gw) && a->metric == b->metric &&
	       a->distance == b->distance && a->kind == b->kind && a->tag == b->tag &&
	       a->null == b->null;
}

static bool
offers_differ(const struct patch *p, const struct group *g, const struct cand *now, uint32_t n)
{
	uint32_t n_old = 0;

	for (uint32_t i = 0; g != NULL && i < g->n; i++) {
		const struct cand *c = &p->old->cands[g->first + i];
		bool there = false;

		if (c->proto != RIB_OSPF)
			continue;
		n_old++;
		for (uint32_t k = 0; k < n && !there; k++)
			there = same_offer(c, &now[k]);
		if (!there)
			return true;
	}
	return n_old != n;
}

/* Is it dropped for a link that is held no more? */
static bool
is_released(const struct patch *p, const struct group *g)
{
	return g != NULL && g->n_best == 0 && g->holder != RIB_NO_LINK &&
			p->old->links[g->holder].held;
}

static int
change_add(struct patch *p, const RIB_PREFIX *prefix)
{
	if (p->out->n == p->cap_changes) {
		uint32_t cap = p->cap_changes == 0 ? 64 : 2 * p->cap_changes;
		RIB_PREFIX *more = realloc(p->out->prefixes, cap * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		p->out->prefixes = more;
		p->cap_changes = cap;
	}
	p->out->prefixes[p->out->n++] = *prefix;
	return 0;
}

/* ---- who else cares ---------------------------------------------------------------------- */

static int
addr_cmp(const void *pa, const void *pb)
{
	return rib_addr_cmp(*(const RIB_ADDR *)pa, *(const RIB_ADDR *)pb);
}

/* Far ends of tunnels, and gateways that are looked up. Those of routes that are to be join them,
 * @n_more at most. */
static int
watched_gather(struct patch *p, uint32_t n_more)
{
	const struct rib_table *t = p->old;

	p->watched = malloc(
			((size_t)t->n_links + t->n_recursive + n_more + 1) * sizeof(*p->watched));
	if (p->watched == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->n_links; i++)
		if (t->links[i].is_tunnel && !rib_addr_is_zero(t->links[i].destination))
			p->watched[p->n_watched++] = t->links[i].destination;
	for (uint32_t i = 0; i < t->n_cands && t->n_recursive > 0; i++)
		if (rib_cand_is_recursive(&t->cands[i]))
			p->watched[p->n_watched++] = t->cands[i].gw;
	for (uint32_t i = 0; i < p->in->n_dyns && n_more > 0; i++) {
		struct cand now[RIB_ECMP_MAX];
		uint32_t n = rib_dyn_cands(t, &p->in->dyns[i], p->in->hops, now);

		for (uint32_t k = 0; k < n; k++)
			if (rib_cand_is_recursive(&now[k]))
				p->watched[p->n_watched++] = now[k].gw;
	}
	qsort(p->watched, p->n_watched, sizeof(*p->watched), addr_cmp);
	return 0;
}

static bool
is_watched(const struct patch *p, const RIB_PREFIX *x)
{
	uint32_t lo = 0, hi = p->n_watched;

	while (lo < hi) { /* the first one that is not below the prefix */
		uint32_t mid = lo + (hi - lo) / 2;

		if (rib_addr_cmp(p->watched[mid], x->addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->n_watched && rib_prefix_contains(x, p->watched[lo]);
}

/* Hosts on connected subnets have routes of their own in the dataplane, when the RIB has none. */
static bool
any_host_on(const struct rib_changes *x, const RIB_PREFIX *subnet)
{
	RIB_PREFIX first = { .addr = rib_addr_masked(subnet->addr, subnet->len), .len = 0 };
	uint32_t lo = 0, hi = x->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (rib_prefix_cmp(&x->prefixes[mid], &first) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < x->n && rib_prefix_contains(subnet, x->prefixes[lo].addr); lo++)
		if (x->prefixes[lo].len == RIB_BITS)
			return true;
	return false;
}

static bool
any_neighbour(const struct patch *p)
{
	for (uint32_t i = 0; i < p->old->n_links; i++) {
		const struct rib_link *l = &p->old->links[i];

		for (uint8_t k = 0; k < l->n_addrs && !l->is_tunnel; k++)
			if (l->addrs[k].len < RIB_BITS && any_host_on(p->out, &l->addrs[k]))
				return true;
	}
	return false;
}

/* The first walk: what differs to @p->out. 0, -EAGAIN or -ENOMEM. */
static int
changes_find(struct patch *p)
{
	struct walk w = { 0 };
	struct step s;
	uint32_t n_recursive = 0;

	if (p->old->n_suppressed > 0)
		return -EAGAIN;
	for (uint32_t i = 1; i < p->in->n_dyns; i++)
		if (rib_prefix_cmp(&p->in->dyns[i - 1].prefix, &p->in->dyns[i].prefix) >= 0)
			return -EAGAIN;
	while (walk_next(p, &w, &s)) {
		struct cand now[RIB_ECMP_MAX];
		uint32_t n = s.d != NULL ? rib_dyn_cands(p->old, s.d, p->in->hops, now) : 0;

		for (uint32_t k = 0; k < n; k++)
			n_recursive += rib_cand_is_recursive(&now[k]);
		if ((offers_differ(p, s.g, now, n) || is_released(p, s.g)) &&
				change_add(p, &s.prefix) != 0)
			return -ENOMEM;
	}
	if (p->out->n == 0)
		return 0;
	if (watched_gather(p, n_recursive) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->out->n; i++)
		if (is_watched(p, &p->out->prefixes[i]))
			return -EAGAIN;
	return any_neighbour(p) ? -EAGAIN : 0;
}

/* ---- the new table ----------------------------------------------------------------------- */

static void
group_copy(struct patch *p, const struct group *g)
{
	struct rib_table *t = p->t;
	uint32_t to = t->n_cands;

	memcpy(&t->cands[to], &p->old->cands[g->first], g->n * sizeof(*t->cands));
	t->n_cands += g->n;
	rib_group_add(t, &g->prefix, to, g->n);
	t->groups[t->n_groups - 1].best = g->best - g->first + to;
	t->groups[t->n_groups - 1].n_best = g->n_best;
	t->groups[t->n_groups - 1].holder = g->holder;
}

static void
group_make(struct patch *p, const struct step *s)
{
	struct rib_table *t = p->t;
	uint32_t first = t->n_cands, n;

	for (uint32_t i = 0; s->g != NULL && i < s->g->n; i++)
		if (p->old->cands[s->g->first + i].proto != RIB_OSPF)
			t->cands[t->n_cands++] = p->old->cands[s->g->first + i];
	if (s->d != NULL) {
		n = rib_dyn_cands(t, s->d, p->in->hops, &t->cands[t->n_cands]);
		for (uint32_t i = 0; i < n; i++)
			t->cands[t->n_cands + i].fresh = true;
		t->n_cands += n;
	}
	n = t->n_cands - first;
	if (n == 0)
		return;
	qsort(&t->cands[first], n, sizeof(*t->cands), rib_cand_qsort_cmp);
	rib_group_add(t, &s->prefix, first, n);
	p->made[p->n_made++] = t->n_groups - 1;
}

/* What gateways are found through has another place now. */
static void
matches_move(struct patch *p)
{
	struct rib_table *t = p->t;

	for (uint32_t i = 0; i < t->n_cands; i++) {
		struct cand *c = &t->cands[i];

		t->n_recursive += rib_cand_is_recursive(c);
		if (!c->fresh && c->match != UINT32_MAX)
			c->match = rib_group_find(t, &p->old->groups[c->match].prefix);
	}
}

/* The second walk. */
static int
table_make(struct patch *p)
{
	const struct rib_table *old = p->old;
	struct rib_table *t = p->t;
	size_t max = (size_t)old->n_cands + 1;
	struct walk w = { 0 };
	struct step s;
	uint32_t at = 0;

	for (uint32_t i = 0; i < p->in->n_dyns; i++)
		max += p->in->dyns[i].null ? 1 : p->in->dyns[i].n_hops;
	*t = (struct rib_table){ .links = old->links, .n_links = old->n_links,
		.tun_down = old->tun_down, .underlay = old->underlay, .own = old->own,
		.n_own = old->n_own, .track_names = old->track_names };
	t->cands = malloc(max * sizeof(*t->cands));
	t->groups = malloc(((size_t)old->n_groups + p->in->n_dyns + 1) * sizeof(*t->groups));
	p->made = malloc((p->out->n + 1u) * sizeof(*p->made));
	if (t->cands == NULL || t->groups == NULL || p->made == NULL)
		return -ENOMEM;
	while (walk_next(p, &w, &s)) {
		if (at < p->out->n && rib_prefix_cmp(&p->out->prefixes[at], &s.prefix) == 0) {
			group_make(p, &s);
			at++;
		} else if (s.g != NULL) {
			group_copy(p, s.g);
		}
	}
	matches_move(p);
	for (uint32_t i = 0; i < p->n_made; i++)
		rib_group_decide(t, &t->groups[p->made[i]]);
	return 0;
}

int
rib_table_patch(struct rib_table *t, const struct rib_table *old, const struct rib_input *in,
		struct rib_changes *out)
{
	struct patch p = { .old = old, .t = t, .in = in, .out = out };
	int err;

	*out = (struct rib_changes){ .n = 0 };
	err = changes_find(&p);
	for (uint32_t i = 0; i < old->n_links; i++)
		old->links[i].held = false;
	if (err == 0 && out->n > 0)
		err = table_make(&p);
	free(p.watched);
	free(p.made);
	return err;
}
