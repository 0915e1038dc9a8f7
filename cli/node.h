/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration's table as the control plane describes it (method `schema`, docs/mgmt.md).
 * Everything the shell knows about options comes from this tree; it knows none by name.
 */
#ifndef CULVERT_CLI_NODE_H
#define CULVERT_CLI_NODE_H

#include <jansson.h>
#include <stdbool.h>

#define NODE_WORDS_MAX 8
#define NODE_DEPTH_MAX 8

enum node_type {
	NODE_OBJECT,
	NODE_MAP,
	NODE_LIST,
	NODE_INTEGER,
	NODE_BOOLEAN,
	NODE_STRING,
	NODE_ENUM,
	NODE_IPV4,
	NODE_PREFIX,
	NODE_ADDRESS,
	NODE_IPV6,
	NODE_PREFIX6,
	NODE_ADDRESS6,
	NODE_PREFIX46, /* of either family */
	NODE_IPV46,
	NODE_IDENTITY,
	NODE_REF,
	NODE_INTEGERS,
	NODE_ENUMS,
	NODE_REFS,
	NODE_IDENTITIES,
	NODE_ADDRESSES,
	NODE_ADDRESSES6,
};

struct node_value {
	char name[64];
	const char *help; /* "" if there is none */
};

struct node {
	enum node_type type;
	const char *name, *help, *unit, *ref, *key_help, *pattern, *pattern_help, *reserved,
			*default_help, *follow; /* "" if absent */
	const json_t *def;             /* its default, NULL if none */
	char *words[NODE_WORDS_MAX];   /* its own CLI words */
	int n_words;
	bool required, secret;
	bool followed; /* the line of a sibling sets it, too */
	bool inverted; /* boolean: the word means false */
	bool key;      /* child of a list: part of what tells entries apart */
	bool one_line; /* map: an option of an entry may follow its name on the same line */
	const char *cli_inline; /* other words for it behind the name of its entry; "" if none */
	const char *cli_no_with; /* list: see schema.h; "" if none */
	const char *cli_instead; /* a sibling that sets the same in other terms; "" if none */
	const char *cli_after; /* words that may stand behind the value; "" if none */
	bool zero_too; /* integer: 0 is allowed besides min..max */
	bool power_of_two;
	bool has_min, has_max;
	json_int_t min, max;
	struct node_value *values;
	int n_values;
	const struct node *parent;
	struct node *children;
	int n_children;
	unsigned int mode; /* map: libcli's number of the mode of its entries; see grammar.c */
	json_t *json;      /* root only: owns the strings */
};

/** Build the tree from the NODE at @schema (its reference is kept). NULL, with a reason in @err,
 * when it is not one. */
struct node *node_load(json_t *schema, char *err, size_t err_len);
void node_free(struct node *root);

/** Does the value take an array? */
bool node_is_array(const struct node *n);
/** The node at a JSON pointer without entry names ("/crypto/ikev2/keyring"), or NULL. */
const struct node *node_find(const struct node *root, const char *pointer, size_t len);
/** The map in whose entries @n lies, or the root. @n itself is not taken. */
const struct node *node_level(const struct node *n);
/** CLI words from the level down to @n, all together. Returns how many, at most NODE_WORDS_MAX. */
int node_words(const struct node *n, const char **words);
/** The same as one string, "" when there are none. Returns @buf. */
char *node_words_str(const struct node *n, char *buf, size_t cap);

#define NODE_FOLLOW_MAX 8
/** @n and the siblings whose values may stand behind its own on one line, in order. How many. */
int node_line(const struct node *n, const struct node *line[NODE_FOLLOW_MAX]);

/** Calls @fn for every node below @level that is set by lines of its own: values, maps and lists,
 *  through objects but not into maps. */
void node_each(const struct node *level, void (*fn)(const struct node *n, void *arg), void *arg);

/**
 * A path of the server's messages ("/tunnels/t1/mtu") as an operator would say it: "interface
 * tunnel t1: ip mtu". Returns @buf; the path itself when it does not lead anywhere.
 */
char *node_say_path(const struct node *root, const char *path, char *buf, size_t cap);

#endif
