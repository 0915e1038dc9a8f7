/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control plane for tests of the shell: a thread that speaks the management protocol over a
 * socket in a directory of its own, with a small table of options, one configuration that can be
 * changed, and canned answers to show.
 */
#ifndef CULVERT_TESTS_CLI_SERVER_H
#define CULVERT_TESTS_CLI_SERVER_H

#include <jansson.h>
#include <stdbool.h>

struct cli_server;

/** What to do instead of answering. */
enum cli_server_fault {
	SERVER_WELL,
	SERVER_GARBAGE, /* a line that is no JSON */
	SERVER_WRONG_ID,
	SERVER_CLOSE, /* after the request */
	SERVER_SILENT,
	SERVER_HALF, /* half an answer, then close */
};

/** NULL on failure. */
struct cli_server *cli_server_start(void);
/** Ends the thread and removes the socket. */
void cli_server_stop(struct cli_server *s);
const char *cli_server_path(const struct cli_server *s);
void cli_server_fault(struct cli_server *s, enum cli_server_fault fault);
/** Close the connections there are, as a restart does. */
void cli_server_restart(struct cli_server *s);
/** Requests seen so far. */
unsigned int cli_server_requests(struct cli_server *s);
/** The running configuration with its secrets, and its version. New reference. */
json_t *cli_server_config(struct cli_server *s, json_int_t *version);
/** Somebody else changes the configuration. */
void cli_server_change(struct cli_server *s);
/** The params of the last config-push. New reference. */
json_t *cli_server_pushed(struct cli_server *s);

/** The table of options that the server describes. New reference. */
json_t *cli_server_schema(void);

#endif
