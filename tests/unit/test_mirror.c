/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mirror against a dataplane that only writes down the commands: what is sent, in which
 * order, and above all what is not. SAs: test_mirror_sas.c.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/mirror_fixture.h"

#define AT_ONCE 4096 /* commands that a turn sends */

static void
test_sync_order(void)
{
	struct mirror *m = fake_start();

	fake_name(m, &wish_full);
	CU_ASSERT_EQUAL(fake.n, 0); /* not attached: nothing goes out */
	CU_ASSERT_EQUAL(mirror_attach(m, 7), 0);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_SYNC_BEGIN);
	CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_SYNC_END);
	CU_ASSERT(fake_at(CHAN_CMD_PORT_SET) < fake_at(CHAN_CMD_IF_SET));
	CU_ASSERT(fake_at(CHAN_CMD_IF_SET) < fake_at(CHAN_CMD_NH_SET));
	CU_ASSERT(fake_at(CHAN_CMD_NH_SET) < fake_at(CHAN_CMD_TUN_SET));
	CU_ASSERT(fake_at(CHAN_CMD_TUN_SET) < fake_at(CHAN_CMD_ROUTE_SET));
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_NH_SET), 4);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 4);
	for (unsigned int i = (unsigned int)fake_at(CHAN_CMD_TUN_SET) + 1; i < fake.n; i++)
		if (fake.cmd[i].op == CHAN_CMD_NH_SET)
			CU_ASSERT_EQUAL(fake.cmd[i].u.nh.type, CHAN_NH_TUN);
	CU_ASSERT_EQUAL(fake.n_synced, 0);
	fake_answer(m, -1, 0);
	CU_ASSERT_EQUAL(fake.n_synced, 1);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	mirror_free(m);
}

/* Policies come before and go after everything that could be routed without them. */
static void
test_policies(void)
{
	struct chan_policy p[2] = { { .priority = 1, .dst = 0x0a000000, .dst_len = 8 },
		{ .priority = 2, .dst = 0x0b000000, .dst_len = 8 } };
	struct mirror *m = fake_start();
	uint32_t id;

	fake_name(m, &wish_full);
	mirror_policy(m, 111, &p[0]);
	mirror_policy(m, 222, &p[1]);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_POLICY_SET), 2);
	CU_ASSERT(fake_at(CHAN_CMD_POLICY_SET) < fake_at(CHAN_CMD_IF_SET));
	id = mirror_policy_id(m, 111);
	CU_ASSERT_NOT_EQUAL(id, mirror_policy_id(m, 222));
	CU_ASSERT_EQUAL(mirror_policy_id(m, 333), CHAN_NONE);
	fake_forget(m);
	mirror_begin(m); /* one goes, with all the rest; one changes */
	p[0].priority = 9;
	mirror_policy(m, 111, &p[0]);
	mirror_commit(m);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_POLICY_SET), 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_POLICY_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.policy.policy_id, id);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_POLICY_DEL), 1);
	CU_ASSERT(fake_at(CHAN_CMD_ROUTE_DEL) < fake_at(CHAN_CMD_POLICY_DEL));
	CU_ASSERT(fake_at(CHAN_CMD_TUN_DEL) < fake_at(CHAN_CMD_POLICY_DEL));
	CU_ASSERT(fake_at(CHAN_CMD_IF_DEL) < fake_at(CHAN_CMD_POLICY_DEL));
	mirror_free(m);
	/* A control plane that starts anew gives the same id. */
	m = fake_start();
	mirror_policy(m, 222, &p[1]);
	mirror_policy(m, 111, &p[0]);
	CU_ASSERT_EQUAL(mirror_policy_id(m, 111), id);
	mirror_free(m);
}

static void
test_identical_sends_nothing(void)
{
	struct mirror *m = fake_start();
	struct wish g = wish_full;

	g.group = true;
	fake_name(m, &g);
	mirror_attach(m, 7);
	fake_forget(m);
	for (int i = 0; i < 3; i++)
		fake_name(m, &g);
	mirror_flush(m);
	mirror_retry(m);
	CU_ASSERT_EQUAL(fake.n, 0);
	mirror_free(m);
}

static void
test_change_touches_only_its_own(void)
{
	struct mirror *m = fake_start();
	struct wish w = wish_full;

	fake_name(m, &w);
	mirror_attach(m, 7);
	fake_forget(m);
	w.mtu = 1380;
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_TUN_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun.mtu, 1380);
	fake_forget(m);
	w.mac = mac2; /* the gateway has another MAC: one next hop, nothing else */
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_NH_SET);
	CU_ASSERT_EQUAL(memcmp(fake.cmd[0].u.nh.mac, mac2, 6), 0);
	fake_forget(m);
	mirror_nh_adj(m, mirror_if_id(m, 0, 0), GW, NULL); /* single objects work alike */
	mirror_flush(m);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].u.nh.resolved, 0);
	mirror_free(m);
}

static void
test_delete_order(void)
{
	struct mirror *m = fake_start();
	struct wish w = wish_full;

	fake_name(m, &w);
	mirror_attach(m, 7);
	fake_forget(m);
	w.tunnel = false;
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.n, 3);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_ROUTE_DEL);
	CU_ASSERT_EQUAL(fake.cmd[0].u.route.prefix, 0x0a000000);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_NH_DEL);
	CU_ASSERT_EQUAL(fake.cmd[2].op, CHAN_CMD_TUN_DEL);
	fake_forget(m);
	/* A route moves from a next hop to a group and back: set before the old is deleted. */
	w.group = true;
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.n, 3);
	CU_ASSERT(fake_at(CHAN_CMD_NHG_SET) < fake_at(CHAN_CMD_ROUTE_SET));
	CU_ASSERT_EQUAL(fake.cmd[fake_at(CHAN_CMD_ROUTE_SET)].u.route.is_group, 1);
	fake_forget(m);
	w.group = false;
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_ROUTE_SET);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_NHG_DEL);
	CU_ASSERT_EQUAL(fake.cmd[2].op, CHAN_CMD_NH_DEL);
	mirror_free(m);
}

/* Nothing may fall to a less specific route while routes come or go. */
static void
test_specific_routes_first(void)
{
	struct mirror *m = fake_start();
	struct wish w = wish_full;
	unsigned int last = 33;

	fake_name(m, &w);
	mirror_attach(m, 7);
	for (unsigned int i = 0; i < fake.n; i++) {
		if (fake.cmd[i].op != CHAN_CMD_ROUTE_SET)
			continue;
		CU_ASSERT(fake.cmd[i].u.route.len <= last);
		last = fake.cmd[i].u.route.len;
	}
	CU_ASSERT_EQUAL(last, 0);
	fake_forget(m);
	mirror_begin(m);
	mirror_commit(m);
	for (unsigned int i = last = 0; i < fake.n; i++) {
		if (fake.cmd[i].op != CHAN_CMD_ROUTE_DEL)
			continue;
		CU_ASSERT(fake.cmd[i].u.route.len >= last);
		last = fake.cmd[i].u.route.len;
	}
	CU_ASSERT_EQUAL(last, 32);
	mirror_free(m);
}

static void
test_ids_are_stable(void)
{
	struct mirror *a = fake_start(), *b;
	uint32_t first[3], tun;

	tun = fake_name(a, &wish_full);
	first[0] = mirror_nh_adj(a, mirror_if_id(a, 0, 0), GW, mac1);
	first[1] = mirror_nh_glean(a, mirror_if_id(a, 0, 0));
	first[2] = mirror_nh_tun(a, tun);
	/* Another control plane that names things in another order, and more of them. */
	b = fake_start();
	CU_ASSERT_EQUAL(mirror_tun_reserve(b, tun, COOKIE), 0);
	CU_ASSERT_EQUAL(mirror_tun_reserve(b, tun, COOKIE + 1), -EBUSY);
	CU_ASSERT_NOT_EQUAL(mirror_tun_id(b, COOKIE + 1), tun);
	CU_ASSERT_EQUAL(mirror_tun_id(b, COOKIE), tun);
	CU_ASSERT_EQUAL(mirror_nh_tun(b, tun), first[2]);
	CU_ASSERT_EQUAL(mirror_nh_glean(b, mirror_if_id(b, 0, 0)), first[1]);
	CU_ASSERT_EQUAL(mirror_nh_adj(b, mirror_if_id(b, 0, 0), GW, NULL), first[0]);
	CU_ASSERT_EQUAL(mirror_if_id(b, 0, 0), mirror_if_id(a, 0, 0));
	CU_ASSERT_NOT_EQUAL(mirror_if_id(b, 0, 100), mirror_if_id(b, 1, 0));
	/* The next hop into a tunnel has its id; no other next hop may ever have that. */
	CU_ASSERT_EQUAL(first[2], tun);
	CU_ASSERT(first[0] >= fake_limits.max_tunnels && first[1] >= fake_limits.max_tunnels);
	mirror_free(a);
	mirror_free(b);
}

static void
test_ids_run_out(void)
{
	struct mirror *m = fake_start();
	uint32_t i, n = 0;

	mirror_begin(m);
	for (i = 0; i < 300; i++)
		n += mirror_nh_adj(m, 0, GW + i, mac1) != CHAN_NONE;
	CU_ASSERT_EQUAL(n, fake_limits.max_nhs - fake_limits.max_tunnels);
	for (i = n = 0; i < 100; i++)
		n += mirror_tun_id(m, COOKIE + i) != CHAN_NONE;
	CU_ASSERT_EQUAL(n, fake_limits.max_tunnels);
	mirror_commit(m);
	/* All given back: nothing was named. */
	mirror_begin(m);
	mirror_commit(m);
	for (i = n = 0; i < 100; i++)
		n += mirror_tun_id(m, COOKIE + i) != CHAN_NONE;
	CU_ASSERT_EQUAL(n, fake_limits.max_tunnels);
	mirror_free(m);
}

/* A sync that does not fit at once must not end, and sweep, before everything was named. */
static void
test_sync_without_room(void)
{
	for (unsigned int room = 1; room < 12; room++) {
		struct mirror *m = fake_start();
		unsigned int laps = 0;

		fake_name(m, &wish_full);
		fake.room = room;
		CU_ASSERT_EQUAL(mirror_attach(m, 7), 0);
		while (mirror_syncing(m) && laps++ < 60) {
			CU_ASSERT_EQUAL(fake_at(CHAN_CMD_SYNC_END), -1);
			fake.room = fake.n + room;
			if (laps % 2 == 0)
				mirror_retry(m);
			fake_answer(m, -1, 0); /* the last answer sends on by itself */
		}
		CU_ASSERT_FALSE(mirror_syncing(m));
		CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_SYNC_END);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SYNC_BEGIN), 1);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SYNC_END), 1);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_NH_SET), 4);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 4);
		fake.room = 0;
		fake_answer(m, -1, 0);
		CU_ASSERT_EQUAL(fake.n_synced, 1);
		CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
		mirror_free(m);
	}
}

/* Thousands of commands: some thousand in a turn, the others when those have been answered, all in
 * the order in which they would have gone at once. */
static void
test_too_much_for_a_turn(void)
{
	struct mirror *m = fake_start();
	uint8_t len = 32;

	mirror_begin(m);
	for (uint32_t i = 0; i < 10000; i++)
		mirror_route(m, i << 12, (uint8_t)(20 + i % 13), false, mirror_nh_drop(m));
	mirror_commit(m);
	CU_ASSERT_EQUAL(mirror_attach(m, 1), 0);
	CU_ASSERT_EQUAL(fake.n, AT_ONCE + 1); /* SYNC_BEGIN */
	CU_ASSERT_TRUE(mirror_syncing(m));
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	/* What must be there before something else is sent in full. */
	mirror_sa_out(m, 1, 5);
	CU_ASSERT_EQUAL(fake_at(CHAN_CMD_TUN_SA_OUT), (int)fake.n - 2);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 10000);
	CU_ASSERT_FALSE(mirror_syncing(m));
	fake_forget(m);
	CU_ASSERT_EQUAL(fake.n_synced, 1);
	/* The same again, with nothing but answers. */
	CU_ASSERT_EQUAL(mirror_attach(m, 1), 0);
	CU_ASSERT_EQUAL(fake.n, AT_ONCE + 1);
	fake_answer(m, -1, 0);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 10000);
	CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_SYNC_END);
	CU_ASSERT_EQUAL(fake.n_synced, 2);
	for (unsigned int i = 0; i < fake.n; i++) {
		if (fake.cmd[i].op != CHAN_CMD_ROUTE_SET)
			continue;
		CU_ASSERT_TRUE(fake.cmd[i].u.route.len <= len);
		len = fake.cmd[i].u.route.len;
	}
	/* Deletions, too, and they may not overtake. */
	fake.n = fake.n_answered = 0;
	mirror_begin(m);
	mirror_commit(m);
	CU_ASSERT_EQUAL(fake.n, AT_ONCE);
	fake_answer(m, -1, 0);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_DEL), 10000);
	CU_ASSERT_EQUAL(fake_at(CHAN_CMD_NH_DEL), (int)fake.n - 1);
	/* An attachment that ends in the middle leaves nothing behind. */
	fake_forget(m);
	mirror_begin(m);
	for (uint32_t i = 0; i < 10000; i++)
		mirror_route(m, i << 12, 20, false, mirror_nh_drop(m));
	mirror_commit(m);
	mirror_detach(m);
	fake.n = fake.n_answered = 0;
	CU_ASSERT_EQUAL(mirror_attach(m, 2), 0);
	fake_answer(m, -1, 0);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 10000);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SYNC_END), 1);
	mirror_free(m);
}

/* Many routes through one neighbour or, when that fails, another. */
static void
name_many(struct mirror *m, uint32_t n, uint32_t way)
{
	uint32_t ids[2];

	mirror_begin(m);
	ids[0] = mirror_nh_adj(m, 0, GW, mac1);
	ids[1] = mirror_nh_adj(m, 0, GW + 1, mac2);
	for (uint32_t i = 0; i < n; i++)
		mirror_route(m, 0x0a000000 + (i << 8), 24, true,
				mirror_nhg_named(m, 77, &ids[way], 1, CHAN_NONE));
	mirror_commit(m);
}

/* What fails moves all routes that knew another way by one command. */
static void
test_named_group(void)
{
	struct mirror *m = fake_start();
	uint32_t ids[2] = { 64, 65 }, group;

	CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &ids[0], 1, CHAN_NONE), CHAN_NONE);
	mirror_nhg_ones(m);
	name_many(m, 100, 0);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 100);
	fake_forget(m);
	name_many(m, 100, 1);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_NHG_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.nhg.n, 1);
	fake_forget(m);
	name_many(m, 100, 1);
	CU_ASSERT_EQUAL(fake.n, 0);
	/* A prefix that cannot go the way of the others has no part in their group. */
	mirror_begin(m);
	group = mirror_nhg_named(m, 77, &ids[0], 1, CHAN_NONE);
	CU_ASSERT_NOT_EQUAL(group, CHAN_NONE);
	CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &ids[0], 1, CHAN_NONE), group);
	CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &ids[1], 1, CHAN_NONE), CHAN_NONE);
	CU_ASSERT_NOT_EQUAL(mirror_nhg_named(m, 78, &ids[1], 1, CHAN_NONE), CHAN_NONE);
	mirror_commit(m);
	mirror_free(m);
}

/* The routes of both families that lead one way share a group, and move together. */
static void
test_named_group6(void)
{
	struct ip6_prefix p = { .addr = { { 0x20, 0x01, 0x0d, 0xb8 } }, .len = 48 };
	struct mirror *m = fake_start();

	mirror_nhg_ones(m);
	mirror_attach(m, 7);
	for (uint32_t way = 0; way < 2; way++) {
		uint32_t id, group;

		fake_forget(m);
		mirror_begin(m);
		id = mirror_nh_adj(m, 0, GW + way, mac1);
		for (uint8_t i = 0; i < 50; i++) {
			p.addr.b[5] = i;
			group = mirror_nhg_named(m, 77, &id, 1, mirror_route6_group(m, &p));
			mirror_route6(m, &p, true, group);
			CU_ASSERT_EQUAL(mirror_route6_group(m, &p), group);
			CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &id, 1,
					mirror_route_group(m, 0x0a000000, 24)), group);
			mirror_route(m, 0x0a000000, 24, true, group);
		}
		CU_ASSERT_EQUAL(mirror_nhg_name(m, group), 77);
		CU_ASSERT_EQUAL(mirror_nhg_users(m, group), 51);
		mirror_commit(m);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_NHG_SET), 1);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE6_SET), way == 0 ? 50 : 0);
		CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), way == 0 ? 1 : 0);
	}
	mirror_free(m);
}

static const struct cu_case cases[] = {
	CU_CASE(test_named_group6),
	CU_CASE(test_named_group),
	CU_CASE(test_sync_order),
	CU_CASE(test_policies),
	CU_CASE(test_identical_sends_nothing),
	CU_CASE(test_change_touches_only_its_own),
	CU_CASE(test_delete_order),
	CU_CASE(test_specific_routes_first),
	CU_CASE(test_ids_are_stable),
	CU_CASE(test_ids_run_out),
	CU_CASE(test_sync_without_room),
	CU_CASE(test_too_much_for_a_turn),
};

CU_MAIN("mirror", cases)
