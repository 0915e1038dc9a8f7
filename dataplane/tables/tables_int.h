/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of struct tables, for the tables themselves and for the nodes, which read its first
 * part directly. The second part, the records, is the main core's own: what the control plane has
 * asked for, who refers to whom, and which objects the running sync has named.
 */
#ifndef CULVERT_DATAPLANE_TABLES_INT_H
#define CULVERT_DATAPLANE_TABLES_INT_H

#include <string.h>

#include <sys/queue.h>

#include <rte_hash.h>

#include "dataplane/tables/fib.h"
#include "dataplane/tables/fib6.h"
#include "dataplane/tables/iface.h"
#include "dataplane/tables/nexthop.h"
#include "dataplane/tables/policy.h"
#include "dataplane/tables/sa.h"
#include "dataplane/tables/tables.h"
#include "dataplane/tables/trace.h"
#include "dataplane/tables/tunnel.h"

struct if_rec {
	struct chan_if cfg;
	struct iface *cur; /* NULL: no such interface */
	uint32_t n_refs;   /* next hops */
	uint32_t mark;     /* the sync that named it */
};

struct tun_rec;
struct nhg_rec;

struct nh_rec {
	struct chan_nh cfg;
	bool present;
	struct nexthop *cur; /* NULL for the types without one */
	uint32_t n_refs;     /* routes, groups, tunnels */
	uint32_t mark;
	LIST_HEAD(, tun_rec) tuns; /* tunnels whose underlay it is */
	LIST_ENTRY(nh_rec) by_tun; /* type TUN: among its tunnel's next hops */
	LIST_HEAD(, nhg_rec) ones; /* groups whose only member it is */
};

struct nhg_rec {
	struct chan_nhg cfg;
	struct nhgroup *cur; /* NULL: no such group */
	uint32_t n_refs;     /* routes */
	uint32_t mark;
	LIST_ENTRY(nhg_rec) by_only; /* of one member: among the groups of that next hop */
};

struct tun_rec {
	struct chan_tun cfg;
	struct tunnel *cur; /* NULL: no such tunnel */
	struct tun_state *state;
	uint32_t sa_out;    /* CHAN_NONE: none */
	uint32_t n_sas;     /* installed SAs that belong to it */
	uint32_t mark;
	struct tun_rec *by_key;    /* ring of the tunnels with its addresses and key */
	LIST_HEAD(, nh_rec) nhs;   /* next hops that lead into it */
	LIST_ENTRY(tun_rec) by_nh; /* among the tunnels of its underlay next hop */
};

/* Something to be freed once all workers have passed a quiescent state. */
struct deferred {
	STAILQ_ENTRY(deferred) next;
	uint64_t token;
	void (*fn)(struct tables *t, void *p, uintptr_t arg);
	void *p;
	uintptr_t arg;
};

struct tables {
	/* Read by workers. Pointers in these arrays are replaced with one release store. */
	hop_t *hops; /* by hop number: 0 none, 1 + nh_id, 1 + max_nhs + nhg_id */
	struct fib *fib;
	struct fib6 *fib6;
	struct tunnel **tuns; /* [max_tunnels] */
	uint8_t *tun_opts;    /* [max_tunnels] their enum tun_opt, 0: none. All that a usual
			       * received packet asks for, 64 of them in a line */
	rte_be32_t *tun_keys_be; /* [max_tunnels] their GRE keys, of those with TUN_OPT_KEY */
	uint32_t n_more;         /* tunnels that are sent the short way and have @more */
	struct tun_members **members; /* [max_tunnels], by the multipoint tunnel; NULL: none */
	struct sa_table *sas;
	struct rte_hash *tun_hash; /* struct tun_key to tun_id */
	struct iface **vlans[CHAN_MAX_PORTS]; /* each NULL or [IFACE_VLANS], 0: untagged */
	struct iface *ifs[CHAN_MAX_IFS];
	struct chan_param param;
	struct trace_filter *trace; /* NULL: nothing is traced */
	struct policy_set *policies; /* NULL: none */

	/* The main core's own. */
	struct tables_env env;
	struct if_rec *if_recs;   /* [CHAN_MAX_IFS] */
	struct nh_rec *nh_recs;   /* [max_nhs] */
	struct nhg_rec *nhg_recs; /* [max_nhgs] */
	struct tun_rec *tun_recs; /* [max_tunnels] */
	uint32_t *sa_marks;       /* [max_sas] */
	struct policy_db *policy_db;
	uint32_t max_tunnels, max_sas, max_nhs, max_nhgs;
	uint32_t sync;      /* number of the running sync; 0: none */
	uint32_t last_sync;
	STAILQ_HEAD(, deferred) deferred; /* oldest first */
};

/** What a cleartext GRE packet's tunnel is found by. No padding: it is hashed as bytes. */
struct tun_key {
	uint32_t local;
	uint32_t remote;
	uint32_t key;   /* 0 without one */
	uint32_t keyed; /* 0 or 1 */
};

/** The tunnel @tun_id, NULL if there is none. Valid until the worker's next quiescent state. */
static inline struct tunnel *
tunnel_by_id(const struct tables *t, uint32_t tun_id)
{
	if (tun_id >= t->max_tunnels)
		return NULL;
	return __atomic_load_n(&t->tuns[tun_id], __ATOMIC_ACQUIRE);
}

/** Its enum tun_opt; 0 if there is none. */
static inline unsigned int
tunnel_opts_by_id(const struct tables *t, uint32_t tun_id)
{
	if (tun_id >= t->max_tunnels)
		return 0;
	return __atomic_load_n(&t->tun_opts[tun_id], __ATOMIC_RELAXED);
}

static inline const struct iface *
iface_by_id(const struct tables *t, uint32_t if_id)
{
	if (if_id >= CHAN_MAX_IFS)
		return NULL;
	return __atomic_load_n(&t->ifs[if_id], __ATOMIC_ACQUIRE);
}

static inline hop_t
hop_by_number(const struct tables *t, uint64_t number)
{
	return __atomic_load_n(&t->hops[number], __ATOMIC_ACQUIRE);
}

static inline uint32_t
hop_of_nh(uint32_t nh_id)
{
	return 1 + nh_id;
}

static inline uint32_t
hop_of_nhg(const struct tables *t, uint32_t nhg_id)
{
	return 1 + t->max_nhs + nhg_id;
}

/** Cache-aligned, zeroed storage for what workers read. NULL if out of memory. */
void *tables_alloc(const struct tables *t, size_t size);
/** Free @p (from tables_alloc) after a quiescent period. NULL is fine. */
void tables_free_later(struct tables *t, void *p);
/** Call fn(t, p, arg) after a quiescent period. */
void tables_defer(struct tables *t, void (*fn)(struct tables *, void *, uintptr_t), void *p,
		uintptr_t arg);

/** Refuse: name the field, return the error. */
static inline int
refuse(const char **field, const char *name, int err)
{
	*field = name;
	return err;
}

/** Is an object with this mark unnamed in the running sync? */
static inline bool
unnamed(const struct tables *t, uint32_t mark)
{
	return mark != t->sync;
}

/* nexthop.c */
int nexthop_set(struct tables *t, const struct chan_nh *c, const char **field);
int nexthop_del(struct tables *t, uint32_t nh_id, const char **field);
int nhgroup_set(struct tables *t, const struct chan_nhg *c, const char **field);
int nhgroup_del(struct tables *t, uint32_t nhg_id, const char **field);
/** From now on @rec, and so each group that has nothing else, leads to @hop. */
void nexthop_hop_store(struct tables *t, struct nh_rec *rec, hop_t hop);
/** Interface @if_id has changed: publish all next hops on it. */
int nexthop_if_changed(struct tables *t, uint32_t if_id);
/** A route or group refers to hop number @hop now (@d 1) or no longer (@d -1). */
void hop_ref(struct tables *t, uint32_t hop, int d);
/** Can a tunnel go out that way? Through IPv4 neighbours only: outer headers are IPv4, and a tunnel
 *  under a tunnel could be its own. */
static inline bool
nexthop_is_underlay(const struct chan_nh *c)
{
	return c->type == CHAN_NH_ADJ && c->gw != 0;
}

/** After a sync: remove groups that were not named and that no route leads into. */
void nhgroup_sweep(struct tables *t);
/** @tunnels_only: just those that lead into tunnels. */
void nexthop_sweep(struct tables *t, bool tunnels_only);
void nexthop_fini(struct tables *t);

/* route6.c */
int route6_set(struct tables *t, const struct chan_route6 *c, const char **field);
int route6_del(struct tables *t, const struct chan_route6 *c, const char **field);

/* tunnel.c */
void tunnel_table_init(struct tables *t);
int tunnel_set(struct tables *t, const struct chan_tun *c, const char **field);
int tunnel_del(struct tables *t, uint32_t tun_id, const char **field);
int tunnel_sa_out(struct tables *t, const struct chan_tun_sa_out *c, const char **field);
/** The underlay of @rec has changed: make it anew. */
int tunnel_publish(struct tables *t, struct tun_rec *rec);
/** Sync: outbound SAs that were not named are no longer sent with. */
void tunnel_sweep_sas(struct tables *t);
void tunnel_sweep(struct tables *t);
void tunnel_fini(struct tables *t);

/* tunnel_members.c */
/** @c is to be a member of its parent, if it names one. 0 or -ENOMEM. */
int tunnel_member_join(struct tables *t, const struct chan_tun *c);
/** It no longer is. */
void tunnel_member_leave(struct tables *t, const struct chan_tun *c);
/** Is nothing to be done when @b replaces @a? */
bool tunnel_member_same(const struct chan_tun *a, const struct chan_tun *b);
void tunnel_members_fini(struct tables *t);

/** Who gets copies of the multicast of @tun_id, NULL: nobody. Any worker. */
static inline const struct tun_members *
tunnel_members(const struct tables *t, uint32_t tun_id)
{
	return __atomic_load_n(&t->members[tun_id], __ATOMIC_ACQUIRE);
}

/* tunnel_hash.c */
int tunnel_hash_init(struct tables *t);
/** Do two configurations have the same addresses and key, or both none that could be looked up? */
bool tunnel_hash_same(const struct chan_tun *a, const struct chan_tun *b);
/**
 * May @rec's tunnel have the addresses and key of @c? Then there is an entry for them.
 * 0, -EEXIST (another tunnel has them, and not both are protected), -ENOSPC.
 */
int tunnel_hash_reserve(struct tables *t, const struct tun_rec *rec, const struct chan_tun *c);
/** Give up what was reserved and not joined. */
void tunnel_hash_release(struct tables *t, const struct tun_rec *rec, const struct chan_tun *c);
/** @rec has the addresses and key of its configuration from now on. They are reserved. */
void tunnel_hash_join(struct tables *t, struct tun_rec *rec);
/** @rec no longer has the addresses and key of @c. */
void tunnel_hash_leave(struct tables *t, struct tun_rec *rec, const struct chan_tun *c);
/** A cleartext GRE packet's tunnel, NULL if there is none. Any worker. Host order. */
const struct tunnel *tunnel_find(const struct tables *t, const struct tun_key *k);

/**
 * The workers' counters of @id begin anew, for who has the id now. Nobody writes them meanwhile.
 *
 * @param off  where those of each worker are, as struct chan_stats has it.
 * @param size  bytes of one.
 */
static inline void
tables_stats_clear(const struct tables *t, const uint64_t *off, uint32_t id, size_t size)
{
	for (unsigned int w = 0; w < t->env.n_workers; w++)
		memset(RTE_PTR_ADD(t->env.stats, off[w] + id * size), 0, size);
}

#endif
