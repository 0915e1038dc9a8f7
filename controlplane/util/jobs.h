/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A few threads for what takes long, public-key work or a configuration of ten thousand tunnels,
 * so that it does not make a timer of the loop late. Jobs go in on the loop's thread and come back
 * there.
 */
#ifndef CULVERT_CONTROLPLANE_UTIL_JOBS_H
#define CULVERT_CONTROLPLANE_UTIL_JOBS_H

#include <event2/event.h>

struct jobs;

struct jobs_ops {
	void (*run)(void *job);             /* on any thread */
	void (*done)(void *ctx, void *job); /* on the loop's thread */
	void *ctx;
};

/** Starts @n_threads. NULL when that fails. */
struct jobs *jobs_new(struct event_base *base, unsigned int n_threads, const struct jobs_ops *ops);
/** 0, or -ENOMEM: then the job is still the caller's. */
int jobs_submit(struct jobs *j, void *job);
/** Stops the threads. Every job still here comes back through done first; those that no thread has
 *  begun are run on this one. NULL is fine. */
void jobs_free(struct jobs *j);

#endif
