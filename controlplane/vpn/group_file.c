/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The branches on disk, so that a control plane that starts anew has their tunnels, and with them
 * what goes on in the dataplane. A line each: group, name, our address inside or "-", identity.
 * No secrets.
 */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/util/state_file.h"
#include "controlplane/vpn/group.h"

#define FILE_NAME "branches"
#define HEAD      "culvert branches 1\n"

void
group_file_write(const char *dir, const struct tunnel_branch *b, uint32_t n)
{
	char addr[IP4_STR_LEN];
	struct state_text t;

	if (state_text_begin(&t, dir, FILE_NAME) != 0)
		return;
	fputs(HEAD, t.out);
	for (uint32_t i = 0; i < n; i++)
		fprintf(t.out, "%s %s %s %s\n", b[i].group, b[i].name,
				b[i].address.addr != 0 ? ip4_str(b[i].address.addr, addr) : "-",
				b[i].identity);
	if (state_text_end(&t) != 0)
		log_warning("vpn", "%s could not be written", t.path);
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
	char line[2 * CFG_NAME_MAX + CFG_ID_MAX + 32];
	FILE *in = state_text_read(dir, FILE_NAME);
	struct tunnel_branch b;

	if (in == NULL)
		return;
	if (fgets(line, sizeof(line), in) != NULL && strcmp(line, HEAD) == 0)
		while (fgets(line, sizeof(line), in) != NULL)
			if (group_file_line(line, &b))
				fn(arg, &b);
	fclose(in);
}
