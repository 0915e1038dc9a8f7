/* SPDX-License-Identifier: BSD-3-Clause */
/* What mb_jobs.c and mb_burst.c share. */
#ifndef CULVERT_DATAPLANE_CRYPTO_MB_INT_H
#define CULVERT_DATAPLANE_CRYPTO_MB_INT_H

#include <string.h>

#include "dataplane/crypto/crypt.h"

/** No ICV is shorter than 8 bytes, so that 8 at a time and the last 8 are all of it, however long.
 *  A call of memcpy() would cost more than the whole. */
static inline void
icv_copy(uint8_t *to, const uint8_t *from, unsigned int len)
{
	for (unsigned int i = 0; i + 8 < len; i += 8)
		memcpy(to + i, from + i, 8);
	memcpy(to + len - 8, from + len - 8, 8);
}

/** Constant time. */
static inline bool
icv_equal(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	uint64_t x, y, differ = 0;

	for (unsigned int i = 0; i + 8 < len; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		differ |= x ^ y;
	}
	memcpy(&x, a + len - 8, 8);
	memcpy(&y, b + len - 8, 8);
	return (differ | (x ^ y)) == 0;
}

/**
 * Operations @idx[0..n) of @ops, all of one algorithm, in one go. In mb_burst.c.
 * @return false: nothing was done, it is none of those that go this way.
 */
bool mb_burst_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		bool encrypt);

#endif
