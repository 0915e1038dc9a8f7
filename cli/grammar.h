/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shell's commands as libcli knows them, for its completion, help and abbreviations: those of
 * commands.h as they are, and those of the configuration built from the table that the control
 * plane gives. libcli's mode 0 is the exec mode, 1 the top of the configuration, and every map has
 * one for its entries.
 */
#ifndef CULVERT_CLI_GRAMMAR_H
#define CULVERT_CLI_GRAMMAR_H

#include "cli/shell.h"

/** Help of what is not to be listed. */
#define GRAMMAR_HIDDEN "(not shown)"

/** Replaces libcli's own commands and filters. 0 or -ENOMEM. */
int grammar_init(struct shell *sh);
void grammar_fini(void);
/** Makes the commands of the configuration, from sh->root. 0 or -ENOMEM. */
int grammar_load(struct shell *sh);
/** Tells libcli the mode the shell is in, and its prompt. */
void grammar_mode(struct shell *sh);

#endif
