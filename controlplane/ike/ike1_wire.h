/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of IKEv1: ISAKMP payloads (RFC 2408 section 3), the IPsec DOI's content of them (RFC
 * 2407 section 4.6), IKE's attributes (RFC 2409 appendix A) and NAT traversal's (RFC 3947). The
 * header and the generic payload header are those of IKEv2, and so are struct ike_hdr and struct
 * ike_chain. Nothing here knows of SAs or state.
 */
#ifndef CULVERT_CONTROLPLANE_IKE1_WIRE_H
#define CULVERT_CONTROLPLANE_IKE1_WIRE_H

#include "controlplane/ike/ike_proposal.h"
#include "controlplane/ike/ike_wire.h"

#define IKE1_VERSION       0x10
#define IKE1_NONCE_MIN     8 /* RFC 2409 section 5 */
#define IKE1_MAX_NOTIFY    8
#define IKE1_MAX_DELETE    8
#define IKE1_MAX_NATD      8
#define IKE1_MAX_SUITES    24 /* transforms that we offer or look at */

enum ike1_exchange {
	IKE1_EX_MAIN = 2,
	IKE1_EX_AGGRESSIVE = 4,
	IKE1_EX_INFO = 5,
	IKE1_EX_TRANSACTION = 6,
	IKE1_EX_QUICK = 32
};

enum ike1_flag { IKE1_FLAG_ENCRYPTED = 0x01, IKE1_FLAG_COMMIT = 0x02, IKE1_FLAG_AUTH_ONLY = 0x04 };

/* RFC 2407 section 4.6.2.1: those of quick mode that IKEv2 has no number for. */
enum ike1_id_type { IKE1_ID_IPV4_SUBNET = 4, IKE1_ID_IPV4_RANGE = 7 };

enum ike1_payload_type {
	IKE1_PL_SA = 1,
	IKE1_PL_KE = 4,
	IKE1_PL_ID = 5,
	IKE1_PL_CERT = 6,
	IKE1_PL_CERTREQ = 7,
	IKE1_PL_HASH = 8,
	IKE1_PL_SIG = 9,
	IKE1_PL_NONCE = 10,
	IKE1_PL_NOTIFY = 11,
	IKE1_PL_DELETE = 12,
	IKE1_PL_VENDOR = 13,
	IKE1_PL_ATTR = 14,
	IKE1_PL_NATD = 20,
	IKE1_PL_NATOA = 21,
	IKE1_PL_FRAGMENT = 132 /* alone in its message; ike1_frag.c */
};

enum ike1_protocol { IKE1_PROTO_ISAKMP = 1, IKE1_PROTO_ESP = 3 };

enum ike1_notify_type {
	IKE1_N_NO_PROPOSAL_CHOSEN = 14,
	IKE1_N_INVALID_KEY_INFORMATION = 17,
	IKE1_N_INVALID_ID_INFORMATION = 18,
	IKE1_N_INVALID_HASH_INFORMATION = 23,
	IKE1_N_AUTHENTICATION_FAILED = 24,
	IKE1_N_LAST_ERROR = 8191,
	IKE1_N_RESPONDER_LIFETIME = 24576,
	IKE1_N_INITIAL_CONTACT = 24578,
	IKE1_N_R_U_THERE = 36136,
	IKE1_N_R_U_THERE_ACK = 36137
};

/* What a peer says it can do, by vendor ids. */
enum ike1_can {
	IKE1_CAN_DPD = 1u << 0,  /* RFC 3706 */
	IKE1_CAN_NATT = 1u << 1, /* RFC 3947 */
	IKE1_CAN_FRAGMENTS = 1u << 2, /* [MS-IKEE] section 2.2.7 */
};

struct ike1_notify {
	uint16_t type; /* enum ike1_notify_type */
	uint8_t proto;
	struct ike_blob spi;
	struct ike_blob data;
};

/** A decoded message, or what was encrypted of it. Pointers lead into the received bytes. */
struct ike1_msg {
	struct ike_hdr h;
	struct ike_blob sa, ke, nonce, hash, sig, attr;
	struct ike_blob cert[IKE_MAX_CERTS]; /* X.509; the first is the peer's own */
	uint8_t n_cert;
	struct ike_blob rest; /* the payloads behind HASH: what HASH(1) and HASH(2) cover */
	struct ike_blob id[2], natd[IKE1_MAX_NATD], natoa[2];
	uint8_t n_id, n_natd, n_natoa, n_notify, n_delete;
	uint8_t can; /* enum ike1_can */
	struct ike1_notify notify[IKE1_MAX_NOTIFY];
	struct ike_delete del[IKE1_MAX_DELETE];
};

/**
 * Read a chain of payloads, the first of type @first, into @m, whose header is filled in already.
 * @padded: it was encrypted; what follows the last payload is ignored. Otherwise up to 3 bytes may
 * follow, which align the message (RFC 2408 section 3). Payloads that must be there once are
 * refused twice. 0 or -EBADMSG.
 */
int ike1_parse(struct rd *r, uint8_t first, bool padded, struct ike1_msg *m);
/** The first notification of this type; NULL if there is none. */
const struct ike1_notify *ike1_notify(const struct ike1_msg *m, uint16_t type);
/** The first error notification; NULL if there is none. */
const struct ike1_notify *ike1_error(const struct ike1_msg *m);
/** "NO-PROPOSAL-CHOSEN", or "error". */
const char *ike1_notify_str(uint16_t type);

/* ---- SA payloads (ike1_proposal.c) ---------------------------------------------------------- */

/* RFC 2409 appendix A. */
enum ike1_auth { IKE1_AUTH_PSK = 1, IKE1_AUTH_RSA = 3 };
/* ... and those of XAUTH (draft-beaulieu-ike-xauth section 6.2), which we only name. */
enum { IKE1_AUTH_XAUTH_FIRST = 65001, IKE1_AUTH_XAUTH_LAST = 65010 };

/** One choice of algorithms: of phase 1, or of phase 2 for ESP. In IKEv2's numbers. */
struct ike1_suite {
	struct ike_suite s; /* phase 1: prf is the HMAC of the negotiated hash */
	uint16_t auth;      /* phase 1: enum ike1_auth */
	uint16_t mode;      /* phase 2: encapsulation mode, 1..4; 0: not given, host's choice */
	uint32_t life_s, life_kb; /* 0: not given */
};

enum ike1_mode {
	IKE1_MODE_TUNNEL = 1,
	IKE1_MODE_TRANSPORT = 2,
	IKE1_MODE_UDP_TUNNEL = 3,
	IKE1_MODE_UDP_TRANSPORT = 4
};

/** What to offer or accept besides the configured algorithms. */
struct ike1_terms {
	const struct ike_proposal_cfg *cfg;
	unsigned int n;
	bool phase1;
	bool rsa;       /* phase 1: RSA signatures, else a pre-shared key */
	uint16_t mode;  /* phase 2: the one to be offered and accepted */
	uint32_t life_s; /* 0: none is sent */
	uint64_t life_kb;
};

/** The body of an SA payload that offers all of @t; @spi of phase 2 is ours. */
void ike1_put_sa(struct ike_chain *c, const struct ike1_terms *t, uint32_t spi);
/**
 * Responder: the first transform in the offer that the terms accept. Its bytes, which the answer
 * must repeat, are in *@chosen, the number of its proposal in *@num and, phase 2, its SPI in *@spi.
 * @return true, or false: nothing in common or malformed.
 */
bool ike1_choose(const struct ike_blob *offer, const struct ike1_terms *t, struct ike1_suite *out,
		struct ike_blob *chosen, uint8_t *num, uint32_t *spi);
/** Answer with one transform, as the peer wrote it. */
void ike1_put_sa_choice(struct ike_chain *c, bool phase1, uint8_t num, uint32_t spi,
		const struct ike_blob *transform);
/** Initiator: is it one transform out of what we offered? */
bool ike1_accept(const struct ike_blob *answer, const struct ike1_terms *t, struct ike1_suite *out,
		uint32_t *spi);
/** Does the first transform of an offer of phase 1 demand XAUTH? */
bool ike1_offers_xauth(const struct ike_blob *offer);
/** The first transform of an offer in words, for the log. */
char *ike1_offer_str(const struct ike_blob *offer, bool phase1, char *buf, size_t len);

/* ---- building ------------------------------------------------------------------------------- */

void ike1_put_vendor_ids(struct ike_chain *c);
void ike1_put_notify(struct ike_chain *c, uint8_t proto, uint16_t type, const void *spi,
		uint8_t spi_len, const void *data, size_t len);
void ike1_put_delete_esp(struct ike_chain *c, uint32_t spi);
/** A DELETE of the ISAKMP SA itself: its two cookies. */
void ike1_put_delete_isakmp(struct ike_chain *c, uint64_t ck_i, uint64_t ck_r);
/** Body of a phase-2 identity: one address with a protocol (RFC 2407 section 4.6.2). 8 bytes. */
void ike1_id_of_addr(uint8_t body[8], uint32_t addr, uint8_t proto);

#endif
