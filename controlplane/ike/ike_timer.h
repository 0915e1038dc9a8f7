/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers of the engine: an intrusive pairing heap, so that arming one cannot fail. */
#ifndef CULVERT_CONTROLPLANE_IKE_TIMER_H
#define CULVERT_CONTROLPLANE_IKE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/** Embedded in what it is for. Set @fn and @arg once; zeroed storage is a stopped timer. */
struct ike_timer {
	void (*fn)(void *arg);
	void *arg;
	uint64_t due_ms;
	bool on;
	struct ike_timer *child, *next,
			*prev; /* prev: left sibling, or parent of the first child */
};

struct ike_timers {
	struct ike_timer *root;
};

/** Arm or re-arm. */
void ike_timer_set(struct ike_timers *h, struct ike_timer *t, uint64_t due_ms);
void ike_timer_stop(struct ike_timers *h, struct ike_timer *t);
/** The earliest timer if it is due at @now_ms, stopped and out of the heap; else NULL. */
struct ike_timer *ike_timer_pop(struct ike_timers *h, uint64_t now_ms);
/** When the earliest is due; UINT64_MAX: none. */
uint64_t ike_timer_next(const struct ike_timers *h);

#endif
