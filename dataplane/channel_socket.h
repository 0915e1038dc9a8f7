/* SPDX-License-Identifier: BSD-3-Clause */
/* The channel's listening socket and who is allowed at it. */
#ifndef CULVERT_DATAPLANE_CHANNEL_SOCKET_H
#define CULVERT_DATAPLANE_CHANNEL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

/** Who connected, as the kernel says. */
struct chan_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

struct chan_listener {
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev; /* of the socket we made: only that is removed at the end */
	ino_t ino;
};

/**
 * Listen at @path. A socket that is there already and on which nobody listens is replaced.
 * @group  gets access by the file's mode; (gid_t)-1: none.
 * @return 0, or -errno with one line for a person in @why.
 */
int chan_listener_open(struct chan_listener *l, const char *path, gid_t group, char *why,
		size_t why_len);
void chan_listener_close(struct chan_listener *l);
/** A non-blocking descriptor, or -errno. */
int chan_listener_accept(struct chan_listener *l, struct chan_peer *peer);
/** Our own user, root, or a member of @group. */
bool chan_peer_allowed(const struct chan_peer *peer, int fd, gid_t group);

#endif
