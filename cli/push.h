/* SPDX-License-Identifier: BSD-3-Clause */
/* culvert push FILE.json: a whole configuration from a file, and the other changes of versions. */
#ifndef CULVERT_CLI_PUSH_H
#define CULVERT_CLI_PUSH_H

#include "cli/shell.h"

/** @confirm_s 0: for good at once. @path "-": standard input. Status in sh->status. */
void push_file(struct shell *sh, const char *path, bool dry_run, json_int_t confirm_s,
		const char *comment);
/** As a command: FILE [dry-run] [confirm SECONDS]. */
void push_command(struct shell *sh, int argc, char **argv);
/** rollback VERSION */
void push_rollback(struct shell *sh, int argc, char **argv);
/** write, copy running-config startup-config */
void push_save(struct shell *sh, int argc, char **argv);

#endif
