/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Round keys and powers of the hash key for the batch kernels, made once for each SA. The
 * arithmetic is gcm_batch_kernel.h's, one block at a time.
 */
#include <string.h>

#include <immintrin.h>

#include "dataplane/crypto/gcm_key.h"

#define TARGET __attribute__((target("aes,pclmul,sse4.1")))

TARGET static __m128i
reverse_bytes(__m128i x)
{
	return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
						   15));
}

/* The hash key: a block of zeros, encrypted. */
TARGET static __m128i
hash_key(const struct gcm_key *k, unsigned int rounds)
{
	const __m128i *rk = (const __m128i *)(const void *)k->rk;
	__m128i x = _mm_load_si128(rk);

	for (unsigned int r = 1; r < rounds; r++)
		x = _mm_aesenc_si128(x, _mm_load_si128(rk + r));
	return reverse_bytes(_mm_aesenclast_si128(x, _mm_load_si128(rk + rounds)));
}

/* H * x: one bit to the left; what falls out comes back as the polynomial. */
TARGET static __m128i
times_x(__m128i h)
{
	const __m128i poly = _mm_set_epi64x((long long)0xc200000000000000, 1);
	__m128i carry = _mm_srli_epi64(h, 63);
	__m128i top = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff);

	h = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(carry, 8));
	return _mm_xor_si128(h, _mm_and_si128(top, poly));
}

/* a * b / x modulo the polynomial: the product of two powers that are one x too high stays so. */
TARGET static __m128i
multiply(__m128i a, __m128i b)
{
	const __m128i poly = _mm_set1_epi64x((long long)0xc200000000000000);
	__m128i lo = _mm_clmulepi64_si128(a, b, 0x00), hi = _mm_clmulepi64_si128(a, b, 0x11);
	__m128i mid = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
			_mm_clmulepi64_si128(a, b, 0x10));

	lo = _mm_xor_si128(_mm_xor_si128(_mm_shuffle_epi32(lo, 0x4e), mid),
			_mm_clmulepi64_si128(lo, poly, 0x00));
	lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4e), _mm_clmulepi64_si128(lo, poly, 0x00));
	return _mm_xor_si128(hi, lo);
}

TARGET void
gcm_key_set(struct gcm_key *k, IMB_MGR *mgr, const uint8_t *key, unsigned int len)
{
	uint8_t dec[15 * 16] __attribute__((aligned(16))); /* the library always makes both */
	__m128i h, p;

	memset(k, 0, sizeof(*k));
	if (len == 16)
		IMB_AES_KEYEXP_128(mgr, key, k->rk, dec);
	else if (len == 24)
		IMB_AES_KEYEXP_192(mgr, key, k->rk, dec);
	else
		IMB_AES_KEYEXP_256(mgr, key, k->rk, dec);
	explicit_bzero(dec, sizeof(dec));
	h = p = times_x(hash_key(k, len / 4 + 6));
	for (unsigned int i = GCM_POWERS; i-- > 0; p = multiply(p, h))
		_mm_store_si128((__m128i *)(void *)k->h[i], p);
}
