/* SPDX-License-Identifier: BSD-3-Clause */
/* Distinguished names (X.501) as identities; see ike_id.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/objects.h>

#include "controlplane/ike/ike_id.h"

#define MAX_RDNS  16
#define VALUE_MAX 128

static X509_NAME *
decode(const uint8_t *dn, size_t len)
{
	const uint8_t *p = dn;
	X509_NAME *name = len <= IKE_ID_MAX ? d2i_X509_NAME(NULL, &p, (long)len) : NULL;

	if (name != NULL && (p != dn + len || X509_NAME_entry_count(name) > MAX_RDNS)) {
		X509_NAME_free(name);
		name = NULL;
	}
	return name;
}

/* ---- from text ------------------------------------------------------------------------------ */

/* Up to a comma that has no backslash in front; blanks around are dropped. */
static const char *
take_part(const char *s, char stop, char *out, size_t cap)
{
	size_t n = 0, end = 0;

	while (isspace((unsigned char)*s))
		s++;
	for (; *s != '\0' && *s != stop && *s != ','; s++) {
		bool escaped = s[0] == '\\' && s[1] != '\0';

		if (escaped)
			s++;
		if (n + 1 >= cap)
			return NULL;
		out[n++] = *s;
		if (escaped || !isspace((unsigned char)*s))
			end = n;
	}
	out[end] = '\0';
	return s;
}

/* People write cn and CN; libcrypto knows the latter. */
static const char *
short_name(const char *type)
{
	static const char *const known[] = { "C", "ST", "L", "O", "OU", "CN", "DC", "SN", "GN",
		"serialNumber", "emailAddress", "UID", "title", "street" };

	if (strcasecmp(type, "E") == 0 || strcasecmp(type, "email") == 0)
		return "emailAddress";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(type, known[i]) == 0)
			return known[i];
	return type;
}

static bool
add_rdn(X509_NAME *name, const char *type, const char *value)
{
	const char *sn = short_name(type);
	/* A wildcard is no value of the attribute: it needs not keep to its type and length. */
	int as = strchr(value, '*') != NULL ? V_ASN1_UTF8STRING : MBSTRING_UTF8;

	return type[0] != '\0' && value[0] != '\0' &&
	       X509_NAME_entry_count(name) < MAX_RDNS &&
	       X509_NAME_add_entry_by_txt(name, sn, as, (const unsigned char *)value, -1, -1, 0) ==
			       1;
}

int
ike_dn_of_name(const X509_NAME *name, struct ike_id *out)
{
	const unsigned char *der;
	size_t len;

	memset(out, 0, sizeof(*out));
	if (X509_NAME_get0_der(name, &der, &len) != 1 || len == 0 || len > IKE_ID_MAX)
		return -EINVAL;
	out->type = IKE_ID_DER_ASN1_DN;
	out->len = (uint8_t)len;
	memcpy(out->data, der, len);
	return 0;
}

int
ike_dn_parse(const char *text, struct ike_id *out)
{
	X509_NAME *name = X509_NAME_new();
	char type[64], value[VALUE_MAX];
	bool ok = name != NULL;
	int err;

	while (ok && *text != '\0') {
		text = take_part(text, '=', type, sizeof(type));
		ok = text != NULL && *text == '=';
		text = ok ? take_part(text + 1, ',', value, sizeof(value)) : text;
		ok = ok && text != NULL && add_rdn(name, type, value);
		if (ok && *text == ',')
			ok = *++text != '\0';
	}
	ok = ok && X509_NAME_entry_count(name) > 0;
	err = ok ? ike_dn_of_name(name, out) : -EINVAL;
	X509_NAME_free(name);
	return err;
}

/* ---- comparison ----------------------------------------------------------------------------- */

static bool
same_rdn(const X509_NAME_ENTRY *pattern, const X509_NAME_ENTRY *e)
{
	unsigned char *want = NULL, *is = NULL;
	int want_len, is_len;
	bool same;

	if (OBJ_cmp(X509_NAME_ENTRY_get_object(pattern), X509_NAME_ENTRY_get_object(e)) != 0)
		return false;
	want_len = ASN1_STRING_to_UTF8(&want, X509_NAME_ENTRY_get_data(pattern));
	is_len = ASN1_STRING_to_UTF8(&is, X509_NAME_ENTRY_get_data(e));
	same = want_len >= 0 && is_len >= 0 &&
	       ike_glob((const char *)want, (size_t)want_len, (const char *)is, (size_t)is_len);
	OPENSSL_free(want);
	OPENSSL_free(is);
	return same;
}

bool
ike_dn_matches(const uint8_t *pattern, size_t pattern_len, const uint8_t *dn, size_t len)
{
	X509_NAME *want = decode(pattern, pattern_len), *is = decode(dn, len);
	bool same = want != NULL && is != NULL &&
		    X509_NAME_entry_count(want) == X509_NAME_entry_count(is);

	for (int i = 0; same && i < X509_NAME_entry_count(want); i++)
		same = same_rdn(X509_NAME_get_entry(want, i), X509_NAME_get_entry(is, i));
	X509_NAME_free(want);
	X509_NAME_free(is);
	return same;
}

bool
ike_dn_is_pattern(const uint8_t *dn, size_t len)
{
	X509_NAME *name = decode(dn, len);
	bool found = false;

	for (int i = 0; name != NULL && !found && i < X509_NAME_entry_count(name); i++) {
		const ASN1_STRING *v =
				X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));

		found = memchr(ASN1_STRING_get0_data(v), '*', (size_t)ASN1_STRING_length(v)) !=
			NULL;
	}
	X509_NAME_free(name);
	return found;
}

/* Over what ike_dn_matches() compares; names that do not match may have the same. */
uint32_t
ike_dn_hash(const uint8_t *dn, size_t len)
{
	X509_NAME *name = decode(dn, len);
	uint32_t h = 2166136261u;

	for (int i = 0; name != NULL && i < X509_NAME_entry_count(name); i++) {
		unsigned char *v = NULL;
		int n = ASN1_STRING_to_UTF8(
				&v, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));

		for (int k = 0; k < n; k++)
			h = (h ^ (uint32_t)tolower(v[k])) * 16777619u;
		OPENSSL_free(v);
	}
	X509_NAME_free(name);
	return h;
}

/* ---- to text -------------------------------------------------------------------------------- */

static void
add_text(char *buf, size_t buf_len, size_t *at, const char *s, size_t len, bool value)
{
	for (size_t i = 0; i < len; i++) {
		if (value && (s[i] == ',' || s[i] == '\\') && *at + 2 < buf_len)
			buf[(*at)++] = '\\';
		if (*at + 1 < buf_len)
			buf[(*at)++] = isprint((unsigned char)s[i]) ? s[i] : '?';
	}
	buf[*at] = '\0';
}

char *
ike_dn_name_str(const X509_NAME *name, char *buf, size_t buf_len)
{
	size_t at = 0;

	if (buf_len == 0)
		return buf;
	buf[0] = '\0';
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		const ASN1_OBJECT *o = X509_NAME_ENTRY_get_object(e);
		char oid[64];
		const char *sn = OBJ_nid2sn(OBJ_obj2nid(o));
		unsigned char *v = NULL;
		int n = ASN1_STRING_to_UTF8(&v, X509_NAME_ENTRY_get_data(e));

		if (OBJ_obj2nid(o) == NID_undef) {
			OBJ_obj2txt(oid, sizeof(oid), o, 1);
			sn = oid;
		}
		add_text(buf, buf_len, &at, ", ", i > 0 ? 2 : 0, false);
		add_text(buf, buf_len, &at, sn, strlen(sn), false);
		add_text(buf, buf_len, &at, "=", 1, false);
		if (n > 0)
			add_text(buf, buf_len, &at, (const char *)v, (size_t)n, true);
		OPENSSL_free(v);
	}
	return buf;
}

char *
ike_dn_str(const uint8_t *dn, size_t len, char *buf, size_t buf_len)
{
	X509_NAME *name = decode(dn, len);

	if (name == NULL)
		snprintf(buf, buf_len, "a malformed distinguished name");
	else
		ike_dn_name_str(name, buf, buf_len);
	X509_NAME_free(name);
	return buf;
}
