/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The public-key work of authentication, as one piece that a thread can do: check what the peer
 * says of itself, and if that is good, sign what we say. Everything it needs is copied into it.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_PK_H
#define CULVERT_CONTROLPLANE_IKE_PK_H

#include "controlplane/ike/ike_cred.h"
#include "controlplane/ike/ike_sig.h"

struct ike_bytes {
	uint8_t *p;
	size_t len;
};

struct ike_pk {
	struct ike_cred *cred; /* a reference */
	bool v1;               /* IKEv1: octets are a hash, signatures are RSA over it */
	bool bad;              /* no memory for a part of it */
	/* The peer's side. */
	bool check;
	bool review;    /* its certificate alone: once more, without a signature */
	uint8_t authn;  /* enum ike_authn: what it must show */
	uint8_t method; /* enum ike_auth_method */
	bool sha1;      /* SHA-1 is good enough */
	int64_t now_s;  /* for validity; -1: not looked at */
	struct ike_bytes auth, octets, id, certs[IKE_MAX_CERTS];
	unsigned int n_certs;
	/* Our side: up to two signatures. */
	struct ike_sig_how how;
	struct ike_bytes say[2];
	/* What came of it. */
	bool good;
	char why[160];
	struct ike_cred_found found; /* the peer's certificate */
	char theirs[IKE_HOW_LEN];    /* how it signed */
	uint8_t sig[2][IKE_SIG_MAX];
	size_t sig_len[2];
};

/** Takes a reference to @cred. NULL: no memory. */
struct ike_pk *ike_pk_new(struct ike_cred *cred);
void ike_pk_free(struct ike_pk *pk);
/** Copy into a part of it; without memory it is bad as a whole. */
void ike_pk_put(struct ike_pk *pk, struct ike_bytes *to, const void *p, size_t len);
/** Any thread. */
void ike_pk_run(struct ike_pk *pk);

#endif
