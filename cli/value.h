/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of options: words to JSON and back, with the checks of type and range that can be made
 * before the control plane sees them.
 */
#ifndef CULVERT_CLI_VALUE_H
#define CULVERT_CLI_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/node.h"

#define VALUE_SECRET "********" /* stands for a secret; pushed back it keeps the one there is */

/**
 * Read the value of @n from the words at @argv.
 *
 * Text takes all words there are; a prefix or address may be two words, with a netmask as IOS
 * writes it; arrays take what is left.
 *
 * @param used  how many words were taken.
 * @return a new reference, or NULL with a sentence in @err.
 */
json_t *value_parse(const struct node *n, char *const *argv, int argc, int *used, char *err,
		size_t err_len);
/** May @name be the name of an entry of the map @n? */
bool value_name_ok(const struct node *n, const char *name, char *err, size_t err_len);
/** Append the words of @v, each with a space before it. False when they do not fit. */
bool value_words(const struct node *n, const json_t *v, char *buf, size_t cap);
/** What is expected, in few words: "576-9600 (bytes)". Returns @buf. */
char *value_expected(const struct node *n, char *buf, size_t cap);
/** The default in words, "" if there is none. Returns a place in @buf. */
char *value_default(const struct node *n, char *buf, size_t cap);
/** A name for the value in help and completion: "A.B.C.D", "576-9600", "NAME". Returns @buf. */
char *value_placeholder(const struct node *n, char *buf, size_t cap);

#endif
