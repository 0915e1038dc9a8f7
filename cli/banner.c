/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of banners; see banner.h. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/banner.h"

#define CTRL_C 3

/* Is @c, behind what is in b->head, the first byte of the delimiter: behind "banner WORD "? */
static bool
begins(const struct banner *b, char c)
{
	const char *p = b->head;
	size_t word;

	p += strspn(p, " \t");
	if (strncasecmp(p, "banner", 6) != 0 || (p[6] != ' ' && p[6] != '\t'))
		return false;
	p += 6 + strspn(p + 6, " \t");
	word = strcspn(p, " \t");
	return word > 0 && isalpha((unsigned char)p[0]) && p[word] != '\0' &&
			strspn(p + word, " \t") == strlen(p + word) && c != ' ' && c != '\t';
}

static void
line_over(struct banner *b)
{
	memset(b->head, 0, sizeof(b->head));
	b->len = 0;
	b->other = b->over = false;
}

/* In the text. The delimiter may be written as a caret and a C, or be the caret itself. */
static void
text_byte(struct banner *b, char c)
{
	bool caret = b->caret;

	b->caret = false;
	if (b->delimiter == '\0') { /* a caret has begun it */
		b->delimiter = c == 'C' || c == 'c' ? CTRL_C : '^';
		if (b->delimiter == CTRL_C || c != '^')
			return;
	}
	if (b->delimiter == CTRL_C && c == '^') {
		b->caret = true;
		return;
	}
	if (c == b->delimiter || (caret && b->delimiter == CTRL_C && (c == 'C' || c == 'c'))) {
		b->text = false;
		b->over = true;
	}
}

bool
banner_byte(struct banner *b, char c)
{
	if (b->text) {
		text_byte(b, c);
		return true;
	}
	if (c == '\r' || c == '\n') {
		line_over(b);
		return false;
	}
	if (b->over || b->other)
		return b->over;
	if (begins(b, c)) {
		b->text = true;
		b->delimiter = c == '^' ? '\0' : c;
		return true;
	}
	if (b->len + 1 < sizeof(b->head))
		b->head[b->len++] = c;
	else
		b->other = true;
	return false;
}

size_t
banner_cut(struct banner *b, char *line, size_t len, bool *gone)
{
	bool was = b->text;
	size_t used = 0;

	for (size_t i = 0; i < len; i++)
		if (!banner_byte(b, line[i]))
			line[used++] = line[i];
	banner_byte(b, '\n');
	line[used] = '\0';
	*gone = was;
	return used;
}
