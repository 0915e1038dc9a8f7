/* SPDX-License-Identifier: BSD-3-Clause */
/* The thread pool: every job comes back once, on the loop's thread, also those cut short. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "controlplane/util/jobs.h"
#include "tests/unit/cu.h"

#define N 200

struct work {
	atomic_uint n_run;
	unsigned int n_done;
};

struct pool {
	struct event_base *base;
	struct jobs *jobs;
	struct work work[N];
	pthread_t loop;
	unsigned int n_back;
};

static void
on_run(void *job)
{
	struct work *w = job;

	atomic_fetch_add(&w->n_run, 1);
}

static void
on_done(void *ctx, void *job)
{
	struct pool *p = ctx;
	struct work *w = job;

	CU_ASSERT(pthread_equal(p->loop, pthread_self()));
	w->n_done++;
	if (++p->n_back == N)
		event_base_loopbreak(p->base);
}

static void
start(struct pool *p, unsigned int n_threads)
{
	struct jobs_ops ops = { .run = on_run, .done = on_done, .ctx = p };

	memset(p, 0, sizeof(*p));
	p->loop = pthread_self();
	p->base = event_base_new();
	p->jobs = jobs_new(p->base, n_threads, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p->jobs);
	for (int i = 0; i < N; i++)
		CU_ASSERT_EQUAL(jobs_submit(p->jobs, &p->work[i]), 0);
}

static void
check(const struct pool *p)
{
	for (int i = 0; i < N; i++) {
		CU_ASSERT_EQUAL(atomic_load(&p->work[i].n_run), 1);
		CU_ASSERT_EQUAL(p->work[i].n_done, 1);
	}
}

static void
test_all_come_back(void)
{
	static struct pool p;
	struct timeval limit = { .tv_sec = 20 };

	start(&p, 3);
	event_base_loopexit(p.base, &limit);
	event_base_dispatch(p.base);
	CU_ASSERT_EQUAL(p.n_back, N);
	check(&p);
	jobs_free(p.jobs);
	event_base_free(p.base);
}

static void
test_free_with_work(void)
{
	static struct pool p;

	for (unsigned int threads = 0; threads < 3; threads++) {
		start(&p, threads);
		jobs_free(p.jobs);
		CU_ASSERT_EQUAL(p.n_back, N);
		check(&p);
		event_base_free(p.base);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_all_come_back),
	CU_CASE(test_free_with_work),
};

CU_MAIN("jobs", cases)
