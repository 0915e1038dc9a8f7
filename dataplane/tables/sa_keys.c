/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys of an SA: from what IKE negotiated to what the ciphers want (round keys, powers of the hash
 * key, HMAC states), and the digest by which they are recognised. The rest is sa.c.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "dataplane/crypto/gcm_batch.h"
#include "dataplane/tables/sa_int.h"

/* One row of a fixed width for every SA, so that no two different keys can look alike. */
void
sa_keys_digest(const struct sa_table *st, const struct chan_sa *c, uint8_t digest[32])
{
	struct {
		uint8_t secret[32];
		uint8_t alg, enc_key_len, auth_key_len, salt_len;
		uint8_t enc_key[32];
		uint8_t auth_key[64];
		uint8_t salt[4];
	} in = { .alg = c->alg,
		.enc_key_len = c->enc_key_len,
		.auth_key_len = c->auth_key_len,
		.salt_len = c->salt_len };

	memcpy(in.secret, st->secret, sizeof(in.secret));
	memcpy(in.enc_key, c->enc_key, c->enc_key_len);
	memcpy(in.auth_key, c->auth_key, c->auth_key_len);
	memcpy(in.salt, c->salt, c->salt_len);
	IMB_SHA256(st->mgr, &in, sizeof(in), digest);
	explicit_bzero(&in, sizeof(in));
}

/*
 * RFC 2104: the hash states after the key's inner and outer block, to start each packet from. The
 * key is no longer than a block. SHA-384 and SHA-512 have blocks of 128 bytes.
 */
static void
hmac_states(IMB_MGR *mgr, const struct chan_sa *c, enum esp_integ integ, struct sa_job_keys *k)
{
	uint8_t block[2][128];
	uint8_t *state[2] = { k->ipad, k->opad };

	memset(block[0], 0x36, sizeof(block[0]));
	memset(block[1], 0x5c, sizeof(block[1]));
	for (unsigned int i = 0; i < c->auth_key_len; i++) {
		block[0][i] ^= c->auth_key[i];
		block[1][i] ^= c->auth_key[i];
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (integ == ESP_INTEG_SHA1)
			IMB_SHA1_ONE_BLOCK(mgr, block[i], state[i]);
		else if (integ == ESP_INTEG_SHA256)
			IMB_SHA256_ONE_BLOCK(mgr, block[i], state[i]);
		else if (integ == ESP_INTEG_SHA384)
			IMB_SHA384_ONE_BLOCK(mgr, block[i], state[i]);
		else
			IMB_SHA512_ONE_BLOCK(mgr, block[i], state[i]);
	}
	explicit_bzero(block, sizeof(block));
}

static void
integ_keys(IMB_MGR *mgr, const struct chan_sa *c, enum esp_integ integ, struct sa_job_keys *k)
{
	uint8_t unused[15 * 16] __attribute__((aligned(16)));

	switch (integ) {
	case ESP_INTEG_NONE:
		break;
	case ESP_INTEG_SHA1:
	case ESP_INTEG_SHA256:
	case ESP_INTEG_SHA384:
	case ESP_INTEG_SHA512:
		hmac_states(mgr, c, integ, k);
		break;
	case ESP_INTEG_XCBC:
		IMB_AES_XCBC_KEYEXP(mgr, c->auth_key, k->mac, k->mac_sub[0], k->mac_sub[1]);
		break;
	case ESP_INTEG_CMAC:
		IMB_AES_KEYEXP_128(mgr, c->auth_key, k->mac, unused);
		IMB_AES_CMAC_SUBKEY_GEN_128(mgr, k->mac, k->mac_sub[0], k->mac_sub[1]);
		explicit_bzero(unused, sizeof(unused));
		break;
	}
}

static void
aes_keys(IMB_MGR *mgr, const struct chan_sa *c, struct sa_job_keys *k)
{
	if (c->enc_key_len == 16)
		IMB_AES_KEYEXP_128(mgr, c->enc_key, k->enc, k->dec);
	else if (c->enc_key_len == 24)
		IMB_AES_KEYEXP_192(mgr, c->enc_key, k->enc, k->dec);
	else
		IMB_AES_KEYEXP_256(mgr, c->enc_key, k->enc, k->dec);
}

bool
sa_keys_are_inside(IMB_MGR *mgr)
{
	return gcm_batch_pick(mgr) != NULL;
}

/* The library's own form of a GCM key is for AES-GMAC, and for AES-GCM where it does that. */
static bool
uses_library_gcm(IMB_MGR *mgr, uint8_t alg)
{
	uint8_t cipher = esp_algs[alg].cipher;

	return cipher == ESP_CIPHER_GMAC ||
	       (cipher == ESP_CIPHER_GCM && !sa_keys_are_inside(mgr));
}

static int
library_gcm_key(IMB_MGR *mgr, const struct chan_sa *c, struct sa *sa)
{
	struct gcm_key_data *k = aligned_alloc(64, RTE_ALIGN(sizeof(*k), 64));

	if (k == NULL)
		return -ENOMEM;
	memset(k, 0, sizeof(*k));
	if (c->enc_key_len == 16)
		IMB_AES128_GCM_PRE(mgr, c->enc_key, k);
	else if (c->enc_key_len == 24)
		IMB_AES192_GCM_PRE(mgr, c->enc_key, k);
	else
		IMB_AES256_GCM_PRE(mgr, c->enc_key, k);
	sa->key.gcm = k;
	return 0;
}

static void
key_free(void *key, size_t len)
{
	if (key == NULL)
		return;
	explicit_bzero(key, len);
	free(key);
}

void
sa_keys_free(IMB_MGR *mgr, struct sa *sa)
{
	if (uses_library_gcm(mgr, sa->alg))
		key_free(sa->key.gcm, sizeof(*sa->key.gcm));
	else if (esp_algs[sa->alg].cipher != ESP_CIPHER_GCM)
		key_free(sa->key.job, sizeof(*sa->key.job));
}

int
sa_keys_expand(IMB_MGR *mgr, const struct chan_sa *c, struct sa *sa)
{
	const struct esp_alg *a = &esp_algs[c->alg];
	struct sa_job_keys *k;

	memcpy(&sa->salt, c->salt, sizeof(sa->salt));
	if (uses_library_gcm(mgr, c->alg))
		return library_gcm_key(mgr, c, sa);
	if (a->cipher == ESP_CIPHER_GCM) {
		gcm_key_set(&sa->key.batch, mgr, c->enc_key, c->enc_key_len);
		return 0;
	}
	k = aligned_alloc(64, RTE_ALIGN(sizeof(*k), 64));
	if (k == NULL)
		return -ENOMEM;
	memset(k, 0, sizeof(*k));
	sa->key.job = k;
	switch ((enum esp_cipher)a->cipher) {
	case ESP_CIPHER_NULL:
	case ESP_CIPHER_GMAC:
	case ESP_CIPHER_GCM:
		break;
	case ESP_CIPHER_CHACHA:
		memcpy(k->enc, c->enc_key, c->enc_key_len);
		break;
	case ESP_CIPHER_CBC:
	case ESP_CIPHER_CTR:
		aes_keys(mgr, c, k);
		break;
	case ESP_CIPHER_3DES:
		for (unsigned int i = 0; i < 3; i++) {
			IMB_DES_KEYSCHED(mgr, k->des[i], c->enc_key + 8 * i);
			k->des_ptrs[i] = k->des[i];
		}
		break;
	}
	integ_keys(mgr, c, (enum esp_integ)a->integ, k);
	return 0;
}
