/* SPDX-License-Identifier: BSD-3-Clause */
/* show vrrp [brief|history], show track [brief], show ip sla. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static enum out_color
state_color(const char *state)
{
	if (strcmp(state, "active") == 0 || strcmp(state, "up") == 0)
		return OUT_GOOD;
	return strcmp(state, "init") == 0 || strcmp(state, "down") == 0 ? OUT_BAD : OUT_PLAIN;
}

void
render_vrrp_brief(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Interface", TABLE_FLEX },
		{ "Grp", TABLE_RIGHT },
		{ "A-F", 0 },
		{ "Pri", TABLE_RIGHT },
		{ "State", 0 },
		{ "For", TABLE_RIGHT },
		{ "Active router", TABLE_FLEX },
		{ "Virtual address", TABLE_FLEX },
	};
	struct table *t = table_new(cols, 8);
	json_t *g;
	size_t i;

	json_array_foreach (json_object_get(answer, "groups"), i, g) {
		const json_t *active = json_object_get(g, "active");
		const json_t *first = json_array_get(json_object_get(g, "addresses"), 0);
		const char *state = get_str(g, "state");
		char age[TEXT_NUM_LEN];

		table_cell(t, OUT_PLAIN, "%s", get_str(g, "interface"));
		table_cell(t, OUT_PLAIN, "%d", (int)get_int(g, "group"));
		table_cell(t, OUT_PLAIN, "%s", get_str(g, "family"));
		table_cell(t, OUT_PLAIN, "%d", (int)get_int(g, "priority"));
		table_cell(t, state_color(state), "%s", state);
		table_cell(t, OUT_PLAIN, "%s", get_age(g, "since_s", age));
		table_cell(t, OUT_PLAIN, "%s",
				strcmp(state, "active") == 0 ? "local" :
				get_str(active, "address"));
		table_cell(t, OUT_PLAIN, "%s",
				first != NULL ? json_string_value(first) : "-");
		table_row_end(t);
		if (strcmp(get_str(g, "why"), "-") != 0)
			table_note(t, OUT_WARN, "  %s", get_str(g, "why"));
	}
	table_print(t, o);
}

static void
group_detail(const struct out *o, const json_t *g)
{
	const json_t *active = json_object_get(g, "active"), *a;
	const json_t *c = json_object_get(g, "counters");
	const char *state = get_str(g, "state");
	char age[TEXT_NUM_LEN], preempts[32];
	const char *name;
	json_t *n;
	size_t i;

	out_colored(o, state_color(state), "%s group %d, %s, version %d: %s for %s",
			get_str(g, "interface"), (int)get_int(g, "group"), get_str(g, "family"),
			(int)get_int(g, "version"), state, get_age(g, "since_s", age));
	detail(o, "why", "%s", get_str(g, "why"));
	json_array_foreach (json_object_get(g, "addresses"), i, a)
		detail(o, i == 0 ? "virtual address" : "", "%s", json_string_value(a));
	detail(o, "virtual MAC", "%s", get_str(g, "mac"));
	snprintf(preempts, sizeof(preempts), "%s", get_true(g, "preempt") ? "on" : "off");
	if (get_true(g, "preempt") && get_int(g, "preempt_delay_s") > 0)
		snprintf(preempts, sizeof(preempts), "after %d s",
				(int)get_int(g, "preempt_delay_s"));
	detail(o, "priority", "%d (configured %d), preemption %s", (int)get_int(g, "priority"),
			(int)get_int(g, "configured_priority"), preempts);
	detail(o, "sent from", "%s", get_str(g, "source"));
	json_array_foreach (json_object_get(g, "peers"), i, a)
		detail(o, i == 0 ? "unicast peer" : "", "%s", json_string_value(a));
	json_array_foreach (json_object_get(g, "permitted_peers"), i, a)
		detail(o, i == 0 ? "permitted peer" : "", "%s", json_string_value(a));
	detail(o, "sync group", "%s", get_str(g, "sync_group"));
	if (active != NULL && !json_is_null(active))
		detail(o, "active router", "%s, priority %d, interval %d ms",
				get_str(active, "address"), (int)get_int(active, "priority"),
				(int)get_int(g, "active_advertise_ms"));
	detail(o, "timers", "advertisement %d ms, down %d ms, skew %d ms",
			(int)get_int(g, "advertise_ms"), (int)get_int(g, "down_ms"),
			(int)get_int(g, "skew_ms"));
	json_array_foreach (json_object_get(g, "tracks"), i, a)
		detail(o, i == 0 ? "tracks" : "", "%s: %s", get_str(a, "object"),
				get_true(a, "up") ? "up" : "down");
	json_object_foreach ((json_t *)c, name, n)
		if (json_integer_value(n) != 0)
			detail(o, name, "%" JSON_INTEGER_FORMAT, json_integer_value(n));
}

void
render_vrrp(const struct out *o, const json_t *answer)
{
	const json_t *totals = json_object_get(answer, "counters");
	const char *name;
	json_t *g;
	size_t i;

	json_array_foreach (json_object_get(answer, "groups"), i, g)
		group_detail(o, g);
	json_object_foreach ((json_t *)totals, name, g)
		if (json_integer_value(g) != 0)
			out_line(o, "Packets of no group: %" JSON_INTEGER_FORMAT " %s",
					json_integer_value(g), name);
}

void
render_vrrp_history(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Interface", 0 },
		{ "Grp", TABLE_RIGHT },
		{ "Ago", TABLE_RIGHT },
		{ "From", 0 },
		{ "To", 0 },
		{ "Why", TABLE_FLEX },
	};
	struct table *t = table_new(cols, 6);
	json_t *g, *h;
	size_t i, k;

	json_array_foreach (json_object_get(answer, "groups"), i, g) {
		json_array_foreach (json_object_get(g, "history"), k, h) {
			const char *to = get_str(h, "to");
			char age[TEXT_NUM_LEN];

			table_cell(t, OUT_PLAIN, "%s", get_str(g, "interface"));
			table_cell(t, OUT_PLAIN, "%d", (int)get_int(g, "group"));
			table_cell(t, OUT_PLAIN, "%s", get_age(h, "ago_s", age));
			table_cell(t, OUT_PLAIN, "%s", get_str(h, "from"));
			table_cell(t, state_color(to), "%s", to);
			table_cell(t, OUT_PLAIN, "%s", get_str(h, "reason"));
			table_row_end(t);
		}
	}
	table_print(t, o);
}

void
render_track(const struct out *o, const json_t *answer, bool brief)
{
	static const struct table_col cols[] = {
		{ "Object", 0 },
		{ "State", 0 },
		{ "For", TABLE_RIGHT },
		{ "Changes", TABLE_RIGHT },
		{ "What", TABLE_FLEX },
	};
	struct table *t = table_new(cols, 5);
	json_t *r, *u;
	size_t i, k;

	json_array_foreach (json_object_get(answer, "tracks"), i, r) {
		const char *state = get_str(r, "state");
		char age[TEXT_NUM_LEN];

		table_cell(t, OUT_PLAIN, "%s", get_str(r, "name"));
		table_cell(t, state_color(state), "%s", state);
		table_cell(t, OUT_PLAIN, "%s", get_age(r, "since_s", age));
		table_cell(t, OUT_PLAIN, "%d", (int)get_int(r, "changes"));
		table_cell(t, OUT_PLAIN, "%s", get_str(r, "what"));
		table_row_end(t);
		if (brief)
			continue;
		table_note(t, OUT_DIM, "  %s", get_str(r, "why"));
		json_array_foreach (json_object_get(r, "used_by"), k, u)
			table_note(t, OUT_DIM, "  used by %s", json_string_value(u));
	}
	table_print(t, o);
}

void
render_sla(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Probe", 0 },
		{ "State", 0 },
		{ "Target", 0 },
		{ "By", TABLE_FLEX },
		{ "Sent", TABLE_RIGHT },
		{ "Lost", TABLE_RIGHT },
		{ "Refused", TABLE_RIGHT },
		{ "Late", TABLE_RIGHT },
		{ "RTT ms", TABLE_RIGHT },
		{ "Best", TABLE_RIGHT },
		{ "Worst", TABLE_RIGHT },
	};
	struct table *t = table_new(cols, 11);
	json_t *s, *port;
	size_t i;

	json_array_foreach (json_object_get(answer, "slas"), i, s) {
		const char *state = get_str(s, "state");

		table_cell(t, OUT_PLAIN, "%s", get_str(s, "name"));
		table_cell(t, state_color(state), "%s", state);
		port = json_object_get(s, "port");
		if (json_is_integer(port))
			table_cell(t, OUT_PLAIN, strchr(get_str(s, "target"), ':') != NULL
					? "[%s]:%d" : "%s:%d", get_str(s, "target"),
					(int)json_integer_value(port));
		else
			table_cell(t, OUT_PLAIN, "%s", get_str(s, "target"));
		table_cell(t, OUT_PLAIN, "%s", get_str(s, "interface"));
		cell_packets(t, s, "sent");
		cell_packets(t, s, "lost");
		cell_packets(t, s, "refused");
		cell_packets(t, s, "late");
		cell_packets(t, s, "rtt_last_ms");
		cell_packets(t, s, "rtt_min_ms");
		cell_packets(t, s, "rtt_max_ms");
		table_row_end(t);
	}
	table_print(t, o);
}
