/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates, keys and CRLs out of PEM; see ike_cred.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "controlplane/ike/ike_certctx.h"
#include "controlplane/ike/ike_cred_int.h"
#include "controlplane/ike/ike_sig.h"

/* A key with a passphrase cannot be read unattended; without this libcrypto would ask a
 * terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static BIO *
open_pem(const char *pem)
{
	return pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
}

/* Did the reader stop for want of another PEM block, and not at a broken one? */
static bool
at_end(void)
{
	unsigned long e = ERR_peek_last_error();
	bool end = ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	return end;
}

/* All certificates of @pem into @out. Their number; -1: one cannot be read, or too many. */
static int
read_certs(const char *pem, X509 **out, unsigned int max)
{
	BIO *bio = open_pem(pem);
	unsigned int n = 0;
	X509 *x = NULL;

	if (bio == NULL)
		return pem == NULL ? 0 : -1;
	ERR_clear_error();
	while (n < max && (x = X509_new_ex(ike_certctx(), NULL)) != NULL &&
			PEM_read_bio_X509(bio, &x, no_passphrase, NULL) != NULL)
		out[n++] = x;
	BIO_free(bio);
	if (n == max)
		return (int)n;
	X509_free(x);
	return at_end() ? (int)n : -1;
}

static int
read_crls(const char *pem, X509_CRL **out, unsigned int max)
{
	BIO *bio = open_pem(pem);
	unsigned int n = 0;
	X509_CRL *x = NULL;

	if (bio == NULL)
		return pem == NULL ? 0 : -1;
	ERR_clear_error();
	while (n < max && (x = X509_CRL_new_ex(ike_certctx(), NULL)) != NULL &&
			PEM_read_bio_X509_CRL(bio, &x, no_passphrase, NULL) != NULL)
		out[n++] = x;
	BIO_free(bio);
	if (n == max)
		return (int)n;
	X509_CRL_free(x);
	return at_end() ? (int)n : -1;
}

static size_t
ike_cred_certs_len(const struct ike_cred *c)
{
	size_t len = 0;

	for (unsigned int i = 0; i < c->n_certs; i++)
		len += c->der_len[i];
	return len;
}

static const char *
take_own(struct ike_cred *c, const struct ike_cred_src *src)
{
	BIO *bio;
	int n = read_certs(src->certificate, c->certs, IKE_CRED_CERTS_MAX);

	if (n < 0 || (n == 0 && src->certificate != NULL))
		return "the certificate is no certificate in PEM";
	c->n_certs = (unsigned int)n;
	for (int i = 0; i < n; i++) {
		int len = i2d_X509(c->certs[i], &c->der[i]);

		if (len <= 0)
			return "out of memory";
		c->der_len[i] = (size_t)len;
		if (i > 0 && sk_X509_push(c->helpers, c->certs[i]) == 0)
			return "out of memory";
	}
	if (ike_cred_certs_len(c) > IKE_CRED_CERTS_LEN)
		return "the certificate and those behind it are too long for a message";
	if (src->key == NULL)
		return n == 0 ? NULL : "the certificate has no private key with it";
	if (n == 0)
		return "the private key has no certificate with it";
	bio = open_pem(src->key);
	c->key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	if (c->key == NULL)
		return strstr(src->key, "ENCRYPTED") != NULL
				       ? "the private key has a passphrase: it is needed without"
				       : "the private key is no private key in PEM";
	if (ike_key_kind(c->key) == IKE_KEY_OTHER)
		return "the private key is of a kind that IKE cannot use: RSA, ECDSA P-256, P-384 "
		       "or P-521, Ed25519";
	if (X509_check_private_key(c->certs[0], c->key) != 1) {
		ERR_clear_error();
		return "the private key is not the one of the certificate";
	}
	return NULL;
}

static const char *
take_cas(struct ike_cred *c, const struct ike_cred_src *src)
{
	int n = read_certs(src->ca, c->cas, IKE_CRED_CAS_MAX);

	if (n < 0 || (n == 0 && src->ca != NULL))
		return "the CA is no certificate in PEM";
	c->n_cas = (unsigned int)n;
	for (int i = 0; i < n; i++) {
		uint8_t *spki = NULL;
		int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->cas[i]), &spki);

		/* RFC 7296 section 3.7: SHA-1 over the SubjectPublicKeyInfo. */
		if (len > 0)
			SHA1(spki, (size_t)len, c->ca_hash[i]);
		OPENSSL_free(spki);
		if (len <= 0 || X509_check_ca(c->cas[i]) == 0)
			return "a certificate among the CAs is not of a CA";
		if (X509_STORE_add_cert(c->store, c->cas[i]) != 1)
			return "out of memory";
	}
	n = read_crls(src->crl, c->crls, IKE_CRED_CRLS_MAX);
	if (n < 0 || (n == 0 && src->crl != NULL))
		return "the CRL is no CRL in PEM";
	c->n_crls = (unsigned int)n;
	for (int i = 0; i < n; i++)
		if (X509_STORE_add_crl(c->store, c->crls[i]) != 1)
			return "out of memory";
	return NULL;
}

struct ike_cred *
ike_cred_new(const struct ike_cred_src *src, char *why, size_t len)
{
	struct ike_cred *c = calloc(1, sizeof(*c));
	const char *wrong = "out of memory";

	if (c != NULL) {
		atomic_init(&c->refs, 1);
		pthread_mutex_init(&c->lock, NULL);
		c->revocation = src->revocation;
		c->store = X509_STORE_new();
		c->helpers = sk_X509_new_null();
		if (c->store != NULL && c->helpers != NULL)
			wrong = take_own(c, src);
		if (wrong == NULL)
			wrong = take_cas(c, src);
	}
	if (wrong == NULL)
		return c;
	ERR_clear_error();
	snprintf(why, len, "%s", wrong);
	ike_cred_unref(c);
	return NULL;
}

struct ike_cred *
ike_cred_ref(struct ike_cred *c)
{
	if (c != NULL)
		atomic_fetch_add(&c->refs, 1);
	return c;
}

void
ike_cred_unref(struct ike_cred *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	for (unsigned int i = 0; c->seen != NULL && i < CRED_CACHE; i++)
		X509_free(c->seen[i].cert);
	free(c->seen);
	for (unsigned int i = 0; i < IKE_CRED_CERTS_MAX; i++) {
		X509_free(c->certs[i]);
		OPENSSL_free(c->der[i]);
	}
	for (unsigned int i = 0; i < IKE_CRED_CAS_MAX; i++)
		X509_free(c->cas[i]);
	for (unsigned int i = 0; i < IKE_CRED_CRLS_MAX; i++)
		X509_CRL_free(c->crls[i]);
	sk_X509_free(c->helpers);
	X509_STORE_free(c->store);
	EVP_PKEY_free(c->key);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

EVP_PKEY *
ike_cred_key(const struct ike_cred *c)
{
	return c != NULL ? c->key : NULL;
}

unsigned int
ike_cred_n_certs(const struct ike_cred *c)
{
	return c->n_certs;
}

struct ike_blob
ike_cred_cert(const struct ike_cred *c, unsigned int i)
{
	return (struct ike_blob){ .p = c->der[i], .len = c->der_len[i] };
}

int
ike_cred_subject(const struct ike_cred *c, struct ike_id *out)
{
	if (c->n_certs == 0 || ike_dn_of_name(X509_get_subject_name(c->certs[0]), out) != 0)
		return -ENOENT;
	return 0;
}

bool
ike_cred_is_named(const struct ike_cred *c, const struct ike_id *id)
{
	uint8_t body[4 + IKE_ID_MAX];
	struct ike_blob b = { .p = body, .len = ike_id_body(id, body) };

	return c->n_certs > 0 && cred_names(c->certs[0], &b);
}

unsigned int
ike_cred_n_cas(const struct ike_cred *c)
{
	return c->n_cas;
}

const uint8_t *
ike_cred_ca_hash(const struct ike_cred *c, unsigned int i)
{
	return c->ca_hash[i];
}

struct ike_blob
ike_cred_ca_name(const struct ike_cred *c, unsigned int i)
{
	const unsigned char *p = NULL;
	size_t len = 0;

	X509_NAME_get0_der(X509_get_subject_name(c->cas[i]), &p, &len);
	return (struct ike_blob){ .p = p, .len = len };
}
