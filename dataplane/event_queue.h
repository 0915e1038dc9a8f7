/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events on their way from the workers to the main core, which alone writes the event ring that
 * the control plane reads. A ring with several producers makes each wait for the one before it,
 * by an index in the ring itself: in shared memory, the control plane could make workers wait
 * for ever. So that ring is private, and the shared one has a single producer.
 */
#ifndef CULVERT_DATAPLANE_EVENT_QUEUE_H
#define CULVERT_DATAPLANE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"

struct rte_ring;

struct event_queue {
	struct rte_ring *ring; /* of struct chan_event; any worker writes, the main core reads */
	int wake_fd;           /* readable: the main core is to look */
	uint32_t main_sleeps;  /* set by the main core; a worker that swaps it to 0 writes wake_fd */
};

/** 0 or -errno. */
int event_queue_init(struct event_queue *q);
/** No worker may be running. */
void event_queue_fini(struct event_queue *q);

/** Any worker. False: full. */
bool event_queue_put(struct event_queue *q, const struct chan_event *ev);
/** Main core. False: empty. */
bool event_queue_get(struct event_queue *q, struct chan_event *ev);
bool event_queue_empty(const struct event_queue *q);
/** Main core: ask to be woken. Look at the queue once more before sleeping. */
void event_queue_sleep_prepare(struct event_queue *q);
/** Main core: awake; no bell needed. */
void event_queue_awake(struct event_queue *q);

#endif
