/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents as command lines; see lines.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/lines.h"
#include "cli/text.h"
#include "cli/token.h"
#include "cli/value.h"

#define LINE_MAX_LEN 2048
#define VALUE_MAX_LEN 400 /* bytes of a text that is shown */

/* Where rendering is: the block and its depth. */
struct place {
	struct lines *l;
	const char *block; /* NULL at the top */
	int indent;
};

void
lines_init(struct lines *l)
{
	memset(l, 0, sizeof(*l));
}

void
lines_fini(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].block);
		free(l->v[i].text);
	}
	free(l->v);
	memset(l, 0, sizeof(*l));
}

static const char *
line_add(const struct place *p, const char *text, bool opens)
{
	struct lines *l = p->l;
	struct line *line;

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;
		struct line *v = realloc(l->v, cap * sizeof(*v));

		if (v == NULL) {
			l->failed = true;
			return NULL;
		}
		l->v = v;
		l->cap = cap;
	}
	line = &l->v[l->n];
	line->block = strdup(p->block == NULL ? text : p->block);
	line->text = strdup(text);
	line->indent = p->indent;
	line->opens = opens;
	if (line->block == NULL || line->text == NULL) {
		free(line->block);
		free(line->text);
		l->failed = true;
		return NULL;
	}
	l->n++;
	return line->text;
}

static void render_level(const struct place *p, const struct node *level, const json_t *obj);

static void
render_map(const struct place *p, const struct node *n, const json_t *entries)
{
	char words[256], name[512], text[LINE_MAX_LEN];
	const char *key;
	json_t *entry;

	node_words_str(n, words, sizeof(words));
	json_object_foreach ((json_t *)entries, key, entry) {
		struct place in = { .l = p->l, .indent = p->indent + 1 };

		if (!token_quote(name, sizeof(name), key)) {
			p->l->failed = true;
			continue;
		}
		snprintf(text, sizeof(text), "%s %s", words, name);
		in.block = p->block == NULL ? text : p->block;
		line_add(p, text, true);
		render_level(&in, n, entry);
	}
}

static void
render_list(const struct place *p, const struct node *n, const json_t *list, bool no)
{
	char text[LINE_MAX_LEN], words[256];
	json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		snprintf(text, sizeof(text), "%s%s", no ? "no " : "",
				node_words_str(n, words, sizeof(words)));
		for (int k = 0; k < n->n_children; k++) {
			const struct node *child = &n->children[k];
			json_t *v = json_object_get(entry, child->name);
			size_t len = strlen(text);

			if (v == NULL || (json_is_boolean(v) && json_is_true(v) == child->inverted))
				continue;
			if (child->n_words > 0)
				snprintf(text + len, sizeof(text) - len, " %s",
						node_words_str(child, words, sizeof(words)));
			if (!json_is_boolean(v) && !value_words(child, v, text, sizeof(text)))
				p->l->failed = true;
		}
		line_add(p, text, false);
	}
}

static void
render_one(const struct place *p, const struct node *n, const json_t *v)
{
	char text[LINE_MAX_LEN], words[256];

	node_words_str(n, words, sizeof(words));
	if (json_is_boolean(v)) {
		snprintf(text, sizeof(text), "%s%s", json_is_true(v) == n->inverted ? "no " : "",
				words);
	} else {
		snprintf(text, sizeof(text), "%s", words);
		if (json_is_string(v) && json_string_length(v) > VALUE_MAX_LEN) {
			/* A certificate, say: no line to be read or typed. */
			snprintf(text, sizeof(text), "! %s: %zu bytes, see the JSON document",
					words, json_string_length(v));
			line_add(p, text, false);
			return;
		}
		if (!value_words(n, v, text, sizeof(text))) {
			p->l->failed = true;
			return;
		}
		if (json_is_array(v) && json_array_size(v) == 0)
			return;
	}
	line_add(p, text, false);
}

static void
render_value(const struct place *p, const struct node *n, const json_t *v)
{
	if (n->type == NODE_IDENTITIES) { /* long ones: a line each */
		json_t *one;
		size_t i;

		json_array_foreach (v, i, one)
			render_one(p, n, one);
		return;
	}
	render_one(p, n, v);
}

/* Can the value at @k be left out? A word out of a list is not taken for the number before it. */
static bool
may_skip(const struct node *const *line, int k, int n, const json_t *obj)
{
	for (int i = k + 1; i < n; i++)
		if (json_object_get(obj, line[i]->name) != NULL && line[i]->type != NODE_ENUM)
			return false;
	return line[k]->type != NODE_ENUM;
}

/*
 * Values that one line sets, from their object; false: it has to be a line each, because what was
 * left out has no default that could be written in its place.
 */
static bool
render_line(const struct place *p, const struct node *const *line, int n, const json_t *obj)
{
	char text[LINE_MAX_LEN];
	int last = n - 1;

	while (last >= 0 && json_object_get(obj, line[last]->name) == NULL)
		last--;
	if (last < 0)
		return true;
	node_words_str(line[0], text, sizeof(text));
	for (int k = 0; k <= last; k++) {
		const json_t *v = json_object_get(obj, line[k]->name);

		if (v == NULL && may_skip(line, k, n, obj))
			continue;
		if (v == NULL)
			v = line[k]->def;
		if (v == NULL || !value_words(line[k], v, text, sizeof(text)))
			return false;
	}
	line_add(p, text, false);
	return true;
}

static void
render_followed(const struct place *p, const struct node *n, const json_t *obj)
{
	const struct node *line[NODE_FOLLOW_MAX];
	int count = node_line(n, line);

	if (render_line(p, line, count, obj))
		return;
	for (int k = 0; k < count; k++)
		if (json_object_get(obj, line[k]->name) != NULL)
			render_value(p, line[k], json_object_get(obj, line[k]->name));
}

static void
render_level(const struct place *p, const struct node *level, const json_t *obj)
{
	for (int i = 0; i < level->n_children; i++) {
		const struct node *n = &level->children[i];
		const json_t *v = json_object_get(obj, n->name);

		if (n->follow[0] != '\0')
			render_followed(p, n, obj);
		if (v == NULL || n->follow[0] != '\0' || n->followed)
			continue;
		switch (n->type) {
		case NODE_OBJECT:
			render_level(p, n, v);
			break;
		case NODE_MAP:
			render_map(p, n, v);
			break;
		case NODE_LIST:
			render_list(p, n, v,
					json_is_true(json_object_get(obj, n->cli_no_with)));
			break;
		default:
			render_value(p, n, v);
			break;
		}
	}
}

bool
lines_render(struct lines *l, const struct node *root, const json_t *doc)
{
	struct place top = { .l = l };

	render_level(&top, root, doc);
	return !l->failed;
}

/* Do the words of @section begin @block? Each may be abbreviated, and be short for a name. */
static bool
section_matches(const char *section, const char *block)
{
	section += strspn(section, " ");
	while (*section != '\0') {
		size_t want = strcspn(section, " "), have = strcspn(block, " ");

		/* "interface Tunnel1" is "interface tunnel Tunnel1" */
		if (want > have && have == 6 && strncasecmp(block, "tunnel", have) == 0 &&
				block[have] == ' ') {
			block += have + 1;
			have = strcspn(block, " ");
		}
		if ((want > have || strncasecmp(section, block, want) != 0) &&
				!text_short_for(section, want, block, have))
			return false;
		section += want + strspn(section + want, " ");
		block += have + strspn(block + have, " ");
	}
	return true;
}

size_t
lines_print(const struct lines *l, const char *section, const struct out *o)
{
	const struct line *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct line *line = &l->v[i];

		if (section != NULL && !section_matches(section, line->block))
			continue;
		if (before != NULL && line->indent == 0 &&
				(line->opens || before->indent > 0 || before->opens))
			out_line(o, "!");
		out_line(o, "%*s%s", line->indent, "", line->text);
		before = line;
		n++;
	}
	return n;
}

static int
line_cmp(const void *a, const void *b)
{
	const struct line *x = *(const struct line *const *)a, *y = *(const struct line *const *)b;
	int d = strcmp(x->block, y->block);

	return d != 0 ? d : strcmp(x->text, y->text);
}

static const struct line **
lines_sorted(const struct lines *l)
{
	const struct line **v = calloc(l->n + 1, sizeof(*v));

	for (size_t i = 0; v != NULL && i < l->n; i++)
		v[i] = &l->v[i];
	if (v != NULL)
		qsort(v, l->n, sizeof(*v), line_cmp);
	return v;
}

/* Print the lines of @l that are not in @other, each under its block. */
static size_t
diff_one(const struct lines *l, const struct line **other, size_t n_other, char sign,
		const struct out *o)
{
	const char *block = "";
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct line *line = &l->v[i];

		if (bsearch(&line, other, n_other, sizeof(*other), line_cmp) != NULL)
			continue;
		if (line->indent > 0 && strcmp(block, line->block) != 0)
			out_line(o, "  %s", line->block);
		block = line->block;
		out_colored(o, sign == '+' ? OUT_GOOD : OUT_BAD, "%c %*s%s", sign, line->indent, "",
				line->text);
		n++;
	}
	return n;
}

size_t
lines_diff(const struct lines *a, const struct lines *b, const struct out *o)
{
	const struct line **sa = lines_sorted(a), **sb = lines_sorted(b);
	size_t n = 0;

	if (sa != NULL && sb != NULL) {
		n = diff_one(a, sb, b->n, '-', o);
		n += diff_one(b, sa, a->n, '+', o);
	} else {
		out_line(o, "%% Out of memory");
	}
	free(sa);
	free(sb);
	return n;
}

void
lines_fill_defaults(const struct node *n, json_t *doc)
{
	const char *name;
	json_t *v;

	for (int i = 0; i < n->n_children; i++) {
		const struct node *c = &n->children[i];
		json_t *there = json_object_get(doc, c->name);

		if (c->type == NODE_OBJECT && there != NULL)
			lines_fill_defaults(c, there);
		else if (c->type == NODE_MAP)
			json_object_foreach (there, name, v)
				lines_fill_defaults(c, v);
		else if (there == NULL && c->def != NULL && c->default_help[0] == '\0')
			json_object_set_new(doc, c->name, json_deep_copy(c->def));
	}
}
