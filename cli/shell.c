/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the shell share; see shell.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/config_mode.h"
#include "cli/grammar.h"
#include "cli/render.h"
#include "cli/shell.h"
#include "cli/text.h"

/* Results go through libcli, for its filters. */
static void
result_line(void *arg, const char *line)
{
	struct shell *sh = arg;

	cli_print(sh->cli, "%s", line);
}

static void
error_line(void *arg, const char *line)
{
	struct shell *sh = arg;

	if (sh->interactive)
		cli_error(sh->cli, "%s", line);
	else
		fprintf(stderr, "%s\n", line);
}

/* For a program that asked for JSON: on stdout, where it waits for an answer. */
static void
print_json_error(const char *text)
{
	json_t *doc = json_pack("{s:{s:s}}", "error", "message", text);

	if (doc != NULL)
		json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(doc);
}

/* "line 12: " where lines of a file run, else "". Returns @buf. */
static char *
where(const struct shell *sh, char buf[32])
{
	snprintf(buf, 32, "line %u: ", sh->line);
	if (sh->line == 0)
		buf[0] = '\0';
	return buf;
}

/* What libcli has let through, in a shell without a terminal. Its own messages are errors. */
static void
print_line(struct cli_def *cli, const char *line)
{
	struct shell *sh = cli_get_context(cli);
	char clean[OUT_LINE_MAX], at[32];

	if (sh->in_command)
		printf("%s\n", line);
	else if (strstr(line, GRAMMAR_HIDDEN) != NULL)
		return;
	else if (line[0] != '\0' && sh->json)
		print_json_error(text_clean(clean, sizeof(clean), line));
	else if (line[0] != '\0')
		fprintf(stderr, "%% %s%s\n", where(sh, at),
				text_clean(clean, sizeof(clean), line));
}

int
shell_init(struct shell *sh, const char *socket_path)
{
	memset(sh, 0, sizeof(*sh));
	sh->interrupt_fd = -1;
	sh->client = client_new(socket_path);
	sh->cli = cli_init();
	if (sh->client == NULL || sh->cli == NULL)
		return -ENOMEM;
	sh->out = (struct out){ .line = result_line, .arg = sh };
	sh->err = (struct out){ .line = error_line, .arg = sh };
	cli_set_context(sh->cli, sh);
	cli_telnet_protocol(sh->cli, 0);
	cli_set_promptchar(sh->cli, "# ");
	cli_print_callback(sh->cli, print_line);
	return grammar_init(sh);
}

void
shell_fini(struct shell *sh)
{
	config_discard(sh);
	if (sh->cli != NULL)
		cli_done(sh->cli);
	grammar_fini();
	node_free(sh->root);
	client_free(sh->client);
	memset(sh, 0, sizeof(*sh));
}

/* Part of a line must never be carried out for the whole: libcli would cut a long one, and C one at
 * a NUL. */
static bool
line_ok(struct shell *sh, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			shell_error(sh, "control character 0x%02x at byte %zu of the line, which "
					"is not carried out", c, i + 1);
			return false;
		}
	}
	if (len >= CLI_MAX_LINE_LENGTH)
		shell_error(sh, "the line has %zu bytes, more than %d: it is not carried out", len,
				CLI_MAX_LINE_LENGTH - 1);
	return len < CLI_MAX_LINE_LENGTH;
}

/* "| json" among the filters: that one answer as JSON. False: there is none; else @out has the line
 * without it. */
static bool
without_json(const char *line, size_t len, char out[CLI_MAX_LINE_LENGTH])
{
	snprintf(out, CLI_MAX_LINE_LENGTH, "%.*s", (int)len, line);
	for (char *bar = strchr(out, '|'); bar != NULL; bar = strchr(bar + 1, '|')) {
		char *word = bar + 1 + strspn(bar + 1, " "), *rest = word + strcspn(word, " |");

		if (rest - word != 4 || strncasecmp(word, "json", 4) != 0)
			continue;
		rest += strspn(rest, " ");
		if (*rest != '\0' && *rest != '|')
			continue;
		memmove(bar, rest, strlen(rest) + 1);
		return true;
	}
	return false;
}

/* Behind the number of a line of an access list, which means nothing here. */
static const char *
numbered(const struct shell *sh, const char *line)
{
	size_t n = strspn(line, "0123456789"), blank = strspn(line + n, " ");
	const char *rest = line + n + blank;

	if (!sh->configuring || n == 0 || blank == 0 ||
			(strncmp(rest, "permit ", 7) != 0 && strncmp(rest, "deny ", 5) != 0))
		return line;
	return rest;
}

enum shell_status
shell_run(struct shell *sh, const char *line, size_t len)
{
	size_t blank = strspn(line, " \t\r\n");
	char cut[CLI_MAX_LINE_LENGTH];
	bool json = sh->json;
	int rc;

	sh->status = SHELL_OK;
	if (line[blank] == '!' || line[blank] == '#' || blank == len)
		return SHELL_OK;
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL && line[len - 1] != '\0')
		len--;
	if (!line_ok(sh, line, len))
		return sh->status;
	if (!sh->configuring && without_json(line + blank, len - blank, cut)) {
		sh->json = true;
		line = cut;
		blank = 0;
	}
	line = numbered(sh, line + blank);
	sh->page_quit = false;
	rc = cli_run_command(sh->cli, line);
	sh->json = json;
	if (rc == CLI_QUIT)
		sh->quit = true;
	else if (rc != CLI_OK && sh->status == SHELL_OK)
		sh->status = SHELL_ERROR;
	grammar_mode(sh); /* libcli may have left a mode while it looked for the command */
	return sh->status;
}

void
shell_error(struct shell *sh, const char *fmt, ...)
{
	char text[OUT_LINE_MAX - 34], at[32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (sh->json && !sh->interactive)
		print_json_error(text);
	else
		out_colored(&sh->err, OUT_BAD, "%% %s%s", where(sh, at), text);
	if (sh->status == SHELL_OK)
		sh->status = SHELL_ERROR;
}

void
shell_note(struct shell *sh, const char *text)
{
	char at[32];

	if (!sh->json || sh->interactive)
		out_colored(&sh->err, OUT_WARN, "%% %s%s", where(sh, at), text);
}

bool
shell_progress(struct shell *sh, const char *text)
{
	FILE *to = sh->interactive ? sh->cli->client : stdout;

	if (sh->json || sh->watch != NULL || sh->cli->pipeline == NULL ||
			sh->cli->pipeline->num_stages > 1)
		return false;
	if (to != NULL) {
		fputs(sh->interactive && strcmp(text, "\n") == 0 ? "\r\n" : text, to);
		fflush(to);
	}
	return true;
}

void
shell_print_json(struct shell *sh, const json_t *v)
{
	size_t flags = sh->watch != NULL ? JSON_COMPACT : JSON_INDENT(2);
	char *text = json_dumps(v, flags | JSON_ENSURE_ASCII);

	for (char *line = text, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		sh->out.line(sh->out.arg, line);
	}
	if (text == NULL)
		shell_error(sh, "out of memory");
	free(text);
}

/* One entry of "errors": where, what, and what was expected. In the words of the command line where
 * the operator is typing them. */
static void
error_entry(struct shell *sh, const json_t *entry)
{
	const char *path = get_str(entry, "path"), *expected = get_str(entry, "expected");
	char said[512];

	if (sh->configuring && sh->root != NULL && path[0] == '/')
		path = node_say_path(sh->root, path, said, sizeof(said));
	out_line(&sh->err, "  %s: %s%s%s", path[0] == '-' ? "/" : path, get_str(entry, "message"),
			strcmp(expected, "-") != 0 ? "; expected " : "",
			strcmp(expected, "-") != 0 ? expected : "");
}

void
shell_refused(struct shell *sh, const json_t *error)
{
	const json_t *errors = json_object_get(error, "errors");
	json_t *entry, *doc;
	size_t i;

	if (sh->json) {
		doc = json_pack("{s:O}", "error", (json_t *)error);
		shell_print_json(sh, doc);
		json_decref(doc);
		sh->status = SHELL_ERROR;
		return;
	}
	shell_error(sh, "%s", get_str(error, "message"));
	json_array_foreach (errors, i, entry)
		error_entry(sh, entry);
}

json_t *
shell_try(struct shell *sh, const char *method, json_t *params, json_t **error)
{
	json_t *answer = NULL;

	*error = NULL;
	switch (client_call(sh->client, method, params, &answer)) {
	case CLIENT_OK:
		return answer;
	case CLIENT_REFUSED:
		*error = answer;
		return NULL;
	case CLIENT_INTERRUPTED:
		shell_error(sh, "interrupted");
		return NULL;
	default:
		sh->status = SHELL_UNREACHABLE;
		shell_error(sh, "%s", client_why(sh->client));
		return NULL;
	}
}

json_t *
shell_ask(struct shell *sh, const char *method, json_t *params)
{
	json_t *error, *answer = shell_try(sh, method, params, &error);

	if (error != NULL)
		shell_refused(sh, error);
	json_decref(error);
	return answer;
}

bool
shell_need_schema(struct shell *sh)
{
	char err[256];
	json_t *answer;

	if (sh->root != NULL)
		return true;
	answer = shell_ask(sh, "schema", NULL);
	if (answer == NULL)
		return false;
	sh->root = node_load(json_object_get(answer, "schema"), err, sizeof(err));
	json_decref(answer);
	if (sh->root == NULL) {
		shell_error(sh, "%s", err);
		return false;
	}
	if (grammar_load(sh) != 0) {
		shell_error(sh, "out of memory");
		return false;
	}
	return true;
}

void
shell_learn_hostname(struct shell *sh)
{
	json_t *error, *answer = shell_try(
				       sh, "show", json_pack("{s:s}", "what", "version"), &error);
	const char *name = get_str(answer, "hostname");

	if (answer != NULL)
		text_clean(sh->hostname, sizeof(sh->hostname), name[0] == '-' ? "culvert" : name);
	cli_set_hostname(sh->cli, sh->hostname[0] != '\0' ? sh->hostname : "culvert");
	json_decref(answer);
	json_decref(error);
}
