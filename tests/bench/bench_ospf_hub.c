/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What neighbours and LSAs cost the engine: a hub with many point-to-point neighbours in a
 * simulated world, of which the hub's CPU time alone is counted, and a database full of externals.
 * Memory is what the heap shrinks by when the engine goes.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controlplane/ospf/ospf_calc.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/bench/bench_ospf.h"
#include "tests/sim/ospf_world.h"

#define MB       1048576.0
#define STEADY_S 30

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static double
heap_mb(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd) / MB;
}

static uint32_t
n_lost(const struct router *hub)
{
	uint32_t n = 0;

	for (const struct port *p = hub->ports; p != NULL; p = p->next_of_router) {
		const struct ospf_nbr *nbr = TAILQ_FIRST(&p->ifp->nbrs);

		/* Down, Init, ExStart, Exchange, Loading, Full: one after the other. */
		n += nbr == NULL || nbr->state != OSPF_NBR_FULL || nbr->n_changes > 6;
	}
	return n;
}

void
bench_neighbors(uint32_t n, uint32_t hello_s)
{
	const struct ospf_calc_out out = { .routes = NULL };
	struct world *w = world_new(1);
	struct router *hub = world_router(w, 1);
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);
	struct ospf_calc *calc = ospf_calc_new(hub->o, &out);
	uint64_t began_ms = w->now_ms;
	double start_s, start_cpu_s, before, after;

	c.hello_ms = hello_s * 1000;
	c.dead_ms = 4 * c.hello_ms;
	for (uint32_t i = 0; i < n; i++)
		world_link_as(hub, world_router(w, 1000 + i), &c);
	w->cpu_ns = cpu_ns;
	while (world_n_full(hub) < n && w->now_ms - began_ms < 60000)
		world_run(w, 100);
	start_s = (double)(w->now_ms - began_ms) / 1000;
	start_cpu_s = (double)hub->busy_ns / 1e9;
	world_run(w, 15000); /* what is told of one another calms down */
	hub->busy_ns = 0;
	world_run(w, STEADY_S * 1000);
	printf("%7u neighbors, Hello %u s, dead %u s: all Full after %.1f s (%.2f s of CPU), %u "
	       "lost, then %.2f %% of a core",
			n, hello_s, 4 * hello_s, start_s, start_cpu_s, n_lost(hub),
			100 * (double)hub->busy_ns / 1e9 / STEADY_S);
	before = heap_mb();
	ospf_calc_free(calc);
	world_reboot(hub);
	after = heap_mb();
	printf(", %.1f MB\n", before - after);
	world_free(w);
}

/* One after the other: told, and in the end computed. */
void
bench_externals(uint32_t n)
{
	const struct ospf_calc_out out = { .routes = NULL };
	struct world *w = world_new(1);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_ext *e = calloc(n, sizeof(*e));
	struct ospf_calc *ca = ospf_calc_new(a->o, &out), *cb = ospf_calc_new(b->o, &out);
	uint32_t n_routes = 0;
	uint64_t began_ms;
	double before;

	world_link(a, b);
	world_until(w, 20000, world_settled);
	for (uint32_t i = 0; i < n; i++)
		e[i] = (struct ospf_ext){ .prefix = { 0x64000000 + (i << 8), 24 }, .type2 = true,
			.metric = 20 };
	w->cpu_ns = cpu_ns;
	b->busy_ns = 0;
	began_ms = w->now_ms;
	if (ospf_calc_externals(ca, e, n) != 0)
		exit(1);
	while (n_routes < n && w->now_ms - began_ms < 600000) {
		world_run(w, 100);
		ospf_calc_routes(cb, &n_routes);
	}
	printf("%7u external LSAs: flooded and computed with %.2f s of CPU in %.1f s, ", n,
			(double)b->busy_ns / 1e9, (double)(w->now_ms - began_ms) / 1000);
	before = heap_mb();
	ospf_calc_free(cb);
	world_reboot(b);
	printf("%.1f MB, %u routes\n", before - heap_mb(), n_routes);
	ospf_calc_free(ca);
	world_free(w);
	free(e);
}
