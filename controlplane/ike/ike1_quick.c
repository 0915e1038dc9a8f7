/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quick mode (RFC 2409 section 5.5), both roles: a pair of ESP SAs, with or without a key exchange
 * of its own, for the tunnel's GRE between the two outer addresses, or for a pair of networks
 * (ike1_nets.c).
 *
 *	HDR*, HASH(1), SA, Ni [, KE] [, IDci, IDcr]  -->
 *	                          <--  HDR*, HASH(2), SA, Nr [, KE] [, IDci, IDcr]
 *	HDR*, HASH(3)                                -->
 *
 * The responder installs with the second message and sends by the new SA when it has the third, or
 * sees traffic on it: before, it is not up, and without either it is taken back. The initiator
 * receives by it from the second on. It sends by it at once if there is no other; else when the
 * responder is seen to use it, which may install it with the third message only, or a second later.
 * A new pair replaces the one in use: who asked for it deletes the old one, after a while for
 * packets on their way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_int.h"

#define REPLACED_MS   3000 /* the initiator deletes what it has replaced after this */
#define DONE_MS       60000 /* a finished quick mode answers repetitions that long */
#define SWITCH_MS     1000  /* the initiator sends by it then, whatever it has seen */
#define FAILED_MS     1000  /* what waits for one that has failed begins after this */

static struct ike1_terms
terms_phase2(const struct ike1_quick *q)
{
	const struct ike_peer_cfg *cfg = &q->peer->cfg;
	uint16_t mode = cfg->transport ? IKE1_MODE_TRANSPORT : IKE1_MODE_TUNNEL;

	if (q->sa->encap) /* RFC 3947 section 5.1 */
		mode = cfg->transport ? IKE1_MODE_UDP_TRANSPORT : IKE1_MODE_UDP_TUNNEL;
	return (struct ike1_terms){ .cfg = cfg->esp_proposals,
		.n = cfg->n_esp_proposals,
		.mode = mode,
		.life_s = cfg->child_life_s,
		.life_kb = cfg->child_life_bytes / 1024 };
}

/* ---- life ----------------------------------------------------------------------------------- */

/* The peer has never shown that it has the pair; should it, it is told. */
static void
take_back(struct ike1_quick *q)
{
	struct ike_child *c = q->child_id != 0 ? ike_child_find(q->sa->e, q->child_id) : NULL;

	if (c == NULL || !c->half)
		return;
	ike1_child_farewell(c);
	ike_child_remove(c);
}

void
ike1_quick_free(struct ike1_quick *q)
{
	struct ike_engine *e = q->sa->e;
	struct ike_child *old = q->n.old_id != 0 ? ike_child_find(e, q->n.old_id) : NULL;

	if (old != NULL && q->initiator)
		old->rekeying = false;
	take_back(q);
	ike_job_cancel(q->job);
	timer_stop(&e->timers, &q->line.t);
	if (q->initiator && q->state != IKE1_QM_DONE)
		timer_set(&e->timers, &q->sa->t_next, e->now + FAILED_MS);
	TAILQ_REMOVE(&q->sa->quicks, q, link);
	TAILQ_REMOVE(&q->peer->quicks1, q, peer_link);
	ike1_line_free(&q->line);
	free(q->transform);
	ike_nego_drop(e, &q->n);
	OPENSSL_cleanse(q, sizeof(*q));
	free(q);
}

void
ike1_quicks_drop(struct ike_peer *p)
{
	struct ike1_quick *q;

	while ((q = TAILQ_FIRST(&p->quicks1)) != NULL)
		ike1_quick_free(q);
}

void
ike1_quick_failed(struct ike1_quick *q, const char *why)
{
	struct ike_peer *p = q->peer;
	struct ike_child *old = q->n.old_id != 0 ? ike_child_find(q->sa->e, q->n.old_id) : NULL;

	ike1_quick_free(q);
	if (old != NULL)
		ike_child_rekey_later(old, ike_jitter(p->e, 20000, 25));
	ike_peer_lost(p, why);
}

/* Its traffic has told what the third message would. */
static bool
seen_in_use(const struct ike1_quick *q)
{
	const struct ike_child *c = ike_child_find(q->sa->e, q->child_id);

	return q->state == IKE1_QM2_SENT && c != NULL && !c->half;
}

static void
switch_now(struct ike1_quick *q)
{
	struct ike_child *c = ike_child_find(q->sa->e, q->child_id);

	q->to_switch = false;
	timer_set(&q->sa->e->timers, &q->line.t, q->sa->e->now + DONE_MS);
	if (c != NULL && c->out_pending && c->state == IKE_CHILD_LIVE && !c->redundant)
		ike_child_use_out(c);
}

static void
line_due(void *arg)
{
	struct ike1_quick *q = arg;

	if (q->state == IKE1_QM_DONE && q->to_switch)
		switch_now(q);
	else if (q->state == IKE1_QM_DONE || seen_in_use(q))
		ike1_quick_free(q);
	else if (!ike1_line_due(q->sa, &q->line))
		ike1_quick_failed(q, "peer stopped answering during quick mode");
}

static struct ike1_quick *
quick_new(struct ike1_sa *sa, struct ike_peer *p, uint32_t mid, bool initiator)
{
	struct ike1_quick *q, *oldest;
	unsigned int n = 0;

	TAILQ_FOREACH (q, &sa->quicks, link)
		n++;
	oldest = TAILQ_FIRST(&sa->quicks);
	if (n >= IKE1_MAX_QUICKS && oldest->state == IKE1_QM_DONE)
		ike1_quick_free(oldest);
	else if (n >= IKE1_MAX_QUICKS)
		return NULL;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	q->sa = sa;
	q->peer = p;
	q->mid = mid;
	q->initiator = initiator;
	q->begun_ms = sa->e->now;
	q->line.t = (struct timer){ .fn = line_due, .arg = q };
	TAILQ_INSERT_TAIL(&sa->quicks, q, link);
	TAILQ_INSERT_TAIL(&p->quicks1, q, peer_link);
	if (ike1_iv(&sa->e->crypto, &sa->suite.s, &sa->keys, mid, q->iv) != 0) {
		ike1_quick_free(q);
		return NULL;
	}
	return q;
}

static struct ike1_quick *
find(struct ike1_sa *sa, uint32_t mid)
{
	struct ike1_quick *q;

	TAILQ_FOREACH (q, &sa->quicks, link)
		if (q->mid == mid)
			return q;
	return NULL;
}

/* Nothing more is to come, but for repetitions. */
static void
done(struct ike1_quick *q)
{
	struct ike_engine *e = q->sa->e;

	q->state = IKE1_QM_DONE;
	timer_set(&e->timers, &q->line.t, e->now + (q->to_switch ? SWITCH_MS : DONE_MS));
	if (q->initiator)
		timer_set(&e->timers, &q->sa->t_next, e->now);
}

/* ---- hashes --------------------------------------------------------------------------------- */

static struct ike_blob
mid_blob(uint32_t mid, uint8_t out[4])
{
	struct wr w = wr_init(out, 4);

	wr_be32(&w, mid);
	return (struct ike_blob){ .p = out, .len = 4 };
}

/* HASH(1) has no nonce in front of the rest, HASH(2) the initiator's. */
static bool
hash_ok(struct ike1_quick *q, const struct ike1_msg *m, bool second)
{
	struct ike1_sa *sa = q->sa;
	uint8_t mid[4], want[IKE1_HASH_MAX];
	struct ike_blob in[3] = { mid_blob(q->mid, mid), m->rest };
	size_t len = ike_prf_len(sa->suite.s.prf);

	if (second) {
		in[1] = ike_nonce_blob(&q->n.ni);
		in[2] = m->rest;
	}
	return m->hash.p != NULL && m->hash.len == len &&
	       ike1_hash(&sa->e->crypto, &sa->suite.s, &sa->keys, in, second ? 3 : 2, want) == 0 &&
	       CRYPTO_memcmp(want, m->hash.p, len) == 0;
}

/* HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni | Nr) */
static bool
third_hash(struct ike1_quick *q, uint8_t *out)
{
	static const uint8_t zero;
	uint8_t mid[4];
	struct ike_blob in[4] = { { .p = &zero, .len = 1 }, mid_blob(q->mid, mid),
		ike_nonce_blob(&q->n.ni), ike_nonce_blob(&q->n.nr) };

	return ike1_hash(&q->sa->e->crypto, &q->sa->suite.s, &q->sa->keys, in, 4, out) == 0;
}

/* ---- both roles ----------------------------------------------------------------------------- */

static void
put_ids(struct ike1_quick *q, struct ike_out *o)
{
	for (int i = 0; i < 2 && q->id_len[i] != 0; i++)
		ike_put_blob(&o->c, IKE1_PL_ID, q->id[i], q->id_len[i]);
}

/* RFC 3947 section 5.2: the addresses as we see them, initiator's first, in transport mode. */
static void
put_nat_addresses(struct ike1_quick *q, struct ike_out *o)
{
	struct ike1_sa *sa = q->sa;
	uint8_t body[8];

	if (!sa->encap || !q->peer->cfg.transport)
		return;
	ike1_id_of_addr(body, q->initiator ? sa->path.local : sa->path.remote, 0);
	ike_put_blob(&o->c, IKE1_PL_NATOA, body, sizeof(body));
	ike1_id_of_addr(body, q->initiator ? sa->path.remote : sa->path.local, 0);
	ike_put_blob(&o->c, IKE1_PL_NATOA, body, sizeof(body));
}

static bool
nonce_ok(const struct ike1_msg *m)
{
	return m->nonce.p != NULL && m->nonce.len >= IKE1_NONCE_MIN &&
	       m->nonce.len <= IKE_NONCE_MAX;
}

static void
put_payloads(struct ike1_quick *q, struct ike_out *o)
{
	const struct ike_nonce *n = q->initiator ? &q->n.ni : &q->n.nr;

	ike_put_blob(&o->c, IKE1_PL_NONCE, n->data, n->len);
	if (q->n.kex.group != 0)
		ike_put_blob(&o->c, IKE1_PL_KE, q->n.kex.pub, q->n.kex.len);
	put_ids(q, o);
	put_nat_addresses(q, o);
}

/* Keys for both directions, and the Child SA. */
static struct ike_child *
make(struct ike1_quick *q, bool use_out)
{
	const struct ike_peer_cfg *cfg = &q->peer->cfg;
	struct ike1_sa *sa = q->sa;
	struct ike_child_keys keys[2] = { { 0 } };
	struct ike_blob ni = ike_nonce_blob(&q->n.ni), nr = ike_nonce_blob(&q->n.nr);
	struct ike_blob gxy = { .p = q->n.kex.secret,
		.len = q->n.suite.group != 0 ? q->n.kex.secret_len : 0 };
	/* The keys of a direction are made with the SPI of who receives it. */
	uint32_t spis[2] = { q->initiator ? q->n.spi_out : q->n.spi_in,
		q->initiator ? q->n.spi_in : q->n.spi_out };
	struct ike_child *c = NULL;
	int err = 0;

	for (int i = 0; i < 2 && err == 0; i++)
		err = ike1_derive_child(&sa->e->crypto, &sa->suite.s, &sa->keys, &q->n.suite, &gxy,
				&ni, &nr, spis[i], &keys[i]);
	q->n.life_kb = ike1_life_agreed(cfg, q->initiator, ike1_life_own_kb(cfg), q->suite.life_kb);
	if (err == 0)
		c = ike_child_make1(sa, q->peer, &q->n, keys, q->initiator, use_out,
				ike1_life_agreed(cfg, q->initiator, cfg->child_life_s,
						q->suite.life_s));
	OPENSSL_cleanse(keys, sizeof(keys));
	return c;
}

/* @loser has a successor. Who asked for it deletes it; the other end would after a minute. */
static void
give_up(struct ike_child *loser, const struct ike_child *winner, bool we_delete)
{
	struct ike_engine *e = loser->e;

	ike_child_replaced(loser, winner->id);
	if (we_delete)
		timer_set(&e->timers, &loser->t_end, e->now + REPLACED_MS);
}

/*
 * All pairs before @by have a successor. But when both ends have asked at the same time (one came
 * up after the quick mode of the other began), each would let go of the other's: then the pair with
 * the lowest nonce goes, which both ends know. A better one that the peer may not have yet is
 * waited for: it is judged when it is confirmed.
 */
static void
replace(struct ike1_quick *q, struct ike_child *by)
{
	struct ike_child *c, *keep = by;

	TAILQ_FOREACH (c, &q->peer->children, peer_link) {
		bool twin = c->ours != by->ours && c->born_ms >= q->begun_ms;

		if (c == by || c->state != IKE_CHILD_LIVE || (c->id > by->id && !twin))
			continue;
		if (!twin || ike_nonce_cmp(&c->nonce_min, &by->nonce_min) < 0)
			give_up(c, by, twin ? c->ours : q->initiator);
		else if (!c->half)
			keep = c;
	}
	if (keep == by)
		return;
	give_up(by, keep, by->ours);
	ike_child_use_out(keep);
}

void
ike1_quick_seen(struct ike_child *c)
{
	struct ike1_quick *q;

	TAILQ_FOREACH (q, &c->peer->quicks1, peer_link)
		if (q->child_id == c->id && q->state == IKE1_QM2_SENT) {
			replace(q, c);
			return;
		}
}

static bool
job(struct ike1_quick *q, bool generate, const struct ike_blob *pub,
		void (*fn)(void *, struct ike_job *))
{
	q->job = ike_job_submit(q->sa->e, &q->n.kex, generate, pub, fn, q);
	return q->job != NULL;
}

static bool
job_result(struct ike1_quick *q, struct ike_job *j)
{
	ike_job_take(j, &q->job, &q->n.kex);
	if (j->err == 0)
		return true;
	ike_count(q->sa->e, IKE_CTR_BAD_KE);
	ike1_quick_failed(q, "peer's public value is not valid");
	return false;
}

/* ---- initiator ------------------------------------------------------------------------------ */

static void
send_first(struct ike1_quick *q)
{
	struct ike1_sa *sa = q->sa;
	struct ike1_terms t = terms_phase2(q);
	uint8_t mid[4];
	struct ike_blob pre = mid_blob(q->mid, mid);
	struct ike_out o;

	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike1_put_sa(&o.c, &t, q->n.spi_in);
	put_payloads(q, &o);
	q->state = IKE1_QM1_SENT;
	if (!ike1_seal_hash(sa, &o, &pre, 1) ||
			!ike1_send(sa, &q->line, IKE1_EX_QUICK, q->mid, &o, q->iv, true))
		ike1_quick_failed(q, "a quick mode message could not be built");
}

static void
generated(void *owner, struct ike_job *j)
{
	struct ike1_quick *q = owner;

	if (job_result(q, j))
		send_first(q);
}

/* The one group of all proposals: a quick mode has one KE payload for all its transforms. */
static uint16_t
pfs_group(const struct ike_peer_cfg *cfg)
{
	return cfg->esp_proposals[0].n_group != 0 ? cfg->esp_proposals[0].group[0] : 0;
}

/* One of ours is under way. */
static bool
is_busy(const struct ike1_sa *sa)
{
	const struct ike1_quick *q;

	TAILQ_FOREACH (q, &sa->quicks, link)
		if (q->initiator && q->state != IKE1_QM_DONE)
			return true;
	return false;
}

void
ike1_quick_next(struct ike1_sa *sa)
{
	struct ike_child *c;

	for (struct ike_peer *p = NULL; (p = ike1_kin(sa->peer, p)) != NULL && !is_busy(sa);) {
		if (p->out == NULL && !p->t_retry.on && (p->wanted || p->cfg.initiate)) {
			p->wanted = false;
			ike1_quick_start(sa, p, NULL);
		}
		TAILQ_FOREACH (c, &p->children, peer_link)
			if (c->rekeying && c->state == IKE_CHILD_LIVE && !is_busy(sa)) {
				ike1_quick_start(sa, p, c);
				break;
			}
	}
}

void
ike1_quick_start(struct ike1_sa *sa, struct ike_peer *p, struct ike_child *old)
{
	struct ike_engine *e = sa->e;
	struct ike1_quick *q;
	uint32_t mid;

	if (is_busy(sa)) {
		p->wanted |= old == NULL; /* ike1_quick_next() */
		return;
	}
	do
		mid = ike_random32(e);
	while (mid == 0 || find(sa, mid) != NULL);
	q = quick_new(sa, p, mid, true);
	if (q == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		ike_peer_lost(p, "too many quick modes at a time");
		return;
	}
	q->n.old_id = old != NULL ? old->id : 0;
	q->n.spi_in = ike_child_room(p) ? e->ops.spi_alloc(e->ctx, p->cfg.tun_id) : 0;
	if (q->n.spi_in == 0) {
		ike1_quick_failed(q, "no room for another Child SA");
		return;
	}
	ike_nonce_new(e, &q->n.ni);
	ike1_quick_own_ids(q);
	q->n.kex.group = pfs_group(&p->cfg);
	if (q->n.kex.group == 0)
		send_first(q);
	else if (!job(q, true, NULL, generated))
		ike1_quick_failed(q, "out of memory");
}

static void
initiator_finish(struct ike1_quick *q)
{
	const struct ike_child *out = q->peer->out;
	struct ike1_sa *sa = q->sa;
	uint8_t hash[IKE1_HASH_MAX];
	struct ike_child *c;
	struct ike_out o;

	ike_out_init(&o);
	q->to_switch = out != NULL && !out->urgent && !out->lost;
	c = third_hash(q, hash) ? make(q, !q->to_switch) : NULL;
	ike_put_blob(&o.c, IKE1_PL_HASH, hash, ike_prf_len(sa->suite.s.prf));
	if (c == NULL || !ike1_send(sa, &q->line, IKE1_EX_QUICK, q->mid, &o, q->iv, false)) {
		ike1_quick_failed(q, "the Child SA could not be made");
		return;
	}
	q->child_id = c->id;
	replace(q, c);
	done(q);
}

static void
initiator_derived(void *owner, struct ike_job *j)
{
	struct ike1_quick *q = owner;

	if (job_result(q, j))
		initiator_finish(q);
}

static bool
take_second(struct ike1_quick *q, const struct ike1_msg *m)
{
	struct ike1_sa *sa = q->sa;
	struct ike1_terms t = terms_phase2(q);
	struct ike1_suite suite;

	if (q->job != NULL || m->sa.p == NULL || !nonce_ok(m))
		return false;
	ike1_line_stop(sa, &q->line);
	if (!ike1_accept(&m->sa, &t, &suite, &q->n.spi_out) ||
			suite.s.group != q->n.kex.group ||
			(m->ke.p != NULL) != (suite.s.group != 0)) {
		ike1_quick_failed(q, "peer chose an ESP proposal that was not offered");
		return true;
	}
	if (!ike1_quick_accepts(q, m)) {
		ike1_quick_failed(q, "peer changed the identities of quick mode");
		return true;
	}
	ike1_quick_take_names(q, m);
	q->suite = suite;
	q->n.suite = suite.s;
	ike_nonce_set(&q->n.nr, &m->nonce);
	ike1_take_responder_lifetime(m, &q->suite);
	if (suite.s.group == 0)
		initiator_finish(q);
	else if (!job(q, false, &m->ke, initiator_derived))
		ike1_quick_failed(q, "out of memory");
	return true;
}

/* ---- responder ------------------------------------------------------------------------------ */

static void
answer(struct ike1_quick *q)
{
	struct ike1_sa *sa = q->sa;
	uint8_t mid[4];
	struct ike_blob pre[2] = { mid_blob(q->mid, mid), ike_nonce_blob(&q->n.ni) };
	struct ike_blob transform = { .p = q->transform, .len = q->transform_len };
	struct ike_child *c = make(q, false);
	struct ike_out o;

	if (c == NULL) {
		ike1_quick_failed(q, "the Child SA could not be made");
		return;
	}
	q->child_id = c->id;
	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike1_put_sa_choice(&o.c, false, q->num, q->n.spi_in, &transform);
	put_payloads(q, &o);
	ike1_put_responder_lifetime(&o.c, &q->peer->cfg, q->n.spi_in, &q->suite);
	q->state = IKE1_QM2_SENT;
	if (!ike1_seal_hash(sa, &o, pre, 2) ||
			!ike1_send(sa, &q->line, IKE1_EX_QUICK, q->mid, &o, q->iv, true))
		ike1_quick_failed(q, "a quick mode message could not be built");
}

static void
responder_derived(void *owner, struct ike_job *j)
{
	struct ike1_quick *q = owner;

	if (job_result(q, j))
		answer(q);
}

/* Refuse: an error to the peer, and a reason for the operator. */
static void
refuse(struct ike1_quick *q, uint16_t type, enum ike_ctr ctr, const char *why)
{
	struct ike1_sa *sa = q->sa;
	struct ike_out o;

	ike_count(sa->e, ctr);
	ike_log(sa->e, LVL_WARNING, q->peer->cfg.name, "quick mode refused: %s", why);
	ike_peer_refused(q->peer, true, why);
	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike1_put_notify(&o.c, IKE1_PROTO_ESP, type, NULL, 0, NULL, 0);
	ike1_send_info(sa, &o);
	ike1_quick_free(q);
}

static bool
keep_choice(struct ike1_quick *q, const struct ike_blob *t)
{
	q->transform = malloc(t->len);
	if (q->transform == NULL)
		return false;
	memcpy(q->transform, t->p, t->len);
	q->transform_len = t->len;
	return true;
}

/* Algorithms and key exchange of the first message. False: refused. */
static bool
judge_first(struct ike1_quick *q, const struct ike1_msg *m)
{
	const struct ike_peer_cfg *cfg = &q->peer->cfg;
	struct ike1_terms t = terms_phase2(q);
	struct ike_blob chosen;
	char offered[64], why[160];

	if (!ike1_choose(&m->sa, &t, &q->suite, &chosen, &q->num, &q->n.spi_out) ||
			!keep_choice(q, &chosen)) {
		snprintf(why, sizeof(why), "peer proposed no acceptable ESP proposal in %s mode: "
					   "it offers %s first",
				cfg->transport ? "transport" : "tunnel",
				ike1_offer_str(&m->sa, false, offered, sizeof(offered)));
		refuse(q, IKE1_N_NO_PROPOSAL_CHOSEN, IKE_CTR_NO_PROPOSAL, why);
		return false;
	}
	if (!ike1_life_fits2(cfg, &q->suite)) {
		snprintf(why, sizeof(why), "peer wants a Child SA of %u s and %u kilobytes, which "
					   "proposal-check does not let pass",
				q->suite.life_s, q->suite.life_kb);
		refuse(q, IKE1_N_NO_PROPOSAL_CHOSEN, IKE_CTR_NO_PROPOSAL, why);
		return false;
	}
	q->n.suite = q->suite.s;
	q->n.kex.group = q->suite.s.group;
	if ((m->ke.p != NULL) != (q->suite.s.group != 0)) {
		refuse(q, IKE1_N_INVALID_KEY_INFORMATION, IKE_CTR_INVALID_KE,
				"peer's key exchange does not fit its proposal");
		return false;
	}
	return true;
}

static void
take_first(struct ike1_quick *q, const struct ike1_msg *m)
{
	struct ike1_sa *sa = q->sa;
	struct ike_engine *e = sa->e;
	struct ike_peer *p;
	char why[160];

	if (m->sa.p == NULL || !nonce_ok(m)) {
		ike_count(e, IKE_CTR_MALFORMED_INSIDE);
		ike1_quick_free(q);
		return;
	}
	if (!ike1_quick_find(q, m, why, sizeof(why))) {
		refuse(q, IKE1_N_INVALID_ID_INFORMATION, IKE_CTR_TS_UNACCEPTABLE, why);
		return;
	}
	if (!judge_first(q, m))
		return;
	p = q->peer;
	q->n.spi_in = ike_child_room(p) ? e->ops.spi_alloc(e->ctx, p->cfg.tun_id) : 0;
	if (q->n.spi_in == 0) {
		refuse(q, IKE1_N_NO_PROPOSAL_CHOSEN, IKE_CTR_NO_ROOM,
				"no room for another Child SA");
		return;
	}
	for (int i = 0; i < 2 && m->n_id == 2; i++) {
		memcpy(q->id[i], m->id[i].p, m->id[i].len); /* repeated as they came */
		q->id_len[i] = (uint8_t)m->id[i].len;
	}
	ike1_quick_take_names(q, m);
	ike1_late_initial_contact(sa, m);
	q->n.old_id = p->out != NULL ? p->out->id : 0;
	ike_nonce_set(&q->n.ni, &m->nonce);
	ike_nonce_new(e, &q->n.nr);
	if (q->suite.s.group == 0)
		answer(q);
	else if (!job(q, true, &m->ke, responder_derived))
		ike1_quick_failed(q, "out of memory");
}

static bool
take_third(struct ike1_quick *q, const struct ike1_msg *m)
{
	uint8_t want[IKE1_HASH_MAX];
	size_t len = ike_prf_len(q->sa->suite.s.prf);
	struct ike_child *c = ike_child_find(q->sa->e, q->child_id);

	if (m->hash.p == NULL || m->hash.len != len || !third_hash(q, want) ||
			CRYPTO_memcmp(want, m->hash.p, len) != 0)
		return false;
	ike1_line_stop(q->sa, &q->line);
	ike1_nat_follow(q->sa);
	/* It may be late: another one has taken its place meanwhile, or it is gone. */
	if (c != NULL && c->state == IKE_CHILD_LIVE) {
		ike_child_use_out(c);
		replace(q, c);
	}
	done(q);
	return true;
}

/* ---- input ---------------------------------------------------------------------------------- */

/* A message of an exchange that we know; the IV moves on only if it was right. */
static void
go_on(struct ike1_quick *q, struct ike1_msg *m, const uint8_t *msg, size_t len)
{
	struct ike1_sa *sa = q->sa;
	uint64_t print = ike1_print(msg, len);
	uint8_t iv[IKE1_BLOCK_MAX], old_iv[IKE1_BLOCK_MAX];
	bool second = q->state == IKE1_QM1_SENT, ok;

	if (print == q->line.in_print) {
		/* The first message is answered again, and the second, but not the third. */
		if (q->initiator == (q->state == IKE1_QM_DONE))
			ike1_line_again(sa, &q->line);
		else
			ike_count(sa->e, IKE_CTR_RX_REPEAT);
		return;
	}
	if (q->job != NULL || q->state == IKE1_QM_DONE || q->state == IKE1_QM_WORK) {
		ike_count(sa->e, IKE_CTR_BUSY);
		return;
	}
	memcpy(iv, q->iv, sizeof(iv));
	memcpy(old_iv, q->iv, sizeof(old_iv));
	if (!ike1_open(sa, msg, len, m, iv) || (second && !hash_ok(q, m, true))) {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
		return;
	}
	memcpy(q->iv, iv, sizeof(iv));
	q->line.in_print = print;
	ike1_sa_heard(sa);
	if (second)
		ike1_nat_follow(sa); /* our nonce is in its hash: it is no copy */
	ok = second ? take_second(q, m) : take_third(q, m);
	if (ok)
		return;
	memcpy(q->iv, old_iv, sizeof(old_iv));
	q->line.in_print = 0;
	ike_count(sa->e, IKE_CTR_MALFORMED_INSIDE);
}

void
ike1_quick_input(struct ike1_sa *sa, struct ike1_msg *m, const uint8_t *msg, size_t len)
{
	struct ike1_quick *q = find(sa, m->h.mid);

	if (q != NULL) {
		go_on(q, m, msg, len);
		return;
	}
	q = m->h.mid != 0 ? quick_new(sa, sa->peer, m->h.mid, false) : NULL;
	if (q == NULL) {
		ike_count(sa->e, IKE_CTR_NO_ROOM);
		return;
	}
	if (!ike1_open(sa, msg, len, m, q->iv) || !hash_ok(q, m, false)) {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
		ike1_quick_free(q);
		return;
	}
	q->line.in_print = ike1_print(msg, len);
	ike1_sa_heard(sa);
	take_first(q, m);
}
