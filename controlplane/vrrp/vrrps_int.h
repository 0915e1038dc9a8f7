/* SPDX-License-Identifier: BSD-3-Clause */
/* What vrrps.c and vrrps_io.c share. */
#ifndef CULVERT_CONTROLPLANE_VRRPS_INT_H
#define CULVERT_CONTROLPLANE_VRRPS_INT_H

#include <event2/event.h>

#include "controlplane/vrrp/vrrp.h"
#include "controlplane/vrrp/vrrps.h"
#include "controlplane/util/kept.h"

struct vrrps {
	struct cp *cp;
	struct vrrp_engine *engine;
	struct event *timer;
	bool synced;
	bool leaving;
	bool kept; /* @keep was opened, or could not be */
	struct kept keep;
	bool role_changed; /* since IKE was told */
	struct debug_ring debug;
	struct vrrp_debug_filter debug_filter;
	bool updating; /* within vrrps_update(): what changes is named by who called it */
};

/* vrrps.c */
/** Its name in the file of roles. Returns @buf. */
char *vrrps_keep_name(const struct vrrp_cfg *c, char buf[KEPT_NAME]);
/** Is it active; or was it until a moment ago, and is about to go on? */
bool vrrps_holds(const struct vrrps *x, const struct vrrp_vr *v);

/* vrrps_debug.c: ops.trace */
void vrrps_debug_trace(void *ctx, const struct vrrp_trace *t);

/* vrrps_io.c: the engine's packets and announcements, as frames. */
void vrrps_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to);
void vrrps_announce(void *ctx, const struct vrrp_cfg *c);
/** ARP and neighbour discovery answer at the virtual addresses of the roles of now. */
void vrrps_answer(struct vrrps *x, uint32_t if_id);

#endif
