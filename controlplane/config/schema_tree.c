/* SPDX-License-Identifier: BSD-3-Clause */
/* The schema table as the `schema` answer of the management protocol; see docs/mgmt.md. */
#include "controlplane/config/schema.h"

static void
add_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(o, key, json_string(text));
}

static void
add_flag(json_t *o, const char *key, bool on)
{
	if (on)
		json_object_set_new(o, key, json_true());
}

static json_t *
values_json(const struct schema_node *n)
{
	json_t *list = json_array();

	for (const struct schema_value *v = n->values; v->name != NULL; v++)
		json_array_append_new(list,
				json_pack("{s:o, s:s}", "name",
						n->type == SCHEMA_INTEGERS ? json_integer(v->value)
									   : json_string(v->name),
						"help", v->help));
	return list;
}

static json_t *
node_json(const struct schema_node *n)
{
	json_t *o = json_object(), *list;

	json_object_set_new(o, "name", json_string(n->name));
	json_object_set_new(o, "type", json_string(schema_type_str(n->type)));
	add_text(o, "help", n->help);
	add_text(o, "cli", n->cli);
	add_text(o, "cli_inline", n->cli_inline);
	add_text(o, "cli_after", n->cli_after);
	add_text(o, "cli_instead", n->cli_instead);
	add_text(o, "cli_no_with", n->cli_no_with);
	if (n->def != NULL)
		json_object_set_new(o, "default", schema_default_json(n));
	add_text(o, "default_help", n->derive_help);
	add_text(o, "unit", n->unit);
	if (n->max > 0) {
		json_object_set_new(o, "min", json_integer((json_int_t)n->min));
		json_object_set_new(o, "max", json_integer((json_int_t)n->max));
	}
	add_flag(o, "zero_too", n->zero_too);
	add_flag(o, "power_of_two", n->flags & SCHEMA_POW2);
	if (n->values != NULL)
		json_object_set_new(o, "values", values_json(n));
	add_text(o, "ref", n->ref);
	add_text(o, "pattern", n->pattern);
	add_text(o, "pattern_help", n->pattern_help);
	add_text(o, "reserved", n->reserved);
	add_text(o, "key_help", n->key_help);
	add_text(o, "follow", n->follow);
	add_flag(o, "required", n->flags & SCHEMA_REQUIRED);
	add_flag(o, "secret", n->flags & SCHEMA_SECRET);
	add_flag(o, "inverted", n->flags & SCHEMA_INVERTED);
	add_flag(o, "key", n->flags & SCHEMA_KEY);
	add_flag(o, "inline", n->flags & SCHEMA_INLINE);
	if (n->n_children == 0)
		return o;
	list = json_array();
	for (uint32_t i = 0; i < n->n_children; i++)
		json_array_append_new(list, node_json(&n->children[i]));
	json_object_set_new(o, "children", list);
	return o;
}

json_t *
schema_tree_json(void)
{
	return node_json(schema_root());
}
