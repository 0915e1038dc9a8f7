/* SPDX-License-Identifier: BSD-3-Clause */
/* A world (ospf_world.h) whose routers compute routes: made of links and networks by area. */
#ifndef CULVERT_TESTS_OSPF_LAND_H
#define CULVERT_TESTS_OSPF_LAND_H

#include "controlplane/ospf/ospf_calc.h"
#include "tests/sim/ospf_world.h"

#define LAND_MAX 32

/* Router number i has the ID i + 1. */
struct land {
	struct world *w;
	struct router *r[LAND_MAX];
	struct ospf_calc *c[LAND_MAX];
	uint32_t n;
};

struct land land_new(uint64_t seed, uint32_t n);
void land_free(struct land *l);
/** Run until nobody owes anybody anything, and what follows from it has been computed and told. */
bool land_settle(struct land *l);
/** @addr with a mask of 24 bits. */
struct port *land_attach(struct land *l, uint32_t i, struct net *net, uint32_t area, uint32_t addr,
		uint16_t cost, enum ospf_if_type type);
/** A link between two, 10.(a + 1).(b + 1).0/24. */
struct net *land_join(struct land *l, uint32_t a, uint32_t b, uint32_t area, uint16_t cost);
/** A network without other routers, @addr/24. */
struct port *land_stub(struct land *l, uint32_t i, uint32_t area, uint32_t addr, uint16_t cost);
/** A virtual link between two border routers, through area 1. */
void land_vlink(struct land *l, uint32_t a, uint32_t b);
/** What router @i has computed for this prefix; NULL: nothing. */
const struct ospf_route *land_route(const struct land *l, uint32_t i, uint32_t addr, uint8_t len);

#endif
