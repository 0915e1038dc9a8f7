/* SPDX-License-Identifier: BSD-3-Clause */
/* How far an input has come in a world of two IKE engines; see fuzz_sim.h. */
#include "controlplane/ike/ike_int.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_sim.h"

void
fuzz_sim_reached(struct sim *s)
{
	char what[64];
	uint64_t n;

	for (int i = 0; i < SIM_NODES; i++)
		for (unsigned int k = 0; ike_counter_name(k) != NULL; k++) {
			n = ike_counter(s->n[i].e, k);
			snprintf(what, sizeof(what), "%c %s %u", "ab"[i], ike_counter_name(k),
					(unsigned int)n);
			if (n != 0)
				fuzz_reached(what);
		}
}
