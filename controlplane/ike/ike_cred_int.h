/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files ike_cred*.c share; nobody else includes this. */
#ifndef CULVERT_CONTROLPLANE_IKE_CRED_INT_H
#define CULVERT_CONTROLPLANE_IKE_CRED_INT_H

#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>

#include "controlplane/ike/ike_cred.h"
#include "controlplane/ike/ike_id.h"

#define CRED_CACHE    1024 /* slots; a power of two */
#define CRED_HASH_LEN 20

/** A peer's certificate that was verified, until when that holds. */
struct cred_seen {
	uint8_t hash[32]; /* SHA-256 of it */
	X509 *cert;       /* NULL: free */
	bool weak;        /* found good with the low standard */
	int64_t from_s, to_s;
};

struct ike_cred {
	atomic_uint refs;
	uint8_t revocation;
	EVP_PKEY *key;
	unsigned int n_certs, n_cas, n_crls;
	X509 *certs[IKE_CRED_CERTS_MAX]; /* ours first */
	uint8_t *der[IKE_CRED_CERTS_MAX];
	size_t der_len[IKE_CRED_CERTS_MAX];
	X509 *cas[IKE_CRED_CAS_MAX];
	uint8_t ca_hash[IKE_CRED_CAS_MAX][CRED_HASH_LEN];
	X509_CRL *crls[IKE_CRED_CRLS_MAX];
	X509_STORE *store; /* CAs and CRLs */
	STACK_OF(X509) *helpers; /* our intermediate ones may be missing in the peer's chain */
	pthread_mutex_t lock;    /* of @seen */
	struct cred_seen *seen;  /* [CRED_CACHE]; NULL until one is remembered */
};

/** Does the certificate say of its owner that it is @id, the body of an ID payload? */
bool cred_names(X509 *cert, const struct ike_blob *id);

#endif
