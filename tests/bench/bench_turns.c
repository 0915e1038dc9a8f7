/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tools/bench turns`: shows of what outsiders fill, in CPU time. An answer is made as the
 * management server makes it, in turns of 3 ms at most that yield 256 KiB at most. The whole is what
 * it would be in one turn, without what it then takes to write it out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/show_box.h"

#define N_ARP     20000u
#define N_LSAS    100000u
#define N_IFS     10000u
#define TURN_US   3000
#define TURN_SIZE (256u << 10)

static double
clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* One turn of the loop: false, it was the last. */
static bool
turn(struct mgmt_answer_parts *a, double *part_us)
{
	double began_us = clock_us(CLOCK_MONOTONIC), at, us;
	bool more = true;

	while (more && mgmt_parts_len(a) <= TURN_SIZE &&
			clock_us(CLOCK_MONOTONIC) - began_us < TURN_US) {
		at = clock_us(CLOCK_THREAD_CPUTIME_ID);
		more = mgmt_parts_next(a);
		us = clock_us(CLOCK_THREAD_CPUTIME_ID) - at;
		*part_us = us > *part_us ? us : *part_us;
	}
	free(mgmt_parts_take(a));
	return more;
}

static void
measure(const char *name, const struct mgmt_parts *how)
{
	json_t *params = json_object();
	double whole_us = 0, worst_us = 0, part_us = 0, us;
	struct mgmt_answer_parts *a;
	unsigned int n = 0;
	bool more = true;
	char err[80];

	a = mgmt_parts_begin(how, &sb_show, NULL, params, err, sizeof(err));
	if (a == NULL)
		exit(1);
	while (more) {
		us = clock_us(CLOCK_THREAD_CPUTIME_ID);
		more = turn(a, &part_us);
		us = clock_us(CLOCK_THREAD_CPUTIME_ID) - us;
		whole_us += us;
		worst_us = us > worst_us ? us : worst_us;
		n++;
	}
	mgmt_parts_free(a);
	json_decref(params);
	printf("%-28s whole %8.1f ms, %4u turns, the longest %5.2f ms, longest part %6.0f us\n",
			name, whole_us / 1e3, n, worst_us / 1e3, part_us);
}

/* Those of one router, learned from another. */
static void
externals(struct world *w, struct ospf_calc *told)
{
	struct ospf_ext *e = calloc(N_LSAS, sizeof(*e));
	uint32_t n = 0;

	if (e == NULL)
		exit(1);
	for (uint32_t i = 0; i < N_LSAS; i++)
		e[i] = (struct ospf_ext){ .prefix = { 0x64000000 + (i << 8), 24 }, .type2 = true,
			.metric = 20 };
	if (ospf_calc_externals(told, e, N_LSAS) != 0)
		exit(1);
	while (n < N_LSAS) {
		world_run(w, 100);
		ospf_calc_routes(sb_calc, &n);
	}
	free(e);
}

static void
interfaces(struct router *r)
{
	for (uint32_t i = 0; i < N_IFS; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a640000 + 4 * i + 1, 30);
		struct ospf_if *ifp;

		snprintf(c.name, sizeof(c.name), "tunnel%u", i);
		c.user = 1000 + i;
		ifp = ospf_if_set(r->o, &c, false, r->w->now_ms);
		if (ifp == NULL || ospf_nbr_new(ifp, 1000 + i, 0x0a640000 + 4 * i + 2) == NULL)
			exit(1);
	}
}

int
main(void)
{
	const struct ospf_calc_out out = { .routes = NULL };
	struct world *w = world_new(1);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_calc *told;

	sb_begin(N_ARP);
	for (uint32_t i = 0; i < N_ARP; i++)
		sb_neighbor(i + 2);
	told = ospf_calc_new(a->o, &out);
	sb_calc = ospf_calc_new(b->o, &out);
	sb_engine = b->o;
	world_link(a, b);
	world_until(w, 20000, world_settled);
	externals(w, told);
	interfaces(b);
	printf("%u neighbors by ARP, %u external LSAs, %u interfaces of OSPF\n", N_ARP, N_LSAS,
			N_IFS);
	measure("show arp", &show_arp_parts);
	measure("show ip ospf database", &show_ospf_database_parts);
	measure("show ip ospf route", &show_ospf_route_parts);
	measure("show ip ospf neighbor", &show_ospf_neighbor_parts);
	measure("show ip ospf interface", &show_ospf_interface_parts);
	ospf_calc_free(told);
	ospf_calc_free(sb_calc);
	world_free(w);
	sb_end();
	return 0;
}
