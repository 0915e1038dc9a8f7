/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `show crypto session` tells of a peer: how its liveness checks went, why and when its last
 * session ended, how far an attempt came, and what is cleared when Child SAs alone are.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

static struct ike_peer_show
shown(struct sim *s, int i)
{
	struct ike_peer_show p = { 0 };

	CU_ASSERT_TRUE_FATAL(ike_peer_show(s->n[i].e, "peer", s->now, &p));
	return p;
}

static struct sim *
up(uint64_t seed, uint8_t version)
{
	struct sim *s = sim_new(seed, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.initiate = true;
	a.version = b.version = version;
	a.dpd_interval_s = 10;
	a.dpd_retry_s = 3;
	a.dpd_count = 5;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 10000));
	return s;
}

static uint32_t
answers_measured(const struct ike_live_show *l)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < IKE_RTT_BUCKETS; i++)
		n += l->rtt[i];
	return n;
}

static bool
a_is_down(struct sim *s)
{
	return s->n[A].state != IKE_PEER_ESTABLISHED;
}

static void
life_of(uint8_t version)
{
	struct sim *s = up(version, version);
	struct ike_peer_show p = shown(s, A);

	CU_ASSERT_EQUAL(p.live.version, version);
	CU_ASSERT_EQUAL(p.live.stage, IKE_STAGE_CHILD);
	CU_ASSERT_EQUAL(p.live.n_sessions, 1);
	CU_ASSERT_EQUAL(p.live.ended_s, UINT32_MAX);
	CU_ASSERT_EQUAL(p.dpd_worst_s, 25);
	CU_ASSERT_STRING_EQUAL(p.live.expected_id, "10.0.0.2");
	s->latency_ms = 30;
	s->jitter_ms = 0;
	sim_run(s, 65000); /* asked every 10 s */
	p = shown(s, A);
	CU_ASSERT_TRUE(p.live.n_sent >= 5 && p.live.n_sent <= 7);
	CU_ASSERT_EQUAL(p.live.n_answered, p.live.n_sent);
	CU_ASSERT_EQUAL(p.live.n_missed, 0);
	CU_ASSERT_EQUAL(answers_measured(&p.live), p.live.n_answered);
	CU_ASSERT_EQUAL(p.live.rtt[4], p.live.n_answered); /* 60 ms: above 50, up to 100 */
	CU_ASSERT_EQUAL(p.live.rtt_last_ms, 60);
	CU_ASSERT_TRUE(p.live.ike_heard_s <= 10);
	CU_ASSERT_EQUAL(p.live.esp_heard_s, UINT32_MAX);
	s->loss_percent = 100;
	CU_ASSERT_TRUE(sim_until(s, a_is_down, 60000));
	sim_run(s, 7000);
	p = shown(s, A);
	CU_ASSERT_EQUAL(p.live.n_missed, 5);
	CU_ASSERT_EQUAL(p.live.n_answered + 5, p.live.n_sent);
	CU_ASSERT_TRUE(p.live.ended_s >= 6 && p.live.ended_s <= 8);
	CU_ASSERT_PTR_NOT_NULL(strstr(p.live.end_why, "peer does not answer"));
	s->loss_percent = 0;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 200000));
	CU_ASSERT_EQUAL(shown(s, A).live.n_sessions, 2);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
life_of_a_peer(void)
{
	life_of(2);
	life_of(1);
}

/* A refused call tells how far it came; two refusals each way tell what the peer would offer. */
static void
how_far_an_attempt_came(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s = sim_new(3, NULL);

	a.initiate = true;
	b.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96,
			IKE_PRF_HMAC_SHA1, IKE_GROUP_MODP1024, false);
	b.n_ike_proposals = 1;
	s->loss_percent = 100;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 500);
	CU_ASSERT_EQUAL(shown(s, A).live.stage, IKE_STAGE_CALLED);
	s->loss_percent = 0;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(shown(s, A).live.stage, IKE_STAGE_ANSWERED);
	CU_ASSERT_PTR_NOT_NULL(strstr(shown(s, A).why,
			"peer 10.0.0.2 answers NO_PROPOSAL_CHOSEN to our aes"));
	b.initiate = true; /* now B calls, too: A knows what it would take */
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_run(s, 60000);
	CU_ASSERT_PTR_NOT_NULL(strstr(shown(s, A).why,
			"peer 10.0.0.2 answers NO_PROPOSAL_CHOSEN: it "
			"offers aes128-sha1-prfsha1-modp1024, we ask aes"));
	b = sim_cfg(B);
	b.psk[0] ^= 1;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_run(s, 120000);
	CU_ASSERT_EQUAL(shown(s, A).live.stage, IKE_STAGE_PROPOSAL);
	CU_ASSERT_EQUAL(shown(s, B).live.stage, IKE_STAGE_IDENTITY);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
child_sas_are_cleared_alone(void)
{
	for (uint8_t version = 1; version <= 2; version++) {
		struct sim *s = up(10u + version, version);
		uint64_t spi = sim_sa(s, A).spi_i;

		ike_peer_clear_children(s->n[A].e, "peer", s->now);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 0);
		CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_NO_CHILD);
		CU_ASSERT_STRING_EQUAL(shown(s, A).live.end_why,
				"Child SA cleared by the operator");
		sim_run(s, 1);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 10000));
		CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi); /* the IKE SA is the same */
		ike_peer_clear_children(s->n[A].e, "nobody", s->now);
		CU_ASSERT_TRUE(sim_both_up(s));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* A has called in vain for minutes, then B calls: what an operator clears is not waited for. */
static void
a_clear_is_no_failure(void)
{
	for (uint8_t version = 1; version <= 2; version++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s = sim_new(20u + version, NULL);

		a.version = b.version = version;
		a.initiate = b.initiate = true;
		s->loss_percent = 100;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		sim_run(s, 600000);
		s->loss_percent = 0;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 1000));
		sim_run(s, 3000);
		b.initiate = b.may_initiate = false; /* from here on it is A's turn */
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		ike_peer_clear_children(s->n[A].e, "peer", s->now);
		CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_NO_CHILD);
		sim_run(s, 1);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(life_of_a_peer),
	CU_CASE(how_far_an_attempt_came),
	CU_CASE(child_sas_are_cleared_alone),
	CU_CASE(a_clear_is_no_failure),
};

CU_MAIN("session", cases)
