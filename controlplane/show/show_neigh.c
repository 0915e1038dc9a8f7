/* SPDX-License-Identifier: BSD-3-Clause */
/* `show arp`, `show ipv6 neighbors`. */
#include "common/inet.h"
#include "controlplane/cp.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/show/show_int.h"

/* What both callbacks of the cache write to. */
struct rows {
	const struct cp *cp;
	bool ip6;
	struct mgmt_out *out;
};

static void
add_row(void *ctx, const struct neigh_show *e)
{
	struct rows *r = ctx;
	char addr[IP6_STR_LEN], mac[MAC_STR_LEN];

	mgmt_out_put(r->out, NULL,
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

	mgmt_out_put(r->out, NULL,
			json_pack("{s:s, s:s, s:o, s:b, s:I, s:I, s:I}", "address",
					r->ip6 ? ip6_str(&s->addr, addr)
					       : ip4_str(ip6_ip4(&s->addr), addr),
					"interface", ifaces_name(r->cp->ifaces, s->if_id), "mac",
					show_text(s->has_mac ? mac_str(s->mac, mac) : ""), "open",
					s->open, "claimed", (json_int_t)s->heard, "defended",
					(json_int_t)s->defended, "ago_s",
					(json_int_t)(s->age_ms / 1000)));
}

struct rows_cursor {
	bool begun;
	struct hmap_scan at;
};

static bool
rows_next(const struct show *s, bool ip6, struct rows_cursor *c, struct mgmt_out *out)
{
	struct rows r = { .cp = s->cp, .ip6 = ip6, .out = out };
	const struct neigh *n = ip6 ? s->cp->neigh6 : s->cp->neigh;

	if (!c->begun)
		mgmt_out_array(out, "entries");
	c->begun = true;
	if (!c->at.done) {
		neigh_scan(n, &c->at, add_row, &r);
		return true;
	}
	mgmt_out_end(out);
	mgmt_out_array(out, "conflicts");
	neigh_conflicts(n, add_conflict, &r);
	mgmt_out_end(out);
	return false;
}

static bool
arp_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	return rows_next(ctx, false, cursor, out);
}

static bool
neighbors6_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	return rows_next(ctx, true, cursor, out);
}

const struct mgmt_parts show_arp_parts = { .cursor_size = sizeof(struct rows_cursor),
	.next = arp_next };
const struct mgmt_parts show_neighbors6_parts = { .cursor_size = sizeof(struct rows_cursor),
	.next = neighbors6_next };
