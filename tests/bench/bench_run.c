/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A measurement. One turn takes every tunnel's packets through the path at least once, then the
 * same bytes through the ciphers alone: path and floors by turns, so that whatever disturbs the
 * machine disturbs them all. Each pass over the set of buffers is a sample, and the median of all
 * is the figure: a pass is some 20 microseconds, so the few that the scheduler interrupts do not
 * count. No pass and no packet is left out otherwise. The ratio is the median of the turns' own
 * ratios: a core whose neighbour wakes up and goes to sleep has two speeds, and the medians of
 * path and floor may otherwise stem from different ones.
 *
 * The floor of packets that are cut in two is the path itself, with the pieces sent whole; that of
 * fragments the path with two packets of as many bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "tests/bench/bench.h"

#define TURN_PACKETS 2048 /* at least, in a turn */
#define MIN_TURNS    3
#define MAX_SAMPLES  65536

uint16_t
path_in_port(enum bench_case kase)
{
	return CASE_IS_IN(kase) ? PORT_WAN : PORT_LAN;
}

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* One figure of all passes, which are put in order. */
static void
summary(double *v, unsigned int n, double *median, double *least, double *spread)
{
	qsort(v, n, sizeof(*v), by_value);
	*median = v[n / 2];
	*least = v[0];
	*spread = (v[n * 3 / 4] - v[n / 4]) / v[n / 2];
}

double
median_of(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static void
missing(const struct worker *w, const struct packets *pk, unsigned int sent)
{
	fprintf(stderr, "bench: %u packets came out of %u of %s\n", sent, pk->n_bufs,
			case_name(pk->kase));
	for (unsigned int i = 0; i < CHAN_N_DROPS; i++)
		if (w->stats->drops[i] != 0)
			fprintf(stderr, "bench: %lu dropped: %s\n",
					(unsigned long)w->stats->drops[i], chan_drop_str(i));
	exit(1);
}

/* One burst. @n as path_run() takes it. */
static inline void
burst_run(struct worker *w, uint16_t in, struct rte_mbuf **m, unsigned int n, bool staged)
{
	if (staged)
		staged_run(w, in, m, (uint16_t)n);
	else
		path_run(w, in, m, (uint16_t)n);
}

uint64_t
path_pass(struct worker *w, struct packets *pk, unsigned int burst, bool staged)
{
	uint16_t in = path_in_port(pk->kase);
	struct txbuf *tx = &w->tx[CASE_IS_IN(pk->kase) ? PORT_LAN : PORT_WAN];
	unsigned int sent = 0, want = pk->kase == CASE_FRAG ? 2 * pk->n_bufs :
			pk->kase == CASE_REASS ? pk->n_bufs / 2 : pk->n_bufs;
	uint64_t cycles = 0, start;

	/* What fragmentation made or reassembly left goes back to the pool off the clock, as a
	 * NIC's driver does it. */
	if (CASE_TAKES_ALL(pk->kase)) {
		for (unsigned int b = 0; b < pk->n_bufs; b += burst) {
			start = rte_rdtsc_precise();
			burst_run(w, in, &pk->bufs[b], RTE_MIN(burst, pk->n_bufs - b), staged);
			cycles += rte_rdtsc_precise() - start;
			sent += tx->n;
			rte_pktmbuf_free_bulk(tx->m, tx->n);
			tx->n = 0;
		}
		if (sent != want)
			missing(w, pk, sent);
		return cycles;
	}
	start = rte_rdtsc_precise();
	for (unsigned int b = 0; b < pk->n_bufs; b += burst) {
		burst_run(w, in, &pk->bufs[b], RTE_MIN(burst, pk->n_bufs - b), staged);
		sent += tx->n;
		tx->n = 0;
	}
	cycles = rte_rdtsc_precise() - start;
	if (sent != want)
		missing(w, pk, sent);
	return cycles;
}

/* What is measured by turns. */
enum series { PATH, FLOOR, OWN, N_SERIES };

struct run {
	const struct options *o;
	struct worker *w;
	struct floor *floor;
	struct packets *pk;
	struct packets *whole; /* CASE_FRAG, CASE_REASS: the floor's packets */
	bool has[N_SERIES];
};

static uint64_t
run_pass(struct run *run, enum series s)
{
	struct packets *pk = s == FLOOR && run->whole != NULL ? run->whole : run->pk;

	packets_restore(pk);
	if (s == OWN)
		return own_pass(run->floor, pk, run->o->burst);
	if (s == FLOOR && run->whole == NULL)
		return floor_pass(run->floor, pk, run->o->burst);
	return path_pass(run->w, pk, run->o->burst, run->o->stages && s == PATH);
}

static double samples[N_SERIES][MAX_SAMPLES], ratios[N_SERIES][MAX_SAMPLES];

/* Turns until the time is over. @return samples of each series; *@n_ratios how many turns. */
static unsigned int
run_turns(struct run *run, unsigned int *n_ratios)
{
	const struct packets *pk = run->pk;
	unsigned int n_packets = RTE_MAX(pk->n_images, (unsigned int)TURN_PACKETS), n = 0;
	unsigned int n_passes = (n_packets + pk->n_bufs - 1) / pk->n_bufs;
	double per_packet = 1.0 / pk->n_bufs;
	uint64_t end = rte_rdtsc() + (uint64_t)(run->o->seconds * (double)rte_get_tsc_hz());

	*n_ratios = 0;
	/* The first turn warms up and does not count. */
	for (int turn = -1; turn < MIN_TURNS || rte_rdtsc() < end; turn++) {
		if (turn <= 0)
			n = *n_ratios = 0;
		if (n + n_passes > MAX_SAMPLES)
			break;
		for (unsigned int s = 0; s < N_SERIES; s++)
			for (unsigned int p = 0; run->has[s] && p < n_passes; p++) {
				/* The pieces of a packet are two packets; two fragments are two. */
				double k = s == FLOOR && pk->kase == CASE_FRAG ? 2 : 1;

				samples[s][n + p] = k * per_packet * (double)run_pass(run, s);
				if (run->o->stages && s == PATH)
					stages_keep(per_packet);
			}
		for (unsigned int s = FLOOR; s < N_SERIES; s++)
			if (run->has[s])
				ratios[s][*n_ratios] = median_of(&samples[PATH][n], n_passes) /
						median_of(&samples[s][n], n_passes);
		(*n_ratios)++;
		n += n_passes;
	}
	return n;
}

void
bench_run(const struct options *o, struct world *wd, struct result *r)
{
	struct packets_conf conf = { .wd = wd, .kase = r->kase, .size = r->size,
		.random = r->random, .cold = r->cold };
	bool crypto = r->alg != CHAN_ESP_NONE;
	struct run run = { .o = o, .w = wd->w[0], .floor = floor_new(),
		.pk = packets_new(&conf),
		.has = { true, crypto && (CASE_TAKES_ALL(r->kase) || floor_has(r->alg)),
			crypto && !CASE_TAKES_ALL(r->kase) } };
	unsigned int n, n_ratios;
	double least, spread;

	if (CASE_TAKES_ALL(r->kase)) {
		conf.kase = r->kase == CASE_FRAG ? CASE_ENCAP : CASE_DECAP;
		conf.size = SIZE_PAIR;
		run.whole = packets_new(&conf);
	}
	if (crypto)
		floor_keys(run.floor, wd);
	n = run_turns(&run, &n_ratios);
	r->reps = n;
	r->mean_size = run.pk->mean_size;
	summary(samples[PATH], n, &r->cycles, &r->cycles_min, &r->spread);
	if (run.has[FLOOR]) {
		summary(samples[FLOOR], n, &r->floor, &r->floor_min, &spread);
		summary(ratios[FLOOR], n_ratios, &r->ratio, &least, &spread);
	}
	if (run.has[OWN]) {
		summary(samples[OWN], n, &r->own, &r->own_min, &spread);
		summary(ratios[OWN], n_ratios, &r->own_ratio, &least, &spread);
	}
	floor_free(run.floor);
	packets_free(run.pk);
	if (run.whole != NULL)
		packets_free(run.whole);
	if (o->stages)
		stages_print();
}
