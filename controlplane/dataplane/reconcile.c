/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration and state to the mirror; see reconcile.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/dataplane/route_feed.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/policy/policies.h"
#include "controlplane/rib/recursive_log.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/track/tracks.h"
#include "controlplane/util/loop.h"
#include "controlplane/vpn/vpn.h"
#include "controlplane/vrrp/vrrps.h"

#define RETRY_MIN_S 1
#define IDLE_TIMES  3 /* of the time that a run took, before the next one begins */
#define RETRY_MAX_S 60
#define ON_ROUTES_MAX 8
#define HOLD_MS 1000 /* for OSPF's answer to the loss of a link, at most */

struct reconcile {
	struct cp *cp;
	struct event *soon;
	struct event *hold; /* pending: OSPF's answer to the loss of a link is waited for */
	struct route_feed *feed;
	uint32_t n_ifs;           /* of the RIB's links, which are interfaces, then tunnels */
	bool ready;               /* the dataplane's limits are known: ids can be given */
	bool synced;              /* ... and it holds everything: IKE may run */
	uint64_t restore_boot_id; /* neighbours of this run are to be restored; 0: no */
	uint32_t retry_s;
	uint64_t retry_at_ms;
	uint64_t took_ms, ended_ms; /* the last run */
	/* Routes of a routing protocol, hops by name. */
	struct rib_dyn *dyns;
	struct rib_hop *hops;
	char (*names)[RIB_LINK_NAME];
	uint32_t n_dyns, n_hops, n_names;
	bool (*track_up)(void *ctx, const char *name);
	void *track_ctx;
	struct {
		void (*fn)(void *ctx);
		void *ctx;
	} on_routes[ON_ROUTES_MAX];
	uint32_t n_on_routes;
	struct recursive_log recursive;
};

/* ---- the RIB's input --------------------------------------------------------------------- */

static void
link_of_iface(const struct vrrps *vrrps, const struct iface *f, struct rib_link *l)
{
	memcpy(l->name, f->cfg->name, sizeof(l->name));
	l->id = f->if_id;
	l->up = iface_up(f) && (f->if_id != CHAN_NONE || iface_is_loopback(f));
	for (uint8_t i = 0; i < f->cfg->n_addrs && i < RIB_LINK_ADDRS; i++)
		l->addrs[l->n_addrs++] = f->cfg->addrs[i];
	l->n_addrs = (uint8_t)(l->n_addrs + vrrps_addrs4(vrrps, f->if_id, l->addrs + l->n_addrs,
			(uint8_t)(RIB_LINK_ADDRS - l->n_addrs)));
}

/* Nothing is to be routed into it, though it may have its underlay. */
static bool
tunnel_lost(const struct cp *cp, const struct cfg_tunnel *t, const struct tunnel_state *s)
{
	return s->lost || (t->track[0] != '\0' && !tracks_is_up(cp->tracks, t->track));
}

static void
link_of_tunnel(const struct cp *cp, const struct cfg_tunnel *t, const struct tunnel_state *s,
		struct rib_link *l)
{
	memcpy(l->name, t->name, sizeof(l->name));
	l->id = s->tun_id;
	l->is_tunnel = true;
	l->is_protected = t->protection[0] != '\0';
	l->is_multipoint = t->mode == CFG_TUNNEL_MGRE;
	l->up = t->enabled && s->tun_id != CHAN_NONE;
	l->lost = tunnel_lost(cp, t, s);
	l->source = t->source;
	l->destination = s->remote;
	l->pin_gw = t->next_hop;
	if (t->address.addr != 0)
		l->addrs[l->n_addrs++] = t->address;
}

/* The object that a static route is bound to, NULL: none; and whether it is down. */
static const char *
track_of(const struct reconcile *r, const char *name, bool *down)
{
	*down = name[0] != '\0' && r->track_up != NULL && !r->track_up(r->track_ctx, name);
	return name[0] != '\0' ? name : NULL;
}

/* Both lists are sorted by name. */
static uint32_t
link_find(const struct rib_link *links, uint32_t lo, uint32_t hi, const char *name)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(links[mid].name, name);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return RIB_NO_LINK;
}

/* The same among the links that the IPv4 RIB has: interfaces, then tunnels. */
static uint32_t
link_named(const struct rib *rib, uint32_t n_ifs, uint32_t n_tuns, const char *name)
{
	const struct rib_link *links = rib_link(rib, 0);
	uint32_t at = link_find(links, 0, n_ifs, name);

	return at != RIB_NO_LINK ? at : link_find(links, n_ifs, n_ifs + n_tuns, name);
}

/* The far end of a member of a multipoint tunnel is behind the member, not just in its subnet. */
static void
member_route(const struct tunnels *x, uint32_t i, uint32_t link, struct rib_static *statics,
		uint32_t *n)
{
	uint32_t addr;

	if (tunnels_parent(x, i, &addr) != NULL)
		statics[(*n)++] = (struct rib_static){ .prefix = { .addr = addr, .len = 32 },
			.distance = 1, .link = link };
}

/* Hops of a protocol's routes: they name links, the RIB numbers them. To be freed. */
static struct rib_hop *
hops_number(const struct reconcile *r, const struct rib_link *links, uint32_t n_ifs,
		uint32_t n_links)
{
	struct rib_hop *hops = malloc((r->n_hops + 1u) * sizeof(*hops));
	uint32_t *at = malloc((r->n_names + 1u) * sizeof(*at));

	if (hops == NULL || at == NULL) {
		free(hops);
		free(at);
		return NULL;
	}
	for (uint32_t i = 0; i < r->n_names; i++) {
		at[i] = link_find(links, 0, n_ifs, r->names[i]);
		if (at[i] == RIB_NO_LINK)
			at[i] = link_find(links, n_ifs, n_links, r->names[i]);
	}
	/* A link that is not there is RIB_NO_LINK, which the RIB passes over. */
	for (uint32_t i = 0; i < r->n_hops; i++)
		hops[i] = (struct rib_hop){ .gw = r->hops[i].gw,
			.link = r->hops[i].link < r->n_names ? at[r->hops[i].link] : RIB_NO_LINK };
	free(at);
	return hops;
}

/*
 * What OSPF has over a link that has just failed stays in the RIB until OSPF has calculated without
 * it, a moment later. So the group of these routes is sent another way, by one command, instead of
 * all of them being taken away and given again. Prefixes of protected tunnels stay anyhow.
 */
static void
links_hold(const struct reconcile *r, struct rib_link *links, uint32_t n)
{
	const struct rib *rib = r->cp->rib;

	for (uint32_t i = 0; i < n && r->n_dyns > 0; i++) {
		uint32_t was = links[i].is_protected ? RIB_NO_LINK
				: link_named(rib, r->n_ifs, rib_n_links(rib) - r->n_ifs,
						links[i].name);

		links[i].held = was != RIB_NO_LINK &&
				(rib_link_is_up(rib, was) || rib_link(rib, was)->held);
	}
}

static void
hold_begin(struct reconcile *r)
{
	const struct rib *rib = r->cp->rib;

	for (uint32_t i = 0; i < rib_n_links(rib); i++)
		if (rib_link(rib, i)->held && !rib_link_is_up(rib, i) &&
				!evtimer_pending(r->hold, NULL))
			loop_timer_at(r->hold, cp_now_ms() + HOLD_MS, cp_now_ms());
}

/* @hold: what OSPF has over links that have failed just now. */
static int
rib_feed(struct reconcile *r, bool hold)
{
	struct cp *cp = r->cp;
	const struct cfg *c = cp->cfg;
	uint32_t n_ifs = ifaces_n(cp->ifaces), n_tuns = tunnels_n(cp->tunnels);
	struct rib_link *links = calloc(n_ifs + n_tuns + 1u, sizeof(*links));
	struct rib_static *statics = calloc((size_t)c->n_routes + c->n_nhrp_maps + 1u,
			sizeof(*statics));
	struct rib_input in = { .links = links, .statics = statics, .n_links = n_ifs + n_tuns,
		.dyns = r->dyns, .n_dyns = r->n_dyns };
	struct rib_hop *hops;
	int err = -ENOMEM;

	if (links == NULL || statics == NULL)
		goto out;
	for (uint32_t i = 0; i < n_ifs; i++)
		link_of_iface(cp->vrrps, ifaces_at(cp->ifaces, i), &links[i]);
	for (uint32_t i = 0; i < n_tuns; i++) {
		link_of_tunnel(cp, tunnels_cfg(cp->tunnels, i), tunnels_at(cp->tunnels, i),
				&links[n_ifs + i]);
		tunnels_set_link(cp->tunnels, i, n_ifs + i);
	}
	for (uint32_t i = 0; i < c->n_routes; i++) {
		const struct cfg_route *cr = &c->routes[i];
		struct rib_static *s = &statics[in.n_statics];

		*s = (struct rib_static){ .prefix = cr->prefix,
			.null = cr->null,
			.distance = cr->distance,
			.next_hop = cr->next_hop,
			.link = RIB_NO_LINK,
			.tag = cr->tag };
		s->track = track_of(r, cr->track, &s->track_down);
		if (cr->interface[0] != '\0') {
			s->link = link_find(links, 0, n_ifs, cr->interface);
			if (s->link == RIB_NO_LINK)
				s->link = link_find(links, n_ifs, n_ifs + n_tuns, cr->interface);
			if (s->link == RIB_NO_LINK)
				continue; /* validation does not let this pass */
		}
		in.n_statics++;
	}
	for (uint32_t i = 0; i < n_tuns; i++)
		member_route(cp->tunnels, i, n_ifs + i, statics, &in.n_statics);
	if (hold)
		links_hold(r, links, in.n_links);
	in.hops = hops = hops_number(r, links, n_ifs, in.n_links);
	err = hops != NULL ? rib_update(cp->rib, &in, cp_now_ms() / 1000) : -ENOMEM;
	free(hops);
	if (err == 0) {
		r->n_ifs = n_ifs;
		hold_begin(r);
	}
out:
	free(links);
	free(statics);
	return err;
}

/* The same when nothing but the protocol's routes has changed: which prefixes that are. */
static int
rib_feed_dyns(const struct reconcile *r, struct rib_changes *x)
{
	struct rib *rib = r->cp->rib;
	struct rib_hop *hops = hops_number(r, rib_link(rib, 0), r->n_ifs, rib_n_links(rib));
	int err = -ENOMEM;

	if (hops != NULL)
		err = rib_patch(rib, r->dyns, r->n_dyns, hops, cp_now_ms() / 1000, x);
	free(hops);
	return err;
}

/* ---- the IPv6 RIB's input ---------------------------------------------------------------- */

static void
link6_of_iface(const struct vrrps *vrrps, const struct iface *f, struct rib6_link *l)
{
	memcpy(l->name, f->cfg->name, sizeof(l->name));
	l->id = f->if_id;
	l->up = iface_up(f) && f->if_id != CHAN_NONE;
	for (uint8_t i = 0; i < f->cfg->n_addrs6 && i < RIB_LINK_ADDRS; i++)
		l->addrs[l->n_addrs++] = f->cfg->addrs6[i];
	l->n_addrs = (uint8_t)(l->n_addrs + vrrps_addrs6(vrrps, f->if_id, false,
			l->addrs + l->n_addrs, (uint8_t)(RIB_LINK_ADDRS - l->n_addrs)));
}

/* After the IPv4 RIB has said which tunnels have an underlay. */
static void
link6_of_tunnel(const struct cp *cp, const struct cfg_tunnel *t, const struct tunnel_state *s,
		struct rib6_link *l)
{
	memcpy(l->name, t->name, sizeof(l->name));
	l->id = s->tun_id;
	l->is_tunnel = true;
	l->is_foreign = true;
	l->is_protected = t->protection[0] != '\0';
	l->up = t->enabled && s->tun_id != CHAN_NONE &&
			rib_underlay(cp->rib, s->link)->err == RIB_UNDERLAY_OK;
	l->lost = tunnel_lost(cp, t, s);
	if (!ip6_is_zero(&t->address6.addr))
		l->addrs[l->n_addrs++] = t->address6;
}

static int
rib6_feed(struct reconcile *r)
{
	struct cp *cp = r->cp;
	const struct cfg *c = cp->cfg;
	uint32_t n_ifs = ifaces_n(cp->ifaces), n_tuns = tunnels_n(cp->tunnels);
	struct rib6_link *links = calloc(n_ifs + n_tuns + 1u, sizeof(*links));
	struct rib6_static *statics = calloc(c->n_routes6 + 1u, sizeof(*statics));
	struct rib6_input in = { .links = links, .statics = statics, .n_links = n_ifs + n_tuns };
	int err = -ENOMEM;

	if (links == NULL || statics == NULL)
		goto out;
	for (uint32_t i = 0; i < n_ifs; i++)
		link6_of_iface(cp->vrrps, ifaces_at(cp->ifaces, i), &links[i]);
	for (uint32_t i = 0; i < n_tuns; i++)
		link6_of_tunnel(cp, tunnels_cfg(cp->tunnels, i), tunnels_at(cp->tunnels, i),
				&links[n_ifs + i]);
	for (uint32_t i = 0; i < c->n_routes6; i++) {
		const struct cfg_route6 *cr = &c->routes6[i];
		struct rib6_static *s = &statics[in.n_statics];

		*s = (struct rib6_static){ .prefix = cr->prefix, .null = cr->null,
			.distance = cr->distance, .next_hop = cr->next_hop, .link = RIB_NO_LINK,
			.tag = cr->tag };
		s->track = track_of(r, cr->track, &s->track_down);
		if (cr->interface[0] != '\0') {
			/* The IPv4 RIB has the same links in the same order, by name. */
			s->link = link_named(cp->rib, n_ifs, n_tuns, cr->interface);
			if (s->link == RIB_NO_LINK)
				continue; /* validation does not let this pass */
		}
		in.n_statics++;
	}
	err = rib6_update(cp->rib6, &in, cp_now_ms() / 1000);
out:
	free(links);
	free(statics);
	return err;
}

/* ---- to the mirror ----------------------------------------------------------------------- */

static void
name_everything(struct reconcile *r)
{
	struct cp *cp = r->cp;
	const struct cfg_system *s = &cp->cfg->system;
	struct chan_param param = { .icmp_error_pps = s->icmp_error_pps,
		.icmp_echo_pps = s->icmp_echo_pps,
		.hold_ms = s->hold_ms,
		.reass_ms = s->reass_ms,
		.reass_packets = s->reass_packets,
		.reass_per_src = s->reass_per_src };

	for (int k = 0; k < CHAN_N_CLASSES; k++) {
		param.punt_pps[k] = cp->cfg->punt[k].rate;
		param.punt_burst[k] = cp->cfg->punt[k].burst;
	}
	mirror_param(cp->mirror, &param);
	policies_mirror(cp);
	ifaces_mirror(cp->ifaces);
	neigh_begin(cp->neigh);
	tunnels_mirror(cp->tunnels);
	route_feed_all(r->feed);
	neigh_end(cp->neigh);
	route_feed_all6(r->feed);
}

static void
routes_tell(const struct reconcile *r)
{
	for (uint32_t i = 0; i < r->n_on_routes; i++)
		r->on_routes[i].fn(r->on_routes[i].ctx);
}

static int
reconcile_run(struct reconcile *r, bool hold)
{
	struct cp *cp = r->cp;
	int err;

	mirror_begin(cp->mirror);
	err = ifaces_update(cp->ifaces);
	if (err == 0 && r->ready)
		vrrps_update(cp->vrrps);
	if (err == 0)
		tracks_update(cp->tracks); /* static routes depend on it */
	if (err == 0)
		err = tunnels_update(cp->tunnels, r->ready);
	if (err == 0)
		err = rib_feed(r, hold);
	if (err == 0)
		err = rib6_feed(r);
	if (err != 0) {
		log_error("reconcile", "out of memory: the dataplane keeps what it has");
		return err;
	}
	if (r->ready) {
		vpn_prepare(cp->vpn);
		neigh_update_ifs(cp->neigh);
		neigh_update_ifs(cp->neigh6);
		vrrps_answer_all(cp->vrrps);
		if (r->restore_boot_id != 0) {
			neigh_restore(cp->neigh, r->restore_boot_id);
			neigh_restore(cp->neigh6, r->restore_boot_id);
		}
		r->restore_boot_id = 0;
		name_everything(r);
		mirror_commit(cp->mirror);
	}
	recursive_log_check(&r->recursive, cp->rib);
	tunnels_check(cp->tunnels);
	routes_tell(r);
	return 0;
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

/* OSPF's routes as they are now; those that were held are given up if they are not among them. */
static int
routes_changed(struct reconcile *r)
{
	struct rib_changes x = { .n = 0 };
	int err;

	evtimer_del(r->hold);
	err = rib_feed_dyns(r, &x);
	if (err == -EAGAIN)
		return reconcile_run(r, false);
	if (err != 0 || x.n == 0)
		return err;
	if (r->ready)
		route_feed_changed(r->feed, x.prefixes, x.n);
	free(x.prefixes);
	routes_tell(r);
	return 0;
}

int
reconcile_routes(struct reconcile *r, const struct rib_source *s)
{
	int err = routes_take(r, s);

	return err != 0 ? err : routes_changed(r);
}

static void
on_hold(evutil_socket_t fd, short what, void *arg)
{
	struct reconcile *r = arg;

	if (!r->cp->stopping && routes_changed(r) != 0)
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
	if (r->n_on_routes == ON_ROUTES_MAX)
		return;
	r->on_routes[r->n_on_routes].fn = fn;
	r->on_routes[r->n_on_routes++].ctx = ctx;
}

/* Everything, because something else than OSPF's routes has changed. */
static int
run_all(struct reconcile *r)
{
	uint64_t began_ms = cp_now_ms();
	int err = reconcile_run(r, true);

	if (err == 0 && r->cp->ospf != NULL)
		ospf_proc_update(r->cp->ospf);
	r->ended_ms = cp_now_ms();
	r->took_ms = r->ended_ms - began_ms;
	return err;
}

int
reconcile_now(struct reconcile *r)
{
	return run_all(r);
}

int
reconcile_config(struct reconcile *r)
{
	int err = run_all(r);

	/* Until the dataplane is in line there is nobody to talk to: reconcile_synced() does it. */
	if (err == 0 && r->synced) {
		vpn_apply(r->cp->vpn);
		tunnels_check_soon(r->cp->tunnels);
	}
	return err;
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct reconcile *r = arg;

	if (!r->cp->stopping) /* the loop goes round some more while parts are taken down */
		run_all(r);
}

void
reconcile_soon(struct reconcile *r)
{
	/* With thousands of tunnels a run takes a while: when far ends are learned one after the
	 * other, they are taken together. After a quiet time the first is seen to at once. */
	if (!evtimer_pending(r->soon, NULL))
		loop_timer_at(r->soon, r->ended_ms + IDLE_TIMES * r->took_ms, cp_now_ms());
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
	if (r->soon != NULL && r->hold != NULL && r->feed != NULL)
		return r;
	reconcile_free(r);
	return NULL;
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
	route_feed_free(r->feed);
	free(r->dyns);
	free(r->hops);
	free(r->names);
	recursive_log_fini(&r->recursive);
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
	if (run_all(r) != 0)
		return;
	if (first)
		vpn_adopt_sas(cp->vpn, c);
	err = mirror_attach(cp->mirror, chan_client_boot_id(c));
	if (err != 0)
		log_error("reconcile", "the dataplane could not be told: %s", strerror(-err));
}

void
reconcile_detached(struct reconcile *r)
{
	r->synced = false;
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
