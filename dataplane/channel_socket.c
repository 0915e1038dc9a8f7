/* SPDX-License-Identifier: BSD-3-Clause */
/* The channel's listening socket; see channel_socket.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/patience.h"
#include "dataplane/channel_socket.h"

#define MAX_PEER_GROUPS 256

/* Make the directories above @path that are missing, as mkdir -p does. */
static int
dirs_make(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *p = dir + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(dir, 0755) != 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

/* bind() said that the name is taken: remove it if it is a socket that somebody left behind. */
static int
stale_remove(const struct sockaddr_un *sa, char *why, size_t why_len)
{
	struct stat st;
	int err;

	if (lstat(sa->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
		snprintf(why, why_len, "%s exists and is not a socket", sa->sun_path);
		return -EEXIST;
	}
	err = patience_probe(sa, SOCK_SEQPACKET);
	if (err != ECONNREFUSED && err != ENOENT) { /* also when we cannot know */
		snprintf(why, why_len, "another dataplane is listening on %s", sa->sun_path);
		return -EADDRINUSE;
	}
	if (unlink(sa->sun_path) != 0 && errno != ENOENT) {
		snprintf(why, why_len, "cannot remove the stale socket %s: %s", sa->sun_path,
				strerror(errno));
		return -EACCES;
	}
	return 0;
}

/* Until listen() nobody can connect, so owner and mode are right before anybody gets in. */
static int
access_set(const char *path, gid_t group)
{
	if (group != (gid_t)-1 && lchown(path, (uid_t)-1, group) != 0)
		return -errno;
	return chmod(path, group == (gid_t)-1 ? 0600 : 0660) == 0 ? 0 : -errno;
}

int
chan_listener_open(struct chan_listener *l, const char *path, gid_t group, char *why,
		size_t why_len)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;
	int err;

	*l = (struct chan_listener){ .fd = -1 };
	if (strlen(path) >= sizeof(sa.sun_path)) {
		snprintf(why, why_len, "socket path is longer than %zu bytes",
				sizeof(sa.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(sa.sun_path, path);
	err = dirs_make(path);
	if (err == 0)
		l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (err == 0 && l->fd < 0)
		err = -errno;
	if (err == 0 && bind(l->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		err = -errno;
	if (err == -EADDRINUSE) {
		err = stale_remove(&sa, why, why_len);
		if (err != 0)
			goto close_fd;
		if (bind(l->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
			err = -errno;
	}
	if (err != 0)
		goto say_why;
	err = access_set(path, group);
	if (err == 0 && (lstat(path, &st) != 0 || listen(l->fd, 8) != 0))
		err = -errno;
	if (err != 0) {
		unlink(path);
		goto say_why;
	}
	strcpy(l->path, path);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;

say_why:
	snprintf(why, why_len, "cannot listen on %s: %s", path, strerror(-err));
close_fd:
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return err;
}

void
chan_listener_close(struct chan_listener *l)
{
	struct stat st;

	if (l->fd < 0)
		return;
	close(l->fd);
	l->fd = -1;
	if (lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
}

int
chan_listener_accept(struct chan_listener *l, struct chan_peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0) {
		err = -errno;
		close(fd);
		return err;
	}
	*peer = (struct chan_peer){ .pid = cred.pid, .uid = cred.uid, .gid = cred.gid };
	return fd;
}

bool
chan_peer_allowed(const struct chan_peer *peer, int fd, gid_t group)
{
	gid_t groups[MAX_PEER_GROUPS];
	socklen_t len = sizeof(groups);

	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	if (group == (gid_t)-1)
		return false;
	if (peer->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}
