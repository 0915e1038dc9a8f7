/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON pointers; see place.h. */
#include <stdio.h>
#include <string.h>

#include "controlplane/config/place.h"

static size_t
add_char(char *buf, size_t len, size_t at, char c)
{
	if (at + 1 < len)
		buf[at++] = c;
	return at;
}

/* RFC 6901 section 3: '~' is written ~0, '/' is written ~1. */
static size_t
add_key(char *buf, size_t len, size_t at, const char *key)
{
	for (; *key != '\0'; key++) {
		if (*key != '~' && *key != '/') {
			at = add_char(buf, len, at, *key);
			continue;
		}
		at = add_char(buf, len, at, '~');
		at = add_char(buf, len, at, *key == '~' ? '0' : '1');
	}
	return at;
}

static size_t
add_place(char *buf, size_t len, const struct place *p)
{
	char number[24];
	size_t at;

	if (p == NULL || (p->up == NULL && p->key == NULL))
		return 0;
	at = add_place(buf, len, p->up);
	at = add_char(buf, len, at, '/');
	if (p->key != NULL)
		return add_key(buf, len, at, p->key);
	snprintf(number, sizeof(number), "%zu", p->index);
	return add_key(buf, len, at, number);
}

char *
place_str(const struct place *p, char *buf, size_t len)
{
	buf[add_place(buf, len, p)] = '\0';
	return buf;
}
