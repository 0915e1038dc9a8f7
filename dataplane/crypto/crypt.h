/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Batches of packets through the ciphers. A node prepares one struct crypt_op for each packet,
 * all of the burst, and then calls crypt_run() once: what was stored when an operation was
 * prepared has then left the store buffer when the cipher loads it.
 *
 *   gcm.c        AES-GCM: which packets go where
 *   gcm_batch*   our own AES-GCM, on CPUs with VAES (gcm_batch.h)
 *   mb_jobs.c    all other ciphers, job API of intel-ipsec-mb: different SAs share the lanes
 *   mb_burst.c   of these, a batch of one frequent algorithm
 *   hmac_batch*  our own HMAC for that, on CPUs with AVX-512 (hmac_batch.h)
 *   crypt.c      the managers and unpredictable IVs
 *
 * One struct crypt belongs to one worker. Nothing stays in it from one call to the next.
 */
#ifndef CULVERT_DATAPLANE_CRYPTO_CRYPT_H
#define CULVERT_DATAPLANE_CRYPTO_CRYPT_H

#include <stdbool.h>
#include <stdint.h>

#include <immintrin.h>
#include <intel-ipsec-mb.h>
#include <rte_common.h>

#include "dataplane/tables/sa.h"

#define CRYPT_BURST_MAX 64

/* One packet. Lives in one cache line; the caller fills in all but @ok. */
struct crypt_op {
	uint8_t nonce[16]; /* AEADs and CTR: salt, IV, 4 zeros; else the IV is in front of @data */
	uint8_t aad[16];   /* AEADs: SPI, [ESN high], sequence; else ESN high */
	const struct sa *sa;
	uint8_t *data;     /* what is encrypted, in place: after the IV, trailer included */
	uint8_t *icv;      /* out: where the ICV goes; in: where the received one is */
	uint16_t len;      /* bytes at @data, a multiple of the algorithm's alignment */
	uint8_t aad_len;   /* AEADs: 8 or 12; else 0 or 4 */
	uint8_t alg;       /* enum chan_esp_alg */
	bool ok;           /* result; in: the ICV is right */
	uint8_t usual;     /* the caller's own, left as it is */
} __rte_cache_aligned;
static_assert(sizeof(struct crypt_op) == 64, "one line each");

struct gcm_batch;
struct hmac_batch;

struct crypt {
	IMB_MGR *mgr;
	const struct gcm_batch *batch; /* our own AES-GCM for this CPU, NULL: the library's. Says
					* which of key.batch and key.gcm an SA's key is */
	const struct hmac_batch *hmac; /* our own HMAC, NULL: the library's */
	struct gcm_context_data gcm_ctx;
	uint8_t tag[CRYPT_BURST_MAX][16] __attribute__((aligned(64)));
	/* mb_jobs.c: what was computed, and what was received. */
	uint8_t mac[CRYPT_BURST_MAX][ESP_MAX_ICV] __attribute__((aligned(64)));
	uint8_t icv[CRYPT_BURST_MAX][ESP_MAX_ICV];
	/* mb_burst.c: jobs shaped for @burst_alg, enum chan_esp_alg. */
	IMB_JOB burst[CRYPT_BURST_MAX];
	uint8_t burst_alg;
	/* Unpredictable IVs: AES-GCM's key stream under a random key, @n_ivs left of it. */
	uint8_t ivs[CRYPT_BURST_MAX][16];
	uint32_t n_ivs;
	uint64_t iv_calls;
	struct gcm_key_data iv_key;
} __rte_cache_aligned;

/** Make the manager and the IV generator. 0, -ENOMEM, -EIO (no randomness). */
int crypt_init(struct crypt *c);
/** Wipe. Fine on zeroed storage. */
void crypt_fini(struct crypt *c);

/** Encrypt @n operations (0..CRYPT_BURST_MAX) of any mix of SAs, set each @ok. */
void crypt_encrypt(struct crypt *c, struct crypt_op *ops, unsigned int n);
/** Decrypt and verify likewise. Data of an operation that is not @ok must not be used. */
void crypt_decrypt(struct crypt *c, struct crypt_op *ops, unsigned int n);

/** 16 bytes nobody can predict, for AES-CBC and 3DES-CBC. */
void crypt_iv_refill(struct crypt *c);
static inline const uint8_t *
crypt_iv(struct crypt *c)
{
	if (unlikely(c->n_ivs == 0))
		crypt_iv_refill(c);
	return c->ivs[--c->n_ivs];
}

/* Between the files of this folder: operations @idx[0..n) of @ops, all of one kind. */
void mb_jobs_run(struct crypt *c, struct crypt_op *ops, const uint8_t *idx, unsigned int n,
		bool encrypt);

#endif
