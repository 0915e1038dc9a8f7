/* SPDX-License-Identifier: BSD-3-Clause */
/* Collected errors and warnings of a configuration; see errors.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/errors.h"

#define TEXT_MAX 512 /* longest path or message kept */

void
cfg_errors_init(struct cfg_errors *e)
{
	memset(e, 0, sizeof(*e));
}

static void
list_free(struct cfg_error *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		free(list[i].path);
		free(list[i].message);
		free(list[i].expected);
	}
	free(list);
}

void
cfg_errors_fini(struct cfg_errors *e)
{
	list_free(e->errors, e->n_errors);
	list_free(e->warnings, e->n_warnings);
	cfg_errors_init(e);
}

/* Control characters, and bytes that begin or continue no whole UTF-8 sequence (a cut at TEXT_MAX
 * leaves such), become '?': the result must be good for JSON and for a terminal. */
static void
make_printable(char *s)
{
	unsigned char *p = (unsigned char *)s;

	while (*p != 0) {
		unsigned int n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 1;
		unsigned int have = 1;
		bool good;

		while (have < n && (p[have] & 0xc0) == 0x80)
			have++;
		good = n == 1 ? *p >= 0x20 && *p < 0x7f : have == n && *p <= 0xf4;
		if (n == 2 && *p == 0xc2 && p[1] < 0xa0)
			good = false; /* U+0080 .. U+009F */
		if (!good)
			memset(p, '?', have);
		p += have;
	}
}

static char *
printable_copy(const char *s)
{
	char *copy = strndup(s, TEXT_MAX - 1);

	if (copy != NULL)
		make_printable(copy);
	return copy;
}

/* Room for one more in a list that grows to CFG_ERRORS_MAX. NULL: full, or no memory. */
static struct cfg_error *
list_room(struct cfg_error **list, uint32_t n)
{
	if (*list == NULL)
		*list = calloc(CFG_ERRORS_MAX, sizeof(**list));
	return *list != NULL && n < CFG_ERRORS_MAX ? &(*list)[n] : NULL;
}

static void
entry_fill(struct cfg_error *x, const char *path, const char *expected, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	x->path = printable_copy(path);
	x->message = printable_copy(text);
	x->expected = expected != NULL ? printable_copy(expected) : NULL;
}

void
cfg_error_add(struct cfg_errors *e, const char *path, const char *expected, const char *fmt, ...)
{
	struct cfg_error *x = list_room(&e->errors, e->n_errors);
	va_list ap;

	e->n_errors_total++;
	if (x == NULL)
		return;
	va_start(ap, fmt);
	entry_fill(x, path, expected, fmt, ap);
	va_end(ap);
	e->n_errors++;
}

void
cfg_warning_add(struct cfg_errors *e, const char *path, const char *fmt, ...)
{
	struct cfg_error *x = list_room(&e->warnings, e->n_warnings);
	va_list ap;

	if (x == NULL)
		return;
	va_start(ap, fmt);
	entry_fill(x, path, NULL, fmt, ap);
	va_end(ap);
	e->n_warnings++;
}

json_t *
cfg_errors_json(const struct cfg_errors *e)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < e->n_errors; i++) {
		const struct cfg_error *x = &e->errors[i];
		json_t *o = json_pack("{s:s?, s:s?}", "path", x->path, "message", x->message);

		if (x->expected != NULL)
			json_object_set_new(o, "expected", json_string(x->expected));
		json_array_append_new(list, o);
	}
	if (e->n_errors_total > e->n_errors)
		json_array_append_new(list,
				json_pack("{s:s, s:o}", "path", "", "message",
						json_sprintf("and %" PRIu64 " further errors",
								e->n_errors_total - e->n_errors)));
	return list;
}

json_t *
cfg_warnings_json(const struct cfg_errors *e)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < e->n_warnings; i++)
		json_array_append_new(list, json_sprintf("%s: %s", e->warnings[i].path,
							    e->warnings[i].message));
	return list;
}
