/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keep region of common/channel.h: memory that the dataplane holds for the control plane, so
 * that what is in it (keys of IKE SAs, for one) outlives a control plane that crashes.
 */
#ifndef CULVERT_DATAPLANE_KEEP_H
#define CULVERT_DATAPLANE_KEEP_H

#include <stdint.h>

struct keep_region {
	int fd;
	void *at; /* mapped read-only, to lock its pages */
	uint64_t size;
};

/** 0 or -errno. */
int keep_region_init(struct keep_region *k, uint32_t max_tunnels);
void keep_region_fini(struct keep_region *k);
/** The control plane, whose lock kept them in memory, is gone: the pages that are in use stay out
 *  of swap, as far as the limit on locked memory permits. */
void keep_region_pin(struct keep_region *k);

#endif
