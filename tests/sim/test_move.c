/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer by name whose name has another address: what is up goes on until the new address has
 * answered, or for a minute. Data runs both ways all the time.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define NOBODY 0x0a0000c8u
#define UP_MS  60000

static struct sim *
up(struct ike_peer_cfg *a, bool v1)
{
	struct sim *s = sim_new(3, NULL);
	struct ike_peer_cfg b = sim_cfg(B);

	*a = sim_cfg(A);
	a->initiate = a->named = true;
	for (struct ike_peer_cfg *c = a; v1 && c != NULL; c = c == a ? &b : NULL) {
		c->version = 1;
		c->ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
				IKE_PRF_HMAC_SHA2_256, IKE_GROUP_MODP2048, false);
		c->esp_proposals[0] = sim_prop(
				IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0, false);
	}
	s->n[A].keeps = true;
	sim_crash(s, A);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	s->data_ms = 5;
	s->next_data_ms = s->now;
	return s;
}

static void
move(struct sim *s, struct ike_peer_cfg *a, uint32_t to)
{
	a->remote = to;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, a, s->now), 0);
}

static void
it_answers_there(void)
{
	struct ike_peer_cfg a, b = sim_cfg(B);
	struct sim *s = up(&a, false);
	uint64_t old = sim_sa(s, A).spi_i;

	s->alias = true;
	snprintf(b.name, sizeof(b.name), "the same at its other address");
	b.local = SIM_ALIAS;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	move(s, &a, SIM_ALIAS);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, old);
	sim_run(s, 10000);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 1);
	CU_ASSERT_EQUAL(sim_sa(s, A).remote, SIM_ALIAS);
	CU_ASSERT_NOT_EQUAL(sim_sa(s, A).spi_i, old);
	sim_run(s, 80000); /* beyond the limit */
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 1);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
nobody_is_there(void)
{
	struct ike_peer_cfg a;
	struct sim *s = up(&a, false);
	uint64_t old = sim_sa(s, A).spi_i;

	move(s, &a, NOBODY);
	sim_run(s, 55000);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, old);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	s->data_ms = 0;
	sim_run(s, 10000);
	CU_ASSERT_NOT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 0);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0); /* it was told */
	move(s, &a, SIM_ADDR(B));
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
back_again(void)
{
	struct ike_peer_cfg a;
	struct sim *s = up(&a, false);
	uint64_t old = sim_sa(s, A).spi_i;

	move(s, &a, NOBODY);
	sim_run(s, 20000);
	move(s, &a, SIM_ADDR(B));
	sim_run(s, 100000);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, old);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, NULL), 1);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* The next process does not know yet what the name means; then it is as it was. */
static void
after_a_crash(void)
{
	for (int v1 = 0; v1 < 2; v1++) {
		struct ike_peer_cfg a;
		struct sim *s = up(&a, v1);
		uint64_t old = sim_sa(s, A).spi_i;

		sim_restart(s, A);
		move(s, &a, 0);
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_restored"), 1);
		sim_run(s, 500);
		move(s, &a, SIM_ADDR(B));
		sim_run(s, 5000);
		sim_sweep(s, A);
		CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, old);
		CU_ASSERT_EQUAL(sim_n_sas(s, A, NULL), 1);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(s->n_no_out, 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* IKEv1 begins anew; and so does who may not call. */
static void
at_once(void)
{
	for (int v1 = 0; v1 < 2; v1++) {
		struct ike_peer_cfg a;
		struct sim *s = up(&a, v1);

		s->data_ms = 0;
		a.initiate = a.may_initiate = v1;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
		move(s, &a, NOBODY);
		CU_ASSERT_NOT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
		sim_run(s, 1000);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(it_answers_there),
	CU_CASE(nobody_is_there),
	CU_CASE(back_again),
	CU_CASE(after_a_crash),
	CU_CASE(at_once),
};

CU_MAIN("move", cases)
