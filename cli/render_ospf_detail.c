/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf interface`, `neighbor detail`, `database TYPE`: all that is known of each, in the
 * form that IOS has made usual. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/text.h"

static double
get_real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static bool
is_there(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return v != NULL && !json_is_null(v);
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void
packets_line(const struct out *o, const char *what, const json_t *n)
{
	out_line(o, "  Packets %s: %" JSON_INTEGER_FORMAT " Hello, %" JSON_INTEGER_FORMAT
			" Database Description, %" JSON_INTEGER_FORMAT " Request, %"
			JSON_INTEGER_FORMAT " Update, %" JSON_INTEGER_FORMAT " Acknowledgment",
			what, get_int(n, "hello"), get_int(n, "dd"), get_int(n, "request"),
			get_int(n, "update"), get_int(n, "acknowledgment"));
}

static void
auth_lines(const struct out *o, const json_t *f)
{
	const char *kind = get_str(f, "authentication");
	const json_t *key = json_object_get(f, "key");

	if (strcmp(kind, "text") == 0)
		out_line(o, "  Simple password authentication enabled");
	if (strcmp(kind, "message-digest") != 0)
		return;
	out_line(o, "  Cryptographic authentication enabled%s",
			get_true(f, "extended_sequence") ? ", 64-bit sequence numbers" : "");
	if (key != NULL && !json_is_null(key))
		out_line(o, "    Sending with key id %" JSON_INTEGER_FORMAT ", %s",
				get_int(key, "id"),
				get_str(key, "algorithm"));
	else
		out_colored(o, OUT_WARN, "    There is no key to send with");
}

static void
adjacent_lines(const struct out *o, const json_t *f)
{
	json_t *n;
	size_t i;

	out_line(o, "  Neighbor Count is %" JSON_INTEGER_FORMAT ", Adjacent neighbor count is %"
			JSON_INTEGER_FORMAT, get_int(f, "neighbors"), get_int(f, "full_neighbors"));
	json_array_foreach (json_object_get(f, "adjacent"), i, n) {
		const char *role = get_str(n, "role");

		out_line(o, "    Adjacent with neighbor %s%s%s", get_str(n, "router_id"),
				strcmp(role, "DR") == 0 ? "  (Designated Router)" : "",
				strcmp(role, "BDR") == 0 ? "  (Backup Designated Router)" : "");
	}
}

static void
designated_line(const struct out *o, const json_t *f, const char *what, const char *id,
		const char *addr)
{
	if (is_there(f, addr))
		out_line(o, "  %s (ID) %s, Interface address %s", what, get_str(f, id),
				get_str(f, addr));
	else
		out_line(o, "  No %s on this network", what);
}

static void
interface(const struct out *o, const json_t *f)
{
	const char *type = get_str(f, "type");
	bool elects = strcmp(type, "broadcast") == 0 || strcmp(type, "non-broadcast") == 0;
	bool down = strcmp(get_str(f, "state"), "Down") == 0;

	out_colored(o, down ? OUT_WARN : OUT_PLAIN, "%s is %s", get_str(f, "name"),
			down ? "down" : "up");
	out_line(o, "  Internet Address %s%s, Area %s", get_str(f, "address"),
			get_true(f, "unnumbered") ? " (unnumbered)" : "", get_str(f, "area"));
	out_line(o, "  Network Type %s, Cost: %" JSON_INTEGER_FORMAT ", MTU %" JSON_INTEGER_FORMAT
			"%s", type, get_int(f, "cost"), get_int(f, "mtu"),
			get_true(f, "mtu_ignore") ? " (ignored)" : "");
	out_line(o, "  Transmit Delay is %" JSON_INTEGER_FORMAT " sec, State %s, Priority %"
			JSON_INTEGER_FORMAT, get_int(f, "transmit_delay_s"), get_str(f, "state"),
			get_int(f, "priority"));
	if (elects) {
		designated_line(o, f, "Designated Router", "dr_id", "dr");
		designated_line(o, f, "Backup Designated router", "bdr_id", "bdr");
	}
	out_line(o, "  Timer intervals configured, Hello %g, Dead %g, Wait %g, Retransmit %g",
			get_real(f, "hello_ms") / 1000, get_real(f, "dead_ms") / 1000,
			get_real(f, "dead_ms") / 1000, get_real(f, "retransmit_ms") / 1000);
	if (get_true(f, "passive"))
		out_line(o, "    No Hellos (Passive interface)");
	else if (is_there(f, "hello_due_s"))
		out_line(o, "    Hello due in %.1f s", get_real(f, "hello_due_s"));
	if (get_true(f, "prefix_suppression"))
		out_line(o, "  Prefix-suppression is enabled");
	if (get_true(f, "database_filter_out"))
		out_line(o, "  Database-filter all out");
	adjacent_lines(o, f);
	auth_lines(o, f);
	packets_line(o, "received", json_object_get(f, "received"));
	packets_line(o, "sent", json_object_get(f, "sent"));
	out_line(o, "  %" JSON_INTEGER_FORMAT " changes of state; %" JSON_INTEGER_FORMAT
			" packets refused", get_int(f, "events"), get_int(f, "refused"));
}

void
render_ospf_interface(const struct out *o, const json_t *answer)
{
	json_t *f;
	size_t i;

	json_array_foreach (json_object_get(answer, "interfaces"), i, f)
		interface(o, f);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

/* "0x42 (E, O)" */
static const char *
options_text(json_int_t options, char *buf, size_t cap)
{
	static const char *const bits[] = { "MT", "E", "MC", "N/P", "L", "DC", "O", "DN" };
	size_t len = (size_t)snprintf(buf, cap, "0x%02x (", (unsigned int)options);
	bool any = false;

	for (unsigned int i = 0; i < 8 && len < cap; i++) {
		if ((options >> i & 1) == 0)
			continue;
		len += (size_t)snprintf(buf + len, cap - len, "%s%s", any ? ", " : "", bits[i]);
		any = true;
	}
	if (len < cap)
		snprintf(buf + len, cap - len, "%s)", any ? "" : "none");
	return buf;
}

static void
neighbor(const struct out *o, const json_t *n)
{
	char age[TEXT_NUM_LEN], options[64];

	out_line(o, "Neighbor %s, interface address %s", get_str(n, "router_id"),
			get_str(n, "address"));
	out_line(o, "  In the area %s via interface %s", get_str(n, "area"),
			get_str(n, "interface"));
	out_line(o, "  Neighbor priority is %" JSON_INTEGER_FORMAT ", State is %s, %"
			JSON_INTEGER_FORMAT " state changes", get_int(n, "priority"),
			get_str(n, "state"), get_int(n, "changes"));
	out_line(o, "  DR is %s BDR is %s", get_str(n, "dr"), get_str(n, "bdr"));
	out_line(o, "  Options is %s", options_text(get_int(n, "options"), options,
			sizeof(options)));
	if (is_there(n, "dead_in_s"))
		out_line(o, "  Dead timer due in %.1f s, last heard %.1f s ago",
				get_real(n, "dead_in_s"), get_real(n, "heard_s"));
	if (get_true(n, "restarting"))
		out_line(o, "  It restarts gracefully, within %.0f s more", get_real(n, "grace_s"));
	out_line(o, "  In this state for %s: %s", get_age(n, "state_age_s", age),
			get_str(n, "why"));
	out_line(o, "  Request list length %" JSON_INTEGER_FORMAT ", retransmission queue length %"
			JSON_INTEGER_FORMAT, get_int(n, "requested"), get_int(n, "unacknowledged"));
	if (get_true(n, "configured"))
		out_line(o, "  Configured, cost %" JSON_INTEGER_FORMAT, get_int(n, "cost"));
}

void
render_ospf_neighbor_detail(const struct out *o, const json_t *answer)
{
	json_t *n;
	size_t i;

	json_array_foreach (json_object_get(answer, "neighbors"), i, n)
		neighbor(o, n);
}

/* ---- LSAs ------------------------------------------------------------------------------------ */

static void
router_body(const struct out *o, const json_t *l)
{
	json_int_t flags = get_int(l, "flags");
	json_t *link;
	size_t i;

	if (flags & 1)
		out_line(o, "  Area Border Router");
	if (flags & 2)
		out_line(o, "  AS Boundary Router");
	if (flags & 4)
		out_line(o, "  Virtual Link Endpoint");
	out_line(o, "  Number of Links: %zu", json_array_size(json_object_get(l, "links")));
	json_array_foreach (json_object_get(l, "links"), i, link)
		out_line(o, "    %s: (Link ID) %s, (Link Data) %s, metric %" JSON_INTEGER_FORMAT,
				get_str(link, "type"), get_str(link, "id"), get_str(link, "data"),
				get_int(link, "metric"));
}

static void
body(const struct out *o, const json_t *l)
{
	json_t *router;
	size_t i;

	if (is_there(l, "links"))
		router_body(o, l);
	if (is_there(l, "mask"))
		out_line(o, "  Network Mask: %s", get_str(l, "mask"));
	json_array_foreach (json_object_get(l, "routers"), i, router)
		out_line(o, "    Attached Router: %s", json_string_value(router));
	if (is_there(l, "metric_type"))
		out_line(o, "  Metric Type: %" JSON_INTEGER_FORMAT, get_int(l, "metric_type"));
	if (is_there(l, "metric"))
		out_line(o, "  Metric: %" JSON_INTEGER_FORMAT, get_int(l, "metric"));
	if (is_there(l, "forward"))
		out_line(o, "  Forward Address: %s", get_str(l, "forward"));
	if (is_there(l, "tag"))
		out_line(o, "  External Route Tag: %" JSON_INTEGER_FORMAT, get_int(l, "tag"));
	if (is_there(l, "opaque_type"))
		out_line(o, "  Opaque Type: %" JSON_INTEGER_FORMAT ", Opaque ID: %"
				JSON_INTEGER_FORMAT, get_int(l, "opaque_type"),
				get_int(l, "opaque_id"));
	if (is_there(l, "data"))
		out_line(o, "  Data: %s", get_str(l, "data"));
}

static void
lsas_detail(const struct out *o, const json_t *list)
{
	char options[64];
	json_t *l;
	size_t i;

	json_array_foreach (list, i, l) {
		out_line(o, "%s-LSA%s", get_str(l, "type"),
				get_true(l, "own") ? ", of our own" : "");
		out_line(o, "  LS age: %" JSON_INTEGER_FORMAT "%s", get_int(l, "age_s"),
				get_int(l, "age_s") >= 3600 ? " (MaxAge)" : "");
		out_line(o, "  Options: %s", options_text(get_int(l, "options"), options,
				sizeof(options)));
		out_line(o, "  Link State ID: %s", get_str(l, "id"));
		out_line(o, "  Advertising Router: %s", get_str(l, "router"));
		out_line(o, "  LS Seq Number: %s, Checksum: %s, Length: %" JSON_INTEGER_FORMAT,
				get_str(l, "sequence"), get_str(l, "checksum"),
				get_int(l, "length"));
		body(o, l);
	}
}

void
render_ospf_database_detail(const struct out *o, const json_t *answer)
{
	json_t *a;
	size_t i;

	out_line(o, "OSPF Router with ID (%s)", get_str(answer, "router_id"));
	json_array_foreach (json_object_get(answer, "areas"), i, a)
		if (json_array_size(json_object_get(a, "lsas")) > 0) {
			out_line(o, "Area %s", get_str(a, "area"));
			lsas_detail(o, json_object_get(a, "lsas"));
		}
	json_array_foreach (json_object_get(answer, "links"), i, a)
		if (json_array_size(json_object_get(a, "lsas")) > 0) {
			out_line(o, "Link %s", get_str(a, "interface"));
			lsas_detail(o, json_object_get(a, "lsas"));
		}
	lsas_detail(o, json_object_get(answer, "as"));
}
