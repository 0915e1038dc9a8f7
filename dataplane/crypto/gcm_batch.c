/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM (NIST SP 800-38D, RFC 4106) of four short packets side by side, each with its own key
 * and nonce, on 512-bit registers (VAES, VPCLMULQDQ). The library takes one packet at a time, and
 * a short one spends its time waiting for ten rounds of AES and a chain of multiplications; here
 * four packets fill each other's gaps.
 *
 * One packet is eight slots of 16 bytes in two registers, aligned to the right:
 *
 *     slot     0 ...      6-n     7-n ... 6        7
 *     AES      -          -       counters 2..n+1  counter 1 (which masks the tag)
 *     GHASH    0          AAD     C1 ... Cn        lengths
 *     times    H^8        ...     ...  H^2         H^1
 *
 * so that slot i is always multiplied by H^(8-i), empty slots contribute nothing, and the key
 * stream of slot 7 is the one the tag needs. n is 0 to 6 blocks: up to 96 bytes.
 *
 * GHASH multiplies polynomials over GF(2) modulo x^128 + x^7 + x^2 + x + 1, with the bits of a
 * block in reflected order. Loaded with the bytes reversed, a carry-less product of two blocks
 * comes out one bit short of its place; the library's powers are stored already shifted by that
 * bit (H^i * x), so no shift is needed here. The sum of all products is 256 bits wide and is
 * reduced once: each of two steps adds the low half times 0xc2 << 56, the polynomial's
 * reflection, to the swapped halves. The four packets' sums are first gathered in the lanes of
 * one register: one reduction for all of them.
 *
 * Key data is intel-ipsec-mb's: round keys, then (on CPUs with VAES and AVX-512) H^48 ... H^1.
 * That layout is the library's own affair: gcm_batch_usable() compares results before use.
 *
 * No branch and no address depends on key or data.
 */
#include <string.h>

#include <immintrin.h>

#include "dataplane/crypto/gcm_batch.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vaes,vpclmulqdq,bmi2")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#define SLOTS 8

/*
 * The four packets' registers are variables of their own, not arrays: gcc leaves arrays in memory.
 * FOUR(M) is M for each packet; a and b are the two registers, slots 0 to 3 and 4 to 7.
 */
#define FOUR(M) M(0) M(1) M(2) M(3)

/* The k lowest bits set; none for a negative k, all from 64 on. */
INLINE __mmask64
low_bits(int k)
{
	return _bzhi_u64(~UINT64_C(0), (unsigned int)(k > 0 ? k : 0));
}

INLINE __m512i
reverse_bytes(__m512i x)
{
	return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8,
						      9, 10, 11, 12, 13, 14, 15)));
}

INLINE __m512i
round_key(const uint8_t *keys, int r)
{
	return _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)keys + r));
}

/*
 * The counter blocks of @n blocks of payload. Slot i has counter i + n - 5, the last one 1. It
 * is big-endian and below 256: its last byte, the highest of the lane's dwords.
 */
#define CTR(c) (int)((uint32_t)(c) << 24)
INLINE __m512i
counters_a(__m512i base, __m512i n)
{
	const __m512i c = _mm512_set_epi32(CTR(-2), 0, 0, 0, CTR(-3), 0, 0, 0, CTR(-4), 0, 0, 0,
			CTR(-5), 0, 0, 0);

	return _mm512_or_si512(base, _mm512_maskz_add_epi32(0x8888, c, n));
}

INLINE __m512i
counters_b(__m512i base, __m512i n)
{
	const __m512i c = _mm512_set_epi32(CTR(1), 0, 0, 0, CTR(1), 0, 0, 0, CTR(0), 0, 0, 0,
			CTR(-1), 0, 0, 0);

	return _mm512_or_si512(base, _mm512_mask_add_epi32(c, 0x0888, c, n));
}

/* Sum of the lanes of four registers, each in its lane of the result. */
INLINE __m512i
gather(__m512i v0, __m512i v1, __m512i v2, __m512i v3)
{
	__m512i x = _mm512_xor_si512(_mm512_shuffle_i64x2(v0, v1, 0x44),
			_mm512_shuffle_i64x2(v0, v1, 0xee));
	__m512i y = _mm512_xor_si512(_mm512_shuffle_i64x2(v2, v3, 0x44),
			_mm512_shuffle_i64x2(v2, v3, 0xee));

	return _mm512_xor_si512(_mm512_shuffle_i64x2(x, y, 0x88), _mm512_shuffle_i64x2(x, y, 0xdd));
}

/* Four sums of products, each of 256 bits, modulo the polynomial. */
INLINE __m512i
reduce(__m512i lo, __m512i mid, __m512i hi)
{
	const __m512i poly = _mm512_set1_epi64((long long)0xc200000000000000);

	lo = _mm512_xor_si512(lo, _mm512_bslli_epi128(mid, 8));
	hi = _mm512_xor_si512(hi, _mm512_bsrli_epi128(mid, 8));
	lo = _mm512_xor_si512(_mm512_shuffle_epi32(lo, 0x4e),
			_mm512_clmulepi64_epi128(lo, poly, 0x00));
	lo = _mm512_xor_si512(_mm512_shuffle_epi32(lo, 0x4e),
			_mm512_clmulepi64_epi128(lo, poly, 0x00));
	return _mm512_xor_si512(hi, lo);
}

INLINE void
batch(const struct crypt_op *const op[GCM_BATCH], uint8_t *const tag[GCM_BATCH], int rounds,
		bool encrypt)
{
	__m512i k, t;

	/* Counter blocks and the first round key. */
#define START(p)                                                                                  \
	const struct crypt_op *op##p = op[p];                                                     \
	const struct gcm_key_data *key##p = &op##p->sa->key.gcm;                                  \
	const uint8_t *rk##p = key##p->expanded_keys;                                             \
	const int n##p = (op##p->len + 15) / 16;                                                  \
	const __m512i base##p = _mm512_broadcast_i32x4(_mm_maskz_loadu_epi32(7, op##p->nonce));   \
	__m512i a##p = counters_a(base##p, _mm512_set1_epi32(n##p << 24));                        \
	__m512i b##p = counters_b(base##p, _mm512_set1_epi32(n##p << 24));                        \
	k = round_key(rk##p, 0);                                                                  \
	a##p = _mm512_xor_si512(a##p, k);                                                         \
	b##p = _mm512_xor_si512(b##p, k);
	FOUR(START)

#define ROUND(p)                                                                                  \
	k = round_key(rk##p, r);                                                                  \
	a##p = _mm512_aesenc_epi128(a##p, k);                                                     \
	b##p = _mm512_aesenc_epi128(b##p, k);
#pragma GCC unroll 14
	for (int r = 1; r < rounds; r++) {
		FOUR(ROUND)
	}
#define LAST_ROUND(p)                                                                             \
	k = round_key(rk##p, rounds);                                                             \
	a##p = _mm512_aesenclast_epi128(a##p, k);                                                 \
	b##p = _mm512_aesenclast_epi128(b##p, k);
	FOUR(LAST_ROUND)

	/* Masked loads and stores touch no byte outside the payload. All are loaded before any is
	 * stored: two operations may be the same. */
#define LOAD(p)                                                                                   \
	const int at##p = 16 * (SLOTS - 1 - n##p);                                                \
	uint8_t *data##p = op##p->data - at##p;                                                   \
	const __mmask64 ka##p = low_bits(at##p + op##p->len) & ~low_bits(at##p);                  \
	const __mmask64 kb##p = low_bits(at##p + op##p->len - 64) & ~low_bits(at##p - 64);        \
	__m512i da##p = _mm512_maskz_loadu_epi8(ka##p, data##p);                                  \
	__m512i db##p = _mm512_maskz_loadu_epi8(kb##p, data##p + 64);
	FOUR(LOAD)
	t = _mm512_shuffle_i64x2(_mm512_shuffle_i64x2(b0, b1, 0xff),
			_mm512_shuffle_i64x2(b2, b3, 0xff), 0x88);
#define XOR(p)                                                                                    \
	a##p = _mm512_xor_si512(a##p, da##p);                                                     \
	b##p = _mm512_xor_si512(b##p, db##p);                                                     \
	_mm512_mask_storeu_epi8(data##p, ka##p, a##p);                                            \
	_mm512_mask_storeu_epi8(data##p + 64, kb##p, b##p);                                       \
	if (encrypt) {                                                                            \
		da##p = _mm512_maskz_mov_epi8(ka##p, a##p);                                       \
		db##p = _mm512_maskz_mov_epi8(kb##p, b##p);                                       \
	}
	FOUR(XOR)

	/* AAD and lengths join the ciphertext in their slots; products with the powers of H. */
#define GHASH(p)                                                                                  \
	const uint32_t slot##p = 0xfu << 4 * (SLOTS - 2 - n##p);                                  \
	const __m128i aad##p = _mm_maskz_loadu_epi8((__mmask16)low_bits(op##p->aad_len),          \
			op##p->aad);                                                              \
	const uint8_t *h##p = key##p->ghash_keys.vaes_avx512.shifted_hkey +                       \
			sizeof(key##p->ghash_keys.vaes_avx512.shifted_hkey) - 16 * SLOTS;         \
	const __m512i ha##p = _mm512_loadu_si512(h##p), hb##p = _mm512_loadu_si512(h##p + 64);    \
	da##p = reverse_bytes(_mm512_mask_broadcast_i32x4(da##p, (__mmask16)slot##p, aad##p));    \
	db##p = reverse_bytes(                                                                    \
			_mm512_mask_broadcast_i32x4(db##p, (__mmask16)(slot##p >> 16), aad##p));  \
	db##p = _mm512_mask_broadcast_i32x4(db##p, 0xf000,                                        \
			_mm_set_epi64x(op##p->aad_len * 8, op##p->len * 8));                      \
	const __m512i lo##p = _mm512_xor_si512(_mm512_clmulepi64_epi128(da##p, ha##p, 0x00),      \
			_mm512_clmulepi64_epi128(db##p, hb##p, 0x00));                            \
	const __m512i hi##p = _mm512_xor_si512(_mm512_clmulepi64_epi128(da##p, ha##p, 0x11),      \
			_mm512_clmulepi64_epi128(db##p, hb##p, 0x11));                            \
	const __m512i mid##p = _mm512_xor_si512(                                                  \
			_mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(da##p, ha##p, 0x01),   \
					_mm512_clmulepi64_epi128(da##p, ha##p, 0x10),             \
					_mm512_clmulepi64_epi128(db##p, hb##p, 0x01), 0x96),      \
			_mm512_clmulepi64_epi128(db##p, hb##p, 0x10));
	FOUR(GHASH)
	t = _mm512_xor_si512(t, reverse_bytes(reduce(gather(lo0, lo1, lo2, lo3),
						gather(mid0, mid1, mid2, mid3),
						gather(hi0, hi1, hi2, hi3))));
#define TAG(p) _mm_storeu_si128((__m128i *)tag[p], _mm512_extracti32x4_epi32(t, p));
	FOUR(TAG)
}

TARGET void
gcm_batch_run(const struct crypt_op *const op[GCM_BATCH], uint8_t *const tag[GCM_BATCH],
		enum chan_esp_alg alg, bool encrypt)
{
	if (alg == CHAN_ESP_AES128_GCM16) {
		if (encrypt)
			batch(op, tag, 10, true);
		else
			batch(op, tag, 10, false);
	} else {
		if (encrypt)
			batch(op, tag, 14, true);
		else
			batch(op, tag, 14, false);
	}
}

/* Four packets of both algorithms, of lengths that use every slot, against the library. */
static bool
agrees(IMB_MGR *mgr, enum chan_esp_alg alg)
{
	static const uint16_t lens[GCM_BATCH] = { 1, 48, 72, GCM_BATCH_MAX };
	static struct sa sa;
	const struct crypt_op *op[GCM_BATCH];
	struct crypt_op ops[GCM_BATCH] = { 0 };
	uint8_t data[GCM_BATCH][GCM_BATCH_MAX] = { 0 }, want[GCM_BATCH_MAX], key[32] = { 7 };
	uint8_t tags[GCM_BATCH][16], want_tag[16], *tag[GCM_BATCH];
	struct gcm_context_data ctx;
	bool same = true;

	if (alg == CHAN_ESP_AES128_GCM16)
		IMB_AES128_GCM_PRE(mgr, key, &sa.key.gcm);
	else
		IMB_AES256_GCM_PRE(mgr, key, &sa.key.gcm);
	for (unsigned int i = 0; i < GCM_BATCH; i++) {
		ops[i] = (struct crypt_op){ .sa = &sa, .data = data[i], .len = lens[i],
			.nonce = { 1, 2, (uint8_t)i }, .aad = { 3 }, .aad_len = i & 1 ? 12 : 8 };
		memset(data[i], 0x11 * (int)i, lens[i]);
		op[i] = &ops[i];
		tag[i] = tags[i];
	}
	gcm_batch_run(op, tag, alg, true);
	for (unsigned int i = 0; i < GCM_BATCH; i++) {
		memset(want, 0x11 * (int)i, sizeof(want));
		if (alg == CHAN_ESP_AES128_GCM16)
			IMB_AES128_GCM_ENC(mgr, &sa.key.gcm, &ctx, want, want, lens[i], ops[i].nonce,
					ops[i].aad, ops[i].aad_len, want_tag, 16);
		else
			IMB_AES256_GCM_ENC(mgr, &sa.key.gcm, &ctx, want, want, lens[i], ops[i].nonce,
					ops[i].aad, ops[i].aad_len, want_tag, 16);
		same = same && memcmp(want, data[i], lens[i]) == 0 &&
		       memcmp(want_tag, tags[i], 16) == 0;
	}
	return same;
}

bool
gcm_batch_usable(IMB_MGR *mgr)
{
	const uint64_t needed = IMB_FEATURE_AVX512F | IMB_FEATURE_AVX512DQ | IMB_FEATURE_AVX512BW |
				IMB_FEATURE_AVX512VL | IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ |
				IMB_FEATURE_BMI2;

	/* The library must have chosen its own code for such CPUs, or the key data is another. */
	return mgr->used_arch == IMB_ARCH_AVX512 && (mgr->features & needed) == needed &&
	       agrees(mgr, CHAN_ESP_AES128_GCM16) && agrees(mgr, CHAN_ESP_AES256_GCM16);
}
