/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Algorithms of IKE against the vectors of their RFCs, and, where they are there, against Project
 * Wycheproof's: what is valid gives the expected secret, what is invalid is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "controlplane/ike/ike_alg.h"
#include "controlplane/ike/ike_crypto.h"
#include "tests/unit/cu.h"

static struct ike_crypto crypto;

static size_t
unhex(const char *s, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned int v;

	while (n < cap && sscanf(s + 2 * n, "%2x", &v) == 1)
		out[n++] = (uint8_t)v;
	return n;
}

/* ---- prf ------------------------------------------------------------------------------------ */

/* clang-format off */
static const struct {
	uint16_t prf;
	const char *key, *msg, *mac;
} macs[] = {
	/* RFC 3566 section 4.6 */
	{ IKE_PRF_AES128_XCBC, "000102030405060708090a0b0c0d0e0f", "",
	  "75f0251d528ac01c4573dfd584d79f29" },
	{ IKE_PRF_AES128_XCBC, "000102030405060708090a0b0c0d0e0f", "000102",
	  "5b376580ae2f19afe7219ceef172756f" },
	{ IKE_PRF_AES128_XCBC, "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f", "d2a246fa349b68a79998a4394ff7a263" },
	{ IKE_PRF_AES128_XCBC, "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f10111213", "47f51b4564966215b8985c63055ed308" },
	/* RFC 4434 section 4.2: keys of 10 and 18 bytes */
	{ IKE_PRF_AES128_XCBC, "00010203040506070809",
	  "000102030405060708090a0b0c0d0e0f10111213", "0fa087af7d866e7653434e602fdde835" },
	{ IKE_PRF_AES128_XCBC, "000102030405060708090a0b0c0d0e0fedcb",
	  "000102030405060708090a0b0c0d0e0f10111213", "8cd3c93ae598a9803006ffb67c40e9e4" },
	/* RFC 4615 section 4 */
	{ IKE_PRF_AES128_CMAC, "000102030405060708090a0b0c0d0e0fedcb",
	  "000102030405060708090a0b0c0d0e0f10111213", "84a348a4a45d235babfffc0d2b4da09a" },
	{ IKE_PRF_AES128_CMAC, "000102030405060708090a0b0c0d0e0f",
	  "000102030405060708090a0b0c0d0e0f10111213", "980ae87b5f4c9c5214f5b6a8455e4c2d" },
	{ IKE_PRF_AES128_CMAC, "00010203040506070809",
	  "000102030405060708090a0b0c0d0e0f10111213", "290d9e112edb09ee141fcf64c0b72f3d" },
	/* RFC 4231 section 4.3 */
	{ IKE_PRF_HMAC_SHA2_512, "4a656665",
		"7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65"
	  "f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
};
/* clang-format on */

static void
prfs_are_those_of_their_rfcs(void)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		uint8_t key[64], msg[64], want[64], got[IKE_PRF_MAX];
		size_t key_len = unhex(macs[i].key, key, sizeof(key));
		size_t len = unhex(macs[i].msg, msg, sizeof(msg));
		size_t want_len = unhex(macs[i].mac, want, sizeof(want));

		CU_ASSERT_EQUAL(ike_prf_len(macs[i].prf), want_len);
		/* Whole, and in two pieces cut anywhere. */
		for (size_t cut = 0; cut <= len; cut++) {
			struct ike_blob in[2] = { { msg, cut }, { msg + cut, len - cut } };

			CU_ASSERT_EQUAL(ike_prf(&crypto, macs[i].prf, key, key_len, in, 2, got),
					0);
			CU_ASSERT_EQUAL(memcmp(got, want, want_len), 0);
		}
	}
}

/* RFC 7296 section 2.14: such a prf takes half of its key from each nonce. */
static void
a_prf_of_fixed_key_takes_half_of_each_nonce(void)
{
	static const uint8_t gir[32] = { 7 }, ni[32] = { 1, 2, 3 }, nr[32] = { 4, 5, 6 };
	struct ike_suite s = { IKE_ENCR_AES_CBC, 128, IKE_PRF_AES128_XCBC, IKE_INTEG_AES_XCBC_96,
		IKE_GROUP_X25519, false };
	struct ike_keymat_in in = { .ni = { ni, sizeof(ni) },
		.nr = { nr, sizeof(nr) },
		.gir = { gir, sizeof(gir) } };
	struct ike_blob seed[3] = { in.ni, in.nr, { (const uint8_t[16]){ 0 }, 16 } };
	uint8_t key[16], skeyseed[16], mat[16];
	struct ike_keys k;

	memcpy(key, ni, 8);
	memcpy(key + 8, nr, 8);
	CU_ASSERT_EQUAL(ike_prf(&crypto, s.prf, key, 16, &in.gir, 1, skeyseed), 0);
	CU_ASSERT_EQUAL(ike_prf_plus(&crypto, s.prf, skeyseed, 16, seed, 3, mat, 16), 0);
	CU_ASSERT_EQUAL(ike_derive_sa(&crypto, &s, &in, 0, NULL, &k), 0);
	CU_ASSERT_EQUAL(memcmp(k.d, mat, 16), 0);
}

/* ---- Wycheproof ----------------------------------------------------------------------------- */

static json_t *
wycheproof(const char *name)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char path[512];
	json_t *doc;

	snprintf(path, sizeof(path), "%s/../shared/vectors/wycheproof/%s",
			root != NULL ? root : ".", name);
	doc = json_load_file(path, 0, NULL);
	if (doc == NULL)
		printf("skipped: no %s ... ", path);
	return doc;
}

static EVP_PKEY *
ec_private(const char *curve, const uint8_t *priv, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *d = BN_bin2bn(priv, (int)len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
			OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	return key;
}

/* One test: the secret, or a refusal. */
static void
exchange(const struct ike_group_alg *g, const json_t *t, unsigned int *n_good, unsigned int *n_bad)
{
	const char *result = json_string_value(json_object_get(t, "result"));
	uint8_t priv[160], pub[160], want[160], *value = pub;
	const char *pub_hex = json_string_value(json_object_get(t, "public"));
	size_t priv_len = unhex(json_string_value(json_object_get(t, "private")), priv,
			sizeof(priv));
	size_t pub_len = unhex(pub_hex, pub, sizeof(pub));
	size_t want_len = unhex(json_string_value(json_object_get(t, "shared")), want,
			sizeof(want));
	struct ike_kex k = { .group = g->id, .len = g->len };
	int err;

	if (g->kind == IKE_GROUP_ECP) {
		if (pub_len == 0 || pub[0] != 4)
			return; /* compressed: IKE has no such form */
		value++;
		pub_len--;
		k.key = ec_private(g->evp, priv, priv_len);
	} else {
		k.key = EVP_PKEY_new_raw_private_key_ex(NULL, g->evp, NULL, priv, priv_len);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(k.key);
	err = ike_kex_derive(&k, value, pub_len);
	if (strcmp(result, "invalid") == 0) {
		CU_ASSERT_NOT_EQUAL(err, 0);
		++*n_bad;
	} else if (strcmp(result, "valid") == 0 || err == 0) {
		CU_ASSERT_EQUAL(err, 0);
		CU_ASSERT_EQUAL(k.secret_len, want_len);
		CU_ASSERT_EQUAL(memcmp(k.secret, want, want_len), 0);
		++*n_good;
	}
	ike_kex_wipe(&k);
}

static void
key_exchanges_are_those_of_wycheproof(void)
{
	static const struct {
		uint16_t group;
		const char *file;
	} files[] = { { IKE_GROUP_ECP256, "ecdh_secp256r1_ecpoint_test.json" },
		{ IKE_GROUP_ECP384, "ecdh_secp384r1_ecpoint_test.json" },
		{ IKE_GROUP_ECP521, "ecdh_secp521r1_ecpoint_test.json" },
		{ IKE_GROUP_X25519, "x25519_test.json" }, { IKE_GROUP_X448, "x448_test.json" } };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		json_t *doc = wycheproof(files[i].file), *set, *t;
		unsigned int n_good = 0, n_bad = 0;
		size_t a, b;

		if (doc == NULL)
			continue;
		json_array_foreach (json_object_get(doc, "testGroups"), a, set)
			json_array_foreach (json_object_get(set, "tests"), b, t)
				exchange(ike_group_alg(files[i].group), t, &n_good, &n_bad);
		printf("%s: %u good, %u bad ... ", ike_group_alg(files[i].group)->name, n_good,
				n_bad);
		CU_ASSERT_TRUE(n_good > 50);
		json_decref(doc);
	}
}

/* The tests of one file whose key and tag are as long as the PRF's; how many there were. */
static unsigned int
prf_file(const char *file, const struct ike_prf_alg *prf, int64_t key_bits)
{
	json_t *doc = wycheproof(file), *set, *t;
	unsigned int n = 0;
	size_t a, b;

	json_array_foreach (json_object_get(doc, "testGroups"), a, set) {
		if (json_integer_value(json_object_get(set, "tagSize")) != prf->len * 8 ||
				(key_bits != 0 &&
						json_integer_value(json_object_get(set,
						"keySize")) !=
								key_bits))
			continue;
		json_array_foreach (json_object_get(set, "tests"), b, t) {
			uint8_t key[256], msg[1024], want[64], got[64];
			struct ike_blob in = { .p = msg };
			bool valid = strcmp(json_string_value(json_object_get(t, "result")),
						     "valid") == 0;
			size_t key_len = unhex(json_string_value(json_object_get(t, "key")), key,
					sizeof(key));

			in.len = unhex(json_string_value(json_object_get(t, "msg")), msg,
					sizeof(msg));
			unhex(json_string_value(json_object_get(t, "tag")), want, sizeof(want));
			CU_ASSERT_EQUAL(ike_prf(&crypto, prf->id, key, key_len, &in, 1, got), 0);
			CU_ASSERT_EQUAL(memcmp(got, want, prf->len) == 0, valid);
			n++;
		}
	}
	CU_ASSERT_TRUE(doc == NULL || n > 50);
	json_decref(doc);
	return n;
}

static void
prfs_are_those_of_wycheproof(void)
{
	static const struct {
		uint16_t prf;
		int64_t key_bits; /* 0: any */
		const char *file;
	} files[] = { { IKE_PRF_AES128_CMAC, 128, "aes_cmac_test.json" },
		{ IKE_PRF_HMAC_SHA1, 0, "hmac_sha1_test.json" },
		{ IKE_PRF_HMAC_SHA2_256, 0, "hmac_sha256_test.json" },
		{ IKE_PRF_HMAC_SHA2_384, 0, "hmac_sha384_test.json" },
		{ IKE_PRF_HMAC_SHA2_512, 0, "hmac_sha512_test.json" } };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		printf("%u ... ", prf_file(files[i].file, ike_prf_alg(files[i].prf),
						  files[i].key_bits));
}

/* RFC 7748 section 6.2. */
static void
x448_is_that_of_its_rfc(void)
{
	uint8_t priv[56], pub[56], want[56];
	struct ike_kex k = { .group = IKE_GROUP_X448, .len = 56 };

	unhex("9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a94197448973910063"
	      "82a6f127ab1d9ac2d8c0a598726b",
			priv, sizeof(priv));
	unhex("3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706"
	      "dcb57aec3dae07bdc1c67bf33609",
			pub, sizeof(pub));
	unhex("07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c"
	      "24403085d59a449a5037514a879d",
			want, sizeof(want));
	k.key = EVP_PKEY_new_raw_private_key_ex(NULL, "X448", NULL, priv, sizeof(priv));
	CU_ASSERT_EQUAL(ike_kex_derive(&k, pub, sizeof(pub)), 0);
	CU_ASSERT_EQUAL(k.secret_len, 56);
	CU_ASSERT_EQUAL(memcmp(k.secret, want, 56), 0);
	ike_kex_wipe(&k);
}

/* Every row of the tables is complete: lengths that fit into what holds them. */
static void
tables_are_consistent(void)
{
	for (unsigned int i = 0; i < IKE_N_ENCRS; i++) {
		const struct ike_encr_alg *a = &ike_encr_algs[i];

		CU_ASSERT_PTR_EQUAL(ike_encr_alg(a->id, a->key_bits), a);
		CU_ASSERT_TRUE(a->key_len <= 32 && (a->salt_len == 0 || a->salt_len == 4));
		CU_ASSERT_TRUE(a->block >= 1 && a->icv_len <= 16);
		if (a->evp != NULL)
			CU_ASSERT_PTR_NOT_NULL(crypto.ciphers[i]);
	}
	CU_ASSERT_PTR_NULL(ike_encr_alg(IKE_ENCR_AES_CBC, 0));
	CU_ASSERT_PTR_NULL(ike_group_alg(1));
}

static const struct cu_case cases[] = {
	CU_CASE(tables_are_consistent),
	CU_CASE(prfs_are_those_of_their_rfcs),
	CU_CASE(a_prf_of_fixed_key_takes_half_of_each_nonce),
	CU_CASE(key_exchanges_are_those_of_wycheproof),
	CU_CASE(prfs_are_those_of_wycheproof),
	CU_CASE(x448_is_that_of_its_rfc),
};

int
main(void)
{
	int status;

	if (ike_crypto_init(&crypto) != 0)
		return 2;
	status = cu_run("ike_algs", cases, sizeof(cases) / sizeof(cases[0]));
	ike_crypto_fini(&crypto);
	return status;
}
