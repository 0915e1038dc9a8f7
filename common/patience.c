/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for a killed predecessor to be gone; see patience.h. */
#include <time.h>

#include "common/patience.h"

bool
patience_more(struct patience *p)
{
	const struct timespec step = { .tv_nsec = PATIENCE_STEP_MS * 1000000L };

	if (p->waited_ms >= PATIENCE_LIMIT_MS)
		return false;
	nanosleep(&step, NULL);
	p->waited_ms += PATIENCE_STEP_MS;
	return true;
}
