/* SPDX-License-Identifier: BSD-3-Clause */
/* show tunnel mtu: the sum line by line; show gre protocols. */
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static void
path_line(const struct out *o, const json_t *path)
{
	if (!json_is_object(path))
		return;
	out_line(o, "  %6" JSON_INTEGER_FORMAT "  of the path, said %s %" JSON_INTEGER_FORMAT
		    " s ago; forgotten in %" JSON_INTEGER_FORMAT " s",
			get_int(path, "mtu"), get_str(path, "from"), get_int(path, "age_s"),
			get_int(path, "forgotten_in_s"));
}

static void
mtu_one(const struct out *o, const json_t *t)
{
	const json_t *line;
	size_t i;

	out_colored(o, OUT_BOLD, "Tunnel %s", get_str(t, "name"));
	if (!json_is_integer(json_object_get(t, "interface_mtu"))) {
		out_line(o, "  no way to the far end: nothing to add up");
		return;
	}
	out_line(o, "  %6" JSON_INTEGER_FORMAT "  of the interface", get_int(t, "interface_mtu"));
	path_line(o, json_object_get(t, "path"));
	json_array_foreach (json_object_get(t, "lines"), i, line)
		out_line(o, "  - %4" JSON_INTEGER_FORMAT "  %s", get_int(line, "bytes"),
				get_str(line, "what"));
	out_line(o, "  = %4" JSON_INTEGER_FORMAT "  fits", get_int(t, "budget"));
	if (json_is_integer(json_object_get(t, "configured")))
		out_line(o, "  %6" JSON_INTEGER_FORMAT "  configured", get_int(t, "configured"));
	out_colored(o, OUT_BOLD, "  %6" JSON_INTEGER_FORMAT "  longest packet inside",
			get_int(t, "applied"));
}

bool
render_mtu(const struct out *o, const json_t *answer, const char *name)
{
	const json_t *tunnels = json_object_get(answer, "tunnels"), *t, *count;
	bool shown = false;
	const char *verdict;
	size_t i;

	json_array_foreach (tunnels, i, t) {
		if (name != NULL && strcmp(get_str(t, "name"), name) != 0)
			continue;
		mtu_one(o, t);
		shown = true;
	}
	if (name != NULL)
		return shown;
	if (!shown)
		out_line(o, "No tunnels are configured.");
	json_object_foreach ((json_t *)(uintptr_t)json_object_get(answer, "icmp"), verdict, count)
		if (json_integer_value(count) != 0)
			out_line(o, "ICMP about packets that were too long: %" JSON_INTEGER_FORMAT
				    " %s",
					json_integer_value(count), verdict);
	return true;
}

void
render_gre_protocols(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Type", 0 },
		{ "Name", TABLE_FLEX },
		{ "Packets dropped", TABLE_RIGHT },
	};
	const json_t *list = json_object_get(answer, "protocols");
	struct table *table;
	json_t *p;
	size_t i;

	if (json_array_size(list) == 0) {
		out_line(o, "No other payload than what is carried has come in GRE.");
		return;
	}
	table = table_new(cols, 3);
	json_array_foreach (list, i, p) {
		table_cell(table, OUT_PLAIN, "%s", get_str(p, "type"));
		table_cell(table, OUT_PLAIN, "%s", get_str(p, "name"));
		cell_packets(table, p, "packets");
		table_row_end(table);
	}
	table_print(table, o);
}
