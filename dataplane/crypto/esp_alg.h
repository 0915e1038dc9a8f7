/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an ESP algorithm fixes: which cipher and which integrity algorithm, lengths of keys, IV, ICV
 * and padding. One table, read when an SA is installed (sa_keys.c), when a job is made
 * (mb_jobs.c) and by who must know an SA's overhead (tunnel templates, MTU budget).
 *
 *     AES-GCM RFC 4106, AES-GMAC RFC 4543, ChaCha20-Poly1305 RFC 7634
 *     AES-CBC RFC 3602, AES-CTR RFC 3686, 3DES-CBC RFC 2451, NULL RFC 2410
 *     HMAC-SHA1-96 RFC 2404, HMAC-SHA2 RFC 4868, AES-XCBC-96 RFC 3566, AES-CMAC-96 RFC 4494
 */
#ifndef CULVERT_DATAPLANE_CRYPTO_ESP_ALG_H
#define CULVERT_DATAPLANE_CRYPTO_ESP_ALG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"

#define ESP_HDR_LEN     8  /* SPI and sequence number */
#define ESP_TRAILER_LEN 2  /* pad length and next header */
#define ESP_MAX_IV      16
#define ESP_MAX_ICV     32

enum esp_cipher {
	ESP_CIPHER_NULL,
	ESP_CIPHER_GCM,    /* the first three are AEADs: no integrity algorithm beside them */
	ESP_CIPHER_GMAC,   /* nothing is encrypted */
	ESP_CIPHER_CHACHA,
	ESP_CIPHER_CBC,
	ESP_CIPHER_CTR,
	ESP_CIPHER_3DES,
};

enum esp_integ {
	ESP_INTEG_NONE, /* the cipher's own */
	ESP_INTEG_SHA1,
	ESP_INTEG_SHA256,
	ESP_INTEG_SHA384,
	ESP_INTEG_SHA512,
	ESP_INTEG_XCBC,
	ESP_INTEG_CMAC,
};

struct esp_alg {
	uint8_t enc_key_len;  /* bytes; 0 for NULL */
	uint8_t auth_key_len; /* bytes; 0 for AEADs */
	uint8_t salt_len;     /* 4 for AEADs and CTR, else 0 */
	uint8_t iv_len;       /* carried in each packet */
	uint8_t icv_len;
	uint8_t align;        /* payload + padding + trailer is a multiple of it: 4, 8 or 16;
			       * 0: no such algorithm */
	uint8_t cipher;       /* enum esp_cipher */
	uint8_t integ;        /* enum esp_integ */
};

/* clang-format off */
/* One cipher with every integrity algorithm. */
#define ESP_ALG_ROWS(id, key, salt, iv, align, cipher) \
	[CHAN_ESP_##id##_SHA1_96]    = { key, 20, salt, iv, 12, align, cipher, ESP_INTEG_SHA1 }, \
	[CHAN_ESP_##id##_SHA256_128] = { key, 32, salt, iv, 16, align, cipher, ESP_INTEG_SHA256 }, \
	[CHAN_ESP_##id##_SHA384_192] = { key, 48, salt, iv, 24, align, cipher, ESP_INTEG_SHA384 }, \
	[CHAN_ESP_##id##_SHA512_256] = { key, 64, salt, iv, 32, align, cipher, ESP_INTEG_SHA512 }, \
	[CHAN_ESP_##id##_XCBC_96]    = { key, 16, salt, iv, 12, align, cipher, ESP_INTEG_XCBC }, \
	[CHAN_ESP_##id##_CMAC_96]    = { key, 16, salt, iv, 12, align, cipher, ESP_INTEG_CMAC }

static const struct esp_alg esp_algs[CHAN_N_ESP_ALGS] = {
	[CHAN_ESP_AES128_GCM16]      = { 16, 0, 4, 8, 16, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES192_GCM16]      = { 24, 0, 4, 8, 16, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES256_GCM16]      = { 32, 0, 4, 8, 16, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES128_GCM12]      = { 16, 0, 4, 8, 12, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES192_GCM12]      = { 24, 0, 4, 8, 12, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES256_GCM12]      = { 32, 0, 4, 8, 12, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES128_GCM8]       = { 16, 0, 4, 8,  8, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES192_GCM8]       = { 24, 0, 4, 8,  8, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES256_GCM8]       = { 32, 0, 4, 8,  8, 4, ESP_CIPHER_GCM,    ESP_INTEG_NONE },
	[CHAN_ESP_AES128_GMAC]       = { 16, 0, 4, 8, 16, 4, ESP_CIPHER_GMAC,   ESP_INTEG_NONE },
	[CHAN_ESP_AES192_GMAC]       = { 24, 0, 4, 8, 16, 4, ESP_CIPHER_GMAC,   ESP_INTEG_NONE },
	[CHAN_ESP_AES256_GMAC]       = { 32, 0, 4, 8, 16, 4, ESP_CIPHER_GMAC,   ESP_INTEG_NONE },
	[CHAN_ESP_CHACHA20_POLY1305] = { 32, 0, 4, 8, 16, 4, ESP_CIPHER_CHACHA, ESP_INTEG_NONE },
	ESP_ALG_ROWS(AES128_CBC, 16, 0, 16, 16, ESP_CIPHER_CBC),
	ESP_ALG_ROWS(AES192_CBC, 24, 0, 16, 16, ESP_CIPHER_CBC),
	ESP_ALG_ROWS(AES256_CBC, 32, 0, 16, 16, ESP_CIPHER_CBC),
	ESP_ALG_ROWS(AES128_CTR, 16, 4,  8,  4, ESP_CIPHER_CTR),
	ESP_ALG_ROWS(AES192_CTR, 24, 4,  8,  4, ESP_CIPHER_CTR),
	ESP_ALG_ROWS(AES256_CTR, 32, 4,  8,  4, ESP_CIPHER_CTR),
	ESP_ALG_ROWS(3DES_CBC,   24, 0,  8,  8, ESP_CIPHER_3DES),
	ESP_ALG_ROWS(NULL,        0, 0,  0,  4, ESP_CIPHER_NULL),
};
/* clang-format on */
#undef ESP_ALG_ROWS

/** Is it AES-GCM? What does not go through the job API; asked once per packet. */
static inline bool
esp_alg_is_gcm(uint8_t alg)
{
	static_assert(CHAN_ESP_AES128_GCM16 == 1 && CHAN_ESP_AES256_GCM8 == 9, "the first nine");
	return (uint8_t)(alg - 1) < CHAN_ESP_AES256_GCM8;
}

/** Bytes of the ESP packet (header to ICV) that carries @payload bytes. */
static inline uint32_t
esp_alg_len(const struct esp_alg *a, uint32_t payload)
{
	uint32_t body = (payload + ESP_TRAILER_LEN + a->align - 1) & ~(uint32_t)(a->align - 1);

	return ESP_HDR_LEN + a->iv_len + body + a->icv_len;
}

#endif
