/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the operator of the side that is called reads when it refuses: the reason in words, with
 * the peer, until something better happens; and that nobody else can write it.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* A calls, B answers and never calls itself. */
static struct sim *
called(uint64_t seed, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	a->initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	sim_run(s, 400);
	return s;
}

static bool
b_says(struct sim *s, const char *words)
{
	if (strstr(s->n[B].why, words) == NULL)
		printf("\n    B says: %s\n", s->n[B].why);
	return strstr(s->n[B].why, words) != NULL;
}

static void
keep_why(void *arg, const struct ike_peer_show *p)
{
	snprintf(arg, sizeof(p->why), "%s", p->why);
}

static void
wrong_psk(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	char shown[160] = "";
	struct sim *s;

	a.psk[0] ^= 1;
	s = called(1, &a, &b);
	CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_IDLE);
	CU_ASSERT_TRUE(b_says(s, "peer 10.0.0.1 failed authentication (pre-shared key differs?)"));
	ike_for_each_peer(s->n[B].e, s->now, keep_why, shown);
	CU_ASSERT_STRING_EQUAL(shown, s->n[B].why);
	/* It stands while nothing new happens, and goes with success. */
	sim_run(s, 120000);
	CU_ASSERT_TRUE(b_says(s, "failed authentication"));
	a.psk[0] ^= 1;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
	CU_ASSERT_TRUE(b_says(s, "Child SA is up"));
	close_clean(s);
}

static void
wrong_identity(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct ike_id fqdn = { .type = IKE_ID_FQDN, .len = 5, .data = "a.\xff\nb" };
	struct sim *s;

	a.local_id = fqdn;
	s = called(2, &a, &b);
	CU_ASSERT_TRUE(b_says(s, "peer 10.0.0.1 failed authentication: its identity is "
				 "\"a.??b\", not \"10.0.0.1\""));
	close_clean(s);

	a = sim_cfg(A);
	a.remote_id = fqdn;
	s = called(3, &a, &b);
	CU_ASSERT_TRUE(b_says(s, "our identity is \"10.0.0.2\", not \"a.??b\""));
	close_clean(s);
}

static void
no_common_ike_proposal(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.ike_proposals[0].encr[0].key_bits = 256;
	s = called(4, &a, &b);
	CU_ASSERT_TRUE(b_says(s, "peer proposed no acceptable IKE proposal: offered "
				 "aes256-sha256-prfsha256-x25519, we accept "
				 "aes128-sha256-prfsha256-x25519"));
	CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_IDLE);
	/* More than fits is cut where it shows. */
	for (int i = 1; i < IKE_MAX_PROPOSALS; i++)
		a.ike_proposals[i] = a.ike_proposals[0];
	a.n_ike_proposals = IKE_MAX_PROPOSALS;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 5000);
	CU_ASSERT_TRUE(b_says(
			s, "aes256-sha256-prfsha256-x25519, aes256-sha256-prfsha..., we accept"));
	close_clean(s);
}

static void
no_common_esp_proposal(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	a.esp_proposals[0].encr[0].key_bits = 256;
	b.may_initiate = false;
	s = called(5, &a, &b);
	CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_NO_CHILD);
	CU_ASSERT_TRUE(b_says(s, "peer proposed no acceptable ESP proposal: offered aes256gcm16, "
				 "we accept aes128gcm16"));
	/* Again by CREATE_CHILD_SA, when A tries. */
	sim_run(s, 10000);
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_no_proposal") >= 2);
	CU_ASSERT_TRUE(b_says(s, "no acceptable ESP proposal"));
	close_clean(s);
}

static void
other_selectors_and_tunnel_mode(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;

	b.may_initiate = false;
	a.ts_proto = 6;
	s = called(6, &a, &b);
	CU_ASSERT_TRUE(b_says(s, "peer's traffic selectors, protocol 6 10.0.0.1 to protocol 6 "
				 "10.0.0.2, do not cover protocol 47 from 10.0.0.1 to 10.0.0.2"));
	close_clean(s);

	a = sim_cfg(A);
	a.transport = false;
	s = called(7, &a, &b);
	CU_ASSERT_TRUE(b_says(s, "peer asks for tunnel mode"));
	close_clean(s);
}

static void
ikev1(void)
{
	/* A main mode that offers nothing. */
	uint8_t msg[40] = { 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 2, 0, 0, 0, 0,
		0, 0, 0, 0, 40, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1 };
	struct ike_peer_cfg b = sim_cfg(B);
	struct sim *s = sim_new(12, NULL);

	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_deliver(s, B, msg, sizeof(msg));
	CU_ASSERT_TRUE(b_says(s, "peer speaks IKEv1"));
	CU_ASSERT_EQUAL(s->n_ike[B], 1); /* NO-PROPOSAL-CHOSEN */
	close_clean(s);
}

/* ---- refused before it says who it is -------------------------------------------------------- */

/* An IKE_SA_INIT request as of A that B would accept. Its length. */
static size_t
good_request(uint8_t *msg)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s = sim_new(13, NULL);
	size_t len;

	a.initiate = true;
	s->hold[A] = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 10);
	len = s->last_len[A];
	memcpy(msg, s->last[A], len);
	CU_ASSERT_EQUAL_FATAL(sim_exchange(msg), 34);
	close_clean(s);
	return len;
}

/* Where the payload of this type begins; they follow each other from the header on. */
static uint8_t *
payload(uint8_t *msg, uint8_t type)
{
	uint8_t *p = msg + 28;

	for (uint8_t is = msg[16]; is != type; is = p[0], p += p[2] << 8 | p[3])
		CU_ASSERT_NOT_EQUAL_FATAL(is, 0);
	return p;
}

static size_t
critical_payload(uint8_t *msg, size_t len)
{
	static const uint8_t unknown[8] = { 0, 0x80, 0, 8, 1, 2, 3, 4 };

	memcpy(msg + len, unknown, sizeof(unknown));
	msg[len] = msg[16]; /* what was first follows it */
	memmove(msg + 28 + 8, msg + 28, len - 28);
	memcpy(msg + 28, unknown, sizeof(unknown));
	msg[28] = msg[16];
	msg[16] = 200;
	msg[26] = (uint8_t)((len + 8) >> 8);
	msg[27] = (uint8_t)(len + 8);
	return len + 8;
}

static size_t
another_version(uint8_t *msg, size_t len)
{
	msg[17] = 0x31;
	return len;
}

/* A public value that is cut: lengths of payload and message are right. */
static size_t
short_public_value(uint8_t *msg, size_t len)
{
	uint8_t *ke = payload(msg, 34);
	size_t ke_len = (size_t)(ke[2] << 8 | ke[3]);

	memmove(ke + ke_len - 1, ke + ke_len, len - (size_t)(ke + ke_len - msg));
	ke[3]--;
	msg[27] = (uint8_t)(len - 1);
	return len - 1;
}

/* One that is none: all of it zero (RFC 7748 section 6.1). */
static size_t
public_value_of_nothing(uint8_t *msg, size_t len)
{
	memset(payload(msg, 34) + 8, 0, 32);
	return len;
}

static size_t
two_nonces(uint8_t *msg, size_t len)
{
	*payload(msg, 34) = 40; /* as it was; and the payload behind the nonce is another one */
	*payload(msg, 40) = 40;
	return len;
}

static const struct {
	const char *words;
	size_t (*spoil)(uint8_t *msg, size_t len);
} spoilt[] = {
	{ "peer 10.0.0.1 sends a critical payload of type 200, which we do not know",
			critical_payload },
	{ "peer 10.0.0.1 speaks version 3.1 of IKE, which we do not", another_version },
	{ "peer 10.0.0.1 sends a public value of 31 bytes for x25519, not of 32",
			short_public_value },
	{ "peer 10.0.0.1 sent no valid public value", public_value_of_nothing },
	{ "peer 10.0.0.1 sends a malformed IKE_SA_INIT", two_nonces },
};
#define N_SPOILT (sizeof(spoilt) / sizeof(spoilt[0]))

static void
what_cannot_be_an_ike_sa_init_is_told(void)
{
	for (size_t i = 0; i < N_SPOILT; i++) {
		struct ike_peer_cfg b = sim_cfg(B);
		uint8_t msg[SIM_MSG_MAX];
		size_t len = spoilt[i].spoil(msg, good_request(msg));
		struct sim *s = sim_new(14 + i, NULL);

		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		sim_deliver(s, B, msg, len);
		sim_run(s, 100);
		CU_ASSERT_TRUE(b_says(s, spoilt[i].words));
		CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_IDLE);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
		close_clean(s);
	}
}

/* ... but not to a tunnel that is up, nor to a peer at any address. */
static void
nor_is_it_told_to_others(void)
{
	for (size_t i = 0; i < 2 * N_SPOILT; i++) {
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		uint8_t msg[SIM_MSG_MAX];
		size_t len = spoilt[i / 2].spoil(msg, good_request(msg));
		struct sim *s;

		if (i % 2 == 0) {
			s = called(20 + i, &a, &b);
			CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
		} else {
			s = sim_new(20 + i, NULL);
			b.remote = 0;
			CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		}
		sim_deliver(s, B, msg, len);
		sim_run(s, 100);
		CU_ASSERT_STRING_EQUAL(s->n[B].why, i % 2 == 0 ? "Child SA is up" : "");
		close_clean(s);
	}
}

/* ---- who may write it ----------------------------------------------------------------------- */

/* An IKE_SA_INIT request as of A, with proposals that B does not accept. */
static size_t
strange_request(uint8_t *msg)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s;
	size_t len;

	a.ike_proposals[0].encr[0].key_bits = 256;
	s = called(8, &a, &b);
	len = s->last_len[A];
	memcpy(msg, s->last[A], len);
	CU_ASSERT_EQUAL_FATAL(sim_exchange(msg), 34);
	close_clean(s);
	return len;
}

static void
a_peer_that_is_up_is_not_touched(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	uint8_t msg[SIM_MSG_MAX];
	size_t len = strange_request(msg);
	struct sim *s = called(9, &a, &b);

	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	sim_deliver(s, B, msg, len);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_no_proposal"), 1);
	CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_TRUE(b_says(s, "Child SA is up"));
	close_clean(s);
}

static void
a_proven_reason_is_not_hidden_by_a_forged_one(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	uint8_t msg[SIM_MSG_MAX];
	size_t len = strange_request(msg);
	struct sim *s;

	a.psk[0] ^= 1;
	s = called(10, &a, &b);
	CU_ASSERT_TRUE(b_says(s, "failed authentication"));
	sim_deliver(s, B, msg, len);
	CU_ASSERT_TRUE(b_says(s, "failed authentication"));
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_no_proposal"), 1);
	/* The operator clears, or a minute passes without it: then it may be told. */
	ike_peer_del(s->n[A].e, "peer", s->now);
	sim_run(s, 61000);
	sim_deliver(s, B, msg, len);
	CU_ASSERT_TRUE(b_says(s, "IKE proposal"));
	ike_peer_clear(s->n[B].e, NULL, s->now);
	CU_ASSERT_TRUE(b_says(s, "cleared"));
	sim_deliver(s, B, msg, len);
	CU_ASSERT_TRUE(b_says(s, "IKE proposal"));
	close_clean(s);
}

/* A peer at any address does not learn of everybody's proposals. */
static void
a_peer_at_any_address_is_not_blamed(void)
{
	struct ike_peer_cfg b = sim_cfg(B);
	uint8_t msg[SIM_MSG_MAX];
	size_t len = strange_request(msg);
	struct sim *s = sim_new(11, NULL);

	b.remote = 0;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_deliver(s, B, msg, len);
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_no_proposal"), 1);
	CU_ASSERT_STRING_EQUAL(s->n[B].why, "");
	close_clean(s);
}

static const struct cu_case cases[] = {
	CU_CASE(wrong_psk),
	CU_CASE(wrong_identity),
	CU_CASE(no_common_ike_proposal),
	CU_CASE(no_common_esp_proposal),
	CU_CASE(other_selectors_and_tunnel_mode),
	CU_CASE(ikev1),
	CU_CASE(what_cannot_be_an_ike_sa_init_is_told),
	CU_CASE(nor_is_it_told_to_others),
	CU_CASE(a_peer_that_is_up_is_not_touched),
	CU_CASE(a_proven_reason_is_not_hidden_by_a_forged_one),
	CU_CASE(a_peer_at_any_address_is_not_blamed),
};

CU_MAIN("reasons", cases)
