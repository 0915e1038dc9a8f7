/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration that changes, again and again: a border router is told something else, at random
 * and in quick succession, over links that lose and delay. Whatever came before, all routers have
 * in the end what they have where nothing else was ever configured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define RANGE_KINDS  3 /* none; one of area 1; the same, not advertised */
#define CHANGE_KINDS (RANGE_KINDS * 2 * 2)
#define CHANGES      12
#define SEEDS        500 /* OSPF_SEEDS in the environment: more of them */

/* What the border router, number 1, is told. */
static void
change(struct land *l, uint32_t kind)
{
	struct ospf_cfg cfg = l->r[1]->o->cfg;
	struct ospf_range range = { .area = 1, .prefix = { 0xac100200, 23 },
		.advertise = kind % RANGE_KINDS == 1 };

	CU_ASSERT_EQUAL(ospf_calc_ranges(l->c[1], &range, kind % RANGE_KINDS != 0), 0);
	cfg.max_metric = (kind / RANGE_KINDS & 1) != 0;
	cfg.prefix_suppression = (kind / RANGE_KINDS & 2) != 0;
	CU_ASSERT_EQUAL(ospf_set(l->r[1]->o, &cfg, l->w->now_ms), 0);
}

/* 0 -- area 0, a LAN -- 1 -- area 1 -- 2 -- area 1, a LAN -- 3; a network of each. */
static struct land
changing(uint64_t seed)
{
	struct land l = land_new(seed, 4);
	struct net *lan[2] = { world_net(l.w), world_net(l.w) };

	for (uint32_t i = 0; i < 4; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, 0xc0a80001u + i * 128, 25);

		c.addr.addr = 0xc0a80001u + (i / 2 << 8) + i;
		c.area_id = i / 2;
		c.priority = i == 1 || i == 2;
		c.rxmt_ms = 2000;
		world_attach(l.r[i], lan[i / 2], &c);
		land_stub(&l, i, i / 2, 0xac100001u + (i << 8), 1);
	}
	land_join(&l, 1, 2, 1, 10);
	return l;
}

static uint64_t
hash(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* What an area's database says, whatever the order of links and the numbers of the instances. */
static uint64_t
sum_of(const struct ospf *o, uint32_t area)
{
	const struct ospf_area *a = ospf_area_find(o, area);
	const struct ospf_lsa *lsa;
	uint64_t sum = 0;

	for (uint8_t t = 0; a != NULL && t < OSPF_LSA_N_TYPES; t++)
		OSPF_LSDB_FOREACH (lsa, &a->lsdb, t) {
			uint64_t key = hash((uint64_t)lsa->h.id << 32 | lsa->h.adv) + t;

			if (ospf_lsa_is_max_age(lsa))
				continue;
			sum += hash(key);
			for (uint32_t at = OSPF_LSA_HDR_LEN; at + 4 <= lsa->h.len; at += 4) {
				uint32_t word;

				memcpy(&word, lsa->data + at, 4);
				sum += hash(key ^ hash(word));
			}
		}
	return sum;
}

static uint32_t
n_max_age(const struct ospf *o)
{
	const struct ospf_lsa *lsa;
	uint32_t n = 0;

	TAILQ_FOREACH (lsa, &o->max_aged, due)
		n++;
	return n;
}

struct wanted {
	uint64_t area[2];
};

/* Every router says what is wanted, and of what was flushed nothing is left. */
static bool
as_wanted(const struct land *l, const struct wanted *w, bool keeps)
{
	for (uint32_t i = 0; i < l->n; i++) {
		const struct ospf_area *a;

		TAILQ_FOREACH (a, &l->r[i]->o->areas, link)
			if (sum_of(l->r[i]->o, a->cfg.id) != w->area[a->cfg.id])
				return false;
		if (n_max_age(l->r[i]->o) != 0 && !(keeps && i == 0))
			return false;
	}
	return true;
}

static bool
come_to(struct land *l, const struct wanted *w, bool keeps)
{
	for (uint32_t t = 0; t < 60000; t += 250) {
		if (as_wanted(l, w, keeps))
			return true;
		world_run(l->w, 250);
	}
	return false;
}

/* Random changes in quick succession; now and then there is time for all to agree. */
static bool
changes(uint64_t seed, const struct wanted *wanted)
{
	struct land l = changing(seed);
	struct world *w = l.w;
	bool keeps = seed % 3 == 0, good = true;
	struct net *n;

	world_run(w, 15000);
	for (n = w->nets; n != NULL; n = n->next) {
		n->loss_permille = seed % 4 * 40;
		n->delay_ms = 1 + world_random(w, 30);
	}
	for (uint32_t i = 0; i < l.n; i++) {
		l.r[i]->o->cfg.lsa_arrival_ms = seed % 2 == 0 ? 1000 : 100;
		l.r[i]->o->cfg.lsa_start_ms = world_random(w, 2) * 50;
	}
	/* It keeps what is flushed, as routers do that sweep only now and then. */
	l.r[0]->o->n_exchange += keeps;
	for (uint32_t i = 0; i < CHANGES && good; i++) {
		uint32_t kind = world_random(w, CHANGE_KINDS);

		change(&l, kind);
		if (i + 1 == CHANGES || world_random(w, 3) == 0)
			good = come_to(&l, &wanted[kind], keeps);
		else
			world_run(w, world_random(w, 4) * world_random(w, 1200));
		if (!good)
			fprintf(stderr, "seed %u, change %u, to %u\n", (unsigned int)seed,
					(unsigned int)i, (unsigned int)kind);
	}
	l.r[0]->o->n_exchange -= keeps;
	land_free(&l);
	return good;
}

static void
test_changes(void)
{
	const char *more = getenv("OSPF_SEEDS");
	uint32_t n = more != NULL ? (uint32_t)strtoul(more, NULL, 10) : SEEDS;
	struct wanted wanted[CHANGE_KINDS];

	for (uint32_t kind = 0; kind < CHANGE_KINDS; kind++) {
		struct land l = changing(kind);

		change(&l, kind);
		world_run(l.w, 40000);
		for (uint32_t a = 0; a < 2; a++)
			wanted[kind].area[a] = sum_of(l.r[1]->o, a);
		land_free(&l);
		for (uint32_t i = 0; i < kind; i++)
			CU_ASSERT(memcmp(&wanted[i], &wanted[kind], sizeof(*wanted)) != 0);
	}
	for (uint64_t seed = 1; seed <= n; seed++)
		CU_ASSERT_TRUE(changes(seed, wanted));
}

static const struct cu_case cases[] = { CU_CASE(test_changes) };

CU_MAIN("ospf_changes", cases)
