/* SPDX-License-Identifier: BSD-3-Clause */
/* Where in a document the reader is: a chain on the stack, made into a JSON pointer (RFC 6901)
 * only when there is something to say. Internal to controlplane/config. */
#ifndef CULVERT_CONTROLPLANE_CONFIG_PLACE_H
#define CULVERT_CONTROLPLANE_CONFIG_PLACE_H

#include <stddef.h>

struct place {
	const struct place *up; /* NULL: the document itself */
	const char *key;        /* NULL: @index counts */
	size_t index;
};

#define PLACE_MAX 512

/** The pointer as text, cut off at @len. Returns @buf. */
char *place_str(const struct place *p, char *buf, size_t len);

#endif
