/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM over many packets, our own; between the files of this folder.
 *
 *   gcm_batch_kernel.h  the algorithm, and the arithmetic explained
 *   gcm_batch_512.c     on 512-bit registers (VAES, VPCLMULQDQ, AVX-512)
 *   gcm_batch_256.c     on 256-bit registers (VAES, VPCLMULQDQ, AVX2)
 *   gcm_batch.c         which of them this CPU can use, and what they share
 *   gcm_key.c           keys
 */
#ifndef CULVERT_DATAPLANE_CRYPTO_GCM_BATCH_H
#define CULVERT_DATAPLANE_CRYPTO_GCM_BATCH_H

#include <rte_prefetch.h>

#include "dataplane/crypto/crypt.h"

/* One packet, and where its computed tag goes, 16 bytes. */
struct gcm_job {
	const struct crypt_op *op;
	uint8_t *tag;
};

struct gcm_batch {
	/* @n packets, best sorted by length, of @rounds rounds of AES: 10, 12 or 14. */
	void (*encrypt)(const struct gcm_job *job, unsigned int n, unsigned int rounds);
	void (*decrypt)(const struct gcm_job *job, unsigned int n, unsigned int rounds);
};

extern const struct gcm_batch gcm_batch_512, gcm_batch_256;

/** May this CPU run it? */
bool gcm_batch_usable(const struct gcm_batch *b, const IMB_MGR *mgr);
/** The best one for this CPU; NULL if there is none. */
const struct gcm_batch *gcm_batch_pick(const IMB_MGR *mgr);

/* Between the kernels. */

/* Packets of one shape take the same vectors and have their lengths in the same one of them. Short
 * ones go in fours. */
#define GCM_LONG 3
static inline unsigned int
gcm_shape(unsigned int len)
{
	return len > 96 ? GCM_LONG : (len > 32) + (len > 48);
}

#define GCM_AHEAD 0 /* packets */

/* Key and data of packet @at, if there is one, on their way to the cache. */
static inline void
gcm_prefetch(const struct gcm_job *job, unsigned int at, unsigned int n, int rounds)
{
	const struct crypt_op *op;
	const char *key;
	unsigned int from;

	if (at >= n)
		return;
	op = job[at].op;
	key = (const char *)&op->sa->key.batch;
	from = op->len <= 96 ? 2 : 0; /* so many lines of powers a short packet does without */
	for (const char *p = key + from * 64; p < key + GCM_POWERS * 16 + (rounds + 1) * 16; p += 64)
		rte_prefetch0(p);
	for (const uint8_t *p = op->data; p < op->data + op->len + 16; p += 64)
		rte_prefetch0(p);
}

extern const uint8_t gcm_reversal[16]; /* a shuffle: bytes of a block the other way round */

/* Counter blocks of slots 0, 1, ... with nothing in the nonce's place; 256 slots and 16 more, for
 * the last chunk starts anywhere. */
#define GCM_CTR_WRAP 64
extern const uint8_t gcm_batch_counters[GCM_CTR_WRAP + 4][64];

#endif
