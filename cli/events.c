/* SPDX-License-Identifier: BSD-3-Clause */
/* show events [follow]: see events.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/events.h"
#include "cli/follow.h"
#include "cli/render.h"

#define POLL_MS 200

static void
event_print(struct shell *sh, const json_t *e)
{
	char clock[FOLLOW_CLOCK_LEN];
	const char *why = get_str(e, "why");

	if (sh->json) {
		follow_json(sh, e);
		return;
	}
	follow_clock(get_int(e, "time_ms"), clock);
	out_line(&sh->out, "%s %-6s %s: %s -> %s%s%s", clock, get_str(e, "source"),
			get_str(e, "object"), get_str(e, "from"), get_str(e, "to"),
			why[0] != '\0' ? ": " : "", why);
}

/* New reference, NULL after an error. @source NULL: of all. */
static json_t *
ask(struct shell *sh, json_int_t since, const char *source)
{
	json_t *params = json_pack("{s:s, s:I}", "what", "events", "since", since);

	if (source != NULL)
		json_object_set_new(params, "source", json_string(source));
	return shell_ask(sh, "show", params);
}

/* Print what @answer has, drop it, and return the number of the next event. */
static json_int_t
take(struct shell *sh, json_t *answer)
{
	json_int_t next = get_int(answer, "next"), lost = get_int(answer, "lost");
	json_t *e;
	size_t i;

	if (lost > 0 && sh->json)
		out_line(&sh->out, "{\"lost\":%" JSON_INTEGER_FORMAT "}", lost);
	else if (lost > 0)
		out_line(&sh->out, "(%" JSON_INTEGER_FORMAT " events were too many to be kept)",
				lost);
	json_array_foreach (json_object_get(answer, "events"), i, e)
		event_print(sh, e);
	json_decref(answer);
	fflush(stdout);
	return next;
}

void
events_show(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask(sh, 0, argc > 0 ? argv[0] : NULL);

	if (answer == NULL)
		return;
	if (sh->json) {
		shell_print_json(sh, answer);
		json_decref(answer);
	} else {
		take(sh, answer);
	}
}

void
events_follow(struct shell *sh, int argc, char **argv)
{
	const char *source = argc > 0 ? argv[0] : NULL;
	json_t *answer = ask(sh, INT32_MAX, source);
	struct follow_signals old;
	json_int_t next;

	if (answer == NULL)
		return;
	next = get_int(answer, "next");
	json_decref(answer);
	follow_begin(&old);
	do {
		answer = ask(sh, next, source);
		if (answer != NULL)
			next = take(sh, answer);
	} while (answer != NULL && !sh->page_quit && follow_rest(sh, POLL_MS));
	follow_end(sh, &old);
}
