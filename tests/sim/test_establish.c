/* SPDX-License-Identifier: BSD-3-Clause */
/* Two engines find each other: IKE_SA_INIT and IKE_AUTH in every variety, over good and bad wires.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

/* The world as it should be when a test ends: nothing leaked. */
static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* A peer configuration for both nodes, changed by the caller and then set, B first. */
static void
set_pair(struct sim *s, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	a->initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
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

static void
traffic_brings_a_tunnel_up(void)
{
	struct sim *s = sim_new(2, NULL);

	sim_pair(s, false, false);
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(s->n_ike[A] + s->n_ike[B], 0);
	ike_peer_acquire(s->n[A].e, 7, s->now);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	ike_peer_acquire(s->n[A].e, 7, s->now); /* too late to matter */
	sim_run(s, 5000);
	CU_ASSERT_EQUAL(s->n_ike[A], 2);
	close_clean(s);
}

static void
every_suite_works(void)
{
	static const struct {
		uint16_t encr, bits, integ, prf, group;
		uint16_t esp, esp_bits, esp_integ;
		bool esn;
	} cases[] = {
		/* clang-format off */
		{ 12, 128, 12, 5, 14, 20, 128, 0,  true  },
		{ 12, 256, 13, 6, 19, 20, 256, 0,  false },
		{ 12, 128, 2,  2, 14, 12, 128, 2,  false },
		{ 12, 256, 12, 5, 31, 12, 256, 12, true  },
		{ 20, 128, 0,  5, 31, 12, 128, 12, true  },
		{ 20, 256, 0,  6, 19, 12, 256, 2,  false },
		/* clang-format on */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim *s = sim_new(10 + i, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

		a.ike_proposals[0] = b.ike_proposals[0] = sim_prop(cases[i].encr, cases[i].bits,
				cases[i].integ, cases[i].prf, cases[i].group, false);
		a.esp_proposals[0] = b.esp_proposals[0] = sim_prop(cases[i].esp, cases[i].esp_bits,
				cases[i].esp_integ, 0, 0, cases[i].esn);
		set_pair(s, &a, &b);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_EQUAL(sim_out(&s->n[A])->out.encr, cases[i].esp);
		CU_ASSERT_EQUAL(sim_out(&s->n[A])->out.key_bits, cases[i].esp_bits);
		CU_ASSERT_EQUAL(sim_out(&s->n[A])->out.integ, cases[i].esp_integ);
		CU_ASSERT_EQUAL(sim_out(&s->n[A])->out.esn, cases[i].esn);
		close_clean(s);
	}
}

static void
every_kind_of_identity_works(void)
{
	static const struct ike_id ids[] = {
		{ .type = IKE_ID_FQDN, .len = 11, .data = "hub.example" },
		{ .type = IKE_ID_RFC822_ADDR, .len = 13, .data = "branch@a.test" },
		{ .type = IKE_ID_KEY_ID, .len = 3, .data = { 1, 0, 255 } },
		{ .type = IKE_ID_IPV4_ADDR, .len = 4, .data = { 9, 9, 9, 9 } },
	};

	for (size_t i = 0; i < 4; i++) {
		struct sim *s = sim_new(20 + i, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

		a.local_id = b.remote_id = ids[i];
		a.remote_id = b.local_id = ids[(i + 1) % 4];
		set_pair(s, &a, &b);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
		close_clean(s);
	}
}

static bool
a_waits(struct sim *s)
{
	return s->n[A].state == IKE_PEER_RETRY;
}

static struct ike_id
fqdn(const char *name)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = (uint8_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

/* Each side takes any of three names of the other; of a fourth it is said which it could be. */
static void
one_of_several_identities(void)
{
	static const char *const names[] = { "a.example", "b7.branches.example", "C.example" };

	for (size_t i = 0; i < 4; i++) {
		struct sim *s = sim_new(24 + i, NULL);
		struct ike_peer_cfg c[2] = { sim_cfg(A), sim_cfg(B) };

		for (int k = A; k <= B; k++) {
			c[k].local_id = fqdn(i < 3 ? names[i] : "d.example");
			c[k].remote_id = fqdn("a.example");
			c[k].other_ids[0] = fqdn("*.branches.example");
			c[k].other_ids[1] = fqdn("c.example");
			c[k].n_other_ids = 2;
		}
		set_pair(s, &c[A], &c[B]);
		if (i < 3) {
			CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
			CU_ASSERT_STRING_EQUAL(sim_sa(s, A).remote_id, names[i]);
			CU_ASSERT_STRING_EQUAL(sim_sa(s, B).remote_id, names[i]);
		} else {
			CU_ASSERT_TRUE(sim_until(s, a_waits, UP_MS));
			CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why,
					"its identity is \"d.example\", not \"a.example or "
					"*.branches.example or c"));
		}
		close_clean(s);
	}
}

/* Of those whom a name fits, the one that has it without wildcards, else by the longest pattern. */
static void
the_best_of_several_names_wins(void)
{
	for (int plain = 0; plain <= 1; plain++) {
		struct sim *s = sim_new(32, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B), other = sim_cfg(B);

		a.local_id = fqdn("b7.branches.example");
		b.remote_id = fqdn("x.example");
		b.other_ids[0] = fqdn(plain ? "B7.branches.example" : "*7.branches.example");
		b.n_other_ids = 1;
		snprintf(other.name, sizeof(other.name), "other");
		other.remote_id = fqdn("y.example");
		other.other_ids[0] = fqdn(plain ? "*7.branches.example" : "*.example");
		other.n_other_ids = 1;
		other.tun_id = 8;
		set_pair(s, &a, &b);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &other, s->now), 0);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "peer");
		close_clean(s);
	}
}

/* The responder knows two peers at the same address: the identity decides. */
static void
the_identity_picks_the_peer(void)
{
	struct sim *s = sim_new(30, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B), other = sim_cfg(B);

	snprintf(other.name, sizeof(other.name), "other");
	other.remote_id = (struct ike_id){ .type = IKE_ID_FQDN, .len = 1, .data = "x" };
	other.psk[0] = 'X';
	other.tun_id = 8;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &other, s->now), 0);
	set_pair(s, &a, &b);
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &other, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "peer");
	close_clean(s);
}

/* A peer configured for any address answers, and uses the address it sees. */
static void
a_peer_at_any_address_is_answered(void)
{
	struct sim *s = sim_new(31, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	b.remote = 0;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_sa(s, B).remote, SIM_ADDR(A));
	ike_peer_acquire(s->n[B].e, 7, s->now);
	close_clean(s);
}

static void
a_bad_wire_only_delays(void)
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct sim *s = sim_new(100 + seed, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

		s->loss_percent = 30;
		s->repeat_percent = 20;
		s->jitter_ms = 300;
		if (seed % 2 != 0)
			s->job_delay_ms = 50;
		sim_crash(s, A); /* with the wire's settings for jobs */
		sim_crash(s, B);
		a.retransmit_tries = b.retransmit_tries = 8;
		set_pair(s, &a, &b);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 300000));
		sim_run(s, 60000); /* what is half open goes */
		CU_ASSERT_TRUE(sim_both_up(s));
		CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 1);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "connecting"), 0);
		close_clean(s);
	}
}

/* ---- refusals ------------------------------------------------------------------------------- */

static bool
a_has_no_child(struct sim *s)
{
	return s->n[A].state == IKE_PEER_NO_CHILD;
}

static void
wrong_psk_is_refused_and_tried_again(void)
{
	struct sim *s = sim_new(40, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.psk[0] ^= 1;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_waits, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "AUTHENTICATION_FAILED"));
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_authentication"), 1);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	sim_run(s, 600000);
	/* backoff: neither silent nor a storm */
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_authentication") >= 8);
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_authentication") <= 25);
	CU_ASSERT_TRUE(sim_n_sas(s, B, NULL) <= 1);
	a.psk[0] ^= 1;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
	close_clean(s);
}

static void
put_key(uint8_t *at, uint16_t *len, const char *key)
{
	*len = (uint16_t)strlen(key);
	memcpy(at, key, *len);
}

/* What one proves itself by is what the other one asks for, and not what it says itself. */
static void
each_direction_has_its_key(void)
{
	for (int wrong = 0; wrong < 2; wrong++) {
		struct sim *s = sim_new(42, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

		put_key(a.own_psk, &a.own_psk_len, "of a");
		put_key(a.psk, &a.psk_len, "of b, longer");
		put_key(b.own_psk, &b.own_psk_len, wrong ? "of a" : "of b, longer");
		put_key(b.psk, &b.psk_len, "of a");
		set_pair(s, &a, &b);
		if (!wrong) {
			CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
		} else {
			CU_ASSERT_TRUE(sim_until(s, a_waits, UP_MS));
			CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "does not prove"));
		}
		close_clean(s);
	}
}

static void
wrong_identity_is_refused(void)
{
	struct sim *s = sim_new(41, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	b.remote_id.data[3] ^= 1;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_waits, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "AUTHENTICATION_FAILED"));
	close_clean(s);
}

static void
no_common_ike_proposal_is_named(void)
{
	struct sim *s = sim_new(42, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	b.ike_proposals[0].encr[0].key_bits = 256;
	set_pair(s, &a, &b);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_CONNECTING);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "NO_PROPOSAL_CHOSEN"));
	CU_ASSERT_TRUE(sim_until(s, a_waits, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "NO_PROPOSAL_CHOSEN"));
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
	close_clean(s);
}

/* The IKE SA stays, the Child SA is tried again, and works once the other side allows it. */
static void
no_common_esp_proposal_keeps_the_ike_sa(void)
{
	struct sim *s = sim_new(43, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	s->n[B].no_spi = true; /* the responder has no room */
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "NO_ADDITIONAL_SAS"));
	sim_run(s, 20000);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_NO_CHILD);
	s->n[B].no_spi = false;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 120000));
	CU_ASSERT_EQUAL(sim_counter(s, A, "ike_sas_established"), 1);
	close_clean(s);

	s = sim_new(44, NULL);
	b.esp_proposals[0].encr[0].key_bits = 256;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "NO_PROPOSAL_CHOSEN"));
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 1);
	close_clean(s);
}

static void
other_selectors_and_tunnel_mode_are_refused(void)
{
	struct sim *s = sim_new(45, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.ts_proto = 6;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "TS_UNACCEPTABLE"));
	close_clean(s);

	s = sim_new(46, NULL);
	a = sim_cfg(A);
	a.transport = false;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_no_transport_mode"), 1);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]) + sim_held_sas(&s->n[B]), 0);
	close_clean(s);

	/* The responder does not echo USE_TRANSPORT_MODE: the initiator deletes what it made. */
	s = sim_new(47, NULL);
	a = sim_cfg(A);
	b.transport = false;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "tunnel mode"));
	sim_run(s, 500);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]) + sim_held_sas(&s->n[B]), 0);
	close_clean(s);
}

/* A proposal for any protocol between the hosts is narrowed to GRE; asking less is refused. */
static void
any_protocol_is_narrowed(void)
{
	struct sim *s = sim_new(48, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.ts_proto = 0;
	set_pair(s, &a, &b);
	sim_run(s, 100);
	/* B has narrowed and installed; A wanted all protocols and must not take less. */
	CU_ASSERT_EQUAL(s->n[B].n_added, 1);
	CU_ASSERT_EQUAL(s->n[A].n_added, 0);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	close_clean(s);
}

static void
a_failing_dataplane_is_no_tunnel(void)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = sim_new(49, NULL);

		s->n[who].refuse_add = -ENOMEM;
		sim_pair(s, true, false);
		CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
		sim_run(s, 500);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]) + sim_held_sas(&s->n[B]), 0);
		s->n[who].refuse_add = 0;
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 120000));
		close_clean(s);
	}
}

static void
a_silent_peer_is_tried_again(void)
{
	struct sim *s = sim_new(50, NULL);

	s->loss_percent = 100;
	sim_pair(s, true, false);
	CU_ASSERT_TRUE(sim_until(s, a_waits, UP_MS));
	CU_ASSERT_STRING_EQUAL(s->n[A].why, "peer does not answer");
	CU_ASSERT_EQUAL(s->n_ike[A], 6);
	s->loss_percent = 0;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 10000));
	close_clean(s);
}

/* ---- COOKIE, INVALID_KE_PAYLOAD ------------------------------------------------------------- */

/*
 *	IKE_SA_INIT              -->
 *	                         <--  N(COOKIE)
 *	N(COOKIE), IKE_SA_INIT   -->
 */
static void
a_cookie_is_demanded_and_given(void)
{
	struct ike_limits lim = {
		.cookie_threshold = 1, .max_half_open = 100, .max_half_open_per_ip = 100
	};
	struct sim *s = sim_new(60, &lim);
	struct ike_peer_cfg b = sim_cfg(B), flood = sim_cfg(A);
	uint8_t init[SIM_MSG_MAX];
	size_t len;

	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	flood.initiate = true;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &flood, s->now), 0);
	memcpy(init, s->last[A], s->last_len[A]);
	len = s->last_len[A];
	init[0] ^= 1; /* a stranger's SPI: one half-open IKE SA */
	sim_deliver(s, B, init, len);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_cookie_demanded"), 1);
	CU_ASSERT_EQUAL(s->n_ike[A], 3);
	/* and a made-up cookie does not help */
	init[1] ^= 1;
	sim_deliver(s, B, init, len);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_cookie_demanded"), 2);
	close_clean(s);
}

/*
 *	IKE_SA_INIT, KE(modp2048)  -->
 *	                           <--  N(INVALID_KE_PAYLOAD, x25519)
 *	IKE_SA_INIT, KE(x25519)    -->
 */
static void
another_group_is_asked_for_and_given(void)
{
	struct sim *s = sim_new(61, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.ike_proposals[0].group[0] = IKE_GROUP_MODP2048;
	a.ike_proposals[0].group[1] = IKE_GROUP_X25519;
	a.ike_proposals[0].n_group = 2;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(s->n_ike[A], 3);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_invalid_ke"), 1);
	CU_ASSERT_STRING_EQUAL(sim_sa(s, A).proposal, "aes128-sha256-prfsha256-x25519");
	close_clean(s);
}

/* Both at once: the cookie must survive the change of group (RFC 7296 section 2.6.1). */
static void
cookie_and_group_together(void)
{
	struct ike_limits lim = {
		.cookie_threshold = 1, .max_half_open = 100, .max_half_open_per_ip = 100
	};
	struct sim *s = sim_new(62, &lim);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	uint8_t init[SIM_MSG_MAX];
	size_t len;

	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	a.initiate = true;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	memcpy(init, s->last[A], s->last_len[A]);
	len = s->last_len[A];
	init[0] ^= 1;
	sim_deliver(s, B, init, len);
	a.ike_proposals[0].group[0] = IKE_GROUP_ECP256;
	a.ike_proposals[0].group[1] = IKE_GROUP_X25519;
	a.ike_proposals[0].n_group = 2;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	close_clean(s);
}

/* ---- floods and forgeries ------------------------------------------------------------------- */

/* The request @msg of @len bytes once more, behind the cookie of B's last answer. The length. */
static size_t
with_cookie(const struct sim *s, const uint8_t *msg, size_t len, uint8_t *out)
{
	size_t notify = s->last_len[B] - 28;

	memcpy(out, msg, 28);
	memcpy(out + 28, s->last[B] + 28, notify);
	memcpy(out + 28 + notify, msg + 28, len - 28);
	out[28] = msg[16];
	out[16] = 41;
	out[26] = (uint8_t)((len + notify) >> 8);
	out[27] = (uint8_t)(len + notify);
	return len + notify;
}

static void
half_open_sas_are_bounded_and_expire(void)
{
	struct ike_limits lim = {
		.cookie_threshold = 1000, .max_half_open = 100, .max_half_open_per_ip = 2
	};
	struct sim *s = sim_new(70, &lim);
	struct ike_peer_cfg b = sim_cfg(B), a = sim_cfg(A);
	uint8_t init[SIM_MSG_MAX];
	size_t len;

	b.remote = 0;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	a.initiate = true;
	s->loss_percent = 100;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	memcpy(init, s->last[A], s->last_len[A]);
	len = s->last_len[A];
	for (uint32_t i = 0; i < 200; i++) {
		init[6] = (uint8_t)i;
		struct ike_path path = { SIM_ADDR(B), 0x0b000000 + i / 25, 500, 500 };
		uint64_t asked = sim_counter(s, B, "refused_cookie_demanded");
		uint8_t again[SIM_MSG_MAX];

		ike_input(s->n[B].e, &path, init, len, s->now);
		if (sim_counter(s, B, "refused_cookie_demanded") == asked)
			continue;
		size_t again_len = with_cookie(s, init, len, again);
		ike_input(s->n[B].e, &path, again, again_len, s->now);
	}
	/* From half of what an address may have half open on; with a cookie it may have ten times
	 * as much; five fill what all may have. */
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_cookie_demanded"), 5 * 24);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 100);
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_half_open_per_ip"), 4 * 5);
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_half_open_limit"), 5 + 3 * 25);
	ike_peer_del(s->n[A].e, "peer", s->now);
	sim_run(s, 31000);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
	CU_ASSERT_EQUAL(sim_counter(s, B, "half_open_expired"), 100);
	close_clean(s);
}

/* The same request gets the same bytes; it makes no second half-open IKE SA. */
static void
a_repeated_request_gets_the_identical_answer(void)
{
	struct sim *s = sim_new(71, NULL);
	uint8_t first[SIM_MSG_MAX];
	size_t len;

	sim_pair(s, true, false);
	sim_deliver(s, B, s->last[A], s->last_len[A]);
	len = s->last_len[B];
	memcpy(first, s->last[B], len);
	s->last_len[B] = 0;
	sim_deliver(s, B, s->last[A], s->last_len[A]);
	CU_ASSERT_EQUAL(s->last_len[B], len);
	CU_ASSERT_EQUAL(memcmp(first, s->last[B], len), 0);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 1);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	/* IKE_AUTH once more */
	len = s->last_len[B];
	memcpy(first, s->last[B], len);
	s->last_len[B] = 0;
	sim_deliver(s, B, s->last[A], s->last_len[A]);
	CU_ASSERT_EQUAL(s->last_len[B], len);
	CU_ASSERT_EQUAL(memcmp(first, s->last[B], len), 0);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 1);
	close_clean(s);
}

static void
forged_answers_do_not_hinder(void)
{
	struct sim *s = sim_new(72, NULL);
	uint8_t msg[SIM_MSG_MAX];

	sim_pair(s, true, false);
	/* the request itself as answer, an error, a truncated answer, a wrong version */
	memcpy(msg, s->last[A], s->last_len[A]);
	msg[19] = 0x20;
	sim_deliver(s, A, msg, s->last_len[A]);
	for (size_t n = 0; n < s->last_len[A]; n += 3)
		sim_deliver(s, A, msg, n);
	msg[17] = 0x30;
	sim_deliver(s, A, msg, s->last_len[A]);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	/* changed bytes of a protected message: not authentic, nothing happens */
	for (size_t i = 28; i < s->last_len[B]; i += 5) {
		memcpy(msg, s->last[B], s->last_len[B]);
		msg[i] ^= 0x40;
		sim_deliver(s, A, msg, s->last_len[B]);
	}
	CU_ASSERT_TRUE(sim_both_up(s));
	close_clean(s);
}

static void
what_belongs_to_nobody_is_answered_once_and_rate_limited(void)
{
	struct sim *s = sim_new(73, NULL);
	uint8_t msg[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1, 46, 0x20, 37, 0x08, 0,
		0, 0, 5, 0, 0, 0, 64, 0, 0, 0, 36 };

	for (int i = 0; i < 1000; i++)
		sim_deliver(s, B, msg, sizeof(msg));
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_unknown_ike_spi"), 1000);
	CU_ASSERT_EQUAL(s->n_ike[B], 100);
	CU_ASSERT_EQUAL(s->last[B][18], 37);
	CU_ASSERT_EQUAL(s->last[B][19], 0x20);
	CU_ASSERT_EQUAL(s->last[B][23], 5);     /* the message id is copied */
	CU_ASSERT_EQUAL(s->last[B][28 + 7], 4); /* INVALID_IKE_SPI */
	msg[19] |= 0x20;                        /* a response is never answered */
	sim_run(s, 2000);
	sim_deliver(s, B, msg, sizeof(msg));
	CU_ASSERT_EQUAL(s->n_ike[B], 100);
	msg[19] = 0x08;
	msg[17] = 0x30; /* IKEv3 */
	sim_deliver(s, B, msg, sizeof(msg));
	CU_ASSERT_EQUAL(s->n_ike[B], 101);
	CU_ASSERT_EQUAL(s->last[B][28 + 7], 5); /* INVALID_MAJOR_VERSION */
	msg[17] = 0x10;                         /* IKEv1 has no answer for it */
	sim_deliver(s, B, msg, sizeof(msg));
	CU_ASSERT_EQUAL(s->n_ike[B], 101);
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_bad_version"), 1);
	close_clean(s);
}

/*
 * A responder under load answers a request with COOKIE, and before that reaches the initiator a
 * repetition of the request with an IKE SA. The initiator goes on to the request with the cookie,
 * and its AUTH covers that.
 */
static void
a_cookie_crosses_the_answer(void)
{
	struct sim *s = sim_new(77, NULL);
	uint8_t cookie[28 + 16] = { [16] = 41, [17] = 0x20, [18] = 34, [19] = 0x20,
		[27] = 28 + 16, [31] = 16, [34] = 0x40, [35] = 0x06, [36] = 1 };

	s->hold[B] = true;
	sim_pair(s, true, false);
	sim_run(s, 100);
	CU_ASSERT_EQUAL_FATAL(sim_n_held(s, B), 1);
	memcpy(cookie, s->last[A], 8);
	sim_deliver(s, A, cookie, sizeof(cookie));
	sim_run(s, 100);
	CU_ASSERT_EQUAL(s->n_ike[A], 2);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 1); /* not another one */
	s->hold[B] = false;
	sim_release(s, B, -1);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_authentication"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(a_cookie_crosses_the_answer),
	CU_CASE(four_messages_make_a_tunnel),
	CU_CASE(traffic_brings_a_tunnel_up),
	CU_CASE(every_suite_works),
	CU_CASE(every_kind_of_identity_works),
	CU_CASE(one_of_several_identities),
	CU_CASE(the_best_of_several_names_wins),
	CU_CASE(the_identity_picks_the_peer),
	CU_CASE(a_peer_at_any_address_is_answered),
	CU_CASE(a_bad_wire_only_delays),
	CU_CASE(wrong_psk_is_refused_and_tried_again),
	CU_CASE(each_direction_has_its_key),
	CU_CASE(wrong_identity_is_refused),
	CU_CASE(no_common_ike_proposal_is_named),
	CU_CASE(no_common_esp_proposal_keeps_the_ike_sa),
	CU_CASE(other_selectors_and_tunnel_mode_are_refused),
	CU_CASE(any_protocol_is_narrowed),
	CU_CASE(a_failing_dataplane_is_no_tunnel),
	CU_CASE(a_silent_peer_is_tried_again),
	CU_CASE(a_cookie_is_demanded_and_given),
	CU_CASE(another_group_is_asked_for_and_given),
	CU_CASE(cookie_and_group_together),
	CU_CASE(half_open_sas_are_bounded_and_expire),
	CU_CASE(a_repeated_request_gets_the_identical_answer),
	CU_CASE(forged_answers_do_not_hinder),
	CU_CASE(what_belongs_to_nobody_is_answered_once_and_rate_limited),
};

CU_MAIN("establish", cases)
