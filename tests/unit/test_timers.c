/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers: against a slow obvious model, and how many steps the worst call of thousands takes. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/util/timers.h"
#include "tests/unit/cu.h"

#define N     300
#define MANY  20000u
#define STEPS 40000

/* Each is due after its parent, knows it, and has its shorter way on the right. How many. */
static uint32_t
check(const struct timer *t, const struct timer *up)
{
	uint32_t left, right;

	if (t == NULL)
		return 0;
	CU_ASSERT_FATAL(t->on && t->up == up);
	CU_ASSERT_FATAL(up == NULL || up->due_ms <= t->due_ms);
	left = t->left != NULL ? t->left->rank : 0;
	right = t->right != NULL ? t->right->rank : 0;
	CU_ASSERT_FATAL(left >= right && t->rank == right + 1);
	return 1 + check(t->left, t) + check(t->right, t);
}

static void
test_model(void)
{
	static struct timer t[N];
	static uint64_t due[N]; /* 0: stopped */
	struct timers h = { NULL };
	uint64_t now = 1;

	srand(7);
	for (int step = 0; step < STEPS; step++) {
		unsigned int i = (unsigned int)rand() % N;
		uint64_t first = UINT64_MAX;
		uint32_t n = 0;
		struct timer *popped;

		switch (rand() % 4) {
		case 0:
		case 1:
			due[i] = now + (uint64_t)(rand() % 50);
			timer_set(&h, &t[i], due[i]);
			break;
		case 2:
			due[i] = 0;
			timer_stop(&h, &t[i]);
			break;
		default:
			now += (uint64_t)(rand() % 5);
			popped = timers_pop(&h, now);
			if (popped != NULL) {
				CU_ASSERT_FALSE(popped->on);
				CU_ASSERT(popped->due_ms <= now);
				for (unsigned int k = 0; k < N; k++)
					CU_ASSERT_FATAL(due[k] == 0 || due[k] >= popped->due_ms);
				due[popped - t] = 0;
			}
			break;
		}
		for (unsigned int k = 0; k < N; k++) {
			n += due[k] != 0;
			first = due[k] != 0 && due[k] < first ? due[k] : first;
		}
		CU_ASSERT_EQUAL(timers_next(&h), first);
		CU_ASSERT_EQUAL(check(h.root, NULL), n);
	}
}

/* However thousands were armed, none of them is far from an end: what a pop has to go is the
 * logarithm of their number. */
static void
test_no_call_is_long(void)
{
	static struct timer t[MANY];

	for (int order = 0; order < 3; order++) {
		struct timers h = { NULL };
		uint64_t last = 0;

		memset(t, 0, sizeof(t));
		for (uint32_t i = 0; i < MANY; i++) {
			timer_set(&h, &t[i], order == 0 ? i : order == 1 ? MANY - i
									: i * 7919u % MANY);
			CU_ASSERT_FATAL(h.root->rank <= 15); /* 2^15 > MANY */
		}
		for (uint32_t i = 0; i < MANY; i++) {
			struct timer *first = timers_pop(&h, UINT64_MAX);

			CU_ASSERT_PTR_NOT_NULL_FATAL(first);
			CU_ASSERT_FATAL(first->due_ms >= last);
			CU_ASSERT_FATAL(h.root == NULL || h.root->rank <= 15);
			last = first->due_ms;
		}
		CU_ASSERT_PTR_NULL(h.root);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_model),
	CU_CASE(test_no_call_is_long),
};

CU_MAIN("timers", cases)
