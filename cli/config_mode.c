/* SPDX-License-Identifier: BSD-3-Clause */
/* configure terminal; see config_mode.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config_mode.h"
#include "cli/grammar.h"
#include "cli/lines.h"
#include "cli/render.h"
#include "cli/text.h"

/* Take the running configuration as the candidate. */
static bool
candidate_load(struct shell *sh)
{
	json_t *answer = shell_ask(sh, "config-get", NULL), *config;

	if (answer == NULL)
		return false;
	config = json_object_get(answer, "config");
	json_decref(sh->original);
	sh->original = json_incref(config);
	sh->base = get_int(answer, "version");
	json_decref(sh->edit.doc);
	sh->edit.doc = json_deep_copy(config);
	json_decref(answer);
	if (!json_is_object(sh->edit.doc)) {
		config_discard(sh);
		shell_error(sh, "the control plane sent no configuration");
		return false;
	}
	return true;
}

bool
config_changed(const struct shell *sh)
{
	return sh->configuring && !json_equal(sh->edit.doc, sh->original);
}

void
config_discard(struct shell *sh)
{
	edit_fini(&sh->edit);
	json_decref(sh->original);
	sh->original = NULL;
	sh->configuring = false;
	sh->config_mode = false;
}

void
config_terminal(struct shell *sh, int argc, char **argv)
{
	if (sh->configuring || !shell_need_schema(sh))
		return;
	edit_init(&sh->edit, sh->root, NULL);
	if (!candidate_load(sh))
		return;
	sh->configuring = true;
	sh->config_mode = true;
	grammar_mode(sh);
	if (sh->interactive)
		out_line(&sh->err,
				"Editing version %" JSON_INTEGER_FORMAT
				". commit or end puts it in "
				"force, abort drops it.",
				sh->base);
}

/* After a refusal that names no place: has somebody else changed the configuration meanwhile? */
static void
explain_conflict(struct shell *sh)
{
	json_t *error, *answer = shell_try(sh, "config-get", NULL, &error);
	json_int_t now = get_int(answer, "version");

	if (answer != NULL && now != sh->base)
		shell_error(sh,
				"the configuration was changed by someone else since you began: "
				"version %" JSON_INTEGER_FORMAT
				" is running, yours is from %" JSON_INTEGER_FORMAT
				". See show configuration diff %" JSON_INTEGER_FORMAT
				"; abort, and begin again from what is running",
				now, sh->base, sh->base);
	json_decref(answer);
	json_decref(error);
}

/* Push the candidate. New reference to the result, NULL after saying what is wrong. */
static json_t *
candidate_push(struct shell *sh, bool dry_run, json_int_t confirm_s, const char *comment)
{
	json_t *params = json_pack("{s:O, s:I, s:s*}", "config", sh->edit.doc, "base", sh->base,
			"comment", comment);
	json_t *error, *answer;

	if (params != NULL && dry_run)
		json_object_set_new(params, "dry_run", json_true());
	if (params != NULL && confirm_s > 0)
		json_object_set_new(params, "confirm_s", json_integer(confirm_s));
	answer = shell_try(sh, "config-push", params, &error);
	if (error != NULL) {
		shell_refused(sh, error);
		if (json_array_size(json_object_get(error, "errors")) == 0)
			explain_conflict(sh);
	}
	json_decref(error);
	return answer;
}

static bool
commit(struct shell *sh, json_int_t confirm_s, const char *comment)
{
	json_t *answer = candidate_push(sh, false, confirm_s, comment);

	if (answer == NULL)
		return false;
	if (sh->json)
		shell_print_json(sh, answer);
	else
		render_push(&sh->out, answer, false);
	if (confirm_s > 0 && !sh->json)
		out_colored(&sh->out, OUT_WARN,
				"It goes back in %" JSON_INTEGER_FORMAT
				" s unless you say confirm (configure confirm outside this mode).",
				confirm_s);
	json_decref(answer);
	if (sh->interactive)
		shell_learn_hostname(sh); /* it may be another now */
	return true;
}

/* Commit and stay: the candidate is then what is running, secrets hidden again. */
static void
commit_and_stay(struct shell *sh, json_int_t confirm_s, const char *comment)
{
	if (!commit(sh, confirm_s, comment) || !candidate_load(sh))
		return;
	for (int i = 0; i < sh->edit.depth; i++) {
		const json_t *entries = edit_entries(&sh->edit, sh->edit.at[i].map);

		if (json_object_get(entries, sh->edit.at[i].name) == NULL)
			sh->edit.depth = i;
	}
	grammar_mode(sh);
}

static void
join(char *buf, size_t cap, int argc, char **argv)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < argc && used < cap; i++)
		used += (size_t)snprintf(buf + used, cap - used, "%s%s", i > 0 ? " " : "", argv[i]);
}

void
config_commit(struct shell *sh, int argc, char **argv)
{
	commit_and_stay(sh, 0, NULL);
}

void
config_commit_comment(struct shell *sh, int argc, char **argv)
{
	char comment[512];

	join(comment, sizeof(comment), argc, argv);
	commit_and_stay(sh, 0, comment);
}

void
config_commit_confirmed(struct shell *sh, int argc, char **argv)
{
	char comment[512], *end = NULL;
	long long seconds = argc > 0 ? strtoll(argv[0], &end, 10) : 0;

	if (end == NULL || *end != '\0' || seconds < 1 || seconds > 86400) {
		shell_error(sh, "expected 1-86400 (s): how long to wait for confirm");
		return;
	}
	if (argc > 1 && !text_abbreviates(argv[1], "comment")) {
		shell_error(sh, "\"%s\" is not known here", argv[1]);
		return;
	}
	join(comment, sizeof(comment), argc - 2, argv + 2);
	commit_and_stay(sh, seconds, argc > 2 ? comment : NULL);
}

void
config_confirm(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "config-confirm", NULL);

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out, "Version %" JSON_INTEGER_FORMAT " stays.",
				get_int(answer, "version"));
	json_decref(answer);
}

static void
leave(struct shell *sh)
{
	config_discard(sh);
	grammar_mode(sh);
}

void
config_end(struct shell *sh, int argc, char **argv)
{
	if (config_changed(sh) && !commit(sh, 0, NULL)) {
		out_line(&sh->err,
				"%% Still in configuration mode: correct it and commit, or abort.");
		return;
	}
	leave(sh);
}

void
config_exit(struct shell *sh, int argc, char **argv)
{
	if (edit_leave(&sh->edit))
		grammar_mode(sh);
	else
		config_end(sh, argc, argv);
}

void
config_abort(struct shell *sh, int argc, char **argv)
{
	if (config_changed(sh) && sh->interactive)
		out_line(&sh->err, "The changes are dropped.");
	leave(sh);
}

void
config_show(struct shell *sh, int argc, char **argv)
{
	char section[512];
	struct lines l;

	if (sh->json) {
		shell_error(sh, "the candidate has secrets in it: show changes, or commit it "
				"first");
		return;
	}
	join(section, sizeof(section), argc, argv);
	lines_init(&l);
	if (!lines_render(&l, sh->root, sh->edit.doc))
		shell_error(sh, "this configuration has something in it that has no command");
	else if (lines_print(&l, section, &sh->out) == 0 && argc > 0)
		shell_error(sh, "nothing in the configuration begins with \"%s\"", section);
	lines_fini(&l);
}

void
config_changes(struct shell *sh, int argc, char **argv)
{
	json_t *answer = candidate_push(sh, true, 0, NULL);

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		render_push(&sh->out, answer, true);
	json_decref(answer);
}
