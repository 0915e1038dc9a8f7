/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/util/loop.h"

#include <event2/event.h>

void
loop_timer_at(struct event *timer, uint64_t due_ms, uint64_t now_ms)
{
	uint64_t in_ms = due_ms > now_ms ? due_ms - now_ms : 0;
	struct timeval tv = { .tv_sec = (time_t)(in_ms / 1000),
		.tv_usec = (suseconds_t)(in_ms % 1000 * 1000) };

	if (due_ms == UINT64_MAX)
		evtimer_del(timer);
	else
		evtimer_add(timer, &tv);
}
