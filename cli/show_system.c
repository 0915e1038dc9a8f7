/* SPDX-License-Identifier: BSD-3-Clause */
/* show clock, users, processes, tech-support; see show_system.h. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/render.h"
#include "cli/show_system.h"
#include "cli/table.h"
#include "cli/text.h"

static json_t *
ask(struct shell *sh, const char *what)
{
	return shell_ask(sh, "show", json_pack("{s:s}", "what", what));
}

/* True: it was printed as JSON. */
static bool
as_json(struct shell *sh, const json_t *answer)
{
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	return sh->json;
}

void
show_clock(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask(sh, "clock");
	json_int_t ms = get_int(answer, "time_ms");
	time_t when = (time_t)(ms / 1000);
	char clock[32] = "", day[64] = "";
	struct tm tm;

	if (answer != NULL && !as_json(sh, answer) && localtime_r(&when, &tm) != NULL) {
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
		strftime(day, sizeof(day), "%Z %a %b %e %Y", &tm);
		out_line(&sh->out, "%s.%03d %s", clock, (int)(ms % 1000), day);
	}
	json_decref(answer);
}

void
show_users(struct shell *sh, int argc, char **argv)
{
	static const struct table_col cols[] = {
		{ "User", 0 },
		{ "Process", TABLE_RIGHT },
		{ "Since", TABLE_RIGHT },
		{ "Idle", TABLE_RIGHT },
		{ "Last request", TABLE_FLEX },
	};
	json_t *answer = ask(sh, "users"), *u;
	char age[TEXT_NUM_LEN];
	struct table *table;
	size_t i;

	if (answer == NULL || as_json(sh, answer)) {
		json_decref(answer);
		return;
	}
	table = table_new(cols, 5);
	json_array_foreach (json_object_get(answer, "users"), i, u) {
		const struct passwd *pw = getpwuid((uid_t)get_int(u, "uid"));

		if (pw != NULL)
			table_cell(table, OUT_PLAIN, "%s", pw->pw_name);
		else
			table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(u, "uid"));
		table_cell(table, OUT_PLAIN, "%" JSON_INTEGER_FORMAT, get_int(u, "pid"));
		table_cell(table, OUT_PLAIN, "%s", get_age(u, "since_s", age));
		table_cell(table, OUT_PLAIN, "%s", get_age(u, "idle_s", age));
		table_cell(table, OUT_PLAIN, "%s", get_str(u, "request"));
		table_row_end(table);
	}
	table_print(table, &sh->out);
	json_decref(answer);
}

/* ---- processes ------------------------------------------------------------------------------- */

static void
processes_print(const struct out *o, const json_t *version, const json_t *workers)
{
	const json_t *cp = json_object_get(version, "controlplane");
	const json_t *dp = json_object_get(version, "dataplane");
	double up_s = (double)get_int(version, "uptime_s"), cpu_s;
	char age[TEXT_NUM_LEN], polls[TEXT_NUM_LEN], sleeps[TEXT_NUM_LEN];
	json_t *w;
	size_t i;

	cpu_s = json_number_value(json_object_get(cp, "cpu_s"));
	out_line(o, "Control plane, pid %" JSON_INTEGER_FORMAT ", up %s", get_int(cp, "pid"),
			get_age(version, "uptime_s", age));
	detail(o, "CPU", "%.1f s, %.1f %% on average", cpu_s, up_s > 0 ? 100 * cpu_s / up_s : 0);
	detail(o, "Memory at most", "%" JSON_INTEGER_FORMAT " KiB", get_int(cp, "memory_max_kib"));
	detail(o, "Timers late", "%" JSON_INTEGER_FORMAT " times by more than 50 ms, %"
			JSON_INTEGER_FORMAT " ms at worst", get_int(cp, "timer_late_count"),
			get_int(cp, "timer_late_max_ms"));
	if (!get_true(dp, "attached")) {
		out_colored(o, OUT_BAD, "Dataplane: not attached: %s", get_str(dp, "state"));
		return;
	}
	out_line(o, "Dataplane, pid %" JSON_INTEGER_FORMAT ", up %s", get_int(dp, "pid"),
			get_age(dp, "uptime_s", age));
	json_array_foreach (workers, i, w)
		detail(o, "Worker", "%" JSON_INTEGER_FORMAT ": %.1f %% busy, %s polls, %s sleeps",
				get_int(w, "worker"),
				json_number_value(json_object_get(w, "busy_percent")),
				text_count(polls, (uint64_t)get_int(w, "polls")),
				text_count(sleeps, (uint64_t)get_int(w, "sleeps")));
}

void
show_processes(struct shell *sh, int argc, char **argv)
{
	json_t *version = ask(sh, "version"), *drops = version != NULL ? ask(sh, "drops") : NULL;
	const json_t *workers = json_object_get(drops, "workers");
	json_t *both;

	if (drops != NULL && sh->json) {
		both = json_pack("{s:O, s:O, s:O}", "controlplane",
				json_object_get(version, "controlplane"), "dataplane",
				json_object_get(version, "dataplane"), "workers", workers);
		shell_print_json(sh, both);
		json_decref(both);
	} else if (drops != NULL) {
		processes_print(&sh->out, version, workers);
	}
	json_decref(version);
	json_decref(drops);
}

/* ---- all in one ------------------------------------------------------------------------------ */

/* In the order that they are read in. @what: the subject behind it, NULL: the configuration. */
static const struct part {
	const char *words, *what;
} parts[] = {
	{ "show clock", "clock" },
	{ "show version", "version" },
	{ "show running-config", NULL },
	{ "show processes", "version" },
	{ "show users", "users" },
	{ "show interface", "interface" },
	{ "show drops", "drops" },
	{ "show control-plane", "control-plane" },
	{ "show ip traffic", "ip-traffic" },
	{ "show arp", "arp" },
	{ "show ipv6 neighbors", "ipv6-neighbors" },
	{ "show ip route", "ip-route" },
	{ "show ip route recursive", "ip-route-recursive" },
	{ "show ipv6 route", "ipv6-route" },
	{ "show tunnel", "tunnel" },
	{ "show tunnel mtu", "tunnel-mtu" },
	{ "show gre protocols", "gre-protocols" },
	{ "show crypto session detail", "crypto-session" },
	{ "show crypto ikev2 sa detailed", "crypto-ikev2-sa" },
	{ "show crypto ipsec sa", "crypto-ipsec-sa" },
	{ "show crypto policy", "crypto-policy" },
	{ "show crypto pki certificates", "crypto-pki-certificates" },
	{ "show crypto audit", "crypto-audit" },
	{ "show ip ospf", "ip-ospf" },
	{ "show ip ospf interface brief", "ip-ospf-interface" },
	{ "show ip ospf neighbor detail", "ip-ospf-neighbor" },
	{ "show ip ospf statistics", "ip-ospf-statistics" },
	{ "show vrrp", "vrrp" },
	{ "show track", "track" },
	{ "show ip sla", "sla" },
	{ "show events", "events" },
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

/* The command with these words, and what follows them as its arguments. */
static void
run_part(struct shell *sh, const char *words)
{
	const struct command_row *best = NULL;
	char args[64], *argv[4], *save = NULL;
	size_t len, most = 0;
	int argc = 0;

	for (unsigned int i = 0; i < n_command_rows; i++) {
		len = strlen(command_rows[i].words);
		if (len > most && strncmp(words, command_rows[i].words, len) == 0 &&
				(words[len] == ' ' || words[len] == '\0')) {
			best = &command_rows[i];
			most = len;
		}
	}
	if (best == NULL)
		return;
	snprintf(args, sizeof(args), "%s", words + most);
	for (char *w = strtok_r(args, " ", &save); w != NULL && argc < 4;
			w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	best->run(sh, argc, argv);
}

/* Part by part; what cannot be asked now is left out. */
static void
tech_json(struct shell *sh)
{
	json_t *all = json_object(), *answer, *error;

	for (size_t i = 0; i < N_PARTS && sh->status != SHELL_UNREACHABLE; i++) {
		answer = shell_try(sh, parts[i].what != NULL ? "show" : "config-get",
				parts[i].what != NULL ? json_pack("{s:s}", "what", parts[i].what)
						      : NULL,
				&error);
		if (answer != NULL)
			json_object_set(all, parts[i].words, answer);
		json_decref(answer);
		json_decref(error);
	}
	if (sh->status != SHELL_UNREACHABLE)
		shell_print_json(sh, all);
	json_decref(all);
}

void
show_tech_support(struct shell *sh, int argc, char **argv)
{
	if (sh->json) {
		tech_json(sh);
		return;
	}
	for (size_t i = 0; i < N_PARTS && sh->status != SHELL_UNREACHABLE && !sh->page_quit; i++) {
		out_line(&sh->out, "%s", "");
		out_colored(&sh->out, OUT_BOLD, "------------------ %s ------------------",
				parts[i].words);
		run_part(sh, parts[i].words);
	}
}
