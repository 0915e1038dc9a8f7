/* SPDX-License-Identifier: BSD-3-Clause */
/* See fuzz_dp.h. */
#include <sanitizer/lsan_interface.h>

#include "tests/fuzz/fuzz_dp.h"
#include "tests/unit/dp_fixture.h"

void
fuzz_dp_open(const struct chan_param *param, void (*world)(void))
{
	/* What is made here lives as long as the process. */
	__lsan_disable();
	dp_eal();
	dp_open(NULL);
	check(dp_apply(CHAN_CMD_PARAM_SET, param, sizeof(*param)) == 0, "parameters");
	world();
	dp_attach();
	dp_tick();
	__lsan_enable();
}

void
fuzz_dp_drain(void)
{
	dp_clock(true);
	while (dp.w->stats->held != 0)
		dp_tick();
	dp_clock(false);
	dp_clear();
	check(dp_conserves(), "conservation of what was held");
}

void
fuzz_dp_take_punted(void)
{
	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
		while (dp_punted((enum chan_class)k))
			check(dp.punted.len <= CHAN_PKT_DATA, "punted length");
}
