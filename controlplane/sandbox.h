/* SPDX-License-Identifier: BSD-3-Clause */
/* Giving up what the control plane does not need once its sockets are open. */
#ifndef CULVERT_CONTROLPLANE_SANDBOX_H
#define CULVERT_CONTROLPLANE_SANDBOX_H

#include <stddef.h>

/** Check that @user exists, before anything is set up. 0 or -ENOENT with a line in @err. */
int sandbox_user_check(const char *user, char *err, size_t err_len);
/**
 * Give up all capabilities for good, and become @user if it is not NULL. State is handed over
 * first: @state_dir and the files in it become the user's. Without privileges to begin with, and
 * no @user, there is nothing to do. 0 or -errno with a line in @err.
 */
int sandbox_drop(const char *user, const char *state_dir, char *err, size_t err_len);
/**
 * Deny system calls that no code of ours makes (execve, ptrace, mount, bpf, ...) to all threads:
 * they fail with EPERM. 0 or -errno.
 */
int sandbox_seccomp(void);

#endif
