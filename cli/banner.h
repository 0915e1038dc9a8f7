/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of IOS's banners: "banner motd ^C", lines of text, "^C". It must not be taken for
 * commands, so it is cut out of what is typed or read, and the command is left without it.
 */
#ifndef CULVERT_CLI_BANNER_H
#define CULVERT_CLI_BANNER_H

#include <stdbool.h>
#include <stddef.h>

#define BANNER_HEAD_MAX 32

/** Zeroed storage is ready. */
struct banner {
	char head[BANNER_HEAD_MAX]; /* of the line, as far as it may begin a banner */
	size_t len;
	bool other;     /* the line is something else */
	bool text;      /* in the text: what comes is cut out */
	bool over;      /* behind it: to the end of the line likewise */
	bool caret;     /* the last byte was a caret that may begin the end */
	char delimiter; /* 3: written as "^C" */
};

/** The next byte of what is typed or read. True: it belongs to a banner's text. */
bool banner_byte(struct banner *b, char c);
/** Take what belongs to a banner's text out of a line of @len bytes, which ends there. Its new
 *  length; *@gone: there is nothing left of it. */
size_t banner_cut(struct banner *b, char *line, size_t len, bool *gone);

#endif
