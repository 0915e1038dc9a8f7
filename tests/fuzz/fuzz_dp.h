/* SPDX-License-Identifier: BSD-3-Clause */
/* The dataplane of dp_fixture.h as targets use it: it lives as long as the process, and each input
 * leaves nothing behind. */
#ifndef CULVERT_TESTS_FUZZ_FUZZ_DP_H
#define CULVERT_TESTS_FUZZ_FUZZ_DP_H

#include "common/channel.h"
#include "tests/fuzz/fuzz.h"

/** Nothing is held for long: each input ends with nothing left. */
#define FUZZ_DP_PARAM \
	(struct chan_param) \
	{ \
		.icmp_error_pps = 1000, .icmp_echo_pps = 1000, .hold_ms = 1, .reass_ms = 100 \
	}

/** Open it with the parameters @param, let @world fill it, and attach a control plane. */
void fuzz_dp_open(const struct chan_param *param, void (*world)(void));
/** What is held goes with its time; every packet is accounted for then. */
void fuzz_dp_drain(void);
/** The control plane takes all that was punted. */
void fuzz_dp_take_punted(void);

#endif
