/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HMAC over 16 packets side by side on 512-bit registers; see hmac_batch.h.
 *
 *     rows      64 bytes of each packet: one block. The last ones are made in registers: what is
 *               left of the message (a masked load reads nothing else), 0x80, zeros, the length.
 *     columns   the same transposed: word j of all packets, in host order.
 *
 * The inner hash starts from the state behind the key's block (struct sa_job_keys), and what comes
 * out of it, columns as it is, is the outer hash's only block.
 */
#include <immintrin.h>

#include "dataplane/crypto/hmac_batch.h"

#define TARGET __attribute__((target("avx512f,avx512bw,bmi2")))
#define PRIM   static inline __attribute__((always_inline)) TARGET

#define SHA1_WORDS   5
#define SHA256_WORDS 8
#define MAX_WORDS    8

/* FIPS 180-4 section 4.1: Ch, Parity, Maj, as tables of three inputs. */
#define CH(x, y, z)     _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define PARITY(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define MAJ(x, y, z)    _mm512_ternarylogic_epi32(x, y, z, 0xe8)
#define ADD(x, y)       _mm512_add_epi32(x, y)
#define ROL(x, n)       _mm512_rol_epi32(x, n)
#define ROR(x, n)       _mm512_ror_epi32(x, n)
#define SHR(x, n)       _mm512_srli_epi32(x, n)
#define ALL(n)          _mm512_set1_epi32((int)(n))

/* ---- rows and columns ---------------------------------------------------------------------- */

/* Bytes of each word the other way round. */
PRIM __m512i
swap_words(__m512i v)
{
	const __m512i order = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4,
			5, 6, 7, 0, 1, 2, 3));

	return _mm512_shuffle_epi8(v, order);
}

/* 16 rows of 16 words: columns become rows. */
PRIM void
transpose(__m512i r[16])
{
	__m512i a[16], b[16];

#pragma GCC unroll 8
	for (unsigned int i = 0; i < 16; i += 2) {
		a[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		a[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
#pragma GCC unroll 4
	for (unsigned int i = 0; i < 16; i += 4) {
		b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
		b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
		b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
		b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
	}
	/* Part k (of 128 bits) of b[4 * g + j] is word 4 * k + j of rows 4 * g to 4 * g + 3. */
#pragma GCC unroll 4
	for (unsigned int j = 0; j < 4; j++) {
		__m512i even = _mm512_shuffle_i32x4(b[j], b[4 + j], 0x88);
		__m512i odd = _mm512_shuffle_i32x4(b[j], b[4 + j], 0xdd);
		__m512i even2 = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0x88);
		__m512i odd2 = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0xdd);

		r[j] = _mm512_shuffle_i32x4(even, even2, 0x88);
		r[4 + j] = _mm512_shuffle_i32x4(odd, odd2, 0x88);
		r[8 + j] = _mm512_shuffle_i32x4(even, even2, 0xdd);
		r[12 + j] = _mm512_shuffle_i32x4(odd, odd2, 0xdd);
	}
}

/* Block @i of @blocks of a lane that is not all message. */
PRIM __m512i
last_row(const struct hmac_lane *l, unsigned int i, unsigned int blocks)
{
	unsigned int at = i * HMAC_BLOCK, left = at < l->len ? l->len - at : 0;
	__m512i v;

	if (left >= HMAC_BLOCK)
		return _mm512_loadu_si512(l->msg + at);
	v = _mm512_maskz_loadu_epi8(_bzhi_u64(~UINT64_C(0), left), l->msg + at);
	if (at <= l->len)
		v = _mm512_mask_mov_epi8(v, UINT64_C(1) << left, _mm512_set1_epi8((char)0x80));
	if (i + 1 == blocks) /* in bits, the key's block too; big-endian, in the last 8 bytes */
		v = _mm512_mask_set1_epi64(v, 0x80,
				(long long)rte_bswap64(8 * (uint64_t)(HMAC_BLOCK + l->len)));
	return v;
}

/* Columns of block @i. @whole: it is all message, in all lanes. */
PRIM void
load_block(const struct hmac_lane *lanes, unsigned int i, unsigned int blocks, bool whole,
		__m512i w[16])
{
#pragma GCC unroll 16
	for (unsigned int k = 0; k < HMAC_LANES; k++)
		w[k] = swap_words(whole ? _mm512_loadu_si512(lanes[k].msg + i * HMAC_BLOCK) :
				last_row(&lanes[k], i, blocks));
	transpose(w);
}

/* The first @n words of the states behind the keys' inner or outer blocks. */
PRIM void
load_state(const struct hmac_lane *lanes, bool outer, __m512i *h, unsigned int n)
{
	__m512i r[16];

#pragma GCC unroll 16
	for (unsigned int k = 0; k < HMAC_LANES; k++)
		r[k] = _mm512_loadu_si512(outer ? lanes[k].keys->opad : lanes[k].keys->ipad);
	transpose(r);
#pragma GCC unroll 8
	for (unsigned int j = 0; j < n; j++)
		h[j] = r[j];
}

/* The first four words of each lane. */
PRIM void
store_macs(const struct hmac_lane *lanes, const __m512i *h)
{
	__m512i a = _mm512_unpacklo_epi32(h[0], h[1]), b = _mm512_unpackhi_epi32(h[0], h[1]);
	__m512i c = _mm512_unpacklo_epi32(h[2], h[3]), d = _mm512_unpackhi_epi32(h[2], h[3]);
	__m512i r[4] = { _mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c),
		_mm512_unpacklo_epi64(b, d), _mm512_unpackhi_epi64(b, d) };

#define STORE(lane, part) \
	_mm_storeu_si128((__m128i *)(void *)lanes[lane].mac,                                     \
			_mm512_extracti32x4_epi32(swap_words(r[(lane) % 4]), part))
	STORE(0, 0);
	STORE(1, 0);
	STORE(2, 0);
	STORE(3, 0);
	STORE(4, 1);
	STORE(5, 1);
	STORE(6, 1);
	STORE(7, 1);
	STORE(8, 2);
	STORE(9, 2);
	STORE(10, 2);
	STORE(11, 2);
	STORE(12, 3);
	STORE(13, 3);
	STORE(14, 3);
	STORE(15, 3);
#undef STORE
}

/* ---- SHA-1, FIPS 180-4 section 6.1 --------------------------------------------------------- */

/* @w is used up. */
PRIM void
sha1_block(__m512i *h, __m512i w[16])
{
	__m512i a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f, k, t;

#pragma GCC unroll 80
	for (unsigned int i = 0; i < 80; i++) {
		if (i >= 16)
			w[i & 15] = ROL(_mm512_xor_si512(w[i & 15], PARITY(w[(i + 13) & 15],
					w[(i + 8) & 15], w[(i + 2) & 15])), 1);
		f = i < 20 ? CH(b, c, d) : i >= 40 && i < 60 ? MAJ(b, c, d) : PARITY(b, c, d);
		k = ALL(i < 20 ? 0x5a827999u : i < 40 ? 0x6ed9eba1u : i < 60 ? 0x8f1bbcdcu :
				0xca62c1d6u);
		t = ADD(ADD(ROL(a, 5), f), ADD(ADD(e, k), w[i & 15]));
		e = d;
		d = c;
		c = ROL(b, 30);
		b = a;
		a = t;
	}
	h[0] = ADD(h[0], a);
	h[1] = ADD(h[1], b);
	h[2] = ADD(h[2], c);
	h[3] = ADD(h[3], d);
	h[4] = ADD(h[4], e);
}

/* ---- SHA-256, section 6.2 ------------------------------------------------------------------ */

static const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

PRIM void
sha256_block(__m512i *h, __m512i w[16])
{
	__m512i s[SHA256_WORDS], t1, t2;

#pragma GCC unroll 8
	for (unsigned int j = 0; j < SHA256_WORDS; j++)
		s[j] = h[j];
	/* a to h are s[-i & 7] and up: they do not move, their names do. */
#pragma GCC unroll 64
	for (unsigned int i = 0; i < 64; i++) {
		__m512i a = s[-i & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7], e = s[(4 - i) & 7];
		__m512i f = s[(5 - i) & 7], g = s[(6 - i) & 7], x, y;

		if (i >= 16) {
			x = w[(i + 1) & 15];
			y = w[(i + 14) & 15];
			x = PARITY(ROR(x, 7), ROR(x, 18), SHR(x, 3));
			y = PARITY(ROR(y, 17), ROR(y, 19), SHR(y, 10));
			w[i & 15] = ADD(ADD(w[i & 15], w[(i + 9) & 15]), ADD(x, y));
		}
		t1 = ADD(ADD(s[(7 - i) & 7], ADD(ALL(sha256_k[i]), w[i & 15])),
				ADD(PARITY(ROR(e, 6), ROR(e, 11), ROR(e, 25)), CH(e, f, g)));
		t2 = ADD(PARITY(ROR(a, 2), ROR(a, 13), ROR(a, 22)), MAJ(a, b, c));
		s[(3 - i) & 7] = ADD(s[(3 - i) & 7], t1);
		s[(7 - i) & 7] = ADD(t1, t2);
	}
#pragma GCC unroll 8
	for (unsigned int j = 0; j < SHA256_WORDS; j++)
		h[j] = ADD(h[j], s[j]);
}

/* ---- HMAC ---------------------------------------------------------------------------------- */

PRIM void
hash_block(__m512i *h, __m512i w[16], unsigned int words)
{
	if (words == SHA1_WORDS)
		sha1_block(h, w);
	else
		sha256_block(h, w);
}

PRIM void
hmac(const struct hmac_lane *lanes, unsigned int blocks, unsigned int words)
{
	__m512i h[MAX_WORDS], w[16];
	unsigned int i, whole = blocks;

	for (unsigned int k = 0; k < HMAC_LANES; k++)
		whole = RTE_MIN(whole, lanes[k].len / HMAC_BLOCK);
	load_state(lanes, false, h, words);
	for (i = 0; i < blocks; i++) {
		if (i < whole)
			load_block(lanes, i, blocks, true, w);
		else
			load_block(lanes, i, blocks, false, w);
		hash_block(h, w, words);
	}
#pragma GCC unroll 16
	for (i = 0; i < 16; i++)
		w[i] = i < words ? h[i] : _mm512_setzero_si512();
	w[words] = ALL(0x80000000u);
	w[15] = ALL(8 * (HMAC_BLOCK + 4 * words));
	load_state(lanes, true, h, words);
	hash_block(h, w, words);
	store_macs(lanes, h);
}

static TARGET void
sha1_512(const struct hmac_lane lanes[HMAC_LANES], unsigned int blocks)
{
	hmac(lanes, blocks, SHA1_WORDS);
}

static TARGET void
sha256_512(const struct hmac_lane lanes[HMAC_LANES], unsigned int blocks)
{
	hmac(lanes, blocks, SHA256_WORDS);
}

const struct hmac_batch hmac_batch_512 = { .sha1 = sha1_512, .sha256 = sha256_512 };
