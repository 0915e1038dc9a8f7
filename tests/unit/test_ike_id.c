/* SPDX-License-Identifier: BSD-3-Clause */
/* Identities in words and on the wire: what is one, what matches which. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"
#include "tests/unit/cu.h"

static void
what_is_an_identity(void)
{
	static const struct {
		const char *text;
		int type; /* -1: none */
	} rows[] = {
		{ "192.0.2.1", IKE_ID_IPV4_ADDR },
		{ "hub.example.com", IKE_ID_FQDN },
		{ "hub", IKE_ID_FQDN },
		{ "*.branches.example.com", IKE_ID_FQDN },
		{ "ops@example.com", IKE_ID_RFC822_ADDR },
		{ "*@example.com", IKE_ID_RFC822_ADDR },
		{ "key-id:branch 17", IKE_ID_KEY_ID },
		{ "C=DE, O=Example, CN=b1", IKE_ID_DER_ASN1_DN },
		{ "cn=b1", IKE_ID_DER_ASN1_DN },
		{ "CN=a\\, b", IKE_ID_DER_ASN1_DN },
		{ "C=*, CN=*", IKE_ID_DER_ASN1_DN },
		{ "E=ops@example.com", IKE_ID_DER_ASN1_DN },
		{ "192.0.2.0/24", IKE_ID_IPV4_ADDR },
		{ "0.0.0.0/0", IKE_ID_IPV4_ADDR },
		{ "192.0.2.1/24", -1 },
		{ "192.0.2.0/33", -1 },
		{ "192.0.2.256", -1 },
		{ "192.0.2", -1 },
		{ "a..b", -1 },
		{ "a b", -1 },
		{ "@example.com", -1 },
		{ "a@b@example.com", -1 },
		{ "key-id:", -1 },
		{ "CN=", -1 },
		{ "=x", -1 },
		{ "CN=x,", -1 },
		{ "CN=x, nonsense", -1 },
		{ "NoSuchAttribute=x", -1 },
		{ "C=Germany", -1 }, /* two letters */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_id id;
		int err = ike_id_parse(rows[i].text, &id);

		if ((err == 0 ? id.type : -1) != rows[i].type)
			printf("\n    %s: %d\n", rows[i].text, err == 0 ? id.type : -1);
		CU_ASSERT_EQUAL(err == 0 ? id.type : -1, rows[i].type);
	}
}

static void
too_long(void)
{
	char text[300] = "CN=", dn[300] = "";
	struct ike_id id;

	memset(text + 3, 'x', 250);
	CU_ASSERT_EQUAL(ike_id_parse(text, &id), -EINVAL);
	memset(text, 'x', 64);
	text[64] = '\0';
	CU_ASSERT_EQUAL(ike_id_parse(text, &id), -EINVAL); /* a label of 64 */
	for (int i = 0; i < 40; i++)
		strcat(dn, i == 0 ? "CN=a" : ",CN=a");
	CU_ASSERT_EQUAL(ike_id_parse(dn, &id), -EINVAL); /* too many attributes */
}

static bool
matches(const char *pattern, const char *text)
{
	struct ike_id want, is;
	uint8_t body[4 + IKE_ID_MAX];
	struct ike_blob b = { .p = body };

	CU_ASSERT_EQUAL_FATAL(ike_id_parse(pattern, &want), 0);
	CU_ASSERT_EQUAL_FATAL(ike_id_parse(text, &is), 0);
	b.len = ike_id_body(&is, body);
	return ike_id_matches(&b, &want);
}

static void
which_matches_which(void)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} rows[] = {
		{ "hub.example.com", "HUB.example.COM", true },
		{ "*.example.com", "a.example.com", true },
		{ "*.example.com", "a.b.example.com", true },
		{ "*.example.com", "example.com", false },
		{ "*.example.com", "a.example.com.evil.net", false },
		{ "b*-hub.example.com", "b17-hub.example.com", true },
		{ "*@example.com", "a@example.com", true },
		{ "*@example.com", "a@mail.example.com", false },
		{ "*.example.com", "a@b.example.com", false }, /* another type */
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.1/32", "192.0.2.1", true },
		{ "192.0.2.1/32", "192.0.2.2", false },
		{ "0.0.0.0/0", "9.9.9.9", true },
		{ "0.0.0.0/0", "a.example.com", false },
		{ "0.0.0.0/0", "10.0.0.0/8", false }, /* eight bytes are no address */
		{ "key-id:x", "key-id:x", true },
		{ "key-id:x", "key-id:X", false }, /* bytes */
		{ "O=Example, CN=b1", "o=example, cn=B1", true },
		{ "O=Example, CN=b1", "CN=b1, O=Example", false }, /* order matters */
		{ "O=Example, CN=*", "O=Example, CN=b1", true },
		{ "O=Example, CN=*", "O=Example, CN=b1, OU=x", false },
		{ "O=Example, CN=*", "O=Other, CN=b1", false },
		{ "O=Example, CN=b*", "O=Example, CN=c1", false },
		{ "C=*, CN=b1", "C=DE, CN=b1", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool match = matches(rows[i].pattern, rows[i].text);

		if (match != rows[i].match)
			printf("\n    %s against %s: %d\n", rows[i].pattern, rows[i].text, match);
		CU_ASSERT_EQUAL(match, rows[i].match);
	}
}

/* A peer is found by its hash: what matches without wildcards has the same. */
static void
same_names_have_the_same_hash(void)
{
	struct ike_id a, b, c;

	ike_id_parse("O=Example, CN=b1", &a);
	ike_id_parse("o=EXAMPLE, cn=B1", &b);
	ike_id_parse("O=Example, CN=b2", &c);
	CU_ASSERT_EQUAL(ike_dn_hash(a.data, a.len), ike_dn_hash(b.data, b.len));
	CU_ASSERT_NOT_EQUAL(ike_dn_hash(a.data, a.len), ike_dn_hash(c.data, c.len));
}

static void
what_has_wildcards(void)
{
	static const struct {
		const char *text;
		bool pattern;
	} rows[] = { { "*.example.com", true }, { "a.example.com", false },
		{ "O=Example, CN=*", true }, { "O=Example, CN=a", false },
		{ "key-id:*", false }, { "192.0.2.1", false }, { "192.0.2.1/32", false },
		{ "192.0.2.0/24", true }, { "0.0.0.0/0", true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_id id;

		ike_id_parse(rows[i].text, &id);
		CU_ASSERT_EQUAL(ike_id_is_pattern(&id), rows[i].pattern);
	}
}

/* What comes from the wire may be anything, and is never taken for a name. */
static void
malformed_names(void)
{
	struct ike_id id;
	uint8_t body[4 + IKE_ID_MAX];
	char text[64];

	ike_id_parse("C=DE, O=Example, CN=b1", &id);
	CU_ASSERT_STRING_EQUAL(ike_id_str(id.type, id.data, id.len, text, sizeof(text)),
			"C=DE, O=Example, CN=b1");
	for (size_t len = 0; len < id.len; len++) {
		struct ike_blob b = { .p = body, .len = 4 + len };

		ike_id_body(&id, body);
		CU_ASSERT_FALSE(ike_id_matches(&b, &id));
		ike_id_str(id.type, id.data, len, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, "a malformed distinguished name");
	}
}

/* An identity is shown so that it can be read back, and never moves a cursor. */
static void
names_as_text(void)
{
	struct ike_id id;
	char text[64];

	ike_id_parse("O=a\\, b, CN=x", &id);
	ike_id_str(id.type, id.data, id.len, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "O=a\\, b, CN=x");
	ike_id_str(IKE_ID_FQDN, (const uint8_t *)"a\x1b[2Jb", 6, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "a?[2Jb");
	for (size_t len = 1; len < 16; len++)
		CU_ASSERT_EQUAL(strlen(ike_id_str(id.type, id.data, id.len, text, len)) < len,
				true);
}

static const struct cu_case cases[] = {
	CU_CASE(what_is_an_identity),
	CU_CASE(too_long),
	CU_CASE(which_matches_which),
	CU_CASE(same_names_have_the_same_hash),
	CU_CASE(what_has_wildcards),
	CU_CASE(malformed_names),
	CU_CASE(names_as_text),
};

CU_MAIN("identities", cases)
