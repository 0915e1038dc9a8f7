/* SPDX-License-Identifier: BSD-3-Clause */
/* What esp_encrypt.c and esp_decrypt.c share: a worker's scratch. */
#ifndef CULVERT_DATAPLANE_NODES_ESP_INT_H
#define CULVERT_DATAPLANE_NODES_ESP_INT_H

#include <string.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/nodes/esp.h"
#include "dataplane/tables/tunnel.h"

static_assert(BURST_MAX <= CRYPT_BURST_MAX, "a vector is one batch");

/* A packet between the passes. Out: all that the last one wants to know of it, so that neither mbuf
 * nor tunnel are asked for again, which a burst later may have left the level 1 cache. */
struct esp_pkt {
	struct rte_mbuf *m;
	union {
		struct {
			struct egress egress;
			uint32_t len;   /* of the frame */
		};
		uint64_t seq;           /* in: the full number */
	};
};
static_assert(sizeof(struct esp_pkt) == 16, "four in a line");

struct esp_batch {
	struct crypt_op ops[BURST_MAX];
	struct esp_pkt pkts[BURST_MAX];
};

struct esp_worker {
	struct crypt crypt;
	/* Packets wait in @out (w->n_esp_ready) while others of the burst are still decrypted. */
	struct esp_batch out, in;
	/* Limit of CHAN_EV_UNKNOWN_SPI: events in the second that began at @spi_tsc. */
	uint64_t spi_tsc;
	uint32_t n_spi;
};

/**
 * A packet is out of @sa: @len bytes at @off of @m's buffer, of type @next_hdr; @m's data is
 * still at the outer IPv4 header. All that is not GRE in transport mode. -> ip4_input,
 * gre_decap
 */
void esp_tunnel_in(struct worker *w, struct sa *sa, struct rte_mbuf *m, unsigned int off,
		unsigned int len, uint8_t next_hdr);

/*
 * What the preparing passes must know of an algorithm. They are inlined for each of the frequent
 * kinds of SA, with a shape that the compiler knows, and once for all others.
 */
struct esp_shape {
	uint8_t iv_len; /* 0, 8 or 16 */
	uint8_t align;
	bool nonce;     /* the IV is a counter's and has its place in a nonce: AEADs and CTR */
	bool aead;      /* SPI and sequence number go to the AAD; else only the upper half */
	bool esn;
};

#define ESP_SHAPE_GCM(esn) ((struct esp_shape){ 8, 4, true, true, esn })
#define ESP_SHAPE_CBC(esn) ((struct esp_shape){ 16, 16, false, false, esn })

static inline struct esp_shape
esp_shape_of(const struct sa *sa)
{
	const struct esp_alg *a = &esp_algs[sa->alg];

	return (struct esp_shape){ .iv_len = a->iv_len, .align = a->align,
		.nonce = a->salt_len != 0, .aead = a->auth_key_len == 0, .esn = sa->esn != 0 };
}

/** RFC 4106 section 4, RFC 3686 section 4, RFC 7634 section 2: the nonce is the salt and the IV,
 *  @iv as it is in the packet. */
static __rte_always_inline void
esp_nonce(struct crypt_op *op, const struct sa *sa, uint64_t iv)
{
	uint64_t lo = sa->salt | iv << 32, hi = iv >> 32;

	memcpy(op->nonce, &lo, sizeof(lo));
	memcpy(op->nonce + 8, &hi, sizeof(hi));
}

/** RFC 4106 section 5 and others: the AAD is SPI and sequence number, @hdr as they are in the
 *  packet; with ESN it is the SPI and all 64 bits of @seq. */
static __rte_always_inline void
esp_aad_aead(struct crypt_op *op, uint64_t hdr, uint64_t seq, bool esn)
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

/** Else the AAD is only what is hashed and not sent: the upper half, with ESN. */
static __rte_always_inline void
esp_aad_integ(struct crypt_op *op, uint64_t seq, bool esn)
{
	rte_be32_t hi_be = rte_cpu_to_be_32((uint32_t)(seq >> 32));

	memcpy(op->aad, &hi_be, sizeof(hi_be));
	op->aad_len = esn ? 4 : 0;
}

#endif
