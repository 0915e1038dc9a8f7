/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours; see neigh.h. What differs by address family stands in struct neigh_family. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/family.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/neigh/neigh_file.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/events.h"
#include "controlplane/util/loop.h"
#include "controlplane/vrrp/vrrps.h"

#define SAVE_INTERVAL_MS 5000

struct neigh {
	struct cp *cp;
	const struct neigh_family *family;
	struct neigh_cache *cache;
	struct event *timer;
	uint32_t mark;
	uint32_t *known_ifs; /* if_ids the cache has */
	uint32_t n_known_ifs;
	bool in_line; /* the dataplane has our interfaces: frames may go out */
	bool naming; /* between begin and end: the end names everything */
	bool unsaved;
	uint64_t saved_ms;
};

static void
timer_arm(struct neigh *n)
{
	loop_timer_at(n->timer, neigh_cache_next_ms(n->cache), cp_now_ms());
}

/* ---- the cache's callbacks --------------------------------------------------------------- */

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct neigh *n = ctx;

	/* What is not sent now is said or asked again by neigh_synced(). */
	if (n->in_line)
		dplink_inject(n->cp->dplink, CHAN_INJECT_FRAME, if_id, frame, len);
}

/* Is there a subnet of the interface that this neighbour is on? Link-local ones have no routes. */
static bool
on_link(const struct neigh *n, uint32_t if_id, const struct ip6_addr *addr)
{
	const struct iface *f = ifaces_by_id(n->cp->ifaces, if_id);
	struct neigh_if_cfg c;

	if (f == NULL)
		return false;
	n->family->addrs(f, &c);
	for (uint8_t i = 0; i < c.n_addrs; i++)
		if (c.addrs[i].len < 128 && !ip6_is_link_local(&c.addrs[i].addr) &&
				ip6_prefix_contains(&c.addrs[i], addr))
			return true;
	return false;
}

/* Bring next hop and host route in line with what is known of a neighbour. */
static void
neigh_name(struct neigh *n, uint32_t if_id, const struct ip6_addr *addr, const uint8_t *mac)
{
	const struct neigh_family *y = n->family;
	struct mirror *m = n->cp->mirror;
	bool routed = y->has_route(n->cp, addr); /* its own host route is the RIB's business */
	uint32_t nh;

	if (mac == NULL && !neigh_cache_pinned(n->cache, if_id, addr)) {
		if (!routed)
			y->route_del(m, addr);
		y->nh_del(m, if_id, addr);
		return;
	}
	nh = y->nh(m, if_id, addr, mac);
	if (nh == CHAN_NONE || routed)
		return;
	if (mac != NULL && on_link(n, if_id, addr))
		y->route(m, addr, nh);
	else
		y->route_del(m, addr);
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *addr, enum neigh_state state,
		const uint8_t *mac)
{
	struct neigh *n = ctx;
	char a[IP6_STR_LEN], m[MAC_STR_LEN];

	log_debug(n->family->name, "%s: %s is %s%s%s", ifaces_name(n->cp->ifaces, if_id),
			n->family->str(addr, a), neigh_state_str(state),
			mac != NULL ? " at " : "", mac != NULL ? mac_str(mac, m) : "");
	n->unsaved = true;
	if (n->naming)
		return;
	neigh_name(n, if_id, addr, mac);
	mirror_flush(n->cp->mirror);
	tunnels_check_soon(n->cp->tunnels);
}

static void
on_conflict(void *ctx, const struct neigh_conflict *s)
{
	struct neigh *n = ctx;
	char a[IP6_STR_LEN], m[MAC_STR_LEN], object[96], why[128];
	const char *ifname = ifaces_name(n->cp->ifaces, s->if_id);

	n->family->str(&s->addr, a);
	snprintf(why, sizeof(why), "%s %s our address, %llu times until now; defended %llu times",
			s->has_mac ? mac_str(s->mac, m) : "another node",
			s->open ? "claims" : "claimed", (unsigned long long)s->heard,
			(unsigned long long)s->defended);
	if (s->open)
		log_warning(n->family->name, "%s %s: %s", ifname, a, why);
	else
		log_notice(n->family->name, "%s %s: the conflict is over: %s", ifname, a, why);
	snprintf(object, sizeof(object), "%.40s %s", ifname, a);
	/* What goes on is in the log; an event is a change. */
	if (s->begins || !s->open)
		events_add(n->cp->events, n->family->name, object, s->open ? "ours" : "contested",
				s->open ? "contested" : "ours", why);
}

static void
on_twin(void *ctx, uint32_t if_id, const struct ip6_addr *addr)
{
	struct neigh *n = ctx;

	vrrps_claimed(n->cp->vrrps, if_id, addr);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct neigh *n = arg;

	neigh_cache_tick(n->cache, cp_now_ms());
	timer_arm(n);
}

/* ---- life -------------------------------------------------------------------------------- */

struct neigh *
neigh_new(struct cp *cp, bool ip6)
{
	static const struct neigh_ops ops = {
		.send = on_send, .changed = on_changed, .conflict = on_conflict, .twin = on_twin
	};
	struct neigh *n = calloc(1, sizeof(*n));
	uint64_t seed;

	if (n == NULL)
		return NULL;
	n->cp = cp;
	n->family = ip6 ? &neigh_family6 : &neigh_family4;
	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		n->cache = n->family->cache_new(&ops, n, seed);
	n->timer = evtimer_new(cp->base, on_timer, n);
	if (n->cache != NULL && n->timer != NULL)
		return n;
	neigh_free(n);
	return NULL;
}

void
neigh_free(struct neigh *n)
{
	if (n == NULL)
		return;
	if (n->timer != NULL)
		event_free(n->timer);
	neigh_cache_free(n->cache);
	free(n->known_ifs);
	free(n);
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
if_set(struct neigh *n, const struct iface *f, uint64_t now_ms)
{
	struct neigh_if_cfg c = { .if_id = f->if_id, .up = iface_up(f) };

	memcpy(c.mac, f->mac, 6);
	n->family->addrs(f, &c);
	if (neigh_cache_if_set(n->cache, &c, now_ms) != 0)
		log_error(n->family->name, "out of memory");
}

void
neigh_update_ifs(struct neigh *n)
{
	const struct ifaces *x = n->cp->ifaces;
	uint64_t now_ms = cp_now_ms();
	uint32_t *now = calloc(ifaces_n(x) + 1u, sizeof(*now));
	uint32_t n_now = 0;

	if (now == NULL) {
		log_error(n->family->name, "out of memory");
		return;
	}
	n->naming = true;
	n->family->settings(n->cache, n->cp->cfg);
	for (uint32_t i = 0; i < n->n_known_ifs; i++)
		if (ifaces_by_id(x, n->known_ifs[i]) == NULL)
			neigh_cache_if_del(n->cache, n->known_ifs[i]);
	for (uint32_t i = 0; i < ifaces_n(x); i++) {
		const struct iface *f = ifaces_at(x, i);

		if (f->if_id == CHAN_NONE)
			continue;
		if_set(n, f, now_ms);
		now[n_now++] = f->if_id;
	}
	free(n->known_ifs);
	n->known_ifs = now;
	n->n_known_ifs = n_now;
	n->naming = false;
	timer_arm(n);
}

/* ---- who is used ------------------------------------------------------------------------- */

void
neigh_begin(struct neigh *n)
{
	n->mark++;
	n->naming = true;
}

uint32_t
neigh_use(struct neigh *n, uint32_t if_id, const struct ip6_addr *addr)
{
	enum neigh_state s;
	uint8_t mac[6];

	/* The entry may have gone with its interface: pinning again is harmless. */
	if (neigh_cache_pin(n->cache, if_id, addr, n->mark, cp_now_ms()) != 0)
		return CHAN_NONE;
	s = neigh_cache_lookup(n->cache, if_id, addr, mac);
	return n->family->nh(n->cp->mirror, if_id, addr, neigh_is_known(s) ? mac : NULL);
}

static void
name_entry(void *arg, const struct neigh_show *e)
{
	bool known = neigh_is_known(e->state);

	if (known || e->pinned)
		neigh_name(arg, e->if_id, &e->addr, known ? e->mac : NULL);
}

void
neigh_end(struct neigh *n)
{
	neigh_cache_unpin_others(n->cache, n->mark);
	neigh_cache_for_each(n->cache, cp_now_ms(), name_entry, n);
	n->naming = false;
	timer_arm(n);
}

/* ---- what comes in ----------------------------------------------------------------------- */

bool
neigh_is_ip6(const struct chan_pkt *pkt)
{
	return pkt->l3_off >= 14 && pkt->len > pkt->l3_off && pkt->data[pkt->l3_off - 2] == 0x86 &&
			pkt->data[pkt->l3_off - 1] == 0xdd;
}

void
neigh_punt(struct neigh *n, const struct chan_pkt *pkt)
{
	if (n->family->input(n->cache, pkt->if_id, pkt->data + pkt->l3_off,
			    (size_t)pkt->len - pkt->l3_off, cp_now_ms()) == -EBADMSG)
		log_debug(n->family->name, "malformed message on %s",
				ifaces_name(n->cp->ifaces, pkt->if_id));
	timer_arm(n);
}

void
neigh_wanted(struct neigh *n, uint32_t if_id, const struct ip6_addr *addr)
{
	neigh_cache_resolve(n->cache, if_id, addr, cp_now_ms());
	timer_arm(n);
}

void
neigh_synced(struct neigh *n)
{
	n->in_line = true;
	neigh_cache_kick(n->cache, cp_now_ms());
	timer_arm(n);
}

void
neigh_detached(struct neigh *n)
{
	n->in_line = false;
}

void
neigh_virtual_set(struct neigh *n, uint32_t if_id, const struct neigh_virtual *v, uint32_t n_v)
{
	if (neigh_cache_virtual_set(n->cache, if_id, v, n_v) == -ENOMEM)
		log_error(n->family->name, "out of memory");
}

enum neigh_state
neigh_lookup(const struct neigh *n, uint32_t if_id, const struct ip6_addr *addr, uint8_t *mac)
{
	return neigh_cache_lookup(n->cache, if_id, addr, mac);
}

void
neigh_scan(const struct neigh *n, struct hmap_scan *at,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg)
{
	neigh_cache_scan(n->cache, cp_now_ms(), at, fn, arg);
}

void
neigh_conflicts(const struct neigh *n, void (*fn)(void *arg, const struct neigh_conflict *s),
		void *arg)
{
	neigh_cache_conflicts(n->cache, cp_now_ms(), fn, arg);
}

uint32_t
neigh_clear(struct neigh *n)
{
	uint32_t was = neigh_cache_clear(n->cache, cp_now_ms());

	timer_arm(n);
	return was;
}

/* ---- over a restart ---------------------------------------------------------------------- */

static void
restore_one(void *arg, const struct neigh_line *l)
{
	struct neigh *n = arg;

	neigh_cache_seed(n->cache, l->if_id, &l->addr, l->mac, cp_now_ms());
}

void
neigh_restore(struct neigh *n, uint64_t boot_id)
{
	n->naming = true;
	neigh_file_read(n->cp->args.state_dir, n->family->file, boot_id, restore_one, n);
	n->naming = false;
	timer_arm(n);
}

static void
save_one(void *arg, const struct neigh_show *e)
{
	struct neigh_line l = { .if_id = e->if_id, .addr = e->addr };

	if (!neigh_is_known(e->state))
		return;
	memcpy(l.mac, e->mac, 6);
	neigh_file_add(arg, &l);
}

void
neigh_second(struct neigh *n, uint64_t now_ms)
{
	const struct chan_client *c = dplink_client(n->cp->dplink);
	struct neigh_file *f;

	if (!n->unsaved || c == NULL || now_ms - n->saved_ms < SAVE_INTERVAL_MS)
		return;
	n->unsaved = false;
	n->saved_ms = now_ms;
	f = neigh_file_begin(n->cp->args.state_dir, n->family->file, chan_client_boot_id(c));
	if (f == NULL)
		return;
	neigh_cache_for_each(n->cache, now_ms, save_one, f);
	neigh_file_end(f);
}
