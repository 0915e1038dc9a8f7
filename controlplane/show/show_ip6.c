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
via6_json(const struct cp *cp, const struct rib6_route *r)
{
	const struct rib6_link *l = r->link != RIB_NO_LINK ? rib6_link(cp->rib6, r->link) : NULL;
	bool resolved = r->installed;

	/* A gateway on an interface is resolved when it answers. */
	if (resolved && l != NULL && !l->is_tunnel && !ip6_is_zero(&r->gw))
		resolved = neigh_lookup(cp->neigh6, l->id, &r->gw, NULL) != NEIGH_FAILED;
	return json_pack("{s:o, s:o, s:b}", "via", addr6(&r->gw), "interface",
			r->null ? json_string("null0") : l != NULL ? json_string(l->name)
								   : json_null(),
			"resolved", (int)resolved);
}

static bool
same_route(const struct rib6_route *a, const struct rib6_route *b)
{
	return ip6_equal(&a->prefix.addr, &b->prefix.addr) && a->prefix.len == b->prefix.len &&
			a->proto == b->proto && a->distance == b->distance &&
			a->installed == b->installed;
}

/* Routes that share the traffic, and stand together, are one with several next hops. */
json_t *
show_ipv6_route(void *ctx, const json_t *params, char *err, size_t err_len)
{
	static const char *const protos[] = { "local", "connected", "static" };
	const struct show *s = ctx;
	json_t *list = json_array(), *vias = NULL, *o;
	uint64_t now_s = cp_now_ms() / 1000;
	char prefix[IP6_PREFIX_STR_LEN];
	const struct rib6_route *r;
	uint32_t n;

	r = rib6_routes(s->cp->rib6, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0 && same_route(&r[i - 1], &r[i])) {
			json_array_append_new(vias, via6_json(s->cp, &r[i]));
			continue;
		}
		vias = json_array();
		json_array_append_new(vias, via6_json(s->cp, &r[i]));
		o = json_pack("{s:s, s:s, s:i, s:i, s:b, s:I, s:o}", "prefix",
				ip6_prefix_str(&r[i].prefix, prefix), "protocol", protos[r[i].proto],
				"distance", (int)r[i].distance, "metric", 0, "installed",
				(int)r[i].installed, "age_s", (json_int_t)(now_s - r[i].since_s),
				"next_hops", vias);
		if (!r[i].installed)
			json_object_set_new(o, "why", json_string(r[i].why));
		json_array_append_new(list, o);
	}
	return json_pack("{s:o}", "routes", list);
}
