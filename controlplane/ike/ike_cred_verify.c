/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is a peer's certificate to be believed, and does it name the peer? RFC 5280 section 6 by
 * libcrypto; RFC 4945 sections 3.1 and 5.1.3 for what IKE wants of it. Extended key usage is not
 * looked at (section 5.1.3.12: CAs put all kinds of things there).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/sha.h>

#include "controlplane/ike/ike_certctx.h"
#include "controlplane/ike/ike_cred_int.h"
#include "controlplane/ike/ike_sig.h"

#define CERT_MAX  16384 /* bytes of a certificate of a peer */
#define DEPTH_MAX 6     /* certificates between the peer's and the CA's */

/* ---- names ---------------------------------------------------------------------------------- */

static bool
text_is(const ASN1_STRING *s, const struct ike_blob *v)
{
	return (size_t)ASN1_STRING_length(s) == v->len && v->len > 0 &&
	       strncasecmp((const char *)ASN1_STRING_get0_data(s), (const char *)v->p, v->len) ==
			       0;
}

static bool
name_is(const GENERAL_NAME *g, uint8_t type, const struct ike_blob *v)
{
	switch (type) {
	case IKE_ID_FQDN:
		return g->type == GEN_DNS && text_is(g->d.dNSName, v);
	case IKE_ID_RFC822_ADDR:
		return g->type == GEN_EMAIL && text_is(g->d.rfc822Name, v);
	case IKE_ID_IPV4_ADDR:
		return g->type == GEN_IPADD && v->len == 4 &&
		       ASN1_STRING_length(g->d.iPAddress) == 4 &&
		       memcmp(ASN1_STRING_get0_data(g->d.iPAddress), v->p, 4) == 0;
	default:
		return false;
	}
}

static bool
alt_name_is(X509 *cert, uint8_t type, const struct ike_blob *v)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; names != NULL && !found && i < sk_GENERAL_NAME_num(names); i++)
		found = name_is(sk_GENERAL_NAME_value(names, i), type, v);
	GENERAL_NAMES_free(names);
	return found;
}

static bool
subject_is(X509 *cert, const struct ike_blob *v)
{
	const unsigned char *p = v->p;
	X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)v->len);
	bool same = name != NULL && p == v->p + v->len &&
		    X509_NAME_cmp(name, X509_get_subject_name(cert)) == 0;

	X509_NAME_free(name);
	return same;
}

bool
cred_names(X509 *cert, const struct ike_blob *id)
{
	const ASN1_OCTET_STRING *skid;
	struct ike_blob v;

	if (id->p == NULL || id->len <= 4 || id->len > 4 + UINT16_MAX)
		return false;
	v = (struct ike_blob){ .p = id->p + 4, .len = id->len - 4 };
	if (id->p[0] == IKE_ID_DER_ASN1_DN)
		return subject_is(cert, &v);
	if (id->p[0] != IKE_ID_KEY_ID)
		return alt_name_is(cert, id->p[0], &v);
	skid = X509_get0_subject_key_id(cert);
	return skid != NULL && (size_t)ASN1_STRING_length(skid) == v.len &&
	       memcmp(ASN1_STRING_get0_data(skid), v.p, v.len) == 0;
}

/* ---- what was verified before --------------------------------------------------------------- */

static struct cred_seen *
slot_of(struct ike_cred *c, const uint8_t hash[32])
{
	return &c->seen[((unsigned int)hash[0] << 8 | hash[1]) & (CRED_CACHE - 1)];
}

/* A reference; NULL: not seen, or not in time. */
static X509 *
seen_find(struct ike_cred *c, const uint8_t hash[32], int64_t now_s, bool weak, int64_t *to_s)
{
	X509 *cert = NULL;

	pthread_mutex_lock(&c->lock);
	if (c->seen != NULL) {
		const struct cred_seen *s = slot_of(c, hash);

		if (s->cert != NULL && memcmp(s->hash, hash, sizeof(s->hash)) == 0 &&
				s->from_s <= now_s && now_s <= s->to_s && (weak || !s->weak) &&
				X509_up_ref(s->cert) == 1) {
			cert = s->cert;
			*to_s = s->to_s;
		}
	}
	pthread_mutex_unlock(&c->lock);
	return cert;
}

static int64_t
time_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : INT64_MIN;
}

/* As long as all of the chain is valid, and all CRLs are current. Until when that is. */
static int64_t
seen_keep(struct ike_cred *c, const uint8_t hash[32], X509_STORE_CTX *ctx, X509 *cert, bool weak)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int64_t from_s = INT64_MIN, to_s = INT64_MAX;
	struct cred_seen *s;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		int64_t from = time_of(X509_get0_notBefore(sk_X509_value(chain, i)));
		int64_t to = time_of(X509_get0_notAfter(sk_X509_value(chain, i)));

		from_s = from > from_s ? from : from_s;
		to_s = to < to_s ? to : to_s;
	}
	for (unsigned int i = 0; c->revocation == IKE_REVOCATION_STRICT && i < c->n_crls; i++) {
		const ASN1_TIME *next = X509_CRL_get0_nextUpdate(c->crls[i]);

		if (next != NULL && time_of(next) < to_s)
			to_s = time_of(next);
	}
	pthread_mutex_lock(&c->lock);
	if (c->seen == NULL)
		c->seen = calloc(CRED_CACHE, sizeof(*c->seen));
	if (c->seen != NULL && X509_up_ref(cert) == 1) {
		s = slot_of(c, hash);
		X509_free(s->cert);
		*s = (struct cred_seen){ .cert = cert, .weak = weak, .from_s = from_s,
			.to_s = to_s };
		memcpy(s->hash, hash, sizeof(s->hash));
	}
	pthread_mutex_unlock(&c->lock);
	return to_s;
}

/* ---- the chain ------------------------------------------------------------------------------ */

static X509 *
decode(const struct ike_blob *b)
{
	const unsigned char *p = b->p;
	X509 *x = b->len <= CERT_MAX ? X509_new_ex(ike_certctx(), NULL) : NULL;

	if (x == NULL || (d2i_X509(&x, &p, (long)b->len) != NULL && p == b->p + b->len))
		return x;
	X509_free(x); /* NULL, if it could not be read */
	return NULL;
}

/* Unless all is to be strict, a CRL that is not there says nothing, and an old one is better than
 * none. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return 1;
	default:
		return ok;
	}
}

static void
explain(X509_STORE_CTX *ctx, char *why, size_t len)
{
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	char subject[96] = "certificate";

	if (x != NULL)
		ike_dn_name_str(X509_get_subject_name(x), subject, sizeof(subject));
	snprintf(why, len, "%s: %s", subject,
			X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
}

static void
set_rules(const struct ike_cred *c, X509_STORE_CTX *ctx, int64_t now_s, bool weak)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN; /* a CA we believe needs no root */

	if (now_s < 0)
		flags |= X509_V_FLAG_NO_CHECK_TIME;
	else
		X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
	if (c->revocation == IKE_REVOCATION_STRICT ||
			(c->revocation == IKE_REVOCATION_CRL && c->n_crls > 0))
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	if (c->revocation == IKE_REVOCATION_CRL)
		X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, weak ? 0 : 1);
}

/* RFC 4945 section 5.1.3.2: a key that may be used for signatures, if it says for what. */
static bool
usage_good(X509 *cert)
{
	return (X509_get_key_usage(cert) &
			(X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION)) !=
	       0;
}

static bool
chain_good(struct ike_cred *c, X509 *cert, STACK_OF(X509) *others, const uint8_t hash[32],
		int64_t now_s, bool weak, int64_t *to_s, char *why, size_t why_len)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(ike_certctx(), NULL);
	bool good = false;

	snprintf(why, why_len, "out of memory");
	if (ctx != NULL && X509_STORE_CTX_init(ctx, c->store, cert, others) == 1) {
		set_rules(c, ctx, now_s, weak);
		good = X509_verify_cert(ctx) == 1;
		if (!good)
			explain(ctx, why, why_len);
	}
	if (good && !usage_good(cert)) {
		snprintf(why, why_len, "its key usage does not allow signatures");
		good = false;
	}
	if (good)
		*to_s = seen_keep(c, hash, ctx, cert, weak);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* What came beside the peer's own certificate, and what we have ourselves. */
static STACK_OF(X509) *
gather(const struct ike_cred *c, const struct ike_blob *certs, unsigned int n)
{
	STACK_OF(X509) *others = sk_X509_new_null();

	for (unsigned int i = 1; others != NULL && i < n; i++) {
		X509 *x = decode(&certs[i]);

		if (x != NULL && sk_X509_push(others, x) == 0)
			X509_free(x);
	}
	for (int i = 0; others != NULL && i < sk_X509_num(c->helpers); i++) {
		X509 *x = sk_X509_value(c->helpers, i);

		if (X509_up_ref(x) == 1 && sk_X509_push(others, x) == 0)
			X509_free(x);
	}
	return others;
}

static X509 *
verified(struct ike_cred *c, const struct ike_blob *certs, unsigned int n, int64_t now_s,
		bool weak, int64_t *to_s, char *why, size_t why_len)
{
	uint8_t hash[32];
	X509 *cert;
	STACK_OF(X509) *others;

	SHA256(certs[0].p, certs[0].len, hash);
	cert = now_s >= 0 ? seen_find(c, hash, now_s, weak, to_s) : NULL;
	if (cert != NULL)
		return cert;
	cert = decode(&certs[0]);
	if (cert == NULL) {
		snprintf(why, why_len, "it is malformed");
		ERR_clear_error();
		return NULL;
	}
	others = gather(c, certs, n);
	if (!chain_good(c, cert, others, hash, now_s, weak, to_s, why, why_len)) {
		X509_free(cert);
		cert = NULL;
	}
	sk_X509_pop_free(others, X509_free);
	return cert;
}

EVP_PKEY *
ike_cred_verify(struct ike_cred *c, const struct ike_blob *certs, unsigned int n,
		const struct ike_blob *id, int64_t now_s, bool weak, struct ike_cred_found *found,
		char *why, size_t why_len)
{
	struct ike_cred_found f = { .not_after_s = INT64_MAX };
	EVP_PKEY *key = NULL;
	X509 *cert;

	if (n == 0) {
		snprintf(why, why_len, "it sent none");
		return NULL;
	}
	cert = verified(c, certs, n, now_s, weak, &f.not_after_s, why, why_len);
	if (cert == NULL)
		return NULL;
	ike_dn_name_str(X509_get_subject_name(cert), f.subject, sizeof(f.subject));
	if (found != NULL)
		*found = f;
	if (!cred_names(cert, id))
		snprintf(why, why_len, "%.95s: does not have the identity that the peer claims",
				f.subject);
	else if ((key = X509_get_pubkey(cert)) == NULL)
		snprintf(why, why_len, "its public key cannot be used");
	X509_free(cert);
	ERR_clear_error();
	return key;
}
