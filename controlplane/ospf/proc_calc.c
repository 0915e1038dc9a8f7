/* SPDX-License-Identifier: BSD-3-Clause */
/* The route calculation between engine, RIB and configuration; see proc_calc.h. */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/ospf_restart.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/ospf/proc_calc.h"
#include "controlplane/ospf/proc_int.h"
#include "controlplane/track/tracks.h"

#define LOG_AREA "ospf"

/* Prefix lists of an area; empty: none. */
struct proc_filter {
	uint32_t area;
	char in[CFG_NAME_MAX], out[CFG_NAME_MAX];
};

struct proc_calc {
	struct cp *cp;
	struct ospf *o;
	struct ospf_calc *c;
	const struct cfg *cfg;
	const struct cfg_ospf *p;
	bool changed; /* the engine has not been told of @p yet */
	/* Routes are handed to the RIB when the loop comes round: the calculation may run in the
	 * midst of a look at everything, which must not begin within itself. */
	struct event *apply;
	struct rib_dyn *dyns;
	struct rib_hop *hops;
	char (*names)[RIB_LINK_NAME];
	uint32_t *users; /* [n_names] */
	bool applied;    /* the RIB has them */
	uint32_t n_denied; /* routes that the distribute-list keeps out of it */
	struct proc_filter *filters; /* of areas that have any */
	uint32_t n_filters;
	uint32_t n_dyns, cap_dyns, n_hops, cap_hops, n_names, cap_names;
};

/* ---- prefix lists ---------------------------------------------------------------------------- */

static bool
rule_matches(const struct cfg_prefix_rule *r, const struct ip4_prefix *p)
{
	uint8_t ge = r->ge != 0 ? r->ge : r->prefix.len;
	uint8_t le = r->le != 0 ? r->le : r->ge != 0 ? 32 : r->prefix.len;

	return p->len >= ge && p->len <= le && p->len >= r->prefix.len &&
	       ip4_prefix_contains(&r->prefix, p->addr);
}

/* Rules are sorted by list, then number. */
static bool
prefix_list_permits(const struct cfg *c, const char *list, const struct ip4_prefix *p)
{
	bool any = false;

	for (uint32_t i = 0; i < c->n_prefix_rules; i++) {
		const struct cfg_prefix_rule *r = &c->prefix_rules[i];

		if (strcmp(r->list, list) != 0)
			continue;
		any = true;
		if (rule_matches(r, p))
			return r->action == CFG_PERMIT;
	}
	return !any;
}

static bool
on_permits(void *ctx, uint32_t area, bool out, const struct ip4_prefix *p)
{
	const struct proc_calc *x = ctx;

	for (uint32_t i = 0; i < x->n_filters; i++) {
		const struct proc_filter *f = &x->filters[i];
		const char *list = out ? f->out : f->in;

		if (f->area == area)
			return list[0] == '\0' || prefix_list_permits(x->cfg, list, p);
	}
	return true;
}

static void
filters_update(struct proc_calc *x)
{
	struct proc_filter *list = calloc(x->p->n_areas + 1u, sizeof(*list));
	uint32_t n = 0;

	if (list == NULL) {
		log_error(LOG_AREA, "out of memory for filter lists");
		return;
	}
	for (uint32_t i = 0; i < x->p->n_areas; i++) {
		const struct cfg_ospf_area *a = &x->p->areas[i];

		memcpy(list[n].in, a->filter_in, sizeof(list[n].in));
		memcpy(list[n].out, a->filter_out, sizeof(list[n].out));
		if ((a->filter_in[0] != '\0' || a->filter_out[0] != '\0') &&
				cfg_ospf_area_parse(a->name, &list[n].area) == 0)
			n++;
	}
	free(x->filters);
	x->filters = list;
	x->n_filters = n;
}

/* ---- routes to the RIB ----------------------------------------------------------------------- */

static uint8_t
distance_of(const struct cfg_ospf *p, enum ospf_route_kind kind)
{
	switch (kind) {
	case OSPF_ROUTE_INTER:
		return p->distance_inter != 0 ? p->distance_inter : p->distance;
	case OSPF_ROUTE_E1:
	case OSPF_ROUTE_E2:
	case OSPF_ROUTE_N1:
	case OSPF_ROUTE_N2:
		return p->distance_external != 0 ? p->distance_external : p->distance;
	case OSPF_ROUTE_NONE:
	case OSPF_ROUTE_INTRA:
	case OSPF_ROUTE_DISCARD:
		break;
	}
	return p->distance_intra != 0 ? p->distance_intra : p->distance;
}

static uint8_t
kind_of(enum ospf_route_kind kind)
{
	static const uint8_t kinds[] = { RIB_KIND_NONE, RIB_OSPF_INTRA, RIB_OSPF_INTER,
		RIB_OSPF_E1, RIB_OSPF_E2, RIB_OSPF_N1, RIB_OSPF_N2, RIB_OSPF_RANGE };

	return kinds[kind];
}

static int
room(struct proc_calc *x, uint32_t n, uint32_t n_hops)
{
	void *p;

	if (n > x->cap_dyns) {
		p = realloc(x->dyns, (n + n / 2) * sizeof(*x->dyns));
		if (p == NULL)
			return -ENOMEM;
		x->dyns = p;
		x->cap_dyns = n + n / 2;
	}
	if (n_hops > x->cap_hops) {
		p = realloc(x->hops, (n_hops + n_hops / 2) * sizeof(*x->hops));
		if (p == NULL)
			return -ENOMEM;
		x->hops = p;
		x->cap_hops = n_hops + n_hops / 2;
	}
	if (x->o->n_ifs > x->cap_names) {
		uint32_t cap = 2 * x->o->n_ifs;

		p = realloc(x->names, cap * sizeof(*x->names));
		if (p == NULL)
			return -ENOMEM;
		x->names = p;
		p = realloc(x->users, cap * sizeof(*x->users));
		if (p == NULL)
			return -ENOMEM;
		x->users = p;
		x->cap_names = cap;
	}
	return 0;
}

static int
u32_cmp(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return a < b ? -1 : a > b;
}

/* Interfaces by number, with their names beside. */
static void
names_take(struct proc_calc *x)
{
	const struct ospf_if *ifp;

	x->n_names = 0;
	TAILQ_FOREACH (ifp, &x->o->ifs, link)
		if (x->n_names < x->cap_names)
			x->users[x->n_names++] = ifp->cfg.user;
	qsort(x->users, x->n_names, sizeof(*x->users), u32_cmp);
	for (uint32_t i = 0; i < x->n_names; i++) {
		ifp = ospf_if_by_user(x->o, x->users[i]);
		memset(x->names[i], 0, sizeof(x->names[i]));
		if (ifp != NULL)
			memcpy(x->names[i], ifp->cfg.name, sizeof(x->names[i]) - 1);
	}
}

static uint32_t
name_of(const struct proc_calc *x, uint32_t user)
{
	const uint32_t *at = bsearch(&user, x->users, x->n_names, sizeof(user), u32_cmp);

	return at != NULL ? (uint32_t)(at - x->users) : UINT32_MAX;
}

/* A range's discard route is of our own making. */
static bool
denied(const struct proc_calc *x, const struct ospf_route *r)
{
	const char *list = x->p->distribute_in;

	return list[0] != '\0' && r->kind != OSPF_ROUTE_DISCARD &&
			!prefix_list_permits(x->cfg, list, &r->prefix);
}

uint32_t
proc_calc_denied(const struct proc_calc *x)
{
	return x != NULL ? x->n_denied : 0;
}

static void
on_routes(void *ctx, const struct ospf_route *r, uint32_t n, const struct spf_hop *hops,
		uint32_t n_hops)
{
	struct proc_calc *x = ctx;
	uint32_t n_denied;

	if (room(x, n, n_hops) != 0) {
		log_error(LOG_AREA, "out of memory for routes: the RIB keeps the former ones");
		return;
	}
	names_take(x);
	x->n_dyns = 0;
	n_denied = 0;
	x->n_hops = n_hops;
	for (uint32_t i = 0; i < n_hops; i++)
		x->hops[i] = (struct rib_hop){ .link = name_of(x, hops[i].user), .gw = hops[i].gw };
	for (uint32_t i = 0; i < n && x->p != NULL; i++) {
		uint8_t distance = distance_of(x->p, r[i].kind);

		/* The connected route says it better; a distance of 255 keeps routes out. */
		if ((r[i].direct && r[i].kind != OSPF_ROUTE_DISCARD) || distance == 255)
			continue;
		if (denied(x, &r[i])) {
			n_denied++;
			continue;
		}
		x->dyns[x->n_dyns++] = (struct rib_dyn){ .prefix = r[i].prefix,
			.kind = kind_of(r[i].kind),
			.distance = distance,
			.null = r[i].kind == OSPF_ROUTE_DISCARD,
			.metric = r[i].metric,
			.tag = r[i].tag,
			.first_hop = r[i].first_hop,
			.n_hops = r[i].n_hops };
	}
	if (n_denied != x->n_denied)
		log_info(LOG_AREA, "distribute-list: %u routes are not used", n_denied);
	x->n_denied = n_denied;
	x->applied = false;
	event_active(x->apply, EV_TIMEOUT, 0);
}

bool
proc_calc_source(const struct proc_calc *x, struct rib_source *out)
{
	*out = (struct rib_source){ .routes = x->dyns,
		.hops = x->hops,
		.names = (const char(*)[RIB_LINK_NAME])x->names,
		.n_routes = x->n_dyns,
		.n_hops = x->n_hops,
		.n_names = x->n_names };
	return x->applied;
}

static void
on_apply(evutil_socket_t fd, short what, void *arg)
{
	struct proc_calc *x = arg;
	struct rib_source s;

	proc_calc_source(x, &s);
	/* Of a database that was empty still, or while we restart gracefully (RFC 3623 section 2.2
	 * (2)): the routes of the process before us stay. */
	if ((s.n_routes == 0 && ospf_keep_waits(x->o)) || ospf_restarting(x->o))
		return;
	x->applied = true;
	if (reconcile_routes(x->cp->reconcile, &s) != 0)
		log_error(LOG_AREA, "out of memory for routes: the RIB keeps the former ones");
}

static uint64_t
clock_us(void *ctx)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- redistribution -------------------------------------------------------------------------- */

/* Its subnet is in OSPF already, as a stub or transit network. */
static bool
runs_there(const struct proc_calc *x, const struct ip4_prefix *p)
{
	const struct ospf_if *ifp;

	TAILQ_FOREACH (ifp, &x->o->ifs, link)
		if (ifp->cfg.addr.len == p->len && ip4_prefix_contains(p, ifp->cfg.addr.addr))
			return true;
	return false;
}

/* Where its packets go, if that is one router on a network of an interface; 0: not so. */
static uint32_t
next_hop_of(const struct proc_calc *x, const struct rib_route *r)
{
	const struct rib_via *v = r->n_vias == 1 ? &r->vias[0] : NULL;
	const struct rib_link *l = v != NULL && v->link != RIB_NO_LINK
			? rib_link(x->cp->rib, v->link) : NULL;

	if (l == NULL || l->is_tunnel || v->null)
		return 0;
	for (uint8_t i = 0; i < l->n_addrs; i++)
		if (ip4_prefix_contains(&l->addrs[i], v->gw))
			return v->gw;
	return 0;
}

static bool
ext_of(const struct proc_calc *x, const struct rib_route *r, struct ospf_ext *e)
{
	for (uint32_t i = 0; i < x->p->n_redistributes; i++) {
		const struct cfg_redistribute *d = &x->p->redistributes[i];
		bool is = d->source == CFG_REDISTRIBUTE_STATIC ? r->proto == RIB_STATIC
							       : r->proto == RIB_CONNECTED;

		if (!is || (r->proto == RIB_CONNECTED && runs_there(x, &r->prefix)) ||
				(d->prefix_list[0] != '\0' &&
						!prefix_list_permits(x->cfg, d->prefix_list,
								&r->prefix)))
			continue;
		*e = (struct ospf_ext){ .prefix = r->prefix, .metric = d->metric,
			.type2 = d->metric_type == 2, .tag = d->has_tag ? d->tag : r->tag,
			.next_hop = next_hop_of(x, r) };
		return true;
	}
	return false;
}

void
proc_calc_redistribute(struct proc_calc *x)
{
	const struct cfg_default_info *d;
	const struct rib_route *r;
	struct ospf_ext *list;
	uint32_t n, k = 0, next_hop = 0;
	bool has_default;

	if (x == NULL || x->p == NULL)
		return;
	r = rib_routes(x->cp->rib, &n);
	list = calloc(n + 1u, sizeof(*list));
	if (list == NULL)
		return;
	d = x->p->n_defaults > 0 ? &x->p->defaults[0] : NULL;
	if (d != NULL && d->track[0] != '\0' && !tracks_is_up(x->cp->tracks, d->track))
		d = NULL;
	has_default = d != NULL && d->always;
	for (uint32_t i = 0; i < n; i++) {
		bool is_default = r[i].prefix.len == 0;

		if (!r[i].installed || r[i].proto == RIB_OSPF || r[i].proto == RIB_LOCAL)
			continue;
		has_default |= is_default && d != NULL;
		if (is_default)
			next_hop = next_hop_of(x, &r[i]);
		/* A default route is told of only by default-information, as on IOS. Of several
		 * routes to a prefix the one that is in use counts; there is no second one. */
		if (!is_default && ext_of(x, &r[i], &list[k]))
			k++;
	}
	if (has_default)
		list[k++] = (struct ospf_ext){ .metric = d->metric, .type2 = d->metric_type == 2,
			.tag = d->tag, .next_hop = next_hop };
	if (ospf_calc_externals(x->c, list, k) != 0)
		log_error(LOG_AREA, "out of memory for redistribution");
	free(list);
	ospf_proc_rearm(x->cp->ospf);
}

static void
on_rib(void *ctx)
{
	struct cp *cp = ctx;

	proc_calc_redistribute(ospf_proc_calc(cp->ospf));
}

/* ---- configuration --------------------------------------------------------------------------- */

static void
ranges_update(struct proc_calc *x)
{
	struct ospf_range *list;
	uint32_t n = 0, k = 0;

	for (uint32_t i = 0; i < x->p->n_areas; i++)
		n += x->p->areas[i].n_ranges;
	list = calloc(n + 1u, sizeof(*list));
	if (list == NULL)
		return;
	for (uint32_t i = 0; i < x->p->n_areas; i++) {
		const struct cfg_ospf_area *a = &x->p->areas[i];

		for (uint32_t j = 0; j < a->n_ranges; j++) {
			const struct cfg_ospf_range *r = &a->ranges[j];

			list[k] = (struct ospf_range){ .prefix = r->prefix,
				.advertise = !r->not_advertise, .has_cost = r->has_cost,
				.cost = r->cost };
			if (cfg_ospf_area_parse(a->name, &list[k].area) == 0)
				k++;
		}
	}
	if (ospf_calc_ranges(x->c, list, k) != 0)
		log_error(LOG_AREA, "out of memory for area ranges");
	free(list);
}

static void
nssa_ranges_update(struct proc_calc *x)
{
	struct ospf_nssa_range *list;
	uint32_t n = 0, k = 0;

	for (uint32_t i = 0; i < x->p->n_areas; i++)
		n += x->p->areas[i].n_nssa_ranges;
	list = calloc(n + 1u, sizeof(*list));
	for (uint32_t i = 0; list != NULL && i < x->p->n_areas; i++) {
		const struct cfg_ospf_area *a = &x->p->areas[i];

		for (uint32_t j = 0; j < a->n_nssa_ranges; j++) {
			const struct cfg_ospf_nssa_range *r = &a->nssa_ranges[j];

			list[k] = (struct ospf_nssa_range){ .prefix = r->prefix,
				.advertise = !r->not_advertise, .has_cost = r->has_cost,
				.cost = r->cost, .tag = r->tag };
			if (cfg_ospf_area_parse(a->name, &list[k].area) == 0)
				k++;
		}
	}
	if (list == NULL || ospf_calc_nssa_ranges(x->c, list, k) != 0)
		log_error(LOG_AREA, "out of memory for type 7 ranges");
	free(list);
}

void
proc_calc_config(struct proc_calc *x, const struct cfg *c, const struct cfg_ospf *p)
{
	if (x == NULL)
		return;
	x->cfg = c;
	x->p = p;
	x->changed = true;
}

void
proc_calc_update(struct proc_calc *x, const struct cfg *c, const struct cfg_ospf *p)
{
	bool same = x->p == p && !x->changed;
	struct ospf_calc_cfg cc;

	proc_calc_config(x, c, p);
	x->changed = false;
	if (same)
		return;
	ospf_calc_cfg_defaults(&cc);
	cc.spf_start_ms = p->spf_start_ms;
	cc.spf_hold_ms = p->spf_hold_ms;
	cc.spf_max_ms = p->spf_max_ms;
	cc.rfc1583 = p->rfc1583;
	cc.transit = p->capability_transit;
	cc.max_paths = p->max_paths;
	ospf_calc_set(x->c, &cc);
	ranges_update(x);
	nssa_ranges_update(x);
	filters_update(x);
	proc_calc_redistribute(x);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct proc_calc *
proc_calc_new(struct cp *cp, struct ospf *o)
{
	struct proc_calc *x = calloc(1, sizeof(*x));
	struct ospf_calc_out out = { .routes = on_routes, .permits = on_permits,
		.clock_us = clock_us, .ctx = x };

	if (x == NULL)
		return NULL;
	x->cp = cp;
	x->o = o;
	x->apply = event_new(cp->base, -1, 0, on_apply, x);
	x->c = ospf_calc_new(o, &out);
	if (x->apply == NULL || x->c == NULL) {
		if (x->apply != NULL)
			event_free(x->apply);
		ospf_calc_free(x->c);
		free(x);
		return NULL;
	}
	reconcile_on_routes(cp->reconcile, on_rib, cp);
	return x;
}

void
proc_calc_free(struct proc_calc *x)
{
	if (x == NULL)
		return;
	ospf_calc_free(x->c);
	event_free(x->apply);
	if (!x->cp->stopping)
		reconcile_drop_routes(x->cp->reconcile);
	free(x->filters);
	free(x->dyns);
	free(x->hops);
	free(x->names);
	free(x->users);
	free(x);
}

struct ospf_calc *
proc_calc_engine(struct proc_calc *x)
{
	return x != NULL ? x->c : NULL;
}
