/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key of one AES-GCM SA as the batch kernels read it: 8 lines of cache, of which a short
 * packet under a 128-bit key touches five in a row. See gcm_batch_kernel.h.
 */
#ifndef CULVERT_DATAPLANE_CRYPTO_GCM_KEY_H
#define CULVERT_DATAPLANE_CRYPTO_GCM_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <intel-ipsec-mb.h>
#include <rte_prefetch.h>

#define GCM_POWERS 16

struct gcm_key {
	uint8_t h[GCM_POWERS][16]; /* H^16 ... H^1, times x, as 128-bit little-endian numbers. The
				    * kernels read past its end, into the round keys */
	uint8_t rk[15][16];        /* AES round keys: 11, 13 or 15 */
} __attribute__((aligned(64)));

/** Expand @key of @len bytes (16, 24 or 32). Needs a CPU with AES-NI and PCLMULQDQ. */
void gcm_key_set(struct gcm_key *k, IMB_MGR *mgr, const uint8_t *key, unsigned int len);

/** What a short packet wants of @k (powers H^8 ... H^1, round keys) into the level 2 cache: for who
 *  knows the key a burst before the cipher does. */
static inline void
gcm_key_soon(const struct gcm_key *k)
{
	const char *line = (const char *)k + offsetof(struct gcm_key, h[8]);

	for (int i = 0; i < 6; i++)
		rte_prefetch1(line + 64 * i);
}

#endif
