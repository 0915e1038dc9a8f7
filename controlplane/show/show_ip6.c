/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ipv6 route`; the same form as `show ip route`. */
#include "common/inet.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/show/show_int.h"

static json_t *
addr6(const struct ip6_addr *a)
{
	char buf[IP6_STR_LEN];

	return ip6_is_zero(a) ? json_null() : json_string(ip6_str(a, buf));
}

static json_t *
via6_json(const struct cp *cp, const struct rib6_route *r, const struct rib6_via *v)
{
	const struct rib6_link *l = v->link != RIB_NO_LINK ? rib6_link(cp->rib6, v->link) : NULL;
	bool resolved = v->resolved;

	/* A gateway on an interface is resolved when it answers. */
	if (resolved && l != NULL && !l->is_tunnel && !ip6_is_zero(&v->gw))
		resolved = r->installed &&
				neigh_lookup(cp->neigh6, l->id, &v->gw, NULL) != NEIGH_FAILED;
	return json_pack("{s:o, s:o, s:b}", "via", addr6(&v->gw), "interface",
			v->null ? json_string("null0") : l != NULL ? json_string(l->name)
								   : json_null(),
			"resolved", (int)resolved);
}

static json_t *
route6_json(const struct cp *cp, const struct rib6_route *r, uint64_t now_s)
{
	char prefix[IP6_PREFIX_STR_LEN];
	json_t *vias = json_array(), *o;

	for (uint32_t i = 0; i < r->n_vias; i++)
		json_array_append_new(vias, via6_json(cp, r, &r->vias[i]));
	o = json_pack("{s:s, s:s, s:i, s:I, s:b, s:I, s:o}", "prefix",
			ip6_prefix_str(&r->prefix, prefix), "protocol", rib_proto_str(r->proto),
			"distance", (int)r->distance, "metric", (json_int_t)r->metric, "installed",
			(int)r->installed, "age_s", (json_int_t)(now_s - r->since_s), "next_hops",
			vias);
	show_route_more(o, r->proto, r->kind, r->tag, r->installed ? NULL : r->why);
	return o;
}

struct route6_cursor {
	bool begun;
	uint32_t at; /* behind @last, when that was written */
	struct rib6_route last;
};

static bool
route6_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	struct route6_cursor *c = cursor;
	const struct rib6_route *r;
	uint32_t n;

	r = rib6_routes(s->cp->rib6, &n);
	if (!c->begun)
		mgmt_out_array(out, "routes");
	else
		c->at = rib6_routes_after(s->cp->rib6, &c->last, c->at);
	c->begun = true;
	if (c->at >= n) {
		mgmt_out_end(out);
		return false;
	}
	c->last = r[c->at++];
	mgmt_out_put(out, NULL, route6_json(s->cp, &c->last, cp_now_ms() / 1000));
	return true;
}

const struct mgmt_parts show_route6_parts = { .cursor_size = sizeof(struct route6_cursor),
	.next = route6_next };
