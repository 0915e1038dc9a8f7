/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces on ports; see iface.h. */
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/model.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/iface/iface.h"
#include "controlplane/util/loop.h"
#include "controlplane/vrrp/vrrps.h"

#define START_MS 300000 /* of the monotonic clock: the machine has just started */

/* What is known of an interface from one update to the next, and the log has been told. The name is
 * a copy: the configuration that it came from may be gone. */
struct seen {
	char name[CFG_NAME_MAX];
	enum iface_link link, carrier;
	enum iface_link believed; /* of the carrier, after its delay */
	uint64_t carrier_ms;      /* since when it is that */
	uint64_t n_held;
	struct damp damp;
};

struct ifaces {
	struct cp *cp;
	struct iface *at;
	uint32_t n;
	struct seen *seen; /* [n_seen] */
	uint32_t n_seen;
	struct event *carrier; /* a carrier delay or a suppression is over; NULL: none yet */
	/* The ports as they were seen by the last update. */
	struct chan_port_info ports[CHAN_MAX_PORTS];
	uint32_t n_ports;
};

struct ifaces *
ifaces_new(struct cp *cp)
{
	struct ifaces *x = calloc(1, sizeof(*x));

	if (x != NULL)
		x->cp = cp;
	return x;
}

void
ifaces_free(struct ifaces *x)
{
	if (x == NULL)
		return;
	if (x->carrier != NULL)
		event_free(x->carrier);
	free(x->at);
	free(x->seen);
	free(x);
}

/* While there is no dataplane its ports stay as they were last seen. */
static void
ports_read(struct ifaces *x)
{
	const struct chan_client *c = dplink_client(x->cp->dplink);
	uint32_t n;

	if (c == NULL)
		return;
	n = chan_client_stats(c)->n_ports;
	x->n_ports = n < CHAN_MAX_PORTS ? n : CHAN_MAX_PORTS;
	for (uint32_t p = 0; p < x->n_ports; p++)
		if (chan_client_port(c, p, &x->ports[p]) != 0)
			memset(&x->ports[p], 0, sizeof(x->ports[p]));
}

static uint32_t
port_find(const struct ifaces *x, const char *name)
{
	for (uint32_t p = 0; p < x->n_ports; p++)
		if (x->ports[p].present && (strcmp(x->ports[p].name, name) == 0 ||
							   strcmp(x->ports[p].iface, name) == 0))
			return p;
	return CHAN_NONE;
}

static const struct seen *
seen_of(const struct ifaces *x, const char *name)
{
	for (uint32_t k = 0; k < x->n_seen; k++)
		if (strcmp(x->seen[k].name, name) == 0)
			return &x->seen[k];
	return NULL;
}

struct damp_cfg
iface_damp_cfg(const struct iface *f)
{
	return (struct damp_cfg){ .half_life_s = f->cfg->damp_half_life_s,
		.reuse = f->cfg->damp_reuse,
		.suppress = f->cfg->damp_suppress,
		.max_suppress_s = f->cfg->damp_max_s };
}

/* Its penalty grows with each loss that is believed; while it is suppressed it counts as down. */
static void
dampen(const struct iface *f, const struct seen *was, struct seen *now, uint64_t *due_ms)
{
	struct damp_cfg c = iface_damp_cfg(f);
	uint64_t now_ms = cp_now_ms(), reuse_ms;
	bool lost = was != NULL && was->believed == IFACE_UP && now->believed == IFACE_DOWN;
	bool begins = false;

	if (was != NULL)
		now->damp = was->damp;
	if (c.half_life_s == 0) {
		now->damp.suppressed = false;
		now->damp.penalty = 0;
		return;
	}
	if (lost) {
		now->damp.n_flaps++;
		begins = damp_add(&now->damp, &c, DAMP_FLAP, now_ms);
	} else if (was == NULL && now_ms < START_MS && f->cfg->damp_restart != 0) {
		begins = damp_add(&now->damp, &c, f->cfg->damp_restart, now_ms);
	}
	if (begins)
		log_warning("interface", "%s: it flaps and is suppressed: penalty %u, used again "
				"at %u", now->name, (unsigned int)now->damp.penalty, c.reuse);
	if (damp_settle(&now->damp, &c, now_ms))
		log_notice("interface", "%s: it has been quiet and is not suppressed any more",
				now->name);
	reuse_ms = damp_reuse_ms(&now->damp, &c, now_ms);
	if (reuse_ms != 0 && reuse_ms < *due_ms)
		*due_ms = reuse_ms;
	if (now->damp.suppressed && now->believed == IFACE_UP)
		now->link = IFACE_DOWN;
}

/*
 * What an interface counts as, by what its port says now and what was believed before: the same
 * while its carrier delay runs. A port that comes or goes is believed at once. @due_ms: when the
 * first of all that run is over.
 */
static void
link_settle(struct iface *f, const struct seen *was, struct seen *now, uint64_t *due_ms)
{
	uint64_t now_ms = cp_now_ms(), over_ms;

	memcpy(now->name, f->cfg->name, sizeof(now->name));
	now->carrier = f->carrier;
	now->believed = f->carrier;
	now->carrier_ms = now_ms;
	if (was != NULL) {
		now->n_held = was->n_held;
		if (was->carrier == f->carrier)
			now->carrier_ms = was->carrier_ms;
	}
	if (was != NULL && was->believed != f->carrier && was->believed != IFACE_MISSING &&
			f->carrier != IFACE_MISSING) {
		over_ms = now->carrier_ms + (f->carrier == IFACE_UP ? f->cfg->carrier_up_ms
								     : f->cfg->carrier_down_ms);
		if (over_ms > now_ms) {
			now->believed = was->believed;
			*due_ms = over_ms < *due_ms ? over_ms : *due_ms;
		}
	} else if (was != NULL && was->carrier != f->carrier && was->believed == f->carrier) {
		now->n_held++;
	}
	now->link = now->believed;
	dampen(f, was, now, due_ms);
	f->link = now->link;
	f->n_held = now->n_held;
	f->damp = now->damp;
}

static void
on_carrier(evutil_socket_t fd, short what, void *arg)
{
	const struct ifaces *x = arg;

	reconcile_soon(x->cp->reconcile);
}

/* What all links count as; one line for each that is not what it was. 0 or -ENOMEM. */
static int
links_settle(struct ifaces *x)
{
	static const char *const words[] = { "missing: the dataplane has no such port", "down",
		"up" };
	struct seen *seen = calloc(x->n + 1u, sizeof(*seen));
	uint64_t due_ms = UINT64_MAX;

	if (seen == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct seen *was = seen_of(x, x->at[i].cfg->name);

		link_settle(&x->at[i], was, &seen[i], &due_ms);
		if (was == NULL || was->link != seen[i].link)
			log_notice("interface", "%s: link is %s", seen[i].name,
					words[seen[i].link]);
	}
	free(x->seen);
	x->seen = seen;
	x->n_seen = x->n;
	if (x->carrier == NULL && due_ms != UINT64_MAX) {
		x->carrier = evtimer_new(x->cp->base, on_carrier, x);
		if (x->carrier == NULL)
			return -ENOMEM;
	}
	if (x->carrier != NULL)
		loop_timer_at(x->carrier, due_ms, cp_now_ms());
	return 0;
}

bool
iface_is_loopback(const struct iface *f)
{
	return cfg_loopback_number(f->cfg->name) >= 0;
}

int
ifaces_update(struct ifaces *x)
{
	const struct cfg *c = x->cp->cfg;
	struct iface *at = calloc(c->n_interfaces + 1u, sizeof(*at));

	if (at == NULL)
		return -ENOMEM;
	ports_read(x);
	for (uint32_t i = 0; i < c->n_interfaces; i++) {
		struct iface *f = &at[i];

		f->cfg = &c->interfaces[i];
		f->if_id = CHAN_NONE;
		f->port = port_find(x, f->cfg->port);
		f->carrier = IFACE_MISSING;
		f->mtu = f->cfg->mtu;
		if (iface_is_loopback(f)) {
			f->port = CHAN_NONE;
			f->carrier = IFACE_UP;
		} else if (f->port != CHAN_NONE) {
			const struct chan_port_info *p = &x->ports[f->port];

			f->if_id = mirror_if_id(x->cp->mirror, f->port, f->cfg->vlan);
			f->carrier = p->link_up ? IFACE_UP : IFACE_DOWN;
			memcpy(f->mac, p->mac, 6);
			f->speed_mbps = p->speed_mbps;
			if (p->mtu >= 576 && p->mtu < f->mtu)
				f->mtu = (uint16_t)p->mtu;
		}
		f->link = f->carrier;
	}
	free(x->at);
	x->at = at;
	x->n = c->n_interfaces;
	return dplink_client(x->cp->dplink) != NULL ? links_settle(x) : 0;
}

bool
ifaces_stale(const struct ifaces *x)
{
	const struct chan_client *c = dplink_client(x->cp->dplink);
	struct chan_port_info p;

	if (c == NULL)
		return false;
	if (chan_client_stats(c)->n_ports != x->n_ports)
		return true;
	for (uint32_t i = 0; i < x->n_ports; i++) {
		const struct chan_port_info *o = &x->ports[i];

		if (chan_client_port(c, i, &p) != 0)
			continue;
		if (p.present != o->present || p.link_up != o->link_up || p.mtu != o->mtu ||
				memcmp(p.mac, o->mac, 6) != 0)
			return true;
	}
	return false;
}

static void
mirror_port_of(struct ifaces *x, uint32_t port)
{
	struct chan_port p = { .port = port };

	if (!x->ports[port].present)
		return;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct iface *f = &x->at[i];

		if (f->port != port)
			continue;
		if (f->cfg->mtu > p.mtu)
			p.mtu = f->cfg->mtu;
		if (f->cfg->enabled)
			p.admin_up = 1;
	}
	mirror_port(x->cp->mirror, &p);
}

uint8_t
iface_addrs6(const struct iface *f, struct ip6_prefix *addrs)
{
	uint8_t n = 0;

	if (f->cfg->n_addrs6 == 0)
		return 0;
	addrs[n++] = (struct ip6_prefix){ .addr = ip6_link_local_of(f->mac), .len = 64 };
	for (uint8_t i = 0; i < f->cfg->n_addrs6 && n < CFG_ADDRS_MAX; i++)
		addrs[n++] = f->cfg->addrs6[i];
	return n;
}

/* For the dataplane a route leads to a global address; it asks here for those of the link, and for
 * one to send ICMP errors from: link-local ones, of virtual routers too, and the first global one
 * have room before the others. */
static void
mirror_addrs6(const struct ifaces *x, const struct iface *f, struct chan_if *m)
{
	struct ip6_prefix own[CFG_ADDRS_MAX], addrs[CHAN_IF_ADDRS];
	uint8_t n_own = iface_addrs6(f, own), n = n_own < 2 ? n_own : 2;

	memcpy(addrs, own, n * sizeof(own[0]));
	n = (uint8_t)(n + vrrps_addrs6(x->cp->vrrps, f->if_id, true, addrs + n,
			(uint8_t)(CHAN_IF_ADDRS - n)));
	for (uint8_t i = 2; i < n_own && n < CHAN_IF_ADDRS; i++)
		addrs[n++] = own[i];
	m->n_addrs6 = n;
	for (uint8_t i = 0; i < n; i++) {
		memcpy(m->addrs6[i], &addrs[i].addr, sizeof(m->addrs6[i]));
		m->addr_lens6[i] = addrs[i].len;
	}
}

static void
mirror_iface(struct ifaces *x, const struct iface *f)
{
	struct chan_if m = { .port = f->port,
		.vlan = f->cfg->vlan,
		.mtu = f->mtu,
		.admin_up = f->cfg->enabled,
		.verify4 = f->cfg->verify4,
		.verify6 = f->cfg->verify6,
		.n_addrs = f->cfg->n_addrs };

	if (f->port == CHAN_NONE)
		return;
	/* The first naming of a new mark gives the id again, and holds it. */
	m.if_id = mirror_if_id(x->cp->mirror, f->port, f->cfg->vlan);
	if (m.if_id == CHAN_NONE)
		return;
	for (uint8_t k = 0; k < f->cfg->n_addrs && k < CHAN_IF_ADDRS; k++) {
		m.addrs[k] = f->cfg->addrs[k].addr;
		m.addr_lens[k] = f->cfg->addrs[k].len;
	}
	mirror_addrs6(x, f, &m);
	m.n_vmacs = vrrps_vmacs(x->cp->vrrps, m.if_id, m.vmacs);
	mirror_if(x->cp->mirror, &m);
}

void
ifaces_mirror(struct ifaces *x)
{
	for (uint32_t p = 0; p < x->n_ports; p++)
		mirror_port_of(x, p);
	for (uint32_t i = 0; i < x->n; i++)
		mirror_iface(x, &x->at[i]);
}

void
ifaces_mirror_one(struct ifaces *x, uint32_t if_id)
{
	const struct iface *f = ifaces_by_id(x, if_id);

	if (f == NULL)
		return;
	mirror_iface(x, f);
	mirror_flush(x->cp->mirror);
}

uint32_t
ifaces_n(const struct ifaces *x)
{
	return x->n;
}

const struct iface *
ifaces_at(const struct ifaces *x, uint32_t i)
{
	return i < x->n ? &x->at[i] : NULL;
}

const struct iface *
ifaces_by_id(const struct ifaces *x, uint32_t if_id)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->at[i].if_id == if_id)
			return &x->at[i];
	return NULL;
}

bool
iface_up(const struct iface *f)
{
	return f->cfg->enabled && f->link == IFACE_UP;
}

const char *
ifaces_name(const struct ifaces *x, uint32_t if_id)
{
	const struct iface *f = ifaces_by_id(x, if_id);

	return f != NULL ? f->cfg->name : "?";
}
