/* SPDX-License-Identifier: BSD-3-Clause */
/* Filters; see filters.h. They see lines without colours. */
#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/filters.h"
#include "cli/out.h"
#include "cli/shell.h"

enum filter_kind { FILTER_INCLUDE, FILTER_EXCLUDE, FILTER_BEGIN, FILTER_SECTION, FILTER_COUNT };

struct filter {
	enum filter_kind kind;
	regex_t re;
	bool has_re; /* all but count without a pattern */
	bool on;    /* begin, section: printing */
	int indent; /* section: of the line that began it */
	unsigned long n;
};

static bool
in_section(struct filter *f, const char *line, bool match)
{
	int indent = (int)strspn(line, " ");

	if (match && (!f->on || indent <= f->indent)) {
		f->on = true;
		f->indent = indent;
	} else if (f->on && indent <= f->indent) {
		f->on = false;
	}
	return f->on;
}

/* The end of the output: say the count, free. */
static void
filter_end(struct cli_def *cli, struct filter *f)
{
	struct shell *sh = cli_get_context(cli);
	char line[64];

	if (f->kind == FILTER_COUNT && cli->print_callback != NULL) {
		snprintf(line, sizeof(line), "%lu", f->n);
		sh->in_command = true;
		cli->print_callback(cli, line);
		sh->in_command = false;
	}
	if (f->has_re)
		regfree(&f->re);
	free(f);
}

static int
filter_line(struct cli_def *cli, const char *string, void *data)
{
	struct filter *f = data;
	char plain[OUT_LINE_MAX];
	bool match, pass;

	if (string == NULL) {
		filter_end(cli, f);
		return CLI_OK;
	}
	out_strip(plain, sizeof(plain), string);
	match = !f->has_re || regexec(&f->re, plain, 0, NULL, 0) == 0;
	if (f->kind == FILTER_COUNT) {
		f->n += match && plain[strspn(plain, " ")] != '\0';
		return CLI_ERROR;
	}
	switch (f->kind) {
	case FILTER_INCLUDE:
		pass = match;
		break;
	case FILTER_EXCLUDE:
		pass = !match;
		break;
	case FILTER_SECTION:
		pass = in_section(f, plain, match);
		break;
	default:
		f->on = f->on || match;
		pass = f->on;
		break;
	}
	return pass ? CLI_OK : CLI_ERROR;
}

/* The words after the filter's name, joined: a pattern may have spaces. */
static bool
compile(struct cli_def *cli, struct filter *f, int argc, char **argv)
{
	struct shell *sh = cli_get_context(cli);
	char pattern[1024] = "", why[128];
	size_t used = 0;
	int rc;

	for (int i = 1; i < argc && used < sizeof(pattern); i++)
		used += (size_t)snprintf(pattern + used, sizeof(pattern) - used, "%s%s",
				i > 1 ? " " : "", argv[i]);
	rc = regcomp(&f->re, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc == 0)
		return true;
	regerror(rc, &f->re, why, sizeof(why));
	shell_error(sh, "\"%s\": %s", pattern, why);
	return false;
}

static int
filter_init(struct cli_def *cli, enum filter_kind kind, int argc, char **argv,
		struct cli_filter *to)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return CLI_ERROR;
	f->kind = kind;
	f->has_re = kind != FILTER_COUNT || argc > 1;
	if (f->has_re && !compile(cli, f, argc, argv)) {
		free(f);
		return CLI_ERROR;
	}
	to->filter = filter_line;
	to->data = f;
	return CLI_OK;
}

static int
include_init(struct cli_def *cli, int argc, char **argv, struct cli_filter *to)
{
	return filter_init(cli, FILTER_INCLUDE, argc, argv, to);
}

static int
exclude_init(struct cli_def *cli, int argc, char **argv, struct cli_filter *to)
{
	return filter_init(cli, FILTER_EXCLUDE, argc, argv, to);
}

static int
begin_init(struct cli_def *cli, int argc, char **argv, struct cli_filter *to)
{
	return filter_init(cli, FILTER_BEGIN, argc, argv, to);
}

static int
section_init(struct cli_def *cli, int argc, char **argv, struct cli_filter *to)
{
	return filter_init(cli, FILTER_SECTION, argc, argv, to);
}

static int
count_init(struct cli_def *cli, int argc, char **argv, struct cli_filter *to)
{
	return filter_init(cli, FILTER_COUNT, argc, argv, to);
}

int
filters_register(struct cli_def *cli)
{
	static const struct {
		const char *name, *help;
		int (*init)(struct cli_def *, int, char **, struct cli_filter *);
		unsigned int pattern; /* flags of its argument for libcli */
	} filters[] = {
		{ "begin", "From the first line that matches", begin_init, CLI_CMD_ARGUMENT },
		{ "count", "How many lines, or how many that match", count_init,
				CLI_CMD_OPTIONAL_ARGUMENT },
		{ "exclude", "Lines that do not match", exclude_init, CLI_CMD_ARGUMENT },
		{ "include", "Lines that match", include_init, CLI_CMD_ARGUMENT },
		{ "section", "Lines that match, with those indented under them", section_init,
				CLI_CMD_ARGUMENT },
	};

	cli_unregister_all_filters(cli);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct cli_command *c = cli_register_filter(cli, filters[i].name, filters[i].init,
				filter_line, PRIVILEGE_UNPRIVILEGED, MODE_ANY, filters[i].help);

		if (c == NULL)
			return -ENOMEM;
		if (cli_register_optarg(c, "PATTERN",
				    (int)filters[i].pattern | CLI_CMD_REMAINDER_OF_LINE,
				    PRIVILEGE_UNPRIVILEGED, MODE_ANY, "Regular expression", NULL,
				    NULL, NULL) == NULL)
			return -ENOMEM;
	}
	return 0;
}
