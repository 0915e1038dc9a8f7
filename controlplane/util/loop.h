/* SPDX-License-Identifier: BSD-3-Clause */
/* The event loop and the engines' clock: an engine says when it wants to be called next. */
#ifndef CULVERT_CONTROLPLANE_UTIL_LOOP_H
#define CULVERT_CONTROLPLANE_UTIL_LOOP_H

#include <stdint.h>

struct event;

/** Arm @timer, or arm it anew, for @due_ms of the clock that says @now_ms now; what is past is due
 *  when the loop comes round. UINT64_MAX: stop it. */
void loop_timer_at(struct event *timer, uint64_t due_ms, uint64_t now_ms);

#endif
