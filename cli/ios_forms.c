/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of IOS that say with other words, or in another order, what lines of ours say: a table, and
 * the few that need a look at the document.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"
#include "common/inet.h"

#define TYPE_6       "!\"6\": " IOS_TYPE_6
#define ADDRESS_LEN  64
#define DAMPENING    "dampening half-life $1; dampening reuse $2; dampening suppress $3; " \
		     "dampening max-suppress-time $4"
#define METRIC_NO       "no threshold metric up; no threshold metric down"
#define RA_INTERVALS    "ipv6 nd ra interval $1; ipv6 nd ra interval minimum $2"
#define RA_NO_INTERVALS "no ipv6 nd ra interval; no ipv6 nd ra interval minimum"
#define RA_PREFIX       "ipv6 nd prefix $1 valid-lifetime $2 preferred-lifetime $3"
#define RA_NO_PREFIX    "no ipv6 nd prefix $1"
#define SEQ_STEP     5 /* of prefix lists */
#define CAPTURES_MAX 4
#define OURS_MAX     512

/*
 * @ios: words, which may be abbreviated to three letters; # is a number, * any word. @ours: lines
 * with ; between, $1 is what the first # or * was. @no: the same for a line that begins with "no",
 * NULL: @ours with "no" before each line. &1 is $1 as a secret of type 7. "exit" leaves a mode that
 * was entered. A line that begins with ! is why it cannot be.
 */
struct form {
	const char *in; /* the mode: the map whose entry it is */
	const char *ios, *ours, *no;
};


/* clang-format off */
static const struct form forms[] = {
	{ "tunnels", "keepalive", "keepalive interval 10; keepalive retries 3",
	  "no keepalive interval; no keepalive retries" },
	{ "tunnels", "keepalive #", "keepalive interval $1", NULL },
	{ "tunnels", "keepalive # #", "keepalive interval $1; keepalive retries $2", NULL },
	{ "tunnels", "tunnel protection ipsec profile * shared", "tunnel protection $1", NULL },
	{ "tunnels", "tunnel mode gre ip", "tunnel mode gre", NULL },
	{ "tunnels", "tunnel mode gre multipoint", "tunnel mode gre-multipoint", NULL },
	{ "tunnels", "tunnel mode ipsec ipv4", "tunnel mode ipsec", NULL },
	{ "interfaces", "dampening", "dampening half-life 5", "no dampening half-life" },
	{ "interfaces", "dampening #", "dampening half-life $1", "no dampening half-life" },
	{ "interfaces", "dampening # # # #", DAMPENING, "no dampening half-life" },
	{ "interfaces", "dampening # # # # restart", DAMPENING "; dampening restart 2000",
	  "no dampening half-life; no dampening restart" },
	{ "interfaces", "ipv6 nd ra suppress all", "ipv6 nd ra suppress", NULL },
	{ "interfaces", "ipv6 nd suppress-ra", "ipv6 nd ra suppress", NULL },
	{ "interfaces", "ipv6 nd ra-interval #", "ipv6 nd ra interval $1", NULL },
	{ "interfaces", "ipv6 nd ra-lifetime #", "ipv6 nd ra lifetime $1", NULL },
	{ "interfaces", "ipv6 nd ra interval # #", RA_INTERVALS, RA_NO_INTERVALS },
	{ "interfaces", "ipv6 nd ra-interval # #", RA_INTERVALS, RA_NO_INTERVALS },
	{ "interfaces", "ipv6 nd ra interval msec *", "!intervals are whole seconds, 4 at least", NULL },
	{ "interfaces", "ipv6 nd prefix * # #", RA_PREFIX, RA_NO_PREFIX },
	{ "interfaces", "ipv6 nd prefix * # # no-autoconfig", RA_PREFIX " no-autoconfig",
	  RA_NO_PREFIX },
	{ "interfaces", "ipv6 nd prefix * # # off-link", RA_PREFIX " off-link", RA_NO_PREFIX },
	{ "interfaces", "ipv6 nd prefix * # # off-link no-autoconfig",
	  RA_PREFIX " off-link no-autoconfig", RA_NO_PREFIX },
	{ "link", "ip verify unicast source reachable-via * allow-default",
	  "ip verify unicast source reachable-via $1", NULL },
	{ "link", "ip verify unicast reverse-path",
	  "ip verify unicast source reachable-via rx", NULL },
	{ "link", "ipv6 verify unicast source reachable-via * allow-default",
	  "ipv6 verify unicast source reachable-via $1", NULL },
	{ "link", "ipv6 verify unicast reverse-path",
	  "ipv6 verify unicast source reachable-via rx", NULL },
	{ "link", "ip ospf # area *", "ip ospf area $2", NULL },
	{ "link", "ip ospf authentication", "ip ospf authentication text", NULL },
	{ "link", "ip ospf authentication-key 0 *", "ip ospf authentication-key $1", NULL },
	{ "link", "ip ospf authentication-key 7 *", "ip ospf authentication-key &1",
	  "no ip ospf authentication-key" },
	{ "link", "ip ospf message-digest-key # md5 *",
	  "ip ospf message-digest-key $1; algorithm md5; secret $2; exit",
	  "no ip ospf message-digest-key $1" },
	{ "link", "ip ospf message-digest-key # md5 0 *",
	  "ip ospf message-digest-key $1; algorithm md5; secret $2; exit",
	  "no ip ospf message-digest-key $1" },
	{ "link", "ip ospf message-digest-key # md5 7 *",
	  "ip ospf message-digest-key $1; algorithm md5; secret &2; exit",
	  "no ip ospf message-digest-key $1" },
	{ "link", "ip ospf * 6 *", TYPE_6, NULL },
	{ "link", "ip ospf message-digest-key # md5 6 *", TYPE_6, NULL },
	{ "ospf", "area * stub", "area $1 type stub", "no area $1 type" },
	{ "ospf", "area * stub no-summary", "area $1 type stub; area $1 no-summary",
	  "no area $1 no-summary" },
	{ "ospf", "area * nssa", "area $1 type nssa", "no area $1 type" },
	{ "ospf", "area * nssa no-summary", "area $1 type nssa; area $1 no-summary",
	  "no area $1 no-summary" },
	{ "ospf", "area * nssa default-information-originate",
	  "area $1 type nssa; area $1 default-information-originate",
	  "no area $1 default-information-originate" },
	{ "ospf", "area * nssa translate type7 always",
	  "area $1 type nssa; area $1 translate type7 always",
	  "no area $1 translate type7 always" },
	{ "ospf", "area * nssa translate-always",
	  "area $1 type nssa; area $1 translate type7 always",
	  "no area $1 translate type7 always" },
	{ "ospf", "area * nssa translate-candidate",
	  "area $1 type nssa; no area $1 translate type7 always", "no area $1 type" },
	{ "ospf", "area * nssa range *", "area $1 type nssa; area $1 nssa-range $2",
	  "no area $1 nssa-range $2" },
	{ "ospf", "area * nssa range * not-advertise",
	  "area $1 type nssa; area $1 nssa-range $2 not-advertise", "no area $1 nssa-range $2" },
	{ "ospf", "area * nssa range * cost #",
	  "area $1 type nssa; area $1 nssa-range $2 cost $3", "no area $1 nssa-range $2" },
	{ "ospf", "area * filter-list prefix * in", "area $1 filter-list in $2",
	  "no area $1 filter-list in" },
	{ "ospf", "area * filter-list prefix * out", "area $1 filter-list out $2",
	  "no area $1 filter-list out" },
	{ "ospf", "distribute-list prefix * in", "distribute-list prefix $1",
	  "no distribute-list prefix" },
	{ "ospf", "log-adjacency-changes detail", "log-adjacency-changes", NULL },
	{ "ospf", "nsf ietf", "graceful-restart", NULL },
	{ "ospf", "nsf ietf restart-interval #",
	  "graceful-restart; graceful-restart restart-interval $1",
	  "no graceful-restart; no graceful-restart restart-interval" },
	{ "ospf", "nsf ietf helper disable", "no graceful-restart helper",
	  "graceful-restart helper" },
	{ "ospf", "timers throttle spf # # #", "timers throttle spf start $1;"
	  "timers throttle spf hold $2; timers throttle spf max $3", NULL },
	{ "ospf", "timers throttle lsa # # #", "timers throttle lsa start $1;"
	  "timers throttle lsa hold $2; timers throttle lsa max $3", NULL },
	{ "ospf", "timers throttle lsa all # # #", "timers throttle lsa start $1;"
	  "timers throttle lsa hold $2; timers throttle lsa max $3", NULL },
	{ "ospf", "distance ospf intra-area # inter-area # external #",
	  "distance ospf intra-area $1; distance ospf inter-area $2; distance ospf external $3",
	  NULL },
	{ "tracks", "delay down # up #", "delay down $1; delay up $2", NULL },
	{ "tracks", "delay up # down #", "delay up $1; delay down $2", NULL },
	{ "tracks", "threshold percentage down # up #", "threshold down $1; threshold up $2",
	  NULL },
	{ "tracks", "threshold percentage up # down #", "threshold up $1; threshold down $2",
	  NULL },
	{ "tracks", "threshold weight down # up #", "threshold down $1; threshold up $2", NULL },
	{ "tracks", "threshold weight up # down #", "threshold up $1; threshold down $2", NULL },
	{ "tracks", "delay", "!delay up S, delay down S", "no delay up; no delay down" },
	{ "tracks", "threshold percentage", "!threshold percentage up N down N",
	  "no threshold up; no threshold down" },
	{ "tracks", "threshold weight", "!threshold weight up N down N",
	  "no threshold up; no threshold down" },
	{ "tracks", "threshold metric up # down #",
	  "threshold metric up $1; threshold metric down $2", METRIC_NO },
	{ "tracks", "threshold metric down # up #",
	  "threshold metric down $1; threshold metric up $2", METRIC_NO },
	{ "slas", "icmp-echo * source-interface *", "icmp-echo $1; source-interface $2",
	  "no icmp-echo; no source-interface" },
	{ "slas", "icmp-echo * source-ip *", "icmp-echo $1; source-ip $2",
	  "no icmp-echo; no source-ip" },
	{ "slas", "tcp-connect * #", "tcp-connect $1; port $2", "no tcp-connect; no port" },
	{ "slas", "tcp-connect * # control *", "tcp-connect $1; port $2",
	  "no tcp-connect; no port" },
	{ "slas", "tcp-connect * # source-ip *", "tcp-connect $1; port $2; source-ip $3",
	  "no tcp-connect; no port; no source-ip" },
	{ "slas", "tcp-connect * # source-ip * control *",
	  "tcp-connect $1; port $2; source-ip $3", "no tcp-connect; no port; no source-ip" },
	{ "slas", "tcp-connect * # source-ip * source-port # control *",
	  "!the port is chosen at random: leave source-port out", NULL },
	{ "slas", "frequency #", "frequency msec $1000", "no frequency msec" },
};
/* clang-format on */

static bool
is_number(const char *word)
{
	return word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

static bool
in_mode(const struct edit *e, const char *map)
{
	const char *now = e->depth > 0 ? e->at[e->depth - 1].map->name : "";

	if (strcmp(map, "link") == 0)
		return strcmp(now, "interfaces") == 0 || strcmp(now, "tunnels") == 0;
	return strcmp(now, map) == 0;
}

/* Is the line of this form? Then @got has what stands for # and *. */
static bool
form_fits(const struct form *f, char *const *argv, int argc, const char *got[CAPTURES_MAX])
{
	const char *p = f->ios;
	int n = 0;

	for (int i = 0; i < argc; i++, p += strspn(p, " ")) {
		char word[32];
		size_t len = strcspn(p, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (len == 0 || (p[0] == '#' && !is_number(argv[i])))
			return false;
		if (p[0] == '#' || p[0] == '*')
			got[n++] = argv[i];
		else if (!ios_is(argv[i], word, len < 3 ? len : 3))
			return false;
		p += len;
	}
	return *p == '\0';
}

/* One of our lines, its words split and filled in. */
static bool
run_ours(struct edit *e, const char *line, size_t len, bool no, const char *const *got, char *err,
		size_t err_len)
{
	char words[12][EDIT_NAME_MAX], *argv[12];
	int argc = 0;

	if (no)
		snprintf(words[argc++], sizeof(words[0]), "no");
	for (const char *p = line, *end = line + len; argc < 12; argc++) {
		size_t n;

		p += strspn(p, " ");
		n = strcspn(p, " ;");
		if (p >= end || n == 0)
			break;
		if (p[0] == '&' && ios_type7(got[p[1] - '1'], words[argc], sizeof(words[0])) != 0) {
			snprintf(err, err_len, "the secret is not of type 7");
			return false;
		}
		if (p[0] == '&')
			snprintf(e->note, sizeof(e->note),
					"type 7 hides a secret, it does not encrypt "
					"it: whoever has seen it knows it");
		else if (p[0] == '$')
			snprintf(words[argc], sizeof(words[0]), "%s%.*s", got[p[1] - '1'],
					(int)n - 2, p + 2);
		else
			snprintf(words[argc], sizeof(words[0]), "%.*s", (int)n, p);
		p += n;
	}
	for (int i = 0; i < argc; i++)
		argv[i] = words[i];
	if (argc == 1 && strcmp(argv[0], "exit") == 0)
		return edit_leave(e);
	return edit_words(e, argv, argc, err, err_len);
}

static bool
form_run(struct edit *e, const struct form *f, bool no, const char *const *got, char *err,
		size_t err_len)
{
	const char *p = no && f->no != NULL ? f->no : f->ours;
	bool secret = false;

	if (p[0] == '!') {
		e->secret = true;
		snprintf(err, err_len, "%s", p + 1);
		return false;
	}
	for (; *p != '\0'; p += strspn(p, "; ")) {
		size_t len = strcspn(p, ";");

		if (!run_ours(e, p, len, no && f->no == NULL, got, err, err_len))
			return false;
		secret = secret || e->secret;
		p += len;
	}
	e->secret = secret;
	return true;
}

/* ---- lines that need a look at the document -------------------------------------------------- */

/* network A WILDCARD area N. */
static enum ios_result
network_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	char prefix[IOS_PREFIX_LEN];

	if (argc != 5 || !ios_is(argv[0], "network", 3) || !ios_is(argv[3], "area", 2) ||
			ios_wildcard_prefix(argv[1], argv[2], prefix) != 0)
		return IOS_OTHER;
	return (no ? RUN("no", "network", prefix, "area", argv[4])
		   : RUN("network", prefix, "area", argv[4]))
			       ? IOS_DONE
			       : IOS_WRONG;
}

/* redistribute static subnets: without that word there is nothing else here. */
static enum ios_result
redistribute_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	const char *words[16];
	int n = 0;
	bool found = false;

	if (argc < 3 || argc > 12 || !ios_is(argv[0], "redistribute", 3))
		return IOS_OTHER;
	if (no)
		words[n++] = "no";
	for (int i = 0; i < argc; i++) {
		if (i >= 2 && ios_is(argv[i], "subnets", 3))
			found = true;
		else
			words[n++] = argv[i];
	}
	words[n] = NULL;
	if (!found)
		return IOS_OTHER;
	return ios_run(e, err, err_len, words) ? IOS_DONE : IOS_WRONG;
}

/* max-lsa N [PERCENT] [warning-only] [ignore-time M] [ignore-count N] [reset-time M]. */
static enum ios_result
max_lsa_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	static const char *const more[] = { "threshold", "ignore-time", "ignore-count",
		"reset-time" };
	int i = 2;

	if (!ios_is(argv[0], "max-lsa", 5) || (argc > 1 ? !is_number(argv[1]) : !no))
		return IOS_OTHER;
	if (no) {
		for (size_t k = 0; k < sizeof(more) / sizeof(more[0]); k++)
			if (!RUN("no", "max-lsa", more[k]))
				return IOS_WRONG;
		json_object_del(ios_entry(e), "max-lsa-warning-only");
		return RUN("no", "max-lsa") ? IOS_DONE : IOS_WRONG;
	}
	if (!RUN("max-lsa", argv[1]) || (argc > 2 && is_number(argv[i]) &&
			!RUN("max-lsa", "threshold", argv[i++])))
		return IOS_WRONG;
	while (i < argc) {
		bool alone = ios_is(argv[i], "warning-only", 3);

		if (alone ? !RUN("max-lsa", "warning-only")
			  : i + 1 == argc ? !RUN("max-lsa", argv[i])
					  : !RUN("max-lsa", argv[i], argv[i + 1]))
			return IOS_WRONG;
		i += alone ? 1 : 2;
	}
	return IOS_DONE;
}

/* passive-interface default: what was named before it is named no more. */
static enum ios_result
passive_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	json_t *p = ios_entry(e);

	if (argc != 2 || !ios_is(argv[0], "passive-interface", 3) ||
			strcasecmp(argv[1], "default") != 0)
		return IOS_OTHER;
	if (json_is_true(json_object_get(p, "passive-default")) == no)
		json_object_del(p, "passive-interfaces");
	return (no ? RUN("no", "passive-default") : RUN("passive-default")) ? IOS_DONE : IOS_WRONG;
}

/* ip address A MASK secondary: besides those there are. */
static enum ios_result
secondary_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	bool masked = argc == 5;
	json_t *entry = ios_entry(e), *had;
	bool ok;

	if (argc < 4 || argc > 5 || strcasecmp(argv[0], "ip") != 0 ||
			!ios_is(argv[1], "address", 3) || !ios_is(argv[argc - 1], "secondary", 3))
		return IOS_OTHER;
	if (no)
		return (masked ? RUN("no", "ip", "address", argv[2], argv[3])
			       : RUN("no", "ip", "address", argv[2]))
				       ? IOS_DONE
				       : IOS_WRONG;
	had = json_incref(json_object_get(entry, "address"));
	ok = masked ? RUN("ip", "address", argv[2], argv[3]) : RUN("ip", "address", argv[2]);
	if (ok && json_is_array(had)) {
		json_t *add = json_array_get(json_object_get(entry, "address"), 0), *all;
		size_t i;
		json_t *one;

		all = json_deep_copy(had);
		json_array_foreach (had, i, one)
			if (json_equal(one, add))
				add = NULL;
		if (add != NULL)
			json_array_append(all, add);
		json_object_set_new(entry, "address", all);
	}
	json_decref(had);
	return ok ? IOS_DONE : IOS_WRONG;
}

/* The first address of an interface. False: it has none, or there is no such interface. */
static bool
first_address(const struct edit *e, const char *interface, char first[ADDRESS_LEN])
{
	const json_t *i = json_object_get(json_object_get(e->doc, "interfaces"), interface);
	const char *a = json_string_value(json_array_get(json_object_get(i, "address"), 0));

	snprintf(first, ADDRESS_LEN, "%s", a != NULL ? a : "");
	first[strcspn(first, "/")] = '\0';
	return a != NULL;
}

/* tunnel source INTERFACE: its first address. */
static enum ios_result
source_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	char first[ADDRESS_LEN];

	if (argc != 3 || !ios_is(argv[0], "tunnel", 3) || !ios_is(argv[1], "source", 3) ||
			ios_is_ip4(argv[2]))
		return IOS_OTHER;
	if (first_address(e, argv[2], first))
		return RUN("tunnel", "source", first) ? IOS_DONE : IOS_WRONG;
	if (strspn(argv[2], "0123456789.") > 0) {
		snprintf(err, err_len, "\"%s\": expected an address, or an interface", argv[2]);
		return IOS_WRONG;
	}
	/* On IOS tunnels come before the interfaces that they begin at. */
	if (e->sources == NULL)
		e->sources = json_object();
	json_object_set_new(e->sources, e->at[e->depth - 1].name, json_string(argv[2]));
	snprintf(e->note, sizeof(e->note), "waits for the address of interface %.64s", argv[2]);
	return IOS_DONE;
}

void
ios_line_done(struct edit *e)
{
	char first[ADDRESS_LEN];
	const char *tunnel;
	json_t *iface, *t;
	void *next;

	json_object_foreach_safe (e->sources, next, tunnel, iface) {
		t = json_object_get(json_object_get(e->doc, "tunnels"), tunnel);
		if (t != NULL && json_object_get(t, "source") == NULL &&
				!first_address(e, json_string_value(iface), first))
			continue;
		if (t != NULL && json_object_get(t, "source") == NULL)
			json_object_set_new(t, "source", json_string(first));
		json_object_del(e->sources, tunnel);
	}
}

/* ip route A MASK VIA 200: a number that stands alone is the distance. */
static enum ios_result
route_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	static const char *const takes[] = { "distance", "tag", "track", "name" };
	const char *words[24];
	int n = 0, at = 0;

	if (argc < 4 || argc > 16 || !ios_is(argv[1], "route", 2) ||
			(strcasecmp(argv[0], "ip") != 0 && strcasecmp(argv[0], "ipv6") != 0))
		return IOS_OTHER;
	for (int i = strchr(argv[2], '/') != NULL ? 4 : 5; i < argc && at == 0; i++) {
		bool alone = is_number(argv[i]) && !ios_is_link(e, argv[i]);

		for (size_t k = 0; k < sizeof(takes) / sizeof(takes[0]); k++)
			alone = alone && !ios_is(argv[i - 1], takes[k], 2);
		at = alone ? i : 0;
	}
	if (at == 0)
		return IOS_OTHER;
	if (no)
		words[n++] = "no";
	for (int i = 0; i < argc; i++) {
		if (i == at)
			words[n++] = "distance";
		words[n++] = argv[i];
	}
	words[n] = NULL;
	return ios_run(e, err, err_len, words) ? IOS_DONE : IOS_WRONG;
}

/* no ip prefix-list NAME: all its rules; a description is not kept. */
static enum ios_result
prefix_list_whole(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	json_t *rules = json_object_get(e->doc, "prefix-lists"), *rule;
	size_t i = 0, gone = 0;

	if (argc < 3 || strcasecmp(argv[0], "ip") != 0 || !ios_is(argv[1], "prefix-list", 6))
		return IOS_OTHER;
	if (argc >= 4 && ios_is(argv[3], "description", 3)) {
		snprintf(e->note, sizeof(e->note), "left out: there is no description of this");
		return IOS_DONE;
	}
	if (!no || argc != 3)
		return IOS_OTHER;
	while ((rule = json_array_get(rules, i)) != NULL) {
		const char *list = json_string_value(json_object_get(rule, "list"));

		if (list == NULL || strcmp(list, argv[2]) != 0) {
			i++;
			continue;
		}
		json_array_remove(rules, i);
		gone++;
	}
	if (rules != NULL && json_array_size(rules) == 0)
		json_object_del(e->doc, "prefix-lists");
	e->depth = 0;
	if (gone == 0)
		snprintf(err, err_len, "there is no prefix list \"%s\"", argv[2]);
	return gone > 0 ? IOS_DONE : IOS_WRONG;
}

/* ip prefix-list NAME permit ...: behind those that there are, five further on. */
static enum ios_result
prefix_list_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	const char *words[16];
	char number[24];
	json_int_t last = 0;
	json_t *rule;
	size_t i;
	int n = 0;

	if (argc < 5 || argc > 12 || strcasecmp(argv[0], "ip") != 0 ||
			!ios_is(argv[1], "prefix-list", 6) ||
			(!ios_is(argv[3], "permit", 3) && !ios_is(argv[3], "deny", 3)))
		return IOS_OTHER;
	json_array_foreach (json_object_get(e->doc, "prefix-lists"), i, rule) {
		const char *list = json_string_value(json_object_get(rule, "list"));
		json_int_t seq = json_integer_value(json_object_get(rule, "seq"));

		seq = seq != 0 ? seq : SEQ_STEP; /* which is the default */
		if (list != NULL && strcmp(list, argv[2]) == 0 && seq > last)
			last = seq;
	}
	if (last == 0)
		return IOS_OTHER;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, last + SEQ_STEP);
	for (int k = 0; k < argc; k++) {
		if (k == 3) {
			words[n++] = "seq";
			words[n++] = number;
		}
		words[n++] = argv[k];
	}
	words[n] = NULL;
	return ios_run(e, err, err_len, words) ? IOS_DONE : IOS_WRONG;
}

/* What begins like an object, and is none: a name of ours may be any word. */
static enum ios_result
track_other(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	static const struct {
		int at;
		const char *word, *why;
	} rows[] = {
		{ 1, "timer", "what nobody tells of is looked at five times a second" },
		{ 1, "resolution", "metrics count as they are, see threshold metric" },
		{ 2, "stub-object", "an object is up while something is: see ip sla, route, list" },
		{ 2, "rtr", "write track N ip sla" },
	};

	if (argc < 3 || !ios_is(argv[0], "track", 3) || in_mode(e, "vrrp"))
		return IOS_OTHER;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcasecmp(argv[rows[i].at], rows[i].word) == 0) {
			snprintf(err, err_len, "track %s: %s", rows[i].word, rows[i].why);
			return IOS_WRONG;
		}
	return IOS_OTHER;
}

/* track N ip sla 1 reachability: the lines of the object follow. */
static enum ios_result
track_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	const char *words[16];

	if (argc < 4 || argc > 12 || !ios_is(argv[0], "track", 3) || in_mode(e, "vrrp") ||
			(strcasecmp(argv[2], "ip") != 0 && strcasecmp(argv[2], "ipv6") != 0 &&
					!ios_is(argv[2], "interface", 3) &&
					!ios_is(argv[2], "list", 3)))
		return IOS_OTHER;
	if (argc == 6 && ios_is(argv[2], "interface", 3) && ios_is(argv[5], "routing", 4) &&
			(strcasecmp(argv[4], "ip") == 0 || strcasecmp(argv[4], "ipv6") == 0))
		argc -= 2; /* addresses are fixed here */
	if (argc > 6 && ios_is(argv[argc - 2], "metric", 3) &&
			ios_is(argv[argc - 1], "threshold", 3))
		argc -= 2; /* which is "threshold metric", in its mode */
	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	words[argc] = NULL;
	return ios_run(e, err, err_len, words) && RUN("track", argv[1]) ? IOS_DONE : IOS_WRONG;
}

/* tos N, of which the DSCP is the upper six bits. */
static enum ios_result
tos_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	char dscp[16];

	if (argc < 1 || argc > 2 || strcasecmp(argv[0], "tos") != 0 || (argc == 1 && !no))
		return IOS_OTHER;
	if (no)
		return RUN("no", "dscp") ? IOS_DONE : IOS_WRONG;
	if (!is_number(argv[1]) || strlen(argv[1]) > 3 || atoi(argv[1]) > 255) {
		snprintf(err, err_len, "\"%s\": expected 0-255", argv[1]);
		return IOS_WRONG;
	}
	snprintf(dscp, sizeof(dscp), "%d", atoi(argv[1]) / 4);
	return RUN("dscp", dscp) ? IOS_DONE : IOS_WRONG;
}

/* threshold MS of a probe counts where its state is tracked, and only there. */
static enum ios_result
threshold_line(struct edit *e, char *const *argv, int argc)
{
	if (argc != 2 || !ios_is(argv[0], "threshold", 3) || !is_number(argv[1]))
		return IOS_OTHER;
	if (e->thresholds == NULL)
		e->thresholds = json_object();
	json_object_set_new(e->thresholds, e->at[e->depth - 1].name, json_string(argv[1]));
	snprintf(e->note, sizeof(e->note),
			"counts where the state is tracked, by track N ip sla M state, and only "
			"there");
	return IOS_DONE;
}

/* track N ip sla M state: an answer that takes longer than the threshold is none. */
static enum ios_result
state_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	const char *ms;
	char rtt[16];

	if (argc != 6 || !ios_is(argv[0], "track", 3) || strcasecmp(argv[2], "ip") != 0 ||
			!ios_is(argv[3], "sla", 3) || !ios_is(argv[5], "state", 2))
		return IOS_OTHER;
	ms = json_string_value(json_object_get(e->thresholds, argv[4]));
	if (ms != NULL) {
		snprintf(rtt, sizeof(rtt), "%.15s", ms);
		if (!RUN("ip", "sla", argv[4]) || !RUN("threshold", "rtt", rtt))
			return IOS_WRONG;
	}
	return RUN("track", argv[1], "ip", "sla", argv[4]) && RUN("track", argv[1]) ? IOS_DONE
										    : IOS_WRONG;
}

/* Does the entry of an interface have a key, and no word yet of what is done with it? */
static bool
wants_auth(const json_t *ospf, const char *area, const char *kind, bool set)
{
	const char *of = json_string_value(json_object_get(ospf, "area"));
	const char *now = json_string_value(json_object_get(ospf, "authentication"));
	bool digest = strcmp(kind, "message-digest") == 0;

	if (of != NULL && strcmp(of, area) != 0)
		return false;
	if (!set)
		return now != NULL && strcmp(now, kind) == 0;
	if (now != NULL)
		return false;
	return digest ? json_object_size(json_object_get(ospf, "message-digest-keys")) > 0 ||
				json_object_get(ospf, "key-chain") != NULL
		      : json_object_get(ospf, "authentication-key") != NULL;
}

/* area N authentication [message-digest]: each interface has that of its own here. In the order of
 * IOS's configurations interfaces come before OSPF. */
static enum ios_result
area_auth_line(struct edit *e, char *const *argv, int argc, bool no)
{
	bool digest = argc == 4 && ios_is(argv[3], "message-digest", 3);
	const char *kind = digest ? "message-digest" : "text", *name;
	static const char *const maps[] = { "interfaces", "tunnels" };
	unsigned int n = 0;
	json_t *entry;

	if (argc < 3 || argc > 4 || !ios_is(argv[0], "area", 2) ||
			!ios_is(argv[2], "authentication", 4) || (argc == 4 && !digest))
		return IOS_OTHER;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		json_object_foreach (json_object_get(e->doc, maps[i]), name, entry) {
			json_t *ospf = json_object_get(entry, "ospf");

			if (!wants_auth(ospf, argv[1], kind, !no))
				continue;
			n++;
			if (no)
				json_object_del(ospf, "authentication");
			else
				json_object_set_new(ospf, "authentication", json_string(kind));
		}
	}
	snprintf(e->note, sizeof(e->note),
			"%s %u interfaces that have a key for it; others need ip ospf "
			"authentication",
			no ? "no longer for" : "set for", n);
	return IOS_DONE;
}

/* ip sla schedule N life forever start-time now: that is what probes do. */
static enum ios_result
schedule_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	if (argc < 4 || strcasecmp(argv[0], "ip") != 0 || strcasecmp(argv[1], "sla") != 0 ||
			!ios_is(argv[2], "schedule", 3))
		return IOS_OTHER;
	if (no) {
		snprintf(e->note, sizeof(e->note), "a probe runs as long as it is configured, and "
						   "may be changed meanwhile");
		return IOS_DONE;
	}
	if (json_object_get(json_object_get(e->doc, "slas"), argv[3]) == NULL)
		snprintf(err, err_len, "there is no probe \"%s\"", argv[3]);
	else if (argc != 8 || !((ios_is(argv[4], "life", 2) && ios_is(argv[6], "start-time", 2) &&
				    ios_is(argv[5], "forever", 3) && ios_is(argv[7], "now", 3)) ||
				 (ios_is(argv[4], "start-time", 2) && ios_is(argv[6], "life", 2) &&
						 ios_is(argv[5], "now", 3) &&
						 ios_is(argv[7], "forever", 3))))
		snprintf(err, err_len, "probes run from now on for ever here: write life forever "
				       "start-time now");
	else
		return IOS_DONE;
	return IOS_WRONG;
}

enum ios_result
ios_form_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	const char *got[CAPTURES_MAX];
	enum ios_result r = IOS_OTHER;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (in_mode(e, forms[i].in) && form_fits(&forms[i], argv, argc, got))
			return form_run(e, &forms[i], no, got, err, err_len) ? IOS_DONE : IOS_WRONG;
	if (in_mode(e, "ospf")) {
		r = network_line(e, argv, argc, no, err, err_len);
		if (r == IOS_OTHER)
			r = redistribute_line(e, argv, argc, no, err, err_len);
		if (r == IOS_OTHER)
			r = passive_line(e, argv, argc, no, err, err_len);
		if (r == IOS_OTHER)
			r = max_lsa_line(e, argv, argc, no, err, err_len);
		if (r == IOS_OTHER)
			r = area_auth_line(e, argv, argc, no);
	}
	if (in_mode(e, "slas"))
		r = tos_line(e, argv, argc, no, err, err_len);
	if (r == IOS_OTHER && in_mode(e, "slas") && !no)
		r = threshold_line(e, argv, argc);
	if (in_mode(e, "interfaces"))
		r = secondary_line(e, argv, argc, no, err, err_len);
	if (in_mode(e, "tunnels") && !no)
		r = source_line(e, argv, argc, err, err_len);
	if (r == IOS_OTHER)
		r = route_line(e, argv, argc, no, err, err_len);
	if (r == IOS_OTHER)
		r = prefix_list_whole(e, argv, argc, no, err, err_len);
	if (r == IOS_OTHER && !no)
		r = prefix_list_line(e, argv, argc, err, err_len);
	if (r == IOS_OTHER)
		r = track_other(e, argv, argc, err, err_len);
	if (r == IOS_OTHER && !no)
		r = state_line(e, argv, argc, err, err_len);
	if (r == IOS_OTHER && !no)
		r = track_line(e, argv, argc, err, err_len);
	if (r == IOS_OTHER)
		r = schedule_line(e, argv, argc, no, err, err_len);
	return r;
}
