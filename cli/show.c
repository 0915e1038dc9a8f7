/* SPDX-License-Identifier: BSD-3-Clause */
/* The show commands; see show.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/lines.h"
#include "cli/render.h"
#include "cli/show.h"
#include "cli/text.h"
#include "cli/watch.h"
#include "common/inet.h"

/* The answer to `show` @what, already printed (and NULL) when JSON is wanted. @since is filled in
 * when the command is being repeated. */
static json_t *
ask_show(struct shell *sh, const char *what, const char *name, struct since *since)
{
	json_t *params = json_pack("{s:s, s:s*}", "what", what, "name", name), *answer;

	answer = shell_ask(sh, "show", params);
	if (answer == NULL)
		return NULL;
	if (sh->watch != NULL && since != NULL)
		watch_since(sh->watch, what, answer, since);
	if (!sh->json)
		return answer;
	shell_print_json(sh, answer);
	json_decref(answer);
	return NULL;
}

static void
none_such(struct shell *sh, const char *what, const char *name)
{
	shell_error(sh, "there is no %s %s", what, name != NULL ? name : "at all");
}

void
show_version(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "version", NULL, NULL);

	if (answer != NULL)
		render_version(&sh->out, answer);
	json_decref(answer);
}

/* IOS has tunnels among the interfaces. */
static bool
show_as_tunnel(struct shell *sh, const char *name)
{
	struct since since = { 0 };
	json_t *answer = ask_show(sh, "tunnel", name, &since);
	bool found = answer == NULL || render_tunnel(&sh->out, answer, name,
					       sh->watch != NULL ? &since : NULL);

	json_decref(answer);
	return found;
}

/* The one interface that *@word is short for, in place of it, and all of them in place of @answer,
 * which has none. */
static json_t *
interface_meant(struct shell *sh, json_t *answer, const char **word)
{
	json_t *all = ask_show(sh, "interface", NULL, NULL), *e;
	const char *meant = NULL;
	size_t i, n = 0;

	json_array_foreach (json_object_get(all, "interfaces"), i, e) {
		const char *name = get_str(e, "name");

		if (!text_short_for(*word, strlen(*word), name, strlen(name)))
			continue;
		meant = name;
		n++;
	}
	if (n != 1) {
		json_decref(all);
		return answer;
	}
	*word = meant;
	json_decref(answer);
	return all;
}

void
show_interface(struct shell *sh, int argc, char **argv)
{
	struct since since = { 0 };
	const char *name = argc > 0 ? argv[0] : NULL;
	json_t *answer = ask_show(sh, "interface", name, &since);

	if (answer != NULL && name != NULL &&
			json_array_size(json_object_get(answer, "interfaces")) == 0)
		answer = interface_meant(sh, answer, &name);
	if (answer != NULL && !render_interface(&sh->out, answer, name,
					      sh->watch != NULL ? &since : NULL) &&
			(name == NULL || !show_as_tunnel(sh, name)))
		none_such(sh, "interface", name);
	json_decref(answer);
}

/* How many of each protocol are used, and are not. */
static void
show_route_summary(struct shell *sh, const char *what)
{
	json_t *answer = ask_show(sh, what, NULL, NULL);

	if (answer != NULL)
		render_route_summary(&sh->out, answer);
	json_decref(answer);
}

/* All routes, those of a protocol, or those of the prefix that an address takes. */
static void
show_routes(struct shell *sh, const char *what, const char *family, const char *address)
{
	json_t *answer = ask_show(sh, what, NULL, NULL);
	enum render_route_result result = ROUTE_SHOWN;

	if (answer != NULL && (address == NULL ||
			!render_route_protocol(&sh->out, answer, address)))
		result = render_route(&sh->out, answer, address);
	if (result == ROUTE_NONE)
		none_such(sh, "route to", address);
	else if (result == ROUTE_NO_ADDRESS)
		shell_error(sh, "%s is not an %s address, prefix or protocol", address, family);
	json_decref(answer);
}

/* The prefix, and all longer ones in it. */
static void
show_longer(struct shell *sh, const char *what, const char *prefix)
{
	json_t *answer = ask_show(sh, what, NULL, NULL);

	if (answer != NULL && !render_route_longer(&sh->out, answer, prefix))
		none_such(sh, "route within", prefix);
	json_decref(answer);
}

/* summary, A/LEN longer-prefixes, PROTOCOL [N], or what show_routes() knows. */
static void
show_family(struct shell *sh, const char *what, const char *family, int argc, char **argv)
{
	if (argc == 1 && text_abbreviates(argv[0], "summary"))
		show_route_summary(sh, what);
	else if (argc == 2 && strlen(argv[1]) >= 3 && text_abbreviates(argv[1], "longer-prefixes"))
		show_longer(sh, what, argv[0]);
	else if (argc == 2 && !text_abbreviates(argv[0], "ospf"))
		shell_error(sh, "\"%s\" is too much", argv[1]);
	else
		show_routes(sh, what, family, argc > 0 ? argv[0] : NULL);
}

/* A.B.C.D MASK of IOS is A.B.C.D/LEN. How many words that are; 0: it is not that. */
static int
masked(char *const *argv, int argc, char prefix[32])
{
	uint32_t addr, mask;

	if (argc < 2 || ip4_parse(argv[0], &addr) != 0 || ip4_parse(argv[1], &mask) != 0 ||
			(~mask & (~mask + 1)) != 0)
		return 0;
	snprintf(prefix, 32, "%.15s/%d", argv[0], __builtin_popcount(mask));
	return 2;
}

void
show_ip_route(struct shell *sh, int argc, char **argv)
{
	char prefix[32], *words[2] = { prefix };
	int used = masked(argv, argc, prefix);
	json_t *answer;

	if (used > 0 && argc == 3)
		words[1] = argv[2];
	if (used > 0) {
		show_family(sh, "ip-route", "IPv4", argc - 1, words);
		return;
	}
	if (argc == 3) {
		shell_error(sh, "\"%s\" is too much", argv[2]);
		return;
	}
	if (argc != 1 || strlen(argv[0]) < 3 || !text_abbreviates(argv[0], "recursive")) {
		show_family(sh, "ip-route", "IPv4", argc, argv);
		return;
	}
	answer = ask_show(sh, "ip-route-recursive", NULL, NULL);
	if (answer != NULL)
		render_route_recursive(&sh->out, answer);
	json_decref(answer);
}

void
show_ipv6_route(struct shell *sh, int argc, char **argv)
{
	show_family(sh, "ipv6-route", "IPv6", argc, argv);
}

void
show_ipv6_neighbors(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "ipv6-neighbors", NULL, NULL);

	if (answer != NULL)
		render_arp(&sh->out, answer);
	json_decref(answer);
}

static void
show_plain(struct shell *sh, const char *what, const char *name,
		void (*render)(const struct out *o, const json_t *answer))
{
	json_t *answer = ask_show(sh, what, name, NULL);

	if (answer != NULL)
		render(&sh->out, answer);
	json_decref(answer);
}

void
show_ipv6_nd_ra(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ipv6-nd-ra", NULL, render_ra);
}

void
show_ospf(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf", NULL, render_ospf);
}

void
show_interface_dampening(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "interface", NULL, render_interface_dampening);
}

void
show_ospf_interface(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-interface", argc > 0 ? argv[0] : NULL, render_ospf_interface);
}

void
show_ospf_interface_brief(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-interface", NULL, render_ospf_interface_brief);
}

void
show_ospf_neighbor(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-neighbor", argc > 0 ? argv[0] : NULL, render_ospf_neighbor);
}

void
show_ospf_neighbor_detail(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-neighbor", argc > 0 ? argv[0] : NULL, render_ospf_neighbor_detail);
}

void
show_ospf_route(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-route", NULL, render_ospf_route);
}

void
show_ospf_border(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-border-routers", NULL, render_ospf_border);
}

void
show_ospf_statistics(struct shell *sh, int argc, char **argv)
{
	show_plain(sh, "ip-ospf-statistics", NULL, render_ospf_statistics);
}

void
show_arp(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "arp", NULL, NULL);

	if (answer != NULL)
		render_arp(&sh->out, answer);
	json_decref(answer);
}

static void
show_tunnel_mtu(struct shell *sh, const char *name)
{
	json_t *answer = ask_show(sh, "tunnel-mtu", name, NULL);

	if (answer != NULL && !render_mtu(&sh->out, answer, name))
		none_such(sh, "tunnel", name);
	json_decref(answer);
}

/* "mtu" is an argument, not a command of its own: libcli completes a name only behind a command
 * that has no others behind it. */
void
show_tunnel(struct shell *sh, int argc, char **argv)
{
	bool first = argc > 0 && strcasecmp(argv[0], "mtu") == 0;
	bool mtu = first || (argc == 2 && strcasecmp(argv[1], "mtu") == 0);
	const char *name = argc > first ? argv[first] : NULL;
	struct since since = { 0 };
	json_t *answer;

	if (mtu) {
		show_tunnel_mtu(sh, name);
		return;
	}
	if (argc > 1) {
		shell_error(sh, "\"%s\" is too much", argv[1]);
		return;
	}
	answer = ask_show(sh, "tunnel", name, &since);
	if (answer != NULL &&
			!render_tunnel(&sh->out, answer, name, sh->watch != NULL ? &since : NULL))
		none_such(sh, "tunnel", name);
	json_decref(answer);
}

void
show_gre_protocols(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "gre-protocols", NULL, NULL);

	if (answer != NULL)
		render_gre_protocols(&sh->out, answer);
	json_decref(answer);
}

static void
ipsec(struct shell *sh, const char *tunnel)
{
	json_t *answer = ask_show(sh, "crypto-ipsec-sa", NULL, NULL);

	if (answer != NULL && !render_ipsec(&sh->out, answer, tunnel) && tunnel != NULL)
		none_such(sh, "IPsec SA of tunnel", tunnel);
	json_decref(answer);
}

void
show_ipsec(struct shell *sh, int argc, char **argv)
{
	ipsec(sh, NULL);
}

void
show_ipsec_tunnel(struct shell *sh, int argc, char **argv)
{
	if (argc == 0)
		shell_error(sh, "incomplete: expected the name of a tunnel");
	else
		ipsec(sh, argv[0]);
}

void
show_policy(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "crypto-policy", NULL, NULL);

	if (answer != NULL)
		render_policy(&sh->out, answer);
	json_decref(answer);
}

static void
drops(struct shell *sh, bool all)
{
	json_t *answer = ask_show(sh, "drops", NULL, NULL);

	if (answer != NULL)
		render_drops(&sh->out, answer, all);
	json_decref(answer);
}

void
show_drops(struct shell *sh, int argc, char **argv)
{
	drops(sh, false);
}

void
show_drops_all(struct shell *sh, int argc, char **argv)
{
	drops(sh, true);
}

void
show_control_plane(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "control-plane", NULL, NULL);

	if (answer != NULL)
		render_control_plane(&sh->out, answer);
	json_decref(answer);
}

void
show_ip_traffic(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask_show(sh, "ip-traffic", NULL, NULL);

	if (answer != NULL)
		render_ip_traffic(&sh->out, answer);
	json_decref(answer);
}

/* ---- configurations ------------------------------------------------------------------------- */

/* The lines of version @version, 0 for the running one; @all: with what is so by default. */
static bool
version_lines(struct shell *sh, json_int_t version, bool all, struct lines *l)
{
	json_t *params = version == 0 ? NULL : json_pack("{s:I}", "version", version);
	json_t *answer = shell_ask(sh, "config-get", params);
	bool ok;

	if (answer == NULL)
		return false;
	if (all)
		lines_fill_defaults(sh->root, json_object_get(answer, "config"));
	ok = lines_render(l, sh->root, json_object_get(answer, "config"));
	if (!ok)
		shell_error(sh, "this configuration has something in it that has no command");
	json_decref(answer);
	return ok;
}

static void
show_version_lines(struct shell *sh, json_int_t version, int argc, char **argv)
{
	bool all = argc > 0 && strcasecmp(argv[0], "all") == 0;
	char section[512] = "";
	struct lines l;

	argc -= all;
	argv += all;
	for (int i = 0; i < argc && strlen(section) < sizeof(section) - 1; i++)
		snprintf(section + strlen(section), sizeof(section) - strlen(section), "%s ",
				argv[i]);
	lines_init(&l);
	if (shell_need_schema(sh) && version_lines(sh, version, all, &l) &&
			lines_print(&l, section, &sh->out) == 0 && argc > 0)
		shell_error(sh, "nothing in the configuration begins with \"%.*s\"",
				(int)strlen(section) - 1, section);
	lines_fini(&l);
}

void
show_prefix_list(struct shell *sh, int argc, char **argv)
{
	char ip[] = "ip", list[] = "prefix-list";
	char *section[] = { ip, list, argc > 0 ? argv[0] : NULL };

	show_running(sh, argc > 0 ? 3 : 2, section);
}

void
show_running(struct shell *sh, int argc, char **argv)
{
	json_t *answer;

	if (!sh->json) {
		show_version_lines(sh, 0, argc, argv);
		return;
	}
	answer = shell_ask(sh, "config-get", NULL);
	if (answer != NULL)
		shell_print_json(sh, answer);
	json_decref(answer);
}

void
show_startup(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "config-versions", NULL), *v;
	json_int_t version = 0;
	size_t i;

	if (answer == NULL)
		return;
	json_array_foreach (json_object_get(answer, "versions"), i, v)
		if (get_true(v, "startup"))
			version = get_int(v, "version");
	json_decref(answer);
	if (version == 0)
		shell_error(sh, "there is no start-up configuration: write makes it");
	else
		show_version_lines(sh, version, argc, argv);
}

void
show_versions(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "config-versions", NULL);

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		render_versions(&sh->out, answer);
	json_decref(answer);
}

void
show_diff(struct shell *sh, int argc, char **argv)
{
	struct lines then, now;
	char *end;
	json_int_t version;

	version = argc > 0 ? strtoll(argv[0], &end, 10) : 0;
	if (argc == 0 || version <= 0 || *end != '\0') {
		shell_error(sh, "expected the number of a version: show configuration versions");
		return;
	}
	lines_init(&then);
	lines_init(&now);
	if (shell_need_schema(sh) && version_lines(sh, version, false, &then) &&
			version_lines(sh, 0, false, &now) && lines_diff(&then, &now, &sh->out) == 0)
		out_line(&sh->out, "No difference that can be shown: secrets are not compared.");
	lines_fini(&then);
	lines_fini(&now);
}
