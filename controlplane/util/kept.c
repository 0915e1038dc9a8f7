/* SPDX-License-Identifier: BSD-3-Clause */
/* Names over a restart; see kept.h. What is in the file is checked like anything read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "controlplane/util/kept.h"
#include "controlplane/util/state_file.h"

#define MAGIC    0x4b505431u /* "KPT1" */
#define BOOT_LEN 36

struct kept_file {
	uint32_t magic;
	char boot[BOOT_LEN]; /* of the machine: CLOCK_MONOTONIC begins anew with it */
	struct kept_rec rec[KEPT_MAX];
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
kept_open(struct kept *k, const char *state_dir, const char *name)
{
	int fd, err;
	char boot[BOOT_LEN];
	struct kept_file *f;
	void *at;

	err = boot_id(boot);
	if (err != 0)
		return err;
	fd = state_open(state_dir, name);
	if (fd < 0)
		return fd;
	err = state_map(fd, sizeof(*f), &at);
	close(fd);
	if (err != 0)
		return err;
	f = at;
	if (f->magic == MAGIC && memcmp(f->boot, boot, BOOT_LEN) == 0)
		memcpy(k->was, f->rec, sizeof(k->was));
	memset(f, 0, sizeof(*f));
	memcpy(f->boot, boot, BOOT_LEN);
	f->magic = MAGIC;
	for (int i = 0; i < KEPT_MAX; i++)
		k->was[i].name[KEPT_NAME - 1] = '\0';
	k->file = f;
	return 0;
}

void
kept_close(struct kept *k)
{
	if (k->file != NULL)
		munmap(k->file, sizeof(*k->file));
	k->file = NULL;
}

void
kept_set(struct kept *k, const char *name, bool is, uint64_t now_ms)
{
	struct kept_rec *free_one = NULL, *r = NULL;

	if (k->file == NULL)
		return;
	for (int i = 0; i < KEPT_MAX && r == NULL; i++) {
		if (strcmp(k->file->rec[i].name, name) == 0)
			r = &k->file->rec[i];
		else if (!k->file->rec[i].is && free_one == NULL)
			free_one = &k->file->rec[i];
	}
	if (r == NULL && (!is || free_one == NULL))
		return;
	if (r == NULL) {
		r = free_one;
		snprintf(r->name, sizeof(r->name), "%s", name);
	}
	r->at_ms = now_ms;
	r->is = is;
}

static const struct kept_rec *
was_find(const struct kept *k, const char *name)
{
	for (int i = 0; i < KEPT_MAX; i++)
		if (k->was[i].is && strcmp(k->was[i].name, name) == 0)
			return &k->was[i];
	return NULL;
}

uint64_t
kept_was(const struct kept *k, const char *name)
{
	const struct kept_rec *r = was_find(k, name);

	return r != NULL ? r->at_ms : 0;
}

void
kept_forget(struct kept *k, const char *name)
{
	for (int i = 0; i < KEPT_MAX; i++)
		if (strcmp(k->was[i].name, name) == 0)
			k->was[i].is = false;
}
