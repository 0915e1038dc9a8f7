/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual routers as configured, and what follows from their roles; see vrrps.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ra/ras.h"
#include "controlplane/track/tracks.h"
#include "controlplane/util/events.h"
#include "controlplane/util/loop.h"
#include "controlplane/vpn/vpn.h"
#include "controlplane/vrrp/vrrps_int.h"

#define OBJECT_LEN (VRRP_NAME_MAX + 8)

/* ---- over a restart ---------------------------------------------------------------------- */

char *
vrrps_keep_name(const struct vrrp_cfg *c, char buf[KEPT_NAME])
{
	snprintf(buf, KEPT_NAME, "%c%.63s", c->ip6 ? '6' : '4', c->name);
	return buf;
}

/* How long ago the former process, active in this role, was heard last: 0 when that is too long,
 * for the others may have missed it, or when it was not active. */
static uint64_t
was_active_ms(const struct vrrps *x, const struct vrrp_cfg *c)
{
	char name[KEPT_NAME];
	uint64_t sent_ms = kept_was(&x->keep, vrrps_keep_name(c, name)), now_ms = cp_now_ms();

	if (sent_ms == 0 || sent_ms > now_ms || now_ms - sent_ms >= 3 * (uint64_t)c->advert_ms)
		return 0;
	return now_ms - sent_ms + 1;
}

bool
vrrps_holds(const struct vrrps *x, const struct vrrp_vr *v)
{
	return vrrp_state(v) == VRRP_ACTIVE ||
			(vrrp_state(v) == VRRP_INIT && !x->synced && !x->leaving &&
					was_active_ms(x, vrrp_cfg(v)) != 0);
}

/* It has just come up. */
static void
resume(struct vrrps *x, struct vrrp_vr *v)
{
	uint64_t ago_ms = was_active_ms(x, vrrp_cfg(v));
	char name[KEPT_NAME], why[VRRP_REASON_MAX];

	kept_forget(&x->keep, vrrps_keep_name(vrrp_cfg(v), name));
	if (ago_ms == 0)
		return;
	snprintf(why, sizeof(why),
			"it was active %llu ms ago, before the control plane was restarted",
			(unsigned long long)ago_ms);
	vrrp_resume(x->engine, v, why, cp_now_ms());
}

/* ---- the engine's callbacks -------------------------------------------------------------- */

static void
timer_arm(struct vrrps *x)
{
	loop_timer_at(x->timer, vrrp_next_ms(x->engine), cp_now_ms());
}

/* "lan 10", "lan 10 ipv6". */
static void
object_name(const struct vrrp_cfg *c, char buf[OBJECT_LEN])
{
	snprintf(buf, OBJECT_LEN, "%s%s", c->name, c->ip6 ? " ipv6" : "");
}

static void
tell(struct vrrps *x, const struct vrrp_cfg *c, const struct vrrp_transition *t)
{
	char object[OBJECT_LEN];

	object_name(c, object);
	log_notice("vrrp", "%s: %s -> %s: %s", object, vrrp_state_str(t->from),
			vrrp_state_str(t->to), t->reason);
	events_add(x->cp->events, "vrrp", object, vrrp_state_str(t->from), vrrp_state_str(t->to),
			t->reason);
	if (t->last)
		log_warning("vrrp", "%s: its role has changed %d times within a minute: further "
				"changes are counted, not logged, until the minute is over",
				object, VRRP_CHANGES);
}

/* What hosts wait for is brought in line at once: the virtual MAC addresses, ARP. Routes and all
 * that depends on them follow when the loop comes round. */
static void
on_changed(void *ctx, const struct vrrp_vr *v, const struct vrrp_transition *t)
{
	const struct vrrp_cfg *c = vrrp_cfg(v);
	char name[KEPT_NAME];
	struct vrrps *x = ctx;

	if (!t->quiet)
		tell(x, c, t);
	if (t->from != VRRP_ACTIVE && t->to != VRRP_ACTIVE)
		return;
	kept_set(&x->keep, vrrps_keep_name(c, name), t->to == VRRP_ACTIVE, cp_now_ms());
	vrrps_answer(x, c->if_id);
	x->role_changed = true;
	if (x->updating)
		return;
	ifaces_mirror_one(x->cp->ifaces, c->if_id);
	ras_update(x->cp->ras);
	reconcile_soon(x->cp->reconcile);
}

static void
on_duplicate(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, uint8_t priority)
{
	char a[IP6_STR_LEN], object[OBJECT_LEN], why[VRRP_REASON_MAX];
	struct vrrps *x = ctx;

	snprintf(why, sizeof(why), "%s is active as well, with priority %u; we stay active",
			ip46_str(from, a), priority);
	object_name(vrrp_cfg(v), object);
	log_warning("vrrp", "%s: %s", object, why);
	events_add(x->cp->events, "vrrp", object, "active", "active", why);
}

static void
on_refused(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, const char *why)
{
	char a[IP6_STR_LEN], object[OBJECT_LEN];

	object_name(vrrp_cfg(v), object);
	log_warning("vrrp", "%s: advertisement of %s: %s", object, ip46_str(from, a), why);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct vrrps *x = arg;

	vrrp_tick(x->engine, cp_now_ms());
	timer_arm(x);
}

/* After routes were computed: a tunnel from a virtual address has its underlay now, or no
 * longer. */
static void
on_routes(void *ctx)
{
	struct vrrps *x = ctx;

	if (!x->role_changed || x->cp->vpn == NULL)
		return;
	x->role_changed = false;
	vpn_role_changed(x->cp->vpn);
}

/* ---- life -------------------------------------------------------------------------------- */

struct vrrps *
vrrps_new(struct cp *cp)
{
	static const struct vrrp_ops ops = { .send = vrrps_send, .announce = vrrps_announce,
		.changed = on_changed, .duplicate = on_duplicate, .refused = on_refused,
		.trace = vrrps_debug_trace };
	struct vrrps *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->cp = cp;
	x->engine = vrrp_new(&ops, x);
	x->timer = evtimer_new(cp->base, on_timer, x);
	if (x->engine != NULL && x->timer != NULL) {
		event_priority_set(x->timer, CP_PRIORITY_BEAT);
		reconcile_on_routes(cp->reconcile, on_routes, x);
		return x;
	}
	vrrps_free(x);
	return NULL;
}

void
vrrps_free(struct vrrps *x)
{
	if (x == NULL)
		return;
	if (x->timer != NULL)
		event_free(x->timer);
	vrrp_free(x->engine);
	kept_close(&x->keep);
	debug_ring_fini(&x->debug);
	free(x);
}

void
vrrps_leave(struct vrrps *x)
{
	if (x == NULL)
		return;
	x->leaving = true;
	vrrp_leave_all(x->engine, "the control plane is stopping", cp_now_ms());
	evtimer_del(x->timer);
}

/* ---- configuration ----------------------------------------------------------------------- */

/* The interface's address on the subnet of the virtual one, or its first. */
static struct ip6_addr
source4(const struct iface *f, uint32_t virtual_addr)
{
	for (uint8_t i = 0; i < f->cfg->n_addrs; i++)
		if (ip4_prefix_contains(&f->cfg->addrs[i], virtual_addr))
			return vrrp_map4(f->cfg->addrs[i].addr);
	return f->cfg->n_addrs != 0 ? vrrp_map4(f->cfg->addrs[0].addr) : (struct ip6_addr){ { 0 } };
}

static void
addrs4_of(const struct iface *f, const struct cfg_vrrp *g, struct vrrp_cfg *c)
{
	c->source = source4(f, g->address);
	c->addrs[c->n_addrs++] = vrrp_map4(g->address);
	for (uint32_t i = 0; i < g->n_secondary && c->n_addrs < VRRP_ADDRS_MAX; i++)
		c->addrs[c->n_addrs++] = vrrp_map4(g->secondary[i].address);
}

/* Where IPv6 advertisements come from: the link-local address (RFC 9568 section 5.1.2.1), but to
 * peers at global addresses one that they can know us by: on the first one's subnet, or any. */
static struct ip6_addr
source6(const struct iface *f, const struct vrrp_cfg *c)
{
	if (c->n_peers == 0 || ip6_is_link_local(&c->peers[0]))
		return ip6_link_local_of(f->mac);
	for (uint8_t i = 0; i < f->cfg->n_addrs6; i++)
		if (ip6_prefix_contains(&f->cfg->addrs6[i], &c->peers[0]))
			return f->cfg->addrs6[i].addr;
	return f->cfg->n_addrs6 != 0 ? f->cfg->addrs6[0].addr : (struct ip6_addr){ { 0 } };
}

/* RFC 9568 section 5.2.9: the first address is the link-local one. */
static void
addrs6_of(const struct iface *f, const struct cfg_vrrp *g, struct vrrp_cfg *c)
{
	uint8_t mac[6];

	c->source = source6(f, c);
	vrrp_mac(true, c->vrid, mac);
	if (!ip6_is_link_local(&g->address6))
		c->addrs[c->n_addrs++] = ip6_is_zero(&g->link_local6) ? ip6_link_local_of(mac)
								       : g->link_local6;
	c->addrs[c->n_addrs++] = g->address6;
	for (uint32_t i = 0; i < g->n_secondary6 && c->n_addrs < VRRP_ADDRS_MAX; i++)
		c->addrs[c->n_addrs++] = g->secondary6[i].address;
}

/* Those of the group's family. */
static uint8_t
take_peers(struct ip6_addr out[VRRP_PEERS_MAX], const struct cfg_vrrp_addr6 *from, uint32_t n,
		bool ip6)
{
	uint8_t taken = 0;

	for (uint32_t i = 0; i < n && taken < VRRP_PEERS_MAX; i++)
		if (ip6_is_mapped(&from[i].address) != ip6)
			out[taken++] = from[i].address;
	return taken;
}

static void
cfg_of(const struct iface *f, const struct cfg_vrrp *g, bool ip6, struct vrrp_cfg *c)
{
	*c = (struct vrrp_cfg){ .if_id = f->if_id, .vrid = (uint8_t)atoi(g->name), .ip6 = ip6,
		.version = g->version, .priority = g->priority,
		.advert_ms = g->has_advertise_s ? g->advertise_s * 1000 : g->advertise_ms,
		.preempt = g->preempt, .preempt_delay_ms = g->preempt_delay_s * 1000,
		.startup_delay_ms = g->startup_delay_s * 1000,
		.checksum = (enum vrrp_checksum)g->checksum };
	static_assert((int)VRRP_SUM_AUTO == (int)CFG_VRRP_SUM_AUTO &&
			(int)VRRP_SUM_PSEUDO == (int)CFG_VRRP_SUM_PSEUDO &&
			(int)VRRP_SUM_PLAIN == (int)CFG_VRRP_SUM_PLAIN, "the same numbers");
	snprintf(c->name, sizeof(c->name), "%s %s", f->cfg->name, g->name);
	memcpy(c->auth, g->authentication, sizeof(c->auth));
	memcpy(c->sync, g->sync_group, sizeof(c->sync));
	c->n_peers = take_peers(c->peers, g->peers, g->n_peers, ip6);
	c->n_permitted = take_peers(c->permitted, g->permitted, g->n_permitted, ip6);
	if (ip6)
		addrs6_of(f, g, c);
	else
		addrs4_of(f, g, c);
}

static const char *
why_down(const struct vrrps *x, const struct iface *f, const struct cfg_vrrp *g)
{
	if (x->leaving)
		return "the control plane is stopping";
	if (!g->enabled)
		return "shut down";
	if (!f->cfg->enabled)
		return "the interface is shut down";
	if (f->link != IFACE_UP)
		return "the link is down";
	if (!x->synced)
		return "the dataplane is not ready";
	return NULL;
}

/* What the tracked objects leave of the priority; 0: it does not take part. */
static uint8_t
priority_of(const struct vrrps *x, const struct cfg_vrrp *g)
{
	int priority = g->priority;

	for (uint32_t i = 0; i < g->n_tracks; i++) {
		const struct cfg_vrrp_track *t = &g->tracks[i];

		if (tracks_is_up(x->cp->tracks, t->object))
			continue;
		if (t->shutdown)
			return 0;
		if (!t->has_set)
			priority -= t->decrement;
		else if (t->set < priority)
			priority = t->set;
	}
	return (uint8_t)(priority > 0 ? priority : 1);
}

static void
group_update(struct vrrps *x, const struct iface *f, const struct cfg_vrrp *g, bool ip6)
{
	uint64_t now_ms = cp_now_ms();
	const char *why = why_down(x, f, g);
	struct vrrp_cfg c;
	struct vrrp_vr *v;
	uint8_t priority;

	cfg_of(f, g, ip6, &c);
	v = vrrp_set(x->engine, &c, now_ms);
	explicit_bzero(c.auth, sizeof(c.auth));
	if (v == NULL) {
		log_error("vrrp", "%s: out of memory", c.name);
		return;
	}
	priority = priority_of(x, g);
	if (why == NULL && priority == 0)
		why = "a tracked object is down";
	vrrp_up(x->engine, v, why == NULL, why, now_ms);
	vrrp_priority(x->engine, v, priority, now_ms);
	if (why == NULL)
		resume(x, v);
}

static const struct cfg_vrrp *
group_of(const struct iface *f, const struct vrrp_cfg *c)
{
	for (uint32_t i = 0; f != NULL && i < f->cfg->n_vrrps; i++) {
		const struct cfg_vrrp *g = &f->cfg->vrrps[i];

		if (atoi(g->name) == c->vrid && (c->ip6 ? !ip6_is_zero(&g->address6)
							: g->address != 0))
			return g;
	}
	return NULL;
}

static void
drop_unconfigured(struct vrrps *x)
{
	struct vrrp_vr *v, *next;

	for (v = vrrp_next(x->engine, NULL); v != NULL; v = next) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		next = vrrp_next(x->engine, v);
		if (group_of(ifaces_by_id(x->cp->ifaces, c->if_id), c) == NULL)
			vrrp_del(x->engine, v, cp_now_ms());
	}
}

void
vrrps_update(struct vrrps *x)
{
	if (x == NULL)
		return;
	if (!x->kept && !x->leaving) {
		/* Not before: the state directory is made with the configuration. */
		x->kept = true;
		if (kept_open(&x->keep, x->cp->args.state_dir, "vrrp") != 0)
			log_info("vrrp", "roles are not kept over a restart");
	}
	x->updating = true;
	drop_unconfigured(x);
	for (uint32_t i = 0; i < ifaces_n(x->cp->ifaces); i++) {
		const struct iface *f = ifaces_at(x->cp->ifaces, i);

		for (uint32_t k = 0; k < f->cfg->n_vrrps && f->if_id != CHAN_NONE; k++) {
			const struct cfg_vrrp *g = &f->cfg->vrrps[k];

			if (g->address != 0)
				group_update(x, f, g, false);
			if (!ip6_is_zero(&g->address6))
				group_update(x, f, g, true);
		}
	}
	x->updating = false;
	timer_arm(x);
}

void
vrrps_tracks(struct vrrps *x)
{
	if (x == NULL)
		return;
	for (struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct iface *f = ifaces_by_id(x->cp->ifaces, vrrp_cfg(v)->if_id);
		const struct cfg_vrrp *g = group_of(f, vrrp_cfg(v));

		if (g != NULL)
			group_update(x, f, g, vrrp_cfg(v)->ip6);
	}
	timer_arm(x);
}

void
vrrps_neighbours(struct vrrps *x)
{
	for (const struct vrrp_vr *v = x != NULL ? vrrp_next(x->engine, NULL) : NULL; v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		for (uint8_t i = 0; i < c->n_peers; i++)
			if (ip6_is_link_local(&c->peers[i]))
				neigh_use(x->cp->neigh6, c->if_id, &c->peers[i]);
	}
}

void
vrrps_answer_all(struct vrrps *x)
{
	if (x == NULL)
		return;
	for (uint32_t i = 0; i < ifaces_n(x->cp->ifaces); i++) {
		const struct iface *f = ifaces_at(x->cp->ifaces, i);

		if (f->if_id != CHAN_NONE)
			vrrps_answer(x, f->if_id);
	}
}

/* ---- the dataplane ----------------------------------------------------------------------- */

void
vrrps_synced(struct vrrps *x, bool synced)
{
	if (x == NULL || x->synced == synced)
		return;
	x->synced = synced;
	if (synced) {
		reconcile_soon(x->cp->reconcile);
		return;
	}
	for (struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v))
		vrrp_up(x->engine, v, false, "the dataplane is gone", cp_now_ms());
	timer_arm(x);
}

void
vrrps_punt(struct vrrps *x, const struct chan_pkt *pkt)
{
	if (x == NULL)
		return;
	vrrp_input(x->engine, pkt->if_id, pkt->data + pkt->l3_off, (size_t)pkt->len - pkt->l3_off,
			cp_now_ms());
	timer_arm(x);
}

void
vrrps_claimed(struct vrrps *x, uint32_t if_id, const struct ip6_addr *addr)
{
	if (x == NULL)
		return;
	vrrp_claimed(x->engine, if_id, addr, cp_now_ms());
	timer_arm(x);
}

/* ---- what others ask --------------------------------------------------------------------- */

uint8_t
vrrps_vmacs(const struct vrrps *x, uint32_t if_id, uint16_t *out)
{
	uint8_t n = 0;

	if (x == NULL)
		return 0;
	for (const struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		if (c->if_id == if_id && vrrps_holds(x, v) && n < CHAN_IF_VMACS)
			out[n++] = (uint16_t)((c->ip6 ? 0x200u : 0x100u) | c->vrid);
	}
	return n;
}

/* Active, and reachable at its addresses; an owner's are the interface's own. */
static bool
accepts(const struct vrrps *x, const struct vrrp_vr *v)
{
	const struct vrrp_cfg *c = vrrp_cfg(v);
	const struct cfg_vrrp *g = group_of(ifaces_by_id(x->cp->ifaces, c->if_id), c);

	return vrrps_holds(x, v) && g != NULL && g->accept &&
			c->priority != VRRP_OWNER;
}

uint8_t
vrrps_addrs4(const struct vrrps *x, uint32_t if_id, struct ip4_prefix *out, uint8_t max)
{
	uint8_t n = 0;

	if (x == NULL)
		return 0;
	for (const struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		if (c->if_id != if_id || c->ip6 || !accepts(x, v))
			continue;
		for (uint8_t i = 0; i < c->n_addrs && n < max; i++)
			out[n++] = (struct ip4_prefix){ .addr = vrrp_addr4(&c->addrs[i]),
				.len = 32 };
	}
	return n;
}

uint8_t
vrrps_addrs6(const struct vrrps *x, uint32_t if_id, bool link_local, struct ip6_prefix *out,
		uint8_t max)
{
	uint8_t n = 0;

	if (x == NULL)
		return 0;
	for (const struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		if (c->if_id != if_id || !c->ip6 || !accepts(x, v))
			continue;
		for (uint8_t i = 0; i < c->n_addrs && n < max; i++)
			if (ip6_is_link_local(&c->addrs[i]) == link_local)
				out[n++] = (struct ip6_prefix){ .addr = c->addrs[i], .len = 128 };
	}
	return n;
}

bool
vrrps_is_active(const struct vrrps *x, const char *group)
{
	const char *slash = strrchr(group, '/');

	if (x == NULL || slash == NULL)
		return false;
	for (const struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);
		size_t len = (size_t)(slash - group);

		if (vrrp_state(v) == VRRP_ACTIVE && strlen(c->name) > len &&
				memcmp(c->name, group, len) == 0 && c->name[len] == ' ' &&
				strcmp(c->name + len + 1, slash + 1) == 0)
			return true;
	}
	return false;
}

const struct vrrp_engine *
vrrps_engine(const struct vrrps *x)
{
	return x->engine;
}
