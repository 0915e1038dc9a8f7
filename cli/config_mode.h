/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * configure terminal: a candidate taken from the running configuration, edited here (edit.h) and
 * pushed as a whole. Leaving with end or exit commits, as those who come from IOS expect; what the
 * control plane refuses stays in the candidate.
 */
#ifndef CULVERT_CLI_CONFIG_MODE_H
#define CULVERT_CLI_CONFIG_MODE_H

#include "cli/shell.h"

void config_terminal(struct shell *sh, int argc, char **argv);
void config_commit(struct shell *sh, int argc, char **argv);
void config_commit_confirmed(struct shell *sh, int argc, char **argv);
void config_commit_comment(struct shell *sh, int argc, char **argv);
void config_confirm(struct shell *sh, int argc, char **argv);
/** Leave one mode; at the top as config_end(). */
void config_exit(struct shell *sh, int argc, char **argv);
void config_end(struct shell *sh, int argc, char **argv);
void config_abort(struct shell *sh, int argc, char **argv);
/** The candidate as command lines, or its changes as the control plane sees them. */
void config_show(struct shell *sh, int argc, char **argv);
void config_changes(struct shell *sh, int argc, char **argv);

/** Does the candidate differ from what it was edited from? */
bool config_changed(const struct shell *sh);
/** Drop the candidate, if there is one. */
void config_discard(struct shell *sh);

#endif
