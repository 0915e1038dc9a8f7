/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug crypto`: the last IKE messages in words, in a ring; see util/debug_ring.h. */
#ifndef CULVERT_CONTROLPLANE_VPN_DEBUG_H
#define CULVERT_CONTROLPLANE_VPN_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/ike/ike.h"
#include "controlplane/util/debug_ring.h"

struct vpn;

struct vpn_debug_filter {
	uint8_t version;          /* 1, 2; 0: both */
	char peer[IKE_NAME_MAX];  /* name of the tunnel; "": by @remote alone */
	uint32_t remote;          /* address; 0: any */
};

/* debug_msg.about */
struct vpn_debug_about {
	bool out;
	uint8_t version;
	char peer[IKE_NAME_MAX];
	struct ike_path path;
};

/** Begin, or go on with another filter. Returns the number that the next message will have. */
uint64_t vpn_debug_start(struct vpn *v, const struct vpn_debug_filter *f);
void vpn_debug_stop(struct vpn *v);
/** Its messages; read by debug_ring_read(). */
struct debug_ring *vpn_debug_ring(struct vpn *v);

#endif
