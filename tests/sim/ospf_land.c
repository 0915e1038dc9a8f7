/* SPDX-License-Identifier: BSD-3-Clause */
/* See ospf_land.h. */
#include "tests/sim/ospf_land.h"

struct land
land_new(uint64_t seed, uint32_t n)
{
	struct land l = { .w = world_new(seed), .n = n };
	const struct ospf_calc_out out = { .routes = NULL };

	for (uint32_t i = 0; i < n; i++) {
		l.r[i] = world_router(l.w, i + 1);
		l.c[i] = ospf_calc_new(l.r[i]->o, &out);
	}
	return l;
}

void
land_free(struct land *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		ospf_calc_free(l->c[i]);
	world_free(l->w);
}

bool
land_settle(struct land *l)
{
	bool once = world_until(l->w, 60000, world_settled);

	world_run(l->w, 12000);
	once = world_until(l->w, 60000, world_settled) && once;
	world_run(l->w, 6000);
	return once;
}

struct port *
land_attach(struct land *l, uint32_t i, struct net *net, uint32_t area, uint32_t addr,
		uint16_t cost, enum ospf_if_type type)
{
	struct ospf_if_cfg c = world_if_cfg(type, addr, 24);

	c.area_id = area;
	c.cost = cost;
	return world_attach(l->r[i], net, &c);
}

struct net *
land_join(struct land *l, uint32_t a, uint32_t b, uint32_t area, uint16_t cost)
{
	struct net *net = world_net(l->w);
	uint32_t base = 0x0a000000u | (a + 1) << 16 | (b + 1) << 8;

	land_attach(l, a, net, area, base + 1, cost, OSPF_IF_P2P);
	land_attach(l, b, net, area, base + 2, cost, OSPF_IF_P2P);
	return net;
}

struct port *
land_stub(struct land *l, uint32_t i, uint32_t area, uint32_t addr, uint16_t cost)
{
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, addr, 24);

	c.area_id = area;
	c.passive = true;
	c.cost = cost;
	return world_attach(l->r[i], world_net(l->w), &c);
}

void
land_vlink(struct land *l, uint32_t a, uint32_t b)
{
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_VLINK, 0, 0);
	struct net *net = world_net(l->w);

	c.mtu_ignore = true;
	for (int k = 0; k < 2; k++) {
		uint32_t i = k == 0 ? a : b;
		struct port *p = world_attach(l->r[i], net, &c);

		p->ifp->vlink_id = l->r[k == 0 ? b : a]->id;
		p->ifp->vlink_area = 1;
		ospf_calc_all(l->c[i], "virtual link");
	}
}

const struct ospf_route *
land_route(const struct land *l, uint32_t i, uint32_t addr, uint8_t len)
{
	uint32_t n;
	const struct ospf_route *r = ospf_calc_routes(l->c[i], &n);

	for (uint32_t k = 0; k < n; k++)
		if (r[k].prefix.addr == addr && r[k].prefix.len == len)
			return &r[k];
	return NULL;
}
