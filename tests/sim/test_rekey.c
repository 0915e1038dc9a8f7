/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rekeying Child SAs and IKE SAs, one side, both sides, in every order of arrival (RFC 7296
 * sections 2.8 and 2.25). Data packets run both ways all the time: none may be lost, and when
 * the dust has settled each end holds one Child SA and one IKE SA.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS     60000
#define SETTLE_MS 130000 /* deletes, drains, retries after TEMPORARY_FAILURE */

/* A tunnel that is up, with data running. @group: PFS, 0 none. */
static struct sim *
up(uint64_t seed, uint16_t group, bool jobs)
{
	struct sim *s = sim_new(seed, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	if (jobs) {
		s->job_delay_ms = 30;
		sim_crash(s, A);
		sim_crash(s, B);
	}
	a.retransmit_tries = b.retransmit_tries = 10;
	a.esp_proposals[0].group[0] = b.esp_proposals[0].group[0] = group;
	a.esp_proposals[0].n_group = b.esp_proposals[0].n_group = group != 0;
	a.initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	s->data_ms = 5;
	s->next_data_ms = s->now;
	return s;
}

/* One pair at each end, the same pair, and no packet was lost on the way here. */
static void
check_settled(struct sim *s)
{
	if (s->data_ms != 0)
		s->data_ms = 200;
	sim_run(s, SETTLE_MS);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	for (int i = A; i <= B; i++) {
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, NULL), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, "established"), 1);
		CU_ASSERT_TRUE(s->n[i].max_held <= 4);
	}
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, sim_sa(s, B).spi_i);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_r, sim_sa(s, B).spi_r);
	CU_ASSERT_EQUAL(sim_sa(s, A).n_children, 1);
	CU_ASSERT_EQUAL(sim_sa(s, B).n_children, 1);
}

static void
close_settled(struct sim *s)
{
	check_settled(s);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static uint64_t
child_id(struct sim *s, int i)
{
	return sim_out(&s->n[i])->id;
}

static void
rekey_child(struct sim *s, int i)
{
	ike_child_rekey(s->n[i].e, child_id(s, i), false, s->now);
}

/* ---- one side ------------------------------------------------------------------------------- */

/*
 *	N(REKEY_SA), SA, Ni, [KEi], TSi, TSr  -->
 *	                                      <--  SA, Nr, [KEr], TSi, TSr
 *	D(old)                                -->
 *	                                      <--  D(old)
 */
static void
a_child_is_rekeyed_by_either_side(void)
{
	static const uint16_t groups[] = { 0, IKE_GROUP_X25519, IKE_GROUP_ECP256,
		IKE_GROUP_MODP2048 };

	for (size_t g = 0; g < 4; g++) {
		for (int who = A; who <= B; who++) {
			struct sim *s = up(1, groups[g], g % 2 != 0);
			uint64_t old = child_id(s, who);

			rekey_child(s, who);
			sim_run(s, 2000);
			CU_ASSERT_NOT_EQUAL(child_id(s, who), old);
			CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 2); /* the old one drains */
			CU_ASSERT_EQUAL(sim_sa(s, who).children[1].n_rekeys, 1);
			close_settled(s);
		}
	}
}

/* Without traffic the responder switches when the old one is deleted. */
static void
a_responder_without_traffic_switches_at_the_delete(void)
{
	struct sim *s = up(2, 0, false);
	uint64_t old = child_id(s, B);

	s->data_ms = 0;
	rekey_child(s, A);
	sim_run(s, 21); /* the request is at B */
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 2);
	CU_ASSERT_EQUAL(child_id(s, B), old);
	sim_run(s, 60);
	CU_ASSERT_NOT_EQUAL(child_id(s, B), old);
	close_settled(s);
}

/* The first packet on the new SA shows that the initiator has it. */
static void
a_responder_switches_when_it_sees_the_new_one_used(void)
{
	struct sim *s = up(3, 0, false);
	uint64_t old = child_id(s, B);

	rekey_child(s, A);
	sim_run(s, 41);    /* the answer is at A */
	s->hold[A] = true; /* its DELETE does not get through */
	s->jitter_ms = 0;
	sim_run(s, 100);
	CU_ASSERT_NOT_EQUAL(child_id(s, B), old);
	s->hold[A] = false;
	sim_release(s, A, -1);
	close_settled(s);
}

static void
an_ike_sa_is_rekeyed_by_either_side(void)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = sim_new(4, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		uint64_t spi;

		a.initiate = true;
		(who == A ? &a : &b)->ike_life_s = 100;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		sim_run(s, 500);
		s->data_ms = 5;
		s->next_data_ms = s->now;
		spi = sim_sa(s, A).spi_i;
		sim_run(s, 102000);
		CU_ASSERT_NOT_EQUAL(sim_sa(s, A).spi_i, spi);
		CU_ASSERT_EQUAL(sim_sa(s, A).n_rekeys, 1);
		CU_ASSERT_EQUAL(s->n[A].n_added, 1); /* the Child SA went over */
		rekey_child(s, A);
		sim_run(s, 2000);
		rekey_child(s, B);
		sim_run(s, 2000);
		CU_ASSERT_EQUAL(s->n[A].n_added, 3);
		sim_run(s, 600000); /* five more */
		CU_ASSERT_TRUE(sim_sa(s, B).n_rekeys >= 5);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(s->n_no_out, 0);
		CU_ASSERT_TRUE(sim_both_up(s));
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 1);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static void
an_urgent_rekey_switches_at_once(void)
{
	struct sim *s = up(5, 0, false);
	uint64_t old = child_id(s, B);

	s->data_ms = 0;
	ike_child_rekey(s->n[B].e, old, true, s->now);
	ike_child_rekey(s->n[B].e, old, true, s->now); /* asked twice, done once */
	rekey_child(s, A);
	sim_run(s, 25);
	CU_ASSERT_NOT_EQUAL(child_id(s, B), old); /* A's request came in: no waiting for traffic */
	check_settled(s);
	CU_ASSERT_TRUE(s->n[A].n_added <= 3);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Another group than ours comes back as INVALID_KE_PAYLOAD and is tried. */
static void
a_rekey_takes_the_group_the_peer_wants(void)
{
	struct sim *s = sim_new(6, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.esp_proposals[0].group[0] = IKE_GROUP_MODP2048;
	a.esp_proposals[0].group[1] = IKE_GROUP_ECP256;
	a.esp_proposals[0].n_group = 2;
	b.esp_proposals[0].group[0] = IKE_GROUP_ECP256;
	b.esp_proposals[0].n_group = 1;
	a.initiate = true;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	rekey_child(s, A);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_invalid_ke"), 1);
	CU_ASSERT_STRING_EQUAL(sim_sa(s, A).children[1].group, "ecp256");
	close_settled(s);
}

/* A rekey that the dataplane cannot install leaves the old one in use. */
static void
a_rekey_that_fails_keeps_the_old_one(void)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = up(7, 0, false);
		uint64_t old = child_id(s, A);

		s->n[who].refuse_add = -12;
		rekey_child(s, A);
		sim_run(s, 5000);
		CU_ASSERT_EQUAL(child_id(s, A), old);
		s->n[who].refuse_add = 0;
		sim_run(s, 40000); /* it tries again by itself */
		CU_ASSERT_NOT_EQUAL(child_id(s, A), old);
		close_settled(s);
	}
}

/* ---- both sides ----------------------------------------------------------------------------- */

/*
 * Let messages that are in flight from both sides arrive in an order drawn from @order: bit k
 * says whose next message goes first at step k.
 */
static void
interleave(struct sim *s, unsigned int order, int steps)
{
	for (int k = 0; k < steps; k++) {
		int who = order >> k & 1 ? B : A;

		if (sim_n_held(s, who) == 0)
			who = !who;
		if (sim_n_held(s, who) > 0)
			sim_release(s, who, 0);
		sim_run(s, 60); /* public-key work, data packets; no retransmission yet */
	}
	s->hold[A] = s->hold[B] = false;
	sim_release(s, A, -1);
	sim_release(s, B, -1);
}

static void
hold_both(struct sim *s)
{
	s->hold[A] = s->hold[B] = true;
}

/*
 *	A: req1  -->  <--  req2 :B      every order of requests, answers and deletes
 */
static void
both_rekey_the_child_in_every_order(void)
{
	uint64_t collisions = 0;

	for (unsigned int order = 0; order < 256; order++) {
		struct sim *s = up(1000 + order, order % 3 == 0 ? IKE_GROUP_X25519 : 0,
				order % 2 == 0);

		hold_both(s);
		rekey_child(s, A);
		rekey_child(s, B);
		sim_run(s, 60);
		interleave(s, order, 8);
		collisions += sim_counter(s, A, "collisions_child_rekey");
		close_settled(s);
	}
	CU_ASSERT_TRUE(collisions > 50);
}

/* RFC 7296 section 2.8.1, second figure: A's request is late; B has rekeyed and deleted. */
static void
a_late_rekey_finds_the_child_gone(void)
{
	struct sim *s = up(8, 0, false);

	s->hold[A] = true;
	rekey_child(s, A);
	rekey_child(s, B);
	sim_run(s, 60);
	CU_ASSERT_EQUAL(sim_n_held(s, A), 2);
	sim_release(s, A, 1); /* the answer overtakes the request */
	sim_run(s, 30);
	while (sim_n_held(s, A) > 1) {
		sim_release(s, A, 1); /* so does the answer to B's DELETE */
		sim_run(s, 30);
	}
	s->hold[A] = false;
	sim_release(s, A, -1);
	sim_run(s, 100);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_child_not_found"), 1);
	check_settled(s);
	CU_ASSERT_EQUAL(s->n[A].n_added, 2); /* the first and B's: nothing redundant */
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
both_rekey_the_ike_sa_in_every_order(void)
{
	uint64_t collisions = 0;

	for (unsigned int order = 0; order < 256; order++) {
		struct sim *s = sim_new(3000 + order, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

		if (order % 2 == 0)
			s->job_delay_ms = 20;
		sim_crash(s, A);
		sim_crash(s, B);
		a.initiate = true;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		sim_run(s, 500);
		s->data_ms = 5;
		s->next_data_ms = s->now;
		hold_both(s);
		ike_sa_rekey(s->n[A].e, "peer", s->now);
		ike_sa_rekey(s->n[B].e, "peer", s->now);
		sim_run(s, 60);
		interleave(s, order, 8);
		collisions += sim_counter(s, A, "collisions_ike_rekey");
		check_settled(s);
		/* the survivor carries on */
		rekey_child(s, A);
		sim_run(s, 1000);
		rekey_child(s, B);
		close_settled(s);
	}
	CU_ASSERT_TRUE(collisions > 50);
}

/* RFC 7296 section 2.25.2: no new Child SA while the IKE SA is being rekeyed, and 2.25.1 back. */
static void
what_cannot_be_done_now_is_refused_for_now(void)
{
	struct sim *s = up(9, 0, false);

	hold_both(s);
	ike_sa_rekey(s->n[A].e, "peer", s->now);
	rekey_child(s, B);
	sim_run(s, 60);
	sim_release(s, A, 0);
	sim_release(s, B, 0);
	sim_run(s, 60);
	CU_ASSERT_EQUAL(sim_counter(s, A, "refused_temporary"), 1);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_temporary"), 1);
	s->hold[A] = s->hold[B] = false;
	sim_release(s, A, -1);
	sim_release(s, B, -1);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(s->n[A].n_added, 1); /* nobody retries at once */
	check_settled(s);
	CU_ASSERT_TRUE(sim_sa(s, A).n_rekeys >= 1);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Section 2.25: the peer knows nothing of the Child SA; a new one is made, ours let go. */
static void
a_child_that_the_peer_has_lost_is_made_anew(void)
{
	struct sim *s = up(10, 0, false);
	struct ike_child *c;

	s->data_ms = 0;
	c = ike_child_find(s->n[B].e, child_id(s, B));
	ike_child_remove(c);
	CU_ASSERT_FALSE(sim_passes(s, A));
	rekey_child(s, A);
	sim_run(s, 200);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_child_not_found"), 1);
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	close_settled(s);
}

/* One side rekeys the IKE SA, the other the Child SA: both back off and both get there. */
static void
ike_rekey_crosses_child_rekey_in_every_order(void)
{
	for (unsigned int order = 0; order < 512; order++) {
		struct sim *s = up(5000 + order, order % 3 == 0 ? IKE_GROUP_X25519 : 0,
				order % 2 == 0);
		int who = order & 256 ? A : B;

		hold_both(s);
		ike_sa_rekey(s->n[who].e, "peer", s->now);
		rekey_child(s, !who);
		sim_run(s, 60);
		interleave(s, order, 8);
		check_settled(s);
		CU_ASSERT_TRUE(sim_sa(s, A).n_rekeys >= 1);
		CU_ASSERT_TRUE(s->n[A].n_added >= 2);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* Everything at once from both sides. */
static void
all_rekeys_cross_in_every_order(void)
{
	for (unsigned int order = 0; order < 256; order++) {
		struct sim *s = up(7000 + order, IKE_GROUP_X25519, order % 2 == 0);

		hold_both(s);
		for (int i = A; i <= B; i++) {
			if (order & 1u << (i + 3))
				ike_sa_rekey(s->n[i].e, "peer", s->now);
			rekey_child(s, i);
			ike_sa_rekey(s->n[i].e, "peer", s->now);
		}
		sim_run(s, 60);
		interleave(s, order * 0x101, 16);
		close_settled(s);
	}
}

/* ---- over a bad wire ------------------------------------------------------------------------ */

static void
rekeys_over_a_bad_wire_lose_nothing(void)
{
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct sim *s = up(
				9000 + seed, seed % 2 != 0 ? IKE_GROUP_X25519 : 0, seed % 3 == 0);

		s->loss_percent = 25;
		s->repeat_percent = 20;
		s->jitter_ms = 400;
		for (int k = 0; k < 12; k++) {
			if (sim_rand(s) % 2 != 0)
				rekey_child(s, A);
			if (sim_rand(s) % 2 != 0)
				rekey_child(s, B);
			if (sim_rand(s) % 3 == 0)
				ike_sa_rekey(s->n[A].e, "peer", s->now);
			if (sim_rand(s) % 3 == 0)
				ike_sa_rekey(s->n[B].e, "peer", s->now);
			sim_run(s, sim_rand(s) % 3000);
		}
		s->loss_percent = 0;
		close_settled(s);
	}
}

/* What was taken for them comes back: in the end there is one SPI in use, not a hundred. */
static void
a_hundred_rekeys_leave_nothing(void)
{
	struct sim *s = up(9900, 0, false);

	s->loss_percent = 10;
	s->repeat_percent = 10;
	s->jitter_ms = 200;
	for (int k = 0; k < 2000 && s->n[A].n_added <= 100; k++) {
		rekey_child(s, k % 2 == 0 ? A : B);
		sim_run(s, 500 + sim_rand(s) % 1500);
	}
	s->loss_percent = 0;
	check_settled(s);
	for (int i = A; i <= B; i++) {
		CU_ASSERT_TRUE(s->n[i].n_added > 100);
		CU_ASSERT_EQUAL(s->n[i].spis_out, 1);
		CU_ASSERT_TRUE(s->n[i].max_held <= 4);
	}
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(a_child_is_rekeyed_by_either_side),
	CU_CASE(a_responder_without_traffic_switches_at_the_delete),
	CU_CASE(a_responder_switches_when_it_sees_the_new_one_used),
	CU_CASE(an_ike_sa_is_rekeyed_by_either_side),
	CU_CASE(an_urgent_rekey_switches_at_once),
	CU_CASE(a_rekey_takes_the_group_the_peer_wants),
	CU_CASE(a_rekey_that_fails_keeps_the_old_one),
	CU_CASE(both_rekey_the_child_in_every_order),
	CU_CASE(a_late_rekey_finds_the_child_gone),
	CU_CASE(both_rekey_the_ike_sa_in_every_order),
	CU_CASE(what_cannot_be_done_now_is_refused_for_now),
	CU_CASE(a_child_that_the_peer_has_lost_is_made_anew),
	CU_CASE(ike_rekey_crosses_child_rekey_in_every_order),
	CU_CASE(all_rekeys_cross_in_every_order),
	CU_CASE(rekeys_over_a_bad_wire_lose_nothing),
	CU_CASE(a_hundred_rekeys_leave_nothing),
};

CU_MAIN("rekey", cases)
