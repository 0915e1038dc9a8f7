/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patience with a predecessor. A process that was killed keeps its sockets until the kernel has taken
 * back its memory: for some hundred megabytes on a busy machine that takes a good part of a
 * second. Who is started in its place at once waits a little before it says "in use".
 *
 *     struct patience p = { 0 };
 *     while (in_use() && patience_more(&p))
 *             ;
 */
#ifndef CULVERT_COMMON_PATIENCE_H
#define CULVERT_COMMON_PATIENCE_H

#include <stdbool.h>

#define PATIENCE_STEP_MS  20
#define PATIENCE_LIMIT_MS 2000

struct patience {
	unsigned int waited_ms;
};

/** Sleep a step. false, at once, when PATIENCE_LIMIT_MS are over. For starting up only. */
bool patience_more(struct patience *p);

#endif
