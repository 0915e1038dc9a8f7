/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ESP nodes against the independent ESP of esp_ref.c and against each other: every
 * algorithm, with and without ESN, every length, mixed bursts, every byte tampered with.
 */
#include <string.h>

#include <rte_ip.h>

#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"

#define N_ALGS   (CHAN_N_ESP_ALGS - 1)
#define MAX_LEN  1500
#define STEP     41 /* from ALL_LEN on */
#define ALL_LEN  300

static uint8_t payload[FX_MAX_PKT], plain[FX_MAX_PKT], packet[FX_MAX_PKT];

static uint8_t *
esp_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, uint8_t *, FX_ESP_AT);
}

static unsigned int
esp_len(const struct rte_mbuf *m)
{
	return rte_pktmbuf_pkt_len(m) - FX_ESP_AT;
}

/*
 * The lengths that are tried, in turn: all of the algorithms of old; of the others, whose shape
 * is one of these, all up to ALL_LEN and some beyond.
 */
static unsigned int
next_len(enum chan_esp_alg alg, unsigned int len)
{
	bool all = alg == CHAN_ESP_AES128_GCM16 || alg == CHAN_ESP_AES256_CBC_SHA256_128;

	return all || len < ALL_LEN ? len + 1 : len + STEP;
}

/* Payload, then 1, 2, 3 ..., pad length, 47, the fewest bytes that fit. */
static bool
plain_is_right(enum chan_esp_alg alg, const uint8_t *p, int n, unsigned int len)
{
	unsigned int pad = ref_pad(alg, len);

	if (n != (int)(len + pad + 2) || memcmp(p, payload, len) != 0)
		return false;
	for (unsigned int i = 0; i < pad; i++)
		if (p[len + i] != i + 1)
			return false;
	return p[len + pad] == pad && p[len + pad + 1] == 47;
}

static bool
outer_is_right(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *,
			FX_L2_LEN);

	return rte_be_to_cpu_16(ip->total_length) == rte_pktmbuf_pkt_len(m) - FX_L2_LEN &&
	       m->data_len == m->pkt_len && rte_raw_cksum(ip, sizeof(*ip)) == 0xffff;
}

/* One packet out, judged by the reference. */
static bool
sealed_right(const struct chan_sa *c, struct tunnel *t, uint64_t seq, unsigned int len)
{
	struct rte_mbuf *m = fx_encrypt(t, payload, len);
	uint8_t hdr[8];
	bool ok;
	int n;

	if (m == NULL)
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		hdr[i] = (uint8_t)(c->spi >> (24 - 8 * i));
		hdr[4 + i] = (uint8_t)((uint32_t)seq >> (24 - 8 * i));
	}
	n = ref_open(c, (uint32_t)(seq >> 32), esp_of(m), esp_len(m), plain);
	ok = memcmp(hdr, esp_of(m), 8) == 0 && outer_is_right(m) &&
	     esp_len(m) == esp_alg_len(&esp_algs[c->alg], len) &&
	     plain_is_right(c->alg, plain, n, len);
	rte_pktmbuf_free(m);
	return ok;
}

static void
every_length_is_sealed_as_the_reference_opens_it(void)
{
	static struct tunnel t;

	for (unsigned int alg = 1; alg <= N_ALGS; alg++)
		for (unsigned int esn = 0; esn < 2; esn++) {
			struct chan_sa c = fx_sa(10, CHAN_SA_OUT, alg, esn);
			unsigned int n_bad = 0, seq = 0;
			uint64_t base = esn ? (UINT64_C(5) << 32) - 100 : 0;
			struct sa *sa;

			fx_reset();
			sa = fx_install(&c);
			sa->seq = base;
			fx_tunnel(&t, sa);
			fx_fill(payload, sizeof(payload), alg);
			for (unsigned int len = 1; len <= MAX_LEN; len = next_len(alg, len))
				n_bad += !sealed_right(&c, &t, base + ++seq, len);
			CU_ASSERT_EQUAL(n_bad, 0);
			CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->packets, seq);
		}
}

static bool
opened_right(const struct chan_sa *c, uint64_t seq, unsigned int len)
{
	unsigned int pad = ref_pad(c->alg, len), n;
	uint8_t iv[16];
	struct rte_mbuf *m;
	bool ok;

	fx_fill(iv, sizeof(iv), (unsigned int)seq);
	n = ref_seal(c, seq, iv, payload, len, NULL, pad, (uint8_t)pad, 47, packet);
	m = fx_decrypt(fx_cipher(packet, n));
	if (m == NULL)
		return false;
	ok = m->data_len == len && m->pkt_len == len &&
	     memcmp(rte_pktmbuf_mtod(m, const void *), payload, len) == 0 &&
	     fx.w[0]->gre_decap.ctx[0] == sa_by_id(fx.tables.sas, c->sa_id) &&
	     pkt_origin(m).sa_id == c->sa_id && pkt_meta(m)->outer_tos == FX_TOS;
	rte_pktmbuf_free(m);
	return ok;
}

static void
every_length_is_opened_as_the_reference_seals_it(void)
{
	for (unsigned int alg = 1; alg <= N_ALGS; alg++)
		for (unsigned int esn = 0; esn < 2; esn++) {
			struct chan_sa c = fx_sa(10, CHAN_SA_IN, alg, esn);
			uint64_t base = esn ? (UINT64_C(5) << 32) - 100 : 0;
			unsigned int n_bad = 0, seq = 0;

			fx_reset();
			fx_install(&c)->seq = base;
			fx_fill(payload, sizeof(payload), alg);
			for (unsigned int len = 1; len <= MAX_LEN; len = next_len(alg, len))
				n_bad += !opened_right(&c, base + ++seq, len);
			CU_ASSERT_EQUAL(n_bad, 0);
			CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->packets, seq);
			CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_ICV), 0);
		}
}

/* A frame as sent to a packet as received: the other end's addresses, Ethernet off. */
static struct rte_mbuf *
across(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)rte_pktmbuf_adj(m, FX_L2_LEN);

	ip->src_addr = rte_cpu_to_be_32(FX_REMOTE);
	ip->dst_addr = rte_cpu_to_be_32(FX_LOCAL);
	return m;
}

/* The two ends of SAs, for bursts. */
static struct tunnel ends_tun[2 * N_ALGS];
static struct sa *ends_in[2 * N_ALGS];

static void
ends_open(unsigned int i, enum chan_esp_alg alg, bool esn)
{
	struct sa *out;

	fx_pair(2 * i, alg, esn, &out, &ends_in[i]);
	fx_tunnel(&ends_tun[i], out);
}

/*
 * A burst of @n packets of many lengths over the first @n_ends SAs, out and in again, in order.
 * Each payload says where it belongs. Of every @break_each packets one has a bit changed on its
 * way; 0: none. @return what is wrong, 0.
 */
static unsigned int
burst_there_and_back(unsigned int n_ends, unsigned int n, unsigned int round,
		unsigned int break_each)
{
	struct rte_mbuf *m[BURST_MAX];
	struct worker *w = fx.w[0];
	unsigned int n_bad = 0, at = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct tunnel *tun = &ends_tun[(i * 5 + round) % n_ends];

		fx_fill(payload, sizeof(payload), i + round);
		pktvec_add(&w->esp_encrypt, fx_plain(tun, payload, 1 + (i * 97 + round) % MAX_LEN),
				tun);
	}
	esp_encrypt(w);
	if (fx_take_tx(w, m, BURST_MAX) != n)
		return 1;
	for (unsigned int i = 0; i < n; i++) {
		n_bad += memcmp(esp_of(m[i]), &ends_in[(i * 5 + round) % n_ends]->spi_be, 4) != 0;
		if (break_each != 0 && i % break_each == 0)
			esp_of(m[i])[esp_len(m[i]) - 1 - i % 8] ^= 0x10;
		pktvec_add(&w->esp_decrypt, across(m[i]), NULL);
	}
	esp_decrypt(w);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int len = 1 + (i * 97 + round) % MAX_LEN;
		struct rte_mbuf *r;

		if (break_each != 0 && i % break_each == 0)
			continue;
		if (at == w->gre_decap.n)
			return n_bad + 1;
		r = w->gre_decap.m[at];
		fx_fill(payload, sizeof(payload), i + round);
		n_bad += w->gre_decap.ctx[at++] != ends_in[(i * 5 + round) % n_ends];
		n_bad += r->data_len != len ||
			 memcmp(rte_pktmbuf_mtod(r, const void *), payload, len) != 0;
		rte_pktmbuf_free(r);
	}
	n_bad += w->gre_decap.n != at;
	w->gre_decap.n = 0;
	return n_bad;
}

/* Over SAs of all algorithms, with and without ESN. */
static void
a_mixed_burst_comes_back_whole_and_in_order(void)
{
	unsigned int n_bad = 0;

	fx_reset();
	for (unsigned int i = 0; i < 2 * N_ALGS; i++)
		ends_open(i, 1 + i % N_ALGS, i >= N_ALGS);
	for (unsigned int round = 0; round < 40; round++)
		n_bad += burst_there_and_back(2 * N_ALGS, BURST_MAX, round, 0);
	CU_ASSERT_EQUAL(n_bad, 0);
	CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_ICV), 0);
}

/* Of one algorithm alone, in bursts of every size; what was changed is dropped, nothing else. */
static void
a_burst_of_one_algorithm_comes_back(void)
{
	for (unsigned int alg = 1; alg <= N_ALGS; alg++) {
		unsigned int n_bad = 0, n_broken = 0;

		fx_reset();
		for (unsigned int i = 0; i < 3; i++)
			ends_open(i, alg, i == 2);
		for (unsigned int n = 1; n <= BURST_MAX; n++) {
			n_bad += burst_there_and_back(3, n, n, n % 2 * 7);
			n_broken += n % 2 * ((n + 6) / 7);
		}
		CU_ASSERT_EQUAL(n_bad, 0);
		CU_ASSERT_EQUAL(fx_drops(CHAN_DROP_ESP_ICV), n_broken);
	}
}

/* Every single byte from SPI to ICV matters; the SPI and the sequence number have drops of their
 * own before the ICV is looked at. */
static void
a_changed_byte_is_never_let_in(void)
{
	for (unsigned int alg = 1; alg <= N_ALGS; alg++)
		for (unsigned int esn = 0; esn < 2; esn++) {
			struct chan_sa c = fx_sa(10, CHAN_SA_IN, alg, esn);
			uint8_t iv[16] = { 9 };
			unsigned int n, n_in = 0;
			struct sa *sa;

			fx_reset();
			sa = fx_install(&c);
			fx_fill(payload, sizeof(payload), 3);
			n = ref_seal(&c, 1, iv, payload, 66, NULL, ref_pad(alg, 66),
					(uint8_t)ref_pad(alg, 66), 47, packet);
			for (unsigned int at = 0; at < n; at++)
				for (unsigned int bit = 0; bit < 8; bit++) {
					packet[at] ^= (uint8_t)(1u << bit);
					n_in += fx_decrypt(fx_cipher(packet, n)) != NULL;
					packet[at] ^= (uint8_t)(1u << bit);
				}
			CU_ASSERT_EQUAL(n_in, 0);
			CU_ASSERT_EQUAL(sa->seq, 0); /* the window has not moved */
			CU_ASSERT_EQUAL(fx_sa_stats(0, 10)->packets, 0);
			/* 32 bits of SPI; sequence number 1 less its bit is 0, which none may
			 * have */
			CU_ASSERT_EQUAL(fx.w[0]->stats->drops[CHAN_DROP_ESP_NO_SA], 32);
			CU_ASSERT_EQUAL(fx.w[0]->stats->drops[CHAN_DROP_ESP_REPLAY], 1);
			CU_ASSERT_EQUAL(fx.w[0]->stats->drops[CHAN_DROP_ESP_ICV], 8 * n - 33);
			CU_ASSERT_TRUE(opened_right(&c, 1, 66)); /* and the true one still passes */
		}
}

/* Cut short anywhere, from a buffer's whole packet to nothing. */
static void
a_truncated_packet_is_dropped(void)
{
	for (unsigned int alg = 1; alg <= N_ALGS; alg++) {
		struct chan_sa c = fx_sa(10, CHAN_SA_IN, alg, false);
		uint8_t iv[16] = { 9 };
		unsigned int n, n_in = 0;

		fx_reset();
		fx_install(&c);
		n = ref_seal(&c, 1, iv, payload, 66, NULL, ref_pad(alg, 66),
				(uint8_t)ref_pad(alg, 66), 47, packet);
		for (unsigned int cut = 1; cut <= n; cut++)
			n_in += fx_decrypt(fx_cipher(packet, n - cut)) != NULL;
		CU_ASSERT_EQUAL(n_in, 0);
		CU_ASSERT_TRUE(fx.w[0]->stats->drops[CHAN_DROP_ESP_SHORT] > 0);
		CU_ASSERT_TRUE(fx.w[0]->stats->drops[CHAN_DROP_ESP_ALIGN] > 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(fx_open),
	CU_CASE(every_length_is_sealed_as_the_reference_opens_it),
	CU_CASE(every_length_is_opened_as_the_reference_seals_it),
	CU_CASE(a_mixed_burst_comes_back_whole_and_in_order),
	CU_CASE(a_burst_of_one_algorithm_comes_back),
	CU_CASE(a_changed_byte_is_never_let_in),
	CU_CASE(a_truncated_packet_is_dropped),
	CU_CASE(fx_close),
};
CU_MAIN("esp", cases)
