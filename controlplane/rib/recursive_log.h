/* SPDX-License-Identifier: BSD-3-Clause */
/* Recursive routing in the log: each route that the RIB suppresses is told of once, until it is
 * gone. */
#ifndef CULVERT_CONTROLPLANE_RIB_RECURSIVE_LOG_H
#define CULVERT_CONTROLPLANE_RIB_RECURSIVE_LOG_H

#include <stdint.h>

struct rib;

struct recursive_log {
	uint64_t *told; /* hashes of them, sorted */
	uint32_t n;
};

/** After each computation of the RIB. Zeroed storage has told of nothing. */
void recursive_log_check(struct recursive_log *l, const struct rib *rib);
void recursive_log_fini(struct recursive_log *l);

#endif
