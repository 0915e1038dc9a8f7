/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual routers, and what comes in for them; see vrrp.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/vrrp/vrrp_int.h"

#define QUIET_MS 10000 /* one line of what was refused in this time */
#define VRRP_TTL 255

/* ---- life -------------------------------------------------------------------------------- */

struct vrrp_engine *
vrrp_new(const struct vrrp_ops *ops, void *ctx)
{
	struct vrrp_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->ops = *ops;
	e->ctx = ctx;
	TAILQ_INIT(&e->list);
	return e;
}

static void
vr_free(struct vrrp_engine *e, struct vrrp_vr *v)
{
	TAILQ_REMOVE(&e->list, v, link);
	explicit_bzero(v, sizeof(*v));
	free(v);
}

void
vrrp_free(struct vrrp_engine *e)
{
	struct vrrp_vr *v;

	if (e == NULL)
		return;
	while ((v = TAILQ_FIRST(&e->list)) != NULL)
		vr_free(e, v);
	free(e);
}

static struct vrrp_vr *
vrrp_find(const struct vrrp_engine *e, uint32_t if_id, uint8_t vrid, bool ip6)
{
	struct vrrp_vr *v;

	TAILQ_FOREACH (v, &e->list, link)
		if (v->cfg.if_id == if_id && v->cfg.vrid == vrid && v->cfg.ip6 == ip6)
			return v;
	return NULL;
}

struct vrrp_vr *
vrrp_next(const struct vrrp_engine *e, const struct vrrp_vr *v)
{
	return v == NULL ? TAILQ_FIRST(&e->list) : TAILQ_NEXT(v, link);
}

static struct vrrp_vr *
vr_new(struct vrrp_engine *e, const struct vrrp_cfg *c, uint64_t now_ms)
{
	struct vrrp_vr *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->cfg = *c;
	v->priority = c->priority;
	v->pseudo = c->checksum != VRRP_SUM_PLAIN;
	v->since_ms = now_ms;
	v->start_ms = v->down_at_ms = v->advert_at_ms = VRRP_NEVER;
	v->preempt_at_ms = v->announce_at_ms = VRRP_NEVER;
	v->changes = (struct log_limit){ .per_interval = VRRP_CHANGES,
		.interval_ms = VRRP_CHANGES_MS };
	snprintf(v->why, sizeof(v->why), "not started");
	TAILQ_INSERT_TAIL(&e->list, v, link);
	return v;
}

/* Is it another router to the others, so that it has to begin anew? */
static bool
begins_anew(const struct vrrp_cfg *a, const struct vrrp_cfg *b)
{
	return a->version != b->version || strcmp(a->sync, b->sync) != 0 ||
			(a->priority == VRRP_OWNER) != (b->priority == VRRP_OWNER);
}

/* Are its addresses, and whom it tells of them, the same? */
static bool
says_the_same(const struct vrrp_cfg *a, const struct vrrp_cfg *b)
{
	return a->n_addrs == b->n_addrs && a->n_peers == b->n_peers &&
			memcmp(a->addrs, b->addrs, a->n_addrs * sizeof(a->addrs[0])) == 0 &&
			memcmp(a->peers, b->peers, a->n_peers * sizeof(a->peers[0])) == 0 &&
			ip6_equal(&a->source, &b->source);
}

struct vrrp_vr *
vrrp_set(struct vrrp_engine *e, const struct vrrp_cfg *c, uint64_t now_ms)
{
	struct vrrp_vr *v = vrrp_find(e, c->if_id, c->vrid, c->ip6);
	bool anew, same;
	uint64_t start_ms;

	if (v == NULL)
		return vr_new(e, c, now_ms);
	anew = v->up && begins_anew(&v->cfg, c);
	same = says_the_same(&v->cfg, c);
	start_ms = v->start_ms;
	if (anew)
		vrrp_fsm_stop(e, v, "the configuration has changed", now_ms);
	if (v->cfg.checksum != c->checksum)
		v->pseudo = c->checksum != VRRP_SUM_PLAIN;
	v->cfg = *c;
	if (anew) {
		v->priority = c->priority;
		v->start_ms = start_ms;
		vrrp_fsm_restart(e, v, "the configuration has changed", now_ms);
	} else if (!same) {
		vrrp_fsm_renew(e, v, now_ms);
	}
	return v;
}

void
vrrp_del(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	vrrp_fsm_stop(e, v, "not configured any more", now_ms);
	vr_free(e, v);
}

/* ---- what happens ------------------------------------------------------------------------ */

void
vrrp_up(struct vrrp_engine *e, struct vrrp_vr *v, bool up, const char *why, uint64_t now_ms)
{
	if (!up)
		snprintf(v->why, sizeof(v->why), "%s", why);
	if (v->up == up)
		return;
	v->up = up;
	if (up)
		vrrp_fsm_start(e, v, "the interface is up", now_ms);
	else
		vrrp_fsm_stop(e, v, why, now_ms);
}

void
vrrp_resume(struct vrrp_engine *e, struct vrrp_vr *v, const char *why, uint64_t now_ms)
{
	if (v->up && v->state != VRRP_ACTIVE)
		vrrp_fsm_activate(e, v, why, now_ms);
}

void
vrrp_priority(struct vrrp_engine *e, struct vrrp_vr *v, uint8_t priority, uint64_t now_ms)
{
	if (v->cfg.priority == VRRP_OWNER || priority == v->priority || priority == 0)
		return;
	vrrp_fsm_priority(e, v, priority, now_ms);
}

void
vrrp_leave_all(struct vrrp_engine *e, const char *why, uint64_t now_ms)
{
	struct vrrp_vr *v;

	TAILQ_FOREACH (v, &e->list, link)
		vrrp_up(e, v, false, why, now_ms);
}

void
vrrp_claimed(struct vrrp_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms)
{
	struct vrrp_vr *v;

	TAILQ_FOREACH (v, &e->list, link) {
		for (uint8_t i = 0; v->cfg.if_id == if_id && i < v->cfg.n_addrs; i++)
			if (ip6_equal(&v->cfg.addrs[i], addr))
				vrrp_fsm_claimed(v, now_ms);
	}
}

void
vrrp_tick(struct vrrp_engine *e, uint64_t now_ms)
{
	struct vrrp_vr *v;

	TAILQ_FOREACH (v, &e->list, link)
		vrrp_fsm_tick(e, v, now_ms);
}

uint64_t
vrrp_next_ms(const struct vrrp_engine *e)
{
	uint64_t next = VRRP_NEVER, at;
	const struct vrrp_vr *v;

	TAILQ_FOREACH (v, &e->list, link) {
		at = vrrp_fsm_next_ms(v);
		if (at < next)
			next = at;
	}
	return next;
}

/* ---- packets ----------------------------------------------------------------------------- */

static void
refused(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, const char *why,
		uint64_t *counter, uint64_t now_ms)
{
	++*counter;
	vrrp_trace_line(e, v->cfg.if_id, v->cfg.vrid, v->cfg.ip6, &a->src, "refused: %s", why);
	if (v->said_refused_ms != 0 && now_ms - v->said_refused_ms < QUIET_MS)
		return;
	v->said_refused_ms = now_ms;
	e->ops.refused(e->ctx, v, &a->src, why);
}

/* Is it one of them? Without any, everybody is. */
static bool
is_among(const struct ip6_addr *list, uint8_t n, const struct ip6_addr *a)
{
	for (uint8_t i = 0; i < n; i++)
		if (ip6_equal(&list[i], a))
			return true;
	return n == 0;
}

/* The same addresses, in any order. */
static bool
same_addrs(const struct vrrp_cfg *c, const struct vrrp_adv *a)
{
	if (a->n_addrs != c->n_addrs)
		return false;
	for (uint8_t i = 0; i < c->n_addrs; i++) {
		bool there = false;

		for (uint8_t k = 0; k < c->n_addrs && !there; k++)
			there = ip6_equal(&c->addrs[i], &a->addrs[k]);
		if (!there)
			return false;
	}
	return true;
}

/* RFC 3768 section 5.3.6, RFC 2338 section 5.3.6.2. */
static bool
auth_ok(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	char want[VRRP_AUTH_LEN] = { 0 };
	uint8_t type = v->cfg.auth[0] != '\0' ? VRRP_AUTH_TEXT : VRRP_AUTH_NONE, diff = 0;

	if (a->version == 3)
		return true;
	if (a->auth_type != type) {
		refused(e, v, a, "another authentication type", &v->stats.auth_type_errors, now_ms);
		return false;
	}
	if (type == VRRP_AUTH_NONE)
		return true;
	memcpy(want, v->cfg.auth, strnlen(v->cfg.auth, VRRP_AUTH_LEN));
	for (int i = 0; i < VRRP_AUTH_LEN; i++)
		diff |= (uint8_t)((uint8_t)want[i] ^ a->auth[i]);
	explicit_bzero(want, sizeof(want));
	if (diff != 0)
		refused(e, v, a, "wrong password", &v->stats.auth_failures, now_ms);
	return diff == 0;
}

/* The checks of RFC 9568 section 7.1 that are about one virtual router. */
static bool
acceptable(struct vrrp_engine *e, struct vrrp_vr *v, const struct vrrp_adv *a, uint64_t now_ms)
{
	if (a->ttl != VRRP_TTL) {
		v->stats.proto_error = VRRP_BAD_TTL;
		refused(e, v, a, "TTL is not 255: it comes from off the link", &v->stats.ttl_errors,
				now_ms);
		return false;
	}
	if (a->version != v->cfg.version) {
		v->stats.proto_error = VRRP_BAD_VERSION;
		refused(e, v, a, "another version", &e->totals.version_errors, now_ms);
		return false;
	}
	if (!is_among(v->cfg.permitted, v->cfg.n_permitted, &a->src)) {
		refused(e, v, a, "none of the permitted peers", &v->stats.not_permitted, now_ms);
		vrrp_fsm_intruder(e, v, a, now_ms);
		return false;
	}
	if (!is_among(v->cfg.peers, v->cfg.n_peers, &a->src)) {
		refused(e, v, a, "none of the unicast peers", &v->stats.not_peers, now_ms);
		return false;
	}
	if (!auth_ok(e, v, a, now_ms))
		return false;
	if (a->version == 2 && a->interval_ms != v->cfg.advert_ms) {
		refused(e, v, a, "another interval", &v->stats.interval_errors, now_ms);
		return false;
	}
	if (a->interval_ms == 0) {
		refused(e, v, a, "an interval of zero", &v->stats.interval_errors, now_ms);
		return false;
	}
	/* RFC 9568 section 5.2.5, erratum 8299 */
	if (a->version == 3 && a->n_addrs == 0) {
		refused(e, v, a, "no virtual address", &v->stats.addr_list_errors, now_ms);
		return false;
	}
	/* A warning (RFC 9568 section 7.1): addresses are changed on one router at a time. */
	if (a->priority != 0 && a->n_addrs != 0 && !same_addrs(&v->cfg, a))
		refused(e, v, a, "accepted, but it has other virtual addresses",
				&v->stats.addr_list_errors, now_ms);
	return true;
}

static void
packet_count(struct vrrp_engine *e, struct vrrp_vr *v, enum vrrp_err err)
{
	switch (err) {
	case VRRP_ERR_LENGTH:
		e->totals.length_errors++;
		if (v != NULL)
			v->stats.length_errors++;
		break;
	case VRRP_ERR_VERSION:
		e->totals.version_errors++;
		if (v != NULL)
			v->stats.proto_error = VRRP_BAD_VERSION;
		break;
	case VRRP_ERR_TYPE:
		e->totals.type_errors++;
		if (v != NULL)
			v->stats.type_errors++;
		break;
	case VRRP_ERR_CHECKSUM:
		e->totals.checksum_errors++;
		if (v != NULL)
			v->stats.proto_error = VRRP_BAD_CHECKSUM;
		break;
	case VRRP_OK:
		break;
	}
}

void
vrrp_input(struct vrrp_engine *e, uint32_t if_id, const uint8_t *pkt, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(pkt, len);
	struct vrrp_adv a;
	enum vrrp_err err = vrrp_parse(&r, &a);
	struct vrrp_vr *v = vrrp_find(e, if_id, a.vrid, a.ip6);

	if (err != VRRP_OK) {
		vrrp_trace_broken(e, if_id, err, len);
		packet_count(e, v, err);
		return;
	}
	vrrp_trace_packet(e, if_id, false, &a);
	if (v == NULL) {
		vrrp_trace_line(e, if_id, a.vrid, a.ip6, &a.src, "refused: no such group here");
		e->totals.vrid_errors++;
		return;
	}
	if (ip6_equal(&a.src, &v->cfg.source) || !v->up)
		return; /* our own, looped back */
	if (!acceptable(e, v, &a, now_ms))
		return;
	v->stats.rcvd++;
	if (a.priority == 0)
		v->stats.prio0_rcvd++;
	vrrp_fsm_advert(e, v, &a, now_ms);
}

/* ---- what is known ----------------------------------------------------------------------- */

const struct vrrp_cfg *
vrrp_cfg(const struct vrrp_vr *v)
{
	return &v->cfg;
}

enum vrrp_state
vrrp_state(const struct vrrp_vr *v)
{
	return v->state;
}

const struct vrrp_stats *
vrrp_stats(const struct vrrp_vr *v)
{
	return &v->stats;
}

const struct vrrp_totals *
vrrp_totals(const struct vrrp_engine *e)
{
	return &e->totals;
}

const struct vrrp_transition *
vrrp_history(const struct vrrp_vr *v, unsigned int i)
{
	if (i >= VRRP_HISTORY || i >= v->n_history)
		return NULL;
	return &v->history[(v->n_history - 1 - i) % VRRP_HISTORY];
}

void
vrrp_info(const struct vrrp_vr *v, struct vrrp_info *out)
{
	*out = (struct vrrp_info){ .priority = v->priority, .since_ms = v->since_ms,
		.skew_ms = vrrp_fsm_skew_ms(v), .down_ms = vrrp_fsm_down_ms(v),
		.active_advert_ms = v->active_advert_ms != 0 ? v->active_advert_ms
							     : v->cfg.advert_ms };
	if (v->state == VRRP_BACKUP && v->has_active) {
		out->has_active = true;
		out->active = v->active;
		out->active_priority = v->active_priority;
		out->active_heard_ms = v->heard_ms;
	}
	if (v->state == VRRP_ACTIVE) {
		out->has_active = true;
		out->active = v->cfg.source;
		out->active_priority = v->priority;
	}
	if (v->state == VRRP_INIT)
		memcpy(out->why, v->why, sizeof(out->why));
}

const char *
vrrp_state_str(enum vrrp_state s)
{
	static const char *const names[] = { "init", "backup", "active" };

	return (unsigned int)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

const char *
vrrp_reason_str(enum vrrp_reason r)
{
	static const char *const names[] = { "never", "priority", "preempted", "no-response" };

	return (unsigned int)r < sizeof(names) / sizeof(names[0]) ? names[r] : "?";
}

const char *
vrrp_proto_error_str(enum vrrp_proto_error e)
{
	static const char *const names[] = { "none", "ttl", "version", "checksum" };

	return (unsigned int)e < sizeof(names) / sizeof(names[0]) ? names[e] : "?";
}
