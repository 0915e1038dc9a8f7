/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Child SAs by CREATE_CHILD_SA, RFC 7296 sections 1.3.1 and 1.3.3, both roles; what is offered and
 * answered is ike_offer.c's. Collisions follow sections 2.8.1 and 2.25.1:
 *
 *	both rekey the same Child SA    both answer; the new one with the lowest of the four nonces
 *	                                is deleted by who made it, the old one by the other
 *	rekey of one we are deleting    TEMPORARY_FAILURE
 *	rekey of one we do not have     CHILD_SA_NOT_FOUND
 *	anything while we rekey the IKE SA   TEMPORARY_FAILURE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"

#define MAX_GROUPS   3
#define TEMPORARY_MS 4000  /* after TEMPORARY_FAILURE, half of it more or less */
#define REFUSED_MS   20000 /* after any other refusal of a rekey */

/* ---- initiator ------------------------------------------------------------------------------ */

static bool
is_rekey(const struct ike_task *t)
{
	return t->kind == IKE_TASK_CHILD_REKEY;
}

/* The Child SA to be rekeyed, unless it has gone or was replaced meanwhile. */
static struct ike_child *
rekeyable(struct ike_task *t)
{
	struct ike_child *c = ike_child_find(t->sa->e, t->child_id);

	return c != NULL && c->state == IKE_CHILD_LIVE ? c : NULL;
}

/* The IKE SA that this one replaces may have waited for it. */
static void
create_over(struct ike_task *t)
{
	struct ike_sa *sa = t->sa;
	bool is_new = !is_rekey(t);

	ike_task_end(t);
	if (is_new)
		ike_sa_unique(sa);
}

static void
create_generated(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;

	ike_job_take(job, &t->job, &t->nego.kex);
	if (t->discard || ike_nego_peer(t->sa, &t->nego) == NULL ||
			(is_rekey(t) && rekeyable(t) == NULL))
		create_over(t);
	else if (job->err != 0)
		ike_sa_fail(t->sa, "no key pair could be made");
	else
		ike_task_send(t);
}

/* Which group the KE payload is of; 0: none. The one that served before is the best guess. */
static uint16_t
first_group(struct ike_task *t)
{
	const struct ike_peer_cfg *cfg = &t->sa->peer->cfg;
	struct ike_child *old = is_rekey(t) ? rekeyable(t) : NULL;

	if (t->group != 0)
		return t->group;
	if (old != NULL && ike_group_configured(cfg->esp_proposals, cfg->n_esp_proposals,
					   old->suite.group))
		return old->suite.group;
	for (unsigned int i = 0; i < cfg->n_esp_proposals; i++)
		if (cfg->esp_proposals[i].n_group > 0)
			return cfg->esp_proposals[i].group[0];
	return 0;
}

static void
create_start(struct ike_task *t)
{
	struct ike_engine *e = t->sa->e;
	struct ike_peer *p = ike_nego_peer(t->sa, &t->nego);

	if (t->sa->state != IKE_SA_UP || p == NULL || (is_rekey(t) && rekeyable(t) == NULL) ||
			(!is_rekey(t) && ike_has_child(p, t->sa))) {
		create_over(t);
		return;
	}
	if (t->nego.spi_in == 0)
		t->nego.spi_in = ike_child_room(p) ? e->ops.spi_alloc(e->ctx, p->cfg.tun_id) : 0;
	if (t->nego.spi_in == 0) {
		create_over(t);
		return;
	}
	ike_nonce_new(e, &t->nego.ni);
	ike_kex_wipe(&t->nego.kex);
	t->nego.kex.group = first_group(t);
	if (t->nego.kex.group == 0)
		ike_task_send(t);
	else if (!ike_task_job(t, true, NULL, create_generated))
		ike_task_end(t);
}

static void
create_build(struct ike_task *t, struct ike_chain *c)
{
	struct ike_child *old = is_rekey(t) ? rekeyable(t) : NULL;

	if (old != NULL)
		ike_put_notify_esp(c, IKE_N_REKEY_SA, old->spi_in);
	ike_put_child_offer(t->sa, c, IKE_USE_ESP, &t->nego, old);
	ike_put_blob(c, IKE_PL_NONCE, t->nego.ni.data, t->nego.ni.len);
	if (t->nego.kex.group != 0)
		ike_put_ke(c, t->nego.kex.group, t->nego.kex.pub, t->nego.kex.len);
}

/* Section 2.25: wait, and if it lasts for minutes, the two ends are out of step. */
static void
create_temporary(struct ike_task *t)
{
	struct ike_engine *e = t->sa->e;
	struct ike_child *old = is_rekey(t) ? rekeyable(t) : NULL;

	if (old == NULL)
		return;
	if (old->temporary_ms == 0)
		old->temporary_ms = e->now;
	if (e->now - old->temporary_ms > IKE_TEMPORARY_MS) {
		ike_log(e, LVL_WARNING, t->sa->name,
				"peer has been refusing to rekey for minutes: starting over");
		ike_sa_delete(t->sa);
		return;
	}
	ike_child_rekey_later(old, ike_jitter(e, TEMPORARY_MS, 50));
}

/* Section 2.25: the peer does not know the Child SA; make a new one and let go of ours. */
static void
create_not_found(struct ike_task *t)
{
	struct ike_child *old = rekeyable(t);

	if (old == NULL || t->rival_id != 0)
		return;
	old->lost = true;
	old->rekeying = false;
	ike_new_child(t->sa, old->peer);
}

static void
create_refused(struct ike_task *t, const struct ike_notify *err)
{
	struct ike_peer *p = ike_nego_peer(t->sa, &t->nego);
	const struct ike_peer_cfg *cfg = &t->sa->peer->cfg;
	struct ike_child *old = is_rekey(t) ? rekeyable(t) : NULL;
	struct rd r = rd_init(err->data.p, err->data.len);
	uint16_t group = rd_be16(&r);
	char why[120];

	if (err->type == IKE_N_INVALID_KE_PAYLOAD && !r.bad && t->n_group++ < MAX_GROUPS &&
			ike_group_configured(cfg->esp_proposals, cfg->n_esp_proposals, group)) {
		t->group = group;
		create_start(t);
		return;
	}
	snprintf(why, sizeof(why), "peer refuses %s Child SA: %s",
			is_rekey(t) ? "to rekey the" : "a new", ike_notify_str(err->type));
	ike_log(t->sa->e, LVL_INFO, p != NULL ? p->cfg.name : t->sa->name, "%s", why);
	if (err->type == IKE_N_TEMPORARY_FAILURE && is_rekey(t))
		create_temporary(t);
	else if (err->type == IKE_N_CHILD_SA_NOT_FOUND && is_rekey(t))
		create_not_found(t);
	else if (old != NULL)
		ike_child_rekey_later(old, ike_jitter(t->sa->e, REFUSED_MS, 50));
	else if (!is_rekey(t) && p != NULL)
		ike_peer_lost(p, why);
	create_over(t);
}

/*
 * Our rekey is answered. If the peer has rekeyed the same Child SA meanwhile, the new one made
 * with the lowest nonce is closed by who made it; the other side closes the old one.
 */
static void
rekeyed(struct ike_task *t)
{
	struct ike_engine *e = t->sa->e;
	struct ike_child *old = ike_child_find(e, t->child_id);
	struct ike_child *rival = t->rival_id != 0 ? ike_child_find(e, t->rival_id) : NULL;
	struct ike_nonce_min ours = ike_nonce_lower(&t->nego.ni, &t->nego.nr);
	bool lose;
	struct ike_child *c;

	if (rival != NULL && rival->state != IKE_CHILD_LIVE)
		rival = NULL; /* the peer has seen already that ours stays */
	lose = rival != NULL && ike_nonce_cmp(&ours, &rival->nonce_min) < 0;
	t->nego.old_id = old != NULL ? old->id : 0;
	c = ike_child_make(t->sa, &t->nego, true, !lose);
	if (c == NULL) {
		ike_queue_child_delete(t->sa, 0, t->nego.spi_in);
		if (old != NULL && old->state == IKE_CHILD_LIVE)
			ike_child_rekey_later(old, ike_jitter(e, REFUSED_MS, 50));
		return;
	}
	if (lose) {
		c->redundant = true;
		c->out_pending = false;
		ike_child_delete(c);
		return;
	}
	if (rival != NULL) {
		rival->redundant = true;
		ike_child_replaced(rival, 0);
	}
	if (old != NULL && old->state != IKE_CHILD_DRAINING)
		ike_child_delete(old);
}

/* Both ends have asked for the same at once, and the peer's is there: @c or that one. */
static struct ike_child *
crossed(const struct ike_child *c)
{
	struct ike_child *o;

	TAILQ_FOREACH (o, &c->peer->children, peer_link)
		if (o != c && o->sa == c->sa && o->state == IKE_CHILD_LIVE && !o->lost &&
				!o->redundant && o->n_rekeys == 0 &&
				(ike_has_kin(c->peer) ||
						(ike_ts_same(&o->ts_local, &c->ts_local) &&
						ike_ts_same(&o->ts_remote, &c->ts_remote))))
			return o;
	return NULL;
}

/* It is the peer's to delete. Who keeps both (strongSwan), or has not seen that they crossed, does
 * not; then we do. */
static void
leave_to_peer(struct ike_child *rival)
{
	rival->redundant = true;
	ike_child_replaced(rival, 0);
	timer_set(&rival->e->timers, &rival->t_end, rival->e->now + IKE_SUPERSEDED_MS);
}

/* A Child SA that is new, not a rekey; what the peer no longer knew goes. */
static void
created(struct ike_task *t)
{
	struct ike_peer *p = ike_nego_peer(t->sa, &t->nego);
	struct ike_child *c = ike_child_make(t->sa, &t->nego, true, true), *next, *rival;

	if (c == NULL) {
		ike_queue_child_delete(t->sa, 0, t->nego.spi_in);
		if (p != NULL)
			ike_peer_lost(p, "the Child SA could not be installed");
		return;
	}
	rival = crossed(c);
	if (rival != NULL && ike_nonce_cmp(&c->nonce_min, &rival->nonce_min) < 0) {
		c->redundant = true;
		ike_child_use_out(rival);
		ike_child_delete(c);
		return;
	}
	if (rival != NULL)
		leave_to_peer(rival);
	for (c = TAILQ_FIRST(&p->children); c != NULL; c = next) {
		next = TAILQ_NEXT(c, peer_link);
		if (c->lost && c->state == IKE_CHILD_LIVE)
			ike_child_retire(c);
	}
}

static void
create_finish(struct ike_task *t)
{
	if (is_rekey(t))
		rekeyed(t);
	else
		created(t);
	create_over(t);
}

/* The peer holds it for made, but it is of no use to us. */
static void
create_useless(struct ike_task *t, const char *why)
{
	struct ike_peer *p = ike_nego_peer(t->sa, &t->nego);
	struct ike_child *old = is_rekey(t) ? rekeyable(t) : NULL;

	ike_log(t->sa->e, LVL_WARNING, p != NULL ? p->cfg.name : t->sa->name, "%s", why);
	ike_queue_child_delete(t->sa, 0, t->nego.spi_in);
	if (old != NULL)
		ike_child_rekey_later(old, ike_jitter(t->sa->e, REFUSED_MS, 50));
	else if (!is_rekey(t) && p != NULL)
		ike_peer_lost(p, why);
	create_over(t);
}

static void
create_derived(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;

	ike_job_take(job, &t->job, &t->nego.kex);
	if (t->discard)
		ike_task_end(t);
	else if (job->err != 0)
		create_useless(t, "peer sent no valid public value");
	else
		create_finish(t);
}

static void
create_answer(struct ike_task *t, const struct ike_msg *m)
{
	const struct ike_notify *err = ike_msg_error(m);
	const char *wrong;

	if (err != NULL) {
		create_refused(t, err);
		return;
	}
	if (m->nonce.p == NULL) {
		create_useless(t, "peer's answer for the Child SA is malformed");
		return;
	}
	t->nego.old_id = is_rekey(t) ? t->child_id : 0;
	wrong = ike_nego_peer(t->sa, &t->nego) != NULL
				? ike_judge_answer(t->sa, m, IKE_USE_ESP, &t->nego)
				: "its tunnel is gone";
	if (wrong != NULL) {
		create_useless(t, wrong);
		return;
	}
	ike_nonce_set(&t->nego.nr, &m->nonce);
	if (t->nego.suite.group == 0) {
		t->nego.kex.secret_len = 0;
		create_finish(t);
	} else if (!ike_task_job(t, false, &m->ke, create_derived)) {
		create_useless(t, "out of memory");
	}
}

static void
create_drop(struct ike_task *t)
{
	struct ike_child *old = t->child_id != 0 ? ike_child_find(t->sa->e, t->child_id) : NULL;

	if (old != NULL)
		old->rekeying = false;
}

const struct ike_task_ops ike_child_new_ops = {
	.name = "new Child SA",
	.exchange = IKE_EX_CREATE_CHILD_SA,
	.costly = true,
	.start = create_start,
	.build = create_build,
	.answer = create_answer,
	.drop = create_drop,
};

const struct ike_task_ops ike_child_rekey_ops = {
	.name = "Child SA rekey",
	.exchange = IKE_EX_CREATE_CHILD_SA,
	.costly = true,
	.start = create_start,
	.build = create_build,
	.answer = create_answer,
	.drop = create_drop,
};

/* ---- responder ------------------------------------------------------------------------------ */

static void
refuse(struct ike_sa *sa, enum ike_ctr ctr, uint16_t type)
{
	ike_count(sa->e, ctr);
	ike_respond_notify(sa, IKE_EX_CREATE_CHILD_SA, type, NULL, 0);
}

/*
 * Which Child SA does N(REKEY_SA) mean? False: refused, the answer is out. No such notification:
 * *@old is NULL and a new Child SA is wanted.
 */
static bool
find_rekeyed(struct ike_sa *sa, const struct ike_msg *m, struct ike_child **old)
{
	const struct ike_notify *n = ike_msg_notify(m, IKE_N_REKEY_SA);
	struct rd r;
	uint32_t spi;

	*old = NULL;
	if (n == NULL)
		return true;
	r = rd_init(n->spi.p, n->spi.len);
	spi = rd_be32(&r);
	if (n->proto == IKE_PROTO_ESP && !r.bad)
		*old = ike_child_find_out(sa->peer, spi);
	if (*old == NULL) {
		struct ike_out o;

		ike_count(sa->e, IKE_CTR_NO_CHILD);
		ike_out_init(&o);
		ike_put_notify_esp(&o.c, IKE_N_CHILD_SA_NOT_FOUND, spi);
		ike_respond(sa, IKE_EX_CREATE_CHILD_SA, &o);
		return false;
	}
	if ((*old)->state != IKE_CHILD_LIVE) {
		refuse(sa, IKE_CTR_TEMPORARY, IKE_N_TEMPORARY_FAILURE);
		return false;
	}
	return true;
}

/* The peer has rekeyed @old; note it where our own rekey of the same will look for it. */
static void
note_collision(struct ike_peer *p, struct ike_child *old, struct ike_child *c)
{
	struct ike_sa *sa;

	TAILQ_FOREACH (sa, &p->sas, peer_link) {
		struct ike_task *t = sa->active;

		if (t != NULL && t->kind == IKE_TASK_CHILD_REKEY && t->child_id == old->id) {
			ike_count(p->e, IKE_CTR_COLLISION_CHILD);
			t->rival_id = c->id;
		}
	}
}

static void
request_finish(struct ike_sa *sa)
{
	struct ike_rx *rx = sa->rx;
	struct ike_nego *n = &rx->nego;
	struct ike_child *old = n->old_id != 0 ? ike_child_find(sa->e, n->old_id) : NULL;
	struct ike_peer *p = ike_nego_peer(sa, n);
	bool use_out = p != NULL && (p->out == NULL || (old != NULL && old->urgent));
	struct ike_child *c;
	struct ike_out o;

	if (p == NULL || (n->old_id != 0 && (old == NULL || old->state != IKE_CHILD_LIVE))) {
		refuse(sa, IKE_CTR_TEMPORARY,
				IKE_N_TEMPORARY_FAILURE); /* gone while we calculated */
		ike_rx_free(sa);
		return;
	}
	c = ike_child_make(sa, n, false, use_out);
	if (c == NULL) {
		refuse(sa, IKE_CTR_NO_ROOM, IKE_N_NO_ADDITIONAL_SAS);
		ike_rx_free(sa);
		return;
	}
	ike_out_init(&o);
	ike_put_child_answer(sa, &o.c, IKE_USE_ESP, n);
	ike_put_blob(&o.c, IKE_PL_NONCE, n->nr.data, n->nr.len);
	if (n->suite.group != 0)
		ike_put_ke(&o.c, n->kex.group, n->kex.pub, n->kex.len);
	if (old != NULL) {
		note_collision(sa->peer, old, c);
		ike_child_replaced(old, c->id);
	}
	ike_rx_free(sa);
	ike_respond(sa, IKE_EX_CREATE_CHILD_SA, &o);
}

static void
request_derived(void *owner, struct ike_job *job)
{
	struct ike_sa *sa = owner;
	struct ike_rx *rx = sa->rx;

	ike_job_take(job, &rx->job, &rx->nego.kex);
	if (sa->peer == NULL || sa->state != IKE_SA_UP) {
		refuse(sa, IKE_CTR_TEMPORARY, IKE_N_TEMPORARY_FAILURE);
		ike_rx_free(sa);
	} else if (job->err != 0) {
		refuse(sa, IKE_CTR_BAD_KE, IKE_N_NO_PROPOSAL_CHOSEN);
		ike_rx_free(sa);
	} else {
		request_finish(sa);
	}
}

static void
child_request(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_nego n = { .spi_in = 0 };
	struct ike_child *old;
	struct ike_refusal no = { 0 };

	if (sa->state != IKE_SA_UP || sa->peer == NULL ||
			(sa->active != NULL && sa->active->kind == IKE_TASK_IKE_REKEY)) {
		refuse(sa, IKE_CTR_TEMPORARY, IKE_N_TEMPORARY_FAILURE);
		return;
	}
	if (!find_rekeyed(sa, m, &old))
		return;
	n.old_id = old != NULL ? old->id : 0;
	if (!ike_judge_offer(sa, m, IKE_USE_ESP, &n, &no)) {
		uint8_t data[2] = { (uint8_t)(no.group >> 8), (uint8_t)no.group };

		ike_respond_notify(
				sa, IKE_EX_CREATE_CHILD_SA, no.notify, data, no.group != 0 ? 2 : 0);
		if (no.why[0] != '\0')
			ike_peer_refused(sa->peer, true, no.why);
		return;
	}
	sa->rx = calloc(1, sizeof(*sa->rx));
	if (sa->rx == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		ike_nego_drop(sa->e, &n);
		return;
	}
	sa->rx->exchange = IKE_EX_CREATE_CHILD_SA;
	sa->rx->nego = n;
	ike_nonce_set(&sa->rx->nego.ni, &m->nonce);
	ike_nonce_new(sa->e, &sa->rx->nego.nr);
	if (n.suite.group == 0) {
		request_finish(sa);
		return;
	}
	sa->rx->nego.kex.group = n.suite.group;
	sa->rx->job = ike_job_submit(sa->e, &sa->rx->nego.kex, true, &m->ke, request_derived, sa);
	if (sa->rx->job == NULL)
		ike_rx_free(sa);
}

void
ike_create_request(struct ike_sa *sa, const struct ike_msg *m)
{
	struct rd r = rd_init(m->sa.p, m->sa.len);
	struct ike_sa_payload offer;

	if (ike_sa_parse(&r, &offer) != 0)
		refuse(sa, IKE_CTR_NO_PROPOSAL, IKE_N_NO_PROPOSAL_CHOSEN);
	else if (offer.p[0].proto == IKE_PROTO_IKE)
		ike_rekey_request(sa, m, &offer);
	else if (!m->has_tsi || !m->has_tsr)
		refuse(sa, IKE_CTR_TS_UNACCEPTABLE, IKE_N_TS_UNACCEPTABLE);
	else
		child_request(sa, m);
}
