/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf`: the process, interfaces, neighbours, the database; `clear ip ospf process`. */
#include <stdio.h>
#include <string.h>

#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/proc.h"
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

static json_t *
area_json(const struct ospf_area *a)
{
	json_int_t n = 0;

	for (uint8_t t = 0; t < OSPF_LSA_N_TYPES; t++)
		n += ospf_lsdb_n(&a->lsdb, t);
	return json_pack("{s:o, s:s, s:I, s:I, s:I, s:I}", "area", show_addr(a->cfg.id), "type",
			area_type(a), "interfaces", (json_int_t)a->n_ifs, "active",
			(json_int_t)a->n_active, "full_neighbors", (json_int_t)a->n_full, "lsas", n);
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
	json_object_set_new(answer, "lsas", json_pack("{s:I, s:I, s:I}", "originated",
			(json_int_t)o->n.lsa_originated, "received", (json_int_t)o->n.lsa_received,
			"retransmitted", (json_int_t)o->n.lsa_retransmitted));
	json_object_set_new(answer, "timers", json_pack("{s:I, s:I}", "late",
			(json_int_t)o->n.timers_late, "late_max_ms",
			(json_int_t)o->n.timer_late_max_ms));
	json_object_set_new(answer, "refused", bad_json(o));
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
if_json(const struct ospf_if *ifp)
{
	char addr[IP4_PREFIX_STR_LEN];
	json_t *o = json_pack("{s:s, s:s, s:b, s:o, s:s, s:s, s:b, s:I, s:I, s:I}", "name",
			ifp->cfg.name, "address", ip4_prefix_str(&ifp->cfg.addr, addr), "unnumbered",
			ifp->cfg.unnumbered, "area", show_addr(ifp->area->cfg.id), "type",
			if_type(ifp), "state", ospf_if_state_str(ifp->state), "passive",
			ifp->cfg.passive, "cost", (json_int_t)ifp->cfg.cost, "priority",
			(json_int_t)ifp->cfg.priority, "mtu", (json_int_t)ifp->cfg.mtu);

	json_object_set_new(o, "hello_ms", json_integer(ifp->cfg.hello_ms));
	json_object_set_new(o, "dead_ms", json_integer(ifp->cfg.dead_ms));
	json_object_set_new(o, "retransmit_ms", json_integer(ifp->cfg.rxmt_ms));
	json_object_set_new(o, "hello_due_s", due_s(&ifp->hello));
	json_object_set_new(o, "dr", ifp->dr != 0 ? show_addr(ifp->dr) : json_null());
	json_object_set_new(o, "dr_id", ifp->dr_id != 0 ? show_addr(ifp->dr_id) : json_null());
	json_object_set_new(o, "bdr", ifp->bdr != 0 ? show_addr(ifp->bdr) : json_null());
	json_object_set_new(o, "neighbors", json_integer(ifp->n_nbrs));
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

static const char *
nbr_role(const struct ospf_nbr *n)
{
	if (!ospf_if_has_dr(n->ifp))
		return NULL;
	return n->addr == n->ifp->dr ? "DR" : n->addr == n->ifp->bdr ? "BDR" : "DROther";
}

static json_t *
nbr_json(const struct ospf_nbr *n)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s?, s:I, s:o, s:f, s:I, s:I, s:I, s:b, s:s}",
			"router_id", show_addr(n->router_id), "address", show_addr(n->addr),
			"interface", n->ifp->cfg.name, "state", ospf_nbr_state_str(n->state),
			"role", nbr_role(n), "priority", (json_int_t)n->priority, "dead_in_s",
			due_s(&n->inactivity), "state_age_s", seconds_since(n->since_ms),
			"changes", (json_int_t)n->n_changes, "unacknowledged",
			(json_int_t)n->n_unacked, "options", (json_int_t)n->options,
			"restarting", n->gr_helping, "why", n->why);
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

static json_t *
db_json(const struct ospf_lsdb *db, const json_t *params)
{
	json_t *list = json_array();
	struct ospf_lsa *lsa;

	for (uint8_t t = 1; t < OSPF_LSA_N_TYPES; t++)
		if (show_wanted(params, ospf_lsa_type_str(t)))
			OSPF_LSDB_FOREACH (lsa, db, t)
				if (lsa->data != NULL)
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
