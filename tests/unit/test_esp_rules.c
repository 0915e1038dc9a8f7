/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ESP must refuse, count and report: RFC 4303's order of checks on input, the hard stop of
 * the sequence number on output, events, and packets that are authentic but not well-formed.
 */
#include <string.h>

#include <rte_ip.h>

#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"

static uint8_t packet[FX_MAX_PKT];
static const uint8_t payload[40] = { 0, 0, 8, 0, 0x45 };
static const uint8_t iv[16] = { 1, 2, 3 };

/* An SA and a packet of it with sequence number @seq. */
static unsigned int
seal(const struct chan_sa *c, uint64_t seq)
{
	unsigned int pad = ref_pad(c->alg, sizeof(payload));

	return ref_seal(c, seq, iv, payload, sizeof(payload), NULL, pad, (uint8_t)pad, 47, packet);
}

/* Offer the packet at @packet. Was it let in? */
static bool
offer(unsigned int len)
{
	struct rte_mbuf *m = fx_decrypt(fx_cipher(packet, len));

	rte_pktmbuf_free(m);
	return m != NULL;
}

static struct chan_sa
begin(enum chan_esp_alg alg, bool esn)
{
	struct chan_sa c = fx_sa(10, CHAN_SA_IN, alg, esn);

	fx_reset();
	fx_install(&c);
	return c;
}

/* ---- input --------------------------------------------------------------------------------- */

static void
an_unknown_spi_is_reported_ten_times_a_second(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	unsigned int n;

	fx.w[0]->now_tsc = rte_rdtsc();
	c.spi += 1u << CHAN_SPI_IDX_BITS; /* the slot's next generation */
	n = seal(&c, 1);
	for (unsigned int i = 0; i < 50; i++)
		CU_ASSERT_FALSE(offer(n));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_NO_SA), 50);
	CU_ASSERT_EQUAL(fx.n_events, 10);
	CU_ASSERT_EQUAL(fx.events[0].type, CHAN_EV_UNKNOWN_SPI);
	CU_ASSERT_EQUAL(fx.events[0].arg, c.spi);
	CU_ASSERT_EQUAL(fx.events[0].addr, FX_REMOTE);
	fx.w[0]->now_tsc += fx.w[0]->tsc_hz;
	CU_ASSERT_FALSE(offer(n));
	CU_ASSERT_EQUAL(fx.n_events, 11);
}

static void
only_the_sas_own_addresses_pass(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	unsigned int n = seal(&c, 1);
	struct rte_mbuf *m = fx_cipher(packet, n);

	rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->src_addr ^= 1;
	CU_ASSERT_PTR_NULL(fx_decrypt(m));
	m = fx_cipher(packet, n);
	rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->dst_addr ^= 1;
	CU_ASSERT_PTR_NULL(fx_decrypt(m));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_ADDR), 2);
	CU_ASSERT_TRUE(offer(n));
}

static void
a_dead_sa_lets_nothing_in_or_out(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	struct chan_sa o = fx_sa(12, CHAN_SA_OUT, CHAN_ESP_AES128_GCM16, false);
	static struct tunnel t;
	struct sa *out = fx_install(&o);

	fx_tunnel(&t, out);
	sa_by_id(fx.tables.sas, 10)->dead = 1;
	CU_ASSERT_FALSE(offer(seal(&c, 1)));
	out->dead = 1;
	CU_ASSERT_PTR_NULL(fx_encrypt(&t, payload, sizeof(payload)));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_SA_DEAD), 2);
	CU_ASSERT_EQUAL(out->seq, 0);
	fx_tunnel(&t, NULL);
	CU_ASSERT_PTR_NULL(fx_encrypt(&t, payload, sizeof(payload)));
	CU_ASSERT_EQUAL(fx.w[0]->stats->drops[CHAN_DROP_TUN_NO_SA], 1);
}

static void
a_replay_is_dropped_in_one_burst_and_later(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES256_GCM16, false);
	struct worker *w = fx.w[0];
	unsigned int n = seal(&c, 200);

	for (unsigned int i = 0; i < 5; i++)
		pktvec_add(&w->esp_decrypt, fx_cipher(packet, n), NULL);
	esp_decrypt(w);
	CU_ASSERT_EQUAL(w->gre_decap.n, 1);
	rte_pktmbuf_free(w->gre_decap.m[0]);
	w->gre_decap.n = 0;
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_REPLAY), 4);
	CU_ASSERT_FALSE(offer(n));
	CU_ASSERT_FALSE(offer(seal(&c, 200 - 128))); /* window + 1 */
	CU_ASSERT_TRUE(offer(seal(&c, 200 - 127)));
	CU_ASSERT_FALSE(offer(seal(&c, 200 - 127)));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_REPLAY), 7);
	CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->replay, 7);
	CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->packets, 2);
	CU_ASSERT_EQUAL(fx.w[0]->tun_stats[10].in_drops, 7);
}

/* A forged number far ahead must not push the window past the true ones. */
static void
a_forged_number_does_not_move_the_window(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_CBC_SHA256_128, false);
	unsigned int n = seal(&c, 100000);

	packet[n - 1] ^= 1;
	CU_ASSERT_FALSE(offer(n));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_ICV), 1);
	CU_ASSERT_TRUE(offer(seal(&c, 1)));
}

/* With ESN the upper half is no part of the packet, but of what is authenticated. */
static void
esn_wraps_and_is_authenticated(void)
{
	static const enum chan_esp_alg algs[] = { CHAN_ESP_AES128_GCM16,
		CHAN_ESP_AES256_CBC_SHA1_96 };

	for (unsigned int i = 0; i < RTE_DIM(algs); i++) {
		struct chan_sa c = begin(algs[i], true);

		CU_ASSERT_FALSE(offer(seal(&c, UINT32_MAX - 3))); /* before the first of all */
		fx.w[0]->stats->drops[CHAN_DROP_ESP_REPLAY] = 0;
		sa_by_id(fx.tables.sas, 10)->seq = UINT32_MAX - 100;
		CU_ASSERT_TRUE(offer(seal(&c, UINT32_MAX - 3)));
		CU_ASSERT_TRUE(offer(seal(&c, UINT64_C(1) << 32))); /* lower half 0 */
		CU_ASSERT_TRUE(offer(seal(&c, (UINT64_C(1) << 32) + 1)));
		CU_ASSERT_TRUE(offer(seal(&c, UINT32_MAX - 2))); /* late, from the lap before */
		CU_ASSERT_FALSE(offer(seal(&c, UINT32_MAX - 2)));
		CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_REPLAY), 1);
		CU_ASSERT_FALSE(offer(seal(&c, 2))); /* not of this lap: the ICV says so */
		CU_ASSERT_EQUAL(fx.w[0]->stats->drops[CHAN_DROP_ESP_ICV], 1);
		CU_ASSERT_TRUE(offer(seal(&c, (UINT64_C(1) << 32) + 2)));
	}
}

static bool
offer_formed(const struct chan_sa *c, uint64_t seq, unsigned int len, const uint8_t *padding,
		unsigned int pad, uint8_t pad_len, uint8_t next)
{
	static uint8_t body[600];

	return offer(ref_seal(c, seq, iv, body, len, padding, pad, pad_len, next, packet));
}

static void
authentic_is_not_the_same_as_well_formed(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	static const uint8_t wrong[] = { 1, 3 }, zeros[255];
	uint8_t longest[255];

	for (unsigned int i = 0; i < 255; i++)
		longest[i] = (uint8_t)(i + 1);
	CU_ASSERT_FALSE(offer_formed(&c, 1, 40, wrong, 2, 2, 47));
	CU_ASSERT_FALSE(offer_formed(&c, 2, 40, zeros, 2, 2, 47));
	CU_ASSERT_FALSE(offer_formed(&c, 3, 40, NULL, 2, 43, 47));  /* longer than what is there */
	CU_ASSERT_FALSE(offer_formed(&c, 4, 40, NULL, 2, 255, 47));
	CU_ASSERT_FALSE(offer_formed(&c, 5, 2, NULL, 0, 3, 47));
	CU_ASSERT_FALSE(offer_formed(&c, 6, 256, zeros, 254, 254, 47));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_PAD), 6);
	CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->packets, 6); /* they were authentic */
	CU_ASSERT_TRUE(offer_formed(&c, 7, 255 + 40, longest, 255, 255, 47));
	CU_ASSERT_FALSE(offer_formed(&c, 8, 40, NULL, 2, 2, 4));
	CU_ASSERT_FALSE(offer_formed(&c, 9, 40, NULL, 2, 2, 50));
	CU_ASSERT_EQUAL(fx.w[0]->stats->drops[CHAN_DROP_ESP_NEXT_HDR], 2);
	CU_ASSERT_FALSE(offer_formed(&c, 7, 40, NULL, 2, 2, 47)); /* each took its number */
}

static void
a_dummy_packet_is_absorbed(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	static const uint8_t zeros[2];

	CU_ASSERT_FALSE(offer_formed(&c, 1, 40, zeros, 2, 2, 59));
	CU_ASSERT_EQUAL(fx.w[0]->stats->absorbed, 1);
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_PAD), 0);
}

/* CBC needs whole blocks, and for GCM RFC 4303 section 2.4 wants the trailer to end on 4 bytes. */
static void
odd_ciphertext_lengths_are_dropped(void)
{
	static const enum chan_esp_alg algs[] = { CHAN_ESP_AES128_GCM16,
		CHAN_ESP_AES128_CBC_SHA1_96 };

	for (unsigned int i = 0; i < RTE_DIM(algs); i++) {
		struct chan_sa c = begin(algs[i], false);
		unsigned int n = seal(&c, 1), block = esp_algs[algs[i]].align;

		for (unsigned int cut = 1; cut < block; cut++)
			CU_ASSERT_FALSE(offer(n - cut));
		CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_ALIGN), block - 1);
	}
}

static void
the_first_packet_and_trouble_are_reported(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	struct worker *w = fx.w[0];
	unsigned int n = seal(&c, 1);

	w->now_tsc = rte_rdtsc();
	packet[n - 1] ^= 1;
	for (unsigned int i = 0; i < 5; i++) {
		CU_ASSERT_FALSE(offer(n));
		w->now_tsc += w->tsc_hz; /* one a second */
	}
	CU_ASSERT_EQUAL(fx.n_events, 3); /* at 1, 2 and 4 */
	CU_ASSERT_EQUAL(fx.events[2].type, CHAN_EV_SA_TROUBLE);
	CU_ASSERT_EQUAL(fx.events[2].id, 10);
	CU_ASSERT_EQUAL(fx.events[2].arg, 4);
	for (unsigned int i = 0; i < 20; i++)
		CU_ASSERT_FALSE(offer(n));
	CU_ASSERT_EQUAL(fx.n_events, 4); /* 8, and 16 in the same second is not */
	packet[n - 1] ^= 1;
	CU_ASSERT_TRUE(offer(n));
	CU_ASSERT_TRUE(offer(seal(&c, 2)));
	CU_ASSERT_EQUAL(fx.n_events, 5);
	CU_ASSERT_EQUAL(fx.events[4].type, CHAN_EV_SA_FIRST);
	CU_ASSERT_EQUAL(fx.events[4].arg, c.spi);
	CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->last_tsc, w->now_tsc);
	CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->auth_fail, 25);
}

static void
a_chained_packet_is_dropped(void)
{
	struct chan_sa c = begin(CHAN_ESP_AES128_GCM16, false);
	struct rte_mbuf *m = fx_cipher(packet, seal(&c, 1)), *more = rte_pktmbuf_alloc(fx_pool);

	CU_ASSERT_PTR_NOT_NULL(rte_pktmbuf_append(more, 16));
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, more), 0);
	CU_ASSERT_PTR_NULL(fx_decrypt(m));
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_SHORT), 1);
}

/* ---- output -------------------------------------------------------------------------------- */

static void
the_last_sequence_number_is_the_last_packet(void)
{
	static const uint64_t last[] = { UINT32_MAX, UINT64_MAX };
	static struct tunnel t;

	for (unsigned int esn = 0; esn < 2; esn++)
		for (unsigned int shared = 0; shared < 2; shared++) {
			struct chan_sa c = fx_sa(12, CHAN_SA_OUT, CHAN_ESP_AES128_GCM16, esn);
			struct rte_mbuf *m;
			struct sa *sa;

			fx_reset();
			fx.w[0]->shared_sas = shared;
			sa = fx_install(&c);
			fx_tunnel(&t, sa);
			sa->seq = last[esn] - 2;
			for (unsigned int i = 0; i < 2; i++) {
				m = fx_encrypt(&t, payload, sizeof(payload));
				CU_ASSERT_PTR_NOT_NULL(m);
				rte_pktmbuf_free(m);
			}
			CU_ASSERT_EQUAL(sa->seq, last[esn]);
			for (unsigned int i = 0; i < 200; i++)
				CU_ASSERT_PTR_NULL(fx_encrypt(&t, payload, sizeof(payload)));
			CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_SA_SEQ), 200);
			CU_ASSERT_TRUE(sa->seq >= last[esn]);
			CU_ASSERT_EQUAL(fx.w[0]->tun_stats[12].out_drops, 200);
		}
}

static void
a_packet_without_room_for_the_trailer_is_dropped(void)
{
	struct chan_sa c = fx_sa(12, CHAN_SA_OUT, CHAN_ESP_AES128_GCM16, false);
	static struct tunnel t;
	struct rte_mbuf *m;

	fx_reset();
	fx_tunnel(&t, fx_install(&c));
	m = fx_plain(&t, payload, sizeof(payload));
	CU_ASSERT_PTR_NOT_NULL(rte_pktmbuf_append(m,
			(uint16_t)(rte_pktmbuf_tailroom(m) - MBUF_TAILROOM_NEEDED + 1)));
	pktvec_add(&fx.w[0]->esp_encrypt, m, &t);
	esp_encrypt(fx.w[0]);
	CU_ASSERT_EQUAL(fx.w[0]->tx[0].n, 0);
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_NO_MBUF), 1);
}

/* RFC 3602 section 3: no counter, nothing an observer could guess. All different at least. */
static void
cbc_ivs_differ(void)
{
	struct chan_sa c = fx_sa(12, CHAN_SA_OUT, CHAN_ESP_AES128_CBC_SHA1_96, false);
	static uint8_t seen[1000][16];
	static struct tunnel t;
	unsigned int n_same = 0;

	fx_reset();
	fx_tunnel(&t, fx_install(&c));
	for (unsigned int i = 0; i < 1000; i++) {
		struct rte_mbuf *m = fx_encrypt(&t, payload, sizeof(payload));

		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		memcpy(seen[i], rte_pktmbuf_mtod_offset(m, uint8_t *, FX_ESP_AT + 8), 16);
		rte_pktmbuf_free(m);
		for (unsigned int k = 0; k < i; k++) /* the upper half alone: no shared prefix */
			n_same += memcmp(seen[k], seen[i], 8) == 0;
	}
	CU_ASSERT_EQUAL(n_same, 0);
}

/*
 * Every algorithm whose nonce is a counter's: the IVs of one SA are in a row, so none comes
 * twice, also over the edge of 2^32 with ESN; and the same key installed twice (a restart,
 * say) does not start them over.
 */
static void
counter_ivs_never_come_twice(void)
{
	static uint64_t seen[2 * 200];
	static struct tunnel t;

	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++) {
		struct chan_sa c = fx_sa(12, CHAN_SA_OUT, alg, true);
		unsigned int n = 0, n_same = 0, n_gaps = 0;

		if (esp_algs[alg].salt_len == 0)
			continue;
		for (unsigned int life = 0; life < 2; life++) {
			fx_reset();
			fx_tunnel(&t, fx_install(&c));
			t.sa_out->seq = UINT32_MAX - 100;
			for (unsigned int i = 0; i < 200; i++) {
				struct rte_mbuf *m = fx_encrypt(&t, payload, sizeof(payload));

				CU_ASSERT_PTR_NOT_NULL_FATAL(m);
				memcpy(&seen[n], rte_pktmbuf_mtod_offset(m, uint8_t *,
						FX_ESP_AT + 8), 8);
				seen[n] = rte_be_to_cpu_64(seen[n]);
				n_gaps += i > 0 && seen[n] != seen[n - 1] + 1;
				n++;
				rte_pktmbuf_free(m);
			}
		}
		for (unsigned int i = 0; i < n; i++)
			for (unsigned int k = 0; k < i; k++)
				n_same += seen[k] == seen[i];
		CU_ASSERT_EQUAL(n_gaps, 0);
		CU_ASSERT_EQUAL(n_same, 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(fx_open),
	CU_CASE(an_unknown_spi_is_reported_ten_times_a_second),
	CU_CASE(only_the_sas_own_addresses_pass),
	CU_CASE(a_dead_sa_lets_nothing_in_or_out),
	CU_CASE(a_replay_is_dropped_in_one_burst_and_later),
	CU_CASE(a_forged_number_does_not_move_the_window),
	CU_CASE(esn_wraps_and_is_authenticated),
	CU_CASE(authentic_is_not_the_same_as_well_formed),
	CU_CASE(a_dummy_packet_is_absorbed),
	CU_CASE(odd_ciphertext_lengths_are_dropped),
	CU_CASE(the_first_packet_and_trouble_are_reported),
	CU_CASE(a_chained_packet_is_dropped),
	CU_CASE(the_last_sequence_number_is_the_last_packet),
	CU_CASE(a_packet_without_room_for_the_trailer_is_dropped),
	CU_CASE(cbc_ivs_differ),
	CU_CASE(counter_ivs_never_come_twice),
	CU_CASE(fx_close),
};
CU_MAIN("esp_rules", cases)
