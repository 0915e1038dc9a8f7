/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Encrypted payload: RFC 7296 section 3.14 for a cipher with an integrity algorithm (AES-CTR:
 * RFC 5930), RFC 5282 for AES-GCM and RFC 7634 for ChaCha20-Poly1305.
 *
 *	header | SK header | IV | payloads, padding, pad length (encrypted) | ICV
 *
 * The ICV of an integrity algorithm covers everything before it; an AEAD authenticates header and
 * SK header as AAD.
 */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "controlplane/ike/ike_crypto.h"

#define SHORT_IV  8 /* what is explicit of the IV of AEADs and CTR, after the salt */
#define IV_MAX    16
#define TAG_MAX   16
#define AEAD_IV   (IKE_SALT_LEN + SHORT_IV)

/* Of the suite of an IKE SA, which was checked when it was chosen. */
static const struct ike_encr_alg *
alg_of(const struct ike_suite *s)
{
	return ike_encr_alg(s->encr, s->key_bits);
}

static const EVP_CIPHER *
cipher_of(const struct ike_crypto *c, const struct ike_suite *s)
{
	return c->ciphers[alg_of(s) - ike_encr_algs];
}

size_t
ike_sk_iv_len(const struct ike_suite *s)
{
	return alg_of(s)->iv_len;
}

static size_t
icv_len(const struct ike_suite *s)
{
	return alg_of(s)->icv_len != 0 ? alg_of(s)->icv_len : ike_integ_icv_len(s->integ);
}

/* Payloads, padding and pad length. Stream ciphers need no padding. */
static size_t
padded_len(const struct ike_suite *s, size_t plain_len)
{
	size_t block = alg_of(s)->block;

	return (plain_len + 1 + block - 1) / block * block;
}

size_t
ike_sk_overhead(const struct ike_suite *s)
{
	return alg_of(s)->block + icv_len(s);
}

size_t
ike_sk_total(const struct ike_suite *s, size_t plain_len)
{
	return ike_sk_iv_len(s) + padded_len(s, plain_len) + icv_len(s);
}

/* The truncated MAC of a suite that is no AEAD. */
static int
icv(const struct ike_crypto *c, uint16_t integ, const uint8_t *key, const uint8_t *msg, size_t len,
		uint8_t *out)
{
	const struct ike_integ_alg *a = ike_integ_alg(integ);
	struct ike_blob in = { .p = msg, .len = len };

	return a != NULL ? ike_prf(c, a->prf, key, a->key_len, &in, 1, out) : -EIO;
}

static void
aead_nonce(const struct ike_suite *s, const uint8_t *key, const uint8_t *iv, uint8_t *nonce)
{
	memcpy(nonce, key + alg_of(s)->key_len, IKE_SALT_LEN);
	memcpy(nonce + IKE_SALT_LEN, iv, SHORT_IV);
}

static int
seal_aead(const struct ike_crypto *c, const struct ike_suite *s, const uint8_t *key, uint8_t *msg,
		size_t aad_len, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[AEAD_IV], tag[TAG_MAX], *text = msg + aad_len + SHORT_IV;
	int n, ok;

	aead_nonce(s, key, msg + aad_len, nonce);
	ok = ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher_of(c, s), key, nonce, NULL) &&
	     EVP_EncryptUpdate(ctx, NULL, &n, msg, (int)aad_len) &&
	     EVP_EncryptUpdate(ctx, text, &n, text, (int)len) &&
	     EVP_EncryptFinal_ex(ctx, text + n, &n) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_MAX, tag);
	memcpy(text + len, tag, icv_len(s));
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

/* What OpenSSL takes for the IV: CTR starts from salt, IV and a counter of 1 (RFC 5930). */
static void
plain_iv(const struct ike_suite *s, const uint8_t *key, const uint8_t *iv, uint8_t out[IV_MAX])
{
	if (alg_of(s)->salt_len == 0) {
		memcpy(out, iv, alg_of(s)->iv_len);
		return;
	}
	aead_nonce(s, key, iv, out);
	memset(out + AEAD_IV, 0, IV_MAX - AEAD_IV - 1);
	out[IV_MAX - 1] = 1;
}

/* Encrypt or decrypt @len bytes with a cipher that is no AEAD. */
static bool
crypt_plain(const struct ike_crypto *c, const struct ike_suite *s, const uint8_t *key,
		const uint8_t *iv, bool encrypt, const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t full_iv[IV_MAX];
	int n = 0;
	bool ok;

	plain_iv(s, key, iv, full_iv);
	ok = ctx != NULL &&
	     EVP_CipherInit_ex2(ctx, cipher_of(c, s), key, full_iv, encrypt, NULL) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	     EVP_CipherUpdate(ctx, out, &n, in, (int)len) && (size_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static int
seal_plain(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k, int dir,
		uint8_t *msg, size_t aad_len, size_t len)
{
	size_t iv_len = ike_sk_iv_len(s);
	uint8_t *iv = msg + aad_len, *text = iv + iv_len, mac[IKE_PRF_MAX];

	if (!crypt_plain(c, s, k->e[dir], iv, true, text, len, text) ||
			icv(c, s->integ, k->a[dir], msg, aad_len + iv_len + len, mac) != 0)
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
		return seal_aead(c, s, k->e[dir], msg, aad_len, len);
	return seal_plain(c, s, k, dir, msg, aad_len, len);
}

static int
open_aead(const struct ike_crypto *c, const struct ike_suite *s, const uint8_t *key,
		const uint8_t *msg, size_t sk_off, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *iv = msg + sk_off, *text = iv + SHORT_IV;
	uint8_t nonce[AEAD_IV], tag[TAG_MAX];
	int n, ok;

	aead_nonce(s, key, iv, nonce);
	memcpy(tag, text + len, icv_len(s));
	ok = ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher_of(c, s), key, nonce, NULL) &&
	     EVP_DecryptUpdate(ctx, NULL, &n, msg, (int)sk_off) &&
	     EVP_DecryptUpdate(ctx, out, &n, text, (int)len) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)icv_len(s), tag) &&
	     EVP_DecryptFinal_ex(ctx, out + n, &n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EBADMSG;
}

static int
open_plain(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k, int dir,
		const uint8_t *msg, size_t sk_off, size_t len, uint8_t *out)
{
	size_t iv_len = ike_sk_iv_len(s);
	const uint8_t *iv = msg + sk_off, *text = iv + iv_len;
	uint8_t mac[IKE_PRF_MAX];

	if (icv(c, s->integ, k->a[dir], msg, sk_off + iv_len + len, mac) != 0 ||
			CRYPTO_memcmp(mac, text + len, ike_integ_icv_len(s->integ)) != 0)
		return -EBADMSG;
	if (len % alg_of(s)->block != 0)
		return -EPROTO;
	return crypt_plain(c, s, k->e[dir], iv, false, text, len, out) ? 0 : -EPROTO;
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
		err = open_aead(c, s, k->e[dir], msg, sk_off, text, out);
	else
		err = open_plain(c, s, k, dir, msg, sk_off, text, out);
	if (err != 0)
		return err;
	if (out[text - 1] + 1u > text)
		return -EPROTO;
	return (int)(text - 1 - out[text - 1]);
}
