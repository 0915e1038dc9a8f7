/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv1's own cryptography: the keys of an ISAKMP SA, its hashes, the IVs that run through an
 * exchange, and the keys of a phase-2 SA (RFC 2409 sections 5, 5.5 and appendix B). The primitives
 * are ike_crypto.h's. Nothing here knows messages or state.
 */
#ifndef CULVERT_CONTROLPLANE_IKE1_CRYPTO_H
#define CULVERT_CONTROLPLANE_IKE1_CRYPTO_H

#include "controlplane/ike/ike_crypto.h"

#define IKE1_HASH_MAX  64
#define IKE1_BLOCK_MAX 16

/** The keys of an ISAKMP SA. */
struct ike1_keys {
	uint8_t skeyid[IKE1_HASH_MAX], d[IKE1_HASH_MAX], a[IKE1_HASH_MAX];
	uint8_t e[32];              /* the cipher's key */
	uint8_t iv[IKE1_BLOCK_MAX]; /* phase 1: what the next message begins with */
};

/** What the keys of phase 1 are made of. */
struct ike1_keymat_in {
	bool sig; /* RSA signatures: no pre-shared key goes into it */
	struct ike_blob psk, ni, nr;
	struct ike_blob gxi, gxr, gxy;
	uint64_t ck_i, ck_r;
};

/** Bytes of a cipher block; 0: a cipher that IKEv1 does not use here. */
size_t ike1_block_len(uint16_t encr);
/** 0 or -EIO. */
int ike1_derive(const struct ike_crypto *c, const struct ike_suite *s,
		const struct ike1_keymat_in *in, struct ike1_keys *out);
/** HASH_I (@initiator) or HASH_R over the public values, @sai: body of the initiator's SA payload,
 *  @id: body of the sender's ID payload. */
int ike1_auth_hash(const struct ike_crypto *c, const struct ike_suite *s,
		const struct ike1_keys *k, const struct ike1_keymat_in *in, bool initiator,
		const struct ike_blob *sai, const struct ike_blob *id, uint8_t *out);
/** prf(SKEYID_a, the blobs one after the other). */
int ike1_hash(const struct ike_crypto *c, const struct ike_suite *s, const struct ike1_keys *k,
		const struct ike_blob *in, unsigned int n, uint8_t *out);
/** The first IV of a phase-2 or informational exchange, from the last one of phase 1. */
int ike1_iv(const struct ike_crypto *c, const struct ike_suite *s, const struct ike1_keys *k,
		uint32_t mid, uint8_t iv[IKE1_BLOCK_MAX]);
/**
 * En- or decrypt @len bytes in place, a multiple of the block; @iv is replaced by the one for the
 * next message of the exchange. 0, -EBADMSG (length) or -EIO.
 */
int ike1_cipher(const struct ike_suite *s, const struct ike1_keys *k, uint8_t iv[IKE1_BLOCK_MAX],
		uint8_t *data, size_t len, bool encrypt);
/** KEYMAT of the SA whose receiver chose @spi. @gxy: of phase 2's exchange, or empty. */
int ike1_derive_child(const struct ike_crypto *c, const struct ike_suite *phase1,
		const struct ike1_keys *k, const struct ike_suite *esp, const struct ike_blob *gxy,
		const struct ike_blob *ni, const struct ike_blob *nr, uint32_t spi,
		struct ike_child_keys *out);
/** The NAT-D hash (RFC 3947 section 3.2) with the negotiated hash. Its length, or 0. */
size_t ike1_nat_hash(const struct ike_suite *s, uint64_t ck_i, uint64_t ck_r, uint32_t addr,
		uint16_t port, uint8_t out[IKE1_HASH_MAX]);

#endif
