/* SPDX-License-Identifier: BSD-3-Clause */
/* The graph that routes are computed from is that of the database: when all of it is forgotten,
 * when links have numbers instead of addresses, when somebody speaks in another one's name. */
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define STUB 0xac100001u /* of router 1 */

/* Routers 0 and 1 on a LAN of area 1, behind 1 a network. */
static struct land
lan_of_two(void)
{
	struct land l = land_new(21, 2);
	struct net *lan = world_net(l.w);

	for (uint32_t i = 0; i < 2; i++)
		land_attach(&l, i, lan, 1, 0xc0a80001u + i, 10, OSPF_IF_BROADCAST);
	land_stub(&l, 1, 1, STUB, 1);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 0, STUB - 1, 24));
	return l;
}

/* A database that is emptied, for whatever reason, leaves nothing to compute with: what an LSA that
 * was not at MaxAge said is gone with it, and no pointer to it stays. */
static void
test_emptied(void)
{
	const struct ospf_area_cfg stub = { .id = 1, .type = OSPF_AREA_STUB };

	for (int retype = 0; retype < 2; retype++) {
		struct land l = lan_of_two();
		struct ospf *o = l.r[0]->o;

		for (struct port *p = l.r[1]->ports; p != NULL; p = p->next_of_router)
			p->cut = true;
		if (retype)
			ospf_area_set(o, &stub, l.w->now_ms);
		else
			ospf_clear(o, l.w->now_ms);
		CU_ASSERT_EQUAL(ospf_lsdb_n(&ospf_area_find(o, 1)->lsdb, OSPF_LSA_ROUTER), 0);
		ospf_calc_now(l.c[0]);
		CU_ASSERT_PTR_NULL(land_route(&l, 0, STUB - 1, 24));
		world_run(l.w, 1000);
		CU_ASSERT_PTR_NULL(land_route(&l, 0, STUB - 1, 24));
		land_free(&l);
	}
}

/* It comes back as it was: so do the routes. */
static void
test_cleared(void)
{
	struct land l = lan_of_two();

	for (int i = 0; i < 3; i++) {
		ospf_clear(l.r[0]->o, l.w->now_ms);
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_PTR_NOT_NULL(land_route(&l, 0, STUB - 1, 24));
	}
	land_free(&l);
}

/* An area goes with its last interface, LSAs and all. */
static void
test_area_gone(void)
{
	struct land l = lan_of_two();
	struct ospf *o = l.r[0]->o;

	l.r[0]->ports->cut = true;
	ospf_if_del(o, l.r[0]->ports->ifp, l.w->now_ms);
	CU_ASSERT_PTR_NULL(ospf_area_find(o, 1));
	CU_ASSERT(TAILQ_EMPTY(&o->pending) && TAILQ_EMPTY(&o->max_aged));
	ospf_calc_now(l.c[0]);
	CU_ASSERT_PTR_NULL(land_route(&l, 0, STUB - 1, 24));
	land_free(&l);
}

/* ---- unnumbered links ------------------------------------------------------------------------ */

static void
unnumbered(struct land *l, uint32_t i, struct net *net, uint32_t area, uint32_t addr)
{
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, addr, 32);

	c.area_id = area;
	c.unnumbered = true;
	world_attach(l->r[i], net, &c);
}

/* Two links between the same routers, which have the same numbers at both ends, and the same
 * address: they are two ways. One fails, the other is left. */
static void
test_parallel_unnumbered(void)
{
	struct land l = land_new(22, 2);
	const struct ospf_route *r;
	struct net *net[2];

	for (int k = 0; k < 2; k++) {
		net[k] = world_net(l.w);
		for (uint32_t i = 0; i < 2; i++)
			unnumbered(&l, i, net[k], 0, 0xc0a80001u + i);
	}
	land_stub(&l, 1, 0, STUB, 1);
	CU_ASSERT_TRUE(land_settle(&l));
	CU_ASSERT_EQUAL(l.r[0]->ports->ifp->cfg.user, 2);
	CU_ASSERT_EQUAL(l.r[1]->ports->next_of_router->ifp->cfg.user, 2);
	r = land_route(&l, 0, STUB - 1, 24);
	CU_ASSERT_FATAL(r != NULL && r->n_hops == 2);
	for (uint32_t k = 0; k < 2; k++) {
		const struct spf_hop *h = &ospf_calc_hops(l.c[0])[r->first_hop + k];

		CU_ASSERT(h->user == k + 1 && h->gw == 0xc0a80002u);
	}
	for (struct port *p = net[0]->ports; p != NULL; p = p->next_of_net)
		p->cut = true;
	world_run(l.w, 6000);
	r = land_route(&l, 0, STUB - 1, 24);
	CU_ASSERT_FATAL(r != NULL && r->n_hops == 1);
	CU_ASSERT_EQUAL(ospf_calc_hops(l.c[0])[r->first_hop].user, 2);
	land_free(&l);
}

/*
 * A virtual link by unnumbered links, 0 - 1 - 2: link data are numbers of interfaces there, where
 * packets cannot go. An address of the far end in the area will do; without one it stays down.
 */
static void
test_vlink_unnumbered(void)
{
	for (int has_address = 0; has_address < 2; has_address++) {
		struct land l = land_new(23, 3);
		struct net *net[2] = { world_net(l.w), world_net(l.w) };
		const struct ospf_if *vlink;

		unnumbered(&l, 0, net[0], 1, 0x0a000001);
		unnumbered(&l, 1, net[0], 1, 0x0a000002);
		unnumbered(&l, 1, net[1], 1, 0x0a000002);
		unnumbered(&l, 2, net[1], 1, 0x0a000003);
		if (has_address) {
			struct net *lan = world_net(l.w);

			land_attach(&l, 1, lan, 1, 0xc0a80002u, 1000, OSPF_IF_BROADCAST);
			land_attach(&l, 2, lan, 1, 0xc0a80003u, 1000, OSPF_IF_BROADCAST);
		}
		land_stub(&l, 0, 0, 0xac110001u, 1);
		land_stub(&l, 2, 0, 0xac120001u, 1);
		land_vlink(&l, 0, 2);
		vlink = l.r[0]->ports->ifp;
		CU_ASSERT_EQUAL_FATAL(vlink->cfg.type, OSPF_IF_VLINK);
		world_run(l.w, 30000);
		CU_ASSERT_EQUAL(vlink->state == OSPF_IFS_P2P, has_address);
		if (has_address)
			CU_ASSERT_EQUAL(vlink->vlink_dst, 0xc0a80003u);
		land_free(&l);
	}
}

/* ---- another one's name ---------------------------------------------------------------------- */

/* A router-LSA of router 1 beside its own, under another ID (CVE-2013-0149): it does not take the
 * place of the true one. */
static void
test_false_router_lsa(void)
{
	struct land l = lan_of_two();
	struct ospf_if *from = TAILQ_FIRST(&l.r[1]->o->ifs);
	struct ospf_lsa_hdr h = { .options = OSPF_OPT_E, .type = OSPF_LSA_ROUTER, .id = 0x01020304,
		.adv = l.r[1]->id, .seq = OSPF_MAX_SEQ - 1, .len = OSPF_LSA_HDR_LEN + 4 };
	uint8_t lsa[64] = { 0 };
	struct wr w = wr_init(lsa, sizeof(lsa));
	struct ospf_out p;
	uint64_t seq = 0;

	ospf_lsa_hdr_write(&w, &h);
	ospf_lsa_cksum_set(lsa, h.len);
	ospf_out_begin(&p, from, OSPF_PKT_LSU);
	wr_be32(&p.w, 1);
	wr_bytes(&p.w, lsa, h.len);
	CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&from->cfg.auth, &p.w, 0, 0, &seq), 0);
	ospf_input(l.r[0]->o, TAILQ_FIRST(&l.r[0]->o->ifs), from->cfg.addr.addr, OSPF_ALL_ROUTERS,
			p.buf, p.w.len, l.w->now_ms);
	world_run(l.w, 5000);
	CU_ASSERT_PTR_NOT_NULL(land_route(&l, 0, STUB - 1, 24));
	CU_ASSERT_EQUAL(l.r[0]->o->n.bad[OSPF_BAD_LSA_MALFORMED], 1);
	land_free(&l);
}

static const struct cu_case cases[] = {
	CU_CASE(test_emptied), CU_CASE(test_cleared), CU_CASE(test_area_gone),
	CU_CASE(test_parallel_unnumbered), CU_CASE(test_vlink_unnumbered),
	CU_CASE(test_false_router_lsa),
};

CU_MAIN("ospf_graph", cases)
