/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HMAC-SHA1 and HMAC-SHA2-256 (RFC 2104, FIPS 180-4) over 16 packets side by side, our own; between
 * the files of this folder. Vector j holds word j of all 16 packets, so that a round of the hash is
 * one for all of them. intel-ipsec-mb's lanes do the same, but it puts each packet into a lane,
 * takes it out and copies its end by itself, which for a short packet takes longer than the hash.
 */
#ifndef CULVERT_DATAPLANE_CRYPTO_HMAC_BATCH_H
#define CULVERT_DATAPLANE_CRYPTO_HMAC_BATCH_H

#include "dataplane/tables/sa.h"

#define HMAC_LANES   16
#define HMAC_BLOCK   64
#define HMAC_MAC_LEN 16 /* of the result, as much as any ICV of these has */

struct hmac_lane {
	const uint8_t *msg;
	const struct sa_job_keys *keys;
	uint8_t *mac; /* [HMAC_MAC_LEN] */
	uint32_t len; /* of @msg */
};

/** Blocks that a message takes, behind the key's: with 0x80 and the length. */
static inline unsigned int
hmac_blocks(unsigned int len)
{
	return (len + 9 + HMAC_BLOCK - 1) / HMAC_BLOCK;
}

/* Messages of all 16 lanes take @blocks blocks. A lane may be there more than once. */
struct hmac_batch {
	void (*sha1)(const struct hmac_lane lanes[HMAC_LANES], unsigned int blocks);
	void (*sha256)(const struct hmac_lane lanes[HMAC_LANES], unsigned int blocks);
};

extern const struct hmac_batch hmac_batch_512;

/** For this CPU; NULL if there is none. */
const struct hmac_batch *hmac_batch_pick(const IMB_MGR *mgr);

#endif
