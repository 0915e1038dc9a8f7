/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of groups of branches share; nobody else includes this. See group.h. */
#ifndef CULVERT_CONTROLPLANE_VPN_GROUP_INT_H
#define CULVERT_CONTROLPLANE_VPN_GROUP_INT_H

#include "controlplane/vpn/vpn_int.h"

/* Somebody who is to have a tunnel. */
struct met {
	struct hnode node; /* by identity */
	TAILQ_ENTRY(met) link;
	char group[CFG_NAME_MAX];
	char identity[CFG_ID_MAX];
	struct ike_path path;
	uint8_t *msg; /* to be taken in again; NULL: the branch will repeat it */
	size_t len;
};

TAILQ_HEAD(met_list, met);

/* Where a branch is in struct groups, by what it must not share with another one. */
struct place {
	struct hnode by_identity, by_name, by_addr;
	uint32_t i;
};

struct groups {
	struct vpn *v;
	struct tunnel_branch *at;
	uint64_t *down_ms; /* [n] since when it is down; 0: it is up */
	struct place **place; /* [n] */
	struct hmap by_identity, by_name, by_addr; /* of the places; unnumbered ones are not in
						    * by_addr */
	struct ip4_prefix hint_pool; /* of this pool all pairs before number @hint are taken */
	uint32_t hint;
	uint32_t n, cap;
	uint32_t look; /* the branch that was looked at last, whether it is to be removed */
	char (*models)[CFG_NAME_MAX]; /* that the engine has */
	uint32_t n_models;
	bool changed; /* the file is to be written, by @saving */
	struct event *saving;
	/* group_met.c */
	struct met_list waiting, made, ready; /* no branch yet; one without tunnel; with its
					       * tunnel */
	struct hmap met; /* all of them */
	struct met *last; /* noted while the present message is looked at */
	struct event *soon;
	uint32_t per_turn;
};

/* group.c */
/** FNV-1a, of small letters. Two with the same are taken for one: the second gets no tunnel. */
uint64_t groups_key(const char *text);
/** The branch with this identity, NULL: there is none. */
struct tunnel_branch *groups_find(const struct groups *g, const char *identity);
/** How many branches of the group there are. */
uint32_t groups_count(const struct groups *g, const char *group);
/** The first pair of the pool that nobody has. False: there is none. */
bool groups_take_pair(struct groups *g, const struct cfg_tunnel *t, struct ip4_prefix *out);
/** A branch for it, unless it cannot be. */
void groups_branch_add(struct groups *g, const struct met *m);

/* group_met.c */
int groups_met_init(struct groups *g);
void groups_met_fini(struct groups *g);

#endif
