/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that is put together piece by piece in a buffer of a fixed size; what is too much is cut. */
#ifndef CULVERT_COMMON_WORDS_H
#define CULVERT_COMMON_WORDS_H

#include <stddef.h>

#define WORDS_MAX 4000

struct words {
	char buf[WORDS_MAX]; /* always ends with a NUL, once something has been added */
	size_t n;            /* strlen(buf) */
};

/** Append, as printf does. */
void words_add(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
