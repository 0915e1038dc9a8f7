/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands for libcli; see grammar.h. libcli finds the command (abbreviations, help, completion);
 * what a line of the configuration means is then edit.c's business, from the whole line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/edit.h"
#include "cli/filters.h"
#include "cli/grammar.h"
#include "cli/history.h"
#include "cli/ios.h"
#include "cli/text.h"

#define OTHERS_MAX 256

/* ---- running what was found ------------------------------------------------------------------ */

static const struct command_row *
row_find(const char *words, enum command_mode mode)
{
	for (unsigned int i = 0; i < n_command_rows; i++)
		if ((command_rows[i].mode & mode) != 0 && strcmp(command_rows[i].words, words) == 0)
			return &command_rows[i];
	return NULL;
}

static int
count_words(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s += strcspn(s, " ") + strspn(s + strcspn(s, " "), " "))
		n++;
	return n;
}

/* With nothing more to type, libcli runs a command to have it explain "?". */
static bool
asked_for_help(struct shell *sh, int argc, char **argv)
{
	if (argc == 0 || strcmp(argv[argc - 1], "?") != 0)
		return false;
	out_line(&sh->out, "  <cr>");
	return true;
}

static void
command_begin(struct shell *sh)
{
	sh->in_command = true;
	sh->page_at = 0;
	sh->page_quit = false;
	sh->busy = true;
}

static int
command_end(struct shell *sh)
{
	sh->busy = false;
	sh->in_command = false;
	return sh->quit ? CLI_QUIT : sh->status == SHELL_OK ? CLI_OK : CLI_ERROR;
}

/* A command of the table. @command is its words in full, maybe with "do" before. */
static int
run_row(struct cli_def *cli, const char *command, char *argv[], int argc)
{
	struct cli_pipeline_stage *stage = cli->pipeline->current_stage;
	struct shell *sh = cli_get_context(cli);
	int skip = count_words(command);
	bool done = strncmp(command, "do ", 3) == 0;
	const struct command_row *row = row_find(command + (done ? 3 : 0),
			sh->configuring && !done ? COMMAND_CONFIG : COMMAND_EXEC);

	sh->status = SHELL_OK;
	history_keep(sh, cli->pipeline->cmdline);
	command_begin(sh);
	argc = stage->num_words - skip;
	argv = stage->words + skip;
	if (asked_for_help(sh, argc, argv))
		return command_end(sh);
	if (row == NULL)
		shell_error(sh, "\"%s\" is not known in this mode", command);
	else if (row->max_args >= 0 && argc > row->max_args)
		shell_error(sh, "\"%s\" is too much", argv[row->max_args]);
	else
		row->run(sh, argc, argv);
	return command_end(sh);
}

/* A line of the configuration, or the beginning of one. */
static int
run_line(struct cli_def *cli, const char *command, char *argv[], int argc)
{
	struct shell *sh = cli_get_context(cli);
	const char *line = cli->pipeline->cmdline;
	char err[512] = "";

	sh->status = SHELL_OK;
	command_begin(sh);
	if (asked_for_help(sh, argc, argv))
		return command_end(sh);
	if (!edit_line(&sh->edit, line, err, sizeof(err)))
		shell_error(sh, "%s", err);
	else if (sh->edit.note[0] != '\0')
		shell_note(sh, sh->edit.note);
	if (sh->edit.secret)
		history_hide(sh, line);
	else if (sh->status == SHELL_OK)
		history_keep(sh, line);
	grammar_mode(sh);
	return command_end(sh);
}

static int
run_remark(struct cli_def *cli, const char *command, char *argv[], int argc)
{
	return CLI_OK;
}

/* ---- making the commands --------------------------------------------------------------------- */

typedef int (*run_fn)(struct cli_def *, const char *, char **, int);

/* The command @word under @parent in @mode, made if it is not there. */
static struct cli_command *
child(struct cli_def *cli, struct cli_command *parent, const char *word, int mode, const char *help)
{
	struct cli_command *c = parent == NULL ? cli->commands : parent->children;

	for (; c != NULL; c = c->next)
		if (c->mode == mode && c->command_type == CLI_REGULAR_COMMAND &&
				strcmp(c->command, word) == 0)
			return c;
	return cli_register_command(cli, parent, word, NULL, PRIVILEGE_UNPRIVILEGED, mode, help);
}

static struct cli_command *
row_command(struct cli_def *cli, struct cli_command *parent, const struct command_row *row,
		int mode)
{
	char words[128], path[128] = "", *save = NULL;

	snprintf(words, sizeof(words), "%s", row->words);
	for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(path);
		bool last;

		snprintf(path + len, sizeof(path) - len, "%s%s", len > 0 ? " " : "", w);
		last = strcmp(path, row->words) == 0;
		parent = child(cli, parent, w, mode,
				last && command_words_help(path)[0] == '\0'
						? row->help
						: command_words_help(path));
		if (parent == NULL)
			return NULL;
	}
	return parent;
}

/* The rows of the table that @mode has, under @parent. */
static int
rows_register(struct cli_def *cli, struct cli_command *parent, enum command_mode kind, int mode)
{
	for (unsigned int i = 0; i < n_command_rows; i++) {
		const struct command_row *row = &command_rows[i];
		struct cli_command *c;

		if ((row->mode & kind) == 0)
			continue;
		c = row_command(cli, parent, row, mode);
		if (c == NULL)
			return -ENOMEM;
		c->callback = run_row;
		if (complete_row(c, row, mode) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Is what @words begin with a command of ours that takes values, such as "ip route"? They come to
 * it anyway; as commands below it they would hide its values from "?". */
static bool
is_taken(const struct cli_def *cli, const char *words, int mode)
{
	const struct cli_command *c = cli->commands;

	while (c != NULL) {
		size_t len = strcspn(words, " ");

		if (c->mode != mode || c->command_type != CLI_REGULAR_COMMAND ||
				strlen(c->command) != len || strncmp(c->command, words, len) != 0) {
			c = c->next;
			continue;
		}
		words += len + strspn(words + len, " ");
		if (*words == '\0' || c->optargs != NULL)
			return *words != '\0';
		c = c->children;
	}
	return false;
}

/* Words that lead only to what help does not tell of. */
static void
hide_unexplained(struct cli_command *c)
{
	for (; c != NULL; c = c->parent) {
		if (c->help != NULL && c->help[0] != '\0')
			continue;
		free(c->help);
		c->help = strdup(GRAMMAR_HIDDEN);
	}
}

/* Lines of IOS without a counterpart come to the same place; help does not tell of them. */
static int
others_register(struct cli_def *cli, int mode)
{
	const char *lines[OTHERS_MAX];
	unsigned int n = ios_other_words(lines, OTHERS_MAX);

	for (unsigned int i = 0; i < n; i++) {
		const struct command_row row = { .words = lines[i], .help = GRAMMAR_HIDDEN };
		struct cli_command *c;

		if (is_taken(cli, lines[i], mode))
			continue;
		c = row_command(cli, NULL, &row, mode);
		for (; c != NULL; c = c->parent) {
			if (c->callback == NULL)
				c->callback = run_line;
			if (c->help != NULL && c->help[0] != '\0')
				continue;
			free(c->help);
			c->help = strdup(GRAMMAR_HIDDEN);
		}
	}
	return 0;
}

/* May a line that is for the entries of @in be typed in those of @map? */
static bool
row_is_for(const char *in, const struct node *map)
{
	const char *slash = in != NULL ? strchr(in, '/') : NULL;

	if (in == NULL)
		return map->parent == NULL;
	if (slash == NULL)
		return true;
	return map->parent != NULL && strcmp(map->name, slash + 1) == 0 &&
	       strlen(map->parent->name) == (size_t)(slash - in) &&
	       strncmp(map->parent->name, in, (size_t)(slash - in)) == 0;
}

static int
ios_rows_register(struct cli_def *cli, const struct command_row *rows, unsigned int n,
		const struct node *map, int mode)
{
	for (unsigned int i = 0; i < n; i++) {
		struct command_row row = rows[i];
		struct cli_command *c;

		if (!row_is_for(row.in, map))
			row.help = GRAMMAR_HIDDEN;
		c = row_command(cli, NULL, &row, mode);
		if (c == NULL)
			return -ENOMEM;
		if (strcmp(row.help, GRAMMAR_HIDDEN) == 0)
			hide_unexplained(c->parent);
		c->callback = run_line;
		if (c->optargs == NULL && complete_row(c, &rows[i], mode) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* IOS's lines, which the configuration has under other words. */
static int
ios_register(struct cli_def *cli, const struct node *map, int mode)
{
	bool group = map->parent != NULL && strcmp(map->name, "vrrp") == 0;

	if (ios_rows_register(cli, ios_rows, n_ios_rows, map, mode) != 0)
		return -ENOMEM;
	if (group && ios_rows_register(cli, ios_vrrp_rows, n_ios_vrrp_rows, map, mode) != 0)
		return -ENOMEM;
	return others_register(cli, mode);
}

/* Registering the options of one level for one mode. */
struct level {
	struct cli_def *cli;
	const struct node *node;
	struct cli_command *no; /* NULL while the plain forms are made */
	int mode;
	bool outer; /* what is said in the modes around this one: help does not tell of it */
	int err;
};

struct longer {
	const struct node *than, *found;
};

/* Is @n a map whose words are those of @than and one more? */
static void
longer_find(const struct node *n, void *arg)
{
	const char *a[NODE_WORDS_MAX], *b[NODE_WORDS_MAX];
	struct longer *l = arg;
	int na = node_words(l->than, a), nb = node_words(n, b);

	if (n->type != NODE_MAP || l->than->type != NODE_MAP || nb != na + 1)
		return;
	for (int i = 0; i < na; i++)
		if (strcmp(a[i], b[i]) != 0)
			return;
	l->found = n;
}

/* Is @n told apart by the argument of a shorter map ("interface tunnel" by that of "interface")? */
static void
shorter_find(const struct node *n, void *arg)
{
	struct longer *l = arg, turned = { .than = n };

	longer_find(l->than, &turned);
	if (turned.found != NULL)
		l->found = n;
}

/* Help for word @i of @n's: its own at the end, that of the group whose last word it is, or "". */
static const char *
word_help(const struct node *n, int i, int count)
{
	const char *words[NODE_WORDS_MAX];

	if (i + 1 == count)
		return n->help;
	for (const struct node *up = n->parent; up != NULL && up->type == NODE_OBJECT;
			up = up->parent)
		if (up->n_words > 0 && node_words(up, words) == i + 1)
			return up->help;
	return "";
}

/* A word that only leads on is explained by the words that follow it. */
static void
help_extend(struct cli_command *c, const char *next)
{
	char help[128], *there = c->help == NULL ? NULL : strstr(c->help, next);

	if (there != NULL && (there == c->help || there[-1] == ' ') &&
			strchr(", ", there[strlen(next)]) != NULL)
		return; /* more than one command goes on with it */
	if (c->help == NULL || c->help[0] == '\0')
		snprintf(help, sizeof(help), "%s ...", next);
	else if (strlen(c->help) > 4 && strcmp(c->help + strlen(c->help) - 4, " ...") == 0 &&
			strlen(c->help) + strlen(next) < 60)
		snprintf(help, sizeof(help), "%.*s, %s ...", (int)strlen(c->help) - 4, c->help,
				next);
	else
		return;
	free(c->help);
	c->help = strdup(help);
}

static void
option_register(const struct node *n, void *arg)
{
	const char *words[NODE_WORDS_MAX];
	struct level *level = arg;
	int count = node_words(n, words);
	struct cli_command *c = level->no;
	struct longer longer = { .than = n }, shorter = { .than = n };

	node_each(level->node, longer_find, &longer);
	node_each(level->node, shorter_find, &shorter);
	if (count == 0 || shorter.found != NULL || level->err != 0)
		return;
	for (int i = 0; i < count; i++) {
		struct cli_command *up = c;

		c = child(level->cli, up, words[i], level->mode,
				level->outer ? GRAMMAR_HIDDEN : word_help(n, i, count));
		if (c == NULL) {
			level->err = -ENOMEM;
			return;
		}
		c->callback = run_line;
		if (i > 0 && !level->outer)
			help_extend(up, words[i]);
	}
	if (c->optargs == NULL) /* else an inner level has the same words */
		level->err = complete_node(c, n, longer.found, level->no != NULL, level->mode);
}

/* All that may be said in the entries of @map (or at the top, the root) in libcli's mode @mode. */
static int
mode_register(struct shell *sh, const struct node *map, int mode)
{
	struct cli_def *cli = sh->cli;
	struct cli_command *no, *todo, *remark;
	struct level level = { .cli = cli, .mode = mode };

	for (level.node = map;; level.node = node_level(level.node)) {
		level.no = NULL;
		level.outer = level.node != map;
		node_each(level.node, option_register, &level);
		no = child(cli, NULL, "no", mode, command_words_help("no"));
		if (no == NULL)
			return -ENOMEM;
		no->callback = run_line;
		level.no = no;
		node_each(level.node, option_register, &level);
		if (level.node->parent == NULL)
			break;
	}
	if (ios_register(cli, map, mode) != 0)
		return -ENOMEM;
	remark = child(cli, NULL, "!", mode, command_words_help("!"));
	todo = child(cli, NULL, "do", mode, command_words_help("do"));
	if (remark == NULL || todo == NULL || level.err != 0)
		return -ENOMEM;
	remark->callback = run_remark;
	if (rows_register(cli, todo, COMMAND_EXEC, mode) != 0)
		return -ENOMEM;
	return rows_register(cli, NULL, COMMAND_CONFIG, mode);
}

struct modes {
	struct shell *sh;
	int next, err;
};

static void
map_register(const struct node *n, void *arg)
{
	struct modes *m = arg;

	if (n->type != NODE_MAP || m->err != 0)
		return;
	((struct node *)n)->mode = (unsigned int)m->next;
	m->err = mode_register(m->sh, n, m->next++);
	if (m->err == 0)
		node_each(n, map_register, m);
}

int
grammar_load(struct shell *sh)
{
	struct modes m = { .sh = sh, .next = MODE_CONFIG + 1 };

	m.err = mode_register(sh, sh->root, MODE_CONFIG);
	if (m.err == 0)
		node_each(sh->root, map_register, &m);
	sh->cli->mode = -1; /* so that libcli counts anew the letters that abbreviations need */
	grammar_mode(sh);
	return m.err;
}

int
grammar_init(struct shell *sh)
{
	cli_unregister_all_commands(sh->cli);
	if (filters_register(sh->cli) != 0)
		return -ENOMEM;
	if (rows_register(sh->cli, NULL, COMMAND_EXEC, MODE_EXEC) != 0)
		return -ENOMEM;
	sh->cli->mode = -1;
	grammar_mode(sh);
	return 0;
}

void
grammar_fini(void)
{
	complete_fini();
}

/* ---- modes ----------------------------------------------------------------------------------- */

/* "(config-if)", "(config-ikev2-keyring)": the map's words, without the group that is obvious. */
static void
prompt_words(const struct node *map, char *buf, size_t cap)
{
	const char *words[NODE_WORDS_MAX];
	int count = node_words(map, words), from = count > 2 ? 1 : 0;
	size_t used = (size_t)snprintf(buf, cap, "(config");

	for (int i = from; i < count && used < cap; i++)
		used += (size_t)snprintf(buf + used, cap - used, "-%s",
				strcmp(words[i], "interface") == 0 ? "if" : words[i]);
	if (used < cap)
		snprintf(buf + used, cap - used, ")");
}

void
grammar_mode(struct shell *sh)
{
	const struct node *map = NULL;
	char prompt[128];
	int mode = sh->configuring ? MODE_CONFIG : MODE_EXEC;

	if (sh->configuring && sh->edit.depth > 0) {
		map = sh->edit.at[sh->edit.depth - 1].map;
		mode = (int)map->mode;
	}
	if (mode == sh->cli->mode)
		return;
	cli_set_configmode(sh->cli, mode, NULL);
	if (map == NULL)
		return;
	prompt_words(map, prompt, sizeof(prompt));
	cli_set_modestring(sh->cli, prompt);
}
