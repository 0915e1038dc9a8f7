/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracked objects without I/O: what is seen of each (up or down) comes in, lists are worked out of
 * their members, delays are waited for, and changes go out.
 *
 * An object is down until it has been seen for the first time; that first sight counts at once,
 * without a delay. From then on the state follows what is seen after the delay of its direction,
 * and a sight that does not last that long is passed over. Lists may contain lists.
 *
 * All times are monotonic milliseconds.
 */
#ifndef CULVERT_CONTROLPLANE_TRACK_H
#define CULVERT_CONTROLPLANE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/config/config.h"

#define TRACK_WHY_MAX 160

struct track_engine;

struct track_ops {
	/** The state has changed. Must not call back into the engine, but for what asks. */
	void (*changed)(void *ctx, const char *name, bool up, const char *why);
	/** A new object: was it up a moment ago, before the process was restarted? Then it is until
	 *  something else is seen. NULL: none was. */
	bool (*was_up)(void *ctx, const char *name);
};

struct track_show {
	const struct cfg_track *cfg; /* the copy that the engine has */
	bool up, seen;
	bool raw; /* as it is seen now, before delays */
	const char *why;
	uint64_t since_ms; /* of @up */
	uint32_t changes;
};

struct track_engine *track_new(const struct track_ops *ops, void *ctx);
/** NULL is fine. */
void track_free(struct track_engine *e);

/** These are the objects from now on, sorted by name; copied, without their texts' owners. Those
 *  that were there keep their states. 0 or -ENOMEM (then nothing has changed). */
int track_set(struct track_engine *e, const struct cfg_track *defs, uint32_t n, uint64_t now_ms);
/** What is seen of an object that is no list, and why in words. */
void track_saw(struct track_engine *e, uint32_t i, bool up, const char *why);
/** After track_saw() of all that may have changed: work out lists, begin and end delays. */
void track_settle(struct track_engine *e, uint64_t now_ms);
/** When track_settle() is to be called next; UINT64_MAX: no delay is running. */
uint64_t track_next_ms(const struct track_engine *e);

/** Is this metric of a tracked route good enough? Between two thresholds it is if it was. */
bool track_metric_ok(const struct track_show *s, uint32_t metric);

uint32_t track_n(const struct track_engine *e);
void track_at(const struct track_engine *e, uint32_t i, struct track_show *out);
/** True for what there is none of: nothing depends on an object that is not there. */
bool track_is_up(const struct track_engine *e, const char *name);

#endif
