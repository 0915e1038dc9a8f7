/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over what an engine holds that last several turns of the loop: a place is a key and a
 * number of birth, which stands for "behind this one" also when this one has gone. Lists are in the
 * order of birth. Of one that was there all the time none is left out, and none comes twice. What
 * is born after the first step is not met, so a walk ends however fast they come.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_OSPF_WALK_H
#define CULVERT_CONTROLPLANE_OSPF_OSPF_WALK_H

#include "controlplane/ospf/ospf_int.h"

/** Zeroed: before the first. */
struct ospf_place {
	uint64_t key;  /* where it is found if it is still there */
	uint64_t born; /* of what was found last; 0: nothing */
	uint64_t last; /* births when the walk began; 0: it has not */
};

/** The next one, and @at is there; NULL: there is no more. Valid until something changes. */
const struct ospf_if *ospf_walk_if(const struct ospf *o, struct ospf_place *at);
const struct ospf_nbr *ospf_walk_nbr(const struct ospf_if *ifp, struct ospf_place *at);
const struct ospf_lsa *ospf_walk_lsa(
		const struct ospf_lsdb *db, uint8_t type, struct ospf_place *at);
/** The one that @at is at, NULL: it has gone. */
const struct ospf_if *ospf_walk_if_here(const struct ospf *o, const struct ospf_place *at);

#endif
