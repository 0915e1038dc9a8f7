/* SPDX-License-Identifier: BSD-3-Clause */
/* Security Association payloads: proposals, transforms and their choice (RFC 7296 section 3.3). */
#ifndef CULVERT_CONTROLPLANE_IKE_PROPOSAL_H
#define CULVERT_CONTROLPLANE_IKE_PROPOSAL_H

#include "controlplane/ike/ike_wire.h"

#define IKE_SA_MAX_PROPOSALS  16 /* of a received payload that are looked at */
#define IKE_SA_MAX_TRANSFORMS 64 /* of one proposal that are looked at */

enum ike_transform_type {
	IKE_T_ENCR = 1,
	IKE_T_PRF = 2,
	IKE_T_INTEG = 3,
	IKE_T_GROUP = 4,
	IKE_T_ESN = 5
};

/** One choice of algorithms: what a proposal comes down to. */
struct ike_suite {
	uint16_t encr; /* enum ike_encr */
	uint16_t key_bits;
	uint16_t prf;   /* enum ike_prf; 0 for ESP */
	uint16_t integ; /* enum ike_integ; 0 with AEAD */
	uint16_t group; /* enum ike_group; 0: no key exchange */
	bool esn;       /* ESP */
};

struct ike_transform {
	uint8_t type;
	bool unusable; /* has an attribute that we do not know */
	uint16_t id;
	uint16_t key_bits; /* 0: not given */
};

struct ike_prop {
	uint8_t num, proto;
	uint8_t spi_len;
	uint8_t spi[IKE_SPI_LEN];
	unsigned int n;
	struct ike_transform t[IKE_SA_MAX_TRANSFORMS];
};

struct ike_sa_payload {
	unsigned int n;
	struct ike_prop p[IKE_SA_MAX_PROPOSALS];
};

/** What a proposal is for: decides which transform types belong to it. */
enum ike_prop_use {
	IKE_USE_IKE,       /* an IKE SA: ENCR, PRF, INTEG, GROUP */
	IKE_USE_ESP_FIRST, /* the Child SA of IKE_AUTH: groups are ignored, there is no KE */
	IKE_USE_ESP        /* a Child SA of CREATE_CHILD_SA */
};

/** By the IANA number; false of one that is not known. */
bool ike_encr_is_aead(uint16_t encr);
/** Read the body of an SA payload. 0 or -EBADMSG. */
int ike_sa_parse(struct rd *r, struct ike_sa_payload *out);
/** Write an SA payload that offers @n configured proposals; @spi of @spi_len bytes is ours. */
void ike_put_sa(struct ike_chain *c, enum ike_prop_use use, const struct ike_proposal_cfg *cfg,
		unsigned int n, const uint8_t *spi, uint8_t spi_len);
/** Write the answer: the one choice, under the number of the chosen proposal. */
void ike_put_sa_choice(struct ike_chain *c, enum ike_prop_use use, uint8_t num,
		const struct ike_suite *s, const uint8_t *spi, uint8_t spi_len);
/**
 * Choose, in our order of preference, what @offer and the configuration have in common. A group
 * equal to @ke_group is preferred within a proposal, since it saves a round trip.
 * @return the chosen proposal of @offer, @out filled; NULL if there is nothing in common.
 */
const struct ike_prop *ike_sa_choose(const struct ike_sa_payload *offer, enum ike_prop_use use,
		const struct ike_proposal_cfg *cfg, unsigned int n, uint16_t ke_group,
		struct ike_suite *out);
/** Initiator: is the answer a single choice out of what we offered? As ike_sa_choose(). */
const struct ike_prop *ike_sa_accept(const struct ike_sa_payload *answer, enum ike_prop_use use,
		const struct ike_proposal_cfg *cfg, unsigned int n, struct ike_suite *out);
/** Is @group in any of the proposals? */
bool ike_group_configured(const struct ike_proposal_cfg *cfg, unsigned int n, uint16_t group);
/** "aes128-sha256-prfsha256-modp2048", "aes128gcm16". */
char *ike_suite_str(const struct ike_suite *s, char *buf, size_t len);
/** "modp2048", "ecp256", "x25519", "". */
const char *ike_group_str(uint16_t group);
/** What the other side offers, in the same words, for the log; unknown ones as numbers. */
char *ike_sa_payload_str(const struct ike_sa_payload *sa, char *buf, size_t len);
/** What we ask for: the first configured proposal in words. */
char *ike_proposals_str(const struct ike_proposal_cfg *cfg, unsigned int n, char *buf, size_t len);
/** "peer proposed no acceptable @what proposal: offered ..., we accept ...". */
void ike_proposal_reason(const char *what, const struct ike_sa_payload *offer,
		const struct ike_proposal_cfg *cfg, unsigned int n, char *buf, size_t len);

#endif
