/* SPDX-License-Identifier: BSD-3-Clause */
/* show ip route, in the manner of IOS: a letter for the origin, [distance/metric], next hops. */
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/text.h"
#include "common/inet.h"

/* Is the route's prefix the one asked for, or does it contain the address? */
static bool
route_matches(const json_t *route, const char *address)
{
	struct ip4_prefix p, wanted;
	uint32_t addr;

	if (ip4_prefix_parse(get_str(route, "prefix"), &p) != 0)
		return false;
	if (ip4_prefix_parse(address, &wanted) == 0)
		return p.addr == (wanted.addr & ip4_mask(wanted.len)) && p.len == wanted.len;
	return ip4_parse(address, &addr) == 0 && ip4_prefix_contains(&p, addr);
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

static void
next_hop_text(const json_t *hop, char *buf, size_t cap)
{
	const char *via = get_str(hop, "via"), *interface = get_str(hop, "interface");

	if (strcmp(via, "-") == 0 && strcmp(interface, "-") == 0)
		snprintf(buf, cap, "discard");
	else if (strcmp(via, "-") == 0)
		snprintf(buf, cap, "directly, %s", interface);
	else
		snprintf(buf, cap, "via %s%s%s%s", via, strcmp(interface, "-") != 0 ? ", " : "",
				strcmp(interface, "-") != 0 ? interface : "",
				json_is_false(json_object_get(hop, "resolved")) ? " (not resolved)"
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
		next_hop_text(json_array_get(hops, i), hop, sizeof(hop));
		if (i == 0)
			out_colored(o, installed ? OUT_PLAIN : OUT_DIM, "%s %s, %s", head, hop,
					get_age(route, "age_s", age));
		else
			out_colored(o, installed ? OUT_PLAIN : OUT_DIM, "%*s %s", width, "", hop);
	}
	if (!installed && strcmp(get_str(route, "why"), "-") != 0)
		out_colored(o, OUT_WARN, "    not installed: %s", get_str(route, "why"));
}

bool
render_route(const struct out *o, const json_t *answer, const char *address)
{
	const json_t *routes = json_object_get(answer, "routes");
	size_t i, shown = 0;
	json_t *route;

	if (address == NULL) {
		out_line(o, "C connected, L local, S static; * not installed; "
			    "[distance/metric]");
		out_line(o, "%s", "");
	}
	json_array_foreach (routes, i, route) {
		if (address != NULL && !route_matches(route, address))
			continue;
		route_lines(o, route);
		shown++;
	}
	return shown > 0 || address == NULL;
}
