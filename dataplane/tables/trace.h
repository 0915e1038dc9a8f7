/* SPDX-License-Identifier: BSD-3-Clause */
/* The running packet trace: set by the main core, read by workers; what they do: nodes/trace.h. */
#ifndef CULVERT_DATAPLANE_TABLES_TRACE_H
#define CULVERT_DATAPLANE_TABLES_TRACE_H

#include "common/channel.h"

struct tables;

struct trace_filter {
	struct chan_trace want;
	uint32_t left; /* packets that may still be recorded, by all workers: atomic */
};

/** CHAN_CMD_TRACE_SET: replaces the running trace; count 0 ends it. 0, -EINVAL, -ENOMEM. */
int trace_set(struct tables *t, const struct chan_trace *c, const char **field);
/** There is nobody left to read a trace. */
void trace_stop(struct tables *t);

#endif
