/* SPDX-License-Identifier: BSD-3-Clause */
/* The statistics region; see stats.h and common/channel.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/stats.h"

/* Our own writable mapping is made first; from F_SEAL_FUTURE_WRITE on there can be no other. The
 * pages exist before, so that no worker takes a fault, or a SIGBUS, for a counter. */
static int
region_map(struct stats_region *r)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
	void *at;
	int err;

	r->fd = memfd_create("culvert-stats", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (r->fd < 0)
		return -errno;
	err = -posix_fallocate(r->fd, 0, (off_t)r->size);
	if (err != 0)
		return err;
	at = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	r->stats = at;
	return fcntl(r->fd, F_ADD_SEALS, seals) == 0 ? 0 : -errno;
}

int
stats_region_init(struct stats_region *r, unsigned int n_workers,
		const struct tables_limits *limits, uint64_t tsc_hz)
{
	struct timespec now;
	struct chan_stats head = { .magic = CHAN_MAGIC, .abi = CHAN_ABI, .tsc_hz = tsc_hz,
		.pid = getpid(), .n_workers = n_workers, .max_tunnels = limits->max_tunnels,
		.max_sas = limits->max_sas, .max_nhs = limits->max_nhs,
		.max_nhgs = limits->max_nhgs, .max_routes = limits->max_routes,
		.version = CULVERT_VERSION };
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	head.started_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	*r = (struct stats_region){ .fd = -1 };
	r->size = chan_stats_layout(&head);
	while (head.boot_id == 0 && err == 0)
		if (getrandom(&head.boot_id, sizeof(head.boot_id), 0) != sizeof(head.boot_id))
			err = -EIO;
	if (err == 0)
		err = region_map(r);
	if (err != 0) {
		stats_region_fini(r);
		return err;
	}
	*r->stats = head;
	return 0;
}

void
stats_region_fini(struct stats_region *r)
{
	if (r->stats != NULL)
		munmap(r->stats, r->size);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct stats_region){ .fd = -1 };
}
