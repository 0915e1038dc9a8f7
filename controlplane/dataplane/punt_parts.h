/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that are longer than a slot of the punt rings come in parts, one after the other in the
 * same ring (common/channel.h). Here they are put together again, for one class.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_PUNT_PARTS_H
#define CULVERT_CONTROLPLANE_DATAPLANE_PUNT_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/channel.h"

#define PUNT_WHOLE_MAX 70000 /* an IP packet and its Ethernet header */

/** All zero at first. Owned by who reads the class. */
struct punt_parts {
	struct punt_part {
		uint8_t *buf; /* @total bytes; NULL: none is under way */
		uint32_t total, have;
	} worker[CHAN_MAX_WORKERS];
};

/**
 * The whole frame that @pkt is, or is the last part of.
 *
 * @param len  its length in bytes; where the L3 header starts is @pkt->l3_off.
 * @return the frame, valid until the next call for this class; NULL while parts are missing. A part
 *         that does not continue what is there begins anew, or is lost.
 */
const uint8_t *punt_whole(struct punt_parts *x, const struct chan_pkt *pkt, size_t *len);
void punt_parts_fini(struct punt_parts *x);

#endif
