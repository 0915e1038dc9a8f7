/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Privileges: none are needed after start. The filter of system calls names what must never
 * happen rather than all that may: an allow-list would break with a new C library in the middle
 * of the night, on a box whose job is to stay up.
 */
#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controlplane/sandbox.h"

int
sandbox_user_check(const char *user, char *err, size_t err_len)
{
	if (getpwnam(user) != NULL)
		return 0;
	snprintf(err, err_len, "--user %s: no such user", user);
	return -ENOENT;
}

/* The state directory and the plain files in it, no deeper. */
static int
state_hand_over(const char *dir, uid_t uid, gid_t gid)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int err = 0;

	if (d == NULL)
		return -errno;
	if (fchown(dirfd(d), uid, gid) != 0)
		err = -errno;
	while (err == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || e->d_type != DT_REG)
			continue;
		if (fchownat(dirfd(d), e->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
			err = -errno;
	}
	closedir(d);
	return err;
}

int
sandbox_drop(const char *user, const char *state_dir, char *err, size_t err_len)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	const struct passwd *pw;
	int rc;

	/* What outlives us in memory holds keys and is locked later (chan_client.c); without the
	 * right to it the limit stays as it is. */
	(void)setrlimit(RLIMIT_MEMLOCK, &all);
	capng_clear(CAPNG_SELECT_BOTH);
	if (user == NULL) {
		if (geteuid() != 0)
			return 0;
		if (capng_apply(CAPNG_SELECT_BOTH) == 0)
			return 0;
		snprintf(err, err_len, "capabilities could not be given up");
		return -EPERM;
	}
	pw = getpwnam(user);
	if (pw == NULL)
		return sandbox_user_check(user, err, err_len);
	if (pw->pw_uid == geteuid())
		return 0;
	rc = state_hand_over(state_dir, pw->pw_uid, pw->pw_gid);
	if (rc != 0) {
		snprintf(err, err_len, "%s could not be handed over to %s: %s", state_dir, user,
				strerror(-rc));
		return rc;
	}
	rc = capng_change_id((int)pw->pw_uid, (int)pw->pw_gid,
			CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	if (rc == 0)
		return 0;
	snprintf(err, err_len, "could not become user %s (capng_change_id: %d)", user, rc);
	return -EPERM;
}

static const int denied[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(add_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(request_key),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(acct),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(personality),
	SCMP_SYS(setuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
};

int
sandbox_seccomp(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int err = 0;

	if (f == NULL)
		return -ENOMEM;
	/* Threads that libraries made before this are covered too. */
	err = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	for (size_t i = 0; err == 0 && i < sizeof(denied) / sizeof(denied[0]); i++) {
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
		if (err == -EDOM)
			err = 0; /* no such call on this architecture */
	}
	if (err == 0)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}
