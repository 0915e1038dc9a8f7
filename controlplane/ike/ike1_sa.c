/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ISAKMP SAs: made, up, renewed, questioned (RFC 3706), gone; and what a peer that speaks IKEv1
 * does with them. A killed one is out of every table at once and freed when the event is over.
 *
 * An ISAKMP SA is not rekeyed but made anew (there is no other way in IKEv1): a while before its
 * end whoever may call makes a second one, and the older one goes when that is up. Child SAs stay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_phase1.h"

#define REPLACED_MS 5000   /* the older of two is deleted that long after the newer came up */
#define HARD_MIN_MS 120000 /* a renewal gets at least that long */
#define AGAIN_MS    60000  /* a renewal that came to nothing is tried again */
#define LATER_MS    1000   /* too many calls at a time: look again */

/* ---- tables --------------------------------------------------------------------------------- */

static uint64_t
own_cookie(const struct ike1_sa *sa)
{
	return sa->initiator ? sa->ck_i : sa->ck_r;
}

static struct ike1_sa *
find_own(struct ike_engine *e, uint64_t own, bool initiator)
{
	struct ike1_sa *sa;

	LIST_FOREACH (sa, &e->by_cookie[ike_hash64(own)], ck_link)
		if (own_cookie(sa) == own && sa->initiator == initiator)
			return sa;
	return NULL;
}

struct ike1_sa *
ike1_sa_find(struct ike_engine *e, uint64_t ck_i, uint64_t ck_r)
{
	struct ike1_sa *sa = find_own(e, ck_i, true);

	/* The responder's cookie is learned with its first message. */
	if (sa != NULL && (sa->ck_r == 0 || sa->ck_r == ck_r))
		return sa;
	sa = ck_r != 0 ? find_own(e, ck_r, false) : NULL;
	return sa != NULL && sa->ck_i == ck_i ? sa : NULL;
}

struct ike1_sa *
ike1_sa_find_first(struct ike_engine *e, uint64_t ck_i, uint32_t remote)
{
	struct ike1_sa *sa;

	LIST_FOREACH (sa, &e->by_first[ike_hash64(ck_i)], first_link)
		if (sa->ck_i == ck_i && sa->path.remote == remote)
			return sa;
	return NULL;
}

void
ike1_sa_set_first(struct ike1_sa *sa, uint64_t ck_i)
{
	sa->ck_i = ck_i;
	sa->by_first = true;
	LIST_INSERT_HEAD(&sa->e->by_first[ike_hash64(ck_i)], sa, first_link);
}

static void
end_call(struct ike1_sa *sa)
{
	if (sa->calls)
		sa->e->n_calls1--;
	sa->calls = false;
}

struct ike1_sa *
ike1_peer_sa(struct ike_peer *p)
{
	struct ike1_sa *sa, *own, *best = NULL;

	for (struct ike_peer *o = NULL; (o = ike1_kin(p, o)) != NULL;) {
		own = NULL;
		TAILQ_FOREACH (sa, &o->sas1, peer_link)
			if (sa->state == IKE1_UP)
				own = sa;
		if (own != NULL && (best == NULL || own->born_ms > best->born_ms))
			best = own;
	}
	return best;
}

struct ike1_sa *
ike1_peer_connecting(struct ike_peer *p)
{
	struct ike1_sa *sa;

	for (struct ike_peer *o = NULL; (o = ike1_kin(p, o)) != NULL;)
		TAILQ_FOREACH (sa, &o->sas1, peer_link)
			if (sa->initiator && sa->state != IKE1_UP)
				return sa;
	return NULL;
}

const char *
ike1_sa_state_str(const struct ike1_sa *sa)
{
	return sa->state == IKE1_UP ? "established" : "connecting";
}

/* ---- timers --------------------------------------------------------------------------------- */

/* A message of phase 1 was repeated in vain. The fifth one is the first that is encrypted: with
 * another key the other end can make nothing of it, and most of them say nothing. */
static const char *
unanswered(const struct ike1_sa *sa)
{
	if (sa->state == IKE1_MM1_SENT || sa->state == IKE1_AM1_SENT)
		return "peer does not answer";
	if (sa->state == IKE1_MM5_SENT && !ike1_by_sig(sa))
		return "peer does not answer the first encrypted message (pre-shared key differs?)";
	return "peer stopped answering during phase 1";
}

static void
line_due(void *arg)
{
	struct ike1_sa *sa = arg;

	if (ike1_line_due(sa, &sa->line))
		return;
	ike_count(sa->e, IKE_CTR_DEAD);
	ike1_sa_fail(sa, unanswered(sa));
}

static void
end_due(void *arg)
{
	struct ike1_sa *sa = arg;

	if (sa->state == IKE1_UP) {
		ike1_sa_delete(sa);
	} else {
		ike_count(sa->e, IKE_CTR_HALF_OPEN_EXPIRED);
		ike1_sa_kill(sa);
	}
}

/* Is a newer one there, or on its way? */
static bool
is_newest(const struct ike1_sa *sa)
{
	const struct ike1_sa *last;

	for (struct ike_peer *o = sa->peer; (o = ike1_kin(sa->peer, o)) != NULL;) {
		last = TAILQ_LAST(&o->sas1, ike1_sas);
		if (last != NULL && last->born_ms > sa->born_ms)
			return false;
	}
	return TAILQ_NEXT(sa, peer_link) == NULL;
}

static void
rekey_due(void *arg)
{
	struct ike1_sa *sa = arg;

	if (sa->state != IKE1_UP || !is_newest(sa))
		return;
	timer_set(&sa->e->timers, &sa->t_rekey, sa->e->now + AGAIN_MS);
	ike1_peer_connect(sa->peer);
}

static uint64_t
last_heard(const struct ike1_sa *sa)
{
	uint64_t ms = sa->heard_ms;

	for (struct ike_peer *o = NULL; (o = ike1_kin(sa->peer, o)) != NULL;)
		ms = o->alive_ms > ms ? o->alive_ms : ms;
	return ms;
}

/* RFC 3948 section 4: only who is behind the NAT has something to keep open. */
static void
keep_due(void *arg)
{
	struct ike1_sa *sa = arg;
	struct ike_engine *e = sa->e;

	if (sa->peer == NULL || sa->peer->cfg.keepalive_s == 0 || e->ops.keepalive == NULL)
		return;
	e->ops.keepalive(e->ctx, &sa->path);
	timer_set(&e->timers, &sa->t_keep,
			e->now + (uint64_t)sa->peer->cfg.keepalive_s * 1000);
}

static void
send_probe(struct ike1_sa *sa, uint16_t type, uint32_t seq)
{
	uint8_t ck[16], seq_be[4];
	struct wr w = wr_init(ck, sizeof(ck)), s = wr_init(seq_be, sizeof(seq_be));
	struct ike_out o;

	wr_be64(&w, sa->ck_i);
	wr_be64(&w, sa->ck_r);
	wr_be32(&s, seq);
	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike1_put_notify(&o.c, IKE1_PROTO_ISAKMP, type, ck, sizeof(ck), seq_be, sizeof(seq_be));
	ike1_send_info(sa, &o);
}

/* Some ask with the next number each time, some with the same one until they are answered. What a
 * former process was asked we do not know. */
static bool
is_no_copy(struct ike1_sa *sa, uint32_t seq, uint32_t mid)
{
	struct ike1_asked *a = &sa->asked;

	if (a->n == 0 || (int32_t)(seq - a->seq) > 0) {
		a->seq = seq;
		a->n = 0;
	} else if (seq != a->seq || a->n == IKE1_MAX_ASKED) {
		return false;
	}
	for (unsigned int i = 0; i < a->n; i++)
		if (a->mid[i] == mid)
			return false;
	a->mid[a->n++] = mid;
	return !sa->restored;
}

void
ike1_probe_answer(struct ike1_sa *sa, uint32_t seq, uint32_t mid)
{
	if (is_no_copy(sa, seq, mid))
		ike1_nat_follow(sa);
	send_probe(sa, IKE1_N_R_U_THERE_ACK, seq);
}

void
ike1_sa_heard(struct ike1_sa *sa)
{
	sa->heard_ms = sa->e->now;
	sa->n_probes = 0;
	for (struct ike_peer *o = NULL; (o = ike1_kin(sa->peer, o)) != NULL;)
		ike_live_heard(o);
}

/* How long the next question has for its answer, and how many may go unanswered: the schedule of
 * liveness, or without one that of all repetitions. */
static uint64_t
probe_wait_ms(const struct ike1_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	uint64_t first = cfg->retransmit_ms != 0 ? cfg->retransmit_ms : 1000;

	if (cfg->dpd_retry_s != 0)
		return (uint64_t)cfg->dpd_retry_s * 1000;
	return first << (sa->n_probes < 6 ? sa->n_probes : 6);
}

static unsigned int
probes_max(const struct ike1_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	if (cfg->dpd_retry_s != 0)
		return cfg->dpd_count != 0 ? cfg->dpd_count : 1;
	return 1u + (cfg->retransmit_tries != 0 ? cfg->retransmit_tries : 5u);
}

/* On demand: only if something was sent since the last sign of life. */
static bool
may_ask(const struct ike1_sa *sa)
{
	uint64_t sent_ms = 0;

	for (struct ike_peer *o = NULL; (o = ike1_kin(sa->peer, o)) != NULL;)
		sent_ms = o->sent_ms > sent_ms ? o->sent_ms : sent_ms;
	return !sa->peer->cfg.dpd_on_demand || sent_ms >= last_heard(sa);
}

static void
peer_dead(struct ike1_sa *sa)
{
	struct ike_child *c;

	ike_count(sa->e, IKE_CTR_DEAD);
	ike_log(sa->e, LVL_WARNING, sa->name, "peer is dead: no answer to %u R-U-THERE",
			sa->n_probes);
	for (struct ike_peer *o = NULL; (o = ike1_kin(sa->peer, o)) != NULL;)
		while ((c = TAILQ_FIRST(&o->children)) != NULL)
			ike_child_remove(c);
	ike1_sa_fail(sa, "peer does not answer R-U-THERE");
}

void
ike1_peer_sent(struct ike_peer *p)
{
	struct ike1_sa *sa = ike1_peer_sa(p);
	uint64_t due;

	if (sa == NULL || !sa->t_dpd.on || sa->n_probes > 0)
		return;
	/* The silence may have lasted long enough already. */
	due = last_heard(sa) + (uint64_t)sa->peer->cfg.dpd_interval_s * 1000;
	if (due < sa->t_dpd.due_ms)
		timer_set(&sa->e->timers, &sa->t_dpd, due > sa->e->now ? due : sa->e->now);
}

static void
dpd_due(void *arg)
{
	struct ike1_sa *sa = arg;
	struct ike_peer *p = sa->peer;
	uint64_t ms = p != NULL ? (uint64_t)p->cfg.dpd_interval_s * 1000 : 0, due;

	if (sa->state != IKE1_UP || ms == 0 || !(sa->can & IKE1_CAN_DPD))
		return;
	if (sa->n_probes >= probes_max(sa))
		ike_look_again(p);
	due = last_heard(sa) + ms;
	if (sa->e->now < due) {
		sa->n_probes = 0;
		timer_set(&sa->e->timers, &sa->t_dpd, due);
		return;
	}
	if (!may_ask(sa)) {
		timer_set(&sa->e->timers, &sa->t_dpd, sa->e->now + ms);
		return;
	}
	if (sa->n_probes > 0)
		ike_live_missed(p);
	if (sa->n_probes >= probes_max(sa) &&
			!ike_silence_unknown(p, sa->asked_ms, sa->t_dpd.due_ms)) {
		peer_dead(sa);
		return;
	}
	timer_set(&sa->e->timers, &sa->t_dpd, sa->e->now + probe_wait_ms(sa));
	if (sa->n_probes++ == 0)
		sa->asked_ms = sa->e->now;
	sa->probe_ms = sa->e->now;
	ike_live_probe(p);
	ike_count(sa->e, IKE_CTR_DPD);
	send_probe(sa, IKE1_N_R_U_THERE, ++sa->dpd_seq);
}

void
ike1_probe_answered(struct ike1_sa *sa, uint32_t seq)
{
	/* Any that we may have asked: late ones are signs of life, too. */
	if (seq == 0 || seq > sa->dpd_seq || sa->dpd_seq - seq > 16) {
		ike_count(sa->e, IKE_CTR_UNEXPECTED);
		return;
	}
	if (sa->probe_ms != 0 && seq == sa->dpd_seq)
		ike1_nat_follow(sa);
	if (sa->probe_ms != 0)
		ike_live_answered(sa->peer, seq == sa->dpd_seq ? sa->e->now - sa->probe_ms
							       : UINT64_MAX);
	sa->probe_ms = 0;
	ike1_sa_heard(sa);
}

static void
next_due(void *arg)
{
	ike1_quick_next(arg);
}

/* ---- life ----------------------------------------------------------------------------------- */

void
ike1_sa_set_peer(struct ike1_sa *sa, struct ike_peer *p)
{
	sa->peer = p;
	TAILQ_INSERT_TAIL(&p->sas1, sa, peer_link);
	memcpy(sa->name, p->cfg.name, sizeof(sa->name));
}

struct ike1_sa *
ike1_sa_new(struct ike_engine *e, struct ike_peer *p, bool initiator, const struct ike_path *path)
{
	struct ike1_sa *sa;
	uint64_t ck;

	if (e->n_sas >= e->lim.max_sas) {
		ike_count(e, IKE_CTR_SA_LIMIT);
		return NULL;
	}
	sa = calloc(1, sizeof(*sa));
	if (sa == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		return NULL;
	}
	do
		e->ops.random(e->ctx, (uint8_t *)&ck, sizeof(ck));
	while (ck == 0 || find_own(e, ck, initiator) != NULL);
	sa->e = e;
	sa->initiator = initiator;
	*(initiator ? &sa->ck_i : &sa->ck_r) = ck;
	sa->path = *path;
	sa->born_ms = sa->heard_ms = e->now;
	sa->dpd_seq = ike_random32(e) >> 1; /* RFC 3706 section 5.4: room to count up */
	TAILQ_INIT(&sa->quicks);
	sa->line.t = (struct timer){ .fn = line_due, .arg = sa };
	sa->t_end = (struct timer){ .fn = end_due, .arg = sa };
	sa->t_rekey = (struct timer){ .fn = rekey_due, .arg = sa };
	sa->t_dpd = (struct timer){ .fn = dpd_due, .arg = sa };
	sa->t_keep = (struct timer){ .fn = keep_due, .arg = sa };
	sa->t_frag = (struct timer){ .fn = ike1_frag_due, .arg = sa };
	sa->t_next = (struct timer){ .fn = next_due, .arg = sa };
	TAILQ_INSERT_TAIL(&e->sas1, sa, all_link);
	LIST_INSERT_HEAD(&e->by_cookie[ike_hash64(ck)], sa, ck_link);
	e->n_sas++;
	sa->calls = initiator;
	e->n_calls1 += initiator;
	if (p != NULL)
		ike1_sa_set_peer(sa, p);
	return sa;
}

void
ike1_half_open(struct ike1_sa *sa)
{
	sa->half_open = sa->fresh = true;
	sa->e->n_half_open++;
	LIST_INSERT_HEAD(&sa->e->half1[ike_hash32(sa->path.remote)], sa, half_link);
	TAILQ_INSERT_TAIL(&sa->e->fresh1, sa, fresh_link);
	timer_set(&sa->e->timers, &sa->t_end, sa->e->now + IKE_HALF_OPEN_MS);
}

void
ike1_not_fresh(struct ike1_sa *sa)
{
	if (sa->fresh)
		TAILQ_REMOVE(&sa->e->fresh1, sa, fresh_link);
	sa->fresh = false;
}

static void
end_half_open(struct ike1_sa *sa)
{
	ike1_not_fresh(sa);
	if (!sa->half_open)
		return;
	sa->e->n_half_open--;
	LIST_REMOVE(sa, half_link);
	sa->half_open = false;
}

static void
start_timers(struct ike1_sa *sa)
{
	struct ike_engine *e = sa->e;
	uint32_t life = ike1_life_agreed(&sa->peer->cfg, sa->initiator,
			sa->peer->cfg.ike_life_s, sa->suite.life_s);
	uint64_t hard = (uint64_t)life * 100;

	timer_stop(&e->timers, &sa->t_end);
	if (life != 0) {
		timer_set(&e->timers, &sa->t_rekey,
				e->now + ike_life_ms(e, life, sa->initiator));
		timer_set(&e->timers, &sa->t_end, e->now + (uint64_t)life * 1000 +
				(hard > HARD_MIN_MS ? hard : HARD_MIN_MS));
	}
	if (sa->peer->cfg.dpd_interval_s != 0)
		timer_set(&e->timers, &sa->t_dpd,
				e->now + (uint64_t)sa->peer->cfg.dpd_interval_s * 1000);
	if (sa->nat_local && sa->encap)
		keep_due(sa);
}

bool
ike1_sa_claim_cookies(struct ike1_sa *sa, uint64_t ck_i, uint64_t ck_r)
{
	uint64_t own = sa->initiator ? ck_i : ck_r;

	if (find_own(sa->e, own, sa->initiator) != NULL)
		return false;
	LIST_REMOVE(sa, ck_link);
	sa->ck_i = ck_i;
	sa->ck_r = ck_r;
	LIST_INSERT_HEAD(&sa->e->by_cookie[ike_hash64(own)], sa, ck_link);
	return true;
}

void
ike1_sa_resume(struct ike1_sa *sa, uint64_t rekey_ms, uint64_t end_ms)
{
	struct timers *h = &sa->e->timers;

	sa->state = IKE1_UP;
	end_call(sa);
	start_timers(sa);
	timer_stop(h, &sa->t_rekey);
	timer_stop(h, &sa->t_end);
	if (rekey_ms != 0)
		timer_set(h, &sa->t_rekey, rekey_ms);
	if (end_ms != 0)
		timer_set(h, &sa->t_end, end_ms);
}

/* Older ones of the same peer are not needed any more; what they work on may still end. */
static void
retire_older(struct ike1_sa *sa)
{
	struct ike1_sa *o;

	for (struct ike_peer *p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		TAILQ_FOREACH (o, &p->sas1, peer_link)
			if (o != sa && o->state == IKE1_UP) {
				timer_stop(&sa->e->timers, &o->t_rekey);
				timer_stop(&sa->e->timers, &o->t_dpd);
				timer_set(&sa->e->timers, &o->t_end, sa->e->now + REPLACED_MS);
			}
}

void
ike1_sa_up(struct ike1_sa *sa)
{
	struct ike_peer *p = sa->peer;
	char suite[64];

	sa->state = IKE1_UP;
	if (sa->proof == NULL)
		sa->proof = ike_proof_new(sa->e, &p->cfg, NULL, NULL);
	ike_live_stage(p, IKE_STAGE_KEY);
	ike_keep_touch(p);
	sa->born_ms = sa->e->now;
	ike1_sa_heard(sa);
	end_call(sa);
	end_half_open(sa);
	ike_kex_wipe(&sa->kex);
	free(sa->sai);
	sa->sai = NULL;
	retire_older(sa);
	start_timers(sa);
	ike_count(sa->e, IKE_CTR_SA_UP);
	ike_log(sa->e, LVL_INFO, sa->name, "ISAKMP SA is up as %s: %s, peer identity \"%s\"",
			sa->initiator ? "initiator" : "responder",
			ike_suite_str(&sa->suite.s, suite, sizeof(suite)), sa->remote_id);
	if (p->cfg.dpd_interval_s != 0 && !(sa->can & IKE1_CAN_DPD))
		ike_log(sa->e, LVL_NOTICE, sa->name,
				"peer offers no dead peer detection: its death is not noticed");
	ike_peer_update(p, NULL);
	ike1_kin_update(p);
	if (!sa->initiator)
		return; /* who has called goes on */
	if (p->out == NULL)
		ike1_quick_start(sa, p, NULL);
	ike1_quick_next(sa);
}

void
ike1_sa_kill(struct ike1_sa *sa)
{
	struct ike_engine *e = sa->e;
	struct ike1_quick *q;

	if (sa->state == IKE1_DEAD)
		return;
	sa->state = IKE1_DEAD;
	ike_keep_touch(sa->peer);
	end_call(sa);
	end_half_open(sa);
	ike_job_cancel(sa->job);
	sa->job = NULL;
	while ((q = TAILQ_FIRST(&sa->quicks)) != NULL)
		ike1_quick_free(q);
	timer_stop(&e->timers, &sa->line.t);
	timer_stop(&e->timers, &sa->t_end);
	timer_stop(&e->timers, &sa->t_rekey);
	timer_stop(&e->timers, &sa->t_dpd);
	timer_stop(&e->timers, &sa->t_keep);
	timer_stop(&e->timers, &sa->t_next);
	ike1_frag_drop(sa);
	ike1_group_forget(sa);
	if (sa->peer != NULL)
		TAILQ_REMOVE(&sa->peer->sas1, sa, peer_link);
	ike_walks_leave_sa1(e, sa);
	TAILQ_REMOVE(&e->sas1, sa, all_link);
	LIST_REMOVE(sa, ck_link);
	if (sa->by_first)
		LIST_REMOVE(sa, first_link);
	e->n_sas--;
	TAILQ_INSERT_TAIL(&e->dead1, sa, all_link);
}

void
ike1_reap(struct ike_engine *e)
{
	struct ike1_sa *sa;

	while ((sa = TAILQ_FIRST(&e->dead1)) != NULL) {
		TAILQ_REMOVE(&e->dead1, sa, all_link);
		ike1_line_free(&sa->line);
		ike_kex_wipe(&sa->kex);
		free(sa->sai);
		free(sa->transform);
		ike_pk_free(sa->pk);
		ike_proof_unref(sa->proof);
		OPENSSL_cleanse(sa, sizeof(*sa));
		free(sa);
	}
}

void
ike1_sa_fail(struct ike1_sa *sa, const char *why)
{
	struct ike_peer *p = sa->peer;
	bool ours = sa->initiator || sa->state == IKE1_UP;

	ike1_sa_kill(sa);
	if (p == NULL || !ours)
		return;
	ike_peer_lost(p, why);
	ike1_kin_lost(p, why);
}

void
ike1_sa_delete(struct ike1_sa *sa)
{
	struct ike_out o;

	if (sa->state == IKE1_UP) {
		ike_out_init(&o);
		ike1_put_hash_room(sa, &o);
		ike1_put_delete_isakmp(&o.c, sa->ck_i, sa->ck_r);
		ike1_send_info(sa, &o);
	}
	ike1_sa_kill(sa);
}

/* ---- of a peer ------------------------------------------------------------------------------ */

void
ike1_peer_connect(struct ike_peer *p)
{
	struct ike_engine *e = p->e;
	struct ike_path path = { .local = p->cfg.local,
		.remote = p->cfg.remote,
		.local_port = IKE_PORT,
		.remote_port = IKE_PORT };
	struct ike1_sa *sa;

	if (p->cfg.remote == 0 || ike1_peer_connecting(p) != NULL)
		return; /* it is at any address: it calls */
	if (e->n_calls1 >= e->lim.max_calls) {
		timer_set(&e->timers, &p->t_retry, e->now + ike_jitter(e, LATER_MS, 50));
		return;
	}
	timer_stop(&e->timers, &p->t_retry);
	sa = ike1_sa_new(e, p, true, &path);
	if (sa == NULL) {
		ike_peer_lost(p, "too many IKE SAs");
		return;
	}
	ike_peer_update(p, "connecting");
	ike1_main_start(sa);
}

void
ike1_peer_drop(struct ike_peer *p)
{
	struct ike1_sa *sa;

	ike1_quicks_drop(p);
	ike1_sa_inherit(p);
	while ((sa = TAILQ_FIRST(&p->sas1)) != NULL)
		ike1_sa_delete(sa);
}

void
ike1_child_farewell(struct ike_child *c)
{
	struct ike1_sa *sa = ike1_peer_sa(c->peer);
	struct ike_out o;

	if (sa == NULL || c->state == IKE_CHILD_DRAINING)
		return;
	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike1_put_delete_esp(&o.c, c->spi_in);
	ike1_send_info(sa, &o);
}

void
ike1_child_delete(struct ike_child *c)
{
	ike1_child_farewell(c);
	ike_child_retire(c);
}

void
ike1_want_child(struct ike_peer *p, struct ike_child *c)
{
	struct ike1_sa *sa = ike1_peer_sa(p);

	if (c != NULL)
		c->rekeying = true;
	if (sa != NULL)
		ike1_quick_start(sa, p, c);
	else
		ike1_peer_connect(p);
}
