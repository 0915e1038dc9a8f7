/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv2's cryptography on OpenSSL: prf and prf+ (RFC 7296 section 2.13), the keys of IKE SA and
 * Child SA (2.14, 2.17, 2.18), PSK authentication (2.15), the Encrypted payload (3.14, RFC 5282)
 * and Diffie-Hellman. Nothing here knows messages or state.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_CRYPTO_H
#define CULVERT_CONTROLPLANE_IKE_CRYPTO_H

#include <openssl/evp.h>

#include "controlplane/ike/ike_alg.h"
#include "controlplane/ike/ike_proposal.h"

#define IKE_PRF_MAX   64  /* bytes of the longest prf output */
#define IKE_INTEG_MAX 64  /* bytes of the longest integrity key */
#define IKE_KEX_MAX   512 /* bytes of the longest public value or shared secret */
#define IKE_SALT_LEN  4

/** Fetched algorithms, one set per engine: fetching is what costs in OpenSSL 3. */
struct ike_crypto {
	EVP_MAC *hmac, *cmac;
	EVP_MAC_CTX *hmacs[IKE_PRF_HMAC_SHA2_512 + 1]; /* by prf, with their digest; each keeps its
							* last key until the next use. NULL: no
							* HMAC */
	EVP_CIPHER *ciphers[IKE_N_ENCRS]; /* in the order of ike_encr_algs; NULL: ESP only */
	EVP_CIPHER *ecb;                  /* AES-128, for XCBC */
	EVP_MD *sha1;
};

/** 0 or -ENOMEM. */
int ike_crypto_init(struct ike_crypto *c);
void ike_crypto_fini(struct ike_crypto *c);

/** Bytes of output or key of an algorithm by its IANA number (PRF_*, AUTH_*); 0: unknown. */
size_t ike_prf_len(uint16_t prf);
size_t ike_integ_key_len(uint16_t integ);
size_t ike_integ_icv_len(uint16_t integ);

/** prf(key, the blobs one after the other) to @out. 0 or -EIO. */
int ike_prf(const struct ike_crypto *c, uint16_t prf, const uint8_t *key, size_t key_len,
		const struct ike_blob *in, unsigned int n_in, uint8_t *out);
/** prf+(key, seed): @len bytes, at most 255 blocks. */
int ike_prf_plus(const struct ike_crypto *c, uint16_t prf, const uint8_t *key, size_t key_len,
		const struct ike_blob *seed, unsigned int n_seed, uint8_t *out, size_t len);

/** The keys of an IKE SA. Index 0: initiator's direction, 1: responder's. */
struct ike_keys {
	uint8_t d[IKE_PRF_MAX];
	uint8_t p[2][IKE_PRF_MAX];
	uint8_t a[2][IKE_INTEG_MAX];
	uint8_t e[2][32 + IKE_SALT_LEN]; /* salt at the end, AEAD */
};

/** What keys are derived from. */
struct ike_keymat_in {
	struct ike_blob ni, nr;
	struct ike_blob gir; /* g^ir; empty: no key exchange */
	uint64_t spi_i, spi_r;
};

/**
 * SKEYSEED and the seven keys. @old_prf and @old_d: of the IKE SA that is rekeyed; NULL for a
 * first one.
 */
int ike_derive_sa(const struct ike_crypto *c, const struct ike_suite *s,
		const struct ike_keymat_in *in, uint16_t old_prf, const uint8_t *old_d,
		struct ike_keys *out);
/** KEYMAT of a Child SA; @out[0] initiator to responder, [1] back. SPIs are left alone. */
int ike_derive_child(const struct ike_crypto *c, uint16_t prf, const uint8_t *sk_d,
		const struct ike_suite *child, const struct ike_keymat_in *in,
		struct ike_child_keys out[2]);
/**
 * The PSK's AUTH value over a side's signed octets: its first message, the other side's nonce,
 * and its ID body under its SK_p.
 */
int ike_auth_psk(const struct ike_crypto *c, uint16_t prf, const struct ike_blob *psk,
		const struct ike_blob *msg, const struct ike_blob *nonce, const uint8_t *sk_p,
		const struct ike_blob *id, uint8_t *out);

/** Bytes of IV, and the most that sealing adds to the plain payloads after the IV. */
size_t ike_sk_iv_len(const struct ike_suite *s);
size_t ike_sk_overhead(const struct ike_suite *s);
/**
 * Encrypt in place: @msg holds @aad_len bytes (header and SK payload header with their final
 * lengths), the IV, then @plain_len bytes of payloads and room for ike_sk_total().
 */
size_t ike_sk_total(const struct ike_suite *s, size_t plain_len);
int ike_sk_seal(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k,
		int dir, uint8_t *msg, size_t aad_len, size_t plain_len);
/**
 * Check and decrypt. @sk_off: where the SK body begins in @msg of @len bytes.
 * @return length of the payloads in @out (at least @len bytes); -EBADMSG: not authentic;
 * -EPROTO: authentic, but padded wrongly.
 */
int ike_sk_open(const struct ike_crypto *c, const struct ike_suite *s, const struct ike_keys *k,
		int dir, const uint8_t *msg, size_t len, size_t sk_off, uint8_t *out);

/** SHA-1 of SPIs, address and port: a NAT_DETECTION notification's data (section 2.23). */
int ike_nat_hash(const struct ike_crypto *c, uint64_t spi_i, uint64_t spi_r, uint32_t addr,
		uint16_t port, uint8_t out[20]);

/* ---- Diffie-Hellman (ike_dh.c) -------------------------------------------------------------- */

/** One side of a key exchange. */
struct ike_kex {
	uint16_t group;
	EVP_PKEY *key;
	size_t len;               /* of the public values on the wire */
	uint8_t pub[IKE_KEX_MAX]; /* ours */
	size_t secret_len;
	uint8_t secret[IKE_KEX_MAX];
};

/** Bytes of a public value; 0: a group we do not speak. */
size_t ike_group_len(uint16_t group);
/** A key pair of @k->group. 0 or -EIO. Any thread. */
int ike_kex_generate(struct ike_kex *k);
/** The shared secret with the peer's public value. 0, -EBADMSG (no valid value), -EIO. Any thread.
 */
int ike_kex_derive(struct ike_kex *k, const uint8_t *peer, size_t len);
/** Wipe and free; the struct may be used again. */
void ike_kex_wipe(struct ike_kex *k);

#endif
