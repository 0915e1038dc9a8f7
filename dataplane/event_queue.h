/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events on their way from the workers to the main core, which alone writes the event ring that
 * the control plane reads. In a ring with several producers each waits for the one before it, by
 * an index in the ring: in shared memory, the control plane could make workers wait for ever,
 * and anywhere, a worker that lost its CPU at that moment would. So each worker has a private ring,
 * and the shared one has a single producer.
 */
#ifndef CULVERT_DATAPLANE_EVENT_QUEUE_H
#define CULVERT_DATAPLANE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"

struct rte_ring;

struct event_queue {
	struct rte_ring *rings[CHAN_MAX_WORKERS]; /* of struct chan_event */
	unsigned int n;
	unsigned int next;    /* whose turn it is */
	int wake_fd;          /* readable: the main core is to look */
	uint32_t main_sleeps; /* set by the main core; a worker that swaps it to 0 writes wake_fd */
};

/** For @n workers. 0 or -errno. */
int event_queue_init(struct event_queue *q, unsigned int n);
/** No worker may be running. */
void event_queue_fini(struct event_queue *q);

/** Main core: of the workers in turn. False: empty. */
bool event_queue_get(struct event_queue *q, struct chan_event *ev);
bool event_queue_empty(const struct event_queue *q);
/** Main core: ask to be woken. Look at the queue once more before sleeping. */
void event_queue_sleep_prepare(struct event_queue *q);
/** Main core: awake; no bell needed. */
void event_queue_awake(struct event_queue *q);

#endif
