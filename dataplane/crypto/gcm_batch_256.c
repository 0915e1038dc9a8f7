/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM over many packets on 256-bit registers, for CPUs with VAES and VPCLMULQDQ but without
 * AVX-512; the algorithm is in gcm_batch_kernel.h. A vector of four blocks is two registers.
 *
 * AVX2 has no masks for bytes. It has them for 32-bit words, which is what an ESP payload is
 * made of (RFC 4303 section 2.4); other lengths go through a copy.
 */
#include <string.h>

#include <immintrin.h>

#include "dataplane/crypto/gcm_batch.h"

#define TARGET __attribute__((target("avx2,vaes,vpclmulqdq,bmi2")))
#define PRIM   static inline __attribute__((always_inline)) TARGET

struct vec {
	__m256i a, b;
};
#define VEC(x, y) ((struct vec){ x, y })

PRIM struct vec
vec_load(const void *p)
{
	const __m256i *y = p;

	return VEC(_mm256_loadu_si256(y), _mm256_loadu_si256(y + 1));
}

/* Words @from to @to - 1 of the 8 from word @at on; all ones for them. */
PRIM __m256i
words(int from, int to, int at)
{
	const __m256i i = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	__m256i m = _mm256_cmpgt_epi32(_mm256_set1_epi32(to - at), i);

	if (from > at)
		m = _mm256_and_si256(m, _mm256_cmpgt_epi32(i, _mm256_set1_epi32(from - at - 1)));
	return m;
}

/* For lengths that ESP does not have. */
TARGET static __attribute__((noinline)) struct vec
load_bytes(const uint8_t *p, int from, int to)
{
	uint8_t copy[64] = { 0 };

	memcpy(copy + from, p + from, (size_t)(to - from));
	return vec_load(copy);
}

TARGET static __attribute__((noinline)) void
store_bytes(uint8_t *p, struct vec v, int from, int to)
{
	__m256i copy[2] = { v.a, v.b };

	memcpy(p + from, (const uint8_t *)copy + from, (size_t)(to - from));
}

/* Masked words are not touched: they may be outside of the buffer. */
PRIM struct vec
vec_load_part(const void *p, int from, int to)
{
	const int *w = p;

	if (from == 0 && to == 64)
		return vec_load(p);
	if (to % 4 == 0)
		return VEC(_mm256_maskload_epi32(w, words(from / 4, to / 4, 0)),
				_mm256_maskload_epi32(w + 8, words(from / 4, to / 4, 8)));
	return load_bytes(p, from, to);
}

PRIM void
vec_store_part(void *p, struct vec v, int from, int to)
{
	__m256i *y = p;
	int *w = p;

	if (from == 0 && to == 64) {
		_mm256_storeu_si256(y, v.a);
		_mm256_storeu_si256(y + 1, v.b);
	} else if (to % 4 == 0) {
		_mm256_maskstore_epi32(w, words(from / 4, to / 4, 0), v.a);
		_mm256_maskstore_epi32(w + 8, words(from / 4, to / 4, 8), v.b);
	} else {
		store_bytes(p, v, from, to);
	}
}

PRIM struct vec
vec_keep(struct vec v, int to)
{
	const __m256i i = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
			17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);

	if (to == 64)
		return v;
	v.a = _mm256_and_si256(v.a, _mm256_cmpgt_epi8(_mm256_set1_epi8((char)to), i));
	v.b = _mm256_and_si256(v.b, _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(to - 32)), i));
	return v;
}

PRIM struct vec
vec_lanes(const void *p)
{
	__m256i y = _mm256_broadcastsi128_si256(_mm_load_si128(p));

	return VEC(y, y);
}

PRIM struct vec
vec_of(__m128i block)
{
	return VEC(_mm256_zextsi128_si256(block), _mm256_setzero_si256());
}

PRIM struct vec
vec_put(struct vec v, int i, __m128i block)
{
	const __m256i at = _mm256_setr_epi64x(0, 0, 1, 1);
	__m256i y = _mm256_broadcastsi128_si256(block);

	return VEC(_mm256_blendv_epi8(v.a, y, _mm256_cmpeq_epi64(at, _mm256_set1_epi64x(i))),
			_mm256_blendv_epi8(v.b, y, _mm256_cmpeq_epi64(at,
							_mm256_set1_epi64x(i - 2))));
}

PRIM struct vec
vec_put_first(struct vec v, __m128i block)
{
	return VEC(_mm256_inserti128_si256(v.a, block, 0), v.b);
}

PRIM struct vec
vec_xor(struct vec x, struct vec y)
{
	return VEC(_mm256_xor_si256(x.a, y.a), _mm256_xor_si256(x.b, y.b));
}

PRIM struct vec
vec_xor3(struct vec x, struct vec y, struct vec z)
{
	return vec_xor(vec_xor(x, y), z);
}

PRIM struct vec
vec_add8(struct vec x, struct vec y)
{
	return VEC(_mm256_add_epi8(x.a, y.a), _mm256_add_epi8(x.b, y.b));
}

PRIM struct vec
vec_aes(struct vec v, struct vec k)
{
	return VEC(_mm256_aesenc_epi128(v.a, k.a), _mm256_aesenc_epi128(v.b, k.b));
}

PRIM struct vec
vec_aes_last(struct vec v, struct vec k)
{
	return VEC(_mm256_aesenclast_epi128(v.a, k.a), _mm256_aesenclast_epi128(v.b, k.b));
}

#define VEC_CLMUL(x, y, imm)                                                                      \
	VEC(_mm256_clmulepi64_epi128((x).a, (y).a, imm),                                          \
			_mm256_clmulepi64_epi128((x).b, (y).b, imm))

/* The halves of each block change places. */
PRIM struct vec
vec_swap(struct vec v)
{
	return VEC(_mm256_shuffle_epi32(v.a, 0x4e), _mm256_shuffle_epi32(v.b, 0x4e));
}

PRIM struct vec
vec_reverse(struct vec v)
{
	const struct vec at = vec_lanes(gcm_reversal);

	return VEC(_mm256_shuffle_epi8(v.a, at.a), _mm256_shuffle_epi8(v.b, at.b));
}

PRIM struct vec
vec_poly(void)
{
	__m256i y = _mm256_set1_epi64x((long long)0xc200000000000000);

	return VEC(y, y);
}

/* @q in the last byte but one of each block. */
PRIM struct vec
vec_high_ctr(unsigned int q)
{
	__m256i y = _mm256_set1_epi64x((long long)((uint64_t)q << 48));

	y = _mm256_blend_epi32(_mm256_setzero_si256(), y, 0x88);
	return VEC(y, y);
}

/* Block 0; and the sum of all. */
PRIM __m128i
vec_first(struct vec v)
{
	return _mm256_castsi256_si128(v.a);
}

PRIM __m128i
vec_fold(struct vec v)
{
	__m256i y = _mm256_xor_si256(v.a, v.b);

	return _mm_xor_si128(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}

/* The sums of two registers' blocks each. */
PRIM __m256i
pair(__m256i x, __m256i y)
{
	return _mm256_xor_si256(_mm256_permute2x128_si256(x, y, 0x20),
			_mm256_permute2x128_si256(x, y, 0x31));
}

/* The sum of each of four vectors' blocks, and their blocks 0: as blocks 0 to 3. */
PRIM struct vec
vec_gather(struct vec w, struct vec x, struct vec y, struct vec z)
{
	return VEC(pair(_mm256_xor_si256(w.a, w.b), _mm256_xor_si256(x.a, x.b)),
			pair(_mm256_xor_si256(y.a, y.b), _mm256_xor_si256(z.a, z.b)));
}

PRIM struct vec
vec_firsts(struct vec w, struct vec x, struct vec y, struct vec z)
{
	return VEC(_mm256_permute2x128_si256(w.a, x.a, 0x20),
			_mm256_permute2x128_si256(y.a, z.a, 0x20));
}

#define VEC_STORE_BLOCK(p, v, i)                                                                  \
	_mm_storeu_si128((__m128i *)(void *)(p),                                                  \
			_mm256_extracti128_si256((i) < 2 ? (v).a : (v).b, (i) & 1))

#include "dataplane/crypto/gcm_batch_kernel.h"

GCM_BATCH_VARIANT(gcm_batch_256);
