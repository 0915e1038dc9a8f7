/* SPDX-License-Identifier: BSD-3-Clause */
/* What was flushed a moment ago: late copies, late acknowledgments, and what is wanted again. */
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_lan.h"
#include "tests/unit/cu.h"

/* Out of the database, and a copy from before comes late: it is not news, whether A ever had the
 * LSA or met it flushed. Its sender is told. An hour later nobody remembers. */
static void
test_late_copy(void)
{
	for (int had = 0; had < 2; had++) {
		uint8_t lsa[64];
		struct lan l;
		size_t len;

		lan_begin(&l, A, B);
		if (had) {
			len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
			lan_hear(&l, C, lsa, len);
			world_run(l.w, 3000);
			CU_ASSERT_PTR_NOT_NULL(lan_lsa(&l, FAR));
		}
		len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, OSPF_MAX_AGE);
		lan_hear(&l, C, lsa, len);
		world_run(l.w, 3000);
		CU_ASSERT_PTR_NULL(lan_lsa(&l, FAR));
		lan_forget(&l);
		len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
		lan_hear(&l, C, lsa, len);
		CU_ASSERT(lan_lsa(&l, FAR) == NULL || ospf_lsa_is_max_age(lan_lsa(&l, FAR)));
		CU_ASSERT_TRUE(lan_sent(&l, LAN_UPDATE, "10.0.0.3"));
		CU_ASSERT_TRUE(world_said(l.r[A], "age 3600"));
		CU_ASSERT_FALSE(lan_sent(&l, LAN_ACK, "10.0.0.3"));
		CU_ASSERT_EQUAL(l.r[A]->o->n.lsa_flushed_again, 1);
		world_run(l.w, 3000);
		CU_ASSERT_PTR_NULL(lan_lsa(&l, FAR));
		CU_ASSERT_TRUE(world_quiet(l.w));
		/* A newer one is news; so is the old one when nobody remembers. */
		len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, had ? 6 : 5, 10);
		if (!had)
			world_run(l.w, 3600000);
		lan_hear(&l, C, lsa, len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lan_lsa(&l, FAR));
		CU_ASSERT_EQUAL(lan_lsa(&l, FAR)->h.seq, had ? 6 : 5);
		CU_ASSERT_FALSE(ospf_lsa_is_max_age(lan_lsa(&l, FAR)));
		world_free(l.w);
	}
}

/* A late copy has reached a neighbour without such a memory: its acknowledgment gives it away. One
 * of what is not older, or of what nobody knows, says nothing. */
static void
test_late_acknowledgment(void)
{
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, OSPF_MAX_AGE);
	lan_hear(&l, C, lsa, len);
	world_run(l.w, 1000);
	lan_forget(&l);
	lan_hear_ack(&l, C, lsa);
	lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 6, 10);
	lan_hear_ack(&l, C, lsa);
	lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR + 1, 5, 10);
	lan_hear_ack(&l, C, lsa);
	CU_ASSERT_FALSE(lan_sent(&l, LAN_UPDATE, NULL));
	CU_ASSERT_EQUAL(l.r[A]->o->n.lsa_flushed_again, 0);
	lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	lan_hear_ack(&l, C, lsa);
	CU_ASSERT_TRUE(lan_sent(&l, LAN_UPDATE, "10.0.0.3"));
	CU_ASSERT_TRUE(world_said(l.r[A], "age 3600"));
	CU_ASSERT_EQUAL(l.r[A]->o->n.lsa_flushed_again, 1);
	world_run(l.w, 3000);
	CU_ASSERT_PTR_NULL(lan_lsa(&l, FAR));
	CU_ASSERT_TRUE(world_quiet(l.w));
	world_free(l.w);
}

/* Wanted again, our own goes on above what was flushed: an acknowledgment of that, held up on its
 * way, is none of the new one. */
static void
test_wanted_again(void)
{
	uint8_t body[OSPF_SUMMARY_BODY_LEN], lsa[64];
	struct ospf_summary s = { .mask = 0xffff0000, .metric = 1 };
	const struct ospf_nbr *n;
	struct lan l;

	lan_begin(&l, A, B);
	ospf_summary_write(body, &s);
	for (int32_t i = 1; i <= 3; i++) {
		CU_ASSERT_EQUAL(ospf_originate(lan_db(&l), OSPF_LSA_SUMMARY, LSID, OSPF_OPT_E, body,
						sizeof(body)), 0);
		world_run(l.w, 3000);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lan_lsa(&l, A));
		CU_ASSERT_EQUAL(lan_lsa(&l, A)->h.seq, OSPF_INITIAL_SEQ + (i < 3 ? i - 1 : 0));
		n = ospf_nbr_by_id(l.r[A]->ports->ifp, B);
		ospf_flush(lan_db(&l), OSPF_LSA_SUMMARY, LSID);
		CU_ASSERT_EQUAL(n->n_unacked, 1);
		if (i == 2) {
			lan_hear_ack(&l, B, lsa);
			CU_ASSERT_EQUAL(n->n_unacked, 1);
		}
		memcpy(lsa, lan_lsa(&l, A)->data, OSPF_LSA_HDR_LEN);
		world_run(l.w, i < 2 ? 3000 : 70000);
		CU_ASSERT_PTR_NULL(lan_lsa(&l, A));
	}
	world_free(l.w);
}

/* An LSA of ours that keeps changing, among others: its instances are so far apart on the wire that
 * a neighbour with the RFC's MinLSArrival of 1 s refuses none, though pacing delays some and not
 * others. What it refused would come again only after the retransmission interval. */
static void
test_own_changes(void)
{
	struct world *w = world_new(61);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	b->o->cfg.lsa_arrival_ms = 1000;
	CU_ASSERT_TRUE_FATAL(world_until(w, 20000, world_quiet));
	for (uint32_t i = 0; i < 6000; i++) {
		uint32_t quiet_for = world_random(w, 400) == 0 ? 12000 : 0;

		ospf_tick(a->o, w->now_ms);
		if (i % 7 == 0)
			CU_ASSERT_EQUAL(world_summary(a, LSID, 1 + i), 0);
		CU_ASSERT_EQUAL(world_summary(a, LSID + 0x10000 * (1 + world_random(w, 50)),
						1 + i), 0);
		world_run(w, world_random(w, 30) + quiet_for);
	}
	CU_ASSERT_EQUAL(b->o->n.bad[OSPF_BAD_LSA_ARRIVAL], 0);
	world_run(w, 20000);
	CU_ASSERT_TRUE(world_quiet(w));
	world_free(w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_late_copy), CU_CASE(test_late_acknowledgment), CU_CASE(test_wanted_again),
	CU_CASE(test_own_changes),
};

CU_MAIN("ospf_flushed", cases)
