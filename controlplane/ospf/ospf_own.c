/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LSAs of our own (RFC 2328 sections 12.4, 13.4, 14.1); see ospf_lsdb.h.
 *
 * One that keeps changing is held back: the first change goes out at once, the next OWN_BURST wait
 * for lsa_hold_ms since the last instance, then twice that, up to lsa_max_ms. After a quiet time it
 * starts over. A failure and its end, with the neighbours that come back one by one, are a burst.
 * This takes MinLSInterval's place; lsa_hold_ms must not be below the neighbours' MinLSArrival.
 * Pacing may hold one instance up and not the next one: its time comes on top, or the two would
 * arrive too close to one another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/ospf_proto.h"

#define OWN_BURST 4

static void own_schedule(struct ospf_lsa *lsa);

/* The next instance, with what is wanted. */
static void
own_emit(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;
	struct ospf_own *own = lsa->own;
	struct ospf_lsa_hdr h = lsa->h;
	uint8_t *data;
	struct wr w;

	if (lsa->h.seq == OSPF_MAX_SEQ) {
		/* Section 12.1.6: flushed first; ospf_own_flushed() goes on. */
		own->wrapping = true;
		if (lsa->h.age != OSPF_MAX_AGE)
			ospf_lsa_expire(lsa);
		return;
	}
	h.age = 0;
	h.options = own->options;
	h.seq = lsa->h.seq + 1;
	h.len = (uint16_t)(OSPF_LSA_HDR_LEN + own->body_len);
	data = malloc(h.len);
	if (data == NULL) {
		ospf_log(o, LVL_ERROR, "out of memory for an LSA");
		timer_set(&o->timers, &own->timer, o->now_ms + 1000);
		return;
	}
	w = wr_init(data, h.len);
	ospf_lsa_hdr_write(&w, &h);
	wr_bytes(&w, own->body, own->body_len);
	h.cksum = ospf_lsa_cksum_set(data, h.len);
	free(own->body);
	own->body = NULL;
	own->last_ms = o->now_ms;
	o->n.lsa_originated++;
	lsa = ospf_lsdb_install(lsa->db, &h, data, false);
	free(data);
	if (lsa != NULL)
		ospf_flood(lsa, NULL);
}

static void
own_timer(void *arg)
{
	struct ospf_lsa *lsa = arg;

	if (lsa->own->wanted && lsa->own->body != NULL && !lsa->own->wrapping)
		own_emit(lsa);
}

/* Now, or when the throttle lets it. */
static void
own_schedule(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;
	struct ospf_own *own = lsa->own;
	uint64_t quiet_ms = o->now_ms - own->last_ms, loaded_ms = ospf_keep_loaded_ms(o);
	uint64_t gap_ms = (uint64_t)own->hold_ms + o->cfg.pacing_ms;

	if (own->timer.on || own->wrapping)
		return;
	/* Interfaces and neighbours come back one by one: what the process before us said
	 * stands. */
	if (lsa->data != NULL && o->now_ms < loaded_ms) {
		timer_set(&o->timers, &own->timer, loaded_ms);
		return;
	}
	if (own->last_ms == 0 || own->hold_ms == 0 || quiet_ms >= 2 * gap_ms) {
		own->hold_ms = o->cfg.lsa_hold_ms;
		own->n_held = 0;
	} else if (quiet_ms < gap_ms) {
		timer_set(&o->timers, &own->timer, own->last_ms + gap_ms);
		if (own->n_held < OWN_BURST && ++own->n_held < OWN_BURST)
			return;
		own->hold_ms *= 2;
		if (own->hold_ms > o->cfg.lsa_max_ms)
			own->hold_ms = o->cfg.lsa_max_ms;
		return;
	}
	own_emit(lsa);
}

static int
own_attach(struct ospf_lsa *lsa)
{
	if (lsa->own != NULL)
		return 0;
	lsa->own = calloc(1, sizeof(*lsa->own));
	if (lsa->own == NULL)
		return -ENOMEM;
	lsa->own->timer.fn = own_timer;
	lsa->own->timer.arg = lsa;
	return 0;
}

void
ospf_own_free(struct ospf_lsa *lsa)
{
	if (lsa->own == NULL)
		return;
	timer_stop(&lsa->db->o->timers, &lsa->own->timer);
	free(lsa->own->body);
	free(lsa->own);
	lsa->own = NULL;
}

static bool
same(const struct ospf_lsa *lsa, uint8_t options, const void *body, size_t len)
{
	return lsa->data != NULL && lsa->h.age < OSPF_MAX_AGE && lsa->h.options == options &&
			lsa->h.len == OSPF_LSA_HDR_LEN + len &&
			memcmp(lsa->data + OSPF_LSA_HDR_LEN, body, len) == 0;
}

int
ospf_originate(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint8_t options,
		const void *body, size_t len)
{
	uint32_t me = db->o->cfg.router_id;
	struct ospf_lsa *lsa = ospf_lsdb_find(db, type, id, me);
	uint8_t *copy;

	if (len > OSPF_LSA_MAX_LEN - OSPF_LSA_HDR_LEN)
		return -EMSGSIZE;
	if (db->o->restarting)
		return 0; /* RFC 3623 section 2.2 (1): those of before stand */
	if (lsa == NULL)
		lsa = ospf_lsdb_entry(db, type, id, me);
	if (lsa == NULL || own_attach(lsa) != 0)
		return -ENOMEM; /* an entry without instance or wish is swept away */
	/* What the process before us has said need not be said again. */
	if (db->o->kept != NULL && same(lsa, options, body, len))
		lsa->own->wanted = true;
	if (lsa->own->wanted && lsa->own->body == NULL && same(lsa, options, body, len))
		return 0;
	copy = malloc(len > 0 ? len : 1);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, body, len);
	free(lsa->own->body);
	lsa->own->body = copy;
	lsa->own->body_len = (uint16_t)len;
	lsa->own->options = options;
	if (lsa->own->wanted && same(lsa, options, body, len)) {
		/* Back to what has been sent: nothing to say. */
		free(lsa->own->body);
		lsa->own->body = NULL;
		timer_stop(&db->o->timers, &lsa->own->timer);
		return 0;
	}
	lsa->own->wanted = true;
	own_schedule(lsa);
	return 0;
}

void
ospf_flush(struct ospf_lsdb *db, uint8_t type, uint32_t id)
{
	struct ospf_lsa *lsa = ospf_lsdb_find(db, type, id, db->o->cfg.router_id);

	if (lsa == NULL || db->o->restarting)
		return;
	if (lsa->own != NULL) {
		lsa->own->wanted = false;
		lsa->own->wrapping = false;
		free(lsa->own->body);
		lsa->own->body = NULL;
		timer_stop(&db->o->timers, &lsa->own->timer);
	}
	if (lsa->h.age != OSPF_MAX_AGE || lsa->data == NULL)
		ospf_lsa_expire(lsa);
	else
		/* Flushed before, then wanted again, which kept it when all had acknowledged. */
		db->o->sweep = true;
}

bool
ospf_originates(const struct ospf_lsdb *db, uint8_t type, uint32_t id)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(db, type, id, db->o->cfg.router_id);

	return lsa != NULL && lsa->own != NULL && lsa->own->wanted;
}

/* What is wanted is what stands in the database: copy it from there. */
static bool
own_again(struct ospf_lsa *lsa)
{
	struct ospf_own *own = lsa->own;

	if (own->body != NULL)
		return true;
	own->body_len = (uint16_t)(lsa->h.len - OSPF_LSA_HDR_LEN);
	own->options = lsa->h.options;
	own->body = malloc(own->body_len > 0 ? own->body_len : 1u);
	if (own->body == NULL)
		return false;
	memcpy(own->body, lsa->data + OSPF_LSA_HDR_LEN, own->body_len);
	return true;
}

void
ospf_own_keep(struct ospf_lsa *lsa)
{
	if (lsa->own != NULL && lsa->own->wanted && lsa->data != NULL && !own_again(lsa))
		ospf_log(lsa->db->o, LVL_ERROR, "out of memory for an LSA");
}

void
ospf_own_refresh(struct ospf_lsa *lsa)
{
	if (own_again(lsa))
		own_emit(lsa);
}

void
ospf_own_received(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;
	char b[OSPF_LSA_STR_LEN];

	if (o->restarting)
		return; /* RFC 3623 section 2.2 (1): it is valid */
	if (lsa->own != NULL && lsa->own->wanted && lsa->own->body != NULL) {
		/* One of before a restart comes back once; a second router with our ID, again
		 * and again. */
		if (lsa->own->last_ms + 10000 < o->now_ms &&
				log_limit_ok(&o->own_lines, o->now_ms))
			ospf_log(o, LVL_WARNING, "LSA %s came back newer than ours: from before a "
					"restart, or another router has our router ID",
					ospf_lsa_str(&lsa->h, b));
		own_schedule(lsa);
		return;
	}
	if (lsa->h.age != OSPF_MAX_AGE) {
		if (log_limit_ok(&o->own_lines, o->now_ms))
			ospf_log(o, LVL_INFO, "LSA %s is ours, but not wanted: flushed",
					ospf_lsa_str(&lsa->h, b));
		ospf_lsa_expire(lsa);
	}
}

static void
sweep(struct ospf_lsdb *db)
{
	struct ospf_lsa *lsa, *next;

	for (int t = 0; t < OSPF_LSA_N_TYPES; t++)
		for (lsa = TAILQ_FIRST(&db->list[t]); lsa != NULL; lsa = next) {
			next = TAILQ_NEXT(lsa, link);
			if (ospf_lsa_is_own(lsa) && (lsa->own == NULL || !lsa->own->wanted) &&
					!ospf_lsa_is_max_age(lsa))
				ospf_lsa_expire(lsa);
		}
}

void
ospf_own_sweep(struct ospf *o)
{
	struct ospf_area *a;
	struct ospf_if *ifp;

	sweep(&o->as_db);
	TAILQ_FOREACH (a, &o->areas, link)
		sweep(&a->lsdb);
	TAILQ_FOREACH (ifp, &o->ifs, link)
		sweep(&ifp->lsdb);
}

bool
ospf_own_flushed(struct ospf_lsa *lsa)
{
	struct ospf_own *own = lsa->own;

	if (own == NULL || !own->wanted)
		return false;
	if (own->wrapping) {
		own->wrapping = false;
		lsa->h.seq = OSPF_INITIAL_SEQ - 1;
		own_schedule(lsa);
	}
	return true;
}
