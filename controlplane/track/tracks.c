/* SPDX-License-Identifier: BSD-3-Clause */
/* Tracked objects and what depends on them; see tracks.h. Probes are in tracks_probe.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/model.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/iface/iface.h"
#include "controlplane/track/tracks_int.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/events.h"
#include "controlplane/util/loop.h"
#include "controlplane/vrrp/vrrps.h"

#define LOOK_MS    200   /* what nobody tells us of is looked at so often */
#define KEPT_MS    10000 /* after a restart: what was up so lately still is */
#define REFRESH_MS 1000  /* ... and is written down so often */
#define SETTLE_MS  1000  /* tunnels and neighbours come back so soon once the dataplane is
			  * in line */

static void
on_command_done(void *ctx, const char *name, bool ok, const char *report)
{
	if (ok)
		log_info("track", "command of %s: %s", name, report);
	else
		log_warning("track", "command of %s: %s", name, report);
}

/* The program that an operator wants run on this change. */
static void
command_run(struct tracks *x, const char *name, bool up)
{
	const struct cfg_track *c = cfg_track_find(x->cp->cfg, name);
	const char *command = c == NULL ? "" : up ? c->up_command : c->down_command;
	int err;

	if (command[0] == '\0')
		return;
	if (x->runner == NULL) {
		log_warning("track", "command of %s is not run: start the control plane with "
				     "--track-commands", name);
		return;
	}
	err = runner_run(x->runner, name, up ? "up" : "down", command, c->command_timeout_s);
	if (err != 0)
		log_warning("track", "command of %s is not run: %s", name, strerror(-err));
}

static void
on_changed(void *ctx, const char *name, bool up, const char *why)
{
	struct tracks *x = ctx;

	log_notice("track", "%s is %s: %s", name, up ? "up" : "down", why);
	tracks_say(x, TRACKS_DEBUG_OBJECTS, name, "is %s: %s", up ? "up" : "down", why);
	events_add(x->cp->events, "track", name, up ? "down" : "up", up ? "up" : "down", why);
	x->changed = true;
	kept_set(&x->kept, name, up, cp_now_ms());
	command_run(x, name, up);
}

/* ---- over a restart ---------------------------------------------------------------------- */

/* Not before: the state directory is made with the configuration. */
static void
kept_begin(struct tracks *x)
{
	if (x->kept_open)
		return;
	x->kept_open = true;
	if (kept_open(&x->kept, x->cp->args.state_dir, "tracks") != 0)
		log_info("track", "states are not kept over a restart");
}

static bool
on_was_up(void *ctx, const char *name)
{
	struct tracks *x = ctx;
	uint64_t now_ms = cp_now_ms(), at_ms = kept_was(&x->kept, name);

	kept_forget(&x->kept, name);
	if (at_ms == 0 || at_ms > now_ms || now_ms - at_ms > KEPT_MS)
		return false;
	log_notice("track", "%s is up, as before the control plane's restart", name);
	x->waits_ms = now_ms + KEPT_MS;
	kept_set(&x->kept, name, true, now_ms);
	return true;
}

static void
kept_refresh(struct tracks *x, uint64_t now_ms)
{
	if (now_ms - x->kept_ms < REFRESH_MS)
		return;
	x->kept_ms = now_ms;
	for (uint32_t i = 0; i < track_n(x->engine); i++) {
		struct track_show s;

		track_at(x->engine, i, &s);
		if (s.up)
			kept_set(&x->kept, s.cfg->name, true, now_ms);
	}
}

void
tracks_synced(struct tracks *x)
{
	if (x != NULL && x->waits_ms > cp_now_ms() + SETTLE_MS)
		x->waits_ms = cp_now_ms() + SETTLE_MS;
}

/* ---- looking ----------------------------------------------------------------------------- */

static const struct iface *
iface_named(const struct tracks *x, const char *name)
{
	for (uint32_t i = 0; i < ifaces_n(x->cp->ifaces); i++)
		if (strcmp(ifaces_at(x->cp->ifaces, i)->cfg->name, name) == 0)
			return ifaces_at(x->cp->ifaces, i);
	return NULL;
}

static void
look_link(struct tracks *x, uint32_t i, const char *name)
{
	const struct iface *f = iface_named(x, name);
	const struct tunnel_state *t;
	char why[TRACK_WHY_MAX];

	if (f != NULL) {
		const char *link = !f->cfg->enabled ? "shut down"
				: f->link == IFACE_UP ? "up" : f->link == IFACE_DOWN ? "down"
								      : "missing";

		snprintf(why, sizeof(why), "line protocol of %s is %s", name, link);
		tracks_saw(x, i, iface_up(f), why);
		return;
	}
	t = tunnels_by_name(x->cp->tunnels, name);
	snprintf(why, sizeof(why), "tunnel %s is %s%s%.60s", name,
			t != NULL && t->up ? "up" : "down", t != NULL && !t->up ? ": " : "",
			t != NULL && !t->up ? t->why : "");
	tracks_saw(x, i, t != NULL && t->up, why);
}

/* The SAs of a peer that DPD has found dead are removed: no outbound SA, no peer. */
static void
look_ipsec(struct tracks *x, uint32_t i, const char *name)
{
	const struct tunnel_state *t = tunnels_by_name(x->cp->tunnels, name);
	bool up = t != NULL && t->tun_id != CHAN_NONE &&
			mirror_sa_out_get(x->cp->mirror, t->tun_id) != CHAN_NONE;
	char why[TRACK_WHY_MAX];

	snprintf(why, sizeof(why), "tunnel %s has %s", name, up ? "SAs" : "no SAs");
	tracks_saw(x, i, up, why);
}

static void
look_vrrp(struct tracks *x, uint32_t i, const char *group)
{
	bool up = vrrps_is_active(x->cp->vrrps, group);
	char why[TRACK_WHY_MAX];

	snprintf(why, sizeof(why), "we are %sthe active router of %s", up ? "" : "not ", group);
	tracks_saw(x, i, up, why);
}

static void
look_all(struct tracks *x)
{
	for (uint32_t i = 0; i < track_n(x->engine); i++) {
		struct track_show s;

		track_at(x->engine, i, &s);
		if (s.cfg->interface[0] != '\0')
			look_link(x, i, s.cfg->interface);
		else if (s.cfg->has_route || s.cfg->has_route6)
			tracks_look_route(x, i, &s);
		else if (s.cfg->ipsec[0] != '\0')
			look_ipsec(x, i, s.cfg->ipsec);
		else if (s.cfg->sla[0] != '\0')
			tracks_look_probe(x, i, s.cfg->sla);
		else if (s.cfg->vrrp[0] != '\0')
			look_vrrp(x, i, s.cfg->vrrp);
	}
}

static void
timer_arm(struct tracks *x, uint64_t now_ms)
{
	uint64_t next_ms = track_next_ms(x->engine), probe_ms = tracks_probes_next_ms(x);

	if (probe_ms < next_ms)
		next_ms = probe_ms;
	if (track_n(x->engine) != 0 && next_ms > now_ms + LOOK_MS)
		next_ms = now_ms + LOOK_MS;
	loop_timer_at(x->timer, next_ms, now_ms);
}

void
tracks_settle(struct tracks *x)
{
	uint64_t now_ms = cp_now_ms();

	if (now_ms >= x->waits_ms) {
		look_all(x);
		track_settle(x->engine, now_ms);
	}
	kept_refresh(x, now_ms);
	if (x->changed) {
		x->changed = false;
		vrrps_tracks(x->cp->vrrps);
		reconcile_soon(x->cp->reconcile);
	}
	timer_arm(x, now_ms);
}

void
tracks_update(struct tracks *x)
{
	const struct cfg *c;

	if (x == NULL)
		return;
	kept_begin(x);
	c = x->cp->cfg;
	if (c != x->cfg) {
		if (track_set(x->engine, c->tracks, c->n_tracks, cp_now_ms()) != 0 ||
				tracks_probes_set(x, c) != 0)
			log_error("track", "out of memory");
		x->cfg = c;
	}
	tracks_settle(x);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct tracks *x = arg;

	tracks_probes_run(x);
	tracks_settle(x);
}

/* ---- life -------------------------------------------------------------------------------- */

static bool
route_track_up(void *ctx, const char *name)
{
	return tracks_is_up(ctx, name);
}

static void
on_routes(void *ctx)
{
	tracks_update(ctx);
}

struct tracks *
tracks_new(struct cp *cp)
{
	static const struct track_ops ops = { .changed = on_changed, .was_up = on_was_up };
	struct tracks *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->cp = cp;
	x->engine = track_new(&ops, x);
	x->timer = evtimer_new(cp->base, on_timer, x);
	if (x->engine == NULL || x->timer == NULL) {
		tracks_free(x);
		return NULL;
	}
	if (cp->args.track_commands) {
		x->runner = runner_new(cp->base, on_command_done, x);
		if (x->runner == NULL) {
			tracks_free(x);
			return NULL;
		}
	}
	event_priority_set(x->timer, CP_PRIORITY_BEAT);
	reconcile_set_track(cp->reconcile, route_track_up, x);
	reconcile_on_routes(cp->reconcile, on_routes, x);
	return x;
}

void
tracks_free(struct tracks *x)
{
	if (x == NULL)
		return;
	if (x->timer != NULL)
		event_free(x->timer);
	tracks_probes_free(x);
	runner_free(x->runner);
	track_free(x->engine);
	kept_close(&x->kept);
	for (int i = 0; i < TRACKS_N_DEBUG; i++)
		debug_ring_fini(&x->debug[i].ring);
	free(x);
}

bool
tracks_is_up(const struct tracks *x, const char *name)
{
	return x == NULL || track_is_up(x->engine, name);
}

const struct track_engine *
tracks_engine(const struct tracks *x)
{
	return x->engine;
}
