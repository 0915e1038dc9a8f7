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

#define QUEUE_SLOTS 1024 /* per worker */

static struct rte_ring *
ring_new(void)
{
	ssize_t len = rte_ring_get_memsize_elem(sizeof(struct chan_event), QUEUE_SLOTS);
	struct rte_ring *r;

	if (len < 0)
		return NULL;
	r = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL((size_t)len, RTE_CACHE_LINE_SIZE));
	if (r != NULL && rte_ring_init(r, "events", QUEUE_SLOTS,
			RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
		free(r);
		return NULL;
	}
	return r;
}

int
event_queue_init(struct event_queue *q, unsigned int n)
{
	*q = (struct event_queue){ .n = n };
	q->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (q->wake_fd < 0)
		return -errno;
	for (unsigned int i = 0; i < n; i++) {
		q->rings[i] = ring_new();
		if (q->rings[i] == NULL) {
			event_queue_fini(q);
			return -ENOMEM;
		}
	}
	return 0;
}

void
event_queue_fini(struct event_queue *q)
{
	if (q->wake_fd >= 0)
		close(q->wake_fd);
	for (unsigned int i = 0; i < q->n; i++)
		free(q->rings[i]);
	*q = (struct event_queue){ .wake_fd = -1 };
}

/* Worker number @worker. False: full. */
static bool
event_queue_put(struct event_queue *q, unsigned int worker, const struct chan_event *ev)
{
	static const uint64_t one = 1;
	struct chan_event e = *ev;

	if (rte_ring_sp_enqueue_elem(q->rings[worker], &e, sizeof(e)) != 0)
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
	for (unsigned int i = 0; i < q->n; i++) {
		unsigned int k = q->next;

		q->next = (k + 1) % q->n;
		if (rte_ring_sc_dequeue_elem(q->rings[k], ev, sizeof(*ev)) == 0)
			return true;
	}
	return false;
}

bool
event_queue_empty(const struct event_queue *q)
{
	for (unsigned int i = 0; i < q->n; i++)
		if (__atomic_load_n(&q->rings[i]->prod.tail, __ATOMIC_ACQUIRE) !=
				__atomic_load_n(&q->rings[i]->cons.tail, __ATOMIC_RELAXED))
			return false;
	return true;
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
	return event_queue_put(w->events, w->id, &e);
}
