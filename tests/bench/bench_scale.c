/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers at once, each on a CPU of its own, on the same tunnels and SAs. Sent packets of
 * one tunnel come from all workers. Received ones of an SA come from one: a NIC spreads ESP by
 * SPI or by addresses, so each worker has its share of the tunnels (with one tunnel, only one
 * worker has packets, and there is nothing to measure).
 *
 * Workers start together and end together; each counts the cycles of its own passes, in which the
 * other ones run. The figure is what all of them do in a second by what one does alone, each time
 * measured just before.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "tests/bench/bench.h"

#define MAX_PASSES 65536
#define ROUNDS     5

struct lane {
	const struct options *o;
	struct worker *w;
	struct packets *pk;
	pthread_t thread;
	pthread_barrier_t *start;
	unsigned int cpu;
	uint64_t end;
	double *passes; /* [MAX_PASSES] cycles per packet */
	unsigned int n;
} __rte_cache_aligned;

static void *
lane_run(void *arg)
{
	struct lane *l = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(l->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		fprintf(stderr, "bench: worker %u cannot be bound to CPU %u\n", l->w->id, l->cpu);
	l->pk->next = 0;
	l->n = 0;
	packets_restore(l->pk);
	path_pass(l->w, l->pk, l->o->burst, false);
	pthread_barrier_wait(l->start);
	do {
		packets_restore(l->pk);
		l->passes[l->n++] = (double)path_pass(l->w, l->pk, l->o->burst, false) /
				l->pk->n_bufs;
	} while (rte_rdtsc() < l->end && l->n < MAX_PASSES);
	return NULL;
}

/* @n lanes at once. @return packets for each cycle, of all of them. */
static double
lanes_run(struct lane *lanes, unsigned int n, double seconds)
{
	pthread_barrier_t start;
	double rate = 0;
	uint64_t end = rte_rdtsc() + (uint64_t)(seconds * (double)rte_get_tsc_hz());

	pthread_barrier_init(&start, NULL, n);
	for (unsigned int i = 0; i < n; i++) {
		lanes[i].start = &start;
		lanes[i].end = end;
		lanes[i].w->shared_sas = n > 1;
		if (pthread_create(&lanes[i].thread, NULL, lane_run, &lanes[i]) != 0)
			abort();
	}
	for (unsigned int i = 0; i < n; i++) {
		pthread_join(lanes[i].thread, NULL);
		if (lanes[i].n != 0)
			rate += 1 / median_of(lanes[i].passes, lanes[i].n);
		lanes[i].w->shared_sas = false;
	}
	pthread_barrier_destroy(&start);
	return rate;
}

static void
lane_init(struct lane *l, const struct options *o, const struct world *wd,
		const struct result *r, unsigned int id, unsigned int n)
{
	bool share = r->kase == CASE_DECAP;

	*l = (struct lane){ .o = o, .w = wd->w[id], .cpu = machine.cpus[machine.n_cpus - 1 - id],
		.passes = calloc(MAX_PASSES, sizeof(double)),
		.pk = packets_new(&(struct packets_conf){ .wd = wd, .kase = r->kase,
			.size = r->size, .random = r->random, .cold = r->cold,
			.share = share ? id : 0, .n_shares = share ? n : 1 }) };
}

bool
scale_run(const struct options *o, struct world *wd, struct result *r)
{
	unsigned int n = RTE_MIN(o->workers, machine.n_cpus);
	double gain[ROUNDS], rate = 0;
	struct lane one, lanes[MAX_WORKERS];

	if (n < 2 || (r->kase == CASE_DECAP && wd->n_tunnels < n))
		return false;
	lane_init(&one, o, wd, r, 0, 1);
	for (unsigned int i = 0; i < n; i++)
		lane_init(&lanes[i], o, wd, r, i, n);
	for (unsigned int k = 0; k < ROUNDS; k++) {
		double alone = lanes_run(&one, 1, o->seconds / ROUNDS);

		rate = lanes_run(lanes, n, o->seconds / ROUNDS);
		gain[k] = rate / alone;
	}
	*r = (struct result){ .kase = r->kase, .alg = r->alg, .size = r->size,
		.mean_size = r->mean_size, .tunnels = r->tunnels, .routes = r->routes,
		.random = r->random, .cold = r->cold, .workers = n, .reps = lanes[0].n,
		.cycles = n / rate, .scaling = median_of(gain, ROUNDS) };
	packets_free(one.pk);
	free(one.passes);
	for (unsigned int i = 0; i < n; i++) {
		packets_free(lanes[i].pk);
		free(lanes[i].passes);
	}
	return true;
}
