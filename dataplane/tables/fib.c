/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fib - the routing table on rte_fib.
 *
 * Readers and the one writer. rte_fib changes its tables in place, entry by entry; each entry is
 * one aligned word, so a reader sees the old or the new hop. One thing needs care: a group of 256
 * entries for prefixes longer than 24 bits goes back to the pool at once when it is not needed
 * any more, and a reader that has just loaded its number might find it filled for another
 * prefix. It is zeroed when freed, and zero means no route here, so all that has to be prevented is
 * the reuse: a change that may take a group waits until all readers have passed a quiescent state
 * since one was last given back. Most changes do neither: a new hop is written over the old one,
 * and a whole table moves without one wait. Whether a group went is seen in the first table, whose
 * entries say whether they lead to one.
 *
 * Groups. The library counts how many its routes may need: one more when the first route longer
 * than 24 bits comes into a /24, one less when the last goes. A first one that has the hop of the
 * route around it is not counted, up to DPDK 22.11 at least, but taken off all the same; below
 * zero, the count is more than there are groups, and no such route is taken any more.
 * fib_find_count() sees whether it is so, and fib_set() counts it then.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_rcu_qsbr.h>
#include <rte_rib.h>
#include <rte_vect.h>

#include "common/inet.h"
#include "dataplane/tables/fib.h"

/* Where the first table lies in what rte_fib_get_dp() points to, and the bit of an entry that leads
 * to a group. It is not said in any header and may be otherwise in another DPDK: it is prefetched,
 * and read after fib_first_known() has seen that it is so; nothing but speed depends on it. */
#define FIB_FIRST_AT 64
#define FIB_FIRST_GROUP 1u
#define FIB_SCAN_LEN 16 /* of prefixes this long and longer, all first entries are looked at */

#define FIB_MIN_GROUPS 256u
#define FIB_MAX_GROUPS 65536u

/* Vector look-up where the CPU has it, whatever EAL was told about its own use of wide vectors. */
static void
fib_select_lookup(struct rte_fib *fib)
{
	uint16_t width = rte_vect_get_max_simd_bitwidth();

	rte_vect_set_max_simd_bitwidth(RTE_VECT_SIMD_512);
	if (rte_fib_select_lookup(fib, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512) != 0)
		rte_fib_select_lookup(fib, RTE_FIB_LOOKUP_DEFAULT);
	rte_vect_set_max_simd_bitwidth(width);
}

/* Is an entry of the first table where we take it to be, and does it say what we take it to say? */
static bool
fib_first_known(struct fib *f)
{
	static const struct {
		uint8_t len;
		uint32_t entry;
	} probes[] = { { 24, 5u << 1 }, { 32, FIB_FIRST_GROUP } };
	const uint32_t addr = 0xc6336407; /* 198.51.100.7 */
	bool known = true;

	for (unsigned int i = 0; i < RTE_DIM(probes); i++) {
		uint32_t prefix = addr & ip4_mask(probes[i].len), mask = i == 0 ? UINT32_MAX
									       : FIB_FIRST_GROUP;

		if (f->first[addr >> 8] != 0 || rte_fib_add(f->fib, prefix, probes[i].len, 5) != 0)
			return false;
		known = known && (f->first[addr >> 8] & mask) == probes[i].entry &&
				f->first[(addr >> 8) + 1] == 0;
		rte_fib_delete(f->fib, prefix, probes[i].len);
	}
	return known && f->first[addr >> 8] == 0;
}

/* Is the library's count where we take it to be, and does it go wrong as the head says? */
static void
fib_find_count(struct fib *f, uint32_t n_groups)
{
	uint32_t *dp = rte_fib_get_dp(f->fib);
	const uint32_t addr = 0xc6336407; /* 198.51.100.7 */

	if (dp[0] != RTE_ALIGN_CEIL(n_groups, 64) || dp[1] != 0 ||
			rte_fib_add(f->fib, addr & ip4_mask(24), 24, 5) != 0)
		return;
	if (rte_fib_add(f->fib, addr, 32, 5) == 0)
		rte_fib_delete(f->fib, addr, 32);
	if (dp[1] == UINT32_MAX) {
		f->reserved = &dp[1];
		*f->reserved = 0;
	}
	rte_fib_delete(f->fib, addr & ip4_mask(24), 24);
}

struct fib *
fib_new(uint32_t max_routes, int socket_id, struct rte_rcu_qsbr *rcu)
{
	static unsigned int serial;
	struct rte_fib_conf conf = {
		.type = RTE_FIB_DIR24_8,
		.default_nh = 0,
		.max_routes = (int)max_routes,
		.rib_ext_sz = sizeof(uint32_t),
		.dir24_8 = { .nh_sz = RTE_FIB_DIR24_8_4B },
	};
	struct fib *f = calloc(1, sizeof(*f));
	char name[32];

	if (f == NULL)
		return NULL;
	conf.dir24_8.num_tbl8 = RTE_MIN(RTE_MAX(max_routes, FIB_MIN_GROUPS), FIB_MAX_GROUPS);
	snprintf(name, sizeof(name), "fib%u", serial++);
	f->fib = rte_fib_create(name, socket_id, &conf);
	if (f->fib == NULL) {
		free(f);
		return NULL;
	}
	fib_select_lookup(f->fib);
	f->rib = rte_fib_get_rib(f->fib);
	f->first = RTE_PTR_ADD(rte_fib_get_dp(f->fib), FIB_FIRST_AT);
	f->rcu = rcu;
	f->max_routes = max_routes;
	f->first_known = fib_first_known(f);
	fib_find_count(f, conf.dir24_8.num_tbl8);
	return f;
}

void
fib_free(struct fib *f)
{
	if (f == NULL)
		return;
	rte_fib_free(f->fib);
	free(f);
}

void
fib_leave(struct fib *f)
{
	free(f);
}

/* Which first entries of a prefix lead to a group. */
struct fib_groups {
	bool known; /* else any may */
	uint64_t set[(1u << (24 - FIB_SCAN_LEN)) / 64];
};

static struct fib_groups
fib_groups_of(const struct fib *f, uint32_t prefix, uint8_t len)
{
	struct fib_groups g = { .known = f->first_known && len >= FIB_SCAN_LEN };
	uint32_t n = len >= 24 ? 1 : 1u << (24 - len);

	for (uint32_t i = 0; g.known && i < n; i++)
		if ((f->first[(prefix >> 8) + i] & FIB_FIRST_GROUP) != 0)
			g.set[i / 64] |= UINT64_C(1) << i % 64;
	return g;
}

/* May a change of this prefix take a group? A short one, too: where longer ones within it have the
 * same hop as all around them, they need none yet. */
static bool
fib_may_take(const struct fib *f, uint32_t prefix, uint8_t len, const struct fib_groups *g)
{
	struct rte_rib_node *node = NULL;
	uint8_t depth = 0;

	if (!g->known || len > 24)
		return !g->known || g->set[0] == 0;
	while (depth <= 24 && (node = rte_rib_get_nxt(f->rib, prefix, len, node,
			RTE_RIB_GET_NXT_ALL)) != NULL)
		rte_rib_get_depth(node, &depth);
	return depth > 24;
}

/* See the head comment. @return what fib_after_change() wants to know. */
static struct fib_groups
fib_before_change(struct fib *f, uint32_t prefix, uint8_t len)
{
	struct fib_groups g = fib_groups_of(f, prefix, len);

	if (f->token_set && fib_may_take(f, prefix, len, &g)) {
		rte_rcu_qsbr_check(f->rcu, f->token, true);
		f->token_set = false;
		f->n_waits++;
	}
	return g;
}

static void
fib_after_change(struct fib *f, uint32_t prefix, uint8_t len, const struct fib_groups *was)
{
	struct fib_groups g;
	bool given = !was->known && (f->n_long != 0 || len > 24);

	if (f->rcu == NULL)
		return;
	g = fib_groups_of(f, prefix, len);
	for (unsigned int i = 0; was->known && i < RTE_DIM(g.set); i++)
		given = given || (was->set[i] & ~g.set[i]) != 0;
	if (!given)
		return;
	f->token = rte_rcu_qsbr_start(f->rcu);
	f->token_set = true;
}

uint32_t
fib_get(const struct fib *f, uint32_t prefix, uint8_t len)
{
	struct rte_rib_node *node = rte_rib_lookup_exact(f->rib, prefix, len);
	uint64_t hop = 0;

	if (node != NULL)
		rte_rib_get_nh(node, &hop);
	return (uint32_t)hop;
}

/* Is a route that is to be added not counted by the library, though it will be taken off: is it
 * the first long one in its /24, with the hop of the route around it? */
static bool
fib_is_uncounted(const struct fib *f, uint32_t prefix, uint8_t len, uint32_t hop)
{
	struct rte_rib_node *around;
	uint64_t its_hop = 0;

	if (len <= 24 || rte_rib_get_nxt(f->rib, prefix, 24, NULL, RTE_RIB_GET_NXT_COVER) != NULL)
		return false;
	around = rte_rib_lookup(f->rib, prefix);
	if (around != NULL)
		rte_rib_get_nh(around, &its_hop);
	return its_hop == hop;
}

int
fib_set(struct fib *f, uint32_t prefix, uint8_t len, uint32_t hop)
{
	bool is_new = fib_get(f, prefix, len) == 0, uncounted;
	struct fib_groups was;
	int err;

	if (is_new && f->n_routes >= f->max_routes)
		return -ENOSPC;
	uncounted = is_new && f->reserved != NULL && fib_is_uncounted(f, prefix, len, hop);
	was = fib_before_change(f, prefix, len);
	err = rte_fib_add(f->fib, prefix, len, hop);
	fib_after_change(f, prefix, len, &was);
	if (err == 0 && uncounted)
		++*f->reserved;
	if (err != 0)
		return err == -ENOMEM ? -ENOMEM : -ENOSPC;
	if (is_new) {
		f->n_routes++;
		f->n_long += len > 24;
	}
	return 0;
}

int
fib_del(struct fib *f, uint32_t prefix, uint8_t len)
{
	struct fib_groups was = fib_before_change(f, prefix, len);
	int err = rte_fib_delete(f->fib, prefix, len);

	fib_after_change(f, prefix, len, &was);
	if (err != 0)
		return err;
	f->n_routes--;
	f->n_long -= len > 24;
	return 0;
}

void
fib_mark(struct fib *f, uint32_t prefix, uint8_t len, uint32_t sync)
{
	struct rte_rib_node *node = rte_rib_lookup_exact(f->rib, prefix, len);

	*(uint32_t *)rte_rib_get_ext(node) = sync;
}

struct fib_victim {
	uint32_t prefix;
	uint32_t hop;
	uint8_t len;
};

/* Note @node in *@v if @sync has not named it. */
static bool
fib_is_unnamed(const struct rte_rib_node *node, uint32_t sync, struct fib_victim *v)
{
	uint64_t hop;

	if (*(const uint32_t *)rte_rib_get_ext((struct rte_rib_node *)(uintptr_t)node) == sync)
		return false;
	rte_rib_get_ip(node, &v->prefix);
	rte_rib_get_depth(node, &v->len);
	rte_rib_get_nh(node, &hop);
	v->hop = (uint32_t)hop;
	return true;
}

/* Up to @max routes (at least one) not named in @sync. */
static unsigned int
fib_unnamed(struct fib *f, uint32_t sync, struct fib_victim *v, unsigned int max)
{
	/* The walk over all that is more specific than the default route does not show that one. */
	struct rte_rib_node *node = rte_rib_lookup_exact(f->rib, 0, 0);
	unsigned int n = 0;

	if (node != NULL && fib_is_unnamed(node, sync, &v[n]))
		n++;
	node = NULL;
	while (n < max && (node = rte_rib_get_nxt(f->rib, 0, 0, node, RTE_RIB_GET_NXT_ALL)) != NULL)
		if (fib_is_unnamed(node, sync, &v[n]))
			n++;
	return n;
}

void
fib_sweep(struct fib *f, uint32_t sync, void (*gone)(void *arg, uint32_t hop), void *arg)
{
	uint32_t max = f->n_routes + 1;
	struct fib_victim few[64], *v = calloc(max, sizeof(*v));
	unsigned int n;

	/* The tree must not change under the walk: collect, then delete. */
	do {
		n = fib_unnamed(f, sync, v != NULL ? v : few, v != NULL ? max : RTE_DIM(few));
		for (unsigned int i = 0; i < n; i++) {
			struct fib_victim *one = v != NULL ? &v[i] : &few[i];

			if (fib_del(f, one->prefix, one->len) == 0)
				gone(arg, one->hop);
		}
	} while (v == NULL && n == RTE_DIM(few));
	free(v);
}
