/* SPDX-License-Identifier: BSD-3-Clause */
/* The server and its clients, for server.c and subjects.c alone. */
#ifndef CULVERT_CONTROLPLANE_MGMT_SERVER_INT_H
#define CULVERT_CONTROLPLANE_MGMT_SERVER_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>

#include "controlplane/mgmt/linebuf.h"
#include "controlplane/mgmt/listen.h"
#include "controlplane/mgmt/mgmt_priv.h"

struct client {
	TAILQ_ENTRY(client) link;
	struct mgmt_server *server;
	struct bufferevent *bev;
	struct event *again; /* to go on with what has been read already */
	struct linebuf in;
	uint32_t uid;
	pid_t pid;
	uint64_t since_ms, heard_ms; /* of the connection, of its last request */
	char request[48];            /* that one's method and subject, in printable characters */
	bool eof;     /* it will send no more */
	bool follows; /* it gets events as they come */
	uint64_t next_event;
	char source[EVENT_SOURCE_MAX];
	bool closing; /* no more requests: close when the answers are out */
	struct mgmt_answer_parts *answer; /* that is being made; NULL: none */
	struct mgmt_work *work;           /* the same, beside the loop */
	json_t *waiting;                  /* a request that waits for the configuration */
};

TAILQ_HEAD(client_list, client);

struct mgmt_server {
	struct event_base *base;
	struct txn *txn;
	struct mgmt_options o;
	struct listen_file file;
	struct evconnlistener *listener;
	struct event *accept_again;
	struct event *txn_timer;
	struct event *parts; /* to go on with answers in parts */
	struct jobs *jobs;   /* what is made beside the loop; NULL: nothing has been */
	bool config_taken;   /* by such a work: other requests for it wait */
	bool stopping;
	struct client_list clients;
	unsigned int n_clients;
	struct subjects shows, clears, debugs;
};

/* By the monotonic clock. */
static inline uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#endif
