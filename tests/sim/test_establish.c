/* SPDX-License-Identifier: BSD-3-Clause */
/* Two engines find each other: IKE_SA_INIT and IKE_AUTH in every variety, over good and bad wires. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

/* The world as it should be when a test ends: nothing leaked, one pair each. */
static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/*
 *	A                                B
 *	IKE_SA_INIT       -->
 *	                  <--  IKE_SA_INIT
 *	IKE_AUTH          -->
 *	                  <--  IKE_AUTH
 */
static void
four_messages_make_a_tunnel(void)
{
	struct sim *s = sim_new(1, NULL);

	sim_pair(s, true, false);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(s->n_ike[A], 2);
	CU_ASSERT_EQUAL(s->n_ike[B], 2);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 1);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 1);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 1);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
	CU_ASSERT_STRING_EQUAL(sim_sa(s, A).proposal, "aes128-sha256-prfsha256-x25519");
	CU_ASSERT_STRING_EQUAL(sim_sa(s, A).remote_id, "10.0.0.2");
	CU_ASSERT_FALSE(sim_sa(s, A).nat_local || sim_sa(s, A).nat_remote);
	close_clean(s);
}

static const struct cu_case cases[] = {
	CU_CASE(four_messages_make_a_tunnel),
};

CU_MAIN("establish", cases)
