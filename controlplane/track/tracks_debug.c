/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug track`, `debug ip sla`: what is seen of objects, and each request of a probe. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/track/tracks_int.h"

#define TEXT_LEN (TRACK_WHY_MAX + 80)

static const char *const commands[] = { [TRACKS_DEBUG_OBJECTS] = "debug track",
	[TRACKS_DEBUG_PROBES] = "debug ip sla" };

void
tracks_say(struct tracks *x, enum tracks_debug_kind kind, const char *name, const char *fmt, ...)
{
	struct tracks_debug *d = &x->debug[kind];
	struct tracks_debug_about about = { .name = "" };
	char text[TEXT_LEN];
	va_list ap;

	if (debug_ring_unread(&d->ring, cp_now_ms())) {
		log_notice("track", "%s ends: nobody has read it for a minute", commands[kind]);
		tracks_debug_stop(x, kind);
	}
	if (!d->ring.running || (d->name[0] != '\0' && strcmp(d->name, name) != 0))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(about.name, sizeof(about.name), "%s", name);
	debug_ring_add(&d->ring, text, &about, sizeof(about));
}

void
tracks_saw(struct tracks *x, uint32_t i, bool up, const char *why)
{
	struct track_show s;
	uint32_t delay_s;

	if (x->debug[TRACKS_DEBUG_OBJECTS].ring.running) {
		track_at(x->engine, i, &s);
		delay_s = up ? s.cfg->delay_up_s : s.cfg->delay_down_s;
		if (!s.seen || s.raw != up)
			tracks_say(x, TRACKS_DEBUG_OBJECTS, s.cfg->name, "seen %s: %s%s",
					up ? "up" : "down", why,
					s.seen && s.up != up && delay_s != 0 ? "; its delay begins"
									     : "");
	}
	track_saw(x->engine, i, up, why);
}

/* How a request has ended. */
static void
on_ended(void *arg, const struct probe_result *r)
{
	struct tracks_sla *s = arg;

	if (r->end == PROBE_ANSWERED)
		tracks_say(s->x, TRACKS_DEBUG_PROBES, s->cfg.name,
				"number %u is answered after %u.%03u ms", r->seq, r->rtt_us / 1000,
				r->rtt_us % 1000);
	else
		tracks_say(s->x, TRACKS_DEBUG_PROBES, s->cfg.name, "number %u is %s", r->seq,
				r->end == PROBE_REFUSED ? "refused" : "not answered in time");
}

void
tracks_debug_probes(struct tracks *x)
{
	for (uint32_t i = 0; i < x->n_slas; i++) {
		struct tracks_sla *s = &x->slas[i];

		s->x = x;
		if (s->probe == NULL)
			continue;
		s->probe->ended = x->debug[TRACKS_DEBUG_PROBES].ring.running ? on_ended : NULL;
		s->probe->arg = s;
	}
}

uint64_t
tracks_debug_start(struct tracks *x, enum tracks_debug_kind kind, const char *name)
{
	struct tracks_debug *d = &x->debug[kind];
	uint64_t next = debug_ring_start(&d->ring, cp_now_ms());

	snprintf(d->name, sizeof(d->name), "%s", name);
	tracks_debug_probes(x);
	return next;
}

void
tracks_debug_stop(struct tracks *x, enum tracks_debug_kind kind)
{
	debug_ring_stop(&x->debug[kind].ring);
	tracks_debug_probes(x);
}

struct debug_ring *
tracks_debug_ring(struct tracks *x, enum tracks_debug_kind kind)
{
	return &x->debug[kind].ring;
}
