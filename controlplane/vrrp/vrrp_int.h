/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the VRRP engine share. */
#ifndef CULVERT_CONTROLPLANE_VRRP_INT_H
#define CULVERT_CONTROLPLANE_VRRP_INT_H

#include <sys/queue.h>

#include "common/log.h"
#include "controlplane/vrrp/vrrp.h"

#define VRRP_NEVER UINT64_MAX

struct vrrp_vr {
	TAILQ_ENTRY(vrrp_vr) link;
	struct vrrp_cfg cfg;
	enum vrrp_state state;
	uint8_t priority; /* in force */
	bool up;
	char why[VRRP_REASON_MAX]; /* it is not up */
	/* Timers, VRRP_NEVER when they do not run. */
	uint64_t start_ms;  /* init: the start-up delay ends */
	uint64_t down_at_ms; /* backup: Active_Down_Timer */
	uint64_t advert_at_ms; /* active: Adver_Timer */
	uint64_t preempt_at_ms; /* backup, of a lower router: the delay of preemption ends */
	uint64_t announce_at_ms; /* active: the burst goes on */
	uint8_t n_announced;
	/* The active router, as heard. */
	bool heard;       /* it counts as there: by priority, or since we do not preempt */
	bool has_active;
	struct ip6_addr active;
	uint8_t active_priority;
	uint32_t active_advert_ms; /* Active_Adver_Interval */
	uint64_t heard_ms;
	bool pseudo;      /* send version 3 over IPv4 with a pseudo-header */
	bool relistened;  /* a late timer was forgiven once since something was heard */
	uint64_t since_ms; /* of the state */
	uint64_t answered_ms; /* active: when one of lower priority was last answered; 0: never */
	uint64_t lesser_ms; /* active: when one of lower priority was last heard; 0: never */
	uint64_t said_duplicate_ms, said_refused_ms; /* 0: never */
	struct log_limit changes;
	struct vrrp_stats stats;
	struct vrrp_transition history[VRRP_HISTORY];
	unsigned int n_history; /* ever */
};

TAILQ_HEAD(vrrp_list, vrrp_vr);

struct vrrp_engine {
	struct vrrp_ops ops;
	void *ctx;
	struct vrrp_list list;
	struct vrrp_totals totals;
	bool tracing;
};

/* vrrp_trace.c; nothing unless e->tracing */
/** A packet of ours, or one that came. */
void vrrp_trace_packet(struct vrrp_engine *e, uint32_t if_id, bool out, const struct vrrp_adv *a);
/** One that is none of VRRP: its bytes from the IP header on. */
void vrrp_trace_broken(struct vrrp_engine *e, uint32_t if_id, enum vrrp_err err, size_t len);
/** What became of a packet of @peer (NULL: of none), or happened here. */
void vrrp_trace_line(struct vrrp_engine *e, uint32_t if_id, uint8_t vrid, bool ip6,
		const struct ip6_addr *peer, const char *fmt, ...)
		__attribute__((format(printf, 6, 7)));

/* vrrp_fsm.c */
/** RFC 9568 section 6.4.1: take part, after the start-up delay if there is one. */
void vrrp_fsm_start(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms);
/** The same after another configuration: without the delay, unless it still runs. */
void vrrp_fsm_restart(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms);
/** It has other addresses: an active one tells the LAN. */
void vrrp_fsm_renew(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms);
/** The Shutdown event. */
void vrrp_fsm_stop(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms);
void vrrp_fsm_advert(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a,
		uint64_t now_ms);
/** One that is not to be heeded has advertised. */
void vrrp_fsm_intruder(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a,
		uint64_t now_ms);
/** Its addresses were announced by another. */
void vrrp_fsm_claimed(struct vrrp_vr *v, uint64_t now_ms);
void vrrp_fsm_tick(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms);
/** Its next timer. */
uint64_t vrrp_fsm_next_ms(const struct vrrp_vr *v);
/** The priority in force has changed. */
void vrrp_fsm_priority(struct vrrp_engine *e, struct vrrp_vr *v, uint8_t priority, uint64_t now_ms);
/** Become active, whatever the timers say. */
void vrrp_fsm_activate(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms);
/** From active to backup, with an advertisement of priority 0 first. */
void vrrp_fsm_yield(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms);
uint32_t vrrp_fsm_skew_ms(const struct vrrp_vr *v);
uint32_t vrrp_fsm_down_ms(const struct vrrp_vr *v);

/* vrrp_sync.c */
/** May it become active: what of the others of its group? The name of the one that stands in the
 *  way, or NULL. */
const char *vrrp_sync_hinders(const struct vrrp_engine *e, const struct vrrp_vr *v);
/** It has become active: so do the others. */
void vrrp_sync_activated(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms);
/** It is active no longer: nor are the others. */
void vrrp_sync_yielded(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms);

#endif
