/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf route`, `border-routers`, `statistics`: the route calculation. */
#include <string.h>

#include "common/inet.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/dataplane/route_feed.h"
#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/ospf/proc_calc.h"
#include "controlplane/show/show_int.h"

static struct ospf_calc *
calc(void *ctx)
{
	const struct show *s = ctx;

	return proc_calc_engine(ospf_proc_calc(s->cp->ospf));
}

static json_t *
hops_json(const struct ospf *o, const struct spf_hop *h, uint32_t n)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < n; i++) {
		const struct ospf_if *ifp = ospf_if_by_user(o, h[i].user);

		json_array_append_new(list, json_pack("{s:o, s:o}", "via",
				h[i].gw != 0 ? show_addr(h[i].gw) : json_null(), "interface",
				ifp != NULL ? json_string(ifp->cfg.name) : json_null()));
	}
	return list;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static json_t *
route_json(const struct ospf *o, const struct ospf_route *r, const struct spf_hop *hops)
{
	static const char *const kinds[] = { NULL, "intra-area", "inter-area", "external-1",
		"external-2", "nssa-external-1", "nssa-external-2", "discard" };
	bool external = r->kind >= OSPF_ROUTE_E1 && r->kind <= OSPF_ROUTE_N2;
	char prefix[IP4_PREFIX_STR_LEN];
	json_t *j = json_pack("{s:s, s:s, s:I, s:I, s:b, s:o}", "prefix",
			ip4_prefix_str(&r->prefix, prefix), "kind", kinds[r->kind], "metric",
			(json_int_t)r->metric, "cost", (json_int_t)r->cost, "direct",
			(int)r->direct, "next_hops", hops_json(o, hops + r->first_hop, r->n_hops));

	if (external) {
		json_object_set_new(j, "tag", json_integer(r->tag));
		json_object_set_new(j, "router", show_addr(r->adv));
	} else {
		json_object_set_new(j, "area", show_addr(r->area));
	}
	return j;
}

struct route_cursor {
	bool begun;
	uint32_t at; /* behind @last, when that was written */
	struct ip4_prefix last;
};

/* As they are sorted. */
static int
prefix_cmp(const struct ip4_prefix *a, const struct ip4_prefix *b)
{
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (int)a->len - (int)b->len;
}

/* The first behind the last one that was written: there may have been a calculation. */
static uint32_t
routes_after(const struct ospf_route *r, uint32_t n, const struct route_cursor *c)
{
	uint32_t lo = 0, hi = n;

	if (c->at == 0 || (c->at <= n && prefix_cmp(&r[c->at - 1].prefix, &c->last) == 0))
		return c->at;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (prefix_cmp(&r[mid].prefix, &c->last) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
route_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct ospf_calc *calc_now = calc(ctx);
	struct route_cursor *c = cursor;
	const struct ospf_route *r = NULL;
	uint32_t n = 0;

	if (!c->begun)
		mgmt_out_array(out, "routes");
	c->begun = true;
	if (calc_now != NULL)
		r = ospf_calc_routes(calc_now, &n);
	c->at = n > 0 ? routes_after(r, n, c) : 0;
	if (c->at >= n) {
		mgmt_out_end(out);
		return false;
	}
	c->last = r[c->at].prefix;
	mgmt_out_put(out, NULL, route_json(ospf_proc_engine(s->cp->ospf), &r[c->at++],
						ospf_calc_hops(calc_now)));
	return true;
}

const struct mgmt_parts show_ospf_route_parts = { .cursor_size = sizeof(struct route_cursor),
	.next = route_next };

/* ---- routers --------------------------------------------------------------------------------- */

static json_t *
border_json(const struct ospf *o, const struct ospf_border *b)
{
	return json_pack("{s:o, s:o, s:I, s:b, s:b, s:o}", "router_id", show_addr(b->router_id),
			"area", show_addr(b->area), "cost", (json_int_t)b->cost, "abr",
			(int)b->abr, "asbr", (int)b->asbr, "next_hops",
			hops_json(o, b->hops, b->n_hops));
}

struct border_cursor {
	bool begun;
	struct ospf_border_place at;
};

static bool
border_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct ospf_calc *calc_now = calc(ctx);
	struct border_cursor *c = cursor;
	struct ospf_border b;

	if (!c->begun)
		mgmt_out_array(out, "routers");
	c->begun = true;
	if (calc_now == NULL || !ospf_calc_border_next(calc_now, &c->at, &b)) {
		mgmt_out_end(out);
		return false;
	}
	mgmt_out_put(out, NULL, border_json(ospf_proc_engine(s->cp->ospf), &b));
	return true;
}

const struct mgmt_parts show_ospf_border_parts = { .cursor_size = sizeof(struct border_cursor),
	.next = border_next };

/* ---- calculations ---------------------------------------------------------------------------- */

/* How routes went to the dataplane. */
static json_t *
feed(const struct show *s)
{
	struct route_feed_counts n;

	reconcile_route_counts(s->cp->reconcile, &n);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "whole", (json_int_t)n.n_whole, "parts",
			(json_int_t)n.n_parts, "prefixes", (json_int_t)n.n_prefixes, "groups",
			(json_int_t)n.n_groups, "slices", (json_int_t)n.n_slices, "waiting",
			(json_int_t)n.n_waiting);
}

static json_t *
spf_json(const struct ospf_calc_entry *e, uint64_t now_ms)
{
	return json_pack("{s:f, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "ago_s",
			now_ms > e->at_ms ? (double)(now_ms - e->at_ms) / 1000 : 0.0, "trigger",
			e->trigger, "triggers", (json_int_t)e->n_triggers, "areas",
			(json_int_t)e->n_areas, "waited_ms", (json_int_t)e->waited_ms, "spf_us",
			(json_int_t)e->spf_us, "routes_us", (json_int_t)e->routes_us, "routes",
			(json_int_t)e->n_routes);
}

json_t *
show_ospf_spf(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct ospf_calc *c = calc(ctx);
	const struct ospf_calc_entry *e;
	struct ospf_calc_stats st;
	json_t *list = json_array();
	uint64_t now_ms = cp_now_ms();

	memset(&st, 0, sizeof(st));
	if (c != NULL)
		ospf_calc_stats(c, &st);
	for (uint32_t i = 0; c != NULL && (e = ospf_calc_log(c, i)) != NULL; i++)
		json_array_append_new(list, spf_json(e, now_ms));
	return json_pack("{s:I, s:I, s:I, s:I, s:b, s:b, s:o, s:o}", "spf_runs",
			(json_int_t)st.n_spf, "partial_runs", (json_int_t)st.n_partial,
			"worst_us", (json_int_t)st.spf_us_max, "hold_ms", (json_int_t)st.wait_ms,
			"pending", (int)st.pending, "storm", (int)st.storm, "feed", feed(ctx),
			"log", list);
}
