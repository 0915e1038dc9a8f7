/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/forge.h"

size_t
forge1(struct ike1_sa *sa, uint8_t exchange, uint32_t mid, uint8_t first, const uint8_t *p,
		size_t len, uint8_t msg[FORGE_MAX])
{
	struct ike_crypto *crypto = &sa->e->crypto;
	size_t hash_len = ike_prf_len(sa->suite.s.prf), body = (4 + hash_len + len + 15) / 16 * 16;
	struct ike_hdr h = { .spi_i = sa->ck_i,
		.spi_r = sa->ck_r,
		.next = IKE1_PL_HASH,
		.version = IKE1_VERSION,
		.exchange = exchange,
		.flags = IKE1_FLAG_ENCRYPTED,
		.mid = mid,
		.len = (uint32_t)(IKE_HDR_LEN + body) };
	struct wr w = wr_init(msg, FORGE_MAX), mid_w;
	uint8_t iv[IKE1_BLOCK_MAX], mid_be[4], *hash;
	struct ike_blob in[2] = { { .p = mid_be, .len = 4 }, { .p = p, .len = len } };

	mid_w = wr_init(mid_be, sizeof(mid_be));
	wr_be32(&mid_w, mid);
	ike_hdr_write(&w, &h);
	wr_u8(&w, first);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(4 + hash_len));
	hash = wr_room(&w, hash_len);
	wr_bytes(&w, p, len);
	wr_zero(&w, h.len - w.len);
	if (w.bad || ike1_hash(crypto, &sa->suite.s, &sa->keys, in, 2, hash) != 0 ||
			ike1_iv(crypto, &sa->suite.s, &sa->keys, mid, iv) != 0 ||
			ike1_cipher(&sa->suite.s, &sa->keys, iv, msg + IKE_HDR_LEN, body, true))
		abort();
	return h.len;
}
