/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where libcrypto reads certificates. OpenSSL 3.0 asks every decoder and every kind of key of its
 * library context when it meets a public key: four fifths of the time that a certificate takes. So
 * certificates have a context of their own, which knows public keys that can sign and nothing else.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_CERTCTX_H
#define CULVERT_CONTROLPLANE_IKE_CERTCTX_H

#include <openssl/types.h>

/**
 * The context for certificates, CRLs, and what is checked with their keys; private keys have no
 * business there. Made by the first call, lives as long as the process; any thread may call. NULL,
 * which means libcrypto's default context: it cannot be made, or the system's configuration of
 * libcrypto does without the default provider.
 */
OSSL_LIB_CTX *ike_certctx(void);

#endif
