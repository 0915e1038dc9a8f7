/* SPDX-License-Identifier: BSD-3-Clause */
/* `show arp`, `show ipv6 neighbors`. */
#include "common/inet.h"
#include "controlplane/cp.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/show/show_int.h"

struct rows {
	const struct cp *cp;
	bool ip6;
	json_t *list;
};

static void
add_row(void *ctx, const struct neigh_show *e)
{
	struct rows *r = ctx;
	char addr[IP6_STR_LEN], mac[MAC_STR_LEN];

	json_array_append_new(r->list,
			json_pack("{s:s, s:o, s:s, s:s, s:I}", "address",
					r->ip6 ? ip6_str(&e->addr, addr)
					       : ip4_str(ip6_ip4(&e->addr), addr),
					"mac",
					neigh_is_known(e->state) ? json_string(mac_str(e->mac, mac))
								 : json_null(),
					"interface", ifaces_name(r->cp->ifaces, e->if_id), "state",
					neigh_state_str(e->state), "age_s",
					(json_int_t)(e->age_ms / 1000)));
}

static void
add_conflict(void *ctx, const struct neigh_conflict *s)
{
	struct rows *r = ctx;
	char addr[IP6_STR_LEN], mac[MAC_STR_LEN];

	json_array_append_new(r->list,
			json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:I}", "address",
					r->ip6 ? ip6_str(&s->addr, addr)
					       : ip4_str(ip6_ip4(&s->addr), addr),
					"interface", ifaces_name(r->cp->ifaces, s->if_id), "mac",
					show_text(s->has_mac ? mac_str(s->mac, mac) : ""), "open",
					s->open, "claimed", (json_int_t)s->heard, "defended",
					(json_int_t)s->defended, "ago_s",
					(json_int_t)(s->age_ms / 1000)));
}

static json_t *
rows(const struct show *s, bool ip6)
{
	struct rows r = { .cp = s->cp, .ip6 = ip6, .list = json_array() };
	struct rows conflicts = { .cp = s->cp, .ip6 = ip6, .list = json_array() };
	const struct neigh *n = ip6 ? s->cp->neigh6 : s->cp->neigh;

	neigh_for_each(n, add_row, &r);
	neigh_conflicts(n, add_conflict, &conflicts);
	return json_pack("{s:o, s:o}", "entries", r.list, "conflicts", conflicts.list);
}

json_t *
show_arp(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return rows(ctx, false);
}

json_t *
show_ipv6_neighbors(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return rows(ctx, true);
}
