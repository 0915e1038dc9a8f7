/* SPDX-License-Identifier: BSD-3-Clause */
/* Several OSPF routers in simulated time: adjacencies, databases, failures, loss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

static bool
quiet(struct world *w)
{
	return world_settled(w) && world_same_databases(w);
}

/* @n routers with IDs 1..n on one broadcast network. */
static struct net *
lan(struct world *w, uint32_t n)
{
	struct net *net = world_net(w);

	for (uint32_t i = 1; i <= n; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, 0x0a000000u + i, 24);

		world_attach(world_router(w, i), net, &c);
	}
	return net;
}

static const struct ospf_lsa *
lsa_of(const struct router *r, uint8_t type, uint32_t id, uint32_t adv)
{
	return ospf_lsdb_find(&TAILQ_FIRST(&r->o->areas)->lsdb, type, id, adv);
}

static uint32_t
n_links(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;
	uint32_t n = 0;

	while (ospf_rlsa_next(&r, &l))
		n++;
	return n;
}

static void
test_pair(void)
{
	struct world *w = world_new(1);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 3000, quiet));
	CU_ASSERT_EQUAL(world_n_full(a), 1);
	CU_ASSERT_EQUAL(n_links(lsa_of(b, OSPF_LSA_ROUTER, 1, 1)), 2);
	/* And it stays so, for more than the refresh time. */
	world_run(w, 4000000);
	CU_ASSERT_TRUE(quiet(w));
	CU_ASSERT_EQUAL(ospf_nbr_by_id(a->ports->ifp, 2)->state, OSPF_NBR_FULL);
	CU_ASSERT_TRUE(lsa_of(b, OSPF_LSA_ROUTER, 1, 1)->h.seq >= OSPF_INITIAL_SEQ + 2);
	CU_ASSERT_TRUE(w->now_ms - ospf_nbr_by_id(a->ports->ifp, 2)->since_ms > 3900000);
	world_free(w);
}

static void
test_lan(void)
{
	struct world *w = world_new(2);
	struct net *net = lan(w, 5);
	uint32_t dr = net->ports->ifp->dr;

	CU_ASSERT_TRUE(world_until(w, 15000, quiet));
	dr = net->ports->ifp->dr;
	CU_ASSERT_NOT_EQUAL(dr, 0);
	for (struct port *p = net->ports; p != NULL; p = p->next_of_net) {
		CU_ASSERT_EQUAL(p->ifp->dr, dr);
		CU_ASSERT_EQUAL(p->ifp->bdr, net->ports->ifp->bdr);
		CU_ASSERT_EQUAL(world_n_full(p->r), p->ifp->state == OSPF_IFS_DROTHER ? 2 : 4);
		CU_ASSERT_EQUAL(ospf_lsdb_n(&TAILQ_FIRST(&p->r->o->areas)->lsdb,
						OSPF_LSA_NETWORK), 1);
	}
	world_free(w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_pair),
	CU_CASE(test_lan),
};

CU_MAIN("ospf", cases)
