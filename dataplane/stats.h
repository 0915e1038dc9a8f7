/* SPDX-License-Identifier: BSD-3-Clause */
/* The statistics region: made once, written by main core and workers, read by everybody. */
#ifndef CULVERT_DATAPLANE_STATS_H
#define CULVERT_DATAPLANE_STATS_H

#include "common/channel.h"
#include "dataplane/tables/tables.h"

struct stats_region {
	struct chan_stats *stats;
	uint64_t size;
	int fd; /* sealed: others can map it for reading only */
};

/** Lay out for @n_workers and @limits; boot_id, pid, tsc_hz are set. 0 or -errno. */
int stats_region_init(struct stats_region *r, unsigned int n_workers,
		const struct tables_limits *limits, uint64_t tsc_hz);
void stats_region_fini(struct stats_region *r);

#endif
