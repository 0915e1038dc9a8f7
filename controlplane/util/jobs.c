/* SPDX-License-Identifier: BSD-3-Clause */
/* The thread pool; see jobs.h. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controlplane/util/jobs.h"

#define JOBS_MAX_THREADS 8
#define PER_TURN         16 /* results handed back in one turn of the loop */
#define NICE             5  /* the loop goes before its helpers */

struct item {
	STAILQ_ENTRY(item) link;
	void *job;
};
STAILQ_HEAD(items, item);

struct jobs {
	struct jobs_ops ops;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct items todo, done; /* under @lock */
	bool stop;               /* under @lock */
	pthread_t threads[JOBS_MAX_THREADS];
	unsigned int n_threads;
	int fd; /* eventfd: @done is not empty */
	struct event *ev;
};

static void *
thread_main(void *arg)
{
	struct jobs *j = arg;
	uint64_t one = 1;
	struct item *it;

	/* Of this thread alone, as Linux has it. Nothing is lost if it is not permitted. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	pthread_mutex_lock(&j->lock);
	for (;;) {
		while (!j->stop && STAILQ_EMPTY(&j->todo))
			pthread_cond_wait(&j->work, &j->lock);
		if (j->stop)
			break;
		it = STAILQ_FIRST(&j->todo);
		STAILQ_REMOVE_HEAD(&j->todo, link);
		pthread_mutex_unlock(&j->lock);
		j->ops.run(it->job);
		pthread_mutex_lock(&j->lock);
		STAILQ_INSERT_TAIL(&j->done, it, link);
		/* Can only fail when the counter is full, and then the loop is awake anyway. */
		if (write(j->fd, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* At most @max results, oldest first. True: there were more. */
static bool
hand_back(struct jobs *j, unsigned int max)
{
	struct item *it;

	for (; max > 0; max--) {
		pthread_mutex_lock(&j->lock);
		it = STAILQ_FIRST(&j->done);
		if (it != NULL)
			STAILQ_REMOVE_HEAD(&j->done, link);
		pthread_mutex_unlock(&j->lock);
		if (it == NULL)
			return false;
		j->ops.done(j->ops.ctx, it->job);
		free(it);
	}
	return true;
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	static const uint64_t one = 1;
	struct jobs *j = arg;
	uint64_t n;

	if (read((int)fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return;
	/* The rest comes after the loop's other events. */
	if (hand_back(j, PER_TURN) && write(j->fd, &one, sizeof(one)) < 0)
		hand_back(j, UINT_MAX);
}

/* Signals are the loop's: the threads block them all. */
static int
threads_start(struct jobs *j, unsigned int n)
{
	sigset_t all, old;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; j->n_threads < n && err == 0; j->n_threads += err == 0)
		err = pthread_create(&j->threads[j->n_threads], NULL, thread_main, j);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

struct jobs *
jobs_new(struct event_base *base, unsigned int n_threads, const struct jobs_ops *ops)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->ops = *ops;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->work, NULL);
	STAILQ_INIT(&j->todo);
	STAILQ_INIT(&j->done);
	j->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (j->fd >= 0)
		j->ev = event_new(base, j->fd, EV_READ | EV_PERSIST, on_done, j);
	if (n_threads > JOBS_MAX_THREADS)
		n_threads = JOBS_MAX_THREADS;
	if (j->ev != NULL && event_add(j->ev, NULL) == 0 && threads_start(j, n_threads) == 0)
		return j;
	jobs_free(j);
	return NULL;
}

int
jobs_submit(struct jobs *j, void *job)
{
	struct item *it = malloc(sizeof(*it));

	if (it == NULL)
		return -ENOMEM;
	it->job = job;
	pthread_mutex_lock(&j->lock);
	STAILQ_INSERT_TAIL(&j->todo, it, link);
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
	return 0;
}

void
jobs_free(struct jobs *j)
{
	struct item *it;

	if (j == NULL)
		return;
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_broadcast(&j->work);
	pthread_mutex_unlock(&j->lock);
	for (unsigned int i = 0; i < j->n_threads; i++)
		pthread_join(j->threads[i], NULL);
	while ((it = STAILQ_FIRST(&j->todo)) != NULL) {
		STAILQ_REMOVE_HEAD(&j->todo, link);
		j->ops.run(it->job);
		STAILQ_INSERT_TAIL(&j->done, it, link);
	}
	hand_back(j, UINT_MAX);
	if (j->ev != NULL)
		event_free(j->ev);
	if (j->fd >= 0)
		close(j->fd);
	pthread_cond_destroy(&j->work);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
