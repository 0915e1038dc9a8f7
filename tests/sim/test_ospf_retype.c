/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An area that becomes a stub area, an NSSA, a normal one again: at each of its routers in turn, at
 * random and in quick succession. Some begin the area anew as we do; others keep their database and
 * their interfaces and only say something else in their Hellos, as FRR does. In the end all have
 * the routes that there are where the area never was of another type.
 *
 *     0 -- area 0 -- 1 -- area 1 -- 2 -- area 1, a LAN -- 3 and 4
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define N_ROUTERS 5
#define N_KINDS   4 /* normal, stub, totally stubby, NSSA */
#define CHANGES   8
#define SEEDS     150 /* OSPF_SEEDS in the environment: more of them */

static struct ospf_area_cfg
kind_cfg(uint32_t kind)
{
	return (struct ospf_area_cfg){ .id = 1,
		.type = kind == 0 ? OSPF_AREA_NORMAL : kind == 3 ? OSPF_AREA_NSSA : OSPF_AREA_STUB,
		.no_summary = kind == 2, .default_cost = 7, .nssa_default = true };
}

/* Of an area that is no NSSA any more nobody describes type 7. */
static void
forget_nssa(struct ospf_area *a)
{
	struct ospf_lsa *lsa;

	while ((lsa = TAILQ_FIRST(&a->lsdb.list[OSPF_LSA_NSSA])) != NULL) {
		ospf_unacked_clear(lsa);
		ospf_lsdb_remove(lsa);
	}
}

/* @keeps: as FRR does it. */
static void
become(struct land *l, uint32_t i, uint32_t kind, bool keeps)
{
	struct ospf_area_cfg cfg = kind_cfg(kind);
	struct ospf_area *a = ospf_area_find(l->r[i]->o, 1);

	if (keeps && a != NULL) {
		a->cfg = cfg;
		if (cfg.type != OSPF_AREA_NSSA)
			forget_nssa(a);
		ospf_links_soon(a);
		ospf_calc_all(l->c[i], "another type");
	} else {
		CU_ASSERT_EQUAL(ospf_area_set(l->r[i]->o, &cfg, l->w->now_ms), 0);
	}
}

static struct land
changing(uint64_t seed, uint32_t kind)
{
	const struct ospf_ext far = { .prefix = { 0x08000000, 8 }, .type2 = true, .metric = 20 };
	const struct ospf_ext border = { .prefix = { 0x09000000, 8 }, .type2 = true, .metric = 30 };
	const struct ospf_ext inside = { .prefix = { 0x0b000000, 8 }, .metric = 40 };
	struct land l = land_new(seed, N_ROUTERS);
	struct net *lan = world_net(l.w);

	for (uint32_t i = 1; i < N_ROUTERS; i++)
		become(&l, i, kind, false);
	land_stub(&l, 0, 0, 0xac100001u, 1);
	land_stub(&l, 3, 1, 0xac100301u, 1);
	land_join(&l, 0, 1, 0, 10);
	land_join(&l, 1, 2, 1, 10);
	for (uint32_t i = 2; i < N_ROUTERS; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, 0xc0a80000u + i, 24);

		c.area_id = 1;
		c.priority = (uint8_t)(seed / 2 % 3 == 0 ? i : 1);
		world_attach(l.r[i], lan, &c);
	}
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[0], &far, 1), 0);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[1], &border, 1), 0);
	CU_ASSERT_EQUAL(ospf_calc_externals(l.c[4], &inside, 1), 0);
	return l;
}

/* What the routers have computed. */
struct table {
	struct route {
		struct ip4_prefix prefix;
		uint32_t metric, cost, n_hops;
		uint8_t kind;
	} r[N_ROUTERS][16];
	uint32_t n[N_ROUTERS];
};

static void
table_take(const struct land *l, struct table *t)
{
	memset(t, 0, sizeof(*t));
	for (uint32_t i = 0; i < l->n; i++) {
		const struct ospf_route *r = ospf_calc_routes(l->c[i], &t->n[i]);

		for (uint32_t k = 0; k < t->n[i] && k < 16; k++) {
			struct route *out = &t->r[i][k];

			out->prefix.addr = r[k].prefix.addr;
			out->prefix.len = r[k].prefix.len;
			out->metric = r[k].metric;
			out->cost = r[k].cost;
			out->n_hops = r[k].n_hops;
			out->kind = r[k].kind;
		}
	}
}

static bool
comes_to(struct land *l, const struct table *wanted)
{
	struct table t;

	for (uint32_t ms = 0; ms < 90000; ms += 500) {
		table_take(l, &t);
		if (memcmp(&t, wanted, sizeof(t)) == 0)
			return true;
		world_run(l->w, 500);
	}
	return false;
}

static void
print(const struct land *l, const struct table *wanted)
{
	struct table t;
	char s[IP4_PREFIX_STR_LEN];

	table_take(l, &t);
	for (uint32_t i = 0; i < l->n; i++)
		for (int which = 0; which < 2; which++) {
			const struct table *x = which == 0 ? &t : wanted;

			printf("  router %u %s:", i, which == 0 ? "has" : "wants");
			for (uint32_t k = 0; k < x->n[i] && k < 16; k++)
				printf(" %s/%u:%u", ip4_prefix_str(&x->r[i][k].prefix, s),
						x->r[i][k].kind, x->r[i][k].metric);
			printf("\n");
		}
}

static bool
changes(uint64_t seed, const struct table *wanted)
{
	uint32_t kind = (uint32_t)(seed % N_KINDS);
	struct land l = changing(seed, kind);
	struct world *w = l.w;
	bool good;

	good = comes_to(&l, &wanted[kind]);
	for (struct net *n = w->nets; n != NULL; n = n->next)
		n->loss_permille = seed % 4 == 0 ? 50 : 0;
	for (uint32_t i = 0; i < N_ROUTERS; i++)
		l.r[i]->o->cfg.lsa_arrival_ms = seed % 2 == 0 ? 1000 : 100;
	for (uint32_t k = 0; k < CHANGES && good; k++) {
		uint32_t first = world_random(w, N_ROUTERS - 1);

		kind = (kind + 1 + world_random(w, N_KINDS - 1)) % N_KINDS;
		for (uint32_t i = 0; i < N_ROUTERS - 1; i++) {
			uint32_t who = 1 + (first + i) % (N_ROUTERS - 1);

			become(&l, who, kind, who % 2 == seed % 2);
			if (world_random(w, 2) == 0)
				world_run(w, world_random(w, 3) * world_random(w, 4000));
		}
		if (k + 1 == CHANGES || world_random(w, 2) == 0)
			good = comes_to(&l, &wanted[kind]);
		if (!good) {
			printf("\nseed %u, change %u, to %u\n", (unsigned int)seed, k, kind);
			print(&l, &wanted[kind]);
		}
	}
	land_free(&l);
	return good;
}

static void
test_retype(void)
{
	const char *more = getenv("OSPF_SEEDS");
	uint32_t n = more != NULL ? (uint32_t)strtoul(more, NULL, 10) : SEEDS;
	struct table wanted[N_KINDS];

	for (uint32_t kind = 0; kind < N_KINDS; kind++) {
		struct land l = changing(kind, kind);

		CU_ASSERT_TRUE(land_settle(&l));
		table_take(&l, &wanted[kind]);
		for (uint32_t i = 0; i < N_ROUTERS; i++)
			CU_ASSERT(wanted[kind].n[i] > 3 && wanted[kind].n[i] <= 16);
		for (uint32_t other = 0; other < kind; other++)
			CU_ASSERT(memcmp(&wanted[other], &wanted[kind], sizeof(*wanted)) != 0);
		land_free(&l);
	}
	for (uint64_t seed = 1; seed <= n; seed++)
		CU_ASSERT_TRUE(changes(seed, wanted));
}

static const struct cu_case cases[] = { CU_CASE(test_retype) };

CU_MAIN("ospf_retype", cases)
