/* SPDX-License-Identifier: BSD-3-Clause */
/* Events from the workers to the main core; see event_queue.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "dataplane/event_queue.h"
#include "dataplane/worker.h"

#define QUEUE_SLOTS 4096

int
event_queue_init(struct event_queue *q)
{
	ssize_t len = rte_ring_get_memsize_elem(sizeof(struct chan_event), QUEUE_SLOTS);
	int err;

	*q = (struct event_queue){ .wake_fd = -1 };
	if (len < 0)
		return (int)len;
	q->ring = aligned_alloc(RTE_CACHE_LINE_SIZE,
			RTE_ALIGN_CEIL((size_t)len, RTE_CACHE_LINE_SIZE));
	if (q->ring == NULL)
		return -ENOMEM;
	err = rte_ring_init(q->ring, "events", QUEUE_SLOTS, RING_F_SC_DEQ);
	if (err == 0) {
		q->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (q->wake_fd < 0)
			err = -errno;
	}
	if (err != 0)
		event_queue_fini(q);
	return err;
}

void
event_queue_fini(struct event_queue *q)
{
	if (q->wake_fd >= 0)
		close(q->wake_fd);
	free(q->ring);
	*q = (struct event_queue){ .wake_fd = -1 };
}

bool
event_queue_put(struct event_queue *q, const struct chan_event *ev)
{
	static const uint64_t one = 1;
	struct chan_event e = *ev;

	if (rte_ring_mp_enqueue_elem(q->ring, &e, sizeof(e)) != 0)
		return false;
	/* As in ring_wake_cp(): the event before the flag, or both sides miss each other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&q->main_sleeps, __ATOMIC_RELAXED) != 0 &&
			__atomic_exchange_n(&q->main_sleeps, 0, __ATOMIC_SEQ_CST) != 0 &&
			write(q->wake_fd, &one, sizeof(one)) < 0)
		return true; /* the counter is at its end: readable anyway */
	return true;
}

bool
event_queue_get(struct event_queue *q, struct chan_event *ev)
{
	return rte_ring_sc_dequeue_elem(q->ring, ev, sizeof(*ev)) == 0;
}

bool
event_queue_empty(const struct event_queue *q)
{
	return __atomic_load_n(&q->ring->prod.tail, __ATOMIC_ACQUIRE) ==
			__atomic_load_n(&q->ring->cons.tail, __ATOMIC_RELAXED);
}

void
event_queue_sleep_prepare(struct event_queue *q)
{
	__atomic_store_n(&q->main_sleeps, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
event_queue_awake(struct event_queue *q)
{
	uint64_t n;

	__atomic_store_n(&q->main_sleeps, 0, __ATOMIC_SEQ_CST);
	/* Non-blocking: nothing to read is as good. */
	if (read(q->wake_fd, &n, sizeof(n)) < 0)
		n = 0;
}

bool
worker_event(struct worker *w, const struct chan_event *ev)
{
	struct chan_event e = *ev;

	if (worker_rings(w) == NULL)
		return false;
	e.worker = w->id;
	return event_queue_put(w->events, &e);
}
