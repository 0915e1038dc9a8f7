/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A leftist heap, see timers.h: no node is due before its parent, and the way down to the right is
 * the shortest one to an end, as many steps as the node's rank says: the logarithm of what is below
 * at most. Two heaps are joined along these ways; what else is done is done by that.
 */
#include "controlplane/util/timers.h"

#include <stddef.h>

static uint32_t
rank_of(const struct timer *t)
{
	return t != NULL ? t->rank : 0;
}

/* The way to the right is the shorter one again. True: this has changed the rank. */
static bool
settle(struct timer *t)
{
	uint32_t was = t->rank;

	if (rank_of(t->left) < rank_of(t->right)) {
		struct timer *l = t->left;

		t->left = t->right;
		t->right = l;
	}
	t->rank = rank_of(t->right) + 1;
	return t->rank != was;
}

static struct timer *
join(struct timer *a, struct timer *b)
{
	struct timer *root = NULL, *last = NULL;

	/* Down both ways to the right, the earlier one first. */
	while (a != NULL && b != NULL) {
		if (b->due_ms < a->due_ms) {
			struct timer *t = a;

			a = b;
			b = t;
		}
		a->up = last;
		if (last != NULL)
			last->right = a;
		else
			root = a;
		last = a;
		a = a->right;
	}
	if (a == NULL)
		a = b;
	if (a != NULL)
		a->up = last;
	if (last == NULL)
		return a;
	last->right = a;
	/* And up again. */
	for (; last != NULL; last = last->up)
		settle(last);
	return root;
}

void
timer_stop(struct timers *h, struct timer *t)
{
	struct timer *below, *up = t->up;

	if (!t->on)
		return;
	below = join(t->left, t->right);
	if (below != NULL)
		below->up = up;
	if (up == NULL)
		h->root = below;
	else if (up->left == t)
		up->left = below;
	else
		up->right = below;
	/* A rank that changes is that of a shortest way: few steps. */
	while (up != NULL && settle(up))
		up = up->up;
	t->left = t->right = t->up = NULL;
	t->on = false;
}

void
timer_set(struct timers *h, struct timer *t, uint64_t due_ms)
{
	timer_stop(h, t);
	t->due_ms = due_ms;
	t->rank = 1;
	t->on = true;
	h->root = join(h->root, t);
}

struct timer *
timers_pop(struct timers *h, uint64_t now_ms)
{
	struct timer *t = h->root;

	if (t == NULL || t->due_ms > now_ms)
		return NULL;
	timer_stop(h, t);
	return t;
}

uint64_t
timers_next(const struct timers *h)
{
	return h->root != NULL ? h->root->due_ms : UINT64_MAX;
}
