/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines as IOS has them for what the configuration calls otherwise: crypto isakmp policy, key and
 * profile, hash, encryption aes 256, tunnel protection ipsec profile and so on. They are turned
 * into lines of the configuration; what is shown is always those.
 */
#ifndef CULVERT_CLI_IOS_H
#define CULVERT_CLI_IOS_H

#include "cli/commands.h"
#include "cli/edit.h"

enum ios_result {
	IOS_OTHER, /* not one of these lines */
	IOS_DONE,
	IOS_WRONG, /* one of them, but it cannot be carried out: @err says why */
};

enum ios_result ios_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len);

/** Their words and arguments for help; the run function is not used. */
extern const struct command_row ios_rows[];
extern const unsigned int n_ios_rows;

#endif
