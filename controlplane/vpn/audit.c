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
 *
 * With ten thousand tunnels a look takes many turns of the loop, some thousand entries in each. What
 * comes or goes between two turns may be looked at or not; each entry is compared when no command is
 * on its way, so that one that changes meanwhile agrees before and after.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

#define AGAIN_MS 2000 /* what differs is looked at again before anything is done */
#define LINES    20   /* log lines of one audit */
#define PER_TURN 2048 /* entries that are looked at in a turn of the loop */
#define BUSY_MS  10   /* until the next turn, when a command is on its way */

#define REPAIRS_PER_TURN 64
#define CHILDREN_MAX     16 /* of one peer, the others in the next audit */

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

enum stage {
	LOOK_NONE, /* no look is under way */
	LOOK_CHILDREN,
	LOOK_RECORDS,
	LOOK_SAS,
	LOOK_TUNNELS,
	LOOK_END,
};

/* One finding. True: do something about it. */
static bool
found(struct vpn *v, enum vpn_audit_kind kind, const char *what, uint32_t id)
{
	v->audit.n++;
	if (!v->audit.suspect)
		return false;
	v->audit.repairs++;
	v->audit.found[kind]++;
	if (v->audit.lines++ < LINES)
		log_warning("vpn", "audit: %s (%s %u): repaired", what, names[kind], id);
	return true;
}

/* ---- steps: false, the stage has come to its end ------------------------------------------- */

struct children {
	const struct vpn *v;
	uint32_t n;
	uint64_t lost[CHILDREN_MAX];
};

static void
look_at_child(void *arg, uint64_t id)
{
	struct children *k = arg;

	if (k->n < CHILDREN_MAX && vchild_find(k->v, id) == NULL)
		k->lost[k->n++] = id;
}

/* Those of one peer. */
static bool
step_children(struct vpn *v)
{
	struct children k = { .v = v };
	uint32_t tun_id;

	if (!ike_walk_children(v->audit.walk, look_at_child, &k, &tun_id))
		return false;
	/* The engine is not called from its own walk. */
	for (uint32_t i = 0; i < k.n; i++)
		if (found(v, VPN_AUDIT_CHILD_MISSING, "a Child SA has no SAs", tun_id))
			ike_child_rekey(v->ike, k.lost[i], true, cp_now_ms());
	return true;
}

static bool
step_records(struct vpn *v)
{
	struct hnode *h, *next;

	if (v->audit.scan.done)
		return false;
	for (h = hmap_scan(&v->children, &v->audit.scan); h != NULL; h = next) {
		const struct vchild *c = HMAP_ENTRY(h, struct vchild, node);

		next = h->next;
		if (!ike_child_exists(v->ike, h->key) &&
				found(v, VPN_AUDIT_CHILD_EXTRA, "SAs without a Child SA",
						c->tun_id))
			vpn_child_del(v, h->key);
	}
	return true;
}

static bool
step_sas(struct vpn *v, const struct chan_client *c)
{
	uint32_t id = v->audit.sa_id;
	struct chan_sa_info info;
	const struct vsa *s;
	bool there;

	if (id >= v->max_sas)
		return false;
	v->audit.sa_id++;
	s = v->sas[id];
	there = chan_client_sa_info(c, id, &info) == 0;
	if (s == NULL) {
		if (there && found(v, VPN_AUDIT_SA_EXTRA, "an SA that nobody knows", id))
			mirror_sa_stray(v->cp->mirror, id, info.spi);
		return true;
	}
	if (there && info.spi == s->spi && info.tun_id == s->tun_id && info.dir == s->dir &&
			(!info.dead || s->expired))
		return true;
	if (!s->adopted) {
		const struct vchild *k = vchild_find(v, s->child_id);

		if (k == NULL || k->lost)
			return true; /* seen to already */
	}
	if (found(v, VPN_AUDIT_SA_MISSING, "an SA is not in the dataplane", id))
		vpn_sa_gone(v, id, "found by the audit");
	return true;
}

static bool
step_tunnels(struct vpn *v, const struct chan_client *c)
{
	uint32_t id = v->audit.tun_id;
	const struct tunnel_state *s;
	struct chan_tun_info info;

	if (chan_client_tun_info(c, id, &info) == -EINVAL)
		return false; /* beyond the last */
	v->audit.tun_id++;
	s = tunnels_by_id(v->cp->tunnels, id);
	if (s == NULL || vtun_find(v, id) == NULL)
		return true;
	if (!info.present || info.cookie != s->cookie)
		v->audit.resync |= found(v, VPN_AUDIT_TUNNEL, "a tunnel is not in the dataplane",
				id);
	else if (info.sa_out != mirror_sa_out_get(v->cp->mirror, id))
		v->audit.resync |= found(v, VPN_AUDIT_SA_OUT, "a tunnel sends with another SA", id);
	return true;
}

/* ---- turns --------------------------------------------------------------------------------- */

static void
end(struct vpn *v, const struct chan_client *c, uint64_t now_ms)
{
	bool repair = v->audit.suspect;

	vpn_audit_drop(v);
	if (v->audit.resync && mirror_attach(v->cp->mirror, chan_client_boot_id(c)) != 0)
		log_error("vpn", "audit: the dataplane could not be told");
	v->audit.suspect = !repair && v->audit.n > 0;
	if (!v->audit.suspect) {
		v->audit.n_runs++;
		v->audit.last_ms = now_ms;
	}
	v->audit.due_ms = now_ms + (v->audit.suspect ? AGAIN_MS
						     : (uint64_t)v->cp->cfg->system.audit_s * 1000);
}

static void
step(struct vpn *v, const struct chan_client *c)
{
	bool more = false;

	switch ((enum stage)v->audit.stage) {
	case LOOK_CHILDREN:
		more = step_children(v);
		break;
	case LOOK_RECORDS:
		more = step_records(v);
		break;
	case LOOK_SAS:
		more = step_sas(v, c);
		break;
	case LOOK_TUNNELS:
		more = step_tunnels(v, c);
		break;
	case LOOK_END:
		end(v, c, cp_now_ms());
		return;
	case LOOK_NONE:
		return;
	}
	v->audit.stage += !more;
}

/* Can anything be compared now? */
static bool
is_quiet(const struct vpn *v, const struct chan_client *c)
{
	return c != NULL && v->applied && !mirror_syncing(v->cp->mirror);
}

static void
turn(struct vpn *v)
{
	const struct chan_client *c = dplink_client(v->cp->dplink);
	struct timeval soon = { 0 };

	if (!is_quiet(v, c)) {
		vpn_audit_drop(v); /* begun anew when it can be */
		return;
	}
	v->audit.repairs = 0;
	if (chan_client_n_pending(c) != 0)
		soon.tv_usec = BUSY_MS * 1000;
	else
		for (uint32_t n = 0; n < v->audit.per_turn && v->audit.stage != LOOK_NONE &&
				     v->audit.repairs < REPAIRS_PER_TURN; n++)
			step(v, c);
	if (v->audit.stage != LOOK_NONE)
		evtimer_add(v->audit.more, &soon);
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	struct vpn *v = arg;

	turn(v);
	vpn_settle(v);
}

static void
begin(struct vpn *v)
{
	v->audit.walk = ike_walk_new(v->ike);
	if (v->audit.walk == NULL)
		return; /* no memory: in the next second */
	v->audit.scan = (struct hmap_scan){ 0 };
	v->audit.sa_id = v->audit.tun_id = 0;
	v->audit.n = v->audit.lines = 0;
	v->audit.resync = false;
	v->audit.stage = LOOK_CHILDREN;
	turn(v);
}

void
vpn_audit_second(struct vpn *v, uint64_t now_ms)
{
	const struct chan_client *c = dplink_client(v->cp->dplink);
	uint64_t every_ms = (uint64_t)v->cp->cfg->system.audit_s * 1000;

	if (every_ms == 0 || v->audit.stage != LOOK_NONE || !is_quiet(v, c))
		return;
	if (v->audit.due_ms == 0 || v->audit.due_ms > now_ms + every_ms)
		v->audit.due_ms = now_ms + every_ms;
	/* Only when nothing is on its way; else in the next second. */
	if (now_ms >= v->audit.due_ms && chan_client_n_pending(c) == 0)
		begin(v);
}

void
vpn_audit_drop(struct vpn *v)
{
	ike_walk_free(v->audit.walk);
	v->audit.walk = NULL;
	v->audit.stage = LOOK_NONE;
	v->audit.suspect = false;
	if (v->audit.more != NULL)
		evtimer_del(v->audit.more);
}

int
vpn_audit_init(struct vpn *v)
{
	v->audit.per_turn = PER_TURN;
	v->audit.more = evtimer_new(v->cp->base, on_more, v);
	return v->audit.more != NULL ? 0 : -ENOMEM;
}

void
vpn_audit_fini(struct vpn *v)
{
	vpn_audit_drop(v);
	if (v->audit.more != NULL)
		event_free(v->audit.more);
}

void
vpn_audit_show(const struct vpn *v, struct vpn_audit_show *out)
{
	*out = (struct vpn_audit_show){ .n_runs = v->audit.n_runs, .last_ms = v->audit.last_ms };
	for (unsigned int i = 0; i < VPN_N_AUDIT; i++)
		out->found[i] = v->audit.found[i];
}
