/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's start-up, kept quiet: what its libraries print is captured, and of a failure the one
 * line that says what is wrong is handed to the caller.
 */
#ifndef CULVERT_DATAPLANE_EAL_H
#define CULVERT_DATAPLANE_EAL_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/args.h"

/** What the machine has to give, decided before DPDK starts. */
struct memory_plan {
	uint32_t n_mbufs;
	uint32_t mbuf_len;  /* data room, headroom included */
	uint64_t bytes;     /* packet buffers and tables */
};

/** Choose the number of buffers and the memory for @a's limits, ports and workers. */
void memory_plan_make(struct memory_plan *m, const struct args *a);

/**
 * Check memory and devices as far as can be told beforehand, and start DPDK.
 * @return 0, or -errno with one line for a person in @why.
 */
int eal_start(const struct args *a, const struct memory_plan *m, char *why, size_t why_len);
/** Give everything back. */
void eal_stop(void);

/** DPDK's last error line since the previous call, for the text of our own; "" if there is none. */
const char *eal_last_error(void);
/** From now on errors of DPDK's drivers are warnings in our log. */
void eal_log_errors(void);

#endif
