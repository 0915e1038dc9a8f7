/* SPDX-License-Identifier: BSD-3-Clause */
/* The appliance itself: clock, users, processes; all that support asks for in one. */
#ifndef CULVERT_CLI_SHOW_SYSTEM_H
#define CULVERT_CLI_SHOW_SYSTEM_H

#include "cli/shell.h"

void show_clock(struct shell *sh, int argc, char **argv);
void show_users(struct shell *sh, int argc, char **argv);
void show_processes(struct shell *sh, int argc, char **argv);
void show_tech_support(struct shell *sh, int argc, char **argv);

#endif
