/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers of an engine that is told the time: an intrusive heap, so that arming a timer cannot
 * fail; and of tens of thousands each step costs little, also the first one after all were armed.
 */
#ifndef CULVERT_CONTROLPLANE_UTIL_TIMERS_H
#define CULVERT_CONTROLPLANE_UTIL_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/** Embedded in what it is for. Set @fn and @arg once; zeroed storage is a stopped timer. */
struct timer {
	void (*fn)(void *arg);
	void *arg;
	uint64_t due_ms;
	bool on;
	uint32_t rank; /* see timers.c */
	struct timer *left, *right, *up;
};

struct timers {
	struct timer *root;
};

/** Arm or re-arm. */
void timer_set(struct timers *h, struct timer *t, uint64_t due_ms);
void timer_stop(struct timers *h, struct timer *t);
/** The earliest timer if it is due at @now_ms, stopped and out of the heap; else NULL. */
struct timer *timers_pop(struct timers *h, uint64_t now_ms);
/** When the earliest is due; UINT64_MAX: none. */
uint64_t timers_next(const struct timers *h);

#endif
