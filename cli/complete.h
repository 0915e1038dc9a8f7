/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completion of what follows a command's words: names from the control plane or the candidate,
 * listed values, words of lists. libcli calls back with nothing but the argument's name, so the
 * address of that name tells which argument it is.
 */
#ifndef CULVERT_CLI_COMPLETE_H
#define CULVERT_CLI_COMPLETE_H

#include <libcli.h>

#include "cli/commands.h"
#include "cli/node.h"

/** Add arguments of a command of the table to @c. 0 or -ENOMEM. */
int complete_row(struct cli_command *c, const struct command_row *row, int mode);
/**
 * Add the arguments of an option to @c.
 *
 * @param longer  a map whose words begin with those of @n ("interface tunnel" for "interface"), or
 *                NULL; its last word is completed too.
 * @param no      the command is "no ...".
 */
int complete_node(struct cli_command *c, const struct node *n, const struct node *longer, bool no,
		int mode);
/** Forget all arguments. */
void complete_fini(void);

#endif
