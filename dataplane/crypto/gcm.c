/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM over a burst (RFC 4106): through our own kernels (gcm_batch.h) where the CPU has what
 * they need, else one by one through the direct API of intel-ipsec-mb.
 *
 * The kernels want packets of one key size, those of like length after each other: then
 * short ones go in fours and the branches of long ones are foreseen. So a burst is sorted first:
 * one length after the other while there are few, the rest by their number of blocks.
 *
 * Tags. To encrypt, a whole tag is written where it belongs; shorter ones go by way of c->tag.
 * To decrypt, all computed tags go there, and are compared when the whole burst is done: right
 * after each packet the comparison would wait for the end of a long chain.
 */
#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/crypto/gcm_batch.h"
#include "dataplane/crypto/lens.h"

#define LINE  64
#define N_BINS 128 /* by blocks; the last one takes all from 2,032 bytes on */
#define NONE  255
#define FEW_LENS 6 /* lengths of a burst that are looked for one by one */

static_assert(CRYPT_BURST_MAX < NONE, "indices are bytes");

/* The key's length is the algorithm's number modulo 3, see CHAN_ESP_AEADS. */
enum gcm_bits { GCM_128, GCM_192, GCM_256, GCM_N_BITS };

static inline enum gcm_bits
gcm_bits(uint8_t alg)
{
	static_assert((CHAN_ESP_AES128_GCM16 - 1) % 3 == GCM_128 &&
			(CHAN_ESP_AES192_GCM12 - 1) % 3 == GCM_192 &&
			(CHAN_ESP_AES256_GCM8 - 1) % 3 == GCM_256, "three by three");
	return (enum gcm_bits)((alg - 1u) % 3);
}

static inline bool
whole_tag(uint8_t alg)
{
	static_assert(CHAN_ESP_AES256_GCM16 == 3 && CHAN_ESP_AES128_GCM12 == 4, "16 bytes first");
	return alg <= CHAN_ESP_AES256_GCM16;
}

/* ---- the library --------------------------------------------------------------------------- */

#define RUN(bits, dir)                                                                            \
	IMB_AES##bits##_GCM_##dir(c->mgr, op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,       \
			op->len, op->nonce, op->aad, op->aad_len, tag, op->sa->icv_len)

static inline void
library_one(struct crypt *c, const struct crypt_op *op, uint8_t *tag, bool encrypt)
{
	switch (gcm_bits(op->alg)) {
	case GCM_128:
		if (encrypt)
			RUN(128, ENC);
		else
			RUN(128, DEC);
		break;
	case GCM_192:
		if (encrypt)
			RUN(192, ENC);
		else
			RUN(192, DEC);
		break;
	default:
		if (encrypt)
			RUN(256, ENC);
		else
			RUN(256, DEC);
		break;
	}
}
#undef RUN

/* Round keys are in the first lines of the library's key data; hash key powers follow. */
static inline void
library_prefetch(const struct crypt_op *op)
{
	const char *k = (const char *)op->sa->key.gcm;

	for (unsigned int i = 0; i < 16; i++)
		rte_prefetch0(k + i * LINE);
	for (const uint8_t *p = op->data; p < op->data + op->len + LINE; p += LINE)
		rte_prefetch0(p);
}

static void
library_run(struct crypt *c, const struct crypt_op *ops, unsigned int n, bool encrypt)
{
	for (unsigned int i = 0; i < n; i++) {
		if (i + 2 < n && esp_alg_is_gcm(ops[i + 2].alg))
			library_prefetch(&ops[i + 2]);
		if (esp_alg_is_gcm(ops[i].alg))
			library_one(c, &ops[i], encrypt ? ops[i].icv : c->tag[i], encrypt);
	}
}

/* ---- our own ------------------------------------------------------------------------------- */

/* clang-format off */
static const uint8_t in_order[CRYPT_BURST_MAX] = {
	 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
	48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};
/* clang-format on */

/* A burst as sets of operations, bit i for ops[i]; kept in registers, while lists in memory would
 * make each packet wait for the store of the one before. */
struct sets {
	uint64_t key[GCM_N_BITS]; /* by key size */
	uint64_t others;          /* not AES-GCM */
	uint64_t short_tag;       /* ICV of less than 16 bytes */
};
static_assert(CRYPT_BURST_MAX <= 64, "a set is one word");

static inline void
sets_by_alg(struct sets *s, const struct crypt_op *ops, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (!esp_alg_is_gcm(ops[i].alg)) {
			s->others |= bit;
			continue;
		}
		s->key[gcm_bits(ops[i].alg)] |= bit;
		if (!whole_tag(ops[i].alg))
			s->short_tag |= bit;
	}
}

/* Append the indices in @set to @order, of which there are @n. */
static inline unsigned int
pick(uint64_t set, uint8_t *order, unsigned int n)
{
	for (; set != 0; set &= set - 1)
		order[n++] = (uint8_t)__builtin_ctzll(set);
	return n;
}

/* Append them sorted by length: by lists, one for each number of blocks. */
static __rte_noinline unsigned int
pick_sorted(const uint16_t *lens, uint64_t set, uint8_t *order, unsigned int n)
{
	uint8_t head[N_BINS], next[CRYPT_BURST_MAX];
	uint64_t used[N_BINS / 64] = { 0 };

	memset(head, NONE, sizeof(head));
	for (; set != 0; set &= set - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(set);
		unsigned int bin = RTE_MIN((lens[i] + 15u) / 16, N_BINS - 1u);

		next[i] = head[bin];
		head[bin] = (uint8_t)i;
		used[bin / 64] |= UINT64_C(1) << bin % 64;
	}
	for (unsigned int word = 0; word < N_BINS / 64; word++)
		for (uint64_t bins = used[word]; bins != 0; bins &= bins - 1) {
			unsigned int i = head[64 * word + (unsigned int)__builtin_ctzll(bins)];

			for (; i != NONE; i = next[i])
				order[n++] = (uint8_t)i;
		}
	return n;
}

/* All of @set, those of one length after each other while these are few; the rest sorted. */
static inline unsigned int
pick_by_len(const uint16_t *lens, uint64_t set, uint8_t *order)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < FEW_LENS && set != 0; k++) {
		uint64_t same = set & lens_equal(lens, lens[__builtin_ctzll(set)]);

		n = pick(same, order, n);
		set &= ~same;
	}
	return likely(set == 0) ? n : pick_sorted(lens, set, order, n);
}

static inline void
batch_run(struct crypt *c, const struct gcm_run *r, bool encrypt)
{
	if (encrypt)
		c->batch->encrypt(r);
	else
		c->batch->decrypt(r);
}

/* Packets of different lengths and key sizes. */
static void
batch_sets(struct crypt *c, const struct crypt_op *ops, unsigned int n, const struct sets *s,
		bool encrypt)
{
	uint16_t lens[CRYPT_BURST_MAX] __attribute__((aligned(16)));
	uint8_t order[CRYPT_BURST_MAX];

	for (unsigned int i = 0; i < n; i++)
		lens[i] = ops[i].len;
	for (unsigned int bits = GCM_128; bits < GCM_N_BITS; bits++) {
		struct gcm_run r = { ops, order, 0, c->tag, 10 + 2 * bits, false };
		uint64_t set = s->key[bits];

		if (set == 0)
			continue;
		if (encrypt && s->short_tag == 0)
			r.tags = NULL;
		r.n = pick_by_len(lens, set, order);
		batch_run(c, &r, encrypt);
	}
}

/* ---- both ---------------------------------------------------------------------------------- */

/* @return how many are not GCM; their indices go to @jobs. */
static __rte_noinline unsigned int
gcm_mixed(struct crypt *c, struct crypt_op *ops, unsigned int n, bool one_alg, uint8_t *jobs,
		bool encrypt)
{
	struct sets s = { 0 };

	if (one_alg && !esp_alg_is_gcm(ops[0].alg)) {
		memcpy(jobs, in_order, sizeof(in_order));
		return n;
	}
	if (likely(one_alg && whole_tag(ops[0].alg)))
		s.key[gcm_bits(ops[0].alg)] = UINT64_MAX >> (64 - n);
	else
		sets_by_alg(&s, ops, n);
	if (likely(c->batch != NULL)) {
		batch_sets(c, ops, n, &s, encrypt);
		if (unlikely(s.short_tag != 0) && encrypt)
			for (unsigned int i = 0; i < n; i++)
				if (esp_alg_is_gcm(ops[i].alg))
					memcpy(ops[i].icv, c->tag[i], ops[i].sa->icv_len);
	} else {
		library_run(c, ops, n, encrypt);
	}
	return pick(s.others, jobs, 0);
}

/*
 * All of GCM. @return how many operations are not; their indices go to @jobs. The usual burst, of
 * one algorithm and one length, is known by one pass over it.
 */
static inline unsigned int
gcm_run(struct crypt *c, struct crypt_op *ops, unsigned int n, uint8_t *jobs, bool encrypt)
{
	uint32_t differ = 0;

	for (unsigned int i = 0; i < n; i++) {
		differ |= gcm_form(&ops[i]) ^ gcm_form(&ops[0]);
		if (encrypt)
			ops[i].ok = true;
	}
	if (unlikely(n == 0))
		return 0;
	if (differ == 0 && likely(whole_tag(ops[0].alg) && c->batch != NULL)) {
		const struct gcm_run r = { ops, in_order, n, encrypt ? NULL : c->tag,
			10 + 2 * gcm_bits(ops[0].alg), true };

		batch_run(c, &r, encrypt);
		return 0;
	}
	return gcm_mixed(c, ops, n, differ >> 24 == 0, jobs, encrypt);
}

/* Constant time, and no branch on where they differ. */
static __rte_always_inline bool
whole_equal(const uint8_t tag[16], const uint8_t *icv)
{
	__m128i differ = _mm_xor_si128(_mm_load_si128((const __m128i *)(const void *)tag),
			_mm_loadu_si128((const __m128i *)(const void *)icv));

	return _mm_testz_si128(differ, differ);
}

static __rte_always_inline bool
tag_equal(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	uint64_t x[2] = { 0 }, y[2] = { 0 };

	memcpy(x, a, len);
	memcpy(y, b, len);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

void
crypt_encrypt(struct crypt *c, struct crypt_op *ops, unsigned int n)
{
	uint8_t jobs[CRYPT_BURST_MAX];
	unsigned int n_jobs = gcm_run(c, ops, n, jobs, true);

	if (n_jobs > 0)
		mb_jobs_run(c, ops, jobs, n_jobs, true);
}

void
crypt_decrypt(struct crypt *c, struct crypt_op *ops, unsigned int n)
{
	uint8_t jobs[CRYPT_BURST_MAX];
	unsigned int n_jobs = gcm_run(c, ops, n, jobs, false);

	if (unlikely(n_jobs > 0)) {
		mb_jobs_run(c, ops, jobs, n_jobs, false);
		if (n_jobs == n)
			return;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (likely(whole_tag(ops[i].alg)))
			ops[i].ok = whole_equal(c->tag[i], ops[i].icv);
		else if (esp_alg_is_gcm(ops[i].alg))
			ops[i].ok = tag_equal(c->tag[i], ops[i].icv, ops[i].sa->icv_len);
	}
}
