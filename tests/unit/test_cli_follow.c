/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines that set more than one value: dpd INTERVAL RETRY COUNT MODE. Each word goes where it fits,
 * what is left out has its default, and the lines of a document make the same document again.
 */
#include <stdio.h>
#include <string.h>

#include "cli/edit.h"
#include "cli/lines.h"
#include "controlplane/config/model.h"
#include "controlplane/config/notes.h"
#include "controlplane/config/schema.h"
#include "cu.h"

static struct node *
table(void)
{
	json_t *schema = schema_tree_json();
	char err[256];
	struct node *root = node_load(schema, err, sizeof(err));

	json_decref(schema);
	return root;
}

/* The profile after @line, compact; "!" and the message when it is refused. */
static void
after(const struct node *root, const char *before, const char *line, char *out, size_t len)
{
	json_t *doc = json_pack("{s:{s:{s:{s:o}}}}", "crypto", "ikev2", "profiles", "p",
			json_loads(before, 0, NULL));
	const json_t *p = json_object_get(json_object_get(json_object_get(json_object_get(doc,
			"crypto"), "ikev2"), "profiles"), "p");
	char err[256] = "", *text;
	struct edit e;

	edit_init(&e, root, doc);
	CU_ASSERT_TRUE(edit_line(&e, "crypto ikev2 profile p", err, sizeof(err)));
	if (edit_line(&e, line, err, sizeof(err))) {
		text = json_dumps(p, JSON_COMPACT | JSON_SORT_KEYS);
		snprintf(out, len, "%s", text);
		free(text);
	} else {
		snprintf(out, len, "!%s", err);
	}
	edit_fini(&e);
}

static void
test_words_go_where_they_fit(void)
{
	static const struct {
		const char *before, *line, *after;
	} rows[] = {
		{ "{}", "dpd 40", "{\"dpd\":40}" },
		{ "{}", "dpd 40 5", "{\"dpd\":40,\"dpd-retry\":5}" },
		{ "{}", "dpd 40 5 on-demand",
		  "{\"dpd\":40,\"dpd-mode\":\"on-demand\",\"dpd-retry\":5}" },
		{ "{}", "dpd 40 5 7 periodic",
		  "{\"dpd\":40,\"dpd-count\":7,\"dpd-mode\":\"periodic\",\"dpd-retry\":5}" },
		{ "{}", "dpd 40 on-demand", "{\"dpd\":40,\"dpd-mode\":\"on-demand\"}" },
		{ "{}", "dpd disabled", "{\"dpd-mode\":\"disabled\"}" },
		{ "{\"dpd\":40,\"dpd-retry\":5}", "dpd disabled", "{\"dpd-mode\":\"disabled\"}" },
		{ "{\"dpd-count\":9}", "dpd 40 5 periodic",
		  "{\"dpd\":40,\"dpd-mode\":\"periodic\",\"dpd-retry\":5}" },
		{ "{\"dpd-count\":9}", "dpd 30", "{\"dpd\":30,\"dpd-count\":9}" },
		{ "{\"dpd\":40,\"dpd-count\":9,\"dpd-mode\":\"on-demand\"}", "no dpd", "{}" },
		{ "{}", "dpd 120 120 5 periodic", "{\"dpd\":120,\"dpd-count\":5,"
		  "\"dpd-mode\":\"periodic\",\"dpd-retry\":120}" },
		{ "{}", "dpd 40 5 5 5", "!\"5\" is too much" },
		{ "{}", "dpd on-demand 40", "!\"40\" is too much" },
		{ "{}", "dpd 40 3601", "!" }, /* neither a retry nor anything behind it */
		{ "{}", "dpd soon", "!" },
		{ "{}", "dpd", "!" },
	};
	struct node *root = table();
	char got[512];

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool refused = rows[i].after[0] == '!';

		after(root, rows[i].before, rows[i].line, got, sizeof(got));
		if (refused ? strncmp(got, rows[i].after, strlen(rows[i].after)) != 0
			    : strcmp(got, rows[i].after) != 0) {
			printf("\n  %s: %s\n", rows[i].line, got);
			CU_FAIL("not what the line means");
		}
		if (refused)
			CU_ASSERT_TRUE(strlen(got) > 5);
	}
	node_free(root);
}

static void
test_one_line_says_it(void)
{
	static const struct {
		const char *profile, *line, *second;
	} rows[] = {
		{ "{\"dpd\":40,\"dpd-retry\":5,\"dpd-mode\":\"on-demand\"}", "dpd 40 5 on-demand",
			NULL },
		{ "{\"dpd-mode\":\"disabled\"}", "dpd disabled", NULL },
		{ "{\"dpd-retry\":5}", "dpd 10 5", NULL },
		{ "{\"dpd\":40,\"dpd-retry\":5,\"dpd-count\":7,\"dpd-mode\":\"on-demand\"}",
		  "dpd 40 5 7 on-demand", NULL },
		/* the retry has no fixed default that could stand for it */
		{ "{\"dpd\":40,\"dpd-count\":7}", "dpd 40", "dpd-count 7" },
	};
	struct node *root = table();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *doc = json_pack("{s:{s:{s:{s:o}}}}", "crypto", "ikev2", "profiles", "p",
				json_loads(rows[i].profile, 0, NULL));
		size_t want = rows[i].second != NULL ? 3 : 2;
		struct lines l;

		lines_init(&l);
		CU_ASSERT_TRUE(lines_render(&l, root, doc));
		CU_ASSERT_EQUAL_FATAL(l.n, want);
		CU_ASSERT_STRING_EQUAL(l.v[1].text, rows[i].line);
		if (want == 3)
			CU_ASSERT_STRING_EQUAL(l.v[2].text, rows[i].second);
		lines_fini(&l);
		json_decref(doc);
	}
	node_free(root);
}

/* What a commit answers: the worst case in seconds, of what was changed only. */
static void
test_notes(void)
{
	struct cfg_ike_profile was = { .name = "p", .dpd_interval_s = 10, .dpd_retry_s = 3,
		.dpd_count = 5 }, is = was;
	struct cfg old = { .ike_profiles = &was, .n_ike_profiles = 1 }, new = { .ike_profiles = &is,
		.n_ike_profiles = 1 };
	json_t *notes = cfg_notes(&old, &new);
	const char *text;

	CU_ASSERT_EQUAL(json_array_size(notes), 0);
	json_decref(notes);
	is.dpd_interval_s = 40;
	is.dpd_retry_s = 5;
	is.dpd_mode = CFG_DPD_ON_DEMAND;
	CU_ASSERT_EQUAL(cfg_dpd_worst_s(&is), 65);
	notes = cfg_notes(&old, &new);
	CU_ASSERT_EQUAL_FATAL(json_array_size(notes), 1);
	text = json_string_value(json_array_get(notes, 0));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "after 65 s at the latest (40 + 5 x 5)"));
	json_decref(notes);
	is.dpd_mode = CFG_DPD_DISABLED;
	notes = cfg_notes(&old, &new);
	text = json_string_value(json_array_get(notes, 0));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "is off"));
	json_decref(notes);
}

static const struct cu_case cases[] = {
	CU_CASE(test_words_go_where_they_fit),
	CU_CASE(test_one_line_says_it),
	CU_CASE(test_notes),
};

CU_MAIN("cli_follow", cases)
