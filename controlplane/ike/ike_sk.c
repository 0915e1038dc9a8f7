/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Encrypted payload: RFC 7296 section 3.14 for CBC with HMAC, RFC 5282 for AES-GCM.
 *
 *	header | SK header | IV | payloads, padding, pad length (encrypted) | ICV
 *
 * The ICV of CBC covers everything before it; GCM authenticates header and SK header as AAD.
 */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "controlplane/ike/ike_crypto.h"

#define CBC_BLOCK 16
#define GCM_IV    8
#define GCM_TAG   16
#define GCM_NONCE (IKE_SALT_LEN + GCM_IV)

size_t
ike_sk_iv_len(const struct ike_suite *s)
{
	return ike_encr_is_aead(s->encr) ? GCM_IV : CBC_BLOCK;
}

static size_t
icv_len(const struct ike_suite *s)
{
	return ike_encr_is_aead(s->encr) ? GCM_TAG : ike_integ_icv_len(s->integ);
}

/* Payloads, padding and pad length. AES-GCM needs no padding. */
static size_t
padded_len(const struct ike_suite *s, size_t plain_len)
{
	if (ike_encr_is_aead(s->encr))
		return plain_len + 1;
	return (plain_len + 1 + CBC_BLOCK - 1) / CBC_BLOCK * CBC_BLOCK;
}

size_t
ike_sk_overhead(const struct ike_suite *s)
{
	return CBC_BLOCK + icv_len(s);
}

size_t
ike_sk_total(const struct ike_suite *s, size_t plain_len)
{
	return ike_sk_iv_len(s) + padded_len(s, plain_len) + icv_len(s);
}

static const EVP_CIPHER *
cipher_of(const struct ike_crypto *c, const struct ike_suite *s)
{
	int i = s->key_bits == 256;

	return ike_encr_is_aead(s->encr) ? c->gcm[i] : c->cbc[i];
}

/* The truncated HMAC of CBC suites. */
static int
icv(const struct ike_crypto *c, uint16_t integ, const uint8_t *key, const uint8_t *msg, size_t len,
		uint8_t *out)
{
	static const uint16_t prf_of[][2] = {
		{ IKE_INTEG_HMAC_SHA1_96, IKE_PRF_HMAC_SHA1 },
		{ IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256 },
		{ IKE_INTEG_HMAC_SHA2_384_192, IKE_PRF_HMAC_SHA2_384 },
	};
	struct ike_blob in = { .p = msg, .len = len };

	for (size_t i = 0; i < sizeof(prf_of) / sizeof(prf_of[0]); i++)
		if (prf_of[i][0] == integ)
			return ike_prf(c, prf_of[i][1], key, ike_integ_key_len(integ), &in, 1, out);
	return -EIO;
}

static void
gcm_nonce(const struct ike_suite *s, const uint8_t *key, const uint8_t *iv, uint8_t *nonce)
{
	memcpy(nonce, key + s->key_bits / 8, IKE_SALT_LEN);
	memcpy(nonce + IKE_SALT_LEN, iv, GCM_IV);
}

static int
seal_gcm(const struct ike_crypto *c, const struct ike_suite *s, const uint8_t *key, uint8_t *msg,
		size_t aad_len, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[GCM_NONCE], *text = msg + aad_len + GCM_IV;
	int n, ok;

	gcm_nonce(s, key, msg + aad_len, nonce);
	ok = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher_of(c, s), key, nonce, NULL) &&
	     EVP_EncryptUpdate(ctx, NULL, &n, msg, (int)aad_len) &&
	     EVP_EncryptUpdate(ctx, text, &n, text, (int)len) &&
	     EVP_EncryptFinal_ex(ctx, text + n, &n) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, text + len);
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

static int
seal_cbc(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k, int dir,
		uint8_t *msg, size_t aad_len, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *iv = msg + aad_len, *text = iv + CBC_BLOCK, mac[IKE_PRF_MAX];
	int n, ok;

	ok = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher_of(c, s), k->e[dir], iv, NULL) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	     EVP_EncryptUpdate(ctx, text, &n, text, (int)len) && (size_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok || icv(c, s->integ, k->a[dir], msg, aad_len + CBC_BLOCK + len, mac) != 0)
		return -EIO;
	memcpy(text + len, mac, ike_integ_icv_len(s->integ));
	return 0;
}

int
ike_sk_seal(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k,
		int dir, uint8_t *msg, size_t aad_len, size_t plain_len)
{
	size_t len = padded_len(s, plain_len);
	uint8_t *text = msg + aad_len + ike_sk_iv_len(s);

	memset(text + plain_len, 0, len - plain_len);
	text[len - 1] = (uint8_t)(len - plain_len - 1);
	if (ike_encr_is_aead(s->encr))
		return seal_gcm(c, s, k->e[dir], msg, aad_len, len);
	return seal_cbc(c, s, k, dir, msg, aad_len, len);
}

static int
open_gcm(const struct ike_crypto *c, const struct ike_suite *s, const uint8_t *key,
		const uint8_t *msg, size_t sk_off, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *iv = msg + sk_off, *text = iv + GCM_IV;
	uint8_t nonce[GCM_NONCE], tag[GCM_TAG];
	int n, ok;

	gcm_nonce(s, key, iv, nonce);
	memcpy(tag, text + len, GCM_TAG);
	ok = ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher_of(c, s), key, nonce, NULL) &&
	     EVP_DecryptUpdate(ctx, NULL, &n, msg, (int)sk_off) &&
	     EVP_DecryptUpdate(ctx, out, &n, text, (int)len) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) &&
	     EVP_DecryptFinal_ex(ctx, out + n, &n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EBADMSG;
}

static int
open_cbc(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k, int dir,
		const uint8_t *msg, size_t sk_off, size_t len, uint8_t *out)
{
	const uint8_t *iv = msg + sk_off, *text = iv + CBC_BLOCK;
	uint8_t mac[IKE_PRF_MAX];
	EVP_CIPHER_CTX *ctx;
	int n, ok;

	if (icv(c, s->integ, k->a[dir], msg, sk_off + CBC_BLOCK + len, mac) != 0 ||
			CRYPTO_memcmp(mac, text + len, ike_integ_icv_len(s->integ)) != 0)
		return -EBADMSG;
	if (len % CBC_BLOCK != 0)
		return -EPROTO;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher_of(c, s), k->e[dir], iv, NULL) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	     EVP_DecryptUpdate(ctx, out, &n, text, (int)len) && (size_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EPROTO;
}

int
ike_sk_open(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k,
		int dir, const uint8_t *msg, size_t len, size_t sk_off, uint8_t *out)
{
	size_t fixed = ike_sk_iv_len(s) + icv_len(s), text;
	int err;

	if (sk_off > len || len - sk_off < fixed + 1)
		return -EBADMSG;
	text = len - sk_off - fixed;
	if (ike_encr_is_aead(s->encr))
		err = open_gcm(c, s, k->e[dir], msg, sk_off, text, out);
	else
		err = open_cbc(c, s, k, dir, msg, sk_off, text, out);
	if (err != 0)
		return err;
	if (out[text - 1] + 1u > text)
		return -EPROTO;
	return (int)(text - 1 - out[text - 1]);
}
