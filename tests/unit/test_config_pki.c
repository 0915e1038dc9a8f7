/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trustpoints and proofs of identity in the configuration: what is refused or warned of, each with
 * its path; and what becomes of it as IKE's peer and as loaded trustpoints.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/config/json.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/pki/pki.h"
#include "controlplane/vpn/peer.h"
#include "tests/sim/certs.h"
#include "tests/unit/cu.h"

static struct certs_cert ca, own, rsa, expired;
static int64_t now_s;

static void
make(void)
{
	struct certs_spec s = { 0 };

	if (ca.x != NULL)
		return;
	now_s = (int64_t)time(NULL);
	s.from_s = now_s - 10 * CERTS_DAY;
	s.to_s = now_s + 100 * CERTS_DAY;
	s.subject = "O=Example, CN=CA";
	s.ca = true;
	ca = certs_make(&s);
	s.ca = false;
	s.issuer = &ca;
	s.subject = "O=Example, CN=hub";
	s.san = "DNS:hub.example.com";
	own = certs_make(&s);
	s.kind = "rsa";
	s.subject = "O=Example, CN=rsa";
	rsa = certs_make(&s);
	s.to_s = now_s - 2 * CERTS_DAY;
	s.kind = NULL;
	expired = certs_make(&s);
}

/* A hub with one tunnel, by certificates. */
static json_t *
document(void)
{
	make();
	return json_pack("{s:{s:{s:[s]}}, s:{s:{s:s, s:s, s:s, s:s}}, s:{"
			 "s:{s:{s:{s:s, s:s, s:s}}}, "
			 "s:{s:{s:{}}, s:{s:{s:s, s:s, s:s}}}, "
			 "s:{s:{s:{s:s}}, s:{s:{s:[s]}}}}}",
			"interfaces", "wan", "address", "1.1.1.2/24", "tunnels", "t", "source",
			"1.1.1.2", "destination", "1.1.1.9", "protection", "p", "peer-identity",
			"b1.example.com", "crypto", "pki", "trustpoints", "tp", "certificate",
			own.pem, "private-key", own.key_pem, "ca", ca.pem, "ikev2", "proposals",
			"default", "profiles", "default", "authentication-local", "certificate",
			"authentication-remote", "certificate", "trustpoint", "tp", "ipsec",
			"transform-sets", "s", "encryption", "aes-gcm-128", "profiles", "p",
			"transform-sets", "s");
}

/* "crypto/pki/trustpoints/tp/ca": set to @value, stolen; NULL: removed. */
static void
set(json_t *doc, const char *path, json_t *value)
{
	char copy[200], *name, *save, *next;

	snprintf(copy, sizeof(copy), "%s", path);
	for (name = strtok_r(copy, "/", &save); (next = strtok_r(NULL, "/", &save)) != NULL;
			name = next) {
		if (json_object_get(doc, name) == NULL)
			json_object_set_new(doc, name, json_object());
		doc = json_object_get(doc, name);
	}
	if (value == NULL)
		json_object_del(doc, name);
	else
		json_object_set_new(doc, name, value);
}

static struct cfg *
load(json_t *doc, struct cfg_errors *e)
{
	struct cfg *c;

	cfg_errors_init(e);
	c = cfg_from_json(doc, NULL, e);
	json_decref(doc);
	return c;
}

static bool
has(const struct cfg_error *v, uint32_t n, const char *path, const char *words)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(v[i].path, path) == 0 && strstr(v[i].message, words) != NULL)
			return true;
	for (uint32_t i = 0; i < n; i++)
		printf("\n    %s: %s", v[i].path, v[i].message);
	return false;
}

#define TP   "crypto/pki/trustpoints/tp/"
#define PROF "crypto/ikev2/profiles/default/"

static void
refused(const char *path, json_t *value, const char *at, const char *words)
{
	json_t *doc = document();
	struct cfg_errors e;
	struct cfg *c;

	set(doc, path, value);
	c = load(doc, &e);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_TRUE(has(e.errors, e.n_errors, at, words));
	cfg_errors_fini(&e);
	cfg_free(c);
}

static void
warned(const char *path, json_t *value, const char *at, const char *words)
{
	json_t *doc = document();
	struct cfg_errors e;
	struct cfg *c;

	set(doc, path, value);
	c = load(doc, &e);
	CU_ASSERT_PTR_NOT_NULL(c);
	CU_ASSERT_EQUAL(has(e.warnings, e.n_warnings, at, words), true);
	cfg_errors_fini(&e);
	cfg_free(c);
}

static void
what_is_refused(void)
{
	make();
	refused(TP "ca", json_string("nonsense"), "/" TP "ca", "not allowed here");
	refused(TP "ca", json_string("-----BEGIN CERTIFICATE-----\nAAAA\n"), "/" TP "ca",
			"no certificate in PEM");
	refused(TP "ca", json_string("/nowhere/ca.pem"), "/" TP "ca", "No such file");
	refused(TP "ca", json_string("/dev/null"), "/" TP "ca", "not a plain file");
	refused(TP "crl", json_string(ca.pem), "/" TP "crl", "no CRL");
	refused(TP "private-key", json_string(rsa.key_pem), "/" TP "private-key",
			"not the one of the certificate");
	refused(TP "private-key", NULL, "/" TP "private-key", "no private key");
	refused(PROF "trustpoint", NULL, "/" PROF "trustpoint", "is needed for certificates");
	refused(PROF "trustpoint", json_string("other"), "/" PROF "trustpoint",
			"no such trustpoint");
	refused(TP "ca", NULL, "/" PROF "trustpoint", "no CA to judge peers by");
	refused(PROF "authentication-local", json_string("rsa-sig"),
			"/" PROF "authentication-local", "of another kind");
	refused(PROF "version", json_string("ikev1"), "/" PROF "authentication-local",
			"of another kind");
	refused(PROF "authentication-local", json_string("pre-share"), "/tunnels/t/protection",
			"has a key for");
	refused(PROF "local-identity", json_string("*.example.com"), "/" PROF "local-identity",
			"wildcards");
	refused("crypto/ikev2/keyring/k", json_pack("{s:s}", "identity", "b1.example.com"),
			"/crypto/ikev2/keyring/k/pre-shared-key", "is missing");
	refused("crypto/ikev2/keyring/k",
			json_pack("{s:s, s:s}", "identity", "b1.example.com", "ppk", "x"),
			"/crypto/ikev2/keyring/k/ppk-identity", "is needed");
}

static void
what_is_warned_of(void)
{
	json_t *doc = document();
	struct cfg_errors e;
	struct cfg *c = load(doc, &e);

	CU_ASSERT_PTR_NOT_NULL(c);
	CU_ASSERT_EQUAL(e.n_errors + e.n_warnings, 0);
	cfg_errors_fini(&e);
	cfg_free(c);
	warned(TP "expiry-warning-days", json_integer(365), "/" TP "certificate", "expires in");
	warned(PROF "local-identity", json_string("other.example.com"), "/" PROF "local-identity",
			"does not have this name");
	warned(PROF "rsa-sha1", json_true(), "/" PROF "rsa-sha1", "weak");
	doc = document();
	set(doc, TP "certificate", json_string(expired.pem));
	set(doc, TP "private-key", json_string(expired.key_pem));
	c = load(doc, &e);
	CU_ASSERT_PTR_NOT_NULL(c);
	CU_ASSERT_TRUE(has(e.warnings, e.n_warnings, "/" TP "certificate",
			"has expired 2 days ago"));
	cfg_errors_fini(&e);
	cfg_free(c);
}

/* ---- what becomes of it --------------------------------------------------------------------- */

static struct cfg *
load_good(json_t *doc)
{
	struct cfg_errors e;
	struct cfg *c = load(doc, &e);

	for (uint32_t i = 0; i < e.n_errors; i++)
		printf("\n    %s: %s", e.errors[i].path, e.errors[i].message);
	cfg_errors_fini(&e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static struct ike_peer_cfg
build(const struct cfg *c, const struct pki *p)
{
	struct cfg_key_index *keys = cfg_key_index_new(c);
	struct ike_peer_cfg out;
	char why[128] = "";

	CU_ASSERT_EQUAL_FATAL(peer_build(c, keys, &c->tunnels[0], 1, &out, why, sizeof(why)), 0);
	CU_ASSERT_EQUAL_FATAL(peer_add_cred(c, &c->tunnels[0], pki_find(p, "tp"), &out, why,
					      sizeof(why)),
			0);
	cfg_key_index_free(keys);
	return out;
}

static char *
id_text(const struct ike_id *id)
{
	static char text[128];

	return ike_id_str(id->type, id->data, id->len, text, sizeof(text));
}

static void
peer_with_certificates(void)
{
	json_t *doc = document();
	struct pki *p = pki_new();
	struct ike_peer_cfg cfg;
	struct cfg *c;

	set(doc, "tunnels/t/peer-identity", NULL);
	set(doc, PROF "match-identity",
			json_pack("[s, s, s]", "O=Example, CN=*", "*.example.com", "192.0.2.7"));
	set(doc, PROF "authentication-remote", json_string("ecdsa-sig"));
	set(doc, "crypto/ikev2/keyring/k",
			json_pack("{s:s, s:s, s:s, s:b}", "address", "1.1.1.9/32", "ppk",
					"0123456789abcdef0123456789abcdef", "ppk-identity", "q",
					"ppk-required", 0));
	c = load_good(doc);
	pki_apply(p, c);
	cfg = build(c, p);
	CU_ASSERT_EQUAL(cfg.auth_local, IKE_AUTHN_CERT);
	CU_ASSERT_EQUAL(cfg.auth_remote, IKE_AUTHN_ECDSA);
	CU_ASSERT_PTR_NOT_NULL(cfg.cred);
	CU_ASSERT_STRING_EQUAL(id_text(&cfg.local_id), "O=Example, CN=hub");
	CU_ASSERT_STRING_EQUAL(id_text(&cfg.remote_id), "O=Example, CN=*");
	CU_ASSERT_EQUAL_FATAL(cfg.n_other_ids, 2);
	CU_ASSERT_STRING_EQUAL(id_text(&cfg.other_ids[0]), "*.example.com");
	CU_ASSERT_STRING_EQUAL(id_text(&cfg.other_ids[1]), "192.0.2.7");
	CU_ASSERT_TRUE(cfg.psk_len == 0 && cfg.ppk_len == 32 && cfg.ppk_id_len == 1 &&
			!cfg.ppk_required);
	cfg_free(c);
	pki_free(p);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* A file that is renewed is another object; one that has gone leaves what there was. */
static void
files_that_change(void)
{
	char path[] = "/tmp/culvert-test-pki-XXXXXX";
	struct pki *p = pki_new();
	json_t *doc = document();
	struct ike_cred *first;
	struct cfg *c;

	close(mkstemp(path));
	write_file(path, ca.pem);
	set(doc, TP "ca", json_string(path));
	c = load_good(doc);
	pki_apply(p, c);
	first = pki_find(p, "tp");
	CU_ASSERT_PTR_NOT_NULL(first);
	CU_ASSERT_FALSE(pki_files_changed(p, c));
	pki_apply(p, c);
	CU_ASSERT_PTR_EQUAL(pki_find(p, "tp"), first);
	unlink(path);
	CU_ASSERT_TRUE(pki_files_changed(p, c));
	pki_apply(p, c);
	CU_ASSERT_PTR_EQUAL(pki_find(p, "tp"), first);
	CU_ASSERT_FALSE(pki_files_changed(p, c)); /* not again each minute */
	write_file(path, ca.pem);
	CU_ASSERT_TRUE(pki_files_changed(p, c));
	pki_apply(p, c);
	CU_ASSERT_PTR_EQUAL(pki_find(p, "tp"), first); /* it says the same */
	unlink(path);
	write_file(path, rsa.pem);
	pki_apply(p, c); /* a certificate of no CA */
	CU_ASSERT_PTR_EQUAL(pki_find(p, "tp"), first);
	CU_ASSERT_PTR_NULL(pki_find(p, "other"));
	pki_warn(p, now_s);
	unlink(path);
	cfg_free(c);
	pki_free(p);
}

/* The key is never shown; it is where it was when the document comes back. */
static void
secrets_stay(void)
{
	struct cfg *c = load_good(document());
	json_t *shown = cfg_to_json(c, 0);
	char *text = json_dumps(shown, 0);

	CU_ASSERT_PTR_NULL(strstr(text, "PRIVATE KEY"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "BEGIN CERTIFICATE"));
	free(text);
	json_decref(shown);
	cfg_free(c);
	certs_drop(&ca);
	certs_drop(&own);
	certs_drop(&rsa);
	certs_drop(&expired);
}

static const struct cu_case cases[] = {
	CU_CASE(what_is_refused),
	CU_CASE(what_is_warned_of),
	CU_CASE(peer_with_certificates),
	CU_CASE(files_that_change),
	CU_CASE(secrets_stay),
};

CU_MAIN("certificates in the configuration", cases)
