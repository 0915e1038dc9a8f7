/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * COOKIE, RFC 7296 section 2.6: above a threshold of half-open IKE SAs, or above half of what one
 * address may have, an initiator must first show that it receives at its address. Nothing is
 * remembered of a request that is sent back:
 *
 *	cookie = generation | HMAC-SHA256(secret of that generation, Ni | IPi | SPIi)
 *
 * The secret changes every minute; the one before is still taken.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_int.h"

#define SECRET_MS  60000
#define COOKIE_LEN 33

static void
rotate(struct ike_engine *e)
{
	bool fresh = e->cookie_ms == 0 || e->now >= e->cookie_ms + 2 * SECRET_MS;

	if (!fresh && e->now < e->cookie_ms + SECRET_MS)
		return;
	if (fresh)
		e->ops.random(e->ctx, e->cookie_secret[1], sizeof(e->cookie_secret[1]));
	else
		memcpy(e->cookie_secret[1], e->cookie_secret[0], sizeof(e->cookie_secret[1]));
	e->ops.random(e->ctx, e->cookie_secret[0], sizeof(e->cookie_secret[0]));
	e->cookie_gen++;
	e->cookie_ms = e->now > 0 ? e->now : 1;
}

static int
cookie_make(struct ike_engine *e, int which, const struct ike_msg *m, uint32_t remote, uint8_t *out)
{
	uint8_t where[4 + IKE_SPI_LEN];
	struct wr w = wr_init(where, sizeof(where));
	struct ike_blob in[2] = { m->nonce, { .p = where, .len = sizeof(where) } };

	wr_be32(&w, remote);
	wr_be64(&w, m->h.spi_i);
	out[0] = (uint8_t)(e->cookie_gen - which);
	return ike_prf(&e->crypto, IKE_PRF_HMAC_SHA2_256, e->cookie_secret[which],
			sizeof(e->cookie_secret[which]), in, 2, out + 1);
}

static bool
cookie_good(struct ike_engine *e, const struct ike_blob *got, const struct ike_msg *m,
		uint32_t remote)
{
	uint8_t want[COOKIE_LEN];

	if (got->len != COOKIE_LEN)
		return false;
	for (int which = 0; which < 2; which++)
		if (cookie_make(e, which, m, remote, want) == 0 &&
				CRYPTO_memcmp(want, got->p, COOKIE_LEN) == 0)
			return true;
	return false;
}

bool
ike_cookie_wanted(struct ike_engine *e, const struct ike_msg *m, uint32_t remote, uint8_t *out,
		size_t *len)
{
	const struct ike_notify *n = ike_msg_notify(m, IKE_N_COOKIE);

	/* Somebody who writes another's address must not use up what that one may have
	 * half open. */
	if (e->n_half_open < e->lim.cookie_threshold &&
			ike_half_open_of(e, remote) < e->lim.max_half_open_per_ip / 2)
		return false;
	rotate(e);
	if (n != NULL && cookie_good(e, &n->data, m, remote))
		return false;
	*len = COOKIE_LEN;
	return cookie_make(e, 0, m, remote, out) == 0;
}
