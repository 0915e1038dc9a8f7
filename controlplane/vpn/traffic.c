/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Once a second the dataplane's counters tell IKE which peers were heard, and to whom something was
 * sent: of some thousand SAs in a turn of the event loop.
 */
#include <errno.h>

#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/vpn/vpn_int.h"

#define SAS_PER_TURN 4096

/* Authenticated packets are proof of life (RFC 7296 section 2.4). */
static void
tell_heard(struct vpn *v, const struct vsa *s, const struct chan_client_sa_stats *st,
		uint64_t now_ms)
{
	struct vtun *t = vtun_find(v, s->tun_id);

	if (t == NULL || st->heard_ms > now_ms || now_ms - st->heard_ms <= t->alive_ms)
		return;
	/* What was counted before the SA came belongs to the slot's former owner. */
	if (now_ms - st->heard_ms < s->installed_ms)
		return;
	t->alive_ms = now_ms - st->heard_ms;
	ike_peer_alive(v->ike, t->tun_id, t->alive_ms);
}

/* What passed since the last look: what came in, and that something went out. */
static void
tell_traffic_of(struct vpn *v, const struct chan_client *c, struct vsa *s, uint64_t now_ms)
{
	struct chan_client_sa_stats st;

	if (s == NULL || s->adopted || chan_client_sa_stats(c, s->sa_id, &st) != 0)
		return;
	if (s->dir == CHAN_SA_IN) {
		tell_heard(v, s, &st, now_ms);
	} else if (st.packets != s->packets) {
		s->packets = st.packets;
		ike_peer_sent(v->ike, s->tun_id, now_ms);
	}
}

/* A slice of all SAs. */
static void
tell_traffic(struct vpn *v)
{
	const struct chan_client *c = dplink_client(v->cp->dplink);
	const struct timeval soon = { 0 };
	uint64_t now_ms = cp_now_ms();

	for (uint32_t n = 0; c != NULL && n < SAS_PER_TURN && v->traffic.at < v->max_sas; n++)
		tell_traffic_of(v, c, v->sas[v->traffic.at++], now_ms);
	if (c != NULL && v->traffic.at < v->max_sas)
		evtimer_add(v->traffic.more, &soon);
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	struct vpn *v = arg;

	tell_traffic(v);
	vpn_settle(v);
}

/* Liveness takes no silence for death while answers may have been among what was dropped. */
bool
vpn_input_lost(void *ctx)
{
	struct vpn *v = ctx;
	const struct chan_client *c = dplink_client(v->cp->dplink);
	struct chan_worker_stats all;
	uint64_t lost;
	bool more;

	if (c == NULL || chan_client_worker_stats(c, CHAN_NONE, &all) != 0)
		return false;
	lost = all.punt_drops[CHAN_CLASS_IKE] + all.punt_policed[CHAN_CLASS_IKE];
	more = lost > v->traffic.lost;
	v->traffic.lost = lost; /* less after the dataplane was started anew */
	return more;
}

/* Before a peer is taken for dead: the counters of this second. */
void
vpn_child_look(void *ctx, uint64_t child_id)
{
	struct vpn *v = ctx;
	const struct chan_client *c = dplink_client(v->cp->dplink);
	const struct vchild *child = vchild_find(v, child_id);
	struct vsa *s = child != NULL ? vsa_find(v, child->sa_in) : NULL;
	struct chan_client_sa_stats st;

	if (c != NULL && s != NULL && chan_client_sa_stats(c, s->sa_id, &st) == 0)
		tell_heard(v, s, &st, cp_now_ms());
}

void
vpn_traffic_second(struct vpn *v)
{
	if (vpn_input_lost(v))
		ike_input_lost(v->ike, cp_now_ms());
	if (evtimer_pending(v->traffic.more, NULL))
		return; /* the last look takes that long */
	v->traffic.at = 0;
	tell_traffic(v);
}

int
vpn_traffic_init(struct vpn *v)
{
	v->traffic.more = evtimer_new(v->cp->base, on_more, v);
	return v->traffic.more != NULL ? 0 : -ENOMEM;
}

void
vpn_traffic_fini(struct vpn *v)
{
	if (v->traffic.more != NULL)
		event_free(v->traffic.more);
}
