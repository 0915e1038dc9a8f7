/* SPDX-License-Identifier: BSD-3-Clause */
/* A pairing heap; see timers.h. */
#include "controlplane/util/timers.h"

#include <stddef.h>

/* The later root becomes the first child of the earlier one. */
static struct timer *
join(struct timer *a, struct timer *b)
{
	struct timer *early = a, *late = b;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (b->due_ms < a->due_ms) {
		early = b;
		late = a;
	}
	late->next = early->child;
	late->prev = early;
	if (late->next != NULL)
		late->next->prev = late;
	early->child = late;
	return early;
}

/* A list of siblings becomes one heap: in pairs first, the pairs from the right. */
static struct timer *
gather(struct timer *list)
{
	struct timer *done = NULL, *root = NULL;

	while (list != NULL) {
		struct timer *a = list, *b = a->next;

		list = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = join(a, b);
		a->next = done;
		done = a;
	}
	while (done != NULL) {
		struct timer *t = done;

		done = t->next;
		t->next = NULL;
		root = join(root, t);
	}
	return root;
}

void
timer_stop(struct timers *h, struct timer *t)
{
	struct timer *below;

	if (!t->on)
		return;
	below = gather(t->child);
	if (t == h->root) {
		h->root = below;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		h->root = join(h->root, below);
	}
	t->child = t->next = t->prev = NULL;
	t->on = false;
}

void
timer_set(struct timers *h, struct timer *t, uint64_t due_ms)
{
	timer_stop(h, t);
	t->due_ms = due_ms;
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
