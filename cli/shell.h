/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One operator at work: the connection, libcli, the configuration being edited, and how the last
 * command went. What the parts of the shell share.
 */
#ifndef CULVERT_CLI_SHELL_H
#define CULVERT_CLI_SHELL_H

#include <jansson.h>
#include <libcli.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "cli/client.h"
#include "cli/edit.h"
#include "cli/node.h"
#include "cli/out.h"

/** Exit status of a command, and of the program. */
enum shell_status { SHELL_OK = 0, SHELL_ERROR = 1, SHELL_USAGE = 2, SHELL_UNREACHABLE = 3 };

struct watch;

struct shell {
	struct client *client;
	struct cli_def *cli;
	struct out out; /* results: through the filters after | */
	struct out err; /* errors: not filtered */
	bool json;      /* results as JSON */
	bool interactive;
	bool in_command; /* one of our commands runs: what libcli prints otherwise is an error */
	bool quit;
	unsigned int line; /* of the input that runs, from 1: errors say it; 0: do not */
	enum shell_status status; /* of the last command */
	char hostname[64];
	struct node *root; /* the table of the configuration; NULL until needed */

	bool configuring;
	struct edit edit; /* the candidate */
	json_t *original; /* what it was edited from */
	json_int_t base;  /* version of that */

	struct watch *watch; /* snapshots before, when repeating; else NULL */

	int page_lines;          /* terminal length; 0: no paging */
	int page_at;             /* lines since the last prompt or --More-- */
	bool page_quit;          /* the rest of this command's lines is not wanted */
	atomic_bool busy;        /* a command runs: ^C interrupts it */
	atomic_bool config_mode; /* @configuring, for the thread that reads keys */
	int interrupt_fd;        /* eventfd; -1 when not interactive */
};

/** Ready for commands, without a connection yet. 0 or -ENOMEM. shell_fini() is due in any case. */
int shell_init(struct shell *sh, const char *socket_path);
void shell_fini(struct shell *sh);

/** Run one line of @len bytes, with a NUL behind them, and its filters. One that is too long, or
 *  has control characters in it, is refused as a whole. Returns its status. */
enum shell_status shell_run(struct shell *sh, const char *line, size_t len);

/** "% " and a sentence to the error output; the command has failed. */
void shell_error(struct shell *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** The same of what is good to know, and no failure; not with JSON. */
void shell_note(struct shell *sh, const char *text);
/** Ask the control plane. New reference, or NULL after saying why and setting the status. @params'
 *  reference is taken. */
json_t *shell_ask(struct shell *sh, const char *method, json_t *params);
/** The same, but an error answer is left to the caller: NULL with *error set (new reference). */
json_t *shell_try(struct shell *sh, const char *method, json_t *params, json_t **error);
/** Say what an error answer says: the message, and each error with its place. */
void shell_refused(struct shell *sh, const json_t *error);
/** Show part of a line as it grows, "\n" at its end, past the filters. False: there are some, or
 *  JSON is wanted: the line has to be printed as a whole. */
bool shell_progress(struct shell *sh, const char *text);
/** Print a value as JSON. */
void shell_print_json(struct shell *sh, const json_t *v);
/** Fetch the table of the configuration if it is not there yet, and make its commands known. */
bool shell_need_schema(struct shell *sh);
/** Ask for the name that the prompt shows. */
void shell_learn_hostname(struct shell *sh);

#endif
