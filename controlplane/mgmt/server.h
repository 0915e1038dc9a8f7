/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The management socket: docs/mgmt.md over a Unix stream socket, one JSON object per line. The
 * config methods are answered here from the transaction; `show` and `clear` by whoever registered
 * the subject. Runs on the caller's event loop, single-threaded; it also runs the timer of commit
 * confirmed.
 */
#ifndef CULVERT_CONTROLPLANE_MGMT_SERVER_H
#define CULVERT_CONTROLPLANE_MGMT_SERVER_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controlplane/config/transaction.h"

#define MGMT_DEFAULT_SOCKET "/run/culvert/mgmt.sock"

struct events; /* util/events.h */
struct mgmt_parts; /* mgmt/parts.h */

struct mgmt_options {
	const char *path;   /* NULL: MGMT_DEFAULT_SOCKET; its directory is made if missing (0755) */
	const char *group;  /* name of the group that may connect; NULL: root's own */
	/* Limits; 0 takes the default. Tests set small ones. */
	size_t max_line;          /* 64 MiB */
	unsigned int max_clients; /* 32; further ones are told so and closed, unless one
				   * gives way */
	size_t max_output;        /* 128 MiB unread answers: the client is dropped */
	struct events *events;    /* borrowed; NULL: there is no method `events` */
	/* The method `reload`: true, or false with one line in @err. NULL: there is none. */
	bool (*reload)(void *ctx, char *err, size_t err_len);
	void *reload_ctx;
	unsigned int stall_s;     /* 30: a client that reads nothing of its answer is dropped */
	unsigned int silent_ms;   /* 60,000: one that asks for nothing gives way when there is
				   * no room */
};

struct mgmt_server;

/** @base and @txn are borrowed. A socket file nobody listens on is replaced; one with a listener is
 *  left alone and refused. SIGPIPE is ignored from here on. NULL on failure
 *  with one line in @err. */
struct mgmt_server *mgmt_server_new(struct event_base *base, struct txn *txn,
		const struct mgmt_options *o, char *err, size_t err_len);
/** Closes all connections, removes the socket file. NULL is fine. */
void mgmt_server_free(struct mgmt_server *s);

/** Read the configuration from @file again, beside the loop; what comes of it is in the log. 0,
 *  -EBUSY while somebody else works on the configuration, or -ENOMEM. */
int mgmt_reread(struct mgmt_server *s, const char *file);

/**
 * Answers one subject of `show` or `clear`.
 *
 * @param params  the request's params, an object (borrowed): "name", "peer", ... Not validated.
 * @param err     room for one line when it fails.
 * @return a new reference that becomes the "result"; NULL for an error with @err filled.
 */
typedef json_t *(*mgmt_fn)(void *ctx, const json_t *params, char *err, size_t err_len);

/** `show events`, with a struct events as @ctx. */
json_t *mgmt_show_events(void *ctx, const json_t *params, char *err, size_t err_len);

/** `show users`, who is connected, with the server as @ctx. */
json_t *mgmt_show_users(void *ctx, const json_t *params, char *err, size_t err_len);

/** @what must be a string constant ("tunnel", "crypto-sa"). A subject registered again is replaced.
 *  0 or -ENOMEM. */
int mgmt_register_show(struct mgmt_server *s, const char *what, mgmt_fn fn, void *ctx);
/** The same for one whose answer is made in parts; @how is borrowed. */
int mgmt_register_show_parts(struct mgmt_server *s, const char *what, const struct mgmt_parts *how,
		void *ctx);
int mgmt_register_clear(struct mgmt_server *s, const char *what, mgmt_fn fn, void *ctx);
int mgmt_register_debug(struct mgmt_server *s, const char *what, mgmt_fn fn, void *ctx);

#endif
