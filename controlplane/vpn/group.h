/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of branches: one model in the configuration (a tunnel with "group"), and a tunnel made of
 * it for each branch that calls and proves an identity that fits. How that goes:
 *
 *	IKE_AUTH of somebody whose identity fits the model's, and whose proof is right
 *	  → ops.group of the engine, which does not answer yet     groups_met()
 *	  → a branch: a name made of the identity, addresses of the pool
 *	  → reconciled: its tunnel is in the list, has its id, and its peer is in the engine
 *	  → the same message once more: now it is the peer's, and answered
 *
 * A branch that is down, or idle, for the time the model says is removed again. Branches are in no
 * configuration but in a file of the state directory, so that the next process has them, too.
 */
#ifndef CULVERT_CONTROLPLANE_VPN_GROUP_H
#define CULVERT_CONTROLPLANE_VPN_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/config/model.h"
#include "controlplane/ike/ike.h"
#include "controlplane/tunnel/tunnel_list.h"

struct groups;
struct vpn;

struct groups *groups_new(struct vpn *v);
void groups_free(struct groups *g);
/** The branches there are; valid until the next change of them. NULL is fine: none. */
const struct tunnel_branch *groups_branches(const struct groups *g, uint32_t *n);
/** ops.group: 0, or -errno when there can be no tunnel for it. */
int groups_met(struct groups *g, const char *group, const struct ike_id *id);
/** Was the message that was just taken in such a one? Then it is kept, to be taken in again. @path
 *  NULL: it was no message but public-key work that ended; the engine keeps by itself what it was
 *  about. */
void groups_keep(struct groups *g, const struct ike_path *path, const uint8_t *msg, size_t len);
/** The branches there are have their tunnels. */
void groups_reconciled(struct groups *g);
/** Give the models to the engine, as peers that nobody calls; forget what has no model any more. */
void groups_apply(struct groups *g, const struct cfg *c, const struct cfg_key_index *keys);
/** Remove what has been down or idle for too long, and write the file. */
void groups_second(struct groups *g, uint64_t now_ms);

/** The name of a branch's tunnel, made of its identity: what may stand in a name stays, what is too
 *  long ends with a fingerprint. @taken: a configured tunnel has it, so with one in any case. */
char *group_name(const char *identity, bool taken, char out[CFG_NAME_MAX]);
/** Pair @i of the pool: our address, with the length that has the branch's in it. */
struct ip4_prefix group_pair(const struct ip4_prefix *pool, uint32_t i);

/* group_file.c: the branches in the file "branches" of the state directory; @dir NULL: none. */
void group_file_write(const char *dir, const struct tunnel_branch *b, uint32_t n);
void group_file_read(const char *dir, void (*fn)(void *arg, const struct tunnel_branch *b),
		void *arg);
/** Read one line, which is taken apart. False: it is none. */
bool group_file_line(char *line, struct tunnel_branch *b);

#endif
