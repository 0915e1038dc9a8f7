/* SPDX-License-Identifier: BSD-3-Clause */
/* Can this CPU run the kernel of hmac_batch.h? */
#include "dataplane/crypto/hmac_batch.h"

#define NEEDS_512 (IMB_FEATURE_AVX512F | IMB_FEATURE_AVX512BW | IMB_FEATURE_BMI2)

const struct hmac_batch *
hmac_batch_pick(const IMB_MGR *mgr)
{
	return (mgr->features & NEEDS_512) == NEEDS_512 ? &hmac_batch_512 : NULL;
}
