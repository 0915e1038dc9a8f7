/* SPDX-License-Identifier: BSD-3-Clause */
/* Who advertises, and when; see ra.h. Sections are those of RFC 4861. */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "controlplane/ra/ra.h"

struct ra_sender {
	TAILQ_ENTRY(ra_sender) link;
	struct ra_cfg cfg;
	uint64_t last_ms; /* 0: it has not advertised */
	uint64_t due_ms;
	unsigned int n_first; /* of the first ones that are 16 s apart at most */
	struct ra_stats stats;
};

struct ra_engine {
	struct ra_ops ops;
	void *ctx;
	uint64_t random;
	struct ra_totals totals;
	TAILQ_HEAD(, ra_sender) list;
};

/* xorshift64: the delays need to differ, not to be secret. */
static uint32_t
draw(struct ra_engine *e, uint32_t n)
{
	e->random ^= e->random << 13;
	e->random ^= e->random >> 7;
	e->random ^= e->random << 17;
	return n != 0 ? (uint32_t)(e->random >> 20) % n : 0;
}

struct ra_engine *
ra_new(const struct ra_ops *ops, void *ctx, uint64_t seed)
{
	struct ra_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->ops = *ops;
	e->ctx = ctx;
	e->random = seed != 0 ? seed : 1;
	TAILQ_INIT(&e->list);
	return e;
}

void
ra_free(struct ra_engine *e)
{
	struct ra_sender *s;

	if (e == NULL)
		return;
	while ((s = TAILQ_FIRST(&e->list)) != NULL) {
		TAILQ_REMOVE(&e->list, s, link);
		free(s);
	}
	free(e);
}

/* ---- sending ----------------------------------------------------------------------------- */

static void
advertise(struct ra_engine *e, struct ra_sender *s, const struct ra_msg *m)
{
	uint8_t frame[RA_FRAME_LEN];

	s->stats.sent++;
	e->ops.send(e->ctx, s->cfg.if_id, frame, ra_build(m, frame));
}

/* Not before @at_ms, nor 3 s after the last one. */
static void
due_by(struct ra_sender *s, uint64_t at_ms)
{
	if (s->last_ms != 0 && at_ms < s->last_ms + RA_APART_MS)
		at_ms = s->last_ms + RA_APART_MS;
	if (at_ms < s->due_ms)
		s->due_ms = at_ms;
}

/* Section 6.2.4. */
static void
sender_tick(struct ra_engine *e, struct ra_sender *s, uint64_t now_ms)
{
	uint64_t in_ms = s->cfg.min_ms + draw(e, s->cfg.max_ms - s->cfg.min_ms + 1);

	if (now_ms < s->due_ms)
		return;
	advertise(e, s, &s->cfg.msg);
	s->n_first++;
	if (s->n_first < RA_FIRST && in_ms > RA_FIRST_APART_MS)
		in_ms = RA_FIRST_APART_MS;
	s->last_ms = now_ms;
	s->due_ms = now_ms + in_ms;
}

void
ra_tick(struct ra_engine *e, uint64_t now_ms)
{
	struct ra_sender *s;

	TAILQ_FOREACH (s, &e->list, link)
		sender_tick(e, s, now_ms);
}

uint64_t
ra_next_ms(const struct ra_engine *e)
{
	const struct ra_sender *s;
	uint64_t next = UINT64_MAX;

	TAILQ_FOREACH (s, &e->list, link)
		next = s->due_ms < next ? s->due_ms : next;
	return next;
}

/* ---- senders ----------------------------------------------------------------------------- */

struct ra_sender *
ra_find(const struct ra_engine *e, uint32_t if_id, uint8_t vrid)
{
	struct ra_sender *s;

	TAILQ_FOREACH (s, &e->list, link)
		if (s->cfg.if_id == if_id && s->cfg.vrid == vrid)
			return s;
	return NULL;
}

static bool
same_prefix(const struct ra_prefix *a, const struct ra_prefix *b)
{
	return ip6_equal(&a->prefix.addr, &b->prefix.addr) && a->prefix.len == b->prefix.len &&
			a->on_link == b->on_link && a->autonomous == b->autonomous &&
			a->valid_s == b->valid_s && a->preferred_s == b->preferred_s;
}

static bool
same_msg(const struct ra_msg *a, const struct ra_msg *b)
{
	if (!ip6_equal(&a->src, &b->src) || memcmp(a->mac, b->mac, sizeof(a->mac)) != 0 ||
			a->hop_limit != b->hop_limit || a->managed != b->managed ||
			a->other != b->other || a->preference != b->preference ||
			a->lifetime_s != b->lifetime_s || a->mtu != b->mtu ||
			a->n_prefixes != b->n_prefixes)
		return false;
	for (uint8_t i = 0; i < a->n_prefixes; i++)
		if (!same_prefix(&a->prefixes[i], &b->prefixes[i]))
			return false;
	return true;
}

/* Of another address it would be another router to the hosts. */
static void
withdraw(struct ra_engine *e, struct ra_sender *s)
{
	struct ra_msg m = s->cfg.msg;

	m.lifetime_s = 0;
	if (s->last_ms != 0)
		advertise(e, s, &m);
}

struct ra_sender *
ra_set(struct ra_engine *e, const struct ra_cfg *c, uint64_t now_ms)
{
	struct ra_sender *s = ra_find(e, c->if_id, c->vrid);

	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			return NULL;
		s->cfg = *c;
		s->due_ms = now_ms;
		TAILQ_INSERT_TAIL(&e->list, s, link);
		return s;
	}
	if (same_msg(&s->cfg.msg, &c->msg) && s->cfg.min_ms == c->min_ms &&
			s->cfg.max_ms == c->max_ms)
		return s;
	if (!ip6_equal(&s->cfg.msg.src, &c->msg.src))
		withdraw(e, s);
	s->cfg = *c;
	s->n_first = 0;
	due_by(s, now_ms);
	return s;
}

void
ra_del(struct ra_engine *e, struct ra_sender *s, bool last)
{
	if (last)
		withdraw(e, s);
	TAILQ_REMOVE(&e->list, s, link);
	free(s);
}

struct ra_sender *
ra_next(const struct ra_engine *e, const struct ra_sender *s)
{
	return s == NULL ? TAILQ_FIRST(&e->list) : TAILQ_NEXT(s, link);
}

/* ---- solicitations: section 6.2.6 ---------------------------------------------------------- */

void
ra_input(struct ra_engine *e, uint32_t if_id, const uint8_t *pkt, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(pkt, len);
	struct ra_solicit q;
	struct ra_sender *s;
	bool wanted = false;

	if (ra_solicit_parse(&r, &q) != 0) {
		e->totals.malformed++;
		return;
	}
	e->totals.solicits++;
	TAILQ_FOREACH (s, &e->list, link) {
		if (s->cfg.if_id != if_id)
			continue;
		wanted = true;
		s->stats.solicited++;
		due_by(s, now_ms + draw(e, RA_DELAY_MS + 1));
	}
	if (!wanted)
		e->totals.unwanted++;
}

/* ---- what is known ----------------------------------------------------------------------- */

const struct ra_cfg *
ra_cfg(const struct ra_sender *s)
{
	return &s->cfg;
}

const struct ra_stats *
ra_stats(const struct ra_sender *s)
{
	return &s->stats;
}

const struct ra_totals *
ra_totals(const struct ra_engine *e)
{
	return &e->totals;
}

uint64_t
ra_last_ms(const struct ra_sender *s)
{
	return s->last_ms;
}

uint64_t
ra_due_ms(const struct ra_sender *s)
{
	return s->due_ms;
}
