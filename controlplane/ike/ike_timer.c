/* SPDX-License-Identifier: BSD-3-Clause */
/* A pairing heap; see ike_timer.h. */
#include <stddef.h>

#include "controlplane/ike/ike_timer.h"

/* Two roots become one. */
static struct ike_timer *
meld(struct ike_timer *a, struct ike_timer *b)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->due_ms < a->due_ms) {
		struct ike_timer *t = a;

		a = b;
		b = t;
	}
	b->next = a->child;
	if (b->next != NULL)
		b->next->prev = b;
	b->prev = a;
	a->child = b;
	return a;
}

/* The children of a removed root become one heap: pair from the left, then meld the pairs. */
static struct ike_timer *
meld_children(struct ike_timer *first)
{
	struct ike_timer *pairs = NULL, *root = NULL;

	while (first != NULL) {
		struct ike_timer *a = first, *b = first->next;

		first = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs != NULL) {
		struct ike_timer *next = pairs->next;

		pairs->next = NULL;
		root = meld(root, pairs);
		pairs = next;
	}
	return root;
}

void
ike_timer_stop(struct ike_timers *h, struct ike_timer *t)
{
	if (!t->on)
		return;
	if (t == h->root) {
		h->root = meld_children(t->child);
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		h->root = meld(h->root, meld_children(t->child));
	}
	t->child = t->next = t->prev = NULL;
	t->on = false;
}

void
ike_timer_set(struct ike_timers *h, struct ike_timer *t, uint64_t due_ms)
{
	ike_timer_stop(h, t);
	t->due_ms = due_ms;
	t->on = true;
	h->root = meld(h->root, t);
}

struct ike_timer *
ike_timer_pop(struct ike_timers *h, uint64_t now_ms)
{
	struct ike_timer *t = h->root;

	if (t == NULL || t->due_ms > now_ms)
		return NULL;
	ike_timer_stop(h, t);
	return t;
}

uint64_t
ike_timer_next(const struct ike_timers *h)
{
	return h->root != NULL ? h->root->due_ms : UINT64_MAX;
}
