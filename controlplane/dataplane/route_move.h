/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes that move together. When a tunnel or neighbour fails, or a path becomes longer, most of
 * the routes that led one way lead another way afterwards, and lead into one group of the mirror.
 * So the group is sent the other way, by one command; the few that do not go with it leave it
 * before.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_ROUTE_MOVE_H
#define CULVERT_CONTROLPLANE_DATAPLANE_ROUTE_MOVE_H

#include <stdint.h>

#include "controlplane/rib/rib.h"

struct mirror;

struct route_move_io {
	struct mirror *mirror;
	const struct rib *rib;
	/** Name the route of this line to the mirror. */
	void (*name)(void *ctx, const struct rib_fib *f);
	void *ctx;
	uint64_t n_groups; /* out: += groups that were sent another way */
};

/**
 * @prefixes, sorted, have other routes now, or none. Move what moves together, and send it.
 * @return how many are still to be named one by one; these are first in @prefixes now, in order.
 */
uint32_t route_move(struct route_move_io *io, struct ip4_prefix *prefixes, uint32_t n);
/** The same within mirror_begin()..commit(): what leads another way now than the mirror has it. */
void route_move_all(struct route_move_io *io);

#endif
