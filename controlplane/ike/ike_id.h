/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identities: their text, wildcards, and distinguished names (ID_DER_ASN1_DN, RFC 7296 section
 * 3.5). The bytes of ID payloads are in ike_wire.h.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_ID_H
#define CULVERT_CONTROLPLANE_IKE_ID_H

#include <openssl/x509.h>

#include "controlplane/ike/ike.h"

/**
 * Read an identity as people write it:
 *
 *	192.0.2.1               IPv4 address
 *	192.0.2.0/24            any address of this network; 0.0.0.0/0 any at all
 *	hub.example.com         domain name
 *	ops@example.com         user at a domain
 *	C=DE, O=Example, CN=b1  distinguished name, in the order of the certificate; \, for a comma
 *	key-id:TEXT             any bytes (ID_KEY_ID)
 *
 * In names, and in the values of distinguished names, * stands for any text.
 *
 * @return 0, or -EINVAL: none of these, or too long.
 */
int ike_id_parse(const char *text, struct ike_id *out);
/** The identity of who goes by an IPv4 address, in host order. */
struct ike_id ike_id_of_ip4(uint32_t addr);
/** Has it wildcards, or is it a network? */
bool ike_id_is_pattern(const struct ike_id *id);
/** Do two texts match, case aside? In @pattern * stands for any text. */
bool ike_glob(const char *pattern, size_t pattern_len, const char *s, size_t len);

/* ---- distinguished names (ike_dn.c) --------------------------------------------------------- */

/** "C=DE, O=Example, CN=b1" to DER. 0 or -EINVAL. */
int ike_dn_parse(const char *text, struct ike_id *out);
/** Do two names, in DER, have the same attributes in the same order with values that match?
 *  Case and the type of the strings are no part of it. @pattern may have wildcards. */
bool ike_dn_matches(const uint8_t *pattern, size_t pattern_len, const uint8_t *dn, size_t len);
bool ike_dn_is_pattern(const uint8_t *dn, size_t len);
/** The same for names that are the same up to case and the type of their strings. */
uint32_t ike_dn_hash(const uint8_t *dn, size_t len);
char *ike_dn_str(const uint8_t *dn, size_t len, char *buf, size_t buf_len);
char *ike_dn_name_str(const X509_NAME *name, char *buf, size_t buf_len);
/** The identity of a certificate's subject or issuer. 0, or -EINVAL: longer than IKE_ID_MAX. */
int ike_dn_of_name(const X509_NAME *name, struct ike_id *out);

#endif
