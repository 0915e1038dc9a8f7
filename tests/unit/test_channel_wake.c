/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wake-ups of the channel under load, with a thread for each role, to be run under
 * ThreadSanitizer too. Nobody here polls on a timer: the dataplane's main core and the control
 * plane sleep without an end until they are woken, so a lost wake-up is a test that stands still,
 * which LIMIT_MS turns into a failure.
 */
#include <pthread.h>
#include <sched.h>

#include <rte_rcu_qsbr.h>

#include "chan_fixture.h"
#include "common/log.h"
#include "cu.h"

#define LIMIT_MS   60000
#define N_PING     3000
#define N_PACKETS  20000u /* per worker */
#define N_SINGLES  4000u
#define N_ATTACH   40

static struct fixture fx;
static pthread_t main_core, worker_threads[FX_WORKERS];
static bool stop_main, stop_workers;
static unsigned int main_overslept;

/* What the workers have left to produce; set by the test, counted down by each worker. */
static uint32_t to_punt[FX_WORKERS], to_raise[FX_WORKERS];
static bool endless;                /* punt whenever there is room */
static unsigned int max_pause = 200; /* of a worker between two rounds */

static struct {
	unsigned int n_done, n_events, n_punts;
} seen;

static void
on_event(void *arg, const struct chan_event *ev)
{
	seen.n_events++;
}

static void
on_punt(void *arg, const struct chan_pkt *pkt)
{
	seen.n_punts++;
}

static void
on_done(void *arg, const struct chan_done *d)
{
	if (d->err == 0)
		seen.n_done++;
}

static const struct chan_client_handlers handlers = { .event = on_event, .punt = on_punt };

/* ---- the dataplane's threads -------------------------------------------------------------- */

static void *
main_core_run(void *arg)
{
	struct pollfd p = { .fd = chan_server_fd(fx.server), .events = POLLIN };

	while (!__atomic_load_n(&stop_main, __ATOMIC_RELAXED)) {
		if (chan_server_run(fx.server, fx_now_ms()) || !chan_server_sleep(fx.server))
			continue;
		/* A long sleep is none too many if there was nothing to do. */
		if (poll(&p, 1, LIMIT_MS) == 0 && chan_server_run(fx.server, fx_now_ms()))
			main_overslept++;
	}
	return NULL;
}

static bool
punt(struct worker *w, unsigned int n)
{
	struct ring_end *e = &w->punt_out[n % CHAN_N_CLASSES];
	struct chan_pkt *p = ring_out_slot(e);

	if (p == NULL)
		return false;
	p->len = 20;
	p->l3_off = 0;
	p->cls = (uint8_t)(n % CHAN_N_CLASSES);
	memset(p->data, 0, 20);
	ring_out_push(e);
	return true;
}

static void
worker_round(struct worker *w, unsigned int *seed)
{
	const struct chan_event ev = { .type = CHAN_EV_ACQUIRE };
	struct chan_rings *rings = worker_rings(w);
	uint32_t *punts = &to_punt[w->id], *events = &to_raise[w->id];
	uint32_t n = __atomic_load_n(punts, __ATOMIC_RELAXED);

	if (rings == NULL)
		return;
	if (n == 0 && __atomic_load_n(&endless, __ATOMIC_RELAXED)) {
		/* As a burst in the middle of which the rings are taken away. */
		for (int i = 0; i < 500; i++)
			rte_pause();
		punt(w, (unsigned int)rand_r(seed));
	} else if (n != 0) {
		/* Counted down first: once it is out, the test may already ask for the next. */
		__atomic_fetch_sub(punts, 1, __ATOMIC_RELAXED);
		if (!punt(w, n))
			__atomic_fetch_add(punts, 1, __ATOMIC_RELAXED);
	}
	if (__atomic_load_n(events, __ATOMIC_RELAXED) != 0) {
		__atomic_fetch_sub(events, 1, __ATOMIC_RELAXED);
		if (!worker_event(w, &ev))
			__atomic_fetch_add(events, 1, __ATOMIC_RELAXED);
	}
	ring_wake_cp(rings, w->wake_cp_fd);
}

static bool
nothing_to_do(const struct worker *w)
{
	return __atomic_load_n(&to_punt[w->id], __ATOMIC_RELAXED) == 0 &&
			__atomic_load_n(&to_raise[w->id], __ATOMIC_RELAXED) == 0;
}

static void *
worker_run(void *arg)
{
	struct worker *w = arg;
	unsigned int seed = w->id + 1u;

	rte_rcu_qsbr_thread_online(fx.conf.rcu, w->id);
	while (!__atomic_load_n(&stop_workers, __ATOMIC_RELAXED)) {
		worker_round(w, &seed);
		/* Irregular, to catch the other side everywhere on its way to sleep. */
		for (unsigned int i = (unsigned int)rand_r(&seed) % max_pause; i > 0; i--)
			rte_pause();
		if (rand_r(&seed) % 64 == 0 || nothing_to_do(w))
			sched_yield();
		rte_rcu_qsbr_quiescent(fx.conf.rcu, w->id);
	}
	rte_rcu_qsbr_thread_offline(fx.conf.rcu, w->id);
	return NULL;
}

static void
setup(void)
{
	size_t len = RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(FX_WORKERS), 64);

	log_init("test", LVL_ERROR);
	memset(&seen, 0, sizeof(seen));
	CU_ASSERT_FATAL(fx_init(&fx) == 0);
	fx.conf.rcu = aligned_alloc(64, len);
	CU_ASSERT_FATAL(fx.conf.rcu != NULL);
	rte_rcu_qsbr_init(fx.conf.rcu, FX_WORKERS);
	CU_ASSERT_FATAL(fx_open(&fx) == 0);
	stop_main = stop_workers = endless = false;
	main_overslept = 0;
	pthread_create(&main_core, NULL, main_core_run, NULL);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		rte_rcu_qsbr_thread_register(fx.conf.rcu, i);
		pthread_create(&worker_threads[i], NULL, worker_run, fx.workers[i]);
	}
}

static void
teardown(void)
{
	int err;

	__atomic_store_n(&stop_main, true, __ATOMIC_RELAXED);
	/* Any connection wakes the main core. */
	do {
		chan_client_close(chan_client_open(fx.path, &handlers, &err));
		sched_yield();
	} while (pthread_tryjoin_np(main_core, NULL) != 0);
	__atomic_store_n(&stop_workers, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < FX_WORKERS; i++)
		pthread_join(worker_threads[i], NULL);
	CU_ASSERT(main_overslept == 0);
	fx_fini(&fx);
	free(fx.conf.rcu);
}

/* ---- the control plane, in the test's own thread ------------------------------------------ */

static struct chan_client *
attach(void)
{
	uint64_t end = fx_now_ms() + LIMIT_MS;

	while (fx_now_ms() < end) {
		int err = 0, ret = 0;
		struct chan_client *c = chan_client_open(fx.path, &handlers, &err);
		struct pollfd p;

		if (c == NULL)
			continue;
		p = (struct pollfd){ .fd = chan_client_sock_fd(c), .events = POLLIN };
		if (poll(&p, 1, LIMIT_MS) == 1)
			ret = chan_client_sock_event(c);
		if (ret == 1)
			return c;
		chan_client_close(c);
	}
	return NULL;
}

/* Take in what comes until @counter is @want. Sleeps only on the wake-up descriptor. */
static bool
wait_for(struct chan_client *c, const unsigned int *counter, unsigned int want)
{
	struct pollfd p = { .fd = chan_client_wake_fd(c), .events = POLLIN };

	for (;;) {
		bool more = chan_client_poll(c);

		if (*counter >= want)
			return true;
		if (!more && poll(&p, 1, LIMIT_MS) != 1) {
			fprintf(stderr, "lost wake-up: %u of %u\n", *counter, want);
			return false;
		}
	}
}

static bool
send_cmd(struct chan_client *c)
{
	const struct chan_cmd cmd = { .op = CHAN_CMD_PARAM_SET };

	return chan_client_cmd(c, &cmd, on_done, NULL) == 0;
}

/* Both sides sleep between any two messages. */
static void
test_ping_pong(void)
{
	struct chan_client *c;

	setup();
	c = attach();
	CU_ASSERT_FATAL(c != NULL);
	for (unsigned int i = 1; i <= N_PING; i++) {
		CU_ASSERT_FATAL(send_cmd(c));
		CU_ASSERT_FATAL(wait_for(c, &seen.n_done, i));
	}
	chan_client_close(c);
	teardown();
}

/*
 * One packet, then one event at a time, at about the moment when the control plane goes to sleep:
 * no later one makes good for a wake-up that was lost.
 */
static void
test_singles(void)
{
	struct chan_client *c;
	unsigned int seed = 1;

	max_pause = 4;
	setup();
	c = attach();
	CU_ASSERT_FATAL(c != NULL);
	for (unsigned int i = 1; i <= N_SINGLES; i++) {
		__atomic_store_n(&to_punt[0], 1, __ATOMIC_RELAXED);
		for (int k = rand_r(&seed) % 32; k > 0; k--)
			rte_pause();
		CU_ASSERT_FATAL(wait_for(c, &seen.n_punts, i));
	}
	for (unsigned int i = 1; i <= N_SINGLES; i++) {
		__atomic_store_n(&to_raise[1], 1, __ATOMIC_RELAXED);
		for (int k = rand_r(&seed) % 32; k > 0; k--)
			rte_pause();
		CU_ASSERT_FATAL(wait_for(c, &seen.n_events, i));
	}
	chan_client_close(c);
	teardown();
	max_pause = 200;
}

/* Workers at their own pace; the last packet and the last event arrive, too. */
static void
test_flood(void)
{
	struct chan_client *c;

	setup();
	c = attach();
	CU_ASSERT_FATAL(c != NULL);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		__atomic_store_n(&to_raise[i], N_PACKETS / 4, __ATOMIC_RELAXED);
		__atomic_store_n(&to_punt[i], N_PACKETS, __ATOMIC_RELAXED);
	}
	for (unsigned int i = 0; i < 5000; i++)
		CU_ASSERT_FATAL(send_cmd(c));
	CU_ASSERT(wait_for(c, &seen.n_punts, FX_WORKERS * N_PACKETS));
	CU_ASSERT(wait_for(c, &seen.n_events, FX_WORKERS * (N_PACKETS / 4)));
	CU_ASSERT(wait_for(c, &seen.n_done, 5000));
	CU_ASSERT(seen.n_punts == FX_WORKERS * N_PACKETS);
	CU_ASSERT(seen.n_events == FX_WORKERS * (N_PACKETS / 4));
	chan_client_close(c);
	teardown();
}

/* Rings come and go under workers that punt all the time. */
static void
test_attach_under_load(void)
{
	setup();
	__atomic_store_n(&endless, true, __ATOMIC_RELAXED);
	for (int i = 0; i < N_ATTACH; i++) {
		struct chan_client *c = attach();
		unsigned int want = seen.n_punts + 100;

		CU_ASSERT_FATAL(c != NULL);
		CU_ASSERT(wait_for(c, &seen.n_punts, want));
		chan_client_close(c);
	}
	teardown();
	CU_ASSERT(fx.n_detached >= N_ATTACH);
}

static const struct cu_case cases[] = {
	CU_CASE(test_ping_pong),
	CU_CASE(test_singles),
	CU_CASE(test_flood),
	CU_CASE(test_attach_under_load),
};
CU_MAIN("channel wake-ups", cases)
