/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process of OSPF is killed and another goes on with what it left: the neighbours must not
 * notice. What it left too long ago, or in the midst of something, or broken, is not gone on with.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_keep.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define KILLED_MS 1500

/* Changes of state of everybody's neighbours, but those of @but. */
static uint32_t
changes(const struct world *w, const struct router *but)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < w->n_routers; i++) {
		const struct ospf_if *ifp;
		const struct ospf_nbr *n;

		if (w->routers[i] == but)
			continue;
		TAILQ_FOREACH (ifp, &w->routers[i]->o->ifs, link) {
			sum += 1000 * ifp->n_nbrs;
			TAILQ_FOREACH (n, &ifp->nbrs, link)
				sum += n->n_changes;
		}
	}
	return sum;
}

/* Kill @r, let @gone_ms pass, go on with its state. */
static void
kill_and_resume(struct world *w, struct router *r, uint64_t gone_ms)
{
	size_t len = 0;
	uint8_t *kept = ospf_keep_save(r->o, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
	world_kill(r);
	world_run(w, gone_ms);
	world_resume(r, kept, len, gone_ms);
	free(kept);
}

/* Killed again soon after it went on: what is as it was is not said anew, so that there is nothing
 * that neighbours have to acknowledge before the state can be kept. */
static void
test_killed_twice(void)
{
	struct world *w = world_new(30);
	struct router *r[3], *far;
	uint32_t before;

	world_lan(w, r, 3);
	far = world_router(w, 100);
	world_link(r[0], far);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	world_run(w, 3000);
	for (uint32_t who = 0; who < 3; who++) {
		before = changes(w, r[who]);
		kill_and_resume(w, r[who], 500);
		world_run(w, 100);
		CU_ASSERT_EQUAL(r[who]->o->n.lsa_originated, 0);
		kill_and_resume(w, r[who], 500);
		world_run(w, 8000);
		CU_ASSERT_TRUE(world_quiet(w));
		CU_ASSERT_EQUAL(changes(w, r[who]), before);
	}
	world_free(w);
}

/* Each role on a LAN, and a router in the midst of links. */
static void
test_nobody_notices(void)
{
	for (uint32_t who = 0; who < 5; who++) {
		struct world *w = world_new(20 + who);
		struct router *r[7];
		uint32_t before, dr, bdr;

		world_lan(w, r, 5);
		r[5] = world_router(w, 100);
		r[6] = world_router(w, 101);
		world_link(r[0], r[5]);
		world_link(r[4], r[6]);
		world_link(r[5], r[6]);
		CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
		world_run(w, 3000);
		before = changes(w, r[who]);
		dr = world_lan_of(r[1])->dr;
		bdr = world_lan_of(r[1])->bdr;
		kill_and_resume(w, r[who], KILLED_MS);
		world_run(w, 8000);
		CU_ASSERT_TRUE(world_quiet(w));
		CU_ASSERT_EQUAL(changes(w, r[who]), before);
		CU_ASSERT_TRUE(world_lan_of(r[who])->dr == dr && world_lan_of(r[who])->bdr == bdr);
		CU_ASSERT_TRUE(world_lan_of(r[1])->dr == dr && world_lan_of(r[1])->bdr == bdr);
		/* And after what was left has been forgotten. */
		world_run(w, 20000);
		CU_ASSERT_TRUE(world_quiet(w));
		CU_ASSERT_EQUAL(changes(w, r[who]), before);
		world_free(w);
	}
}

/* Authentication's sequence numbers run ahead of the clock, the more so with fast Hellos, and are
 * not written down with each packet. The next process goes on above what was sent. */
static void
test_sequence_numbers(void)
{
	for (uint8_t extended = 0; extended < 2; extended++) {
		struct world *w = world_new(40);
		struct router *a = world_router(w, 1), *b = world_router(w, 2);
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);
		size_t len = 0;
		uint8_t *kept;
		uint64_t last, bad;
		uint32_t before;

		c.hello_ms = 100;
		c.dead_ms = 1000;
		c.auth = (struct ospf_auth){ .type = OSPF_AUTH_CRYPT, .extended = extended != 0,
			.n_keys = 1,
			.keys[0] = { .id = 1, .alg = OSPF_ALG_HMAC_SHA256, .len = 1 } };
		world_link_as(a, b, &c);
		CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
		world_run(w, 3000);
		kept = ospf_keep_save(a->o, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
		world_run(w, 600000);
		CU_ASSERT_TRUE(extended || a->ports->ifp->crypt_seq > 1700000000u + 11 * 600);
		before = changes(w, a);
		last = a->ports->ifp->crypt_seq;
		bad = b->o->n.bad[OSPF_BAD_AUTH_SEQ];
		world_kill(a);
		world_run(w, 300);
		world_resume(a, kept, len, 300);
		free(kept);
		world_run(w, 3000);
		CU_ASSERT_TRUE(a->ports->ifp->crypt_seq > last);
		CU_ASSERT_EQUAL(b->o->n.bad[OSPF_BAD_AUTH_SEQ], bad);
		CU_ASSERT_EQUAL(changes(w, a), before);
		CU_ASSERT_TRUE(world_quiet(w));
		world_free(w);
	}
}

/* A neighbour is gone, and some time after we are, too: for who goes on it is dead when it would
 * have been for us. Those that are heard stay. */
static void
test_silent(void)
{
	for (uint32_t gone_ms = 300; gone_ms < 1500; gone_ms += 400) {
		struct world *w = world_new(50 + gone_ms);
		struct router *r[4];
		struct ospf_silent silent[OSPF_SILENT_MAX];
		size_t len = 0;
		uint8_t *kept;
		uint64_t dead_ms;

		world_lan(w, r, 4);
		CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
		world_run(w, 3000);
		CU_ASSERT_EQUAL(ospf_keep_silent(r[0]->o, silent), 0);
		kept = ospf_keep_save(r[0]->o, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
		world_kill(r[3]);
		dead_ms = w->now_ms + 4000;
		world_run(w, 2600);
		r[0]->n_silent = ospf_keep_silent(r[0]->o, silent);
		CU_ASSERT_EQUAL_FATAL(r[0]->n_silent, 1);
		CU_ASSERT_EQUAL(silent[0].id, r[3]->id);
		CU_ASSERT_TRUE(silent[0].left_ms <= 1400 && silent[0].left_ms >= 400);
		r[0]->silent = silent;
		world_kill(r[0]);
		world_run(w, gone_ms);
		world_resume(r[0], kept, len, gone_ms);
		free(kept);
		CU_ASSERT_EQUAL(world_lan_of(r[0])->n_nbrs, 3);
		if (w->now_ms < dead_ms)
			world_run(w, dead_ms - w->now_ms);
		world_run(w, 5);
		CU_ASSERT_EQUAL(world_lan_of(r[0])->n_nbrs, 2);
		world_run(w, 8000);
		CU_ASSERT_EQUAL(world_lan_of(r[0])->n_nbrs, 2);
		world_free(w);
	}
}

/* What it announced, and its successor does not want to, is taken back. */
static void
test_unwanted_is_flushed(void)
{
	struct world *w = world_new(30);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	const struct ospf_lsdb *db;

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	CU_ASSERT_EQUAL(world_summary(a, 0x0a010000, 1), 0);
	world_run(w, 3000);
	CU_ASSERT_TRUE(world_quiet(w));
	kill_and_resume(w, a, KILLED_MS);
	world_run(w, 3000);
	db = world_db(b);
	CU_ASSERT_PTR_NOT_NULL(ospf_lsdb_find(db, OSPF_LSA_SUMMARY, 0x0a010000, 1));
	world_run(w, OSPF_KEEP_MS + 3000);
	CU_ASSERT_PTR_NULL(ospf_lsdb_find(db, OSPF_LSA_SUMMARY, 0x0a010000, 1));
	CU_ASSERT_TRUE(world_quiet(w));
	world_free(w);
}

/* Does @seen see links of @r that are not at their maximum? */
static bool
tells_costs(const struct router *seen, const struct router *r)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(world_db(seen), OSPF_LSA_ROUTER, r->id, r->id);
	struct rd links = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;
	uint32_t n = 0;

	while (ospf_rlsa_next(&links, &l))
		n += l.type != OSPF_LINK_STUB && l.metric < OSPF_MAX_LINK_METRIC;
	return n > 0;
}

/* max-metric on-startup is for a router that comes up: one that goes on with what was left does not
 * turn traffic away, and lets pass what was left of it when it was killed. */
static void
test_startup(void)
{
	struct world *w = world_new(30);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	w->max_metric_startup_s = 30;
	world_reboot(a);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	CU_ASSERT_FALSE(tells_costs(b, a));
	kill_and_resume(w, a, KILLED_MS);
	world_run(w, 10000);
	CU_ASSERT_FALSE(tells_costs(b, a));
	world_run(w, 30000);
	CU_ASSERT_TRUE(tells_costs(b, a));
	kill_and_resume(w, a, KILLED_MS);
	for (int i = 0; i < 100; i++) {
		world_run(w, 400);
		CU_ASSERT_TRUE(tells_costs(b, a));
	}
	world_kill(a);
	world_reboot(a);
	world_run(w, 5000);
	CU_ASSERT_TRUE(world_quiet(w));
	CU_ASSERT_FALSE(tells_costs(b, a));
	world_free(w);
}

/* The neighbours have given it up: everything begins anew. */
static void
test_too_late(void)
{
	struct world *w = world_new(31);
	struct router *r[3];
	uint32_t before;

	world_lan(w, r, 3);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	before = changes(w, r[0]);
	kill_and_resume(w, r[0], 6000);
	CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
	CU_ASSERT_TRUE(changes(w, r[0]) != before);
	CU_ASSERT_EQUAL(world_n_full(r[0]), 2);
	world_free(w);
}

/* Who watches is told of each change; in the midst of an exchange there is nothing to be had. */
static void
test_not_in_the_midst(void)
{
	struct world *w = world_new(32);
	struct router *a = world_router(w, 1), *b = world_router(w, 2), *c;
	bool changed = false;
	size_t len;
	uint8_t *kept;

	ospf_keep_watch(a->o, &changed);
	world_link(a, b);
	CU_ASSERT_TRUE(changed);
	for (int i = 0; i < 100 && a->o->n_adjoining == 0; i++)
		world_run(w, 1);
	CU_ASSERT_PTR_NULL(ospf_keep_save(a->o, &len));
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	kept = ospf_keep_save(a->o, &len);
	CU_ASSERT_PTR_NOT_NULL(kept);
	free(kept);
	changed = false;
	world_run(w, 20000);
	CU_ASSERT_FALSE(changed); /* Hellos are no change */
	c = world_router(w, 3);
	world_link(b, c);
	world_run(w, 3000);
	CU_ASSERT_TRUE(changed); /* by an LSA of b */
	changed = false;
	world_kill(b);
	world_run(w, 6000);
	CU_ASSERT_TRUE(changed);
	world_free(w);
}

/* Another router ID, and everything that is no such file: none of it does harm. */
static void
test_garbage(void)
{
	struct world *w = world_new(33);
	struct router *r[3];
	uint8_t *kept, *bad;
	size_t len;

	world_lan(w, r, 3);
	world_link(r[0], r[1]);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	world_run(w, 3000);
	kept = ospf_keep_save(r[0]->o, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
	bad = malloc(len);
	for (size_t cut = 0; cut < len; cut += 1 + cut / 16) {
		memcpy(bad, kept, cut);
		world_kill(r[0]);
		world_resume(r[0], bad, cut, 0);
		world_run(w, 50);
	}
	for (int i = 0; i < 300; i++) {
		memcpy(bad, kept, len);
		for (int k = 0; k < 1 + i % 4; k++)
			bad[world_random(w, (uint32_t)len)] ^= (uint8_t)(1 + world_random(w, 255));
		world_kill(r[0]);
		world_resume(r[0], bad, len, 0);
		world_run(w, 50);
	}
	world_kill(r[0]);
	world_run(w, 6000);
	world_resume(r[0], NULL, 0, 0);
	CU_ASSERT_TRUE(world_until(w, 60000, world_quiet));
	memcpy(bad, kept, len);
	bad[7] ^= 1; /* the router ID */
	world_kill(r[0]);
	world_resume(r[0], bad, len, 0);
	CU_ASSERT_PTR_NULL(r[0]->o->kept);
	free(bad);
	free(kept);
	world_free(w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_nobody_notices), CU_CASE(test_killed_twice), CU_CASE(test_sequence_numbers),
	CU_CASE(test_silent),
	CU_CASE(test_unwanted_is_flushed),
	CU_CASE(test_startup),
	CU_CASE(test_too_late), CU_CASE(test_not_in_the_midst), CU_CASE(test_garbage),
};

CU_MAIN("ospf_keep", cases)
