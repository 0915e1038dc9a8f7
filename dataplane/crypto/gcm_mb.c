/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM over a batch (RFC 4106), through the direct API of intel-ipsec-mb: one call for each
 * packet, with the expanded key of its SA. Memory is the cost at these speeds, so while one
 * packet is in the cipher, the keys of the next and the data of the one after it are on their
 * way to the cache.
 *
 * The library's key data: round keys first, the powers of the hash key after them, the lowest
 * power last. A short packet uses the last few powers only.
 */
#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/crypto/crypt.h"

#define LINE        64
#define SHORT_BYTES 256 /* up to here the last four lines of hash key powers are enough */

static inline void
prefetch_key(const struct crypt_op *op, bool aes256)
{
	const char *k = (const char *)&op->sa->key.gcm;
	unsigned int n_round_lines = aes256 ? 4 : 3;

	for (unsigned int i = 0; i < n_round_lines; i++)
		rte_prefetch0(k + i * LINE);
	for (unsigned int i = op->len <= SHORT_BYTES ? 12 : n_round_lines; i < 16; i++)
		rte_prefetch0(k + i * LINE);
}

static inline void
prefetch_data(const struct crypt_op *op)
{
	const uint8_t *end = op->data + op->len;

	for (const uint8_t *p = op->data + LINE; p < end + LINE; p += LINE)
		rte_prefetch0(p);
}

static inline void
prefetch_ahead(const struct crypt_op *ops, unsigned int i, unsigned int n)
{
	if (i + 1 < n && ops[i + 1].sa != ops[i].sa)
		prefetch_key(&ops[i + 1], ops[i + 1].alg == CHAN_ESP_AES256_GCM16);
	if (i + 2 < n)
		prefetch_data(&ops[i + 2]);
}

/* Constant time, and no branch on where they differ. */
static inline bool
tag_equal(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, 16);
	memcpy(y, b, 16);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

void
crypt_encrypt(struct crypt *c, struct crypt_op *ops, unsigned int n)
{
	uint8_t cbc[CRYPT_BURST_MAX];
	unsigned int n_cbc = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct crypt_op *op = &ops[i];

		prefetch_ahead(ops, i, n);
		op->ok = true;
		if (op->alg == CHAN_ESP_AES128_GCM16)
			IMB_AES128_GCM_ENC(c->mgr, &op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,
					op->len, op->nonce, op->aad, op->aad_len, op->icv, 16);
		else if (op->alg == CHAN_ESP_AES256_GCM16)
			IMB_AES256_GCM_ENC(c->mgr, &op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,
					op->len, op->nonce, op->aad, op->aad_len, op->icv, 16);
		else
			cbc[n_cbc++] = (uint8_t)i;
	}
	if (n_cbc > 0)
		cbc_mb_run(c, ops, cbc, n_cbc, true);
}

void
crypt_decrypt(struct crypt *c, struct crypt_op *ops, unsigned int n)
{
	uint8_t cbc[CRYPT_BURST_MAX];
	unsigned int n_cbc = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct crypt_op *op = &ops[i];

		prefetch_ahead(ops, i, n);
		if (op->alg == CHAN_ESP_AES128_GCM16)
			IMB_AES128_GCM_DEC(c->mgr, &op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,
					op->len, op->nonce, op->aad, op->aad_len, c->tag[i], 16);
		else if (op->alg == CHAN_ESP_AES256_GCM16)
			IMB_AES256_GCM_DEC(c->mgr, &op->sa->key.gcm, &c->gcm_ctx, op->data, op->data,
					op->len, op->nonce, op->aad, op->aad_len, c->tag[i], 16);
		else
			cbc[n_cbc++] = (uint8_t)i;
	}
	for (unsigned int i = 0; i < n; i++)
		ops[i].ok = tag_equal(c->tag[i], ops[i].icv);
	if (n_cbc > 0)
		cbc_mb_run(c, ops, cbc, n_cbc, false);
}
