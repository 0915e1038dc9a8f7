/* SPDX-License-Identifier: BSD-3-Clause */
/* show interface and show arp. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static enum out_color
link_color(const json_t *i)
{
	if (!get_true(i, "enabled"))
		return OUT_DIM;
	return strcmp(get_str(i, "link"), "up") == 0 ? OUT_GOOD : OUT_BAD;
}

static const char *
link_text(const json_t *i)
{
	return get_true(i, "enabled") ? get_str(i, "link") : "shut down";
}

static void
interface_table(const struct out *o, const json_t *interfaces, const struct since *since)
{
	static const struct table_col plain[] = {
		{ "Interface", TABLE_FLEX },
		{ "Link", 0 },
		{ "Address", TABLE_FLEX },
		{ "MTU", TABLE_RIGHT },
		{ "In packets", TABLE_RIGHT },
		{ "In bytes", TABLE_RIGHT },
		{ "Out packets", TABLE_RIGHT },
		{ "Out bytes", TABLE_RIGHT },
	};
	static const struct table_col live[] = {
		{ "Interface", TABLE_FLEX },
		{ "Link", 0 },
		{ "In packets", TABLE_RIGHT },
		{ "In bytes", TABLE_RIGHT },
		{ "In rate", TABLE_RIGHT },
		{ "Out packets", TABLE_RIGHT },
		{ "Out bytes", TABLE_RIGHT },
		{ "Out rate", TABLE_RIGHT },
	};
	const json_t *all_before =
			since == NULL ? NULL : json_object_get(since->before, "interfaces");
	struct table *table = table_new(since == NULL ? plain : live, 8);
	char num[TEXT_NUM_LEN];
	json_t *f;
	size_t i;

	json_array_foreach (interfaces, i, f) {
		const json_t *before = get_named(all_before, get_str(f, "name"));
		const char *address = json_string_value(
				json_array_get(json_object_get(f, "addresses"), 0));

		table_cell(table, OUT_PLAIN, "%s", get_str(f, "name"));
		table_cell(table, link_color(f), "%s", link_text(f));
		if (since == NULL) {
			table_cell(table, OUT_PLAIN, "%s", address == NULL ? "-" : address);
			table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(f, "mtu"));
		}
		cell_packets(table, f, "in_packets");
		cell_bytes(table, f, "in_bytes");
		if (since != NULL)
			table_cell(table, OUT_BOLD, "%s",
					text_bits(num, 8 * get_rate(f, before, "in_bytes",
									   since->seconds)));
		cell_packets(table, f, "out_packets");
		cell_bytes(table, f, "out_bytes");
		if (since != NULL)
			table_cell(table, OUT_BOLD, "%s",
					text_bits(num, 8 * get_rate(f, before, "out_bytes",
									   since->seconds)));
		table_row_end(table);
	}
	table_print(table, o);
}

/* Only where it is configured. */
static void
carrier_detail(const struct out *o, const json_t *f)
{
	const json_t *delay = json_object_get(f, "carrier_delay");
	char held[TEXT_NUM_LEN];

	if (get_int(delay, "down_ms") == 0 && get_int(delay, "up_ms") == 0)
		return;
	detail(o, "Carrier delay", "down %" JSON_INTEGER_FORMAT " ms, up %" JSON_INTEGER_FORMAT
			" ms, %s changes were over before it", get_int(delay, "down_ms"),
			get_int(delay, "up_ms"),
			text_count(held, (uint64_t)get_int(delay, "held")));
	if (strcmp(get_str(f, "carrier"), get_str(f, "link")) != 0 &&
			!get_true(json_object_get(f, "dampening"), "suppressed"))
		detail(o, "Carrier", "%s, not for long enough yet", get_str(f, "carrier"));
}

static void
dampening_detail(const struct out *o, const json_t *f)
{
	const json_t *d = json_object_get(f, "dampening");

	if (!json_is_object(d))
		return;
	detail(o, "Dampening", "penalty %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " flaps",
			get_int(d, "penalty"), get_int(d, "flaps"));
	if (get_true(d, "suppressed"))
		detail(o, "Suppressed", "carrier is %s, to be used again in %" JSON_INTEGER_FORMAT
				" s", get_str(f, "carrier"), get_int(d, "reuse_in_s"));
}

static void
interface_detail(const struct out *o, const json_t *f)
{
	const json_t *hw = json_object_get(f, "hw"), *addresses = json_object_get(f, "addresses");
	const json_t *rates = json_object_get(f, "rates");
	char a[TEXT_NUM_LEN], b[TEXT_NUM_LEN], c[TEXT_NUM_LEN], d[TEXT_NUM_LEN], name[40];
	json_t *address;
	size_t i;

	out_colored(o, link_color(f), "Interface %s is %s", get_str(f, "name"), link_text(f));
	detail(o, "Description", "%s", get_str(f, "description"));
	json_array_foreach (addresses, i, address)
		detail(o, "Address", "%s",
				json_is_string(address) ? json_string_value(address) : "");
	json_array_foreach (json_object_get(f, "ipv6_addresses"), i, address)
		detail(o, "IPv6 address", "%s",
				json_is_string(address) ? json_string_value(address) : "");
	detail(o, "Port", "%s", get_str(f, "port"));
	if (get_int(f, "vlan") != 0)
		detail(o, "VLAN", "%" JSON_INTEGER_FORMAT, get_int(f, "vlan"));
	detail(o, "MAC", "%s", get_str(f, "mac"));
	detail(o, "MTU", "%" JSON_INTEGER_FORMAT " bytes", get_int(f, "mtu"));
	if (get_int(f, "speed_mbps") > 0)
		detail(o, "Speed", "%s", text_bits(a, 1e6 * (double)get_int(f, "speed_mbps")));
	carrier_detail(o, f);
	dampening_detail(o, f);
	verify_detail(o, f);
	detail(o, "In", "%s packets, %s", text_count(a, (uint64_t)get_int(f, "in_packets")),
			text_bytes(b, (uint64_t)get_int(f, "in_bytes")));
	detail(o, "Out", "%s packets, %s", text_count(a, (uint64_t)get_int(f, "out_packets")),
			text_bytes(b, (uint64_t)get_int(f, "out_bytes")));
	if (json_is_object(rates)) {
		int64_t seconds = get_int(rates, "seconds");

		snprintf(name, sizeof(name), "%s rate",
				seconds == 300 ? "5-minute" : text_age(a, (uint64_t)seconds));
		detail(o, name, "in %s, %s packets/s; out %s, %s packets/s",
				text_bits(a, (double)get_int(rates, "in_bps")),
				text_count(b, (uint64_t)get_int(rates, "in_pps")),
				text_bits(c, (double)get_int(rates, "out_bps")),
				text_count(d, (uint64_t)get_int(rates, "out_pps")));
	}
	if (!json_is_object(hw))
		return;
	detail(o, "Port received", "%s packets, %s, %s missed",
			text_count(a, (uint64_t)get_int(hw, "rx_packets")),
			text_bytes(b, (uint64_t)get_int(hw, "rx_bytes")),
			text_count(c, (uint64_t)get_int(hw, "rx_missed")));
	detail(o, "Port sent", "%s packets, %s", text_count(a, (uint64_t)get_int(hw, "tx_packets")),
			text_bytes(b, (uint64_t)get_int(hw, "tx_bytes")));
	detail(o, "Port errors", "%s in, %s out", text_count(a, (uint64_t)get_int(hw, "rx_errors")),
			text_count(b, (uint64_t)get_int(hw, "tx_errors")));
}

bool
render_interface(const struct out *o, const json_t *answer, const char *name,
		const struct since *since)
{
	const json_t *interfaces = json_object_get(answer, "interfaces"), *one;

	if (name != NULL) {
		one = get_named(interfaces, name);
		if (one != NULL)
			interface_detail(o, one);
		return one != NULL;
	}
	if (json_array_size(interfaces) == 0)
		out_line(o, "No interfaces are configured.");
	else
		interface_table(o, interfaces, since);
	return true;
}

/* Others that claim an address of ours, or have claimed it. */
static void
render_conflicts(const struct out *o, const json_t *conflicts)
{
	static const struct table_col cols[] = {
		{ "Address of ours", 0 },
		{ "Claimed by", 0 },
		{ "Claims", TABLE_RIGHT },
		{ "Defended", TABLE_RIGHT },
		{ "Last", TABLE_RIGHT },
		{ "Interface", TABLE_FLEX },
	};
	struct table *table;
	char age[TEXT_NUM_LEN], n[TEXT_NUM_LEN];
	json_t *e;
	size_t i;

	if (json_array_size(conflicts) == 0)
		return;
	out_line(o, "%s", "");
	table = table_new(cols, 6);
	json_array_foreach (conflicts, i, e) {
		const char *mac = get_str(e, "mac");

		table_cell(table, get_true(e, "open") ? OUT_BAD : OUT_PLAIN, "%s",
				get_str(e, "address"));
		table_cell(table, OUT_PLAIN, "%s", mac[0] != '\0' ? mac : "unknown");
		table_cell(table, OUT_PLAIN, "%s",
				text_count(n, (uint64_t)get_int(e, "claimed")));
		table_cell(table, OUT_PLAIN, "%s",
				text_count(n, (uint64_t)get_int(e, "defended")));
		table_cell(table, OUT_PLAIN, "%s", get_age(e, "ago_s", age));
		table_cell(table, OUT_PLAIN, "%s", get_str(e, "interface"));
		table_row_end(table);
	}
	table_print(table, o);
}

static void
render_neighbours(const struct out *o, const json_t *entries)
{
	static const struct table_col cols[] = {
		{ "Address", 0 },
		{ "Age", TABLE_RIGHT },
		{ "MAC", 0 },
		{ "State", 0 },
		{ "Interface", TABLE_FLEX },
	};
	struct table *table;
	char age[TEXT_NUM_LEN];
	json_t *e;
	size_t i;

	if (json_array_size(entries) == 0) {
		out_line(o, "No neighbours are known.");
		return;
	}
	table = table_new(cols, 5);
	json_array_foreach (entries, i, e) {
		const char *state = get_str(e, "state");
		bool good = strcmp(state, "reachable") == 0;

		table_cell(table, OUT_PLAIN, "%s", get_str(e, "address"));
		table_cell(table, OUT_PLAIN, "%s", get_age(e, "age_s", age));
		table_cell(table, OUT_PLAIN, "%s", get_str(e, "mac"));
		table_cell(table,
				good                           ? OUT_GOOD
				: strcmp(state, "failed") == 0 ? OUT_BAD
							       : OUT_WARN,
				"%s", state);
		table_cell(table, OUT_PLAIN, "%s", get_str(e, "interface"));
		table_row_end(table);
	}
	table_print(table, o);
}

void
render_arp(const struct out *o, const json_t *answer)
{
	render_neighbours(o, json_object_get(answer, "entries"));
	render_conflicts(o, json_object_get(answer, "conflicts"));
}

void
render_interface_dampening(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Interface", TABLE_FLEX }, { "Flaps", TABLE_RIGHT },
		{ "Penalty", TABLE_RIGHT }, { "Suppressed", 0 }, { "Reuse in", TABLE_RIGHT },
		{ "Half-life", TABLE_RIGHT }, { "Reuse", TABLE_RIGHT }, { "Suppress", TABLE_RIGHT },
		{ "Max time", TABLE_RIGHT }, { "Max penalty", TABLE_RIGHT },
		{ "Restart", TABLE_RIGHT }, { "Times", TABLE_RIGHT } };
	static const char *const numbers[] = { "reuse", "suppress", "max_suppress_s", "max_penalty",
		"restart", "suppressions" };
	struct table *t = table_new(cols, sizeof(cols) / sizeof(cols[0]));
	json_t *f;
	size_t i;

	json_array_foreach (json_object_get(answer, "interfaces"), i, f) {
		const json_t *d = json_object_get(f, "dampening");
		bool suppressed = get_true(d, "suppressed");

		if (!json_is_object(d))
			continue;
		table_cell(t, OUT_PLAIN, "%s", get_str(f, "name"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(d, "flaps"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(d, "penalty"));
		table_cell(t, suppressed ? OUT_WARN : OUT_PLAIN, suppressed ? "yes" : "no");
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT " s", get_int(d, "reuse_in_s"));
		table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT " s", get_int(d, "half_life_s"));
		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
			table_cell(t, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(d, numbers[k]));
		table_row_end(t);
	}
	table_print(t, o);
}
