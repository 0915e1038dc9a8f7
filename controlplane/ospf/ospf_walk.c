/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks in steps; see ospf_walk.h. */
#include "controlplane/ospf/ospf_walk.h"

/* Behind the one that was found last. If that has gone its successor is looked for, from the first:
 * that can happen once in a turn of the loop. */
#define WALK_NEXT(found, here, head, at, link)                                   \
	do {                                                                      \
		if ((here) != NULL && (here)->born == (at)->born) {               \
			(found) = TAILQ_NEXT(here, link);                         \
			break;                                                    \
		}                                                                 \
		TAILQ_FOREACH (found, head, link)                                 \
			if ((found)->born > (at)->born)                           \
				break;                                            \
	} while (0)

static void
walk_begin(const struct ospf *o, struct ospf_place *at)
{
	if (at->last == 0)
		at->last = o->n_born;
}

/* False: it was not there when the walk began, nor is what is behind it. */
static bool
place_set(struct ospf_place *at, const struct hnode *node, uint64_t born)
{
	if (born > at->last)
		return false;
	at->key = node->key;
	at->born = born;
	return true;
}

const struct ospf_if *
ospf_walk_if_here(const struct ospf *o, const struct ospf_place *at)
{
	const struct ospf_if *ifp = HMAP_ENTRY(hmap_find(&o->ifs_by_user, at->key),
			struct ospf_if, by_user);

	return ifp != NULL && ifp->born == at->born ? ifp : NULL;
}

const struct ospf_if *
ospf_walk_if(const struct ospf *o, struct ospf_place *at)
{
	const struct ospf_if *here = ospf_walk_if_here(o, at), *found;

	walk_begin(o, at);
	WALK_NEXT(found, here, &o->ifs, at, link);
	return found != NULL && place_set(at, &found->by_user, found->born) ? found : NULL;
}

const struct ospf_nbr *
ospf_walk_nbr(const struct ospf_if *ifp, struct ospf_place *at)
{
	const struct ospf_nbr *here = HMAP_ENTRY(hmap_find(&ifp->by_addr, at->key),
			struct ospf_nbr, by_addr);
	const struct ospf_nbr *found;

	walk_begin(ifp->o, at);
	WALK_NEXT(found, here, &ifp->nbrs, at, link);
	return found != NULL && place_set(at, &found->by_addr, found->born) ? found : NULL;
}

const struct ospf_lsa *
ospf_walk_lsa(const struct ospf_lsdb *db, uint8_t type, struct ospf_place *at)
{
	const struct ospf_lsa *here = HMAP_ENTRY(hmap_find(&db->by_type[type], at->key),
			struct ospf_lsa, node);
	const struct ospf_lsa *found;

	walk_begin(db->o, at);
	WALK_NEXT(found, here, &db->list[type], at, link);
	return found != NULL && place_set(at, &found->node, found->born) ? found : NULL;
}
