/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf`: the process, interfaces, neighbours; `clear ip ospf process`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/config.h"
#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/ospf_restart.h"
#include "controlplane/ospf/ospf_walk.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/ospf/proc_calc.h"
#include "controlplane/show/show_int.h"

static const struct ospf *
engine(void *ctx)
{
	const struct show *s = ctx;

	return ospf_proc_engine(s->cp->ospf);
}

static double
seconds_since(uint64_t at_ms)
{
	uint64_t now_ms = cp_now_ms();

	return at_ms < now_ms ? (double)(now_ms - at_ms) / 1000 : 0;
}

static json_t *
due_s(const struct timer *t)
{
	uint64_t now_ms = cp_now_ms();

	if (!t->on)
		return json_null();
	return json_real(t->due_ms > now_ms ? (double)(t->due_ms - now_ms) / 1000 : 0);
}

/* ---- the process ------------------------------------------------------------------------- */

static const char *
area_type(const struct ospf_area *a)
{
	switch (a->cfg.type) {
	case OSPF_AREA_STUB:
		return a->cfg.no_summary ? "totally-stub" : "stub";
	case OSPF_AREA_NSSA:
		return a->cfg.no_summary ? "totally-nssa" : "nssa";
	}
	return "normal";
}

/* LSAs in it; *@sum: of their checksums. */
static json_int_t
lsdb_sum(const struct ospf_lsdb *db, json_int_t *sum)
{
	json_int_t n = 0;

	*sum = 0;
	for (uint8_t t = 0; t < OSPF_LSA_N_TYPES; t++) {
		n += ospf_lsdb_n(db, t);
		*sum += (json_int_t)db->cksum_sum[t];
	}
	return n;
}

static struct ospf_calc *
calc(void *ctx)
{
	const struct show *s = ctx;

	return proc_calc_engine(ospf_proc_calc(s->cp->ospf));
}

static json_t *
nssa_ranges_json(const struct ospf_calc *c, uint32_t area)
{
	struct ospf_nssa_range_state r;
	char p[IP4_PREFIX_STR_LEN];
	json_t *list = json_array();

	for (uint32_t i = 0; c != NULL && ospf_calc_nssa_range(c, i, &r); i++)
		if (r.cfg->area == area)
			json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:I, s:I, s:I}",
					"prefix", ip4_prefix_str(&r.cfg->prefix, p), "advertise",
					r.cfg->advertise, "active", r.active, "lsas",
					(json_int_t)r.n, "metric_type",
					(json_int_t)(r.type2 ? 2 : 1), "metric",
					(json_int_t)r.metric));
	return list;
}

/* Who translates in an NSSA (RFC 3101 section 3.1), and what. */
static json_t *
nssa_json(const struct ospf_area *a, const struct ospf_calc *c)
{
	if (a->cfg.type != OSPF_AREA_NSSA)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:f, s:I, s:I, s:o}", "role",
			a->cfg.nssa_translate_always ? "always" : "candidate", "state",
			ospf_translator_str(a->translator), "stability_s",
			(json_int_t)a->cfg.nssa_stability_s, "deposed_for_s",
			c != NULL ? ospf_calc_deposed_ms(c, a) / 1000.0 : 0.0, "events",
			(json_int_t)a->n_translator_events, "translated",
			(json_int_t)a->n_translated, "ranges", nssa_ranges_json(c, a->cfg.id));
}

static json_t *
area_json(const struct ospf_area *a, const struct ospf_calc *c)
{
	json_int_t sum, n = lsdb_sum(&a->lsdb, &sum);

	return json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:I, s:I, s:o}", "area",
			show_addr(a->cfg.id), "type", area_type(a), "interfaces",
			(json_int_t)a->n_ifs, "active", (json_int_t)a->n_active, "full_neighbors",
			(json_int_t)a->n_full, "lsas", n, "checksum_sum", sum, "transit",
			(int)a->transit, "translator",
			(int)(a->translator != OSPF_TRANSLATOR_DISABLED),
			"filtered_in", (json_int_t)a->n_filtered_in, "filtered_out",
			(json_int_t)a->n_filtered_out, "nssa", nssa_json(a, c));
}

/* What is configured, and in force. */
static json_t *
timers_json(const struct ospf *o, const struct cfg_ospf *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "spf_start_ms",
			(json_int_t)c->spf_start_ms, "spf_hold_ms", (json_int_t)c->spf_hold_ms,
			"spf_max_ms", (json_int_t)c->spf_max_ms, "lsa_start_ms",
			(json_int_t)o->cfg.lsa_start_ms, "lsa_hold_ms",
			(json_int_t)o->cfg.lsa_hold_ms, "lsa_max_ms", (json_int_t)o->cfg.lsa_max_ms,
			"lsa_arrival_ms", (json_int_t)o->cfg.lsa_arrival_ms, "flood_pacing_ms",
			(json_int_t)o->cfg.pacing_ms);
}

static json_t *
configured_json(const struct ospf *o, const struct cfg_ospf *c)
{
	return json_pack("{s:o, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:s?}", "timers",
			timers_json(o, c), "reference_mbps", (json_int_t)c->reference_mbps,
			"max_exchanges", (json_int_t)o->cfg.max_exchanges, "opaque",
			(int)o->cfg.opaque, "graceful_restart_helper", (int)o->cfg.gr_helper,
			"rfc1583", (int)c->rfc1583, "capability_transit",
			(int)c->capability_transit, "prefix_suppression",
			(int)o->cfg.prefix_suppression, "distance", (json_int_t)c->distance,
			"max_paths", (json_int_t)c->max_paths, "distribute_list_in",
			c->distribute_in[0] != '\0' ? c->distribute_in : NULL);
}

/* Our graceful restart, and the last one that this process has been through. */
static json_t *
restart_json(const struct ospf *o)
{
	static const char *const states[] = { "none", "preparing", "restarting" };
	struct ospf_restart_stats s;
	json_t *last = json_null();
	uint64_t now_ms = cp_now_ms();

	ospf_restart_stats(o, &s);
	if (s.ended_ms != 0)
		last = json_pack("{s:b, s:s, s:f, s:f}", "well", (int)s.well, "why", s.why,
				"took_s", (double)s.took_ms / 1000, "ended_s_ago",
				seconds_since(s.ended_ms));
	return json_pack("{s:I, s:s, s:f, s:I, s:I, s:I, s:o}", "interval_s",
			(json_int_t)o->cfg.restart_s, "state", states[s.state], "remaining_s",
			s.until_ms > now_ms ? (double)(s.until_ms - now_ms) / 1000 : 0.0,
			"adjacencies", (json_int_t)s.n_wanted, "missing", (json_int_t)s.n_missing,
			"helping", (json_int_t)o->n_helping, "last", last);
}

/* max-lsa: how many there are, and what follows. */
static json_t *
limit_json(const struct ospf *o)
{
	struct ospf_limit_stats s;
	uint64_t now_ms = cp_now_ms();

	ospf_limit_stats(o, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:s, s:b, s:f, s:I, s:I, s:I, s:b, s:I, s:I, s:I}",
			"learned", (json_int_t)s.n, "bytes", (json_int_t)s.bytes, "maximum",
			(json_int_t)s.most, "bound", (json_int_t)s.bound, "state", s.state,
			"ignoring", (int)s.ignoring, "due_s",
			s.due_ms > now_ms ? (double)(s.due_ms - now_ms) / 1000 : 0.0, "ignored",
			(json_int_t)s.n_ignored, "ignored_in_row", (json_int_t)s.n_in_row,
			"threshold_percent", (json_int_t)o->cfg.limit.threshold, "warning_only",
			(int)o->cfg.limit.warning_only, "ignore_s",
			(json_int_t)o->cfg.limit.ignore_s, "ignore_count",
			(json_int_t)o->cfg.limit.ignore_count, "reset_s",
			(json_int_t)o->cfg.limit.reset_s);
}

static json_t *
bad_json(const struct ospf *o)
{
	json_t *list = json_array();

	for (int i = 0; i < OSPF_N_BADS; i++)
		if (o->n.bad[i] != 0)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name",
					ospf_bad_name((enum ospf_bad)i), "text",
					ospf_bad_text((enum ospf_bad)i), "count",
					(json_int_t)o->n.bad[i]));
	return list;
}

json_t *
show_ip_ospf(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct ospf *o = engine(ctx);
	const struct ospf_area *a;
	json_t *areas = json_array(), *answer;
	json_int_t n, sum;

	if (o == NULL)
		return json_pack("{s:n, s:o}", "process", "areas", areas);
	TAILQ_FOREACH (a, &o->areas, link)
		json_array_append_new(areas, area_json(a, calc(ctx)));
	answer = json_pack("{s:I, s:o, s:b, s:b, s:b, s:b, s:f, s:I, s:I, s:o}", "process",
			(json_int_t)ospf_proc_number(s->cp->ospf), "router_id",
			show_addr(o->cfg.router_id), "running", o->running, "abr", ospf_is_abr(o),
			"asbr", o->asbr, "max_metric", ospf_max_metric(o), "uptime_s",
			seconds_since(o->started_ms), "neighbors", (json_int_t)o->n_nbrs,
			"exchanging", (json_int_t)o->n_adjoining, "areas", areas);
	json_object_set_new(answer, "packets", json_pack("{s:I, s:I}", "received",
			(json_int_t)o->n.rx, "sent", (json_int_t)o->n.tx));
	json_object_set_new(answer, "lsas", json_pack("{s:I, s:I, s:I, s:I}", "originated",
			(json_int_t)o->n.lsa_originated, "received", (json_int_t)o->n.lsa_received,
			"retransmitted", (json_int_t)o->n.lsa_retransmitted,
			"flushed_again", (json_int_t)o->n.lsa_flushed_again));
	json_object_set_new(answer, "lsa_limit", limit_json(o));
	json_object_set_new(answer, "timers", json_pack("{s:I, s:I}", "late",
			(json_int_t)o->n.timers_late, "late_max_ms",
			(json_int_t)o->n.timer_late_max_ms));
	json_object_set_new(answer, "routes_denied",
			json_integer(proc_calc_denied(ospf_proc_calc(s->cp->ospf))));
	json_object_set_new(answer, "graceful_restart", restart_json(o));
	json_object_set_new(answer, "kept", json_boolean(ospf_proc_is_kept(s->cp->ospf)));
	json_object_set_new(answer, "refused", bad_json(o));
	n = lsdb_sum(&o->as_db, &sum);
	json_object_set_new(answer, "as", json_pack("{s:I, s:I}", "lsas", n, "checksum_sum", sum));
	if (s->cp->cfg->n_ospfs > 0)
		json_object_set_new(
				answer, "configured", configured_json(o, &s->cp->cfg->ospfs[0]));
	return answer;
}

/* ---- interfaces -------------------------------------------------------------------------- */

static const char *
if_type(const struct ospf_if *ifp)
{
	static const char *const names[] = { "broadcast", "non-broadcast", "point-to-point",
		"point-to-multipoint", "point-to-multipoint-non-broadcast", "loopback",
		"virtual-link" };

	return names[ifp->cfg.type];
}

static const char *
auth_name(const struct ospf_auth *a)
{
	static const char *const names[] = { "null", "text", "message-digest" };

	return names[a->type];
}

static json_t *
packets_json(const uint64_t n[OSPF_N_PKTS])
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "hello", (json_int_t)n[OSPF_PKT_HELLO], "dd",
			(json_int_t)n[OSPF_PKT_DD], "request", (json_int_t)n[OSPF_PKT_LSR],
			"update", (json_int_t)n[OSPF_PKT_LSU], "acknowledgment",
			(json_int_t)n[OSPF_PKT_LSACK]);
}

/* Number of the key that signs now, null without one. */
static json_t *
key_json(const struct ospf_if *ifp)
{
	const struct ospf_key *k = ifp->cfg.auth.type == OSPF_AUTH_CRYPT
			? ospf_auth_send_key(&ifp->cfg.auth, (uint64_t)time(NULL)) : NULL;

	return k != NULL ? json_pack("{s:i, s:s}", "id", (int)k->id, "algorithm",
			ospf_alg_str(k->alg)) : json_null();
}

static const char *
nbr_role(const struct ospf_nbr *n)
{
	if (!ospf_if_has_dr(n->ifp))
		return NULL;
	return n->addr == n->ifp->dr ? "DR" : n->addr == n->ifp->bdr ? "BDR" : "DROther";
}

static json_t *
adjacent_json(const struct ospf_if *ifp)
{
	json_t *list = json_array();
	const struct ospf_nbr *n;

	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (ospf_nbr_is_full(n))
			json_array_append_new(list, json_pack("{s:o, s:s?}", "router_id",
					show_addr(n->router_id), "role", nbr_role(n)));
	return list;
}

static json_t *
if_json(const struct ospf_if *ifp)
{
	char addr[IP4_PREFIX_STR_LEN];
	json_t *o = json_pack("{s:s, s:s, s:b, s:o, s:s, s:s, s:b, s:I, s:I, s:I}", "name",
			ifp->cfg.name, "address", ip4_prefix_str(&ifp->cfg.addr, addr),
			"unnumbered", ifp->cfg.unnumbered, "area", show_addr(ifp->area->cfg.id),
			"type", if_type(ifp), "state", ospf_if_state_str(ifp->state), "passive",
			ifp->cfg.passive, "cost", (json_int_t)ifp->cfg.cost, "priority",
			(json_int_t)ifp->cfg.priority, "mtu", (json_int_t)ifp->cfg.mtu);

	json_object_set_new(o, "hello_ms", json_integer(ifp->cfg.hello_ms));
	json_object_set_new(o, "dead_ms", json_integer(ifp->cfg.dead_ms));
	json_object_set_new(o, "retransmit_ms", json_integer(ifp->cfg.rxmt_ms));
	json_object_set_new(o, "hello_due_s", due_s(&ifp->hello));
	json_object_set_new(o, "dr", ifp->dr != 0 ? show_addr(ifp->dr) : json_null());
	json_object_set_new(o, "dr_id", ifp->dr_id != 0 ? show_addr(ifp->dr_id) : json_null());
	json_object_set_new(o, "bdr", ifp->bdr != 0 ? show_addr(ifp->bdr) : json_null());
	json_object_set_new(o, "bdr_id", ifp->bdr_id != 0 ? show_addr(ifp->bdr_id) : json_null());
	json_object_set_new(o, "transmit_delay_s", json_integer(ifp->cfg.transmit_delay_s));
	json_object_set_new(o, "neighbors", json_integer(ifp->n_nbrs));
	json_object_set_new(o, "adjacent", adjacent_json(ifp));
	json_object_set_new(o, "key", key_json(ifp));
	json_object_set_new(o, "extended_sequence", json_boolean(ifp->cfg.auth.extended));
	json_object_set_new(o, "prefix_suppression", json_boolean(ifp->cfg.prefix_suppression ||
			ifp->o->cfg.prefix_suppression));
	json_object_set_new(o, "database_filter_out", json_boolean(ifp->cfg.db_filter_out));
	json_object_set_new(o, "received", packets_json(ifp->n_rx));
	json_object_set_new(o, "sent", packets_json(ifp->n_tx));
	json_object_set_new(o, "events", json_integer(ifp->n_events));
	json_object_set_new(o, "full_neighbors", json_integer(ifp->n_full));
	json_object_set_new(o, "authentication", json_string(auth_name(&ifp->cfg.auth)));
	json_object_set_new(o, "mtu_ignore", json_boolean(ifp->cfg.mtu_ignore));
	json_object_set_new(o, "state_age_s", json_real(seconds_since(ifp->since_ms)));
	json_object_set_new(o, "refused", json_integer((json_int_t)ifp->n_bad));
	return o;
}

struct if_cursor {
	bool begun;
	struct ospf_place at;
};

static bool
if_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct ospf *o = engine(ctx);
	struct if_cursor *c = cursor;
	const struct ospf_if *ifp;

	if (!c->begun)
		mgmt_out_array(out, "interfaces");
	c->begun = true;
	ifp = o != NULL ? ospf_walk_if(o, &c->at) : NULL;
	if (ifp == NULL)
		mgmt_out_end(out);
	else if (show_wanted(params, ifp->cfg.name))
		mgmt_out_put(out, NULL, if_json(ifp));
	return ifp != NULL;
}

const struct mgmt_parts show_ospf_interface_parts = { .cursor_size = sizeof(struct if_cursor),
	.next = if_next };

/* ---- neighbours -------------------------------------------------------------------------- */

static json_t *
nbr_json(const struct ospf_nbr *n)
{
	json_t *o = json_pack("{s:o, s:o, s:s, s:s, s:s?, s:I, s:o, s:f, s:I, s:I, s:I, s:b, s:s}",
			"router_id", show_addr(n->router_id), "address", show_addr(n->addr),
			"interface", n->ifp->cfg.name, "state", ospf_nbr_state_str(n->state),
			"role", nbr_role(n), "priority", (json_int_t)n->priority, "dead_in_s",
			due_s(&n->inactivity), "state_age_s", seconds_since(n->since_ms),
			"changes", (json_int_t)n->n_changes, "unacknowledged",
			(json_int_t)n->n_unacked, "options", (json_int_t)n->options,
			"restarting", n->gr_helping, "why", n->why);
	json_int_t requested = 0;

	for (uint8_t t = 0; t < OSPF_LSA_N_TYPES; t++)
		requested += n->requests[t].n;
	json_object_update_new(o,
			json_pack("{s:o, s:f, s:o, s:o, s:I, s:o, s:b, s:I}", "area",
					show_addr(n->ifp->area->cfg.id), "heard_s",
					seconds_since(n->heard_ms), "dr",
					n->dr != 0 ? show_addr(n->dr) : json_null(), "bdr",
					n->bdr != 0 ? show_addr(n->bdr) : json_null(), "requested",
					requested, "grace_s", due_s(&n->gr_timer), "configured",
					(int)n->configured, "cost", (json_int_t)ospf_nbr_cost(n)));
	return o;
}

struct nbr_cursor {
	bool begun;
	struct ospf_place ifp, nbr;
};

static bool
nbr_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct ospf *o = engine(ctx);
	struct nbr_cursor *c = cursor;
	const struct ospf_if *ifp = o != NULL ? ospf_walk_if_here(o, &c->ifp) : NULL;
	const struct ospf_nbr *n = ifp != NULL ? ospf_walk_nbr(ifp, &c->nbr) : NULL;

	if (!c->begun)
		mgmt_out_array(out, "neighbors");
	c->begun = true;
	if (n != NULL) {
		mgmt_out_put(out, NULL, nbr_json(n));
		return true;
	}
	c->nbr = (struct ospf_place){ 0 };
	do
		ifp = o != NULL ? ospf_walk_if(o, &c->ifp) : NULL;
	while (ifp != NULL && !show_wanted(params, ifp->cfg.name));
	if (ifp == NULL)
		mgmt_out_end(out);
	return ifp != NULL;
}

const struct mgmt_parts show_ospf_neighbor_parts = { .cursor_size = sizeof(struct nbr_cursor),
	.next = nbr_next };

json_t *
clear_ospf_process(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	bool there = ospf_proc_clear(s->cp->ospf);

	return json_pack("{s:i}", "cleared", there ? 1 : 0);
}
