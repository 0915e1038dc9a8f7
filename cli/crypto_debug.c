/* SPDX-License-Identifier: BSD-3-Clause */
/* debug crypto, test crypto; see crypto_debug.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/crypto_debug.h"
#include "cli/render.h"
#include "cli/text.h"
#include "cli/trace.h"

#define DEBUG_POLL_MS 200
#define TEST_POLL_MS  250
#define TEST_CALL_S   2
#define TEST_LIMIT_S  20

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = 1;
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Wait a moment. False: ^C was pressed, or a signal came. */
static bool
rest(struct shell *sh, int ms)
{
	struct pollfd p = { .fd = sh->interrupt_fd, .events = POLLIN };

	if (poll(&p, sh->interrupt_fd >= 0 ? 1 : 0, ms) < 0 && errno != EINTR)
		return false;
	return !stopped && (sh->interrupt_fd < 0 || (p.revents & POLLIN) == 0);
}

struct signals {
	struct sigaction sigint, sigterm;
};

static void
signals_watch(struct signals *old)
{
	struct sigaction sa = { .sa_handler = on_signal };

	stopped = 0;
	sigaction(SIGINT, &sa, &old->sigint);
	sigaction(SIGTERM, &sa, &old->sigterm);
}

/* As it was; a ^C that ended us has done what it should. */
static void
signals_back(struct shell *sh, const struct signals *old)
{
	uint64_t n;

	sigaction(SIGINT, &old->sigint, NULL);
	sigaction(SIGTERM, &old->sigterm, NULL);
	if (sh->interrupt_fd >= 0 && read(sh->interrupt_fd, &n, sizeof(n)) < 0)
		return; /* none was pressed */
}

/* ---- debug ----------------------------------------------------------------------------------- */

static void
message_print(struct shell *sh, const json_t *m)
{
	json_int_t ms = get_int(m, "time_ms");
	time_t when = (time_t)(ms / 1000);
	char clock[32] = "";
	struct tm tm;
	json_t *line;
	size_t i;

	if (sh->json) {
		char *text = json_dumps(m, JSON_COMPACT);

		out_line(&sh->out, "%s", text != NULL ? text : "{}");
		free(text);
		return;
	}
	if (localtime_r(&when, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	json_array_foreach (json_object_get(m, "lines"), i, line) {
		const char *text = json_string_value(line);

		if (text == NULL)
			continue;
		if (i > 0) {
			out_line(&sh->out, "%s", text);
			continue;
		}
		out_line(&sh->out, "%s.%03d %s%s%s:%" JSON_INTEGER_FORMAT " %s", clock,
				(int)(ms % 1000), get_str(m, "peer"),
				strcmp(get_str(m, "direction"), "out") == 0 ? " to " : " from ",
				get_str(m, "remote"), get_int(m, "remote_port"), text);
	}
}

/* What has come since number *@next. False: it has ended. */
static bool
follow(struct shell *sh, json_int_t *next)
{
	json_t *answer = shell_ask(sh, "show",
			json_pack("{s:s, s:I}", "what", "crypto-debug", "since", *next));
	bool running = answer != NULL && get_true(answer, "running");
	json_t *m;
	size_t i;

	if (answer == NULL)
		return false;
	if (get_int(answer, "lost") > 0)
		out_line(&sh->out, "(%" JSON_INTEGER_FORMAT " messages were too many to be kept)",
				get_int(answer, "lost"));
	json_array_foreach (json_object_get(answer, "messages"), i, m)
		message_print(sh, m);
	*next = get_int(answer, "next");
	json_decref(answer);
	fflush(stdout);
	return running;
}

static void
stop(struct shell *sh)
{
	json_decref(shell_ask(sh, "debug", json_pack("{s:s, s:b}", "what", "crypto", "on", 0)));
}

/* "peer NAME", "seconds N" into @params and *@seconds. */
static bool
words(struct shell *sh, int argc, char **argv, json_t *params, double *seconds)
{
	char *end;

	for (int i = 0; i < argc; i += 2) {
		if (i + 1 < argc && text_abbreviates(argv[i], "peer")) {
			json_object_set_new(params, "peer", json_string(argv[i + 1]));
			continue;
		}
		if (i + 1 < argc && text_abbreviates(argv[i], "seconds")) {
			*seconds = strtod(argv[i + 1], &end);
			if (*end == '\0' && *seconds > 0 && *seconds <= 86400)
				continue;
		}
		shell_error(sh, "\"%s\": expected peer ADDRESS-or-NAME, seconds 1-86400", argv[i]);
		return false;
	}
	return true;
}

static void
debug(struct shell *sh, int version, int argc, char **argv)
{
	json_t *params = json_pack(
			"{s:s, s:b, s:i}", "what", "crypto", "on", 1, "version", version);
	double seconds = 0, end;
	struct signals old;
	json_t *answer;
	json_int_t next;

	if (!words(sh, argc, argv, params, &seconds)) {
		json_decref(params);
		return;
	}
	answer = shell_ask(sh, "debug", params);
	if (answer == NULL)
		return;
	next = get_int(answer, "next");
	json_decref(answer);
	if (!sh->json)
		out_line(&sh->out, "IKE messages as they come; ^C ends");
	fflush(stdout);
	signals_watch(&old);
	end = now_s() + seconds;
	while (follow(sh, &next) && rest(sh, DEBUG_POLL_MS) && !sh->page_quit &&
			(seconds == 0 || now_s() < end))
		;
	signals_back(sh, &old);
	stop(sh);
}

void
crypto_debug_ikev2(struct shell *sh, int argc, char **argv)
{
	debug(sh, 2, argc, argv);
}

void
crypto_debug_isakmp(struct shell *sh, int argc, char **argv)
{
	debug(sh, 1, argc, argv);
}

void
crypto_undebug(struct shell *sh, int argc, char **argv)
{
	stop(sh);
	if (sh->status == SHELL_OK && !sh->json)
		out_line(&sh->out, "No IKE messages are shown.");
}

void
crypto_undebug_all(struct shell *sh, int argc, char **argv)
{
	stop(sh);
	if (sh->status == SHELL_OK)
		trace_undebug(sh, argc, argv);
}

/* ---- test ------------------------------------------------------------------------------------ */

static void
steps_print(struct shell *sh, const json_t *answer)
{
	json_t *s;
	size_t i;

	json_array_foreach (json_object_get(answer, "steps"), i, s) {
		const char *result = get_str(s, "result");
		bool bad = strcmp(result, "failed") == 0, waits = strcmp(result, "waiting") == 0;

		out_colored(&sh->out, bad ? OUT_BAD : waits ? OUT_WARN : OUT_PLAIN,
				"  %-14s %-8s %s", get_str(s, "step"), result, get_str(s, "text"));
	}
	if (get_true(answer, "passed"))
		out_colored(&sh->out, OUT_GOOD, "Tunnel %s: all is well.",
				get_str(answer, "tunnel"));
	else
		shell_error(sh, "tunnel %s stops at the last step", get_str(answer, "tunnel"));
}

/* Ask until nothing is under way any more, or for so long. New reference, NULL after an error. */
static json_t *
test_run(struct shell *sh, const char *peer)
{
	double begin = now_s();
	json_t *answer;

	for (bool first = true;; first = false) {
		bool over;

		answer = shell_ask(sh, "debug", json_pack("{s:s, s:s, s:b}", "what", "crypto-test",
						"peer", peer, "start", (int)first));
		if (answer == NULL)
			return NULL;
		/* What has failed may have failed before; a call takes a moment to be refused. */
		over = get_true(answer, "passed") ||
		       (get_true(answer, "done") && now_s() > begin + TEST_CALL_S) ||
		       now_s() > begin + TEST_LIMIT_S;
		if (over || !rest(sh, TEST_POLL_MS))
			return answer;
		json_decref(answer);
	}
}

void
crypto_test(struct shell *sh, int argc, char **argv)
{
	struct signals old;
	json_t *answer;

	if (argc == 2 && (text_abbreviates(argv[0], "peer") ||
					 text_abbreviates(argv[0], "tunnel"))) {
		argv++;
		argc--;
	}
	if (argc != 1) {
		shell_error(sh, "incomplete: expected peer ADDRESS or tunnel NAME");
		return;
	}
	signals_watch(&old);
	answer = test_run(sh, argv[0]);
	signals_back(sh, &old);
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	if (answer != NULL && sh->json && !get_true(answer, "passed"))
		sh->status = SHELL_ERROR;
	else if (answer != NULL && !sh->json)
		steps_print(sh, answer);
	json_decref(answer);
}
