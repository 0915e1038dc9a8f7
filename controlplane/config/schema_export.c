/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The schema table as a JSON Schema (draft 2020-12), for editors and for checks elsewhere. What
 * JSON Schema has no words for (host bits, references, cross checks) is left to the appliance.
 */
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/config/schema.h"

#define BYTE_PATTERN "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4_PATTERN BYTE_PATTERN "(\\." BYTE_PATTERN "){3}"
#define LEN_PATTERN  "/(3[0-2]|[12]?[0-9])"

/* Every IPv6 address, and some texts that are none: the form has no short pattern. */
#define IPV6_PATTERN "[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(" IPV4_PATTERN ")?"
#define LEN6_PATTERN "/(12[0-8]|1[01][0-9]|[1-9]?[0-9])"

static json_t *children_schema(const struct schema_node *n);

static json_t *
text_schema(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *
range_schema(const struct schema_node *n)
{
	json_t *list;

	if (n->flags & SCHEMA_POW2) {
		list = json_array();
		if (n->zero_too)
			json_array_append_new(list, json_integer(0));
		for (uint64_t v = n->min; v <= n->max; v *= 2)
			json_array_append_new(list, json_integer((json_int_t)v));
		return json_pack("{s:s, s:o}", "type", "integer", "enum", list);
	}
	if (n->zero_too && n->min > 0)
		return json_pack("{s:s, s:[{s:i}, {s:I, s:I}]}", "type", "integer", "anyOf",
				"const", 0, "minimum", (json_int_t)n->min, "maximum",
				(json_int_t)n->max);
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)n->min,
			"maximum", (json_int_t)n->max);
}

static json_t *
length_schema(const struct schema_node *n)
{
	json_t *o = json_pack("{s:s, s:I, s:I}", "type", "string", "minLength", (json_int_t)n->min,
			"maxLength", (json_int_t)n->max);

	if (n->pattern != NULL)
		json_object_set_new(o, "pattern", json_string(n->pattern));
	return o;
}

static json_t *
choice_schema(const struct schema_node *n)
{
	json_t *list = json_array();

	for (const struct schema_value *v = n->values; v->name != NULL; v++)
		json_array_append_new(list, n->type == SCHEMA_INTEGERS ? json_integer(v->value)
								       : json_string(v->name));
	return json_pack("{s:o}", "enum", list);
}

static json_t *
name_schema(void)
{
	return json_pack("{s:s, s:i, s:i}", "type", "string", "minLength", 1, "maxLength",
			CFG_NAME_MAX - 1);
}

static json_t *
array_schema(const struct schema_node *n, json_t *items)
{
	return json_pack("{s:s, s:o, s:b, s:I, s:I}", "type", "array", "items", items,
			"uniqueItems", 1, "minItems", (json_int_t)n->min, "maxItems",
			(json_int_t)n->max);
}

/* Entries by name. The names' pattern, length and reserved words go under propertyNames. */
static json_t *
map_schema(const struct schema_node *n)
{
	json_t *names = name_schema(), *reserved;
	const char *word = n->reserved;

	json_object_set_new(names, "pattern", json_string(n->pattern));
	if (word != NULL) {
		reserved = json_array();
		while (*word != '\0') {
			size_t len = strcspn(word, " ");

			json_array_append_new(reserved, json_stringn(word, len));
			word += len + strspn(word + len, " ");
		}
		json_object_set_new(names, "not", json_pack("{s:o}", "enum", reserved));
	}
	return json_pack("{s:s, s:o, s:o, s:I}", "type", "object", "propertyNames", names,
			"additionalProperties", children_schema(n), "maxProperties",
			(json_int_t)n->max);
}

static json_t *
type_schema(const struct schema_node *n)
{
	switch (n->type) {
	case SCHEMA_OBJECT:
		return children_schema(n);
	case SCHEMA_MAP:
		return map_schema(n);
	case SCHEMA_LIST:
		return json_pack("{s:s, s:o, s:I}", "type", "array", "items", children_schema(n),
				"maxItems", (json_int_t)n->max);
	case SCHEMA_INTEGER:
		return range_schema(n);
	case SCHEMA_BOOLEAN:
		return json_pack("{s:s}", "type", "boolean");
	case SCHEMA_STRING:
	case SCHEMA_IDENTITY:
		return length_schema(n);
	case SCHEMA_ENUM:
		return choice_schema(n);
	case SCHEMA_IPV4:
		return text_schema("^" IPV4_PATTERN "$");
	case SCHEMA_PREFIX:
	case SCHEMA_ADDRESS:
		return text_schema("^" IPV4_PATTERN LEN_PATTERN "$");
	case SCHEMA_IPV6:
		return text_schema("^" IPV6_PATTERN "$");
	case SCHEMA_PREFIX6:
	case SCHEMA_ADDRESS6:
		return text_schema("^" IPV6_PATTERN LEN6_PATTERN "$");
	case SCHEMA_IPV46:
		return text_schema("^(" IPV4_PATTERN "|" IPV6_PATTERN ")$");
	case SCHEMA_PREFIX46:
		return text_schema("^(" IPV4_PATTERN LEN_PATTERN "|" IPV6_PATTERN LEN6_PATTERN
				   ")$");
	case SCHEMA_REF:
		return name_schema();
	case SCHEMA_REFS:
		return array_schema(n, name_schema());
	case SCHEMA_IDENTITIES:
		return array_schema(n, json_pack("{s:s, s:i, s:i}", "type", "string", "minLength",
						       1, "maxLength", CFG_ID_MAX - 1));
	case SCHEMA_ADDRESSES:
		return array_schema(n, text_schema("^" IPV4_PATTERN LEN_PATTERN "$"));
	case SCHEMA_ADDRESSES6:
		return array_schema(n, text_schema("^" IPV6_PATTERN LEN6_PATTERN "$"));
	default:
		return array_schema(n, choice_schema(n));
	}
}

static json_t *
node_schema(const struct schema_node *n)
{
	json_t *o = type_schema(n);

	json_object_set_new(o, "description",
			n->unit != NULL ? json_sprintf("%s (%s)", n->help, n->unit)
					: json_string(n->help));
	if (n->def != NULL)
		json_object_set_new(o, "default", schema_default_json(n));
	if (n->flags & SCHEMA_SECRET)
		json_object_set_new(o, "writeOnly", json_true());
	return o;
}

static json_t *
children_schema(const struct schema_node *n)
{
	json_t *properties = json_object(), *required = json_array(), *o;

	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];

		json_object_set_new(properties, ch->name, node_schema(ch));
		if (ch->flags & SCHEMA_REQUIRED)
			json_array_append_new(required, json_string(ch->name));
	}
	o = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
			"additionalProperties", 0);
	if (json_array_size(required) > 0)
		json_object_set_new(o, "required", required);
	else
		json_decref(required);
	return o;
}

json_t *
schema_json_schema(void)
{
	json_t *o = json_pack("{s:s, s:s}", "$schema",
			"https://json-schema.org/draft/2020-12/schema", "title",
			"Culvert configuration");
	json_t *body = node_schema(schema_root());

	json_object_update(o, body);
	json_decref(body);
	return o;
}
