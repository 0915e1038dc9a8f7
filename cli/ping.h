/* SPDX-License-Identifier: BSD-3-Clause */
/* ping, traceroute. */
#ifndef CULVERT_CLI_PING_H
#define CULVERT_CLI_PING_H

#include "cli/shell.h"

void ping(struct shell *sh, int argc, char **argv);
void traceroute(struct shell *sh, int argc, char **argv);

#endif
