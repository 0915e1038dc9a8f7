/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf`: the process, interfaces, neighbours, the database; `clear ip ospf process`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/config.h"
#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/ospf_restart.h"
#include "controlplane/ospf/ospf_wire.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/show/show_int.h"

#define OPAQUE_SHOWN 64 /* bytes */

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

static json_t *
area_json(const struct ospf_area *a)
{
	json_int_t sum, n = lsdb_sum(&a->lsdb, &sum);

	return json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b}", "area",
			show_addr(a->cfg.id), "type", area_type(a), "interfaces",
			(json_int_t)a->n_ifs, "active", (json_int_t)a->n_active, "full_neighbors",
			(json_int_t)a->n_full, "lsas", n, "checksum_sum", sum, "transit",
			(int)a->transit, "translator", (int)a->translator);
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
	return json_pack("{s:o, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:I, s:I}", "timers",
			timers_json(o, c), "reference_mbps", (json_int_t)c->reference_mbps,
			"max_exchanges", (json_int_t)o->cfg.max_exchanges, "opaque",
			(int)o->cfg.opaque, "graceful_restart_helper", (int)o->cfg.gr_helper,
			"rfc1583", (int)c->rfc1583, "capability_transit",
			(int)c->capability_transit, "prefix_suppression",
			(int)o->cfg.prefix_suppression, "distance", (json_int_t)c->distance,
			"max_paths", (json_int_t)c->max_paths);
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
		json_array_append_new(areas, area_json(a));
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
	json_object_set_new(answer, "timers", json_pack("{s:I, s:I}", "late",
			(json_int_t)o->n.timers_late, "late_max_ms",
			(json_int_t)o->n.timer_late_max_ms));
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

json_t *
show_ospf_interface(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct ospf *o = engine(ctx);
	json_t *list = json_array();
	const struct ospf_if *ifp;

	if (o != NULL)
		TAILQ_FOREACH (ifp, &o->ifs, link)
			if (show_wanted(params, ifp->cfg.name))
				json_array_append_new(list, if_json(ifp));
	return json_pack("{s:o}", "interfaces", list);
}

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

json_t *
show_ospf_neighbor(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct ospf *o = engine(ctx);
	json_t *list = json_array();
	const struct ospf_if *ifp;
	const struct ospf_nbr *n;

	if (o != NULL)
		TAILQ_FOREACH (ifp, &o->ifs, link)
			TAILQ_FOREACH (n, &ifp->nbrs, link)
				if (show_wanted(params, ifp->cfg.name))
					json_array_append_new(list, nbr_json(n));
	return json_pack("{s:o}", "neighbors", list);
}

/* ---- the database ------------------------------------------------------------------------ */

static json_t *
links_json(const struct ospf_lsa *lsa)
{
	static const char *const types[] = { "unknown", "point-to-point", "transit", "stub",
		"virtual" };
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	json_t *list = json_array();
	struct ospf_link l;

	while (ospf_rlsa_next(&r, &l))
		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:I}", "type",
				types[l.type <= OSPF_LINK_VIRTUAL ? l.type : 0], "id",
				show_addr(l.id), "data", show_addr(l.data), "metric",
				(json_int_t)l.metric));
	return list;
}

static json_t *
routers_json(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_nlsa_routers(lsa->data, lsa->h.len);
	json_t *list = json_array();
	uint32_t id;

	while (ospf_nlsa_next(&r, &id))
		json_array_append_new(list, show_addr(id));
	return list;
}

/* RFC 5250: what kind of thing it is, and its bytes. */
static void
opaque_add(json_t *o, const struct ospf_lsa *lsa)
{
	char hex[2 * OPAQUE_SHOWN + 4];
	size_t n = lsa->h.len - OSPF_LSA_HDR_LEN, len = 0;

	for (size_t i = 0; i < n && i < OPAQUE_SHOWN; i++)
		len += (size_t)snprintf(hex + len, sizeof(hex) - len, "%02x",
				lsa->data[OSPF_LSA_HDR_LEN + i]);
	snprintf(hex + len, sizeof(hex) - len, "%s", n > OPAQUE_SHOWN ? "..." : "");
	json_object_update_new(
			o, json_pack("{s:i, s:i, s:s}", "opaque_type", (int)(lsa->h.id >> 24),
					   "opaque_id", (int)(lsa->h.id & 0xffffff), "data", hex));
}

static void
body_add(json_t *o, const struct ospf_lsa *lsa)
{
	struct ospf_summary s;
	struct ospf_external e;

	switch (lsa->h.type) {
	case OSPF_LSA_ROUTER:
		json_object_set_new(o, "flags",
				json_integer(ospf_rlsa_flags(lsa->data, lsa->h.len)));
		json_object_set_new(o, "links", links_json(lsa));
		break;
	case OSPF_LSA_NETWORK:
		json_object_set_new(o, "mask", show_addr(ospf_nlsa_mask(lsa->data, lsa->h.len)));
		json_object_set_new(o, "routers", routers_json(lsa));
		break;
	case OSPF_LSA_SUMMARY:
	case OSPF_LSA_ASBR_SUMMARY:
		if (ospf_summary_read(lsa->data, lsa->h.len, &s))
			json_object_update_new(o, json_pack("{s:o, s:I}", "mask",
					show_addr(s.mask), "metric", (json_int_t)s.metric));
		break;
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_NSSA:
		if (ospf_external_read(lsa->data, lsa->h.len, &e))
			json_object_update_new(o, json_pack("{s:o, s:I, s:i, s:o, s:I}", "mask",
					show_addr(e.mask), "metric", (json_int_t)e.metric,
					"metric_type", e.type2 ? 2 : 1, "forward",
					show_addr(e.forward), "tag", (json_int_t)e.tag));
		break;
	case OSPF_LSA_OPAQUE_LINK:
	case OSPF_LSA_OPAQUE_AREA:
	case OSPF_LSA_OPAQUE_AS:
		opaque_add(o, lsa);
		break;
	}
}

static json_t *
lsa_json(const struct ospf_lsa *lsa)
{
	char seq[16], cksum[16];
	json_t *o;

	snprintf(seq, sizeof(seq), "0x%08x", (unsigned int)lsa->h.seq);
	snprintf(cksum, sizeof(cksum), "0x%04x", lsa->h.cksum);
	o = json_pack("{s:s, s:o, s:o, s:I, s:s, s:s, s:I, s:I, s:b}", "type",
			ospf_lsa_type_str(lsa->h.type), "id", show_addr(lsa->h.id), "router",
			show_addr(lsa->h.adv), "age_s", (json_int_t)ospf_lsa_age(lsa), "sequence",
			seq, "checksum", cksum, "length", (json_int_t)lsa->h.len, "options",
			(json_int_t)lsa->h.options, "own", ospf_lsa_is_own(lsa));
	body_add(o, lsa);
	return o;
}

/* An address in the params; false: there is none, or it is no address. */
static bool
addr_wanted(const json_t *params, const char *key, uint32_t *addr)
{
	const char *text = json_string_value(json_object_get(params, key));

	return text != NULL && ip4_parse(text, addr) == 0;
}

static bool
lsa_wanted(const json_t *params, const struct ospf_lsa *lsa)
{
	uint32_t addr;

	if (lsa->data == NULL)
		return false;
	if (addr_wanted(params, "id", &addr) && addr != lsa->h.id)
		return false;
	if (addr_wanted(params, "router", &addr) && addr != lsa->h.adv)
		return false;
	return !json_is_true(json_object_get(params, "own")) || ospf_lsa_is_own(lsa);
}

/* All that "name" asks for: a type, or "opaque" for all three of these. */
static bool
type_wanted(const json_t *params, uint8_t type)
{
	const char *want = json_string_value(json_object_get(params, "name"));

	if (want != NULL && strcmp(want, "opaque") == 0)
		return type >= OSPF_LSA_OPAQUE_LINK;
	return show_wanted(params, ospf_lsa_type_str(type));
}

static json_t *
db_json(const struct ospf_lsdb *db, const json_t *params)
{
	json_t *list = json_array();
	struct ospf_lsa *lsa;

	for (uint8_t t = 1; t < OSPF_LSA_N_TYPES; t++)
		if (type_wanted(params, t))
			OSPF_LSDB_FOREACH (lsa, db, t)
				if (lsa_wanted(params, lsa))
					json_array_append_new(list, lsa_json(lsa));
	return list;
}

json_t *
show_ospf_database(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct ospf *o = engine(ctx);
	json_t *areas = json_array(), *links = json_array();
	const struct ospf_area *a;
	const struct ospf_if *ifp;

	if (o == NULL)
		return json_pack("{s:o, s:[], s:o}", "areas", areas, "as", "links", links);
	TAILQ_FOREACH (a, &o->areas, link)
		json_array_append_new(areas, json_pack("{s:o, s:o}", "area", show_addr(a->cfg.id),
				"lsas", db_json(&a->lsdb, params)));
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ospf_lsdb_n(&ifp->lsdb, OSPF_LSA_OPAQUE_LINK) != 0)
			json_array_append_new(links, json_pack("{s:s, s:o}", "interface",
					ifp->cfg.name, "lsas", db_json(&ifp->lsdb, params)));
	return json_pack("{s:o, s:o, s:o, s:o}", "router_id", show_addr(o->cfg.router_id), "areas",
			areas, "as", db_json(&o->as_db, params), "links", links);
}

json_t *
clear_ospf_process(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	bool there = ospf_proc_clear(s->cp->ospf);

	return json_pack("{s:i}", "cleared", there ? 1 : 0);
}
