/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE fragmentation (RFC 7383): long messages over a path that loses long packets, that loses,
 * repeats and reorders fragments, and a peer that plays with them. Messages are made long by many
 * traffic selectors.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static struct ike_id
long_name(char c)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = 120 };

	memset(id.data, c, id.len);
	return id;
}

/* Networks in plenty behind both, long names, many proposals: a request is longer than two
 * kilobytes, its answer than 1300 bytes. */
static void
many_networks(struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	for (uint32_t i = 0; i < IKE_MAX_TS; i++) {
		struct ike_ts near = { .port_hi = UINT16_MAX,
			.addr = ip_range4(0x0a800000u + i * 0x200, 0x0a8000ffu + i * 0x200) },
			      far = near;

		far.addr = ip_range4(0x0a900000u + i * 0x200, 0x0a9000ffu + i * 0x200);
		a->ts_local.ts[i] = b->ts_remote.ts[i] = near;
		a->ts_remote.ts[i] = b->ts_local.ts[i] = far;
	}
	a->ts_local.n = a->ts_remote.n = b->ts_local.n = b->ts_remote.n = IKE_MAX_TS;
	a->local_id = b->remote_id = long_name('a');
	a->remote_id = b->local_id = long_name('b');
	for (unsigned int i = 1; i < IKE_MAX_PROPOSALS; i++) {
		a->esp_proposals[i] = b->esp_proposals[i] = sim_prop(IKE_ENCR_AES_CBC, 256,
				IKE_INTEG_HMAC_SHA2_256_128, 0, IKE_GROUP_MODP4096, true);
		for (unsigned int k = 1; k < IKE_MAX_TRANSFORMS; k++)
			a->esp_proposals[i].integ[a->esp_proposals[i].n_integ++] =
					IKE_INTEG_HMAC_SHA2_512_256;
	}
	a->n_esp_proposals = b->n_esp_proposals = IKE_MAX_PROPOSALS;
	a->transport = b->transport = false;
	a->initiate = true;
	a->retransmit_tries = b->retransmit_tries = 8;
}

static void
set_pair(struct sim *s, const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
}

static struct sim *
long_messages(uint64_t seed, uint16_t mtu)
{
	struct sim *s = sim_new(seed, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	many_networks(&a, &b);
	a.frag_mtu = b.frag_mtu = mtu;
	set_pair(s, &a, &b);
	return s;
}

static void
rekey_child(struct sim *s, int i)
{
	ike_child_rekey(s->n[i].e, sim_out(&s->n[i])->id, false, s->now);
}

static bool
nothing_waits(const struct sim *s)
{
	return s->n[A].e->frag_bytes == 0 && s->n[B].e->frag_bytes == 0;
}

static void
close_clean(struct sim *s)
{
	sim_run(s, IKE_FRAG_MS + 1000);
	CU_ASSERT_TRUE(nothing_waits(s));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- both can ------------------------------------------------------------------------------- */

/* The longest packet that is sent is as long as configured and no longer, with every cipher. */
static unsigned int longest;

static bool
note_length(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	if (len + 28 > longest)
		longest = (unsigned int)len + 28;
	return false;
}

static void
long_messages_go_in_fragments(void)
{
	static const struct ike_cipher ciphers[] = { { IKE_ENCR_AES_CBC, 128 },
		{ IKE_ENCR_3DES, 0 }, { IKE_ENCR_AES_CTR, 256 }, { IKE_ENCR_AES_GCM_16, 128 },
		{ IKE_ENCR_CHACHA20_POLY1305, 0 } };
	static const uint16_t sizes[] = { 1280, 576, 577, 600, 9000 };

	for (size_t i = 0; i < 25; i++) {
		struct sim *s = sim_new(i, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		bool aead = i % 5 > 2;

		many_networks(&a, &b);
		a.ike_proposals[0] = sim_prop(ciphers[i % 5].id, ciphers[i % 5].key_bits,
				aead ? 0 : IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256,
				IKE_GROUP_X25519, false);
		b.ike_proposals[0] = a.ike_proposals[0];
		a.frag_mtu = b.frag_mtu = sizes[i / 5];
		set_pair(s, &a, &b);
		s->drop = note_length;
		longest = 0;
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_TRUE(longest <= sizes[i / 5]);
		/* The peer's size is followed, which is that less padding. */
		CU_ASSERT_TRUE(sim_sa(s, A).frag_mtu <= sizes[i / 5]);
		CU_ASSERT_TRUE(sim_sa(s, A).frag_mtu + 32 >= sizes[i / 5]);
		if (sizes[i / 5] < 9000) {
			CU_ASSERT_TRUE(longest + 48 >= sizes[i / 5]);
			CU_ASSERT_EQUAL(sim_counter(s, A, "messages_reassembled"), 1);
			CU_ASSERT_EQUAL(sim_counter(s, B, "messages_reassembled"), 1);
		} else {
			CU_ASSERT_EQUAL(sim_counter(s, A, "messages_fragmented"), 0);
		}
		rekey_child(s, B);
		sim_run(s, 2000);
		CU_ASSERT_EQUAL(s->n[A].n_added, 2);
		CU_ASSERT_EQUAL(sim_counter(s, A, "retransmits"), 0);
		close_clean(s);
	}
}

/* One of the two does not want to, or cannot: messages stay whole, and an SKF is not listened
 * to. */
static void
one_that_does_not_want_to_is_not_sent_any(void)
{
	for (int who = A; who <= B; who++) {
		struct sim *s = sim_new(1, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

		many_networks(&a, &b);
		(who == A ? &a : &b)->frag_mtu = 0;
		set_pair(s, &a, &b);
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_EQUAL(sim_counter(s, A, "messages_fragmented"), 0);
		CU_ASSERT_EQUAL(sim_counter(s, B, "messages_fragmented"), 0);
		CU_ASSERT_EQUAL(sim_sa(s, A).frag_mtu, 0);
		close_clean(s);
	}
}

static void
what_is_agreed_outlives_a_rekey(void)
{
	struct sim *s = long_messages(2, 600);
	uint64_t sent;

	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	ike_sa_rekey(s->n[A].e, "peer", s->now);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(sim_sa(s, A).n_rekeys, 1);
	CU_ASSERT_TRUE(sim_sa(s, B).frag_mtu <= 600 && sim_sa(s, B).frag_mtu >= 576);
	sent = sim_counter(s, B, "messages_fragmented");
	rekey_child(s, B);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(sim_counter(s, B, "messages_fragmented"), sent + 1);
	CU_ASSERT_EQUAL(s->n[A].n_added, 2);
	close_clean(s);
}

static void
cookies_and_fragments_go_together(void)
{
	struct ike_limits lim = { .cookie_threshold = 1 };
	struct sim *s = sim_new(3, &lim);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	many_networks(&a, &b);
	a.frag_mtu = b.frag_mtu = 576;
	s->n[B].e->n_half_open = 5;
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_counter(s, B, "refused_cookie_demanded"), 1);
	CU_ASSERT_EQUAL(sim_counter(s, B, "messages_reassembled"), 1);
	s->n[B].e->n_half_open -= 5;
	close_clean(s);
}

/* ---- loss ----------------------------------------------------------------------------------- */

/* Loses the @drop_arg-th datagram that is protected, counted from 0, of both directions. */
static int n_protected;

static bool
lose_nth(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return sim_exchange(msg) != IKE_EX_SA_INIT && n_protected++ == s->drop_arg;
}

static void
any_lost_fragment_comes_with_the_repetition(void)
{
	for (int nth = 0; nth < 12; nth++) {
		struct sim *s = long_messages(10, 576);

		n_protected = 0;
		s->drop = lose_nth;
		s->drop_arg = nth;
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		sim_run(s, 3000);
		rekey_child(s, nth % 2 == 0 ? A : B);
		sim_run(s, 6000);
		CU_ASSERT_EQUAL(s->n[A].n_added, 2);
		CU_ASSERT_EQUAL(s->n[B].n_added, 2);
		CU_ASSERT_TRUE(n_protected > 12);
		CU_ASSERT_TRUE(sim_counter(s, A, "retransmits") +
				sim_counter(s, B, "retransmits") >=
				1);
		close_clean(s);
	}
}

static void
fragments_over_a_bad_wire(void)
{
	uint64_t repeated = 0;

	for (uint64_t seed = 0; seed < 40; seed++) {
		struct sim *s = long_messages(20 + seed, seed % 2 == 0 ? 576 : 1280);

		s->loss_percent = 15;
		s->repeat_percent = 30;
		s->jitter_ms = 300;
		s->job_delay_ms = 0;
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 2 * UP_MS));
		for (int k = 0; k < 6; k++) {
			rekey_child(s, k % 2);
			if (k == 3)
				ike_sa_rekey(s->n[A].e, "peer", s->now);
			sim_run(s, 4000);
		}
		s->loss_percent = 0;
		sim_run(s, 130000);
		CU_ASSERT_TRUE(sim_both_up(s));
		CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]), 1);
		repeated += sim_counter(s, B, "drop_fragment_repeated");
		close_clean(s);
	}
	CU_ASSERT_TRUE(repeated > 100);
}

/* ---- a path that loses long packets --------------------------------------------------------- */

static void
a_path_for_short_packets_only(void)
{
	static const struct {
		uint16_t sends;
		unsigned int path;
	} ways[] = { { 1280, 576 }, { 1280, 600 }, { 1500, 1280 }, { 1500, 1000 }, { 9000, 1500 },
		{ 9000, 576 } };

	for (size_t i = 0; i < 6; i++) {
		struct sim *s = long_messages(30 + i, ways[i].sends);
		uint64_t again;

		s->mtu = ways[i].path;
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_TRUE(sim_counter(s, A, "fragments_made_smaller") >= 1);
		CU_ASSERT_TRUE(sim_sa(s, A).frag_mtu <= (ways[i].path >= 1280 ? 1280 : 600));
		/* It is remembered: the next long message goes through at once. */
		again = sim_counter(s, A, "retransmits");
		rekey_child(s, A);
		sim_run(s, 300);
		CU_ASSERT_EQUAL(s->n[B].n_added, 2);
		CU_ASSERT_EQUAL(sim_counter(s, A, "retransmits"), again);
		close_clean(s);
	}
}

/* Only the way from the responder is narrow: its answer is cut smaller when it is asked again. */
static bool
narrow_from_b(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return from == B && len + 28 > 600;
}

static void
an_answer_that_is_too_long_is_cut_smaller(void)
{
	struct sim *s = long_messages(40, 1280);

	s->drop = narrow_from_b;
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_counter(s, B, "fragments_made_smaller"), 1);
	CU_ASSERT_EQUAL(sim_sa(s, B).frag_mtu, 576);
	close_clean(s);
}

/* One that fits into a packet is still too long for this path. */
static void
a_whole_message_is_cut_when_nobody_answers(void)
{
	struct sim *s = sim_new(41, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	many_networks(&a, &b);
	a.ts_local.n = a.ts_remote.n = b.ts_local.n = b.ts_remote.n = 12;
	a.n_esp_proposals = b.n_esp_proposals = 1;
	set_pair(s, &a, &b);
	s->mtu = 576;
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_counter(s, A, "fragments_made_smaller"), 1);
	close_clean(s);
}

static void
without_fragmentation_the_narrow_path_stops_it(void)
{
	struct sim *s = long_messages(42, 0);

	s->mtu = 1280;
	CU_ASSERT_FALSE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- a peer, or somebody else, that plays with them ----------------------------------------- */

/* The SA of B that hears A, and a fragment for it as A would seal it: @fill bytes of nonsense. */
static size_t
fragment(struct sim *s, uint8_t *msg, uint16_t which, uint16_t n, size_t fill)
{
	struct ike_sa *sa = TAILQ_FIRST(&s->n[B].e->sas);
	size_t total = IKE_HDR_LEN + 8 + ike_sk_total(&sa->suite, fill);
	struct wr w = wr_init(msg, SIM_MSG_MAX);
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.next = IKE_PL_SKF,
		.version = IKE_VERSION,
		.exchange = IKE_EX_INFORMATIONAL,
		.flags = IKE_FLAG_INITIATOR,
		.mid = sa->rx_mid,
		.len = (uint32_t)total };

	memset(msg, 0, SIM_MSG_MAX);
	ike_hdr_write(&w, &h);
	wr_u8(&w, which == 1 ? IKE_PL_VENDOR : 0);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(total - IKE_HDR_LEN));
	wr_be16(&w, which);
	wr_be16(&w, n);
	CU_ASSERT_EQUAL(ike_sk_seal(&sa->e->crypto, &sa->suite, &sa->keys, 0, msg, w.len, fill), 0);
	return total;
}

static struct sim *
up(uint64_t seed)
{
	struct sim *s = sim_new(seed, NULL);

	sim_pair(s, true, false);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	return s;
}

static void
a_forged_fragment_takes_no_memory(void)
{
	struct sim *s = up(50);
	uint8_t msg[SIM_MSG_MAX];
	size_t len = fragment(s, msg, 1, 3, 100);

	for (size_t i = IKE_HDR_LEN + 4; i < len; i++) {
		msg[i] ^= 1;
		sim_deliver(s, B, msg, len);
		msg[i] ^= 1;
		CU_ASSERT_EQUAL(s->n[B].e->frag_bytes, 0);
		CU_ASSERT_PTR_NULL(TAILQ_FIRST(&s->n[B].e->sas)->reass[0]);
	}
	sim_deliver(s, B, msg, len);
	CU_ASSERT_EQUAL(s->n[B].e->frag_bytes, 100);
	close_clean(s);
}

static void
limits_of_number_size_and_time(void)
{
	struct sim *s = up(51);
	uint8_t msg[SIM_MSG_MAX];

	sim_deliver(s, B, msg, fragment(s, msg, 1, IKE_FRAG_MAX + 1, 10));
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_fragment_limit"), 1);
	CU_ASSERT_TRUE(nothing_waits(s));
	for (uint16_t i = 1; i < IKE_FRAG_MAX; i++)
		sim_deliver(s, B, msg, fragment(s, msg, i, IKE_FRAG_MAX, 2000));
	CU_ASSERT_TRUE(s->n[B].e->frag_bytes <= IKE_FRAG_BYTES);
	CU_ASSERT_TRUE(s->n[B].e->frag_bytes > IKE_FRAG_BYTES - 2000);
	CU_ASSERT_TRUE(sim_counter(s, B, "drop_fragment_limit") > 1);
	sim_run(s, IKE_FRAG_MS + 10);
	CU_ASSERT_TRUE(nothing_waits(s));
	CU_ASSERT_EQUAL(sim_counter(s, B, "fragmented_messages_expired"), 1);
	/* and the IKE SA is as good as before */
	rekey_child(s, A);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(s->n[B].n_added, 2);
	close_clean(s);
}

/* Section 2.6: a larger total starts over, a smaller one is late. */
static void
another_total_starts_over(void)
{
	struct sim *s = up(52);
	uint8_t msg[SIM_MSG_MAX];

	sim_deliver(s, B, msg, fragment(s, msg, 1, 3, 100));
	sim_deliver(s, B, msg, fragment(s, msg, 2, 3, 100));
	CU_ASSERT_EQUAL(s->n[B].e->frag_bytes, 200);
	sim_deliver(s, B, msg, fragment(s, msg, 1, 2, 50));
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_fragment_invalid"), 1);
	CU_ASSERT_EQUAL(s->n[B].e->frag_bytes, 200);
	sim_deliver(s, B, msg, fragment(s, msg, 4, 4, 70));
	CU_ASSERT_EQUAL(s->n[B].e->frag_bytes, 70);
	sim_deliver(s, B, msg, fragment(s, msg, 4, 4, 70));
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_fragment_repeated"), 1);
	close_clean(s);
}

/* Numbers that cannot be: 0, or above the total; a payload type in another than the first. */
static void
impossible_numbers_are_malformed(void)
{
	static const uint16_t bad[][2] =
			{ { 0, 0 }, { 0, 2 }, { 3, 2 }, { 1, 0 }, { UINT16_MAX, 1 } };
	struct sim *s = up(53);
	uint8_t msg[SIM_MSG_MAX];
	size_t len;

	for (size_t i = 0; i < 5; i++)
		sim_deliver(s, B, msg, fragment(s, msg, bad[i][0], bad[i][1], 10));
	CU_ASSERT_EQUAL(sim_counter(s, B, "drop_malformed"), 5);
	len = fragment(s, msg, 1, 2, 10);
	for (size_t cut = 0; cut < len; cut++)
		sim_deliver(s, B, msg, cut);
	CU_ASSERT_TRUE(nothing_waits(s));
	close_clean(s);
}

/* Half of a message, then the same message whole: what waited is dropped. */
static void
a_whole_message_overtakes_its_fragments(void)
{
	struct sim *s = up(54);
	uint8_t msg[SIM_MSG_MAX];

	sim_deliver(s, B, msg, fragment(s, msg, 2, 3, 100));
	CU_ASSERT_FALSE(nothing_waits(s));
	rekey_child(s, A);
	sim_run(s, 100);
	CU_ASSERT_TRUE(nothing_waits(s));
	CU_ASSERT_EQUAL(s->n[B].n_added, 2);
	close_clean(s);
}

/* An IKE SA that goes takes its fragments along. */
static void
fragments_go_with_their_ike_sa(void)
{
	struct sim *s = up(55);
	uint8_t msg[SIM_MSG_MAX];

	sim_deliver(s, B, msg, fragment(s, msg, 2, 3, 100));
	ike_peer_clear(s->n[B].e, NULL, s->now);
	sim_run(s, 1000);
	CU_ASSERT_TRUE(nothing_waits(s));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(long_messages_go_in_fragments),
	CU_CASE(one_that_does_not_want_to_is_not_sent_any),
	CU_CASE(what_is_agreed_outlives_a_rekey),
	CU_CASE(cookies_and_fragments_go_together),
	CU_CASE(any_lost_fragment_comes_with_the_repetition),
	CU_CASE(fragments_over_a_bad_wire),
	CU_CASE(a_path_for_short_packets_only),
	CU_CASE(an_answer_that_is_too_long_is_cut_smaller),
	CU_CASE(a_whole_message_is_cut_when_nobody_answers),
	CU_CASE(without_fragmentation_the_narrow_path_stops_it),
	CU_CASE(a_forged_fragment_takes_no_memory),
	CU_CASE(limits_of_number_size_and_time),
	CU_CASE(another_total_starts_over),
	CU_CASE(impossible_numbers_are_malformed),
	CU_CASE(a_whole_message_overtakes_its_fragments),
	CU_CASE(fragments_go_with_their_ike_sa),
};

CU_MAIN("frag", cases)
