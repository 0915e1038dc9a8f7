/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-CBC with HMAC over a batch (RFC 3602, 2404, 4868), through the burst job API of
 * intel-ipsec-mb: CBC encryption and the hashes are serial within a packet, so the library runs
 * many packets side by side, of whatever SAs. All jobs are flushed before the call returns.
 *
 * With ESN the upper half of the sequence number is hashed after the trailer but not sent (RFC
 * 4303 section 2.2.1). It is laid where the ICV belongs for as long as the hash takes; on input
 * the received ICV is put aside first.
 */
#include <string.h>

#include "dataplane/crypto/crypt.h"

#define IV_LEN 16

static inline bool
alg_is_sha1(uint8_t alg)
{
	return alg == CHAN_ESP_AES128_CBC_SHA1_96 || alg == CHAN_ESP_AES256_CBC_SHA1_96;
}

static inline void
job_fill(struct crypt *c, IMB_JOB *job, struct crypt_op *op, unsigned int i, bool encrypt)
{
	const struct sa_cbc_keys *k = &op->sa->key.cbc;

	if (!encrypt)
		memcpy(op->nonce, op->icv, op->sa->icv_len);
	memcpy(op->icv, op->aad, op->aad_len);

	job->cipher_mode = IMB_CIPHER_CBC;
	job->cipher_direction = encrypt ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	job->chain_order = encrypt ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	job->enc_keys = k->enc;
	job->dec_keys = k->dec;
	job->key_len_in_bytes = esp_algs[op->alg].enc_key_len;
	job->src = op->data - IV_LEN - ESP_HDR_LEN;
	job->dst = op->data;
	job->cipher_start_src_offset_in_bytes = IV_LEN + ESP_HDR_LEN;
	job->msg_len_to_cipher_in_bytes = op->len;
	job->iv = op->data - IV_LEN;
	job->iv_len_in_bytes = IV_LEN;
	job->hash_alg = alg_is_sha1(op->alg) ? IMB_AUTH_HMAC_SHA_1 : IMB_AUTH_HMAC_SHA_256;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = (uint64_t)IV_LEN + ESP_HDR_LEN + op->len + op->aad_len;
	job->auth_tag_output = c->tag[i];
	job->auth_tag_output_len_in_bytes = op->sa->icv_len;
	job->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
	job->u.HMAC._hashed_auth_key_xor_opad = k->opad;
	job->user_data = op;
}

/* Constant time. */
static bool
icv_equal(const uint8_t *a, const uint8_t *b, unsigned int len)
{
	uint8_t differ = 0;

	for (unsigned int i = 0; i < len; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static void
job_done(const IMB_JOB *job, bool encrypt)
{
	struct crypt_op *op = job->user_data;
	unsigned int len = op->sa->icv_len;

	op->ok = job->status == IMB_STATUS_COMPLETED;
	if (!op->ok)
		return;
	if (encrypt)
		memcpy(op->icv, job->auth_tag_output, len);
	else
		op->ok = icv_equal(job->auth_tag_output, op->nonce, len);
}

void
cbc_mb_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n, bool encrypt)
{
	IMB_JOB *jobs[CRYPT_BURST_MAX];
	unsigned int n_done;

	for (unsigned int i = 0; i < n; i++)
		ops[idx[i]].ok = false;
	/* The queue is empty between calls and holds more than a burst: all jobs are granted. */
	if (IMB_GET_NEXT_BURST(c->mgr, n, jobs) != n)
		return;
	for (unsigned int i = 0; i < n; i++)
		job_fill(c, jobs[i], &ops[idx[i]], idx[i], encrypt);
	n_done = IMB_SUBMIT_BURST_NOCHECK(c->mgr, n, jobs);
	for (unsigned int i = 0; i < n_done; i++)
		job_done(jobs[i], encrypt);
	while (n_done < n) {
		unsigned int k = IMB_FLUSH_BURST(c->mgr, n - n_done, jobs);

		if (k == 0)
			break;
		for (unsigned int i = 0; i < k; i++)
			job_done(jobs[i], encrypt);
		n_done += k;
	}
}
