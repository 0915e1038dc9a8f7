/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands from the line typed to what is printed and what the control plane was asked: show,
 * filters, configure terminal with its commits and refusals, push, statuses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config_mode.h"
#include "cli/push.h"
#include "cli/render.h"
#include "cli/shell.h"
#include "cli/watch.h"
#include "tests/unit/cli_server.h"
#include "tests/unit/cu.h"

/* A shell, its control plane, and what it has printed. */
struct bench {
	struct cli_server *server;
	struct shell sh;
	char out[16384], err[4096];
};

static struct bench *bench;

static void
append(char *to, size_t cap, const char *line)
{
	snprintf(to + strlen(to), cap - strlen(to), "%s\n", line);
}

static void
on_out(struct cli_def *cli, const char *line)
{
	append(bench->out, sizeof(bench->out), line);
}

static void
on_err(void *arg, const char *line)
{
	append(bench->err, sizeof(bench->err), line);
}

static void
setup(void)
{
	bench = calloc(1, sizeof(*bench));
	bench->server = cli_server_start();
	if (shell_init(&bench->sh, cli_server_path(bench->server)) != 0)
		abort();
	cli_print_callback(bench->sh.cli, on_out);
	bench->sh.err.line = on_err;
}

static void
teardown(void)
{
	shell_fini(&bench->sh);
	cli_server_stop(bench->server);
	free(bench);
}

static enum shell_status
run(const char *line)
{
	bench->out[0] = bench->err[0] = '\0';
	return shell_run(&bench->sh, line, strlen(line));
}

static bool
printed(const char *text)
{
	bool found = strstr(bench->out, text) != NULL;

	if (!found)
		printf("\n  no \"%s\" in:\n%s(errors: %s)\n", text, bench->out, bench->err);
	return found;
}

static bool
complained(const char *text)
{
	bool found = strstr(bench->err, text) != NULL;

	if (!found)
		printf("\n  no \"%s\" in: %s\n", text, bench->err);
	return found;
}

static void
test_show(void)
{
	setup();
	CU_ASSERT_EQUAL(run("show tunnel"), SHELL_OK);
	CU_ASSERT_TRUE(printed("t1      up"));
	CU_ASSERT_TRUE(printed("12.3 M"));
	CU_ASSERT_TRUE(printed("1h01m"));
	CU_ASSERT_TRUE(printed("  why down: no ?[2Janswer"));
	CU_ASSERT_PTR_NULL(strchr(bench->out, '\033'));
	CU_ASSERT_EQUAL(run("sh tun t2"), SHELL_OK);
	CU_ASSERT_TRUE(printed("Tunnel t2 is down"));
	CU_ASSERT_EQUAL(run("sh tun t3"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("there is no tunnel t3"));
	CU_ASSERT_EQUAL(run("show arp"), SHELL_ERROR); /* this server does not know it */
	CU_ASSERT_TRUE(complained("% params: \"what\" is not known"));
	CU_ASSERT_EQUAL(run("show tunnel t1 t2"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("\"t2\" is too much"));
	CU_ASSERT_EQUAL(run("show nothing"), SHELL_ERROR);
	CU_ASSERT_EQUAL(run("s"), SHELL_OK + SHELL_ERROR);
	CU_ASSERT_EQUAL(run("  ! a remark"), SHELL_OK);
	CU_ASSERT_EQUAL(run(""), SHELL_OK);
	CU_ASSERT_EQUAL(run("clear counters"), SHELL_OK);
	CU_ASSERT_TRUE(printed("3 counters cleared."));
	teardown();
}

/* What comes behind a show on IOS: of which group, a mask, longer prefixes. */
static void
test_show_words(void)
{
	setup();
	CU_ASSERT_EQUAL(run("show vrrp brief"), SHELL_OK);
	CU_ASSERT_TRUE(printed("dmz") && printed("ipv6"));
	CU_ASSERT_EQUAL(run("show vrrp interface lan 10 ipv4"), SHELL_OK);
	CU_ASSERT_TRUE(printed("active"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "dmz"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "backup"));
	CU_ASSERT_EQUAL(run("sh vrrp br all ipv6"), SHELL_OK);
	CU_ASSERT_TRUE(printed("backup"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "active "));
	CU_ASSERT_EQUAL(run("show vrrp lan 11"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("there is no such virtual router"));
	CU_ASSERT_EQUAL(run("show vrrp lan 256"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("\"256\": expected [interface] NAME, a group"));
	CU_ASSERT_EQUAL(run("show ip route 10.0.0.0 255.0.0.0"), SHELL_OK);
	CU_ASSERT_TRUE(printed("object 1 is down"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "10.1.0.0"));
	CU_ASSERT_EQUAL(run("show ip route 10.0.0.0 255.0.0.0 longer-prefixes"), SHELL_OK);
	CU_ASSERT_TRUE(printed("10.0.0.0/8") && printed("10.1.0.0/16"));
	CU_ASSERT_EQUAL(run("show ip route 11.0.0.0/8 longer"), SHELL_ERROR);
	CU_ASSERT_EQUAL(run("show ip route 10.0.0.0 255.0.255.0"), SHELL_ERROR);
	CU_ASSERT_EQUAL(run("show ip route 10.2.0.1"), SHELL_OK); /* nothing leads there: why */
	CU_ASSERT_TRUE(printed("No route to 10.2.0.1 is used") && printed("object 1 is down"));
	CU_ASSERT_EQUAL(run("show ip route 11.0.0.1"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("there is no route to 11.0.0.1"));
	CU_ASSERT_EQUAL(run("show ip route sta"), SHELL_OK);
	CU_ASSERT_PTR_NULL(strstr(bench->out, "10.1.0.0"));
	CU_ASSERT_EQUAL(run("show ip route summary | include total +1 +1 +1"), SHELL_OK);
	CU_ASSERT_TRUE(printed("total"));
	teardown();
}

/* "| json" is --json for one answer, other filters behind it or before. */
static void
test_json_filter(void)
{
	json_t *doc;

	setup();
	CU_ASSERT_EQUAL(run("show vrrp lan 10 ipv4 | json"), SHELL_OK);
	doc = json_loads(bench->out, 0, NULL);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(doc, "groups")), 1);
	json_decref(doc);
	CU_ASSERT_EQUAL(run("show vrrp|JSON | include dmz"), SHELL_OK);
	CU_ASSERT_TRUE(printed("\"interface\": \"dmz\""));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "groups"));
	CU_ASSERT_EQUAL(run("show vrrp | include json"), SHELL_OK); /* a pattern */
	CU_ASSERT_STRING_EQUAL(bench->out, "");
	CU_ASSERT_EQUAL(run("show vrrp brief"), SHELL_OK);
	CU_ASSERT_TRUE(printed("Interface"));
	teardown();
}

static void
test_filters(void)
{
	setup();
	bench->sh.out.color = true; /* patterns see the text, not its colours */
	CU_ASSERT_EQUAL(run("show tunnel | include t1 +up"), SHELL_OK);
	CU_ASSERT_TRUE(printed("2.2.2.2"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "t2"));
	CU_ASSERT_EQUAL(run("show tunnel | i ^t"), SHELL_OK); /* abbreviated: libcli's own crash */
	CU_ASSERT_TRUE(printed("t2"));
	CU_ASSERT_EQUAL(run("show tunnel | exclude ^t"), SHELL_OK);
	CU_ASSERT_PTR_NULL(strstr(bench->out, "2.2.2.2"));
	CU_ASSERT_EQUAL(run("show tunnel | begin t2 | exclude why"), SHELL_OK);
	CU_ASSERT_EQUAL(strncmp(bench->out, "t2", 2), 0);
	CU_ASSERT_PTR_NULL(strstr(bench->out, "why"));
	CU_ASSERT_EQUAL(run("show tunnel | count"), SHELL_OK);
	CU_ASSERT_STRING_EQUAL(bench->out, "4\n");
	CU_ASSERT_EQUAL(run("show tunnel | include ^t | count"), SHELL_OK);
	CU_ASSERT_STRING_EQUAL(bench->out, "2\n");
	CU_ASSERT_EQUAL(run("show running-config | section interface"), SHELL_OK);
	CU_ASSERT_STRING_EQUAL(bench->out,
			"interface wan\n description \"to the ISP\"\n ip address 1.1.1.2/24\n");
	CU_ASSERT_EQUAL(run("show tunnel | include ("), SHELL_ERROR);
	CU_ASSERT_NOT_EQUAL(run("show tunnel | nonsense"), SHELL_OK);
	CU_ASSERT_NOT_EQUAL(run("show tunnel |"), SHELL_OK);
	CU_ASSERT_EQUAL(run("show tunnel"), SHELL_OK); /* and no filter is left over */
	CU_ASSERT_TRUE(printed("why"));
	teardown();
}

static void
test_json(void)
{
	json_t *doc;

	setup();
	bench->sh.json = true;
	CU_ASSERT_EQUAL(run("show tunnel"), SHELL_OK);
	doc = json_loads(bench->out, 0, NULL);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(doc, "tunnels")), 2);
	json_decref(doc);
	CU_ASSERT_PTR_NULL(strchr(bench->out, '\033'));
	CU_ASSERT_EQUAL(run("show arp"), SHELL_ERROR);
	doc = json_loads(bench->out, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(json_object_get(doc, "error"), "message"));
	json_decref(doc);
	teardown();
}

static void
test_configure(void)
{
	json_int_t version;
	json_t *config;

	setup();
	CU_ASSERT_EQUAL(run("mtu 1400"), SHELL_ERROR); /* not in this mode */
	CU_ASSERT_EQUAL(run("conf t"), SHELL_OK);
	CU_ASSERT_TRUE(bench->sh.configuring);
	CU_ASSERT_EQUAL(run("int wan"), SHELL_OK);
	CU_ASSERT_STRING_EQUAL(bench->sh.cli->modestring, "(config-if)");
	CU_ASSERT_EQUAL(run("mtu 99"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("% \"99\": expected 576-9600 (bytes)"));
	CU_ASSERT_EQUAL(run("mtu 1400"), SHELL_OK);
	CU_ASSERT_EQUAL(run("show changes"), SHELL_OK);
	CU_ASSERT_TRUE(printed("1500 -> 1400"));
	CU_ASSERT_TRUE(printed("dry run"));
	CU_ASSERT_EQUAL(run("show configuration interface"), SHELL_OK);
	CU_ASSERT_TRUE(printed(" mtu 1400"));
	CU_ASSERT_EQUAL(run("do show tunnel | count"), SHELL_OK);
	CU_ASSERT_STRING_EQUAL(bench->out, "4\n");
	CU_ASSERT_EQUAL(run("ip route 10.0.0.0/8 null0"), SHELL_OK); /* from within the interface */
	CU_ASSERT_STRING_EQUAL(bench->sh.cli->modestring, "(config)");
	CU_ASSERT_EQUAL(run("end"), SHELL_OK);
	CU_ASSERT_FALSE(bench->sh.configuring);
	CU_ASSERT_TRUE(printed("Version 8 is running."));
	config = cli_server_config(bench->server, &version);
	CU_ASSERT_EQUAL(version, 8);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(config, "routes")), 2);
	/* the secret that was shown as stars is what it was */
	CU_ASSERT_STRING_EQUAL(
			json_string_value(json_object_get(
					json_object_get(json_object_get(json_object_get(config,
											"crypto"),
									"keys"),
							"branch-1"),
					"psk")),
			"correct-horse");
	json_decref(config);
	/* nothing changed: nothing is pushed */
	unsigned int before = cli_server_requests(bench->server);
	CU_ASSERT_EQUAL(run("conf t"), SHELL_OK);
	CU_ASSERT_EQUAL(run("exit"), SHELL_OK);
	CU_ASSERT_EQUAL(cli_server_requests(bench->server), before + 1);
	teardown();
}

static void
test_refused_commit(void)
{
	json_t *config;
	json_int_t version;

	setup();
	run("conf t");
	CU_ASSERT_EQUAL(run("interface tunnel t9"), SHELL_OK);
	CU_ASSERT_EQUAL(run("end"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("% 1 error in the configuration, nothing was changed"));
	CU_ASSERT_TRUE(complained(
			"interface tunnel t9: tunnel source: it is not there; expected an "
			"?[31maddress"));
	CU_ASSERT_TRUE(complained("Still in configuration mode"));
	CU_ASSERT_TRUE(bench->sh.configuring);
	CU_ASSERT_TRUE(config_changed(&bench->sh));
	CU_ASSERT_EQUAL(run("tunnel source 1.1.1.2"), SHELL_OK); /* the mode is still there, too */
	CU_ASSERT_EQUAL(run("commit comment a branch"), SHELL_OK);
	CU_ASSERT_FALSE(config_changed(&bench->sh));
	CU_ASSERT_TRUE(bench->sh.configuring);
	CU_ASSERT_STRING_EQUAL(bench->sh.cli->modestring, "(config-if-tunnel)");
	config = cli_server_pushed(bench->server);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(config, "comment")), "a branch");
	json_decref(config);
	CU_ASSERT_EQUAL(run("shutdown"), SHELL_OK);
	CU_ASSERT_EQUAL(run("abort"), SHELL_OK);
	CU_ASSERT_FALSE(bench->sh.configuring);
	json_decref(cli_server_config(bench->server, &version));
	CU_ASSERT_EQUAL(version, 8);
	teardown();
}

/* Somebody else commits in between: said clearly, nothing overwritten, nothing lost. */
static void
test_conflict(void)
{
	json_int_t version;

	setup();
	run("conf t");
	CU_ASSERT_EQUAL(run("hostname other"), SHELL_OK);
	cli_server_change(bench->server);
	CU_ASSERT_EQUAL(run("commit"), SHELL_ERROR);
	CU_ASSERT_TRUE(complained("changed by someone else since you began: version 8 is running, "
				  "yours is from 7"));
	CU_ASSERT_TRUE(config_changed(&bench->sh));
	json_decref(cli_server_config(bench->server, &version));
	CU_ASSERT_EQUAL(version, 8);
	run("abort");
	teardown();
}

static void
test_commit_confirmed(void)
{
	json_t *pushed;

	setup();
	run("conf t");
	CU_ASSERT_EQUAL(run("hostname other"), SHELL_OK);
	CU_ASSERT_EQUAL(run("commit confirmed"), SHELL_ERROR);
	CU_ASSERT_EQUAL(run("commit confirmed 0"), SHELL_ERROR);
	CU_ASSERT_EQUAL(run("commit confirmed 86401"), SHELL_ERROR);
	CU_ASSERT_EQUAL(run("commit confirmed 60 comment try it"), SHELL_OK);
	CU_ASSERT_TRUE(printed("It goes back in 60 s unless"));
	pushed = cli_server_pushed(bench->server);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(pushed, "confirm_s")), 60);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(pushed, "comment")), "try it");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(pushed, "base")), 7);
	json_decref(pushed);
	run("abort");
	teardown();
}

/* What is not written is shown as what it is by default; nothing comes into being by that. */
static void
test_running_with_defaults(void)
{
	setup();
	CU_ASSERT_EQUAL(run("show running-config"), SHELL_OK);
	CU_ASSERT_FALSE(printed(" mtu 1500"));
	CU_ASSERT_EQUAL(run("show running-config all"), SHELL_OK);
	CU_ASSERT_TRUE(printed(" mtu 1500"));
	CU_ASSERT_TRUE(printed(" pre-shared-key ********"));
	CU_ASSERT_EQUAL(run("show running-config all interface"), SHELL_OK);
	CU_ASSERT_TRUE(printed(" mtu 1500"));
	CU_ASSERT_FALSE(printed(" pre-shared-key"));
	teardown();
}

/* Text pasted back as show running-config printed it changes nothing. */
static void
test_paste_back(void)
{
	char running[sizeof(bench->out)], *line, *save = NULL;

	setup();
	CU_ASSERT_EQUAL(run("show running-config"), SHELL_OK);
	CU_ASSERT_TRUE(printed(" pre-shared-key ********"));
	snprintf(running, sizeof(running), "%s", bench->out);
	run("conf t");
	for (line = strtok_r(running, "\n", &save); line != NULL;
			line = strtok_r(NULL, "\n", &save))
		CU_ASSERT_EQUAL(run(line), SHELL_OK);
	CU_ASSERT_FALSE(config_changed(&bench->sh));
	CU_ASSERT_EQUAL(run("end"), SHELL_OK);
	teardown();
}

static void
push_text(const char *text, bool dry_run)
{
	char path[] = "/tmp/culvert-cli-push.XXXXXX";
	int fd = mkstemp(path);

	bench->out[0] = bench->err[0] = '\0';
	bench->sh.status = SHELL_OK;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	push_file(&bench->sh, path, dry_run, 0, NULL);
	unlink(path);
}

static void
test_push(void)
{
	json_int_t version;

	setup();
	push_text("{\"ports\": {\"lan\": {}}}", true);
	CU_ASSERT_EQUAL(bench->sh.status, SHELL_OK);
	CU_ASSERT_TRUE(printed("dry run"));
	json_decref(cli_server_config(bench->server, &version));
	CU_ASSERT_EQUAL(version, 7);
	push_text("{\"version\": 3, \"config\": {\"ports\": {\"lan\": {}}}}", false);
	CU_ASSERT_TRUE(printed("Version 8 is running."));
	push_text("{\"ports\": {\"lan\": {}}}", false);
	CU_ASSERT_TRUE(printed("No change; version 8 is running."));
	push_text("{\"tunnels\": {\"a\": {}}}", false);
	CU_ASSERT_EQUAL(bench->sh.status, SHELL_ERROR);
	CU_ASSERT_TRUE(complained(
			"  /tunnels/a/source: it is not there; expected an ?[31maddress"));
	push_text("{\"ports\": {\n\"a\": 1,\n\"a\": 2}}", false);
	CU_ASSERT_EQUAL(bench->sh.status, SHELL_ERROR);
	CU_ASSERT_TRUE(complained("line 3 column"));
	push_text("{", false);
	CU_ASSERT_EQUAL(bench->sh.status, SHELL_ERROR);
	bench->sh.status = SHELL_OK;
	push_file(&bench->sh, "/nonexistent/file", false, 0, NULL);
	CU_ASSERT_EQUAL(bench->sh.status, SHELL_ERROR);
	teardown();
}

static void
test_unreachable(void)
{
	setup();
	cli_server_fault(bench->server, SERVER_CLOSE);
	CU_ASSERT_EQUAL(run("show tunnel"), SHELL_UNREACHABLE);
	CU_ASSERT_TRUE(complained("the control plane is not reachable at"));
	CU_ASSERT_EQUAL(run("configure terminal"), SHELL_UNREACHABLE);
	CU_ASSERT_FALSE(bench->sh.configuring);
	cli_server_fault(bench->server, SERVER_WELL);
	/* it goes away while a candidate is being edited: the candidate stays */
	CU_ASSERT_EQUAL(run("configure terminal"), SHELL_OK);
	CU_ASSERT_EQUAL(run("hostname later"), SHELL_OK);
	cli_server_fault(bench->server, SERVER_CLOSE);
	CU_ASSERT_EQUAL(run("end"), SHELL_UNREACHABLE);
	CU_ASSERT_TRUE(config_changed(&bench->sh));
	cli_server_fault(bench->server, SERVER_WELL);
	CU_ASSERT_EQUAL(run("end"), SHELL_OK);
	CU_ASSERT_FALSE(bench->sh.configuring);
	teardown();
}

static void
test_rates(void)
{
	json_t *then = json_pack("{s:[{s:s, s:I}, {s:s, s:I}]}", "tunnels", "name", "a", "in_bytes",
			(json_int_t)1000, "name", "b", "in_bytes", (json_int_t)5000);
	json_t *now = json_pack("{s:[{s:s, s:I, s:s}, {s:s, s:I}]}", "tunnels", "name", "b",
			"in_bytes", (json_int_t)255000, "spi_in", "0x00000101", "name", "a",
			"in_bytes", (json_int_t)10);
	struct since since = { .before = then, .seconds = 2 };

	setup();
	render_tunnel(&bench->sh.out, now, NULL, &since);
	CU_ASSERT_TRUE(printed("1.00 Mbit/s")); /* b, found although the order is another */
	CU_ASSERT_TRUE(printed("0x00000101"));
	CU_ASSERT_TRUE(printed(" 10 B      0 bit/s")); /* a: cleared in between */
	json_decref(then);
	json_decref(now);
	teardown();
}

/* Two rounds of a repeated command; the second has a snapshot to compare with. */
static void
test_watch(void)
{
	struct watch_options o = { .interval_s = 0.1, .limit = 3 };
	char line[] = "show tunnel | include ^t1.*in ", *lines[] = { line };
	unsigned int before;

	setup();
	before = cli_server_requests(bench->server);
	CU_ASSERT_EQUAL(watch_run(&bench->sh, &o, lines, 1), SHELL_OK);
	CU_ASSERT_EQUAL(cli_server_requests(bench->server), before + 3);
	/* the first has nothing to compare with */
	CU_ASSERT_TRUE(strstr(bench->out, "bit/s") > strchr(bench->out, '\n'));
	CU_ASSERT_PTR_NULL(bench->sh.watch);
	teardown();
}

/* Whatever the control plane answers to show: no crash, no control character. */
static void
test_odd_answers(void)
{
	static const char *const answers[] = {
		"{}",
		"{\"tunnels\": 1, \"interfaces\": {}, \"routes\": \"x\", \"entries\": null, "
		"\"sas\": [[]]}",
		"{\"tunnels\": [null, 1, {}, {\"name\": 5, \"state\": []}]}",
		"{\"interfaces\": [1, {\"name\": \"a\", \"addresses\": [1, null]}]}",
		"{\"routes\": [1, {}, {\"prefix\": \"x\", \"next_hops\": [1]}, {\"next_hops\": "
		"{}}]}",
		"{\"sas\": [1, {\"children\": [1, {}]}], \"peers\": [1, {}], \"counters\": "
		"{\"\\u001b\": 1}}",
		"{\"reasons\": [1, {\"packets\": -1}], \"punt\": [1], \"workers\": "
		"[{\"busy_percent\": \"\"}]}",
		"{\"policies\": [1, {\"tunnel\": \"\\u001b\", \"source_port\": 7, \"in_drops\": "
		"1}]}",
		"{\"versions\": [1, {}], \"changes\": [1, \"\\u001b\"], \"warnings\": [null, "
		"\"\\u0007\"]}",
	};

	setup();
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		json_t *a = json_loads(answers[i], 0, NULL);
		struct since since = { .before = a, .seconds = 1 };
		const struct out *o = &bench->sh.out;

		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		bench->out[0] = '\0';
		render_version(o, a);
		render_interface(o, a, NULL, NULL);
		render_interface(o, a, "a", NULL);
		render_interface(o, a, NULL, &since);
		render_route(o, a, NULL);
		render_route(o, a, "1.2.3.4");
		render_arp(o, a);
		render_tunnel(o, a, NULL, NULL);
		render_tunnel(o, a, NULL, &since);
		render_ike(o, a, 2, false);
		render_ike(o, a, 1, true);
		render_session(o, a, true);
		render_session(o, a, false);
		render_ipsec(o, a, NULL);
		render_ipsec(o, a, "-");
		render_policy(o, a);
		render_drops(o, a, true);
		render_versions(o, a);
		render_push(o, a, false);
		CU_ASSERT_TRUE(strlen(bench->out) > 0);
		CU_ASSERT_PTR_NULL(strpbrk(bench->out, "\033\007"));
		json_decref(a);
	}
	teardown();
}

/* A route, asked for by an address that takes it and by its prefix. */
static void
test_one_route(void)
{
	json_t *a = json_loads(
			"{\"routes\": ["
			"{\"prefix\": \"0.0.0.0/0\", \"installed\": true},"
			"{\"prefix\": \"10.1.0.0/16\", \"installed\": true},"
			"{\"prefix\": \"10.1.0.0/16\", \"installed\": false, \"why\": \"worse\","
			" \"next_hops\": [{\"via\": \"9.9.9.9\", \"resolved\": false}]},"
			"{\"prefix\": \"10.1.2.0/24\", \"installed\": false}]}",
			0, NULL);
	const struct out *o;

	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	setup();
	o = &bench->sh.out;
	CU_ASSERT_EQUAL(render_route(o, a, "10.1.2.3"), ROUTE_SHOWN);
	CU_ASSERT_TRUE(printed("10.1.0.0/16"));
	CU_ASSERT_TRUE(printed("worse"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "not resolved"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "0.0.0.0/0"));
	CU_ASSERT_PTR_NULL(strstr(bench->out, "10.1.2.0/24"));
	CU_ASSERT_EQUAL(render_route(o, a, "10.1.2.0/24"), ROUTE_SHOWN);
	CU_ASSERT_TRUE(printed("10.1.2.0/24"));
	CU_ASSERT_EQUAL(render_route(o, a, "11.0.0.0/8"), ROUTE_NONE);
	CU_ASSERT_EQUAL(render_route(o, a, "300.1.1.1"), ROUTE_NO_ADDRESS);
	json_array_remove(json_object_get(a, "routes"), 0);
	CU_ASSERT_EQUAL(render_route(o, a, "11.1.1.1"), ROUTE_NONE);
	json_decref(a);
	teardown();
}

static const struct cu_case cases[] = {
	CU_CASE(test_show),
	CU_CASE(test_one_route),
	CU_CASE(test_show_words),
	CU_CASE(test_filters),
	CU_CASE(test_json_filter),
	CU_CASE(test_json),
	CU_CASE(test_configure),
	CU_CASE(test_refused_commit),
	CU_CASE(test_conflict),
	CU_CASE(test_commit_confirmed),
	CU_CASE(test_running_with_defaults),
	CU_CASE(test_paste_back),
	CU_CASE(test_push),
	CU_CASE(test_unreachable),
	CU_CASE(test_rates),
	CU_CASE(test_watch),
	CU_CASE(test_odd_answers),
};

CU_MAIN("cli_shell", cases)
