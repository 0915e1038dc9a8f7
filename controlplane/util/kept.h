/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of what is so that outlive a control plane which is killed: VRRP roles that are ours,
 * tracked objects that are up. A file in the state directory, mapped, has them, and for each when
 * it was so last; the next control plane judges by that whether it goes on so.
 */
#ifndef CULVERT_CONTROLPLANE_UTIL_KEPT_H
#define CULVERT_CONTROLPLANE_UTIL_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#define KEPT_MAX  256
#define KEPT_NAME 65

struct kept_rec {
	char name[KEPT_NAME];
	bool is; /* it is so */
	uint64_t at_ms; /* ... and was last then; CLOCK_MONOTONIC */
};

struct kept_file;

struct kept {
	struct kept_file *file;              /* mapped; NULL: nothing is kept */
	struct kept_rec was[KEPT_MAX]; /* as the former process left them */
};

/** Map the file @name, made if it is not there, and take over what it says if it is of this boot of
 *  the machine. 0 or -errno: then nothing is kept. */
int kept_open(struct kept *k, const char *state_dir, const char *name);
void kept_close(struct kept *k);
/** @name is so now, or it is so no longer. At most KEPT_MAX are kept. */
void kept_set(struct kept *k, const char *name, bool is, uint64_t now_ms);
/** When it was so last for the former process; 0: it was not. */
uint64_t kept_was(const struct kept *k, const char *name);
/** That has been used, or is of no use any more. */
void kept_forget(struct kept *k, const char *name);

#endif
