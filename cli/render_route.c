/* SPDX-License-Identifier: BSD-3-Clause */
/* show ip route, in the manner of IOS: a letter for the origin, [distance/metric], next hops. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/text.h"
#include "common/inet.h"

/* The longest prefix of an installed route that contains the address. Its length, -1: none. */
static int
longest_match(const json_t *routes, uint32_t addr)
{
	struct ip4_prefix p;
	json_t *route;
	int best = -1;
	size_t i;

	json_array_foreach (routes, i, route)
		if (get_true(route, "installed") &&
				ip4_prefix_parse(get_str(route, "prefix"), &p) == 0 &&
				ip4_prefix_contains(&p, addr) && p.len > best)
			best = p.len;
	return best;
}

/* What is asked for: a prefix, or the route that an address takes. False: neither. */
static bool
wanted_prefix(const json_t *routes, const char *text, struct ip4_prefix *wanted, bool *found)
{
	int len;

	*found = true;
	if (ip4_prefix_parse(text, wanted) != 0) {
		if (ip4_parse(text, &wanted->addr) != 0)
			return false;
		len = longest_match(routes, wanted->addr);
		*found = len >= 0;
		wanted->len = len >= 0 ? (uint8_t)len : 0;
	}
	wanted->addr &= ip4_mask(wanted->len);
	return true;
}

static bool
route_is(const json_t *route, const struct ip4_prefix *wanted)
{
	struct ip4_prefix p;

	return ip4_prefix_parse(get_str(route, "prefix"), &p) == 0 && p.addr == wanted->addr &&
	       p.len == wanted->len;
}

static char
origin_letter(const char *protocol)
{
	static const struct {
		const char *name;
		char letter;
	} origins[] = { { "connected", 'C' }, { "local", 'L' }, { "static", 'S' }, { "ospf", 'O' },
		{ "ike", 'I' }, { "nhrp", 'N' } };

	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
		if (strcmp(protocol, origins[i].name) == 0)
			return origins[i].letter;
	return '?';
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
	char age[TEXT_NUM_LEN], hop[256], head[128];
	const char *protocol = get_str(route, "protocol");
	size_t n = json_array_size(hops);
	int width;

	if (strcmp(protocol, "connected") == 0 || strcmp(protocol, "local") == 0)
		width = snprintf(head, sizeof(head), "%c%c  %s", origin_letter(protocol),
				installed ? ' ' : '*', get_str(route, "prefix"));
	else
		width = snprintf(head, sizeof(head),
				"%c%c  %s [%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT "]",
				origin_letter(protocol), installed ? ' ' : '*',
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

enum render_route_result
render_route(const struct out *o, const json_t *answer, const char *address)
{
	const json_t *routes = json_object_get(answer, "routes");
	struct ip4_prefix wanted;
	size_t i, shown = 0;
	bool found = true;
	json_t *route;

	if (address != NULL && !wanted_prefix(routes, address, &wanted, &found))
		return ROUTE_NO_ADDRESS;
	if (address == NULL) {
		out_line(o, "C connected, L local, S static; * not installed; "
			    "[distance/metric]");
		out_line(o, "%s", "");
	}
	json_array_foreach (routes, i, route) {
		if (address != NULL && (!found || !route_is(route, &wanted)))
			continue;
		route_lines(o, route);
		shown++;
	}
	return shown > 0 || address == NULL ? ROUTE_SHOWN : ROUTE_NONE;
}
