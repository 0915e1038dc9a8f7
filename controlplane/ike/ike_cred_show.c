/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates and CRLs for people; see ike_cred.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "common/inet.h"
#include "controlplane/ike/ike_cred_int.h"

static int64_t
seconds(const ASN1_TIME *t, int64_t none)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : none;
}

/* "rsa 2048", "ecdsa P-256", "ed25519". */
static char *
cred_key_str(EVP_PKEY *key, char *buf, size_t len)
{
	char group[32] = "";
	const char *type = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

	if (key != NULL && EVP_PKEY_is_a(key, "EC")) {
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
		snprintf(buf, len, "ecdsa %.16s",
				strcmp(group, "prime256v1") == 0 ? "P-256"
				: strcmp(group, "secp384r1") == 0 ? "P-384"
				: strcmp(group, "secp521r1") == 0 ? "P-521"
								  : group);
	} else if (key != NULL && EVP_PKEY_is_a(key, "ED25519")) {
		snprintf(buf, len, "ed25519");
	} else if (key != NULL && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))) {
		snprintf(buf, len, "%s %d", EVP_PKEY_is_a(key, "RSA") ? "rsa" : "rsa-pss",
				EVP_PKEY_get_bits(key));
	} else {
		snprintf(buf, len, "%s", type != NULL ? type : "unknown");
	}
	return buf;
}

static void
alt_name(const GENERAL_NAME *g, char *buf, size_t len)
{
	const ASN1_STRING *s = g->type == GEN_DNS     ? g->d.dNSName
			       : g->type == GEN_EMAIL ? g->d.rfc822Name
			       : g->type == GEN_IPADD ? g->d.iPAddress
						      : NULL;

	if (s == NULL)
		return;
	ike_id_str(g->type == GEN_IPADD ? IKE_ID_IPV4_ADDR : IKE_ID_FQDN, ASN1_STRING_get0_data(s),
			(size_t)ASN1_STRING_length(s), buf, len);
}

static void
alt_names(X509 *cert, char *buf, size_t len)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t at = 0;

	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
		char one[96] = "";

		alt_name(sk_GENERAL_NAME_value(names, i), one, sizeof(one));
		if (one[0] != '\0' && at + strlen(one) + 3 < len)
			at += (size_t)snprintf(buf + at, len - at, "%s%s", at > 0 ? ", " : "", one);
	}
	GENERAL_NAMES_free(names);
}

static void
show_cert(X509 *cert, enum ike_cred_what what, struct ike_cred_show *s)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = bn != NULL ? BN_bn2hex(bn) : NULL;

	memset(s, 0, sizeof(*s));
	s->what = what;
	ike_dn_name_str(X509_get_subject_name(cert), s->subject, sizeof(s->subject));
	ike_dn_name_str(X509_get_issuer_name(cert), s->issuer, sizeof(s->issuer));
	snprintf(s->serial, sizeof(s->serial), "%s", hex != NULL ? hex : "");
	cred_key_str(X509_get0_pubkey(cert), s->key, sizeof(s->key));
	alt_names(cert, s->names, sizeof(s->names));
	s->not_before_s = seconds(X509_get0_notBefore(cert), 0);
	s->not_after_s = seconds(X509_get0_notAfter(cert), INT64_MAX);
	OPENSSL_free(hex);
	BN_free(bn);
}

static void
show_crl(X509_CRL *crl, struct ike_cred_show *s)
{
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);

	memset(s, 0, sizeof(*s));
	s->what = IKE_CRED_CRL;
	ike_dn_name_str(X509_CRL_get_issuer(crl), s->subject, sizeof(s->subject));
	s->not_before_s = seconds(X509_CRL_get0_lastUpdate(crl), 0);
	s->not_after_s = seconds(X509_CRL_get0_nextUpdate(crl), INT64_MAX);
	s->n_revoked = revoked != NULL ? (uint32_t)sk_X509_REVOKED_num(revoked) : 0;
}

bool
ike_cred_expired(const struct ike_cred *c, int64_t now_s)
{
	return c->n_certs > 0 && seconds(X509_get0_notAfter(c->certs[0]), INT64_MAX) < now_s;
}

void
ike_cred_each(const struct ike_cred *c, void (*fn)(void *arg, const struct ike_cred_show *s),
		void *arg)
{
	struct ike_cred_show s;

	for (unsigned int i = 0; i < c->n_certs; i++) {
		show_cert(c->certs[i], i == 0 ? IKE_CRED_OWN : IKE_CRED_INTERMEDIATE, &s);
		fn(arg, &s);
	}
	for (unsigned int i = 0; i < c->n_cas; i++) {
		show_cert(c->cas[i], IKE_CRED_CA, &s);
		fn(arg, &s);
	}
	for (unsigned int i = 0; i < c->n_crls; i++) {
		show_crl(c->crls[i], &s);
		fn(arg, &s);
	}
}
