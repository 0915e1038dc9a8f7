/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Roles that outlive a control plane which is killed: a file in the state directory, mapped, says
 * of which groups we are the active router and when the last advertisement was sent. The next
 * control plane goes on in those roles if the others cannot have missed us yet; the dataplane has
 * answered at the virtual MAC addresses all the time.
 */
#ifndef CULVERT_CONTROLPLANE_VRRPS_KEEP_H
#define CULVERT_CONTROLPLANE_VRRPS_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#define VRRPS_KEEP_MAX  256
#define VRRPS_KEEP_NAME 65 /* "lan 10", a sign for the family in front */

struct vrrps_keep_rec {
	char name[VRRPS_KEEP_NAME];
	bool active;
	uint64_t sent_ms; /* CLOCK_MONOTONIC */
};

struct vrrps_keep_file;

struct vrrps_keep {
	struct vrrps_keep_file *file;              /* mapped; NULL: nothing is kept */
	struct vrrps_keep_rec was[VRRPS_KEEP_MAX]; /* as the former process left them */
};

/** Map the file, made if it is not there, and take over what it says if it is of this boot of the
 *  machine. 0 or -errno: then nothing is kept. */
int vrrps_keep_open(struct vrrps_keep *k, const char *state_dir);
void vrrps_keep_close(struct vrrps_keep *k);
/** An advertisement of the active router @name was sent now, or it is active no longer. */
void vrrps_keep_set(struct vrrps_keep *k, const char *name, bool active, uint64_t now_ms);
/** When the former process, active in @name, has sent its last one; 0: it was not active. */
uint64_t vrrps_keep_was(const struct vrrps_keep *k, const char *name);
/** That has been used, or is of no use any more. */
void vrrps_keep_forget(struct vrrps_keep *k, const char *name);

#endif
