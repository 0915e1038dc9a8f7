/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dataplane's end of the channel: socket, handshake, commands and events. Main core only.
 */
#ifndef CULVERT_DATAPLANE_CHANNEL_SERVER_H
#define CULVERT_DATAPLANE_CHANNEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/channel.h"

struct chan_server;
struct event_queue;
struct rte_rcu_qsbr;
struct worker;

#define CHAN_SERVER_NO_GROUP ((gid_t)-1)

/** What the server needs of the rest; everything must outlive it. */
struct chan_server_conf {
	const char *path; /* of the socket; its directory is made if it is missing */
	gid_t group;      /* who may attach besides our own user and root; CHAN_SERVER_NO_GROUP */
	const struct chan_stats *stats;
	int stats_fd; /* handed to control planes; sealed */
	struct worker *const *workers;
	unsigned int n_workers;
	struct event_queue *events; /* from the workers */
	struct rte_rcu_qsbr *rcu;   /* NULL: no worker is running (tests) */
	/** As tables_apply(). */
	int (*apply)(void *arg, const struct chan_cmd *cmd, const char **field);
	/** An attachment ended. */
	void (*detached)(void *arg);
	void *arg;
};

/** Listen. NULL on failure, and one line for a person in @why. */
struct chan_server *chan_server_open(
		const struct chan_server_conf *conf, char *why, size_t why_len);
/** Detach, remove the socket. NULL is fine. */
void chan_server_close(struct chan_server *s);

/** Readable: chan_server_run() has work. */
int chan_server_fd(const struct chan_server *s);
/**
 * Do what there is to do, a bounded amount: newcomers, commands, events. Call it also every 100 ms
 * or so, for newcomers that say nothing and control planes that did not take their answers.
 * @now_ms  monotonic.
 * @return true: there is more at once.
 */
bool chan_server_run(struct chan_server *s, uint64_t now_ms);
/** The main core is about to sleep on chan_server_fd(). False: not now, there is work. */
bool chan_server_sleep(struct chan_server *s);

/** Raise an event of the main core. False: nobody attached, or no room now. */
bool chan_server_event(struct chan_server *s, const struct chan_event *ev);
bool chan_server_attached(const struct chan_server *s);

#endif
