/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file "ospf" of the state directory: what the engine and its routes were, for a control plane
 * that is killed and started again while the dataplane forwards on. It is mapped; a mark in it is
 * set the moment that something changes and taken away when that has been written, some 100 ms
 * later. A file with the mark is not used: then OSPF begins anew.
 *
 *	header | silent neighbours | the engine's part (ospf_keep.h) | names | routes | hops
 *
 * Which neighbours are silent changes with the time alone: that is written with each beat.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_PROC_KEEP_H
#define CULVERT_CONTROLPLANE_OSPF_PROC_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cp;
struct ospf;
struct proc_keep;
struct rib_source;

/** What the former process left in the state directory, if it was of this run of the dataplane;
 *  from now on the file is ours. NULL: no memory, or no file can be made. */
struct proc_keep *proc_keep_open(const char *state_dir, uint64_t boot_id, uint64_t now_ms);
void proc_keep_close(struct proc_keep *k);

/** The dataplane has been attached to once more: what is written is of that one. @return it is
 *  another run of it. */
bool proc_keep_rebind(struct proc_keep *k, uint64_t boot_id);

/** The former process's routes, NULL if it left none. Valid until proc_keep_used(). */
const struct rib_source *proc_keep_routes(const struct proc_keep *k);
/** The engine's part of it and for how long nobody was running; NULL if there is none. */
const uint8_t *proc_keep_engine(const struct proc_keep *k, size_t *len, uint64_t *gone_ms);
/** The neighbours that it did not hear any more: for ospf_keep_load_silent(). */
void proc_keep_silent(const struct proc_keep *k, struct ospf *o);
/** What was left is not needed any more. */
void proc_keep_used(struct proc_keep *k);

/** To be set when something changes: ospf_keep_watch(). Cleared when that is written. */
bool *proc_keep_changed(struct proc_keep *k);
/** We are running: at least once a second. Writes what has changed, if it is time and if that can
 *  be done now. */
void proc_keep_beat(struct proc_keep *k, const struct ospf *o, const struct rib_source *routes,
		uint64_t now_ms);
/** What has changed is written with the next beat, however much it is. */
void proc_keep_hurry(struct proc_keep *k);
/** Said good-bye: nothing is to be gone on with. */
void proc_keep_forget(struct proc_keep *k);

#endif
