/* SPDX-License-Identifier: BSD-3-Clause */
/* Tracked objects; see track.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/track/track.h"

#define NEVER      UINT64_MAX
#define PASSES_MAX 20 /* of lists in lists; validation allows fewer */
#define NO_MEMBER  UINT32_MAX

struct object {
	struct cfg_track cfg; /* its members are in @members */
	uint32_t *members;    /* indices */
	bool up, raw;
	bool looked; /* something was seen of it */
	bool seen;   /* ... and has counted */
	char why[TRACK_WHY_MAX];
	uint64_t due_ms; /* the delay ends; NEVER: none runs */
	uint64_t since_ms;
	uint32_t changes;
};

struct track_engine {
	struct track_ops ops;
	void *ctx;
	struct object *at;
	uint32_t n;
};

static bool
is_list(const struct cfg_track *c)
{
	return c->has_boolean || c->has_threshold;
}

static struct object *
find(const struct track_engine *e, const char *name)
{
	uint32_t lo = 0, hi = e->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(e->at[mid].cfg.name, name);

		if (c == 0)
			return &e->at[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void
objects_free(struct object *at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		free(at[i].members);
		free(at[i].cfg.members);
	}
	free(at);
}

struct track_engine *
track_new(const struct track_ops *ops, void *ctx)
{
	struct track_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->ops = *ops;
	e->ctx = ctx;
	return e;
}

void
track_free(struct track_engine *e)
{
	if (e == NULL)
		return;
	objects_free(e->at, e->n);
	free(e);
}

/* ---- definitions ------------------------------------------------------------------------- */

/* What tells that an object is still the same, members apart. */
static bool
same_subject(const struct cfg_track *a, const struct cfg_track *b)
{
	return strcmp(a->interface, b->interface) == 0 && strcmp(a->ipsec, b->ipsec) == 0 &&
			strcmp(a->sla, b->sla) == 0 && strcmp(a->vrrp, b->vrrp) == 0 &&
			a->has_route == b->has_route &&
			a->route.addr == b->route.addr && a->route.len == b->route.len &&
			a->has_route6 == b->has_route6 && a->route6.len == b->route6.len &&
			ip6_equal(&a->route6.addr, &b->route6.addr) &&
			is_list(a) == is_list(b);
}

static int
object_make(const struct track_engine *e, struct object *o, const struct cfg_track *def,
		const struct object *old, uint64_t now_ms)
{
	if (old != NULL && same_subject(&old->cfg, def)) {
		*o = *old;
		o->members = NULL;
	} else {
		o->due_ms = NEVER;
		o->since_ms = now_ms;
		snprintf(o->why, sizeof(o->why), "not looked at yet");
		if (old == NULL && e->ops.was_up != NULL && e->ops.was_up(e->ctx, def->name)) {
			o->up = o->raw = o->looked = o->seen = true;
			snprintf(o->why, sizeof(o->why), "as before the control plane's restart");
		}
	}
	o->cfg = *def;
	o->cfg.members = NULL;
	if (def->n_members == 0)
		return 0;
	o->cfg.members = calloc(def->n_members, sizeof(*o->cfg.members));
	o->members = calloc(def->n_members, sizeof(*o->members));
	if (o->cfg.members == NULL || o->members == NULL)
		return -ENOMEM;
	memcpy(o->cfg.members, def->members, def->n_members * sizeof(*def->members));
	return 0;
}

int
track_set(struct track_engine *e, const struct cfg_track *defs, uint32_t n, uint64_t now_ms)
{
	struct object *at = calloc(n + 1u, sizeof(*at));
	int err = at == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < n && err == 0; i++)
		err = object_make(e, &at[i], &defs[i], find(e, defs[i].name), now_ms);
	if (err != 0) {
		if (at != NULL)
			objects_free(at, n);
		return err;
	}
	objects_free(e->at, e->n);
	e->at = at;
	e->n = n;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < at[i].cfg.n_members; k++) {
			const struct object *m = find(e, at[i].cfg.members[k].object);

			at[i].members[k] = m != NULL ? (uint32_t)(m - at) : NO_MEMBER;
		}
	}
	return 0;
}

/* ---- states ------------------------------------------------------------------------------ */

static void
saw(struct object *o, bool up, const char *why)
{
	o->raw = up;
	o->looked = true;
	snprintf(o->why, sizeof(o->why), "%s", why);
}

/* Go with what is seen, when its delay is over. True: the state has changed. */
static bool
object_settle(struct track_engine *e, struct object *o, uint64_t now_ms)
{
	uint32_t delay_s = o->raw ? o->cfg.delay_up_s : o->cfg.delay_down_s;
	bool first = !o->seen;

	if (!o->looked)
		return false;
	o->seen = true;
	if (o->raw == o->up) {
		o->due_ms = NEVER;
		return false;
	}
	if (!first && delay_s != 0 && o->due_ms == NEVER)
		o->due_ms = now_ms + delay_s * UINT64_C(1000);
	if (o->due_ms != NEVER && now_ms < o->due_ms)
		return false;
	o->due_ms = NEVER;
	o->up = o->raw;
	o->since_ms = now_ms;
	o->changes++;
	e->ops.changed(e->ctx, o->cfg.name, o->up, o->why);
	return true;
}

static void
list_look(struct track_engine *e, struct object *o)
{
	uint32_t up = 0, weight = 0, n = o->cfg.n_members, percent;
	char why[TRACK_WHY_MAX];
	bool is_up;

	for (uint32_t k = 0; k < n; k++) {
		const struct cfg_track_member *m = &o->cfg.members[k];
		bool m_up = o->members[k] != NO_MEMBER && e->at[o->members[k]].up;

		if (m_up == m->negate)
			continue;
		up++;
		weight += m->weight;
	}
	percent = n != 0 ? up * 100 / n : 0;
	if (o->cfg.has_boolean) {
		is_up = o->cfg.boolean == CFG_TRACK_AND ? up == n : up > 0;
		snprintf(why, sizeof(why), "%u of %u objects", up, n);
	} else {
		uint32_t have = o->cfg.threshold == CFG_TRACK_WEIGHT ? weight : percent;

		/* Between the two thresholds it stays what it is. */
		is_up = have >= o->cfg.threshold_up || (o->raw && have > o->cfg.threshold_down);
		snprintf(why, sizeof(why), "%s %u, up at %u, down at %u",
				o->cfg.threshold == CFG_TRACK_WEIGHT ? "weight" : "per cent", have,
				o->cfg.threshold_up, o->cfg.threshold_down);
	}
	saw(o, is_up, why);
}

bool
track_metric_ok(const struct track_show *s, uint32_t metric)
{
	const struct cfg_track *c = s->cfg;

	if (c->has_metric_up && c->has_metric_down)
		return metric <= c->metric_up || (s->raw && metric < c->metric_down);
	return !c->has_metric_max || metric <= c->metric_max;
}

void
track_saw(struct track_engine *e, uint32_t i, bool up, const char *why)
{
	if (i < e->n && !is_list(&e->at[i].cfg))
		saw(&e->at[i], up, why);
}

void
track_settle(struct track_engine *e, uint64_t now_ms)
{
	bool again = true;

	for (uint32_t i = 0; i < e->n; i++)
		if (!is_list(&e->at[i].cfg))
			object_settle(e, &e->at[i], now_ms);
	for (int pass = 0; again && pass < PASSES_MAX; pass++) {
		again = false;
		for (uint32_t i = 0; i < e->n; i++) {
			if (!is_list(&e->at[i].cfg))
				continue;
			list_look(e, &e->at[i]);
			again = object_settle(e, &e->at[i], now_ms) || again;
		}
	}
}

uint64_t
track_next_ms(const struct track_engine *e)
{
	uint64_t next = NEVER;

	for (uint32_t i = 0; i < e->n; i++)
		if (e->at[i].due_ms < next)
			next = e->at[i].due_ms;
	return next;
}

/* ---- what is known ----------------------------------------------------------------------- */

uint32_t
track_n(const struct track_engine *e)
{
	return e->n;
}

void
track_at(const struct track_engine *e, uint32_t i, struct track_show *out)
{
	const struct object *o = &e->at[i];

	*out = (struct track_show){ .cfg = &o->cfg, .up = o->up, .seen = o->seen, .raw = o->raw,
		.why = o->why, .since_ms = o->since_ms, .changes = o->changes };
}

bool
track_is_up(const struct track_engine *e, const char *name)
{
	const struct object *o = find(e, name);

	return o == NULL || o->up;
}
