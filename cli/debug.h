/* SPDX-License-Identifier: BSD-3-Clause */
/* What the debug commands share: messages of a protocol are asked for again and again, and printed
 * as they come, until ^C. */
#ifndef CULVERT_CLI_DEBUG_H
#define CULVERT_CLI_DEBUG_H

#include "cli/shell.h"

struct debug_kind {
	const char *what;  /* of method debug */
	const char *show;  /* of method show: its messages */
	const char *title; /* "IKE messages" */
	/** Whose message it is, in @buf; returns @buf. */
	char *(*about)(const json_t *message, char *buf, size_t len);
};

/** Begin with @params (taken over; "what" and "on" are added), print until ^C, until it has ended,
 *  or for so many seconds (0: no limit), and end it. */
void debug_follow(struct shell *sh, const struct debug_kind *k, json_t *params, double seconds);
void debug_stop(struct shell *sh, const struct debug_kind *k);
/** The word after "seconds". False: said what is wrong with it. */
bool debug_seconds(struct shell *sh, const char *word, double *seconds);

#endif
