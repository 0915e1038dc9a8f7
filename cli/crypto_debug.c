/* SPDX-License-Identifier: BSD-3-Clause */
/* debug crypto, test crypto; see crypto_debug.h. */
#include <stdio.h>
#include <string.h>

#include "cli/crypto_debug.h"
#include "cli/debug.h"
#include "cli/follow.h"
#include "cli/render.h"
#include "cli/text.h"

#define TEST_POLL_MS  250
#define TEST_CALL_S   2
#define TEST_LIMIT_S  20

/* ---- debug ----------------------------------------------------------------------------------- */

static char *
about(const json_t *m, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s%s:%" JSON_INTEGER_FORMAT, get_str(m, "peer"),
			strcmp(get_str(m, "direction"), "out") == 0 ? " to " : " from ",
			get_str(m, "remote"), get_int(m, "remote_port"));
	return buf;
}

static const struct debug_kind crypto = { "crypto", "crypto-debug", "IKE messages", about };

/* "peer NAME", "seconds N" into @params and *@seconds. */
static bool
words(struct shell *sh, int argc, char **argv, json_t *params, double *seconds)
{
	for (int i = 0; i < argc; i += 2) {
		if (i + 1 < argc && text_abbreviates(argv[i], "peer")) {
			json_object_set_new(params, "peer", json_string(argv[i + 1]));
		} else if (i + 1 < argc && text_abbreviates(argv[i], "seconds")) {
			if (!debug_seconds(sh, argv[i + 1], seconds))
				return false;
		} else {
			shell_error(sh, "\"%s\": expected peer ADDRESS-or-NAME, seconds 1-86400",
					argv[i]);
			return false;
		}
	}
	return true;
}

static void
debug(struct shell *sh, int version, int argc, char **argv)
{
	json_t *params = json_pack("{s:i}", "version", version);
	double seconds = 0;

	if (words(sh, argc, argv, params, &seconds))
		debug_follow(sh, &crypto, params, seconds);
	else
		json_decref(params);
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
	debug_stop(sh, &crypto);
	if (sh->status == SHELL_OK && !sh->json)
		out_line(&sh->out, "No IKE messages are shown.");
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
