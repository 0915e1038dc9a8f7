/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interactive shell on a terminal. libcli edits lines on one end of a socket pair; a thread on
 * the other end carries keys and screen output, and gives keys the meaning they have elsewhere: ^C
 * drops the line or interrupts the command, ^Z ends configuration, Home and End, ^L, ^V for "?".
 */
#ifndef CULVERT_CLI_TERMINAL_H
#define CULVERT_CLI_TERMINAL_H

#include "cli/shell.h"

/** Translates keys; no I/O, so that it can be tested. Zeroed storage is ready. */
struct keys {
	unsigned char seq[16]; /* an escape sequence under way */
	size_t seq_len;
	bool quoted; /* after ^V */
	bool after_cr;
	size_t line_len; /* bytes typed since the line began */
	bool too_long;   /* more than libcli would take */
};

#define KEYS_LINE_MAX (CLI_MAX_LINE_LENGTH - 2) /* bytes; libcli would leave the others out */

enum keys_event {
	KEYS_NONE,
	KEYS_INTERRUPT,
	KEYS_CLEAR,
	KEYS_TOO_LONG, /* the line that has just ended: libcli is made to forget it */
};

/**
 * One byte from the terminal.
 *
 * @param busy    a command runs.
 * @param config  the shell is in a configuration mode.
 * @param out     what libcli gets instead; room for 16 bytes.
 * @param n       how many.
 */
enum keys_event keys_byte(struct keys *k, unsigned char c, bool busy, bool config,
		unsigned char *out, size_t *n);

/** Run until the user leaves. Standard input and output must be a terminal, which is put back as it
 *  was, also by signals. */
enum shell_status terminal_run(struct shell *sh);

#endif
