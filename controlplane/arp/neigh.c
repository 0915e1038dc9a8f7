/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours; see neigh.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/arp/neigh.h"
#include "controlplane/arp/neigh_file.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/iface/iface.h"
#include "controlplane/rib/rib.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/hmap.h"

#define SAVE_INTERVAL_MS 5000

/* A neighbour that routes or tunnels send through. */
struct pin {
	struct hnode node;
	uint32_t if_id, addr;
	uint32_t mark;
};

struct neigh {
	struct cp *cp;
	struct arp_engine *arp;
	struct event *timer;
	struct hmap pins;
	uint32_t mark;
	uint32_t *known_ifs; /* if_ids the engine has */
	uint32_t n_known_ifs;
	bool in_line; /* the dataplane has our interfaces: frames may go out */
	bool naming; /* between begin and end: the end names everything */
	bool unsaved;
	uint64_t saved_ms;
};

static uint64_t
pin_key(uint32_t if_id, uint32_t addr)
{
	return (uint64_t)if_id << 32 | addr;
}

static void
timer_arm(struct neigh *n)
{
	uint64_t now_ms = cp_now_ms(), next_ms = arp_next_ms(n->arp);
	uint64_t in_ms = next_ms > now_ms ? next_ms - now_ms : 0;
	struct timeval tv = { .tv_sec = (time_t)(in_ms / 1000),
		.tv_usec = (suseconds_t)(in_ms % 1000 * 1000) };

	if (next_ms == UINT64_MAX)
		evtimer_del(n->timer);
	else
		evtimer_add(n->timer, &tv);
}

/* ---- the engine's callbacks -------------------------------------------------------------- */

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct neigh *n = ctx;

	/* What is not sent now is said or asked again by neigh_synced(). */
	if (n->in_line)
		dplink_inject(n->cp->dplink, CHAN_INJECT_FRAME, if_id, frame, len);
}

/* Is there a subnet of the interface that this neighbour is on? */
static bool
on_link(const struct neigh *n, uint32_t if_id, uint32_t addr)
{
	const struct iface *f = ifaces_by_id(n->cp->ifaces, if_id);

	for (uint8_t i = 0; f != NULL && i < f->cfg->n_addrs; i++)
		if (f->cfg->addrs[i].len < 32 && ip4_prefix_contains(&f->cfg->addrs[i], addr))
			return true;
	return false;
}

/* Bring next hop and host route in line with what is known of a neighbour. */
static void
neigh_name(struct neigh *n, uint32_t if_id, uint32_t addr, const uint8_t *mac)
{
	struct mirror *m = n->cp->mirror;
	struct ip4_prefix host = { .addr = addr, .len = 32 };
	bool pinned = hmap_find(&n->pins, pin_key(if_id, addr)) != NULL;
	uint32_t nh;

	if (mac == NULL && !pinned) {
		if (!rib_has(n->cp->rib, &host))
			mirror_route_del(m, addr, 32);
		mirror_nh_adj_del(m, if_id, addr);
		return;
	}
	nh = mirror_nh_adj(m, if_id, addr, mac);
	if (nh == CHAN_NONE || rib_has(n->cp->rib, &host))
		return;
	if (mac != NULL && on_link(n, if_id, addr))
		mirror_route(m, addr, 32, false, nh);
	else
		mirror_route_del(m, addr, 32);
}

static void
on_changed(void *ctx, uint32_t if_id, uint32_t addr, enum arp_state state, const uint8_t *mac)
{
	struct neigh *n = ctx;
	char a[IP4_STR_LEN], m[MAC_STR_LEN];

	log_debug("arp", "%s: %s is %s%s%s", ifaces_name(n->cp->ifaces, if_id), ip4_str(addr, a),
			arp_state_str(state), mac != NULL ? " at " : "",
			mac != NULL ? mac_str(mac, m) : "");
	n->unsaved = true;
	if (n->naming)
		return;
	neigh_name(n, if_id, addr, mac);
	mirror_flush(n->cp->mirror);
	tunnels_check_soon(n->cp->tunnels);
}

static void
on_conflict(void *ctx, uint32_t if_id, uint32_t addr, const uint8_t *mac)
{
	struct neigh *n = ctx;
	char a[IP4_STR_LEN], m[MAC_STR_LEN];

	log_warning("arp", "%s: our address %s is also used by %s",
			ifaces_name(n->cp->ifaces, if_id), ip4_str(addr, a), mac_str(mac, m));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct neigh *n = arg;

	arp_tick(n->arp, cp_now_ms());
	timer_arm(n);
}

/* ---- life -------------------------------------------------------------------------------- */

struct neigh *
neigh_new(struct cp *cp)
{
	static const struct arp_ops ops = {
		.send = on_send, .changed = on_changed, .conflict = on_conflict
	};
	struct neigh *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->cp = cp;
	n->arp = arp_new(&ops, n, 0, 1200 * 1000);
	n->timer = evtimer_new(cp->base, on_timer, n);
	if (n->arp != NULL && n->timer != NULL)
		return n;
	neigh_free(n);
	return NULL;
}

void
neigh_free(struct neigh *n)
{
	struct hmap_iter it = { 0 };

	if (n == NULL)
		return;
	for (struct hnode *h; (h = hmap_next(&n->pins, &it)) != NULL;)
		free(HMAP_ENTRY(h, struct pin, node));
	hmap_fini(&n->pins);
	if (n->timer != NULL)
		event_free(n->timer);
	arp_free(n->arp);
	free(n->known_ifs);
	free(n);
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
if_set(struct neigh *n, const struct iface *f, uint64_t now_ms)
{
	struct arp_if_cfg c = { .if_id = f->if_id, .up = iface_up(f), .n_addrs = f->cfg->n_addrs };

	memcpy(c.mac, f->mac, 6);
	memcpy(c.addrs, f->cfg->addrs, f->cfg->n_addrs * sizeof(c.addrs[0]));
	if (arp_if_set(n->arp, &c, now_ms) != 0)
		log_error("arp", "out of memory");
}

void
neigh_update_ifs(struct neigh *n)
{
	const struct ifaces *x = n->cp->ifaces;
	uint64_t now_ms = cp_now_ms();
	uint32_t *now = calloc(ifaces_n(x) + 1u, sizeof(*now));
	uint32_t n_now = 0;

	if (now == NULL) {
		log_error("arp", "out of memory");
		return;
	}
	n->naming = true;
	arp_set_timeout(n->arp, n->cp->cfg->system.arp_timeout_s * UINT64_C(1000));
	for (uint32_t i = 0; i < n->n_known_ifs; i++)
		if (ifaces_by_id(x, n->known_ifs[i]) == NULL)
			arp_if_del(n->arp, n->known_ifs[i]);
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

/* ---- pins -------------------------------------------------------------------------------- */

void
neigh_begin(struct neigh *n)
{
	n->mark++;
	n->naming = true;
}

uint32_t
neigh_use(struct neigh *n, uint32_t if_id, uint32_t addr)
{
	struct pin *p = HMAP_ENTRY(hmap_find(&n->pins, pin_key(if_id, addr)), struct pin, node);
	enum arp_state s;
	uint8_t mac[6];

	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		if (p == NULL || hmap_insert(&n->pins, &p->node, pin_key(if_id, addr)) != 0) {
			free(p);
			return CHAN_NONE;
		}
		p->if_id = if_id;
		p->addr = addr;
	}
	p->mark = n->mark;
	/* The entry may have gone with its interface: pinning again is harmless. */
	if (arp_pin(n->arp, if_id, addr, cp_now_ms()) != 0)
		return CHAN_NONE;
	s = arp_lookup(n->arp, if_id, addr, mac);
	return mirror_nh_adj(n->cp->mirror, if_id, addr,
			s == ARP_REACHABLE || s == ARP_STALE ? mac : NULL);
}

static void
name_entry(void *arg, const struct arp_show *e)
{
	bool known = e->state == ARP_REACHABLE || e->state == ARP_STALE;

	if (known || e->pinned)
		neigh_name(arg, e->if_id, e->addr, known ? e->mac : NULL);
}

void
neigh_end(struct neigh *n)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&n->pins, &it)) != NULL;) {
		struct pin *p = HMAP_ENTRY(h, struct pin, node);

		if (p->mark == n->mark)
			continue;
		arp_unpin(n->arp, p->if_id, p->addr, cp_now_ms());
		hmap_remove(&n->pins, &p->node);
		free(p);
	}
	arp_for_each(n->arp, cp_now_ms(), name_entry, n);
	n->naming = false;
	timer_arm(n);
}

/* ---- what comes in ----------------------------------------------------------------------- */

void
neigh_punt(struct neigh *n, const struct chan_pkt *pkt)
{
	if (arp_input(n->arp, pkt->if_id, pkt->data + pkt->l3_off, (size_t)pkt->len - pkt->l3_off,
			    cp_now_ms()) == -EBADMSG)
		log_debug("arp", "malformed message on %s", ifaces_name(n->cp->ifaces, pkt->if_id));
	timer_arm(n);
}

void
neigh_wanted(struct neigh *n, uint32_t if_id, uint32_t addr)
{
	arp_resolve(n->arp, if_id, addr, cp_now_ms());
	timer_arm(n);
}

void
neigh_synced(struct neigh *n)
{
	n->in_line = true;
	arp_kick(n->arp, cp_now_ms());
	timer_arm(n);
}

void
neigh_detached(struct neigh *n)
{
	n->in_line = false;
}

void
neigh_virtual_set(struct neigh *n, uint32_t if_id, const struct arp_virtual *v, uint32_t n_v)
{
	if (arp_virtual_set(n->arp, if_id, v, n_v) == -ENOMEM)
		log_error("arp", "out of memory");
}

bool
neigh_reachable(const struct neigh *n, uint32_t if_id, uint32_t addr)
{
	enum arp_state s = arp_lookup(n->arp, if_id, addr, NULL);

	return s == ARP_REACHABLE || s == ARP_STALE;
}

const struct arp_engine *
neigh_engine(const struct neigh *n)
{
	return n->arp;
}

uint32_t
neigh_clear(struct neigh *n)
{
	uint32_t was = arp_clear(n->arp, cp_now_ms());

	timer_arm(n);
	return was;
}

/* ---- over a restart ---------------------------------------------------------------------- */

static void
restore_one(void *arg, const struct neigh_line *l)
{
	struct neigh *n = arg;

	arp_seed(n->arp, l->if_id, l->addr, l->mac, cp_now_ms());
}

void
neigh_restore(struct neigh *n, uint64_t boot_id)
{
	n->naming = true;
	neigh_file_read(n->cp->args.state_dir, boot_id, restore_one, n);
	n->naming = false;
	timer_arm(n);
}

static void
save_one(void *arg, const struct arp_show *e)
{
	struct neigh_line l = { .if_id = e->if_id, .addr = e->addr };

	if (e->state != ARP_REACHABLE && e->state != ARP_STALE)
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
	f = neigh_file_begin(n->cp->args.state_dir, chan_client_boot_id(c));
	if (f == NULL)
		return;
	arp_for_each(n->arp, now_ms, save_one, f);
	neigh_file_end(f);
}
