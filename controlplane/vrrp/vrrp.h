/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VRRP engine (RFC 9568, version 2 by RFC 3768): virtual routers and their state machine,
 * without I/O. Packets, the states of interfaces and the clock come in; packets and transitions go
 * out through struct vrrp_ops. A virtual router is one VRID of one address family on one interface.
 *
 *   vrrp_wire.c    packets
 *   vrrp_engine.c  which virtual routers there are, what comes in for whom
 *   vrrp_fsm.c     the state machine of RFC 9568 section 6.4, one function for each state
 *   vrrp_trace.c   packets in words
 *   vrrp_sync.c    groups of virtual routers that are active together
 *   vrrps.c        ties it to the rest: configuration, dataplane, ARP and ND
 *
 * Where we go beyond the RFCs, or depart from them:
 *  - Preemption may wait, and a router may wait before it takes part at all.
 *  - Stalls. If our own clock stood still (a virtual machine was paused), an active router does not
 *    go on shouting: the others have long elected another. It becomes a backup, listens for one
 *    interval and its skew, and then goes by the rules. A backup whose timer fires late listens
 *    as long once more, for advertisements may be waiting that it has not read.
 *  - An active router that hears one of lower priority answers at once (RFC 9568 section 6.4.3),
 *    but at most twice in an interval, and announces its addresses again: the LAN may have healed.
 *  - An owner (priority 255) discards all advertisements (section 7.1), so it never yields; but it
 *    answers those of lower priority like any active router, for the bridges.
 *  - Who may advertise can be configured. An active router answers others as it answers those of
 *    lower priority, for the bridges.
 *  - The checksum of version 3 over IPv4: RFC 5798 was read in two ways. Both are accepted; we send
 *    as the last router heard did.
 *
 * All times are monotonic milliseconds.
 */
#ifndef CULVERT_CONTROLPLANE_VRRP_H
#define CULVERT_CONTROLPLANE_VRRP_H

#include "controlplane/vrrp/vrrp_wire.h"

#define VRRP_PEERS_MAX   8
#define VRRP_NAME_MAX    64
#define VRRP_HISTORY     16  /* transitions that are kept of each */
#define VRRP_REASON_MAX  120
#define VRRP_OWNER       255
#define VRRP_ANNOUNCES   4   /* times that addresses are announced: see vrrp_fsm.c */
#define VRRP_CHANGES     20  /* of a role, that are logged within VRRP_CHANGES_MS */
#define VRRP_CHANGES_MS  60000
#define VRRP_LATE_MS     20  /* a timer that fires later is counted */

enum vrrp_state { VRRP_INIT, VRRP_BACKUP, VRRP_ACTIVE };

enum vrrp_checksum { VRRP_SUM_AUTO, VRRP_SUM_PSEUDO, VRRP_SUM_PLAIN };

struct vrrp_cfg {
	uint32_t if_id;
	uint8_t vrid;
	bool ip6;
	char name[VRRP_NAME_MAX]; /* for messages: "lan 10" */
	uint8_t version;
	uint8_t priority;         /* as configured */
	uint8_t n_addrs;
	struct ip6_addr addrs[VRRP_ADDRS_MAX];
	struct ip6_addr source;   /* our own address; zero: the interface has none */
	uint32_t advert_ms;       /* 10..40950 */
	bool preempt;
	uint32_t preempt_delay_ms, startup_delay_ms;
	char auth[VRRP_AUTH_LEN + 1];
	enum vrrp_checksum checksum;
	uint8_t n_peers;          /* 0: multicast */
	struct ip6_addr peers[VRRP_PEERS_MAX];
	uint8_t n_permitted;      /* 0: whoever advertises is heeded */
	struct ip6_addr permitted[VRRP_PEERS_MAX];
	char sync[32];            /* "": alone */
};

/* RFC 6527: why it became active last, and what was wrong with a packet last. */
enum vrrp_reason { VRRP_NEVER_ACTIVE, VRRP_BY_PRIORITY, VRRP_PREEMPTED, VRRP_NO_RESPONSE };
enum vrrp_proto_error { VRRP_NO_ERROR, VRRP_BAD_TTL, VRRP_BAD_VERSION, VRRP_BAD_CHECKSUM };

struct vrrp_transition {
	uint64_t at_ms;
	enum vrrp_state from, to;
	bool quiet;  /* there have been too many of late: not for the log */
	bool last;   /* the last one that is not */
	char reason[VRRP_REASON_MAX];
};

/* RFC 6527 and RFC 2787, and our own from @duplicates on. */
struct vrrp_stats {
	enum vrrp_reason active_reason;
	enum vrrp_proto_error proto_error;
	uint64_t become_active, rcvd, sent, prio0_rcvd, prio0_sent;
	uint64_t interval_errors, ttl_errors, type_errors, length_errors, addr_list_errors;
	uint64_t auth_type_errors, auth_failures;
	uint64_t duplicates; /* another active router was heard while we were active */
	uint64_t not_peers;  /* from routers that are no unicast peers */
	uint64_t not_permitted; /* from routers that are none of the permitted peers */
	uint64_t yielded;    /* active, and another one was better */
	uint64_t changes_unlogged; /* too many in a short time: see VRRP_CHANGES */
	uint64_t stalls;
	uint64_t timers, late, late_max_ms; /* timers that fired; of them later than VRRP_LATE_MS */
};

/* Of packets that belong to no virtual router. */
struct vrrp_totals {
	uint64_t checksum_errors, version_errors, vrid_errors, length_errors, type_errors;
};

struct vrrp_vr; /* a virtual router */
struct vrrp_engine;

enum vrrp_trace_kind { VRRP_TRACE_PACKET, VRRP_TRACE_ERROR, VRRP_TRACE_EVENT };

/* A packet, or something that has happened, in words. All pointers are borrowed. */
struct vrrp_trace {
	enum vrrp_trace_kind kind;
	uint32_t if_id;
	uint8_t vrid;
	bool ip6;
	bool out;
	const struct ip6_addr *peer; /* where it came from, or goes to; NULL: nowhere */
	const char *text; /* lines */
};

struct vrrp_ops {
	/** Send a packet out of an interface: to @to if that is not NULL, else to its group, from
	 *  the virtual MAC address. */
	void (*send)(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
			const struct ip6_addr *to);
	/** Tell the LAN where the addresses are: gratuitous ARP, unsolicited advertisements. */
	void (*announce)(void *ctx, const struct vrrp_cfg *c);
	/** The state has changed; the last of the history says why. */
	void (*changed)(void *ctx, const struct vrrp_vr *v, const struct vrrp_transition *t);
	/** Another active router, at most once in 10 s. */
	void (*duplicate)(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from,
			uint8_t priority);
	/** A packet for a virtual router of ours was refused, at most once in 10 s. */
	void (*refused)(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from,
			const char *why);
	/** While vrrp_trace_on(). NULL: never. */
	void (*trace)(void *ctx, const struct vrrp_trace *t);
};

struct vrrp_engine *vrrp_new(const struct vrrp_ops *ops, void *ctx);
/** Frees; no callback is called: see vrrp_leave_all(). NULL is fine. */
void vrrp_free(struct vrrp_engine *e);

/** Add a virtual router (state init, not up), or change it. What is the same stays untouched; other
 *  addresses, peers, timers or passwords are told to the LAN, and the role stays. Another version,
 *  sync group, or owner or not, makes it leave and begin anew.
 *  @return it, valid until vrrp_del(); NULL without memory. */
struct vrrp_vr *vrrp_set(struct vrrp_engine *e, const struct vrrp_cfg *c, uint64_t now_ms);
/** Leave (priority 0 if active) and forget. */
void vrrp_del(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms);
/** In the order in which they were made; NULL: the first one. */
struct vrrp_vr *vrrp_next(const struct vrrp_engine *e, const struct vrrp_vr *v);

/** May it take part: is there a link, and a dataplane that is in line? @why when not. */
void vrrp_up(struct vrrp_engine *e, struct vrrp_vr *v, bool up, const char *why, uint64_t now_ms);
/** Go on as the active router, which we were until a moment ago; it must be up. */
void vrrp_resume(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms);
/** The priority that follows from tracked objects, 1..254; an owner's stays. */
void vrrp_priority(struct vrrp_engine *e, struct vrrp_vr *v, uint8_t priority, uint64_t now_ms);
/** All leave, with priority 0 where active: we are about to stop. */
void vrrp_leave_all(struct vrrp_engine *e, const char *why, uint64_t now_ms);

/** A packet received on @if_id, from the IP header on. */
void vrrp_input(struct vrrp_engine *e, uint32_t if_id, const uint8_t *pkt, size_t len,
		uint64_t now_ms);
/** Another router has announced @addr on @if_id with the virtual MAC address: if it is one that is
 *  to yield to us and does not, the LAN is told anew. */
void vrrp_claimed(struct vrrp_engine *e, uint32_t if_id, const struct ip6_addr *addr,
		uint64_t now_ms);
void vrrp_tick(struct vrrp_engine *e, uint64_t now_ms);
/** When vrrp_tick() is to be called next; UINT64_MAX: nothing pending. */
uint64_t vrrp_next_ms(const struct vrrp_engine *e);

/** Tell ops.trace of packets and transitions from now on, or no more. Passwords are never in it. */
void vrrp_trace_on(struct vrrp_engine *e, bool on);

/* What is known of a virtual router. */
const struct vrrp_cfg *vrrp_cfg(const struct vrrp_vr *v);
enum vrrp_state vrrp_state(const struct vrrp_vr *v);
const struct vrrp_stats *vrrp_stats(const struct vrrp_vr *v);
const struct vrrp_totals *vrrp_totals(const struct vrrp_engine *e);
/** Transition @i, 0 the last one; NULL: there are no more. */
const struct vrrp_transition *vrrp_history(const struct vrrp_vr *v, unsigned int i);
struct vrrp_info {
	uint8_t priority;        /* in force */
	uint64_t since_ms;       /* of the state */
	uint32_t skew_ms, down_ms; /* intervals of RFC 9568 section 6.1 */
	uint32_t active_advert_ms; /* as the active router has it */
	bool has_active;
	struct ip6_addr active;  /* the active router's own address */
	uint8_t active_priority;
	uint64_t active_heard_ms; /* when */
	char why[VRRP_REASON_MAX]; /* in state init: why it does not take part */
};
void vrrp_info(const struct vrrp_vr *v, struct vrrp_info *out);
const char *vrrp_state_str(enum vrrp_state s);
const char *vrrp_reason_str(enum vrrp_reason r);
const char *vrrp_proto_error_str(enum vrrp_proto_error e);

#endif
