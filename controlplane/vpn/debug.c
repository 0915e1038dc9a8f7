/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE messages in words, for `debug crypto`; see debug.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

#define UNREAD_MS 60000

static uint64_t
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

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
	struct vpn_debug_msg *m = &v->debug.ring[v->debug.next % VPN_DEBUG_RING];
	char *text;

	if (!is_wanted(v, t) || (text = strdup(t->text)) == NULL)
		return;
	free(m->text);
	*m = (struct vpn_debug_msg){ .seq = v->debug.next++,
		.time_ms = wall_ms(),
		.out = t->out,
		.version = t->version,
		.path = *t->path,
		.text = text };
	strncpy(m->peer, t->peer, sizeof(m->peer) - 1);
}

uint64_t
vpn_debug_start(struct vpn *v, const struct vpn_debug_filter *f)
{
	const struct tunnel_state *s;

	v->debug.filter = *f;
	s = f->peer[0] != '\0' ? tunnels_by_name(v->cp->tunnels, f->peer) : NULL;
	if (s != NULL)
		v->debug.filter.remote = s->remote;
	v->debug.running = true;
	v->debug.read_ms = cp_now_ms();
	ike_trace_on(v->ike, true);
	return v->debug.next;
}

void
vpn_debug_stop(struct vpn *v)
{
	v->debug.running = false;
	ike_trace_on(v->ike, false);
}

bool
vpn_debug_running(const struct vpn *v)
{
	return v->debug.running;
}

uint64_t
vpn_debug_read(struct vpn *v, uint64_t since, uint64_t *lost,
		void (*fn)(void *arg, const struct vpn_debug_msg *m), void *arg)
{
	uint64_t next = v->debug.next;
	uint64_t oldest = next > VPN_DEBUG_RING ? next - VPN_DEBUG_RING : 0;

	v->debug.read_ms = cp_now_ms();
	*lost = since < oldest ? oldest - since : 0;
	for (uint64_t i = since < oldest ? oldest : since; i < next; i++)
		fn(arg, &v->debug.ring[i % VPN_DEBUG_RING]);
	return next;
}

void
vpn_debug_second(struct vpn *v, uint64_t now_ms)
{
	if (!v->debug.running || now_ms < v->debug.read_ms + UNREAD_MS)
		return;
	log_notice("vpn", "debug crypto ends: nobody has read it for %u s", UNREAD_MS / 1000);
	vpn_debug_stop(v);
}

void
vpn_debug_free(struct vpn *v)
{
	for (size_t i = 0; i < VPN_DEBUG_RING; i++)
		free(v->debug.ring[i].text);
}
