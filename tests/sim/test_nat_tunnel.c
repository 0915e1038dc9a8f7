/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnel mode between two hosts past a NAT: the header inside has the addresses that a stock peer
 * has for itself and for us.
 *
 *	A 10.0.0.1 ---- NAT 203.0.113.9 ---- B 10.0.0.2
 */
#include "controlplane/ike/ike_int.h"
#include "tests/sim/nat.h"
#include "tests/unit/cu.h"

static struct ike_ts_list
hosts(uint8_t proto, uint32_t lo, uint32_t hi)
{
	return (struct ike_ts_list){ .n = 1,
		.ts = { { .proto = proto, .port_hi = UINT16_MAX, .addr = ip_range4(lo, hi) } } };
}

static void
configure_hub(struct sim *s, uint32_t remote)
{
	struct ike_peer_cfg b = nat_hub();

	b.transport = false;
	b.remote = remote;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
}

/* A behind NAT, up in tunnel mode. The hub knows it at @remote, 0: by its identity alone, and keeps
 * its SAs over a restart. */
static struct sim *
tunnelled(uint64_t seed, uint32_t remote)
{
	struct ike_peer_cfg a = nat_branch();
	struct sim *s = sim_new(seed, NULL);

	s->n[B].keeps = true;
	sim_crash(s, B);
	a.transport = false;
	sim_nat_flush(s);
	configure_hub(s, remote);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	return s;
}

/* What both go by inside is A's own address, and both have agreed to that. */
static bool
private_inside(struct sim *s)
{
	const struct sim_sa *a = sim_out(&s->n[A]), *b = sim_out(&s->n[B]);
	const struct ike_child *c = ike_child_find(s->n[B].e, s->n[B].out_id);

	return nat_both_in_udp(s) && a->tunnel && b->tunnel && a->inner_remote == SIM_ADDR(B) &&
	       b->inner_remote == SIM_ADDR(A) && c != NULL &&
	       ip_range_host4(&c->ts_remote.ts[0].addr) == SIM_ADDR(A);
}

static void
rekey_twice(struct sim *s, int by)
{
	for (int i = 0; i < 2; i++) {
		uint64_t before = s->n[B].out_id;

		ike_child_rekey(s->n[by].e, s->n[by].out_id, false, s->now);
		sim_run(s, 8000);
		CU_ASSERT_NOT_EQUAL(s->n[B].out_id, before);
		CU_ASSERT_TRUE(private_inside(s));
	}
}

static void
tunnel_mode_goes_by_the_private_address(void)
{
	for (int by = A; by <= B; by++) {
		struct sim *s = tunnelled(60 + (uint64_t)by, 0);

		CU_ASSERT_TRUE(private_inside(s));
		s->data_ms = 50;
		rekey_twice(s, by);
		ike_sa_rekey(s->n[by].e, "peer", s->now);
		CU_ASSERT_TRUE(sim_until(s, nat_ike_rekeyed, 5000));
		rekey_twice(s, by);
		/* Another process of the hub knows it still. */
		sim_restart(s, B);
		configure_hub(s, 0);
		sim_run(s, 1000);
		CU_ASSERT_EQUAL(sim_counter(s, B, "peers_restored"), 1);
		rekey_twice(s, by);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* No Child SA is left: the hub makes another one, and still knows what to offer. */
static void
the_hub_remembers_the_private_address(void)
{
	struct sim *s = tunnelled(62, SIM_NAT);
	struct ike_peer_cfg *a = &ike_child_find(s->n[A].e, s->n[A].out_id)->peer->cfg;
	uint64_t old = s->n[B].out_id;

	a->initiate = a->may_initiate = false;
	ike_child_delete(ike_child_find(s->n[B].e, old));
	ike_settle(s->n[B].e);
	sim_run(s, 1000);
	ike_peer_acquire(s->n[B].e, 7, s->now);
	CU_ASSERT_TRUE(sim_until(s, private_inside, UP_MS));
	CU_ASSERT_NOT_EQUAL(s->n[B].out_id, old);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/*
 * A, behind the NAT, is the hub here: B has its outer address for it, as a stock peer would, whose
 * selectors are a host each. A calls, and may not know that address, or B does.
 */
static struct sim *
known_by_outer_address(uint64_t seed, int caller, uint32_t b_has_for_a)
{
	struct ike_peer_cfg a = nat_branch(), b = nat_hub();
	struct sim *s = sim_new(seed, NULL);

	s->n[A].keeps = true;
	sim_crash(s, A);
	a.transport = b.transport = false;
	b.ts_local = hosts(47, SIM_ADDR(B), SIM_ADDR(B));
	b.ts_remote = hosts(47, b_has_for_a, b_has_for_a);
	a.initiate = a.may_initiate = caller == A;
	if (caller == B) {
		b.remote = SIM_NAT;
		b.initiate = true;
	}
	sim_nat_flush(s);
	s->nat_port[0] = 500; /* one to one: either may call */
	s->nat_port[1] = 4500;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	return s;
}

static bool
outer_inside(struct sim *s, uint32_t local)
{
	const struct sim_sa *a = sim_out(&s->n[A]);
	const struct ike_child *c = ike_child_find(s->n[A].e, s->n[A].out_id);

	return nat_both_in_udp(s) && a->tunnel && a->inner_remote == SIM_ADDR(B) &&
	       a->inner_local == local && c != NULL && c->ts_local.n == 1 &&
	       c->ts_remote.n == 1 &&
	       ip_range_host4(&c->ts_local.ts[0].addr) == (local != 0 ? local : SIM_ADDR(A));
}

static void
rekey_outer(struct sim *s, int by, uint32_t local)
{
	uint64_t before = s->n[A].out_id;

	ike_child_rekey(s->n[by].e, s->n[by].out_id, false, s->now);
	sim_run(s, 8000);
	CU_ASSERT_NOT_EQUAL(s->n[A].out_id, before);
	CU_ASSERT_TRUE(outer_inside(s, local));
}

static void
tunnel_mode_goes_by_the_outer_address(void)
{
	struct ike_peer_cfg a;
	struct sim *s;

	for (int caller = A; caller <= B; caller++) {
		s = known_by_outer_address(80 + (uint64_t)caller, caller, SIM_NAT);
		CU_ASSERT_TRUE(outer_inside(s, SIM_NAT));
		s->data_ms = 50;
		rekey_outer(s, A, SIM_NAT);
		rekey_outer(s, B, SIM_NAT);
		/* Another process knows it still, from the Child SA. */
		a = ike_child_find(s->n[A].e, s->n[A].out_id)->peer->cfg;
		sim_restart(s, A);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		sim_run(s, 1000);
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_restored"), 1);
		CU_ASSERT_TRUE(outer_inside(s, SIM_NAT));
		rekey_outer(s, A, SIM_NAT);
		rekey_outer(s, B, SIM_NAT);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* A peer that is told the private address has that inside, whoever calls. */
static void
the_own_address_comes_first(void)
{
	for (int caller = A; caller <= B; caller++) {
		struct sim *s = known_by_outer_address(84 + (uint64_t)caller, caller, SIM_ADDR(A));

		CU_ASSERT_TRUE(outer_inside(s, 0));
		rekey_outer(s, A, 0);
		rekey_outer(s, B, 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* It may choose any one host, and no networks. */
static void
what_a_peer_may_choose_of_any(void)
{
	const struct {
		struct ike_ts_list ts;
		bool up;
	} rows[] = {
		{ hosts(47, 0xc0a80107, 0xc0a80107), true },
		{ hosts(0, 0xc0a80107, 0xc0a80107), true },
		{ hosts(47, 0, UINT32_MAX), true }, /* ours is in it */
		{ hosts(17, 0xc0a80107, 0xc0a80107), false },
		{ hosts(47, 0xc0a80107, 0xc0a80108), false },
		{ hosts(47, 0xe0000005, 0xe0000005), false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_peer_cfg a = nat_branch(), b = nat_hub();
		struct sim *s = sim_new(90 + i, NULL);

		a.transport = b.transport = false;
		b.ts_local = hosts(47, SIM_ADDR(B), SIM_ADDR(B));
		b.ts_remote = rows[i].ts;
		sim_nat_flush(s);
		nat_set_pair(s, &a, &b);
		sim_run(s, 2000);
		CU_ASSERT_EQUAL(s->n[A].state == IKE_PEER_ESTABLISHED, rows[i].up);
		if (rows[i].up)
			CU_ASSERT_EQUAL(sim_out(&s->n[A])->inner_local, i < 2 ? 0xc0a80107 : 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* One address that a host can have, of our protocol. A calls itself what @ts says. */
static void
what_a_peer_behind_nat_may_call_itself(void)
{
	const struct {
		struct ike_ts_list ts;
		bool taken;
	} rows[] = {
		{ hosts(47, 0xc0a80107, 0xc0a80107), true },
		{ hosts(0, 0xc0a80107, 0xc0a80107), true },
		{ hosts(17, 0xc0a80107, 0xc0a80107), false },
		{ hosts(47, 0xc0a80107, 0xc0a80108), false },
		{ hosts(47, 0xe0000005, 0xe0000005), false },
		{ hosts(47, SIM_ADDR(B), SIM_ADDR(B)), false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_peer_cfg a = nat_branch(), b = nat_hub();
		struct sim *s = sim_new(70 + i, NULL);

		a.transport = b.transport = false;
		a.ts_local = rows[i].ts;
		a.ts_remote = hosts(47, SIM_ADDR(B), SIM_ADDR(B));
		sim_nat_flush(s);
		nat_set_pair(s, &a, &b);
		CU_ASSERT_EQUAL(sim_until(s, sim_both_up, 2000), rows[i].taken);
		if (rows[i].taken)
			CU_ASSERT_EQUAL(sim_out(&s->n[B])->inner_remote, 0xc0a80107);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* Another address is another selector: not by a rekey. */
static void
a_rekey_keeps_the_private_address(void)
{
	struct sim *s = tunnelled(63, 0);
	struct ike_peer_cfg *a = &ike_child_find(s->n[A].e, s->n[A].out_id)->peer->cfg;
	uint64_t before = s->n[B].out_id;

	a->ts_local = hosts(47, 0xc0a80107, 0xc0a80107);
	a->ts_remote = hosts(47, SIM_ADDR(B), SIM_ADDR(B));
	ike_child_rekey(s->n[A].e, s->n[A].out_id, false, s->now);
	sim_run(s, 3000);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_traffic_selectors"), 1);
	CU_ASSERT_EQUAL(s->n[B].out_id, before);
	CU_ASSERT_TRUE(private_inside(s));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(tunnel_mode_goes_by_the_private_address),
	CU_CASE(the_hub_remembers_the_private_address),
	CU_CASE(tunnel_mode_goes_by_the_outer_address),
	CU_CASE(the_own_address_comes_first),
	CU_CASE(what_a_peer_may_choose_of_any),
	CU_CASE(what_a_peer_behind_nat_may_call_itself),
	CU_CASE(a_rekey_keeps_the_private_address),
};

CU_MAIN("nat_tunnel", cases)
