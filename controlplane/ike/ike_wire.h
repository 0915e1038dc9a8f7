/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of IKEv2: header, payload chain and the simple payloads (RFC 7296 section 3).
 * A received message is decoded into a plain struct whose pointers lead into the received (or
 * decrypted) bytes; nothing here knows of SAs or state.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_WIRE_H
#define CULVERT_CONTROLPLANE_IKE_WIRE_H

#include "common/wire.h"
#include "controlplane/ike/ike.h"

#define IKE_HDR_LEN     28
#define IKE_VERSION     0x20
#define IKE_NONCE_MIN   16
#define IKE_NONCE_MAX   256
#define IKE_MSG_MAX     65535
#define IKE_MAX_NOTIFY  32 /* of one message; more than that is no honest message */
#define IKE_MAX_DELETE  8
#define IKE_MAX_CERTS   8  /* those beyond are not looked at */
#define IKE_SPI_LEN     8
#define IKE_ESP_SPI_LEN 4

enum ike_exchange {
	IKE_EX_SA_INIT = 34,
	IKE_EX_AUTH = 35,
	IKE_EX_CREATE_CHILD_SA = 36,
	IKE_EX_INFORMATIONAL = 37
};

enum ike_flag { IKE_FLAG_INITIATOR = 0x08, IKE_FLAG_VERSION = 0x10, IKE_FLAG_RESPONSE = 0x20 };

enum ike_payload_type {
	IKE_PL_NONE = 0,
	IKE_PL_SA = 33,
	IKE_PL_KE = 34,
	IKE_PL_IDI = 35,
	IKE_PL_IDR = 36,
	IKE_PL_CERT = 37,
	IKE_PL_CERTREQ = 38,
	IKE_PL_AUTH = 39,
	IKE_PL_NONCE = 40,
	IKE_PL_NOTIFY = 41,
	IKE_PL_DELETE = 42,
	IKE_PL_VENDOR = 43,
	IKE_PL_TSI = 44,
	IKE_PL_TSR = 45,
	IKE_PL_SK = 46,
	IKE_PL_CP = 47,
	IKE_PL_EAP = 48,
	IKE_PL_SKF = 53,
	IKE_PL_FIRST = IKE_PL_SA,
	IKE_PL_LAST = IKE_PL_SKF
};

enum ike_protocol { IKE_PROTO_NONE = 0, IKE_PROTO_IKE = 1, IKE_PROTO_AH = 2, IKE_PROTO_ESP = 3 };

enum ike_notify_type {
	IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	IKE_N_INVALID_IKE_SPI = 4,
	IKE_N_INVALID_MAJOR_VERSION = 5,
	IKE_N_INVALID_SYNTAX = 7,
	IKE_N_INVALID_MESSAGE_ID = 9,
	IKE_N_INVALID_SPI = 11,
	IKE_N_NO_PROPOSAL_CHOSEN = 14,
	IKE_N_INVALID_KE_PAYLOAD = 17,
	IKE_N_AUTHENTICATION_FAILED = 24,
	IKE_N_SINGLE_PAIR_REQUIRED = 34,
	IKE_N_NO_ADDITIONAL_SAS = 35,
	IKE_N_INTERNAL_ADDRESS_FAILURE = 36,
	IKE_N_FAILED_CP_REQUIRED = 37,
	IKE_N_TS_UNACCEPTABLE = 38,
	IKE_N_INVALID_SELECTORS = 39,
	IKE_N_TEMPORARY_FAILURE = 43,
	IKE_N_CHILD_SA_NOT_FOUND = 44,
	IKE_N_LAST_ERROR = 16383,
	IKE_N_INITIAL_CONTACT = 16384,
	IKE_N_NAT_DETECTION_SOURCE_IP = 16388,
	IKE_N_NAT_DETECTION_DESTINATION_IP = 16389,
	IKE_N_COOKIE = 16390,
	IKE_N_USE_TRANSPORT_MODE = 16391,
	IKE_N_REKEY_SA = 16393,
	IKE_N_AUTH_LIFETIME = 16403,
	IKE_N_CHILDLESS_IKEV2_SUPPORTED = 16418,
	IKE_N_IKEV2_FRAGMENTATION_SUPPORTED = 16430,
	IKE_N_SIGNATURE_HASH_ALGORITHMS = 16431,
	IKE_N_USE_PPK = 16435,
	IKE_N_PPK_IDENTITY = 16436,
	IKE_N_NO_PPK_AUTH = 16437
};

enum ike_auth_method {
	IKE_AUTH_RSA = 1, /* PKCS #1 v1.5, SHA-1 in practice */
	IKE_AUTH_PSK = 2,
	IKE_AUTH_ECDSA_256 = 9, /* RFC 4754 */
	IKE_AUTH_ECDSA_384 = 10,
	IKE_AUTH_ECDSA_521 = 11,
	IKE_AUTH_SIGNATURE = 14 /* RFC 7427 */
};

/* Certificate encodings, section 3.6. */
enum ike_cert_encoding { IKE_CERT_X509 = 4, IKE_CERT_HASH_URL = 12, IKE_CERT_HASH_URL_BUNDLE = 13 };

/* Section 3.15. */
enum ike_cfg_type { IKE_CFG_REQUEST = 1 };
enum ike_cfg_attr { IKE_CFG_INTERNAL_IP4_ADDRESS = 1, IKE_CFG_INTERNAL_IP6_ADDRESS = 8 };

/** The fixed header, section 3.1. Host order. */
struct ike_hdr {
	uint64_t spi_i, spi_r;
	uint8_t next; /* enum ike_payload_type */
	uint8_t version;
	uint8_t exchange; /* enum ike_exchange */
	uint8_t flags;    /* enum ike_flag */
	uint32_t mid;
	uint32_t len; /* of the whole message */
};

/** Bytes inside a message; p is NULL when the payload is not there. */
struct ike_blob {
	const uint8_t *p;
	size_t len;
};

struct ike_notify {
	uint16_t type; /* enum ike_notify_type */
	uint8_t proto;
	struct ike_blob spi;
	struct ike_blob data;
};

struct ike_delete {
	uint8_t proto;
	uint8_t spi_size;
	uint16_t n;
	const uint8_t *spis;
};

/** A decoded message. Filled first from what stands in the clear, then from what was encrypted. */
struct ike_msg {
	struct ike_hdr h;
	struct ike_blob raw;                           /* the whole message */
	struct ike_blob sk;                            /* body of the Encrypted payload */
	size_t sk_off;                                 /* where that body begins in the message */
	uint16_t frag, n_frags;                        /* RFC 7383: which of how many; 0: whole */
	uint8_t sk_next;                               /* type of the first encrypted payload */
	struct ike_blob sa, nonce, ke, idi, idr, auth; /* ke: the public value */
	uint16_t ke_group;
	uint8_t auth_method;
	bool has_tsi, has_tsr;
	bool cfg_request, cfg_address; /* asks for configuration; an address among it */
	struct ike_ts_list tsi, tsr;
	unsigned int n_notify, n_delete;
	struct ike_notify notify[IKE_MAX_NOTIFY];
	struct ike_delete del[IKE_MAX_DELETE];
	struct ike_blob cert[IKE_MAX_CERTS]; /* X.509, in DER; the first is the peer's own */
	uint8_t n_cert;
	bool cert_other;        /* there was a certificate of another encoding */
	struct ike_blob inner;  /* what was decrypted, the first payload of type inner_first */
	uint8_t inner_first;
	uint8_t critical; /* type of the first unknown payload marked critical; 0: none */
	uint8_t n_clear[IKE_PL_LAST - IKE_PL_FIRST + 1]; /* how often each known type stood there */
	uint8_t n_crypt[IKE_PL_LAST - IKE_PL_FIRST + 1];
};

/** Read the header alone. 0 or -EBADMSG; the version is not judged. */
int ike_hdr_parse(struct rd *r, struct ike_hdr *h);
void ike_hdr_write(struct wr *w, const struct ike_hdr *h);

/**
 * Read a whole message up to the Encrypted payload, which must be the last and is left in @m->sk.
 * The header's length must be that of the reader.
 * @return 0 or -EBADMSG.
 */
int ike_msg_parse(struct rd *r, struct ike_msg *m);
/** Read the decrypted payloads, the first of type @first, into a message parsed before. */
int ike_msg_parse_inner(struct rd *r, uint8_t first, struct ike_msg *m);
/**
 * Which payload may stand how often in which message, encrypted or not: the table of
 * ike_rules.c. 0 or -EBADMSG.
 */
int ike_msg_check(const struct ike_msg *m);

/** The first notification of this type; NULL if there is none. */
const struct ike_notify *ike_msg_notify(const struct ike_msg *m, uint16_t type);
/** The first error notification (types below 16384); NULL if there is none. */
const struct ike_notify *ike_msg_error(const struct ike_msg *m);
/** The IANA name of a notification, or its number in a static table's stead: "error". */
const char *ike_notify_str(uint16_t type);

/* ---- building ------------------------------------------------------------------------------- */

/** A chain of payloads being written; the next-payload bytes are linked as it grows. */
struct ike_chain {
	struct wr *w;
	uint8_t first;  /* type of the first payload, for the header */
	bool linked;    /* there is a payload whose next byte waits */
	size_t next_at; /* where that byte is */
	size_t start;   /* of the open payload */
};

struct ike_chain ike_chain_init(struct wr *w);
void ike_chain_begin(struct ike_chain *c, uint8_t type);
void ike_chain_end(struct ike_chain *c);
void ike_put_blob(struct ike_chain *c, uint8_t type, const void *p, size_t len);
void ike_put_notify(struct ike_chain *c, uint16_t type, const void *data, size_t len);
/** A notification about an ESP SA. */
void ike_put_notify_esp(struct ike_chain *c, uint16_t type, uint32_t spi);
void ike_put_ke(struct ike_chain *c, uint16_t group, const uint8_t *pub, size_t len);
void ike_put_auth(struct ike_chain *c, uint8_t method, const uint8_t *auth, size_t len);
void ike_put_delete_ike(struct ike_chain *c);
void ike_put_delete_esp(struct ike_chain *c, const uint32_t *spis, uint16_t n);

/* ---- traffic selectors, section 3.13 (ike_ts.c) --------------------------------------------- */

/** Body of a TSi or TSr payload; kinds other than ranges of addresses are stepped
 *  over. 0, -EBADMSG, -E2BIG. */
int ike_ts_parse(struct rd *r, struct ike_ts_list *out);
/** @type  IKE_PL_TSI or IKE_PL_TSR. */
void ike_put_ts(struct ike_chain *c, uint8_t type, const struct ike_ts_list *l);
/** The list of one selector: all of @proto from or to the host @addr. */
struct ike_ts_list ike_ts_host(uint8_t proto, uint32_t addr);
/**
 * Responder: what of the peer's @offered is also ours, in the order of its preference
 * (section 2.9). No more than IKE_MAX_TS are kept. False: nothing is, and @out is empty.
 */
bool ike_ts_narrow(const struct ike_ts_list *offered, const struct ike_ts_list *own,
		struct ike_ts_list *out);
/** Is each selector of @l inside one of @of? False of an empty list. */
bool ike_ts_within(const struct ike_ts_list *l, const struct ike_ts_list *of);
/** Do both say the same, if not in the same order? False of empty lists. */
bool ike_ts_same(const struct ike_ts_list *a, const struct ike_ts_list *b);
/** "10.1.0.0-10.1.255.255", "protocol 6 10.1.0.1:80-80"; several: the first and "...". Of
 *  an empty list "none". */
char *ike_ts_str(const struct ike_ts_list *l, char *buf, size_t len);

/* ---- identities, section 3.5 (ike_id.c) ----------------------------------------------------- */

/** Does the body of an ID payload name @id, which may have wildcards? */
bool ike_id_matches(const struct ike_blob *body, const struct ike_id *id);
void ike_put_id(struct ike_chain *c, uint8_t type, const struct ike_id *id);
/** Body of the ID payload, as AUTH covers it, to @out (4 + IKE_ID_MAX bytes); its length. */
size_t ike_id_body(const struct ike_id *id, uint8_t *out);
/** For people: printable text, NUL-terminated and cut to @len. */
char *ike_id_str(uint8_t type, const uint8_t *data, size_t data_len, char *buf, size_t len);

#endif
