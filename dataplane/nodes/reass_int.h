/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of packets in reassembly: what reass.c and reass_table.c share. */
#ifndef CULVERT_DATAPLANE_NODES_REASS_INT_H
#define CULVERT_DATAPLANE_NODES_REASS_INT_H

#include <sys/queue.h>

#include <rte_ring.h>

#include "common/inet6.h"
#include "dataplane/nodes/reass.h"

struct reass_src;

/* Which packet a fragment is of. No padding: keys are compared as bytes. */
struct reass_key {
	uint32_t hash;
	struct ip6_addr src, dst; /* IPv4's: mapped */
	uint32_t id;              /* as in the header */
	uint32_t proto;           /* IPv4's; IPv6's identification is one for all protocols */
	uint32_t tun_id;
	uint32_t if_id; /* of packets between link-local addresses; else CHAN_NONE */
};

static_assert(sizeof(struct reass_key) == 5 * 4 + 2 * 16, "no padding");

/* A packet in reassembly. */
struct reass_pkt {
	LIST_ENTRY(reass_pkt) by_key;
	TAILQ_ENTRY(reass_pkt) by_age;
	TAILQ_ENTRY(reass_pkt) of_src;
	struct reass_src *owner;
	struct rte_mbuf *head, *tail; /* fragments by offset, linked by their next */
	uint64_t since_tsc;
	struct reass_key key;
	uint8_t n;
	uint8_t ecn;        /* set of 1 << ECN field */
	uint32_t head_off;  /* of the first fragment held */
	uint32_t tail_end;  /* where the last one held ends */
	uint32_t got;       /* bytes of payload held */
	uint32_t total;     /* bytes of payload in all; 0: the last fragment has not come */
};

TAILQ_HEAD(pkt_queue, reass_pkt);

/* A source with packets in the table. */
struct reass_src {
	LIST_ENTRY(reass_src) by_addr;
	struct pkt_queue pkts; /* oldest first */
	struct ip6_addr addr;
	uint32_t n;
	uint32_t n_pieces; /* of all of them */
};

/* A source may hold so many fragments of those that the table may: with a few it could take it all,
 * in packets of very many pieces. */
#define REASS_SRC_SHARE 4

LIST_HEAD(pkt_list, reass_pkt);
LIST_HEAD(src_list, reass_src);

struct reass {
	uint32_t max_pieces, n_pieces;
	uint32_t n_pkts;
	uint32_t mask;   /* of both tables of buckets */
	uint32_t secret;
	struct rte_mempool *big;
	struct pkt_queue by_age; /* oldest first */
	struct pkt_list *buckets;
	struct src_list *src_buckets;
	struct pkt_list free_pkts;
	struct src_list free_srcs;
	struct reass_pkt *pkts; /* [max_pieces] */
	struct reass_src *srcs; /* [max_pieces] */
	/* Handing over: written while no worker runs. */
	unsigned int n_workers;
	struct rte_ring *rings[CHAN_MAX_WORKERS]; /* of all workers */
	struct rte_ring *own;
};

/** What the control plane has set, or the default @def. */
static inline uint32_t
reass_param(const uint32_t *field, uint32_t def)
{
	uint32_t v = __atomic_load_n(field, __ATOMIC_RELAXED);

	return v != 0 ? v : def;
}

/** Which packet a fragment is of; of IPv6 its fragment header says @id. */
struct reass_key reass_key4(const struct reass *r, struct rte_mbuf *m);
struct reass_key reass_key6(const struct reass *r, struct rte_mbuf *m, rte_be32_t id);
/** A hash of both addresses of an IPv6 packet. */
uint32_t reass_hash6(const struct rte_mbuf *m, uint32_t seed);

/** The packet @k in the table, NULL if there is none. */
struct reass_pkt *reass_find(const struct reass *r, const struct reass_key *k);
/** Does @s hold as many fragments as one source may? */
static inline bool
reass_src_is_full(const struct reass *r, const struct reass_src *s)
{
	return s->n_pieces >= RTE_MAX(r->max_pieces / REASS_SRC_SHARE, 1u);
}

/** A place for the packet @k, of which nothing has come yet. The oldest may give way. There is room
 *  for one more fragment. Drops REASS_SOURCE, REASS_FULL. */
struct reass_pkt *reass_add(struct worker *w, const struct reass_key *k);
/** Take @p out of the table. Its fragments are the caller's. */
void reass_remove(struct worker *w, struct reass_pkt *p);
/** Drop @p and all its fragments. */
void reass_discard(struct worker *w, struct reass_pkt *p, enum chan_drop why);

#endif
