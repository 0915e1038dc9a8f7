/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of a command line, and words written so that they read back the same.
 *
 * Words are separated by white space. "..." holds anything: \" \\ and \xHH (a byte) are known
 * inside; '...' holds anything but its own quote. An unquoted | ends the command (filters follow).
 * libcli cuts lines in the same places, so that it and we agree on where a word begins.
 */
#ifndef CULVERT_CLI_TOKEN_H
#define CULVERT_CLI_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_MAX 64

struct tokens {
	char *v[TOKEN_MAX]; /* all in @store */
	int n;
	char *store;
	size_t store_len;
};

/** Split the command part of @line. 0; -EINVAL for an open quote or a bad escape; -E2BIG for too
 *  many words; -ENOMEM. tokens_free() is due in any case. */
int tokens_split(struct tokens *t, const char *line);
/** Wipes and frees the words. */
void tokens_free(struct tokens *t);

/** @s as one word that tokens_split() gives back, quoted only when it must be. "" in @dst and false
 *  when it does not fit. */
bool token_quote(char *dst, size_t cap, const char *s);

/** The end of the first command of @line: its NUL, or a ';' outside quotes. */
const char *token_command_end(const char *line);

#endif
