/* SPDX-License-Identifier: BSD-3-Clause */
/* What all renderers need: careful reading of answers; see render.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

const char *
get_str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL || s[0] == '\0' ? "-" : s;
}

json_int_t
get_int(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

bool
get_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

const json_t *
get_named(const json_t *array, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach (array, i, one)
		if (strcmp(get_str(one, "name"), name) == 0)
			return one;
	return NULL;
}

double
get_rate(const json_t *now, const json_t *before, const char *key, double seconds)
{
	json_int_t a = get_int(before, key), b = get_int(now, key);

	if (before == NULL || seconds <= 0)
		return -1;
	/* counters fall when they are cleared or the dataplane is a new one */
	return b < a ? 0 : (double)(b - a) / seconds;
}

char *
get_age(const json_t *o, const char *key, char *buf)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_number(v) || json_number_value(v) < 0)
		return strcpy(buf, "-");
	return text_age(buf, (uint64_t)json_number_value(v));
}

void
cell_packets(struct table *t, const json_t *o, const char *key)
{
	char num[TEXT_NUM_LEN];

	table_cell(t, OUT_PLAIN, "%s", text_packets(num, (uint64_t)get_int(o, key)));
}

void
cell_bytes(struct table *t, const json_t *o, const char *key)
{
	char num[TEXT_NUM_LEN];

	table_cell(t, OUT_PLAIN, "%s", text_bytes(num, (uint64_t)get_int(o, key)));
}

void
detail(const struct out *o, const char *name, const char *fmt, ...)
{
	char value[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (value[0] != '\0' && strcmp(value, "-") != 0)
		out_line(o, "  %-18s %s", name, value);
}

void
verify_detail(const struct out *o, const json_t *f)
{
	detail(o, "IPv4 sources by", "%s", get_str(f, "verify_source"));
	detail(o, "IPv6 sources by", "%s", get_str(f, "ipv6_verify_source"));
}
