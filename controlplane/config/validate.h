/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of a whole configuration that no single option can decide: references, overlapping
 * addresses, what a protected tunnel needs. cfg_from_json() calls it; nobody else has to.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_VALIDATE_H
#define CULVERT_CONTROLPLANE_CONFIG_VALIDATE_H

#include "controlplane/config/config.h"
#include "controlplane/config/errors.h"

/** All findings go to @errs. 0, -EINVAL if there was an error, -ENOMEM. */
int cfg_validate(const struct cfg *c, struct cfg_errors *errs);

#endif
