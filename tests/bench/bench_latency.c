/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a packet waits in one box. Packets come by the clock, at random intervals (a Poisson
 * process) of 10, 50 and 90 % of what the worker takes at most. The worker does as its loop does:
 * it takes what has come since it looked last, at most a burst, and through the path. A packet's
 * wait is from its arrival to the end of its burst's transmit. Wires, NICs and their queues are
 * not in it; pauses that the machine makes are, and are what the last per mille shows.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "tests/bench/bench.h"

#define N_SAMPLES 200000
#define PAUSE_US  2   /* what counts as a pause */
#define PAUSES_MS 200 /* how long they are looked for */
#define SLEEP_US  100000

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Arrivals for one round through the set of buffers. */
static void
arrivals_make(double *at, unsigned int n, double gap, uint64_t *state)
{
	double t = 0;

	for (unsigned int i = 0; i < n; i++) {
		*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		t -= log(((double)(*state >> 11) + 1) / 9007199254740993.0) * gap;
		at[i] = t;
	}
}

/* All buffers, each not before its time; waits are appended to @wait. */
static void
round_run(struct worker *w, struct packets *pk, const double *at, unsigned int burst,
		uint64_t *wait)
{
	struct txbuf *tx = &w->tx[pk->kase == CASE_DECAP ? PORT_LAN : PORT_WAN];
	uint64_t start = rte_rdtsc();
	unsigned int done = 0, n = pk->n_bufs;

	while (done < n) {
		double now = (double)(rte_rdtsc() - start);
		unsigned int k = 0;
		uint64_t end;

		while (k < burst && done + k < n && at[done + k] <= now)
			k++;
		if (k == 0)
			continue;
		path_run(w, path_in_port(pk->kase), &pk->bufs[done], (uint16_t)k);
		tx->n = 0;
		end = rte_rdtsc() - start;
		for (unsigned int i = 0; i < k; i++)
			wait[done + i] = end - (uint64_t)at[done + i];
		done += k;
	}
}

/*
 * What the machine takes for itself, with nothing of ours but a look at the clock: interrupts, the
 * host that runs this virtual machine, other processes. A wait cannot be less than such a pause
 * that it falls into, so the last per mille is to be read with this beside it.
 */
static struct pauses
pauses_measure(void)
{
	uint64_t hz = (uint64_t)(machine.tsc_mhz * 1e6), least = hz / 1000000 * PAUSE_US;
	uint64_t start = rte_rdtsc(), then = start, now = start, lost = 0, longest = 0, n = 0;
	double seconds;

	while (now - start < hz / 1000 * PAUSES_MS) {
		now = rte_rdtsc();
		if (now - then >= least) {
			n++;
			lost += now - then;
			longest = RTE_MAX(longest, now - then);
		}
		then = now;
	}
	seconds = (double)(now - start) / (double)hz;
	return (struct pauses){ .per_s = (double)n / seconds,
		.longest_us = (double)longest / machine.tsc_mhz,
		.share = (double)lost / (double)(now - start) };
}

void
latency_run(const struct options *o, struct world *wd, const struct result *one)
{
	const unsigned int loads[] = { 10, 50, 90 };
	/* Cold buffers: a round is long enough for a queue to build up. */
	struct packets *pk = packets_new(&(struct packets_conf){ .wd = wd, .kase = one->kase,
		.size = one->size, .cold = true });
	uint64_t *wait = calloc(N_SAMPLES + pk->n_bufs, sizeof(*wait)), state = 1;
	double *at = calloc(pk->n_bufs, sizeof(*at));
	double us = machine.tsc_mhz, capacity = 0, passes[9];

	for (unsigned int i = 0; i < RTE_DIM(passes); i++) {
		packets_restore(pk);
		passes[i] = (double)path_pass(wd->w[0], pk, o->burst, false) / pk->n_bufs;
	}
	capacity = median_of(passes, RTE_DIM(passes));
	for (unsigned int i = 0; i < RTE_DIM(loads); i++) {
		struct latency l = { .load_percent = loads[i] };
		unsigned int n = 0;

		/* A real-time process that has not slept for 950 ms is put aside for 50 ms. */
		usleep(SLEEP_US);
		l.pauses = pauses_measure();
		while (n < N_SAMPLES) {
			packets_restore(pk);
			arrivals_make(at, pk->n_bufs, capacity * 100 / loads[i], &state);
			round_run(wd->w[0], pk, at, o->burst, wait + n);
			n += pk->n_bufs;
		}
		qsort(wait, n, sizeof(*wait), by_value);
		l.p50_us = (double)wait[n / 2] / us;
		l.p99_us = (double)wait[n - n / 100] / us;
		l.p999_us = (double)wait[n - n / 1000] / us;
		report_latency(o, one, &l);
	}
	free(at);
	free(wait);
	packets_free(pk);
}
