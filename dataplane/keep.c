/* SPDX-License-Identifier: BSD-3-Clause */
/* The keep region; see keep.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/channel.h"
#include "dataplane/keep.h"

int
keep_region_init(struct keep_region *k, uint32_t max_tunnels)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	void *at;
	int err;

	*k = (struct keep_region){ .size = chan_keep_size(max_tunnels) };
	k->fd = memfd_create("culvert-keep", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (k->fd < 0)
		return -errno;
	if (ftruncate(k->fd, (off_t)k->size) != 0 || fcntl(k->fd, F_ADD_SEALS, seals) != 0) {
		err = -errno;
		keep_region_fini(k);
		return err;
	}
	at = mmap(NULL, k->size, PROT_READ, MAP_SHARED | MAP_NORESERVE, k->fd, 0);
	if (at == MAP_FAILED) {
		err = -errno;
		keep_region_fini(k);
		return err;
	}
	k->at = at;
	madvise(at, k->size, MADV_DONTDUMP);
	return 0;
}

void
keep_region_fini(struct keep_region *k)
{
	if (k->at != NULL)
		munmap(k->at, k->size);
	if (k->fd >= 0)
		close(k->fd);
	*k = (struct keep_region){ .fd = -1 };
}

void
keep_region_pin(struct keep_region *k)
{
	off_t data = 0, hole;

	if (k->at == NULL)
		return;
	while ((data = lseek(k->fd, data, SEEK_DATA)) >= 0) {
		hole = lseek(k->fd, data, SEEK_HOLE);
		if (hole <= data || mlock((char *)k->at + data, (size_t)(hole - data)) != 0)
			return;
		data = hole;
	}
}
