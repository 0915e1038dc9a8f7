/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys, hashes and IVs of IKEv1; see ike1_crypto.h. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "controlplane/ike/ike1_crypto.h"

/* The hash that a prf is the HMAC of. */
static const char *
digest_of(uint16_t prf)
{
	switch (ike_prf_len(prf)) {
	case 20:
		return "SHA1";
	case 32:
		return "SHA256";
	case 48:
		return "SHA384";
	case 64:
		return "SHA512";
	default:
		return NULL;
	}
}

static size_t
digest(uint16_t prf, const struct ike_blob *in, unsigned int n, uint8_t out[IKE1_HASH_MAX])
{
	const char *name = digest_of(prf);
	EVP_MD *md = name != NULL ? EVP_MD_fetch(NULL, name, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int len = 0;
	bool ok = md != NULL && ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) > 0;

	for (unsigned int i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, in[i].p, in[i].len) > 0;
	ok = ok && EVP_DigestFinal_ex(ctx, out, &len) > 0;
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return ok ? len : 0;
}

size_t
ike1_block_len(uint16_t encr)
{
	return encr == IKE_ENCR_3DES ? 8 : encr == IKE_ENCR_AES_CBC ? 16 : 0;
}

static void
put_be64(uint8_t *p, uint64_t v)
{
	struct wr w = wr_init(p, 8);

	wr_be64(&w, v);
}

static struct ike_blob
blob(const void *p, size_t len)
{
	return (struct ike_blob){ .p = p, .len = len };
}

/* Appendix B: SKEYID_e is stretched if the cipher wants more than one hash of it. */
static int
cipher_key(const struct ike_crypto *c, const struct ike_suite *s, const uint8_t *skeyid_e,
		uint8_t *out)
{
	const struct ike_encr_alg *alg = ike_encr_alg(s->encr, s->key_bits);
	size_t hash = ike_prf_len(s->prf), want = alg != NULL ? alg->key_len : 0, done = 0;
	uint8_t k[IKE1_HASH_MAX] = { 0 };
	struct ike_blob in = blob(k, 1); /* K1 = prf(SKEYID_e, 0) */
	int err = 0;

	if (want == 0 || want > 32)
		return -EIO;
	if (want <= hash) {
		memcpy(out, skeyid_e, want);
		return 0;
	}
	while (err == 0 && done < want) {
		size_t n = want - done < hash ? want - done : hash;

		err = ike_prf(c, s->prf, skeyid_e, hash, &in, 1, k);
		memcpy(out + done, k, n);
		done += n;
		in = blob(k, hash);
	}
	OPENSSL_cleanse(k, sizeof(k));
	return err;
}

static int
phase1_iv(const struct ike_suite *s, const struct ike1_keymat_in *in, uint8_t *iv)
{
	struct ike_blob both[2] = { in->gxi, in->gxr };
	uint8_t hash[IKE1_HASH_MAX];

	if (digest(s->prf, both, 2, hash) == 0)
		return -EIO;
	memcpy(iv, hash, ike1_block_len(s->encr));
	return 0;
}

/* Section 5: of the pre-shared key and the nonces, or of the nonces and the shared secret. */
static int
skeyid(const struct ike_crypto *c, const struct ike_suite *s, const struct ike1_keymat_in *in,
		uint8_t *out)
{
	struct ike_blob nonces[2] = { in->ni, in->nr };
	uint8_t key[2 * IKE_NONCE_MAX];

	if (!in->sig)
		return ike_prf(c, s->prf, in->psk.p, in->psk.len, nonces, 2, out);
	if (in->ni.len + in->nr.len > sizeof(key))
		return -EIO;
	memcpy(key, in->ni.p, in->ni.len);
	memcpy(key + in->ni.len, in->nr.p, in->nr.len);
	return ike_prf(c, s->prf, key, in->ni.len + in->nr.len, &in->gxy, 1, out);
}

int
ike1_derive(const struct ike_crypto *c, const struct ike_suite *s,
		const struct ike1_keymat_in *in, struct ike1_keys *out)
{
	size_t hash = ike_prf_len(s->prf);
	uint8_t ck[16] = { 0 }, e[IKE1_HASH_MAX], which = 0;
	struct ike_blob d[3] = { in->gxy, blob(ck, sizeof(ck)), blob(&which, 1) };
	struct ike_blob chain[4] = { blob(out->d, hash), d[0], d[1], d[2] };
	int err;

	if (hash == 0 || ike1_block_len(s->encr) == 0)
		return -EIO;
	put_be64(ck, in->ck_i);
	put_be64(ck + 8, in->ck_r);
	err = skeyid(c, s, in, out->skeyid);
	if (err == 0)
		err = ike_prf(c, s->prf, out->skeyid, hash, d, 3, out->d);
	which = 1;
	if (err == 0)
		err = ike_prf(c, s->prf, out->skeyid, hash, chain, 4, out->a);
	which = 2;
	chain[0] = blob(out->a, hash);
	if (err == 0)
		err = ike_prf(c, s->prf, out->skeyid, hash, chain, 4, e);
	if (err == 0)
		err = cipher_key(c, s, e, out->e);
	if (err == 0)
		err = phase1_iv(s, in, out->iv);
	OPENSSL_cleanse(e, sizeof(e));
	return err;
}

int
ike1_auth_hash(const struct ike_crypto *c, const struct ike_suite *s,
		const struct ike1_keys *k, const struct ike1_keymat_in *in, bool initiator,
		const struct ike_blob *sai, const struct ike_blob *id, uint8_t *out)
{
	uint8_t ck[16] = { 0 };
	struct ike_blob parts[5] = { initiator ? in->gxi : in->gxr,
		initiator ? in->gxr : in->gxi, blob(ck, sizeof(ck)), *sai, *id };

	put_be64(ck, initiator ? in->ck_i : in->ck_r);
	put_be64(ck + 8, initiator ? in->ck_r : in->ck_i);
	return ike_prf(c, s->prf, k->skeyid, ike_prf_len(s->prf), parts, 5, out);
}

int
ike1_hash(const struct ike_crypto *c, const struct ike_suite *s, const struct ike1_keys *k,
		const struct ike_blob *in, unsigned int n, uint8_t *out)
{
	return ike_prf(c, s->prf, k->a, ike_prf_len(s->prf), in, n, out);
}

int
ike1_iv(const struct ike_crypto *c, const struct ike_suite *s, const struct ike1_keys *k,
		uint32_t mid, uint8_t iv[IKE1_BLOCK_MAX])
{
	uint8_t mid_be[4] = { 0 }, hash[IKE1_HASH_MAX];
	struct ike_blob in[2] = { blob(k->iv, ike1_block_len(s->encr)), blob(mid_be, 4) };
	struct wr w = wr_init(mid_be, 4);

	wr_be32(&w, mid);
	if (digest(s->prf, in, 2, hash) == 0)
		return -EIO;
	memcpy(iv, hash, ike1_block_len(s->encr));
	return 0;
}

int
ike1_cipher(const struct ike_suite *s, const struct ike1_keys *k, uint8_t iv[IKE1_BLOCK_MAX],
		uint8_t *data, size_t len, bool encrypt)
{
	size_t block = ike1_block_len(s->encr);
	const struct ike_encr_alg *alg = ike_encr_alg(s->encr, s->key_bits);
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	uint8_t next[IKE1_BLOCK_MAX];
	int n = 0;
	bool ok;

	if (alg == NULL || block == 0 || len == 0 || len % block != 0 || len > IKE_MSG_MAX)
		return -EBADMSG;
	if (!encrypt)
		memcpy(next, data + len - block, block);
	cipher = EVP_CIPHER_fetch(NULL, alg->evp, NULL);
	ctx = EVP_CIPHER_CTX_new();
	ok = cipher != NULL && ctx != NULL &&
	     EVP_CipherInit_ex2(ctx, cipher, k->e, iv, encrypt, NULL) > 0 &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0) > 0 &&
	     EVP_CipherUpdate(ctx, data, &n, data, (int)len) > 0 && (size_t)n == len;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	if (!ok)
		return -EIO;
	memcpy(iv, encrypt ? data + len - block : next, block);
	return 0;
}

/* Section 5.5: K1 = prf(SKEYID_d, [g^xy |] protocol | SPI | Ni | Nr), Kn: Kn-1 in front of it. */
static int
keymat(const struct ike_crypto *c, const struct ike_suite *phase1, const struct ike1_keys *k,
		const struct ike_blob *gxy, const struct ike_blob *ni, const struct ike_blob *nr,
		uint32_t spi, uint8_t *out, size_t len)
{
	size_t hash = ike_prf_len(phase1->prf), done = 0;
	uint8_t head[5] = { 0 }, block[IKE1_HASH_MAX] = { 0 };
	struct wr w = wr_init(head, sizeof(head));
	struct ike_blob in[5] = { blob(block, 0), *gxy, blob(head, sizeof(head)), *ni, *nr };
	int err = 0;

	wr_u8(&w, IKE_PROTO_ESP);
	wr_be32(&w, spi);
	while (err == 0 && done < len) {
		size_t n = len - done < hash ? len - done : hash;

		err = ike_prf(c, phase1->prf, k->d, hash, in, 5, block);
		memcpy(out + done, block, n);
		done += n;
		in[0].len = hash;
	}
	OPENSSL_cleanse(block, sizeof(block));
	return err;
}

int
ike1_derive_child(const struct ike_crypto *c, const struct ike_suite *phase1,
		const struct ike1_keys *k, const struct ike_suite *esp, const struct ike_blob *gxy,
		const struct ike_blob *ni, const struct ike_blob *nr, uint32_t spi,
		struct ike_child_keys *out)
{
	const struct ike_encr_alg *alg = ike_encr_alg(esp->encr, esp->key_bits);
	size_t enc = alg != NULL ? alg->key_len : 0, salt = alg != NULL ? alg->salt_len : 0;
	size_t auth = ike_integ_key_len(esp->integ);
	uint8_t mat[sizeof(out->enc_key) + IKE_SALT_LEN + sizeof(out->auth_key)];
	int err;

	if (alg == NULL || enc > sizeof(out->enc_key) || auth > sizeof(out->auth_key))
		return -EIO;
	err = keymat(c, phase1, k, gxy, ni, nr, spi, mat, enc + salt + auth);
	out->spi = spi;
	out->encr = esp->encr;
	out->key_bits = esp->key_bits;
	out->integ = esp->integ;
	out->esn = false; /* IKEv1's ESN (RFC 4304) is not offered */
	out->enc_key_len = (uint8_t)enc;
	out->salt_len = (uint8_t)salt;
	out->auth_key_len = (uint8_t)auth;
	memcpy(out->enc_key, mat, enc);
	memcpy(out->salt, mat + enc, salt);
	memcpy(out->auth_key, mat + enc + salt, auth);
	OPENSSL_cleanse(mat, sizeof(mat));
	return err;
}

size_t
ike1_nat_hash(const struct ike_suite *s, uint64_t ck_i, uint64_t ck_r, uint32_t addr,
		uint16_t port, uint8_t out[IKE1_HASH_MAX])
{
	uint8_t in[22] = { 0 };
	struct wr w = wr_init(in, sizeof(in));
	struct ike_blob b = blob(in, sizeof(in));

	wr_be64(&w, ck_i);
	wr_be64(&w, ck_r);
	wr_be32(&w, addr);
	wr_be16(&w, port);
	return digest(s->prf, &b, 1, out);
}
