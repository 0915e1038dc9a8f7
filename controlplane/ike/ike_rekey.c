/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rekeying the IKE SA by CREATE_CHILD_SA, RFC 7296 sections 1.3.2 and 2.18, both roles, with the
 * collisions of sections 2.8.2 and 2.25:
 *
 *	both rekey, both notice    the new IKE SA with the lowest of the four nonces is deleted by
 *	                           who made it; the other one inherits the Child SAs, and who made
 *	                           that deletes the old one
 *	only one notices           the other answers TEMPORARY_FAILURE or deletes the old IKE SA:
 *	                           our attempt is forgotten, the peer's new IKE SA inherits
 *	a Child SA is being made, rekeyed or deleted by us    TEMPORARY_FAILURE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"

#define MAX_GROUPS   3
#define TEMPORARY_MS 10000
#define REFUSED_MS   60000

static int
derive(struct ike_sa *old, struct ike_sa *sa, const struct ike_nego *n)
{
	struct ike_keymat_in in = { .ni = ike_nonce_blob(&n->ni),
		.nr = ike_nonce_blob(&n->nr),
		.gir = { .p = n->kex.secret, .len = n->kex.secret_len },
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r };

	sa->suite = n->suite;
	sa->nonce_min = ike_nonce_lower(&n->ni, &n->nr);
	return ike_derive_sa(
			&old->e->crypto, &sa->suite, &in, old->suite.prf, old->keys.d, &sa->keys);
}

/* What goes over from one IKE SA to the one that replaces it, beside the Child SAs. */
static void
settle_new(struct ike_sa *old, struct ike_sa *sa)
{
	ike_nat_inherit(old, sa);
	ike_reauth_inherit(old, sa);
	sa->frag = old->frag;
	sa->frag_mtu = old->frag_mtu;
	sa->n_rekeys = old->n_rekeys + 1;
	sa->ppk = old->ppk;
	sa->proof = ike_proof_ref(old->proof);
	memcpy(sa->remote_id, old->remote_id, sizeof(sa->remote_id));
	ike_count(old->e, IKE_CTR_SA_REKEYED);
	ike_sa_up(sa);
}

static void
put_spi(uint64_t spi, uint8_t out[IKE_SPI_LEN])
{
	struct wr w = wr_init(out, IKE_SPI_LEN);

	wr_be64(&w, spi);
}

static uint64_t
spi_of(const struct ike_prop *p)
{
	struct rd r = rd_init(p->spi, sizeof(p->spi));

	return p->spi_len == IKE_SPI_LEN ? rd_be64(&r) : 0;
}

/* ---- initiator ------------------------------------------------------------------------------ */

static void
rekey_later(struct ike_sa *sa, uint64_t ms)
{
	timer_set(&sa->e->timers, &sa->t_rekey, sa->e->now + ms);
	sa->rekey_ms = sa->e->now + ms;
}

static void
rekey_generated(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;

	ike_job_take(job, &t->job, &t->nego.kex);
	if (t->discard || t->sa->state != IKE_SA_UP)
		ike_task_end(t);
	else if (job->err != 0)
		ike_sa_fail(t->sa, "no key pair could be made");
	else
		ike_task_send(t);
}

static void
rekey_start(struct ike_task *t)
{
	struct ike_sa *sa = t->sa;

	if (sa->state != IKE_SA_UP || sa->peer == NULL) {
		ike_task_end(t);
		return;
	}
	if (t->new_sa == NULL) {
		t->new_sa = ike_sa_new(sa->e, sa->peer, true, &sa->path);
		if (t->new_sa == NULL) {
			rekey_later(sa, REFUSED_MS);
			ike_task_end(t);
			return;
		}
	}
	if (t->group == 0)
		t->group = sa->suite.group;
	ike_nonce_new(sa->e, &t->nego.ni);
	ike_kex_wipe(&t->nego.kex);
	t->nego.kex.group = t->group;
	if (!ike_task_job(t, true, NULL, rekey_generated))
		ike_task_end(t);
}

static void
rekey_build(struct ike_task *t, struct ike_chain *c)
{
	const struct ike_peer_cfg *cfg = &t->sa->peer->cfg;
	uint8_t spi[IKE_SPI_LEN];

	put_spi(t->new_sa->spi_i, spi);
	ike_put_sa(c, IKE_USE_IKE, cfg->ike_proposals, cfg->n_ike_proposals, spi, sizeof(spi));
	ike_put_blob(c, IKE_PL_NONCE, t->nego.ni.data, t->nego.ni.len);
	ike_put_ke(c, t->nego.kex.group, t->nego.kex.pub, t->nego.kex.len);
}

/* The peer's rekey is the one that counts; ours came to nothing. */
static void
rival_wins(struct ike_task *t)
{
	struct ike_sa *sa = t->sa, *rival = t->rival_sa;

	t->rival_sa = NULL;
	ike_sa_set_state(sa, IKE_SA_REKEYED);
	ike_sa_inherit(sa, rival);
}

static void
rekey_refused(struct ike_task *t, const struct ike_notify *err)
{
	struct ike_sa *sa = t->sa;
	struct ike_peer *p = sa->peer;
	struct rd r = rd_init(err->data.p, err->data.len);
	uint16_t group = rd_be16(&r);

	if (t->rival_sa != NULL) {
		rival_wins(t);
		ike_task_end(t);
		return;
	}
	if (err->type == IKE_N_INVALID_KE_PAYLOAD && !r.bad && t->n_group++ < MAX_GROUPS &&
			ike_group_configured(p->cfg.ike_proposals, p->cfg.n_ike_proposals, group)) {
		t->group = group;
		rekey_start(t);
		return;
	}
	ike_log(sa->e, LVL_INFO, sa->name, "peer refuses to rekey the IKE SA: %s",
			ike_notify_str(err->type));
	if (sa->temporary_ms == 0)
		sa->temporary_ms = sa->e->now;
	if (err->type == IKE_N_TEMPORARY_FAILURE &&
			sa->e->now - sa->temporary_ms > IKE_TEMPORARY_MS) {
		ike_log(sa->e, LVL_WARNING, sa->name,
				"peer has been refusing for minutes: starting over");
		ike_sa_delete(sa);
	} else if (sa->state == IKE_SA_UP) {
		rekey_later(sa, ike_jitter(sa->e,
						err->type == IKE_N_TEMPORARY_FAILURE ? TEMPORARY_MS
										     : REFUSED_MS,
						50));
	}
	ike_task_end(t);
}

static void
rekey_finish(struct ike_task *t)
{
	struct ike_sa *old = t->sa, *sa = t->new_sa, *rival = t->rival_sa;
	bool lose;

	if (derive(old, sa, &t->nego) != 0) {
		ike_sa_fail(old, "keys could not be derived");
		return;
	}
	t->new_sa = NULL;
	t->rival_sa = NULL;
	settle_new(old, sa);
	if (rival != NULL && rival->state != IKE_SA_UP)
		rival = NULL; /* the peer has deleted it: ours stays */
	lose = rival != NULL && ike_nonce_cmp(&sa->nonce_min, &rival->nonce_min) < 0;
	if (lose) {
		ike_sa_set_state(old, IKE_SA_REKEYED);
		ike_sa_inherit(old, rival);
		ike_sa_delete(sa);
		ike_task_end(t);
		return;
	}
	if (rival != NULL)
		ike_sa_set_state(rival, IKE_SA_REKEYED); /* the peer deletes it */
	ike_sa_inherit(old, sa);
	ike_sa_set_state(old, IKE_SA_REKEYED);
	ike_task_end(t);
	ike_sa_delete(old);
}

static void
rekey_derived(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;

	ike_job_take(job, &t->job, &t->nego.kex);
	if (t->discard) {
		ike_task_end(t);
	} else if (job->err != 0) {
		ike_count(t->sa->e, IKE_CTR_BAD_KE);
		ike_sa_fail(t->sa, "peer sent no valid public value");
	} else {
		rekey_finish(t);
	}
}

static void
rekey_answer(struct ike_task *t, const struct ike_msg *m)
{
	const struct ike_peer_cfg *cfg = &t->sa->peer->cfg;
	const struct ike_notify *err = ike_msg_error(m);
	struct rd r = rd_init(m->sa.p, m->sa.len);
	struct ike_sa_payload answer;
	const struct ike_prop *prop;

	if (err != NULL) {
		rekey_refused(t, err);
		return;
	}
	prop = m->sa.p != NULL && ike_sa_parse(&r, &answer) == 0
			       ? ike_sa_accept(&answer, IKE_USE_IKE, cfg->ike_proposals,
						 cfg->n_ike_proposals, &t->nego.suite)
			       : NULL;
	if (prop == NULL || spi_of(prop) == 0 || m->nonce.p == NULL || m->ke.p == NULL ||
			m->ke_group != t->group || t->nego.suite.group != t->group) {
		/* The peer has an IKE SA that we cannot have: nothing but a fresh start is clean.
		 */
		ike_count(t->sa->e, IKE_CTR_UNEXPECTED);
		ike_sa_fail(t->sa, "peer rekeyed the IKE SA with what was not offered");
		return;
	}
	t->new_sa->spi_r = spi_of(prop);
	ike_nonce_set(&t->nego.nr, &m->nonce);
	if (!ike_task_job(t, false, &m->ke, rekey_derived))
		ike_sa_fail(t->sa, "out of memory");
}

static void
rekey_drop(struct ike_task *t)
{
	if (t->new_sa != NULL)
		ike_sa_kill(t->new_sa);
	t->new_sa = NULL;
}

const struct ike_task_ops ike_ike_rekey_ops = {
	.name = "IKE SA rekey",
	.exchange = IKE_EX_CREATE_CHILD_SA,
	.costly = true,
	.start = rekey_start,
	.build = rekey_build,
	.answer = rekey_answer,
	.drop = rekey_drop,
};

/* ---- responder ------------------------------------------------------------------------------ */

static void
refuse(struct ike_sa *sa, enum ike_ctr ctr, uint16_t type)
{
	ike_count(sa->e, ctr);
	ike_respond_notify(sa, IKE_EX_CREATE_CHILD_SA, type, NULL, 0);
}

static void
request_derived(void *owner, struct ike_job *job)
{
	struct ike_sa *old = owner, *sa;
	struct ike_rx *rx = old->rx;
	struct ike_task *own = old->active;
	uint8_t spi[IKE_SPI_LEN];
	struct ike_out o;

	ike_job_take(job, &rx->job, &rx->nego.kex);
	if (job->err != 0 || old->state != IKE_SA_UP || derive(old, rx->new_sa, &rx->nego) != 0) {
		if (job->err != 0)
			refuse(old, IKE_CTR_BAD_KE, IKE_N_NO_PROPOSAL_CHOSEN);
		else
			refuse(old, IKE_CTR_TEMPORARY, IKE_N_TEMPORARY_FAILURE);
		ike_rx_free(old);
		return;
	}
	sa = rx->new_sa;
	rx->new_sa = NULL;
	ike_out_init(&o);
	put_spi(sa->spi_r, spi);
	ike_put_sa_choice(&o.c, IKE_USE_IKE, rx->nego.prop_num, &sa->suite, spi, sizeof(spi));
	ike_put_blob(&o.c, IKE_PL_NONCE, rx->nego.nr.data, rx->nego.nr.len);
	ike_put_ke(&o.c, rx->nego.kex.group, rx->nego.kex.pub, rx->nego.kex.len);
	ike_rx_free(old);
	settle_new(old, sa);
	ike_respond(old, IKE_EX_CREATE_CHILD_SA, &o);
	if (own != NULL && own->kind == IKE_TASK_IKE_REKEY) {
		ike_count(old->e, IKE_CTR_COLLISION_IKE);
		own->rival_sa = sa; /* which of the two inherits is known when ours is answered */
		return;
	}
	ike_sa_inherit(old, sa);
	ike_sa_set_state(old, IKE_SA_REKEYED);
}

void
ike_rekey_request(struct ike_sa *sa, const struct ike_msg *m, const struct ike_sa_payload *offer)
{
	struct ike_engine *e = sa->e;
	struct ike_task *own = sa->active;
	const struct ike_prop *prop;
	struct ike_suite suite;
	struct ike_rx *rx;

	/* Section 2.25.1: not while a Child SA is in the making; 2.25.2: not when replaced. */
	if (sa->state != IKE_SA_UP || sa->peer == NULL || (own != NULL && own->rival_sa != NULL) ||
			(own != NULL && (own->kind == IKE_TASK_CHILD_NEW ||
							own->kind == IKE_TASK_CHILD_REKEY ||
							own->kind == IKE_TASK_CHILD_DELETE))) {
		refuse(sa, IKE_CTR_TEMPORARY, IKE_N_TEMPORARY_FAILURE);
		return;
	}
	prop = ike_sa_choose(offer, IKE_USE_IKE, sa->peer->cfg.ike_proposals,
			sa->peer->cfg.n_ike_proposals, m->ke_group, &suite);
	if (prop == NULL || spi_of(prop) == 0) {
		refuse(sa, IKE_CTR_NO_PROPOSAL, IKE_N_NO_PROPOSAL_CHOSEN);
		return;
	}
	if (m->ke.p == NULL || m->ke_group != suite.group ||
			m->ke.len != ike_group_len(suite.group)) {
		uint8_t group[2] = { (uint8_t)(suite.group >> 8), (uint8_t)suite.group };

		ike_count(e, IKE_CTR_INVALID_KE);
		ike_respond_notify(sa, IKE_EX_CREATE_CHILD_SA, IKE_N_INVALID_KE_PAYLOAD, group, 2);
		return;
	}
	rx = calloc(1, sizeof(*rx));
	if (rx == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		return;
	}
	sa->rx = rx;
	rx->exchange = IKE_EX_CREATE_CHILD_SA;
	rx->new_sa = ike_sa_new(e, sa->peer, false, &sa->path);
	if (rx->new_sa == NULL) {
		ike_rx_free(sa);
		refuse(sa, IKE_CTR_NO_ROOM, IKE_N_NO_ADDITIONAL_SAS);
		return;
	}
	rx->new_sa->spi_i = spi_of(prop);
	rx->nego.suite = suite;
	rx->nego.prop_num = prop->num;
	rx->nego.kex.group = suite.group;
	ike_nonce_set(&rx->nego.ni, &m->nonce);
	ike_nonce_new(e, &rx->nego.nr);
	rx->job = ike_job_submit(e, &rx->nego.kex, true, &m->ke, request_derived, sa);
	if (rx->job == NULL)
		ike_rx_free(sa);
}
