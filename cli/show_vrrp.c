/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show vrrp, show track, show ip sla: with IOS's words behind them, of which many say only what is
 * shown anyway, and with those that say of which group, object or probe.
 */
#include "cli/show_vrrp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/render.h"
#include "cli/text.h"

typedef void (*render_fn)(const struct out *o, const json_t *answer);

static bool
in_words(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (text_abbreviates(word, *words))
			return true;
	return false;
}

/* Print it as JSON, or for people unless it is refused. @answer's reference is taken. */
static void
print(struct shell *sh, json_t *answer, render_fn render)
{
	if (sh->json)
		shell_print_json(sh, answer);
	else if (sh->status == SHELL_OK)
		render(&sh->out, answer);
	json_decref(answer);
}

/* ---- show vrrp ------------------------------------------------------------------------------ */

/* Of which groups: NULL and 0 for all. */
struct groups {
	const char *interface, *family;
	long group;
};

static bool
group_wanted(const struct groups *want, const json_t *g)
{
	return (want->interface == NULL ||
			       strcasecmp(get_str(g, "interface"), want->interface) == 0) &&
			(want->family == NULL || strcmp(get_str(g, "family"), want->family) == 0) &&
			(want->group == 0 || get_int(g, "group") == want->group);
}

/* [interface] NAME, N, ipv4, ipv6; all, detail and statistics say nothing. */
static bool
groups_read(struct shell *sh, int argc, char **argv, struct groups *want)
{
	static const char *const idle[] = { "all", "detail", "statistics", NULL };

	for (int i = 0; i < argc; i++) {
		char *end = NULL;
		long n = strtol(argv[i], &end, 10);

		if (*end == '\0' && n >= 1 && n <= 255) {
			want->group = n;
		} else if (strcasecmp(argv[i], "ipv4") == 0 || strcasecmp(argv[i], "ipv6") == 0) {
			want->family = argv[i][3] == '4' ? "ipv4" : "ipv6";
		} else if (strcasecmp(argv[i], "interface") == 0 && i + 1 < argc) {
			want->interface = argv[++i];
		} else if (strcasecmp(argv[i], "group") == 0 && i + 1 < argc) {
			continue;
		} else if (!in_words(argv[i], idle)) {
			if (want->interface != NULL) {
				shell_error(sh, "\"%s\": expected [interface] NAME, a group 1-255, "
						"ipv4 or ipv6", argv[i]);
				return false;
			}
			want->interface = argv[i];
		}
	}
	return true;
}

static void
vrrp(struct shell *sh, int argc, char **argv, render_fn render)
{
	struct groups want = { NULL };
	json_t *answer, *groups, *g;
	size_t i = 0;

	if (!groups_read(sh, argc, argv, &want))
		return;
	answer = shell_ask(sh, "show", json_pack("{s:s}", "what", "vrrp"));
	groups = json_object_get(answer, "groups");
	while ((g = json_array_get(groups, i)) != NULL) {
		if (group_wanted(&want, g))
			i++;
		else
			json_array_remove(groups, i);
	}
	if (answer != NULL && i == 0 && argc > 0 && !sh->json)
		shell_error(sh, "there is no such virtual router");
	if (answer != NULL)
		print(sh, answer, render);
}

void
show_vrrp(struct shell *sh, int argc, char **argv)
{
	vrrp(sh, argc, argv, render_vrrp);
}

void
show_vrrp_brief(struct shell *sh, int argc, char **argv)
{
	vrrp(sh, argc, argv, render_vrrp_brief);
}

void
show_vrrp_history(struct shell *sh, int argc, char **argv)
{
	vrrp(sh, argc, argv, render_vrrp_history);
}

/* ---- show track, show ip sla ---------------------------------------------------------------- */

/* One entry, which there must be, or all. */
static void
named(struct shell *sh, const char *what, const char *list, const char *name, render_fn render)
{
	json_t *answer = shell_ask(sh, "show",
			json_pack("{s:s, s:s*}", "what", what, "name", name));

	if (answer == NULL)
		return;
	if (name != NULL && !sh->json && json_array_size(json_object_get(answer, list)) == 0)
		shell_error(sh, "there is no %s %s", strcmp(what, "sla") == 0 ? "probe" : "object",
				name);
	print(sh, answer, render);
}

static void
render_track_all(const struct out *o, const json_t *answer)
{
	render_track(o, answer, false);
}

static void
render_track_brief(const struct out *o, const json_t *answer)
{
	render_track(o, answer, true);
}

void
show_track(struct shell *sh, int argc, char **argv)
{
	bool brief = argc > 0 && strcasecmp(argv[argc - 1], "brief") == 0;

	if (argc - brief > 1)
		shell_error(sh, "\"%s\" is too much", argv[1]);
	else
		named(sh, "track", "tracks", argc - brief == 1 ? argv[0] : NULL,
				brief ? render_track_brief : render_track_all);
}

void
show_track_brief(struct shell *sh, int argc, char **argv)
{
	named(sh, "track", "tracks", NULL, render_track_brief);
}

/* statistics, summary and configuration are one thing here; detail[s] says nothing. */
void
show_sla(struct shell *sh, int argc, char **argv)
{
	static const char *const idle[] = { "statistics", "summary", "configuration", NULL };
	const char *name = NULL;

	if (argc > 0 && in_words(argv[0], idle)) {
		argc--;
		argv++;
	}
	if (argc > 0 && text_abbreviates(argv[argc - 1], "details"))
		argc--;
	if (argc > 0)
		name = argv[0];
	if (argc > 1)
		shell_error(sh, "\"%s\" is too much", argv[1]);
	else
		named(sh, "sla", "slas", name, render_sla);
}
