/* SPDX-License-Identifier: BSD-3-Clause */
/* What esp_encrypt.c and esp_decrypt.c share: a worker's scratch. */
#ifndef CULVERT_DATAPLANE_NODES_ESP_INT_H
#define CULVERT_DATAPLANE_NODES_ESP_INT_H

#include <string.h>

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

/** RFC 4106 section 4: the nonce is the salt and the IV, @iv as it is in the packet. */
static __rte_always_inline void
esp_nonce_gcm(struct crypt_op *op, const struct sa *sa, uint64_t iv)
{
	uint64_t lo = sa->salt | iv << 32, hi = iv >> 32;

	memcpy(op->nonce, &lo, sizeof(lo));
	memcpy(op->nonce + 8, &hi, sizeof(hi));
}

/** RFC 4106 section 5: the AAD is SPI and sequence number, @hdr as they are in the packet; with
 *  ESN it is the SPI and all 64 bits of @seq. */
static __rte_always_inline void
esp_aad_gcm(struct crypt_op *op, uint64_t hdr, uint64_t seq, bool esn)
{
	uint64_t lo = hdr, hi;

	if (esn) {
		hi = hdr >> 32;
		lo = (hdr & UINT32_MAX) | (uint64_t)rte_cpu_to_be_32((uint32_t)(seq >> 32)) << 32;
		memcpy(op->aad + 8, &hi, sizeof(hi));
	}
	memcpy(op->aad, &lo, sizeof(lo));
	op->aad_len = esn ? 12 : 8;
}

/** For HMAC the AAD is only what is hashed and not sent: the upper half, with ESN. */
static __rte_always_inline void
esp_aad_hmac(struct crypt_op *op, uint64_t seq, bool esn)
{
	rte_be32_t hi_be = rte_cpu_to_be_32((uint32_t)(seq >> 32));

	memcpy(op->aad, &hi_be, sizeof(hi_be));
	op->aad_len = esn ? 4 : 0;
}

#endif
