/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration document as command lines, in the table's order. Typed into configure terminal
 * they give the same document again (see edit.h); secrets are shown as VALUE_SECRET.
 */
#ifndef CULVERT_CLI_LINES_H
#define CULVERT_CLI_LINES_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/node.h"
#include "cli/out.h"

struct line {
	char *block; /* the line that opens the mode this one is in or opens; itself at the top */
	char *text;  /* without indentation */
	int indent;  /* spaces: one for each mode */
	bool opens;  /* a mode */
};

struct lines {
	struct line *v;
	size_t n, cap;
	bool failed; /* without memory, or something in the document has no words */
};

void lines_init(struct lines *l);
void lines_fini(struct lines *l);
/** Append the lines of @doc. False: @l->failed. */
bool lines_render(struct lines *l, const struct node *root, const json_t *doc);

/** What @doc has of objects and entries gets the defaults that are not written in it. */
void lines_fill_defaults(const struct node *n, json_t *doc);

/** Print those whose block begins with the words of @section ("" or NULL: all), with "!" between
 *  blocks. Returns how many. */
size_t lines_print(const struct lines *l, const char *section, const struct out *o);
/** Print what is only in @a with "-", what is only in @b with "+", under their blocks. Returns how
 *  many lines differ. */
size_t lines_diff(const struct lines *a, const struct lines *b, const struct out *o);

#endif
