/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * culvert, the operator's shell. It speaks the management protocol (docs/mgmt.md) and knows nothing
 * else of the programs behind it. docs/cli.md is its guide.
 *
 *   main.c         options; one command, a file of commands, or the terminal
 *   terminal.c     the terminal, keys.c what keys mean there, history.c lines typed before
 *   grammar.c      the commands as libcli knows them, complete.c what Tab offers, filters.c after
 * "|" commands.c     the table of commands: show.c asks, render_*.c print; push.c, watch.c
 *   config_mode.c  configure terminal: the candidate and its commit
 *   node.c         the table of options as the control plane describes it
 *   edit.c         command lines to JSON by that table, edit_list.c for lists, value.c for values
 *   lines.c        JSON to command lines
 *   client.c       requests over the socket
 *   token.c text.c table.c out.c   words, text, tables, lines
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/banner.h"
#include "cli/config_mode.h"
#include "cli/push.h"
#include "cli/shell.h"
#include "cli/terminal.h"
#include "cli/token.h"
#include "cli/watch.h"

#define COMMANDS_MAX 64

struct options {
	const char *socket;
	bool json;
	char *commands[COMMANDS_MAX]; /* owned */
	int n_commands;
	struct watch_options watch; /* interval 0: once */
	bool push;
	const char *push_path, *push_comment;
	bool push_dry_run;
	long push_confirm_s;
};

static const char usage_text[] =
		"Usage: culvert [OPTIONS]                      the shell\n"
		"       culvert [OPTIONS] -c COMMAND ...       commands, one after another\n"
		"       culvert [OPTIONS] WORDS ...            one command: culvert show tunnel\n"
		"       culvert [OPTIONS] push FILE.json [--dry-run] [--confirm SECONDS] "
		"[--comment TEXT]\n"
		"\n"
		"  -c, --command COMMAND  run it; several may be given, or several with ; between\n"
		"      --json             print results as JSON\n"
		"      --socket PATH      the control plane's socket (" CLIENT_DEFAULT_SOCKET ")\n"
		"      --watch SECONDS    repeat the commands; tunnels and interfaces then with "
		"rates\n"
		"      --count N          repeat them so many times\n"
		"      --version          print the version\n"
		"\n"
		"Exit status: 0 done, 1 the command failed, 2 wrong usage, 3 control plane not "
		"reachable.\n";

/* Documents have keys in them: whatever jansson frees is wiped. */
static void
wipe_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static bool
command_add(struct options *o, const char *text, size_t len)
{
	if (o->n_commands == COMMANDS_MAX)
		return false;
	o->commands[o->n_commands] = strndup(text, len);
	if (o->commands[o->n_commands] == NULL)
		return false;
	o->n_commands++;
	return true;
}

/* -c: commands with ";" between. */
static bool
commands_split(struct options *o, const char *text)
{
	for (;;) {
		const char *end = token_command_end(text);

		if (!command_add(o, text, (size_t)(end - text)))
			return false;
		if (*end == '\0')
			return true;
		text = end + 1;
	}
}

/* The words of the command line as one command, as they came. */
static bool
words_join(struct options *o, int argc, char **argv)
{
	char line[CLI_MAX_LINE_LENGTH] = "", word[1024];
	size_t used = 0;

	for (int i = 0; i < argc; i++) {
		bool as_is = strcmp(argv[i], "|") == 0 || strchr(argv[i], ' ') != NULL;

		if (!as_is && !token_quote(word, sizeof(word), argv[i]))
			return false;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i > 0 ? " " : "",
				as_is ? argv[i] : word);
		if (used >= sizeof(line))
			return false;
	}
	return argc == 0 || command_add(o, line, used);
}

static bool
number(const char *text, double least, double most, double *to)
{
	char *end;

	*to = strtod(text, &end);
	return end != text && *end == '\0' && *to >= least && *to <= most;
}

static void
options_free(struct options *o)
{
	for (int i = 0; i < o->n_commands; i++) {
		explicit_bzero(o->commands[i], strlen(o->commands[i]));
		free(o->commands[i]);
	}
}

enum option_key {
	OPT_JSON = 256,
	OPT_SOCKET,
	OPT_WATCH,
	OPT_COUNT,
	OPT_VERSION,
	OPT_DRY_RUN,
	OPT_CONFIRM,
	OPT_COMMENT,
	OPT_HELP,
};

static bool
option_take(struct options *o, int key)
{
	double n = 0;
	bool ok = true;

	switch (key) {
	case 'c':
		return commands_split(o, optarg);
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_SOCKET:
		o->socket = optarg;
		break;
	case OPT_WATCH:
		ok = number(optarg, 0.1, 86400, &o->watch.interval_s);
		break;
	case OPT_COUNT:
		ok = number(optarg, 1, 1e9, &n);
		o->watch.limit = (long)n;
		break;
	case OPT_DRY_RUN:
		o->push_dry_run = true;
		break;
	case OPT_CONFIRM:
		ok = number(optarg, 1, 86400, &n);
		o->push_confirm_s = (long)n;
		break;
	case OPT_COMMENT:
		o->push_comment = optarg;
		break;
	default:
		return false;
	}
	if (!ok)
		fprintf(stderr, "culvert: \"%s\" is not a number that makes sense here\n", optarg);
	return ok;
}

static bool
usage_error(const char *what)
{
	fprintf(stderr, "culvert: %s\n", what);
	return false;
}

/* "push FILE" and other words; what goes with what. */
static bool
options_finish(struct options *o, int argc, char **argv)
{
	o->push = argc > 0 && strcmp(argv[0], "push") == 0;
	if ((o->push_dry_run || o->push_confirm_s > 0 || o->push_comment != NULL) && !o->push)
		return usage_error("--dry-run, --confirm and --comment go with push");
	if (o->push && (argc != 2 || o->n_commands > 0 || o->watch.interval_s > 0))
		return usage_error("push takes one file, and nothing else");
	if (o->push)
		o->push_path = argv[1];
	else if (argc > 0 && o->n_commands > 0)
		return usage_error("give either -c or words");
	else if (!words_join(o, argc, argv))
		return usage_error("the command is too long");
	if (o->watch.interval_s > 0 && o->n_commands == 0)
		return usage_error("--watch needs a command");
	if (o->watch.limit > 0 && o->watch.interval_s == 0)
		return usage_error("--count goes with --watch");
	return true;
}

/* 0: go on; else the exit status and one. */
static int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "command", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "socket", required_argument, NULL, OPT_SOCKET },
		{ "watch", required_argument, NULL, OPT_WATCH },
		{ "count", required_argument, NULL, OPT_COUNT },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "confirm", required_argument, NULL, OPT_CONFIRM },
		{ "comment", required_argument, NULL, OPT_COMMENT },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int key;

	o->socket = CLIENT_DEFAULT_SOCKET;
	while ((key = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		if (key == OPT_VERSION)
			printf("culvert %s\n", CULVERT_VERSION);
		else if (key == OPT_HELP || key == 'h')
			fputs(usage_text, stdout);
		else if (option_take(o, key))
			continue;
		else
			fprintf(stderr, "Try culvert --help.\n");
		return key == OPT_VERSION || key == OPT_HELP || key == 'h' ? 1 : SHELL_USAGE + 1;
	}
	return options_finish(o, argc - optind, argv + optind) ? 0 : SHELL_USAGE + 1;
}

/* Lines of a file or a pipe. The status is that of the first that failed. */
static enum shell_status
run_input(struct shell *sh, FILE *in)
{
	enum shell_status status = SHELL_OK;
	char *line = NULL;
	struct banner banner = { .len = 0 };
	size_t cap = 0;
	ssize_t len;
	bool gone;

	while (!sh->quit && (len = getline(&line, &cap, in)) > 0) {
		enum shell_status one;

		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		sh->line++;
		len = (ssize_t)banner_cut(&banner, line, (size_t)len, &gone);
		one = gone ? SHELL_OK : shell_run(sh, line, (size_t)len);
		explicit_bzero(line, cap);
		status = status == SHELL_OK ? one : status;
		if (one == SHELL_UNREACHABLE)
			break;
	}
	sh->line = 0;
	free(line);
	return status;
}

static enum shell_status
run_commands(struct shell *sh, const struct options *o)
{
	enum shell_status status = SHELL_OK;

	for (int i = 0; i < o->n_commands && !sh->quit; i++) {
		enum shell_status one = shell_run(sh, o->commands[i], strlen(o->commands[i]));

		status = status == SHELL_OK ? one : status;
		if (one == SHELL_UNREACHABLE)
			break;
	}
	return status;
}

static enum shell_status
run(struct shell *sh, struct options *o)
{
	enum shell_status status;

	if (o->push) {
		sh->in_command = true;
		push_file(sh, o->push_path, o->push_dry_run, o->push_confirm_s, o->push_comment);
		return sh->status;
	}
	if (o->watch.interval_s > 0) {
		o->watch.screen = isatty(STDOUT_FILENO) && !o->json;
		return watch_run(sh, &o->watch, o->commands, o->n_commands);
	}
	if (o->n_commands == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		if (!shell_need_schema(sh))
			return sh->status;
		shell_learn_hostname(sh);
		return terminal_run(sh);
	}
	status = o->n_commands > 0 ? run_commands(sh, o) : run_input(sh, stdin);
	if (config_changed(sh)) {
		shell_error(sh, "the changes were not committed and are dropped");
		status = status == SHELL_OK ? SHELL_ERROR : status;
	}
	return status;
}

int
main(int argc, char **argv)
{
	const char *term = getenv("TERM");
	struct options o = { 0 };
	enum shell_status status;
	struct shell sh;
	int rc;

	json_set_alloc_funcs(malloc, wipe_free);
	rc = options_parse(&o, argc, argv);
	if (rc != 0) {
		options_free(&o);
		return rc - 1;
	}
	signal(SIGPIPE, SIG_IGN);
	if (shell_init(&sh, o.socket) != 0) {
		fprintf(stderr, "culvert: out of memory\n");
		options_free(&o);
		return SHELL_ERROR;
	}
	sh.json = o.json;
	sh.out.color = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL &&
		       (term == NULL || strcmp(term, "dumb") != 0);
	sh.err.color = sh.out.color && isatty(STDERR_FILENO);
	status = run(&sh, &o);
	shell_fini(&sh);
	options_free(&o);
	return (int)status;
}
