/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run: everything computed, named to the mirror and looked at. With ten thousand tunnels this is
 * a tenth of a second of CPU time, so it takes several turns of the event loop; with few it is over
 * when reconcile_run() returns.
 *
 *	LIST    all tunnels that there should be
 *	HEAD    ... in place of those that there are; interfaces, virtual routers, tracked objects
 *	GATHER  the next routing table: offers, sorted
 *	RESOLVE ... decided
 *	RIB     ... in place of the present one
 *	RIB6    the same for IPv6, in one go
 *	PRUNE   peers without a tunnel go, and their SAs
 *	PEERS   room for new ones, a slice at a time
 *	NAME    interfaces, next hops and tunnels are named to the mirror
 *	ROUTES  and the routes, which must not be half old and half new; it sends what differs
 *	CHECK   which tunnels are up, a slice at a time; who looks at routes is told
 *	ADOPT   first attachment: SAs that are in the dataplane, a slice at a time
 *	FORGET  SAs of a former dataplane, a slice at a time
 *	ATTACH  the sync begins; the mirror sends it in slices of its own
 *
 * What happens between two turns finds the list of tunnels and the RIB in agreement, or the RIB a
 * step behind: a tunnel that is there before and after has its link in the RIB of before until the
 * next is there, a new one has none. What is told to the mirror meanwhile, a neighbour or an SA, is
 * sent as ever, and named again by ROUTES if it is still so. What would lead routes into tunnels
 * that have not been named waits: OSPF's changes for the end of the run, slices of routes
 * (route_feed.h) are in what NAME names. Looks at tunnels wait for CHECK.
 *
 * Another configuration begins the run anew, up to HEAD at once: until then things point into the
 * former one, which is about to go. Other changes are a run of their own behind it. When the
 * attachment ends the run goes on, without a sync at its end.
 */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile_int.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/policy/policies.h"
#include "controlplane/ra/ras.h"
#include "controlplane/rib/rib.h"
#include "controlplane/track/tracks.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn.h"
#include "controlplane/vrrp/vrrps.h"

#define PER_TURN 4096 /* tunnels, routes or SAs in a turn, unless a stage has more */
#define FORGET_PER_TURN 2048 /* buckets of SAs */
#define AGAIN_S  1    /* after a run that memory was not enough for */

/* ---- stages ------------------------------------------------------------------------------ */

/* What was begun. */
static void
drop(struct reconcile *r)
{
	if (r->run.next != NULL)
		rib_free(r->run.next);
	r->run.next = NULL;
	tunnels_list_drop(r->cp->tunnels);
}

static int
head(struct reconcile *r)
{
	struct cp *cp = r->cp;
	int err = ifaces_update(cp->ifaces);

	if (err == 0 && r->ready)
		vrrps_update(cp->vrrps);
	ras_update(cp->ras);
	if (err == 0)
		tracks_update(cp->tracks); /* static routes depend on it */
	if (err == 0)
		err = tunnels_update(cp->tunnels, r->ready);
	if (cp->vpn != NULL)
		vpn_config_changed(cp->vpn);
	route_feed_hold(r->feed);
	r->run.rib_ahead = true;
	return err;
}

static void
name(struct reconcile *r)
{
	struct cp *cp = r->cp;
	const struct cfg_system *s = &cp->cfg->system;
	struct chan_param param = { .icmp_error_pps = s->icmp_error_pps,
		.icmp_echo_pps = s->icmp_echo_pps,
		.hold_ms = s->hold_ms,
		.reass_ms = s->reass_ms,
		.reass_packets = s->reass_packets,
		.reass_per_src = s->reass_per_src };

	neigh_update_ifs(cp->neigh);
	neigh_update_ifs(cp->neigh6);
	vrrps_answer_all(cp->vrrps);
	if (r->restore_boot_id != 0) {
		neigh_restore(cp->neigh, r->restore_boot_id);
		neigh_restore(cp->neigh6, r->restore_boot_id);
	}
	r->restore_boot_id = 0;
	for (int k = 0; k < CHAN_N_CLASSES; k++) {
		param.punt_pps[k] = cp->cfg->punt[k].rate;
		param.punt_burst[k] = cp->cfg->punt[k].burst;
	}
	mirror_begin(cp->mirror);
	mirror_param(cp->mirror, &param);
	policies_mirror(cp);
	ifaces_mirror(cp->ifaces);
	neigh_begin(cp->neigh);
	tunnels_mirror(cp->tunnels);
}

static void
name_routes(struct reconcile *r)
{
	struct cp *cp = r->cp;

	route_feed_all(r->feed);
	neigh_end(cp->neigh);
	route_feed_all6(r->feed);
	mirror_commit(cp->mirror);
	r->run.rib_ahead = false;
}

/* False: not all tunnels have been looked at. */
static bool
check(struct reconcile *r)
{
	struct cp *cp = r->cp;
	bool ospf = r->run.tell_ospf && cp->ospf != NULL, begin = r->run.at == 0;

	r->run.rib_ahead = false; /* without a dataplane nothing is named */
	if (begin)
		recursive_log_check(&r->recursive, cp->rib);
	r->run.at += r->run.per_turn;
	if (tunnels_check(cp->tunnels, begin, r->run.per_turn))
		return false;
	r->run.tell_ospf = false;
	reconcile_routes_tell(r);
	if (ospf)
		ospf_proc_update(cp->ospf);
	return true;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* False: there are more. */
static bool
forget(struct reconcile *r, const struct chan_client *c)
{
	return c == NULL || !mirror_forget(r->cp->mirror, chan_client_boot_id(c), &r->run.forgotten,
					    least(r->run.per_turn, FORGET_PER_TURN));
}

static void
attach(struct reconcile *r)
{
	const struct chan_client *c = dplink_client(r->cp->dplink);
	int err = c != NULL ? mirror_attach(r->cp->mirror, chan_client_boot_id(c)) : 0;

	r->run.attaching = false;
	if (err != 0)
		log_error("reconcile", "the dataplane could not be told: %s", strerror(-err));
}

static void
end(struct reconcile *r)
{
	bool late = r->run.routes_late, again = r->run.again, peers = r->run.peers_changed;

	r->run.took_ms = r->run.spent_ms;
	r->run.ended_ms = cp_now_ms();
	r->run.routes_late = r->run.again = false;
	if (peers && r->synced) {
		/* Until the dataplane is in line there is nobody to talk to: reconcile_synced(). */
		vpn_apply(r->cp->vpn);
		tunnels_check_soon(r->cp->tunnels);
	}
	r->run.peers_changed = false;
	if (r->cp->vpn != NULL)
		vpn_reconciled(r->cp->vpn);
	if (again)
		reconcile_soon(r);
	if (late)
		reconcile_routes_changed(r);
}

/* ---- turns ------------------------------------------------------------------------------- */

static bool
adopts(const struct reconcile *r)
{
	return r->run.attaching && r->run.first;
}

/* How much the next stage, or slice of one, has to do. */
static uint32_t
cost(const struct reconcile *r)
{
	const struct cp *cp = r->cp;
	uint32_t n_tuns = tunnels_n(cp->tunnels), n_routes;

	rib_fib(cp->rib, &n_routes);
	switch (r->run.stage) {
	case RUN_GATHER:
	case RUN_RESOLVE:
	case RUN_RIB:
		return n_tuns + cp->cfg->n_routes + r->n_dyns;
	case RUN_RIB6:
		return n_tuns + cp->cfg->n_routes6;
	case RUN_ROUTES:
		return n_routes;
	case RUN_FORGET:
		return r->run.attaching ? least(n_tuns, r->run.per_turn) : 0;
	case RUN_ATTACH:
		return n_tuns + n_routes;
	case RUN_LIST:
	case RUN_HEAD:
	case RUN_PRUNE:
	case RUN_NAME:
		return n_tuns;
	case RUN_PEERS:
	case RUN_CHECK:
		return least(n_tuns - least(r->run.at, n_tuns), r->run.per_turn);
	case RUN_ADOPT:
		return adopts(r) ? least(r->run.max_sas - r->run.adopted, r->run.per_turn) : 0;
	case RUN_NONE:
	case RUN_END:
		break;
	}
	return 0;
}

static int
stage_run(struct reconcile *r)
{
	const struct chan_client *c = dplink_client(r->cp->dplink);
	enum reconcile_stage stage = r->run.stage++; /* what is called may begin a run anew */
	bool done = true;
	int err = 0;

	if (!r->ready && stage > RUN_RIB6 && stage < RUN_CHECK)
		return 0;
	switch (stage) {
	case RUN_NONE:
		break;
	case RUN_LIST:
		err = tunnels_list(r->cp->tunnels);
		break;
	case RUN_HEAD:
		err = head(r);
		break;
	case RUN_GATHER:
		err = reconcile_rib_gather(r);
		break;
	case RUN_RESOLVE:
		rib_resolve_next(r->run.next);
		break;
	case RUN_RIB:
		err = reconcile_rib(r);
		break;
	case RUN_RIB6:
		err = reconcile_rib6(r);
		break;
	case RUN_PRUNE:
		vpn_prune(r->cp->vpn);
		break;
	case RUN_PEERS:
		done = vpn_prepare(r->cp->vpn, &r->run.at, r->run.per_turn);
		break;
	case RUN_NAME:
		name(r);
		break;
	case RUN_ROUTES:
		name_routes(r);
		break;
	case RUN_CHECK:
		done = check(r);
		break;
	case RUN_ADOPT:
		if (adopts(r) && c != NULL)
			done = vpn_adopt_sas(r->cp->vpn, c, &r->run.adopted, r->run.per_turn);
		break;
	case RUN_FORGET:
		if (r->run.attaching)
			done = forget(r, c);
		break;
	case RUN_ATTACH:
		if (r->run.attaching)
			attach(r);
		break;
	case RUN_END:
		r->run.stage = RUN_NONE;
		end(r);
		break;
	}
	if (done)
		r->run.at = 0;
	else
		r->run.stage = stage;
	return err;
}

static void
failed(struct reconcile *r)
{
	const struct timeval again = { .tv_sec = AGAIN_S };

	log_error("reconcile", "out of memory: the dataplane keeps what it has");
	drop(r);
	r->run.stage = RUN_NONE;
	evtimer_add(r->soon, &again);
}

/* @used: how much has been done in this turn of the loop. */
static int
turn(struct reconcile *r, uint32_t used)
{
	const struct timeval soon = { 0 };
	uint64_t began_ms = cp_now_ms();
	int err = 0;

	r->run.in_turn = true;
	while (r->run.stage != RUN_NONE && err == 0) {
		uint32_t more = cost(r);

		if (used > 0 && used + more > r->run.per_turn)
			break;
		used += more;
		if (r->run.stage == RUN_END)
			r->run.spent_ms += cp_now_ms() - began_ms;
		err = stage_run(r);
	}
	r->run.in_turn = false;
	r->run.spent_ms += cp_now_ms() - began_ms;
	if (err != 0)
		failed(r);
	else if (r->run.stage != RUN_NONE)
		evtimer_add(r->run.more, &soon); /* timers that are due come first */
	return err;
}

static void
on_more(evutil_socket_t fd, short what, void *arg)
{
	struct reconcile *r = arg;

	if (!r->cp->stopping && r->run.stage != RUN_NONE)
		turn(r, 0);
}

int
reconcile_run(struct reconcile *r, bool config)
{
	uint64_t began_ms = cp_now_ms();
	int err = 0;

	drop(r);
	r->run.stage = RUN_LIST;
	while (config && err == 0 && r->run.stage <= RUN_HEAD)
		err = stage_run(r);
	r->run.spent_ms = cp_now_ms() - began_ms;
	if (err != 0) {
		failed(r);
		return err;
	}
	return r->run.in_turn ? 0 : turn(r, config ? tunnels_n(r->cp->tunnels) : 0);
}

int
reconcile_run_init(struct reconcile *r)
{
	r->run.per_turn = PER_TURN;
	r->run.more = evtimer_new(r->cp->base, on_more, r);
	return r->run.more != NULL ? 0 : -ENOMEM;
}

void
reconcile_run_fini(struct reconcile *r)
{
	if (r->run.more != NULL)
		event_free(r->run.more);
	rib_free(r->run.next);
}
