/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour state machine (RFC 2328 section 10.3). What a state needs (timers, lists, counts) is
 * set up and taken down in one place, enter(), whatever the way into it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_bad.h"
#include "controlplane/ospf/ospf_proto.h"

#define DEAF_MS 200 /* a timer that comes later than this: we were not running */

const char *
ospf_nbr_state_str(enum ospf_nbr_state s)
{
	static const char *const names[] = { "Down", "Attempt", "Init", "2-Way", "ExStart",
		"Exchange", "Loading", "Full" };

	return names[s];
}

/* ---- life -------------------------------------------------------------------------------- */

uint32_t
ospf_nbr_key(const struct ospf_if *ifp, uint32_t router_id, uint32_t addr)
{
	return ospf_if_is_ptp(ifp) ? router_id : addr;
}

struct ospf_nbr *
ospf_nbr_by_addr(const struct ospf_if *ifp, uint32_t addr)
{
	struct ospf_nbr *n;

	if (!ospf_if_is_ptp(ifp))
		return HMAP_ENTRY(hmap_find(&ifp->by_addr, addr), struct ospf_nbr, by_addr);
	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->addr == addr)
			return n;
	return NULL;
}

struct ospf_nbr *
ospf_nbr_by_id(const struct ospf_if *ifp, uint32_t router_id)
{
	struct ospf_nbr *n;

	if (ospf_if_is_ptp(ifp))
		return HMAP_ENTRY(hmap_find(&ifp->by_addr, router_id), struct ospf_nbr, by_addr);
	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->router_id == router_id)
			return n;
	return NULL;
}

uint16_t
ospf_nbr_cost(const struct ospf_nbr *n)
{
	return n->cost != 0 ? n->cost : n->ifp->cfg.cost;
}

static void
on_inactivity(void *arg)
{
	struct ospf_nbr *n = arg;
	struct ospf *o = n->ifp->o;

	/* We were not running: its Hellos may be waiting to be read. One more interval. */
	if (o->now_ms - n->inactivity.due_ms > DEAF_MS && !n->reprieved) {
		n->reprieved = true;
		timer_set(&o->timers, &n->inactivity, o->now_ms + n->ifp->cfg.hello_ms);
		return;
	}
	ospf_nbr_event(n, OSPF_NE_TIMEOUT, "dead interval is over");
}

static void
on_poll(void *arg)
{
	struct ospf_nbr *n = arg;

	timer_set(&n->ifp->o->timers, &n->poll, n->ifp->o->now_ms + n->poll_s * 1000ull);
	if (n->state < OSPF_NBR_INIT)
		ospf_hello_send(n->ifp, n->addr);
}

static int
index_take(struct ospf *o, struct ospf_nbr *n)
{
	n->index = idpool_take(&o->nbr_ids);
	if (n->index == UINT32_MAX) {
		uint32_t limit = o->nbr_ids.limit != 0 ? o->nbr_ids.limit * 2 : 64;
		struct ospf_nbr **t = realloc(o->nbr_by_index, limit * sizeof(struct ospf_nbr *));

		if (t == NULL)
			return -ENOMEM;
		o->nbr_by_index = t;
		if (idpool_resize(&o->nbr_ids, limit) != 0)
			return -ENOMEM;
		n->index = idpool_take(&o->nbr_ids);
	}
	o->nbr_by_index[n->index] = n;
	return 0;
}

struct ospf_nbr *
ospf_nbr_new(struct ospf_if *ifp, uint32_t router_id, uint32_t addr)
{
	struct ospf *o = ifp->o;
	struct ospf_nbr *n = calloc(1, sizeof(*n));
	const uint64_t *seq;

	if (n == NULL)
		return NULL;
	n->ifp = ifp;
	n->router_id = router_id;
	n->addr = addr;
	n->since_ms = n->heard_ms = o->now_ms;
	n->poll_s = 120;
	TAILQ_INIT(&n->request_list);
	n->inactivity = (struct timer){ .fn = on_inactivity, .arg = n };
	n->rxmt = (struct timer){ .fn = ospf_rxmt_timer, .arg = n };
	n->dd_timer = (struct timer){ .fn = ospf_dd_timer, .arg = n };
	n->lsr_timer = (struct timer){ .fn = ospf_lsr_timer, .arg = n };
	n->poll = (struct timer){ .fn = on_poll, .arg = n };
	n->gr_timer = (struct timer){ .fn = ospf_gr_timer, .arg = n };
	if (index_take(o, n) != 0)
		goto free_nbr;
	if (hmap_insert(&ifp->by_addr, &n->by_addr, ospf_nbr_key(ifp, router_id, addr)) != 0)
		goto give_index;
	seq = ospf_restart_crypt_seq(ifp, router_id);
	if (seq != NULL) {
		n->crypt_seen = true;
		memcpy(n->crypt_seq, seq, sizeof(n->crypt_seq));
	}
	n->born = ++o->n_born;
	TAILQ_INSERT_TAIL(&ifp->nbrs, n, link);
	ifp->n_nbrs++;
	o->n_nbrs++;
	return n;

give_index:
	idpool_give(&o->nbr_ids, n->index);
free_nbr:
	free(n);
	return NULL;
}

void
ospf_nbr_free(struct ospf_nbr *n)
{
	struct ospf_if *ifp = n->ifp;
	struct ospf *o = ifp->o;
	struct timer *all[] = { &n->inactivity, &n->rxmt, &n->dd_timer, &n->lsr_timer, &n->poll,
		&n->gr_timer };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		timer_stop(&o->timers, all[i]);
	ospf_unacked_forget(n);
	idpool_give(&o->nbr_ids, n->index);
	hmap_remove(&ifp->by_addr, &n->by_addr);
	TAILQ_REMOVE(&ifp->nbrs, n, link);
	ifp->n_nbrs--;
	o->n_nbrs--;
	free(n->dd_last);
	free(n->acks);
	free(n);
}

/* ---- states ------------------------------------------------------------------------------ */

/* Section 10.4. */
bool
ospf_nbr_adjacency_wanted(const struct ospf_nbr *n)
{
	const struct ospf_if *ifp = n->ifp;

	if (!ospf_if_is_multiaccess(ifp))
		return true;
	return ifp->state == OSPF_IFS_DR || ifp->state == OSPF_IFS_BACKUP || n->addr == ifp->dr ||
			n->addr == ifp->bdr;
}

static bool
exchanging(enum ospf_nbr_state s)
{
	return s == OSPF_NBR_EXCHANGE || s == OSPF_NBR_LOADING;
}

static bool
adjoining(enum ospf_nbr_state s)
{
	return s >= OSPF_NBR_EXSTART && s < OSPF_NBR_FULL;
}

static void
log_move(struct ospf_nbr *n, enum ospf_nbr_state was, enum ospf_nbr_state now, const char *why)
{
	bool big = was == OSPF_NBR_FULL || now == OSPF_NBR_FULL || now == OSPF_NBR_DOWN;
	char id[IP4_STR_LEN], a[IP4_STR_LEN];

	ospf_trace_line(n->ifp->o, OSPF_TRACE_ADJ, n->ifp, n->addr, n->router_id,
			"neighbor %s %s -> %s: %s", ip4_str(n->router_id, id),
			ospf_nbr_state_str(was), ospf_nbr_state_str(now), why);
	ospf_log(n->ifp->o, big && n->ifp->o->cfg.log_adjacency ? LVL_NOTICE : LVL_INFO,
			"%s: neighbor %s (%s) %s -> %s: %s", n->ifp->cfg.name,
			ip4_str(n->router_id, id), ip4_str(n->addr, a), ospf_nbr_state_str(was),
			ospf_nbr_state_str(now), why);
	if (n->ifp->o->ops.moved != NULL)
		n->ifp->o->ops.moved(n->ifp->o->ops.ctx, n, ospf_nbr_state_str(was),
				ospf_nbr_state_str(now), why);
}

static void
recount_full(struct ospf_nbr *n, bool full)
{
	struct ospf_if *ifp = n->ifp;
	struct ospf_area *transit = ifp->cfg.type == OSPF_IF_VLINK
			? ospf_area_find(ifp->o, ifp->vlink_area) : NULL;

	ifp->n_full += full ? 1 : (uint32_t)-1;
	ifp->area->n_full += full ? 1 : (uint32_t)-1;
	ospf_links_soon(ifp->area);
	if (transit != NULL) /* the V bit (section 12.4.1) */
		ospf_links_soon(transit);
	ospf_network_lsa(ifp);
}

/* What others count. */
static void
recount(struct ospf_nbr *n, enum ospf_nbr_state was, enum ospf_nbr_state now)
{
	struct ospf *o = n->ifp->o;

	o->n_exchange += exchanging(now);
	o->n_exchange -= exchanging(was);
	if (exchanging(was) && o->n_exchange == 0)
		o->sweep = true;
	o->n_adjoining += adjoining(now);
	o->n_adjoining -= adjoining(was);
	if (!n->gr_helping && (was == OSPF_NBR_FULL) != (now == OSPF_NBR_FULL))
		recount_full(n, now == OSPF_NBR_FULL);
}

void
ospf_nbr_helping(struct ospf_nbr *n, bool on)
{
	if (n->gr_helping == on)
		return;
	n->gr_helping = on;
	n->ifp->o->n_helping += on ? 1 : (uint32_t)-1;
	if (n->state != OSPF_NBR_FULL)
		recount_full(n, on);
}

static void
enter(struct ospf_nbr *n, enum ospf_nbr_state s, const char *why)
{
	struct ospf_if *ifp = n->ifp;
	struct ospf *o = ifp->o;
	enum ospf_nbr_state was = n->state;

	if (was >= OSPF_NBR_EXSTART && s <= OSPF_NBR_EXSTART)
		ospf_dd_stop(n);
	n->state = s;
	if (s != was) {
		ospf_changed(o);
		n->since_ms = o->now_ms;
		n->n_changes++;
		log_move(n, was, s, why);
		strncpy(n->why, why, sizeof(n->why) - 1);
		recount(n, was, s);
		ospf_restart_nbr(n, why);
		if ((was >= OSPF_NBR_2WAY) != (s >= OSPF_NBR_2WAY))
			ospf_if_elect_soon(ifp);
		ospf_if_notify(ifp);
	}
	if (s == OSPF_NBR_EXSTART)
		ospf_dd_start(n);
	if (s == OSPF_NBR_DOWN) {
		timer_stop(&o->timers, &n->inactivity);
		n->crypt_seen = false;
		if (!n->configured)
			ospf_nbr_free(n);
		else if (ifp->state != OSPF_IFS_DOWN)
			timer_set(&o->timers, &n->poll, o->now_ms + n->poll_s * 1000ull);
	}
	if (adjoining(was) && !adjoining(s))
		ospf_nbr_next_exchange(o);
}

void
ospf_nbr_resume(struct ospf_nbr *n, enum ospf_nbr_state s, uint64_t dead_ms)
{
	struct ospf *o = n->ifp->o;

	timer_set(&o->timers, &n->inactivity, o->now_ms + dead_ms);
	enter(n, s, "as before the restart of our control plane");
}

/* Towards ExStart, if the two are to be adjacent and it is its turn. */
static void
try_exstart(struct ospf_nbr *n, const char *why)
{
	struct ospf *o = n->ifp->o;

	if (!ospf_nbr_adjacency_wanted(n)) {
		enter(n, OSPF_NBR_2WAY, why);
	} else if (o->cfg.max_exchanges != 0 && o->n_adjoining >= o->cfg.max_exchanges &&
			!n->asked_for_us) {
		enter(n, OSPF_NBR_2WAY, "waiting for its turn to exchange databases");
		o->n_waiting = 1;
	} else {
		enter(n, OSPF_NBR_EXSTART, why);
	}
}

void
ospf_nbr_next_exchange(struct ospf *o)
{
	struct ospf_if *ifp;
	struct ospf_nbr *n;

	if (o->n_waiting == 0)
		return;
	o->n_waiting = 0;
	TAILQ_FOREACH (ifp, &o->ifs, link)
		TAILQ_FOREACH (n, &ifp->nbrs, link) {
			if (n->state != OSPF_NBR_2WAY || !ospf_nbr_adjacency_wanted(n))
				continue;
			if (o->n_adjoining >= o->cfg.max_exchanges) {
				o->n_waiting = 1;
				return;
			}
			enter(n, OSPF_NBR_EXSTART, "its turn to exchange databases");
		}
}

static void
down(struct ospf_nbr *n, enum ospf_nbr_event ev, const char *why)
{
	/* Section 3.2 of RFC 3623: Hellos may stay away while it restarts. */
	if (ev == OSPF_NE_TIMEOUT && n->gr_helping) {
		timer_set(&n->ifp->o->timers, &n->inactivity, n->gr_timer.due_ms + 1);
		return;
	}
	ospf_gr_exit(n, why);
	enter(n, OSPF_NBR_DOWN, why);
}

void
ospf_nbr_expect(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;
	/* Its databases may have come before its first Hello. */
	uint64_t last_ms = n->heard_ms > n->since_ms ? n->heard_ms : n->since_ms;
	uint64_t dead_ms = last_ms + n->ifp->cfg.dead_ms;

	if (n->inactivity.on)
		timer_set(&o->timers, &n->inactivity, dead_ms > o->now_ms ? dead_ms : o->now_ms);
}

static void
hello(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;

	n->heard_ms = o->now_ms;
	n->reprieved = false;
	timer_set(&o->timers, &n->inactivity, o->now_ms + n->ifp->cfg.dead_ms);
	if (n->state >= OSPF_NBR_INIT)
		return;
	timer_stop(&o->timers, &n->poll);
	enter(n, OSPF_NBR_INIT, "Hello");
}

void
ospf_nbr_event(struct ospf_nbr *n, enum ospf_nbr_event ev, const char *why)
{
	struct ospf *o = n->ifp->o;

	switch (ev) {
	case OSPF_NE_HELLO:
		hello(n);
		break;
	case OSPF_NE_START:
		if (n->state != OSPF_NBR_DOWN)
			break;
		timer_set(&o->timers, &n->inactivity, o->now_ms + n->ifp->cfg.dead_ms);
		enter(n, OSPF_NBR_ATTEMPT, why);
		ospf_hello_send(n->ifp, n->addr);
		break;
	case OSPF_NE_2WAY:
		if (n->state == OSPF_NBR_INIT)
			try_exstart(n, why);
		break;
	case OSPF_NE_ADJ_OK:
		if (n->state == OSPF_NBR_2WAY && ospf_nbr_adjacency_wanted(n))
			try_exstart(n, why);
		else if (n->state > OSPF_NBR_2WAY && !ospf_nbr_adjacency_wanted(n))
			enter(n, OSPF_NBR_2WAY, "no adjacency is needed any more");
		break;
	case OSPF_NE_NEGOTIATED:
		if (n->state == OSPF_NBR_EXSTART)
			enter(n, OSPF_NBR_EXCHANGE, why);
		break;
	case OSPF_NE_EXCHANGE_DONE:
		if (n->state == OSPF_NBR_EXCHANGE)
			enter(n, TAILQ_EMPTY(&n->request_list) ? OSPF_NBR_FULL : OSPF_NBR_LOADING,
					why);
		break;
	case OSPF_NE_LOADED:
		if (n->state == OSPF_NBR_LOADING)
			enter(n, OSPF_NBR_FULL, why);
		break;
	case OSPF_NE_SEQ_MISMATCH:
	case OSPF_NE_BAD_LS_REQ:
		if (n->state >= OSPF_NBR_EXCHANGE)
			enter(n, OSPF_NBR_EXSTART, why);
		break;
	case OSPF_NE_1WAY:
		if (n->state >= OSPF_NBR_2WAY)
			enter(n, OSPF_NBR_INIT, why);
		break;
	case OSPF_NE_KILL:
	case OSPF_NE_TIMEOUT:
	case OSPF_NE_LINK_DOWN:
		down(n, ev, why);
		break;
	}
}
