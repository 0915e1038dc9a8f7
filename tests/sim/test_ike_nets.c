/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv2 between two gateways with several pairs of networks, each with Child SAs of its own: a head
 * and its members (ike_nets.c), one IKE SA for all of them.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000
#define PAIRS 3

static const char *const names[PAIRS + 1] = { "net", "net/1", "net/2", "net/3" };

/* 10.NN.0.0/16 behind A, 10.(100 + NN).0.0/16 behind B. */
static struct ike_ts_list
net(unsigned int n)
{
	return (struct ike_ts_list){ .n = 1,
		.ts = { { .port_hi = UINT16_MAX,
				.addr = ip_range4(0x0a000000u | n << 16, 0x0a00ffffu | n << 16) } } };
}

static struct ike_peer_cfg
pair_cfg(int i, unsigned int pair)
{
	struct ike_peer_cfg c = sim_cfg(i);

	snprintf(c.name, sizeof(c.name), "%s", names[pair]);
	if (pair != 0)
		snprintf(c.head, sizeof(c.head), "%s", names[0]);
	c.transport = false;
	c.ts_proto = 0;
	c.tun_id = 7 + pair;
	c.ts_local = net(i == A ? pair : 100 + pair);
	c.ts_remote = net(i == A ? 100 + pair : pair);
	c.child_life_s = 0;
	return c;
}

/* A gateway that takes all in one Child SA. */
static struct ike_peer_cfg
wide_cfg(int i)
{
	struct ike_peer_cfg c = pair_cfg(i, 0);

	for (unsigned int n = 1; n < PAIRS; n++) {
		c.ts_local.ts[c.ts_local.n++] = net(i == A ? n : 100 + n).ts[0];
		c.ts_remote.ts[c.ts_remote.n++] = net(i == A ? 100 + n : n).ts[0];
	}
	return c;
}

static void
set(struct sim *s, int i, unsigned int pair, bool initiate)
{
	struct ike_peer_cfg c = pair_cfg(i, pair);

	c.initiate = initiate;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[i].e, &c, s->now), 0);
}

/* The Child SA that node @i sends with for a pair. */
static bool
current(struct sim *s, int i, unsigned int pair, struct ike_child_show *out)
{
	struct ike_sa_show sa;

	if (!ike_peer_sa_show(s->n[i].e, names[pair], s->now, &sa))
		return false;
	for (int k = 0; k < sa.n_children; k++)
		if (sa.children[k].current) {
			*out = sa.children[k];
			return true;
		}
	return false;
}

/* Both ends send by the same pair of SAs, for the pair's networks. */
static bool
pair_up(struct sim *s, unsigned int pair)
{
	struct ike_ts_list here = net(pair), there = net(100 + pair);
	struct ike_child_show a, b;

	return current(s, A, pair, &a) && current(s, B, pair, &b) && a.spi_in == b.spi_out &&
	       b.spi_in == a.spi_out && a.tun_id == 7 + pair && b.tun_id == 7 + pair &&
	       ike_ts_same(&a.ts_local, &here) && ike_ts_same(&b.ts_local, &there) &&
	       ike_ts_same(&a.ts_remote, &there) && ike_ts_same(&b.ts_remote, &here);
}

static bool
all_up(struct sim *s)
{
	for (unsigned int i = 0; i < PAIRS; i++)
		if (!pair_up(s, i))
			return false;
	return true;
}

static struct sim *
world(uint64_t seed)
{
	struct sim *s = sim_new(seed, NULL);

	for (unsigned int i = 0; i < PAIRS; i++)
		set(s, B, i, false);
	for (unsigned int i = 0; i < PAIRS; i++)
		set(s, A, i, true);
	return s;
}

static struct sim *
up(uint64_t seed)
{
	struct sim *s = world(seed);

	CU_ASSERT_TRUE_FATAL(sim_until(s, all_up, UP_MS));
	sim_run(s, 5000);
	return s;
}

static void
check_tidy(struct sim *s, unsigned int pairs)
{
	for (int i = A; i <= B; i++) {
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), (int)pairs);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, NULL), 1);
	}
}

static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- one gateway ---------------------------------------------------------------------------- */

/* IKE_SA_INIT, IKE_AUTH with the first pair, and a CREATE_CHILD_SA for each of the others. */
static void
one_ike_sa_and_a_child_sa_each(void)
{
	struct sim *s = up(1);

	CU_ASSERT_EQUAL(s->n_ike[A], 2 + PAIRS - 1);
	CU_ASSERT_EQUAL(s->n_ike[B], 2 + PAIRS - 1);
	check_tidy(s, PAIRS);
	close_clean(s);
}

/* Both ends call for all; over a wire that loses, repeats and reorders. */
static void
over_a_bad_wire(void)
{
	for (uint64_t seed = 0; seed < 80; seed++) {
		struct sim *s = sim_new(100 + seed, NULL);

		s->loss_percent = 15;
		s->repeat_percent = 10;
		s->jitter_ms = 50;
		for (unsigned int i = 0; i < PAIRS; i++)
			for (int k = A; k <= B; k++)
				set(s, k, i, k == A || seed % 2);
		CU_ASSERT_TRUE(sim_until(s, all_up, 10 * UP_MS));
		s->loss_percent = s->repeat_percent = 0;
		sim_run(s, 180000);
		CU_ASSERT_TRUE(all_up(s));
		check_tidy(s, PAIRS);
		close_clean(s);
	}
}

static void
each_is_rekeyed_by_itself(void)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = up(2);
		struct ike_child_show old[PAIRS], now;

		for (unsigned int i = 0; i < PAIRS; i++)
			CU_ASSERT_TRUE_FATAL(current(s, who, i, &old[i]));
		ike_child_rekey(s->n[who].e, old[1].id, false, s->now);
		ike_child_rekey(s->n[who].e, old[2].id, false, s->now);
		sim_run(s, 70000);
		CU_ASSERT_TRUE(all_up(s));
		for (unsigned int i = 0; i < PAIRS; i++) {
			CU_ASSERT_TRUE_FATAL(current(s, who, i, &now));
			CU_ASSERT_EQUAL(now.spi_in == old[i].spi_in, i == 0);
		}
		check_tidy(s, PAIRS);
		close_clean(s);
	}
}

/* Both ends rekey all they have at once, and the IKE SA, over a bad wire. */
static void
all_is_rekeyed_at_once(void)
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct sim *s = up(500 + seed);
		struct ike_child_show c;

		s->loss_percent = 10;
		s->jitter_ms = 40;
		for (unsigned int i = 0; i < PAIRS; i++)
			for (int k = A; k <= B; k++) {
				CU_ASSERT_TRUE_FATAL(current(s, k, i, &c));
				ike_child_rekey(s->n[k].e, c.id, false, s->now);
			}
		ike_sa_rekey(s->n[seed % 2].e, names[seed % PAIRS], s->now);
		sim_run(s, 60000);
		s->loss_percent = 0;
		sim_run(s, 120000);
		CU_ASSERT_TRUE(all_up(s));
		check_tidy(s, PAIRS);
		close_clean(s);
	}
}

/* A member goes and comes; then the first policy does, in whose place another one stands. */
static void
one_goes_and_comes(void)
{
	for (unsigned int gone = 1; gone < PAIRS; gone++) {
		struct sim *s = up(3);
		struct ike_child_show old[PAIRS], now;
		unsigned int sent = s->n_ike[A];

		for (unsigned int i = 0; i < PAIRS; i++)
			CU_ASSERT_TRUE_FATAL(current(s, A, i, &old[i]));
		ike_peer_del(s->n[A].e, names[gone], s->now);
		sim_run(s, 2000);
		CU_ASSERT_EQUAL(s->n_ike[A], sent + 1); /* DELETE of its Child SA, no more */
		check_tidy(s, PAIRS - 1);
		set(s, A, gone, true);
		CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
		sim_run(s, 5000);
		for (unsigned int i = 0; i < PAIRS; i++) {
			CU_ASSERT_TRUE_FATAL(current(s, A, i, &now));
			CU_ASSERT_EQUAL(now.spi_in == old[i].spi_in, i != gone);
		}
		check_tidy(s, PAIRS);
		ike_peer_del(s->n[A].e, names[0], s->now); /* and the IKE SA with it */
		sim_run(s, 40000);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
		set(s, A, 0, true); /* finds its members */
		CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
		close_clean(s);
	}
}

/* At any moment, while keys are calculated, while its request or the answer is on the way. */
static void
one_goes_in_the_middle(void)
{
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct sim *s = sim_new(2000 + seed, NULL);
		int who = (int)(seed % 2);

		s->job_delay_ms = 20;
		for (unsigned int i = 0; i < PAIRS; i++)
			for (int k = B; k >= A; k--) {
				struct ike_peer_cfg c = pair_cfg(k, i);

				c.esp_proposals[0].group[0] = IKE_GROUP_X25519;
				c.esp_proposals[0].n_group = 1;
				c.initiate = k == A;
				CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[k].e, &c, s->now), 0);
			}
		sim_run(s, 30 + seed);
		ike_peer_del(s->n[who].e, names[1 + seed / 2 % 2], s->now);
		sim_run(s, 60000);
		CU_ASSERT_TRUE(pair_up(s, 0) && pair_up(s, 2 - seed / 2 % 2));
		check_tidy(s, PAIRS - 1);
		close_clean(s);
	}
}

static void
the_first_has_other_networks(void)
{
	struct sim *s = up(9);
	struct ike_peer_cfg a = pair_cfg(A, 0), b = pair_cfg(B, 0);
	struct ike_child_show old, now;
	uint64_t spi = sim_sa(s, A).spi_i;

	CU_ASSERT_TRUE_FATAL(current(s, A, 2, &old));
	a.ts_local = b.ts_remote = net(50);
	a.initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 20000);
	CU_ASSERT_TRUE_FATAL(current(s, A, 0, &now));
	CU_ASSERT_TRUE(ike_ts_same(&now.ts_local, &a.ts_local));
	CU_ASSERT_TRUE_FATAL(current(s, A, 2, &now));
	CU_ASSERT_EQUAL(now.spi_in, old.spi_in);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi);
	check_tidy(s, PAIRS);
	close_clean(s);
}

static void
dead_is_dead_for_all(void)
{
	struct sim *s = sim_new(4, NULL);

	for (unsigned int i = 0; i < PAIRS; i++) {
		struct ike_peer_cfg c = pair_cfg(A, i);

		set(s, B, i, false);
		c.initiate = true;
		c.dpd_interval_s = 10;
		c.dpd_retry_s = 3;
		c.dpd_count = 3;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
	}
	CU_ASSERT_TRUE_FATAL(sim_until(s, all_up, UP_MS));
	s->loss_percent = 100;
	sim_run(s, 30000);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
	s->loss_percent = 0;
	CU_ASSERT_TRUE(sim_until(s, all_up, 2 * UP_MS));
	sim_run(s, 60000);
	check_tidy(s, PAIRS);
	close_clean(s);
}

/* All, by the head's name; or one alone, by its own. */
static void
cleared(void)
{
	for (int what = 0; what < 3; what++) {
		struct sim *s = up(5);
		struct ike_child_show old[PAIRS], now;

		for (unsigned int i = 0; i < PAIRS; i++)
			CU_ASSERT_TRUE_FATAL(current(s, A, i, &old[i]));
		ike_peer_clear(s->n[A].e, what == 0 ? NULL : names[what - 1], s->now);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), what == 2 ? PAIRS - 1 : 0);
		CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
		sim_run(s, 45000); /* what is over is remembered for a while */
		for (unsigned int i = 0; i < PAIRS; i++) {
			CU_ASSERT_TRUE_FATAL(current(s, A, i, &now));
			CU_ASSERT_EQUAL(now.spi_in == old[i].spi_in, what == 2 && i != 1);
		}
		check_tidy(s, PAIRS);
		close_clean(s);
	}
}

/* Authenticated anew: the old IKE SA goes when all have Child SAs under the new one. */
static bool
nobody_is_without(struct sim *s)
{
	for (unsigned int i = 0; i < PAIRS; i++) {
		struct ike_peer_show a, b;

		if (!ike_peer_show(s->n[A].e, names[i], s->now, &a) ||
				!ike_peer_show(s->n[B].e, names[i], s->now, &b) ||
				a.state != IKE_PEER_ESTABLISHED || b.state != IKE_PEER_ESTABLISHED)
			return false;
	}
	return true;
}

static void
authenticated_anew(void)
{
	struct sim *s = sim_new(6, NULL);
	uint64_t spi;

	for (unsigned int i = 0; i < PAIRS; i++) {
		struct ike_peer_cfg c = pair_cfg(A, i);

		set(s, B, i, false);
		c.initiate = true;
		c.reauth_s = 300;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
	}
	CU_ASSERT_TRUE_FATAL(sim_until(s, all_up, UP_MS));
	spi = sim_sa(s, A).spi_i;
	for (int t = 0; t < 3300; t++) {
		sim_run(s, 100);
		CU_ASSERT_TRUE_FATAL(nobody_is_without(s));
	}
	CU_ASSERT_NOT_EQUAL(sim_sa(s, A).spi_i, spi);
	CU_ASSERT_TRUE(all_up(s));
	sim_run(s, 20000);
	check_tidy(s, PAIRS);
	close_clean(s);
}

/* The control plane of either end is killed, at any moment; its dataplane goes on. */
static void
restored(void)
{
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct sim *s = sim_new(900 + seed, NULL);
		int who = (int)(seed % 2);
		struct ike_child_show c;

		s->n[A].keeps = s->n[B].keeps = true;
		sim_crash(s, A);
		sim_crash(s, B);
		for (unsigned int i = 0; i < PAIRS; i++)
			set(s, B, i, false);
		for (unsigned int i = 0; i < PAIRS; i++)
			set(s, A, i, true);
		if (seed % 3 != 0)
			CU_ASSERT_TRUE_FATAL(sim_until(s, all_up, UP_MS));
		if (seed % 3 == 2 && current(s, who, 1, &c)) {
			ike_child_rekey(s->n[who].e, c.id, false, s->now);
			if (current(s, who, 2, &c))
				ike_child_rekey(s->n[who].e, c.id, false, s->now);
		}
		sim_run(s, sim_rand(s) % 150);
		sim_restart(s, who);
		for (unsigned int i = 0; i < PAIRS; i++)
			set(s, who, i, who == A);
		sim_sweep(s, who);
		if (seed % 3 == 1) {
			CU_ASSERT_TRUE(all_up(s)); /* not one message was needed */
			check_tidy(s, PAIRS);
			CU_ASSERT_EQUAL(sim_counter(s, who, "peers_restored"), PAIRS);
		}
		CU_ASSERT_TRUE(sim_until(s, all_up, 2 * UP_MS));
		sim_run(s, 150000);
		CU_ASSERT_TRUE(all_up(s));
		CU_ASSERT_EQUAL(sim_n_sas(s, A, NULL), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 1);
		close_clean(s);
	}
}

/* ---- which pair ----------------------------------------------------------------------------- */

/* A peer that wants all in one gets the first pair; the others we ask for, and it takes them. */
static bool
wide_up(struct sim *s)
{
	struct ike_child_show c;

	for (unsigned int i = 0; i < PAIRS; i++)
		if (!current(s, B, i, &c) || c.ts_local.n != 1 || c.ts_remote.n != 1)
			return false;
	return true;
}

static void
a_peer_that_asks_for_all_in_one(void)
{
	for (int first = A; first <= B; first++) {
		struct sim *s = sim_new(8, NULL);
		struct ike_peer_cfg c = wide_cfg(A);

		c.initiate = first == A;
		for (unsigned int i = 0; i < PAIRS; i++)
			set(s, B, i, first == B || i != 0);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
		if (first == A)
			CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_TRUE(sim_until(s, wide_up, UP_MS));
		CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 1);
		close_clean(s);
	}
}

/* One that the peer has nothing for is asked for again and again, and holds nobody up. */
static void
one_that_is_refused_holds_nobody_up(void)
{
	struct sim *s = world(7);
	struct ike_peer_show show;
	struct ike_peer_cfg c = pair_cfg(A, 3);

	c.initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
	sim_run(s, 200000);
	CU_ASSERT_TRUE(all_up(s));
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_traffic_selectors") < 20);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), PAIRS);
	CU_ASSERT_TRUE(ike_peer_show(s->n[A].e, names[3], s->now, &show));
	CU_ASSERT_EQUAL(show.state, IKE_PEER_NO_CHILD);
	CU_ASSERT_STRING_EQUAL(show.why, "peer refuses a new Child SA: TS_UNACCEPTABLE");
	set(s, B, 3, false);
	sim_run(s, 100000);
	CU_ASSERT_TRUE(pair_up(s, 3));
	close_clean(s);
}

/* Traffic for one pair brings up that one, and the first one, with which the IKE SA comes. */
static void
by_traffic(void)
{
	struct sim *s = sim_new(10, NULL);
	struct ike_child_show c;

	for (unsigned int i = 0; i < PAIRS; i++) {
		struct ike_peer_cfg a = pair_cfg(A, i);

		set(s, B, i, false);
		a.may_initiate = true;
		a.initiate = false;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	}
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(s->n_ike[A], 0);
	ike_peer_acquire(s->n[A].e, 7 + 2, s->now);
	sim_run(s, 5000);
	CU_ASSERT_TRUE(pair_up(s, 0) && pair_up(s, 2));
	CU_ASSERT_FALSE(current(s, A, 1, &c));
	ike_peer_acquire(s->n[A].e, 7 + 1, s->now);
	sim_run(s, 5000);
	CU_ASSERT_TRUE(all_up(s));
	check_tidy(s, PAIRS);
	close_clean(s);
}

/* No version 1, no member of itself, no networks, no number. */
static void
terms_that_cannot_be(void)
{
	struct sim *s = sim_new(11, NULL);

	for (int i = 0; i < 5; i++) {
		struct ike_peer_cfg c = pair_cfg(A, 1);

		c.version = i == 1 ? 1 : 2;
		if (i == 2)
			snprintf(c.head, sizeof(c.head), "%s", c.name);
		if (i == 3)
			c.ts_local.n = c.ts_remote.n = 0;
		if (i == 4)
			c.tun_id = 0;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &c, s->now) == 0, i == 0);
	}
	sim_run(s, 1000); /* without its head it waits */
	CU_ASSERT_EQUAL(s->n_ike[A], 0);
	close_clean(s);
}

static const struct cu_case cases[] = {
	CU_CASE(one_ike_sa_and_a_child_sa_each),
	CU_CASE(over_a_bad_wire),
	CU_CASE(each_is_rekeyed_by_itself),
	CU_CASE(all_is_rekeyed_at_once),
	CU_CASE(one_goes_and_comes),
	CU_CASE(one_goes_in_the_middle),
	CU_CASE(the_first_has_other_networks),
	CU_CASE(dead_is_dead_for_all),
	CU_CASE(cleared),
	CU_CASE(authenticated_anew),
	CU_CASE(restored),
	CU_CASE(a_peer_that_asks_for_all_in_one),
	CU_CASE(one_that_is_refused_holds_nobody_up),
	CU_CASE(by_traffic),
	CU_CASE(terms_that_cannot_be),
};

CU_MAIN("ike_nets", cases)
