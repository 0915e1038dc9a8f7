/* SPDX-License-Identifier: BSD-3-Clause */
/* The routing table against a slow obvious one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_rcu_qsbr.h>

#include "common/inet.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define MAX_ROUTES 300

struct route {
	uint32_t prefix, hop;
	uint8_t len;
};

/* The model: a list. */
static struct route model[MAX_ROUTES];
static unsigned int n_model;

static struct route *
model_find(uint32_t prefix, uint8_t len)
{
	for (unsigned int i = 0; i < n_model; i++)
		if (model[i].prefix == prefix && model[i].len == len)
			return &model[i];
	return NULL;
}

static uint32_t
model_lookup(uint32_t addr)
{
	const struct route *best = NULL;

	for (unsigned int i = 0; i < n_model; i++)
		if (((addr ^ model[i].prefix) & ip4_mask(model[i].len)) == 0 &&
				(best == NULL || model[i].len >= best->len))
			best = &model[i];
	return best != NULL ? best->hop : 0;
}

/* Addresses that matter: the edges of all prefixes, and some anywhere. */
static unsigned int
disagreements(const struct fib *f)
{
	uint32_t addrs[BURST_MAX], asked[BURST_MAX];
	uint64_t hops[BURST_MAX];
	unsigned int bad = 0, n = 0;

	for (unsigned int i = 0; i <= n_model * 4 + 200; i++) {
		const struct route *r = i / 4 < n_model ? &model[i / 4] : NULL;
		uint32_t size = r != NULL ? ~ip4_mask(r->len) : 0;

		addrs[n++] = r == NULL ? (uint32_t)rand() * 2654435761u :
				r->prefix +
						(const uint32_t[]){ 0, size, size + 1,
						(uint32_t)-1 }[i % 4];
		if (n < BURST_MAX && i < n_model * 4 + 200)
			continue;
		memcpy(asked, addrs, sizeof(asked));
		fib_lookup(f, asked, hops, n);
		for (unsigned int k = 0; k < n; k++)
			bad += hops[k] != model_lookup(addrs[k]);
		n = 0;
	}
	return bad;
}

static struct route
random_route(void)
{
	/* Few networks, so that prefixes nest and /25 to /32 share and leave groups. */
	static const uint8_t lens[] = { 0, 1, 8, 15, 16, 20, 23, 24, 25, 26, 28, 30, 31, 32 };
	struct route r = { .len = lens[(unsigned int)rand() % sizeof(lens)],
		.hop = 1 + (uint32_t)rand() % 5 };

	r.prefix = (10u << 24 | ((uint32_t)rand() & 3) << 16 | ((uint32_t)rand() & 3) << 8 |
			((uint32_t)rand() & 0xff)) & ip4_mask(r.len);
	return r;
}

static void
model_remove(struct route *r)
{
	*r = model[--n_model];
}

static void
test_random(void)
{
	struct fib *f = fib_new(MAX_ROUTES, SOCKET_ID_ANY, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n_model = 0;
	srand(1);
	for (unsigned int round = 0; round < 3000; round++) {
		struct route r = random_route(), *have = model_find(r.prefix, r.len);

		CU_ASSERT_EQUAL(fib_get(f, r.prefix, r.len), have != NULL ? have->hop : 0);
		if (have != NULL && (rand() & 1)) {
			CU_ASSERT_EQUAL(fib_del(f, r.prefix, r.len), 0);
			model_remove(have);
		} else if (have != NULL) {
			CU_ASSERT_EQUAL(fib_set(f, r.prefix, r.len, r.hop), 0);
			have->hop = r.hop;
		} else if (n_model < MAX_ROUTES) {
			CU_ASSERT_EQUAL(fib_set(f, r.prefix, r.len, r.hop), 0);
			model[n_model++] = r;
		}
		CU_ASSERT_EQUAL(f->n_routes, n_model);
		if (round % 50 == 0)
			CU_ASSERT_EQUAL(disagreements(f), 0);
	}
	CU_ASSERT_EQUAL(disagreements(f), 0);
	fib_free(f);
}

static void
test_full(void)
{
	struct fib *f = fib_new(10, SOCKET_ID_ANY, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (uint32_t i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, i, 4), 32, 1), 0);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 77, 0), 24, 1), -ENOSPC);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 9, 4), 32, 2), 0); /* a change needs no room */
	CU_ASSERT_EQUAL(fib_del(f, IP4(10, 0, 0, 4), 32), 0);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 77, 0), 24, 1), 0);
	fib_free(f);
}

/* Long routes that go where the route around them goes, too, leave room for others when they go. */
static void
test_long_as_the_one_around(void)
{
	struct fib *f = fib_new(MAX_ROUTES, SOCKET_ID_ANY, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n_model = 0;
	CU_ASSERT_EQUAL(fib_set(f, 0, 0, 2), 0);
	model[n_model++] = (struct route){ .hop = 2 };
	for (uint32_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, i / 2, i % 2 * 16), 28, 2), 0);
	CU_ASSERT_EQUAL(disagreements(f), 0);
	for (uint32_t i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(fib_del(f, IP4(10, 0, i / 2, i % 2 * 16), 28), 0);
	for (uint32_t i = 0; i < 100; i++) {
		struct route r = { .prefix = IP4(10, 1, i, 0), .len = 32, .hop = 3 };

		CU_ASSERT_EQUAL(fib_set(f, r.prefix, r.len, r.hop), 0);
		model[n_model++] = r;
	}
	CU_ASSERT_EQUAL(f->n_routes, 101);
	CU_ASSERT_EQUAL(disagreements(f), 0);
	fib_free(f);
}

static uint32_t gone_hops;

static void
gone(void *arg, uint32_t hop)
{
	CU_ASSERT_PTR_EQUAL(arg, &gone_hops);
	gone_hops += hop;
}

static void
test_sweep(void)
{
	struct fib *f = fib_new(MAX_ROUTES, SOCKET_ID_ANY, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n_model = 0;
	gone_hops = 0;
	/* The default route and a host route are named, the rest is not. */
	CU_ASSERT_EQUAL(fib_set(f, 0, 0, 1), 0);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 0, 1), 32, 10), 0);
	CU_ASSERT_EQUAL(fib_set(f, 0, 1, 100), 0);
	for (uint32_t i = 0; i < 200; i++)
		CU_ASSERT_EQUAL(fib_set(f, IP4(10, 1, i, 0), 24, 1000), 0);
	fib_mark(f, 0, 0, 7);
	fib_mark(f, IP4(10, 0, 0, 1), 32, 7);
	fib_sweep(f, 7, gone, &gone_hops);
	CU_ASSERT_EQUAL(gone_hops, 200 * 1000 + 100);
	CU_ASSERT_EQUAL(f->n_routes, 2);
	model[n_model++] = (struct route){ .hop = 1 };
	model[n_model++] = (struct route){ .prefix = IP4(10, 0, 0, 1), .len = 32, .hop = 10 };
	CU_ASSERT_EQUAL(disagreements(f), 0);
	/* The default route goes, too, when it is not named. */
	fib_mark(f, IP4(10, 0, 0, 1), 32, 8);
	fib_sweep(f, 8, gone, &gone_hops);
	CU_ASSERT_EQUAL(f->n_routes, 1);
	CU_ASSERT_EQUAL(fib_get(f, 0, 0), 0);
	fib_free(f);
}

/* A reader that never passes a quiescent state holds up only who takes a group after one was given
 * back: who waits for it in this one thread would wait for ever. */
static void
test_waits(void)
{
	struct rte_rcu_qsbr *rcu = aligned_alloc(RTE_CACHE_LINE_SIZE,
			RTE_ALIGN(rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE));
	struct fib *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(rcu);
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(rcu, 1), 0);
	rte_rcu_qsbr_thread_register(rcu, 0);
	rte_rcu_qsbr_thread_online(rcu, 0);
	f = fib_new(1000, SOCKET_ID_ANY, rcu);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_TRUE(f->first_known);
	/* Three networks of hosts, which all move, within a network that moves as well. */
	for (uint32_t round = 1; round < 4; round++) {
		for (uint32_t i = 0; i < 3 * 64; i++)
			CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, i % 3, i), 32, round), 0);
		CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 0, 0), 16, 10 + round), 0);
		CU_ASSERT_EQUAL(fib_set(f, IP4(11, 0, 0, 0), 16, round), 0);
	}
	CU_ASSERT_EQUAL(f->n_waits, 0);
	/* One of them goes: what is there may still change, also that around it. */
	for (uint32_t i = 0; i < 3 * 64; i += 3)
		CU_ASSERT_EQUAL(fib_del(f, IP4(10, 0, 0, i), 32), 0);
	CU_ASSERT_TRUE(f->token_set);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 1, 1), 32, 7), 0);
	CU_ASSERT_EQUAL(fib_set(f, IP4(11, 1, 2, 0), 24, 7), 0);
	CU_ASSERT_EQUAL(f->n_waits, 0);
	/* The next group is taken after the reader has passed by. */
	rte_rcu_qsbr_quiescent(rcu, 0);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 9, 1), 32, 8), 0);
	CU_ASSERT_EQUAL(f->n_waits, 1);
	CU_ASSERT_FALSE(f->token_set);
	CU_ASSERT_EQUAL(fib_set(f, IP4(10, 0, 8, 1), 32, 8), 0);
	CU_ASSERT_EQUAL(f->n_waits, 1);
	fib_free(f);
	free(rcu);
}

static const struct cu_case cases[] = {
	CU_CASE(test_random), CU_CASE(test_full), CU_CASE(test_long_as_the_one_around),
	CU_CASE(test_sweep), CU_CASE(test_waits),
};

int
main(void)
{
	dp_eal();
	return cu_run("fib", cases, RTE_DIM(cases));
}
