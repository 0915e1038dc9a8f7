/* SPDX-License-Identifier: BSD-3-Clause */
/* debug ip ospf, ip routing, ip sla, track, vrrp; show debugging; see routing_debug.h. */
#include "cli/routing_debug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/crypto_debug.h"
#include "cli/debug.h"
#include "cli/render.h"
#include "cli/text.h"
#include "cli/trace.h"

/* " to 224.0.0.5"; nothing for what is no packet. */
static const char *
way(const json_t *m, char *buf, size_t len)
{
	const char *address = get_str(m, "address");

	buf[0] = '\0';
	if (strcmp(address, "-") != 0)
		snprintf(buf, len, " %s %s",
				strcmp(get_str(m, "direction"), "out") == 0 ? "to" : "from",
				address);
	return buf;
}

static char *
about_ospf(const json_t *m, char *buf, size_t len)
{
	const char *topic = get_str(m, "topic"), *interface = get_str(m, "interface");
	char to[64];

	snprintf(buf, len, "OSPF%s%s%s%s%s:", strcmp(topic, "-") != 0 ? " " : "",
			strcmp(topic, "-") != 0 ? topic : "",
			strcmp(interface, "-") != 0 ? " " : "",
			strcmp(interface, "-") != 0 ? interface : "", way(m, to, sizeof(to)));
	return buf;
}

static char *
about_vrrp(const json_t *m, char *buf, size_t len)
{
	char to[64];

	snprintf(buf, len, "VRRP %s %" JSON_INTEGER_FORMAT " %s%s:", get_str(m, "interface"),
			get_int(m, "group"), get_str(m, "family"), way(m, to, sizeof(to)));
	return buf;
}

static const struct debug_kind ospf = { "ip-ospf", "ip-ospf-debug", "OSPF's packets and events",
	about_ospf };
static const struct debug_kind vrrp = { "vrrp", "vrrp-debug", "VRRP's packets and events",
	about_vrrp };

static char *
about_track(const json_t *m, char *buf, size_t len)
{
	snprintf(buf, len, "track %s:", get_str(m, "name"));
	return buf;
}

static char *
about_sla(const json_t *m, char *buf, size_t len)
{
	snprintf(buf, len, "ip sla %s:", get_str(m, "name"));
	return buf;
}

static char *
about_routing(const json_t *m, char *buf, size_t len)
{
	snprintf(buf, len, "%s route:", strcmp(get_str(m, "family"), "ipv6") == 0 ? "ipv6" : "ip");
	return buf;
}

static const struct debug_kind track = { "track", "track-debug", "Tracked objects", about_track };
static const struct debug_kind sla = { "ip-sla", "ip-sla-debug", "Probes' requests", about_sla };
static const struct debug_kind routing = { "ip-routing", "ip-routing-debug",
	"Changes of the routes in use", about_routing };

/* A word that has one more after it, which is meant for @params[@key]. */
struct pair {
	const char *word, *key;
	bool number;
};

static bool
pair_take(struct shell *sh, const struct pair *p, const char *value, json_t *params)
{
	char *end;
	long n;

	if (!p->number)
		return json_object_set_new(params, p->key, json_string(value)) == 0;
	n = strtol(value, &end, 10);
	if (*end == '\0' && n >= 1 && n <= 255)
		return json_object_set_new(params, p->key, json_integer(n)) == 0;
	shell_error(sh, "\"%s\": expected %s 1-255", value, p->word);
	return false;
}

static bool
pairs_take(struct shell *sh, const struct pair *pairs, unsigned int n, const char *expected,
		int argc, char **argv, json_t *params, double *seconds)
{
	for (int i = 0; i < argc; i += 2) {
		const struct pair *p = NULL;

		for (unsigned int k = 0; k < n && p == NULL; k++)
			if (text_abbreviates(argv[i], pairs[k].word))
				p = &pairs[k];
		if (i + 1 < argc && p != NULL) {
			if (!pair_take(sh, p, argv[i + 1], params))
				return false;
		} else if (i + 1 < argc && text_abbreviates(argv[i], "seconds")) {
			if (!debug_seconds(sh, argv[i + 1], seconds))
				return false;
		} else {
			shell_error(sh, "\"%s\": expected %s", argv[i], expected);
			return false;
		}
	}
	return true;
}

void
debug_ip_ospf(struct shell *sh, int argc, char **argv)
{
	static const char *const topics[] = { "hello", "adj", "lsa", "spf" };
	static const struct pair pairs[] = { { "neighbor", "neighbor", false },
		{ "interface", "interface", false } };
	json_t *params = json_object();
	double seconds = 0;

	for (size_t i = 0; argc > 0 && i < sizeof(topics) / sizeof(topics[0]); i++)
		if (text_abbreviates(argv[0], topics[i])) {
			json_object_set_new(params, "topic", json_string(topics[i]));
			argc--;
			argv++;
			break;
		}
	if (pairs_take(sh, pairs, 2, "hello, adj, lsa, spf; neighbor ADDRESS, interface NAME, "
				     "seconds 1-86400", argc, argv, params, &seconds))
		debug_follow(sh, &ospf, params, seconds);
	else
		json_decref(params);
}

void
debug_vrrp(struct shell *sh, int argc, char **argv)
{
	static const struct pair pairs[] = { { "interface", "interface", false },
		{ "group", "group", true }, { "neighbor", "neighbor", false } };
	/* IOS's words, and ours for them; "all" is what there is without any */
	static const char *const topics[][2] = { { "packets", "packets" }, { "errors", "errors" },
		{ "events", "events" }, { "state", "events" }, { "all", NULL } };
	json_t *params = json_object();
	double seconds = 0;

	for (size_t i = 0; argc > 0 && i < sizeof(topics) / sizeof(topics[0]); i++)
		if (text_abbreviates(argv[0], topics[i][0])) {
			if (topics[i][1] != NULL)
				json_object_set_new(params, "topic", json_string(topics[i][1]));
			argc--;
			argv++;
			break;
		}
	if (pairs_take(sh, pairs, 3, "packets, errors, events, all; interface NAME, group 1-255, "
				     "neighbor ADDRESS, seconds 1-86400", argc, argv, params,
			    &seconds))
		debug_follow(sh, &vrrp, params, seconds);
	else
		json_decref(params);
}

/* [VALUE] [seconds N]; @key: what the value is for. */
static void
watch(struct shell *sh, const struct debug_kind *k, const char *key, int argc, char **argv)
{
	json_t *params = json_object();
	double seconds = 0;

	if (argc > 0 && !text_abbreviates(argv[0], "seconds")) {
		json_object_set_new(params, key, json_string(argv[0]));
		argc--;
		argv++;
	}
	if (pairs_take(sh, NULL, 0, "seconds 1-86400", argc, argv, params, &seconds))
		debug_follow(sh, k, params, seconds);
	else
		json_decref(params);
}

void
debug_track(struct shell *sh, int argc, char **argv)
{
	watch(sh, &track, "name", argc, argv);
}

void
debug_ip_sla(struct shell *sh, int argc, char **argv)
{
	watch(sh, &sla, "name", argc, argv);
}

void
debug_ip_routing(struct shell *sh, int argc, char **argv)
{
	watch(sh, &routing, "prefix", argc, argv);
}

static void
undebug(struct shell *sh, const struct debug_kind *k, const char *name)
{
	debug_stop(sh, k);
	if (sh->status == SHELL_OK && !sh->json)
		out_line(&sh->out, "Nothing of %s is shown.", name);
}

void
undebug_track(struct shell *sh, int argc, char **argv)
{
	undebug(sh, &track, "tracked objects");
}

void
undebug_ip_sla(struct shell *sh, int argc, char **argv)
{
	undebug(sh, &sla, "probes");
}

void
undebug_ip_routing(struct shell *sh, int argc, char **argv)
{
	undebug(sh, &routing, "routes");
}

void
undebug_ip_ospf(struct shell *sh, int argc, char **argv)
{
	undebug(sh, &ospf, "OSPF");
}

void
undebug_vrrp(struct shell *sh, int argc, char **argv)
{
	undebug(sh, &vrrp, "VRRP");
}

void
undebug_all(struct shell *sh, int argc, char **argv)
{
	debug_stop(sh, &ospf);
	debug_stop(sh, &vrrp);
	debug_stop(sh, &track);
	debug_stop(sh, &sla);
	debug_stop(sh, &routing);
	crypto_undebug(sh, argc, argv);
	if (sh->status == SHELL_OK)
		trace_undebug(sh, argc, argv);
}

void
show_debugging(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "show", json_pack("{s:s}", "what", "debugging")), *d;
	json_int_t left = get_int(answer, "packet_trace_left");
	const json_t *list = json_object_get(answer, "debugging");
	size_t i;

	if (answer != NULL && sh->json) {
		shell_print_json(sh, answer);
	} else if (answer != NULL) {
		json_array_foreach (list, i, d)
			out_line(&sh->out, "%s: %" JSON_INTEGER_FORMAT " messages, read %.0f s ago",
					get_str(d, "command"), get_int(d, "messages"),
					json_number_value(json_object_get(d, "read_s_ago")));
		if (left > 0)
			out_line(&sh->out, "debug packet-trace: waits for %" JSON_INTEGER_FORMAT
					   " packets", left);
		if (json_array_size(list) == 0 && left == 0)
			out_line(&sh->out, "Nothing is looked at.");
	}
	json_decref(answer);
}
