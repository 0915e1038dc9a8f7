/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of virtual routers that are active together: the LAN's and the WAN's side of a router.
 * One alone must not become active while another cannot: while it is out of action, or hears an
 * active router that it has to heed. When one yields, or fails, the others yield, with priority 0,
 * so that the other router has both sides within a skew time.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/vrrp/vrrp_int.h"

static bool
together(const struct vrrp_vr *v, const struct vrrp_vr *o)
{
	return o != v && v->cfg.sync[0] != '\0' && strcmp(o->cfg.sync, v->cfg.sync) == 0;
}

const char *
vrrp_sync_hinders(const struct vrrp_engine *e, const struct vrrp_vr *v)
{
	const struct vrrp_vr *o;

	TAILQ_FOREACH (o, &e->list, link)
		if (together(v, o) && (o->state == VRRP_INIT ||
						      (o->state == VRRP_BACKUP && o->heard)))
			return o->cfg.name;
	return NULL;
}

void
vrrp_sync_activated(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	char why[VRRP_REASON_MAX];
	struct vrrp_vr *o;

	snprintf(why, sizeof(why), "together with %s", v->cfg.name);
	TAILQ_FOREACH (o, &e->list, link)
		if (together(v, o) && o->state == VRRP_BACKUP)
			vrrp_fsm_activate(e, o, why, now_ms);
}

void
vrrp_sync_yielded(struct vrrp_engine *e, struct vrrp_vr *v, uint64_t now_ms)
{
	char why[VRRP_REASON_MAX];
	struct vrrp_vr *o;

	snprintf(why, sizeof(why), "together with %s", v->cfg.name);
	TAILQ_FOREACH (o, &e->list, link)
		if (together(v, o) && o->state == VRRP_ACTIVE)
			vrrp_fsm_yield(e, o, why, now_ms);
}
