/* SPDX-License-Identifier: BSD-3-Clause */
/* What tracks.c and tracks_probe.c share. */
#ifndef CULVERT_CONTROLPLANE_TRACKS_INT_H
#define CULVERT_CONTROLPLANE_TRACKS_INT_H

#include <event2/event.h>

#include "controlplane/track/probe.h"
#include "controlplane/track/runner.h"
#include "controlplane/track/track.h"
#include "controlplane/track/tracks.h"
#include "controlplane/track/tracks_debug.h"
#include "controlplane/util/kept.h"

struct tracks_sla {
	struct tracks *x; /* whose it is */
	struct cfg_sla cfg;
	struct probe *probe;
	char why[TRACK_WHY_MAX]; /* it could not be sent; "": it could */
};

struct tracks_debug {
	struct debug_ring ring;
	char name[CFG_NAME_MAX]; /* of this one only; "": all */
};

struct tracks {
	struct cp *cp;
	struct track_engine *engine;
	struct event *timer;
	struct runner *runner; /* NULL: no programs are run */
	const struct cfg *cfg; /* whose definitions the engine has; only compared */
	bool changed;          /* an object has, since who depends on it was told */
	struct tracks_sla *slas;
	uint32_t n_slas;
	struct kept kept; /* which objects are up, for a restart */
	bool kept_open;
	uint64_t kept_ms;  /* when they were written down last */
	struct tracks_debug debug[TRACKS_N_DEBUG];
	uint64_t waits_ms; /* until then what was so before a restart is believed, unseen */
};

/* tracks.c */
/** Look at everything, go by it, and set the timer. */
void tracks_settle(struct tracks *x);

/* tracks_probe.c */
int tracks_probes_set(struct tracks *x, const struct cfg *c);
void tracks_probes_free(struct tracks *x);
void tracks_probes_run(struct tracks *x);
uint64_t tracks_probes_next_ms(const struct tracks *x);
/* tracks_debug.c */
/** What has happened to an object or a probe, for who follows it. */
void tracks_say(struct tracks *x, enum tracks_debug_kind kind, const char *name, const char *fmt,
		...) __attribute__((format(printf, 4, 5)));
/** track_saw(), and what it says that is new. */
void tracks_saw(struct tracks *x, uint32_t i, bool up, const char *why);
/** Probes are others than before: follow those, or nobody does. */
void tracks_debug_probes(struct tracks *x);

/* tracks_route.c: @s is the object as track_at() shows it. */
void tracks_look_route(struct tracks *x, uint32_t i, const struct track_show *s);

void tracks_look_probe(struct tracks *x, uint32_t i, const char *sla);

#endif
