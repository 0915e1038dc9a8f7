/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers at once, each on a CPU of its own, on the same tunnels and SAs. Sent packets of
 * one tunnel come from all workers. Received ones of an SA come from one: a NIC spreads ESP by
 * SPI or by addresses, so each worker has its share of the tunnels (with one tunnel, only one
 * worker has packets, and there is nothing to measure).
 *
 * Workers start together and end together; each counts the cycles of its own passes, in which the
 * other ones run. The figure is what all of them do in a second by what one does alone, each time
 * measured just before, on each of the CPUs in turn (they need not be equally fast). What the
 * machine itself loses (caches and memory that its cores share, a
 * clock that slows down, a sibling in the same core) the library shows, which shares nothing but
 * keys: in the same round its floor is taken by one thread and by all, and the ratio of both gains
 * is what the workers lose to each other.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "tests/bench/bench.h"

#define MAX_PASSES 65536
#define ROUNDS     25

struct lane {
	const struct options *o;
	struct worker *w;
	struct floor *floor;
	struct packets *pk;
	pthread_t thread;
	pthread_barrier_t *start;
	unsigned int cpu;
	bool library; /* the floor's passes instead of the path's */
	uint64_t end;
	double *passes; /* [MAX_PASSES] cycles per packet */
	unsigned int n;
} __rte_cache_aligned;

/* @return cycles of all packets. */
static uint64_t
lane_pass(struct lane *l)
{
	packets_restore(l->pk);
	return l->library ? floor_pass(l->floor, l->pk, l->o->burst) :
			path_pass(l->w, l->pk, l->o->burst, false);
}

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
	lane_pass(l);
	pthread_barrier_wait(l->start);
	do
		l->passes[l->n++] = (double)lane_pass(l) / l->pk->n_bufs;
	while (rte_rdtsc() < l->end && l->n < MAX_PASSES);
	return NULL;
}

/* @n lanes at once, through the path or the library. @return packets for each cycle, of all. */
static double
lanes_run(struct lane *lanes, unsigned int n, double seconds, bool library)
{
	pthread_barrier_t start;
	double rate = 0;
	uint64_t end = rte_rdtsc() + (uint64_t)(seconds * (double)rte_get_tsc_hz());

	pthread_barrier_init(&start, NULL, n);
	for (unsigned int i = 0; i < n; i++) {
		lanes[i].start = &start;
		lanes[i].end = end;
		lanes[i].library = library;
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
		.floor = floor_new(), .passes = calloc(MAX_PASSES, sizeof(double)),
		.pk = packets_new(&(struct packets_conf){ .wd = wd, .kase = r->kase,
			.size = r->size, .random = r->random, .cold = r->cold,
			.share = share ? id : 0, .n_shares = share ? n : 1 }) };
	if (l->passes == NULL)
		abort();
}

static void
lane_fini(struct lane *l)
{
	packets_free(l->pk);
	floor_free(l->floor);
	free(l->passes);
}

/* What @n lanes do by what one does, on the mean of their CPUs. *@rate: theirs. */
static double
gain_of(struct lane *one, struct lane *lanes, unsigned int n, double seconds, bool library,
		double *rate)
{
	double alone = 0;

	for (unsigned int i = 0; i < n; i++) {
		one->cpu = lanes[i].cpu;
		alone += lanes_run(one, 1, seconds, library) / n;
	}
	*rate = lanes_run(lanes, n, seconds, library);
	return *rate / alone;
}

bool
scale_run(const struct options *o, struct world *wd, struct result *r)
{
	unsigned int n = RTE_MIN(o->workers, machine.n_cpus);
	double gains[ROUNDS], floors[ROUNDS], ratios[ROUNDS], rates[ROUNDS], rate;
	bool floor = r->alg != CHAN_ESP_NONE && floor_has(r->alg);
	struct lane one, lanes[MAX_WORKERS];

	if (n < 2 || (r->kase == CASE_DECAP && wd->n_tunnels < n))
		return false;
	lane_init(&one, o, wd, r, 0, 1);
	for (unsigned int i = 0; i < n; i++)
		lane_init(&lanes[i], o, wd, r, i, n);
	if (floor)
		floor_keys(one.floor, wd);
	for (unsigned int k = 0; k < ROUNDS; k++) {
		gains[k] = gain_of(&one, lanes, n, o->seconds / ROUNDS, false, &rates[k]);
		floors[k] = ratios[k] = 0;
		if (floor) {
			floors[k] = gain_of(&one, lanes, n, o->seconds / ROUNDS, true, &rate);
			ratios[k] = gains[k] / floors[k];
		}
	}
	*r = (struct result){ .kase = r->kase, .alg = r->alg, .size = r->size,
		.mean_size = r->mean_size, .tunnels = r->tunnels, .routes = r->routes,
		.random = r->random, .cold = r->cold, .workers = n, .reps = lanes[0].n,
		.cycles = n / median_of(rates, ROUNDS), .scaling = median_of(gains, ROUNDS),
		.floor_scaling = median_of(floors, ROUNDS),
		.scaling_ratio = median_of(ratios, ROUNDS) };
	lane_fini(&one);
	for (unsigned int i = 0; i < n; i++)
		lane_fini(&lanes[i]);
	return true;
}
