/* SPDX-License-Identifier: BSD-3-Clause */
/* debug crypto, test crypto; see crypto_debug.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/crypto_debug.h"
#include "cli/follow.h"
#include "cli/render.h"
#include "cli/text.h"
#include "cli/trace.h"

#define DEBUG_POLL_MS 200
#define TEST_POLL_MS  250
#define TEST_CALL_S   2
#define TEST_LIMIT_S  20

/* ---- debug ----------------------------------------------------------------------------------- */

static void
message_print(struct shell *sh, const json_t *m)
{
	char clock[FOLLOW_CLOCK_LEN];
	json_t *line;
	size_t i;

	if (sh->json) {
		follow_json(sh, m);
		return;
	}
	follow_clock(get_int(m, "time_ms"), clock);
	json_array_foreach (json_object_get(m, "lines"), i, line) {
		const char *text = json_string_value(line);

		if (text == NULL)
			continue;
		if (i > 0) {
			out_line(&sh->out, "%s", text);
			continue;
		}
		out_line(&sh->out, "%s %s%s%s:%" JSON_INTEGER_FORMAT " %s", clock, get_str(m, "peer"),
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
	struct follow_signals old;
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
	follow_begin(&old);
	end = follow_now_s() + seconds;
	while (follow(sh, &next) && follow_rest(sh, DEBUG_POLL_MS) && !sh->page_quit &&
			(seconds == 0 || follow_now_s() < end))
		;
	follow_end(sh, &old);
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
	double begin = follow_now_s();
	json_t *answer;

	for (bool first = true;; first = false) {
		bool over;

		answer = shell_ask(sh, "debug", json_pack("{s:s, s:s, s:b}", "what", "crypto-test",
						"peer", peer, "start", (int)first));
		if (answer == NULL)
			return NULL;
		/* What has failed may have failed before; a call takes a moment to be refused. */
		over = get_true(answer, "passed") ||
		       (get_true(answer, "done") && follow_now_s() > begin + TEST_CALL_S) ||
		       follow_now_s() > begin + TEST_LIMIT_S;
		if (over || !follow_rest(sh, TEST_POLL_MS))
			return answer;
		json_decref(answer);
	}
}

void
crypto_test(struct shell *sh, int argc, char **argv)
{
	struct follow_signals old;
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
	follow_begin(&old);
	answer = test_run(sh, argv[0]);
	follow_end(sh, &old);
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	if (answer != NULL && sh->json && !get_true(answer, "passed"))
		sh->status = SHELL_ERROR;
	else if (answer != NULL && !sh->json)
		steps_print(sh, answer);
	json_decref(answer);
}
