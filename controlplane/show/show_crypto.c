/* SPDX-License-Identifier: BSD-3-Clause */
/* `show crypto session` and `clear crypto ...`: protected tunnels as a whole. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/config/config.h"
#include "controlplane/config/model.h"
#include "controlplane/ike/ike_wire.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn.h"

#define SELECTOR_LEN 160

/* ---- sessions ---------------------------------------------------------------------------- */

static json_t *
ago_or_null(uint32_t s)
{
	return s != UINT32_MAX ? json_integer(s) : json_null();
}

static json_t *
histogram(const struct ike_live_show *l)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < IKE_RTT_BUCKETS; i++)
		json_array_append_new(list,
				json_pack("{s:o, s:I}", "up_to_ms",
						i < IKE_RTT_BUCKETS - 1
								? json_integer(ike_rtt_bounds_ms[i])
								: json_null(),
						"n", (json_int_t)l->rtt[i]));
	return list;
}

static json_t *
dpd_json(const struct ike_peer_show *p)
{
	const struct ike_live_show *l = &p->live;
	const char *mode = l->dpd_interval_s == 0 ? "disabled"
			   : l->dpd_on_demand     ? "on-demand"
						  : "periodic";

	return json_pack("{s:s, s:b, s:I, s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "mode", mode,
			"peer_unable", p->dpd_unable,
			"interval_s", (json_int_t)l->dpd_interval_s, "retry_s",
			(json_int_t)l->dpd_retry_s, "count", (int)l->dpd_count, "worst_s",
			(json_int_t)p->dpd_worst_s, "sent", (json_int_t)l->n_sent, "answered",
			(json_int_t)l->n_answered, "missed", (json_int_t)l->n_missed, "unknown",
			(json_int_t)l->n_unknown, "last_rtt_ms",
			l->n_answered != 0 ? json_integer(l->rtt_last_ms) : json_null(),
			"round_trips", histogram(l));
}

static json_t *
ended_json(const struct ike_live_show *l)
{
	if (l->ended_s == UINT32_MAX)
		return json_null();
	return json_pack("{s:I, s:s}", "ago_s", (json_int_t)l->ended_s, "why", l->end_why);
}

/* What the Child SA that is sent with was agreed for. */
static void
networks_add(const struct ike_sa_show *sa, json_t *o)
{
	char local[SELECTOR_LEN], remote[SELECTOR_LEN];

	for (unsigned int i = 0; i < sa->n_children; i++) {
		const struct ike_child_show *c = &sa->children[i];

		if (!c->current || c->ts_local.n == 0)
			continue;
		json_object_set_new(o, "selectors",
				json_pack("{s:s, s:s}", "local",
						ike_ts_str(&c->ts_local, local, sizeof(local)),
						"remote",
						ike_ts_str(&c->ts_remote, remote, sizeof(remote))));
		return;
	}
}

/* What the peer's newest IKE SA says. */
static void
sa_add(const struct show *s, const char *name, json_t *o)
{
	struct ike_sa_show sa;
	json_t *id;

	if (!ike_peer_sa_show(vpn_engine(s->cp->vpn), name, cp_now_ms(), &sa))
		return;
	id = json_string(sa.remote_id);
	json_object_set_new(o, "ike",
			json_pack("{s:s, s:s, s:o, s:o, s:i, s:I, s:o, s:b, s:o}", "state",
			sa.state,
					"proposal", sa.proposal, "weak", show_text(sa.weak),
					"remote_id", id != NULL ? id : json_string("(not text)"),
					"remote_port", (int)sa.remote_port, "age_s",
					(json_int_t)sa.age_s, "rekey_in_s",
					ago_or_null(sa.rekey_in_s), "encapsulated",
					(int)sa.encap, "authentication",
					show_authentication(&sa)));
	networks_add(&sa, o);
}

static json_t *
session_json(const struct show *s, const struct tunnel_state *t, const struct ike_peer_show *p)
{
	const struct ike_live_show *l = &p->live;
	json_t *id = json_string(l->expected_id);
	char why[sizeof(t->why)] = "";
	bool up = vpn_tunnel_up(s->cp->vpn, t->tun_id, why, sizeof(why));
	json_t *o;

	o = json_pack("{s:s, s:i, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:s, s:I, "
		      "s:o, s:o}",
			"tunnel", t->name, "version", (int)l->version, "state",
			up ? "up" : "down", "ike_state", ike_peer_state_str(p->state), "why",
			up ? json_null() : show_text(t->why[0] != '\0' ? t->why : why),
			"tunnel_state", t->up ? "up" : "down",
			"local", show_addr(l->local), "remote",
			t->remote != 0 ? show_addr(t->remote) : json_null(), "identity",
			id != NULL ? id : json_string("(not text)"), "since_s",
			(json_int_t)p->since_s, "retry_in_s",
			p->retry_in_s != 0 ? json_integer(p->retry_in_s) : json_null(),
			"ike_heard_s", ago_or_null(l->ike_heard_s), "esp_heard_s",
			ago_or_null(l->esp_heard_s), "stage", ike_stage_str(l->stage), "sessions",
			(json_int_t)l->n_sessions, "last_end", ended_json(l), "dpd", dpd_json(p));
	if (o != NULL)
		sa_add(s, t->name, o);
	return o;
}

/* A tunnel that cannot be: its profile or its key is missing. */
static json_t *
broken_json(const struct show *s, const struct tunnel_state *t)
{
	char why[sizeof(t->why)] = "";

	vpn_tunnel_up(s->cp->vpn, t->tun_id, why, sizeof(why));
	return json_pack("{s:s, s:s, s:o, s:o}", "tunnel", t->name, "state", "down", "why",
			show_text(t->why[0] != '\0' ? t->why : why), "remote",
			t->remote != 0 ? show_addr(t->remote) : json_null());
}

static bool
session_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct tunnels *x = s->cp->tunnels;
	const struct tunnel_state *t;
	const struct cfg_tunnel *c;
	struct ike_peer_show p;
	uint32_t i;

	if (!show_next_tunnel(s, params, cursor, "sessions", out, &i))
		return false;
	t = tunnels_at(x, i);
	c = tunnels_cfg(x, i);
	if (c->protection[0] != '\0' && c->enabled)
		mgmt_out_put(out, NULL, vpn_peer_show(s->cp->vpn, t->name, &p)
						? session_json(s, t, &p)
						: broken_json(s, t));
	return true;
}

const struct mgmt_parts show_session_parts = { .cursor_size = sizeof(struct show_tunnels),
	.next = session_next };

/* ---- clear ------------------------------------------------------------------------------- */

/* "tunnel": its name; "peer": its address, or its tunnel's name. False: it is neither. */
static bool
whom(const json_t *params, struct vpn_clear_what *w, char *err, size_t err_len)
{
	const json_t *peer = json_object_get(params, "peer");
	const json_t *tunnel = json_object_get(params, "tunnel");

	if ((peer != NULL && !json_is_null(peer) && !json_is_string(peer)) ||
			(tunnel != NULL && !json_is_null(tunnel) && !json_is_string(tunnel))) {
		snprintf(err, err_len, "\"peer\" must be an address or the name of a tunnel, "
				       "\"tunnel\" the name of one");
		return false;
	}
	w->tunnel = json_string_value(tunnel);
	if (json_is_string(peer) && ip4_parse(json_string_value(peer), &w->remote) != 0)
		w->tunnel = json_string_value(peer);
	return true;
}

static json_t *
clear_sas(const struct show *s, const json_t *params, uint8_t version, bool children_only,
		char *err, size_t err_len)
{
	struct vpn_clear_what w = { .version = version, .children_only = children_only };
	uint32_t n_peers, n;

	if (!whom(params, &w, err, err_len))
		return NULL;
	n = vpn_clear(s->cp->vpn, &w, &n_peers);
	return json_pack("{s:I, s:I}", "cleared", (json_int_t)n, "peers", (json_int_t)n_peers);
}

json_t *
clear_crypto_sa(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return clear_sas(ctx, params, 0, false, err, err_len);
}

json_t *
clear_crypto_ikev2(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return clear_sas(ctx, params, 2, false, err, err_len);
}

json_t *
clear_crypto_isakmp(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return clear_sas(ctx, params, 1, false, err, err_len);
}

json_t *
clear_crypto_ipsec(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return clear_sas(ctx, params, 0, true, err, err_len);
}

/* ---- the audit --------------------------------------------------------------------------- */

json_t *
show_crypto_audit(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct cp *cp = s->cp;
	json_t *found = json_object();
	struct vpn_audit_show a;

	vpn_audit_show(cp->vpn, &a);
	for (unsigned int i = 0; i < VPN_N_AUDIT; i++)
		json_object_set_new(found, vpn_audit_name((enum vpn_audit_kind)i),
				json_integer((json_int_t)a.found[i]));
	return json_pack("{s:I, s:I, s:o, s:o}", "every_s", (json_int_t)cp->cfg->system.audit_s,
			"audits", (json_int_t)a.n_runs, "last_s",
			a.last_ms != 0 ? json_integer((json_int_t)(cp_now_ms() - a.last_ms) / 1000)
				       : json_null(),
			"repaired", found);
}
