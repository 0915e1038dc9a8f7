/* SPDX-License-Identifier: BSD-3-Clause */
/* The program itself: options, exit statuses, and what goes to standard output and error. */
#include <fcntl.h>
#include <sys/wait.h>

#include "tests/unit/cli_server.h"
#include "tests/unit/cu.h"

int culvert_main(int argc, char **argv);

#define main culvert_main
#include "cli/main.c"
#undef main

#define ARGS_MAX 16

static struct {
	struct cli_server *server;
	char out[8192], err[4096];
} t;

static void
slurp(int fd, char *to, size_t cap)
{
	ssize_t n = pread(fd, to, cap - 1, 0);

	to[n < 0 ? 0 : n] = '\0';
	close(fd);
}

static int
temp_file(void)
{
	char path[] = "/tmp/culvert-cli-main.XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	return fd;
}

/* The program with the arguments of @line, blanks between, ~ for a blank, in a process of its own.
 * Returns its exit status; @input is what it reads. */
static int
culvert(const char *line, const char *input)
{
	char self[] = "/proc/self/exe", as_culvert[] = "--culvert";
	char copy[512], *argv[ARGS_MAX] = { self, as_culvert }, *save = NULL;
	int in = temp_file(), out = temp_file(), err = temp_file(), argc = 2, status;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w != NULL && argc < ARGS_MAX - 1;
			w = strtok_r(NULL, " ", &save)) {
		for (char *p = w; (p = strchr(p, '~')) != NULL;)
			*p = ' ';
		argv[argc++] = strcmp(w, "SOCKET") == 0 ? (char *)cli_server_path(t.server) : w;
	}
	if (write(in, input, strlen(input)) < 0 || lseek(in, 0, SEEK_SET) != 0)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		execv(self, argv); /* the server's thread is not here: nothing else is safe */
		_exit(9);
	}
	waitpid(pid, &status, 0);
	close(in);
	slurp(out, t.out, sizeof(t.out));
	slurp(err, t.err, sizeof(t.err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
count_lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
test_statuses(void)
{
	static const struct {
		const char *args;
		int status;
		const char *out, *err; /* must be in there; "": nothing must be */
	} cases[] = {
		{ "--version", 0, "culvert ", "" },
		{ "--help", 0, "Exit status", "" },
		{ "--socket SOCKET show tunnel", 0, "t1      up", "" },
		{ "--socket SOCKET -c show~tunnel~t1", 0, "Tunnel t1", "" },
		{ "--socket SOCKET show tunnel t1", 0, "Tunnel t1", "" },
		{ "--socket SOCKET show~tunnel~|~count", 0, "4\n", "" },
		{ "--socket SOCKET show tunnel | count", 0, "4\n", "" },
		{ "--socket SOCKET show tunnel | count ^t1 ", 0, "1\n", "" },
		{ "--socket SOCKET show tunnel | count nothing", 0, "0\n", "" },
		{ "--socket SOCKET show tunnel | count [", 1, "", "% \"[\":" },
		{ "--socket SOCKET -c show~version;~show~tunnel~t1", 0, "Tunnel t1", "" },
		{ "--socket SOCKET -c show~version -c show~tunnel~t1", 0, "Tunnel t1", "" },
		{ "--socket SOCKET --json show tunnel", 0, "\"tunnels\": [", "" },
		{ "--socket SOCKET --json show arp", 1, "\"error\": {", "" },
		{ "--socket SOCKET --json show nothing", 1, "\"message\": \"Invalid command", "" },
		{ "--socket SOCKET --json push /nonexistent", 1, "\"error\": {", "" },
		{ "--socket /nonexistent --json show arp", 3, "\"error\": {", "" },
		{ "--socket SOCKET show arp", 1, "", "% params" },
		{ "--socket SOCKET show nothing", 1, "", "% Invalid command" },
		{ "--socket SOCKET -c show~nothing -c show~version", 1, "Culvert 9.9",
				"% Invalid" },
		{ "--socket SOCKET push /nonexistent", 1, "", "No such file" },
		{ "--nonsense", 2, "", "Try culvert --help" },
		{ "--watch 0 show tunnel", 2, "", "makes sense" },
		{ "--watch 1", 2, "", "needs a command" },
		{ "--count 3 show tunnel", 2, "", "--watch" },
		{ "--dry-run show tunnel", 2, "", "push" },
		{ "push", 2, "", "one file" },
		{ "push a b", 2, "", "one file" },
		{ "push a --confirm 0", 2, "", "makes sense" },
		{ "-c show~version show tunnel", 2, "", "either -c or words" },
		{ "--socket /nonexistent show tunnel", 3, "", "not reachable at /nonexistent" },
		{ "--socket /nonexistent -c show~arp -c show~arp", 3, "", "not reachable" },
		{ "--socket /nonexistent push /dev/null", 1, "", "/dev/null" },
	};

	t.server = cli_server_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = culvert(cases[i].args, "");
		bool out = cases[i].out[0] == '\0' ? t.out[0] == '\0'
						   : strstr(t.out, cases[i].out) != NULL;
		bool err = cases[i].err[0] == '\0' ? t.err[0] == '\0'
						   : strstr(t.err, cases[i].err) != NULL;

		if (status != cases[i].status || !out || !err)
			printf("\n  culvert %s: %d\n%s\n%s\n", cases[i].args, status, t.out, t.err);
		CU_ASSERT_EQUAL(status, cases[i].status);
		CU_ASSERT_TRUE(out);
		CU_ASSERT_TRUE(err);
		if (status == 3 && cases[i].err[0] != '\0')
			CU_ASSERT_EQUAL(count_lines(t.err), 1);
	}
	cli_server_stop(t.server);
}

static void
test_input(void)
{
	json_int_t version;

	t.server = cli_server_start();
	CU_ASSERT_EQUAL(culvert("--socket SOCKET",
					"! a remark\n\n# another\r\nconf t\r\n"
					"interface wan\n mtu 1400\nend\nshow run interface\n"),
			0);
	CU_ASSERT_PTR_NOT_NULL(
			strstr(t.out, "interface wan\n description \"to the ISP\"\n mtu 1400\n"));
	json_decref(cli_server_config(t.server, &version));
	CU_ASSERT_EQUAL(version, 8);
	/* without end or commit nothing happens, and that is said */
	CU_ASSERT_EQUAL(culvert("--socket SOCKET", "conf t\nhostname x\n"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.err, "were not committed"));
	json_decref(cli_server_config(t.server, &version));
	CU_ASSERT_EQUAL(version, 8);
	CU_ASSERT_EQUAL(culvert("--socket SOCKET -c conf~t -c hostname~x -c end", ""), 0);
	json_decref(cli_server_config(t.server, &version));
	CU_ASSERT_EQUAL(version, 9);
	/* which line it was */
	CU_ASSERT_EQUAL(culvert("--socket SOCKET", "show version\nfoo\nconf t\n\nmtu x\nabort\n"),
			1);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.err, "% line 2: Invalid command \"foo\"\n% line 5: "));
	cli_server_stop(t.server);
}

static void
test_push(void)
{
	json_int_t version;

	t.server = cli_server_start();
	CU_ASSERT_EQUAL(culvert("--socket SOCKET push - --dry-run", "{\"ports\": {}}"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "dry run"));
	CU_ASSERT_EQUAL(culvert("--socket SOCKET push --confirm 60 -", "{\"ports\": {}}"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "Version 8 is running."));
	CU_ASSERT_EQUAL(culvert("--socket SOCKET push -", "{\"ports\": {}}"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "No change; version 8 is running."));
	CU_ASSERT_EQUAL(culvert("--socket SOCKET push -", "{\"tunnels\": {\"a\": {}}}"), 1);
	CU_ASSERT_STRING_EQUAL(t.err,
			"% 1 error in the configuration, nothing was changed\n"
			"  /tunnels/a/source: it is not there; expected an ?[31maddress\n");
	CU_ASSERT_EQUAL(culvert("--socket SOCKET --json push -", "{\"tunnels\": {\"a\": {}}}"), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.out, "\"path\": \"/tunnels/a/source\""));
	json_decref(cli_server_config(t.server, &version));
	CU_ASSERT_EQUAL(version, 8);
	cli_server_stop(t.server);
}

static void
test_watch(void)
{
	t.server = cli_server_start();
	CU_ASSERT_EQUAL(culvert("--socket SOCKET --watch 0.1 --count 3 show tunnel", ""), 0);
	CU_ASSERT_EQUAL(count_lines(t.out), 3 * 6);
	CU_ASSERT_PTR_NULL(strchr(t.out, '\033'));
	/* for programs: one line of JSON each time */
	CU_ASSERT_EQUAL(culvert("--socket SOCKET --json --watch 0.1 --count 2 show tunnel", ""), 0);
	CU_ASSERT_EQUAL(count_lines(t.out), 2);
	cli_server_stop(t.server);
}

static const struct cu_case cases[] = {
	CU_CASE(test_statuses),
	CU_CASE(test_input),
	CU_CASE(test_push),
	CU_CASE(test_watch),
};

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--culvert") == 0) {
		argv[1] = argv[0];
		return culvert_main(argc - 1, argv + 1);
	}
	return cu_run("cli_main", cases, sizeof(cases) / sizeof(cases[0]));
}
