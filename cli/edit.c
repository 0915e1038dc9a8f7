/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines to changes of a document; see edit.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/edit.h"
#include "cli/ios.h"
#include "cli/text.h"
#include "cli/token.h"
#include "cli/value.h"

#define COMMANDS_MAX 256 /* options of one mode */

/* What may be said in one mode. */
struct command {
	const struct node *node;
	const char *words[NODE_WORDS_MAX];
	int n_words;
};

struct commands {
	struct command v[COMMANDS_MAX];
	int n;
};

/* Where the words of a line lead. */
enum found { FOUND, FOUND_NONE, FOUND_AMBIGUOUS, FOUND_INCOMPLETE };

void
edit_init(struct edit *e, const struct node *root, json_t *doc)
{
	memset(e, 0, sizeof(*e));
	e->root = root;
	e->doc = doc;
}

void
edit_fini(struct edit *e)
{
	json_decref(e->doc);
	json_decref(e->proposals);
	json_decref(e->modes);
	json_decref(e->thresholds);
	json_decref(e->sources);
	memset(e, 0, sizeof(*e));
}

void
edit_top(struct edit *e)
{
	e->depth = 0;
	e->acl[0] = '\0';
	e->policy = e->refused_mode = e->vrrp_family = false;
}

/* At the top there may be modes of IOS that are none here: access lists, IKEv2 policies. */
bool
edit_leave(struct edit *e)
{
	bool in = e->depth > 0 || e->acl[0] != '\0' || e->policy || e->refused_mode;
	int depth = e->depth;

	edit_top(e);
	e->depth = depth > 0 ? depth - 1 : 0;
	return in;
}

static const struct node *
level_node(const struct edit *e, int level)
{
	return level == 0 ? e->root : e->at[level - 1].map;
}

/* The object that holds the key of @n, which lies in level @level of the modes. */
static json_t *
holder(const struct edit *e, int level, const struct node *n, bool create)
{
	json_t *up, *here;

	if (n->parent == level_node(e, level)) {
		if (level == 0)
			return e->doc;
		up = holder(e, level - 1, e->at[level - 1].map, create);
		here = json_object_get(up, e->at[level - 1].map->name);
		return json_object_get(here, e->at[level - 1].name);
	}
	up = holder(e, level, n->parent, create);
	here = json_object_get(up, n->parent->name);
	if (here == NULL && create && up != NULL) {
		json_object_set_new(up, n->parent->name, json_object());
		here = json_object_get(up, n->parent->name);
	}
	return here;
}

/* The level in which @n is found while the present modes are entered; -1: none. */
static int
level_of(const struct edit *e, const struct node *n)
{
	const struct node *want = node_level(n);

	for (int level = e->depth; level >= 0; level--)
		if (level_node(e, level) == want)
			return level;
	return -1;
}

const json_t *
edit_entries(const struct edit *e, const struct node *map)
{
	int level = level_of(e, map);

	return level < 0 ? NULL : json_object_get(holder(e, level, map, false), map->name);
}

static void
command_add(const struct node *n, void *arg)
{
	struct commands *c = arg;

	if (c->n == COMMANDS_MAX)
		return;
	c->v[c->n].node = n;
	c->v[c->n].n_words = node_words(n, c->v[c->n].words);
	if (c->v[c->n].n_words > 0)
		c->n++;
}

/* Among the commands still possible, those whose word @i is @word: exactly, or else abbreviated.
 * Returns the one word they have there, NULL if there is none or (@ambiguous) more than one. */
static const char *
next_word(const struct commands *c, const bool *in, int i, const char *word, bool *ambiguous)
{
	const char *hit = NULL;

	*ambiguous = false;
	for (int k = 0; k < c->n; k++) {
		if (!in[k] || c->v[k].n_words <= i)
			continue;
		if (strcasecmp(c->v[k].words[i], word) == 0) {
			*ambiguous = false;
			return c->v[k].words[i];
		}
		if (!text_abbreviates(word, c->v[k].words[i]))
			continue;
		if (hit != NULL && strcmp(hit, c->v[k].words[i]) != 0)
			*ambiguous = true;
		hit = c->v[k].words[i];
	}
	return *ambiguous ? NULL : hit;
}

/* "interface tunnel5" is said for "interface tunnel tunnel5": the word with something stuck to it.
 */
static const char *
stuck_word(const struct edit *e, const struct commands *c, const bool *in, int i,
		const struct node *ended, const char *word)
{
	if (ended->type != NODE_MAP || json_object_get(edit_entries(e, ended), word) != NULL)
		return NULL;
	for (int k = 0; k < c->n; k++)
		if (in[k] && c->v[k].n_words == i + 1 && c->v[k].node->type == NODE_MAP &&
				strlen(word) > strlen(c->v[k].words[i]) &&
				text_abbreviates(c->v[k].words[i], word))
			return c->v[k].words[i];
	return NULL;
}

static enum found
commands_find(const struct edit *e, const struct commands *c, char *const *argv, int argc,
		const struct node **node, int *used)
{
	bool in[COMMANDS_MAX], ambiguous;

	memset(in, true, sizeof(in));
	for (int i = 0;; i++) {
		const struct node *ended = NULL;
		const char *word = NULL;
		bool stuck = false;

		for (int k = 0; k < c->n; k++)
			if (in[k] && c->v[k].n_words == i)
				ended = c->v[k].node;
		*node = ended;
		*used = i;
		if (i == argc)
			return ended != NULL ? FOUND : FOUND_INCOMPLETE;
		word = next_word(c, in, i, argv[i], &ambiguous);
		if (ended != NULL && i + 1 == argc &&
				(word == NULL || strcasecmp(word, argv[i]) != 0)) {
			/* one word more can only be the value or name */
			word = stuck_word(e, c, in, i, ended, argv[i]);
			stuck = word != NULL;
		}
		if (word == NULL)
			return ended != NULL ? FOUND : ambiguous ? FOUND_AMBIGUOUS : FOUND_NONE;
		for (int k = 0; k < c->n; k++)
			in[k] = in[k] && c->v[k].n_words > i && strcmp(c->v[k].words[i], word) == 0;
		if (!stuck)
			continue;
		for (int k = 0; k < c->n; k++)
			if (in[k] && c->v[k].n_words == i + 1)
				*node = c->v[k].node;
		return FOUND; /* the word stays, for it is the name */
	}
}

/* Are these words the ones that may stand behind the value of @n ("track 1 interface wan
 * line-protocol")? Each may be abbreviated. */
static bool
only_after(const struct node *n, char *const *argv, int argc)
{
	return argc == 1 && n->cli_after[0] != '\0' && text_abbreviates(argv[0], n->cli_after);
}

/*
 * The line sets more than one value, each one word. A word that the next value cannot be is the one
 * of a later value, and what is left out gets its default; but a value alone leaves the others.
 */
static bool
set_line(struct edit *e, int level, const struct node *const *line, int n_line, char *const *argv,
		int argc, char *err, size_t err_len)
{
	json_t *in = holder(e, level, line[0], true), *v[NODE_FOLLOW_MAX] = { NULL };
	int at = 0, used;
	bool ok;

	for (int k = 0; k < n_line && at < argc; k++) {
		v[k] = value_parse(line[k], argv + at, 1, &used, err, err_len);
		at += v[k] != NULL;
	}
	ok = argc > 0 && at == argc;
	if (argc == 0)
		value_parse(line[0], argv, 0, &used, err, err_len);
	else if (!ok && at > 0)
		snprintf(err, err_len, "\"%s\" is too much, or in the wrong place", argv[at]);
	for (int k = 0; k < n_line; k++) {
		if (!ok)
			json_decref(v[k]);
		else if (v[k] != NULL)
			json_object_set_new(in, line[k]->name, v[k]);
		else if (argc > 1 || v[0] == NULL)
			json_object_del(in, line[k]->name);
	}
	return ok;
}

/* Identities: each line says who else; twice the same is once. @v's reference is taken. */
static bool
add_identities(json_t *in, const char *name, json_t *v)
{
	json_t *have = json_object_get(in, name), *one, *other;
	size_t i, k;

	if (have == NULL)
		return json_object_set_new(in, name, v) == 0;
	json_array_foreach (v, i, one) {
		json_array_foreach (have, k, other)
			if (strcasecmp(json_string_value(one), json_string_value(other)) == 0)
				break;
		if (k == json_array_size(have) && json_array_append(have, one) != 0)
			break;
	}
	json_decref(v);
	return true;
}

static bool
set_value(struct edit *e, int level, const struct node *n, char *const *argv, int argc, char *err,
		size_t err_len)
{
	const struct node *line[NODE_FOLLOW_MAX];
	int used = 0, n_line = node_line(n, line);
	json_t *v;

	if (n_line > 1)
		return set_line(e, level, line, n_line, argv, argc, err, err_len);
	v = n->type == NODE_BOOLEAN ? json_boolean(!n->inverted)
				    : value_parse(n, argv, argc, &used, err, err_len);
	if (v == NULL)
		return false;
	if (used < argc && !only_after(n, argv + used, argc - used)) {
		snprintf(err, err_len, "\"%s\" is too much", n->secret ? VALUE_SECRET : argv[used]);
		json_decref(v);
		return false;
	}
	if (n->type == NODE_IDENTITIES)
		return add_identities(holder(e, level, n, true), n->name, v);
	json_object_del(holder(e, level, n, true), n->cli_instead);
	return json_object_set_new(holder(e, level, n, true), n->name, v) == 0;
}

/* Remove the values given from an array. */
static bool
remove_values(json_t *array, const struct node *n, char *const *argv, int argc, char *err,
		size_t err_len)
{
	int used = 0;
	json_t *gone = value_parse(n, argv, argc, &used, err, err_len), *one, *have;
	size_t i, k;

	if (gone == NULL)
		return false;
	json_array_foreach (gone, i, one) {
		for (k = 0; k < json_array_size(array); k++) {
			have = json_array_get(array, k);
			if (json_equal(have, one))
				json_array_remove(array, k--);
		}
	}
	json_decref(gone);
	return true;
}

/* "no timers advertise" takes "timers advertise msec" back, too, as on IOS; not the other way. */
static void
unset_instead(json_t *in, const struct node *n)
{
	const char *words[NODE_WORDS_MAX], *longer[NODE_WORDS_MAX];
	int n_words = node_words(n, words), same = 0;

	for (int i = 0; i < n->parent->n_children && n->cli_instead[0] != '\0'; i++) {
		const struct node *other = &n->parent->children[i];

		if (strcmp(other->name, n->cli_instead) != 0 ||
				node_words(other, longer) < n_words)
			continue;
		while (same < n_words && strcmp(words[same], longer[same]) == 0)
			same++;
		if (same == n_words)
			json_object_del(in, other->name);
	}
}

static bool
unset_value(struct edit *e, int level, const struct node *n, char *const *argv, int argc, char *err,
		size_t err_len)
{
	json_t *in = holder(e, level, n, n->type == NODE_BOOLEAN);
	json_t *have = json_object_get(in, n->name);
	const struct node *line[NODE_FOLLOW_MAX];

	for (int k = node_line(n, line) - 1; k > 0; k--)
		json_object_del(in, line[k]->name);
	unset_instead(in, n);
	if (n->type == NODE_BOOLEAN && argc > 0) {
		snprintf(err, err_len, "\"%s\" is too much", argv[0]);
		return false;
	}
	if (n->type == NODE_BOOLEAN && !e->to_default)
		return json_object_set_new(in, n->name, json_boolean(n->inverted)) == 0;
	if (have == NULL)
		return true;
	if (node_is_array(n) && argc > 0) {
		if (!remove_values(have, n, argv, argc, err, err_len))
			return false;
		if (json_array_size(have) > 0)
			return true;
	}
	json_object_del(in, n->name);
	return true;
}

static bool carry_out(struct edit *e, int level, const struct node *n, char *const *argv, int argc,
		bool no, char *err, size_t err_len);

/* How many of @argv are @n's words for a line that begins with the entry; 0: they are others. */
static int
inline_words(const struct node *n, char *const *argv, int argc)
{
	const char *p = n->cli_inline;
	int i;

	for (i = 0; *p != '\0'; i++) {
		char word[32];
		size_t len = strcspn(p, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (i == argc || !text_abbreviates(argv[i], word))
			return 0;
		p += len + strspn(p + len, " ");
	}
	return i;
}

/* The rest of a line behind the name of an entry, "vrrp 10 priority 110": an option of the entry at
 * @level, which was entered for it. */
static bool
entry_line(struct edit *e, int level, char *const *argv, int argc, bool no, char *err,
		size_t err_len)
{
	struct commands c = { .n = 0 };
	const struct node *n;
	int used;

	for (int i = 0; i < level_node(e, level)->n_children; i++) {
		n = &level_node(e, level)->children[i];
		used = inline_words(n, argv, argc);
		if (used > 0)
			return carry_out(e, level, n, argv + used, argc - used, no, err, err_len);
	}
	node_each(level_node(e, level), command_add, &c);
	if (commands_find(e, &c, argv, argc, &n, &used) == FOUND)
		return carry_out(e, level, n, argv + used, argc - used, no, err, err_len);
	snprintf(err, err_len, "\"%s\" is not known here", argv[used < argc ? used : argc - 1]);
	return false;
}

static void
map_remove(json_t *in, const struct node *n, const char *name)
{
	json_t *entries = json_object_get(in, n->name);

	json_object_del(entries, name);
	if (json_object_size(entries) == 0)
		json_object_del(in, n->name);
}

static bool
map_line(struct edit *e, int level, const struct node *n, char *const *argv, int argc, bool no,
		char *err, size_t err_len)
{
	json_t *in = holder(e, level, n, !no), *entries = json_object_get(in, n->name);
	bool more = argc > 1 && n->one_line, had, ok = true;

	if (argc != 1 && !more) {
		snprintf(err, err_len, "%s%s%s: expected the %s", argc == 0 ? "incomplete" : "\"",
				argc == 0 ? "" : argv[1], argc == 0 ? "" : "\" is too much",
				n->key_help[0] != '\0' ? n->key_help : "name");
		return false;
	}
	had = json_object_get(entries, argv[0]) != NULL;
	if (no && !had) {
		snprintf(err, err_len, "there is no \"%s\"", argv[0]);
		return false;
	}
	if (no && !more && e->to_default)
		json_object_clear(json_object_get(entries, argv[0]));
	else if (no && !more)
		map_remove(in, n, argv[0]);
	if (no && !more) {
		e->depth = level;
		return true;
	}
	if (strlen(argv[0]) >= EDIT_NAME_MAX || !value_name_ok(n, argv[0], err, err_len))
		return false;
	if (entries == NULL) {
		json_object_set_new(in, n->name, json_object());
		entries = json_object_get(in, n->name);
	}
	if (!had && json_object_set_new(entries, argv[0], json_object()) != 0) {
		snprintf(err, err_len, "\"%s\" is no name", argv[0]);
		return false;
	}
	e->at[level].map = n;
	snprintf(e->at[level].name, sizeof(e->at[level].name), "%s", argv[0]);
	e->depth = level + 1;
	if (more) {
		ok = entry_line(e, level + 1, argv + 1, argc - 1, no, err, err_len);
		e->depth = level;
		if (!ok && !had)
			map_remove(in, n, argv[0]);
	}
	return ok;
}

/* Are two entries of a list the same one, as far as their keys say? */
static bool
same_entry(const struct node *list, const json_t *a, const json_t *b)
{
	bool any_key = false;

	for (int i = 0; i < list->n_children; i++) {
		const struct node *n = &list->children[i];
		json_t *va = json_object_get(a, n->name), *vb = json_object_get(b, n->name);

		if (!n->key)
			continue;
		any_key = true;
		/* a boolean that is not there is false */
		if (n->type == NODE_BOOLEAN ? json_is_true(va) != json_is_true(vb)
					    : (va == NULL) != (vb == NULL) ||
								(va != NULL && !json_equal(va, vb)))
			return false;
	}
	return any_key || json_equal(a, b);
}

/* Does @entry have all that @given has? */
static bool
entry_matches(const json_t *entry, json_t *given)
{
	const char *key;
	json_t *v;

	json_object_foreach (given, key, v)
		if (!json_equal(json_object_get(entry, key), v))
			return false;
	return true;
}

static bool
list_line(struct edit *e, int level, const struct node *n, char *const *argv, int argc, bool no,
		char *err, size_t err_len)
{
	json_t *in = holder(e, level, n, true), *list = json_object_get(in, n->name);
	json_t *entry = edit_list_entry(e, n, argv, argc, true, err, err_len);
	size_t i, gone = 0, had = json_array_size(list);

	if (entry == NULL)
		return false;
	if (json_is_true(json_object_get(in, n->cli_no_with)))
		no = !no;
	for (i = 0; i < json_array_size(list); i++) {
		json_t *have = json_array_get(list, i);

		if (no ? !entry_matches(have, entry) : !same_entry(n, have, entry))
			continue;
		if (!no) {
			json_array_set_new(list, i, entry);
			return true;
		}
		json_array_remove(list, i--);
		gone++;
	}
	if (no) {
		json_decref(entry);
		if (gone == had)
			json_object_del(in, n->name);
		if (gone == 0)
			snprintf(err, err_len, "there is none like this");
		return gone > 0;
	}
	if (list == NULL) {
		json_object_set_new(in, n->name, json_array());
		list = json_object_get(in, n->name);
	}
	return json_array_append_new(list, entry) == 0;
}

static bool
carry_out(struct edit *e, int level, const struct node *n, char *const *argv, int argc, bool no,
		char *err, size_t err_len)
{
	bool ok;

	e->secret = n->secret;
	if (n->type == NODE_MAP)
		return map_line(e, level, n, argv, argc, no, err, err_len);
	ok = n->type == NODE_LIST ? list_line(e, level, n, argv, argc, no, err, err_len)
	     : no                 ? unset_value(e, level, n, argv, argc, err, err_len)
				  : set_value(e, level, n, argv, argc, err, err_len);
	if (ok)
		e->depth = level;
	return ok;
}

static bool
begins_with(const struct commands *c, const char *word)
{
	for (int k = 0; k < c->n; k++)
		if (strcasecmp(c->v[k].words[0], word) == 0)
			return true;
	return false;
}

/* Is the word an abbreviation among @here, and one as it stands around it? "router" is router-id in
 * OSPF's mode, unless it begins another "router ospf". */
static bool
is_word_around(const struct edit *e, const struct commands *here, int level, const char *word)
{
	struct commands c;

	if (begins_with(here, word))
		return false;
	while (level-- > 0) {
		c.n = 0;
		node_each(level_node(e, level), command_add, &c);
		if (begins_with(&c, word))
			return true;
	}
	return false;
}

bool
edit_is_no(const char *word)
{
	return strcasecmp(word, "no") == 0 || strcasecmp(word, "default") == 0;
}

bool
edit_words(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	bool no = argc > 0 && edit_is_no(argv[0]), incomplete = false, ambiguous = false;
	bool tried = false, ok;
	struct commands c;
	const struct node *n;
	int used, furthest = 0;

	e->secret = false;
	e->to_default = no && strcasecmp(argv[0], "no") != 0;
	argv += no;
	argc -= no;
	if (argc == 0) {
		snprintf(err, err_len, "incomplete command");
		return false;
	}
	for (int level = e->depth; level >= 0; level--) {
		c.n = 0;
		node_each(level_node(e, level), command_add, &c);
		switch (commands_find(e, &c, argv, argc, &n, &used)) {
		case FOUND:
			ok = carry_out(e, level, n, argv + used, argc - used, no, err, err_len);
			if (ok || !is_word_around(e, &c, level, argv[0])) {
				e->known = true;
				return ok;
			}
			tried = true;
			break;
		case FOUND_INCOMPLETE:
			incomplete = true;
			break;
		case FOUND_AMBIGUOUS:
			ambiguous = true;
			break;
		default:
			break;
		}
		furthest = used > furthest ? used : furthest;
	}
	if (tried)
		return false;
	if (incomplete)
		snprintf(err, err_len, "incomplete command");
	else
		snprintf(err, err_len, "\"%s\" is %s here",
				argv[furthest < argc ? furthest : argc - 1],
				ambiguous ? "ambiguous" : "not known");
	return false;
}

static bool
line_words(struct edit *e, const struct tokens *t, char *err, size_t err_len)
{
	enum ios_result r;

	e->known = false;
	r = ios_line(e, t->v, t->n, err, err_len);
	if (r == IOS_OTHER)
		r = edit_words(e, t->v, t->n, err, err_len) ? IOS_DONE : IOS_WRONG;
	if (r == IOS_WRONG)
		r = ios_other_line(e, t->v, t->n, err, err_len);
	if (r == IOS_DONE)
		ios_line_done(e);
	return r == IOS_DONE;
}

bool
edit_line(struct edit *e, const char *line, char *err, size_t err_len)
{
	struct tokens t;
	int rc = tokens_split(&t, line);
	bool ok = rc == 0 && (t.n == 0 || t.v[0][0] == '!');

	e->note[0] = '\0';
	e->secret = false;
	if (rc == -EINVAL)
		snprintf(err, err_len, "a quote is open, or a backslash is in the wrong place");
	else if (rc != 0)
		snprintf(err, err_len, "the line is too long");
	else if (!ok)
		ok = line_words(e, &t, err, err_len);
	tokens_free(&t);
	return ok;
}
