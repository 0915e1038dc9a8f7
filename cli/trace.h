/* SPDX-License-Identifier: BSD-3-Clause */
/* debug packet-trace, undebug, show packet-trace. */
#ifndef CULVERT_CLI_TRACE_H
#define CULVERT_CLI_TRACE_H

#include "cli/shell.h"

void trace_debug(struct shell *sh, int argc, char **argv);
void trace_undebug(struct shell *sh, int argc, char **argv);
void trace_show(struct shell *sh, int argc, char **argv);

#endif
