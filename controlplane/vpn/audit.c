/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Do IKE, this process's records and the dataplane agree on which SAs there are? They should at any
 * time when no command is on its way. Once in a while all are compared, and what differs twice, two
 * seconds apart, is counted, logged and put right:
 *
 *	an SA of ours is not in the dataplane, or another one is	negotiated anew
 *	the dataplane has an SA that nobody here knows			removed there
 *	a tunnel sends with another SA, or is not in the dataplane	a resync
 *	IKE has a Child SA without SAs, or there are SAs without one	as the first; removed
 */
#include <errno.h>
#include <stdlib.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

#define AGAIN_MS 2000 /* what differs is looked at again before anything is done */
#define LINES    20   /* log lines of one audit */

static const char *const names[VPN_N_AUDIT] = {
	[VPN_AUDIT_SA_MISSING] = "sa_missing",
	[VPN_AUDIT_SA_EXTRA] = "sa_extra",
	[VPN_AUDIT_SA_OUT] = "sa_out_wrong",
	[VPN_AUDIT_TUNNEL] = "tunnel_missing",
	[VPN_AUDIT_CHILD_MISSING] = "child_without_sas",
	[VPN_AUDIT_CHILD_EXTRA] = "sas_without_child",
};

const char *
vpn_audit_name(enum vpn_audit_kind kind)
{
	return names[kind];
}

struct look {
	struct vpn *v;
	const struct chan_client *c;
	bool repair;
	uint32_t n, lines;
	uint64_t now_ms;
	uint32_t n_again; /* Child SAs to be negotiated anew */
	uint64_t again[64];
};

/* One finding. True: do something about it. */
static bool
found(struct look *l, enum vpn_audit_kind kind, const char *what, uint32_t id)
{
	l->n++;
	if (!l->repair)
		return false;
	l->v->audit.found[kind]++;
	if (l->lines++ < LINES)
		log_warning("vpn", "audit: %s (%s %u): repaired", what, names[kind], id);
	return true;
}

static void
look_at_sas(struct look *l)
{
	struct vpn *v = l->v;
	struct chan_sa_info info;

	for (uint32_t id = 0; id < v->max_sas; id++) {
		const struct vsa *s = v->sas[id];
		bool there = chan_client_sa_info(l->c, id, &info) == 0;

		if (s == NULL) {
			if (there && found(l, VPN_AUDIT_SA_EXTRA, "an SA that nobody knows", id))
				mirror_sa_stray(v->cp->mirror, id, info.spi);
			continue;
		}
		if (there && info.spi == s->spi && info.tun_id == s->tun_id && info.dir == s->dir &&
				(!info.dead || s->expired))
			continue;
		if (!s->adopted) {
			const struct vchild *c = vchild_find(v, s->child_id);

			if (c == NULL || c->lost)
				continue; /* seen to already */
		}
		if (found(l, VPN_AUDIT_SA_MISSING, "an SA is not in the dataplane", id))
			vpn_sa_gone(v, id, "found by the audit");
	}
}

/* True: the dataplane is to be told everything once more. */
static bool
look_at_tunnels(struct look *l)
{
	struct vpn *v = l->v;
	struct chan_tun_info info;
	bool resync = false;

	for (uint32_t i = 0; i < tunnels_n(v->cp->tunnels); i++) {
		const struct tunnel_state *s = tunnels_at(v->cp->tunnels, i);

		if (s->tun_id == CHAN_NONE || chan_client_tun_info(l->c, s->tun_id, &info) != 0 ||
				vtun_find(v, s->tun_id) == NULL)
			continue;
		if (!info.present || info.cookie != s->cookie)
			resync |= found(l, VPN_AUDIT_TUNNEL, "a tunnel is not in the dataplane",
					s->tun_id);
		else if (info.sa_out != mirror_sa_out_get(v->cp->mirror, s->tun_id))
			resync |= found(l, VPN_AUDIT_SA_OUT, "a tunnel sends with another SA",
					s->tun_id);
	}
	return resync;
}

static void
look_at_child(void *arg, uint64_t id, uint32_t tun_id)
{
	struct look *l = arg;
	const size_t room = sizeof(l->again) / sizeof(l->again[0]);

	if (vchild_find(l->v, id) != NULL || l->n_again == room)
		return;
	if (found(l, VPN_AUDIT_CHILD_MISSING, "a Child SA has no SAs", tun_id))
		l->again[l->n_again++] = id; /* the engine is not called from its own walk */
}

static void
look_at_children(struct look *l)
{
	struct vpn *v = l->v;
	struct hmap_iter it = { 0 };

	ike_for_each_child(v->ike, look_at_child, l);
	for (uint32_t i = 0; i < l->n_again; i++)
		ike_child_rekey(v->ike, l->again[i], true, l->now_ms);
	for (struct hnode *h; (h = hmap_next(&v->children, &it)) != NULL;) {
		const struct vchild *c = HMAP_ENTRY(h, struct vchild, node);

		if (!ike_child_exists(v->ike, h->key) &&
				found(l, VPN_AUDIT_CHILD_EXTRA, "SAs without a Child SA",
						c->tun_id))
			vpn_child_del(v, h->key);
	}
}

static void
audit(struct vpn *v, const struct chan_client *c, uint64_t now_ms)
{
	struct look l = { .v = v, .c = c, .repair = v->audit.suspect, .now_ms = now_ms };

	look_at_children(&l);
	look_at_sas(&l);
	if (look_at_tunnels(&l) && mirror_attach(v->cp->mirror, chan_client_boot_id(c)) != 0)
		log_error("vpn", "audit: the dataplane could not be told");
	if (l.repair)
		vpn_settle(v);
	v->audit.suspect = !l.repair && l.n > 0;
	if (!v->audit.suspect) {
		v->audit.n_runs++;
		v->audit.last_ms = now_ms;
	}
}

void
vpn_audit_second(struct vpn *v, uint64_t now_ms)
{
	const struct chan_client *c = dplink_client(v->cp->dplink);
	uint64_t every_ms = (uint64_t)v->cp->cfg->system.audit_s * 1000;

	if (every_ms == 0 || c == NULL || !v->applied || mirror_syncing(v->cp->mirror))
		return;
	if (v->audit.due_ms == 0 || v->audit.due_ms > now_ms + every_ms)
		v->audit.due_ms = now_ms + every_ms;
	/* Only when nothing is on its way; else in the next second. */
	if (now_ms < v->audit.due_ms || chan_client_n_pending(c) != 0)
		return;
	audit(v, c, now_ms);
	v->audit.due_ms = now_ms + (v->audit.suspect ? AGAIN_MS : every_ms);
}

void
vpn_audit_show(const struct vpn *v, struct vpn_audit_show *out)
{
	*out = (struct vpn_audit_show){ .n_runs = v->audit.n_runs, .last_ms = v->audit.last_ms };
	for (unsigned int i = 0; i < VPN_N_AUDIT; i++)
		out->found[i] = v->audit.found[i];
}
