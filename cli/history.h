/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines typed before: in libcli's memory, and from one login to the next in ~/.culvert_history
 * (mode 0600). Only lines that were understood are kept there, and none with a secret in it.
 */
#ifndef CULVERT_CLI_HISTORY_H
#define CULVERT_CLI_HISTORY_H

#include "cli/shell.h"

/** Fill libcli's history from the file; libcli empties it when its loop begins. */
void history_load(struct shell *sh);
/** Append a line to the file. Does nothing unless interactive. */
void history_keep(struct shell *sh, const char *line);
/** Take a line with a secret out of libcli's history. */
void history_hide(struct shell *sh, const char *line);

#endif
