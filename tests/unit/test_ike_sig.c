/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures of AUTH payloads: what is sent for which key, that it is taken back, and that nothing
 * else is. Wycheproof's vectors (../shared/vectors beside the repository) go through the same
 * functions where they are there, vectors of RFC 6979 (ECDSA) and RFC 8032 (Ed25519) always.
 */
#include <errno.h>
#include <jansson.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_sig.h"
#include "tests/sim/certs.h"
#include "tests/unit/cu.h"

#define ALL_HASHES 0x3c /* SHA2-256, -384, -512, identity */

static struct ike_sig_how judged;

static const char message[] = "first message | nonce | prf(SK_p, ID)";

static struct ike_blob
octets(void)
{
	return (struct ike_blob){ .p = (const uint8_t *)message, .len = sizeof(message) };
}

/* ---- the identifiers of RFC 7427 appendix A, RFC 8420 appendix A ---------------------------- */

/* clang-format off */
static const struct {
	const char *kind;
	struct ike_sig_how how;
	const char *alg; /* in hexadecimal, with the length in front */
} forms[] = {
	{ "rsa", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_256, false },
	  "0f300d06092a864886f70d01010b0500" },
	{ "rsa", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_384, false },
	  "0f300d06092a864886f70d01010c0500" },
	{ "rsa", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_512, false },
	  "0f300d06092a864886f70d01010d0500" },
	{ "rsa", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_256, true },
	  "43304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a"
	  "864886f70d010108300d06096086480165030402010500a203020120" },
	{ "rsa", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_384, true }, NULL },
	{ "rsa-pss", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_512, true }, NULL },
	{ "p256", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_256, false }, "0c300a06082a8648ce3d040302" },
	{ "p384", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_384, false }, "0c300a06082a8648ce3d040303" },
	{ "p521", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_512, false }, "0c300a06082a8648ce3d040304" },
	{ "p256", { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_512, false }, "0c300a06082a8648ce3d040304" },
	{ "ed25519", { IKE_AUTH_SIGNATURE, IKE_HASH_IDENTITY, false }, "07300506032b6570" },
	{ "p256", { IKE_AUTH_ECDSA_256, IKE_HASH_SHA2_256, false }, "" },
	{ "p384", { IKE_AUTH_ECDSA_384, IKE_HASH_SHA2_384, false }, "" },
	{ "p521", { IKE_AUTH_ECDSA_521, IKE_HASH_SHA2_512, false }, "" },
	{ "rsa", { IKE_AUTH_RSA, IKE_HASH_SHA1, false }, "" },
};
/* clang-format on */
#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static bool
begins_with(const uint8_t *p, size_t len, const char *hex)
{
	char text[2 * IKE_SIG_MAX + 1];

	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", p[i]);
	return strncmp(text, hex, strlen(hex)) == 0;
}

static void
each_form_is_taken_back(void)
{
	for (size_t i = 0; i < N_FORMS; i++) {
		EVP_PKEY *key = certs_key(forms[i].kind);
		uint8_t sig[IKE_SIG_MAX], method = forms[i].how.method;
		struct ike_blob o = octets(), auth = { .p = sig };

		auth.len = ike_sig_make(key, &forms[i].how, &o, sig);
		CU_ASSERT_TRUE_FATAL(auth.len > 0);
		if (forms[i].alg != NULL)
			CU_ASSERT_TRUE(begins_with(sig, auth.len, forms[i].alg));
		CU_ASSERT_EQUAL(ike_sig_check(key, method, &auth, &o, true, &judged), 0);
		CU_ASSERT_EQUAL(ike_sig_check(key, method, &auth, &o, false, &judged),
				method == IKE_AUTH_RSA ? -ENOTSUP : 0);
		o.len--;
		CU_ASSERT_EQUAL(ike_sig_check(key, method, &auth, &o, true, &judged), -EBADMSG);
		EVP_PKEY_free(key);
	}
}

/* Every prefix and every changed byte: refused, from copies of exactly that size. */
static void
damaged_ones_are_refused(void)
{
	for (size_t i = 0; i < N_FORMS; i++) {
		EVP_PKEY *key = certs_key(forms[i].kind);
		uint8_t sig[IKE_SIG_MAX], method = forms[i].how.method;
		struct ike_blob o = octets();
		size_t len = ike_sig_make(key, &forms[i].how, &o, sig);

		for (size_t n = 0; n < len; n += n < 80 ? 1 : 13) {
			uint8_t *copy = malloc(n + 1);
			struct ike_blob auth = { .p = copy, .len = n };

			memcpy(copy, sig, n);
			CU_ASSERT_NOT_EQUAL(ike_sig_check(key, method, &auth, &o, true, &judged),
					0);
			free(copy);
		}
		for (size_t n = 0; n < len; n += 5) {
			struct ike_blob auth = { .p = sig, .len = len };

			sig[n] ^= 0x40;
			CU_ASSERT_NOT_EQUAL(ike_sig_check(key, method, &auth, &o, true, &judged),
					0);
			sig[n] ^= 0x40;
		}
		EVP_PKEY_free(key);
	}
}

/* A signature of one method is none of another, and none of another kind of key. */
static void
methods_do_not_mix(void)
{
	static const uint8_t methods[] = { 0, IKE_AUTH_RSA, IKE_AUTH_PSK, 3, IKE_AUTH_ECDSA_256,
		IKE_AUTH_ECDSA_384, IKE_AUTH_ECDSA_521, IKE_AUTH_SIGNATURE, 255 };

	for (size_t i = 0; i < N_FORMS; i++) {
		EVP_PKEY *key = certs_key(forms[i].kind);
		uint8_t sig[IKE_SIG_MAX];
		struct ike_blob o = octets(), auth = { .p = sig };

		auth.len = ike_sig_make(key, &forms[i].how, &o, sig);
		for (size_t k = 0; k < sizeof(methods); k++)
			if (methods[k] != forms[i].how.method)
				CU_ASSERT_NOT_EQUAL(
						ike_sig_check(key, methods[k], &auth, &o, true,
						&judged), 0);
		for (size_t k = 0; k < N_FORMS; k++) {
			EVP_PKEY *other = certs_key(forms[k].kind);

			if (strcmp(forms[i].kind, forms[k].kind) != 0)
				CU_ASSERT_NOT_EQUAL(ike_sig_check(other, forms[i].how.method, &auth,
								    &o, true, &judged),
						0);
			EVP_PKEY_free(other);
		}
		EVP_PKEY_free(key);
	}
}

/* RSASSA-PSS with parameters left out means SHA-1 (RFC 4055): RFC 8247 says MUST NOT. */
static void
pss_of_sha1_is_refused(void)
{
	static const uint8_t empty[] = { 15, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x01, 0x0a, 0x30, 0x00 };
	uint8_t sig[sizeof(empty) + 256] = { 0 };
	struct ike_blob o = octets(), auth = { .p = sig, .len = sizeof(sig) };
	EVP_PKEY *key = certs_key("rsa");

	memcpy(sig, empty, sizeof(empty));
	CU_ASSERT_EQUAL(ike_sig_check(key, IKE_AUTH_SIGNATURE, &auth, &o, false, &judged),
			-ENOTSUP);
	EVP_PKEY_free(key);
}

static void
what_is_chosen(void)
{
	static const struct {
		const char *kind;
		uint32_t hashes;
		bool pss, sha1;
		int err;
		struct ike_sig_how how;
	} rows[] = {
		{ "rsa", ALL_HASHES, false, false, 0, { 14, IKE_HASH_SHA2_256, false } },
		{ "rsa", ALL_HASHES, true, false, 0, { 14, IKE_HASH_SHA2_256, true } },
		{ "rsa", 1 << IKE_HASH_SHA2_512, false, false, 0,
			{ 14, IKE_HASH_SHA2_512, false } },
		{ "rsa", 0, false, false, -ENOTSUP, { 0 } },
		{ "rsa", 0, false, true, 0, { IKE_AUTH_RSA, IKE_HASH_SHA1, false } },
		{ "rsa", 1 << IKE_HASH_SHA1, false, false, -ENOTSUP, { 0 } },
		{ "rsa-pss", ALL_HASHES, false, false, 0, { 14, IKE_HASH_SHA2_256, true } },
		{ "rsa-pss", 0, false, true, -ENOTSUP, { 0 } },
		{ "p256", ALL_HASHES, false, false, 0, { 14, IKE_HASH_SHA2_256, false } },
		{ "p384", ALL_HASHES, false, false, 0, { 14, IKE_HASH_SHA2_384, false } },
		{ "p521", ALL_HASHES, false, false, 0, { 14, IKE_HASH_SHA2_512, false } },
		{ "p384", 1 << IKE_HASH_SHA2_256, false, false, 0,
		  { 14, IKE_HASH_SHA2_256, false } },
		{ "p256", 0, false, false, 0, { IKE_AUTH_ECDSA_256, IKE_HASH_SHA2_256, false } },
		{ "p384", 0, false, false, 0, { IKE_AUTH_ECDSA_384, IKE_HASH_SHA2_384, false } },
		{ "p521", 0, false, false, 0, { IKE_AUTH_ECDSA_521, IKE_HASH_SHA2_512, false } },
		{ "ed25519", ALL_HASHES, false, false, 0, { 14, IKE_HASH_IDENTITY, false } },
		{ "ed25519", 1 << IKE_HASH_SHA2_256, false, false, -ENOTSUP, { 0 } },
		{ "ed25519", 0, false, true, -ENOTSUP, { 0 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *key = certs_key(rows[i].kind);
		struct ike_sig_how how;
		int err = ike_sig_choose(key, rows[i].hashes, rows[i].pss, rows[i].sha1, &how);

		CU_ASSERT_EQUAL(err, rows[i].err);
		if (err == 0)
			CU_ASSERT_TRUE(how.method == rows[i].how.method &&
					how.hash == rows[i].how.hash && how.pss == rows[i].how.pss);
		EVP_PKEY_free(key);
	}
}

static void
hashes_of_the_notification(void)
{
	uint8_t own[10];
	struct ike_blob b = { .p = own, .len = ike_sig_own_hashes(false, own) };
	static const uint8_t odd[] = { 0, 2, 0, 99, 0xff, 0xff, 0, 5, 0 };
	struct ike_blob o = { .p = odd, .len = sizeof(odd) };

	CU_ASSERT_EQUAL(ike_sig_hashes(&b), ALL_HASHES);
	b.len = ike_sig_own_hashes(true, own);
	CU_ASSERT_EQUAL(ike_sig_hashes(&b), ALL_HASHES | 1 << IKE_HASH_SHA1);
	CU_ASSERT_EQUAL(ike_sig_hashes(&o), 1 << IKE_HASH_SHA2_256 | 1 << IKE_HASH_IDENTITY);
	o.len = 0;
	CU_ASSERT_EQUAL(ike_sig_hashes(&o), 0);
}

/* RFC 2409 section 5.1: over the hash as it is, without its name. */
static void
rsa_of_ikev1(void)
{
	EVP_PKEY *key = certs_key("rsa"), *ec = certs_key("p256");
	uint8_t hash[20] = { 1, 2, 3 }, sig[IKE_SIG_MAX], plain[512];
	struct ike_blob h = { .p = hash, .len = sizeof(hash) }, s = { .p = sig };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t n = sizeof(plain);

	s.len = ike_sig_make_v1(key, &h, sig);
	CU_ASSERT_EQUAL(s.len, 256);
	CU_ASSERT_EQUAL(ike_sig_check_v1(key, &s, &h), 0);
	CU_ASSERT_TRUE(EVP_PKEY_verify_recover_init(ctx) > 0 &&
			EVP_PKEY_verify_recover(ctx, plain, &n, sig, s.len) > 0);
	CU_ASSERT_TRUE(n == sizeof(hash) && memcmp(plain, hash, n) == 0);
	hash[0] ^= 1;
	CU_ASSERT_EQUAL(ike_sig_check_v1(key, &s, &h), -EBADMSG);
	CU_ASSERT_EQUAL(ike_sig_check_v1(ec, &s, &h), -ENOTSUP);
	CU_ASSERT_EQUAL(ike_sig_make_v1(ec, &h, sig), 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ec);
}

static void
keys_that_are_too_short(void)
{
	EVP_PKEY *short_rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)768);
	EVP_PKEY *x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");

	CU_ASSERT_EQUAL(ike_key_kind(short_rsa), IKE_KEY_OTHER);
	CU_ASSERT_EQUAL(ike_key_kind(x25519), IKE_KEY_OTHER);
	CU_ASSERT_EQUAL(ike_key_kind(curve), IKE_KEY_OTHER);
	CU_ASSERT_FALSE(ike_key_suits(curve, IKE_AUTHN_CERT));
	EVP_PKEY_free(short_rsa);
	EVP_PKEY_free(x25519);
	EVP_PKEY_free(curve);
}

/* ---- Wycheproof ----------------------------------------------------------------------------- */

static size_t
unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = hex != NULL ? strlen(hex) / 2 : 0;

	for (size_t i = 0; i < n && i < cap; i++)
		sscanf(hex + 2 * i, "%2hhx", &out[i]);
	return n <= cap ? n : 0;
}

/* Older files call it keyDer. */
static EVP_PKEY *
group_key(const json_t *group)
{
	const char *hex = json_string_value(json_object_get(group, "publicKeyDer"));
	uint8_t der[2048];
	const unsigned char *p = der;
	size_t n;

	if (hex == NULL)
		hex = json_string_value(json_object_get(group, "keyDer"));
	n = unhex(hex, der, sizeof(der));
	return n != 0 ? d2i_PUBKEY(NULL, &p, (long)n) : NULL;
}

/* What AUTH has in front of such a signature, out of one of our own. */
static size_t
prefix_of(const char *kind, const struct ike_sig_how *how, uint8_t *out)
{
	EVP_PKEY *key = certs_key(kind);
	uint8_t sig[IKE_SIG_MAX];
	struct ike_blob o = octets();
	size_t n = ike_sig_make(key, how, &o, sig);

	EVP_PKEY_free(key);
	CU_ASSERT_TRUE_FATAL(n > sig[0]);
	memcpy(out, sig, sig[0] + 1u);
	return sig[0] + 1u;
}

static void
run_test(EVP_PKEY *key, const uint8_t *prefix, size_t prefix_len, const json_t *test)
{
	static uint8_t msg[70000], auth[8192];
	const char *result = json_string_value(json_object_get(test, "result"));
	struct ike_blob m = { .p = msg,
		.len = unhex(json_string_value(json_object_get(test, "msg")), msg, sizeof(msg)) };
	struct ike_blob a = { .p = auth };
	int err;

	CU_ASSERT_PTR_NOT_NULL(result);
	if (result == NULL)
		return;
	memcpy(auth, prefix, prefix_len);
	a.len = prefix_len + unhex(json_string_value(json_object_get(test, "sig")),
					     auth + prefix_len, sizeof(auth) - prefix_len);
	err = ike_sig_check(key, IKE_AUTH_SIGNATURE, &a, &m, false, &judged);
	if (strcmp(result, "acceptable") != 0 && (err == 0) != (strcmp(result, "valid") == 0))
		printf("\n    test %lld: %d, %s\n",
				json_integer_value(json_object_get(test, "tcId")), err, result);
	if (strcmp(result, "valid") == 0)
		CU_ASSERT_EQUAL(err, 0);
	if (strcmp(result, "invalid") == 0)
		CU_ASSERT_NOT_EQUAL(err, 0);
}

static void
wycheproof(void)
{
	static const struct {
		const char *file, *kind;
		struct ike_sig_how how;
	} files[] = {
		{ "rsa_signature_2048_sha256_test.json", "rsa",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_256, false } },
		{ "rsa_signature_3072_sha384_test.json", "rsa",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_384, false } },
		{ "rsa_signature_4096_sha512_test.json", "rsa",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_512, false } },
		{ "rsa_pss_2048_sha256_mgf1_32_test.json", "rsa",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_256, true } },
		{ "ecdsa_secp256r1_sha256_test.json", "p256",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_256, false } },
		{ "ecdsa_secp384r1_sha384_test.json", "p384",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_384, false } },
		{ "ecdsa_secp521r1_sha512_test.json", "p521",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_SHA2_512, false } },
		{ "ed25519_test.json", "ed25519",
		  { IKE_AUTH_SIGNATURE, IKE_HASH_IDENTITY, false } },
	};
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	unsigned int n = 0, n_absent = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		uint8_t prefix[256];
		size_t prefix_len = prefix_of(files[i].kind, &files[i].how, prefix), g, t;
		char path[512];
		json_t *doc, *group, *test;

		snprintf(path, sizeof(path), "%s/../shared/vectors/wycheproof/%s",
				root != NULL ? root : ".", files[i].file);
		doc = json_load_file(path, 0, NULL);
		n_absent += doc == NULL;
		json_array_foreach (json_object_get(doc, "testGroups"), g, group) {
			EVP_PKEY *key = group_key(group);

			json_array_foreach (json_object_get(group, "tests"), t, test) {
				if (key == NULL)
					continue;
				run_test(key, prefix, prefix_len, test);
				n++;
			}
			EVP_PKEY_free(key);
		}
		json_decref(doc);
	}
	if (n_absent > 0)
		printf("SKIPPED: %u of %zu files of Wycheproof's are not there ... ", n_absent,
				sizeof(files) / sizeof(files[0]));
	printf("%u vectors ... ", n);
}

/* ---- vectors of RFCs ------------------------------------------------------------------------ */

/* clang-format off */
/* The keys of RFC 6979 appendices A.2.5 and A.2.6 and of RFC 8032 section 7.1, test 2. */
#define P256_KEY \
	"3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb" \
	"74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2" \
	"f1b20c2d7e9f5177a3c294d4462299"
#define P384_KEY \
	"3076301006072a8648ce3d020106052b8104002203620004ec3a4e415b4e19a4568618029f42" \
	"7fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9b7" \
	"2d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344" \
	"fd2533264720"
#define ED25519_KEY \
	"302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd" \
	"55f12af4660c"

static const struct {
	const char *key; /* SubjectPublicKeyInfo */
	uint8_t method;
	const char *msg, *auth;
} vectors[] = {
	{ P256_KEY, IKE_AUTH_ECDSA_256, "73616d706c65",
	  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d65"
	  "7c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ P256_KEY, IKE_AUTH_ECDSA_256, "74657374",
	  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a"
	  "2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
	{ P256_KEY, IKE_AUTH_SIGNATURE, "73616d706c65",
	  "0c300a06082a8648ce3d0403023046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b"
	  "56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4"
	  "064dc4ab2f843acda8" },
	{ P256_KEY, IKE_AUTH_SIGNATURE, "74657374",
	  "0c300a06082a8648ce3d0403023045022100f1abb023518351cd71d881567b1ea663ed3efcf6"
	  "c5132b354f28d3b0b7d383670220019f4113742a2b14bd25926b49c649155f267e60d3814b4c"
	  "0cc84250e46f0083" },
	{ P384_KEY, IKE_AUTH_ECDSA_384, "73616d706c65",
	  "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44"
	  "acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351"
	  "d0a3a94fa329c145786e679e7b82c71a38628ac8" },
	{ P384_KEY, IKE_AUTH_SIGNATURE, "73616d706c65",
	  "0c300a06082a8648ce3d040303306602310094edbb92a5ecb8aad4736e56c691916b3f881406"
	  "66ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4602310099ef4aeb15f178"
	  "cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38"
	  "628ac8" },
	{ ED25519_KEY, IKE_AUTH_SIGNATURE, "72",
	  "07300506032b657092a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb"
	  "69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
};
/* clang-format on */

/* Good as they stand; with any octet altered, of the message or of the signature, they are not. */
static void
those_of_rfcs(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint8_t der[256], msg[16], auth[256];
		const unsigned char *p = der;
		struct ike_blob m = { .p = msg, .len = unhex(vectors[i].msg, msg, sizeof(msg)) };
		struct ike_blob a = { .p = auth,
			.len = unhex(vectors[i].auth, auth, sizeof(auth)) };
		EVP_PKEY *key = d2i_PUBKEY(
				NULL, &p, (long)unhex(vectors[i].key, der, sizeof(der)));
		uint8_t method = vectors[i].method;

		CU_ASSERT_PTR_NOT_NULL_FATAL(key);
		CU_ASSERT_EQUAL(ike_sig_check(key, method, &a, &m, false, &judged), 0);
		msg[0] ^= 1;
		CU_ASSERT_EQUAL(ike_sig_check(key, method, &a, &m, false, &judged), -EBADMSG);
		msg[0] ^= 1;
		for (size_t k = 0; k < a.len; k++) {
			auth[k] ^= 1;
			CU_ASSERT_NOT_EQUAL(ike_sig_check(key, method, &a, &m, false, &judged), 0);
			auth[k] ^= 1;
		}
		EVP_PKEY_free(key);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(each_form_is_taken_back),
	CU_CASE(damaged_ones_are_refused),
	CU_CASE(methods_do_not_mix),
	CU_CASE(pss_of_sha1_is_refused),
	CU_CASE(what_is_chosen),
	CU_CASE(hashes_of_the_notification),
	CU_CASE(rsa_of_ikev1),
	CU_CASE(keys_that_are_too_short),
	CU_CASE(those_of_rfcs),
	CU_CASE(wycheproof),
};

CU_MAIN("signatures", cases)
