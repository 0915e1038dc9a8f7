/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbours on disk; see neigh_file.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/inet.h"
#include "controlplane/neigh/neigh_file.h"
#include "controlplane/util/state_file.h"

#define NEIGH_FILE_HEAD "culvert neighbours of run %016" PRIx64 "\n"
#define NEIGH_FILE_SCAN "culvert neighbours of run %16" SCNx64

struct neigh_file {
	struct state_text text;
};

struct neigh_file *
neigh_file_begin(const char *dir, const char *name, uint64_t boot_id)
{
	struct neigh_file *f = malloc(sizeof(*f));

	if (f == NULL)
		return NULL;
	if (state_text_begin(&f->text, dir, name) != 0) {
		free(f);
		return NULL;
	}
	fprintf(f->text.out, NEIGH_FILE_HEAD, boot_id);
	return f;
}

void
neigh_file_add(struct neigh_file *f, const struct neigh_line *l)
{
	char addr[IP6_STR_LEN], mac[MAC_STR_LEN];

	fprintf(f->text.out, "%" PRIu32 " %s %s\n", l->if_id, ip6_str(&l->addr, addr),
			mac_str(l->mac, mac));
}

void
neigh_file_end(struct neigh_file *f)
{
	state_text_end(&f->text);
	free(f);
}

void
neigh_file_read(const char *dir, const char *name, uint64_t boot_id,
		void (*fn)(void *arg, const struct neigh_line *l), void *arg)
{
	char line[128], addr[IP6_STR_LEN], mac[MAC_STR_LEN];
	FILE *in = state_text_read(dir, name);
	uint64_t run;

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
