/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf route`, `border-routers`, `statistics`. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

/* "10.1.1.2, wan; directly, tunnel1" */
static const char *
hops_text(const json_t *o, char *buf, size_t cap)
{
	const json_t *hops = json_object_get(o, "next_hops");
	size_t len = 0, i;
	json_t *h;

	snprintf(buf, cap, "-");
	json_array_foreach (hops, i, h) {
		const char *via = get_str(h, "via");

		len += (size_t)snprintf(buf + len, cap - len, "%s%s, %s", i > 0 ? "; " : "",
				strcmp(via, "-") == 0 ? "directly" : via, get_str(h, "interface"));
		if (len >= cap)
			break;
	}
	return buf;
}

void
render_ospf_route(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Prefix", 0 }, { "Kind", 0 },
		{ "Metric", TABLE_RIGHT }, { "Area, router", 0 }, { "Next hops", TABLE_FLEX } };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	char hops[512];
	json_t *r;
	size_t i;

	json_array_foreach (json_object_get(answer, "routes"), i, r) {
		bool external = json_object_get(r, "router") != NULL;

		table_cell(t, OUT_PLAIN, "%s", get_str(r, "prefix"));
		table_cell(t, OUT_PLAIN, "%s", get_str(r, "kind"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(r, "metric"));
		table_cell(t, OUT_PLAIN, "%s", get_str(r, external ? "router" : "area"));
		table_cell(t, OUT_PLAIN, "%s", hops_text(r, hops, sizeof(hops)));
		table_row_end(t);
	}
	table_print(t, o);
}

void
render_ospf_border(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Router ID", 0 }, { "Area", 0 }, { "What", 0 },
		{ "Cost", TABLE_RIGHT }, { "Next hops", TABLE_FLEX } };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	char hops[512];
	json_t *r;
	size_t i;

	json_array_foreach (json_object_get(answer, "routers"), i, r) {
		bool abr = get_true(r, "abr"), asbr = get_true(r, "asbr");

		table_cell(t, OUT_PLAIN, "%s", get_str(r, "router_id"));
		table_cell(t, OUT_PLAIN, "%s", get_str(r, "area"));
		table_cell(t, OUT_PLAIN, "%s", abr && asbr ? "ABR, ASBR" : abr ? "ABR" : "ASBR");
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(r, "cost"));
		table_cell(t, OUT_PLAIN, "%s", hops_text(r, hops, sizeof(hops)));
		table_row_end(t);
	}
	table_print(t, o);
}

void
render_ospf_statistics(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Ago", TABLE_RIGHT }, { "Trigger", TABLE_FLEX },
		{ "More", TABLE_RIGHT }, { "Areas", TABLE_RIGHT }, { "Waited", TABLE_RIGHT },
		{ "SPF", TABLE_RIGHT }, { "Routes", TABLE_RIGHT }, { "Number", TABLE_RIGHT } };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	const json_t *feed = json_object_get(answer, "feed");
	json_t *e;
	size_t i;

	out_line(o, "%" JSON_INTEGER_FORMAT " runs of Dijkstra, %" JSON_INTEGER_FORMAT
		    " calculations without; the longest %" JSON_INTEGER_FORMAT
		    " us; the next one waits "
		    "%" JSON_INTEGER_FORMAT " ms", get_int(answer, "spf_runs"),
			get_int(answer, "partial_runs"), get_int(answer, "worst_us"),
			get_int(answer, "hold_ms"));
	out_line(o, "To the dataplane: %" JSON_INTEGER_FORMAT " changes of %" JSON_INTEGER_FORMAT
		    " prefixes in %" JSON_INTEGER_FORMAT " slices, %" JSON_INTEGER_FORMAT
		    " times a group with all its routes, %" JSON_INTEGER_FORMAT
		    " times everything; %" JSON_INTEGER_FORMAT " prefixes wait",
			get_int(feed, "parts"), get_int(feed, "prefixes"), get_int(feed, "slices"),
			get_int(feed, "groups"), get_int(feed, "whole"), get_int(feed, "waiting"));
	if (get_true(answer, "storm"))
		out_colored(o, OUT_WARN, "SPF storm");
	json_array_foreach (json_object_get(answer, "log"), i, e) {
		table_cell(t, OUT_PLAIN, "%.1f s", json_number_value(json_object_get(e, "ago_s")));
		table_cell(t, OUT_PLAIN, "%s", get_str(e, "trigger"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT,
				get_int(e, "triggers") > 0 ? get_int(e, "triggers") - 1 : 0);
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(e, "areas"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT " ms", get_int(e, "waited_ms"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT " us", get_int(e, "spf_us"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT " us", get_int(e, "routes_us"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(e, "routes"));
		table_row_end(t);
	}
	table_print(t, o);
}
