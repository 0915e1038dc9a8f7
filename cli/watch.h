/* SPDX-License-Identifier: BSD-3-Clause */
/* Repeating commands (--watch): the clock, the screen, and the snapshots that rates come from. */
#ifndef CULVERT_CLI_WATCH_H
#define CULVERT_CLI_WATCH_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/render.h"
#include "cli/shell.h"

struct watch_options {
	double interval_s; /* > 0 */
	long limit;        /* repetitions; 0: until interrupted */
	bool screen;       /* a terminal: redraw in place, with a line on top */
};

/** Run all @lines again and again. The status of the last round; SIGINT and SIGTERM end it. */
enum shell_status watch_run(
		struct shell *sh, const struct watch_options *o, char *const *lines, int n_lines);
/** The answer to @what last time and how long ago that was; @answer is kept for the next time. */
void watch_since(struct watch *w, const char *what, const json_t *answer, struct since *since);

#endif
