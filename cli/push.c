/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole configurations from files, and versions; see push.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/push.h"
#include "cli/render.h"
#include "cli/text.h"

/* The configuration in @path: the document itself, or one with its version around it as config-get
 * gives it. New reference, NULL after saying what is wrong. */
static json_t *
config_read(struct shell *sh, const char *path)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	json_error_t where;
	json_t *doc, *inner;

	if (in == NULL) {
		shell_error(sh, "%s: %s", path, strerror(errno));
		return NULL;
	}
	doc = json_loadf(in, JSON_REJECT_DUPLICATES, &where);
	if (in != stdin)
		fclose(in);
	if (doc == NULL) {
		shell_error(sh, "%s: line %d column %d: %s", path, where.line, where.column,
				where.text);
		return NULL;
	}
	inner = json_object_get(doc, "config");
	if (json_is_object(inner) && json_is_integer(json_object_get(doc, "version"))) {
		json_incref(inner);
		json_decref(doc);
		return inner;
	}
	return doc;
}

void
push_file(struct shell *sh, const char *path, bool dry_run, json_int_t confirm_s,
		const char *comment)
{
	json_t *doc = config_read(sh, path), *params, *answer;

	if (doc == NULL)
		return;
	params = json_pack("{s:o, s:s*}", "config", doc, "comment", comment);
	if (params != NULL && dry_run)
		json_object_set_new(params, "dry_run", json_true());
	if (params != NULL && confirm_s > 0)
		json_object_set_new(params, "confirm_s", json_integer(confirm_s));
	answer = shell_ask(sh, "config-push", params);
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		render_push(&sh->out, answer, dry_run);
	if (answer != NULL && confirm_s > 0 && !dry_run && !sh->json)
		out_colored(&sh->out, OUT_WARN,
				"It goes back in %" JSON_INTEGER_FORMAT
				" s unless you say: culvert configure confirm",
				confirm_s);
	json_decref(answer);
}

void
push_command(struct shell *sh, int argc, char **argv)
{
	long long confirm_s = 0;
	bool dry_run = false;
	char *end = NULL;

	if (argc == 0) {
		shell_error(sh, "incomplete: expected the name of a file");
		return;
	}
	for (int i = 1; i < argc; i++) {
		if (text_abbreviates(argv[i], "dry-run") || strcmp(argv[i], "--dry-run") == 0) {
			dry_run = true;
		} else if ((text_abbreviates(argv[i], "confirm") ||
					   strcmp(argv[i], "--confirm") == 0) &&
				i + 1 < argc) {
			confirm_s = strtoll(argv[++i], &end, 10);
			if (*end != '\0' || confirm_s < 1 || confirm_s > 86400) {
				shell_error(sh, "\"%s\": expected 1-86400 (s)", argv[i]);
				return;
			}
		} else {
			shell_error(sh,
					"\"%s\" is not known here: expected dry-run or "
					"confirm SECONDS",
					argv[i]);
			return;
		}
	}
	push_file(sh, argv[0], dry_run, confirm_s, NULL);
}

void
push_rollback(struct shell *sh, int argc, char **argv)
{
	char *end = NULL;
	long long version = argc > 0 ? strtoll(argv[0], &end, 10) : 0;
	json_t *answer;

	if (end == NULL || *end != '\0' || version < 1) {
		shell_error(sh, "expected the number of a version: show configuration versions");
		return;
	}
	answer = shell_ask(
			sh, "config-rollback", json_pack("{s:I}", "version", (json_int_t)version));
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		render_push(&sh->out, answer, false);
	json_decref(answer);
}

void
push_save(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "config-save", NULL);

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out,
				"Version %" JSON_INTEGER_FORMAT " is the start-up configuration.",
				get_int(answer, "version"));
	json_decref(answer);
}
