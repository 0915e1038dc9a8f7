/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash map and the pool of numbers, against slow obvious models. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/util/hmap.h"
#include "tests/unit/cu.h"

struct item {
	int value;
	struct hnode node;
};

static void
test_map(void)
{
	static struct item items[1000];
	static bool in[1000], seen[1000];
	struct hmap h = { 0 };
	struct hmap_iter it = { 0 };
	uint32_t n = 0;

	CU_ASSERT_PTR_NULL(hmap_find(&h, 1));
	CU_ASSERT_PTR_NULL(hmap_next(&h, &it));
	srand(1);
	for (int step = 0; step < 20000; step++) {
		unsigned int i = (unsigned int)rand() % 1000;
		uint64_t key = (uint64_t)i << 40 | i % 7;
		struct item *found = HMAP_ENTRY(hmap_find(&h, key), struct item, node);

		CU_ASSERT_EQUAL(found != NULL, in[i]);
		if (found == NULL) {
			items[i].value = (int)i;
			CU_ASSERT_EQUAL(hmap_insert(&h, &items[i].node, key), 0);
		} else {
			CU_ASSERT_EQUAL(found->value, (int)i);
			hmap_remove(&h, &found->node);
		}
		in[i] = !in[i];
		n = in[i] ? n + 1 : n - 1;
		CU_ASSERT_EQUAL(h.n, n);
	}
	/* The walk meets each once, also while they are taken out. */
	it = (struct hmap_iter){ 0 };
	for (struct hnode *e; (e = hmap_next(&h, &it)) != NULL;) {
		struct item *x = HMAP_ENTRY(e, struct item, node);

		CU_ASSERT(in[x->value] && !seen[x->value]);
		seen[x->value] = true;
		hmap_remove(&h, e);
		memset(x, 0xa5, sizeof(*x));
	}
	CU_ASSERT_EQUAL(h.n, 0);
	CU_ASSERT_EQUAL(memcmp(in, seen, sizeof(in)), 0);
	hmap_fini(&h);
}

/* A walk while the map grows and shrinks: those that stay are met once, the others once at most. */
static void
test_scan(void)
{
	enum { STAY = 500, MORE = 5000 };
	static struct item items[STAY + MORE];
	static int seen[STAY + MORE];
	struct hmap h = { 0 };
	struct hmap_scan s = { 0 };
	uint32_t next = STAY, gone = STAY;

	CU_ASSERT_PTR_NULL(hmap_scan(&h, &s));
	CU_ASSERT_TRUE(s.done);
	s = (struct hmap_scan){ 0 };
	for (int i = 0; i < STAY + MORE; i++)
		items[i].value = i;
	for (uint32_t i = 0; i < STAY; i++)
		CU_ASSERT_EQUAL(hmap_insert(&h, &items[i].node, i), 0);
	while (!s.done) {
		for (struct hnode *e = hmap_scan(&h, &s); e != NULL; e = e->next)
			seen[HMAP_ENTRY(e, struct item, node)->value]++;
		for (int i = 0; i < 9 && next < STAY + MORE; i++, next++)
			CU_ASSERT_EQUAL(hmap_insert(&h, &items[next].node, next), 0);
		for (int i = 0; i < 4 && gone < next; i++, gone++)
			hmap_remove(&h, &items[gone].node);
	}
	CU_ASSERT(h.n_buckets >= 4096); /* it has doubled on the way */
	for (int i = 0; i < STAY + MORE; i++)
		CU_ASSERT(i < STAY ? seen[i] == 1 : seen[i] <= 1);
	hmap_fini(&h);
}

static void
test_pool(void)
{
	struct idpool p = { 0 };

	CU_ASSERT_EQUAL(idpool_take(&p), UINT32_MAX);
	CU_ASSERT_EQUAL(idpool_resize(&p, 4), 0);
	CU_ASSERT_EQUAL(idpool_reserve(&p, 1), 0);
	CU_ASSERT_EQUAL(idpool_reserve(&p, 1), -EBUSY);
	CU_ASSERT_EQUAL(idpool_reserve(&p, 4), -EINVAL);
	CU_ASSERT_EQUAL(idpool_take(&p), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), 2);
	CU_ASSERT_EQUAL(idpool_take(&p), 3);
	CU_ASSERT_EQUAL(idpool_take(&p), UINT32_MAX);
	/* Freed ones come back in the order in which they were freed. */
	idpool_give(&p, 2);
	idpool_give(&p, 0);
	idpool_give(&p, 0);
	idpool_give(&p, 99);
	CU_ASSERT_EQUAL(idpool_take(&p), 2);
	CU_ASSERT_EQUAL(idpool_take(&p), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), UINT32_MAX);
	/* A larger pool goes on with fresh numbers; a lowered limit holds. */
	CU_ASSERT_EQUAL(idpool_resize(&p, 6), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), 4);
	idpool_give(&p, 4);
	CU_ASSERT_EQUAL(idpool_resize(&p, 3), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), UINT32_MAX);
	idpool_give(&p, 2);
	CU_ASSERT_EQUAL(idpool_take(&p), 2);
	CU_ASSERT_EQUAL(idpool_resize(&p, 6), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), 5);
	CU_ASSERT_EQUAL(idpool_take(&p), 4);
	idpool_fini(&p);
}

/* Reserved ahead of its turn, given back, and still handed out only once. */
static void
test_pool_reserve(void)
{
	struct idpool p = { 0 };
	bool got[8] = { false };

	CU_ASSERT_EQUAL(idpool_resize(&p, 8), 0);
	CU_ASSERT_EQUAL(idpool_reserve(&p, 5), 0);
	idpool_give(&p, 5);
	CU_ASSERT_EQUAL(idpool_reserve(&p, 6), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), 0);
	idpool_give(&p, 0);
	CU_ASSERT_EQUAL(idpool_reserve(&p, 0), 0); /* one that waits among the freed */
	for (int i = 0; i < 6; i++) {
		uint32_t id = idpool_take(&p);

		CU_ASSERT_FATAL(id < 8);
		CU_ASSERT(!got[id] && id != 0 && id != 6);
		got[id] = true;
	}
	CU_ASSERT_EQUAL(idpool_take(&p), UINT32_MAX);
	idpool_give(&p, 0);
	CU_ASSERT_EQUAL(idpool_take(&p), 0);
	CU_ASSERT_EQUAL(idpool_take(&p), UINT32_MAX);
	idpool_fini(&p);
}

static const struct cu_case cases[] = {
	CU_CASE(test_map),
	CU_CASE(test_scan),
	CU_CASE(test_pool),
	CU_CASE(test_pool_reserve),
};

CU_MAIN("hmap", cases)
