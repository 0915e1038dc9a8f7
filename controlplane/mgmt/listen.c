/* SPDX-License-Identifier: BSD-3-Clause */
/* Making and removing the socket file; see listen.h. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/patience.h"
#include "controlplane/mgmt/listen.h"

#define BACKLOG 64

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* The directory of @path, if it is missing: /run/culvert is gone after a boot. */
static void
make_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[108];

	if (slash == NULL || slash == path)
		return;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	mkdir(dir, 0755); /* if this fails, bind says why */
}

/* Somebody's socket that nobody listens on is left from a crash and goes. */
static int
remove_stale(const struct sockaddr_un *sa, char *err, size_t err_len)
{
	struct stat st;
	int rc;

	if (lstat(sa->sun_path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, err_len, "%s is there already and not a socket", sa->sun_path);
		return -1;
	}
	rc = patience_probe(sa, SOCK_STREAM);
	if (rc == ECONNREFUSED) {
		unlink(sa->sun_path);
		return 0;
	}
	if (rc == ENOENT)
		return 0;
	if (rc == 0)
		snprintf(err, err_len, "%s: another control plane is listening", sa->sun_path);
	else
		snprintf(err, err_len, "%s: %s", sa->sun_path, strerror(rc));
	return -1;
}

static int
set_access(struct listen_file *f, const char *group, char *err, size_t err_len)
{
	struct group *g = NULL;
	struct stat st;

	errno = 0;
	if (group != NULL && (g = getgrnam(group)) == NULL) {
		snprintf(err, err_len, "there is no group \"%s\"", group);
		return -1;
	}
	if ((g != NULL && chown(f->path, (uid_t)-1, g->gr_gid) != 0) || chmod(f->path, 0660) != 0 ||
			lstat(f->path, &st) != 0) {
		snprintf(err, err_len, "%s: access can't be set: %s", f->path, strerror(errno));
		return -1;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

int
listen_open(struct listen_file *f, const char *path, const char *group, char *err, size_t err_len)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, rc;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		snprintf(err, err_len, "%s: longer than a socket's path may be", path);
		return -1;
	}
	strcpy(sa.sun_path, path);
	strcpy(f->path, path);
	make_directory(path);
	if (remove_stale(&sa, err, err_len) != 0)
		return -1;
	fd = new_socket();
	if (fd < 0) {
		snprintf(err, err_len, "socket: %s", strerror(errno));
		return -1;
	}
	mask = umask(0177); /* until set_access() nobody else may connect */
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(mask);
	if (rc != 0) {
		snprintf(err, err_len, "%s: %s", path, strerror(errno));
		goto close_socket;
	}
	if (set_access(f, group, err, err_len) != 0)
		goto remove_file;
	if (listen(fd, BACKLOG) != 0) {
		snprintf(err, err_len, "%s: %s", path, strerror(errno));
		goto remove_file;
	}
	return fd;

remove_file:
	unlink(path);
close_socket:
	close(fd);
	return -1;
}

void
listen_remove(const struct listen_file *f)
{
	struct stat st;

	if (lstat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino)
		unlink(f->path);
}
