/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB: connected, local and static routes and those of routing protocols in, one forwarding
 * table out. A plain library: links (interfaces and tunnels) and routes are handed in as arrays,
 * everything is computed anew, and the result is read from the accessors until the next
 * computation. Who pushes it to the dataplane compares with what is there.
 *
 * Rules:
 *  - Connected and local routes exist while their link is up. A /32 address has no connected route.
 *  - Of the routes to one prefix the one with the lowest distance is used, then that with the
 *    lowest metric; equals of one protocol share the traffic.
 *  - A static route through a gateway is used while the gateway resolves: to a connected subnet, or
 *    through another route that is not the route itself (recursion).
 *  - A static route through a link is used while that link is up. One bound to a tracked object is
 *    used only while that is up, besides.
 *  - Routes of a routing protocol come with a link and, on an interface, a gateway there.
 *  - A tunnel is up for routing while it is enabled, its source is one of our addresses, and its
 *    destination resolves to a next hop on an interface. Whether traffic can pass yet (ARP, IPsec)
 *    does not matter here: a protected tunnel needs traffic before it negotiates.
 *  - A prefix that is routed into a protected tunnel stays with it while the tunnel is down and no
 *    other route to the same prefix can take over: the dataplane drops there. Else a less specific
 *    route would send in the clear what should be protected.
 *  - A route that would send a tunnel's own outer packets into that tunnel (recursive routing) is
 *    suppressed: the next best route leads to the far end, and the tunnel stays up. This follows
 *    from the routes alone, so nothing flaps. A route of a routing protocol is suppressed as well
 *    when it would send them into another tunnel while there is a way without: else a path around a
 *    tunnel that is down would keep it down for ever.
 *    What a static route would have sent into a protected tunnel is dropped then, but for the far
 *    end itself.
 *  - A tunnel that has no other way than through a tunnel is down for as long as routes say so.
 *  - A tunnel whose far end is pinned to a next hop uses that one alone, and so does all that goes
 *    to the far end: IKE must take the same way.
 */
#ifndef CULVERT_CONTROLPLANE_RIB_H
#define CULVERT_CONTROLPLANE_RIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet.h"
#include "controlplane/rib/rib_common.h"

#define RIB_ADDR   uint32_t
#define RIB_PREFIX struct ip4_prefix
#include "controlplane/rib/rib_api.h"
#undef RIB_ADDR
#undef RIB_PREFIX

#endif
