/* SPDX-License-Identifier: BSD-3-Clause */
/* prf, key derivation and AUTH of IKEv2; see ike_crypto.h. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "controlplane/ike/ike_crypto.h"

int
ike_crypto_init(struct ike_crypto *c)
{
	c->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	c->cbc[0] = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	c->cbc[1] = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	c->gcm[0] = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	c->gcm[1] = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	c->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (c->hmac != NULL && c->cbc[0] != NULL && c->cbc[1] != NULL && c->gcm[0] != NULL &&
			c->gcm[1] != NULL && c->sha1 != NULL)
		return 0;
	ike_crypto_fini(c);
	return -ENOMEM;
}

void
ike_crypto_fini(struct ike_crypto *c)
{
	EVP_MAC_free(c->hmac);
	for (int i = 0; i < 2; i++) {
		EVP_CIPHER_free(c->cbc[i]);
		EVP_CIPHER_free(c->gcm[i]);
	}
	EVP_MD_free(c->sha1);
	memset(c, 0, sizeof(*c));
}

static const char *
prf_digest(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA1:
		return "SHA1";
	case IKE_PRF_HMAC_SHA2_256:
		return "SHA256";
	case IKE_PRF_HMAC_SHA2_384:
		return "SHA384";
	default:
		return NULL;
	}
}

size_t
ike_prf_len(uint16_t prf)
{
	switch (prf) {
	case IKE_PRF_HMAC_SHA1:
		return 20;
	case IKE_PRF_HMAC_SHA2_256:
		return 32;
	case IKE_PRF_HMAC_SHA2_384:
		return 48;
	default:
		return 0;
	}
}

size_t
ike_integ_key_len(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_HMAC_SHA1_96:
		return 20;
	case IKE_INTEG_HMAC_SHA2_256_128:
		return 32;
	case IKE_INTEG_HMAC_SHA2_384_192:
		return 48;
	default:
		return 0;
	}
}

size_t
ike_integ_icv_len(uint16_t integ)
{
	switch (integ) {
	case IKE_INTEG_HMAC_SHA1_96:
		return 12;
	case IKE_INTEG_HMAC_SHA2_256_128:
		return 16;
	case IKE_INTEG_HMAC_SHA2_384_192:
		return 24;
	default:
		return 0;
	}
}

int
ike_prf(const struct ike_crypto *c, uint16_t prf, const uint8_t *key, size_t key_len,
		const struct ike_blob *in, unsigned int n_in, uint8_t *out)
{
	const char *digest = prf_digest(prf);
	OSSL_PARAM params[2];
	EVP_MAC_CTX *ctx;
	size_t len;
	int ok;

	if (digest == NULL)
		return -EIO;
	ctx = EVP_MAC_CTX_new(c->hmac);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	ok = ctx != NULL && EVP_MAC_init(ctx, key, key_len, params);
	for (unsigned int i = 0; ok && i < n_in; i++)
		if (in[i].len > 0)
			ok = EVP_MAC_update(ctx, in[i].p, in[i].len);
	ok = ok && EVP_MAC_final(ctx, out, &len, ike_prf_len(prf));
	EVP_MAC_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

/* T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n). */
int
ike_prf_plus(const struct ike_crypto *c, uint16_t prf, const uint8_t *key, size_t key_len,
		const struct ike_blob *seed, unsigned int n_seed, uint8_t *out, size_t len)
{
	size_t block = ike_prf_len(prf);
	uint8_t t[IKE_PRF_MAX], count = 0;
	struct ike_blob in[8];
	size_t done = 0;
	int err = 0;

	if (block == 0 || n_seed + 2 > sizeof(in) / sizeof(in[0]) || len > 255 * block)
		return -EIO;
	memcpy(in + 1, seed, n_seed * sizeof(*seed));
	while (err == 0 && done < len) {
		size_t n = len - done < block ? len - done : block;

		in[0] = (struct ike_blob){ .p = t, .len = count++ == 0 ? 0 : block };
		in[n_seed + 1] = (struct ike_blob){ .p = &count, .len = 1 };
		err = ike_prf(c, prf, key, key_len, in, n_seed + 2, t);
		memcpy(out + done, t, n);
		done += n;
	}
	OPENSSL_cleanse(t, sizeof(t));
	return err;
}

static void
put_be64(uint8_t *p, uint64_t v)
{
	struct wr w = wr_init(p, 8);

	wr_be64(&w, v);
}

/* Take the next @n bytes of keying material. */
static void
take(uint8_t *dst, const uint8_t *mat, size_t *at, size_t n)
{
	memcpy(dst, mat + *at, n);
	*at += n;
}

static size_t
cipher_key_len(const struct ike_suite *s)
{
	return s->key_bits / 8u + (ike_encr_is_aead(s->encr) ? IKE_SALT_LEN : 0);
}

/* Section 2.14; for a rekeyed IKE SA section 2.18 with the old SA's prf and SK_d. */
static int
skeyseed(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keymat_in *in,
		uint16_t old_prf, const uint8_t *old_d, uint8_t *out)
{
	uint8_t key[2 * IKE_NONCE_MAX];
	struct ike_blob rekey[3] = { in->gir, in->ni, in->nr };

	if (old_d != NULL)
		return ike_prf(c, old_prf, old_d, ike_prf_len(old_prf), rekey, 3, out);
	if (in->ni.len + in->nr.len > sizeof(key))
		return -EIO;
	memcpy(key, in->ni.p, in->ni.len);
	memcpy(key + in->ni.len, in->nr.p, in->nr.len);
	return ike_prf(c, s->prf, key, in->ni.len + in->nr.len, &in->gir, 1, out);
}

int
ike_derive_sa(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keymat_in *in,
		uint16_t old_prf, const uint8_t *old_d, struct ike_keys *out)
{
	uint8_t seed[IKE_PRF_MAX], spi[2 * IKE_SPI_LEN], mat[7 * IKE_PRF_MAX];
	size_t prf = ike_prf_len(s->prf), a = ike_integ_key_len(s->integ), e = cipher_key_len(s);
	size_t seed_len = old_d != NULL ? ike_prf_len(old_prf) : prf, at = 0;
	struct ike_blob parts[3] = { in->ni, in->nr, { .p = spi, .len = sizeof(spi) } };
	int err;

	static_assert(sizeof(mat) >= 3 * IKE_PRF_MAX + 2 * IKE_INTEG_MAX + 2 * (32 + IKE_SALT_LEN),
			"keying material of the longest suite");
	put_be64(spi, in->spi_i);
	put_be64(spi + IKE_SPI_LEN, in->spi_r);
	err = skeyseed(c, s, in, old_prf, old_d, seed);
	if (err == 0)
		err = ike_prf_plus(
				c, s->prf, seed, seed_len, parts, 3, mat, 3 * prf + 2 * a + 2 * e);
	if (err == 0) {
		take(out->d, mat, &at, prf);
		take(out->a[0], mat, &at, a);
		take(out->a[1], mat, &at, a);
		take(out->e[0], mat, &at, e);
		take(out->e[1], mat, &at, e);
		take(out->p[0], mat, &at, prf);
		take(out->p[1], mat, &at, prf);
	}
	OPENSSL_cleanse(seed, sizeof(seed));
	OPENSSL_cleanse(mat, sizeof(mat));
	return err;
}

int
ike_derive_child(const struct ike_crypto *c, uint16_t prf, const uint8_t *sk_d,
		const struct ike_suite *child, const struct ike_keymat_in *in,
		struct ike_child_keys out[2])
{
	uint8_t mat[2 * (32 + IKE_SALT_LEN + IKE_INTEG_MAX)];
	size_t enc = child->key_bits / 8u, auth = ike_integ_key_len(child->integ), at = 0;
	size_t salt = ike_encr_is_aead(child->encr) ? IKE_SALT_LEN : 0;
	struct ike_blob parts[3] = { in->gir, in->ni, in->nr };
	int err = ike_prf_plus(
			c, prf, sk_d, ike_prf_len(prf), parts, 3, mat, 2 * (enc + salt + auth));

	for (int i = 0; err == 0 && i < 2; i++) {
		struct ike_child_keys *k = &out[i];

		k->encr = child->encr;
		k->key_bits = child->key_bits;
		k->integ = child->integ;
		k->esn = child->esn;
		k->enc_key_len = (uint8_t)enc;
		k->salt_len = (uint8_t)salt;
		k->auth_key_len = (uint8_t)auth;
		take(k->enc_key, mat, &at, enc);
		take(k->salt, mat, &at, salt);
		take(k->auth_key, mat, &at, auth);
	}
	OPENSSL_cleanse(mat, sizeof(mat));
	return err;
}

int
ike_auth_psk(const struct ike_crypto *c, uint16_t prf, const struct ike_blob *psk,
		const struct ike_blob *msg, const struct ike_blob *nonce, const uint8_t *sk_p,
		const struct ike_blob *id, uint8_t *out)
{
	static const char pad[] = "Key Pad for IKEv2";
	struct ike_blob pad_in = { .p = (const uint8_t *)pad, .len = sizeof(pad) - 1 };
	uint8_t key[IKE_PRF_MAX], maced_id[IKE_PRF_MAX];
	size_t len = ike_prf_len(prf);
	struct ike_blob octets[3] = { *msg, *nonce, { .p = maced_id, .len = len } };
	int err = ike_prf(c, prf, sk_p, len, id, 1, maced_id);

	if (err == 0)
		err = ike_prf(c, prf, psk->p, psk->len, &pad_in, 1, key);
	if (err == 0)
		err = ike_prf(c, prf, key, len, octets, 3, out);
	OPENSSL_cleanse(key, sizeof(key));
	return err;
}

int
ike_nat_hash(const struct ike_crypto *c, uint64_t spi_i, uint64_t spi_r, uint32_t addr,
		uint16_t port, uint8_t out[20])
{
	uint8_t in[2 * IKE_SPI_LEN + 6];
	struct wr w = wr_init(in, sizeof(in));

	wr_be64(&w, spi_i);
	wr_be64(&w, spi_r);
	wr_be32(&w, addr);
	wr_be16(&w, port);
	return EVP_Digest(in, sizeof(in), out, NULL, c->sha1, NULL) ? 0 : -EIO;
}
