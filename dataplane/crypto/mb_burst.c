/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-CBC with HMAC-SHA1 or HMAC-SHA2-256 over a batch of one algorithm, what most peers without
 * AES-GCM propose: all of the batch through the cipher, all of it through the hash, by the two
 * calls of intel-ipsec-mb that take an array of jobs. It is ours, so what an algorithm fixes is
 * written once, and the same lines are used for each batch, while the manager's queue goes
 * through 256 jobs.
 *
 * What is hashed and not sent with ESN is laid where the ICV belongs, as in mb_jobs.c.
 */
#include <rte_prefetch.h>

#include "dataplane/crypto/mb_int.h"

#define IV_LEN 16
#define HEAD   (ESP_HDR_LEN + IV_LEN) /* in front of what is encrypted */

static inline bool
burst_takes(const struct esp_alg *a)
{
	return a->cipher == ESP_CIPHER_CBC &&
	       (a->integ == ESP_INTEG_SHA1 || a->integ == ESP_INTEG_SHA256);
}

/* What is the same for all jobs of @alg. */
static __rte_noinline void
burst_shape(struct crypt *c, uint8_t alg)
{
	const struct esp_alg *a = &esp_algs[alg];

	for (unsigned int i = 0; i < CRYPT_BURST_MAX; i++)
		c->burst[i] = (IMB_JOB){
			.cipher_mode = IMB_CIPHER_CBC,
			.hash_alg = a->integ == ESP_INTEG_SHA1 ? IMB_AUTH_HMAC_SHA_1 :
					IMB_AUTH_HMAC_SHA_256,
			.key_len_in_bytes = a->enc_key_len,
			.cipher_start_src_offset_in_bytes = HEAD,
			.iv_len_in_bytes = IV_LEN,
			.auth_tag_output_len_in_bytes = a->icv_len,
		};
	c->burst_alg = alg;
}

/* The keys of the next SA, on their way. */
static inline void
burst_prefetch(const struct sa_job_keys *k, unsigned int key_len, bool encrypt)
{
	const uint8_t *rounds = encrypt ? k->enc : k->dec;

	rte_prefetch0(rounds);
	rte_prefetch0(rounds + 64);
	rte_prefetch0(rounds + 128);
	if (key_len > 16)
		rte_prefetch0(rounds + 192);
	rte_prefetch0(k->ipad);
	rte_prefetch0(k->opad);
}

static __rte_always_inline void
burst_fill(struct crypt *c, IMB_JOB *job, struct crypt_op *op, unsigned int i, unsigned int icv_len,
		bool encrypt)
{
	const struct sa_job_keys *k = op->sa->key.job;

	job->enc_keys = k->enc;
	job->dec_keys = k->dec;
	job->src = op->data - HEAD;
	job->dst = op->data;
	job->msg_len_to_cipher_in_bytes = op->len;
	job->msg_len_to_hash_in_bytes = (uint64_t)HEAD + op->len + op->aad_len;
	job->iv = op->data - IV_LEN;
	job->auth_tag_output = encrypt && op->aad_len == 0 ? op->icv : c->mac[i];
	job->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
	job->u.HMAC._hashed_auth_key_xor_opad = k->opad;
	job->status = IMB_STATUS_BEING_PROCESSED;
	if (op->aad_len != 0) {
		if (!encrypt)
			icv_copy(c->icv[i], op->icv, icv_len);
		memcpy(op->icv, op->aad, 4);
	}
}

static __rte_always_inline void
burst_done(struct crypt *c, const IMB_JOB *job, struct crypt_op *op, unsigned int i,
		unsigned int icv_len, bool encrypt)
{
	op->ok = job->status == IMB_STATUS_COMPLETED;
	if (!encrypt)
		op->ok = op->ok && icv_equal(c->mac[i],
				op->aad_len != 0 ? c->icv[i] : op->icv, icv_len);
	else if (op->aad_len != 0)
		icv_copy(op->icv, c->mac[i], icv_len);
}

static __rte_always_inline void
burst_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		const struct esp_alg *a, bool encrypt)
{
	IMB_HASH_ALG hash = a->integ == ESP_INTEG_SHA1 ? IMB_AUTH_HMAC_SHA_1 :
			IMB_AUTH_HMAC_SHA_256;
	IMB_JOB *jobs = c->burst;
	const struct sa *last = NULL;

	for (unsigned int i = 0; i < n; i++) {
		struct crypt_op *op = &ops[idx[i]];

		if (op->sa != last)
			burst_prefetch(op->sa->key.job, a->enc_key_len, encrypt);
		last = op->sa;
		burst_fill(c, &jobs[i], op, i, a->icv_len, encrypt);
	}
	/* What was not completed says so itself. */
	if (encrypt)
		(void)IMB_SUBMIT_CIPHER_BURST_NOCHECK(c->mgr, jobs, n, IMB_CIPHER_CBC,
				IMB_DIR_ENCRYPT, (IMB_KEY_SIZE_BYTES)a->enc_key_len);
	(void)IMB_SUBMIT_HASH_BURST_NOCHECK(c->mgr, jobs, n, hash);
	if (!encrypt)
		(void)IMB_SUBMIT_CIPHER_BURST_NOCHECK(c->mgr, jobs, n, IMB_CIPHER_CBC,
				IMB_DIR_DECRYPT, (IMB_KEY_SIZE_BYTES)a->enc_key_len);
	for (unsigned int i = 0; i < n; i++)
		burst_done(c, &jobs[i], &ops[idx[i]], i, a->icv_len, encrypt);
}

bool
mb_burst_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		bool encrypt)
{
	uint8_t alg = ops[idx[0]].alg;
	const struct esp_alg *a = &esp_algs[alg];

	if (!burst_takes(a))
		return false;
	if (unlikely(c->burst_alg != alg))
		burst_shape(c, alg);
	if (encrypt)
		burst_run(c, ops, idx, n, a, true);
	else
		burst_run(c, ops, idx, n, a, false);
	return true;
}
