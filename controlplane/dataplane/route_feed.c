/* SPDX-License-Identifier: BSD-3-Clause */
/* The RIB's result to the mirror; see route_feed.h. */
#include "controlplane/dataplane/route_feed.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/dataplane/route_move.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/vrrp/vrrps.h"

#define SLICE       1024 /* prefixes that are named in one turn of the loop */
#define SPARE_HOPS  1024 /* next hops not used any more that may be left until all is named anew */
#define N_LENS      33u

struct route_feed {
	struct cp *cp;
	struct event *more;
	/* What has changed and is not named yet: [at..n). */
	struct ip4_prefix *todo;
	uint32_t at, n;
	uint32_t n_hops; /* next hops when all was named last */
	struct route_feed_counts counts;
};

/* ---- names -------------------------------------------------------------------------------- */

/* A next hop of either family; @link_id: of the interface or tunnel, CHAN_NONE without one. */
static uint32_t
nh_id(struct cp *cp, enum rib_nh_kind kind, uint32_t link_id, struct neigh *neigh,
		const struct ip6_addr *gw)
{
	switch (kind) {
	case RIB_NH_DROP:
		return mirror_nh_drop(cp->mirror);
	case RIB_NH_LOCAL:
		return mirror_nh_local(cp->mirror);
	case RIB_NH_GLEAN:
		return mirror_nh_glean(cp->mirror, link_id);
	case RIB_NH_ADJ:
		return neigh_use(neigh, link_id, gw);
	case RIB_NH_TUN:
		return link_id != CHAN_NONE ? mirror_nh_tun(cp->mirror, link_id)
					    : mirror_nh_drop(cp->mirror);
	}
	return CHAN_NONE;
}

static uint32_t
nh4_id_of(struct cp *cp, const struct rib_nh *nh)
{
	uint32_t link = nh->link != RIB_NO_LINK ? rib_link(cp->rib, nh->link)->id : CHAN_NONE;
	struct ip6_addr gw = ip6_mapped(nh->gw);

	return nh_id(cp, nh->kind, link, cp->neigh, &gw);
}

static uint32_t
nh6_id_of(struct cp *cp, const struct rib6_nh *nh)
{
	uint32_t link = nh->link != RIB_NO_LINK ? rib6_link(cp->rib6, nh->link)->id : CHAN_NONE;

	return nh_id(cp, nh->kind, link, cp->neigh6, &nh->gw);
}

/* What a route leads into. */
struct lead {
	bool is_group;
	uint32_t id; /* CHAN_NONE: nothing, for the dataplane has no room */
};

/* By @n next hops, those of rib_fib.ways; @have: the group that it leads into so far. */
static struct lead
lead_of(struct cp *cp, const uint32_t *ids, uint32_t n, uint64_t ways, uint32_t have)
{
	struct lead l = { .id = CHAN_NONE };

	if (n > 0 && ways != 0)
		l.id = mirror_nhg_named(cp->mirror, ways, ids, n, have);
	if (n > 1 && l.id == CHAN_NONE)
		l.id = mirror_nhg(cp->mirror, ids, n);
	l.is_group = l.id != CHAN_NONE;
	/* Out of groups: one path is better than none. */
	if (n > 0 && !l.is_group)
		l.id = ids[0];
	return l;
}

static void
no_room(const char *prefix)
{
	log_error("route", "%s: the dataplane's next hops are used up", prefix);
}

static void
route_name(struct cp *cp, const struct rib_fib *f)
{
	uint32_t ids[CHAN_ECMP_MAX], n = 0;
	char p[IP4_PREFIX_STR_LEN];
	struct lead l;

	for (uint32_t i = 0; i < f->n_nhs && n < CHAN_ECMP_MAX; i++) {
		uint32_t id = nh4_id_of(cp, &f->nhs[i]);

		if (id != CHAN_NONE)
			ids[n++] = id;
	}
	l = lead_of(cp, ids, n, f->ways,
			mirror_route_group(cp->mirror, f->prefix.addr, f->prefix.len));
	if (l.id != CHAN_NONE)
		mirror_route(cp->mirror, f->prefix.addr, f->prefix.len, l.is_group, l.id);
	else
		no_room(ip4_prefix_str(&f->prefix, p));
}

static void
route6_name(struct cp *cp, const struct rib6_fib *f)
{
	uint32_t ids[CHAN_ECMP_MAX], n = 0;
	char p[IP6_PREFIX_STR_LEN];
	struct lead l;

	for (uint32_t i = 0; i < f->n_nhs && n < CHAN_ECMP_MAX; i++) {
		uint32_t id = nh6_id_of(cp, &f->nhs[i]);

		if (id != CHAN_NONE)
			ids[n++] = id;
	}
	l = lead_of(cp, ids, n, f->ways, mirror_route6_group(cp->mirror, &f->prefix));
	if (l.id != CHAN_NONE)
		mirror_route6(cp->mirror, &f->prefix, l.is_group, l.id);
	else
		no_room(ip6_prefix_str(&f->prefix, p));
}

static void
route_name_cb(void *ctx, const struct rib_fib *f)
{
	route_name(ctx, f);
}

static struct route_move_io
move_io(struct cp *cp)
{
	return (struct route_move_io){ .mirror = cp->mirror, .rib = cp->rib, .name = route_name_cb,
		.ctx = cp };
}

/* ---- all of it ---------------------------------------------------------------------------- */

void
route_feed_hold(struct route_feed *x)
{
	evtimer_del(x->more);
}

void
route_feed_all(struct route_feed *x)
{
	struct route_move_io move = move_io(x->cp);
	uint32_t n;
	const struct rib_fib *f = rib_fib(x->cp->rib, &n);

	x->at = x->n = 0;
	route_feed_hold(x);
	route_move_all(&move);
	x->counts.n_groups += move.n_groups;
	for (uint32_t i = 0; i < n; i++)
		route_name(x->cp, &f[i]);
	x->counts.n_whole++;
	x->n_hops = mirror_n_next_hops(x->cp->mirror);
}

void
route_feed_all6(struct route_feed *x)
{
	uint32_t n;
	const struct rib6_fib *f = rib6_fib(x->cp->rib6, &n);

	neigh_begin(x->cp->neigh6);
	for (uint32_t i = 0; i < n; i++)
		route6_name(x->cp, &f[i]);
	vrrps_neighbours(x->cp->vrrps);
	neigh_end(x->cp->neigh6);
}

bool
route_feed_wants_ones(const struct route_feed *x)
{
	uint32_t n, n6;
	const struct rib_fib *f = rib_fib(x->cp->rib, &n);
	const struct rib6_fib *f6 = rib6_fib(x->cp->rib6, &n6);

	for (uint32_t i = 0; i < n; i++)
		if (f[i].ways != 0 && f[i].n_nhs == 1 && mirror_route_group(x->cp->mirror,
				f[i].prefix.addr, f[i].prefix.len) == CHAN_NONE)
			return true;
	for (uint32_t i = 0; i < n6; i++)
		if (f6[i].ways != 0 && f6[i].n_nhs == 1 &&
				mirror_route6_group(x->cp->mirror, &f6[i].prefix) == CHAN_NONE)
			return true;
	return false;
}

/* ---- what has changed ---------------------------------------------------------------------- */

/* In the order of mirror_flush(), over all slices: what is there now by falling length, then what
 * is gone by rising length. So nothing that has a route falls to a less specific one in between. */
static uint32_t
rank_of(const struct rib *rib, const struct ip4_prefix *p)
{
	return rib_has(rib, p) ? 32u - p->len : N_LENS + p->len;
}

static void
slice_run(struct route_feed *x)
{
	struct timeval soon = { 0 };

	for (uint32_t i = 0; i < SLICE && x->at < x->n; i++) {
		const struct ip4_prefix *p = &x->todo[x->at++];
		const struct rib_fib *f = rib_find(x->cp->rib, p);

		if (f != NULL)
			route_name(x->cp, f);
		else
			mirror_route_del(x->cp->mirror, p->addr, p->len);
	}
	mirror_flush(x->cp->mirror);
	x->counts.n_slices++;
	/* A timer without delay, not the event itself: timers that are due come first. */
	if (x->at < x->n)
		evtimer_add(x->more, &soon);
	else if (mirror_n_next_hops(x->cp->mirror) > x->n_hops + SPARE_HOPS)
		reconcile_soon(x->cp->reconcile);
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	slice_run(arg);
}

/* These come to what waits already, in order. 0 or -ENOMEM. */
static int
todo_add(struct route_feed *x, const struct ip4_prefix *prefixes, uint32_t n)
{
	uint32_t left = x->n - x->at, first[2 * N_LENS + 1] = { 0 };
	const struct ip4_prefix *part[2] = { x->todo + x->at, prefixes };
	const uint32_t n_part[2] = { left, n };
	struct ip4_prefix *todo = malloc(((size_t)left + n + 1) * sizeof(*todo));

	if (todo == NULL)
		return -ENOMEM;
	for (int k = 0; k < 2; k++)
		for (uint32_t i = 0; i < n_part[k]; i++)
			first[rank_of(x->cp->rib, &part[k][i]) + 1]++;
	for (uint32_t i = 0; i < 2 * N_LENS; i++)
		first[i + 1] += first[i];
	for (int k = 0; k < 2; k++)
		for (uint32_t i = 0; i < n_part[k]; i++)
			todo[first[rank_of(x->cp->rib, &part[k][i])]++] = part[k][i];
	free(x->todo);
	x->todo = todo;
	x->at = 0;
	x->n = left + n;
	return 0;
}

void
route_feed_changed(struct route_feed *x, struct ip4_prefix *prefixes, uint32_t n)
{
	struct route_move_io move = move_io(x->cp);

	x->counts.n_parts++;
	x->counts.n_prefixes += n;
	n = route_move(&move, prefixes, n);
	x->counts.n_groups += move.n_groups;
	if (todo_add(x, prefixes, n) != 0) {
		log_error("route", "out of memory: all routes are named anew");
		reconcile_soon(x->cp->reconcile);
		return;
	}
	slice_run(x);
}

void
route_feed_counts(const struct route_feed *x, struct route_feed_counts *out)
{
	*out = x->counts;
	out->n_waiting = x->n - x->at;
}

/* ---- life ---------------------------------------------------------------------------------- */

struct route_feed *
route_feed_new(struct cp *cp)
{
	struct route_feed *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->cp = cp;
	x->more = evtimer_new(cp->base, on_more, x);
	if (x->more != NULL)
		return x;
	free(x);
	return NULL;
}

void
route_feed_free(struct route_feed *x)
{
	if (x == NULL)
		return;
	event_free(x->more);
	free(x->todo);
	free(x);
}
