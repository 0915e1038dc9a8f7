/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbours on disk, for a control plane that restarts while the dataplane forwards on: a text
 * file in the state directory for each address family, the dataplane's boot id in the first line,
 * then one neighbour per line. Losing it costs some requests, so it is not synced to the disk.
 */
#ifndef CULVERT_CONTROLPLANE_NEIGH_NEIGH_FILE_H
#define CULVERT_CONTROLPLANE_NEIGH_NEIGH_FILE_H

#include <stdint.h>

#include "common/inet6.h"

struct neigh_line {
	uint32_t if_id;
	struct ip6_addr addr; /* IPv4-mapped for IPv4 */
	uint8_t mac[6];
};

struct neigh_file;

/** Begin to write the file @name anew; it takes the old place in neigh_file_end(). NULL if that is
 *  not possible. */
struct neigh_file *neigh_file_begin(const char *dir, const char *name, uint64_t boot_id);
void neigh_file_add(struct neigh_file *f, const struct neigh_line *l);
void neigh_file_end(struct neigh_file *f);

/** Call @fn for each neighbour, if the file is there and of this run of the dataplane. Lines that
 *  make no sense are stepped over. */
void neigh_file_read(const char *dir, const char *name, uint64_t boot_id,
		void (*fn)(void *arg, const struct neigh_line *l), void *arg);

#endif
