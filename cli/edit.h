/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Editing a configuration document with command lines: the modes one is in, and what each line
 * changes. It works on JSON by the table alone, locally; the control plane has the last word when
 * the document is pushed.
 *
 * A line is looked up in the innermost mode first, then in those around it, so that from within an
 * interface "ip route ..." works as on IOS and leaves the mode. Words may be abbreviated, names of
 * entries and values of their own may not.
 */
#ifndef CULVERT_CLI_EDIT_H
#define CULVERT_CLI_EDIT_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/node.h"

#define EDIT_NAME_MAX  128
#define EDIT_BINDS_MAX 64

struct edit {
	const struct node *root;
	json_t *doc; /* owned */
	int depth;   /* modes entered; 0: the top */
	struct {
		const struct node *map;
		char name[EDIT_NAME_MAX];
	} at[NODE_DEPTH_MAX];
	bool secret; /* the last line had a secret in it */
	bool to_default; /* the line begins with "default" */
	bool known;      /* the words of the last line are those of an option */
	/* The last line that opened a mode opened one that there is not: "exit" leaves that one. */
	bool refused_mode;
	/* What the operator should know of the last line, which was taken; "": nothing. */
	char note[EDIT_NAME_MAX + 64];
	/* Of IOS's lines (ios_map.c): the access list that is being written, "" none; and which
	 * tunnels protect by lists that may still come. */
	char acl[EDIT_NAME_MAX];
	struct {
		char acl[EDIT_NAME_MAX], tunnel[EDIT_NAME_MAX];
	} binds[EDIT_BINDS_MAX];
	unsigned int n_binds;
	/* ios_crypto.c: the keyring whose peers are written, "" none; whether an ISAKMP policy was
	 * typed; whether an IKEv2 policy is being written, and its proposals, an array; the modes
	 * of transform sets, by name. Owned, NULL: none. */
	char keyring[EDIT_NAME_MAX];
	bool isakmp, policy;
	json_t *proposals, *modes;
	/* ios_vrrp.c: the group was entered by address-family, where intervals are milliseconds.
	 * ios_forms.c: thresholds of probes in milliseconds, by name; owned, NULL: none. */
	bool vrrp_family;
	json_t *thresholds;
	/* Of tunnels that begin at an interface without an address yet, its name; as before. */
	json_t *sources;
};

/** @doc's reference is taken. */
void edit_init(struct edit *e, const struct node *root, json_t *doc);
void edit_fini(struct edit *e);

/** Does a line that begins with @word take back: "no", or "default", which leaves no trace of an
 *  option, and of an entry its name? */
bool edit_is_no(const char *word);
/** Carry out the words of one line. False with a sentence in @err; then nothing has changed. */
bool edit_words(struct edit *e, char *const *argv, int argc, char *err, size_t err_len);
/** The same with text, split by token.h; a comment ("!") or an empty line changes nothing. */
bool edit_line(struct edit *e, const char *line, char *err, size_t err_len);
/** Leave the innermost mode; false at the top. */
bool edit_leave(struct edit *e);
/** Leave all modes, those of IOS's lines, too. */
void edit_top(struct edit *e);

/** The entries of the map at the table's node @map, NULL if there are none. Borrowed. Maps in
 *  maps are looked up in the mode that is entered. */
const json_t *edit_entries(const struct edit *e, const struct node *map);
/** Read the words of one entry of a list. New reference, or NULL with a sentence in @err. */
json_t *edit_list_entry(const struct edit *e, const struct node *list, char *const *argv, int argc,
		bool complete, char *err, size_t err_len);

#endif
