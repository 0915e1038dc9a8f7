/* SPDX-License-Identifier: BSD-3-Clause */
/* `show track`, `show ip sla`: tracked objects, who depends on them, and probes. */
#include <stdio.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/show/show_int.h"
#include "controlplane/track/probe.h"
#include "controlplane/track/track.h"
#include "controlplane/track/tracks.h"

#define USERS_MAX 100 /* that are listed of an object */

static void
what_str(const struct cfg_track *c, char *buf, size_t len)
{
	static const char *const lists[] = { [CFG_TRACK_AND] = "boolean and",
		[CFG_TRACK_OR] = "boolean or", [CFG_TRACK_WEIGHT] = "threshold weight",
		[CFG_TRACK_PERCENTAGE] = "threshold percentage" };
	char p[IP6_PREFIX_STR_LEN];

	if (c->interface[0] != '\0')
		snprintf(buf, len, "interface %s line-protocol", c->interface);
	else if (c->has_route)
		snprintf(buf, len, "ip route %s reachability", ip4_prefix_str(&c->route, p));
	else if (c->has_route6)
		snprintf(buf, len, "ipv6 route %s reachability", ip6_prefix_str(&c->route6, p));
	else if (c->ipsec[0] != '\0')
		snprintf(buf, len, "crypto ipsec %s state", c->ipsec);
	else if (c->sla[0] != '\0')
		snprintf(buf, len, "ip sla %s reachability", c->sla);
	else if (c->vrrp[0] != '\0')
		snprintf(buf, len, "vrrp %s", c->vrrp);
	else
		snprintf(buf, len, "list %s", lists[c->has_boolean ? c->boolean : c->threshold]);
}

static void
user_add(json_t *list, const char *fmt, const char *a, const char *b)
{
	json_array_append_new(list, json_sprintf(fmt, a, b));
}

static void
ospf_users_add(json_t *list, const struct cfg_ospf_if *o, const char *link, const char *name)
{
	for (uint32_t i = 0; i < o->n_tracks && json_array_size(list) < USERS_MAX; i++)
		if (strcmp(o->tracks[i].object, name) == 0)
			user_add(list, "ip ospf cost %s%s", link, "");
}

static json_t *
users_json(const struct cfg *c, const char *name)
{
	json_t *list = json_array();
	char p[IP6_PREFIX_STR_LEN];

	for (uint32_t i = 0; i < c->n_interfaces; i++) {
		ospf_users_add(list, &c->interfaces[i].ospf, c->interfaces[i].name, name);
		for (uint32_t k = 0; k < c->interfaces[i].n_vrrps; k++) {
			const struct cfg_vrrp *g = &c->interfaces[i].vrrps[k];

			for (uint32_t t = 0; t < g->n_tracks; t++)
				if (strcmp(g->tracks[t].object, name) == 0)
					user_add(list, "vrrp %s %s", c->interfaces[i].name,
							g->name);
		}
	}
	for (uint32_t i = 0; i < c->n_tracks; i++)
		for (uint32_t k = 0; k < c->tracks[i].n_members; k++)
			if (strcmp(c->tracks[i].members[k].object, name) == 0)
				user_add(list, "track %s%s", c->tracks[i].name, "");
	for (uint32_t i = 0; i < c->n_tunnels && json_array_size(list) < USERS_MAX; i++) {
		if (strcmp(c->tunnels[i].track, name) == 0)
			user_add(list, "tunnel %s%s", c->tunnels[i].name, "");
		ospf_users_add(list, &c->tunnels[i].ospf, c->tunnels[i].name, name);
	}
	for (uint32_t i = 0; i < c->n_ospfs; i++)
		for (uint32_t k = 0; k < c->ospfs[i].n_defaults; k++)
			if (strcmp(c->ospfs[i].defaults[k].track, name) == 0)
				user_add(list, "router ospf %s default-information%s",
						c->ospfs[i].name, "");
	for (uint32_t i = 0; i < c->n_routes && json_array_size(list) < USERS_MAX; i++)
		if (strcmp(c->routes[i].track, name) == 0)
			user_add(list, "ip route %s%s", ip4_prefix_str(&c->routes[i].prefix, p),
					"");
	for (uint32_t i = 0; i < c->n_routes6 && json_array_size(list) < USERS_MAX; i++)
		if (strcmp(c->routes6[i].track, name) == 0)
			user_add(list, "ipv6 route %s%s", ip6_prefix_str(&c->routes6[i].prefix, p),
					"");
	return list;
}

json_t *
show_track(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct track_engine *e = tracks_engine(s->cp->tracks);
	json_t *list = json_array();

	for (uint32_t i = 0; i < track_n(e); i++) {
		struct track_show t;
		char what[128];

		track_at(e, i, &t);
		if (!show_wanted(params, t.cfg->name))
			continue;
		what_str(t.cfg, what, sizeof(what));
		json_array_append_new(list,
				json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:f, s:i, s:o}", "name",
						t.cfg->name, "what", what, "description",
						show_text(t.cfg->description), "state",
						t.up ? "up" : "down", "why", t.why, "seen",
						(int)t.raw, "since_s",
						(double)(cp_now_ms() - t.since_ms) / 1000,
						"changes",
						(int)t.changes, "used_by",
						users_json(s->cp->cfg, t.cfg->name)));
	}
	return json_pack("{s:o}", "tracks", list);
}

static int
rtt_ms(uint32_t us)
{
	return (int)((us + 500) / 1000);
}

json_t *
show_sla(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	json_t *list = json_array();
	const struct cfg_sla *c;
	const struct probe *p;
	char a[IP6_STR_LEN];

	for (uint32_t i = 0; (p = tracks_probe(s->cp->tracks, i, &c)) != NULL; i++) {
		const struct probe_stats *st = &p->stats;

		if (!show_wanted(params, c->name))
			continue;
		json_array_append_new(list,
				json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:I, s:I, "
					  "s:I, s:I, s:i, s:i, s:i}",
						"name", c->name, "state",
						!p->known ? "unknown" : p->up ? "up" : "down",
						"target",
						json_string(ip46_str(&p->cfg.target, a)),
						"port", p->cfg.port != 0 ? json_integer(p->cfg.port)
								 : json_null(),
						"interface",
						show_text(c->interface), "next_hop",
						ip6_is_zero(&c->next_hop) ? json_null()
								: json_string(ip46_str(
								&c->next_hop, a)),
						"interval_ms", (int)c->interval_ms, "sent",
						(json_int_t)st->sent, "answered",
						(json_int_t)st->answered, "lost",
						(json_int_t)st->lost,
						"late", (json_int_t)st->late, "unsent",
						(json_int_t)st->unsent, "refused",
						(json_int_t)st->refused, "rtt_last_ms",
						rtt_ms(st->rtt_last_us), "rtt_min_ms",
						rtt_ms(st->rtt_min_us), "rtt_max_ms",
						rtt_ms(st->rtt_max_us)));
	}
	return json_pack("{s:o}", "slas", list);
}
