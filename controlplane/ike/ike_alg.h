/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The algorithms that the engine speaks, one row each (IANA "IKEv2 Parameters"): their names, the
 * lengths that they fix, and whether they are weak. Ciphers of ESP alone are among them.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_ALG_H
#define CULVERT_CONTROLPLANE_IKE_ALG_H

#include "controlplane/ike/ike.h"

#define IKE_N_ENCRS 21

/** A cipher with one key length. Lengths in bytes. */
struct ike_encr_alg {
	uint16_t id;       /* enum ike_encr */
	uint16_t key_bits; /* as on the wire; 0: no such attribute */
	uint8_t key_len, salt_len, iv_len;
	uint8_t block;     /* payloads are padded to it; 1: not */
	uint8_t icv_len;   /* of an AEAD; 0: an integrity algorithm is needed */
	bool weak;
	const char *name;
	const char *evp;   /* OpenSSL's name; NULL: ESP only */
};

struct ike_prf_alg {
	uint16_t id; /* enum ike_prf */
	uint8_t len; /* of output and key */
	bool weak;
	const char *name;
	const char *digest; /* HMAC's; NULL: AES in the mode of @id, keyed with 16 bytes */
};

struct ike_integ_alg {
	uint16_t id;  /* enum ike_integ */
	uint16_t prf; /* the enum ike_prf that it is a truncation of */
	uint8_t key_len, icv_len;
	bool weak;
	const char *name;
};

enum ike_group_kind { IKE_GROUP_MODP, IKE_GROUP_ECP, IKE_GROUP_X };

struct ike_group_alg {
	uint16_t id; /* enum ike_group */
	uint8_t kind; /* enum ike_group_kind */
	bool weak;
	uint16_t len; /* of public values on the wire */
	const char *name;
	const char *evp; /* OpenSSL's; NULL: no named group */
};

extern const struct ike_encr_alg ike_encr_algs[IKE_N_ENCRS];

/** Each NULL if the engine does not speak it. */
const struct ike_encr_alg *ike_encr_alg(uint16_t id, uint16_t key_bits);
const struct ike_prf_alg *ike_prf_alg(uint16_t id);
const struct ike_integ_alg *ike_integ_alg(uint16_t id);
const struct ike_group_alg *ike_group_alg(uint16_t id);

#endif
