/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table itself: every row is complete and within its bounds, commands can be told apart, and
 * the committed manual and JSON Schema are those of this table.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/config/schema.h"
#include "controlplane/config/value.h"
#include "cu.h"

/* ---- generated files ----------------------------------------------------------------------- */

static char *
read_doc(const char *name)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char path[1024], *text;
	size_t room = 1u << 20, n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/docs/%s", root != NULL ? root : ".", name);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text = malloc(room);
	n = fread(text, 1, room - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void
test_manual_is_current(void)
{
	char *committed = read_doc("configuration.md"), *now = NULL;
	size_t len;
	FILE *f = open_memstream(&now, &len);

	CU_ASSERT_EQUAL(schema_write_reference(f), 0);
	fclose(f);
	if (strcmp(committed, now) != 0)
		printf("run: culvert-config-doc docs\n");
	CU_ASSERT_STRING_EQUAL(committed, now);
	free(committed);
	free(now);
}

static void
test_json_schema_is_current(void)
{
	char *committed = read_doc("configuration.schema.json"), *now;
	json_t *schema = schema_json_schema();

	now = json_dumps(schema, JSON_INDENT(2));
	CU_ASSERT_EQUAL(strncmp(committed, now, strlen(now)), 0);
	CU_ASSERT_STRING_EQUAL(committed + strlen(now), "\n");
	json_decref(schema);
	free(committed);
	free(now);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void
check_ref(const struct schema_node *n)
{
	char one[128];
	const char *p = n->ref;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	while (*p != '\0') {
		size_t len = strcspn(p, " ");

		snprintf(one, sizeof(one), "%.*s", (int)len, p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(schema_find(one));
		CU_ASSERT_EQUAL(schema_find(one)->type, SCHEMA_MAP);
		p += len + strspn(p + len, " ");
	}
}

static void
check_size(const struct schema_node *n)
{
	switch (n->type) {
	case SCHEMA_INTEGER:
	case SCHEMA_ENUM:
		CU_ASSERT_TRUE(n->size == 1 || n->size == 2 || n->size == 4 || n->size == 8);
		CU_ASSERT_TRUE(n->size == 8 || n->max < UINT64_C(1) << 8 * n->size);
		break;
	case SCHEMA_BOOLEAN:
		CU_ASSERT_EQUAL(n->size, sizeof(bool));
		break;
	case SCHEMA_STRING:
	case SCHEMA_IDENTITY:
		CU_ASSERT_TRUE(n->max < n->size);
		break;
	case SCHEMA_IPV4:
		CU_ASSERT_EQUAL(n->size, 4);
		break;
	case SCHEMA_PREFIX:
	case SCHEMA_ADDRESS:
	case SCHEMA_ADDRESSES:
		CU_ASSERT_EQUAL(n->size, sizeof(struct ip4_prefix));
		CU_ASSERT_TRUE(n->max <= CFG_ADDRS_MAX);
		break;
	case SCHEMA_IPV6:
	case SCHEMA_IPV46:
		CU_ASSERT_EQUAL(n->size, sizeof(struct ip6_addr));
		break;
	case SCHEMA_PREFIX6:
	case SCHEMA_ADDRESS6:
	case SCHEMA_ADDRESSES6:
		CU_ASSERT_EQUAL(n->size, sizeof(struct ip6_prefix));
		CU_ASSERT_TRUE(n->max <= CFG_ADDRS_MAX);
		break;
	case SCHEMA_PREFIX46:
		CU_ASSERT_EQUAL(n->size, sizeof(struct ip_prefix));
		break;
	case SCHEMA_REF:
		CU_ASSERT_EQUAL(n->size, CFG_NAME_MAX);
		break;
	case SCHEMA_INTEGERS:
	case SCHEMA_ENUMS:
		CU_ASSERT_EQUAL(n->size, sizeof(struct cfg_list));
		CU_ASSERT_TRUE(n->max <= CFG_LIST_MAX);
		break;
	case SCHEMA_REFS:
		CU_ASSERT_EQUAL(n->size, sizeof(struct cfg_names));
		CU_ASSERT_TRUE(n->max <= CFG_LIST_MAX);
		break;
	case SCHEMA_IDENTITIES:
		CU_ASSERT_EQUAL(n->size, sizeof(struct cfg_identities));
		CU_ASSERT_TRUE(n->max <= CFG_LIST_MAX);
		break;
	default:
		CU_ASSERT_TRUE(n->n_children > 0);
		break;
	}
}

static void
check_pattern(const struct schema_node *n)
{
	regex_t re;

	if (n->type == SCHEMA_MAP)
		CU_ASSERT_PTR_NOT_NULL_FATAL(n->pattern);
	if (n->pattern == NULL)
		return;
	CU_ASSERT_EQUAL_FATAL(regcomp(&re, n->pattern, REG_EXTENDED | REG_NOSUB), 0);
	regfree(&re);
	/* A refused value is quoted in the message; a secret must not be. */
	CU_ASSERT_EQUAL(n->flags & SCHEMA_SECRET, 0);
}

static void
check_row(const struct schema_node *n)
{
	char expected[512];

	CU_ASSERT_PTR_NOT_NULL_FATAL(n->name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(n->cli);
	CU_ASSERT_TRUE(n->help != NULL && strlen(n->help) > 3);
	CU_ASSERT_TRUE(strlen(schema_expected(n, expected, sizeof(expected))) > 3);
	CU_ASSERT_TRUE(strlen(expected) < sizeof(expected) - 1);
	CU_ASSERT_FALSE(n->def != NULL && (n->flags & SCHEMA_REQUIRED) != 0);
	CU_ASSERT_FALSE((n->flags & SCHEMA_INVERTED) != 0 && n->type != SCHEMA_BOOLEAN);
	if (n->type == SCHEMA_INTEGER)
		CU_ASSERT_TRUE(n->def != NULL || n->has != SCHEMA_NONE || n->derive != NULL ||
				(n->flags & SCHEMA_REQUIRED) != 0);
	if (n->type == SCHEMA_BOOLEAN)
		CU_ASSERT_PTR_NOT_NULL(n->def);
	if (n->type == SCHEMA_ENUM || n->type == SCHEMA_ENUMS || n->type == SCHEMA_INTEGERS)
		CU_ASSERT_PTR_NOT_NULL(n->values);
	if (n->type == SCHEMA_REF || n->type == SCHEMA_REFS)
		check_ref(n);
	if (n->derive != NULL)
		CU_ASSERT_PTR_NOT_NULL(n->derive_help);
	check_size(n);
	check_pattern(n);
	for (uint32_t i = 0; i < n->n_children; i++)
		check_row(&n->children[i]);
}

static void
test_every_row_is_sound(void)
{
	check_row(schema_root());
}

/* Each default is a value its own row accepts. */
static void
check_defaults(const struct schema_node *n)
{
	static uint64_t entry[1 << 16];

	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		json_t *def = schema_default_json(ch);
		struct value_error err;

		if (def != NULL)
			CU_ASSERT_EQUAL(value_from_json(ch, def, entry, &err), 0);
		json_decref(def);
		check_defaults(ch);
	}
}

static void
test_every_default_is_valid(void)
{
	check_defaults(schema_root());
}

/* ---- commands ------------------------------------------------------------------------------ */

#define MAX_COMMANDS 128

struct commands {
	char text[MAX_COMMANDS][160];
	int n;
};

/* All commands of one mode: those of objects count as the parent's. */
static void
collect(struct commands *c, const struct schema_node *n, const char *words)
{
	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];
		char all[160];

		snprintf(all, sizeof(all), "%s%s%s", words,
				words[0] != '\0' && ch->cli[0] != '\0' ? " " : "", ch->cli);
		if (ch->type == SCHEMA_OBJECT) {
			collect(c, ch, all);
			continue;
		}
		CU_ASSERT_TRUE_FATAL(c->n < MAX_COMMANDS);
		strcpy(c->text[c->n++], all);
	}
}

static void
check_mode(const struct schema_node *n)
{
	static struct commands c;

	c.n = 0;
	collect(&c, n, "");
	for (int i = 0; i < c.n; i++) {
		CU_ASSERT_TRUE(c.text[i][0] != '\0');
		CU_ASSERT_NOT_EQUAL(strncmp(c.text[i], "no ", 3), 0);
		for (int k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(c.text[i], c.text[k]);
	}
}

static void
check_modes(const struct schema_node *n)
{
	if (n == schema_root() || n->type == SCHEMA_MAP)
		check_mode(n);
	for (uint32_t i = 0; i < n->n_children; i++)
		check_modes(&n->children[i]);
}

static void
test_commands_of_a_mode_differ(void)
{
	check_modes(schema_root());
}

static void
test_lookups(void)
{
	CU_ASSERT_PTR_EQUAL(schema_find(""), schema_root());
	CU_ASSERT_STRING_EQUAL(schema_find("/crypto/ikev2/keyring")->name, "keyring");
	CU_ASSERT_STRING_EQUAL(schema_find("/tunnels/mtu")->name, "mtu");
	CU_ASSERT_PTR_NULL(schema_find("/crypto/nothing"));
	CU_ASSERT_PTR_NULL(schema_find("crypto"));
	CU_ASSERT_PTR_NULL(schema_find("/crypto/"));
	CU_ASSERT_PTR_NULL(schema_child(schema_root(), "nothing"));
}

static void
test_tree_of_the_protocol(void)
{
	json_t *tree = schema_tree_json(), *tunnels, *enabled;

	CU_ASSERT_PTR_NOT_NULL_FATAL(tree);
	tunnels = json_array_get(json_object_get(tree, "children"), 2);
	CU_ASSERT_STRING_EQUAL(
			json_string_value(json_object_get(tunnels, "cli")), "interface tunnel");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(tunnels, "type")), "map");
	enabled = json_array_get(json_object_get(tunnels, "children"), 1);
	CU_ASSERT_TRUE(json_is_true(json_object_get(enabled, "inverted")));
	CU_ASSERT_TRUE(json_is_true(json_object_get(enabled, "default")));
	json_decref(tree);
}

static const struct cu_case cases[] = {
	CU_CASE(test_manual_is_current),
	CU_CASE(test_json_schema_is_current),
	CU_CASE(test_every_row_is_sound),
	CU_CASE(test_every_default_is_valid),
	CU_CASE(test_commands_of_a_mode_differ),
	CU_CASE(test_lookups),
	CU_CASE(test_tree_of_the_protocol),
};

CU_MAIN("config_doc", cases)
