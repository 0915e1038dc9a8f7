/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an ESP algorithm fixes: lengths of keys, IV, ICV and padding. One table, read when an SA
 * is installed (sa.c) and by who must know an SA's overhead (tunnel templates, MTU budget).
 * RFC 4106 (AES-GCM), RFC 3602 (AES-CBC), RFC 2404 (HMAC-SHA1-96), RFC 4868 (HMAC-SHA2-256-128).
 */
#ifndef CULVERT_DATAPLANE_CRYPTO_ESP_ALG_H
#define CULVERT_DATAPLANE_CRYPTO_ESP_ALG_H

#include <stdint.h>

#include "common/channel.h"

#define ESP_HDR_LEN     8  /* SPI and sequence number */
#define ESP_TRAILER_LEN 2  /* pad length and next header */
#define ESP_MAX_IV      16
#define ESP_MAX_ICV     16

struct esp_alg {
	uint8_t enc_key_len;  /* bytes; 0: no such algorithm */
	uint8_t auth_key_len; /* bytes; 0 for AEAD */
	uint8_t salt_len;     /* 4 for GCM, else 0 */
	uint8_t iv_len;       /* carried in each packet */
	uint8_t icv_len;
	uint8_t align;        /* payload + padding + trailer is a multiple of it: 4 or 16 */
};

/* clang-format off */
static const struct esp_alg esp_algs[CHAN_N_ESP_ALGS] = {
	[CHAN_ESP_AES128_GCM16]          = { 16,  0, 4,  8, 16,  4 },
	[CHAN_ESP_AES256_GCM16]          = { 32,  0, 4,  8, 16,  4 },
	[CHAN_ESP_AES128_CBC_SHA1_96]    = { 16, 20, 0, 16, 12, 16 },
	[CHAN_ESP_AES256_CBC_SHA1_96]    = { 32, 20, 0, 16, 12, 16 },
	[CHAN_ESP_AES128_CBC_SHA256_128] = { 16, 32, 0, 16, 16, 16 },
	[CHAN_ESP_AES256_CBC_SHA256_128] = { 32, 32, 0, 16, 16, 16 },
};
/* clang-format on */

/** Bytes of the ESP packet (header to ICV) that carries @payload bytes. */
static inline uint32_t
esp_alg_len(const struct esp_alg *a, uint32_t payload)
{
	uint32_t body = (payload + ESP_TRAILER_LEN + a->align - 1) & ~(uint32_t)(a->align - 1);

	return ESP_HDR_LEN + a->iv_len + body + a->icv_len;
}

#endif
