/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF packets on the wire (RFC 2328 appendix A.3): plain structs in host order, read through the
 * bounded reader. Lists at the end of a packet are read item by item from the same reader. */
#ifndef CULVERT_CONTROLPLANE_OSPF_WIRE_H
#define CULVERT_CONTROLPLANE_OSPF_WIRE_H

#include "controlplane/ospf/ospf_lsa.h"

#define OSPF_VERSION    2
#define OSPF_HDR_LEN    24
#define OSPF_SEQ_EXT    8     /* sequence number behind the packet, AuType 3 (RFC 7474) */
#define OSPF_PKT_MAX    65500 /* of what an IP packet can hold */

enum ospf_pkt {
	OSPF_PKT_HELLO = 1,
	OSPF_PKT_DD = 2,
	OSPF_PKT_LSR = 3,
	OSPF_PKT_LSU = 4,
	OSPF_PKT_LSACK = 5,
	OSPF_N_PKTS = 6
};

enum ospf_autype { OSPF_AU_NULL, OSPF_AU_SIMPLE, OSPF_AU_CRYPT, OSPF_AU_EXTENDED };

struct ospf_hdr {
	uint8_t version;
	uint8_t type;
	uint16_t len; /* without what cryptographic authentication appends */
	uint32_t router_id;
	uint32_t area_id;
	uint16_t cksum;
	uint16_t autype;
	uint8_t simple[8]; /* AuType 1 */
	uint32_t key_id;   /* AuType 2: below 256; 3 */
	uint8_t auth_len;
	uint64_t seq;
};

/** The header; with AuType 3 also the sequence number behind the packet, 0 if there is none. */
void ospf_hdr_read(struct rd *r, struct ospf_hdr *h);

struct ospf_hello {
	uint32_t mask;
	uint16_t hello_s;
	uint8_t options;
	uint8_t priority;
	uint32_t dead_s;
	uint32_t dr, bdr;
};
#define OSPF_HELLO_LEN 20
/** The neighbours' router IDs follow in @r. */
void ospf_hello_read(struct rd *r, struct ospf_hello *h);
void ospf_hello_write(struct wr *w, const struct ospf_hello *h);

enum ospf_dd_flag { OSPF_DD_MS = 1, OSPF_DD_M = 2, OSPF_DD_I = 4 };

struct ospf_dd {
	uint16_t mtu; /* 0 on virtual links */
	uint8_t options;
	uint8_t flags; /* enum ospf_dd_flag */
	uint32_t seq;
};
#define OSPF_DD_LEN 8
/** LSA headers follow in @r. */
void ospf_dd_read(struct rd *r, struct ospf_dd *d);
void ospf_dd_write(struct wr *w, const struct ospf_dd *d);

#define OSPF_LSR_ITEM 12
struct ospf_lsr {
	uint32_t type;
	uint32_t id;
	uint32_t adv;
};
void ospf_lsr_read(struct rd *r, struct ospf_lsr *q);
void ospf_lsr_write(struct wr *w, const struct ospf_lsr *q);

/** The next LSA of a Link State Update: its header, and the whole of it. False: none, or @r is
 *  bad now (its length field cannot be). */
bool ospf_lsu_next(struct rd *r, struct ospf_lsa_hdr *h, const uint8_t **lsa);

/** Is what @r holds, the body of a packet of this type, as long as what it is made of? */
bool ospf_body_ok(uint8_t type, struct rd r);

/** "Hello", "Database Description", ... */
const char *ospf_pkt_str(uint8_t type);

#endif
