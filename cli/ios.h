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

/** The same of a line that was found wrong: IOS_DONE if it has no counterpart, and says what is so
 *  anyway; else IOS_WRONG, maybe with a better reason in @err. */
enum ios_result ios_other_line(struct edit *e, char *const *argv, int argc, char *err,
		size_t err_len);
/** A line has been carried out: what earlier ones have waited for may be there now. */
void ios_line_done(struct edit *e);
/** The words that lines without a counterpart begin with, at most @max. How many. */
unsigned int ios_other_words(const char *words[], unsigned int max);

/** Their words and arguments for help; the run function is not used. */
extern const struct command_row ios_rows[];
extern const unsigned int n_ios_rows;
/** Those that a group of VRRP has, and no other mode. */
extern const struct command_row ios_vrrp_rows[];
extern const unsigned int n_ios_vrrp_rows;

#endif
