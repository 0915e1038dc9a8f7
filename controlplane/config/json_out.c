/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents out: a walk over the schema table that leaves out what is at its default; json.h. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/json.h"
#include "controlplane/config/value.h"

struct writer {
	unsigned int flags;
	bool failed; /* no memory */
};

static json_t *write_children(
		struct writer *w, const struct schema_node *n, const void *base, const void *model);

/* Would reading a document without this value give the same? @model has the static defaults. */
static bool
is_default(struct writer *w, const struct schema_node *parent, const struct schema_node *n,
		const void *base, const void *model)
{
	char *copy;
	bool same;

	if (n->flags & SCHEMA_REQUIRED)
		return false;
	if (n->derive == NULL)
		return value_cmp(n, base, model) == 0;
	copy = malloc(parent->size);
	if (copy == NULL) {
		w->failed = true;
		return false;
	}
	memcpy(copy, base, parent->size);
	value_clear(n, copy);
	n->derive(copy);
	same = value_cmp(n, base, copy) == 0;
	free(copy);
	return same;
}

static json_t *
write_value(struct writer *w, const struct schema_node *n, const void *base)
{
	if (n->flags & SCHEMA_SECRET && (w->flags & CFG_JSON_SECRETS) == 0)
		return json_string(CFG_SECRET_MASK);
	return value_to_json(n, base);
}

/* The entries of a map or list, all compared with the same model. NULL: none. */
static json_t *
write_entries(struct writer *w, const struct schema_node *n, const void *base)
{
	struct entries e = entries_of(n, base);
	json_t *out, *entry;
	void *model;

	if (e.n == 0)
		return NULL;
	out = n->type == SCHEMA_MAP ? json_object() : json_array();
	model = calloc(1, n->size);
	if (out == NULL || model == NULL)
		w->failed = true;
	else
		value_defaults(n, model);
	for (uint32_t i = 0; i < e.n && !w->failed; i++) {
		const char *p = e.base + i * (size_t)n->size;

		entry = write_children(w, n, p, model);
		if ((n->type == SCHEMA_MAP ? json_object_set_new_nocheck(out, p, entry)
					   : json_array_append_new(out, entry)) != 0)
			w->failed = true;
	}
	free(model);
	return out;
}

static json_t *
write_child(struct writer *w, const struct schema_node *parent, const struct schema_node *n,
		const void *base, const void *model)
{
	json_t *out;

	switch (n->type) {
	case SCHEMA_OBJECT:
		out = write_children(w, n, (const char *)base + n->offset,
				(const char *)model + n->offset);
		if (json_object_size(out) > 0)
			return out;
		json_decref(out);
		return NULL;
	case SCHEMA_MAP:
	case SCHEMA_LIST:
		return write_entries(w, n, base);
	default:
		if (is_default(w, parent, n, base, model))
			return NULL;
		return write_value(w, n, base);
	}
}

static json_t *
write_children(struct writer *w, const struct schema_node *n, const void *base, const void *model)
{
	json_t *obj = json_object();

	for (uint32_t i = 0; i < n->n_children && obj != NULL; i++) {
		const struct schema_node *ch = &n->children[i];
		json_t *j = write_child(w, n, ch, base, model);

		if (j != NULL && json_object_set_new_nocheck(obj, ch->name, j) != 0)
			w->failed = true;
	}
	if (obj == NULL)
		w->failed = true;
	return obj;
}

json_t *
cfg_to_json(const struct cfg *c, unsigned int flags)
{
	struct writer w = { .flags = flags };
	struct cfg model;
	json_t *doc;

	memset(&model, 0, sizeof(model));
	value_defaults(schema_root(), &model);
	doc = write_children(&w, schema_root(), c, &model);
	if (w.failed) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}
