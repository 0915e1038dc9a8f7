/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control plane that is killed and started anew goes on with its SAs: at rest, and at every
 * moment of every exchange. Data packets run both ways all the time, none may be lost. And what
 * was kept may be damaged, or of another configuration: then it is negotiated anew.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_keep.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS     60000
#define SETTLE_MS 130000
#define DOWN_MS   3 /* how long there is nobody */

static struct ike_peer_cfg
cfg(int i, uint16_t group, bool v1)
{
	struct ike_peer_cfg c = sim_cfg(i);

	if (v1) {
		c.version = 1;
		c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
				IKE_PRF_HMAC_SHA2_256, 14, false);
		c.esp_proposals[0] = sim_prop(
				IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0, false);
	}
	c.retransmit_tries = 10;
	c.esp_proposals[0].group[0] = group;
	c.esp_proposals[0].n_group = group != 0;
	c.initiate = i == A;
	return c;
}

static void
configure(struct sim *s, int i, uint16_t group, bool v1)
{
	struct ike_peer_cfg c = cfg(i, group, v1);

	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[i].e, &c, s->now), 0);
}

static struct sim *
up(uint64_t seed, uint16_t group, bool v1)
{
	struct sim *s = sim_new(seed, NULL);

	for (int i = A; i <= B; i++) {
		s->n[i].keeps = true;
		sim_crash(s, i);
	}
	configure(s, B, group, v1);
	configure(s, A, group, v1);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	s->data_ms = 5;
	s->next_data_ms = s->now;
	return s;
}

static void
restart(struct sim *s, int i, uint16_t group, bool v1)
{
	sim_restart(s, i);
	sim_run(s, DOWN_MS);
	configure(s, i, group, v1);
}

static void
close_settled(struct sim *s, int restarted)
{
	sim_run(s, 6000);
	sim_sweep(s, restarted);
	s->data_ms = 200;
	sim_run(s, SETTLE_MS);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(s->n_no_out, 0);
	for (int i = A; i <= B; i++) {
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[i]), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, i, "established"), 1);
		CU_ASSERT_EQUAL(sim_counter(s, i, "peers_not_restored"), 0);
		CU_ASSERT_EQUAL(sim_counter(s, i, "peers_dead"), 0);
	}
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, sim_sa(s, B).spi_i);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- at rest -------------------------------------------------------------------------------- */

static void
at_rest(bool v1)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = up(1, 0, v1);
		struct ike_sa_show before = sim_sa(s, who), after;
		uint32_t in = sim_out(&s->n[who])->in.spi;

		CU_ASSERT_FALSE(before.restored);
		restart(s, who, 0, v1);
		after = sim_sa(s, who);
		CU_ASSERT_TRUE(after.restored);
		CU_ASSERT_EQUAL(after.spi_i, before.spi_i);
		CU_ASSERT_EQUAL(after.spi_r, before.spi_r);
		CU_ASSERT_STRING_EQUAL(after.remote_id, before.remote_id);
		CU_ASSERT_EQUAL(after.n_children, 1);
		CU_ASSERT_EQUAL(s->n[who].state, IKE_PEER_ESTABLISHED);
		CU_ASSERT_EQUAL(sim_out(&s->n[who])->in.spi, in);
		sim_run(s, 5000);
		CU_ASSERT_EQUAL(sim_out(&s->n[who])->in.spi, in);
		CU_ASSERT_EQUAL(sim_counter(s, who, "ike_sas_established"), 0);
		/* The message ids still fit, in both directions. */
		for (int by = A; by <= B; by++) {
			ike_child_rekey(s->n[by].e, sim_out(&s->n[by])->id, false, s->now);
			sim_run(s, 8000);
		}
		CU_ASSERT_NOT_EQUAL(sim_out(&s->n[who])->in.spi, in);
		close_settled(s, who);
	}
}

static void
an_ikev2_sa_goes_on(void)
{
	at_rest(false);
}

static void
an_isakmp_sa_goes_on(void)
{
	at_rest(true);
}

static void
again_and_again(void)
{
	struct sim *s = up(2, 0, false);
	uint64_t spi = sim_sa(s, A).spi_i;

	for (int n = 0; n < 20; n++) {
		restart(s, n % 2 == 0 ? A : B, 0, false);
		sim_run(s, 50);
	}
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi);
	close_settled(s, A);
}

/* Liveness, asked by either side after a restart, with nothing else that proves life. */
static void
liveness_goes_on(void)
{
	for (int asks = A; asks <= B; asks++) {
		struct sim *s = up(3, 0, false);
		struct ike_peer_cfg c = cfg(asks, 0, false);
		uint64_t spi = sim_sa(s, A).spi_i;

		s->data_ms = 0;
		restart(s, A, 0, false);
		restart(s, B, 0, false);
		c.dpd_interval_s = 10;
		c.dpd_retry_s = 3;
		c.dpd_count = 3;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[asks].e, &c, s->now), 0);
		sim_run(s, 60000);
		CU_ASSERT_TRUE(sim_counter(s, asks, "dpd_probes") >= 4);
		CU_ASSERT_EQUAL(sim_counter(s, asks, "peers_dead"), 0);
		CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi);
		/* And a dead one is found out. */
		s->hold[!asks] = true;
		sim_run(s, 30000);
		CU_ASSERT_EQUAL(sim_counter(s, asks, "peers_dead"), 1);
		sim_free(s);
	}
}

/* How long an authentication is good is not forgotten. */
static void
authentication_is_renewed_in_time(void)
{
	struct sim *s = sim_new(10, NULL);
	struct ike_peer_cfg c[2] = { cfg(A, 0, false), cfg(B, 0, false) };
	uint64_t spi;

	for (int i = A; i <= B; i++) {
		s->n[i].keeps = true;
		sim_crash(s, i);
	}
	c[A].reauth_s = 600;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &c[B], s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c[A], s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	spi = sim_sa(s, A).spi_i;
	sim_run(s, 400000);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi);
	sim_restart(s, A);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &c[A], s->now), 0);
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi);
	sim_run(s, 250000);
	CU_ASSERT_NOT_EQUAL(sim_sa(s, A).spi_i, spi);
	CU_ASSERT_TRUE(sim_both_up(s));
	sim_free(s);
}

/* ---- at every moment ------------------------------------------------------------------------ */

static void
child_rekey(struct sim *s, int by)
{
	ike_child_rekey(s->n[by].e, sim_out(&s->n[by])->id, false, s->now);
}

static void
ike_rekey(struct sim *s, int by)
{
	ike_sa_rekey(s->n[by].e, "peer", s->now);
}

/* Messages take 20 ms: of an exchange and the DELETE after it every moment is met. */
static void
every_moment(void (*begin)(struct sim *s, int by), uint16_t group)
{
	for (int by = A; by <= B; by++) {
		for (int who = A; who <= B; who++) {
			for (unsigned int ms = 0; ms <= 110; ms += 10) {
				struct sim *s = up(4 + ms, group, false);

				begin(s, by);
				sim_run(s, ms + (ms % 20 == 0 ? 1 : 0));
				restart(s, who, group, false);
				close_settled(s, who);
			}
		}
	}
}

static void
child_rekey_at_every_moment(void)
{
	every_moment(child_rekey, 0);
}

static void
child_rekey_with_keys_at_every_moment(void)
{
	every_moment(child_rekey, IKE_GROUP_X25519);
}

static void
ike_rekey_at_every_moment(void)
{
	every_moment(ike_rekey, 0);
}

/* The private keys of every kind of group make the journey. */
static void
every_group(void)
{
	static const uint16_t groups[] = { IKE_GROUP_MODP1024, IKE_GROUP_MODP2048,
		IKE_GROUP_MODP4096, IKE_GROUP_ECP256, IKE_GROUP_ECP521, IKE_GROUP_X448 };

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		struct sim *s = up(5, groups[g], false);
		uint32_t in = sim_out(&s->n[A])->in.spi;

		child_rekey(s, A);
		sim_run(s, 10);
		restart(s, A, groups[g], false);
		sim_run(s, 5000);
		CU_ASSERT_NOT_EQUAL(sim_out(&s->n[A])->in.spi, in);
		CU_ASSERT_EQUAL(sim_sa(s, A).children[1].n_rekeys, 1);
		close_settled(s, A);
	}
}

/* ---- what cannot be gone on with ------------------------------------------------------------ */

static void
other_terms_are_negotiated_anew(void)
{
	struct sim *s = up(6, 0, false);
	struct ike_peer_cfg c = cfg(A, 0, false), b = cfg(B, 0, false);
	uint64_t spi = sim_sa(s, A).spi_i;

	c.psk[0] ^= 1;
	b.psk[0] ^= 1;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_restart(s, A);
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_not_restored"), 1);
	sim_run(s, 5000);
	sim_sweep(s, A);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_NOT_EQUAL(sim_sa(s, A).spi_i, spi);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
what_has_ended_is_wiped(void)
{
	struct sim *s = up(7, 0, false);

	CU_ASSERT_TRUE(s->n[A].kept_len > 0 && s->n[B].kept_len > 0);
	ike_peer_del(s->n[A].e, "peer", s->now);
	CU_ASSERT_EQUAL(s->n[A].kept_len, 0);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(s->n[B].kept_len, 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* An SA that the dataplane does not have comes back by a rekey, not by a new IKE SA. */
static void
a_lost_child_sa_is_made_again(void)
{
	struct sim *s = up(8, 0, false);
	uint64_t spi = sim_sa(s, A).spi_i;

	s->data_ms = 0;
	sim_restart(s, A);
	sim_out(&s->n[A])->used = false;
	s->n[A].spis_out--;
	configure(s, A, 0, false);
	sim_run(s, 20000);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_sa(s, A).spi_i, spi);
	sim_free(s);
}

static void
damage_is_survived(void)
{
	struct sim *s = up(9, 0, false);
	uint8_t good[sizeof(s->n[A].kept)];
	size_t len = s->n[A].kept_len;
	struct ike_rec k;

	s->data_ms = 0;
	memcpy(good, s->n[A].kept, len);
	CU_ASSERT_EQUAL(ike_rec_read(good, len, &k), 0);
	for (size_t cut = 0; cut < len; cut++)
		CU_ASSERT_NOT_EQUAL(ike_rec_read(good, cut, &k), 0);
	for (size_t at = 0; at < len; at++) {
		struct ike_peer_cfg c = cfg(A, 0, false);

		sim_restart(s, A);
		sim_sweep(s, A);
		memcpy(s->n[A].kept, good, len);
		s->n[A].kept[at] ^= (uint8_t)(1u << (sim_rand(s) % 8));
		s->n[A].kept_len = len;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &c, s->now), 0);
		if (at % 64 == 0) /* whatever came of it lives, and ends */
			sim_run(s, 300);
	}
	sim_free(s);
}

static const struct cu_case cases[] = {
	CU_CASE(an_ikev2_sa_goes_on),
	CU_CASE(an_isakmp_sa_goes_on),
	CU_CASE(again_and_again),
	CU_CASE(liveness_goes_on),
	CU_CASE(authentication_is_renewed_in_time),
	CU_CASE(child_rekey_at_every_moment),
	CU_CASE(child_rekey_with_keys_at_every_moment),
	CU_CASE(ike_rekey_at_every_moment),
	CU_CASE(every_group),
	CU_CASE(other_terms_are_negotiated_anew),
	CU_CASE(what_has_ended_is_wiped),
	CU_CASE(a_lost_child_sa_is_made_again),
	CU_CASE(damage_is_survived),
};
CU_MAIN("keep", cases)
