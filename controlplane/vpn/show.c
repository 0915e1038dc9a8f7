/* SPDX-License-Identifier: BSD-3-Clause */
/* What people read of tunnels' keys and SAs: whether a tunnel has any, which, and why not. */
#include <stdio.h>

#include "controlplane/dataplane/mirror.h"
#include "controlplane/vpn/vpn_int.h"

bool
vpn_tunnel_up(const struct vpn *v, uint32_t tun_id, char *why, size_t len)
{
	const struct vtun *t = vtun_find(v, tun_id);
	const struct vsa *out = vsa_find(v, mirror_sa_out_get(v->cp->mirror, tun_id));

	if (out != NULL && !out->expired)
		return true;
	if (t == NULL || !t->applied)
		snprintf(why, len, "IKE: starting");
	else if (t->problem[0] != '\0')
		snprintf(why, len, "IKE: %s", t->problem);
	else if (t->failure[0] != '\0')
		snprintf(why, len, "IKE: %s", t->failure);
	else if (out != NULL)
		snprintf(why, len, "IKE: the SA has expired, no successor yet");
	else if (t->state == IKE_PEER_IDLE)
		snprintf(why, len,
				ike_peer_can_ask(v->ike, tun_id) ? "waiting for traffic"
								 : "waiting for the peer to call");
	else if (t->state == IKE_PEER_CONNECTING)
		snprintf(why, len, "IKE: negotiating");
	else if (t->state == IKE_PEER_ESTABLISHED)
		snprintf(why, len, "IKE: replacing SAs that are not in the dataplane");
	else
		snprintf(why, len, "IKE: %s", t->why);
	return false;
}

static void
show_fill(const struct vpn *v, const struct vsa *s, struct vpn_sa_show *o)
{
	const struct vtun *t = vtun_find(v, s->tun_id);
	uint64_t now_ms = cp_now_ms();

	*o = (struct vpn_sa_show){ .sa_id = s->sa_id,
		.spi = s->spi,
		.tun_id = s->tun_id,
		.local = s->local,
		.remote = s->remote,
		.local_port = s->local_port,
		.remote_port = s->remote_port,
		.inner_remote = s->inner_remote,
		.inner_local = s->inner_local,
		.tunnel = s->tunnel,
		.window = s->window,
		.dir = (enum chan_sa_dir)s->dir,
		.alg = (enum chan_esp_alg)s->alg,
		.esn = s->esn,
		.soft_s = s->soft_s,
		.hard_s = s->hard_s,
		.restored = s->restored,
		.state = "active" };
	if (now_ms > s->installed_ms)
		o->age_s = (uint32_t)((now_ms - s->installed_ms) / 1000);
	if (s->expired)
		o->state = "expired";
	else if (s->adopted)
		o->state = "adopted";
	else if (t != NULL && t->current > s->child_id)
		o->state = "draining";
}

bool
vpn_next_sa(const struct vpn *v, uint32_t *id, struct vpn_sa_show *out)
{
	for (; *id < v->max_sas; (*id)++) {
		if (v->sas[*id] == NULL)
			continue;
		show_fill(v, v->sas[(*id)++], out);
		return true;
	}
	return false;
}

/* The inbound SA that belongs to an outbound one. */
static const struct vsa *
partner(const struct vpn *v, const struct vsa *out)
{
	const struct vchild *c = vchild_find(v, out->child_id);
	const struct vtun *t = vtun_find(v, out->tun_id);

	if (!out->adopted)
		return c != NULL ? vsa_find(v, c->sa_in) : NULL;
	return t != NULL ? vsa_find(v, t->adopted_in) : NULL;
}

void
vpn_tunnel_sas(const struct vpn *v, uint32_t tun_id, struct vpn_sa_show *in,
		struct vpn_sa_show *out)
{
	const struct vsa *o = vsa_find(v, mirror_sa_out_get(v->cp->mirror, tun_id)), *i;

	*in = *out = (struct vpn_sa_show){ .sa_id = CHAN_NONE };
	if (o == NULL)
		return;
	show_fill(v, o, out);
	i = partner(v, o);
	if (i != NULL)
		show_fill(v, i, in);
}

void
vpn_tunnel_names(const struct vpn *v, uint32_t tun_id, uint32_t *local, uint32_t *remote)
{
	const struct vsa *s = vsa_find(v, mirror_sa_out_get(v->cp->mirror, tun_id));

	if (s == NULL)
		return;
	if (s->inner_local != 0)
		*local = s->inner_local;
	if (s->inner_remote != 0)
		*remote = s->inner_remote;
}

uint32_t
vpn_tunnel_rekeys(const struct vpn *v, uint32_t tun_id)
{
	const struct vtun *t = vtun_find(v, tun_id);

	return t != NULL ? t->n_rekeys : 0;
}

struct ike_engine *
vpn_engine(const struct vpn *v)
{
	return v->ike;
}

bool
vpn_peer_show(const struct vpn *v, const char *tunnel, struct ike_peer_show *out)
{
	return ike_peer_show(v->ike, tunnel, cp_now_ms(), out);
}

const struct tunnel_branch *
vpn_branches(const struct vpn *v, uint32_t *n)
{
	return groups_branches(v->groups, n);
}

uint32_t
vpn_name_addr(const struct vpn *v, const char *tunnel, char *why, size_t len)
{
	return names_addr(v->resolver, tunnel, why, len);
}
