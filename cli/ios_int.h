/* SPDX-License-Identifier: BSD-3-Clause */
/* What ios.c and ios_map.c share; nobody else includes this. */
#ifndef CULVERT_CLI_IOS_INT_H
#define CULVERT_CLI_IOS_INT_H

#include "cli/ios.h"

/** The words of one of our lines, NULL behind the last. */
bool ios_run(struct edit *e, char *err, size_t err_len, const char *const *words);
#define RUN(...) ios_run(e, err, err_len, (const char *const[]){ __VA_ARGS__, NULL })

/** Is the innermost mode an entry of this map, in this group? */
bool ios_in_map(const struct edit *e, const char *parent, const char *name);
/** May @word, of @least letters or more, stand for @full? */
bool ios_is(const char *word, const char *full, size_t least);

/** The far end of the tunnel whose mode one is in, by address or name; what it was before goes. */
bool ios_destination(struct edit *e, const char *peer, char *err, size_t err_len);
/** crypto map, its lines, and access lists; @no: they begin with it. */
enum ios_result ios_map_line(struct edit *e, char *const *argv, int argc, bool no, char *err,
		size_t err_len);

#endif
