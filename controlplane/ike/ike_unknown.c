/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Silence that may be our own doing is no proof that a peer is dead. What the dataplane counts is told
 * to us once a second, so we look at it again before we believe that a peer is dead. When we look late, its answer
 * may wait to be read; when IKE messages were dropped on their way from the dataplane to us since
 * it was asked, its answer may be one of them. Then it is asked once more, a few times at most, so
 * that one that is dead is found in the end.
 */
#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike_int.h"

#define LATE_MS     500 /* the loop did not come to it in time */
#define UNKNOWN_MAX 3   /* more questions, until the peer is heard */

void
ike_input_lost(struct ike_engine *e, uint64_t now_ms)
{
	ike_advance(e, now_ms);
	e->lost_ms = e->now;
}

static struct ike_peer *
next_of_kin(struct ike_peer *p, struct ike_peer *prev)
{
	return p->cfg.version == 1 ? ike1_kin(p, prev) : ike_kin(p, prev);
}

void
ike_look_again(struct ike_peer *p)
{
	struct ike_engine *e = p->e;
	struct ike_child *c;

	if (e->ops.input_lost != NULL && e->ops.input_lost(e->ctx))
		e->lost_ms = e->now;
	if (e->ops.child_look == NULL)
		return;
	for (struct ike_peer *o = NULL; (o = next_of_kin(p, o)) != NULL;)
		TAILQ_FOREACH (c, &o->children, peer_link)
			e->ops.child_look(e->ctx, c->id);
}

bool
ike_silence_unknown(struct ike_peer *p, uint64_t asked_ms, uint64_t due_ms)
{
	struct ike_engine *e = p->e;
	bool late = e->now >= due_ms + LATE_MS;
	bool lost = e->lost_ms != 0 && e->lost_ms >= asked_ms;

	if ((!late && !lost) || p->live.n_unknown >= UNKNOWN_MAX)
		return false;
	p->live.n_unknown++;
	p->live.n_excused++;
	ike_count(e, IKE_CTR_DPD_UNKNOWN);
	ike_log(e, LVL_NOTICE, p->cfg.name, "peer does not answer, but %s: it is asked again",
			late ? "we looked late for it" : "IKE messages to us were dropped meanwhile");
	return true;
}
