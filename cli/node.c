/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of options, read from the control plane; see node.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/node.h"

static const char *const type_names[] = {
	[NODE_OBJECT] = "object",
	[NODE_MAP] = "map",
	[NODE_LIST] = "list",
	[NODE_INTEGER] = "integer",
	[NODE_BOOLEAN] = "boolean",
	[NODE_STRING] = "string",
	[NODE_ENUM] = "enum",
	[NODE_IPV4] = "ipv4",
	[NODE_PREFIX] = "prefix",
	[NODE_ADDRESS] = "address",
	[NODE_IDENTITY] = "identity",
	[NODE_REF] = "ref",
	[NODE_INTEGERS] = "integers",
	[NODE_ENUMS] = "enums",
	[NODE_REFS] = "refs",
	[NODE_IDENTITIES] = "identities",
	[NODE_ADDRESSES] = "addresses",
	[NODE_IPV6] = "ipv6",
	[NODE_PREFIX6] = "prefix6",
	[NODE_ADDRESS6] = "address6",
	[NODE_ADDRESSES6] = "addresses6",
	[NODE_PREFIX46] = "prefix46",
	[NODE_IPV46] = "ipv46",
};

static const char *
str_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s == NULL ? "" : s;
}

static bool
type_of(const json_t *j, enum node_type *type)
{
	const char *name = str_of(j, "type");

	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (strcmp(name, type_names[i]) == 0) {
			*type = (enum node_type)i;
			return true;
		}
	}
	return false;
}

static bool
words_load(struct node *n, const char *cli)
{
	while (*cli != '\0') {
		size_t len = strcspn(cli, " ");

		if (len > 0 && n->n_words == NODE_WORDS_MAX)
			return false;
		if (len > 0) {
			n->words[n->n_words] = strndup(cli, len);
			if (n->words[n->n_words++] == NULL)
				return false;
		}
		cli += len;
		cli += strspn(cli, " ");
	}
	return true;
}

/* A value is a word, a number, or an object with "name" and "help". */
static bool
values_load(struct node *n, const json_t *values)
{
	size_t i;
	json_t *v;

	if (json_array_size(values) == 0)
		return true;
	n->values = calloc(json_array_size(values), sizeof(*n->values));
	if (n->values == NULL)
		return false;
	json_array_foreach (values, i, v) {
		struct node_value *to = &n->values[n->n_values];
		json_t *name = json_is_object(v) ? json_object_get(v, "name") : v;

		if (name == NULL && json_is_object(v))
			name = json_object_get(v, "value");
		to->help = json_is_object(v) ? str_of(v, "help") : "";
		if (json_is_integer(name))
			snprintf(to->name, sizeof(to->name), "%" JSON_INTEGER_FORMAT,
					json_integer_value(name));
		else if (json_is_string(name))
			snprintf(to->name, sizeof(to->name), "%s", json_string_value(name));
		else
			return false;
		n->n_values++;
	}
	return true;
}

static void
range_load(const json_t *j, const char *key, bool *has, json_int_t *to)
{
	const json_t *v = json_object_get(j, key);

	*has = json_is_integer(v);
	*to = json_integer_value(v);
}

static bool
node_fill(struct node *n, const json_t *j, const struct node *parent, int depth)
{
	const json_t *children = json_object_get(j, "children"), *child;
	size_t i;

	if (depth > NODE_DEPTH_MAX || !json_is_object(j) || !type_of(j, &n->type))
		return false;
	n->parent = parent;
	n->name = str_of(j, "name");
	n->help = str_of(j, "help");
	n->unit = str_of(j, "unit");
	n->ref = str_of(j, "ref");
	n->key_help = str_of(j, "key_help");
	n->pattern = str_of(j, "pattern");
	n->pattern_help = str_of(j, "pattern_help");
	n->reserved = str_of(j, "reserved");
	n->default_help = str_of(j, "default_help");
	n->follow = str_of(j, "follow");
	n->def = json_object_get(j, "default");
	n->required = json_is_true(json_object_get(j, "required"));
	n->secret = json_is_true(json_object_get(j, "secret"));
	n->inverted = json_is_true(json_object_get(j, "inverted"));
	n->key = json_is_true(json_object_get(j, "key"));
	n->one_line = json_is_true(json_object_get(j, "inline"));
	n->cli_inline = str_of(j, "cli_inline");
	n->cli_after = str_of(j, "cli_after");
	n->cli_no_with = str_of(j, "cli_no_with");
	n->cli_instead = str_of(j, "cli_instead");
	n->zero_too = json_is_true(json_object_get(j, "zero_too"));
	n->power_of_two = json_is_true(json_object_get(j, "power_of_two"));
	range_load(j, "min", &n->has_min, &n->min);
	range_load(j, "max", &n->has_max, &n->max);
	if (!words_load(n, str_of(j, "cli")) || !values_load(n, json_object_get(j, "values")))
		return false;
	if (json_array_size(children) == 0)
		return true;
	n->children = calloc(json_array_size(children), sizeof(*n->children));
	if (n->children == NULL)
		return false;
	json_array_foreach (children, i, child) {
		n->n_children++;
		if (!node_fill(&n->children[i], child, n, depth + 1))
			return false;
	}
	for (int k = 0; k < n->n_children; k++) {
		const struct node *line[NODE_FOLLOW_MAX];

		for (int m = node_line(&n->children[k], line) - 1; m > 0; m--)
			n->children[line[m] - n->children].followed = true;
	}
	return true;
}

static void
node_clear(struct node *n)
{
	for (int i = 0; i < n->n_words; i++)
		free(n->words[i]);
	for (int i = 0; i < n->n_children; i++)
		node_clear(&n->children[i]);
	free(n->children);
	free(n->values);
}

void
node_free(struct node *root)
{
	if (root == NULL)
		return;
	node_clear(root);
	json_decref(root->json);
	free(root);
}

struct node *
node_load(json_t *schema, char *err, size_t err_len)
{
	struct node *root = calloc(1, sizeof(*root));

	if (root == NULL) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	root->json = json_incref(schema);
	if (!node_fill(root, schema, NULL, 0) || root->type != NODE_OBJECT) {
		snprintf(err, err_len,
				"the control plane describes its configuration in a way that "
				"this shell does not know; are they of the same version?");
		node_free(root);
		return NULL;
	}
	return root;
}

bool
node_is_array(const struct node *n)
{
	return n->type >= NODE_INTEGERS;
}

static const struct node *
child_named(const struct node *n, const char *name, size_t len)
{
	for (int i = 0; i < n->n_children; i++)
		if (strlen(n->children[i].name) == len &&
				memcmp(n->children[i].name, name, len) == 0)
			return &n->children[i];
	return NULL;
}

const struct node *
node_find(const struct node *root, const char *pointer, size_t len)
{
	const char *end = pointer + len;

	while (root != NULL && pointer < end && *pointer == '/') {
		const char *from = ++pointer;

		while (pointer < end && *pointer != '/')
			pointer++;
		root = child_named(root, from, (size_t)(pointer - from));
	}
	return pointer == end ? root : NULL;
}

const struct node *
node_level(const struct node *n)
{
	do
		n = n->parent;
	while (n->parent != NULL && n->type != NODE_MAP);
	return n;
}

int
node_words(const struct node *n, const char **words)
{
	int count = 0;

	if (n->parent != NULL && n->parent->type == NODE_OBJECT)
		count = node_words(n->parent, words);
	for (int i = 0; i < n->n_words && count < NODE_WORDS_MAX; i++)
		words[count++] = n->words[i];
	return count;
}

char *
node_words_str(const struct node *n, char *buf, size_t cap)
{
	const char *words[NODE_WORDS_MAX];
	int count = node_words(n, words);
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < count && used < cap; i++)
		used += (size_t)snprintf(
				buf + used, cap - used, "%s%s", i > 0 ? " " : "", words[i]);
	return buf;
}

int
node_line(const struct node *n, const struct node *line[NODE_FOLLOW_MAX])
{
	const char *p = n->follow;
	int count = 0;

	line[count++] = n;
	for (; *p != '\0' && n->parent != NULL && count < NODE_FOLLOW_MAX; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		for (int i = 0; i < n->parent->n_children; i++) {
			const struct node *other = &n->parent->children[i];

			if (strlen(other->name) == len && strncmp(other->name, p, len) == 0)
				line[count++] = other;
		}
		p += len;
	}
	return count;
}

void
node_each(const struct node *level, void (*fn)(const struct node *n, void *arg), void *arg)
{
	for (int i = 0; i < level->n_children; i++) {
		const struct node *n = &level->children[i];

		if (n->type == NODE_OBJECT)
			node_each(n, fn, arg);
		else
			fn(n, arg);
	}
}

/* One step of a JSON pointer, ~0 and ~1 resolved (RFC 6901). */
static const char *
path_step(const char *p, char *step, size_t cap)
{
	size_t used = 0;

	for (p++; *p != '\0' && *p != '/'; p++) {
		char c = *p;

		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		if (used + 1 < cap)
			step[used++] = c;
	}
	step[used] = '\0';
	return p;
}

char *
node_say_path(const struct node *root, const char *path, char *buf, size_t cap)
{
	char step[128], words[128];
	const struct node *n = root;
	size_t used = 0;

	buf[0] = '\0';
	for (const char *p = path; n != NULL && *p == '/' && used < cap;) {
		p = path_step(p, step, sizeof(step));
		if (n->type == NODE_MAP || n->type == NODE_LIST) {
			used += (size_t)snprintf(buf + used, cap - used, "%s %s%s%s%s",
					node_words_str(n, words, sizeof(words)),
					n->type == NODE_LIST ? "[" : "", step,
					n->type == NODE_LIST ? "]" : "", *p == '/' ? ": " : "");
			if (*p == '\0')
				return buf;
			p = path_step(p, step, sizeof(step));
		} else if (!node_is_array(n) && n->type != NODE_OBJECT) {
			break;
		}
		n = node_is_array(n) ? n : child_named(n, step, strlen(step));
		if (n != NULL && *p == '\0' && used < cap) {
			node_words_str(n, words, sizeof(words));
			snprintf(buf + used, cap - used, "%s", words[0] != '\0' ? words : n->name);
			return buf;
		}
	}
	snprintf(buf, cap, "%s", path);
	return buf;
}
