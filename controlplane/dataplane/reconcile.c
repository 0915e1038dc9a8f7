/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What makes a run, OSPF's routes, and the attachment's life; see reconcile.h. The run itself is in
 * reconcile_run.c, what goes into the RIB in reconcile_rib.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile_int.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/routes_debug.h"
#include "controlplane/track/tracks.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/loop.h"
#include "controlplane/vpn/vpn.h"
#include "controlplane/vrrp/vrrps.h"

#define RETRY_MIN_S 1
#define IDLE_TIMES  3 /* of the time that a run took, before the next one begins */
#define RETRY_MAX_S 60

/* ---- routes of a protocol ---------------------------------------------------------------- */

void
reconcile_routes_tell(const struct reconcile *r)
{
	for (uint32_t i = 0; i < r->n_on_routes; i++)
		r->on_routes[i].fn(r->on_routes[i].ctx);
}

static int
routes_take(struct reconcile *r, const struct rib_source *s)
{
	struct rib_dyn *dyns = malloc((s->n_routes + 1u) * sizeof(*dyns));
	struct rib_hop *hops = malloc((s->n_hops + 1u) * sizeof(*hops));
	char(*names)[RIB_LINK_NAME] = malloc((s->n_names + 1u) * sizeof(*names));

	if (dyns == NULL || hops == NULL || names == NULL) {
		free(dyns);
		free(hops);
		free(names);
		return -ENOMEM;
	}
	if (s->n_routes > 0)
		memcpy(dyns, s->routes, s->n_routes * sizeof(*dyns));
	if (s->n_hops > 0)
		memcpy(hops, s->hops, s->n_hops * sizeof(*hops));
	if (s->n_names > 0)
		memcpy(names, s->names, s->n_names * sizeof(*names));
	free(r->dyns);
	free(r->hops);
	free(r->names);
	r->dyns = dyns;
	r->hops = hops;
	r->names = names;
	r->n_dyns = s->n_routes;
	r->n_hops = s->n_hops;
	r->n_names = s->n_names;
	return 0;
}

int
reconcile_routes_changed(struct reconcile *r)
{
	struct rib_changes x = { .n = 0 };
	int err;

	evtimer_del(r->hold);
	err = reconcile_rib_dyns(r, &x);
	if (err == -EAGAIN) {
		r->run.hold = false;
		return reconcile_run(r, false);
	}
	if (err != 0 || x.n == 0)
		return err;
	if (r->ready)
		route_feed_changed(r->feed, x.prefixes, x.n);
	free(x.prefixes);
	reconcile_routes_tell(r);
	return 0;
}

/* Now, or at the end of a run. */
static int
routes_change(struct reconcile *r)
{
	if (!r->run.rib_ahead)
		return reconcile_routes_changed(r);
	r->run.routes_late = true;
	return 0;
}

int
reconcile_routes(struct reconcile *r, const struct rib_source *s)
{
	int err = routes_take(r, s);

	return err != 0 ? err : routes_change(r);
}

static void
on_hold(evutil_socket_t fd, short what, void *arg)
{
	struct reconcile *r = arg;

	if (!r->cp->stopping && routes_change(r) != 0)
		log_error("reconcile", "out of memory: routes over a lost link stay");
}

void
reconcile_route_counts(const struct reconcile *r, struct route_feed_counts *out)
{
	route_feed_counts(r->feed, out);
}

void
reconcile_drop_routes(struct reconcile *r)
{
	r->n_dyns = 0;
	r->n_hops = 0;
	r->n_names = 0;
	reconcile_soon(r);
}

void
reconcile_set_track(struct reconcile *r, bool (*up)(void *ctx, const char *name), void *ctx)
{
	r->track_up = up;
	r->track_ctx = ctx;
}

void
reconcile_on_routes(struct reconcile *r, void (*fn)(void *ctx), void *ctx)
{
	for (uint32_t i = 0; i < r->n_on_routes; i++)
		if (r->on_routes[i].fn == fn && r->on_routes[i].ctx == ctx)
			return;
	if (r->n_on_routes == RECONCILE_ON_ROUTES_MAX)
		return;
	r->on_routes[r->n_on_routes].fn = fn;
	r->on_routes[r->n_on_routes++].ctx = ctx;
}

/* ---- what makes a run -------------------------------------------------------------------- */

/* Everything, because something else than OSPF's routes has changed. */
static int
run_all(struct reconcile *r, bool config)
{
	r->run.tell_ospf = true;
	r->run.hold = true;
	return reconcile_run(r, config);
}

int
reconcile_config(struct reconcile *r)
{
	r->run.peers_changed = true;
	/* OSPF is told of it at the end of the run, which may be turns after the former one
	 * is gone. */
	ospf_proc_config(r->cp->ospf);
	return run_all(r, true);
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct reconcile *r = arg;

	if (r->cp->stopping) /* the loop goes round some more while parts are taken down */
		return;
	if (r->run.stage == RUN_NONE)
		run_all(r, false);
	else
		r->run.again = true;
}

void
reconcile_soon(struct reconcile *r)
{
	/* With thousands of tunnels a run takes a while: when far ends are learned one after the
	 * other, they are taken together. After a quiet time the first is seen to at once. */
	if (!evtimer_pending(r->soon, NULL))
		loop_timer_at(r->soon, r->run.ended_ms + IDLE_TIMES * r->run.took_ms, cp_now_ms());
}

struct reconcile *
reconcile_new(struct cp *cp)
{
	struct reconcile *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->cp = cp;
	r->retry_s = RETRY_MIN_S;
	r->soon = evtimer_new(cp->base, on_soon, r);
	r->hold = evtimer_new(cp->base, on_hold, r);
	r->feed = route_feed_new(cp);
	r->routes_debug = routes_debug_new(cp, r);
	if (r->soon != NULL && r->hold != NULL && r->feed != NULL && r->routes_debug != NULL &&
			reconcile_run_init(r) == 0)
		return r;
	reconcile_free(r);
	return NULL;
}

struct routes_debug *
routes_debug_of(const struct reconcile *r)
{
	return r->routes_debug;
}

void
reconcile_free(struct reconcile *r)
{
	if (r == NULL)
		return;
	if (r->soon != NULL)
		event_free(r->soon);
	if (r->hold != NULL)
		event_free(r->hold);
	reconcile_run_fini(r);
	route_feed_free(r->feed);
	free(r->dyns);
	free(r->hops);
	free(r->names);
	recursive_log_fini(&r->recursive);
	routes_debug_free(r->routes_debug);
	free(r);
}

/* ---- attachments ------------------------------------------------------------------------- */

/* OSPF's routes of the process before us, until it has some of its own. */
static void
routes_restore(struct reconcile *r, uint64_t boot_id)
{
	const struct rib_source *s = r->cp->ospf != NULL
			? ospf_proc_attached(r->cp->ospf, boot_id) : NULL;

	if (s != NULL && routes_take(r, s) != 0)
		log_error("reconcile", "out of memory for the routes of before");
}

void
reconcile_attached(struct reconcile *r, struct chan_client *c)
{
	struct cp *cp = r->cp;
	const struct chan_stats *st = chan_client_stats(c);
	struct mirror_limits l = { .max_tunnels = st->max_tunnels,
		.max_sas = st->max_sas,
		.max_nhs = st->max_nhs,
		.max_nhgs = st->max_nhgs };
	bool first = !r->ready;
	int err = mirror_limits(cp->mirror, &l);

	if (err == -ERANGE)
		log_error("reconcile",
				"the dataplane has %u next hops for %u tunnels: start it with "
				"more next hops than tunnels",
				l.max_nhs, l.max_tunnels);
	if (err == 0)
		err = vpn_limits(cp->vpn, l.max_sas);
	if (err != 0) {
		log_error("reconcile", "the dataplane cannot be used: %s", strerror(-err));
		return;
	}
	r->ready = true;
	vpn_keep_attach(cp->vpn, c);
	if (first) {
		vpn_adopt_ids(cp->vpn, c);
		r->restore_boot_id = chan_client_boot_id(c);
	}
	routes_restore(r, chan_client_boot_id(c));
	r->run.attaching = true;
	r->run.first = first;
	r->run.adopted = 0;
	r->run.forgotten = (struct hmap_scan){ 0 };
	r->run.max_sas = st->max_sas;
	run_all(r, false);
}

void
reconcile_detached(struct reconcile *r)
{
	r->synced = false;
	r->run.attaching = false;
	vrrps_synced(r->cp->vrrps, false);
	vpn_detached(r->cp->vpn);
	neigh_detached(r->cp->neigh);
	neigh_detached(r->cp->neigh6);
	mirror_detach(r->cp->mirror);
	tunnels_check_soon(r->cp->tunnels);
}

void
reconcile_synced(struct reconcile *r)
{
	r->synced = true;
	vrrps_synced(r->cp->vrrps, true);
	tracks_synced(r->cp->tracks);
	log_notice("reconcile", "the dataplane is in line");
	mirror_nhg_ones(r->cp->mirror);
	if (route_feed_wants_ones(r->feed))
		reconcile_soon(r);
	neigh_synced(r->cp->neigh);
	neigh_synced(r->cp->neigh6);
	vpn_apply(r->cp->vpn);
	vpn_synced(r->cp->vpn);
	tunnels_check_soon(r->cp->tunnels);
}

void
reconcile_second(struct reconcile *r, uint64_t now_ms)
{
	if (ifaces_stale(r->cp->ifaces))
		reconcile_soon(r);
	if (mirror_n_failed(r->cp->mirror) == 0 && !mirror_syncing(r->cp->mirror)) {
		r->retry_s = RETRY_MIN_S;
		r->retry_at_ms = 0;
	} else if (r->retry_at_ms == 0) {
		r->retry_at_ms = now_ms + r->retry_s * 1000;
	} else if (now_ms >= r->retry_at_ms) {
		mirror_retry(r->cp->mirror);
		r->retry_s = r->retry_s * 2 > RETRY_MAX_S ? RETRY_MAX_S : r->retry_s * 2;
		r->retry_at_ms = now_ms + r->retry_s * 1000;
	}
}
