/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB's outside: gather offers from links and static routes, have them resolved
 * (rib_resolve.c), and lay out the result for readers; see rib.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib_table.h"

/* Of a route into a protected tunnel that is down: see the rules in rib.h. */
#define HELD_WORDS "; packets are dropped, for it is protected"

struct rib {
	struct rib_table t;
	struct rib_fib *fib;
	uint32_t n_fib;
	struct rib_nh *nhs;
	struct rib_route *routes;
	uint32_t n_routes;
	struct rib_via *vias;
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
	memset(t, 0, sizeof(*t));
}

static void
rib_fini(struct rib *r)
{
	table_fini(&r->t);
	free(r->fib);
	free(r->nhs);
	free(r->routes);
	free(r->vias);
	memset(r, 0, sizeof(*r));
}

/* ---- gathering --------------------------------------------------------------------------- */

static void
cand_add(struct rib_table *t, const struct cand *c)
{
	t->cands[t->n_cands++] = *c;
}

static void
gather_link(struct rib_table *t, uint32_t i)
{
	const struct rib_link *l = &t->links[i];

	for (uint8_t k = 0; k < l->n_addrs; k++) {
		struct cand c = { .link = i, .proto = RIB_LOCAL };

		c.prefix = (struct ip4_prefix){ .addr = l->addrs[k].addr, .len = 32 };
		cand_add(t, &c);
		if (!l->is_tunnel && l->up)
			t->own[t->n_own++] = l->addrs[k].addr;
		if (l->addrs[k].len == 32)
			continue;
		c.proto = RIB_CONNECTED;
		c.prefix.len = l->addrs[k].len;
		c.prefix.addr &= ip4_mask(c.prefix.len);
		cand_add(t, &c);
	}
}

static int
cand_cmp(const void *pa, const void *pb)
{
	const struct cand *a = pa, *b = pb;

	if (a->prefix.addr != b->prefix.addr)
		return a->prefix.addr < b->prefix.addr ? -1 : 1;
	if (a->prefix.len != b->prefix.len)
		return (int)a->prefix.len - (int)b->prefix.len;
	if (a->distance != b->distance)
		return (int)a->distance - (int)b->distance;
	if (a->proto != b->proto)
		return (int)a->proto - (int)b->proto;
	if (a->gw != b->gw)
		return a->gw < b->gw ? -1 : 1;
	return a->link < b->link ? -1 : a->link > b->link;
}

static int
addr_cmp(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return a < b ? -1 : a > b;
}

static void
group_all(struct rib_table *t)
{
	for (uint32_t i = 0; i < t->n_cands; i++) {
		struct group *g = t->n_groups > 0 ? &t->groups[t->n_groups - 1] : NULL;
		const struct ip4_prefix *p = &t->cands[i].prefix;

		if (g == NULL || g->prefix.addr != p->addr || g->prefix.len != p->len) {
			g = &t->groups[t->n_groups++];
			g->prefix = *p;
			g->first = i;
		}
		g->n++;
		t->lens |= UINT64_C(1) << p->len;
	}
}

static int
gather(struct rib_table *t, const struct rib_input *in)
{
	size_t max = (size_t)in->n_links * RIB_LINK_ADDRS * 2 + in->n_statics + 1;

	t->links = calloc(in->n_links + 1u, sizeof(*t->links));
	t->tun_down = calloc(in->n_links + 1u, sizeof(*t->tun_down));
	t->underlay = calloc(in->n_links + 1u, sizeof(*t->underlay));
	t->own = calloc((size_t)in->n_links * RIB_LINK_ADDRS + 1, sizeof(*t->own));
	t->cands = calloc(max, sizeof(*t->cands));
	if (t->links == NULL || t->tun_down == NULL || t->underlay == NULL || t->own == NULL ||
			t->cands == NULL)
		return -ENOMEM;
	t->n_links = in->n_links;
	if (in->n_links > 0)
		memcpy(t->links, in->links, in->n_links * sizeof(*t->links));
	for (uint32_t i = 0; i < in->n_links; i++)
		gather_link(t, i);
	for (uint32_t i = 0; i < in->n_statics; i++) {
		const struct rib_static *s = &in->statics[i];
		struct cand c = { .prefix = s->prefix,
			.proto = RIB_STATIC,
			.distance = s->distance,
			.null = s->null,
			.link = s->null ? RIB_NO_LINK : s->link,
			.gw = s->null ? 0 : s->next_hop };

		cand_add(t, &c);
	}
	t->groups = calloc(t->n_cands + 1u, sizeof(*t->groups));
	if (t->groups == NULL)
		return -ENOMEM;
	qsort(t->cands, t->n_cands, sizeof(*t->cands), cand_cmp);
	qsort(t->own, t->n_own, sizeof(*t->own), addr_cmp);
	group_all(t);
	return 0;
}

/* ---- laying out -------------------------------------------------------------------------- */

static int
lay_out_fib(struct rib *r)
{
	const struct rib_table *t = &r->t;
	size_t n_nhs = 0, cap = (size_t)t->n_groups + RIB_ECMP_MAX;

	r->fib = calloc(t->n_groups + 1u, sizeof(*r->fib));
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
		for (uint32_t k = 0; k < g->n_best &&
				     t->cands[g->best].proto == t->cands[g->best + k].proto;
				k++)
			rib_cand_nhs(t, &t->cands[g->best + k], r->nhs + n_nhs, &f->n_nhs);
		if (g->n_best == 0)
			r->nhs[n_nhs + f->n_nhs++] =
					(struct rib_nh){ .kind = RIB_NH_TUN, .link = g->holder };
		if (f->n_nhs == 0)
			continue;
		f->prefix = g->prefix;
		n_nhs += f->n_nhs;
		r->n_fib++;
	}
	for (uint32_t i = 0; i < r->n_fib; i++)
		r->fib[i].nhs = r->nhs + (uintptr_t)r->fib[i].nhs;
	return 0;
}

static const char *
cand_why_words(const struct rib_table *t, const struct cand *c, char *buf, size_t len)
{
	char gw[IP4_STR_LEN];

	ip4_str(c->gw, gw);
	switch (c->why) {
	case CAND_LINK_DOWN:
		snprintf(buf, len, "%s %s is down%s",
				t->links[c->link].is_tunnel ? "tunnel" : "interface",
				t->links[c->link].name,
				t->links[c->link].is_protected && c->proto != RIB_LOCAL ? HELD_WORDS
											: "");
		break;
	case CAND_NO_NEXT_HOP:
		snprintf(buf, len, "no route to next hop %s", gw);
		break;
	case CAND_SELF:
		snprintf(buf, len, "next hop %s would be reached through this route itself", gw);
		break;
	case CAND_CYCLE:
		snprintf(buf, len, "next hop %s is reached through routes that depend on this one",
				gw);
		break;
	case CAND_OWN:
		snprintf(buf, len, "next hop %s is our own address", gw);
		break;
	case CAND_NULL:
		snprintf(buf, len, "next hop %s is covered by a null route", gw);
		break;
	case CAND_HELD:
		snprintf(buf, len, "next hop %s is behind tunnel %s, which is down" HELD_WORDS, gw,
				t->links[t->groups[c->match].holder].name);
		break;
	case CAND_OK:
		snprintf(buf, len, "a route with a better distance is used");
		break;
	}
	return buf;
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

static void
lay_out_route(struct rib *r, const struct group *g, uint32_t i, uint32_t *n_vias)
{
	const struct rib_table *t = &r->t;
	const struct cand *c = &t->cands[i];
	struct rib_route *o = r->n_routes > 0 ? &r->routes[r->n_routes - 1] : NULL;
	struct rib_via *v = &r->vias[(*n_vias)++];
	bool used = g->n_best > 0 && i >= g->best && i < g->best + g->n_best &&
		    t->cands[g->best].proto == c->proto;

	if (o == NULL || o->prefix.addr != c->prefix.addr || o->prefix.len != c->prefix.len ||
			o->proto != c->proto || o->distance != c->distance) {
		o = &r->routes[r->n_routes++];
		*o = (struct rib_route){
			.prefix = c->prefix, .proto = c->proto, .distance = c->distance, .vias = v
		};
	}
	o->n_vias++;
	if (used)
		o->installed = true;
	else if (!o->installed)
		cand_why_words(t, c, o->why, sizeof(o->why));
	*v = (struct rib_via){
		.gw = c->gw, .link = cand_link(t, c), .null = c->null, .resolved = c->usable
	};
}

static int
lay_out_routes(struct rib *r, const struct rib *old, uint64_t now_s)
{
	const struct rib_table *t = &r->t;
	uint32_t n_vias = 0, k = 0;

	r->routes = calloc(t->n_cands + 1u, sizeof(*r->routes));
	r->vias = calloc(t->n_cands + 1u, sizeof(*r->vias));
	if (r->routes == NULL || r->vias == NULL)
		return -ENOMEM;
	for (uint32_t g = 0; g < t->n_groups; g++)
		for (uint32_t i = t->groups[g].first; i < t->groups[g].first + t->groups[g].n; i++)
			lay_out_route(r, &t->groups[g], i, &n_vias);
	/* Both lists are sorted alike: take over the ages side by side. */
	for (uint32_t i = 0; i < r->n_routes; i++) {
		struct rib_route *o = &r->routes[i];
		struct cand a = { .prefix = o->prefix, .distance = o->distance, .proto = o->proto };
		int c = -1;

		o->since_s = now_s;
		for (; k < old->n_routes && c < 0; k++) {
			const struct rib_route *p = &old->routes[k];
			struct cand b = {
				.prefix = p->prefix, .distance = p->distance, .proto = p->proto
			};

			c = cand_cmp(&b, &a);
			if (c > 0)
				break;
			if (c == 0 && p->installed == o->installed)
				o->since_s = p->since_s;
		}
		if (o->installed)
			o->why[0] = '\0';
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

int
rib_update(struct rib *r, const struct rib_input *in, uint64_t now_s)
{
	struct rib next;
	int err;

	memset(&next, 0, sizeof(next));
	err = gather(&next.t, in);
	if (err != 0)
		goto fail;
	rib_resolve(&next.t);
	err = lay_out_fib(&next);
	if (err != 0)
		goto fail;
	err = lay_out_routes(&next, r, now_s);
	if (err != 0)
		goto fail;
	rib_fini(r);
	*r = next;
	return 0;

fail:
	rib_fini(&next);
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

const struct rib_underlay *
rib_underlay(const struct rib *r, uint32_t i)
{
	return &r->t.underlay[i];
}

static const struct rib_fib *
fib_find(const struct rib *r, const struct ip4_prefix *p)
{
	uint32_t lo = 0, hi = r->n_fib;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct ip4_prefix *m = &r->fib[mid].prefix;

		if (m->addr == p->addr && m->len == p->len)
			return &r->fib[mid];
		if (m->addr < p->addr || (m->addr == p->addr && m->len < p->len))
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool
rib_has(const struct rib *r, const struct ip4_prefix *p)
{
	return fib_find(r, p) != NULL;
}

const struct rib_fib *
rib_lookup(const struct rib *r, uint32_t addr)
{
	for (int len = 32; len >= 0; len--) {
		struct ip4_prefix p = { .addr = addr & ip4_mask((uint8_t)len),
			.len = (uint8_t)len };
		const struct rib_fib *f = (r->t.lens >> len & 1) != 0 ? fib_find(r, &p) : NULL;

		if (f != NULL)
			return f;
	}
	return NULL;
}

const char *
rib_underlay_why(const struct rib *r, uint32_t i, char *buf, size_t len)
{
	const struct rib_link *l = &r->t.links[i];
	const struct rib_underlay *u = &r->t.underlay[i];
	char src[IP4_STR_LEN], dst[IP4_STR_LEN];

	ip4_str(l->source, src);
	ip4_str(l->destination, dst);
	switch (u->err) {
	case RIB_UNDERLAY_OK:
		snprintf(buf, len, "%s", "");
		break;
	case RIB_UNDERLAY_DISABLED:
		snprintf(buf, len, "administratively down");
		break;
	case RIB_UNDERLAY_NO_SOURCE:
		snprintf(buf, len, "source %s is not an address of an interface that is up", src);
		break;
	case RIB_UNDERLAY_NO_ROUTE:
		snprintf(buf, len, "no route to %s", dst);
		break;
	case RIB_UNDERLAY_NULL:
		snprintf(buf, len, "%s is covered by a null route", dst);
		break;
	case RIB_UNDERLAY_OWN:
		snprintf(buf, len, "destination %s is our own address", dst);
		break;
	case RIB_UNDERLAY_LOOP:
		snprintf(buf, len,
				"recursive routing: %s would be reached through the tunnel itself",
				dst);
		break;
	case RIB_UNDERLAY_TUNNEL:
		snprintf(buf, len, "%s would be reached through tunnel %s", dst,
				r->t.links[u->via].name);
		break;
	}
	return buf;
}
