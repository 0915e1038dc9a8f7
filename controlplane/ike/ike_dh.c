/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Diffie-Hellman, RFC 7296 section 3.4, with the groups of ike_alg.c. The peer's public value is
 * checked as RFC 6989 asks: range for the safe primes, point on the curve for ECP, no all-zero
 * secret for X25519 and X448.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "controlplane/ike/ike_alg.h"
#include "controlplane/ike/ike_crypto.h"

#define POINT_MAX (1 + 132) /* form byte of X9.62, x and y of the longest curve */

size_t
ike_group_len(uint16_t group)
{
	const struct ike_group_alg *g = ike_group_alg(group);

	return g != NULL ? g->len : 0;
}

/* ---- domain parameters -------------------------------------------------------------------- */

/*
 * OpenSSL has no name for group 2 (RFC 2409 section 6.2), but its prime; the generator is 2. The
 * others it knows by name.
 */
static OSSL_PARAM *
domain_params(const struct ike_group_alg *g)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *p = NULL, *two = NULL;
	OSSL_PARAM *params = NULL;
	bool ok;

	if (bld == NULL)
		return NULL;
	if (g->evp != NULL) {
		ok = OSSL_PARAM_BLD_push_utf8_string(
				bld, OSSL_PKEY_PARAM_GROUP_NAME, g->evp, 0);
	} else {
		p = BN_get_rfc2409_prime_1024(NULL);
		two = BN_new();
		ok = p != NULL && two != NULL && BN_set_word(two, 2) &&
		     OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p) &&
		     OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, two);
	}
	if (ok)
		params = OSSL_PARAM_BLD_to_param(bld);
	OSSL_PARAM_BLD_free(bld);
	BN_free(p);
	BN_free(two);
	return params;
}

static EVP_PKEY *
domain_make(const struct ike_group_alg *g)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
			NULL, g->kind == IKE_GROUP_MODP ? "DH" : "EC", NULL);
	OSSL_PARAM *params = domain_params(g);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/*
 * A group's parameters without a key, borrowed; NULL: failed. Made once and kept, since OpenSSL
 * makes a curve anew for each key that is not copied from another. They never change, so all
 * threads may copy them.
 */
static EVP_PKEY *
domain_of(const struct ike_group_alg *g)
{
	static EVP_PKEY *_Atomic kept[IKE_GROUP_X448 + 1];
	EVP_PKEY *key = atomic_load(&kept[g->id]), *first = NULL;

	if (key != NULL)
		return key;
	key = domain_make(g);
	if (key == NULL || atomic_compare_exchange_strong(&kept[g->id], &first, key))
		return key;
	EVP_PKEY_free(key); /* another thread was faster */
	return first;
}

/* A key pair like @like, of which nothing but the parameters counts. */
static EVP_PKEY *
generate_like(EVP_PKEY *like)
{
	EVP_PKEY_CTX *ctx = like != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, like, NULL) : NULL;
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 || EVP_PKEY_generate(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
public_key(const struct ike_group_alg *g, const uint8_t *encoded, size_t len)
{
	EVP_PKEY *domain = domain_of(g), *key = domain != NULL ? EVP_PKEY_dup(domain) : NULL;

	if (key != NULL && EVP_PKEY_set1_encoded_public_key(key, encoded, len) > 0)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* RFC 6989 section 2.1: 1 < value < p - 1. */
static EVP_PKEY *
modp_peer(const struct ike_group_alg *g, const EVP_PKEY *own, const uint8_t *pub)
{
	BIGNUM *p = NULL, *y = BN_bin2bn(pub, g->len, NULL);
	EVP_PKEY *key = NULL;

	if (y != NULL && !BN_is_zero(y) && !BN_is_one(y) &&
			EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_FFC_P, &p) &&
			BN_sub_word(p, 1) && BN_cmp(y, p) < 0)
		key = public_key(g, pub, g->len);
	BN_free(y);
	BN_free(p);
	return key;
}

/* Decoding the point checks that it is on the curve. */
static EVP_PKEY *
ecp_peer(const struct ike_group_alg *g, const uint8_t *pub)
{
	uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };

	memcpy(point + 1, pub, g->len);
	return public_key(g, point, 1u + g->len);
}

/* ---- any group ------------------------------------------------------------------------------ */

/* The public value as on the wire, left-padded with zeros (section 3.4). */
static int
export_pub(struct ike_kex *k, const struct ike_group_alg *g)
{
	uint8_t point[POINT_MAX];
	BIGNUM *bn = NULL;
	size_t len;
	int ok = 0;

	switch ((enum ike_group_kind)g->kind) {
	case IKE_GROUP_MODP:
		ok = EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_PUB_KEY, &bn) &&
		     BN_bn2binpad(bn, k->pub, g->len) == g->len;
		BN_free(bn);
		break;
	case IKE_GROUP_ECP:
		ok = EVP_PKEY_get_octet_string_param(
				     k->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) &&
		     len == 1u + g->len && point[0] == POINT_CONVERSION_UNCOMPRESSED;
		memcpy(k->pub, point + 1, g->len);
		break;
	case IKE_GROUP_X:
		len = g->len;
		ok = EVP_PKEY_get_raw_public_key(k->key, k->pub, &len) && len == g->len;
		break;
	}
	return ok ? 0 : -EIO;
}

int
ike_kex_generate(struct ike_kex *k)
{
	const struct ike_group_alg *g = ike_group_alg(k->group);

	EVP_PKEY_free(k->key);
	k->key = NULL;
	if (g == NULL)
		return -EIO;
	k->len = g->len;
	k->key = g->kind == IKE_GROUP_X ? EVP_PKEY_Q_keygen(NULL, NULL, g->evp)
					: generate_like(domain_of(g));
	return k->key != NULL ? export_pub(k, g) : -EIO;
}

static EVP_PKEY *
import_peer(const struct ike_group_alg *g, const EVP_PKEY *own, const uint8_t *pub)
{
	if (g->kind == IKE_GROUP_MODP)
		return modp_peer(g, own, pub);
	if (g->kind == IKE_GROUP_ECP)
		return ecp_peer(g, pub);
	return EVP_PKEY_new_raw_public_key_ex(NULL, g->evp, NULL, pub, g->len);
}

int
ike_kex_derive(struct ike_kex *k, const uint8_t *peer, size_t len)
{
	const struct ike_group_alg *g = ike_group_alg(k->group);
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pub;
	int ok;

	if (k->key == NULL || g == NULL)
		return -EIO;
	if (len != g->len)
		return -EBADMSG;
	pub = import_peer(g, k->key, peer);
	if (pub == NULL)
		return -EBADMSG;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL);
	k->secret_len = sizeof(k->secret);
	ok = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
	     (g->kind != IKE_GROUP_MODP || EVP_PKEY_CTX_set_dh_pad(ctx, 1) > 0) &&
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
