/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interface state machine (RFC 2328 section 9). Neighbour changes that come together are answered
 * by one election, at the end of what is being done.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"

const char *
ospf_if_state_str(enum ospf_if_state s)
{
	static const char *const names[] = { "Down", "Loopback", "Waiting", "Point-to-point",
		"DROther", "Backup", "DR" };

	return names[s];
}

bool
ospf_if_is_multiaccess(const struct ospf_if *ifp)
{
	return ifp->cfg.type == OSPF_IF_BROADCAST || ifp->cfg.type == OSPF_IF_NBMA;
}

bool
ospf_if_has_dr(const struct ospf_if *ifp)
{
	return ospf_if_is_multiaccess(ifp);
}

bool
ospf_if_is_ptp(const struct ospf_if *ifp)
{
	return ifp->cfg.type == OSPF_IF_P2P || ifp->cfg.type == OSPF_IF_VLINK;
}

/* Sections 8.2 and 10.5 except links and virtual links. Addresses of 32 bits, usual with
 * point-to-multipoint, have no network in common. */
bool
ospf_if_is_one_network(const struct ospf_if *ifp)
{
	return ospf_if_is_multiaccess(ifp) || (!ospf_if_is_ptp(ifp) && ifp->cfg.addr.len < 32);
}

void
ospf_if_notify(struct ospf_if *ifp)
{
	if (ifp->o->calc.ifp != NULL)
		ifp->o->calc.ifp(ifp->o->calc.ctx, ifp);
}

/* Whether we are a border router is said in the router-LSAs of all areas. */
static void
border_check(struct ospf *o, bool was_abr)
{
	struct ospf_area *a;

	if (ospf_is_abr(o) == was_abr)
		return;
	TAILQ_FOREACH (a, &o->areas, link)
		ospf_links_soon(a);
}

static void
state_set(struct ospf_if *ifp, enum ospf_if_state s)
{
	enum ospf_if_state was = ifp->state;
	bool abr = ospf_is_abr(ifp->o);

	if (s == was)
		return;
	ospf_changed(ifp->o);
	ifp->state = s;
	ifp->since_ms = ifp->o->now_ms;
	ifp->n_events++;
	ospf_trace_line(ifp->o, OSPF_TRACE_ADJ, ifp, 0, 0, "interface %s -> %s",
			ospf_if_state_str(was), ospf_if_state_str(s));
	ospf_log(ifp->o, LVL_INFO, "%s: interface %s -> %s", ifp->cfg.name, ospf_if_state_str(was),
			ospf_if_state_str(s));
	if (was == OSPF_IFS_DOWN)
		ifp->area->n_active++;
	else if (s == OSPF_IFS_DOWN)
		ifp->area->n_active--;
	border_check(ifp->o, abr);
	ospf_links_soon(ifp->area);
	ospf_network_lsa(ifp);
	ospf_if_notify(ifp);
}

/* ---- election ---------------------------------------------------------------------------- */

static uint32_t
gather(const struct ospf_if *ifp, struct ospf_candidate *c)
{
	struct ospf_nbr *n;
	uint32_t k = 0;

	c[k++] = (struct ospf_candidate){ .addr = ifp->cfg.addr.addr,
		.router_id = ifp->o->cfg.router_id,
		.dr = ifp->dr,
		.bdr = ifp->bdr,
		.priority = ifp->cfg.priority };
	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->state >= OSPF_NBR_2WAY)
			c[k++] = (struct ospf_candidate){ .addr = n->addr,
				.router_id = n->router_id,
				.dr = n->dr,
				.bdr = n->bdr,
				.priority = n->priority };
	return k;
}

static uint32_t
id_of(const struct ospf_if *ifp, uint32_t addr)
{
	const struct ospf_nbr *n;

	if (addr == 0)
		return 0;
	if (addr == ifp->cfg.addr.addr)
		return ifp->o->cfg.router_id;
	n = ospf_nbr_by_addr(ifp, addr);
	return n != NULL ? n->router_id : 0;
}

static enum ospf_if_state
role(const struct ospf_if *ifp, uint32_t dr, uint32_t bdr)
{
	uint32_t me = ifp->cfg.addr.addr;

	return dr == me ? OSPF_IFS_DR : bdr == me ? OSPF_IFS_BACKUP : OSPF_IFS_DROTHER;
}

static void
adjacencies_check(struct ospf_if *ifp)
{
	struct ospf_nbr *n, *next;

	for (n = TAILQ_FIRST(&ifp->nbrs); n != NULL; n = next) {
		next = TAILQ_NEXT(n, link);
		if (n->state >= OSPF_NBR_2WAY)
			ospf_nbr_event(n, OSPF_NE_ADJ_OK, "election of DR and BDR");
	}
}

/* Steps 5 to 7: a new DR or BDR changes who is adjacent with whom. */
static void
elected(struct ospf_if *ifp, uint32_t was_dr, uint32_t was_bdr)
{
	enum ospf_if_state was = ifp->state;
	struct ospf_nbr *n;
	char a[IP4_STR_LEN], b[IP4_STR_LEN];

	ifp->dr_id = id_of(ifp, ifp->dr);
	ifp->bdr_id = id_of(ifp, ifp->bdr);
	state_set(ifp, role(ifp, ifp->dr, ifp->bdr));
	if (ifp->dr == was_dr && ifp->bdr == was_bdr && ifp->state == was)
		return;
	ospf_changed(ifp->o);
	ospf_trace_line(ifp->o, OSPF_TRACE_ADJ, ifp, 0, 0, "election: DR %s, BDR %s",
			ip4_str(ifp->dr, a), ip4_str(ifp->bdr, b));
	ospf_log(ifp->o, LVL_INFO, "%s: DR %s, BDR %s", ifp->cfg.name, ip4_str(ifp->dr, a),
			ip4_str(ifp->bdr, b));
	/* Section 9.4 step 6: NBMA neighbours that may not become DR get Hellos now. */
	if (ifp->cfg.type == OSPF_IF_NBMA &&
			(ifp->state == OSPF_IFS_DR || ifp->state == OSPF_IFS_BACKUP))
		TAILQ_FOREACH (n, &ifp->nbrs, link)
			if (n->priority == 0 && n->state == OSPF_NBR_DOWN)
				ospf_nbr_event(n, OSPF_NE_START, "we are DR or BDR");
	adjacencies_check(ifp);
	ospf_links_soon(ifp->area);
	ospf_network_lsa(ifp);
	ospf_if_notify(ifp);
}

static void
elect(struct ospf_if *ifp)
{
	struct ospf_candidate *c = calloc(ifp->n_nbrs + 1u, sizeof(*c));
	uint32_t n, dr, bdr, was_dr = ifp->dr, was_bdr = ifp->bdr;

	if (c == NULL) {
		ospf_log(ifp->o, LVL_ERROR, "%s: out of memory for an election", ifp->cfg.name);
		return;
	}
	n = gather(ifp, c);
	ospf_elect(c, n, &dr, &bdr);
	/* Step 4: if that makes or unmakes us DR or BDR, once more, with what we say now. */
	if (role(ifp, dr, bdr) != role(ifp, was_dr, was_bdr)) {
		c[0].dr = dr;
		c[0].bdr = bdr;
		ospf_elect(c, n, &dr, &bdr);
	}
	free(c);
	ifp->dr = dr;
	ifp->bdr = bdr;
	elected(ifp, was_dr, was_bdr);
}

void
ospf_if_resume(struct ospf_if *ifp, uint32_t dr, uint32_t bdr, uint32_t dr_id, uint32_t bdr_id)
{
	timer_stop(&ifp->o->timers, &ifp->wait);
	ifp->dr = dr;
	ifp->bdr = bdr;
	ifp->dr_id = dr_id;
	ifp->bdr_id = bdr_id;
	state_set(ifp, role(ifp, dr, bdr));
	adjacencies_check(ifp);
}

void
ospf_if_elect_soon(struct ospf_if *ifp)
{
	if (ospf_if_is_multiaccess(ifp) && !ifp->elect.on)
		timer_set(&ifp->o->timers, &ifp->elect, ifp->o->now_ms);
}

/* ---- events ------------------------------------------------------------------------------ */

static void
if_reset(struct ospf_if *ifp)
{
	struct ospf *o = ifp->o;
	struct ospf_nbr *n;

	while ((n = TAILQ_FIRST(&ifp->nbrs)) != NULL) {
		n->configured = false;
		ospf_nbr_event(n, OSPF_NE_LINK_DOWN, "interface is down");
	}
	timer_stop(&o->timers, &ifp->hello);
	timer_stop(&o->timers, &ifp->wait);
	timer_stop(&o->timers, &ifp->ack);
	timer_stop(&o->timers, &ifp->flood);
	timer_stop(&o->timers, &ifp->elect);
	ospf_queue_drop(ifp);
	ifp->acks_len = 0;
	ifp->dr = ifp->bdr = ifp->dr_id = ifp->bdr_id = 0;
}

static void
nbma_start(struct ospf_if *ifp)
{
	for (uint8_t i = 0; i < ifp->cfg.n_nbma; i++) {
		const struct ospf_nbma_cfg *c = &ifp->cfg.nbma[i];
		struct ospf_nbr *n = ospf_nbr_by_addr(ifp, c->addr);

		if (n == NULL)
			n = ospf_nbr_new(ifp, 0, c->addr);
		if (n == NULL)
			return;
		n->configured = true;
		n->priority = c->priority;
		n->poll_s = c->poll_s;
		n->cost = c->cost;
		/* Section 9.3: at once to those that may become DR, if we may. */
		if (ifp->cfg.type != OSPF_IF_NBMA || (c->priority > 0 && ifp->cfg.priority > 0))
			ospf_nbr_event(n, OSPF_NE_START, "interface is up");
	}
}

static void
if_up(struct ospf_if *ifp)
{
	struct ospf *o = ifp->o;

	if (ifp->cfg.type == OSPF_IF_LOOPBACK) {
		state_set(ifp, OSPF_IFS_LOOPBACK);
		return;
	}
	if (!ospf_if_is_multiaccess(ifp)) {
		state_set(ifp, OSPF_IFS_P2P);
	} else if (ifp->cfg.passive) {
		ifp->dr = ifp->cfg.addr.addr;
		ifp->dr_id = o->cfg.router_id;
		state_set(ifp, OSPF_IFS_DR);
	} else if (ifp->cfg.priority == 0) {
		state_set(ifp, OSPF_IFS_DROTHER);
	} else {
		state_set(ifp, OSPF_IFS_WAITING);
		timer_set(&o->timers, &ifp->wait, o->now_ms + ifp->cfg.dead_ms);
	}
	if (ifp->cfg.passive)
		return;
	ospf_restart_if_up(ifp);
	ospf_keep_if_up(ifp);
	nbma_start(ifp);
	ospf_hello_start(ifp);
}

void
ospf_if_event(struct ospf_if *ifp, enum ospf_if_event ev)
{
	switch (ev) {
	case OSPF_IFE_UP:
		if (ifp->state == OSPF_IFS_DOWN)
			if_up(ifp);
		break;
	case OSPF_IFE_WAIT:
	case OSPF_IFE_BACKUP_SEEN:
		if (ifp->state != OSPF_IFS_WAITING)
			break;
		timer_stop(&ifp->o->timers, &ifp->wait);
		elect(ifp);
		break;
	case OSPF_IFE_NBR_CHANGE:
		if (ifp->state >= OSPF_IFS_DROTHER && !ifp->cfg.passive)
			elect(ifp);
		break;
	case OSPF_IFE_LOOP:
		if_reset(ifp);
		state_set(ifp, OSPF_IFS_LOOPBACK);
		break;
	case OSPF_IFE_UNLOOP:
		if (ifp->state == OSPF_IFS_LOOPBACK)
			state_set(ifp, OSPF_IFS_DOWN);
		break;
	case OSPF_IFE_DOWN:
		ospf_restart_if_down(ifp);
		if_reset(ifp);
		state_set(ifp, OSPF_IFS_DOWN);
		break;
	}
}
