/* SPDX-License-Identifier: BSD-3-Clause */
/* show crypto ikev2 sa, show crypto ipsec sa, show crypto policy. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

static bool
of_version(const json_t *o, int version)
{
	return get_int(o, "version") == version;
}

static void
ike_table(const struct out *o, const json_t *sas, int version)
{
	static const struct table_col cols[] = {
		{ "Peer", TABLE_FLEX },
		{ "Remote", 0 },
		{ "Role", 0 },
		{ "State", TABLE_FLEX },
		{ "Proposal", TABLE_FLEX },
		{ "Age", TABLE_RIGHT },
		{ "Rekey in", TABLE_RIGHT },
		{ "Rekeys", TABLE_RIGHT },
	};
	struct table *table = table_new(cols, 8);
	char age[TEXT_NUM_LEN];
	json_t *sa;
	size_t i;

	json_array_foreach (sas, i, sa) {
		const char *state = get_str(sa, "state");
		bool weak = get_str(sa, "weak")[0] != '-';

		if (!of_version(sa, version))
			continue;
		table_cell(table, OUT_PLAIN, "%s", get_str(sa, "peer"));
		table_cell(table, OUT_PLAIN, "%s", get_str(sa, "remote"));
		table_cell(table, OUT_PLAIN, "%s", get_str(sa, "role"));
		table_cell(table, strcmp(state, "established") == 0 ? OUT_GOOD : OUT_WARN, "%s",
				state);
		table_cell(table, weak ? OUT_WARN : OUT_PLAIN, "%s%s", get_str(sa, "proposal"),
				weak ? " weak" : "");
		table_cell(table, OUT_PLAIN, "%s", get_age(sa, "age_s", age));
		table_cell(table, OUT_PLAIN, "%s", get_age(sa, "rekey_in_s", age));
		table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(sa, "rekeys"));
		table_row_end(table);
	}
	table_print(table, o);
}

void
render_authentication(const struct out *o, const json_t *sa)
{
	const json_t *auth = json_object_get(sa, "authentication");
	const json_t *cert = json_object_get(auth, "certificate");
	char age[TEXT_NUM_LEN];

	if (get_str(auth, "local")[0] != '-')
		detail(o, "Authentication", "%s ours, %s the peer's%s", get_str(auth, "local"),
				get_str(auth, "remote"),
				get_true(auth, "ppk") ? ", with a PPK" : "");
	if (!json_is_object(cert))
		return;
	if (get_int(cert, "expires_in_s") < 0)
		detail(o, "Peer certificate", "%s, expired", get_str(cert, "subject"));
	else
		detail(o, "Peer certificate", "%s, good for %s", get_str(cert, "subject"),
				get_age(cert, "expires_in_s", age));
}

static void
ike_detail(const struct out *o, const json_t *sa)
{
	const json_t *children = json_object_get(sa, "children");
	char a[TEXT_NUM_LEN], b[TEXT_NUM_LEN];
	json_t *child;
	size_t i;

	out_line(o, "%s SA with %s, %s, %s%s", of_version(sa, 1) ? "ISAKMP" : "IKE",
			get_str(sa, "peer"), get_str(sa, "state"), get_str(sa, "role"),
			get_true(sa, "restored") ? ", restored after a restart" : "");
	detail(o, "Addresses", "%s port %" JSON_INTEGER_FORMAT " to %s port %" JSON_INTEGER_FORMAT,
			get_str(sa, "local"), get_int(sa, "local_port"), get_str(sa, "remote"),
			get_int(sa, "remote_port"));
	detail(o, "Remote identity", "%s", get_str(sa, "remote_id"));
	render_authentication(o, sa);
	detail(o, of_version(sa, 1) ? "Cookies" : "SPIs", "%s initiator, %s responder",
			get_str(sa, "spi_i"), get_str(sa, "spi_r"));
	detail(o, "Proposal", "%s", get_str(sa, "proposal"));
	if (get_str(sa, "weak")[0] != '-')
		detail(o, "Weak", "%s", get_str(sa, "weak"));
	detail(o, "Age", "%s, rekey in %s, %" JSON_INTEGER_FORMAT " rekeys",
			get_age(sa, "age_s", a), get_age(sa, "rekey_in_s", b),
			get_int(sa, "rekeys"));
	if (get_int(sa, "fragmentation_mtu") != 0)
		detail(o, "Fragmentation",
				"of messages that need packets of more than "
				"%" JSON_INTEGER_FORMAT " bytes",
				get_int(sa, "fragmentation_mtu"));
	if (get_true(sa, "nat_local") || get_true(sa, "nat_remote"))
		detail(o, "NAT", "in front of %s%s%s%s", get_true(sa, "nat_local") ? "us" : "",
				get_true(sa, "nat_local") && get_true(sa, "nat_remote") ? " and "
											: "",
				get_true(sa, "nat_remote") ? "the peer" : "",
				get_true(sa, "encapsulated") ? ", ESP goes in UDP" : "");
	json_array_foreach (children, i, child)
		detail(o, "Child SA",
				"%s in, %s out, %s mode, %s%s%s%s%s%s%s, age %s, rekey in %s, "
				"%" JSON_INTEGER_FORMAT " rekeys",
				get_str(child, "spi_in"), get_str(child, "spi_out"),
				get_str(child, "mode"), get_str(child, "alg"),
				get_str(child, "weak")[0] != '-' ? ", weak: " : "",
				get_str(child, "weak")[0] != '-' ? get_str(child, "weak") : "",
				get_true(child, "esn") ? ", ESN" : "",
				get_str(child, "pfs")[0] != '-' ? ", PFS " : "",
				get_str(child, "pfs")[0] != '-' ? get_str(child, "pfs") : "",
				get_true(child, "current") ? "" : ", being replaced",
				get_age(child, "age_s", a), get_age(child, "rekey_in_s", b),
				get_int(child, "rekeys"));
}

/* Peers without an established SA, and why. */
static void
ike_waiting(const struct out *o, const json_t *peers, int version)
{
	char age[TEXT_NUM_LEN], retry[TEXT_NUM_LEN + 16] = "";
	json_t *peer;
	size_t i;

	json_array_foreach (peers, i, peer) {
		const char *state = get_str(peer, "state"), *why = get_str(peer, "why");

		if (strcmp(state, "established") == 0 || !of_version(peer, version))
			continue;
		retry[0] = '\0';
		if (get_int(peer, "retry_in_s") > 0)
			snprintf(retry, sizeof(retry), ", next try in %s",
					get_age(peer, "retry_in_s", age));
		out_colored(o, OUT_WARN, "%s: %s%s%s%s", get_str(peer, "name"), state,
				strcmp(why, "-") != 0 ? ", " : "", strcmp(why, "-") != 0 ? why : "",
				retry);
	}
}

/* Both versions count together. */
static void
ike_limits(const struct out *o, const json_t *l)
{
	json_int_t cookies = get_int(l, "cookie_challenge");
	bool now = get_true(l, "cookies_demanded");

	out_line(o, "IKE SAs: %lld of %lld, half-open %lld of %lld, of one address %lld, or %lld if it "
		    "receives there",
			get_int(l, "sas"), get_int(l, "max_sa"), get_int(l, "half_open"),
			get_int(l, "max_in_negotiation_sa"), get_int(l, "per_address"),
			get_int(l, "per_address_proven"));
	if (cookies == 0)
		out_line(o, "Cookies are demanded of all who call");
	else
		out_colored(o, now ? OUT_WARN : OUT_PLAIN, "Cookies are demanded %s %lld half-open",
				now ? "now, from" : "from", cookies);
}

void
render_ike(const struct out *o, const json_t *answer, int version, bool all)
{
	const json_t *sas = json_object_get(answer, "sas");
	const json_t *counters = json_object_get(answer, "counters");
	char num[TEXT_NUM_LEN];
	const char *name;
	bool any = false;
	size_t i, n = 0;
	json_t *v;

	json_array_foreach (sas, i, v) {
		n += of_version(v, version);
		if (all && of_version(v, version))
			ike_detail(o, v);
	}
	if (n == 0)
		out_line(o, version == 1 ? "No ISAKMP SAs." : "No IKE SAs.");
	else if (!all)
		ike_table(o, sas, version);
	ike_waiting(o, json_object_get(answer, "peers"), version);
	if (!all)
		return;
	ike_limits(o, json_object_get(answer, "limits"));
	json_object_foreach ((json_t *)counters, name, v) {
		if (json_integer_value(v) <= 0)
			continue;
		if (!any)
			out_line(o, "Counters");
		any = true;
		out_line(o, "  %-32s %s", name, text_count(num, (uint64_t)json_integer_value(v)));
	}
}

static void
ipsec_row(struct table *table, const json_t *sa)
{
	const char *state = get_str(sa, "state");
	bool weak = get_str(sa, "weak")[0] != '-';
	char num[TEXT_NUM_LEN], age[TEXT_NUM_LEN];

	table_cell(table, OUT_PLAIN, "%s", get_str(sa, "tunnel"));
	table_cell(table, OUT_PLAIN, "%s", get_str(sa, "direction"));
	table_cell(table, OUT_PLAIN, "%s", get_str(sa, "spi"));
	table_cell(table, strcmp(state, "active") == 0 ? OUT_GOOD : OUT_WARN, "%s", state);
	table_cell(table, weak ? OUT_WARN : OUT_PLAIN, "%s%s%s", get_str(sa, "alg"),
			get_true(sa, "esn") ? " esn" : "", weak ? " weak" : "");
	table_cell(table, OUT_PLAIN, "%s", get_age(sa, "age_s", age));
	cell_packets(table, sa, "packets");
	cell_bytes(table, sa, "bytes");
	table_cell(table, get_int(sa, "replay_drops") > 0 ? OUT_WARN : OUT_PLAIN, "%s",
			text_packets(num, (uint64_t)get_int(sa, "replay_drops")));
	table_cell(table, get_int(sa, "auth_drops") > 0 ? OUT_BAD : OUT_PLAIN, "%s",
			text_packets(num, (uint64_t)get_int(sa, "auth_drops")));
	table_row_end(table);
}

static void
ipsec_detail(const struct out *o, const json_t *sa)
{
	bool has_local = json_is_string(json_object_get(sa, "inner_local"));
	bool has_remote = json_is_string(json_object_get(sa, "inner_remote"));
	char a[TEXT_NUM_LEN], b[TEXT_NUM_LEN];

	out_line(o, "SPI %s %s, tunnel %s, %s", get_str(sa, "spi"), get_str(sa, "direction"),
			get_str(sa, "tunnel"), get_str(sa, "state"));
	if (json_is_number(json_object_get(sa, "remote_port")))
		detail(o, "Addresses",
				"%s to %s, in UDP port %" JSON_INTEGER_FORMAT
				" to %" JSON_INTEGER_FORMAT,
				get_str(sa, "local"), get_str(sa, "remote"),
				get_int(sa, "local_port"), get_int(sa, "remote_port"));
	else
		detail(o, "Addresses", "%s to %s", get_str(sa, "local"), get_str(sa, "remote"));
	if (has_local || has_remote)
		detail(o, "Inside", "%s to %s",
				get_str(sa, has_local ? "inner_local" : "local"),
				get_str(sa, has_remote ? "inner_remote" : "remote"));
	detail(o, "Mode", "%s", get_str(sa, "mode"));
	detail(o, "Algorithm", "%s%s%s%s", get_str(sa, "alg"), get_true(sa, "esn") ? ", ESN" : "",
			get_str(sa, "weak")[0] != '-' ? ", weak: " : "",
			get_str(sa, "weak")[0] != '-' ? get_str(sa, "weak") : "");
	if (strcmp(get_str(sa, "direction"), "in") == 0)
		detail(o, "Replay window", "%" JSON_INTEGER_FORMAT " packets",
				get_int(sa, "window"));
	detail(o, "Age", "%s", get_age(sa, "age_s", a));
	detail(o, "Rekey at age", "%s", get_age(sa, "soft_s", a));
	detail(o, "Ends at age", "%s", get_age(sa, "hard_s", a));
	detail(o, "Traffic", "%s packets, %s", text_count(a, (uint64_t)get_int(sa, "packets")),
			text_bytes(b, (uint64_t)get_int(sa, "bytes")));
	if (json_is_number(json_object_get(sa, "last_packet_s")))
		detail(o, "Last packet", "%s ago", get_age(sa, "last_packet_s", a));
	detail(o, "Drops", "%s replayed, %s not authentic",
			text_count(a, (uint64_t)get_int(sa, "replay_drops")),
			text_count(b, (uint64_t)get_int(sa, "auth_drops")));
}

bool
render_ipsec(const struct out *o, const json_t *answer, const char *tunnel)
{
	static const struct table_col cols[] = {
		{ "Tunnel", TABLE_FLEX },
		{ "Dir", 0 },
		{ "SPI", 0 },
		{ "State", 0 },
		{ "Algorithm", TABLE_FLEX },
		{ "Age", TABLE_RIGHT },
		{ "Packets", TABLE_RIGHT },
		{ "Bytes", TABLE_RIGHT },
		{ "Replay", TABLE_RIGHT },
		{ "Auth", TABLE_RIGHT },
	};
	const json_t *sas = json_object_get(answer, "sas");
	struct table *table;
	size_t i, shown = 0;
	json_t *sa;

	if (tunnel != NULL) {
		json_array_foreach (sas, i, sa) {
			if (strcmp(get_str(sa, "tunnel"), tunnel) != 0)
				continue;
			ipsec_detail(o, sa);
			shown++;
		}
		return shown > 0;
	}
	if (json_array_size(sas) == 0) {
		out_line(o, "No IPsec SAs.");
		return true;
	}
	table = table_new(cols, 10);
	json_array_foreach (sas, i, sa)
		ipsec_row(table, sa);
	table_print(table, o);
	return true;
}

void
render_policy(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = {
		{ "Policy", TABLE_FLEX },
		{ "Prio", TABLE_RIGHT },
		{ "Source", 0 },
		{ "Destination", 0 },
		{ "Protocol", 0 },
		{ "Action", TABLE_FLEX },
		{ "Out", TABLE_RIGHT },
		{ "In", TABLE_RIGHT },
		{ "Refused", TABLE_RIGHT },
	};
	const json_t *list = json_object_get(answer, "policies");
	struct table *table;
	json_t *p;
	size_t i;

	if (json_array_size(list) == 0) {
		out_line(o, "No security policies.");
		return;
	}
	table = table_new(cols, 9);
	json_array_foreach (list, i, p) {
		const char *sport = json_string_value(json_object_get(p, "source_port"));
		const char *dport = json_string_value(json_object_get(p, "destination_port"));
		const char *type = json_string_value(json_object_get(p, "icmp_type"));
		const char *tunnel = json_string_value(json_object_get(p, "tunnel"));

		table_cell(table, OUT_PLAIN, "%s", get_str(p, "name"));
		table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(p, "priority"));
		table_cell(table, OUT_PLAIN, "%s%s%s", get_str(p, "source"),
				sport != NULL ? ":" : "", sport != NULL ? sport : "");
		table_cell(table, OUT_PLAIN, "%s%s%s", get_str(p, "destination"),
				dport != NULL ? ":" : "", dport != NULL ? dport : "");
		table_cell(table, OUT_PLAIN, "%s%s%s", get_str(p, "protocol"),
				type != NULL ? " " : "", type != NULL ? type : "");
		table_cell(table, OUT_PLAIN, "%s%s%s", get_str(p, "action"),
				tunnel != NULL ? " " : "", tunnel != NULL ? tunnel : "");
		cell_packets(table, p, "out_packets");
		cell_packets(table, p, "in_packets");
		table_cell(table, get_int(p, "in_drops") > 0 ? OUT_WARN : OUT_PLAIN,
				"%" JSON_INTEGER_FORMAT, get_int(p, "in_drops"));
		table_row_end(table);
	}
	table_print(table, o);
}

/* ---- show crypto audit ------------------------------------------------------------------ */

void
render_audit(const struct out *o, const json_t *answer)
{
	char age[TEXT_NUM_LEN];
	const char *name;
	json_t *n;

	if (get_int(answer, "every_s") == 0)
		out_line(o, "Audits are off");
	else
		out_line(o, "%" JSON_INTEGER_FORMAT " audits, one every %" JSON_INTEGER_FORMAT
			    " s, the last %s ago",
				get_int(answer, "audits"), get_int(answer, "every_s"),
				get_age(answer, "last_s", age));
	json_object_foreach (json_object_get(answer, "repaired"), name, n)
		out_line(o, "  %-18s %" JSON_INTEGER_FORMAT, name, json_integer_value(n));
}
