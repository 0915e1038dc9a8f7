/* SPDX-License-Identifier: BSD-3-Clause */
/* Credentials: what is loaded and what is refused, and whose certificate is believed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_cred.h"
#include "controlplane/ike/ike_id.h"
#include "tests/sim/certs.h"
#include "tests/unit/cu.h"

static struct certs_cert ca, leaf;

static void
make(void)
{
	if (ca.x != NULL)
		return;
	ca = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=CA", .ca = true });
	leaf = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=b1",
			.san = "DNS:b1.example.com,email:b1@example.com,IP:192.0.2.7",
			.issuer = &ca });
}

/* ---- loading -------------------------------------------------------------------------------- */

static bool
load_fails(const char *cert, const char *key, const char *cas, const char *crl, const char *words)
{
	struct ike_cred_src src = { .certificate = cert, .key = key, .ca = cas, .crl = crl };
	char why[200] = "";
	struct ike_cred *c = ike_cred_new(&src, why, sizeof(why));
	bool ok = c == NULL && strstr(why, words) != NULL;

	if (!ok)
		printf("\n    \"%s\" instead of \"%s\"\n", why, words);
	ike_cred_unref(c);
	return ok;
}

static void
what_does_not_load(void)
{
	struct certs_cert other;
	char cut[200];

	make();
	other = certs_make(&(struct certs_spec){ .subject = "CN=other", .kind = "p384" });
	snprintf(cut, sizeof(cut), "%.180s", leaf.pem);
	CU_ASSERT_TRUE(load_fails("nonsense", leaf.key_pem, NULL, NULL, "no certificate in PEM"));
	CU_ASSERT_TRUE(load_fails(cut, leaf.key_pem, NULL, NULL, "no certificate in PEM"));
	CU_ASSERT_TRUE(load_fails(leaf.key_pem, leaf.key_pem, NULL, NULL, "no certificate in PEM"));
	CU_ASSERT_TRUE(load_fails(leaf.pem, NULL, NULL, NULL, "no private key with it"));
	CU_ASSERT_TRUE(load_fails(NULL, leaf.key_pem, NULL, NULL, "no certificate with it"));
	CU_ASSERT_TRUE(load_fails(leaf.pem, "nonsense", NULL, NULL, "no private key in PEM"));
	CU_ASSERT_TRUE(load_fails(leaf.pem,
			"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE "
			"KEY-----\n",
			NULL, NULL, "passphrase"));
	CU_ASSERT_TRUE(load_fails(
			leaf.pem, other.key_pem, NULL, NULL, "not the one of the certificate"));
	CU_ASSERT_TRUE(load_fails(NULL, NULL, "nonsense", NULL, "the CA is no certificate"));
	CU_ASSERT_TRUE(load_fails(NULL, NULL, leaf.pem, NULL, "not of a CA"));
	CU_ASSERT_TRUE(load_fails(NULL, NULL, ca.pem, "nonsense", "the CRL is no CRL"));
	CU_ASSERT_TRUE(load_fails(NULL, NULL, ca.pem, ca.pem, "the CRL is no CRL"));
	certs_drop(&other);
}

static void
what_we_say_of_ourselves(void)
{
	struct ike_cred *c;
	struct ike_id id;
	char text[64];
	static const char *const named[] = { "b1.example.com", "B1.EXAMPLE.com", "b1@example.com",
		"192.0.2.7", "O=Example, CN=b1" };
	static const char *const not_named[] = { "b2.example.com", "example.com", "192.0.2.8",
		"b2@example.com", "O=Example, CN=b2", "b1@example.com.net", "key-id:b1" };

	make();
	c = certs_cred(&leaf, &ca, &ca, NULL, 0);
	CU_ASSERT_EQUAL(ike_cred_n_certs(c), 2);
	CU_ASSERT_EQUAL(ike_cred_n_cas(c), 1);
	CU_ASSERT_EQUAL(ike_cred_subject(c, &id), 0);
	CU_ASSERT_STRING_EQUAL(ike_id_str(id.type, id.data, id.len, text, sizeof(text)),
			"O=Example, CN=b1");
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		ike_id_parse(named[i], &id);
		CU_ASSERT_TRUE(ike_cred_is_named(c, &id));
	}
	for (size_t i = 0; i < sizeof(not_named) / sizeof(not_named[0]); i++) {
		ike_id_parse(not_named[i], &id);
		CU_ASSERT_FALSE(ike_cred_is_named(c, &id));
	}
	ike_cred_unref(c);
}

/* ---- judging -------------------------------------------------------------------------------- */

struct judge {
	struct ike_cred *cred;
	const char *id;
	int64_t now_s;
	bool weak;
	struct ike_blob certs[IKE_MAX_CERTS];
	unsigned int n;
};

/* NULL: believed. Else why not. */
static const char *
judge(const struct judge *j)
{
	static char why[200];
	struct ike_id id;
	uint8_t body[4 + IKE_ID_MAX];
	struct ike_blob b = { .p = body };
	EVP_PKEY *key;

	CU_ASSERT_EQUAL_FATAL(ike_id_parse(j->id, &id), 0);
	b.len = ike_id_body(&id, body);
	snprintf(why, sizeof(why), "no reason");
	key = ike_cred_verify(j->cred, j->certs, j->n, &b, j->now_s, j->weak, NULL, why,
			sizeof(why));
	EVP_PKEY_free(key);
	return key != NULL ? NULL : why;
}

#define CU_ASSERT_REFUSED(j, words)                                        \
	do {                                                               \
		const char *got = judge(j);                                \
		if (got == NULL || strstr(got, words) == NULL)             \
			printf("\n    %s\n", got != NULL ? got : "believed"); \
		CU_ASSERT_TRUE(got != NULL && strstr(got, words) != NULL); \
	} while (0)

static struct judge
judge_of(struct ike_cred *cred, const struct certs_cert *c)
{
	return (struct judge){ .cred = cred,
		.id = "b1.example.com",
		.now_s = CERTS_NOW,
		.certs = { certs_der(c) },
		.n = 1 };
}

static void
times_and_names(void)
{
	struct ike_cred *cred;
	struct judge j;

	make();
	cred = certs_cred(NULL, NULL, &ca, NULL, 0);
	j = judge_of(cred, &leaf);
	/* The second time it is remembered, and still in time, and still of this name. */
	for (int i = 0; i < 2; i++) {
		j.now_s = CERTS_NOW;
		j.id = "b1.example.com";
		CU_ASSERT_PTR_NULL(judge(&j));
		j.id = "O=Example, CN=b1";
		CU_ASSERT_PTR_NULL(judge(&j));
		j.id = "b2.example.com";
		CU_ASSERT_REFUSED(&j, "does not have the identity");
		j.id = "b1.example.com";
		j.now_s = CERTS_NOW - 101 * CERTS_DAY;
		CU_ASSERT_REFUSED(&j, "not yet valid");
		j.now_s = CERTS_NOW + 101 * CERTS_DAY;
		CU_ASSERT_REFUSED(&j, "expired");
		j.now_s = -1;
		CU_ASSERT_PTR_NULL(judge(&j));
	}
	j.n = 0;
	CU_ASSERT_REFUSED(&j, "it sent none");
	ike_cred_unref(cred);
}

static void
chains(void)
{
	struct certs_cert mid[3], end, fake_ca, fake;
	struct ike_cred *cred, *knows_mid;
	struct judge j;
	char name[64];

	make();
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "O=Example, CN=mid %d", i);
		mid[i] = certs_make(&(struct certs_spec){
				.subject = name, .ca = true,
						.issuer = i == 0 ? &ca : &mid[i - 1] });
	}
	end = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=end",
			.san = "DNS:b1.example.com", .issuer = &mid[2] });
	cred = certs_cred(NULL, NULL, &ca, NULL, 0);
	j = judge_of(cred, &end);
	CU_ASSERT_REFUSED(&j, "unable to get local issuer");
	for (int i = 0; i < 3; i++)
		j.certs[j.n++] = certs_der(&mid[i]);
	j.certs[j.n++] = (struct ike_blob){ .p = (const uint8_t *)"junk", .len = 4 };
	CU_ASSERT_PTR_NULL(judge(&j));
	/* Who trusts an intermediate CA needs no root. */
	knows_mid = certs_cred(NULL, NULL, &mid[2], NULL, 0);
	j = judge_of(knows_mid, &end);
	CU_ASSERT_PTR_NULL(judge(&j));
	/* A certificate that is of no CA signs nothing. */
	fake_ca = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=not a CA",
			.usage = "digitalSignature", .issuer = &ca });
	fake = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=b1",
			.san = "DNS:b1.example.com", .issuer = &fake_ca });
	j = judge_of(cred, &fake);
	j.certs[j.n++] = certs_der(&fake_ca);
	CU_ASSERT_REFUSED(&j, "invalid CA certificate");
	/* Another CA of the same name. */
	certs_drop(&fake);
	certs_drop(&fake_ca);
	fake_ca = certs_make(&(struct certs_spec){
			.subject = "O=Example, CN=CA", .ca = true, .kind = "p384" });
	fake = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=b1",
			.san = "DNS:b1.example.com", .issuer = &fake_ca });
	j = judge_of(cred, &fake);
	j.certs[j.n++] = certs_der(&fake_ca);
	CU_ASSERT_PTR_NOT_NULL(judge(&j));
	for (int i = 0; i < 3; i++)
		certs_drop(&mid[i]);
	certs_drop(&end);
	certs_drop(&fake);
	certs_drop(&fake_ca);
	ike_cred_unref(cred);
	ike_cred_unref(knows_mid);
}

static void
revocation(void)
{
	struct certs_cert other;
	char *on, *off, *old;
	static const struct {
		int crl; /* 0: none, 1: the certificate is on it, 2: another is, 3: old, it is on */
		uint8_t how;
		const char *refused; /* NULL: believed */
	} rows[] = {
		{ 0, IKE_REVOCATION_CRL, NULL },
		{ 1, IKE_REVOCATION_CRL, "certificate revoked" },
		{ 2, IKE_REVOCATION_CRL, NULL },
		{ 3, IKE_REVOCATION_CRL, "certificate revoked" },
		{ 0, IKE_REVOCATION_STRICT, "unable to get certificate CRL" },
		{ 1, IKE_REVOCATION_STRICT, "certificate revoked" },
		{ 2, IKE_REVOCATION_STRICT, NULL },
		{ 3, IKE_REVOCATION_STRICT, "CRL has expired" },
		{ 1, IKE_REVOCATION_NONE, NULL },
	};

	make();
	other = certs_make(&(struct certs_spec){ .subject = "CN=other", .issuer = &ca });
	on = certs_crl(&ca, &leaf, CERTS_NOW + CERTS_DAY);
	off = certs_crl(&ca, &other, CERTS_NOW + CERTS_DAY);
	old = certs_crl(&ca, &leaf, CERTS_NOW - CERTS_DAY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const crls[] = { NULL, on, off, old };
		struct ike_cred *cred = certs_cred(NULL, NULL, &ca, crls[rows[i].crl], rows[i].how);
		struct judge j = judge_of(cred, &leaf);

		for (int k = 0; k < 2; k++) {
			if (rows[i].refused != NULL) {
				CU_ASSERT_REFUSED(&j, rows[i].refused);
				continue;
			}
			CU_ASSERT_PTR_NULL(judge(&j));
		}
		ike_cred_unref(cred);
	}
	free(on);
	free(off);
	free(old);
	certs_drop(&other);
}

/* What was good enough for a peer with old algorithms is not for another. */
static void
weak_signatures(void)
{
	struct certs_cert sha1;
	struct ike_cred *cred;
	struct judge j;

	make();
	sha1 = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=b1",
			.san = "DNS:b1.example.com", .issuer = &ca, .md = "SHA1" });
	cred = certs_cred(NULL, NULL, &ca, NULL, 0);
	j = judge_of(cred, &sha1);
	j.weak = true;
	CU_ASSERT_PTR_NULL(judge(&j));
	j.weak = false;
	CU_ASSERT_REFUSED(&j, "too weak");
	certs_drop(&sha1);
	ike_cred_unref(cred);
}

/* Each prefix of a certificate, and each certificate with one byte changed, is refused. */
static void
damaged_certificates(void)
{
	struct ike_cred *cred;
	struct judge j;
	struct ike_blob whole;

	make();
	cred = certs_cred(NULL, NULL, &ca, NULL, 0);
	whole = certs_der(&leaf);
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, whole.p, len);
		j = judge_of(cred, &leaf);
		j.certs[0] = (struct ike_blob){ .p = copy, .len = len };
		CU_ASSERT_PTR_NOT_NULL(judge(&j));
		free(copy);
	}
	for (size_t at = 0; at < whole.len; at += 7) {
		uint8_t *copy = malloc(whole.len);

		memcpy(copy, whole.p, whole.len);
		copy[at] ^= 0x11;
		j = judge_of(cred, &leaf);
		j.certs[0] = (struct ike_blob){ .p = copy, .len = whole.len };
		CU_ASSERT_PTR_NOT_NULL(judge(&j));
		free(copy);
	}
	ike_cred_unref(cred);
}

static void
count_show(void *arg, const struct ike_cred_show *s)
{
	unsigned int *n = arg;

	n[s->what]++;
	if (s->what == IKE_CRED_OWN) {
		CU_ASSERT_STRING_EQUAL(s->subject, "O=Example, CN=b1");
		CU_ASSERT_STRING_EQUAL(s->issuer, "O=Example, CN=CA");
		CU_ASSERT_STRING_EQUAL(s->key, "ecdsa P-256");
		CU_ASSERT_STRING_EQUAL(s->names, "b1.example.com, b1@example.com, 192.0.2.7");
		CU_ASSERT_EQUAL(s->not_after_s, CERTS_NOW + 100 * CERTS_DAY);
	}
	if (s->what == IKE_CRED_CRL)
		CU_ASSERT_EQUAL(s->n_revoked, 1);
}

static void
what_is_shown(void)
{
	unsigned int n[4] = { 0 };
	struct ike_cred *cred;
	char *crl;

	make();
	crl = certs_crl(&ca, &leaf, CERTS_NOW + CERTS_DAY);
	cred = certs_cred(&leaf, NULL, &ca, crl, 0);
	ike_cred_each(cred, count_show, n);
	CU_ASSERT_TRUE(n[IKE_CRED_OWN] == 1 && n[IKE_CRED_CA] == 1 && n[IKE_CRED_CRL] == 1);
	ike_cred_unref(cred);
	free(crl);
	certs_drop(&ca);
	certs_drop(&leaf);
}

static const struct cu_case cases[] = {
	CU_CASE(what_does_not_load),
	CU_CASE(what_we_say_of_ourselves),
	CU_CASE(times_and_names),
	CU_CASE(chains),
	CU_CASE(revocation),
	CU_CASE(weak_signatures),
	CU_CASE(damaged_certificates),
	CU_CASE(what_is_shown),
};

CU_MAIN("credentials", cases)
