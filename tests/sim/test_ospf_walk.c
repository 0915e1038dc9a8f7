/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over interfaces, neighbours and LSAs, of which more come with each step. */
#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_walk.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define N_FIRST 10

/* One that does not end is ended. */
static bool
too_long(uint32_t n)
{
	CU_ASSERT(n <= N_FIRST);
	return n > 2 * N_FIRST;
}

static void
test_lsas(void)
{
	struct world *w = world_new(1);
	struct ospf_place at = { 0 };
	struct router *r[2];
	uint32_t n = 0, id = 0;

	world_lan(w, r, 2);
	while (id < N_FIRST)
		CU_ASSERT_EQUAL(world_summary(r[0], ++id << 8, 1), 0);
	while (!too_long(n) && ospf_walk_lsa(world_db(r[0]), OSPF_LSA_SUMMARY, &at) != NULL) {
		n++;
		world_summary(r[0], ++id << 8, 1);
	}
	CU_ASSERT_EQUAL(n, N_FIRST);
	/* It is over, whatever comes. */
	CU_ASSERT_PTR_NULL(ospf_walk_lsa(world_db(r[0]), OSPF_LSA_SUMMARY, &at));
	world_free(w);
}

static void
test_neighbours(void)
{
	struct world *w = world_new(1);
	struct ospf_place at = { 0 };
	struct router *r[2];
	uint32_t n = 0, id = 101;
	struct ospf_if *ifp;

	world_lan(w, r, 2);
	ifp = world_lan_of(r[0]);
	for (; ifp->n_nbrs < N_FIRST; id++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(ospf_nbr_new(ifp, id, 0xac100000u + id));
	for (; !too_long(n) && ospf_walk_nbr(ifp, &at) != NULL; id++) {
		n++;
		ospf_nbr_new(ifp, id, 0xac100000u + id);
	}
	CU_ASSERT_EQUAL(n, N_FIRST);
	world_free(w);
}

static void
test_interfaces(void)
{
	struct world *w = world_new(1);
	struct router *r = world_router(w, 1);
	struct ospf_place at = { 0 };
	uint32_t n = 0, net = 0;

	while (r->o->n_ifs < N_FIRST) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a000001u + (++net << 8), 24);

		world_attach(r, world_net(w), &c);
	}
	while (!too_long(n) && ospf_walk_if(r->o, &at) != NULL) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a000001u + (++net << 8), 24);

		n++;
		world_attach(r, world_net(w), &c);
	}
	CU_ASSERT_EQUAL(n, N_FIRST);
	world_free(w);
}

static const struct cu_case cases[] = { CU_CASE(test_lsas), CU_CASE(test_neighbours),
	CU_CASE(test_interfaces) };

CU_MAIN("ospf_walk", cases)
