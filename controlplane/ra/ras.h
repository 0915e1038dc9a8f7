/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Router advertisements in their surroundings: the engine (ra.h), configuration, interfaces,
 * virtual routers and the dataplane.
 *
 * An interface with virtual routers of IPv6 speaks as those of them that are active, from their
 * link-local and MAC addresses, and not as itself: hosts have the virtual router as their gateway,
 * whoever it is (RFC 9568 sections 6.4.2, 6.4.3 and 8.2.3). Who becomes a backup falls silent; a
 * last advertisement would take from the hosts the router that goes on elsewhere.
 */
#ifndef CULVERT_CONTROLPLANE_RAS_H
#define CULVERT_CONTROLPLANE_RAS_H

#include <stdbool.h>

#include "common/channel.h"

struct cp;
struct ra_engine;
struct ras;

struct ras *ras_new(struct cp *cp);
/** Frees without a word: see ras_leave(). NULL is fine, here and everywhere below. */
void ras_free(struct ras *x);
/** We are about to stop: hosts should not keep us as their router. */
void ras_leave(struct ras *x);

/** Look at configuration, interfaces and roles anew. */
void ras_update(struct ras *x);
/** A packet of class ARP. True: it was a router solicitation. */
bool ras_punt(struct ras *x, const struct chan_pkt *pkt);

const struct ra_engine *ras_engine(const struct ras *x);

#endif
