/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shell with the control plane's own table of options, and the ready configurations: every
 * option can be typed, shown and typed back, and no two of them are told by the same words. (The
 * shell itself never links the table: it gets it over the management socket.)
 */
#include <dirent.h>
#include <libcli.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"
#include "cli/grammar.h"
#include "cli/lines.h"
#include "controlplane/config/schema.h"
#include "tests/unit/cu.h"

static struct node *
table(void)
{
	json_t *schema = schema_tree_json();
	char err[256];
	struct node *root = node_load(schema, err, sizeof(err));

	json_decref(schema);
	return root;
}

/* A value that @n takes; @round 0 and 1 give its two ends. */
/* A text that fits the pattern. */
static const char *
matching(const char *pattern)
{
	static const char *const texts[] = { "Plain-1", "tcp", "1024-65535", "/bin/true", "lan/10",
		"10.0.0.1", "2026-11-22T00:00:00Z" };
	regex_t re;

	CU_ASSERT_EQUAL_FATAL(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (regexec(&re, texts[i], 0, NULL, 0) == 0) {
			regfree(&re);
			return texts[i];
		}
	regfree(&re);
	CU_FAIL("a pattern that no text of this list fits");
	return "";
}

static json_t *
sample(const struct node *n, int round)
{
	const char *value = n->n_values > 0 ? n->values[round == 0 ? 0 : n->n_values - 1].name : "";

	switch (n->type) {
	case NODE_INTEGER:
		return json_integer(round == 0 ? (n->zero_too ? 0 : n->min) : n->max);
	case NODE_BOOLEAN:
		return json_boolean(round);
	case NODE_ENUM:
		return json_string(value);
	case NODE_IPV4:
		return json_string("192.0.2.1");
	case NODE_PREFIX:
		return json_string(round == 0 ? "0.0.0.0/0" : "192.0.2.1/32");
	case NODE_ADDRESS:
		return json_string("192.0.2.1/24");
	case NODE_ADDRESSES:
		return json_pack("[s, s]", "192.0.2.1/24", "198.51.100.1/32");
	case NODE_IPV6:
		return json_string("2001:db8::1");
	case NODE_IPV46:
		return json_string(round == 0 ? "192.0.2.1" : "2001:db8::1");
	case NODE_PREFIX6:
		return json_string(round == 0 ? "::/0" : "2001:db8::/32");
	case NODE_ADDRESS6:
		return json_string("2001:db8::1/64");
	case NODE_ADDRESSES6:
		return json_pack("[s, s]", "2001:db8::1/64", "fd00::1/128");
	case NODE_PREFIX46:
		return json_string(round == 0 ? "192.0.2.0/24" : "2001:db8::/32");
	case NODE_IDENTITY:
		return json_string("hub@example.org");
	case NODE_REF:
		return json_string("entry1");
	case NODE_IDENTITIES:
		return json_pack("[s, s, s]", "hub@example.org", "O=Example, CN=*", "192.0.2.1");
	case NODE_REFS:
		return json_pack("[s, s]", "entry1", "entry2");
	case NODE_ENUMS:
		return json_pack("[s, s]", value, n->values[round == 0 ? n->n_values - 1 : 0].name);
	case NODE_INTEGERS:
		return json_pack("[i]", atoi(value));
	default: /* text */
		return json_string(n->secret               ? "********"
				   : n->pattern[0] != '\0' ? matching(n->pattern)
							   : "with \"quotes\" | and ? marks");
	}
}

static bool
fits(const char *pattern, const char *text)
{
	regex_t re;
	bool yes;

	CU_ASSERT_EQUAL_FATAL(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	yes = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return yes;
}

static json_t *full(const struct node *n, int round);

/* Of two options that set the same in other terms one stands in either round. */
static bool
is_said_otherwise(const struct node *n, int i, int round)
{
	for (int k = 0; k < n->n_children && n->children[i].cli_instead[0] != '\0'; k++)
		if (strcmp(n->children[k].name, n->children[i].cli_instead) == 0)
			return (k < i) == (round == 0);
	return false;
}

static json_t *
full_object(const struct node *n, int round)
{
	json_t *o = json_object();

	for (int i = 0; i < n->n_children; i++)
		if (!is_said_otherwise(n, i, round))
			json_object_set_new(o, n->children[i].name, full(&n->children[i], round));
	return o;
}

/* Entries of a list: what is required alone, and with each other key; what is no key with those. */
static json_t *
full_list(const struct node *n, int round)
{
	json_t *list = json_array();

	for (int with = -1; with < n->n_children; with++) {
		json_t *entry;

		if (with >= 0 && (n->children[with].required || !n->children[with].key))
			continue;
		entry = json_object();
		for (int i = 0; i < n->n_children; i++)
			if (n->children[i].required || i == with ||
					(with >= 0 && !n->children[i].key))
				json_object_set_new(entry, n->children[i].name,
						sample(&n->children[i], i == with ? 1 : round));
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *
full(const struct node *n, int round)
{
	if (n->type == NODE_OBJECT)
		return full_object(n, round);
	if (n->type == NODE_LIST)
		return full_list(n, round);
	if (n->type == NODE_MAP && n->max == 1)
		return json_pack("{s:o}", "7", full_object(n, round));
	if (n->type == NODE_MAP && !fits(n->pattern, "entry1")) /* numbers, then */
		return json_pack("{s:o, s:{}}", "7", full_object(n, round), "42");
	if (n->type == NODE_MAP)
		return json_pack("{s:o, s:{}}", "entry1", full_object(n, round), "entry2");
	return sample(n, round);
}

/* Type the lines of @doc into an empty configuration: is it @doc again? */
static bool
comes_back(const struct node *root, const json_t *doc)
{
	char err[512], *a, *b;
	struct lines l;
	struct edit e;
	bool ok;

	lines_init(&l);
	ok = lines_render(&l, root, doc);
	edit_init(&e, root, json_object());
	for (size_t i = 0; i < l.n; i++) {
		if (edit_line(&e, l.v[i].text, err, sizeof(err)))
			continue;
		printf("\n  \"%s\": %s\n", l.v[i].text, err);
		ok = false;
	}
	if (!json_equal(e.doc, (json_t *)doc)) {
		a = json_dumps(doc, JSON_COMPACT);
		b = json_dumps(e.doc, JSON_COMPACT);
		printf("\n  was %s\n  is  %s\n", a, b);
		free(a);
		free(b);
		ok = false;
	}
	edit_fini(&e);
	lines_fini(&l);
	return ok;
}

static void
test_every_option(void)
{
	struct node *root = table();

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	for (int round = 0; round < 2; round++) {
		json_t *doc = full(root, round);

		CU_ASSERT_TRUE(comes_back(root, doc));
		json_decref(doc);
	}
	node_free(root);
}

/* A document that has both of two such options: the one that counts comes last, and comes back. */
static void
test_same_in_other_terms(void)
{
	struct node *root = table();
	json_t *doc = json_loads("{\"interfaces\": {\"lan\": {\"ospf\": {\"dead-seconds\": 8, "
			"\"hello-multiplier\": 4}, \"vrrp\": {\"1\": {\"advertise-ms\": 200, "
			"\"advertise-seconds\": 2, \"preempt\": false, "
			"\"preempt-delay-seconds\": 60}}}}}", 0, NULL), *lan, *group;
	char err[512];
	struct lines l;
	struct edit e;

	CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
	lines_init(&l);
	CU_ASSERT_TRUE(lines_render(&l, root, doc));
	edit_init(&e, root, json_object());
	for (size_t i = 0; i < l.n; i++)
		CU_ASSERT_TRUE(edit_line(&e, l.v[i].text, err, sizeof(err)));
	lan = json_object_get(json_object_get(doc, "interfaces"), "lan");
	group = json_object_get(json_object_get(lan, "vrrp"), "1");
	json_object_del(json_object_get(lan, "ospf"), "dead-seconds");
	json_object_del(group, "advertise-ms");
	CU_ASSERT_TRUE(json_equal(e.doc, doc));
	edit_fini(&e);
	lines_fini(&l);
	json_decref(doc);
	node_free(root);
}

/* Secrets are shown as stars: put those in before comparing. */
static void
hide(const struct node *n, json_t *v)
{
	json_t *entry;
	const char *key;

	for (int i = 0; i < n->n_children; i++) {
		const struct node *c = &n->children[i];
		json_t *there = json_object_get(v, c->name);

		if (c->secret && there != NULL)
			json_object_set_new(v, c->name, json_string("********"));
		else if (c->type == NODE_OBJECT)
			hide(c, there);
		else if (c->type == NODE_MAP)
			json_object_foreach (there, key, entry)
				hide(c, entry);
	}
}

static void
test_ready_configurations(void)
{
	const char *source = getenv("CULVERT_SOURCE_ROOT");
	struct node *root = table();
	struct dirent *d;
	char path[1024];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/configs", source == NULL ? "." : source);
	dir = opendir(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while ((d = readdir(dir)) != NULL) {
		const char *dot = strrchr(d->d_name, '.');
		json_t *doc;

		if (dot == NULL || strcmp(dot, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/configs/%s", source == NULL ? "." : source,
				d->d_name);
		doc = json_load_file(path, 0, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
		hide(root, doc);
		CU_ASSERT_TRUE(comes_back(root, doc));
		json_decref(doc);
		n++;
	}
	closedir(dir);
	CU_ASSERT_TRUE(n > 0);
	node_free(root);
}

/* ---- words ------------------------------------------------------------------------------------
 */

struct said {
	const struct node *n[128];
	int count;
};

static void
collect(const struct node *n, void *arg)
{
	struct said *s = arg;

	if (s->count < 128)
		s->n[s->count++] = n;
}

/* In one mode all options differ in their words, and none of an entry hides one of the top: else a
 * configuration pasted as it was shown would come out as another. */
static void
check_words(const struct node *level, const struct node *root)
{
	char a[256], b[256];
	struct said here = { .count = 0 }, top = { .count = 0 };

	node_each(level, collect, &here);
	node_each(root, collect, &top);
	for (int i = 0; i < here.count; i++) {
		node_words_str(here.n[i], a, sizeof(a));
		CU_ASSERT_NOT_EQUAL(a[0], '\0');
		CU_ASSERT_NOT_EQUAL(here.n[i]->help[0], '\0');
		for (int k = 0; k < here.count; k++)
			if (k != i && strcmp(a, node_words_str(here.n[k], b, sizeof(b))) == 0)
				CU_FAIL("two options of one mode have the same words");
		for (int k = 0; k < top.count && level != root; k++)
			if (strcmp(a, node_words_str(top.n[k], b, sizeof(b))) == 0)
				CU_FAIL("an option of an entry hides one of the top");
		if (here.n[i]->type == NODE_MAP)
			check_words(here.n[i], root);
	}
}

static void
test_words(void)
{
	struct node *root = table();

	check_words(root, root);
	node_free(root);
}

/* libcli gets a command for each option, in its own mode and in the modes inside. */
static int
n_maps(const struct node *n)
{
	int maps = n->type == NODE_MAP;

	for (int i = 0; i < n->n_children; i++)
		maps += n_maps(&n->children[i]);
	return maps;
}

static void
test_grammar(void)
{
	struct shell sh;
	struct cli_command *c;
	int modes = 0;

	CU_ASSERT_EQUAL_FATAL(shell_init(&sh, "/nonexistent"), 0);
	sh.root = table();
	CU_ASSERT_EQUAL(grammar_load(&sh), 0);
	for (c = sh.cli->commands; c != NULL; c = c->next) {
		if (c->command_type == CLI_REGULAR_COMMAND)
			CU_ASSERT_PTR_NOT_NULL(c->help);
		modes += strcmp(c->command, "hostname") == 0;
	}
	CU_ASSERT_EQUAL(modes, 1 + n_maps(sh.root)); /* the top and one mode for each map */
	shell_fini(&sh);
}

static const struct cu_case cases[] = {
	CU_CASE(test_every_option),
	CU_CASE(test_same_in_other_terms),
	CU_CASE(test_ready_configurations),
	CU_CASE(test_words),
	CU_CASE(test_grammar),
};

CU_MAIN("cli_schema", cases)
