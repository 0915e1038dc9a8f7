/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns: how many exchanges with new keys (struct ike_task_ops, costly) we have under way at a
 * time. When thousands of peers are to be called at start, or all Child SAs to be replaced for a
 * new dataplane, they go through a few dozen at a time: neither we nor the peers calculate for
 * answers that nobody waits for any more.
 *
 *	    take                 free: held at once       answered, lost, or
 *	task ----> waits ------> held ------------------> repeated: given back
 *	           urgent first
 *
 * A turn is given back with the first retransmission: a peer that is silent holds up nobody.
 */
#include "controlplane/ike/ike_int.h"

static void
unwait(struct ike_task *t)
{
	TAILQ_REMOVE(&t->sa->e->waiting[t->urgent], t, turn_link);
	t->turn = IKE_TURN_NONE;
}

bool
ike_turn_take(struct ike_task *t)
{
	struct ike_engine *e = t->sa->e;

	if (!t->ops->costly || t->turn == IKE_TURN_HELD)
		return true;
	if (t->turn == IKE_TURN_WAITS)
		return false;
	if (e->n_turns < e->lim.max_calls) {
		e->n_turns++;
		t->turn = IKE_TURN_HELD;
		return true;
	}
	TAILQ_INSERT_TAIL(&e->waiting[t->urgent], t, turn_link);
	t->turn = IKE_TURN_WAITS;
	return false;
}

void
ike_turn_end(struct ike_task *t)
{
	if (t->turn == IKE_TURN_HELD)
		t->sa->e->n_turns--;
	else if (t->turn == IKE_TURN_WAITS)
		unwait(t);
	t->turn = IKE_TURN_NONE;
}

void
ike_turn_pass(struct ike_task *from, struct ike_task *to)
{
	if (from->turn == IKE_TURN_HELD && to->turn == IKE_TURN_NONE) {
		from->turn = IKE_TURN_NONE;
		to->turn = IKE_TURN_HELD;
	}
}

void
ike_turn_hurry(struct ike_task *t)
{
	bool waits = t->turn == IKE_TURN_WAITS;

	if (waits)
		unwait(t);
	t->urgent = true;
	if (waits)
		ike_turn_take(t);
}

bool
ike_turn_next(struct ike_engine *e)
{
	struct ike_task *t = TAILQ_FIRST(&e->waiting[1]);

	if (t == NULL)
		t = TAILQ_FIRST(&e->waiting[0]);
	if (t == NULL || e->n_turns >= e->lim.max_calls)
		return false;
	unwait(t);
	/* If its IKE SA is busy, it asks again when it is not. */
	ike_kick(t->sa);
	return true;
}
