/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flooding (RFC 2328 section 13): an LSA that came, whether it is news, and who is told.
 *
 * What an interface has to flood is gathered in a queue and leaves when the work of the moment is
 * done; then not again before pacing_ms have passed, so that LSAs which come in a row share
 * packets. A single change so goes out at once.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_bad.h"
#include "controlplane/ospf/ospf_proto.h"

/* ---- updates ----------------------------------------------------------------------------- */

void
ospf_update_begin(struct ospf_update *u, struct ospf_if *ifp, uint32_t dst)
{
	u->ifp = ifp;
	u->dst = dst;
	u->n = 0;
	ospf_out_begin(&u->p, ifp, OSPF_PKT_LSU);
	wr_be32(&u->p.w, 0);
	u->room = ospf_out_room(ifp) - 4;
}

void
ospf_update_send(struct ospf_update *u)
{
	if (u->n == 0)
		return;
	wr_patch_be32(&u->p.w, OSPF_HDR_LEN, u->n);
	ospf_out_send(&u->p, u->ifp, u->dst);
	ospf_update_begin(u, u->ifp, u->dst);
}

void
ospf_update_add(struct ospf_update *u, struct ospf_lsa *lsa)
{
	uint32_t age = ospf_lsa_age(lsa) + u->ifp->cfg.transmit_delay_s;
	size_t at;

	if (lsa->data == NULL)
		return;
	if (lsa->h.len > u->room)
		ospf_update_send(u); /* one that is longer than a packet goes alone */
	at = u->p.w.len;
	wr_bytes(&u->p.w, lsa->data, lsa->h.len);
	wr_patch_be16(&u->p.w, at, (uint16_t)(age < OSPF_MAX_AGE ? age : OSPF_MAX_AGE));
	u->room -= lsa->h.len < u->room ? lsa->h.len : u->room;
	u->n++;
}

/* ---- the queue of an interface ----------------------------------------------------------- */

uint32_t
ospf_if_dst(const struct ospf_if *ifp)
{
	switch (ifp->cfg.type) {
	case OSPF_IF_BROADCAST:
		return ifp->state == OSPF_IFS_DR || ifp->state == OSPF_IFS_BACKUP
				       ? OSPF_ALL_ROUTERS
				       : OSPF_ALL_DRS;
	case OSPF_IF_P2P:
		return OSPF_ALL_ROUTERS;
	}
	return 0;
}

static void
queue_send(struct ospf_if *ifp, uint32_t dst)
{
	struct ospf_update u;

	ospf_update_begin(&u, ifp, dst);
	for (uint32_t i = 0; i < ifp->n_queue; i++)
		if (!ifp->queue[i]->gone)
			ospf_update_add(&u, ifp->queue[i]);
	ospf_update_send(&u);
}

void
ospf_queue_drop(struct ospf_if *ifp)
{
	for (uint32_t i = 0; i < ifp->n_queue; i++)
		ospf_lsa_unqueue(ifp->queue[i]);
	ifp->n_queue = 0;
	if (ifp->cap_queue > 256) { /* a big day is over */
		free(ifp->queue);
		ifp->queue = NULL;
		ifp->cap_queue = 0;
	}
}

void
ospf_flood_send(struct ospf_if *ifp)
{
	uint32_t dst = ospf_if_dst(ifp);
	struct ospf_nbr *n;

	ifp->flooded_ms = ifp->o->now_ms;
	if (dst != 0)
		queue_send(ifp, dst);
	else
		TAILQ_FOREACH (n, &ifp->nbrs, link)
			if (n->state >= OSPF_NBR_EXCHANGE)
				queue_send(ifp, n->addr);
	ospf_queue_drop(ifp);
}

void
ospf_flood_timer(void *arg)
{
	ospf_flood_send(arg);
}

static void
enqueue(struct ospf_if *ifp, struct ospf_lsa *lsa)
{
	struct ospf *o = ifp->o;

	if (ifp->n_queue == ifp->cap_queue) {
		uint32_t cap = ifp->cap_queue != 0 ? ifp->cap_queue * 2 : 16;
		struct ospf_lsa **q = realloc(ifp->queue, cap * sizeof(struct ospf_lsa *));

		if (q == NULL) {
			/* It will be retransmitted. */
			ospf_log(o, LVL_ERROR, "%s: out of memory for flooding", ifp->cfg.name);
			return;
		}
		ifp->queue = q;
		ifp->cap_queue = cap;
	}
	lsa->n_queued++;
	ifp->queue[ifp->n_queue++] = lsa;
	if (!ifp->flood.on) {
		uint64_t next_ms = ifp->flooded_ms + o->cfg.pacing_ms;

		timer_set(&o->timers, &ifp->flood, next_ms > o->now_ms ? next_ms : o->now_ms);
	}
}

/* ---- section 13.3 ------------------------------------------------------------------------ */

bool
ospf_type_fits(const struct ospf_if *ifp, uint8_t type)
{
	uint8_t area = ifp->area->cfg.type;

	switch (type) {
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_OPAQUE_AS:
		return area == OSPF_AREA_NORMAL && ifp->cfg.type != OSPF_IF_VLINK;
	case OSPF_LSA_NSSA:
		return area == OSPF_AREA_NSSA;
	}
	return ospf_lsa_type_known(type);
}

static bool
eligible(const struct ospf_if *ifp, const struct ospf_lsa *lsa)
{
	const struct ospf_lsdb *db = lsa->db;

	if (ifp->state < OSPF_IFS_WAITING)
		return false;
	if (db->ifp != NULL)
		return db->ifp == ifp;
	if (db->area != NULL)
		return db->area == ifp->area;
	return ospf_type_fits(ifp, lsa->h.type);
}

/* Step 1: is it news for this neighbour? */
static bool
wants(struct ospf_nbr *n, struct ospf_lsa *lsa, const struct ospf_nbr *from)
{
	struct ospf_lsa_hdr *asked;
	int cmp;

	if (n->state < OSPF_NBR_EXCHANGE)
		return false;
	if (n->state < OSPF_NBR_FULL && (asked = ospf_request_find(n, &lsa->h)) != NULL) {
		cmp = ospf_lsa_cmp(&lsa->h, asked);
		if (cmp < 0)
			return false;
		ospf_request_del(n, &lsa->h);
		if (cmp == 0)
			return false;
	}
	if (n == from || n->ifp->cfg.db_filter_out)
		return false;
	return lsa->h.type < OSPF_LSA_OPAQUE_LINK || (n->options & OSPF_OPT_O);
}

static bool
flood_if(struct ospf_if *ifp, struct ospf_lsa *lsa, struct ospf_nbr *from)
{
	struct ospf_nbr *n;
	bool any = false;

	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (wants(n, lsa, from)) {
			ospf_unacked_add(lsa, n);
			any = true;
		}
	if (!any)
		return false;
	if (from != NULL && from->ifp == ifp &&
			(ifp->state == OSPF_IFS_BACKUP ||
					(ospf_if_is_multiaccess(ifp) && (from->addr == ifp->dr ||
							from->addr == ifp->bdr))))
		return false; /* steps 3 and 4: others have it, or the DR sends it */
	enqueue(ifp, lsa);
	return from != NULL && from->ifp == ifp;
}

bool
ospf_flood(struct ospf_lsa *lsa, struct ospf_nbr *from)
{
	struct ospf *o = lsa->db->o;
	struct ospf_if *ifp;
	bool back = false;

	lsa->flooded_ms = o->now_ms;
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->n_nbrs > 0 && eligible(ifp, lsa) && flood_if(ifp, lsa, from))
			back = true;
	if (lsa->n_unacked == 0 && lsa->h.age == OSPF_MAX_AGE)
		o->sweep = true;
	return back;
}

/* ---- Link State Update, received (section 13) -------------------------------------------- */

/* Section 13.4: ours, or a network-LSA of an address of ours. */
static bool
is_own(const struct ospf *o, const struct ospf_lsa_hdr *h)
{
	const struct ospf_if *ifp;

	if (h->adv == o->cfg.router_id)
		return true;
	if (h->type != OSPF_LSA_NETWORK)
		return false;
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->cfg.addr.addr == h->id && ifp->state != OSPF_IFS_DOWN)
			return true;
	return false;
}

/* Step 5: newer than what we have. */
static void
newer(struct ospf_nbr *n, const struct ospf_lsa_hdr *h, const uint8_t *data, struct ospf_lsdb *db,
		struct ospf_lsa *lsa)
{
	struct ospf *o = n->ifp->o;
	bool own = is_own(o, h), asked = ospf_request_find(n, h) != NULL, back, stray;

	if (lsa != NULL && lsa->received && lsa->data != NULL &&
			o->now_ms - lsa->installed_ms < o->cfg.lsa_arrival_ms) {
		ospf_bad(n->ifp, OSPF_BAD_LSA_ARRIVAL, n->addr, "an LSA changes faster than %u ms",
				o->cfg.lsa_arrival_ms);
		return;
	}
	if ((!own || lsa == NULL) && !ospf_limit_has_room(n, h, lsa))
		return;
	stray = own && lsa == NULL && !o->restarting;
	if (own && lsa != NULL)
		ospf_own_keep(lsa);
	/* What came because we asked has not been flooded: the next instance may follow at once,
	 * and does, when two routers have just become adjacent. */
	lsa = ospf_lsdb_install(db, h, data, !asked);
	if (lsa == NULL) {
		ospf_log(o, LVL_ERROR, "out of memory for an LSA");
		return;
	}
	if (stray) /* in our name, but not of our making: whoever sends it fills our memory */
		ospf_limit_count(lsa, true);
	o->n.lsa_received++;
	back = ospf_flood(lsa, n);
	if (!back && (n->ifp->state != OSPF_IFS_BACKUP || n->addr == n->ifp->dr))
		ospf_ack_delayed(n->ifp, h);
	if (own)
		ospf_own_received(lsa);
}

/* Step 7: the same as ours. */
static void
same(struct ospf_nbr *n, const struct ospf_lsa_hdr *h, struct ospf_lsa *lsa)
{
	if (!ospf_unacked_del(lsa, n)) {
		ospf_ack_direct(n, h);
		return;
	}
	if (n->ifp->state == OSPF_IFS_BACKUP && n->addr == n->ifp->dr)
		ospf_ack_delayed(n->ifp, h);
}

/* Step 8: ours is newer: send it. */
static void
older(struct ospf_nbr *n, struct ospf_lsa *lsa)
{
	struct ospf *o = n->ifp->o;
	struct ospf_update u;

	if (lsa->h.age == OSPF_MAX_AGE && lsa->h.seq == OSPF_MAX_SEQ)
		return; /* it is being wrapped */
	if (lsa->answered_ms != 0 && o->now_ms - lsa->answered_ms < o->cfg.lsa_arrival_ms)
		return;
	lsa->answered_ms = o->now_ms;
	ospf_update_begin(&u, n->ifp, ospf_nbr_dst(n));
	ospf_update_add(&u, lsa);
	ospf_update_send(&u);
}

/* Steps 4 to 8 for one LSA that is well-formed. False: the database exchange has failed. */
static bool
one_lsa(struct ospf_nbr *n, const struct ospf_lsa_hdr *h, const uint8_t *data)
{
	struct ospf_if *ifp = n->ifp;
	struct ospf *o = ifp->o;
	struct ospf_lsdb *db = ospf_lsdb_of(o, ifp->area, ifp, h->type);
	struct ospf_lsa *lsa = ospf_lsdb_find(db, h->type, h->id, h->adv);
	struct ospf_lsa_hdr ours;
	int cmp = 1;

	if (lsa == NULL || lsa->data == NULL)
		lsa = ospf_flushed_again(n, db, h);
	if (lsa == NULL && h->age == OSPF_MAX_AGE && o->n_exchange == 0) {
		ospf_flushed_add(db, h, data);
		ospf_ack_direct(n, h);
		return true;
	}
	if (lsa != NULL) {
		ours = lsa->h;
		ours.age = ospf_lsa_age(lsa);
		cmp = ospf_lsa_cmp(h, &ours);
	}
	if (cmp > 0) {
		newer(n, h, data, db, lsa);
		return true;
	}
	if (ospf_request_find(n, h) != NULL) {
		ospf_nbr_event(n, OSPF_NE_BAD_LS_REQ, "it sent an LSA older than it described");
		return false;
	}
	if (cmp == 0)
		same(n, h, lsa);
	else
		older(n, lsa);
	return true;
}

/* Steps 1 to 3: is it fit to be looked at? */
static bool
lsa_ok(struct ospf_nbr *n, const struct ospf_lsa_hdr *h, const uint8_t *data)
{
	struct ospf_if *ifp = n->ifp;
	const char *wrong;
	char b[OSPF_LSA_STR_LEN];

	if (!ospf_lsa_cksum_ok(data, h->len)) {
		ospf_bad(ifp, OSPF_BAD_LSA_CHECKSUM, n->addr, "checksum of LSA %s is wrong",
				ospf_lsa_str(h, b));
		return false;
	}
	if (!ospf_type_fits(ifp, h->type)) {
		ospf_bad(ifp, OSPF_BAD_LSA_TYPE, n->addr, "LSA of type %u does not belong here",
				h->type);
		return false;
	}
	wrong = ospf_lsa_check(data, h->len);
	if (wrong != NULL) {
		ospf_bad(ifp, OSPF_BAD_LSA_MALFORMED, n->addr, "LSA %s: %s", ospf_lsa_str(h, b),
				wrong);
		return false;
	}
	if (h->seq == OSPF_INITIAL_SEQ - 1) { /* section 12.1.6: reserved */
		ospf_bad(ifp, OSPF_BAD_LSA_SEQ, n->addr, "LSA %s has a reserved sequence number",
				ospf_lsa_str(h, b));
		return false;
	}
	return true;
}

void
ospf_lsu_input(struct ospf_nbr *n, struct rd *r)
{
	struct ospf_lsa_hdr h;
	const uint8_t *data;
	uint32_t count = rd_be32(r), n_asked = n->n_asked;

	if (n->state < OSPF_NBR_EXCHANGE) {
		ospf_bad(n->ifp, OSPF_BAD_STATE, n->addr, "Link State Update in state %s",
				ospf_nbr_state_str(n->state));
		return;
	}
	for (; count > 0 && ospf_lsu_next(r, &h, &data); count--)
		if (lsa_ok(n, &h, data) && !one_lsa(n, &h, data))
			break;
	if (n->n_asked < n_asked)
		ospf_lsr_answered(n);
	ospf_ack_direct_send(n);
}

/* An acknowledgment of an instance that is not on the neighbour's retransmission list. If it is
 * older than one that was flushed, the neighbour has it again: it must have come late. */
static void
unexpected_ack(struct ospf_nbr *n, struct ospf_lsdb *db, struct ospf_lsa *lsa,
		const struct ospf_lsa_hdr *h)
{
	struct ospf_update u;

	if (h->age == OSPF_MAX_AGE)
		return;
	if (lsa == NULL || lsa->data == NULL)
		lsa = ospf_flushed_again(n, db, h);
	else if (lsa->h.age != OSPF_MAX_AGE || ospf_lsa_cmp(h, &lsa->h) >= 0 ||
			ospf_unacked_has(lsa, n) || ospf_unacked_add(lsa, n) != 0)
		return;
	if (lsa == NULL)
		return;
	ospf_update_begin(&u, n->ifp, ospf_nbr_dst(n));
	ospf_update_add(&u, lsa);
	ospf_update_send(&u);
}

/* Section 13.7. */
void
ospf_lsack_input(struct ospf_nbr *n, struct rd *r)
{
	struct ospf_if *ifp = n->ifp;
	struct ospf *o = ifp->o;

	if (n->state < OSPF_NBR_EXCHANGE) {
		ospf_bad(ifp, OSPF_BAD_STATE, n->addr, "acknowledgment in state %s",
				ospf_nbr_state_str(n->state));
		return;
	}
	while (rd_left(r) > 0) {
		struct ospf_lsa_hdr h;
		struct ospf_lsdb *db;
		struct ospf_lsa *lsa;

		ospf_lsa_hdr_read(r, &h);
		db = ospf_type_fits(ifp, h.type) ? ospf_lsdb_of(o, ifp->area, ifp, h.type) : NULL;
		lsa = db != NULL ? ospf_lsdb_find(db, h.type, h.id, h.adv) : NULL;
		/* The same instance: age aside, it may have been flushed meanwhile. */
		if (lsa != NULL && h.seq == lsa->h.seq && h.cksum == lsa->h.cksum &&
				(h.age == OSPF_MAX_AGE) == (lsa->h.age == OSPF_MAX_AGE))
			ospf_unacked_del(lsa, n);
		else if (db != NULL)
			unexpected_ack(n, db, lsa, &h);
	}
}
