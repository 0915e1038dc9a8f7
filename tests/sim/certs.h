/* SPDX-License-Identifier: BSD-3-Clause */
/* A PKI for tests, made in memory: CAs, certificates with keys of every kind, CRLs. */
#ifndef CULVERT_TESTS_CERTS_H
#define CULVERT_TESTS_CERTS_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>

#include "controlplane/ike/ike_cred.h"

#define CERTS_NOW 1800000000 /* when all that is not made otherwise is valid */
#define CERTS_DAY 86400

struct certs_cert {
	EVP_PKEY *key;
	X509 *x;
	char *pem, *key_pem;
};

/** What a certificate says; zero: the usual. */
struct certs_spec {
	const char *subject;  /* as ike_dn_parse() has it */
	const char *kind;     /* "rsa", "rsa-pss", "p256", "p384", "p521", "ed25519"; NULL: p256 */
	const char *san;      /* "DNS:a.example.com,IP:10.0.0.1"; NULL: none */
	const char *usage;    /* keyUsage; NULL: digitalSignature, of a CA keyCertSign, cRLSign */
	const char *md;       /* of the issuer's signature; NULL: SHA256 */
	bool ca;
	bool no_constraints;  /* without basicConstraints */
	int64_t from_s, to_s; /* 0: years around CERTS_NOW */
	const struct certs_cert *issuer; /* NULL: itself */
};

/** A reference to a key of this kind; in turn one of a few. */
EVP_PKEY *certs_key(const char *kind);
/** Aborts when it cannot be made. Keys of one kind may be the same for several names. */
struct certs_cert certs_make(const struct certs_spec *spec);
void certs_drop(struct certs_cert *c);
/** PEM of a CRL with one certificate on it (NULL: none); free() it. */
char *certs_crl(const struct certs_cert *ca, const struct certs_cert *revoked, int64_t next_s);
/** Credentials with this certificate (NULL: none), the chain behind it, and a CA. */
struct ike_cred *certs_cred(const struct certs_cert *own, const struct certs_cert *chain,
		const struct certs_cert *ca, const char *crl, uint8_t revocation);
struct ike_blob certs_der(const struct certs_cert *c);

#endif
