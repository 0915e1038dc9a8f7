/* SPDX-License-Identifier: BSD-3-Clause */
/* Roles over a restart; see vrrps_keep.h. What is in the file is checked like anything read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "controlplane/vrrp/vrrps_keep.h"

#define MAGIC    0x56525031u /* "VRP1" */
#define BOOT_LEN 36

struct vrrps_keep_file {
	uint32_t magic;
	char boot[BOOT_LEN]; /* of the machine: CLOCK_MONOTONIC begins anew with it */
	struct vrrps_keep_rec rec[VRRPS_KEEP_MAX];
};

static int
boot_id(char out[BOOT_LEN])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, BOOT_LEN);
	close(fd);
	return n == BOOT_LEN ? 0 : -EIO;
}

int
vrrps_keep_open(struct vrrps_keep *k, const char *state_dir)
{
	char path[512], boot[BOOT_LEN];
	struct vrrps_keep_file *f;
	int fd, err = boot_id(boot);

	if (err != 0)
		return err;
	snprintf(path, sizeof(path), "%s/vrrp", state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(*f)) != 0) {
		err = -errno;
		close(fd);
		return err;
	}
	f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (f == MAP_FAILED)
		return -errno;
	if (f->magic == MAGIC && memcmp(f->boot, boot, BOOT_LEN) == 0)
		memcpy(k->was, f->rec, sizeof(k->was));
	memset(f, 0, sizeof(*f));
	memcpy(f->boot, boot, BOOT_LEN);
	f->magic = MAGIC;
	for (int i = 0; i < VRRPS_KEEP_MAX; i++)
		k->was[i].name[VRRPS_KEEP_NAME - 1] = '\0';
	k->file = f;
	return 0;
}

void
vrrps_keep_close(struct vrrps_keep *k)
{
	if (k->file != NULL)
		munmap(k->file, sizeof(*k->file));
	k->file = NULL;
}

void
vrrps_keep_set(struct vrrps_keep *k, const char *name, bool active, uint64_t now_ms)
{
	struct vrrps_keep_rec *free_one = NULL, *r = NULL;

	if (k->file == NULL)
		return;
	for (int i = 0; i < VRRPS_KEEP_MAX && r == NULL; i++) {
		if (strcmp(k->file->rec[i].name, name) == 0)
			r = &k->file->rec[i];
		else if (!k->file->rec[i].active && free_one == NULL)
			free_one = &k->file->rec[i];
	}
	if (r == NULL && (!active || free_one == NULL))
		return;
	if (r == NULL) {
		r = free_one;
		snprintf(r->name, sizeof(r->name), "%s", name);
	}
	r->sent_ms = now_ms;
	r->active = active;
}

static const struct vrrps_keep_rec *
was_find(const struct vrrps_keep *k, const char *name)
{
	for (int i = 0; i < VRRPS_KEEP_MAX; i++)
		if (k->was[i].active && strcmp(k->was[i].name, name) == 0)
			return &k->was[i];
	return NULL;
}

uint64_t
vrrps_keep_was(const struct vrrps_keep *k, const char *name)
{
	const struct vrrps_keep_rec *r = was_find(k, name);

	return r != NULL ? r->sent_ms : 0;
}

void
vrrps_keep_forget(struct vrrps_keep *k, const char *name)
{
	for (int i = 0; i < VRRPS_KEEP_MAX; i++)
		if (strcmp(k->was[i].name, name) == 0)
			k->was[i].active = false;
}
