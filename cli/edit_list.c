/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entries of lists, one line each ("ip route 10.0.0.0/8 1.1.1.1 distance 10"): children without
 * words of their own stand in the table's order and are told apart by their types; the others
 * follow their words.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/edit.h"
#include "cli/text.h"
#include "cli/value.h"

/* Is @name an entry of one of the maps that a reference may point to? */
static bool
ref_exists(const struct edit *e, const struct node *n, const char *name)
{
	for (const char *p = n->ref; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		const struct node *map = node_find(e->root, p, len);

		if (map != NULL && json_object_get(edit_entries(e, map), name) != NULL)
			return true;
		p += len;
	}
	return false;
}

/* How many of @argv are the child's words; 0 if they are not. */
static int
child_words(const struct node *n, char *const *argv, int argc, bool exact)
{
	if (n->n_words == 0 || argc < n->n_words)
		return 0;
	for (int i = 0; i < n->n_words; i++)
		if (exact ? strcasecmp(argv[i], n->words[i]) != 0
			  : !text_abbreviates(argv[i], n->words[i]))
			return 0;
	return n->n_words;
}

/* Of the words that are left a text takes one: others follow it. */
static int
one_word(const struct node *n, int argc)
{
	return n->type == NODE_STRING && argc > 1 ? 1 : argc;
}

/* Take a child that is named by its words. 1: taken, 0: none is, -1: error. */
static int
take_named(const struct node *list, json_t *entry, char *const *argv, int argc, bool exact,
		int *used, char *err, size_t err_len)
{
	for (int i = 0; i < list->n_children; i++) {
		const struct node *n = &list->children[i];
		int words = child_words(n, argv, argc, exact), taken = 0;
		json_t *v;

		if (words == 0 || json_object_get(entry, n->name) != NULL)
			continue;
		if (n->type == NODE_BOOLEAN)
			v = json_boolean(!n->inverted);
		else
			v = value_parse(n, argv + words, one_word(n, argc - words), &taken, err,
					err_len);
		if (v == NULL)
			return -1;
		json_object_set_new(entry, n->name, v);
		*used = words + taken;
		return 1;
	}
	return 0;
}

/* Take the first child without words that the next word can be. */
static bool
take_placed(const struct edit *e, const struct node *list, json_t *entry, char *const *argv,
		int argc, bool strict, int *used, char *err, size_t err_len)
{
	for (int i = 0; i < list->n_children; i++) {
		const struct node *n = &list->children[i];
		char why[256];
		json_t *v;

		if (n->n_words > 0 || json_object_get(entry, n->name) != NULL)
			continue;
		if (strict && n->type == NODE_REF && !ref_exists(e, n, argv[0]))
			continue;
		v = value_parse(n, argv, one_word(n, argc), used, why, sizeof(why));
		if (v != NULL) {
			json_object_set_new(entry, n->name, v);
			return true;
		}
		if (n->required || err[0] == '\0')
			snprintf(err, err_len, "%s", why);
		if (n->required)
			return false;
	}
	if (err[0] == '\0')
		snprintf(err, err_len, "\"%s\" is not expected here", argv[0]);
	return false;
}

static bool
required_given(const struct node *list, const json_t *entry, char *err, size_t err_len)
{
	char expected[256];

	for (int i = 0; i < list->n_children; i++) {
		const struct node *n = &list->children[i];

		if (!n->required || json_object_get(entry, n->name) != NULL)
			continue;
		snprintf(err, err_len, "incomplete: expected %s",
				value_expected(n, expected, sizeof(expected)));
		return false;
	}
	return true;
}

json_t *
edit_list_entry(const struct edit *e, const struct node *list, char *const *argv, int argc,
		bool complete, char *err, size_t err_len)
{
	json_t *entry = json_object();
	int used = 0;

	for (int i = 0; i < argc; i += used) {
		int named = take_named(list, entry, argv + i, argc - i, true, &used, err, err_len);

		err[0] = named < 0 ? err[0] : '\0';
		if (named > 0 || (named == 0 && take_placed(e, list, entry, argv + i, argc - i,
								true, &used, err, err_len)))
			continue;
		if (named == 0)
			named = take_named(list, entry, argv + i, argc - i, false, &used, err,
					err_len);
		if (named > 0 || (named == 0 && take_placed(e, list, entry, argv + i, argc - i,
								false, &used, err, err_len)))
			continue;
		json_decref(entry);
		return NULL;
	}
	if (complete && !required_given(list, entry, err, err_len)) {
		json_decref(entry);
		return NULL;
	}
	return entry;
}
