/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link state advertisements as they are on the wire (RFC 2328 sections 12.1 and A.4, RFC 3101,
 * RFC 5250): header, checksum, which of two is newer, and what the bodies say.
 *
 * A database holds only LSAs that ospf_lsa_check() let pass. The accessors below read such an
 * LSA's bytes through a bounded reader all the same: one that is cut short reads as less, never as
 * something else's memory. Addresses and numbers are host order.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_LSA_H
#define CULVERT_CONTROLPLANE_OSPF_LSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

/* Architectural constants, RFC 2328 appendix B, in seconds. */
#define OSPF_LS_REFRESH      1800
#define OSPF_MIN_LS_INTERVAL 5
#define OSPF_MIN_LS_ARRIVAL  1
#define OSPF_MAX_AGE         3600
#define OSPF_CHECK_AGE       300
#define OSPF_MAX_AGE_DIFF    900
#define OSPF_LS_INFINITY     0xffffffu
#define OSPF_INITIAL_SEQ     ((int32_t)0x80000001)
#define OSPF_MAX_SEQ         0x7fffffff
#define OSPF_MAX_LINK_METRIC 0xffffu /* RFC 6987: MaxLinkMetric */

#define OSPF_LSA_HDR_LEN 20
#define OSPF_LSA_MAX_LEN 65000 /* of a whole LSA: what still fits an IP packet with its headers */

enum ospf_lsa_type {
	OSPF_LSA_ROUTER = 1,
	OSPF_LSA_NETWORK = 2,
	OSPF_LSA_SUMMARY = 3,
	OSPF_LSA_ASBR_SUMMARY = 4,
	OSPF_LSA_EXTERNAL = 5,
	OSPF_LSA_NSSA = 7,
	OSPF_LSA_OPAQUE_LINK = 9,
	OSPF_LSA_OPAQUE_AREA = 10,
	OSPF_LSA_OPAQUE_AS = 11,
	OSPF_LSA_N_TYPES = 12
};

/* Options field, RFC 2328 section A.2, RFC 3101, RFC 5250. */
enum ospf_option {
	OSPF_OPT_E = 0x02,  /* external LSAs are flooded here: not a stub area */
	OSPF_OPT_MC = 0x04,
	OSPF_OPT_NP = 0x08, /* Hello: N, the area is an NSSA; type 7 LSA: P, to be translated */
	OSPF_OPT_L = 0x10,  /* LLS data block follows (RFC 5613) */
	OSPF_OPT_DC = 0x20,
	OSPF_OPT_O = 0x40,  /* opaque LSAs; in Database Description packets */
};

struct ospf_lsa_hdr {
	uint16_t age; /* seconds, 0..OSPF_MAX_AGE */
	uint8_t options;
	uint8_t type; /* enum ospf_lsa_type */
	uint32_t id;  /* link state ID */
	uint32_t adv; /* advertising router */
	int32_t seq;
	uint16_t cksum;
	uint16_t len; /* of the whole LSA, header too */
};

/** Reads 20 bytes; an age beyond MaxAge reads as MaxAge. The reader turns bad if they are short. */
void ospf_lsa_hdr_read(struct rd *r, struct ospf_lsa_hdr *h);
void ospf_lsa_hdr_write(struct wr *w, const struct ospf_lsa_hdr *h);

/** RFC 2328 section 12.1.7 (the checksum of RFC 905 annex B, the age field left out). */
bool ospf_lsa_cksum_ok(const uint8_t *lsa, size_t len);
/** Compute the checksum of a whole LSA and put it in its place. Returns it. */
uint16_t ospf_lsa_cksum_set(uint8_t *lsa, size_t len);

/** RFC 2328 section 13.1: > 0 if @a is newer than @b, < 0 if older, 0 if the same instance. */
int ospf_lsa_cmp(const struct ospf_lsa_hdr *a, const struct ospf_lsa_hdr *b);

/** Is the body of an LSA (@len bytes from its header on, length field equal to @len) well-formed
 *  for its type? NULL, or what is wrong with it in words. Checksum is not looked at. */
const char *ospf_lsa_check(const uint8_t *lsa, size_t len);

/** "router", "network", ...; "unknown". */
const char *ospf_lsa_type_str(uint8_t type);
/** Is this a type we hold and flood? */
bool ospf_lsa_type_known(uint8_t type);

/* ---- bodies: @lsa is the whole LSA from its header on --------------------------------------- */

/* Router-LSA, section A.4.2. */
enum ospf_rlsa_flag {
	OSPF_RLSA_B = 0x01,  /* area border router */
	OSPF_RLSA_E = 0x02,  /* AS boundary router */
	OSPF_RLSA_V = 0x04,  /* endpoint of a virtual link */
	OSPF_RLSA_NT = 0x10, /* NSSA translator by configuration, RFC 3101 */
};

enum ospf_link_type {
	OSPF_LINK_P2P = 1,     /* id: neighbour's router ID; data: our address, or ifIndex */
	OSPF_LINK_TRANSIT = 2, /* id: address of the DR; data: our address */
	OSPF_LINK_STUB = 3,    /* id: network; data: mask */
	OSPF_LINK_VIRTUAL = 4, /* id: neighbour's router ID; data: our address */
};

struct ospf_link {
	uint32_t id;
	uint32_t data;
	uint8_t type; /* enum ospf_link_type, or one that we do not know: to be skipped */
	uint16_t metric;
};

/** Flags of a router-LSA (enum ospf_rlsa_flag). */
uint8_t ospf_rlsa_flags(const uint8_t *lsa, size_t len);
/** A reader that stands before the first link; then ospf_rlsa_next() until it says false. */
struct rd ospf_rlsa_links(const uint8_t *lsa, size_t len);
bool ospf_rlsa_next(struct rd *r, struct ospf_link *l);

/** Network-LSA, section A.4.3: its mask; and a reader before the first attached router. */
uint32_t ospf_nlsa_mask(const uint8_t *lsa, size_t len);
struct rd ospf_nlsa_routers(const uint8_t *lsa, size_t len);
bool ospf_nlsa_next(struct rd *r, uint32_t *router_id);

/* Types 3 and 4, section A.4.4. */
struct ospf_summary {
	uint32_t mask;
	uint32_t metric; /* 24 bits */
};
bool ospf_summary_read(const uint8_t *lsa, size_t len, struct ospf_summary *s);

/* Types 5 and 7, section A.4.5. */
struct ospf_external {
	uint32_t mask;
	bool type2;
	uint32_t metric; /* 24 bits */
	uint32_t forward;
	uint32_t tag;
};
bool ospf_external_read(const uint8_t *lsa, size_t len, struct ospf_external *e);

/* Bodies to be handed to ospf_originate(). */
#define OSPF_SUMMARY_BODY_LEN  8
#define OSPF_EXTERNAL_BODY_LEN 16
void ospf_summary_write(uint8_t body[OSPF_SUMMARY_BODY_LEN], const struct ospf_summary *s);
void ospf_external_write(uint8_t body[OSPF_EXTERNAL_BODY_LEN], const struct ospf_external *e);

#endif
