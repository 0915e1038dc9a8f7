/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many LSAs are learned from others: "max-lsa", as IOS has it, and a bound that always holds.
 *
 * Beyond the bound (OSPF_LSAS_MOST, or twice what is configured if that is more) an LSA that is not
 * in its database is not taken. As it is not acknowledged either it comes again, and is taken as
 * soon as there is room. LSAs that are in the database go on being replaced.
 *
 * With a maximum configured, the process is ignored when it has been exceeded for a minute: it
 * says good-bye, forgets all, and is silent for a while. After too many such times in a row it
 * stays so until somebody clears it, or configures another maximum.
 */
#include <stdio.h>

#include "controlplane/ospf/ospf_bad.h"
#include "controlplane/ospf/ospf_proto.h"

#define OVER_MS       60000 /* above the maximum until the process is ignored, as on IOS */
#define BYTES_AN_LSA  1024  /* the bound in bytes: so many for each LSA of the bound */
#define REQUESTS_MOST 2000000 /* of all neighbours together */
#define MOVES         20      /* changes a minute that are told of */
#define QUIET_PERCENT 90    /* of a limit: below this it may be told of again */

enum act { ACT_NONE, ACT_IGNORE, ACT_GO_ON };

enum state { NORMAL, WARNED, ABOVE, FULL, IGNORED, FOR_GOOD };

static const char *const state_names[] = { "normal", "above the threshold", "above the maximum",
	"full", "ignored", "ignored until cleared" };

static uint32_t
bound(const struct ospf *o)
{
	uint32_t twice = o->cfg.limit.most < UINT32_MAX / 2 ? 2 * o->cfg.limit.most : UINT32_MAX;

	return twice > OSPF_LSAS_MOST ? twice : OSPF_LSAS_MOST;
}

static uint64_t
room(const struct ospf *o)
{
	return (uint64_t)bound(o) * BYTES_AN_LSA;
}

/* What threshold and messages are about. */
static uint32_t
most(const struct ospf *o)
{
	return o->cfg.limit.most != 0 ? o->cfg.limit.most : bound(o);
}

static enum state
state_of(const struct ospf *o)
{
	const struct ospf_limit *l = &o->limit;

	if (l->ignoring)
		return l->for_good ? FOR_GOOD : IGNORED;
	if (l->over.on)
		return ABOVE;
	return l->n >= bound(o) ? FULL : l->warned ? WARNED : NORMAL;
}

/* ---- telling of it ----------------------------------------------------------------------- */

static void
why_write(const struct ospf *o, enum state was, enum state is, char *why, size_t why_len)
{
	const struct ospf_limit *l = &o->limit;
	int n;

	if (was >= IGNORED && is < IGNORED) {
		snprintf(why, why_len, "%s", l->back);
		return;
	}
	n = snprintf(why, why_len, "%u LSAs of others, the maximum is %u",
			is >= IGNORED ? l->n_then : l->n, most(o));
	if (is == ABOVE)
		snprintf(why + n, why_len - (size_t)n, ": ignored if that lasts for a minute");
	else if (is == IGNORED)
		snprintf(why + n, why_len - (size_t)n, ": for %u s, time %u of %u in a row",
				o->cfg.limit.ignore_s, l->n_in_row, o->cfg.limit.ignore_count);
	else if (is == FOR_GOOD)
		snprintf(why + n, why_len - (size_t)n, ": time %u in a row", l->n_in_row);
}

/* Neighbours can make the number go up and down as often as they like: they are not heard of more
 * often than so, and what it is in the end is told later. */
static void
tell(struct ospf *o)
{
	struct ospf_limit *l = &o->limit;
	enum state was = l->told, is = state_of(o);
	char why[128];

	if (is == was || o->ops.limit_moved == NULL)
		return;
	if (is < IGNORED && was < IGNORED && !log_limit_ok(&l->moves, o->now_ms))
		return;
	l->told = (uint8_t)is;
	why_write(o, was, is, why, sizeof(why));
	o->ops.limit_moved(o->ops.ctx, state_names[was], state_names[is], why);
}

/* ---- the time above it ------------------------------------------------------------------- */

static void
on_over(void *arg)
{
	struct ospf *o = arg;

	if (o->limit.n > o->cfg.limit.most)
		o->limit.act = ACT_IGNORE;
}

static void
on_ignored(void *arg)
{
	struct ospf *o = arg;

	o->limit.back = "the time is over";
	o->limit.act = ACT_GO_ON;
}

static void
on_reset(void *arg)
{
	struct ospf *o = arg;

	o->limit.n_in_row = 0;
}

void
ospf_limit_init(struct ospf *o)
{
	o->limit.over = (struct timer){ .fn = on_over, .arg = o };
	o->limit.ignored = (struct timer){ .fn = on_ignored, .arg = o };
	o->limit.reset = (struct timer){ .fn = on_reset, .arg = o };
	o->limit.moves = (struct log_limit){ .per_interval = MOVES, .interval_ms = 60000 };
}

static void
ignore(struct ospf *o)
{
	struct ospf_limit *l = &o->limit;
	const struct ospf_limit_cfg *c = &o->cfg.limit;

	timer_stop(&o->timers, &l->reset);
	l->n_ignored++;
	l->n_then = l->n;
	l->ignoring = true;
	l->for_good = l->n_in_row++ >= c->ignore_count;
	if (l->for_good)
		ospf_log(o, LVL_ERROR, "%u LSAs of others, the maximum is %u: the process is "
				"ignored, and as this is the %uth time in a row, until it is "
				"cleared", l->n, c->most, l->n_in_row);
	else
		ospf_log(o, LVL_ERROR, "%u LSAs of others, the maximum is %u: the process is "
				"ignored for %u s, time %u of %u", l->n, c->most, c->ignore_s,
				l->n_in_row, c->ignore_count);
	if (!l->for_good)
		timer_set(&o->timers, &l->ignored, o->now_ms + c->ignore_s * 1000ull);
	ospf_pause(o);
}

static void
go_on(struct ospf *o)
{
	struct ospf_limit *l = &o->limit;

	ospf_log(o, LVL_NOTICE, "the process is no longer ignored");
	timer_stop(&o->timers, &l->ignored);
	timer_set(&o->timers, &l->reset, o->now_ms + o->cfg.limit.reset_s * 1000ull);
	l->ignoring = l->for_good = false;
	ospf_go_on(o);
}

void
ospf_limit_settle(struct ospf *o)
{
	uint8_t act = o->limit.act;

	o->limit.act = ACT_NONE;
	if (act == ACT_IGNORE && !o->limit.ignoring)
		ignore(o);
	else if (act == ACT_GO_ON && o->limit.ignoring)
		go_on(o);
	tell(o);
}

void
ospf_limit_forget(struct ospf *o)
{
	struct ospf_limit *l = &o->limit;

	timer_stop(&o->timers, &l->over);
	timer_stop(&o->timers, &l->ignored);
	timer_stop(&o->timers, &l->reset);
	l->act = ACT_NONE;
	l->back = "the process begins anew";
	l->ignoring = l->for_good = l->warned = l->full = false;
	l->n_in_row = 0;
}

/* ---- counting ---------------------------------------------------------------------------- */

/* The threshold (an LSA at least), the maximum and the bound are told of once, and again when they
 * were left. */
static void
compare(struct ospf *o)
{
	struct ospf_limit *l = &o->limit;
	uint64_t threshold = (uint64_t)most(o) * o->cfg.limit.threshold / 100;

	if (threshold == 0 && o->cfg.limit.threshold != 0)
		threshold = 1;
	if (threshold != 0 && l->n >= threshold && !l->warned) {
		l->warned = true;
		ospf_log(o, LVL_WARNING, "%u LSAs of others: %u percent of the maximum of %u",
				l->n, o->cfg.limit.threshold, most(o));
	} else if (l->n < (threshold * QUIET_PERCENT + 99) / 100) {
		l->warned = false;
	}
	if (l->n < bound(o) / 100 * QUIET_PERCENT && l->bytes < room(o) / 100 * QUIET_PERCENT)
		l->full = false;
	if (o->cfg.limit.most == 0 || l->n <= o->cfg.limit.most || o->cfg.limit.warning_only) {
		timer_stop(&o->timers, &l->over);
	} else if (!l->over.on && !l->ignoring) {
		ospf_log(o, LVL_ERROR, "more than %u LSAs of others: if that lasts for a minute "
				"the process is ignored", o->cfg.limit.most);
		timer_set(&o->timers, &l->over, o->now_ms + OVER_MS);
	}
}

void
ospf_limit_set(struct ospf *o)
{
	timer_stop(&o->timers, &o->limit.over);
	o->limit.warned = o->limit.full = false;
	if (o->limit.ignoring) {
		o->limit.back = "configured anew";
		o->limit.act = ACT_GO_ON;
	}
	compare(o);
}

void
ospf_limit_count(struct ospf_lsa *lsa, bool learned)
{
	struct ospf *o = lsa->db->o;
	uint16_t len = learned ? lsa->h.len : 0;

	if (len == lsa->learned_len)
		return;
	o->limit.n += (uint32_t)(len != 0) - (uint32_t)(lsa->learned_len != 0);
	o->limit.bytes += (uint64_t)len - lsa->learned_len;
	lsa->learned_len = len;
	compare(o);
}

bool
ospf_limit_has_room(struct ospf_nbr *n, const struct ospf_lsa_hdr *h, const struct ospf_lsa *lsa)
{
	struct ospf *o = n->ifp->o;
	uint32_t had = lsa != NULL && lsa->data != NULL ? lsa->h.len : 0;
	char b[OSPF_LSA_STR_LEN];

	if (had >= h->len || ((had != 0 || o->limit.n < bound(o)) &&
			o->limit.bytes + h->len - had <= room(o)))
		return true;
	if (!o->limit.full)
		ospf_log(o, LVL_ERROR, "%u LSAs of others, %llu bytes: there is room for no more, "
				"new ones are not taken", o->limit.n,
				(unsigned long long)o->limit.bytes);
	o->limit.full = true;
	ospf_bad(n->ifp, OSPF_BAD_LSA_LIMIT, n->addr, "no room for LSA %s", ospf_lsa_str(h, b));
	return false;
}

bool
ospf_limit_may_request(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;

	if (n->n_requests < bound(o) && o->limit.n_requests < REQUESTS_MOST)
		return true;
	ospf_bad(n->ifp, OSPF_BAD_LSA_LIMIT, n->addr, "it describes %u LSAs that are not here",
			n->n_requests);
	return false;
}

void
ospf_limit_stats(const struct ospf *o, struct ospf_limit_stats *s)
{
	const struct ospf_limit *l = &o->limit;

	*s = (struct ospf_limit_stats){ .most = o->cfg.limit.most, .bound = bound(o),
		.n = l->n, .bytes = l->bytes, .ignoring = l->ignoring, .for_good = l->for_good,
		.n_in_row = l->n_in_row, .n_ignored = l->n_ignored,
		.due_ms = l->ignored.on ? l->ignored.due_ms : l->over.on ? l->over.due_ms
				: l->reset.on ? l->reset.due_ms : 0 };
	s->state = state_names[state_of(o)];
}
