/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Operators' programs, really run: what is left of the privileges, of the environment and of open
 * files; what becomes of a program, and of what it has started, when its time is over. Needs root,
 * for privileges must be there to be given up.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/track/runner.h"
#include "cu.h"

#define LIMIT_S 60

static char dir[] = "/tmp/culvert-runner.XXXXXX";
static char report[256];
static unsigned int n_reports;
static bool report_ok;
static struct event_base *base;

static void
on_done(void *ctx, const char *name, bool ok, const char *text)
{
	snprintf(report, sizeof(report), "%s: %s", name, text);
	report_ok = ok;
	n_reports++;
	event_base_loopbreak(base);
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
script(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	fclose(f);
	CU_ASSERT_EQUAL(chmod(path_of(name), 0755), 0);
}

/* What a script has written, "" if there is nothing. */
static const char *
written(const char *name)
{
	static char text[8192];
	FILE *f = fopen(path_of(name), "r");
	size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	return text;
}

static void
wait_report(void)
{
	const struct timeval limit = { .tv_sec = LIMIT_S };

	event_base_loopexit(base, &limit);
	event_base_dispatch(base);
}

/* Run a script with words behind it, and wait for its end. */
static void
run(struct runner *r, const char *name, const char *words, uint32_t timeout_s)
{
	char command[RUNNER_COMMAND_MAX];
	unsigned int before = n_reports;

	snprintf(command, sizeof(command), "%s%s", path_of(name), words);
	CU_ASSERT_EQUAL(runner_run(r, "object", "down", command, timeout_s), 0);
	wait_report();
	CU_ASSERT_EQUAL(n_reports, before + 1);
}

static struct runner *
begin(void)
{
	struct runner *r;

	base = event_base_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(base);
	CU_ASSERT_EQUAL_FATAL(chmod(dir, 0777), 0);
	r = runner_new(base, on_done, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

static void
end(struct runner *r)
{
	runner_free(r);
	event_base_free(base);
}

static void
expect_line(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		printf("no \"%s\" in\n%s\n", line, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
}

static void
test_privileges(void)
{
	static const char *const status[] = { "Uid:\t65534\t65534\t65534\t65534\n",
		"Gid:\t65534\t65534\t65534\t65534\n", "Groups:\t \n", "NoNewPrivs:\t1\n",
		"CapInh:\t0000000000000000\n", "CapPrm:\t0000000000000000\n",
		"CapEff:\t0000000000000000\n", "CapAmb:\t0000000000000000\n" };
	struct runner *r = begin();
	char text[512];

	snprintf(text, sizeof(text),
			"cd %s\ncat /proc/self/status >status\nset >env\nls -l /proc/$$/fd >fds\n"
			"pwd >pwd\necho \"$1 $2\" >words\ntouch /etc/culvert-was-here 2>err || "
			"exit 3",
			dir);
	script("look", text);
	run(r, "look", " one two", 10);
	CU_ASSERT_STRING_EQUAL(report, "object: exit status 3"); /* it may not write there */
	CU_ASSERT_FALSE(report_ok);
	for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++)
		expect_line(written("status"), status[i]);
	expect_line(written("env"), "CULVERT_TRACK='object'\n");
	expect_line(written("env"), "CULVERT_STATE='down'\n");
	CU_ASSERT_PTR_NULL(strstr(written("env"), "HOME="));
	CU_ASSERT_STRING_EQUAL(written("words"), "one two\n");
	CU_ASSERT_PTR_NULL(strstr(written("fds"), "socket:"));
	end(r);
}

/* True: the process has ended, within the limit. */
static bool
gone(pid_t pid)
{
	const struct timespec lap = { .tv_nsec = 20000000 };

	for (int i = 0; i < LIMIT_S * 50; i++) {
		char path[64], text[512] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (f == NULL)
			return true;
		/* One that nobody waits for counts as well. */
		if (fgets(text, sizeof(text), f) != NULL && strstr(text, ") Z ") != NULL)
			text[0] = '\0';
		fclose(f);
		if (text[0] == '\0')
			return true;
		nanosleep(&lap, NULL);
	}
	return false;
}

static void
test_time_limit(void)
{
	struct runner *r = begin();
	char text[256];
	pid_t child;

	snprintf(text, sizeof(text), "trap '' TERM INT HUP\nsleep 300 & echo $! >%s/child\nwait",
			dir);
	script("slow", text);
	run(r, "slow", "", 1);
	CU_ASSERT_STRING_EQUAL(report, "object: ended by force after 1 s");
	child = (pid_t)atoi(written("child"));
	CU_ASSERT_TRUE_FATAL(child > 1);
	CU_ASSERT_TRUE(gone(child)); /* what it has started goes with it */
	end(r);
}

static void
test_ends(void)
{
	struct runner *r = begin();

	script("good", "exit 0");
	run(r, "good", "", 10);
	CU_ASSERT_STRING_EQUAL(report, "object: exit status 0");
	CU_ASSERT_TRUE(report_ok);
	script("killed", "kill -9 $$");
	run(r, "killed", "", 10);
	CU_ASSERT_STRING_EQUAL(report, "object: ended by signal 9");
	run(r, "missing", "", 10);
	expect_line(report, "exit status 127: not found");
	end(r);
}

/* Eight at a time; the ninth is told so, and there is room again when one has ended. */
static void
test_at_once(void)
{
	struct runner *r = begin();
	char wait[RUNNER_COMMAND_MAX], text[256];

	snprintf(text, sizeof(text), "until [ -e %s/go ]; do sleep 0.05; done", dir);
	script("waits", text);
	snprintf(wait, sizeof(wait), "%s", path_of("waits"));
	for (int i = 0; i < RUNNER_AT_ONCE; i++)
		CU_ASSERT_EQUAL(runner_run(r, "object", "up", wait, LIMIT_S), 0);
	run(r, "waits", "", LIMIT_S);
	expect_line(report, "too many programs run already");
	script("go", "");
	for (int i = 0; i < RUNNER_AT_ONCE; i++)
		wait_report();
	CU_ASSERT_EQUAL(report_ok, true);
	run(r, "waits", "", 10);
	CU_ASSERT_STRING_EQUAL(report, "object: exit status 0");
	end(r);
}

static const struct cu_case cases[] = {
	CU_CASE(test_privileges),
	CU_CASE(test_time_limit),
	CU_CASE(test_ends),
	CU_CASE(test_at_once),
};

int
main(void)
{
	char command[64];
	int rc;

	if (geteuid() != 0) {
		printf("skipped: needs root\n");
		return 77;
	}
	if (mkdtemp(dir) == NULL)
		return 2;
	rc = cu_run("runner", cases, sizeof(cases) / sizeof(cases[0]));
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? rc : 2;
}
