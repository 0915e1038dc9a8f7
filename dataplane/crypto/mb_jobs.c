/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All ciphers but AES-GCM over a batch, through the burst job API of intel-ipsec-mb: CBC encryption
 * and the hashes are serial within a packet, so the library runs many packets side by side, of
 * whatever SAs and algorithms. All jobs are flushed before the call returns. A batch of one
 * frequent algorithm goes by mb_burst.c.
 *
 * Three shapes of a job (the RFCs are named in esp_alg.h):
 *
 *   cipher and hash     AES-CBC, AES-CTR, 3DES-CBC or none; HMAC, XCBC or CMAC over all from the
 *                       SPI on. With ESN the upper half of the sequence number is hashed after the
 *                       trailer but not sent (RFC 4303 section 2.2.1): it is laid where the ICV
 *                       belongs for as long as the hash takes; on input the received ICV is put
 *                       aside first.
 *   ChaCha20-Poly1305   SPI and sequence number are the AAD, in a buffer of their own.
 *   AES-GMAC            one hash over SPI, sequence number, IV and payload. With ESN the upper half
 *                       stands between SPI and lower half: the SPI is laid over the 4 bytes in
 *                       front of the ESP header and the upper half over the SPI, and both
 *                       are put back.
 */
#include "dataplane/crypto/mb_int.h"

/* Where the nonce's 12 bytes end: room for what GMAC with ESN overwrites. */
#define SAVED_AT 12

static const IMB_HASH_ALG hash_algs[] = {
	[ESP_INTEG_SHA1] = IMB_AUTH_HMAC_SHA_1,
	[ESP_INTEG_SHA256] = IMB_AUTH_HMAC_SHA_256,
	[ESP_INTEG_SHA384] = IMB_AUTH_HMAC_SHA_384,
	[ESP_INTEG_SHA512] = IMB_AUTH_HMAC_SHA_512,
	[ESP_INTEG_XCBC] = IMB_AUTH_AES_XCBC,
	[ESP_INTEG_CMAC] = IMB_AUTH_AES_CMAC,
};

static const IMB_CIPHER_MODE cipher_modes[] = {
	[ESP_CIPHER_NULL] = IMB_CIPHER_NULL,
	[ESP_CIPHER_GMAC] = IMB_CIPHER_NULL,
	[ESP_CIPHER_CHACHA] = IMB_CIPHER_CHACHA20_POLY1305,
	[ESP_CIPHER_CBC] = IMB_CIPHER_CBC,
	[ESP_CIPHER_CTR] = IMB_CIPHER_CNTR,
	[ESP_CIPHER_3DES] = IMB_CIPHER_DES3,
};

static inline uint8_t *
esp_of(const struct crypt_op *op, const struct esp_alg *a)
{
	return op->data - a->iv_len - ESP_HDR_LEN;
}

static inline void
job_hash(IMB_JOB *job, const struct crypt_op *op, const struct esp_alg *a)
{
	const struct sa_job_keys *k = op->sa->key.job;

	job->hash_alg = hash_algs[a->integ];
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = (uint64_t)a->iv_len + ESP_HDR_LEN + op->len + op->aad_len;
	if (op->aad_len != 0)
		memcpy(op->icv, op->aad, 4);
	if (a->integ == ESP_INTEG_XCBC) {
		job->u.XCBC._k1_expanded = (const uint32_t *)k->mac;
		job->u.XCBC._k2 = k->mac_sub[0];
		job->u.XCBC._k3 = k->mac_sub[1];
	} else if (a->integ == ESP_INTEG_CMAC) {
		job->u.CMAC._key_expanded = k->mac;
		job->u.CMAC._skey1 = k->mac_sub[0];
		job->u.CMAC._skey2 = k->mac_sub[1];
	} else {
		job->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
		job->u.HMAC._hashed_auth_key_xor_opad = k->opad;
	}
}

static void
job_chacha(IMB_JOB *job, const struct crypt_op *op)
{
	job->enc_keys = op->sa->key.job->enc;
	job->dec_keys = op->sa->key.job->enc;
	job->iv = op->nonce;
	job->iv_len_in_bytes = 12;
	job->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
	job->hash_start_src_offset_in_bytes = job->cipher_start_src_offset_in_bytes;
	job->msg_len_to_hash_in_bytes = op->len;
	job->u.CHACHA20_POLY1305.aad = op->aad;
	job->u.CHACHA20_POLY1305.aad_len_in_bytes = op->aad_len;
}

static void
job_gmac(IMB_JOB *job, struct crypt_op *op, const struct esp_alg *a)
{
	static const IMB_HASH_ALG algs[] = { IMB_AUTH_AES_GMAC_128, IMB_AUTH_AES_GMAC_192,
		IMB_AUTH_AES_GMAC_256 };
	uint8_t *esp = esp_of(op, a);
	unsigned int more = op->aad_len - ESP_HDR_LEN; /* 4 with ESN */

	if (more != 0) {
		memcpy(op->nonce + SAVED_AT, esp - more, more);
		memcpy(esp - more, op->aad, op->aad_len);
	}
	job->src = esp - more;
	job->hash_alg = algs[(a->enc_key_len - 16) / 8];
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = (uint64_t)op->aad_len + a->iv_len + op->len;
	job->msg_len_to_cipher_in_bytes = 0;
	job->u.GMAC._key = op->sa->key.gcm;
	job->u.GMAC._iv = op->nonce;
	job->u.GMAC.iv_len_in_bytes = 12;
}

/* What GMAC with ESN overwrote. */
static void
gmac_restore(struct crypt_op *op, const struct esp_alg *a)
{
	unsigned int more = op->aad_len - ESP_HDR_LEN;
	uint8_t *esp = esp_of(op, a);

	if (more != 0) {
		memcpy(esp, op->aad, more);
		memcpy(esp - more, op->nonce + SAVED_AT, more);
	}
}

static inline void
job_cipher_keys(IMB_JOB *job, const struct crypt_op *op, const struct esp_alg *a)
{
	const struct sa_job_keys *k = op->sa->key.job;

	job->enc_keys = k->enc;
	job->dec_keys = k->dec;
	job->iv = op->data - a->iv_len;
	job->iv_len_in_bytes = a->iv_len;
	if (unlikely(a->cipher == ESP_CIPHER_CTR)) {
		/* RFC 3686 section 4: salt, IV, and a block counter from 1, which is the
		 * library's. */
		job->dec_keys = k->enc;
		job->iv = op->nonce;
		job->iv_len_in_bytes = 12;
	} else if (unlikely(a->cipher == ESP_CIPHER_3DES)) {
		job->enc_keys = k->des_ptrs;
		job->dec_keys = k->des_ptrs;
	}
}

static inline void
job_fill(struct crypt *c, IMB_JOB *job, struct crypt_op *op, unsigned int i, bool encrypt)
{
	const struct esp_alg *a = &esp_algs[op->alg];

	if (!encrypt)
		icv_copy(c->icv[i], op->icv, a->icv_len);
	job->cipher_mode = cipher_modes[a->cipher];
	job->cipher_direction = encrypt ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	job->chain_order = encrypt ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	job->key_len_in_bytes = a->enc_key_len;
	job->src = esp_of(op, a);
	job->dst = op->data;
	job->cipher_start_src_offset_in_bytes = (uint64_t)a->iv_len + ESP_HDR_LEN;
	job->msg_len_to_cipher_in_bytes = op->len;
	/* To where it belongs, unless something to be hashed is laid there meanwhile. */
	job->auth_tag_output = encrypt && op->aad_len == 0 ? op->icv : c->mac[i];
	job->auth_tag_output_len_in_bytes = a->icv_len;
	job->user_data = op;
	if (likely(a->integ != ESP_INTEG_NONE)) {
		job_cipher_keys(job, op, a);
		job_hash(job, op, a);
	} else if (a->cipher == ESP_CIPHER_CHACHA) {
		job_chacha(job, op);
	} else {
		job_gmac(job, op, a);
	}
}

static void
job_done(struct crypt *c, const struct crypt_op *ops, const IMB_JOB *job, bool encrypt)
{
	struct crypt_op *op = job->user_data;
	const struct esp_alg *a = &esp_algs[op->alg];

	if (unlikely(a->cipher == ESP_CIPHER_GMAC))
		gmac_restore(op, a);
	op->ok = job->status == IMB_STATUS_COMPLETED;
	if (!op->ok)
		return;
	if (!encrypt)
		op->ok = icv_equal(job->auth_tag_output, c->icv[op - ops], a->icv_len);
	else if (job->auth_tag_output != op->icv)
		icv_copy(op->icv, job->auth_tag_output, a->icv_len);
}

void
mb_jobs_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		bool encrypt)
{
	IMB_JOB *jobs[CRYPT_BURST_MAX];
	unsigned int n_done, algs = 0;

	for (unsigned int i = 0; i < n; i++) {
		ops[idx[i]].ok = false;
		algs |= ops[idx[i]].alg ^ ops[idx[0]].alg;
	}
	if (likely(algs == 0) && mb_burst_run(c, ops, idx, n, encrypt))
		return;
	/* The queue is empty between calls and holds more than a burst: all jobs are granted. */
	if (IMB_GET_NEXT_BURST(c->mgr, n, jobs) != n)
		return;
	for (unsigned int i = 0; i < n; i++)
		job_fill(c, jobs[i], &ops[idx[i]], idx[i], encrypt);
	n_done = IMB_SUBMIT_BURST_NOCHECK(c->mgr, n, jobs);
	for (unsigned int i = 0; i < n_done; i++)
		job_done(c, ops, jobs[i], encrypt);
	while (n_done < n) {
		unsigned int k = IMB_FLUSH_BURST(c->mgr, n - n_done, jobs);

		if (k == 0)
			break;
		for (unsigned int i = 0; i < k; i++)
			job_done(c, ops, jobs[i], encrypt);
		n_done += k;
	}
}
