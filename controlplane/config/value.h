/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Single values of the schema table: between JSON and their field, compared, in words. Internal
 * to controlplane/config.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_VALUE_H
#define CULVERT_CONTROLPLANE_CONFIG_VALUE_H

#include <jansson.h>
#include <regex.h>

#include "controlplane/config/config.h"
#include "controlplane/config/schema.h"

/** The entries of a map or list. */
struct entries {
	char *base;
	uint32_t n;
};

/** @base: the struct that holds the list of node @n. */
struct entries entries_of(const struct schema_node *n, const void *base);
void entries_set(const struct schema_node *n, void *base, struct entries e);

/** The values of an array's field: at @base, @width bytes each. */
struct value_rows {
	char *base;
	uint8_t *n; /* how many there are */
	size_t width;
};

/** @n: a node of one of the array types. */
struct value_rows value_rows(const struct schema_node *n, const void *entry);

/** What is wrong with a value. */
struct value_error {
	char text[256];
	int item; /* index in the array, -1: the value itself */
};

/** Check @j and store it in its field of @entry. 0, or -EINVAL with @err filled and the field
 *  untouched (arrays: perhaps filled in part). */
int value_from_json(const struct schema_node *n, const json_t *j, void *entry,
		struct value_error *err);
/** The field as JSON, whatever its default. New reference; NULL if it is not set. */
json_t *value_to_json(const struct schema_node *n, const void *entry);
/** Order of two fields: <0, 0, >0. 0 exactly when they are equal. */
int value_cmp(const struct schema_node *n, const void *a, const void *b);
/** The field in words for a person: "1400", "aes-gcm-128 aes-cbc-128", "none". Not for secrets.
 *  Returns @buf. */
char *value_text(const struct schema_node *n, const void *entry, char *buf, size_t len);
/** Set all fields under container @n in @base to their defaults; lists to empty. */
void value_defaults(const struct schema_node *n, void *base);
/** Zero one field, and the bool that says it is there. */
void value_clear(const struct schema_node *n, void *entry);

/** Is it the name of an entry of map @n? @re is its pattern, compiled once for many names. 0, or
 *  -EINVAL with @err filled. */
int value_check_name(const struct schema_node *n, const regex_t *re, const char *name,
		struct value_error *err);

#endif
