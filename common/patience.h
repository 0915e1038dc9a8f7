/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patience with a predecessor. A process that was killed keeps its sockets until the kernel has
 * taken back its memory: for some hundred megabytes on a busy machine that takes a good part of a
 * second. Who is started in its place at once waits a little before it says "in use". For
 * starting up only: these functions sleep.
 */
#ifndef CULVERT_COMMON_PATIENCE_H
#define CULVERT_COMMON_PATIENCE_H

#include <stdbool.h>
#include <sys/un.h>

#define PATIENCE_STEP_MS  20
#define PATIENCE_LIMIT_MS 2000

/** Zeroed at first: while (in_use() && patience_more(&p)) ; */
struct patience {
	unsigned int waited_ms;
};

/** Sleep a step. false, at once, when PATIENCE_LIMIT_MS are over. */
bool patience_more(struct patience *p);

/**
 * Does somebody listen on the Unix socket @sa of @type (SOCK_STREAM, SOCK_SEQPACKET)? A listener
 * gets one connection, which is kept until it ends or the limit is over.
 * @return 0 if somebody does, else the errno of connect(): ECONNREFUSED and ENOENT mean nobody.
 */
int patience_probe(const struct sockaddr_un *sa, int type);

#endif
