/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looking things up in a struct cfg. Lists are sorted by name (strcmp), so the finders are binary
 * searches; all return NULL for what is not there (and for an empty name).
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_MODEL_H
#define CULVERT_CONTROLPLANE_CONFIG_MODEL_H

#include "controlplane/config/config.h"

struct schema_node;

/** Free the maps and lists in @base, a struct that @n's rows describe; not @base itself. */
void cfg_lists_free(const struct schema_node *n, void *base);
/** A configuration with nothing in it but defaults. NULL without memory. cfg_free() it. */
struct cfg *cfg_new(void);

const struct cfg_interface *cfg_interface_find(const struct cfg *c, const char *name);
const struct cfg_tunnel *cfg_tunnel_find(const struct cfg *c, const char *name);
const struct cfg_ike_proposal *cfg_ike_proposal_find(const struct cfg *c, const char *name);
const struct cfg_ike_profile *cfg_ike_profile_find(const struct cfg *c, const char *name);
const struct cfg_transform_set *cfg_transform_set_find(const struct cfg *c, const char *name);
const struct cfg_ipsec_profile *cfg_ipsec_profile_find(const struct cfg *c, const char *name);
const struct cfg_track *cfg_track_find(const struct cfg *c, const char *name);
const struct cfg_sla *cfg_sla_find(const struct cfg *c, const char *name);
/** Its number if the name says that it is a loopback interface ("loopback0"): one that stands on no
 *  port and is always up. -1: it is none. */
int cfg_loopback_number(const char *name);
/** A virtual router by interface and number: "lan/10". */
const struct cfg_vrrp *cfg_vrrp_find(const struct cfg *c, const char *group);
const struct cfg_key_chain *cfg_key_chain_find(const struct cfg *c, const char *name);
const struct cfg_trustpoint *cfg_trustpoint_find(const struct cfg *c, const char *name);

/** In how many seconds a dead peer is known at the latest; 0: never, liveness is not checked. */
uint32_t cfg_dpd_worst_s(const struct cfg_ike_profile *p);

/** How IKE talks to the peer of a protected tunnel. NULL: not all of it is configured. */
const struct cfg_ike_profile *cfg_profile_of(const struct cfg *c, const struct cfg_tunnel *t);

/** Mode ipsec by IKEv1, which agrees on one pair of networks at a time. */
bool cfg_is_ikev1_nets(const struct cfg *c, const struct cfg_tunnel *t);
/** That, or IKEv2 that is told to (sa-per-policy). So each policy has a tunnel of its own: the
 *  first one that which is configured, the others copies of it. */
bool cfg_is_per_policy(const struct cfg *c, const struct cfg_tunnel *t);
struct cfg_policy;
/** The name of such a copy: TUNNEL/POLICY. False: it is too long. */
bool cfg_line_name(const struct cfg_policy *p, char name[CFG_NAME_MAX]);
/** Of which tunnel is @name a copy? NULL: of none. */
const struct cfg_tunnel *cfg_line_of(const struct cfg *c, const char *name);

/** AES-GCM, ChaCha20-Poly1305, GMAC: ciphers that authenticate by themselves. */
bool cfg_encryption_is_aead(unsigned int encryption);

/**
 * Keys by peer: the keyring entry of an identity, or with the longest prefix that matches an
 * address. Built once per configuration, which must outlive it; a look-up takes microseconds with
 * any number of keys.
 */
struct cfg_key_index;
struct cfg_key_index *cfg_key_index_new(const struct cfg *c);
const struct cfg_ike_key *cfg_key_index_find(const struct cfg_key_index *x, uint32_t peer);
/** The key of a tunnel's peer: by its identity, else by its address. NULL: none. */
/** Of several far ends that destination-name lists the @i-th: @out is the tunnel to that one alone.
 *  False: there are not several, or not so many. */
bool cfg_far_end(const struct cfg_tunnel *t, unsigned int i, struct cfg_tunnel *out);
const struct cfg_ike_key *cfg_key_of(const struct cfg_key_index *x, const struct cfg_tunnel *t);
struct cfg_selectors;
/** What IKE is to agree on for this tunnel, without a walk over all policies: as
 *  cfg_policy_selectors(); where each policy has its own (cfg_is_per_policy()), of the first policy
 *  alone, and of another one for the tunnel that it has (cfg_line_name()). */
int cfg_key_selectors(const struct cfg_key_index *x, const char *tunnel,
		struct cfg_selectors *local, struct cfg_selectors *remote);
void cfg_key_index_free(struct cfg_key_index *x);

#endif
