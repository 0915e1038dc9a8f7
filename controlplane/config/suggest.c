/* SPDX-License-Identifier: BSD-3-Clause */
/* Nearest known word by edit distance; see suggest.h. */
#include <ctype.h>
#include <string.h>

#include "controlplane/config/suggest.h"

#define WORD_MAX 40

/* '_' and '-' are the same, and so are capitals: "Dead_Time" is near "dead-time". */
static int
fold(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

/* Edit distance: letters to insert, delete or replace. Both words below WORD_MAX. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *
suggest_child(const struct schema_node *n, const char *word)
{
	const char *best = NULL;
	size_t len = strlen(word), limit = len <= 4 ? 1 : len <= 8 ? 2 : 3;

	if (len < 2 || len >= WORD_MAX)
		return NULL;
	for (uint32_t i = 0; i < n->n_children; i++) {
		const char *name = n->children[i].name;
		size_t d = distance(word, name);

		if (d <= limit) {
			best = name;
			limit = d - (d > 0);
		} else if (best == NULL && len >= 3 && strstr(name, word) != NULL) {
			best = name; /* "lifetime" for "lifetime-seconds" */
		}
	}
	return best;
}
