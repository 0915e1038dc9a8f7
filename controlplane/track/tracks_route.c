/* SPDX-License-Identifier: BSD-3-Clause */
/* Tracked routes of both families; see tracks.h. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/cp.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/track/tracks_int.h"

/* The route to exactly this prefix that is in use: its metric. False: there is none. The routes are
 * sorted by prefix. */
static bool
route4(const struct rib *rib, const struct ip4_prefix *p, uint32_t *metric)
{
	uint32_t n, lo = 0, hi;
	const struct rib_route *r = rib_routes(rib, &n);

	for (hi = n; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct ip4_prefix *m = &r[mid].prefix;

		if (m->addr < p->addr || (m->addr == p->addr && m->len < p->len))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && r[lo].prefix.addr == p->addr && r[lo].prefix.len == p->len; lo++)
		if (r[lo].installed) {
			*metric = r[lo].metric;
			return true;
		}
	return false;
}

static int
cmp6(const struct ip6_prefix *a, const struct ip6_prefix *b)
{
	int c = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return c != 0 ? c : (int)a->len - (int)b->len;
}

static bool
route6(const struct rib6 *rib, const struct ip6_prefix *p, uint32_t *metric)
{
	uint32_t n, lo = 0, hi;
	const struct rib6_route *r = rib6_routes(rib, &n);

	for (hi = n; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (cmp6(&r[mid].prefix, p) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && cmp6(&r[lo].prefix, p) == 0; lo++)
		if (r[lo].installed) {
			*metric = r[lo].metric;
			return true;
		}
	return false;
}

void
tracks_look_route(struct tracks *x, uint32_t i, const struct track_show *s)
{
	const struct cfg_track *c = s->cfg;
	char p[IP6_PREFIX_STR_LEN], why[TRACK_WHY_MAX];
	uint32_t metric = 0;
	bool there = c->has_route6 ? route6(x->cp->rib6, &c->route6, &metric)
				   : route4(x->cp->rib, &c->route, &metric);
	bool up = there && track_metric_ok(s, metric);

	if (c->has_route6)
		ip6_prefix_str(&c->route6, p);
	else
		ip4_prefix_str(&c->route, p);
	if (!there)
		snprintf(why, sizeof(why), "there is no route to %s", p);
	else if (!c->has_metric_max && !c->has_metric_up)
		snprintf(why, sizeof(why), "there is a route to %s", p);
	else if (up)
		snprintf(why, sizeof(why), "metric of %s is %u", p, metric);
	else if (c->has_metric_max)
		snprintf(why, sizeof(why), "metric of %s is %u, above %u", p, metric,
				c->metric_max);
	else
		snprintf(why, sizeof(why), "metric of %s is %u: up at %u, down at %u", p, metric,
				c->metric_up, c->metric_down);
	tracks_saw(x, i, up, why);
}
