/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf`: the process; tables of interfaces, neighbours, LSAs. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static void
configured(const struct out *o, const json_t *c, json_int_t denied)
{
	const json_t *t = json_object_get(c, "timers");

	if (c == NULL)
		return;
	detail(o, "Supports", "%s%s%s", get_true(c, "opaque") ? "opaque LSAs, " : "",
			get_true(c, "capability_transit") ? "area transit, " : "",
			get_true(c, "graceful_restart_helper") ? "help for graceful restarts"
							       : "no help for graceful restarts");
	detail(o, "Reference", "bandwidth %" JSON_INTEGER_FORMAT " Mbit/s, distance %"
			JSON_INTEGER_FORMAT ", up to %" JSON_INTEGER_FORMAT " paths, RFC 1583 %s",
			get_int(c, "reference_mbps"), get_int(c, "distance"),
			get_int(c, "max_paths"), get_true(c, "rfc1583") ? "compatible"
									: "not compatible");
	detail(o, "SPF throttle", "start %" JSON_INTEGER_FORMAT " ms, hold %" JSON_INTEGER_FORMAT
			" ms, max %" JSON_INTEGER_FORMAT " ms", get_int(t, "spf_start_ms"),
			get_int(t, "spf_hold_ms"), get_int(t, "spf_max_ms"));
	detail(o, "LSA throttle", "start %" JSON_INTEGER_FORMAT " ms, hold %" JSON_INTEGER_FORMAT
			" ms, max %" JSON_INTEGER_FORMAT " ms", get_int(t, "lsa_start_ms"),
			get_int(t, "lsa_hold_ms"), get_int(t, "lsa_max_ms"));
	detail(o, "LSA arrival", "at least %" JSON_INTEGER_FORMAT " ms apart; flood pacing %"
			JSON_INTEGER_FORMAT " ms", get_int(t, "lsa_arrival_ms"),
			get_int(t, "flood_pacing_ms"));
	if (json_is_string(json_object_get(c, "distribute_list_in")))
		detail(o, "Routes in", "by prefix list %s: %" JSON_INTEGER_FORMAT " are not used",
				get_str(c, "distribute_list_in"), denied);
	if (get_int(c, "max_exchanges") > 0)
		detail(o, "Stagger", "%" JSON_INTEGER_FORMAT " neighbours exchange at a time",
				get_int(c, "max_exchanges"));
}

/* LSAs of others, and max-lsa; @l NULL: of a control plane that knows of none. */
static void
limit(const struct out *o, const json_t *l)
{
	const char *state = get_str(l, "state");
	double due_s = json_number_value(json_object_get(l, "due_s"));

	if (l == NULL)
		return;
	detail(o, "LSAs of others", "%" JSON_INTEGER_FORMAT ", at most %" JSON_INTEGER_FORMAT "%s",
			get_int(l, "learned"), get_int(l, get_int(l, "maximum") > 0 ? "maximum"
					: "bound"), get_true(l, "warning_only") ? ", warning only"
					: "");
	if (get_int(l, "maximum") > 0 && !get_true(l, "warning_only"))
		detail(o, "Beyond", "ignored for %" JSON_INTEGER_FORMAT " s, %" JSON_INTEGER_FORMAT
				" of %" JSON_INTEGER_FORMAT " times in a row; %" JSON_INTEGER_FORMAT
				" times in all", get_int(l, "ignore_s"), get_int(l, "ignored_in_row"),
				get_int(l, "ignore_count"), get_int(l, "ignored"));
	if (strcmp(state, "normal") == 0)
		return;
	if (due_s > 0 && (get_true(l, "ignoring") || strcmp(state, "above the maximum") == 0))
		out_colored(o, OUT_WARN, "LSA limit: %s, for %.0f s more", state, due_s);
	else
		out_colored(o, OUT_WARN, "LSA limit: %s", state);
}

/* Our graceful restart; @r NULL: of a control plane that knows of none. */
static void
restarts(const struct out *o, const json_t *r)
{
	const json_t *last = json_object_get(r, "last");
	const char *state = get_str(r, "state");

	if (r == NULL)
		return;
	if (strcmp(state, "restarting") == 0)
		detail(o, "Graceful",
				"restarting: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
				" adjacencies are missing, %.0f s are left",
				get_int(r, "missing"), get_int(r, "adjacencies"),
				json_number_value(json_object_get(r, "remaining_s")));
	else if (strcmp(state, "preparing") == 0)
		detail(o, "Graceful", "about to restart: %" JSON_INTEGER_FORMAT " of %"
				JSON_INTEGER_FORMAT " neighbours have not acknowledged",
				get_int(r, "missing"), get_int(r, "adjacencies"));
	else if (get_int(r, "interval_s") > 0)
		detail(o, "Graceful", "neighbours are asked for help with a restart for %"
				JSON_INTEGER_FORMAT " s", get_int(r, "interval_s"));
	else
		detail(o, "Graceful", "no help is asked for with a restart");
	if (json_is_object(last))
		detail(o, "Last restart", "%s, within %.1f s: %s",
				get_true(last, "well") ? "graceful" : "not graceful",
				json_number_value(json_object_get(last, "took_s")),
				get_str(last, "why"));
}

/* Who translates in the NSSAs, and what their ranges gather. */
static void
nssas(const struct out *o, const json_t *areas)
{
	json_t *a, *r;
	size_t i, k;

	json_array_foreach (areas, i, a) {
		const json_t *n = json_object_get(a, "nssa");

		if (!json_is_object(n))
			continue;
		out_line(o, "NSSA %s: translator %s (%s), %" JSON_INTEGER_FORMAT
				" LSAs of type 5, %" JSON_INTEGER_FORMAT " changes; stability "
				"interval %" JSON_INTEGER_FORMAT " s%s", get_str(a, "area"),
				get_str(n, "state"), get_str(n, "role"), get_int(n, "translated"),
				get_int(n, "events"), get_int(n, "stability_s"),
				strcmp(get_str(n, "state"), "deposed") == 0 ? ", which runs" : "");
		json_array_foreach (json_object_get(n, "ranges"), k, r)
			out_line(o, "  range %s: %s, %" JSON_INTEGER_FORMAT " LSAs of type 7, "
					"metric %" JSON_INTEGER_FORMAT ", type %"
					JSON_INTEGER_FORMAT, get_str(r, "prefix"),
					!get_true(r, "advertise") ? "not advertised"
					: get_true(r, "active") ? "active" : "inactive",
					get_int(r, "lsas"), get_int(r, "metric"),
					get_int(r, "metric_type"));
	}
}

/* What filter lists of areas keep back. */
static void
filtered(const struct out *o, const json_t *areas)
{
	json_t *a;
	size_t i;

	json_array_foreach (areas, i, a)
		if (get_int(a, "filtered_in") + get_int(a, "filtered_out") > 0)
			out_line(o, "Area %s: its filter lists keep %" JSON_INTEGER_FORMAT
					" type 3 LSAs out, %" JSON_INTEGER_FORMAT " networks in",
					get_str(a, "area"), get_int(a, "filtered_in"),
					get_int(a, "filtered_out"));
}

void
render_ospf(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Area", 0 }, { "Type", 0 },
		{ "Interfaces", TABLE_RIGHT }, { "Full", TABLE_RIGHT }, { "LSAs", TABLE_RIGHT },
		{ "Checksum sum", 0 } };
	const json_t *areas = json_object_get(answer, "areas");
	const json_t *timers = json_object_get(answer, "timers");
	const json_t *packets = json_object_get(answer, "packets");
	const json_t *lsas_of = json_object_get(answer, "lsas");
	struct table *t;
	json_t *a;
	size_t i;

	if (get_int(answer, "process") == 0) {
		out_line(o, "OSPF is not configured");
		return;
	}
	detail(o, "Process", "%" JSON_INTEGER_FORMAT "%s", get_int(answer, "process"),
			get_true(answer, "running") ? ""
			: get_true(json_object_get(answer, "lsa_limit"), "ignoring")
					? ", ignored: too many LSAs of others"
					: ", not running: no router ID or shut down");
	detail(o, "Router ID", "%s%s%s%s", get_str(answer, "router_id"),
			get_true(answer, "abr") ? ", area border router" : "",
			get_true(answer, "asbr") ? ", AS boundary router" : "",
			get_true(answer, "max_metric") ? ", max-metric" : "");
	detail(o, "Neighbours", "%" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
			" exchanging databases", get_int(answer, "neighbors"),
			get_int(answer, "exchanging"));
	detail(o, "Restart", "%s", get_true(answer, "kept")
					? "another process could go on from here"
					: "under way: another process would begin anew");
	restarts(o, json_object_get(answer, "graceful_restart"));
	configured(o, json_object_get(answer, "configured"), get_int(answer, "routes_denied"));
	detail(o, "External", "%" JSON_INTEGER_FORMAT " LSAs of the AS, checksum sum 0x%06llx",
			get_int(json_object_get(answer, "as"), "lsas"),
			(unsigned long long)get_int(json_object_get(answer, "as"), "checksum_sum"));
	limit(o, json_object_get(answer, "lsa_limit"));
	detail(o, "Packets", "%" JSON_INTEGER_FORMAT " received, %" JSON_INTEGER_FORMAT
			" sent; LSAs: %" JSON_INTEGER_FORMAT " received, %" JSON_INTEGER_FORMAT
			" originated, %" JSON_INTEGER_FORMAT " retransmitted, %" JSON_INTEGER_FORMAT
			" flushed again",
			get_int(packets, "received"), get_int(packets, "sent"),
			get_int(lsas_of, "received"), get_int(lsas_of, "originated"),
			get_int(lsas_of, "retransmitted"), get_int(lsas_of, "flushed_again"));
	detail(o, "Timers late", "%" JSON_INTEGER_FORMAT " by more than 50 ms, the worst by %"
			JSON_INTEGER_FORMAT " ms", get_int(timers, "late"),
			get_int(timers, "late_max_ms"));
	t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	json_array_foreach (areas, i, a) {
		table_cell(t, OUT_PLAIN, "%s", get_str(a, "area"));
		table_cell(t, OUT_PLAIN, "%s", get_str(a, "type"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(a, "interfaces"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(a, "full_neighbors"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(a, "lsas"));
		table_cell(t, OUT_PLAIN, "0x%06llx",
				(unsigned long long)get_int(a, "checksum_sum"));
		table_row_end(t);
	}
	table_print(t, o);
	filtered(o, areas);
	nssas(o, areas);
	json_array_foreach (json_object_get(answer, "refused"), i, a)
		out_colored(o, OUT_WARN, "refused: %" JSON_INTEGER_FORMAT " %s: %s",
				get_int(a, "count"), get_str(a, "name"), get_str(a, "text"));
}

void
render_ospf_interface_brief(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Interface", TABLE_FLEX }, { "Address", 0 },
		{ "Area", 0 }, { "Type", TABLE_FLEX }, { "Cost", TABLE_RIGHT }, { "State", 0 },
		{ "DR", 0 }, { "BDR", 0 }, { "Nbrs F/C", TABLE_RIGHT } };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	json_t *f;
	size_t i;

	json_array_foreach (json_object_get(answer, "interfaces"), i, f) {
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "name"));
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "address"));
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "area"));
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "type"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(f, "cost"));
		table_cell(t, strcmp(get_str(f, "state"), "Down") == 0 ? OUT_WARN : OUT_PLAIN,
				"%s%s", get_str(f, "state"),
				get_true(f, "passive") ? ", passive" : "");
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "dr"));
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "bdr"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
				get_int(f, "full_neighbors"), get_int(f, "neighbors"));
		table_row_end(t);
	}
	table_print(t, o);
}

void
render_ospf_neighbor(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Neighbor ID", 0 }, { "Pri", TABLE_RIGHT },
		{ "State", 0 }, { "Dead in", TABLE_RIGHT }, { "Address", 0 },
		{ "Interface", TABLE_FLEX }, { "Since", TABLE_RIGHT }, { "Why", TABLE_FLEX } };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	char age[TEXT_NUM_LEN];
	json_t *n;
	size_t i;

	json_array_foreach (json_object_get(answer, "neighbors"), i, n) {
		const char *state = get_str(n, "state"), *part = get_str(n, "role");
		bool good = strcmp(state, "Full") == 0 || strcmp(state, "2-Way") == 0;

		table_cell(t, OUT_PLAIN, "%s", get_str(n, "router_id"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(n, "priority"));
		table_cell(t, good ? OUT_PLAIN : OUT_WARN, "%s%s%s%s", state,
				strcmp(part, "-") != 0 ? "/" : "",
				strcmp(part, "-") != 0 ? part : "",
				get_true(n, "restarting") ? ", restarting" : "");
		table_cell(t, OUT_PLAIN, "%.1f s",
				json_number_value(json_object_get(n, "dead_in_s")));
		table_cell(t, OUT_PLAIN, "%s", get_str(n, "address"));
		table_cell(t, OUT_PLAIN, "%s", get_str(n, "interface"));
		table_cell(t, OUT_PLAIN, "%s", get_age(n, "state_age_s", age));
		table_cell(t, OUT_PLAIN, "%s", get_str(n, "why"));
		table_row_end(t);
	}
	table_print(t, o);
}

static void
lsas(const struct out *o, const json_t *list)
{
	static const struct table_col cols[] = { { "Type", 0 }, { "Link ID", 0 },
		{ "ADV Router", 0 }, { "Age", TABLE_RIGHT }, { "Seq#", 0 }, { "Checksum", 0 },
		{ "Length", TABLE_RIGHT } };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	json_t *l;
	size_t i;

	json_array_foreach (list, i, l) {
		enum out_color color = get_true(l, "own") ? OUT_PLAIN : OUT_DIM;

		table_cell(t, color, "%s", get_str(l, "type"));
		table_cell(t, color, "%s", get_str(l, "id"));
		table_cell(t, color, "%s", get_str(l, "router"));
		table_cell(t, color, "%" JSON_INTEGER_FORMAT, get_int(l, "age_s"));
		table_cell(t, color, "%s", get_str(l, "sequence"));
		table_cell(t, color, "%s", get_str(l, "checksum"));
		table_cell(t, color, "%" JSON_INTEGER_FORMAT, get_int(l, "length"));
		table_row_end(t);
	}
	table_print(t, o);
}

void
render_ospf_database(const struct out *o, const json_t *answer)
{
	json_t *a;
	size_t i;

	json_array_foreach (json_object_get(answer, "areas"), i, a) {
		out_line(o, "Area %s", get_str(a, "area"));
		lsas(o, json_object_get(a, "lsas"));
	}
	json_array_foreach (json_object_get(answer, "links"), i, a) {
		out_line(o, "Link %s", get_str(a, "interface"));
		lsas(o, json_object_get(a, "lsas"));
	}
	if (json_array_size(json_object_get(answer, "as")) > 0) {
		out_line(o, "AS");
		lsas(o, json_object_get(answer, "as"));
	}
}
