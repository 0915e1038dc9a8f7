/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state machine of RFC 9568 section 6.4 (RFC 3768 section 6.4 has the same for version 2), one
 * part for each state. Everybody who changes a state does it through move(), which keeps the
 * history and tells why.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/vrrp/vrrp_int.h"

#define QUIET_MS  10000 /* one line of a duplicate, or of what was refused, in this time */
#define ANSWER_MS 50    /* between two answers to routers of lower priority, at least */
#define CLAIM_MS  20    /* from another's announcement of our addresses to ours */

/* When addresses are announced after the first time: hosts and bridges may lose one, and a port
 * that has just come up forwards only after a while. */
static const uint32_t announce_after_ms[VRRP_ANNOUNCES] = { 0, 200, 1000, 5000 };

/* ---- timers ------------------------------------------------------------------------------ */

/* RFC 9568 section 6.1; RFC 3768 section 6.1 has whole seconds there. */
static uint32_t
skew_of(const struct vrrp_vr *v, uint32_t advert_ms)
{
	uint32_t unit_ms = v->cfg.version == 2 ? 1000 : advert_ms;

	return (256u - v->priority) * unit_ms / 256;
}

static uint32_t
advert_heard_ms(const struct vrrp_vr *v)
{
	return v->active_advert_ms != 0 ? v->active_advert_ms : v->cfg.advert_ms;
}

uint32_t
vrrp_fsm_skew_ms(const struct vrrp_vr *v)
{
	return skew_of(v, advert_heard_ms(v));
}

uint32_t
vrrp_fsm_down_ms(const struct vrrp_vr *v)
{
	return 3 * advert_heard_ms(v) + vrrp_fsm_skew_ms(v);
}

/* How long to listen when it is not known what was missed. */
static uint32_t
listen_ms(const struct vrrp_vr *v)
{
	return advert_heard_ms(v) + vrrp_fsm_skew_ms(v);
}

static void
timers_off(struct vrrp_vr *v)
{
	v->start_ms = v->down_at_ms = v->advert_at_ms = VRRP_NEVER;
	v->preempt_at_ms = v->announce_at_ms = VRRP_NEVER;
}

uint64_t
vrrp_fsm_next_ms(const struct vrrp_vr *v)
{
	const uint64_t at[] = { v->start_ms, v->down_at_ms, v->advert_at_ms, v->announce_at_ms };
	uint64_t next = VRRP_NEVER;

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		if (at[i] < next)
			next = at[i];
	return next;
}

/* ---- moving ------------------------------------------------------------------------------ */

static void __attribute__((format(printf, 5, 6)))
move(struct vrrp_engine *e, struct vrrp_vr *v, enum vrrp_state to, uint64_t now_ms, const char *fmt,
		...)
{
	struct vrrp_transition *t = &v->history[v->n_history % VRRP_HISTORY];
	va_list ap;

	t->at_ms = now_ms;
	t->from = v->state;
	t->to = to;
	t->quiet = !log_limit_ok(&v->changes, now_ms);
	t->last = v->changes.n_in_window == v->changes.per_interval && !t->quiet;
	v->stats.changes_unlogged += t->quiet;
	va_start(ap, fmt);
	vsnprintf(t->reason, sizeof(t->reason), fmt, ap);
	va_end(ap);
	vrrp_trace_line(e, v->cfg.if_id, v->cfg.vrid, v->cfg.ip6, NULL, "%s -> %s: %s",
			vrrp_state_str(v->state), vrrp_state_str(to), t->reason);
	v->n_history++;
	v->state = to;
	v->since_ms = now_ms;
	timers_off(v);
	e->ops.changed(e->ctx, v, t);
}

static void
send_to(struct vrrp_engine *e, struct vrrp_vr *v, const struct ip6_addr *to, uint8_t priority)
{
	const struct vrrp_cfg *c = &v->cfg;
	struct vrrp_adv a = { .ip6 = c->ip6, .ttl = 255, .src = c->source, .version = c->version,
		.vrid = c->vrid, .priority = priority, .n_addrs = c->n_addrs,
		.interval_ms = c->advert_ms, .pseudo = v->pseudo };
	uint8_t pkt[VRRP_PACKET_MAX];

	a.dst = to != NULL ? *to : vrrp_group(c->ip6);
	memcpy(a.addrs, c->addrs, c->n_addrs * sizeof(a.addrs[0]));
	if (c->auth[0] != '\0') {
		a.auth_type = VRRP_AUTH_TEXT;
		memcpy(a.auth, c->auth, strnlen(c->auth, VRRP_AUTH_LEN));
	}
	vrrp_trace_packet(e, c->if_id, true, &a);
	e->ops.send(e->ctx, c, pkt, vrrp_build(&a, pkt), to);
}

static void
advertise(struct vrrp_engine *e, struct vrrp_vr *v, uint8_t priority)
{
	if (v->cfg.n_peers == 0)
		send_to(e, v, NULL, priority);
	for (uint8_t i = 0; i < v->cfg.n_peers; i++)
		send_to(e, v, &v->cfg.peers[i], priority);
	v->stats.sent++;
	if (priority == 0)
		v->stats.prio0_sent++;
}

static void
announce(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	e->ops.announce(e->ctx, &v->cfg);
	v->n_announced++;
	v->announce_at_ms = VRRP_NEVER;
	if (v->n_announced < VRRP_ANNOUNCES)
		v->announce_at_ms = now_ms + announce_after_ms[v->n_announced] -
				announce_after_ms[v->n_announced - 1];
}

static void
announce_begin(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	v->n_announced = 0;
	announce(e, v, now_ms);
}

void
vrrp_fsm_activate(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	/* backup_down() knows better */
	v->stats.active_reason = VRRP_BY_PRIORITY;
	move(e, v, VRRP_ACTIVE, now_ms, "%s", why);
	v->stats.become_active++;
	v->heard = v->has_active = v->relistened = false;
	v->active_advert_ms = 0;
	advertise(e, v, v->priority);
	v->advert_at_ms = now_ms + v->cfg.advert_ms;
	announce_begin(e, v, now_ms);
	vrrp_sync_activated(e, v, now_ms);
}

static void
to_backup(struct vrrp_engine *e, struct vrrp_vr *v, uint32_t timer_ms, const char *why,
		uint64_t now_ms)
{
	bool was_active = v->state == VRRP_ACTIVE;

	move(e, v, VRRP_BACKUP, now_ms, "%s", why);
	v->down_at_ms = now_ms + timer_ms;
	if (was_active)
		vrrp_sync_yielded(e, v, now_ms);
}

void
vrrp_fsm_yield(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	advertise(e, v, 0);
	to_backup(e, v, vrrp_fsm_down_ms(v), why, now_ms);
}

/* The router that @a is from is the active one, for us. */
static void
follow(struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	v->has_active = v->heard = true;
	v->relistened = false;
	v->active = a->src;
	v->active_priority = a->priority;
	/* Version 2 has refused all others. */
	v->active_advert_ms = a->interval_ms;
	v->heard_ms = now_ms;
	v->preempt_at_ms = VRRP_NEVER;
	v->down_at_ms = now_ms + vrrp_fsm_down_ms(v);
}

/* ---- init: section 6.4.1 ----------------------------------------------------------------- */

static void
begin(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	v->start_ms = VRRP_NEVER;
	v->heard = v->has_active = false;
	v->active_advert_ms = 0;
	if (v->priority == VRRP_OWNER && vrrp_sync_hinders(e, v) == NULL)
		vrrp_fsm_activate(e, v, "owner of the address", now_ms);
	else
		to_backup(e, v, vrrp_fsm_down_ms(v), why, now_ms);
}

void
vrrp_fsm_start(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	if (v->cfg.startup_delay_ms != 0) {
		v->start_ms = now_ms + v->cfg.startup_delay_ms;
		snprintf(v->why, sizeof(v->why), "start-up delay");
	} else {
		begin(e, v, why, now_ms);
	}
}

void
vrrp_fsm_restart(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	if (v->start_ms == VRRP_NEVER)
		begin(e, v, why, now_ms);
}

void
vrrp_fsm_renew(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	if (v->state != VRRP_ACTIVE)
		return;
	advertise(e, v, v->priority);
	v->advert_at_ms = now_ms + v->cfg.advert_ms;
	announce_begin(e, v, now_ms);
}

void
vrrp_fsm_stop(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	bool was_active = v->state == VRRP_ACTIVE;

	timers_off(v);
	if (was_active)
		advertise(e, v, 0);
	if (v->state != VRRP_INIT)
		move(e, v, VRRP_INIT, now_ms, "%s", why);
	if (was_active)
		vrrp_sync_yielded(e, v, now_ms);
}

/* ---- backup: section 6.4.2 --------------------------------------------------------------- */

/* Of lower priority, and we preempt: is it to be heeded still? */
static bool
preemption_waits(struct vrrp_vr *v, uint64_t now_ms)
{
	if (v->cfg.preempt_delay_ms == 0)
		return false;
	if (v->preempt_at_ms == VRRP_NEVER)
		v->preempt_at_ms = now_ms + v->cfg.preempt_delay_ms;
	return now_ms < v->preempt_at_ms;
}

/* It is there, and not heeded. */
static void
note_active(struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	v->heard = false;
	v->has_active = true;
	v->active = a->src;
	v->active_priority = a->priority;
	v->heard_ms = now_ms;
}

static void
backup_advert(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	uint64_t preempt_at_ms = v->preempt_at_ms;

	if (a->priority == 0) {
		note_active(v, a, now_ms);
		v->down_at_ms = now_ms + vrrp_fsm_skew_ms(v);
	} else if (v->priority != VRRP_OWNER && (!v->cfg.preempt || a->priority >= v->priority)) {
		follow(v, a, now_ms);
	} else if (v->priority != VRRP_OWNER && preemption_waits(v, now_ms)) {
		preempt_at_ms = v->preempt_at_ms;
		follow(v, a, now_ms);
		v->preempt_at_ms = preempt_at_ms;
	} else {
		/* Discarded: it will be preempted when the timer fires. */
		note_active(v, a, now_ms);
	}
}

/* Why there is no router any more that is heeded; in words, in @why, and as RFC 6527 has it. */
static const char *
down_reason(const struct vrrp_vr *v, uint64_t now_ms, char why[VRRP_REASON_MAX],
		enum vrrp_reason *reason)
{
	char addr[IP6_STR_LEN];

	ip46_str(&v->active, addr);
	*reason = VRRP_NO_RESPONSE;
	if (!v->has_active) {
		snprintf(why, VRRP_REASON_MAX, "no other router was heard");
	} else if (v->active_priority == 0) {
		snprintf(why, VRRP_REASON_MAX, "%s has left", addr);
	} else if (v->active_priority < v->priority && v->heard_ms + vrrp_fsm_down_ms(v) > now_ms) {
		*reason = VRRP_PREEMPTED;
		snprintf(why, VRRP_REASON_MAX, "preempted %s of priority %u", addr,
				v->active_priority);
	} else {
		snprintf(why, VRRP_REASON_MAX, "%s was not heard for %llu ms", addr,
				(unsigned long long)(now_ms - v->heard_ms));
	}
	return why;
}

/* The Active_Down_Timer has fired. */
static void
backup_down(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	uint64_t late_ms = now_ms - v->down_at_ms;
	enum vrrp_reason reason;
	const char *hindrance;
	char why[VRRP_REASON_MAX];

	if (late_ms > v->cfg.advert_ms / 2 + VRRP_LATE_MS && !v->relistened) {
		v->relistened = true;
		v->stats.stalls++;
		v->down_at_ms = now_ms + listen_ms(v);
		return;
	}
	v->heard = false;
	hindrance = vrrp_sync_hinders(e, v);
	if (hindrance != NULL) {
		v->down_at_ms = now_ms + listen_ms(v);
		return;
	}
	vrrp_fsm_activate(e, v, down_reason(v, now_ms, why, &reason), now_ms);
	v->stats.active_reason = reason;
}

/* ---- active: section 6.4.3 --------------------------------------------------------------- */

/* Is one of lower priority answered, so that bridges send hosts' frames here and not there? Each
 * time, for it may be one that hears nothing and goes on; but no two of its advertisements in less
 * than half an interval. When we have sent an advertisement of our own is no matter: if the two
 * beat together, its is the last that bridges have seen. */
static bool
answer_is_due(const struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	uint32_t apart_ms = (a->interval_ms < v->cfg.advert_ms ? a->interval_ms
							       : v->cfg.advert_ms) / 2;

	return now_ms - v->answered_ms >= (apart_ms > ANSWER_MS ? apart_ms : ANSWER_MS);
}

static void
answer(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	v->lesser_ms = now_ms;
	if (!answer_is_due(v, a, now_ms))
		return;
	v->answered_ms = now_ms;
	advertise(e, v, v->priority);
	v->advert_at_ms = now_ms + v->cfg.advert_ms;
	announce_begin(e, v, now_ms);
}

static bool
is_better(const struct vrrp_vr *v, const struct vrrp_adv *a)
{
	if (a->priority != v->priority)
		return a->priority > v->priority;
	return memcmp(&a->src, &v->cfg.source, sizeof(a->src)) > 0;
}

static void
active_advert(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	char why[VRRP_REASON_MAX], addr[IP6_STR_LEN];

	if (a->priority == 0) {
		advertise(e, v, v->priority);
		v->advert_at_ms = now_ms + v->cfg.advert_ms;
		return;
	}
	v->stats.duplicates++;
	if (v->priority != VRRP_OWNER && is_better(v, a)) {
		snprintf(why, sizeof(why), "%s is active with priority %u%s",
				ip46_str(&a->src, addr), a->priority,
				a->priority == v->priority ? " and the higher address" : "");
		v->stats.yielded++;
		to_backup(e, v, 0, why, now_ms);
		follow(v, a, now_ms);
		return;
	}
	/* What crossed our first advertisement is no cause for alarm. */
	if (now_ms - v->since_ms >= v->cfg.advert_ms && (v->said_duplicate_ms == 0 ||
			now_ms - v->said_duplicate_ms >= QUIET_MS)) {
		v->said_duplicate_ms = now_ms;
		e->ops.duplicate(e->ctx, v, &a->src, a->priority);
	}
	/* Two owners are an error of their operators, which shouting does not mend. */
	if (a->priority != VRRP_OWNER)
		answer(e, v, a, now_ms);
	else
		v->lesser_ms = now_ms;
}

/* The Adver_Timer has fired. */
static void
active_timer(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	uint64_t late_ms = now_ms - v->advert_at_ms;
	char why[VRRP_REASON_MAX];

	/* The others' timers run for three intervals, and a skew that is longer than ours, from the
	 * last one they have seen. */
	if (late_ms > 2 * (uint64_t)v->cfg.advert_ms + skew_of(v, v->cfg.advert_ms)) {
		v->stats.stalls++;
		snprintf(why, sizeof(why), "our own clock stood still for %llu ms",
				(unsigned long long)late_ms);
		to_backup(e, v, listen_ms(v), why, now_ms);
		return;
	}
	advertise(e, v, v->priority);
	v->advert_at_ms += v->cfg.advert_ms;
	if (v->advert_at_ms <= now_ms)
		v->advert_at_ms = now_ms + v->cfg.advert_ms;
}

/* ---- events ------------------------------------------------------------------------------ */

void
vrrp_fsm_advert(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	v->pseudo = v->cfg.checksum == VRRP_SUM_AUTO && !a->ip6 && a->version == 3 ? a->pseudo
										  : v->pseudo;
	if (v->state == VRRP_BACKUP)
		backup_advert(e, v, a, now_ms);
	else if (v->state == VRRP_ACTIVE)
		active_advert(e, v, a, now_ms);
}

void
vrrp_fsm_intruder(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a,
		uint64_t now_ms)
{
	if (v->state == VRRP_ACTIVE && a->priority != 0)
		answer(e, v, a, now_ms);
}

/* A router that hears nothing, and so goes on, announces the addresses some time after its first
 * advertisement, too: the last word has to be ours. Of two that only hear each other's
 * announcements neither knows that it is the better one, and they do not shout at each other. */
void
vrrp_fsm_claimed(struct vrrp_vr *v, uint64_t now_ms)
{
	uint64_t at_ms = now_ms + CLAIM_MS;

	if (v->state != VRRP_ACTIVE || v->lesser_ms == 0 ||
			now_ms - v->lesser_ms > vrrp_fsm_down_ms(v))
		return;
	v->n_announced = 0;
	if (v->announce_at_ms > at_ms)
		v->announce_at_ms = at_ms;
}

static void
late_count(struct vrrp_vr *v, uint64_t due_ms, uint64_t now_ms)
{
	v->stats.timers++;
	if (now_ms - due_ms > v->stats.late_max_ms)
		v->stats.late_max_ms = now_ms - due_ms;
	if (now_ms - due_ms > VRRP_LATE_MS)
		v->stats.late++;
}

void
vrrp_fsm_tick(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	if (v->state == VRRP_INIT && v->start_ms <= now_ms) {
		begin(e, v, "the start-up delay is over", now_ms);
	} else if (v->state == VRRP_BACKUP && v->down_at_ms <= now_ms) {
		late_count(v, v->down_at_ms, now_ms);
		backup_down(e, v, now_ms);
	} else if (v->state == VRRP_ACTIVE && v->advert_at_ms <= now_ms) {
		late_count(v, v->advert_at_ms, now_ms);
		active_timer(e, v, now_ms);
	}
	if (v->state == VRRP_ACTIVE && v->announce_at_ms <= now_ms)
		announce(e, v, now_ms);
}

/* The skew time depends on it, and so does the timer that runs. */
void
vrrp_fsm_priority(struct vrrp_engine *e, struct vrrp_vr *v, uint8_t priority, uint64_t now_ms)
{
	uint32_t before_ms = vrrp_fsm_skew_ms(v), after_ms;

	v->priority = priority;
	after_ms = vrrp_fsm_skew_ms(v);
	if (v->state == VRRP_BACKUP && v->down_at_ms != VRRP_NEVER)
		v->down_at_ms = v->down_at_ms + after_ms - before_ms;
	if (v->state == VRRP_BACKUP && v->down_at_ms < now_ms)
		v->down_at_ms = now_ms;
	if (v->state == VRRP_ACTIVE) {
		/* The others learn it now, not up to 40 s later. */
		advertise(e, v, priority);
		v->advert_at_ms = now_ms + v->cfg.advert_ms;
	}
}
