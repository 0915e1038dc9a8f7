/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-GCM of four short packets side by side; between the files of this folder. See gcm_batch.c. */
#ifndef CULVERT_DATAPLANE_CRYPTO_GCM_BATCH_H
#define CULVERT_DATAPLANE_CRYPTO_GCM_BATCH_H

#include "dataplane/crypto/crypt.h"

#define GCM_BATCH     4
#define GCM_BATCH_MAX 96 /* longest payload in bytes; longer ones are the library's */

/** Does this CPU have what it takes, and does the result agree with the library's? */
bool gcm_batch_usable(IMB_MGR *mgr);

/**
 * Encrypt in place, or decrypt, GCM_BATCH operations of one algorithm, each of at most
 * GCM_BATCH_MAX bytes. Two of them may be the same one.
 * @param tag  where the four computed tags go, 16 bytes each.
 */
void gcm_batch_run(const struct crypt_op *const op[GCM_BATCH], uint8_t *const tag[GCM_BATCH],
		enum chan_esp_alg alg, bool encrypt);

#endif
