/* SPDX-License-Identifier: BSD-3-Clause */
/* The profile of tunnels that have an ipsec-secret alone; see builtin.c. */
#ifndef CULVERT_CONTROLPLANE_CONFIG_BUILTIN_H
#define CULVERT_CONTROLPLANE_CONFIG_BUILTIN_H

#include "controlplane/config/config.h"

#define CFG_BUILTIN "ipsec-secret" /* name of its profiles; others begin with it */

/** By name; NULL: it is none of ours. */
const struct cfg_ike_proposal *cfg_ike_proposal_builtin(const char *name);
const struct cfg_ike_profile *cfg_ike_profile_builtin(const char *name);
const struct cfg_transform_set *cfg_transform_set_builtin(const char *name);
const struct cfg_ipsec_profile *cfg_ipsec_profile_builtin(const char *name);

#endif
