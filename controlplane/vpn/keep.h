/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records by tunnel in the keep region (common/channel.h): memory that outlives this process. A
 * writer may be killed at any instruction, so a record is first written to a journal and declared
 * whole, then copied to its place: whoever opens the region next either finishes the copy or finds
 * the former record untouched. What is torn nevertheless, or scribbled over, has a wrong checksum
 * and is not given out.
 *
 *	slot 0      header: magic, format, which slots may be in use
 *	slot 1      journal
 *	slot 2 + i  the record of tunnel i
 */
#ifndef CULVERT_CONTROLPLANE_VPN_KEEP_H
#define CULVERT_CONTROLPLANE_VPN_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/channel.h"

#define KEEP_HEAD_LEN 32
#define KEEP_MAX      (CHAN_KEEP_SLOT - KEEP_HEAD_LEN) /* bytes of a record */

struct keep {
	uint8_t *base; /* NULL: no region, nothing is kept */
	uint32_t n;    /* tunnels that there is room for */
	uint64_t n_torn; /* records that were not whole */
	uint8_t copy[KEEP_MAX];
};

/** Use the region at @base. What is in it stays, if it is of this format; else it is wiped. */
void keep_open(struct keep *k, void *base, uint64_t size);
void keep_close(struct keep *k);
/** Replace a tunnel's record; @len 0: wipe it. Too long or without room: wiped. */
void keep_put(struct keep *k, uint32_t tun_id, const uint8_t *data, size_t len);
/** A private copy, valid until the next call. NULL: none, or not whole. */
const uint8_t *keep_get(struct keep *k, uint32_t tun_id, size_t *len);
/** Wipe all records. */
void keep_clear(struct keep *k);

#endif
