/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP about our outer packets: any bytes may come, from anybody. */
#include <assert.h>

#include "controlplane/tunnel/pmtu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pmtu_quote q;
	struct pmtu p = { 0 };

	if (pmtu_parse(data, size, &q) != PMTU_LOWERED)
		return 0;
	if (pmtu_learn(&p, &q, 576, 1) == PMTU_LOWERED)
		assert(p.mtu >= 576 && q.mtu < q.len);
	return 0;
}
