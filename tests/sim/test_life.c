/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a tunnel: liveness, death and return, deletion, restart of either end, changes of
 * configuration, both ends calling at once, and days of rekeys.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static struct sim *
up_with(uint64_t seed, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 500);
	return s;
}

static struct sim *
up(uint64_t seed)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.initiate = true;
	return up_with(seed, &a, &b);
}

static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static bool
a_not_up(struct sim *s)
{
	return s->n[A].state != IKE_PEER_ESTABLISHED;
}

static bool
b_not_up(struct sim *s)
{
	return s->n[B].state != IKE_PEER_ESTABLISHED;
}

/* One pair and one IKE SA at each end. */
static void
check_single(struct sim *s)
{
	CU_ASSERT_TRUE(sim_both_up(s));
	for (int i = A; i <= B; i++) {
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, "established"), 1);
	}
}

/* ---- liveness ------------------------------------------------------------------------------- */

static void
a_quiet_peer_is_probed_and_lives(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.initiate = true;
	a.dpd_interval_s = 10;
	s = up_with(1, &a, &b);
	sim_run(s, 100500);
	CU_ASSERT_TRUE(sim_counter(s, A, "dpd_probes") >= 9);
	CU_ASSERT_TRUE(sim_counter(s, A, "dpd_probes") <= 10);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
	check_single(s);
	close_clean(s);
}

static void
traffic_is_proof_of_life(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.initiate = true;
	a.dpd_interval_s = 10;
	s = up_with(2, &a, &b);
	for (int i = 0; i < 50; i++) {
		sim_run(s, 2000);
		ike_peer_alive(s->n[A].e, 7, s->now);
	}
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 0);
	close_clean(s);
}

static void
a_dead_peer_is_noticed_and_comes_back(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	uint64_t dead_at;
	struct sim *s;

	a.initiate = true;
	a.dpd_interval_s = b.dpd_interval_s = 10;
	s = up_with(3, &a, &b);
	s->loss_percent = 100;
	dead_at = s->now;
	CU_ASSERT_TRUE(sim_until(s, a_not_up, 60000));
	/* 10 s of silence, then 0.5 * (1 + 2 + ... + 32) s of retransmissions, more or less */
	CU_ASSERT_TRUE(s->now - dead_at > 35000 && s->now - dead_at < 52000);
	CU_ASSERT_STRING_EQUAL(s->n[A].why, "peer does not answer");
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
	CU_ASSERT_TRUE(sim_until(s, b_not_up, 60000));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	sim_run(s, 600000);
	s->loss_percent = 0;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 120000));
	sim_run(s, 60000);
	check_single(s);
	close_clean(s);
}

/* 30 % loss, 2 s of jitter, ten hours: nobody dies as long as answers can get through. */
static void
a_bad_line_is_no_death(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.initiate = true;
	a.dpd_interval_s = b.dpd_interval_s = 10;
	a.retransmit_tries = b.retransmit_tries = 20;
	s = up_with(4, &a, &b);
	s->loss_percent = 30;
	s->repeat_percent = 10;
	s->jitter_ms = 2000;
	sim_run(s, 36000000);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead") + sim_counter(s, B, "peers_dead"), 0);
	CU_ASSERT_EQUAL(s->n[A].n_added, 1);
	check_single(s);
	close_clean(s);
}

/* A peer that forwards but whose IKE is down for a while is not dead. */
static void
a_peer_with_traffic_but_without_ike_is_not_dead(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.initiate = true;
	a.dpd_interval_s = 10;
	s = up_with(5, &a, &b);
	s->loss_percent = 100;
	sim_run(s, 11000);
	for (int i = 0; i < 300; i++) {
		sim_run(s, 1000);
		ike_peer_alive(s->n[A].e, 7, s->now);
	}
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	sim_run(s, 120000); /* and now it really is gone */
	CU_ASSERT_NOT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	close_clean(s);
}

/* ---- deletes -------------------------------------------------------------------------------- */

static void
clear_starts_over(void)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = up(10);
		uint64_t spi = sim_sa(s, A).spi_i;

		ike_peer_clear(s->n[who].e, NULL, s->now);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 10000));
		sim_run(s, 60000);
		check_single(s);
		CU_ASSERT_NOT_EQUAL(sim_sa(s, A).spi_i, spi);
		close_clean(s);
	}
}

static void
a_removed_peer_is_gone_on_both_sides(void)
{
	struct sim *s = up(11);

	ike_peer_del(s->n[A].e, "peer", s->now);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	CU_ASSERT_STRING_EQUAL(s->n[B].why, "peer deleted the IKE SA");
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, NULL), 0);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
	close_clean(s);
}

/* A lost answer to the DELETE is given again. */
static bool
drop_first_delete_answer(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return from == B && sim_exchange(msg) == 37 && sim_is_response(msg) && s->drop_arg++ == 0;
}

static void
a_repeated_delete_is_answered_again(void)
{
	struct sim *s = up(12);

	s->drop = drop_first_delete_answer;
	ike_peer_del(s->n[A].e, "peer", s->now);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(s->drop_arg, 2);
	CU_ASSERT_EQUAL(sim_counter(s, B, "rx_repeated"), 1);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, NULL), 0);
	close_clean(s);
}

static void
deletes_that_cross_are_harmless(void)
{
	struct sim *s = up(13);

	ike_peer_clear(s->n[A].e, NULL, s->now);
	ike_peer_clear(s->n[B].e, NULL, s->now);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 10000));
	sim_run(s, 60000);
	check_single(s);
	close_clean(s);
}

/* Rekey requests and DELETE of the IKE SA pass each other on the wire. */
static void
rekey_against_delete_in_every_order(void)
{
	for (unsigned int order = 0; order < 64; order++) {
		struct sim *s = up(100 + order);

		s->hold[A] = s->hold[B] = true;
		if (order & 1)
			ike_child_rekey(s->n[A].e, sim_out(&s->n[A])->id, false, s->now);
		else
			ike_sa_rekey(s->n[A].e, "peer", s->now);
		ike_peer_clear(s->n[order & 2 ? A : B].e, NULL, s->now);
		for (unsigned int k = 0; k < 6; k++) {
			int who = order >> k & 1;

			sim_release(s, sim_n_held(s, who) > 0 ? who : !who, 0);
			sim_run(s, 30);
		}
		s->hold[A] = s->hold[B] = false;
		sim_release(s, A, -1);
		sim_release(s, B, -1);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 120000));
		sim_run(s, 120000);
		check_single(s);
		close_clean(s);
	}
}

/* ---- restarts ------------------------------------------------------------------------------- */

/* The initiator comes back first: INITIAL_CONTACT clears what the other end still holds. */
static void
a_restarted_initiator_replaces_its_old_self(void)
{
	struct sim *s = up(20);
	struct ike_peer_cfg a = sim_cfg(A);

	sim_crash(s, A);
	a.initiate = true;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 5000));
	sim_run(s, 40000);
	check_single(s);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 1);
	close_clean(s);
}

/* The responder has forgotten; the initiator's probe is answered INVALID_IKE_SPI, which is only a
 * hint; when nothing better comes it gives up and connects anew. */
static void
a_restarted_responder_is_found_by_dpd(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.initiate = true;
	a.dpd_interval_s = 5;
	s = up_with(21, &a, &b);
	sim_crash(s, B);
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_run(s, 10000);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED); /* a forger could say as much */
	CU_ASSERT_TRUE(sim_counter(s, A, "invalid_spi_hints") > 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 90000));
	sim_run(s, 60000);
	check_single(s);
	close_clean(s);
}

/* A forged INVALID_IKE_SPI costs one probe and changes nothing. */
static void
a_forged_hint_costs_one_probe(void)
{
	struct sim *s = up(22);
	uint8_t msg[64] = { 0 };
	struct ike_sa_show sa = sim_sa(s, A);

	for (int i = 0; i < 8; i++) {
		msg[i] = (uint8_t)(sa.spi_i >> (56 - 8 * i));
		msg[8 + i] = (uint8_t)(sa.spi_r >> (56 - 8 * i));
	}
	msg[16] = 41;
	msg[17] = 0x20;
	msg[18] = 37;
	msg[19] = 0x20;
	msg[27] = 36;
	msg[31] = 8;
	msg[35] = 4;
	for (int i = 0; i < 50; i++)
		sim_deliver(s, A, msg, 36);
	sim_run(s, 4000);
	CU_ASSERT_EQUAL(sim_counter(s, A, "invalid_spi_hints"), 50);
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 1);
	check_single(s);
	close_clean(s);
}

/* ---- both call ------------------------------------------------------------------------------ */

static void
both_call_at_once_in_every_order(void)
{
	for (unsigned int order = 0; order < 256; order++) {
		struct sim *s = sim_new(300 + order, NULL);

		s->hold[A] = s->hold[B] = true;
		sim_pair(s, true, true);
		for (unsigned int k = 0; k < 8; k++) {
			int who = order >> k & 1;

			sim_release(s, sim_n_held(s, who) > 0 ? who : !who, 0);
			sim_run(s, 30);
		}
		s->hold[A] = s->hold[B] = false;
		sim_release(s, A, -1);
		sim_release(s, B, -1);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 60000));
		sim_run(s, 90000);
		check_single(s);
		CU_ASSERT_TRUE(s->n[A].max_held <= 4 && s->n[B].max_held <= 4);
		close_clean(s);
	}
}

/* ---- configuration -------------------------------------------------------------------------- */

static void
the_same_configuration_touches_nothing(void)
{
	struct sim *s = up(30);
	struct ike_peer_cfg a = sim_cfg(A);
	unsigned int sent = s->n_ike[A];

	a.initiate = true;
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(s->n_ike[A], sent);
	/* timers are taken over in place */
	a.dpd_interval_s = 3;
	a.ike_life_s = 5000;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 10000);
	CU_ASSERT_TRUE(sim_counter(s, A, "dpd_probes") >= 2);
	CU_ASSERT_EQUAL(s->n[A].n_added, 1);
	close_clean(s);
}

static void
a_change_of_terms_starts_over(void)
{
	struct sim *s = up(31);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.initiate = true;
	a.psk[0] = b.psk[0] = 'x';
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 30000));
	sim_run(s, 60000);
	check_single(s);
	CU_ASSERT_EQUAL(s->n[A].n_added, 2);
	close_clean(s);
}

static void
nonsense_is_refused(void)
{
	struct sim *s = sim_new(32, NULL);
	struct ike_peer_cfg a = sim_cfg(A), bad;

	bad = a;
	bad.n_ike_proposals = 0;
	CU_ASSERT_NOT_EQUAL(ike_peer_set(s->n[A].e, &bad, s->now), 0);
	bad = a;
	bad.psk_len = 0;
	CU_ASSERT_NOT_EQUAL(ike_peer_set(s->n[A].e, &bad, s->now), 0);
	bad = a;
	bad.ike_proposals[0].group[0] = 1; /* 768 bits: not spoken */
	CU_ASSERT_NOT_EQUAL(ike_peer_set(s->n[A].e, &bad, s->now), 0);
	bad = a;
	bad.esp_proposals[0].encr[0] =
			(struct ike_cipher){ IKE_ENCR_AES_CBC, 128 }; /* no integrity */
	CU_ASSERT_NOT_EQUAL(ike_peer_set(s->n[A].e, &bad, s->now), 0);
	memset(bad.name, 'x', sizeof(bad.name));
	CU_ASSERT_NOT_EQUAL(ike_peer_set(s->n[A].e, &bad, s->now), 0);
	close_clean(s);
}

/* ---- days ----------------------------------------------------------------------------------- */

/*
 * Three days: Child SA every 10 minutes, IKE SA every hour, DPD, a wire that loses a tenth, both
 * ends with the same lifetimes. No data packet may be lost and nothing may pile up.
 */
static void
days_of_rekeys_without_a_gap(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.initiate = true;
	a.ike_life_s = b.ike_life_s = 3600;
	a.child_life_s = b.child_life_s = 600;
	a.dpd_interval_s = b.dpd_interval_s = 30;
	a.retransmit_tries = b.retransmit_tries = 10;
	a.esp_proposals[0].group[0] = b.esp_proposals[0].group[0] = IKE_GROUP_X25519;
	a.esp_proposals[0].n_group = b.esp_proposals[0].n_group = 1;
	s = up_with(40, &a, &b);
	s->loss_percent = 10;
	s->repeat_percent = 5;
	s->jitter_ms = 100;
	s->data_ms = 900;
	s->next_data_ms = s->now;
	for (int hour = 0; hour < 72; hour++) {
		sim_run(s, 3600000);
		CU_ASSERT_TRUE(sim_held_sas(&s->n[A]) <= 3);
		CU_ASSERT_TRUE(sim_n_sas(s, A, NULL) <= 3 && sim_n_sas(s, B, NULL) <= 3);
	}
	CU_ASSERT_TRUE(sim_counter(s, A, "child_sas_rekeyed") >= 430);
	CU_ASSERT_TRUE(sim_counter(s, A, "ike_sas_rekeyed") >= 72);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead") + sim_counter(s, B, "peers_dead"), 0);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	s->loss_percent = 0;
	sim_run(s, 30000);
	CU_ASSERT_TRUE(sim_both_up(s));
	close_clean(s);
}

/* Crashes, cuts and rekeys at random for a day: it always comes back, and nothing is left over. */
static void
a_day_of_trouble(void)
{
	struct ike_peer_cfg cfg[2] = { sim_cfg(A), sim_cfg(B) };
	struct sim *s;

	for (int i = A; i <= B; i++) {
		cfg[i].initiate = true;
		cfg[i].ike_life_s = 1800;
		cfg[i].child_life_s = 300;
		cfg[i].dpd_interval_s = 10;
	}
	s = up_with(41, &cfg[A], &cfg[B]);
	s->jitter_ms = 200;
	for (int k = 0; k < 288; k++) {
		int who = (int)(sim_rand(s) % 2);

		s->loss_percent = sim_rand(s) % 4 == 0 ? 100 : sim_rand(s) % 30;
		s->repeat_percent = sim_rand(s) % 30;
		if (sim_rand(s) % 6 == 0) {
			sim_crash(s, who);
			CU_ASSERT_EQUAL(ike_peer_set(s->n[who].e, &cfg[who], s->now), 0);
		}
		if (sim_rand(s) % 6 == 0)
			ike_peer_clear(s->n[who].e, NULL, s->now);
		sim_run(s, sim_rand(s) % 120000);
		s->loss_percent = s->repeat_percent = 0;
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 180000));
		CU_ASSERT_TRUE(sim_held_sas(&s->n[A]) <= 4 && sim_held_sas(&s->n[B]) <= 4);
	}
	sim_run(s, 200000);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), sim_n_sas(s, B, "established"));
	close_clean(s);
}

static const struct cu_case cases[] = {
	CU_CASE(a_quiet_peer_is_probed_and_lives),
	CU_CASE(traffic_is_proof_of_life),
	CU_CASE(a_dead_peer_is_noticed_and_comes_back),
	CU_CASE(a_bad_line_is_no_death),
	CU_CASE(a_peer_with_traffic_but_without_ike_is_not_dead),
	CU_CASE(clear_starts_over),
	CU_CASE(a_removed_peer_is_gone_on_both_sides),
	CU_CASE(a_repeated_delete_is_answered_again),
	CU_CASE(deletes_that_cross_are_harmless),
	CU_CASE(rekey_against_delete_in_every_order),
	CU_CASE(a_restarted_initiator_replaces_its_old_self),
	CU_CASE(a_restarted_responder_is_found_by_dpd),
	CU_CASE(a_forged_hint_costs_one_probe),
	CU_CASE(both_call_at_once_in_every_order),
	CU_CASE(the_same_configuration_touches_nothing),
	CU_CASE(a_change_of_terms_starts_over),
	CU_CASE(nonsense_is_refused),
	CU_CASE(days_of_rekeys_without_a_gap),
	CU_CASE(a_day_of_trouble),
};

CU_MAIN("life", cases)
