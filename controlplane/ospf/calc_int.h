/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the route calculation share; nobody else includes this. See ospf_calc.h. */
#ifndef CULVERT_CONTROLPLANE_OSPF_CALC_INT_H
#define CULVERT_CONTROLPLANE_OSPF_CALC_INT_H

#include "controlplane/ospf/ospf_calc.h"
#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/spf_graph.h"

/* A summary-LSA of another router. */
struct calc_sum {
	uint32_t adv;    /* vertex of the area border router */
	uint32_t what;   /* type 3: number of the prefix; type 4: of the ASBR */
	uint32_t metric;
	bool asbr;       /* type 4 */
	bool used;       /* else the place is free, and @what the next free one */
};

/* A type 5 or 7 LSA of another router. */
struct calc_ext {
	uint32_t prefix, asbr; /* numbers */
	uint32_t metric, forward, tag, adv;
	struct ospf_area *area; /* type 7; NULL: type 5 */
	bool type2, propagate, used;
};

/* An LSA that we originate, or want to. */
struct calc_own {
	uint32_t id;
	uint8_t type, options;
	uint8_t n;
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];
};

struct calc_owns {
	struct calc_own *at;
	uint32_t n, cap;
	bool failed; /* out of memory: what is there stays */
};

struct calc_area {
	TAILQ_ENTRY(calc_area) link;
	struct ospf_area *a;
	struct spf_graph g;
	bool spf;              /* Dijkstra is due */
	bool stale;            /* LSAs have gone that the graph still has */
	struct calc_sum *sums;
	uint32_t n_sums, cap_sums, free_sum;
	struct calc_owns owns, nssa_owns; /* types 3 and 4, type 7: sorted by type, then ID */
	struct timer deposed; /* we cease to translate */
};

/* The route to a prefix; index is its number. */
struct calc_rt {
	uint8_t kind; /* enum ospf_route_kind */
	uint8_t rank; /* external: section 16.4.1, the higher the better */
	uint8_t how;  /* external: RFC 3101 section 2.5 (6) (e), the higher the better */
	bool dup;
	uint32_t area;
	uint32_t cost, metric2;
	uint32_t hops;
	uint32_t tag, adv;
	uint32_t ext; /* external: which */
};

/* A way to an ASBR; index is its number. */
struct calc_asbr {
	uint32_t cost; /* SPF_INF: none */
	uint32_t hops;
	uint32_t area;
	uint8_t rank;  /* 2: within one area that is not the backbone; else 1 */
	bool intra;
};

/* An area range, and what the table says of it: set by calc_table(). */
struct calc_range {
	struct ospf_range cfg;
	bool active;   /* we are a border router, and something in its area that can be reached is
			* in it (section 3.5) */
	bool told;     /* ... that others may be told of */
	uint32_t cost; /* of the farthest one of those */
};

/* A type 7 address range, and what the table says of it: set by calc_nssa(). */
struct calc_nssa_range {
	struct ospf_nssa_range cfg;
	uint32_t n;
	uint32_t only; /* prefix of the one LSA in it; SPF_NONE: several prefixes, or none */
	bool type2;
	uint32_t metric;
};

struct calc_if {
	const struct ospf_area *area;
	uint32_t key; /* what link data says of it: its address, or its number */
	struct ospf_if *ifp;
};

struct ospf_calc {
	struct ospf *o;
	struct ospf_calc_out out;
	struct ospf_calc_cfg cfg;
	struct timer timer;
	struct timer calm; /* a storm is over when this is due */
	TAILQ_HEAD(, calc_area) areas;
	struct spf_prefixes prefixes;
	struct spf_prefixes asbrs; /* router IDs as prefixes of 32 bits */
	struct spf_sets sets;
	struct calc_ext *exts;
	uint32_t n_exts, cap_exts, free_ext;
	struct calc_rt *rt;     /* [prefixes.n] */
	struct calc_asbr *asbr; /* [asbrs.n] */
	uint32_t cap_rt, cap_asbr;
	struct calc_if *ifs; /* sorted */
	uint32_t n_ifs, cap_ifs;
	struct calc_range *ranges;
	uint32_t n_ranges;
	struct calc_nssa_range *nssa_ranges;
	uint32_t n_nssa_ranges;
	struct ospf_ext *wanted;
	uint32_t n_wanted;
	struct calc_owns owns; /* type 5 */
	/* Results. */
	struct ospf_route *routes;
	struct spf_hop *hops;
	uint32_t n_routes, cap_routes, n_hops, cap_hops;
	/* When. */
	bool pending, ifs_stale, stopping;
	char trigger[OSPF_LSA_STR_LEN];
	uint32_t n_triggers;
	uint64_t asked_ms; /* first trigger of what is pending */
	uint64_t ran_ms;   /* last Dijkstra; 0: never */
	uint32_t hold_ms;
	uint32_t n_burst;  /* calculations in a row that it did not double for */
	struct ospf_calc_entry log[OSPF_CALC_LOG];
	uint32_t n_log;
	struct ospf_calc_stats stats;
	uint64_t storm_ms[64]; /* times of the last Dijkstra runs */
	uint32_t n_storm;
};

/* calc_run.c */
void calc_soon(struct ospf_calc *c, const char *trigger);
struct calc_area *calc_area_of(const struct ospf_calc *c, const struct ospf_area *a);
struct calc_area *calc_backbone(const struct ospf_calc *c);
/** Our interface in this area with this address, or number if it is unnumbered; NULL: none. */
struct ospf_if *calc_if_of(const struct ospf_calc *c, const struct ospf_area *a, uint32_t data);

/* calc_lsa.c */
void calc_on_lsa(struct ospf_calc *c, struct ospf_lsa *lsa, enum ospf_change change);
/** The area's graph has many vertices that nothing leads to any more: make it anew. */
void calc_area_rebuild(struct ospf_calc *c, struct calc_area *ca);
void calc_area_free(struct ospf_calc *c, struct calc_area *ca);

/* route_table.c: c->rt and c->asbr from distances, summaries and externals. 0 or -ENOMEM. */
int calc_table(struct ospf_calc *c);
/** The range of ours that covers @p in this area, NULL: none. */
struct calc_range *calc_range_of(const struct ospf_calc *c, uint32_t area,
		const struct ip4_prefix *p);

/** May others be told of this network of the area? */
bool calc_may_leave(const struct ospf_calc *c, uint32_t area, const struct ip4_prefix *p);

/* route_out.c: c->routes from c->rt. 0 or -ENOMEM. */
int calc_lay_out(struct ospf_calc *c);

/* route_abr.c, route_asbr.c: LSAs of our own. */
void calc_abr(struct ospf_calc *c);
void calc_asbr(struct ospf_calc *c);

/** Of struct ospf_ext, by prefix. */
int calc_wanted_cmp(const void *a, const void *b);
/** Add a type 5 or 7 LSA. */
void calc_ext_own(struct calc_owns *w, uint8_t type, uint8_t options, const struct ip4_prefix *p,
		bool longer, const struct ospf_external *x);

/* route_nssa.c: RFC 3101. */
/** Who translates, and what of it the type 7 ranges gather. */
void calc_nssa(struct ospf_calc *c);
/** The type 7 LSA that the route to prefix number @p comes from, if we are to translate it as it
 *  is. */
const struct calc_ext *calc_nssa_single(const struct ospf_calc *c, uint32_t p);
/** One type 5 LSA stands for what is in it. */
bool calc_nssa_range_active(const struct ospf_calc *c, const struct calc_nssa_range *r);
/** An array by number of prefix: another translator with a higher ID has told of the same already
 *  (section 3.2 (2)). To be freed; NULL: no memory. */
bool *calc_nssa_told(const struct ospf_calc *c);
/** Our type 7 LSAs in this area. */
void calc_nssa_tell(struct ospf_calc *c, struct calc_area *ca);
/** What we redistribute of this prefix; NULL: nothing. */
const struct ospf_ext *calc_wanted(const struct ospf_calc *c, const struct ip4_prefix *p);

/* route_forward.c: what our LSAs for c->wanted have as address to forward to. */
struct calc_forward {
	uint32_t addr;
	bool told; /* another router tells of the same and stays: ours is not needed */
};
/** [n_wanted], of type 5 or, within @a, of type 7. To be freed; NULL: no memory. */
struct calc_forward *calc_forwards(const struct ospf_calc *c, const struct ospf_area *a);

/* route_own.c: lists of LSAs of ours. */
/** Add a type 3, 4, 5 or 7 LSA; prefixes in their order. */
void calc_own_add(struct calc_owns *w, uint8_t type, uint8_t options, uint32_t id,
		const uint8_t *body, uint8_t n);
/** The link state ID of a prefix (appendix E): @longer if the next one in the list has the same
 *  address and a longer mask. */
uint32_t calc_own_id(const struct ip4_prefix *p, bool longer);
/** Originate what is in @w, flush what is in @was and not in @w; @was becomes @w, which is left
 *  empty. */
void calc_own_apply(struct ospf_lsdb *db, struct calc_owns *was, struct calc_owns *w);

#endif
