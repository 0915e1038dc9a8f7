/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One IKE SA an identity, authentication that is made anew in time, a start without a Child SA
 * (RFC 6023), lifetimes by role, and payloads that nobody knows but must.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static struct sim *
pair(uint64_t seed, struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	a->initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	s->data_ms = 60;
	s->next_data_ms = s->now;
	return s;
}

/* One of each at both ends, the same, and nothing was lost on the way here. */
static void
close_settled(struct sim *s)
{
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	for (int i = A; i <= B; i++) {
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, NULL), 1);
	}
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, sim_sa(s, B).spi_i);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- without a Child SA at first ------------------------------------------------------------ */

static void
pfs(struct ike_peer_cfg *c)
{
	c->esp_proposals[0].group[0] = IKE_GROUP_ECP256;
	c->esp_proposals[0].n_group = 1;
}

/*
 *	IKE_AUTH without SA, TSi, TSr  -->
 *	                               <--  IKE_AUTH
 *	CREATE_CHILD_SA, KEi           -->
 *	                               <--  CREATE_CHILD_SA, KEr
 */
static void
a_childless_start_gives_the_first_child_pfs(void)
{
	for (int childless = 0; childless < 2; childless++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s;

		pfs(&a);
		pfs(&b);
		a.childless = childless;
		s = pair(1, &a, &b);
		CU_ASSERT_EQUAL(s->n_ike[A], 2u + (unsigned int)childless);
		CU_ASSERT_STRING_EQUAL(sim_sa(s, A).children[0].group, childless ? "ecp256" : "");
		CU_ASSERT_STRING_EQUAL(sim_sa(s, B).children[0].group, childless ? "ecp256" : "");
		CU_ASSERT_EQUAL(s->n[B].n_added, 1);
		close_settled(s);
	}
}

static void
a_childless_start_over_a_bad_wire(void)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s = sim_new(seed, NULL);

		pfs(&a);
		pfs(&b);
		a.childless = b.childless = a.initiate = true;
		a.retransmit_tries = b.retransmit_tries = 10;
		s->loss_percent = 25;
		s->repeat_percent = 20;
		s->jitter_ms = 300;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2 * UP_MS));
		s->loss_percent = 0;
		sim_run(s, 130000);
		close_settled(s);
	}
}

/* ---- authenticated anew --------------------------------------------------------------------- */

/* How often one was made by IKE_SA_INIT, not by a rekey. */
static uint64_t
n_authenticated(struct sim *s, int i)
{
	return sim_counter(s, i, "ike_sas_established") - sim_counter(s, i, "ike_sas_rekeyed");
}

/* Every ten minutes, with rekeys of both kinds between, for three hours, over a bad wire. */
static void
all_is_made_anew_before_the_old_goes(void)
{
	for (int how = 0; how < 4; how++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s;

		a.retransmit_tries = b.retransmit_tries = 10;
		/* by us; because the responder says so; either; without a Child SA at first */
		a.reauth_s = how == 1 ? 0 : 600;
		b.reauth_s = how == 0 ? 0 : how == 1 ? 600 : 900;
		a.childless = how == 3;
		a.ike_life_s = b.ike_life_s = how == 0 ? 0 : 250;
		a.child_life_s = b.child_life_s = 120;
		s = pair(20 + (uint64_t)how, &a, &b);
		s->loss_percent = 5;
		s->repeat_percent = 5;
		s->jitter_ms = 50;
		for (int k = 0; k < 36; k++) {
			sim_run(s, 300000);
			CU_ASSERT_TRUE(sim_n_sas(s, A, NULL) <= 3 && sim_n_sas(s, B, NULL) <= 3);
		}
		CU_ASSERT_TRUE(n_authenticated(s, A) >= 18 && n_authenticated(s, A) <= 22);
		CU_ASSERT_EQUAL(n_authenticated(s, B), n_authenticated(s, A));
		CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
		s->loss_percent = 0;
		a.reauth_s = b.reauth_s = a.ike_life_s = b.ike_life_s = a.child_life_s =
				b.child_life_s = 0;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(s->n_no_out, 0);
		CU_ASSERT_TRUE(sim_both_up(s));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static bool
no_init(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return sim_exchange(msg) == IKE_EX_SA_INIT;
}

/* It cannot be done: the IKE SA that nobody vouches for any more goes, a tenth later. */
static void
authentication_that_is_over_ends_it(void)
{
	for (int who = A; who <= B; who++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s;

		(who == A ? &a : &b)->reauth_s = 3000;
		s = pair(30, &a, &b);
		s->drop = no_init;
		sim_run(s, 3200000);
		CU_ASSERT_TRUE(sim_both_up(s));
		CU_ASSERT_EQUAL(s->n_no_out, 0);
		sim_run(s, 150000);
		CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 0);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
		s->drop = NULL;
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2 * UP_MS));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* A asks for no deletion, nor for anything else, once both are up. */
static bool
a_deletes_nothing(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return from == A && sim_exchange(msg) == IKE_EX_INFORMATIONAL &&
	       (msg[19] & IKE_FLAG_RESPONSE) == 0;
}

/* Both call at once, and one end keeps the IKE SA that its own should give way to. */
static void
the_other_end_does_not_delete_its_own(void)
{
	unsigned int n_kept = 0;

	for (uint64_t seed = 0; seed < 8; seed++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s = sim_new(seed, NULL);

		a.initiate = b.initiate = true;
		s->drop = a_deletes_nothing;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
		sim_run(s, 5000);
		n_kept += sim_n_sas(s, B, "established") == 2;
		sim_run(s, 8000);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
		CU_ASSERT_TRUE(sim_both_up(s));
		s->drop = NULL;
		sim_run(s, 40000);
		s->data_ms = 60;
		s->next_data_ms = s->now;
		sim_run(s, 5000);
		close_settled(s);
	}
	CU_ASSERT_TRUE(n_kept > 0);
}

/* ---- one an identity ------------------------------------------------------------------------ */

/* A makes another one without a word, as one that has forgotten and does not say so. */
static void
call_again(struct sim *s)
{
	ike_peer_connect(ike_peer_find(s->n[A].e, "peer"));
	ike_settle(s->n[A].e);
}

static void
a_new_one_of_the_same_identity_replaces_the_old(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;
	uint64_t old;

	a.several = true;
	s = pair(40, &a, &b);
	old = sim_sa(s, A).spi_i;
	call_again(s);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 2);
	sim_run(s, 20000);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
	CU_ASSERT_NOT_EQUAL(sim_sa(s, B).spi_i, old);
	sim_run(s, 40000);
	close_settled(s);
}

static void
unless_several_are_allowed(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.several = b.several = true;
	s = pair(41, &a, &b);
	call_again(s);
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 2);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 2);
	call_again(s); /* within limits */
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), IKE_MAX_PEER_SAS);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- lifetimes ------------------------------------------------------------------------------ */

/* The initiator takes off 7 to 10 %, the responder 2 to 5 %. */
static void
both_ends_do_not_rekey_together(void)
{
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		struct sim *s;

		a.ike_life_s = b.ike_life_s = a.child_life_s = b.child_life_s = 10000;
		s = pair(100 + seed, &a, &b);
		for (int i = A; i <= B; i++) {
			uint32_t low = i == A ? 8995 : 9495, high = i == A ? 9300 : 9800;
			struct ike_sa_show sa = sim_sa(s, i);

			CU_ASSERT_TRUE(sa.rekey_in_s >= low && sa.rekey_in_s <= high);
			CU_ASSERT_TRUE(sa.children[0].rekey_in_s >= low &&
					sa.children[0].rekey_in_s <= high);
		}
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* ---- payloads that must be known ------------------------------------------------------------ */

/* A request of A to B with one payload of type @type. */
static void
send_payload(struct sim *s, uint8_t exchange, uint8_t type, bool critical)
{
	struct ike_sa *sa = TAILQ_FIRST(&s->n[B].e->sas);
	uint8_t msg[256] = { 0 };
	size_t total = IKE_HDR_LEN + 4 + ike_sk_total(&sa->suite, 8);
	struct wr w = wr_init(msg, sizeof(msg));
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.next = IKE_PL_SK,
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = IKE_FLAG_INITIATOR,
		.mid = sa->rx_mid,
		.len = (uint32_t)total };
	size_t aad;

	ike_hdr_write(&w, &h);
	wr_u8(&w, type);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(total - IKE_HDR_LEN));
	aad = w.len;
	wr_room(&w, ike_sk_iv_len(&sa->suite));
	wr_u8(&w, IKE_PL_NONE);
	wr_u8(&w, critical ? 0x80 : 0);
	wr_be16(&w, 8);
	wr_zero(&w, 4);
	CU_ASSERT_EQUAL(ike_sk_seal(&sa->e->crypto, &sa->suite, &sa->keys, 0, msg, aad, 8), 0);
	sim_deliver(s, B, msg, total);
}

/* Section 2.5: refused as a whole, by name, and nothing else happens. */
static void
an_unknown_critical_payload_is_refused(void)
{
	static const uint8_t exchanges[] = { IKE_EX_INFORMATIONAL, IKE_EX_CREATE_CHILD_SA };
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	for (int i = 0; i < 4; i++) {
		struct sim *s = pair(60, &a, &b);
		unsigned int answers = s->n_ike[B];
		bool critical = i % 2 != 0;

		send_payload(s, exchanges[i / 2], 200, critical);
		CU_ASSERT_EQUAL(sim_counter(s, B, "refused_critical_payload"), critical);
		/* an INFORMATIONAL is answered, a CREATE_CHILD_SA without anything malformed */
		CU_ASSERT_EQUAL(s->n_ike[B], answers + 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), critical || i == 0);
		sim_free(s);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(a_childless_start_gives_the_first_child_pfs),
	CU_CASE(a_childless_start_over_a_bad_wire),
	CU_CASE(all_is_made_anew_before_the_old_goes),
	CU_CASE(authentication_that_is_over_ends_it),
	CU_CASE(the_other_end_does_not_delete_its_own),
	CU_CASE(a_new_one_of_the_same_identity_replaces_the_old),
	CU_CASE(unless_several_are_allowed),
	CU_CASE(both_ends_do_not_rekey_together),
	CU_CASE(an_unknown_critical_payload_is_refused),
};

CU_MAIN("unique", cases)
