/* SPDX-License-Identifier: BSD-3-Clause */
/* What gcm.c and mb_burst.c sort a batch with. */
#ifndef CULVERT_DATAPLANE_CRYPTO_LENS_H
#define CULVERT_DATAPLANE_CRYPTO_LENS_H

#include "dataplane/crypto/crypt.h"

/* Of up to 64 lengths, those that are @len: eight are compared at once. */
static inline uint64_t
lens_equal(const uint16_t lens[CRYPT_BURST_MAX], uint16_t len)
{
	const __m128i *v = (const __m128i *)(const void *)lens;
	const __m128i want = _mm_set1_epi16((short)len);
	uint64_t set = 0;

	for (unsigned int i = 0; i < CRYPT_BURST_MAX / 16; i++) {
		__m128i same = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(v + 2 * i), want),
				_mm_cmpeq_epi16(_mm_load_si128(v + 2 * i + 1), want));

		set |= (uint64_t)(uint32_t)_mm_movemask_epi8(same) << 16 * i;
	}
	return set;
}

#endif
