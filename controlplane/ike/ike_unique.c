/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One IKE SA a peer, and how long its authentication is good.
 *
 * Several of one peer come about in these ways:
 *
 *	both ends called at the same time    the one with the lowest nonce goes, by who made it; if
 *	                                     the peer does not delete its own, we do, after 10 s
 *	the peer made another one            it has forgotten the old one, or authenticates anew,
 *	                                     and deletes the old one itself; if not we do,
 *	                                     after 10 s
 *	we authenticate anew                 ours deletes the old one when its Child SA is up, so
 *	                                     that no packet is lost ("make before break"), and
 *	                                     those of all its kin are (ike_nets.c)
 *
 * Who called authenticates anew (@reauth_s, or sooner if the responder said AUTH_LIFETIME, RFC
 * 4478, or the peer's certificate expires before), a little early; an IKE SA for which that comes
 * to nothing ends a tenth later. A rekey does not touch any of this.
 */
#include "controlplane/ike/ike_int.h"

#define SIMULTANEOUS_MS 60000  /* two IKE SAs this close together were meant to be one */
#define HARD_MIN_MS     120000 /* authentication gets at least that long before it is over */
#define CROSSED_MS      10000
#define ASK_AGAIN_MS    60000
#define CERT_MIN_S      60

/* ---- one ------------------------------------------------------------------------------------ */

static bool
simultaneous(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->initiator != b->initiator && a->path.remote == b->path.remote &&
	       a->n_rekeys == 0 && b->n_rekeys == 0 && a->e->now - b->born_ms <= SIMULTANEOUS_MS;
}

static void
end_in(struct ike_sa *sa, uint64_t ms)
{
	sa->redundant = true;
	timer_set(&sa->e->timers, &sa->t_end, sa->e->now + ms);
}

/* Were both under way at the same time, so that neither end has forgotten the other one? */
static bool
crossed(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->born_ms <= b->born_ms + CROSSED_MS && b->born_ms <= a->born_ms + CROSSED_MS;
}

/* Of two that were made at the same time by the two ends, the one with the lowest nonce goes. Who
 * made it deletes it; a peer that keeps all it has (strongSwan) would have both for good, and
 * twice as many each time that both ends authenticate anew. */
static void
settle_simultaneous(struct ike_sa *a, struct ike_sa *b)
{
	struct ike_sa *loser = ike_nonce_cmp(&a->nonce_min, &b->nonce_min) < 0 ? a : b;

	if (loser->initiator)
		end_in(loser, IKE_REDUNDANT_MS);
	else if (!loser->redundant && !loser->peer->cfg.several && crossed(a, b))
		end_in(loser, IKE_SUPERSEDED_MS);
}

/* @sa is the newer one. */
static void
settle(struct ike_sa *sa, struct ike_sa *old)
{
	const struct ike_child *out = sa->peer->out;

	if (simultaneous(sa, old)) {
		settle_simultaneous(sa, old);
	} else if (sa->peer->cfg.several) {
		return;
	} else if (!sa->initiator && !old->redundant) {
		ike_log(sa->e, LVL_INFO, sa->name,
				"peer has made another IKE SA: the old one goes");
		end_in(old, IKE_SUPERSEDED_MS);
	} else if (sa->initiator && out != NULL && out->sa == sa && !ike_nets_pending(sa)) {
		ike_sa_delete(old);
	}
}

void
ike_sa_unique(struct ike_sa *sa)
{
	struct ike_sa *o, *next, *oldest = NULL;
	unsigned int n = 0;

	if (sa->peer == NULL || sa->state != IKE_SA_UP)
		return;
	for (o = TAILQ_FIRST(&sa->peer->sas); o != NULL; o = next) {
		next = TAILQ_NEXT(o, peer_link);
		if (o != sa && o->state == IKE_SA_UP && o->born_ms <= sa->born_ms)
			settle(sa, o);
		if (o->state != IKE_SA_UP)
			continue;
		if (oldest == NULL)
			oldest = o;
		n++;
	}
	if (n > IKE_MAX_PEER_SAS && oldest != sa) {
		ike_log(sa->e, LVL_NOTICE, sa->name, "one IKE SA too many: the oldest is deleted");
		ike_sa_delete(oldest);
	}
}

/* ---- authenticated anew --------------------------------------------------------------------- */

static uint32_t
sooner(uint32_t a, uint32_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* What is left of the peer's certificate, counted from its authentication on; 0: for ever, or too
 * little to call for: a peer that has no other one by then would not have one the next second. */
static uint32_t
certificate_s(const struct ike_sa *sa)
{
	uint32_t left_s = ike_proof_left_s(sa->proof);
	uint64_t s = (sa->e->now - sa->auth_ms) / 1000 + left_s;

	return left_s < CERT_MIN_S || s > UINT32_MAX || left_s == UINT32_MAX ? 0 : (uint32_t)s;
}

/* How long the authentication of @sa is good; 0: for ever. */
static uint32_t
life_s(const struct ike_sa *sa)
{
	uint32_t own = sa->peer != NULL ? sa->peer->cfg.reauth_s : 0;

	return sooner(sooner(own, sa->auth_life_s), sa->we_called ? certificate_s(sa) : 0);
}

static uint64_t
over_ms(const struct ike_sa *sa)
{
	uint64_t tenth = (uint64_t)life_s(sa) * 100;

	return sa->auth_ms + (uint64_t)life_s(sa) * 1000 +
	       (tenth > HARD_MIN_MS ? tenth : HARD_MIN_MS);
}

void
ike_reauth_arm(struct ike_sa *sa)
{
	struct ike_engine *e = sa->e;
	uint64_t due;

	if (sa->auth_ms == 0) {
		sa->auth_ms = e->now;
		sa->we_called = sa->initiator;
	}
	if (life_s(sa) == 0) {
		timer_stop(&e->timers, &sa->t_reauth);
		return;
	}
	due = sa->we_called ? sa->auth_ms + ike_life_ms(e, life_s(sa), true) : over_ms(sa);
	timer_set(&e->timers, &sa->t_reauth, due > e->now ? due : e->now);
}

void
ike_reauth_inherit(const struct ike_sa *from, struct ike_sa *to)
{
	to->auth_ms = from->auth_ms;
	to->we_called = from->we_called;
	to->auth_life_s = from->auth_life_s;
}

void
ike_put_auth_lifetime(const struct ike_sa *sa, struct ike_chain *c)
{
	uint8_t data[4];
	struct wr w = wr_init(data, sizeof(data));

	if (sa->peer->cfg.reauth_s == 0)
		return;
	wr_be32(&w, sa->peer->cfg.reauth_s);
	ike_put_notify(c, IKE_N_AUTH_LIFETIME, data, sizeof(data));
}

void
ike_take_auth_lifetime(struct ike_sa *sa, const struct ike_msg *m)
{
	const struct ike_notify *n = ike_msg_notify(m, IKE_N_AUTH_LIFETIME);
	struct rd r;

	if (n == NULL)
		return;
	r = rd_init(n->data.p, n->data.len);
	sa->auth_life_s = rd_be32(&r);
	/* A peer that asks for more than once a minute does not get more. */
	if (sa->auth_life_s != 0 && sa->auth_life_s < 60)
		sa->auth_life_s = 60;
	ike_reauth_arm(sa);
}

void
ike_reauth_due(void *arg)
{
	struct ike_sa *sa = arg;
	struct ike_engine *e = sa->e;
	struct ike_peer *p = sa->peer;
	uint64_t over = over_ms(sa);

	if (sa->state != IKE_SA_UP || sa->redundant || p == NULL || life_s(sa) == 0)
		return;
	if (e->now >= over) {
		ike_log(e, LVL_WARNING, sa->name, "the IKE SA was not authenticated anew in time");
		ike_sa_delete(sa);
		ike_peer_lost(p, "the peer could not be authenticated anew in time");
		return;
	}
	timer_set(&e->timers, &sa->t_reauth,
			e->now + ASK_AGAIN_MS < over ? e->now + ASK_AGAIN_MS : over);
	ike_log(e, LVL_INFO, sa->name, "authenticating anew");
	ike_peer_connect(p);
}
