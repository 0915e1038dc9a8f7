/* SPDX-License-Identifier: BSD-3-Clause */
/* path - the wiring of the nodes. */
#include "dataplane/nodes/nodes.h"
