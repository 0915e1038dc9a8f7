/* SPDX-License-Identifier: BSD-3-Clause */
/* show vrrp, show track and show ip sla. See commands.h for the form. */
#ifndef CULVERT_CLI_SHOW_VRRP_H
#define CULVERT_CLI_SHOW_VRRP_H

#include "cli/shell.h"

void show_vrrp(struct shell *sh, int argc, char **argv);
void show_vrrp_brief(struct shell *sh, int argc, char **argv);
void show_vrrp_history(struct shell *sh, int argc, char **argv);
void show_track(struct shell *sh, int argc, char **argv);
void show_track_brief(struct shell *sh, int argc, char **argv);
void show_sla(struct shell *sh, int argc, char **argv);

#endif
