/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lifetimes of IKEv1 as a responder judges them: proposal-check in its four words, for both phases,
 * in seconds and kilobytes; that RESPONDER-LIFETIME reaches the initiator; and pairs so short-lived
 * that more of them are replaced than a tunnel has room for.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

static struct ike_peer_cfg
cfg1(int i, uint32_t life_s, uint64_t kilobytes)
{
	struct ike_peer_cfg c = sim_cfg(i);

	c.version = 1;
	c.ike_life_s = 86400;
	c.child_life_s = life_s;
	c.child_life_bytes = kilobytes * 1024;
	return c;
}

static struct ike_child_show
child_of(struct sim *s, int i)
{
	struct ike_sa_show sa = sim_sa(s, i);

	CU_ASSERT_EQUAL_FATAL(sa.n_children, 1);
	return sa.children[0];
}

/* A asks for one life, B has another and judges. @agreed 0: refused. */
static void
phase2(enum ike1_check check, uint32_t a_s, uint64_t a_kb, uint32_t b_s, uint64_t b_kb,
		uint32_t agreed_s, uint64_t agreed_kb)
{
	struct ike_peer_cfg a = cfg1(A, a_s, a_kb), b = cfg1(B, b_s, b_kb);
	struct sim *s = sim_new((uint64_t)check + a_s, NULL);

	a.initiate = true;
	b.proposal_check = (uint8_t)check;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	if (agreed_s == 0) {
		CU_ASSERT_FALSE(sim_until(s, sim_both_up, 5000));
		CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "proposal-check"));
	} else {
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 5000));
		for (int i = 0; i < SIM_NODES; i++) {
			uint32_t in_s = child_of(s, i).rekey_in_s;

			/* up to a tenth is taken off */
			CU_ASSERT_TRUE(in_s <= agreed_s && in_s >= agreed_s - agreed_s / 8);
			CU_ASSERT_EQUAL(sim_out(&s->n[i])->life_bytes, agreed_kb * 1024);
		}
	}
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
claim(void)
{
	phase2(IKE1_CHECK_CLAIM, 3600, 5000, 1800, 9000, 1800, 5000);
	phase2(IKE1_CHECK_CLAIM, 1200, 9000, 1800, 5000, 1200, 5000);
	phase2(IKE1_CHECK_CLAIM, 3600, 0, 3600, 7000, 3600, 7000); /* not said: ours, and told */
}

static void
obey(void)
{
	phase2(IKE1_CHECK_OBEY, 1200, 0, 1800, 0, 1200, 0);
	/* longer than ours: taken by B; A has asked for it */
	phase2(IKE1_CHECK_OBEY, 3600, 9000, 1800, 5000, 3600, 9000);
}

static void
strict(void)
{
	phase2(IKE1_CHECK_STRICT, 1200, 4000, 1800, 5000, 1200, 4000);
	phase2(IKE1_CHECK_STRICT, 1801, 4000, 1800, 5000, 0, 0);
	phase2(IKE1_CHECK_STRICT, 1200, 6000, 1800, 5000, 0, 0);
}

static void
exact(void)
{
	phase2(IKE1_CHECK_EXACT, 1800, 5000, 1800, 5000, 1800, 5000);
	phase2(IKE1_CHECK_EXACT, 1200, 5000, 1800, 5000, 0, 0);
	phase2(IKE1_CHECK_EXACT, 1800, 0, 1800, 5000, 0, 0);
}

/* The ISAKMP SA's: the same words. */
static void
phase1(void)
{
	static const struct {
		enum ike1_check check;
		uint32_t a_s, b_s;
		bool up;
	} rows[] = {
		{ IKE1_CHECK_CLAIM, 86400, 3600, true },
		{ IKE1_CHECK_OBEY, 86400, 3600, true },
		{ IKE1_CHECK_STRICT, 86400, 3600, false },
		{ IKE1_CHECK_STRICT, 3600, 86400, true },
		{ IKE1_CHECK_EXACT, 3600, 86400, false },
		{ IKE1_CHECK_EXACT, 3600, 3600, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_peer_cfg a = cfg1(A, 3600, 0), b = cfg1(B, 3600, 0);
		struct sim *s = sim_new(50 + i, NULL);

		a.initiate = true;
		a.ike_life_s = rows[i].a_s;
		b.ike_life_s = rows[i].b_s;
		b.proposal_check = (uint8_t)rows[i].check;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_EQUAL(sim_until(s, sim_both_up, 5000), rows[i].up);
		if (!rows[i].up)
			CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "proposal-check"));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static bool
is_info(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	(void)s;
	(void)len;
	return from == A && sim_exchange(msg) == 5;
}

static bool
renewed(struct sim *s)
{
	return sim_out(&s->n[A])->id > (uint64_t)s->drop_arg && sim_held_sas(&s->n[B]) > 1;
}

/* A renews twice a second; it deletes what it has replaced only after seconds, or never. */
static void
soon_renewed(bool deletes)
{
	struct ike_peer_cfg a = cfg1(A, 3600, 0), b = cfg1(B, 3600, 0);
	struct sim *s = sim_new(77, NULL);

	a.initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 5000));
	s->data_ms = 10;
	s->next_data_ms = s->now;
	s->drop = deletes ? NULL : is_info;
	for (int i = 0; i < 20; i++) {
		s->drop_arg = (int)sim_out(&s->n[A])->id;
		ike_child_rekey(s->n[A].e, sim_out(&s->n[A])->id, false, s->now);
		CU_ASSERT_TRUE(sim_until(s, renewed, 400));
		sim_run(s, 500);
	}
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	s->drop = NULL;
	sim_run(s, 70000);
	for (int i = A; i <= B; i++)
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), 1);
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
renewed_before_the_replaced_ones_go(void)
{
	soon_renewed(true);
	soon_renewed(false);
}

static const struct cu_case cases[] = {
	CU_CASE(claim),
	CU_CASE(obey),
	CU_CASE(strict),
	CU_CASE(exact),
	CU_CASE(phase1),
	CU_CASE(renewed_before_the_replaced_ones_go),
};

CU_MAIN("ike1_life", cases)
