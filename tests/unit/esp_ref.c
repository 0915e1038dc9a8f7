/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP a second time, slowly, from the RFCs and on OpenSSL's EVP: what the nodes' packets are
 * checked with and what packets for them are made by. What an algorithm is follows from its name
 * ("aes192ctr-sha384"), not from the dataplane's table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/unit/esp_fixture.h"

enum ref_mode { REF_NULL, REF_GCM, REF_GMAC, REF_CHACHA, REF_CBC, REF_CTR, REF_3DES };

struct ref {
	enum ref_mode mode;
	unsigned int bits;    /* of the cipher's key */
	unsigned int iv_len, icv_len, align;
	const char *integ;    /* after the dash, or NULL */
};

static struct ref
ref_of(enum chan_esp_alg alg)
{
	static const struct {
		const char *name;
		unsigned int icv_len;
	} integs[] = { { "sha1", 12 }, { "sha256", 16 }, { "sha384", 24 }, { "sha512", 32 },
		{ "aesxcbc", 12 }, { "aescmac", 12 } };
	const char *name = chan_esp_alg_str(alg), *dash = strchr(name, '-');
	struct ref r = { .mode = REF_CBC, .iv_len = 16, .align = 16, .integ = NULL };

	if (sscanf(name, "aes%u", &r.bits) != 1)
		r.bits = strncmp(name, "3des", 4) == 0 ? 192 : 256;
	if (strstr(name, "gcm") != NULL)
		r = (struct ref){ REF_GCM, r.bits, 8, (unsigned int)atoi(strstr(name, "gcm") + 3),
			4,
			NULL };
	else if (strstr(name, "gmac") != NULL)
		r = (struct ref){ REF_GMAC, r.bits, 8, 16, 4, NULL };
	else if (strncmp(name, "chacha", 6) == 0)
		r = (struct ref){ REF_CHACHA, 256, 8, 16, 4, NULL };
	else if (strstr(name, "ctr-") != NULL)
		r = (struct ref){ REF_CTR, r.bits, 8, 0, 4, NULL };
	else if (strncmp(name, "3des", 4) == 0)
		r = (struct ref){ REF_3DES, r.bits, 8, 0, 8, NULL };
	else if (strncmp(name, "null", 4) == 0)
		r = (struct ref){ REF_NULL, 0, 0, 0, 4, NULL };
	for (unsigned int i = 0; dash != NULL && i < RTE_DIM(integs); i++)
		if (strcmp(dash + 1, integs[i].name) == 0) {
			r.integ = integs[i].name;
			r.icv_len = integs[i].icv_len;
		}
	return r;
}

static void
be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* ---- AEADs ----------------------------------------------------------------------------------- */

/* SPI, [upper half], lower half: RFC 4106 section 5. */
static int
aead_aad(const struct chan_sa *c, uint32_t seq_hi, const uint8_t *esp, uint8_t *aad)
{
	memcpy(aad, esp, 4);
	if (!c->esn) {
		memcpy(aad + 4, esp + 4, 4);
		return 8;
	}
	be32(aad + 4, seq_hi);
	memcpy(aad + 8, esp + 4, 4);
	return 12;
}

static const EVP_CIPHER *
aead_cipher(const struct ref *r)
{
	if (r->mode == REF_CHACHA)
		return EVP_chacha20_poly1305();
	return r->bits == 128 ? EVP_aes_128_gcm() : r->bits == 192 ? EVP_aes_192_gcm() :
								   EVP_aes_256_gcm();
}

/*
 * In place over @len bytes after the IV; the tag behind them. false: not authentic. GMAC (RFC 4543
 * section 3) is GCM with everything in the AAD: header, IV, payload.
 */
static bool
aead_run(const struct chan_sa *c, const struct ref *r, uint32_t seq_hi, uint8_t *esp,
		unsigned int len, bool seal)
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	uint8_t nonce[12], aad[12], *data = esp + 16;
	int aad_len = aead_aad(c, seq_hi, esp, aad), n = 0;
	bool ok;

	memcpy(nonce, c->salt, 4);
	memcpy(nonce + 4, esp + 8, 8);
	EVP_CipherInit_ex(x, aead_cipher(r), NULL, c->enc_key, nonce, seal);
	if (!seal)
		EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, (int)r->icv_len, data + len);
	EVP_CipherUpdate(x, NULL, &n, aad, aad_len);
	if (r->mode == REF_GMAC)
		EVP_CipherUpdate(x, NULL, &n, esp + 8, (int)len + 8);
	else
		EVP_CipherUpdate(x, data, &n, data, (int)len);
	ok = EVP_CipherFinal_ex(x, data + len, &n) == 1;
	if (seal)
		EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, (int)r->icv_len, data + len);
	EVP_CIPHER_CTX_free(x);
	return ok;
}

/* ---- cipher and integrity apart ------------------------------------------------------------ */

static const EVP_CIPHER *
cipher_of(const struct ref *r)
{
	if (r->mode == REF_3DES)
		return EVP_des_ede3_cbc();
	if (r->mode == REF_CTR)
		return r->bits == 128 ? EVP_aes_128_ctr() : r->bits == 192 ? EVP_aes_192_ctr() :
									   EVP_aes_256_ctr();
	return r->bits == 128 ? EVP_aes_128_cbc() : r->bits == 192 ? EVP_aes_192_cbc() :
								   EVP_aes_256_cbc();
}

static void
cipher_run(const struct chan_sa *c, const struct ref *r, uint8_t *esp, unsigned int len, bool seal)
{
	uint8_t iv[16] = { 0 }, *data = esp + 8 + r->iv_len;
	EVP_CIPHER_CTX *x;
	int n = 0;

	if (r->mode == REF_NULL)
		return;
	memcpy(iv, esp + 8, r->iv_len);
	if (r->mode == REF_CTR) {
		memcpy(iv, c->salt, 4);
		memcpy(iv + 4, esp + 8, 8);
		be32(iv + 12, 1); /* RFC 3686 section 4 */
	}
	x = EVP_CIPHER_CTX_new();
	EVP_CipherInit_ex(x, cipher_of(r), NULL, c->enc_key, iv, seal);
	EVP_CIPHER_CTX_set_padding(x, 0);
	EVP_CipherUpdate(x, data, &n, data, (int)len);
	EVP_CIPHER_CTX_free(x);
}

static void
aes_block(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	uint8_t res[32];
	int n = 0;

	EVP_EncryptInit_ex(x, EVP_aes_128_ecb(), NULL, key, NULL);
	EVP_CIPHER_CTX_set_padding(x, 0);
	EVP_EncryptUpdate(x, res, &n, in, 16);
	memcpy(out, res, 16);
	EVP_CIPHER_CTX_free(x);
}

/* RFC 3566 section 4. */
static void
xcbc_mac(const uint8_t key[16], const uint8_t *p, size_t len, uint8_t mac[16])
{
	uint8_t k[3][16], block[16];

	for (unsigned int i = 0; i < 3; i++) {
		memset(block, (int)i + 1, sizeof(block));
		aes_block(key, block, k[i]);
	}
	memset(mac, 0, 16);
	for (; len > 16; len -= 16, p += 16) {
		for (unsigned int i = 0; i < 16; i++)
			mac[i] ^= p[i];
		aes_block(k[0], mac, mac);
	}
	memset(block, 0, sizeof(block));
	memcpy(block, p, len);
	if (len < 16)
		block[len] = 0x80;
	for (unsigned int i = 0; i < 16; i++)
		mac[i] ^= block[i] ^ k[len == 16 ? 1 : 2][i];
	aes_block(k[0], mac, mac);
}

static void
cmac(const uint8_t key[16], const uint8_t *p, size_t len, uint8_t mac[16])
{
	EVP_MAC *alg = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *x = EVP_MAC_CTX_new(alg);
	char name[] = "AES-128-CBC";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
		OSSL_PARAM_construct_end() };
	size_t n = 0;

	EVP_MAC_init(x, key, 16, params);
	EVP_MAC_update(x, p, len);
	EVP_MAC_final(x, mac, &n, 16);
	EVP_MAC_CTX_free(x);
	EVP_MAC_free(alg);
}

/* Over header, IV and ciphertext, and the upper half behind them: RFC 4303 section 2.8. */
static void
integ_run(const struct chan_sa *c, const struct ref *r, uint32_t seq_hi, const uint8_t *esp,
		unsigned int len, uint8_t *icv)
{
	uint8_t *buf = malloc(len + 4), md[64];
	size_t n = len + (c->esn ? 4 : 0);
	unsigned int md_len = 0;

	memcpy(buf, esp, len);
	be32(buf + len, seq_hi);
	if (strcmp(r->integ, "aesxcbc") == 0)
		xcbc_mac(c->auth_key, buf, n, md);
	else if (strcmp(r->integ, "aescmac") == 0)
		cmac(c->auth_key, buf, n, md);
	else
		HMAC(EVP_get_digestbyname(r->integ), c->auth_key, c->auth_key_len, buf, n, md,
				&md_len);
	memcpy(icv, md, r->icv_len);
	free(buf);
}

/* ---- ESP ----------------------------------------------------------------------------------- */

unsigned int
ref_pad(enum chan_esp_alg alg, unsigned int len)
{
	struct ref r = ref_of(alg);
	unsigned int pad = 0;

	while ((len + pad + 2) % r.align != 0)
		pad++;
	return pad;
}

unsigned int
ref_seal(const struct chan_sa *c, uint64_t seq, const uint8_t *iv, const void *payload,
		unsigned int len, const uint8_t *padding, unsigned int pad, uint8_t pad_len,
		uint8_t next, uint8_t *esp)
{
	struct ref r = ref_of(c->alg);
	uint8_t *data = esp + 8 + r.iv_len;
	unsigned int body = len + pad + 2;

	be32(esp, c->spi);
	be32(esp + 4, (uint32_t)seq);
	memcpy(esp + 8, iv, r.iv_len);
	memcpy(data, payload, len);
	for (unsigned int i = 0; i < pad; i++)
		data[len + i] = padding != NULL ? padding[i] : (uint8_t)(i + 1);
	data[body - 2] = pad_len;
	data[body - 1] = next;
	if (r.integ == NULL) {
		aead_run(c, &r, (uint32_t)(seq >> 32), esp, body, true);
	} else {
		cipher_run(c, &r, esp, body, true);
		integ_run(c, &r, (uint32_t)(seq >> 32), esp, 8 + r.iv_len + body, data + body);
	}
	return 8 + r.iv_len + body + r.icv_len;
}

int
ref_open(const struct chan_sa *c, uint32_t seq_hi, const uint8_t *esp, unsigned int len,
		uint8_t *plain)
{
	struct ref r = ref_of(c->alg);
	unsigned int head = 8 + r.iv_len, body = len - head - r.icv_len;
	uint8_t *copy = malloc(len), icv[32];
	bool ok;

	memcpy(copy, esp, len);
	if (r.integ == NULL) {
		ok = aead_run(c, &r, seq_hi, copy, body, false);
	} else {
		integ_run(c, &r, seq_hi, copy, head + body, icv);
		ok = memcmp(icv, copy + head + body, r.icv_len) == 0;
		cipher_run(c, &r, copy, body, false);
	}
	memcpy(plain, copy + head, body);
	free(copy);
	return ok ? (int)body : -1;
}
