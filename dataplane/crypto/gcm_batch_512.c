/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-GCM over many packets on 512-bit registers; the algorithm is in gcm_batch_kernel.h. */
#include <immintrin.h>

#include "dataplane/crypto/gcm_batch.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vaes,vpclmulqdq,bmi2")))
#define PRIM   static inline __attribute__((always_inline)) TARGET

struct vec {
	__m512i z;
};
#define VEC(x) ((struct vec){ x })

/* A whole vector, known so when compiled: gcc does not drop a mask of ones. */
#define WHOLE(from, to) \
	(__builtin_constant_p((from) == 0 && (to) == 64) && (from) == 0 && (to) == 64)

/* Bytes @from to @to - 1 of a vector. */
PRIM __mmask64
part(int from, int to)
{
	return _bzhi_u64(~UINT64_C(0), (unsigned int)to) & ~UINT64_C(0) << from;
}

PRIM struct vec
vec_load(const void *p)
{
	return VEC(_mm512_loadu_si512(p));
}

/* Masked bytes are not touched: they may be outside of the buffer. */
PRIM struct vec
vec_load_part(const void *p, int from, int to)
{
	if (WHOLE(from, to))
		return vec_load(p);
	return VEC(_mm512_maskz_loadu_epi8(part(from, to), p));
}

PRIM void
vec_store_part(void *p, struct vec v, int from, int to)
{
	if (WHOLE(from, to))
		_mm512_storeu_si512(p, v.z);
	else
		_mm512_mask_storeu_epi8(p, part(from, to), v.z);
}

PRIM struct vec
vec_keep(struct vec v, int to)
{
	if (WHOLE(0, to))
		return v;
	return VEC(_mm512_maskz_mov_epi8(part(0, to), v.z));
}

PRIM struct vec
vec_lanes(const void *p)
{
	return VEC(_mm512_broadcast_i32x4(_mm_load_si128(p)));
}

PRIM struct vec
vec_of(__m128i block)
{
	return VEC(_mm512_zextsi128_si512(block));
}

PRIM struct vec
vec_put(struct vec v, int i, __m128i block)
{
	return VEC(_mm512_mask_broadcast_i32x4(v.z, (__mmask16)(0xfu << 4 * i), block));
}

PRIM struct vec
vec_put_first(struct vec v, __m128i block)
{
	return VEC(_mm512_inserti32x4(v.z, block, 0));
}

PRIM struct vec
vec_xor(struct vec a, struct vec b)
{
	return VEC(_mm512_xor_si512(a.z, b.z));
}

PRIM struct vec
vec_xor3(struct vec a, struct vec b, struct vec c)
{
	return VEC(_mm512_ternarylogic_epi64(a.z, b.z, c.z, 0x96));
}

PRIM struct vec
vec_add8(struct vec a, struct vec b)
{
	return VEC(_mm512_add_epi8(a.z, b.z));
}

PRIM struct vec
vec_aes(struct vec v, struct vec k)
{
	return VEC(_mm512_aesenc_epi128(v.z, k.z));
}

PRIM struct vec
vec_aes_last(struct vec v, struct vec k)
{
	return VEC(_mm512_aesenclast_epi128(v.z, k.z));
}

#define VEC_CLMUL(a, b, imm) VEC(_mm512_clmulepi64_epi128((a).z, (b).z, imm))

/* The halves of each block change places. */
PRIM struct vec
vec_swap(struct vec v)
{
	return VEC(_mm512_shuffle_epi32(v.z, 0x4e));
}

PRIM struct vec
vec_reverse(struct vec v)
{
	return VEC(_mm512_shuffle_epi8(v.z, vec_lanes(gcm_reversal).z));
}

PRIM struct vec
vec_poly(void)
{
	return VEC(_mm512_set1_epi64((long long)0xc200000000000000));
}

/* @q in the last byte but one of each block. */
PRIM struct vec
vec_high_ctr(unsigned int q)
{
	return VEC(_mm512_maskz_set1_epi32(0x8888, (int)(q << 16)));
}

/* Block 0; and the sum of all. */
PRIM __m128i
vec_first(struct vec v)
{
	return _mm512_castsi512_si128(v.z);
}

PRIM __m128i
vec_fold(struct vec v)
{
	__m256i y = _mm256_xor_si256(_mm512_castsi512_si256(v.z),
			_mm512_extracti64x4_epi64(v.z, 1));

	return _mm_xor_si128(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));
}

/* The sum of each of four vectors' blocks, and their blocks 0: as blocks 0 to 3. */
PRIM struct vec
vec_gather(struct vec a, struct vec b, struct vec c, struct vec d)
{
	__m512i x = _mm512_xor_si512(_mm512_shuffle_i64x2(a.z, b.z, 0x44),
			_mm512_shuffle_i64x2(a.z, b.z, 0xee));
	__m512i y = _mm512_xor_si512(_mm512_shuffle_i64x2(c.z, d.z, 0x44),
			_mm512_shuffle_i64x2(c.z, d.z, 0xee));

	return VEC(_mm512_xor_si512(_mm512_shuffle_i64x2(x, y, 0x88),
			_mm512_shuffle_i64x2(x, y, 0xdd)));
}

PRIM struct vec
vec_firsts(struct vec a, struct vec b, struct vec c, struct vec d)
{
	return VEC(_mm512_shuffle_i64x2(_mm512_shuffle_i64x2(a.z, b.z, 0x00),
			_mm512_shuffle_i64x2(c.z, d.z, 0x00), 0x88));
}

#define VEC_STORE_BLOCK(p, v, i) \
	_mm_storeu_si128((__m128i *)(void *)(p), _mm512_extracti32x4_epi32((v).z, i))

#include "dataplane/crypto/gcm_batch_kernel.h"

GCM_BATCH_VARIANT(gcm_batch_512);
