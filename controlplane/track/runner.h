/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that an operator wants run when an object changes. The control plane cannot start any
 * (sandbox.c); a process that was forked before the doors were closed does, when it is told what:
 * as the user nobody, without capabilities, with an empty environment, no open files, and an end by
 * force when the time is over. It is there only if the control plane was started with
 * --track-commands, and ends with it.
 */
#ifndef CULVERT_CONTROLPLANE_RUNNER_H
#define CULVERT_CONTROLPLANE_RUNNER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#define RUNNER_COMMAND_MAX 128
#define RUNNER_WORDS_MAX   16
#define RUNNER_AT_ONCE     8 /* programs that run at a time */

struct runner;

/** Called when a program has ended, or could not be run: @report is a line for the log. */
typedef void runner_done_fn(void *ctx, const char *name, bool ok, const char *report);

/** Forks: before there are threads, and before privileges are given up. NULL, errno set. */
struct runner *runner_new(struct event_base *base, runner_done_fn *done, void *ctx);
/** Ends the process; programs that run are left to their time limits. NULL is fine. */
void runner_free(struct runner *r);
/**
 * Run @command, words separated by spaces, no shell; CULVERT_TRACK=@name and CULVERT_STATE=@state
 * are its environment, and PATH. 0, -E2BIG (too long) or -errno.
 */
int runner_run(struct runner *r, const char *name, const char *state, const char *command,
		uint32_t timeout_s);

#endif
