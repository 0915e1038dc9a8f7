/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbours on disk; see neigh_file.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/inet.h"
#include "controlplane/neigh/neigh_file.h"

#define NEIGH_FILE_HEAD "culvert neighbours of run %016" PRIx64 "\n"
#define NEIGH_FILE_SCAN "culvert neighbours of run %16" SCNx64

struct neigh_file {
	FILE *out;
	char path[PATH_MAX], tmp[PATH_MAX];
};

struct neigh_file *
neigh_file_begin(const char *dir, const char *name, uint64_t boot_id)
{
	struct neigh_file *f = calloc(1, sizeof(*f));
	int fd;

	if (f == NULL)
		return NULL;
	if (snprintf(f->path, sizeof(f->path), "%s/%s", dir, name) >= (int)sizeof(f->path) ||
			snprintf(f->tmp, sizeof(f->tmp), "%s.new", f->path) >= (int)sizeof(f->tmp))
		goto free_f;
	fd = open(f->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		goto free_f;
	f->out = fdopen(fd, "w");
	if (f->out == NULL) {
		close(fd);
		goto free_f;
	}
	fprintf(f->out, NEIGH_FILE_HEAD, boot_id);
	return f;

free_f:
	free(f);
	return NULL;
}

void
neigh_file_add(struct neigh_file *f, const struct neigh_line *l)
{
	char addr[IP6_STR_LEN], mac[MAC_STR_LEN];

	fprintf(f->out, "%" PRIu32 " %s %s\n", l->if_id, ip6_str(&l->addr, addr),
			mac_str(l->mac, mac));
}

void
neigh_file_end(struct neigh_file *f)
{
	int bad = ferror(f->out);

	if (fclose(f->out) != 0 || bad != 0 || rename(f->tmp, f->path) != 0)
		unlink(f->tmp);
	free(f);
}

void
neigh_file_read(const char *dir, const char *name, uint64_t boot_id,
		void (*fn)(void *arg, const struct neigh_line *l), void *arg)
{
	char path[PATH_MAX], line[128], addr[IP6_STR_LEN], mac[MAC_STR_LEN];
	uint64_t run;
	FILE *in;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return;
	in = fopen(path, "re");
	if (in == NULL)
		return;
	if (fgets(line, sizeof(line), in) == NULL || sscanf(line, NEIGH_FILE_SCAN, &run) != 1 ||
			run != boot_id)
		goto close_in;
	while (fgets(line, sizeof(line), in) != NULL) {
		struct neigh_line l;

		if (sscanf(line, "%" SCNu32 " %45s %17s", &l.if_id, addr, mac) == 3 &&
				ip6_parse(addr, &l.addr) == 0 && mac_parse(mac, l.mac) == 0)
			fn(arg, &l);
	}
close_in:
	fclose(in);
}
