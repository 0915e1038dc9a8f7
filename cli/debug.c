/* SPDX-License-Identifier: BSD-3-Clause */
/* See debug.h. */
#include "cli/debug.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/follow.h"
#include "cli/render.h"

#define DEBUG_POLL_MS 200

/* ---- messages -------------------------------------------------------------------------------- */

/* "12:01:02.345 " and what the protocol says of it; then its lines. */
static void
message_print(struct shell *sh, const struct debug_kind *k, const json_t *m)
{
	char clock[FOLLOW_CLOCK_LEN], about[160];
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
		if (i > 0)
			out_line(&sh->out, "%s", text);
		else
			out_line(&sh->out, "%s %s %s", clock, k->about(m, about, sizeof(about)),
					text);
	}
}

/* What has come since number *@next. False: it has ended. */
static bool
follow(struct shell *sh, const struct debug_kind *k, json_int_t *next)
{
	json_t *answer = shell_ask(sh, "show",
			json_pack("{s:s, s:I}", "what", k->show, "since", *next));
	bool running = answer != NULL && get_true(answer, "running");
	json_t *m;
	size_t i;

	if (answer == NULL)
		return false;
	if (get_int(answer, "lost") > 0)
		out_line(&sh->out, "(%" JSON_INTEGER_FORMAT " messages were too many to be kept)",
				get_int(answer, "lost"));
	json_array_foreach (json_object_get(answer, "messages"), i, m)
		message_print(sh, k, m);
	*next = get_int(answer, "next");
	json_decref(answer);
	fflush(stdout);
	return running;
}

void
debug_stop(struct shell *sh, const struct debug_kind *k)
{
	json_decref(shell_ask(sh, "debug", json_pack("{s:s, s:b}", "what", k->what, "on", 0)));
}

bool
debug_seconds(struct shell *sh, const char *word, double *seconds)
{
	char *end;

	*seconds = strtod(word, &end);
	if (*end == '\0' && *seconds > 0 && *seconds <= 86400)
		return true;
	shell_error(sh, "\"%s\": expected seconds 1-86400", word);
	return false;
}

void
debug_follow(struct shell *sh, const struct debug_kind *k, json_t *params, double seconds)
{
	struct follow_signals old;
	json_t *answer;
	json_int_t next;
	double end;

	json_object_set_new(params, "what", json_string(k->what));
	json_object_set_new(params, "on", json_true());
	answer = shell_ask(sh, "debug", params);
	if (answer == NULL)
		return;
	next = get_int(answer, "next");
	json_decref(answer);
	if (!sh->json)
		out_line(&sh->out, "%s as they come; ^C ends", k->title);
	fflush(stdout);
	follow_begin(&old);
	end = follow_now_s() + seconds;
	while (follow(sh, k, &next) && follow_rest(sh, DEBUG_POLL_MS) && !sh->page_quit &&
			(seconds == 0 || follow_now_s() < end))
		;
	follow_end(sh, &old);
	debug_stop(sh, k);
}
