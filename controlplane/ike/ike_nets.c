/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several Child SAs under one IKE SA: a peer of which each pair of networks has its own.
 *
 * Some gateways agree on one pair of networks in each Child SA, and narrow to one what offers more
 * (RFC 7296 section 2.9). So each pair is a peer here, with a tunnel and Child SAs of its own, that
 * come, are renewed and go by themselves. One of these peers, the *head*, has the IKE SAs; the
 * others, its *members* (cfg.head), have none: what is negotiated for them goes under the head's
 * newest one. Head and members together are *kin*.
 *
 *	we called       with the answer to IKE_AUTH the members ask by CREATE_CHILD_SA, one after
 *	                the other
 *	the peer called its requests are for the pair that they name; what it has not asked for
 *	                after MEMBER_MS we ask for
 *	made anew       (ike_unique.c) the old IKE SA goes when all that had Child SAs under it
 *	                have them under the new one
 *	IKE SA gone     the head calls again, the members wait for it
 *
 * struct ike_nego's @tun_id says which of the kin a negotiation is for: a member may go meanwhile.
 */
#include <string.h>

#include "controlplane/ike/ike_int.h"

#define MEMBER_MS 2000 /* for the peer, who has called, to ask for the other pairs */

bool
ike_is_member(const struct ike_peer *p)
{
	return p->cfg.head[0] != '\0';
}

struct ike_peer *
ike_head(struct ike_peer *p)
{
	return ike_is_member(p) ? p->head : p;
}

struct ike_peer *
ike_kin(struct ike_peer *p, struct ike_peer *prev)
{
	struct ike_peer *head = ike_head(p);

	if (head == NULL)
		return prev == NULL ? p : NULL;
	if (prev == NULL)
		return head;
	return prev == head ? LIST_FIRST(&head->members) : LIST_NEXT(prev, id_link);
}

bool
ike_has_kin(struct ike_peer *p)
{
	return ike_is_member(p) || !LIST_EMPTY(&p->members);
}

/* ---- which of them -------------------------------------------------------------------------- */

static uint32_t
id_of(const struct ike_peer *p)
{
	return ike_is_member(p) ? p->cfg.tun_id : 0;
}

void
ike_nego_for(struct ike_nego *n, const struct ike_peer *p)
{
	n->tun_id = id_of(p);
}

struct ike_peer *
ike_nego_peer(const struct ike_sa *sa, const struct ike_nego *n)
{
	struct ike_peer *o;

	if (sa->peer == NULL || n->tun_id == 0)
		return sa->peer;
	LIST_FOREACH (o, &sa->peer->members, id_link)
		if (o->cfg.tun_id == n->tun_id)
			return o;
	return NULL;
}

/* It has what a new Child SA under @sa would be for. */
bool
ike_has_child(const struct ike_peer *p, const struct ike_sa *sa)
{
	const struct ike_child *out = p->out;

	if (out == NULL || out->lost)
		return false;
	return out->sa == sa || (!ike_is_member(p) && !sa->childless);
}

static struct ike_ts_list
first_of(const struct ike_ts_list *l)
{
	return (struct ike_ts_list){ .n = l->n != 0, .ts = { l->ts[0] } };
}

/*
 * How well a request fits @p; 0: not at all. A first selector is often that of the packet which
 * is the reason for it, or the only one (section 2.9). Of several pairs in one request the next
 * one is meant that has nothing yet.
 */
static unsigned int
fit(const struct ike_peer *p, const struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_ts_list tsi = first_of(&m->tsi), tsr = first_of(&m->tsr), part;
	bool single = m->tsi.n == 1 && m->tsr.n == 1;
	unsigned int n = 1;

	if (!ike_ts_narrow(&m->tsi, &p->cfg.ts_remote, &part) ||
			!ike_ts_narrow(&m->tsr, &p->cfg.ts_local, &part))
		return 0;
	if (ike_ts_within(&tsi, &p->cfg.ts_remote) && ike_ts_within(&tsr, &p->cfg.ts_local))
		n += 2;
	if (!ike_has_child(p, sa))
		n += single ? 1 : 4;
	return n;
}

void
ike_nets_choose(const struct ike_sa *sa, const struct ike_msg *m, struct ike_nego *n)
{
	const struct ike_child *old = n->old_id != 0 ? ike_child_find(sa->e, n->old_id) : NULL;
	unsigned int best = 0;

	n->tun_id = 0;
	if (old != NULL) {
		ike_nego_for(n, old->peer);
		return;
	}
	for (struct ike_peer *o = NULL; (o = ike_kin(sa->peer, o)) != NULL;) {
		unsigned int is = LIST_EMPTY(&sa->peer->members) ? 0 : fit(o, sa, m);

		if (is > best) {
			best = is;
			ike_nego_for(n, o);
		}
	}
}

/* ---- asked for ------------------------------------------------------------------------------ */

static bool
is_for(const struct ike_task *t, const struct ike_peer *p)
{
	return t->kind == IKE_TASK_CHILD_NEW && t->nego.tun_id == id_of(p);
}

/* Is a new Child SA for @p on its way? @p NULL: for any of the kin. */
static struct ike_task *
asked(const struct ike_sa *sa, const struct ike_peer *p)
{
	struct ike_task *t = sa->active;

	if (t != NULL && (p != NULL ? is_for(t, p) : t->kind == IKE_TASK_CHILD_NEW))
		return t;
	TAILQ_FOREACH (t, &sa->queue, link)
		if (p != NULL ? is_for(t, p) : t->kind == IKE_TASK_CHILD_NEW)
			break;
	return t;
}

bool
ike_nets_pending(const struct ike_sa *sa)
{
	return asked(sa, NULL) != NULL;
}

void
ike_new_child(struct ike_sa *sa, struct ike_peer *p)
{
	struct ike_task *t = asked(sa, p);

	if (t != NULL) {
		if (p->wanted && t != sa->active && !t->urgent)
			ike_turn_hurry(t);
		return;
	}
	t = ike_task_new(sa, IKE_TASK_CHILD_NEW);
	if (t != NULL) {
		t->urgent = p->wanted;
		ike_nego_for(&t->nego, p);
	}
	p->wanted = false;
	ike_task_queue(t, false);
}

void
ike_nets_ask(struct ike_sa *sa)
{
	struct ike_peer *o;

	if (sa->state != IKE_SA_UP || sa->peer == NULL)
		return;
	LIST_FOREACH (o, &sa->peer->members, id_link) {
		if (ike_has_child(o, sa) || !(o->cfg.initiate || o->wanted || o->out != NULL))
			continue;
		if (sa->initiator)
			ike_new_child(sa, o);
		else if (o->out == NULL)
			timer_set(&sa->e->timers, &o->t_retry,
					sa->e->now + ike_jitter(sa->e, MEMBER_MS, 25));
	}
}

void
ike_member_connect(struct ike_peer *p)
{
	struct ike_sa *sa = ike_peer_sa(p);

	timer_stop(&p->e->timers, &p->t_retry);
	if (sa != NULL) {
		ike_new_child(sa, p);
		return;
	}
	p->wanted = true;
	if (p->head == NULL)
		return;
	p->head->wanted = true;
	if (!p->head->t_retry.on)
		ike_peer_connect(p->head);
}

/* ---- they go -------------------------------------------------------------------------------- */

void
ike_nets_lost(struct ike_peer *head, const char *why)
{
	struct ike_peer *o;

	LIST_FOREACH (o, &head->members, id_link)
		if (o->out == NULL)
			ike_peer_lost(o, why);
}

void
ike_nets_update(struct ike_peer *head, const char *why)
{
	struct ike_peer *o;

	LIST_FOREACH (o, &head->members, id_link)
		if (o->out == NULL)
			ike_peer_update(o, why);
}

void
ike_children_drop(struct ike_peer *p)
{
	struct ike_child *c;

	while ((c = TAILQ_FIRST(&p->children)) != NULL) {
		if (c->sa != NULL && c->state != IKE_CHILD_DELETING)
			ike_queue_child_delete(c->sa, 0, c->spi_in);
		ike_child_remove(c);
	}
}

/* ---- who belongs to whom -------------------------------------------------------------------- */

void
ike_nets_unlink(struct ike_peer *head)
{
	struct ike_peer *o;

	while ((o = LIST_FIRST(&head->members)) != NULL) {
		LIST_REMOVE(o, id_link);
		o->head = NULL;
		LIST_INSERT_HEAD(&head->e->orphans, o, id_link);
		ike_peer_update(o, NULL);
	}
}

void
ike_nets_link(struct ike_peer *p)
{
	struct ike_peer *o, *next;

	p->head = NULL;
	if (ike_is_member(p)) {
		ike_nets_unlink(p);
		p->head = ike_peer_find(p->e, p->cfg.head);
		if (p->head != NULL && ike_is_member(p->head))
			p->head = NULL;
		LIST_INSERT_HEAD(p->head != NULL ? &p->head->members : &p->e->orphans, p, id_link);
		return;
	}
	for (o = LIST_FIRST(&p->e->orphans); o != NULL; o = next) {
		next = LIST_NEXT(o, id_link);
		if (strcmp(o->cfg.head, p->cfg.name) != 0)
			continue;
		LIST_REMOVE(o, id_link);
		o->head = p;
		LIST_INSERT_HEAD(&p->members, o, id_link);
	}
}
