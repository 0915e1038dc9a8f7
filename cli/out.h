/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the lines of a command go. Renderers write through this, so that they know neither the
 * terminal nor libcli, and a test can read what they print.
 */
#ifndef CULVERT_CLI_OUT_H
#define CULVERT_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>

#define OUT_LINE_MAX 4096 /* a longer line is cut */

enum out_color { OUT_PLAIN, OUT_GOOD, OUT_BAD, OUT_WARN, OUT_DIM, OUT_BOLD };

struct out {
	/** Takes one line without its end. The text is clean except for whole SGR sequences. */
	void (*line)(void *arg, const char *line);
	void *arg;
	bool color; /* may SGR sequences be used? */
};

/** One line, cleaned (text_clean). */
void out_line(const struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** The same, the whole line in one colour where colours are in use. */
void out_colored(const struct out *o, enum out_color color, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
/** The sequence that starts @color or, for OUT_PLAIN, ends it; "" when colours are off. */
const char *out_sgr(const struct out *o, enum out_color color);
/** Copy @s without SGR sequences, for matching. Returns @dst. */
char *out_strip(char *dst, size_t cap, const char *s);

#endif
