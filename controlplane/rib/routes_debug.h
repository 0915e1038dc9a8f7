/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `debug ip routing`: which routes are used, and which no longer, as it changes. While it runs, the
 * routes in use are compared with those of before whenever they have been computed.
 */
#ifndef CULVERT_CONTROLPLANE_ROUTES_DEBUG_H
#define CULVERT_CONTROLPLANE_ROUTES_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/inet6.h"
#include "controlplane/util/debug_ring.h"

struct cp;
struct reconcile;
struct routes_debug;

/* debug_msg.about */
struct routes_debug_about {
	bool ip6;
};

/** Of the reconciler, which is being made: it is cp->reconcile when the first routes come. NULL: no
 *  memory. */
struct routes_debug *routes_debug_new(struct cp *cp, struct reconcile *r);
/** NULL is fine. */
void routes_debug_free(struct routes_debug *x);

/** That of the reconciler. */
struct routes_debug *routes_debug_of(const struct reconcile *r);

/** Begin, or go on with another filter: routes within this prefix; of IPv4 with the address mapped
 *  and 96 more; NULL: all. Returns the number that the next message will have. */
uint64_t routes_debug_start(struct routes_debug *x, const struct ip6_prefix *within);
void routes_debug_stop(struct routes_debug *x);
/** Its messages; read by debug_ring_read(). */
struct debug_ring *routes_debug_ring(struct routes_debug *x);

#endif
