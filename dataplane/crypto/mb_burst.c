/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-CBC with HMAC-SHA1 or HMAC-SHA2-256 over a batch of one algorithm, what most peers without
 * AES-GCM propose: all of the batch through the cipher, all of it through the hash, by the two
 * calls of intel-ipsec-mb that take an array of jobs. It is ours, so what an algorithm fixes is
 * written once, and the same lines are used for each batch, while the manager's queue goes
 * through 256 jobs.
 *
 * Packets of as many blocks are hashed by our own HMAC (hmac_batch.h), 16 at a time, where the CPU
 * can: these come first in the order of jobs. What is left, too few of a length, is the library's.
 *
 * What is hashed and not sent with ESN is laid where the ICV belongs, as in mb_jobs.c.
 */
#include <rte_prefetch.h>

#include "dataplane/crypto/hmac_batch.h"
#include "dataplane/crypto/lens.h"
#include "dataplane/crypto/mb_int.h"

#define IV_LEN 16
#define HEAD   (ESP_HDR_LEN + IV_LEN) /* in front of what is encrypted */

#define LANES_MIN 8 /* with fewer of a length the library is faster */
#define FEW_LENS  6 /* lengths of a batch that are looked for */

/* In which order a batch is worked through: indices of the operations. */
struct burst_order {
	uint8_t idx[CRYPT_BURST_MAX];
	unsigned int n_own; /* the first of them, whose hash is our own */
};

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

/* ---- which hash ---------------------------------------------------------------------------- */

static inline unsigned int
hashed_len(const struct crypt_op *op)
{
	return HEAD + op->len + op->aad_len;
}

static inline unsigned int
blocks_of(const struct crypt_op *op)
{
	return hmac_blocks(hashed_len(op));
}

/* Of @n packets of a length, how many go 16 at a time. */
static inline unsigned int
own_of(unsigned int n)
{
	return n % HMAC_LANES >= LANES_MIN ? n : n - n % HMAC_LANES;
}

/* Different lengths: those of as many blocks after each other, the rest behind them. */
static __rte_noinline void
order_mixed(const struct crypt_op *ops, const uint8_t *idx, unsigned int n, struct burst_order *o)
{
	uint16_t blocks[CRYPT_BURST_MAX] __attribute__((aligned(16)));
	uint64_t left = UINT64_MAX >> (64 - n), rest = 0;
	unsigned int at = 0;

	for (unsigned int i = 0; i < n; i++)
		blocks[i] = (uint16_t)blocks_of(&ops[idx[i]]);
	for (unsigned int k = 0; k < FEW_LENS && left != 0; k++) {
		uint64_t same = left & lens_equal(blocks, blocks[__builtin_ctzll(left)]);
		unsigned int own = own_of((unsigned int)__builtin_popcountll(same));

		left &= ~same;
		for (; own > 0; own--, same &= same - 1)
			o->idx[at++] = idx[__builtin_ctzll(same)];
		rest |= same;
	}
	o->n_own = at;
	for (rest |= left; rest != 0; rest &= rest - 1)
		o->idx[at++] = idx[__builtin_ctzll(rest)];
}

static inline void
burst_order(const struct crypt *c, const struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		struct burst_order *o)
{
	unsigned int blocks = blocks_of(&ops[idx[0]]), differ = 0;

	for (unsigned int i = 0; i < n; i++) {
		o->idx[i] = idx[i];
		differ |= blocks_of(&ops[idx[i]]) ^ blocks;
	}
	o->n_own = 0;
	if (c->hmac == NULL)
		return;
	if (likely(differ == 0))
		o->n_own = own_of(n);
	else
		order_mixed(ops, idx, n, o);
}

/* The hash of operations number @at to @at + @k of @o, all of as many blocks. */
static inline void
own_lanes(struct crypt *c, const struct crypt_op *ops, const struct burst_order *o,
		unsigned int at, unsigned int k, enum esp_integ integ)
{
	struct hmac_lane lanes[HMAC_LANES];
	unsigned int blocks = blocks_of(&ops[o->idx[at]]);

	/* Lanes without a packet do the first one's again. */
	for (unsigned int i = 0; i < HMAC_LANES; i++) {
		unsigned int j = i < k ? at + i : at;
		const struct crypt_op *op = &ops[o->idx[j]];

		lanes[i] = (struct hmac_lane){ .msg = op->data - HEAD,
			.keys = op->sa->key.job, .mac = c->mac[j], .len = hashed_len(op) };
	}
	if (integ == ESP_INTEG_SHA1)
		c->hmac->sha1(lanes, blocks);
	else
		c->hmac->sha256(lanes, blocks);
}

static inline void
own_hash(struct crypt *c, const struct crypt_op *ops, const struct burst_order *o,
		enum esp_integ integ)
{
	for (unsigned int at = 0, k; at < o->n_own; at += k) {
		for (k = 1; k < HMAC_LANES && at + k < o->n_own; k++)
			if (blocks_of(&ops[o->idx[at + k]]) != blocks_of(&ops[o->idx[at]]))
				break;
		own_lanes(c, ops, o, at, k, integ);
	}
}

/* ---- jobs ---------------------------------------------------------------------------------- */

/* @own: its hash is ours. */
static __rte_always_inline void
burst_fill(struct crypt *c, IMB_JOB *job, struct crypt_op *op, unsigned int i, unsigned int icv_len,
		bool encrypt, bool own)
{
	const struct sa_job_keys *k = op->sa->key.job;

	job->enc_keys = k->enc;
	job->dec_keys = k->dec;
	job->src = op->data - HEAD;
	job->dst = op->data;
	job->msg_len_to_cipher_in_bytes = op->len;
	job->iv = op->data - IV_LEN;
	if (!own) {
		job->msg_len_to_hash_in_bytes = hashed_len(op);
		job->auth_tag_output = c->mac[i];
		job->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
		job->u.HMAC._hashed_auth_key_xor_opad = k->opad;
	}
	job->status = own ? IMB_STATUS_COMPLETED_AUTH : IMB_STATUS_BEING_PROCESSED;
	if (op->aad_len != 0) {
		if (!encrypt)
			icv_copy(c->icv[i], op->icv, icv_len);
		memcpy(op->icv, op->aad, 4);
	}
}

/* @all: the library says that it has done all jobs, each for cipher and for hash. */
static __rte_always_inline void
burst_done(struct crypt *c, const IMB_JOB *job, struct crypt_op *op, unsigned int i,
		unsigned int icv_len, bool encrypt, bool all)
{
	op->ok = all && job->status == IMB_STATUS_COMPLETED;
	if (!encrypt)
		op->ok = op->ok && icv_equal(c->mac[i],
				op->aad_len != 0 ? c->icv[i] : op->icv, icv_len);
	else
		icv_copy(op->icv, c->mac[i], icv_len);
}

/* false: not all. The status of a job does not say so when a hash follows. */
static inline bool
burst_cipher(struct crypt *c, unsigned int n, const struct esp_alg *a, IMB_CIPHER_DIRECTION dir)
{
	return IMB_SUBMIT_CIPHER_BURST_NOCHECK(c->mgr, c->burst, n, IMB_CIPHER_CBC, dir,
			(IMB_KEY_SIZE_BYTES)a->enc_key_len) == n;
}

static __rte_always_inline void
burst_run(struct crypt *c, struct crypt_op *ops, const struct burst_order *o, unsigned int n,
		const struct esp_alg *a, bool encrypt)
{
	const struct sa *last = NULL;
	bool all = true;

	for (unsigned int i = 0; i < n; i++) {
		struct crypt_op *op = &ops[o->idx[i]];

		if (op->sa != last)
			burst_prefetch(op->sa->key.job, a->enc_key_len, encrypt);
		last = op->sa;
		burst_fill(c, &c->burst[i], op, i, a->icv_len, encrypt, i < o->n_own);
	}
	if (encrypt)
		all = burst_cipher(c, n, a, IMB_DIR_ENCRYPT);
	own_hash(c, ops, o, a->integ);
	if (n != o->n_own)
		all &= IMB_SUBMIT_HASH_BURST_NOCHECK(c->mgr, c->burst + o->n_own, n - o->n_own,
				a->integ == ESP_INTEG_SHA1 ? IMB_AUTH_HMAC_SHA_1 :
				IMB_AUTH_HMAC_SHA_256) == n - o->n_own;
	if (!encrypt)
		all &= burst_cipher(c, n, a, IMB_DIR_DECRYPT);
	for (unsigned int i = 0; i < n; i++)
		burst_done(c, &c->burst[i], &ops[o->idx[i]], i, a->icv_len, encrypt,
				all);
}

bool
mb_burst_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		bool encrypt)
{
	uint8_t alg = ops[idx[0]].alg;
	const struct esp_alg *a = &esp_algs[alg];
	struct burst_order o;

	if (!burst_takes(a))
		return false;
	if (unlikely(c->burst_alg != alg))
		burst_shape(c, alg);
	burst_order(c, ops, idx, n, &o);
	if (encrypt)
		burst_run(c, ops, &o, n, a, true);
	else
		burst_run(c, ops, &o, n, a, false);
	return true;
}
