/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSPF's route calculation and the RIB behind it, in CPU time: random graphs in which a router has
 * five point-to-point links on average, a /30 network for each link and a loopback address each,
 * one area. One link's cost changes each time: Dijkstra, all routes, in the end the whole RIB anew.
 *
 *	bench_ospf [ROUTERS ...]       1000 and 10000 unless given, and the cases of
 *	bench_ospf_hub.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controlplane/rib/rib.h"
#include "tests/bench/bench_ospf.h"
#include "tests/unit/spf_box.h"

#define RUNS  21
#define LINKS 32 /* of the RIB; the root has fewer */

static double
cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, uint32_t n)
{
	qsort(v, n, sizeof(*v), double_cmp);
	return v[n / 2];
}

/* All routes as the RIB wants them; its links are the root's, in the order of the topology. */
static void
dyns_make(const struct topo *t, const struct box *b, struct rib_input *in)
{
	uint32_t n, n_hops = 0;
	const struct ospf_route *r = ospf_calc_routes(b->c, &n);
	const struct spf_hop *from = ospf_calc_hops(b->c);
	struct rib_dyn *dyns = calloc(n, sizeof(*dyns));
	struct rib_hop *hops;

	for (uint32_t i = 0; i < n; i++)
		if (r[i].first_hop + r[i].n_hops > n_hops)
			n_hops = r[i].first_hop + r[i].n_hops;
	hops = calloc(n_hops, sizeof(*hops));
	if (dyns == NULL || hops == NULL)
		exit(1);
	for (uint32_t i = 0; i < n; i++)
		dyns[i] = (struct rib_dyn){ .prefix = r[i].prefix, .kind = RIB_OSPF_INTRA,
			.distance = 110, .metric = r[i].metric, .first_hop = r[i].first_hop,
			.n_hops = r[i].n_hops };
	for (uint32_t i = 0; i < n_hops; i++) {
		hops[i].gw = from[i].gw;
		for (uint32_t k = 0; k + 1 < from[i].user; k++)
			hops[i].link += t->links[k].a == 0 || t->links[k].b == 0;
	}
	in->dyns = dyns;
	in->n_dyns = n;
	in->hops = hops;
}

static double
rib_run(const struct topo *t, const struct box *b)
{
	static struct rib_link links[LINKS];
	struct rib_input in = { .links = links, .n_links = LINKS };
	struct rib *r = rib_new();
	double v[RUNS];

	dyns_make(t, b, &in);
	for (uint32_t i = 0; i < LINKS; i++) {
		snprintf(links[i].name, sizeof(links[i].name), "if%u", i + 1);
		links[i].up = true;
		links[i].n_addrs = 1;
		links[i].addrs[0] = (struct ip4_prefix){ 0x0b000001 + (i << 8), 24 };
	}
	for (uint32_t i = 0; i < RUNS; i++) {
		double t0 = cpu_ms();

		if (rib_update(r, &in, i) != 0)
			exit(1);
		v[i] = cpu_ms() - t0;
	}
	rib_free(r);
	free((void *)in.dyns);
	free((void *)in.hops);
	return median(v, RUNS);
}

static void
measure(uint32_t n)
{
	struct topo t = topo_new(n, n, 5, 0, 100);
	double spf[RUNS], all[RUNS], lsa[RUNS], part[RUNS];
	struct box b;
	uint32_t n_routes;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_now(b.c);
	for (uint32_t i = 0; i < RUNS; i++) {
		struct link *l = &t.links[topo_rnd(&t, t.n_links)];
		double t0;

		l->cost_ab = (uint16_t)(1 + topo_rnd(&t, 100));
		t0 = cpu_ms();
		box_router_lsa(&b, &t, l->a, 0, 0);
		lsa[i] = cpu_ms() - t0;
		t0 = cpu_ms();
		ospf_calc_now(b.c);
		all[i] = cpu_ms() - t0;
		spf[i] = ospf_calc_log(b.c, 0)->spf_us / 1000.0;
		t0 = cpu_ms();
		ospf_calc_now(b.c); /* nothing is due: the routes alone */
		part[i] = cpu_ms() - t0;
	}
	ospf_calc_routes(b.c, &n_routes);
	printf("%7u routers %7u links %8u routes: Dijkstra %7.3f ms, with all routes %7.3f ms, "
	       "without Dijkstra %7.3f ms, one LSA %6.1f us, RIB %7.3f ms\n",
			n, t.n_links, n_routes, median(spf, RUNS), median(all, RUNS),
			median(part, RUNS), median(lsa, RUNS) * 1000, rib_run(&t, &b));
	box_stop(&b);
	topo_free(&t);
}

int
main(int argc, char **argv)
{
	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			measure((uint32_t)strtoul(argv[i], NULL, 10));
		return 0;
	}
	measure(1000);
	measure(10000);
	bench_neighbors(1000, 1);
	bench_externals(100000);
	return 0;
}
