/* SPDX-License-Identifier: BSD-3-Clause */
/* Where DPDK's own messages go. For eal.c. */
#ifndef CULVERT_DATAPLANE_EAL_LOG_H
#define CULVERT_DATAPLANE_EAL_LOG_H

#include <stddef.h>

struct fd_capture {
	int mem_fd;
	int saved[2]; /* stdout and stderr as they were */
};

/** Send DPDK's log to ours. 0 or -errno. */
int eal_log_open(void);

/** From here to fd_capture_end() all that is printed goes to memory. 0 or -errno. */
int fd_capture_begin(struct fd_capture *c);
/** Give back stdout and stderr; the lines go to the debug log, and the one that says best what
 *  went wrong to @why. */
void fd_capture_end(struct fd_capture *c, char *why, size_t why_len);

#endif
