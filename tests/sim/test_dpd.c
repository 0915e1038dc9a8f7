/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dead peer detection: the schedule INTERVAL + RETRY x COUNT holds whatever is under way, nothing
 * is asked on demand while there is nothing to send, and a lossy line kills nobody who answers.
 */
#include <string.h>

#include "controlplane/ike/ike1_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define INTERVAL_S 10
#define RETRY_S    3
#define COUNT      5
#define WORST_MS   ((INTERVAL_S + RETRY_S * COUNT) * 1000)

static struct ike_peer_cfg
watching(int version, bool on_demand)
{
	struct ike_peer_cfg a = sim_cfg(A);

	a.version = (uint8_t)version;
	a.initiate = true;
	a.dpd_interval_s = INTERVAL_S;
	a.dpd_retry_s = RETRY_S;
	a.dpd_count = COUNT;
	a.dpd_on_demand = on_demand;
	return a;
}

static struct sim *
up(uint64_t seed, const struct ike_peer_cfg *a)
{
	struct sim *s = sim_new(seed, NULL);
	struct ike_peer_cfg b = sim_cfg(B);

	b.version = a->version;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 10000));
	return s;
}

static bool
a_is_down(struct sim *s)
{
	return s->n[A].state != IKE_PEER_ESTABLISHED;
}

static bool
a_is_up(struct sim *s)
{
	return s->n[A].state == IKE_PEER_ESTABLISHED;
}

/* B is silent from now on; how long until A knows, in ms. */
static uint64_t
time_of_death(struct sim *s)
{
	uint64_t begin = s->now;

	s->loss_percent = 100;
	CU_ASSERT_TRUE(sim_until(s, a_is_down, 200000));
	return s->now - begin;
}

static void
the_worst_case_is_what_is_said(void)
{
	struct ike_peer_cfg a = watching(2, false);

	CU_ASSERT_EQUAL(ike_dpd_worst_s(&a) * 1000, WORST_MS);
	a.dpd_interval_s = 40; /* dpd 40 5 with five retries */
	a.dpd_retry_s = 5;
	CU_ASSERT_EQUAL(ike_dpd_worst_s(&a), 65);
	a.dpd_retry_s = 0; /* as other requests: 1 + 2 + 4 + 8 + 16 + 32 s */
	a.retransmit_ms = 1000;
	a.retransmit_tries = 5;
	CU_ASSERT_EQUAL(ike_dpd_worst_s(&a), 40 + 63);
	a.dpd_interval_s = 0;
	CU_ASSERT_EQUAL(ike_dpd_worst_s(&a), 0);
}

static void
silent_peer(int version)
{
	struct ike_peer_cfg a = watching(version, false);

	for (uint64_t idle = 0; idle < 30000; idle += 1700) {
		struct sim *s = up(100 + idle, &a);
		uint64_t ms;

		sim_run(s, idle);
		ms = time_of_death(s);
		CU_ASSERT_TRUE(ms <= WORST_MS + 10);
		CU_ASSERT_TRUE(ms >= RETRY_S * COUNT * 1000 - 100);
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 1);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static void
a_silent_peer_is_dead_in_time(void)
{
	silent_peer(2);
	silent_peer(1);
}

/* Another request is under way when the peer dies: it is no excuse. */
static void
a_rekey_under_way_delays_nothing(void)
{
	struct ike_peer_cfg a = watching(2, false);
	struct sim *s = up(2, &a);

	a.retransmit_tries = 20;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 5000);
	s->loss_percent = 100;
	ike_sa_rekey(s->n[A].e, "peer", s->now);
	CU_ASSERT_TRUE(time_of_death(s) <= WORST_MS + 10);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
traffic_counts(int version)
{
	struct ike_peer_cfg a = watching(version, false);
	struct sim *s = up(3, &a);

	s->loss_percent = 100; /* IKE does not get through, ESP does */
	for (int i = 0; i < 300; i++) {
		sim_run(s, 1000);
		ike_peer_alive(s->n[A].e, 7, s->now);
	}
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
traffic_is_a_sign_of_life(void)
{
	traffic_counts(2);
	traffic_counts(1);
}

static void
on_demand(int version)
{
	struct ike_peer_cfg a = watching(version, true);
	struct sim *s = up(4, &a);
	uint64_t begin;

	sim_run(s, 3600000);
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 0);
	/* Sent and answered by traffic: still nothing to ask. */
	ike_peer_alive(s->n[A].e, 7, s->now);
	for (int i = 0; i < 60; i++) {
		ike_peer_sent(s->n[A].e, 7, s->now);
		sim_run(s, 1000);
		ike_peer_alive(s->n[A].e, 7, s->now);
	}
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 0);
	/* Sent and not answered, but the peer lives. */
	ike_peer_sent(s->n[A].e, 7, s->now);
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 1);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	/* A dead one: nobody notices until something is sent. */
	s->loss_percent = 100;
	sim_run(s, 600000);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	begin = s->now;
	ike_peer_sent(s->n[A].e, 7, s->now);
	CU_ASSERT_TRUE(sim_until(s, a_is_down, 200000));
	CU_ASSERT_TRUE(s->now - begin <= RETRY_S * COUNT * 1000 + 10);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
on_demand_asks_only_when_something_is_sent(void)
{
	on_demand(2);
	on_demand(1);
}

/* ---- a lossy line -------------------------------------------------------------------------- */

/* The wire knows: an answer to a question has come to A. */
static void
answer_given(struct sim *s, int to, const uint8_t *msg, size_t len)
{
	bool info = sim_exchange(msg) == 37 || sim_exchange(msg) == 5; /* IKEv2's, IKEv1's */

	if (to == A && info)
		s->given_ms = s->now;
}

/*
 * Ten hours of 30 % loss and 2 s jitter. Of five questions all may be lost on their way, or their
 * answers, and then the peer counts as dead; but not when an answer to any of them has come.
 */
static void
ten_hours(int version, uint64_t seed, unsigned int *n_dead)
{
	struct ike_peer_cfg a = watching(version, false);
	struct sim *s = up(seed, &a);
	uint64_t end = s->now + 36000000, before = 0;

	s->loss_percent = 30;
	s->jitter_ms = 2000;
	s->given = answer_given;
	while (s->now < end && sim_until(s, a_is_down, end - s->now)) {
		/* Or has B deleted a Child SA whose quick mode (IKEv1) it has given up? */
		if (sim_counter(s, A, "peers_dead") > before) {
			/* The first question of this round went out that long ago. */
			CU_ASSERT_TRUE(s->now - s->given_ms >= RETRY_S * COUNT * 1000);
			CU_ASSERT_TRUE(s->given_ms == 0 || s->now - s->given_ms <= WORST_MS + 10);
			(*n_dead)++;
		}
		CU_ASSERT_TRUE_FATAL(sim_until(s, a_is_up, 3600000));
		before = sim_counter(s, A, "peers_dead");
		s->given_ms = 0;
	}
	CU_ASSERT_TRUE(sim_counter(s, A, "dpd_probes") > 1500);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
a_lossy_line_kills_nobody_who_answers(void)
{
	for (int version = 1; version <= 2; version++) {
		unsigned int n_dead = 0;

		for (uint64_t seed = 1; seed <= 5; seed++)
			ten_hours(version, 500 + seed, &n_dead);
		CU_ASSERT_TRUE(n_dead > 0); /* else nothing was put to the test */
	}
}

/* RFC 3706 section 5.1: who does not say that it answers is not asked; and that is told. */
static void
who_does_not_offer_it_is_not_asked(void)
{
	struct ike_peer_cfg a = watching(1, false);
	struct sim *s = up(9, &a);
	struct ike_peer_show show;

	CU_ASSERT_TRUE_FATAL(ike_peer_show(s->n[A].e, a.name, s->now, &show));
	CU_ASSERT_FALSE(show.dpd_unable);
	CU_ASSERT_EQUAL(show.dpd_worst_s * 1000, WORST_MS);
	TAILQ_FIRST(&s->n[A].e->sas1)->can &= ~(uint32_t)IKE1_CAN_DPD;
	CU_ASSERT_TRUE_FATAL(ike_peer_show(s->n[A].e, a.name, s->now, &show));
	CU_ASSERT_TRUE(show.dpd_unable);
	CU_ASSERT_EQUAL(show.dpd_worst_s, 0);
	s->loss_percent = 100;
	sim_run(s, 2 * WORST_MS);
	CU_ASSERT_FALSE(a_is_down(s));
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_probes"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Until the last question is out, nothing comes through. */
static struct sim *
asked_for_the_last_time(int version)
{
	struct ike_peer_cfg a = watching(version, false);
	struct sim *s = up(700, &a);

	s->loss_percent = 100;
	CU_ASSERT_FALSE(sim_until(s, a_is_down, WORST_MS - RETRY_S * 1000 / 2));
	return s;
}

/* ---- what was not told yet ------------------------------------------------------------------- */

/* The dataplane tells of traffic once a second; what came in the last of them counts, too. */
static void
traffic_of_the_last_second_counts(void)
{
	for (int version = 1; version <= 2; version++) {
		struct sim *s = asked_for_the_last_time(version);

		s->n[A].esp_ms = s->now;
		sim_run(s, RETRY_S * 1000 + 10);
		CU_ASSERT_FALSE(a_is_down(s));
		CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_unknown"), 0);
		CU_ASSERT_TRUE(sim_until(s, a_is_down, WORST_MS + 10)); /* ... once */
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 1);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* ... also when it is a rekeying that has no answer. */
static void
so_it_does_during_a_rekeying(void)
{
	struct ike_peer_cfg a = watching(2, false);
	struct sim *s = up(702, &a);

	sim_run(s, 5000);
	s->loss_percent = 100;
	ike_sa_rekey(s->n[A].e, "peer", s->now);
	sim_run(s, RETRY_S * COUNT * 1000 - 500);
	s->n[A].esp_ms = s->now;
	sim_run(s, 1000);
	CU_ASSERT_FALSE(a_is_down(s));
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
so_does_what_was_dropped_in_it(void)
{
	for (int version = 1; version <= 2; version++) {
		struct sim *s = asked_for_the_last_time(version);

		s->n[A].input_lost = true;
		sim_run(s, RETRY_S * 1000 + 10);
		CU_ASSERT_FALSE(a_is_down(s));
		CU_ASSERT_TRUE(sim_counter(s, A, "dpd_unknown") >= 1);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* ---- our own doing -------------------------------------------------------------------------- */

/* We are stopped, or busy, when the time is up; the answer is there, but not read. */
static void
who_looks_late_asks_again(void)
{
	for (int version = 1; version <= 2; version++) {
		struct ike_peer_show show;
		struct sim *s = asked_for_the_last_time(version);

		s->loss_percent = 0;
		s->now += RETRY_S * 1000 + 2000; /* nothing of ours runs */
		CU_ASSERT_FALSE(sim_until(s, a_is_down, 60000));
		CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_unknown"), 1);
		CU_ASSERT_TRUE(ike_peer_show(s->n[A].e, "peer", s->now, &show));
		CU_ASSERT_EQUAL(show.live.n_unknown, 1);
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static bool
a_is_down_or_loses(struct sim *s)
{
	ike_input_lost(s->n[A].e, s->now);
	return a_is_down(s);
}

/* ... also when it is another request that has no answer: that is sent again, by liveness' clock. */
static void
so_does_who_waits_for_another_answer(void)
{
	struct ike_peer_cfg a = watching(2, false);
	struct sim *s = up(701, &a);
	unsigned long sent;

	a.retransmit_ms = 60000; /* by itself it would not be sent again */
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 5000);
	s->loss_percent = 100;
	ike_sa_rekey(s->n[A].e, "peer", s->now);
	sent = s->n_ike[A];
	CU_ASSERT_TRUE(sim_until(s, a_is_down_or_loses, WORST_MS + 3 * RETRY_S * 1000 + 10));
	CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_unknown"), 3);
	CU_ASSERT_EQUAL(s->n_ike[A], sent + 3);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* IKE is dropped in front of us: the peer is asked again; one that is dead is found all the same. */
static void
what_was_dropped_here_is_no_proof(void)
{
	for (int version = 1; version <= 2; version++) {
		struct sim *s = asked_for_the_last_time(version);
		uint64_t before;

		ike_input_lost(s->n[A].e, s->now);
		sim_run(s, RETRY_S * 1000 + 10);
		CU_ASSERT_FALSE(a_is_down(s));
		s->loss_percent = 0;
		CU_ASSERT_FALSE(sim_until(s, a_is_down, 60000));
		before = sim_counter(s, A, "dpd_unknown");
		CU_ASSERT_TRUE(before >= 1 && before <= 3);
		s->loss_percent = 100;
		CU_ASSERT_TRUE(sim_until(s, a_is_down_or_loses, WORST_MS + 3 * RETRY_S * 1000 + 10));
		CU_ASSERT_EQUAL(sim_counter(s, A, "dpd_unknown"), before + 3);
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 1);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(the_worst_case_is_what_is_said),
	CU_CASE(a_silent_peer_is_dead_in_time),
	CU_CASE(a_rekey_under_way_delays_nothing),
	CU_CASE(traffic_is_a_sign_of_life),
	CU_CASE(on_demand_asks_only_when_something_is_sent),
	CU_CASE(who_does_not_offer_it_is_not_asked),
	CU_CASE(traffic_of_the_last_second_counts),
	CU_CASE(so_it_does_during_a_rekeying),
	CU_CASE(so_does_what_was_dropped_in_it),
	CU_CASE(who_looks_late_asks_again),
	CU_CASE(so_does_who_waits_for_another_answer),
	CU_CASE(what_was_dropped_here_is_no_proof),
	CU_CASE(a_lossy_line_kills_nobody_who_answers),
};

CU_MAIN("dpd", cases)
