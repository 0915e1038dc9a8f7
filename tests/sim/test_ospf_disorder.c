/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flooding over links that lose, repeat and reorder packets, some of them by seconds, while routers
 * originate and flush: when all is calm, each database has exactly what its originator wants.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define N_ROUTERS 6
#define N_IDS     3 /* summary-LSAs that each of them has, or not */
#define LSID      0x0a4d0000u

struct disorder {
	struct world *w;
	struct router *r[N_ROUTERS];
	uint8_t metric[N_ROUTERS][N_IDS]; /* 0: not wanted */
};

/* A chain of links with a LAN of three in the midst, and a way around it. Adjacencies outlive a lot
 * of lost Hellos: a new exchange of databases would mend what flooding has failed to do. */
static void
disorder_begin(struct disorder *d, uint64_t seed)
{
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);
	struct net *net;

	memset(d, 0, sizeof(*d));
	d->w = world_new(seed);
	for (uint32_t i = 0; i < N_ROUTERS; i++)
		d->r[i] = world_router(d->w, i + 1);
	c.dead_ms = 60000;
	c.rxmt_ms = 2000;
	world_link_as(d->r[0], d->r[1], &c);
	world_link_as(d->r[3], d->r[4], &c);
	world_link_as(d->r[4], d->r[5], &c);
	world_link_as(d->r[5], d->r[0], &c);
	net = world_net(d->w);
	for (uint32_t i = 1; i <= 3; i++) {
		struct ospf_if_cfg lan = world_if_cfg(OSPF_IF_BROADCAST, 0x0c000000u + i, 24);

		lan.dead_ms = c.dead_ms;
		lan.rxmt_ms = c.rxmt_ms;
		lan.priority = i == 1 ? 200 : i == 2 ? 100 : 0;
		world_attach(d->r[i], net, &lan);
	}
	CU_ASSERT_TRUE_FATAL(world_until(d->w, 100000, world_quiet));
}

static void
bad_links(struct world *w, bool on)
{
	for (struct net *n = w->nets; n != NULL; n = n->next) {
		n->loss_permille = on ? 100 : 0;
		n->dup_permille = on ? 300 : 0;
		n->jitter_ms = on ? 50 : 0;
		n->late_permille = on ? 150 : 0;
		n->late_ms = 4000;
	}
}

/* One router changes its mind about one LSA. Contents repeat: so do checksums. */
static void
change(struct disorder *d)
{
	uint32_t i = world_random(d->w, N_ROUTERS), k = world_random(d->w, N_IDS);
	struct ospf_summary s = { .mask = 0xffff0000, .metric = 1 + world_random(d->w, 2) };
	bool wanted = world_random(d->w, 2) != 0;
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	d->metric[i][k] = wanted ? (uint8_t)s.metric : 0;
	ospf_summary_write(body, &s);
	if (!wanted)
		ospf_flush(world_db(d->r[i]), OSPF_LSA_SUMMARY, LSID + k);
	else
		CU_ASSERT_EQUAL(ospf_originate(world_db(d->r[i]), OSPF_LSA_SUMMARY, LSID + k,
						OSPF_OPT_E, body, sizeof(body)), 0);
	ospf_tick(d->r[i]->o, d->w->now_ms);
}

/* How many LSAs in all databases are not as their originator wants them. */
static uint32_t
n_wrong(const struct disorder *d, uint64_t seed)
{
	uint32_t wrong = 0;

	for (uint32_t n = 0; n < N_ROUTERS * N_ROUTERS * N_IDS; n++) {
		uint32_t at = n / N_IDS / N_ROUTERS, i = n / N_IDS % N_ROUTERS, k = n % N_IDS;
		const struct ospf_lsa *lsa = ospf_lsdb_find(
				world_db(d->r[at]), OSPF_LSA_SUMMARY, LSID + k, i + 1);
		struct ospf_summary s = { 0 };

		if (lsa != NULL)
			ospf_summary_read(lsa->data, lsa->h.len, &s);
		if (s.metric == d->metric[i][k])
			continue;
		wrong++;
		printf("\n  seed %" PRIu64 ": at %u, LSA %u of %u: metric %u, wanted %u\n", seed,
				at + 1, k, i + 1, s.metric, d->metric[i][k]);
	}
	return wrong;
}

static uint32_t
run_seed(uint64_t seed)
{
	struct disorder d;
	uint32_t wrong;

	disorder_begin(&d, seed);
	bad_links(d.w, true);
	for (uint32_t i = 0; i < 60; i++) {
		change(&d);
		/* Now and then long enough that a flushed one has been removed by all. */
		world_run(d.w, 10 + world_random(d.w, i % 4 == 0 ? 5000 : 400));
	}
	/* The last words may be lost as well. */
	world_run(d.w, 10000);
	bad_links(d.w, false);
	world_run(d.w, 20000);
	world_until(d.w, 20000, world_quiet);
	wrong = n_wrong(&d, seed);
	CU_ASSERT_TRUE(world_quiet(d.w));
	world_free(d.w);
	return wrong;
}

/* DISORDER_SEEDS=N: so many rounds. */
static void
test_originate_and_flush(void)
{
	const char *n = getenv("DISORDER_SEEDS");
	uint64_t last = n != NULL ? strtoull(n, NULL, 0) : 200;
	uint32_t wrong = 0;

	for (uint64_t seed = 1; seed <= last; seed++)
		wrong += run_seed(seed);
	CU_ASSERT_EQUAL(wrong, 0);
}

static const struct cu_case cases[] = { CU_CASE(test_originate_and_flush) };

CU_MAIN("ospf_disorder", cases)
