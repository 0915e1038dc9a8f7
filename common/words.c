/* SPDX-License-Identifier: BSD-3-Clause */
/* See words.h. */
#include "common/words.h"

#include <stdarg.h>
#include <stdio.h>

void
words_add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->n + 1 >= sizeof(w->buf))
		return;
	va_start(ap, fmt);
	n = vsnprintf(w->buf + w->n, sizeof(w->buf) - w->n, fmt, ap);
	va_end(ap);
	w->n += n > 0 ? (size_t)n : 0;
	if (w->n >= sizeof(w->buf))
		w->n = sizeof(w->buf) - 1;
}
