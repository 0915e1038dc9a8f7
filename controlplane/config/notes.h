/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator should read of a change besides warnings: consequences in figures. */
#ifndef CULVERT_CONTROLPLANE_CONFIG_NOTES_H
#define CULVERT_CONTROLPLANE_CONFIG_NOTES_H

#include <jansson.h>

#include "controlplane/config/config.h"

/** Array of text about what differs between @old and @new. New reference. */
json_t *cfg_notes(const struct cfg *old, const struct cfg *new);

#endif
