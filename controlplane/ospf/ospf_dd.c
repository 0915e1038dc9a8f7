/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Database exchange (RFC 2328 sections 10.6 to 10.9): Database Description and Link State Request.
 *
 * What we describe is not copied when the exchange begins: a cursor walks over the databases'
 * lists. That is safe, since new entries are added at the end (or flooded, if the cursor has
 * passed), and none is removed while any neighbour is exchanging.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_bad.h"
#include "controlplane/ospf/ospf_proto.h"

#define AGAIN_MS 200 /* a master whose slave calls it instead of answering repeats itself then */
#define WAIT_MS  250 /* for an answer, at least, before asking a second time */
#define VAIN_MAX 8   /* so often something was repeated in vain: no more is counted */

struct ospf_request {
	TAILQ_ENTRY(ospf_request) link;
	struct hnode node; /* in n->requests[type]: key is id, then adv */
	struct ospf_lsa_hdr h; /* as it was described */
	bool asked;
};

/* ---- the request list -------------------------------------------------------------------- */

static struct ospf_request *
request_of(struct ospf_nbr *n, const struct ospf_lsa_hdr *h)
{
	if (h->type >= OSPF_LSA_N_TYPES)
		return NULL;
	return HMAP_ENTRY(hmap_find(&n->requests[h->type], (uint64_t)h->id << 32 | h->adv),
			struct ospf_request, node);
}

struct ospf_lsa_hdr *
ospf_request_find(struct ospf_nbr *n, const struct ospf_lsa_hdr *h)
{
	struct ospf_request *q = TAILQ_EMPTY(&n->request_list) ? NULL : request_of(n, h);

	return q != NULL ? &q->h : NULL;
}

static void
request_free(struct ospf_nbr *n, struct ospf_request *q)
{
	n->n_asked -= q->asked;
	/* It may have come from elsewhere: ask for the rest, or be done, when that is finished. */
	if (n->n_asked == 0)
		timer_set(&n->ifp->o->timers, &n->lsr_timer, n->ifp->o->now_ms);
	n->n_requests--;
	n->ifp->o->limit.n_requests--;
	hmap_remove(&n->requests[q->h.type], &q->node);
	TAILQ_REMOVE(&n->request_list, q, link);
	free(q);
}

void
ospf_request_del(struct ospf_nbr *n, const struct ospf_lsa_hdr *h)
{
	struct ospf_request *q = request_of(n, h);

	if (q != NULL)
		request_free(n, q);
}

/* False: there are too many. */
static bool
request_add(struct ospf_nbr *n, const struct ospf_lsa_hdr *h)
{
	struct ospf_request *q = request_of(n, h);

	if (q != NULL) {
		q->h = *h;
		return true;
	}
	if (!ospf_limit_may_request(n))
		return false;
	q = calloc(1, sizeof(*q));
	if (q == NULL || hmap_insert(&n->requests[h->type], &q->node,
					 (uint64_t)h->id << 32 | h->adv) != 0) {
		free(q);
		ospf_log(n->ifp->o, LVL_ERROR, "out of memory for a request");
		return true;
	}
	q->h = *h;
	n->n_requests++;
	n->ifp->o->limit.n_requests++;
	TAILQ_INSERT_TAIL(&n->request_list, q, link);
	return true;
}

/* ---- patience ---------------------------------------------------------------------------- */

/*
 * How long an answer may take before the question is repeated: four times what the one before took,
 * and twice that for each time that it was repeated in vain, up to RxmtInterval. A burst that is
 * larger than some buffer on the way so costs a part of a second, not RxmtInterval.
 */
static uint32_t
patience_ms(const struct ospf_nbr *n, uint8_t n_vain)
{
	uint32_t first = ospf_first_rxmt_ms(n->ifp), most = n->ifp->cfg.rxmt_ms;
	uint64_t ms = n->answer_ms != 0 ? 4ull * n->answer_ms : first;

	if (ms < WAIT_MS)
		ms = WAIT_MS;
	if (ms > first)
		ms = first;
	ms <<= n_vain;
	return ms < most ? (uint32_t)ms : most;
}

static void
again(uint8_t *n_vain)
{
	if (*n_vain < VAIN_MAX)
		++*n_vain;
}

static void
answered(struct ospf_nbr *n, uint64_t asked_ms)
{
	n->answer_ms = (uint32_t)(n->ifp->o->now_ms - asked_ms) + 1;
}

/* ---- sending ----------------------------------------------------------------------------- */

static uint8_t
dd_options(const struct ospf_nbr *n)
{
	return ospf_area_options(n->ifp->area) | (n->ifp->o->cfg.opaque ? OSPF_OPT_O : 0);
}

/* The database behind step @i of the cursor; NULL: this neighbour does not get it. */
static struct ospf_lsdb *
cursor_db(struct ospf_nbr *n, uint8_t i)
{
	struct ospf_if *ifp = n->ifp;

	if (ifp->cfg.db_filter_out)
		return NULL;
	switch (i) {
	case 0:
		return &ifp->area->lsdb;
	case 1:
		return ifp->area->cfg.type == OSPF_AREA_NORMAL && ifp->cfg.type != OSPF_IF_VLINK
				       ? &ifp->o->as_db
				       : NULL;
	}
	return &ifp->lsdb;
}

#define CURSOR_DBS 3

/* Bring the cursor to an entry, or to the end. */
static struct ospf_lsa *
cursor_here(struct ospf_nbr *n)
{
	while (n->cursor == NULL && n->cursor_db < CURSOR_DBS) {
		struct ospf_lsdb *db = cursor_db(n, n->cursor_db);

		if (++n->cursor_type >= OSPF_LSA_N_TYPES || db == NULL) {
			n->cursor_type = 0;
			n->cursor_db++;
			continue;
		}
		if (n->cursor_type < OSPF_LSA_OPAQUE_LINK || (n->options & OSPF_OPT_O))
			n->cursor = TAILQ_FIRST(&db->list[n->cursor_type]);
	}
	return n->cursor;
}

static void
cursor_step(struct ospf_nbr *n)
{
	n->cursor = TAILQ_NEXT(n->cursor, link);
}

/* Section 10.3, NegotiationDone: MaxAge ones are flooded rather than described. */
static bool
describe(struct ospf_nbr *n, struct wr *w)
{
	struct ospf_lsa *lsa = n->cursor;
	struct ospf_lsa_hdr h = lsa->h;

	if (lsa->data == NULL)
		return false;
	h.age = ospf_lsa_age(lsa);
	if (h.age == OSPF_MAX_AGE) {
		ospf_unacked_add(lsa, n);
		return false;
	}
	ospf_lsa_hdr_write(w, &h);
	return true;
}

static void
dd_repeat(struct ospf_nbr *n)
{
	struct ospf_out p;

	if (n->dd_last == NULL)
		return;
	ospf_out_begin(&p, n->ifp, OSPF_PKT_DD);
	wr_bytes(&p.w, n->dd_last, n->dd_last_len);
	ospf_out_send(&p, n->ifp, ospf_nbr_dst(n));
}

/* Make the next packet and send it; it is kept to be repeated. */
static void
dd_send(struct ospf_nbr *n)
{
	struct ospf_if *ifp = n->ifp;
	size_t room = ospf_out_room(ifp), at;
	struct ospf_dd d = { .options = dd_options(n), .seq = n->dd_seq };
	struct ospf_out p;

	d.mtu = ifp->cfg.type == OSPF_IF_VLINK ? 0 : ifp->cfg.mtu;
	d.flags = n->master ? OSPF_DD_MS : 0;
	ospf_out_begin(&p, ifp, OSPF_PKT_DD);
	at = p.w.len;
	if (n->state == OSPF_NBR_EXSTART) {
		d.flags = OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS;
		ospf_dd_write(&p.w, &d);
	} else {
		ospf_dd_write(&p.w, &d);
		room -= OSPF_DD_LEN;
		for (; cursor_here(n) != NULL && room >= OSPF_LSA_HDR_LEN; cursor_step(n))
			if (describe(n, &p.w))
				room -= OSPF_LSA_HDR_LEN;
		n->we_more = cursor_here(n) != NULL;
		if (n->we_more)
			wr_patch_u8(&p.w, at + 3, d.flags | OSPF_DD_M);
	}
	free(n->dd_last);
	n->dd_last_len = (uint16_t)(p.w.len - at);
	n->dd_last = malloc(n->dd_last_len);
	if (n->dd_last != NULL)
		memcpy(n->dd_last, p.buf + at, n->dd_last_len);
	ospf_out_send(&p, ifp, ospf_nbr_dst(n));
	n->dd_sent_ms = ifp->o->now_ms;
	if (n->master || n->state == OSPF_NBR_EXSTART)
		timer_set(&ifp->o->timers, &n->dd_timer,
				ifp->o->now_ms + patience_ms(n, n->dd_vain));
}

void
ospf_dd_timer(void *arg)
{
	struct ospf_nbr *n = arg;
	struct ospf *o = n->ifp->o;

	/* It may be in Exchange already, and what it answers be lost for good: FRR says it again
	 * with the key of then. By another number it learns that we are not. */
	if (n->state == OSPF_NBR_EXSTART && n->dd_vain == VAIN_MAX) {
		ospf_dd_start(n);
		return;
	}
	if (n->state == OSPF_NBR_EXSTART || (n->state == OSPF_NBR_EXCHANGE && n->master)) {
		dd_repeat(n);
		n->dd_sent_ms = o->now_ms;
		again(&n->dd_vain);
		timer_set(&o->timers, &n->dd_timer, o->now_ms + patience_ms(n, n->dd_vain));
		return;
	}
	free(n->dd_last);
	n->dd_last = NULL;
}

void
ospf_dd_start(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;

	n->dd_seq = n->dd_seq == 0 ? (uint32_t)(o->now_ms ^ ospf_random(o, UINT32_MAX))
				   : n->dd_seq + 1;
	n->master = true;
	n->rx_dd_any = false;
	n->answer_ms = n->dd_vain = n->lsr_vain = 0;
	n->lsr_sent_ms = 0;
	n->cursor = NULL;
	n->cursor_db = n->cursor_type = 0;
	dd_send(n);
}

void
ospf_dd_stop(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;
	struct ospf_request *q;

	while ((q = TAILQ_FIRST(&n->request_list)) != NULL)
		request_free(n, q);
	for (int t = 0; t < OSPF_LSA_N_TYPES; t++) {
		hmap_fini(&n->requests[t]);
		memset(&n->requests[t], 0, sizeof(n->requests[t]));
	}
	n->n_asked = 0;
	n->cursor = NULL;
	n->asked_for_us = false;
	ospf_unacked_forget(n);
	timer_stop(&o->timers, &n->rxmt);
	timer_stop(&o->timers, &n->dd_timer);
	timer_stop(&o->timers, &n->lsr_timer);
	free(n->dd_last);
	n->dd_last = NULL;
}

/* ---- Database Description, received ------------------------------------------------------ */

static bool
mtu_ok(struct ospf_nbr *n, uint16_t mtu)
{
	const struct ospf_if *ifp = n->ifp;

	if (ifp->cfg.mtu_ignore || ifp->cfg.type == OSPF_IF_VLINK || mtu == ifp->cfg.mtu)
		return true;
	n->mtu_seen = mtu;
	ospf_bad(n->ifp, OSPF_BAD_MTU, n->addr, mtu > ifp->cfg.mtu
			? "MTU mismatch: its MTU is %u, ours is %u: no adjacency until they agree "
			  "or mtu-ignore is set here"
			: "MTU mismatch: its MTU is %u, ours is %u: it will not take our database "
			  "unless it ignores the MTU", mtu, ifp->cfg.mtu);
	return mtu < ifp->cfg.mtu;
}

static void
done(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;

	/* Section 10.8: the slave's last packet may be asked for again. */
	timer_set(&o->timers, &n->dd_timer, o->now_ms + (n->master ? 0 : n->ifp->cfg.dead_ms));
	ospf_nbr_event(n, OSPF_NE_EXCHANGE_DONE, TAILQ_EMPTY(&n->request_list)
			? "databases are the same" : "databases are described");
}

/* The headers of a packet. @return why the exchange cannot go on, NULL: it can. */
static const char *
headers(struct ospf_nbr *n, struct rd *r)
{
	struct ospf_if *ifp = n->ifp;

	while (rd_left(r) > 0) {
		struct ospf_lsa_hdr h;
		struct ospf_lsdb *db;
		struct ospf_lsa *lsa;

		ospf_lsa_hdr_read(r, &h);
		db = ospf_lsdb_of(ifp->o, ifp->area, ifp, h.type);
		if (db == NULL || !ospf_type_fits(ifp, h.type)) {
			ospf_bad(ifp, OSPF_BAD_LSA_TYPE, n->addr,
					"describes an LSA of type %u, which cannot be here",
					h.type);
			return "it described an LSA that cannot be here";
		}
		lsa = ospf_lsdb_find(db, h.type, h.id, h.adv);
		if (lsa == NULL || lsa->data == NULL)
			lsa = ospf_flushed_again(n, db, &h);
		if (lsa != NULL) {
			struct ospf_lsa_hdr ours = lsa->h;

			ours.age = ospf_lsa_age(lsa);
			if (ospf_lsa_cmp(&h, &ours) <= 0)
				continue;
		}
		if (!request_add(n, &h))
			return "it described too many LSAs";
	}
	return NULL;
}

static void
accept_dd(struct ospf_nbr *n, const struct ospf_dd *d, struct rd *r)
{
	const char *wrong = headers(n, r);

	if (wrong != NULL) {
		ospf_nbr_event(n, OSPF_NE_SEQ_MISMATCH, wrong);
		return;
	}
	n->more = (d->flags & OSPF_DD_M) != 0;
	if (n->master) {
		answered(n, n->dd_sent_ms);
		n->dd_vain = 0;
		n->dd_seq++;
		if (!n->more && !n->we_more && n->rx_dd_any) {
			n->rx_dd_seq = d->seq;
			done(n);
			goto ask;
		}
		dd_send(n);
	} else {
		n->dd_seq = d->seq;
		dd_send(n);
		if (!n->more && !n->we_more)
			done(n);
	}
ask:
	n->rx_dd_any = true;
	n->rx_dd_seq = d->seq;
	n->rx_dd_flags = d->flags;
	n->rx_dd_options = d->options;
	if (n->state >= OSPF_NBR_EXCHANGE && n->n_asked == 0)
		ospf_lsr_send(n);
}

/*
 * A slave says its own first word. It may not have heard ours: FRR reads it while it is Full, and
 * begins anew. Or both were on their way: then its answer comes before ours is said again.
 */
static void
called_by_slave(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;
	uint64_t at_ms = n->dd_sent_ms + AGAIN_MS;

	if (o->now_ms >= at_ms) {
		n->dd_sent_ms = o->now_ms;
		dd_repeat(n);
	} else if (n->dd_timer.on && n->dd_timer.due_ms > at_ms) {
		timer_set(&o->timers, &n->dd_timer, at_ms);
	}
}

/* Section 10.6, state ExStart. */
static void
negotiate(struct ospf_nbr *n, const struct ospf_dd *d, struct rd *r)
{
	struct ospf *o = n->ifp->o;
	uint8_t all = OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS;

	if ((d->flags & all) == all && rd_left(r) == 0 && n->router_id > o->cfg.router_id) {
		n->master = false;
		n->dd_seq = d->seq;
	} else if ((d->flags & (OSPF_DD_I | OSPF_DD_MS)) == 0 && d->seq == n->dd_seq &&
			n->router_id < o->cfg.router_id) {
		n->master = true;
		n->we_more = true; /* nothing has been described yet */
	} else {
		if ((d->flags & all) == all && n->router_id < o->cfg.router_id)
			called_by_slave(n);
		return;
	}
	n->options = d->options;
	timer_stop(&o->timers, &n->dd_timer);
	ospf_nbr_event(n, OSPF_NE_NEGOTIATED, n->master ? "we are master" : "we are slave");
	accept_dd(n, d, r);
}

static bool
repeated(const struct ospf_nbr *n, const struct ospf_dd *d)
{
	return n->rx_dd_any && n->rx_dd_seq == d->seq && n->rx_dd_flags == d->flags &&
			n->rx_dd_options == d->options;
}

static void
exchange(struct ospf_nbr *n, const struct ospf_dd *d, struct rd *r)
{
	bool ms = (d->flags & OSPF_DD_MS) != 0;
	const char *why = NULL;

	if (repeated(n, d) && (n->master || n->dd_last != NULL)) {
		if (!n->master)
			dd_repeat(n);
		return;
	}
	/* A slave that has let go of its last packet: section 10.8. */
	if (repeated(n, d))
		why = "it missed our last Database Description";
	else if (n->state > OSPF_NBR_EXCHANGE)
		why = "it begins to exchange databases anew";
	else if (ms == n->master)
		why = "both or neither of us are master";
	else if (d->flags & OSPF_DD_I)
		why = "it begins anew";
	else if (n->rx_dd_any && d->options != n->rx_dd_options)
		why = "its options have changed";
	else if (d->seq != n->dd_seq + (n->master ? 0 : 1))
		why = "Database Description out of sequence";
	if (why == NULL) {
		accept_dd(n, d, r);
		return;
	}
	ospf_nbr_event(n, OSPF_NE_SEQ_MISMATCH, why);
	/* Its first word of a new exchange need not be said twice. */
	if (n->state == OSPF_NBR_EXSTART && (d->flags & OSPF_DD_I))
		negotiate(n, d, r);
}

void
ospf_dd_input(struct ospf_nbr *n, const struct ospf_hdr *h, struct rd *r)
{
	struct ospf_dd d;

	ospf_dd_read(r, &d);
	if (!mtu_ok(n, d.mtu))
		return;
	/* It wants to exchange: then it need not wait for its turn. */
	n->asked_for_us = true;
	if (n->state == OSPF_NBR_INIT)
		ospf_nbr_event(n, OSPF_NE_2WAY, "Database Description");
	else if (n->state == OSPF_NBR_2WAY)
		ospf_nbr_event(n, OSPF_NE_ADJ_OK, "Database Description");
	switch (n->state) {
	case OSPF_NBR_EXSTART:
		negotiate(n, &d, r);
		break;
	case OSPF_NBR_EXCHANGE:
	case OSPF_NBR_LOADING:
	case OSPF_NBR_FULL:
		exchange(n, &d, r);
		break;
	default:
		ospf_bad(n->ifp, OSPF_BAD_STATE, n->addr, "%s in state %s", ospf_pkt_str(h->type),
				ospf_nbr_state_str(n->state));
	}
}

/* ---- Link State Request ------------------------------------------------------------------ */

void
ospf_lsr_send(struct ospf_nbr *n)
{
	struct ospf_if *ifp = n->ifp;
	size_t room = ospf_out_room(ifp);
	struct ospf_request *q;
	struct ospf_out p;

	if (TAILQ_EMPTY(&n->request_list))
		return;
	ospf_out_begin(&p, ifp, OSPF_PKT_LSR);
	TAILQ_FOREACH (q, &n->request_list, link) {
		struct ospf_lsr item = { .type = q->h.type, .id = q->h.id, .adv = q->h.adv };

		if (room < OSPF_LSR_ITEM)
			break;
		room -= OSPF_LSR_ITEM;
		ospf_lsr_write(&p.w, &item);
		n->n_asked += !q->asked;
		q->asked = true;
	}
	ospf_out_send(&p, ifp, ospf_nbr_dst(n));
	n->lsr_sent_ms = ifp->o->now_ms;
	timer_set(&ifp->o->timers, &n->lsr_timer, ifp->o->now_ms + patience_ms(n, n->lsr_vain));
}

void
ospf_lsr_timer(void *arg)
{
	struct ospf_nbr *n = arg;

	if (TAILQ_EMPTY(&n->request_list)) {
		ospf_nbr_event(n, OSPF_NE_LOADED, "all that was asked for has come");
		return;
	}
	if (n->n_asked > 0)
		again(&n->lsr_vain);
	ospf_lsr_send(n);
}

void
ospf_lsr_answered(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;

	if (n->lsr_sent_ms != 0)
		answered(n, n->lsr_sent_ms);
	n->lsr_sent_ms = 0;
	n->lsr_vain = 0;
	if (n->n_asked > 0)
		timer_set(&o->timers, &n->lsr_timer, o->now_ms + patience_ms(n, 0));
}

void
ospf_lsr_input(struct ospf_nbr *n, struct rd *r)
{
	struct ospf_if *ifp = n->ifp;
	struct ospf_update u;

	if (n->state < OSPF_NBR_EXCHANGE) {
		ospf_bad(ifp, OSPF_BAD_STATE, n->addr, "Link State Request in state %s",
				ospf_nbr_state_str(n->state));
		return;
	}
	ospf_update_begin(&u, ifp, ospf_nbr_dst(n));
	while (rd_left(r) > 0) {
		struct ospf_lsr q;
		struct ospf_lsdb *db;
		struct ospf_lsa *lsa = NULL;

		ospf_lsr_read(r, &q);
		db = q.type < OSPF_LSA_N_TYPES && ospf_type_fits(ifp, (uint8_t)q.type)
				? ospf_lsdb_of(ifp->o, ifp->area, ifp, (uint8_t)q.type) : NULL;
		if (db != NULL)
			lsa = ospf_lsdb_find(db, (uint8_t)q.type, q.id, q.adv);
		if (lsa == NULL || lsa->data == NULL) {
			ospf_nbr_event(n, OSPF_NE_BAD_LS_REQ, "it asked for an LSA we have not");
			return;
		}
		ospf_update_add(&u, lsa);
	}
	ospf_update_send(&u);
}
