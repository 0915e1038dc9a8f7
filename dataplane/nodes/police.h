/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * police - how much of what is for the control plane gets to it: a rate per punt class, and within
 * a class a share for each source. One per worker; rates are the control plane's (chan_param) or
 * CHAN_PUNT_DEFAULTS.
 */
#ifndef CULVERT_DATAPLANE_NODES_POLICE_H
#define CULVERT_DATAPLANE_NODES_POLICE_H

#include "dataplane/worker.h"

#define POLICE_SHARE 4 /* one source gets a quarter of its class's rate and burst */

struct police;

/** For w->police. NULL if out of memory. */
struct police *police_new(int socket_id);
/** NULL is fine. */
void police_free(struct police *p);

/**
 * May a packet of class @cls from @src go to the control plane? Takes its tokens if so.
 * @src   anything that tells sources apart: IPv4 address, hash of an IPv6 or MAC address.
 * @keep  it keeps an adjacency alive (OSPF Hello): counted apart from the rest of its class.
 */
bool police_ok(struct worker *w, enum chan_class cls, uint32_t src, bool keep);
/** Take over rates that have changed. */
void police_tick(struct worker *w);

#endif
