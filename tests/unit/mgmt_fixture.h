/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The management socket from a client's side: server and clients in one process and one loop.
 * Waiting is turning the loop until the answer is there, with a limit.
 */
#ifndef CULVERT_TESTS_MGMT_FIXTURE_H
#define CULVERT_TESTS_MGMT_FIXTURE_H

#include <jansson.h>

#include "controlplane/mgmt/server.h"

extern struct event_base *mf_base;
extern struct txn *mf_txn;
extern struct mgmt_server *mf_server;
extern char mf_dir[64], mf_path[96];
extern int mf_n_big; /* times `show` "big" was asked, whose answer has a megabyte */

/** A server with these options; the path of its socket is filled in. */
void mf_begin_with(struct mgmt_options o);
/** The same with the usual ones. */
void mf_begin(void);
/** The server and its directory go. */
void mf_end(void);
/** A connection to it. */
int mf_client(void);
/** Monotonic seconds. */
double mf_now_s(void);
/** Turn the loop once. */
void mf_turn(void);
/** All of it, turning the loop while the socket is full. */
void mf_send_bytes(int fd, const char *p, size_t len);
/** A line. */
void mf_send_text(int fd, const char *text);
/** The next answer, a new reference; NULL: the connection was closed. */
json_t *mf_receive(int fd);
/** Does the other side say that it has closed? */
bool mf_is_closed(int fd);
/** Send a line and wait for its answer. New reference. */
json_t *mf_ask(int fd, const char *text);
/** A request whose answer is the other one, both as text. */
void mf_expect(const char *request, const char *expected);

#endif
