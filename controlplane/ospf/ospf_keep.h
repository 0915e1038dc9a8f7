/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an OSPF router needs to go on where another process left off: databases, neighbours, roles
 * on networks. The neighbours then notice nothing: they are Full for us from the first Hello on,
 * which names them. (Where that cannot be, graceful restart needs their help: ospf_restart.h.)
 *
 * It is taken only while nothing is under way: no exchange, no LSA that somebody has yet to
 * acknowledge. What has changed since it was taken would be missing, so ospf_keep_watch() tells
 * at once when something does.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_KEEP_H
#define CULVERT_CONTROLPLANE_OSPF_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/ospf/ospf.h"


/** *@changed is set whenever something changes that ospf_keep_save() would have saved. */
void ospf_keep_watch(struct ospf *o, bool *changed);
/** @return bytes to be freed by the caller, *@len of them; NULL: not now, or no memory. */
uint8_t *ospf_keep_save(const struct ospf *o, size_t *len);
/**
 * Before interfaces are set: what is in @data, copied, is used for those that come up within
 * OSPF_KEEP_MS, of the same router ID, if the dead interval is not over. Nothing in it is trusted.
 * @param gone_ms  for how long nobody was running.
 */
#define OSPF_KEEP_MS 10000
void ospf_keep_load(struct ospf *o, const uint8_t *data, size_t len, uint64_t gone_ms);

/** A neighbour whose Hello is overdue. */
struct ospf_silent {
	char interface[OSPF_NAME_LEN];
	uint32_t id, addr;
	uint32_t left_ms; /* until it is taken for dead */
};
#define OSPF_SILENT_MAX 1024
/**
 * What changes without anything being said, and so is not in what was saved: since when neighbours
 * are not heard. To be called often, by who may be killed at any time.
 * @param out  room for OSPF_SILENT_MAX; of more the rest is left out.
 * @return how many.
 */
uint32_t ospf_keep_silent(const struct ospf *o, struct ospf_silent *out);
/** After ospf_keep_load(): what the former process has seen last. Copied. Who is in it has the time
 *  that was left, all others their whole dead interval, both less the time that nobody ran. */
void ospf_keep_load_silent(struct ospf *o, const struct ospf_silent *s, uint32_t n);

/** Has something been loaded a moment ago, and routes may not have been calculated of it yet? */
bool ospf_keep_waits(const struct ospf *o);
/** Until then what was left is being taken up, and what we originate may be incomplete. 0: nothing
 *  was left, or it is forgotten. */
uint64_t ospf_keep_loaded_ms(const struct ospf *o);

#endif
