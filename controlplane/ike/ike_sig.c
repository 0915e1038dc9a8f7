/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures of IKE; see ike_sig.h. */
#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "controlplane/ike/ike_certctx.h"
#include "controlplane/ike/ike_sig.h"

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 8192
#define EC_BYTES_MAX 66 /* of one number, P-521 */

/* ---- keys ----------------------------------------------------------------------------------- */

/* The curve's order in bits; 0: no curve of ours. */
static int
curve_bits(const EVP_PKEY *key)
{
	char group[32];

	if (!EVP_PKEY_is_a(key, "EC") ||
			EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return 0;
	if (strcmp(group, "prime256v1") == 0)
		return 256;
	if (strcmp(group, "secp384r1") == 0)
		return 384;
	return strcmp(group, "secp521r1") == 0 ? 521 : 0;
}

static bool
is_rsa(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
}

enum ike_key_kind
ike_key_kind(const EVP_PKEY *key)
{
	if (is_rsa(key))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
				       EVP_PKEY_get_bits(key) <= RSA_BITS_MAX
			       ? IKE_KEY_RSA
			       : IKE_KEY_OTHER;
	if (EVP_PKEY_is_a(key, "ED25519"))
		return IKE_KEY_ED25519;
	return curve_bits(key) != 0 ? IKE_KEY_ECDSA : IKE_KEY_OTHER;
}

bool
ike_key_suits(const EVP_PKEY *key, uint8_t authn)
{
	switch (ike_key_kind(key)) {
	case IKE_KEY_RSA:
		return authn == IKE_AUTHN_CERT || authn == IKE_AUTHN_RSA;
	case IKE_KEY_ECDSA:
		return authn == IKE_AUTHN_CERT || authn == IKE_AUTHN_ECDSA;
	case IKE_KEY_ED25519:
		return authn == IKE_AUTHN_CERT || authn == IKE_AUTHN_EDDSA;
	default:
		return false;
	}
}

/* ---- what both know ------------------------------------------------------------------------- */

uint32_t
ike_sig_hashes(const struct ike_blob *data)
{
	struct rd r = rd_init(data->p, data->len);
	uint32_t bits = 0;

	while (rd_left(&r) >= 2) {
		uint16_t h = rd_be16(&r);

		if (h >= IKE_HASH_SHA1 && h <= IKE_HASH_IDENTITY)
			bits |= 1u << h;
	}
	return bits;
}

size_t
ike_sig_own_hashes(bool sha1, uint8_t out[10])
{
	struct wr w = wr_init(out, 10);

	for (unsigned int h = sha1 ? IKE_HASH_SHA1 : IKE_HASH_SHA2_256; h <= IKE_HASH_IDENTITY; h++)
		wr_be16(&w, (uint16_t)h);
	return w.len;
}

static const EVP_MD *
md_of(uint8_t hash)
{
	switch (hash) {
	case IKE_HASH_SHA1:
		return EVP_sha1();
	case IKE_HASH_SHA2_256:
		return EVP_sha256();
	case IKE_HASH_SHA2_384:
		return EVP_sha384();
	case IKE_HASH_SHA2_512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

/* Before RFC 7427: RSA with SHA-1, or ECDSA with the hash of its curve. */
static int
choose_old(const EVP_PKEY *key, bool sha1, struct ike_sig_how *out)
{
	switch (curve_bits(key)) {
	case 256:
		*out = (struct ike_sig_how){ IKE_AUTH_ECDSA_256, IKE_HASH_SHA2_256, false };
		return 0;
	case 384:
		*out = (struct ike_sig_how){ IKE_AUTH_ECDSA_384, IKE_HASH_SHA2_384, false };
		return 0;
	case 521:
		*out = (struct ike_sig_how){ IKE_AUTH_ECDSA_521, IKE_HASH_SHA2_512, false };
		return 0;
	default:
		*out = (struct ike_sig_how){ IKE_AUTH_RSA, IKE_HASH_SHA1, false };
		return EVP_PKEY_is_a(key, "RSA") && sha1 ? 0 : -ENOTSUP;
	}
}

int
ike_sig_choose(const EVP_PKEY *key, uint32_t hashes, bool pss, bool sha1, struct ike_sig_how *out)
{
	enum ike_key_kind kind = ike_key_kind(key);
	uint8_t first = curve_bits(key) == 384   ? IKE_HASH_SHA2_384
			: curve_bits(key) == 521 ? IKE_HASH_SHA2_512
						 : IKE_HASH_SHA2_256;

	*out = (struct ike_sig_how){ .method = IKE_AUTH_SIGNATURE };
	if (kind == IKE_KEY_ED25519) {
		out->hash = IKE_HASH_IDENTITY;
		return hashes & 1u << IKE_HASH_IDENTITY ? 0 : -ENOTSUP;
	}
	if (kind == IKE_KEY_RSA)
		out->pss = pss || EVP_PKEY_is_a(key, "RSA-PSS");
	if (hashes & 1u << first)
		out->hash = first;
	for (uint8_t h = IKE_HASH_SHA2_256; out->hash == 0 && h <= IKE_HASH_SHA2_512; h++)
		if (hashes & 1u << h)
			out->hash = h;
	return out->hash != 0 ? 0 : choose_old(key, sha1, out);
}

/* ---- the algorithm's identifier, RFC 7427 section 3 ----------------------------------------- */

static X509_ALGOR *
md_algor(uint8_t hash)
{
	X509_ALGOR *a = X509_ALGOR_new();

	/* With NULL for parameters, as in RFC 7427 appendix A.4. */
	if (a != NULL && X509_ALGOR_set0(a, OBJ_nid2obj(EVP_MD_get_type(md_of(hash))),
					 V_ASN1_NULL, NULL) != 1) {
		X509_ALGOR_free(a);
		a = NULL;
	}
	return a;
}

/* RSASSA-PSS-params (RFC 4055 section 3.1), with salt as long as the hash. */
static ASN1_STRING *
pss_params(uint8_t hash)
{
	RSA_PSS_PARAMS *p = RSA_PSS_PARAMS_new();
	X509_ALGOR *md = md_algor(hash);
	ASN1_STRING *mgf = NULL, *out = NULL;

	if (p == NULL || md == NULL)
		goto done;
	p->hashAlgorithm = md_algor(hash);
	p->maskGenAlgorithm = X509_ALGOR_new();
	p->saltLength = ASN1_INTEGER_new();
	if (p->hashAlgorithm == NULL || p->maskGenAlgorithm == NULL || p->saltLength == NULL ||
			ASN1_INTEGER_set(p->saltLength, EVP_MD_get_size(md_of(hash))) != 1 ||
			ASN1_item_pack(md, ASN1_ITEM_rptr(X509_ALGOR), &mgf) == NULL ||
			X509_ALGOR_set0(p->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE,
					mgf) != 1)
		goto done;
	mgf = NULL;
	ASN1_item_pack(p, ASN1_ITEM_rptr(RSA_PSS_PARAMS), &out);
done:
	ASN1_STRING_free(mgf);
	X509_ALGOR_free(md);
	RSA_PSS_PARAMS_free(p);
	return out;
}

static const struct alg {
	int nid;
	enum ike_key_kind kind;
	uint8_t hash;
} algs[] = {
	{ NID_sha1WithRSAEncryption, IKE_KEY_RSA, IKE_HASH_SHA1 },
	{ NID_sha256WithRSAEncryption, IKE_KEY_RSA, IKE_HASH_SHA2_256 },
	{ NID_sha384WithRSAEncryption, IKE_KEY_RSA, IKE_HASH_SHA2_384 },
	{ NID_sha512WithRSAEncryption, IKE_KEY_RSA, IKE_HASH_SHA2_512 },
	{ NID_ecdsa_with_SHA1, IKE_KEY_ECDSA, IKE_HASH_SHA1 },
	{ NID_ecdsa_with_SHA256, IKE_KEY_ECDSA, IKE_HASH_SHA2_256 },
	{ NID_ecdsa_with_SHA384, IKE_KEY_ECDSA, IKE_HASH_SHA2_384 },
	{ NID_ecdsa_with_SHA512, IKE_KEY_ECDSA, IKE_HASH_SHA2_512 },
	{ NID_ED25519, IKE_KEY_ED25519, IKE_HASH_IDENTITY },
};

/* "ASN.1 Length" and the AlgorithmIdentifier in DER, at @out; their length; 0: failed. */
static size_t
put_alg(enum ike_key_kind kind, const struct ike_sig_how *how, uint8_t *out, size_t cap)
{
	X509_ALGOR *a = X509_ALGOR_new();
	ASN1_STRING *params = NULL;
	unsigned char *der = NULL;
	int len = 0, ok = 0;

	if (a != NULL && how->pss && (params = pss_params(how->hash)) != NULL)
		ok = X509_ALGOR_set0(a, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, params);
	for (size_t i = 0; a != NULL && !how->pss && i < sizeof(algs) / sizeof(algs[0]); i++)
		if (algs[i].kind == kind && algs[i].hash == how->hash)
			ok = X509_ALGOR_set0(a, OBJ_nid2obj(algs[i].nid),
					kind == IKE_KEY_RSA ? V_ASN1_NULL : V_ASN1_UNDEF, NULL);
	if (ok == 1)
		len = i2d_X509_ALGOR(a, &der);
	else
		ASN1_STRING_free(params);
	X509_ALGOR_free(a);
	if (len <= 0 || len > UINT8_MAX || (size_t)len + 1 > cap)
		len = -1;
	if (len > 0) {
		out[0] = (uint8_t)len;
		memcpy(out + 1, der, (size_t)len);
	}
	OPENSSL_free(der);
	return (size_t)(len + 1);
}

static uint8_t
hash_of_md(const X509_ALGOR *a)
{
	const ASN1_OBJECT *o;

	if (a == NULL)
		return IKE_HASH_SHA1; /* RFC 4055: the default */
	X509_ALGOR_get0(&o, NULL, NULL, a);
	switch (OBJ_obj2nid(o)) {
	case NID_sha1:
		return IKE_HASH_SHA1;
	case NID_sha256:
		return IKE_HASH_SHA2_256;
	case NID_sha384:
		return IKE_HASH_SHA2_384;
	case NID_sha512:
		return IKE_HASH_SHA2_512;
	default:
		return IKE_HASH_NONE;
	}
}

/* The hash of the mask generation function, which must be MGF1. */
static uint8_t
hash_of_mgf(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *o;
	const void *value;
	int type;
	X509_ALGOR *md;
	uint8_t hash;

	if (mgf == NULL)
		return IKE_HASH_SHA1;
	X509_ALGOR_get0(&o, &type, &value, mgf);
	if (OBJ_obj2nid(o) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return IKE_HASH_NONE;
	md = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
	hash = md != NULL ? hash_of_md(md) : IKE_HASH_NONE;
	X509_ALGOR_free(md);
	return hash;
}

/* What is signed by, as the peer says. 0, -EINVAL or -ENOTSUP; *@salt: of PSS. */
static int
read_pss(int type, const void *value, struct ike_sig_how *how, int *salt)
{
	RSA_PSS_PARAMS *p = type == V_ASN1_SEQUENCE
					    ? ASN1_item_unpack(value,
							      ASN1_ITEM_rptr(RSA_PSS_PARAMS))
					    : NULL;
	int err = -ENOTSUP;

	if (p == NULL)
		return -EINVAL;
	how->pss = true;
	how->hash = hash_of_md(p->hashAlgorithm);
	*salt = p->saltLength != NULL ? (int)ASN1_INTEGER_get(p->saltLength) : 20;
	if (how->hash != IKE_HASH_NONE && hash_of_mgf(p->maskGenAlgorithm) == how->hash &&
			*salt >= 0 && *salt <= RSA_BITS_MAX / 8 &&
			(p->trailerField == NULL || ASN1_INTEGER_get(p->trailerField) == 1))
		err = 0;
	RSA_PSS_PARAMS_free(p);
	return err;
}

static int
read_alg(const struct ike_blob *der, enum ike_key_kind kind, struct ike_sig_how *how, int *salt)
{
	const unsigned char *p = der->p;
	X509_ALGOR *a = d2i_X509_ALGOR(NULL, &p, (long)der->len);
	const ASN1_OBJECT *o;
	const void *value;
	int type, err = -ENOTSUP;

	if (a == NULL || p != der->p + der->len) {
		X509_ALGOR_free(a);
		return -EINVAL;
	}
	X509_ALGOR_get0(&o, &type, &value, a);
	if (OBJ_obj2nid(o) == NID_rsassaPss && kind == IKE_KEY_RSA)
		err = read_pss(type, value, how, salt);
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (algs[i].nid == OBJ_obj2nid(o) && algs[i].kind == kind &&
				(type == V_ASN1_NULL || type == V_ASN1_UNDEF)) {
			how->hash = algs[i].hash;
			err = 0;
		}
	X509_ALGOR_free(a);
	return err;
}

/* ---- ECDSA as two numbers, RFC 4754 section 7 ----------------------------------------------- */

/* The same as DER; its length, 0: no memory. */
static size_t
ecdsa_to_der(const struct ike_blob *raw, uint8_t *out, size_t cap)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw->p, (int)(raw->len / 2), NULL);
	BIGNUM *t = BN_bin2bn(raw->p + raw->len / 2, (int)(raw->len / 2), NULL);
	int len = 0;

	if (s == NULL || r == NULL || t == NULL || ECDSA_SIG_set0(s, r, t) != 1) {
		BN_free(r);
		BN_free(t);
	} else if ((size_t)i2d_ECDSA_SIG(s, NULL) <= cap) {
		len = i2d_ECDSA_SIG(s, &out);
	}
	ECDSA_SIG_free(s);
	return len > 0 ? (size_t)len : 0;
}

static size_t
ecdsa_to_raw(const uint8_t *der, size_t len, int bits, uint8_t *out)
{
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int n = (bits + 7) / 8;
	bool ok = s != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(s), out, n) == n &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(s), out + n, n) == n;

	ECDSA_SIG_free(s);
	return ok ? 2 * (size_t)n : 0;
}

/* ---- signing and checking ------------------------------------------------------------------- */

static bool
set_padding(EVP_PKEY_CTX *pctx, const EVP_PKEY *key, const struct ike_sig_how *how, int salt)
{
	if (!is_rsa(key))
		return true;
	if (!how->pss)
		return EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) > 0;
}

static size_t
sign(EVP_PKEY *key, const struct ike_sig_how *how, const struct ike_blob *octets, uint8_t *out,
		size_t cap)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	bool ok = ctx != NULL && EVP_DigestSignInit(ctx, &pctx, md_of(how->hash), NULL, key) > 0 &&
		  set_padding(pctx, key, how, RSA_PSS_SALTLEN_DIGEST) &&
		  EVP_DigestSign(ctx, out, &cap, octets->p, octets->len) > 0;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok ? cap : 0;
}

static int
check(EVP_PKEY *key, const struct ike_sig_how *how, int salt, const uint8_t *sig, size_t len,
		const struct ike_blob *octets)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = md_of(how->hash);
	EVP_PKEY_CTX *pctx = NULL;
	bool ok = ctx != NULL &&
		  EVP_DigestVerifyInit_ex(ctx, &pctx, md != NULL ? EVP_MD_get0_name(md) : NULL,
				  ike_certctx(), NULL, key, NULL) > 0 &&
		  set_padding(pctx, key, how, salt) &&
		  EVP_DigestVerify(ctx, sig, len, octets->p, octets->len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok ? 0 : -EBADMSG;
}

size_t
ike_sig_make(EVP_PKEY *key, const struct ike_sig_how *how, const struct ike_blob *octets,
		uint8_t out[IKE_SIG_MAX])
{
	uint8_t der[2 * EC_BYTES_MAX + 16];
	size_t n, alg = 0;

	if (how->method == IKE_AUTH_SIGNATURE) {
		alg = put_alg(ike_key_kind(key), how, out, IKE_SIG_MAX);
		if (alg == 0)
			return 0;
	} else if (how->method != IKE_AUTH_RSA) {
		n = sign(key, how, octets, der, sizeof(der));
		return n != 0 ? ecdsa_to_raw(der, n, curve_bits(key), out) : 0;
	}
	n = sign(key, how, octets, out + alg, IKE_SIG_MAX - alg);
	return n != 0 ? alg + n : 0;
}

static int
check_ecdsa_raw(EVP_PKEY *key, uint8_t method, const struct ike_blob *auth,
		const struct ike_blob *octets, struct ike_sig_how *how)
{
	static const struct {
		uint8_t method, hash;
		int bits;
	} old[] = { { IKE_AUTH_ECDSA_256, IKE_HASH_SHA2_256, 256 },
		{ IKE_AUTH_ECDSA_384, IKE_HASH_SHA2_384, 384 },
		{ IKE_AUTH_ECDSA_521, IKE_HASH_SHA2_512, 521 } };
	uint8_t der[2 * EC_BYTES_MAX + 16];

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		size_t n;

		if (old[i].method != method || old[i].bits != curve_bits(key))
			continue;
		if (auth->len != 2 * (((size_t)old[i].bits + 7) / 8))
			return -EINVAL;
		*how = (struct ike_sig_how){ method, old[i].hash, false };
		n = ecdsa_to_der(auth, der, sizeof(der));
		return n != 0 ? check(key, how, 0, der, n, octets) : -EINVAL;
	}
	return -ENOTSUP;
}

int
ike_sig_check(EVP_PKEY *key, uint8_t method, const struct ike_blob *auth,
		const struct ike_blob *octets, bool sha1, struct ike_sig_how *how)
{
	enum ike_key_kind kind = ike_key_kind(key);
	struct rd r = rd_init(auth->p, auth->len);
	struct ike_blob alg;
	int err, salt = 0;

	*how = (struct ike_sig_how){ .method = method, .hash = IKE_HASH_SHA1 };
	if (kind == IKE_KEY_OTHER)
		return -ENOTSUP;
	if (method == IKE_AUTH_RSA)
		return kind == IKE_KEY_RSA && sha1
				       ? check(key, how, 0, auth->p, auth->len, octets)
				       : -ENOTSUP;
	if (method != IKE_AUTH_SIGNATURE)
		return check_ecdsa_raw(key, method, auth, octets, how);
	alg.len = rd_u8(&r);
	alg.p = rd_bytes(&r, alg.len);
	if (r.bad || alg.len == 0 || rd_left(&r) == 0)
		return -EINVAL;
	err = read_alg(&alg, kind, how, &salt);
	if (err == 0 && how->hash == IKE_HASH_SHA1 && !sha1)
		err = -ENOTSUP;
	if (err == 0 && EVP_PKEY_is_a(key, "RSA-PSS") && !how->pss)
		err = -ENOTSUP;
	ERR_clear_error();
	return err != 0 ? err : check(key, how, salt, r.p, rd_left(&r), octets);
}

char *
ike_sig_str(const EVP_PKEY *key, const struct ike_sig_how *how, char *buf, size_t len)
{
	static const char *const hashes[] = { [IKE_HASH_SHA1] = "sha1",
		[IKE_HASH_SHA2_256] = "sha256",
		[IKE_HASH_SHA2_384] = "sha384",
		[IKE_HASH_SHA2_512] = "sha512",
		[IKE_HASH_IDENTITY] = "" };
	const char *hash = how->hash <= IKE_HASH_IDENTITY && how->hash != IKE_HASH_NONE
					   ? hashes[how->hash]
					   : "";

	if (ike_key_kind(key) == IKE_KEY_ED25519)
		snprintf(buf, len, "ed25519");
	else if (is_rsa(key))
		snprintf(buf, len, "rsa-%s-%s", how->pss ? "pss" : "pkcs1", hash);
	else
		snprintf(buf, len, "ecdsa-p%d-%s", curve_bits(key), hash);
	return buf;
}

/* ---- IKEv1 ---------------------------------------------------------------------------------- */

size_t
ike_sig_make_v1(EVP_PKEY *key, const struct ike_blob *hash, uint8_t out[IKE_SIG_MAX])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t n = IKE_SIG_MAX;
	bool ok = ctx != NULL && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_sign_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
		  EVP_PKEY_sign(ctx, out, &n, hash->p, hash->len) > 0;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? n : 0;
}

int
ike_sig_check_v1(EVP_PKEY *key, const struct ike_blob *sig, const struct ike_blob *hash)
{
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (!EVP_PKEY_is_a(key, "RSA") || ike_key_kind(key) != IKE_KEY_RSA)
		return -ENOTSUP;
	ctx = EVP_PKEY_CTX_new_from_pkey(ike_certctx(), key, NULL);
	ok = ctx != NULL && EVP_PKEY_verify_init(ctx) > 0 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
	     EVP_PKEY_verify(ctx, sig->p, sig->len, hash->p, hash->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? 0 : -EBADMSG;
}
