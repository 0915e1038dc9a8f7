/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A day: new keys every few minutes, authentication every two hours, a wire that loses, repeats
 * and reorders, restarts without a word. Every ten minutes the wire is good for a moment; then
 * both ends hold one IKE SA and one Child SA, the dataplane holds what IKE does, and nothing has
 * grown.
 */
#include <malloc.h>
#include <stdio.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS     60000
#define MINUTE_MS 60000
#define SPAN_MS   600000 /* of bad weather */
#define CALM_MS   130000 /* deletes, drains, retries after TEMPORARY_FAILURE */
#define DAY_SPANS 144

static struct ike_peer_cfg cfg[SIM_NODES];

static void
configure(bool reauth)
{
	for (int i = A; i <= B; i++) {
		cfg[i] = sim_cfg(i);
		cfg[i].ike_life_s = 600;
		cfg[i].child_life_s = 180;
		cfg[i].dpd_interval_s = 20;
		cfg[i].dpd_retry_s = 5;
		cfg[i].dpd_count = 12;
		cfg[i].retransmit_tries = 10;
		cfg[i].esp_proposals[0].group[0] = IKE_GROUP_X25519;
		cfg[i].esp_proposals[0].n_group = 1;
		cfg[i].reauth_s = reauth ? 7200 : 0;
	}
	cfg[A].initiate = true;
}

static struct sim *
begin(uint64_t seed)
{
	struct sim *s = sim_new(seed, NULL);

	for (int i = A; i <= B; i++)
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[i].e, &cfg[i], s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	return s;
}

static void
weather(struct sim *s, bool bad)
{
	s->loss_percent = bad ? sim_rand(s) % 20 : 0;
	s->repeat_percent = bad ? sim_rand(s) % 20 : 0;
	s->jitter_ms = bad ? 50 + sim_rand(s) % 400 : 0;
}

/* IKE and the dataplane hold the same Child SAs. */
static bool
views_agree(struct sim *s, int i)
{
	int n = 0;

	for (int k = 0; k < SIM_SAS; k++) {
		struct sim_sa *sa = &s->n[i].sas[k];

		if (sa->used && ike_child_find(s->n[i].e, sa->id) == NULL)
			return false;
		n += sa->used;
	}
	return n == s->n[i].spis_out;
}

static void
check_calm(struct sim *s)
{
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, sim_sa(s, B).spi_i);
	for (int i = A; i <= B; i++) {
		/* The current ones, and for a while what was just replaced. */
		CU_ASSERT_EQUAL(sim_n_sas(s, i, "established"), 1);
		CU_ASSERT_TRUE(sim_n_sas(s, i, NULL) <= 3);
		CU_ASSERT_TRUE(sim_held_sas(&s->n[i]) <= 2);
		CU_ASSERT_TRUE(views_agree(s, i));
		CU_ASSERT_EQUAL(s->n[i].e->frag_bytes, 0);
		CU_ASSERT_TRUE(s->n[i].max_held <= IKE_MAX_CHILDREN);
	}
}

/* Heap in use; with a sanitizer it is always 0, but that finds leaks itself. */
static size_t
in_use(void)
{
	return mallinfo2().uordblks;
}

static void
a_day_of_rekeys(void)
{
	struct sim *s;
	size_t after_two_hours = 0;

	configure(true);
	s = begin(1);
	s->data_ms = 500;
	s->next_data_ms = s->now;
	for (int k = 0; k < DAY_SPANS; k++) {
		weather(s, true);
		sim_run(s, SPAN_MS - CALM_MS);
		weather(s, false);
		sim_run(s, CALM_MS);
		check_calm(s);
		if (k == 12)
			after_two_hours = in_use();
	}
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	CU_ASSERT_TRUE(s->n_data > 300000);
	CU_ASSERT_TRUE(in_use() < after_two_hours + 32768);
	CU_ASSERT_TRUE(sim_counter(s, A, "child_sas_rekeyed") > 450);
	CU_ASSERT_TRUE(sim_counter(s, A, "ike_sas_rekeyed") > 130);
	CU_ASSERT_TRUE(sim_counter(s, A, "ike_sas_established") -
					sim_counter(s, A, "ike_sas_rekeyed") >= 12);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead") + sim_counter(s, B, "peers_dead"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Either end starts anew in each span, at a bad moment, and what the other one held is gone. */
static void
a_day_of_restarts(void)
{
	struct sim *s;
	size_t after_two_hours = 0;

	configure(false);
	s = begin(2);
	for (int k = 0; k < DAY_SPANS; k++) {
		int who = (int)(sim_rand(s) % 2);

		weather(s, true);
		sim_run(s, sim_rand(s) % (3 * MINUTE_MS));
		sim_crash(s, who);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[who].e, &cfg[who], s->now), 0);
		sim_run(s, 3 * MINUTE_MS);
		weather(s, false);
		sim_run(s, 2 * MINUTE_MS + CALM_MS);
		check_calm(s);
		if (k == 12)
			after_two_hours = in_use();
	}
	CU_ASSERT_TRUE(in_use() < after_two_hours + 32768);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(a_day_of_rekeys),
	CU_CASE(a_day_of_restarts),
};

CU_MAIN("day", cases)
