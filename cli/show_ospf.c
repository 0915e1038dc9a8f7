/* SPDX-License-Identifier: BSD-3-Clause */
/* show ip ospf database, with the words of IOS, and show ip protocols; see show.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/render.h"
#include "cli/show.h"
#include "cli/text.h"
#include "common/inet.h"

static bool
is_address(const char *word)
{
	uint32_t addr;

	return ip4_parse(word, &addr) == 0;
}

/* The type of LSA that a word abbreviates, NULL: none. */
static const char *
type_of(const char *word)
{
	static const char *const types[] = { "router", "network", "summary", "asbr-summary",
		"external", "nssa-external", "opaque-link", "opaque-area", "opaque-as" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_abbreviates(word, types[i]))
			return types[i];
	return NULL;
}

/* "[TYPE [ID]] [adv-router ID] [self-originate]" into @params. NULL, or the word that does not
 * fit. */
static const char *
words_take(int argc, char **argv, json_t *params, const char **type)
{
	*type = argc > 0 ? type_of(argv[0]) : NULL;
	if (*type != NULL)
		json_object_set_new(params, "name", json_string(*type));
	for (int i = *type != NULL; i < argc; i++) {
		if (text_abbreviates(argv[i], "self-originate")) {
			json_object_set_new(params, "own", json_true());
		} else if (text_abbreviates(argv[i], "adv-router") && i + 1 < argc &&
				is_address(argv[i + 1])) {
			json_object_set_new(params, "router", json_string(argv[++i]));
		} else if (i == 1 && *type != NULL && is_address(argv[i])) {
			json_object_set_new(params, "id", json_string(argv[i]));
		} else {
			return argv[i];
		}
	}
	return NULL;
}

void
show_ospf_database(struct shell *sh, int argc, char **argv)
{
	json_t *params = json_pack("{s:s}", "what", "ip-ospf-database"), *answer;
	const char *type, *wrong = words_take(argc, argv, params, &type);

	if (wrong != NULL) {
		json_decref(params);
		shell_error(sh, "\"%s\": expected [TYPE-OF-LSA [ID]] [adv-router ROUTER-ID] "
				"[self-originate]", wrong);
		return;
	}
	answer = shell_ask(sh, "show", params);
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL && type != NULL)
		render_ospf_database_detail(&sh->out, answer);
	else if (answer != NULL)
		render_ospf_database(&sh->out, answer);
	json_decref(answer);
}

/* What OSPF tells of others' routes, and where it does not send. */
static void
ospf_configured(struct shell *sh, const json_t *ospf)
{
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(ospf, "redistribute"), i, v) {
		json_t *metric = json_object_get(v, "metric"), *of = json_object_get(v, "prefix-list");
		char text[48] = "";

		if (metric != NULL)
			snprintf(text, sizeof(text), ", metric %" JSON_INTEGER_FORMAT,
					json_integer_value(metric));
		detail(&sh->out, "Redistributing", "%s%s%s%s", get_str(v, "source"), text,
				of != NULL ? ", of prefix list " : "",
				of != NULL ? json_string_value(of) : "");
	}
	json_array_foreach (json_object_get(ospf, "networks"), i, v)
		detail(&sh->out, "Network", "%s area %s", get_str(v, "prefix"),
				get_str(v, "area"));
	if (get_true(ospf, "passive-default"))
		detail(&sh->out, "Passive", "all interfaces but these:");
	json_array_foreach (json_object_get(ospf, "passive-interfaces"), i, v)
		detail(&sh->out, get_true(ospf, "passive-default") ? "Not passive" : "Passive",
				"%s", get_str(v, "interface"));
}

static void
ospf_runs(struct shell *sh, const json_t *answer)
{
	const json_t *how = json_object_get(answer, "configured");
	json_t *a;
	size_t i;

	out_line(&sh->out, "OSPF, process %" JSON_INTEGER_FORMAT "%s", get_int(answer, "process"),
			get_true(answer, "running") ? "" : ", not running");
	detail(&sh->out, "Router ID", "%s%s%s", get_str(answer, "router_id"),
			get_true(answer, "abr") ? ", area border router" : "",
			get_true(answer, "asbr") ? ", AS boundary router" : "");
	detail(&sh->out, "Distance", "%" JSON_INTEGER_FORMAT ", up to %" JSON_INTEGER_FORMAT
			" equal ways", get_int(how, "distance"), get_int(how, "max_paths"));
	json_array_foreach (json_object_get(answer, "areas"), i, a)
		detail(&sh->out, "Area", "%s, %s, %" JSON_INTEGER_FORMAT " interfaces, %"
				JSON_INTEGER_FORMAT " full neighbours", get_str(a, "area"),
				get_str(a, "type"), get_int(a, "interfaces"),
				get_int(a, "full_neighbors"));
}

/* As on IOS; the lists of what is configured are those of the running configuration. */
void
show_ip_protocols(struct shell *sh, int argc, char **argv)
{
	json_t *ospf = shell_ask(sh, "show", json_pack("{s:s}", "what", "ip-ospf"));
	json_t *routes = ospf != NULL ? shell_ask(sh, "show", json_pack("{s:s}", "what", "ip-route"))
				      : NULL;
	json_t *config = routes != NULL ? shell_ask(sh, "config-get", NULL) : NULL, *process;
	const char *name;

	if (config != NULL && sh->json) {
		shell_print_json(sh, ospf);
	} else if (config != NULL) {
		if (get_int(ospf, "process") != 0) {
			ospf_runs(sh, ospf);
			json_object_foreach (json_object_get(json_object_get(
					json_object_get(config, "config"), "router"), "ospf"),
					name, process)
				ospf_configured(sh, process);
		} else {
			out_line(&sh->out, "No routing protocol is configured.");
		}
		render_route_summary(&sh->out, routes);
	}
	json_decref(config);
	json_decref(routes);
	json_decref(ospf);
}
