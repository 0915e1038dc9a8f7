/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv1: main and aggressive mode, quick mode, renewal of both, liveness, deletion, and what goes
 * wrong, between two engines over good and bad wires.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static struct ike_peer_cfg
cfg1(int i)
{
	struct ike_peer_cfg c = sim_cfg(i);

	c.version = 1;
	c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
			IKE_PRF_HMAC_SHA2_256, 14, false);
	c.n_ike_proposals = 1;
	c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0,
			false);
	c.n_esp_proposals = 1;
	return c;
}

static struct sim *
world(uint64_t seed, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	a->initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	return s;
}

static struct sim *
up_with(uint64_t seed, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = world(seed, a, b);

	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 500);
	return s;
}

static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
check_single(struct sim *s)
{
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	for (int i = A; i <= B; i++) {
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, "established"), 1);
	}
}

/* ---- made ----------------------------------------------------------------------------------- */

static void
nine_messages_make_a_tunnel(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = up_with(1, &a, &b);

	CU_ASSERT_EQUAL(s->n_ike[A], 5);
	CU_ASSERT_EQUAL(s->n_ike[B], 4);
	CU_ASSERT_EQUAL(sim_sa(s, A).version, 1);
	CU_ASSERT_STRING_EQUAL(sim_sa(s, A).remote_id, "10.0.0.2");
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).remote_id, "10.0.0.1");
	check_single(s);
	close_clean(s);
}

/* What is negotiated is what is installed, at both ends. */
static void
tunnel_mode_is_installed_as_such(void)
{
	for (int tunnel = 0; tunnel < 2; tunnel++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s;

		a.transport = b.transport = !tunnel;
		s = up_with(40, &a, &b);
		CU_ASSERT_EQUAL(sim_out(&s->n[A])->tunnel, tunnel);
		CU_ASSERT_EQUAL(sim_out(&s->n[B])->tunnel, tunnel);
		close_clean(s);
	}
}

/* The one that answered renews at once what it did not ask for: that is no collision. */
static void
what_has_just_come_up_can_be_renewed_by_the_other_end(void)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s = up_with(60 + seed, &a, &b);
		uint64_t old = sim_out(&s->n[B])->id;

		s->data_ms = 5;
		s->next_data_ms = s->now;
		ike_child_rekey(s->n[B].e, old, false, s->now);
		sim_run(s, 1000);
		CU_ASSERT_NOT_EQUAL(sim_out(&s->n[B])->id, old);
		CU_ASSERT_EQUAL(s->n_no_twin, 0);
		s->data_ms = 0;
		sim_run(s, 70000);
		CU_ASSERT_NOT_EQUAL(sim_out(&s->n[B])->id, old);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		check_single(s);
		close_clean(s);
	}
}

/* The third message of quick mode, which is the only short one of it. */
static bool
no_third_message(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return s->drop_arg && from == A && sim_exchange(msg) == 32 && len < 100;
}

static bool
b_waits(struct sim *s)
{
	return strstr(s->n[B].why, "third message") != NULL;
}

static bool
b_gave_up(struct sim *s)
{
	return strstr(s->n[B].why, "stopped answering during quick mode") != NULL;
}

/* Before the third message of quick mode the responder does not say that anything is up. */
static void
a_third_message_that_never_comes(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	b.may_initiate = false;
	s = world(70, &a, &b);
	s->drop = no_third_message;
	s->drop_arg = 1;
	CU_ASSERT_TRUE_FATAL(sim_until(s, b_waits, UP_MS));
	CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_NO_CHILD);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 1); /* to receive with */
	CU_ASSERT_PTR_NULL(sim_out(&s->n[B]));
	CU_ASSERT_EQUAL(sim_counter(s, B, "child_sas_installed"), 0);
	CU_ASSERT_TRUE(sim_until(s, b_gave_up, 2 * UP_MS));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	CU_ASSERT_EQUAL(sim_counter(s, B, "child_sas_installed"), 0);
	sim_run(s, 100);
	CU_ASSERT_PTR_NULL(sim_out(&s->n[A])); /* it was told by a DELETE */
	s->drop_arg = 0;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_counter(s, B, "child_sas_installed"), 1);
	CU_ASSERT_STRING_EQUAL(s->n[B].why, "Child SA is up");
	close_clean(s);
}

/* Traffic tells the same as the third message, and what it has brought up stays. */
static void
traffic_in_place_of_the_third_message(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = world(71, &a, &b);
	uint64_t id;

	s->drop = no_third_message;
	s->drop_arg = 1;
	s->data_ms = 50;
	s->next_data_ms = s->now;
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	id = sim_out(&s->n[B])->id;
	sim_run(s, 3 * UP_MS);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_out(&s->n[B])->id, id);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	close_clean(s);
}

static bool
no_third_message_and_no_delete(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return no_third_message(s, from, msg, len) ||
	       (s->drop_arg && from == A && sim_exchange(msg) == 5);
}

/* ... also when there was a pair before: that one ends, though nobody has deleted it. */
static void
traffic_on_a_new_pair_ends_the_old_one(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;
	uint64_t old;

	b.may_initiate = false;
	a.dpd_interval_s = b.dpd_interval_s = 0; /* these are informational, too */
	s = up_with(73, &a, &b);
	old = sim_out(&s->n[B])->id;
	s->data_ms = 50;
	s->next_data_ms = s->now;
	s->drop = no_third_message_and_no_delete;
	s->drop_arg = 1;
	ike_child_rekey(s->n[A].e, sim_out(&s->n[A])->id, false, s->now);
	sim_run(s, 10000);
	CU_ASSERT_NOT_EQUAL(sim_out(&s->n[B])->id, old);
	sim_run(s, 80000);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 1);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 1);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	close_clean(s);
}

static void
begin_at_once_on_a_bad_wire(unsigned int seed)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	b.initiate = true;
	s = up_with(1000 + seed, &a, &b);
	sim_run(s, 15000);
	s->loss_percent = 30;
	s->latency_ms = 20;
	s->jitter_ms = 40;
	s->data_ms = 100;
	s->next_data_ms = s->now;
	ike_child_rekey(s->n[A].e, sim_out(&s->n[A])->id, false, s->now);
	sim_run(s, seed % 80);
	if (sim_out(&s->n[B]) != NULL)
		ike_child_rekey(s->n[B].e, sim_out(&s->n[B])->id, false, s->now);
	sim_run(s, 30000);
	s->loss_percent = 0;
	sim_run(s, 120000);
	if (sim_held_sas(&s->n[A]) != 1 || sim_held_sas(&s->n[B]) != 1)
		printf("seed %u: %d and %d\n", seed, sim_held_sas(&s->n[A]),
				sim_held_sas(&s->n[B]));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 1);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 1);
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	close_clean(s);
}

/* Both ends begin at the same time, and any of the messages may be lost: one pair is left. */
static void
two_that_begin_at_once_on_a_bad_wire_end_with_one_pair(void)
{
	for (unsigned int seed = 0; seed < 200; seed++)
		begin_at_once_on_a_bad_wire(seed);
}

/* ... the same one for both, though each has kept another one at first. */
static void
who_goes_on_by_an_sa_that_has_ended_is_told(void)
{
	begin_at_once_on_a_bad_wire(1505);
}

/* An ISAKMP SA that goes takes with it what nobody has confirmed. */
static void
the_isakmp_sa_goes_before_the_third_message(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	b.may_initiate = false;
	s = world(72, &a, &b);
	s->drop = no_third_message;
	s->drop_arg = 1;
	CU_ASSERT_TRUE_FATAL(sim_until(s, b_waits, UP_MS));
	sim_run(s, 30);
	ike_peer_del(s->n[A].e, "peer", s->now);
	sim_run(s, 100);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	close_clean(s);
}

static void
aggressive_mode_takes_six(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	a.aggressive = b.aggressive = true;
	s = up_with(2, &a, &b);
	CU_ASSERT_EQUAL(s->n_ike[A] + s->n_ike[B], 6);
	check_single(s);
	close_clean(s);
}

static void
aggressive_mode_only_when_asked_for(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	a.aggressive = true;
	s = world(3, &a, &b);
	sim_run(s, 20000);
	CU_ASSERT_FALSE(sim_both_up(s));
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_no_peer") + sim_counter(s, B,
			"refused_no_proposal") > 0);
	close_clean(s);
}

/* Every algorithm of both phases, 3DES and SHA1 with the classic groups among them. */
static void
every_suite(void)
{
	static const struct {
		uint16_t encr, bits, integ, prf, group;
	} t[] = {
		{ IKE_ENCR_3DES, 0, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1, 2 },
		{ IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1, 2 },
		{ IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1, 5 },
		{ IKE_ENCR_AES_CBC, 192, IKE_INTEG_HMAC_SHA2_384_192, IKE_PRF_HMAC_SHA2_384, 15 },
		{ IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA2_512_256, IKE_PRF_HMAC_SHA2_512, 20 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (int pfs = 0; pfs < 2; pfs++) {
			struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
			struct sim *s;

			a.ike_proposals[0] = sim_prop(t[i].encr, t[i].bits, t[i].integ, t[i].prf,
					t[i].group, false);
			a.esp_proposals[0] = sim_prop(t[i].encr, t[i].bits, t[i].integ, 0,
					pfs ? t[i].group : 0, false);
			b.ike_proposals[0] = a.ike_proposals[0];
			b.esp_proposals[0] = a.esp_proposals[0];
			s = up_with(10 + i, &a, &b);
			check_single(s);
			close_clean(s);
		}
}

/* The responder picks what it can of a long offer. */
static void
the_first_acceptable_transform_is_chosen(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	a.ike_proposals[1] = a.ike_proposals[0];
	a.ike_proposals[0] = sim_prop(IKE_ENCR_3DES, 0, IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1,
			2, false);
	a.n_ike_proposals = 2;
	a.esp_proposals[1] = a.esp_proposals[0];
	a.esp_proposals[0] = sim_prop(IKE_ENCR_AES_GCM_16, 256, 0, 0, 0, false);
	a.n_esp_proposals = 2;
	s = up_with(20, &a, &b);
	check_single(s);
	close_clean(s);
}

static void
a_bad_wire_is_no_obstacle(void)
{
	for (uint64_t seed = 100; seed < 120; seed++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s;

		a.aggressive = b.aggressive = seed % 3 == 0;
		a.retransmit_ms = b.retransmit_ms = 500;
		a.retransmit_tries = b.retransmit_tries = 12;
		s = world(seed, &a, &b);
		s->loss_percent = 25;
		s->repeat_percent = 25;
		s->jitter_ms = 400;
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 120000));
		s->loss_percent = 0;
		sim_run(s, 5000);
		CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
		close_clean(s);
	}
}

/* ---- refused -------------------------------------------------------------------------------- */

static void
a_wrong_key_gets_nowhere(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s;

		a.aggressive = b.aggressive = aggressive;
		b.psk[0] ^= 1;
		s = world(30, &a, &b);
		sim_run(s, 30000);
		CU_ASSERT_FALSE(sim_both_up(s));
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]) + sim_held_sas(&s->n[B]), 0);
		CU_ASSERT_TRUE(sim_counter(s, A, "refused_authentication") +
				sim_counter(s, B, "refused_authentication") +
				sim_counter(s, B, "drop_not_authentic") > 0);
		/* In aggressive mode it is the one that calls who sees it. */
		CU_ASSERT_PTR_NOT_NULL(strstr(s->n[aggressive ? A : B].why, "pre-shared key"));
		close_clean(s);
	}
}

static void
nothing_in_common(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	b.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA2_256_128,
			IKE_PRF_HMAC_SHA2_256, 14, false);
	s = world(31, &a, &b);
	sim_run(s, 5000);
	CU_ASSERT_FALSE(sim_both_up(s));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "NO-PROPOSAL-CHOSEN"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "no acceptable IKEv1 proposal"));
	close_clean(s);
}

static void
nothing_in_common_for_esp(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	b.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA1_96, 0, 0, false);
	s = world(32, &a, &b);
	sim_run(s, 5000);
	CU_ASSERT_FALSE(sim_both_up(s));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "NO-PROPOSAL-CHOSEN"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "no acceptable ESP proposal"));
	close_clean(s);
}

static void
another_name_is_refused(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	b.remote_id.type = IKE_ID_FQDN;
	b.remote_id.len = 5;
	memcpy(b.remote_id.data, "other", 5);
	s = world(33, &a, &b);
	sim_run(s, 10000);
	CU_ASSERT_FALSE(sim_both_up(s));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "identity"));
	close_clean(s);
}

static void
a_peer_of_the_other_version_is_named(void)
{
	struct ike_peer_cfg a = cfg1(A), b = sim_cfg(B);
	struct sim *s = world(34, &a, &b);

	sim_run(s, 5000);
	CU_ASSERT_FALSE(sim_both_up(s));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "IKEv1"));
	close_clean(s);
}

/* ---- life ----------------------------------------------------------------------------------- */

/* Both phases are renewed for hours; data runs all the time and none of it is lost. */
static void
renewed_without_losing_a_packet(void)
{
	for (uint64_t seed = 40; seed < 46; seed++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s;

		a.ike_life_s = b.ike_life_s = 1000;
		a.child_life_s = b.child_life_s = 300;
		if (seed % 2 == 1) {
			b.initiate = true;
			a.esp_proposals[0].group[0] = b.esp_proposals[0].group[0] = 19;
			a.esp_proposals[0].n_group = b.esp_proposals[0].n_group = 1;
		}
		s = up_with(seed, &a, &b);
		s->latency_ms = 50;
		s->jitter_ms = 20;
		s->data_ms = 100;
		s->next_data_ms = s->now;
		sim_run(s, 4 * 3600 * 1000);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(s->n_no_out, 0);
		CU_ASSERT_TRUE(sim_counter(s, A, "child_sas_rekeyed") > 40);
		CU_ASSERT_TRUE(sim_counter(s, A, "ike_sas_established") > 10);
		CU_ASSERT_TRUE(s->n[A].max_held <= 4 && s->n[B].max_held <= 4);
		sim_run(s, 10000);
		CU_ASSERT_TRUE(sim_held_sas(&s->n[A]) <= 2 && sim_held_sas(&s->n[B]) <= 2);
		close_clean(s);
	}
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

static void
a_quiet_peer_is_asked_and_lives(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	a.dpd_interval_s = 10;
	a.dpd_retry_s = 3;
	a.dpd_count = 6;
	s = up_with(50, &a, &b);
	s->loss_percent = 10;
	sim_run(s, 600000);
	CU_ASSERT_TRUE(sim_counter(s, A, "dpd_probes") >= 50);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
	s->loss_percent = 0;
	check_single(s);
	close_clean(s);
}

static void
a_dead_peer_is_noticed_and_comes_back(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	uint64_t dead_at;
	struct sim *s;

	a.dpd_interval_s = b.dpd_interval_s = 10;
	a.dpd_retry_s = b.dpd_retry_s = 3;
	a.dpd_count = b.dpd_count = 3;
	s = up_with(51, &a, &b);
	s->loss_percent = 100;
	dead_at = s->now;
	CU_ASSERT_TRUE(sim_until(s, a_not_up, 60000));
	CU_ASSERT_TRUE(s->now - dead_at <= 20000);
	CU_ASSERT_TRUE(sim_until(s, b_not_up, 60000));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]) + sim_held_sas(&s->n[B]), 0);
	s->loss_percent = 0;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 120000));
	close_clean(s);
}

/* The peer restarts and calls: INITIAL-CONTACT clears what it has forgotten. */
static void
a_restarted_peer_replaces_its_former_life(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = up_with(52, &a, &b);

	sim_run(s, 20000); /* else it might be both ends calling at once */
	sim_crash(s, A);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 20000);
	check_single(s);
	close_clean(s);
}

static void
a_removed_peer_says_goodbye(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = up_with(53, &a, &b);

	ike_peer_del(s->n[A].e, a.name, s->now);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
	CU_ASSERT_TRUE(sim_until(s, b_not_up, 10000));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	close_clean(s);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static struct ike_path
way_to(int to)
{
	return (struct ike_path){ .local = SIM_ADDR(to),
		.remote = SIM_ADDR(1 - to),
		.local_port = 500,
		.remote_port = 500 };
}

/* The last message of @from to the other, cut short and with bytes of it changed. */
static void
spoil(struct sim *s, int from)
{
	struct ike_path path = way_to(1 - from);
	uint8_t right[SIM_MSG_MAX], bad[SIM_MSG_MAX];
	size_t len = s->last_len[from];

	memcpy(right, s->last[from], len);
	for (size_t i = 0; i < len; i += 7) {
		memcpy(bad, right, len);
		bad[i] ^= (uint8_t)(1 + i % 255);
		ike_input(s->n[1 - from].e, &path, bad, len, s->now);
		ike_input(s->n[1 - from].e, &path, right, i, s->now);
	}
}

/*
 * Before each right message of a set-up comes, there are wrong ones. Nothing of IKEv1 is
 * authenticated before its fifth message: an attempt may fail by them, the next one does not.
 */
static void
spoilt_messages_do_no_harm(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	unsigned int seen[SIM_NODES] = { 0 };
	struct sim *s = sim_new(60, NULL);

	a.initiate = true;
	s->latency_ms = 20;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	for (int t = 0; t < 300000 && !sim_both_up(s); t++) {
		for (int i = A; i <= B; i++)
			if (s->n_ike[i] > seen[i] && seen[i] < 12) {
				seen[i] = s->n_ike[i];
				spoil(s, i);
			}
		sim_run(s, 1);
	}
	CU_ASSERT_TRUE(sim_both_up(s));
	sim_run(s, 40000);
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	close_clean(s);
}

static void
repeated_messages_change_nothing(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = up_with(61, &a, &b);

	for (int i = 0; i < 20; i++) {
		sim_deliver(s, B, s->last[A], s->last_len[A]);
		sim_deliver(s, A, s->last[B], s->last_len[B]);
		sim_run(s, 100);
	}
	check_single(s);
	close_clean(s);
}

static const struct cu_case cases[] = {
	CU_CASE(nine_messages_make_a_tunnel),
	CU_CASE(tunnel_mode_is_installed_as_such),
	CU_CASE(what_has_just_come_up_can_be_renewed_by_the_other_end),
	CU_CASE(a_third_message_that_never_comes),
	CU_CASE(traffic_in_place_of_the_third_message),
	CU_CASE(traffic_on_a_new_pair_ends_the_old_one),
	CU_CASE(two_that_begin_at_once_on_a_bad_wire_end_with_one_pair),
	CU_CASE(who_goes_on_by_an_sa_that_has_ended_is_told),
	CU_CASE(the_isakmp_sa_goes_before_the_third_message),
	CU_CASE(aggressive_mode_takes_six),
	CU_CASE(aggressive_mode_only_when_asked_for),
	CU_CASE(every_suite),
	CU_CASE(the_first_acceptable_transform_is_chosen),
	CU_CASE(a_bad_wire_is_no_obstacle),
	CU_CASE(a_wrong_key_gets_nowhere),
	CU_CASE(nothing_in_common),
	CU_CASE(nothing_in_common_for_esp),
	CU_CASE(another_name_is_refused),
	CU_CASE(a_peer_of_the_other_version_is_named),
	CU_CASE(renewed_without_losing_a_packet),
	CU_CASE(a_quiet_peer_is_asked_and_lives),
	CU_CASE(a_dead_peer_is_noticed_and_comes_back),
	CU_CASE(a_restarted_peer_replaces_its_former_life),
	CU_CASE(a_removed_peer_says_goodbye),
	CU_CASE(spoilt_messages_do_no_harm),
	CU_CASE(repeated_messages_change_nothing),
};
CU_MAIN("IKEv1", cases)
