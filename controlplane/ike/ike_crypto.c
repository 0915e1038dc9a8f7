/* SPDX-License-Identifier: BSD-3-Clause */
/* prf, key derivation and AUTH of IKEv2; see ike_crypto.h. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "controlplane/ike/ike_crypto.h"

#define AES_BLOCK 16

/* Naming a digest makes OpenSSL look it up: once for each. */
static bool
hmacs_init(struct ike_crypto *c)
{
	bool ok = c->hmac != NULL;

	for (uint16_t prf = 0; prf <= IKE_PRF_HMAC_SHA2_512; prf++) {
		const struct ike_prf_alg *a = ike_prf_alg(prf);
		OSSL_PARAM params[2];

		if (!ok || a == NULL || a->digest == NULL)
			continue;
		params[0] = OSSL_PARAM_construct_utf8_string(
				OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)a->digest, 0);
		params[1] = OSSL_PARAM_construct_end();
		c->hmacs[prf] = EVP_MAC_CTX_new(c->hmac);
		ok = c->hmacs[prf] != NULL && EVP_MAC_CTX_set_params(c->hmacs[prf], params);
	}
	return ok;
}

int
ike_crypto_init(struct ike_crypto *c)
{
	bool ok;

	memset(c, 0, sizeof(*c));
	c->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	c->cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	c->ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	c->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	ok = hmacs_init(c) && c->cmac != NULL && c->ecb != NULL && c->sha1 != NULL;
	for (unsigned int i = 0; i < IKE_N_ENCRS; i++) {
		if (ike_encr_algs[i].evp == NULL)
			continue;
		c->ciphers[i] = EVP_CIPHER_fetch(NULL, ike_encr_algs[i].evp, NULL);
		ok = ok && c->ciphers[i] != NULL;
	}
	if (ok)
		return 0;
	ike_crypto_fini(c);
	return -ENOMEM;
}

void
ike_crypto_fini(struct ike_crypto *c)
{
	for (unsigned int i = 0; i <= IKE_PRF_HMAC_SHA2_512; i++)
		EVP_MAC_CTX_free(c->hmacs[i]);
	EVP_MAC_free(c->hmac);
	EVP_MAC_free(c->cmac);
	for (unsigned int i = 0; i < IKE_N_ENCRS; i++)
		EVP_CIPHER_free(c->ciphers[i]);
	EVP_CIPHER_free(c->ecb);
	EVP_MD_free(c->sha1);
	memset(c, 0, sizeof(*c));
}

size_t
ike_prf_len(uint16_t prf)
{
	const struct ike_prf_alg *a = ike_prf_alg(prf);

	return a != NULL ? a->len : 0;
}

size_t
ike_integ_key_len(uint16_t integ)
{
	const struct ike_integ_alg *a = ike_integ_alg(integ);

	return a != NULL ? a->key_len : 0;
}

size_t
ike_integ_icv_len(uint16_t integ)
{
	const struct ike_integ_alg *a = ike_integ_alg(integ);

	return a != NULL ? a->icv_len : 0;
}

/* ---- prf ------------------------------------------------------------------------------------ */

/* With a context that knows its algorithm, or is told by @params. 0 or -EIO. */
static int
mac(EVP_MAC_CTX *ctx, const OSSL_PARAM *params, const uint8_t *key, size_t key_len,
		const struct ike_blob *in, unsigned int n_in, uint8_t *out, size_t out_len)
{
	static const uint8_t none[1];
	size_t len;
	int ok;

	/* Without key the last one would be used again. */
	ok = ctx != NULL && EVP_MAC_init(ctx, key != NULL ? key : none, key_len, params);
	for (unsigned int i = 0; ok && i < n_in; i++)
		if (in[i].len > 0)
			ok = EVP_MAC_update(ctx, in[i].p, in[i].len);
	return ok && EVP_MAC_final(ctx, out, &len, out_len) ? 0 : -EIO;
}

static int
cmac(const struct ike_crypto *c, const uint8_t key[AES_BLOCK], const struct ike_blob *in,
		unsigned int n_in, uint8_t *out)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(c->cmac);
	OSSL_PARAM params[2];
	int err;

	params[0] = OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_CIPHER, (char *)(uintptr_t) "AES-128-CBC", 0);
	params[1] = OSSL_PARAM_construct_end();
	err = mac(ctx, params, key, AES_BLOCK, in, n_in, out, AES_BLOCK);
	EVP_MAC_CTX_free(ctx);
	return err;
}

static bool
ecb(EVP_CIPHER_CTX *ctx, uint8_t block[AES_BLOCK])
{
	int n;

	return EVP_EncryptUpdate(ctx, block, &n, block, AES_BLOCK) && n == AES_BLOCK;
}

static void
xor_block(uint8_t *to, const uint8_t *from)
{
	for (int i = 0; i < AES_BLOCK; i++)
		to[i] ^= from[i];
}

/*
 * AES-XCBC-MAC, RFC 3566 section 4: CBC-MAC under K1 = E(K, 01..01); the last block is mixed with
 * K2 = E(K, 02..02), or padded and mixed with K3 = E(K, 03..03).
 */
static int
xcbc(const struct ike_crypto *c, const uint8_t key[AES_BLOCK], const struct ike_blob *in,
		unsigned int n_in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t k[3][AES_BLOCK], e[AES_BLOCK] = { 0 }, last[AES_BLOCK];
	size_t fill = 0;
	bool ok = ctx != NULL && EVP_EncryptInit_ex2(ctx, c->ecb, key, NULL, NULL);

	for (int i = 0; i < 3; i++) {
		memset(k[i], i + 1, AES_BLOCK);
		ok = ok && ecb(ctx, k[i]);
	}
	ok = ok && EVP_EncryptInit_ex2(ctx, c->ecb, k[0], NULL, NULL);
	for (unsigned int i = 0; ok && i < n_in; i++) {
		for (size_t at = 0; ok && at < in[i].len; at++) {
			if (fill == AES_BLOCK) {
				xor_block(e, last);
				ok = ecb(ctx, e);
				fill = 0;
			}
			last[fill++] = in[i].p[at];
		}
	}
	if (fill < AES_BLOCK) {
		memset(last + fill, 0, AES_BLOCK - fill);
		last[fill] = 0x80;
	}
	xor_block(e, last);
	xor_block(e, k[fill == AES_BLOCK ? 1 : 2]);
	ok = ok && ecb(ctx, e);
	memcpy(out, e, AES_BLOCK);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(k, sizeof(k));
	OPENSSL_cleanse(e, sizeof(e));
	OPENSSL_cleanse(last, sizeof(last));
	return ok ? 0 : -EIO;
}

/*
 * The prfs of AES take keys of any length: a short one is padded with zeros for XCBC (RFC 4434
 * section 2), any other than 16 bytes is run through the prf under a zero key (there, and RFC 4615
 * section 3).
 */
static int
aes_prf(const struct ike_crypto *c, uint16_t prf, const uint8_t *key, size_t key_len,
		const struct ike_blob *in, unsigned int n_in, uint8_t *out)
{
	static const uint8_t zero[AES_BLOCK];
	bool is_xcbc = prf == IKE_PRF_AES128_XCBC;
	struct ike_blob long_key = { .p = key, .len = key_len };
	uint8_t k[AES_BLOCK] = { 0 };
	int err = 0;

	if (key_len == AES_BLOCK || (is_xcbc && key_len < AES_BLOCK))
		memcpy(k, key, key_len);
	else
		err = is_xcbc ? xcbc(c, zero, &long_key, 1, k) : cmac(c, zero, &long_key, 1, k);
	if (err == 0)
		err = is_xcbc ? xcbc(c, k, in, n_in, out) : cmac(c, k, in, n_in, out);
	OPENSSL_cleanse(k, sizeof(k));
	return err;
}

int
ike_prf(const struct ike_crypto *c, uint16_t prf, const uint8_t *key, size_t key_len,
		const struct ike_blob *in, unsigned int n_in, uint8_t *out)
{
	const struct ike_prf_alg *a = ike_prf_alg(prf);

	if (a == NULL)
		return -EIO;
	if (a->digest == NULL)
		return aes_prf(c, prf, key, key_len, in, n_in, out);
	return mac(c->hmacs[prf], NULL, key, key_len, in, n_in, out, a->len);
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

/* Key and salt, as they are taken from the keying material. */
static size_t
cipher_key_len(const struct ike_suite *s)
{
	const struct ike_encr_alg *a = ike_encr_alg(s->encr, s->key_bits);

	return a != NULL ? a->key_len + (size_t)a->salt_len : 0;
}

/* Section 2.14; for a rekeyed IKE SA section 2.18 with the old SA's prf and SK_d. */
static int
skeyseed(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keymat_in *in,
		uint16_t old_prf, const uint8_t *old_d, uint8_t *out)
{
	uint8_t key[2 * IKE_NONCE_MAX];
	struct ike_blob rekey[3] = { in->gir, in->ni, in->nr };
	const struct ike_prf_alg *a = ike_prf_alg(s->prf);
	size_t ni = in->ni.len, nr = in->nr.len;

	if (old_d != NULL)
		return ike_prf(c, old_prf, old_d, ike_prf_len(old_prf), rekey, 3, out);
	/* A prf with a key of fixed length gets half of it from each nonce. */
	if (a != NULL && a->digest == NULL) {
		ni = ni < AES_BLOCK / 2 ? ni : AES_BLOCK / 2;
		nr = nr < AES_BLOCK / 2 ? nr : AES_BLOCK / 2;
	}
	if (a == NULL || ni + nr > sizeof(key))
		return -EIO;
	memcpy(key, in->ni.p, ni);
	memcpy(key + ni, in->nr.p, nr);
	return ike_prf(c, s->prf, key, ni + nr, &in->gir, 1, out);
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
	const struct ike_encr_alg *a = ike_encr_alg(child->encr, child->key_bits);
	uint8_t mat[2 * (32 + IKE_SALT_LEN + IKE_INTEG_MAX)];
	size_t auth = ike_integ_key_len(child->integ), at = 0;
	struct ike_blob parts[3] = { in->gir, in->ni, in->nr };
	int err;

	if (a == NULL)
		return -EIO;
	err = ike_prf_plus(c, prf, sk_d, ike_prf_len(prf), parts, 3, mat,
			2 * (a->key_len + a->salt_len + auth));
	for (int i = 0; err == 0 && i < 2; i++) {
		struct ike_child_keys *k = &out[i];

		k->encr = child->encr;
		k->key_bits = child->key_bits;
		k->integ = child->integ;
		k->esn = child->esn;
		k->enc_key_len = a->key_len;
		k->salt_len = a->salt_len;
		k->auth_key_len = (uint8_t)auth;
		take(k->enc_key, mat, &at, a->key_len);
		take(k->salt, mat, &at, a->salt_len);
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
