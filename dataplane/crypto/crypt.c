/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's crypto: its intel-ipsec-mb manager, and the IVs of CBC. RFC 3602 section 3 wants
 * those unpredictable. They are the key stream of AES-128-GCM under a key drawn at start, made
 * for a burst at a time: one call of the cipher instead of a system call per packet.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/crypto/gcm_batch.h"
#include "dataplane/crypto/hmac_batch.h"

int
crypt_init(struct crypt *c)
{
	uint8_t key[16];

	memset(c, 0, sizeof(*c));
	c->mgr = alloc_mb_mgr(0);
	if (c->mgr == NULL)
		return -ENOMEM;
	init_mb_mgr_auto(c->mgr, NULL);
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		crypt_fini(c);
		return -EIO;
	}
	c->batch = gcm_batch_pick(c->mgr);
	c->hmac = hmac_batch_pick(c->mgr);
	IMB_AES128_GCM_PRE(c->mgr, key, &c->iv_key);
	explicit_bzero(key, sizeof(key));
	return 0;
}

void
crypt_fini(struct crypt *c)
{
	if (c->mgr != NULL)
		free_mb_mgr(c->mgr);
	explicit_bzero(c, sizeof(*c));
}

void
crypt_iv_refill(struct crypt *c)
{
	uint8_t nonce[16] = { 0 }, tag[16];

	/* The counter never repeats under this key: a fresh piece of key stream every time, laid
	 * over the used one. */
	c->iv_calls++;
	memcpy(nonce, &c->iv_calls, sizeof(c->iv_calls));
	IMB_AES128_GCM_ENC(c->mgr, &c->iv_key, &c->gcm_ctx, c->ivs[0], c->ivs[0], sizeof(c->ivs),
			nonce, nonce, 0, tag, sizeof(tag));
	c->n_ivs = CRYPT_BURST_MAX;
}
