/* SPDX-License-Identifier: BSD-3-Clause */
/* show crypto session: protected tunnels, how their peers live, and why one is down. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static const char *
ago(const json_t *o, const char *key, char *buf)
{
	char age[TEXT_NUM_LEN];

	if (!json_is_integer(json_object_get(o, key)))
		return "never";
	snprintf(buf, TEXT_NUM_LEN + 8, "%s ago", get_age(o, key, age));
	return buf;
}

static void
sessions_table(const struct out *o, const json_t *list)
{
	static const struct table_col cols[] = {
		{ "Tunnel", TABLE_FLEX },
		{ "Peer", 0 },
		{ "Identity", TABLE_FLEX },
		{ "IKE", 0 },
		{ "State", 0 },
		{ "For", TABLE_RIGHT },
		{ "IKE heard", TABLE_RIGHT },
		{ "ESP heard", TABLE_RIGHT },
		{ "DPD", TABLE_RIGHT },
	};
	struct table *table = table_new(cols, 9);
	char a[TEXT_NUM_LEN + 8];
	json_t *s;
	size_t i;

	json_array_foreach (list, i, s) {
		const json_t *dpd = json_object_get(s, "dpd");
		bool up = strcmp(get_str(s, "state"), "up") == 0;

		table_cell(table, OUT_PLAIN, "%s", get_str(s, "tunnel"));
		table_cell(table, OUT_PLAIN, "%s", get_str(s, "remote"));
		table_cell(table, OUT_PLAIN, "%s", get_str(s, "identity"));
		if (json_is_integer(json_object_get(s, "version")))
			table_cell(table, OUT_PLAIN, "v%" JSON_INTEGER_FORMAT,
					get_int(s, "version"));
		else
			table_cell(table, OUT_PLAIN, "-");
		table_cell(table, up ? OUT_GOOD : OUT_BAD, "%s", get_str(s, "state"));
		table_cell(table, OUT_PLAIN, "%s", get_age(s, "since_s", a));
		table_cell(table, OUT_PLAIN, "%s", get_age(s, "ike_heard_s", a));
		table_cell(table, OUT_PLAIN, "%s", get_age(s, "esp_heard_s", a));
		table_cell(table, get_int(dpd, "missed") > 0 ? OUT_WARN : OUT_PLAIN,
				"%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT,
				get_int(dpd, "answered"), get_int(dpd, "sent"));
		table_row_end(table);
		if (!up)
			table_note(table, OUT_WARN, "  %s", get_str(s, "why"));
	}
	table_print(table, o);
}

/* "up to 5 ms: 12, up to 20 ms: 3, more: 1"; buckets that are empty are left out. */
static void
round_trips(const struct out *o, const json_t *list)
{
	char line[256] = "";
	size_t n = 0, i;
	json_t *b;

	json_array_foreach (list, i, b) {
		if (get_int(b, "n") == 0 || n >= sizeof(line))
			continue;
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s", n > 0 ? ", " : "");
		if (n >= sizeof(line))
			break;
		if (json_is_integer(json_object_get(b, "up_to_ms")))
			n += (size_t)snprintf(line + n, sizeof(line) - n,
					"up to %" JSON_INTEGER_FORMAT " ms: %" JSON_INTEGER_FORMAT,
					get_int(b, "up_to_ms"), get_int(b, "n"));
		else
			n += (size_t)snprintf(line + n, sizeof(line) - n,
					"longer: %" JSON_INTEGER_FORMAT, get_int(b, "n"));
	}
	detail(o, "Round trips", "%s", line);
}

static void
dpd_lines(const struct out *o, const json_t *dpd)
{
	if (strcmp(get_str(dpd, "mode"), "disabled") == 0) {
		detail(o, "Dead peer detection", "disabled");
		return;
	}
	if (get_true(dpd, "peer_unable")) {
		detail(o, "Dead peer detection", "none: the peer does not offer it");
		return;
	}
	detail(o, "Dead peer detection",
			"%s, every %" JSON_INTEGER_FORMAT " s, again after %" JSON_INTEGER_FORMAT
			" s, %" JSON_INTEGER_FORMAT
			" times: a dead peer is known after %" JSON_INTEGER_FORMAT
			" s at the latest",
			get_str(dpd, "mode"), get_int(dpd, "interval_s"), get_int(dpd, "retry_s"),
			get_int(dpd, "count"), get_int(dpd, "worst_s"));
	detail(o, "DPD probes",
			"%" JSON_INTEGER_FORMAT " sent, %" JSON_INTEGER_FORMAT
			" answered, %" JSON_INTEGER_FORMAT " missed, %" JSON_INTEGER_FORMAT
			" times unknown",
			get_int(dpd, "sent"), get_int(dpd, "answered"), get_int(dpd, "missed"),
			get_int(dpd, "unknown"));
	round_trips(o, json_object_get(dpd, "round_trips"));
}

static void
session_detail(const struct out *o, const json_t *s)
{
	const json_t *ike = json_object_get(s, "ike"), *end = json_object_get(s, "last_end");
	const json_t *selectors = json_object_get(s, "selectors");
	bool up = strcmp(get_str(s, "state"), "up") == 0;
	char a[TEXT_NUM_LEN + 8], b[TEXT_NUM_LEN + 8];

	out_colored(o, up ? OUT_GOOD : OUT_BAD, "Tunnel %s is %s", get_str(s, "tunnel"),
			get_str(s, "state"));
	if (!up)
		detail(o, "Why", "%s", get_str(s, "why"));
	if (json_is_integer(json_object_get(s, "retry_in_s")))
		detail(o, "Next try", "in %s", get_age(s, "retry_in_s", a));
	if (json_object_get(s, "version") == NULL)
		return;
	detail(o, "Peer", "%s from %s, IKEv%" JSON_INTEGER_FORMAT ", %s", get_str(s, "remote"),
			get_str(s, "local"), get_int(s, "version"), get_str(s, "ike_state"));
	detail(o, "Identity", "expected %s%s%s", get_str(s, "identity"),
			ike != NULL ? ", is " : "", ike != NULL ? get_str(ike, "remote_id") : "");
	if (ike != NULL)
		render_authentication(o, ike);
	if (ike != NULL)
		detail(o, "IKE SA", "%s, %s%s%s, age %s, rekey in %s%s", get_str(ike, "state"),
				get_str(ike, "proposal"),
				get_str(ike, "weak")[0] != '-' ? ", weak: " : "",
				get_str(ike, "weak")[0] != '-' ? get_str(ike, "weak") : "",
				get_age(ike, "age_s", a), get_age(ike, "rekey_in_s", b),
				get_true(ike, "encapsulated") ? ", ESP in UDP" : "");
	if (json_is_object(selectors))
		detail(o, "Selectors", "%s to %s", get_str(selectors, "local"),
				get_str(selectors, "remote"));
	detail(o, "Last heard", "IKE %s, ESP %s", ago(s, "ike_heard_s", a),
			ago(s, "esp_heard_s", b));
	dpd_lines(o, json_object_get(s, "dpd"));
	detail(o, "Sessions", "%" JSON_INTEGER_FORMAT, get_int(s, "sessions"));
	if (json_is_object(end))
		detail(o, "Last one ended", "%s: %s", ago(end, "ago_s", a), get_str(end, "why"));
}

bool
render_session(const struct out *o, const json_t *answer, bool all)
{
	const json_t *list = json_object_get(answer, "sessions");
	json_t *s;
	size_t i;

	if (json_array_size(list) == 0)
		return false;
	if (all)
		json_array_foreach (list, i, s)
			session_detail(o, s);
	else
		sessions_table(o, list);
	return true;
}
