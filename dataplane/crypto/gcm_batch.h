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

#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/crypto/crypt.h"

/* What a kernel is to do. */
struct gcm_run {
	const struct crypt_op *ops;
	const uint8_t *order; /* [n] indices of @ops, best sorted by length */
	unsigned int n;
	uint8_t (*tags)[16];  /* computed tags, by index of @ops; NULL: to where op->icv says */
	unsigned int rounds;  /* of AES: 10, 12 or 14; the same for all */
	bool alike;           /* gcm_form() of all of them is the same */
};

/** Length, length of the AAD and algorithm of an operation: as they lie there. */
static inline uint32_t
gcm_form(const struct crypt_op *op)
{
	uint32_t form;

	static_assert(offsetof(struct crypt_op, aad_len) == offsetof(struct crypt_op, len) + 2 &&
			offsetof(struct crypt_op, alg) == offsetof(struct crypt_op, len) + 3,
			"one number, the algorithm in front");
	memcpy(&form, &op->len, sizeof(form));
	return form;
}

struct gcm_batch {
	void (*encrypt)(const struct gcm_run *r);
	void (*decrypt)(const struct gcm_run *r);
};

extern const struct gcm_batch gcm_batch_512, gcm_batch_256;

/** May this CPU run it? */
bool gcm_batch_usable(const struct gcm_batch *b, const IMB_MGR *mgr);
/** The best one for this CPU; NULL if there is none. */
const struct gcm_batch *gcm_batch_pick(const IMB_MGR *mgr);

/* Between the kernels. */

/* Packets of one shape take the same vectors and have their lengths in the same one of them. Short
 * ones, of up to so many bytes, go in fours. */
#define GCM_SHAPE_0_MAX 32
#define GCM_SHAPE_1_MAX 48
#define GCM_SHAPE_2_MAX 96
#define GCM_LONG        3
static inline unsigned int
gcm_shape(unsigned int len)
{
	return (len > GCM_SHAPE_0_MAX) + (len > GCM_SHAPE_1_MAX) + (len > GCM_SHAPE_2_MAX);
}

/*
 * Prefetching: keys, and short packets whole, a few packets ahead. Of a long packet only the first
 * lines here; its others one by one as the chunks of a packet before go by (pkt.ahead), for 22
 * prefetches at once hold up the loads of the packet that is being worked on.
 */
#define GCM_AHEAD 8 /* packets */
static inline void
gcm_prefetch(const struct gcm_run *r, unsigned int i)
{
	const struct crypt_op *op = &r->ops[r->order[i]];
	const char *key = (const char *)&op->sa->key.batch;

	if (i == 0 || op->sa != r->ops[r->order[i - 1]].sa) {
		/* A short packet needs the last 8 powers and the round keys. */
		rte_prefetch0(key + 128);
		rte_prefetch0(key + 192);
		rte_prefetch0(key + 256);
		rte_prefetch0(key + 320);
		rte_prefetch0(key + 384);
		if (r->rounds > 10)
			rte_prefetch0(key + 448);
		if (op->len > GCM_SHAPE_2_MAX) {
			rte_prefetch0(key);
			rte_prefetch0(key + 64);
		}
	}
	rte_prefetch0(op->data);
	rte_prefetch0(op->data + 64);
	if (op->len > GCM_SHAPE_2_MAX) {
		rte_prefetch0(op->data + 128);
		rte_prefetch0(op->data + 192);
	}
}

extern const uint8_t gcm_reversal[16]; /* a shuffle: bytes of a block the other way round */

/* Counter blocks of slots 0, 1, ... with nothing in the nonce's place; 256 slots and 16 more, for
 * the last chunk starts anywhere. */
#define GCM_CTR_WRAP 64
extern const uint8_t gcm_batch_counters[GCM_CTR_WRAP + 4][64];

#endif
