/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The peers of all protected tunnels given to the engine, a few in each turn of the event loop:
 * with ten thousand of them this takes a second or so, after a crash with all their SAs taken up
 * (restore.c), and everything else keeps its time meanwhile.
 *
 * A walk goes round the list of tunnels, from where the last one stood; when it is to begin anew
 * before it has ended, it goes round once more from there. What cannot wait for its turn is given
 * at once: a tunnel that the dataplane tells of, or the peers at the address that a message comes
 * from. Until the first walk has ended a message that no such peer is there for is not looked at,
 * not refused: it is sent again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/config/model.h"
#include "controlplane/ike/ike_wire.h"
#include "controlplane/pki/pki.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/peer.h"
#include "controlplane/vpn/vpn_int.h"
#include "controlplane/vrrp/vrrps.h"

#define TURN_MS 5
#define AT_ONCE 16 /* peers at one address that one message may be for */

/* A tunnel by the address of its far end, for the first walk. */
struct by_remote {
	uint32_t remote;
	uint32_t tun_id;
};

/* ---- one peer ---------------------------------------------------------------------------- */

/* Bound to a virtual router of which another is the active one: that one calls. */
static bool
is_standby(const struct vpn *v, const struct cfg_ike_profile *p)
{
	return p->redundancy[0] != '\0' && !vrrps_is_active(v->cp->vrrps, p->redundancy);
}

static void
peer_apply(struct vpn *v, const struct cfg_key_index *keys, const struct cfg_tunnel *ct,
		struct vtun *t)
{
	struct ike_peer_cfg cfg;
	struct cfg_tunnel far;
	bool several = cfg_far_end(ct, names_at(v->resolver, ct->name), &far);
	int err;

	t->applied = true;
	t->walk = v->apply.walk;
	err = peer_build(v->cp->cfg, keys, several ? &far : ct, t->tun_id, &cfg, t->problem,
			sizeof(t->problem));
	if (err == 0)
		err = peer_add_cred(v->cp->cfg, ct,
				pki_find(v->pki, cfg_profile_of(v->cp->cfg, ct)->trustpoint), &cfg,
				t->problem, sizeof(t->problem));

	if (err == 0 && ct->destination_name[0] != '\0') {
		cfg.remote = names_addr(v->resolver, ct->name, NULL, 0);
		cfg.named = true;
	}
	if (err == 0 && is_standby(v, cfg_profile_of(v->cp->cfg, ct)))
		cfg.initiate = cfg.may_initiate = false;
	if (err == 0) {
		t->problem[0] = '\0';
		t->may_initiate = cfg.may_initiate;
		v->by_operator = true;
		err = ike_peer_set(v->ike, &cfg, cp_now_ms());
		v->by_operator = false;
		if (err != 0)
			snprintf(t->problem, sizeof(t->problem), "peer was refused: %s",
					strerror(-err));
	}
	explicit_bzero(&cfg, sizeof(cfg));
	if (err != 0)
		log_error("vpn", "%s: %s", t->peer, t->problem);
}

static const struct cfg_key_index *
keys_of(struct vpn *v)
{
	if (v->apply.keys == NULL)
		v->apply.keys = cfg_key_index_new(v->cp->cfg);
	if (v->apply.keys == NULL)
		log_error("vpn", "out of memory");
	return v->apply.keys;
}

void
vpn_apply_config_gone(struct vpn *v)
{
	cfg_key_index_free(v->apply.keys);
	v->apply.keys = NULL;
}

/* In this walk; nothing if it has had its turn. */
static void
tunnel_apply(struct vpn *v, const struct tunnel_state *s)
{
	struct vtun *t = s->tun_id != CHAN_NONE ? vtun_find(v, s->tun_id) : NULL;
	const struct cfg_tunnel *ct = tunnels_cfg_of(v->cp->tunnels, s), *line_of;
	const struct cfg_key_index *keys;

	if (t == NULL || t->walk == v->apply.walk || !vpn_is_protected(ct) ||
			strcmp(t->peer, s->name) != 0 || /* another one has its id: vpn_prune() */
			(keys = keys_of(v)) == NULL)
		return;
	/* Its Child SAs are under the IKE SA of another one: that comes first. */
	line_of = cfg_line_of(v->cp->cfg, ct->name);
	if (line_of != NULL && tunnels_by_name(v->cp->tunnels, line_of->name) != NULL)
		tunnel_apply(v, tunnels_by_name(v->cp->tunnels, line_of->name));
	peer_apply(v, keys, ct, t);
	if (!v->applied)
		vpn_restored_one(v, t);
}

/* ---- all of them ------------------------------------------------------------------------- */

static void
ended(struct vpn *v)
{
	vpn_apply_config_gone(v);
	free(v->apply.at);
	v->apply.at = NULL;
	v->apply.n_at = 0;
	if (!v->applied) {
		vpn_restored(v);
		vpn_synced(v);
	}
	tunnels_check_soon(v->cp->tunnels); /* what is wrong with a peer may have changed */
	vpn_settle(v);
	if (v->apply.role_changed)
		vpn_role_changed(v);
}

/* A turn of the walk, or all that is left of it. */
static void
go_on(struct vpn *v, bool all)
{
	uint64_t end_ms = cp_now_ms() + TURN_MS;
	uint32_t n = tunnels_n(v->cp->tunnels), n_done = 0;
	const struct timeval soon = { 0 };

	if (!v->apply.walking)
		return;
	if (v->apply.left > n)
		v->apply.left = n;
	for (; v->apply.left > 0; v->apply.left--) {
		if (!all && (n_done++ == v->apply.per_turn || cp_now_ms() >= end_ms))
			break;
		if (v->apply.next >= n)
			v->apply.next = 0;
		tunnel_apply(v, tunnels_at(v->cp->tunnels, v->apply.next++));
	}
	if (v->apply.left > 0) {
		evtimer_add(v->apply.more, &soon);
		vpn_settle(v);
		return;
	}
	v->apply.walking = false;
	ended(v);
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	go_on(arg, false);
}

static int
remote_cmp(const void *a, const void *b)
{
	uint32_t x = ((const struct by_remote *)a)->remote;
	uint32_t y = ((const struct by_remote *)b)->remote;

	return x < y ? -1 : x > y;
}

/* Without memory for it messages wait for the end of the walk. */
static void
index_remotes(struct vpn *v)
{
	const struct tunnels *x = v->cp->tunnels;

	free(v->apply.at);
	v->apply.n_at = 0;
	v->apply.at = calloc(tunnels_n(x) + 1u, sizeof(*v->apply.at));
	for (uint32_t i = 0; v->apply.at != NULL && i < tunnels_n(x); i++) {
		const struct tunnel_state *s = tunnels_at(x, i);

		if (s->remote != 0 && s->tun_id != CHAN_NONE)
			v->apply.at[v->apply.n_at++] = (struct by_remote){ .remote = s->remote,
				.tun_id = s->tun_id };
	}
	if (v->apply.n_at > 0)
		qsort(v->apply.at, v->apply.n_at, sizeof(*v->apply.at), remote_cmp);
}

static void
names_apply(struct vpn *v)
{
	const struct cfg_system *sys = &v->cp->cfg->system;
	int err = 0;

	names_configure(v->resolver, sys->name_servers, sys->name_refresh_s);
	names_begin(v->resolver);
	for (uint32_t i = 0; i < tunnels_n(v->cp->tunnels) && err == 0; i++) {
		const struct cfg_tunnel *t = tunnels_cfg(v->cp->tunnels, i);

		if (!t->enabled || t->destination_name[0] == '\0')
			continue;
		err = names_want(v->resolver, t->name, t->destination_name);
		if (err == 0 && !v->applied)
			names_go_on_at(v->resolver, t->name,
					tunnels_at(v->cp->tunnels, i)->remote);
	}
	names_end(v->resolver);
	if (err != 0)
		log_error("vpn", "out of memory");
	names_second(v->resolver, cp_now_ms());
}

static void
limits_apply(struct vpn *v)
{
	const struct cfg_ike_limits *c = &v->cp->cfg->ike_limits;
	struct ike_limits lim = { .cookie_threshold = c->cookie,
		.max_half_open = c->half_open,
		.max_half_open_per_ip = c->half_open_addr,
		.max_sas = c->sas };

	ike_limits_set(v->ike, &lim);
}

void
vpn_apply(struct vpn *v)
{
	const struct cfg_key_index *keys;

	vpn_apply_config_gone(v);
	keys = keys_of(v);
	if (keys == NULL)
		return;
	limits_apply(v);
	pki_apply(v->pki, v->cp->cfg);
	names_apply(v);
	v->names_changed = false;
	groups_apply(v->groups, v->cp->cfg, keys);
	if (!v->applied)
		index_remotes(v);
	v->apply.walk++;
	v->apply.left = tunnels_n(v->cp->tunnels);
	v->apply.walking = true;
	go_on(v, false);
}

void
vpn_apply_rest(struct vpn *v)
{
	go_on(v, true);
}

void
vpn_apply_detached(struct vpn *v)
{
	/* The records are still there; whatever else is missing is begun anew at the next
	 * attachment. */
	if (!v->applied)
		vpn_apply_rest(v);
	v->apply.walking = false;
	evtimer_del(v->apply.more);
}

/* ---- out of turn ------------------------------------------------------------------------- */

void
vpn_apply_tun(struct vpn *v, uint32_t tun_id)
{
	const struct tunnel_state *s;

	if (v->apply.walk == 0)
		return; /* before the first one */
	s = tunnels_by_id(v->cp->tunnels, tun_id);
	if (s != NULL)
		tunnel_apply(v, s);
}

/* The first of those at @remote, or where it would be. */
static uint32_t
first_at(const struct vpn *v, uint32_t remote)
{
	uint32_t lo = 0, hi = v->apply.n_at;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (v->apply.at[mid].remote < remote)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
vpn_apply_for(struct vpn *v, uint32_t remote, const uint8_t *msg, size_t len)
{
	struct rd r = rd_init(msg, len);
	struct ike_hdr h;
	uint32_t n = 0;

	if (v->applied)
		return true;
	/* Who calls anew may be anybody: the peers that are not there yet, too. */
	if (!v->apply.walking || ike_hdr_parse(&r, &h) != 0 || h.spi_r == 0)
		return false;
	for (uint32_t i = first_at(v, remote);
			i < v->apply.n_at && v->apply.at[i].remote == remote; i++) {
		const struct vtun *t = vtun_find(v, v->apply.at[i].tun_id);

		if (t == NULL)
			continue;
		if (n++ == AT_ONCE)
			return false;
		vpn_apply_tun(v, t->tun_id);
	}
	return n > 0;
}

/* ---- roles ------------------------------------------------------------------------------- */

void
vpn_role_changed(struct vpn *v)
{
	bool any = false;

	for (uint32_t i = 0; i < v->cp->cfg->n_ike_profiles; i++)
		any = any || v->cp->cfg->ike_profiles[i].redundancy[0] != '\0';
	v->apply.role_changed = any && !v->applied && v->apply.walking;
	if (!any || !v->applied)
		return;
	vpn_apply(v);
	for (uint32_t i = 0; i < tunnels_n(v->cp->tunnels); i++) {
		const struct cfg_tunnel *ct = tunnels_cfg(v->cp->tunnels, i);
		struct vpn_clear_what what = { .tunnel = ct->name };
		uint32_t n_peers;

		if (vpn_is_protected(ct) && is_standby(v, cfg_profile_of(v->cp->cfg, ct)) &&
				vpn_clear(v, &what, &n_peers) != 0)
			log_notice("vpn", "%s: its SAs go, another router is active", ct->name);
	}
}

/* ---- life -------------------------------------------------------------------------------- */

int
vpn_apply_init(struct vpn *v)
{
	v->apply.per_turn = VPN_PEERS_PER_TURN;
	v->apply.more = evtimer_new(v->cp->base, on_more, v);
	return v->apply.more != NULL ? 0 : -ENOMEM;
}

void
vpn_apply_fini(struct vpn *v)
{
	vpn_apply_config_gone(v);
	free(v->apply.at);
	if (v->apply.more != NULL)
		event_free(v->apply.more);
}
