/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A group in the engine: whoever fits the wildcard and proves it is met, and answered only when
 * there is a peer of his own; the same message does then. A wrong proof or another name is not met.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

static struct ike_id
fqdn(const char *name)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = (uint8_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

/* A is a branch, B the hub with a group of tunnels. */
static struct sim *
world(uint64_t seed, const char *name, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	*a = sim_cfg(A);
	*b = sim_cfg(B);
	a->initiate = true;
	a->local_id = fqdn(name);
	b->remote = 0;
	b->group = true;
	b->may_initiate = b->initiate = false;
	b->remote_id = fqdn("*.branch.example.net");
	b->tun_id = UINT32_MAX;
	return s;
}

static void
start(struct sim *s, const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	sim_run(s, 500);
}

static void
met_and_then_answered(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world(1, "b1.branch.example.net", &a, &b);

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	CU_ASSERT_EQUAL(s->met.type, IKE_ID_FQDN);
	CU_ASSERT_EQUAL(s->met.len, strlen("b1.branch.example.net"));
	CU_ASSERT_EQUAL(memcmp(s->met.data, "b1.branch.example.net", s->met.len), 0);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_CONNECTING); /* not answered */
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	/* Nobody makes a peer: the question is put again with each repetition, nothing more. */
	sim_run(s, 4000);
	CU_ASSERT_TRUE(s->n_met >= 2 && s->n_met <= 4);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	/* A peer of its own, and the next repetition is its. */
	snprintf(b.name, sizeof(b.name), "b1");
	b.group = false;
	b.remote_id = a.local_id;
	b.tun_id = 7;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 20000));
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "b1");
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
strangers_are_not_met(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world(2, "b1.elsewhere.example.net", &a, &b);

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_NOT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	s = world(3, "b1.branch.example.net", &a, &b);
	b.psk[0] ^= 1;
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "AUTHENTICATION_FAILED"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
a_full_group_refuses(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world(4, "b1.branch.example.net", &a, &b);

	s->met_answer = -EDQUOT;
	start(s, &a, &b);
	CU_ASSERT_TRUE(s->n_met >= 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "AUTHENTICATION_FAILED"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "all the branches that it may have"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(met_and_then_answered),
	CU_CASE(strangers_are_not_met),
	CU_CASE(a_full_group_refuses),
};

CU_MAIN("group", cases)
