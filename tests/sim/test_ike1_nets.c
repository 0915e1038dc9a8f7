/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv1 between two gateways with several pairs of networks: a peer, a tunnel and Child SAs for
 * each pair, one ISAKMP SA for all of them; and the identities of quick mode that say which pair.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000
#define PAIRS 3

static const char *const names[PAIRS + 1] = { "net0", "net1", "net2", "net3" };

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
	c.version = 1;
	c.transport = false;
	c.ts_proto = 0;
	c.tun_id = 7 + pair;
	c.ts_local = net(i == A ? pair : 100 + pair);
	c.ts_remote = net(i == A ? 100 + pair : pair);
	c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
			IKE_PRF_HMAC_SHA2_256, 14, false);
	c.n_ike_proposals = 1;
	c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0,
			false);
	c.n_esp_proposals = 1;
	c.child_life_s = 0;
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

static void
one_phase_1_and_a_quick_mode_each(void)
{
	struct sim *s = up(1);

	CU_ASSERT_EQUAL(s->n_ike[A] + s->n_ike[B], 6 + 3 * PAIRS);
	check_tidy(s, PAIRS);
	close_clean(s);
}

/* Both ends call for all; over a wire that loses, repeats and reorders. */
static void
over_a_bad_wire(void)
{
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct sim *s = sim_new(100 + seed, NULL);

		s->loss_percent = 15;
		s->repeat_percent = 10;
		s->jitter_ms = 50;
		for (unsigned int i = 0; i < PAIRS; i++)
			for (int k = A; k <= B; k++)
				set(s, k, i, k == A || seed % 2);
		CU_ASSERT_TRUE(sim_until(s, all_up, 10 * UP_MS));
		s->loss_percent = s->repeat_percent = 0;
		sim_run(s, 120000);
		CU_ASSERT_TRUE(all_up(s));
		/* Where both called at once and a message was lost, two pairs of SAs may live side by
		 * side until the next renewal. */
		for (int i = A; i <= B; i++)
			CU_ASSERT_TRUE(sim_held_sas(&s->n[i]) <= PAIRS + 2 * (int)(seed % 2));
		close_clean(s);
	}
}

static void
each_is_renewed_by_itself(void)
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

/* Whoever the ISAKMP SA came up for: the others go on by it. */
static void
one_goes_and_comes(void)
{
	for (unsigned int gone = 0; gone < PAIRS; gone++) {
		struct sim *s = up(3);
		struct ike_child_show old, now;
		unsigned int other = (gone + 1) % PAIRS;
		unsigned int sent = s->n_ike[A];

		CU_ASSERT_TRUE_FATAL(current(s, A, other, &old));
		ike_peer_del(s->n[A].e, names[gone], s->now);
		sim_run(s, 2000);
		CU_ASSERT_EQUAL(s->n_ike[A], sent + 1); /* DELETE of its Child SA, no more */
		check_tidy(s, PAIRS - 1);
		set(s, A, gone, true);
		CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
		sim_run(s, 5000);
		CU_ASSERT_TRUE_FATAL(current(s, A, other, &now));
		CU_ASSERT_EQUAL(now.spi_in, old.spi_in);
		check_tidy(s, PAIRS);
		ike_peer_del(s->n[A].e, names[other], s->now);
		ike_peer_del(s->n[A].e, names[gone], s->now);
		ike_peer_del(s->n[A].e, names[(other + 1) % PAIRS], s->now);
		sim_run(s, 10000);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
		close_clean(s);
	}
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
	close_clean(s);
}

/* Phase 1 anew for all of them, and no pair of SAs is left behind. */
static void
cleared(void)
{
	for (int by_name = 0; by_name < 2; by_name++) {
		struct sim *s = up(5);
		struct ike_child_show old, now;

		CU_ASSERT_TRUE_FATAL(current(s, A, 2, &old));
		ike_peer_clear(s->n[A].e, by_name ? names[1] : NULL, s->now);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
		CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
		sim_run(s, 5000);
		CU_ASSERT_TRUE_FATAL(current(s, A, 2, &now));
		CU_ASSERT_NOT_EQUAL(now.spi_in, old.spi_in);
		check_tidy(s, PAIRS);
		close_clean(s);
	}
}

/* ---- which pair ----------------------------------------------------------------------------- */

/* A wants part of a pair, then what is nobody's. The others are not disturbed. */
static void
a_part_is_taken_and_no_more(void)
{
	static const struct {
		uint32_t lo, hi;
		bool taken;
	} t[] = {
		{ 0x0a000100, 0x0a0001ff, true }, /* a /24 of 10.0.0.0/16 */
		{ 0x0a000105, 0x0a000105, true },
		{ 0x0a000005, 0x0a000009, true }, /* a range */
		{ 0x0a000000, 0x0a01ffff, false }, /* wider */
		{ 0x0a030000, 0x0a03ffff, false }, /* no pair's */
		{ 0x00000000, 0xffffffff, false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sim *s = sim_new(6, NULL);
		struct ike_peer_cfg a = pair_cfg(A, 0);
		struct ike_child_show b;

		a.initiate = true;
		a.ts_local.ts[0].addr = ip_range4(t[i].lo, t[i].hi);
		set(s, B, 0, false);
		set(s, B, 1, false);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		sim_run(s, 5000);
		CU_ASSERT_EQUAL(current(s, B, 0, &b), t[i].taken);
		CU_ASSERT_EQUAL(sim_counter(s, B, "refused_traffic_selectors") == 0, t[i].taken);
		if (t[i].taken)
			CU_ASSERT_TRUE(ike_ts_same(&b.ts_remote, &a.ts_local));
		CU_ASSERT_FALSE(current(s, B, 1, &b));
		close_clean(s);
	}
}

/* What is nobody's waits for its turn to fail, and does not keep the others from theirs. */
static void
one_that_is_refused_holds_nobody_up(void)
{
	struct sim *s = world(7);
	struct ike_peer_cfg c = pair_cfg(A, 3);

	c.initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, all_up, UP_MS));
	sim_run(s, 200000);
	CU_ASSERT_TRUE(all_up(s));
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_traffic_selectors") < 20);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), PAIRS);
	set(s, B, 3, false);
	sim_run(s, 100000);
	CU_ASSERT_TRUE(pair_up(s, 3));
	close_clean(s);
}

/* ---- identities ----------------------------------------------------------------------------- */

static bool
comes_back(const struct ike_ts *t)
{
	uint8_t body[IKE1_NETS_MAX];
	size_t len = ike1_put_nets(body, t);
	struct ike_ts_list was = { .n = 1, .ts = { *t } }, is = { .n = 1 };

	return ike1_nets_read(&(struct ike_blob){ .p = body, .len = len }, &is.ts[0]) &&
	       ike_ts_same(&was, &is);
}

static void
identities_come_back(void)
{
	struct ike_ts t = { .port_hi = UINT16_MAX };

	for (uint32_t len = 0; len <= 32; len++) {
		uint32_t mask = len == 0 ? 0 : UINT32_MAX << (32 - len);

		t.addr = ip_range4(0x0a5a1234u & mask, (0x0a5a1234u & mask) | ~mask);
		CU_ASSERT_TRUE(comes_back(&t));
	}
	for (uint8_t len = 0; len <= 128; len++) {
		struct ip_prefix p = { .is_ip6 = true, .len = len, .addr = { 0x20, 1, 0xd, 0xb8 } };

		p = ip_prefix_masked(&p);
		t.addr = ip_range_of(&p);
		CU_ASSERT_TRUE(comes_back(&t));
	}
	t.addr = ip_range4(0x0a000001, 0x0a000006);
	CU_ASSERT_TRUE(comes_back(&t));
	t.proto = 6;
	t.port_lo = t.port_hi = 443;
	CU_ASSERT_TRUE(comes_back(&t));
}

/* Names, no such length, a mask with holes, a range that ends before it begins. */
static void
identities_that_are_none(void)
{
	static const struct {
		uint8_t len, body[12];
	} t[] = {
		{ 0, { 0 } },
		{ 4, { 1, 0, 0, 0 } },
		{ 9, { 1, 0, 0, 0, 10, 0, 0, 1, 0 } },
		{ 8, { 4, 0, 0, 0, 10, 0, 0, 0 } },
		{ 8, { 2, 0, 0, 0, 'a', '.', 'b', 'c' } },
		{ 8, { 5, 0, 0, 0, 10, 0, 0, 1 } },
		{ 12, { 4, 0, 0, 0, 10, 0, 0, 0, 255, 0, 255, 0 } },
		{ 12, { 7, 0, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1 } },
		{ 12, { 11, 0, 0, 0, 10, 0, 0, 9, 10, 0, 0, 9 } },
	};
	struct ike_ts ts;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CU_ASSERT_FALSE(ike1_nets_read(
				&(struct ike_blob){ .p = t[i].body, .len = t[i].len }, &ts));
}

static const struct cu_case cases[] = {
	CU_CASE(one_phase_1_and_a_quick_mode_each),
	CU_CASE(over_a_bad_wire),
	CU_CASE(each_is_renewed_by_itself),
	CU_CASE(one_goes_and_comes),
	CU_CASE(dead_is_dead_for_all),
	CU_CASE(cleared),
	CU_CASE(a_part_is_taken_and_no_more),
	CU_CASE(one_that_is_refused_holds_nobody_up),
	CU_CASE(identities_come_back),
	CU_CASE(identities_that_are_none),
};

CU_MAIN("ike1_nets", cases)
