/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The commands that are not options of the configuration: a table of words, help, arguments and the
 * function that carries them out.
 */
#ifndef CULVERT_CLI_COMMANDS_H
#define CULVERT_CLI_COMMANDS_H

#include "cli/shell.h"

#define COMMAND_ARGS_MAX 7

enum command_mode {
	COMMAND_EXEC = 1,   /* at the first prompt, and after "do" in the configuration */
	COMMAND_CONFIG = 2, /* in configure terminal and its modes */
	COMMAND_BOTH = 3,
};

enum arg_kind {
	ARG_NONE,
	ARG_VALUE,    /* must be there */
	ARG_OPTIONAL, /* may be there */
	ARG_WORD,     /* the word itself may be there */
};

/** Where completion finds the names for an argument: "show" @what (or method @what itself, when
 *  @method), then field @field of each entry of @array. */
struct arg_source {
	const char *what;
	bool method;
	const char *array, *field;
};

struct arg {
	enum arg_kind kind;
	const char *name; /* as help shows it */
	const char *help;
	const struct arg_source *source; /* NULL: nothing to complete */
};

struct command_row {
	const char *words;
	enum command_mode mode;
	const char *help;
	void (*run)(struct shell *sh, int argc, char **argv); /* argv: after the words */
	int max_args;                                         /* -1: any number */
	struct arg args[COMMAND_ARGS_MAX];
	/* Of IOS's lines: in the entries of which map, "ikev2/profiles"; NULL: at the top; "*":
	 * everywhere. */
	const char *in;
};

extern const struct command_row command_rows[];
extern const unsigned int n_command_rows;

/** Help for a word, or words, that only lead to commands; "" if there is none. */
const char *command_words_help(const char *words);

#endif
