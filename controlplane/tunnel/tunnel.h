/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnels: from configuration and underlay to the mirror, and whether each one is up. For a
 * tunnel that is down there is always exactly one reason in words, the first that an operator
 * would have to mend.
 */
#ifndef CULVERT_CONTROLPLANE_TUNNEL_H
#define CULVERT_CONTROLPLANE_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/config/config.h"

#define TUNNEL_WHY_LEN 192

struct cp;
struct tunnels;

struct tunnel_state {
	char name[CFG_NAME_MAX];
	uint32_t tun_id; /* CHAN_NONE: no dataplane has been seen yet, or too many tunnels */
	uint32_t link;   /* index in the RIB's links */
	bool up;
	char why[TUNNEL_WHY_LEN]; /* when down */
	uint64_t since_ms;        /* of @up */
};

struct tunnels *tunnels_new(struct cp *cp);
void tunnels_free(struct tunnels *x);

/** Take the configuration's tunnels over, and give them ids if @ids. 0 or -ENOMEM. */
int tunnels_update(struct tunnels *x, bool ids);
/** Name all tunnels to the mirror; after the RIB was computed, within mirror_begin()..commit(). */
void tunnels_mirror(struct tunnels *x);
/** Find out which are up. Logs changes. */
void tunnels_check(struct tunnels *x);
/** The same, once, a moment later. */
void tunnels_check_soon(struct tunnels *x);

/** In the order of the configuration, side by side with cfg->tunnels. */
uint32_t tunnels_n(const struct tunnels *x);
const struct tunnel_state *tunnels_at(const struct tunnels *x, uint32_t i);
const struct tunnel_state *tunnels_by_id(const struct tunnels *x, uint32_t tun_id);
/** Set where the RIB has it; called when the RIB's links are laid out. */
void tunnels_set_link(struct tunnels *x, uint32_t i, uint32_t link);

#endif
