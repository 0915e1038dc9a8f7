/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fib6 - the IPv6 routing table on rte_fib6.
 *
 * Readers and the one writer get along as in fib.c: entries are words, changed in place, and what
 * has to be prevented is only that a group of 256 entries is used for another prefix while a reader
 * still has its number. Almost every change takes groups and gives them back, most of them before
 * it is over, and the library takes first what was given back last. So after a change the groups
 * that it may have given back are exchanged with others from the far end of the library's stack of
 * free ones, where they are taken last:
 *
 *	0          position              clean_end             n_groups
 *	| in use ... | free and clean ...... | set aside ......... |
 *
 * When no clean ones are left, or nobody knows how many groups a change has had in its hands, the
 * next one waits until all readers have passed a quiescent state; then all free ones are clean.
 * That is once in hundreds of changes. In a DPDK whose table is another one each change waits.
 *
 * Groups. A prefix of more than 24 bits takes one for each further 8 bits that it does not share
 * with another: up to 13. The table has a number of groups for all; when they are used up, a route
 * is refused (-ENOSPC), like one over the limit of routes. The library counts how many routes may
 * need; up to DPDK 22.11 at least it never takes off what a deleted one had, so that after some
 * thousand neighbours that came and went no route is taken any more. fib6_find_count() sees whether
 * it is so, and fib6_uncount() does it then.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_rcu_qsbr.h>
#include <rte_rib6.h>
#include <rte_vect.h>
#include <rte_version.h>

#include "dataplane/tables/fib6.h"

#define FIB6_MIN_GROUPS 2048u
#define FIB6_MAX_GROUPS 65536u
#define FIB6_GROUP_SIZE 1024u
#define FIB6_ROOT_SIZE  (UINT64_C(4) << 24)
#define FIB6_NODE_SIZE  128u /* of the record of routes; two nodes a route at most */

#define FIRST_LEN       24 /* resolved without groups */

/* A prefix without longer ones in it: its path of groups, and one for each of its two edges. */
#define CHANGE_GROUPS (3 * (16 - FIRST_LEN / 8))

/* Where in the library's table its stack of free groups is, and the position in that. It is not
 * said in any header: fib6_find_count() sees whether it is so. */
#define POOL_KNOWN (RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0))
#define POOL_AT    40
#define POOL_POS   12 /* in words */

static const uint8_t any[16];

static uint32_t
fib6_groups(uint32_t max_routes)
{
	return RTE_MIN(RTE_MAX(max_routes, FIB6_MIN_GROUPS), FIB6_MAX_GROUPS);
}

uint64_t
fib6_memory(uint32_t max_routes)
{
	return FIB6_ROOT_SIZE + (uint64_t)fib6_groups(max_routes) * FIB6_GROUP_SIZE +
			(uint64_t)max_routes * 2 * FIB6_NODE_SIZE;
}

/* Vector look-up where the CPU has it; see fib.c. */
static void
fib6_select_lookup(struct rte_fib6 *fib)
{
	uint16_t width = rte_vect_get_max_simd_bitwidth();

	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512);
	if (rte_fib6_select_lookup(fib, RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512) != 0)
		rte_fib6_select_lookup(fib, RTE_FIB6_LOOKUP_DEFAULT);
	rte_vect_set_max_simd_bitwidth(width);
}

/* How many groups a new route of this prefix would need, as rte_fib6_add() reckons. */
static uint32_t
fib6_groups_of(const struct fib6 *f, const uint8_t prefix[16], uint8_t len)
{
	uint8_t parent_len = FIRST_LEN;
	struct rte_rib6_node *parent;

	if (len <= FIRST_LEN || rte_rib6_get_nxt(f->rib, prefix, RTE_ALIGN_FLOOR(len, 8), NULL,
			RTE_RIB6_GET_NXT_COVER) != NULL)
		return 0;
	parent = rte_rib6_lookup(f->rib, prefix);
	if (parent != NULL)
		rte_rib6_get_depth(parent, &parent_len);
	parent_len = RTE_MAX(parent_len, FIRST_LEN);
	return (uint32_t)(RTE_ALIGN_CEIL(len, 8) - RTE_ALIGN_CEIL(parent_len, 8)) / 8;
}

/*
 * The library's table begins with the number of groups and how many of them are reserved. If it is
 * so, a route that needs one raises that, and deleting it does not lower it: it is ours to do. The
 * same route shows whether the stack of free groups is where we take it to be.
 */
static void
fib6_find_count(struct fib6 *f, uint32_t n_groups)
{
	static const uint8_t probe[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint32_t *dp = rte_fib6_get_dp(f->fib);
	bool known;

	if (dp[0] != n_groups || dp[1] != 0)
		return;
	if (POOL_KNOWN)
		memcpy(&f->pool, RTE_PTR_ADD(dp, POOL_AT), sizeof(f->pool));
	known = f->pool != NULL && dp[POOL_POS] == 0 && f->pool[0] == 0 &&
			f->pool[n_groups - 1] == n_groups - 1;
	if (rte_fib6_add(f->fib, probe, 32, 1) != 0)
		return;
	if (dp[1] == 1)
		f->reserved = &dp[1];
	known = known && dp[POOL_POS] == 1;
	rte_fib6_delete(f->fib, probe, 32);
	if (known && dp[POOL_POS] == 0) {
		f->pool_pos = &dp[POOL_POS];
		f->n_groups = f->clean_end = n_groups;
	}
	if (dp[1] == 0)
		f->reserved = NULL; /* as it should be */
	if (f->reserved != NULL)
		*f->reserved = 0;
}

/* A route has been deleted: its groups are free. */
static void
fib6_uncount(struct fib6 *f, const uint8_t prefix[16], uint8_t len)
{
	uint32_t n = fib6_groups_of(f, prefix, len);

	if (f->reserved != NULL)
		*f->reserved -= RTE_MIN(n, *f->reserved);
}

struct fib6 *
fib6_new(uint32_t max_routes, int socket_id, struct rte_rcu_qsbr *rcu)
{
	static unsigned int serial;
	struct rte_fib6_conf conf = {
		.type = RTE_FIB6_TRIE,
		.default_nh = 0,
		.max_routes = (int)max_routes,
		.rib_ext_sz = sizeof(uint32_t),
		.trie = { .nh_sz = RTE_FIB6_TRIE_4B, .num_tbl8 = fib6_groups(max_routes) },
	};
	struct fib6 *f = calloc(1, sizeof(*f));
	char name[32];

	if (f == NULL)
		return NULL;
	snprintf(name, sizeof(name), "fib6-%u", serial++);
	f->fib = rte_fib6_create(name, socket_id, &conf);
	if (f->fib == NULL) {
		free(f);
		return NULL;
	}
	fib6_select_lookup(f->fib);
	f->rib = rte_fib6_get_rib(f->fib);
	f->rcu = rcu;
	f->max_routes = max_routes;
	fib6_find_count(f, conf.trie.num_tbl8);
	return f;
}

void
fib6_free(struct fib6 *f)
{
	if (f == NULL)
		return;
	rte_fib6_free(f->fib);
	free(f);
}

void
fib6_leave(struct fib6 *f)
{
	free(f);
}

/* Has the prefix others in it? */
static bool
fib6_has_longer(const struct fib6 *f, const uint8_t prefix[16], uint8_t len)
{
	struct rte_rib6_node *node = NULL;
	uint8_t depth = len;

	while (depth == len && (node = rte_rib6_get_nxt(f->rib, prefix, len, node,
			RTE_RIB6_GET_NXT_COVER)) != NULL)
		rte_rib6_get_depth(node, &depth);
	return depth != len;
}

/* What fib6_after_change() wants to know. */
struct fib6_before {
	bool groups;  /* it may take some */
	bool counted; /* no more than CHANGE_GROUPS of them at a time */
	uint32_t pos; /* in the stack of free ones */
};

/* See the head comment. */
static struct fib6_before
fib6_before_change(struct fib6 *f, const uint8_t prefix[16], uint8_t len)
{
	struct fib6_before b = { .groups = len >= FIRST_LEN || f->n_long != 0 };

	if (f->rcu == NULL || !b.groups)
		return b;
	b.counted = f->pool_pos != NULL && !fib6_has_longer(f, prefix, len);
	if (f->token_set || (!b.counted && f->clean_end != f->n_groups)) {
		if (!f->token_set)
			f->token = rte_rcu_qsbr_start(f->rcu);
		rte_rcu_qsbr_check(f->rcu, f->token, true);
		f->token_set = false;
		f->clean_end = f->n_groups;
		f->n_waits++;
	}
	if (b.counted)
		b.pos = *f->pool_pos;
	return b;
}

/* Exchange the @n groups that would be taken next with clean ones. False: there are too few. */
static bool
fib6_set_aside(struct fib6 *f, uint32_t n)
{
	uint32_t *next = f->pool + *f->pool_pos;

	if (*f->pool_pos + 2 * n > f->clean_end)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *clean = &f->pool[--f->clean_end], group = *clean;

		*clean = next[i];
		next[i] = group;
	}
	return true;
}

static void
fib6_after_change(struct fib6 *f, const struct fib6_before *b)
{
	uint32_t pos;

	if (f->rcu == NULL || !b->groups)
		return;
	if (b->counted) {
		pos = *f->pool_pos;
		if (fib6_set_aside(f, RTE_MAX(b->pos, pos) + CHANGE_GROUPS - pos))
			return;
	}
	f->token = rte_rcu_qsbr_start(f->rcu);
	f->token_set = true;
}

uint32_t
fib6_get(const struct fib6 *f, const uint8_t prefix[16], uint8_t len)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(f->rib, prefix, len);
	uint64_t hop = 0;

	if (node != NULL)
		rte_rib6_get_nh(node, &hop);
	return (uint32_t)hop;
}

int
fib6_set(struct fib6 *f, const uint8_t prefix[16], uint8_t len, uint32_t hop)
{
	bool is_new = fib6_get(f, prefix, len) == 0;
	struct fib6_before b;
	int err;

	if (is_new && f->n_routes >= f->max_routes)
		return -ENOSPC;
	b = fib6_before_change(f, prefix, len);
	err = rte_fib6_add(f->fib, prefix, len, hop);
	fib6_after_change(f, &b);
	if (err != 0)
		return err == -ENOMEM ? -ENOMEM : -ENOSPC;
	if (is_new) {
		f->n_routes++;
		f->n_long += len > 24;
	}
	return 0;
}

int
fib6_del(struct fib6 *f, const uint8_t prefix[16], uint8_t len)
{
	struct fib6_before b = fib6_before_change(f, prefix, len);
	int err = rte_fib6_delete(f->fib, prefix, len);

	fib6_after_change(f, &b);
	if (err != 0)
		return err;
	fib6_uncount(f, prefix, len);
	f->n_routes--;
	f->n_long -= len > 24;
	return 0;
}

void
fib6_mark(struct fib6 *f, const uint8_t prefix[16], uint8_t len, uint32_t sync)
{
	struct rte_rib6_node *node = rte_rib6_lookup_exact(f->rib, prefix, len);

	*(uint32_t *)rte_rib6_get_ext(node) = sync;
}

struct fib6_victim {
	uint8_t prefix[16];
	uint8_t len;
	uint32_t hop;
};

/* Note @node in *@v if @sync has not named it. */
static bool
fib6_is_unnamed(struct rte_rib6_node *node, uint32_t sync, struct fib6_victim *v)
{
	uint64_t hop;

	if (*(const uint32_t *)rte_rib6_get_ext(node) == sync)
		return false;
	rte_rib6_get_ip(node, v->prefix);
	rte_rib6_get_depth(node, &v->len);
	rte_rib6_get_nh(node, &hop);
	v->hop = (uint32_t)hop;
	return true;
}

/* Up to @max routes (at least one) not named in @sync. */
static unsigned int
fib6_unnamed(struct fib6 *f, uint32_t sync, struct fib6_victim *v, unsigned int max)
{
	/* The walk over all that is more specific than the default route does not show that one. */
	struct rte_rib6_node *node = rte_rib6_lookup_exact(f->rib, any, 0);
	unsigned int n = 0;

	if (node != NULL && fib6_is_unnamed(node, sync, &v[n]))
		n++;
	node = NULL;
	while (n < max && (node = rte_rib6_get_nxt(f->rib, any, 0, node,
			RTE_RIB6_GET_NXT_ALL)) != NULL)
		if (fib6_is_unnamed(node, sync, &v[n]))
			n++;
	return n;
}

void
fib6_sweep(struct fib6 *f, uint32_t sync, void (*gone)(void *arg, uint32_t hop), void *arg)
{
	uint32_t max = f->n_routes + 1;
	struct fib6_victim few[64], *v = calloc(max, sizeof(*v));
	unsigned int n;

	/* The tree must not change under the walk: collect, then delete. */
	do {
		n = fib6_unnamed(f, sync, v != NULL ? v : few, v != NULL ? max : RTE_DIM(few));
		for (unsigned int i = 0; i < n; i++) {
			struct fib6_victim *one = v != NULL ? &v[i] : &few[i];

			if (fib6_del(f, one->prefix, one->len) == 0)
				gone(arg, one->hop);
		}
	} while (v == NULL && n == RTE_DIM(few));
	free(v);
}
