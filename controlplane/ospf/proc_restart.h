/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A graceful restart's file (restart_file.h) in the state directory: written when the neighbours
 * have been asked for help, there until the next process is through.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_PROC_RESTART_H
#define CULVERT_CONTROLPLANE_OSPF_PROC_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/ospf/restart_file.h"

/** Written as a whole or not at all. 0 or -errno. */
int proc_restart_write(const char *state_dir, const struct restart_file *f);
/**
 * What the former process has written, if its dataplane is this one and its grace period is not
 * over.
 * What cannot be used is removed, with a line that says why.
 * @return 0; -ENOENT: there is nothing to be used.
 */
int proc_restart_read(const char *state_dir, uint64_t boot_id, uint64_t now_ms,
		struct restart_file *out);
/** The restart is over, or was not meant. */
void proc_restart_remove(const char *state_dir);

#endif
