/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Diffie-Hellman, RFC 7296 section 3.4: group 14 (RFC 3526), 19 (RFC 5903) and 31 (RFC 8031).
 * The peer's public value is checked as RFC 6989 asks: range for the safe prime, point on the
 * curve for ECP, no all-zero secret for X25519.
 */
#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "controlplane/ike/ike_crypto.h"

#define ECP256_LEN   64 /* x and y, without the leading form byte of X9.62 */
#define X25519_LEN   32
#define MODP2048_LEN 256

size_t
ike_group_len(uint16_t group)
{
	switch (group) {
	case IKE_GROUP_MODP2048:
		return MODP2048_LEN;
	case IKE_GROUP_ECP256:
		return ECP256_LEN;
	case IKE_GROUP_X25519:
		return X25519_LEN;
	default:
		return 0;
	}
}

/* A key pair of a named group of "DH" or "EC". */
static EVP_PKEY *
generate_named(const char *type, const char *group)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[2];

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
			EVP_PKEY_CTX_set_params(ctx, params) <= 0 ||
			EVP_PKEY_generate(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The public value as on the wire, left-padded with zeros (section 3.4). */
static int
export_pub(struct ike_kex *k)
{
	uint8_t point[1 + ECP256_LEN];
	BIGNUM *bn = NULL;
	size_t len;
	int ok = 0;

	switch (k->group) {
	case IKE_GROUP_MODP2048:
		ok = EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_PUB_KEY, &bn) &&
		     BN_bn2binpad(bn, k->pub, MODP2048_LEN) == MODP2048_LEN;
		BN_free(bn);
		break;
	case IKE_GROUP_ECP256:
		ok = EVP_PKEY_get_octet_string_param(
				     k->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) &&
		     len == sizeof(point) && point[0] == POINT_CONVERSION_UNCOMPRESSED;
		memcpy(k->pub, point + 1, ECP256_LEN);
		break;
	case IKE_GROUP_X25519:
		len = X25519_LEN;
		ok = EVP_PKEY_get_raw_public_key(k->key, k->pub, &len) && len == X25519_LEN;
		break;
	}
	return ok ? 0 : -EIO;
}

int
ike_kex_generate(struct ike_kex *k)
{
	k->len = ike_group_len(k->group);
	EVP_PKEY_free(k->key);
	switch (k->group) {
	case IKE_GROUP_MODP2048:
		k->key = generate_named("DH", "modp_2048");
		break;
	case IKE_GROUP_ECP256:
		k->key = generate_named("EC", "prime256v1");
		break;
	case IKE_GROUP_X25519:
		k->key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
		break;
	default:
		k->key = NULL;
	}
	return k->key != NULL ? export_pub(k) : -EIO;
}

/* RFC 6989 section 2.1: 1 < value < p - 1. */
static EVP_PKEY *
import_modp(const EVP_PKEY *own, const uint8_t *pub)
{
	BIGNUM *p = NULL, *y = BN_bin2bn(pub, MODP2048_LEN, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (y == NULL || bld == NULL || ctx == NULL || BN_is_zero(y) || BN_is_one(y) ||
			!EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_FFC_P, &p) ||
			!BN_sub_word(p, 1) || BN_cmp(y, p) >= 0)
		goto out;
	if (!OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "modp_2048", 0) ||
			!OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, y))
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
out:
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(bld);
	BN_free(y);
	BN_free(p);
	return key;
}

/* Decoding the point checks that it is on the curve. */
static EVP_PKEY *
import_ecp(const uint8_t *pub)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	uint8_t point[1 + ECP256_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[3];

	memcpy(point + 1, pub, ECP256_LEN);
	params[0] = OSSL_PARAM_construct_utf8_string(
			OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0);
	params[1] = OSSL_PARAM_construct_octet_string(
			OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	params[2] = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
import_pub(const struct ike_kex *k, const uint8_t *pub)
{
	switch (k->group) {
	case IKE_GROUP_MODP2048:
		return import_modp(k->key, pub);
	case IKE_GROUP_ECP256:
		return import_ecp(pub);
	case IKE_GROUP_X25519:
		return EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, pub, X25519_LEN);
	default:
		return NULL;
	}
}

int
ike_kex_derive(struct ike_kex *k, const uint8_t *peer, size_t len)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pub;
	int ok;

	if (k->key == NULL)
		return -EIO;
	if (len != k->len)
		return -EBADMSG;
	pub = import_pub(k, peer);
	if (pub == NULL)
		return -EBADMSG;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL);
	k->secret_len = sizeof(k->secret);
	ok = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
	     (k->group != IKE_GROUP_MODP2048 || EVP_PKEY_CTX_set_dh_pad(ctx, 1) > 0) &&
	     EVP_PKEY_derive_set_peer_ex(ctx, pub, 0) > 0 &&
	     EVP_PKEY_derive(ctx, k->secret, &k->secret_len) > 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pub);
	return ok ? 0 : -EBADMSG;
}

void
ike_kex_wipe(struct ike_kex *k)
{
	EVP_PKEY_free(k->key);
	OPENSSL_cleanse(k, sizeof(*k));
}
