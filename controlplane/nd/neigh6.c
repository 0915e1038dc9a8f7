/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 neighbours; see neigh6.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/iface/iface.h"
#include "controlplane/nd/neigh6.h"
#include "controlplane/rib/rib6.h"

/* A neighbour that routes send through; few, so they stand in a list. */
struct pin6 {
	LIST_ENTRY(pin6) link;
	uint32_t if_id;
	struct ip6_addr addr;
	uint32_t mark;
};

struct neigh6 {
	struct cp *cp;
	struct nd_engine *nd;
	struct event *timer;
	LIST_HEAD(, pin6) pins;
	uint32_t mark;
	uint32_t *known_ifs; /* if_ids the engine has */
	uint32_t n_known_ifs;
	bool naming; /* between begin and end: the end names everything */
};

static struct pin6 *
pin_find(const struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr)
{
	struct pin6 *p;

	LIST_FOREACH (p, &n->pins, link)
		if (p->if_id == if_id && ip6_equal(&p->addr, addr))
			return p;
	return NULL;
}

static void
timer_arm(struct neigh6 *n)
{
	uint64_t now_ms = cp_now_ms(), next_ms = nd_next_ms(n->nd);
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
	struct neigh6 *n = ctx;

	dplink_inject(n->cp->dplink, CHAN_INJECT_FRAME, if_id, frame, len);
}

/* Is there a prefix of the interface that this neighbour is on? Link-local ones have no routes. */
static bool
on_link(const struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr)
{
	const struct iface *f = ifaces_by_id(n->cp->ifaces, if_id);

	for (uint8_t i = 0; f != NULL && i < f->cfg->n_addrs6; i++)
		if (f->cfg->addrs6[i].len < 128 && ip6_prefix_contains(&f->cfg->addrs6[i], addr))
			return true;
	return false;
}

/* Bring next hop and host route in line with what is known of a neighbour. */
static void
neigh_name(struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr, const uint8_t *mac)
{
	struct mirror *m = n->cp->mirror;
	struct ip6_prefix host = { .addr = *addr, .len = 128 };
	bool routed = on_link(n, if_id, addr) && !rib6_has(n->cp->rib6, &host);
	uint32_t nh;

	if (mac == NULL && pin_find(n, if_id, addr) == NULL) {
		if (routed)
			mirror_route6_del(m, &host);
		mirror_nh_adj6_del(m, if_id, addr);
		return;
	}
	if (mac == NULL && routed)
		mirror_route6_del(m, &host);
	nh = mirror_nh_adj6(m, if_id, addr, mac);
	if (nh != CHAN_NONE && mac != NULL && routed)
		mirror_route6(m, &host, false, nh);
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *addr, enum nd_state state,
		const uint8_t *mac)
{
	struct neigh6 *n = ctx;
	char a[IP6_STR_LEN], m[MAC_STR_LEN];

	log_debug("nd", "%s: %s is %s%s%s", ifaces_name(n->cp->ifaces, if_id), ip6_str(addr, a),
			nd_state_str(state), mac != NULL ? " at " : "",
			mac != NULL ? mac_str(mac, m) : "");
	if (n->naming)
		return;
	neigh_name(n, if_id, addr, mac);
	mirror_flush(n->cp->mirror);
}

static void
on_conflict(void *ctx, uint32_t if_id, const struct ip6_addr *addr)
{
	struct neigh6 *n = ctx;
	char a[IP6_STR_LEN];

	log_warning("nd", "%s: our address %s is also used by another node",
			ifaces_name(n->cp->ifaces, if_id), ip6_str(addr, a));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct neigh6 *n = arg;

	nd_tick(n->nd, cp_now_ms());
	timer_arm(n);
}

/* ---- life -------------------------------------------------------------------------------- */

struct neigh6 *
neigh6_new(struct cp *cp)
{
	static const struct nd_ops ops = {
		.send = on_send, .changed = on_changed, .conflict = on_conflict
	};
	struct neigh6 *n = calloc(1, sizeof(*n));
	uint64_t seed;

	if (n == NULL)
		return NULL;
	n->cp = cp;
	LIST_INIT(&n->pins);
	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		n->nd = nd_new(&ops, n, 0, seed);
	n->timer = evtimer_new(cp->base, on_timer, n);
	if (n->nd != NULL && n->timer != NULL)
		return n;
	neigh6_free(n);
	return NULL;
}

void
neigh6_free(struct neigh6 *n)
{
	struct pin6 *p;

	if (n == NULL)
		return;
	while ((p = LIST_FIRST(&n->pins)) != NULL) {
		LIST_REMOVE(p, link);
		free(p);
	}
	if (n->timer != NULL)
		event_free(n->timer);
	nd_free(n->nd);
	free(n->known_ifs);
	free(n);
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
if_set(struct neigh6 *n, const struct iface *f, uint64_t now_ms)
{
	struct nd_if_cfg c = { .if_id = f->if_id, .up = iface_up(f) };

	memcpy(c.mac, f->mac, 6);
	c.n_addrs = iface_addrs6(f, c.addrs);
	if (nd_if_set(n->nd, &c, now_ms) != 0)
		log_error("nd", "out of memory");
}

void
neigh6_update_ifs(struct neigh6 *n)
{
	const struct ifaces *x = n->cp->ifaces;
	uint64_t now_ms = cp_now_ms();
	uint32_t *now = calloc(ifaces_n(x) + 1u, sizeof(*now));
	uint32_t n_now = 0;

	if (now == NULL) {
		log_error("nd", "out of memory");
		return;
	}
	n->naming = true;
	for (uint32_t i = 0; i < n->n_known_ifs; i++)
		if (ifaces_by_id(x, n->known_ifs[i]) == NULL)
			nd_if_del(n->nd, n->known_ifs[i]);
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
neigh6_begin(struct neigh6 *n)
{
	n->mark++;
	n->naming = true;
}

uint32_t
neigh6_use(struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr)
{
	struct pin6 *p = pin_find(n, if_id, addr);
	enum nd_state s;
	uint8_t mac[6];

	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		if (p == NULL)
			return CHAN_NONE;
		p->if_id = if_id;
		p->addr = *addr;
		LIST_INSERT_HEAD(&n->pins, p, link);
	}
	p->mark = n->mark;
	/* The entry may have gone with its interface: pinning again is harmless. */
	if (nd_pin(n->nd, if_id, addr, cp_now_ms()) != 0)
		return CHAN_NONE;
	s = nd_lookup(n->nd, if_id, addr, mac);
	return mirror_nh_adj6(n->cp->mirror, if_id, addr,
			s == ND_REACHABLE || s == ND_STALE ? mac : NULL);
}

static void
name_entry(void *arg, const struct nd_show *e)
{
	bool known = e->state == ND_REACHABLE || e->state == ND_STALE;

	if (known || e->pinned)
		neigh_name(arg, e->if_id, &e->addr, known ? e->mac : NULL);
}

void
neigh6_end(struct neigh6 *n)
{
	struct pin6 *p, *next;

	for (p = LIST_FIRST(&n->pins); p != NULL; p = next) {
		next = LIST_NEXT(p, link);
		if (p->mark == n->mark)
			continue;
		nd_unpin(n->nd, p->if_id, &p->addr, cp_now_ms());
		LIST_REMOVE(p, link);
		free(p);
	}
	nd_for_each(n->nd, cp_now_ms(), name_entry, n);
	n->naming = false;
	timer_arm(n);
}

/* ---- what comes in ----------------------------------------------------------------------- */

bool
neigh6_is_message(const struct chan_pkt *pkt)
{
	return pkt->l3_off >= 14 && pkt->len > pkt->l3_off && pkt->data[pkt->l3_off - 2] == 0x86 &&
			pkt->data[pkt->l3_off - 1] == 0xdd;
}

void
neigh6_punt(struct neigh6 *n, const struct chan_pkt *pkt)
{
	if (nd_input(n->nd, pkt->if_id, pkt->data + pkt->l3_off, (size_t)pkt->len - pkt->l3_off,
			    cp_now_ms()) == -EBADMSG)
		log_debug("nd", "malformed message on %s", ifaces_name(n->cp->ifaces, pkt->if_id));
	timer_arm(n);
}

void
neigh6_wanted(struct neigh6 *n, uint32_t if_id, const struct ip6_addr *addr)
{
	nd_resolve(n->nd, if_id, addr, cp_now_ms());
	timer_arm(n);
}

void
neigh6_synced(struct neigh6 *n)
{
	nd_kick(n->nd, cp_now_ms());
	timer_arm(n);
}

void
neigh6_virtual_set(struct neigh6 *n, uint32_t if_id, const struct nd_virtual *v, uint32_t n_v)
{
	if (nd_virtual_set(n->nd, if_id, v, n_v) == -ENOMEM)
		log_error("nd", "out of memory");
}

const struct nd_engine *
neigh6_engine(const struct neigh6 *n)
{
	return n->nd;
}

uint32_t
neigh6_clear(struct neigh6 *n)
{
	uint32_t was = nd_clear(n->nd, cp_now_ms());

	timer_arm(n);
	return was;
}
