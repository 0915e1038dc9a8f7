/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers in parts; see parts.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/mgmt/parts.h"

#define MIN_CAP 16384

struct mgmt_answer_parts {
	const struct mgmt_parts *how;
	void *ctx;
	json_t *params;
	void *cursor;
	struct mgmt_out out;
};

/* ---- text -------------------------------------------------------------------------------- */

static int
text_add(const char *text, size_t len, void *arg)
{
	struct mgmt_out *o = arg;

	if (!o->failed && len > o->cap - o->len) {
		size_t cap = o->cap == 0 ? MIN_CAP : o->cap;
		char *more;

		while (cap < o->len + len)
			cap *= 2;
		more = realloc(o->text, cap);
		if (more != NULL) {
			o->text = more;
			o->cap = cap;
		}
		o->failed = more == NULL;
	}
	if (o->failed)
		return -1;
	memcpy(o->text + o->len, text, len);
	o->len += len;
	return 0;
}

/* What stands before a value: a comma if it is not the first, and its name. */
static void
member(struct mgmt_out *o, const char *key)
{
	if (o->depth > 0) {
		if (o->open[o->depth - 1].any)
			text_add(",", 1, o);
		o->open[o->depth - 1].any = true;
	}
	if (key == NULL)
		return;
	text_add("\"", 1, o);
	text_add(key, strlen(key), o);
	text_add("\":", 2, o);
}

static void
begin(struct mgmt_out *o, const char *key, char open, char close)
{
	assert(o->depth < MGMT_OUT_DEPTH);
	member(o, key);
	text_add(&open, 1, o);
	o->open[o->depth].close = close;
	o->open[o->depth++].any = false;
}

void
mgmt_out_object(struct mgmt_out *o, const char *key)
{
	begin(o, key, '{', '}');
}

void
mgmt_out_array(struct mgmt_out *o, const char *key)
{
	begin(o, key, '[', ']');
}

void
mgmt_out_end(struct mgmt_out *o)
{
	assert(o->depth > 0);
	text_add(&o->open[--o->depth].close, 1, o);
}

void
mgmt_out_put(struct mgmt_out *o, const char *key, json_t *value)
{
	if (value == NULL)
		return;
	member(o, key);
	if (json_dump_callback(value, text_add, o, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		o->failed = true;
	json_decref(value);
}

/* ---- answers ----------------------------------------------------------------------------- */

struct mgmt_answer_parts *
mgmt_parts_begin(const struct mgmt_parts *how, void *ctx, const json_t *id, const json_t *params,
		char *err, size_t err_len)
{
	struct mgmt_answer_parts *a = calloc(1, sizeof(*a));

	if (a == NULL || (a->cursor = calloc(1, how->cursor_size + 1)) == NULL) {
		free(a);
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	a->ctx = ctx;
	a->params = json_incref((json_t *)(uintptr_t)params);
	if (how->begin != NULL && !how->begin(ctx, params, a->cursor, err, err_len)) {
		mgmt_parts_free(a);
		return NULL;
	}
	a->how = how; /* from now on there is something to end */
	mgmt_out_object(&a->out, NULL);
	if (id != NULL)
		mgmt_out_put(&a->out, "id", json_incref((json_t *)(uintptr_t)id));
	mgmt_out_object(&a->out, "result");
	return a;
}

bool
mgmt_parts_next(struct mgmt_answer_parts *a)
{
	if (a->how->next(a->ctx, a->params, a->cursor, &a->out))
		return true;
	assert(a->out.depth == 2); /* what was begun has been ended */
	mgmt_out_end(&a->out);
	mgmt_out_end(&a->out);
	text_add("\n", 1, &a->out);
	return false;
}

size_t
mgmt_parts_len(const struct mgmt_answer_parts *a)
{
	return a->out.len;
}

bool
mgmt_parts_failed(const struct mgmt_answer_parts *a)
{
	return a->out.failed;
}

char *
mgmt_parts_take(struct mgmt_answer_parts *a)
{
	char *text = a->out.text;

	a->out.text = NULL;
	a->out.len = a->out.cap = 0;
	return text;
}

void
mgmt_parts_free(struct mgmt_answer_parts *a)
{
	if (a == NULL)
		return;
	if (a->how != NULL && a->how->end != NULL)
		a->how->end(a->ctx, a->cursor);
	json_decref(a->params);
	free(a->out.text);
	free(a->cursor);
	free(a);
}
