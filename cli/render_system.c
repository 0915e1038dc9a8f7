/* SPDX-License-Identifier: BSD-3-Clause */
/* show version, show drops, show configuration versions, and what a push changed. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

void
render_version(const struct out *o, const json_t *answer)
{
	const json_t *cp = json_object_get(answer, "controlplane");
	const json_t *dp = json_object_get(answer, "dataplane");
	char age[TEXT_NUM_LEN];
	bool attached = get_true(dp, "attached");

	out_line(o, "Culvert %s on %s, shell %s", get_str(answer, "version"),
			get_str(answer, "hostname"), CULVERT_VERSION);
	detail(o, "Control plane",
			"up %s, pid %" JSON_INTEGER_FORMAT ", channel ABI %" JSON_INTEGER_FORMAT,
			get_age(answer, "uptime_s", age), get_int(cp, "pid"), get_int(cp, "abi"));
	if (!attached) {
		out_colored(o, OUT_BAD, "  %-18s not attached: %s", "Dataplane",
				get_str(dp, "state"));
		return;
	}
	detail(o, "Dataplane",
			"%s, pid %" JSON_INTEGER_FORMAT ", %s%s%" JSON_INTEGER_FORMAT " worker%s",
			get_str(dp, "version"), get_int(dp, "pid"),
			json_is_number(json_object_get(dp, "uptime_s")) ? "up " : "",
			json_is_number(json_object_get(dp, "uptime_s"))
					? strcat(get_age(dp, "uptime_s", age), ", ")
					: "",
			get_int(dp, "workers"), get_int(dp, "workers") == 1 ? "" : "s");
}

static void
drops_workers(const struct out *o, const json_t *workers)
{
	static const struct table_col cols[] = {
		{ "Worker", TABLE_RIGHT },
		{ "Received", TABLE_RIGHT },
		{ "Injected", TABLE_RIGHT },
		{ "Made", TABLE_RIGHT },
		{ "Sent", TABLE_RIGHT },
		{ "Absorbed", TABLE_RIGHT },
		{ "Held", TABLE_RIGHT },
		{ "Dropped", TABLE_RIGHT },
		{ "Busy %", TABLE_RIGHT },
	};
	struct table *table = table_new(cols, 9);
	json_t *w;
	size_t i;

	json_array_foreach (workers, i, w) {
		table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(w, "worker"));
		cell_packets(table, w, "rx");
		cell_packets(table, w, "injected");
		cell_packets(table, w, "made");
		cell_packets(table, w, "tx");
		cell_packets(table, w, "absorbed");
		cell_packets(table, w, "held");
		cell_packets(table, w, "drops");
		table_cell(table, OUT_PLAIN, "%.0f",
				json_number_value(json_object_get(w, "busy_percent")));
		table_row_end(table);
	}
	table_print(table, o);
}

static void
drops_punt(const struct out *o, const json_t *punt, bool all)
{
	static const struct table_col cols[] = {
		{ "To the control plane", TABLE_FLEX },
		{ "Packets", TABLE_RIGHT },
		{ "Dropped", TABLE_RIGHT },
	};
	struct table *table = table_new(cols, 3);
	size_t i, shown = 0;
	json_t *p;

	json_array_foreach (punt, i, p) {
		if (!all && get_int(p, "punted") == 0 && get_int(p, "dropped") == 0)
			continue;
		shown++;
		table_cell(table, OUT_PLAIN, "%s", get_str(p, "class"));
		cell_packets(table, p, "punted");
		cell_packets(table, p, "dropped");
		table_row_end(table);
	}
	if (shown == 0)
		table_note(table, OUT_PLAIN, "none");
	table_print(table, o);
}

void
render_drops(const struct out *o, const json_t *answer, bool all)
{
	static const struct table_col cols[] = {
		{ "Packets", TABLE_RIGHT },
		{ "Reason", 0 },
		{ "What it means", TABLE_FLEX },
	};
	const json_t *reasons = json_object_get(answer, "reasons");
	struct table *table = table_new(cols, 3);
	size_t i, shown = 0;
	json_t *r;

	json_array_foreach (reasons, i, r) {
		if (!all && get_int(r, "packets") == 0)
			continue;
		cell_packets(table, r, "packets");
		table_cell(table, OUT_PLAIN, "%s", get_str(r, "name"));
		table_cell(table, OUT_PLAIN, "%s", get_str(r, "text"));
		table_row_end(table);
		shown++;
	}
	if (shown == 0)
		table_note(table, OUT_PLAIN, "  Nothing was dropped.");
	table_print(table, o);
	if (json_array_size(json_object_get(answer, "punt")) > 0) {
		out_line(o, "%s", "");
		drops_punt(o, json_object_get(answer, "punt"), all);
	}
	if (json_array_size(json_object_get(answer, "workers")) > 0) {
		out_line(o, "%s", "");
		drops_workers(o, json_object_get(answer, "workers"));
	}
}

void
render_versions(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Version", TABLE_RIGHT },
		{ "", 0 },
		{ "Time", 0 },
		{ "Comment", TABLE_FLEX },
	};
	const json_t *versions = json_object_get(answer, "versions");
	struct table *table = table_new(cols, 4);
	json_t *v;
	size_t i;

	json_array_foreach (versions, i, v) {
		bool running = get_true(v, "running"), startup = get_true(v, "startup");

		table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(v, "version"));
		table_cell(table, OUT_GOOD, "%s%s%s", running ? "running" : "",
				running && startup ? ", " : "", startup ? "startup" : "");
		table_cell(table, OUT_PLAIN, "%s", get_str(v, "time"));
		table_cell(table, OUT_PLAIN, "%s",
				json_is_string(json_object_get(v, "comment"))
						? get_str(v, "comment")
						: "");
		table_row_end(table);
	}
	table_print(table, o);
}

void
render_push(const struct out *o, const json_t *answer, bool dry_run)
{
	const json_t *changes = json_object_get(answer, "changes");
	const json_t *warnings = json_object_get(answer, "warnings");
	const json_t *notes = json_object_get(answer, "notes");
	json_t *line;
	size_t i;

	json_array_foreach (changes, i, line)
		if (json_is_string(line))
			out_line(o, "%s", json_string_value(line));
	json_array_foreach (warnings, i, line)
		if (json_is_string(line))
			out_colored(o, OUT_WARN, "warning: %s", json_string_value(line));
	json_array_foreach (notes, i, line)
		if (json_is_string(line))
			out_line(o, "note: %s", json_string_value(line));
	if (!get_true(answer, "changed"))
		out_line(o, "No change; version %" JSON_INTEGER_FORMAT " is running.",
				get_int(answer, "version"));
	else if (dry_run)
		out_line(o, "Nothing was changed: this was a dry run.");
	else
		out_line(o, "Version %" JSON_INTEGER_FORMAT " is running.",
				get_int(answer, "version"));
}
