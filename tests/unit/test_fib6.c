/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv6 routing table against a slow obvious one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_rcu_qsbr.h>

#include "common/inet6.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define MAX_ROUTES 300

struct route {
	struct ip6_prefix prefix;
	uint32_t hop;
};

/* The model: a list. */
static struct route model[MAX_ROUTES];
static unsigned int n_model;

static struct route *
model_find(const struct ip6_prefix *p)
{
	for (unsigned int i = 0; i < n_model; i++)
		if (model[i].prefix.len == p->len && ip6_equal(&model[i].prefix.addr, &p->addr))
			return &model[i];
	return NULL;
}

static uint32_t
model_lookup(const struct ip6_addr *a)
{
	const struct route *best = NULL;

	for (unsigned int i = 0; i < n_model; i++)
		if (ip6_prefix_contains(&model[i].prefix, a) &&
				(best == NULL || model[i].prefix.len >= best->prefix.len))
			best = &model[i];
	return best != NULL ? best->hop : 0;
}

static void
add_one(struct ip6_addr *a, int d)
{
	for (int i = 15; i >= 0; i--) {
		a->b[i] = (uint8_t)(a->b[i] + d);
		if (a->b[i] != (d > 0 ? 0x00 : 0xff))
			return;
	}
}

/* An edge of route @i: first, last, and the ones beside them. */
static struct ip6_addr
edge(unsigned int i)
{
	const struct ip6_prefix *p = &model[i / 4].prefix;
	struct ip6_addr a = p->addr;

	if (i % 4 >= 2)
		for (unsigned int bit = p->len; bit < 128; bit++)
			a.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	if (i % 4 == 1)
		add_one(&a, -1);
	else if (i % 4 == 3)
		add_one(&a, 1);
	return a;
}

/* Addresses that matter: the edges of all prefixes, and some anywhere. */
static unsigned int
disagreements(const struct fib6 *f)
{
	uint8_t addrs[BURST_MAX][16];
	uint64_t hops[BURST_MAX];
	unsigned int bad = 0, n = 0;

	for (unsigned int i = 0; i < n_model * 4 + 200; i++) {
		struct ip6_addr a;

		for (unsigned int k = 0; k < sizeof(a); k++)
			a.b[k] = (uint8_t)rand();
		if (i < n_model * 4)
			a = edge(i);
		memcpy(addrs[n++], &a, sizeof(a));
		if (n < BURST_MAX && i < n_model * 4 + 199)
			continue;
		fib6_lookup(f, addrs, hops, n);
		for (unsigned int k = 0; k < n; k++) {
			memcpy(&a, addrs[k], sizeof(a));
			bad += hops[k] != model_lookup(&a);
		}
		n = 0;
	}
	return bad;
}

static struct route
random_route(void)
{
	/* Few networks, so that prefixes nest and share and leave groups. */
	static const uint8_t lens[] =
			{ 0, 1, 16, 23, 24, 25, 31, 32, 33, 48, 56, 63, 64, 65, 96, 120,
		127, 128 };
	struct route r = { .prefix = { .addr = { { 0x20, 0x01, 0x0d, 0xb8 } } },
		.hop = 1 + (uint32_t)rand() % 5 };

	for (unsigned int k = 4; k < 16; k++)
		r.prefix.addr.b[k] = (uint8_t)(rand() & (k % 3 == 0 ? 3 : 0));
	r.prefix.len = lens[(unsigned int)rand() % sizeof(lens)];
	r.prefix.addr = ip6_masked(&r.prefix.addr, r.prefix.len);
	return r;
}

static void
change(struct fib6 *f)
{
	struct route r = random_route(), *have = model_find(&r.prefix);

	if (have != NULL && rand() % 2 == 0) {
		CU_ASSERT_EQUAL(fib6_del(f, r.prefix.addr.b, r.prefix.len), 0);
		*have = model[--n_model];
		return;
	}
	CU_ASSERT_EQUAL(fib6_set(f, r.prefix.addr.b, r.prefix.len, r.hop), 0);
	if (have == NULL)
		have = &model[n_model++];
	*have = r;
}

static void
test_random(void)
{
	struct fib6 *f = fib6_new(MAX_ROUTES, SOCKET_ID_ANY, NULL);
	unsigned int bad = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n_model = 0;
	srand(6);
	for (unsigned int i = 0; i < 3000; i++) {
		if (n_model == MAX_ROUTES - 1) {
			CU_ASSERT_EQUAL(fib6_del(f, model[0].prefix.addr.b, model[0].prefix.len),
					0);
			model[0] = model[--n_model];
		}
		change(f);
		if (i % 50 == 0)
			bad += disagreements(f);
	}
	CU_ASSERT_EQUAL(bad, 0);
	CU_ASSERT_EQUAL(f->n_routes, n_model);
	while (n_model > 0) {
		n_model--;
		CU_ASSERT_EQUAL(fib6_del(f, model[n_model].prefix.addr.b,
				model[n_model].prefix.len),
				0);
	}
	CU_ASSERT_EQUAL(disagreements(f), 0);
	CU_ASSERT_EQUAL(f->n_long, 0);
	fib6_free(f);
}

static void
test_full(void)
{
	struct fib6 *f = fib6_new(4, SOCKET_ID_ANY, NULL);
	struct ip6_addr a = { { 0x20, 0x01 } };

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (uint8_t i = 0; i < 4; i++) {
		a.b[3] = i;
		CU_ASSERT_EQUAL(fib6_set(f, a.b, 32, 1), 0);
	}
	a.b[3] = 4;
	CU_ASSERT_EQUAL(fib6_set(f, a.b, 32, 1), -ENOSPC);
	a.b[3] = 3;
	CU_ASSERT_EQUAL(fib6_set(f, a.b, 32, 2), 0); /* a change is none more */
	CU_ASSERT_EQUAL(fib6_get(f, a.b, 32), 2);
	fib6_free(f);
}

static void
gone(void *arg, uint32_t hop)
{
	*(uint32_t *)arg += hop;
}

static void
test_sweep(void)
{
	static const char *const prefixes[] = { "::/0", "2001:db8::/32", "2001:db8::/64",
		"2001:db8::1/128", "fd00::/8" };
	struct fib6 *f = fib6_new(8, SOCKET_ID_ANY, NULL);
	struct ip6_prefix p[RTE_DIM(prefixes)];
	uint32_t sum = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (unsigned int i = 0; i < RTE_DIM(prefixes); i++) {
		CU_ASSERT_EQUAL(ip6_prefix_parse(prefixes[i], &p[i]), 0);
		CU_ASSERT_EQUAL(fib6_set(f, p[i].addr.b, p[i].len, 1u << i), 0);
		fib6_mark(f, p[i].addr.b, p[i].len, 0);
	}
	fib6_mark(f, p[2].addr.b, p[2].len, 7);
	fib6_sweep(f, 7, gone, &sum);
	CU_ASSERT_EQUAL(sum, 1 | 2 | 8 | 16);
	CU_ASSERT_EQUAL(f->n_routes, 1);
	CU_ASSERT_EQUAL(fib6_get(f, p[2].addr.b, p[2].len), 4);
	fib6_free(f);
}

/*
 * Routes of every length that come and go, nested ones in any order, many times what the table has
 * groups for: in the end it takes as much as in the beginning.
 */
static void
test_groups_come_back(void)
{
	static const uint8_t lens[] = { 32, 48, 60, 64, 127, 128 };
	enum { N = RTE_DIM(lens), MAX = 512 };
	struct fib6 *f = fib6_new(MAX, SOCKET_ID_ANY, NULL);
	uint8_t p[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint64_t hop;
	unsigned int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (unsigned int round = 0; round < 3000; round++) {
		for (unsigned int i = 0; i < N; i++)
			CU_ASSERT_EQUAL_FATAL(fib6_set(f, p, lens[(i + round) % N], 1 + i), 0);
		for (unsigned int i = 0; i < N; i++)
			CU_ASSERT_EQUAL_FATAL(fib6_del(f, p, lens[(i * 5 + round / N) % N]), 0);
	}
	fib6_lookup(f, &p, &hop, 1);
	CU_ASSERT_EQUAL(hop, 0);
	/* Scattered host routes need 13 groups each. */
	for (p[3] = 0; p[3] < UINT8_MAX && fib6_set(f, p, 128, 7) == 0; p[3]++)
		n++;
	CU_ASSERT_TRUE(n >= 2048 / 13 - 1 && n <= 2048 / 13);
	fib6_free(f);
}

/* A /64 of a branch, or one of its hosts. */
static int
route_of(struct fib6 *f, uint32_t i, uint8_t len, uint32_t hop)
{
	struct ip6_addr a = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

	for (unsigned int k = 8; k < 16 && len == 128; k++)
		a.b[k] = (uint8_t)(i * 2654435761u >> k);
	return hop != 0 ? fib6_set(f, a.b, len, hop) : fib6_del(f, a.b, len);
}

/* Groups that a change can have had in its hands are not among those that the next one takes. */
static bool
takes_clean(const struct fib6 *f, uint8_t *touched)
{
	bool clean = true;

	for (uint32_t i = 0; i < 39; i++) {
		uint32_t group = f->pool[*f->pool_pos + i];

		clean = clean && !touched[group];
		touched[group] = 1;
	}
	return clean;
}

/* A reader that never passes a quiescent state: who waits for it in this one thread would wait for
 * ever. Networks and hosts come, move and go without; then one wait, and it goes on. */
static void
test_waits(void)
{
	static uint8_t touched[20000];
	struct rte_rcu_qsbr *rcu = aligned_alloc(RTE_CACHE_LINE_SIZE,
			RTE_ALIGN(rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE));
	struct ip6_addr any = { { 0 } };
	struct fib6 *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(rcu);
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(rcu, 1), 0);
	rte_rcu_qsbr_thread_register(rcu, 0);
	rte_rcu_qsbr_thread_online(rcu, 0);
	f = fib6_new(RTE_DIM(touched), SOCKET_ID_ANY, rcu);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->pool_pos);
	CU_ASSERT_EQUAL_FATAL(f->n_groups, RTE_DIM(touched));
	for (uint32_t hop = 3; hop + 1 != 0; hop--) {
		for (uint32_t i = 0; i < 50; i++) {
			CU_ASSERT_TRUE(takes_clean(f, touched));
			CU_ASSERT_EQUAL(route_of(f, i, 64, hop), 0);
			CU_ASSERT_TRUE(takes_clean(f, touched));
			CU_ASSERT_EQUAL(route_of(f, 1000 + i, 128, hop), 0);
		}
	}
	CU_ASSERT_EQUAL(f->n_routes, 0);
	CU_ASSERT_EQUAL(f->n_waits, 0);
	/* Of a prefix that has others in it nobody knows how many it takes. */
	CU_ASSERT_EQUAL(route_of(f, 1, 64, 1), 0);
	rte_rcu_qsbr_quiescent(rcu, 0);
	rte_rcu_qsbr_thread_offline(rcu, 0);
	CU_ASSERT_EQUAL(fib6_set(f, any.b, 0, 2), 0);
	CU_ASSERT_EQUAL(f->n_waits, 1);
	CU_ASSERT_TRUE(f->token_set);
	CU_ASSERT_EQUAL(route_of(f, 2, 64, 1), 0);
	CU_ASSERT_EQUAL(f->n_waits, 2);
	CU_ASSERT_FALSE(f->token_set);
	fib6_free(f);
	free(rcu);
}

static const struct cu_case cases[] = {
	CU_CASE(test_groups_come_back), CU_CASE(test_waits),
	CU_CASE(test_random), CU_CASE(test_full), CU_CASE(test_sweep),
};

int
main(void)
{
	dp_eal();
	return cu_run("fib6", cases, RTE_DIM(cases));
}
