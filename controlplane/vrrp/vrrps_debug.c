/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug vrrp`: what the engine tells, for whom somebody wants to see; see vrrps.h. */
#include <assert.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/iface/iface.h"
#include "controlplane/vrrp/vrrp.h"
#include "controlplane/vrrp/vrrps_int.h"

static bool
is_wanted(const struct vrrp_debug_filter *f, const struct vrrp_trace *t)
{
	if (f->group != 0 && f->group != t->vrid)
		return false;
	if (f->topic != VRRP_DEBUG_ALL && (int)f->topic != (int)t->kind + 1)
		return false;
	static_assert(VRRP_DEBUG_PACKETS == VRRP_TRACE_PACKET + 1 &&
			VRRP_DEBUG_ERRORS == VRRP_TRACE_ERROR + 1 &&
			VRRP_DEBUG_EVENTS == VRRP_TRACE_EVENT + 1, "in the same order");
	return ip6_is_zero(&f->neighbor) ||
			(t->peer != NULL && ip6_equal(t->peer, &f->neighbor));
}

void
vrrps_debug_trace(void *ctx, const struct vrrp_trace *t)
{
	struct vrrps *x = ctx;
	const struct vrrp_debug_filter *f = &x->debug_filter;
	struct vrrp_debug_about about = { .vrid = t->vrid, .ip6 = t->ip6, .out = t->out };

	if (debug_ring_unread(&x->debug, cp_now_ms())) {
		log_notice("vrrp", "debug vrrp ends: nobody has read it for a minute");
		vrrps_debug_stop(x);
	}
	if (!x->debug.running || !is_wanted(f, t))
		return;
	strncpy(about.interface, ifaces_name(x->cp->ifaces, t->if_id), sizeof(about.interface) - 1);
	if (f->interface[0] != '\0' && strcmp(f->interface, about.interface) != 0)
		return;
	if (t->peer != NULL)
		about.peer = *t->peer;
	debug_ring_add(&x->debug, t->text, &about, sizeof(about));
}

uint64_t
vrrps_debug_start(struct vrrps *x, const struct vrrp_debug_filter *f)
{
	x->debug_filter = *f;
	vrrp_trace_on(x->engine, true);
	return debug_ring_start(&x->debug, cp_now_ms());
}

void
vrrps_debug_stop(struct vrrps *x)
{
	debug_ring_stop(&x->debug);
	vrrp_trace_on(x->engine, false);
}

struct debug_ring *
vrrps_debug_ring(struct vrrps *x)
{
	return &x->debug;
}
