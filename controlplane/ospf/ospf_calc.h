/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route calculation (RFC 2328 section 16): from the link state databases to routes, and what an
 * area border router and an AS boundary router say of them to others (sections 12.4.3 and 12.4.4,
 * RFC 3101).
 *
 *   spf_tab    prefixes and sets of next hops by number   calc_lsa     LSAs into arrays
 *   spf_graph  an area's graph, kept up to date           calc_run     what is computed, and when
 *   spf_run    Dijkstra                                   route_table  intra, inter, external
 *   route_abr  types 3 and 4, ranges, default of stubs    route_asbr   types 5 and 7
 *   route_nssa who translates type 7 to type 5, and what
 *   route_forward  addresses to forward to in types 5 and 7
 *
 * What has changed decides what is computed. A link of a router- or network-LSA: Dijkstra in its
 * area, then all routes. A stub link, a summary, an external: the routes alone, from the distances
 * that are there. The wait before a calculation grows while changes go on (start, hold, max).
 *
 * Attached to an engine by ospf_calc_new(); its timer is among the engine's, so ospf_tick() drives
 * it. No I/O, no clock but ops->clock_us.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_CALC_H
#define CULVERT_CONTROLPLANE_OSPF_CALC_H

#include "controlplane/ospf/ospf.h"
#include "controlplane/ospf/spf_tab.h"

enum ospf_route_kind {
	OSPF_ROUTE_NONE,
	OSPF_ROUTE_INTRA,
	OSPF_ROUTE_INTER,
	OSPF_ROUTE_E1,
	OSPF_ROUTE_E2,
	OSPF_ROUTE_N1,
	OSPF_ROUTE_N2,
	OSPF_ROUTE_DISCARD, /* of an active area range of ours */
};

struct ospf_route {
	struct ip4_prefix prefix;
	uint8_t kind;       /* enum ospf_route_kind */
	bool direct;        /* on a network of ours: the connected route is the better one */
	uint32_t area;      /* of internal ones */
	uint32_t metric;    /* E2, N2: as advertised; else the whole cost */
	uint32_t cost;      /* E2, N2: to the ASBR or forwarding address */
	uint32_t tag;
	uint32_t adv;       /* of external ones: the ASBR */
	uint32_t first_hop, n_hops;
};

struct ospf_calc_out {
	/** All routes, sorted by address, then length; valid during the call. */
	void (*routes)(void *ctx, const struct ospf_route *r, uint32_t n,
			const struct spf_hop *hops, uint32_t n_hops);
	/** May type 3 LSAs tell of @p, out of this area (@out) or into it? NULL: of all. */
	bool (*permits)(void *ctx, uint32_t area, bool out, const struct ip4_prefix *p);
	/** A clock in microseconds, for durations; NULL: durations are 0. */
	uint64_t (*clock_us)(void *ctx);
	void *ctx;
};

struct ospf_calc_cfg {
	uint32_t spf_start_ms, spf_hold_ms, spf_max_ms; /* defaults 1, 50, 5000 */
	bool rfc1583;       /* compatibility in section 16.4.1; default true */
	bool transit;       /* section 16.3; default true */
	uint8_t max_paths;  /* 1..16, default 16 */
	uint32_t storm_runs, storm_s; /* alarm: so many Dijkstra runs in so many seconds; 20, 10 */
};

/** An area range (section 12.4.3). */
struct ospf_range {
	uint32_t area;
	struct ip4_prefix prefix;
	bool advertise; /* else what is in it is kept to the area */
	bool has_cost;
	uint32_t cost;
};

/** A type 7 address range of an NSSA (RFC 3101 section 3.2). */
struct ospf_nssa_range {
	uint32_t area;
	struct ip4_prefix prefix;
	bool advertise; /* else nothing in it is translated */
	bool has_cost;
	uint32_t cost;
	uint32_t tag;
};

/** What has become of one. */
struct ospf_nssa_range_state {
	const struct ospf_nssa_range *cfg;
	uint32_t n;    /* LSAs that could be translated, for which it is the longest range */
	bool active;   /* one type 5 LSA stands for them */
	bool type2;
	uint32_t metric;
};

/** What we redistribute, with section 12.4.4's fields. */
struct ospf_ext {
	struct ip4_prefix prefix;
	bool type2;
	uint32_t metric;
	uint32_t tag;
	uint32_t next_hop; /* the one that our packets go to, on a network of ours; 0: none, several */
};

#define OSPF_CALC_LOG 64

struct ospf_calc_entry {
	uint64_t at_ms;
	char trigger[OSPF_LSA_STR_LEN]; /* the first one */
	uint32_t n_triggers;
	uint32_t n_areas;  /* in which Dijkstra ran; 0: routes only */
	uint32_t waited_ms;
	uint32_t spf_us, routes_us; /* Dijkstra; routes and what we say of them */
	uint32_t n_routes;
};

struct ospf_calc;

void ospf_calc_cfg_defaults(struct ospf_calc_cfg *cfg);
/** NULL: out of memory. */
struct ospf_calc *ospf_calc_new(struct ospf *o, const struct ospf_calc_out *out);
/** Before ospf_free(). NULL is fine. */
void ospf_calc_free(struct ospf_calc *c);
void ospf_calc_set(struct ospf_calc *c, const struct ospf_calc_cfg *cfg);
/** All ranges of all areas; copied. 0 or -ENOMEM. */
int ospf_calc_ranges(struct ospf_calc *c, const struct ospf_range *r, uint32_t n);
/** All type 7 ranges of all areas; copied. 0 or -ENOMEM. */
int ospf_calc_nssa_ranges(struct ospf_calc *c, const struct ospf_nssa_range *r, uint32_t n);
/** All that is redistributed; copied. A prefix must not be there twice. 0 or -ENOMEM. */
int ospf_calc_externals(struct ospf_calc *c, const struct ospf_ext *e, uint32_t n);

/** Compute now what is waiting. */
void ospf_calc_now(struct ospf_calc *c);
/** Forget nothing, but compute everything, Dijkstra too, when its time has come. */
void ospf_calc_all(struct ospf_calc *c, const char *trigger);

/* For show. */
const struct ospf_route *ospf_calc_routes(const struct ospf_calc *c, uint32_t *n);
const struct spf_hop *ospf_calc_hops(const struct ospf_calc *c);
/** The log's entry number @i, 0 the latest; NULL: there are no more. */
const struct ospf_calc_entry *ospf_calc_log(const struct ospf_calc *c, uint32_t i);

/** Type 7 range number @i; false: there are no more. */
bool ospf_calc_nssa_range(const struct ospf_calc *c, uint32_t i, struct ospf_nssa_range_state *s);
/** For how long we go on translating in an area where we were deposed; 0: that is not so. */
uint32_t ospf_calc_deposed_ms(const struct ospf_calc *c, const struct ospf_area *a);

struct ospf_calc_stats {
	uint64_t n_spf, n_partial;      /* areas in which Dijkstra ran; calculations without */
	uint64_t spf_us_max, total_us;
	uint32_t wait_ms;               /* before the next one, if it came now */
	bool pending, storm;
};
void ospf_calc_stats(const struct ospf_calc *c, struct ospf_calc_stats *s);

/** Routers with the B or E bit, for `show ip ospf border-routers`. */
struct ospf_border {
	uint32_t router_id, area, cost;
	bool abr, asbr;
	uint32_t n_hops;
	struct spf_hop hops[SPF_ECMP_MAX];
};
/** How far a walk over them is, which may last several turns of the loop. Zeroed: before the first.
 */
struct ospf_border_place {
	uint64_t area; /* those below have been walked over */
	uint32_t v;    /* vertices of this one that have */
};
/** False: there is no more. */
bool ospf_calc_border_next(const struct ospf_calc *c, struct ospf_border_place *at,
		struct ospf_border *b);

#endif
