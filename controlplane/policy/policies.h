/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration's security policies on their way to the dataplane. */
#ifndef CULVERT_CONTROLPLANE_POLICY_POLICIES_H
#define CULVERT_CONTROLPLANE_POLICY_POLICIES_H

#include <stdint.h>

struct cp;

/** What the mirror knows a policy by. */
uint64_t policy_key(const char *name);
/** Name all policies to the mirror; after tunnels_update(), within mirror_begin()..commit(). */
void policies_mirror(struct cp *cp);

#endif
