/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB's outside: have offers gathered (rib_gather.c) and resolved (rib_resolve.c), and lay out
 * the result for readers; see rib.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib_table.h"

struct rib {
	struct rib_table t;
	struct rib_fib *fib;
	uint32_t n_fib;
	struct rib_nh *nhs;
	struct rib_nh *far_nhs; /* see lay_out_far_ends() */
	struct rib_route *routes;
	uint32_t n_routes;
	struct rib_via *vias;
	struct rib_recursive *recursives;
	uint32_t n_recursives;
	char *words; /* reasons of those that are not installed */
	size_t n_words, cap_words;
};

static void
table_fini(struct rib_table *t)
{
	free(t->links);
	free(t->cands);
	free(t->groups);
	free(t->tun_down);
	free(t->underlay);
	free(t->own);
	free(t->track_names);
	memset(t, 0, sizeof(*t));
}

static void
rib_fini(struct rib *r)
{
	table_fini(&r->t);
	free(r->fib);
	free(r->nhs);
	free(r->far_nhs);
	free(r->routes);
	free(r->vias);
	free(r->recursives);
	free(r->words);
	memset(r, 0, sizeof(*r));
}

/* ---- laying out -------------------------------------------------------------------------- */

/* A prefix that is held leads into its tunnel that is down, or nowhere if that is up. */
static struct rib_nh
holder_nh(const struct rib_table *t, uint32_t holder)
{
	struct rib_nh nh = { .kind = RIB_NH_TUN, .link = holder };

	if (!t->tun_down[holder])
		nh = (struct rib_nh){ .kind = RIB_NH_DROP, .link = RIB_NO_LINK };
	return nh;
}

/* Tunnels that are up, and the prefix around whose far end is held: IKE needs a way there. */
static uint32_t
n_far_ends(const struct rib_table *t, bool *needs)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n_links && t->n_suppressed > 0; i++) {
		uint32_t at;

		if (!t->links[i].is_tunnel || rib_addr_is_zero(t->links[i].destination) ||
				t->underlay[i].err != RIB_UNDERLAY_OK)
			continue;
		at = rib_group_lookup(t, t->links[i].destination, true);
		if (at == UINT32_MAX || t->groups[at].n_best > 0)
			continue;
		if (needs != NULL)
			needs[i] = true;
		n++;
	}
	return n;
}

static int
fib_cmp(const void *pa, const void *pb)
{
	const struct rib_fib *a = pa, *b = pb;

	return rib_prefix_cmp(&a->prefix, &b->prefix);
}

static int
lay_out_far_ends(struct rib *r, uint32_t n)
{
	struct rib_table *t = &r->t;
	bool *needs = calloc(t->n_links + 1u, sizeof(*needs));

	r->far_nhs = calloc(n + 1u, sizeof(*r->far_nhs));
	if (needs == NULL || r->far_nhs == NULL) {
		free(needs);
		return -ENOMEM;
	}
	n_far_ends(t, needs);
	for (uint32_t i = 0, k = 0; i < t->n_links; i++) {
		const struct rib_underlay *u = &t->underlay[i];
		struct rib_fib *f = &r->fib[r->n_fib];

		if (!needs[i])
			continue;
		r->far_nhs[k] = (struct rib_nh){ .kind = RIB_NH_ADJ, .link = u->link, .gw = u->gw };
		*f = (struct rib_fib){ .prefix = { t->links[i].destination, RIB_BITS }, .n_nhs = 1,
			.nhs = &r->far_nhs[k++] };
		r->n_fib++;
	}
	free(needs);
	qsort(r->fib, r->n_fib, sizeof(*r->fib), fib_cmp);
	/* Tunnels with the same far end: once. */
	for (uint32_t i = 1; i < r->n_fib; i++)
		if (fib_cmp(&r->fib[i - 1], &r->fib[i]) == 0) {
			memmove(&r->fib[i], &r->fib[i + 1], (r->n_fib - i - 1) * sizeof(*r->fib));
			r->n_fib--;
			i--;
		}
	rib_lens_add(&t->lens, RIB_BITS);
	return 0;
}

static uint64_t
mix(uint64_t h, uint64_t x)
{
	h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* See rib_fib.ways: a hash over all offers, whether they are usable now or not. */
static uint64_t
group_ways(const struct rib_table *t, const struct group *g)
{
	uint64_t h = 1, equals = 0; /* those of the same preference stand in no order */
	const struct cand *first = &t->cands[g->first];

	if (g->n == 1 && (first->proto != RIB_OSPF || first->null))
		return 0;
	for (uint32_t i = g->first; i < g->first + g->n; i++) {
		const struct cand *c = &t->cands[i];
		uint64_t l = UINT64_MAX;

		if (c->proto == RIB_LOCAL || c->proto == RIB_CONNECTED)
			return 0;
		if (i > g->first && !rib_cand_equal(&t->cands[i - 1], c)) {
			h = mix(h, equals);
			equals = 0;
		}
		if (c->link != RIB_NO_LINK)
			l = (uint64_t)t->links[c->link].id << 1 | t->links[c->link].is_tunnel;
		equals += mix(mix(rib_addr_hash(c->gw), l), c->null);
	}
	h = mix(h, equals);
	return h != 0 ? h : 1;
}

static int
lay_out_fib(struct rib *r)
{
	const struct rib_table *t = &r->t;
	size_t n_nhs = 0, cap = (size_t)t->n_groups + RIB_ECMP_MAX;
	uint32_t n_far = n_far_ends(t, NULL);

	r->fib = calloc(t->n_groups + n_far + 1u, sizeof(*r->fib));
	r->nhs = calloc(cap, sizeof(*r->nhs));
	if (r->fib == NULL || r->nhs == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->n_groups; i++) {
		const struct group *g = &t->groups[i];
		struct rib_fib *f = &r->fib[r->n_fib];

		if (g->n_best == 0 && g->holder == RIB_NO_LINK)
			continue;
		if (n_nhs + RIB_ECMP_MAX > cap) {
			struct rib_nh *more = realloc(r->nhs, 2 * cap * sizeof(*more));

			if (more == NULL)
				return -ENOMEM;
			r->nhs = more;
			cap *= 2;
		}
		/* The array may move while it grows: remember where, point later. */
		f->nhs = (const struct rib_nh *)(uintptr_t)n_nhs;
		for (uint32_t k = 0; k < g->n_best; k++)
			rib_cand_nhs(t, &t->cands[g->best + k], r->nhs + n_nhs, &f->n_nhs);
		if (g->n_best == 0)
			r->nhs[n_nhs + f->n_nhs++] = holder_nh(t, g->holder);
		if (f->n_nhs == 0)
			continue;
		f->prefix = g->prefix;
		f->ways = group_ways(t, g);
		n_nhs += f->n_nhs;
		r->n_fib++;
	}
	for (uint32_t i = 0; i < r->n_fib; i++)
		r->fib[i].nhs = r->nhs + (uintptr_t)r->fib[i].nhs;
	return n_far > 0 ? lay_out_far_ends(r, n_far) : 0;
}

/* The interface that a gateway was found on, for people. */
static uint32_t
cand_link(const struct rib_table *t, const struct cand *c)
{
	struct rib_nh nhs[RIB_ECMP_MAX];
	uint32_t n = 0;

	if (c->link != RIB_NO_LINK || !c->usable)
		return c->link;
	return rib_cand_nhs(t, c, nhs, &n) == 0 && n > 0 ? nhs[0].link : RIB_NO_LINK;
}

/* Keep the words; where they are in the arena, for it moves while it grows. 0: out of memory, or
 * there are none. */
static size_t
words_keep(struct rib *r, const char *why)
{
	size_t len = strlen(why) + 1, at;

	if (r->n_words + len + 1 > r->cap_words) {
		size_t cap = r->cap_words == 0 ? 4096 : 2 * r->cap_words;
		char *more = realloc(r->words, cap);

		if (more == NULL)
			return 0;
		more[0] = '\0';
		r->words = more;
		r->cap_words = cap;
		if (r->n_words == 0)
			r->n_words = 1;
	}
	at = r->n_words;
	memcpy(r->words + at, why, len);
	r->n_words += len;
	return at;
}

static bool
same_route(const struct rib_route *o, const struct cand *c)
{
	return rib_prefix_cmp(&o->prefix, &c->prefix) == 0 &&
	       o->proto == c->proto && o->distance == c->distance && o->metric == c->metric &&
	       o->kind == c->kind;
}

static void
lay_out_route(struct rib *r, const struct group *g, uint32_t i, uint32_t *n_vias)
{
	const struct rib_table *t = &r->t;
	const struct cand *c = &t->cands[i];
	struct rib_route *o = r->n_routes > 0 ? &r->routes[r->n_routes - 1] : NULL;
	struct rib_via *v = &r->vias[(*n_vias)++];
	bool used = g->n_best > 0 && i >= g->best && i < g->best + g->n_best;
	char why[RIB_WHY_LEN];

	if (o == NULL || !same_route(o, c)) {
		o = &r->routes[r->n_routes++];
		*o = (struct rib_route){ .prefix = c->prefix, .proto = c->proto, .kind = c->kind,
			.distance = c->distance, .metric = c->metric, .tag = c->tag, .vias = v };
	}
	o->n_vias++;
	if (used)
		o->installed = true;
	else if (!o->installed)
		o->why = (const char *)(uintptr_t)words_keep(
				r, rib_cand_why(t, g, c, why, sizeof(why)));
	*v = (struct rib_via){
		.gw = c->gw, .link = cand_link(t, c), .null = c->null, .resolved = c->usable
	};
}

static int
route_cmp(const struct rib_route *a, const struct rib_route *b)
{
	struct cand ca = { .prefix = a->prefix, .distance = a->distance, .proto = a->proto,
		.metric = a->metric };
	struct cand cb = { .prefix = b->prefix, .distance = b->distance, .proto = b->proto,
		.metric = b->metric };

	return rib_cand_cmp(&ca, &cb);
}

/* Both lists are sorted alike: take over the ages side by side. */
static void
ages_keep(struct rib *r, const struct rib *old, uint64_t now_s)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < r->n_routes; i++) {
		struct rib_route *o = &r->routes[i];
		int c = -1;

		o->since_s = now_s;
		for (; k < old->n_routes && c < 0; k++) {
			const struct rib_route *p = &old->routes[k];

			c = route_cmp(p, o);
			if (c > 0)
				break;
			if (c == 0 && p->installed == o->installed)
				o->since_s = p->since_s;
		}
	}
}

static int
lay_out_routes(struct rib *r, const struct rib *old, uint64_t now_s)
{
	const struct rib_table *t = &r->t;
	uint32_t n_vias = 0;

	r->routes = calloc(t->n_cands + 1u, sizeof(*r->routes));
	r->vias = calloc(t->n_cands + 1u, sizeof(*r->vias));
	if (r->routes == NULL || r->vias == NULL)
		return -ENOMEM;
	for (uint32_t g = 0; g < t->n_groups; g++)
		for (uint32_t i = t->groups[g].first; i < t->groups[g].first + t->groups[g].n; i++)
			lay_out_route(r, &t->groups[g], i, &n_vias);
	for (uint32_t i = 0; i < r->n_routes; i++) {
		struct rib_route *o = &r->routes[i];
		size_t at = (size_t)(uintptr_t)o->why;

		o->why = o->installed || at == 0 ? "" : r->words + at;
	}
	ages_keep(r, old, now_s);
	return 0;
}

static int
lay_out_recursives(struct rib *r)
{
	const struct rib_table *t = &r->t;

	r->recursives = calloc(t->n_suppressed + 1u, sizeof(*r->recursives));
	if (r->recursives == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->n_cands && r->n_recursives < t->n_suppressed; i++) {
		const struct cand *c = &t->cands[i];
		struct rib_nh nhs[RIB_ECMP_MAX];
		uint32_t n = 0;

		if (c->suppressed == RIB_NO_LINK)
			continue;
		rib_cand_nhs(t, c, nhs, &n);
		r->recursives[r->n_recursives++] = (struct rib_recursive){ .prefix = c->prefix,
			.proto = c->proto,
			.link = n > 0 && nhs[0].kind == RIB_NH_TUN ? nhs[0].link : c->suppressed,
			.tunnel = c->suppressed,
			.destination = t->links[c->suppressed].destination };
	}
	return 0;
}

/* ---- public ------------------------------------------------------------------------------ */

struct rib *
rib_new(void)
{
	return calloc(1, sizeof(struct rib));
}

void
rib_free(struct rib *r)
{
	if (r == NULL)
		return;
	rib_fini(r);
	free(r);
}

/* @next, whose table is decided, in place of what there is. After an error it is the caller's. */
static int
rib_replace(struct rib *r, struct rib *next, uint64_t now_s)
{
	int err = lay_out_fib(next);

	if (err == 0)
		err = lay_out_routes(next, r, now_s);
	if (err == 0)
		err = lay_out_recursives(next);
	if (err != 0)
		return err;
	rib_fini(r);
	*r = *next;
	return 0;
}

struct rib *
rib_gather_next(const struct rib_input *in)
{
	struct rib *next = rib_new();

	if (next == NULL || rib_gather(&next->t, in) == 0)
		return next;
	rib_free(next);
	return NULL;
}

void
rib_resolve_next(struct rib *next)
{
	rib_resolve(&next->t);
}

int
rib_take_next(struct rib *r, struct rib *next, uint64_t now_s)
{
	int err = rib_replace(r, next, now_s);

	if (err != 0)
		rib_fini(next);
	free(next); /* what it held is in @r now */
	return err;
}

int
rib_update(struct rib *r, const struct rib_input *in, uint64_t now_s)
{
	struct rib *next = rib_gather_next(in);

	if (next == NULL)
		return -ENOMEM;
	rib_resolve_next(next);
	return rib_take_next(r, next, now_s);
}

/* Leave what two tables share to the other one. */
static void
links_forget(struct rib_table *t)
{
	t->links = NULL;
	t->tun_down = NULL;
	t->underlay = NULL;
	t->own = NULL;
	t->track_names = NULL;
}

int
rib_patch(struct rib *r, const struct rib_dyn *dyns, uint32_t n_dyns, const struct rib_hop *hops,
		uint64_t now_s, struct rib_changes *out)
{
	struct rib_input in = { .dyns = dyns, .hops = hops, .n_dyns = n_dyns };
	struct rib next, was;
	int err;

	memset(&next, 0, sizeof(next));
	err = rib_table_patch(&next.t, &r->t, &in, out);
	if (err == 0 && out->n > 0) {
		was = *r;
		links_forget(&r->t); /* they go over to the next one */
		err = rib_replace(r, &next, now_s);
		if (err == 0)
			return 0;
		r->t = was.t;
	}
	links_forget(&next.t);
	rib_fini(&next);
	if (err != 0) {
		free(out->prefixes);
		*out = (struct rib_changes){ .n = 0 };
	}
	return err;
}

uint32_t
rib_n_links(const struct rib *r)
{
	return r->t.n_links;
}

const struct rib_link *
rib_link(const struct rib *r, uint32_t i)
{
	return i < r->t.n_links ? &r->t.links[i] : NULL;
}

bool
rib_link_is_up(const struct rib *r, uint32_t i)
{
	return rib_link_works(&r->t, i);
}

const struct rib_fib *
rib_fib(const struct rib *r, uint32_t *n)
{
	*n = r->n_fib;
	return r->fib;
}

const struct rib_route *
rib_routes(const struct rib *r, uint32_t *n)
{
	*n = r->n_routes;
	return r->routes;
}

uint32_t
rib_routes_after(const struct rib *r, const struct rib_route *last, uint32_t at)
{
	uint32_t lo = 0, hi = r->n_routes;

	/* Mostly nothing has changed; then routes that compare alike are told apart as well. */
	if (at > 0 && at <= r->n_routes && route_cmp(&r->routes[at - 1], last) == 0)
		return at;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (route_cmp(&r->routes[mid], last) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct rib_recursive *
rib_recursives(const struct rib *r, uint32_t *n)
{
	*n = r->n_recursives;
	return r->recursives;
}

const struct rib_underlay *
rib_underlay(const struct rib *r, uint32_t i)
{
	return &r->t.underlay[i];
}

const struct rib_fib *
rib_find(const struct rib *r, const RIB_PREFIX *p)
{
	uint32_t lo = 0, hi = r->n_fib;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = rib_prefix_cmp(&r->fib[mid].prefix, p);

		if (c == 0)
			return &r->fib[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool
rib_has(const struct rib *r, const RIB_PREFIX *p)
{
	return rib_find(r, p) != NULL;
}

const struct rib_fib *
rib_lookup(const struct rib *r, RIB_ADDR addr)
{
	for (int len = RIB_BITS; len >= 0; len--) {
		RIB_PREFIX p = { .addr = rib_addr_masked(addr, (uint8_t)len), .len = (uint8_t)len };
		const struct rib_fib *f = rib_lens_has(&r->t.lens, (unsigned int)len)
				? rib_find(r, &p) : NULL;

		if (f != NULL)
			return f;
	}
	return NULL;
}

const char *
rib_underlay_why(const struct rib *r, uint32_t i, char *buf, size_t len)
{
	return rib_table_underlay_why(&r->t, i, buf, len);
}
