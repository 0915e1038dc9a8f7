/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own graceful restart (RFC 3623 section 2); see ospf_restart.h.
 *
 * Which adjacencies there were is taken down by the former process, not read from its router-LSAs:
 * it comes to the same, and is known before a neighbour has answered. While we restart (section
 * 2.2):
 *
 *   - ospf_originate() and ospf_flush() do nothing; LSAs of ours that neighbours send stay as
 *     they are;
 *   - an interface begins with the DR and BDR of before in its Hellos, and is DR again as soon as
 *     a neighbour names it so;
 *   - routes are calculated, for virtual links; the caller does not use them;
 *   - no other router is helped.
 *
 * It is over (sections 2.2 and 2.3) when all adjacencies are Full, when a neighbour's LSA shows
 * that it has given us up, when an interface or a neighbour is lost, or with the grace period. Then
 * the instance is as any other: it originates what it wants to, calculates, flushes the grace-LSAs,
 * and a little later all LSAs in its name that it does not want.
 */
#include "controlplane/ospf/ospf_restart.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_grace.h"
#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"

#define RESEND_MS 500   /* grace-LSAs, until they are acknowledged */
#define HOLD_MS   1000  /* all adjacencies are back: the neighbours' last requests are answered */
#define IFS_MS    10000 /* in which the interfaces of before have to come up */
#define SWEEP_MS  2000  /* what we want is originated by then: the rest in our name is flushed */

/* An adjacency of before. */
struct want {
	uint32_t router_id;
	uint32_t if_idx; /* in r.ifs */
	bool full;       /* again */
};

struct ospf_restarter {
	uint8_t state; /* enum ospf_restart_state */
	uint64_t asked_ms, until_ms, begun_ms;
	uint8_t reason;
	uint16_t period_s;
	uint32_t n_asked;
	struct timer timer; /* PREPARING: send again; RESTARTING: the grace period */
	struct timer end;   /* RESTARTING: it is over, for @why */
	struct timer ifs;   /* RESTARTING: by when interfaces must be up */
	struct timer sweep;
	struct ospf_restart r;   /* RESTARTING; interfaces by name */
	struct ospf_if **now;    /* [r.n_ifs]: the interface, NULL while it is not up */
	struct want *wants;      /* by router ID, then interface */
	uint32_t n_wants, n_missing;
	bool well; /* @why is a good one */
	char why[128];
	struct ospf_restart_stats last;
};

void
ospf_restart_fini(struct ospf_restart *r)
{
	free(r->ifs);
	free(r->nbrs);
	r->ifs = NULL;
	r->nbrs = NULL;
	r->n_ifs = r->n_nbrs = 0;
}

bool
ospf_restarting(const struct ospf *o)
{
	return o->restarting;
}

/* ---- before the end of the process ------------------------------------------------------- */

static void on_grace_over(struct ospf *o, struct ospf_restarter *g);

static void
on_timer(void *arg)
{
	struct ospf *o = arg;

	if (o->restarter->state != OSPF_RESTART_PREPARING) {
		on_grace_over(o, o->restarter);
		return;
	}
	ospf_graces_resend(o);
	timer_set(&o->timers, &o->restarter->timer, o->now_ms + RESEND_MS);
}

static void on_end(void *arg);
static void on_ifs(void *arg);

static void
on_sweep(void *arg)
{
	ospf_own_sweep(arg);
}

static struct ospf_restarter *
restarter_get(struct ospf *o)
{
	struct ospf_restarter *g = o->restarter;

	if (g != NULL)
		return g;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return NULL;
	g->timer = (struct timer){ .fn = on_timer, .arg = o };
	g->end = (struct timer){ .fn = on_end, .arg = o };
	g->ifs = (struct timer){ .fn = on_ifs, .arg = o };
	g->sweep = (struct timer){ .fn = on_sweep, .arg = o };
	return o->restarter = g;
}

bool
ospf_restart_prepare(struct ospf *o, enum ospf_restart_reason reason, uint64_t now_ms)
{
	struct ospf_restarter *g;
	struct ospf_if *ifp;

	if (now_ms > o->now_ms)
		o->now_ms = now_ms;
	if (!o->running || o->stopped || o->restarting || o->cfg.restart_s == 0 || !o->cfg.opaque)
		return false;
	g = restarter_get(o);
	if (g == NULL || g->state != OSPF_RESTART_NONE)
		return g != NULL;
	g->asked_ms = o->now_ms;
	g->reason = (uint8_t)reason;
	g->period_s = o->cfg.restart_s;
	g->until_ms = o->now_ms + g->period_s * 1000ull;
	g->n_asked = 0;
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->n_full > 0 && !ifp->cfg.passive)
			g->n_asked += ospf_grace_originate(ifp, g->period_s, g->reason);
	if (g->n_asked == 0) {
		ospf_graces_flush(o);
		return false;
	}
	g->state = OSPF_RESTART_PREPARING;
	ospf_log(o, LVL_NOTICE, "graceful restart: %u neighbours are asked for help for %u s",
			g->n_asked, g->period_s);
	timer_set(&o->timers, &g->timer, o->now_ms + RESEND_MS);
	return true;
}

bool
ospf_restart_ready(const struct ospf *o)
{
	const struct ospf_restarter *g = o->restarter;

	return g != NULL && g->state == OSPF_RESTART_PREPARING &&
			(o->now_ms >= g->asked_ms + OSPF_RESTART_WAIT_MS ||
					ospf_graces_unacked(o, NULL, 0) == 0);
}

static void
if_save(const struct ospf_if *ifp, struct ospf_restart *out)
{
	struct ospf_restart_if *i = &out->ifs[out->n_ifs++];
	const struct ospf_lsa *grace = ospf_grace_of(ifp);
	const struct ospf_nbr *n;

	memset(i, 0, sizeof(*i));
	snprintf(i->name, sizeof(i->name), "%s", ifp->cfg.name);
	i->area = ifp->area->cfg.id;
	i->dr = ifp->dr;
	i->bdr = ifp->bdr;
	i->grace_seq = grace != NULL ? grace->h.seq : 0;
	i->crypt_seq = ifp->crypt_seq;
	i->first_nbr = out->n_nbrs;
	TAILQ_FOREACH (n, &ifp->nbrs, link) {
		struct ospf_restart_nbr *b = &out->nbrs[out->n_nbrs];

		if (n->state < OSPF_NBR_2WAY)
			continue;
		*b = (struct ospf_restart_nbr){ .router_id = n->router_id,
			.full = n->state == OSPF_NBR_FULL, .crypt_seen = n->crypt_seen };
		memcpy(b->crypt_seq, n->crypt_seq, sizeof(b->crypt_seq));
		out->n_nbrs++;
	}
	i->n_nbrs = out->n_nbrs - i->first_nbr;
}

int
ospf_restart_save(struct ospf *o, struct ospf_restart *out)
{
	const struct ospf_restarter *g = o->restarter;
	const struct ospf_if *ifp;
	char names[OSPF_RESTART_NAMED * (IP4_STR_LEN + 2)] = "";
	uint32_t missing = ospf_graces_unacked(o, names, sizeof(names));

	*out = (struct ospf_restart){ .router_id = o->cfg.router_id, .period_s = g->period_s,
		.reason = g->reason, .asked_ms = g->asked_ms };
	out->ifs = calloc(o->n_ifs + 1u, sizeof(*out->ifs));
	out->nbrs = calloc(o->n_nbrs + 1u, sizeof(*out->nbrs));
	if (out->ifs == NULL || out->nbrs == NULL) {
		ospf_restart_fini(out);
		return -ENOMEM;
	}
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->state >= OSPF_IFS_WAITING && !ifp->cfg.passive)
			if_save(ifp, out);
	if (missing > 0)
		ospf_log(o, LVL_WARNING, "graceful restart: %u of %u neighbours have not "
				"acknowledged (%s%s): they may give us up", missing, g->n_asked,
				names, missing > OSPF_RESTART_NAMED ? ", ..." : "");
	else
		ospf_log(o, LVL_NOTICE, "graceful restart: all %u neighbours have acknowledged",
				g->n_asked);
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

/* A moment later: whoever has found out is in the midst of something. The first reason counts, but
 * what is bad overrides what was good. */
static void
end_soon(struct ospf *o, uint64_t wait_ms, bool well, const char *fmt, ...)
{
	struct ospf_restarter *g = o->restarter;
	va_list ap;

	if (g->end.on && (!g->well || well))
		return;
	va_start(ap, fmt);
	vsnprintf(g->why, sizeof(g->why), fmt, ap);
	va_end(ap);
	g->well = well;
	timer_set(&o->timers, &g->end, o->now_ms + wait_ms);
}

static void
lists_free(struct ospf_restarter *g)
{
	ospf_restart_fini(&g->r);
	free(g->now);
	free(g->wants);
	g->now = NULL;
	g->wants = NULL;
	g->n_wants = g->n_missing = 0;
}

static void
timers_off(struct ospf *o, struct ospf_restarter *g)
{
	timer_stop(&o->timers, &g->timer);
	timer_stop(&o->timers, &g->end);
	timer_stop(&o->timers, &g->ifs);
	timer_stop(&o->timers, &g->sweep);
}

/* Section 2.3. */
static void
over(struct ospf *o, bool well, const char *why)
{
	struct ospf_restarter *g = o->restarter;
	uint64_t sweep_ms = g->begun_ms + OSPF_KEEP_MS;

	timers_off(o, g);
	g->last = (struct ospf_restart_stats){ .ended_ms = o->now_ms, .well = well,
		.took_ms = o->now_ms - g->asked_ms, .n_wanted = g->n_wants,
		.n_missing = g->n_missing };
	snprintf(g->last.why, sizeof(g->last.why), "%s", why);
	ospf_log(o, well ? LVL_NOTICE : LVL_WARNING, "graceful restart is over %llu.%03u s after "
			"the request for help: %s; %u of %u adjacencies are back",
			(unsigned long long)(g->last.took_ms / 1000),
			(unsigned int)(g->last.took_ms % 1000), why, g->n_wants - g->n_missing,
			g->n_wants);
	g->state = OSPF_RESTART_NONE;
	o->restarting = false;
	lists_free(g);
	ospf_tell_anew(o);
	ospf_graces_flush(o);
	if (sweep_ms < o->now_ms + SWEEP_MS)
		sweep_ms = o->now_ms + SWEEP_MS;
	timer_set(&o->timers, &g->sweep, sweep_ms);
}

static void
on_end(void *arg)
{
	struct ospf *o = arg;
	struct ospf_restarter *g = o->restarter;
	char why[sizeof(g->why)];

	memcpy(why, g->why, sizeof(why));
	over(o, g->well, why);
}

static void
on_grace_over(struct ospf *o, struct ospf_restarter *g)
{
	char why[128] = "the grace period is over; missing:", id[IP4_STR_LEN];
	uint32_t named = 0;

	for (uint32_t i = 0; i < g->n_wants && named < OSPF_RESTART_NAMED; i++) {
		size_t at = strlen(why);

		if (g->wants[i].full)
			continue;
		snprintf(why + at, sizeof(why) - at, "%s %s", named++ > 0 ? "," : "",
				ip4_str(g->wants[i].router_id, id));
	}
	over(o, false, named > 0 ? why : "the grace period is over");
}

/* One that was there and is not: its neighbours find out by themselves, and nobody can forward. */
static void
on_ifs(void *arg)
{
	struct ospf *o = arg;
	struct ospf_restarter *g = o->restarter;

	for (uint32_t i = 0; i < g->n_wants; i++) {
		uint32_t at = g->wants[i].if_idx;
		const struct ospf_if *ifp = ospf_if_find(o, g->r.ifs[at].name);

		if (g->now[at] != NULL || (ifp != NULL && ifp->cfg.type == OSPF_IF_VLINK))
			continue;
		end_soon(o, 0, false, "interface %s has not come up", g->r.ifs[at].name);
		return;
	}
}

void
ospf_restart_abort(struct ospf *o, const char *why, uint64_t now_ms)
{
	if (now_ms > o->now_ms)
		o->now_ms = now_ms;
	if (o->restarting)
		over(o, false, why);
}

void
ospf_restart_stop(struct ospf *o)
{
	struct ospf_restarter *g = o->restarter;

	if (g == NULL)
		return;
	if (o->restarting) {
		over(o, false, "it is stopped");
		ospf_own_sweep(o);
	}
	g->state = OSPF_RESTART_NONE;
	timers_off(o, g);
	ospf_graces_flush(o);
}

void
ospf_restart_free(struct ospf *o)
{
	if (o->restarter == NULL)
		return;
	o->restarting = false;
	timers_off(o, o->restarter);
	lists_free(o->restarter);
	free(o->restarter);
	o->restarter = NULL;
}

/* ---- after the start --------------------------------------------------------------------- */

static int
if_by_name(const void *pa, const void *pb)
{
	const struct ospf_restart_if *a = pa, *b = pb;

	return strncmp(a->name, b->name, sizeof(a->name));
}

static int
want_cmp(const void *pa, const void *pb)
{
	const struct want *a = pa, *b = pb;

	if (a->router_id != b->router_id)
		return a->router_id < b->router_id ? -1 : 1;
	return a->if_idx < b->if_idx ? -1 : a->if_idx > b->if_idx;
}

static void
wants_take(struct ospf_restarter *g)
{
	for (uint32_t i = 0; i < g->r.n_ifs; i++)
		for (uint32_t k = 0; k < g->r.ifs[i].n_nbrs; k++) {
			const struct ospf_restart_nbr *n = &g->r.nbrs[g->r.ifs[i].first_nbr + k];

			if (n->full)
				g->wants[g->n_wants++] = (struct want){
					.router_id = n->router_id, .if_idx = i };
		}
	if (g->n_wants > 0)
		qsort(g->wants, g->n_wants, sizeof(*g->wants), want_cmp);
	g->n_missing = g->n_wants;
}

int
ospf_restart_begin(struct ospf *o, struct ospf_restart *r, uint64_t now_ms)
{
	struct ospf_restarter *g;

	if (now_ms > o->now_ms)
		o->now_ms = now_ms;
	if (!o->running || r->router_id != o->cfg.router_id)
		return -EINVAL;
	if (o->now_ms < r->asked_ms || o->now_ms >= r->asked_ms + r->period_s * 1000ull)
		return -ETIME;
	g = restarter_get(o);
	if (g == NULL)
		return -ENOMEM;
	ospf_clear(o, o->now_ms);
	timers_off(o, g);
	lists_free(g);
	g->now = calloc(r->n_ifs + 1u, sizeof(*g->now));
	g->wants = calloc(r->n_nbrs + 1u, sizeof(*g->wants));
	if (g->now == NULL || g->wants == NULL) {
		lists_free(g);
		return -ENOMEM;
	}
	g->r = *r;
	r->ifs = NULL;
	r->nbrs = NULL;
	ospf_restart_fini(r);
	if (g->r.n_ifs > 0)
		qsort(g->r.ifs, g->r.n_ifs, sizeof(*g->r.ifs), if_by_name);
	wants_take(g);
	g->state = OSPF_RESTART_RESTARTING;
	g->asked_ms = g->r.asked_ms;
	g->begun_ms = o->now_ms;
	g->period_s = g->r.period_s;
	g->reason = g->r.reason;
	g->until_ms = g->asked_ms + g->period_s * 1000ull;
	o->restarting = true;
	timer_stop(&o->timers, &o->startup); /* nobody has gone another way meanwhile */
	timer_set(&o->timers, &g->timer, g->until_ms);
	timer_set(&o->timers, &g->ifs, o->now_ms + IFS_MS);
	ospf_log(o, LVL_NOTICE, "graceful restart: %u adjacencies to be made again within %llu s",
			g->n_wants, (unsigned long long)((g->until_ms - o->now_ms + 999) / 1000));
	if (g->n_missing == 0)
		end_soon(o, HOLD_MS, true, "nobody was adjacent");
	return 0;
}

static uint32_t
if_find(const struct ospf_restarter *g, const struct ospf_if *ifp)
{
	struct ospf_restart_if key;
	const struct ospf_restart_if *i;

	snprintf(key.name, sizeof(key.name), "%s", ifp->cfg.name);
	i = g->r.n_ifs > 0 ? bsearch(&key, g->r.ifs, g->r.n_ifs, sizeof(key), if_by_name) : NULL;
	return i != NULL && i->area == ifp->area->cfg.id ? (uint32_t)(i - g->r.ifs) : UINT32_MAX;
}

void
ospf_restart_if_up(struct ospf_if *ifp)
{
	struct ospf_restarter *g = ifp->o->restarter;
	const struct ospf_restart_if *was;
	uint32_t i;

	if (!ifp->o->restarting || (i = if_find(g, ifp)) == UINT32_MAX)
		return;
	was = &g->r.ifs[i];
	g->now[i] = ifp;
	/* A few packets may have followed when that was written down. */
	if (was->crypt_seq + OSPF_SEQ_MORE > ifp->crypt_seq)
		ifp->crypt_seq = was->crypt_seq + OSPF_SEQ_MORE;
	if (ospf_if_is_multiaccess(ifp)) {
		ifp->dr = was->dr;
		ifp->bdr = was->bdr;
	}
	if (was->grace_seq != 0)
		ospf_grace_install(ifp, g->period_s, g->reason, g->asked_ms, was->grace_seq);
}

static bool
has_wants(const struct ospf_restarter *g, uint32_t if_idx)
{
	for (uint32_t i = 0; i < g->n_wants; i++)
		if (g->wants[i].if_idx == if_idx)
			return true;
	return false;
}

void
ospf_restart_if_down(struct ospf_if *ifp)
{
	struct ospf_restarter *g = ifp->o->restarter;
	uint32_t i;

	if (!ifp->o->restarting || (i = if_find(g, ifp)) == UINT32_MAX || g->now[i] == NULL)
		return;
	g->now[i] = NULL;
	/* A virtual link comes and goes as routes are found. */
	if (ifp->cfg.type != OSPF_IF_VLINK && has_wants(g, i))
		end_soon(ifp->o, 0, false, "interface %s has gone down", ifp->cfg.name);
}

void
ospf_restart_hello(struct ospf_nbr *n, const struct ospf_hello *h)
{
	struct ospf_if *ifp = n->ifp;
	uint32_t me = ifp->cfg.addr.addr;

	if (!ifp->o->restarting || ifp->state != OSPF_IFS_WAITING)
		return;
	/* Section 2.2 (3); beyond it, the DR itself may name us its BDR. */
	if (h->dr == me)
		ospf_if_resume(ifp, me, h->bdr, ifp->o->cfg.router_id, 0);
	else if (h->dr == n->addr && h->bdr == me)
		ospf_if_resume(ifp, h->dr, me, n->router_id, ifp->o->cfg.router_id);
}

static const struct ospf_restart_nbr *
nbr_find(const struct ospf_if *ifp, uint32_t router_id)
{
	const struct ospf_restarter *g = ifp->o->restarter;
	uint32_t at = ifp->o->restarting ? if_find(g, ifp) : UINT32_MAX;

	for (uint32_t k = 0; at != UINT32_MAX && k < g->r.ifs[at].n_nbrs; k++) {
		const struct ospf_restart_nbr *n = &g->r.nbrs[g->r.ifs[at].first_nbr + k];

		if (n->router_id == router_id)
			return n;
	}
	return NULL;
}

const uint64_t *
ospf_restart_crypt_seq(const struct ospf_if *ifp, uint32_t router_id)
{
	const struct ospf_restart_nbr *n = nbr_find(ifp, router_id);

	return n != NULL && n->crypt_seen ? n->crypt_seq : NULL;
}

static struct want *
want_of(const struct ospf_nbr *n)
{
	struct ospf_restarter *g = n->ifp->o->restarter;
	struct want key = { .router_id = n->router_id, .if_idx = if_find(g, n->ifp) };

	return g->n_wants > 0 ? bsearch(&key, g->wants, g->n_wants, sizeof(key), want_cmp) : NULL;
}

void
ospf_restart_nbr(struct ospf_nbr *n, const char *why)
{
	struct ospf *o = n->ifp->o;
	struct ospf_restarter *g = o->restarter;
	const struct ospf_lsa *own;
	char id[IP4_STR_LEN];
	struct want *w;

	if (!o->restarting)
		return;
	w = want_of(n);
	if (n->state == OSPF_NBR_FULL) {
		own = ospf_lsdb_find(&n->ifp->area->lsdb, OSPF_LSA_ROUTER, o->cfg.router_id,
				o->cfg.router_id);
		if (own == NULL || own->data == NULL || ospf_lsa_is_max_age(own))
			end_soon(o, 0, false, "neighbor %s does not have our router-LSA of before",
					ip4_str(n->router_id, id));
	}
	if (w == NULL)
		return;
	if (n->state == OSPF_NBR_DOWN)
		end_soon(o, 0, false, "neighbor %s is lost: %s", ip4_str(n->router_id, id), why);
	if (w->full == (n->state == OSPF_NBR_FULL))
		return;
	w->full = n->state == OSPF_NBR_FULL;
	g->n_missing += w->full ? (uint32_t)-1 : 1;
	if (g->n_missing == 0)
		end_soon(o, HOLD_MS, true, "all neighbours are Full");
	else if (g->end.on && g->well)
		timer_stop(&o->timers, &g->end);
}

/* ---- consistency, section 2.2 (2) -------------------------------------------------------- */

static bool
router_names_us(const struct ospf_lsa *lsa, const struct ospf_if *ifp,
		const struct ospf_restart_if *was)
{
	bool net = ospf_if_is_multiaccess(ifp);
	uint8_t type = net ? OSPF_LINK_TRANSIT
			: ifp->cfg.type == OSPF_IF_VLINK ? OSPF_LINK_VIRTUAL : OSPF_LINK_P2P;
	uint32_t id = net ? was->dr : ifp->o->cfg.router_id;
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;

	while (ospf_rlsa_next(&r, &l))
		if (l.type == type && l.id == id)
			return true;
	return false;
}

static bool
network_names_us(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_nlsa_routers(lsa->data, lsa->h.len);
	uint32_t id;

	while (ospf_nlsa_next(&r, &id))
		if (id == lsa->db->o->cfg.router_id)
			return true;
	return false;
}

void
ospf_restart_lsa(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;
	struct ospf_restarter *g = o->restarter;
	bool net = lsa->h.type == OSPF_LSA_NETWORK, gone = lsa->h.age == OSPF_MAX_AGE;
	char id[IP4_STR_LEN];
	uint32_t i = 0;

	if (!o->restarting || lsa->h.type > OSPF_LSA_NETWORK)
		return;
	if (lsa->h.adv == o->cfg.router_id && gone && !net)
		end_soon(o, 0, false, "our router-LSA has been flushed");
	while (i < g->n_wants && g->wants[i].router_id < lsa->h.adv)
		i++;
	for (; i < g->n_wants && g->wants[i].router_id == lsa->h.adv; i++) {
		const struct ospf_restart_if *was = &g->r.ifs[g->wants[i].if_idx];
		const struct ospf_if *ifp = g->now[g->wants[i].if_idx];

		if (ifp == NULL || ifp->area != lsa->db->area ||
				(ospf_if_is_multiaccess(ifp) && was->dr == 0) ||
				(net && was->dr != lsa->h.id))
			continue;
		if (!gone && (net ? network_names_us(lsa) : router_names_us(lsa, ifp, was)))
			continue;
		end_soon(o, 0, false, "the %s-LSA of %s does not name us any more",
				ospf_lsa_type_str(lsa->h.type), ip4_str(lsa->h.adv, id));
		return;
	}
}

/* ---- show -------------------------------------------------------------------------------- */

void
ospf_restart_stats(const struct ospf *o, struct ospf_restart_stats *s)
{
	const struct ospf_restarter *g = o->restarter;

	*s = (struct ospf_restart_stats){ 0 };
	if (g == NULL)
		return;
	*s = g->last;
	s->state = g->state;
	if (g->state == OSPF_RESTART_NONE)
		return;
	s->until_ms = g->until_ms;
	s->n_wanted = g->state == OSPF_RESTART_PREPARING ? g->n_asked : g->n_wants;
	s->n_missing = g->state == OSPF_RESTART_PREPARING ? ospf_graces_unacked(o, NULL, 0)
							  : g->n_missing;
}
