/* SPDX-License-Identifier: BSD-3-Clause */
/* Who answers which subject of `show`, `clear` and `debug`; and what the server tells of itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/mgmt/server_int.h"

static int
subject_add(struct subjects *list, const struct subject *one)
{
	struct subject *v;

	for (unsigned int i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].what, one->what) != 0)
			continue;
		list->v[i] = *one;
		return 0;
	}
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	list->v = v;
	list->v[list->n++] = *one;
	return 0;
}

json_t *
mgmt_show_users(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct mgmt_server *s = ctx;
	uint64_t now = now_ms();
	json_t *list = json_array();
	const struct client *c;

	TAILQ_FOREACH (c, &s->clients, link)
		json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:I, s:b, s:s}", "uid",
				(json_int_t)c->uid, "pid", (json_int_t)c->pid, "since_s",
				(json_int_t)((now - c->since_ms) / 1000), "idle_s",
				(json_int_t)((now - c->heard_ms) / 1000), "follows",
				(int)c->follows, "request", c->request));
	return json_pack("{s:o}", "users", list);
}

int
mgmt_register_show(struct mgmt_server *s, const char *what, mgmt_fn fn, void *ctx)
{
	return subject_add(&s->shows, &(struct subject){ .what = what, .fn = fn, .ctx = ctx });
}

int
mgmt_register_show_parts(struct mgmt_server *s, const char *what, const struct mgmt_parts *how,
		void *ctx)
{
	return subject_add(&s->shows, &(struct subject){ .what = what, .parts = how, .ctx = ctx });
}

int
mgmt_register_clear(struct mgmt_server *s, const char *what, mgmt_fn fn, void *ctx)
{
	return subject_add(&s->clears, &(struct subject){ .what = what, .fn = fn, .ctx = ctx });
}

int
mgmt_register_debug(struct mgmt_server *s, const char *what, mgmt_fn fn, void *ctx)
{
	return subject_add(&s->debugs, &(struct subject){ .what = what, .fn = fn, .ctx = ctx });
}
