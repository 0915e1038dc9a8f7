/* SPDX-License-Identifier: BSD-3-Clause */
/* What vrrps.c and vrrps_io.c share. */
#ifndef CULVERT_CONTROLPLANE_VRRPS_INT_H
#define CULVERT_CONTROLPLANE_VRRPS_INT_H

#include <event2/event.h>

#include "controlplane/vrrp/vrrp.h"
#include "controlplane/vrrp/vrrps.h"

struct vrrps {
	struct cp *cp;
	struct vrrp_engine *engine;
	struct event *timer;
	bool synced;
	bool leaving;
	bool role_changed; /* since IKE was told */
	bool updating; /* within vrrps_update(): what changes is named by who called it */
};

/* vrrps_io.c: the engine's packets and announcements, as frames. */
void vrrps_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to);
void vrrps_announce(void *ctx, const struct vrrp_cfg *c);
/** ARP and neighbour discovery answer at the virtual addresses of the roles of now. */
void vrrps_answer(struct vrrps *x, uint32_t if_id);

#endif
