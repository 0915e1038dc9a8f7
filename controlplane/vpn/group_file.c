/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The branches on disk, so that a control plane that starts anew has their tunnels, and with them
 * what goes on in the dataplane. A line each: group, name, our address inside or "-", identity.
 * No secrets.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/vpn/group.h"

#define HEAD "culvert branches 1\n"

static bool
path_of(const char *dir, const char *name, char path[PATH_MAX])
{
	return dir != NULL && snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

void
group_file_write(const char *dir, const struct tunnel_branch *b, uint32_t n)
{
	char path[PATH_MAX], tmp[PATH_MAX], addr[IP4_STR_LEN];
	int fd = -1, bad;
	FILE *out;

	if (path_of(dir, "branches", path) && path_of(dir, "branches.new", tmp))
		fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	out = fdopen(fd, "w");
	if (out == NULL) {
		close(fd);
		return;
	}
	fputs(HEAD, out);
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "%s %s %s %s\n", b[i].group, b[i].name,
				b[i].address.addr != 0 ? ip4_str(b[i].address.addr, addr) : "-",
				b[i].identity);
	bad = ferror(out);
	if (fclose(out) != 0 || bad != 0 || rename(tmp, path) != 0) {
		log_warning("vpn", "%s could not be written", path);
		unlink(tmp);
	}
}

bool
group_file_line(char *line, struct tunnel_branch *b)
{
	char *save = NULL, *group = strtok_r(line, " \n", &save);
	char *name = strtok_r(NULL, " \n", &save), *addr = strtok_r(NULL, " \n", &save);
	char *identity = strtok_r(NULL, "\n", &save);
	struct ike_id id;

	memset(b, 0, sizeof(*b));
	if (identity == NULL || strlen(group) >= CFG_NAME_MAX || strlen(name) >= CFG_NAME_MAX ||
			strlen(identity) >= CFG_ID_MAX || ike_id_parse(identity, &id) != 0 ||
			ike_id_is_pattern(&id))
		return false;
	if (strcmp(addr, "-") != 0 && ip4_parse(addr, &b->address.addr) != 0)
		return false;
	b->address.len = b->address.addr != 0 ? 31 : 0;
	snprintf(b->group, sizeof(b->group), "%s", group);
	snprintf(b->name, sizeof(b->name), "%s", name);
	snprintf(b->identity, sizeof(b->identity), "%s", identity);
	return true;
}

void
group_file_read(const char *dir, void (*fn)(void *arg, const struct tunnel_branch *b), void *arg)
{
	char path[PATH_MAX], line[2 * CFG_NAME_MAX + CFG_ID_MAX + 32];
	struct tunnel_branch b;
	FILE *in;

	if (!path_of(dir, "branches", path) || (in = fopen(path, "re")) == NULL)
		return;
	if (fgets(line, sizeof(line), in) != NULL && strcmp(line, HEAD) == 0)
		while (fgets(line, sizeof(line), in) != NULL)
			if (group_file_line(line, &b))
				fn(arg, &b);
	fclose(in);
}
