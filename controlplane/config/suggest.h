/* SPDX-License-Identifier: BSD-3-Clause */
/* "did you mean": the known word nearest to a mistyped one. Internal to controlplane/config. */
#ifndef CULVERT_CONTROLPLANE_CONFIG_SUGGEST_H
#define CULVERT_CONTROLPLANE_CONFIG_SUGGEST_H

#include "controlplane/config/schema.h"

/** The name of the child of @n that @word may have been meant to be; NULL if none is near. */
const char *suggest_child(const struct schema_node *n, const char *word);

#endif
