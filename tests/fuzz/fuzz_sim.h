/* SPDX-License-Identifier: BSD-3-Clause */
/* What the targets of IKE share. */
#ifndef CULVERT_TESTS_FUZZ_FUZZ_SIM_H
#define CULVERT_TESTS_FUZZ_FUZZ_SIM_H

#include "tests/sim/sim.h"

/** fuzz_reached() by the counters of both engines, as "b refused_no_peer 1". */
void fuzz_sim_reached(struct sim *s);

#endif
