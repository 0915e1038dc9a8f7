/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fib - the routing table on rte_fib.
 *
 * Readers and the one writer. rte_fib changes its tables in place, entry by entry; each entry is
 * one aligned word, so a reader sees the old or the new hop. One thing needs care: a group of 256
 * entries for prefixes longer than 24 bits goes back to the pool at once when it is not needed
 * any more, and a reader that has just loaded its number might find it filled for another
 * prefix. It is zeroed when freed, and zero means no route here, so all that has to be prevented is
 * the reuse: before the next change we wait until all readers have passed a quiescent state since
 * the last one. That is the length of a burst.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_rcu_qsbr.h>
#include <rte_rib.h>
#include <rte_vect.h>

#include "dataplane/tables/fib.h"

/* Where the first table lies in what rte_fib_get_dp() points to. It is not said in any header and
 * may be elsewhere in another DPDK: it is only ever prefetched, so nothing but speed depends on it. */
#define FIB_FIRST_AT 64

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

/* See the head comment. */
static void
fib_before_change(struct fib *f)
{
	if (f->token_set)
		rte_rcu_qsbr_check(f->rcu, f->token, true);
	f->token_set = false;
}

static void
fib_after_change(struct fib *f, bool had_long)
{
	if (f->rcu == NULL || !had_long)
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

int
fib_set(struct fib *f, uint32_t prefix, uint8_t len, uint32_t hop)
{
	bool is_new = fib_get(f, prefix, len) == 0;
	int err;

	if (is_new && f->n_routes >= f->max_routes)
		return -ENOSPC;
	fib_before_change(f);
	err = rte_fib_add(f->fib, prefix, len, hop);
	fib_after_change(f, f->n_long != 0 || len > 24);
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
	int err;

	fib_before_change(f);
	err = rte_fib_delete(f->fib, prefix, len);
	fib_after_change(f, f->n_long != 0);
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
