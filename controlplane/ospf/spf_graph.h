/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One area's graph (RFC 2328 section 16.1): routers and transit networks as vertices with numbers,
 * links as arrays. It is kept up to date LSA by LSA, so that Dijkstra's algorithm walks over arrays
 * and looks nothing up.
 *
 * A vertex comes into being with its LSA or with the first link to it. Links are held in one array,
 * each vertex's together and sorted by where they lead, so that the way back (section 16.1 (2) (b))
 * is found quickly.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_SPF_GRAPH_H
#define CULVERT_CONTROLPLANE_OSPF_SPF_GRAPH_H

#include <stddef.h>

#include "controlplane/ospf/spf_tab.h"

#define SPF_INF UINT32_MAX /* distance of what is not reached */

struct spf_edge {
	uint32_t to;   /* vertex */
	uint32_t data; /* of the link: our address there, or ifIndex; of a network's 0 */
	uint16_t metric;
	uint8_t type; /* enum ospf_link_type; of a network's 0 */
};

/* A stub link, or what else a vertex brings: a network of its own. */
struct spf_stub {
	uint32_t prefix; /* number */
	uint16_t metric;
};

/* Part of an array that grows at its end. */
struct spf_part {
	uint32_t at, n, cap;
};

struct spf_vertex {
	uint32_t id;   /* router ID, or the DR's address */
	uint32_t next; /* in its bucket */
	struct spf_part edges, stubs;
	uint32_t adv;   /* of a network: who advertises it */
	bool net;       /* a transit network */
	bool there;     /* has an LSA */
	uint8_t flags;  /* of a router-LSA: enum ospf_rlsa_flag */
};

struct spf_graph {
	struct spf_prefixes *prefixes;
	struct spf_vertex *v;
	uint32_t n, cap;
	uint32_t *bucket;
	uint32_t mask;
	struct spf_edge *edges;
	struct spf_stub *stubs;
	uint32_t n_edges, cap_edges, waste_edges;
	uint32_t n_stubs, cap_stubs, waste_stubs;
	uint32_t n_there;
	/* The result of the last run. */
	uint32_t root;
	uint32_t *dist;   /* SPF_INF: not reached */
	uint32_t *hops;   /* set of next hops; of the root 0 */
	uint32_t *parent; /* vertex before it on a shortest path; of the root SPF_NONE */
	uint32_t *order;  /* vertices reached, nearest first */
	uint32_t n_run; /* vertices there were: later ones are not reached */
	uint32_t n_order, cap_run;
	uint64_t *heap;
	uint32_t n_heap, cap_heap;
};

/** @prefixes outlives the graph. */
void spf_graph_init(struct spf_graph *g, struct spf_prefixes *prefixes);
void spf_graph_fini(struct spf_graph *g);

enum spf_what {
	SPF_SAME,  /* nothing that counts has changed */
	SPF_STUBS, /* only stub links: no new Dijkstra is needed */
	SPF_LINKS,
	SPF_NO_MEMORY
};

/** A router- or network-LSA has come or changed. */
enum spf_what spf_graph_set(struct spf_graph *g, const uint8_t *lsa, size_t len);
/** It is gone. */
enum spf_what spf_graph_del(struct spf_graph *g, bool net, uint32_t id);
/** Number of a vertex, be its LSA there or not; SPF_NONE: unknown. */
uint32_t spf_graph_find(const struct spf_graph *g, bool net, uint32_t id);
/** The same, made if it is unknown; SPF_NONE: out of memory. */
uint32_t spf_graph_vertex(struct spf_graph *g, bool net, uint32_t id);
/** Distance of a vertex by the last run. */
static inline uint32_t
spf_graph_dist(const struct spf_graph *g, uint32_t v)
{
	return v < g->n_run && g->v[v].there ? g->dist[v] : SPF_INF;
}
/** The first link from @from to @to, NULL: none. Others follow it. */
const struct spf_edge *spf_graph_link(const struct spf_graph *g, uint32_t from, uint32_t to);

/**
 * Dijkstra from the router @root_id.
 *
 * @param first  the next hops over a link of the root (its edge @e to the vertex it leads to);
 *               0: the link is not to be used. For a network what is directly on it has gateway 0.
 * @return 0; -ENOENT: the root has no LSA, nothing is reached; -ENOMEM.
 */
int spf_graph_run(struct spf_graph *g, struct spf_sets *sets, uint32_t root_id,
		uint32_t (*first)(void *ctx, const struct spf_edge *e), void *ctx);

#endif
