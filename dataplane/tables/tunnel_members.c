/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel_members - which tunnels get copies of a multipoint tunnel's multicast. A member names its
 * parent; whether that is there, and is a multipoint tunnel, does not matter here, so that the
 * order of commands does not either.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "dataplane/tables/tables_int.h"

#define ROOM_MIN 8u

static bool
is_member(const struct chan_tun *c)
{
	return (c->flags & CHAN_TUN_MCAST) != 0;
}

bool
tunnel_member_same(const struct chan_tun *a, const struct chan_tun *b)
{
	return is_member(a) == is_member(b) &&
			(!is_member(a) || (a->parent == b->parent && a->tun_id == b->tun_id));
}

static struct tun_members *
members_new(const struct tables *t, uint32_t room)
{
	struct tun_members *ms =
			tables_alloc(t, sizeof(*ms) + (size_t)room * sizeof(ms->ids[0]));

	if (ms != NULL)
		ms->room = room;
	return ms;
}

/* Workers see the one or the other. */
static void
members_swap(struct tables *t, uint32_t parent, struct tun_members *ms)
{
	struct tun_members *old = t->members[parent];

	__atomic_store_n(&t->members[parent], ms, __ATOMIC_RELEASE);
	tables_free_later(t, old);
}

int
tunnel_member_join(struct tables *t, const struct chan_tun *c)
{
	struct tun_members *ms, *more;

	if (!is_member(c))
		return 0;
	ms = t->members[c->parent];
	if (ms == NULL || ms->n == ms->room) {
		more = members_new(t, ms != NULL ? 2 * ms->room : ROOM_MIN);
		if (more == NULL)
			return -ENOMEM;
		if (ms != NULL)
			memcpy(more->ids, ms->ids, ms->n * sizeof(ms->ids[0]));
		more->n = ms != NULL ? ms->n : 0;
		members_swap(t, c->parent, more);
		ms = more;
	}
	ms->ids[ms->n] = c->tun_id;
	__atomic_store_n(&ms->n, ms->n + 1, __ATOMIC_RELEASE);
	return 0;
}

void
tunnel_member_leave(struct tables *t, const struct chan_tun *c)
{
	struct tun_members *ms, *rest = NULL;
	uint32_t at = 0;

	if (!is_member(c))
		return;
	ms = t->members[c->parent];
	while (at < ms->n && ms->ids[at] != c->tun_id)
		at++;
	if (at == ms->n)
		return;
	if (ms->n > 1) {
		rest = members_new(t, ms->room);
		if (rest == NULL) {
			/* It stays listed; what is not there any more gets nothing. */
			return;
		}
		memcpy(rest->ids, ms->ids, ms->n * sizeof(ms->ids[0]));
		rest->ids[at] = rest->ids[ms->n - 1];
		rest->n = ms->n - 1;
	}
	members_swap(t, c->parent, rest);
}

void
tunnel_members_fini(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_tunnels; id++)
		rte_free(t->members[id]);
}
