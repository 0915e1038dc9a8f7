/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of the routes in use, in words; see routes_debug.h. */
#include "controlplane/rib/routes_debug.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"

#define HOPS_SAID 4   /* next hops of one route that are written out */
#define TEXT_LEN  512
#define FNV_BASE  UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* A route in use. */
struct line {
	struct ip6_prefix prefix; /* of IPv4: mapped, and 96 more */
	bool ip6;
	uint8_t proto, distance;
	uint32_t metric;
	uint64_t hops; /* what its next hops are, as one number */
	uint32_t at;   /* where it stands in the RIB, which may be another by now */
};

struct table {
	struct line *lines; /* IPv4, then IPv6, each sorted */
	uint32_t n;
};

struct routes_debug {
	struct cp *cp;
	struct debug_ring ring;
	bool has_within;
	struct ip6_prefix within;
	struct table was;
};

/* A next hop of either family. */
struct hop {
	struct ip6_addr gw; /* zero: none */
	const char *link;   /* "": none */
	bool null;
};

/* ---- what is there ----------------------------------------------------------------------- */

static uint32_t
hop4(const struct rib *rib, uint32_t at, uint32_t i, struct hop *h)
{
	uint32_t n;
	const struct rib_route *r = &rib_routes(rib, &n)[at];
	const struct rib_via *v = &r->vias[i];

	if (i >= r->n_vias)
		return r->n_vias;
	*h = (struct hop){ .link = v->link != RIB_NO_LINK ? rib_link(rib, v->link)->name : "",
		.null = v->null };
	if (v->gw != 0)
		h->gw = ip6_mapped(v->gw);
	return r->n_vias;
}

static uint32_t
hop6(const struct rib6 *rib, uint32_t at, uint32_t i, struct hop *h)
{
	uint32_t n;
	const struct rib6_route *r = &rib6_routes(rib, &n)[at];
	const struct rib6_via *v = &r->vias[i];

	if (i >= r->n_vias)
		return r->n_vias;
	*h = (struct hop){ .link = v->link != RIB_NO_LINK ? rib6_link(rib, v->link)->name : "",
		.null = v->null, .gw = v->gw };
	return r->n_vias;
}

/* Next hop @i of a route of now; how many there are. */
static uint32_t
hop_of(const struct routes_debug *x, const struct line *l, uint32_t i, struct hop *h)
{
	return l->ip6 ? hop6(x->cp->rib6, l->at, i, h) : hop4(x->cp->rib, l->at, i, h);
}

static uint64_t
hash(uint64_t h, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}

static void
line_add(const struct routes_debug *x, struct table *t, struct line l)
{
	struct hop h;

	if (x->has_within && (l.prefix.len < x->within.len ||
			!ip6_prefix_contains(&x->within, &l.prefix.addr)))
		return;
	l.hops = FNV_BASE;
	for (uint32_t i = 0; i < hop_of(x, &l, i, &h); i++) {
		l.hops = hash(l.hops, &h.gw, sizeof(h.gw));
		l.hops = hash(l.hops, h.link, strlen(h.link) + 1);
		l.hops = hash(l.hops, &h.null, sizeof(h.null));
	}
	t->lines[t->n++] = l;
}

/* The routes in use. False without memory. */
static bool
table_read(const struct routes_debug *x, struct table *t)
{
	uint32_t n4, n6;
	const struct rib_route *r4 = rib_routes(x->cp->rib, &n4);
	const struct rib6_route *r6 = rib6_routes(x->cp->rib6, &n6);

	*t = (struct table){ .lines = calloc((size_t)n4 + n6 + 1, sizeof(*t->lines)) };
	if (t->lines == NULL)
		return false;
	for (uint32_t i = 0; i < n4; i++)
		if (r4[i].installed)
			line_add(x, t, (struct line){ .at = i, .proto = (uint8_t)r4[i].proto,
					.prefix = { ip6_mapped(r4[i].prefix.addr),
							(uint8_t)(r4[i].prefix.len + 96) },
					.distance = r4[i].distance, .metric = r4[i].metric });
	for (uint32_t i = 0; i < n6; i++)
		if (r6[i].installed)
			line_add(x, t, (struct line){ .at = i, .ip6 = true,
					.proto = (uint8_t)r6[i].proto, .prefix = r6[i].prefix,
					.distance = r6[i].distance, .metric = r6[i].metric });
	return true;
}

/* ---- what has changed -------------------------------------------------------------------- */

struct text {
	char buf[TEXT_LEN];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	if (t->len >= sizeof(t->buf))
		return;
	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
}

static void
put_prefix(struct text *t, const struct line *l)
{
	char p[IP6_PREFIX_STR_LEN];
	struct ip4_prefix four = { .addr = ip6_ip4(&l->prefix.addr),
		.len = (uint8_t)(l->prefix.len - (l->ip6 ? 0 : 96)) };

	put(t, "%s", l->ip6 ? ip6_prefix_str(&l->prefix, p) : ip4_prefix_str(&four, p));
}

/* " static [1/0]": distance and metric, as IOS has them. */
static void
put_kind(struct text *t, const struct line *l)
{
	put(t, " %s [%u/%u]", rib_proto_str((enum rib_proto)l->proto), l->distance, l->metric);
}

static void
put_hops(const struct routes_debug *x, struct text *t, const struct line *l)
{
	char a[IP6_STR_LEN];
	struct hop h;
	uint32_t i, n = 0;

	for (i = 0; i < HOPS_SAID && i < (n = hop_of(x, l, i, &h)); i++) {
		if (h.null)
			put(t, ", null");
		else if (!ip6_is_zero(&h.gw))
			put(t, ", via %s", ip46_str(&h.gw, a));
		if (h.link[0] != '\0')
			put(t, ", %s", h.link);
	}
	if (n > i)
		put(t, ", and %u more", n - i);
}

static void
say(struct routes_debug *x, const char *what, const struct line *now, const struct line *was)
{
	const struct line *l = now != NULL ? now : was;
	struct routes_debug_about about = { .ip6 = l->ip6 };
	struct text t = { .len = 0 };

	put(&t, "%s ", what);
	put_prefix(&t, l);
	put_kind(&t, l);
	if (now != NULL)
		put_hops(x, &t, now);
	if (now != NULL && was != NULL) {
		put(&t, "; was");
		put_kind(&t, was);
	}
	debug_ring_add(&x->ring, t.buf, &about, sizeof(about));
}

static int
line_cmp(const struct line *a, const struct line *b)
{
	int c = (int)a->ip6 - (int)b->ip6;

	if (c == 0)
		c = memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));
	return c != 0 ? c : (int)a->prefix.len - (int)b->prefix.len;
}

static bool
same(const struct line *a, const struct line *b)
{
	return a->proto == b->proto && a->distance == b->distance && a->metric == b->metric &&
			a->hops == b->hops;
}

static void
compare(struct routes_debug *x, const struct table *was, const struct table *now)
{
	for (uint32_t i = 0, k = 0; i < was->n || k < now->n;) {
		int c = i == was->n ? 1 : k == now->n ? -1
						      : line_cmp(&was->lines[i], &now->lines[k]);

		if (c < 0)
			say(x, "del", NULL, &was->lines[i]);
		else if (c > 0)
			say(x, "add", &now->lines[k], NULL);
		else if (!same(&was->lines[i], &now->lines[k]))
			say(x, "change", &now->lines[k], &was->lines[i]);
		i += c <= 0;
		k += c >= 0;
	}
}

static void
on_routes(void *ctx)
{
	struct routes_debug *x = ctx;
	struct table now;

	if (debug_ring_unread(&x->ring, cp_now_ms())) {
		log_notice("route", "debug ip routing ends: nobody has read it for a minute");
		routes_debug_stop(x);
	}
	if (!x->ring.running || !table_read(x, &now))
		return;
	compare(x, &x->was, &now);
	free(x->was.lines);
	x->was = now;
}

/* ---- life -------------------------------------------------------------------------------- */

struct routes_debug *
routes_debug_new(struct cp *cp, struct reconcile *r)
{
	struct routes_debug *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->cp = cp;
	reconcile_on_routes(r, on_routes, x);
	return x;
}

void
routes_debug_free(struct routes_debug *x)
{
	if (x == NULL)
		return;
	free(x->was.lines);
	debug_ring_fini(&x->ring);
	free(x);
}

uint64_t
routes_debug_start(struct routes_debug *x, const struct ip6_prefix *within)
{
	struct table now;

	x->has_within = within != NULL;
	if (within != NULL)
		x->within = *within;
	free(x->was.lines);
	x->was = table_read(x, &now) ? now : (struct table){ .n = 0 };
	return debug_ring_start(&x->ring, cp_now_ms());
}

void
routes_debug_stop(struct routes_debug *x)
{
	debug_ring_stop(&x->ring);
	free(x->was.lines);
	x->was = (struct table){ .n = 0 };
}

struct debug_ring *
routes_debug_ring(struct routes_debug *x)
{
	return &x->ring;
}
