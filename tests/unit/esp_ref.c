/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP a second time, slowly, from RFC 4303, 4106, 3602, 2404 and 4868 on OpenSSL's EVP: what the
 * nodes' packets are checked with and what packets for them are made by.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/unit/esp_fixture.h"

static bool
is_gcm(const struct chan_sa *c)
{
	return c->auth_key_len == 0;
}

static void
be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* SPI, [upper half], lower half: RFC 4106 section 5. */
static int
gcm_aad(const struct chan_sa *c, uint32_t seq_hi, const uint8_t *esp, uint8_t *aad)
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

/* In place over @len bytes after the IV; the tag behind them. false: not authentic. */
static bool
gcm_run(const struct chan_sa *c, uint32_t seq_hi, uint8_t *esp, unsigned int len, bool seal)
{
	const EVP_CIPHER *alg = c->enc_key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	uint8_t nonce[12], aad[12], *data = esp + 16;
	int aad_len = gcm_aad(c, seq_hi, esp, aad), n = 0;
	bool ok;

	memcpy(nonce, c->salt, 4);
	memcpy(nonce + 4, esp + 8, 8);
	EVP_CipherInit_ex(x, alg, NULL, c->enc_key, nonce, seal);
	if (!seal)
		EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_GCM_SET_TAG, 16, data + len);
	EVP_CipherUpdate(x, NULL, &n, aad, aad_len);
	EVP_CipherUpdate(x, data, &n, data, (int)len);
	ok = EVP_CipherFinal_ex(x, data + n, &n) == 1;
	if (seal)
		EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_GCM_GET_TAG, 16, data + len);
	EVP_CIPHER_CTX_free(x);
	return ok;
}

static void
cbc_run(const struct chan_sa *c, uint8_t *esp, unsigned int len, bool seal)
{
	const EVP_CIPHER *alg = c->enc_key_len == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	int n = 0;

	EVP_CipherInit_ex(x, alg, NULL, c->enc_key, esp + 8, seal);
	EVP_CIPHER_CTX_set_padding(x, 0);
	EVP_CipherUpdate(x, esp + 24, &n, esp + 24, (int)len);
	EVP_CIPHER_CTX_free(x);
}

/* Over header, IV and ciphertext, and the upper half behind them: RFC 4303 section 2.8. */
static void
hmac_run(const struct chan_sa *c, uint32_t seq_hi, const uint8_t *esp, unsigned int len,
		uint8_t *icv)
{
	uint8_t *buf = malloc(len + 4), md[32];
	unsigned int md_len = 0;

	memcpy(buf, esp, len);
	be32(buf + len, seq_hi);
	HMAC(c->auth_key_len == 20 ? EVP_sha1() : EVP_sha256(), c->auth_key, c->auth_key_len, buf,
			len + (c->esn ? 4 : 0), md, &md_len);
	memcpy(icv, md, esp_algs[c->alg].icv_len);
	free(buf);
}

unsigned int
ref_pad(enum chan_esp_alg alg, unsigned int len)
{
	unsigned int align = alg == CHAN_ESP_AES128_GCM16 || alg == CHAN_ESP_AES256_GCM16 ? 4 : 16;
	unsigned int pad = 0;

	while ((len + pad + 2) % align != 0)
		pad++;
	return pad;
}

unsigned int
ref_seal(const struct chan_sa *c, uint64_t seq, const uint8_t *iv, const void *payload,
		unsigned int len, const uint8_t *padding, unsigned int pad, uint8_t pad_len,
		uint8_t next, uint8_t *esp)
{
	unsigned int iv_len = is_gcm(c) ? 8 : 16;
	uint8_t *data = esp + 8 + iv_len;
	unsigned int body = len + pad + 2;

	be32(esp, c->spi);
	be32(esp + 4, (uint32_t)seq);
	memcpy(esp + 8, iv, iv_len);
	memcpy(data, payload, len);
	for (unsigned int i = 0; i < pad; i++)
		data[len + i] = padding != NULL ? padding[i] : (uint8_t)(i + 1);
	data[body - 2] = pad_len;
	data[body - 1] = next;
	if (is_gcm(c)) {
		gcm_run(c, (uint32_t)(seq >> 32), esp, body, true);
	} else {
		cbc_run(c, esp, body, true);
		hmac_run(c, (uint32_t)(seq >> 32), esp, 24 + body, data + body);
	}
	return 8 + iv_len + body + esp_algs[c->alg].icv_len;
}

int
ref_open(const struct chan_sa *c, uint32_t seq_hi, const uint8_t *esp, unsigned int len,
		uint8_t *plain)
{
	unsigned int iv_len = is_gcm(c) ? 8 : 16, icv_len = esp_algs[c->alg].icv_len;
	unsigned int body = len - 8 - iv_len - icv_len;
	uint8_t *copy = malloc(len), icv[16];
	bool ok;

	memcpy(copy, esp, len);
	if (is_gcm(c)) {
		ok = gcm_run(c, seq_hi, copy, body, false);
	} else {
		hmac_run(c, seq_hi, copy, 24 + body, icv);
		ok = memcmp(icv, copy + 24 + body, icv_len) == 0;
		cbc_run(c, copy, body, false);
	}
	memcpy(plain, copy + 8 + iv_len, body);
	free(copy);
	return ok ? (int)body : -1;
}
