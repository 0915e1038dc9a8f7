/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of the state directory, for a control plane that is started again. What is in them is up to
 * their owners, who check it like anything read. Two kinds: lines of text, replaced as a whole, and
 * memory mapped from a file, in which the last store before a process is killed counts. Without a
 * directory (NULL) there are no files.
 */
#ifndef CULVERT_CONTROLPLANE_UTIL_STATE_FILE_H
#define CULVERT_CONTROLPLANE_UTIL_STATE_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

/** A file of text while it is written. */
struct state_text {
	FILE *out; /* for the owner's lines */
	char path[PATH_MAX], tmp[PATH_MAX];
};

/** Begin to write file @name anew; what is there stays until state_text_end(). 0 or -errno. */
int state_text_begin(struct state_text *t, const char *dir, const char *name);
/** Written: the new file takes the place of the old one. 0 or -errno: the old one stays. */
int state_text_end(struct state_text *t);
/** Open file @name for reading; the caller closes it. NULL: there is none. */
FILE *state_text_read(const char *dir, const char *name);

/** Open file @name, made if it is not there, to be mapped. A descriptor, or -errno. */
int state_open(const char *dir, const char *name);
/** Map the first @len bytes of the file; it becomes as long as that, what is new is zero. *@at is
 *  the caller's to unmap; the descriptor may be closed. 0 or -errno. */
int state_map(int fd, size_t len, void **at);

#endif
