/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file "ospf-restart" of the state directory: what a control plane that restarts gracefully
 * (ospf_restart.h) leaves to the next one. Unlike the file "ospf" (proc_keep.h) it is to be read by
 * other versions of the program, before and after: every item says its length, one of an unknown
 * type is passed over, and so is what is behind the part of a value that is known.
 *
 *	magic 4 | checksum of all that follows 8 | items: type 2 | length 4 | value
 *
 *	PROCESS    run of the dataplane 8 | router ID 4 | grace period 2 | reason 1 | asked at 8
 *	INTERFACE  name 32 | area 4 | DR, BDR 8 | sequence number of the grace-LSA 4 | last sent 8
 *	NEIGHBOUR  of the interface before: router ID 4 | flags 1 | numbers received 40
 *	LINK       name 32: an interface or tunnel of the routes that follow, by number from 0
 *	ROUTE      prefix 4 | length 1 | kind 1 | distance 1 | discard 1 | metric 4 | tag 4 |
 *	           hops 2 | for each: number of the link 4 | gateway 4
 *
 * Numbers are big-endian; kinds are those of enum rib_kind, which grows at its end only.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_RESTART_FILE_H
#define CULVERT_CONTROLPLANE_OSPF_RESTART_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "controlplane/dataplane/reconcile.h"
#include "controlplane/ospf/ospf_restart.h"

struct restart_file {
	uint64_t boot_id; /* of the dataplane that has the routes */
	struct ospf_restart r;
	struct rib_source routes; /* after reading: its lists belong to the file */
};

/** @return bytes to be freed by the caller, *@len of them; NULL: no memory. */
uint8_t *restart_file_write(const struct restart_file *f, size_t *len);
/** All of it is checked. 0, -EBADMSG or -ENOMEM; after an error there is nothing to be freed. */
int restart_file_read(const uint8_t *data, size_t len, struct restart_file *out);
/** Free the lists of one that was read. */
void restart_file_fini(struct restart_file *f);

#endif
