/* SPDX-License-Identifier: BSD-3-Clause */
/* The OSPF process; see proc.h. */
#include "controlplane/ospf/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "controlplane/config/model.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/iface/iface.h"
#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/proc_calc.h"
#include "controlplane/ospf/proc_int.h"
#include "controlplane/ospf/proc_keep.h"
#include "controlplane/ospf/proc_restart.h"
#include "controlplane/rib/rib.h"
#include "controlplane/track/tracks.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/events.h"
#include "controlplane/util/loop.h"

#define LOG_AREA    "ospf"
#define ETH_HDR_LEN 14
#define KEEP_MS     50
#define TUNNEL_MTU  1400 /* of a tunnel that takes what fits: both ends must say the same */

/* ---- time -------------------------------------------------------------------------------- */

void
ospf_proc_rearm(struct ospf_proc *p)
{
	uint64_t next_ms;

	if (p->o == NULL)
		return;
	next_ms = ospf_next_ms(p->o);
	if (next_ms >= p->armed_ms)
		return; /* the timer comes early enough */
	p->armed_ms = next_ms;
	loop_timer_at(p->timer, next_ms, cp_now_ms());
}

/* For the next process, should we be killed. */
static void
keep_beat(struct ospf_proc *p)
{
	struct rib_source routes;

	if (p->keep != NULL && p->o != NULL && p->calc != NULL &&
			proc_calc_source(p->calc, &routes))
		proc_keep_beat(p->keep, p->o, &routes, cp_now_ms());
}

bool
ospf_proc_is_kept(const struct ospf_proc *p)
{
	return p->keep != NULL && !*proc_keep_changed(p->keep);
}

static void
restart_drop(struct ospf_proc *p)
{
	if (p->restart != NULL)
		restart_file_fini(p->restart);
	free(p->restart);
	p->restart = NULL;
	if (p->restart_file)
		proc_restart_remove(p->cp->args.state_dir);
	p->restart_file = false;
}

/* When it is over nobody needs its file. */
static void
restart_check(struct ospf_proc *p)
{
	if (p->restart_file && p->restart == NULL && !p->leaving &&
			(p->o == NULL || !ospf_restarting(p->o)))
		restart_drop(p);
}

static int
restart_write(struct ospf_proc *p)
{
	const struct chan_client *client = dplink_client(p->cp->dplink);
	struct restart_file f = { 0 };
	int err;

	if (client == NULL)
		return -ENOTCONN;
	f.boot_id = chan_client_boot_id(client);
	err = ospf_restart_save(p->o, &f.r);
	if (err != 0)
		return err;
	proc_calc_source(p->calc, &f.routes);
	err = proc_restart_write(p->cp->args.state_dir, &f);
	ospf_restart_fini(&f.r);
	return err;
}

bool
ospf_proc_leave(struct ospf_proc *p)
{
	uint64_t now_ms = cp_now_ms();
	int err;

	if (p->o == NULL)
		return true;
	if (!p->leaving && !ospf_restart_prepare(p->o, OSPF_RESTART_SOFTWARE, now_ms))
		return true;
	p->leaving = true;
	ospf_tick(p->o, now_ms);
	ospf_proc_rearm(p);
	if (!ospf_restart_ready(p->o))
		return false;
	err = restart_write(p);
	p->restart_file = err == 0;
	if (err != 0)
		log_error(LOG_AREA, "graceful restart: the next process cannot be told: %s",
				strerror(-err));
	if (p->keep != NULL)
		proc_keep_hurry(p->keep);
	keep_beat(p);
	return true;
}

static void
on_keep(evutil_socket_t fd, short what, void *arg)
{
	keep_beat(arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ospf_proc *p = arg;

	p->armed_ms = UINT64_MAX;
	if (p->o != NULL)
		ospf_tick(p->o, cp_now_ms());
	restart_check(p);
	ospf_proc_rearm(p);
}

/* ---- the engine's callbacks -------------------------------------------------------------- */

static uint64_t
on_wall(void *ctx)
{
	return (uint64_t)time(NULL);
}

static void
on_log(void *ctx, enum log_level level, const char *line)
{
	if (log_enabled(level))
		log_msg(level, LOG_AREA, "%s", line);
}

static void
on_moved(void *ctx, const struct ospf_nbr *n, const char *from, const char *to, const char *why)
{
	const struct ospf_proc *p = ctx;
	char object[80], id[IP4_STR_LEN];

	snprintf(object, sizeof(object), "%s %s", n->ifp->cfg.name, ip4_str(n->router_id, id));
	events_add(p->cp->events, "ospf", object, from, to, why);
}

static void
on_limit_moved(void *ctx, const char *from, const char *to, const char *why)
{
	const struct ospf_proc *p = ctx;

	events_add(p->cp->events, "ospf", "max-lsa", from, to, why);
}

/* ---- life -------------------------------------------------------------------------------- */

struct ospf_proc *
ospf_proc_new(struct cp *cp)
{
	struct ospf_proc *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->cp = cp;
	p->armed_ms = UINT64_MAX;
	p->timer = evtimer_new(cp->base, on_timer, p);
	p->keep_timer = event_new(cp->base, -1, EV_PERSIST, on_keep, p);
	if (p->timer == NULL || p->keep_timer == NULL) {
		if (p->timer != NULL)
			event_free(p->timer);
		free(p);
		return NULL;
	}
	event_priority_set(p->timer, CP_PRIORITY_BEAT);
	return p;
}

static void
engine_stop(struct ospf_proc *p, bool farewell)
{
	if (p->o == NULL)
		return;
	if (farewell) {
		ospf_stop(p->o, cp_now_ms());
		restart_drop(p);
		if (p->keep != NULL)
			proc_keep_forget(p->keep);
	}
	proc_calc_free(p->calc);
	p->calc = NULL;
	ospf_free(p->o);
	p->o = NULL;
	p->number = 0;
	p->armed_ms = UINT64_MAX;
	evtimer_del(p->timer);
	event_del(p->keep_timer);
}

static bool
engine_start(struct ospf_proc *p)
{
	struct ospf_ops ops = { .send = proc_send, .wall_s = on_wall, .log = on_log,
		.moved = on_moved, .limit_moved = on_limit_moved,
		.trace = proc_debug_trace, .ctx = p };
	uint64_t seed = 0;

	if (p->o != NULL)
		return true;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = cp_now_ms();
	p->ip_id = (uint16_t)seed;
	p->o = ospf_new(&ops, seed, cp_now_ms());
	p->calc = p->o != NULL ? proc_calc_new(p->cp, p->o) : NULL;
	proc_debug_apply(p);
	if (p->calc != NULL)
		return true;
	log_error(LOG_AREA, "out of memory");
	ospf_free(p->o);
	p->o = NULL;
	return false;
}

void
ospf_proc_free(struct ospf_proc *p)
{
	if (p == NULL)
		return;
	engine_stop(p, false);
	p->restart_file = false; /* the next process's, if there is one */
	restart_drop(p);
	punt_parts_fini(&p->parts);
	proc_keep_close(p->keep);
	debug_ring_fini(&p->debug);
	event_free(p->keep_timer);
	event_free(p->timer);
	free(p);
}

void
ospf_proc_stop(struct ospf_proc *p)
{
	engine_stop(p, true);
}

struct ospf *
ospf_proc_engine(const struct ospf_proc *p)
{
	return p->o;
}

struct proc_calc *
ospf_proc_calc(const struct ospf_proc *p)
{
	return p != NULL ? p->calc : NULL;
}

uint32_t
ospf_proc_number(const struct ospf_proc *p)
{
	return p->number;
}

bool
ospf_proc_clear(struct ospf_proc *p)
{
	if (p->o == NULL)
		return false;
	log_notice(LOG_AREA, "process %u is cleared", p->number);
	ospf_clear(p->o, cp_now_ms());
	ospf_proc_rearm(p);
	return true;
}

/* ---- configuration, links ---------------------------------------------------------------- */

static void
areas_update(struct ospf_proc *p, const struct cfg_ospf *c, uint64_t now_ms)
{
	struct ospf_area *a, *next;
	struct ospf_area_cfg ac;

	for (a = TAILQ_FIRST(&p->o->areas); a != NULL; a = next) {
		bool there = false;

		next = TAILQ_NEXT(a, link);
		for (uint32_t i = 0; i < c->n_areas && !there; i++) {
			proc_cfg_area(&c->areas[i], &ac);
			there = ac.id == a->cfg.id;
		}
		if (!there && a->configured)
			ospf_area_unset(p->o, a->cfg.id, now_ms);
	}
	for (uint32_t i = 0; i < c->n_areas; i++) {
		proc_cfg_area(&c->areas[i], &ac);
		if (ospf_area_set(p->o, &ac, now_ms) != 0)
			log_error(LOG_AREA, "out of memory");
	}
}

/* The highest cost of the tracked objects that are down, if any is. */
static void
cost_track(const struct ospf_proc *p, const struct cfg_ospf_if *c, struct ospf_if_cfg *out)
{
	uint16_t highest = 0;

	for (uint32_t i = 0; i < c->n_tracks; i++)
		if (c->tracks[i].cost > highest &&
				!tracks_is_up(p->cp->tracks, c->tracks[i].object))
			highest = c->tracks[i].cost;
	if (highest != 0)
		out->cost = highest;
}

static void
link_set(struct ospf_proc *p, const struct cfg_ospf *c, const struct proc_link *l, bool up,
		uint64_t now_ms)
{
	struct ospf_if_cfg *ic = malloc(sizeof(*ic));
	struct ospf_if *ifp;

	if (ic != NULL && proc_cfg_if(p->cp->cfg, c, l, ic)) {
		cost_track(p, l->cfg, ic);
		ifp = ospf_if_set(p->o, ic, up, now_ms);
		if (ifp == NULL)
			log_error(LOG_AREA, "%s: out of memory", l->name);
		else
			ifp->marked = true;
	}
	if (ic != NULL)
		explicit_bzero(ic, sizeof(*ic));
	free(ic);
}

static void
ifaces_give(struct ospf_proc *p, const struct cfg_ospf *c, uint64_t now_ms)
{
	const struct ifaces *x = p->cp->ifaces;

	for (uint32_t i = 0; i < ifaces_n(x); i++) {
		const struct iface *f = ifaces_at(x, i);
		struct proc_link l = { .name = f->cfg->name,
			.cfg = &f->cfg->ospf,
			.addrs = f->cfg->addrs,
			.n_addrs = f->cfg->n_addrs,
			.mtu = f->mtu,
			.speed_mbps = f->speed_mbps,
			.user = f->if_id + 1 };

		if (iface_is_loopback(f)) {
			l.loopback = true;
			l.user = USER_LOOPBACK + (uint32_t)cfg_loopback_number(f->cfg->name);
		} else if (f->if_id == CHAN_NONE) {
			continue;
		}
		if (f->cfg->n_addrs == 0)
			continue;
		link_set(p, c, &l, iface_up(f), now_ms);
	}
}

static void
tunnels_give(struct ospf_proc *p, const struct cfg_ospf *c, uint64_t now_ms)
{
	const struct cfg *cfg = p->cp->cfg;
	const struct tunnels *x = p->cp->tunnels;
	uint32_t inside;

	for (uint32_t i = 0; i < tunnels_n(x); i++) {
		const struct cfg_tunnel *t = tunnels_cfg(x, i);
		const struct tunnel_state *s = tunnels_at(x, i);
		struct proc_link l = { .name = t->name,
			.cfg = &t->ospf,
			.tunnel = true,
			.addrs = &t->address,
			.n_addrs = t->address.addr != 0,
			.borrowed = proc_cfg_borrowed(cfg, p->o->cfg.router_id, t->source),
			.mtu = t->mtu != 0 ? t->mtu : TUNNEL_MTU,
			.user = USER_TUNNEL + s->tun_id };

		if (s->tun_id == CHAN_NONE || tunnels_parent(x, i, &inside) != NULL)
			continue; /* of a multipoint tunnel's members, the tunnel itself */
		link_set(p, c, &l, t->enabled && !s->lost &&
				rib_underlay(p->cp->rib, s->link)->err == RIB_UNDERLAY_OK, now_ms);
	}
}

/* Its addresses and its cost come from the route calculation: they stay as they are. */
static void
vlink_give(struct ospf_proc *p, const struct ospf_if_cfg *cfg, uint32_t area, uint32_t router_id,
		uint64_t now_ms)
{
	struct ospf_if *ifp = ospf_if_find(p->o, cfg->name);
	struct ospf_if_cfg ic = *cfg;

	if (ifp != NULL && (ifp->cfg.user != ic.user || ifp->cfg.hello_ms != ic.hello_ms ||
					   ifp->cfg.dead_ms != ic.dead_ms)) {
		ospf_if_del(p->o, ifp, now_ms);
		ifp = NULL;
	}
	if (ifp != NULL) {
		ic.addr = ifp->cfg.addr;
		ic.cost = ifp->cfg.cost;
		ospf_if_set(p->o, &ic, ifp->up, now_ms);
	} else if ((ifp = ospf_if_set(p->o, &ic, false, now_ms)) != NULL) {
		ifp->vlink_id = router_id;
		ifp->vlink_area = area;
		ospf_calc_all(proc_calc_engine(p->calc), ic.name);
	}
	if (ifp != NULL)
		ifp->marked = true;
}

static void
vlinks_give(struct ospf_proc *p, const struct cfg_ospf *c, uint64_t now_ms)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_areas; i++)
		for (uint32_t k = 0; k < c->areas[i].n_vlinks; k++, n++) {
			struct ospf_if_cfg ic;
			uint32_t area, id;

			if (!proc_cfg_vlink(p->cp->cfg, &c->areas[i], &c->areas[i].vlinks[k], &ic,
					    &area, &id))
				continue;
			ic.user = USER_VLINK + n;
			vlink_give(p, &ic, area, id, now_ms);
		}
}

/* The process before us has asked the neighbours for help. */
static void
restart_begin(struct ospf_proc *p)
{
	int err;

	if (p->restart == NULL)
		return;
	err = ospf_restart_begin(p->o, &p->restart->r, cp_now_ms());
	if (err == 0) {
		restart_file_fini(p->restart);
		free(p->restart);
		p->restart = NULL;
		return;
	}
	log_warning(LOG_AREA, "no graceful restart: %s", err == -EINVAL
			? "our router ID is another" : err == -ETIME ? "the grace period is over"
			: strerror(-err));
	restart_drop(p);
}

/* Before the engine has interfaces: what the process before us left of it. */
static void
keep_load(struct ospf_proc *p)
{
	const struct chan_client *client = dplink_client(p->cp->dplink);
	const uint8_t *data;
	uint64_t gone_ms;
	size_t len;

	restart_begin(p);
	/* Configured while the dataplane was there already. */
	if (p->keep == NULL && client != NULL)
		p->keep = proc_keep_open(p->cp->args.state_dir, chan_client_boot_id(client),
				cp_now_ms());
	if (p->keep == NULL)
		return;
	data = proc_keep_engine(p->keep, &len, &gone_ms);
	if (data != NULL) {
		log_info(LOG_AREA, "going on after %llu ms", (unsigned long long)gone_ms);
		ospf_keep_load(p->o, data, len, gone_ms);
		proc_keep_silent(p->keep, p->o);
	}
	proc_keep_used(p->keep);
	if (!event_pending(p->keep_timer, EV_TIMEOUT, NULL))
		event_add(p->keep_timer, &(struct timeval){ .tv_usec = KEEP_MS * 1000 });
	ospf_keep_watch(p->o, proc_keep_changed(p->keep));
}

static void
restart_read(struct ospf_proc *p, uint64_t boot_id)
{
	if (p->restart != NULL || (p->o != NULL && ospf_restarting(p->o)))
		return;
	p->restart = calloc(1, sizeof(*p->restart));
	if (p->restart != NULL && proc_restart_read(p->cp->args.state_dir, boot_id, cp_now_ms(),
				p->restart) == 0) {
		p->restart_file = true;
		return;
	}
	free(p->restart);
	p->restart = NULL;
}

const struct rib_source *
ospf_proc_attached(struct ospf_proc *p, uint64_t boot_id)
{
	const struct rib_source *routes = NULL;

	if (p->keep != NULL) {
		if (proc_keep_rebind(p->keep, boot_id) && p->o != NULL)
			ospf_restart_abort(p->o, "the dataplane is another one", cp_now_ms());
		return NULL;
	}
	if (p->cp->cfg->n_ospfs == 0)
		return NULL;
	p->keep = proc_keep_open(p->cp->args.state_dir, boot_id, cp_now_ms());
	if (p->keep == NULL)
		log_info(LOG_AREA, "nothing is kept over a restart");
	else
		routes = proc_keep_routes(p->keep);
	restart_read(p, boot_id);
	return routes != NULL || p->restart == NULL ? routes : &p->restart->routes;
}

static const struct cfg_ospf *
configured(const struct cfg *cfg)
{
	return cfg->n_ospfs > 0 ? &cfg->ospfs[0] : NULL;
}

void
ospf_proc_config(struct ospf_proc *p)
{
	if (p != NULL)
		proc_calc_config(p->calc, p->cp->cfg, configured(p->cp->cfg));
}

void
ospf_proc_update(struct ospf_proc *p)
{
	const struct cfg *cfg = p->cp->cfg;
	const struct cfg_ospf *c = configured(cfg);
	uint64_t now_ms = cp_now_ms();
	struct ospf_if *ifp, *next;
	struct ospf_cfg oc;

	if (c == NULL) {
		engine_stop(p, true);
		return;
	}
	if (!engine_start(p))
		return;
	p->number = (uint32_t)strtoul(c->name, NULL, 10);
	proc_cfg_instance(cfg, c, &oc);
	if (ospf_set(p->o, &oc, now_ms) != 0)
		log_error(LOG_AREA, "out of memory");
	keep_load(p);
	areas_update(p, c, now_ms);
	proc_calc_update(p->calc, cfg, c);
	TAILQ_FOREACH (ifp, &p->o->ifs, link)
		ifp->marked = false;
	ifaces_give(p, c, now_ms);
	tunnels_give(p, c, now_ms);
	vlinks_give(p, c, now_ms);
	for (ifp = TAILQ_FIRST(&p->o->ifs); ifp != NULL; ifp = next) {
		next = TAILQ_NEXT(ifp, link);
		if (!ifp->marked)
			ospf_if_del(p->o, ifp, now_ms);
	}
	ospf_tick(p->o, now_ms);
	ospf_proc_rearm(p);
}

/* ---- what comes in ----------------------------------------------------------------------- */

static void
mac_keep(struct ospf_proc *p, struct ospf_if *ifp)
{
	struct ospf_nbr *n = ospf_nbr_by_addr(ifp, p->rx_src);

	if (n == NULL || !p->rx_has_mac)
		return;
	memcpy(n->mac, p->rx_mac, 6);
	n->has_mac = true;
}

/* From the IP header on. */
static void
ip_input(struct ospf_proc *p, const struct chan_pkt *pkt, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len);
	const uint8_t *ip;
	struct ospf_if *ifp;
	uint16_t total;
	unsigned int hl;

	rd_bytes(&r, pkt->l3_off);
	ip = rd_bytes(&r, OSPF_IP_HDR_LEN);
	if (ip == NULL || ip[0] >> 4 != 4)
		return;
	hl = (ip[0] & 15u) * 4u;
	total = (uint16_t)(ip[2] << 8 | ip[3]);
	if (hl < OSPF_IP_HDR_LEN || total < hl || total > len - pkt->l3_off)
		return;
	ifp = ospf_if_by_user(p->o, pkt->tun_id != CHAN_NONE ? USER_TUNNEL + pkt->tun_id
							   : pkt->if_id + 1);
	if (ifp == NULL)
		return;
	p->rx_src = (uint32_t)ip[12] << 24 | (uint32_t)ip[13] << 16 | (uint32_t)ip[14] << 8 |
		    ip[15];
	p->rx_has_mac = pkt->tun_id == CHAN_NONE && pkt->l3_off >= ETH_HDR_LEN;
	if (p->rx_has_mac)
		memcpy(p->rx_mac, frame + 6, 6);
	ospf_input(p->o, ifp, p->rx_src, (uint32_t)ip[16] << 24 | (uint32_t)ip[17] << 16 |
			(uint32_t)ip[18] << 8 | ip[19], ip + hl, total - hl, cp_now_ms());
	mac_keep(p, ifp);
	p->rx_has_mac = false;
	ospf_proc_rearm(p);
}

void
ospf_proc_punt(struct ospf_proc *p, const struct chan_pkt *pkt)
{
	const uint8_t *frame;
	size_t len;

	if (p->o == NULL)
		return;
	frame = punt_whole(&p->parts, pkt, &len);
	if (frame != NULL)
		ip_input(p, pkt, frame, len);
}
