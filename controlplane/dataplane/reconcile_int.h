/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of reconcile share; nobody else includes this. See reconcile.h. */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_RECONCILE_INT_H
#define CULVERT_CONTROLPLANE_DATAPLANE_RECONCILE_INT_H

#include <event2/event.h>

#include "controlplane/dataplane/reconcile.h"
#include "controlplane/dataplane/route_feed.h"
#include "controlplane/rib/recursive_log.h"
#include "controlplane/util/hmap.h"

#define RECONCILE_ON_ROUTES_MAX 8

/* What a run does next; see reconcile_run.c. */
enum reconcile_stage {
	RUN_NONE, /* there is no run */
	RUN_LIST,
	RUN_HEAD,
	RUN_GATHER,
	RUN_RESOLVE,
	RUN_RIB,
	RUN_RIB6,
	RUN_PRUNE,
	RUN_PEERS,
	RUN_NAME,
	RUN_ROUTES,
	RUN_CHECK,
	RUN_ADOPT,
	RUN_FORGET,
	RUN_ATTACH,
	RUN_END,
};

struct reconcile {
	struct cp *cp;
	struct event *soon;
	struct event *hold; /* pending: OSPF's answer to the loss of a link is waited for */
	struct route_feed *feed;
	uint32_t n_ifs;           /* of the RIB's links, which are interfaces, then tunnels */
	bool ready;               /* the dataplane's limits are known: ids can be given */
	bool synced;              /* ... and it holds everything: IKE may run */
	uint64_t restore_boot_id; /* neighbours of this run are to be restored; 0: no */
	uint32_t retry_s;
	uint64_t retry_at_ms;
	struct {
		enum reconcile_stage stage;
		struct event *more;  /* the next turn */
		struct rib *next;    /* the table that is being made; NULL: none */
		uint32_t per_turn;   /* see reconcile_run.c */
		uint32_t at;         /* how far a stage of several turns is */
		struct hmap_scan forgotten; /* how far RUN_FORGET is */
		uint32_t adopted, max_sas; /* SAs up to this id have been looked at, of so many */
		bool in_turn;
		bool rib_ahead;      /* the mirror does not have yet what is in the RIB */
		bool again;          /* something has changed that this run may have passed */
		bool routes_late;    /* OSPF's routes have changed, and wait for the end of
				      * this run */
		bool hold;           /* what OSPF has over links that have just failed */
		bool tell_ospf;      /* ... of what has changed, at the end */
		bool peers_changed;  /* IKE's peers are to be looked at, at the end */
		bool attaching;      /* a sync follows */
		bool first;          /* ... the first of this process: SAs are adopted */
		uint64_t spent_ms;   /* by this run so far */
		uint64_t took_ms, ended_ms; /* the last run */
	} run;
	/* Routes of a routing protocol, hops by name. */
	struct rib_dyn *dyns;
	struct rib_hop *hops;
	char (*names)[RIB_LINK_NAME];
	uint32_t n_dyns, n_hops, n_names;
	bool (*track_up)(void *ctx, const char *name);
	void *track_ctx;
	struct {
		void (*fn)(void *ctx);
		void *ctx;
	} on_routes[RECONCILE_ON_ROUTES_MAX];
	uint32_t n_on_routes;
	struct recursive_log recursive;
	struct routes_debug *routes_debug;
};

/* reconcile_rib.c: the RIBs' input. 0 or -ENOMEM, then the former result stands. */
/** The next table, r->run.next, from interfaces and tunnels as they are. */
int reconcile_rib_gather(struct reconcile *r);
/** ... when it has been resolved, in place of the one that is there. Interfaces and tunnels must be
 *  those of reconcile_rib_gather(). */
int reconcile_rib(struct reconcile *r);
/** The same when nothing but the protocol's routes has changed: which prefixes that are. As
 *  rib_patch(). */
int reconcile_rib_dyns(const struct reconcile *r, struct rib_changes *x);
/** After the IPv4 RIB, which knows the tunnels' underlay. */
int reconcile_rib6(struct reconcile *r);

/* reconcile_run.c */
int reconcile_run_init(struct reconcile *r);
void reconcile_run_fini(struct reconcile *r);
/** Begin a run, anew if there is one; its first turn is over when this returns. r->run.hold is the
 *  caller's to say. @config: up to the head, for the former configuration is about to go. 0 or
 *  -ENOMEM, then it is tried again by itself. */
int reconcile_run(struct reconcile *r, bool config);

/* reconcile.c */
/** What OSPF has changed is in r->dyns: into the RIB with it. 0 or -ENOMEM. */
int reconcile_routes_changed(struct reconcile *r);
void reconcile_routes_tell(const struct reconcile *r);

#endif
