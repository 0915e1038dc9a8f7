/* SPDX-License-Identifier: BSD-3-Clause */
/* show tunnel: a table, one tunnel in detail, or the live view with rates. */
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static enum out_color
state_color(const json_t *t)
{
	if (!get_true(t, "enabled"))
		return OUT_DIM;
	return strcmp(get_str(t, "state"), "up") == 0 ? OUT_GOOD : OUT_BAD;
}

static void
note_why(struct table *table, const json_t *t)
{
	if (strcmp(get_str(t, "state"), "up") != 0 && strcmp(get_str(t, "why"), "-") != 0)
		table_note(table, OUT_WARN, "  why down: %s", get_str(t, "why"));
}

static void
tunnel_table(const struct out *o, const json_t *tunnels)
{
	static const struct table_col cols[] = {
		{ "Tunnel", TABLE_FLEX },
		{ "State", 0 },
		{ "Destination", 0 },
		{ "Inside", 0 },
		{ "In packets", TABLE_RIGHT },
		{ "Out packets", TABLE_RIGHT },
		{ "Algorithm", TABLE_FLEX },
		{ "Since", TABLE_RIGHT },
	};
	struct table *table = table_new(cols, 8);
	char age[TEXT_NUM_LEN];
	json_t *t;
	size_t i;

	json_array_foreach (tunnels, i, t) {
		table_cell(table, OUT_PLAIN, "%s", get_str(t, "name"));
		table_cell(table, state_color(t), "%s", get_str(t, "state"));
		table_cell(table, OUT_PLAIN, "%s", get_str(t, "destination"));
		table_cell(table, OUT_PLAIN, "%s", get_str(t, "address"));
		cell_packets(table, t, "in_packets");
		cell_packets(table, t, "out_packets");
		table_cell(table, OUT_PLAIN, "%s", get_str(t, "alg"));
		table_cell(table, OUT_PLAIN, "%s", get_age(t, "since_s", age));
		table_row_end(table);
		note_why(table, t);
	}
	table_print(table, o);
}

/* One direction of a tunnel in the live view. */
static void
live_row(struct table *table, const json_t *t, const json_t *before, double seconds, bool in)
{
	const char *bytes = in ? "in_bytes" : "out_bytes",
		   *packets = in ? "in_packets" : "out_packets";
	double rate = get_rate(t, before, packets, seconds);
	char num[TEXT_NUM_LEN], age[TEXT_NUM_LEN];

	table_cell(table, OUT_PLAIN, "%s", in ? get_str(t, "name") : "");
	table_cell(table, state_color(t), "%s", in ? get_str(t, "state") : "");
	table_cell(table, OUT_PLAIN, "%s", in ? "in" : "out");
	cell_packets(table, t, packets);
	cell_bytes(table, t, bytes);
	table_cell(table, OUT_BOLD, "%s", text_bits(num, 8 * get_rate(t, before, bytes, seconds)));
	table_cell(table, OUT_PLAIN, "%s", rate < 0 ? "-" : text_packets(num, (uint64_t)rate));
	table_cell(table, OUT_PLAIN, "%s", get_str(t, in ? "spi_in" : "spi_out"));
	if (in) {
		table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(t, "rekeys"));
		table_cell(table, OUT_PLAIN, "%s", get_age(t, "sa_age_s", age));
	}
	table_row_end(table);
}

static void
tunnel_live(const struct out *o, const json_t *tunnels, const struct since *since)
{
	static const struct table_col cols[] = {
		{ "Tunnel", TABLE_FLEX },
		{ "State", 0 },
		{ "Dir", 0 },
		{ "Packets", TABLE_RIGHT },
		{ "Bytes", TABLE_RIGHT },
		{ "Rate", TABLE_RIGHT },
		{ "Packets/s", TABLE_RIGHT },
		{ "SPI", 0 },
		{ "Rekeys", TABLE_RIGHT },
		{ "SA age", TABLE_RIGHT },
	};
	const json_t *all_before = json_object_get(since->before, "tunnels");
	struct table *table = table_new(cols, 10);
	json_t *t;
	size_t i;

	json_array_foreach (tunnels, i, t) {
		const json_t *before = json_array_get(all_before, i);

		if (strcmp(get_str(before, "name"), get_str(t, "name")) != 0)
			before = get_named(all_before, get_str(t, "name"));
		live_row(table, t, before, since->seconds, true);
		live_row(table, t, before, since->seconds, false);
		note_why(table, t);
	}
	table_print(table, o);
}

static void
tunnel_detail(const struct out *o, const json_t *t)
{
	char a[TEXT_NUM_LEN], b[TEXT_NUM_LEN], age[TEXT_NUM_LEN];

	out_colored(o, state_color(t), "Tunnel %s is %s%s", get_str(t, "name"), get_str(t, "state"),
			get_true(t, "enabled") ? "" : " (shut down)");
	if (strcmp(get_str(t, "state"), "up") != 0)
		detail(o, "Why down", "%s", get_str(t, "why"));
	detail(o, "Description", "%s", get_str(t, "description"));
	detail(o, "Since", "%s", get_age(t, "since_s", age));
	detail(o, "Outside", "%s to %s", get_str(t, "source"), get_str(t, "destination"));
	if (json_is_string(json_object_get(t, "member_of")))
		detail(o, "Member of", "%s, for %s", get_str(t, "member_of"),
				get_str(t, "far_address"));
	else
		detail(o, "Inside", "%s", get_str(t, "address"));
	detail(o, "Mode", "%s", get_str(t, "mode"));
	detail(o, "IP MTU", "%" JSON_INTEGER_FORMAT " bytes", get_int(t, "mtu"));
	verify_detail(o, t);
	detail(o, "Protection", "%s", get_str(t, "protection"));
	detail(o, "Peer", "%s", get_str(t, "peer"));
	detail(o, "Algorithm", "%s", get_str(t, "alg"));
	if (strcmp(get_str(t, "spi_in"), "-") != 0)
		detail(o, "SPI", "%s in, %s out; %" JSON_INTEGER_FORMAT " rekeys, age %s",
				get_str(t, "spi_in"), get_str(t, "spi_out"), get_int(t, "rekeys"),
				get_age(t, "sa_age_s", age));
	if (json_is_object(json_object_get(t, "keepalive"))) {
		const json_t *k = json_object_get(t, "keepalive");

		detail(o, "Keepalive", "every %" JSON_INTEGER_FORMAT " s; %" JSON_INTEGER_FORMAT
				" sent, %" JSON_INTEGER_FORMAT " answered, %" JSON_INTEGER_FORMAT
				" of %" JSON_INTEGER_FORMAT " missed",
				get_int(k, "interval_s"), get_int(k, "sent"),
				get_int(k, "answered"), get_int(k, "missed"),
				get_int(k, "retries"));
	}
	detail(o, "In", "%s packets, %s", text_count(a, (uint64_t)get_int(t, "in_packets")),
			text_bytes(b, (uint64_t)get_int(t, "in_bytes")));
	detail(o, "Out", "%s packets, %s", text_count(a, (uint64_t)get_int(t, "out_packets")),
			text_bytes(b, (uint64_t)get_int(t, "out_bytes")));
	detail(o, "Drops", "%s in, %s out", text_count(a, (uint64_t)get_int(t, "in_drops")),
			text_count(b, (uint64_t)get_int(t, "out_drops")));
}

bool
render_tunnel(const struct out *o, const json_t *answer, const char *name,
		const struct since *since)
{
	const json_t *tunnels = json_object_get(answer, "tunnels"), *one;

	if (name != NULL) {
		one = get_named(tunnels, name);
		if (one != NULL)
			tunnel_detail(o, one);
		return one != NULL;
	}
	if (json_array_size(tunnels) == 0)
		out_line(o, "No tunnels are configured.");
	else if (since != NULL)
		tunnel_live(o, tunnels, since);
	else
		tunnel_table(o, tunnels);
	return true;
}
