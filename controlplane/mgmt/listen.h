/* SPDX-License-Identifier: BSD-3-Clause */
/* The Unix socket file of the management server. Internal to controlplane/mgmt. */
#ifndef CULVERT_CONTROLPLANE_MGMT_LISTEN_H
#define CULVERT_CONTROLPLANE_MGMT_LISTEN_H

#include <stddef.h>
#include <sys/types.h>

struct listen_file {
	char path[108];
	dev_t dev; /* to know it again when it is to be removed */
	ino_t ino;
};

/** A listening, non-blocking socket at @path, mode 0660 and @group (may be NULL). -1 on failure
 *  with one line in @err. */
int listen_open(struct listen_file *f, const char *path, const char *group, char *err,
		size_t err_len);
/** Remove the file if it is still ours. */
void listen_remove(const struct listen_file *f);

#endif
