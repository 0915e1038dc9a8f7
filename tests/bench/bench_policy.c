/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security policies: what a forwarded packet pays for them, and what it takes to put them in
 * force. Plain forwarding over 10,000 routes, 64 bytes, the hot set, so that next to nothing else
 * is in the figure. Three kinds of policies:
 *
 *   sites   one network on our side to one on the far side each, all protocols
 *   mixed   prefixes of 8 to 32 bits on both sides at random, every fourth with TCP ports
 *   types   the same, every fourth with an ICMP type in place of ports
 *
 * All of them say bypass, so that packets are forwarded as without; of each packet both directions
 * are looked up whatever they say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <netinet/in.h>
#include <rte_malloc.h>

#include "common/inet.h"
#include "dataplane/tables/tables_int.h"
#include "tests/bench/bench.h"

#define POLICY_ROUTES 10000

enum kind { SITES, MIXED, TYPES, N_KINDS };

static const char *const kind_names[] = { "sites", "mixed", "types" };

static uint64_t state = 1;

static uint32_t
rnd(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % n);
}

static struct chan_policy
policy_of(const struct world *wd, uint32_t i, enum kind kind)
{
	struct chan_policy c = { .policy_id = i, .priority = i, .action = CHAN_POLICY_BYPASS,
		.src = world_lan_host() & 0xffff0000, .src_len = 16,
		.dst = wd->routed[i % wd->n_routes] & 0xffffff00, .dst_len = 24,
		.sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX, .tun_id = CHAN_NONE };

	if (kind == SITES)
		return c;
	c.src_len = (uint8_t)(8 + rnd(25));
	c.dst_len = (uint8_t)(8 + rnd(25));
	c.src = (rnd(1u << 31) << 1) & ip4_mask(c.src_len);
	c.dst = (rnd(1u << 31) << 1) & ip4_mask(c.dst_len);
	if (i % 4 == 0 && kind == TYPES) {
		c.proto = IPPROTO_ICMP;
		c.sport_lo = c.dport_lo = (uint16_t)(rnd(20) << 8);
		c.sport_hi = c.dport_hi = c.sport_lo | UINT8_MAX;
	} else if (i % 4 == 0) {
		c.proto = IPPROTO_TCP;
		c.dport_lo = (uint16_t)rnd(60000);
		c.dport_hi = (uint16_t)(c.dport_lo + rnd(1000));
	}
	return c;
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t
heap_used(void)
{
	struct rte_malloc_socket_stats s;

	return rte_malloc_get_socket_stats(0, &s) == 0 ? s.heap_allocsz_bytes : 0;
}

/* Cycles of a forwarded packet with @n policies; 0: the first @n of them were refused. */
static double
measure(const struct options *o, unsigned int n, enum kind kind, double *build_ms, double *mib)
{
	struct world *wd = world_new(&(struct world_conf){ .n_tunnels = 1,
		.n_routes = POLICY_ROUTES, .n_workers = 1 });
	struct result r = { .kase = CASE_FORWARD, .size = 64, .tunnels = 1,
		.routes = POLICY_ROUTES, .workers = 1 };
	size_t before = heap_used();
	const char *field;

	state = 1;
	for (uint32_t i = 0; i < n; i++) {
		struct chan_cmd cmd = { .op = CHAN_CMD_POLICY_SET };

		cmd.u.policy = policy_of(wd, i, kind);
		if (tables_apply(wd->tables, &cmd, &field) != 0) {
			fprintf(stderr, "bench: policy refused: %s\n", field);
			exit(1);
		}
	}
	*build_ms = -now_ms();
	if (policy_settle(wd->tables) != 0) {
		fprintf(stderr, "bench: no memory for %u policies\n", n);
		exit(1);
	}
	*build_ms += now_ms();
	*mib = (double)(heap_used() - before) / (1 << 20);
	bench_run(o, wd, &r);
	world_free(wd);
	return r.cycles;
}

void
policy_run(const struct options *o)
{
	FILE *out = o->json || o->csv ? stderr : stdout;
	double build_ms, mib, none = measure(o, 0, SITES, &build_ms, &mib);

	fprintf(out, "policies  kind   cycles  for them  in force after  memory\n");
	fprintf(out, "%8u  %-5s %7.1f\n", 0, "", none);
	for (unsigned int i = 0; i < o->n_policies; i++)
		for (enum kind kind = SITES; kind < N_KINDS; kind++) {
			double c = measure(o, o->policies[i], kind, &build_ms, &mib);

			fprintf(out, "%8u  %-5s %7.1f  %8.1f  %11.1f ms  %.2f MiB\n",
					o->policies[i], kind_names[kind], c, c - none, build_ms,
					mib);
		}
	fprintf(out, "\n");
}
