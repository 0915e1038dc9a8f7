/* SPDX-License-Identifier: BSD-3-Clause */
/* The path node by node, with the clock read in between. */
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/nodes.h"
#include "tests/bench/bench.h"

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
VEC(gre_frag)

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
	{ "gre_frag", gre_frag_vec, gre_frag },
};

static double stage_cycles[RTE_DIM(stages) + 1], stage_best[RTE_DIM(stages) + 1];

/* All stages that have packets, once. */
static void
stages_run(struct worker *w)
{
	uint64_t then, now;

	for (unsigned int i = 0; i < RTE_DIM(stages); i++) {
		if (stages[i].vec(w)->n == 0 &&
				(stages[i].run != esp_encrypt || w->n_esp_ready == 0))
			continue;
		then = rte_rdtsc();
		stages[i].run(w);
		now = rte_rdtsc();
		stage_cycles[i + 1] += (double)(now - then);
	}
}

/* As path_run() does it, with the clock read between the nodes. */
void
staged_run(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	uint64_t then = rte_rdtsc();

	w->now_tsc = then;
	ethernet_input(w, port, m, n);
	stage_cycles[0] += (double)(rte_rdtsc() - then);
	do
		stages_run(w);
	while (w->gre_frag.n != 0 || w->gre_encap.n != 0 || w->n_esp_ready != 0);
}

/* The least each stage took in a repetition: noise only adds. */
void
stages_keep(double per_packet)
{
	for (unsigned int i = 0; i < RTE_DIM(stage_cycles); i++) {
		double c = stage_cycles[i] * per_packet;

		if (stage_best[i] == 0 || c < stage_best[i])
			stage_best[i] = c;
		stage_cycles[i] = 0;
	}
}

void
stages_print(void)
{
	fprintf(stderr, "   ethernet_input %.1f", stage_best[0]);
	for (unsigned int i = 0; i < RTE_DIM(stages); i++)
		if (stage_best[i + 1] > 0)
			fprintf(stderr, ", %s %.1f", stages[i].name, stage_best[i + 1]);
	fprintf(stderr, "\n");
	memset(stage_best, 0, sizeof(stage_best));
}
