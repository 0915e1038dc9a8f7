/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client of the management socket: docs/mgmt.md. One request at a time; the connection is made
 * when first needed, and made again when the control plane has restarted in between.
 */
#ifndef CULVERT_CLI_CLIENT_H
#define CULVERT_CLI_CLIENT_H

#include <jansson.h>

#define CLIENT_DEFAULT_SOCKET "/run/culvert/mgmt.sock"

enum client_status {
	CLIENT_OK,          /* *answer is the result */
	CLIENT_REFUSED,     /* *answer is the error object: "message", maybe "errors" */
	CLIENT_UNREACHABLE, /* no connection, broken, too late or no JSON: client_why() */
	CLIENT_INTERRUPTED, /* the user did not want to wait */
};

struct client;

/** @path is copied. NULL without memory. */
struct client *client_new(const char *path);
void client_free(struct client *c);
/** A descriptor that becomes readable when the user interrupts; -1: none. Borrowed. */
void client_set_interrupt(struct client *c, int fd);
/** How long to wait for an answer; default 60 s. */
void client_set_timeout_ms(struct client *c, int timeout_ms);

/**
 * Ask and wait for the answer.
 *
 * @param params  an object; its reference is taken. NULL: none.
 * @param answer  a new reference with CLIENT_OK and CLIENT_REFUSED, else NULL.
 */
enum client_status client_call(
		struct client *c, const char *method, json_t *params, json_t **answer);
/** One line that says why the last call did not reach the control plane. */
const char *client_why(const struct client *c);

#endif
