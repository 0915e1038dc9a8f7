/* SPDX-License-Identifier: BSD-3-Clause */
/* From the configuration of a protected tunnel to what the IKE engine wants to know of its peer. */
#ifndef CULVERT_CONTROLPLANE_VPN_PEER_H
#define CULVERT_CONTROLPLANE_VPN_PEER_H

#include "controlplane/config/config.h"
#include "controlplane/config/model.h"
#include "controlplane/ike/ike_cred.h"

/**
 * @param keys  index of @c's keyring.
 * @param out   has the PSK: wipe it after use.
 * @return 0, or -ENOENT with the missing part in @why (a validated configuration has them all).
 */
int peer_build(const struct cfg *c, const struct cfg_key_index *keys, const struct cfg_tunnel *t,
		uint32_t tun_id, struct ike_peer_cfg *out, char *why, size_t why_len);

/**
 * Add certificates where they are configured.
 *
 * @param cred  of the tunnel's trustpoint; @out has no reference of its own. NULL: not loaded.
 * @return 0, or -ENOENT with the missing part in @why.
 */
int peer_add_cred(const struct cfg *c, const struct cfg_tunnel *t, struct ike_cred *cred,
		struct ike_peer_cfg *out, char *why, size_t why_len);

#endif
