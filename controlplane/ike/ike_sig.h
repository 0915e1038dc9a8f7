/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures of IKE: RSA of RFC 7296 and RFC 2409, ECDSA of RFC 4754, and Digital Signature of RFC
 * 7427 with RSA (PKCS #1 v1.5 and PSS), ECDSA and Ed25519 (RFC 8420). Bytes in, bytes out; any
 * thread.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_SIG_H
#define CULVERT_CONTROLPLANE_IKE_SIG_H

#include <openssl/evp.h>

#include "controlplane/ike/ike_wire.h"

#define IKE_SIG_MAX 1200 /* AUTH data: RSA of 8192 bits, and what says so */

enum ike_key_kind { IKE_KEY_OTHER, IKE_KEY_RSA, IKE_KEY_ECDSA, IKE_KEY_ED25519 };

/* IANA "IKEv2 Hash Algorithms". */
enum ike_hash {
	IKE_HASH_NONE = 0,
	IKE_HASH_SHA1 = 1,
	IKE_HASH_SHA2_256 = 2,
	IKE_HASH_SHA2_384 = 3,
	IKE_HASH_SHA2_512 = 4,
	IKE_HASH_IDENTITY = 5 /* RFC 8420 */
};

/** How one signs. */
struct ike_sig_how {
	uint8_t method; /* enum ike_auth_method */
	uint8_t hash;   /* enum ike_hash */
	bool pss;
};

/** What a key can do here: RSA of 1024 bits and more, ECDSA on three curves, Ed25519. */
enum ike_key_kind ike_key_kind(const EVP_PKEY *key);
/** May a side prove itself as @authn (enum ike_authn) with this key? */
bool ike_key_suits(const EVP_PKEY *key, uint8_t authn);

/** The hashes of a SIGNATURE_HASH_ALGORITHMS notification as bits, 1 << enum ike_hash. */
uint32_t ike_sig_hashes(const struct ike_blob *data);
/** Body of ours, up to 10 bytes; its length. @sha1: SHA-1, too. */
size_t ike_sig_own_hashes(bool sha1, uint8_t out[10]);

/**
 * How to sign for a peer that said it knows @hashes (0: it knows nothing of RFC 7427).
 *
 * @param pss   PSS rather than PKCS #1 v1.5.
 * @param sha1  SHA-1 is good enough.
 * @return 0, or -ENOTSUP: there is no way that both know.
 */
int ike_sig_choose(const EVP_PKEY *key, uint32_t hashes, bool pss, bool sha1,
		struct ike_sig_how *out);
/** The data of an AUTH payload over @octets. Its length; 0: failed. */
size_t ike_sig_make(EVP_PKEY *key, const struct ike_sig_how *how, const struct ike_blob *octets,
		uint8_t out[IKE_SIG_MAX]);
/**
 * Check the data of an AUTH payload.
 * @return 0; -EBADMSG: the signature is wrong; -ENOTSUP: the method or its algorithm is none of
 * ours, not this key's, or too weak; -EINVAL: malformed. *@how: when it is 0.
 */
int ike_sig_check(EVP_PKEY *key, uint8_t method, const struct ike_blob *auth,
		const struct ike_blob *octets, bool sha1, struct ike_sig_how *how);
/** In words, "rsa-pss-sha256", "ecdsa-p384-sha384", "ed25519". Returns @buf. */
char *ike_sig_str(const EVP_PKEY *key, const struct ike_sig_how *how, char *buf, size_t len);

/** IKEv1: RSA over a hash as it is, RFC 2409 section 5.1. The length; 0: failed. */
size_t ike_sig_make_v1(EVP_PKEY *key, const struct ike_blob *hash, uint8_t out[IKE_SIG_MAX]);
/** 0, -EBADMSG, or -ENOTSUP: no RSA key. */
int ike_sig_check_v1(EVP_PKEY *key, const struct ike_blob *sig, const struct ike_blob *hash);

#endif
