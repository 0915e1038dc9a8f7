/* SPDX-License-Identifier: BSD-3-Clause */
/* show ip route, show ipv6 route, as in IOS: a letter for the origin, distances, next hops. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"
#include "common/inet.h"
#include "common/inet6.h"

/* Prefixes of both families are compared as IPv6's, those of IPv4 in their mapped form. */
static bool
prefix_read(const char *text, struct ip6_prefix *p)
{
	struct ip4_prefix p4;

	if (strchr(text, ':') != NULL)
		return ip6_prefix_parse(text, p) == 0;
	if (ip4_prefix_parse(text, &p4) != 0)
		return false;
	*p = (struct ip6_prefix){ .addr = ip6_mapped(p4.addr), .len = (uint8_t)(96 + p4.len) };
	return true;
}

static bool
addr_read(const char *text, struct ip6_addr *a)
{
	uint32_t a4;

	if (strchr(text, ':') != NULL)
		return ip6_parse(text, a) == 0;
	if (ip4_parse(text, &a4) != 0)
		return false;
	*a = ip6_mapped(a4);
	return true;
}

/* The longest prefix of an installed route that contains the address. Its length, -1: none. */
static int
longest_match(const json_t *routes, const struct ip6_addr *addr)
{
	struct ip6_prefix p;
	json_t *route;
	int best = -1;
	size_t i;

	json_array_foreach (routes, i, route)
		if (get_true(route, "installed") && prefix_read(get_str(route, "prefix"), &p) &&
				ip6_prefix_contains(&p, addr) && p.len > best)
			best = p.len;
	return best;
}

/* What is asked for: a prefix, or the route that an address takes. False: neither. */
static bool
wanted_prefix(const json_t *routes, const char *text, struct ip6_prefix *wanted, bool *found)
{
	int len;

	*found = true;
	if (!prefix_read(text, wanted)) {
		if (!addr_read(text, &wanted->addr))
			return false;
		len = longest_match(routes, &wanted->addr);
		*found = len >= 0;
		wanted->len = len >= 0 ? (uint8_t)len : 0;
	}
	wanted->addr = ip6_masked(&wanted->addr, wanted->len);
	return true;
}

static bool
route_is(const json_t *route, const struct ip6_prefix *wanted)
{
	struct ip6_prefix p;

	return prefix_read(get_str(route, "prefix"), &p) && ip6_equal(&p.addr, &wanted->addr) &&
	       p.len == wanted->len;
}

static const struct {
	const char *name;
	char letter;
} origins[] = { { "connected", 'C' }, { "local", 'L' }, { "static", 'S' }, { "ospf", 'O' },
	{ "ike", 'I' }, { "nhrp", 'N' } };
#define N_ORIGINS (sizeof(origins) / sizeof(origins[0]))

static char
origin_letter(const char *protocol)
{
	for (size_t i = 0; i < N_ORIGINS; i++)
		if (strcmp(protocol, origins[i].name) == 0)
			return origins[i].letter;
	return '?';
}

/* "O E2": two places for the letter and the mark, then what follows the letter. */
static void
code_text(const json_t *route, bool installed, char buf[8])
{
	const char *code = get_str(route, "code");
	char letter = code[0] != '-' ? code[0] : origin_letter(get_str(route, "protocol"));

	snprintf(buf, 8, "%c%c%-3.3s", letter, installed ? ' ' : '*',
			strlen(code) > 2 ? code + 2 : "");
}

/* Of a route that is not installed its own line says why; its next hops were not looked up. */
static void
next_hop_text(const json_t *hop, bool installed, char *buf, size_t cap)
{
	const char *via = get_str(hop, "via"), *interface = get_str(hop, "interface");

	if (strcmp(via, "-") == 0 && strcmp(interface, "-") == 0)
		snprintf(buf, cap, "discard");
	else if (strcmp(via, "-") == 0)
		snprintf(buf, cap, "directly, %s", interface);
	else
		snprintf(buf, cap, "via %s%s%s%s", via, strcmp(interface, "-") != 0 ? ", " : "",
				strcmp(interface, "-") != 0 ? interface : "",
				installed && json_is_false(json_object_get(hop, "resolved"))
						? " (not resolved)"
						: "");
}

static void
route_lines(const struct out *o, const json_t *route)
{
	const json_t *hops = json_object_get(route, "next_hops");
	bool installed = get_true(route, "installed");
	char age[TEXT_NUM_LEN], hop[256], head[128], code[8];
	const char *protocol = get_str(route, "protocol");
	size_t n = json_array_size(hops);
	int width;

	code_text(route, installed, code);
	if (strcmp(protocol, "connected") == 0 || strcmp(protocol, "local") == 0)
		width = snprintf(head, sizeof(head), "%s%s", code, get_str(route, "prefix"));
	else
		width = snprintf(head, sizeof(head),
				"%s%s [%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT "]", code,
				get_str(route, "prefix"), get_int(route, "distance"),
				get_int(route, "metric"));
	for (size_t i = 0; i < n || i == 0; i++) {
		next_hop_text(json_array_get(hops, i), installed, hop, sizeof(hop));
		if (i == 0)
			out_colored(o, installed ? OUT_PLAIN : OUT_DIM, "%s %s, %s", head, hop,
					get_age(route, "age_s", age));
		else
			out_colored(o, installed ? OUT_PLAIN : OUT_DIM, "%*s %s", width, "", hop);
	}
	if (!installed && strcmp(get_str(route, "why"), "-") != 0)
		out_colored(o, OUT_WARN, "    not installed: %s", get_str(route, "why"));
}

/* Why these: what lost within the prefix has its reason above; what is less specific comes here. */
static void
why_lines(const struct out *o, const json_t *routes, const struct ip6_prefix *wanted,
		const char *address)
{
	unsigned int n = 0, used = 0, n_shorter = 0;
	struct ip6_prefix p;
	json_t *route;
	size_t i;

	json_array_foreach (routes, i, route)
		if (route_is(route, wanted)) {
			n++;
			used += get_true(route, "installed");
		}
	if (used > 0)
		out_line(o, "    used: %s", n == 1 ? "the only route to this prefix"
						   : "the lowest distance, then the lowest metric");
	json_array_foreach (routes, i, route) {
		if (get_true(route, "installed") && address != NULL &&
				prefix_read(get_str(route, "prefix"), &p) &&
				p.len < wanted->len && ip6_prefix_contains(&p, &wanted->addr))
			n_shorter++;
	}
	if (n_shorter > 0)
		out_line(o, "    the longest match for %s: %u less specific %s cover%s it, too",
				address, n_shorter, n_shorter == 1 ? "route" : "routes",
				n_shorter == 1 ? "s" : "");
}

/* Nothing that is used leads to the address: what would, were it not for its reason. Their number.
 */
static size_t
unused_lines(const struct out *o, const json_t *routes, const char *address)
{
	struct ip6_addr addr;
	struct ip6_prefix p;
	json_t *route;
	size_t i, n = 0;

	if (!addr_read(address, &addr))
		return 0;
	json_array_foreach (routes, i, route) {
		if (!prefix_read(get_str(route, "prefix"), &p) || !ip6_prefix_contains(&p, &addr))
			continue;
		if (n++ == 0)
			out_line(o, "No route to %s is used; there are, not installed:", address);
		route_lines(o, route);
	}
	return n;
}

enum render_route_result
render_route(const struct out *o, const json_t *answer, const char *address)
{
	const json_t *routes = json_object_get(answer, "routes");
	struct ip6_prefix wanted;
	size_t i, shown = 0;
	bool found = true;
	json_t *route;

	if (address != NULL && !wanted_prefix(routes, address, &wanted, &found))
		return ROUTE_NO_ADDRESS;
	if (address == NULL) {
		out_line(o, "C connected, L local, S static, O OSPF (IA inter-area, E1 E2 "
			    "external, N1 N2 NSSA external)");
		out_line(o, "* not installed; [distance/metric]");
		out_line(o, "%s", "");
	}
	json_array_foreach (routes, i, route) {
		if (address != NULL && (!found || !route_is(route, &wanted)))
			continue;
		route_lines(o, route);
		shown++;
	}
	if (address != NULL && !found)
		shown = unused_lines(o, routes, address);
	else if (address != NULL && shown > 0)
		why_lines(o, routes, &wanted, strchr(address, '/') == NULL ? address : NULL);
	return shown > 0 || address == NULL ? ROUTE_SHOWN : ROUTE_NONE;
}

bool
render_route_protocol(const struct out *o, const json_t *answer, const char *protocol)
{
	const char *name = NULL;
	json_t *route;
	size_t i;

	for (i = 0; i < N_ORIGINS; i++)
		if (text_abbreviates(protocol, origins[i].name))
			name = origins[i].name;
	json_array_foreach (json_object_get(answer, "routes"), i, route)
		if (name != NULL && strcmp(get_str(route, "protocol"), name) == 0)
			route_lines(o, route);
	return name != NULL;
}

bool
render_route_longer(const struct out *o, const json_t *answer, const char *prefix)
{
	struct ip6_prefix within, p;
	json_t *route;
	size_t i, n = 0;

	if (!prefix_read(prefix, &within))
		return false;
	json_array_foreach (json_object_get(answer, "routes"), i, route)
		if (prefix_read(get_str(route, "prefix"), &p) && p.len >= within.len &&
				ip6_prefix_contains(&within, &p.addr)) {
			route_lines(o, route);
			n++;
		}
	return n > 0;
}

void
render_route_summary(const struct out *o, const json_t *answer)
{
	static const struct table_col cols[] = { { "Protocol", 0 }, { "Used", TABLE_RIGHT },
		{ "Not used", TABLE_RIGHT }, { "Next hops", TABLE_RIGHT } };
	struct table *t = table_new(cols, 4);
	size_t total[3] = { 0 };
	json_t *route;
	size_t i;

	for (size_t k = 0; k <= N_ORIGINS; k++) {
		size_t n[3] = { 0 };

		json_array_foreach (json_object_get(answer, "routes"), i, route) {
			bool used = get_true(route, "installed");

			if (k == N_ORIGINS || strcmp(get_str(route, "protocol"), origins[k].name))
				continue;
			n[used ? 0 : 1]++;
			n[2] += used ? json_array_size(json_object_get(route, "next_hops")) : 0;
		}
		for (int c = 0; c < 3; c++)
			total[c] += n[c];
		if (k < N_ORIGINS && n[0] + n[1] == 0)
			continue;
		table_cell(t, OUT_PLAIN, "%s", k < N_ORIGINS ? origins[k].name : "total");
		for (int c = 0; c < 3; c++)
			table_cell(t, OUT_PLAIN, "%zu", k < N_ORIGINS ? n[c] : total[c]);
		table_row_end(t);
	}
	table_print(t, o);
}

void
render_route_recursive(const struct out *o, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "recursive");
	json_t *x;
	size_t i;

	if (json_array_size(list) == 0)
		out_line(o, "no route is suppressed");
	json_array_foreach (list, i, x) {
		out_line(o, "%s (%s) into tunnel %s", get_str(x, "prefix"), get_str(x, "protocol"),
				get_str(x, "into"));
		out_line(o, "    suppressed: it covers %s/32, the far end of tunnel %s, which is "
			    "reached by %s", get_str(x, "destination"), get_str(x, "tunnel"),
				get_str(x, "uses"));
	}
}
