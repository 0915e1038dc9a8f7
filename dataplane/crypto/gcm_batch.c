/* SPDX-License-Identifier: BSD-3-Clause */
/* Which AES-GCM kernel this CPU can use, and the constants they share; see gcm_batch_kernel.h. */
#include <string.h>

#include "dataplane/crypto/gcm_batch.h"


const uint8_t gcm_reversal[16] __attribute__((aligned(16))) = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6,
	5, 4, 3, 2, 1, 0 };

/* clang-format off */
#define CTR(v)   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ((v) + 1) >> 8, ((v) + 1) & 0xff
#define CTR4(v)  { CTR(v), CTR((v) + 1), CTR((v) + 2), CTR((v) + 3) }
#define CTR16(v) CTR4(v), CTR4((v) + 4), CTR4((v) + 8), CTR4((v) + 12)
#define CTR64(v) CTR16(v), CTR16((v) + 16), CTR16((v) + 32), CTR16((v) + 48)
const uint8_t gcm_batch_counters[GCM_CTR_WRAP + 4][64] __attribute__((aligned(64))) = {
	CTR64(0), CTR64(64), CTR64(128), CTR64(192), CTR16(256),
};
/* clang-format on */

#define NEEDS_256 (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_AVX2 | \
		IMB_FEATURE_BMI2 | IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ)
#define NEEDS_512 (NEEDS_256 | IMB_FEATURE_AVX512F | IMB_FEATURE_AVX512DQ | \
		IMB_FEATURE_AVX512BW | IMB_FEATURE_AVX512VL)

bool
gcm_batch_usable(const struct gcm_batch *b, const IMB_MGR *mgr)
{
	uint64_t needed = b == &gcm_batch_512 ? NEEDS_512 : NEEDS_256;

	return (mgr->features & needed) == needed;
}

const struct gcm_batch *
gcm_batch_pick(const IMB_MGR *mgr)
{
	if (gcm_batch_usable(&gcm_batch_512, mgr))
		return &gcm_batch_512;
	if (gcm_batch_usable(&gcm_batch_256, mgr))
		return &gcm_batch_256;
	return NULL;
}
