/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv6 RIB; see rib6.h. Offers are sorted by prefix and distance. In each round every offer
 * through a gateway looks up the gateway in what the former round has chosen; what does not resolve
 * is out. A round can only find gateways that lean on the results of the one before, so a chain of
 * n gateways takes n rounds; offers that lean on one another in a circle never begin to resolve.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib6.h"

#define ROUNDS_MAX 16
/* Of a route into a protected tunnel that is down: see the rules in rib.h. */
#define HELD_WORDS "; packets are dropped, for it is protected"

enum why {
	WHY_OK,
	WHY_LINK_DOWN,
	WHY_NO_NEXT_HOP,
	WHY_SELF,
	WHY_OWN,
	WHY_NULL,
	WHY_HELD,
};

struct offer {
	struct rib6_route r;
	enum why why;
	uint32_t nh_link;       /* resolved: where to ... */
	struct ip6_addr nh_gw;  /* ... and to whom; zero: the destination itself */
	uint32_t holder;        /* WHY_HELD: the tunnel that is down */
};

/* All offers for one prefix. */
struct group {
	uint32_t first, n;
	uint32_t n_best; /* usable ones of the lowest distance, from @best on; 0: none */
	uint32_t best;
	uint32_t holder; /* n_best 0: protected tunnel that holds the prefix, or RIB_NO_LINK */
};

struct rib6 {
	struct rib6_link *links;
	uint32_t n_links;
	struct offer *offers;
	uint32_t n_offers;
	struct group *groups;
	uint32_t n_groups;
	struct rib6_fib *fib;
	uint32_t n_fib;
	struct rib6_nh *nhs;
	struct rib6_route *routes;
};

static void
rib6_fini(struct rib6 *r)
{
	free(r->links);
	free(r->offers);
	free(r->groups);
	free(r->fib);
	free(r->nhs);
	free(r->routes);
	memset(r, 0, sizeof(*r));
}

/* ---- order ------------------------------------------------------------------------------- */

static int
prefix_cmp(const struct ip6_prefix *a, const struct ip6_prefix *b)
{
	int c = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return c != 0 ? c : (int)a->len - (int)b->len;
}

static int
route_cmp(const struct rib6_route *a, const struct rib6_route *b)
{
	int c = prefix_cmp(&a->prefix, &b->prefix);

	if (c == 0)
		c = (int)a->distance - (int)b->distance;
	if (c == 0)
		c = (int)a->proto - (int)b->proto;
	if (c == 0)
		c = memcmp(&a->gw, &b->gw, sizeof(a->gw));
	return c;
}

static int
offer_cmp(const void *pa, const void *pb)
{
	const struct offer *a = pa, *b = pb;
	int c = route_cmp(&a->r, &b->r);

	return c != 0 ? c : (a->r.link > b->r.link) - (a->r.link < b->r.link);
}

/* The group of exactly @p. */
static struct group *
group_find(const struct rib6 *r, const struct ip6_prefix *p)
{
	uint32_t lo = 0, hi = r->n_groups;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = prefix_cmp(&r->offers[r->groups[mid].first].r.prefix, p);

		if (c == 0)
			return &r->groups[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The longest match of those in use, or held by a tunnel that is down. */
static struct group *
group_match(const struct rib6 *r, const struct ip6_addr *addr)
{
	for (int len = 128; len >= 0; len--) {
		struct ip6_prefix p = { .addr = ip6_masked(addr, (uint8_t)len),
			.len = (uint8_t)len };
		struct group *g = group_find(r, &p);

		if (g != NULL && (g->n_best > 0 || g->holder != RIB_NO_LINK))
			return g;
	}
	return NULL;
}

/* ---- gathering --------------------------------------------------------------------------- */

static void
gather_link(struct rib6 *r, uint32_t i)
{
	const struct rib6_link *l = &r->links[i];

	for (uint8_t k = 0; k < l->n_addrs; k++) {
		struct offer *o = &r->offers[r->n_offers++];

		o->r = (struct rib6_route){ .prefix = { .addr = l->addrs[k].addr, .len = 128 },
			.proto = RIB_LOCAL, .link = i };
		if (l->addrs[k].len == 128)
			continue;
		o = &r->offers[r->n_offers++];
		o->r = (struct rib6_route){ .proto = RIB_CONNECTED, .link = i };
		o->r.prefix.len = l->addrs[k].len;
		o->r.prefix.addr = ip6_masked(&l->addrs[k].addr, l->addrs[k].len);
	}
}

static int
gather(struct rib6 *r, const struct rib6_input *in)
{
	size_t max = (size_t)in->n_links * RIB_LINK_ADDRS * 2 + in->n_statics + 1;

	r->links = calloc(in->n_links + 1u, sizeof(*r->links));
	r->offers = calloc(max, sizeof(*r->offers));
	r->groups = calloc(max, sizeof(*r->groups));
	if (r->links == NULL || r->offers == NULL || r->groups == NULL)
		return -ENOMEM;
	r->n_links = in->n_links;
	if (in->n_links > 0)
		memcpy(r->links, in->links, in->n_links * sizeof(*r->links));
	for (uint32_t i = 0; i < in->n_links; i++)
		gather_link(r, i);
	for (uint32_t i = 0; i < in->n_statics; i++) {
		const struct rib6_static *s = &in->statics[i];

		r->offers[r->n_offers++].r = (struct rib6_route){ .prefix = s->prefix,
			.proto = RIB_STATIC, .distance = s->distance, .null = s->null,
			.gw = s->next_hop, .link = s->null ? RIB_NO_LINK : s->link };
	}
	qsort(r->offers, r->n_offers, sizeof(*r->offers), offer_cmp);
	for (uint32_t i = 0; i < r->n_offers; i++) {
		struct group *g = r->n_groups > 0 ? &r->groups[r->n_groups - 1] : NULL;

		if (g == NULL || prefix_cmp(&r->offers[g->first].r.prefix,
						 &r->offers[i].r.prefix) != 0) {
			g = &r->groups[r->n_groups++];
			g->first = i;
			g->holder = RIB_NO_LINK;
		}
		g->n++;
	}
	return 0;
}

/* ---- resolution -------------------------------------------------------------------------- */

/* An offer through a gateway: does another route lead to the gateway, and where? */
static enum why
gateway_resolve(const struct rib6 *r, const struct offer *o, struct offer *out)
{
	const struct group *g = group_match(r, &o->r.gw);
	const struct offer *best;

	if (g == NULL)
		return WHY_NO_NEXT_HOP;
	best = &r->offers[g->first];
	if (prefix_cmp(&best->r.prefix, &o->r.prefix) == 0)
		return WHY_SELF;
	if (g->n_best == 0) {
		out->holder = g->holder;
		return WHY_HELD;
	}
	best = &r->offers[g->best];
	if (best->r.proto == RIB_LOCAL)
		return WHY_OWN;
	if (best->r.null)
		return WHY_NULL;
	out->nh_link = best->nh_link;
	out->nh_gw = ip6_is_zero(&best->nh_gw) ? o->r.gw : best->nh_gw;
	return WHY_OK;
}

static void
offer_resolve(const struct rib6 *r, struct offer *o)
{
	o->holder = RIB_NO_LINK;
	o->nh_link = o->r.link;
	o->nh_gw = o->r.gw;
	if (o->r.null)
		o->why = WHY_OK;
	else if (o->r.link == RIB_NO_LINK)
		o->why = gateway_resolve(r, o, o);
	else
		o->why = r->links[o->r.link].up ? WHY_OK : WHY_LINK_DOWN;
	if (o->why == WHY_LINK_DOWN && r->links[o->r.link].is_protected &&
			o->r.proto != RIB_LOCAL)
		o->holder = o->r.link;
}

/* Usable offers of one distance and origin are moved together, the best of them chosen. */
static void
group_choose(struct rib6 *r, struct group *g)
{
	g->n_best = 0;
	g->holder = RIB_NO_LINK;
	for (uint32_t i = g->first; i < g->first + g->n; i++) {
		struct offer *o = &r->offers[i], *best = &r->offers[g->best], swap;

		if (o->why != WHY_OK) {
			if (g->holder == RIB_NO_LINK)
				g->holder = o->holder;
			continue;
		}
		if (g->n_best == 0) {
			g->best = i;
			g->n_best = 1;
		} else if (best->r.distance == o->r.distance && best->r.proto == o->r.proto &&
				g->n_best < RIB_ECMP_MAX) {
			swap = r->offers[g->best + g->n_best];
			r->offers[g->best + g->n_best++] = *o;
			r->offers[i] = swap;
		}
	}
}

static bool
round_run(struct rib6 *r)
{
	bool changed = false;

	for (uint32_t i = 0; i < r->n_offers; i++) {
		struct offer *o = &r->offers[i], was = *o;

		offer_resolve(r, o);
		changed = changed || o->why != was.why || o->nh_link != was.nh_link ||
				o->holder != was.holder || !ip6_equal(&o->nh_gw, &was.nh_gw);
	}
	for (uint32_t i = 0; i < r->n_groups; i++)
		group_choose(r, &r->groups[i]);
	return changed;
}

/* What has not come to rest is in a circle that closes only now and then: out with it. */
static void
resolve(struct rib6 *r)
{
	int rounds = 0;

	for (uint32_t i = 0; i < r->n_offers; i++) {
		r->offers[i].why = WHY_NO_NEXT_HOP;
		r->offers[i].holder = RIB_NO_LINK;
	}
	while (round_run(r) && ++rounds < ROUNDS_MAX)
		;
	if (rounds < ROUNDS_MAX)
		return;
	for (uint32_t i = 0; i < r->n_offers; i++) {
		struct offer *o = &r->offers[i], was = *o;

		offer_resolve(r, o);
		if (o->why != was.why || o->nh_link != was.nh_link ||
				!ip6_equal(&o->nh_gw, &was.nh_gw))
			o->why = WHY_SELF;
	}
	for (uint32_t i = 0; i < r->n_groups; i++)
		group_choose(r, &r->groups[i]);
}

/* ---- laying out -------------------------------------------------------------------------- */

static struct rib6_nh
offer_nh(const struct rib6 *r, const struct offer *o)
{
	struct rib6_nh nh = { .link = RIB_NO_LINK };

	if (o->r.proto == RIB_LOCAL || o->r.null) {
		nh.kind = o->r.null ? RIB_NH_DROP : RIB_NH_LOCAL;
		return nh;
	}
	nh.link = o->nh_link;
	if (r->links[nh.link].is_tunnel) {
		nh.kind = RIB_NH_TUN;
	} else if (ip6_is_zero(&o->nh_gw)) {
		nh.kind = RIB_NH_GLEAN;
	} else {
		nh.kind = RIB_NH_ADJ;
		nh.gw = o->nh_gw;
	}
	return nh;
}

static bool
nh_equal(const struct rib6_nh *a, const struct rib6_nh *b)
{
	return a->kind == b->kind && a->link == b->link && ip6_equal(&a->gw, &b->gw);
}

static int
lay_out_fib(struct rib6 *r)
{
	size_t n_nhs = 0;

	r->fib = calloc(r->n_groups + 1u, sizeof(*r->fib));
	r->nhs = calloc((size_t)r->n_offers + r->n_groups + 1, sizeof(*r->nhs));
	if (r->fib == NULL || r->nhs == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_groups; i++) {
		const struct group *g = &r->groups[i];
		struct rib6_fib *f = &r->fib[r->n_fib];
		struct rib6_nh *nhs = r->nhs + n_nhs;

		if (g->n_best == 0 && g->holder == RIB_NO_LINK)
			continue;
		if (g->n_best == 0)
			nhs[f->n_nhs++] = (struct rib6_nh){ .kind = RIB_NH_TUN, .link = g->holder };
		for (uint32_t k = 0; k < g->n_best; k++) {
			struct rib6_nh nh = offer_nh(r, &r->offers[g->best + k]);
			uint32_t at = 0;

			while (at < f->n_nhs && !nh_equal(&nhs[at], &nh))
				at++;
			if (at == f->n_nhs)
				nhs[f->n_nhs++] = nh;
		}
		f->prefix = r->offers[g->first].r.prefix;
		f->nhs = nhs;
		n_nhs += f->n_nhs;
		r->n_fib++;
	}
	return 0;
}

static void
why_words(const struct rib6 *r, const struct offer *o, char *buf, size_t len)
{
	const struct rib6_link *l = o->r.link != RIB_NO_LINK ? &r->links[o->r.link] : NULL;
	char gw[IP6_STR_LEN];

	ip6_str(&o->r.gw, gw);
	switch (o->why) {
	case WHY_OK:
		snprintf(buf, len, "a route with a better distance is used");
		break;
	case WHY_LINK_DOWN:
		snprintf(buf, len, "%s %s is down%s", l->is_tunnel ? "tunnel" : "interface", l->name,
				o->holder != RIB_NO_LINK ? HELD_WORDS : "");
		break;
	case WHY_NO_NEXT_HOP:
		snprintf(buf, len, "no route to next hop %s", gw);
		break;
	case WHY_SELF:
		snprintf(buf, len, "next hop %s would be reached through this route itself", gw);
		break;
	case WHY_OWN:
		snprintf(buf, len, "next hop %s is our own address", gw);
		break;
	case WHY_NULL:
		snprintf(buf, len, "next hop %s is covered by a null route", gw);
		break;
	case WHY_HELD:
		snprintf(buf, len, "next hop %s is behind tunnel %s, which is down" HELD_WORDS, gw,
				r->links[o->holder].name);
		break;
	}
}

/* Both results are sorted alike, but for offers that were moved together: ages are looked up. */
static uint64_t
since(const struct rib6 *old, const struct rib6_route *route, uint64_t now_s)
{
	uint32_t lo = 0, hi = old->n_groups;
	const struct group *g;

	if (old->routes == NULL)
		return now_s;
	g = group_find(old, &route->prefix);
	if (g == NULL)
		return now_s;
	for (lo = g->first, hi = g->first + g->n; lo < hi; lo++)
		if (route_cmp(&old->routes[lo], route) == 0 &&
				old->routes[lo].installed == route->installed)
			return old->routes[lo].since_s;
	return now_s;
}

static int
lay_out_routes(struct rib6 *r, const struct rib6 *old, uint64_t now_s)
{
	r->routes = calloc(r->n_offers + 1u, sizeof(*r->routes));
	if (r->routes == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_groups; i++) {
		const struct group *g = &r->groups[i];

		for (uint32_t k = g->first; k < g->first + g->n; k++) {
			const struct offer *o = &r->offers[k];
			struct rib6_route *route = &r->routes[k];

			*route = o->r;
			route->installed = g->n_best > 0 && k >= g->best && k < g->best + g->n_best;
			if (!route->installed)
				why_words(r, o, route->why, sizeof(route->why));
			else if (!o->r.null)
				route->link = o->nh_link;
			route->since_s = since(old, route, now_s);
		}
	}
	return 0;
}

/* ---- public ------------------------------------------------------------------------------ */

struct rib6 *
rib6_new(void)
{
	return calloc(1, sizeof(struct rib6));
}

void
rib6_free(struct rib6 *r)
{
	if (r == NULL)
		return;
	rib6_fini(r);
	free(r);
}

int
rib6_update(struct rib6 *r, const struct rib6_input *in, uint64_t now_s)
{
	struct rib6 next = { 0 };
	int err = gather(&next, in);

	if (err == 0) {
		resolve(&next);
		err = lay_out_fib(&next);
	}
	if (err == 0)
		err = lay_out_routes(&next, r, now_s);
	if (err != 0) {
		rib6_fini(&next);
		return err;
	}
	rib6_fini(r);
	*r = next;
	return 0;
}

const struct rib6_link *
rib6_link(const struct rib6 *r, uint32_t i)
{
	return &r->links[i];
}

const struct rib6_fib *
rib6_fib(const struct rib6 *r, uint32_t *n)
{
	*n = r->n_fib;
	return r->fib;
}

const struct rib6_route *
rib6_routes(const struct rib6 *r, uint32_t *n)
{
	*n = r->n_offers;
	return r->routes;
}

bool
rib6_has(const struct rib6 *r, const struct ip6_prefix *p)
{
	const struct group *g = group_find(r, p);

	return g != NULL && (g->n_best > 0 || g->holder != RIB_NO_LINK);
}
