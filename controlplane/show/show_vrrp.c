/* SPDX-License-Identifier: BSD-3-Clause */
/* `show vrrp`: virtual routers, their roles, why, and counters (RFC 6527). */
#include <stdlib.h>
#include <string.h>

#include "controlplane/iface/iface.h"
#include "controlplane/show/show_int.h"
#include "controlplane/vrrp/vrrp.h"
#include "controlplane/vrrp/vrrps.h"

static json_t *
addrs_json(const struct ip6_addr *addrs, uint8_t n)
{
	json_t *list = json_array();
	char buf[IP6_STR_LEN];

	for (uint8_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(ip46_str(&addrs[i], buf)));
	return list;
}

static json_t *
mac_json(const struct vrrp_cfg *c)
{
	uint8_t mac[6];
	char buf[MAC_STR_LEN];

	vrrp_mac(c->ip6, c->vrid, mac);
	return json_string(mac_str(mac, buf));
}

static json_t *
active_json(const struct vrrp_info *info, uint64_t now_ms)
{
	char buf[IP6_STR_LEN];

	if (!info->has_active)
		return json_null();
	return json_pack("{s:s, s:i, s:o}", "address", ip46_str(&info->active, buf),
			"priority",
			(int)info->active_priority, "heard_ms_ago",
			info->active_heard_ms != 0
					? json_integer((json_int_t)(now_ms - info->active_heard_ms))
					: json_null());
}

static json_t *
history_json(const struct vrrp_vr *v, uint64_t now_ms)
{
	const struct vrrp_transition *t;
	json_t *list = json_array();

	for (unsigned int i = 0; (t = vrrp_history(v, i)) != NULL; i++)
		json_array_append_new(list,
				json_pack("{s:f, s:s, s:s, s:s}", "ago_s",
						(double)(now_ms - t->at_ms) / 1000, "from",
						vrrp_state_str(t->from), "to",
						vrrp_state_str(t->to),
						"reason", t->reason));
	return list;
}

static json_t *
counters_json(const struct vrrp_stats *s)
{
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
		{ "become_active", s->become_active },
		{ "received", s->rcvd },
		{ "sent", s->sent },
		{ "priority0_received", s->prio0_rcvd },
		{ "priority0_sent", s->prio0_sent },
		{ "interval_errors", s->interval_errors },
		{ "ttl_errors", s->ttl_errors },
		{ "type_errors", s->type_errors },
		{ "length_errors", s->length_errors },
		{ "address_list_errors", s->addr_list_errors },
		{ "auth_type_errors", s->auth_type_errors },
		{ "auth_failures", s->auth_failures },
		{ "duplicates", s->duplicates },
		{ "not_peers", s->not_peers },
		{ "not_permitted", s->not_permitted },
		{ "yielded", s->yielded },
		{ "changes_unlogged", s->changes_unlogged },
		{ "stalls", s->stalls },
		{ "timers", s->timers },
		{ "timers_late", s->late },
		{ "timer_late_max_ms", s->late_max_ms },
	};
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(o, rows[i].name, json_integer((json_int_t)rows[i].n));
	return o;
}

static json_t *
group_json(const struct show *s, const struct vrrp_vr *v)
{
	const struct vrrp_cfg *c = vrrp_cfg(v);
	uint64_t now_ms = cp_now_ms();
	struct vrrp_info info;
	char buf[IP6_STR_LEN];
	json_t *o;

	vrrp_info(v, &info);
	o = json_pack("{s:s, s:i, s:s, s:i, s:s, s:f, s:i, s:i, s:b, s:i, s:i, s:i, s:i}",
			"interface",
			ifaces_name(s->cp->ifaces, c->if_id), "group", (int)c->vrid, "family",
			c->ip6 ? "ipv6" : "ipv4", "version", (int)c->version, "state",
			vrrp_state_str(vrrp_state(v)), "since_s",
			(double)(now_ms - info.since_ms) / 1000, "priority", (int)info.priority,
			"configured_priority", (int)c->priority, "preempt", (int)c->preempt,
			"advertise_ms", (int)c->advert_ms, "active_advertise_ms",
			(int)info.active_advert_ms, "skew_ms", (int)info.skew_ms, "down_ms",
			(int)info.down_ms);
	json_object_set_new(o, "preempt_delay_s", json_integer(c->preempt_delay_ms / 1000));
	json_object_set_new(o, "addresses", addrs_json(c->addrs, c->n_addrs));
	json_object_set_new(o, "peers", addrs_json(c->peers, c->n_peers));
	json_object_set_new(o, "permitted_peers", addrs_json(c->permitted, c->n_permitted));
	json_object_set_new(o, "mac", mac_json(c));
	json_object_set_new(o, "source", json_string(ip46_str(&c->source, buf)));
	json_object_set_new(o, "active", active_json(&info, now_ms));
	json_object_set_new(o, "sync_group", show_text(c->sync));
	json_object_set_new(o, "why", show_text(info.why));
	json_object_set_new(o, "history", history_json(v, now_ms));
	json_object_set_new(o, "active_reason",
			json_string(vrrp_reason_str(vrrp_stats(v)->active_reason)));
	json_object_set_new(o, "protocol_error",
			json_string(vrrp_proto_error_str(vrrp_stats(v)->proto_error)));
	json_object_set_new(o, "counters", counters_json(vrrp_stats(v)));
	return o;
}

static json_t *
absent_addrs_json(const struct cfg_vrrp *g, bool ip6)
{
	json_t *list = json_array();
	char buf[IP6_STR_LEN];

	json_array_append_new(list, json_string(ip6 ? ip6_str(&g->address6, buf)
						    : ip4_str(g->address, buf)));
	for (uint32_t i = 0; i < (ip6 ? g->n_secondary6 : g->n_secondary); i++)
		json_array_append_new(list, json_string(ip6
				? ip6_str(&g->secondary6[i].address, buf)
				: ip4_str(g->secondary[i].address, buf)));
	return list;
}

/* Of an interface that the dataplane does not have, or not yet. */
static json_t *
absent_json(const struct cfg_interface *f, const struct cfg_vrrp *g, bool ip6)
{
	json_t *o = json_pack("{s:s, s:i, s:s, s:i, s:s, s:f, s:i, s:i, s:b, s:i}", "interface",
			f->name, "group", atoi(g->name), "family", ip6 ? "ipv6" : "ipv4",
			"version", (int)g->version, "state", "init", "since_s", 0.0, "priority",
			(int)g->priority, "configured_priority", (int)g->priority, "preempt",
			(int)g->preempt, "advertise_ms",
			(int)(g->has_advertise_s ? g->advertise_s * 1000 : g->advertise_ms));

	json_object_set_new(o, "preempt_delay_s", json_integer((json_int_t)g->preempt_delay_s));
	json_object_set_new(o, "addresses", absent_addrs_json(g, ip6));
	json_object_set_new(o, "active", json_null());
	json_object_set_new(o, "why", json_string("the dataplane does not have the interface"));
	json_object_set_new(o, "history", json_array());
	json_object_set_new(o, "counters", json_object());
	return o;
}

static void
add_absent(const struct show *s, json_t *list)
{
	for (uint32_t i = 0; i < ifaces_n(s->cp->ifaces); i++) {
		const struct iface *f = ifaces_at(s->cp->ifaces, i);

		for (uint32_t k = 0; k < f->cfg->n_vrrps && f->if_id == CHAN_NONE; k++) {
			const struct cfg_vrrp *g = &f->cfg->vrrps[k];

			if (g->address != 0)
				json_array_append_new(list, absent_json(f->cfg, g, false));
			if (!ip6_is_zero(&g->address6))
				json_array_append_new(list, absent_json(f->cfg, g, true));
		}
	}
}

json_t *
show_vrrp(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct vrrp_engine *e = vrrps_engine(s->cp->vrrps);
	const struct vrrp_totals *t = vrrp_totals(e);
	json_t *list = json_array();

	for (const struct vrrp_vr *v = vrrp_next(e, NULL); v != NULL; v = vrrp_next(e, v))
		json_array_append_new(list, group_json(s, v));
	add_absent(s, list);
	return json_pack("{s:o, s:{s:I, s:I, s:I, s:I, s:I}}", "groups", list, "counters",
			"checksum_errors", (json_int_t)t->checksum_errors, "version_errors",
			(json_int_t)t->version_errors, "vrid_errors", (json_int_t)t->vrid_errors,
			"length_errors", (json_int_t)t->length_errors, "type_errors",
			(json_int_t)t->type_errors);
}
