/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks of a whole configuration that no single option can decide: references, overlapping
 * addresses, what a protected tunnel needs. cfg_from_json() calls it; nobody else has to.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_VALIDATE_H
#define CULVERT_CONTROLPLANE_CONFIG_VALIDATE_H

#include "controlplane/config/config.h"
#include "controlplane/config/errors.h"

/**
 * All findings go to @errs. What is found there already, from reading the document, is taken into
 * account: no complaint that only follows from it.
 *
 * @param route_index  for each route its place in the document; NULL: as they stand.
 * @return 0, -EINVAL if there was an error, -ENOMEM.
 */
int cfg_validate(const struct cfg *c, const uint32_t *route_index, struct cfg_errors *errs);

#endif
