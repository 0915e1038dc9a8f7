/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes of a connection, taken out again line by line. Each byte is looked at once however small
 * the pieces are that a long line comes in, and zeroed before its memory is given back, since
 * requests can hold keys. Internal to controlplane/mgmt.
 */
#ifndef CULVERT_CONTROLPLANE_MGMT_LINEBUF_H
#define CULVERT_CONTROLPLANE_MGMT_LINEBUF_H

#include <stddef.h>

/** Zeroed storage is an empty buffer. */
struct linebuf {
	char *buf;
	size_t cap;
	size_t start;   /* of the first line not taken out yet */
	size_t end;     /* of what is there */
	size_t scanned; /* from @start up to here there is no line feed */
};

/** Append @len bytes. 0 or -ENOMEM. */
int linebuf_add(struct linebuf *b, const void *p, size_t len);
/** The first line, *@len bytes without its line feed; NULL if there is no whole one. It can be read
 *  until linebuf_drop(). */
char *linebuf_line(struct linebuf *b, size_t *len);
/** Done with the line of @len bytes that linebuf_line() gave. */
void linebuf_drop(struct linebuf *b, size_t len);
/** Bytes that are there. */
size_t linebuf_len(const struct linebuf *b);
void linebuf_fini(struct linebuf *b);

#endif
