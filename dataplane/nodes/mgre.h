/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mgre - what is sent into a multipoint tunnel itself. Its unicast goes into the members' tunnels,
 * by their routes; what comes here all the same has no far end and is dropped. Its multicast (a
 * routing protocol's) is copied to the members, of which there may be thousands: so many at a time.
 */
#ifndef CULVERT_DATAPLANE_NODES_MGRE_H
#define CULVERT_DATAPLANE_NODES_MGRE_H

#include "dataplane/worker.h"

/** Take @m, data at its IPv4 or IPv6 header, for the multipoint tunnel @tun. */
void mgre_take(struct worker *w, const struct tunnel *tun, struct rte_mbuf *m);
/**
 * Make some of the copies that are due, and send them.
 * @return how many; 0: none are due.
 */
unsigned int path_mgre(struct worker *w);

#endif
