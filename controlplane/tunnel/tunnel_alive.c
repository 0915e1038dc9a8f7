/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keepalives of the configured tunnels: sent into the tunnel, whatever protects it, and known to be
 * answered by what the dataplane hands back. A tunnel whose far end does not answer is taken out of
 * the routing; its SAs stay, and so do the keepalives, which bring it back.
 */
#include <errno.h>
#include <event2/event.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/tunnel/tunnel_int.h"
#include "controlplane/vpn/vpn.h"

static void
alive_send(void *ctx, uint32_t id)
{
	struct tunnels *x = ctx;
	const struct tunnel_state *s = tunnels_by_id(x, id);
	const struct cfg_tunnel *t;
	uint32_t local, remote;
	uint8_t buf[KEEPALIVE_LEN];
	size_t len;

	if (s == NULL || s->remote == 0)
		return;
	t = tunnels_cfg_of(x, s);
	local = t->source;
	remote = s->remote;
	vpn_tunnel_names(x->cp->vpn, id, &local, &remote);
	len = keepalive_build(buf, local, remote, t->has_key, t->key);
	dplink_inject(x->cp->dplink, CHAN_INJECT_TUN, id, buf, len);
}

static void
alive_changed(void *ctx, uint32_t id, bool lost)
{
	struct tunnels *x = ctx;

	if (tunnels_by_id(x, id) == NULL)
		return;
	x->at[x->by_id[id] - 1].lost = lost;
	reconcile_soon(x->cp->reconcile);
}

void
tunnels_tick(struct tunnels *x, uint64_t now_ms)
{
	/* While there is no dataplane nobody can answer: the clock stands still. */
	if (!x->cp->stopping && dplink_client(x->cp->dplink) != NULL)
		keepalives_tick(x->keepalives, now_ms);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	tunnels_tick(arg, cp_now_ms());
}

int
tunnels_alive_init(struct tunnels *x)
{
	struct keepalive_io io = { .send = alive_send, .changed = alive_changed, .ctx = x };

	x->keepalives = keepalives_new(&io);
	x->tick = event_new(x->cp->base, -1, EV_PERSIST, on_tick, x);
	return x->keepalives != NULL && x->tick != NULL ? 0 : -ENOMEM;
}

void
tunnels_alive_fini(struct tunnels *x)
{
	if (x->tick != NULL)
		event_free(x->tick);
	keepalives_free(x->keepalives);
}

int
tunnels_alive_update(struct tunnels *x)
{
	struct timeval every = { .tv_usec = KEEPALIVE_TICK_MS * 1000 };
	uint64_t now_ms = cp_now_ms();
	int err = 0;

	for (uint32_t id = 0; id < x->n_by_id; id++)
		if (x->by_id[id] == 0)
			keepalives_set(x->keepalives, id, 0, 0, now_ms);
	for (uint32_t i = 0; i < x->n && err == 0; i++) {
		const struct cfg_tunnel *t = tunnels_cfg(x, i);
		bool on = t->enabled && t->mode == CFG_TUNNEL_GRE;

		if (x->at[i].tun_id == CHAN_NONE)
			continue;
		err = keepalives_set(x->keepalives, x->at[i].tun_id, on ? t->keepalive_s : 0,
				t->keepalive_retries, now_ms);
		x->at[i].lost = keepalives_lost(x->keepalives, x->at[i].tun_id);
	}
	if (keepalives_n(x->keepalives) == 0)
		event_del(x->tick);
	else if (!event_pending(x->tick, EV_TIMEOUT, NULL))
		event_add(x->tick, &every);
	return err;
}

void
tunnels_keepalive(struct tunnels *x, const struct chan_pkt *pkt)
{
	if (tunnels_by_id(x, pkt->tun_id) != NULL)
		keepalives_heard(x->keepalives, pkt->tun_id, cp_now_ms());
}

struct keepalive_counts
tunnels_keepalive_counts(const struct tunnels *x, uint32_t tun_id)
{
	return keepalives_counts(x->keepalives, tun_id);
}
