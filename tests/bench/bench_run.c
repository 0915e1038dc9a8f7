/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A measurement. One turn takes every tunnel's packets through the path at least once, then the
 * same bytes through the cipher alone: path and floor by turns, so that whatever disturbs the
 * machine disturbs both. Each pass over the set of buffers is a sample, and the median of all
 * is the figure: a pass is some 20 microseconds, so the few that the scheduler interrupts do not
 * count. No pass and no packet is left out otherwise. The ratio is the median of the turns' own
 * ratios: a core whose neighbour wakes up and goes to sleep has two speeds, and the medians of
 * path and floor may otherwise stem from different ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/nodes.h"
#include "tests/bench/bench.h"

#define TURN_PACKETS 2048 /* at least, in a turn */
#define MIN_TURNS    3
#define MAX_SAMPLES  65536

static const uint16_t in_port[N_CASES] = { PORT_LAN, PORT_LAN, PORT_WAN };
static const uint16_t out_port[N_CASES] = { PORT_WAN, PORT_WAN, PORT_LAN };

static int
by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* ---- stages ------------------------------------------------------------------------------- */

/* The nodes in the order in which path.c calls them for these packets. */
static const struct stage {
	const char *name;
	struct pktvec *(*vec)(struct worker *w);
	void (*run)(struct worker *w);
} stages[];

#define VEC(field) \
	static struct pktvec *field##_vec(struct worker *w) \
	{ \
		return &w->field; \
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

/* ---- path and floor ----------------------------------------------------------------------- */

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

/* One figure of all passes, which are put in order. */
static void
summary(double *v, unsigned int n, double *median, double *least, double *spread)
{
	qsort(v, n, sizeof(*v), by_value);
	*median = v[n / 2];
	*least = v[0];
	*spread = (v[n * 3 / 4] - v[n / 4]) / v[n / 2];
}

/* Puts @v in order. */
static double
median_of(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

void
bench_run(const struct options *o, struct world *wd, struct packets *pk, struct result *r)
{
	static double path[MAX_SAMPLES], floors[MAX_SAMPLES], ratios[MAX_SAMPLES];
	unsigned int n_packets = RTE_MAX(pk->n_images, (unsigned int)TURN_PACKETS);
	unsigned int n_passes = (n_packets + pk->n_bufs - 1) / pk->n_bufs, n = 0;
	unsigned int n_ratios = 0;
	double per_packet = 1.0 / pk->n_bufs, least, spread;
	uint64_t end = rte_rdtsc() + (uint64_t)(o->seconds * rte_get_tsc_hz());

	/* The first turn warms up and does not count. */
	for (int turn = -1; turn < MIN_TURNS || rte_rdtsc() < end; turn++) {
		if (turn <= 0)
			n = n_ratios = 0;
		if (n + n_passes > MAX_SAMPLES)
			break;
		for (unsigned int p = 0; p < n_passes; p++) {
			packets_restore(pk);
			path[n + p] = (double)path_pass(wd, pk, o->burst, o->stages) * per_packet;
			stages_keep(per_packet);
		}
		for (unsigned int p = 0; r->alg != CHAN_ESP_NONE && p < n_passes; p++) {
			packets_restore(pk);
			floors[n + p] = (double)floor_pass(pk, o->burst) * per_packet;
		}
		if (r->alg != CHAN_ESP_NONE)
			ratios[n_ratios++] = median_of(&path[n], n_passes) /
					     median_of(&floors[n], n_passes);
		n += n_passes;
	}
	r->reps = n;
	r->mean_size = pk->mean_size;
	summary(path, n, &r->cycles, &r->cycles_min, &r->spread);
	if (r->alg != CHAN_ESP_NONE) {
		summary(floors, n, &r->floor, &r->floor_min, &spread);
		summary(ratios, n_ratios, &r->ratio, &least, &spread);
	}
	if (o->stages)
		stages_print();
}
