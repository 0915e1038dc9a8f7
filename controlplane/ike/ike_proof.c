/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both sides have proven themselves by, and that it goes on to hold (ike_proof.h). RFC 4301
 * section 4.4.2.1: the life of an SA is constrained by the certificates that it was made with.
 *
 * Every REVIEW_MS all sessions with certificates are looked at. One whose certificate, or a
 * certificate of its chain, has expired ends. How long that is is settled when it authenticates and
 * counted by a clock that does not jump: whoever sets the date wrong ends no session. Where the
 * trustpoint is another than the one it was judged by (a new CRL, a CA less) it is judged anew:
 * public-key work, done by the threads, not for all at once. What is not good any more ends with a
 * DELETE and a line in the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"

#define REVIEW_MS   10000
#define AGAIN_MS    50  /* while there are more than can be judged at a time */
#define REVIEWS_MAX 64  /* at a time: handshakes want the threads, too */

struct ike_proof *
ike_proof_ref(struct ike_proof *p)
{
	if (p != NULL)
		p->refs++;
	return p;
}

static void
end_review(struct ike_proof *p)
{
	if (p->job != NULL)
		p->e->n_reviews--;
	p->job = NULL;
}

void
ike_proof_unref(struct ike_proof *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	ike_job_cancel(p->job);
	end_review(p);
	free(p->id.p);
	for (unsigned int i = 0; i < p->n_certs; i++)
		free(p->certs[i].p);
	ike_cred_unref(p->cred);
	free(p);
}

static void
take_bytes(struct ike_bytes *to, struct ike_bytes *from)
{
	*to = *from;
	*from = (struct ike_bytes){ 0 };
}

/* When the certificate expires, as far as the date is right now. */
static uint64_t
end_of(const struct ike_engine *e, int64_t not_after_s)
{
	int64_t now_s = e->ops.wall_s != NULL ? e->ops.wall_s(e->ctx) : 0;

	if (e->ops.wall_s == NULL || not_after_s == INT64_MAX)
		return UINT64_MAX;
	return not_after_s > now_s ? e->now + (uint64_t)(not_after_s - now_s) * 1000 : e->now;
}

static void
take_certificate(struct ike_proof *p, struct ike_pk *pk)
{
	memcpy(p->subject, pk->found.subject, sizeof(p->subject));
	memcpy(p->remote, pk->theirs, sizeof(p->remote));
	p->not_after_s = pk->found.not_after_s;
	p->end_ms = end_of(p->e, p->not_after_s);
	p->weak = pk->sha1;
	p->cred = ike_cred_ref(pk->cred);
	take_bytes(&p->id, &pk->id);
	for (; p->n_certs < pk->n_certs; p->n_certs++)
		take_bytes(&p->certs[p->n_certs], &pk->certs[p->n_certs]);
}

struct ike_proof *
ike_proof_new(struct ike_engine *e, const struct ike_peer_cfg *cfg, const struct ike_pk *own,
		struct ike_pk *theirs)
{
	struct ike_proof *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->e = e;
	p->refs = 1;
	p->not_after_s = INT64_MAX;
	p->end_ms = UINT64_MAX;
	snprintf(p->local, sizeof(p->local), "pre-share");
	snprintf(p->remote, sizeof(p->remote), "pre-share");
	if (cfg->auth_local != IKE_AUTHN_PSK && cfg->version == 1)
		snprintf(p->local, sizeof(p->local), "rsa-sig");
	else if (cfg->auth_local != IKE_AUTHN_PSK && own != NULL)
		ike_sig_str(ike_cred_key(own->cred), &own->how, p->local, sizeof(p->local));
	if (cfg->auth_remote != IKE_AUTHN_PSK && theirs != NULL && theirs->check) {
		take_certificate(p, theirs);
		ike_review_soon(e);
	}
	return p;
}

/* ---- how long it holds ---------------------------------------------------------------------- */

uint32_t
ike_proof_left_s(const struct ike_proof *p)
{
	uint64_t left_s;

	if (p == NULL || p->end_ms == UINT64_MAX)
		return UINT32_MAX;
	left_s = p->end_ms > p->e->now ? (p->end_ms - p->e->now) / 1000 : 0;
	return left_s < UINT32_MAX ? (uint32_t)left_s : UINT32_MAX;
}

static void
judged(void *owner, struct ike_job *job)
{
	struct ike_proof *p = owner;

	end_review(p);
	if (!job->pk->good)
		memcpy(p->why, job->pk->why, sizeof(p->why));
	timer_set(&p->e->timers, &p->e->t_review, p->e->now);
}

/* Hand it to the threads: without looking at the date. False: later. */
static bool
judge(struct ike_proof *p, struct ike_cred *by)
{
	struct ike_engine *e = p->e;
	struct ike_pk *pk;

	if (e->n_reviews >= REVIEWS_MAX || (pk = ike_pk_new(by)) == NULL)
		return false;
	pk->check = pk->review = true;
	pk->sha1 = p->weak;
	ike_pk_put(pk, &pk->id, p->id.p, p->id.len);
	for (; pk->n_certs < p->n_certs; pk->n_certs++)
		ike_pk_put(pk, &pk->certs[pk->n_certs], p->certs[pk->n_certs].p,
				p->certs[pk->n_certs].len);
	p->job = ike_job_submit_pk(e, pk, judged, p);
	if (p->job == NULL)
		return false;
	e->n_reviews++;
	ike_cred_unref(p->cred);
	p->cred = ike_cred_ref(by);
	return true;
}

/* ---- all sessions --------------------------------------------------------------------------- */

struct round {
	bool any, more; /* there are certificates; some of them wait to be judged */
};

/* NULL, or why the session that was made with @p ends. */
static const char *
look(struct round *r, struct ike_peer *peer, struct ike_proof *p)
{
	if (p == NULL || p->subject[0] == '\0')
		return NULL;
	r->any = true;
	if (p->why[0] == '\0' && ike_proof_left_s(p) == 0)
		snprintf(p->why, sizeof(p->why), "certificate: %.100s: has expired", p->subject);
	if (p->why[0] != '\0')
		return p->why;
	if (p->job != NULL || p->cred == peer->cfg.cred)
		return NULL;
	if (p->n_certs == 0) { /* too long to be kept over a restart */
		ike_log(peer->e, LVL_NOTICE, peer->cfg.name,
				"the peer's certificate is judged anew when it authenticates next");
		ike_cred_unref(p->cred);
		p->cred = ike_cred_ref(peer->cfg.cred);
	} else if (!judge(p, peer->cfg.cred)) {
		r->more = true;
	}
	return NULL;
}

static void
told(struct ike_peer *p, const char *why, char *buf, size_t len)
{
	snprintf(buf, len, "session ended: %s", why);
	ike_count(p->e, IKE_CTR_CERT_ENDED);
	ike_log(p->e, LVL_WARNING, p->cfg.name, "%s", buf);
}

static void
review_peer(struct round *r, struct ike_peer *p)
{
	struct ike_sa *sa, *next;
	struct ike1_sa *o;
	const char *why;
	char buf[160];

	for (sa = TAILQ_FIRST(&p->sas); sa != NULL; sa = next) {
		next = TAILQ_NEXT(sa, peer_link);
		if ((sa->state != IKE_SA_UP && sa->state != IKE_SA_REKEYED) ||
				(why = look(r, p, sa->proof)) == NULL)
			continue;
		told(p, why, buf, sizeof(buf));
		ike_sa_delete(sa);
		ike_peer_lost(p, buf);
	}
	TAILQ_FOREACH (o, &p->sas1, peer_link) {
		if (o->state != IKE1_UP || (why = look(r, p, o->proof)) == NULL)
			continue;
		told(p, why, buf, sizeof(buf));
		ike_peer_drop(p, buf); /* Child SAs belong to none of them */
		break;
	}
}

void
ike_review_due(void *engine)
{
	struct ike_engine *e = engine;
	struct round r = { .any = false };
	struct ike_peer *p, *next;

	for (p = TAILQ_FIRST(&e->peers); p != NULL; p = next) {
		next = TAILQ_NEXT(p, all_link);
		review_peer(&r, p);
	}
	if (r.any)
		timer_set(&e->timers, &e->t_review, e->now + (r.more ? AGAIN_MS : REVIEW_MS));
}

void
ike_review_soon(struct ike_engine *e)
{
	uint64_t due = e->now + AGAIN_MS;

	if (!e->t_review.on || e->t_review.due_ms > due)
		timer_set(&e->timers, &e->t_review, due);
}
