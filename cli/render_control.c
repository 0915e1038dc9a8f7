/* SPDX-License-Identifier: BSD-3-Clause */
/* show control-plane, show ip traffic. */
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

void
render_control_plane(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Class", TABLE_FLEX },
		{ "Rate/s", TABLE_RIGHT },
		{ "Burst", TABLE_RIGHT },
		{ "Packets", TABLE_RIGHT },
		{ "Policed", TABLE_RIGHT },
		{ "Dropped", TABLE_RIGHT },
	};
	const json_t *classes = json_object_get(answer, "classes");
	struct table *table = table_new(cols, 6);
	json_t *c;
	size_t i;

	json_array_foreach (classes, i, c) {
		table_cell(table, OUT_PLAIN, "%s", get_str(c, "class"));
		cell_packets(table, c, "rate");
		cell_packets(table, c, "burst");
		cell_packets(table, c, "punted");
		cell_packets(table, c, "policed");
		cell_packets(table, c, "dropped");
		table_row_end(table);
	}
	table_print(table, o);
	out_line(o, "Rates are of each of %" JSON_INTEGER_FORMAT " workers; one source gets a "
			"quarter.", get_int(answer, "workers"));
}

void
render_ip_traffic(const struct out *o, const json_t *answer)
{
	const json_t *r = json_object_get(answer, "reassembly");
	char a[TEXT_NUM_LEN], b[TEXT_NUM_LEN], c[TEXT_NUM_LEN];
	json_t *d;
	size_t i;

	out_line(o, "Packets: %s received, %s sent",
			text_count(a, (uint64_t)get_int(answer, "received")),
			text_count(b, (uint64_t)get_int(answer, "sent")));
	out_line(o, "Fragments for this appliance: %s received, %s packets reassembled, %s waiting",
			text_count(a, (uint64_t)get_int(r, "fragments")),
			text_count(b, (uint64_t)get_int(r, "reassembled")),
			text_count(c, (uint64_t)get_int(r, "waiting")));
	json_array_foreach (json_object_get(r, "drops"), i, d)
		if (get_int(d, "packets") != 0)
			out_line(o, "  %s dropped: %s",
					text_count(a, (uint64_t)get_int(d, "packets")),
					get_str(d, "text"));
}
