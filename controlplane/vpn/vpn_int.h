/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of vpn/ share; nobody else includes this. See vpn.h. */
#ifndef CULVERT_CONTROLPLANE_VPN_INT_H
#define CULVERT_CONTROLPLANE_VPN_INT_H

#include <event2/event.h>
#include <sys/queue.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/punt_parts.h"
#include "controlplane/util/hmap.h"
#include "controlplane/util/jobs.h"
#include "controlplane/vpn/debug.h"
#include "controlplane/vpn/group.h"
#include "controlplane/vpn/keep.h"
#include "controlplane/vpn/names.h"
#include "controlplane/vpn/vpn.h"

#define VPN_PEERS_PER_TURN 64 /* given to the engine in one turn of the event loop, at most */
#define VPN_CLAIMED_MAX    4  /* inbound SAs of a peer that is taken up, as many as it can have */
#define VPN_DRAIN_MS      5000  /* adopted SAs stay so long beside their successors */
#define VPN_FILES_MS      60000 /* between looks at the files of trustpoints */
#define VPN_LOST_RETRY_MS 10000 /* between attempts to replace an SA that the dataplane refuses */

/* An SA in the dataplane. No keys. */
struct vsa {
	uint32_t sa_id, spi, tun_id, local, remote, window;
	uint32_t inner_remote, inner_local; /* as struct ike_child_sa has them */
	uint16_t local_port, remote_port; /* ESP in UDP; 0: without */
	uint8_t dir, alg;
	bool tunnel; /* mode */
	bool esn;
	bool adopted;
	bool restored; /* of a Child SA that a former process made */
	bool expired;
	uint64_t child_id; /* 0: adopted */
	uint64_t packets;  /* OUT: counted when it was looked at last */
	LIST_ENTRY(vsa) adopted_link; /* of its tunnel's adopted ones */
	uint64_t installed_ms;
	uint32_t soft_s, hard_s;
};

/* A Child SA of the engine. */
struct vchild {
	struct hnode node; /* by the engine's id */
	uint32_t tun_id;
	uint32_t sa_in, sa_out; /* taken ids; CHAN_NONE: none */
	bool lost;              /* not, or not wholly, in the dataplane */
	uint64_t retry_ms;      /* when a lost one is to be replaced */
};

/* A protected tunnel. */
struct vtun {
	struct hnode node;    /* by tun_id */
	struct hnode by_name; /* by vtun_name_key() */
	uint32_t tun_id;
	char peer[IKE_NAME_MAX];
	bool may_initiate;
	bool applied;      /* the engine has been told of the peer */
	uint32_t walk;     /* ... in which walk over all of them (apply.c) */
	char problem[160]; /* why there is no peer; empty: there is one */
	enum ike_peer_state state;
	char why[160];     /* of the state */
	char failure[160]; /* of the last attempt, until one succeeds */
	bool ended;            /* of several far ends: a session was, the first is called first */
	uint32_t n_lost;       /* ... and how many did not answer since there was a session */
	uint64_t next_ms;      /* when the next one is called; 0: no need */
	uint64_t current;  /* Child SA that is sent with, 0: none */
	uint32_t n_rekeys;
	uint32_t n_adopted;
	LIST_HEAD(, vsa) adopted;
	uint32_t adopted_in;     /* one of the inbound ones, CHAN_NONE: none */
	uint64_t adopted_end_ms; /* adopted SAs go then; UINT64_MAX: not yet */
	uint64_t alive_ms;       /* last sign of life told to the engine */
	/* Networks: what the peer has narrowed them to; both empty: agreed as offered, or
	 * not yet. */
	struct ike_ts_list agreed_local, agreed_remote;
};

struct vpn {
	struct cp *cp;
	struct ike_engine *ike;
	struct jobs *jobs;
	struct pki *pki;
	uint64_t files_ms; /* when files of certificates are looked at next */
	struct event *timer;
	struct hmap tuns, names, children;
	struct idpool sa_ids;
	uint32_t max_sas;
	struct vsa **sas;     /* [max_sas] */
	uint16_t *generation; /* [max_sas]: last one used, see CHAN_SPI_IDX_BITS */
	uint16_t ip_id;
	struct punt_parts parts;
	bool far_due;           /* a tunnel with several far ends goes over to the next one */
	struct log_limit calls; /* first messages that are looked at for another far end */
	uint64_t sa_mark; /* the last command about an SA; see dplink_inject_after() */
	uint32_t n_adopted; /* SAs, for the log */
	struct {
		struct event *more;
		uint32_t at; /* SAs below have been looked at in this second */
		uint64_t lost; /* IKE messages that were dropped in front of us */
	} traffic;
	struct keep keep; /* records of the engine, which outlive us */
	struct { /* all of them are being written anew */
		struct event *more;
		struct ike_walk *walk; /* NULL: no */
		uint32_t per_turn;
	} rekeep;
	struct { /* successors of lost Child SAs are being asked for */
		struct event *more;
		struct hmap_scan at;
		uint32_t per_turn;
	} replace;
	bool applied;     /* the engine has its peers; what was kept has been taken up */
	struct {
		struct event *more;         /* the next turn */
		struct cfg_key_index *keys; /* of the present configuration; NULL: made when
					     * needed */
		struct by_remote *at;       /* [n_at], sorted; of the first walk */
		uint32_t n_at;
		uint32_t walk;              /* the present or last walk, counted from 1 */
		uint32_t next, left;        /* index of the next tunnel; how many are to come */
		uint32_t per_turn;
		bool walking;
		bool role_changed; /* during the first walk */
	} apply;
	struct { /* inbound SAs claimed for the peer that is being taken up */
		uint32_t sa_id[VPN_CLAIMED_MAX];
		uint32_t n;
	} claimed;
	struct {
		uint64_t due_ms, last_ms, n_runs;
		bool suspect; /* something differed the last time */
		uint64_t found[VPN_N_AUDIT];
		/* A look that is under way, see audit.c. */
		struct event *more; /* the next turn */
		int stage;
		struct ike_walk *walk;
		struct hmap_scan scan;
		uint32_t sa_id, tun_id; /* the next ones */
		uint32_t per_turn, repairs; /* in this turn */
		uint32_t n, lines;      /* found, logged */
		bool resync;            /* the dataplane is to be told everything once more */
	} audit;
	bool by_operator; /* the engine is being told of a change that a person made */
	struct names *resolver;
	bool names_changed; /* peers are to be told */
	bool names_moving;  /* some tunnels still serve the address of before */
	struct groups *groups;
	struct log_limit unknown_spi, bad_packet, trouble, lost;
	struct {
		struct vpn_debug_filter filter;
		struct debug_ring ring;
	} debug;
};

/* vpn.c */
struct vtun *vtun_find(const struct vpn *v, uint32_t tun_id);
/** After every call into the engine: when it wants to be called next. */
void vpn_settle(struct vpn *v);

/** Has the tunnel a peer? A multipoint tunnel has none, its members have one each. */
bool vpn_is_protected(const struct cfg_tunnel *t);

/* apply.c */
int vpn_apply_init(struct vpn *v);
void vpn_apply_fini(struct vpn *v);
/** All that is left to do, in this turn. */
void vpn_apply_rest(struct vpn *v);
/** The peer of this tunnel out of turn, or because the tunnel is new. */
void vpn_apply_tun(struct vpn *v, uint32_t tun_id);
/** Can this message be looked at? Until all that was kept is taken up: the peers at @remote are,
 *  and it is not a first one, which may be for any. */
bool vpn_apply_for(struct vpn *v, uint32_t remote, const uint8_t *msg, size_t len);
/** The attachment ends. */
void vpn_apply_detached(struct vpn *v);
/** Forget what points into the configuration, which is about to go. */
void vpn_apply_config_gone(struct vpn *v);

/* sa.c: callbacks of the engine, and records. */
uint32_t vpn_spi_alloc(void *ctx, uint32_t tun_id);
void vpn_spi_free(void *ctx, uint32_t spi);
int vpn_child_add(void *ctx, const struct ike_child_sa *child, uint64_t replaces, bool use_out);
void vpn_child_use_out(void *ctx, uint64_t child_id);
void vpn_child_del(void *ctx, uint64_t child_id);
void vpn_child_move(void *ctx, uint64_t child_id, uint32_t remote, uint16_t remote_port);
struct vsa *vsa_find(const struct vpn *v, uint32_t sa_id);
/** A record under @sa_id, which must be free; what is not known yet is zero. NULL: no memory. */
struct vsa *vsa_new(struct vpn *v, uint32_t sa_id);
/** Remove from the dataplane, forget, give the id back. */
void vsa_del(struct vpn *v, uint32_t sa_id);
struct vchild *vchild_find(const struct vpn *v, uint64_t child_id);
/** Ask for successors of SAs that the dataplane does not have, some thousand looked at in a turn of
 *  the loop. */
void vpn_replace_lost(struct vpn *v);
int vpn_replace_init(struct vpn *v);
void vpn_replace_fini(struct vpn *v);

/* debug.c: ops.trace; ends what nobody reads */
void vpn_debug_trace(void *ctx, const struct ike_trace *t);
void vpn_debug_second(struct vpn *v, uint64_t now_ms);
void vpn_debug_free(struct vpn *v);

/** Has the peer agreed to less than it was offered? */
void vpn_agree_child(struct vpn *v, struct vtun *t, const struct ike_child_sa *child);

/* restore.c */
int vpn_rekeep_init(struct vpn *v);
/** Before the engine is freed. */
void vpn_rekeep_fini(struct vpn *v);
/* Callbacks of the engine. */
void vpn_keep(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len);
const uint8_t *vpn_kept(void *ctx, uint32_t tun_id, size_t *len);
int vpn_child_restore(void *ctx, const struct ike_child_sa *child, bool current);
bool vpn_spi_claim(void *ctx, uint32_t tun_id, uint32_t spi);
/** The engine has taken up what was kept of this tunnel's peer. */
void vpn_restored_one(struct vpn *v, struct vtun *t);
/** All peers have been given to the engine for the first time. */
void vpn_restored(struct vpn *v);

/* traffic.c */
int vpn_traffic_init(struct vpn *v);
void vpn_traffic_fini(struct vpn *v);
/** Once a second: what the counters of the SAs say to IKE. */
void vpn_traffic_second(struct vpn *v);
/* Callbacks of the engine. */
void vpn_child_look(void *ctx, uint64_t child_id);
bool vpn_input_lost(void *ctx);

/* audit.c */
int vpn_audit_init(struct vpn *v);
/** Before the engine is freed. */
void vpn_audit_fini(struct vpn *v);
/** Give up the look that is under way. */
void vpn_audit_drop(struct vpn *v);
void vpn_audit_second(struct vpn *v, uint64_t now_ms);

/* adopt.c */
void vtun_drop_adopted(struct vpn *v, struct vtun *t);
/** Drop what has drained, and what belongs to a peer that does not answer. */
void vpn_adopt_second(struct vpn *v, uint64_t now_ms);

#endif
