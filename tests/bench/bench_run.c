/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A measurement. One repetition takes every tunnel's packets through the path at least once, then
 * the same bytes through the cipher alone: path and floor in turn, so that whatever disturbs the
 * machine disturbs both. Medians over all repetitions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/nodes.h"
#include "tests/bench/bench.h"

#define REP_PACKETS 2048 /* at least, in a repetition */
#define MIN_REPS    9
#define MAX_REPS    5000

static const uint16_t in_port[N_CASES] = { PORT_LAN, PORT_LAN, PORT_WAN };
static const uint16_t out_port[N_CASES] = { PORT_WAN, PORT_WAN, PORT_LAN };

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* ---- stages ------------------------------------------------------------------------------------ */

/* The nodes in the order in which path.c calls them for these packets. */
static const struct stage {
	const char *name;
	struct pktvec *(*vec)(struct worker *w);
	void (*run)(struct worker *w);
} stages[];

#define VEC(field)                                                                                \
	static struct pktvec *field##_vec(struct worker *w)                                       \
	{                                                                                         \
		return &w->field;                                                                 \
	}
VEC(ip4_input)
VEC(ip4_lookup)
VEC(ip4_local)
VEC(esp_decrypt)
VEC(gre_decap)
VEC(gre_encap)
VEC(esp_encrypt)
VEC(ip4_rewrite)

static const struct stage stages[] = {
	{ "ip4_input", ip4_input_vec, ip4_input },
	{ "ip4_lookup", ip4_lookup_vec, ip4_lookup },
	{ "ip4_local", ip4_local_vec, ip4_local },
	{ "esp_decrypt", esp_decrypt_vec, esp_decrypt },
	{ "gre_decap", gre_decap_vec, gre_decap },
	{ "ip4_input", ip4_input_vec, ip4_input },
	{ "ip4_lookup", ip4_lookup_vec, ip4_lookup },
	{ "gre_encap", gre_encap_vec, gre_encap },
	{ "esp_encrypt", esp_encrypt_vec, esp_encrypt },
	{ "ip4_rewrite", ip4_rewrite_vec, ip4_rewrite },
};

static double stage_cycles[RTE_DIM(stages) + 1], stage_best[RTE_DIM(stages) + 1];

/* As path_run() does it, with the clock read between the nodes. */
static void
staged_run(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	uint64_t then = rte_rdtsc(), now;

	w->now_tsc = then;
	ethernet_input(w, port, m, n);
	now = rte_rdtsc();
	stage_cycles[0] += (double)(now - then);
	for (unsigned int i = 0; i < RTE_DIM(stages); i++) {
		if (stages[i].vec(w)->n == 0)
			continue;
		then = rte_rdtsc();
		stages[i].run(w);
		now = rte_rdtsc();
		stage_cycles[i + 1] += (double)(now - then);
	}
}

/* The least each stage took in a repetition: noise only adds. */
static void
stages_keep(double per_packet)
{
	for (unsigned int i = 0; i < RTE_DIM(stage_cycles); i++) {
		double c = stage_cycles[i] * per_packet;

		if (stage_best[i] == 0 || c < stage_best[i])
			stage_best[i] = c;
		stage_cycles[i] = 0;
	}
}

static void
stages_print(void)
{
	fprintf(stderr, "   ethernet_input %.1f", stage_best[0]);
	for (unsigned int i = 0; i < RTE_DIM(stages); i++)
		if (stage_best[i + 1] > 0)
			fprintf(stderr, ", %s %.1f", stages[i].name, stage_best[i + 1]);
	fprintf(stderr, "\n");
	memset(stage_best, 0, sizeof(stage_best));
}

/* ---- path and floor ---------------------------------------------------------------------------- */

/* All buffers once through the path. Cycles; exits when a packet did not come out. */
static uint64_t
path_pass(struct world *wd, struct packets *pk, unsigned int burst, bool staged)
{
	struct worker *w = wd->w;
	struct txbuf *tx = &w->tx[out_port[pk->kase]];
	unsigned int sent = 0;
	uint64_t start;

	start = rte_rdtsc_precise();
	for (unsigned int b = 0; b < pk->n_bufs; b += burst) {
		uint16_t n = (uint16_t)RTE_MIN(burst, pk->n_bufs - b);

		if (staged)
			staged_run(w, in_port[pk->kase], &pk->bufs[b], n);
		else
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
			cycles += path_pass(wd, pk, o->burst, o->stages);
		}
		for (unsigned int p = 0; r->alg != CHAN_ESP_NONE && p < n_passes; p++) {
			packets_restore(pk);
			floor += floor_pass(pk, o->burst);
		}
		stages_keep(per_packet);
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
	if (o->stages)
		stages_print();
}
