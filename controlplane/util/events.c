/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring of changes of state; see events.h. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "controlplane/util/events.h"

struct events {
	void (*fn)(void *ctx);
	void *ctx;
	uint64_t next;
	struct event_rec ring[EVENTS_MAX];
};

struct events *
events_new(void)
{
	return calloc(1, sizeof(struct events));
}

void
events_free(struct events *e)
{
	free(e);
}

void
events_on_add(struct events *e, void (*fn)(void *ctx), void *ctx)
{
	e->fn = fn;
	e->ctx = ctx;
}

void
events_add(struct events *e, const char *source, const char *object, const char *from,
		const char *to, const char *why)
{
	struct event_rec *r;
	struct timespec ts;

	if (e == NULL)
		return;
	r = &e->ring[e->next % EVENTS_MAX];
	clock_gettime(CLOCK_REALTIME, &ts);
	r->seq = e->next++;
	r->time_ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	r->source = source;
	snprintf(r->object, sizeof(r->object), "%s", object);
	snprintf(r->from, sizeof(r->from), "%s", from);
	snprintf(r->to, sizeof(r->to), "%s", to);
	snprintf(r->why, sizeof(r->why), "%s", why);
	if (e->fn != NULL)
		e->fn(e->ctx);
}

uint64_t
events_next(const struct events *e)
{
	return e->next;
}

uint64_t
events_first(const struct events *e)
{
	return e->next > EVENTS_MAX ? e->next - EVENTS_MAX : 0;
}

const struct event_rec *
events_at(const struct events *e, uint64_t seq)
{
	return seq < events_first(e) || seq >= e->next ? NULL : &e->ring[seq % EVENTS_MAX];
}
