/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A measurement. One repetition takes every tunnel's packets through the path at least once, then
 * the same bytes through the cipher alone: path and floor in turn, so that whatever disturbs the
 * machine disturbs both. Medians over all repetitions.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "tests/bench/bench.h"

#define REP_PACKETS 2048 /* at least, in a repetition */
#define MIN_REPS    9
#define MAX_REPS    400

static const uint16_t in_port[N_CASES] = { PORT_LAN, PORT_LAN, PORT_WAN };
static const uint16_t out_port[N_CASES] = { PORT_WAN, PORT_WAN, PORT_LAN };

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* All buffers once through the path. Cycles; exits when a packet did not come out. */
static uint64_t
path_pass(struct world *wd, struct packets *pk, unsigned int burst)
{
	struct worker *w = wd->w;
	struct txbuf *tx = &w->tx[out_port[pk->kase]];
	unsigned int sent = 0;
	uint64_t start;

	start = rte_rdtsc_precise();
	for (unsigned int b = 0; b < pk->n_bufs; b += burst) {
		uint16_t n = (uint16_t)RTE_MIN(burst, pk->n_bufs - b);

		path_run(w, in_port[pk->kase], &pk->bufs[b], n);
		sent += tx->n;
		tx->n = 0;
	}
	start = rte_rdtsc_precise() - start;
	if (sent == pk->n_bufs)
		return start;
	fprintf(stderr, "bench: %u of %u packets came out of %s\n", sent, pk->n_bufs,
			case_name(pk->kase));
	for (unsigned int i = 0; i < CHAN_N_DROPS; i++)
		if (w->stats->drops[i] != 0)
			fprintf(stderr, "bench: %lu dropped: %s\n",
					(unsigned long)w->stats->drops[i], chan_drop_str(i));
	exit(1);
}

void
bench_run(const struct options *o, struct world *wd, struct packets *pk, struct result *r)
{
	static double path[MAX_REPS], floors[MAX_REPS];
	unsigned int n_packets = RTE_MAX(pk->n_images, (unsigned int)REP_PACKETS);
	unsigned int n_passes = (n_packets + pk->n_bufs - 1) / pk->n_bufs, reps = 0;
	double per_packet = 1.0 / ((double)n_passes * pk->n_bufs);
	uint64_t end = rte_rdtsc() + (uint64_t)(o->seconds * rte_get_tsc_hz());

	/* The first repetition warms up and does not count. */
	for (int rep = -1; rep < MIN_REPS || (rte_rdtsc() < end && rep < MAX_REPS); rep++) {
		uint64_t cycles = 0, floor = 0;

		for (unsigned int p = 0; p < n_passes; p++) {
			packets_restore(pk);
			cycles += path_pass(wd, pk, o->burst);
		}
		for (unsigned int p = 0; r->alg != CHAN_ESP_NONE && p < n_passes; p++) {
			packets_restore(pk);
			floor += floor_pass(pk, o->burst);
		}
		if (rep >= 0) {
			path[reps] = (double)cycles * per_packet;
			floors[reps++] = (double)floor * per_packet;
		}
	}
	qsort(path, reps, sizeof(path[0]), by_value);
	qsort(floors, reps, sizeof(floors[0]), by_value);
	r->reps = reps;
	r->mean_size = pk->mean_size;
	r->cycles = path[reps / 2];
	r->cycles_min = path[0];
	r->spread = (path[reps * 3 / 4] - path[reps / 4]) / r->cycles;
	r->floor = floors[reps / 2];
	r->floor_min = floors[0];
}
