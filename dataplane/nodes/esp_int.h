/* SPDX-License-Identifier: BSD-3-Clause */
/* What esp_encrypt.c and esp_decrypt.c share: a worker's scratch. */
#ifndef CULVERT_DATAPLANE_NODES_ESP_INT_H
#define CULVERT_DATAPLANE_NODES_ESP_INT_H

#include <emmintrin.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/nodes/esp.h"

static_assert(BURST_MAX <= CRYPT_BURST_MAX, "a vector is one batch");

/* A packet between the passes. */
struct esp_pkt {
	struct rte_mbuf *m;
	union {
		struct tunnel *tun; /* out */
		uint64_t seq;       /* in: the full number */
	};
};

struct esp_worker {
	struct crypt crypt;
	struct crypt_op ops[BURST_MAX];
	struct esp_pkt pkts[BURST_MAX];
	/* Limit of CHAN_EV_UNKNOWN_SPI: events in the second that began at @spi_tsc. */
	uint64_t spi_tsc;
	uint32_t n_spi;
};

/*
 * Nonce and AAD are stored 16 bytes at a time, as the cipher loads them: a load that spans
 * several young stores has to wait until they have reached the cache.
 */
static inline void
store16(uint8_t *p, uint64_t lo, uint64_t hi)
{
	_mm_store_si128((__m128i *)p, _mm_set_epi64x((long long)hi, (long long)lo));
}

/** RFC 4106 section 5: the AAD is SPI and sequence number, with ESN all 64 bits of it. */
static inline void
esp_aad(struct crypt_op *op, const struct sa *sa, rte_be32_t spi_be, uint64_t seq)
{
	uint64_t lo_be = rte_cpu_to_be_32((uint32_t)seq);
	uint64_t hi_be = rte_cpu_to_be_32((uint32_t)(seq >> 32));

	if (sa->esn)
		store16(op->aad, spi_be | hi_be << 32, lo_be);
	else
		store16(op->aad, spi_be | lo_be << 32, 0);
	op->aad_len = sa->esn ? 12 : 8;
}

/** For HMAC the AAD is only what is hashed and not sent: the upper half, with ESN. */
static inline void
esp_hmac_tail(struct crypt_op *op, const struct sa *sa, uint64_t seq)
{
	store16(op->aad, rte_cpu_to_be_32((uint32_t)(seq >> 32)), 0);
	op->aad_len = sa->esn ? 4 : 0;
}

static inline bool
esp_alg_is_gcm(uint8_t alg)
{
	return alg == CHAN_ESP_AES128_GCM16 || alg == CHAN_ESP_AES256_GCM16;
}

#endif
