/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents in: a walk over the schema table and the JSON side by side, which fills the structs
 * and collects every error on the way; see json.h. What single values must look like is in
 * value_read.c, what must hold between them in validate.c.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controlplane/config/json.h"
#include "controlplane/config/model.h"
#include "controlplane/config/place.h"
#include "controlplane/config/suggest.h"
#include "controlplane/config/validate.h"
#include "controlplane/config/value.h"

#define FILE_MAX (64u << 20)

struct reader {
	struct cfg_errors *errs;
	bool no_memory;
	/* Where the routes stood in the document: they are sorted, but errors name that place. */
	uint32_t *route_index;
};

static void read_children(struct reader *r, const struct schema_node *n, const json_t *obj,
		void *base, const void *keep, const struct place *at);

static void *
wipe_malloc(size_t size)
{
	return malloc(size);
}

static void
wipe_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
cfg_json_init(void)
{
	json_set_alloc_funcs(wipe_malloc, wipe_free);
}

static void
complain(struct reader *r, const struct schema_node *n, const struct place *at, const char *text)
{
	char path[PLACE_MAX], expected[512];

	cfg_error_add(r->errs, place_str(at, path, sizeof(path)),
			n != NULL ? schema_expected(n, expected, sizeof(expected)) : NULL, "%s",
			text);
}

static void
complain_unknown(struct reader *r, const struct schema_node *n, const struct place *at)
{
	const char *near = suggest_child(n, at->key);
	char text[128];

	if (near != NULL)
		snprintf(text, sizeof(text), "unknown option; did you mean \"%s\"?", near);
	else
		snprintf(text, sizeof(text), "unknown option");
	complain(r, NULL, at, text);
}

/* ---- values -------------------------------------------------------------------------------- */

static void
read_secret_mask(struct reader *r, const struct schema_node *n, void *base, const void *keep,
		const struct place *at)
{
	if (keep == NULL) {
		complain(r, NULL, at, "there is no running secret to keep here");
		return;
	}
	memcpy((char *)base + n->offset, (const char *)keep + n->offset, n->size);
}

static void
read_value(struct reader *r, const struct schema_node *n, const json_t *j, void *base,
		const void *keep, const struct place *at)
{
	struct value_error err;
	struct place item = { .up = at };

	if (n->flags & SCHEMA_SECRET && json_is_string(j) &&
			strcmp(json_string_value(j), CFG_SECRET_MASK) == 0) {
		read_secret_mask(r, n, base, keep, at);
		return;
	}
	if (value_from_json(n, j, base, &err) == 0)
		return;
	item.index = (size_t)err.item;
	complain(r, n, err.item < 0 ? at : &item, err.text);
	value_clear(n, base);
}

/* ---- maps ---------------------------------------------------------------------------------- */

struct named {
	const char *name;
	const json_t *value;
};

static int
named_cmp(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The members of an object by name. NULL without memory. */
static struct named *
sorted_members(const json_t *obj)
{
	struct named *list = calloc(json_object_size(obj) + 1, sizeof(*list));
	json_t *o = (json_t *)(uintptr_t)obj, *value;
	const char *name;
	size_t n = 0;

	if (list == NULL)
		return NULL;
	json_object_foreach (o, name, value)
		list[n++] = (struct named){ name, value };
	qsort(list, n, sizeof(*list), named_cmp);
	return list;
}

static const void *
find_named(const struct schema_node *n, const void *base, const char *name)
{
	struct entries e;

	if (base == NULL)
		return NULL;
	e = entries_of(n, base);
	return e.n == 0 ? NULL
			: bsearch(name, e.base, e.n, n->size,
					  (int (*)(const void *, const void *))strcmp);
}

static void
fill_map(struct reader *r, const struct schema_node *n, const struct named *list, size_t count,
		void *base, const void *keep, const struct place *at)
{
	struct entries e = { calloc(count, n->size), 0 };
	char *model = calloc(1, n->size);
	regex_t re;

	if (e.base == NULL || model == NULL ||
			regcomp(&re, n->pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		r->no_memory = true;
		free(e.base);
		free(model);
		return;
	}
	value_defaults(n, model);
	for (size_t i = 0; i < count; i++) {
		char *entry = e.base + e.n * (size_t)n->size;
		struct place here = { .up = at, .key = list[i].name };
		struct value_error err;
		bool named = value_check_name(n, &re, list[i].name, &err) == 0;

		memcpy(entry, model, n->size);
		if (named)
			memcpy(entry, list[i].name, strlen(list[i].name));
		else
			cfg_error_add(r->errs, place_str(&here, (char[PLACE_MAX]){ 0 }, PLACE_MAX),
					n->key_help, "%s", err.text);
		read_children(r, n, list[i].value, entry, find_named(n, keep, list[i].name), &here);
		if (named)
			e.n++;
		else
			cfg_lists_free(n, entry);
	}
	regfree(&re);
	free(model);
	entries_set(n, base, e);
}

static void
read_map(struct reader *r, const struct schema_node *n, const json_t *j, void *base,
		const void *keep, const struct place *at)
{
	size_t count = json_object_size(j);
	struct named *list;

	if (!json_is_object(j)) {
		complain(r, n, at, "is not an object");
		return;
	}
	if (count > n->max) {
		complain(r, n, at, "has too many entries");
		return;
	}
	if (count == 0)
		return;
	list = sorted_members(j);
	if (list == NULL) {
		r->no_memory = true;
		return;
	}
	fill_map(r, n, list, count, base, keep, at);
	free(list);
}

/* ---- lists --------------------------------------------------------------------------------- */

struct list_order {
	const struct schema_node *node;
	const char *base;
	const bool *broken; /* by place in the document: the reader has complained about it */
};

static int
keys_cmp(const struct schema_node *n, const void *a, const void *b)
{
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		int c = ch->flags & SCHEMA_KEY ? value_cmp(ch, a, b) : 0;

		if (c != 0)
			return c;
	}
	return 0;
}

static int
list_cmp(const void *a, const void *b, void *arg)
{
	const struct list_order *o = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return keys_cmp(o->node, o->base + x * (size_t)o->node->size,
			o->base + y * (size_t)o->node->size);
}

/* Is this entry, of those in order, there twice? What was not read well is no ground to say so. */
static bool
is_repeated(const struct list_order *o, const uint32_t *index)
{
	return !o->broken[index[0]] && !o->broken[index[-1]] &&
			list_cmp(&index[-1], &index[0], (void *)(uintptr_t)o) == 0;
}

/* Sort @e by its key fields, refusing what is there twice; ties stay in the document's order. */
static void
sort_list(struct reader *r, const struct schema_node *n, struct entries *e, const bool *broken,
		const struct place *at)
{
	struct list_order o = { n, e->base, broken };
	uint32_t *index = calloc(e->n, sizeof(*index));
	char *sorted = calloc(e->n, n->size);
	char text[64];

	if (index == NULL || sorted == NULL) {
		r->no_memory = true;
		free(index);
		free(sorted);
		return;
	}
	for (uint32_t i = 0; i < e->n; i++)
		index[i] = i;
	qsort_r(index, e->n, sizeof(*index), list_cmp, &o);
	for (uint32_t i = 0; i < e->n; i++) {
		memcpy(sorted + i * (size_t)n->size, e->base + index[i] * (size_t)n->size, n->size);
		if (i == 0 || !is_repeated(&o, &index[i]))
			continue;
		snprintf(text, sizeof(text), "is there already, at index %u",
				index[i] > index[i - 1] ? index[i - 1] : index[i]);
		complain(r, NULL,
				&(struct place){ .up = at,
						.index = index[i] > index[i - 1] ? index[i]
										 : index[i - 1] },
				text);
	}
	free(e->base);
	e->base = sorted;
	if (n == schema_child(schema_root(), "routes"))
		r->route_index = index;
	else
		free(index);
}

static bool
has_secret(const struct schema_node *n)
{
	for (uint32_t i = 0; i < n->n_children; i++)
		if ((n->children[i].flags & SCHEMA_SECRET) != 0)
			return true;
	return false;
}

/* The entry of the running list with the key fields of @j: the one whose secret a mask means.
 * @probe: room for an entry. NULL: there is none. */
static const void *
find_kept(const struct schema_node *n, const json_t *j, const struct entries *running, void *probe)
{
	struct value_error err;

	memset(probe, 0, n->size);
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		const json_t *value = json_object_get(j, ch->name);

		if ((ch->flags & SCHEMA_KEY) != 0 && value != NULL)
			value_from_json(ch, value, probe, &err);
	}
	for (uint32_t i = 0; i < running->n; i++) {
		const char *entry = running->base + i * (size_t)n->size;

		if (keys_cmp(n, probe, entry) == 0)
			return entry;
	}
	return NULL;
}

static void
read_list(struct reader *r, const struct schema_node *n, const json_t *j, void *base,
		const void *keep, const struct place *at)
{
	size_t count = json_array_size(j);
	struct entries e = { NULL, (uint32_t)count }, running = { NULL, 0 };
	bool *broken;

	if (!json_is_array(j)) {
		complain(r, n, at, "is not an array");
		return;
	}
	if (count > n->max) {
		complain(r, n, at, "has too many entries");
		return;
	}
	if (count == 0)
		return;
	e.base = calloc(count, n->size);
	broken = calloc(count, sizeof(*broken));
	if (e.base == NULL || broken == NULL) {
		r->no_memory = true;
		free(e.base);
		free(broken);
		return;
	}
	value_defaults(n, e.base);
	for (size_t i = 1; i < count; i++)
		memcpy(e.base + i * n->size, e.base, n->size);
	if (keep != NULL && has_secret(n))
		running = entries_of(n, keep);
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(j, i);
		char *entry = e.base + i * n->size;
		uint32_t before = r->errs->n_errors_total;
		const void *kept = NULL;

		if (running.n > 0) {
			kept = find_kept(n, value, &running, entry);
			value_defaults(n, entry);
		}
		read_children(r, n, value, entry, kept, &(struct place){ .up = at, .index = i });
		broken[i] = r->errs->n_errors_total != before;
	}
	sort_list(r, n, &e, broken, at);
	free(broken);
	entries_set(n, base, e);
}

/* ---- objects ------------------------------------------------------------------------------- */

static void
read_child(struct reader *r, const struct schema_node *n, const json_t *j, void *base,
		const void *keep, const struct place *at)
{
	switch (n->type) {
	case SCHEMA_OBJECT:
		read_children(r, n, j, (char *)base + n->offset,
				keep != NULL ? (const char *)keep + n->offset : NULL, at);
		break;
	case SCHEMA_MAP:
		read_map(r, n, j, base, keep, at);
		break;
	case SCHEMA_LIST:
		read_list(r, n, j, base, keep, at);
		break;
	default:
		read_value(r, n, j, base, keep, at);
		break;
	}
}

/* What was not given: an error where it must be, a derived default where there is one. */
static void
read_absent(struct reader *r, const struct schema_node *n, const json_t *obj, void *base,
		const struct place *at)
{
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		struct place here = { .up = at, .key = ch->name };

		if ((ch->flags & SCHEMA_REQUIRED) == 0 && ch->derive == NULL)
			continue;
		if (json_object_get(obj, ch->name) != NULL)
			continue;
		if (ch->derive != NULL)
			ch->derive(base);
		else
			complain(r, ch, &here, "is missing");
	}
}

/* The members of @obj, which stands for an object, or an entry of a map or list. */
static void
read_children(struct reader *r, const struct schema_node *n, const json_t *obj, void *base,
		const void *keep, const struct place *at)
{
	json_t *o = (json_t *)(uintptr_t)obj, *value;
	const char *key;

	if (!json_is_object(obj)) {
		complain(r, NULL, at, "is not an object");
		return;
	}
	json_object_foreach (o, key, value) {
		const struct schema_node *ch = schema_child(n, key);
		struct place here = { .up = at, .key = key };

		if (ch == NULL)
			complain_unknown(r, n, &here);
		else
			read_child(r, ch, value, base, keep, &here);
	}
	read_absent(r, n, obj, base, at);
}

struct cfg *
cfg_from_json(const json_t *doc, const struct cfg *keep, struct cfg_errors *errs)
{
	struct reader r = { .errs = errs };
	struct place top = { .up = NULL };
	struct cfg *c = cfg_new();

	if (c == NULL) {
		cfg_error_add(errs, "", NULL, "out of memory");
		return NULL;
	}
	read_children(&r, schema_root(), doc, c, keep, &top);
	if (r.no_memory || cfg_validate(c, r.route_index, errs) == -ENOMEM)
		cfg_error_add(errs, "", NULL, "out of memory");
	free(r.route_index);
	if (errs->n_errors_total > 0) {
		cfg_free(c);
		return NULL;
	}
	return c;
}

/* ---- text and files ------------------------------------------------------------------------ */

/* The library quotes what it found at the place, which may be part of a key: that is cut off,
 * unless it is the name that occurs twice. */
static void
complain_syntax(struct cfg_errors *errs, const char *file, json_error_t *e)
{
	char *near = strstr(e->text, " near '");

	if (near != NULL && json_error_code(e) != json_error_duplicate_key)
		*near = '\0';
	cfg_error_add(errs, "", "a JSON document", "%s%sline %d, column %d: %s",
			file != NULL ? file : "", file != NULL ? ": " : "", e->line, e->column,
			e->text);
}

static json_t *
parse_text(const char *text, size_t len, const char *file, struct cfg_errors *errs)
{
	json_error_t e;
	json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);

	if (doc == NULL)
		complain_syntax(errs, file, &e);
	return doc;
}

struct cfg *
cfg_from_text(const char *text, size_t len, const struct cfg *keep, struct cfg_errors *errs)
{
	json_t *doc = parse_text(text, len, NULL, errs);
	struct cfg *c;

	if (doc == NULL)
		return NULL;
	c = cfg_from_json(doc, keep, errs);
	json_decref(doc);
	return c;
}

/* The whole file, to be wiped and freed by the caller. NULL with errno set. */
static char *
read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err = 0;
	struct stat st;
	char *buf = NULL;
	ssize_t n;

	*len = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0)
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else if (st.st_size > FILE_MAX)
		err = EFBIG;
	else if ((buf = malloc((size_t)st.st_size + 1)) == NULL)
		err = ENOMEM;
	while (err == 0 && *len < (size_t)st.st_size) {
		n = read(fd, buf + *len, (size_t)st.st_size - *len);
		if (n < 0 && errno != EINTR)
			err = errno;
		else if (n == 0)
			break;
		else if (n > 0)
			*len += (size_t)n;
	}
	close(fd);
	if (err != 0) {
		free(buf);
		buf = NULL;
		errno = err;
	}
	return buf;
}

/* A file as JSON, not looked at further. New reference; NULL with an error in @errs. */
static json_t *
cfg_read_document(const char *path, struct cfg_errors *errs)
{
	size_t len;
	char *text = read_file(path, &len);
	json_t *doc;

	if (text == NULL) {
		cfg_error_add(errs, "", NULL, "%s: %s", path, strerror(errno));
		return NULL;
	}
	doc = parse_text(text, len, path, errs);
	explicit_bzero(text, len);
	free(text);
	return doc;
}

struct cfg *
cfg_from_file(const char *path, struct cfg_errors *errs)
{
	json_t *doc = cfg_read_document(path, errs);
	json_t *inner = json_object_get(doc, "config"); /* a version file of the store */
	struct cfg *c;

	if (doc == NULL)
		return NULL;
	c = cfg_from_json(inner != NULL ? inner : doc, NULL, errs);
	json_decref(doc);
	return c;
}
