/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors and captures made by others, of ../shared/vectors beside the repository. */
#ifndef CULVERT_TESTS_VECTORS_H
#define CULVERT_TESTS_VECTORS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cu.h"

/** A file, NUL-terminated, the caller's to free; NULL (and a word about it) when absent. */
static inline char *
vector_file(const char *name, size_t *len)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char path[512], *text = NULL;
	long size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/../shared/vectors/%s", root != NULL ? root : ".", name);
	f = fopen(path, "rb");
	if (f == NULL) {
		printf("skipped: no %s ... ", path);
		return NULL;
	}
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0 &&
			(text = malloc((size_t)size + 1)) != NULL) {
		*len = fread(text, 1, (size_t)size, f);
		text[*len] = '\0';
	}
	fclose(f);
	return text;
}

/** Up to @cap bytes of hex digits; how many there were. */
static inline size_t
unhex(const char *s, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned int v;

	while (n < cap && sscanf(s + 2 * n, "%2x", &v) == 1)
		out[n++] = (uint8_t)v;
	return n;
}

/** The hex bytes after "name": " in flat JSON. */
static inline size_t
json_hex(const char *json, const char *name, uint8_t *out, size_t cap)
{
	char key[64];
	const char *p;

	snprintf(key, sizeof(key), "\"%s\": \"", name);
	p = strstr(json, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return unhex(p + strlen(key), out, cap);
}

#endif
