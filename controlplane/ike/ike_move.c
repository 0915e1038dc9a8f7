/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer by name whose name has another address now: made there before it is broken here. What is
 * up goes on at the old address while the new one is called; when a Child SA of the new IKE SA is
 * in use the old IKE SA is deleted (ike_unique.c). If it comes to nothing in a minute, the old one
 * is given up: who has let go of an address has perhaps left it to somebody else. IKEv1 has no such
 * way: there everything begins anew, at once.
 */
#include "controlplane/ike/ike1_int.h"

#define MOVE_MS  60000
#define AGAIN_MS 10000 /* who has refused is called again */

/* Where its newest IKE SA is; 0: it has none. */
static uint32_t
at(struct ike_peer *p)
{
	const struct ike1_sa *o = ike1_peer_sa(p);
	const struct ike_sa *sa = ike_peer_sa(p);

	return sa != NULL ? sa->path.remote : o != NULL ? o->path.remote : 0;
}

static void
move_due(void *arg)
{
	struct ike_peer *p = arg;
	struct ike_sa *sa, *next;

	if (at(p) != p->cfg.remote && p->e->now < p->move_end_ms) {
		timer_set(&p->e->timers, &p->t_move, p->e->now + AGAIN_MS);
		ike_peer_connect(p); /* unless that is under way */
		return;
	}
	if (at(p) != p->cfg.remote) {
		ike_log(p->e, LVL_WARNING, p->cfg.name,
				"nobody has answered at its new address: the old one is given up");
		ike_peer_drop(p, "nobody has answered at its new address");
		return;
	}
	for (sa = TAILQ_FIRST(&p->sas); sa != NULL; sa = next) {
		next = TAILQ_NEXT(sa, peer_link);
		if (sa->state == IKE_SA_UP && sa->path.remote != p->cfg.remote)
			ike_sa_delete(sa);
	}
}

void
ike_move_init(struct ike_peer *p)
{
	p->t_move = (struct timer){ .fn = move_due, .arg = p };
}

bool
ike_move(struct ike_peer *p)
{
	struct ike_engine *e = p->e;
	struct ike_sa *sa, *next;

	timer_stop(&e->timers, &p->t_move);
	if (ike_is_member(p))
		return true; /* goes with its head */
	for (sa = TAILQ_FIRST(&p->sas); sa != NULL; sa = next) {
		next = TAILQ_NEXT(sa, peer_link);
		if (sa->state == IKE_SA_INIT || sa->state == IKE_SA_AUTH)
			ike_sa_kill(sa); /* it calls the address of before */
	}
	if (at(p) == p->cfg.remote)
		return true; /* it is there already: it has moved back, or was known by that */
	if (p->cfg.version == 1 || !(p->cfg.may_initiate || p->cfg.initiate))
		return false;
	ike_log(e, LVL_NOTICE, p->cfg.name, "its name has another address: calling it there");
	timer_stop(&e->timers, &p->t_retry);
	p->n_fail = 0;
	p->move_end_ms = e->now + MOVE_MS;
	timer_set(&e->timers, &p->t_move, e->now + AGAIN_MS);
	ike_peer_connect(p);
	return true;
}
