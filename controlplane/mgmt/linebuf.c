/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes in, lines out; see linebuf.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/mgmt/linebuf.h"

#define MIN_CAP  4096
#define KEEP_CAP 65536 /* a bigger buffer is given back when it is empty */

void
linebuf_fini(struct linebuf *b)
{
	if (b->buf != NULL)
		explicit_bzero(b->buf, b->cap);
	free(b->buf);
	*b = (struct linebuf){ .buf = NULL };
}

/* Room for @len more: by moving what is there to the front, or into a buffer twice as big. */
static int
make_room(struct linebuf *b, size_t len)
{
	size_t used = b->end - b->start, cap = b->cap > 0 ? b->cap : MIN_CAP;
	char *buf;

	while (cap < used + len)
		cap *= 2;
	if (cap == b->cap) {
		memmove(b->buf, b->buf + b->start, used);
		explicit_bzero(b->buf + used, b->end - used);
	} else {
		buf = malloc(cap);
		if (buf == NULL)
			return -ENOMEM;
		if (used > 0)
			memcpy(buf, b->buf + b->start, used);
		if (b->buf != NULL)
			explicit_bzero(b->buf, b->cap);
		free(b->buf);
		b->buf = buf;
		b->cap = cap;
	}
	b->start = 0;
	b->end = used;
	return 0;
}

int
linebuf_add(struct linebuf *b, const void *p, size_t len)
{
	if (len > b->cap - b->end && make_room(b, len) != 0)
		return -ENOMEM;
	if (len > 0)
		memcpy(b->buf + b->end, p, len);
	b->end += len;
	return 0;
}

char *
linebuf_line(struct linebuf *b, size_t *len)
{
	size_t from = b->start + b->scanned;
	char *line, *lf = from < b->end ? memchr(b->buf + from, '\n', b->end - from) : NULL;

	if (lf == NULL) {
		b->scanned = b->end - b->start;
		return NULL;
	}
	line = b->buf + b->start;
	*len = (size_t)(lf - line);
	return line;
}

void
linebuf_drop(struct linebuf *b, size_t len)
{
	explicit_bzero(b->buf + b->start, len + 1);
	b->start += len + 1;
	b->scanned = 0;
	if (b->start < b->end)
		return;
	if (b->cap > KEEP_CAP)
		linebuf_fini(b);
	b->start = 0;
	b->end = 0;
}

size_t
linebuf_len(const struct linebuf *b)
{
	return b->end - b->start;
}
