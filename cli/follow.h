/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that go on until ^C: what they have in common. */
#ifndef CULVERT_CLI_FOLLOW_H
#define CULVERT_CLI_FOLLOW_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>

#include "cli/shell.h"

#define FOLLOW_CLOCK_LEN 32

struct follow_signals {
	struct sigaction sigint, sigterm;
};

/** From here on SIGINT and SIGTERM end what goes on, not us. */
void follow_begin(struct follow_signals *old);
/** As it was; a ^C that ended us has done what it should. */
void follow_end(struct shell *sh, const struct follow_signals *old);
/** Wait so many milliseconds. False: ^C was pressed, or a signal came. */
bool follow_rest(struct shell *sh, int ms);
/** Seconds, monotonic. */
double follow_now_s(void);
/** "12:34:56.789" of milliseconds since 1970, local time. */
void follow_clock(json_int_t ms, char buf[FOLLOW_CLOCK_LEN]);
/** An object on one line. */
void follow_json(struct shell *sh, const json_t *o);

#endif
