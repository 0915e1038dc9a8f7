/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv1 peers that are right, but unlike us: identities of quick mode around the tunnel's GRE,
 * lifetimes in every encoding, INITIAL-CONTACT behind phase 1, the commit bit, DELETE of what is
 * not there; and recordings, and callers under others' addresses, who are not right.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/forge.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static struct ike_peer_cfg
cfg1(int i)
{
	struct ike_peer_cfg c = sim_cfg(i);

	c.version = 1;
	c.initiate = i == A;
	c.may_initiate = i == A;
	c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96,
			IKE_PRF_HMAC_SHA1, IKE_GROUP_X25519, false);
	c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96, 0, 0, false);
	return c;
}

static struct sim *
up_with(uint64_t seed, const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 500);
	return s;
}

static struct sim *
up(uint64_t seed)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);

	return up_with(seed, &a, &b);
}

static void
close_clean(struct sim *s)
{
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- messages ------------------------------------------------------------------------------- */

static struct ike1_sa *
b_sa(struct sim *s)
{
	struct ike1_sa *sa = TAILQ_LAST(&s->n[B].e->sas1, ike1_sas);

	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	return sa;
}

/* What is in @o, from A to B, as phase 2 of IKEv1 under @sa. */
static void
to_b(struct sim *s, struct ike1_sa *sa, uint8_t exchange, uint32_t mid, const struct ike_out *o)
{
	uint8_t msg[FORGE_MAX];

	CU_ASSERT_FALSE_FATAL(o->w.bad);
	sim_deliver(s, B, msg, forge1(sa, exchange, mid, o->c.first, o->buf, o->w.len, msg));
}

static void
initial_contact(struct sim *s, struct ike1_sa *sa, uint32_t mid)
{
	static struct ike_out o;

	ike_out_init(&o);
	ike1_put_notify(&o.c, IKE1_PROTO_ISAKMP, IKE1_N_INITIAL_CONTACT, NULL, 0, NULL, 0);
	to_b(s, sa, IKE1_EX_INFO, mid, &o);
}

/* B's answer to the transaction of A that it was given last: the body of its ATTR payload. */
static struct rd
transaction_answer(struct sim *s, struct ike1_sa *sa, const uint8_t *asked, size_t len,
		uint8_t *plain)
{
	const uint8_t *iv = asked + len - 16; /* it goes on where the question ended */
	struct ike1_msg m = { .h = { 0 } };
	uint8_t block[IKE1_BLOCK_MAX];
	struct rd r = rd_init(s->last[B], s->last_len[B]);

	CU_ASSERT_EQUAL_FATAL(ike_hdr_parse(&r, &m.h), 0);
	CU_ASSERT_EQUAL_FATAL(m.h.exchange, IKE1_EX_TRANSACTION);
	memcpy(block, iv, sizeof(block));
	memcpy(plain, r.p, rd_left(&r));
	CU_ASSERT_EQUAL_FATAL(ike1_cipher(&sa->suite.s, &sa->keys, block, plain, rd_left(&r),
					      false), 0);
	r = rd_init(plain, rd_left(&r));
	CU_ASSERT_EQUAL_FATAL(ike1_parse(&r, m.h.next, true, &m), 0);
	CU_ASSERT_TRUE_FATAL(ike1_hash_ok(sa, &m));
	CU_ASSERT_PTR_NOT_NULL_FATAL(m.attr.p);
	return rd_init(m.attr.p, m.attr.len);
}

/* Attributes of a phase 2 transform besides AES-CBC-128 and SHA1: raw bytes. */
struct attributes {
	uint8_t len, bytes[40];
};

/* The first message of a quick mode of A's. @id: bodies of both, @id_len 0: none. */
static void
quick(struct sim *s, uint32_t mid, const struct attributes *more, const uint8_t *const id[2],
		size_t id_len)
{
	static const uint8_t fixed[] = { 0x80, 4, 0, 2, 0x80, 5, 0, 2, 0x80, 6, 0, 128 };
	static const uint8_t nonce[16] = { 1 };
	static struct ike_out o;
	size_t transform = 8 + sizeof(fixed) + more->len;

	ike_out_init(&o);
	ike_chain_begin(&o.c, IKE1_PL_SA);
	wr_be32(&o.w, 1);
	wr_be32(&o.w, 1);
	wr_be16(&o.w, 0);
	wr_be16(&o.w, (uint16_t)(12 + transform));
	wr_be32(&o.w, 0x01030401); /* proposal 1, ESP, four bytes of SPI, one transform */
	wr_be32(&o.w, 0xc0000009);
	wr_be16(&o.w, 0);
	wr_be16(&o.w, (uint16_t)transform);
	wr_be32(&o.w, 0x010c0000); /* transform 1, AES */
	wr_bytes(&o.w, more->bytes, more->len);
	wr_bytes(&o.w, fixed, sizeof(fixed));
	ike_chain_end(&o.c);
	ike_put_blob(&o.c, IKE1_PL_NONCE, nonce, sizeof(nonce));
	for (int i = 0; i < 2 && id_len != 0; i++)
		ike_put_blob(&o.c, IKE1_PL_ID, id[i], id_len);
	to_b(s, b_sa(s), IKE1_EX_QUICK, mid, &o);
}

/* ---- quick mode ----------------------------------------------------------------------------- */

/* As racoon, RouterOS and IOS have them, with hosts as subnets, or anything. */
static void
identities_around_the_tunnel(void)
{
	static const struct {
		uint8_t len;
		bool taken;
		uint8_t id[2][12]; /* A is 10.0.0.1, B 10.0.0.2 */
	} t[] = {
		{ 8, true, { { 1, 47, 0, 0, 10, 0, 0, 1 }, { 1, 47, 0, 0, 10, 0, 0, 2 } } },
		{ 8, true, { { 1, 0, 0, 0, 10, 0, 0, 1 }, { 1, 0, 0, 0, 10, 0, 0, 2 } } },
		{ 12, true, { { 4, 47, 0, 0 }, { 4, 47, 0, 0 } } }, /* 0.0.0.0/0, GRE */
		{ 12, true, { { 4, 0, 0, 0, 10, 0, 0, 1, 255, 255, 255, 255 },
				{ 4, 0, 0, 0, 10, 0, 0, 2, 255, 255, 255, 255 } } },
		{ 12, true, { { 4, 47, 0, 0, 10, 0, 0, 0, 255, 255, 255, 0 },
				{ 4, 47, 0, 0, 10, 0, 0, 0, 255, 255, 255, 0 } } },
		{ 12, true, { { 7, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 1 },
				{ 7, 47, 0, 0, 10, 0, 0, 0, 10, 0, 0, 9 } } },
		/* Another host, network, range, protocol; a port; another type; no such length. */
		{ 8, false, { { 1, 47, 0, 0, 10, 0, 0, 3 }, { 1, 47, 0, 0, 10, 0, 0, 2 } } },
		{ 12, false, { { 4, 47, 0, 0, 10, 0, 1, 0, 255, 255, 255, 0 },
				{ 4, 47, 0, 0, 10, 0, 0, 0, 255, 255, 255, 0 } } },
		{ 12, false, { { 7, 47, 0, 0, 10, 0, 0, 2, 10, 0, 0, 9 },
				{ 7, 47, 0, 0, 10, 0, 0, 0, 10, 0, 0, 9 } } },
		{ 8, false, { { 1, 6, 0, 0, 10, 0, 0, 1 }, { 1, 6, 0, 0, 10, 0, 0, 2 } } },
		{ 12, false, { { 4, 6, 0, 80 }, { 4, 6, 0, 80 } } },
		{ 8, false, { { 2, 47, 0, 0, 10, 0, 0, 1 }, { 2, 47, 0, 0, 10, 0, 0, 2 } } },
		{ 8, false, { { 4, 47, 0, 0, 10, 0, 0, 1 }, { 4, 47, 0, 0, 10, 0, 0, 2 } } },
		{ 3, false, { { 1, 47, 0 }, { 1, 47, 0 } } },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const uint8_t *const id[2] = { t[i].id[0], t[i].id[1] };
		struct attributes none = { .len = 0 };
		struct sim *s = up(100 + i);

		quick(s, 7, &none, id, t[i].len);
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), t[i].taken ? 2 : 1);
		CU_ASSERT_EQUAL(sim_counter(s, B, "refused_traffic_selectors"), !t[i].taken);
		close_clean(s);
	}
}

static const struct sim_sa *
newest(const struct sim_node *n)
{
	const struct sim_sa *best = NULL;

	for (int i = 0; i < SIM_SAS; i++)
		if (n->sas[i].used && (best == NULL || n->sas[i].id > best->id))
			best = &n->sas[i];
	return best;
}

/* Two bytes, four, three or eight; seconds and kilobytes in either order, or one of them. */
static void
lifetimes_in_every_encoding(void)
{
	static const struct {
		struct attributes more;
		uint64_t bytes;
		uint32_t seconds;
	} t[] = {
		{ { 0, { 0 } }, 0, 0 },
		{ { 8, { 0x80, 1, 0, 1, 0x80, 2, 1, 44 } }, 0, 300 },
		{ { 12, { 0x80, 1, 0, 1, 0, 2, 0, 4, 0, 0, 1, 44 } }, 0, 300 },
		{ { 11, { 0x80, 1, 0, 1, 0, 2, 0, 3, 0, 1, 44 } }, 0, 300 },
		{ { 16, { 0x80, 1, 0, 1, 0, 2, 0, 8, 0, 0, 0, 0, 0, 0, 1, 44 } }, 0, 300 },
		/* The type in four bytes, too */
		{ { 16, { 0, 1, 0, 4, 0, 0, 0, 1, 0, 2, 0, 4, 0, 0, 1, 44 } }, 0, 300 },
		{ { 12, { 0x80, 1, 0, 2, 0, 2, 0, 4, 0, 0, 16, 0 } }, 4096 * 1024, 0 },
		{ { 24, { 0x80, 1, 0, 2, 0, 2, 0, 4, 0, 0, 16, 0, 0x80, 1, 0, 1, 0, 2, 0, 4, 0, 0,
				1, 44 } }, 4096 * 1024, 300 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		const struct ike_child *c;
		struct sim *s;

		b.proposal_check = IKE1_CHECK_OBEY;
		s = up_with(200 + i, &a, &b);
		quick(s, 7, &t[i].more, NULL, 0);
		CU_ASSERT_EQUAL_FATAL(sim_held_sas(&s->n[B]), 2);
		CU_ASSERT_EQUAL(newest(&s->n[B])->life_bytes, t[i].bytes);
		c = ike_child_find(s->n[B].e, newest(&s->n[B])->id);
		CU_ASSERT_EQUAL(c->hard_ms, t[i].seconds == 0 ? 0 : s->now + t[i].seconds * 1000 +
				60000);
		close_clean(s);
	}
}

/* Whoever sets it waits for a CONNECTED notification that we do not send; both pass traffic. */
static bool
commit(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	uint8_t copy[SIM_MSG_MAX];

	if (sim_exchange(msg) != IKE1_EX_QUICK || msg[19] & IKE1_FLAG_COMMIT)
		return false;
	memcpy(copy, msg, len);
	copy[19] |= IKE1_FLAG_COMMIT;
	sim_deliver(s, !from, copy, len);
	return true;
}

static void
the_commit_bit_changes_nothing(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = sim_new(300, NULL);

	s->drop = commit;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	close_clean(s);
}

/*
 * Of two ends that both repeat their last message for one that comes again, neither would stop:
 * one of them does. Each datagram comes twice, in each mode, and with new keys after it.
 */
static void
repetitions_come_to_an_end(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s = sim_new(310, NULL);
		unsigned int n;

		a.aggressive = b.aggressive = aggressive;
		s->repeat_percent = 100;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		sim_run(s, 300);
		CU_ASSERT_TRUE(sim_both_up(s));
		ike_child_rekey(s->n[B].e, sim_out(&s->n[B])->id, false, s->now);
		sim_run(s, 10000);
		n = s->n_ike[A] + s->n_ike[B];
		CU_ASSERT_TRUE(n < 60);
		sim_run(s, 10000);
		CU_ASSERT_EQUAL(s->n_ike[A] + s->n_ike[B], n);
		CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
		close_clean(s);
	}
}

/* ---- informational -------------------------------------------------------------------------- */

static bool
b_has_two(struct sim *s)
{
	return sim_n_sas(s, B, "established") == 2;
}

/*
 * A has made its ISAKMP SA anew, and says under the new one that this is its only life: what was
 * before goes at once, what has been made since stays.
 */
static void
initial_contact_behind_phase_1(void)
{
	for (int quick_too = 0; quick_too < 2; quick_too++) {
		struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
		struct sim *s;
		uint64_t first;

		a.ike_life_s = 100;
		s = up_with(400, &a, &b);
		first = sim_out(&s->n[B])->id;
		initial_contact(s, b_sa(s), 77); /* of this life: nothing is older */
		CU_ASSERT_EQUAL(sim_out(&s->n[B])->id, first);
		CU_ASSERT_TRUE_FATAL(sim_until(s, b_has_two, 2 * UP_MS));
		sim_run(s, 100);
		if (quick_too) {
			ike_child_rekey(s->n[A].e, sim_out(&s->n[A])->id, false, s->now);
			sim_run(s, 100);
			CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 2);
		}
		initial_contact(s, b_sa(s), 78);
		CU_ASSERT_PTR_NULL(ike_child_find(s->n[B].e, first));
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), quick_too);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
		CU_ASSERT_EQUAL(s->n[B].state,
				quick_too ? IKE_PEER_ESTABLISHED : IKE_PEER_NO_CHILD);
		close_clean(s);
	}
}

/* A recording of what the peer has said once is no sign of life. */
static void
a_recording_does_not_keep_the_dead_alive(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	uint8_t recorded[SIM_MSG_MAX];
	struct sim *s;
	size_t len;

	a.dpd_interval_s = 5;
	b.dpd_interval_s = b.dpd_retry_s = 10;
	b.dpd_count = 3;
	s = up_with(500, &a, &b);
	do
		sim_run(s, 100);
	while (sim_exchange(s->last[A]) != IKE1_EX_INFO && s->now < UP_MS);
	len = s->last_len[A];
	memcpy(recorded, s->last[A], len);
	CU_ASSERT_EQUAL_FATAL(sim_exchange(recorded), IKE1_EX_INFO);
	sim_run(s, 100);
	sim_crash(s, A); /* a power cut: it is not configured again */
	for (int i = 0; i < 70; i++) {
		sim_deliver(s, B, recorded, len);
		sim_run(s, 1000);
	}
	CU_ASSERT_EQUAL(sim_counter(s, B, "peers_dead"), 1);
	CU_ASSERT_TRUE(sim_counter(s, B, "rx_repeated") >= 10);
	close_clean(s);
}

static void
deletes_of_what_is_not_there(void)
{
	static struct ike_out o;
	struct sim *s = up(600);

	ike_out_init(&o);
	ike1_put_delete_esp(&o.c, 0x12345678);
	ike1_put_delete_isakmp(&o.c, 1, 2);
	to_b(s, b_sa(s), IKE1_EX_INFO, 9, &o);
	ike_out_init(&o); /* of another peer's kind: INVALID-SPI, which changes nothing */
	ike1_put_notify(&o.c, IKE1_PROTO_ESP, 11, "\1\2\3\4", 4, NULL, 0);
	to_b(s, b_sa(s), IKE1_EX_INFO, 10, &o);
	sim_run(s, 1000);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 1);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
	close_clean(s);
}

/* The DELETEs of Child SAs, which are shorter than those of ISAKMP SAs. */
static bool
no_esp_delete(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return from == B && sim_exchange(msg) == IKE1_EX_INFO && len < 80;
}

/* B forgets all, and only the DELETE of the ISAKMP SA arrives: A cannot ask for the rest. */
static void
a_farewell_that_is_lost_in_part(void)
{
	struct sim *s = up(650);
	uint64_t old = sim_out(&s->n[A])->id;

	s->drop = no_esp_delete;
	ike_peer_clear(s->n[B].e, NULL, s->now);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, NULL), 0);
	CU_ASSERT_EQUAL(sim_out(&s->n[A])->id, old);
	s->drop = NULL;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 5000));
	sim_run(s, 5000);
	CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
	CU_ASSERT_NOT_EQUAL(sim_out(&s->n[A])->id, old);
	close_clean(s);
}

/*
 * B is told to forget the Child SA of a peer at any address, and its DELETE is lost: B's traffic,
 * or A's that comes on an unknown SPI, makes another one under the IKE SA that there is.
 */
static void
a_child_for_a_peer_at_any_address(void)
{
	for (int version = 1; version <= 2; version++) {
		struct ike_peer_cfg a = version == 1 ? cfg1(A) : sim_cfg(A);
		struct ike_peer_cfg b = version == 1 ? cfg1(B) : sim_cfg(B);
		struct sim *s;

		a.initiate = b.may_initiate = true;
		a.aggressive = b.aggressive = version == 1;
		b.remote = 0;
		s = up_with(670, &a, &b);
		ike_peer_acquire(s->n[B].e, 7, s->now); /* it has one */
		s->loss_percent = version == 1 ? 100 : 0;
		ike_peer_clear_children(s->n[B].e, "peer", s->now);
		CU_ASSERT_EQUAL(s->n[B].state, IKE_PEER_NO_CHILD);
		s->loss_percent = 0;
		ike_peer_acquire(s->n[B].e, 7, s->now);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
		sim_run(s, 5000);
		CU_ASSERT_TRUE(sim_passes(s, A) && sim_passes(s, B));
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
		close_clean(s);
	}
}

static bool
cut(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return true;
}

/* The line is cut just when the ISAKMP SA is to be made anew; there is a second attempt. */
static void
a_renewal_that_fails_is_tried_again(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	a.ike_life_s = 1000;
	s = up_with(660, &a, &b);
	sim_run(s, 895 * 1000 - s->now);
	s->drop = cut;
	sim_run(s, 80 * 1000);
	s->drop = NULL;
	sim_run(s, 70 * 1000);
	CU_ASSERT_EQUAL(sim_n_sas(s, A, "established"), 1);
	CU_ASSERT_TRUE(sim_sa(s, A).age_s < 200);
	CU_ASSERT_TRUE(sim_both_up(s));
	close_clean(s);
}

/* ---- renewal -------------------------------------------------------------------------------- */

/* Of a peer at any address nobody but itself can make the ISAKMP SA anew. */
static void
a_peer_at_any_address_is_not_called(void)
{
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s;

	a.aggressive = b.aggressive = true;
	a.ike_life_s = 100000;
	b.ike_life_s = 600;
	a.child_life_s = b.child_life_s = 300;
	b.may_initiate = true;
	b.remote = 0;
	s = up_with(700, &a, &b);
	ike_child_rekey(s->n[B].e, sim_out(&s->n[B])->id, false, s->now);
	sim_run(s, 3600 * 1000);
	CU_ASSERT_EQUAL(sim_counter(s, B, "retransmits"), 0);
	CU_ASSERT_TRUE(sim_both_up(s));
	close_clean(s);
}

/* ---- callers under others' addresses --------------------------------------------------------- */

/* The first message of A with another cookie: as anybody may send it under A's address. */
static void
spoofed(struct sim *s, unsigned int n, const uint8_t *msg, size_t len)
{
	uint8_t copy[SIM_MSG_MAX];

	memcpy(copy, msg, len);
	copy[0] ^= 0xff;
	copy[6] ^= (uint8_t)(n >> 8);
	copy[7] ^= (uint8_t)n;
	sim_deliver(s, B, copy, len);
}

/* They fill what an address may have half open, but the peer gets through. */
static void
nobody_is_shut_out(void)
{
	for (int version = 1; version <= 2; version++) {
		struct ike_peer_cfg a = version == 1 ? cfg1(A) : sim_cfg(A);
		struct ike_peer_cfg b = version == 1 ? cfg1(B) : sim_cfg(B);
		uint8_t first[SIM_MSG_MAX];
		struct sim *s = sim_new(800, NULL);
		size_t len;

		a.initiate = true;
		s->hold[A] = true;
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
		sim_run(s, 10);
		len = s->last_len[A];
		memcpy(first, s->last[A], len);
		for (unsigned int n = 0; n < 200; n++)
			spoofed(s, n, first, len);
		/* Those of main mode have cost little yet. */
		CU_ASSERT_TRUE(sim_n_sas(s, B, NULL) <= (version == 1 ? 100 : 10));
		CU_ASSERT_TRUE(sim_counter(s, B, version == 1 ? "drop_half_open_per_ip"
							      : "refused_cookie_demanded") > 0);
		s->hold[A] = false;
		sim_release(s, A, -1);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
		sim_run(s, 40000);
		close_clean(s);
	}
}

/* From everywhere at once: the limit of all, with a peer at any address. */
static void
nor_by_a_flood_from_everywhere(void)
{
	struct ike_limits lim = { .max_half_open = 50, .max_half_open_per_ip = 100 };
	struct ike_peer_cfg a = cfg1(A), b = cfg1(B);
	struct sim *s = sim_new(900, &lim);
	uint8_t first[SIM_MSG_MAX];
	size_t len;

	s->hold[A] = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 10);
	len = s->last_len[A];
	memcpy(first, s->last[A], len);
	for (unsigned int n = 0; n < 500; n++)
		spoofed(s, n, first, len);
	CU_ASSERT_TRUE(sim_counter(s, B, "drop_half_open_limit") >= 450);
	s->hold[A] = false;
	sim_release(s, A, -1);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2000));
	sim_run(s, 40000);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 1);
	close_clean(s);
}

static char told[200];

static void
tell(void *ctx, int level, const char *name, const char *text)
{
	if (strstr(text, "which we do not") != NULL)
		snprintf(told, sizeof(told), "%s", text);
}

/* Mode config and XAUTH: answered, so that the peer goes on; told once; nothing changes. */
static void
transactions_are_declined(void)
{
	static const struct {
		const char *counter, *says;
		uint8_t type, answer, len, attr[20];
		bool fails;
	} rows[] = {
		{ "refused_configuration", "peer asks for an address, which we do not give", 1, 2, 8,
				{ 0, 1, 0, 0, 0, 3, 0, 0 }, false },
		{ "refused_configuration", "peer asks for configuration, which we do not give", 1,
				2, 4, { 0, 7, 0, 0 }, false },
		{ "refused_configuration", "peer gives configuration, which we do not take", 3, 4, 8,
				{ 0, 1, 0, 4, 10, 0, 0, 9 }, false },
		{ "refused_xauth", "peer wants XAUTH, which we do not do", 1, 2, 12,
				{ 0xc0, 0x88, 0, 0, 0x40, 0x89, 0, 0, 0x40, 0x8a, 0, 0 }, true },
		{ "refused_xauth", "peer wants XAUTH, which we do not do", 3, 4, 4,
				{ 0xc0, 0x8f, 0, 0 }, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = up(680 + i);
		struct ike1_sa *sa = b_sa(s);
		uint64_t id = sim_out(&s->n[B])->id;
		uint8_t body[4 + 20] = { rows[i].type, 0, 0x12, 0x34 }, msg[FORGE_MAX];
		uint8_t plain[SIM_MSG_MAX];
		static struct ike_out o;
		struct rd r;
		size_t len;

		s->n[B].e->ops.log = tell;
		memcpy(body + 4, rows[i].attr, rows[i].len);
		ike_out_init(&o);
		ike_put_blob(&o.c, IKE1_PL_ATTR, body, 4u + rows[i].len);
		len = forge1(sa, IKE1_EX_TRANSACTION, 77, o.c.first, o.buf, o.w.len, msg);
		for (unsigned int n = 1; n <= 2; n++) {
			told[0] = '\0';
			sim_deliver(s, B, msg, len);
			CU_ASSERT_EQUAL(sim_counter(s, B, rows[i].counter), n);
			CU_ASSERT_STRING_EQUAL(told, n == 1 ? rows[i].says : "");
			r = transaction_answer(s, sa, msg, len, plain);
			CU_ASSERT_EQUAL(rd_be32(&r), (uint32_t)rows[i].answer << 24 | 0x1234);
			CU_ASSERT_EQUAL(rd_left(&r), rows[i].fails ? 4 : 0);
			if (rows[i].fails)
				CU_ASSERT_EQUAL(rd_be32(&r), 0xc08f0000); /* XAUTH-STATUS 0 */
		}
		/* Not authentic, cut short, an answer to nothing, in the clear: no answer. */
		s->last_len[B] = 0;
		msg[len - 1] ^= 1;
		sim_deliver(s, B, msg, len);
		CU_ASSERT_EQUAL(sim_counter(s, B, "drop_not_authentic"), 1);
		for (size_t cut = 0; cut < 4u + rows[i].len; cut++) {
			ike_out_init(&o);
			ike_put_blob(&o.c, IKE1_PL_ATTR, body, cut);
			if (cut < 4 || cut % 4 != 0)
				to_b(s, sa, IKE1_EX_TRANSACTION, 78, &o);
		}
		CU_ASSERT_TRUE(sim_counter(s, B, "drop_malformed_encrypted") > 4);
		body[0] = rows[i].answer;
		ike_out_init(&o);
		ike_put_blob(&o.c, IKE1_PL_ATTR, body, 4u + rows[i].len);
		to_b(s, sa, IKE1_EX_TRANSACTION, 79, &o);
		msg[len - 1] ^= 1;
		msg[19] &= (uint8_t)~IKE1_FLAG_ENCRYPTED;
		sim_deliver(s, B, msg, len);
		CU_ASSERT_EQUAL(s->last_len[B], 0);
		CU_ASSERT_EQUAL(sim_counter(s, B, rows[i].counter), 2);
		CU_ASSERT_EQUAL(sim_out(&s->n[B])->id, id);
		CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 1);
		close_clean(s);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(transactions_are_declined),
	CU_CASE(identities_around_the_tunnel),
	CU_CASE(lifetimes_in_every_encoding),
	CU_CASE(the_commit_bit_changes_nothing),
	CU_CASE(repetitions_come_to_an_end),
	CU_CASE(initial_contact_behind_phase_1),
	CU_CASE(a_recording_does_not_keep_the_dead_alive),
	CU_CASE(deletes_of_what_is_not_there),
	CU_CASE(a_farewell_that_is_lost_in_part),
	CU_CASE(a_child_for_a_peer_at_any_address),
	CU_CASE(a_renewal_that_fails_is_tried_again),
	CU_CASE(a_peer_at_any_address_is_not_called),
	CU_CASE(nobody_is_shut_out),
	CU_CASE(nor_by_a_flood_from_everywhere),
};

CU_MAIN("ike1_odd", cases)
