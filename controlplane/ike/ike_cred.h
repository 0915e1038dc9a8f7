/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Credentials out of certificates (RFC 5280, RFC 4945): our certificate with its key and the
 * intermediate CAs', the CAs we believe, and CRLs. Made once from PEM, never changed; shared by
 * all peers that use them, counted by references. Any thread may use them; what was verified once
 * is remembered inside.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_CRED_H
#define CULVERT_CONTROLPLANE_IKE_CRED_H

#include <openssl/evp.h>

#include "controlplane/ike/ike_wire.h"

#define IKE_CRED_CERTS_MAX 8   /* our certificate and intermediate ones */
#define IKE_CRED_CERTS_LEN 12288 /* bytes of them all: a message must hold them */
#define IKE_CRED_CAS_MAX   32
#define IKE_CRED_CRLS_MAX  32

enum ike_revocation {
	IKE_REVOCATION_CRL,    /* by the CRLs there are, if they are old, too */
	IKE_REVOCATION_STRICT, /* a current CRL of every issuer is needed */
	IKE_REVOCATION_NONE
};

/** PEM; each may be NULL. */
struct ike_cred_src {
	const char *certificate; /* ours first */
	const char *key;
	const char *ca;
	const char *crl;
	uint8_t revocation; /* enum ike_revocation */
};

/** @return a reference; NULL: @why says what is wrong with which. */
struct ike_cred *ike_cred_new(const struct ike_cred_src *src, char *why, size_t len);
struct ike_cred *ike_cred_ref(struct ike_cred *c);
/** NULL is fine. */
void ike_cred_unref(struct ike_cred *c);

/** Our key; NULL: we have none. Belongs to @c. */
EVP_PKEY *ike_cred_key(const struct ike_cred *c);
/** Our certificate and those that come with it, in DER; ours is number 0. */
unsigned int ike_cred_n_certs(const struct ike_cred *c);
struct ike_blob ike_cred_cert(const struct ike_cred *c, unsigned int i);
/** The subject of our certificate as an identity. 0 or -ENOENT. */
int ike_cred_subject(const struct ike_cred *c, struct ike_id *out);
/** Does our certificate certify @id? */
bool ike_cred_is_named(const struct ike_cred *c, const struct ike_id *id);
/** The CAs we believe: SHA-1 of the public key (20 bytes), as IKEv2's CERTREQ has it, and the
 *  subject in DER, as IKEv1's. */
unsigned int ike_cred_n_cas(const struct ike_cred *c);
const uint8_t *ike_cred_ca_hash(const struct ike_cred *c, unsigned int i);
struct ike_blob ike_cred_ca_name(const struct ike_cred *c, unsigned int i);

/** Of a certificate that was found good. */
struct ike_cred_found {
	char subject[IKE_SUBJECT_LEN];
	int64_t not_after_s; /* the first end of those of its chain, and of the CRLs where they must
	                        be current */
};

/**
 * Judge a peer's certificates, the first of which is its own: the chain up to one of our CAs, the
 * times, key usage, CRLs, and that it certifies @id, the body of an ID payload.
 *
 * @param now_s  seconds since 1970; -1: times are not looked at.
 * @param weak   SHA-1 and short keys are good enough.
 * @param found what is remembered of it; NULL: nothing.
 * @return the peer's public key, a reference; NULL: @why says why not.
 */
EVP_PKEY *ike_cred_verify(struct ike_cred *c, const struct ike_blob *certs, unsigned int n,
		const struct ike_blob *id, int64_t now_s, bool weak, struct ike_cred_found *found,
		char *why, size_t why_len);

/* ---- what people read ----------------------------------------------------------------------- */

enum ike_cred_what { IKE_CRED_OWN, IKE_CRED_INTERMEDIATE, IKE_CRED_CA, IKE_CRED_CRL };

struct ike_cred_show {
	enum ike_cred_what what;
	char subject[256]; /* of a CRL: its issuer */
	char issuer[256];
	char serial[48];   /* hexadecimal; of a CRL "" */
	char key[24];      /* "rsa 2048", "ecdsa P-256", "ed25519" */
	char names[256];   /* subjectAltName: "hub.example.com, 192.0.2.1" */
	int64_t not_before_s, not_after_s; /* of a CRL: this and next update; INT64_MAX: none */
	uint32_t n_revoked;
};

/** Has our own certificate expired? @param now_s  seconds since 1970. */
bool ike_cred_expired(const struct ike_cred *c, int64_t now_s);
void ike_cred_each(const struct ike_cred *c,
		void (*fn)(void *arg, const struct ike_cred_show *s), void *arg);

#endif
