/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between two configurations: a walk over the schema table with both at once. Maps
 * and lists are sorted, so theirs is a merge. See json.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/config/json.h"
#include "controlplane/config/value.h"

#define PATH_LEN 256
#define TEXT_LEN 256

struct differ {
	json_t *out; /* NULL: only whether there is any difference */
	bool differs;
	bool failed;
};

static void __attribute__((format(printf, 2, 3)))
emit(struct differ *d, const char *fmt, ...)
{
	char text[PATH_LEN + 2 * TEXT_LEN + 16];
	json_t *line;
	va_list ap;

	d->differs = true;
	if (d->out == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line = json_string(text);
	if (line == NULL) /* cut off inside a character */
		line = json_string("(a change too long to show)");
	if (json_array_append_new(d->out, line) != 0)
		d->failed = true;
}

/* The key fields of a list's entry in the words of its command line: "10.0.0.0/8 1.1.1.1". */
static void
entry_label(const struct schema_node *n, const void *entry, char *buf, size_t len)
{
	size_t at = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		char text[TEXT_LEN];

		if ((ch->flags & SCHEMA_KEY) == 0)
			continue;
		value_text(ch, entry, text, sizeof(text));
		if (strcmp(text, "none") == 0 || strcmp(text, "false") == 0)
			continue;
		at += (size_t)snprintf(buf + at, len - at, "%s%s", at > 0 ? " " : "",
				ch->type == SCHEMA_BOOLEAN ? ch->cli : text);
		if (at >= len)
			return;
	}
}

static int
entry_cmp(const struct schema_node *n, const void *a, const void *b)
{
	if (n->type == SCHEMA_MAP)
		return strcmp(a, b);
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		int c = ch->flags & SCHEMA_KEY ? value_cmp(ch, a, b) : 0;

		if (c != 0)
			return c;
	}
	return 0;
}

static void
join(char *buf, const char *path, const char *name)
{
	if (snprintf(buf, PATH_LEN, "%s%s%s", path, path[0] != '\0' ? "/" : "", name) >= PATH_LEN)
		strcpy(buf + PATH_LEN - 4, "..."); /* no name is that long */
}

static void
diff_value(struct differ *d, const struct schema_node *n, const void *a, const void *b,
		const char *path)
{
	char x[TEXT_LEN], y[TEXT_LEN];

	if (value_cmp(n, a, b) == 0)
		return;
	if (n->flags & SCHEMA_SECRET)
		emit(d, "%s: changed", path);
	else
		emit(d, "%s: %s -> %s", path, value_text(n, a, x, sizeof(x)),
				value_text(n, b, y, sizeof(y)));
}

static void diff_children(struct differ *d, const struct schema_node *n, const void *a,
		const void *b, const char *path);

static void
diff_entries(struct differ *d, const struct schema_node *n, const void *a, const void *b,
		const char *path)
{
	struct entries x = entries_of(n, a), y = entries_of(n, b);
	const char *p = x.base, *q = y.base;
	char label[CFG_TEXT_MAX], here[PATH_LEN];
	uint32_t i = 0, k = 0;

	while ((i < x.n || k < y.n) && !(d->out == NULL && d->differs)) {
		int c = i == x.n ? 1 : k == y.n ? -1 : entry_cmp(n, p, q);
		const char *entry = c <= 0 ? p : q;

		if (n->type == SCHEMA_MAP)
			snprintf(label, sizeof(label), "%s", entry);
		else
			entry_label(n, entry, label, sizeof(label));
		join(here, path, label);
		if (c == 0)
			diff_children(d, n, p, q, here);
		else
			emit(d, "%s: %s", here, c < 0 ? "removed" : "added");
		if (c <= 0) {
			i++;
			p += n->size;
		}
		if (c >= 0) {
			k++;
			q += n->size;
		}
	}
}

static void
diff_children(struct differ *d, const struct schema_node *n, const void *a, const void *b,
		const char *path)
{
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		char here[PATH_LEN];

		join(here, path, ch->name);
		if (ch->type == SCHEMA_OBJECT)
			diff_children(d, ch, (const char *)a + ch->offset,
					(const char *)b + ch->offset, here);
		else if (ch->type == SCHEMA_MAP || ch->type == SCHEMA_LIST)
			diff_entries(d, ch, a, b, here);
		else
			diff_value(d, ch, a, b, here);
	}
}

bool
cfg_equal(const struct cfg *a, const struct cfg *b)
{
	struct differ d = { .out = NULL };

	diff_children(&d, schema_root(), a, b, "");
	return !d.differs;
}

json_t *
cfg_diff(const struct cfg *a, const struct cfg *b)
{
	struct differ d = { .out = json_array() };

	if (d.out == NULL)
		return NULL;
	diff_children(&d, schema_root(), a, b, "");
	if (d.failed) {
		json_decref(d.out);
		return NULL;
	}
	return d.out;
}
