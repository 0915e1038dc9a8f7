/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE messages in words, for `debug crypto`; see debug.h. */
#include <string.h>

#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

static bool
is_wanted(const struct vpn *v, const struct ike_trace *t)
{
	const struct vpn_debug_filter *f = &v->debug.filter;

	if (f->version != 0 && f->version != t->version)
		return false;
	if (f->peer[0] == '\0')
		return f->remote == 0 || f->remote == t->path->remote;
	/* Before it is known whose message it is, its address decides. */
	return strcmp(f->peer, t->peer) == 0 ||
	       (t->peer[0] == '\0' && f->remote != 0 && f->remote == t->path->remote);
}

void
vpn_debug_trace(void *ctx, const struct ike_trace *t)
{
	struct vpn *v = ctx;
	struct vpn_debug_about about = { .out = t->out, .version = t->version, .path = *t->path };

	if (!is_wanted(v, t))
		return;
	strncpy(about.peer, t->peer, sizeof(about.peer) - 1);
	debug_ring_add(&v->debug.ring, t->text, &about, sizeof(about));
}

uint64_t
vpn_debug_start(struct vpn *v, const struct vpn_debug_filter *f)
{
	const struct tunnel_state *s;

	v->debug.filter = *f;
	s = f->peer[0] != '\0' ? tunnels_by_name(v->cp->tunnels, f->peer) : NULL;
	if (s != NULL)
		v->debug.filter.remote = s->remote;
	ike_trace_on(v->ike, true);
	return debug_ring_start(&v->debug.ring, cp_now_ms());
}

void
vpn_debug_stop(struct vpn *v)
{
	debug_ring_stop(&v->debug.ring);
	ike_trace_on(v->ike, false);
}

struct debug_ring *
vpn_debug_ring(struct vpn *v)
{
	return &v->debug.ring;
}

void
vpn_debug_second(struct vpn *v, uint64_t now_ms)
{
	if (!debug_ring_unread(&v->debug.ring, now_ms))
		return;
	log_notice("vpn", "debug crypto ends: nobody has read it for a minute");
	vpn_debug_stop(v);
}

void
vpn_debug_free(struct vpn *v)
{
	debug_ring_fini(&v->debug.ring);
}
