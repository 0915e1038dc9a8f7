/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the OSPF engine share: the instance, its areas, interfaces and neighbours
 * (RFC 2328 sections 5, 6, 9 and 10). The route calculation reads them, too; what it may write is
 * marked so.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_INT_H
#define CULVERT_CONTROLPLANE_OSPF_INT_H

#include "controlplane/ospf/ospf.h"
#include "controlplane/ospf/ospf_bad.h"

/* Section 9.1. */
enum ospf_if_state {
	OSPF_IFS_DOWN,
	OSPF_IFS_LOOPBACK,
	OSPF_IFS_WAITING,
	OSPF_IFS_P2P, /* point-to-multipoint and virtual links, too */
	OSPF_IFS_DROTHER,
	OSPF_IFS_BACKUP,
	OSPF_IFS_DR,
};

/* Section 10.1. */
enum ospf_nbr_state {
	OSPF_NBR_DOWN,
	OSPF_NBR_ATTEMPT,
	OSPF_NBR_INIT,
	OSPF_NBR_2WAY,
	OSPF_NBR_EXSTART,
	OSPF_NBR_EXCHANGE,
	OSPF_NBR_LOADING,
	OSPF_NBR_FULL,
};

struct ospf_flushed; /* ospf_flushed.c: an LSA that was in a database until a moment ago */
struct ospf_request; /* ospf_dd.c: an LSA that a neighbour has and we want */

struct ospf_nbr {
	TAILQ_ENTRY(ospf_nbr) link; /* in ifp->nbrs */
	struct hnode by_addr;       /* in ifp->by_addr: address, or router ID on p2p */
	uint64_t born;              /* see ospf_walk.h */
	struct ospf_if *ifp;
	uint32_t index; /* bit in ospf_lsa.unacked */
	uint32_t router_id;
	uint32_t addr; /* source of its packets: next hop towards it */
	enum ospf_nbr_state state;
	uint8_t priority;
	uint8_t options;
	uint32_t dr, bdr;  /* as it says */
	uint8_t mac[6];    /* the caller's */
	bool has_mac;
	bool configured;   /* NBMA */
	uint16_t cost;     /* point-to-multipoint; 0: the interface's */
	uint32_t poll_s;
	bool gr_helping;   /* RFC 3623: it restarts, and is taken for Full meanwhile */
	uint64_t since_ms; /* of @state */
	uint64_t heard_ms;
	uint64_t answered_ms; /* last Hello out of turn */
	bool reprieved; /* its time was over while we were not running */
	uint32_t n_changes;
	/* Database exchange, section 10.8. */
	bool master;       /* we are */
	bool more;         /* it has more */
	bool we_more;
	uint32_t dd_seq;
	uint64_t dd_sent_ms, lsr_sent_ms;
	uint32_t answer_ms; /* that its last answer to either took, and one; 0: none yet */
	uint8_t dd_vain, lsr_vain; /* repeated so often, without an answer since */
	bool asked_for_us;  /* it has sent a Database Description */
	uint8_t *dd_last;  /* our last packet, to be repeated */
	uint16_t dd_last_len;
	uint32_t rx_dd_seq; /* what came last: flags, options, number */
	uint8_t rx_dd_flags, rx_dd_options;
	bool rx_dd_any;
	uint8_t cursor_db, cursor_type; /* which list of which database is being described */
	struct ospf_lsa *cursor;        /* next of it */
	struct hmap requests[OSPF_LSA_N_TYPES];
	TAILQ_HEAD(, ospf_request) request_list;
	uint32_t n_requests; /* in the list */
	uint32_t n_asked; /* requests sent and not answered */
	uint32_t n_unacked;
	uint64_t crypt_seq[5]; /* last cryptographic sequence number, by packet type */
	bool crypt_seen;
	struct timer inactivity, rxmt, dd_timer, lsr_timer, poll, gr_timer;
	uint8_t *acks; /* LSA headers to be acknowledged directly, gathered over one packet */
	uint16_t acks_len;
	uint64_t rxmt_from_ms; /* a round of retransmission began; 0: none is under way */
	uint32_t rxmt_skip;    /* LSAs of it that have been sent */
	uint16_t mtu_seen;
	char why[96]; /* of the last change */
};

struct ospf_if {
	TAILQ_ENTRY(ospf_if) link; /* in o->ifs */
	struct hnode by_user;
	uint64_t born; /* see ospf_walk.h */
	struct ospf *o;
	struct ospf_area *area;
	struct ospf_if_cfg cfg;
	bool up; /* link */
	bool marked; /* the caller's */
	enum ospf_if_state state;
	uint32_t dr, bdr;       /* addresses on the network, 0: none */
	uint32_t dr_id, bdr_id; /* their router IDs */
	TAILQ_HEAD(, ospf_nbr) nbrs;
	struct hmap by_addr;
	uint32_t n_nbrs, n_full;
	struct ospf_lsdb lsdb; /* type 9 */
	struct timer hello, wait, ack, flood, elect;
	uint64_t flooded_ms;
	struct ospf_lsa **queue; /* to be flooded */
	uint32_t n_queue, cap_queue;
	uint8_t *acks; /* headers for a delayed acknowledgment */
	uint32_t acks_len, acks_cap;
	uint64_t crypt_seq; /* last sent */
	uint64_t since_ms;
	uint32_t n_events;
	uint64_t n_rx[6], n_tx[6]; /* by packet type */
	uint64_t n_bad;
	struct {
		uint8_t why; /* enum ospf_bad */
		uint32_t src;
		uint64_t ms; /* 0: never */
	} bad_said[4];
	/* Virtual link: its far end and what the calculation found; see ospf_vlink_set(). */
	uint32_t vlink_id, vlink_area, vlink_dst;
	void *calc; /* the route calculation's */
};

/* RFC 3101 section 3.1, NSSATranslatorState; all but the first translate. */
enum ospf_translator {
	OSPF_TRANSLATOR_DISABLED,
	OSPF_TRANSLATOR_ELECTED,
	OSPF_TRANSLATOR_ENABLED, /* always */
	OSPF_TRANSLATOR_DEPOSED, /* another one is elected: goes on for nssa_stability_s */
};

struct ospf_area {
	TAILQ_ENTRY(ospf_area) link; /* in o->areas, by ID */
	struct ospf *o;
	struct ospf_area_cfg cfg;
	bool configured; /* by ospf_area_set(), so it stays without interfaces */
	struct ospf_lsdb lsdb;
	uint32_t n_ifs, n_active; /* interfaces; those not Down */
	uint32_t n_full; /* fully adjacent neighbours */
	struct timer links; /* router-LSA is to be looked at */
	bool transit;     /* written by the calculation: TransitCapability */
	/* Written by the calculation: whether it translates type 7 to type 5, how many LSAs that
	 * gives, and how often the former has changed. */
	enum ospf_translator translator;
	uint32_t n_translated, n_translator_events;
	/* The same: type 3 LSAs that ospf_calc_out.permits keeps from it, networks that it keeps
	 * in. */
	uint32_t n_filtered_in, n_filtered_out;
	void *calc;       /* the route calculation's */
};

struct ospf_limit {
	uint32_t n;          /* LSAs of others in all databases */
	uint64_t bytes;      /* of them */
	uint32_t n_requests; /* in the lists of all neighbours */
	uint32_t n_in_row;   /* times that the process was ignored, of late */
	uint64_t n_ignored;  /* ever */
	bool warned, full;   /* has been said */
	bool ignoring, for_good;
	uint8_t act;         /* what is to be done when the work of the moment is */
	uint8_t told;        /* the state that ospf_ops.limit_moved has last heard of */
	uint32_t n_then;     /* LSAs when the process was ignored */
	const char *back;    /* why it is no longer */
	struct log_limit moves;
	struct timer over, ignored, reset;
};

#define OSPF_WHEEL 4096 /* seconds; more than any age or refresh */

struct ospf {
	struct ospf_ops ops;
	struct ospf_calc_ops calc;
	struct ospf_cfg cfg;
	bool running; /* a router ID has been set */
	bool stopped;
	bool restarting; /* gracefully: see ospf_restart.h */
	bool asbr; /* by ospf_asbr_set() */
	uint8_t tracing; /* enum ospf_topic */
	uint64_t now_ms; /* as told with the last call */
	uint64_t started_ms;
	uint64_t random;
	uint64_t n_born; /* interfaces, neighbours and LSAs so far */
	TAILQ_HEAD(, ospf_area) areas;
	TAILQ_HEAD(, ospf_if) ifs;
	struct hmap ifs_by_user;
	uint32_t n_ifs, n_areas, n_nbrs, n_exchange, n_adjoining, n_helping;
	uint8_t n_waiting; /* a neighbour waits for its turn (RFC 4222) */
	struct ospf_lsdb as_db;
	struct timers timers;
	struct timer second, startup;
	struct ospf_lsa_list wheel[OSPF_WHEEL];
	uint32_t wheel_s; /* all up to here has been looked at */
	struct ospf_lsa_list pending;  /* LSAs with any bit in unacked */
	struct ospf_lsa_list max_aged; /* to be removed as soon as they may be */
	TAILQ_HEAD(, ospf_flushed) flushed; /* LSAs that were removed a moment ago */
	size_t flushed_bytes;
	struct ospf_limit limit; /* ospf_limit.c */
	bool sweep;                    /* perhaps one of them may be now */
	bool damaged;                  /* a checksum in the database has become wrong */
	struct log_limit own_lines, bad_lines;
	bool *changed;          /* see ospf_keep_watch() */
	struct ospf_kept *kept; /* of the process before us, for interfaces that come up */
	struct ospf_restarter *restarter; /* ospf_restart.c; NULL: nothing yet */
	struct idpool nbr_ids;
	struct ospf_nbr **nbr_by_index;
	uint32_t n_nbr_by_index;
	struct ospf_counters {
		uint64_t rx, tx, bad[OSPF_N_BADS];
		uint64_t lsa_originated, lsa_received, lsa_retransmitted, lsa_flushed_again;
		uint64_t timers_late, timer_late_max_ms;
	} n;
};

/** Tell the trace, if @topic is wanted; @ifp may be NULL, @addr and @router_id 0. */
void ospf_trace_line(struct ospf *o, uint8_t topic, const struct ospf_if *ifp, uint32_t addr,
		uint32_t router_id, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* ---- for the route calculation -------------------------------------------------------------- */

struct ospf_area *ospf_area_find(const struct ospf *o, uint32_t id);
/** E bit and the like of LSAs and packets in this area. */
uint8_t ospf_area_options(const struct ospf_area *a);
/** Attached to more than one area, one of them the backbone (RFC 3509). */
bool ospf_is_abr(const struct ospf *o);
/** We are (or are no longer) an AS boundary router: the E bit of our router-LSAs. */
void ospf_asbr_set(struct ospf *o, bool asbr);
/** Is max-metric in force now? */
bool ospf_max_metric(const struct ospf *o);
/** Our router-LSA of this area is to be made anew, a moment later. */
void ospf_links_soon(struct ospf_area *a);
/**
 * How well our address there suits others to forward to (RFC 3101 section 2.3): a loopback's is
 * best, then a stub network's, then one of a network with other routers. 0: not at all; nobody is
 * told of it, as with prefix suppression (RFC 6860).
 */
unsigned int ospf_if_forward_rank(const struct ospf_if *ifp);
/**
 * A network where others may be sent to a router that does not speak OSPF: not passive, with more
 * than two ends, and others have a route there.
 */
bool ospf_if_is_shared(const struct ospf_if *ifp);
/** What a neighbour of this interface costs (point-to-multipoint has costs by neighbour). */
uint16_t ospf_nbr_cost(const struct ospf_nbr *n);
/** Full, or taken for it while it restarts (RFC 3623). */
bool ospf_nbr_is_full(const struct ospf_nbr *n);
/** The neighbour with this router ID, NULL if there is none. */
struct ospf_nbr *ospf_nbr_by_id(const struct ospf_if *ifp, uint32_t router_id);
struct ospf_nbr *ospf_nbr_by_addr(const struct ospf_if *ifp, uint32_t addr);
/**
 * The calculation has found the other end of a virtual link, or lost it (@up false). @cost: of the
 * way; @src: our address on it; @dst: the far end's.
 */
void ospf_vlink_set(struct ospf_if *vlink, bool up, uint32_t cost, uint32_t src, uint32_t dst);
/** A line for the log, with printf's format. */
void ospf_log(struct ospf *o, enum log_level level, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

/** Is there a DR on its network? */
bool ospf_if_has_dr(const struct ospf_if *ifp);
/** The interface with this number of the caller's. */
struct ospf_if *ospf_if_by_user(const struct ospf *o, uint32_t user);

/* What "show" tells of max-lsa. */
struct ospf_limit_stats {
	uint32_t most, bound, n, n_in_row;
	uint64_t bytes, n_ignored;
	bool ignoring, for_good;
	uint64_t due_ms; /* of the next step; 0: none is due */
	const char *state;
};

void ospf_limit_stats(const struct ospf *o, struct ospf_limit_stats *s);

const char *ospf_translator_str(enum ospf_translator t);
const char *ospf_if_state_str(enum ospf_if_state s);
const char *ospf_nbr_state_str(enum ospf_nbr_state s);

#endif
