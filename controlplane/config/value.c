/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of the configuration structs through the eyes of the schema table; see value.h. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/value.h"

/* ---- access to fields ---------------------------------------------------------------------- */

static char *
field(const struct schema_node *n, const void *entry)
{
	return (char *)(uintptr_t)entry + n->offset;
}

static uint64_t
field_uint(const struct schema_node *n, const void *entry)
{
	const char *p = field(n, entry);
	uint64_t v = 0;

	switch (n->size) {
	case 1:
		v = *(const uint8_t *)p;
		break;
	case 2:
		v = *(const uint16_t *)p;
		break;
	case 4:
		v = *(const uint32_t *)p;
		break;
	default:
		assert(n->size == 8);
		v = *(const uint64_t *)p;
		break;
	}
	return v;
}

static uint8_t *
field_count(const struct schema_node *n, const void *entry)
{
	return (uint8_t *)(uintptr_t)entry + n->count;
}

static bool *
field_has(const struct schema_node *n, const void *entry)
{
	return (bool *)((char *)(uintptr_t)entry + n->has);
}

struct value_rows
value_rows(const struct schema_node *n, const void *entry)
{
	char *p = field(n, entry);
	struct cfg_list *list = (struct cfg_list *)p;
	struct cfg_names *names = (struct cfg_names *)p;
	struct cfg_identities *ids = (struct cfg_identities *)p;

	switch (n->type) {
	case SCHEMA_REFS:
		return (struct value_rows){ names->v[0], &names->n, sizeof(names->v[0]) };
	case SCHEMA_IDENTITIES:
		return (struct value_rows){ ids->v[0], &ids->n, sizeof(ids->v[0]) };
	case SCHEMA_ADDRESSES:
	case SCHEMA_ADDRESSES6:
		return (struct value_rows){ p, field_count(n, entry), n->size };
	default:
		assert(n->type == SCHEMA_INTEGERS || n->type == SCHEMA_ENUMS);
		return (struct value_rows){ (char *)list->v, &list->n, sizeof(list->v[0]) };
	}
}

/* Is there anything in it? What has no default and is zero counts as not given. */
static bool
field_is_set(const struct schema_node *n, const void *entry)
{
	const char *p = field(n, entry);
	const struct ip4_prefix *prefix;

	if (n->has != SCHEMA_NONE)
		return *field_has(n, entry);
	switch (n->type) {
	case SCHEMA_STRING:
	case SCHEMA_IDENTITY:
	case SCHEMA_REF:
		return *p != '\0';
	case SCHEMA_IPV4:
		return *(const uint32_t *)p != 0;
	case SCHEMA_ADDRESS:
		prefix = (const struct ip4_prefix *)p;
		return prefix->addr != 0 || prefix->len != 0;
	case SCHEMA_IPV6:
	case SCHEMA_IPV46:
		return !ip6_is_zero((const struct ip6_addr *)p);
	case SCHEMA_ADDRESS6:
		return !ip6_is_zero(&((const struct ip6_prefix *)p)->addr);
	case SCHEMA_INTEGERS:
	case SCHEMA_ENUMS:
	case SCHEMA_REFS:
	case SCHEMA_IDENTITIES:
	case SCHEMA_ADDRESSES:
	case SCHEMA_ADDRESSES6:
		return *value_rows(n, entry).n != 0;
	default:
		return true;
	}
}

void
value_clear(const struct schema_node *n, void *entry)
{
	if (n->type == SCHEMA_ADDRESSES || n->type == SCHEMA_ADDRESSES6) {
		memset(field(n, entry), 0, (size_t)n->size * CFG_ADDRS_MAX);
		*field_count(n, entry) = 0;
	} else {
		memset(field(n, entry), 0, n->size);
	}
	if (n->has != SCHEMA_NONE)
		*field_has(n, entry) = false;
}

struct entries
entries_of(const struct schema_node *n, const void *base)
{
	struct entries e;

	memcpy(&e.base, (const char *)base + n->offset, sizeof(e.base));
	memcpy(&e.n, (const char *)base + n->count, sizeof(e.n));
	return e;
}

void
entries_set(const struct schema_node *n, void *base, struct entries e)
{
	memcpy((char *)base + n->offset, &e.base, sizeof(e.base));
	memcpy((char *)base + n->count, &e.n, sizeof(e.n));
}

void
value_defaults(const struct schema_node *n, void *base)
{
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		struct value_error err;
		json_t *def;
		int rc;

		if (ch->type == SCHEMA_OBJECT) {
			value_defaults(ch, (char *)base + ch->offset);
			continue;
		}
		if (ch->type == SCHEMA_MAP || ch->type == SCHEMA_LIST) {
			entries_set(ch, base, (struct entries){ NULL, 0 });
			continue;
		}
		value_clear(ch, base);
		def = schema_default_json(ch);
		if (def == NULL)
			continue;
		rc = value_from_json(ch, def, base, &err);
		assert(rc == 0);
		(void)rc;
		json_decref(def);
	}
}

/* ---- to JSON and to words ------------------------------------------------------------------ */

static const char *
value_name(const struct schema_node *n, unsigned int value)
{
	for (const struct schema_value *v = n->values; v->name != NULL; v++)
		if (v->value == value)
			return v->name;
	return "?";
}

static json_t *
row_to_json(const struct schema_node *n, const char *row)
{
	char buf[IP6_PREFIX_STR_LEN];

	switch (n->type) {
	case SCHEMA_INTEGERS:
		return json_integer(*(const uint16_t *)row);
	case SCHEMA_ENUMS:
		return json_string(value_name(n, *(const uint16_t *)row));
	case SCHEMA_ADDRESSES:
		return json_string(ip4_prefix_str((const struct ip4_prefix *)row, buf));
	case SCHEMA_ADDRESSES6:
		return json_string(ip6_prefix_str((const struct ip6_prefix *)row, buf));
	default:
		return json_string(row);
	}
}

static json_t *
rows_to_json(const struct schema_node *n, const void *entry)
{
	struct value_rows r = value_rows(n, entry);
	json_t *a = json_array();

	for (unsigned int i = 0; i < *r.n; i++)
		json_array_append_new(a, row_to_json(n, r.base + i * r.width));
	return a;
}

json_t *
value_to_json(const struct schema_node *n, const void *entry)
{
	const char *p = field(n, entry);
	char buf[IP6_PREFIX_STR_LEN];

	if (!field_is_set(n, entry))
		return NULL;
	switch (n->type) {
	case SCHEMA_INTEGER:
		return json_integer((json_int_t)field_uint(n, entry));
	case SCHEMA_BOOLEAN:
		return json_boolean(*(const bool *)p);
	case SCHEMA_STRING:
	case SCHEMA_IDENTITY:
	case SCHEMA_REF:
		return json_string(p);
	case SCHEMA_ENUM:
		return json_string(value_name(n, (unsigned int)field_uint(n, entry)));
	case SCHEMA_IPV4:
		return json_string(ip4_str(*(const uint32_t *)p, buf));
	case SCHEMA_PREFIX:
	case SCHEMA_ADDRESS:
		return json_string(ip4_prefix_str((const struct ip4_prefix *)p, buf));
	case SCHEMA_IPV6:
		return json_string(ip6_str((const struct ip6_addr *)p, buf));
	case SCHEMA_IPV46:
		return json_string(ip46_str((const struct ip6_addr *)p, buf));
	case SCHEMA_PREFIX6:
	case SCHEMA_ADDRESS6:
		return json_string(ip6_prefix_str((const struct ip6_prefix *)p, buf));
	case SCHEMA_PREFIX46:
		return json_string(ip_prefix_str((const struct ip_prefix *)p, buf));
	case SCHEMA_INTEGERS:
	case SCHEMA_ENUMS:
	case SCHEMA_REFS:
	case SCHEMA_IDENTITIES:
	case SCHEMA_ADDRESSES:
	case SCHEMA_ADDRESSES6:
		return rows_to_json(n, entry);
	default:
		return NULL;
	}
}

static int
scalar_text(const json_t *j, char *buf, size_t len)
{
	if (json_is_string(j))
		return snprintf(buf, len, "%s", json_string_value(j));
	if (json_is_integer(j))
		return snprintf(buf, len, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
	return snprintf(buf, len, "%s", json_is_true(j) ? "true" : "false");
}

char *
value_text(const struct schema_node *n, const void *entry, char *buf, size_t len)
{
	json_t *j = value_to_json(n, entry), *item;
	size_t i, at = 0;

	snprintf(buf, len, "none");
	if (!json_is_array(j)) {
		if (j != NULL)
			scalar_text(j, buf, len);
	} else {
		json_array_foreach (j, i, item) {
			int k;

			if (i > 0 && at + 1 < len)
				buf[at++] = ' ';
			k = scalar_text(item, buf + at, len - at);
			at = at + (size_t)k < len ? at + (size_t)k : len - 1;
		}
	}
	json_decref(j);
	return buf;
}

/* ---- comparison ---------------------------------------------------------------------------- */

static int
cmp_uint(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
cmp_prefix(const void *a, const void *b)
{
	const struct ip4_prefix *x = a, *y = b;
	int c = cmp_uint(x->addr, y->addr);

	return c != 0 ? c : cmp_uint(x->len, y->len);
}

static int
cmp_prefix6(const void *a, const void *b)
{
	const struct ip6_prefix *x = a, *y = b;
	int c = memcmp(&x->addr, &y->addr, sizeof(x->addr));

	return c != 0 ? c : cmp_uint(x->len, y->len);
}

static int
cmp_row(const struct schema_node *n, const char *a, const char *b)
{
	switch (n->type) {
	case SCHEMA_INTEGERS:
	case SCHEMA_ENUMS:
		return cmp_uint(*(const uint16_t *)a, *(const uint16_t *)b);
	case SCHEMA_ADDRESSES:
		return cmp_prefix(a, b);
	case SCHEMA_ADDRESSES6:
		return cmp_prefix6(a, b);
	default:
		return strcmp(a, b);
	}
}

static int
cmp_rows(const struct schema_node *n, const void *a, const void *b)
{
	struct value_rows x = value_rows(n, a), y = value_rows(n, b);
	int c = cmp_uint(*x.n, *y.n);

	for (unsigned int i = 0; c == 0 && i < *x.n; i++)
		c = cmp_row(n, x.base + i * x.width, y.base + i * y.width);
	return c;
}

int
value_cmp(const struct schema_node *n, const void *a, const void *b)
{
	const char *x = field(n, a), *y = field(n, b);

	if (n->has != SCHEMA_NONE) {
		int c = cmp_uint(*field_has(n, a), *field_has(n, b));

		if (c != 0 || !*field_has(n, a))
			return c;
	}
	switch (n->type) {
	case SCHEMA_INTEGER:
	case SCHEMA_ENUM:
	case SCHEMA_IPV4:
		return cmp_uint(field_uint(n, a), field_uint(n, b));
	case SCHEMA_BOOLEAN:
		return cmp_uint(*(const bool *)x, *(const bool *)y);
	case SCHEMA_PREFIX:
	case SCHEMA_ADDRESS:
		return cmp_prefix(x, y);
	case SCHEMA_IPV6:
	case SCHEMA_IPV46:
		return memcmp(x, y, sizeof(struct ip6_addr));
	case SCHEMA_PREFIX6:
	case SCHEMA_ADDRESS6:
		return cmp_prefix6(x, y);
	case SCHEMA_PREFIX46:
		return ip_prefix_cmp((const struct ip_prefix *)x, (const struct ip_prefix *)y);
	case SCHEMA_INTEGERS:
	case SCHEMA_ENUMS:
	case SCHEMA_REFS:
	case SCHEMA_IDENTITIES:
	case SCHEMA_ADDRESSES:
	case SCHEMA_ADDRESSES6:
		return cmp_rows(n, a, b);
	default:
		return strcmp(x, y);
	}
}
