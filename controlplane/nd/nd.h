/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour discovery (RFC 4861; RFC 4862 section 5.4 for duplicates): the messages that fill the
 * cache of neighbours (neigh/cache.h).
 *
 * A neighbour makes an entry by a solicitation that asks for one of our addresses; advertisements
 * change what is there, by section 7.2.5. Since nobody tells the cache which neighbours are being
 * sent to, an entry whose reachable time is over is probed at once (section 7.3.3's PROBE without
 * the wait of DELAY), and stays usable meanwhile.
 *
 * Left out on purpose: learning from other routers, and redirects (a router configures its routes),
 * proxies. What we advertise as a router ourselves is in ra/.
 */
#ifndef CULVERT_CONTROLPLANE_ND_H
#define CULVERT_CONTROLPLANE_ND_H

#include "controlplane/neigh/cache.h"

#define ND_REACHABLE_MS  30000 /* REACHABLE_TIME; spread over the upper half */
#define ND_DELAY_MS      5000  /* DELAY_FIRST_PROBE_TIME: of what was just learned */
#define ND_MAX_ENTRIES   2048  /* of one interface, default */

/** @max_entries of each interface, 0: ND_MAX_ENTRIES. @seed: a random number. NULL: no memory. The
 *  addresses of an interface are given with the link-local one among them. */
struct neigh_cache *nd_new(
		const struct neigh_ops *ops, void *ctx, uint32_t max_entries, uint64_t seed);

/** A message received on @if_id, from the IPv6 header on. 0, -EBADMSG, -ENOMSG or -ENOENT. */
int nd_input(struct neigh_cache *c, uint32_t if_id, const uint8_t *pkt, size_t len,
		uint64_t now_ms);

#endif
