/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random networks of several areas (normal, stub, NSSA; with ranges and externals of both types),
 * whose routers tell each other everything themselves. What each of them has computed is compared,
 * entry by entry, with an oracle that knows the map and no LSA (ospf_oracle.c). Then links are cut,
 * and it is compared again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/ospf_map.h"
#include "tests/unit/cu.h"

#define SEEDS 60 /* OSPF_SEEDS in the environment: more of them */

struct tally {
	const struct map *m;
	uint64_t seed;
	uint32_t r, n_expected, wrong;
};

static bool
hops_same(const struct land *l, uint32_t i, const struct ospf_route *r, const struct spf_hops *s)
{
	const struct spf_hop *h = ospf_calc_hops(l->c[i]) + r->first_hop;
	uint32_t found = 0;

	for (uint32_t k = 0; k < s->n; k++)
		for (uint32_t j = 0; j < r->n_hops; j++)
			found += h[j].user == s->h[k].user && h[j].gw == s->h[k].gw;
	return found == s->n && r->n_hops == s->n;
}

static void
check(struct tally *t, uint32_t addr, uint8_t len, const struct want *w)
{
	const struct ospf_route *r = land_route(&t->m->l, t->r, addr, len);
	struct ip4_prefix p = { .addr = addr, .len = len };
	char s[IP4_PREFIX_STR_LEN];
	bool good;

	t->n_expected += w->kind != OSPF_ROUTE_NONE;
	if (w->kind == OSPF_ROUTE_NONE || r == NULL)
		good = w->kind == OSPF_ROUTE_NONE && r == NULL;
	else if (w->kind == OSPF_ROUTE_DISCARD)
		good = r->kind == w->kind;
	else
		good = r->kind == w->kind && r->metric == w->metric && r->cost == w->cost &&
				(w->any_hops || hops_same(&t->m->l, t->r, r, &w->hops));
	if (good)
		return;
	t->wrong++;
	printf("\n  seed %llu, router %u, %s: kind %u metric %u cost %u, %u hops; expected kind %u "
			"metric %u cost %u, %u hops", (unsigned long long)t->seed, t->r,
			ip4_prefix_str(&p, s), r != NULL ? r->kind : 0, r != NULL ? r->metric : 0,
			r != NULL ? r->cost : 0, r != NULL ? r->n_hops : 0, w->kind, w->metric,
			w->cost, w->hops.n);
}

static void
compare(struct map *m, uint64_t seed)
{
	struct tally t = { .m = m, .seed = seed };

	want_begin(m);
	for (t.r = 0; t.r < m->l.n; t.r++) {
		struct want w = want_default(m, t.r);
		uint32_t n;

		t.n_expected = 0;
		check(&t, 0, 0, &w);
		for (uint32_t i = 0; i < m->n_segs; i++) {
			w = want_internal(m, t.r, i);
			check(&t, m->seg[i].net, 24, &w);
		}
		for (uint32_t a = 1; a < m->n_areas; a++) {
			w = want_internal(m, t.r, want_range_target(m, a));
			check(&t, 0xac100000u + (a << 16), 16, &w);
		}
		for (uint32_t i = 0; i < m->n_exts; i++)
			if (i == 0 || m->ext[i].e.prefix.addr != m->ext[i - 1].e.prefix.addr) {
				w = want_external(m, t.r, m->ext[i].e.prefix.addr);
				check(&t, m->ext[i].e.prefix.addr, 16, &w);
			}
		ospf_calc_routes(m->l.c[t.r], &n);
		CU_ASSERT_EQUAL(n, t.n_expected);
		t.wrong += n != t.n_expected;
	}
	CU_ASSERT_EQUAL(t.wrong, 0);
}

static void
test_random_areas(void)
{
	const char *more = getenv("OSPF_SEEDS");
	uint32_t n = more != NULL ? (uint32_t)strtoul(more, NULL, 10) : SEEDS;

	for (uint64_t seed = 1; seed <= n; seed++) {
		struct map *m = map_new(seed);

		for (int round = 0; round < 3; round++) {
			CU_ASSERT_TRUE(land_settle(&m->l));
			world_run(m->l.w, 12000);
			compare(m, seed);
			map_cut_one(m);
			world_run(m->l.w, 6000);
		}
		map_free(m);
	}
}

static const struct cu_case cases[] = { CU_CASE(test_random_areas) };

CU_MAIN("ospf_areas", cases)
