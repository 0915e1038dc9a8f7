/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of culvert-controlplane. */
#ifndef CULVERT_CONTROLPLANE_ARGS_H
#define CULVERT_CONTROLPLANE_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/log.h"

struct args {
	const char *config; /* NULL: the stored start-up configuration */
	const char *check;  /* only validate this file */
	const char *state_dir;
	const char *dataplane_socket;
	const char *mgmt_socket;
	const char *group; /* of the management socket; NULL: root's own */
	const char *user;  /* to become; NULL: stay, without capabilities */
	bool seccomp;
	bool track_commands; /* a process to run operators' programs is forked */
	bool has_log_level; /* given, so that the configuration's does not count */
	enum log_level log_level;
};

enum args_what { ARGS_RUN, ARGS_DONE, ARGS_BAD };

/** Strings stay the caller's. ARGS_DONE: help or version was printed. ARGS_BAD: @err says why. */
enum args_what args_parse(int argc, char **argv, struct args *a, char *err, size_t err_len);

#endif
