/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of all tunnels that there should be: those of the configuration, those of a group's
 * branches, and for each far end of
 * a multipoint tunnel one to that far end, made here. Such a member is the multipoint tunnel in
 * everything but its name (TUNNEL/ADDRESS), its destination and that it has no address of its own.
 * Of a tunnel of mode ipsec whose policies are agreed on one by one each but the first has a copy
 * (TUNNEL/POLICY), without addresses.
 */
#ifndef CULVERT_CONTROLPLANE_TUNNEL_LIST_H
#define CULVERT_CONTROLPLANE_TUNNEL_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/config/config.h"

/** A branch of a group (vpn/group.h): its tunnel is the model in everything but this. */
struct tunnel_branch {
	char name[CFG_NAME_MAX], group[CFG_NAME_MAX]; /* @group: the model's name */
	char identity[CFG_ID_MAX];
	struct ip4_prefix address; /* inside; 0: unnumbered */
};

struct tunnel_def {
	const struct cfg_tunnel *cfg;
	const struct cfg_tunnel *parent; /* multipoint tunnel that it is a member of, or NULL */
	const struct cfg_nhrp_map *map;  /* of a member */
	const struct cfg_tunnel *model;  /* of a branch: its group's, or NULL */
};

struct tunnel_list {
	struct tunnel_def *at; /* by name */
	uint32_t n;
	struct cfg_tunnel *members; /* what is not in the configuration itself */
};

/** Does the configuration have a model that this branch fits, and no tunnel of its name? */
bool tunnel_branch_fits(const struct cfg *c, const struct tunnel_branch *b);

/** The list of @c, which it points into: it must live as long; and of @n branches, which are
 *  copied. Models are no tunnels and not in it. 0 or -ENOMEM. */
int tunnel_list_make(const struct cfg *c, const struct tunnel_branch *branches, uint32_t n,
		struct tunnel_list *l);
void tunnel_list_free(struct tunnel_list *l);

#endif
