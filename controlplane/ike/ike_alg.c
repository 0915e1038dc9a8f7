/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables of ike_alg.h. RFC 7296 section 3.3.2 and: AES-CTR RFC 5930, GCM RFC 5282, GMAC RFC
 * 4543, ChaCha20-Poly1305 RFC 7634, SHA-2 RFC 4868, XCBC RFC 3566 and 4434, CMAC RFC 4494 and
 * 4615, MODP RFC 3526 (group 2: RFC 2409), ECP RFC 5903, X25519 and X448 RFC 8031. What RFC 8247
 * calls SHOULD NOT or MUST NOT is weak here.
 */
#include "controlplane/ike/ike_alg.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
#define AES(id, suffix, salt, iv, block, icv, mode)                                            \
	{ id, 128, 16, salt, iv, block, icv, false, "aes128" suffix, mode("AES-128-") },       \
	{ id, 192, 24, salt, iv, block, icv, false, "aes192" suffix, mode("AES-192-") },       \
	{ id, 256, 32, salt, iv, block, icv, false, "aes256" suffix, mode("AES-256-") }
#define CBC(aes)  aes "CBC"
#define CTR(aes)  aes "CTR"
#define GCM(aes)  aes "GCM"
#define ESP_ONLY(aes) NULL

const struct ike_encr_alg ike_encr_algs[IKE_N_ENCRS] = {
	AES(IKE_ENCR_AES_CBC,    "",      0, 16, 16, 0,  CBC),
	AES(IKE_ENCR_AES_CTR,    "ctr",   4, 8,  1,  0,  CTR),
	AES(IKE_ENCR_AES_GCM_8,  "gcm8",  4, 8,  1,  8,  GCM),
	AES(IKE_ENCR_AES_GCM_12, "gcm12", 4, 8,  1,  12, GCM),
	AES(IKE_ENCR_AES_GCM_16, "gcm16", 4, 8,  1,  16, GCM),
	AES(IKE_ENCR_AES_GMAC,   "gmac",  4, 8,  1,  16, ESP_ONLY),
	{ IKE_ENCR_CHACHA20_POLY1305, 0, 32, 4, 8, 1, 16, false, "chacha20poly1305",
	  "ChaCha20-Poly1305" },
	{ IKE_ENCR_3DES, 0, 24, 0, 8, 8, 0, true, "3des", "DES-EDE3-CBC" },
	{ IKE_ENCR_NULL, 0, 0,  0, 0, 1, 0, true, "null", NULL },
};

static const struct ike_prf_alg prfs[] = {
	{ IKE_PRF_HMAC_SHA1,     20, true,  "prfsha1",    "SHA1" },
	{ IKE_PRF_HMAC_SHA2_256, 32, false, "prfsha256",  "SHA256" },
	{ IKE_PRF_HMAC_SHA2_384, 48, false, "prfsha384",  "SHA384" },
	{ IKE_PRF_HMAC_SHA2_512, 64, false, "prfsha512",  "SHA512" },
	{ IKE_PRF_AES128_XCBC,   16, false, "prfaesxcbc", NULL },
	{ IKE_PRF_AES128_CMAC,   16, false, "prfaescmac", NULL },
};

static const struct ike_integ_alg integs[] = {
	{ IKE_INTEG_HMAC_SHA1_96,      IKE_PRF_HMAC_SHA1,     20, 12, true,  "sha1" },
	{ IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256, 32, 16, false, "sha256" },
	{ IKE_INTEG_HMAC_SHA2_384_192, IKE_PRF_HMAC_SHA2_384, 48, 24, false, "sha384" },
	{ IKE_INTEG_HMAC_SHA2_512_256, IKE_PRF_HMAC_SHA2_512, 64, 32, false, "sha512" },
	{ IKE_INTEG_AES_XCBC_96,       IKE_PRF_AES128_XCBC,   16, 12, false, "aesxcbc" },
	{ IKE_INTEG_AES_CMAC_96,       IKE_PRF_AES128_CMAC,   16, 12, false, "aescmac" },
};

static const struct ike_group_alg groups[] = {
	{ IKE_GROUP_MODP1024, IKE_GROUP_MODP, true,  128, "modp1024", NULL },
	{ IKE_GROUP_MODP1536, IKE_GROUP_MODP, true,  192, "modp1536", "modp_1536" },
	{ IKE_GROUP_MODP2048, IKE_GROUP_MODP, false, 256, "modp2048", "modp_2048" },
	{ IKE_GROUP_MODP3072, IKE_GROUP_MODP, false, 384, "modp3072", "modp_3072" },
	{ IKE_GROUP_MODP4096, IKE_GROUP_MODP, false, 512, "modp4096", "modp_4096" },
	{ IKE_GROUP_ECP256,   IKE_GROUP_ECP,  false, 64,  "ecp256",   "prime256v1" },
	{ IKE_GROUP_ECP384,   IKE_GROUP_ECP,  false, 96,  "ecp384",   "secp384r1" },
	{ IKE_GROUP_ECP521,   IKE_GROUP_ECP,  false, 132, "ecp521",   "secp521r1" },
	{ IKE_GROUP_X25519,   IKE_GROUP_X,    false, 32,  "x25519",   "X25519" },
	{ IKE_GROUP_X448,     IKE_GROUP_X,    false, 56,  "x448",     "X448" },
};
/* clang-format on */

const struct ike_encr_alg *
ike_encr_alg(uint16_t id, uint16_t key_bits)
{
	for (unsigned int i = 0; i < IKE_N_ENCRS; i++)
		if (ike_encr_algs[i].id == id && ike_encr_algs[i].key_bits == key_bits)
			return &ike_encr_algs[i];
	return NULL;
}

const struct ike_prf_alg *
ike_prf_alg(uint16_t id)
{
	for (unsigned int i = 0; i < N_OF(prfs); i++)
		if (prfs[i].id == id)
			return &prfs[i];
	return NULL;
}

const struct ike_integ_alg *
ike_integ_alg(uint16_t id)
{
	for (unsigned int i = 0; i < N_OF(integs); i++)
		if (integs[i].id == id)
			return &integs[i];
	return NULL;
}

const struct ike_group_alg *
ike_group_alg(uint16_t id)
{
	for (unsigned int i = 0; i < N_OF(groups); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}
