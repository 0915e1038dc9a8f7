/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM over a burst (RFC 4106): through our own kernels (gcm_batch.h) where the CPU has what
 * they need, else one by one through the direct API of intel-ipsec-mb.
 *
 * The kernels want packets of one key size, those of like length after each other: then
 * short ones go in fours and the branches of long ones are foreseen. A burst is sorted by two
 * passes over bins of 16 bytes, lists of indices.
 *
 * Tags. To encrypt, a whole tag is written where it belongs; a shorter one goes by way of c->tag. To
 * decrypt, all computed tags go there, and are compared when the whole burst is done: right after
 * each packet the comparison would wait for the end of a long chain.
 */
#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/crypto/gcm_batch.h"

#define LINE  64
#define N_BINS 128 /* by blocks; the last one takes all from 2,032 bytes on */
#define NONE  255

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
	IMB_AES##bits##_GCM_##dir(c->mgr, &op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,      \
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
	const char *k = (const char *)&op->sa->key.gcm;

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

/* Lists of operations by length; @used has a bit for each bin that is not empty. */
struct bins {
	uint64_t used[N_BINS / 64];
	uint8_t head[N_BINS];
	uint8_t next[CRYPT_BURST_MAX];
};

static inline void
bins_add(struct bins *b, unsigned int i, unsigned int len)
{
	unsigned int bin = RTE_MIN((len + 15) / 16, N_BINS - 1u);
	uint64_t bit = UINT64_C(1) << bin % 64;

	b->next[i] = b->used[bin / 64] & bit ? b->head[bin] : NONE;
	b->head[bin] = (uint8_t)i;
	b->used[bin / 64] |= bit;
}

/* The operations of one key size, shortest first. Returns how many. */
static unsigned int
batch_sort(struct crypt *c, const struct crypt_op *ops, unsigned int n, enum gcm_bits bits,
		struct gcm_job *jobs, bool encrypt)
{
	struct bins b;
	unsigned int n_jobs = 0;

	memset(b.used, 0, sizeof(b.used));
	for (unsigned int i = 0; i < n; i++)
		if (likely(esp_alg_is_gcm(ops[i].alg)) && likely(gcm_bits(ops[i].alg) == bits))
			bins_add(&b, i, ops[i].len);
	for (unsigned int word = 0; word < N_BINS / 64; word++)
		for (uint64_t left = b.used[word]; left != 0; left &= left - 1) {
			unsigned int i = b.head[word * 64 + (unsigned int)__builtin_ctzll(left)];

			for (; i != NONE; i = b.next[i]) {
				jobs[n_jobs].op = &ops[i];
				jobs[n_jobs++].tag = encrypt && whole_tag(ops[i].alg) ? ops[i].icv :
											 c->tag[i];
			}
		}
	return n_jobs;
}

static void
batch_run(struct crypt *c, const struct crypt_op *ops, unsigned int n, unsigned int sizes,
		bool encrypt)
{
	struct gcm_job jobs[CRYPT_BURST_MAX];

	for (unsigned int bits = GCM_128; bits < GCM_N_BITS; bits++) {
		unsigned int n_jobs;

		if ((sizes & 1u << bits) == 0)
			continue;
		n_jobs = batch_sort(c, ops, n, (enum gcm_bits)bits, jobs, encrypt);
		if (encrypt)
			c->batch->encrypt(jobs, n_jobs, 10 + 2 * bits);
		else
			c->batch->decrypt(jobs, n_jobs, 10 + 2 * bits);
	}
}

/* ---- both ---------------------------------------------------------------------------------- */

/* All of GCM; the others' indices go to @jobs. @return how many those are. */
static inline unsigned int
gcm_run(struct crypt *c, struct crypt_op *ops, unsigned int n, uint8_t *jobs, bool encrypt)
{
	unsigned int n_jobs = 0, sizes = 0;
	bool short_tags = false;

	for (unsigned int i = 0; i < n; i++) {
		ops[i].ok = true;
		if (unlikely(!esp_alg_is_gcm(ops[i].alg))) {
			jobs[n_jobs++] = (uint8_t)i;
			continue;
		}
		sizes |= 1u << gcm_bits(ops[i].alg);
		short_tags = short_tags || !whole_tag(ops[i].alg);
	}
	if (c->batch == NULL) {
		library_run(c, ops, n, encrypt);
		return n_jobs;
	}
	batch_run(c, ops, n, sizes, encrypt);
	if (unlikely(short_tags && encrypt))
		for (unsigned int i = 0; i < n; i++)
			if (esp_alg_is_gcm(ops[i].alg) && !whole_tag(ops[i].alg))
				memcpy(ops[i].icv, c->tag[i], ops[i].sa->icv_len);
	return n_jobs;
}

/* Constant time, and no branch on where they differ. */
static inline bool
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

	for (unsigned int i = 0; i < n; i++) {
		if (likely(whole_tag(ops[i].alg)))
			ops[i].ok = tag_equal(c->tag[i], ops[i].icv, 16);
		else if (esp_alg_is_gcm(ops[i].alg))
			ops[i].ok = tag_equal(c->tag[i], ops[i].icv, ops[i].sa->icv_len);
	}
	if (n_jobs > 0)
		mb_jobs_run(c, ops, jobs, n_jobs, false);
}
