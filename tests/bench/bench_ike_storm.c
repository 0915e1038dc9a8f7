/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hub that has just started, and all branches call at once. The hub is what the control plane is:
 * an event loop, the engine, the pool of threads for public-key work, records that outlive it. The
 * branches are one engine with as many addresses on a thread of its own. Between them are two
 * queues; the hub takes a few messages in a turn of its loop, as it takes punted packets.
 *
 * Measured: until all are up, and how late a timer was that should fire every 10 ms: so late would
 * one of a second have been at that moment.
 */
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/util/jobs.h"
#include "controlplane/vpn/keep.h"
#include "tests/bench/bench_ike.h"

#define PER_TURN  16 /* messages: PUNT_ROUNDS of chan_client.c */
#define PROBE_MS  10
#define QUEUE_MAX 4096 /* messages; more are lost, as in a full ring */
#define LIMIT_S   120
#define THREADS   2

struct packet {
	struct packet *next;
	struct ike_path path;
	size_t len;
	uint8_t msg[];
};

struct queue {
	pthread_mutex_t lock;
	struct packet *first, **last;
	uint32_t n, n_lost;
	int fd;
};

static struct {
	struct ike_engine *e[N_ENDS];
	struct queue to[N_ENDS];
	struct event_base *base;
	struct jobs *jobs;
	struct keep keep;
	struct event *engine_timer, *probe, *again;
	uint32_t n, n_up, next_spi[N_ENDS];
	bool *up;
	uint64_t start_ms, up_ms, probe_due_ms, late_ms, deadline_ms;
	double turn_s, longest_s; /* CPU time of a callback */
	atomic_bool stop;
} st;

/* ---- queues --------------------------------------------------------------------------------- */

static void
queue_init(struct queue *q)
{
	pthread_mutex_init(&q->lock, NULL);
	q->last = &q->first;
	q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (q->fd < 0)
		give_up("no eventfd");
}

static void
queue_put(struct queue *q, struct packet *p)
{
	static const uint64_t one = 1;
	bool full;

	pthread_mutex_lock(&q->lock);
	full = q->n >= QUEUE_MAX;
	if (full) {
		q->n_lost++;
	} else {
		*q->last = p;
		q->last = &p->next;
		q->n++;
	}
	pthread_mutex_unlock(&q->lock);
	if (full)
		free(p);
	else if (write(q->fd, &one, sizeof(one)) < 0)
		give_up("eventfd");
}

static struct packet *
queue_get(struct queue *q)
{
	struct packet *p;

	pthread_mutex_lock(&q->lock);
	p = q->first;
	if (p != NULL) {
		q->first = p->next;
		if (q->first == NULL)
			q->last = &q->first;
		q->n--;
	}
	pthread_mutex_unlock(&q->lock);
	return p;
}

/* ---- the engines' callbacks ----------------------------------------------------------------- */

static void
op_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);

	if (p == NULL)
		give_up("out of memory");
	*p = (struct packet){ .path = { path->remote, path->local, path->remote_port,
				      path->local_port },
		.len = len };
	memcpy(p->msg, msg, len);
	queue_put(&st.to[ctx == &st.e[HUB] ? BRANCH : HUB], p);
}

static uint32_t
op_spi_alloc(void *ctx, uint32_t tun_id)
{
	return 4096 + st.next_spi[ctx == &st.e[HUB] ? HUB : BRANCH]++;
}

static void
op_spi(void *ctx, uint32_t spi)
{
}

static int
op_child_add(void *ctx, const struct ike_child_sa *c, uint64_t replaces, bool use_out)
{
	if (ctx != &st.e[HUB] || st.up[c->tun_id])
		return 0;
	st.up[c->tun_id] = true;
	if (++st.n_up == st.n)
		st.up_ms = mono_ms();
	return 0;
}

static void
op_child(void *ctx, uint64_t id)
{
}

static void
op_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
}

static void
op_keep(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len)
{
	keep_put(&st.keep, tun_id, data, len);
}

static void
op_job(void *ctx, struct ike_job *job)
{
	if (jobs_submit(st.jobs, job) != 0)
		give_up("out of memory");
}

static void
job_run(void *job)
{
	ike_job_run(job);
}

static void
turn_begins(void)
{
	st.turn_s = cpu_s();
}

static void
settle(void)
{
	double s = cpu_s() - st.turn_s;

	uint64_t next = ike_next_ms(st.e[HUB]), now = mono_ms(), in = next > now ? next - now : 0;
	struct timeval tv = { (time_t)(in / 1000), (suseconds_t)(in % 1000 * 1000) };

	if (next != UINT64_MAX)
		evtimer_add(st.engine_timer, &tv);
	if (s > st.longest_s)
		st.longest_s = s;
	if (st.n_up == st.n || now > st.deadline_ms)
		event_base_loopbreak(st.base);
}

static void
job_done(void *ctx, void *job)
{
	turn_begins();
	ike_job_done(st.e[HUB], job, mono_ms());
	settle();
}

/* ---- the hub's loop ------------------------------------------------------------------------- */

static void
on_messages(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = { 0 };
	uint64_t n;

	turn_begins();
	if (read(st.to[HUB].fd, &n, sizeof(n)) < 0)
		n = 0;
	for (int i = 0; i < PER_TURN; i++) {
		struct packet *p = queue_get(&st.to[HUB]);

		if (p == NULL) {
			settle();
			return;
		}
		ike_input(st.e[HUB], &p->path, p->msg, p->len, mono_ms());
		free(p);
	}
	settle();
	evtimer_add(st.again, &soon);
}

static void
on_engine_timer(evutil_socket_t fd, short what, void *arg)
{
	turn_begins();
	ike_tick(st.e[HUB], mono_ms());
	settle();
}

static void
on_probe(evutil_socket_t fd, short what, void *arg)
{
	struct timeval tv = { .tv_usec = PROBE_MS * 1000 };
	uint64_t now = mono_ms();

	turn_begins();
	if (now > st.probe_due_ms && now - st.probe_due_ms > st.late_ms)
		st.late_ms = now - st.probe_due_ms;
	st.probe_due_ms = now + PROBE_MS;
	evtimer_add(st.probe, &tv);
	settle();
}

/* ---- the branches' thread ------------------------------------------------------------------- */

static void *
branches(void *arg)
{
	struct packet *p;

	for (uint32_t i = 0; i < st.n && !atomic_load(&st.stop); i++)
		ike_peer_acquire(st.e[BRANCH], i, mono_ms());
	while (!atomic_load(&st.stop)) {
		if ((p = queue_get(&st.to[BRANCH])) != NULL) {
			ike_input(st.e[BRANCH], &p->path, p->msg, p->len, mono_ms());
			free(p);
		} else {
			nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
		}
		ike_tick(st.e[BRANCH], mono_ms());
	}
	return NULL;
}

static void
engines_new(uint16_t group)
{
	struct ike_ops ops = { .send = op_send,
		.random = random_bytes,
		.spi_alloc = op_spi_alloc,
		.spi_free = op_spi,
		.child_add = op_child_add,
		.child_use_out = op_child,
		.child_del = op_child,
		.peer_state = op_state };
	const struct ike_limits at_once = { .max_calls = st.n };

	for (int k = 0; k < N_ENDS; k++) {
		if (k == HUB) {
			ops.job = op_job;
			ops.keep = op_keep;
		} else {
			ops.job = NULL;
			ops.keep = NULL;
		}
		st.e[k] = ike_engine_new(&ops, &st.e[k], k == HUB ? NULL : &at_once, mono_ms());
		if (st.e[k] == NULL)
			give_up("out of memory");
		for (uint32_t i = 0; i < st.n; i++) {
			struct ike_peer_cfg c = duo_cfg(k, i, group);

			c.may_initiate = k == BRANCH;
			if (ike_peer_set(st.e[k], &c, mono_ms()) != 0)
				give_up("a peer is refused");
		}
	}
}

static int
report(bool json)
{
	double s = (double)(st.up_ms - st.start_ms) / 1000;
	bool all = st.n_up == st.n;

	if (!all)
		fprintf(stderr, "bench_ike: %u of %u are up after %u s\n", st.n_up, st.n, LIMIT_S);
	for (unsigned int i = 0; !all && i < 2 * ike_n_counters(); i++)
		if (ike_counter(st.e[i % 2], i / 2) != 0)
			fprintf(stderr, "%s %s %llu\n", i % 2 == HUB ? "hub" : "branches",
					ike_counter_name(i / 2),
					(unsigned long long)ike_counter(st.e[i % 2], i / 2));
	if (json)
		printf("{\"storm\": {\"branches\": %u, \"up\": %u, \"seconds\": %.3f, "
		       "\"late_ms\": %llu, \"late_target_ms\": 50, \"turn_cpu_ms\": %.3f, "
		       "\"lost\": %u}}\n",
				st.n, st.n_up, all ? s : 0, (unsigned long long)st.late_ms,
				st.longest_s * 1e3,
				st.to[HUB].n_lost);
	else if (all)
		printf("%u branches at once: all up after %.2f s (%.0f a second)\n"
		       "a timer was at most %llu ms late (at most 50), the longest turn of the "
		       "loop took %.1f ms of CPU time\n%u messages were lost in full queues\n",
				st.n, s, st.n / s, (unsigned long long)st.late_ms,
				st.longest_s * 1e3,
				st.to[HUB].n_lost);
	return all && st.late_ms <= 50 ? 0 : 1;
}

int
storm_run(uint32_t n, uint16_t group, bool json)
{
	struct jobs_ops jobs = { .run = job_run, .done = job_done };
	struct timeval soon = { 0 };
	struct event *messages;
	struct packet *p;
	pthread_t thread;
	int err;

	st.n = n;
	st.up = calloc(n, sizeof(*st.up));
	st.base = event_base_new();
	for (int k = 0; k < N_ENDS; k++)
		queue_init(&st.to[k]);
	keep_open(&st.keep, calloc(1, chan_keep_size(n)), chan_keep_size(n));
	st.jobs = jobs_new(st.base, THREADS, &jobs);
	st.engine_timer = evtimer_new(st.base, on_engine_timer, NULL);
	st.probe = evtimer_new(st.base, on_probe, NULL);
	st.again = evtimer_new(st.base, on_messages, NULL);
	messages = event_new(st.base, st.to[HUB].fd, EV_READ | EV_PERSIST, on_messages, NULL);
	if (st.up == NULL || st.jobs == NULL || messages == NULL || st.keep.base == NULL)
		give_up("out of memory");
	engines_new(group);
	event_add(messages, NULL);
	st.start_ms = mono_ms();
	st.deadline_ms = st.start_ms + LIMIT_S * 1000u;
	st.probe_due_ms = st.start_ms;
	evtimer_add(st.probe, &soon);
	if (pthread_create(&thread, NULL, branches, NULL) != 0)
		give_up("no thread");
	event_base_loop(st.base, 0);
	atomic_store(&st.stop, true);
	pthread_join(thread, NULL);
	jobs_free(st.jobs);
	err = report(json);
	for (int k = 0; k < N_ENDS; k++) {
		ike_engine_free(st.e[k], false);
		while ((p = queue_get(&st.to[k])) != NULL)
			free(p);
		close(st.to[k].fd);
	}
	event_free(messages);
	event_free(st.engine_timer);
	event_free(st.probe);
	event_free(st.again);
	event_base_free(st.base);
	free(st.keep.base);
	free(st.up);
	return err;
}
