/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug track`, `debug ip sla`: what is seen of objects, and each request of a probe, in words. */
#ifndef CULVERT_CONTROLPLANE_TRACKS_DEBUG_H
#define CULVERT_CONTROLPLANE_TRACKS_DEBUG_H

#include "controlplane/util/debug_ring.h"

struct tracks;

enum tracks_debug_kind { TRACKS_DEBUG_OBJECTS, TRACKS_DEBUG_PROBES, TRACKS_N_DEBUG };

/* debug_msg.about */
struct tracks_debug_about {
	char name[32]; /* of the object or probe */
};

/** Begin, or go on with another filter: one object or probe, "": all. Returns the number that the
 *  next message will have. */
uint64_t tracks_debug_start(struct tracks *x, enum tracks_debug_kind kind, const char *name);
void tracks_debug_stop(struct tracks *x, enum tracks_debug_kind kind);
/** Its messages; read by debug_ring_read(). */
struct debug_ring *tracks_debug_ring(struct tracks *x, enum tracks_debug_kind kind);

#endif
