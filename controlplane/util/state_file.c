/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/util/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static bool
path_of(char path[PATH_MAX], const char *dir, const char *name, const char *ending)
{
	return dir != NULL && snprintf(path, PATH_MAX, "%s/%s%s", dir, name, ending) < PATH_MAX;
}

int
state_text_begin(struct state_text *t, const char *dir, const char *name)
{
	int fd, err;

	if (!path_of(t->path, dir, name, "") || !path_of(t->tmp, dir, name, ".new"))
		return -ENAMETOOLONG;
	fd = open(t->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	t->out = fdopen(fd, "w");
	if (t->out == NULL) {
		err = -errno;
		close(fd);
		return err;
	}
	return 0;
}

int
state_text_end(struct state_text *t)
{
	int err = ferror(t->out) != 0 ? -EIO : 0;

	if (fclose(t->out) != 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(t->tmp, t->path) != 0)
		err = -errno;
	if (err != 0)
		unlink(t->tmp);
	return err;
}

FILE *
state_text_read(const char *dir, const char *name)
{
	char path[PATH_MAX];

	return path_of(path, dir, name, "") ? fopen(path, "re") : NULL;
}

int
state_open(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (!path_of(path, dir, name, ""))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd >= 0 ? fd : -errno;
}

int
state_map(int fd, size_t len, void **at)
{
	void *p;
	int err;

	if (ftruncate(fd, (off_t)len) != 0)
		return -errno;
	/* A hole on a disk that is full would be SIGBUS at the first write. */
	err = posix_fallocate(fd, 0, (off_t)len);
	if (err != 0)
		return -err;
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*at = p;
	return 0;
}
