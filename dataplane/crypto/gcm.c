/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM over a batch (RFC 4106). Short packets go four at a time through gcm_batch.c where the
 * CPU has what it needs, all others one by one through the direct API of intel-ipsec-mb, with
 * the expanded key of their SA. Memory is the cost at these speeds, so while packets are in the
 * cipher, the keys and the data of the next ones are on their way to the cache.
 *
 * The library's key data: round keys first, the powers of the hash key after them, the lowest
 * power last. A short packet uses the last few powers only.
 */
#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/crypto/gcm_batch.h"

#define LINE        64
#define SHORT_BYTES 256 /* up to here the last four lines of hash key powers are enough */
#define KEY_AHEAD   GCM_BATCH
#define DATA_AHEAD  2   /* for long packets; for short ones KEY_AHEAD */

/* The key's length is the algorithm's number modulo 3, see CHAN_ESP_AEADS. */
enum gcm_bits { GCM_128, GCM_192, GCM_256 };

static inline enum gcm_bits
gcm_bits(uint8_t alg)
{
	static_assert((CHAN_ESP_AES128_GCM16 - 1) % 3 == GCM_128 &&
			(CHAN_ESP_AES192_GCM12 - 1) % 3 == GCM_192 &&
			(CHAN_ESP_AES256_GCM8 - 1) % 3 == GCM_256, "three by three");
	return (enum gcm_bits)((alg - 1u) % 3);
}

/* Short packets of one algorithm that wait for company. */
struct waiting {
	const struct crypt_op *op[GCM_BATCH];
	uint8_t *tag[GCM_BATCH];
	unsigned int n;
};

static inline void
prefetch_key(const struct crypt_op *op)
{
	const char *k = (const char *)&op->sa->key.gcm;

	for (unsigned int i = 0; i < 3; i++)
		rte_prefetch0(k + i * LINE);
	if (gcm_bits(op->alg) != GCM_128)
		rte_prefetch0(k + 3 * LINE);
	for (unsigned int i = op->len <= GCM_BATCH_MAX ? 13 : op->len <= SHORT_BYTES ? 12 : 3;
			i < 16; i++)
		rte_prefetch0(k + i * LINE);
}

static inline void
prefetch_data(const struct crypt_op *op)
{
	const uint8_t *end = op->data + op->len;

	for (const uint8_t *p = op->data; p < end + LINE; p += LINE)
		rte_prefetch0(p);
}

static inline void
prefetch_ahead(const struct crypt_op *ops, unsigned int i, unsigned int n)
{
	const struct crypt_op *op = &ops[i + KEY_AHEAD];

	if (i + KEY_AHEAD < n) {
		if (op->sa != op[-1].sa)
			prefetch_key(op);
		if (op->len <= SHORT_BYTES)
			prefetch_data(op);
	}
	if (i + DATA_AHEAD < n && ops[i + DATA_AHEAD].len > SHORT_BYTES)
		prefetch_data(&ops[i + DATA_AHEAD]);
}

#define RUN(bits, dir)                                                                            \
	IMB_AES##bits##_GCM_##dir(c->mgr, &op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,      \
			op->len, op->nonce, op->aad, op->aad_len, tag, op->sa->icv_len)

/* One packet through the library. */
static inline void
gcm_single(struct crypt *c, const struct crypt_op *op, uint8_t *tag, bool encrypt)
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
	case GCM_256:
		if (encrypt)
			RUN(256, ENC);
		else
			RUN(256, DEC);
		break;
	}
}

/* Nobody else is coming: three go as four, one of them twice; fewer are quicker one by one. */
static void
waiting_flush(struct crypt *c, struct waiting *wt, enum chan_esp_alg alg, bool encrypt)
{
	uint8_t again[16];

	if (wt->n == GCM_BATCH - 1) {
		wt->op[GCM_BATCH - 1] = wt->op[0];
		wt->tag[GCM_BATCH - 1] = again;
		gcm_batch_run(wt->op, wt->tag, alg, encrypt);
		return;
	}
	for (unsigned int i = 0; i < wt->n; i++)
		gcm_single(c, wt->op[i], wt->tag[i], encrypt);
}

/* gcm_batch.c writes whole tags, and knows two lengths of keys. */
static inline bool
batch_takes(uint8_t alg)
{
	return alg == CHAN_ESP_AES128_GCM16 || alg == CHAN_ESP_AES256_GCM16;
}

/* All of GCM; the others' indices go to @jobs. @return how many those are. */
static __rte_always_inline unsigned int
gcm_run(struct crypt *c, struct crypt_op *ops, unsigned int n, uint8_t *jobs, bool encrypt)
{
	struct waiting waiting[2] = { 0 };
	unsigned int n_jobs = 0;

	for (unsigned int i = 0; i < n && i < KEY_AHEAD; i++)
		prefetch_key(&ops[i]);
	for (unsigned int i = 0; i < n; i++) {
		struct crypt_op *op = &ops[i];
		uint8_t *tag = encrypt ? op->icv : c->tag[i];
		struct waiting *wt = &waiting[op->alg == CHAN_ESP_AES256_GCM16];

		prefetch_ahead(ops, i, n);
		op->ok = true;
		if (unlikely(!esp_alg_is_gcm(op->alg))) {
			jobs[n_jobs++] = (uint8_t)i;
			continue;
		}
		if (op->len > GCM_BATCH_MAX || !c->use_batch || !batch_takes(op->alg)) {
			gcm_single(c, op, tag, encrypt);
			continue;
		}
		wt->op[wt->n] = op;
		wt->tag[wt->n++] = tag;
		if (wt->n == GCM_BATCH) {
			gcm_batch_run(wt->op, wt->tag, op->alg, encrypt);
			wt->n = 0;
		}
	}
	waiting_flush(c, &waiting[0], CHAN_ESP_AES128_GCM16, encrypt);
	waiting_flush(c, &waiting[1], CHAN_ESP_AES256_GCM16, encrypt);
	return n_jobs;
}

/* Constant time, and no branch on where they differ. */
static inline bool
tag_equal(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	uint64_t x[2] = { 0 }, y[2] = { 0 };

	if (likely(len == 16)) {
		memcpy(x, a, 16);
		memcpy(y, b, 16);
	} else {
		memcpy(x, a, len);
		memcpy(y, b, len);
	}
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

	for (unsigned int i = 0; i < n; i++)
		if (likely(esp_alg_is_gcm(ops[i].alg)))
			ops[i].ok = tag_equal(c->tag[i], ops[i].icv, ops[i].sa->icv_len);
	if (n_jobs > 0)
		mb_jobs_run(c, ops, jobs, n_jobs, false);
}
