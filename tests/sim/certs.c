/* SPDX-License-Identifier: BSD-3-Clause */
/* The PKI of certs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "controlplane/ike/ike_id.h"
#include "tests/sim/certs.h"

#define N_KEYS 4 /* different ones of each kind; of RSA half as many */

static long serial;

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static EVP_PKEY *
generate(const char *kind)
{
	static const struct {
		const char *kind, *curve;
	} curves[] = { { "p256", "P-256" }, { "p384", "P-384" }, { "p521", "P-521" } };
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(kind, curves[i].kind) == 0)
			return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[i].curve);
	if (strcmp(kind, "ed25519") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (strcmp(kind, "rsa") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	ctx = must(EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL));
	if (EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) <= 0 ||
			EVP_PKEY_generate(ctx, &key) <= 0)
		abort();
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* RSA keys take long to make: each kind has a few, which are dealt out in turn. */
EVP_PKEY *
certs_key(const char *kind)
{
	static struct {
		char kind[16];
		unsigned int n;
		EVP_PKEY *keys[N_KEYS];
	} kinds[8];
	unsigned int k = 0, i;

	while (kinds[k].kind[0] != '\0' && strcmp(kinds[k].kind, kind) != 0)
		k++;
	snprintf(kinds[k].kind, sizeof(kinds[k].kind), "%s", kind);
	i = kinds[k].n++ % (strncmp(kind, "rsa", 3) == 0 ? N_KEYS / 2 : N_KEYS);
	if (kinds[k].keys[i] == NULL)
		kinds[k].keys[i] = must(generate(kind));
	EVP_PKEY_up_ref(kinds[k].keys[i]);
	return kinds[k].keys[i];
}

static void
extend(X509 *x, X509 *issuer, const char *name, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = must(X509V3_EXT_conf(NULL, &ctx, name, value));
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static X509_NAME *
name_of(const char *text)
{
	struct ike_id id;
	const unsigned char *p = id.data;

	if (ike_dn_parse(text, &id) != 0)
		abort();
	return must(d2i_X509_NAME(NULL, &p, id.len));
}

static char *
to_pem(int (*put)(BIO *, const void *), const void *what)
{
	BIO *bio = must(BIO_new(BIO_s_mem()));
	char *data, *pem;
	long len;

	if (put(bio, what) != 1)
		abort();
	len = BIO_get_mem_data(bio, &data);
	pem = must(malloc((size_t)len + 1)); /* @data does not end with a NUL */
	memcpy(pem, data, (size_t)len);
	pem[len] = '\0';
	BIO_free(bio);
	return pem;
}

static int
put_cert(BIO *bio, const void *x)
{
	return PEM_write_bio_X509(bio, x);
}

static int
put_key(BIO *bio, const void *key)
{
	return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
}

static int
put_crl(BIO *bio, const void *crl)
{
	return PEM_write_bio_X509_CRL(bio, crl);
}

static const EVP_MD *
md_for(const EVP_PKEY *key, const char *md)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	return must((void *)(uintptr_t)EVP_get_digestbyname(md != NULL ? md : "SHA256"));
}

struct certs_cert
certs_make(const struct certs_spec *spec)
{
	struct certs_cert c = { .key = certs_key(spec->kind != NULL ? spec->kind : "p256"),
		.x = must(X509_new()) };
	X509_NAME *subject = name_of(spec->subject);
	X509 *issuer = spec->issuer != NULL ? spec->issuer->x : c.x;
	EVP_PKEY *signer = spec->issuer != NULL ? spec->issuer->key : c.key;

	X509_set_version(c.x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), ++serial);
	X509_set_subject_name(c.x, subject);
	X509_set_issuer_name(c.x, X509_get_subject_name(issuer));
	ASN1_TIME_set(X509_getm_notBefore(c.x),
			spec->from_s != 0 ? spec->from_s : CERTS_NOW - 100 * CERTS_DAY);
	ASN1_TIME_set(X509_getm_notAfter(c.x),
			spec->to_s != 0 ? spec->to_s : CERTS_NOW + 100 * CERTS_DAY);
	X509_set_pubkey(c.x, c.key);
	if (!spec->no_constraints)
		extend(c.x, issuer, "basicConstraints", spec->ca ? "critical,CA:TRUE" : "CA:FALSE");
	extend(c.x, issuer, "keyUsage",
			spec->usage != NULL ? spec->usage
			: spec->ca	    ? "keyCertSign,cRLSign"
					    : "digitalSignature");
	extend(c.x, issuer, "subjectKeyIdentifier", "hash");
	if (spec->san != NULL)
		extend(c.x, issuer, "subjectAltName", spec->san);
	if (X509_sign(c.x, signer, md_for(signer, spec->md)) == 0)
		abort();
	X509_NAME_free(subject);
	c.pem = to_pem(put_cert, c.x);
	c.key_pem = to_pem(put_key, c.key);
	return c;
}

void
certs_drop(struct certs_cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x);
	free(c->pem);
	free(c->key_pem);
	memset(c, 0, sizeof(*c));
}

char *
certs_crl(const struct certs_cert *ca, const struct certs_cert *revoked, int64_t next_s)
{
	X509_CRL *crl = must(X509_CRL_new());
	ASN1_TIME *t = must(ASN1_TIME_set(NULL, CERTS_NOW - 10 * CERTS_DAY));
	X509_REVOKED *r;
	char *pem;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->x));
	X509_CRL_set1_lastUpdate(crl, t);
	if (revoked != NULL) {
		r = must(X509_REVOKED_new());
		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked->x));
		X509_REVOKED_set_revocationDate(r, t);
		X509_CRL_add0_revoked(crl, r);
	}
	ASN1_TIME_set(t, next_s);
	X509_CRL_set1_nextUpdate(crl, t);
	ASN1_TIME_free(t);
	X509_CRL_sort(crl);
	if (X509_CRL_sign(crl, ca->key, md_for(ca->key, NULL)) == 0)
		abort();
	pem = to_pem(put_crl, crl);
	X509_CRL_free(crl);
	return pem;
}

struct ike_cred *
certs_cred(const struct certs_cert *own, const struct certs_cert *chain,
		const struct certs_cert *ca, const char *crl, uint8_t revocation)
{
	struct ike_cred_src src = { .key = own != NULL ? own->key_pem : NULL,
		.ca = ca != NULL ? ca->pem : NULL,
		.crl = crl,
		.revocation = revocation };
	struct ike_cred *cred;
	char *both = NULL, why[256] = "";

	if (own != NULL && asprintf(&both, "%s%s", own->pem, chain != NULL ? chain->pem : "") < 0)
		abort();
	src.certificate = both;
	cred = ike_cred_new(&src, why, sizeof(why));
	if (cred == NULL)
		printf("\n    no credentials: %s\n", why);
	free(both);
	return must(cred);
}

struct ike_blob
certs_der(const struct certs_cert *c)
{
	static uint8_t buf[8][4096];
	static unsigned int next;
	uint8_t *p = buf[next % 8];
	struct ike_blob b = { .p = buf[next++ % 8] };
	int len = i2d_X509(c->x, NULL);

	if (len <= 0 || len > (int)sizeof(buf[0]))
		abort();
	b.len = (size_t)i2d_X509(c->x, &p);
	return b;
}
