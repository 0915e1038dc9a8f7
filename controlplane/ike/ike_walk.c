/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over all IKE SAs and peers that take several turns of the event loop. Each holds what it
 * comes to next; who takes that out of its list moves the walk on.
 */
#include <stdlib.h>

#include "controlplane/ike/ike1_int.h"

struct ike_walk {
	LIST_ENTRY(ike_walk) link;
	struct ike_engine *e;
	struct ike_sa *sa; /* each the next one; NULL: there is none */
	struct ike1_sa *sa1;
	struct ike_peer *peer;
};

struct ike_walk *
ike_walk_new(struct ike_engine *e)
{
	struct ike_walk *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->e = e;
	w->sa = TAILQ_FIRST(&e->sas);
	w->sa1 = TAILQ_FIRST(&e->sas1);
	w->peer = TAILQ_FIRST(&e->peers);
	LIST_INSERT_HEAD(&e->walks, w, link);
	return w;
}

void
ike_walk_free(struct ike_walk *w)
{
	if (w == NULL)
		return;
	LIST_REMOVE(w, link);
	free(w);
}

bool
ike_walk_sa(struct ike_walk *w, uint64_t now_ms, struct ike_sa_show *out)
{
	if (w->sa != NULL) {
		ike_show_sa(w->sa, now_ms, out);
		w->sa = TAILQ_NEXT(w->sa, all_link);
		return true;
	}
	if (w->sa1 == NULL)
		return false;
	ike_show_sa1(w->sa1, now_ms, out);
	w->sa1 = TAILQ_NEXT(w->sa1, all_link);
	return true;
}

bool
ike_walk_peer(struct ike_walk *w, uint64_t now_ms, struct ike_peer_show *out)
{
	if (w->peer == NULL)
		return false;
	ike_show_peer(w->peer, now_ms, out);
	w->peer = TAILQ_NEXT(w->peer, all_link);
	return true;
}

bool
ike_walk_children(struct ike_walk *w, void (*fn)(void *arg, uint64_t id),
		void *arg, uint32_t *tun_id)
{
	const struct ike_child *c;

	if (w->peer == NULL)
		return false;
	*tun_id = w->peer->cfg.tun_id;
	TAILQ_FOREACH (c, &w->peer->children, peer_link)
		fn(arg, c->id);
	w->peer = TAILQ_NEXT(w->peer, all_link);
	return true;
}

bool
ike_walk_keep(struct ike_walk *w)
{
	struct ike_peer *p = w->peer;

	if (p == NULL)
		return false;
	w->peer = TAILQ_NEXT(p, all_link);
	ike_keep_now(p);
	return true;
}

void
ike_walks_leave_sa(struct ike_engine *e, const struct ike_sa *sa)
{
	struct ike_walk *w;

	LIST_FOREACH (w, &e->walks, link)
		if (w->sa == sa)
			w->sa = TAILQ_NEXT(sa, all_link);
}

void
ike_walks_leave_sa1(struct ike_engine *e, const struct ike1_sa *sa)
{
	struct ike_walk *w;

	LIST_FOREACH (w, &e->walks, link)
		if (w->sa1 == sa)
			w->sa1 = TAILQ_NEXT(sa, all_link);
}

void
ike_walks_leave_peer(struct ike_engine *e, const struct ike_peer *p)
{
	struct ike_walk *w;

	LIST_FOREACH (w, &e->walks, link)
		if (w->peer == p)
			w->peer = TAILQ_NEXT(p, all_link);
}
