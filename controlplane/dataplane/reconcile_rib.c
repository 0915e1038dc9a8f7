/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes into the two RIBs: links, static routes, OSPF's; see reconcile.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/reconcile_int.h"
#include "controlplane/iface/iface.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/track/tracks.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/loop.h"
#include "controlplane/vrrp/vrrps.h"

#define HOLD_MS 1000 /* for OSPF's answer to the loss of a link, at most */

/* ---- the IPv4 RIB's input ------------------------------------------------------------------ */

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

int
reconcile_rib_gather(struct reconcile *r)
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
	for (uint32_t i = 0; i < n_tuns; i++)
		link_of_tunnel(cp, tunnels_cfg(cp->tunnels, i), tunnels_at(cp->tunnels, i),
				&links[n_ifs + i]);
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
	if (r->run.hold)
		links_hold(r, links, in.n_links);
	in.hops = hops = hops_number(r, links, n_ifs, in.n_links);
	if (hops != NULL)
		r->run.next = rib_gather_next(&in);
	err = r->run.next != NULL ? 0 : -ENOMEM;
	free(hops);
out:
	free(links);
	free(statics);
	return err;
}

int
reconcile_rib(struct reconcile *r)
{
	struct cp *cp = r->cp;
	uint32_t n_ifs = ifaces_n(cp->ifaces);
	int err = rib_take_next(cp->rib, r->run.next, cp_now_ms() / 1000);

	r->run.next = NULL;
	if (err != 0)
		return err;
	r->n_ifs = n_ifs;
	for (uint32_t i = 0; i < tunnels_n(cp->tunnels); i++)
		tunnels_set_link(cp->tunnels, i, n_ifs + i);
	hold_begin(r);
	return 0;
}

/* The same when nothing but the protocol's routes has changed: which prefixes that are. */
int
reconcile_rib_dyns(const struct reconcile *r, struct rib_changes *x)
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

int
reconcile_rib6(struct reconcile *r)
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
