/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP about our outer packets: any bytes may come, from anybody. */
#include <assert.h>

#include "controlplane/tunnel/pmtu.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pmtu_quote q;
	struct pmtu p = { 0 };

	enum pmtu_verdict v = pmtu_parse(data, size, &q);

	fuzz_reached(pmtu_verdict_str(v));
	if (v != PMTU_LOWERED)
		return 0;
	if (pmtu_learn(&p, &q, 576, 1) == PMTU_LOWERED)
		assert(p.mtu >= 576 && q.mtu < q.len);
	return 0;
}
