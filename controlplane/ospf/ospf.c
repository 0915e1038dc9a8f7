/* SPDX-License-Identifier: BSD-3-Clause */
/* The instance, its areas and interfaces, and the way of time; see ospf.h. */
#include "controlplane/ospf/ospf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_restart.h"

#define LATE_MS 50

void
ospf_log(struct ospf *o, enum log_level level, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	if (o->ops.log == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	o->ops.log(o->ops.ctx, level, line);
}

/* splitmix64: for jitter and first numbers, nothing that has to be secret. */
uint32_t
ospf_random(struct ospf *o, uint32_t below)
{
	uint64_t z = o->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return below == 0 ? 0 : (uint32_t)(z % below);
}

/* ---- time -------------------------------------------------------------------------------- */

static void
on_second(void *arg)
{
	struct ospf *o = arg;

	timer_set(&o->timers, &o->second, o->now_ms + 1000);
	ospf_lsdb_second(o);
	ospf_flushed_second(o);
}

static void
on_startup(void *arg)
{
	struct ospf *o = arg;
	struct ospf_area *a;

	ospf_log(o, LVL_NOTICE, "max-metric after the start is over");
	TAILQ_FOREACH (a, &o->areas, link)
		ospf_links_soon(a);
	if (o->calc.instance != NULL)
		o->calc.instance(o->calc.ctx);
}

static void
now(struct ospf *o, uint64_t now_ms)
{
	if (now_ms > o->now_ms)
		o->now_ms = now_ms;
}

/* What is due, and what the work of the moment has left behind. */
static void
settle(struct ospf *o)
{
	struct timer *t;

	do {
		while ((t = timers_pop(&o->timers, o->now_ms)) != NULL) {
			uint64_t late_ms = o->now_ms - t->due_ms;

			if (late_ms > o->n.timer_late_max_ms)
				o->n.timer_late_max_ms = late_ms;
			o->n.timers_late += late_ms > LATE_MS;
			t->fn(t->arg);
		}
		if (o->sweep)
			ospf_lsdb_sweep(o);
	} while (timers_next(&o->timers) <= o->now_ms);
	ospf_limit_settle(o);
	if (o->damaged) {
		o->damaged = false;
		ospf_clear(o, o->now_ms);
	}
}

void
ospf_tick(struct ospf *o, uint64_t now_ms)
{
	now(o, now_ms);
	settle(o);
}

uint64_t
ospf_next_ms(const struct ospf *o)
{
	return timers_next(&o->timers);
}

/* ---- the instance ------------------------------------------------------------------------ */

struct ospf *
ospf_new(const struct ospf_ops *ops, uint64_t seed, uint64_t now_ms)
{
	struct ospf *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->ops = *ops;
	o->random = seed;
	o->now_ms = o->started_ms = now_ms;
	o->wheel_s = (uint32_t)(now_ms / 1000);
	o->own_lines = (struct log_limit){ .per_interval = 10, .interval_ms = 10000 };
	o->bad_lines = o->own_lines;
	TAILQ_INIT(&o->areas);
	TAILQ_INIT(&o->ifs);
	TAILQ_INIT(&o->pending);
	TAILQ_INIT(&o->max_aged);
	TAILQ_INIT(&o->flushed);
	for (int i = 0; i < OSPF_WHEEL; i++)
		TAILQ_INIT(&o->wheel[i]);
	ospf_lsdb_init(&o->as_db, o, NULL, NULL);
	o->second = (struct timer){ .fn = on_second, .arg = o };
	o->startup = (struct timer){ .fn = on_startup, .arg = o };
	ospf_limit_init(o);
	timer_set(&o->timers, &o->second, now_ms + 1000);
	return o;
}

void
ospf_calc_attach(struct ospf *o, const struct ospf_calc_ops *ops)
{
	o->calc = *ops;
}

static void
area_free(struct ospf_area *a)
{
	struct ospf *o = a->o;

	ospf_lsdb_fini(&a->lsdb);
	if (o->calc.area != NULL)
		o->calc.area(o->calc.ctx, a, true);
	timer_stop(&o->timers, &a->links);
	TAILQ_REMOVE(&o->areas, a, link);
	o->n_areas--;
	free(a);
}

void
ospf_free(struct ospf *o)
{
	struct ospf_area *a;
	struct ospf_if *ifp;

	if (o == NULL)
		return;
	memset(&o->calc, 0, sizeof(o->calc));
	ospf_restart_free(o);
	ospf_keep_free(o);
	o->changed = NULL;
	o->ops.log = NULL;
	o->stopped = true;
	while ((ifp = TAILQ_FIRST(&o->ifs)) != NULL)
		ospf_if_del(o, ifp, o->now_ms);
	while ((a = TAILQ_FIRST(&o->areas)) != NULL)
		area_free(a);
	ospf_lsdb_fini(&o->as_db);
	hmap_fini(&o->ifs_by_user);
	idpool_fini(&o->nbr_ids);
	free(o->nbr_by_index);
	free(o);
}

static void
flush_own(struct ospf_lsdb *db)
{
	for (uint8_t t = 0; t < OSPF_LSA_N_TYPES; t++) {
		struct ospf_lsa *lsa;

		OSPF_LSDB_FOREACH (lsa, db, t)
			if (lsa->own != NULL && lsa->own->wanted)
				ospf_flush(db, t, lsa->h.id);
	}
}

void
ospf_stop(struct ospf *o, uint64_t now_ms)
{
	struct ospf_area *a;
	struct ospf_if *ifp;

	now(o, now_ms);
	o->stopped = true;
	ospf_restart_stop(o);
	flush_own(&o->as_db);
	TAILQ_FOREACH (a, &o->areas, link)
		flush_own(&a->lsdb);
	TAILQ_FOREACH (ifp, &o->ifs, link) {
		if (ifp->state < OSPF_IFS_WAITING || ifp->cfg.passive)
			continue;
		ospf_flood_send(ifp);
		ospf_hello_all(ifp);
	}
}

/* Everything that was learned goes; interfaces begin again from Down. */
static void
begin_anew(struct ospf *o)
{
	struct ospf_area *a;
	struct ospf_if *ifp;

	ospf_restart_abort(o, "the process is cleared", o->now_ms);
	ospf_keep_free(o);
	TAILQ_FOREACH (ifp, &o->ifs, link) {
		ospf_if_event(ifp, OSPF_IFE_DOWN);
		ospf_lsdb_fini(&ifp->lsdb);
	}
	TAILQ_FOREACH (a, &o->areas, link)
		ospf_lsdb_fini(&a->lsdb);
	ospf_lsdb_fini(&o->as_db);
	if (o->calc.instance != NULL)
		o->calc.instance(o->calc.ctx);
	if (o->running)
		TAILQ_FOREACH (ifp, &o->ifs, link)
			if (ifp->up)
				ospf_if_event(ifp, OSPF_IFE_UP);
	TAILQ_FOREACH (a, &o->areas, link)
		ospf_links_soon(a);
	settle(o);
}

void
ospf_clear(struct ospf *o, uint64_t now_ms)
{
	now(o, now_ms);
	ospf_limit_forget(o);
	o->running = o->cfg.router_id != 0;
	begin_anew(o);
}

void
ospf_pause(struct ospf *o)
{
	ospf_stop(o, o->now_ms);
	o->stopped = false;
	o->running = false;
	begin_anew(o);
}

void
ospf_go_on(struct ospf *o)
{
	o->running = o->cfg.router_id != 0;
	begin_anew(o);
}

void
ospf_tell_anew(struct ospf *o)
{
	struct ospf_area *a;
	struct ospf_if *ifp;

	TAILQ_FOREACH (a, &o->areas, link)
		ospf_links_soon(a);
	TAILQ_FOREACH (ifp, &o->ifs, link)
		ospf_network_lsa(ifp);
	if (o->calc.instance != NULL)
		o->calc.instance(o->calc.ctx);
}

int
ospf_set(struct ospf *o, const struct ospf_cfg *cfg, uint64_t now_ms)
{
	struct ospf_cfg was = o->cfg;

	now(o, now_ms);
	if (memcmp(&was, cfg, sizeof(was)) == 0)
		return 0;
	if (o->running && was.router_id != cfg->router_id) {
		/* Under the old name: what was said is taken back. */
		ospf_stop(o, now_ms);
		o->stopped = false;
	}
	o->cfg = *cfg;
	if (!o->running && !o->limit.ignoring && cfg->max_metric_startup_s != 0)
		timer_set(&o->timers, &o->startup, o->now_ms + cfg->max_metric_startup_s * 1000ull);
	if (was.router_id != cfg->router_id) {
		ospf_clear(o, now_ms);
		return 0;
	}
	if (memcmp(&was.limit, &cfg->limit, sizeof(was.limit)) != 0)
		ospf_limit_set(o);
	ospf_tell_anew(o);
	settle(o);
	return 0;
}

/* ---- areas ------------------------------------------------------------------------------- */

struct ospf_area *
ospf_area_find(const struct ospf *o, uint32_t id)
{
	struct ospf_area *a;

	TAILQ_FOREACH (a, &o->areas, link)
		if (a->cfg.id == id)
			return a;
	return NULL;
}

uint8_t
ospf_area_options(const struct ospf_area *a)
{
	switch (a->cfg.type) {
	case OSPF_AREA_STUB:
		return 0;
	case OSPF_AREA_NSSA:
		return OSPF_OPT_NP;
	}
	return OSPF_OPT_E;
}

bool
ospf_is_abr(const struct ospf *o)
{
	const struct ospf_area *a;
	uint32_t n = 0;
	bool backbone = false;

	TAILQ_FOREACH (a, &o->areas, link)
		if (a->n_active > 0) {
			n++;
			backbone = backbone || a->cfg.id == 0;
		}
	return n > 1 && backbone;
}

void
ospf_asbr_set(struct ospf *o, bool asbr)
{
	struct ospf_area *a;

	if (o->asbr == asbr)
		return;
	o->asbr = asbr;
	TAILQ_FOREACH (a, &o->areas, link)
		ospf_links_soon(a);
}

static struct ospf_area *
area_get(struct ospf *o, uint32_t id)
{
	struct ospf_area *a = ospf_area_find(o, id), *after;

	if (a != NULL)
		return a;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	a->o = o;
	a->cfg.id = id;
	a->cfg.default_cost = 1;
	ospf_lsdb_init(&a->lsdb, o, a, NULL);
	ospf_links_init(a);
	TAILQ_FOREACH (after, &o->areas, link)
		if (after->cfg.id > id)
			break;
	if (after != NULL)
		TAILQ_INSERT_BEFORE(after, a, link);
	else
		TAILQ_INSERT_TAIL(&o->areas, a, link);
	o->n_areas++;
	if (o->calc.area != NULL)
		o->calc.area(o->calc.ctx, a, false);
	return a;
}

/* Another type of area: what its neighbours agreed upon holds no more. */
static void
area_retype(struct ospf_area *a)
{
	struct ospf *o = a->o;
	struct ospf_if *ifp;

	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->area == a)
			ospf_if_event(ifp, OSPF_IFE_DOWN);
	ospf_lsdb_fini(&a->lsdb);
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->area == a && ifp->up && o->running)
			ospf_if_event(ifp, OSPF_IFE_UP);
}

int
ospf_area_set(struct ospf *o, const struct ospf_area_cfg *cfg, uint64_t now_ms)
{
	struct ospf_area *a;
	bool retype;

	now(o, now_ms);
	a = area_get(o, cfg->id);
	if (a == NULL)
		return -ENOMEM;
	a->configured = true;
	if (memcmp(&a->cfg, cfg, sizeof(*cfg)) == 0)
		return 0;
	retype = a->cfg.type != cfg->type;
	a->cfg = *cfg;
	if (retype)
		area_retype(a);
	ospf_links_soon(a);
	if (o->calc.area != NULL)
		o->calc.area(o->calc.ctx, a, false);
	settle(o);
	return 0;
}

void
ospf_area_unset(struct ospf *o, uint32_t area_id, uint64_t now_ms)
{
	struct ospf_area_cfg normal;
	struct ospf_area *a = ospf_area_find(o, area_id);

	if (a == NULL)
		return;
	memset(&normal, 0, sizeof(normal));
	normal.id = area_id;
	normal.default_cost = 1;
	ospf_area_set(o, &normal, now_ms);
	a->configured = false;
	if (a->n_ifs == 0)
		area_free(a);
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
on_wait(void *arg)
{
	ospf_if_event(arg, OSPF_IFE_WAIT);
}

static void
on_elect(void *arg)
{
	ospf_if_event(arg, OSPF_IFE_NBR_CHANGE);
}

struct ospf_if *
ospf_if_find(const struct ospf *o, const char *name)
{
	struct ospf_if *ifp;

	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (strcmp(ifp->cfg.name, name) == 0)
			return ifp;
	return NULL;
}

struct ospf_if *
ospf_if_by_user(const struct ospf *o, uint32_t user)
{
	return HMAP_ENTRY(hmap_find(&o->ifs_by_user, user), struct ospf_if, by_user);
}

static struct ospf_if *
if_new(struct ospf *o, const struct ospf_if_cfg *cfg)
{
	struct ospf_if *ifp = calloc(1, sizeof(*ifp));

	if (ifp == NULL)
		return NULL;
	ifp->o = o;
	ifp->area = area_get(o, cfg->area_id);
	if (ifp->area == NULL || hmap_insert(&o->ifs_by_user, &ifp->by_user, cfg->user) != 0) {
		free(ifp);
		return NULL;
	}
	ifp->cfg = *cfg;
	ifp->since_ms = o->now_ms;
	ifp->area->n_ifs++;
	TAILQ_INIT(&ifp->nbrs);
	ospf_lsdb_init(&ifp->lsdb, o, NULL, ifp);
	ifp->hello = (struct timer){ .fn = ospf_hello_timer, .arg = ifp };
	ifp->wait = (struct timer){ .fn = on_wait, .arg = ifp };
	ifp->ack = (struct timer){ .fn = ospf_ack_timer, .arg = ifp };
	ifp->flood = (struct timer){ .fn = ospf_flood_timer, .arg = ifp };
	ifp->elect = (struct timer){ .fn = on_elect, .arg = ifp };
	ifp->born = ++o->n_born;
	TAILQ_INSERT_TAIL(&o->ifs, ifp, link);
	o->n_ifs++;
	return ifp;
}

/* Does this change need the interface to begin again? */
static bool
restarts(const struct ospf_if_cfg *a, const struct ospf_if_cfg *b)
{
	return a->type != b->type || a->passive != b->passive || a->unnumbered != b->unnumbered ||
			a->addr.addr != b->addr.addr || a->addr.len != b->addr.len ||
			a->hello_ms != b->hello_ms || a->dead_ms != b->dead_ms ||
			a->n_nbma != b->n_nbma || memcmp(a->nbma, b->nbma, sizeof(a->nbma)) != 0;
}

static void
if_change(struct ospf_if *ifp, const struct ospf_if_cfg *cfg)
{
	struct ospf *o = ifp->o;
	bool again = restarts(&ifp->cfg, cfg), same_auth = memcmp(&ifp->cfg.auth, &cfg->auth,
			sizeof(cfg->auth)) == 0;

	if (again)
		ospf_if_event(ifp, OSPF_IFE_DOWN);
	if (!same_auth) {
		/* Longer digests leave less room: the buffer is made anew. */
		ospf_ack_send(ifp);
		free(ifp->acks);
		ifp->acks = NULL;
	}
	ifp->cfg = *cfg;
	if (again && ifp->up && o->running)
		ospf_if_event(ifp, OSPF_IFE_UP);
	ospf_if_elect_soon(ifp);
	ospf_links_soon(ifp->area);
	ospf_network_lsa(ifp);
	ospf_if_notify(ifp);
}

struct ospf_if *
ospf_if_set(struct ospf *o, const struct ospf_if_cfg *cfg, bool up, uint64_t now_ms)
{
	struct ospf_if *ifp = ospf_if_by_user(o, cfg->user);
	bool is_new;

	now(o, now_ms);
	if (ifp != NULL && ifp->cfg.area_id != cfg->area_id) {
		ospf_if_del(o, ifp, now_ms);
		ifp = NULL;
	}
	is_new = ifp == NULL;
	if (is_new)
		ifp = if_new(o, cfg);
	if (ifp == NULL)
		return NULL;
	if (memcmp(&ifp->cfg, cfg, sizeof(*cfg)) != 0)
		if_change(ifp, cfg);
	if (ifp->up != up) {
		ifp->up = up;
		if (!up || o->running)
			ospf_if_event(ifp, up ? OSPF_IFE_UP : OSPF_IFE_DOWN);
	}
	if (is_new)
		ospf_if_notify(ifp);
	settle(o);
	return ifp;
}

void
ospf_if_del(struct ospf *o, struct ospf_if *ifp, uint64_t now_ms)
{
	struct ospf_area *a = ifp->area;

	now(o, now_ms);
	ifp->up = false;
	ospf_if_event(ifp, OSPF_IFE_DOWN);
	ospf_lsdb_fini(&ifp->lsdb);
	TAILQ_REMOVE(&o->ifs, ifp, link);
	hmap_remove(&o->ifs_by_user, &ifp->by_user);
	hmap_fini(&ifp->by_addr);
	o->n_ifs--;
	a->n_ifs--;
	ospf_links_soon(a);
	if (o->calc.if_gone != NULL)
		o->calc.if_gone(o->calc.ctx, ifp);
	free(ifp->queue);
	free(ifp->acks);
	explicit_bzero(&ifp->cfg.auth, sizeof(ifp->cfg.auth));
	free(ifp);
	if (a->n_ifs == 0 && !a->configured)
		area_free(a);
}

void
ospf_vlink_set(struct ospf_if *vlink, bool up, uint32_t cost, uint32_t src, uint32_t dst)
{
	struct ospf *o = vlink->o;
	bool moved = vlink->cfg.addr.addr != src || vlink->vlink_dst != dst;
	struct ospf_nbr *n;

	if (vlink->up && !up) {
		vlink->up = false;
		ospf_if_event(vlink, OSPF_IFE_DOWN);
	}
	vlink->cfg.addr = (struct ip4_prefix){ .addr = src, .len = 32 };
	vlink->vlink_dst = dst;
	/* Another way through the transit area leads to the same neighbour. */
	n = TAILQ_FIRST(&vlink->nbrs);
	if (vlink->up && moved && n != NULL) {
		n->addr = dst;
		ospf_links_soon(vlink->area);
		ospf_if_notify(vlink);
	}
	if (vlink->cfg.cost != cost) {
		vlink->cfg.cost = (uint16_t)(
				cost < OSPF_MAX_LINK_METRIC ? cost : OSPF_MAX_LINK_METRIC);
		ospf_links_soon(vlink->area);
	}
	if (!up || vlink->up)
		return;
	vlink->up = true;
	n = ospf_nbr_new(vlink, vlink->vlink_id, dst);
	if (n != NULL && o->running) {
		n->configured = true;
		ospf_if_event(vlink, OSPF_IFE_UP);
	}
}
