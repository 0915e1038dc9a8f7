/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark's start, and its loop over all that was selected. See bench.h. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "tests/bench/bench.h"

#define HUGE_PAGES_NEEDED 800

/* Where we may run. The last CPU has the least to do as a rule: interrupts go to the first. */
static void
cpus_read(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_ZERO(&set);
	for (unsigned int i = 0; i < CPU_SETSIZE && machine.n_cpus < RTE_DIM(machine.cpus); i++)
		if (CPU_ISSET(i, &set))
			machine.cpus[machine.n_cpus++] = i;
}

/* EAL without devices; on huge pages if enough of them are free. */
static void
eal_begin(void)
{
	char args[][20] = { "bench", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level=4",
		"--in-memory" };
	char small[][20] = { "--no-huge", "-m", "2048" };
	char *argv[RTE_DIM(args) + RTE_DIM(small) + 3] = { NULL };
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned int free_pages = 0;
	char line[128];
	char lcores[] = "--lcores", last[16];
	int argc = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "HugePages_Free: %u", &free_pages) == 1)
			break;
	if (f != NULL)
		fclose(f);
	machine.pages = free_pages >= HUGE_PAGES_NEEDED ? "huge" : "4K";
	for (unsigned int i = 0; i < RTE_DIM(args) - 1; i++)
		argv[argc++] = args[i];
	if (free_pages >= HUGE_PAGES_NEEDED)
		argv[argc++] = args[RTE_DIM(args) - 1];
	for (unsigned int i = 0; free_pages < HUGE_PAGES_NEEDED && i < RTE_DIM(small); i++)
		argv[argc++] = small[i];
	snprintf(last, sizeof(last), "0@%u", machine.cpus[machine.n_cpus - 1]);
	argv[argc++] = lcores;
	argv[argc++] = last;
	if (rte_eal_init(argc, argv) < 0) {
		fprintf(stderr, "bench: the DPDK environment does not start\n");
		exit(1);
	}
	machine.tsc_mhz = (double)rte_get_tsc_hz() / 1e6;
}

static void
timer_measure(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t t = rte_rdtsc_precise();

		t = rte_rdtsc_precise() - t;
		least = RTE_MIN(least, t);
	}
	machine.timer_cycles = (unsigned int)least;
}

/* All that was asked of one case in one world. */
static void
run_lines(const struct options *o, struct world *wd, enum bench_case kase, unsigned int size)
{
	for (unsigned int random = 0; random < 2; random++)
		for (unsigned int cold = 0; cold < 2; cold++) {
			struct result r = { .kase = kase, .alg = wd->alg, .size = size,
				.tunnels = wd->n_tunnels, .routes = wd->n_routes,
				.random = random, .cold = cold, .workers = 1 };

			if (!o->orders[random] || !o->sets[cold])
				continue;
			bench_run(o, wd, &r);
			report_line(o, &r);
			if (o->latency && !random && !cold && !CASE_TAKES_ALL(kase))
				latency_run(o, wd, &r);
			if (!CASE_TAKES_ALL(kase) && scale_run(o, wd, &r))
				report_line(o, &r);
		}
}

static void
run_forward(const struct options *o)
{
	for (unsigned int k = 0; k < o->n_routes; k++) {
		struct world *wd = world_new(&(struct world_conf){ .n_tunnels = 1,
			.n_routes = o->routes[k], .n_workers = RTE_MAX(1u, o->workers) });

		for (unsigned int i = 0; i < o->n_sizes; i++)
			run_lines(o, wd, CASE_FORWARD, o->sizes[i]);
		world_free(wd);
	}
}

static void
run_tunnels(const struct options *o, unsigned int n_tunnels, enum chan_esp_alg alg)
{
	struct world *wd = world_new(&(struct world_conf){ .n_tunnels = n_tunnels, .alg = alg,
		.n_routes = 1, .n_workers = RTE_MAX(1u, o->workers) });

	for (unsigned int kase = CASE_ENCAP; kase <= CASE_DECAP; kase++)
		for (unsigned int i = 0; o->cases[kase] && i < o->n_sizes; i++)
			run_lines(o, wd, kase, o->sizes[i]);
	if (o->cases[CASE_FRAG])
		run_lines(o, wd, CASE_FRAG, FRAG_SIZE);
	if (o->cases[CASE_REASS])
		run_lines(o, wd, CASE_REASS, FRAG_SIZE);
	world_free(wd);
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };

	options_read(&o, argc, argv);
	machine.burst = o.burst;
	cpus_read();
	eal_begin();
	timer_measure();
	packets_init();
	report_begin(&o);
	if (o.install != 0)
		install_run(&o);
	if (o.move != 0)
		move_run(&o);
	if (o.n_policies != 0)
		policy_run(&o);
	if (o.cases[CASE_FORWARD])
		run_forward(&o);
	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++)
		for (unsigned int t = 0; o.algs[alg] && t < o.n_tunnels; t++)
			if (o.cases[CASE_ENCAP] || o.cases[CASE_DECAP] || o.cases[CASE_FRAG] ||
					o.cases[CASE_REASS])
				run_tunnels(&o, o.tunnels[t], alg);
	report_end(&o);
	rte_eal_cleanup();
	return 0;
}
