/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completion; see complete.h.
 *
 * libcli completes only arguments that must be there (CLI_CMD_ARGUMENT). One that may be missing is
 * made by CLI_CMD_DO_NOT_RECORD beside it, which keeps libcli from asking for it; but then libcli
 * would stop at its value. So the validator, called when there is a value, takes that flag away,
 * and the transient_mode hook, called when the value has been kept, puts it back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/complete.h"
#include "cli/shell.h"
#include "cli/text.h"
#include "cli/value.h"

#define WORDS_MAX 32
#define REPEAT    8 /* words completed of an argument that takes any number */

/* What stands behind one argument of libcli. */
struct argument {
	struct cli_optarg *optarg;        /* the address of its name is the key */
	const struct arg_source *source;  /* of a command of the table, or NULL */
	const struct node *node, *longer; /* of an option, or NULL */
};

static struct argument *arguments;
static size_t n_arguments, cap_arguments;

static struct argument *
argument_find(const char *name)
{
	for (size_t i = 0; i < n_arguments; i++)
		if (arguments[i].optarg->name == name)
			return &arguments[i];
	return NULL;
}

void
complete_fini(void)
{
	free(arguments);
	arguments = NULL;
	n_arguments = cap_arguments = 0;
}

/* Offer a word if the one being typed begins it; nothing that would disturb the terminal. */
static void
offer(struct cli_comphelp *to, const char *typed, const char *word)
{
	char clean[256];

	if (typed != NULL && strncasecmp(typed, word, strlen(typed)) != 0)
		return;
	text_clean(clean, sizeof(clean), word);
	if (strcmp(clean, word) == 0 && strpbrk(word, " \t\"'|?") == NULL)
		cli_add_comphelp_entry(to, word);
}

static void
offer_names(struct cli_comphelp *to, const char *typed, const json_t *entries)
{
	const char *key;
	json_t *v;

	json_object_foreach ((json_t *)entries, key, v)
		offer(to, typed, key);
}

/* Names that the control plane knows: ask quietly, for nothing may be printed now. */
static void
offer_source(struct shell *sh, struct cli_comphelp *to, const char *typed,
		const struct arg_source *source)
{
	json_t *params = source->method ? NULL : json_pack("{s:s}", "what", source->what);
	json_t *answer = NULL, *entry;
	char number[32];
	size_t i;

	client_call(sh->client, source->method ? source->what : "show", params, &answer);
	json_array_foreach (json_object_get(answer, source->array), i, entry) {
		json_t *v = json_object_get(entry, source->field);

		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		offer(to, typed, json_is_string(v) ? json_string_value(v) : number);
	}
	json_decref(answer);
}

static void
offer_values(struct shell *sh, struct cli_comphelp *to, const char *typed, const struct node *n)
{
	for (int i = 0; i < n->n_values; i++)
		offer(to, typed, n->values[i].name);
	for (const char *p = n->ref; *p != '\0' && sh->configuring; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		const struct node *map = node_find(sh->root, p, len);

		if (map != NULL)
			offer_names(to, typed, edit_entries(&sh->edit, map));
		p += len;
	}
}

/* The next word of a list's entry after @words: values of the children without words of their own,
 * and the words of the others, as far as they have not been given. */
static void
offer_list(struct shell *sh, struct cli_comphelp *to, const char *typed, const struct node *list,
		char *const *words, int n_words)
{
	char err[256];
	json_t *entry = edit_list_entry(&sh->edit, list, words, n_words, false, err, sizeof(err));

	for (int i = 0; i < list->n_children; i++) {
		const struct node *n = &list->children[i];

		if (entry == NULL && n_words > 0 && n->n_words == 1 &&
				strcasecmp(words[n_words - 1], n->words[0]) == 0) {
			offer_values(sh, to, typed, n); /* the value after its word */
			break;
		}
		if (entry == NULL || json_object_get(entry, n->name) != NULL)
			continue;
		if (n->n_words > 0)
			offer(to, typed, n->words[0]);
		else
			offer_values(sh, to, typed, n);
	}
	json_decref(entry);
}

static void
offer_map(struct shell *sh, struct cli_comphelp *to, const char *typed, const struct argument *a,
		char *const *words, int n_words)
{
	const char *word = a->longer == NULL ? NULL : a->longer->words[a->longer->n_words - 1];

	if (n_words == 0) {
		offer_names(to, typed, edit_entries(&sh->edit, a->node));
		if (word != NULL)
			offer(to, typed, word);
	} else if (n_words == 1 && word != NULL && text_abbreviates(words[0], word)) {
		offer_names(to, typed, edit_entries(&sh->edit, a->longer));
	} else if (n_words == 1 && a->node->one_line) {
		for (int i = 0; i < a->node->n_children; i++)
			if (a->node->children[i].n_words > 0)
				offer(to, typed, a->node->children[i].words[0]);
	}
}

/* libcli's call for Tab. The words before are what it has put into found_optargs. */
static int
complete(struct cli_def *cli, const char *name, const char *typed, struct cli_comphelp *to)
{
	const struct argument *a = argument_find(name);
	struct shell *sh = cli_get_context(cli);
	char *words[WORDS_MAX];
	int n = 0;

	for (struct cli_optarg_pair *p = cli->found_optargs; p != NULL && n < WORDS_MAX;
			p = p->next)
		words[n++] = p->value;
	if (a == NULL || (a->source == NULL && a->node == NULL))
		return CLI_OK;
	if (a->source != NULL)
		offer_source(sh, to, typed, a->source);
	else if (a->node->type == NODE_MAP)
		offer_map(sh, to, typed, a, words, n);
	else if (a->node->type == NODE_LIST)
		offer_list(sh, to, typed, a->node, words, n);
	else
		offer_values(sh, to, typed, a->node);
	return CLI_OK;
}

static int
value_begin(struct cli_def *cli, const char *name, const char *value)
{
	const struct argument *a = argument_find(name);

	if (a != NULL)
		a->optarg->flags &= ~CLI_CMD_DO_NOT_RECORD;
	return CLI_OK;
}

static int
value_end(struct cli_def *cli, const char *name, const char *value)
{
	const struct argument *a = argument_find(name);

	if (a != NULL)
		a->optarg->flags |= CLI_CMD_DO_NOT_RECORD;
	return 0;
}

static bool
argument_keep(const struct argument *like, struct cli_optarg *optarg)
{
	if (n_arguments == cap_arguments) {
		size_t cap = cap_arguments == 0 ? 256 : cap_arguments * 2;
		struct argument *v = realloc(arguments, cap * sizeof(*v));

		if (v == NULL)
			return false;
		arguments = v;
		cap_arguments = cap;
	}
	arguments[n_arguments] = *like;
	arguments[n_arguments++].optarg = optarg;
	return true;
}

/* An argument of which libcli asks nothing: whether it may be missing, the command says. */
static int
argument_add(struct cli_command *c, const char *name, const char *help, int mode,
		const struct argument *like)
{
	struct cli_optarg *o;
	char unique[32];

	snprintf(unique, sizeof(unique), "argument %zu", n_arguments);
	o = cli_register_optarg(c, unique,
			CLI_CMD_ARGUMENT | CLI_CMD_DO_NOT_RECORD | CLI_CMD_OPTION_MULTIPLE,
			PRIVILEGE_UNPRIVILEGED, mode, help, complete, value_begin, value_end);
	if (o == NULL)
		return -ENOMEM;
	free(o->name); /* libcli has no two of one name; to the operator they may look alike */
	o->name = strdup(name);
	return o->name != NULL && argument_keep(like, o) ? 0 : -ENOMEM;
}

static int
argument_repeat(struct cli_command *c, const char *help, int mode, const struct argument *like)
{
	int err = 0;

	for (int i = 0; i < REPEAT && err == 0; i++)
		err = argument_add(c, "...", help, mode, like);
	return err;
}

/* The argument added last. */
static struct cli_optarg *
last_argument(struct cli_command *c)
{
	struct cli_optarg *o = c->optargs;

	while (o != NULL && o->next != NULL)
		o = o->next;
	return o;
}

int
complete_row(struct cli_command *c, const struct command_row *row, int mode)
{
	int err = 0;

	for (int i = 0; i < COMMAND_ARGS_MAX && row->args[i].kind != ARG_NONE && err == 0; i++) {
		const struct arg *arg = &row->args[i];
		struct argument like = { .source = arg->source };

		if (arg->kind == ARG_WORD) {
			if (cli_register_optarg(c, arg->name, CLI_CMD_OPTIONAL_FLAG,
					    PRIVILEGE_UNPRIVILEGED, mode, arg->help, NULL, NULL,
					    NULL) == NULL)
				err = -ENOMEM;
			continue;
		}
		err = argument_add(c, arg->name, arg->help, mode, &like);
		if (arg->kind == ARG_OPTIONAL && err == 0)
			cli_optarg_addhelp(last_argument(c), "<cr>", "or nothing more");
	}
	return err;
}

/* Listed values under the argument, in the help. */
static void
values_help(struct cli_command *c, const struct node *n, const struct node *longer)
{
	struct cli_optarg *o = c->optargs;

	for (int i = 0; o != NULL && i < n->n_values; i++)
		cli_optarg_addhelp(o, n->values[i].name, n->values[i].help);
	if (o != NULL && longer != NULL)
		cli_optarg_addhelp(o, longer->words[longer->n_words - 1], longer->help);
}

static int
complete_list(struct cli_command *c, const struct node *n, int mode)
{
	struct argument like = { .node = n };
	char name[64], help[256];
	int err = 0;

	for (int i = 0; i < n->n_children && err == 0; i++) {
		const struct node *child = &n->children[i];

		if (child->n_words == 0 && child->required)
			err = argument_add(c, value_placeholder(child, name, sizeof(name)),
					child->help, mode, &like);
	}
	if (err == 0)
		err = argument_repeat(c, "More, in any order:", mode, &like);
	for (struct cli_optarg *o = c->optargs; o != NULL && err == 0; o = o->next) {
		for (int i = 0; i < n->n_children && strcmp(o->name, "...") == 0; i++) {
			const struct node *child = &n->children[i];
			bool value = child->type != NODE_BOOLEAN;

			if (child->n_words == 0 && child->required)
				continue;
			snprintf(help, sizeof(help), "%s%s%s",
					child->n_words > 0 ? child->words[0] : "",
					child->n_words > 0 && value ? " " : "",
					value ? value_placeholder(child, name, sizeof(name)) : "");
			cli_optarg_addhelp(o, help, child->help);
		}
	}
	return err;
}

/* What may stand behind the value: those of siblings. */
static int
complete_line(struct cli_command *c, const struct node *n, int mode)
{
	const struct node *line[NODE_FOLLOW_MAX];
	int count = node_line(n, line), err = 0;
	char name[64];

	for (int k = 1; k < count && err == 0; k++) {
		struct argument like = { .node = line[k] };

		err = argument_add(c, value_placeholder(line[k], name, sizeof(name)), line[k]->help,
				mode, &like);
		for (int i = 0; i < line[k]->n_values && err == 0; i++)
			cli_optarg_addhelp(last_argument(c), line[k]->values[i].name,
					line[k]->values[i].help);
	}
	return err;
}

/* An option of the entry whose name stands before, with all of its words. */
static void
entry_option_help(const struct node *n, void *arg)
{
	char words[128], value[64] = "", help[256];
	struct cli_optarg *o = arg;

	snprintf(words, sizeof(words), "%s", n->cli_inline);
	if (words[0] == '\0')
		node_words_str(n, words, sizeof(words));
	if (words[0] == '\0')
		return;
	if (n->type == NODE_LIST || n->type == NODE_MAP)
		snprintf(value, sizeof(value), "...");
	else if (n->type != NODE_BOOLEAN)
		value_placeholder(n, value, sizeof(value));
	snprintf(help, sizeof(help), "%s%s%s", words, value[0] != '\0' ? " " : "", value);
	cli_optarg_addhelp(o, help, n->help);
}

static int
complete_entry(struct cli_command *c, const struct node *n, int mode, const struct argument *like)
{
	int err = argument_add(c, "...", "an option of it, or nothing more:", mode, like);

	if (err == 0)
		node_each(n, entry_option_help, last_argument(c));
	return err == 0 ? argument_repeat(c, "what belongs to the option", mode, like) : err;
}

int
complete_node(struct cli_command *c, const struct node *n, const struct node *longer, bool no,
		int mode)
{
	struct argument like = { .node = n, .longer = longer };
	char name[64], help[768], expected[512], def[128], *is;
	int err;

	if (n->type == NODE_BOOLEAN)
		return 0;
	if (n->type == NODE_LIST)
		return complete_list(c, n, mode);
	if (n->type == NODE_MAP)
		snprintf(help, sizeof(help), "%s", n->key_help);
	else if (n->n_values > 0)
		snprintf(help, sizeof(help), "%s", n->help);
	else
		snprintf(help, sizeof(help), "%s", value_expected(n, expected, sizeof(expected)));
	is = value_default(n, def, sizeof(def));
	if (is[0] != '\0' && strlen(help) + strlen(is) + 16 < sizeof(help))
		sprintf(help + strlen(help), "; default %s", is);
	err = argument_add(c, value_placeholder(n, name, sizeof(name)), help, mode, &like);
	if (err != 0)
		return err;
	values_help(c, n, longer);
	if (no && n->type != NODE_MAP)
		cli_optarg_addhelp(c->optargs, "<cr>", "or nothing more");
	if (longer != NULL)
		return argument_add(c, "NAME", longer->key_help, mode, &like);
	if (n->type == NODE_MAP && n->one_line)
		return complete_entry(c, n, mode, &like);
	if (n->cli_after[0] != '\0')
		return argument_repeat(c, n->cli_after, mode, &like);
	if (node_is_array(n))
		return argument_repeat(c, "more, in order of preference", mode, &like);
	return no ? 0 : complete_line(c, n, mode);
}
