/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random topologies for tests of the route calculation, and an oracle of them. It knows the
 * topology, not the LSAs; it finds distances by relaxing until nothing changes, and next hops by
 * asking from each of the root's neighbours how far it is from there. The root is router 0.
 */
#ifndef CULVERT_TESTS_SPF_TOPO_H
#define CULVERT_TESTS_SPF_TOPO_H

#include "controlplane/ospf/spf_tab.h"

#define FAR      UINT32_MAX
#define LOOPBACK 0xac100000u
#define P2P_NET  0x0a000000u
#define LAN_NET  0xc0000000u

/* Router to router, or router to LAN (b is n_routers + LAN). Costs from each side; of a LAN back
 * 0. */
struct link {
	uint32_t a, b;
	uint16_t cost_ab, cost_ba;
};

struct topo {
	uint32_t n_routers, n_lans, n_links;
	struct link *links;
	uint32_t *first, *next; /* links of a node: next[2 * link + side] */
	uint64_t random;
};

/** A random number below @below. */
uint32_t topo_rnd(struct topo *t, uint32_t below);
/** Router @i's ID. */
uint32_t topo_rid(uint32_t i);
/** The address of one side of a link, and of a router on a LAN. */
uint32_t topo_p2p_addr(uint32_t link, bool b);
uint32_t topo_lan_addr(uint32_t lan, uint32_t router);
/** Costs are 1..@max_cost. After the last one comes topo_index(). */
void topo_link_add(struct topo *t, uint32_t a, uint32_t b, uint32_t max_cost);
void topo_index(struct topo *t);
/** @n routers, each with @degree links or so. */
struct topo topo_new(uint64_t seed, uint32_t n, uint32_t degree, uint32_t n_lans,
		uint32_t max_cost);
void topo_free(struct topo *t);

#define WAYS_MAX 64

/* One way out of the root: over which link, to which neighbour. */
struct way {
	struct spf_hop hop;
	uint32_t cost; /* to the neighbour */
	uint32_t *dist; /* from it */
	uint32_t node;
};

struct oracle {
	const struct topo *t;
	uint32_t *dist;
	struct way ways[WAYS_MAX];
	uint32_t n_ways;
};

struct oracle oracle_new(const struct topo *t);
void oracle_free(struct oracle *o);
/** Add the first hops of all shortest ways to @node, at @dist. */
void oracle_hops(const struct oracle *o, uint32_t node, uint32_t dist, struct spf_hops *s);

#endif
