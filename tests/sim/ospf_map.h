/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random networks of several areas, and an oracle of what their routers should compute. The map
 * (ospf_map.c) knows segments, areas, ranges and externals, the oracle (ospf_oracle.c) that map and
 * no LSA.
 */
#ifndef CULVERT_TESTS_OSPF_MAP_H
#define CULVERT_TESTS_OSPF_MAP_H

#include "tests/sim/ospf_land.h"

#define N_AREAS 4
#define N_SEGS  60
#define N_ENDS  4
#define N_EXTS  8
#define NODES   (LAND_MAX + N_SEGS)
#define INF     (1u << 28)

/* A link, a LAN, or, with one end, a network of a router's own; a /24. */
struct seg {
	uint32_t area, net, n;
	bool lan, cut;
	struct {
		uint32_t r, cost, user;
		struct port *port;
	} end[N_ENDS];
};

struct ext {
	uint32_t adv;
	struct ospf_ext e;
};

/* The way of a router to an ASBR: the one that section 16.4 (3) has it use. */
struct pref {
	uint32_t cost, area;
	bool intra;
};

struct map {
	struct land l;
	uint64_t random;
	bool rfc1583;
	uint32_t n_areas, n_segs, n_exts;
	struct ospf_area_cfg area[N_AREAS];
	struct seg seg[N_SEGS];
	struct ext ext[N_EXTS];
	struct ospf_range range[LAND_MAX]; /* len 0: the router has none */
	uint32_t dist[N_AREAS][NODES][NODES];
	struct pref pref[LAND_MAX][LAND_MAX];
};

/* What a router should have. */
struct want {
	uint32_t kind, metric, cost;
	bool any_hops; /* a network of its own, or of an address on one */
	struct spf_hops hops;
};

/** The address of its end @k. */
static inline uint32_t
seg_addr(const struct seg *s, uint32_t k)
{
	return s->net + 1 + k;
}

static inline bool
seg_is_lan(const struct seg *s)
{
	return s->lan && !s->cut;
}

/* ---- ospf_map.c ------------------------------------------------------------------------------ */

/** The same map for the same seed; its routers are configured, and know nothing of each other. */
struct map *map_new(uint64_t seed);
void map_free(struct map *m);
bool map_in_area(const struct map *m, uint32_t r, uint32_t area);
bool map_is_abr(const struct map *m, uint32_t r);
/** Fill @dist: between all routers and LANs within each area; INF: there is no way. */
void map_distances(struct map *m);
/** A link or LAN is silent from now on; areas may fall apart by that, the backbone does not. */
void map_cut_one(struct map *m);

/* ---- ospf_oracle.c --------------------------------------------------------------------------- */

/** To be called first, and when the map has changed: ways to all nodes and ASBRs. */
void want_begin(struct map *m);
/** What router @r should have for a segment, or for want_range_target(). */
struct want want_internal(const struct map *m, uint32_t r, uint32_t to);
/** What a route leads to: a segment, or (from n_segs on) the range of the networks of an area. */
uint32_t want_range_target(const struct map *m, uint32_t area);
struct want want_external(const struct map *m, uint32_t r, uint32_t prefix);
/** The default route of stub areas and totally stubby NSSAs. */
struct want want_default(const struct map *m, uint32_t r);

#endif
